"""What a sync did, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import final

from attrs import field, frozen

from visma_busy_sync._core.texts import Language, counted
from visma_busy_sync.busy import _checks as check
from visma_busy_sync.sync import Action, Kind, Plan, PlannedChange
from visma_busy_sync.sync._changes import in_one_line
from visma_busy_sync.sync._render import subject
from visma_busy_sync.sync._texts import (
    ACTIONS,
    APPLIED,
    DONE,
    KINDS,
    LEFT_AS_IT_IS,
    MOVED,
    NOTHING,
    NOTHING_TO_DO,
    ONLY_CHANGES,
    REFUSED,
    TO_ALLOW,
    UNDONE,
    WAS_MOVED,
    WAS_REFUSED,
)


@frozen
class Parked:
    """A change that the host did not make.

    Attributes:
        planned: The change.
        reason: Why: the host's sentence, or that the record changed meanwhile.
        refused: Whether the host cannot hold the record. If not, it changed meanwhile.
    """

    planned: PlannedChange
    reason: str
    refused: bool = False

    def text(self, language: Language) -> str:
        """Say it in a language, in one line; a host's sentence stays as it is. It belongs in no log."""
        why = (WAS_REFUSED if self.refused else WAS_MOVED).of(language).format(reason=self.reason)
        verb = ACTIONS[self.planned.action].of(language)
        return f"{subject(self.planned, language, verb=verb)}: {in_one_line(why)}"


@final
@frozen(kw_only=True)
class SyncReport:
    """What a sync did; `str(report)` says it in one line of English, `text("nb")` of Norwegian.

    Attributes:
        plan: What was planned.
        applied: How many changes were made, by action.
        moved: Changes left out because the record changed meanwhile; they are planned again next time.
        refused: Changes that the host cannot hold, with its reasons.
        read: How many records eAccounting gave, by kind.
        whole: Whether that was all it has of each kind; else, of some kinds, only what changed lately. What
            was deleted there shows in a whole reading only, as that of a plan.
        started: When the reading of eAccounting began.
        ended: When all was applied.
    """

    plan: Plan = field(repr=False)
    applied: Mapping[Action, int]
    moved: tuple[Parked, ...] = field(default=(), repr=check.counted)
    refused: tuple[Parked, ...] = field(default=(), repr=check.counted)
    read: Mapping[Kind, int] = field(factory=dict[Kind, int])
    whole: bool = True
    started: datetime
    ended: datetime

    def text(self, language: Language) -> str:
        """Say it in a language, in one line."""
        waits = len(self.plan.archiving.withheld)
        projects = counted(waits, KINDS[Kind.PROJECT], language)
        left = [TO_ALLOW.of(language).format(projects=projects)] if waits else []
        if self.plan.is_empty:
            return "; ".join([NOTHING_TO_DO.of(language), *self._read(language), *left])
        counts = {action: self.applied.get(action, 0) for action in Action}
        done = ", ".join(f"{count} {DONE[action].of(language)}" for action, count in counts.items() if count)
        left += [
            words.of(language).format(count=len(parked))
            for words, parked in ((MOVED, self.moved), (REFUSED, self.refused))
            if parked
        ]
        return APPLIED.of(language).format(done=", ".join([done or NOTHING.of(language), *left]))

    def _read(self, language: Language) -> list[str]:
        """Say that not all was read, and what was: else who has just seen a plan of all would wonder."""
        if self.whole:
            return []
        counts = [counted(number, KINDS[kind], language) for kind, number in self.read.items() if number]
        return [ONLY_CHANGES.of(language).format(counts=", ".join(counts) or NOTHING.of(language))]

    def __str__(self) -> str:
        return self.text("en")


@final
@frozen
class UndoReport:
    """What undoing a sync did; `str(report)` says it in one line of English, `text("nb")` of Norwegian.

    Attributes:
        undone: What is as it was before.
        left_out: What is not: it was never applied, or its record was changed since (`moved`), or the host
            cannot hold what was there before.
    """

    undone: tuple[PlannedChange, ...] = field(default=(), repr=check.counted)
    left_out: tuple[Parked, ...] = field(default=(), repr=check.counted)

    def text(self, language: Language) -> str:
        """Say it in a language, in one line."""
        told = UNDONE.of(language).format(count=len(self.undone))
        if self.left_out:
            told += "; " + counted(len(self.left_out), LEFT_AS_IT_IS, language)
        return told

    def __str__(self) -> str:
        return self.text("en")
