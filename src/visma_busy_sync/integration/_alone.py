"""The right to sync a tenant, which one sync has at a time, over all processes."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, final

from attrs import field, frozen

from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration.errors import ConnectionChanged, SyncRunning
from visma_busy_sync.state import (
    CONNECTION,
    CONNECTION_SCHEMA,
    Connection,
    give_lease_back,
    read,
    take_lease,
)

SYNC_LEASE: Final = "lease/sync"

SYNC_LEASE_LASTS: Final = timedelta(minutes=5)
"""Longer than any single step of a sync: reading one list, or one batch of changes."""


def gist(connection: Connection) -> tuple[bool, str, bool]:
    """Return what a sync depends on; logging in anew to the same company changes nothing of it."""
    return connection.connected, connection.company_id, connection.project_sync


@final
@frozen
class Alone:
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
        if kept is None or gist(kept.value) != gist(self.connection):
            raise ConnectionChanged(self.tenant)
        now = self.site.clock.now()
        if not await take_lease(
            self.site.state, self.tenant, SYNC_LEASE, holder=self.holder, now=now, lasts=SYNC_LEASE_LASTS
        ):
            raise SyncRunning(self.tenant)

    async def end(self) -> None:
        """Give it back."""
        await give_lease_back(self.site.state, self.tenant, SYNC_LEASE, holder=self.holder)
