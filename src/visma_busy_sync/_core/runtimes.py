"""The two runtimes of the box: blocking calls, and asyncio.

Only shells import this module. The core gets a runtime handed in.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any, TypeVar, final

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.forks import tell_of_forks

T = TypeVar("T")

# Longer than the slowest token call may take; a follower that waits longer meets a leader that hangs.
PATIENCE_SECONDS = 120.0


@final
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()


class _Chance:
    def random(self) -> float:
        """Return a number from 0 up to but not including 1; not for secrets."""
        return random.random()  # noqa: S311 - spreads retries, hides nothing

    def token(self) -> str:
        """Return a new unguessable text of 43 URL-safe characters."""
        made = "-"
        while made.startswith("-"):  # an order's id is one, and a command line would take it for an option
            made = secrets.token_urlsafe(32)
        return made


def _hangs(patience: float) -> TimeoutError:
    return TimeoutError(
        f"waited {patience:g} seconds for a caller that does the same work already. It hangs, or it waits "
        "for this one: work that is done once for all callers must not ask for itself."
    )


@final
class BlockingRuntime(_Chance):
    """The runtime of the synchronous shell: every method is finished when it returns.

    Args:
        patience: Seconds after which `wait` gives up.
    """

    def __init__(self, *, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience

    async def sleep(self, seconds: float) -> None:
        """Block the thread for `seconds`."""
        time.sleep(seconds)  # noqa: ASYNC251 - this runtime is stepped, it never runs in a loop

    async def to_end(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work`; a blocking caller cannot be cancelled in between."""
        await work()

    async def within(self, seconds: float, work: Callable[[], Awaitable[T]]) -> T:  # noqa: ARG002
        """Run `work` to its end: whatever blocks in there has to keep the time itself."""
        return await work()

    async def wait(self, future: Future[Any]) -> None:
        """Block until `future` is done."""
        if not concurrent.futures.wait([future], timeout=self._patience).done:
            raise _hangs(self._patience)


@final
class OneLoop:
    """Remembers the event loop in which something was used first, where it is of use in that one only."""

    def __init__(self) -> None:
        self.forked()
        tell_of_forks(self)

    def forked(self) -> None:
        """Begin anew: the parent's loop does not run here."""
        self._loop: asyncio.AbstractEventLoop | None = None

    def require(self) -> None:
        """Require that loop.

        Raises:
            ConfigurationError: If another one runs.
        """
        running = asyncio.get_running_loop()
        self._loop = self._loop or running
        if running is not self._loop:
            raise ConfigurationError(
                "The HTTP client was used in another event loop before, and its connections belong to that "
                "one.",
                advice="Make one AsyncBusySync or AsyncEAccounting for each event loop, and close it there. "
                "Where each call has a loop of its own, as with asyncio.run, use BusySync or EAccounting.",
            )


@final
class AsyncioRuntime(_Chance):
    """The runtime of the asynchronous shell, for asyncio.

    Args:
        patience: Seconds after which `wait` gives up.
    """

    def __init__(self, *, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._running: set[asyncio.Task[None]] = set()

    async def sleep(self, seconds: float) -> None:
        """Let other tasks run for `seconds`."""
        await asyncio.sleep(seconds)

    async def to_end(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` in a task that outlives the caller's cancellation."""

        async def run() -> None:
            await work()

        task = asyncio.ensure_future(run())
        self._running.add(task)  # the loop keeps only a weak reference
        task.add_done_callback(self._running.discard)
        await asyncio.shield(task)

    async def at_rest(self) -> None:
        """Wait until all work that goes on after its caller was cancelled has ended."""
        while mine := [task for task in self._running if task.get_loop() is asyncio.get_running_loop()]:
            await asyncio.wait(mine)

    async def within(self, seconds: float, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work`, and cancel it after `seconds`."""
        async with asyncio.timeout(seconds):
            return await work()

    async def wait(self, future: Future[Any]) -> None:
        """Let other tasks run until `future` is done."""
        # Not wrap_future: it carries cancellation back to `future`, and reports what nobody retrieved.
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def wake(_: Future[Any]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits there any more
                loop.call_soon_threadsafe(done.set)

        future.add_done_callback(wake)
        try:
            async with asyncio.timeout(self._patience):
                await done.wait()
        except TimeoutError:
            raise _hangs(self._patience) from None
