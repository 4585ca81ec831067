"""Work logs that are wrong on purpose, each in one thing, over work in memory."""

from __future__ import annotations

import asyncio
import threading
import time
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from attrs import define, evolve, field

from visma_busy_sync.busy import (
    Customer,
    Expense,
    Member,
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
from visma_busy_sync.testing.conformance import AsyncWorkLogHarness, WorkLogHarness


@define
class Books:
    """The work on one project."""

    project: Project
    archived: bool = False
    prices: Prices = field(factory=lambda: Prices(mode=PriceMode.PROJECT))
    tasks: dict[str, Task] = field(factory=dict[str, Task])
    entries: dict[str, TimeEntry] = field(factory=dict[str, TimeEntry])
    costs: dict[str, Expense] = field(factory=dict[str, Expense])


@define
class House:
    """The work of one tenant."""

    settings: WorkSettings = field(factory=WorkSettings)
    customers: dict[str, Customer] = field(factory=dict[str, Customer])
    products: dict[str, Product] = field(factory=dict[str, Product])
    work_types: dict[str, WorkType] = field(factory=dict[str, WorkType])
    members: dict[str, Member] = field(factory=dict[str, Member])
    projects: dict[str, Books] = field(factory=dict[str, Books])
    orders: list[Order] = field(factory=list[Order])


class Data:
    """The work of one check, over which all instances of a work log work."""

    def __init__(self) -> None:
        self.guard = threading.RLock()
        self.houses: dict[str, House] = {}

    def house(self, tenant: str) -> House:
        return self.houses.setdefault(tenant, House())


class WorkLog:
    """A work log that is right; the others change one step of it."""

    def __init__(self, data: Data) -> None:
        self.data = data

    def work(self, tenant: str, project: str, period: Period) -> Work:
        with self.data.guard:
            house, books = self.data.house(tenant), self.found(tenant, project)
            entries = self.hours(tenant, books, period)
            return self.made(house, books, entries, self.costs(tenant, books, period, entries))

    def made(
        self, house: House, books: Books, entries: Sequence[TimeEntry], costs: Sequence[Expense]
    ) -> Work:
        return Work(
            project=books.project,
            customers=tuple(house.customers.values()),
            entries=tuple(self.entry(each) for each in entries),
            expenses=tuple(self.cost(each) for each in costs),
            work_types=self.work_types(house, entries, costs),
            products=self.products(house),
            tasks=tuple(books.tasks.values()),
            members=tuple(house.members.values()),
            prices=self.prices(house, books),
            settings=house.settings,
        )

    def found(self, tenant: str, project: str) -> Books:
        try:
            return self.data.house(tenant).projects[project]
        except KeyError:
            raise LookupError(project) from None

    def day(self, entry: TimeEntry) -> date:
        return entry.start.astimezone(UTC).date()

    def comes(self, entry: TimeEntry, period: Period) -> bool:
        return period.first.toordinal() - 1 <= self.day(entry).toordinal() <= period.last.toordinal() + 1

    def hours(self, tenant: str, books: Books, period: Period) -> Sequence[TimeEntry]:
        return [entry for entry in books.entries.values() if self.comes(entry, period)]

    def costs(
        self, tenant: str, books: Books, period: Period, entries: Sequence[TimeEntry]
    ) -> Sequence[Expense]:
        ids = {entry.id for entry in entries}
        return [cost for cost in books.costs.values() if self.cost_comes(cost, period, ids)]

    def cost_comes(self, cost: Expense, period: Period, hours: set[str]) -> bool:
        return cost.date in period if cost.entry is None else cost.entry in hours

    def entry(self, entry: TimeEntry) -> TimeEntry:
        return entry

    def cost(self, cost: Expense) -> Expense:
        return cost

    def prices(self, house: House, books: Books) -> Prices:
        return evolve(books.prices)

    def work_types(
        self, house: House, entries: Sequence[TimeEntry], costs: Sequence[Expense]
    ) -> tuple[WorkType, ...]:
        return tuple(house.work_types.values())

    def products(self, house: House) -> tuple[Product, ...]:
        return tuple(house.products.values())

    def finalised(self, tenant: str) -> Sequence[Order]:
        with self.data.guard:
            latest = {order.id: order for order in self.data.house(tenant).orders}
            return [order for order in self.data.house(tenant).orders if latest[order.id] is order]


class HandsOutDicts(WorkLog):
    """Is typed by its own class."""

    def work(self, tenant: str, project: str, period: Period) -> Work:
        return cast("Work", {"work": super().work(tenant, project, period)})


class GivesAnIterator(WorkLog):
    """Is lazy."""

    def finalised(self, tenant: str) -> Sequence[Order]:
        return cast("Sequence[Order]", iter(super().finalised(tenant)))


class SharesItsRates(WorkLog):
    """Hands out the prices that it works with."""

    def prices(self, house: House, books: Books) -> Prices:
        return books.prices


class AnswersAnotherProject(WorkLog):
    """Answers with a project of its own."""

    def work(self, tenant: str, project: str, period: Period) -> Work:
        work = super().work(tenant, project, period)
        return evolve(work, project=evolve(work.project, id=f"#{project}"))


class ForgetsExclusions(WorkLog):
    """Has not mapped a column."""

    def entry(self, entry: TimeEntry) -> TimeEntry:
        return evolve(entry, excluded=None)


class LeavesOutWhatIsFree(WorkLog):
    """Has a filter that nobody asked for."""

    def comes(self, entry: TimeEntry, period: Period) -> bool:
        return bool(entry.billable_minutes) and super().comes(entry, period)


class LeavesOutWhatIsNotApproved(WorkLog):
    """Decides by itself what is billed."""

    def comes(self, entry: TimeEntry, period: Period) -> bool:
        return entry.approval != "submitted" and super().comes(entry, period)


class HasUsualSettings(WorkLog):
    """Has forgotten that there are settings."""

    def work(self, tenant: str, project: str, period: Period) -> Work:
        return evolve(super().work(tenant, project, period), settings=WorkSettings())


class RoundsRates(WorkLog):
    """Has columns of two decimals for rates."""

    def entry(self, entry: TimeEntry) -> TimeEntry:
        return entry if entry.rate is None else evolve(entry, rate=_cents(entry.rate))


class RoundsCosts(WorkLog):
    """Has floats on the way."""

    def cost(self, cost: Expense) -> Expense:
        return evolve(cost, quantity=Decimal(f"{float(cost.quantity):.3f}"))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


class TrimsComments(WorkLog):
    """Trims what people typed."""

    def entry(self, entry: TimeEntry) -> TimeEntry:
        return entry if entry.comment is None else evolve(entry, comment=entry.comment.strip())


class ComposesNames(WorkLog):
    """Has texts in one form only."""

    def products(self, house: House) -> tuple[Product, ...]:
        return tuple(
            evolve(each, name=unicodedata.normalize("NFC", each.name)) for each in super().products(house)
        )


class IgnoresTenants(WorkLog):
    """Selects hours without the tenant."""

    def hours(self, tenant: str, books: Books, period: Period) -> Sequence[TimeEntry]:
        every = [each for house in self.data.houses.values() for each in house.projects.values()]
        foreign = [each for each in every if each.project.id not in self.data.house(tenant).projects]
        return [
            each for one in (books, *foreign) for each in super(IgnoresTenants, self).hours("", one, period)
        ]


class IgnoresProjects(WorkLog):
    """Selects costs without the project."""

    def costs(
        self, tenant: str, books: Books, period: Period, entries: Sequence[TimeEntry]
    ) -> Sequence[Expense]:
        ids = {entry.id for entry in entries}
        every = [cost for each in self.data.house(tenant).projects.values() for cost in each.costs.values()]
        return [cost for cost in every if self.cost_comes(cost, period, ids)]


class HasOnePriceList(WorkLog):
    """Gives every project the prices that were set last."""

    def prices(self, house: House, books: Books) -> Prices:
        lists = [each.prices for each in house.projects.values() if each.prices.project_rate is not None]
        return evolve(lists[-1] if lists else books.prices)


class TellsOrdersOfAll(WorkLog):
    """Selects orders without the tenant."""

    def finalised(self, tenant: str) -> Sequence[Order]:
        told = super().finalised
        return [order for each in self.data.houses for order in told(each)]


class CutsAtMidnight(WorkLog):
    """Gives the hours of the period alone."""

    def comes(self, entry: TimeEntry, period: Period) -> bool:
        return self.day(entry) in period


class CutsByLocalDays(WorkLog):
    """Compares the date as it was written, and not the moment."""

    def day(self, entry: TimeEntry) -> date:
        return entry.start.date()


class EndsADayEarly(WorkLog):
    """Compares moments with the last day's midnight."""

    def comes(self, entry: TimeEntry, period: Period) -> bool:
        return super().comes(entry, period) and self.day(entry) <= period.last


class GivesCostsByTheirDay(WorkLog):
    """Does not look at what a cost is on."""

    def cost_comes(self, cost: Expense, period: Period, hours: set[str]) -> bool:
        return cost.date in period


class GivesCostsOfAllHours(WorkLog):
    """Gives every cost that is on hours."""

    def cost_comes(self, cost: Expense, period: Period, hours: set[str]) -> bool:
        return cost.entry is not None or super().cost_comes(cost, period, hours)


class GivesNoCostsOfHours(WorkLog):
    """Knows costs on projects only."""

    def cost_comes(self, cost: Expense, period: Period, hours: set[str]) -> bool:
        return cost.entry is None and super().cost_comes(cost, period, hours)


class LeavesOutTheLastDay(WorkLog):
    """Has days as moments at midnight, and an end that does not count."""

    def cost_comes(self, cost: Expense, period: Period, hours: set[str]) -> bool:
        return super().cost_comes(cost, period, hours) and (cost.entry is not None or cost.date < period.last)


class GivesTypesOfHoursOnly(WorkLog):
    """Gives the work types that hours refer to, and forgets costs."""

    def work_types(
        self, house: House, entries: Sequence[TimeEntry], costs: Sequence[Expense]
    ) -> tuple[WorkType, ...]:
        used = {entry.work_type for entry in entries}
        return tuple(each for each in house.work_types.values() if each.id in used)


class GivesProductsOfTypesOnly(WorkLog):
    """Gives no products that a cost names by itself."""

    def made(
        self, house: House, books: Books, entries: Sequence[TimeEntry], costs: Sequence[Expense]
    ) -> Work:
        work = super().made(house, books, entries, costs)
        types = {each.work_type for each in entries} | {each.work_type for each in costs}
        used = {house.work_types[each].product for each in types if each in house.work_types}
        return evolve(work, products=tuple(each for each in work.products if each.id in used))


class AnswersNothing(WorkLog):
    """Returns None where there is no project."""

    def work(self, tenant: str, project: str, period: Period) -> Work:
        try:
            return super().work(tenant, project, period)
        except LookupError:
            return cast("Work", None)


class RaisesKeyErrors(WorkLog):
    """Lets its dict raise."""

    def found(self, tenant: str, project: str) -> Books:
        return self.data.house(tenant).projects[project]


class AsksForAnId(WorkLog):
    """Takes an id that is empty for a mistake of the caller."""

    def found(self, tenant: str, project: str) -> Books:
        if not project:
            raise ValueError("no id")
        return super().found(tenant, project)


class FindsNearlyTheSame(WorkLog):
    """Compares ids as a database does that pads with spaces."""

    def found(self, tenant: str, project: str) -> Books:
        return super().found(tenant, project.rstrip())

    def work(self, tenant: str, project: str, period: Period) -> Work:
        work = super().work(tenant, project, period)
        return evolve(work, project=evolve(work.project, id=project))


class HidesTheArchived(WorkLog):
    """Finds what is in use only."""

    def found(self, tenant: str, project: str) -> Books:
        books = super().found(tenant, project)
        if books.archived:
            raise LookupError(project)
        return books


class MarksWhatItTold(WorkLog):
    """Takes reading for sending."""

    def work(self, tenant: str, project: str, period: Period) -> Work:
        work = super().work(tenant, project, period)
        with self.data.guard:
            books = self.found(tenant, project)
            for cost in work.expenses:
                books.costs[cost.id] = evolve(cost, order="told")
        return work


class GivesOrdersOnce(WorkLog):
    """Takes an order off its list when it is told."""

    def finalised(self, tenant: str) -> Sequence[Order]:
        orders = super().finalised(tenant)
        self.data.house(tenant).orders.clear()
        return orders


class ReadsOneAfterTheOther(WorkLog):
    """Reads hours, and costs a little later."""

    def work(self, tenant: str, project: str, period: Period) -> Work:
        with self.data.guard:
            house, books = self.data.house(tenant), self.found(tenant, project)
            entries = self.hours(tenant, books, period)
        time.sleep(0.002)
        with self.data.guard:
            costs = self.costs(tenant, books, period, entries)
            return self.made(house, books, entries, costs)


class Remembers(WorkLog):
    """Keeps what it has read."""

    def __init__(self, data: Data) -> None:
        super().__init__(data)
        self.known: dict[object, Work] = {}

    def work(self, tenant: str, project: str, period: Period) -> Work:
        key = (tenant, project, period.first, period.last)
        if key not in self.known:
            self.known[key] = super().work(tenant, project, period)
        return self.known[key]


class RemembersOrders(WorkLog):
    """Keeps the orders that it has read."""

    def __init__(self, data: Data) -> None:
        super().__init__(data)
        self.known: dict[str, Sequence[Order]] = {}

    def finalised(self, tenant: str) -> Sequence[Order]:
        return self.known.setdefault(tenant, super().finalised(tenant))


class PricesAgain(WorkLog):
    """Makes an order anew when it is asked for."""

    def finalised(self, tenant: str) -> Sequence[Order]:
        def anew(order: Order) -> Order:
            lines = [evolve(each, quantity=_cents(each.quantity)) for each in order.lines]
            return evolve(order, lines=tuple(lines))

        return [anew(order) for order in super().finalised(tenant)]


class ForgetsWhatStayedOut(WorkLog):
    """Keeps the content of an order, and nothing beside it."""

    def finalised(self, tenant: str) -> Sequence[Order]:
        return [evolve(order, left_out=()) for order in super().finalised(tenant)]


class TellsTheFirstOrderOnly(WorkLog):
    """Has a limit that nobody thought of."""

    def finalised(self, tenant: str) -> Sequence[Order]:
        return super().finalised(tenant)[:1]


class KeepsAllRevisions(WorkLog):
    """Adds a row whenever an order is finalised."""

    def finalised(self, tenant: str) -> Sequence[Order]:
        return list(self.data.house(tenant).orders)


class KeepsTheFirstRevision(WorkLog):
    """Ignores what has an id that is there."""

    def finalised(self, tenant: str) -> Sequence[Order]:
        first: dict[str, Order] = {}
        for order in self.data.house(tenant).orders:
            first.setdefault(order.id, order)
        return [first[order.id] for order in super().finalised(tenant)]


class SortsOrders(WorkLog):
    """Tells orders by their ids."""

    def finalised(self, tenant: str) -> Sequence[Order]:
        return sorted(super().finalised(tenant), key=lambda order: order.id)


class GivesAPage(WorkLog):
    """Has a page that nobody thought of."""

    def hours(self, tenant: str, books: Books, period: Period) -> Sequence[TimeEntry]:
        return super().hours(tenant, books, period)[:1000]


class StumblesOverTwoFields(WorkLog):
    """Is wrong where two fields meet: a mistake that only a walk finds."""

    def comes(self, entry: TimeEntry, period: Period) -> bool:
        odd = entry.billable_minutes != 60 and entry.rate is not None and entry.approval == "approved"
        return super().comes(entry, period) and not odd


class AsyncWorkLog:
    """An asynchronous work log that is right; the others change one step of it."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.log = WorkLog(data)

    async def work(self, tenant: str, project: str, period: Period) -> Work:
        await asyncio.sleep(0)
        return self.log.work(tenant, project, period)

    async def finalised(self, tenant: str) -> Sequence[Order]:
        await asyncio.sleep(0)
        return self.log.finalised(tenant)


class AsyncReadsOneAfterTheOther(AsyncWorkLog):
    """Awaits between hours and costs."""

    async def work(self, tenant: str, project: str, period: Period) -> Work:
        log = self.log
        with self.data.guard:
            house, books = self.data.house(tenant), log.found(tenant, project)
            entries = log.hours(tenant, books, period)
        await asyncio.sleep(0.002)
        with self.data.guard:
            return log.made(house, books, entries, log.costs(tenant, books, period, entries))


class AsyncRemembers(AsyncWorkLog):
    """Keeps the task that reads, for whoever asks next."""

    def __init__(self, data: Data) -> None:
        super().__init__(data)
        self.tasks: dict[object, asyncio.Task[Work]] = {}

    async def work(self, tenant: str, project: str, period: Period) -> Work:
        key = (tenant, project, period.first, period.last)
        if key not in self.tasks:
            self.tasks[key] = asyncio.create_task(super().work(tenant, project, period))
        return await self.tasks[key]


class _Raw:
    """What people do, in the dictionary itself."""

    data: Data

    def put_raw(self, tenant: str, value: Any, project: str | None = None) -> Any:
        with self.data.guard:
            house = self.data.house(tenant)
            puts: dict[type, Callable[[], object]] = {
                Customer: lambda: house.customers.update({value.id: value}),
                Product: lambda: house.products.update({value.id: value}),
                WorkType: lambda: house.work_types.update({value.id: value}),
                Member: lambda: house.members.update({value.id: value}),
                Project: lambda: setattr(house.projects.setdefault(value.id, Books(value)), "project", value),
                WorkSettings: lambda: setattr(house, "settings", value),
                Task: lambda: house.projects[str(project)].tasks.update({value.id: value}),
                Prices: lambda: setattr(house.projects[str(project)], "prices", evolve(value)),
            }
            puts[type(value)]()
        return value

    def book_raw(
        self, tenant: str, project: str, entries: Sequence[TimeEntry], costs: Sequence[Expense]
    ) -> tuple[Sequence[TimeEntry], Sequence[Expense]]:
        with self.data.guard:
            books = self.data.house(tenant).projects[project]
            books.entries.update((each.id, each) for each in entries)
            books.costs.update((each.id, each) for each in costs)
        return entries, costs

    def archive_raw(self, tenant: str, project: str) -> None:
        self.data.house(tenant).projects[project].archived = True

    def finalise_raw(self, tenant: str, order: Order) -> None:
        self.data.house(tenant).orders.append(order)


class Bench(_Raw, WorkLogHarness):
    """A wrong work log on the bench; it can show everything."""

    def __init__(self, log: type[WorkLog]) -> None:
        self.data = Data()
        self._log = log

    def work_log(self) -> WorkLog:
        return self._log(self.data)


class AsyncBench(_Raw, AsyncWorkLogHarness):
    """An asynchronous one."""

    def __init__(self, log: type[AsyncWorkLog]) -> None:
        self.data = Data()
        self._log = log

    def work_log(self) -> AsyncWorkLog:
        return self._log(self.data)
