"""Use cases of the import: plan it, and carry it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import final

import attrs
from attrs import define, field, frozen

from visma_busy_sync.integration._connection import check_company, connection_of, noting_death
from visma_busy_sync.integration._site import Site
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
    Outcome,
    Plan,
    PlannedChange,
    Read,
    Reason,
    Record,
    Refused,
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
    started: datetime


async def plan(site: Site, tenant: str) -> Plan:
    """Return what a sync would do now; nothing is changed."""
    return (await _look(site, tenant)).plan


async def sync(site: Site, tenant: str) -> SyncReport:
    """Bring Busy up to date with eAccounting.

    All reading comes first: if any of it fails, nothing was changed anywhere.
    """
    with site.syncing_alone(tenant):
        return await _sync(site, tenant)


async def _sync(site: Site, tenant: str) -> SyncReport:
    situation = await _look(site, tenant)
    work = _Application(site, tenant, situation)
    for kind, changes in groupby(situation.plan.changes, key=lambda planned: planned.kind):
        await work.apply(kind, list(changes))
    ended = site.clock.now()
    await _note(site, tenant, work, ended)
    return SyncReport(
        plan=situation.plan,
        applied=work.applied,
        moved=tuple(work.moved),
        refused=tuple(work.refused),
        started=situation.started,
        ended=ended,
    )


async def _look(site: Site, tenant: str) -> _Situation:
    connection = await connection_of(site, tenant)
    settings = site.choices.sync_settings(project_sync=connection.project_sync)
    started = site.clock.now()

    async def read_all() -> Mapping[Kind, Read]:
        upstream = site.upstream(tenant, connection.login_id)
        check_company(connection, await upstream.company_settings())
        return {kind: (await upstream.read(kind))[0] for kind in settings.kinds}

    found = await noting_death(site, tenant, connection, read_all)
    records = {kind: await site.catalogue.load(tenant, kind) for kind in Kind}
    archiving: ArchiveMissingFact | None = None
    if connection.project_sync:
        key = archive_missing_key(connection.company_id)
        kept = await read(site.state, tenant, key, ARCHIVE_MISSING_SCHEMA)
        archiving = kept.value if kept and kept.value.done_at is None else None
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
        started=started,
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
        outcomes = await self._applied(changes)
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
            await self._applied(follow_ups)

    async def _applied(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        return await self.site.catalogue.apply(self.tenant, changes)

    def archiving_is_done(self) -> bool:
        """Whether archiving what eAccounting lacks was carried out in full (D12)."""
        projects = self.situation.read.get(Kind.PROJECT)
        left = [p for p in (*self.moved, *self.refused) if p.planned.reason is Reason.MISSING_AT_CONNECTION]
        return projects is not None and projects.sure and bool(projects.rows) and not left


async def _note(site: Site, tenant: str, work: _Application, ended: datetime) -> None:
    situation = work.situation
    company = situation.connection.company_id
    whole = {str(kind): situation.started for kind, found in situation.read.items() if found.sure}

    def archived(fact: ArchiveMissingFact | None) -> ArchiveMissingFact | None:
        return None if fact is None or fact.done_at else attrs.evolve(fact, done_at=ended)

    def fetched(now: Connection | None) -> Connection | None:
        # Meanwhile the tenant may have gone to another company, of which nothing was fetched.
        if now is None or now.company_id != company:
            return None
        later = {kind: max(moment, now.fetched.get(kind, moment)) for kind, moment in whole.items()}
        return attrs.evolve(now, fetched={**now.fetched, **later})

    if situation.archiving is not None and work.archiving_is_done():
        await update(site.state, tenant, archive_missing_key(company), ARCHIVE_MISSING_SCHEMA, archived)
    await update(site.state, tenant, CONNECTION, CONNECTION_SCHEMA, fetched)
