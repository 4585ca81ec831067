"""The stores that the contracts are tried on. A new store joins by one line in each table.

The contracts are written against the synchronous ports; an asynchronous store takes part through an adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pytest
from attrs import frozen

from visma_busy_sync._core.stepper import step
from visma_busy_sync.busy import Order, Period, Work
from visma_busy_sync.ports import (
    AsyncCatalogue,
    AsyncStateStore,
    AsyncWorkLog,
    Catalogue,
    Found,
    StateStore,
    Versioned,
    WorkLog,
    Write,
)
from visma_busy_sync.stores import (
    AsyncMemoryCatalogue,
    AsyncMemoryStateStore,
    AsyncMemoryWorkLog,
    MemoryCatalogue,
    MemoryStateStore,
    MemoryWorkLog,
)
from visma_busy_sync.sync import Change, Kind, Outcome, Record


class SteppedState:
    """An `AsyncStateStore` that never suspends, as a `StateStore`."""

    def __init__(self, port: AsyncStateStore) -> None:
        self._port: Any = port

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        return cast("Mapping[str, Versioned]", step(self._port.read, tenant, keys))

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        return cast("Sequence[Found]", step(self._port.scan, prefix, tenant))

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        return cast("bool", step(self._port.commit, tenant, writes))


class SteppedCatalogue:
    """An `AsyncCatalogue` that never suspends, as a `Catalogue`."""

    def __init__(self, port: AsyncCatalogue) -> None:
        self._port: Any = port

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        return cast("Sequence[Record]", step(self._port.load, tenant, kind))

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        return cast("Sequence[Outcome]", step(self._port.apply, tenant, changes))


class SteppedWork:
    """An `AsyncWorkLog` that never suspends, as a `WorkLog`."""

    def __init__(self, port: AsyncWorkLog) -> None:
        self._port: Any = port

    def work(self, tenant: str, project: str, period: Period) -> Work:
        return cast("Work", step(self._port.work, tenant, project, period))

    def finalised(self, tenant: str) -> Sequence[Order]:
        return cast("Sequence[Order]", step(self._port.finalised, tenant))


@frozen
class Busy:
    """A catalogue with a work log over it, and the store in which a person adds and edits."""

    catalogue: Catalogue
    work: WorkLog
    person: MemoryCatalogue
    hours: MemoryWorkLog


def _memory_busy() -> Busy:
    person = MemoryCatalogue(unique_numbers=True, longest_name=20)
    hours = MemoryWorkLog(person)
    return Busy(person, hours, person, hours)


def _async_memory_busy() -> Busy:
    plain = _memory_busy()
    return Busy(
        SteppedCatalogue(AsyncMemoryCatalogue(plain.person)),
        SteppedWork(AsyncMemoryWorkLog(plain.hours)),
        plain.person,
        plain.hours,
    )


STATES: Mapping[str, Callable[[], StateStore]] = {
    "memory": MemoryStateStore,
    "async-memory": lambda: SteppedState(AsyncMemoryStateStore()),
}
BUSYS: Mapping[str, Callable[[], Busy]] = {
    "memory": _memory_busy,
    "async-memory": _async_memory_busy,
}


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest) -> StateStore:
    return STATES[request.param]()


@pytest.fixture(params=BUSYS)
def busy(request: pytest.FixtureRequest) -> Busy:
    return BUSYS[request.param]()
