"""How sessions begin: reading ones see one moment, writing ones are durable when they have ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import Connection, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from fastapi_host.models import Base
from visma_busy_sync.stores import StoreUnavailable

_LOCK_SECONDS: Final = 30

# On PostgreSQL a reading session sees a snapshot, and a writing one what others committed while it waited.
# SQLite's sessions are snapshots always; a writing one takes the lock at once, since one that has read before
# it writes is refused.
_OPTIONS: Final[Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]] = {
    "postgresql": ({"isolation_level": "REPEATABLE READ"}, {"isolation_level": "READ COMMITTED"}),
    "sqlite": ({"begin": "BEGIN"}, {"begin": "BEGIN IMMEDIATE"}),
}


def code_of(error: DBAPIError) -> str:
    """Return PostgreSQL's SQLSTATE or SQLite's name of an error."""
    return str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", ""))


class Database:
    """One engine for views and ports. A port's session is its own: no rollback of a view undoes it.

    Args:
        url: SQLAlchemy's address: `sqlite+aiosqlite:///busy.db` or `postgresql+psycopg://...`.
        lock_seconds: How long a session waits for a lock: SQLite's one, or that of a row in PostgreSQL.
    """

    def __init__(self, url: str, *, lock_seconds: float = _LOCK_SECONDS) -> None:
        backend = make_url(url).get_backend_name()
        patient: Mapping[str, Mapping[str, Any]] = {
            "postgresql": {"options": f"-c lock_timeout={int(lock_seconds * 1000)}"},
            "sqlite": {"timeout": lock_seconds},
        }
        self.engine = create_async_engine(
            url,
            hide_parameters=True,
            connect_args=dict(patient[backend]),
            pool_pre_ping=True,  # a connection that the server has closed meanwhile is made anew
        )
        if backend == "sqlite":
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        reading, writing = _OPTIONS[backend]
        self._reading = self._sessions(reading)
        self._writing = self._sessions(writing)

    def _sessions(self, options: Mapping[str, str]) -> async_sessionmaker[AsyncSession]:
        return async_sessionmaker(self.engine.execution_options(**options), expire_on_commit=False)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Hold a session in which everything is as of one moment."""
        async with self._reading() as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Hold a session that is committed at the end, or undone if anything is raised.

        Raises:
            StoreUnavailable: If others hold the lock all the time; nothing was written.
        """
        try:
            async with self._writing.begin() as session:
                yield session
        except OperationalError as error:
            if code_of(error) not in {"SQLITE_BUSY", "55P03"}:
                raise
            code = code_of(error)
        else:
            return
        raise StoreUnavailable(
            "The database is locked by another transaction.",
            advice="End your own transaction before you call the library.",
            code=code,
        )

    async def create_tables(self) -> None:
        """Create the tables that do not exist. A real host has migrations."""
        async with self.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    async def drop_tables(self) -> None:
        """Drop all tables."""
        async with self.engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN IMMEDIATE"))
