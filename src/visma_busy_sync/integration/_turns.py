"""When a tenant's next sync is due by itself: one rule, for whoever is told and for whoever syncs."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from visma_busy_sync.integration._alone import SYNC_LEASE
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._status import is_first, last_attempt
from visma_busy_sync.state import LEASE_SCHEMA, Connection, DocumentUnreadable, Lease

_SPREAD: Final = 10  # a tenth of the interval


def spread(tenant: str, every: timedelta) -> timedelta:
    """Return how much later than others a tenant's turn is: up to a tenth of the interval.

    It is always the same for a tenant, so that those that connected together do not call together for ever.
    """
    draw = int.from_bytes(hashlib.sha256(tenant.encode("utf-8", "surrogatepass")).digest()[:4])
    return every / _SPREAD * (draw / 2**32)


async def rights_to_sync(site: Site, tenant: str | None = None) -> Mapping[str, Lease]:
    """Return the rights to sync, of one tenant or of all."""
    rights: dict[str, Lease] = {}
    for found in await site.state.scan(SYNC_LEASE, tenant):
        with contextlib.suppress(DocumentUnreadable):  # told when it is to be taken
            rights[found.tenant] = LEASE_SCHEMA.load(found.key, found.document.body)
    return rights


def next_turn(
    site: Site, tenant: str, connection: Connection, right: Lease | None, *, now: datetime
) -> datetime | None:
    """Return when a tenant's next sync is due, be it later or since when; None if it is not by itself.

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
    return due
