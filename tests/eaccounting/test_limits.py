"""The budget of calls within a process, on a clock that only waiting moves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import accumulate
from typing import Any, cast

import pytest
from attrs import field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.runtimes import AsyncioRuntime, BlockingRuntime, SystemClock
from visma_busy_sync._core.stepper import step
from visma_busy_sync._core.world import Permit
from visma_busy_sync.eaccounting._limits import CALLS_PER_WINDOW, WindowLimiter
from visma_busy_sync.testing.scheduler import (
    Cancelled,
    Crash,
    Point,
    VirtualClock,
    VirtualRuntime,
    Worker,
    World,
)

from .given import Instant

WINDOW = 60.0


def limiter(
    budget: int, *, start: float = 0.0, window: float = WINDOW
) -> tuple[WindowLimiter, VirtualClock, Instant]:
    clock = VirtualClock()
    clock.advance(start)
    runtime = Instant(clock)
    return WindowLimiter(clock=clock, runtime=runtime, budget=budget, window=window), clock, runtime


def take(made: WindowLimiter, *, patience: float = 1e9, key: str = "x", latency: float = 0.0) -> None:
    """Make a call that ends at once."""
    step(made.release, step(made.acquire, key, patience=patience))


def busiest(received: list[float], window: float = WINDOW) -> int:
    """Count as the server does: the most calls that any window holds.

    It is shorter by a microsecond, since the clock adds up floats.
    """
    moments, window = sorted(received), window - 1e-6
    return max((sum(first <= each <= first + window for each in moments) for first in moments), default=0)


@frozen
class Call:
    """What a caller does: it pauses, asks, calls; the server receives that at some moment on the way."""

    pause: float
    patience: float
    latency: float
    received_at: float  # share of the latency
    cancelled_after: float = float("inf")  # while it waits for its permit


@frozen
class Abandoned:
    """Awaits a coroutine, and cancels it where it would sleep beyond a moment."""

    work: Coroutine[Any, Any, Permit]
    at: float

    def __await__(self) -> Generator[Any, None, Permit]:
        try:
            point = self.work.send(None)
            while True:
                too_long = point.until is not None and point.until > self.at
                try:
                    yield Point("cancelled", until=self.at) if too_long else point
                except (Cancelled, Crash) as fault:
                    point = self.work.throw(fault)
                else:
                    point = self.work.throw(Cancelled()) if too_long else self.work.send(None)
        except StopIteration as stop:
            return cast("Permit", stop.value)


@frozen
class Server:
    """What came to pass, as the server and a clock on the wall see it."""

    world: World
    limiter: WindowLimiter
    stalls: bool = False
    received: list[float] = field(factory=list)
    asked: list[int] = field(factory=list)
    granted: list[tuple[int, float]] = field(factory=list)
    refused: list[int] = field(factory=list)
    closed: list[float] = field(factory=lambda: [0.0])

    async def caller(self, calls: list[Call]) -> None:
        for call in calls:
            await self.world.runtime.sleep(call.pause)
            await self.make(call)

    async def make(self, call: Call) -> None:
        clock, runtime = self.world.clock, self.world.runtime
        number = len(self.asked)
        self.asked.append(number)
        began = clock.monotonic()
        try:
            permit = await Abandoned(
                self.limiter.acquire("x", patience=call.patience), began + call.cancelled_after
            )
        except TimeoutError:
            self.refused.append(number)
            return
        except Cancelled:
            if call.cancelled_after == float("inf"):  # not ours
                raise
            self.refused.append(number)
            return
        assert clock.monotonic() >= max(self.closed)
        assert self.stalls or clock.monotonic() <= began + call.patience + 0.01
        self.granted.append((number, clock.monotonic()))
        try:
            try:
                await runtime.sleep(call.latency * call.received_at)
            finally:  # one that is cancelled may be on the wire
                self.received.append(clock.monotonic())
            await runtime.sleep(call.latency * (1 - call.received_at))
        finally:
            await self.limiter.release(permit)

    async def hold_off(self, pause: float, seconds: float) -> None:
        await self.world.runtime.sleep(pause)
        await self.limiter.hold_off("x", seconds=seconds)
        self.closed.append(self.world.clock.monotonic() + seconds)


SECONDS = st.sampled_from([0.0, 0.0, 0.1, 1.0, 59.9, 60.0, 61.0]) | st.floats(0, 130, allow_subnormal=False)
CALLS = st.builds(
    Call,
    pause=SECONDS,
    patience=st.just(float("inf")) | SECONDS,
    latency=SECONDS,
    received_at=st.sampled_from([0.0, 1.0]) | st.floats(0, 1),
    cancelled_after=st.just(float("inf")) | SECONDS,
)


@given(
    budget=st.integers(1, 4),
    callers=st.lists(st.lists(CALLS, min_size=1, max_size=5), min_size=1, max_size=6),
    cancels=st.lists(st.integers(1, 8), max_size=3),
    holds=st.lists(st.tuples(SECONDS, SECONDS), max_size=2),
    seed=st.integers(0, 1000),
    stalls=st.booleans(),
)
@settings(max_examples=300)
def test_whatever_happens_the_server_never_counts_more_than_the_budget(
    budget: int,
    callers: list[list[Call]],
    cancels: list[int],
    holds: list[tuple[float, float]],
    seed: int,
    stalls: bool,
) -> None:
    """However long calls take, whoever is cancelled, and however slowly a worker gets on after its permit.

    Besides: who asked first calls first, nobody calls while the server asked to hold off, and who has the
    patience gets a permit.
    """
    world = World(seed=seed)
    server = Server(world, WindowLimiter(clock=world.clock, runtime=world.runtime, budget=budget), stalls)
    workers: dict[str, Worker[None]] = {
        f"caller {n}": partial(server.caller, calls) for n, calls in enumerate(callers)
    }
    workers |= {f"hold {n}": partial(server.hold_off, *hold) for n, hold in enumerate(holds)}
    cancel = {f"caller {n}": at for n, at in enumerate(cancels[: len(callers)])}
    result = world.run(workers, cancel=cancel, stalls=stalls)
    assert busiest(server.received) <= budget
    if not stalls:  # a worker that stalls between its permit and the next line looks overtaken
        in_order = [moment for _, moment in sorted(server.granted)]
        rounding = 0.003
        latest = accumulate(in_order, max)
        assert all(each >= before - rounding for each, before in zip(in_order, latest, strict=True))
    assert all(isinstance(error, Cancelled) for error in result.errors.values())
    cancelled = len(server.asked) - len(server.granted) - len(server.refused)
    assert cancelled <= len(result.errors)


@pytest.mark.parametrize("seed", range(10))
def test_the_budget_is_used_up_where_calls_are_short(seed: int) -> None:
    """Of five windows at least 95 % are used, by callers who ask without a pause."""
    world = World(seed=seed)
    server = Server(world, WindowLimiter(clock=world.clock, runtime=world.runtime, budget=10))
    calls = [Call(pause=0, patience=float("inf"), latency=0.5, received_at=0.5)] * 5
    world.run([partial(server.caller, calls)] * 10)
    assert len(server.received) == 50
    assert busiest(server.received) == 10
    assert max(server.received) <= 4 * WINDOW / 0.95 + 0.5


@pytest.mark.parametrize("start", [0.0, 0.1, 1e9 / 7], ids=str)
def test_the_budget_is_600_a_minute(start: float) -> None:
    """LIMIT, 2025-05: the first 600 at once, the next one a minute later; a millisecond is for rounding."""
    made, clock, runtime = limiter(CALLS_PER_WINDOW, start=start)
    for _ in range(600):
        take(made)
    assert runtime.sleeps == []
    take(made)
    assert 60 <= clock.monotonic() - start <= 60.003


def test_each_endpoint_has_a_budget_of_its_own() -> None:
    """One that is used up does not hold up another."""
    made, _, runtime = limiter(1)
    for key in ("/projects", "/customers", "/orders", "/orders/{id}"):
        take(made, key=key)
    assert runtime.sleeps == []


def test_a_call_counts_until_one_window_after_its_end() -> None:
    """The server may have received it last of all at its end."""
    made, clock, _ = limiter(1)
    permit = step(made.acquire, "x", patience=0)
    clock.advance(100)
    with pytest.raises(TimeoutError):
        step(made.acquire, "x", patience=59)
    step(made.release, permit)
    clock.advance(59)
    with pytest.raises(TimeoutError):
        step(made.acquire, "x", patience=0.5)
    step(made.acquire, "x", patience=2)
    assert 160 <= clock.monotonic() <= 160.003


def test_it_gives_up_at_once_where_waiting_would_be_in_vain() -> None:
    """A caller with less patience than the wait is not kept; nothing is taken."""
    made, clock, runtime = limiter(1)
    take(made)
    clock.advance(20)
    with pytest.raises(TimeoutError, match="no room"):
        step(made.acquire, "x", patience=30)
    assert runtime.sleeps == []
    clock.advance(15)
    take(made, patience=30)
    assert 60 <= clock.monotonic() <= 60.003


def test_who_waits_in_vain_because_a_call_takes_long_gives_up_as_soon_as_that_is_known() -> None:
    """Its place is free for others then."""
    world = World()
    made = WindowLimiter(clock=world.clock, runtime=world.runtime, budget=1)
    gave_up: list[float] = []

    async def slow() -> None:
        permit = await made.acquire("x", patience=0)
        await world.runtime.sleep(50)
        await made.release(permit)

    async def waiting() -> None:
        await world.runtime.sleep(1)
        try:
            await made.acquire("x", patience=70)
        except TimeoutError:
            gave_up.append(world.clock.monotonic())

    world.run([slow, waiting])
    assert gave_up == [pytest.approx(61, abs=0.01)]
    world.clock.advance_to(110.01)
    step(made.acquire, "x", patience=0)


def test_nobody_calls_while_the_server_asked_to_hold_off() -> None:
    """Neither who asks then nor who waits already; a shorter request does not end a longer one."""
    made, clock, _ = limiter(2)
    step(made.hold_off, "x", seconds=30)
    step(made.hold_off, "x", seconds=10)
    with pytest.raises(TimeoutError):
        step(made.acquire, "x", patience=29)
    take(made, key="y", patience=0)
    take(made, patience=31)
    assert clock.monotonic() == pytest.approx(30, abs=0.01)
    take(made, patience=0)


@pytest.mark.parametrize("seed", range(20))
def test_a_cancelled_waiter_gives_its_place_back(seed: int) -> None:
    """The one who asks next gets it, although another still waits."""
    world = World(seed=seed)
    made = WindowLimiter(clock=world.clock, runtime=world.runtime, budget=2)
    granted: dict[str, float] = {}

    async def worker(name: str, ask_at: float) -> None:
        await world.runtime.sleep(ask_at)
        await made.release(await made.acquire("x", patience=1e9))
        granted[name] = world.clock.monotonic()

    asks = {"a": 0.0, "b": 0.0, "c": 1.0, "d": 2.0, "e": 30.0}
    workers: dict[str, Worker[None]] = {name: partial(worker, name, at) for name, at in asks.items()}
    world.run(workers, cancel={"c": 2})  # its second await is for room
    assert granted == {
        "a": 0,
        "b": 0,
        "d": pytest.approx(60, abs=0.01),
        "e": pytest.approx(60, abs=0.01),
    }


def test_a_place_that_was_given_back_lets_nobody_overtake_who_waits_already() -> None:
    """Who waits sleeps until its own moment; the next asker gets that one at the earliest."""
    clock = VirtualClock()
    made = WindowLimiter(clock=clock, runtime=VirtualRuntime(clock), budget=2)
    take(made)
    take(made)
    waiting = [made.acquire("x", patience=200) for _ in range(3)]  # two for 60 seconds, one for 120
    for each in waiting:
        each.send(None)
    for each in waiting[:2]:
        with pytest.raises(Cancelled):
            each.throw(Cancelled())
    with pytest.raises(TimeoutError):
        step(made.acquire, "x", patience=119)
    waiting[2].close()


def test_a_waiter_that_is_cancelled_when_its_moment_has_come_takes_no_call_along() -> None:
    """Even if another asker has counted it as calling already."""
    clock = VirtualClock()
    made = WindowLimiter(clock=clock, runtime=VirtualRuntime(clock), budget=1)
    take(made)
    waiting = made.acquire("x", patience=100)
    waiting.send(None)
    clock.advance(60.01)
    with pytest.raises(TimeoutError):
        step(made.acquire, "x", patience=1)
    with pytest.raises(Cancelled):
        waiting.throw(Cancelled())
    take(made, patience=0)


def test_keys_are_forgotten_once_nothing_counts_for_them() -> None:
    """Many endpoints and many tenants leave nothing behind."""
    made, clock, _ = limiter(5)
    for n in range(1000):
        take(made, key=f"/things/{n}")
        clock.advance(1)
    assert len(made._windows) <= 62
    clock.advance(100)
    take(made, key="/other")
    assert list(made._windows) == ["/other"]


def test_a_key_is_kept_while_a_call_is_under_way() -> None:
    made, clock, _ = limiter(1)
    permit = step(made.acquire, "x", patience=0)
    clock.advance(1000)
    take(made, key="y")
    with pytest.raises(TimeoutError):
        step(made.acquire, "x", patience=1)
    step(made.release, permit)


def test_threads_share_the_budget() -> None:
    """None slips through between looking and taking."""
    made = WindowLimiter(clock=VirtualClock(), runtime=BlockingRuntime(), budget=50)
    together = threading.Barrier(8)

    def call(_: int) -> int:
        together.wait(5)
        got = 0
        for _attempt in range(20):
            try:
                take(made, patience=0)
            except TimeoutError:
                continue
            got += 1
        return got

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(call, range(8))) == 50


def test_threads_wait_for_each_other_in_real_time() -> None:
    """On the machine's clock, with a window of a fifth of a second."""
    made = WindowLimiter(clock=SystemClock(), runtime=BlockingRuntime(), budget=5, window=0.2)
    received: list[float] = []

    def call(_: int) -> None:
        permit = step(made.acquire, "x", patience=30)
        received.append(SystemClock().monotonic())
        step(made.release, permit)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, range(20)))
    assert len(received) == 20
    assert busiest(received, 0.2) <= 5


@pytest.mark.anyio
async def test_tasks_that_are_cancelled_leave_nothing_behind() -> None:
    """On a real loop: all others get their turn."""
    made = WindowLimiter(clock=SystemClock(), runtime=AsyncioRuntime(), budget=3, window=0.1)
    received: list[float] = []

    async def call() -> None:
        permit = await made.acquire("x", patience=30)
        received.append(SystemClock().monotonic())
        await made.release(permit)

    tasks = [asyncio.create_task(call()) for _ in range(12)]
    await asyncio.sleep(0)
    for task in tasks[3:12:3]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes) == 3
    assert len(received) == 9
    assert busiest(received, 0.1) <= 3


@pytest.mark.parametrize(
    "settings",
    [{"budget": 0}, {"budget": -1}, {"window": 0.0}, {"window": float("nan")}, {"window": float("inf")}],
    ids=str,
)
def test_a_budget_that_is_none_is_refused(settings: dict[str, Any]) -> None:
    """It would wait for ever."""
    with pytest.raises(ConfigurationError):
        WindowLimiter(clock=VirtualClock(), runtime=BlockingRuntime(), **settings)
