"""Use cases of the import: plan it, and carry it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import final

import attrs
from attrs import define, field, frozen

from visma_busy_sync.integration._connection import company_id, connection_of, noting_death
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration.errors import WrongCompany
from visma_busy_sync.state import (
    ARCHIVE_MISSING_SCHEMA,
    CONNECTION,
    CONNECTION_SCHEMA,
    ArchiveMissingFact,
    Connection,
    archive_missing_key,
    read,
    update,
)
from visma_busy_sync.sync import (
    Action,
    Applied,
    Change,
    Kind,
    Moved,
    Plan,
    PlannedChange,
    Read,
    Reason,
    Record,
    Refused,
    SyncSettings,
    linked_ids,
    make_plan,
    resolve,
    settle,
)


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
        started: When the reading began.
        ended: When all was applied.
    """

    plan: Plan = field(repr=False)
    applied: Mapping[Action, int]
    moved: tuple[Parked, ...] = field(default=(), repr=False)
    refused: tuple[Parked, ...] = field(default=(), repr=False)
    started: datetime
    ended: datetime

    def __str__(self) -> str:
        if self.plan.is_empty:
            return "nothing to do"
        done = ", ".join(f"{count} {action}" for action, count in self.applied.items() if count)
        left = [f"{len(self.moved)} moved meanwhile"] if self.moved else []
        left += [f"{len(self.refused)} refused by Busy"] if self.refused else []
        return f"applied: {', '.join([done or 'nothing', *left])}"


@frozen
class _Situation:
    """What both sides have, and the plan that follows."""

    connection: Connection
    plan: Plan
    read: Mapping[Kind, Read]
    records: Mapping[Kind, Sequence[Record]]
    archiving: ArchiveMissingFact | None


async def plan(site: Site, tenant: str) -> Plan:
    """Return what a sync would do now; nothing is changed."""
    return (await noting_death(site, tenant, lambda: _look(site, tenant))).plan


async def sync(site: Site, tenant: str) -> SyncReport:
    """Bring Busy up to date with eAccounting.

    All reading comes first: if any of it fails, nothing was changed anywhere.
    """
    started = site.clock.now()
    situation = await noting_death(site, tenant, lambda: _look(site, tenant))
    work = _Application(site, tenant, situation)
    for kind, changes in groupby(situation.plan.changes, key=lambda planned: planned.kind):
        await work.apply(kind, list(changes))
    ended = site.clock.now()
    await _note(site, tenant, situation, work, ended)
    return SyncReport(
        plan=situation.plan,
        applied=work.applied,
        moved=tuple(work.moved),
        refused=tuple(work.refused),
        started=started,
        ended=ended,
    )


async def _look(site: Site, tenant: str) -> _Situation:
    connection = await connection_of(site, tenant)
    upstream = site.upstream(tenant)
    if company_id(await upstream.company_settings()) != connection.company_id:
        raise WrongCompany
    settings = SyncSettings(
        project_sync=connection.project_sync,
        registers_without_projects=site.choices.registers_without_projects,
        match=site.choices.match,
        archive_missing=site.choices.archive_missing,
    )
    found = {kind: (await upstream.read(kind))[0] for kind in settings.kinds}
    records = {kind: await site.catalogue.load(tenant, kind) for kind in Kind}
    key = archive_missing_key(connection.company_id)
    kept = await read(site.state, tenant, key, ARCHIVE_MISSING_SCHEMA)
    archiving = kept.value if kept and connection.project_sync and kept.value.done_at is None else None
    return _Situation(
        connection=connection,
        plan=make_plan(
            connection.company_id,
            found,
            records,
            settings=settings,
            archive_candidates=frozenset(archiving.candidates if archiving else ()),
        ),
        read=found,
        records=records,
        archiving=archiving,
    )


@define
class _Application:
    """The carrying out of a plan, batch by batch."""

    site: Site
    tenant: str
    situation: _Situation
    applied: dict[Action, int] = field(factory=dict[Action, int])
    moved: list[Parked] = field(factory=list[Parked])
    refused: list[Parked] = field(factory=list[Parked])
    _customers: dict[str, str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        company = self.situation.connection.company_id
        self._customers = linked_ids(company, self.situation.records[Kind.CUSTOMER])

    async def apply(self, kind: Kind, planned: Sequence[PlannedChange]) -> None:
        """Have the host make changes of one kind, and note what it stored."""
        changes = [resolve(each, self._customers) for each in planned]
        outcomes = await self.site.catalogue.apply(self.tenant, changes)
        follow_ups: list[Change] = []
        for each, change, outcome in zip(planned, changes, outcomes, strict=True):
            match outcome:
                case Applied():
                    self.applied[each.action] = self.applied.get(each.action, 0) + 1
                    if kind is Kind.CUSTOMER and each.eaccounting_id is not None:
                        self._customers[each.eaccounting_id] = outcome.id
                    follow_up = settle(self.situation.connection.company_id, change, outcome)
                    follow_ups += [follow_up] if follow_up else []
                case Moved():
                    self.moved.append(Parked(each, "the record changed in Busy meanwhile"))
                case Refused(reason):
                    self.refused.append(Parked(each, reason))
        if follow_ups:
            # A follow-up only corrects the notes; if it does not take, the next run plans it again.
            await self.site.catalogue.apply(self.tenant, follow_ups)

    def archiving_is_done(self) -> bool:
        """Whether archiving what eAccounting lacks was carried out in full (D12)."""
        projects = self.situation.read.get(Kind.PROJECT)
        left = [p for p in (*self.moved, *self.refused) if p.planned.reason is Reason.MISSING_AT_CONNECTION]
        return projects is not None and projects.sure and bool(projects.rows) and not left


async def _note(site: Site, tenant: str, situation: _Situation, work: _Application, moment: datetime) -> None:
    def fetched(connection: Connection | None) -> Connection:
        kinds = {str(kind): moment for kind in situation.read}
        current = connection or situation.connection
        return attrs.evolve(current, fetched={**current.fetched, **kinds})

    def archived(fact: ArchiveMissingFact | None) -> ArchiveMissingFact:
        return attrs.evolve(fact or ArchiveMissingFact(candidates=[]), done_at=moment)

    if situation.archiving is not None and work.archiving_is_done():
        key = archive_missing_key(situation.connection.company_id)
        await update(site.state, tenant, key, ARCHIVE_MISSING_SCHEMA, archived)
    await update(site.state, tenant, CONNECTION, CONNECTION_SCHEMA, fetched)
