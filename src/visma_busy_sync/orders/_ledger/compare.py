"""What eAccounting answers about an order, against what was sent.

Compared are amounts without VAT, and the VAT where the articles' codings tell it. The description of the
API leaves open whether an order's `Amount` contains VAT, and when `IncludesVat` is true; so the order's head
agrees if `Amount`, or `Amount` less `VatAmount`, each with or without `RoundingsAmount`, is our total. A
row's `Amount` is compared with the line's total only where the prices do not include VAT. A difference is a
warning: the push is done.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from decimal import Context, Decimal
from typing import Final

from attrs import frozen

from visma_busy_sync.busy import Order
from visma_busy_sync.busy._orders import exact_sum, percent_of
from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting.models import UNSET, Unset

_WIDE: Final = Context(prec=100)
"""Rounds where digits are too many: eAccounting may answer any amount, and the push is done."""


class DifferenceCode(enum.StrEnum):
    """What differs."""

    AMOUNTS_ZERO = "amounts_zero"
    """The amount is 0, null or absent although it is not ours; the cure is the setting `send_amounts`."""
    TOTAL_DIFFERS = "total_differs"
    LINE_DIFFERS = "line_differs"
    ROWS_DIFFER = "rows_differ"
    """There are more or fewer rows than were sent; ours and theirs are numbers of rows."""
    VAT_DIFFERS = "vat_differs"
    """The VAT is not that of the articles' codings, rounded by rate or by row."""
    PRICES_INCLUDE_VAT = "prices_include_vat"
    """The prices were taken as including VAT (private customers); ours are without."""


@frozen
class Difference:
    """One difference.

    Attributes:
        code: What differs.
        line: The line of our order, from 0; None for the whole order.
        ours: Our amount (or number of rows).
        theirs: What eAccounting answers; None if it answers none.
    """

    code: DifferenceCode
    line: int | None
    ours: Decimal
    theirs: Decimal | None


def compare(order: Order, answer: models.Order) -> tuple[Difference, ...]:
    """Return every difference between our amounts and those of the answer; empty if they agree."""
    return (*_head(order, answer), *_rows(order, answer))


def _head(order: Order, answer: models.Order) -> Iterator[Difference]:
    ours, theirs = order.total, _known(answer.amount)
    if answer.includes_vat is True:
        yield Difference(DifferenceCode.PRICES_INCLUDE_VAT, None, ours, theirs)
    if not theirs:
        if ours:
            yield Difference(DifferenceCode.AMOUNTS_ZERO, None, ours, theirs)
    elif ours not in _without_vat(answer, theirs):
        yield Difference(DifferenceCode.TOTAL_DIFFERS, None, ours, theirs)
    vat, told = order.total_vat, _known(answer.vat_amount)
    if theirs and vat is not None and told not in {vat, _vat_by_row(order)}:
        yield Difference(DifferenceCode.VAT_DIFFERS, None, vat, told)


def _vat_by_row(order: Order) -> Decimal:
    return exact_sum(percent_of(line.total, line.vat_rate or Decimal(0)) for line in order.lines)


def _without_vat(answer: models.Order, amount: Decimal) -> set[Decimal]:
    vat = _known(answer.vat_amount) or Decimal(0)
    rounding = _known(answer.roundings_amount) or Decimal(0)
    nets = {amount, _WIDE.subtract(amount, vat)}
    return nets | {_WIDE.subtract(net, rounding) for net in nets}


def _rows(order: Order, answer: models.Order) -> Iterator[Difference]:
    rows = [row for row in answer.rows or () if row.is_text_row is not True]
    if len(rows) != len(order.lines):
        code = DifferenceCode.ROWS_DIFFER
        yield Difference(code, None, Decimal(len(order.lines)), Decimal(len(rows)))
        return
    rows.sort(key=lambda row: row.line_number or 0)
    for number, (line, row) in enumerate(zip(order.lines, rows, strict=True)):
        theirs = _known(row.amount)
        if not theirs:
            if line.total:
                yield Difference(DifferenceCode.AMOUNTS_ZERO, number, line.total, theirs)
        elif theirs != line.total and answer.includes_vat is not True:
            yield Difference(DifferenceCode.LINE_DIFFERS, number, line.total, theirs)


def _known(amount: Decimal | Unset | None) -> Decimal | None:
    return None if amount is UNSET else amount
