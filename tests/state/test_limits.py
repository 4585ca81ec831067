"""The budget of calls that processes share: never more than the server allows, and in the order of asking."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Coroutine, Generator, Sequence
from datetime import timedelta
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, cast

import httpx
import pytest
from attrs import field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.runtimes import BlockingRuntime
from visma_busy_sync._core.stepper import step
from visma_busy_sync._core.world import NoRoom, Permit
from visma_busy_sync.ports import AsyncStateStore, Found, LiftedStateStore, Versioned, Write
from visma_busy_sync.sandbox.process import SandboxProcess
from visma_busy_sync.state import StoreLimiter
from visma_busy_sync.state._limits import limit_key
from visma_busy_sync.stores import MemoryStateStore
from visma_busy_sync.stores.sql import SqlStateStore
from visma_busy_sync.testing import scheduler
from visma_busy_sync.testing.scheduler import Cancelled, Crash, Point, VirtualClock, Worker, World

WINDOW: Final = 60.0
ROUNDING: Final = 0.003
TRYING_AGAIN: Final = 2.0  # seconds that a caller may lose by coming in between with others


class Gated:
    """A state store with a point before and after every effect; it counts the commits."""

    def __init__(self, memory: MemoryStateStore) -> None:
        self.memory = memory
        self.commits = 0
        self.read = scheduler.gate(memory.read, "read")
        self.scan = scheduler.gate(memory.scan, "scan")
        self.commit = scheduler.gate(self._commit, "commit")

    def _commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        done = self.memory.commit(tenant, writes)
        self.commits += done
        return done


def limiter_in(world: World, store: Gated, **settings: Any) -> StoreLimiter:
    """Make the limiter of one process."""
    return StoreLimiter(store, clock=world.clock, runtime=world.runtime, client_id="app", **settings)


def busiest(received: list[float], window: float = WINDOW) -> int:
    """Count as the server does: the most calls that any window holds.

    It is shorter by a microsecond, since the clock adds up floats.
    """
    moments, window = sorted(received), window - 1e-6
    return max((sum(first <= each <= first + window for each in moments) for first in moments), default=0)


@frozen
class Call:
    """What a caller does: it pauses, asks, calls; the server receives that at some moment on the way."""

    pause: float = 0.0
    patience: float = float("inf")
    latency: float = 0.5
    received_at: float = 0.5  # share of the latency
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
    received: list[float] = field(factory=list)
    granted: list[tuple[float, float]] = field(factory=list)
    refused: list[float] = field(factory=list)
    closed: list[tuple[float, float]] = field(factory=list)

    async def caller(self, limiter: StoreLimiter, calls: list[Call]) -> None:
        for call in calls:
            await self.world.runtime.sleep(call.pause)
            await self.make(limiter, call)

    async def make(self, limiter: StoreLimiter, call: Call) -> None:
        clock, runtime = self.world.clock, self.world.runtime
        asked = clock.monotonic()
        try:
            permit = await Abandoned(
                limiter.acquire("x", patience=call.patience), asked + call.cancelled_after
            )
        except TimeoutError:
            self.refused.append(asked)
            return
        except Cancelled:
            if call.cancelled_after == float("inf"):  # not ours
                raise
            self.refused.append(asked)
            return
        now = clock.monotonic()
        assert not any(begin < now < end for begin, end in self.closed)
        self.granted.append((asked, now))
        try:
            try:
                await runtime.sleep(call.latency * call.received_at)
            finally:  # one that crashes or is cancelled may be on the wire
                self.received.append(clock.monotonic())
            await runtime.sleep(call.latency * (1 - call.received_at))
        finally:
            await limiter.release(permit)

    async def hold_off(self, limiter: StoreLimiter, pause: float, seconds: float) -> None:
        await self.world.runtime.sleep(pause)
        end = self.world.clock.monotonic() + seconds
        await limiter.hold_off("x", seconds=seconds)
        self.closed.append((self.world.clock.monotonic(), end))


SECONDS = st.sampled_from([0.0, 0.0, 0.1, 1.0, 50.0]) | st.floats(0, 90, allow_subnormal=False)
SHORT = st.sampled_from([0.0, 0.1, 0.9, 1.0]) | st.floats(0, 1, allow_subnormal=False)


def calls(latency: st.SearchStrategy[float]) -> st.SearchStrategy[list[Call]]:
    call = st.builds(
        Call,
        pause=SECONDS,
        patience=st.just(float("inf")) | SECONDS,
        latency=latency,
        received_at=st.sampled_from([0.0, 1.0]) | st.floats(0, 1),
        cancelled_after=st.just(float("inf")) | SECONDS,
    )
    return st.lists(call, min_size=1, max_size=4)


@given(
    budget=st.integers(1, 3),
    sturdy=st.lists(calls(SHORT | st.floats(0, 58)), min_size=1, max_size=4),
    crashing=st.lists(st.tuples(calls(SHORT), st.integers(1, 25)), max_size=2),
    cancelled=st.lists(st.tuples(calls(SHORT | st.floats(0, 58)), st.integers(1, 25)), max_size=2),
    holds=st.lists(st.tuples(SECONDS, SECONDS), max_size=2),
    seed=st.integers(0, 1000),
)
@settings(max_examples=150)
def test_whatever_happens_the_server_never_counts_more_than_the_budget(
    budget: int,
    sturdy: list[list[Call]],
    crashing: list[tuple[list[Call], int]],
    cancelled: list[tuple[list[Call], int]],
    holds: list[tuple[float, float]],
    seed: int,
) -> None:
    """Each worker is a process of its own; calls may take up to a window, crashed ones the slack.

    Besides: nobody calls while the server asked to hold off, and who has the patience gets a permit.
    """
    world = World(seed=seed)
    server, store = Server(world), Gated(MemoryStateStore())

    def process() -> StoreLimiter:
        return limiter_in(world, store, budget=budget)

    workers: dict[str, Worker[None]] = {
        f"sturdy {n}": partial(server.caller, process(), each) for n, each in enumerate(sturdy)
    }
    workers |= {
        f"crashing {n}": partial(server.caller, process(), each) for n, (each, _) in enumerate(crashing)
    }
    workers |= {
        f"cancelled {n}": partial(server.caller, process(), each) for n, (each, _) in enumerate(cancelled)
    }
    workers |= {f"hold {n}": partial(server.hold_off, process(), *hold) for n, hold in enumerate(holds)}
    result = world.run(
        workers,
        crash={f"crashing {n}": at for n, (_, at) in enumerate(crashing)},
        cancel={f"cancelled {n}": at for n, (_, at) in enumerate(cancelled)},
    )
    assert busiest(server.received) <= budget
    assert all(isinstance(error, Cancelled | Crash) for error in result.errors.values())
    assert all(f"sturdy {n}" in result.values for n in range(len(sturdy)))


@given(
    budget=st.integers(1, 3),
    gaps=st.lists(st.integers(0, 30), min_size=1, max_size=10),
    late=st.lists(st.floats(0, 58), min_size=10, max_size=10),
    hold=st.floats(0, 100),
)
@settings(max_examples=100)
def test_who_asks_first_calls_first(budget: int, gaps: list[int], late: list[float], hold: float) -> None:
    """Also where calls take long, and the server asks to hold off meanwhile."""
    world = World()
    server, store = Server(world), Gated(MemoryStateStore())
    workers: list[Worker[None]] = []
    for asked, latency in zip(accumulate(gaps), late, strict=False):
        call = Call(pause=TRYING_AGAIN * asked, latency=latency)
        workers.append(partial(server.caller, limiter_in(world, store, budget=budget), [call]))
    workers.append(partial(server.hold_off, limiter_in(world, store, budget=budget), 15.5, hold))
    world.run(workers)
    assert len(server.granted) == len(gaps)
    in_order = [moment for _, moment in sorted(server.granted)]
    latest = accumulate(in_order, max)
    assert all(each >= before - ROUNDING for each, before in zip(in_order, latest, strict=True))
    assert busiest(server.received) <= budget


@pytest.mark.parametrize("seed", range(5))
def test_the_budget_is_used_up_where_calls_are_short(seed: int) -> None:
    """Of five windows at least 95 % are used, by processes that ask without a pause."""
    world = World(seed=seed)
    server, store = Server(world), Gated(MemoryStateStore())
    workers = [partial(server.caller, limiter_in(world, store, budget=10), [Call()] * 5) for _ in range(10)]
    world.run(workers, step_limit=100_000)
    assert len(server.received) == 50
    assert busiest(server.received) <= 10
    assert max(server.received) <= 4 * WINDOW / 0.95 + 0.5


@pytest.mark.parametrize("fault", ["crash", "cancel"])
@pytest.mark.parametrize("at", [*range(1, 14, 2)])
def test_many_processes_lose_one_and_nobody_starves(fault: str, at: int) -> None:
    """Wherever it is lost: it costs at most one call of the budget for one window."""

    def scenario(world: scheduler.World) -> None:
        server, store = Server(world), Gated(MemoryStateStore())
        workers: dict[str, Worker[None]] = {
            name: partial(server.caller, limiter_in(world, store, budget=2), [Call(latency=0.2)] * 2)
            for name in "abcd"
        }
        lost = {"a": at}
        crash, cancel = (lost, {}) if fault == "crash" else ({}, lost)
        result = world.run(workers, crash=crash, cancel=cancel)
        assert busiest(server.received) <= 2
        assert {"b", "c", "d"} <= result.values.keys()
        # Six calls of the others and at most two of the lost one, two a window; one more window for a loss.
        assert max(moment for _, moment in server.granted) <= 4 * (WINDOW + 1) + TRYING_AGAIN

    scheduler.check(scenario, range(25))


def test_two_who_ask_at_once_are_both_counted_in_every_order_of_their_steps() -> None:
    """With a budget of one, the other waits for a window."""

    def scenario(world: scheduler.World) -> None:
        server, store = Server(world), Gated(MemoryStateStore())
        call = [Call(latency=0)]
        workers = [partial(server.caller, limiter_in(world, store, budget=1), call) for _ in range(2)]
        world.run(workers)
        first, second = sorted(server.received)
        assert WINDOW < second - first < WINDOW + 1 + TRYING_AGAIN

    assert scheduler.explore(scenario, limit=2000).failing == 0


def test_a_call_costs_one_commit_and_a_late_one_two() -> None:
    """Where nobody comes in between; waiting costs none."""
    world = World()
    server, store = Server(world), Gated(MemoryStateStore())
    limiter = limiter_in(world, store, budget=1)
    world.run([partial(server.caller, limiter, [Call(latency=0.9), Call(latency=0.9)])])
    assert len(server.received) == 2
    assert store.commits == 2
    world.run([partial(server.caller, limiter, [Call(latency=1.5)])])
    assert store.commits == 4


def test_one_who_waits_longer_because_the_server_asked_to_hold_off_writes_no_more_for_that() -> None:
    world = World()
    server, store = Server(world), Gated(MemoryStateStore())
    limiter = limiter_in(world, store, budget=1)
    calls = [Call(latency=0.9), Call(latency=0.9)]
    world.run([partial(server.caller, limiter, calls), partial(server.hold_off, limiter, 10, 100)])
    assert [moment for _, moment in server.granted] == [0, pytest.approx(110, abs=ROUNDING)]
    assert store.commits == 3


def test_a_late_call_counts_from_its_end() -> None:
    """The server may have received it last of all then."""
    world = World()
    server, store = Server(world), Gated(MemoryStateStore())
    workers = [
        partial(server.caller, limiter_in(world, store, budget=1), [Call(latency=40, received_at=1)]),
        partial(server.caller, limiter_in(world, store, budget=1), [Call(pause=5)]),
    ]
    world.run(workers)
    assert server.granted[1][1] == pytest.approx(40 + WINDOW + 1, abs=ROUNDING)


@frozen
class Drowsy:
    """The runtime of a machine that sleeps on for a while, as one that was suspended."""

    world: World
    longer: list[float]

    async def sleep(self, seconds: float) -> None:
        await self.world.runtime.sleep(seconds + (self.longer.pop() if self.longer else 0))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.world.runtime, name)


def test_a_waiter_that_slept_on_does_not_call_on_a_place_that_is_long_past() -> None:
    """It takes its place anew: others have called meanwhile."""
    world = World()
    server, store = Server(world), Gated(MemoryStateStore())
    drowsy = StoreLimiter(store, clock=world.clock, runtime=Drowsy(world, [100]), client_id="app", budget=1)
    workers = [
        partial(server.caller, limiter_in(world, store, budget=1), [Call()]),
        partial(server.caller, drowsy, [Call(pause=1)]),
        partial(server.caller, limiter_in(world, store, budget=1), [Call(pause=130)]),
    ]
    world.run(workers)
    moments = sorted(moment for _, moment in server.granted)
    assert moments == [0, 130, pytest.approx(130 + WINDOW + 1, abs=ROUNDING)]


def test_a_waiter_that_slept_on_keeps_its_turn_before_those_who_asked_later() -> None:
    """They are pushed by as long as it slept."""
    world = World()
    server, store = Server(world), Gated(MemoryStateStore())
    drowsy = StoreLimiter(store, clock=world.clock, runtime=Drowsy(world, [10]), client_id="app", budget=1)
    workers = [
        partial(server.caller, limiter_in(world, store, budget=1), [Call()]),
        partial(server.caller, drowsy, [Call(pause=1)]),
        partial(server.caller, limiter_in(world, store, budget=1), [Call(pause=2)]),
    ]
    world.run(workers)
    late = WINDOW + 1 + 10
    assert [asked for asked, _ in server.granted] == [0, 1, 2]
    assert server.granted[1][1] == pytest.approx(late, abs=ROUNDING)
    assert server.granted[2][1] == pytest.approx(late + WINDOW + 1, abs=ROUNDING)


def test_it_gives_up_at_once_where_waiting_would_be_in_vain() -> None:
    """Nothing is taken, and nothing is written."""
    world = World()
    server, store = Server(world), Gated(MemoryStateStore())
    limiter = limiter_in(world, store, budget=1)
    world.run([partial(server.caller, limiter, [Call(), Call(patience=30)])])
    assert (len(server.granted), len(server.refused)) == (1, 1)
    assert store.commits == 1
    assert world.clock.monotonic() < 1


def test_a_waiter_gives_up_once_others_push_it_beyond_its_patience() -> None:
    """As soon as it looks again; its place is free then."""
    world = World()
    server, store = Server(world), Gated(MemoryStateStore())
    workers = [
        partial(server.caller, limiter_in(world, store, budget=1), [Call()]),
        partial(server.caller, limiter_in(world, store, budget=1), [Call(pause=1, patience=100)]),
        partial(server.hold_off, limiter_in(world, store, budget=1), 2, 200),
    ]
    world.run(workers)
    assert server.refused == [1]
    assert world.clock.monotonic() == pytest.approx(WINDOW + 1, abs=ROUNDING)
    world.run([partial(server.caller, limiter_in(world, store, budget=1), [Call()])])
    assert server.granted[-1][1] == pytest.approx(202, abs=ROUNDING)


class Trouble(Exception):
    """The host's store fails."""


class Failing:
    """A store that fails when told to, before or after it has done what it was asked for."""

    def __init__(self) -> None:
        self.memory = MemoryStateStore()
        self.fails: Callable[[str], bool] = lambda _: False
        self.read = self._or_fail("read", self.memory.read)
        self.scan = self._or_fail("scan", self.memory.scan)
        self.commit = self._or_fail("commit", self.memory.commit)

    def _or_fail(self, name: str, fn: Callable[..., Any]) -> Callable[..., Any]:
        async def port(*args: Any) -> Any:
            if self.fails(f"{name} before"):
                raise Trouble
            result = fn(*args)
            if self.fails(f"{name} after"):
                raise Trouble
            return result

        return port


def blocking(clock: VirtualClock, store: AsyncStateStore, **settings: Any) -> StoreLimiter:
    """Make a limiter for tests in which nobody waits."""
    return StoreLimiter(store, clock=clock, runtime=BlockingRuntime(), **{"client_id": "app", **settings})


def test_an_error_of_the_store_comes_out_before_a_call() -> None:
    """Nothing was sent then, and the host knows its own error."""
    store = Failing()
    store.fails = lambda _: True
    with pytest.raises(Trouble):
        step(blocking(VirtualClock(), store).acquire, "x", patience=1)


@pytest.mark.parametrize("point", ["read before", "commit before", "commit after"])
def test_after_a_call_an_error_of_the_store_does_not_replace_its_outcome(point: str) -> None:
    """What was to be stored is not lost: the next call of this process stores it."""
    clock, store = VirtualClock(), Failing()
    limiter = blocking(clock, store, budget=1)
    permit = step(limiter.acquire, "x", patience=0)
    clock.advance(50)
    store.fails = lambda at: at == point
    step(limiter.release, permit)
    step(limiter.hold_off, "x", seconds=5)
    store.fails = lambda _: False
    clock.advance(WINDOW - 1)  # a window after its start, but not after its end
    with pytest.raises(TimeoutError):
        step(limiter.acquire, "x", patience=1)
    clock.advance(3)
    step(limiter.acquire, "x", patience=0)


def test_where_others_always_come_in_between_the_patience_ends_it() -> None:
    """With the error of a budget that cannot be had, and after pauses that grow."""
    world, store = World(), Gated(MemoryStateStore())
    reads: list[float] = []

    class Crowded(Gated):
        def _commit(self, tenant: str, writes: Sequence[Write]) -> bool:
            reads.append(world.clock.monotonic())
            return False

    async def ask() -> None:
        await limiter_in(world, Crowded(store.memory)).acquire("x", patience=10)

    result = world.run([ask], expected=TimeoutError)
    assert isinstance(result.errors["w1"], TimeoutError)
    assert 9 < world.clock.monotonic() <= 10
    assert 10 < len(reads) < 100


def test_who_finds_no_room_is_told_for_how_long() -> None:
    """In a pause that the server asked for, and where calls are in the way."""
    clock, store = VirtualClock(), LiftedStateStore(MemoryStateStore())
    limiter = blocking(clock, store, budget=1)
    step(limiter.hold_off, "x", seconds=580)
    with pytest.raises(NoRoom) as caught:
        step(limiter.acquire, "x", patience=5)
    assert caught.value.seconds in {580, 581}
    step(limiter.acquire, "y", patience=0)
    clock.advance(20)
    with pytest.raises(NoRoom) as caught:
        step(limiter.acquire, "y", patience=5)
    assert 40 <= caught.value.seconds <= 42


def test_a_limiter_that_is_much_too_far_ahead_does_not_stop_the_others_for_ever() -> None:
    """Moments that no call can have are cut when they are read."""
    world, store = World(), Gated(MemoryStateStore())
    ahead = World()
    ahead.clock.advance(timedelta(days=1).total_seconds())
    wrong = StoreLimiter(store, clock=ahead.clock, runtime=world.runtime, client_id="app", budget=1)
    server = Server(world)
    world.run([partial(wrong.acquire, "x", patience=0)])
    world.run([partial(server.caller, limiter_in(world, store, budget=1), [Call(patience=70)])])
    assert [moment for _, moment in server.granted] == [pytest.approx(WINDOW + 1, abs=ROUNDING)]


def ahead_of(world: World, store: Gated, **settings: Any) -> StoreLimiter:
    """Make the limiter of a process whose machine's date is one day ahead."""
    clock = World().clock
    clock.advance(timedelta(days=1).total_seconds())
    return StoreLimiter(store, clock=clock, runtime=world.runtime, client_id="app", **settings)


def test_a_429_that_a_much_too_fast_machine_got_does_not_close_an_endpoint_for_a_day() -> None:
    """No server asks for that long, so nobody believes it; what others hear themselves is believed."""
    world, store = World(), Gated(MemoryStateStore())
    wrong, right = ahead_of(world, store), limiter_in(world, store)
    world.run([partial(wrong.hold_off, "x", seconds=60)])
    world.run([partial(right.acquire, "x", patience=0)])
    world.run([partial(right.hold_off, "x", seconds=30)])
    result = world.run([partial(right.acquire, "x", patience=29)], expected=TimeoutError)
    assert list(result.errors) == ["w1"]


def test_the_longest_hold_that_a_server_may_ask_for_is_kept_to_its_end() -> None:
    world, store = World(), Gated(MemoryStateStore())
    server, limiter = Server(world), limiter_in(world, store)
    world.run([partial(limiter.hold_off, "x", seconds=3600)])
    world.run([partial(server.caller, limiter_in(world, store), [Call()])])
    assert [moment for _, moment in server.granted] == [pytest.approx(3600, abs=ROUNDING)]


def test_places_that_a_much_too_fast_machine_took_do_not_stop_the_others() -> None:
    """They count as calls in the order of asking, now, and whoever comes after them waits for these."""
    world, store = World(), Gated(MemoryStateStore())
    wrong = ahead_of(world, store, budget=1)
    # It takes the one place and dies while it waits for the next two.
    world.run([partial(wrong.acquire, "x", patience=0)])
    waiting = [partial(wrong.acquire, "x", patience=500)] * 2
    world.run(waiting, crash={"w1": 7, "w2": 7})
    assert stored_in(store)["starts"]
    server, began = Server(world), world.clock.monotonic()
    world.run([partial(server.caller, limiter_in(world, store, budget=1), [Call(patience=300)])])
    assert len(server.granted) == 1
    assert server.granted[0][1] - began <= 3 * (WINDOW + 1) + ROUNDING


def stored_in(store: Gated) -> dict[str, Any]:
    body = store.memory.read("", ["limit/app/x"])["limit/app/x"].body
    data: dict[str, Any] = json.loads(body)["data"]
    return data


BODY: Final = {"ends": "10 5", "numbers": "", "starts": "", "closed_until": 0, "asked": 2}


@pytest.mark.parametrize(
    "body",
    [
        "no json",
        {"schema": 1, "data": {**BODY, "ends": "ten"}},
        {"schema": 1, "data": {**BODY, "ends": "10 -5"}},
        {"schema": 1, "data": {**BODY, "starts": "5"}},
        {"schema": 1, "data": {**BODY, "asked": None}},
        {"schema": 1, "data": {**BODY, "more": 1}},
    ],
    ids=["no json", "no number", "falling", "unequal", "null", "unknown member"],
)
def test_a_stored_budget_that_is_damaged_is_replaced_by_an_empty_one(body: Any) -> None:
    """It is a budget and no more: it must not stop every call of every tenant."""
    memory, clock = MemoryStateStore(), VirtualClock()
    memory.commit("", [Write("limit/app/x", None, body if isinstance(body, str) else json.dumps(body))])
    first, second = (blocking(clock, LiftedStateStore(memory), budget=1) for _ in range(2))
    step(first.acquire, "/x", patience=0)
    with pytest.raises(TimeoutError):
        step(second.acquire, "/x", patience=1)


def test_a_stored_budget_of_a_newer_version_is_left_alone_and_the_process_keeps_its_own() -> None:
    """While a new version is rolled out, nothing that it wrote is lost, and nothing stands still."""
    memory, clock = MemoryStateStore(), VirtualClock()
    newer = json.dumps({"schema": 2, "data": {"more": 1}})
    memory.commit("", [Write("limit/app/x", None, newer)])
    limiter = blocking(clock, LiftedStateStore(memory), budget=1)
    permit = step(limiter.acquire, "/x", patience=0)
    clock.advance(30)
    step(limiter.release, permit)
    clock.advance(WINDOW - 1)  # it counts from its end
    with pytest.raises(TimeoutError):
        step(limiter.acquire, "/x", patience=0.5)
    clock.advance(2)
    step(limiter.release, step(limiter.acquire, "/x", patience=0))
    step(limiter.hold_off, "/x", seconds=100)
    clock.advance(WINDOW + 2)
    with pytest.raises(TimeoutError):
        step(limiter.acquire, "/x", patience=30)
    assert memory.read("", ["limit/app/x"])["limit/app/x"] == Versioned(1, newer)
    # Once it can be read it is shared again.
    memory.commit("", [Write("limit/app/x", 1, json.dumps({"schema": 1, "data": BODY}))])
    step(limiter.acquire, "/x", patience=0)
    assert memory.read("", ["limit/app/x"])["limit/app/x"].version > 2


def test_each_client_and_endpoint_has_a_document_of_its_own() -> None:
    """Under the tenant that belongs to nobody, with a key that tells what it is."""
    memory = MemoryStateStore()
    for client_id in ("app", "odd / client"):
        limiter = blocking(VirtualClock(), LiftedStateStore(memory), client_id=client_id, budget=1)
        for template in ("/orders", "/orders/{id}"):
            step(limiter.acquire, template, patience=0)
    found: list[Found] = list(memory.scan("limit/"))
    assert {each.tenant for each in found} == {""}
    assert [each.key for each in found][:2] == ["limit/app/orders", "limit/app/orders/{id}"]
    assert len(found) == 4
    assert all(each.key.startswith("limit/~") for each in found[2:])


@pytest.mark.parametrize("odd", ["", "a/b", "x" * 200, "æ", "\ud800", "~0", "a b", "//"], ids=ascii)
def test_odd_texts_are_hashed_in_keys(odd: str) -> None:
    """So that keys stay short and plain, and no two budgets share one."""
    for key, plain in ((limit_key(odd, "/orders"), "/orders"), (limit_key("app", f"/{odd}/?"), "limit/app/")):
        assert key.isascii()
        assert len(key) < 130
        assert plain in key
        assert "~" in key


@pytest.mark.parametrize("wrong", [{"budget": 0}, {"window": 0.0}, {"slack": -1.0}], ids=str)
def test_a_budget_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        limiter_in(World(), Gated(MemoryStateStore()), **wrong)


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
def test_eight_processes_stay_within_the_budget_as_the_server_counts(
    database: str, request: pytest.FixtureRequest
) -> None:
    """The sandbox answers 40 calls in any 2 seconds; it refuses none of 120 that come as fast as they may."""
    url = request.getfixturevalue(database)
    with SqlStateStore.open(url) as store:
        store.create_table()
    with SandboxProcess(options=["--profile", "rate_limit=40", "--profile", "rate_window=2"]) as sandbox:
        address = f"{sandbox.info.api_url}/companysettings"
        command = [sys.executable, str(Path(__file__).with_name("limited_caller.py"))]
        command += [url, address, sandbox.info.access_token, "15"]
        processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(8)
        ]
        try:
            for process in processes:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
            answered = sum(int(process.communicate("go\n", timeout=120)[0]) for process in processes)
        finally:
            for process in processes:
                process.kill()
                process.wait()
        rates = httpx.get(f"{sandbox.info.control_url}/rates").json()["endpoints"]
    assert answered == 120
    assert [(each["calls"], each["refused"]) for each in rates] == [(120, 0)]
    assert rates[0]["peak"] <= 40
