"""What both sides have now, and the plan that follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

import attrs
from attrs import frozen

from visma_busy_sync.integration._alone import Alone
from visma_busy_sync.integration._connection import ready_company
from visma_busy_sync.integration._readiness import Lane
from visma_busy_sync.integration._reading import fetch, needs_whole
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.state import (
    ARCHIVE_MISSING_SCHEMA,
    READING_SCHEMA,
    ArchiveMissingFact,
    Connection,
    Kept,
    ListNotes,
    archive_missing_key,
    read,
    reading_key,
)
from visma_busy_sync.sync import Decide, Decision, Gone, Kind, Plan, Read, Record, make_plan
from visma_busy_sync.sync import Upstream as Imported


@frozen
class Situation:
    """What both sides have, and the plan that follows.

    Attributes:
        connection: The connection that it is about.
        plan: The plan.
        read: What was read of eAccounting.
        notes: What is known of its lists now, if all of the plan is carried out.
        records: What Busy has.
        archiving: The projects that are still to be archived where eAccounting lacks them; None: it is done.
        started: When the reading began.
    """

    connection: Connection
    plan: Plan
    read: Mapping[Kind, Read]
    notes: Mapping[Kind, ListNotes]
    records: Mapping[Kind, Sequence[Record]]
    archiving: ArchiveMissingFact | None
    started: datetime


async def look(
    site: Site,
    tenant: str,
    connection: Connection,
    alone: Alone | None = None,
    *,
    unconfirmed: bool = False,
    whole: bool = True,
    allowed: str | None = None,
    decisions: Sequence[Decision] = (),
) -> Situation:
    """Read both sides and plan.

    Args:
        site: What it works with.
        tenant: Whose sync it is.
        connection: The connection.
        alone: The right to sync, which is held on to meanwhile; None: nothing is going to be changed.
        unconfirmed: Whether the company waits to be confirmed, so that nothing is written down of it yet.
        whole: Whether all lists are to be read whole.
        allowed: The digest of the archiving that a person allowed.
        decisions: What people decided about single records; lists that they are about are read whole.
    """
    settings = site.choices.sync_settings(project_sync=connection.project_sync)
    started = site.clock.now()
    upstream = site.upstream(tenant, connection.login_id)
    lanes = (Lane.IMPORT, Lane.PROJECTS) if connection.project_sync else (Lane.IMPORT,)
    await ready_company(upstream, connection, *lanes)
    archiving: ArchiveMissingFact | None = None
    fact: Kept[ArchiveMissingFact] | None = None
    if connection.project_sync:
        key = archive_missing_key(connection.company_id)
        fact = await read(site.state, tenant, key, ARCHIVE_MISSING_SCHEMA)
        archiving = fact.value if fact and fact.value.done_at is None else None
    known = await _notes(site, tenant, connection)
    found: dict[Kind, Read] = {}
    notes: dict[Kind, ListNotes] = {}
    for kind in settings.kinds:
        before = known.get(kind, ListNotes())
        all_of_it = (
            whole
            or (kind is Kind.PROJECT and archiving is not None)
            or any(_concerns(each, kind) for each in decisions)
            or needs_whole(before, now=started, every=site.choices.whole_every)
        )
        found[kind], notes[kind] = await fetch(upstream, kind, before, whole=all_of_it, now=started)
        if alone is not None:
            await alone.still()
    records = {kind: await site.catalogue.load(tenant, kind) for kind in Kind}
    if connection.project_sync and fact is None and unconfirmed:  # what is written down at confirmation
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
            decisions=decisions,
        )

    plan = planned()
    if plan.unconfirmed:
        gone = await _asked_for(upstream, plan.unconfirmed, found, alone, on=started.date())
        plan = planned(gone)
    return Situation(
        connection=connection,
        plan=plan,
        read=found,
        notes=notes,
        records=records,
        archiving=archiving,
        started=started,
    )


def _concerns(decision: Decision, kind: Kind) -> bool:
    """Whether a decision that is to be carried out is about a list, or about whom its records refer to."""
    about = {decision.kind, Kind.PROJECT} if decision.kind is Kind.CUSTOMER else {decision.kind}
    return decision.what is not Decide.KEEP and kind in about


async def _notes(site: Site, tenant: str, connection: Connection) -> Mapping[Kind, ListNotes]:
    """Return what is known of the lists; another login may see other things."""
    kept = await read(site.state, tenant, reading_key(connection.company_id), READING_SCHEMA)
    if kept is None or kept.value.login_id != connection.login_id:
        return {}
    return {Kind(kind): each for kind, each in kept.value.lists.items()}


async def _asked_for(
    upstream: Upstream,
    missing: Iterable[tuple[Kind, str]],
    found: dict[Kind, Read],
    alone: Alone | None,
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
