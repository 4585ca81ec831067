"""The stage of the checks of `WorkLog`: one whose answers are looked at, and what people do past it.

What people did is kept beside it, as the harness says that the host has it. An answer is compared with that,
and a difference names the promise that it breaks by what is different.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias, TypeVar, cast, final

import attrs
from attrs import define, evolve, field, frozen

from visma_busy_sync.busy import (
    Customer,
    Expense,
    FixedPrice,
    Grouping,
    Member,
    Order,
    OrderLine,
    Period,
    PriceMode,
    Prices,
    PriceSource,
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
from visma_busy_sync.testing._kit.stage import Stage, heard, named_type, shown

V = TypeVar("V", TimeEntry, Expense)

Wrong: TypeAlias = tuple[Promise, str]
"""A promise that an answer breaks, and what was seen."""

MARCH: Final = Period(date(2026, 3, 1), date(2026, 3, 31))
NOON: Final = datetime(2026, 3, 10, 12, tzinfo=UTC)

_DAY: Final = timedelta(days=1)
_NUMBERS: Final = itertools.count(1)

# A host gives ids itself, and may know days only.
_HOSTS_OWN: Final = frozenset({"id", "start", "entry"})


def new_id(prefix: str) -> str:
    """Return an id that nothing else has."""
    return f"{prefix}{next(_NUMBERS)}"


def id_of(thing: Customer | Member | Product | Project | Task | WorkType | None) -> str | None:
    """Return the id that the host has for something; None: it has no such thing."""
    return None if thing is None else thing.id


def reach(period: Period) -> Period:
    """Return the days in UTC whose hours have to come."""
    return Period(period.first - _DAY, period.last + _DAY)


def utc_day(entry: TimeEntry) -> date:
    """Return the day in UTC on which work began."""
    return entry.start.astimezone(UTC).date()


@frozen
class Site:
    """The ids of a project and of what its hours and costs refer to; None: the host has no such thing."""

    tenant: str
    project: str
    customer: str | None
    product: str | None
    work_type: str | None
    member: str | None
    task: str | None

    def entry(self, **changes: Any) -> TimeEntry:
        """Return new hours on the project."""
        known: dict[str, Any] = {
            "id": new_id("h"),
            "member": self.member or "m",
            "work_type": self.work_type,
            "task": self.task,
            "start": NOON,
            "billable_minutes": 60,
        }
        return TimeEntry(**(known | changes))

    def cost(self, **changes: Any) -> Expense:
        """Return a new cost on the project."""
        known: dict[str, Any] = {
            "id": new_id("k"),
            "date": NOON.date(),
            "product": self.product,
            "out_price": Decimal(100),
        }
        return Expense(**(known | changes))


@define
class _Books:
    """What people did on a project."""

    project: Project
    prices: Prices | None = None
    tasks: dict[str, Task] = field(factory=dict[str, Task])
    entries: dict[str, TimeEntry] = field(factory=dict[str, TimeEntry])
    costs: dict[str, Expense] = field(factory=dict[str, Expense])


@define
class _House:
    """What people did in a tenant."""

    settings: WorkSettings | None = None
    customers: dict[str, Customer] = field(factory=dict[str, Customer])
    products: dict[str, Product] = field(factory=dict[str, Product])
    work_types: dict[str, WorkType] = field(factory=dict[str, WorkType])
    members: dict[str, Member] = field(factory=dict[str, Member])
    projects: dict[str, _Books] = field(factory=dict[str, _Books])


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
        self._houses = {tenant: _House() for tenant in harness.tenants}
        # What was told right, and which orders.
        self._right: dict[object, object] = {}
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
            raise TypeError("put_raw() returned None for a project, which every host has")
        return id

    def put(self, value: Thing, tenant: str, project: str | None = None) -> Thing | None:
        """Create or replace something past the port, and return it as the host has it."""
        kept = self._harness.put_raw(tenant, value, project)
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
                house.projects.setdefault(kept.id, _Books(kept)).project = kept
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
        hours, spent = self._harness.book_raw(site.tenant, site.project, entries, costs)
        books = self._houses[site.tenant].projects[site.project]
        books.entries.update((each.id, each) for each in _kept("hours", entries, hours))
        books.costs.update((each.id, each) for each in _kept("costs", costs, spent))
        return hours, spent

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
        wrong = next(self._wrong(site, work, period), None)
        if wrong is not None:
            anew = await self.another().work(site.tenant, site.project, period)
            if next(self._wrong(site, anew, period), None) is None:
                raise PromiseBroken(p.NO_STALE_WORK, f"a new instance alone tells it right: {wrong[1]}")
            raise PromiseBroken(*wrong)
        self._right.update((_name_of(each), each) for each in (*work.entries, *work.expenses))
        return work

    def _wrong(self, site: Site, work: Work, period: Period) -> Iterator[Wrong]:
        """Tell in what an answer differs from what people did; nothing where it does not."""
        house = self._houses[site.tenant]
        books = house.projects[site.project]
        if work.project != books.project:
            yield self._differs("the project", work.project, books.project)
        yield from self._wrong_hours(site, work, period)
        yield from self._wrong_costs(site, work, period)
        yield from self._wrong_terms("prices", work.prices, books.prices, self._other_prices(site))
        others = [each.settings for tenant, each in self._houses.items() if tenant != site.tenant]
        yield from self._wrong_terms("settings", work.settings, house.settings, others)
        yield from self._wrong_references(site, work)
        yield from self._foreign(site, work)

    def _wrong_hours(self, site: Site, work: Work, period: Period) -> Iterator[Wrong]:
        booked = self._houses[site.tenant].projects[site.project].entries
        seen = {each.id: each for each in work.entries}
        yield from self._made_up("hours", seen, booked, site)
        for id, wanted in booked.items():
            day = utc_day(wanted)
            if id in seen and seen[id] != wanted:
                yield self._differs("hours", seen[id], wanted)
            elif id not in seen and day in reach(period):
                inside = period.first < day < period.last
                promise = p.WORK_AS_BOOKED if inside else p.HOURS_OF_THE_EDGES
                days = f"{period.first} to {period.last}"
                yield promise, f"hours that began on {wanted.start} are not in the work of {days}"

    def _wrong_costs(self, site: Site, work: Work, period: Period) -> Iterator[Wrong]:
        books = self._houses[site.tenant].projects[site.project]
        hours = {each.id for each in work.entries}
        seen = {each.id: each for each in work.expenses}
        yield from self._made_up("costs", seen, books.costs, site)
        for id, wanted in books.costs.items():
            if id in seen and seen[id] != wanted:
                yield self._differs("a cost", seen[id], wanted)
            elif wanted.entry is None and wanted.date in period and id not in seen:
                days = f"{period.first} to {period.last}"
                yield p.COSTS_BY_THEIR_DAY, f"a cost of {wanted.date} is not in the work of {days}"
            elif wanted.entry is not None and (wanted.entry in hours) != (id in seen):
                how = "without its hours" if id in seen else "missing, and its hours are there"
                yield p.COSTS_WITH_THEIR_HOURS, f"a cost of {wanted.date} on hours is {how}"

    def _made_up(
        self, what: str, seen: Mapping[str, object], booked: Mapping[str, object], site: Site
    ) -> Iterator[Wrong]:
        for id in seen.keys() - booked.keys():
            elsewhere = any(
                id in other.entries or id in other.costs
                for house in self._houses.values()
                for other in house.projects.values()
            )
            of = "of another project or tenant" if elsewhere else "that nobody booked"
            promise = p.WORK_APART if elsewhere else p.WORK_AS_BOOKED
            yield promise, f"the work on the project {site.project!r} has {what} {of}: {id!r}"

    def _other_prices(self, site: Site) -> Sequence[Prices | None]:
        return [
            books.prices
            for tenant, house in self._houses.items()
            for id, books in house.projects.items()
            if (tenant, id) != (site.tenant, site.project)
        ]

    def _wrong_terms(
        self, what: str, seen: object, wanted: object, others: Sequence[object]
    ) -> Iterator[Wrong]:
        if wanted is not None and seen != wanted:
            if seen in others:
                yield p.WORK_APART, f"the {what} are those of another project or tenant"
            else:
                yield self._differs(f"the {what}", seen, wanted)

    def _wrong_references(self, site: Site, work: Work) -> Iterator[Wrong]:
        house = self._houses[site.tenant]
        books = house.projects[site.project]
        types = {each.work_type for each in work.entries} | {each.work_type for each in work.expenses}
        products = {each.product for each in work.expenses}
        products |= {
            house.work_types[each.work_type].product
            for each in work.expenses
            if each.product is None and each.work_type in house.work_types
        }
        wanted: list[tuple[str, set[str | None], Mapping[str, object], Sequence[Any]]] = [
            ("work type", types, house.work_types, work.work_types),
            ("product", products, house.products, work.products),
        ]
        if work.project.allows_several_customers:
            customers = {each.customer for each in work.entries}
            customers |= {each.customer for each in work.expenses}
            wanted.append(("customer", customers, house.customers, work.customers))
        if work.settings.grouping is Grouping.TASK:
            wanted.append(("task", {each.task for each in work.entries}, books.tasks, work.tasks))
        if work.settings.names_in_texts:
            wanted.append(("member", {each.member for each in work.entries}, house.members, work.members))
        for what, ids, known, told in wanted:
            seen = {each.id: each for each in told}
            for id in ids & known.keys():
                if id not in seen:
                    yield p.ALL_THAT_BILLS_IT, f"a {what} is missing that hours or costs refer to: {id!r}"
                elif seen[id] != known[cast("str", id)]:
                    yield self._differs(f"a {what}", seen[id], known[cast("str", id)])

    def _foreign(self, site: Site, work: Work) -> Iterator[Wrong]:
        """Tell what is another tenant's, and tasks of another project."""
        mine = self._houses[site.tenant]
        for tenant, house in self._houses.items():
            pairs: list[tuple[str, Sequence[Any], Mapping[str, object], Mapping[str, object]]] = [
                (f"tasks of {id}", work.tasks, books.tasks, mine.projects[site.project].tasks)
                for id, books in house.projects.items()
            ]
            if tenant != site.tenant:
                pairs += [
                    ("customers", work.customers, house.customers, mine.customers),
                    ("products", work.products, house.products, mine.products),
                    ("work types", work.work_types, house.work_types, mine.work_types),
                    ("members", work.members, house.members, mine.members),
                ]
            for what, told, theirs, ours in pairs:
                if any(each.id in theirs and each.id not in ours for each in told):
                    yield p.WORK_APART, f"the work on the project {site.project!r} has {what} of others"

    def _differs(self, what: str, seen: object, wanted: object) -> Wrong:
        fields = attrs.fields(cast("type[attrs.AttrsInstance]", type(wanted)))
        pairs = {each.name: (getattr(seen, each.name), getattr(wanted, each.name)) for each in fields}
        differ = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        told = [f"{name} {one!r} instead of {other!r}" for name, (one, other) in differ.items()]
        promise = p.WORK_AS_BOOKED
        if self._right.get(_name_of(wanted)) == wanted:
            promise = p.READING_CHANGES_NOTHING
            told.append("which was told right before, and nobody changed it")
        elif self.promise in _ODD and all(_is_odd(self.promise, pair) for pair in differ.values()):
            promise = self.promise
        return promise, shown(f"{what} told with {', '.join(told)}")

    async def waiting(self, *wanted: Order, tenant: str | None = None) -> None:
        """Require that exactly these orders wait, in this order."""
        tenant = tenant or self.tenant
        seen = await self.log.finalised(tenant)
        told = {each.id for each in seen}
        gone = [each.id for each in wanted if (tenant, each.id) in self._waited and each.id not in told]
        if gone:
            lost = f"orders were told, and are not told any more: {', '.join(gone)}"
            raise PromiseBroken(p.READING_CHANGES_NOTHING, lost)
        wrong = _wrong_orders(seen, wanted)
        if wrong is not None:
            if _wrong_orders(await self.another().finalised(tenant), wanted) is None:
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


# What is odd in the checks of these alone: there a difference in it breaks them.
_ODD: Final[Mapping[Promise, tuple[type, ...]]] = {
    p.AMOUNTS_EXACT: (Decimal, dict, tuple),
    p.WORK_TEXTS_EXACT: (str,),
}


def _is_odd(promise: Promise, pair: tuple[object, object]) -> bool:
    # Exactly: words such as an approval are texts too.
    return all(type(each) in _ODD[promise] for each in pair)


def _name_of(value: object) -> object:
    return type(value), getattr(value, "id", None)


def _kept(what: str, given: Sequence[V], kept: Sequence[V]) -> Sequence[V]:
    """Require of a harness that a value is as it was given, but for what the host does not keep."""
    if len(kept) != len(given):
        message = f"book_raw() was given {len(given)} {what} and returned {len(kept)}"
        raise ValueError(message)
    for one, other in zip(given, kept, strict=True):
        for each in attrs.fields(type(one)):
            now = getattr(other, each.name)
            if each.name not in _HOSTS_OWN and now not in (getattr(one, each.name), each.default):
                message = f"book_raw() returned {what} with another {each.name} than they were given with"
                raise ValueError(message)
    return kept


def _wrong_orders(seen: Sequence[Order], wanted: Sequence[Order]) -> Wrong | None:
    ids, right = [each.id for each in seen], [each.id for each in wanted]
    foreign = sorted(set(ids) - set(right))
    if foreign:
        return p.WORK_APART, f"orders are told that nobody finalised for the tenant: {', '.join(foreign)}"
    lacking = sorted(set(right) - set(ids))
    if lacking:
        return p.ORDERS_AS_FINALISED, f"orders wait and are not told: {', '.join(lacking)}"
    if ids != right:
        return p.ORDERS_ONCE, f"the orders {', '.join(right)} are told as {', '.join(ids)}"
    for one, other in zip(seen, wanted, strict=True):
        if one.revision != other.revision:
            return p.ORDERS_ONCE, f"revision {other.revision} was finalised, and {one.revision} is told"
        # Equal amounts may have other digits; the hash sees what the ledger will compare.
        if one != other or one.content_hash != other.content_hash:
            return p.ORDERS_AS_FINALISED, f"the order {one.id} is told otherwise than it was finalised"
    return None


def order_of(site: Site, id: str, revision: int = 1, **changes: Any) -> Order:
    """Return an order on a project, as it is finalised."""
    line = OrderLine(
        text="Advice",
        quantity=Decimal("1.5833"),
        unit="h",
        unit_price=Decimal("1000.25"),
        total=Decimal("1583.73"),
        rounding_difference=Decimal("0.034175"),
        price_source=PriceSource.PROJECT,
        product=site.product or "p",
        eaccounting_article="00000000-0000-4000-8000-000000000050",
        parts=(),
    )
    known: dict[str, Any] = {
        "id": id,
        "revision": revision,
        "company_id": "company",
        "project": site.project,
        "customer": site.customer or "c",
        "eaccounting_customer": "00000000-0000-4000-8000-000000000010",
        "currency": "NOK",
        "order_date": MARCH.last,
        "period": MARCH,
        "lines": (line,),
        "rounding_rules": 1,
    }
    return Order(**(known | changes))


def all_rates(site: Site, mode: PriceMode, rate: Decimal) -> Prices:
    """Return prices that have the rate wherever prices have one."""
    who, what = site.member or "m", site.work_type or "w"
    return Prices(
        mode=mode,
        currency="EUR",
        project_rate=rate,
        member_rates={who: rate},
        work_type_rates={what: rate},
        member_work_type_rates={what: {who: rate}},
        member_defaults={who: rate},
        fixed_prices=(FixedPrice(work_type=what, amount=abs(rate)),),
    )
