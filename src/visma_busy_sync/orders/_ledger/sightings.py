"""What a reading of eAccounting's orders shows of one order of ours: its draft, several, none, or nothing.

The marker is compared here and not by a filter of the server, which may be ignored or understood otherwise.
It is looked for in the three references of an order: a person may have moved it from one to another, and
texts of rows come from Busy's users.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from visma_busy_sync.eaccounting import models
from visma_busy_sync.orders._building.marker import marked_revision, names_another, stem_of, stems_in
from visma_busy_sync.orders._ledger.ledger import LedgerEntry, State
from visma_busy_sync.orders._ledger.progress import agrees


@frozen(kw_only=True)
class Looked:
    """What a reading shows of one order; nothing of the three: it is not known.

    Attributes:
        draft: The one draft, or order, that has the marker of this revision.
        problem: Why a person has to look, one sentence: there are several, or one of another revision.
        absent: Whether there surely is none.
    """

    draft: models.Order | None = None
    problem: str | None = None
    absent: bool = False


def look_for(marker: str, rows: Iterable[models.Order], *, sure: bool) -> Looked:
    """Return what a reading shows of the order with `marker`.

    What is seen is there, however unsure the reading was; what is not seen is absent only after a sure one.

    Args:
        marker: The marker of the order's revision.
        rows: What was read.
        sure: Whether no row is missing.
    """
    seen = [(row, revision) for row in rows if (revision := revision_on(row, marker)) is not None]
    if not seen:
        return Looked(absent=sure)
    named = ", ".join(sorted(row.id for row, _ in seen))
    if len(seen) > 1:
        return Looked(problem=f"Several orders in eAccounting carry the marker of this one: {named}.")
    ((row, revision),) = seen
    if revision != int(marker.rpartition(".")[2]):
        return Looked(problem=f"The order {named} in eAccounting is revision {revision} of this one.")
    return Looked(draft=row)


def revision_on(row: models.Order, marker: str) -> int | None:
    """Return the revision of our order that an order in eAccounting names; None if it names none."""
    named = [marked_revision(text, marker) for text in _references(row)]
    return max((revision for revision in named if revision is not None), default=None)


def is_of_another(row: models.Order, marker: str) -> bool:
    """Tell whether an order in eAccounting carries the marker of another order."""
    return any(names_another(text, marker) for text in _references(row))


def twins_of(entry: LedgerEntry, rows: Iterable[models.Order]) -> Mapping[str, models.Order]:
    """Return orders in eAccounting with the same customer and rows as ours, and another one's marker.

    They are told by what the markers of all their revisions have in common. One that no order of the ledger
    has may be ours: a restored database forgets what it sent, and its hours may be on an order with another
    id now.
    """
    found: dict[str, models.Order] = {}
    for row in rows:
        stems = _stems_on(row) - {stem_of(entry.marker)}
        if stems and agrees(entry.order, entry.marker, row):
            found |= dict.fromkeys(stems, row)
    return found


def unmarked_twins(entry: LedgerEntry, rows: Iterable[models.Order]) -> Sequence[models.Order]:
    """Return orders in eAccounting with the same customer and rows as ours, and no marker at all.

    Somebody may have taken it away, and the order may have another id since.
    """
    return [row for row in rows if not _stems_on(row) and agrees(entry.order, entry.marker, row)]


def shows_drafts(rows: Iterable[models.Order], known: Iterable[LedgerEntry]) -> bool:
    """Tell whether a reading shows a draft that is known to be there: whether drafts are listed is not known.

    Args:
        rows: What was read.
        known: Other orders of the same tenant and company.
    """
    there = {entry.eaccounting_id: entry for entry in known if entry.state is State.TRANSFERRED}
    drafts = [row for row in rows if row.status is models.OrderStatus.DRAFT and row.id in there]
    return any(revision_on(row, there[row.id].marker) == there[row.id].revision for row in drafts)


def _references(row: models.Order) -> Sequence[str | models.Unset | None]:
    return row.our_reference, row.your_reference, row.buyers_order_reference


def _stems_on(row: models.Order) -> frozenset[str]:
    return frozenset[str]().union(*map(stems_in, _references(row)))
