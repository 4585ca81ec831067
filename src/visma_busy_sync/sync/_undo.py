"""The inverse of a plan that was applied: each record as it was, unless it was touched since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from attrs import evolve, frozen

from visma_busy_sync.sync._changes import Action, PlannedChange
from visma_busy_sync.sync._errors import LinkUnreadable
from visma_busy_sync.sync._links import ArchiveReason, Noted, link_with, noted_in
from visma_busy_sync.sync._plan import Plan
from visma_busy_sync.sync._records import Change, Kind, Record, is_active


@final
@frozen
class Undo:
    """What brings records back to where they were before a plan was applied.

    Attributes:
        changes: Each planned change that is undone, and the change that does it; the last one first.
        left_out: What was not applied, or whose record is not as it was left.
    """

    changes: tuple[tuple[PlannedChange, Change], ...] = ()
    left_out: tuple[PlannedChange, ...] = ()


def undo(plan: Plan, records: Mapping[Kind, Sequence[Record]]) -> Undo:
    """Return the inverse of a plan.

    Nothing is deleted: what the plan created is archived and no longer linked; it is restored if it is ever
    linked again. What the plan linked is no longer linked, and is not archived as unknown to eAccounting by
    itself any more. All else is as it was, the links included.

    Args:
        plan: A plan as it was carried out, such as a sync's report has: what was created is found by Busy's
            id of it.
        records: All records that the host has now, by kind.
    """
    held = {kind: {record.id: record for record in records.get(kind, ())} for kind in Kind}
    changes: list[tuple[PlannedChange, Change]] = []
    left_out: list[PlannedChange] = []
    for planned in reversed(plan.changes):
        record = held[planned.kind].get(planned.busy_id or "")
        inverse = None if record is None else _inverse(plan.company, planned, record)
        if inverse is None:
            left_out.append(planned)
        else:
            changes.append((planned, inverse))
    return Undo(tuple(changes), tuple(left_out))


def _inverse(company: str, planned: PlannedChange, record: Record) -> Change | None:
    """Return what undoes a change; None if the record is not as the change left it."""
    kind = planned.kind
    try:
        now = noted_in(record.link, company, kind=kind, id=record.id)
        before = noted_in(planned.expected_link, company, kind=kind, id=record.id)
    except LinkUnreadable:
        return None
    # How the host stored it is noted after it, so that alone may differ.
    if now is None or evolve(now, stored={}) != evolve(planned.noted, stored={}):
        return None
    # Of the flag not what is noted counts, but what was set: archiving what is gone notes no value.
    left = {
        name: value if name == "archived" else now.stored.get(name, value)
        for name, value in planned.values.items()
    }
    if any(record.values[name] != value for name, value in left.items() if name in record.values):
        return None
    values = {name: value for name, value in planned.expected.items() if name in record.values}
    if planned.action is Action.CREATE:
        before = Noted(None, archive_reason=ArchiveReason.MISSING_AT_CONNECTION)
        values = {"archived": True} if is_active(record) else {}
    return Change(
        kind=kind,
        id=record.id,
        values=values,
        expected={name: record.values[name] for name in values},
        expected_link=record.link,
        link=link_with(record.link, company, before or Noted(None), kind=kind, id=record.id),
    )
