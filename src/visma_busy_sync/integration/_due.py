"""Sync whatever tenant is due; any scheduler may call it, from any number of processes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import final

import attrs
from attrs import field, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.busy import _checks as check
from visma_busy_sync.integration._arguments import require
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._sync_report import SyncReport
from visma_busy_sync.integration._syncing import note_attempt, sync
from visma_busy_sync.integration._turns import next_turn, rights_to_sync
from visma_busy_sync.integration.errors import SyncRunning
from visma_busy_sync.state import (
    CONNECTION,
    CONNECTION_SCHEMA,
    Connection,
    DocumentUnreadable,
    read,
)


@final
@frozen
class DueSync:
    """What became of a tenant that was due.

    Attributes:
        tenant: The tenant.
        report: What its sync did, with a plan that explains only what it mentions; None if an error ended it.
        error: That error; None if there was none.
    """

    tenant: str
    report: SyncReport | None = None
    error: Exception | None = field(default=None, repr=check.named)


def due_moment(site: Site, now: datetime | None, most: int | None) -> datetime:
    """Return the moment at which tenants are looked at.

    Raises:
        ConfigurationError: If it has no time zone, or an argument is of the wrong type.
    """
    moment = now if now is not None else site.clock.now()
    require("now", moment, datetime, advice="Pass an aware datetime, or leave it out.")
    if moment.utcoffset() is None:
        raise ConfigurationError("now has no time zone.", advice="Pass an aware datetime, or leave it out.")
    if most is not None:
        require("most", most, int, advice="Pass how many tenants at most.")
        if isinstance(most, bool) or most < 1:
            raise ConfigurationError("most is a whole number from 1.", advice="Or leave it out.")
    return moment


async def sync_due(site: Site, now: datetime | None = None, *, most: int | None = None) -> Sequence[DueSync]:
    """Sync all tenants that are due, the longest overdue first.

    What fails for one tenant is told in its result and stops no other. One that is being synced elsewhere
    is left out.
    """
    moment = due_moment(site, now, most)
    found = await syncs_due(site, moment)
    done = [await sync_one_due(site, each, moment) for each in (*found.unreadable, *found.tenants[:most])]
    return tuple(one for one in done if one is not None)


@frozen
class SyncsDue:
    """The tenants that are due, the longest overdue first; and those of which that cannot be read."""

    tenants: Sequence[str]
    unreadable: Sequence[str]


async def syncs_due(site: Site, now: datetime) -> SyncsDue:
    """Look which tenants are due; eAccounting is not asked."""
    rights = await rights_to_sync(site)
    due: list[tuple[datetime, str]] = []
    unreadable: list[str] = []
    for found in await site.state.scan(CONNECTION):
        if found.key != CONNECTION:
            continue
        try:
            connection = CONNECTION_SCHEMA.load(found.key, found.document.body)
        except DocumentUnreadable:
            unreadable.append(found.tenant)
            continue
        since = next_turn(site, found.tenant, connection, rights.get(found.tenant), now=now)
        if since is not None and since <= now:
            due.append((since, found.tenant))
    return SyncsDue([tenant for _, tenant in sorted(due)], unreadable)


async def sync_one_due(site: Site, tenant: str, now: datetime) -> DueSync | None:
    """Sync a tenant; None if it is not due any more, or is being synced elsewhere."""
    try:
        kept = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
        right = (await rights_to_sync(site, tenant)).get(tenant)
        since = next_turn(site, tenant, kept.value, right, now=now) if kept is not None else None
        if kept is None or since is None or since > now:
            return None
        return await _synced(site, tenant, kept.value)
    except SyncRunning:
        return None
    except Exception as error:  # noqa: BLE001 - a host's port may raise anything; the others go on
        return DueSync(tenant, error=error)


async def _synced(site: Site, tenant: str, connection: Connection) -> DueSync:
    try:
        report = await sync(site, tenant)
    except SyncRunning:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        # Also where it ended before it began, as with a dead login: else its turn would never be over.
        await note_attempt(site, tenant, connection)
        return DueSync(tenant, error=error)
    # What the plan was made from is all that the tenant has: too much to keep for all tenants.
    return DueSync(tenant, attrs.evolve(report, plan=attrs.evolve(report.plan, seen=None)))
