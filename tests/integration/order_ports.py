"""The ports of a process that tries an order, which fail at points that have names.

A port call has two points: before its effect, and after it, when the caller has not heard of it yet. A
worker dies or is cancelled at a point; a call is slow, fails, or loses its answer.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias, TypeVar, final

import attrs
from attrs import define, field, frozen

from visma_busy_sync._core.world import Permit
from visma_busy_sync.busy import (
    Approval,
    Order,
    Period,
    PriceMode,
    Prices,
    Project,
    TimeEntry,
    Work,
    WorkType,
)
from visma_busy_sync.eaccounting.http import NoAnswerError, NotSentError, Request, Response
from visma_busy_sync.errors import StoreUnavailable
from visma_busy_sync.ports import Found, StateStore, Versioned, Write
from visma_busy_sync.state import ORDER_PREFIX
from visma_busy_sync.testing import scheduler

from .small_orders import SmallOrders, refusal

T = TypeVar("T")

HOUR: Final = 3600.0
"""Longer than any deadline, the settle time, and the time for which a worker may be at its POST."""


class HostGone(Exception):
    """What a host's work log or limiter raises of its own, say because its database is away."""


class Fault(enum.StrEnum):
    """What becomes of a call. The first four may happen at any port."""

    LOST = "answer lost"
    """It is done, but the caller hears that it failed."""
    TORN = "torn"
    """The store or the host fails before anything is done; of an answer of the server half comes."""
    SLOW = "slow"
    """It takes an hour before it is done; the server's answer comes when the caller has given up."""
    LATE = "late answer"
    """It is done at once, and the caller hears it an hour later; the server sends half of an hour's."""
    CUT = "cut"
    """The connection breaks before anything is done."""
    NOT_SENT = "not sent"
    """No connection comes about."""
    UNCLEAR = "5001 as 400"
    UNCLEAR_DONE = "5001 as 400, and done"
    BROKEN = "502"
    BROKEN_DONE = "502, and done"
    DENIED = "403"
    LIMITED = "429"


ANYWHERE: Final = (Fault.LOST, Fault.TORN, Fault.SLOW, Fault.LATE)
ON_THE_WIRE: Final = tuple(Fault)

_PAGE: Final = Response(502, {"content-type": "text/html"}, b"<html>")
_ANSWERS: Final[Mapping[Fault, tuple[Response, bool]]] = {
    Fault.UNCLEAR: (refusal(400, 5001), False),
    Fault.UNCLEAR_DONE: (refusal(400, 5001), True),
    Fault.BROKEN: (_PAGE, False),
    Fault.BROKEN_DONE: (_PAGE, True),
    Fault.DENIED: (refusal(403, 4007), False),
    Fault.LIMITED: (refusal(429, 4010), False),
}
"""What is answered in place of the answer, and whether the request was carried out."""

Pick: TypeAlias = Callable[[str], Fault | None]


def no_fault(_: str) -> None:
    """Let every call be made."""


@final
@define(eq=False)
class Line:
    """What all ports of one process go through.

    Attributes:
        world: Where it runs.
        pick: What becomes of each call.
        reached: Told at each point, by its number from 1, what else happens just then.
        calls: The calls so far, by their names.
        awaits: The points so far, by their names; a worker dies or is cancelled at the n-th.
        ahead: By how many seconds the clock of the process is ahead.
    """

    world: scheduler.World
    pick: Pick = no_fault
    reached: Callable[[int], None] = lambda _: None
    calls: list[str] = field(factory=list[str])
    awaits: list[str] = field(factory=list[str])
    ahead: float = 0

    async def call(self, name: str, effect: Callable[[], T], failed: Callable[[bool], Exception]) -> T:
        """Call a port, or let that go wrong."""
        fault = self.meets(name)
        if fault is Fault.SLOW:
            await self.sleep(HOUR)
        await self.point(name)
        if fault is Fault.TORN:
            raise failed(False)
        value = effect()
        if fault is Fault.LATE:
            await self.sleep(HOUR)
        await self.point(f"{name}: reply")
        if fault is Fault.LOST:
            raise failed(True)
        return value

    def meets(self, name: str) -> Fault | None:
        self.calls.append(name)
        return self.pick(name)

    async def point(self, name: str) -> None:
        self.awaits.append(name)
        self.reached(len(self.awaits))
        await scheduler.Point(name)

    async def sleep(self, seconds: float) -> None:
        self.awaits.append("pause")
        await self.world.runtime.sleep(seconds)


@final
class NamedRuntime:
    """The world's runtime, which tells a line where its worker stands."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._runtime = line.world.runtime
        self.random = self._runtime.random
        self.token = self._runtime.token
        self.within = self._runtime.within
        self.sleep = line.sleep

    async def to_end(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` to its end."""
        self._line.awaits.append("to its end")
        await self._runtime.to_end(work)

    async def wait(self, future: Future[Any]) -> None:
        """Wait for a future."""
        self._line.awaits.append("wait")
        await self._runtime.wait(future)


@final
@frozen
class OwnClock:
    """The clock of one process: no two machines show the same time."""

    line: Line

    def now(self) -> datetime:
        """Return the time that it shows."""
        return self.line.world.clock.now() + timedelta(seconds=self.line.ahead)

    def monotonic(self) -> float:
        """Return the seconds since the start, which are as long anywhere."""
        return self.line.world.clock.monotonic()


def _away(done: bool) -> StoreUnavailable:
    return StoreUnavailable("the database is away", may_have_happened=done)


def _gone(_: bool) -> HostGone:
    return HostGone()


@final
class Store:
    """A state store on a line; what it is asked for is in the names of its points."""

    volatile: Final = True

    def __init__(self, line: Line, store: StateStore) -> None:
        self._line, self._store = line, store

    async def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        """Read on the line."""
        kinds = "+".join(sorted({_kind(key) for key in keys}))
        return await self._line.call(f"read {kinds}", lambda: self._store.read(tenant, keys), _away)

    async def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        """Scan on the line."""
        name = f"scan {_kind(prefix)}"
        return await self._line.call(name, lambda: self._store.scan(prefix, tenant), _away)

    async def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        """Commit on the line."""
        return await self._line.call(_named(writes), lambda: self._store.commit(tenant, writes), _away)


def _kind(key: str) -> str:
    return key.partition("/")[0]


def _named(writes: Sequence[Write]) -> str:
    """Return the name of a commit: of one to the ledger, what happened to the order."""
    for write in writes:
        if write.key.startswith(ORDER_PREFIX) and write.body is not None:
            body = write.body
            event = body[body.rindex('"event":"') + 9 :].partition('"')[0]
            noted = event in {"transferred", "found", "kept"} and '"progress":null' not in body
            return f"commit {'progress' if noted else event}"
    return f"commit {_kind(writes[0].key)}"


@final
class Wire:
    """The transport, with what may happen on the way there and back."""

    def __init__(self, line: Line, server: SmallOrders) -> None:
        self._line, self._server = line, server

    async def send(self, request: Request) -> Response:
        """Send on the line. What is on its way when the worker dies may arrive all the same."""
        line, clock = self._line, self._line.world.clock
        ends = clock.monotonic() + request.deadline
        name = _operation(request)
        fault = line.meets(name)
        try:
            await line.point(name)
        except (scheduler.Crash, scheduler.Cancelled):
            if line.world.choose(2):
                self._server.send(request)
            raise
        if clock.monotonic() > ends:  # the connection was given up in time, so nothing arrives any more
            raise NoAnswerError("it took too long")
        if fault is Fault.NOT_SENT:
            raise NotSentError("no connection")
        if fault is Fault.CUT:
            raise NoAnswerError("the connection was cut")
        told, carried_out = _ANSWERS.get(fault, (None, True)) if fault else (None, True)
        answer = self._server.send(request) if carried_out else refusal(500, 5000)
        if fault in {Fault.SLOW, Fault.LATE}:
            await line.sleep(request.deadline + 1 if fault is Fault.SLOW else request.deadline / 2)
        await line.point(f"{name}: reply")
        if fault is Fault.LOST or clock.monotonic() > ends:
            raise NoAnswerError("the connection was cut")
        if told is not None:
            return told
        if fault is Fault.TORN:
            return attrs.evolve(answer, body=answer.body[: len(answer.body) // 2])
        return answer


def _operation(request: Request) -> str:
    id = request.url.partition("/v2/orders")[2].partition("?")[0]
    return f"{request.method} /orders{'/{id}' if id else ''}"


@final
class Budget:
    """A limiter on a line, which lets everything pass."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def acquire(self, key: str, *, patience: float) -> Permit:
        """Take a call."""
        return await self._line.call("acquire", lambda: Permit(key, 0.0), _gone)

    async def release(self, permit: Permit) -> None:
        """Give it back."""
        await self._line.call("release", lambda: None, _gone)

    async def hold_off(self, key: str, *, seconds: float) -> None:
        """Note that the server wants nothing for a while."""
        await self._line.call("hold off", lambda: None, _gone)


BOOKED: Final = Work(
    project=Project(id="j", name="Hus", customer="c"),
    entries=tuple(
        TimeEntry(
            id=f"h{number}",
            work_type="w",
            member="m",
            start=datetime(2026, 3, 3, 8, tzinfo=UTC),
            billable_minutes=60,
            approval=Approval.APPROVED,
        )
        for number in range(1, 6)
    ),
    work_types=(WorkType(id="w", name="Arbeid", product="p"),),
    prices=Prices(mode=PriceMode.PROJECT, project_rate=Decimal(100)),
)


@final
class WorkLog:
    """A work log on a line: booked is what orders bill here, and the host's orders are finalised."""

    def __init__(self, line: Line, finalised: Callable[[], Sequence[Order]]) -> None:
        self._line, self._finalised = line, finalised

    async def work(self, tenant: str, project: str, period: Period) -> Work:
        """Return what is booked, on the line."""
        return await self._line.call("work", lambda: BOOKED, _gone)

    async def finalised(self, tenant: str) -> Sequence[Order]:
        """Return the host's orders, on the line."""
        return await self._line.call("finalised", self._finalised, _gone)
