"""What every check stands on, whichever port it is of.

Checks are written once, as coroutines. Beside a synchronous port they are stepped and their workers are
threads; beside an asynchronous one they are awaited and their workers are tasks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar, TypeVar

from visma_busy_sync.testing._kit.harness import AwaitedHarness, BlockingHarness
from visma_busy_sync.testing._kit.promises import Promise, PromiseBroken, require
from visma_busy_sync.testing._kit.shells import Worker, shell_of

T = TypeVar("T")

_MOST_SHOWN = 200


def shown(text: object) -> str:
    """Return a text short enough for a message: an error of a database may repeat the whole statement."""
    whole = str(text)
    return whole if len(whole) <= _MOST_SHOWN else f"{whole[:_MOST_SHOWN]}... ({len(whole):,} characters)"


def raised(error: Exception) -> str:
    """Say which error it was, and its text."""
    return f"raised {type(error).__name__}: {shown(error)}".rstrip(": ")


def named_type(value: object) -> str:
    """Return the name of a value's type for a message."""
    return "None" if value is None else type(value).__name__


async def heard(method: str, answer: Awaitable[T], error_breaks: Promise) -> T:
    """Await an answer of a port; an error of it breaks a promise."""
    try:
        return await answer
    except Exception as error:  # a port may raise anything; the promise is what counts
        raise PromiseBroken(error_breaks, f"{method}() {raised(error)}") from error


class Stage(ABC):
    """One check's stage over fresh data."""

    harnesses: ClassVar[tuple[type[BlockingHarness | AwaitedHarness], ...]]
    """On which harnesses it stands: the synchronous and the asynchronous one of its port."""

    hanging_breaks: ClassVar[Promise]
    """What is broken where workers wait for each other."""

    def __init__(self, harness: Any, promise: Promise) -> None:
        self.promise = promise
        self._shell = shell_of(harness)
        self._renew()

    @abstractmethod
    async def probe(self) -> None:
        """Require what every check stands on, so that a failure names the promise that is broken first."""

    @abstractmethod
    def _renew(self) -> None:
        """Make the first instance of the port over the data."""

    def ambient(self) -> AbstractAsyncContextManager[object]:
        """Begin the host's own transaction, and roll it back at the end."""
        return self._shell.ambient()

    async def together(self, *workers: Worker[T]) -> list[T]:
        """Run workers at the same time, and raise the first error when all have ended."""
        return await self._shell.together(*workers, hanging_breaks=self.hanging_breaks)

    async def pause(self) -> None:
        """Let other workers go first."""
        await self._shell.pause()

    async def aside(self, work: Callable[[], T]) -> T:
        """Call what may wait for a lock that another worker holds."""
        return await self._shell.aside(work)

    async def reopen(self) -> None:
        """Close the data and open it anew, with a new instance over it."""
        await self._shell.reopen()
        self._renew()

    def require(self, ok: bool, seen: str) -> None:
        """Raise `PromiseBroken` for the promise of this check unless `ok`."""
        __tracebackhide__ = True
        require(ok, self.promise, seen)
