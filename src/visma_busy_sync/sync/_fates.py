"""What becomes of each record: exactly one thing, whatever the plan says of it in how many places.

The plan is the only source of what happens: of every change, withheld change, conflict and question by id it
says which records they are about. What it does not mention stays as it is, and only why remains to be told:
from where the record stands, on one side or on both. A record of eAccounting and one of Busy that are
linked, or that the plan links, are one: they have one fate.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias, final

from attrs import define, evolve, field, frozen

from visma_busy_sync.sync._changes import Conflict, ConflictCode, PlannedChange, PlanWarning, Reason
from visma_busy_sync.sync._guards import Archiving
from visma_busy_sync.sync._links import linked_ids, noted_in
from visma_busy_sync.sync._records import Kind
from visma_busy_sync.sync._seen import Seen


class Fate(enum.StrEnum):
    """What becomes of a record. The first six are the actions of planned changes."""

    CREATE = "create"
    ADOPT = "adopt"
    UPDATE = "update"
    ARCHIVE = "archive"
    RESTORE = "restore"
    NOTE = "note"
    UNCHANGED = "unchanged"
    """Linked, and there is nothing to do."""

    HELD_BACK = "held_back"
    """It would be archived, but a guard has that wait for a person; see `Plan.archiving`."""

    CONFLICT = "conflict"
    """Left alone until a person settles a conflict."""

    UNCONFIRMED = "unconfirmed"
    """Linked, and not in the reading. It is to be asked for by id before anything follows (D8)."""

    UNLISTED = "unlisted"
    """Linked, and not in a reading that is unsure or empty, from which nothing follows (D12, D15)."""

    GONE = "gone"
    """Linked, and known since an earlier sync to be gone from eAccounting; nothing more follows (D8)."""

    POSTPONED = "postponed"
    """Not created yet, because it may be a record that Busy has: the reading is unsure (D15), or one of the
    same number and name is missing and was not asked for by id yet (D11)."""

    LEFT_ALONE = "left_alone"
    """Busy's own: nothing in eAccounting belongs to it."""

    OUT_OF_SCOPE = "out_of_scope"
    """Not in Busy, and its number is not among those that the setting `scope` imports."""

    NOT_IMPORTED = "not_imported"
    """The settings import no records of this kind, or none were read."""


BLOCKING: Final = frozenset(
    {
        ConflictCode.AMBIGUOUS,
        ConflictCode.LINK_UNREADABLE,
        ConflictCode.LINKED_TWICE,
        ConflictCode.ORGANISATION_DIFFERS,
    }
)
"""Conflicts because of which records are left alone; the others only tell what else is planned."""

_FOR_THE_KIND: Final = frozenset({Fate.LEFT_ALONE, Fate.POSTPONED, Fate.UNLISTED})
"""Fates that may come from what is the matter with the reading of a whole kind."""


@final
@frozen(kw_only=True)
class RecordFate:
    """What becomes of one record, or of a pair of records that are one.

    Attributes:
        fate: What becomes of it.
        kind: What it is.
        eaccounting_id: eAccounting's id of it; None if nothing there belongs to it.
        busy_id: Busy's id of it; None if Busy does not have it.
        planned: The change that is made, or held back; None if there is none.
        conflicts: The plan's conflicts in which it takes part.
        warnings: The plan's warnings about it; those about its whole kind, if nothing is done with it.
    """

    fate: Fate
    kind: Kind
    eaccounting_id: str | None = None
    busy_id: str | None = None
    planned: PlannedChange | None = None
    conflicts: tuple[Conflict, ...] = ()
    warnings: tuple[PlanWarning, ...] = ()

    @property
    def reason(self) -> Reason | None:
        """Why it is changed, or would be if nothing held it back; None if no change of it is planned."""
        return None if self.planned is None else self.planned.reason


_Key: TypeAlias = tuple[Kind, str | None]


@define
class Fates:
    """All fates of a plan, to be looked up by either id."""

    _of_rows: dict[_Key, RecordFate] = field(factory=dict[_Key, RecordFate])
    _of_records: dict[_Key, RecordFate] = field(factory=dict[_Key, RecordFate])

    def __iter__(self) -> Iterator[RecordFate]:
        yield from self._of_records.values()
        yield from (each for each in self._of_rows.values() if each.busy_id is None)

    def of(self, kind: Kind, id: str) -> RecordFate | None:
        """Return the fate of a record by Busy's id of it or, if it is none, by eAccounting's."""
        return self._of_records.get((kind, id)) or self._of_rows.get((kind, id))

    def has(self, kind: Kind, *, row: str | None = None, record: str | None = None) -> bool:
        """Whether the fate of one of both is known."""
        return (kind, row) in self._of_rows or (kind, record) in self._of_records

    def add(self, each: RecordFate) -> None:
        """Add or replace a fate."""
        if each.busy_id is not None:
            self._of_records[each.kind, each.busy_id] = each
        if each.eaccounting_id is not None:
            self._of_rows[each.kind, each.eaccounting_id] = each

    def found(self, kind: Kind, row: str | None, records: Iterable[str | None]) -> list[RecordFate]:
        """Return the fates of a record of eAccounting and of records of Busy, each once."""
        found = [self._of_rows.get((kind, row)), *(self._of_records.get((kind, id)) for id in records)]
        return list({id(each): each for each in found if each is not None}.values())


def fates_of(
    company: str,
    *,
    changes: Sequence[PlannedChange],
    archiving: Archiving,
    conflicts: Sequence[Conflict],
    warnings: Sequence[PlanWarning],
    unconfirmed: Sequence[tuple[Kind, str]],
    seen: Seen | None,
) -> Fates:
    """Return what becomes of each record.

    Args:
        company: eAccounting's id of the company.
        changes: The plan's changes.
        archiving: What is archived as missing, and whether it is held back.
        conflicts: The plan's conflicts.
        warnings: The plan's warnings.
        unconfirmed: Linked records that are to be asked for by id.
        seen: What the plan was made from; without it, only what the plan mentions has a fate.
    """
    fates = Fates()
    for planned in changes:
        fates.add(_changed(planned, Fate(planned.action)))
    for planned in archiving.withheld:
        fates.add(_changed(planned, Fate.HELD_BACK))
    links = _links(company, seen)
    for conflict in conflicts:
        if conflict.code in BLOCKING:
            _add_blocked(fates, conflict, links)
    for kind, id in unconfirmed:
        if not fates.has(kind, row=id):
            busy_id = links.busy.get((kind, id))
            fates.add(RecordFate(fate=Fate.UNCONFIRMED, kind=kind, eaccounting_id=id, busy_id=busy_id))
    if seen is not None:
        _add_rest(fates, company, seen, links)
    _add_findings(fates, conflicts, warnings)
    return fates


@frozen
class _Links:
    """Who is linked to whom, by kind and id."""

    busy: Mapping[tuple[Kind, str], str]
    eaccounting: Mapping[tuple[Kind, str], str]


def _links(company: str, seen: Seen | None) -> _Links:
    busy: dict[tuple[Kind, str], str] = {}
    for kind, records in () if seen is None else seen.records.items():
        busy |= {(kind, row): id for row, id in linked_ids(company, records).items()}
    return _Links(busy, {(kind, id): row for (kind, row), id in busy.items()})


def _changed(planned: PlannedChange, fate: Fate) -> RecordFate:
    return RecordFate(
        fate=fate,
        kind=planned.kind,
        eaccounting_id=planned.eaccounting_id,
        busy_id=planned.busy_id,
        planned=planned,
    )


def _add_blocked(fates: Fates, conflict: Conflict, links: _Links) -> None:
    kind, row = conflict.kind, conflict.eaccounting_id
    if row is not None and not fates.has(kind, row=row):
        fates.add(RecordFate(fate=Fate.CONFLICT, kind=kind, eaccounting_id=row))
    for id in conflict.busy_ids:
        if not fates.has(kind, record=id):
            linked = links.eaccounting.get((kind, id))
            fates.add(RecordFate(fate=Fate.CONFLICT, kind=kind, eaccounting_id=linked, busy_id=id))


def _add_rest(fates: Fates, company: str, seen: Seen, links: _Links) -> None:
    """Add what the plan does not mention: it stays as it is."""
    for kind, records in seen.held.items():
        rows = seen.rows.get(kind, {})
        for id, record in records.items():
            if fates.has(kind, record=id):
                continue
            linked = links.eaccounting.get((kind, id))
            if not seen.imports(kind):
                fate = Fate.NOT_IMPORTED
            elif linked is None:
                fate = Fate.LEFT_ALONE
            elif linked in rows or not seen.upstream[kind].whole:
                fate = Fate.UNCHANGED
            else:
                noted = noted_in(record.link, company, kind=kind, id=id)
                absent = Fate.UNLISTED if seen.upstream[kind].whole else Fate.UNCHANGED
                fate = Fate.GONE if noted is not None and noted.missing_since else absent
            fates.add(RecordFate(fate=fate, kind=kind, eaccounting_id=linked, busy_id=id))
    for kind, rows in seen.rows.items():
        for id, row in rows.items():
            if fates.has(kind, row=id):
                continue
            fate = Fate.POSTPONED if seen.imports(kind) else Fate.NOT_IMPORTED
            if fate is Fate.POSTPONED and not seen.settings.in_scope(kind, row.values.get("number")):
                fate = Fate.OUT_OF_SCOPE
            fates.add(RecordFate(fate=fate, kind=kind, eaccounting_id=id))


def _add_findings(fates: Fates, conflicts: Iterable[Conflict], warnings: Iterable[PlanWarning]) -> None:
    for conflict in conflicts:
        for each in fates.found(conflict.kind, conflict.eaccounting_id, conflict.busy_ids):
            fates.add(evolve(each, conflicts=(*each.conflicts, conflict)))
    for warning in warnings:
        about = fates.found(warning.kind, warning.eaccounting_id, (warning.busy_id,))
        if warning.eaccounting_id is None and warning.busy_id is None:
            about = [each for each in fates if each.kind is warning.kind and each.fate in _FOR_THE_KIND]
        for each in about:
            fates.add(evolve(each, warnings=(*each.warnings, warning)))
