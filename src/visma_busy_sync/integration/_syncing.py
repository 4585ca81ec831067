"""Use cases of the import: plan it, and carry it out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final, final

import attrs
from attrs import define, field, frozen

from visma_busy_sync.eaccounting.errors import ReconnectNeeded
from visma_busy_sync.integration._arguments import require
from visma_busy_sync.integration._connection import connection_of, ready_company
from visma_busy_sync.integration._other_company import connection_to, other_company_of
from visma_busy_sync.integration._readiness import Lane
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.integration.errors import ArchivingNotAllowed, ConnectionChanged, SyncRunning
from visma_busy_sync.state import (
    ARCHIVE_MISSING_SCHEMA,
    CONNECTION,
    CONNECTION_SCHEMA,
    ArchiveMissingFact,
    Connection,
    archive_missing_key,
    give_lease_back,
    read,
    take_lease,
    update,
)
from visma_busy_sync.sync import (
    Action,
    Applied,
    Change,
    Gone,
    Kind,
    Moved,
    Outcome,
    Plan,
    PlannedChange,
    Read,
    Reason,
    Record,
    Refused,
    Verdict,
    linked_ids,
    make_plan,
    resolve,
    settle,
)
from visma_busy_sync.sync import Upstream as Imported
from visma_busy_sync.sync._render import VERBS

SYNC_LEASE: Final = "lease/sync"

SYNC_LEASE_LASTS: Final = timedelta(minutes=5)
"""Longer than any single step of a sync: reading one list, or one batch of changes."""


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
    return (await _look(site, tenant, await connection_of(site, tenant))).plan


async def preview_company(site: Site, tenant: str) -> Plan:
    """Return what the first sync with the other company that waits would do; nothing is changed (D10)."""
    _, other = await other_company_of(site, tenant)
    return (await _look(site, tenant, connection_to(other, site), unconfirmed=True)).plan


async def sync(site: Site, tenant: str, *, allow_archiving: str | None = None) -> SyncReport:
    """Bring Busy up to date with eAccounting.

    All reading comes first: if any of it fails, nothing was changed anywhere.
    """
    if allow_archiving is not None:
        require("allow_archiving", allow_archiving, str, advice="Pass the digest of plan().archiving.")
    with site.syncing_alone(tenant):
        connection = await connection_of(site, tenant)
        alone = _Alone(site, tenant, connection, holder=site.runtime.token())
        await alone.still()
        try:
            return await _sync(site, tenant, connection, alone, allow_archiving)
        except ReconnectNeeded as error:
            # The tokens of a login go with it: who reads on finds that out first.
            kept = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
            if kept is None or (kept.value.login_id, *_gist(kept.value)) != (
                connection.login_id,
                *_gist(connection),
            ):
                raise ConnectionChanged(tenant) from error
            raise
        finally:
            with contextlib.suppress(Exception):  # it ends by itself; what matters was done, or is raised
                await alone.end()


def _gist(connection: Connection) -> tuple[bool, str, bool]:
    """Return what a sync depends on; logging in anew to the same company changes nothing of it."""
    return connection.connected, connection.company_id, connection.project_sync


@final
@frozen
class _Alone:
    """The right to sync a tenant, among all processes."""

    site: Site
    tenant: str
    connection: Connection
    holder: str = field(kw_only=True)

    async def still(self) -> None:
        """Take the right, or hold it for longer; and see that the connection is still the one it began with.

        Raises:
            SyncRunning: If another one has it.
            ConnectionChanged: If the tenant was disconnected, or is connected otherwise.
        """
        kept = await read(self.site.state, self.tenant, CONNECTION, CONNECTION_SCHEMA)
        if kept is None or _gist(kept.value) != _gist(self.connection):
            raise ConnectionChanged(self.tenant)
        now = self.site.clock.now()
        if not await take_lease(
            self.site.state, self.tenant, SYNC_LEASE, holder=self.holder, now=now, lasts=SYNC_LEASE_LASTS
        ):
            raise SyncRunning(self.tenant)

    async def end(self) -> None:
        """Give it back."""
        await give_lease_back(self.site.state, self.tenant, SYNC_LEASE, holder=self.holder)


async def _sync(
    site: Site, tenant: str, connection: Connection, alone: _Alone, allowed: str | None
) -> SyncReport:
    await _note_attempt(site, tenant, connection)
    situation = await _look(site, tenant, connection, alone, allowed=allowed)
    if situation.plan.archiving.verdict is Verdict.OTHER_SET:
        raise ArchivingNotAllowed(tenant, situation.plan)
    work = _Application(site, tenant, situation)
    for kind, changes in groupby(situation.plan.changes, key=lambda planned: planned.kind):
        await alone.still()
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


async def _look(
    site: Site,
    tenant: str,
    connection: Connection,
    alone: _Alone | None = None,
    *,
    unconfirmed: bool = False,
    allowed: str | None = None,
) -> _Situation:
    settings = site.choices.sync_settings(project_sync=connection.project_sync)
    started = site.clock.now()
    upstream = site.upstream(tenant, connection.login_id)
    lanes = (Lane.IMPORT, Lane.PROJECTS) if connection.project_sync else (Lane.IMPORT,)
    await ready_company(upstream, connection, *lanes)
    found: dict[Kind, Read] = {}
    for kind in settings.kinds:
        found[kind] = await upstream.read(kind)
        if alone is not None:
            await alone.still()
    records = {kind: await site.catalogue.load(tenant, kind) for kind in Kind}
    archiving: ArchiveMissingFact | None = None
    if connection.project_sync:
        key = archive_missing_key(connection.company_id)
        kept = await read(site.state, tenant, key, ARCHIVE_MISSING_SCHEMA)
        archiving = kept.value if kept and kept.value.done_at is None else None
        if kept is None and unconfirmed:  # what would be written down when it is confirmed
            archiving = ArchiveMissingFact(candidates=[record.id for record in records[Kind.PROJECT]])
    candidates = frozenset(archiving.candidates if archiving else ())

    def planned(gone: Gone | None = None) -> Plan:
        return make_plan(
            connection.company_id,
            found,
            records,
            settings=settings,
            archive_candidates=candidates,
            gone=gone,
            allowed=allowed,
        )

    plan = planned()
    if plan.unconfirmed:
        gone = await _asked_for(upstream, plan.unconfirmed, found, alone, on=started.date())
        plan = planned(gone)
    return _Situation(
        connection=connection,
        plan=plan,
        read=found,
        records=records,
        archiving=archiving,
        started=started,
    )


async def _asked_for(
    upstream: Upstream,
    missing: Iterable[tuple[Kind, str]],
    found: dict[Kind, Read],
    alone: _Alone | None,
    *,
    on: date,
) -> Gone:
    """Ask by id for each record that a reading lacks: it is gone, or it is added to the reading."""
    gone: dict[Kind, set[str]] = {}
    hidden: dict[Kind, list[Imported]] = {}
    for kind, id in missing:
        row = await upstream.record(kind, id)
        if row is None:
            gone.setdefault(kind, set()).add(id)
        else:
            hidden.setdefault(kind, []).append(row)
        if alone is not None:
            await alone.still()
    for kind, rows in hidden.items():
        found[kind] = attrs.evolve(found[kind], rows=(*found[kind].rows, *rows))
    return Gone(on, {kind: frozenset(ids) for kind, ids in gone.items()})


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

    def still_to_archive(self) -> frozenset[str] | None:
        """Return the projects whose archiving was put off; None if there was no sure reading (D12).

        Archiving what eAccounting lacks happens once. Only what was planned then and did not take, or waits
        for a person's permission, is left for the next time, not what a person decides later (D13).
        """
        projects = self.situation.read.get(Kind.PROJECT)
        if projects is None or not projects.sure or not projects.rows:
            return None
        left = [*(p.planned for p in (*self.moved, *self.refused)), *self.situation.plan.archiving.withheld]
        return frozenset(p.busy_id for p in left if p.reason is Reason.MISSING_AT_CONNECTION and p.busy_id)


async def _note_attempt(site: Site, tenant: str, connection: Connection) -> None:
    settings = site.choices.sync_settings(project_sync=connection.project_sync)
    begun = {str(kind): site.clock.now() for kind in settings.kinds}

    def attempted(now: Connection | None) -> Connection | None:
        if now is None or now.login_id != connection.login_id:
            return None
        return attrs.evolve(now, attempted={**now.attempted, **begun})

    await update(site.state, tenant, CONNECTION, CONNECTION_SCHEMA, attempted)


async def _note(site: Site, tenant: str, work: _Application, ended: datetime) -> None:
    situation = work.situation
    company = situation.connection.company_id
    begun = {str(kind): situation.started for kind in situation.read}
    whole = {kind: moment for kind, moment in begun.items() if situation.read[Kind(kind)].sure}
    left = work.still_to_archive()

    def archived(fact: ArchiveMissingFact | None) -> ArchiveMissingFact | None:
        if fact is None or fact.done_at or left is None:
            return None
        candidates = [id for id in fact.candidates if id in left]
        return attrs.evolve(fact, candidates=candidates, done_at=None if candidates else ended)

    def fetched(now: Connection | None) -> Connection | None:
        # Meanwhile the tenant may have gone to another company, of which nothing was fetched.
        if now is None or now.company_id != company:
            return None
        return attrs.evolve(now, fetched=_later(now.fetched, whole), read=_later(now.read, begun))

    if situation.archiving is not None and left is not None:
        await update(site.state, tenant, archive_missing_key(company), ARCHIVE_MISSING_SCHEMA, archived)
    await update(site.state, tenant, CONNECTION, CONNECTION_SCHEMA, fetched)


def _later(known: Mapping[str, datetime], new: Mapping[str, datetime]) -> dict[str, datetime]:
    # A sync that began earlier may end later.
    return {**known, **{kind: max(moment, known.get(kind, moment)) for kind, moment in new.items()}}
