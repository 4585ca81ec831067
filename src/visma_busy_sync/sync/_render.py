"""The parts of a plan as lines for a person. They show names and numbers, so they belong in no log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from visma_busy_sync.sync._changes import (
    Action,
    Conflict,
    FieldChange,
    Pending,
    PlannedChange,
    PlanWarning,
    Reason,
    Shown,
    in_one_line,
)
from visma_busy_sync.sync._guards import Archiving, Verdict
from visma_busy_sync.sync._records import Kind

SIGNS: Final[Mapping[Action, str]] = {
    Action.CREATE: "+",
    Action.ADOPT: "=",
    Action.UPDATE: "~",
    Action.ARCHIVE: "-",
    Action.RESTORE: "↺",
    Action.NOTE: "·",
}
VERBS: Final[Mapping[Action, str]] = {
    Action.CREATE: "create",
    Action.ADOPT: "adopt",
    Action.UPDATE: "update",
    Action.ARCHIVE: "archive",
    Action.RESTORE: "restore",
    Action.NOTE: "note",
}
_REASONS: Final[Mapping[Reason, str]] = {
    Reason.NEW: "new in eAccounting",
    Reason.ADOPTED: "the same record on both sides",
    Reason.CHANGED: "changed in eAccounting",
    Reason.FINISHED: "finished or not active in eAccounting",
    Reason.ONGOING_AGAIN: "in use again in eAccounting",
    Reason.MISSING_AT_CONNECTION: "not in eAccounting",
    Reason.MISSING: "no longer in eAccounting",
    Reason.RECREATED: "created again in eAccounting",
    Reason.NOTED: "nothing of the record changes",
}


def summary(counts: Mapping[Action, int], conflicts: int, warnings: int, *, waiting: int = 0) -> str:
    """Return a plan in one line, for instance `+ 12 create  ~ 3 update; nothing has changed yet`."""
    changes = "  ".join(
        f"{SIGNS[action]} {counts[action]} {VERBS[action]}" for action in Action if counts[action]
    )
    parts = [changes or "nothing to do"]
    parts += [
        _count(number, word) for number, word in ((conflicts, "conflict"), (warnings, "warning")) if number
    ]
    if waiting:
        parts.append(f"{_count(waiting, 'project')} to archive if you allow it")
    if changes:
        parts.append("nothing has changed yet")
    return "; ".join(parts)


def change_lines(planned: PlannedChange) -> list[str]:
    """Return a planned change and, indented, its fields."""
    head = f"{SIGNS[planned.action]} {VERBS[planned.action]} {planned.kind} {_name(planned.label)}"
    joined = (
        "; the same record on both sides" if planned.adopted and planned.reason is not Reason.ADOPTED else ""
    )
    lines = [f"{head} ({_REASONS[planned.reason]}{joined})"]
    lines += [
        f"    {each.field}: {_change(each, created=planned.busy_id is None)}" for each in planned.fields
    ]
    lines += [f"    {each.field}: {_kept(each)}" for each in planned.kept]
    return lines


def guard_lines(archiving: Archiving) -> list[str]:
    """Return what waits to be archived until a person allows it, and how to; empty if nothing waits."""
    if not archiving.waits:
        return []
    count, active = len(archiving.busy_ids), archiving.active
    why = f"{count} projects are gone from eAccounting, of {active} active ones: too many to archive unasked."
    if archiving.verdict is Verdict.OTHER_SET:
        why = "What is gone from eAccounting is no longer what was allowed to be archived."
    how = f"Look at each below; to archive exactly these, allow {archiving.digest}."
    waiting = [f"    {planned.kind} {_name(planned.label)}" for planned in archiving.withheld]
    return [f"! archiving waits: {why} {how}", *waiting]


def finding_line(finding: Conflict | PlanWarning) -> str:
    """Return a conflict or a warning with its advice."""
    sign = "!" if isinstance(finding, Conflict) else "?"
    return f"{sign} {finding}"


def unchanged_line(unchanged: Mapping[Kind, int]) -> str:
    """Return how many linked records stay as they are; empty if there are none."""
    counts = ", ".join(_count(number, kind) for kind, number in unchanged.items() if number)
    return f"unchanged: {counts}" if counts else ""


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _name(label: str) -> str:
    return in_one_line(label) or "without number and name"


def _change(change: FieldChange, *, created: bool) -> str:
    new = _shown(change.new, change.new_label)
    return new if created else f"{_shown(change.old, change.old_label)} → {new}"


def _kept(change: FieldChange) -> str:
    old, new = _shown(change.old, change.old_label), _shown(change.new, change.new_label)
    return f"{old} stays (eAccounting: {new})"


def _shown(value: Shown, label: str | None) -> str:
    if label:
        return in_one_line(label)
    if value is None or value == "":
        return "(empty)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    return value.eaccounting_id if isinstance(value, Pending) else f'"{in_one_line(value)}"'
