"""How numbers, days and tables of a report look to a person, in Norwegian and in English."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync._core.texts import Language, Texts
from visma_busy_sync.busy._canonical import decimal_text
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._problems import Entity

_KINDS: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "company": Texts("selskap", "company"),
        "customer": Texts("kunde", "customer"),
        "entry": Texts("timeføring", "time entry"),
        "expense": Texts("kostnad", "cost"),
        "line": Texts("linje", "line"),
        "member": Texts("medlem", "member"),
        "order": Texts("ordre", "order"),
        "product": Texts("produkt", "product"),
        "project": Texts("prosjekt", "project"),
        "work_type": Texts("arbeidstype", "work type"),
        "work_type_member": Texts("arbeidstype og medlem", "work type and member"),
    }
)
"""How kinds of things are called; others go by their own name."""

_NO_BREAK: Final = "\u00a0"
_THREE_DIGITS: Final = re.compile(r"(?<=\d)(?=(?:\d{3})+$)")


def number(value: Decimal | int, language: Language, *, decimals: int = 0) -> str:
    """Return a number with at least so many decimals: `1 234,50` in Norwegian, `1234.50` in English."""
    whole, _, fraction = decimal_text(Decimal(value)).partition(".")
    fraction = f"{fraction:0<{decimals}}"
    if language == "nb":
        whole = _THREE_DIGITS.sub(_NO_BREAK, whole)
    return whole + (("," if language == "nb" else ".") + fraction if fraction else "")


def money(amount: Decimal, language: Language) -> str:
    """Return an amount with at least 2 decimals."""
    return number(amount, language, decimals=2)


def hours(minutes: int, language: Language) -> str:
    """Return minutes as hours with 2 decimals."""
    return number(_rounding.worth_of_hours({Decimal(1): minutes}).rounded(2), language, decimals=2)


def day(day: date, language: Language) -> str:
    """Return a day: `30.11.2026` in Norwegian, `2026-11-30` in English."""
    return f"{day.day:02}.{day.month:02}.{day.year}" if language == "nb" else day.isoformat()


def called(entity: Entity, language: Language) -> str:
    """Return what something is called: its kind and Busy's id of it."""
    kind = _KINDS.get(entity.kind)
    return f"{kind.of(language) if kind is not None else entity.kind} {entity.id}"


def in_one_line(text: str) -> str:
    """Return a text without what would break a table, or do worse to a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def table(rows: Sequence[tuple[str, ...]], *, right: Collection[int]) -> list[str]:
    """Return rows as aligned lines, the first one as heads; columns of numbers stand to the right."""
    shown = [tuple(in_one_line(cell) for cell in row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in shown
    ]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def told_error(error: Exception) -> str:
    """Return what an error says; of a foreign one only its name, since its text may tell anything."""
    return error.message if isinstance(error, VismaBusySyncError) else type(error).__name__


def clock(minutes: int) -> str:
    """Return minutes as hours and minutes, which add up exactly: `12:05`."""
    return f"{minutes // 60}:{minutes % 60:02}"
