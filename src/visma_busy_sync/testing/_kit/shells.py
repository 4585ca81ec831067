"""The two shells in which a check runs: stepped with threads beside it, or awaited with tasks."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import TracebackType
from typing import Any, TypeAlias, TypeVar, cast, final

from visma_busy_sync._core.stepper import step
from visma_busy_sync.testing._kit.harness import AwaitedHarness, BlockingHarness
from visma_busy_sync.testing._kit.promises import Promise, PromiseBroken

T = TypeVar("T")

Worker: TypeAlias = Callable[[], Coroutine[Any, Any, T]]

# Far more than the slowest database needs for one check; who takes longer waits for a lock.
HANG_SECONDS = 120.0
# Threads change places this often while workers run, so that a gap between read and write is met.
_SWITCH_SECONDS = 1e-5
_PAUSE_SECONDS = 1e-3


class Shell(ABC):
    """How a check waits, and how its workers run at the same time."""

    @abstractmethod
    def ambient(self) -> AbstractAsyncContextManager[object]:
        """Begin the host's own transaction, and roll it back at the end."""

    @abstractmethod
    async def together(self, *workers: Worker[T], hanging_breaks: Promise) -> list[T]:
        """Run workers at the same time, and raise the first error when all have ended."""

    @abstractmethod
    async def pause(self) -> None:
        """Let other workers go first."""

    @abstractmethod
    async def aside(self, work: Callable[[], T]) -> T:
        """Call what may wait for a lock that another worker holds."""

    @abstractmethod
    async def reopen(self) -> None:
        """Close the data and open it anew."""


@final
class _Entered(AbstractAsyncContextManager[object]):
    """A synchronous context manager for `async with`."""

    def __init__(self, inner: AbstractContextManager[object]) -> None:
        self._inner = inner

    async def __aenter__(self) -> object:
        return self._inner.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._inner.__exit__(kind, error, trace)


def _hangs(promise: Promise) -> PromiseBroken:
    seen = f"workers at the same time have not ended after {HANG_SECONDS:g} seconds: they wait for each other"
    return PromiseBroken(promise, seen)


@final
class Threads(Shell):
    """The shell of a synchronous host: a check is stepped, and its workers are threads."""

    def __init__(self, harness: BlockingHarness) -> None:
        self._harness = harness

    def ambient(self) -> AbstractAsyncContextManager[object]:
        """Begin the host's own transaction, and roll it back at the end."""
        return _Entered(self._harness.ambient())

    async def together(self, *workers: Worker[T], hanging_breaks: Promise) -> list[T]:
        """Run each worker in a thread of its own."""
        start = threading.Barrier(len(workers))
        results: list[T | BaseException | None] = [None] * len(workers)

        def run(at: int) -> None:
            try:
                start.wait(HANG_SECONDS)
                results[at] = step(workers[at])
            except BaseException as error:  # noqa: BLE001 - raised anew by the one who waits
                results[at] = error

        # Daemons: one that waits for a lock for ever does not keep the process.
        threads = [threading.Thread(target=run, args=(at,), daemon=True) for at in range(len(workers))]
        before = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_SECONDS)
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(HANG_SECONDS)
        finally:
            sys.setswitchinterval(before)
        if any(thread.is_alive() for thread in threads):
            raise _hangs(hanging_breaks)
        return _results(results)

    async def pause(self) -> None:
        """Let other threads go first, those too that ask again and again for a lock."""
        time.sleep(_PAUSE_SECONDS)  # noqa: ASYNC251 - this shell is stepped, it never runs in a loop

    async def aside(self, work: Callable[[], T]) -> T:
        """Call it: the others are threads of their own."""
        return work()

    async def reopen(self) -> None:
        """Close the data and open it anew."""
        self._harness.reopen()


@final
class Tasks(Shell):
    """The shell of an asynchronous host: a check is awaited, and its workers are tasks."""

    def __init__(self, harness: AwaitedHarness) -> None:
        self._harness = harness

    def ambient(self) -> AbstractAsyncContextManager[object]:
        """Begin the host's own transaction, and roll it back at the end."""
        return self._harness.ambient()

    async def together(self, *workers: Worker[T], hanging_breaks: Promise) -> list[T]:
        """Run each worker in a task of its own."""
        tasks = [asyncio.ensure_future(worker()) for worker in workers]
        try:
            async with asyncio.timeout(HANG_SECONDS):
                return _results(await asyncio.gather(*tasks, return_exceptions=True))
        except TimeoutError:
            raise _hangs(hanging_breaks) from None

    async def pause(self) -> None:
        """Let other tasks go first."""
        await asyncio.sleep(0)

    async def aside(self, work: Callable[[], T]) -> T:
        """Call it in a thread: in the loop it would keep the holder of the lock from going on."""
        return await asyncio.to_thread(work)

    async def reopen(self) -> None:
        """Close the data and open it anew."""
        await self._harness.reopen()


def shell_of(harness: BlockingHarness | AwaitedHarness) -> Shell:
    """Return the shell that a harness is for."""
    return Tasks(harness) if isinstance(harness, AwaitedHarness) else Threads(harness)


def _results(results: Sequence[T | BaseException | None]) -> list[T]:
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return cast("list[T]", list(results))
