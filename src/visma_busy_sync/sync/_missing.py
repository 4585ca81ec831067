"""Linked records that eAccounting has no more (D8), or has under a new id (D11).

A reading that lacks a record is no proof that it is gone: it may be hidden. So the plan names whom to ask
for by id, and acts only on what eAccounting confirmed. Being gone is a transition: it is noted once, a
project is archived at that moment, and what a person does afterwards stays.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from typing import TypeAlias, TypeVar, final

from attrs import field, frozen

from visma_busy_sync.sync._links import Noted
from visma_busy_sync.sync._mapping import Upstream
from visma_busy_sync.sync._matching import Group, contradict, marks_of, number_and_name
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
    """Return the new records that have number and name of a missing one, by the missing one's id.

    What counts are its number and name in eAccounting when it was last seen: in Busy it may be called
    otherwise.
    """
    new = _by_key((number_and_name(marks_of(row.values)), row) for row in strangers)
    last_seen = {noted.eaccounting_id or "": number_and_name(marks_of(noted.base)) for _, noted in missing}
    return {id: new[key] for id, key in last_seen.items() if key in new}


def recreated(
    same: Mapping[str, list[Upstream]], gone: Iterable[Holder], unlinked: Iterable[Record]
) -> Recreated:
    """Find what was created again in eAccounting: number and name agree, and there is one candidate (D11).

    Args:
        same: The new records that agree, by the old one's id: what `twins` found.
        gone: The linked records that eAccounting confirmed to have no more.
        unlinked: Busy's other records: one that agrees as well is a second candidate.
    """
    holders = _by_key(
        (number_and_name(marks_of(noted.base)), (record, noted))
        for record, noted in gone
        if noted.eaccounting_id in same
    )
    if not holders:
        return Recreated()
    others = _by_key((number_and_name(marks_of(record.values)), record) for record in unlinked)
    pairs: list[tuple[Upstream, Holder]] = []
    differing: list[Group] = []
    ambiguous: list[Group] = []
    for key, mine in holders.items():
        (record, noted), also = mine[0], others.get(key, [])
        found = same[noted.eaccounting_id or ""]
        group = Group(tuple(found), (*(record for record, _ in mine), *also))
        if len(found) > 1 or len(mine) > 1 or also:
            ambiguous.append(group)
        elif contradict(marks_of(found[0].values), marks_of(noted.base)):
            differing.append(group)
        else:
            pairs.append((found[0], (record, noted)))
    return Recreated(tuple(pairs), tuple(differing), tuple(ambiguous))


def _by_key(keyed: Iterable[tuple[Hashable | None, T]]) -> dict[Hashable, list[T]]:
    found: dict[Hashable, list[T]] = {}
    for key, member in keyed:
        if key is not None:
            found.setdefault(key, []).append(member)
    return found
