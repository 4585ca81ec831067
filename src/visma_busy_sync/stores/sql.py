"""The state store in SQL, on SQLite and PostgreSQL. It needs the extra `sql` and a driver.

```python
from visma_busy_sync.stores.sql import SqlStateStore

state = SqlStateStore(engine)  # the host's own; or SqlStateStore.open("sqlite:///state.db")
state.create_table()
```

For a host that keeps migrations of its own, `ddl` writes the statements, and so does this command:

```
python -m visma_busy_sync.stores.sql postgresql [--schema S] [--table T]
```

The store uses a connection of its own for each call, and commits it. So a rollback of the host's transaction
around a call does not take back what was stored. Where SQLite's only write lock is held by that very
transaction, the call ends with `StoreUnavailable` after the busy timeout of the host's engine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Concatenate, ParamSpec, TypeVar, final

try:
    from sqlalchemy import Connection, Engine, create_engine
    from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
except ImportError as missing:
    raise ImportError(
        'The SQL state store needs its extra: pip install "visma-busy-sync[sql]"', name=missing.name
    ) from missing

from visma_busy_sync._core.runtimes import AsyncioRuntime
from visma_busy_sync.ports import Found, Versioned, Write
from visma_busy_sync.stores import _sql_documents as documents
from visma_busy_sync.stores._sql_engine import Home, checked, opened, plain_engine
from visma_busy_sync.stores._sql_table import TABLE, ddl, state_table
from visma_busy_sync.stores._sql_trouble import TROUBLE, Call

__all__ = ["AsyncSqlStateStore", "SqlStateStore", "ddl"]

P = ParamSpec("P")
T = TypeVar("T")


@final
class SqlStateStore:
    """Documents in one table of the host's database; threads and processes may use it at once.

    A child of `os.fork` must first call `engine.dispose(close=False)`, as with every engine; a store that was
    opened with `open` does that itself.

    Args:
        engine: The host's engine, for a SQLite file or PostgreSQL. It is not changed; each call takes one
            connection of its pool.
        schema: Where the table is; None for the database's default.
        table: Its name.

    Raises:
        ConfigurationError: If the database is in memory, or neither SQLite nor PostgreSQL, or the pool has
            one connection for all.
        TypeError: If it is no `Engine`.
    """

    def __init__(self, engine: Engine, *, schema: str | None = None, table: str = TABLE) -> None:
        self._engine = checked(engine, Engine, twin="AsyncSqlStateStore")
        self._table = state_table(table, schema)
        self._home = Home(self._engine)

    @classmethod
    def open(cls, url: str, *, schema: str | None = None, table: str = TABLE) -> SqlStateStore:
        """Create a store with an engine of its own; `close` it at the end, or use it in a `with`.

        A SQLite file is switched to WAL, and its write lock is waited for up to 30 seconds.

        Args:
            url: SQLAlchemy's address, such as `sqlite:///state.db` or `postgresql+psycopg://user@host/name`.
            schema: Where the table is; None for the database's default.
            table: Its name.

        Raises:
            ConfigurationError: As above, or if the address is not understood or its driver not installed.
        """
        store = cls(opened(url, create_engine), schema=schema, table=table)
        store._home.own = True
        return store

    def create_table(self) -> None:
        """Create the table where it does not exist; several processes may call it at once.

        Raises:
            ConfigurationError: If the schema does not exist or the database user may not create a table.
            StoreUnavailable: If the database fails.
        """
        self._run(documents.create)

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        """Return those of the documents that exist, by key, all as of one moment.

        Raises:
            ConfigurationError: If there is no table.
            StoreUnavailable: If the database fails.
        """
        return self._run(documents.read, tenant=tenant, keys=keys)

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        """Return the documents whose key begins with `prefix`, of one tenant or of all, in any order.

        Raises:
            ConfigurationError: If there is no table.
            StoreUnavailable: If the database fails.
        """
        return self._run(documents.scan, tenant=tenant, prefix=prefix)

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        """Make all writes, or none where one of them does not find the version it expects.

        Tenant and key have at most 2,500 bytes together.

        Raises:
            ConfigurationError: If a key is written twice, a text has a NUL or a lone surrogate or a key is
                too long, or there is no table; nothing was written.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        documents.require_holdable(tenant, writes)
        return self._run(documents.commit, tenant=tenant, writes=writes)

    def close(self) -> None:
        """Close the connections of a store that was opened with `open`; the host's engine is left alone."""
        if self._home.own:
            self._home.require()
            self._engine.dispose()

    def __enter__(self) -> SqlStateStore:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def _run(
        self, work: Callable[Concatenate[Connection, Call, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        self._home.require()
        call = Call(self._table, dialect=self._engine.dialect.name)
        while True:
            try:
                with self._engine.connect() as connection:
                    return work(connection, call, *args, **kwargs)
            except TROUBLE as error:
                trouble = call.judge(error)
            if trouble is not None:
                raise trouble


@final
class AsyncSqlStateStore:
    """`SqlStateStore` for asynchronous hosts; many tasks may use it at once, in one event loop.

    A call whose caller is cancelled goes on to its end by itself, which is soon; the caller does not wait.

    Args:
        engine: The host's engine, for a SQLite file or PostgreSQL. It is not changed; each call takes one
            connection of its pool.
        schema: Where the table is; None for the database's default.
        table: Its name.

    Raises:
        ConfigurationError: As for `SqlStateStore`.
        TypeError: If it is no `AsyncEngine`.
    """

    def __init__(self, engine: AsyncEngine, *, schema: str | None = None, table: str = TABLE) -> None:
        self._engine = checked(engine, AsyncEngine, twin="SqlStateStore")
        self._table = state_table(table, schema)
        self._home = Home(plain_engine(self._engine))
        self._runtime = AsyncioRuntime()

    @classmethod
    def open(cls, url: str, *, schema: str | None = None, table: str = TABLE) -> AsyncSqlStateStore:
        """Create a store with an engine of its own; `close` it at the end, or use it in an `async with`.

        A SQLite file is switched to WAL, and its write lock is waited for up to 30 seconds.

        Args:
            url: SQLAlchemy's address, such as `sqlite+aiosqlite:///state.db` or
                `postgresql+psycopg://user@host/name`.
            schema: Where the table is; None for the database's default.
            table: Its name.

        Raises:
            ConfigurationError: As above, or if the address is not understood or its driver not installed.
        """
        store = cls(opened(url, create_async_engine), schema=schema, table=table)
        store._home.own = True
        return store

    async def create_table(self) -> None:
        """Create the table where it does not exist; several processes may call it at once.

        Raises:
            ConfigurationError: If the schema does not exist or the database user may not create a table.
            StoreUnavailable: If the database fails.
        """
        await self._run(documents.create)

    async def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        """Return those of the documents that exist, by key, all as of one moment.

        Raises:
            ConfigurationError: If there is no table.
            StoreUnavailable: If the database fails.
        """
        return await self._run(documents.read, tenant=tenant, keys=keys)

    async def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        """Return the documents whose key begins with `prefix`, of one tenant or of all, in any order.

        Raises:
            ConfigurationError: If there is no table.
            StoreUnavailable: If the database fails.
        """
        return await self._run(documents.scan, tenant=tenant, prefix=prefix)

    async def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        """Make all writes, or none where one of them does not find the version it expects.

        Tenant and key have at most 2,500 bytes together. A caller that is cancelled meanwhile does not know
        whether they are made.

        Raises:
            ConfigurationError: If a key is written twice, a text has a NUL or a lone surrogate or a key is
                too long, or there is no table; nothing was written.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        documents.require_holdable(tenant, writes)
        return await self._run(documents.commit, tenant=tenant, writes=writes)

    async def close(self) -> None:
        """Close the connections of a store that was opened with `open`; the host's engine is left alone."""
        if self._home.own:
            self._home.require()
            await self._engine.dispose()

    async def __aenter__(self) -> AsyncSqlStateStore:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(
        self, work: Callable[Concatenate[Connection, Call, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        self._home.require()
        outcome: list[T] = []

        async def to_the_end() -> None:
            outcome.append(await self._tried(work, *args, **kwargs))

        # A call that is cancelled while its driver is at work may leave a transaction, and with it SQLite's
        # write lock, to the garbage collector: aiosqlite closes a connection only if it is given the time.
        await self._runtime.to_end(to_the_end)
        return outcome[0]

    async def _tried(
        self, work: Callable[Concatenate[Connection, Call, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        call = Call(self._table, dialect=self._engine.dialect.name)
        while True:
            try:
                async with self._engine.connect() as connection:
                    return await connection.run_sync(work, call, *args, **kwargs)
            except TROUBLE as error:
                trouble = call.judge(error)
            if trouble is not None:
                raise trouble


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the statements that create the table."""
    parser = argparse.ArgumentParser(
        prog="python -m visma_busy_sync.stores.sql",
        description="Print the SQL that creates the table of the state store.",
        allow_abbrev=False,
    )
    parser.add_argument("dialect", choices=("postgresql", "sqlite"))
    parser.add_argument("--schema", help="where the table is (default: the database's default)")
    parser.add_argument("--table", default=TABLE, help="its name (default: %(default)s)")
    options = parser.parse_args(arguments)
    sys.stdout.write(ddl(options.dialect, schema=options.schema, table=options.table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
