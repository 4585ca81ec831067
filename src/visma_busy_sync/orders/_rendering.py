"""An order as a table that a person can read, in a terminal or a log of a preview."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from visma_busy_sync.busy import Order, OrderLine, PriceSource
from visma_busy_sync.busy._canonical import decimal_text

_HEADS: Final = ("Text", "Quantity", "Unit", "Unit price", "Total", "Price from")
_RIGHT: Final = frozenset({1, 3, 4})
"""Columns of numbers."""

_WIDEST_TEXT: Final = 60


def render(order: Order) -> str:
    """Return `order` as text: its lines with where each price came from, the total, what stayed out."""
    rows = [_HEADS, *(_cells(line) for line in order.lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    lines = [_row(row, widths) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    lines.append("")
    lines.append(f"Total {_money(order.total)} {order.currency} without VAT")
    if order.rounding_difference:
        lines.append(f"Rounding {decimal_text(order.rounding_difference)} {order.currency}")
    counts: dict[str, int] = {}
    for left_out in order.left_out:
        counts[left_out.reason.value] = counts.get(left_out.reason.value, 0) + 1
    lines += [f"Left out: {count} {reason.replace('_', ' ')}" for reason, count in sorted(counts.items())]
    return "\n".join(lines) + "\n"


def _cells(line: OrderLine) -> tuple[str, ...]:
    # Line ends and other control characters would break the table, or do worse to a terminal.
    printable = "".join(letter if letter.isprintable() else " " for letter in line.text)
    text = " ".join(printable.split())
    return (
        text if len(text) <= _WIDEST_TEXT else text[: _WIDEST_TEXT - 1] + "…",
        decimal_text(line.quantity),
        line.unit,
        _money(line.unit_price),
        _money(line.total),
        _source(line.price_source),
    )


def _source(source: PriceSource) -> str:
    return source.value.replace("_", " ")


def _money(amount: Decimal) -> str:
    """Return an amount with at least 2 decimals."""
    whole, _, decimals = decimal_text(amount).partition(".")
    return f"{whole}.{decimals:0<2}"


def _row(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = [
        cell.rjust(width) if column in _RIGHT else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()
