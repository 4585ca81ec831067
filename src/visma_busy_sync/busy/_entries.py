"""What was booked on a project: hours and costs."""

from __future__ import annotations

import datetime as dt
import enum
from decimal import Decimal

from attrs import field, frozen

from visma_busy_sync.busy import _checks as check


class Approval(enum.StrEnum):
    """How far the approval of an entry has come. Only `APPROVED` counts as approved."""

    APPROVED = "approved"
    SUBMITTED = "submitted"
    NONE = "none"


class Exclusion(enum.StrEnum):
    """Why hours are excluded from billing: Busy's eight reasons (`excludedFromBillingCategory`).

    They stay off orders until the mark is removed, also those that are only deferred.
    """

    AGREED_DISCOUNT_OR_CREDIT = "agreed_discount_or_credit"
    CONSIDERED_NON_BILLABLE = "considered_non_billable"
    ERROR_CAUSED_BY_THE_SUPPLIER = "error_caused_by_the_supplier"
    INCORRECT_REGISTRATION = "incorrect_registration"
    INTERNAL_TIME = "internal_time"
    MANUAL_INVOICING = "manual_invoicing"
    DEFERRED_FOR_LATER_INVOICING = "deferred_for_later_invoicing"
    OTHER = "other"


@frozen(kw_only=True)
class TimeEntry:
    """Hours that a member booked on the project.

    Attributes:
        id: Busy's id.
        work_type: Busy's id of the work type; without one the hours cannot be ordered.
        member: Busy's id of who did the work.
        customer: Busy's id of the customer; None means the project's customer, unless the project
            allows several: then an entry without customer stays out (D23).
        task: Busy's id of the task, if any.
        start: When the work began, an aware datetime. Its local date decides the period.
        billable_minutes: What is billed, whole minutes from 0; what was worked never bills.
        rate: The entry's own rate per hour. None or 0: the project's price counts (D19).
        approval: How far the approval has come.
        excluded: Why the hours are excluded from billing; None if they are not. A host whose exclusions have
            no reason gives `OTHER`, as Busy does.
        order: Busy's id of the order, draft or finalised, that they are on (Busy: `invoiceId`); None if on
            none. Only an order with this id may bill them. What orders of this library bill is known
            without it.
        comment: What the member wrote; never on an order.
    """

    id: str = field(validator=check.key)
    work_type: str | None = field(default=None, validator=check.optional_key)
    member: str = field(validator=check.key)
    customer: str | None = field(default=None, validator=check.optional_key)
    task: str | None = field(default=None, validator=check.optional_key)
    start: dt.datetime = field(validator=check.moment)
    billable_minutes: int = field(validator=check.whole(0, 1_000_000))
    rate: Decimal | None = field(default=None, validator=check.optional_amount)
    approval: Approval = field(default=Approval.NONE, validator=check.one_of(Approval))
    excluded: Exclusion | None = field(default=None, validator=check.one_of(Exclusion, optional=True))
    order: str | None = field(default=None, validator=check.optional_key)
    comment: str | None = field(default=None, repr=False, validator=check.optional_text)


@frozen(kw_only=True)
class Expense:
    """A cost on the project, or on hours of it.

    Attributes:
        id: Busy's id.
        entry: Busy's id of the hours that it belongs to; None for a cost on the project itself. A cost on
            hours follows them in period, customer, approval and exclusion (D22); what it says about these
            itself is then not looked at.
        date: The day that it counts for; the order of lines uses it as well.
        work_type: Busy's id of a work type, which gives the product where `product` is None.
        product: Busy's id of the product that it is sold as.
        customer: Busy's id of the customer, as on a `TimeEntry`.
        quantity: How many.
        out_price: What the customer pays for one. Busy's in price is internal and not known here.
        approval: How far the approval has come; unknown is `NONE`.
        order: Busy's id of the order that it is on, as on a `TimeEntry`.
        comment: What it is; by default the text of its line.
    """

    id: str = field(validator=check.key)
    entry: str | None = field(default=None, validator=check.optional_key)
    date: dt.date = field(validator=check.day)
    work_type: str | None = field(default=None, validator=check.optional_key)
    product: str | None = field(default=None, validator=check.optional_key)
    customer: str | None = field(default=None, validator=check.optional_key)
    quantity: Decimal = field(default=Decimal(1), validator=check.amount)
    out_price: Decimal = field(validator=check.amount)
    approval: Approval = field(default=Approval.NONE, validator=check.one_of(Approval))
    order: str | None = field(default=None, validator=check.optional_key)
    comment: str | None = field(default=None, repr=False, validator=check.optional_text)
