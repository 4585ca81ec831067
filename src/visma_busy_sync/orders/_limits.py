"""How long texts may be on an order in eAccounting, and how their length is counted."""

from __future__ import annotations

import re
from typing import Final

REFERENCE_LENGTH: Final = 100
"""Longest our-reference and your-reference (`OrderApi`)."""
BUYERS_REFERENCE_LENGTH: Final = 35
"""Longest buyer's order reference (`OrderApi.BuyersOrderReference`)."""
TEXT_LENGTH: Final = 2000
"""Longest text of a row (`OrderRowApi.Text`)."""


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def length(text: str) -> int:
    """Return the length of `text` in UTF-16 units, as the vendor's platform counts: an emoji is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def cut(text: str, longest: int) -> str:
    """Return the beginning of `text` that has at most `longest` units, without half a character."""
    if length(text) <= longest:
        return text
    return text.encode("utf-16-le")[: 2 * longest].decode("utf-16-le", "ignore")


def tidy(text: str | None) -> str | None:
    """Return `text` without outer white space and with one kind of line ends; None if nothing is left.

    Other control characters are taken out: the XML of an e-invoice cannot hold them.
    """
    if text is None:
        return None
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip() or None
