"""What outlives a process: the stores of the box, which can be brought back to an earlier moment."""

from __future__ import annotations

from typing import Any, Protocol, final

import sqlalchemy

from visma_busy_sync.ports import Catalogue, StateStore
from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore
from visma_busy_sync.stores.sql import SqlCatalogue, SqlStateStore
from visma_busy_sync.sync import Kind, Value


class Persons(Catalogue, Protocol):
    """A catalogue in which people work too."""

    def add(self, tenant: str, kind: Kind, **values: Value) -> str: ...
    def edit(self, tenant: str, kind: Kind, id: str, **values: Value) -> None: ...
    def remove(self, tenant: str, kind: Kind, id: str) -> None: ...


class Stores(Protocol):
    """What outlives a process, and can be brought back to an earlier moment."""

    @property
    def busy(self) -> Persons: ...
    @property
    def state(self) -> StateStore: ...
    def kept(self) -> object: ...
    def bring_back(self, kept: Any) -> None: ...


@final
class InMemory:
    def __init__(self) -> None:
        self.busy = MemoryCatalogue()
        self.state = MemoryStateStore()

    def kept(self) -> object:
        rows = {key: dict(rows) for key, rows in self.busy._rows.items()}
        return rows, self.busy._made, dict(self.state._documents)

    def bring_back(self, kept: Any) -> None:
        rows, made, documents = kept
        self.busy._rows = {key: dict(each) for key, each in rows.items()}
        self.busy._made = made
        self.state._documents = dict(documents)


@final
class InSql:
    def __init__(self, engine: sqlalchemy.Engine) -> None:
        self.busy = SqlCatalogue(engine)
        self.state = SqlStateStore(engine)
        self.busy.create_table()
        self.state.create_table()
        self._engine = engine
        self._tables = (self.busy._table, self.state._table)

    def kept(self) -> object:
        with self._engine.connect() as connection:
            return [[dict(row._mapping) for row in connection.execute(t.select())] for t in self._tables]

    def bring_back(self, kept: Any) -> None:
        with self._engine.begin() as connection:
            for table, rows in zip(self._tables, kept, strict=True):
                connection.execute(table.delete())
                if rows:
                    connection.execute(table.insert(), rows)
