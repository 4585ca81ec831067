"""What Busy still has on orders that freed it, seen as each of these orders would bill it when made anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

import attrs
from attrs import frozen

from visma_busy_sync.busy import EntryKind, Expense, FixedPrice, TimeEntry, Work, claim_key
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._building.builder import Assessment
from visma_busy_sync.orders._building.eligibility import customer_of_fixed_prices

_NOTHING: Final = Decimal(0)


@frozen(kw_only=True)
class Look:
    """The work on a project as far as one order can bill it.

    Attributes:
        order: The order that is made anew; None: one that is new.
        work: The work; what Busy has on `order` is on none.
        claimed: The claim keys of everything that is on other orders.
    """

    order: str | None
    work: Work
    claimed: frozenset[str]


def looks_of(work: Work, claimed: frozenset[str], freed: Collection[str]) -> Iterator[Look]:
    """Return each look at the work on a project, so that everything can be billed in one of them.

    Args:
        work: The work.
        claimed: The claim keys of everything that the ledger has on orders.
        freed: Ids of the orders that hold nothing any more.
    """
    named = {one.order for one in to_bill(work, claimed).values()}
    for order in sorted(order for order in freed if order in named):
        yield _anew(work, claimed, order)
    # Last: what is left of a fixed price, after those whose hours it is.
    yield Look(order=None, work=work, claimed=claimed)


def _anew(work: Work, claimed: frozenset[str], order: str) -> Look:
    """Return a look that has nothing to bill but what Busy has on an order."""
    others = {claim_key(EntryKind.ENTRY, one.id) for one in work.entries if one.order != order}
    others |= {claim_key(EntryKind.EXPENSE, one.id) for one in work.expenses if one.order != order}
    without = claimed | others
    behind = {
        one.work_type
        for one in to_bill(work, without).values()
        if isinstance(one, TimeEntry) and _takes_fixed_prices(one, work)
    }

    def open_here(fixed: FixedPrice) -> FixedPrice:
        return fixed if fixed.work_type in behind else attrs.evolve(fixed, billed_elsewhere=fixed.amount)

    return Look(
        order=order,
        work=attrs.evolve(
            work,
            entries=tuple(
                attrs.evolve(one, order=None) if one.order == order else one for one in work.entries
            ),
            expenses=tuple(
                attrs.evolve(one, order=None) if one.order == order else one for one in work.expenses
            ),
            prices=attrs.evolve(
                work.prices, fixed_prices=tuple(open_here(fixed) for fixed in work.prices.fixed_prices)
            ),
        ),
        claimed=without,
    )


def _takes_fixed_prices(entry: TimeEntry, work: Work) -> bool:
    """Tell whether hours are on an order with which the project's fixed prices come along."""
    several = work.project.allows_several_customers
    return not several or entry.customer == customer_of_fixed_prices(work)


def to_bill(work: Work, claimed: frozenset[str]) -> dict[str, TimeEntry | Expense]:
    """Return, by its claim key, what is not claimed, not excluded, and not nothing, wherever Busy has it."""
    excluded = {entry.id for entry in work.entries if entry.excluded is not None}
    found: dict[str, TimeEntry | Expense] = {
        claim_key(EntryKind.ENTRY, entry.id): entry
        for entry in work.entries
        if entry.billable_minutes and entry.excluded is None
    }
    found |= {
        claim_key(EntryKind.EXPENSE, expense.id): expense
        for expense in work.expenses
        if expense.quantity and expense.entry not in excluded
    }
    return {claim: one for claim, one in found.items() if claim not in claimed}


def also_billed(billed: Mapping[str, Decimal], found: Iterable[Assessment]) -> Mapping[str, Decimal]:
    """Return what is billed of fixed prices, by work type, when these orders are made too."""
    amounts = dict(billed)
    for one in found:
        for bill in one.fixed.bills:
            id = bill.work_type.id
            amounts[id] = _rounding.added(amounts.get(id, _NOTHING), bill.amount)
    return amounts
