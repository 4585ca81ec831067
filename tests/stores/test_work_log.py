"""The work logs of the box keep hours, costs, prices and orders, in memory and in SQL alike."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import cast

import pytest
from attrs import evolve

from visma_busy_sync.busy import (
    Approval,
    Exclusion,
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


def order(id: str, revision: int = 1) -> Order:
    line = OrderLine(
        text="Work 日本",
        quantity=Decimal("1.5833"),
        unit="h",
        unit_price=Decimal("1000.25"),
        total=Decimal("1583.73"),
        rounding_difference=Decimal("-0.000833"),
        price_source=PriceSource.PROJECT,
        product="p",
        eaccounting_article="a",
        parts=(),
    )
    return Order(
        id=id,
        revision=revision,
        company_id="c",
        project="j",
        customer="c",
        eaccounting_customer="e",
        currency="NOK",
        order_date=date(2026, 4, 1),
        period=MARCH,
        lines=(line,),
        rounding_rules=1,
    )


@pytest.fixture
def project(office: Office) -> str:
    customer = office.person.add("acme", Kind.CUSTOMER, name="Customer")
    office.person.add("acme", Kind.PRODUCT, name="Product")
    return office.person.add("acme", Kind.PROJECT, number="7", name="House", customer=customer)


def test_an_unknown_project_is_a_lookup_error(office: Office, project: str) -> None:
    for tenant, id in (
        ("acme", "x"),
        ("other", project),
        ("acme", ""),
        ("acme", "a\0b"),
        ("x" * 3000, project),
    ):
        with pytest.raises(LookupError) as caught:
            office.work.work(tenant, id, MARCH)
        assert type(caught.value) is LookupError


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


def test_every_field_comes_back_as_it_was_booked(office: Office, project: str) -> None:
    """Amounts exactly, odd texts, moments of any zone, what is not there as None."""
    odd = "Å 'være' \"her\"\\ \0 \u2028 e\u0301 \U0001f469\u200d\U0001f467 null"
    full = TimeEntry(
        id="Ø 'h' " + "x" * 200,
        member="m",
        work_type="w",
        customer="c",
        task="t",
        start=datetime(2026, 3, 29, 1, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-9, minutes=-30))),
        billable_minutes=1_000_000,
        rate=Decimal("-999999999999.9899999999"),
        approval=Approval.SUBMITTED,
        excluded=Exclusion.INTERNAL_TIME,
        order="o",
        comment=odd,
    )
    bare = hours("bare")
    spent = Expense(
        id="k",
        entry=full.id,
        date=date(2026, 3, 1),
        quantity=Decimal("0.0000000001"),
        out_price=Decimal("1E+3"),
    )
    work_type = WorkType(id="w", name=odd, product="p", default_rate=Decimal("1.10"))
    prices = Prices(
        mode=PriceMode.MEMBER,
        member_rates={odd: Decimal("-0.5")},
        member_work_type_rates={"w": {"m": Decimal(7)}},
        fixed_prices=(FixedPrice(work_type="w", amount=Decimal(5)),),
    )
    settings = WorkSettings(order_start_date=date(2024, 2, 29), invoice_text=odd, names_in_texts=True)
    office.hours.book("acme", project, full, bare, costs=[spent])
    office.hours.add_work_type("acme", work_type)
    office.hours.add_member("acme", Member(id="m", name=odd))
    office.hours.set_prices("acme", project, prices)
    office.hours.set_settings("acme", settings)
    work = office.work.work("acme", project, MARCH)
    assert work.entries == (full, bare)
    assert work.expenses == (spent,)
    assert work.work_types == (work_type,)
    assert work.members == (Member(id="m", name=odd),)
    assert (work.prices, work.settings) == (prices, settings)


def test_big_values_come_back(office: Office, project: str) -> None:
    """A comment of a megabyte, rates of a thousand members, fixed prices of a thousand work types."""
    long = evolve(hours("h"), comment="Ærlig talt " * 100_000)
    rates = {f"m{at}": Decimal(at) for at in range(1_000)}
    fixed = tuple(FixedPrice(work_type=f"w{at}", amount=Decimal(at)) for at in range(1_000))
    prices = Prices(mode=PriceMode.MEMBER, member_rates=rates, fixed_prices=fixed)
    office.hours.book("acme", project, long)
    office.hours.set_prices("acme", project, prices)
    work = office.work.work("acme", project, MARCH)
    assert (work.entries, work.prices) == ((long,), prices)


def test_a_project_that_nobody_pays_for_says_so(office: Office, project: str) -> None:
    assert office.work.work("acme", project, MARCH).project.is_billable
    for billable in (False, True):
        office.hours.set_billable("acme", project, billable=billable)
        assert office.work.work("acme", project, MARCH).project.is_billable is billable


def test_an_archived_project_still_answers(office: Office, project: str) -> None:
    office.hours.book("acme", project, hours("h1"))
    office.person.edit("acme", Kind.PROJECT, project, archived=True)
    assert office.work.work("acme", project, MARCH).entries == (hours("h1"),)


def test_products_have_their_numbers(office: Office, project: str) -> None:
    """And one without a name has its id in place of it."""
    nameless = office.person.add("acme", Kind.PRODUCT, number="007", name=" ")
    assert (
        Product(id=nameless, number="007", name=nameless) in office.work.work("acme", project, MARCH).products
    )


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


@pytest.mark.parametrize("offset", [-23, -12, 0, 14, 23])
def test_it_is_the_moment_that_counts_not_how_it_was_written(
    office: Office, project: str, offset: int
) -> None:
    """Each moment that is within the period somewhere on earth comes along, whatever its offset."""
    zone = timezone(timedelta(hours=offset))
    for id, moment in {
        "first": datetime(2026, 2, 28, tzinfo=UTC),
        "last": datetime(2026, 4, 1, 23, 59, tzinfo=UTC),
        "before": datetime(2026, 2, 27, 23, 59, tzinfo=UTC),
        "after": datetime(2026, 4, 2, tzinfo=UTC),
    }.items():
        office.hours.book("acme", project, hours(id, moment.astimezone(zone)))
    assert [entry.id for entry in office.work.work("acme", project, MARCH).entries] == ["first", "last"]


def test_the_longest_period_has_everything(office: Office, project: str) -> None:
    ends = [datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, 23, tzinfo=UTC)]
    office.hours.book("acme", project, *(hours(str(at), each) for at, each in enumerate(ends)))
    assert len(office.work.work("acme", project, Period(date.min, date.max)).entries) == 2


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


def test_what_is_added_again_is_replaced_where_it_was(office: Office, project: str) -> None:
    for name in ("Old", "New"):
        for id in ("1", "2") if name == "Old" else ("1",):
            office.hours.add_work_type("acme", WorkType(id=id, name=name))
            office.hours.add_member("acme", Member(id=id, name=name))
            office.hours.add_task("acme", project, Task(id=id, name=name))
        office.hours.set_prices("acme", project, Prices(mode=PriceMode.PROJECT, currency=name[:3].upper()))
        office.hours.set_settings("acme", WorkSettings(invoice_text=name))
    work = office.work.work("acme", project, MARCH)
    for kept in (work.work_types, work.members, work.tasks):
        assert [(each.id, each.name) for each in kept] == [("1", "New"), ("2", "Old")]
    assert (work.prices.currency, work.settings.invoice_text) == ("NEW", "New")


def test_the_last_booking_of_an_id_counts(office: Office, project: str) -> None:
    """Also in one call."""
    office.hours.book("acme", project, hours("h"), evolve(hours("h"), billable_minutes=7))
    assert [entry.billable_minutes for entry in office.work.work("acme", project, MARCH).entries] == [7]


def test_booking_nothing_changes_nothing(office: Office, project: str) -> None:
    office.hours.book("acme", project)
    office.hours.spend("acme", project)
    assert office.work.work("acme", project, MARCH).entries == ()


def test_projects_and_tenants_are_apart(office: Office, project: str) -> None:
    other = office.person.add("acme", Kind.PROJECT, name="Other")
    foreign = office.person.add("other", Kind.PROJECT, name="Foreign")
    office.hours.book("acme", project, hours("h1"))
    office.hours.add_work_type("acme", WorkType(id="w", name="Work"))
    office.hours.add_task("acme", project, Task(id="t", name="Task"))
    office.hours.spend("acme", other, cost("k1", entry="h1"))
    assert office.work.work("acme", other, MARCH).entries == ()
    assert office.work.work("acme", other, MARCH).tasks == ()
    # The hours of that cost are not known on its own project, so that somebody sees it.
    assert [each.id for each in office.work.work("acme", other, MARCH).expenses] == ["k1"]
    assert office.work.work("acme", project, MARCH).expenses == ()
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


def test_orders_come_back_as_they_were_finalised(office: Office) -> None:
    """In that order, each once: a new revision replaces the one before and comes last."""
    for each in (order("o1"), order("Ø 2"), order("o3")):
        office.hours.finalise("acme", each)
    office.hours.finalise("other", order("o1", 9))
    assert list(office.work.finalised("acme")) == [order("o1"), order("Ø 2"), order("o3")]
    office.hours.finalise("acme", order("o1", 2))
    assert list(office.work.finalised("acme")) == [order("Ø 2"), order("o3"), order("o1", 2)]
    assert list(office.work.finalised("other")) == [order("o1", 9)]
    assert list(office.work.finalised("x" * 3000)) == []


def test_hours_and_costs_of_one_booking_are_seen_together(office: Office, project: str) -> None:
    """A writer books an hour with its cost, and changes both, in one call; no reader sees one of them."""
    done = threading.Event()
    torn: list[Work] = []

    def pair(minutes: int) -> tuple[TimeEntry, Expense]:
        return (
            evolve(hours("h"), billable_minutes=minutes),
            evolve(cost("k", entry="h"), quantity=Decimal(minutes)),
        )

    def look() -> None:
        while not done.is_set():
            work = office.work.work("acme", project, MARCH)
            if [each.billable_minutes for each in work.entries] != [each.quantity for each in work.expenses]:
                torn.append(work)

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    for minutes in range(60):
        entry, spent = pair(minutes)
        office.hours.book("acme", project, entry, costs=[spent])
    done.set()
    for reader in readers:
        reader.join()
    assert torn == []


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
