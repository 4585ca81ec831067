"""The contract of `WorkLog`, on the memory store over a memory catalogue."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import cast

import pytest

from visma_busy_sync.busy import (
    Expense,
    Period,
    PriceMode,
    Prices,
    Task,
    TimeEntry,
    Work,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.sync import Kind

from .conftest import Office

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def hours(id: str, start: datetime = datetime(2026, 3, 10, 8, tzinfo=UTC)) -> TimeEntry:
    return TimeEntry(id=id, member="m", work_type="w", start=start, billable_minutes=60)


def cost(id: str, day: date = date(2026, 3, 10), entry: str | None = None) -> Expense:
    return Expense(id=id, date=day, entry=entry, out_price=Decimal(5))


@pytest.fixture
def project(office: Office) -> str:
    customer = office.person.add("acme", Kind.CUSTOMER, name="Customer")
    office.person.add("acme", Kind.PRODUCT, name="Product")
    return office.person.add("acme", Kind.PROJECT, number="7", name="House", customer=customer)


def test_an_unknown_project_is_a_lookup_error(office: Office, project: str) -> None:
    for tenant, id in (("acme", "x"), ("other", project), ("acme", "")):
        with pytest.raises(LookupError):
            office.work.work(tenant, id, MARCH)


def test_a_project_without_work_is_empty(office: Office, project: str) -> None:
    work = office.work.work("acme", project, MARCH)
    assert (work.project.id, work.project.number, work.project.name) == (project, "7", "House")
    assert work.entries == ()
    assert work.expenses == ()
    assert work.prices == Prices(mode=PriceMode.PROJECT)


def test_work_is_one_value_with_all_that_bills_it(office: Office, project: str) -> None:
    work_type = WorkType(id="w", name="Work")
    prices = Prices(mode=PriceMode.PROJECT, project_rate=Decimal(100))
    settings = WorkSettings(allow_free_lines=True)
    office.hours.add_work_type("acme", work_type)
    office.hours.add_task("acme", project, Task(id="t", name="Task"))
    office.hours.set_prices("acme", project, prices)
    office.hours.set_settings("acme", settings)
    office.hours.book("acme", project, hours("h1"), hours("h2"))
    office.hours.spend("acme", project, cost("k1"))
    work = office.work.work("acme", project, MARCH)
    assert work.entries == (hours("h1"), hours("h2"))
    assert work.expenses == (cost("k1"),)
    assert (work.work_types, work.prices, work.settings) == ((work_type,), prices, settings)
    assert [task.name for task in work.tasks] == ["Task"]
    assert [product.name for product in work.products] == ["Product"]


def test_customers_come_where_the_project_has_several(office: Office, project: str) -> None:
    assert office.work.work("acme", project, MARCH).customers == ()
    office.hours.allow_several_customers("acme", project)
    work = office.work.work("acme", project, MARCH)
    assert work.project.allows_several_customers
    assert [customer.name for customer in work.customers] == ["Customer"]


def test_hours_at_the_edges_come_along(office: Office, project: str) -> None:
    """Which local day they are of is the builder's to decide."""
    edges = [
        hours("before", datetime(2026, 2, 28, 23, 30, tzinfo=UTC)),
        hours("after", datetime(2026, 4, 1, 0, 30, tzinfo=UTC)),
    ]
    far = [
        hours("long before", datetime(2026, 2, 27, tzinfo=UTC)),
        hours("long after", datetime(2026, 4, 2, tzinfo=UTC)),
    ]
    office.hours.book("acme", project, *edges, *far)
    assert office.work.work("acme", project, MARCH).entries == tuple(edges)


def test_a_cost_comes_with_its_hours_or_by_its_day(office: Office, project: str) -> None:
    office.hours.book("acme", project, hours("in"), hours("out", datetime(2026, 5, 5, tzinfo=UTC)))
    office.hours.spend(
        "acme",
        project,
        cost("of hours in", date(2026, 5, 5), "in"),
        cost("of hours out", entry="out"),
        cost("of no hours", entry="unknown"),
        cost("by day in"),
        cost("by day out", date(2026, 4, 1)),
    )
    work = office.work.work("acme", project, MARCH)
    assert [expense.id for expense in work.expenses] == ["of hours in", "of no hours", "by day in"]


def test_booking_the_same_id_again_changes_it(office: Office, project: str) -> None:
    office.hours.book("acme", project, hours("h1"), hours("h2"))
    changed = hours("h1", datetime(2026, 3, 11, tzinfo=UTC))
    office.hours.book("acme", project, changed)
    assert office.work.work("acme", project, MARCH).entries == (changed, hours("h2"))


def test_projects_and_tenants_are_apart(office: Office, project: str) -> None:
    other = office.person.add("acme", Kind.PROJECT, name="Other")
    foreign = office.person.add("other", Kind.PROJECT, name="Foreign")
    office.hours.book("acme", project, hours("h1"))
    office.hours.add_work_type("acme", WorkType(id="w", name="Work"))
    assert office.work.work("acme", other, MARCH).entries == ()
    assert office.work.work("other", foreign, MARCH).work_types == ()


def test_rates_are_not_shared(office: Office, project: str) -> None:
    """Prices hold dicts; what a caller does to them reaches the store no more than the other way round."""
    mine = Prices(
        mode=PriceMode.WORK_TYPE,
        work_type_rates={"w": Decimal(100)},
        member_work_type_rates={"w": {"m": Decimal(90)}},
    )
    office.hours.set_prices("acme", project, mine)
    for prices in (mine, office.work.work("acme", project, MARCH).prices):
        cast("dict[str, Decimal]", prices.work_type_rates)["w"] = Decimal(1)
        cast("dict[str, Decimal]", prices.member_work_type_rates["w"])["m"] = Decimal(1)
    kept = office.work.work("acme", project, MARCH).prices
    assert kept.work_type_rates == {"w": Decimal(100)}
    assert kept.member_work_type_rates == {"w": {"m": Decimal(90)}}


def test_what_was_read_does_not_change_afterwards(office: Office, project: str) -> None:
    work = office.work.work("acme", project, MARCH)
    office.hours.book("acme", project, hours("h1"))
    office.person.edit("acme", Kind.PROJECT, project, name="Hut")
    assert work.entries == ()
    assert work.project.name == "House"
    assert office.work.work("acme", project, MARCH).project.name == "Hut"


def test_nothing_is_finalised_at_first(office: Office) -> None:
    assert list(office.work.finalised("acme")) == []


def test_work_is_of_one_moment(office: Office, project: str) -> None:
    """A writer adds hours, each before its cost; no reader sees a cost whose hours are missing."""
    done = threading.Event()
    torn: list[Work] = []

    def look() -> None:
        while not done.is_set():
            work = office.work.work("acme", project, MARCH)
            if {expense.entry for expense in work.expenses} - {entry.id for entry in work.entries}:
                torn.append(work)

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(100):
        office.hours.book("acme", project, hours(f"h{number}"))
        office.hours.spend("acme", project, cost(f"k{number}", entry=f"h{number}"))
    done.set()
    reader.join()
    assert torn == []
