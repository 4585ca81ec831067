"""What people do in the checks of `WorkLog`: projects, hours and costs with all that they refer to."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

import attrs
from attrs import define, field, frozen

from visma_busy_sync.busy import (
    Customer,
    Expense,
    FixedPrice,
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
    WorkSettings,
    WorkType,
)
from visma_busy_sync.testing._kit.stage import shown
from visma_busy_sync.testing._kit.work_required import REQUIRABLE

V = TypeVar("V", TimeEntry, Expense)

MARCH: Final = Period(date(2026, 3, 1), date(2026, 3, 31))
NOON: Final = datetime(2026, 3, 10, 12, tzinfo=UTC)

_DAY: Final = timedelta(days=1)
_NUMBERS: Final = itertools.count(1)

FEW_DECIMALS: Final = " (has its column fewer than four decimals?)"
_BUSYS_DECIMALS: Final = 4

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
class Books:
    """What people did on a project."""

    project: Project
    prices: Prices | None = None
    tasks: dict[str, Task] = field(factory=dict[str, Task])
    entries: dict[str, TimeEntry] = field(factory=dict[str, TimeEntry])
    costs: dict[str, Expense] = field(factory=dict[str, Expense])


@define
class House:
    """What people did in a tenant."""

    settings: WorkSettings | None = None
    customers: dict[str, Customer] = field(factory=dict[str, Customer])
    products: dict[str, Product] = field(factory=dict[str, Product])
    work_types: dict[str, WorkType] = field(factory=dict[str, WorkType])
    members: dict[str, Member] = field(factory=dict[str, Member])
    projects: dict[str, Books] = field(factory=dict[str, Books])


def as_kept(what: str, given: Sequence[V], kept: Sequence[V]) -> Sequence[V]:
    """Require of a harness that a value is as it was given, but for what the host does not keep."""
    if len(kept) != len(given):
        message = f"book_raw() was given {len(given)} {what} and returned {len(kept)}"
        raise ValueError(message)
    for one, other in zip(given, kept, strict=True):
        for each in attrs.fields(type(one)):
            wanted, now = getattr(one, each.name), getattr(other, each.name)
            if each.name not in _HOSTS_OWN and now not in (wanted, each.default):
                message = (
                    f"book_raw() returned {what} with another {each.name} than they were given with: "
                    f"{shown(repr(now))} instead of {shown(repr(wanted))}"
                )
                raise ValueError(f"{message}{_cure(type(one), each.name, wanted, now)}")
    return kept


def _cure(kind: type, name: str, wanted: object, now: object) -> str:
    if name == "approval":
        return ". Has the host no approval, return Approval.NONE; its settings say that all of it is billed."
    if wanted is None and name in REQUIRABLE[kind]:
        return f". Is it required here, say so in the harness: required = {{{kind.__name__}: ({name!r},)}}."
    return FEW_DECIMALS if cut(now, wanted) else ""


def cut(now: object, wanted: object) -> bool:
    """Tell whether an amount differs as if its column had fewer than four decimals."""
    if not isinstance(wanted, Decimal) or not isinstance(now, Decimal) or wanted == now:
        return False
    decimals = len(f"{now.normalize():f}".partition(".")[2])
    return decimals < _BUSYS_DECIMALS and abs(wanted - now) < Decimal(1).scaleb(-decimals)


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
