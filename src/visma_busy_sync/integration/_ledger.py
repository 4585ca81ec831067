"""The order ledger in the store: one entry per order, one claim per hour and cost.

Order and claims are written in one commit, so that an entry of Busy is on at most one order. Each step
expects the version it read: of two workers, one goes on.
"""

from __future__ import annotations

import contextlib
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
    LedgerEntry,
    OrderChanged,
    entry_from_json,
    entry_to_json,
    fire,
    make_marker,
    new_entry,
)
from visma_busy_sync.ports import Versioned, Write
from visma_busy_sync.state import (
    PURGED_ORDER_SCHEMA,
    DocumentUnreadable,
    PurgedOrder,
    claim_document_key,
    claim_writes,
    holders,
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

    async def fire(
        self,
        event: Event,
        *,
        of: Order | None = None,
        eaccounting_id: str | None = None,
        number: int | None = None,
        snapshot: str | None = None,
        problem: str | None = None,
    ) -> LedgerEntry:
        """Carry the order to its next state, and free its entries where that state holds none.

        With `of`, only that order: after a purge another one may have come under its id.

        Raises:
            OrderUnknown: If the order is not known.
            OrderChanged: If it is not `of`; nothing was changed.
            IllegalTransition: If its state does not know the event; nothing was changed.
            StoreBusy: If others always came in between; nothing was changed.
        """

        async def attempt() -> LedgerEntry | None:
            known = await self.read()
            if known is None:
                raise OrderUnknown(self.order_id)
            entry, version = known
            if of is not None:
                _check_same(entry.order, of)
            after = fire(
                entry,
                event,
                at=self.site.clock.now(),
                eaccounting_id=eaccounting_id,
                number=number,
                snapshot=snapshot,
                problem=problem,
            )
            writes = [Write(order_key(self.order_id), version, entry_to_json(after))]
            if entry.claims and not after.claims:
                stored = await self._stored(entry.claims)
                writes += claim_writes(entry.claims, stored, order_id=None)
            return after if await self.site.state.commit(self.tenant, writes) else None

        return await until_written(order_key(self.order_id), attempt)

    async def reserve(self, order: Order) -> LedgerEntry:
        """Store an order with all its claims in one commit; an order that is known already is returned.

        Raises:
            ConfigurationError: If it could not be read back, since it is not as the builder made it.
            OrderClosed: If it was pushed before the tenant was purged.
            OrderChanged: If it is known with other content.
            EntryTaken: If an entry is on another order.
            StoreBusy: If others always came in between.
        """
        marker = make_marker(
            installation=await installation_id(self.site.state, self.site.runtime.token()),
            tenant=self.tenant,
            order_id=order.id,
            revision=order.revision,
        )
        entry = fire(new_entry(order, marker=marker), Event.RESERVE, at=self.site.clock.now())
        body = _readable(entry)
        key = order_key(order.id)

        async def attempt() -> LedgerEntry | None:
            # One read for the order and its claims: they are as of one moment, so that a worker which
            # pushes the same order at once is not taken for another order.
            found = await self.site.state.read(
                self.tenant, [key, *(claim_document_key(claim) for claim in order.claims)]
            )
            if key in found:
                known = order_from(key, found[key].body)
                if isinstance(known, PurgedOrder):
                    raise OrderClosed(order.id, state=known.state, problem=None, purged=True)
                _check_same(known.order, order)
                return known
            taken = holders({claim: document.body for claim, document in found.items()})
            if taken:
                raise EntryTaken(order.id, taken)
            writes = [
                Write(key, None, body),
                *claim_writes(order.claims, found, order_id=order.id),
            ]
            return entry if await self.site.state.commit(self.tenant, writes) else None

        return await until_written(key, attempt)

    async def _stored(self, claims: tuple[str, ...]) -> dict[str, Versioned]:
        keys = [claim_document_key(claim) for claim in claims]
        return dict(await self.site.state.read(self.tenant, keys))


async def claimed_of(site: Site, tenant: str, work: Work) -> frozenset[str]:
    """Return the claim keys of those hours and costs of `work` that are on an order."""
    claims = [claim_key(EntryKind.ENTRY, entry.id) for entry in work.entries]
    claims += [claim_key(EntryKind.EXPENSE, expense.id) for expense in work.expenses]
    found = await site.state.read(tenant, [claim_document_key(claim) for claim in claims])
    return frozenset(holders({key: document.body for key, document in found.items()}))


def _readable(entry: LedgerEntry) -> str:
    """Write an entry as text, and read that back: an order that is sent must never become unreadable."""
    body = entry_to_json(entry)
    try:
        entry_from_json(body)
    except DocumentError as error:
        raise ConfigurationError(
            f"Order {entry.order_id} could not be read back, so it was neither stored nor sent: "
            f"{error.reason}.",
            advice="Push an order as it was built; its lines and parts are not edited.",
        ) from error
    return body


def _check_same(known: Order, given: Order) -> None:
    if (known.revision, known.content_hash) != (given.revision, given.content_hash):
        raise OrderChanged(
            given.id, given.revision, known_hash=known.content_hash, given_hash=given.content_hash
        )
