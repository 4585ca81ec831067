"""What of the project's fixed prices an order bills: what is still open, or the amount given (D21)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from attrs import frozen

from visma_busy_sync.busy import FixedPrice, GivenLine, Prices, WorkType
from visma_busy_sync.busy._canonical import decimal_text
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._problems import ProblemCode, Problems

_NONE = Decimal(0)
_NO_FAULTS: Final[Mapping[str, tuple[ProblemCode, ...]]] = MappingProxyType({})


@frozen
class FixedBill:
    """A fixed price, or a part of it, that is billed now.

    Attributes:
        work_type: The work type whose hours it consumes.
        amount: How much of it.
        before: What orders of this library billed of it before.
        elsewhere: What the host says was billed of it by others.
        line: The line as a person gave it, or one that asks for nothing but the rules.
    """

    work_type: WorkType
    amount: Decimal
    before: Decimal
    elsewhere: Decimal
    line: GivenLine


@frozen
class FixedBills:
    """What the fixed prices of a project mean for an order.

    Attributes:
        bills: What is billed now.
        work_types: Busy's ids of all work types with a fixed price: their hours have no price.
        faulty: By Busy's id of a work type, why its fixed price cannot be billed: a problem as soon as
            hours need it, for one that nobody needs blocks nothing (D19).
    """

    bills: tuple[FixedBill, ...]
    work_types: frozenset[str]
    faulty: Mapping[str, tuple[ProblemCode, ...]] = _NO_FAULTS

    @property
    def consuming(self) -> frozenset[str]:
        """Busy's ids of the work types whose hours go to their fixed price."""
        return frozenset(self.faulty.keys() | {bill.work_type.id for bill in self.bills})

    @property
    def idle(self) -> frozenset[str]:
        """Busy's ids of the work types whose fixed price is not billed now: their hours stay out."""
        return self.work_types - self.consuming


def fixed_bills(
    prices: Prices,
    work_types: Mapping[str, WorkType],
    lines: Iterable[GivenLine],
    billed: Mapping[str, Decimal],
    *,
    only_given: bool,
    free: bool,
    problems: Problems,
) -> FixedBills:
    """Decide what of each fixed price is billed.

    Args:
        prices: The project's prices.
        work_types: The work types by Busy's ids.
        lines: The given lines; those of fixed prices say how they are billed this time.
        billed: By Busy's id of a work type, what other orders of this library bill of its fixed price.
        only_given: Whether no fixed price comes along unasked.
        free: Whether a fixed price of 0 is meant.
        problems: Takes the problems.
    """
    fixed = {one.work_type: one for one in prices.fixed_prices}
    given = _by_work_type(lines, fixed, problems)
    found: list[FixedBill] = []
    faulty: dict[str, tuple[ProblemCode, ...]] = {}
    for id, price in fixed.items():
        work_type, line, before = work_types.get(id), given.get(id), billed.get(id, _NONE)
        amount = _amount(price, line, before, only_given=only_given, problems=problems)
        faults = () if _is_not_now(line) else _faults(price, work_type, free=free)
        if faults:
            faulty[id] = faults
            if line is not None:
                add_faults(id, faults, problems)
        elif amount and work_type is not None:
            asked = line or GivenLine(fixed_price=id)
            found.append(FixedBill(work_type, amount, before, price.billed_elsewhere, asked))
    return FixedBills(tuple(found), frozenset(fixed), faulty)


def add_faults(work_type: str, faults: Iterable[ProblemCode], problems: Problems) -> None:
    """Take note of why the fixed price of a work type cannot be billed, where it is needed."""
    for fault in faults:
        problems.add(fault, "work_type", work_type)


def _is_not_now(line: GivenLine | None) -> bool:
    """Tell whether a person wants nothing of a fixed price this time."""
    return line is not None and line.unit_price is not None and not line.unit_price


def _faults(price: FixedPrice, work_type: WorkType | None, *, free: bool) -> tuple[ProblemCode, ...]:
    """Return why a fixed price cannot be billed."""
    faults = {
        ProblemCode.WORK_TYPE_UNKNOWN: work_type is None,
        ProblemCode.PRICE_MISSING: not price.amount and not free,
    }
    return tuple(code for code, applies in faults.items() if applies)


def _by_work_type(
    lines: Iterable[GivenLine], fixed: Mapping[str, FixedPrice], problems: Problems
) -> dict[str, GivenLine]:
    given: dict[str, GivenLine] = {}
    for line in lines:
        if line.fixed_price is None:
            continue
        if line.fixed_price not in fixed:
            problems.add(ProblemCode.FIXED_PRICE_UNKNOWN, "work_type", line.fixed_price)
        elif line.fixed_price in given:
            problems.add(ProblemCode.LINES_OVERLAP, "work_type", line.fixed_price)
        else:
            given[line.fixed_price] = line
    return given


def open_amount(price: FixedPrice, before: Decimal) -> Decimal:
    """Return what of a fixed price is still to be billed; `before`: what orders of this library bill."""
    billed = _rounding.added(before, price.billed_elsewhere)
    return max(_rounding.subtracted(price.amount, billed), _NONE)


def _amount(
    price: FixedPrice, line: GivenLine | None, before: Decimal, *, only_given: bool, problems: Problems
) -> Decimal:
    """Return what is billed now, exactly; what rounds to nothing is nothing."""
    still_open = open_amount(price, before)
    if line is None:
        wanted = _NONE if only_given else still_open
    else:
        wanted = still_open if line.unit_price is None else line.unit_price
    if _rounding.cents(wanted) > _rounding.cents(still_open):
        problems.add(
            ProblemCode.FIXED_PRICE_EXCEEDED,
            "work_type",
            price.work_type,
            given=decimal_text(wanted),
            open=decimal_text(still_open),
        )
    return wanted if _rounding.cents(wanted) else _NONE
