"""The scheduler interleaves at every await, keeps virtual time, and ends workers as asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visma_busy_sync._core.stepper import step
from visma_busy_sync._core.world import Clock, Runtime
from visma_busy_sync.testing import scheduler
from visma_busy_sync.testing.scheduler import Cancelled, Crash, Point, World, gate, run


class Log:
    """A port that writes down who did what."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.write = gate(self.lines.append, "write")

    def worker(self, name: str, lines: int = 2) -> Callable[[], Coroutine[Any, Any, str]]:
        async def write_lines() -> str:
            for line in range(lines):
                await self.write(f"{name}{line}")
            return name

        return write_lines


def written(seed: int) -> tuple[list[str], tuple[scheduler.Event, ...]]:
    log = Log()
    result = run([log.worker("a"), log.worker("b")], seed=seed)
    return log.lines, result.trace


def test_results_come_by_name() -> None:
    """Workers without a name are numbered."""
    log = Log()
    assert run([log.worker("a"), log.worker("b")]).values == {"w1": "a", "w2": "b"}


def test_the_same_seed_gives_the_same_steps() -> None:
    """A seed is all it takes to see a run again."""
    assert written(7) == written(7)


def test_seeds_give_different_orders() -> None:
    """Among some seeds every order of four writes turns up."""
    assert len({tuple(written(seed)[0]) for seed in range(100)}) == 6


def test_the_trace_names_worker_moment_and_point() -> None:
    """Every step says who went on, when, and from where."""
    trace = run({"a": Log().worker("a", lines=1)}).trace
    assert [str(event).split() for event in trace] == [
        ["0s", "a:", "start"],
        ["0s", "a:", "write"],
        ["0s", "a:", "write:", "reply"],
    ]


def test_another_worker_can_act_between_effect_and_reply() -> None:
    """A gate has a point on either side of its effect."""
    lines: list[str] = []

    async def writes() -> None:
        await gate(lines.append)("effect")
        lines.append("reply")

    async def other() -> None:
        lines.append("other")

    seen = set()
    for seed in range(50):
        lines.clear()
        run([writes, other], seed=seed)
        seen.add(tuple(lines))
    assert seen == {
        ("other", "effect", "reply"),
        ("effect", "other", "reply"),
        ("effect", "reply", "other"),
    }


def test_an_exception_from_the_port_reaches_the_worker() -> None:
    """A gate hands on what its function raises."""

    def refuses() -> None:
        raise LookupError("refused")

    async def asks() -> str:
        try:
            await gate(refuses)()
        except LookupError as error:
            return str(error)
        return "not refused"

    assert run([asks]).values == {"w1": "refused"}


def test_a_gate_around_an_asynchronous_function_is_named() -> None:
    """The effect must be a plain function; another kind is reported and nothing leaks."""

    async def read() -> None: ...

    with pytest.raises(TypeError, match="read is asynchronous"):
        run([gate(read)])


def test_points_have_names_without_addresses() -> None:
    """Traces of equal schedules are equal, whatever stands in memory where."""

    class Adder:
        def __call__(self) -> None: ...

    names = {event.what for event in run([gate(Adder())]).trace}
    assert names == {"start", "Adder", "Adder: reply"}


def test_an_unexpected_error_is_raised_with_the_way_to_replay_it() -> None:
    """A worker's error is not swallowed, and says which worker and seed."""

    async def fails() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError) as caught:
        run({"a": fails}, seed=5)
    assert caught.value.__notes__ == ["raised by a", "schedule: seed=5"]


def test_an_error_is_raised_after_all_have_ended() -> None:
    """One worker's failure does not cut the others off."""
    log = Log()

    async def fails() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError):
        run([fails, log.worker("a")])
    assert log.lines == ["a0", "a1"]


def test_an_expected_error_is_part_of_the_result() -> None:
    """A scenario may want a refusal."""

    async def fails() -> None:
        raise LookupError("gone")

    result = run({"a": fails}, expected=LookupError)
    assert isinstance(result.errors["a"], LookupError)
    assert result.values == {}


@pytest.mark.parametrize("seed", range(5))
def test_time_moves_only_when_nobody_can_go_on(seed: int) -> None:
    """Sleepers wake in the order of their time, after everything that needs none."""
    world, log = World(seed=seed), Log()

    async def sleeper(seconds: float) -> None:
        await world.runtime.sleep(seconds)
        log.lines.append(f"woke at {world.clock.monotonic():g}")

    world.run([lambda: sleeper(60), lambda: sleeper(5), log.worker("a")])
    assert log.lines == ["a0", "a1", "woke at 5", "woke at 60"]


def test_the_virtual_clock_is_a_clock_and_the_runtime_a_runtime() -> None:
    """Both satisfy the protocols of the core, in UTC."""
    world = World()
    clock: Clock = world.clock
    runtime: Runtime = world.runtime
    world.clock.advance(90)
    assert clock.now() == datetime(2025, 1, 1, 0, 1, 30, tzinfo=UTC)
    assert clock.monotonic() == 90
    assert 0 <= runtime.random() < 1


def test_the_virtual_clock_does_not_go_back() -> None:
    """Neither a negative duration nor a past moment moves it."""
    clock = scheduler.VirtualClock()
    clock.advance(10)
    clock.advance(-5)
    clock.advance_to(3)
    assert clock.monotonic() == 10


def test_chance_repeats_by_seed() -> None:
    """Random numbers and tokens are those of the world's seed."""
    ones, others = World(seed=3).runtime, World(seed=3).runtime
    assert [ones.random(), ones.random()] == [others.random(), others.random()]
    assert ones.token() == others.token() != ones.token()


def test_virtual_tokens_have_the_form_of_real_ones() -> None:
    """43 URL-safe characters."""
    token = World().runtime.token()
    assert len(token) == 43
    assert token.replace("-", "").isalnum()


def test_a_stalled_worker_lets_time_go_by() -> None:
    """With `stalls` a lease can run out although its holder could go on, otherwise not."""

    def holder_still_holds(seed: int, *, stalls: bool) -> bool:
        world = World(seed=seed)

        async def holder() -> bool:
            await Point("work")
            return world.clock.monotonic() < 10

        async def other() -> bool:
            await world.runtime.sleep(10)
            return True

        return world.run([holder, other], stalls=stalls).values["w1"]

    assert {holder_still_holds(seed, stalls=False) for seed in range(20)} == {True}
    assert {holder_still_holds(seed, stalls=True) for seed in range(20)} == {True, False}


def test_a_wait_for_a_future_ends_when_it_is_done() -> None:
    """A worker that waits for another's future goes on after it."""
    world = World()
    future: Future[str] = Future()

    async def waits() -> str:
        await world.runtime.wait(future)
        return future.result()

    async def lands() -> None:
        await Point("work")
        future.set_result("landed")

    assert world.run({"a": waits, "b": lands}).values["a"] == "landed"


def test_a_wait_ends_with_the_patience() -> None:
    """Where the runtime has a patience, a future that never lands is given up at that virtual time."""
    world = World()
    world.runtime.patience = 120

    async def waits() -> None:
        await world.runtime.wait(Future())

    result = world.run({"a": waits}, expected=TimeoutError)
    assert isinstance(result.errors["a"], TimeoutError)
    assert world.clock.monotonic() == 120


def test_a_deadlock_names_who_waits_for_what() -> None:
    """Nobody can go on and nobody sleeps: that is an error, not a hang."""
    world = World()

    async def waits() -> None:
        await world.runtime.wait(Future())

    async def waits_for_lock() -> None:
        await Point("lock of b", ready=lambda: False)

    with pytest.raises(scheduler.Deadlock, match="a waits for 'future done', b waits for 'lock of b'"):
        world.run({"a": waits, "b": waits_for_lock})


def test_workers_that_never_end_are_stopped() -> None:
    """A retry without end meets the step limit, with the point it stands at."""

    async def spins() -> None:
        while True:
            await Point("retry")

    with pytest.raises(scheduler.StepLimit, match=r"after 50 steps these still run: a \(at retry\)"):
        World().run({"a": spins}, step_limit=50)


def test_a_foreign_await_is_reported_where_it_stands() -> None:
    """An await that needs a loop fails at that line, in the worker that has it."""

    async def foreign() -> None:
        await asyncio.sleep(0)

    with pytest.raises(scheduler.ForeignAwait, match="a awaits NoneType") as caught:
        run({"a": foreign})
    assert "foreign" in [entry.name for entry in caught.traceback]


def test_an_interrupt_stops_everything() -> None:
    """Ctrl-C comes through, and no coroutine is left behind."""

    async def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([interrupted, Log().worker("a")])


def test_a_run_that_is_given_up_ends_all_workers() -> None:
    """No coroutine stays suspended after a deadlock, and none gets an effect through in its clean-up."""
    log, ended = Log(), list[str]()

    async def waits() -> None:
        try:
            await Point("never", ready=lambda: False)
        finally:
            ended.append("waits")
            await log.write("clean-up")

    with pytest.raises(scheduler.Deadlock):
        run([waits])
    assert (ended, log.lines) == (["waits"], [])


def test_a_crashed_worker_is_dead_at_its_kth_await() -> None:
    """Nothing after the await happens; the effect before it stays."""
    log = Log()
    result = run({"a": log.worker("a")}, crash={"a": 2})
    assert log.lines == ["a0"]
    assert isinstance(result.errors["a"], Crash)


def test_a_crash_at_each_await_gives_each_prefix() -> None:
    """Await 1 is before the first effect; past the last await nothing is harmed."""

    def lines(k: int) -> int:
        log = Log()
        run({"a": log.worker("a")}, crash={"a": k})
        return len(log.lines)

    assert [lines(k) for k in range(1, 6)] == [0, 1, 1, 2, 2]


def test_the_clean_up_of_a_crashed_worker_cannot_reach_the_world() -> None:
    """No handler and no `finally`, however nested, gets an effect through a gate."""
    log = Log()

    async def stubborn() -> None:
        try:
            try:
                await log.write("work")
            except BaseException:  # noqa: BLE001 - that is the test
                await log.write("handler")
            finally:
                await log.write("finally")
        finally:
            for _ in range(3):
                try:
                    await log.write("again")
                except BaseException:  # noqa: BLE001 - that is the test
                    continue

    result = run({"a": stubborn}, crash={"a": 2})
    assert log.lines == ["work"]
    assert isinstance(result.errors["a"], Crash)


def test_the_others_go_on_after_a_crash() -> None:
    """A crash ends one worker."""
    log = Log()
    result = run({"a": log.worker("a"), "b": log.worker("b")}, crash={"a": 1})
    assert result.values == {"b": "b"}
    assert log.lines == ["b0", "b1"]


def test_a_world_goes_on_after_a_crash() -> None:
    """Another run in the same world cleans up, on the same clock and trace."""
    world, log = World(), Log()
    first = world.run({"a": log.worker("a")}, crash={"a": 2})
    second = world.run({"a again": log.worker("b")})
    assert log.lines == ["a0", "b0", "b1"]
    assert world.trace == [*first.trace, *second.trace]


@pytest.mark.parametrize("fault", ["crash", "cancel"])
def test_a_fault_for_nobody_is_reported(fault: str) -> None:
    """A misspelt name would otherwise test nothing."""
    faults: dict[str, Any] = {fault: {"b": 1}}
    with pytest.raises(ValueError, match="no worker is called b; there are a"):
        run({"a": Log().worker("a")}, **faults)


def test_a_cancelled_worker_may_clean_up() -> None:
    """Cancellation is thrown once; awaits of the clean-up work."""
    log = Log()

    async def cleans_up() -> None:
        try:
            await log.write("work")
        finally:
            await log.write("finally")

    result = run({"a": cleans_up}, cancel={"a": 1})
    assert log.lines == ["finally"]
    assert isinstance(result.errors["a"], Cancelled)


def test_cancellation_passes_handlers_of_exceptions() -> None:
    """Like that of asyncio it is no `Exception`."""

    async def handles() -> str:
        try:
            await Point("work")
        except Exception:  # noqa: BLE001 - that is the test
            return "swallowed"
        return "done"

    assert isinstance(run({"a": handles}, cancel={"a": 1}).errors["a"], Cancelled)


def test_a_worker_that_swallows_cancellation_goes_on() -> None:
    """Like a task of asyncio."""

    async def swallows() -> str:
        try:
            await Point("work")
        except Cancelled:
            await Point("more work")
        return "done"

    assert run({"a": swallows}, cancel={"a": 1}).values == {"a": "done"}


def test_cancellation_wakes_a_sleeper() -> None:
    """It does not wait until the sleep is over."""
    world = World()

    async def sleeps() -> None:
        await world.runtime.sleep(60)

    world.run({"a": sleeps}, cancel={"a": 1})
    assert world.clock.monotonic() == 0


def to_end(world: World, log: Log) -> Callable[[], Coroutine[Any, Any, str]]:
    async def work() -> None:
        await log.write("refreshed")
        await log.write("saved")

    async def caller() -> str:
        await world.runtime.to_end(work)
        return "told"

    return caller


def test_work_to_the_end_is_awaited() -> None:
    """The caller goes on after the work."""
    world, log = World(), Log()
    assert world.run({"a": to_end(world, log)}).values == {"a": "told"}
    assert log.lines == ["refreshed", "saved"]


@pytest.mark.parametrize("k", range(1, 6))
def test_work_to_the_end_survives_cancellation(k: int) -> None:
    """Whenever the caller is cancelled, what it began to the end is done whole."""
    world, log = World(seed=k), Log()
    result = world.run({"a": to_end(world, log)}, cancel={"a": k})
    assert isinstance(result.errors["a"], Cancelled)
    assert log.lines == ["refreshed", "saved"]


def test_work_to_the_end_does_not_survive_a_crash() -> None:
    """The process is gone, with all it was doing: its awaits count as those of the worker."""

    def lines(k: int) -> list[str]:
        world, log = World(), Log()
        world.run({"a": to_end(world, log)}, crash={"a": k})
        return log.lines

    assert [len(lines(k)) for k in range(1, 6)] == [0, 0, 1, 1, 2]


def test_a_failure_of_work_to_the_end_reaches_the_caller() -> None:
    """It is raised there and nowhere else."""
    world = World()

    async def work() -> None:
        raise LookupError("gone")

    async def caller() -> str:
        with pytest.raises(LookupError):
            await world.runtime.to_end(work)
        return "told"

    assert world.run({"a": caller}).values == {"a": "told"}


def test_a_failure_that_no_caller_hears_of_is_raised() -> None:
    """If the caller was cancelled meanwhile, the failure of its work comes out of the run."""

    def scenario(world: World) -> None:
        async def work() -> None:
            await Point("work")
            raise LookupError("gone")

        async def caller() -> None:
            await world.runtime.to_end(work)

        world.run({"a": caller}, cancel={"a": 1}, expected=())

    failed = scheduler.find(scenario)
    assert failed is not None
    assert isinstance(failed.error, LookupError)
    assert failed.error.__notes__[0] == "raised by a/1"


def test_stepping_works_inside_a_worker() -> None:
    """A synchronous port that steps a client of its own does not disturb the scheduler."""

    async def inner() -> int:
        return 1

    async def worker() -> int:
        return step(inner)

    assert run([worker]).values == {"w1": 1}


@pytest.mark.anyio
async def test_the_scheduler_works_inside_a_running_loop() -> None:
    """It neither needs nor touches the loop."""
    assert run([Log().worker("a")]).values == {"w1": "a"}


@given(st.data())
def test_hypothesis_can_choose_the_schedule(data: st.DataObject) -> None:
    """A world takes its choices from wherever they come."""
    log = Log()
    world = World(choose=lambda n: data.draw(st.integers(0, n - 1)))
    world.run([log.worker("a"), log.worker("b")])
    assert sorted(log.lines) == ["a0", "a1", "b0", "b1"]
