"""Customers. Source: the vendor's OpenAPI description, `CustomerApi`."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from attrs import field

from visma_busy_sync.eaccounting.models._base import (
    UNSET,
    CustomerId,
    Guid,
    JsonObject,
    Model,
    TermsOfPaymentId,
    Unset,
    model,
    no_members,
)
from visma_busy_sync.eaccounting.models.registers import TermsOfPayment


@model
class Customer(Model):
    """A customer, company or private person. A null `currency_code` means the currency of the company."""

    id: CustomerId
    name: str
    is_active: bool
    invoice_city: str | Unset | None = UNSET
    invoice_postal_code: str | Unset | None = UNSET
    gln: str | Unset | None = field(default=UNSET, metadata={"wire": "GLN"})
    email_address_order: str | Unset | None = UNSET
    email_address_quote: str | Unset | None = UNSET
    pay_to_account_id: Guid | Unset | None = UNSET
    terms_of_payment: TermsOfPayment | Unset | None = UNSET
    last_invoice_date: date | Unset | None = UNSET
    tax_deduction_number: str | Unset | None = UNSET
    property_type: int | Unset | None = UNSET
    property_reference: str | Unset | None = UNSET
    changed_utc: datetime | Unset | None = UNSET
    customer_labels: tuple[JsonObject, ...] | Unset | None = UNSET
    message_threads: tuple[Guid, ...] | Unset | None = UNSET
    notes: tuple[Guid, ...] | Unset | None = UNSET
    is_future_invoice_date_allowed: bool | Unset = UNSET
    requires_reference_number: bool | Unset = UNSET
    iban: str | Unset | None = UNSET
    is_direct_debit_enabled: bool | Unset | None = UNSET
    direct_debit_customer_settings: JsonObject | Unset | None = UNSET
    discount_agreement_id: Guid | Unset | None = UNSET
    unpaid_invoices_amount: Decimal | Unset = UNSET
    customer_number: str | Unset | None = UNSET
    corporate_identity_number: str | Unset | None = UNSET
    contact_person_email: str | Unset | None = UNSET
    contact_person_mobile: str | Unset | None = UNSET
    contact_person_name: str | Unset | None = UNSET
    contact_person_phone: str | Unset | None = UNSET
    currency_code: str | Unset | None = UNSET
    email_address: str | Unset | None = UNSET
    invoice_address1: str | Unset | None = UNSET
    invoice_address2: str | Unset | None = UNSET
    invoice_country_code: str | Unset | None = UNSET
    delivery_address1: str | Unset | None = UNSET
    delivery_address2: str | Unset | None = UNSET
    delivery_city: str | Unset | None = UNSET
    delivery_country_code: str | Unset | None = UNSET
    delivery_postal_code: str | Unset | None = UNSET
    delivery_customer_name: str | Unset | None = UNSET
    delivery_method_id: Guid | Unset | None = UNSET
    delivery_term_id: Guid | Unset | None = UNSET
    note: str | Unset | None = UNSET
    reverse_charge_on_construction_services: bool | Unset = UNSET
    webshop_customer_number: int | Unset | None = UNSET
    mobile_phone: str | Unset | None = UNSET
    telephone: str | Unset | None = UNSET
    terms_of_payment_id: TermsOfPaymentId | Unset | None = UNSET
    vat_number: str | Unset | None = UNSET
    www_address: str | Unset | None = UNSET
    is_private_person: bool | Unset = UNSET
    is_northern_ireland: bool | Unset | None = UNSET
    discount_percentage: Decimal | Unset = UNSET
    force_bookkeep_vat: bool | Unset = UNSET
    edi_gln_number: str | Unset | None = UNSET
    sales_document_language: str | Unset | None = UNSET
    electronic_address: str | Unset | None = UNSET
    electronic_reference: str | Unset | None = UNSET
    edi_service_deliverer_id: str | Unset | None = UNSET
    auto_invoice_activation_email_sent_date: date | Unset | None = UNSET
    auto_invoice_registration_request_sent_date: date | Unset | None = UNSET
    email_addresses: tuple[str, ...] | Unset | None = UNSET
    delivery_based_vat: bool | Unset = UNSET
    sales_price_list_id: Guid | Unset | None = UNSET
    extra: JsonObject = field(factory=no_members)
    """Members that are unknown or not as described, as they came; sent back with a PUT."""

    relied_on: ClassVar[frozenset[str] | None] = frozenset(
        {"customer_number", "corporate_identity_number", "currency_code", "invoice_country_code"}
    )
