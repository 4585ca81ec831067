"""Use cases of sending: push an order once, or several."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import Final, cast, final

import attrs
from attrs import field, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.busy import Distribution, Order, Work
from visma_busy_sync.busy import _checks as check
from visma_busy_sync.eaccounting import models
from visma_busy_sync.integration._arguments import require
from visma_busy_sync.integration._booked import work_on
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._ledger import LedgerBook, all_markers, takes_its_place
from visma_busy_sync.integration._posting import note_sending, post
from visma_busy_sync.integration._searching import (
    check_company,
    note_answer,
    outcome_unknown,
    read_seen,
    search,
)
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.integration.errors import NotSentReason, OrderClosed, OrdersNotSent, SearchIncomplete
from visma_busy_sync.orders import (
    Difference,
    EntryChange,
    Event,
    LedgerEntry,
    OrderBeingSent,
    OrderNeedsAttention,
    State,
    agrees,
    changed_since,
    compare,
    is_other,
    look_for,
    stem_of,
    to_new_order,
    twins_of,
)
from visma_busy_sync.state import (
    ORDER_NOTES,
    ORDER_NOTES_SCHEMA,
    OrderNotes,
    StoreBusy,
    order_key,
    until_written,
    update,
)


@final
@frozen(kw_only=True)
class Transfer:
    """What became of a push.

    Attributes:
        order_id: The order.
        state: Where it stands now.
        eaccounting_id: eAccounting's id of the draft.
        number: Its number; None while it is a draft.
        differences: Where eAccounting's amounts differ from ours, told when the order was sent, or found
            before that; the order is transferred all the same.
        changed_entries: Hours and costs that were changed in Busy since the order was finalised, told when
            it was sent. The order was sent as it was finalised.
        repeated: Whether the draft was there before, and nothing was sent now.
    """

    order_id: str
    state: State
    eaccounting_id: str | None
    number: int | None = None
    differences: tuple[Difference, ...] = ()
    changed_entries: tuple[EntryChange, ...] = ()
    repeated: bool = False


@final
@frozen(kw_only=True)
class Pushed:
    """What became of one of several orders.

    Attributes:
        order: The order.
        transfer: What became of it; None if an error ended its push.
        error: That error; None if there was none.
    """

    order: Order = field(repr=lambda order: repr(order.id))
    transfer: Transfer | None = None
    error: Exception | None = field(default=None, repr=check.named)


_OTHER: Final = (
    "The order {id} in eAccounting has the marker of this one, but another customer or other rows. Was it "
    "edited, or did a restored database forget what was sent?"
)
_TWIN: Final = (
    "The order {id} in eAccounting has the same customer and rows, and a marker that is not known here. Did "
    "a restored database forget that it was sent?"
)

_ORDERS: Final = "Pass what build_order returned."


@telling
async def push(site: Site, tenant: str, order: Order) -> Transfer:
    """Send an order to eAccounting as a draft, once.

    The order and its claims are stored before anything is sent; what is about to happen is stored before
    it happens. Before it is sent it is looked for, since a database that was restored forgets what it sent.
    An order whose outcome is not known is never sent again by itself.
    """
    require("order", order, Order, advice=_ORDERS)
    connection = await connection_of(site, tenant)
    check_company(order.id, order.company_id, connection)
    ledger = LedgerBook(site, tenant, order.id)
    upstream = site.upstream(tenant, connection.login_id)
    known = await ledger.read()
    if known is not None and _may_be_forgotten(known[0], order):
        known = await _remembered(upstream, ledger, known[0], order), known[1]
    if known is not None and not takes_its_place(known[0], order) and not _is_to_be_sent(site, known[0]):
        return _transfer(known[0], repeated=True)
    work = await _work_to_send(site, tenant, order)
    entry, begun = await _begun(site, upstream, ledger, order)
    changed = changed_since(entry.order, work)
    if not isinstance(begun, _Begun):
        differences = compare(entry.order, begun) if begun is not None else ()
        return _transfer(entry, differences=differences, changed=changed, repeated=True)
    after, draft = await post(upstream, begun.new, ledger, entry, since=begun.since)
    return _transfer(after, differences=compare(order, draft), changed=changed)


def _may_be_forgotten(known: LedgerEntry, order: Order) -> bool:
    """Tell whether a restored database may have forgotten a revision that was sent."""
    return known.state is State.NEEDS_ATTENTION and order.revision > known.revision


async def _remembered(
    upstream: Upstream, ledger: LedgerBook, known: LedgerEntry, order: Order
) -> LedgerEntry:
    """Let a revision take the place of an earlier one, if just this one is in eAccounting, with its rows.

    Raises:
        OrderNeedsAttention: If it is not there, or not with its customer and rows.
        SearchIncomplete: If eAccounting lists it, but does not answer with it.
    """
    marker = f"{stem_of(known.marker)}.{order.revision}"
    rows = (await search(ledger.site, upstream, known)).rows
    seen = look_for(marker, rows, sure=False).draft
    if seen is None or not agrees(order, marker, await read_seen(upstream, known, seen.id)):
        raise needs_attention(known)
    return await ledger.reserve(order, instead_of=known)


async def push_many(site: Site, tenant: str, orders: Iterable[Order]) -> Sequence[Pushed]:
    """Send orders one after the other; what fails for one stops no other."""
    return [await push_one(site, tenant, order) for order in _orders(orders)]


def _orders(given: object) -> Sequence[Order]:
    if not isinstance(given, Iterable):
        raise ConfigurationError(f"orders is of the type {type(given).__name__}.", advice=_ORDERS)
    orders = tuple(cast("Iterable[Order]", given))
    for order in orders:
        require("each of orders", order, Order, advice=_ORDERS)
    return orders


async def push_one(site: Site, tenant: str, order: Order) -> Pushed:
    """Send one of several orders."""
    try:
        return Pushed(order=order, transfer=await push(site, tenant, order))
    except Exception as error:  # noqa: BLE001 - a host's port may raise anything; the others go on
        return Pushed(order=order, error=error)


def _is_to_be_sent(site: Site, entry: LedgerEntry) -> bool:
    """Return whether an order that is known is still to be sent; else it is transferred.

    Raises:
        OrderBeingSent: If it is being sent.
        OrderNeedsAttention: If a person has to look.
        OrderOutcomeUnknown: If its outcome is not known.
        OrderClosed: If it came to an end.
    """
    match entry.state:
        case State.RESERVED:
            return True
        case State.TRANSFERRED:
            return False
        case State.SENDING:
            raise OrderBeingSent(entry.order_id, marker=entry.marker)
        case State.OUTCOME_UNKNOWN:
            raise outcome_unknown(site, entry)
        case State.NEEDS_ATTENTION:
            raise needs_attention(entry)
        case _:
            raise OrderClosed(entry.order_id, state=entry.state, problem=entry.problem)


def needs_attention(entry: LedgerEntry) -> OrderNeedsAttention:
    """Return the error that tells that a person has to look."""
    return OrderNeedsAttention(
        entry.order_id, marker=entry.marker, problem=entry.problem or "It is not known what became of it."
    )


async def _work_to_send(site: Site, tenant: str, order: Order) -> Work:
    """Read the work behind an order, and require that the workspace sends its orders.

    Raises:
        OrdersNotSent: If it does not; the reason is kept for the status.
    """
    work = await work_on(site, tenant, order.project, order.period)
    reason = None
    if not work.settings.orders_enabled:
        reason = NotSentReason.ORDERS_OFF
    elif work.settings.distribution is Distribution.IN_BUSY:
        reason = NotSentReason.IN_BUSY
    await _note_reason(site, tenant, reason)
    if reason is not None:
        raise OrdersNotSent(order.id, reason)
    return work


async def _note_reason(site: Site, tenant: str, reason: NotSentReason | None) -> None:
    text = None if reason is None else str(reason)

    def noted(known: OrderNotes | None) -> OrderNotes | None:
        if known is None:
            return None if text is None else OrderNotes(not_sent=text)
        return attrs.evolve(known, not_sent=text)

    await update(site.state, tenant, ORDER_NOTES, ORDER_NOTES_SCHEMA, noted)


@frozen
class _Begun:
    """What is to be sent, and since when, by the clock's `monotonic()`."""

    new: models.NewOrder
    since: float


async def _begun(
    site: Site, upstream: Upstream, ledger: LedgerBook, order: Order
) -> tuple[LedgerEntry, _Begun | models.Order | None]:
    """Bring the order to `sending`, and return it with what to send; or with its draft, where that is found.

    Of two workers that push the same order at once one goes on; the other looks again. None: the other one
    has sent it.
    """

    async def attempt() -> tuple[LedgerEntry, _Begun | models.Order | None] | None:
        entry = await ledger.reserve(order)
        if not _is_to_be_sent(site, entry):
            return entry, None
        # Made first, so that an order that cannot even be written is not noted as being sent.
        new = to_new_order(
            entry.order,
            marker=entry.marker,
            place=site.choices.marker_place,
            send_amounts=site.choices.send_amounts,
        )
        with contextlib.suppress(StoreBusy):  # another worker was first
            there = await there_already(site, upstream, ledger, entry)
            if there:
                return there
            begun = _Begun(new, site.clock.monotonic())
            return await note_sending(ledger, entry), begun
        return None

    return await until_written(order_key(order.id), attempt)


async def there_already(
    site: Site, upstream: Upstream, ledger: LedgerBook, entry: LedgerEntry
) -> tuple[LedgerEntry, models.Order] | None:
    """Look for an order before it is sent, and return it with its draft.

    None if it surely is not there, as far as eAccounting tells.

    Raises:
        SearchIncomplete: If the reading is not sure, so that nothing may be sent.
        OrderNeedsAttention: If there are several, one of another revision, one with another customer or other
            rows, or one that may be this order under an id that was forgotten.
        StoreBusy: If something happened to the order meanwhile.
    """
    reading = await search(site, upstream, entry)
    looked, problem = reading.looked, reading.looked.problem
    if looked.draft is not None:
        answer = await read_seen(upstream, entry, looked.draft.id)
        if not is_other(entry.order, entry.marker, answer):
            return await note_answer(ledger, entry, answer), answer
        problem = _OTHER.format(id=looked.draft.id)
    elif problem is None and entry.moment_of(Event.RESEND) is None:  # else a person has looked
        twin = await _unknown_twin(ledger, entry, reading.rows)
        problem = _TWIN.format(id=twin.id) if twin is not None else None
    if problem is not None:
        raise needs_attention(await ledger.fire(Event.ESCALATE, after=entry, problem=problem))
    if not looked.absent:
        raise SearchIncomplete(entry.order_id, marker=entry.marker)
    return None


async def _unknown_twin(
    ledger: LedgerBook, entry: LedgerEntry, rows: Sequence[models.Order]
) -> models.Order | None:
    """Return an order with our customer and rows whose marker no order here has; None if none is."""
    twins = twins_of(entry, rows)
    known = await all_markers(ledger.site) if twins else frozenset[str]()
    stems = {stem_of(marker) for marker in known}
    return next((twin for stem, twin in twins.items() if stem not in stems), None)


def _transfer(
    entry: LedgerEntry,
    *,
    differences: tuple[Difference, ...] = (),
    changed: tuple[EntryChange, ...] = (),
    repeated: bool = False,
) -> Transfer:
    return Transfer(
        order_id=entry.order_id,
        state=entry.state,
        eaccounting_id=entry.eaccounting_id,
        number=entry.number,
        differences=differences,
        changed_entries=changed,
        repeated=repeated,
    )
