"""A line that is being put together: its parts, and what becomes of quantity, price, total and text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import cast

from attrs import define, evolve, field

from visma_busy_sync.busy import GivenField, LinePart, OrderLine, PriceSource
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._building.articles import Sold
from visma_busy_sync.orders._rounding import Exact

_LAST = "\U0010ffff"
"""Sorts after every name: lines without a work type stand at the end."""


@define
class Draft:
    """A line that is being put together.

    Attributes:
        kind: With `id`, what a problem of the line is about, and what groups its hours.
        id: Busy's id of it.
        text: What the customer reads.
        sold: What it is sold as.
        price: The price of one as sent.
        asked: The price as a person gave it, before it was rounded; None where nobody did.
        quantity: The number as a person gave it; None: that of the parts.
        given: What a person gave.
        billed_before: For a fixed price: what of it was billed before by orders of this library.
        billed_elsewhere: For a fixed price: what of it was billed by others.
        source: Where the price came from; None: from where the parts have theirs.
        work_types: Names by Busy's ids of the work types that it bills.
        members: Busy's ids of the members whose hours it bills.
        parts: What it bills, hours in the order of their starts.
    """

    kind: str
    id: str
    text: str
    sold: Sold
    price: Decimal
    asked: Decimal | None = None
    quantity: Decimal | None = None
    given: tuple[GivenField, ...] = ()
    billed_before: Decimal | None = None
    billed_elsewhere: Decimal | None = None
    source: PriceSource | None = None
    work_types: dict[str | None, str] = field(factory=dict[str | None, str])
    members: set[str] = field(factory=set[str])
    parts: list[LinePart] = field(factory=list[LinePart])

    def place(self) -> tuple[str, str, date, bool, str, Decimal, str, str]:
        """Return where the line stands: work type name, then date; the rest makes it one order."""
        name = min(self.work_types.values(), key=lambda name: (name.casefold(), name), default=_LAST)
        first = self.parts[0].day if self.parts else date.max
        is_cost = self.kind == "expense"
        return name.casefold(), name, first, is_cost, self.text, self.price, self.id, self.sold.product

    def line(self) -> OrderLine:
        """Return the line with its amounts."""
        parts = self.parts
        quantity, exact = self._amounts()
        total = _rounding.line_total(quantity, self.price)
        if self.quantity is not None or self.asked is not None or len({part.price for part in parts}) > 1:
            parts = _with_derived_price(parts, total)
        sources = {self.source} if self.source is not None else set(map(attrgetter("price_source"), parts))
        work_types = list(self.work_types)
        return OrderLine(
            text=self.text,
            quantity=quantity,
            unit=self.sold.unit,
            unit_price=self.price,
            total=total,
            rounding_difference=exact.difference(total),
            price_source=sources.pop() if len(sources) == 1 else PriceSource.SEVERAL,
            product=self.sold.product,
            eaccounting_article=self.sold.article.id,
            work_type=work_types[0] if len(work_types) == 1 else None,
            task=self.id if self.kind == "task" else None,
            vat_rate=self.sold.vat_rate,
            given=self.given,
            billed_before=self.billed_before,
            billed_elsewhere=self.billed_elsewhere,
            parts=tuple(parts),
        )

    def _amounts(self) -> tuple[Decimal, Exact]:
        """Return the quantity as sent, and the exact amount that the line is for."""
        asked = self.asked
        if self.quantity is not None:
            quantity = _rounding.quantity(self.quantity)
            if asked is not None:
                return quantity, _rounding.worth_of_cost(self.quantity, asked)
            return quantity, price_of_parts(self.parts).times(self.quantity)
        cost = self.parts[0].quantity
        if cost is not None:
            return _rounding.quantity(cost), price_of_parts(self.parts, asked).times(cost)
        rates = minutes_by_price(self.parts, asked)
        return _rounding.hours(sum(rates.values())), _rounding.worth_of_hours(rates)


def _with_derived_price(parts: list[LinePart], total: Decimal) -> list[LinePart]:
    """Return the parts with what an hour comes to, if they are hours."""
    minutes = sum(part.minutes or 0 for part in parts)
    if not minutes:
        return parts
    derived = _rounding.hourly(total, minutes)
    return [evolve(part, derived_price=derived) for part in parts]


def minutes_by_price(parts: list[LinePart], asked: Decimal | None = None) -> dict[Decimal, int]:
    """Return the minutes of hours by their prices, or all of them at the price that is asked."""
    if asked is not None:
        return {asked: sum(part.minutes or 0 for part in parts)}
    minutes: dict[Decimal, int] = {}
    for part in parts:
        price = cast("Decimal", part.price)  # without one, and without one that is asked, there is no line
        minutes[price] = minutes.get(price, 0) + (part.minutes or 0)
    return minutes


def price_of_parts(parts: list[LinePart], asked: Decimal | None = None) -> Exact:
    """Return the exact price of one: that of the cost, or the average of the hours."""
    first = parts[0]
    if first.minutes is None:
        return Exact((first.price or Decimal(0)) if asked is None else asked, Decimal(1))
    minutes = minutes_by_price(parts, asked)
    worth = _rounding.worth_of_hours(minutes)
    return Exact(worth.over, Decimal(sum(minutes.values())))
