"""The plan: everything that a sync would do, as a value. Making it changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import cast, final

from attrs import field, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.texts import Language
from visma_busy_sync.sync._changes import Action, Conflict, PlannedChange, PlanWarning
from visma_busy_sync.sync._errors import RecordUnknown
from visma_busy_sync.sync._explain import Explanation, explained
from visma_busy_sync.sync._fates import Fates, RecordFate, fates_of
from visma_busy_sync.sync._guards import Archiving
from visma_busy_sync.sync._records import Kind
from visma_busy_sync.sync._render import change_lines, finding_line, guard_lines, summary, unchanged_line
from visma_busy_sync.sync._seen import Seen


@final
@frozen(kw_only=True, repr=False)
class Plan:
    """What a sync would do. `str(plan)` is one line in English; its repr shows counts only.

    Attributes:
        company: eAccounting's id of the company.
        changes: The changes in the order in which they are applied: customers, products, projects;
            archiving last.
        conflicts: What a person should look at or decide.
        warnings: What a person should know.
        unchanged: How many linked records stay as they are, by kind.
        archiving: What is archived because eAccounting does not have it, and whether it waits for a person.
        unconfirmed: Kind and eAccounting's id of linked records that the reading lacks and that nobody asked
            for by id yet; nothing is done about them before that.
        carried_out: Whether it is that of a sync's report: then what was created has Busy's id too.
        seen: What it was made from, for `fates` and `explain`. It counts for nothing when plans are compared,
            and does not go into their JSON; None in a plan that was read from there.
    """

    company: str
    changes: tuple[PlannedChange, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    warnings: tuple[PlanWarning, ...] = ()
    unchanged: Mapping[Kind, int] = field(factory=dict[Kind, int])
    archiving: Archiving = field(factory=Archiving)
    unconfirmed: tuple[tuple[Kind, str], ...] = ()
    carried_out: bool = False
    seen: Seen | None = field(default=None, eq=False)

    @property
    def counts(self) -> Mapping[Action, int]:
        """The number of changes by action, 0 where there is none."""
        counted = Counter(planned.action for planned in self.changes)
        return {action: counted[action] for action in Action}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do. Conflicts and warnings do not count."""
        return not self.changes

    @cached_property
    def fates(self) -> tuple[RecordFate, ...]:
        """What becomes of every record that was read in eAccounting, and of every one that Busy has.

        Each has exactly one fate. Records that are linked, or that this plan links, are one. A plan that was
        read from JSON knows only the records that it mentions, so none that stays as it is.
        """
        return tuple(sorted(self._fates, key=_fate_order))

    def fate_of(self, kind: Kind, id: str) -> RecordFate | None:
        """Return what becomes of a record, by Busy's or eAccounting's id of it; None if it is not known here.

        Should one record have as its id in Busy what another one has in eAccounting, Busy's counts.
        """
        return self._fates.of(kind, id)

    def explain(self, kind: Kind, id: str) -> Explanation:
        """Say why a record becomes what it becomes: the rules, the settings and the base behind it, by field.

        Args:
            kind: What the record is.
            id: Busy's or eAccounting's id of it; see `fate_of`.

        Raises:
            RecordUnknown: If the plan knows no such record.
        """
        fate = self.fate_of(kind, id)
        if fate is None:
            raise RecordUnknown(kind, id)
        return explained(fate, company=self.company, archiving=self.archiving, seen=self.seen)

    @cached_property
    def _fates(self) -> Fates:
        return fates_of(
            self.company,
            changes=self.changes,
            archiving=self.archiving,
            conflicts=self.conflicts,
            warnings=self.warnings,
            unconfirmed=self.unconfirmed,
            seen=self.seen,
        )

    def lines(self, language: Language = "en") -> list[str]:
        """Return the whole plan for a person: each change with its fields, each conflict and warning.

        The lines show names and numbers, so they belong in no log.
        """
        lines = [line for planned in self.changes for line in change_lines(planned, language)]
        lines += guard_lines(self.archiving, language)
        lines += [finding_line(conflict, language) for conflict in self.conflicts]
        lines += [finding_line(warning, language) for warning in self.warnings]
        lines.append(unchanged_line(self.unchanged, language))
        return [*filter(None, lines), self.text(language)]

    def text(self, language: Language) -> str:
        """Say in a language and in one line how much there is to do, and that nothing of it is done."""
        waiting = len(self.archiving.withheld)
        counts = (len(self.conflicts), len(self.warnings))
        return summary(self.counts, *counts, language, waiting=waiting, carried_out=self.carried_out)

    def __str__(self) -> str:
        findings = self.conflicts or self.warnings or self.archiving.waits
        return self.text("en") + ("; visma_busy_sync.sync.render(plan) shows all of it" if findings else "")

    def __repr__(self) -> str:
        return f"<Plan of company {self.company}: {self.text('en')}>"


def _fate_order(each: RecordFate) -> tuple[int, str, str]:
    return list(Kind).index(each.kind), each.eaccounting_id or "", each.busy_id or ""


def render(plan: Plan, language: Language = "en") -> str:
    """Return the whole plan as a text for a person, in English or Norwegian (`nb`); see `Plan.lines`.

    Raises:
        ConfigurationError: If it is no plan, or the language is neither `nb` nor `en`.
    """
    if not isinstance(cast("object", plan), Plan):
        raise ConfigurationError(
            f"This is of type {type(plan).__name__}, not a Plan.",
            advice="Pass what plan() returns. An order is shown by visma_busy_sync.orders.render.",
        )
    return "\n".join(plan.lines(language))
