"""Sync whatever tenant is due; any scheduler may call it, from any number of processes."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, final

import attrs
from attrs import field, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.busy import _checks as check
from visma_busy_sync.integration._alone import SYNC_LEASE
from visma_busy_sync.integration._arguments import require
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._status import is_first, last_attempt
from visma_busy_sync.integration._sync_report import SyncReport
from visma_busy_sync.integration._syncing import note_attempt, sync
from visma_busy_sync.integration.errors import SyncRunning
from visma_busy_sync.state import (
    CONNECTION,
    CONNECTION_SCHEMA,
    LEASE_SCHEMA,
    Connection,
    DocumentUnreadable,
    Lease,
    read,
)

_SPREAD: Final = 10  # a tenth of the interval


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


def spread(tenant: str, every: timedelta) -> timedelta:
    """Return how much later than others a tenant's turn is: up to a tenth of the interval.

    It is always the same for a tenant, so that those that connected together do not call together for ever.
    """
    draw = int.from_bytes(hashlib.sha256(tenant.encode("utf-8", "surrogatepass")).digest()[:4])
    return every / _SPREAD * (draw / 2**32)


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
    rights = await _rights(site)
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
        since = _due_since(site, found.tenant, connection, rights.get(found.tenant), now=now)
        if since is not None:
            due.append((since, found.tenant))
    return SyncsDue([tenant for _, tenant in sorted(due)], unreadable)


async def _rights(site: Site, tenant: str | None = None) -> Mapping[str, Lease]:
    """Return the rights to sync, of one tenant or of all."""
    rights: dict[str, Lease] = {}
    for found in await site.state.scan(SYNC_LEASE, tenant):
        with contextlib.suppress(DocumentUnreadable):  # told when it is to be taken
            rights[found.tenant] = LEASE_SCHEMA.load(found.key, found.document.body)
    return rights


async def sync_one_due(site: Site, tenant: str, now: datetime) -> DueSync | None:
    """Sync a tenant; None if it is not due any more, or is being synced elsewhere."""
    try:
        kept = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
        right = (await _rights(site, tenant)).get(tenant)
        if kept is None or _due_since(site, tenant, kept.value, right, now=now) is None:
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


def _due_since(
    site: Site, tenant: str, connection: Connection, right: Lease | None, *, now: datetime
) -> datetime | None:
    """Return since when a tenant is due; None if it is not.

    One whose sync was killed is due when the right to it has run out: that was tried, and nobody gave the
    right back. The next try takes that away, whatever becomes of it.
    """
    kinds = site.choices.sync_settings(project_sync=connection.project_sync).kinds
    if not connection.connected or not kinds:
        return None
    if site.choices.first_sync_waits and is_first(connection, kinds):
        return None
    last = last_attempt(connection, kinds)
    if last is None:
        return connection.connected_at
    due = last + site.choices.sync_every + spread(tenant, site.choices.sync_every)
    if right is not None and right.holder is not None and last < right.until <= now:
        return min(due, right.until)
    return due if due <= now else None
