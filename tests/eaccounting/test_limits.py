"""The budget of calls, on a clock that only waiting moves."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.runtimes import BlockingRuntime
from visma_busy_sync._core.stepper import step
from visma_busy_sync.eaccounting._limits import CALLS_PER_MINUTE, WindowLimiter
from visma_busy_sync.testing.scheduler import VirtualClock, World

from .given import Instant


def limiter(
    budget: int, *, patience: float = 1e9, start: float = 0.0
) -> tuple[WindowLimiter, VirtualClock, Instant]:
    clock = VirtualClock()
    clock.advance(start)
    runtime = Instant(clock)
    made = WindowLimiter(clock=clock, runtime=runtime, calls_per_minute=budget, patience=patience)
    return made, clock, runtime


@given(
    st.integers(1, 5),
    st.lists(
        st.floats(0, 90, allow_subnormal=False) | st.sampled_from([0.0, 0.1, 60.0, 59.999999999]), max_size=40
    ),
    st.floats(0, 1e9),
)
@settings(max_examples=200)
def test_no_window_holds_more_than_the_budget(budget: int, gaps: list[float], start: float) -> None:
    """At whatever times calls come, also where floats round; and each waits exactly as long as it must."""
    made, clock, _ = limiter(budget, start=start)
    taken: list[float] = []
    for gap in gaps:
        clock.advance(gap)
        came = clock.monotonic()
        step(made.acquire, "x")
        now = clock.monotonic()
        taken.append(now)
        # Each moment of taking is one minute behind the one that is `budget` calls earlier.
        earlier = taken[-1 - budget] + 60.0 if len(taken) > budget else came
        assert now == max(came, earlier)


def test_the_budget_is_600_a_minute() -> None:
    """LIMIT, 2025-05: the first 600 at once, the next one a minute later."""
    made, clock, runtime = limiter(CALLS_PER_MINUTE)
    for _ in range(600):
        step(made.acquire, "x")
    assert runtime.sleeps == []
    step(made.acquire, "x")
    assert runtime.sleeps == [60.0]
    assert clock.monotonic() == 60.0


def test_each_endpoint_has_a_budget_of_its_own() -> None:
    """One that is used up does not hold up another."""
    made, _, runtime = limiter(1)
    for key in ("/projects", "/customers", "/orders", "/orders/{id}"):
        step(made.acquire, key)
    assert runtime.sleeps == []


def test_it_gives_up_at_once_where_waiting_would_be_in_vain() -> None:
    """A caller with less patience than the wait is not kept; nothing is taken."""
    made, clock, runtime = limiter(1, patience=30)
    step(made.acquire, "x")
    clock.advance(20)
    with pytest.raises(TimeoutError, match="30 seconds"):
        step(made.acquire, "x")
    assert runtime.sleeps == []
    clock.advance(15)
    step(made.acquire, "x")
    assert runtime.sleeps == [25.0]


@pytest.mark.parametrize("seed", range(20))
def test_many_waiters_stay_in_the_budget(seed: int) -> None:
    """In any order of their steps."""
    world = World(seed=seed)
    made = WindowLimiter(clock=world.clock, runtime=world.runtime, calls_per_minute=3, patience=1e9)
    taken: list[float] = []

    async def worker() -> None:
        for _ in range(3):
            await made.acquire("x")
            taken.append(world.clock.monotonic())

    world.run([worker] * 4)
    assert sorted(taken) == [60.0 * (n // 3) for n in range(12)]


def test_threads_share_the_budget() -> None:
    """None slips through between looking and taking."""
    clock = VirtualClock()
    made = WindowLimiter(clock=clock, runtime=BlockingRuntime(), calls_per_minute=50, patience=0)
    together = threading.Barrier(8)

    def call(_: int) -> int:
        together.wait(5)
        got = 0
        for _attempt in range(20):
            try:
                step(made.acquire, "x")
            except TimeoutError:
                continue
            got += 1
        return got

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(call, range(8))) == 50


@pytest.mark.parametrize(("budget", "patience"), [(0, 1.0), (-1, 1.0), (1, -1.0), (1, float("nan"))])
def test_a_budget_that_is_none_is_refused(budget: int, patience: float) -> None:
    """It would wait for ever."""
    with pytest.raises(ConfigurationError):
        limiter(budget, patience=patience)
