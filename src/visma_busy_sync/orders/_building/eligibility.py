"""Which hours and costs belong on an order, and why the others do not.

A cost on hours follows these hours in period, start date, customer, approval and exclusion, but is billed
also when they have no billable minutes or were billed before (D22).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from operator import attrgetter
from typing import TypeAlias
from zoneinfo import ZoneInfo

from attrs import frozen

from visma_busy_sync.busy import (
    Approval,
    EntryKind,
    Expense,
    LeftOut,
    LeftOutReason,
    Period,
    TimeEntry,
    Work,
    claim_key,
)
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._problems import Entity, Problem, ProblemCode, problem

Hours: TypeAlias = "tuple[TimeEntry, date]"
"""Hours with the local date of their start; a plain tuple, since there is one for each entry."""


@frozen
class Cost:
    """A cost that is billed, with the day that it counts for and the hours that it is on, if any."""

    expense: Expense
    day: date
    work_type: str | None


@frozen
class Sifted:
    """What is billed, in a fixed order, and what is not."""

    hours: tuple[Hours, ...]
    costs: tuple[Cost, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def entries(self) -> tuple[TimeEntry, ...]:
        """The hours that are billed, without their days."""
        return tuple(entry for entry, _ in self.hours)


@frozen(kw_only=True)
class Choice:
    """What is asked of an order, beside the rules.

    Attributes:
        period: The days whose work is billed, local dates.
        customer: Busy's id of the customer.
        order_id: The order that is built: what Busy has on it already may be billed by it.
        claimed: The claim keys of everything that is on other orders.
        only: The claim keys of what was chosen; None: all that is eligible.
        consumed: Tells the hours that a fixed price consumes which is not billed now; None: there are none.
    """

    period: Period
    customer: str
    order_id: str
    claimed: frozenset[str]
    only: frozenset[str] | None = None
    consumed: Callable[[TimeEntry], bool] | None = None


_Booked: TypeAlias = "TimeEntry | Expense"
_Judge: TypeAlias = "Callable[[date, _Booked, str | None, bool, bool, bool, bool], LeftOutReason | None]"


def _judge(work: Work, choice: Choice) -> _Judge:
    """Return what tells the first reason to stay out, alike for hours and costs; None for what is billed."""
    first, last, starts = choice.period.first, choice.period.last, work.settings.order_start_date
    billed, order_id, allowed = choice.customer, choice.order_id, allowed_customers(work)
    own = None if work.project.allows_several_customers else work.project.customer

    def reason(
        day: date,
        followed: _Booked,
        order: str | None,
        claimed: bool,
        excluded: bool,
        nothing: bool,
        unapproved_too: bool,
    ) -> LeftOutReason | None:
        # A chain and not a table of tests: it runs for each of a tenant's hours.
        if not first <= day <= last:
            return LeftOutReason.OUTSIDE_PERIOD
        if starts is not None and day < starts:
            return LeftOutReason.BEFORE_START_DATE
        customer = followed.customer or own
        if customer != billed:
            return _other_customer(customer, allowed)
        if claimed or (order is not None and order != order_id):
            return LeftOutReason.ALREADY_ORDERED
        if excluded:
            return LeftOutReason.EXCLUDED
        if nothing:
            return LeftOutReason.NOTHING_BILLABLE
        if followed.approval is Approval.APPROVED or unapproved_too:
            return None
        return LeftOutReason.NOT_APPROVED

    return reason


def _other_customer(customer: str | None, allowed: frozenset[str]) -> LeftOutReason:
    if customer is None:
        return LeftOutReason.CUSTOMER_MISSING
    return LeftOutReason.OTHER_CUSTOMER if customer in allowed else LeftOutReason.CUSTOMER_NOT_ALLOWED


def allowed_customers(work: Work) -> frozenset[str]:
    """Return Busy's ids of the customers that the project may be billed to."""
    own = {work.project.customer} if work.project.customer is not None else set[str]()
    if work.project.allows_several_customers:
        return frozenset(own | {customer.id for customer in work.customers})
    return frozenset(own)


def customer_of_fixed_prices(work: Work) -> str | None:
    """Return the customer on whose order the project's fixed prices come along unasked; None: on nobody's.

    With several customers that is the project's own one, if it has one.
    """
    own, allowed = work.project.customer, allowed_customers(work)
    return next(iter(allowed)) if own is None and len(allowed) == 1 else own


def decide_customer(work: Work, customer: str | None) -> str | Problem:
    """Return the customer of an order for `work`, or why there is none (D23)."""
    allowed = allowed_customers(work)
    if customer is not None:
        if customer in allowed:
            return customer
        return problem(ProblemCode.CUSTOMER_NOT_ON_PROJECT, Entity("customer", customer))
    project = Entity("project", work.project.id)
    if not allowed:
        return problem(ProblemCode.CUSTOMER_MISSING, project)
    if len(allowed) > 1:
        return problem(ProblemCode.CUSTOMER_AMBIGUOUS, project, count=len(allowed))
    (only,) = allowed
    return only


def sift(work: Work, choice: Choice) -> Sifted:
    """Divide the work into what is billed and what stays out.

    The result does not depend on the order in which hours and costs are given.
    """
    judge = _judge(work, choice)
    left_out: list[LeftOut] = []
    return Sifted(
        _billed_hours(work, judge, choice, left_out),
        _billed_costs(work, judge, choice, left_out),
        tuple(left_out),
    )


def _ids(claims: frozenset[str], kind: EntryKind) -> set[str]:
    prefix = claim_key(kind, "")
    return {claim.removeprefix(prefix) for claim in claims if claim.startswith(prefix)}


def _billed_hours(work: Work, judge: _Judge, choice: Choice, left_out: list[LeftOut]) -> tuple[Hours, ...]:
    zone = ZoneInfo(work.settings.time_zone)
    unapproved_too, consumed = work.settings.include_unapproved_hours, choice.consumed
    claimed = _ids(choice.claimed, EntryKind.ENTRY)
    chosen = _ids(choice.only, EntryKind.ENTRY) if choice.only is not None else None
    billed: list[Hours] = []
    for entry in sorted(work.entries, key=attrgetter("start", "id")):
        day = entry.start.astimezone(zone).date()
        reason = judge(
            day,
            entry,
            entry.order,
            entry.id in claimed,
            entry.excluded is not None,
            entry.billable_minutes <= 0,
            unapproved_too,
        )
        if reason is None and chosen is not None and entry.id not in chosen:
            reason = LeftOutReason.NOT_CHOSEN
        if reason is None and consumed is not None and consumed(entry):
            reason = LeftOutReason.FIXED_PRICE
        if reason is None:
            billed.append((entry, day))
        else:
            left_out.append(_left_out(entry.id, EntryKind.ENTRY, reason, entry))
    return tuple(billed)


def _billed_costs(work: Work, judge: _Judge, choice: Choice, left_out: list[LeftOut]) -> tuple[Cost, ...]:
    settings, zone = work.settings, ZoneInfo(work.settings.time_zone)
    claimed = _ids(choice.claimed, EntryKind.EXPENSE)
    chosen = _ids(choice.only, EntryKind.EXPENSE) if choice.only is not None else None
    by_id = {entry.id: entry for entry in work.entries} if work.expenses else {}
    billed: list[Cost] = []
    for expense in sorted(work.expenses, key=attrgetter("date", "id")):
        entry = by_id.get(expense.entry) if expense.entry is not None else None
        if expense.entry is not None and entry is None:
            left_out.append(LeftOut(expense.id, LeftOutReason.HOURS_MISSING, EntryKind.EXPENSE))
            continue
        day = expense.date if entry is None else entry.start.astimezone(zone).date()
        reason = judge(
            day,
            expense if entry is None else entry,
            expense.order,
            expense.id in claimed,
            entry is not None and entry.excluded is not None,
            not _rounding.quantity(expense.quantity),
            settings.include_unapproved_costs if entry is None else settings.include_unapproved_hours,
        )
        if reason is None and chosen is not None and expense.id not in chosen:
            reason = LeftOutReason.NOT_CHOSEN
        if reason is None:
            work_type = expense.work_type or (entry.work_type if entry is not None else None)
            billed.append(Cost(expense, day, work_type))
        else:
            left_out.append(_left_out(expense.id, EntryKind.EXPENSE, reason, entry))
    return tuple(billed)


def _left_out(id: str, kind: EntryKind, reason: LeftOutReason, entry: TimeEntry | None) -> LeftOut:
    excluded = entry.excluded if entry is not None and reason is LeftOutReason.EXCLUDED else None
    return LeftOut(id, reason, kind, excluded)
