"""The ports as a shell hands them to the core; both type checkers catch drift between the twins.

`Lifted` ones are a synchronous host's, as coroutines that are finished when they are made. `Awaited` ones
are an asynchronous host's as they are, but a method that turns out to be synchronous is told by name.
A mistaken kind of port is a mistake of the program, so it raises `TypeError`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from visma_busy_sync._core.stepper import lift
from visma_busy_sync.ports._awaitable import AsyncCatalogue, AsyncStateStore, AsyncWorkLog
from visma_busy_sync.ports._blocking import Catalogue, StateStore, WorkLog

P = ParamSpec("P")
T = TypeVar("T")


def _blocking(name: str, port: object, fn: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    if inspect.iscoroutinefunction(fn):
        message = (
            f"the port {name}, {type(port).__name__}, is asynchronous ({fn.__name__} is a coroutine "
            "function): use AsyncBusySync, or give it a synchronous port"
        )
        raise TypeError(message)
    return lift(fn)


def _awaited(name: str, port: object, fn: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    @functools.wraps(fn)
    async def awaited(*args: P.args, **kwargs: P.kwargs) -> T:
        answer = fn(*args, **kwargs)
        given: object = answer  # whatever its type promises
        if not inspect.isawaitable(given):
            method = getattr(fn, "__name__", "it")
            message = (
                f"the port {name}, {type(port).__name__}, is synchronous ({method} returns no awaitable): "
                "use BusySync, or give it an asynchronous port"
            )
            raise TypeError(message)
        return await answer

    return awaited


class LiftedCatalogue:
    """A `Catalogue` as an `AsyncCatalogue` whose awaitables are already finished."""

    def __init__(self, port: Catalogue) -> None:
        self.load = _blocking("catalogue", port, port.load)
        self.apply = _blocking("catalogue", port, port.apply)


class LiftedWorkLog:
    """A `WorkLog` as an `AsyncWorkLog` whose awaitables are already finished."""

    def __init__(self, port: WorkLog) -> None:
        self.work = _blocking("work", port, port.work)
        self.finalised = _blocking("work", port, port.finalised)


class LiftedStateStore:
    """A `StateStore` as an `AsyncStateStore` whose awaitables are already finished."""

    def __init__(self, port: StateStore) -> None:
        self.read = _blocking("state", port, port.read)
        self.scan = _blocking("state", port, port.scan)
        self.commit = _blocking("state", port, port.commit)


class AwaitedCatalogue:
    """An `AsyncCatalogue` that says so where a method of it is synchronous."""

    def __init__(self, port: AsyncCatalogue) -> None:
        self.load = _awaited("catalogue", port, port.load)
        self.apply = _awaited("catalogue", port, port.apply)


class AwaitedWorkLog:
    """An `AsyncWorkLog` that says so where a method of it is synchronous."""

    def __init__(self, port: AsyncWorkLog) -> None:
        self.work = _awaited("work", port, port.work)
        self.finalised = _awaited("work", port, port.finalised)


class AwaitedStateStore:
    """An `AsyncStateStore` that says so where a method of it is synchronous."""

    def __init__(self, port: AsyncStateStore) -> None:
        self.read = _awaited("state", port, port.read)
        self.scan = _awaited("state", port, port.scan)
        self.commit = _awaited("state", port, port.commit)
