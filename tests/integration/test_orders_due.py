"""`push_due` and `read_back_due`: the orders of all tenants, whenever a scheduler calls; over every store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, cast

import attrs
import pytest
from cryptography.fernet import Fernet

from visma_busy_sync import BusySync, Choices, DuePush, DueReadBack
from visma_busy_sync._facade import Tenant
from visma_busy_sync.busy import Distribution, Order
from visma_busy_sync.eaccounting.http import Request
from visma_busy_sync.errors import (
    AccessDenied,
    ConfigurationError,
    DocumentUnreadable,
    OrderOutcomeUnknown,
    OrderRejected,
    OrdersNotSent,
    ReconnectNeeded,
    ServerFault,
)
from visma_busy_sync.integration import LoginOutcome
from visma_busy_sync.orders import Stage, State
from visma_busy_sync.ports import Write
from visma_busy_sync.state import CONNECTION, ORDER_NOTES
from visma_busy_sync.stores.sql import AsyncSqlStateStore, SqlStateStore

from .office import ACME, MARCH, Office, entry, ready_to_push, waiting, with_work
from .test_orders import again, posts, to_other_company

NAIVE = datetime(2026, 3, 31)  # noqa: DTZ001 - what is refused
KEY = Fernet.generate_key()


def ready(office: Office) -> tuple[Tenant, Order]:
    """A workspace whose login other SDK objects can use."""
    return ready_to_push(office, encryption_keys=[KEY])


def made(office: Office, **options: Any) -> BusySync:
    """A new SDK object."""
    return office.visma(encryption_keys=[KEY], **options)


def finalised(office: Office, order: Order, *, tenant: str = ACME, minutes: float = 0) -> Order:
    """Finalise an order in Busy, some minutes from now."""
    at = office.clock.now() + timedelta(minutes=minutes)
    done = attrs.evolve(order, finalised_at=at)
    office.hours.finalise(tenant, done)
    return done


def due(office: Office, *args: Any, **kwargs: Any) -> list[DuePush]:
    """Call it as a scheduler does."""
    return list(made(office).push_due(*args, **kwargs))


def only(results: list[DuePush]) -> DuePush:
    (one,) = results
    return one


def state_of(acme: Tenant, order_id: str = "o1") -> State | None:
    known = acme.ledger_entry(order_id)
    return known.state if known else None


# Over every store


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def visma(request: pytest.FixtureRequest, office: Office) -> Iterator[Callable[[], BusySync]]:
    """New SDK objects over a store of each sort."""
    if request.param == "memory":
        yield lambda: made(office)
        return
    url = cast("str", request.getfixturevalue(f"{request.param}_url"))
    with SqlStateStore.open(url) as store:
        store.create_table()
        if office.shell.run is None:
            yield lambda: office.visma(state=store, encryption_keys=[KEY])
            return
        awaited = AsyncSqlStateStore.open(url.replace("sqlite:", "sqlite+aiosqlite:"))
        try:
            yield lambda: office.visma(state=awaited, encryption_keys=[KEY])
        finally:
            office.shell.run(awaited.close())


def test_the_life_of_an_order_over_every_store(office: Office, visma: Callable[[], BusySync]) -> None:
    """Sent when it is due, found after a lost answer, read back, withdrawn, revised, gone, released."""
    acme = visma().tenant(ACME)
    office.log_in(acme)
    acme.sync()
    order = finalised(office, acme.build_order(with_work(office), MARCH, order_id="o1"))
    office.fault("POST", "/orders", "drop_after")
    (first,) = visma().push_due()
    assert isinstance(first.pushed[0].error, OrderOutcomeUnknown)
    (second,) = visma().push_due()
    assert [(one.order_id, one.error) for one in second.recovered] == [("o1", None)]
    assert (second.pushed, posts(office), len(office.drafts())) == ([], 1, 1)
    assert visma().push_due() == []
    office.clock.advance(3700)
    (read,) = visma().read_back_due()
    assert read.read[0].entry is not None
    assert read.read[0].entry.progress is not None
    assert read.read[0].entry.progress.stage is Stage.DRAFT
    acme = visma().tenant(ACME)
    assert acme.withdraw("o1").state is State.WITHDRAWN
    acme.push(attrs.evolve(order, revision=2))
    (draft,) = office.drafts()
    office.control("DELETE", f"/records/orders/{draft['Id']}")
    office.clock.advance(660)
    acme.read_back()
    assert acme.release("o1").state is State.RELEASED
    assert [(each.order_id, each.revision) for each in acme.orders()] == [("o1", 2)]
    assert acme.purge().removed > 0
    assert acme.orders() == []


# Which orders are due


def test_what_was_finalised_since_the_connection_is_sent(office: Office) -> None:
    _, order = ready(office)
    finalised(office, order)
    one = only(due(office))
    assert (one.tenant, one.error, one.recovered, one.waiting) == (ACME, None, (), [])
    assert [pushed.transfer.state for pushed in one.pushed if pushed.transfer] == [State.TRANSFERRED]
    assert due(office) == []  # the work log need not forget it
    assert posts(office) == 1


@pytest.mark.parametrize("minutes", [-1, None], ids=["before the connection", "not told"])
def test_older_ones_wait_for_a_person(office: Office, minutes: float | None) -> None:
    acme, order = ready(office)
    if minutes is None:
        office.hours.finalise(ACME, order)
    else:
        finalised(office, order, minutes=minutes)
    one = only(due(office))
    assert (list(one.waiting), one.pushed, posts(office)) == (["o1"], [], 0)
    acme.push(order)
    assert due(office) == []


def test_a_login_anew_makes_nothing_older(office: Office) -> None:
    """The password changed; what was finalised meanwhile is sent after the new login."""
    acme, order = ready(office)
    office.control("POST", "/password-change")
    finalised(office, order, minutes=5)
    office.clock.advance(600)
    one = only(due(office))
    assert isinstance(one.error, ReconnectNeeded)
    assert posts(office) == 0
    office.log_in(acme)
    assert len(only(due(office)).pushed) == 1
    assert posts(office) == 1


def test_coming_back_to_a_company_makes_nothing_older(office: Office) -> None:
    """Another company was connected in between; its orders are not those of this one."""
    acme, order = ready(office)
    finalised(office, order, minutes=5)
    company = {
        name: office.control("GET", "/records/companysettings")[name]
        for name in ("CompanyIdentifier", "CorporateIdentityNumber", "Name")
    }
    office.clock.advance(600)
    to_other_company(office, acme)
    assert list(only(due(office)).waiting) == ["o1"]
    office.set_company(**company)
    assert office.log_in(acme).outcome is LoginOutcome.CONFIRM_COMPANY
    acme.confirm_company(waiting(acme))
    assert len(only(due(office)).pushed) == 1


def test_an_order_that_waits_for_a_cure_is_sent_when_it_is_cured(office: Office) -> None:
    """Also one that a person pushed, and that the work log does not name."""
    acme, order = ready(office)
    office.fault("POST", "/orders", "status", status=403, error_code=4007)
    with pytest.raises(AccessDenied):
        acme.push(order)
    assert state_of(acme) is State.RESERVED
    assert len(only(due(office)).pushed) == 1
    assert state_of(acme) is State.TRANSFERRED


def test_what_a_person_decided_to_send_again_is_sent(office: Office) -> None:
    acme, order = ready(office)
    office.fault("POST", "/orders", "drop_before")
    with pytest.raises(OrderOutcomeUnknown):
        acme.push(order)
    office.clock.advance(700)
    acme.recover()
    acme.resolve("o1", send_again=True)
    assert len(only(due(office)).pushed) == 1


def test_what_recovery_decides_to_send_again_is_sent_at_once(office: Office) -> None:
    acme, order = ready(office)
    office.fault("POST", "/orders", "drop_before")
    with pytest.raises(OrderOutcomeUnknown):
        acme.push(order)
    office.hours.book(ACME, order.project, entry("h9", 30))
    acme.push(again(acme, order.project, "other"))
    resends = made(office, choices=Choices(resend_unknown=True))
    resends.push_due()
    office.clock.advance(660)
    (one,) = resends.push_due()
    assert [pushed.order.id for pushed in one.pushed] == ["o1"]
    assert len(office.drafts()) == 2


@pytest.mark.parametrize("how", ["rejected", "reopened", "withdrawn", "released", "needs attention"])
def test_what_came_to_an_end_waits_for_a_person(office: Office, how: str) -> None:
    """Also where Busy finalised it anew: whoever edited it pushes it."""
    acme, order = ready(office)
    if how in {"rejected", "reopened"}:
        office.fault("POST", "/orders", "status", status=400, error_code=4024)
        with pytest.raises(OrderRejected):
            acme.push(order)
    elif how == "needs attention":
        office.fault("POST", "/orders", "drop_before")
        with pytest.raises(OrderOutcomeUnknown):
            acme.push(order)
        office.clock.advance(660)
        acme.recover()
    else:
        acme.push(order)
    if how == "reopened":
        acme.reopen("o1")
    if how == "withdrawn":
        acme.withdraw("o1")
    if how == "released":
        office.control("DELETE", f"/records/orders/{office.drafts()[0]['Id']}")
        office.clock.advance(660)
        acme.read_back()
        acme.release("o1")
    before = posts(office)
    finalised(office, order)
    finalised(office, attrs.evolve(order, revision=2))
    assert due(office) == []
    assert posts(office) == before


def test_a_workspace_that_keeps_its_orders_is_told_for_each(office: Office) -> None:
    acme, order = ready(office)
    settings = office.hours.work(ACME, order.project, order.period).settings
    office.hours.set_settings(ACME, attrs.evolve(settings, distribution=Distribution.IN_BUSY))
    finalised(office, order)
    finalised(office, attrs.evolve(order, id="o2"))
    one = only(due(office))
    assert [type(pushed.error) for pushed in one.pushed] == [OrdersNotSent, OrdersNotSent]
    assert one.error is None
    assert (state_of(acme), posts(office)) == (None, 0)
    assert acme.status().orders_not_sent is not None


# Failures


def test_what_would_stop_all_orders_of_a_tenant_ends_its_turn(office: Office) -> None:
    """A user without rights is not refused once for each order; all of them wait."""
    acme, order = ready(office)
    finalised(office, order)
    office.hours.book(ACME, order.project, entry("h9", 30))
    finalised(office, attrs.evolve(order, id="o2"))
    office.fault("POST", "/orders", "status", status=403, error_code=4007, times=9)
    one = only(due(office))
    assert isinstance(one.error, AccessDenied)
    assert (len(one.pushed), posts(office)) == (1, 1)
    assert state_of(acme) is State.RESERVED


def test_what_fails_for_one_order_stops_no_other(office: Office) -> None:
    _, order = ready(office)
    finalised(office, attrs.evolve(order, id="o0", project="gone"))
    finalised(office, order)
    one = only(due(office))
    assert [pushed.error is None for pushed in one.pushed] == [False, True]
    assert one.error is None


def each_with_an_hour(office: Office, **references: str) -> Tenant:
    """Finalise orders with one hour each, a minute apart, by their ids and references."""
    acme = office.connected(encryption_keys=[KEY])
    acme.sync()
    project = with_work(office, [entry(f"h{id}") for id in references])
    for id, reference in references.items():
        office.clock.advance(60)
        order = acme.build_order(project, MARCH, order_id=id, only=frozenset({f"entry:h{id}"}))
        finalised(office, attrs.evolve(order, your_reference=reference))
    return acme


def denied(office: Office, reference: str) -> None:
    """Answer each POST of an order with this reference as one for which there is no right."""

    def before(request: Request) -> None:
        if request.method == "POST" and reference.encode() in (request.body or b""):
            office.fault("POST", "/orders", "status", status=403, error_code=4007)

    office.shell.wire.before = before


def states(acme: Tenant) -> dict[str, State]:
    return {known.order_id: known.state for known in acme.orders()}


def test_an_order_that_is_denied_each_time_stops_no_other_for_ever(office: Office) -> None:
    """It ends the turn, and in the next one those come first that were not tried."""
    acme = each_with_an_hour(office, o1="Denied", o2="Ola", o3="Kari")
    denied(office, "Denied")
    assert [pushed.order.id for pushed in only(due(office)).pushed] == ["o1"]
    one = only(due(office))
    assert [pushed.order.id for pushed in one.pushed] == ["o2", "o3", "o1"]
    assert isinstance(one.error, AccessDenied)
    assert states(acme) == {"o1": State.RESERVED, "o2": State.TRANSFERRED, "o3": State.TRANSFERRED}


def test_of_those_that_were_denied_the_one_that_was_tried_longest_ago_comes_first(office: Office) -> None:
    """One of them can be sent by now."""
    acme = each_with_an_hour(office, o1="Denied", o2="Denied", o3="Denied once")
    denied(office, "Denied")
    for _ in range(3):
        due(office)
        office.clock.advance(60)
    assert set(states(acme).values()) == {State.RESERVED}
    denied(office, '"Denied"')
    for _ in range(3):
        due(office)
        office.clock.advance(60)
    assert states(acme)["o3"] is State.TRANSFERRED


def test_what_a_person_decided_to_send_again_comes_before_what_was_denied(office: Office) -> None:
    acme = each_with_an_hour(office, o1="Denied", o2="Ola")
    denied(office, "Denied")
    due(office)
    office.fault("POST", "/orders", "drop_before")
    assert [pushed.order.id for pushed in only(due(office)).pushed] == ["o2", "o1"]
    office.clock.advance(11 * 60)
    assert [found.order_id for found in acme.recover()] == ["o2"]
    acme.resolve("o2", send_again=True)
    assert [pushed.order.id for pushed in only(due(office)).pushed] == ["o2", "o1"]
    assert states(acme)["o2"] is State.TRANSFERRED


TENANTS = ("north", "south", "east")


def three(office: Office) -> dict[str, Order]:
    """Three tenants that each have an order that is due."""
    orders: dict[str, Order] = {}
    _, order = ready(office)
    for name in TENANTS:
        office.log_in(office.tenant(name, encryption_keys=[KEY]))
        orders[name] = finalised(office, attrs.evolve(order, id=f"of {name}"), tenant=name)
    return orders


class Books:
    """A work log of many tenants that have one project, and that can fail."""

    def __init__(self, office: Office) -> None:
        self._hours = office.hours
        self.fails: set[str] = set()

    def work(self, tenant: str, project: str, period: Any) -> Any:
        return self._hours.work(ACME, project, period)

    def finalised(self, tenant: str) -> Any:
        if tenant in self.fails:
            raise OSError("no books")
        return self._hours.finalised(tenant)


class AsyncBooks:
    def __init__(self, books: Books) -> None:
        self._books = books

    async def work(self, *args: Any) -> Any:
        return self._books.work(*args)

    async def finalised(self, *args: Any) -> Any:
        return self._books.finalised(*args)


def with_books(office: Office) -> tuple[Books, BusySync]:
    books = Books(office)
    work: Any = books if office.shell.run is None else AsyncBooks(books)
    return books, made(office, work=work)


def test_what_fails_for_one_tenant_stops_no_other(office: Office) -> None:
    """Whatever it is: a host's port, a damaged document."""
    three(office)
    books, visma = with_books(office)
    books.fails.add("south")
    (found,) = [each for each in office.state.scan(CONNECTION, "east") if each.key == CONNECTION]
    office.state.commit("east", [Write(CONNECTION, found.document.version, "{")])
    errors = {each.tenant: each.error for each in visma.push_due()}
    assert errors["north"] is None
    assert isinstance(errors["south"], OSError)
    assert isinstance(errors["east"], DocumentUnreadable)
    assert posts(office) == 1


def test_with_a_limit_nobody_is_passed_over_for_ever(office: Office) -> None:
    """Not even by tenants that fail each time."""
    three(office)
    books, visma = with_books(office)
    books.fails.update(("east", "north"))
    turns: list[str] = []
    for _ in range(3):
        office.clock.advance(60)
        turns += [each.tenant for each in visma.push_due(most=1)]
    assert sorted(turns) == sorted(TENANTS)
    assert posts(office) == 1


@pytest.mark.parametrize(("body", "told"), [("{", False), ('{"schema": 99, "data": {}}', True)])
def test_a_note_of_a_newer_version_is_told_and_a_damaged_one_counts_as_none(
    office: Office, body: str, told: bool
) -> None:
    """Neither stops any other tenant."""
    three(office)
    _, visma = with_books(office)
    office.state.commit("south", [Write(ORDER_NOTES, None, body)])
    errors = {each.tenant: each.error for each in visma.push_due()}
    assert [isinstance(errors[name], DocumentUnreadable) for name in TENANTS] == [False, told, False]
    assert office.tenant("south").status().orders_not_sent is None


@pytest.mark.parametrize("call", ["push_due", "read_back_due"])
@pytest.mark.parametrize(
    "wrong",
    [{"now": NAIVE}, {"now": "today"}, {"most": 0}, {"most": True}],
    ids=str,
)
def test_wrong_arguments_are_told(office: Office, call: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        getattr(made(office), call)(**wrong)


def test_nobody_is_due_without_orders_or_a_connection(office: Office) -> None:
    acme, order = ready(office)
    assert (due(office), made(office).read_back_due()) == ([], [])
    finalised(office, order)
    acme.disconnect()
    assert due(office) == []


# Reading back


def test_transferred_orders_are_read_back_until_they_are_invoiced(office: Office) -> None:
    acme, order = ready(office)
    id = acme.push(order).eaccounting_id

    def read() -> list[DueReadBack]:
        return list(made(office).read_back_due())

    assert read() == []
    office.clock.advance(3600)
    for status, stage in ((2, Stage.ORDER), (4, Stage.INVOICED)):
        office.control("PATCH", f"/records/orders/{id}", {"Status": status, "Number": 17})
        (one,) = read()
        assert (one.tenant, one.error) == (ACME, None)
        (back,) = one.read
        assert back.entry is not None
        assert back.entry.progress is not None
        assert back.entry.progress.stage is stage
        assert read() == []
        office.clock.advance(3600)
    assert read() == []


def test_how_often_they_are_read_back_is_a_setting(office: Office) -> None:
    acme, order = ready(office)
    acme.push(order)
    office.clock.advance(600)
    visma = made(office, choices=Choices(read_back_every=timedelta(minutes=10)))
    assert len(visma.read_back_due()) == 1
    assert visma.read_back_due() == []
    assert len(visma.read_back_due(office.clock.now() + timedelta(minutes=10))) == 1


def test_a_clock_that_was_ahead_keeps_no_order_from_being_read_back(office: Office) -> None:
    acme, order = ready(office)
    acme.push(order)
    office.clock.advance(30 * 86400)
    assert len(made(office).read_back_due()) == 1
    office.clock.advance(-30 * 86400)
    assert len(made(office).read_back_due()) == 1
    assert made(office).read_back_due() == []


def test_a_tenant_that_cannot_be_read_stops_no_other(office: Office) -> None:
    three(office)
    _, visma = with_books(office)
    visma.push_due()
    office.clock.advance(3600)
    office.fault("GET", "/orders/{id}", "status", status=500)
    results = {each.tenant: each for each in visma.read_back_due()}
    assert set(results) == set(TENANTS)
    failed = [each.read[0].error for each in results.values() if each.read[0].error]
    assert [type(error) for error in failed] == [ServerFault]
    office.clock.advance(3600)
    office.control("POST", "/password-change")
    ended = [each.error for each in visma.read_back_due()]
    assert [type(error) for error in ended] == [ReconnectNeeded] * 3


def test_orders_of_another_company_are_not_read_back(office: Office) -> None:
    acme, order = ready(office)
    acme.push(order)
    office.clock.advance(3600)
    to_other_company(office, acme)
    assert made(office).read_back_due() == []
