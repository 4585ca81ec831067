"""The hours specification of an order ("timespesifikasjon"): what stands behind each line, as one value.

It answers for what a customer may read, and what only the seller may. The order is the authority for days,
minutes, prices and amounts, since it was frozen when it was finalised; the work gives names alone. Hours that
were changed or deleted in Busy since then are shown as they were billed, without the names that are gone.
How the value looks on paper is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final, final

from attrs import field, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.texts import Language, require_language
from visma_busy_sync.busy import (
    EntryKind,
    GivenField,
    LeftOut,
    LinePart,
    Order,
    OrderLine,
    Period,
    PriceSource,
    TimeEntry,
    VatTotal,
    Work,
)
from visma_busy_sync.busy import _checks as check
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._reports.changes import EntryChange, changed_since
from visma_busy_sync.orders._shown import clock

_NOTHING: Final = Decimal(0)
_AMOUNTS: Final = frozenset({GivenField.QUANTITY, GivenField.UNIT_PRICE})
"""What a person can give that changes what a line costs."""


@final
@frozen(kw_only=True)
class SpecifiedHours:
    """Hours behind a line.

    Attributes:
        day: The local date that they count for.
        work_type: The name of their work type; None if Busy no longer has it.
        task: The name of their task; None if they have none, or are gone from Busy.
        member: Who did the work; None unless names are wanted.
        comment: What the member wrote, unless comments are not wanted.
        minutes: What is billed.
        price: What an hour costs on this order, without VAT: the price by the rules, or what an hour comes
            to where a person gave price or quantity. None if it is not known, and for a fixed price, where
            what an hour comes to is told for internal use alone.
        amount: The minutes at that price, to 2 decimals; None without a price. The line is the authority.
        rule_price: The price by the rules; None where they have none, or this is not for internal use.
        price_source: Where the price by the rules came from; None where this is not for internal use.
    """

    day: date
    work_type: str | None = field(repr=False)
    task: str | None = field(repr=False)
    member: str | None = field(repr=False)
    comment: str | None = field(repr=False)
    minutes: int
    price: Decimal | None
    amount: Decimal | None
    rule_price: Decimal | None = None
    price_source: PriceSource | None = None

    @property
    def hours(self) -> Decimal:
        """The minutes as hours, to 4 decimals."""
        return _rounding.hours(self.minutes)

    @property
    def clock(self) -> str:
        """The minutes as hours and minutes, such as `7:30`."""
        return clock(self.minutes)


@final
@frozen(kw_only=True)
class SpecifiedLine:
    """A line of the order with what stands behind it.

    Attributes:
        number: Its place on the order, from 1.
        text: What the customer reads.
        quantity: Hours or number.
        unit: What eAccounting calls the unit.
        unit_price: The price of one, without VAT.
        total: What the line costs, without VAT: the authority for the amount.
        vat_rate: The VAT in percent; None if it is not known.
        hours: The hours behind it, in the order of their days.
        cost_day: For a cost: the day that it counts for.
        changed: What a person changed of what hours or cost came to: quantity, unit price or both.
        write_down: How much less the line costs than its hours or cost by the rules. Below 0, how much more,
            which is told for internal use alone. None where nothing was changed, or it is not known.
        billed_before: For a fixed price: what of it was billed before, here and elsewhere. None for every
            other line.
        price_source: Where the price came from; None where this is not for internal use.
    """

    number: int
    text: str = field(repr=False)
    quantity: Decimal
    unit: str
    unit_price: Decimal
    total: Decimal
    vat_rate: Decimal | None
    hours: tuple[SpecifiedHours, ...] = field(repr=check.counted)
    cost_day: date | None
    changed: tuple[GivenField, ...]
    write_down: Decimal | None
    billed_before: Decimal | None
    price_source: PriceSource | None = None

    @property
    def minutes(self) -> int:
        """The minutes of the hours behind it; 0 where there are none."""
        return sum(one.minutes for one in self.hours)

    @property
    def hours_decimal(self) -> Decimal:
        """The minutes of the hours behind it as hours, summed first, to 4 decimals."""
        return _rounding.hours(self.minutes)

    @property
    def rounding(self) -> Decimal:
        """The total less the amounts of its hours; 0 where there are none, or one has no amount."""
        amounts = [one.amount for one in self.hours]
        rest = self.total
        for amount in amounts:
            if amount is None:
                return _NOTHING
            rest = _rounding.subtracted(rest, amount)
        return rest if amounts else _NOTHING


@final
@frozen(kw_only=True)
class InternalNotes:
    """What of an order is for the seller alone.

    Attributes:
        rounding_difference: What rounding changed in all lines together, to 6 decimals.
        left_out: The hours and costs that are not on the order, each with its reason.
        changed: The hours and costs that are no longer in Busy what they were when they were billed.
    """

    rounding_difference: Decimal
    left_out: tuple[LeftOut, ...] = field(repr=check.counted)
    changed: tuple[EntryChange, ...] = field(repr=check.counted)


@final
@frozen(kw_only=True)
class HoursSpecification:
    """An order with the hours behind each line, for the customer to read; made by `hours_specification`.

    Attributes:
        language: The language that it is shown in.
        order_id: The order's id.
        order_number: Its number in eAccounting; None while it has none.
        order_date: The date of the order.
        period: The days whose work is on it.
        project_number: The project's number; None if it has none.
        project_name: The project's name.
        customer: The customer's name; None if it is not known.
        buyers_order_reference: The buyer's own order number; None for none.
        currency: The currency of every price.
        lines: The lines of the order, in its order.
        total: The sum of the lines, without VAT.
        vat: The VAT by rate as the articles have it; None if that of a line is not known.
        total_with_vat: The sum with VAT; None if the VAT of a line is not known.
        internal: What is for the seller alone; None in what a customer gets.
    """

    language: Language
    order_id: str
    order_number: int | None
    order_date: date
    period: Period
    project_number: str | None
    project_name: str = field(repr=False)
    customer: str | None = field(repr=False)
    buyers_order_reference: str | None = field(repr=False)
    currency: str
    lines: tuple[SpecifiedLine, ...] = field(repr=check.counted)
    total: Decimal
    vat: tuple[VatTotal, ...] | None
    total_with_vat: Decimal | None
    internal: InternalNotes | None

    @property
    def minutes(self) -> int:
        """The minutes of all hours on the order."""
        return sum(line.minutes for line in self.lines)


def hours_specification(
    order: Order,
    work: Work,
    *,
    language: Language = "nb",
    customer: str | None = None,
    order_number: int | None = None,
    names: bool | None = None,
    comments: bool = False,
    internal: bool = False,
) -> HoursSpecification:
    """Return what stands behind each line of `order`; nothing is stored or sent.

    Args:
        order: The order as it was finalised.
        work: The work on its project, for the names of customer, tasks, work types and members.
        language: The language that it is shown in.
        customer: The customer's name; by default the one that `work` has.
        order_number: The order's number in eAccounting, if it is known.
        names: Whether members are named; None: as the workspace's settings have it (`names_in_texts`). The
            texts of the lines are the order's own and stay as they were sent.
        comments: Whether the comments of the hours are shown. They may be personal.
        internal: Whether it says what is for the seller alone: where prices came from, what they would have
            been, what rounding changed, what was left out, and what was changed in Busy since then.

    Raises:
        ConfigurationError: If the work is of another project, or there are no texts in the language.
    """
    require_language(language)
    if work.project.id != order.project:
        raise ConfigurationError(
            f"The order {order.id} is of project {order.project}, and the work of {work.project.id}.",
            advice="Read the work of the order's own project.",
        )
    names = work.settings.names_in_texts if names is None else names
    told = _Names.of(work, names=names, comments=comments)
    customers = {one.id: one.name for one in work.customers}
    return HoursSpecification(
        language=language,
        order_id=order.id,
        order_number=order_number,
        order_date=order.order_date,
        period=order.period,
        project_number=work.project.number,
        project_name=work.project.name,
        customer=customer if customer is not None else customers.get(order.customer),
        buyers_order_reference=order.buyers_order_reference,
        currency=order.currency,
        lines=tuple(
            _line(number, line, told, internal=internal) for number, line in enumerate(order.lines, 1)
        ),
        total=order.total,
        vat=order.vat,
        total_with_vat=order.total_with_vat,
        internal=InternalNotes(
            rounding_difference=order.rounding_difference,
            left_out=order.left_out,
            changed=changed_since(order, work),
        )
        if internal
        else None,
    )


@frozen
class _Names:
    """What Busy calls what is behind an order, by its ids; only what may be told."""

    entries: Mapping[str, TimeEntry]
    work_types: Mapping[str, str]
    tasks: Mapping[str, str]
    members: Mapping[str, str]
    comments: bool

    @classmethod
    def of(cls, work: Work, *, names: bool, comments: bool) -> _Names:
        return cls(
            {entry.id: entry for entry in work.entries},
            {one.id: one.name for one in work.work_types},
            {one.id: one.name for one in work.tasks},
            {one.id: one.name for one in work.members} if names else {},
            comments,
        )


def _line(number: int, line: OrderLine, told: _Names, *, internal: bool) -> SpecifiedLine:
    # Plain lines, and those of a fixed price, cost what a person says: that changes nothing that was booked.
    changeable = bool(line.parts) and not line.is_fixed_price
    write_down = line.write_down if changeable else None
    costs = [part.day for part in line.parts if part.kind is EntryKind.EXPENSE]
    booked = sorted(
        (part for part in line.parts if part.kind is EntryKind.ENTRY), key=lambda part: (part.day, part.id)
    )
    return SpecifiedLine(
        number=number,
        text=line.text,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        total=line.total,
        vat_rate=line.vat_rate,
        hours=tuple(
            _hours(part, told, internal=internal, priced=internal or not line.is_fixed_price)
            for part in booked
        ),
        cost_day=costs[0] if costs else None,
        changed=tuple(given for given in line.given if given in _AMOUNTS) if changeable else (),
        write_down=write_down if write_down is None or internal or write_down > 0 else None,
        billed_before=_billed_before(line),
        price_source=line.price_source if internal else None,
    )


def _billed_before(line: OrderLine) -> Decimal | None:
    if line.billed_before is None:
        return None
    return _rounding.added(line.billed_before, line.billed_elsewhere or _NOTHING)


def _hours(part: LinePart, told: _Names, *, internal: bool, priced: bool) -> SpecifiedHours:
    entry = told.entries.get(part.id)
    minutes = part.minutes or 0
    price = (part.derived_price if part.derived_price is not None else part.price) if priced else None
    return SpecifiedHours(
        day=part.day,
        work_type=told.work_types.get(part.work_type or ""),
        task=told.tasks.get(entry.task or "") if entry is not None else None,
        member=told.members.get(entry.member) if entry is not None else None,
        comment=entry.comment if entry is not None and told.comments else None,
        minutes=minutes,
        price=price,
        amount=None if price is None else _rounding.worth_of_hours({price: minutes}).rounded(2),
        rule_price=part.price if internal else None,
        price_source=part.price_source if internal else None,
    )
