"""Units and terms of payment. Source: `UnitApi`, `TermsOfPaymentApi`."""

from __future__ import annotations

from typing import ClassVar

from attrs import field

from visma_busy_sync.eaccounting.models._base import (
    UNSET,
    JsonObject,
    Model,
    OpenIntEnum,
    TermsOfPaymentId,
    UnitId,
    Unset,
    model,
    no_members,
)


class TermsOfPaymentType(OpenIntEnum):
    """How the due date comes about."""

    NORMAL = 0
    CURRENT_MONTH = 1
    CASH = 2
    CARD_PAYMENT = 3
    DIGITAL_WALLET = 4
    PAYMENT_SERVICE_PROVIDER = 5


@model
class Unit(Model):
    """A unit of quantity, such as hours or pieces."""

    id: UnitId
    name: str | Unset | None = UNSET
    code: str | Unset | None = UNSET
    abbreviation: str | Unset | None = UNSET
    abbreviation_english: str | Unset | None = UNSET
    extra: JsonObject = field(factory=no_members)
    """Members that are unknown or not as described, as they came; sent back with a PUT."""

    relied_on: ClassVar[frozenset[str] | None] = frozenset()


@model
class TermsOfPayment(Model):
    """Terms of payment. The path is `/termsofpayments`."""

    id: TermsOfPaymentId
    name: str | Unset | None = UNSET
    name_english: str | Unset | None = UNSET
    number_of_days: int | Unset = UNSET
    terms_of_payment_type_id: TermsOfPaymentType | Unset = UNSET
    terms_of_payment_type_text: str | Unset | None = UNSET
    available_for_sales: bool | Unset = UNSET
    available_for_purchase: bool | Unset = UNSET
    extra: JsonObject = field(factory=no_members)
    """Members that are unknown or not as described, as they came; sent back with a PUT."""

    relied_on: ClassVar[frozenset[str] | None] = frozenset()
