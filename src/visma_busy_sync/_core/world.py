"""The world outside as protocols: time, chance, waiting.

Nothing above this package reads a clock, draws a random number or sleeps by itself. It asks a `Clock`
or a `Runtime`, so that tests run on a virtual clock, interleave workers at every `await`, and replay by
seed. The methods that wait are declared `def ... -> Awaitable`: both `async def` and lifted functions
satisfy that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from datetime import datetime
from typing import Any, Protocol


class Clock(Protocol):
    """The time of day and the passing of time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back, for measuring how long something took."""
        ...


class Runtime(Protocol):
    """What a shell does differently from the other one, and what must be random."""

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Wait for `seconds`, at least 0."""
        ...

    def random(self) -> float:
        """Return a number from 0 up to but not including 1; not for secrets."""
        ...

    def token(self) -> str:
        """Return a new unguessable text of 43 URL-safe characters (256 bits)."""
        ...

    def to_end(self, work: Callable[[], Awaitable[None]]) -> Awaitable[None]:
        """Run `work` to its end even if the caller is cancelled meanwhile."""
        ...

    def wait(self, future: Future[Any]) -> Awaitable[None]:
        """Wait until `future` is done; whatever it holds, nothing is raised for it.

        Raises:
            TimeoutError: If it is not done within the runtime's patience.
        """
        ...


class Limiter(Protocol):
    """A budget of calls per key and minute."""

    def acquire(self, key: str) -> Awaitable[None]:
        """Wait until one more call under `key` is within the budget, and take it.

        Raises:
            TimeoutError: If it cannot be had within the limiter's patience.
        """
        ...
