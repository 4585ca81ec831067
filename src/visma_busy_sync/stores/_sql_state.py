"""The state store in SQL, for both shells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from visma_busy_sync.ports import Found, Versioned, Write
from visma_busy_sync.stores import _sql_documents as documents
from visma_busy_sync.stores._sql_engine import opened
from visma_busy_sync.stores._sql_store import AsyncSqlStore, SqlStore
from visma_busy_sync.stores._sql_table import STATE_TABLE, state_table


@final
class SqlStateStore(SqlStore):
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

    def __init__(self, engine: Engine, *, schema: str | None = None, table: str = STATE_TABLE) -> None:
        super().__init__(engine, state_table(table, schema))

    @classmethod
    def open(cls, url: str, *, schema: str | None = None, table: str = STATE_TABLE) -> SqlStateStore:
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


@final
class AsyncSqlStateStore(AsyncSqlStore):
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

    def __init__(self, engine: AsyncEngine, *, schema: str | None = None, table: str = STATE_TABLE) -> None:
        super().__init__(engine, state_table(table, schema))

    @classmethod
    def open(cls, url: str, *, schema: str | None = None, table: str = STATE_TABLE) -> AsyncSqlStateStore:
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
