"""A right that one holder has at a time, over processes, and that ends by itself when its holder dies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import frozen

from visma_busy_sync.ports import AsyncStateStore
from visma_busy_sync.state._documents import Schema, update


@frozen(kw_only=True)
class Lease:
    """Who has a right, and until when. A right that was given back is kept with nobody.

    Attributes:
        holder: A random id; None: nobody.
        until: When it ends.
    """

    holder: str | None
    until: datetime


LEASE_PREFIX: Final = "lease/"

_SOMEBODY: Final = Lease(holder="nobody knows who", until=datetime.min.replace(tzinfo=UTC))
"""Who has a right of which the document is damaged."""

LEASE_SCHEMA: Final = Schema(Lease, instead=_SOMEBODY)


async def take_lease(
    store: AsyncStateStore, tenant: str, key: str, *, holder: str, now: datetime, lasts: timedelta
) -> bool:
    """Take a right, or hold it for longer; return whether it is `holder`'s now.

    One that would last much longer than anybody takes it for was taken by a clock that was ahead. It does not
    count: it would keep all others out until that moment came, for days or for years.

    Who has a right whose document is damaged cannot be told, and may be at work. So it is held from now on
    for somebody unknown, for as long as anybody has it, and goes to no one: not even to who had it, since a
    damaged document does not say that either. Who was at work stops at its next step, before another begins.

    Raises:
        StoreBusy: If others always came in between.
    """

    def take(lease: Lease | None) -> Lease | None:
        if lease == _SOMEBODY:
            return Lease(holder=_SOMEBODY.holder, until=now + lasts)
        if lease is not None and lease.holder not in {None, holder} and now < lease.until <= now + 2 * lasts:
            return None
        return Lease(holder=holder, until=now + lasts)

    lease = await update(store, tenant, key, LEASE_SCHEMA, take)
    return lease is not None and lease.holder == holder


async def give_lease_back(store: AsyncStateStore, tenant: str, key: str, *, holder: str) -> None:
    """Give a right back, if it is still `holder`'s.

    Raises:
        StoreBusy: If others always came in between.
    """

    def give_back(lease: Lease | None) -> Lease | None:
        return None if lease is None or lease.holder != holder else Lease(holder=None, until=lease.until)

    await update(store, tenant, key, LEASE_SCHEMA, give_back)
