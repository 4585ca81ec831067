# pyright: reportUnnecessaryTypeIgnoreComment=true
"""What the type checkers must know about one core and its two shells.

Not run: mypy and basedpyright read it. Each line with an ignore is a mistake that both must report. Both
honour the comment, and for both an ignore that is not needed is an error.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Generic, Protocol, TypeVar, assert_type, final

from visma_busy_sync._core.flight import Flight
from visma_busy_sync._core.runtimes import AsyncioRuntime, BlockingRuntime, SystemClock
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.stepper import lift, step
from visma_busy_sync._core.world import Clock, Limiter, Permit, Runtime
from visma_busy_sync.testing import scheduler

T = TypeVar("T")


class Customer:
    """A record."""


class Page(Generic[T]):
    """Some records."""

    def rows(self) -> list[T]:
        """Return them."""
        return []


# One core ...


class Operation(Generic[T]):
    """A call as a value."""


async def execute(operation: Operation[T], limiter: Limiter) -> T:
    """Run an operation."""
    await limiter.acquire("key", patience=1.0)
    raise LookupError(operation)


# ... and its two facades, written by hand.


@final
class Resource(Generic[T]):
    """The synchronous facade."""

    def __init__(self, one: Operation[T], some: Operation[Page[T]], limiter: Limiter) -> None:
        self._one, self._some, self._limiter = one, some, limiter

    def get(self, id: str) -> T:
        """Fetch one by id."""
        return step(execute, self._one, self._limiter)

    def list(self, *, page: int = 1) -> Page[T]:
        """Fetch a page."""
        return step(execute, self._some, self._limiter)


@final
class AsyncResource(Generic[T]):
    """The asynchronous facade."""

    def __init__(self, one: Operation[T], some: Operation[Page[T]], limiter: Limiter) -> None:
        self._one, self._some, self._limiter = one, some, limiter

    async def get(self, id: str) -> T:
        """Fetch one by id."""
        return await execute(self._one, self._limiter)

    async def list(self, *, page: int = 1) -> Page[T]:
        """Fetch a page."""
        return await execute(self._some, self._limiter)


def synchronous(customers: Resource[Customer]) -> None:
    """The synchronous facade gives values."""
    assert_type(customers.get("1"), Customer)
    assert_type(customers.list(page=2), Page[Customer])
    assert_type(customers.list().rows(), list[Customer])
    customers.get(1)  # type: ignore[arg-type]
    customers.list(2)  # type: ignore[call-arg]


async def asynchronous(customers: AsyncResource[Customer]) -> None:
    """The asynchronous facade gives awaitables of the same values."""
    assert_type(await customers.get("1"), Customer)
    assert_type(await customers.list(page=2), Page[Customer])
    (await customers.list()).rows()
    customers.list().rows()  # type: ignore[attr-defined]


# Stepping keeps parameters and result.


async def add(a: int, *, b: int = 0) -> int:
    """Add."""
    return a + b


def plain(a: int) -> int:
    """Do nothing."""
    return a


assert_type(step(add, 1, b=2), int)
step(add, "1")  # type: ignore[arg-type]
step(add, 1, c=2)  # type: ignore[call-arg]
step(add(1))  # type: ignore[arg-type]
step(plain, 1)  # type: ignore[arg-type]

# So do lifting and gating.

assert_type(step(lift(plain), 1), int)
assert_type(step(scheduler.gate(plain), 1), int)
_ = lift(plain)("1")  # type: ignore[arg-type]


# Ports: the core sees `def ... -> Awaitable`.


class StoreSync(Protocol):
    """A host's synchronous store."""

    def read(self, key: str) -> bytes | None:
        """Read."""
        ...

    def commit(self, key: str, version: int, value: bytes) -> bool:
        """Write if the version is still that."""
        ...


class Store(Protocol):
    """The store of the core, and of an asynchronous host."""

    def read(self, key: str) -> Awaitable[bytes | None]:
        """Read."""
        ...

    def commit(self, key: str, version: int, value: bytes) -> Awaitable[bool]:
        """Write if the version is still that."""
        ...


class LiftedStore:
    """One line per method."""

    def __init__(self, port: StoreSync) -> None:
        self.read = lift(port.read)
        self.commit = lift(port.commit)


class GatedStore:
    """The same for the scheduler."""

    def __init__(self, port: StoreSync) -> None:
        self.read = scheduler.gate(port.read)
        self.commit = scheduler.gate(port.commit)


class AsyncMemory:
    """An asynchronous host's store, with `async def`."""

    async def read(self, key: str) -> bytes | None:
        """Read."""
        return None

    async def commit(self, key: str, version: int, value: bytes) -> bool:
        """Write."""
        return True


class Memory:
    """A synchronous host's store."""

    def read(self, key: str) -> bytes | None:
        """Read."""
        return None

    def commit(self, key: str, version: int, value: bytes) -> bool:
        """Write."""
        return True


class Forgetful:
    """A port without one of the methods."""

    def read(self, key: str) -> bytes | None:
        """Read."""
        return None


class Drifted:
    """A port with another result."""

    def read(self, key: str) -> str:
        """Read."""
        return key

    def commit(self, key: str, version: int, value: bytes) -> bool:
        """Write."""
        return True


def use(store: Store) -> None:
    """Stand for a use case."""


use(LiftedStore(Memory()))
use(GatedStore(Memory()))
use(AsyncMemory())
use(Memory())  # type: ignore[arg-type]
LiftedStore(AsyncMemory())  # type: ignore[arg-type]
LiftedStore(Forgetful())  # type: ignore[arg-type]
LiftedStore(Drifted())  # type: ignore[arg-type]


class LimiterSync(Protocol):
    """A host's synchronous limiter."""

    def acquire(self, key: str, *, patience: float) -> Permit:
        """Wait."""
        ...

    def release(self, permit: Permit) -> None:
        """Note the end."""
        ...

    def hold_off(self, key: str, *, seconds: float) -> None:
        """Wait."""
        ...


class LiftedLimiter:
    """The adapter of a port of the box."""

    def __init__(self, port: LimiterSync) -> None:
        self.acquire = lift(port.acquire)
        self.release = lift(port.release)
        self.hold_off = lift(port.hold_off)


class DriftedLimiter:
    """An adapter that lifts the wrong method."""

    def __init__(self, port: StoreSync) -> None:
        self.acquire = lift(port.commit)


def limit(limiter: Limiter) -> Awaitable[Permit]:
    """Stand for the core."""
    return limiter.acquire("key", patience=1.0)


def limiters(port: LimiterSync, store: StoreSync) -> None:
    """An adapter is checked against the port."""
    limit(LiftedLimiter(port))
    limit(DriftedLimiter(store))  # type: ignore[arg-type]
    limit(port)  # type: ignore[arg-type]


# The runtimes and clocks of the box, real and virtual, are what the core asks for.

runtimes: list[Runtime] = [BlockingRuntime(), AsyncioRuntime(), scheduler.World().runtime]
clocks: list[Clock] = [SystemClock(), scheduler.World().clock]


async def flights(flight: Flight[Secret], work: Callable[[], Awaitable[Secret]]) -> None:
    """A flight gives what its work gives."""
    assert_type(await flight.do("key", work), Secret)
    assert_type(step(flight.do, "key", work), Secret)
    await flight.do("key", lambda: add(1))  # type: ignore[arg-type, return-value]


def results(worker: Callable[[], Coroutine[Any, Any, int]], future: Future[int]) -> None:
    """The scheduler's results have the type of its workers."""
    assert_type(scheduler.run([worker]).values["w1"], int)
    assert_type(scheduler.run({"a": worker}), scheduler.Result[int])
    scheduler.run([future.result])  # type: ignore[arg-type]
