"""When two numbers of projects, customers or products count as equal (D1)."""

from __future__ import annotations

import unicodedata


def number_key(value: object) -> str | None:
    """Return a number in its normal form: composed, outer white space cut, else exact.

    Leading zeros and case count: `007` is not `7`. None for what is no number: empty, or no text. It serves
    comparisons only; what is stored or sent is the number as it was given.
    """
    if not isinstance(value, str):
        return None
    composed = value if value.isascii() else unicodedata.normalize("NFC", value)
    return composed.strip() or None
