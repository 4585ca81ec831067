"""Carrying out what a person decided about single records, before anything else is planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from visma_busy_sync.sync._changes import PlanWarning, Reason, WarningCode, label_of
from visma_busy_sync.sync._collecting import Work
from visma_busy_sync.sync._decisions import Decide, Decision
from visma_busy_sync.sync._drafting import archiving_as_missing, parting
from visma_busy_sync.sync._links import Noted, nothing_noted
from visma_busy_sync.sync._mapping import Upstream
from visma_busy_sync.sync._missing import Holder
from visma_busy_sync.sync._records import Record, is_active
from visma_busy_sync.sync._side import Side
from visma_busy_sync.sync._texts import ADVICE

_Taken: TypeAlias = "tuple[Record, Noted | None]"
"""A record that was taken out of where it stood, and its notes."""


def carry_out(
    work: Work, decisions: Sequence[Decision], rows: Mapping[str, Upstream], side: Side
) -> set[str]:
    """Carry out decisions about records of one kind, and return Busy's ids of those that are done with.

    What is to be linked stands in `side` as if it was, so that it is compared like all that is linked.

    Args:
        work: What the plan collects.
        decisions: The decisions.
        rows: What eAccounting has.
        side: What Busy has.
    """
    spared: set[str] = set()
    # All links that end come first: two records may change places.
    waiting = [pair for each in decisions if (pair := _taken_out(work, each, side, spared)) is not None]
    possible = _possible(waiting, rows, side)
    for decision, (record, noted) in waiting:
        if decision in possible:
            before = noted or nothing_noted(record.link, kind=record.kind, id=record.id)
            side.linked[decision.eaccounting_id or ""] = [(record, before)]
            work.decided[decision.kind].add(decision.busy_id)
        else:
            _void(work, decision, record)
            side.put(record, noted)
    for id in spared:
        side.unlinked.pop(id, None)
    return spared


def _possible(
    waiting: Sequence[tuple[Decision, _Taken]], rows: Mapping[str, Upstream], side: Side
) -> set[Decision]:
    """Return those whose place is free: not that of another one, nor of one that has to stay where it was."""
    possible = {decision for decision, _ in waiting}
    while True:
        kept = {
            noted.eaccounting_id for decision, (_, noted) in waiting if noted and decision not in possible
        }
        blocked = {
            each
            for each in possible
            if (id := each.eaccounting_id or "") not in rows
            or id in side.linked
            or id in side.unchanged
            or id in kept
        }
        if not blocked:
            return possible
        possible -= blocked


def _taken_out(
    work: Work, decision: Decision, side: Side, spared: set[str]
) -> tuple[Decision, _Taken] | None:
    """Carry out a decision, or take a record that is to be linked out of where it stands and return it."""
    free, linked = side.unlinked.get(decision.busy_id), side.holder(decision.busy_id)
    match decision.what:
        case Decide.LINK if free is not None:
            del side.unlinked[free.id]
            return decision, (free, side.notes.get(free.id))
        case Decide.RELINK if linked is not None and not _is_done(decision, linked):
            _take_out(side, linked)
            return decision, linked
        case Decide.LINK | Decide.RELINK if linked is not None and _is_done(decision, linked):
            return None
        case Decide.UNLINK if linked is not None:
            _take_out(side, linked)
            work.changes.append(parting(work.company, linked[0]))
        case Decide.ARCHIVE if free is not None or linked is not None:
            if linked is not None:
                _take_out(side, linked)
                work.changes.append(archiving_as_missing(work.company, linked[0], Reason.DECIDED))
            elif free is not None and is_active(free):
                work.changes.append(archiving_as_missing(work.company, free, Reason.DECIDED))
        case Decide.KEEP | Decide.UNLINK if free is not None:
            pass
        case _:
            _void(work, decision, linked[0] if linked else None)
            return None
    spared.add(decision.busy_id)
    return None


def _is_done(decision: Decision, linked: Holder) -> bool:
    return linked[1].eaccounting_id == decision.eaccounting_id


def _take_out(side: Side, linked: Holder) -> None:
    record, noted = linked
    id = noted.eaccounting_id or ""
    left = [holder for holder in side.linked.pop(id) if holder[0].id != record.id]
    if left:
        side.linked[id] = left


def _void(work: Work, decision: Decision, record: Record | None) -> None:
    work.warnings.append(
        PlanWarning(
            code=WarningCode.DECISION_VOID,
            kind=decision.kind,
            busy_id=decision.busy_id,
            eaccounting_id=decision.eaccounting_id,
            label="" if record is None else label_of(record.values),
            advice=ADVICE[WarningCode.DECISION_VOID].en,
        )
    )
