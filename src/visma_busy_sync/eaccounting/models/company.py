"""The connected company. Source: `CompanySettingsApi`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar

from attrs import field

from visma_busy_sync.eaccounting.models._base import (
    UNSET,
    Guid,
    JsonObject,
    Model,
    OpenIntEnum,
    TermsOfPaymentId,
    Unset,
    model,
    no_members,
)


class ProductVariant(OpenIntEnum):
    """The subscription of the company. Solo and Bookkeeping cannot take orders."""

    STANDARD = 1
    INVOICING = 2
    BOOKKEEPING = 3
    SOLO = 4
    PRO = 5
    INVOICING_COLLABORATION = 6


class CompanyStatus(OpenIntEnum):
    """Whether the company may be used."""

    INACTIVE = 0
    ACTIVE = 1
    READ_ONLY = 2


class DomesticCurrencyRounding(OpenIntEnum):
    """How the totals of documents in the company's currency are rounded."""

    NONE = 0
    HALF_AWAY_FROM_ZERO = 1


@model
class CompanySettings(Model):
    """Settings of the connected company; one object, not a list."""

    name: str
    company_scanning_address: JsonObject | Unset | None = UNSET
    email: str | Unset | None = UNSET
    phone: str | Unset | None = UNSET
    mobile_phone: str | Unset | None = UNSET
    address1: str | Unset | None = UNSET
    address2: str | Unset | None = UNSET
    country_code: str | Unset | None = UNSET
    postal_code: str | Unset | None = UNSET
    city: str | Unset | None = UNSET
    website: str | Unset | None = UNSET
    our_reference: str | Unset | None = UNSET
    currency_code: str | Unset | None = UNSET
    terms_of_payment_id: TermsOfPaymentId | Unset = UNSET
    corporate_identity_number: str | Unset | None = UNSET
    peppol_id: str | Unset | None = UNSET
    vat_code: str | Unset | None = UNSET
    bank_giro: str | Unset | None = UNSET
    plus_giro: str | Unset | None = UNSET
    bank_account: str | Unset | None = UNSET
    iban: str | Unset | None = UNSET
    account_number_digits: int | Unset = UNSET
    accounting_locked_to: date | Unset = UNSET
    accounting_lock_interval: int | Unset = UNSET
    tax_declaration_date: JsonObject | Unset | None = UNSET
    gln: str | Unset | None = UNSET
    product_variant: ProductVariant | Unset | None = UNSET
    type_of_business: int | Unset = UNSET
    vat_period: int | Unset = UNSET
    activated_modules: tuple[str, ...] | Unset | None = UNSET
    company_text: JsonObject | Unset | None = UNSET
    next_customer_number: int | Unset = UNSET
    next_supplier_number: int | Unset = UNSET
    next_customer_invoice_number: int | Unset = UNSET
    next_quote_number: int | Unset = UNSET
    next_order_number: int | Unset = UNSET
    next_article_number: int | Unset | None = UNSET
    show_prices_excl_vat_pc: bool | Unset = field(default=UNSET, metadata={"wire": "ShowPricesExclVatPC"})
    show_contribution_margin: bool | Unset = UNSET
    has_proportional_vat_enabled: bool | Unset = UNSET
    proportional_vat_value: int | Unset | None = UNSET
    is_payslip_activated: bool | Unset | None = UNSET
    uses_cost_center: bool | Unset = UNSET
    uses_project: bool | Unset = UNSET
    uses_moss: bool | Unset = UNSET
    uses_payment_reference_number: bool | Unset = UNSET
    uses_supplier_invoice_edit: bool | Unset | None = UNSET
    use_advanced_mode: bool | Unset | None = UNSET
    domestic_currency_rounding: DomesticCurrencyRounding | Unset = UNSET
    auto_invoice: JsonObject | Unset | None = UNSET
    approval_settings: JsonObject | Unset | None = UNSET
    uses_reverse_construction_vat: bool | Unset = UNSET
    uses_rot_reduced_invoicing: bool | Unset = UNSET
    company_rot_rut_settings: JsonObject | Unset | None = UNSET
    company_status: CompanyStatus | Unset = UNSET
    company_identifier: str | Unset | None = UNSET
    bankgiro_number_print: str | Unset | None = UNSET
    keep_original_draft_date: bool | Unset | None = UNSET
    use_payment_files_for_outgoing_payments: bool | Unset = UNSET
    use_automatic_vat_calculation: bool | Unset | None = UNSET
    show_cost_center_reminder: bool | Unset = UNSET
    show_project_reminder: bool | Unset = UNSET
    uses_green_technology: bool | Unset = UNSET
    company_green_technology_settings: JsonObject | Unset | None = UNSET
    uses_vat_triangulation_rules: bool | Unset = UNSET
    swish: str | Unset | None = UNSET
    company_email_for_upload: str | Unset | None = UNSET
    visma_webshop_status: int | Unset = UNSET
    uses_transaction_text: bool | Unset = UNSET
    first_payment_reminder_without_fee: bool | Unset | None = UNSET
    late_payment_fee: Decimal | Unset | None = UNSET
    default_background_id: Guid | Unset | None = UNSET
    invoice_print_settings_type: int | Unset = UNSET
    extra: JsonObject = field(factory=no_members)
    """Members that are unknown or not as described, as they came; sent back with a PUT."""

    relied_on: ClassVar[frozenset[str] | None] = frozenset(
        {"country_code", "currency_code", "corporate_identity_number", "company_identifier"}
    )
