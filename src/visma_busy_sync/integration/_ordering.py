"""Use cases of orders: build one from what was booked, push it once, see what became of it."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final, TypeVar, final
from zoneinfo import ZoneInfo

from attrs import field, frozen

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.busy import Order, Period, Work
from visma_busy_sync.busy._checks import optional_text
from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting._execute import Doubt
from visma_busy_sync.eaccounting.errors import ApiError, EAccountingError, NotFound, NotSent, UnreadableAnswer
from visma_busy_sync.integration._arguments import given_or, require, require_day, require_id
from visma_busy_sync.integration._connection import connection_of, ready_company
from visma_busy_sync.integration._ledger import LedgerBook, claimed_of
from visma_busy_sync.integration._readiness import Lane
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._upstream import CREATE_ORDER, Upstream
from visma_busy_sync.integration.errors import OrderClosed, OrderNotTransferred, OrderUnknown, ProjectUnknown
from visma_busy_sync.orders import (
    Counterpart,
    Difference,
    Entity,
    Event,
    IllegalTransition,
    LedgerEntry,
    OrderBeingSent,
    OrderOutcomeUnknown,
    OrderRejected,
    OtherCompany,
    PostAnswer,
    State,
    build,
    can_fire,
    compare,
    customer_of,
    outcome_of,
    products_needed,
    snapshot,
    to_new_order,
)
from visma_busy_sync.state import Connection, order_key, until_written
from visma_busy_sync.sync import Kind, linked_ids

M = TypeVar("M", bound=models.Model)

_UNCLEAR_STATES: Final = frozenset({State.OUTCOME_UNKNOWN, State.NEEDS_ATTENTION})
"""A draft may be there, and nobody is about to find out."""


@final
@frozen(kw_only=True)
class OrderTexts:
    """What an order says beside its lines; None: the workspace's default, or nothing.

    Attributes:
        invoice_text: A text row before the lines; blank for none, whatever the default.
        our_reference: Who at the seller answers, at most 100 characters with the marker.
        your_reference: The customer's contact, at most 100 characters.
        buyers_order_reference: The buyer's own order number, at most 35 characters.

    Raises:
        TypeError: If one is no text.
        ValueError: If one holds half a character (a lone surrogate).
    """

    invoice_text: str | None = field(default=None, repr=False, validator=optional_text)
    our_reference: str | None = field(default=None, repr=False, validator=optional_text)
    your_reference: str | None = field(default=None, repr=False, validator=optional_text)
    buyers_order_reference: str | None = field(default=None, repr=False, validator=optional_text)


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


async def build_order(
    site: Site,
    tenant: str,
    project: str,
    period: Period,
    *,
    customer: str | None,
    order_date: date | None,
    order_id: str | None,
    texts: OrderTexts | None,
) -> Order:
    """Build the order for a project's hours and costs in a period; nothing is stored or sent."""
    require_id("project", project)
    require("period", period, Period, advice="Build it from its days: Period(first, last).")
    for name, id in (("customer", customer), ("order_id", order_id)):
        if id is not None:
            require_id(name, id)
    if order_date is not None:
        require_day("order_date", order_date)
    texts = given_or("texts", texts, OrderTexts())
    connection = await connection_of(site, tenant)
    work = await _work(site, tenant, project, period)
    billed = customer_of(work, customer)
    claimed = await claimed_of(site, tenant, work)
    links = {
        kind: {busy: upstream for upstream, busy in linked_ids(connection.company_id, records).items()}
        for kind in Kind
        for records in [await site.catalogue.load(tenant, kind)]
    }

    async def read() -> Counterpart:
        upstream = site.upstream(tenant, connection.login_id)
        company = await ready_company(upstream, connection, Lane.ORDERS)
        gone: set[Entity] = set()

        async def linked(get: Callable[[str], Awaitable[M]], kind: Kind, busy_id: str) -> M | None:
            id = links[kind].get(busy_id)
            if id is None:
                return None
            try:
                return await get(id)
            except NotFound:
                gone.add(Entity(str(kind), busy_id))
                return None

        products = sorted(products_needed(work, period, customer))
        return Counterpart(
            company=company,
            company_id=connection.company_id,
            customer=await linked(upstream.customer, Kind.CUSTOMER, billed),
            project=await linked(upstream.project, Kind.PROJECT, project),
            articles={p: await linked(upstream.article, Kind.PRODUCT, p) for p in products},
            gone=frozenset(gone),
        )

    counterpart = await read()
    today = site.clock.now().astimezone(ZoneInfo(work.settings.time_zone)).date()
    return build(
        work,
        counterpart,
        period=period,
        order_id=site.runtime.token() if order_id is None else order_id,
        revision=1,
        order_date=order_date or today,
        claimed=claimed,
        customer=customer,
        invoice_text=texts.invoice_text,
        our_reference=texts.our_reference,
        your_reference=texts.your_reference,
        buyers_order_reference=texts.buyers_order_reference,
    )


async def _work(site: Site, tenant: str, project: str, period: Period) -> Work:
    try:
        return await site.work.work(tenant, project, period)
    except (KeyError, IndexError):
        raise  # of a mistake in the host: a project that is there must not be called unknown for it
    except LookupError as error:
        raise ProjectUnknown(project) from error


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
