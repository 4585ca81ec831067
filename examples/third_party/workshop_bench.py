"""The workshop's ports on the bench of the conformance kit.

```
cd examples/third_party && pytest --visma-ports workshop_bench:Bench
```
"""
# ruff: noqa: D102, ARG002 - what the methods have to do is said by the classes that are subclassed

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC
from typing import Any, Self

from attrs import evolve
from workshop import HELD, SETTINGS, JobCatalogue, StopwatchLog, Workshop

from visma_busy_sync.busy import (
    Approval,
    Customer,
    Expense,
    Product,
    Project,
    TimeEntry,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.sync import Kind, Link, Record, Value
from visma_busy_sync.testing.conformance import CatalogueHarness, ChildStore, WorkLogHarness


class Bench(CatalogueHarness, WorkLogHarness):
    """What the carpenter does, past the ports: by statements over a connection of the bench's own."""

    def __enter__(self) -> Self:
        self._made = tempfile.TemporaryDirectory()
        self._shop = Workshop(self._made.name)
        for tenant in self.tenants:
            with self._shop.transaction(tenant):
                pass  # makes the tables
        return self

    def __exit__(self, *_: object) -> None:
        self._made.cleanup()

    def catalogue(self) -> JobCatalogue:
        return JobCatalogue(self._made.name)

    def work_log(self) -> StopwatchLog:
        return StopwatchLog(self._made.name)

    def catalogue_child(self) -> ChildStore:
        return ChildStore("workshop:JobCatalogue", self._made.name)

    def reopen(self) -> None:
        """Do nothing: nothing is held open between two calls."""

    # For the catalogue

    def record_raw(self, tenant: str, kind: Kind, id: str) -> Record | None:
        table, names = HELD[kind]
        with closing(sqlite3.connect(self._shop.path(tenant))) as sql:
            columns = ", ".join((*names.values(), "link"))
            row = sql.execute(f"select {columns} from {table} where cast(id as text) = ?", (id,)).fetchone()
        if row is None:
            return None
        *values, link = row
        told = dict(zip(names, values, strict=True))
        return Record(kind, id, {**told, "archived": told["archived"] == 1}, link and Link(link))

    def add_raw(self, tenant: str, kind: Kind, values: Mapping[str, Value]) -> str:
        table, names = HELD[kind]
        return next(self._put(tenant, (table, None, {names[field]: values[field] for field in values})))

    def edit_raw(self, tenant: str, kind: Kind, id: str, values: Mapping[str, Value]) -> None:
        table, names = HELD[kind]
        self._put(tenant, (table, id, {names[field]: values[field] for field in values}))

    def remove_raw(self, tenant: str, kind: Kind, id: str) -> None:
        with closing(sqlite3.connect(self._shop.path(tenant), timeout=30)) as sql, sql:
            sql.execute(f"delete from {HELD[kind][0]} where id = ?", (int(id),))

    def refused_values(self, kind: Kind) -> Mapping[str, Value]:
        return {"name": "x" * 201}

    # For the work log

    def put_raw(self, tenant: str, value: Any, project: str | None = None) -> Any:
        row: dict[str, Any]
        match value:
            case Customer(name=name):
                table, row = "client", {"name": name}
            case Product(name=name, number=number):
                table, row = "ware", {"name": name, "number": number}
            case WorkType(name=name, product=product, default_rate=rate):
                table, row = "trade", {"name": name, "ware": product, "rate": rate and str(rate)}
            case Project(name=name, number=number, customer=customer):
                table, row = "job", {"name": name, "number": number, "client": customer}
                value = evolve(value, allows_several_customers=False, is_billable=True)
            case WorkSettings():
                return SETTINGS
            case _:
                return None  # no tasks, names of members, and prices but those of the trades
        (id,) = self._put(tenant, (table, value.id, row))
        return evolve(value, id=id)

    def book_raw(
        self, tenant: str, project: str, entries: Sequence[TimeEntry], costs: Sequence[Expense]
    ) -> tuple[Sequence[TimeEntry], Sequence[Expense]]:
        ids = self._put(
            tenant,
            *(("spell", hours.id, {"job": project, **_spell(hours)}) for hours in entries),
            *(("material", cost.id, {"job": project, **_material(cost)}) for cost in costs),
        )
        lost: Any = {"customer": None, "order": None, "comment": None, "approval": Approval.NONE}
        unlike: Any = {"task": None, "rate": None, "excluded": None}
        return (
            [evolve(hours, id=next(ids), **lost, **unlike) for hours in entries],
            [evolve(cost, id=next(ids), entry=None, work_type=None, **lost) for cost in costs],
        )

    def archive_raw(self, tenant: str, project: str) -> None:
        self._put(tenant, ("job", project, {"done": 1}))

    def _put(self, tenant: str, *rows: tuple[str, str | None, Mapping[str, Any]]) -> Iterator[str]:
        """Change the rows that have these ids, make the others, all in one transaction; give their ids."""
        ids: list[str] = []
        with closing(sqlite3.connect(self._shop.path(tenant), timeout=30)) as sql, sql:
            for table, id, row in rows:
                there = f"from {table} where cast(id as text) = ?"
                found = sql.execute(f"select id {there}", (id,)).fetchone() or (
                    sql.execute(f"insert into {table} default values").lastrowid,
                )
                places = ", ".join(f"{column} = ?" for column in row)
                sql.execute(f"update {table} set {places} where id = ?", (*row.values(), *found))
                ids.append(str(*found))
        return iter(ids)


def _spell(hours: TimeEntry) -> Mapping[str, Any]:
    return {
        "trade": hours.work_type,
        "who": hours.member,
        "began": hours.start.astimezone(UTC).isoformat(),
        "minutes": hours.billable_minutes,
    }


def _material(cost: Expense) -> Mapping[str, Any]:
    return {
        "day": cost.date.isoformat(),
        "ware": cost.product,
        "quantity": str(cost.quantity),
        "price": str(cost.out_price),
    }
