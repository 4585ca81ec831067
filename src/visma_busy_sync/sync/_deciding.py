"""Carrying out what a person decided about single records, before anything else is planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from visma_busy_sync.sync._changes import PlanWarning, Reason, WarningCode, label_of
from visma_busy_sync.sync._collecting import Work
from visma_busy_sync.sync._decisions import Decide, Decision
from visma_busy_sync.sync._drafting import archiving_as_missing, parting
from visma_busy_sync.sync._links import Noted
from visma_busy_sync.sync._mapping import Upstream
from visma_busy_sync.sync._missing import Holder
from visma_busy_sync.sync._side import Side
from visma_busy_sync.sync._texts import ADVICE


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
    for decision, holder in waiting:
        id = decision.eaccounting_id or ""
        if id in rows and id not in side.linked and id not in side.unchanged:
            side.linked[id] = [holder]
            work.decided[decision.kind].add(decision.busy_id)
        else:
            _void(work, decision, holder)
            _put_back(side, holder, spared)
    for id in spared:
        side.unlinked.pop(id, None)
    return spared


def _taken_out(
    work: Work, decision: Decision, side: Side, spared: set[str]
) -> tuple[Decision, Holder] | None:
    """Carry out a decision, or take a record that is to be linked out of where it stands and return it."""
    free, linked = side.unlinked.get(decision.busy_id), side.holder(decision.busy_id)
    match decision.what:
        case Decide.LINK if free is not None:
            record, noted = side.unlinked.pop(decision.busy_id)
            return decision, (record, noted or Noted(None))
        case Decide.RELINK if linked is not None and not _is_done(decision, linked):
            _take_out(side, linked)
            return decision, linked
        case Decide.LINK | Decide.RELINK if linked is not None and _is_done(decision, linked):
            return None
        case Decide.UNLINK if linked is not None:
            _take_out(side, linked)
            work.changes.append(parting(work.company, linked[0]))
        case Decide.ARCHIVE if free is not None:
            if free[0].values.get("archived") is False:
                work.changes.append(archiving_as_missing(work.company, free[0], Reason.DECIDED))
        case Decide.KEEP | Decide.UNLINK if free is not None:
            pass
        case _:
            _void(work, decision, linked)
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


def _put_back(side: Side, holder: Holder, spared: set[str]) -> None:
    record, noted = holder
    if noted.eaccounting_id is None:
        spared.add(record.id)
    else:
        side.linked.setdefault(noted.eaccounting_id, []).append(holder)


def _void(work: Work, decision: Decision, holder: Holder | None) -> None:
    work.warnings.append(
        PlanWarning(
            code=WarningCode.DECISION_VOID,
            kind=decision.kind,
            busy_id=decision.busy_id,
            eaccounting_id=decision.eaccounting_id,
            label="" if holder is None else label_of(holder[0].values),
            advice=ADVICE[WarningCode.DECISION_VOID].en,
        )
    )
