"""Orders from hours to the draft (R2, R10, R13-R19), over a sandbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from visma_busy_sync._facade import Tenant
from visma_busy_sync.busy import LeftOutReason, Order
from visma_busy_sync.eaccounting.errors import (
    AccessDenied,
    ApiError,
    EAccountingError,
    NotFound,
    NotSent,
    RateLimited,
    ReconnectNeeded,
    Unauthorized,
)
from visma_busy_sync.eaccounting.http import NotSentError, Request, Response
from visma_busy_sync.integration import (
    Choices,
    NotConnected,
    OrderClosed,
    OrderNotTransferred,
    OrderTexts,
    OrderUnknown,
    ProjectUnknown,
    WrongCompany,
)
from visma_busy_sync.orders import (
    DifferenceCode,
    EntryTaken,
    IllegalTransition,
    OrderChanged,
    OrderError,
    OrderNotReady,
    OrderOutcomeUnknown,
    OrderRejected,
    OtherCompany,
    ProblemCode,
    State,
)
from visma_busy_sync.ports import Write
from visma_busy_sync.stores import MemoryStateStore
from visma_busy_sync.sync import Kind

from .office import ACME, MARCH, Office, entry, ready_to_push, with_work

POST = "POST /v2/orders"


def state_of(acme: Tenant, order_id: str = "o1") -> State:
    known = acme.ledger_entry(order_id)
    assert known is not None
    return known.state


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
    assert len(problems(raised)) == 1
    assert posts(office) == 0


def test_a_customer_that_is_not_linked_is_told(office: Office) -> None:
    acme, order = ready_to_push(office)
    stranger = office.busy.add(ACME, Kind.CUSTOMER, name="Made in Busy")
    office.busy.edit(ACME, Kind.PROJECT, order.project, customer=stranger)
    with pytest.raises(OrderNotReady) as raised:
        again(acme, order.project, "o2")
    assert len(problems(raised)) == 1


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
    acme.disconnect()
    office.control("PATCH", "/records/companysettings", {"CompanyIdentifier": "other", "Name": "Other AS"})
    office.log_in(acme)


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
    office.control("PATCH", "/profile", {"amounts": "computed"})


def test_the_setting_send_amounts_is_the_cure(office: Office) -> None:
    office.control("PATCH", "/profile", {"amounts": "kept"})
    acme, order = ready_to_push(office, choices=Choices(send_amounts=True))
    assert acme.push(order).differences == ()
    office.control("PATCH", "/profile", {"amounts": "computed"})


# Every way in which the POST can end


UNKNOWN: dict[str, tuple[dict[str, Any], int]] = {
    "reset-before": ({"kind": "drop_before"}, 0),
    "closed-before": ({"kind": "drop_before", "reset": False}, 0),
    "reset-after": ({"kind": "drop_after"}, 1),
    "closed-after": ({"kind": "drop_after", "reset": False}, 1),
    "garbage": ({"kind": "garbage"}, 1),
    "truncated": ({"kind": "truncate"}, 1),
    "empty-201": ({"kind": "status", "status": 201, "body": "empty", "when": "after"}, 1),
    "empty-201-before": ({"kind": "status", "status": 201, "body": "empty"}, 0),
    "html-200": ({"kind": "status", "status": 200, "body": "html", "when": "after"}, 1),
    "html-502": ({"kind": "status", "status": 502, "body": "html", "when": "after"}, 1),
    "html-400": ({"kind": "status", "status": 400, "body": "html"}, 0),
    "html-404": ({"kind": "status", "status": 404, "body": "html"}, 0),
    "500": ({"kind": "status", "status": 500, "when": "after"}, 1),
    "503": ({"kind": "status", "status": 503, "error_code": 4000}, 0),
    "408": ({"kind": "status", "status": 408, "error_code": 2000}, 0),
    "5001-as-400": ({"kind": "status", "status": 400, "error_code": 5001, "when": "after"}, 1),
    "302": ({"kind": "status", "status": 302, "body": "empty"}, 0),
}


@pytest.mark.parametrize(("fault", "made"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_post_whose_answer_is_missing_or_unreadable_is_unknown_and_never_sent_again(
    office: Office, fault: dict[str, Any], made: int
) -> None:
    acme, order = ready_to_push(office, max_retries=3)
    office.fault("POST", "/orders", **fault)
    with pytest.raises(OrderOutcomeUnknown) as raised:
        acme.push(order)
    known = acme.ledger_entry("o1")
    assert known is not None
    assert (known.state, known.problem is not None) == (State.OUTCOME_UNKNOWN, True)
    assert raised.value.marker == known.marker
    assert known.marker in raised.value.advice
    assert isinstance(raised.value.__cause__, EAccountingError)
    assert (posts(office), len(office.drafts())) == (1, made)
    # Pushing again, also after a restart, sends nothing.
    office.control("DELETE", "/faults")
    with pytest.raises(OrderOutcomeUnknown):
        acme.push(order)
    acme = office.connected()
    with pytest.raises(OrderOutcomeUnknown):
        acme.push(order)
    assert (posts(office), len(office.drafts())) == (1, made)
    # Its hours stay claimed: no other order gets them.
    with pytest.raises(OrderNotReady):
        again(acme, order.project, "o2")
    with pytest.raises(IllegalTransition):
        acme.reopen("o1")


CURABLE: dict[str, tuple[dict[str, Any], type[EAccountingError]]] = {
    "429": ({"kind": "status", "status": 429, "error_code": 4010}, RateLimited),
    "403": ({"kind": "status", "status": 403, "error_code": 4007}, AccessDenied),
    "403-html": ({"kind": "status", "status": 403, "body": "html"}, EAccountingError),
    "read-only-user": ({"kind": "status", "status": 400, "error_code": 4019}, AccessDenied),
    "guide": ({"kind": "status", "status": 400, "error_code": 4003}, AccessDenied),
    "401-twice": ({"kind": "status", "status": 401, "error_code": 4005, "times": 2}, Unauthorized),
}


@pytest.mark.parametrize(("fault", "error"), CURABLE.values(), ids=CURABLE)
def test_what_was_surely_not_made_waits_and_is_sent_when_that_is_cured(
    office: Office, fault: dict[str, Any], error: type[EAccountingError]
) -> None:
    acme, order = ready_to_push(office)
    office.fault("POST", "/orders", **fault)
    with pytest.raises(error) as raised:
        acme.push(order)
    assert raised.value.advice
    assert state_of(acme) is State.RESERVED
    assert office.drafts() == []
    with pytest.raises(OrderNotReady):  # its hours are kept for it
        again(acme, order.project, "o2")
    transfer = acme.push(order)
    assert (transfer.state, transfer.repeated) == (State.TRANSFERRED, False)
    assert len(office.drafts()) == 1


def test_a_401_renews_the_token_and_sends_once_more(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.fault("POST", "/orders", "status", status=401, error_code=4005)
    acme.push(order)
    assert (posts(office), len(office.drafts())) == (2, 1)


def test_a_429_is_waited_for_and_sent_once_more(office: Office) -> None:
    acme, order = ready_to_push(office, max_retries=1)
    office.fault("POST", "/orders", "status", status=429, error_code=4010, message="try again in 0 seconds")
    acme.push(order)
    assert (posts(office), len(office.drafts())) == (2, 1)


def test_an_unreachable_server_leaves_the_order_waiting(office: Office) -> None:
    acme, order = ready_to_push(office)

    def unreachable(request: Request) -> None:
        if request.method == "POST":
            raise NotSentError("ConnectError")

    office.shell.wire.before = unreachable
    with pytest.raises(NotSent):
        acme.push(order)
    assert state_of(acme) is State.RESERVED
    office.shell.wire.before = None
    acme.push(order)
    assert len(office.drafts()) == 1


def test_a_dead_connection_leaves_the_order_waiting(office: Office) -> None:
    """R28: the password changed; the order is sent after the new login."""
    acme, order = ready_to_push(office)
    office.control("POST", "/password-change")
    for _ in range(2):
        with pytest.raises(ReconnectNeeded):
            acme.push(order)
    assert str(acme.status()).startswith("reconnect needed")
    assert state_of(acme) is State.RESERVED
    office.log_in(acme)
    acme.push(order)
    assert len(office.drafts()) == 1


def reject(office: Office, acme: Tenant, order: Order) -> OrderRejected:
    office.fault("POST", "/orders", "status", status=400, error_code=4024, message="SECRET of the customer")
    with pytest.raises(OrderRejected) as raised:
        acme.push(order)
    return raised.value


def test_a_refusal_of_the_order_is_told_and_kept(office: Office) -> None:
    acme, order = ready_to_push(office)
    error = reject(office, acme, order)
    assert (error.order_id, error.status, error.error_code) == ("o1", 400, 4024)
    assert isinstance(error.__cause__, ApiError)
    assert "SECRET" not in str(error)
    known = acme.ledger_entry("o1")
    assert known is not None
    assert (known.state, known.problem) == (State.REJECTED, error.problem)
    assert office.drafts() == []


def test_a_refused_order_is_not_sent_again(office: Office) -> None:
    """The same order would be refused again, or billed with hours that were freed; a person decides."""
    acme, order = ready_to_push(office)
    error = reject(office, acme, order)
    with pytest.raises(OrderClosed) as raised:
        acme.push(order)
    assert (raised.value.state, raised.value.problem) == (State.REJECTED, error.problem)
    assert "reopen" in raised.value.advice
    assert posts(office) == 1
    with pytest.raises(OrderNotReady):  # the hours stay claimed until it is reopened
        again(acme, order.project, "o2")


def test_a_refused_order_is_reopened_and_its_hours_go_on_a_new_one(office: Office) -> None:
    acme, order = ready_to_push(office)
    reject(office, acme, order)
    assert acme.reopen("o1").state is State.OPEN
    with pytest.raises(OrderClosed) as raised:
        acme.push(order)
    assert raised.value.state is State.OPEN
    new = again(acme, order.project, "o2")
    assert set(new.claims) == set(order.claims)
    acme.push(new)
    assert [posts(office), len(office.drafts())] == [2, 1]
    with pytest.raises(IllegalTransition):
        acme.reopen("o2")


# Crashes


class ProcessEnds(BaseException):
    """Nothing may handle it."""


@pytest.mark.parametrize("effect", [True, False], ids=["after-the-effect", "before-it"])
def test_a_crash_while_sending_leaves_the_order_sending_and_sends_nothing_again(
    office: Office, effect: bool
) -> None:
    acme, order = ready_to_push(office)

    def ends(request: Request, _: Response | None = None) -> None:
        if request.method == "POST" and request.url.endswith("/orders"):
            raise ProcessEnds

    if effect:
        office.shell.wire.after = ends
    else:
        office.shell.wire.before = ends
    with pytest.raises(ProcessEnds):
        acme.push(order)
    office.shell.wire.before = office.shell.wire.after = None
    assert state_of(acme) is State.SENDING
    for tenant in (acme, office.connected()):
        with pytest.raises(OrderOutcomeUnknown) as raised:
            tenant.push(order)
        assert raised.value.advice
    assert len(office.drafts()) == posts(office) == int(effect)


class FailingState:
    """A state store that fails, or always finds others in between, once the POST was answered."""

    def __init__(self, memory: MemoryStateStore, fails: Callable[[], bool], error: Exception | None) -> None:
        self.read = memory.read
        self.scan = memory.scan
        self._memory = memory
        self._fails = fails
        self._error = error

    def commit(self, tenant: str, writes: list[Write]) -> bool:
        if not self._fails():
            return self._memory.commit(tenant, writes)
        if self._error is not None:
            raise self._error
        return False


class AsyncFailingState:
    def __init__(self, plain: FailingState) -> None:
        self._plain = plain

    async def read(self, *args: Any) -> Any:
        return self._plain.read(*args)

    async def scan(self, *args: Any) -> Any:
        return self._plain.scan(*args)

    async def commit(self, *args: Any) -> Any:
        return self._plain.commit(*args)


@pytest.mark.parametrize("error", [OSError("disk full"), None], ids=["raises", "busy"])
@pytest.mark.parametrize("fault", [None, 400, 403, 500])
def test_an_outcome_that_cannot_be_written_down_is_unknown(
    office: Office, fault: int | None, error: Exception | None
) -> None:
    """Whatever the answer was: the store says `sending`, so nothing is ever sent again by itself."""
    failing = FailingState(office.state, lambda: posts(office) > 0, error)
    state: Any = failing if office.shell.run is None else AsyncFailingState(failing)
    acme, order = ready_to_push(office, state=state)
    if fault:
        office.fault("POST", "/orders", "status", status=fault, error_code=2000)
    with pytest.raises(OrderOutcomeUnknown) as raised:
        acme.push(order)
    assert raised.value.__cause__ is not None
    assert error is None or raised.value.__cause__ is error
    healthy = office.tenant()
    assert state_of(healthy) is State.SENDING
    office.log_in(healthy)
    with pytest.raises(OrderOutcomeUnknown):
        healthy.push(order)
    assert posts(office) == 1
    assert len(office.drafts()) == (fault is None)


def test_a_store_that_fails_before_the_post_sends_nothing(office: Office) -> None:
    broken = [False]
    failing = FailingState(office.state, lambda: broken[0], OSError("disk full"))
    state: Any = failing if office.shell.run is None else AsyncFailingState(failing)
    acme, order = ready_to_push(office, state=state)
    broken[0] = True
    with pytest.raises(OSError, match="disk full"):
        acme.push(order)
    assert posts(office) == 0
    broken[0] = False
    acme.push(order)
    assert len(office.drafts()) == 1
