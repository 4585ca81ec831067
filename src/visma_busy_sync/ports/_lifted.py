"""The ports as a shell hands them to the core; both type checkers catch drift between the twins.

`Lifted` ones are a synchronous host's, as coroutines that are finished when they are made. `Awaited` ones
are an asynchronous host's as they are, but a method that turns out to be synchronous is told by name.
A mistaken kind of port, or one that lacks a method, is a mistake of the program, so it raises `TypeError`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, ParamSpec, TypeAlias, TypeVar

from visma_busy_sync._core.bound import ProcessBound
from visma_busy_sync._core.stepper import lift
from visma_busy_sync.busy import Order, Period, Work
from visma_busy_sync.ports._awaitable import AsyncCatalogue, AsyncStateStore, AsyncWorkLog
from visma_busy_sync.ports._blocking import Catalogue, StateStore, WorkLog
from visma_busy_sync.ports._values import Found, Versioned, Write
from visma_busy_sync.sync._records import Change, Kind, Outcome, Record

P = ParamSpec("P")
T = TypeVar("T")

_Given: TypeAlias = Coroutine[Any, Any, T]


def _complete(name: str, port: object, protocol: type) -> None:
    """Require every method of the protocol, and name those that are missing."""
    if isinstance(port, type):
        message = f"the port {name} is the class {port.__name__} itself: give it an instance"
        raise TypeError(message)
    methods = [method for method in vars(protocol) if not method.startswith("_")]
    missing = [method for method in methods if not callable(getattr(port, method, None))]
    if missing:
        message = (
            f"the port {name}, {type(port).__name__}, has no method {' and no '.join(missing)}: "
            f"write it as {protocol.__name__} says"
        )
        raise TypeError(message)


def _blocking(name: str, port: object, fn: Callable[P, T]) -> Callable[P, _Given[T]]:
    if inspect.iscoroutinefunction(fn):
        message = (
            f"the port {name}, {type(port).__name__}, is asynchronous ({fn.__name__} is a coroutine "
            "function): use AsyncBusySync, or give it a synchronous port"
        )
        raise TypeError(message)
    return lift(fn)


def _awaited(name: str, port: object, fn: Callable[P, Awaitable[T]]) -> Callable[P, _Given[T]]:
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


class _Catalogue(ProcessBound):
    _load: Callable[[str, Kind], _Given[Sequence[Record]]]
    _apply: Callable[[str, Sequence[Change]], _Given[Sequence[Outcome]]]

    async def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        """Return every record of a kind."""
        return await self._load(tenant, kind)

    async def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Make changes and return one outcome for each."""
        return await self._apply(tenant, changes)


class _WorkLog(ProcessBound):
    _work: Callable[[str, str, Period], _Given[Work]]
    _finalised: Callable[[str], _Given[Sequence[Order]]]

    async def work(self, tenant: str, project: str, period: Period) -> Work:
        """Return the work on a project within a period."""
        return await self._work(tenant, project, period)

    async def finalised(self, tenant: str) -> Sequence[Order]:
        """Return the orders that are finalised."""
        return await self._finalised(tenant)


class _StateStore(ProcessBound):
    _read: Callable[[str, Sequence[str]], _Given[Mapping[str, Versioned]]]
    _scan: Callable[[str, str | None], _Given[Sequence[Found]]]
    _commit: Callable[[str, Sequence[Write]], _Given[bool]]

    async def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        """Return those of the documents that exist, by key."""
        return await self._read(tenant, keys)

    async def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        """Return the documents whose key begins with `prefix`."""
        return await self._scan(prefix, tenant)

    async def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        """Make all writes, or none."""
        return await self._commit(tenant, writes)


class LiftedCatalogue(_Catalogue):
    """A `Catalogue` as an `AsyncCatalogue` whose awaitables are already finished."""

    def __init__(self, port: Catalogue) -> None:
        _complete("catalogue", port, Catalogue)
        self._load = _blocking("catalogue", port, port.load)
        self._apply = _blocking("catalogue", port, port.apply)


class LiftedWorkLog(_WorkLog):
    """A `WorkLog` as an `AsyncWorkLog` whose awaitables are already finished."""

    def __init__(self, port: WorkLog) -> None:
        _complete("work", port, WorkLog)
        self._work = _blocking("work", port, port.work)
        self._finalised = _blocking("work", port, port.finalised)


class LiftedStateStore(_StateStore):
    """A `StateStore` as an `AsyncStateStore` whose awaitables are already finished."""

    def __init__(self, port: StateStore) -> None:
        _complete("state", port, StateStore)
        self._read = _blocking("state", port, port.read)
        self._scan = _blocking("state", port, port.scan)
        self._commit = _blocking("state", port, port.commit)


class AwaitedCatalogue(_Catalogue):
    """An `AsyncCatalogue` that says so where a method of it is synchronous."""

    def __init__(self, port: AsyncCatalogue) -> None:
        _complete("catalogue", port, AsyncCatalogue)
        self._load = _awaited("catalogue", port, port.load)
        self._apply = _awaited("catalogue", port, port.apply)


class AwaitedWorkLog(_WorkLog):
    """An `AsyncWorkLog` that says so where a method of it is synchronous."""

    def __init__(self, port: AsyncWorkLog) -> None:
        _complete("work", port, AsyncWorkLog)
        self._work = _awaited("work", port, port.work)
        self._finalised = _awaited("work", port, port.finalised)


class AwaitedStateStore(_StateStore):
    """An `AsyncStateStore` that says so where a method of it is synchronous."""

    def __init__(self, port: AsyncStateStore) -> None:
        _complete("state", port, AsyncStateStore)
        self._read = _awaited("state", port, port.read)
        self._scan = _awaited("state", port, port.scan)
        self._commit = _awaited("state", port, port.commit)
