"""Use case of a draft that a person takes back: delete it in eAccounting, if nobody touched it there."""

from __future__ import annotations

import contextlib
from typing import Final

from visma_busy_sync.eaccounting.errors import ApiError, EAccountingError, NotFound
from visma_busy_sync.eaccounting.models import OrderStatus
from visma_busy_sync.integration._arguments import require_id
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._ledger import LedgerBook
from visma_busy_sync.integration._pushing import needs_attention
from visma_busy_sync.integration._searching import NotThere, appears_by, check_company, read_by_id, search
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.integration.errors import (
    DraftChanged,
    DraftChangedReason,
    SearchIncomplete,
)
from visma_busy_sync.orders import Event, IllegalTransition, LedgerEntry, State, snapshot

_STILL_THERE: Final = "eAccounting confirmed that the draft was deleted, but still has it."
_SEEN: Final = "The draft was deleted, but eAccounting shows another order with its marker."
_UNCLEAR: Final = (
    "eAccounting did not answer clearly whether it still has the draft. Withdraw it again; if it surely is "
    "not there any more, decide that it is sent again, and reopen it before it is."
)
_UNSURE: Final = "The draft was deleted; whether it is there under another id could not be told."


@telling
async def withdraw(site: Site, tenant: str, order_id: str) -> LedgerEntry:
    """Delete the draft of an order in eAccounting, and free its hours and costs."""
    require_id("order_id", order_id)
    ledger = LedgerBook(site, tenant, order_id)
    entry = await ledger.entry()
    if entry.state is State.WITHDRAWN:
        return entry
    connection = await connection_of(site, tenant)
    check_company(order_id, entry.company_id, connection)
    if entry.state is not State.WITHDRAWING:
        if entry.eaccounting_id is None:
            raise IllegalTransition(order_id, state=entry.state, event=Event.WITHDRAW)
        entry = await ledger.fire(Event.WITHDRAW, after=entry)
    after = await go_on_withdrawing(site.upstream(tenant, connection.login_id), ledger, entry)
    if after.state is State.NEEDS_ATTENTION:
        raise needs_attention(after)
    return after


async def go_on_withdrawing(upstream: Upstream, ledger: LedgerBook, entry: LedgerEntry) -> LedgerEntry:
    """Carry out, or carry on, a withdrawal that is written down. Doing it twice does no harm.

    Returns:
        The order, withdrawn; or needing attention where it is not sure that nothing is left.

    Raises:
        DraftChanged: If a person did something with the draft; it is kept, and transferred again.
        EAccountingError: If eAccounting refused, which is noted as kept; or if it could not be asked, so that
            the order stays in `withdrawing`.
        SearchIncomplete: If the draft is not there by its id, but was sent so recently that it may appear.
        StoreBusy: If something happened to the order meanwhile.
    """
    id = entry.eaccounting_id or ""
    there = await read_by_id(upstream, id)
    if isinstance(there, NotThere):
        again_at = appears_by(ledger.site, entry)
        if again_at is not None:
            raise SearchIncomplete(entry.order_id, marker=entry.marker, again_at=again_at)
        return await _confirmed(upstream, ledger, entry, there)
    reason = None
    if there.status is not OrderStatus.DRAFT:
        reason = DraftChangedReason.MOVED_ON
    elif snapshot(there) != entry.snapshot:
        reason = DraftChangedReason.EDITED
    if reason is not None:
        error = DraftChanged(entry.order_id, reason)
        await ledger.fire(Event.KEPT, after=entry, problem=error.message)
        raise error
    try:
        with contextlib.suppress(NotFound):  # another one deleted it meanwhile
            await upstream.delete_draft(id)
    except EAccountingError as error:
        if isinstance(error, ApiError) and not error.may_have_happened:
            await ledger.fire(Event.KEPT, after=entry, problem=error.message)
            raise
        left = await read_by_id(upstream, id)
        if not isinstance(left, NotThere):
            raise  # it may still be deleted in a moment: recovery looks again
    else:
        left = await read_by_id(upstream, id)
        if not isinstance(left, NotThere):
            return await ledger.fire(Event.ESCALATE, after=entry, problem=_STILL_THERE)
    return await _confirmed(upstream, ledger, entry, left)


async def _confirmed(
    upstream: Upstream, ledger: LedgerBook, entry: LedgerEntry, by_id: NotThere
) -> LedgerEntry:
    """Free the entries of a draft that is surely gone by its id, and not there under another one either."""
    if by_id is NotThere.UNCLEAR:
        return await ledger.fire(Event.ESCALATE, after=entry, problem=_UNCLEAR)
    looked = (await search(ledger.site, upstream, entry)).looked
    if looked.absent:
        return await ledger.fire(Event.GONE, after=entry)
    seen = looked.draft is not None or looked.problem is not None
    return await ledger.fire(Event.ESCALATE, after=entry, problem=_SEEN if seen else _UNSURE)
