"""How numbers, days and texts of an order look to a person, in Norwegian and in English."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final

from visma_busy_sync._core.texts import Language
from visma_busy_sync.busy._canonical import decimal_text

NO_BREAK: Final = "\u00a0"
"""Stands between groups of three digits, so that a number is not broken over two lines."""

_THREE_DIGITS: Final = re.compile(r"(?<=\d)(?=(?:\d{3})+$)")
_JOINERS: Final = "\u200c\u200d"
"""Not printable by themselves, but part of how words and emoji are written."""


def shown_number(value: Decimal, language: Language, *, decimals: int = 0) -> str:
    """Return a number with at least so many decimals: `1 234,50` in Norwegian, `1234.50` in English.

    The English one has no groups: half of its readers in Norway would take a comma for the decimal sign.
    """
    whole, _, fraction = decimal_text(value).partition(".")
    fraction = f"{fraction:0<{decimals}}"
    if language == "nb":
        whole = _THREE_DIGITS.sub(NO_BREAK, whole)
    return whole + (("," if language == "nb" else ".") + fraction if fraction else "")


def shown_money(amount: Decimal, language: Language) -> str:
    """Return an amount with at least 2 decimals."""
    return shown_number(amount, language, decimals=2)


def shown_text(text: str) -> str:
    """Return `text` in one line, with a space for every character that cannot be seen.

    Line ends would break a table; control characters may do worse to a terminal, and the marks that turn
    the direction of writing show what is not there.
    """
    seen = "".join(letter if letter.isprintable() or letter in _JOINERS else " " for letter in text)
    return " ".join(seen.split())


def shown_day(day: date, language: Language) -> str:
    """Return a day: `30.11.2026` in Norwegian, `2026-11-30` in English."""
    return f"{day.day:02}.{day.month:02}.{day.year}" if language == "nb" else day.isoformat()


def clock(minutes: int) -> str:
    """Return minutes as hours and minutes, which add up exactly, such as `7:30`."""
    return f"{minutes // 60}:{minutes % 60:02}"
