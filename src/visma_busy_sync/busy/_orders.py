"""An order as it was finalised: what is billed, at which price, and for which hours and costs."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact
from itertools import chain
from operator import attrgetter
from typing import Any, Final, cast

from attrs import Attribute, field, frozen

from visma_busy_sync.busy import _checks as check
from visma_busy_sync.busy._canonical import Plain, checksum, members
from visma_busy_sync.busy._entries import Exclusion, TimeEntry
from visma_busy_sync.busy._settings import Period

_EXACT: Final = Context(prec=100, traps=[Inexact])
"""For sums that must not round; the caller's own decimal context is never used for money."""
_ROUNDING: Final = Context(prec=100, rounding=ROUND_HALF_UP)
_CENT: Final = Decimal("0.01")
_MINUTES_PER_HOUR: Final = Decimal(60)

_NOT_CONTENT: Final = frozenset({"id", "revision", "left_out", "finalised_at"})
_NOT_CONTENT_OF_A_LINE: Final = frozenset({"billed_elsewhere"})


class EntryKind(enum.StrEnum):
    """What was booked: hours or a cost."""

    ENTRY = "entry"
    EXPENSE = "expense"


class PriceSource(enum.StrEnum):
    """Where a price came from.

    `GIVEN`: a person gave it for the line, and the hours behind it have theirs from the line. `FIXED_PRICE`:
    also where a person gave how much of it is billed. `SEVERAL`: the parts of a line have it from different
    places.
    """

    ENTRY = "entry"
    PROJECT = "project"
    MEMBER = "member"
    WORK_TYPE = "work_type"
    MEMBER_WITHIN_WORK_TYPE = "member_within_work_type"
    DEFAULTS = "defaults"
    COST = "cost"
    FIXED_PRICE = "fixed_price"
    GIVEN = "given"
    SEVERAL = "several"


class GivenField(enum.StrEnum):
    """What of a line a person gave, instead of the rules."""

    TEXT = "text"
    QUANTITY = "quantity"
    UNIT_PRICE = "unit_price"
    PRODUCT = "product"


class LeftOutReason(enum.StrEnum):
    """Why hours or a cost are not on an order; the first that applies, in this order."""

    HOURS_MISSING = "hours_missing"
    OUTSIDE_PERIOD = "outside_period"
    BEFORE_START_DATE = "before_start_date"
    CUSTOMER_MISSING = "customer_missing"
    CUSTOMER_NOT_ALLOWED = "customer_not_allowed"
    OTHER_CUSTOMER = "other_customer"
    ALREADY_ORDERED = "already_ordered"
    EXCLUDED = "excluded"
    NOTHING_BILLABLE = "nothing_billable"
    NOT_APPROVED = "not_approved"
    NOT_CHOSEN = "not_chosen"
    FIXED_PRICE = "fixed_price"


def claim_key(kind: EntryKind, id: str) -> str:
    """Return the key under which an entry is claimed, so that it is on at most one order."""
    return f"{kind}:{id}"


def check_claim(name: str, value: object) -> None:
    """Refuse what is no key that `claim_key` makes."""
    check.check_text(name, value)
    if not str(value).startswith(tuple(claim_key(kind, "") for kind in EntryKind)):
        raise ValueError(f"{name} must hold keys as claim_key makes them: entry:<id> or expense:<id>")


@frozen
class LeftOut:
    """Hours or a cost that stayed out.

    Attributes:
        entry_id: Busy's id of it.
        reason: Why. `FIXED_PRICE`: the hours are consumed by a fixed price that this order does not bill.
        kind: Hours or a cost.
        exclusion: For what is excluded from billing: which of Busy's reasons it has.
    """

    entry_id: str
    reason: LeftOutReason
    kind: EntryKind = EntryKind.ENTRY
    exclusion: Exclusion | None = None


@frozen(kw_only=True, weakref_slot=False)
class LinePart:
    """One entry behind a line, with what of it was billed.

    Attributes:
        kind: Hours or a cost.
        id: Busy's id of the entry.
        day: The local date that it counts for.
        work_type: Busy's id of its work type; None for a cost without one.
        minutes: Billed minutes; None for a cost.
        quantity: How many; None for hours.
        price: The exact rate per hour, or out price, as the rules have it, before it was rounded to be sent;
            None where they have none and none was needed.
        price_source: Where that price came from; `GIVEN` or `FIXED_PRICE` where there is none.
        derived_price: Where a person gave the line's price or quantity, where its hours have several prices,
            and for a fixed price: what an hour comes to, the line's total by its hours, to 4 decimals. The
            line is the authority, since this loses digits. None for hours of one price by the rules, and for
            a cost.
    """

    # No validators: there is one for each entry, and who builds or reads it has checked the parts.
    kind: EntryKind
    id: str
    day: date
    work_type: str | None
    minutes: int | None
    quantity: Decimal | None
    price: Decimal | None
    price_source: PriceSource
    derived_price: Decimal | None = None

    @property
    def claim(self) -> str:
        """The key under which the entry is claimed."""
        return claim_key(self.kind, self.id)


class _HoursPart:
    """A `LinePart` of hours while it is filled: there is one for each, and a frozen one fills slowly."""

    __slots__ = (
        "day",
        "derived_price",
        "id",
        "kind",
        "minutes",
        "price",
        "price_source",
        "quantity",
        "work_type",
    )

    def __init__(
        self,
        id: str,
        day: date,
        work_type: str | None,
        minutes: int,
        price: Decimal | None,
        price_source: PriceSource,
    ) -> None:
        self.kind = EntryKind.ENTRY
        self.id = id
        self.day = day
        self.work_type = work_type
        self.minutes = minutes
        self.quantity = None
        self.price = price
        self.price_source = price_source
        self.derived_price = None


def part_of_hours(entry: TimeEntry, day: date, price: Decimal | None, price_source: PriceSource) -> LinePart:
    """Return hours as a part of a line, as `LinePart` itself would make it."""
    part: Any = _HoursPart(entry.id, day, entry.work_type, entry.billable_minutes, price, price_source)
    part.__class__ = LinePart
    return cast("LinePart", part)


@frozen(kw_only=True)
class OrderLine:
    """A line of an order, as it is sent.

    Attributes:
        text: What the customer reads.
        quantity: Hours or number, to 4 decimals.
        unit: How eAccounting calls the unit of the article; for reading only, since it follows the article.
        unit_price: Price of one, without VAT, to 2 decimals, or 4 where customer or currency are foreign.
        total: Quantity times unit price as sent, to 2 decimals: the authority for the amount.
        rounding_difference: What rounding changed: `total` less the exact amount, to 6 decimals. That is the
            sum of the parts, or quantity times price as a person gave them.
        price_source: Where the price came from.
        product: Busy's id of the product.
        eaccounting_article: eAccounting's id of the article that the product is linked to.
        work_type: Busy's id of the work type; None where the line has several or none.
        task: Busy's id of the task, where lines are grouped by task.
        vat_rate: The VAT of the article's coding, in percent; None if eAccounting does not tell it, and for a
            customer abroad.
        given: What of the line a person gave.
        billed_before: For a fixed price: what of it was billed before by orders of this library. None for
            every other line.
        billed_elsewhere: For a fixed price: what of it the host says was billed by others before. None for
            every other line, and where an earlier version of this library made the order. Not part of the
            content.
        parts: The hours (or the one cost) behind it; none for a plain line.
    """

    text: str = field(repr=False, validator=check.key)
    quantity: Decimal = field(validator=check.amount)
    unit: str = field(validator=check.text)
    unit_price: Decimal = field(validator=check.amount)
    total: Decimal = field(validator=check.one_of(Decimal))
    rounding_difference: Decimal = field(validator=check.one_of(Decimal))
    price_source: PriceSource = field(validator=check.one_of(PriceSource))
    product: str = field(validator=check.key)
    eaccounting_article: str = field(validator=check.key)
    work_type: str | None = field(default=None, validator=check.optional_key)
    task: str | None = field(default=None, validator=check.optional_key)
    vat_rate: Decimal | None = field(default=None, validator=check.optional_amount)
    given: tuple[GivenField, ...] = field(default=(), validator=check.all_of(GivenField))
    billed_before: Decimal | None = field(default=None, validator=check.optional_amount)
    billed_elsewhere: Decimal | None = field(default=None, validator=check.optional_amount)
    parts: tuple[LinePart, ...] = field(repr=False, validator=check.tuple_of(LinePart))

    @property
    def minutes(self) -> int | None:
        """The minutes of the hours behind the line; None where there are none."""
        minutes = [part.minutes for part in self.parts if part.minutes is not None]
        return sum(minutes) if minutes else None

    @property
    def is_fixed_price(self) -> bool:
        """Whether the line bills a fixed price."""
        return self.billed_before is not None

    @property
    def write_down(self) -> Decimal | None:
        """How much less the line costs than its parts by the rules, to 2 decimals; below 0: how much more.

        None where nothing was given for quantity or price, or the rules have no price to compare with.
        """
        if not self.parts or not {GivenField.QUANTITY, GivenField.UNIT_PRICE} & set(self.given):
            return None
        by_rules = Decimal(0)
        for part in self.parts:
            if part.price is None:
                return None
            number = part.quantity if part.minutes is None else Decimal(part.minutes)
            worth = _EXACT.multiply(number or Decimal(0), part.price)
            # Costs in sixtieths too, so that only the last step divides.
            sixtieths = worth if part.minutes is not None else _EXACT.multiply(worth, _MINUTES_PER_HOUR)
            by_rules = _EXACT.add(by_rules, sixtieths)
        exact = _ROUNDING.divide(by_rules, _MINUTES_PER_HOUR)
        return _EXACT.subtract(exact.quantize(_CENT, context=_ROUNDING), self.total)


@frozen(kw_only=True)
class VatTotal:
    """The VAT at one rate.

    Attributes:
        rate: The rate in percent.
        base: The sum of the lines at that rate, without VAT.
        amount: The VAT on it, to 2 decimals, half away from zero.
    """

    rate: Decimal
    base: Decimal
    amount: Decimal


def _each_entry_once(owner: object, attribute: Attribute[Any], value: tuple[OrderLine, ...]) -> None:
    if not value:
        raise ValueError(f"{check.label(owner, attribute)} must bill something")
    parts = list(chain.from_iterable(line.parts for line in value))
    # Only where ids occur twice it is asked whether one is of hours and the other of a cost.
    if len(set(map(attrgetter("id"), parts))) == len(parts):
        return
    if len(set(map(attrgetter("kind", "id"), parts))) != len(parts):
        raise ValueError(f"{check.label(owner, attribute)} must not bill the same entry twice")


@frozen(kw_only=True)
class Order:
    """An order, frozen when it was finalised: pushing it never prices again.

    Attributes:
        id: The order's id, from the host or made for it.
        revision: From 1; one more each time that the order is made anew after a refusal or withdrawal.
        company_id: The eAccounting company that it was built for; no other one may get it.
        project: Busy's id of the project.
        customer: Busy's id of the customer.
        eaccounting_project: eAccounting's id of the project; None where the project is not linked.
        eaccounting_customer: eAccounting's id of the customer.
        currency: The currency of every price.
        order_date: The date of the order.
        period: The days whose work is on it.
        lines: Its lines, in order.
        invoice_text: A text row before the lines; None for none.
        our_reference: Who at the seller answers; at most 100 characters.
        your_reference: The customer's contact; at most 100 characters.
        buyers_order_reference: The buyer's own order number; at most 35 characters.
        left_out: What stayed out and why. Not part of the content.
        rounding_rules: The version of the rounding rules that the amounts follow.
        finalised_at: When it was finalised in Busy, an aware datetime; None if the host does not tell. Not
            part of the content.
    """

    id: str = field(validator=check.key)
    revision: int = field(validator=check.whole(1))
    company_id: str = field(validator=check.key)
    project: str = field(validator=check.key)
    customer: str = field(validator=check.key)
    eaccounting_project: str | None = field(default=None, validator=check.optional_key)
    eaccounting_customer: str = field(validator=check.key)
    currency: str = field(validator=check.currency)
    order_date: date = field(validator=check.day)
    period: Period = field(validator=check.one_of(Period))
    lines: tuple[OrderLine, ...] = field(
        repr=check.counted, validator=[check.all_of(OrderLine), _each_entry_once]
    )
    invoice_text: str | None = field(default=None, repr=False, validator=check.optional_key)
    our_reference: str | None = field(default=None, repr=False, validator=check.optional_key)
    your_reference: str | None = field(default=None, repr=False, validator=check.optional_key)
    buyers_order_reference: str | None = field(default=None, repr=False, validator=check.optional_key)
    left_out: tuple[LeftOut, ...] = field(default=(), repr=check.counted, validator=check.all_of(LeftOut))
    rounding_rules: int = field(validator=check.whole(1))
    finalised_at: datetime | None = field(default=None, validator=check.optional_moment)

    @property
    def claims(self) -> tuple[str, ...]:
        """The keys `entry:<id>` and `expense:<id>` of everything that is billed, in the lines' order."""
        return tuple(part.claim for line in self.lines for part in line.parts)

    @property
    def total(self) -> Decimal:
        """The sum of the lines' totals, without VAT."""
        return exact_sum([line.total for line in self.lines])

    @property
    def rounding_difference(self) -> Decimal:
        """The sum of the lines' rounding differences."""
        return exact_sum([line.rounding_difference for line in self.lines])

    @property
    def vat(self) -> tuple[VatTotal, ...] | None:
        """The VAT by rate, the highest first, as the articles' codings have it; None if one is not known.

        eAccounting decides by customer and country as well, and computes its own.
        """
        bases: dict[Decimal, list[Decimal]] = {}
        for line in self.lines:
            if line.vat_rate is None:
                return None
            bases.setdefault(line.vat_rate, []).append(line.total)
        sums = {rate: exact_sum(totals) for rate, totals in sorted(bases.items(), reverse=True)}
        return tuple(
            VatTotal(rate=rate, base=base, amount=percent_of(base, rate)) for rate, base in sums.items()
        )

    @property
    def total_vat(self) -> Decimal | None:
        """The VAT of all rates; None if that of a line is not known."""
        vat = self.vat
        return None if vat is None else exact_sum([one.amount for one in vat])

    @property
    def total_with_vat(self) -> Decimal | None:
        """The total with VAT; None if the VAT of a line is not known."""
        vat = self.total_vat
        return None if vat is None else exact_sum([self.total, vat])

    @functools.cached_property
    def content_hash(self) -> str:
        """The SHA-256 of what is billed and sent.

        That is all but id, revision, what was left out, what was billed elsewhere, and when it was finalised.

        Equal contents have equal hashes on every machine, whatever the order of hours that was given and
        however a number was written.
        """
        content = _without(members(self), _NOT_CONTENT)
        lines = cast("list[dict[str, Plain]]", content["lines"])
        content["lines"] = [_without(line, _NOT_CONTENT_OF_A_LINE) for line in lines]
        return checksum(content)


def _without(known: Mapping[str, Plain], names: frozenset[str]) -> dict[str, Plain]:
    return {name: value for name, value in known.items() if name not in names}


def percent_of(base: Decimal, rate: Decimal) -> Decimal:
    """Return `rate` percent of an amount, to 2 decimals, half away from zero."""
    return _EXACT.multiply(base, rate).scaleb(-2, _EXACT).quantize(_CENT, context=_ROUNDING)


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum of amounts, whatever the caller's decimal context."""
    total = Decimal(0)
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total
