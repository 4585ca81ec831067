"""Use cases of transferred orders: what became of them in eAccounting, and what follows where one is gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, final

from attrs import field, frozen

from visma_busy_sync.busy import _checks as check
from visma_busy_sync.eaccounting import models
from visma_busy_sync.integration._arguments import require_id
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._ledger import LedgerBook, drafts_of_others, orders_of
from visma_busy_sync.integration._pushing import needs_attention
from visma_busy_sync.integration._searching import (
    NotThere,
    appears_by,
    check_company,
    note_answer,
    note_found,
    read_by_id,
    read_seen,
    search,
)
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.integration.errors import (
    DraftStillThere,
    OrderNotTransferred,
    SearchIncomplete,
)
from visma_busy_sync.orders import (
    Event,
    IllegalTransition,
    LedgerEntry,
    State,
    has_lost_marker,
    progress_of,
    unmarked_twins,
)
from visma_busy_sync.state import Connection


@final
@frozen(kw_only=True)
class ReadBack:
    """What was read of an order in eAccounting.

    Attributes:
        order_id: The order.
        entry: Where it stands now, with `progress`; None if its ledger entry cannot be read.
        error: What went wrong; then `entry` is as it was before. None: nothing did.
    """

    order_id: str
    entry: LedgerEntry | None = None
    error: Exception | None = field(default=None, repr=check.named)


@telling
async def read_back(site: Site, tenant: str, order_id: str | None = None) -> Sequence[ReadBack]:
    """Read transferred orders again: how far they have come, what was changed, whether they are there."""
    if order_id is not None:
        require_id("order_id", order_id)
    connection = await connection_of(site, tenant)
    if order_id is not None:
        entry = await LedgerBook(site, tenant, order_id).entry()
        if entry.state is not State.TRANSFERRED:
            raise OrderNotTransferred(order_id, state=entry.state)
        check_company(order_id, entry.company_id, connection)
        return [await read_one(site, tenant, connection, entry)]
    return [
        await read_one(site, tenant, connection, entry)
        for _, entry in await orders_of(site, tenant)
        if isinstance(entry, LedgerEntry)
        and entry.state is State.TRANSFERRED
        and entry.company_id == connection.company_id
    ]


@telling
async def read_one(site: Site, tenant: str, connection: Connection, entry: LedgerEntry) -> ReadBack:
    """Read one of several orders again; what fails for it stops no other."""
    ledger = LedgerBook(site, tenant, entry.order_id)
    try:
        after = await _read(site.upstream(tenant, connection.login_id), ledger, entry)
    except Exception as error:  # noqa: BLE001 - a host's port may raise anything; the others go on
        return ReadBack(order_id=entry.order_id, entry=entry, error=error)
    return ReadBack(order_id=entry.order_id, entry=after)


async def _read(upstream: Upstream, ledger: LedgerBook, entry: LedgerEntry) -> LedgerEntry:
    before = entry.progress
    answer = await read_by_id(upstream, entry.eaccounting_id or "")
    if isinstance(answer, NotThere):
        sure = answer is NotThere.SURELY and appears_by(ledger.site, entry) is None
        there = await _elsewhere(upstream, ledger, entry, sure=sure)
        if there is None:
            return await ledger.fire(Event.MISSING, after=entry)
        if isinstance(there, str):
            return await ledger.fire(Event.ESCALATE, after=entry, problem=there)
        entry, answer = await note_found(upstream, ledger, entry, there.id)
    at = ledger.site.clock.now()
    progress = progress_of(entry.order, entry.marker, answer, known=entry.snapshot, at=at)
    after = await ledger.note(progress, after=entry)
    ledger.site.teller.read_back(ledger.tenant, before, after)
    return after


_LOST: Final = (
    "It is not there by its id, and had no marker any more when it was last read: it may have another id "
    "since."
)
_UNMARKED: Final = (
    "It is not there by its id; but the order {id} in eAccounting has its customer and rows, and no marker."
)


async def _elsewhere(
    upstream: Upstream, ledger: LedgerBook, entry: LedgerEntry, *, sure: bool
) -> models.Order | str | None:
    """Look for an order that is not there by its id, and return it; None if it is gone.

    A sentence says why a person has to look.

    Args:
        upstream: eAccounting.
        ledger: The order's page.
        entry: The order.
        sure: Whether it may be concluded that it is gone, if it is not seen.

    Raises:
        SearchIncomplete: If it is not seen, and that may not be concluded.
    """
    reading = await search(ledger.site, upstream, entry)
    looked = reading.looked
    if sure and looked.absent:
        return await _why_not_gone(ledger, entry, reading.rows)
    if looked.problem is None and looked.draft is None:
        again_at = appears_by(ledger.site, entry)
        raise SearchIncomplete(entry.order_id, marker=entry.marker, again_at=again_at)
    return looked.problem or looked.draft


async def _why_not_gone(ledger: LedgerBook, entry: LedgerEntry, rows: Sequence[models.Order]) -> str | None:
    """Return why an order that nobody finds may be there all the same, one sentence; None if it is gone."""
    if has_lost_marker(entry.progress):
        return _LOST
    twins = unmarked_twins(entry, rows)
    if not twins:
        return None
    taken = await drafts_of_others(ledger)
    free = next((twin for twin in twins if twin.id not in taken), None)
    return _UNMARKED.format(id=free.id) if free is not None else None


@telling
async def release(site: Site, tenant: str, order_id: str) -> LedgerEntry:
    """Free the hours and costs of an order that is gone in eAccounting, after looking once more."""
    require_id("order_id", order_id)
    ledger = LedgerBook(site, tenant, order_id)
    entry = await ledger.entry()
    if entry.state is not State.GONE_UPSTREAM:
        raise IllegalTransition(order_id, state=entry.state, event=Event.RELEASE)
    connection = await connection_of(site, tenant)
    check_company(order_id, entry.company_id, connection)
    upstream = site.upstream(tenant, connection.login_id)
    answer = await read_by_id(upstream, entry.eaccounting_id or "")
    if isinstance(answer, NotThere):
        there = await _elsewhere(upstream, ledger, entry, sure=answer is NotThere.SURELY)
        if there is None:
            return await ledger.fire(Event.RELEASE, after=entry)
        if isinstance(there, str):
            raise needs_attention(await ledger.fire(Event.ESCALATE, after=entry, problem=there))
        answer = await read_seen(upstream, entry, there.id)
    await note_answer(ledger, entry, answer)
    raise DraftStillThere(order_id, eaccounting_id=answer.id)


async def orders(site: Site, tenant: str) -> Sequence[LedgerEntry]:
    """Return what the ledger knows of all orders."""
    return [entry for _, entry in await orders_of(site, tenant) if isinstance(entry, LedgerEntry)]


async def ledger_entry(site: Site, tenant: str, order_id: str) -> LedgerEntry | None:
    """Return what the ledger knows of an order."""
    known = await LedgerBook(site, tenant, order_id).read()
    return known[0] if known else None


@telling
async def fetch_order(site: Site, tenant: str, order_id: str) -> models.Order:
    """Read a transferred order as eAccounting holds it now."""
    entry = await LedgerBook(site, tenant, order_id).entry()
    if entry.eaccounting_id is None:
        raise OrderNotTransferred(order_id, state=entry.state)
    connection = await connection_of(site, tenant)
    check_company(order_id, entry.company_id, connection)
    return await site.upstream(tenant, connection.login_id).order(entry.eaccounting_id)
