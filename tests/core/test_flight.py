"""Of many who want the same work at once one does it, whoever is cancelled, fails or dies meanwhile."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from visma_busy_sync._core.flight import Flight
from visma_busy_sync._core.runtimes import AsyncioRuntime, BlockingRuntime
from visma_busy_sync._core.stepper import step
from visma_busy_sync._core.world import Runtime
from visma_busy_sync.testing import scheduler

SECONDS = 10.0  # longer than any of these waits takes; only a hang reaches it


class Watched:
    """A runtime that counts who is about to wait."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.waiting = threading.Semaphore(0)
        self.sleep = runtime.sleep
        self.random = runtime.random
        self.token = runtime.token
        self.to_end = runtime.to_end
        self.within = runtime.within

    async def wait(self, future: Future[Any]) -> None:
        self.waiting.release()
        await self._runtime.wait(future)

    def await_followers(self, count: int) -> None:
        for _ in range(count):
            assert self.waiting.acquire(timeout=SECONDS)


def test_twenty_threads_have_one_leader() -> None:
    """The work is done once and everyone gets its outcome."""
    runtime = Watched(BlockingRuntime(patience=SECONDS))
    flight: Flight[object] = Flight(runtime)
    calls: list[object] = []

    async def work() -> object:
        runtime.await_followers(19)
        calls.append(object())
        return calls[-1]

    with ThreadPoolExecutor(20) as threads:
        outcomes = [threads.submit(step, flight.do, "key", work) for _ in range(20)]
        assert {outcome.result(SECONDS) for outcome in outcomes} == set(calls)
    assert len(calls) == 1


def test_a_failure_reaches_every_thread() -> None:
    """The leader's exception is raised to all, and the next call starts afresh."""
    runtime = Watched(BlockingRuntime(patience=SECONDS))
    flight: Flight[str] = Flight(runtime)

    async def work() -> str:
        runtime.await_followers(4)
        raise LookupError("refused")

    async def later() -> str:
        return "value"

    with ThreadPoolExecutor(5) as threads:
        outcomes = [threads.submit(step, flight.do, "key", work) for _ in range(5)]
        errors = [outcome.exception(SECONDS) for outcome in outcomes]
    assert [type(error) for error in errors] == [LookupError] * 5
    assert step(flight.do, "key", later) == "value"


def test_a_leader_interrupted_in_its_thread_is_replaced() -> None:
    """Ctrl-C in the leader makes one follower take over."""
    runtime = Watched(BlockingRuntime(patience=SECONDS))
    flight: Flight[str] = Flight(runtime)

    async def interrupted() -> str:
        runtime.await_followers(1)
        raise KeyboardInterrupt

    async def work() -> str:
        return "value"

    with ThreadPoolExecutor(1) as threads:
        follower: Future[str] | None = None

        async def lead() -> str:
            nonlocal follower
            follower = threads.submit(step, flight.do, "key", work)
            return await interrupted()

        with pytest.raises(KeyboardInterrupt):
            step(flight.do, "key", lead)
        assert follower is not None
        assert follower.result(SECONDS) == "value"


def test_work_that_asks_for_itself_is_told() -> None:
    """A thread that enters its own flight again gets a clear error instead of hanging."""
    flight: Flight[str] = Flight(BlockingRuntime(patience=0))

    async def work() -> str:
        return await flight.do("key", work)

    with pytest.raises(TimeoutError, match="must not ask for itself"):
        step(flight.do, "key", work)


def test_keys_fly_apart() -> None:
    """Work under one key does not hold up another key."""
    flight: Flight[str] = Flight(BlockingRuntime(patience=0))

    async def inner() -> str:
        return "inner"

    async def outer() -> str:
        return await flight.do("b", inner)

    assert step(flight.do, "a", outer) == "inner"


def test_the_traceback_shows_where_the_work_failed() -> None:
    """The line that failed is not lost on the way to the callers."""
    flight: Flight[str] = Flight(BlockingRuntime())

    async def work() -> str:
        raise LookupError("refused")

    with pytest.raises(LookupError) as caught:
        step(flight.do, "key", work)
    assert traceback.extract_tb(caught.value.__traceback__)[-1].name == "work"


class Held:
    """Work that goes on when told."""

    def __init__(self) -> None:
        self.calls = 0
        self.go_on = asyncio.Event()
        self.begun = asyncio.Event()

    async def work(self) -> str:
        self.calls += 1
        self.begun.set()
        await self.go_on.wait()
        return "value"


async def turn() -> None:
    """Let every task that can run do so."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.anyio
async def test_twenty_tasks_have_one_leader() -> None:
    """The work is done once over the tasks of a loop."""
    held, flight = Held(), Flight[str](AsyncioRuntime())
    tasks = [asyncio.create_task(flight.do("key", held.work)) for _ in range(20)]
    await turn()
    held.go_on.set()
    assert await asyncio.gather(*tasks) == ["value"] * 20
    assert held.calls == 1


@pytest.mark.anyio
async def test_a_cancelled_leaders_work_goes_on() -> None:
    """The others still get the value of the first try."""
    held, flight = Held(), Flight[str](AsyncioRuntime())
    leader = asyncio.create_task(flight.do("key", held.work))
    await held.begun.wait()
    follower = asyncio.create_task(flight.do("key", held.work))
    await turn()
    leader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leader
    held.go_on.set()
    assert await follower == "value"
    assert held.calls == 1


@pytest.mark.anyio
async def test_a_caller_after_a_cancelled_leader_joins_its_work() -> None:
    """While the work goes on no second one starts, whoever comes when."""
    held, flight = Held(), Flight[str](AsyncioRuntime())
    leader = asyncio.create_task(flight.do("key", held.work))
    await held.begun.wait()
    leader.cancel()
    await turn()
    late = asyncio.create_task(flight.do("key", held.work))
    await turn()
    held.go_on.set()
    assert await late == "value"
    assert held.calls == 1


@pytest.mark.anyio
async def test_a_cancelled_follower_leaves_the_flight_alone() -> None:
    """Leader and other followers get the value."""
    held, flight = Held(), Flight[str](AsyncioRuntime())
    leader, follower, other = (asyncio.create_task(flight.do("key", held.work)) for _ in range(3))
    await turn()
    follower.cancel()
    with pytest.raises(asyncio.CancelledError):
        await follower
    held.go_on.set()
    assert {await leader, await other} == {"value"}


@pytest.mark.anyio
async def test_a_failure_reaches_every_task() -> None:
    """The leader's exception is raised to all."""
    flight = Flight[str](AsyncioRuntime())

    async def work() -> str:
        await turn()
        raise LookupError("refused")

    tasks = [asyncio.create_task(flight.do("key", work)) for _ in range(3)]
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LookupError] * 3


@pytest.mark.anyio
async def test_work_that_is_cancelled_itself_is_taken_over() -> None:
    """A leader whose work was abandoned does not leave its followers without one."""
    flight, held = Flight[str](AsyncioRuntime()), Held()
    held.go_on.set()

    async def abandoned() -> str:
        await turn()
        raise asyncio.CancelledError

    leader = asyncio.create_task(flight.do("key", abandoned))
    await asyncio.sleep(0)
    follower = asyncio.create_task(flight.do("key", held.work))
    with pytest.raises(asyncio.CancelledError):
        await leader
    assert await follower == "value"


def test_a_leader_that_never_began_does_not_block_the_key() -> None:
    """A loop that shuts down before the work's first step leaves nobody waiting in the next loop."""
    flight, held = Flight[str](AsyncioRuntime(patience=SECONDS)), Held()
    held.go_on.set()

    async def shuts_down() -> None:
        leader = asyncio.create_task(flight.do("key", held.work))
        await asyncio.sleep(0)  # the leader has made the task of its work, which has not begun
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leader
        assert held.calls == 0

    async def next_loop() -> str:
        return await flight.do("key", held.work)

    asyncio.run(shuts_down())
    assert asyncio.run(next_loop()) == "value"
    assert held.calls == 1


Scenario = Callable[[scheduler.World], None]


class Tokens:
    """A connection whose old token is refreshed at most once."""

    def __init__(self) -> None:
        self.generation = 0
        self.read = scheduler.gate(lambda: self.generation, "read")
        self.refresh = scheduler.gate(self._refresh, "refresh")

    def _refresh(self) -> int:
        self.generation += 1
        return self.generation


def refreshing(tokens: Tokens, runtime: Runtime, *, looks_again: bool = True) -> Callable[[], Awaitable[int]]:
    flight: Flight[int] = Flight(runtime)

    async def work() -> int:
        if looks_again and (generation := await tokens.read()):
            return generation
        return await tokens.refresh()

    async def caller() -> int:
        return await tokens.read() or await flight.do("connection", work)

    return caller


def two_callers(*, looks_again: bool) -> Scenario:
    def scenario(world: scheduler.World) -> None:
        tokens = Tokens()
        caller: Any = refreshing(tokens, world.runtime, looks_again=looks_again)
        result = world.run([caller, caller])
        assert list(result.values.values()) == [1, 1]
        assert tokens.generation == 1

    return scenario


def test_work_that_looks_again_is_done_once_under_all_schedules() -> None:
    """Two callers who saw the old token make exactly one refresh, however their steps fall."""
    assert scheduler.check_all(two_callers(looks_again=True)) > 500


def test_the_scheduler_finds_work_that_does_not_look_again() -> None:
    """Without the second look a caller that comes after the landing refreshes again: the planted bug."""
    explored = scheduler.explore(two_callers(looks_again=False))
    assert explored.complete
    assert 0 < explored.failing < explored.schedules


def one_ends_early(kind: str) -> Scenario:
    def scenario(world: scheduler.World) -> None:
        tokens = Tokens()
        caller: Any = refreshing(tokens, world.runtime)
        fault = {"a": 1 + world.choose(8)}
        crash, cancel = (fault, {}) if kind == "crash" else ({}, fault)
        result = world.run({"a": caller, "b": caller}, crash=crash, cancel=cancel)
        assert result.values["b"] == tokens.generation
        assert tokens.generation == 1  # also when the crash cut off the reply: the work looks again

    return scenario


@pytest.mark.parametrize("kind", ["crash", "cancel"])
def test_no_caller_is_left_behind_whenever_the_other_ends(kind: str) -> None:
    """Crashed or cancelled at any await, under any schedule, one caller never blocks the other."""
    scheduler.check_all(one_ends_early(kind), limit=50_000)
