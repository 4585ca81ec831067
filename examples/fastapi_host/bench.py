"""This host on the bench of the conformance kit: `pytest --visma-ports fastapi_host.bench:Bench`.

It is what people do in Busy, through an engine that the ports do not know. `VISMA_BENCH_DATABASE` names a
PostgreSQL database in SQLAlchemy's way; without it each check has a SQLite file of its own.
"""

# ruff: noqa: ARG002, D102 - the kit says what its methods do

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Self

from attrs import evolve
from sqlalchemy import Engine, create_engine, delete, event, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from busy_pages.forms import LONGEST_NAME
from fastapi_host.catalogue import MODELS, BusyCatalogue, columns_of, values_of
from fastapi_host.database import Database
from fastapi_host.models import (
    LONGEST_NUMBER,
    Customer,
    Expense,
    Member,
    Order,
    Product,
    Project,
    TimeEntry,
    VismaDocument,
    Workspace,
    WorkType,
    row_id,
)
from fastapi_host.state_store import BusyStateStore
from fastapi_host.work_log import BusyWorkLog
from visma_busy_sync import busy
from visma_busy_sync.orders import order_to_json
from visma_busy_sync.ports import AsyncCatalogue, AsyncStateStore, AsyncWorkLog, Versioned
from visma_busy_sync.sync import Kind, Link, Record, Value
from visma_busy_sync.testing.conformance import (
    AsyncCatalogueHarness,
    AsyncStateHarness,
    AsyncWorkLogHarness,
    ChildStore,
)

_HERE: Final = "fastapi_host.bench"


@asynccontextmanager
async def open_state(url: str) -> AsyncIterator[AsyncStateStore]:
    """Open a state store in another process."""
    async with Database(url) as database:
        yield BusyStateStore(database)


@asynccontextmanager
async def open_catalogue(url: str) -> AsyncIterator[AsyncCatalogue]:
    """Open a catalogue in another process."""
    async with Database(url) as database:
        yield BusyCatalogue(database)


class _Data:
    """One set of data: the host's databases over it, and an engine for what goes past the ports."""

    def __init__(self, url: str | None = None) -> None:
        self._given = url or os.environ.get("VISMA_BENCH_DATABASE")
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._databases: list[Database] = []
        self.url = ""
        self.raw: Engine

    async def open(self, tenants: Sequence[str]) -> None:
        """Make the tables, and the workspaces that the kit's tenants are."""
        self.url = self._given or self._file()
        self.raw = create_engine(self.url.replace("+aiosqlite", ""), poolclass=NullPool)
        if self.raw.dialect.name == "sqlite":
            event.listen(self.raw, "connect", _patient)
        await self.database().create_tables()
        with Session(self.raw) as session, session.begin():
            session.add_all(Workspace(id=id, name=id) for id in tenants)

    def _file(self) -> str:
        self._folder = tempfile.TemporaryDirectory()
        return f"sqlite+aiosqlite:///{Path(self._folder.name, 'busy.db')}"

    def database(self) -> Database:
        """Open the database once more."""
        database = Database(self.url)
        if self.raw.dialect.name == "sqlite":
            # What a power cut would take may go here: these data are a check's.
            event.listen(database.engine.sync_engine, "connect", _careless)
        self._databases.append(database)
        return database

    async def close(self) -> None:
        """Close what was opened; the data stays."""
        while self._databases:
            await self._databases.pop().close()

    async def remove(self) -> None:
        """Close everything, and remove the data."""
        if self._folder is None:
            await self.database().drop_tables()
        await self.close()
        if self._folder is not None:
            self._folder.cleanup()


def _patient(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA busy_timeout = 30000")
    connection.execute("PRAGMA foreign_keys = ON")


def _careless(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


class Bench(AsyncStateHarness, AsyncCatalogueHarness, AsyncWorkLogHarness):
    """All three ports."""

    def __init__(self, url: str | None = None) -> None:
        self._data = _Data(url)

    async def __aenter__(self) -> Self:
        await self._data.open(self.tenants)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._data.remove()

    def state(self) -> AsyncStateStore:
        return BusyStateStore(self._data.database())

    def catalogue(self) -> AsyncCatalogue:
        return BusyCatalogue(self._data.database())

    def work_log(self) -> AsyncWorkLog:
        return BusyWorkLog(self._data.database())

    # Capabilities

    async def reopen(self) -> None:
        await self._data.close()

    @asynccontextmanager
    async def ambient(self) -> AsyncIterator[None]:
        """Hold a session as a view does, and roll it back.

        On SQLite the view only reads: a view that has written holds the one write lock, and a test shows that
        the ports refuse then.
        """
        database = self._data.database()
        if self._data.raw.dialect.name == "sqlite":
            async with database.reading() as session:
                await session.scalar(select(func.count()).select_from(Workspace))
                yield
        else:
            async with database.writing() as session:
                await session.execute(update(Workspace).values(name="Rolled back"))
                yield
                await session.rollback()

    def child(self) -> ChildStore:
        return ChildStore(f"{_HERE}:open_state", self._data.url)

    def catalogue_child(self) -> ChildStore:
        return ChildStore(f"{_HERE}:open_catalogue", self._data.url)

    # Documents past the port

    def read_raw(self, tenant: str, key: str) -> Versioned | None:
        with Session(self._data.raw) as session:
            found = session.get(VismaDocument, (tenant, key))
            return None if found is None else Versioned(found.version, found.body)

    def write_raw(self, tenant: str, key: str, document: Versioned) -> None:
        with Session(self._data.raw) as session, session.begin():
            row = VismaDocument(tenant=tenant, key=key, version=document.version, body=document.body)
            session.merge(row)

    # What a person does with projects, customers and products

    def record_raw(self, tenant: str, kind: Kind, id: str) -> Record | None:
        with Session(self._data.raw) as session:
            row = session.get(MODELS[kind], row_id(id))
            if row is None or row.workspace_id != tenant:
                return None
            return Record(kind, id, values_of(kind, row), None if row.link is None else Link(row.link))

    def add_raw(self, tenant: str, kind: Kind, values: Mapping[str, Value]) -> str:
        row = MODELS[kind](workspace_id=tenant, **columns_of(kind, values))
        with Session(self._data.raw) as session, session.begin():
            session.add(row)
            session.flush()
            return str(row.id)

    def edit_raw(self, tenant: str, kind: Kind, id: str, values: Mapping[str, Value]) -> None:
        self._set(tenant, kind, id, columns_of(kind, values))

    def remove_raw(self, tenant: str, kind: Kind, id: str) -> None:
        model = MODELS[kind]
        with Session(self._data.raw) as session, session.begin():
            session.execute(delete(model).where(model.workspace_id == tenant, model.id == row_id(id)))

    def refused_values(self, kind: Kind) -> Mapping[str, Value]:
        return {"name": "x" * (LONGEST_NAME + 1)}

    def archive_raw(self, tenant: str, project: str) -> None:
        self._set(tenant, Kind.PROJECT, project, {"archived": True})

    def _set(self, tenant: str, kind: Kind, id: str, values: Mapping[str, object]) -> None:
        model = MODELS[kind]
        with Session(self._data.raw) as session, session.begin():
            this = (model.workspace_id == tenant, model.id == row_id(id))
            session.execute(update(model).where(*this).values(**values))

    # What people do with hours, costs and orders

    def put_raw(self, tenant: str, value: Any, project: str | None = None) -> Any:
        match value:
            case busy.Customer():
                kept = evolve(value, name=value.name[:LONGEST_NAME])
                return self._put(Customer, tenant, kept, name=kept.name)
            case busy.Product():
                kept = _cut(value)
                return self._put(Product, tenant, kept, name=kept.name, number=kept.number)
            case busy.Project():
                kept = evolve(_cut(value), allows_several_customers=False, is_billable=True)
                customer = kept.customer and row_id(kept.customer)
                columns = {"name": kept.name, "number": kept.number, "customer_id": customer}
                return self._put(Project, tenant, kept, **columns)
            case busy.WorkType():
                product = value.product and row_id(value.product)
                columns = {"name": value.name, "product_id": product, "rate": value.default_rate}
                return self._put(WorkType, tenant, value, **columns)
            case busy.Member():
                return self._put(Member, tenant, value, name=value.name)
            case busy.WorkSettings():
                return self._keep_settings(tenant, value)
        return None  # no tasks; prices follow from the work types

    def _put(self, model: Any, tenant: str, value: Any, **columns: object) -> Any:
        with Session(self._data.raw) as session, session.begin():
            row = session.get(model, row_id(value.id))
            if row is None:
                row = model(workspace_id=tenant)
                session.add(row)
            for name, column in columns.items():
                setattr(row, name, column)
            session.flush()
            return evolve(value, id=str(row.id))

    def _keep_settings(self, tenant: str, value: busy.WorkSettings) -> busy.WorkSettings:
        names = ("order_start_date", "include_unapproved_hours", "include_unapproved_costs", "invoice_text")
        kept = {name: getattr(value, name) for name in names}
        with Session(self._data.raw) as session, session.begin():
            session.execute(update(Workspace).where(Workspace.id == tenant).values(**kept))
        return busy.WorkSettings(**kept)

    def book_raw(
        self,
        tenant: str,
        project: str,
        entries: Sequence[busy.TimeEntry],
        costs: Sequence[busy.Expense],
    ) -> tuple[Sequence[busy.TimeEntry], Sequence[busy.Expense]]:
        where = {"workspace_id": tenant, "project_id": row_id(project)}
        with Session(self._data.raw) as session, session.begin():
            hours = [session.merge(TimeEntry(**where, **_hours(each))) for each in entries]
            session.flush()
            given = {each.id: str(row.id) for each, row in zip(entries, hours, strict=True)}
            spent = [session.merge(Expense(**where, **_cost(each, given))) for each in costs]
            session.flush()
            return (
                [_as_kept(each, row, task=None) for each, row in zip(entries, hours, strict=True)],
                [
                    _as_kept(each, row, entry=row.time_entry_id and str(row.time_entry_id))
                    for each, row in zip(costs, spent, strict=True)
                ],
            )

    def finalise_raw(self, tenant: str, order: busy.Order) -> None:
        body = order_to_json(order)
        with Session(self._data.raw) as session, session.begin():
            session.execute(delete(Order).where(Order.workspace_id == tenant, Order.order_id == order.id))
            row = {"workspace_id": tenant, "order_id": order.id, "project_id": row_id(order.project)}
            session.add(Order(**row, body=body))


def _cut(value: Any) -> Any:
    # A person cannot enter more.
    return evolve(
        value, name=value.name[:LONGEST_NAME], number=value.number and value.number[:LONGEST_NUMBER]
    )


def _hours(entry: busy.TimeEntry) -> dict[str, object]:
    return {
        "id": row_id(entry.id) or None,
        "work_type_id": entry.work_type and row_id(entry.work_type),
        "member_id": row_id(entry.member),
        "start": entry.start,
        "billable_minutes": entry.billable_minutes,
        "rate": entry.rate,
        "approval": entry.approval,
        "excluded": entry.excluded,
        "order_id": entry.order,
        "comment": entry.comment,
    }


def _cost(cost: busy.Expense, given: Mapping[str, str]) -> dict[str, object]:
    return {
        "id": row_id(cost.id) or None,
        "time_entry_id": cost.entry and row_id(given.get(cost.entry, cost.entry)),
        "work_type_id": cost.work_type and row_id(cost.work_type),
        "product_id": cost.product and row_id(cost.product),
        "date": cost.date,
        "quantity": cost.quantity,
        "out_price": cost.out_price,
        "approval": cost.approval,
        "order_id": cost.order,
        "comment": cost.comment,
    }


def _as_kept(value: Any, row: TimeEntry | Expense, **changes: object) -> Any:
    # Hours are of the project's own customer.
    return evolve(value, id=str(row.id), customer=None, **changes)
