"""A `WorkLog` in memory: hours, costs, work types and prices of a small Busy."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import final

from attrs import define, evolve, field

from visma_busy_sync.busy import (
    Customer,
    Expense,
    Order,
    Period,
    PriceMode,
    Prices,
    Product,
    Project,
    Task,
    TimeEntry,
    Work,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.stores._memory_catalogue import MemoryCatalogue
from visma_busy_sync.sync._records import Kind, Record


@define
class _Tenant:
    settings: WorkSettings = field(factory=WorkSettings)
    work_types: dict[str, WorkType] = field(factory=dict[str, WorkType])
    prices: dict[str, Prices] = field(factory=dict[str, Prices])
    tasks: dict[str, list[Task]] = field(factory=dict[str, list[Task]])
    entries: dict[str, dict[str, TimeEntry]] = field(factory=dict[str, dict[str, TimeEntry]])
    expenses: dict[str, dict[str, Expense]] = field(factory=dict[str, dict[str, Expense]])
    finalised: list[Order] = field(factory=list[Order])
    several_customers: set[str] = field(factory=set[str])


@final
class MemoryWorkLog:
    """Hours and costs in dicts, for tests and trials; projects come from a `MemoryCatalogue`.

    Beside the port it has what people do in Busy: `add_work_type`, `set_prices`, `book`, `spend`.
    """

    def __init__(self, catalogue: MemoryCatalogue) -> None:
        self._catalogue = catalogue
        self._guard = threading.Lock()
        self._tenants: dict[str, _Tenant] = {}

    def work(self, tenant: str, project: str, period: Period) -> Work:
        """Return the work on a project within a period as one consistent value.

        Hours that begin up to a day outside the period come along, since the builder decides by the
        workspace's time zone. A cost on hours comes with its hours, or where they are not known at all.

        Raises:
            LookupError: If there is no such project.
        """
        with self._guard:
            records = self._catalogue.snapshot(tenant)
            record = next((each for each in records[Kind.PROJECT] if each.id == project), None)
            if record is None:
                raise LookupError(f"there is no project {project} of this tenant")
            busy = self._of(tenant)
            several = project in busy.several_customers
            booked = busy.entries.get(project, {})
            entries = {id: entry for id, entry in booked.items() if _near(entry, period)}
            return Work(
                project=_project(record, several=several),
                customers=_customers(records[Kind.CUSTOMER]) if several else (),
                entries=tuple(entries.values()),
                expenses=tuple(
                    expense
                    for expense in busy.expenses.get(project, {}).values()
                    if expense.entry in entries
                    or (expense.date in period if expense.entry is None else expense.entry not in booked)
                ),
                work_types=tuple(busy.work_types.values()),
                products=tuple(Product(id=p.id, name=_text(p)) for p in records[Kind.PRODUCT]),
                tasks=tuple(busy.tasks.get(project, ())),
                # A copy, since its rates are dicts.
                prices=evolve(busy.prices.get(project) or Prices(mode=PriceMode.PROJECT)),
                settings=busy.settings,
            )

    def finalised(self, tenant: str) -> Sequence[Order]:
        """Return the orders that are finalised."""
        with self._guard:
            return tuple(self._of(tenant).finalised)

    def set_settings(self, tenant: str, settings: WorkSettings) -> None:
        """Set the workspace's settings for orders."""
        with self._guard:
            self._of(tenant).settings = settings

    def add_work_type(self, tenant: str, work_type: WorkType) -> None:
        """Create a work type, or replace the one with its id."""
        with self._guard:
            self._of(tenant).work_types[work_type.id] = work_type

    def set_prices(self, tenant: str, project: str, prices: Prices) -> None:
        """Set what an hour costs on a project."""
        with self._guard:
            self._of(tenant).prices[project] = evolve(prices)

    def allow_several_customers(self, tenant: str, project: str) -> None:
        """Let hours on a project belong to any customer."""
        with self._guard:
            self._of(tenant).several_customers.add(project)

    def add_task(self, tenant: str, project: str, task: Task) -> None:
        """Create a task on a project."""
        with self._guard:
            self._of(tenant).tasks.setdefault(project, []).append(task)

    def book(self, tenant: str, project: str, *entries: TimeEntry) -> None:
        """Book hours on a project, or change those that have their ids."""
        with self._guard:
            self._of(tenant).entries.setdefault(project, {}).update((entry.id, entry) for entry in entries)

    def spend(self, tenant: str, project: str, *expenses: Expense) -> None:
        """Book costs on a project, or change those that have their ids."""
        with self._guard:
            booked = self._of(tenant).expenses.setdefault(project, {})
            booked.update((expense.id, expense) for expense in expenses)

    def finalise(self, tenant: str, order: Order) -> None:
        """Finalise an order; it then waits for its transfer."""
        with self._guard:
            self._of(tenant).finalised.append(order)

    def _of(self, tenant: str) -> _Tenant:
        return self._tenants.setdefault(tenant, _Tenant())


def _project(record: Record, *, several: bool) -> Project:
    number, customer = record.values["number"], record.values["customer"]
    return Project(
        id=record.id,
        number=number if isinstance(number, str) else None,
        name=_text(record),
        customer=customer if isinstance(customer, str) else None,
        allows_several_customers=several,
    )


def _customers(records: Sequence[Record]) -> tuple[Customer, ...]:
    return tuple(Customer(id=record.id, name=_text(record)) for record in records)


def _text(record: Record) -> str:
    name = record.values["name"]
    return name if isinstance(name, str) and name else record.id


def _near(entry: TimeEntry, period: Period) -> bool:
    # A date in UTC and the local date of the same moment are at most a day apart.
    day = entry.start.date().toordinal()
    return period.first.toordinal() - 1 <= day <= period.last.toordinal() + 1
