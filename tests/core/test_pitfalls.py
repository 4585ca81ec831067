"""Traps between the core and the retry library, and the imports that would open others."""

from __future__ import annotations

import ast
import asyncio
import itertools
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import Any

import pytest
import tenacity

import visma_busy_sync
from visma_busy_sync._core.stepper import WouldSuspend, lift, step
from visma_busy_sync.testing import scheduler

PACKAGE = Path(visma_busy_sync.__file__).parent


class Unavailable(Exception):
    """A failure worth another try."""


def failing(times: int) -> Callable[[], Awaitable[str]]:
    count = itertools.count()

    async def call() -> str:
        if next(count) < times:
            raise Unavailable
        return "value"

    return call


def retrying(sleep: Callable[[float], Awaitable[None]], **options: Any) -> tenacity.AsyncRetrying:
    """A new one per call, with all five given."""
    given: dict[str, Any] = {
        "sleep": sleep,
        "wait": lambda _: 30.0,
        "stop": lambda state: state.attempt_number >= 4,
        "retry": tenacity.retry_if_exception_type(Unavailable),
        "reraise": True,
    }
    return tenacity.AsyncRetrying(**given | options)


def test_retries_step_with_a_sleep_of_ours() -> None:
    """With a lifted sleep the retry loop runs without an event loop."""
    slept: list[float] = []

    async def use() -> str:
        return await retrying(lift(slept.append))(failing(2))

    assert step(use) == "value"
    assert slept == [30.0, 30.0]


def test_the_librarys_own_sleep_cannot_be_stepped() -> None:
    """It waits for a loop even for zero seconds, so the port's sleep is always given."""

    async def use() -> str:
        own = tenacity.AsyncRetrying(retry=tenacity.retry_if_exception_type(Unavailable))
        return await own(failing(1))

    with pytest.raises((WouldSuspend, RuntimeError)):
        step(use)


def test_a_wait_that_is_not_finished_is_not_retried() -> None:
    """The diagnosis passes a predicate that names types."""

    class Unfinished:
        def __await__(self) -> Generator[Unfinished, None, None]:
            yield self

    attempts: list[int] = []

    async def waits() -> None:
        attempts.append(1)
        await Unfinished()

    async def use() -> None:
        await retrying(lift(lambda _: None))(waits)

    with pytest.raises(WouldSuspend):
        step(use)
    assert attempts == [1]


def test_a_deadline_on_the_virtual_clock_stops_retries() -> None:
    """The stop of ours reads the clock port; the library's reads the machine's."""
    world = scheduler.World()
    clock = world.clock

    async def use() -> str:
        stop = lambda state: clock.monotonic() + state.upcoming_sleep > 60  # noqa: E731
        return await retrying(world.runtime.sleep, stop=stop)(failing(10))

    result = world.run({"a": use}, expected=Unavailable)
    assert isinstance(result.errors["a"], Unavailable)
    assert clock.monotonic() == 60


def test_concurrent_calls_each_get_their_value() -> None:
    """Twenty calls that retry at once, each with a retrying object of its own, lose no result."""
    world = scheduler.World(seed=1)

    async def use() -> str:
        return await retrying(world.runtime.sleep)(failing(2))

    assert set(world.run([use] * 20).values.values()) == {"value"}


@pytest.mark.anyio
async def test_concurrent_tasks_each_get_their_value() -> None:
    """The same in the asynchronous shell."""

    async def use() -> str:
        return await retrying(lambda _: asyncio.sleep(0))(failing(2))

    assert set(await asyncio.gather(*(use() for _ in range(20)))) == {"value"}


def test_a_function_and_its_arguments_are_retried_and_not_a_lambda() -> None:
    """A lambda that makes a coroutine gives the coroutine as the result; so the function is passed."""

    async def use() -> object:
        return await retrying(lift(lambda _: None))(failing(0))

    assert step(use) == "value"


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


CORE = [path for path in sorted((PACKAGE / "_core").glob("*.py")) if path.name != "runtimes.py"]


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_the_core_takes_time_chance_and_loop_from_its_ports(path: Path) -> None:
    """Only the runtimes know an event loop, the clock or the random generator."""
    assert not imports(path) & {"asyncio", "anyio", "trio", "time", "random", "secrets"}


@pytest.mark.parametrize("path", sorted((PACKAGE / "testing").glob("*.py")), ids=lambda path: path.name)
def test_the_scheduler_knows_no_event_loop(path: Path) -> None:
    """Nothing in it can wait for real."""
    assert not imports(path) & {"asyncio", "anyio", "trio", "time", "threading"}
