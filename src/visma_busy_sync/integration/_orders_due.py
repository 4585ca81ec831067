"""Send and read back whatever order is due, of all tenants; any scheduler may call it, from any process."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar, final

import attrs
from attrs import field, frozen

from visma_busy_sync.busy import Order
from visma_busy_sync.busy import _checks as check
from visma_busy_sync.eaccounting.errors import AccessDenied, LoginError, NotSent, RateLimited, Unauthorized
from visma_busy_sync.integration._clocks import is_recent
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._due import due_moment
from visma_busy_sync.integration._ledger import orders_of
from visma_busy_sync.integration._pushing import Pushed, push_one
from visma_busy_sync.integration._reading_back import ReadBack, read_one
from visma_busy_sync.integration._recovering import Recovered, recover
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.orders import UNSETTLED_STATES, Event, LedgerEntry, Stage, State
from visma_busy_sync.state import (
    CONNECTION,
    CONNECTION_SCHEMA,
    ORDER_NOTES,
    ORDER_NOTES_SCHEMA,
    Connection,
    DocumentUnreadable,
    OrderNotes,
    update,
)

R = TypeVar("R")
T = TypeVar("T")
E = TypeVar("E", Pushed, ReadBack)

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
    moment = due_moment(site, now, most)

    turn = _Turn(site, lambda notes: notes.pushed_at, lambda notes: attrs.evolve(notes, pushed_at=moment))

    async def work(tenant: str, connection: Connection) -> DuePush | None:
        found = await _to_push(site, tenant, connection)
        if found is None:
            return None
        await turn.note(tenant)
        return await _pushed(site, tenant, found)

    return await _each(turn, work, lambda tenant, error: DuePush(tenant=tenant, error=error), most)


@telling
async def read_back_due(
    site: Site, now: datetime | None = None, *, most: int | None = None
) -> Sequence[DueReadBack]:
    """Read back the orders of all tenants that are due, the tenant whose turn is longest ago first.

    What fails for one tenant is told in its result and stops no other.
    """
    moment = due_moment(site, now, most)

    turn = _Turn(
        site, lambda notes: notes.read_back_at, lambda notes: attrs.evolve(notes, read_back_at=moment)
    )

    async def work(tenant: str, connection: Connection) -> DueReadBack | None:
        entries = [
            entry
            for _, entry in await orders_of(site, tenant)
            if isinstance(entry, LedgerEntry) and _is_to_be_read(site, entry, connection, moment)
        ]
        if not entries:
            return None
        await turn.note(tenant)
        held = await connection_of(site, tenant)
        read, error = await _one_by_one(entries, lambda entry: read_one(site, tenant, held, entry))
        return DueReadBack(tenant=tenant, read=read, error=error)

    return await _each(turn, work, lambda tenant, error: DueReadBack(tenant=tenant, error=error), most)


@frozen
class _Turn:
    """Whose turn it is: with a limit, those that come first would else be the same ones for ever."""

    site: Site
    last: Callable[[OrderNotes], datetime | None]
    with_now: Callable[[OrderNotes], OrderNotes]

    async def by_tenant(self) -> Mapping[str, datetime]:
        """Return when the tenants had their last turn."""
        found = [each for each in await self.site.state.scan(ORDER_NOTES) if each.key == ORDER_NOTES]
        return {each.tenant: self.last(_notes(each.document.body)) or _NEVER for each in found}

    async def note(self, tenant: str) -> None:
        """Note that a tenant has its turn now."""
        await update(
            self.site.state,
            tenant,
            ORDER_NOTES,
            ORDER_NOTES_SCHEMA,
            lambda notes: self.with_now(notes or OrderNotes()),
        )


def _notes(body: str) -> OrderNotes:
    try:
        return ORDER_NOTES_SCHEMA.load(ORDER_NOTES, body)
    except DocumentUnreadable:  # told when the tenant has its turn
        return OrderNotes()


async def _each(
    turn: _Turn,
    work: Callable[[str, Connection], Awaitable[R | None]],
    failed: Callable[[str, Exception], R],
    most: int | None,
) -> Sequence[R]:
    """Let each connected tenant have its turn; one that has nothing to do does not count."""
    turns = await turn.by_tenant()
    connections = [found for found in await turn.site.state.scan(CONNECTION) if found.key == CONNECTION]
    connections.sort(key=lambda found: (turns.get(found.tenant, _NEVER), found.tenant))
    done: list[R] = []
    for found in connections:
        if len(done) == most:
            break
        try:
            connection = CONNECTION_SCHEMA.load(found.key, found.document.body)
            result = await work(found.tenant, connection) if connection.connected else None
        except Exception as error:  # noqa: BLE001 - a host's port may raise anything; the others go on
            result = failed(found.tenant, error)
            with contextlib.suppress(Exception):  # it has had its turn, whatever it failed by
                await turn.note(found.tenant)
        if result is not None:
            done.append(result)
    return done


@frozen
class _ToPush:
    """What is to be done for the orders of a tenant: `again` are those that were not sent the last time."""

    unsettled: bool
    due: Sequence[Order]
    again: Sequence[Order]
    waiting: Sequence[str]


async def _to_push(site: Site, tenant: str, connection: Connection) -> _ToPush | None:
    """Return what is to be done for the orders of a tenant; None if nothing is."""
    known = dict(await orders_of(site, tenant))
    finalised = await site.work.finalised(tenant)
    due, waiting = _new_orders(finalised, known.keys(), connection)
    unsettled = any(
        isinstance(entry, LedgerEntry) and entry.state in UNSETTLED_STATES for entry in known.values()
    )
    untried, again = _reserved(known.values(), connection)
    due = [*untried, *due]
    return _ToPush(unsettled, due, again, waiting) if unsettled or due or again or waiting else None


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


async def _pushed(site: Site, tenant: str, found: _ToPush) -> DuePush:
    recovered: Sequence[Recovered] = ()
    due = [*found.due, *found.again]
    if found.unsettled or due:
        connection = await connection_of(site, tenant)
        if found.unsettled:
            recovered = await recover(site, tenant)
            # What was decided to be sent again is sent at once.
            resent, _ = _reserved((one.entry for one in recovered), connection)
            due = [*(order for order in resent if order.id not in {each.id for each in due}), *due]
    pushed, error = await _one_by_one(due, lambda order: push_one(site, tenant, order))
    return DuePush(tenant=tenant, recovered=recovered, pushed=pushed, waiting=found.waiting, error=error)


def _is_to_be_read(site: Site, entry: LedgerEntry, connection: Connection, now: datetime) -> bool:
    if entry.state is not State.TRANSFERRED or entry.company_id != connection.company_id:
        return False
    if entry.progress is not None and entry.progress.stage is Stage.INVOICED:
        return False
    last = entry.progress.read_at if entry.progress is not None else entry.history[-1].at
    return not is_recent(last, site.choices.read_back_every, now=now)


async def _one_by_one(
    orders: Iterable[T], work: Callable[[T], Awaitable[E]]
) -> tuple[Sequence[E], Exception | None]:
    """Do the work for each order, until something stands in the way that would for all the others."""
    done: list[E] = []
    for order in orders:
        done.append(await work(order))
        if isinstance(done[-1].error, _CONCERNS_ALL):
            return done, done[-1].error
    return done, None
