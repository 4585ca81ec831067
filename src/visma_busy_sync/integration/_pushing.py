"""Use cases of orders that were built: push one once, see what became of it."""

from __future__ import annotations

import contextlib
from typing import Final, final

from attrs import frozen

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.busy import Order
from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting._execute import Doubt
from visma_busy_sync.eaccounting.errors import ApiError, EAccountingError, NotSent, UnreadableAnswer
from visma_busy_sync.integration._arguments import require
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._ledger import LedgerBook
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._upstream import CREATE_ORDER, Upstream
from visma_busy_sync.integration.errors import OrderClosed, OrderNotTransferred, OrderUnknown
from visma_busy_sync.orders import (
    Difference,
    Event,
    IllegalTransition,
    LedgerEntry,
    OrderBeingSent,
    OrderOutcomeUnknown,
    OrderRejected,
    OtherCompany,
    PostAnswer,
    State,
    can_fire,
    compare,
    outcome_of,
    problems_of_refusal,
    snapshot,
    to_new_order,
)
from visma_busy_sync.state import Connection, order_key, until_written

_UNCLEAR_STATES: Final = frozenset({State.OUTCOME_UNKNOWN, State.NEEDS_ATTENTION})
"""A draft may be there, and nobody is about to find out."""


@final
@frozen(kw_only=True)
class Transfer:
    """What became of a push.

    Attributes:
        order_id: The order.
        state: Where it stands now.
        eaccounting_id: eAccounting's id of the draft.
        number: Its number; None while it is a draft.
        differences: Where eAccounting's amounts differ from ours, told when the order was sent; the order
            is transferred all the same.
        repeated: Whether the order had been transferred before, and nothing was sent now.
    """

    order_id: str
    state: State
    eaccounting_id: str | None
    number: int | None = None
    differences: tuple[Difference, ...] = ()
    repeated: bool = False


async def push(site: Site, tenant: str, order: Order) -> Transfer:
    """Send an order to eAccounting as a draft, once.

    The order and its claims are stored before anything is sent; what is about to happen is stored before
    it happens. An order whose outcome is not known is never sent again by itself.
    """
    require("order", order, Order, advice="Pass what build_order returned.")
    connection = await connection_of(site, tenant)
    _check_company(order, connection)
    ledger = LedgerBook(site, tenant, order.id)
    entry, new = await _begun(site, ledger, order)
    if new is None:
        return _transfer(entry, repeated=True)
    draft = await _create(site.upstream(tenant, connection.login_id), new, ledger, entry)
    after = await _noted(
        ledger,
        entry,
        Event.TRANSFERRED,
        eaccounting_id=draft.id,
        number=draft.number or None,
        snapshot=snapshot(draft),
    )
    return _transfer(after, differences=compare(order, draft))


async def _begun(site: Site, ledger: LedgerBook, order: Order) -> tuple[LedgerEntry, models.NewOrder | None]:
    """Bring the order to `sending`, and return it with what to send; None where it was transferred before.

    Of two workers that push the same order at once one goes on; the other looks again.
    """

    async def attempt() -> tuple[LedgerEntry, models.NewOrder | None] | None:
        entry = await ledger.reserve(order)
        if entry.state is State.TRANSFERRED:
            return entry, None
        if entry.state is State.SENDING:
            raise OrderBeingSent(order.id, marker=entry.marker)
        if entry.state in _UNCLEAR_STATES:
            raise OrderOutcomeUnknown(order.id, marker=entry.marker)
        if not can_fire(entry, Event.SEND):
            raise OrderClosed(order.id, state=entry.state, problem=entry.problem)
        # Made first, so that an order that cannot even be written is not noted as being sent.
        new = to_new_order(entry.order, marker=entry.marker, send_amounts=site.choices.send_amounts)
        with contextlib.suppress(IllegalTransition):  # another worker was first
            return await _noted_as_sending(ledger, entry.order), new
        return None

    return await until_written(order_key(order.id), attempt)


async def _noted_as_sending(ledger: LedgerBook, order: Order) -> LedgerEntry:
    """Write down that the POST is about to be made.

    A caller that is cancelled meanwhile makes none. That is written down too, and only where this very
    caller has written the other: it could be another worker's POST.
    """
    written: list[LedgerEntry] = []
    cancelled = False

    async def undo() -> None:
        with contextlib.suppress(Exception):  # then the store says `sending`: nobody knows any more
            await ledger.fire(Event.NOT_SENT, problem="The push was cancelled before it sent anything.")

    async def note() -> None:
        entry = await ledger.fire(Event.SEND, of=order)
        if cancelled:
            await undo()
        else:
            written.append(entry)

    try:
        await ledger.site.runtime.to_end(note)
    except GeneratorExit:  # the coroutine was dropped: nothing can be awaited any more
        raise
    except BaseException:
        cancelled = True
        if written:
            await ledger.site.runtime.to_end(undo)
        raise
    return written[0]


async def _create(
    upstream: Upstream, new: models.NewOrder, ledger: LedgerBook, entry: LedgerEntry
) -> models.Order:
    doubt = Doubt()
    try:
        return await upstream.create_draft(new, doubt)
    except EAccountingError as error:
        event = outcome_of(_answer(error))
        await _noted(ledger, entry, event, problem=error.message)
        if event is Event.REJECTED and isinstance(error, ApiError):
            raise OrderRejected(
                entry.order_id,
                status=error.status,
                error_code=error.code,
                error_id=error.error_id,
                problem=error.message,
                problems=problems_of_refusal(entry.order, error.code),
            ) from error
        if event is Event.OUTCOME_UNKNOWN:
            raise OrderOutcomeUnknown(entry.order_id, marker=entry.marker) from error
        raise
    except GeneratorExit:  # the coroutine was dropped: nothing can be awaited any more
        raise
    except BaseException as error:  # a host's own ports may raise anything, and the caller may be cancelled
        event = Event.OUTCOME_UNKNOWN if doubt.is_open else Event.NOT_SENT
        if not isinstance(error, Exception):
            with contextlib.suppress(OrderOutcomeUnknown):  # the cancellation is what the caller waits for
                await _noted(ledger, entry, event, problem=_unforeseen(error))
            raise
        await _noted(ledger, entry, event, problem=_unforeseen(error))
        if doubt.is_open:
            raise OrderOutcomeUnknown(entry.order_id, marker=entry.marker) from error
        raise


def _unforeseen(error: BaseException) -> str:
    if isinstance(error, VismaBusySyncError):
        return error.message
    # Its text may tell an address or more; the traceback has it all the same.
    return f"The sending failed with {type(error).__name__}."


async def _noted(
    ledger: LedgerBook,
    entry: LedgerEntry,
    event: Event,
    *,
    eaccounting_id: str | None = None,
    number: int | None = None,
    snapshot: str | None = None,
    problem: str | None = None,
) -> LedgerEntry:
    """Write down what became of the POST, even if the caller is cancelled meanwhile.

    If that fails, the store says `sending`: nobody knows any more.
    """
    after: list[LedgerEntry] = []

    async def note() -> None:
        after.append(
            await ledger.fire(
                event, eaccounting_id=eaccounting_id, number=number, snapshot=snapshot, problem=problem
            )
        )

    try:
        await ledger.site.runtime.to_end(note)
        return after[0]
    except Exception as error:  # the host's store may raise anything
        raise OrderOutcomeUnknown(entry.order_id, marker=entry.marker) from error


def _check_company(order: Order, connection: Connection) -> None:
    if order.company_id != connection.company_id:
        raise OtherCompany(order.id, company_id=order.company_id, connected_company_id=connection.company_id)


def _answer(error: EAccountingError) -> PostAnswer:
    if error.operation != CREATE_ORDER or isinstance(error, NotSent):
        # What failed came before the POST, such as renewing the token.
        return PostAnswer(status=None, surely_not_sent=True)
    if isinstance(error, ApiError):
        # Some statuses speak for themselves; but only the API's own error object is about the order.
        own = error.code is not None or error.error_id is not None
        return PostAnswer(status=error.status, error_code=error.code, readable=own)
    return PostAnswer(status=error.status if isinstance(error, UnreadableAnswer) else None)


def _transfer(
    entry: LedgerEntry, *, differences: tuple[Difference, ...] = (), repeated: bool = False
) -> Transfer:
    return Transfer(
        order_id=entry.order_id,
        state=entry.state,
        eaccounting_id=entry.eaccounting_id,
        number=entry.number,
        differences=differences,
        repeated=repeated,
    )


async def reopen(site: Site, tenant: str, order_id: str) -> LedgerEntry:
    """Free the entries of an order that eAccounting refused, so that a new order can be built."""
    return await LedgerBook(site, tenant, order_id).fire(Event.REOPEN)


async def ledger_entry(site: Site, tenant: str, order_id: str) -> LedgerEntry | None:
    """Return what the ledger knows of an order."""
    known = await LedgerBook(site, tenant, order_id).read()
    return known[0] if known else None


async def fetch_order(site: Site, tenant: str, order_id: str) -> models.Order:
    """Read a transferred order as eAccounting holds it now."""
    entry = await ledger_entry(site, tenant, order_id)
    if entry is None:
        raise OrderUnknown(order_id)
    if entry.eaccounting_id is None:
        raise OrderNotTransferred(order_id, state=entry.state)
    connection = await connection_of(site, tenant)
    _check_company(entry.order, connection)
    id = entry.eaccounting_id
    return await site.upstream(tenant, connection.login_id).order(id)
