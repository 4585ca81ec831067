"""Virtual time and repeatable chance: the `Clock` and the `Runtime` of the deterministic scheduler."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, final

from visma_busy_sync.testing._points import Point, ToEnd

T = TypeVar("T")


@final
class VirtualClock:
    """A `Clock` that stands still until it is moved."""

    def __init__(self, start: datetime = datetime(2025, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Return the virtual seconds since the start."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Let `seconds`, at least 0, go by."""
        self._elapsed += max(0.0, seconds)

    def advance_to(self, moment: float) -> None:
        """Let time go by until `monotonic()` is `moment`; a moment in the past changes nothing."""
        self._elapsed = max(self._elapsed, moment)


@final
class VirtualRuntime:
    """A `Runtime` whose every wait is a point of the scheduler, and whose chance repeats.

    Args:
        clock: The clock of the same world.
        seed: Of `random()`. The schedule has a chance of its own.
        patience: Virtual seconds after which `wait` gives up; None: never, so that a flight which never
            lands shows as a deadlock that names who waits.
    """

    def __init__(self, clock: VirtualClock, *, seed: int = 0, patience: float | None = None) -> None:
        self._clock = clock
        self._chance = random.Random(seed)  # noqa: S311 - must repeat
        self._tokens = 0
        self.patience = patience

    async def sleep(self, seconds: float) -> None:
        """Wait until the virtual clock has moved on by `seconds`."""
        await Point(f"sleep {seconds:g}", until=self._clock.monotonic() + max(0.0, seconds))

    def random(self) -> float:
        """Return the next number of the seed, from 0 up to but not including 1."""
        return self._chance.random()

    def token(self) -> str:
        """Return the next text of 43 URL-safe characters, a new one each time and easily guessed."""
        self._tokens += 1
        return f"token-{self._tokens:037d}"

    async def to_end(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` as a helper of the worker: cancelling the worker spares it, a crash ends both."""
        point = ToEnd(work)
        await point
        point.landing.result()

    async def within(self, seconds: float, work: Callable[[], Awaitable[T]]) -> T:  # noqa: ARG002
        """Run `work` to its end: time goes by in sleeps only, and what is run here does not sleep."""
        return await work()

    async def wait(self, future: Future[Any]) -> None:
        """Wait until `future` is done.

        Raises:
            TimeoutError: If it is not done within the patience, where there is one.
        """
        until = None if self.patience is None else self._clock.monotonic() + self.patience
        await Point("future done", until=until, ready=future.done)
        if not future.done():
            message = f"not done within {self.patience:g} virtual seconds"
            raise TimeoutError(message)
