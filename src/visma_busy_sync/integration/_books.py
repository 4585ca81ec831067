"""Reading all that the ledger holds of a tenant: orders, claims, what is billed of fixed prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from visma_busy_sync.busy import Work
from visma_busy_sync.integration._ledger import order_from
from visma_busy_sync.integration._site import Site
from visma_busy_sync.orders import DocumentError, LedgerEntry, State
from visma_busy_sync.orders._ledger.books import Books, FixedPriceOf
from visma_busy_sync.ports import Found
from visma_busy_sync.state import (
    CLAIM_PREFIX,
    FIXED_PRICE_PREFIX,
    ORDER_PREFIX,
    DocumentUnreadable,
    fixed_price_key,
    holders,
    named_by_fixed_price_key,
    parts_of_fixed_price,
    until_written,
)


async def read_books(site: Site, tenant: str) -> Books:
    """Read all that the ledger holds of a tenant, as of one moment.

    An order and what it bills are always written together. So where no order changed while the rest was read,
    all is as of one moment; else it is read again.

    Raises:
        StoreBusy: If orders changed each time.
    """

    async def attempt() -> Books | None:
        orders = await site.state.scan(ORDER_PREFIX, tenant)
        claims = await site.state.scan(CLAIM_PREFIX, tenant)
        fixed_prices = await site.state.scan(FIXED_PRICE_PREFIX, tenant)
        after = await site.state.scan(ORDER_PREFIX, tenant)
        return _books(orders, claims, fixed_prices) if _versions(orders) == _versions(after) else None

    return await until_written(ORDER_PREFIX, attempt)


def _versions(found: Sequence[Found]) -> dict[str, int]:
    return {one.key: one.document.version for one in found}


def _books(orders: Sequence[Found], claims: Sequence[Found], fixed_prices: Sequence[Found]) -> Books:
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
    billed: dict[FixedPriceOf, Mapping[str, Decimal]] = {}
    unreadable_fixed_prices: dict[FixedPriceOf, str] = {}
    for found in fixed_prices:
        of = named_by_fixed_price_key(found.key)
        try:
            billed[of] = parts_of_fixed_price(found.key, found.document.body)
        except DocumentUnreadable as error:
            unreadable_fixed_prices[of] = error.reason
    return Books(
        entries=tuple(entries),
        purged=purged,
        claims=held,
        fixed_prices=billed,
        unreadable_orders=frozenset(unreadable_orders),
        unreadable_claims=frozenset(unreadable_claims),
        unreadable_fixed_prices=unreadable_fixed_prices,
    )


def require_readable_fixed_prices(books: Books, work: Work) -> None:
    """Require that it can be read what is billed of a project's fixed prices.

    Raises:
        DocumentUnreadable: If it cannot: they would seem to be open.
    """
    for fixed in work.prices.fixed_prices:
        reason = books.unreadable_fixed_prices.get((work.project.id, fixed.work_type))
        if reason is not None:
            raise DocumentUnreadable(fixed_price_key(work.project.id, fixed.work_type), reason)
