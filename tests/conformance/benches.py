"""The stores of the box and of the example, on the kit's bench."""

from __future__ import annotations

import importlib.util
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from visma_busy_sync.ports import AsyncStateStore, StateStore, Versioned
from visma_busy_sync.stores import AsyncMemoryStateStore, MemoryStateStore
from visma_busy_sync.stores.sql import AsyncSqlStateStore, SqlStateStore
from visma_busy_sync.testing.conformance import AsyncStateHarness, ChildStore, StateHarness


class Memory(StateHarness):
    """In memory: nothing outlives it, and nobody else has it."""

    def __init__(self) -> None:
        self._store = MemoryStateStore()

    def state(self) -> StateStore:
        return self._store

    def read_raw(self, tenant: str, key: str) -> Versioned | None:
        return self._store._documents.get((tenant, key))

    def write_raw(self, tenant: str, key: str, document: Versioned) -> None:
        self._store._documents[tenant, key] = document


class AsyncMemory(AsyncStateHarness):
    """The same for asynchronous hosts."""

    def __init__(self) -> None:
        self._store = MemoryStateStore()

    def state(self) -> AsyncStateStore:
        return AsyncMemoryStateStore(self._store)

    def read_raw(self, tenant: str, key: str) -> Versioned | None:
        return self._store._documents.get((tenant, key))

    def write_raw(self, tenant: str, key: str, document: Versioned) -> None:
        self._store._documents[tenant, key] = document


class _RawSql:
    """The store's table, through an engine that the store does not know."""

    def __init__(self, url: str) -> None:
        self._raw = create_engine(url, poolclass=NullPool)

    def drop(self) -> None:
        with self._raw.begin() as connection:
            connection.execute(text("drop table visma_busy_sync_state"))

    def read(self, tenant: str, key: str) -> Versioned | None:
        statement = "select version, body from visma_busy_sync_state where tenant = :tenant and key = :key"
        with self._raw.connect() as connection:
            row = connection.execute(text(statement), {"tenant": tenant, "key": key}).one_or_none()
        return None if row is None else Versioned(row.version, row.body)

    def write(self, tenant: str, key: str, document: Versioned) -> None:
        values = {"tenant": tenant, "key": key, "version": document.version, "body": document.body}
        with self._raw.begin() as connection:
            connection.execute(
                text("delete from visma_busy_sync_state where tenant = :tenant and key = :key"), values
            )
            connection.execute(
                text(
                    "insert into visma_busy_sync_state (tenant, key, version, body) "
                    "values (:tenant, :key, :version, :body)"
                ),
                values,
            )


# What a host does in a transaction of its own. On SQLite it only reads, since its write lock is the only one.
_HOSTS_WORK = {
    "sqlite": "select count(*) from visma_busy_sync_state",
    "postgresql": "create table hosts_own (id integer)",
}


class Sql(StateHarness):
    """SQL, with an engine for each instance."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._raw = _RawSql(url)
        self._stores: list[SqlStateStore] = []

    def __enter__(self) -> Self:
        self.state().create_table()
        return self

    def __exit__(self, *_: object) -> None:
        self.reopen()
        self._raw.drop()

    def state(self) -> SqlStateStore:
        self._stores.append(SqlStateStore.open(self._url))
        return self._stores[-1]

    def read_raw(self, tenant: str, key: str) -> Versioned | None:
        return self._raw.read(tenant, key)

    def write_raw(self, tenant: str, key: str, document: Versioned) -> None:
        self._raw.write(tenant, key, document)

    def reopen(self) -> None:
        while self._stores:
            self._stores.pop().close()

    def child(self) -> ChildStore:
        return ChildStore("visma_busy_sync.stores.sql:SqlStateStore.open", self._url)

    @contextmanager
    def ambient(self) -> Iterator[None]:
        engine = create_engine(self._url, poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(_HOSTS_WORK[engine.dialect.name]))
            yield
            connection.rollback()


class SqliteWithTheHostsLock(Sql):
    """SQLite where the host has written before it calls, so that it holds the only write lock."""

    def state(self) -> SqlStateStore:
        engine = create_engine(self._url, connect_args={"timeout": 0.2}, poolclass=NullPool)
        return SqlStateStore(engine)

    @contextmanager
    def ambient(self) -> Iterator[None]:
        engine = create_engine(self._url, poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text("create table hosts_own (id integer)"))
            connection.execute(text("insert into hosts_own values (1)"))
            yield
            connection.rollback()


class AsyncSql(AsyncStateHarness):
    """The same, asynchronous."""

    def __init__(self, url: str) -> None:
        self._raw = _RawSql(url)
        self._url = url.replace("sqlite:", "sqlite+aiosqlite:")
        self._stores: list[AsyncSqlStateStore] = []

    async def __aenter__(self) -> Self:
        await self.state().create_table()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.reopen()
        self._raw.drop()

    def state(self) -> AsyncSqlStateStore:
        self._stores.append(AsyncSqlStateStore.open(self._url))
        return self._stores[-1]

    def read_raw(self, tenant: str, key: str) -> Versioned | None:
        return self._raw.read(tenant, key)

    def write_raw(self, tenant: str, key: str, document: Versioned) -> None:
        self._raw.write(tenant, key, document)

    async def reopen(self) -> None:
        while self._stores:
            await self._stores.pop().close()

    def child(self) -> ChildStore:
        return ChildStore("visma_busy_sync.stores.sql:AsyncSqlStateStore.open", self._url)

    @asynccontextmanager
    async def ambient(self) -> AsyncIterator[None]:
        engine = create_async_engine(self._url, poolclass=NullPool)
        async with engine.connect() as connection:
            await connection.execute(text(_HOSTS_WORK[engine.dialect.name]))
            yield
            await connection.rollback()


def example() -> ModuleType:
    """Load `examples/sqlite_ports.py`, which is no part of a package."""
    path = Path(__file__).parents[2] / "examples" / "sqlite_ports.py"
    spec = importlib.util.spec_from_file_location("sqlite_ports_on_the_bench", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Example(StateHarness):
    """The store that the guide shows, whole."""

    def __init__(self, path: Path) -> None:
        self._ports: Any = example()
        self._path = str(path)
        self._databases: list[Any] = []

    def __enter__(self) -> Self:
        self.state()
        return self

    def __exit__(self, *_: object) -> None:
        while self._databases:
            self._databases.pop().close()

    def state(self) -> StateStore:
        self._databases.append(self._ports.Database(self._path))
        store: StateStore = self._ports.SqliteStateStore(self._databases[-1])
        return store

    def read_raw(self, tenant: str, key: str) -> Versioned | None:
        statement = "select version, body from document where tenant = ? and key = ?"
        connection = sqlite3.connect(self._path)
        row = connection.execute(statement, (tenant, key)).fetchone()
        connection.close()
        return None if row is None else Versioned(*row)

    def write_raw(self, tenant: str, key: str, document: Versioned) -> None:
        connection = sqlite3.connect(self._path)
        with connection:
            connection.execute(
                "insert or replace into document values (?, ?, ?, ?)",
                (tenant, key, document.version, document.body),
            )
        connection.close()

    def reopen(self) -> None:
        self.__exit__()

    @contextmanager
    def ambient(self) -> Iterator[None]:
        # The host's own code is given the same database object; the last instance is the one in use.
        with suppress(_RollBack), self._databases[-1].transaction():
            yield
            raise _RollBack


class _RollBack(Exception):
    """Ends the host's transaction."""
