"""What a host writes to be told what happened, without asking again and again.

Each method does nothing, so a host writes those that it wants, and a later version may add more.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from visma_busy_sync._core.stepper import lift
from visma_busy_sync.integration._events import (
    ArchivingEvent,
    ConnectionEvent,
    OrderEvent,
    ParkedEvent,
    SyncEvent,
    TenantEvent,
)

Hear: TypeAlias = Callable[[str, TenantEvent], Awaitable[None]]
"""Has a listener hear an event, by the name of its method."""


class Listener:
    """Is told what happened to the tenants; subclass it, and write those of its methods that you want.

    Each is called at the end of the call that brought something about, in its thread, when what it tells is
    stored; never within a request or a commit. What it raises is logged, and changes nothing. It is told at
    most once: if the process dies before, it never is. See `docs/events.md`.
    """

    def on_connected(self, event: ConnectionEvent) -> None:
        """A login was completed, or another company confirmed: the tenant is connected."""

    def on_reconnect_needed(self, event: ConnectionEvent) -> None:
        """The login is dead: nothing is fetched or sent until somebody logs in again. Once for each login."""

    def on_synced(self, event: SyncEvent) -> None:
        """A sync changed something in Busy. One that found nothing to do is not told."""

    def on_sync_failed(self, event: SyncEvent) -> None:
        """A sync failed: the first one to, or by another error than the last. Not where the login is dead."""

    def on_guard_blocked(self, event: ArchivingEvent) -> None:
        """Many projects are missing in eAccounting: they are not archived until a person allows it.

        The same set is told once, until a sync finds another one, or none.
        """

    def on_parked(self, event: ParkedEvent) -> None:
        """The host refused records of eAccounting. Each is told once, until a sync finds it cured."""

    def on_transferred(self, event: OrderEvent) -> None:
        """The draft of an order is in eAccounting: sent now, or found there."""

    def on_rejected(self, event: OrderEvent) -> None:
        """An order was refused by eAccounting. It waits until a person reopens it."""

    def on_needs_attention(self, event: OrderEvent) -> None:
        """A person has to look what became of an order."""

    def on_withdrawn(self, event: OrderEvent) -> None:
        """The draft of an order was deleted as a person asked; its hours and costs are free."""

    def on_gone_upstream(self, event: OrderEvent) -> None:
        """An order was deleted in eAccounting. Its hours and costs are free when a person releases it."""

    def on_invoiced(self, event: OrderEvent) -> None:
        """An order was read back, and is invoiced in eAccounting."""


class AsyncListener:
    """Is told what happened to the tenants; subclass it, and write those of its methods that you want.

    Each is called at the end of the call that brought something about, in its loop, when what it tells is
    stored; never within a request or a commit. What it raises is logged, and changes nothing. It is told at
    most once: if the process dies before, it never is. See `docs/events.md`.
    """

    async def on_connected(self, event: ConnectionEvent) -> None:
        """A login was completed, or another company confirmed: the tenant is connected."""

    async def on_reconnect_needed(self, event: ConnectionEvent) -> None:
        """The login is dead: nothing is fetched or sent until somebody logs in again. Once for each login."""

    async def on_synced(self, event: SyncEvent) -> None:
        """A sync changed something in Busy. One that found nothing to do is not told."""

    async def on_sync_failed(self, event: SyncEvent) -> None:
        """A sync failed: the first one to, or by another error than the last. Not where the login is dead."""

    async def on_guard_blocked(self, event: ArchivingEvent) -> None:
        """Many projects are missing in eAccounting: they are not archived until a person allows it.

        The same set is told once, until a sync finds another one, or none.
        """

    async def on_parked(self, event: ParkedEvent) -> None:
        """The host refused records of eAccounting. Each is told once, until a sync finds it cured."""

    async def on_transferred(self, event: OrderEvent) -> None:
        """The draft of an order is in eAccounting: sent now, or found there."""

    async def on_rejected(self, event: OrderEvent) -> None:
        """An order was refused by eAccounting. It waits until a person reopens it."""

    async def on_needs_attention(self, event: OrderEvent) -> None:
        """A person has to look what became of an order."""

    async def on_withdrawn(self, event: OrderEvent) -> None:
        """The draft of an order was deleted as a person asked; its hours and costs are free."""

    async def on_gone_upstream(self, event: OrderEvent) -> None:
        """An order was deleted in eAccounting. Its hours and costs are free when a person releases it."""

    async def on_invoiced(self, event: OrderEvent) -> None:
        """An order was read back, and is invoiced in eAccounting."""


_NAMES: Final = tuple(name for name in vars(Listener) if name.startswith("on_"))


def blocking_listener(listener: Listener | None) -> Hear | None:
    """Return how a synchronous host's listener hears; None if there is none.

    Raises:
        TypeError: If it is none, or not all of its methods are plain ones that are known.
    """
    if listener is None:
        return None
    _check(listener, Listener, AsyncListener)
    lifted = {name: lift(getattr(listener, name)) for name in _NAMES}

    async def hear(name: str, event: TenantEvent) -> None:
        await lifted[name](event)

    return hear


def awaiting_listener(listener: AsyncListener | None) -> Hear | None:
    """Return how an asynchronous host's listener hears; None if there is none.

    Raises:
        TypeError: If it is none, or not all of its methods are coroutine functions that are known.
    """
    if listener is None:
        return None
    _check(listener, AsyncListener, Listener)

    async def hear(name: str, event: TenantEvent) -> None:
        await getattr(listener, name)(event)

    return hear


def _check(listener: object, wanted: type, other: type) -> None:
    """Require a listener of a sort; a mistaken one is a mistake of the program, as with the ports."""
    if isinstance(listener, type):
        message = f"the listener is the class {listener.__name__} itself: give it an instance"
        raise TypeError(message)
    called = type(listener).__name__
    if isinstance(listener, other):
        message = f"the listener {called} is a {other.__name__}: here it must be a {wanted.__name__}"
        raise TypeError(message)
    if not isinstance(listener, wanted):
        message = f"the listener {called} is no {wanted.__name__}: make it a subclass of that"
        raise TypeError(message)
    # A slip of the pen would never be called, and a later version may mean something else by the name.
    unknown = sorted(name for name in dir(listener) if name.startswith("on_") and name not in _NAMES)
    if unknown:
        message = f"the listener {called} has {', '.join(unknown)}, but there is only: {', '.join(_NAMES)}"
        raise TypeError(message)
    awaited = wanted is AsyncListener
    for name in _NAMES:
        if inspect.iscoroutinefunction(getattr(listener, name)) is not awaited:
            sort = "must be written with async def" if awaited else "must be a plain method, without async"
            message = f"{name} of the listener {called} {sort}, as in {wanted.__name__}"
            raise TypeError(message)
