"""The right to do a job of a tenant, which one worker has at a time, over all processes."""

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
PUSH_LEASE: Final = "lease/push"
READ_BACK_LEASE: Final = "lease/read-back"

LEASE_LASTS: Final = timedelta(minutes=5)
"""Longer than any single step: reading one list, applying one batch of changes, sending one order."""


def gist(connection: Connection) -> tuple[bool, str, bool]:
    """Return what a sync depends on; logging in anew to the same company changes nothing of it."""
    return connection.connected, connection.company_id, connection.project_sync


@final
@frozen
class Right:
    """The right to do one sort of job of a tenant; it ends by itself when its holder dies."""

    site: Site
    tenant: str
    lease: str
    holder: str = field(kw_only=True)

    async def take(self) -> bool:
        """Take the right, or hold it for longer; return whether it is ours."""
        now = self.site.clock.now()
        return await take_lease(
            self.site.state, self.tenant, self.lease, holder=self.holder, now=now, lasts=LEASE_LASTS
        )

    async def end(self) -> None:
        """Give it back."""
        await give_lease_back(self.site.state, self.tenant, self.lease, holder=self.holder)


@final
@frozen
class Alone:
    """The right to sync a tenant, as long as its connection stays the one that the sync began with."""

    site: Site
    tenant: str
    connection: Connection
    holder: str = field(kw_only=True)

    @property
    def _right(self) -> Right:
        return Right(self.site, self.tenant, SYNC_LEASE, holder=self.holder)

    async def still(self) -> None:
        """Take the right, or hold it for longer; and see that the connection is still the one it began with.

        Raises:
            SyncRunning: If another one has it.
            ConnectionChanged: If the tenant was disconnected, or is connected otherwise.
        """
        kept = await read(self.site.state, self.tenant, CONNECTION, CONNECTION_SCHEMA)
        if kept is None or gist(kept.value) != gist(self.connection):
            raise ConnectionChanged(self.tenant)
        if not await self._right.take():
            raise SyncRunning(self.tenant)

    async def end(self) -> None:
        """Give it back."""
        await self._right.end()
