"""The stage of the checks of `WorkLog`: one whose answers are looked at, and what people do past it.

What people did is kept beside it, as the harness says that the host has it. An answer is compared with that,
and a difference names the promise that it breaks by what is different.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, cast, final

from attrs import evolve

from visma_busy_sync.busy import (
    Customer,
    Expense,
    Member,
    Order,
    Period,
    Prices,
    Product,
    Project,
    Task,
    TimeEntry,
    Work,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.ports import AsyncWorkLog, AwaitedWorkLog, LiftedWorkLog
from visma_busy_sync.testing._kit import work_promises as p
from visma_busy_sync.testing._kit.harness import AsyncWorkLogHarness, Thing, WorkLogHarness
from visma_busy_sync.testing._kit.promises import Promise, PromiseBroken, require
from visma_busy_sync.testing._kit.stage import Stage, heard, named_type
from visma_busy_sync.testing._kit.work_books import MARCH, Books, House, Site, as_kept, id_of, new_id
from visma_busy_sync.testing._kit.work_compare import Comparison, wrong_orders
from visma_busy_sync.testing._kit.work_required import STAND_INS, require_known

V = TypeVar("V", TimeEntry, Expense, Customer, Member, Prices, Product, Project, Task, WorkSettings, WorkType)


@final
class Instance:
    """One instance of the work log under test."""

    def __init__(self, port: AsyncWorkLog, promise: Promise) -> None:
        self.port = port
        self._promise = promise

    async def work(self, tenant: str, project: str, period: Period = MARCH) -> Work:
        """Read the work on a project that is there, and look at the answer."""
        # A host's answer may be anything, whatever its type says.
        answer: Any = await heard("work", self.port.work(tenant, project, period), self._promise)
        _is(isinstance(answer, Work), f"work() returned a {named_type(answer)} instead of a Work")
        work = cast("Work", answer)
        seen = f"work() of the project {project!r} returned that of {work.project.id!r}"
        _is(work.project.id == project, seen)
        return work

    async def finalised(self, tenant: str) -> list[Order]:
        """Read the orders that wait, and look at the answer."""
        answer: Any = await heard("finalised", self.port.finalised(tenant), self._promise)
        _is(isinstance(answer, Sequence), f"finalised() returned a {named_type(answer)} instead of a list")
        for each in answer:
            _is(isinstance(each, Order), f"finalised() returned a {named_type(each)} among its orders")
        return list(cast("Sequence[Order]", answer))


def _is(ok: bool, seen: str) -> None:
    require(ok, p.ANSWERS_ARE_WORK, seen)


@final
class WorkLogStage(Stage):
    """One check's stage: fresh data, and `log`, an instance over it.

    Attributes:
        tenant: Whose work a check is about.
        other: Another tenant.
    """

    harnesses = (WorkLogHarness, AsyncWorkLogHarness)
    hanging_breaks = p.WORK_OF_ONE_MOMENT
    log: Instance

    def __init__(self, harness: WorkLogHarness | AsyncWorkLogHarness, promise: Promise) -> None:
        self._harness = harness
        self.tenant, self.other = harness.tenants
        require_known(harness.required)
        self._houses = {tenant: House() for tenant in harness.tenants}
        self._comparison = Comparison(promise, self._houses)
        # Orders that were told.
        self._waited: set[tuple[str, str]] = set()
        super().__init__(harness, promise)

    def another(self) -> Instance:
        """Return another instance over the same data."""
        harness = self._harness
        if isinstance(harness, AsyncWorkLogHarness):
            return Instance(AwaitedWorkLog(harness.work_log()), self.promise)
        return Instance(LiftedWorkLog(harness.work_log()), self.promise)

    def _renew(self) -> None:
        self.log = self.another()

    # What people do

    def site(self, tenant: str | None = None, name: str = "House", **changes: Any) -> Site:
        """Create a project, with a customer, a product, a work type, a member and a task of its own."""
        tenant = tenant or self.tenant
        customer = id_of(self.put(Customer(id=new_id("c"), name="Customer"), tenant))
        product = id_of(self.put(Product(id=new_id("p"), number=new_id(""), name="Product"), tenant))
        work_type = id_of(self.put(WorkType(id=new_id("w"), name="Work", product=product), tenant))
        member = id_of(self.put(Member(id=new_id("m"), name="Member"), tenant))
        known: dict[str, Any] = {"id": new_id("j"), "number": new_id(""), "name": name, "customer": customer}
        project = self.project(Project(**(known | changes)), tenant)
        task = id_of(self.put(Task(id=new_id("t"), name="Task"), tenant, project))
        return Site(tenant, project, customer, product, work_type, member, task)

    def project(self, project: Project, tenant: str) -> str:
        """Create a project, and return its id."""
        id = id_of(self.put(project, tenant))
        if id is None:
            message = (
                "put_raw() returned None for a project, which every host has. Does its table require more "
                'than was given, say so in the harness: required = {Project: ("number",)}.'
            )
            raise TypeError(message)
        return id

    def put(self, value: Thing, tenant: str, project: str | None = None) -> Thing | None:
        """Create or replace something past the port, and return it as the host has it."""
        kept = self._harness.put_raw(tenant, self._with_required(value, tenant), project)
        house = self._houses[tenant]
        match kept:
            case Customer():
                house.customers[kept.id] = kept
            case Product():
                house.products[kept.id] = kept
            case WorkType():
                house.work_types[kept.id] = kept
            case Member():
                house.members[kept.id] = kept
            case WorkSettings():
                house.settings = kept
            case Project():
                house.projects.setdefault(kept.id, Books(kept)).project = kept
            case Task():
                house.projects[project or ""].tasks[kept.id] = kept
            case Prices():
                house.projects[project or ""].prices = kept
            case None:
                pass
        return kept

    def book(
        self, site: Site, entries: Sequence[TimeEntry] = (), costs: Sequence[Expense] = ()
    ) -> tuple[Sequence[TimeEntry], Sequence[Expense]]:
        """Book past the port, all in one transaction, and return it as the host has it."""
        entries = [self._with_required(each, site.tenant, site) for each in entries]
        costs = [self._with_required(each, site.tenant, site) for each in costs]
        hours, spent = self._harness.book_raw(site.tenant, site.project, entries, costs)
        books = self._houses[site.tenant].projects[site.project]
        books.entries.update((each.id, each) for each in as_kept("hours", entries, hours))
        books.costs.update((each.id, each) for each in as_kept("costs", costs, spent))
        return hours, spent

    def _with_required(self, value: V, tenant: str, site: Site | None = None) -> V:
        """Give what would be left out, and the host's tables require."""
        names = self._harness.required.get(type(value), ())
        lacking = [name for name in names if getattr(value, name) is None]
        filled: dict[str, Any] = {name: self._stand_in(name, tenant, site) for name in lacking}
        return evolve(value, **filled)

    def _stand_in(self, name: str, tenant: str, site: Site | None) -> object:
        if name in STAND_INS:
            return STAND_INS[name]
        if name == "number":
            return new_id("")
        if site is not None:
            return getattr(site, name)
        if name == "customer":
            return id_of(self.put(Customer(id=new_id("c"), name="Customer"), tenant))
        return id_of(self.put(Product(id=new_id("p"), number=new_id(""), name="Product"), tenant))

    def finalise(self, order: Order, tenant: str | None = None) -> None:
        """Finalise an order past the port."""
        self._harness.finalise_raw(tenant or self.tenant, order)

    def archive(self, site: Site) -> None:
        """Archive a project past the port."""
        self._harness.archive_raw(site.tenant, site.project)

    # What is told of it

    async def matches(self, site: Site, period: Period = MARCH, instance: Instance | None = None) -> Work:
        """Require that the work on a project is told as people left it."""
        work = await (instance or self.log).work(site.tenant, site.project, period)
        wrong = next(self._comparison.wrong(site, work, period), None)
        if wrong is not None:
            anew = await self.another().work(site.tenant, site.project, period)
            if next(self._comparison.wrong(site, anew, period), None) is None:
                raise PromiseBroken(p.NO_STALE_WORK, f"a new instance alone tells it right: {wrong[1]}")
            raise PromiseBroken(*wrong)
        self._comparison.note_right(work)
        return work

    async def waiting(self, *wanted: Order, tenant: str | None = None) -> None:
        """Require that exactly these orders wait, in this order."""
        tenant = tenant or self.tenant
        seen = await self.log.finalised(tenant)
        told = {each.id for each in seen}
        gone = [each.id for each in wanted if (tenant, each.id) in self._waited and each.id not in told]
        if gone:
            lost = f"orders were told, and are not told any more: {', '.join(gone)}"
            raise PromiseBroken(p.READING_CHANGES_NOTHING, lost)
        wrong = wrong_orders(seen, wanted)
        if wrong is not None:
            if wrong_orders(await self.another().finalised(tenant), wanted) is None:
                raise PromiseBroken(p.NO_STALE_WORK, f"a new instance alone tells it right: {wrong[1]}")
            raise PromiseBroken(*wrong)
        self._waited.update((tenant, each.id) for each in wanted)

    async def probe(self) -> None:
        """Require what every check stands on, so that a failure names the promise that is broken first."""
        site = self.site(self.other, name="Probe")
        (hours,), _ = self.book(site, [site.entry()])
        self.book(site, (), [site.cost(), site.cost(entry=hours.id)])
        await self.matches(site)
        self.book(site, [evolve(hours, billable_minutes=61)])
        await self.matches(site, instance=self.another())
