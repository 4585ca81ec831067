"""Use cases of orders: build one from what was booked, push it once, see what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final, TypeVar, final
from zoneinfo import ZoneInfo

from attrs import field, frozen

from visma_busy_sync.busy import Order, Period
from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting.errors import ApiError, EAccountingError, NotFound, NotSent, UnreadableAnswer
from visma_busy_sync.integration._connection import connection_of, noting_death
from visma_busy_sync.integration._ledger import LedgerBook, claim_holders
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._upstream import CREATE_ORDER, Upstream
from visma_busy_sync.orders import (
    Counterpart,
    Difference,
    Event,
    LedgerEntry,
    OrderOutcomeUnknown,
    OrderRejected,
    OtherCompany,
    PostAnswer,
    State,
    build,
    compare,
    customer_of,
    outcome_of,
    products_needed,
    snapshot,
    to_new_order,
)
from visma_busy_sync.sync import Kind, linked_ids

M = TypeVar("M", bound=models.Model)

_MOST_TRIES: Final = 20


@final
@frozen(kw_only=True)
class OrderTexts:
    """What an order says beside its lines; None: the workspace's default, or nothing.

    Attributes:
        invoice_text: A text row before the lines; blank for none, whatever the default.
        our_reference: Who at the seller answers, at most 100 characters with the marker.
        your_reference: The customer's contact, at most 100 characters.
        buyers_order_reference: The buyer's own order number, at most 35 characters.
    """

    invoice_text: str | None = field(default=None, repr=False)
    our_reference: str | None = field(default=None, repr=False)
    your_reference: str | None = field(default=None, repr=False)
    buyers_order_reference: str | None = field(default=None, repr=False)


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
    texts: OrderTexts,
) -> Order:
    """Build the order for a project's hours and costs in a period; nothing is stored or sent."""
    connection = await connection_of(site, tenant)
    work = await site.work.work(tenant, project, period)
    billed = customer_of(work, customer)
    claimed = await claim_holders(site, tenant)
    links = {
        kind: {busy: upstream for upstream, busy in linked_ids(connection.company_id, records).items()}
        for kind in Kind
        for records in [await site.catalogue.load(tenant, kind)]
    }

    async def read() -> Counterpart:
        upstream = site.upstream(tenant)
        products = sorted(products_needed(work, period, customer))
        return Counterpart(
            company=await upstream.company_settings(),
            company_id=connection.company_id,
            customer=await _linked(upstream.customer, links[Kind.CUSTOMER].get(billed)),
            project=await _linked(upstream.project, links[Kind.PROJECT].get(project)),
            articles={p: await _linked(upstream.article, links[Kind.PRODUCT].get(p)) for p in products},
        )

    counterpart = await noting_death(site, tenant, read)
    today = site.clock.now().astimezone(ZoneInfo(work.settings.time_zone)).date()
    return build(
        work,
        counterpart,
        period=period,
        order_id=order_id or site.runtime.token(),
        revision=1,
        order_date=order_date or today,
        claimed=frozenset(claimed),
        customer=customer,
        invoice_text=texts.invoice_text,
        our_reference=texts.our_reference,
        your_reference=texts.your_reference,
        buyers_order_reference=texts.buyers_order_reference,
    )


async def _linked(get: Callable[[str], Awaitable[M]], id: str | None) -> M | None:
    if id is None:
        return None
    try:
        return await get(id)
    except NotFound:
        return None


async def push(site: Site, tenant: str, order: Order) -> Transfer:
    """Send an order to eAccounting as a draft, once.

    The order and its claims are stored before anything is sent; what is about to happen is stored before
    it happens. An order whose outcome is not known is never sent again by itself.
    """
    connection = await connection_of(site, tenant)
    if order.company_id != connection.company_id:
        raise OtherCompany(order.id, company_id=order.company_id, connected_company_id=connection.company_id)
    ledger = LedgerBook(site, tenant, order.id)
    entry = await ledger.reserve(order)
    if entry.state is State.TRANSFERRED:
        return _transfer(entry, repeated=True)
    if entry.state in {State.SENDING, State.OUTCOME_UNKNOWN, State.NEEDS_ATTENTION}:
        raise OrderOutcomeUnknown(order.id, marker=entry.marker)
    await ledger.fire(Event.SEND)

    async def send() -> models.Order:
        new = to_new_order(entry.order, marker=entry.marker, send_amounts=site.choices.send_amounts)
        return await _create(site.upstream(tenant), new, ledger, entry)

    draft = await noting_death(site, tenant, send)
    entry = await ledger.fire(
        Event.TRANSFERRED, eaccounting_id=draft.id, number=draft.number or None, snapshot=snapshot(draft)
    )
    return _transfer(entry, differences=compare(order, draft))


async def _create(
    upstream: Upstream, new: models.NewOrder, ledger: LedgerBook, entry: LedgerEntry
) -> models.Order:
    try:
        return await upstream.create_draft(new)
    except EAccountingError as error:
        event = outcome_of(_answer(error))
        await ledger.fire(event, problem=error.message)
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


def _answer(error: EAccountingError) -> PostAnswer:
    if error.operation != CREATE_ORDER or isinstance(error, NotSent):
        # What failed came before the POST, such as renewing the token.
        return PostAnswer(status=None, surely_not_sent=True)
    if isinstance(error, ApiError):
        return PostAnswer(status=error.status, error_code=error.code, readable=True)
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
    if entry is None or entry.eaccounting_id is None:
        raise LookupError(f"order {order_id} was not transferred to eAccounting")
    id = entry.eaccounting_id
    return await noting_death(site, tenant, lambda: site.upstream(tenant).order(id))
