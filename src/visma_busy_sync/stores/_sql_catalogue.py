"""The catalogue in SQL, for both shells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from visma_busy_sync.stores import _sql_records as records
from visma_busy_sync.stores._deciding import Rules
from visma_busy_sync.stores._sql_engine import opened
from visma_busy_sync.stores._sql_store import AsyncSqlStore, SqlStore
from visma_busy_sync.stores._sql_table import CATALOGUE_TABLE, catalogue_table
from visma_busy_sync.sync._records import Change, Kind, Outcome, Record, Value


@final
class SqlCatalogue(SqlStore):
    """Projects, customers and products in one table; threads and processes may use it at once.

    It is the catalogue of a host that has none of its own, and a pattern for one that has. A row is a record:
    a column for each field, and the link. Beside the port it has what a person does in Busy: `add`, `edit`,
    `get` and `remove`.

    A child of `os.fork` must first call `engine.dispose(close=False)`, as with every engine; a store that was
    opened with `open` does that itself.

    Args:
        engine: The host's engine, for a SQLite file or PostgreSQL. It is not changed; each call takes one
            connection of its pool.
        schema: Where the table is; None for the database's default.
        table: Its name.
        unique_numbers: Refuse a number that another record of the kind has. It holds among all threads and
            processes whose catalogues over the table are told so.
        longest_name: Refuse a longer name; None for any length.

    Raises:
        ConfigurationError: If the database is in memory, or neither SQLite nor PostgreSQL, or the pool has
            one connection for all.
        TypeError: If it is no `Engine`.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        schema: str | None = None,
        table: str = CATALOGUE_TABLE,
        unique_numbers: bool = False,
        longest_name: int | None = None,
    ) -> None:
        super().__init__(engine, catalogue_table(table, schema))
        self._rules = Rules(unique_numbers, longest_name)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        schema: str | None = None,
        table: str = CATALOGUE_TABLE,
        unique_numbers: bool = False,
        longest_name: int | None = None,
    ) -> SqlCatalogue:
        """Create a catalogue with an engine of its own; `close` it at the end, or use it in a `with`.

        A SQLite file is switched to WAL, and its write lock is waited for up to 30 seconds.

        Args:
            url: SQLAlchemy's address, such as `sqlite:///busy.db` or `postgresql+psycopg://user@host/name`.
            schema: Where the table is; None for the database's default.
            table: Its name.
            unique_numbers: As above.
            longest_name: As above.

        Raises:
            ConfigurationError: As above, or if the address is not understood or its driver not installed.
        """
        catalogue = cls(
            opened(url, create_engine),
            schema=schema,
            table=table,
            unique_numbers=unique_numbers,
            longest_name=longest_name,
        )
        catalogue._home.own = True
        return catalogue

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        """Return every record of a kind, archived ones too, each with its link, all as of one moment.

        Raises:
            ConfigurationError: If there is no table.
            StoreUnavailable: If the database fails.
        """
        return self._run(records.load, tenant=tenant, kind=kind)

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Make changes and return one outcome for each, in their order.

        Each is made whole or not at all, and durable when this returns. What the database cannot hold (a NUL,
        a lone surrogate, what a constraint of the host's own forbids) is `Refused`.

        Raises:
            ConfigurationError: If there is no table, or the tenant has a NUL or a lone surrogate or is too
                long; nothing was changed.
            StoreUnavailable: If the database fails. Where its `may_have_happened` is true, some of the
                changes may be made; load again before you plan.
        """
        records.require_tenant(tenant)
        call, batches = self._call(), records.Batches(changes)
        for batch in batches:
            outcomes = self._go_on(call, records.apply, tenant=tenant, changes=batch, rules=self._rules)
            batches.note(batch, outcomes)
        return batches.outcomes

    def add(self, tenant: str, kind: Kind, **values: Value) -> str:
        """Create a record as a person would in Busy, and return its id.

        Raises:
            ConfigurationError: If a field is unknown, a text has a NUL or a lone surrogate, or there is no
                table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        records.require_tenant(tenant)
        records.require_entered(kind, values)
        return self._run(records.add, tenant=tenant, kind=kind, values=values)

    def edit(self, tenant: str, kind: Kind, id: str, **values: Value) -> None:
        """Change a record as a person would in Busy.

        Raises:
            LookupError: If there is no such record.
            ConfigurationError: If a field is unknown, a text has a NUL or a lone surrogate, or there is no
                table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        records.require_entered(kind, values)
        self._run(records.edit, tenant=tenant, kind=kind, id=id, values=values)

    def remove(self, tenant: str, kind: Kind, id: str) -> None:
        """Delete a record as a person would in Busy.

        Raises:
            LookupError: If there is no such record.
            ConfigurationError: If there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        self._run(records.remove, tenant=tenant, kind=kind, id=id)

    def get(self, tenant: str, kind: Kind, id: str) -> Record:
        """Return one record.

        Raises:
            LookupError: If there is no such record.
            ConfigurationError: If there is no table.
            StoreUnavailable: If the database fails.
        """
        return self._run(records.get, tenant=tenant, kind=kind, id=id)


@final
class AsyncSqlCatalogue(AsyncSqlStore):
    """`SqlCatalogue` for asynchronous hosts; many tasks may use it at once, in one event loop.

    A call whose caller is cancelled goes on to the end of its transaction by itself, which is soon; the
    caller does not wait.

    Args:
        engine: The host's engine, for a SQLite file or PostgreSQL. It is not changed; each call takes one
            connection of its pool.
        schema: Where the table is; None for the database's default.
        table: Its name.
        unique_numbers: Refuse a number that another record of the kind has. It holds among all threads and
            processes whose catalogues over the table are told so.
        longest_name: Refuse a longer name; None for any length.

    Raises:
        ConfigurationError: As for `SqlCatalogue`.
        TypeError: If it is no `AsyncEngine`.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        schema: str | None = None,
        table: str = CATALOGUE_TABLE,
        unique_numbers: bool = False,
        longest_name: int | None = None,
    ) -> None:
        super().__init__(engine, catalogue_table(table, schema))
        self._rules = Rules(unique_numbers, longest_name)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        schema: str | None = None,
        table: str = CATALOGUE_TABLE,
        unique_numbers: bool = False,
        longest_name: int | None = None,
    ) -> AsyncSqlCatalogue:
        """Create a catalogue with an engine of its own; `close` it at the end, or use it in an `async with`.

        A SQLite file is switched to WAL, and its write lock is waited for up to 30 seconds.

        Args:
            url: SQLAlchemy's address, such as `sqlite+aiosqlite:///busy.db` or
                `postgresql+psycopg://user@host/name`.
            schema: Where the table is; None for the database's default.
            table: Its name.
            unique_numbers: As above.
            longest_name: As above.

        Raises:
            ConfigurationError: As above, or if the address is not understood or its driver not installed.
        """
        catalogue = cls(
            opened(url, create_async_engine),
            schema=schema,
            table=table,
            unique_numbers=unique_numbers,
            longest_name=longest_name,
        )
        catalogue._home.own = True
        return catalogue

    async def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        """Return every record of a kind, archived ones too, each with its link, all as of one moment.

        Raises:
            ConfigurationError: If there is no table.
            StoreUnavailable: If the database fails.
        """
        return await self._run(records.load, tenant=tenant, kind=kind)

    async def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Make changes and return one outcome for each, in their order.

        Each is made whole or not at all, and durable when this returns. What the database cannot hold (a NUL,
        a lone surrogate, what a constraint of the host's own forbids) is `Refused`.

        Raises:
            ConfigurationError: If there is no table, or the tenant has a NUL or a lone surrogate or is too
                long; nothing was changed.
            StoreUnavailable: If the database fails. Where its `may_have_happened` is true, some of the
                changes may be made; load again before you plan.
        """
        records.require_tenant(tenant)
        call, batches = self._call(), records.Batches(changes)
        for batch in batches:
            outcomes = await self._go_on(call, records.apply, tenant=tenant, changes=batch, rules=self._rules)
            batches.note(batch, outcomes)
        return batches.outcomes

    async def add(self, tenant: str, kind: Kind, **values: Value) -> str:
        """Create a record as a person would in Busy, and return its id.

        Raises:
            ConfigurationError: If a field is unknown, a text has a NUL or a lone surrogate, or there is no
                table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        records.require_tenant(tenant)
        records.require_entered(kind, values)
        return await self._run(records.add, tenant=tenant, kind=kind, values=values)

    async def edit(self, tenant: str, kind: Kind, id: str, **values: Value) -> None:
        """Change a record as a person would in Busy.

        Raises:
            LookupError: If there is no such record.
            ConfigurationError: If a field is unknown, a text has a NUL or a lone surrogate, or there is no
                table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        records.require_entered(kind, values)
        await self._run(records.edit, tenant=tenant, kind=kind, id=id, values=values)

    async def remove(self, tenant: str, kind: Kind, id: str) -> None:
        """Delete a record as a person would in Busy.

        Raises:
            LookupError: If there is no such record.
            ConfigurationError: If there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        await self._run(records.remove, tenant=tenant, kind=kind, id=id)

    async def get(self, tenant: str, kind: Kind, id: str) -> Record:
        """Return one record.

        Raises:
            LookupError: If there is no such record.
            ConfigurationError: If there is no table.
            StoreUnavailable: If the database fails.
        """
        return await self._run(records.get, tenant=tenant, kind=kind, id=id)
