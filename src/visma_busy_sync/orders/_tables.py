"""Columns of text for a terminal, aligned by how wide it draws each character."""

from __future__ import annotations

import bisect
import itertools
import unicodedata
from collections.abc import Collection, Sequence
from typing import Final

_GAP: Final = "  "
_ELLIPSIS: Final = "…"
_DOUBLE: Final = frozenset({"W", "F"})
_NO_WIDTH: Final = frozenset({"Mn", "Me", "Cf"})
_JAMO: Final = range(0x1160, 0x1200)
"""Vowels and ends of Korean syllables, drawn into the cell of the consonant before them."""


def display_width(text: str) -> int:
    """Return how many cells of a terminal `text` takes: 2 for wide characters, 0 for combining ones."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(letter: str) -> int:
    if unicodedata.category(letter) in _NO_WIDTH or ord(letter) in _JAMO:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in _DOUBLE else 1


def shortened(text: str, widest: int) -> str:
    """Return `text`, or as much of its beginning as fits into `widest` cells, with a sign that it was cut."""
    if display_width(text) <= widest:
        return text
    ends = list(itertools.accumulate(map(_width, text)))
    # One cell is for the sign.
    return text[: bisect.bisect_left(ends, widest)].rstrip() + _ELLIPSIS


def widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return how wide each column of `rows` is."""
    return [max(map(display_width, column)) for column in zip(*rows, strict=True)]


def rule(widths: Sequence[int]) -> str:
    """Return the line below the heads of columns."""
    return _GAP.join("-" * width for width in widths)


def aligned(cells: Sequence[str], widths: Sequence[int], *, right: Collection[int]) -> str:
    """Return a row; the columns `right`, counted from 0, end where their column ends."""
    padded: list[str] = []
    for column, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        space = " " * (width - display_width(cell))
        padded.append(space + cell if column in right else cell + space)
    return _GAP.join(padded).rstrip()


def table(rows: Sequence[Sequence[str]], *, right: Collection[int]) -> list[str]:
    """Return rows as aligned lines, the first one as heads with a line below; `right` as for `aligned`."""
    wide = widths(rows)
    heads, *others = [aligned(row, wide, right=right) for row in rows]
    return [heads, rule(wide), *others]
