"""Note what a sync did, and tell it."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from visma_busy_sync.eaccounting.errors import ReconnectNeeded
from visma_busy_sync.integration._application import Application
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._sync_report import Parked
from visma_busy_sync.integration.errors import ArchivingNotAllowed, ConnectionChanged, SyncRunning
from visma_busy_sync.state import (
    MOST_PARKED,
    RUNS,
    RUNS_SCHEMA,
    KindRun,
    ParkedChange,
    Runs,
    SyncRun,
    read,
    update,
)

_TOLD_OTHERWISE: Final = (ArchivingNotAllowed, ReconnectNeeded)
"""Of the one the caller is told, who had allowed something else; the other has an event of its own."""


async def runs(site: Site, tenant: str) -> Sequence[SyncRun]:
    """Return the last syncs, the latest one first."""
    kept = await read(site.state, tenant, RUNS, RUNS_SCHEMA)
    return tuple(kept.value.runs) if kept else ()


async def note_run(site: Site, tenant: str, run: SyncRun) -> None:
    """Keep a run."""
    await update(site.state, tenant, RUNS, RUNS_SCHEMA, lambda kept: (kept or Runs()).with_one(run))


async def note_failure(site: Site, tenant: str, error: Exception, *, started: datetime) -> None:
    """Keep a run that an error ended; where that fails too, the error itself is what matters.

    Of a tenant whose connection changed meanwhile nothing is kept: it may have left. Nor is it of one that
    another worker took over, because this one was held up for so long: what counts is how that one ends.
    """
    if isinstance(error, ConnectionChanged | SyncRunning):
        return
    with contextlib.suppress(Exception):
        ended = site.clock.now()
        run = SyncRun(started=started, ended=ended, error=type(error).__name__)
        await note_run(site, tenant, run)
        if not isinstance(error, _TOLD_OTHERWISE):
            site.teller.failed(tenant, run)


def run_of(work: Application, *, ended: datetime) -> SyncRun:
    """Return the record of a sync that was carried out."""
    situation = work.situation
    plan = situation.plan
    parked = [*work.moved, *work.refused]
    return SyncRun(
        started=situation.started,
        ended=ended,
        kinds={
            str(kind): KindRun(
                read=len(found.rows),
                whole=found.whole,
                sure=found.sure,
                unchanged=plan.unchanged.get(kind, 0),
                applied={str(action): count for (of, action), count in work.made.items() if of is kind},
            )
            for kind, found in situation.read.items()
        },
        parked=[parked_change(each) for each in parked[:MOST_PARKED]],
        parked_count=len(parked),
        withheld=len(plan.archiving.withheld),
        conflicts=dict(Counter(str(found.code) for found in plan.conflicts)),
        warnings=dict(Counter(str(found.code) for found in plan.warnings)),
    )


def parked_change(parked: Parked) -> ParkedChange:
    """Return what is kept of a change that the host did not make: no values."""
    planned = parked.planned
    return ParkedChange(
        kind=str(planned.kind),
        action=str(planned.action),
        eaccounting_id=planned.eaccounting_id,
        busy_id=planned.busy_id,
        why="refused" if parked.refused else "moved",
    )
