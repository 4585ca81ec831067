"""How the lists of a company are read: whole once in a while, else only what changed since.

A reading of what changed costs one request. What it cannot show comes with the next whole reading: deleted
records, and changes that did not touch the stamp. What waits to be tried again is read by its id.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from attrs import evolve

from visma_busy_sync.eaccounting import Inactive, Manner
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.state import ListNotes
from visma_busy_sync.sync import Kind, Read

OVERLAP: Final = timedelta(minutes=10)
"""How far a reading goes back behind the last one: changes may show up late, and clocks differ."""

RELEARN_AFTER: Final = timedelta(days=7)
"""After so long it is tried anew whether a server can do what it refused before."""

MOST_OPEN: Final = 50
"""So many records are read one by one at most; for more, a whole reading is cheaper."""


def needs_whole(notes: ListNotes, *, now: datetime, every: timedelta) -> bool:
    """Whether a list is to be read whole.

    Args:
        notes: What is known of it.
        now: Our clock.
        every: How often it is to be read whole.
    """
    if notes.since is None or notes.whole_at is None or len(notes.open) > MOST_OPEN:
        return True
    return not timedelta(0) <= now - notes.whole_at < every


async def fetch(
    upstream: Upstream, kind: Kind, notes: ListNotes, *, whole: bool, now: datetime
) -> tuple[Read, ListNotes]:
    """Read a list.

    Args:
        upstream: eAccounting.
        kind: Which list.
        notes: What is known of it.
        whole: Whether it is to be read whole.
        now: Our clock.

    Returns:
        What the engine gets, and what is known of the list once all of it is carried out.

    Raises:
        EAccountingError: If it cannot be read; nothing is known then.
    """
    if notes.learned_at is None or not timedelta(0) <= now - notes.learned_at < RELEARN_AFTER:
        notes = evolve(notes, by_stamp=True, inactive=Inactive.UNKNOWN.value, learned_at=now)
    manner = Manner(by_stamp=notes.by_stamp, inactive=Inactive(notes.inactive))
    if not whole and notes.since is not None:
        changed = await upstream.changes(kind, notes.since, manner)
        if changed is not None:
            rows = {row.id: row for row in changed.rows}
            for id in notes.open:
                if id not in rows and (row := await upstream.record(kind, id)) is not None:
                    rows[id] = row
            later = max(notes.since, _behind(changed.server_time) or notes.since)
            part = Read(tuple(rows.values()), sure=True, whole=False)
            return part, evolve(notes, since=later, open=[])
    found = await upstream.read(kind, manner)
    since = _behind(found.server_time) if found.sure and found.all_stamped and found.manner.by_stamp else None
    return Read(found.rows, sure=found.sure, inactive_unknown=found.inactive_unknown), evolve(
        notes,
        since=since,
        whole_at=now if found.sure else notes.whole_at,
        by_stamp=found.manner.by_stamp,
        inactive=found.manner.inactive.value,
        open=[],
    )


def _behind(server_time: datetime | None) -> datetime | None:
    return None if server_time is None else server_time - OVERLAP
