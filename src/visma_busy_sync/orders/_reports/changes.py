"""Which entries of a finalised order were changed in Busy afterwards. The order stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from attrs import fields, frozen

from visma_busy_sync.busy import (
    EntryKind,
    Expense,
    LinePart,
    Order,
    OrderLine,
    PriceSource,
    TimeEntry,
    Work,
    claim_key,
)
from visma_busy_sync.orders import _rounding


@frozen
class EntryChange:
    """An entry that is no longer what was billed.

    Attributes:
        kind: Hours or a cost.
        id: Busy's id of it.
        changed: What of it is different: `gone` alone, or some of `day`, `work_type`, `minutes`,
            `quantity`, `price`, `customer`, `excluded`.
    """

    kind: EntryKind
    id: str
    changed: tuple[str, ...]

    @property
    def claim(self) -> str:
        """The key under which the entry is claimed."""
        return claim_key(self.kind, self.id)


GONE: Final = ("gone",)
"""What is told of an entry that is not among the work."""


@frozen
class _Content:
    """What of an entry an order depends on."""

    day: date
    work_type: str | None
    minutes: int | None
    quantity: Decimal | None
    price: Decimal | None
    customer: str | None
    excluded: bool


def changed_since(order: Order, work: Work) -> tuple[EntryChange, ...]:
    """Return the entries behind `order` that are different in `work`, in the order of its lines.

    A changed price of the project is no change of the hours: the order was priced when it was finalised.
    That Busy stamps the billed rate on the hours is none either. Nor is it that it stamps what an hour of the
    line comes to, whatever the line is.
    """
    hours = {entry.id: entry for entry in work.entries}
    costs = {expense.id: expense for expense in work.expenses}
    found: list[EntryChange] = []
    for line in order.lines:
        hourly = _hourly(line)
        for part in line.parts:
            if part.kind is EntryKind.ENTRY:
                entry = hours.get(part.id)
                now = _of_hours(entry, part, hourly, work) if entry is not None else None
            else:
                expense = costs.get(part.id)
                now = _of_cost(expense, hours, work) if expense is not None else None
            changed = _differences(_billed(part, order), now) if now is not None else GONE
            if changed:
                found.append(EntryChange(part.kind, part.id, changed))
    return tuple(found)


def _hourly(line: OrderLine) -> Decimal | None:
    """Return what an hour of a line comes to; None for one without hours."""
    return _rounding.hourly(line.total, line.minutes) if line.minutes else None


def _differences(billed: _Content, now: _Content) -> tuple[str, ...]:
    names = [attribute.name for attribute in fields(_Content)]
    return tuple(name for name in names if getattr(billed, name) != getattr(now, name))


def _billed(part: LinePart, order: Order) -> _Content:
    return _Content(
        part.day,
        part.work_type,
        part.minutes,
        part.quantity,
        part.price,
        order.customer,
        excluded=False,
    )


def _of_hours(entry: TimeEntry, part: LinePart, hourly: Decimal | None, work: Work) -> _Content:
    unset = None if part.price_source is PriceSource.ENTRY else part.price
    stamped = entry.rate is not None and entry.rate == hourly
    return _Content(
        entry.start.astimezone(ZoneInfo(work.settings.time_zone)).date(),
        entry.work_type,
        entry.billable_minutes,
        None,
        part.price if stamped else entry.rate or unset,
        entry.customer or _own_customer(work),
        entry.excluded is not None,
    )


def _of_cost(expense: Expense, hours: Mapping[str, TimeEntry], work: Work) -> _Content:
    entry = hours.get(expense.entry) if expense.entry is not None else None
    followed = entry if entry is not None else expense
    zone = ZoneInfo(work.settings.time_zone)
    return _Content(
        entry.start.astimezone(zone).date() if entry is not None else expense.date,
        expense.work_type or (entry.work_type if entry is not None else None),
        None,
        expense.quantity,
        expense.out_price,
        followed.customer or _own_customer(work),
        entry is not None and entry.excluded is not None,
    )


def _own_customer(work: Work) -> str | None:
    return None if work.project.allows_several_customers else work.project.customer
