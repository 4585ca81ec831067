"""A `WorkLog` in memory: hours, costs, work types and prices of a small Busy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from attrs import define, evolve, field

from visma_busy_sync._core.bound import ProcessBound
from visma_busy_sync._core.forks import HomeLock
from visma_busy_sync.busy import (
    Expense,
    Member,
    Order,
    Period,
    PriceMode,
    Prices,
    Task,
    TimeEntry,
    Work,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.stores._memory_catalogue import MemoryCatalogue
from visma_busy_sync.stores._work_rules import (
    cost_comes,
    customers_of,
    day_of,
    no_project,
    products_of,
    project_of,
    reach,
)
from visma_busy_sync.sync._records import Kind


@define
class _Project:
    """What is kept of a project beside its record in the catalogue."""

    prices: Prices = field(factory=lambda: Prices(mode=PriceMode.PROJECT))
    several_customers: bool = False
    billable: bool = True
    tasks: dict[str, Task] = field(factory=dict[str, Task])
    entries: dict[str, TimeEntry] = field(factory=dict[str, TimeEntry])
    expenses: dict[str, Expense] = field(factory=dict[str, Expense])


@define
class _Tenant:
    settings: WorkSettings = field(factory=WorkSettings)
    work_types: dict[str, WorkType] = field(factory=dict[str, WorkType])
    members: dict[str, Member] = field(factory=dict[str, Member])
    projects: dict[str, _Project] = field(factory=dict[str, _Project])
    finalised: dict[str, Order] = field(factory=dict[str, Order])


@final
class MemoryWorkLog(ProcessBound):
    """Hours and costs in dicts, for tests and trials; projects come from a `MemoryCatalogue`.

    Beside the port it has what people do in Busy: `add_work_type`, `set_prices`, `book`, `spend` and others.
    """

    def __init__(self, catalogue: MemoryCatalogue) -> None:
        self._catalogue = catalogue
        self._guard = HomeLock("A MemoryWorkLog")
        self._tenants: dict[str, _Tenant] = {}

    def work(self, tenant: str, project: str, period: Period) -> Work:
        """Return the work on a project within a period as one consistent value, archived or not.

        Hours that begin up to a day outside the period come along, since the builder decides by the
        workspace's time zone. A cost on hours comes with its hours, or where they are not known at all.

        Raises:
            LookupError: If there is no such project.
        """
        with self._guard:
            records = self._catalogue.snapshot(tenant)
            record = next((each for each in records[Kind.PROJECT] if each.id == project), None)
            if record is None:
                raise no_project(project)
            busy, mine = self._of(tenant), self._project(tenant, project)
            near = reach(period)
            days = {id: day_of(entry) for id, entry in mine.entries.items()}
            return Work(
                project=project_of(record, several=mine.several_customers, billable=mine.billable),
                customers=customers_of(records[Kind.CUSTOMER]) if mine.several_customers else (),
                entries=tuple(entry for id, entry in mine.entries.items() if days[id] in near),
                expenses=tuple(
                    cost
                    for cost in mine.expenses.values()
                    if cost_comes(
                        period, day=cost.date, entry=cost.entry, hours_day=days.get(cost.entry or "")
                    )
                ),
                work_types=tuple(busy.work_types.values()),
                products=products_of(records[Kind.PRODUCT]),
                tasks=tuple(mine.tasks.values()),
                members=tuple(busy.members.values()),
                # A copy, since its rates are dicts.
                prices=evolve(mine.prices),
                settings=busy.settings,
            )

    def finalised(self, tenant: str) -> Sequence[Order]:
        """Return the orders that are finalised, each once, in the order in which they were."""
        with self._guard:
            return tuple(self._of(tenant).finalised.values())

    def set_settings(self, tenant: str, settings: WorkSettings) -> None:
        """Set the workspace's settings for orders."""
        with self._guard:
            self._of(tenant).settings = settings

    def add_work_type(self, tenant: str, work_type: WorkType) -> None:
        """Create a work type, or replace the one with its id."""
        with self._guard:
            self._of(tenant).work_types[work_type.id] = work_type

    def add_member(self, tenant: str, member: Member) -> None:
        """Create a member, or replace the one with its id."""
        with self._guard:
            self._of(tenant).members[member.id] = member

    def add_task(self, tenant: str, project: str, task: Task) -> None:
        """Create a task on a project, or replace the one with its id."""
        with self._guard:
            self._project(tenant, project).tasks[task.id] = task

    def set_prices(self, tenant: str, project: str, prices: Prices) -> None:
        """Set what an hour costs on a project."""
        with self._guard:
            self._project(tenant, project).prices = evolve(prices)

    def set_billable(self, tenant: str, project: str, *, billable: bool) -> None:
        """Say whether anything on a project may be invoiced at all; at first it may."""
        with self._guard:
            self._project(tenant, project).billable = billable

    def allow_several_customers(self, tenant: str, project: str) -> None:
        """Let hours on a project belong to any customer."""
        with self._guard:
            self._project(tenant, project).several_customers = True

    def book(self, tenant: str, project: str, *entries: TimeEntry, costs: Sequence[Expense] = ()) -> None:
        """Book hours on a project, and costs with them, or change those that have their ids; all at once."""
        with self._guard:
            mine = self._project(tenant, project)
            mine.entries.update((entry.id, entry) for entry in entries)
            mine.expenses.update((cost.id, cost) for cost in costs)

    def spend(self, tenant: str, project: str, *costs: Expense) -> None:
        """Book costs on a project, or change those that have their ids."""
        self.book(tenant, project, costs=costs)

    def finalise(self, tenant: str, order: Order) -> None:
        """Finalise an order; it then waits for its transfer. It replaces the one with its id."""
        with self._guard:
            orders = self._of(tenant).finalised
            orders.pop(order.id, None)
            orders[order.id] = order

    def _of(self, tenant: str) -> _Tenant:
        return self._tenants.setdefault(tenant, _Tenant())

    def _project(self, tenant: str, project: str) -> _Project:
        return self._of(tenant).projects.setdefault(project, _Project())
