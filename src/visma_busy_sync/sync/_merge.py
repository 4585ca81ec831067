"""The three-way comparison of one record: what eAccounting changed since the base comes through.

For each field there are the base (eAccounting's value last seen), eAccounting's value now, what the host
stored then, and what Busy has now. While eAccounting's value equals the base, Busy's is not even looked
at, so what was changed in Busy survives (R22). Once it differs, Busy counts as unchanged if it has what was
stored, or what eAccounting had before: a person may have entered that to settle a divergence. A field
without a base is compared for the first time, at adoption for instance: then both sides count as changed.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final, final

from attrs import define, field, frozen

from visma_busy_sync.sync._archiving import next_state
from visma_busy_sync.sync._changes import FieldChange, Pending, Shown
from visma_busy_sync.sync._links import ArchiveReason, Noted
from visma_busy_sync.sync._mapping import Upstream
from visma_busy_sync.sync._records import FIELDS, Record, Value
from visma_busy_sync.sync._references import UNKNOWN, References
from visma_busy_sync.sync._settings import Owner, SyncSettings


@final
@frozen
class Merged:
    """What becomes of one record.

    Attributes:
        values: The fields to set, without a customer that is `Pending`.
        noted: What to note.
        fields: All fields to set, for a person.
        kept: The fields that differ and in which Busy's value stands.
        diverged: The fields that both sides changed.
        customer_unknown: Whether eAccounting's customer could not be told.
    """

    values: Mapping[str, Value]
    noted: Noted
    fields: tuple[FieldChange, ...]
    kept: tuple[FieldChange, ...]
    diverged: tuple[str, ...]
    customer_unknown: bool


class _Verdict(enum.Enum):
    TAKE = enum.auto()
    TAKE_DIVERGED = enum.auto()
    KEEP = enum.auto()
    KEEP_DIVERGED = enum.auto()


_BOTH_CHANGED: Final = {
    Owner.EACCOUNTING: _Verdict.TAKE_DIVERGED,
    Owner.KEEP_BUSY: _Verdict.KEEP_DIVERGED,
}
_FIRST_SIGHT: Final = {Owner.EACCOUNTING: _Verdict.TAKE, Owner.KEEP_BUSY: _Verdict.KEEP}


@define
class _Draft:
    """The parts of a `Merged` while its fields are gone through."""

    base: dict[str, Value]
    stored: dict[str, Value]
    values: dict[str, Value] = field(factory=dict[str, Value])
    fields: list[FieldChange] = field(factory=list[FieldChange])
    kept: list[FieldChange] = field(factory=list[FieldChange])
    diverged: list[str] = field(factory=list[str])
    customer_unknown: bool = False


def merge(
    row: Upstream,
    record: Record,
    noted: Noted,
    references: References,
    *,
    settings: SyncSettings,
    may_archive: bool,
) -> Merged:
    """Compare eAccounting's record with Busy's and with what was noted.

    Args:
        row: The record in eAccounting.
        record: The record in Busy. Fields that it lacks are not compared.
        noted: What the link says; without base and stored values at adoption.
        references: What is known of customers.
        settings: The tenant's choices; they say who owns which field.
        may_archive: Whether the reading is sure enough to archive. If not, the transition stays open and
            is made by a later run.
    """
    draft = _Draft(dict(noted.base), dict(noted.stored))
    for name in FIELDS[row.kind]:
        if name == "archived" or name not in record.values:
            continue
        changed = name not in draft.base or draft.base[name] != row.values[name]
        if changed or (name == "customer" and customer_moved(row, record, noted, references, settings)):
            _merge_field(draft, row, name, record.values[name], references, settings)
    reason = noted.archive_reason
    if "archived" in record.values:
        reason = _merge_archived(draft, row, record, noted, may_archive=may_archive)
    return Merged(
        values=draft.values,
        noted=Noted(row.id, draft.base, draft.stored, reason),
        fields=tuple(draft.fields),
        kept=tuple(draft.kept),
        diverged=tuple(draft.diverged),
        customer_unknown=draft.customer_unknown,
    )


def customer_moved(
    row: Upstream, record: Record, noted: Noted, references: References, settings: SyncSettings
) -> bool:
    """Whether a project's customer, the same one in eAccounting, is linked to another one in Busy by now.

    Only a customer that eAccounting gave follows: not one that a person chose in Busy, nor where customers
    are Busy's by setting.
    """
    mine = record.values.get("customer")
    if mine is None or mine != noted.stored.get("customer"):
        return False
    if settings.owner_of(row.kind, "customer") is not Owner.EACCOUNTING:
        return False
    return references.leads_elsewhere(row.values["customer"], mine)


def _merge_field(
    draft: _Draft, row: Upstream, name: str, mine: Value, references: References, settings: SyncSettings
) -> None:
    theirs = row.values[name]
    new: Shown = theirs
    if name == "customer":
        resolved = references.resolve(theirs)
        if resolved is UNKNOWN:
            # The base stays as it is, so that the field is compared again in the next run.
            draft.customer_unknown = True
            return
        new = resolved
    if mine == new or _blank(mine) == _blank(new):
        draft.stored[name] = mine
        draft.base[name] = theirs
        return
    old_label, new_label = (
        (references.label(mine), references.label(new)) if name == "customer" else (None, None)
    )
    first = name not in draft.base
    base = draft.base.get(name)
    # What Busy had is what was stored; or what eAccounting had, where a person entered that by hand since.
    had = (draft.stored.get(name), references.resolve(base) if name == "customer" else base)
    verdict = _judge(settings.owner_of(row.kind, name), new, mine, had, first=first)
    change = FieldChange(name, mine, new, base, old_label, new_label)
    if verdict in {_Verdict.TAKE_DIVERGED, _Verdict.KEEP_DIVERGED}:
        draft.diverged.append(name)
    if verdict in {_Verdict.TAKE, _Verdict.TAKE_DIVERGED}:
        draft.fields.append(change)
        if isinstance(new, Pending):
            return
        draft.values[name] = draft.stored[name] = new
    else:
        draft.kept.append(change)
        if verdict is _Verdict.KEEP:
            # Kept at first sight only: what eAccounting changes from now on comes through (D4).
            draft.stored[name] = mine
    draft.base[name] = theirs


def _judge(owner: Owner, theirs: Shown, mine: Value, had: tuple[object, ...], *, first: bool) -> _Verdict:
    if first:
        if _blank(mine) is None:
            return _Verdict.TAKE
        # What eAccounting never had is no value to take: it would only empty Busy's field.
        return _FIRST_SIGHT[owner] if theirs is not None else _Verdict.KEEP
    if any(_blank(mine) == _blank(each) for each in had):
        return _Verdict.TAKE
    return _BOTH_CHANGED[owner]


def _blank(value: object) -> object:
    """An empty text and no value are one thing: hosts store the one for the other."""
    return None if value == "" else value


def _merge_archived(
    draft: _Draft, row: Upstream, record: Record, noted: Noted, *, may_archive: bool
) -> ArchiveReason | None:
    finished = row.values["archived"] is True
    archived = record.values["archived"] is True
    moved = "archived" not in draft.base or draft.base["archived"] != finished
    if finished and moved and not archived and not may_archive:
        return noted.archive_reason
    before = noted.archive_reason
    if archived and before is None and noted.archived_elsewhere:
        before = ArchiveReason.MISSING_AT_CONNECTION
    now, reason = next_state(finished=finished, moved=moved, archived=archived, reason=before)
    if now != archived:
        draft.fields.append(FieldChange("archived", archived, now, draft.base.get("archived")))
        draft.values["archived"] = now
    if moved:
        draft.base["archived"] = finished
        draft.stored["archived"] = now
    return reason
