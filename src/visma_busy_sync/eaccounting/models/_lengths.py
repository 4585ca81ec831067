"""How long texts may be on an order, and how their length is counted."""

from __future__ import annotations

from typing import Final

REFERENCE_LENGTH: Final = 100
"""Longest our-reference and your-reference (`OrderApi`)."""
BUYERS_REFERENCE_LENGTH: Final = 35
"""Longest buyer's order reference (`OrderApi.BuyersOrderReference`)."""
TEXT_LENGTH: Final = 2000
"""Longest text of a row (`OrderRowApi.Text`)."""


def length(text: str) -> int:
    """Return the length of `text` in UTF-16 units, as the vendor's platform counts: an emoji is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
