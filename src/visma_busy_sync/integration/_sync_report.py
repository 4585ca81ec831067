"""What a sync did, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, final

from attrs import field, frozen

from visma_busy_sync.sync import Action, Plan, PlannedChange
from visma_busy_sync.sync._render import VERBS


@frozen
class Parked:
    """A change that the host did not make.

    Attributes:
        planned: The change.
        reason: Why: the host's sentence, or that the record changed meanwhile.
    """

    planned: PlannedChange
    reason: str


@final
@frozen(kw_only=True)
class SyncReport:
    """What a sync did; `str(report)` says it in one line.

    Attributes:
        plan: What was planned.
        applied: How many changes were made, by action.
        moved: Changes left out because the record changed meanwhile; they are planned again next time.
        refused: Changes that the host cannot hold, with its reasons.
        started: When the reading of eAccounting began.
        ended: When all was applied.
    """

    plan: Plan = field(repr=False)
    applied: Mapping[Action, int]
    moved: tuple[Parked, ...] = field(default=(), repr=False)
    refused: tuple[Parked, ...] = field(default=(), repr=False)
    started: datetime
    ended: datetime

    def __str__(self) -> str:
        waits = self.plan.archiving.withheld
        left = [f"{len(waits)} to archive wait for your permission"] if waits else []
        if self.plan.is_empty:
            return "; ".join(["nothing to do", *left])
        counts = {action: self.applied.get(action, 0) for action in Action}
        done = ", ".join(f"{count} {VERBS[action]}" for action, count in counts.items() if count)
        left += [f"{len(self.moved)} moved meanwhile"] if self.moved else []
        left += [f"{len(self.refused)} refused by Busy"] if self.refused else []
        return f"applied: {', '.join([done or 'nothing', *left])}"


TOUCHED: Final = "it was not applied, or the record was changed since"


@final
@frozen
class UndoReport:
    """What undoing a sync did; `str(report)` says it in one line.

    Attributes:
        undone: What is as it was before.
        left_out: What is not: it was never applied, or its record was changed since, or the host cannot hold
            what was there before.
    """

    undone: tuple[PlannedChange, ...] = field(default=(), repr=False)
    left_out: tuple[Parked, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        left = f"; {len(self.left_out)} left as they are" if self.left_out else ""
        return f"undone: {len(self.undone)}{left}"
