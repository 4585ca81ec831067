"""A plan as the preview shows it: in groups, what is archived before everything else and by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from attrs import frozen

from busy_pages import formats, labels
from busy_pages.texts import TEXTS
from visma_busy_sync.integration import Language
from visma_busy_sync.sync import Action, FieldChange, Kind, Plan, PlannedChange

_LISTED = (Action.RESTORE, Action.UPDATE, Action.ADOPT, Action.CREATE)
"""The order of the groups; what people would mind most comes first. What is archived has its own list."""

_COUNTED = tuple(action for action in Action if action is not Action.NOTE)
"""What of a plan people see afterwards; a note changes nothing of a record."""


@frozen
class ShownChange:
    """One change: number and name, why, and the fields that it sets in words."""

    label: str
    reason: str
    fields: tuple[str, ...]


@frozen
class ShownGroup:
    """All changes of one sort to one kind of record."""

    action: Action
    kind: Kind
    changes: tuple[ShownChange, ...]


@frozen(kw_only=True)
class ShownPlan:
    """What the preview shows.

    Attributes:
        missing: What is archived because eAccounting does not have it.
        finished: What is archived because it is not in use there.
        withheld: What would be archived, but waits for this person's permission.
        groups: Everything else, by action and kind.
        counts: How many changes there are of each action that people see; none that are 0.
        findings: Conflicts and warnings, each a sentence of the package.
        digest: What a permission to archive names; empty where nothing is archived as missing.
    """

    missing: tuple[ShownChange, ...]
    finished: tuple[ShownChange, ...]
    withheld: tuple[ShownChange, ...]
    groups: tuple[ShownGroup, ...]
    counts: tuple[tuple[Action, int], ...]
    findings: tuple[str, ...]
    digest: str

    @property
    def archived(self) -> int:
        """How many records are archived if this person goes on."""
        return len(self.missing) + len(self.finished) + len(self.withheld)


def shown_plan(plan: Plan, language: Language) -> ShownPlan:
    """Return a plan as the preview shows it."""
    archived = [each for each in plan.changes if each.action is Action.ARCHIVE]
    as_missing = set(plan.archiving.busy_ids)
    groups = [
        ShownGroup(action, kind, _shown(found, language))
        for action in _LISTED
        for kind in (Kind.PROJECT, Kind.CUSTOMER, Kind.PRODUCT)
        if (found := [each for each in plan.changes if each.action is action and each.kind is kind])
    ]
    return ShownPlan(
        missing=_shown([each for each in archived if _is_missing(each, as_missing)], language),
        finished=_shown([each for each in archived if not _is_missing(each, as_missing)], language),
        withheld=_shown(plan.archiving.withheld, language),
        groups=tuple(groups),
        counts=tuple((action, plan.counts[action]) for action in _COUNTED if plan.counts[action]),
        findings=(
            *(conflict.text(language) for conflict in plan.conflicts),
            *(warning.text(language) for warning in plan.warnings),
        ),
        digest=plan.archiving.digest,
    )


def _is_missing(planned: PlannedChange, ids: set[str]) -> bool:
    return planned.kind is Kind.PROJECT and planned.busy_id in ids


def _shown(changes: Sequence[PlannedChange], language: Language) -> tuple[ShownChange, ...]:
    return tuple(
        ShownChange(
            label=each.label or TEXTS["nameless"].of(language),
            reason=labels.reason(each.reason, language),
            fields=_fields(each, language),
        )
        for each in changes
    )


def _fields(planned: PlannedChange, language: Language) -> tuple[str, ...]:
    """Return what is set, where that is not said already: all of a new record, or that it is archived."""
    if planned.busy_id is None:
        return ()
    return tuple(_field(each, language) for each in planned.fields if each.field != "archived")


def _field(change: FieldChange, language: Language) -> str:
    old = change.old_label or _value(change.old, language)
    new = change.new_label or _value(change.new, language)
    return f"{labels.FIELDS[change.field].of(language)}: {old} → {new}"


def _value(value: object, language: Language) -> str:
    if value is None or value == "":
        return TEXTS["empty"].of(language)
    if isinstance(value, bool):
        return TEXTS["yes" if value else "no"].of(language)
    return formats.day(value, language) if isinstance(value, date) else str(value)
