"""The order ledger in the store: one entry per order, one claim per hour and cost, one sum per fixed price.

Order and claims are written in one commit, so that an entry of Busy is on at most one order, and no part of a
fixed price is billed twice. Each step expects the version it read: of two workers, one goes on.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import final

from attrs import frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.busy import EntryKind, Order, Work, claim_key
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration.errors import OrderClosed, OrderUnknown
from visma_busy_sync.orders import (
    DocumentError,
    EntryTaken,
    Event,
    FixedPriceBilled,
    LedgerEntry,
    OrderChanged,
    OrderProgress,
    OrderRevised,
    can_fire,
    entry_from_json,
    entry_to_json,
    fire,
    make_marker,
    new_entry,
    with_progress,
)
from visma_busy_sync.ports import Versioned, Write
from visma_busy_sync.state import (
    ORDER_PREFIX,
    PURGED_ORDER_SCHEMA,
    DocumentUnreadable,
    PurgedOrder,
    StoreBusy,
    billed_of_fixed_price,
    claim_document_key,
    fixed_parts,
    fixed_price_key,
    freeing_writes,
    held_keys,
    holders,
    holding_writes,
    installation_id,
    order_key,
    until_written,
)


def order_from(key: str, body: str) -> LedgerEntry | PurgedOrder:
    """Return a ledger entry, or what a purge left of it.

    Raises:
        DocumentError: If it cannot be read.
    """
    with contextlib.suppress(DocumentUnreadable):
        return PURGED_ORDER_SCHEMA.load(key, body)
    return entry_from_json(body)


@final
@frozen
class LedgerBook:
    """The ledger's page of one order."""

    site: Site
    tenant: str
    order_id: str

    async def read(self) -> tuple[LedgerEntry, int] | None:
        """Return the entry with its version; None if the order is not known, or was purged."""
        key = order_key(self.order_id)
        found = (await self.site.state.read(self.tenant, [key])).get(key)
        known = order_from(key, found.body) if found else None
        return (known, found.version) if found and isinstance(known, LedgerEntry) else None

    async def entry(self) -> LedgerEntry:
        """Read the entry.

        Raises:
            OrderUnknown: If the order is not known, or was purged.
        """
        return (await self._known())[0]

    async def _known(self) -> tuple[LedgerEntry, int]:
        known = await self.read()
        if known is None:
            raise OrderUnknown(self.order_id)
        return known

    async def fire(
        self,
        event: Event,
        *,
        of: Order | None = None,
        after: LedgerEntry | None = None,
        eaccounting_id: str | None = None,
        number: int | None = None,
        snapshot: str | None = None,
        problem: str | None = None,
        error_code: int | None = None,
    ) -> LedgerEntry:
        """Carry the order to its next state, and free its entries where that state holds none.

        With `of`, only that order: after a purge another one may have come under its id. With `after`, only
        if nothing has happened to it since that was read. `error_code` is the API's, for the listener.

        Raises:
            OrderUnknown: If the order is not known.
            OrderChanged: If it is not `of`; nothing was changed.
            IllegalTransition: If its state does not know the event; nothing was changed.
            StoreBusy: If others came in between; nothing was changed by us.
        """

        def change(entry: LedgerEntry) -> LedgerEntry:
            if of is not None:
                _check_same(entry, of)
            return fire(
                entry,
                event,
                at=self.site.clock.now(),
                eaccounting_id=eaccounting_id,
                number=number,
                snapshot=snapshot,
                problem=problem,
            )

        before, now = await self._change(change, after)
        self.site.teller.order(self.tenant, before, now, error_code=error_code)
        return now

    async def note(self, progress: OrderProgress, *, after: LedgerEntry) -> LedgerEntry:
        """Keep what was read of a transferred order, if nothing has happened to it since `after`.

        Raises:
            OrderUnknown: If the order is not known.
            StoreBusy: If others came in between; nothing was changed by us.
        """
        return (await self._change(lambda entry: with_progress(entry, progress), after))[1]

    async def _change(
        self, change: Callable[[LedgerEntry], LedgerEntry], expected: LedgerEntry | None
    ) -> tuple[LedgerEntry, LedgerEntry]:
        """Return the entry as it was, and as it is now."""
        key = order_key(self.order_id)

        async def attempt() -> tuple[LedgerEntry, LedgerEntry] | None:
            entry, version = await self._known()
            if expected is not None and entry != expected:
                raise StoreBusy(key)
            changed = change(entry)
            writes = [Write(key, version, entry_to_json(changed))]
            if entry.holds and not changed.holds:
                stored = await self.site.state.read(self.tenant, held_keys(entry.order))
                writes += freeing_writes(entry.order, stored)
            return (entry, changed) if await self.site.state.commit(self.tenant, writes) else None

        return await until_written(key, attempt)

    async def reserve(self, order: Order, *, instead_of: LedgerEntry | None = None) -> LedgerEntry:
        """Store an order with all its claims in one commit; an order that is known already is returned.

        A higher revision takes the place of one that holds no claims any more, or of `instead_of` if that
        has not changed since it was read: what only that one bills is freed in the same commit.

        Raises:
            ConfigurationError: If it could not be read back, since it is not as the builder made it.
            OrderClosed: If it was pushed before the tenant was purged.
            OrderChanged: If it is known with other content.
            OrderRevised: If it is known with another revision whose place it cannot take.
            EntryTaken: If an entry is on another order.
            FixedPriceBilled: If of a fixed price another part is billed than when the order was built.
            StoreBusy: If others always came in between.
        """
        marker = make_marker(
            installation=await installation_id(self.site.state, self.site.runtime.token()),
            tenant=self.tenant,
            order_id=order.id,
            revision=order.revision,
        )
        now = self.site.clock.now()
        key = order_key(order.id)

        async def attempt() -> LedgerEntry | None:
            # One read for the order and what it holds: they are as of one moment, so that a worker which
            # pushes the same order at once is not taken for another order.
            keys = dict.fromkeys(held_keys(order) + (held_keys(instead_of.order) if instead_of else []))
            found = await self.site.state.read(self.tenant, [key, *keys])
            stored = found.get(key)
            known = order_from(key, stored.body) if stored else None
            if isinstance(known, PurgedOrder):
                raise OrderClosed(order.id, state=known.state, problem=None, purged=True)
            replaced = known if known is not None and known == instead_of else None
            if known is None:
                entry = new_entry(order, marker=marker)
            elif replaced is not None or takes_its_place(known, order):
                entry = fire(known, Event.REVISE, at=now, order=order, marker=marker)
            else:
                return known
            entry = fire(entry, Event.RESERVE, at=now)
            body, entry = _readable(entry)
            _check_free(order, found, replacing=replaced is not None)
            held = holding_writes(order, found)
            freed = freeing_writes(replaced.order, found) if replaced is not None else []
            still = {write.key for write in held}
            writes = [
                Write(key, stored.version if stored else None, body),
                *held,
                *(write for write in freed if write.key not in still),
            ]
            return entry if await self.site.state.commit(self.tenant, writes) else None

        return await until_written(key, attempt)


def _check_free(order: Order, stored: Mapping[str, Versioned], *, replacing: bool) -> None:
    """Require that nothing of an order is on another one; if it is `replacing` one, that one's is its own.

    Raises:
        EntryTaken: If an entry is.
        FixedPriceBilled: If of a fixed price another part is billed than when the order was built.
    """
    claims = map(claim_document_key, order.claims)
    held = holders({claim: stored[claim].body for claim in claims if claim in stored})
    taken = {claim: holder for claim, holder in held.items() if not (replacing and holder == order.id)}
    if taken:
        raise EntryTaken(order.id, taken)
    for key, line in fixed_parts(order).items():
        now = billed_of_fixed_price(key, stored.get(key), without=order.id)
        if now != line.billed_before:
            when_built = line.billed_before or Decimal(0)
            raise FixedPriceBilled(order.id, line.work_type or "", when_built=when_built, now=now)


async def claimed_of(site: Site, tenant: str, work: Work, *, without: str | None = None) -> frozenset[str]:
    """Return the claim keys of those hours and costs of `work` that are on an order other than `without`."""
    claims = [claim_key(EntryKind.ENTRY, entry.id) for entry in work.entries]
    claims += [claim_key(EntryKind.EXPENSE, expense.id) for expense in work.expenses]
    found = await site.state.read(tenant, [claim_document_key(claim) for claim in claims])
    held = holders({key: document.body for key, document in found.items()})
    return frozenset(claim for claim, order_id in held.items() if order_id != without)


async def fixed_billed_of(site: Site, tenant: str, work: Work, *, without: str) -> Mapping[str, Decimal]:
    """Return what orders other than `without` bill of the project's fixed prices, by work type."""
    keys = {
        fixed.work_type: fixed_price_key(work.project.id, fixed.work_type)
        for fixed in work.prices.fixed_prices
    }
    if not keys:
        return {}
    found = await site.state.read(tenant, list(keys.values()))
    return {
        work_type: billed_of_fixed_price(key, found.get(key), without=without)
        for work_type, key in keys.items()
    }


def _readable(entry: LedgerEntry) -> tuple[str, LedgerEntry]:
    """Write an entry as text, and read that back: an order that is sent must never become unreadable."""
    body = entry_to_json(entry)
    try:
        return body, entry_from_json(body)
    except DocumentError as error:
        raise ConfigurationError(
            f"Order {entry.order_id} could not be read back, so it was neither stored nor sent: "
            f"{error.reason}.",
            advice="Push an order as it was built; its lines and parts are not edited.",
        ) from error


def takes_its_place(known: LedgerEntry, given: Order) -> bool:
    """Return whether an order is a new revision of one that is known; else they are the same.

    Raises:
        OrderChanged: If it is that revision with other content.
        OrderRevised: If it is another revision that cannot take its place.
    """
    if given.revision == known.revision:
        _check_same(known, given)
        return False
    if given.revision > known.revision and not known.holds and can_fire(known, Event.REVISE):
        return True
    raise OrderRevised(
        given.id,
        given.revision,
        known_revision=known.revision,
        state=known.state,
        known_hash=known.order.content_hash,
        given_hash=given.content_hash,
    )


def _check_same(known: LedgerEntry, given: Order) -> None:
    if (known.revision, known.order.content_hash) != (given.revision, given.content_hash):
        raise OrderChanged(
            given.id, given.revision, known_hash=known.order.content_hash, given_hash=given.content_hash
        )


async def orders_of(site: Site, tenant: str) -> Sequence[tuple[str, LedgerEntry | DocumentError]]:
    """Return all orders of a tenant by their ids, the one that was reserved first coming first.

    One that cannot be read is told by its error; what a purge left of an order is none.
    """
    orders: list[tuple[str, LedgerEntry | DocumentError]] = []
    for found in await site.state.scan(ORDER_PREFIX, tenant):
        try:
            order = order_from(found.key, found.document.body)
        except DocumentError as error:
            orders.append((found.key.removeprefix(ORDER_PREFIX), error))
        else:
            if isinstance(order, LedgerEntry):
                orders.append((order.order_id, order))
    return sorted(orders, key=_age)


async def drafts_of_others(ledger: LedgerBook) -> frozenset[str]:
    """Return eAccounting's ids of what the tenant's other orders have there."""
    return frozenset(
        other.eaccounting_id
        for id, other in await orders_of(ledger.site, ledger.tenant)
        if id != ledger.order_id
        and isinstance(other, LedgerEntry)
        and other.holds
        and other.eaccounting_id is not None
    )


async def all_markers(site: Site) -> frozenset[str]:
    """Return the markers of the orders of all tenants, also of those of which a purge left little more."""
    markers: set[str] = set()
    for found in await site.state.scan(ORDER_PREFIX):
        with contextlib.suppress(DocumentError):
            markers.add(order_from(found.key, found.document.body).marker)
    return frozenset(markers)


def _age(order: tuple[str, LedgerEntry | DocumentError]) -> tuple[str, str]:
    id, known = order
    reserved = known.reserved_at if isinstance(known, LedgerEntry) else None
    return reserved.isoformat() if reserved else "", id
