"""The parts of a plan as lines for a person. They show names and numbers, so they belong in no log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from visma_busy_sync._core.texts import Language, counted
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
from visma_busy_sync.sync._guards import Archiving
from visma_busy_sync.sync._records import Kind
from visma_busy_sync.sync._texts import (
    ACTIONS,
    CONFLICTS,
    EMPTY,
    FIELD_NAMES,
    HEAD,
    HOW_TO_ALLOW,
    KINDS,
    NAMELESS,
    NO,
    NOT_YET,
    NOTHING_TO_DO,
    REASONS,
    STAYS,
    TO_ALLOW,
    UNCHANGED,
    VERDICTS,
    WAITS,
    WARNINGS,
    YES,
)

SIGNS: Final[Mapping[Action, str]] = {
    Action.CREATE: "+",
    Action.ADOPT: "=",
    Action.UPDATE: "~",
    Action.ARCHIVE: "-",
    Action.RESTORE: "↺",
    Action.NOTE: "·",
}


def summary(
    counts: Mapping[Action, int],
    conflicts: int,
    warnings: int,
    language: Language,
    *,
    waiting: int = 0,
    carried_out: bool = False,
) -> str:
    """Return a plan in one line, for instance `+ 12 create  ~ 3 update; nothing has changed yet`."""
    changes = "  ".join(
        f"{SIGNS[action]} {counts[action]} {ACTIONS[action].of(language)}"
        for action in Action
        if counts[action]
    )
    parts = [changes or NOTHING_TO_DO.of(language)]
    parts += [
        counted(number, words, language)
        for number, words in ((conflicts, CONFLICTS), (warnings, WARNINGS))
        if number
    ]
    if waiting:
        projects = counted(waiting, KINDS[Kind.PROJECT], language)
        parts.append(TO_ALLOW.of(language).format(projects=projects))
    if changes and not carried_out:
        parts.append(NOT_YET.of(language))
    return "; ".join(parts)


def change_lines(planned: PlannedChange, language: Language) -> list[str]:
    """Return a planned change and, indented, its fields."""
    verb = ACTIONS[planned.action].of(language)
    why = REASONS[planned.reason].of(language)
    if planned.adopted and planned.reason is not Reason.ADOPTED:
        why += f"; {REASONS[Reason.ADOPTED].of(language)}"
    lines = [f"{SIGNS[planned.action]} {subject(planned, language, verb=verb)} ({why})"]
    lines += [
        f"    {field_name(each.field, language)}: {_change(each, language, created=planned.busy_id is None)}"
        for each in planned.fields
    ]
    lines += [f"    {field_name(each.field, language)}: {_kept(each, language)}" for each in planned.kept]
    return lines


def guard_lines(archiving: Archiving, language: Language) -> list[str]:
    """Return what waits to be archived until a person allows it, and how to; empty if nothing waits."""
    if not archiving.waits:
        return []
    how = HOW_TO_ALLOW.of(language).format(digest=archiving.digest)
    waits = WAITS.of(language).format(why=verdict_text(archiving, language), how=how)
    waiting = [
        f"    {KINDS[planned.kind][0].of(language)} {called(planned.label, language)}"
        for planned in archiving.withheld
    ]
    return [f"! {waits}", *waiting]


def verdict_text(archiving: Archiving, language: Language) -> str:
    """Return why projects that eAccounting does not have are archived or wait."""
    said = VERDICTS[archiving.verdict].of(language)
    return said.format(count=len(archiving.busy_ids), active=archiving.active)


def finding_line(finding: Conflict | PlanWarning, language: Language) -> str:
    """Return a conflict or a warning with its advice."""
    sign = "!" if isinstance(finding, Conflict) else "?"
    return f"{sign} {finding.text(language)}"


def unchanged_line(unchanged: Mapping[Kind, int], language: Language) -> str:
    """Return how many linked records stay as they are; empty if there are none."""
    counts = ", ".join(counted(number, KINDS[kind], language) for kind, number in unchanged.items() if number)
    return UNCHANGED.of(language).format(counts=counts) if counts else ""


def called(label: str, language: Language) -> str:
    """Return number and name of a record in one line, or that it has none."""
    return in_one_line(label) or NAMELESS.of(language)


def field_name(field: str, language: Language) -> str:
    """Return what a field is called."""
    return FIELD_NAMES[field].of(language)


def shown(value: Shown, label: str | None, language: Language) -> str:
    """Return a value for a person; one that is an id by its label."""
    if label:
        return in_one_line(label)
    if value is None or value == "":
        return EMPTY.of(language)
    if isinstance(value, bool):
        return (YES if value else NO).of(language)
    if isinstance(value, date):
        return value.isoformat()
    return value.eaccounting_id if isinstance(value, Pending) else f'"{in_one_line(value)}"'


def subject(planned: PlannedChange, language: Language, *, verb: str) -> str:
    """Return what is done to what."""
    kind = KINDS[planned.kind][0].of(language)
    return HEAD.of(language).format(verb=verb, kind=kind, name=called(planned.label, language))


def _change(change: FieldChange, language: Language, *, created: bool) -> str:
    new = shown(change.new, change.new_label, language)
    return new if created else f"{shown(change.old, change.old_label, language)} → {new}"


def _kept(change: FieldChange, language: Language) -> str:
    old = shown(change.old, change.old_label, language)
    new = shown(change.new, change.new_label, language)
    return STAYS.of(language).format(old=old, new=new)
