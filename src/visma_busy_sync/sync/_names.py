"""Normal forms: when two names or organisation numbers count as equal (D1, D2).

They serve adoption only. What is written to Busy is always the value as eAccounting has it.
"""

from __future__ import annotations

import re
import unicodedata

from visma_busy_sync.sync._records import Value

_NOT_A_DIGIT = re.compile(r"[^0-9]+")


def name_key(value: Value) -> str | None:
    """Return a name in its normal form: composed, case-folded, runs of white space one space, outer cut.

    None for what is no name: empty, or no text.
    """
    if not isinstance(value, str):
        return None
    # Folding may leave marks in another order, so it is done on the decomposed form (Unicode, D145).
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", value).casefold())
    return " ".join(folded.split()) or None


def organization_key(value: Value) -> str | None:
    """Return an organisation number as its digits, so that `NO 999 888 777 MVA` is `999888777`.

    None if it has no digit but zeros: those fill a field that must not be empty, and name nobody.
    """
    if not isinstance(value, str):
        return None
    digits = _NOT_A_DIGIT.sub("", value)
    return digits if digits.strip("0") else None
