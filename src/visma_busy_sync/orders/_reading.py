"""Reading stored documents back into values: every fault is a `DocumentError`.

A document comes from the host's database, so nothing in it is trusted. The error names the place and does not
repeat the content.
"""

from __future__ import annotations

import json
from typing import NoReturn, TypeVar, cast

from visma_busy_sync.busy._canonical import Plain
from visma_busy_sync.busy._reading import value_of
from visma_busy_sync.orders._errors import DocumentError, DocumentTooNew

T = TypeVar("T")


def _no_number(_text: str) -> NoReturn:
    raise ValueError("numbers with a point are texts in a document")


def parse(text: str, *, document: str, schema: int) -> dict[str, Plain]:
    """Return the object that `text` holds, of the kind `document` and with the schema that is known.

    Raises:
        DocumentError: If it is no such document.
        DocumentTooNew: If a newer version of this package wrote it.
    """
    try:
        found = json.loads(text, parse_float=_no_number, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise DocumentError(document, "it is no JSON of a document") from error
    members = cast("dict[str, Plain]", found) if isinstance(found, dict) else {}
    if members.get("document") != document:
        raise DocumentError(document, f"it does not say that it is a document of the kind {document!r}")
    version = members.get("schema")
    if type(version) is not int or version < 1:
        raise DocumentError(document, "it has no schema version")
    if version > schema:
        raise DocumentTooNew(document, found=version, known=schema)
    return members


def structure(kind: type[T], data: Plain, *, document: str, older: bool = False, **given: object) -> T:
    """Return `data` as an attrs value of `kind`; fields in `given` are taken from there.

    Args:
        kind: The class of the value.
        data: Its members.
        document: What it is, for the error.
        older: Whether a member that is missing is the default of its field.
        given: Fields that are not among the members.

    Raises:
        DocumentError: If a member is missing, unknown, or no value of its field.
    """
    try:
        return value_of(kind, data, given=given, older=older)
    except (TypeError, ValueError, OverflowError) as error:
        raise DocumentError(document, f"{error}") from error
