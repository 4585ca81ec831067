"""The catalogues of the box and of the example, on the kit's bench."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, Self

from attrs import evolve
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from visma_busy_sync.ports import AsyncCatalogue, Catalogue
from visma_busy_sync.stores import AsyncMemoryCatalogue, MemoryCatalogue
from visma_busy_sync.stores.sql import AsyncSqlCatalogue, SqlCatalogue
from visma_busy_sync.sync import FIELDS, Kind, Link, Record, Value
from visma_busy_sync.testing.conformance import AsyncCatalogueHarness, CatalogueHarness, ChildStore

from .benches import example

LONGEST_NAME = 50
TOO_LONG: Mapping[str, Value] = {"name": "x" * (LONGEST_NAME + 1)}


class _MemoryRaw:
    """What a person does, in the catalogue itself; nothing outlives it, and nobody else has it."""

    def __init__(self) -> None:
        self.memory = MemoryCatalogue(unique_numbers=True, longest_name=LONGEST_NAME)

    def record_raw(self, tenant: str, kind: Kind, id: str) -> Record | None:
        try:
            return self.memory.get(tenant, kind, id)
        except LookupError:
            return None

    def add_raw(self, tenant: str, kind: Kind, values: Mapping[str, Value]) -> str:
        return self.memory.add(tenant, kind, **values)

    def edit_raw(self, tenant: str, kind: Kind, id: str, values: Mapping[str, Value]) -> None:
        self.memory.edit(tenant, kind, id, **values)

    def remove_raw(self, tenant: str, kind: Kind, id: str) -> None:
        self.memory.remove(tenant, kind, id)

    def refused_values(self, kind: Kind) -> Mapping[str, Value]:
        return TOO_LONG


class Memory(_MemoryRaw, CatalogueHarness):
    """In memory."""

    def catalogue(self) -> Catalogue:
        return self.memory


class OtherOrder(Memory):
    """In memory; past the port a record's fields come in another order than from the catalogue."""

    def record_raw(self, tenant: str, kind: Kind, id: str) -> Record | None:
        record = super().record_raw(tenant, kind, id)
        return record and evolve(record, values=dict(reversed(list(record.values.items()))))


class AsyncMemory(_MemoryRaw, AsyncCatalogueHarness):
    """The same for asynchronous hosts."""

    def catalogue(self) -> AsyncCatalogue:
        return AsyncMemoryCatalogue(self.memory)


class _SqlRaw:
    """The catalogue's table, through an engine that the catalogue does not know."""

    _TABLE = "visma_busy_sync_catalogue"
    _THIS = "where tenant = :tenant and kind = :kind and id = :id"

    def __init__(self, url: str) -> None:
        self._url = url
        self._raw = create_engine(url, poolclass=NullPool, connect_args=self._patient(url))
        self._added = 0

    @staticmethod
    def _patient(url: str) -> dict[str, Any]:
        return {"timeout": 30} if url.startswith("sqlite") else {}

    def drop(self) -> None:
        self._write(f"drop table {self._TABLE}", {})

    def record_raw(self, tenant: str, kind: Kind, id: str) -> Record | None:
        with self._raw.connect() as connection:
            statement = text(f"select * from {self._TABLE} {self._THIS}")
            row = connection.execute(statement, self._key(tenant, kind, id)).mappings().one_or_none()
        if row is None:
            return None
        values = {name: self._value(name, row[name]) for name in FIELDS[kind]}
        return Record(kind, id, values, None if row["link"] is None else Link(row["link"]))

    def _value(self, name: str, column: Any) -> Value:
        # Without a description of the table SQLite tells days as texts and flags as numbers.
        if name == "archived":
            return bool(column)
        value: Value = (
            date.fromisoformat(column) if name.endswith("_date") and isinstance(column, str) else column
        )
        return value

    def add_raw(self, tenant: str, kind: Kind, values: Mapping[str, Value]) -> str:
        self._added += 1
        id = f"a person's {self._added}"
        row = {**self._key(tenant, kind, id), **values}
        places = ", ".join(f":{name}" for name in row)
        self._write(f"insert into {self._TABLE} ({', '.join(row)}) values ({places})", row)
        return id

    def edit_raw(self, tenant: str, kind: Kind, id: str, values: Mapping[str, Value]) -> None:
        places = ", ".join(f"{name} = :{name}" for name in values)
        row = {**self._key(tenant, kind, id), **values}
        self._write(f"update {self._TABLE} set {places} {self._THIS}", row)

    def remove_raw(self, tenant: str, kind: Kind, id: str) -> None:
        self._write(f"delete from {self._TABLE} {self._THIS}", self._key(tenant, kind, id))

    def refused_values(self, kind: Kind) -> Mapping[str, Value]:
        return TOO_LONG

    def _key(self, tenant: str, kind: Kind, id: str) -> dict[str, Value]:
        return {"tenant": tenant, "kind": kind.value, "id": id}

    def _write(self, statement: str, row: Mapping[str, Value]) -> None:
        with self._raw.begin() as connection:
            connection.execute(text(statement), dict(row))


# What a host does in a transaction of its own. On SQLite it only reads, since its write lock is the only one.
_HOSTS_WORK = {
    "sqlite": "select count(*) from visma_busy_sync_catalogue",
    "postgresql": "create table hosts_own (id integer)",
}


class Sql(_SqlRaw, CatalogueHarness):
    """SQL, with an engine for each instance."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._catalogues: list[SqlCatalogue] = []

    def __enter__(self) -> Self:
        self.catalogue().create_table()
        return self

    def __exit__(self, *_: object) -> None:
        self.reopen()
        self.drop()

    def catalogue(self) -> SqlCatalogue:
        self._catalogues.append(SqlCatalogue.open(self._url, unique_numbers=True, longest_name=LONGEST_NAME))
        return self._catalogues[-1]

    def reopen(self) -> None:
        while self._catalogues:
            self._catalogues.pop().close()

    def catalogue_child(self) -> ChildStore:
        return ChildStore("visma_busy_sync.stores.sql:SqlCatalogue.open", self._url)

    @contextmanager
    def ambient(self) -> Iterator[None]:
        engine = create_engine(self._url, poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(_HOSTS_WORK[engine.dialect.name]))
            yield
            connection.rollback()


class SqliteWithTheHostsLock(Sql):
    """SQLite where the host has written before it calls, so that it holds the only write lock."""

    def catalogue(self) -> SqlCatalogue:
        engine = create_engine(self._url, connect_args={"timeout": 0.2}, poolclass=NullPool)
        return SqlCatalogue(engine)

    @contextmanager
    def ambient(self) -> Iterator[None]:
        engine = create_engine(self._url, poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text("create table hosts_own (id integer)"))
            connection.execute(text("insert into hosts_own values (1)"))
            yield
            connection.rollback()


class AsyncSql(_SqlRaw, AsyncCatalogueHarness):
    """The same, asynchronous."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._async_url = url.replace("sqlite:", "sqlite+aiosqlite:")
        self._catalogues: list[AsyncSqlCatalogue] = []

    async def __aenter__(self) -> Self:
        await self.catalogue().create_table()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.reopen()
        self.drop()

    def catalogue(self) -> AsyncSqlCatalogue:
        self._catalogues.append(
            AsyncSqlCatalogue.open(self._async_url, unique_numbers=True, longest_name=LONGEST_NAME)
        )
        return self._catalogues[-1]

    async def reopen(self) -> None:
        while self._catalogues:
            await self._catalogues.pop().close()

    def catalogue_child(self) -> ChildStore:
        return ChildStore("visma_busy_sync.stores.sql:AsyncSqlCatalogue.open", self._async_url)

    @asynccontextmanager
    async def ambient(self) -> AsyncIterator[None]:
        engine = create_async_engine(self._async_url, poolclass=NullPool)
        async with engine.connect() as connection:
            await connection.execute(text(_HOSTS_WORK[engine.dialect.name]))
            yield
            await connection.rollback()


class Example(CatalogueHarness):
    """The catalogue that the guide shows, whole."""

    def __init__(self, path: Path) -> None:
        self._ports: Any = example()
        self._path = str(path)
        self._databases: list[Any] = []
        self._added = 0

    def __enter__(self) -> Self:
        self.catalogue()
        return self

    def __exit__(self, *_: object) -> None:
        while self._databases:
            self._databases.pop().close()

    def catalogue(self) -> Catalogue:
        self._databases.append(self._ports.Database(self._path))
        catalogue: Catalogue = self._ports.SqliteCatalogue(self._databases[-1])
        return catalogue

    def record_raw(self, tenant: str, kind: Kind, id: str) -> Record | None:
        connection = sqlite3.connect(self._path)
        connection.row_factory = sqlite3.Row
        found = "select * from record where tenant = ? and kind = ? and id = ?"
        row = connection.execute(found, (tenant, kind.value, id)).fetchone()
        connection.close()
        if row is None:
            return None
        values = {name: self._ports._from_column(name, row[name]) for name in FIELDS[kind]}
        return Record(kind, id, values, None if row["link"] is None else Link(row["link"]))

    def add_raw(self, tenant: str, kind: Kind, values: Mapping[str, Value]) -> str:
        self._added += 1
        id = f"a person's {self._added}"
        self._write("insert into record (tenant, kind, id) values (?, ?, ?)", (tenant, kind.value, id))
        self.edit_raw(tenant, kind, id, values)
        return id

    def edit_raw(self, tenant: str, kind: Kind, id: str, values: Mapping[str, Value]) -> None:
        columns = {name: self._ports._to_column(name, value) for name, value in values.items()}
        places = ", ".join(f"{name} = ?" for name in columns)
        statement = f"update record set {places} where tenant = ? and kind = ? and id = ?"
        self._write(statement, (*columns.values(), tenant, kind.value, id))

    def remove_raw(self, tenant: str, kind: Kind, id: str) -> None:
        statement = "delete from record where tenant = ? and kind = ? and id = ?"
        self._write(statement, (tenant, kind.value, id))

    def refused_values(self, kind: Kind) -> Mapping[str, Value]:
        return {"name": "x" * (self._ports.LONGEST_NAME + 1)}

    def reopen(self) -> None:
        self.__exit__()

    @contextmanager
    def ambient(self) -> Iterator[None]:
        # The host's own code is given the same database object; the last instance is the one in use.
        with suppress(_RollBack), self._databases[-1].transaction():
            yield
            raise _RollBack

    def _write(self, statement: str, row: tuple[Any, ...]) -> None:
        connection = sqlite3.connect(self._path, timeout=30)
        with connection:
            connection.execute(statement, row)
        connection.close()


class _RollBack(Exception):
    """Ends the host's transaction."""
