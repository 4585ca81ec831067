"""An order as a table that a person can read, in a terminal or a log of a preview."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, cast

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.texts import Language, Texts
from visma_busy_sync.busy import GivenField, LeftOut, LeftOutReason, Order, OrderLine, PriceSource
from visma_busy_sync.busy._orders import exact_sum
from visma_busy_sync.orders._problems import told_reason
from visma_busy_sync.orders._reports.words import GIVEN_FIELDS, PRICE_SOURCES
from visma_busy_sync.orders._shown import shown_money, shown_number, shown_text
from visma_busy_sync.orders._tables import shortened, table

_HEADS: Final = (
    Texts("Tekst", "Text"),
    Texts("Antall", "Quantity"),
    Texts("Enhet", "Unit"),
    Texts("Pris", "Unit price"),
    Texts("Sum", "Total"),
    Texts("Pris fra", "Price from"),
)
_RIGHT: Final = frozenset({1, 3, 4})
"""Columns of numbers."""

_WIDEST_TEXT: Final = 60

_TOTAL: Final = Texts("Sum {amount} {currency} uten mva.", "Total {amount} {currency} without VAT")
_ROUNDING: Final = Texts("Avrunding {amount} {currency}", "Rounding {amount} {currency}")
_BY_HAND: Final = Texts("{source}; for hånd: {names}", "{source}; by hand: {names}")
_WRITE_DOWN: Final = Texts("Nedskrevet {amount} {currency}", "Written down {amount} {currency}")
_LEFT_OUT: Final = Texts("Holdt utenfor: {count} {reason}", "Left out: {count} {reason}")


def render(order: Order, language: Language = "en") -> str:
    """Return `order` as text: its lines with where each price came from, the total, what stayed out.

    Raises:
        ConfigurationError: If it is no order, or the language is neither `nb` nor `en`.
    """
    if not isinstance(cast("object", order), Order):
        raise ConfigurationError(
            f"This is of type {type(order).__name__}, not an Order.",
            advice="Pass what build_order() returns. A plan is shown by visma_busy_sync.sync.render.",
        )
    rows = [tuple(head.of(language) for head in _HEADS), *(_cells(line, language) for line in order.lines)]
    lines = [*table(rows, right=_RIGHT), ""]
    total = shown_money(order.total, language)
    lines.append(_TOTAL.of(language).format(amount=total, currency=order.currency))
    if order.rounding_difference:
        rounding = shown_number(order.rounding_difference, language)
        lines.append(_ROUNDING.of(language).format(amount=rounding, currency=order.currency))
    write_down = exact_sum(line.write_down or Decimal(0) for line in order.lines)
    if write_down:
        amount = shown_number(write_down, language)
        lines.append(_WRITE_DOWN.of(language).format(amount=amount, currency=order.currency))
    lines += left_out_lines(order.left_out, language)
    return "\n".join(lines) + "\n"


def left_out_lines(left_out: Iterable[LeftOut], language: Language) -> list[str]:
    """Return how many hours and costs stayed out, a line for each reason."""
    counts = Counter(_reason(one.reason, language) for one in left_out)
    return [
        _LEFT_OUT.of(language).format(count=count, reason=reason) for reason, count in sorted(counts.items())
    ]


def _reason(reason: LeftOutReason, language: Language) -> str:
    told = told_reason(reason)
    return told.nb if language == "nb" else told.en


def _cells(line: OrderLine, language: Language) -> tuple[str, ...]:
    return (
        shortened(shown_text(line.text), _WIDEST_TEXT),
        shown_number(line.quantity, language),
        shown_text(line.unit),
        shown_money(line.unit_price, language),
        shown_money(line.total, language),
        _origin(line, language),
    )


def _origin(line: OrderLine, language: Language) -> str:
    """Return where the price came from, and what else of the line a person gave."""
    source = PRICE_SOURCES[line.price_source].of(language)
    told = GivenField.UNIT_PRICE if line.price_source is PriceSource.GIVEN else None
    names = [GIVEN_FIELDS[name].of(language) for name in line.given if name is not told]
    return _BY_HAND.of(language).format(source=source, names=", ".join(names)) if names else source
