"""Busy's records of one kind, sorted by what their links say."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from attrs import define, field

from visma_busy_sync.sync._changes import ConflictCode
from visma_busy_sync.sync._collecting import Work
from visma_busy_sync.sync._errors import LinkUnreadable
from visma_busy_sync.sync._links import Noted, noted_in
from visma_busy_sync.sync._missing import Holder
from visma_busy_sync.sync._records import Record


@define
class Side:
    """Busy's records of one kind, by what their links say.

    Attributes:
        unchanged: Records that need no closer look, by eAccounting's id.
        linked: Other records and their notes by eAccounting's id. More than one is a conflict.
        unlinked: Records without an eAccounting id, by Busy's id.
        notes: What is noted about such records all the same, by Busy's id: most have no notes.
        unreadable: Records whose link cannot be read.
    """

    unchanged: dict[str, Record] = field(factory=dict[str, Record])
    linked: dict[str, list[tuple[Record, Noted]]] = field(factory=dict[str, list[tuple[Record, Noted]]])
    unlinked: dict[str, Record] = field(factory=dict[str, Record])
    notes: dict[str, Noted] = field(factory=dict[str, Noted])
    unreadable: list[Record] = field(factory=list[Record])

    @property
    def known(self) -> dict[str, str]:
        """Busy's ids of the linked records, by eAccounting's id; without what two records claim."""
        known = {id: record.id for id, record in self.unchanged.items()}
        known.update((id, holders[0][0].id) for id, holders in self.linked.items() if len(holders) == 1)
        return known

    def put(self, record: Record, noted: Noted | None) -> None:
        """Put a record that needs a closer look where it belongs."""
        if noted is not None and noted.eaccounting_id is not None:
            self.linked.setdefault(noted.eaccounting_id, []).append((record, noted))
            return
        self.unlinked[record.id] = record
        if noted is not None:
            self.notes[record.id] = noted

    def holder(self, id: str) -> Holder | None:
        """Return a linked record that needs a closer look, by Busy's id; None if there is none."""
        holders = (holder for group in self.linked.values() for holder in group)
        return next((holder for holder in holders if holder[0].id == id), None)


def sorted_in(
    work: Work, unchanged: dict[str, Record], others: Iterable[Record], *, closer: Collection[str] = ()
) -> Side:
    """Sort records by their links; one whose link cannot be read is a conflict.

    Args:
        work: What the plan collects.
        unchanged: The records that need no closer look, by eAccounting's id.
        others: Those that do.
        closer: Busy's ids of records that need one all the same.
    """
    side = Side(unchanged=unchanged)
    for record in others:
        _sort_in(work, side, record)
    also = [id for id, record in unchanged.items() if record.id in closer] if closer else []
    for id in {*also, *(unchanged.keys() & side.linked.keys())}:
        _sort_in(work, side, unchanged.pop(id))
    return side


def _sort_in(work: Work, side: Side, record: Record) -> None:
    """Read what the link of a record says, and put the record where it belongs."""
    try:
        noted = noted_in(record.link, work.company, kind=record.kind, id=record.id)
    except LinkUnreadable:
        side.unreadable.append(record)
        work.conflict(ConflictCode.LINK_UNREADABLE, records=(record,))
        return
    side.put(record, noted)
