"""Where a worker hands control back: points, gates over plain functions, and what ends a worker early."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Generator
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar, final

P = ParamSpec("P")
T = TypeVar("T")


@final
class Crash(BaseException):
    """The worker's process is gone.

    Thrown at the await where the crash was asked for, and again at every later await of the same worker,
    so that no `finally` and no handler reaches the world any more.
    """


@final
class Cancelled(BaseException):
    """The worker is cancelled, once, at the await where it stands.

    It stands for `asyncio.CancelledError` and is like it in what matters: it is no `Exception`, clean-up
    may still await, and a worker that swallows it goes on. It is a class of its own because what runs on
    the scheduler knows no event loop.
    """


class Point:
    """A place where other workers may come first: `await Point("store.read")`.

    A worker at a point can go on at once, unless `until` or `ready` say when. With both, the first of
    them counts.

    Args:
        name: What the trace says when the worker goes on from here.
        until: The virtual clock's `monotonic()` from which the worker can go on.
        ready: Says whether the worker can go on; asked often, so it must be cheap and change nothing.
    """

    def __init__(
        self, name: str, *, until: float | None = None, ready: Callable[[], bool] | None = None
    ) -> None:
        self.name = name
        self.until = until
        self._ready = ready

    def is_ready(self, now: float) -> bool:
        """Tell whether the worker that stands here can go on at `now`."""
        if self._ready is not None and self._ready():
            return True
        if self.until is not None:
            return now >= self.until
        return self._ready is None

    def __await__(self) -> Generator[Point, None, None]:
        yield self


@final
class ToEnd(Point):
    """Asks the scheduler to run `work` beside the worker, which waits here for its end."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self.landing: Future[None] = Future()
        self.landing.set_running_or_notify_cancel()
        super().__init__("work at its end", ready=self.landing.done)
        self.work = work


def gate(fn: Callable[P, T], name: str = "") -> Callable[P, Coroutine[Any, Any, T]]:
    """Make a plain function a port with two points, one before its effect and one after it.

    At the second the effect is done and the reply not here yet: a worker that ends there leaves an effect
    it never heard of. An exception from `fn` comes through at once, because the worker's next await shows
    the same interleavings.

    Args:
        fn: The plain function; its effect happens in one go.
        name: What the trace calls it; by default the function's own name.

    Raises:
        TypeError: When called, if `fn` turns out to be asynchronous.
    """
    # Never the repr: it may hold an address, and traces of the same schedule must be equal.
    label = name or getattr(fn, "__qualname__", type(fn).__name__).rpartition("<locals>.")[2]

    @functools.wraps(fn)
    async def gated(*args: P.args, **kwargs: P.kwargs) -> T:
        await Point(label)
        result = fn(*args, **kwargs)
        if inspect.isawaitable(result):
            if inspect.iscoroutine(result):
                result.close()
            message = f"{label} is asynchronous; put the gate around the plain function that has the effect"
            raise TypeError(message)
        await Point(f"{label}: reply")
        return result

    return gated
