"""Busy's promises and the rules R1-R30, each as its user sees it, over a sandbox.

One short test per rule. What surrounds a rule (refusals, races, odd answers) is tried beside its subject;
the decided readings D1-D17 are in `test_readings_decided`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

from visma_busy_sync import Choices
from visma_busy_sync.busy import WorkType
from visma_busy_sync.errors import NotConnected, OrderNotReady, ReconnectNeeded
from visma_busy_sync.integration import ConnectionState, LoginOutcome, _upstream
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.orders import OrderTexts, ProblemCode, State
from visma_busy_sync.sync import FIELDS, Action, Kind

from . import test_readings_decided
from .given import FINISHED, ONGOING, archived, first, linked, own_projects, synced
from .office import ACME, MARCH, SESSION, Office, entry, ready_to_push, with_work

PACKAGE = Path(_upstream.__file__).parent
LOGIN = ["GET /connect/authorize", "POST /connect/token"]


def numbers(rows: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(row["Number"] for row in rows)


def writes(office: Office) -> list[str]:
    """Every request that is no read of the API."""
    return [request for request in office.requests() if not request.startswith("GET /v2/")]


# The promises on Busy's own page, in its own words


def test_all_projects_are_imported(office: Office) -> None:
    """Also those that a list hides, and those on later pages."""
    office.profile(inactive_listed=False, page_cap=10)
    synced(office)
    assert sorted(str(values["number"]) for values in office.records().values()) == numbers(
        office.upstream(Kind.PROJECT)
    )


def test_archived_projects_arrive_archived(office: Office) -> None:
    synced(office)
    for row in office.upstream(Kind.PROJECT):
        values = office.records()[linked(office, Kind.PROJECT, row)]
        assert values["archived"] is (row["Status"] == FINISHED)


def test_busy_projects_unknown_to_eaccounting_are_archived_when_the_connection_is_made(
    office: Office,
) -> None:
    """One that eAccounting has as well stays as it is, and so does what is not a project."""
    row = first(office, Kind.PROJECT, Status=ONGOING)
    known = office.busy.add(ACME, Kind.PROJECT, number=row["Number"], name=row["Name"])
    customer = office.busy.add(ACME, Kind.CUSTOMER, number="99001", name="Kun i Busy")
    own = own_projects(office)
    synced(office)
    assert archived(office, [known, *own]) == [False, True, True]
    assert office.records(Kind.CUSTOMER)[customer]["archived"] is False


def test_reconnecting_archives_nothing(office: Office) -> None:
    """Neither with the connection still there, nor after disconnecting, nor with project sync off between."""
    acme = synced(office)
    made = office.busy.add(ACME, Kind.PROJECT, number="9003", name="Made in Busy")
    before = office.records()
    office.log_in(acme)
    acme.sync()
    for project_sync in (True, False, True):
        acme.disconnect()
        office.log_in(acme, project_sync=project_sync)
        acme.sync()
    assert office.records() == before
    assert archived(office, [made]) == [False]


def test_no_change_in_busy_goes_back(office: Office) -> None:
    """The sandbox's journal of a connection, a preview and syncs has reads and the login's calls only."""
    office.control("DELETE", "/journal")
    acme = synced(office)
    there = {kind: office.upstream(kind) for kind in Kind}
    for kind in Kind:
        ids = list(office.records(kind))
        office.busy.edit(ACME, kind, ids[0], name="Changed in Busy", number="B-1")
        office.busy.edit(ACME, kind, ids[1], archived=True)
        office.busy.remove(ACME, kind, ids[2])
        office.busy.add(ACME, kind, number="B-2", name="Made in Busy")
    acme.plan()
    acme.sync(whole=True)
    assert writes(office) == LOGIN
    assert {kind: office.upstream(kind) for kind in Kind} == there


def test_work_types_members_and_prices_survive(office: Office) -> None:
    """A sync that renames, finishes and reopens the project changes none of them; nor do new logins."""
    acme = synced(office)
    project = with_work(office)
    before = office.hours.work(ACME, project, MARCH)
    row = first(office, Kind.PROJECT, Number=before.project.number)
    for changes in ({"Name": "Renamed"}, {"Status": FINISHED}, {"Status": ONGOING}):
        office.edit_upstream(Kind.PROJECT, row["Id"], **changes)
        acme.sync()
    acme.disconnect()
    office.log_in(acme)
    acme.sync(whole=True)
    after = office.hours.work(ACME, project, MARCH)
    assert after.project.name == "Renamed"
    assert attrs.evolve(after, project=before.project) == before
    assert before.work_types
    assert before.prices.work_type_rates
    assert {each.member for each in before.entries}


def test_edits_made_in_busy_survive(office: Office) -> None:
    """Name, notes and dates stay as they were entered, whatever eAccounting changes afterwards."""
    acme = synced(office)
    row = first(office, Kind.PROJECT, Status=ONGOING)
    id = linked(office, Kind.PROJECT, row)
    edits: dict[str, Any] = {"name": "Busy's name", "notes": "Busy's notes", "end_date": None}
    office.busy.edit(ACME, Kind.PROJECT, id, **edits)
    acme.sync()
    office.edit_upstream(Kind.PROJECT, row["Id"], Name="New", Notes="New", EndDate="2031-01-01T00:00:00")
    acme.sync()
    acme.sync(whole=True)
    assert {name: office.records()[id][name] for name in edits} == edits


# The rules


def test_r1_projects_customers_and_products_come_into_busy(office: Office) -> None:
    synced(office)
    for kind in Kind:
        names = sorted(str(values["name"]) for values in office.records(kind).values())
        assert names == sorted(row["Name"] for row in office.upstream(kind))


def test_r2_an_order_is_sent_once_it_is_created_and_finalised(office: Office) -> None:
    """Building it sends nothing; finalising it, which is the push, sends it, and no second time."""
    acme, order = ready_to_push(office)
    assert office.drafts() == []
    acme.push(order)
    acme.push(order)
    assert len(office.drafts()) == 1


@pytest.mark.parametrize("language", ["nb", "en"])
def test_r3_a_missing_api_module_is_named_with_the_way_to_it(office: Office, language: Any) -> None:
    office.profile(refusal="api_module")
    result = office.log_in(office.tenant())
    assert not result.connected
    assert "Utvidelser → Integrasjoner → Visma Integrasjon (API)" in result.text(language)


def test_r4_a_connection_is_started_from_busy(office: Office) -> None:
    """Whoever comes back from Visma without having been sent there by Busy connects nothing."""
    acme = office.tenant()
    assert str(acme.status()) == "not connected. Press connect and log in at Visma."
    elsewhere = office.press(office.tenant("another").connect(project_sync=True, session=SESSION))
    assert acme.complete_login(elsewhere, session=SESSION).outcome is LoginOutcome.NOT_THIS_LOGIN
    assert office.log_in(acme).connected


def test_r5_the_login_is_on_vismas_page_and_busy_sees_no_password(office: Office) -> None:
    """Busy hands out an address; what comes back and is sent on is a code, never a password."""
    url = office.tenant().connect(project_sync=True, session=SESSION)
    assert url.startswith(office.info.authorize_url)
    forms: list[bytes] = []
    office.shell.wire.before = lambda request: forms.append(request.body or b"")
    office.connected()
    asked = [form for form in forms if form]
    assert [b"grant_type=authorization_code" in form for form in asked] == [True]
    assert not any(b"password" in form for form in (url.encode(), *asked))


def test_r6_project_sync_is_asked_before_connecting(office: Office) -> None:
    """There is no login without an answer, and the answer is what the connection has."""
    connect: Any = office.tenant().connect
    with pytest.raises(TypeError, match="project_sync"):
        connect(session=SESSION)
    for answer in (True, False):
        assert office.connected(project_sync=answer).status().project_sync is answer


def test_r7_with_project_sync_every_project_is_imported(office: Office) -> None:
    """Without it none is."""
    acme = synced(office, project_sync=False)
    assert office.records() == {}
    office.log_in(acme, project_sync=True)
    acme.sync()
    assert len(office.records()) == len(office.upstream(Kind.PROJECT))


def test_r8_with_project_sync_what_busy_had_is_archived_as_the_preview_shows(office: Office) -> None:
    own = own_projects(office)
    acme = office.connected()
    shown = {each.busy_id for each in acme.plan().changes if each.action is Action.ARCHIVE}
    assert shown == set(own)
    acme.sync()
    assert archived(office, own) == [True, True]


def test_r9_once_connected_the_import_needs_nobody(office: Office) -> None:
    """The scheduler finds the tenant due; nobody presses anything after the login."""
    visma = office.visma()
    office.log_in(visma.tenant(ACME))
    (done,) = visma.sync_due()
    assert (done.tenant, done.error) == (ACME, None)
    assert {kind: len(office.records(kind)) for kind in Kind} == {
        kind: len(office.upstream(kind)) for kind in Kind
    }


def test_r10_finalising_transfers_the_order(office: Office) -> None:
    """One call: the draft is in eAccounting when it returns."""
    acme, order = ready_to_push(office)
    assert acme.push(order).state is State.TRANSFERRED
    (draft,) = office.drafts()
    assert draft["Id"] == acme.fetch_order(order.id).id


def test_r11_the_order_is_the_only_write(office: Office) -> None:
    """Imports and orders in turn, with edits in Busy between: one POST, and reads."""
    office.control("DELETE", "/journal")
    acme, order = ready_to_push(office)
    office.busy.edit(ACME, Kind.PROJECT, order.project, name="Changed in Busy")
    acme.push(order)
    acme.sync()
    assert writes(office) == [*LOGIN, "POST /v2/orders"]


def test_r12_customers_and_products_come_without_project_sync_unless_switched_off(office: Office) -> None:
    synced(office, project_sync=False, choices=Choices(registers_without_projects=False))
    assert [len(office.records(kind)) for kind in Kind] == [0, 0, 0]
    synced(office, project_sync=False)
    assert {kind: len(office.records(kind)) for kind in Kind} == {
        Kind.CUSTOMER: len(office.upstream(Kind.CUSTOMER)),
        Kind.PRODUCT: len(office.upstream(Kind.PRODUCT)),
        Kind.PROJECT: 0,
    }


def test_r13_the_hours_behind_an_order_stay_in_busy(office: Office) -> None:
    """Who worked when, and what was written beside it, is nowhere in what is sent."""
    acme, order = ready_to_push(office)
    hours = attrs.evolve(entry("h77", 60, day=17), member="member-4711", comment="Ringte kunden")
    office.hours.book(ACME, order.project, hours)
    acme.push(acme.build_order(order.project, MARCH))
    (sent,) = [
        each["body"] for each in office.journal() if each["path_template"] == "/v2/orders" and each["body"]
    ]
    assert not any(word in sent for word in ("h77", "member-4711", "Ringte", "2026-03-17"))


def test_r14_what_arrives_is_a_draft(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    (draft,) = office.drafts()
    assert draft["Status"] == 1
    assert draft["Number"] in (None, 0)


def test_r15_an_order_has_the_hours_and_costs_of_one_project(office: Office) -> None:
    acme, order = ready_to_push(office)
    other = next(id for id, values in office.records().items() if id != order.project and values["customer"])
    office.hours.book(ACME, other, entry("elsewhere", 600))
    again = acme.build_order(order.project, MARCH)
    assert again.claims == order.claims
    assert {claim.partition(":")[0] for claim in again.claims} == {"entry", "expense"}


def test_r16_a_draft_is_complete(office: Office) -> None:
    """Customer, date, currency, references and texts are there, and each line has all that a line needs."""
    acme, _ = ready_to_push(office)
    texts = OrderTexts(invoice_text="Mars", our_reference="Åse", your_reference="Ola")
    order = acme.build_order(with_work(office), MARCH, texts=texts)
    acme.push(order)
    (draft,) = office.drafts()
    assert draft["CustomerId"] == order.eaccounting_customer
    assert (draft["CurrencyCode"], draft["YourReference"]) == ("NOK", "Ola")
    assert draft["OurReference"].startswith("Åse ")
    text, *rows = draft["Rows"]
    assert (text["IsTextRow"], text["Text"]) == (True, "Mars")
    for row in rows:
        assert row["ArticleId"]
        assert row["ProjectId"] == order.eaccounting_project
        assert row["Text"]
        assert min(row["Quantity"], row["UnitPrice"], row["Amount"]) > 0
    assert sum(row["Amount"] for row in rows) == order.total


def test_r17_invoicing_is_left_to_eaccounting(office: Office) -> None:
    """The draft stays a draft, whatever Busy does afterwards; nothing is asked of invoices."""
    acme, order = ready_to_push(office)
    acme.push(order)
    before = office.drafts()
    acme.push(order)
    acme.fetch_order(order.id)
    acme.sync(whole=True)
    assert office.drafts() == before
    assert not [request for request in office.requests() if "invoice" in request.lower()]


def test_r18_hours_as_such_are_never_transferred(office: Office) -> None:
    """An import sends no body at all, however much was booked."""
    acme = synced(office)
    with_work(office)
    acme.sync(whole=True)
    calls = [each for each in office.journal() if each["path_template"].startswith("/v2/")]
    assert {(each["method"], each["body"]) for each in calls} == {("GET", None)}


def test_r19_only_the_order_module_is_written_to(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    sent = [each for each in office.journal() if each["method"] != "GET" and "/v2/" in each["path_template"]]
    assert [(each["method"], each["path_template"]) for each in sent] == [("POST", "/v2/orders")]


def test_r20_archived_projects_are_imported_as_archived(office: Office) -> None:
    """Also one that is finished later, and one that comes later and is finished already."""
    acme = synced(office)
    row = first(office, Kind.PROJECT, Status=ONGOING)
    office.edit_upstream(Kind.PROJECT, row["Id"], Status=FINISHED)
    new = "20202020-2222-4333-8444-555555555555"
    office.add_upstream(Kind.PROJECT, new, Number="9020", Name="Ferdig før Busy", Status=FINISHED)
    acme.sync()
    assert archived(office, [linked(office, Kind.PROJECT, row)]) == [True]
    assert office.record(Kind.PROJECT, "Ferdig før Busy").values["archived"] is True


def test_r21_a_project_is_made_in_eaccounting_and_adjusted_in_busy(office: Office) -> None:
    """What it is given in Busy stays when eAccounting changes the project; no field of it is imported."""
    acme = synced(office)
    project = with_work(office)
    before = office.hours.work(ACME, project, MARCH)
    row = first(office, Kind.PROJECT, Number=before.project.number)
    office.edit_upstream(Kind.PROJECT, row["Id"], Name="Renamed", Notes="Changed")
    acme.sync()
    after = office.hours.work(ACME, project, MARCH)
    assert (after.work_types, after.prices, after.entries) == (
        before.work_types,
        before.prices,
        before.entries,
    )
    assert after.project.name == "Renamed"
    assert set(FIELDS[Kind.PROJECT]) == set(office.records()[project])


def test_r22_other_changes_made_on_the_project_in_busy_survive(office: Office) -> None:
    acme = synced(office)
    row = first(office, Kind.PROJECT, Status=ONGOING)
    id = linked(office, Kind.PROJECT, row)
    office.busy.edit(ACME, Kind.PROJECT, id, notes="Nøkkel under matta")
    office.edit_upstream(Kind.PROJECT, row["Id"], Name="Renamed")
    acme.sync()
    assert (office.records()[id]["notes"], office.records()[id]["name"]) == ("Nøkkel under matta", "Renamed")


def test_r23_only_what_does_not_exist_in_eaccounting_is_archived_and_only_with_project_sync(
    office: Office,
) -> None:
    row = first(office, Kind.PROJECT, Status=ONGOING)
    both = office.busy.add(ACME, Kind.PROJECT, number=row["Number"], name=row["Name"])
    (own, _) = own_projects(office)
    acme = synced(office, project_sync=False)
    assert archived(office, [both, own]) == [False, False]
    office.log_in(acme, project_sync=True)
    later = office.busy.add(ACME, Kind.PROJECT, name="Made after switching it on")
    acme.sync()
    assert archived(office, [both, own, later]) == [False, True, False]


def test_r24_work_types_are_made_in_busy_alone(office: Office) -> None:
    """None comes with the import, and those of Busy's own are there afterwards, and no others."""
    mine = WorkType(id="mine", name="Rådgivning")
    office.hours.add_work_type(ACME, mine)
    synced(office)
    project = next(iter(office.records()))
    assert office.hours.work(ACME, project, MARCH).work_types == (mine,)


def test_r25_a_lines_product_is_its_work_types(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    articles = {row["Name"]: row["Id"] for row in office.upstream(Kind.PRODUCT)}
    sent = {row["Text"]: row["ArticleId"] for row in office.drafts()[0]["Rows"]}
    assert sent["Rådgivning"] == articles["Rådgivning"]
    assert sent["Reisetid"] == articles["Reisetid"]


def test_r26_a_product_link_may_be_absent_and_may_change(office: Office) -> None:
    """Absent, it is a problem with its cure; set or changed later, the next order has it."""
    acme, order = ready_to_push(office)
    with_it = next(each for each in office.hours.work(ACME, order.project, MARCH).work_types)
    office.hours.add_work_type(ACME, attrs.evolve(with_it, product=None))
    with pytest.raises(OrderNotReady) as raised:
        acme.build_order(order.project, MARCH)
    assert [each.code for each in raised.value.problems] == [ProblemCode.WORK_TYPE_WITHOUT_PRODUCT]
    another = office.record(Kind.PRODUCT, "Reisetid").id
    office.hours.add_work_type(ACME, attrs.evolve(with_it, product=another))
    lines = {line.text: line.product for line in acme.build_order(order.project, MARCH).lines}
    assert lines[with_it.name] == another


def test_r27_when_busy_last_fetched_is_shown(office: Office) -> None:
    acme = office.connected()
    assert str(acme.status()).endswith("never fetched")
    acme.sync()
    office.clock.advance(120)
    assert acme.status().text("nb").endswith("sist hentet for 2 minutter siden")


def test_r28_a_changed_password_ends_the_key_and_asks_for_a_new_connection(office: Office) -> None:
    acme = synced(office)
    before = office.records()
    office.control("POST", "/password-change")
    with pytest.raises(ReconnectNeeded) as raised:
        acme.sync()
    assert "Press connect and log in again" in raised.value.advice
    assert acme.status().state is ConnectionState.RECONNECT_NEEDED
    assert office.records() == before


def test_r29_disconnecting_and_connecting_again_is_the_remedy(office: Office) -> None:
    """By the same steps as the first time."""
    acme = synced(office)
    office.control("POST", "/password-change")
    acme.disconnect()
    with pytest.raises(NotConnected):
        acme.sync()
    assert office.log_in(acme).connected
    office.edit_upstream(Kind.PROJECT, office.upstream(Kind.PROJECT)[0]["Id"], Name="Renamed")
    assert acme.sync().applied == {Action.UPDATE: 1}


def test_r30_disconnecting_and_connecting_again_leaves_busys_data_as_it_was(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    before = {kind: office.busy.load(ACME, kind) for kind in Kind}
    work = office.hours.work(ACME, order.project, MARCH)
    acme.disconnect()
    office.log_in(acme)
    acme.sync()
    assert {kind: office.busy.load(ACME, kind) for kind in Kind} == before
    assert office.hours.work(ACME, order.project, MARCH) == work
    assert acme.push(order).repeated


# Whether each has one

LEFT_OUT: Mapping[str, str] = {}
"""Rules that have no test, each with the reason."""


def test_every_rule_and_decision_has_a_test_of_its_name() -> None:
    """A rule of Busy's, or a decided reading up to D17, that is not tried is named here with the reason."""
    told = {
        number.upper()
        for module in (sys.modules[__name__], test_readings_decided)
        for name in vars(module)
        for number in re.findall(r"(?<=_)[rd][0-9]+(?=_)", name)
        if name.startswith("test_")
    }
    asked = {*(f"R{number}" for number in range(1, 31)), *(f"D{number}" for number in range(1, 18))}
    assert asked - told == set(LEFT_OUT)
    assert told <= asked


def test_r17_r18_there_are_two_writes_and_each_has_one_place() -> None:
    """What has no method cannot happen; and only a withdrawal deletes."""
    reads = {"company_settings", "read", "changes", "record", "customer", "project", "article", "order"}
    reads |= {"articles", "coding", "customers", "dated", "may_read_orders", "orders_since", "projects"}
    places = {"create_draft": "_posting.py", "delete_draft": "_withdrawing.py"}
    assert {name for name in vars(Upstream) if not name.startswith("_")} == reads | places.keys()
    for name, place in places.items():
        callers = {file.name for file in PACKAGE.glob("*.py") if f".{name}(" in file.read_text("utf-8")}
        assert callers == {place}
