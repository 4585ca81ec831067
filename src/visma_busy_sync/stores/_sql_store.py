"""What all SQL stores have in common: an engine, a table, and how a call is run on them."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.ext.asyncio import AsyncEngine

from visma_busy_sync._core.bound import ProcessBound
from visma_busy_sync._core.runtimes import AsyncioRuntime
from visma_busy_sync.stores._sql_engine import Home, checked, plain_engine
from visma_busy_sync.stores._sql_transaction import create
from visma_busy_sync.stores._sql_trouble import TROUBLE, Call

P = ParamSpec("P")
T = TypeVar("T")


class SqlStore(ProcessBound):
    """A synchronous store over one table."""

    def __init__(self, engine: Engine, table: Table) -> None:
        self._engine = checked(engine, Engine, twin=f"Async{type(self).__name__}")
        self._table = table
        self._home = Home(self._engine)

    def create_table(self) -> None:
        """Create the table where it does not exist; several processes may call it at once.

        Raises:
            ConfigurationError: If the schema does not exist or the database user may not create a table.
            StoreUnavailable: If the database fails.
        """
        self._run(create)

    def close(self) -> None:
        """Close the connections of a store that was opened with `open`; the host's engine is left alone."""
        if self._home.own:
            self._home.require()
            self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def _call(self) -> Call:
        return Call(self._table, dialect=self._engine.dialect.name)

    def _run(
        self, work: Callable[Concatenate[Connection, Call, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return self._go_on(self._call(), work, *args, **kwargs)

    def _go_on(
        self,
        call: Call,
        work: Callable[Concatenate[Connection, Call, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        self._home.require()
        while True:
            try:
                with self._engine.connect() as connection:
                    return work(connection, call, *args, **kwargs)
            except TROUBLE as error:
                trouble = call.judge(error)
            if trouble is not None:
                raise trouble


class AsyncSqlStore(ProcessBound):
    """An asynchronous store over one table."""

    def __init__(self, engine: AsyncEngine, table: Table) -> None:
        self._engine = checked(engine, AsyncEngine, twin=type(self).__name__.removeprefix("Async"))
        self._table = table
        self._home = Home(plain_engine(self._engine))
        self._runtime = AsyncioRuntime()

    async def create_table(self) -> None:
        """Create the table where it does not exist; several processes may call it at once.

        Raises:
            ConfigurationError: If the schema does not exist or the database user may not create a table.
            StoreUnavailable: If the database fails.
        """
        await self._run(create)

    async def close(self) -> None:
        """Close the connections of a store that was opened with `open`; the host's engine is left alone."""
        # Calls that were cancelled have to end what they began.
        await self._runtime.at_rest()
        if self._home.own:
            self._home.require()
            await self._engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()

    def _call(self) -> Call:
        return Call(self._table, dialect=self._engine.dialect.name)

    async def _run(
        self, work: Callable[Concatenate[Connection, Call, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._go_on(self._call(), work, *args, **kwargs)

    async def _go_on(
        self,
        call: Call,
        work: Callable[Concatenate[Connection, Call, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        self._home.require()
        outcome: list[T] = []

        async def to_the_end() -> None:
            outcome.append(await self._tried(call, work, *args, **kwargs))

        # A call that is cancelled while its driver is at work may leave a transaction, and with it SQLite's
        # write lock, to the garbage collector: aiosqlite closes a connection only if it is given the time.
        await self._runtime.to_end(to_the_end)
        return outcome[0]

    async def _tried(
        self,
        call: Call,
        work: Callable[Concatenate[Connection, Call, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        while True:
            try:
                async with self._engine.connect() as connection:
                    return await connection.run_sync(work, call, *args, **kwargs)
            except TROUBLE as error:
                trouble = call.judge(error)
            if trouble is not None:
                raise trouble
