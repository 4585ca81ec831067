"""Send and read back whatever order is due, of all tenants; any scheduler may call it, from any process.

Sending and reading back are a lane each: in each, the orders of a tenant are with one worker at a time. That
saves requests. That an order is there once is the ledger's doing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, TypeAlias, TypeVar, final

import attrs
from attrs import field, frozen

from visma_busy_sync.busy import Order
from visma_busy_sync.busy import _checks as check
from visma_busy_sync.eaccounting.errors import AccessDenied, LoginError, NotSent, RateLimited, Unauthorized
from visma_busy_sync.integration._alone import PUSH_LEASE, READ_BACK_LEASE, Right
from visma_busy_sync.integration._clocks import is_recent
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._due import due_moment
from visma_busy_sync.integration._ledger import orders_of
from visma_busy_sync.integration._pushing import Pushed, push_one
from visma_busy_sync.integration._reading_back import ReadBack, read_one
from visma_busy_sync.integration._recovering import Recovered, recover
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.orders import UNSETTLED_STATES, DocumentError, Event, LedgerEntry, Stage, State
from visma_busy_sync.ports import Found
from visma_busy_sync.state import (
    CONNECTION,
    CONNECTION_SCHEMA,
    ORDER_NOTES,
    ORDER_NOTES_SCHEMA,
    Connection,
    DocumentUnreadable,
    OrderNotes,
    read,
    update,
)

R = TypeVar("R")
T = TypeVar("T")
W = TypeVar("W")
E = TypeVar("E", Pushed, ReadBack)

_Known: TypeAlias = Iterable[tuple[str, LedgerEntry | DocumentError]]
"""What the ledger knows of the orders of a tenant."""

_CONCERNS_ALL: Final = (AccessDenied, LoginError, NotSent, RateLimited, Unauthorized)
"""What ends one order's turn for such a reason would end that of the tenant's others too."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@final
@frozen(kw_only=True)
class DuePush:
    """What became of the orders of a tenant that were due.

    Attributes:
        tenant: The tenant.
        recovered: What was found out about orders of which it was not known what became of them.
        pushed: What became of each order that was due, as far as they were tried.
        waiting: The ids of finalised orders that are not sent by themselves: they were finalised before the
            company was connected first, or for another company, or the host does not tell when.
        error: What ended the tenant's turn, such as a dead login; what was not tried then waits for the next.
    """

    tenant: str
    recovered: Sequence[Recovered] = ()
    pushed: Sequence[Pushed] = ()
    waiting: Sequence[str] = ()
    error: Exception | None = field(default=None, repr=check.named)


@final
@frozen(kw_only=True)
class DueReadBack:
    """What was read of the orders of a tenant that were due to be read back.

    Attributes:
        tenant: The tenant.
        read: What was read of each, as far as they were tried.
        error: What ended the tenant's turn; what was not tried then waits for the next.
    """

    tenant: str
    read: Sequence[ReadBack] = ()
    error: Exception | None = field(default=None, repr=check.named)


@telling
async def push_due(site: Site, now: datetime | None = None, *, most: int | None = None) -> Sequence[DuePush]:
    """Send the orders of all tenants that are due, the tenant whose turn is longest ago first.

    What fails for one tenant is told in its result and stops no other.
    """
    return await _all_due(PUSH, site, now, most)


@telling
async def read_back_due(
    site: Site, now: datetime | None = None, *, most: int | None = None
) -> Sequence[DueReadBack]:
    """Read back the orders of all tenants that are due, the tenant whose turn is longest ago first.

    What fails for one tenant is told in its result and stops no other.
    """
    return await _all_due(READ_BACK, site, now, most)


@frozen
class OrdersDue:
    """The tenants with orders to send, and those with orders to read back, in the order of their turns.

    A tenant of which that cannot be told is one of them: its turn tells what went wrong.
    """

    push: Sequence[str]
    read_back: Sequence[str]


async def orders_due(site: Site, now: datetime) -> OrdersDue:
    """Look which tenants have something to do; eAccounting is not asked."""
    notes = await _all_notes(site)
    push: list[str] = []
    read_back: list[str] = []
    for found in await _connections(site):
        try:
            connection = CONNECTION_SCHEMA.load(found.key, found.document.body)
            if not connection.connected:
                continue
            known = await orders_of(site, found.tenant)
        except Exception:  # noqa: BLE001 - as in `one_due`, which tells of it
            push.append(found.tenant)
            read_back.append(found.tenant)
            continue
        if await _has_work(site, found.tenant, connection, known):
            push.append(found.tenant)
        if _to_read(known, connection, now, every=site.choices.read_back_every):
            read_back.append(found.tenant)
    return OrdersDue(PUSH.by_turn(push, notes), READ_BACK.by_turn(read_back, notes))


async def _has_work(site: Site, tenant: str, connection: Connection, known: _Known) -> bool:
    """Whether there is more to do for the orders of a tenant than to tell which wait for a person."""
    try:
        found = _to_push(known, await site.work.finalised(tenant), connection)
    except Exception:  # noqa: BLE001 - as above
        return True
    return found is not None and found.is_work


@final
@frozen(kw_only=True)
class OrderLane(Generic[W, R]):
    """What is done with the orders of a tenant when they are due.

    Attributes:
        lease: The right to do it.
        last: When it was done last.
        noted: The notes, where it is done now.
        look: What there is to do; None: nothing. eAccounting is not asked.
        do: Do it.
        failed: What tells the error that ended it.
    """

    lease: str
    last: Callable[[OrderNotes], datetime | None]
    noted: Callable[[OrderNotes, datetime], OrderNotes]
    look: Callable[[Site, str, Connection, datetime], Awaitable[W | None]]
    do: Callable[[Site, str, W, Right], Awaitable[R]]
    failed: Callable[[str, Exception], R]

    def by_turn(self, tenants: Iterable[str], notes: Mapping[str, OrderNotes]) -> Sequence[str]:
        """Return tenants, the one whose turn is longest ago first.

        With a limit, those that come first would else be the same ones for ever.
        """
        last = {tenant: self.last(known) or _NEVER for tenant, known in notes.items()}
        return sorted(tenants, key=lambda tenant: (last.get(tenant, _NEVER), tenant))

    async def note_turn(self, site: Site, tenant: str, now: datetime) -> None:
        """Note that a tenant has its turn now."""
        await update(
            site.state,
            tenant,
            ORDER_NOTES,
            ORDER_NOTES_SCHEMA,
            lambda notes: self.noted(notes or OrderNotes(), now),
        )


async def _all_due(lane: OrderLane[W, R], site: Site, now: datetime | None, most: int | None) -> Sequence[R]:
    """Let each connected tenant have its turn; one that has nothing to do does not count."""
    moment = due_moment(site, now, most)
    notes = await _all_notes(site)
    done: list[R] = []
    for tenant in lane.by_turn([found.tenant for found in await _connections(site)], notes):
        if len(done) == most:
            break
        result = await one_due(lane, site, tenant, moment)
        if result is not None:
            done.append(result)
    return done


async def one_due(lane: OrderLane[W, R], site: Site, tenant: str, now: datetime) -> R | None:
    """Let a tenant have its turn; None if it has nothing to do, or another worker is at it."""
    try:
        if await _looked(lane, site, tenant, now) is None:
            return None
        right = Right(site, tenant, lane.lease, holder=site.runtime.token())
        if not await right.take():
            return None
        try:
            # Once more: whoever had the right a moment ago may have done it.
            work = await _looked(lane, site, tenant, now)
            if work is None:
                return None
            await lane.note_turn(site, tenant, now)
            return await lane.do(site, tenant, work, right)
        finally:
            with contextlib.suppress(Exception):  # it ends by itself; what matters was done, or is raised
                await right.end()
    except Exception as error:  # noqa: BLE001 - a host's port may raise anything; the others go on
        with contextlib.suppress(Exception):  # it has had its turn, whatever it failed by
            await lane.note_turn(site, tenant, now)
        return lane.failed(tenant, error)


async def _looked(lane: OrderLane[W, R], site: Site, tenant: str, now: datetime) -> W | None:
    kept = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
    if kept is None or not kept.value.connected:
        return None
    return await lane.look(site, tenant, kept.value, now)


async def _connections(site: Site) -> Sequence[Found]:
    return [found for found in await site.state.scan(CONNECTION) if found.key == CONNECTION]


async def _all_notes(site: Site) -> Mapping[str, OrderNotes]:
    found = [each for each in await site.state.scan(ORDER_NOTES) if each.key == ORDER_NOTES]
    return {each.tenant: _notes(each.document.body) for each in found}


def _notes(body: str) -> OrderNotes:
    try:
        return ORDER_NOTES_SCHEMA.load(ORDER_NOTES, body)
    except DocumentUnreadable:  # told when the tenant has its turn
        return OrderNotes()


@frozen
class _ToPush:
    """What is to be done for the orders of a tenant: `again` are those that were not sent the last time."""

    unsettled: bool
    due: Sequence[Order]
    again: Sequence[Order]
    waiting: Sequence[str]

    @property
    def is_work(self) -> bool:
        """Whether there is more to do than to tell which wait for a person."""
        return self.unsettled or bool(self.due or self.again)


async def _look_to_push(site: Site, tenant: str, connection: Connection, _: datetime) -> _ToPush | None:
    known = await orders_of(site, tenant)
    return _to_push(known, await site.work.finalised(tenant), connection)


def _to_push(known: _Known, finalised: Iterable[Order], connection: Connection) -> _ToPush | None:
    """Return what is to be done for the orders of a tenant; None if nothing is."""
    entries = dict(known)
    due, waiting = _new_orders(finalised, entries.keys(), connection)
    unsettled = any(
        isinstance(entry, LedgerEntry) and entry.state in UNSETTLED_STATES for entry in entries.values()
    )
    untried, again = _reserved(entries.values(), connection)
    found = _ToPush(unsettled, [*untried, *due], again, waiting)
    return found if found.is_work or waiting else None


def _reserved(known: Iterable[object], connection: Connection) -> tuple[list[Order], list[Order]]:
    """Return the orders that wait to be sent, and apart from them those that were not the last time.

    Of the latter, the one that was tried longest ago comes first: one that fails each time, and ends the turn
    by that, stops no other for ever.
    """
    waiting = [
        entry
        for entry in known
        if isinstance(entry, LedgerEntry)
        and entry.state is State.RESERVED
        and entry.company_id == connection.company_id
    ]
    untried = [entry.order for entry in waiting if entry.history[-1].event is not Event.NOT_SENT]
    again = [entry for entry in waiting if entry.history[-1].event is Event.NOT_SENT]
    return untried, [entry.order for entry in sorted(again, key=lambda entry: entry.history[-1].at)]


def _new_orders(
    finalised: Iterable[Order], known: Iterable[str], connection: Connection
) -> tuple[list[Order], list[str]]:
    """Return the finalised orders that are sent by themselves, and the ids of those that are not.

    Of one that the ledger knows, the ledger alone says what is to be done.
    """
    due: dict[str, Order] = {}
    waiting: dict[str, None] = {}
    ids = set(known)
    for order in finalised:
        if order.id in ids:
            continue
        at = order.finalised_at
        if order.company_id == connection.company_id and at is not None and at >= connection.company_since:
            due[order.id] = order
        else:
            waiting[order.id] = None
    return list(due.values()), [id for id in waiting if id not in due]


async def _pushed(site: Site, tenant: str, found: _ToPush, right: Right) -> DuePush:
    recovered: Sequence[Recovered] = ()
    due = [*found.due, *found.again]
    if found.is_work:
        connection = await connection_of(site, tenant)
        if found.unsettled:
            recovered = await recover(site, tenant, still=right.take)
            # What was decided to be sent again is sent at once.
            resent, _ = _reserved((one.entry for one in recovered), connection)
            due = [*(order for order in resent if order.id not in {each.id for each in due}), *due]
    pushed, error = await _one_by_one(due, lambda order: push_one(site, tenant, order), right)
    return DuePush(tenant=tenant, recovered=recovered, pushed=pushed, waiting=found.waiting, error=error)


async def _look_to_read(
    site: Site, tenant: str, connection: Connection, now: datetime
) -> Sequence[LedgerEntry] | None:
    known = await orders_of(site, tenant)
    return _to_read(known, connection, now, every=site.choices.read_back_every) or None


def _to_read(known: _Known, connection: Connection, now: datetime, *, every: timedelta) -> list[LedgerEntry]:
    """Return the orders of a tenant that are due to be read back."""
    return [
        entry
        for _, entry in known
        if isinstance(entry, LedgerEntry) and _is_to_be_read(entry, connection, now, every=every)
    ]


async def _read(site: Site, tenant: str, entries: Sequence[LedgerEntry], right: Right) -> DueReadBack:
    held = await connection_of(site, tenant)
    done, error = await _one_by_one(entries, lambda entry: read_one(site, tenant, held, entry), right)
    return DueReadBack(tenant=tenant, read=done, error=error)


def _is_to_be_read(entry: LedgerEntry, connection: Connection, now: datetime, *, every: timedelta) -> bool:
    if entry.state is not State.TRANSFERRED or entry.company_id != connection.company_id:
        return False
    if entry.progress is not None and entry.progress.stage is Stage.INVOICED:
        return False
    last = entry.progress.read_at if entry.progress is not None else entry.history[-1].at
    return not is_recent(last, every, now=now)


async def _one_by_one(
    orders: Iterable[T], work: Callable[[T], Awaitable[E]], right: Right
) -> tuple[Sequence[E], Exception | None]:
    """Do the work for each order, until something stands in the way that would for all the others."""
    done: list[E] = []
    for order in orders:
        try:
            if not await right.take():
                break  # it took so long that the right was over, and another worker goes on
        except Exception as error:  # noqa: BLE001 - a host's store may raise anything; what was done is told
            return done, error
        done.append(await work(order))
        if isinstance(done[-1].error, _CONCERNS_ALL):
            return done, done[-1].error
    return done, None


PUSH: Final = OrderLane(
    lease=PUSH_LEASE,
    last=lambda notes: notes.pushed_at,
    noted=lambda notes, now: attrs.evolve(notes, pushed_at=now),
    look=_look_to_push,
    do=_pushed,
    failed=lambda tenant, error: DuePush(tenant=tenant, error=error),
)
READ_BACK: Final = OrderLane(
    lease=READ_BACK_LEASE,
    last=lambda notes: notes.read_back_at,
    noted=lambda notes, now: attrs.evolve(notes, read_back_at=now),
    look=_look_to_read,
    do=_read,
    failed=lambda tenant, error: DueReadBack(tenant=tenant, error=error),
)
