"""Orders and their rows. Source: `OrderApi`, `OrderRowApi`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Final

from attrs import field

from visma_busy_sync.eaccounting.models._base import (
    UNSET,
    ArticleId,
    CustomerId,
    Guid,
    JsonObject,
    Model,
    OpenIntEnum,
    OrderId,
    OrderRowId,
    ProjectId,
    TermsOfPaymentId,
    UnitId,
    Unset,
    model,
    no_members,
)
from visma_busy_sync.eaccounting.models._checks import (
    Check,
    all_of,
    check,
    is_currency,
    is_day,
    is_id,
    lower_ids,
    maybe,
    maybe_day,
    maybe_id,
    maybe_text,
    number,
    whole,
)
from visma_busy_sync.eaccounting.models._lengths import BUYERS_REFERENCE_LENGTH, REFERENCE_LENGTH, TEXT_LENGTH


class OrderStatus(OpenIntEnum):
    """How far an order has come."""

    DRAFT = 1
    ONGOING = 2
    SHIPPED = 3
    INVOICED = 4


class RotReducedInvoicingType(OpenIntEnum):
    """The Swedish tax reduction for house work; Norwegian orders send `NORMAL`."""

    NORMAL = 0
    ROT = 1
    RUT = 2


@model
class OrderRow(Model):
    """A row of an order as the API answers it."""

    id: OrderRowId | Unset = UNSET
    line_number: int | Unset = UNSET
    delivered_quantity: Decimal | Unset = UNSET
    article_id: ArticleId | Unset | None = UNSET
    is_service_article: bool | Unset = UNSET
    unit_id: UnitId | Unset | None = UNSET
    article_number: str | Unset | None = UNSET
    is_text_row: bool | Unset = UNSET
    text: str | Unset | None = UNSET
    unit_price: Decimal | Unset = UNSET
    amount: Decimal | Unset = UNSET
    is_discount_in_fixed_amount: bool | Unset = UNSET
    discount_fixed_amount: Decimal | Unset | None = UNSET
    discount_percentage: Decimal | Unset = UNSET
    quantity: Decimal | Unset = UNSET
    work_cost_type: int | Unset = UNSET
    is_work_cost: bool | Unset = UNSET
    work_hours: Decimal | Unset | None = UNSET
    material_costs: Decimal | Unset | None = UNSET
    eligible_for_reverse_charge_on_vat: bool | Unset = UNSET
    vat_rate: Decimal | Unset | None = UNSET
    cost_center_item_id1: Guid | Unset | None = UNSET
    cost_center_item_id2: Guid | Unset | None = UNSET
    cost_center_item_id3: Guid | Unset | None = UNSET
    project_id: ProjectId | Unset | None = UNSET
    green_technology_type: int | Unset = UNSET
    contribution_margin: JsonObject | Unset | None = UNSET
    purchase_price: Decimal | Unset = UNSET
    freight_costs: Decimal | Unset = UNSET
    extra: JsonObject = field(factory=no_members)
    """Members that are unknown or not as described, as they came; sent back with a PUT."""

    relied_on: ClassVar[frozenset[str] | None] = frozenset(
        {
            "line_number",
            "article_id",
            "is_text_row",
            "text",
            "unit_price",
            "amount",
            "discount_percentage",
            "quantity",
            "project_id",
        }
    )


@model
class Order(Model):
    """An order as the API answers it. `number` is null on drafts."""

    id: OrderId
    customer_id: CustomerId
    status: OrderStatus
    amount: Decimal | Unset = UNSET
    currency_code: str | Unset = UNSET
    created_utc: datetime | Unset = UNSET
    vat_amount: Decimal | Unset = UNSET
    roundings_amount: Decimal | Unset = UNSET
    delivered_amount: Decimal | Unset = UNSET
    delivered_vat_amount: Decimal | Unset = UNSET
    delivered_roundings_amount: Decimal | Unset = UNSET
    delivery_customer_name: str | Unset | None = UNSET
    delivery_address1: str | Unset | None = UNSET
    delivery_address2: str | Unset | None = UNSET
    delivery_postal_code: str | Unset | None = UNSET
    delivery_city: str | Unset | None = UNSET
    delivery_country_code: str | Unset | None = UNSET
    your_reference: str | Unset | None = UNSET
    our_reference: str | Unset | None = UNSET
    buyers_order_reference: str | Unset | None = UNSET
    invoice_address1: str | Unset | None = UNSET
    invoice_address2: str | Unset | None = UNSET
    invoice_city: str | Unset | None = UNSET
    invoice_country_code: str | Unset | None = UNSET
    invoice_customer_name: str | Unset | None = UNSET
    customer_number: str | Unset | None = UNSET
    customer_name: str | Unset | None = UNSET
    invoice_postal_code: str | Unset | None = UNSET
    delivery_method_name: str | Unset | None = UNSET
    delivery_method_code: str | Unset | None = UNSET
    delivery_term_name: str | Unset | None = UNSET
    delivery_term_id: Guid | Unset | None = UNSET
    delivery_method_id: Guid | Unset | None = UNSET
    delivery_term_code: str | Unset | None = UNSET
    terms_of_payment_id: TermsOfPaymentId | Unset | None = UNSET
    eu_third_party: bool | Unset = UNSET
    customer_is_private_person: bool | Unset = UNSET
    includes_vat: bool | Unset = UNSET
    order_date: date | Unset | None = UNSET
    number: int | Unset | None = UNSET
    modified_utc: datetime | Unset | None = UNSET
    delivery_date: date | Unset | None = UNSET
    house_work_amount: Decimal | Unset = UNSET
    house_work_automatic_distribution: bool | Unset = UNSET
    house_work_corporate_identity_number: str | Unset | None = UNSET
    house_work_property_name: str | Unset | None = UNSET
    sales_document_attachments: tuple[Guid, ...] | Unset | None = UNSET
    message_threads: tuple[Guid, ...] | Unset | None = UNSET
    notes: tuple[Guid, ...] | Unset | None = UNSET
    rows: tuple[OrderRow, ...] | Unset | None = UNSET
    shipped_date_time: date | Unset | None = UNSET
    rot_reduced_invoicing_type: RotReducedInvoicingType | Unset = UNSET
    max_allowed_tax_reduction_amount: Decimal | Unset = UNSET
    rot_reduced_invoicing_percent: Decimal | Unset = UNSET
    rot_property_type: int | Unset | None = UNSET
    persons: tuple[JsonObject, ...] | Unset | None = UNSET
    reverse_charge_on_construction_services: bool | Unset = UNSET
    uses_green_technology: bool | Unset = UNSET
    is_not_delivered: bool | Unset = UNSET
    contribution_margin: JsonObject | Unset | None = UNSET
    created_from_quote_id: Guid | Unset | None = UNSET
    background_id: Guid | Unset | None = UNSET
    extra: JsonObject = field(factory=no_members)
    """Members that are unknown or not as described, as they came; sent back with a PUT."""

    relied_on: ClassVar[frozenset[str] | None] = frozenset(
        {
            "amount",
            "currency_code",
            "vat_amount",
            "roundings_amount",
            "includes_vat",
            "order_date",
            "number",
            "modified_utc",
            "our_reference",
            "your_reference",
            "buyers_order_reference",
            "rows",
        }
    )


@model
class NewOrderRow(Model):
    """A row to be created.

    An article row needs `article_id`; a text row has `is_text_row` set, no article, and a `text` of 1 to
    2,000 characters. `quantity` has at most 4 decimals; `unit_price` 2, or 4 where customer or currency
    are foreign; `discount_percentage` is a fraction from 0 to 1. Numbers are `Decimal`.

    Raises:
        ConfigurationError: If a number is no Decimal, or a value is out of its range.
    """

    line_number: int
    is_text_row: bool = False
    article_id: ArticleId | Unset | None = UNSET
    text: str | Unset | None = UNSET
    quantity: Decimal | Unset = UNSET
    unit_price: Decimal | Unset = UNSET
    discount_percentage: Decimal | Unset = UNSET
    amount: Decimal | Unset = UNSET
    project_id: ProjectId | Unset | None = UNSET
    cost_center_item_id1: Guid | Unset | None = UNSET
    cost_center_item_id2: Guid | Unset | None = UNSET
    cost_center_item_id3: Guid | Unset | None = UNSET
    is_work_cost: bool = False
    eligible_for_reverse_charge_on_vat: bool = False

    def __attrs_post_init__(self) -> None:
        check(self, _ROW_CHECKS)
        lower_ids(self, _ROW_CHECKS)


_ROW_CHECKS: Final[Mapping[str, Check]] = {
    "line_number": whole(0, 1000),
    "article_id": maybe_id,
    "text": maybe_text(TEXT_LENGTH),
    "quantity": maybe(number(decimals=4)),
    "unit_price": maybe(number(decimals=4)),
    "discount_percentage": maybe(number(decimals=4, least=0, most=1)),
    "amount": maybe(number()),
    "project_id": maybe_id,
    "cost_center_item_id1": maybe_id,
    "cost_center_item_id2": maybe_id,
    "cost_center_item_id3": maybe_id,
}
"""What `OrderRowApi` states; a price's decimals are those of the case that allows the most."""


@model
class NewOrder(Model):
    """An order to be created; by default a draft.

    The members without a default here are those that the API requires (`OrderApi.required`); the
    required flags of Swedish house work have the values that mean "does not apply". Amounts are left out
    by default and read back: whether the server recomputes them is not documented.

    Raises:
        ConfigurationError: If a number is no Decimal, a date is none, or a value is out of its range.
    """

    customer_id: CustomerId
    currency_code: str
    order_date: date
    rows: tuple[NewOrderRow, ...]
    status: OrderStatus = OrderStatus.DRAFT
    our_reference: str | Unset | None = UNSET
    your_reference: str | Unset | None = UNSET
    buyers_order_reference: str | Unset | None = UNSET
    delivery_date: date | Unset | None = UNSET
    terms_of_payment_id: TermsOfPaymentId | Unset | None = UNSET
    amount: Decimal | Unset = UNSET
    vat_amount: Decimal | Unset = UNSET
    roundings_amount: Decimal | Unset = UNSET
    eu_third_party: bool = False
    reverse_charge_on_construction_services: bool = False
    rot_reduced_invoicing_type: RotReducedInvoicingType = RotReducedInvoicingType.NORMAL

    def __attrs_post_init__(self) -> None:
        check(self, _ORDER_CHECKS)
        lower_ids(self, _ORDER_CHECKS)


_ORDER_CHECKS: Final[Mapping[str, Check]] = {
    "customer_id": is_id,
    "currency_code": is_currency,
    "order_date": is_day,
    "rows": all_of(NewOrderRow),
    "our_reference": maybe_text(REFERENCE_LENGTH),
    "your_reference": maybe_text(REFERENCE_LENGTH),
    "buyers_order_reference": maybe_text(BUYERS_REFERENCE_LENGTH),
    "delivery_date": maybe_day,
    "terms_of_payment_id": maybe_id,
    "amount": maybe(number()),
    "vat_amount": maybe(number()),
    "roundings_amount": maybe(number()),
}
"""What `OrderApi` states."""
