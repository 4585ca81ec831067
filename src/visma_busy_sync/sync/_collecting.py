"""What a plan collects while the kinds are gone through: its only mutable state, dropped at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import define, field

from visma_busy_sync.sync._changes import (
    Conflict,
    ConflictCode,
    PlannedChange,
    PlanWarning,
    WarningCode,
    label_of,
)
from visma_busy_sync.sync._decisions import Decision
from visma_busy_sync.sync._mapping import Upstream
from visma_busy_sync.sync._matching import Group
from visma_busy_sync.sync._records import Kind, Record
from visma_busy_sync.sync._references import References
from visma_busy_sync.sync._settings import SyncSettings
from visma_busy_sync.sync._texts import ADVICE


@define
class Work:
    """A plan in the making.

    Attributes:
        company: eAccounting's id of the company.
        settings: The tenant's choices.
        references: What is known of customers; grows while the customers are gone through.
        changes: The planned changes so far, in no order; so are conflicts and warnings.
        conflicts: What a person should decide.
        warnings: What a person should know.
        unchanged: How many linked records stay as they are, by kind.
        unconfirmed: Linked records that the reading lacks and that are to be asked for by id.
        active_projects: How many linked projects are active in Busy.
        decisions: What a person decided.
        decided: Busy's ids of the records that are linked because a person decided it, by kind.
    """

    company: str
    settings: SyncSettings
    references: References
    changes: list[PlannedChange] = field(factory=list[PlannedChange])
    conflicts: list[Conflict] = field(factory=list[Conflict])
    warnings: list[PlanWarning] = field(factory=list[PlanWarning])
    unchanged: dict[Kind, int] = field(factory=dict[Kind, int])
    unconfirmed: list[tuple[Kind, str]] = field(factory=list[tuple[Kind, str]])
    active_projects: int = 0
    decisions: Sequence[Decision] = ()
    decided: dict[Kind, set[str]] = field(factory=lambda: {kind: set[str]() for kind in Kind})

    def conflict(
        self,
        code: ConflictCode,
        *,
        row: Upstream | None = None,
        records: Sequence[Record] = (),
        fields: tuple[str, ...] = (),
    ) -> None:
        """Report a conflict about a record of eAccounting, records of Busy, or both."""
        records = sorted(records, key=lambda record: record.id)
        subject = row or records[0]
        self.conflicts.append(
            Conflict(
                code=code,
                kind=subject.kind,
                busy_id=records[0].id if len(records) == 1 else None,
                eaccounting_id=None if row is None else row.id,
                label=label_of(subject.values),
                advice=ADVICE[code].en,
                busy_ids=tuple(record.id for record in records),
                fields=fields,
            )
        )

    def groups(self, code: ConflictCode, groups: Iterable[Group]) -> None:
        """Report a conflict about each record of eAccounting in groups that cannot be told apart."""
        for group in groups:
            for row in group.rows:
                self.conflict(code, row=row, records=group.records)

    def warn(
        self, code: WarningCode, kind: Kind, *, row: Upstream | None = None, record: Record | None = None
    ) -> None:
        """Report a warning about a record of either side, or about a kind as a whole."""
        subject = row or record
        self.warnings.append(
            PlanWarning(
                code=code,
                kind=kind,
                busy_id=None if record is None else record.id,
                eaccounting_id=None if row is None else row.id,
                label="" if subject is None else label_of(subject.values),
                advice=ADVICE[code].en,
            )
        )
