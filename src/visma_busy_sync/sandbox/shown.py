"""How a stored record looks to the API's clients: its stamps, as the profile has them.

What is stored stays as it is, and so do the answers of the control endpoints. ``$filter`` and ``$orderby``
compare what is shown here.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

from visma_busy_sync.sandbox import dates
from visma_busy_sync.sandbox.company import Record
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.profile import Profile

# Of the stamps that an import reads, the API description calls only this one nullable.
NULLABLE_STAMP: Final = {"customers": "ChangedUtc"}

_DECIMALS: Final[Mapping[str, int]] = {"milliseconds": 3, "seconds": 0}


def drawn(text: str) -> bytes:
    """Return bytes that look like chance, but are always the same for a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def shown(path: str, record: Record, profile: Profile) -> Record:
    """Return a record of a resource as its answers have it."""
    changes: dict[str, Json] = {}
    decimals = _DECIMALS.get(profile.stamp_precision)
    if decimals is not None:
        for name, value in record.items():
            if name.endswith("Utc") and isinstance(value, str):
                changes[name] = dates.cut(value, decimals)
    stamp = NULLABLE_STAMP.get(path)
    if stamp is not None and _is_null(record, profile):
        changes[stamp] = None
    return {**record, **changes} if changes else record


def _is_null(record: Record, profile: Profile) -> bool:
    if profile.stamps == "some_null":
        return drawn(str(record["Id"]).lower())[0] % 2 == 0
    return profile.stamps == "null"
