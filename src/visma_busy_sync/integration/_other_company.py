"""Use cases of another company than before: it waits until a person has seen what it would archive (D10)."""

from __future__ import annotations

from typing import Final

import attrs

from visma_busy_sync.eaccounting import TokenSet
from visma_busy_sync.integration._arguments import require
from visma_busy_sync.integration._connecting import archive_fact, forget
from visma_busy_sync.integration._connection import forgetting, held_by, status
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._status import Status
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.integration.errors import NothingToConfirm
from visma_busy_sync.state import (
    CONNECTION,
    CONNECTION_SCHEMA,
    Connection,
    Kept,
    WaitingCompany,
    read,
    since_with,
    until_written,
)

_WHICH: Final = "Pass what was shown to the user: status.other_company.login_id."


@telling
async def confirm_company(site: Site, tenant: str, login_id: str) -> Status:
    """Connect the tenant to the other company that waits; links of the former one are kept (D10)."""
    require("login_id", login_id, str, advice=_WHICH)
    await until_written(CONNECTION, lambda: _confirmed(site, tenant, login_id))
    return await status(site, tenant)


async def _confirmed(site: Site, tenant: str, login_id: str) -> bool | None:
    known, other = await other_company_of(site, tenant, login_id)
    after = connection_to(other, site, known.value)
    writes = [
        CONNECTION_SCHEMA.write(CONNECTION, known, after),
        *await archive_fact(site, tenant, after),
        *await forgetting(site, tenant, [known.value.login_id]),
    ]
    if not await site.state.commit(tenant, writes):
        return None
    site.teller.connected(tenant, project_sync=after.project_sync)
    return True


def connection_to(other: WaitingCompany, site: Site, before: Connection) -> Connection:
    """Return what the connection is once another company is confirmed."""
    now = site.clock.now()
    return Connection(
        connected=True,
        company_id=other.company_id,
        company_name=other.company_name,
        project_sync=other.project_sync,
        connected_at=now,
        login_id=other.login_id,
        known_since=since_with(before, other.company_id, now),
    )


async def other_company_of(
    site: Site, tenant: str, login_id: str | None = None
) -> tuple[Kept[Connection], WaitingCompany]:
    """Return the connection and the other company that waits beside it.

    Raises:
        NothingToConfirm: If none does, or by another login than `login_id`.
    """
    known = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
    if known is None or known.value.other is None:
        raise NothingToConfirm(tenant)
    if login_id is not None and known.value.other.login_id != login_id:
        raise NothingToConfirm(tenant)
    return known, known.value.other


async def discard_company(site: Site, tenant: str, login_id: str) -> Status:
    """Leave the connection as it was before somebody logged in to another company."""
    require("login_id", login_id, str, advice=_WHICH)
    login_id, held = await until_written(CONNECTION, lambda: _discarded(site, tenant, login_id))
    for tokens in held:
        await forget(site, tenant, tokens, login_id)
    return await status(site, tenant)


async def _discarded(site: Site, tenant: str, login_id: str) -> tuple[str, list[TokenSet]] | None:
    known, other = await other_company_of(site, tenant, login_id)
    after = attrs.evolve(known.value, other=None)
    writes = [
        CONNECTION_SCHEMA.write(CONNECTION, known, after),
        *await forgetting(site, tenant, [other.login_id]),
    ]
    held = await held_by(site, tenant, [other.login_id])  # later than what is deleted: see disconnect
    return (other.login_id, held) if await site.state.commit(tenant, writes) else None
