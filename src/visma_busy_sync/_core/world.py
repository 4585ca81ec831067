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
from typing import Any, Protocol, TypeVar

from attrs import frozen

T = TypeVar("T")


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

    def within(self, seconds: float, work: Callable[[], Awaitable[T]]) -> Awaitable[T]:
        """Run `work`, and give it up after `seconds` where that is possible; a blocked thread cannot be.

        Raises:
            TimeoutError: If it was given up.
        """
        ...

    def wait(self, future: Future[Any]) -> Awaitable[None]:
        """Wait until `future` is done; whatever it holds, nothing is raised for it.

        Raises:
            TimeoutError: If it is not done within the runtime's patience.
        """
        ...


@frozen
class Permit:
    """Leave to make one call now.

    Attributes:
        key: Whose budget it was taken from.
        until: Where the limiter believes the call to leave the budget, in the limiter's own time.
    """

    key: str
    until: float


class NoRoom(TimeoutError):
    """A call cannot be had from a budget within its patience.

    Attributes:
        seconds: After how many whole seconds, from 1, there is room as far as is known now.
    """

    def __init__(self, milliseconds: int) -> None:
        self.seconds = max(1, -(-milliseconds // 1000))
        super().__init__("there is no room in the budget of calls for longer than this call may wait")


class Limiter(Protocol):
    """A budget of calls per key and window of time.

    Whoever came first is served first, and one who waits can be cancelled. A call counts from the moment
    at which the server may have seen it last, so that the server never counts more than the budget.
    """

    def acquire(self, key: str, *, patience: float) -> Awaitable[Permit]:
        """Wait until one more call under `key` is within the budget, and take it.

        Args:
            key: Which budget, such as a path template.
            patience: Seconds that it may take, at least 0.

        Raises:
            TimeoutError: If it cannot be had within the patience; then at once, as soon as that is known. A
                `NoRoom` says when there will be room.
        """
        ...

    def release(self, permit: Permit) -> Awaitable[None]:
        """Say that the call has ended, however it did: it counts from now."""
        ...

    def hold_off(self, key: str, *, seconds: float) -> Awaitable[None]:
        """Let nobody call under `key` for `seconds`: the server asked for it."""
        ...
