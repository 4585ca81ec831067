"""Use cases of the import: plan it, and carry it out."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime
from itertools import groupby

import attrs

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.eaccounting.errors import ReconnectNeeded
from visma_busy_sync.integration._alone import Alone, gist
from visma_busy_sync.integration._application import Application
from visma_busy_sync.integration._arguments import require
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._deciding import decisions_of, forget_decisions, settle_decisions
from visma_busy_sync.integration._other_company import connection_to, other_company_of
from visma_busy_sync.integration._runs import note_failure, note_run, parked_change, run_of
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._situation import look
from visma_busy_sync.integration._sync_report import Parked, SyncReport, UndoReport
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.integration.errors import ArchivingNotAllowed, ConnectionChanged
from visma_busy_sync.state import (
    ARCHIVE_MISSING_SCHEMA,
    CONNECTION,
    CONNECTION_SCHEMA,
    READING_SCHEMA,
    ArchiveMissingFact,
    Connection,
    ReadingNotes,
    archive_missing_key,
    read,
    reading_key,
    update,
)
from visma_busy_sync.sync import Applied, Kind, Moved, Plan, PlannedChange, Reason, Refused, Verdict
from visma_busy_sync.sync import undo as inverse_of
from visma_busy_sync.sync._texts import TOUCHED


@telling
async def plan(site: Site, tenant: str) -> Plan:
    """Return what a sync would do now; nothing is changed."""
    connection = await connection_of(site, tenant)
    chosen = await decisions_of(site, tenant, connection.company_id)
    return (await look(site, tenant, connection, decisions=chosen)).plan


@telling
async def preview_company(site: Site, tenant: str) -> Plan:
    """Return what the first sync with the other company that waits would do; nothing is changed (D10)."""
    known, other = await other_company_of(site, tenant)
    chosen = await decisions_of(site, tenant, other.company_id)
    return (
        await look(site, tenant, connection_to(other, site, known.value), unconfirmed=True, decisions=chosen)
    ).plan


@telling
async def sync(
    site: Site, tenant: str, *, allow_archiving: str | None = None, whole: bool = False
) -> SyncReport:
    """Bring Busy up to date with eAccounting.

    All reading comes first: if any of it fails, nothing was changed anywhere.
    """
    if allow_archiving is not None:
        require("allow_archiving", allow_archiving, str, advice="Pass the digest of plan().archiving.")
    require("whole", whole, bool, advice="Pass True or False.")
    with site.syncing_alone(tenant):
        connection = await connection_of(site, tenant)
        alone = Alone(site, tenant, connection, holder=site.runtime.token())
        await alone.still()
        began = site.clock.now()
        try:
            return await _sync(site, tenant, connection, alone, allow_archiving, whole=whole)
        except ReconnectNeeded as error:
            await note_failure(site, tenant, error, started=began)
            # The tokens of a login go with it: who reads on finds that out first.
            kept = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
            if kept is None or (kept.value.login_id, *gist(kept.value)) != (
                connection.login_id,
                *gist(connection),
            ):
                raise ConnectionChanged(tenant) from error
            raise
        except Exception as error:
            await note_failure(site, tenant, error, started=began)
            raise
        finally:
            with contextlib.suppress(Exception):  # it ends by itself; what matters was done, or is raised
                await alone.end()


async def _sync(
    site: Site, tenant: str, connection: Connection, alone: Alone, allowed: str | None, *, whole: bool
) -> SyncReport:
    await note_attempt(site, tenant, connection)
    whole = whole or allowed is not None
    chosen = await decisions_of(site, tenant, connection.company_id)
    situation = await look(site, tenant, connection, alone, whole=whole, allowed=allowed, decisions=chosen)
    if situation.plan.archiving.verdict is Verdict.OTHER_SET:
        raise ArchivingNotAllowed(tenant, situation.plan)
    work = Application(site, tenant, situation)
    for kind, changes in groupby(situation.plan.changes, key=lambda planned: planned.kind):
        await alone.still()
        await work.apply(kind, list(changes))
    ended = site.clock.now()
    # Once more, so that nothing is noted about a tenant that left meanwhile.
    await alone.still()
    known = [each for each in chosen if each.kind in situation.read]
    await settle_decisions(site, tenant, connection.company_id, known, open=work.undecided())
    await _note(site, tenant, work, ended)
    run, archiving = run_of(work, ended=ended), situation.plan.archiving
    await note_run(site, tenant, run)
    refused = [parked_change(each) for each in work.refused]
    site.teller.synced(tenant, run, digest=archiving.digest if archiving.waits else "", refused=refused)
    return SyncReport(
        plan=work.carried_out(),
        applied=work.applied,
        moved=tuple(work.moved),
        refused=tuple(work.refused),
        read={kind: len(found.rows) for kind, found in situation.read.items()},
        whole=all(found.whole for found in situation.read.values()),
        started=situation.started,
        ended=ended,
    )


@telling
async def undo(site: Site, tenant: str, plan: Plan) -> UndoReport:
    """Bring what a sync did back to where it was, each record on its own."""
    require("plan", plan, Plan, advice="Pass the plan of a sync's report.")
    with site.syncing_alone(tenant):
        connection = await connection_of(site, tenant)
        if plan.company != connection.company_id:
            raise ConfigurationError(
                "This plan is of another company than the one that is connected.",
                advice="Connect to that company first.",
            )
        alone = Alone(site, tenant, connection, holder=site.runtime.token())
        await alone.still()
        try:
            return await _undo(site, tenant, alone, plan)
        finally:
            with contextlib.suppress(Exception):  # as in `sync`
                await alone.end()


async def _undo(site: Site, tenant: str, alone: Alone, plan: Plan) -> UndoReport:
    inverse = inverse_of(plan, {kind: await site.catalogue.load(tenant, kind) for kind in Kind})
    done: list[PlannedChange] = []
    left_out = [Parked(planned, TOUCHED.en) for planned in inverse.left_out]
    # First: what is undone, and what may be so when this ends early, is to be read again.
    await update(site.state, tenant, reading_key(plan.company), READING_SCHEMA, _nothing_known)
    for _, group in groupby(inverse.changes, key=lambda pair: pair[0].kind):
        await alone.still()
        pairs = list(group)
        outcomes = await site.catalogue.apply(tenant, [change for _, change in pairs])
        for (planned, _), outcome in zip(pairs, outcomes, strict=True):
            match outcome:
                case Applied():
                    done.append(planned)
                case Moved():
                    left_out.append(Parked(planned, TOUCHED.en))
                case Refused(reason):
                    left_out.append(Parked(planned, reason, refused=True))
    # What a decision did is taken back, so the decision is too.
    if decided := {(each.kind, each.busy_id) for each in done if each.reason is Reason.DECIDED}:
        await forget_decisions(site, tenant, decided)
    return UndoReport(undone=tuple(done), left_out=tuple(left_out))


def _nothing_known(notes: ReadingNotes | None) -> ReadingNotes | None:
    return None if notes is None else attrs.evolve(notes, lists={})


async def note_attempt(site: Site, tenant: str, connection: Connection) -> None:
    """Note that a sync of a connection was tried now."""
    settings = site.choices.sync_settings(project_sync=connection.project_sync)
    begun = {str(kind): site.clock.now() for kind in settings.kinds}

    def attempted(now: Connection | None) -> Connection | None:
        if now is None or now.login_id != connection.login_id:
            return None
        return attrs.evolve(now, attempted={**now.attempted, **begun})

    await update(site.state, tenant, CONNECTION, CONNECTION_SCHEMA, attempted)


async def _note(site: Site, tenant: str, work: Application, ended: datetime) -> None:
    situation = work.situation
    company = situation.connection.company_id
    begun = {str(kind): situation.started for kind in situation.read}
    surely = {kind: moment for kind, moment in begun.items() if situation.read[Kind(kind)].sure}
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
        return attrs.evolve(now, fetched=_later(now.fetched, surely), read=_later(now.read, begun))

    def noted(now: ReadingNotes | None) -> ReadingNotes:
        login_id = situation.connection.login_id
        others = now.lists if now is not None and now.login_id == login_id else {}
        return ReadingNotes(login_id=login_id, lists={**others, **work.notes()})

    if situation.archiving is not None and left is not None:
        await update(site.state, tenant, archive_missing_key(company), ARCHIVE_MISSING_SCHEMA, archived)
    await update(site.state, tenant, CONNECTION, CONNECTION_SCHEMA, fetched)
    # Last of all: as long as it is not written, the next reading goes back as far as this one.
    await update(site.state, tenant, reading_key(company), READING_SCHEMA, noted)


def _later(known: Mapping[str, datetime], new: Mapping[str, datetime]) -> dict[str, datetime]:
    # A sync that began earlier may end later.
    return {**known, **{kind: max(moment, known.get(kind, moment)) for kind, moment in new.items()}}
