"""One form for every value, so that equal values have equal texts: for documents and checksums."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from typing import Final, TypeAlias, cast

import attrs

Plain: TypeAlias = "str | int | bool | list[Plain] | dict[str, Plain] | None"
"""What a document is made of. Decimals are texts in it: a JSON number would come back as a float."""

_WIDE: Final = Context(prec=100)
"""More digits than any amount here has; the caller's context must not round a document."""


def decimal_text(value: Decimal) -> str:
    """Return the one text of a number: no exponent, no trailing zeros, no negative zero."""
    return format(value.normalize(_WIDE) if value else Decimal(0), "f")


def plain(value: object) -> Plain:
    """Return `value` (attrs values, sequences, mappings and scalars) as plain data with canonical scalars."""
    if isinstance(value, enum.StrEnum):
        return value.value
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [plain(member) for member in cast("Sequence[object]", value)]
    if isinstance(value, Mapping):
        return {key: plain(member) for key, member in cast("Mapping[str, object]", value).items()}
    return members(value)


def members(value: object) -> dict[str, Plain]:
    """Return the fields of an attrs value by name, as plain data."""
    fields = attrs.fields(cast("type[attrs.AttrsInstance]", type(value)))
    return {attribute.name: plain(getattr(value, attribute.name)) for attribute in fields}


def canonical_json(value: Plain) -> str:
    """Return the one JSON text of `value`: sorted names, no spaces, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def checksum(value: Plain) -> str:
    """Return the SHA-256 of the canonical JSON of `value`, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode("ascii")).hexdigest()
