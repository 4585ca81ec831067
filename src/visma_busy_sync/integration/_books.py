"""Reading all orders of a tenant and the claims on its hours and costs, as of one moment."""

from __future__ import annotations

from collections.abc import Sequence

from visma_busy_sync.integration._ledger import order_from
from visma_busy_sync.integration._site import Site
from visma_busy_sync.orders import DocumentError, LedgerEntry, State
from visma_busy_sync.orders._books import Books
from visma_busy_sync.ports import Found
from visma_busy_sync.state import (
    CLAIM_PREFIX,
    ORDER_PREFIX,
    DocumentUnreadable,
    holders,
    until_written,
)


async def read_books(site: Site, tenant: str) -> Books:
    """Read all orders and claims of a tenant.

    An order and its claims are always written together. So where no order changed while the claims were
    read, both are as of one moment; else they are read again.

    Raises:
        StoreBusy: If orders changed each time.
    """

    async def attempt() -> Books | None:
        orders = await site.state.scan(ORDER_PREFIX, tenant)
        claims = await site.state.scan(CLAIM_PREFIX, tenant)
        after = await site.state.scan(ORDER_PREFIX, tenant)
        return _books(orders, claims) if _versions(orders) == _versions(after) else None

    return await until_written(ORDER_PREFIX, attempt)


def _versions(found: Sequence[Found]) -> dict[str, int]:
    return {one.key: one.document.version for one in found}


def _books(orders: Sequence[Found], claims: Sequence[Found]) -> Books:
    entries: list[LedgerEntry] = []
    purged: dict[str, State] = {}
    unreadable_orders: set[str] = set()
    for found in sorted(orders, key=lambda found: found.key):
        try:
            order = order_from(found.key, found.document.body)
        except DocumentError:
            unreadable_orders.add(found.key.removeprefix(ORDER_PREFIX))
            continue
        if isinstance(order, LedgerEntry):
            entries.append(order)
        else:
            purged[order.order_id] = order.state
    held: dict[str, str] = {}
    unreadable_claims: set[str] = set()
    for found in claims:
        try:
            held |= holders({found.key: found.document.body})
        except DocumentUnreadable:
            unreadable_claims.add(found.key.removeprefix(CLAIM_PREFIX))
    return Books(
        entries=tuple(entries),
        purged=purged,
        claims=held,
        unreadable_orders=frozenset(unreadable_orders),
        unreadable_claims=frozenset(unreadable_claims),
    )
