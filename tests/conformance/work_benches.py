"""The work logs of the box and of the example, on the kit's bench."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from attrs import evolve
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from visma_busy_sync.busy import (
    Approval,
    Customer,
    Expense,
    Member,
    Order,
    Prices,
    Product,
    Project,
    Task,
    TimeEntry,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.ports import AsyncWorkLog, WorkLog
from visma_busy_sync.stores import AsyncMemoryWorkLog, MemoryCatalogue, MemoryWorkLog
from visma_busy_sync.stores.sql import AsyncSqlCatalogue, AsyncSqlWorkLog, SqlCatalogue, SqlWorkLog
from visma_busy_sync.sync import Kind, Value
from visma_busy_sync.testing.conformance import AsyncWorkLogHarness, WorkLogHarness

from .benches import example


class _Raw:
    """What people do, in a catalogue and a work log of the box; the catalogue gives its own ids."""

    busy: Any
    hours: Any

    def __init__(self) -> None:
        self._added: set[str] = set()

    def put_raw(self, tenant: str, value: Any, project: str | None = None) -> Any:
        match value:
            case Customer():
                return self._record(tenant, Kind.CUSTOMER, value, name=value.name)
            case Product():
                return self._record(tenant, Kind.PRODUCT, value, name=value.name, number=value.number)
            case Project():
                named = {"name": value.name, "number": value.number, "customer": value.customer}
                kept = self._record(tenant, Kind.PROJECT, value, **named)
                self.hours.set_billable(tenant, kept.id, billable=value.is_billable)
                if value.allows_several_customers:
                    self.hours.allow_several_customers(tenant, kept.id)
                return kept
            case WorkType():
                self.hours.add_work_type(tenant, value)
            case Member():
                self.hours.add_member(tenant, value)
            case WorkSettings():
                self.hours.set_settings(tenant, value)
            case Task():
                self.hours.add_task(tenant, project, value)
            case Prices():
                self.hours.set_prices(tenant, project, value)
        return value

    def _record(self, tenant: str, kind: Kind, value: Any, **values: Value) -> Any:
        if value.id in self._added:
            self.busy.edit(tenant, kind, value.id, **values)
            return value
        id = self.busy.add(tenant, kind, **values)
        self._added.add(id)
        return evolve(value, id=id)

    def book_raw(
        self, tenant: str, project: str, entries: Sequence[TimeEntry], costs: Sequence[Expense]
    ) -> tuple[Sequence[TimeEntry], Sequence[Expense]]:
        self.hours.book(tenant, project, *entries, costs=costs)
        return entries, costs

    def archive_raw(self, tenant: str, project: str) -> None:
        self.busy.edit(tenant, Kind.PROJECT, project, archived=True)

    def finalise_raw(self, tenant: str, order: Order) -> None:
        self.hours.finalise(tenant, order)


class Memory(_Raw, WorkLogHarness):
    """In memory."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = MemoryCatalogue()
        self.hours = MemoryWorkLog(self.busy)

    def work_log(self) -> WorkLog:
        log: MemoryWorkLog = self.hours
        return log


class Strict(Memory):
    """A host whose tables require much, and whose costs have no quantity."""

    required = MappingProxyType(
        {
            Project: ("number", "customer"),
            WorkType: ("product", "default_rate"),
            TimeEntry: ("work_type", "task", "customer", "rate", "comment"),
            Expense: ("work_type", "product", "customer", "comment"),
        }
    )

    def put_raw(self, tenant: str, value: Any, project: str | None = None) -> Any:
        return super().put_raw(tenant, self._stored(value), project)

    def book_raw(
        self, tenant: str, project: str, entries: Sequence[TimeEntry], costs: Sequence[Expense]
    ) -> tuple[Sequence[TimeEntry], Sequence[Expense]]:
        priced = [evolve(self._stored(each), quantity=Decimal(1)) for each in costs]
        return super().book_raw(tenant, project, [self._stored(each) for each in entries], priced)

    def _stored(self, value: Any) -> Any:
        for name in self.required.get(type(value), ()):
            if getattr(value, name) is None:
                raise sqlite3.IntegrityError(f"NOT NULL constraint failed: {type(value).__name__}.{name}")
        return value


class AsyncMemory(_Raw, AsyncWorkLogHarness):
    """The same for asynchronous hosts."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = MemoryCatalogue()
        self.hours = MemoryWorkLog(self.busy)

    def work_log(self) -> AsyncWorkLog:
        return AsyncMemoryWorkLog(self.hours)


class _SqlRaw(_Raw):
    """People have an engine of their own over the same tables, in which they are created and dropped."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def open(self) -> None:
        self.busy = SqlCatalogue.open(self._url)
        self.hours = SqlWorkLog(self.busy)
        for store in (self.busy, self.hours):
            store.create_table()

    def drop(self) -> None:
        self.busy.close()
        engine = create_engine(self._url, poolclass=NullPool)
        with engine.begin() as connection:
            for store in ("catalogue", "work"):
                connection.execute(text(f"drop table visma_busy_sync_{store}"))


class Sql(_SqlRaw, WorkLogHarness):
    """SQL, with an engine for each instance."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._catalogues: list[SqlCatalogue] = []

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        while self._catalogues:
            self._catalogues.pop().close()
        self.drop()

    def work_log(self) -> WorkLog:
        self._catalogues.append(SqlCatalogue.open(self._url))
        return SqlWorkLog(self._catalogues[-1])


class AsyncSql(_SqlRaw, AsyncWorkLogHarness):
    """The same, asynchronous."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._catalogues: list[AsyncSqlCatalogue] = []

    async def __aenter__(self) -> Self:
        self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        while self._catalogues:
            await self._catalogues.pop().close()
        self.drop()

    def work_log(self) -> AsyncWorkLog:
        catalogue = AsyncSqlCatalogue.open(self._url.replace("sqlite:", "sqlite+aiosqlite:"))
        self._catalogues.append(catalogue)
        return AsyncSqlWorkLog(catalogue)


class Example(WorkLogHarness):
    """The work log that the guide shows, whole. Its host has no settings, members, tasks or prices apart."""

    def __init__(self, path: Path) -> None:
        self._ports: Any = example()
        self._path = str(path)
        self._databases: list[Any] = []

    def __enter__(self) -> Self:
        self.work_log()
        return self

    def __exit__(self, *_: object) -> None:
        while self._databases:
            self._databases.pop().close()

    def work_log(self) -> WorkLog:
        self._databases.append(self._ports.Database(self._path))
        log: WorkLog = self._ports.SqliteWorkLog(self._databases[-1])
        return log

    def put_raw(self, tenant: str, value: Any, project: str | None = None) -> Any:
        match value:
            case Customer() | Product():
                kind = Kind.CUSTOMER if isinstance(value, Customer) else Kind.PRODUCT
                self._write("record", {"tenant": tenant, "kind": kind, "id": value.id, "name": value.name})
                return evolve(value, number=None) if isinstance(value, Product) else value
            case Project():
                row = {name: getattr(value, name) for name in ("id", "number", "name", "customer")}
                self._write("record", {"tenant": tenant, "kind": Kind.PROJECT, **row})
                return evolve(value, allows_several_customers=False, is_billable=True)
            case WorkType():
                row = {name: getattr(value, name) for name in ("id", "name", "product")}
                self._write("work_type", {"tenant": tenant, **row})
                return evolve(value, default_rate=None)
        return None

    def book_raw(
        self, tenant: str, project: str, entries: Sequence[TimeEntry], costs: Sequence[Expense]
    ) -> tuple[Sequence[TimeEntry], Sequence[Expense]]:
        with self._connected() as sql:
            for hours in entries:
                self._insert(
                    sql,
                    "hours",
                    {
                        "tenant": tenant,
                        "project": project,
                        "id": hours.id,
                        "work_type": hours.work_type,
                        "member": hours.member,
                        "start": hours.start.astimezone(UTC).isoformat(),
                        "minutes": hours.billable_minutes,
                        "approved": hours.approval is Approval.APPROVED,
                    },
                )
            for cost in costs:
                self._insert(
                    sql,
                    "cost",
                    {
                        "tenant": tenant,
                        "project": project,
                        "id": cost.id,
                        "day": cost.date.isoformat(),
                        "work_type": cost.work_type,
                        "quantity": str(cost.quantity),
                        "price": str(cost.out_price),
                        "comment": cost.comment,
                        "approved": cost.approval is Approval.APPROVED,
                    },
                )
        lost: Any = {"customer": None, "order": None}
        return (
            [
                evolve(
                    each, task=None, rate=None, excluded=None, comment=None, approval=_approval(each), **lost
                )
                for each in entries
            ],
            [evolve(each, entry=None, product=None, approval=_approval(each), **lost) for each in costs],
        )

    def archive_raw(self, tenant: str, project: str) -> None:
        with self._connected() as sql:
            sql.execute("update record set archived = 1 where tenant = ? and id = ?", (tenant, project))

    def _write(self, table: str, row: Mapping[str, object]) -> None:
        with self._connected() as sql:
            self._insert(sql, table, row)

    def _insert(self, sql: sqlite3.Connection, table: str, row: Mapping[str, object]) -> None:
        places = ", ".join("?" for _ in row)
        statement = f"insert or replace into {table} ({', '.join(row)}) values ({places})"
        sql.execute(statement, tuple(row.values()))

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=30)
        try:
            with connection:
                yield connection
        finally:
            connection.close()


def _approval(booked: TimeEntry | Expense) -> Approval:
    return Approval.APPROVED if booked.approval is Approval.APPROVED else Approval.NONE
