"""Which hours and costs belong on an order, and why the others do not.

A cost on hours follows these hours in period, start date, customer, approval and exclusion, but is billed
also when they have no billable minutes or were billed before (D22).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final
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
from visma_busy_sync.orders.problems import Entity, Problem, ProblemCode, problem


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
    period: Period
    start_date: date | None
    customer: str
    allowed: frozenset[str]
    own_customer: str | None
    claimed: frozenset[str]


@frozen
class _Subject:
    """What the rules look at, alike for hours and costs."""

    claim: str
    day: date
    customer: str | None
    excluded: bool
    billable: bool
    admitted: bool


_TESTS: Final[tuple[tuple[LeftOutReason, Callable[[_Subject, _Rules], bool]], ...]] = (
    (LeftOutReason.OUTSIDE_PERIOD, lambda it, rules: it.day not in rules.period),
    (
        LeftOutReason.BEFORE_START_DATE,
        lambda it, rules: rules.start_date is not None and it.day < rules.start_date,
    ),
    (LeftOutReason.CUSTOMER_MISSING, lambda it, _rules: it.customer is None),
    (LeftOutReason.CUSTOMER_NOT_ALLOWED, lambda it, rules: it.customer not in rules.allowed),
    (LeftOutReason.OTHER_CUSTOMER, lambda it, rules: it.customer != rules.customer),
    (LeftOutReason.ALREADY_ORDERED, lambda it, rules: it.claim in rules.claimed),
    (LeftOutReason.EXCLUDED, lambda it, _rules: it.excluded),
    (LeftOutReason.NOTHING_BILLABLE, lambda it, _rules: not it.billable),
    (LeftOutReason.NOT_APPROVED, lambda it, _rules: not it.admitted),
)
"""The first test that is true is the reason to stay out."""


def _reason(subject: _Subject, rules: _Rules) -> LeftOutReason | None:
    return next((reason for reason, applies in _TESTS if applies(subject, rules)), None)


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
    settings = work.settings
    zone = ZoneInfo(settings.time_zone)
    several = work.project.allows_several_customers
    rules = _Rules(
        period,
        settings.order_start_date,
        customer,
        allowed_customers(work),
        None if several else work.project.customer,
        claimed,
    )
    hours: list[Hours] = []
    costs: list[Cost] = []
    left_out: list[LeftOut] = []
    by_id: dict[str, Hours] = {}

    for entry in sorted(work.entries, key=lambda entry: (entry.start, entry.id)):
        taken = Hours(entry, entry.start.astimezone(zone).date())
        by_id[entry.id] = taken
        reason = _reason(_of_hours(taken, work, rules), rules)
        if reason is None:
            hours.append(taken)
        else:
            left_out.append(LeftOut(entry.id, reason))

    for expense in sorted(work.expenses, key=lambda expense: (expense.date, expense.id)):
        found = by_id.get(expense.entry) if expense.entry is not None else None
        if expense.entry is not None and found is None:
            left_out.append(LeftOut(expense.id, LeftOutReason.HOURS_MISSING, EntryKind.EXPENSE))
            continue
        subject = _of_expense(expense, found, work, rules)
        reason = _reason(subject, rules)
        if reason is None:
            work_type = expense.work_type or (found.entry.work_type if found is not None else None)
            costs.append(Cost(expense, subject.day, work_type))
        else:
            left_out.append(LeftOut(expense.id, reason, EntryKind.EXPENSE))
    return Sifted(tuple(hours), tuple(costs), tuple(left_out))


def _of_hours(hours: Hours, work: Work, rules: _Rules) -> _Subject:
    entry = hours.entry
    return _Subject(
        claim_key(EntryKind.ENTRY, entry.id),
        hours.day,
        entry.customer or rules.own_customer,
        entry.excluded is not None,
        entry.billable_minutes > 0,
        entry.approval is Approval.APPROVED or work.settings.include_unapproved_hours,
    )


def _of_expense(expense: Expense, hours: Hours | None, work: Work, rules: _Rules) -> _Subject:
    claim = claim_key(EntryKind.EXPENSE, expense.id)
    billable = bool(expense.quantity)
    if hours is not None:
        followed = _of_hours(hours, work, rules)
        return _Subject(
            claim, followed.day, followed.customer, followed.excluded, billable, followed.admitted
        )
    return _Subject(
        claim,
        expense.date,
        expense.customer or rules.own_customer,
        excluded=False,
        billable=billable,
        admitted=expense.approval is Approval.APPROVED or work.settings.include_unapproved_costs,
    )
