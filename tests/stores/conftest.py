"""The stores that the contracts are tried on. A new store joins by one line in each table.

The contracts are written against the synchronous ports; an asynchronous store takes part through an adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, Protocol, cast

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from attrs import frozen

from visma_busy_sync._core.stepper import step
from visma_busy_sync.busy import (
    Expense,
    Member,
    Order,
    Period,
    Prices,
    Task,
    TimeEntry,
    Work,
    WorkSettings,
    WorkType,
)
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
from visma_busy_sync.stores.sql import (
    AsyncSqlCatalogue,
    AsyncSqlStateStore,
    AsyncSqlWorkLog,
    SqlCatalogue,
    SqlStateStore,
    SqlWorkLog,
)
from visma_busy_sync.sync import Change, Kind, Outcome, Record, Value


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


class AwaitedElsewhere:
    """An `AsyncStateStore` as a `StateStore`: it is awaited in an event loop that runs in another thread."""

    def __init__(self, port: AsyncStateStore, portal: BlockingPortal) -> None:
        self._port: Any = port
        self._portal = portal

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        return cast("Mapping[str, Versioned]", self._portal.call(self._port.read, tenant, keys))

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        return cast("Sequence[Found]", self._portal.call(self._port.scan, prefix, tenant))

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        return cast("bool", self._portal.call(self._port.commit, tenant, writes))


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


class PersonsCatalogue(Catalogue, Protocol):
    """A catalogue of the box, in which a person adds and edits too."""

    def add(self, tenant: str, kind: Kind, **values: Value) -> str: ...
    def edit(self, tenant: str, kind: Kind, id: str, **values: Value) -> None: ...
    def remove(self, tenant: str, kind: Kind, id: str) -> None: ...
    def get(self, tenant: str, kind: Kind, id: str) -> Record: ...


class CatalogueElsewhere:
    """An `AsyncSqlCatalogue` as a catalogue: it is awaited in an event loop that runs in another thread."""

    def __init__(self, catalogue: AsyncSqlCatalogue, portal: BlockingPortal) -> None:
        self._catalogue = catalogue
        self._portal = portal

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        return self._portal.call(self._catalogue.load, tenant, kind)

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        return self._portal.call(self._catalogue.apply, tenant, changes)

    def add(self, tenant: str, kind: Kind, **values: Value) -> str:
        return self._portal.call(partial(self._catalogue.add, tenant, kind, **values))

    def edit(self, tenant: str, kind: Kind, id: str, **values: Value) -> None:
        self._portal.call(partial(self._catalogue.edit, tenant, kind, id, **values))

    def remove(self, tenant: str, kind: Kind, id: str) -> None:
        self._portal.call(self._catalogue.remove, tenant, kind, id)

    def get(self, tenant: str, kind: Kind, id: str) -> Record:
        return self._portal.call(self._catalogue.get, tenant, kind, id)


class PersonsWork(WorkLog, Protocol):
    """A work log of the box, in which people book hours and set prices too."""

    def set_settings(self, tenant: str, settings: WorkSettings) -> None: ...
    def add_work_type(self, tenant: str, work_type: WorkType) -> None: ...
    def add_member(self, tenant: str, member: Member) -> None: ...
    def add_task(self, tenant: str, project: str, task: Task) -> None: ...
    def set_prices(self, tenant: str, project: str, prices: Prices) -> None: ...
    def set_billable(self, tenant: str, project: str, *, billable: bool) -> None: ...
    def allow_several_customers(self, tenant: str, project: str) -> None: ...
    def book(self, tenant: str, project: str, *entries: TimeEntry, costs: Sequence[Expense] = ()) -> None: ...
    def spend(self, tenant: str, project: str, *costs: Expense) -> None: ...
    def finalise(self, tenant: str, order: Order) -> None: ...


class WorkElsewhere:
    """An `AsyncSqlWorkLog` as a work log: it is awaited in an event loop that runs in another thread."""

    def __init__(self, work: AsyncSqlWorkLog, portal: BlockingPortal) -> None:
        self._work = work
        self._portal = portal

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._work, name)

        def call(*args: object, **named: object) -> Any:
            return self._portal.call(partial(method, *args, **named))

        return call


@frozen
class Busy:
    """A catalogue as the port, and as that in which a person adds and edits."""

    catalogue: Catalogue
    person: PersonsCatalogue


@frozen
class Office:
    """A work log, and the stores in which people book hours, add and edit."""

    work: WorkLog
    person: PersonsCatalogue
    hours: PersonsWork


def _memory_busy() -> Busy:
    person = MemoryCatalogue(unique_numbers=True, longest_name=20)
    return Busy(person, person)


def _async_memory_busy() -> Busy:
    person = MemoryCatalogue(unique_numbers=True, longest_name=20)
    return Busy(SteppedCatalogue(AsyncMemoryCatalogue(person)), person)


@contextmanager
def _sql_busy(url: str) -> Iterator[Busy]:
    with SqlCatalogue.open(url, unique_numbers=True, longest_name=20) as catalogue:
        catalogue.create_table()
        yield Busy(catalogue, catalogue)


@contextmanager
def _async_sql_busy(url: str) -> Iterator[Busy]:
    with start_blocking_portal() as portal:
        catalogue = AsyncSqlCatalogue.open(
            url.replace("sqlite:", "sqlite+aiosqlite:"), unique_numbers=True, longest_name=20
        )
        try:
            portal.call(catalogue.create_table)
            elsewhere = CatalogueElsewhere(catalogue, portal)
            yield Busy(elsewhere, elsewhere)
        finally:
            portal.call(catalogue.close)


def _memory_office() -> Office:
    person = MemoryCatalogue()
    hours = MemoryWorkLog(person)
    return Office(hours, person, hours)


def _async_memory_office() -> Office:
    person = MemoryCatalogue()
    hours = MemoryWorkLog(person)
    return Office(SteppedWork(AsyncMemoryWorkLog(hours)), person, hours)


@contextmanager
def _sql_office(url: str) -> Iterator[Office]:
    with SqlCatalogue.open(url) as catalogue, SqlWorkLog(catalogue) as work:
        catalogue.create_table()
        work.create_table()
        yield Office(work, catalogue, work)


@contextmanager
def _async_sql_office(url: str) -> Iterator[Office]:
    with start_blocking_portal() as portal:
        catalogue = AsyncSqlCatalogue.open(url.replace("sqlite:", "sqlite+aiosqlite:"))
        work = AsyncSqlWorkLog(catalogue)
        try:
            portal.call(catalogue.create_table)
            portal.call(work.create_table)
            elsewhere = cast("PersonsWork", WorkElsewhere(work, portal))
            yield Office(elsewhere, CatalogueElsewhere(catalogue, portal), elsewhere)
        finally:
            portal.call(work.close)
            portal.call(catalogue.close)


@contextmanager
def _sql(url: str) -> Iterator[StateStore]:
    with SqlStateStore.open(url) as store:
        store.create_table()
        yield store


@contextmanager
def _async_sql(url: str) -> Iterator[StateStore]:
    with start_blocking_portal() as portal:
        store = AsyncSqlStateStore.open(url.replace("sqlite:", "sqlite+aiosqlite:"))
        try:
            portal.call(store.create_table)
            yield AwaitedElsewhere(store, portal)
        finally:
            portal.call(store.close)


# Each store with the fixture of the database address that it needs.
Opener = Callable[[str], AbstractContextManager[StateStore]]
STATES: Mapping[str, tuple[Opener, str | None]] = {
    "memory": (lambda _: nullcontext(MemoryStateStore()), None),
    "async-memory": (lambda _: nullcontext(SteppedState(AsyncMemoryStateStore())), None),
    "sqlite": (_sql, "sqlite_url"),
    "async-sqlite": (_async_sql, "sqlite_url"),
    "postgresql": (_sql, "postgres_url"),
    "async-postgresql": (_async_sql, "postgres_url"),
}
BUSYS: Mapping[str, tuple[Callable[[str], AbstractContextManager[Busy]], str | None]] = {
    "memory": (lambda _: nullcontext(_memory_busy()), None),
    "async-memory": (lambda _: nullcontext(_async_memory_busy()), None),
    "sqlite": (_sql_busy, "sqlite_url"),
    "async-sqlite": (_async_sql_busy, "sqlite_url"),
    "postgresql": (_sql_busy, "postgres_url"),
    "async-postgresql": (_async_sql_busy, "postgres_url"),
}
OFFICES: Mapping[str, tuple[Callable[[str], AbstractContextManager[Office]], str | None]] = {
    "memory": (lambda _: nullcontext(_memory_office()), None),
    "async-memory": (lambda _: nullcontext(_async_memory_office()), None),
    "sqlite": (_sql_office, "sqlite_url"),
    "async-sqlite": (_async_sql_office, "sqlite_url"),
    "postgresql": (_sql_office, "postgres_url"),
    "async-postgresql": (_async_sql_office, "postgres_url"),
}


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, the loop of the asynchronous shell."""
    return "asyncio"


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest) -> Iterator[StateStore]:
    opener, address = STATES[request.param]
    with opener(request.getfixturevalue(address) if address else "") as store:
        yield store


@pytest.fixture(params=BUSYS)
def busy(request: pytest.FixtureRequest) -> Iterator[Busy]:
    opener, address = BUSYS[request.param]
    with opener(request.getfixturevalue(address) if address else "") as each:
        yield each


@pytest.fixture(params=OFFICES)
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    opener, address = OFFICES[request.param]
    with opener(request.getfixturevalue(address) if address else "") as each:
        yield each
