"""One core, two shells: run a coroutine without an event loop, and make a plain function awaitable.

Client and use cases are written once, as `async def` over ports. The asynchronous shell awaits them in
the host's loop. The synchronous shell hands in *lifted* ports, whose awaitables are already finished
when they are made, and steps the coroutine once: it runs to its end without ever suspending.

A coroutine that does suspend has met a port that was not lifted. Then `WouldSuspend` is thrown into it,
so that the traceback ends at the guilty `await`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

# How many awaits of a coroutine's clean-up are told that they cannot suspend.
_CLEAN_UP_LIMIT = 100


class WouldSuspend(BaseException):
    """A synchronous call reached an awaitable that is not finished.

    Not an `Exception`: no handler and no retry may swallow it.
    """


def step(fn: Callable[P, Coroutine[Any, Any, T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `fn(*args, **kwargs)` to its end without an event loop and return its result.

    It takes the function, not the coroutine, because a coroutine can be stepped only once.

    Raises:
        WouldSuspend: If the coroutine waits for something that is not finished.
    """
    coro = fn(*args, **kwargs)
    try:
        waiting = coro.send(None)
    except StopIteration as stop:
        return cast("T", stop.value)
    what = "await that suspends" if waiting is None else type(waiting).__name__
    error = WouldSuspend(
        f"the synchronous client reached an unfinished {what}; "
        "use the asynchronous client for asynchronous ports"
    )
    for _ in range(_CLEAN_UP_LIMIT):
        try:
            coro.throw(error)  # the traceback then ends at the guilty await
        except StopIteration:
            break
        # Its clean-up suspends too. Left there it would meet GeneratorExit and hide the cause.
    raise error  # only if the coroutine swallowed it


def lift(fn: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make a plain function into a coroutine function whose coroutines never suspend.

    Raises:
        TypeError: When called, if `fn` turns out to be asynchronous; nothing is awaited then.
    """

    @functools.wraps(fn)
    async def lifted(*args: P.args, **kwargs: P.kwargs) -> T:
        value = fn(*args, **kwargs)
        if inspect.isawaitable(value) or inspect.isasyncgen(value):
            if inspect.iscoroutine(value):
                value.close()
            name = getattr(fn, "__qualname__", repr(fn))
            message = f"{name} is asynchronous: use the asynchronous client (AsyncBusySync, AsyncEAccounting)"
            raise TypeError(message)
        return value

    return lifted
