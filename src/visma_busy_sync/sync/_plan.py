"""The plan: everything that a sync would do, as a value. Making it changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import final

from attrs import field, frozen

from visma_busy_sync._core.texts import Language
from visma_busy_sync.sync._changes import Action, Conflict, PlannedChange, PlanWarning
from visma_busy_sync.sync._guards import Archiving
from visma_busy_sync.sync._records import Kind
from visma_busy_sync.sync._render import change_lines, finding_line, guard_lines, summary, unchanged_line


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
    """

    company: str
    changes: tuple[PlannedChange, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    warnings: tuple[PlanWarning, ...] = ()
    unchanged: Mapping[Kind, int] = field(factory=dict[Kind, int])
    archiving: Archiving = field(factory=Archiving)
    unconfirmed: tuple[tuple[Kind, str], ...] = ()

    @property
    def counts(self) -> Mapping[Action, int]:
        """The number of changes by action, 0 where there is none."""
        counted = Counter(planned.action for planned in self.changes)
        return {action: counted[action] for action in Action}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do. Conflicts and warnings do not count."""
        return not self.changes

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
        return summary(self.counts, len(self.conflicts), len(self.warnings), language, waiting=waiting)

    def __str__(self) -> str:
        findings = self.conflicts or self.warnings or self.archiving.waits
        return self.text("en") + ("; render(plan) shows all of it" if findings else "")

    def __repr__(self) -> str:
        return f"<Plan of company {self.company}: {self.text('en')}>"


def render(plan: Plan, language: Language = "en") -> str:
    """Return the whole plan as a text for a person, in English or Norwegian (`nb`); see `Plan.lines`."""
    return "\n".join(plan.lines(language))
