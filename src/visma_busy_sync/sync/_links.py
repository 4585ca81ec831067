"""The link document: what the engine notes beside each record of the host, by company.

A document is a JSON text with a schema version. A tenant that moves to another company keeps the notes
about the former one, so that going back finds them (D10). Only the current company's part is compared and
written; of the others it is only asked whether one of them had the record archived. Record and link are
written together by the host, so the two never contradict each other.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Final, cast, final

from attrs import field, frozen

from visma_busy_sync.sync._errors import LinkUnreadable
from visma_busy_sync.sync._records import FIELDS, Kind, Link, Record, Value

SCHEMA_VERSION: Final = 1

# Made once: `json.dumps` would make one for each link. Dates are all that JSON does not know.
_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=date.isoformat)


class ArchiveReason(enum.StrEnum):
    """Why the engine archived a record. Only what it archived itself is ever restored."""

    FINISHED = "finished"
    """Finished in eAccounting; for customers and products: no longer active there."""

    MISSING_AT_CONNECTION = "missing_at_connection"
    """Not in eAccounting when project sync was first switched on (R8)."""

    MISSING = "missing"
    """It was in eAccounting, and its id answers there now that it is gone (D8)."""


@final
@frozen
class Noted:
    """What is noted about one record for one company.

    Attributes:
        eaccounting_id: Whom the record is linked to; None for one that eAccounting does not have and
            that was archived for it.
        base: The values last seen in eAccounting, as they are there. A field that is not in it has never
            been compared.
        stored: The same fields as the host stored them; a project's `customer` by Busy's id.
        archive_reason: Why the engine archived the record; None if it did not, or if the record was seen
            active since.
        missing_since: The day on which eAccounting confirmed that it has the record no more; None if it is
            there, as far as is known.
        archived_elsewhere: Whether the record was archived because another company, to which the tenant
            was connected, does not have it (D10). It is read from the other companies' parts.
    """

    eaccounting_id: str | None
    base: Mapping[str, Value] = field(factory=dict[str, Value], repr=False)
    stored: Mapping[str, Value] = field(factory=dict[str, Value], repr=False)
    archive_reason: ArchiveReason | None = None
    missing_since: date | None = None
    archived_elsewhere: bool = field(default=False, eq=False)


_NOTHING: Final = Noted(None)


def noted_in(link: Link | None, company: str, *, kind: Kind, id: str) -> Noted | None:
    """Return what `link` notes for `company`; None if it notes nothing.

    Args:
        link: The link of the record.
        company: eAccounting's id of the company.
        kind: What the record is.
        id: Busy's id of the record, for the error.

    Raises:
        LinkUnreadable: If the document is damaged or was written by a newer version of this package.
    """
    if link is None:
        return None
    parts = _parts(link, kind, id)
    part = parts.get(company)
    if part is None:
        return None
    try:
        elsewhere = len(parts) > 1 and any(_is_archiving(p) for c, p in parts.items() if c != company)
        return _noted(kind, part, archived_elsewhere=elsewhere)
    except (AttributeError, KeyError, TypeError, ValueError):
        # Without the cause: its message would show a value of the record.
        raise _damaged(kind, id) from None


def nothing_noted(link: Link | None, *, kind: Kind, id: str) -> Noted:
    """Return the notes of a record of which `link` notes nothing for the company: it is not linked.

    What another company had archived is not taken for a person's doing.

    Raises:
        LinkUnreadable: If the document is damaged or was written by a newer version of this package.
    """
    if link is None:
        return _NOTHING
    parts = _parts(link, kind, id)
    return Noted(None, archived_elsewhere=any(map(_is_archiving, parts.values())))


def link_with(
    link: Link | None,
    company: str,
    noted: Noted,
    *,
    kind: Kind,
    id: str | None,
    active_again: bool = False,
) -> Link:
    """Return `link` with the part of `company` replaced; the parts of other companies stay as they are.

    Equal notes give equal texts, so that a host can compare links as texts. `active_again` forgets in all
    parts that another company's connection had the record archived: it is in use again.

    Raises:
        LinkUnreadable: If `link` is damaged or was written by a newer version of this package.
    """
    parts = {} if link is None else _parts(link, kind, id or "")
    if active_again:
        parts = {c: _without_reason(p) if _is_archiving(p) else p for c, p in parts.items()}
    part: dict[str, object] = {
        "id": noted.eaccounting_id,
        "base": dict(noted.base),
        "stored": dict(noted.stored),
        "archive_reason": noted.archive_reason,
        "missing_since": noted.missing_since,
    }
    document = {"version": SCHEMA_VERSION, "companies": {**parts, company: part}}
    return Link(_ENCODER.encode(document))


def linked_ids(company: str, records: Iterable[Record]) -> dict[str, str]:
    """Return Busy's id of each record that is linked, by its id in eAccounting.

    What cannot be told is left out: a record whose link is unreadable, and ids that two records claim.
    """
    found: dict[str, str] = {}
    twice: set[str] = set()
    for record in records:
        try:
            noted = noted_in(record.link, company, kind=record.kind, id=record.id)
        except LinkUnreadable:
            continue
        if noted is None or noted.eaccounting_id is None:
            continue
        if noted.eaccounting_id in found:
            twice.add(noted.eaccounting_id)
        found[noted.eaccounting_id] = record.id
    for id in twice:
        del found[id]
    return found


def _parts(link: Link, kind: Kind, id: str) -> dict[str, object]:
    try:
        document: object = json.loads(link.document)
    except (ValueError, RecursionError):
        raise _damaged(kind, id) from None
    if not isinstance(document, dict):
        raise _damaged(kind, id)
    members = cast("dict[str, object]", document)
    version, companies = members.get("version"), members.get("companies")
    if type(version) is not int or not isinstance(companies, dict):
        raise _damaged(kind, id)
    if version > SCHEMA_VERSION:
        raise LinkUnreadable(
            kind,
            id,
            f"it has schema version {version}, this package knows {SCHEMA_VERSION}",
            advice="Use the version of visma-busy-sync that wrote it, or a newer one.",
        )
    if version < SCHEMA_VERSION:
        raise _damaged(kind, id)
    return cast("dict[str, object]", companies)


def _is_archiving(part: object) -> bool:
    # Another company's part is not ours to judge: one that is damaged says nothing.
    if not isinstance(part, dict):
        return False
    members = cast("dict[str, object]", part)
    return members.get("archive_reason") in {ArchiveReason.MISSING_AT_CONNECTION, ArchiveReason.MISSING}


def _without_reason(part: object) -> dict[str, object]:
    return {**cast("dict[str, object]", part), "archive_reason": None}


def _damaged(kind: Kind, id: str) -> LinkUnreadable:
    return LinkUnreadable(
        kind,
        id,
        "the document is damaged",
        advice="Restore it as it was stored, or remove it, so that the record is matched anew.",
    )


def _noted(kind: Kind, part: object, *, archived_elsewhere: bool) -> Noted:
    members = cast("dict[str, object]", part)
    reason = members["archive_reason"]
    return Noted(
        eaccounting_id=_text(members["id"]),
        base=_values(kind, members["base"]),
        stored=_values(kind, members["stored"]),
        archive_reason=None if reason is None else ArchiveReason(cast("str", reason)),
        missing_since=_day(members["missing_since"]),
        archived_elsewhere=archived_elsewhere,
    )


def _values(kind: Kind, members: object) -> dict[str, Value]:
    readers = _READERS[kind]
    return {name: readers[name](value) for name, value in cast("dict[str, object]", members).items()}


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _day(value: object) -> date | None:
    return None if value is None else date.fromisoformat(cast("str", value))


_SPECIAL: Final[Mapping[str, Callable[[object], Value]]] = {
    "archived": _flag,
    "start_date": _day,
    "end_date": _day,
}
_READERS: Final = {
    kind: {name: _SPECIAL.get(name, _text) for name in names} for kind, names in FIELDS.items()
}
