"""What becomes of eAccounting's records that nothing is linked to: adopted, created, or a conflict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from visma_busy_sync.busy._numbers import number_key
from visma_busy_sync.sync._changes import ConflictCode, WarningCode
from visma_busy_sync.sync._collecting import Work
from visma_busy_sync.sync._comparing import alter, warn_of_archived_customer
from visma_busy_sync.sync._drafting import adoption, creation
from visma_busy_sync.sync._mapping import Upstream
from visma_busy_sync.sync._matching import Marks, Matching, marks_of
from visma_busy_sync.sync._names import name_key
from visma_busy_sync.sync._records import Kind, Record
from visma_busy_sync.sync._side import Side


def plan_matched(work: Work, matching: Matching, rows: Mapping[str, Upstream], side: Side) -> set[str]:
    """Plan what adoption found; return Busy's ids of the records that it leaves undecided.

    Those that it adopts are no longer among the unlinked ones of `side`.
    """
    company, references, changes = work.company, work.references, work.changes
    for row, record in matching.pairs:
        del side.unlinked[record.id]
        if row.kind is Kind.CUSTOMER:
            references.known[row.id] = record.id
        planned = adoption(company, row, record, references)
        if planned is None:
            alter(work, row, record, side.notes.get(record.id), sure=True)
        else:
            warn_of_archived_customer(work, row, record)
            changes.append(planned)
    work.groups(ConflictCode.AMBIGUOUS, matching.ambiguous)
    work.groups(ConflictCode.ORGANISATION_DIFFERS, matching.differing)
    undecided = {
        record.id for group in (*matching.ambiguous, *matching.differing) for record in group.records
    }
    missing = (holders[0][0] for id, holders in side.linked.items() if id not in rows)
    free = (record for id, record in side.unlinked.items() if id not in undecided)
    _create_all(work, matching.alone, rows, chain(free, missing))
    return undecided


def plan_unsure(
    work: Work, strangers: Iterable[Upstream], rows: Mapping[str, Upstream], records: Iterable[Record]
) -> None:
    """Create only what resembles nothing in Busy: the row that belongs to it may be the missing one (D15)."""
    shared = _Shared(records)
    alone = [row for row in strangers if shared.holder(marks_of(row.values)) is None]
    _create_all(work, alone, rows, ())


def without_claimed(work: Work, rows: Iterable[Upstream], unreadable: Iterable[Record]) -> list[Upstream]:
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


def _create(work: Work, row: Upstream) -> None:
    planned, customer_unknown = creation(work.company, row, work.references)
    if customer_unknown:
        work.warn(WarningCode.CUSTOMER_UNKNOWN, row.kind, row=row)
    warn_of_archived_customer(work, row)
    if row.kind is Kind.CUSTOMER:
        work.references.coming[row.id] = row
    work.changes.append(planned)
