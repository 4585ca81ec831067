"""Adoption: which unlinked record of eAccounting is which unlinked record of Busy.

Both systems count from 1, so equal numbers mean little; a wrong match bills the wrong customer. Hence:

1. Pairs that agree in everything there is are taken first, if they are the only such pair. This decides
   for the right one of two records that share a number (D6), or of two branches that share an
   organisation number.
2. Among the rest, records that agree in one key of the setting are candidates for each other. Records
   connected by candidates form a group. A group of one and one is a pair, unless their organisation
   numbers contradict it (D3); any larger group is ambiguous, and none of it is touched.

Everything is done by look-ups in dicts over the unlinked records, so the time is linear.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar, final

from attrs import define, field, frozen

from visma_busy_sync.busy._numbers import number_key
from visma_busy_sync.sync._mapping import Upstream
from visma_busy_sync.sync._names import name_key, organization_key
from visma_busy_sync.sync._records import Record, Value
from visma_busy_sync.sync._settings import Match


@final
@frozen
class Marks:
    """The normal forms of a record, by which it is recognised; None where it has none."""

    number: str | None
    name: str | None
    organization: str | None

    @property
    def keys(self) -> list[tuple[str, str]]:
        """What the record can be looked up by: the name of each mark that it has, and the mark."""
        pairs = (("number", self.number), ("name", self.name), ("organization", self.organization))
        return [(what, key) for what, key in pairs if key is not None]


def marks_of(values: Mapping[str, Value]) -> Marks:
    """Return the normal forms of a record's values."""
    return Marks(
        number_key(values.get("number")),
        name_key(values.get("name")),
        organization_key(values.get("organization_number")),
    )


@final
@frozen
class Group:
    """Records of both sides that could be one and the same."""

    rows: tuple[Upstream, ...]
    records: tuple[Record, ...]


@final
@frozen
class Matching:
    """The outcome of adoption.

    Attributes:
        pairs: What belongs together.
        differing: Pairs whose organisation numbers contradict each other.
        ambiguous: Groups in which it cannot be told.
        alone: The rows of eAccounting that nothing in Busy is a candidate for.
    """

    pairs: tuple[tuple[Upstream, Record], ...]
    differing: tuple[Group, ...]
    ambiguous: tuple[Group, ...]
    alone: tuple[Upstream, ...]


def contradict(one: Marks, other: Marks) -> bool:
    """Whether both have an organisation number and the two differ (D3)."""
    return one.organization is not None and other.organization not in (None, one.organization)


_Member = TypeVar("_Member", Upstream, Record)

_Key: TypeAlias = Callable[[Marks], Hashable | None]


def _everything(marks: Marks) -> Hashable | None:
    parts = (marks.number, marks.name, marks.organization)
    return None if None in parts else parts


def number_and_name(marks: Marks) -> Hashable | None:
    """Return what two records of one number and name have in common; None where either lacks."""
    parts = (marks.number, marks.name)
    return None if None in parts else parts


def _number(marks: Marks) -> Hashable | None:
    return marks.number


def _organization(marks: Marks) -> Hashable | None:
    return marks.organization


_SUREST: Final[Mapping[Match, tuple[_Key, ...]]] = {
    Match.NUMBER_AND_NAME: (_everything,),
    Match.NUMBER: (_everything, number_and_name),
    Match.NEVER: (),
}
_CANDIDATES: Final[Mapping[Match, tuple[_Key, ...]]] = {
    Match.NUMBER_AND_NAME: (number_and_name, _organization),
    Match.NUMBER: (_number, _organization),
    Match.NEVER: (),
}


@define
class _Shelf:
    """The records of both sides that share one key."""

    rows: list[Upstream] = field(factory=list[Upstream])
    records: list[Record] = field(factory=list[Record])


@define
class _Pool:
    """What is not matched yet."""

    rows: dict[str, Upstream]
    records: dict[str, Record]
    row_marks: dict[str, Marks]
    record_marks: dict[str, Marks]

    def shelves(self, key: _Key) -> list[_Shelf]:
        """Return the shelves by `key` that have records of both sides."""
        found: dict[Hashable, _Shelf] = {}
        for row in self.rows.values():
            value = key(self.row_marks[row.id])
            if value is not None:
                found.setdefault(value, _Shelf()).rows.append(row)
        for record in self.records.values():
            shelf = found.get(key(self.record_marks[record.id]))
            if shelf is not None:
                shelf.records.append(record)
        return [shelf for shelf in found.values() if shelf.records]

    def single(self, key: _Key) -> list[tuple[Upstream, Record]]:
        """Return the pairs that are the only ones to agree in `key` and that nothing contradicts."""
        return [
            (shelf.rows[0], shelf.records[0])
            for shelf in self.shelves(key)
            if len(shelf.rows) == len(shelf.records) == 1
            and not self.contradict(shelf.rows[0], shelf.records[0])
        ]

    def contradict(self, row: Upstream, record: Record) -> bool:
        """Whether the two have different organisation numbers."""
        return contradict(self.record_marks[record.id], self.row_marks[row.id])

    def take(self, row: Upstream, record: Record) -> tuple[Upstream, Record]:
        """Take a pair out of the pool."""
        return self.rows.pop(row.id), self.records.pop(record.id)


def match(rows: Iterable[Upstream], records: Iterable[Record], how: Match) -> Matching:
    """Find what belongs together among unlinked records of one kind.

    Args:
        rows: eAccounting's records that no record of Busy is linked to.
        records: Busy's records that are not linked.
        how: What must agree.
    """
    rows_by_id = {row.id: row for row in rows}
    records_by_id = {record.id: record for record in records}
    if not records_by_id:
        return Matching((), (), (), tuple(rows_by_id.values()))
    pairs = _plain_pairs(rows_by_id, records_by_id, how)
    pool = _Pool(
        rows_by_id,
        records_by_id,
        {id: marks_of(row.values) for id, row in rows_by_id.items()},
        {id: marks_of(record.values) for id, record in records_by_id.items()},
    )
    for key in _SUREST[how]:
        pairs += [pool.take(row, record) for row, record in pool.single(key)]
    differing: list[Group] = []
    ambiguous: list[Group] = []
    grouped: set[str] = set()
    for group in _groups([shelf for key in _CANDIDATES[how] for shelf in pool.shelves(key)]):
        grouped.update(row.id for row in group.rows)
        row, record = group.rows[0], group.records[0]
        if len(group.rows) > 1 or len(group.records) > 1:
            ambiguous.append(group)
        elif pool.contradict(row, record):
            differing.append(group)
        else:
            pairs.append((row, record))
    alone = tuple(row for id, row in pool.rows.items() if id not in grouped)
    return Matching(tuple(pairs), tuple(differing), tuple(ambiguous), alone)


def _plain_pairs(
    rows: dict[str, Upstream], records: dict[str, Record], how: Match
) -> list[tuple[Upstream, Record]]:
    """Take out the pairs that need no closer look, which at most first connections are most of them.

    Whoever has no organisation number is in a group by its number alone. So two that have one number, which
    nobody else has, can be in no larger group.
    """
    if how is Match.NEVER:
        return []
    numbered = _by_number(rows.values())
    pairs: list[tuple[Upstream, Record]] = []
    for number, record in _by_number(records.values()).items():
        row = numbered.get(number)
        if row is not None and record is not None and _is_plain(row.values, record.values, how):
            pairs.append((row, record))
            del rows[row.id], records[record.id]
    return pairs


def _by_number(members: Iterable[_Member]) -> dict[str, _Member | None]:
    """Return who has a number; None where several have it."""
    found: dict[str, _Member | None] = {}
    for member in members:
        number = number_key(member.values.get("number"))
        if number is not None:
            found[number] = None if number in found else member
    return found


def _is_plain(one: Mapping[str, Value], other: Mapping[str, Value], how: Match) -> bool:
    if one.get("organization_number") or other.get("organization_number"):
        return False
    if how is Match.NUMBER:
        return True
    name, mine = one.get("name"), other.get("name")
    if name == mine:
        return isinstance(name, str) and bool(name.strip())
    key = name_key(name)
    return key is not None and key == name_key(mine)


def _groups(shelves: Sequence[_Shelf]) -> list[Group]:
    """Join shelves that share a record into groups."""
    shelves_of_row = _places(shelves, lambda shelf: shelf.rows)
    shelves_of_record = _places(shelves, lambda shelf: shelf.records)
    groups: list[Group] = []
    seen: set[int] = set()
    for start in range(len(shelves)):
        if start in seen:
            continue
        seen.add(start)
        rows: dict[str, Upstream] = {}
        records: dict[str, Record] = {}
        waiting = [start]
        while waiting:
            shelf = shelves[waiting.pop()]
            rows.update((row.id, row) for row in shelf.rows)
            records.update((record.id, record) for record in shelf.records)
            near = {place for row in shelf.rows for place in shelves_of_row[row.id]}
            near.update(place for record in shelf.records for place in shelves_of_record[record.id])
            waiting.extend(near - seen)
            seen |= near
        groups.append(Group(tuple(rows.values()), tuple(records.values())))
    return groups


def _places(
    shelves: Sequence[_Shelf], members: Callable[[_Shelf], Sequence[Upstream | Record]]
) -> dict[str, list[int]]:
    """Return on which shelves each record stands."""
    places: dict[str, list[int]] = {}
    for place, shelf in enumerate(shelves):
        for member in members(shelf):
            places.setdefault(member.id, []).append(place)
    return places
