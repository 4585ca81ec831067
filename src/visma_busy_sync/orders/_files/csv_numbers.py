"""Numbers as people and spreadsheets write them into a file (D30)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from visma_busy_sync.busy._checks import check_decimal

_SPACES: Final = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
_MINUS: Final = "-\N{MINUS SIGN}"

_NUMBER: Final = re.compile(
    rf"(?P<minus>[{_MINUS}])?"
    rf"(?P<whole>[0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}})+|[0-9]+)?"
    r"(?:[.,](?P<part>[0-9]+))?"
)
_SPACE: Final = re.compile(rf"[{_SPACES}]")


def read_number(text: str) -> Decimal | None:
    """Return the exact number that `text` means; None if it means none, or is too long for an amount.

    One comma or point parts the decimals, whichever; only spaces stand between thousands. So `1.234` is a bit
    more than one, and `1.234,50` is refused, as are exponents, currencies, per cent and a plus.
    """
    found = _NUMBER.fullmatch(text)
    if found is None or not (found["whole"] or found["part"]):
        return None
    digits = f"{_SPACE.sub('', found['whole'] or '0')}.{found['part'] or '0'}"
    number = Decimal(f"-{digits}" if found["minus"] else digits)
    try:
        check_decimal("the number", number)
    except ValueError:
        return None
    return number
