"""What becomes of linked records: those that the reading has, and those that it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from attrs import evolve

from visma_busy_sync.sync._changes import ConflictCode, Reason, WarningCode
from visma_busy_sync.sync._collecting import Work
from visma_busy_sync.sync._drafting import alteration, departure, forgetting
from visma_busy_sync.sync._links import Noted, nothing_noted
from visma_busy_sync.sync._mapping import Read, Upstream
from visma_busy_sync.sync._merge import customer_moved, merge
from visma_busy_sync.sync._missing import Gone, Holder, recreated, twins
from visma_busy_sync.sync._records import Kind, Record, is_active
from visma_busy_sync.sync._settings import ArchiveMissing, Match
from visma_busy_sync.sync._side import Side

_NOBODY_ASKED: Final = Gone(date.min)


def plan_linked(work: Work, kind: Kind, read: Read, rows: Mapping[str, Upstream], side: Side) -> list[Holder]:
    """Plan what is to change in linked records; return those that the reading lacks."""
    unchanged = len(side.unchanged)
    if kind is Kind.PROJECT:
        work.active_projects += sum(map(is_active, side.unchanged.values()))
    missing: list[Holder] = []
    for id, holders in side.linked.items():
        row = rows.get(id)
        if len(holders) > 1:
            work.conflict(ConflictCode.LINKED_TWICE, row=row, records=[record for record, _ in holders])
            continue
        record, noted = holders[0]
        if kind is Kind.PROJECT and is_active(record):
            work.active_projects += 1
        if row is None:
            missing.append((record, noted))
        else:
            unchanged += not (
                _differs(work, row, record, noted) and alter(work, row, record, noted, sure=read.sure)
            )
    work.unchanged[kind] = unchanged
    return missing


def plan_missing(
    work: Work,
    read: Read,
    missing: Sequence[Holder],
    strangers: list[Upstream],
    side: Side,
    gone: Gone | None,
    spared: set[str],
) -> list[Upstream]:
    """Plan what becomes of linked records that the reading lacks; return the strangers that are left.

    From an unsure or an empty reading nothing follows, and from one of what changed only that a new record
    may be an old one that was created again. `spared` grows by the records that are taken care of.
    """
    kind = missing[0][0].kind
    believed = read.sure and bool(read.rows)
    answered = gone if believed and gone is not None else _NOBODY_ASKED
    may_match = believed and work.settings.match is not Match.NEVER
    same = twins(strangers, missing) if strangers and may_match else {}
    confirmed: list[Holder] = []
    waiting: set[str] = set()
    for record, noted in missing:
        id = noted.eaccounting_id or ""
        if id in answered.ids.get(kind, ()):
            confirmed.append((record, noted))
            continue
        if not read.whole and id not in same:
            _stay_missing(work, record, noted)
            continue
        if believed and (noted.missing_since is None or id in same):
            work.unconfirmed.append((kind, id))
            # Whether it is the same one under a new id is not known yet, so it is not created either.
            waiting.update(row.id for row in same.get(id, ()))
        if read.sure and noted.missing_since is None:
            work.warn(WarningCode.MISSING_UPSTREAM, kind, record=record)
        _stay_missing(work, record, noted)
    again = recreated(same, confirmed, side.unlinked.values())
    relinked = again.records
    for row, (record, noted) in again.pairs:
        if kind is Kind.CUSTOMER:
            work.references.known[row.id] = record.id
        work.warn(WarningCode.RECREATED, kind, row=row, record=record)
        alter(work, row, record, noted, sure=True)
    work.groups(ConflictCode.AMBIGUOUS, again.ambiguous)
    work.groups(ConflictCode.ORGANISATION_DIFFERS, again.differing)
    for record, noted in confirmed:
        if record.id in relinked:
            continue
        if noted.missing_since is not None:
            _stay_missing(work, record, noted)
        else:
            archive = kind is Kind.PROJECT and work.settings.archive_missing is ArchiveMissing.AT_CONNECTION
            if not (archive and is_active(record)):  # else the change says it
                work.warn(WarningCode.MISSING_UPSTREAM, kind, record=record)
            work.changes.append(departure(work.company, record, noted, on=answered.on, archive=archive))
    spared |= relinked
    taken = again.rows | waiting
    return [row for row in strangers if row.id not in taken]


def _stay_missing(work: Work, record: Record, noted: Noted) -> None:
    """Leave a missing record alone, except that a person may have brought it back since."""
    if brought_back(record, noted):
        work.changes.append(forgetting(work.company, record, noted))
    else:
        work.unchanged[record.kind] += 1


def _differs(work: Work, row: Upstream, record: Record, noted: Noted) -> bool:
    """Whether a linked record needs a closer look. In most runs most records do not: this is the fast way."""
    returned = noted.missing_since is not None
    moved = noted.eaccounting_id != row.id
    differs = moved or noted.archived_elsewhere or noted.base != row.values
    if brought_back(record, noted) or returned or differs:
        return True
    return row.kind is Kind.PROJECT and customer_moved(row, record, noted, work.references, work.settings)


def brought_back(record: Record, noted: Noted) -> bool:
    """Whether a person brought a record back that the engine had archived."""
    return noted.archive_reason is not None and is_active(record)


def alter(work: Work, row: Upstream, record: Record, noted: Noted | None, *, sure: bool) -> bool:
    """Plan what is to change in a linked or adopted record; False if that is nothing."""
    before = noted or nothing_noted(record.link, kind=record.kind, id=record.id)
    merged = merge(row, record, before, work.references, settings=work.settings, may_archive=sure)
    if merged.customer_unknown:
        work.warn(WarningCode.CUSTOMER_UNKNOWN, row.kind, row=row, record=record)
    if merged.diverged:
        work.conflict(ConflictCode.DIVERGED, row=row, records=(record,), fields=merged.diverged)
    planned = alteration(work.company, row, record, before, merged)
    if planned is not None:
        warn_of_archived_customer(work, row, record)
        decided = record.id in work.decided[row.kind]
        work.changes.append(evolve(planned, reason=Reason.DECIDED) if decided else planned)
    return planned is not None


def warn_of_archived_customer(work: Work, row: Upstream, record: Record | None = None) -> None:
    """Tell that a project that is in use belongs to a customer that is not."""
    if row.kind is not Kind.PROJECT or row.values["archived"] is not False:
        return
    if row.values["customer"] in work.references.archived:
        work.warn(WarningCode.CUSTOMER_ARCHIVED, row.kind, row=row, record=record)
