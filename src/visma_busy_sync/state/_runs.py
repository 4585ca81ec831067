"""What the last syncs of a tenant did: counts and ids, no names."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import field, frozen

from visma_busy_sync.state._documents import Schema

RUNS: Final = "runs"

MOST_RUNS: Final = 50
"""So many runs are kept; older ones are forgotten."""

MOST_PARKED: Final = 100
"""So many changes that were not made are named in a run; all of them are counted."""


@frozen(kw_only=True)
class ParkedChange:
    """A change that the host did not make.

    Attributes:
        kind: Of the record.
        action: What was to be done.
        eaccounting_id: The record's id in eAccounting, if it has one.
        busy_id: Its id in Busy, if it has one.
        why: `moved` if it changed meanwhile, `refused` if the host cannot hold it.
    """

    kind: str
    action: str
    eaccounting_id: str | None
    busy_id: str | None
    why: str


@frozen(kw_only=True)
class KindRun:
    """What a sync did about one kind.

    Attributes:
        read: How many records eAccounting gave.
        whole: Whether that were to be all, else those that changed lately.
        sure: Whether it surely was all that it was to be.
        unchanged: How many linked records stayed as they were.
        applied: How many changes were made, by action.
    """

    read: int
    whole: bool
    sure: bool
    unchanged: int
    applied: dict[str, int] = field(factory=dict[str, int])


@frozen(kw_only=True)
class SyncRun:
    """One sync.

    Attributes:
        started: When it began to read.
        ended: When it ended.
        error: The name of the error that ended it; None: it was carried out.
        kinds: What it did, by kind; empty if it ended before it knew.
        parked: Changes that were not made, the first ones of them.
        parked_count: How many there were.
        withheld: How many projects to archive wait for a person's permission.
        conflicts: How many conflicts there were, by code.
        warnings: How many warnings there were, by code.
    """

    started: datetime
    ended: datetime
    error: str | None = None
    kinds: dict[str, KindRun] = field(factory=dict[str, KindRun])
    parked: list[ParkedChange] = field(factory=list[ParkedChange])
    parked_count: int = 0
    withheld: int = 0
    conflicts: dict[str, int] = field(factory=dict[str, int])
    warnings: dict[str, int] = field(factory=dict[str, int])


@frozen
class Runs:
    """The last syncs, the latest one first."""

    runs: list[SyncRun] = field(factory=list[SyncRun])

    def with_one(self, run: SyncRun) -> Runs:
        """Return these and another one, without those that are too many."""
        return Runs([run, *self.runs][:MOST_RUNS])


RUNS_SCHEMA: Final = Schema(Runs, instead=Runs())
