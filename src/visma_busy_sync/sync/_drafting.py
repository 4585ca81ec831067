"""From what becomes of a record to the planned change that does it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from attrs import evolve

from visma_busy_sync.sync._changes import (
    NOTHING,
    Action,
    FieldChange,
    Pending,
    PlannedChange,
    Reason,
    Shown,
    label_of,
)
from visma_busy_sync.sync._links import ArchiveReason, Noted
from visma_busy_sync.sync._mapping import Upstream
from visma_busy_sync.sync._merge import Merged
from visma_busy_sync.sync._records import FIELDS, Kind, Record, Value, is_active
from visma_busy_sync.sync._references import UNKNOWN, References


def creation(company: str, row: Upstream, references: References) -> tuple[PlannedChange, bool]:
    """Plan a record that Busy does not have, archived if eAccounting's is (R20).

    Returns:
        The change, and whether the customer is unknown and so left out.
    """
    values: dict[str, Value] = {}
    fields: list[FieldChange] = []
    unknown = False
    for name in FIELDS[row.kind]:
        new: Shown = row.values[name]
        label = None
        if name == "customer":
            resolved = references.resolve(row.values[name])
            unknown = resolved is UNKNOWN
            new = None if resolved is UNKNOWN else resolved
            label = references.label(new)
        if new:
            fields.append(FieldChange(name, None, new, None, None, label))
        values[name] = None if isinstance(new, Pending) else new
    base, stored = row.values, values
    if values.get("customer") is None and base.get("customer") is not None:
        # Not yet in Busy: without a base the field is compared anew in the next run.
        base, stored = ({n: v for n, v in each.items() if n != "customer"} for each in (base, stored))
    reason = ArchiveReason.FINISHED if row.values["archived"] else None
    planned = PlannedChange(
        action=Action.CREATE,
        kind=row.kind,
        busy_id=None,
        eaccounting_id=row.id,
        label=label_of(row.values),
        fields=tuple(fields),
        reason=Reason.NEW,
        company=company,
        values=values,
        noted=Noted(row.id, base, stored, reason),
    )
    return planned, unknown


def adoption(company: str, row: Upstream, record: Record, references: References) -> PlannedChange | None:
    """Plan to link two records that agree in everything; None for two that need a closer look.

    This is the fast way, which most adoptions go. It brings what `merge` and `alteration` would bring.
    """
    if record.link is not None:
        return None
    expected: Mapping[str, object] = row.values
    if row.kind is Kind.PROJECT:
        expected = {**expected, "customer": references.resolve(row.values["customer"])}
    if record.values != expected:
        return None
    return PlannedChange(
        action=Action.ADOPT,
        kind=row.kind,
        busy_id=record.id,
        eaccounting_id=row.id,
        label=label_of(row.values),
        reason=Reason.ADOPTED,
        adopted=True,
        company=company,
        noted=Noted(row.id, row.values, record.values),
    )


def alteration(
    company: str, row: Upstream, record: Record, noted: Noted, merged: Merged
) -> PlannedChange | None:
    """Plan what `merged` says about a record that Busy has; None if that is nothing.

    Args:
        company: eAccounting's id of the company.
        row: The record in eAccounting.
        record: The record in Busy.
        noted: What its link says now; without an id, if this change adopts it.
        merged: What becomes of it.
    """
    archived = merged.values.get("archived", record.values.get("archived"))
    active_again = noted.archived_elsewhere and archived is False
    adopted = noted.eaccounting_id is None
    if not adopted and noted == merged.noted and not merged.fields and not active_again:
        return None
    action, reason = _action(merged, adopted=adopted)
    if not adopted and noted.eaccounting_id != row.id and action is not Action.ARCHIVE:
        reason = Reason.RECREATED
    return PlannedChange(
        action=action,
        kind=record.kind,
        busy_id=record.id,
        eaccounting_id=row.id,
        label=label_of(row.values),
        fields=merged.fields,
        kept=merged.kept,
        reason=reason,
        adopted=adopted,
        company=company,
        values=merged.values,
        expected={name: record.values[name] for name in merged.values},
        expected_link=record.link,
        noted=merged.noted,
        active_again=active_again,
    )


def _action(merged: Merged, *, adopted: bool) -> tuple[Action, Reason]:
    archived = merged.values.get("archived")
    if archived is True:
        return Action.ARCHIVE, Reason.FINISHED
    if archived is False:
        return Action.RESTORE, Reason.ADOPTED if adopted else Reason.ONGOING_AGAIN
    if merged.fields:
        return Action.UPDATE, Reason.ADOPTED if adopted else Reason.CHANGED
    return (Action.ADOPT, Reason.ADOPTED) if adopted else (Action.NOTE, Reason.NOTED)


def archiving_as_missing(
    company: str, record: Record, reason: Reason = Reason.MISSING_AT_CONNECTION
) -> PlannedChange:
    """Plan to archive a record that eAccounting does not have (R8). Its link gets no eAccounting id."""
    noted = Noted(None, archive_reason=ArchiveReason.MISSING_AT_CONNECTION)
    return _noting(company, record, noted, reason, archives=is_active(record))


def departure(company: str, record: Record, noted: Noted, *, on: date, archive: bool) -> PlannedChange:
    """Plan to note that eAccounting has a linked record no more, and to archive it where that is wanted.

    A record that is archived already keeps its reason: what a person archived stays so when it comes back.

    Args:
        company: eAccounting's id of the company.
        record: The record in Busy.
        noted: What its link says now.
        on: The day to note.
        archive: Whether to archive it, if it is not archived yet.
    """
    active = is_active(record)
    archives = archive and active
    if active:
        noted = evolve(noted, archive_reason=ArchiveReason.MISSING if archives else None)
    noted = evolve(noted, missing_since=on)
    return _noting(company, record, noted, Reason.MISSING, archives=archives)


def parting(company: str, record: Record) -> PlannedChange:
    """Plan to cut the link of a record, because a person decided it; the record itself stays as it is."""
    return _noting(company, record, Noted(None), Reason.DECIDED)


def forgetting(company: str, record: Record, noted: Noted) -> PlannedChange:
    """Plan to forget why a record was archived, because a person brought it back since."""
    return _noting(company, record, evolve(noted, archive_reason=None), Reason.NOTED)


def _noting(
    company: str, record: Record, noted: Noted, reason: Reason, *, archives: bool = False
) -> PlannedChange:
    """Plan to note something about a record, and to archive it or to leave it as it is."""
    return PlannedChange(
        action=Action.ARCHIVE if archives else Action.NOTE,
        kind=record.kind,
        busy_id=record.id,
        eaccounting_id=noted.eaccounting_id,
        label=label_of(record.values),
        fields=(FieldChange("archived", False, True, noted.base.get("archived")),) if archives else (),
        reason=reason,
        company=company,
        values={"archived": True} if archives else NOTHING,
        expected={"archived": False} if archives else NOTHING,
        expected_link=record.link,
        noted=noted,
    )
