"""Orders from hours to the draft (R2, R10, R13-R19), over a sandbox."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import attrs
import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._facade import Tenant
from visma_busy_sync.busy import LeftOutReason, Order
from visma_busy_sync.eaccounting.errors import (
    NotFound,
    ReconnectNeeded,
)
from visma_busy_sync.integration import (
    Choices,
    LoginOutcome,
    NotConnected,
    OrderNotTransferred,
    OrderUnknown,
    ProjectUnknown,
    WrongCompany,
)
from visma_busy_sync.orders import (
    DifferenceCode,
    EntryTaken,
    OrderChanged,
    OrderError,
    OrderNotReady,
    OrderOutcomeUnknown,
    OrderTexts,
    OtherCompany,
    ProblemCode,
    State,
)
from visma_busy_sync.sync import Kind

from .office import ACME, MARCH, PATHS, Office, entry, ready_to_push, waiting, with_work

POST = "POST /v2/orders"


def posts(office: Office) -> int:
    return office.requests().count(POST)


def again(acme: Tenant, project: str, order_id: str) -> Order:
    return acme.build_order(project, MARCH, order_id=order_id, order_date=date(2026, 3, 31))


# The worked example


def test_r14_r15_r16_hours_and_costs_become_a_complete_draft(office: Office) -> None:
    """The worked example, end to end, to the last decimal."""
    acme = office.connected()
    acme.sync()
    project = with_work(office)
    order = acme.build_order(
        project,
        MARCH,
        order_id="o1",
        order_date=date(2026, 3, 31),
        texts=OrderTexts(invoice_text="Mars", our_reference="Åse", your_reference="Ola"),
    )
    assert [(line.text, line.quantity, line.unit_price, line.total) for line in order.lines] == [
        ("Reisetid", Decimal("0.8333"), Decimal("640.50"), Decimal("533.73")),
        ("Bompenger", Decimal(2), Decimal("189.90"), Decimal("379.80")),
        ("Rådgivning", Decimal("10.8333"), Decimal(1250), Decimal("13541.63")),
    ]
    transfer = acme.push(order)
    assert (transfer.order_id, transfer.state, transfer.repeated) == ("o1", State.TRANSFERRED, False)
    assert (transfer.number, transfer.differences) == (None, ())
    (draft,) = office.drafts()
    entry = acme.ledger_entry("o1")
    assert entry is not None
    assert draft["Id"] == transfer.eaccounting_id == entry.eaccounting_id
    assert draft["Status"] == 1  # R14: a draft
    assert draft["CustomerId"] == order.eaccounting_customer
    assert draft["OrderDate"].startswith("2026-03-31")
    assert draft["CurrencyCode"] == "NOK"
    assert draft["OurReference"] == f"Åse {entry.marker}"
    assert draft["YourReference"] == "Ola"
    text_row, *rows = draft["Rows"]
    assert (text_row["IsTextRow"], text_row["Text"]) == (True, "Mars")
    assert [(row["Text"], row["Quantity"], row["UnitPrice"], row["Amount"]) for row in rows] == [
        ("Reisetid", Decimal("0.8333"), Decimal("640.50"), Decimal("533.73")),
        ("Bompenger", Decimal(2), Decimal("189.90"), Decimal("379.80")),
        ("Rådgivning", Decimal("10.8333"), Decimal(1250), Decimal("13541.63")),
    ]
    assert [row["ArticleId"] for row in rows] == [line.eaccounting_article for line in order.lines]
    assert [row["LineNumber"] for row in draft["Rows"]] == [1, 2, 3, 4]
    assert {row["ProjectId"] for row in rows} == {order.eaccounting_project}
    fetched = acme.fetch_order("o1")
    assert (fetched.id, fetched.our_reference) == (draft["Id"], draft["OurReference"])
    assert fetched.amount == Decimal("18068.95")
    assert fetched.vat_amount == Decimal("3613.79")
    assert order.total == Decimal("14455.16") == Decimal("18068.95") - Decimal("3613.79")


def test_every_member_that_the_api_requires_is_sent(office: Office) -> None:
    """The sandbox checks the body against the API description; nothing is null that must not be."""
    acme, order = ready_to_push(office)
    acme.push(order)
    (entry,) = [entry for entry in office.journal() if entry["method"] == "POST" and entry["body"]]
    assert entry["status"] == 201
    for member in ("CustomerId", "OrderDate", "Rows", "Status", "CurrencyCode"):
        assert f'"{member}"' in entry["body"]


def test_r13_r17_r18_only_reads_and_one_order_are_sent(office: Office) -> None:
    """No hours, no invoice, nothing converted: one POST to /orders, and otherwise reads."""
    office.control("DELETE", "/journal")
    acme, order = ready_to_push(office)
    acme.push(order)
    acme.push(order)
    acme.fetch_order("o1")
    acme.sync()
    writes = [request for request in office.requests() if not request.startswith("GET /v2/")]
    logins = ["GET /connect/authorize", "POST /connect/token"]
    assert writes == [*logins, POST]


def test_r10_one_call_transfers_a_finalised_order(office: Office) -> None:
    """Nobody presses a second button, in Busy or in eAccounting."""
    acme, order = ready_to_push(office)
    assert acme.push(order).state is State.TRANSFERRED
    assert [draft["Id"] for draft in office.drafts()] == [acme.fetch_order("o1").id]


def test_pushing_twice_makes_one_draft(office: Office) -> None:
    acme, order = ready_to_push(office)
    first = acme.push(order)
    second = acme.push(order)
    assert second == attrs.evolve(first, repeated=True)
    assert len(office.drafts()) == posts(office) == 1


def test_pushing_after_a_restart_makes_one_draft(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    assert office.connected().push(order).repeated
    assert len(office.drafts()) == 1


def test_a_push_after_a_restart_is_tried_again_after_the_login(office: Office) -> None:
    """Where the store was memory no tokens are held: the order is neither stored nor sent."""
    _, order = ready_to_push(office)
    restarted = office.tenant()
    with pytest.raises(ReconnectNeeded, match="the process that held it has ended"):
        restarted.push(order)
    assert restarted.ledger_entry("o1") is None
    office.log_in(restarted)
    assert not restarted.push(order).repeated
    assert len(office.drafts()) == posts(office) == 1


def test_an_order_that_could_not_be_read_back_is_neither_stored_nor_sent(office: Office) -> None:
    """A host that made an order by hand, with a number for an id, hears of it before it is too late."""
    acme, order = ready_to_push(office)
    line = order.lines[0]
    part = attrs.evolve(line.parts[0], id=7)  # type: ignore[arg-type] # what is tried
    wrong = attrs.evolve(order, lines=(attrs.evolve(line, parts=(part, *line.parts[1:])), *order.lines[1:]))
    with pytest.raises(ConfigurationError, match=r"neither stored nor sent: LinePart\.id"):
        acme.push(wrong)
    assert posts(office) == 0
    assert acme.ledger_entry("o1") is None
    assert not acme.push(order).repeated


def test_an_order_that_was_built_anew_with_the_same_content_is_the_same(office: Office) -> None:
    acme, order = ready_to_push(office)
    same = again(acme, order.project, "o1")
    assert same.content_hash == order.content_hash
    acme.push(order)
    assert acme.push(same).repeated


def test_r2_an_order_that_is_only_built_is_neither_stored_nor_sent(office: Office) -> None:
    acme, _ = ready_to_push(office)
    assert posts(office) == 0
    assert not [found for found in office.state.scan("", ACME) if found.key.startswith(("order/", "claim/"))]
    assert acme.ledger_entry("o1") is None


def test_the_date_is_today_in_the_workspaces_time_zone(office: Office) -> None:
    acme = office.connected()
    acme.sync()
    project = with_work(office)
    office.clock.advance((datetime(2026, 3, 31, 22, 30, tzinfo=UTC) - office.clock.now()).total_seconds())
    order = acme.build_order(project, MARCH)
    assert order.order_date == date(2026, 4, 1)
    assert len(order.id) == 43


# What is not ready, or not the same


def test_an_order_changed_after_the_push_is_refused(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    other = attrs.evolve(order, buyers_order_reference="PO 7")
    with pytest.raises(OrderChanged) as raised:
        acme.push(other)
    assert raised.value.advice
    assert len(office.drafts()) == posts(office) == 1


def test_pushing_sends_what_was_finalised_though_the_hours_changed(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.hours.book(ACME, order.project, entry("h1", 1))
    acme.push(order)
    quantities = [row["Quantity"] for row in office.drafts()[0]["Rows"]]
    assert Decimal("10.8333") in quantities


def test_an_entry_on_two_orders_is_refused_and_nothing_is_sent(office: Office) -> None:
    acme, order = ready_to_push(office)
    other = again(acme, order.project, "o2")
    acme.push(order)
    with pytest.raises(EntryTaken) as raised:
        acme.push(other)
    assert raised.value.taken == dict.fromkeys(order.claims, "o1")
    assert acme.ledger_entry("o2") is None
    assert len(office.drafts()) == posts(office) == 1


def test_what_is_on_an_order_is_left_out_of_the_next(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    office.hours.book(ACME, order.project, entry("h9", 30))
    new = again(acme, order.project, "o2")
    assert new.claims == ("entry:h9",)
    assert {left.reason for left in new.left_out} == {LeftOutReason.ALREADY_ORDERED}
    acme.push(new)
    assert len(office.drafts()) == 2


def on_order(office: Office, project: str, order_id: str) -> None:
    """Do what Busy does from the draft on: all hours and costs of the project carry the order's id."""
    booked = office.hours.work(ACME, project, MARCH)
    office.hours.book(ACME, project, *(attrs.evolve(one, order=order_id) for one in booked.entries))
    office.hours.spend(ACME, project, *(attrs.evolve(one, order=order_id) for one in booked.expenses))


@pytest.mark.parametrize("known", [False, True], ids=["a first draft", "withdrawn"])
def test_an_order_is_built_from_what_busy_has_on_it_alone(office: Office, known: bool) -> None:
    """Busy writes the order's id on hours and costs from the draft on, and keeps it while it is made anew."""
    acme, order = ready_to_push(office)
    if known:
        acme.push(order)
        acme.withdraw("o1")
    on_order(office, order.project, "o1")

    made = again(acme, order.project, "o1")

    assert (made.lines, made.left_out) == (order.lines, ())
    assert acme.push(made).state is State.TRANSFERRED
    with pytest.raises(OrderNotReady) as raised:
        again(acme, order.project, "o2")
    assert problems(raised) == {ProblemCode.NOTHING_TO_BILL}


def problems(raised: pytest.ExceptionInfo[OrderNotReady]) -> set[ProblemCode]:
    assert all(problem.cure_en for problem in raised.value.problems)
    return {problem.code for problem in raised.value.problems}


def test_r25_r26_a_work_type_without_product_is_told_with_its_cure(office: Office) -> None:
    acme = office.connected()
    acme.sync()
    project = with_work(office)
    work_types = office.hours.work(ACME, project, MARCH).work_types
    office.hours.add_work_type(ACME, attrs.evolve(work_types[0], product=None))
    with pytest.raises(OrderNotReady) as raised:
        acme.build_order(project, MARCH)
    assert problems(raised) == {ProblemCode.WORK_TYPE_WITHOUT_PRODUCT}
    assert raised.value.advice
    office.hours.add_work_type(ACME, work_types[0])  # the link is set later
    acme.push(acme.build_order(project, MARCH))


def test_everything_is_told_also_where_the_customer_is_not_decided(office: Office) -> None:
    """What is wrong around the work does not wait until somebody has chosen the customer."""
    acme, order = ready_to_push(office)
    office.hours.allow_several_customers(ACME, order.project)
    office.hours.set_billable(ACME, order.project, billable=False)
    office.control("DELETE", f"/records/projects/{order.eaccounting_project}")
    with pytest.raises(OrderNotReady) as raised:
        acme.build_order(order.project, MARCH, texts=OrderTexts(our_reference="x" * 101))
    assert problems(raised) == {
        ProblemCode.PROJECT_NOT_BILLABLE,
        ProblemCode.PROJECT_GONE,
        ProblemCode.CUSTOMER_AMBIGUOUS,
        ProblemCode.REFERENCE_TOO_LONG,
    }


@pytest.mark.parametrize("gone", [False, True], ids=["inactive", "gone"])
def test_an_article_that_cannot_be_sold_is_told(office: Office, gone: bool) -> None:
    acme, order = ready_to_push(office)
    article = order.lines[0].eaccounting_article
    if gone:
        office.control("DELETE", f"/records/articles/{article}")
    else:
        office.edit_upstream(Kind.PRODUCT, article, IsActive=False)
    with pytest.raises(OrderNotReady) as raised:
        again(acme, order.project, "o2")
    assert problems(raised) == {ProblemCode.ARTICLE_GONE if gone else ProblemCode.ARTICLE_INACTIVE}
    assert posts(office) == 0


@pytest.mark.parametrize(
    ("kind", "code"),
    [(Kind.PROJECT, ProblemCode.PROJECT_GONE), (Kind.CUSTOMER, ProblemCode.CUSTOMER_GONE)],
    ids=str,
)
def test_what_is_linked_to_something_that_is_gone_is_told(
    office: Office, kind: Kind, code: ProblemCode
) -> None:
    """An order never loses its project without a word."""
    acme, order = ready_to_push(office)
    gone = order.eaccounting_project if kind is Kind.PROJECT else order.eaccounting_customer
    office.control("DELETE", f"/records/{PATHS[kind]}/{gone}")
    with pytest.raises(OrderNotReady) as raised:
        again(acme, order.project, "o2")
    assert problems(raised) == {code}


def test_a_customer_that_is_not_linked_is_told(office: Office) -> None:
    acme, order = ready_to_push(office)
    stranger = office.busy.add(ACME, Kind.CUSTOMER, name="Made in Busy")
    office.busy.edit(ACME, Kind.PROJECT, order.project, customer=stranger)
    with pytest.raises(OrderNotReady) as raised:
        again(acme, order.project, "o2")
    assert problems(raised) == {ProblemCode.CUSTOMER_NOT_LINKED}


def test_an_unknown_project_is_an_error_of_the_tree(office: Office) -> None:
    acme = office.connected()
    with pytest.raises(ProjectUnknown) as raised:
        acme.build_order("x", MARCH)
    assert isinstance(raised.value, OrderError)
    assert (raised.value.project, raised.value.advice != "") == ("x", True)


def test_without_a_connection_nothing_is_built_or_sent(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.disconnect()
    for call in (lambda: acme.push(order), lambda: again(acme, order.project, "o2")):
        with pytest.raises(NotConnected):
            call()
    assert acme.ledger_entry("o1") is None


def to_other_company(office: Office, acme: Tenant) -> None:
    office.set_company(CompanyIdentifier="other", CorporateIdentityNumber=None, Name="Other AS")
    assert office.log_in(acme).outcome is LoginOutcome.CONFIRM_COMPANY
    acme.confirm_company(waiting(acme))


def test_an_order_of_another_company_is_refused_and_nothing_is_sent(office: Office) -> None:
    acme, order = ready_to_push(office)
    to_other_company(office, acme)
    with pytest.raises(OtherCompany) as raised:
        acme.push(order)
    assert (raised.value.company_id, raised.value.connected_company_id) == (order.company_id, "other")
    assert posts(office) == 0
    assert acme.ledger_entry("o1") is None


def test_an_order_in_another_company_is_not_looked_for(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    to_other_company(office, acme)
    with pytest.raises(OtherCompany):
        acme.fetch_order("o1")


def test_an_order_is_not_built_from_another_companys_registers(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.control("PATCH", "/records/companysettings", {"CompanyIdentifier": "other"})
    with pytest.raises(WrongCompany):
        again(acme, order.project, "o2")


def test_asking_for_orders_that_are_not_there(office: Office) -> None:
    acme, order = ready_to_push(office)
    assert acme.ledger_entry("o1") is None
    for call in (acme.fetch_order, acme.reopen):
        with pytest.raises(OrderUnknown) as raised:
            call("o1")
        assert raised.value.order_id == "o1"
        assert raised.value.advice
    office.fault("POST", "/orders", "drop_before")
    with pytest.raises(OrderOutcomeUnknown):
        acme.push(order)
    with pytest.raises(OrderNotTransferred) as untransferred:
        acme.fetch_order("o1")
    assert untransferred.value.state is State.OUTCOME_UNKNOWN


def test_a_draft_that_was_deleted_there_is_not_found(office: Office) -> None:
    acme, order = ready_to_push(office)
    transfer = acme.push(order)
    office.control("DELETE", f"/records/orders/{transfer.eaccounting_id}")
    with pytest.raises(NotFound):
        acme.fetch_order("o1")
    assert acme.push(order).repeated  # the ledger never sends it anew by itself
    assert office.drafts() == []


def test_tenants_do_not_see_each_others_orders(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    assert office.tenant("other").ledger_entry("o1") is None


@pytest.mark.parametrize("amounts", ["zero", "kept"])
def test_amounts_that_eaccounting_does_not_compute_are_told(office: Office, amounts: str) -> None:
    office.control("PATCH", "/profile", {"amounts": amounts})
    acme, order = ready_to_push(office)
    transfer = acme.push(order)
    assert transfer.state is State.TRANSFERRED
    assert {difference.code for difference in transfer.differences} == {DifferenceCode.AMOUNTS_ZERO}
    assert acme.push(order).differences == ()


def test_the_setting_send_amounts_is_the_cure(office: Office) -> None:
    office.control("PATCH", "/profile", {"amounts": "kept"})
    acme, order = ready_to_push(office, choices=Choices(send_amounts=True))
    assert acme.push(order).differences == ()
