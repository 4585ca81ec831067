"""The sync engine: from what both sides have to a plan. It changes nothing.

Each kind goes through the same steps: pair up what is linked, compare it field by field, match what is
not linked, create what is left. Customers come first, because projects refer to them. Equal input gives
an equal plan, whatever the order of the records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Final

from attrs import evolve

from visma_busy_sync.sync._changes import (
    Action,
    Conflict,
    ConflictCode,
    PlannedChange,
    PlanWarning,
    Reason,
    WarningCode,
)
from visma_busy_sync.sync._collecting import Work
from visma_busy_sync.sync._deciding import carry_out
from visma_busy_sync.sync._decisions import Decision, check_decisions
from visma_busy_sync.sync._drafting import (
    adoption,
    alteration,
    archiving_as_missing,
    creation,
    departure,
    forgetting,
)
from visma_busy_sync.sync._guards import guarded
from visma_busy_sync.sync._links import Noted, linked_ids, nothing_noted
from visma_busy_sync.sync._mapping import Read, Upstream
from visma_busy_sync.sync._matching import Group, Marks, Matching, marks_of, match
from visma_busy_sync.sync._merge import customer_moved, merge
from visma_busy_sync.sync._missing import Gone, Holder, recreated, twins
from visma_busy_sync.sync._names import name_key, number_key
from visma_busy_sync.sync._plan import Plan
from visma_busy_sync.sync._records import Kind, Record
from visma_busy_sync.sync._references import References
from visma_busy_sync.sync._seen import Seen
from visma_busy_sync.sync._settings import ArchiveMissing, Match, SyncSettings
from visma_busy_sync.sync._side import Side, sorted_in
from visma_busy_sync.sync._unchanged import Unchanged

_NOBODY_ASKED: Final = Gone(date.min)

_ORDER: Final[Mapping[Kind, int]] = {kind: place for place, kind in enumerate(Kind)}


def make_plan(
    company: str,
    upstream: Mapping[Kind, Read],
    records: Mapping[Kind, Sequence[Record]],
    *,
    settings: SyncSettings,
    archive_candidates: frozenset[str] = frozenset(),
    gone: Gone | None = None,
    allowed: str | None = None,
    decisions: Iterable[Decision] = (),
) -> Plan:
    """Compare what eAccounting has with what Busy has, and plan what brings Busy up to date.

    Args:
        company: eAccounting's id of the company that the tenant is connected to.
        upstream: What was read in eAccounting, by kind. A kind that is missing, or that the settings
            switch off, is not synced.
        records: All records that the host has, archived ones too, by kind. The customers are needed also
            when only projects are synced.
        settings: The tenant's choices.
        archive_candidates: Busy's ids of the projects to archive if eAccounting does not have them: those
            that the host had when project sync was first switched on. Empty in every other sync.
        gone: What eAccounting, asked by id, confirmed to have no more. Ask for what the plan names as
            `unconfirmed`, and plan again.
        allowed: The digest of the set of projects that a person allowed to archive as missing; see
            `Plan.archiving`. If it names another set, none of them is archived.
        decisions: What a person decided about single records. What cannot be carried out is told
            (`decision_void`) and changes nothing.

    Returns:
        The plan. When all of it is applied, the next plan is empty.

    Raises:
        ConfigurationError: If decisions contradict each other.
    """
    customers = records.get(Kind.CUSTOMER, ())
    references = References(records={record.id: record for record in customers})
    if Kind.CUSTOMER not in settings.kinds or Kind.CUSTOMER not in upstream:
        references.known = linked_ids(company, customers)
    decided = check_decisions(decisions)
    work = Work(company, settings, references, decisions=decided)
    for kind in settings.kinds:
        if kind in upstream:
            _plan_kind(work, kind, upstream[kind], records.get(kind, ()), archive_candidates, gone)
    changes, archiving = guarded(
        company, sorted(work.changes, key=_change_order), active=work.active_projects, allowed=allowed
    )
    return Plan(
        company=company,
        changes=tuple(changes),
        conflicts=tuple(sorted(work.conflicts, key=_finding_order)),
        warnings=tuple(sorted(work.warnings, key=_finding_order)),
        unchanged=work.unchanged,
        archiving=archiving,
        unconfirmed=tuple(sorted(work.unconfirmed)),
        seen=Seen(upstream=dict(upstream), records=dict(records), settings=settings, decisions=decided),
    )


def _change_order(planned: PlannedChange) -> tuple[bool, int, str, str, str]:
    return (
        planned.action is Action.ARCHIVE,
        _ORDER[planned.kind],
        planned.label,
        planned.eaccounting_id or "",
        planned.busy_id or "",
    )


def _finding_order(finding: Conflict | PlanWarning) -> tuple[int, str, str, str, str]:
    return (
        _ORDER[finding.kind],
        finding.code,
        finding.label,
        finding.eaccounting_id or "",
        finding.busy_id or "",
    )


def _plan_kind(
    work: Work,
    kind: Kind,
    read: Read,
    records: Sequence[Record],
    candidates: frozenset[str],
    gone: Gone | None,
) -> None:
    rows = {row.id: row for row in read.rows}
    if len(rows) < len(read.rows):
        times = Counter(row.id for row in read.rows)
        for id in sorted(id for id, count in times.items() if count > 1):
            work.warn(WarningCode.DUPLICATE_UPSTREAM, kind, row=rows[id])
    if read.inactive_unknown:
        work.warn(WarningCode.INACTIVE_UNKNOWN, kind)
    decisions = [each for each in work.decisions if each.kind is kind]
    unchanged = Unchanged(work.company, kind, rows, work.references.known)
    side = sorted_in(work, records, unchanged, closer={each.busy_id for each in decisions})
    spared = carry_out(work, decisions, rows, side)
    if kind is Kind.CUSTOMER:
        work.references.known = side.known
    missing = _plan_linked(work, kind, read, rows, side)
    strangers = _strangers(rows, side)
    if side.unreadable:
        strangers = _without_claimed(work, strangers, side.unreadable)
    if missing:
        strangers = _plan_missing(work, read, missing, strangers, side, gone, spared)
    imports = work.settings.in_scope
    strangers = [row for row in strangers if imports(kind, row.values.get("number"))]
    if not read.sure:
        work.warn(WarningCode.UNSURE_READ, kind)
        _plan_unsure(work, strangers, rows, records)
    elif strangers:
        free = (record for record in side.unlinked.values() if record.id not in spared)
        matching = match(strangers, free, work.settings.match)
        spared |= _plan_matched(work, matching, rows, side)
    at_connection = work.settings.archive_missing is ArchiveMissing.AT_CONNECTION
    if kind is Kind.PROJECT and read.sure and read.whole and at_connection:
        if rows:
            _archive_missing(work, side, candidates - spared)
        elif candidates:
            work.warn(WarningCode.ARCHIVING_WAITS, kind)
    _forget(work, side, spared)


def _strangers(rows: Mapping[str, Upstream], side: Side) -> list[Upstream]:
    """Return the rows that no record is linked to. In most runs there are none, which counting tells."""
    if len(side.unchanged) + sum(id in rows for id in side.linked) == len(rows):
        return []
    return [row for id, row in rows.items() if id not in side.unchanged and id not in side.linked]


def _archive_missing(work: Work, side: Side, candidates: frozenset[str]) -> None:
    """Plan to archive the candidates that eAccounting does not have (R8, R23), if it could have them."""
    for id in candidates & side.unlinked.keys():
        record = side.unlinked[id]
        # One that has notes was archived before and brought back by a person since.
        active = id not in side.notes and record.values.get("archived") is False
        if active and work.settings.in_scope(Kind.PROJECT, record.values.get("number")):
            work.changes.append(archiving_as_missing(work.company, record))


def _forget(work: Work, side: Side, spared: set[str]) -> None:
    """Plan to forget why unlinked records were archived that a person brought back since."""
    for id in side.notes.keys() & side.unlinked.keys() - spared:
        record, noted = side.unlinked[id], side.notes[id]
        if _brought_back(record, noted):
            work.changes.append(forgetting(work.company, record, noted))


def _plan_linked(
    work: Work, kind: Kind, read: Read, rows: Mapping[str, Upstream], side: Side
) -> list[Holder]:
    """Plan what is to change in linked records; return those that the reading lacks."""
    unchanged = len(side.unchanged)
    if kind is Kind.PROJECT:
        work.active_projects += sum(_is_active(record) for record in side.unchanged.values())
    missing: list[Holder] = []
    for id, holders in side.linked.items():
        row = rows.get(id)
        if len(holders) > 1:
            work.conflict(ConflictCode.LINKED_TWICE, row=row, records=[record for record, _ in holders])
            continue
        record, noted = holders[0]
        if kind is Kind.PROJECT and _is_active(record):
            work.active_projects += 1
        if row is None:
            missing.append((record, noted))
        else:
            unchanged += not (
                _differs(work, row, record, noted) and _alter(work, row, record, noted, sure=read.sure)
            )
    work.unchanged[kind] = unchanged
    return missing


def _plan_missing(
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
        _alter(work, row, record, noted, sure=True)
    _report(work, ConflictCode.AMBIGUOUS, again.ambiguous)
    _report(work, ConflictCode.ORGANISATION_DIFFERS, again.differing)
    for record, noted in confirmed:
        if record.id in relinked:
            continue
        if noted.missing_since is not None:
            _stay_missing(work, record, noted)
        else:
            archive = kind is Kind.PROJECT and work.settings.archive_missing is ArchiveMissing.AT_CONNECTION
            if not (archive and _is_active(record)):  # else the change says it
                work.warn(WarningCode.MISSING_UPSTREAM, kind, record=record)
            work.changes.append(departure(work.company, record, noted, on=answered.on, archive=archive))
    spared |= relinked
    taken = again.rows | waiting
    return [row for row in strangers if row.id not in taken]


def _stay_missing(work: Work, record: Record, noted: Noted) -> None:
    """Leave a missing record alone, except that a person may have brought it back since."""
    if _brought_back(record, noted):
        work.changes.append(forgetting(work.company, record, noted))
    else:
        work.unchanged[record.kind] += 1


def _is_active(record: Record) -> bool:
    return record.values.get("archived") is False


def _differs(work: Work, row: Upstream, record: Record, noted: Noted) -> bool:
    """Whether a linked record needs a closer look. In most runs most records do not: this is the fast way."""
    returned = noted.missing_since is not None
    moved = noted.eaccounting_id != row.id
    differs = moved or noted.archived_elsewhere or noted.base != row.values
    if _brought_back(record, noted) or returned or differs:
        return True
    return row.kind is Kind.PROJECT and customer_moved(row, record, noted, work.references, work.settings)


def _brought_back(record: Record, noted: Noted) -> bool:
    """Whether a person brought a record back that the engine had archived."""
    return noted.archive_reason is not None and _is_active(record)


def _alter(work: Work, row: Upstream, record: Record, noted: Noted | None, *, sure: bool) -> bool:
    """Plan what is to change in a linked or adopted record; False if that is nothing."""
    before = noted or nothing_noted(record.link, kind=record.kind, id=record.id)
    merged = merge(row, record, before, work.references, settings=work.settings, may_archive=sure)
    if merged.customer_unknown:
        work.warn(WarningCode.CUSTOMER_UNKNOWN, row.kind, row=row, record=record)
    if merged.diverged:
        work.conflict(ConflictCode.DIVERGED, row=row, records=(record,), fields=merged.diverged)
    planned = alteration(work.company, row, record, before, merged)
    if planned is not None:
        _warn_of_archived_customer(work, row, record)
        decided = record.id in work.decided[row.kind]
        work.changes.append(evolve(planned, reason=Reason.DECIDED) if decided else planned)
    return planned is not None


def _warn_of_archived_customer(work: Work, row: Upstream, record: Record | None = None) -> None:
    """Tell that a project that is in use belongs to a customer that is not."""
    if row.kind is not Kind.PROJECT or row.values["archived"] is not False:
        return
    if row.values["customer"] in work.references.archived:
        work.warn(WarningCode.CUSTOMER_ARCHIVED, row.kind, row=row, record=record)


def _create(work: Work, row: Upstream) -> None:
    planned, customer_unknown = creation(work.company, row, work.references)
    if customer_unknown:
        work.warn(WarningCode.CUSTOMER_UNKNOWN, row.kind, row=row)
    _warn_of_archived_customer(work, row)
    if row.kind is Kind.CUSTOMER:
        work.references.coming[row.id] = row
    work.changes.append(planned)


def _without_claimed(work: Work, rows: Iterable[Upstream], unreadable: Iterable[Record]) -> list[Upstream]:
    """Leave out what may belong to a record whose link is unreadable, so that it is not created twice."""
    shared = _Shared(unreadable)
    free: list[Upstream] = []
    for row in rows:
        holder = shared.holder(marks_of(row.values))
        if holder is None:
            free.append(row)
        else:
            work.conflict(ConflictCode.LINK_UNREADABLE, row=row, records=(holder,))
    return free


def _plan_unsure(
    work: Work, strangers: Iterable[Upstream], rows: Mapping[str, Upstream], records: Iterable[Record]
) -> None:
    """Create only what resembles nothing in Busy: the row that belongs to it may be the missing one (D15)."""
    shared = _Shared(records)
    alone = [row for row in strangers if shared.holder(marks_of(row.values)) is None]
    _create_all(work, alone, rows, ())


class _Shared:
    """Finds a record that has the number, the name or the organisation number of another one."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._holders: dict[tuple[str, str], Record] = {}
        for record in sorted(records, key=lambda record: record.id):
            for key in marks_of(record.values).keys:
                self._holders.setdefault(key, record)

    def holder(self, marks: Marks) -> Record | None:
        """Return the first such record."""
        return next((self._holders[key] for key in marks.keys if key in self._holders), None)


def _plan_matched(work: Work, matching: Matching, rows: Mapping[str, Upstream], side: Side) -> set[str]:
    """Plan what adoption found; return Busy's ids of all records that it adopts or leaves undecided."""
    if any(row.kind is Kind.CUSTOMER for row, _ in matching.pairs):
        work.references.known.update((row.id, record.id) for row, record in matching.pairs)
    for row, record in matching.pairs:
        planned = adoption(work.company, row, record, work.references)
        if planned is None:
            _alter(work, row, record, side.notes.get(record.id), sure=True)
        else:
            _warn_of_archived_customer(work, row, record)
            work.changes.append(planned)
    _report(work, ConflictCode.AMBIGUOUS, matching.ambiguous)
    _report(work, ConflictCode.ORGANISATION_DIFFERS, matching.differing)
    spared = {record.id for _, record in matching.pairs}
    spared.update(
        record.id for group in (*matching.ambiguous, *matching.differing) for record in group.records
    )
    missing = (holders[0][0] for id, holders in side.linked.items() if id not in rows)
    free = (record for id, record in side.unlinked.items() if id not in spared)
    _create_all(work, matching.alone, rows, chain(free, missing))
    return spared


def _report(work: Work, code: ConflictCode, groups: Iterable[Group]) -> None:
    for group in groups:
        for row in group.rows:
            work.conflict(code, row=row, records=group.records)


def _create_all(
    work: Work, alone: Sequence[Upstream], rows: Mapping[str, Upstream], free: Iterable[Record]
) -> None:
    """Plan to create rows, and say which of them share a number or a name with another record.

    Args:
        work: What the plan collects.
        alone: The rows to create.
        rows: All rows of the reading.
        free: The records of Busy that no row of the reading belongs to.
    """
    if not alone:
        return
    numbers = Counter(number_key(row.values.get("number")) for row in rows.values())
    by_number: dict[str, list[Record]] = {}
    by_name: dict[str, list[Record]] = {}
    for record in free:
        marks = marks_of(record.values)
        if marks.number is not None:
            by_number.setdefault(marks.number, []).append(record)
        elif marks.name is not None:
            by_name.setdefault(marks.name, []).append(record)
    for row in alone:
        _create(work, row)
        number = number_key(row.values.get("number"))
        if number is not None:
            if numbers[number] > 1:
                work.warn(WarningCode.SAME_NUMBER, row.kind, row=row)
            if number in by_number:
                work.conflict(ConflictCode.NUMBER_TAKEN, row=row, records=by_number[number])
        name = name_key(row.values.get("name")) if by_name else None
        if name is not None and name in by_name:
            holders = by_name[name]
            work.warn(
                WarningCode.SAME_NAME, row.kind, row=row, record=holders[0] if len(holders) == 1 else None
            )
