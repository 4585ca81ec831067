"""An hours specification as columns of text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from visma_busy_sync.orders import HoursSpecification
from visma_busy_sync.orders._shown import NO_BREAK
from visma_busy_sync.orders._tables import aligned, display_width, rule, shortened, widths
from visma_busy_sync.specification._page import Row, Table, page_of

_WIDEST_TEXT: Final = 48
_INDENT: Final = "   "


def to_text(specification: HoursSpecification) -> str:
    """Return `specification` as tables for a terminal; texts of more than 48 cells are cut in them."""
    page = page_of(specification)
    widest = max(display_width(name) for name, _ in page.facts)
    lines = [page.title, "=" * display_width(page.title), ""]
    lines += [aligned((name, value), (widest, 0), right=()) for name, value in page.facts]
    for table in page.tables:
        lines += ["", *_table(table)]
    for remarks in (page.remarks, page.internal):
        if remarks:
            lines += ["", *remarks]
    return "\n".join(lines).replace(NO_BREAK, " ") + "\n"


def _table(table: Table) -> Iterator[str]:
    heads = tuple(column.head for column in table.columns)
    wide = widths([heads, *(_cells(row) for group in table.groups for row in group.rows)])
    right = [place for place, column in enumerate(table.columns) if column.is_number]
    yield table.caption.upper()
    yield aligned(heads, wide, right=right)
    yield rule(wide)
    for place, group in enumerate(table.groups):
        if group.head:
            yield from ("", group.head)[0 if place else 1 :]
        summing = False
        for row in group.rows:
            if row.is_sum and not summing:
                yield rule(wide)
            summing = row.is_sum
            yield aligned(_cells(row), wide, right=right)
            yield from (_INDENT + note for note in row.notes)


def _cells(row: Row) -> tuple[str, ...]:
    return tuple(shortened(cell, _WIDEST_TEXT) for cell in row.cells)
