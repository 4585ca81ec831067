"""Why Busy does not take a change of an import, in words for people.

In Norwegian: whoever imports is not known to a port, and most of Busy's users read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TAKEN: Final = "nummeret er i bruk"
UNKNOWN_CUSTOMER: Final = "kunden finnes ikke i Busy"
INCOMPLETE: Final = "en verdi mangler eller viser til noe som er borte"
UNSTORABLE: Final = "en tekst har et tegn som databasen ikke kan lagre"

_FIELDS: Mapping[str, str] = {
    "name": "navnet",
    "number": "nummeret",
    "organization_number": "organisasjonsnummeret",
}


def too_long(field: str, longest: int) -> str:
    """Return that a text has more characters than Busy holds."""
    return f"{_FIELDS.get(field, field)} har mer enn {longest} tegn"
