"""Tell the host's listener what happened: when it is stored, once, and not in the midst of anything.

A use case notes here what it has stored; at its end, when it holds nothing any more, the listener hears it
(`telling`). So a listener may take its time, and may call this package. Each call has a teller of its own
(`apart`): else one would tell, in its thread, what another one has noted and is still in the midst of. What
is told from what an earlier call found too, such as a dead login, is marked in the store before it is told:
of all processes one tells it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final, final

from attrs import evolve, frozen

from visma_busy_sync._core.forks import tell_of_forks
from visma_busy_sync._core.world import Clock, Runtime
from visma_busy_sync.integration._events import (
    ArchivingEvent,
    ConnectionEvent,
    OrderEvent,
    ParkedEvent,
    SyncEvent,
    TenantEvent,
)
from visma_busy_sync.integration._listener import Hear
from visma_busy_sync.orders import Event, LedgerEntry, OrderProgress, Stage, State
from visma_busy_sync.ports import AsyncStateStore
from visma_busy_sync.state import (
    CONNECTION,
    CONNECTION_SCHEMA,
    TOLD,
    TOLD_SCHEMA,
    ParkedChange,
    SyncRun,
    Told,
    read,
    update,
)

_LOG: Final = logging.getLogger("visma_busy_sync")

_STATES: Final = MappingProxyType(
    {
        State.TRANSFERRED: "on_transferred",
        State.REJECTED: "on_rejected",
        State.NEEDS_ATTENTION: "on_needs_attention",
        State.WITHDRAWN: "on_withdrawn",
        State.GONE_UPSTREAM: "on_gone_upstream",
    }
)
"""What is told of an order that comes into a state."""


@frozen
class _Note:
    """Something that is to be told: by which method of the listener, of whom, and how."""

    name: str
    tenant: str
    tell: Callable[[], Awaitable[None]]


@final
class Teller:
    """What is to be told to the listener, until it is; of one call, or of those that were cancelled.

    Args:
        hear: Has the listener hear an event; None: there is no listener, and nothing is noted.
        state: Where it is marked what was told.
        clock: The time.
        runtime: Lets a listener that has begun come to its end.
        left: What calls left behind that were cancelled; None: this is where they leave it.
    """

    def __init__(
        self,
        hear: Hear | None,
        *,
        state: AsyncStateStore,
        clock: Clock,
        runtime: Runtime,
        left: deque[_Note] | None = None,
    ) -> None:
        self._hear = hear
        self._state = state
        self._clock = clock
        self._runtime = runtime
        self._notes: deque[_Note] = deque()
        self._left = self._notes if left is None else left
        if left is None:
            tell_of_forks(self)

    def forked(self) -> None:
        """Begin anew: what the parent's calls left behind, the parent tells."""
        self._left.clear()

    def apart(self) -> Teller:
        """Return a teller for one call."""
        return Teller(
            self._hear, state=self._state, clock=self._clock, runtime=self._runtime, left=self._left
        )

    def leave(self) -> None:
        """Leave what was noted to the next call: this one was cancelled."""
        while (note := _first(self._notes)) is not None:
            self._left.append(note)

    async def tell(self) -> None:
        """Tell all that was noted, and what others left behind; whatever the listener raises is logged."""
        if self._notes or self._left:
            await self._runtime.to_end(self._tell_all)

    async def _tell_all(self) -> None:
        while (note := _first(self._notes) or _first(self._left)) is not None:
            try:
                await note.tell()
            except Exception as error:  # noqa: BLE001 - a host's listener may raise anything
                _LOG.error(
                    # Without its text and traceback, which may name people.
                    "%s of the listener failed for the tenant %r: %s in %s",
                    note.name,
                    note.tenant,
                    type(error).__name__,
                    _place(error),
                )

    # What use cases note

    def connected(self, tenant: str, *, project_sync: bool) -> None:
        """Note that a tenant is connected."""
        event = ConnectionEvent(tenant=tenant, at=self._clock.now(), project_sync=project_sync)
        self._note("on_connected", event)

    def dead(self, tenant: str, login_id: str) -> None:
        """Note that a login was found dead; it is told if it is the tenant's, and was not told before."""
        self._decide("on_reconnect_needed", tenant, partial(self._tell_dead, tenant, login_id))

    def synced(self, tenant: str, run: SyncRun, *, digest: str, refused: Sequence[ParkedChange]) -> None:
        """Note a sync that was carried out.

        Args:
            tenant: The tenant.
            run: What it did.
            digest: Of the projects whose archiving waits for a person; empty if none do.
            refused: The changes that the host cannot hold.
        """
        self._decide("on_synced", tenant, partial(self._tell_synced, tenant, run, digest, refused))

    def failed(self, tenant: str, run: SyncRun) -> None:
        """Note a sync that an error ended."""
        self._decide("on_sync_failed", tenant, partial(self._tell_failed, tenant, run))

    def order(
        self, tenant: str, before: LedgerEntry, after: LedgerEntry, *, error_code: int | None = None
    ) -> None:
        """Note what became of an order."""
        step = after.history[-1]
        name = _STATES.get(after.state)
        # A draft that was kept has been transferred all the time.
        if name is not None and before.state is not after.state and step.event is not Event.KEPT:
            self._note(name, evolve(_order_event(tenant, after), at=step.at, error_code=error_code))

    def read_back(self, tenant: str, before: OrderProgress | None, after: LedgerEntry) -> None:
        """Note how far an order has come that was read back."""
        progress = after.progress
        if progress is not None and _is_invoiced(progress) and not _is_invoiced(before):
            self._note("on_invoiced", evolve(_order_event(tenant, after), at=progress.read_at))

    def _note(self, name: str, event: TenantEvent) -> None:
        if self._hear is not None:
            self._notes.append(_Note(name, event.tenant, partial(self._hear, name, event)))

    def _decide(self, name: str, tenant: str, tell: Callable[[], Awaitable[None]]) -> None:
        """Note what is told only if that was not done before."""
        if self._hear is not None:
            self._notes.append(_Note(name, tenant, tell))

    # What is told once

    async def _tell_dead(self, tenant: str, login_id: str) -> None:
        kept = await read(self._state, tenant, CONNECTION, CONNECTION_SCHEMA)
        if kept is None or not kept.value.connected or kept.value.login_id != login_id:
            return  # somebody has logged in anew, or disconnected
        before = await self._marked(tenant, lambda told: evolve(told, dead_login=login_id))
        if before.dead_login != login_id:
            now, project_sync = self._clock.now(), kept.value.project_sync
            event = ConnectionEvent(tenant=tenant, at=now, project_sync=project_sync)
            self._note("on_reconnect_needed", event)

    async def _tell_synced(
        self, tenant: str, run: SyncRun, digest: str, refused: Sequence[ParkedChange]
    ) -> None:
        marks = {kind: sorted(_mark(each) for each in refused if each.kind == kind) for kind in run.kinds}
        before = await self._marked(
            tenant,
            lambda told: evolve(
                told,
                failing="",
                archiving=digest,
                refused={kind: known for kind, known in {**told.refused, **marks}.items() if known},
            ),
        )
        if any(kind.applied for kind in run.kinds.values()):
            self._note("on_synced", SyncEvent(tenant=tenant, at=run.ended, run=run))
        if digest and digest != before.archiving:
            event = ArchivingEvent(tenant=tenant, at=run.ended, digest=digest, count=run.withheld)
            self._note("on_guard_blocked", event)
        new = tuple(each for each in refused if _mark(each) not in before.refused.get(each.kind, ()))
        if new:
            self._note("on_parked", ParkedEvent(tenant=tenant, at=run.ended, parked=new))

    async def _tell_failed(self, tenant: str, run: SyncRun) -> None:
        name = run.error or ""
        before = await self._marked(tenant, lambda told: evolve(told, failing=name))
        if before.failing != name:
            self._note("on_sync_failed", SyncEvent(tenant=tenant, at=run.ended, run=run))

    async def _marked(self, tenant: str, change: Callable[[Told], Told]) -> Told:
        """Mark what is about to be told, and return what was told before."""
        seen = [Told()]

        def marked(kept: Told | None) -> Told | None:
            seen.append(kept or Told())
            told = change(seen[-1])
            return None if told == seen[-1] else told

        await update(self._state, tenant, TOLD, TOLD_SCHEMA, marked)
        return seen[-1]


def _first(notes: deque[_Note]) -> _Note | None:
    with contextlib.suppress(IndexError):  # it is empty, or another thread took the last one
        return notes.popleft()
    return None


def _is_invoiced(progress: OrderProgress | None) -> bool:
    return progress is not None and progress.stage is Stage.INVOICED


def _order_event(tenant: str, entry: LedgerEntry) -> OrderEvent:
    return OrderEvent(
        tenant=tenant,
        at=entry.history[-1].at,
        order_id=entry.order_id,
        revision=entry.revision,
        state=entry.state,
        eaccounting_id=entry.eaccounting_id,
        number=entry.number,
    )


def _mark(change: ParkedChange) -> str:
    """Return a short text by which a record is recognised: many may be refused, all in one document."""
    text = f"{change.eaccounting_id or ''}/{change.busy_id or ''}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _place(error: Exception) -> str:
    """Return where an error was raised."""
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    return f"{Path(frame.f_code.co_filename).name}, line {line}"
