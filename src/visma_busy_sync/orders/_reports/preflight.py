"""Before anything is ordered: what can be billed over all projects, what is in its way, who can mend it.

The rules are those of the builder, which is asked what it would make of each project and customer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, final

import attrs
from attrs import field, frozen

from visma_busy_sync._core.texts import Language
from visma_busy_sync.busy import (
    Expense,
    LeftOut,
    LeftOutReason,
    Period,
    TimeEntry,
    Work,
    claim_key,
)
from visma_busy_sync.busy import _checks as check
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._building.builder import Assessment
from visma_busy_sync.orders._building.eligibility import (
    Choice,
    Sifted,
    allowed_customers,
    customer_of_fixed_prices,
    decide_customer,
    sift,
)
from visma_busy_sync.orders._building.request import OrderRequest
from visma_busy_sync.orders._building.worth import worth_of
from visma_busy_sync.orders._problems import MendedBy, Problem
from visma_busy_sync.orders._reports import preflight_texts as texts
from visma_busy_sync.orders._reports.freed import to_bill

_HOMELESS: Final = frozenset(
    {LeftOutReason.HOURS_MISSING, LeftOutReason.CUSTOMER_MISSING, LeftOutReason.CUSTOMER_NOT_ALLOWED}
)
"""Reasons of what belongs to no customer's order."""

WAITING: Final = _HOMELESS | {LeftOutReason.NOT_APPROVED}
"""Reasons to stay out that somebody is to end; the others are meant."""

_LONGEST_WHOLE: Final = 20
"""Digits; turning more of them into a number would take its time."""

_NOTHING: Final = Decimal(0)
_NOTHING_SIFTED: Final = Sifted((), (), ())


def _counts(value: Mapping[LeftOutReason, int]) -> Mapping[LeftOutReason, int]:
    return {reason: value[reason] for reason in LeftOutReason if value.get(reason)}


@final
@frozen(kw_only=True)
class PreflightRow:
    """What can be billed of one project and customer, and what is in its way.

    Attributes:
        project: Busy's id of the project.
        number: Its number; None if it has none, or could not be read.
        customer: Busy's id of the customer. None where the project has none; for what is booked on a
            project with several customers without one that it allows; and for its fixed prices, where none
            of them is its own.
        order: The order that it would be, made anew: it was reopened, withdrawn or released, but Busy has
            these hours and costs on it still. None: a new order.
        hours: How many hours would be on the order.
        minutes: Their billable minutes.
        costs: How many costs would be on it.
        fixed_prices: How many fixed prices it would bill.
        amount: What the order comes to without VAT. Where it is blocked, the sum of what has a price; None
            where nothing has one.
        currency: The currency of the amount; None where nobody states one.
        unpriced: How many of the hours and costs have no price, and are not in the amount.
        last_order: The date of the last order for project and customer that was sent, or is to be.
        waiting: How many hours and costs wait for somebody, by the reason: not approved, without a customer
            that the project allows, or a cost whose hours are not known.
        problems: Everything in the way of the order; none where it can be built.
        error: Why the project could not be looked at; None if it was.
        project_name: What the project is called; None where that is not known.
        customer_name: What the customer is called; None where there is none, or it is not known.
    """

    project: str
    number: str | None
    customer: str | None = None
    order: str | None = None
    hours: int = 0
    minutes: int = 0
    costs: int = 0
    fixed_prices: int = 0
    amount: Decimal | None = None
    currency: str | None = None
    unpriced: int = 0
    last_order: date | None = None
    waiting: Mapping[LeftOutReason, int] = field(factory=dict[LeftOutReason, int], converter=_counts)
    problems: tuple[Problem, ...] = ()
    error: Exception | None = field(default=None, repr=check.named)
    project_name: str | None = field(default=None, repr=False)
    customer_name: str | None = field(default=None, repr=False)

    @property
    def ready(self) -> bool:
        """Whether an order can be built now."""
        return self.billable and not self.problems

    @property
    def billable(self) -> bool:
        """Whether there is something to bill, blocked or not."""
        return bool(self.hours or self.costs or self.fixed_prices)


@final
@frozen(kw_only=True)
class PreflightTotals:
    """All rows together.

    Attributes:
        ready: How many orders can be built.
        blocked: How many rows have something in their way.
        hours: How many hours can be billed, or could.
        minutes: Their minutes.
        costs: How many costs.
        amounts: The sum of the amounts that are known, by currency; None: nobody states one.
    """

    ready: int
    blocked: int
    hours: int
    minutes: int
    costs: int
    amounts: Mapping[str | None, Decimal]


@final
@frozen
class ToMend:
    """One problem, and all projects that it blocks.

    Attributes:
        problem: The problem.
        projects: Busy's ids of the projects.
    """

    problem: Problem
    projects: tuple[str, ...]


@final
@frozen(kw_only=True)
class Preflight:
    """What can be billed; `str(preflight)` is a table in English, `text("nb")` one in Norwegian.

    Attributes:
        period: The days that were looked at.
        rows: A row for each project and customer with something to bill, something that waits, or an error,
            by project number; and one for each order that is to be made anew.
    """

    period: Period
    rows: tuple[PreflightRow, ...] = field(repr=check.counted)

    @property
    def totals(self) -> PreflightTotals:
        """All rows together."""
        amounts: dict[str | None, Decimal] = {}
        for row in self.rows:
            if row.amount is not None:
                amounts[row.currency] = _rounding.added(amounts.get(row.currency, _NOTHING), row.amount)
        return PreflightTotals(
            ready=sum(row.ready for row in self.rows),
            blocked=sum(not row.ready for row in self.rows),
            hours=sum(row.hours for row in self.rows),
            minutes=sum(row.minutes for row in self.rows),
            costs=sum(row.costs for row in self.rows),
            amounts={currency: amounts[currency] for currency in sorted(amounts, key=str)},
        )

    def by_mender(self) -> Mapping[MendedBy, tuple[ToMend, ...]]:
        """Return what is to be mended by whom; what blocks several projects is there once."""
        found: dict[MendedBy, dict[tuple[object, ...], tuple[Problem, list[str]]]] = {}
        for row in self.rows:
            for problem in row.problems:
                known = found.setdefault(problem.mended_by, {})
                key = (problem.code, problem.entity, problem.message)
                _, projects = known.setdefault(key, (problem, []))
                if row.project not in projects:
                    projects.append(row.project)
        return {
            who: tuple(ToMend(problem, tuple(projects)) for problem, projects in found[who].values())
            for who in MendedBy
            if who in found
        }

    def text(self, language: Language) -> str:
        """Say it in a language: the rows as a table, the totals, and what is to be mended by whom.

        Raises:
            ConfigurationError: If the language is neither `nb` nor `en`.
        """
        return texts.told(self, language)

    def __str__(self) -> str:
        return self.text("en")


def preflight_of(period: Period, rows: Iterable[PreflightRow]) -> Preflight:
    """Return the preflight of rows in any order; those with nothing to tell are left out."""
    told = [row for row in rows if row.billable or row.waiting or row.error is not None]
    return Preflight(period=period, rows=tuple(sorted(told, key=_place)))


def _place(row: PreflightRow) -> tuple[bool, bool, int, str, str, str, str]:
    """Return where a row stands: whole numbers as such, then other ones, then none."""
    number = row.number or ""
    whole = number.isascii() and number.isdecimal() and len(number) < _LONGEST_WHOLE
    value = int(number) if whole else 0
    return row.number is None, not whole, value, number, row.project, row.customer or "", row.order or ""


def requests_of(
    work: Work, period: Period, *, order_date: date, claimed: frozenset[str]
) -> tuple[OrderRequest, ...]:
    """Return what to ask of the builder for a project: one order for each customer that has unbilled work.

    Nothing where there is none, so that nothing has to be read for it. Fixed prices are asked for with the
    customer on whose order they come along, or for nobody.
    """
    if not _unbilled(work, claimed) and not work.prices.fixed_prices:
        return ()
    allowed = allowed_customers(work)
    if not work.project.allows_several_customers or not allowed:
        return (OrderRequest(period=period, order_date=order_date),)
    named: set[str | None] = {*_named_customers(work, claimed) & allowed}
    if work.prices.fixed_prices:
        named.add(customer_of_fixed_prices(work))
    return tuple(
        OrderRequest(period=period, order_date=order_date, customer=customer)
        for customer in sorted(named, key=lambda customer: customer or "")
    )


def rows_of(
    work: Work,
    found: Sequence[tuple[OrderRequest, Assessment]],
    *,
    period: Period,
    claimed: frozenset[str],
    last_orders: Mapping[tuple[str, str], date],
    order: str | None = None,
) -> tuple[PreflightRow, ...]:
    """Return the rows of a project.

    Args:
        work: The work on it.
        found: The answer of the builder to each of `requests_of`.
        period: The days that are looked at.
        claimed: The claim keys of everything that is on orders.
        last_orders: Dates of last orders by project and customer.
        order: The order that is made anew; None: a new one.
    """
    several = work.project.allows_several_customers
    nobodys = _waiting(work, _of_nobody(work, period, claimed), claimed)
    rows: list[PreflightRow] = []
    for request, assessment in found:
        decided = request.customer or decide_customer(work, None)
        customer = decided if isinstance(decided, str) else None
        sifted = assessment.sifted
        if sifted is None and allowed_customers(work) and not assessment.fixed.bills:
            continue  # nothing is open for which a customer would have to be chosen
        waiting = _waiting(work, sifted.left_out, claimed) if sifted is not None else nobodys
        if several and sifted is not None:
            waiting = {reason: count for reason, count in waiting.items() if reason not in _HOMELESS}
        rows.append(_row(work, assessment, customer, waiting, last_orders))
    if several and not any(row.customer is None for row in rows):
        homeless = {reason: count for reason, count in nobodys.items() if reason in _HOMELESS}
        rows.append(PreflightRow(project=work.project.id, number=work.project.number, waiting=homeless))
    return tuple(attrs.evolve(row, order=order) for row in rows)


def _row(
    work: Work,
    found: Assessment,
    customer: str | None,
    waiting: Mapping[LeftOutReason, int],
    last_orders: Mapping[tuple[str, str], date],
) -> PreflightRow:
    sifted = found.sifted if found.sifted is not None else _NOTHING_SIFTED
    worth = worth_of(work, sifted, found.fixed)
    return PreflightRow(
        project=work.project.id,
        number=work.project.number,
        customer=customer,
        hours=len(sifted.hours),
        minutes=sum(entry.billable_minutes for entry in sifted.entries),
        costs=len(sifted.costs),
        fixed_prices=len(found.fixed.bills),
        amount=found.order.total if found.order is not None else worth.amount,
        currency=found.currency,
        unpriced=worth.unpriced,
        last_order=last_orders.get((work.project.id, customer)) if customer is not None else None,
        waiting=waiting,
        problems=found.problems,
    )


def _of_nobody(work: Work, period: Period, claimed: frozenset[str]) -> tuple[LeftOut, ...]:
    """Return why everything stays out of an order for nobody."""
    return sift(work, Choice(period=period, customer="", order_id="", claimed=claimed)).left_out


def _waiting(work: Work, left_out: Iterable[LeftOut], claimed: frozenset[str]) -> Mapping[LeftOutReason, int]:
    """Count what waits for somebody, without what is on an order or would not be billed all the same."""
    unbilled = _unbilled(work, claimed)
    return Counter(
        one.reason
        for one in left_out
        if one.reason in WAITING and claim_key(one.kind, one.entry_id) in unbilled
    )


def _named_customers(work: Work, claimed: frozenset[str]) -> set[str]:
    """Return the customers of what is not billed yet."""
    entries = {entry.id: entry for entry in work.entries}
    named: set[str] = set()
    for one in _unbilled(work, claimed).values():
        hours = entries.get(one.entry or "") if isinstance(one, Expense) else None
        customer = (hours or one).customer
        if customer is not None:
            named.add(customer)
    return named


def _unbilled(work: Work, claimed: frozenset[str]) -> dict[str, TimeEntry | Expense]:
    """Return, by its claim key, what is on no order, not excluded, and not nothing."""
    return {claim: one for claim, one in to_bill(work, claimed).items() if one.order is None}
