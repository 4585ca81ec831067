"""What work comes to, as far as it has prices; also where it cannot be an order yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from attrs import frozen

from visma_busy_sync.busy import TimeEntry, Work
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._building.eligibility import Sifted
from visma_busy_sync.orders._building.fixed_prices import FixedBills
from visma_busy_sync.orders._building.pricing import price_of

_CENTS = 2


@frozen
class Worth:
    """What work comes to.

    Attributes:
        amount: The sum of what has a price, without VAT, to 2 decimals; None where nothing has one.
        unpriced: How many hours and costs have no price from 0 up.
    """

    amount: Decimal | None
    unpriced: int


def worth_of(work: Work, sifted: Sifted, fixed: FixedBills) -> Worth:
    """Return what is billed of the work comes to by its prices, before it is put on lines.

    The total of the order may differ by the rounding of its lines.
    """
    by_the_hour = [entry for entry in sifted.entries if entry.work_type not in fixed.work_types]
    minutes = _minutes_by_rate(work, by_the_hour)
    unpriced = len(by_the_hour) - sum(count for count, _ in minutes.values())
    unpriced += sum(entry.work_type in fixed.faulty for entry in sifted.entries)
    amounts = [bill.amount for bill in fixed.bills]
    if minutes:
        at_rates = {rate: at_rate for rate, (_, at_rate) in minutes.items()}
        amounts.append(_rounding.worth_of_hours(at_rates).rounded(_CENTS))
    for cost in sifted.costs:
        expense = cost.expense
        if _is_price(expense.out_price, work):
            amounts.append(_rounding.worth_of_cost(expense.quantity, expense.out_price).rounded(_CENTS))
        else:
            unpriced += 1
    return Worth(_sum(amounts) if amounts else None, unpriced)


def _minutes_by_rate(work: Work, entries: Iterable[TimeEntry]) -> Mapping[Decimal, tuple[int, int]]:
    """Return how many hours there are at each rate, and their minutes; those without a rate left out."""
    work_types = {work_type.id: work_type for work_type in work.work_types}
    found: dict[Decimal, tuple[int, int]] = {}
    for entry in entries:
        work_type = work_types.get(entry.work_type or "")
        if work_type is None:
            continue
        rate = price_of(entry, work_type, work.prices, work.project.id).rate
        if rate is not None and _is_price(rate, work):
            count, minutes = found.get(rate, (0, 0))
            found[rate] = (count + 1, minutes + entry.billable_minutes)
    return found


def _is_price(price: Decimal, work: Work) -> bool:
    return price > 0 or (not price and work.settings.allow_free_lines)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for amount in amounts:
        total = _rounding.added(total, amount)
    return total
