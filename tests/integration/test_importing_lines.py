"""Order lines from a CSV file (D26 to D33), from the bytes to the drafts, over a sandbox."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import attrs
import pytest

from visma_busy_sync._facade import Tenant
from visma_busy_sync.busy import (
    FixedPrice,
    LeftOutReason,
    Period,
    PriceMode,
    Prices,
    TimeEntry,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.integration import NotConnected
from visma_busy_sync.orders import ImportRefused, OrderTexts, RowWarningCode, State
from visma_busy_sync.sync import Kind, Value

from .office import ACME, MARCH, Office, cost, entry, with_work


def imported(office: Office) -> tuple[Tenant, str, str]:
    """A workspace with two projects that have a customer, and hours and a cost on the first."""
    acme = office.connected()
    acme.sync()
    first = with_work(
        office, [entry("h1", 450), entry("h2", 200, day=4), entry("h3", 50, "travel"), cost("k1")]
    )
    second = next(
        record.id
        for record in office.busy.load(ACME, Kind.PROJECT)
        if record.values["customer"] and not record.values["archived"] and record.id != first
    )
    office.hours.book(ACME, second, entry("h4", 60, "travel"))
    return acme, first, second


def number_of(office: Office, kind: Kind, id: str) -> str:
    return str(office.busy.get(ACME, kind, id).values["number"])


def rows_of(*cells: tuple[str, ...]) -> bytes:
    """A file as Excel saves it in Norway."""
    return "\r\n".join(";".join(row) for row in cells).encode("cp1252")


def claims(acme: Tenant, data: bytes, period: Period | None = None) -> tuple[str, ...]:
    """The hours that the one order of a file has."""
    (order,) = acme.import_order_lines(data, period).orders
    return order.claims


def told(error: ImportRefused) -> list[tuple[str, str]]:
    return [(str(problem.entity), problem.code) for problem in error.problems]


def test_a_file_becomes_an_order_for_each_project(office: Office) -> None:
    """In the order of the file; a row takes the pending hours of its work type, and nothing else comes."""
    acme, first, second = imported(office)
    one, two = (number_of(office, Kind.PROJECT, id) for id in (first, second))
    product = office.record(Kind.PRODUCT, "Reisetid").id

    found = acme.import_order_lines(
        rows_of(
            (two, "travel", "2", "500"),
            (one, "consulting", "10,5", "", "", "Rådgivning på Ørlandet"),
            (two, "consulting", "1", "1 250,50", number_of(office, Kind.PRODUCT, product)),
            (one, "consulting", "1", "99"),
        ),
        order_date=date(2026, 3, 31),
        texts=OrderTexts(our_reference="Åse"),
    )

    of_second, of_first = found.orders
    assert (of_second.project, of_first.project) == (second, first)
    assert [(line.text, line.quantity, line.unit_price, line.total) for line in of_first.lines] == [
        ("Rådgivning på Ørlandet", Decimal("10.5"), Decimal(1250), Decimal(13125)),
        ("Rådgivning", Decimal(1), Decimal(99), Decimal(99)),
    ]
    assert of_first.claims == ("entry:h1", "entry:h2")
    assert {one.entry_id: one.reason for one in of_first.left_out} == {
        "h3": LeftOutReason.NOT_CHOSEN,
        "k1": LeftOutReason.NOT_CHOSEN,
    }
    assert of_second.claims == ("entry:h4",)
    assert {line.product for line in of_second.lines} == {product}
    assert [(one.row, one.code) for one in found.warnings] == [
        (3, RowWarningCode.NO_PENDING_HOURS),
        (4, RowWarningCode.HOURS_ON_EARLIER_ROW),
    ]
    assert {order.our_reference for order in found.orders} == {"Åse"}
    assert office.drafts() == []

    assert [acme.push(order).state for order in found.orders] == [State.TRANSFERRED] * 2
    assert len(office.drafts()) == 2


def test_all_or_nothing_and_everything_at_once(office: Office) -> None:
    """What is wrong with rows and with the orders of others is in one error; nothing is stored or sent."""
    acme, first, _ = imported(office)
    known = number_of(office, Kind.PROJECT, first)
    stranger = office.busy.add(ACME, Kind.CUSTOMER, number=None, name="Ny AS", archived=False)
    own: dict[str, Value] = {"customer": stranger, "archived": False}
    office.busy.add(ACME, Kind.PROJECT, number="B-1", name="Made in Busy", **own)
    office.busy.add(ACME, Kind.PROJECT, number="B-2", name="Twice", **own)
    office.busy.add(ACME, Kind.PROJECT, number="B-2", name="Twice", **own)
    office.hours.add_work_type(ACME, WorkType(id="bare", name="Uten produkt"))
    before, posted = office.snapshot(), len(office.drafts())

    with pytest.raises(ImportRefused) as raised:
        acme.import_order_lines(
            rows_of(
                (known, "consulting", "1"),
                (known, "consulting", "1,0.0"),
                ("nobody's", "consulting", "1"),
                (known, "bare", "1", "10"),
                (known, "unknown", "1", "10"),
                ("B-1", "consulting", "1", "10"),
                ("B-2", "consulting", "1", "10"),
                (known, "consulting", "1", "", "no such"),
            )
        )

    assert told(raised.value) == [
        ("row 2", "number_unreadable"),
        ("row 3", "project_number_unknown"),
        ("row 4", "line_without_product"),
        ("row 5", "work_type_unknown"),
        ("row 7", "project_number_ambiguous"),
        ("row 8", "product_number_unknown"),
        (f"customer {stranger}", "customer_not_linked"),
    ]
    assert (office.snapshot(), len(office.drafts())) == (before, posted)


def test_what_only_the_order_finds_wrong_with_a_row_is_told_with_its_cell(office: Office) -> None:
    """A product that is not linked, and a price that is nothing once it is rounded."""
    acme, first, _ = imported(office)
    own = office.busy.add(ACME, Kind.PRODUCT, number="K9", name="Own", archived=False)
    office.hours.add_work_type(ACME, WorkType(id="own", name="Own", product=own))
    number = number_of(office, Kind.PROJECT, first)

    with pytest.raises(ImportRefused) as raised:
        acme.import_order_lines(
            rows_of(
                (number, "consulting", "1", "0,004"),
                (number, "own", "1", "10"),
                (number, "travel", "1", "10", "K9"),
            )
        )

    assert [(str(one.entity), one.code, one.column) for one in raised.value.problems] == [
        ("row 1", "price_missing", "optionalOutPrice"),
        ("row 2", "product_not_linked", "tagId"),
        ("row 3", "product_not_linked", "optionalProductNumber"),
    ]


def test_a_file_that_cannot_be_read_is_refused_before_anything_is_asked(office: Office) -> None:
    acme = office.tenant()
    with pytest.raises(ImportRefused) as raised:
        acme.import_order_lines(b"")
    assert told(raised.value) == [("file csv", "file_empty")]
    with pytest.raises(NotConnected):
        acme.import_order_lines(b"100;5;1;100")


def test_what_several_orders_need_of_eaccounting_is_read_once(office: Office) -> None:
    acme, first, second = imported(office)
    office.control("DELETE", "/journal")
    acme.import_order_lines(
        rows_of(*((number_of(office, Kind.PROJECT, id), "travel", "1", "10") for id in (first, second)))
    )
    asked = [path for path in office.requests() if "customers" not in path and "projects" not in path]
    assert sorted(asked) == sorted(set(asked))
    assert "GET /v2/companysettings" in asked


def test_pending_are_all_hours_until_today(office: Office) -> None:
    """However old they are; today is that of the workspace, which is a day ahead of UTC at half past one."""
    acme, first, _ = imported(office)
    data = rows_of((number_of(office, Kind.PROJECT, first), "consulting", "1"))

    def at(id: str, *moment: int) -> TimeEntry:
        year, month, day, hour = moment
        return attrs.evolve(entry(id), start=datetime(year, month, day, hour, tzinfo=UTC))

    office.hours.book(
        ACME, first, at("old", 2019, 5, 6, 7), at("today", 2026, 3, 31, 22), at("later", 2026, 4, 2, 7)
    )
    old = ("entry:old", "entry:h1", "entry:h2")
    assert claims(acme, data) == old
    office.clock.advance(14.5 * 60 * 60)
    assert claims(acme, data) == (*old, "entry:today")
    assert claims(acme, data, MARCH) == ("entry:h1", "entry:h2")

    office.hours.set_settings(ACME, WorkSettings(order_start_date=date(2026, 3, 4)))
    (order,) = acme.import_order_lines(data).orders
    assert order.claims == ("entry:h2", "entry:today")
    assert (order.period, order.order_date) == (Period(date(2026, 3, 4), date(2026, 4, 1)), date(2026, 4, 1))

    office.hours.set_settings(ACME, WorkSettings(order_start_date=date(2027, 1, 1)))
    (order,) = acme.import_order_lines(data).orders
    assert order.claims == ()


def test_the_orders_are_those_that_the_host_has_as_drafts(office: Office) -> None:
    """What Busy has on such a draft is pending for it, and on no other."""
    acme, first, second = imported(office)
    office.hours.book(ACME, first, attrs.evolve(entry("h5", day=5), order="draft-7"))
    data = rows_of(
        (number_of(office, Kind.PROJECT, first), "consulting", "1"),
        (number_of(office, Kind.PROJECT, second), "travel", "1", "10"),
    )

    with_draft, new = acme.import_order_lines(data, order_ids={first: "draft-7", "elsewhere": "x"}).orders
    assert (with_draft.id, with_draft.claims) == ("draft-7", ("entry:h1", "entry:h2", "entry:h5"))
    assert new.id not in {"draft-7", "x"}

    without, _ = acme.import_order_lines(data).orders
    assert without.claims == ("entry:h1", "entry:h2")


def test_a_draft_that_busy_has_all_the_hours_on_gets_its_lines(office: Office) -> None:
    """None of them is free, and yet they are the draft's own."""
    acme, first, _ = imported(office)
    booked = office.hours.work(ACME, first, MARCH)
    office.hours.book(ACME, first, *(attrs.evolve(one, order="draft-7") for one in booked.entries))
    number = number_of(office, Kind.PROJECT, first)
    data = rows_of((number, "consulting", "1"), (number, "travel", "1"))

    (order,) = acme.import_order_lines(data, order_ids={first: "draft-7"}).orders

    assert order.claims == ("entry:h3", "entry:h1", "entry:h2")


def test_work_of_a_fixed_price_is_not_billed_by_the_hour_unasked(office: Office) -> None:
    """A row has to say what it costs, and is told that the fixed price is billed all the same."""
    acme, first, _ = imported(office)
    rates = {"consulting": Decimal(1250), "travel": Decimal(900)}
    agreed = (FixedPrice(work_type="travel", amount=Decimal(9000)),)
    prices = Prices(mode=PriceMode.WORK_TYPE, work_type_rates=rates, fixed_prices=agreed)
    office.hours.set_prices(ACME, first, prices)
    number = number_of(office, Kind.PROJECT, first)

    with pytest.raises(ImportRefused) as raised:
        acme.import_order_lines(rows_of((number, "travel", "6")))
    assert told(raised.value) == [("row 1", "price_missing")]

    found = acme.import_order_lines(rows_of((number, "travel", "6", "400")))
    assert [(one.row, one.code) for one in found.warnings] == [(1, RowWarningCode.FIXED_PRICE_BESIDES)]
    (order,) = found.orders
    assert (order.total, order.claims) == (Decimal(2400), ("entry:h3",))
    acme.push(order)
    rest = acme.build_order(first, MARCH)
    assert [line.total for line in rest.lines if line.is_fixed_price] == [Decimal(9000)]


def test_hours_on_an_order_that_was_pushed_are_not_pending(office: Office) -> None:
    acme, first, _ = imported(office)
    data = rows_of((number_of(office, Kind.PROJECT, first), "consulting", "1"))
    (order,) = acme.import_order_lines(data).orders
    acme.push(order)

    again = acme.import_order_lines(data)
    assert [(one.row, one.code) for one in again.warnings] == [(1, RowWarningCode.NO_PENDING_HOURS)]
    assert again.orders[0].claims == ()


def test_a_project_that_was_archived_for_another_of_its_number_is_not_in_the_way(office: Office) -> None:
    """That is what the first connection does to Busy's own projects."""
    acme, first, _ = imported(office)
    number = number_of(office, Kind.PROJECT, first)
    office.busy.add(ACME, Kind.PROJECT, number=number, name="Before", customer=None, archived=True)

    (order,) = acme.import_order_lines(rows_of((number, "consulting", "1"))).orders
    assert order.project == first


def test_a_product_without_name_is_told_by_its_number(office: Office) -> None:
    """A line needs a text, and a host may hold a product that has no name."""
    acme, first, _ = imported(office)
    product = office.record(Kind.PRODUCT, "Reisetid").id
    number = number_of(office, Kind.PRODUCT, product)
    office.busy.edit(ACME, Kind.PRODUCT, product, name=None)

    data = rows_of((number_of(office, Kind.PROJECT, first), "consulting", "1", "10", number))
    (order,) = acme.import_order_lines(data).orders
    assert [(line.text, line.product) for line in order.lines] == [(number, product)]
