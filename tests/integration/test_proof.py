"""The billing proof over a sandbox: it holds over an order's life, and what is damaged is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeAlias

import attrs
import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._facade import Tenant
from visma_busy_sync.busy import Order, Period, Work
from visma_busy_sync.errors import OrderOutcomeUnknown, OrderRejected, StoreBusy
from visma_busy_sync.orders import (
    BreakCode,
    LedgerEntry,
    OnOrder,
    OpenReason,
    State,
    entry_from_json,
    entry_to_json,
    proof_to_json,
)
from visma_busy_sync.ports import Found, Write
from visma_busy_sync.stores import MemoryStateStore, MemoryWorkLog
from visma_busy_sync.sync import Kind

from .office import ACME, MARCH, Office, entry, ready_to_push

APRIL = Period(date(2026, 4, 1), date(2026, 4, 30))


def codes(acme: Tenant, period: Period = MARCH) -> list[tuple[BreakCode, tuple[str, ...], str | None]]:
    return [(found.code, found.orders, found.claim) for found in acme.billing_proof(period).breaks]


# It holds


def test_the_proof_holds_over_the_life_of_an_order(office: Office) -> None:
    """Before the push, after a refusal, after it is reopened, and when it is transferred."""
    acme, order = ready_to_push(office)

    def minutes() -> dict[object, int]:
        proof = acme.billing_proof(MARCH)
        assert proof.holds, str(proof)
        (project,) = proof.projects
        assert project.approved.total.minutes == 700
        return {
            key: much.minutes
            for key, much in (*project.approved.orders.items(), *project.approved.open.items())
        }

    assert minutes() == {OpenReason.UNBILLED: 700}
    office.fault("POST", "/orders", "status", status=400, error_code=4024)
    with pytest.raises(OrderRejected):
        acme.push(order)
    assert minutes() == {OnOrder("o1", State.REJECTED): 700}
    acme.reopen("o1")
    assert minutes() == {OpenReason.UNBILLED: 700}
    acme.push(acme.build_order(order.project, MARCH, order_id="o2", order_date=date(2026, 3, 31)))
    assert minutes() == {OnOrder("o2", State.TRANSFERRED): 700}
    assert "POST /v2/orders" in office.requests()


def test_eaccounting_is_not_asked_and_nothing_is_stored(office: Office) -> None:
    """A tenant that is disconnected has a proof too."""
    acme, order = ready_to_push(office)
    acme.push(order)
    acme.disconnect()
    before, requests = office.snapshot(), len(office.requests())
    assert acme.billing_proof(MARCH).holds
    assert len(office.requests()) == requests
    assert office.snapshot() == before
    assert office.tenant("never connected").billing_proof(MARCH).holds


def test_an_order_whose_outcome_is_unknown_keeps_its_hours(office: Office) -> None:
    """They are on that order, and on no other."""
    acme, order = ready_to_push(office)
    office.fault("POST", "/orders", "drop_after")
    with pytest.raises(OrderOutcomeUnknown):
        acme.push(order)
    proof = acme.billing_proof(MARCH)
    assert proof.holds
    assert [on.state for on in proof.projects[0].approved.orders] == [State.OUTCOME_UNKNOWN]


def test_what_busy_keeps_on_a_withdrawn_order_is_open_and_can_be_billed_with_it_again(office: Office) -> None:
    """Busy stamps the order on its hours, and nobody is billed for them now; a new order has the others."""
    acme, order = ready_to_push(office)
    acme.push(order)
    work = office.hours.work(ACME, order.project, MARCH)
    office.hours.book(ACME, order.project, *(attrs.evolve(one, order="o1") for one in work.entries))
    office.hours.spend(ACME, order.project, *(attrs.evolve(one, order="o1") for one in work.expenses))
    assert acme.billing_proof(MARCH).projects[0].approved.on_orders.minutes == 700
    assert acme.preflight(MARCH).rows == ()

    acme.withdraw("o1")
    proof = acme.billing_proof(MARCH)
    (project,) = proof.projects
    assert proof.holds
    assert project.approved.on_orders.minutes == 0
    assert {on: much.minutes for on, much in project.approved.freed.items()} == {
        OnOrder("o1", State.WITHDRAWN): 700
    }
    (row,) = acme.preflight(MARCH).rows
    assert (row.order, row.minutes, row.costs, row.amount, row.ready) == ("o1", 700, 1, order.total, True)

    office.hours.book(ACME, order.project, entry("h9", 30))
    new, anew = acme.preflight(MARCH).rows
    assert (new.order, new.minutes) == (None, 30)
    assert (anew.order, anew.minutes) == ("o1", 700)
    acme.push(acme.build_order(order.project, MARCH, order_id="o2", order_date=date(2026, 3, 31)))
    assert [(row.order, row.minutes) for row in acme.preflight(MARCH).rows] == [("o1", 700)]


def test_an_order_whose_id_in_busy_is_another_is_no_second_one(office: Office) -> None:
    """Whether Busy's draft and the finalised order share an id is not known."""
    acme, order = ready_to_push(office)
    acme.push(order)
    work = office.hours.work(ACME, order.project, MARCH)
    office.hours.book(ACME, order.project, *(attrs.evolve(one, order="busy-7") for one in work.entries))
    proof = acme.billing_proof(MARCH)
    assert proof.holds, str(proof)
    assert list(proof.projects[0].approved.orders) == [OnOrder("o1", State.TRANSFERRED)]


def test_after_a_purge_the_hours_are_still_on_their_order(office: Office) -> None:
    """Only ids are left of it; the hours are not open again."""
    acme, order = ready_to_push(office)
    acme.push(order)
    acme.purge()
    proof = acme.billing_proof(MARCH)
    assert proof.holds
    assert list(proof.projects[0].approved.orders) == [OnOrder("o1", State.TRANSFERRED)]
    assert proof.projects[0].approved.open == {}


def test_hours_that_were_moved_to_another_month_are_changed_and_not_gone(office: Office) -> None:
    """From either month."""
    acme, order = ready_to_push(office)
    acme.push(order)
    office.hours.book(ACME, order.project, attrs.evolve(entry("h1", 450), start=moment(APRIL.last)))
    for period in (MARCH, APRIL):
        assert codes(acme, period) == [(BreakCode.ENTRY_CHANGED, ("o1",), "entry:h1")]
    assert acme.billing_proof(APRIL).projects[0].approved.on_orders.minutes == 450


def moment(day: date) -> Any:
    return entry("x").start.replace(month=day.month, day=day.day)


def test_an_edit_of_what_was_billed_is_named(office: Office) -> None:
    """With the minutes of both sides, in both languages, and in the JSON."""
    acme, order = ready_to_push(office)
    acme.push(order)
    office.hours.book(ACME, order.project, entry("h2", 30, day=4))
    proof = acme.billing_proof(MARCH)
    assert "with 200 minutes, but has 30 in Busy" in str(proof)
    assert "med 200 minutter, men har 30 i Busy" in proof.text("nb")
    assert '"code":"minutes_differ"' in proof_to_json(proof)


def test_a_project_that_is_gone_from_busy_leaves_its_hours_gone(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    office.busy.remove(ACME, Kind.PROJECT, order.project)
    assert {code for code, _, _ in codes(acme)} == {BreakCode.ENTRY_GONE}
    assert {claim for _, _, claim in codes(acme)} == set(order.claims)


def test_a_project_that_the_host_cannot_tell_breaks_the_proof(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are proved all the same."""
    failures: dict[str, Exception] = {}
    whole = MemoryWorkLog.work

    def work(log: MemoryWorkLog, tenant: str, project: str, period: Period) -> Work:
        if project in failures:
            raise failures[project]
        return whole(log, tenant, project, period)

    monkeypatch.setattr(MemoryWorkLog, "work", work)
    acme, order = ready_to_push(office)
    unknown, broken, *_ = [
        record.id for record in office.busy.load(ACME, Kind.PROJECT) if record.id != order.project
    ]
    failures |= {unknown: LookupError(), broken: RuntimeError("a secret")}
    proof = acme.billing_proof(MARCH)
    assert {(found.code, found.project) for found in proof.breaks} == {
        (BreakCode.WORK_UNREADABLE, unknown),
        (BreakCode.WORK_UNREADABLE, broken),
    }
    assert "secret" not in str(proof)
    assert [one.project for one in proof.projects] == [order.project]


def test_the_period_is_one(office: Office) -> None:
    with pytest.raises(ConfigurationError, match="period"):
        office.tenant().billing_proof("March")  # type: ignore[arg-type] # what is tried


# What is damaged is named

Damage: TypeAlias = Callable[[Mapping[str, Found], LedgerEntry], list[Write]]


def over(found: Found, body: str | None) -> Write:
    return Write(found.key, found.document.version, body)


def other_order(entry: LedgerEntry, id: str = "o9", **changes: Any) -> str:
    order: Order = attrs.evolve(entry.order, id=id, **changes)
    return entry_to_json(attrs.evolve(entry, order=order))


DAMAGES: dict[str, tuple[Damage, set[BreakCode]]] = {
    "order lost": (
        lambda found, _: [over(found["order/o1"], None)],
        {BreakCode.CLAIM_WITHOUT_ORDER},
    ),
    "order unreadable": (
        lambda found, _: [over(found["order/o1"], '{"document": "ledger entry"')],
        {BreakCode.ORDER_UNREADABLE},
    ),
    "order of a newer version": (
        lambda found, _: [over(found["order/o1"], '{"document": "ledger entry", "schema": 99}')],
        {BreakCode.ORDER_UNREADABLE},
    ),
    "order set back": (
        lambda found, entry: [over(found["order/o1"], entry_to_json(attrs.evolve(entry, state=State.OPEN)))],
        {BreakCode.CLAIM_WITHOUT_ORDER},
    ),
    "claim lost": (lambda found, _: [over(found["claim/entry:h1"], None)], {BreakCode.CLAIM_MISSING}),
    "claim unreadable": (
        lambda found, _: [over(found["claim/entry:h1"], "{}")],
        {BreakCode.CLAIM_UNREADABLE},
    ),
    "claim of another order": (
        lambda found, _: [
            over(found["claim/entry:h1"], found["claim/entry:h1"].document.body.replace("o1", "o9"))
        ],
        {BreakCode.CLAIM_MISSING, BreakCode.CLAIM_WITHOUT_ORDER},
    ),
    "second order": (
        lambda _, entry: [Write("order/o9", None, other_order(entry))],
        {BreakCode.ON_TWO_ORDERS},
    ),
    "order of another company": (
        lambda found, entry: [over(found["order/o1"], other_order(entry, "o1", company_id="other"))],
        {BreakCode.OTHER_COMPANY},
    ),
}


@pytest.mark.parametrize(("damage", "expected"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_store_is_named(office: Office, damage: Damage, expected: set[BreakCode]) -> None:
    """By what is damaged; the sums add up all the same."""
    acme, order = ready_to_push(office)
    acme.push(order)
    assert acme.billing_proof(MARCH).holds
    found = {one.key: one for one in office.state.scan("", ACME)}
    known = entry_from_json(found["order/o1"].document.body)
    assert office.state.commit(ACME, damage(found, known))
    proof = acme.billing_proof(MARCH)
    assert {one.code for one in proof.breaks} == expected
    assert all(one.text("nb") and str(one) for one in proof.breaks)
    assert all(one.approved.adds_up and one.approved.total.minutes == 700 for one in proof.projects)


@pytest.fixture
def after_orders(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[Found | None], object]]:
    """What is done each time after the orders were read, before the claims are; begin with it."""
    whole = MemoryStateStore.scan
    doing: list[Callable[[Found | None], object]] = []

    def scan(store: MemoryStateStore, prefix: str, tenant: str | None = None) -> Any:
        found = whole(store, prefix, tenant)
        for do in list(doing) if prefix == "order/" else ():
            do(found[0] if found else None)
        return found

    monkeypatch.setattr(MemoryStateStore, "scan", scan)
    return doing


def test_an_order_that_is_pushed_meanwhile_does_not_look_like_damage(
    after_orders: list[Callable[[Found | None], object]], office: Office
) -> None:
    """Orders and claims are read as of one moment."""
    acme, order = ready_to_push(office)
    another = office.elsewhere().connected()

    def push(_: Found | None) -> None:
        after_orders.clear()
        another.push(order)

    after_orders.append(push)
    proof = acme.billing_proof(MARCH)
    assert proof.holds
    assert list(proof.projects[0].approved.orders) == [OnOrder("o1", State.TRANSFERRED)]


def test_where_orders_change_all_the_time_it_says_so(
    after_orders: list[Callable[[Found | None], object]], office: Office
) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)

    def touch(found: Found | None) -> None:
        assert found is not None
        (current,) = office.state.read(ACME, [found.key]).values()
        office.state.commit(ACME, [Write(found.key, current.version, current.body)])

    after_orders.append(touch)
    with pytest.raises(StoreBusy):
        acme.billing_proof(MARCH)


def test_what_cannot_be_read_counts_as_held_when_projects_are_looked_at(office: Office) -> None:
    """The preflight offers nothing that might be billed."""
    acme, order = ready_to_push(office)
    acme.push(order)
    (claim,) = office.state.scan("claim/entry:h1", ACME)
    office.state.commit(ACME, [over(claim, "{}")])
    assert acme.preflight(MARCH).rows == ()
