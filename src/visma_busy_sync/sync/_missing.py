"""Linked records that eAccounting has no more (D8), or has under a new id (D11).

A reading that lacks a record is no proof that it is gone: it may be hidden. So the plan names whom to ask
for by id, and acts only on what eAccounting confirmed. Being gone is a transition: it is noted once, a
project is archived at that moment, and what a person does afterwards stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeAlias, TypeVar, final

from attrs import field, frozen

from visma_busy_sync.sync._links import Noted
from visma_busy_sync.sync._mapping import Upstream
from visma_busy_sync.sync._matching import Group, Marks, marks_of
from visma_busy_sync.sync._records import Kind, Record

T = TypeVar("T")

Holder: TypeAlias = "tuple[Record, Noted]"
"""A record of Busy and what its link notes."""


@final
@frozen
class Gone:
    """What eAccounting, asked for it by id, answered that it does not have.

    Attributes:
        on: The day on which it was asked.
        ids: eAccounting's ids, by kind.
    """

    on: date
    ids: Mapping[Kind, frozenset[str]] = field(factory=dict[Kind, "frozenset[str]"])


@final
@frozen
class Recreated:
    """Which records that are gone came back under a new id.

    Attributes:
        pairs: The new record of eAccounting and the holder of the old one.
        differing: Pairs whose organisation numbers contradict each other.
        ambiguous: Groups in which it cannot be told.
    """

    pairs: tuple[tuple[Upstream, Holder], ...] = ()
    differing: tuple[Group, ...] = ()
    ambiguous: tuple[Group, ...] = ()

    @property
    def rows(self) -> frozenset[str]:
        """Ids in eAccounting of all new records that take part."""
        groups = (*self.differing, *self.ambiguous)
        return frozenset((*(row.id for row, _ in self.pairs), *(row.id for g in groups for row in g.rows)))

    @property
    def records(self) -> frozenset[str]:
        """Busy's ids of all records that take part."""
        groups = (*self.differing, *self.ambiguous)
        return frozenset((*(h[0].id for _, h in self.pairs), *(r.id for g in groups for r in g.records)))


def twins(strangers: Iterable[Upstream], missing: Iterable[Holder]) -> dict[str, list[Upstream]]:
    """Return the new records that have number and name of a missing one, by the missing one's id."""
    new = _by_key((_key(marks_of(row.values)), row) for row in strangers)
    last_seen = {noted.eaccounting_id or "": _last_seen(noted) for _, noted in missing}
    return {id: new[key] for id, key in last_seen.items() if key in new}


def recreated(strangers: Iterable[Upstream], gone: Iterable[Holder], unlinked: Iterable[Record]) -> Recreated:
    """Find what was created again in eAccounting: number and name agree, and there is one candidate (D11).

    Args:
        strangers: eAccounting's records that no record of Busy is linked to.
        gone: The linked records that eAccounting confirmed to have no more. What counts are their number
            and name in eAccounting when they were last seen: in Busy they may be called otherwise.
        unlinked: Busy's other records: one that agrees as well is a second candidate.
    """
    holders = _by_key((_last_seen(noted), (record, noted)) for record, noted in gone)
    if not holders:
        return Recreated()
    rows = _by_key((_key(marks_of(row.values)), row) for row in strangers)
    others = _by_key((_key(marks_of(record.values)), record) for record in unlinked)
    pairs: list[tuple[Upstream, Holder]] = []
    differing: list[Group] = []
    ambiguous: list[Group] = []
    for key in holders.keys() & rows.keys():
        found, mine, also = rows[key], holders[key], others.get(key, [])
        group = Group(tuple(found), (*(record for record, _ in mine), *also))
        if len(found) > 1 or len(mine) > 1 or also:
            ambiguous.append(group)
        elif _contradict(found[0], mine[0][1]):
            differing.append(group)
        else:
            pairs.append((found[0], mine[0]))
    return Recreated(tuple(pairs), tuple(differing), tuple(ambiguous))


_Key: TypeAlias = "tuple[str, str] | None"


def _key(marks: Marks) -> _Key:
    return None if marks.number is None or marks.name is None else (marks.number, marks.name)


def _last_seen(noted: Noted) -> _Key:
    return _key(marks_of(noted.base))


def _contradict(row: Upstream, noted: Noted) -> bool:
    now, before = marks_of(row.values).organization, marks_of(noted.base).organization
    return now is not None and before is not None and now != before


def _by_key(keyed: Iterable[tuple[_Key, T]]) -> dict[tuple[str, str], list[T]]:
    found: dict[tuple[str, str], list[T]] = {}
    for key, member in keyed:
        if key is not None:
            found.setdefault(key, []).append(member)
    return found
