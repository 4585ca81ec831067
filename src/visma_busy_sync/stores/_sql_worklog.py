"""The work log in SQL, for both shells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from visma_busy_sync.busy import (
    Expense,
    Member,
    Order,
    Period,
    Prices,
    Task,
    TimeEntry,
    Work,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.stores import _sql_work as kept
from visma_busy_sync.stores._sql_catalogue import AsyncSqlCatalogue, SqlCatalogue
from visma_busy_sync.stores._sql_store import AsyncSqlStore, SqlStore
from visma_busy_sync.stores._sql_table import WORK_TABLE, work_table


def require_catalogue(catalogue: object, kind: type, *, twin: str) -> None:
    """Require a catalogue in SQL, of the same sort as the work log.

    Raises:
        TypeError: If it is another one.
    """
    if not isinstance(catalogue, kind):
        message = f"the work log needs {kind.__name__}, not {type(catalogue).__name__}: see {twin} too"
        raise TypeError(message)


@final
class SqlWorkLog(SqlStore):
    """Hours, costs and what bills them in one table; threads and processes may use it at once.

    Projects, customers and products are those of the catalogue, read in the same transaction as the hours.
    Beside the port it has what people do in Busy: `book`, `spend`, `set_prices`, `finalise` and others. Each
    is one transaction, durable when it returns.

    Args:
        catalogue: Whose projects they are. Its engine is used, and its `close` closes the connections.
        schema: Where the table is; None for the database's default.
        table: Its name.

    Raises:
        TypeError: If it is no `SqlCatalogue`.
    """

    def __init__(
        self, catalogue: SqlCatalogue, *, schema: str | None = None, table: str = WORK_TABLE
    ) -> None:
        require_catalogue(catalogue, SqlCatalogue, twin="AsyncSqlWorkLog")
        # Its connections are used, also after a fork.
        super().__init__(catalogue._engine, work_table(table, schema))  # noqa: SLF001 - see above
        self._home = catalogue._home  # noqa: SLF001 - see above
        self._catalogue = catalogue._table  # noqa: SLF001 - read together with our own

    def close(self) -> None:
        """Leave the connections to the catalogue, whose they are."""

    def work(self, tenant: str, project: str, period: Period) -> Work:
        """Return the work on a project within a period, archived or not, all as of one moment.

        Hours that begin up to a day outside the period come along, since the builder decides by the
        workspace's time zone. A cost on hours comes with its hours, or where they are not known at all.

        Raises:
            LookupError: If there is no such project.
            DocumentError: If what is stored cannot be read.
            ConfigurationError: If there is no table, or none of the catalogue.
            StoreUnavailable: If the database fails.
        """
        return self._run(kept.work, catalogue=self._catalogue, tenant=tenant, project=project, period=period)

    def finalised(self, tenant: str) -> Sequence[Order]:
        """Return the orders that are finalised, each once, in the order in which they were.

        Raises:
            DocumentError: If what is stored cannot be read.
            ConfigurationError: If there is no table.
            StoreUnavailable: If the database fails.
        """
        return self._run(kept.finalised, tenant=tenant)

    def set_settings(self, tenant: str, settings: WorkSettings) -> None:
        """Set the workspace's settings for orders.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        self._put(tenant, kept.settings(settings))

    def add_work_type(self, tenant: str, work_type: WorkType) -> None:
        """Create a work type, or replace the one with its id.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        self._put(tenant, kept.work_type(work_type))

    def add_member(self, tenant: str, member: Member) -> None:
        """Create a member, or replace the one with its id.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        self._put(tenant, kept.member(member))

    def add_task(self, tenant: str, project: str, task: Task) -> None:
        """Create a task on a project, or replace the one with its id.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        self._put(tenant, kept.task(project, task))

    def set_prices(self, tenant: str, project: str, prices: Prices) -> None:
        """Set what an hour costs on a project.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        self._put(tenant, kept.prices(project, prices))

    def set_billable(self, tenant: str, project: str, *, billable: bool) -> None:
        """Say whether anything on a project may be invoiced at all; at first it may.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        self._put(tenant, kept.billable(project, value=billable))

    def allow_several_customers(self, tenant: str, project: str) -> None:
        """Let hours on a project belong to any customer.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        self._put(tenant, kept.several_customers(project))

    def book(self, tenant: str, project: str, *entries: TimeEntry, costs: Sequence[Expense] = ()) -> None:
        """Book hours on a project, and costs with them, or change those that have their ids; all at once.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table; nothing was booked.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        hours = (kept.hours(project, entry) for entry in entries)
        self._put(tenant, *hours, *(kept.cost(project, each) for each in costs))

    def spend(self, tenant: str, project: str, *costs: Expense) -> None:
        """Book costs on a project, or change those that have their ids.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table; nothing was booked.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        self.book(tenant, project, costs=costs)

    def finalise(self, tenant: str, order: Order) -> None:
        """Finalise an order; it then waits for its transfer. It replaces the one with its id.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        self._put(tenant, kept.order(order), last=True)

    def _put(self, tenant: str, *rows: kept.Row, last: bool = False) -> None:
        kept.require_holdable(tenant, rows)
        self._run(kept.put, tenant=tenant, rows=rows, last=last)


@final
class AsyncSqlWorkLog(AsyncSqlStore):
    """`SqlWorkLog` for asynchronous hosts; many tasks may use it at once, in one event loop.

    Projects, customers and products are those of the catalogue, read in the same transaction as the hours.
    Beside the port it has what people do in Busy: `book`, `spend`, `set_prices`, `finalise` and others. Each
    is one transaction, durable when it returns.

    Args:
        catalogue: Whose projects they are. Its engine is used, and its `close` closes the connections.
        schema: Where the table is; None for the database's default.
        table: Its name.

    Raises:
        TypeError: If it is no `AsyncSqlCatalogue`.
    """

    def __init__(
        self, catalogue: AsyncSqlCatalogue, *, schema: str | None = None, table: str = WORK_TABLE
    ) -> None:
        require_catalogue(catalogue, AsyncSqlCatalogue, twin="SqlWorkLog")
        # Its connections are used, also after a fork.
        super().__init__(catalogue._engine, work_table(table, schema))  # noqa: SLF001 - see above
        self._home = catalogue._home  # noqa: SLF001 - see above
        self._catalogue = catalogue._table  # noqa: SLF001 - read together with our own

    async def close(self) -> None:
        """Leave the connections to the catalogue, whose they are."""
        # Calls that were cancelled have to end what they began.
        await self._runtime.at_rest()

    async def work(self, tenant: str, project: str, period: Period) -> Work:
        """Return the work on a project within a period, archived or not, all as of one moment.

        Hours that begin up to a day outside the period come along, since the builder decides by the
        workspace's time zone. A cost on hours comes with its hours, or where they are not known at all.

        Raises:
            LookupError: If there is no such project.
            DocumentError: If what is stored cannot be read.
            ConfigurationError: If there is no table, or none of the catalogue.
            StoreUnavailable: If the database fails.
        """
        return await self._run(
            kept.work, catalogue=self._catalogue, tenant=tenant, project=project, period=period
        )

    async def finalised(self, tenant: str) -> Sequence[Order]:
        """Return the orders that are finalised, each once, in the order in which they were.

        Raises:
            DocumentError: If what is stored cannot be read.
            ConfigurationError: If there is no table.
            StoreUnavailable: If the database fails.
        """
        return await self._run(kept.finalised, tenant=tenant)

    async def set_settings(self, tenant: str, settings: WorkSettings) -> None:
        """Set the workspace's settings for orders.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        await self._put(tenant, kept.settings(settings))

    async def add_work_type(self, tenant: str, work_type: WorkType) -> None:
        """Create a work type, or replace the one with its id.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        await self._put(tenant, kept.work_type(work_type))

    async def add_member(self, tenant: str, member: Member) -> None:
        """Create a member, or replace the one with its id.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        await self._put(tenant, kept.member(member))

    async def add_task(self, tenant: str, project: str, task: Task) -> None:
        """Create a task on a project, or replace the one with its id.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        await self._put(tenant, kept.task(project, task))

    async def set_prices(self, tenant: str, project: str, prices: Prices) -> None:
        """Set what an hour costs on a project.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        await self._put(tenant, kept.prices(project, prices))

    async def set_billable(self, tenant: str, project: str, *, billable: bool) -> None:
        """Say whether anything on a project may be invoiced at all; at first it may.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        await self._put(tenant, kept.billable(project, value=billable))

    async def allow_several_customers(self, tenant: str, project: str) -> None:
        """Let hours on a project belong to any customer.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        await self._put(tenant, kept.several_customers(project))

    async def book(
        self, tenant: str, project: str, *entries: TimeEntry, costs: Sequence[Expense] = ()
    ) -> None:
        """Book hours on a project, and costs with them, or change those that have their ids; all at once.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table; nothing was booked.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        hours = (kept.hours(project, entry) for entry in entries)
        await self._put(tenant, *hours, *(kept.cost(project, each) for each in costs))

    async def spend(self, tenant: str, project: str, *costs: Expense) -> None:
        """Book costs on a project, or change those that have their ids.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table; nothing was booked.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        await self.book(tenant, project, costs=costs)

    async def finalise(self, tenant: str, order: Order) -> None:
        """Finalise an order; it then waits for its transfer. It replaces the one with its id.

        Raises:
            ConfigurationError: If an id cannot be stored, or there is no table.
            StoreUnavailable: If the database fails; see its `may_have_happened`.
        """
        await self._put(tenant, kept.order(order), last=True)

    async def _put(self, tenant: str, *rows: kept.Row, last: bool = False) -> None:
        kept.require_holdable(tenant, rows)
        await self._run(kept.put, tenant=tenant, rows=rows, last=last)
