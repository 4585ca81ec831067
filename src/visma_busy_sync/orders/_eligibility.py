"""Which hours and costs belong on an order, and why the others do not.

A cost on hours follows these hours in period, start date, customer, approval and exclusion, but is billed
also when they have no billable minutes or were billed before (D22).
"""

from __future__ import annotations

from datetime import date
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


@frozen
class Hours:
    """Hours that are billed, with the local date of their start."""

    entry: TimeEntry
    day: date


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


@frozen
class _Rules:
    """What decides, alike for hours and costs."""

    first: date
    last: date
    customer: str
    allowed: frozenset[str]


def _reason(
    rules: _Rules,
    *,
    day: date,
    customer: str | None,
    claimed: bool,
    excluded: bool,
    billable: bool,
    admitted: bool,
    starts: date | None,
) -> LeftOutReason | None:
    """Return the first reason to stay out; None for what is billed."""
    # A chain and not a table of tests: it runs for each of a tenant's hours.
    if not rules.first <= day <= rules.last:
        return LeftOutReason.OUTSIDE_PERIOD
    if starts is not None and day < starts:
        return LeftOutReason.BEFORE_START_DATE
    if customer != rules.customer:
        return _other_customer(customer, rules.allowed)
    if claimed:
        return LeftOutReason.ALREADY_ORDERED
    if excluded:
        return LeftOutReason.EXCLUDED
    if not billable:
        return LeftOutReason.NOTHING_BILLABLE
    return None if admitted else LeftOutReason.NOT_APPROVED


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


def sift(work: Work, period: Period, customer: str, claimed: frozenset[str]) -> Sifted:
    """Divide the work into what is billed to `customer` in `period` and what stays out.

    The result does not depend on the order in which hours and costs are given.
    """
    rules = _Rules(period.first, period.last, customer, allowed_customers(work))
    own = None if work.project.allows_several_customers else work.project.customer
    zone = ZoneInfo(work.settings.time_zone)
    hours = [
        Hours(entry, entry.start.astimezone(zone).date())
        for entry in sorted(work.entries, key=lambda entry: (entry.start, entry.id))
    ]
    left_out: list[LeftOut] = []
    return Sifted(
        _billed_hours(work, hours, rules, own, _ids(claimed, EntryKind.ENTRY), left_out),
        _billed_costs(work, hours, rules, own, _ids(claimed, EntryKind.EXPENSE), left_out),
        tuple(left_out),
    )


def _ids(claimed: frozenset[str], kind: EntryKind) -> set[str]:
    prefix = claim_key(kind, "")
    return {claim.removeprefix(prefix) for claim in claimed if claim.startswith(prefix)}


def _billed_hours(
    work: Work,
    hours: list[Hours],
    rules: _Rules,
    own: str | None,
    claimed: set[str],
    left_out: list[LeftOut],
) -> tuple[Hours, ...]:
    settings = work.settings
    billed: list[Hours] = []
    for one in hours:
        entry = one.entry
        reason = _reason(
            rules,
            day=one.day,
            customer=entry.customer or own,
            claimed=entry.id in claimed,
            excluded=entry.excluded is not None,
            billable=entry.billable_minutes > 0,
            admitted=entry.approval is Approval.APPROVED or settings.include_unapproved_hours,
            starts=settings.order_start_date,
        )
        if reason is None:
            billed.append(one)
        else:
            left_out.append(LeftOut(entry.id, reason))
    return tuple(billed)


def _billed_costs(
    work: Work,
    hours: list[Hours],
    rules: _Rules,
    own: str | None,
    claimed: set[str],
    left_out: list[LeftOut],
) -> tuple[Cost, ...]:
    settings = work.settings
    by_id = {one.entry.id: one for one in hours}
    billed: list[Cost] = []
    for expense in sorted(work.expenses, key=lambda expense: (expense.date, expense.id)):
        followed = by_id.get(expense.entry) if expense.entry is not None else None
        if expense.entry is not None and followed is None:
            left_out.append(LeftOut(expense.id, LeftOutReason.HOURS_MISSING, EntryKind.EXPENSE))
            continue
        entry = followed.entry if followed is not None else None
        day = followed.day if followed is not None else expense.date
        included = (
            settings.include_unapproved_hours if entry is not None else settings.include_unapproved_costs
        )
        source = entry if entry is not None else expense
        reason = _reason(
            rules,
            day=day,
            customer=source.customer or own,
            claimed=expense.id in claimed,
            excluded=entry is not None and entry.excluded is not None,
            billable=bool(_rounding.quantity(expense.quantity)),
            admitted=source.approval is Approval.APPROVED or included,
            starts=settings.order_start_date,
        )
        if reason is None:
            work_type = expense.work_type or (entry.work_type if entry is not None else None)
            billed.append(Cost(expense, day, work_type))
        else:
            left_out.append(LeftOut(expense.id, reason, EntryKind.EXPENSE))
    return tuple(billed)
