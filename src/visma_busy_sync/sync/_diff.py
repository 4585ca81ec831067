"""The sync engine: from what both sides have to a plan. It changes nothing.

Each kind goes through the same steps: pair up what is linked, compare it field by field, match what is
not linked, create what is left. Customers come first, because projects refer to them. Equal input gives
an equal plan, whatever the order of the records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from visma_busy_sync.sync._changes import (
    Action,
    Conflict,
    PlannedChange,
    PlanWarning,
    WarningCode,
)
from visma_busy_sync.sync._collecting import Work
from visma_busy_sync.sync._comparing import brought_back, plan_linked, plan_missing
from visma_busy_sync.sync._deciding import carry_out
from visma_busy_sync.sync._decisions import Decision, check_decisions
from visma_busy_sync.sync._drafting import archiving_as_missing, forgetting
from visma_busy_sync.sync._guards import guarded
from visma_busy_sync.sync._importing import plan_matched, plan_unsure, without_claimed
from visma_busy_sync.sync._links import linked_ids
from visma_busy_sync.sync._mapping import Read, Upstream
from visma_busy_sync.sync._matching import match
from visma_busy_sync.sync._missing import Gone
from visma_busy_sync.sync._plan import Plan
from visma_busy_sync.sync._records import Kind, Record, is_active
from visma_busy_sync.sync._references import References
from visma_busy_sync.sync._seen import Seen
from visma_busy_sync.sync._settings import ArchiveMissing, SyncSettings
from visma_busy_sync.sync._side import Side, sorted_in
from visma_busy_sync.sync._unchanged import recognised

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
    rows = _by_id(work, kind, read)
    if read.inactive_unknown:
        work.warn(WarningCode.INACTIVE_UNKNOWN, kind)
    decisions = [each for each in work.decisions if each.kind is kind]
    unchanged, others = recognised(work.company, kind, rows, work.references.known, records)
    side = sorted_in(work, unchanged, others, closer={each.busy_id for each in decisions})
    spared = carry_out(work, decisions, rows, side)
    if kind is Kind.CUSTOMER:
        work.references.known = side.known
    missing = plan_linked(work, kind, read, rows, side)
    strangers = _strangers(rows, side)
    if side.unreadable:
        strangers = without_claimed(work, strangers, side.unreadable)
    if missing:
        strangers = plan_missing(work, read, missing, strangers, side, gone, spared)
    if kind in work.settings.scope:
        strangers = [row for row in strangers if work.settings.in_scope(kind, row.values.get("number"))]
    if not read.sure:
        work.warn(WarningCode.UNSURE_READ, kind)
        plan_unsure(work, strangers, rows, records)
    elif strangers:
        free = (record for record in side.unlinked.values() if record.id not in spared)
        matching = match(strangers, free, work.settings.match)
        spared |= plan_matched(work, matching, rows, side)
    at_connection = work.settings.archive_missing is ArchiveMissing.AT_CONNECTION
    if kind is Kind.PROJECT and read.sure and read.whole and at_connection:
        if rows:
            _archive_missing(work, side, candidates - spared)
        elif candidates:
            work.warn(WarningCode.ARCHIVING_WAITS, kind)
    _forget(work, side, spared)


def _by_id(work: Work, kind: Kind, read: Read) -> dict[str, Upstream]:
    """Return the rows by id, of several with one id the last, and warn of those."""
    rows = {row.id: row for row in read.rows}
    if len(rows) < len(read.rows):
        times = Counter(row.id for row in read.rows)
        for id in sorted(id for id, count in times.items() if count > 1):
            work.warn(WarningCode.DUPLICATE_UPSTREAM, kind, row=rows[id])
    return rows


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
        active = id not in side.notes and is_active(record)
        if active and work.settings.in_scope(Kind.PROJECT, record.values.get("number")):
            work.changes.append(archiving_as_missing(work.company, record))


def _forget(work: Work, side: Side, spared: set[str]) -> None:
    """Plan to forget why unlinked records were archived that a person brought back since."""
    for id in side.notes.keys() & side.unlinked.keys() - spared:
        record, noted = side.unlinked[id], side.notes[id]
        if brought_back(record, noted):
            work.changes.append(forgetting(work.company, record, noted))
