"""Articles and their account codings. Source: `ArticleApi`, `ArticleAccountCodingApi`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from attrs import field

from visma_busy_sync.eaccounting.models._base import (
    UNSET,
    ArticleAccountCodingId,
    ArticleId,
    Guid,
    JsonObject,
    Model,
    UnitId,
    Unset,
    model,
    no_members,
)


@model
class Article(Model):
    """An article: what an order row sells. Its unit and its coding decide unit and VAT of the row."""

    id: ArticleId
    is_active: bool
    number: str
    name: str
    name_english: str | Unset | None = UNSET
    net_price: Decimal | Unset = UNSET
    net_price_with_discount: Decimal | Unset = UNSET
    gross_price: Decimal | Unset = UNSET
    coding_id: ArticleAccountCodingId | Unset | None = UNSET
    coding_name: str | Unset | None = UNSET
    unit_id: UnitId | Unset | None = UNSET
    unit_name: str | Unset | None = UNSET
    unit_abbreviation: str | Unset | None = UNSET
    stock_balance: Decimal | Unset = UNSET
    stock_balance_manually_changed_utc: datetime | Unset | None = UNSET
    stock_balance_reserved: Decimal | Unset = UNSET
    stock_balance_available: Decimal | Unset = UNSET
    created_utc: datetime | Unset = UNSET
    changed_utc: datetime | Unset = UNSET
    house_work_type: int | Unset | None = UNSET
    purchase_price: Decimal | Unset = UNSET
    purchase_price_manually_changed_utc: datetime | Unset | None = UNSET
    send_to_webshop: bool | Unset = UNSET
    uses_moss: bool | Unset = UNSET
    article_labels: tuple[JsonObject, ...] | Unset | None = UNSET
    message_threads: tuple[Guid, ...] | Unset | None = UNSET
    notes: tuple[Guid, ...] | Unset | None = UNSET
    note: str | Unset | None = UNSET
    is_stock: bool | Unset = UNSET
    show_stock_information: bool | Unset = UNSET
    is_service_article: bool | Unset = UNSET
    stock_location_reference: str | Unset | None = UNSET
    freight_costs: Decimal | Unset = UNSET
    freight_costs_manually_changed_utc: datetime | Unset | None = UNSET
    update_stock_prices: bool | Unset = UNSET
    barcodes: tuple[JsonObject, ...] | Unset | None = UNSET
    stock_value: Decimal | Unset = UNSET
    green_technology_type: int | Unset | None = UNSET
    discount_percentage: Decimal | Unset = UNSET
    currency_code: str | Unset | None = UNSET
    purchase_price_with_currency: Decimal | Unset = UNSET
    freight_cost_with_currency: Decimal | Unset = UNSET
    ordering_point: Decimal | Unset | None = UNSET
    supplier_id: Guid | Unset | None = UNSET
    supplier_article_number: str | Unset | None = UNSET
    extra: JsonObject = field(factory=no_members)
    """Members that are unknown or not as described, as they came; sent back with a PUT."""

    relied_on: ClassVar[frozenset[str] | None] = frozenset({"unit_id", "unit_name", "unit_abbreviation"})


@model
class ArticleAccountCoding(Model):
    """How an article is booked. `vat_rate_percent` is the rate in percent, e.g. 25."""

    id: ArticleAccountCodingId
    name: str | Unset | None = UNSET
    name_english: str | Unset | None = UNSET
    type: str | Unset | None = UNSET
    vat_rate: str | Unset | None = UNSET
    is_active: bool | Unset = UNSET
    vat_rate_percent: Decimal | Unset = UNSET
    domestic_sales_subject_to_reversed_construction_vat_account_number: int | Unset | None = UNSET
    domestic_sales_subject_to_vat_account_number: int | Unset | None = UNSET
    domestic_sales_vat_exempt_account_number: int | Unset | None = UNSET
    foreign_sales_subject_to_moss_account_number: int | Unset | None = UNSET
    foreign_sales_subject_to_third_party_sales_account_number: int | Unset | None = UNSET
    foreign_sales_subject_to_vat_within_eu_account_number: int | Unset | None = UNSET
    foreign_sales_vat_exempt_outside_eu_account_number: int | Unset | None = UNSET
    foreign_sales_vat_exempt_within_eu_account_number: int | Unset | None = UNSET
    domestic_sales_vat_code_exempt_account_number: int | Unset | None = UNSET
    changed_utc: datetime | Unset = UNSET
    extra: JsonObject = field(factory=no_members)
    """Members that are unknown or not as described, as they came; sent back with a PUT."""

    relied_on: ClassVar[frozenset[str] | None] = frozenset()
