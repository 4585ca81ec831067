"""The engine below a store: the host's, which is never changed, or one of the store's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import NullPool, Pool, SingletonThreadPool, StaticPool

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.forks import tell_of_forks
from visma_busy_sync.stores._sql_table import require_dialect

E = TypeVar("E", Engine, AsyncEngine)
T = TypeVar("T")

# How long SQLite waits for another's write lock, in an engine of the store's own.
_BUSY_SECONDS: Final = 30


def checked(engine: object, kind: type[E], *, twin: str) -> E:
    """Require an engine on which the store can keep its promises, and return a copy of it.

    The copy shares pool and listeners with the host's engine. It alone leaves out of logs what is stored.

    Raises:
        TypeError: If it is no engine of the kind.
        ConfigurationError: If its database keeps nothing, or its pool gives out one connection to all.
    """
    if not isinstance(engine, kind):
        message = f"the store needs a {kind.__name__}, not a {type(engine).__name__}: see {twin} too"
        raise TypeError(message)
    plain = plain_engine(engine)
    require_dialect(plain.dialect.name)
    _require_durable(plain.url)
    if isinstance(plain.pool, StaticPool | SingletonThreadPool):
        raise ConfigurationError(
            f"A {type(plain.pool).__name__} hands out a connection that others use at the same time, so "
            "that their rollback would undo what the store has committed.",
            advice="Give the store an engine with SQLAlchemy's default pool.",
        )
    quiet: E = engine.execution_options()
    plain_engine(quiet).hide_parameters = True
    return quiet


def opened(url: str, create: Callable[..., E]) -> E:
    """Create an engine of the store's own, with the settings that suit it.

    Raises:
        ConfigurationError: If the address is not understood, its driver is not installed, or it is in memory.
    """
    parsed = _quietly(lambda: make_url(url))
    _require_durable(parsed)
    if parsed.get_backend_name() != "sqlite":
        return _quietly(lambda: create(parsed, hide_parameters=True, pool_pre_ping=True))
    engine = _quietly(lambda: create(parsed, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS}))
    event.listen(plain_engine(engine), "connect", _use_wal)
    return engine


def plain_engine(engine: Engine | AsyncEngine) -> Engine:
    """Return the synchronous engine, which an asynchronous one has inside."""
    return engine.sync_engine if isinstance(engine, AsyncEngine) else engine


class Home:
    """Knows whether the connections of an engine were opened by this very process.

    After `os.fork` the child has its parent's connections; what it sends there is mixed with what its parent
    sends. An engine of the store's own forgets them and goes on. The host's is refused until the host has
    made it forget them, as SQLAlchemy demands of every user of an engine.

    Attributes:
        own: Whether the engine is the store's own.
    """

    def __init__(self, engine: Engine) -> None:
        self.own = False
        self._engine = engine
        # Kept for good: were it collected, the child would close its parent's connections.
        self._inherited: list[Pool] = []
        tell_of_forks(self)

    def require(self) -> None:
        """Require connections of this process.

        Raises:
            ConfigurationError: If the host's engine has those of its parent.
        """
        if not any(self._engine.pool is pool for pool in self._inherited):
            return
        if not self.own:
            raise ConfigurationError(
                "The engine has the connections of the process that this one was forked from.",
                advice="Call engine.dispose(close=False) in the child first; for an AsyncEngine, "
                "engine.sync_engine.dispose(close=False).",
            )
        self._engine.dispose(close=False)

    def forked(self) -> None:
        """Note that this process is a new child."""
        if not isinstance(self._engine.pool, NullPool):  # which keeps no connections
            self._inherited.append(self._engine.pool)


def _require_durable(url: URL) -> None:
    if url.get_backend_name() != "sqlite":
        return
    database = url.database or ":memory:"
    if ":memory:" in database or "mode=memory" in database or url.query.get("mode") == "memory":
        raise ConfigurationError(
            "A SQLite database in memory keeps nothing.",
            advice="Use MemoryStateStore or MemoryCatalogue for tests and trials, or a file.",
        )


def _quietly(work: Callable[[], T]) -> T:
    # The errors quote the address, and with it the password, so they stay here.
    try:
        return work()
    except (SQLAlchemyError, ImportError, ValueError):
        pass
    raise ConfigurationError(
        "The address of the database is not understood, or its driver is not installed.",
        advice="It looks like sqlite:///state.db, sqlite+aiosqlite:///state.db (asynchronous) or "
        "postgresql+psycopg://user:password@host/database.",
    )


def _use_wal(connection: Any, _record: object) -> None:
    # Readers and a writer do not wait for each other then. The file remembers it. While another connection
    # is busy it cannot be switched; everything works without it too, and the next connection tries again.
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
    except Exception as error:  # the drivers have no common base
        if getattr(error, "sqlite_errorname", "") not in {"SQLITE_BUSY", "SQLITE_LOCKED"}:
            raise
    finally:
        cursor.close()
