"""What can be billed over all projects, over a sandbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import final

import attrs
import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.stepper import step
from visma_busy_sync.busy import FixedPrice, Period, PriceMode, Prices, Work
from visma_busy_sync.eaccounting.errors import NotFound
from visma_busy_sync.errors import DocumentUnreadable
from visma_busy_sync.integration import NotConnected, ProjectUnknown
from visma_busy_sync.integration._counterparts import _Cache
from visma_busy_sync.orders import MendedBy, ProblemCode, State
from visma_busy_sync.ports import Write
from visma_busy_sync.stores import MemoryWorkLog
from visma_busy_sync.sync import Kind

from .given import synced
from .office import ACME, MARCH, Office, cost, entry, with_work


def with_customer(office: Office) -> list[str]:
    """Busy's ids of the projects that have a customer and are not archived."""
    return [
        record.id
        for record in office.busy.load(ACME, Kind.PROJECT)
        if record.values["customer"] and not record.values["archived"]
    ]


def book(office: Office, project: str, id: str, minutes: int = 60) -> None:
    """Book hours at 1250 on a project."""
    rates = {"consulting": Decimal(1250)}
    office.hours.set_prices(ACME, project, Prices(mode=PriceMode.WORK_TYPE, work_type_rates=rates))
    office.hours.book(ACME, project, entry(id, minutes))


def test_the_worked_example_is_ready_and_is_gone_when_it_is_ordered(office: Office) -> None:
    """The amount is that of the order; then the next row tells the date of the last order."""
    acme = synced(office)
    project = with_work(office)
    (row,) = acme.preflight(MARCH).rows
    order = acme.build_order(project, MARCH, order_id="o1", order_date=date(2026, 3, 31))
    assert (row.project, row.hours, row.minutes, row.costs) == (project, 3, 700, 1)
    assert (row.amount, row.currency, row.ready) == (order.total, "NOK", True)
    assert row.last_order is None
    assert "POST /v2/orders" not in office.requests()
    acme.push(order)
    assert acme.preflight(MARCH).rows == ()
    office.hours.book(ACME, project, entry("h9", 30))
    (row,) = acme.preflight(MARCH).rows
    assert (row.minutes, row.last_order) == (30, date(2026, 3, 31))


def test_the_table_has_names_and_numbers_instead_of_ids(office: Office) -> None:
    """A project without a number goes by its name; a name that is long is cut, and none is in a repr."""
    acme = synced(office)
    with_work(office)
    for project in with_customer(office)[:2]:
        book(office, project, f"e-{project}")
    records = {each.id: each for kind in Kind for each in office.busy.load(ACME, kind)}
    first, *_, last = acme.preflight(MARCH).rows
    office.busy.edit(ACME, Kind.PROJECT, last.project, number=None, name="Taket\nvårt")
    assert first.customer is not None
    office.busy.edit(ACME, Kind.CUSTOMER, first.customer, name="Nordhav Borettslag, avdeling for bygg")

    preflight = acme.preflight(MARCH)
    told = str(preflight)
    for row in preflight.rows:
        assert row.customer is not None
        assert row.project not in told
        assert row.customer not in told
        assert row.project_name == office.busy.get(ACME, Kind.PROJECT, row.project).values["name"]
    assert f"\n{first.number} " in told
    assert " Nordhav Borettslag, avdeling… " in told
    assert "\nTaket vårt " in told
    assert "Nordhav" not in repr(preflight.rows)
    assert str(records[last.customer or ""].values["name"]) in told


def test_each_thing_is_read_once_and_long_lists_as_lists(office: Office) -> None:
    """However many projects there are, the budget of calls is not spent on them."""
    acme = synced(office)
    with_work(office)
    projects = with_customer(office)
    for place, project in enumerate(projects):
        book(office, project, f"p{place}")
    before = Counter(office.requests())
    preflight = acme.preflight(MARCH)
    made = Counter(office.requests()) - before
    assert len(preflight.rows) == len(projects) > 8
    assert made["GET /v2/articles/{id}"] == 2
    assert made["GET /v2/projects/{id}"] <= 5 < len(projects)
    assert made["GET /v2/projects"] > 0
    assert made.total() < 40


def test_what_blocks_several_projects_is_told_once_and_what_is_gone_stops_no_other(office: Office) -> None:
    acme = synced(office)
    with_work(office)
    first, second, third = with_customer(office)[:3]
    book(office, second, "s1")
    book(office, third, "t1")
    article = acme.build_order(second, MARCH).lines[0].eaccounting_article
    gone = acme.build_order(third, MARCH).eaccounting_project
    office.edit_upstream(Kind.PRODUCT, article, IsActive=False)
    office.control("DELETE", f"/records/projects/{gone}")
    preflight = acme.preflight(MARCH)
    inactive, project_gone = sorted(
        preflight.by_mender()[MendedBy.ACCOUNTANT], key=lambda one: -len(one.projects)
    )
    assert inactive.problem.code is ProblemCode.ARTICLE_INACTIVE
    assert set(inactive.projects) == {first, second, third}
    assert project_gone.problem.code is ProblemCode.PROJECT_GONE
    assert project_gone.projects == (third,)
    amounts = {row.project: row.amount for row in preflight.rows}
    assert (amounts[second], amounts[third]) == (Decimal(1250), Decimal(1250))


def test_an_archived_project_with_unbilled_work_is_there(office: Office) -> None:
    acme = synced(office)
    project = with_work(office)
    office.busy.edit(ACME, Kind.PROJECT, project, archived=True)
    assert [row.project for row in acme.preflight(MARCH).rows] == [project]


def test_a_project_that_the_host_cannot_tell_is_a_row_with_its_error(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are told all the same."""
    failures: dict[str, Exception] = {}
    whole = MemoryWorkLog.work

    def work(log: MemoryWorkLog, tenant: str, project: str, period: Period) -> Work:
        if project in failures:
            raise failures[project]
        return whole(log, tenant, project, period)

    monkeypatch.setattr(MemoryWorkLog, "work", work)
    acme = synced(office)
    project = with_work(office)
    unknown, broken, *_ = [id for id in with_customer(office) if id != project]
    failures |= {unknown: LookupError("x"), broken: RuntimeError("a secret")}
    preflight = acme.preflight(MARCH)
    rows = {row.project: row for row in preflight.rows}
    assert rows[project].ready
    assert isinstance(rows[unknown].error, ProjectUnknown)
    assert isinstance(rows[broken].error, RuntimeError)
    assert rows[broken].number is not None
    assert "secret" not in str(preflight)


def test_without_a_connection_nothing_is_told(office: Office) -> None:
    acme = synced(office)
    with_work(office)
    acme.disconnect()
    with pytest.raises(NotConnected):
        acme.preflight(MARCH)


def test_the_period_is_one(office: Office) -> None:
    with pytest.raises(ConfigurationError, match="period"):
        office.tenant().preflight("March")  # type: ignore[arg-type] # what is tried


def test_a_fixed_price_is_billed_once(office: Office) -> None:
    """What an order bills of it is known to the preflight and to the next order."""
    acme = synced(office)
    project = with_work(office)
    prices = office.hours.work(ACME, project, MARCH).prices
    fixed = FixedPrice(work_type="travel", amount=Decimal(9000))
    office.hours.set_prices(ACME, project, attrs.evolve(prices, fixed_prices=(fixed,)))
    order = acme.build_order(project, MARCH, order_id="o1", order_date=date(2026, 3, 31))
    (row,) = acme.preflight(MARCH).rows
    assert (row.fixed_prices, row.amount) == (1, order.total)
    acme.push(order)
    assert acme.preflight(MARCH).rows == ()
    office.hours.spend(ACME, project, cost("k9"))
    assert [line.price_source for line in acme.build_order(project, MARCH).lines] == ["cost"]
    # What the order itself bills does not count against it.
    assert {*order.claims, "expense:k9"} == set(acme.build_order(project, MARCH, order_id="o1").claims)


@pytest.mark.parametrize(
    ("body", "reason"),
    [('{"schema": 99, "data": {}}', "its schema is 99"), ("{}", "it is damaged")],
    ids=["of a newer version", "damaged"],
)
def test_a_fixed_price_that_cannot_be_read_says_why(office: Office, body: str, reason: str) -> None:
    """One that a newer version wrote is not damaged: an update is the cure, not a backup."""
    acme = synced(office)
    project = with_work(office)
    prices = office.hours.work(ACME, project, MARCH).prices
    fixed = FixedPrice(work_type="travel", amount=Decimal(9000))
    office.hours.set_prices(ACME, project, attrs.evolve(prices, fixed_prices=(fixed,)))
    acme.push(acme.build_order(project, MARCH))
    (found,) = office.state.scan("fixed-price/", ACME)
    assert office.state.commit(ACME, [Write(found.key, found.document.version, body)])
    (row,) = acme.preflight(MARCH).rows
    assert isinstance(row.error, DocumentUnreadable)
    assert row.error.reason.startswith(reason)
    assert reason in acme.preflight(MARCH).text("nb")


def test_of_several_customers_the_projects_own_one_gets_the_fixed_price(office: Office) -> None:
    """Also where another one's order is built and pushed first."""
    acme = synced(office)
    project = with_work(office)
    own = office.hours.work(ACME, project, MARCH).project.customer
    other = next(record.id for record in office.busy.load(ACME, Kind.CUSTOMER) if record.id != own)
    office.hours.allow_several_customers(ACME, project)
    office.hours.book(ACME, project, *(attrs.evolve(entry(id, 60), customer=other) for id in ("h1", "h2")))
    prices = office.hours.work(ACME, project, MARCH).prices
    fixed = FixedPrice(work_type="travel", amount=Decimal(9000))
    office.hours.set_prices(ACME, project, attrs.evolve(prices, fixed_prices=(fixed,)))
    told = {row.customer: (row.amount, row.fixed_prices) for row in acme.preflight(MARCH).rows}

    orders = [acme.build_order(project, MARCH, customer=customer) for customer in (other, own)]
    assert told == {other: (orders[0].total, 0), own: (orders[1].total, 1), None: (None, 0)}
    assert [acme.push(order).state for order in orders] == [State.TRANSFERRED] * 2
    assert acme.preflight(MARCH).totals.amounts == {}


@pytest.mark.parametrize(
    ("several", "code"),
    [(True, ProblemCode.CUSTOMER_AMBIGUOUS), (False, ProblemCode.CUSTOMER_MISSING)],
)
def test_an_open_fixed_price_of_nobody_is_told(office: Office, several: bool, code: ProblemCode) -> None:
    """With its amount, and what keeps it from an order."""
    acme = synced(office)
    with_work(office)
    lone = next(record.id for record in office.busy.load(ACME, Kind.PROJECT) if not record.values["customer"])
    fixed = FixedPrice(work_type="travel", amount=Decimal(9000))
    office.hours.set_prices(ACME, lone, Prices(mode=PriceMode.WORK_TYPE, fixed_prices=(fixed,)))
    if several:
        office.hours.allow_several_customers(ACME, lone)
    (row,) = [row for row in acme.preflight(MARCH).rows if row.project == lone]

    assert (row.customer, row.fixed_prices, row.amount, row.ready) == (None, 1, Decimal(9000), False)
    assert code in [problem.code for problem in row.problems]


@final
@attrs.frozen
class _Row:
    id: str


@final
class _List:
    """A list of eAccounting with one row that its whole reading lacks."""

    def __init__(self, *ids: str) -> None:
        self.ids = ids
        self.asked: list[str] = []

    async def get(self, id: str) -> _Row:
        self.asked.append(id)
        if id not in self.ids:
            raise NotFound("gone", operation="GET /rows/{id}", status=404)
        return _Row(id)

    async def read(self) -> Sequence[_Row]:
        self.asked.append("all")
        return [_Row(id) for id in self.ids[1:]]


def test_rows_are_asked_for_by_id_until_that_costs_as_much_as_the_list() -> None:
    """What the list lacks is asked for all the same: only that answer says that a row is gone."""
    rows = _List(*"abcdefgh")
    cache = _Cache(rows.get, rows.read, 8)
    for id in "bcdebcde":
        assert step(cache.get, id) == _Row(id)
    assert rows.asked == ["b", "c", "d", "e"]
    assert step(cache.get, "f") == _Row("f")
    assert [step(cache.get, id) for id in "ghaxax"] == [
        _Row("g"),
        _Row("h"),
        _Row("a"),
        None,
        _Row("a"),
        None,
    ]
    assert rows.asked == ["b", "c", "d", "e", "all", "a", "x"]
