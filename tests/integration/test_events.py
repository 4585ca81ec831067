"""What a host's listener is told, and when; over a sandbox, in both shells."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import attrs
import pytest
from cryptography.fernet import Fernet

from visma_busy_sync import AsyncListener, BusySync, ConnectionEvent, Listener, OrderEvent
from visma_busy_sync._facade import Tenant
from visma_busy_sync.busy import GivenLine, Order
from visma_busy_sync.errors import (
    AnswerLost,
    ArchivingNotAllowed,
    OrderOutcomeUnknown,
    OrderRejected,
    ReconnectNeeded,
    ServerFault,
    VismaBusySyncError,
)
from visma_busy_sync.integration import LoginOutcome, TenantEvent
from visma_busy_sync.integration._site import Site
from visma_busy_sync.orders import State
from visma_busy_sync.state import TOLD
from visma_busy_sync.stores import MemoryCatalogue
from visma_busy_sync.sync import Change, Kind, Outcome
from visma_busy_sync.testing import parity

from .given import ONGOING, first, idle, linked
from .listening import NAMES, Heard
from .office import ACME, MARCH, SESSION, Office, ready_to_push, waiting
from .test_sync_failures import AsyncCranky, Cranky

KEY = Fernet.generate_key()
PLAIN = (GivenLine(work_type="consulting", quantity=Decimal(1)),)
FILE = b"1;consulting;1"
NO_ORDER = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def heard() -> Heard:
    return Heard()


def told(office: Office, heard: Heard, **options: Any) -> Tenant:
    """A workspace of a new SDK object that tells."""
    return made(office, heard, **options).tenant(ACME)


def made(office: Office, heard: Heard, **options: Any) -> BusySync:
    return office.visma(listener=heard.by(office), encryption_keys=[KEY], **options)


def synced(office: Office, heard: Heard) -> Tenant:
    acme = told(office, heard)
    office.log_in(acme)
    acme.sync()
    heard.anew()
    return acme


def ready(office: Office, heard: Heard) -> tuple[Tenant, Order]:
    """A workspace that tells, with an order that is finalised."""
    _, order = ready_to_push(office, encryption_keys=[KEY])
    order = attrs.evolve(order, finalised_at=office.clock.now())
    office.hours.finalise(ACME, order)
    return told(office, heard), order


def failing(call: Callable[[], object], *errors: type[Exception]) -> None:
    with pytest.raises(errors or (VismaBusySyncError,)):
        call()


# The connection


def test_a_login_that_connects_is_told_once(office: Office, heard: Heard) -> None:
    acme = told(office, heard)
    url = acme.connect(project_sync=True, session=SESSION)
    callback = office.press(url)
    assert heard.names == []
    acme.complete_login(callback, session=SESSION)
    assert acme.complete_login(callback, session=SESSION).outcome is LoginOutcome.ALREADY_CONNECTED
    assert acme.status().state == "connected"
    event = heard.only("on_connected")
    assert event == ConnectionEvent(tenant=ACME, at=office.clock.now(), project_sync=True)
    assert heard.names == ["on_connected"]


def test_another_company_is_told_when_it_is_confirmed(office: Office, heard: Heard) -> None:
    acme = synced(office, heard)
    office.add_company("other", "Other AS")
    office.log_in(acme, company="other", project_sync=False)
    assert heard.names == []
    acme.confirm_company(waiting(acme))
    assert heard.only("on_connected").project_sync is False


FINDERS: dict[str, Callable[[Tenant, Order], object]] = {
    "plan": lambda acme, _: acme.plan(),
    "sync": lambda acme, _: acme.sync(),
    "mendings": lambda acme, _: acme.mendings(),
    "readiness": lambda acme, _: acme.readiness(),
    "diagnose": lambda acme, _: acme.diagnose(),
    "build_order": lambda acme, order: acme.build_order(order.project, MARCH),
    "import_order_lines": lambda acme, _: acme.import_order_lines(FILE),
    "preflight": lambda acme, _: acme.preflight(MARCH),
    "push": lambda acme, order: acme.push(order),
    "push_many": lambda acme, order: acme.push_many([order]),
    "recover": lambda acme, _: acme.recover(),
    "resolve": lambda acme, _: acme.resolve("unknown", found=NO_ORDER),
    "reopen": lambda acme, _: acme.reopen("refused"),
    "withdraw": lambda acme, _: acme.withdraw("there"),
    "read_back": lambda acme, _: acme.read_back(),
    "fetch_order": lambda acme, _: acme.fetch_order("there"),
}


@pytest.mark.parametrize("find", FINDERS.values(), ids=FINDERS)
def test_whichever_call_finds_a_login_dead_tells_it_and_none_after_it(
    office: Office, heard: Heard, find: Callable[[Tenant, Order], object]
) -> None:
    acme, order = ready(office, heard)
    there, unknown, refused = (
        acme.build_order(order.project, MARCH, order_id=id, only=[], lines=PLAIN)
        for id in ("there", "unknown", "refused")
    )
    acme.push(there)
    office.busy.edit(ACME, Kind.PROJECT, order.project, number="1")  # the one in the file
    office.fault("POST", "/orders", "drop_before")
    failing(lambda: acme.push(unknown), OrderOutcomeUnknown)
    office.fault("POST", "/orders", "status", status=400, error_code=4024)
    failing(lambda: acme.push(refused), OrderRejected)
    heard.anew()
    office.control("POST", "/password-change")
    with contextlib.suppress(ReconnectNeeded):  # or it is told in the results
        find(acme, order)
    event = heard.only("on_reconnect_needed")
    assert event == ConnectionEvent(tenant=ACME, at=office.clock.now(), project_sync=True)
    office.clock.advance(7200)
    for each in (acme, told(office, heard)):  # another process too
        failing(each.sync, ReconnectNeeded)
        failing(each.plan, ReconnectNeeded)
        assert str(each.status()).startswith("reconnect needed")
    made(office, heard).sync_due()
    made(office, heard).push_due()
    made(office, heard).read_back_due()
    assert heard.names == ["on_reconnect_needed"]


@pytest.mark.parametrize("due", ["sync_due", "push_due", "read_back_due"])
def test_a_scheduler_tells_a_dead_login(office: Office, heard: Heard, due: str) -> None:
    acme, order = ready(office, heard)
    if due == "read_back_due":
        acme.push(order)
    heard.anew()
    office.control("POST", "/password-change")
    office.clock.advance(7200)
    getattr(made(office, heard), due)()
    assert heard.names == ["on_reconnect_needed"]


def test_a_login_that_was_known_to_be_dead_is_told_to_a_listener_that_comes_later(
    office: Office, heard: Heard
) -> None:
    acme = office.connected(encryption_keys=[KEY])
    office.control("POST", "/password-change")
    failing(acme.sync, ReconnectNeeded)
    failing(told(office, heard).decisions, ReconnectNeeded)
    assert heard.names == ["on_reconnect_needed"]


def test_the_next_login_that_dies_is_told_too(office: Office, heard: Heard) -> None:
    acme = synced(office, heard)
    for _ in range(2):
        office.control("POST", "/password-change")
        failing(acme.sync, ReconnectNeeded)
        office.log_in(acme)
    assert heard.names == ["on_reconnect_needed", "on_connected"] * 2


def test_a_login_that_waits_to_be_confirmed_is_not_the_tenants(office: Office, heard: Heard) -> None:
    """It is dead, but the tenant is connected by the one before."""
    acme = synced(office, heard)
    office.add_company("other", "Other AS")
    office.log_in(acme, company="other")
    office.control("POST", "/password-change", company="other")
    with contextlib.suppress(ReconnectNeeded):
        acme.preview_company()
    assert heard.names == []


# Syncs


def test_a_sync_that_changed_something_is_told_with_what_it_did(office: Office, heard: Heard) -> None:
    acme = told(office, heard)
    office.log_in(acme)
    heard.anew()
    report = acme.sync()
    event = heard.only("on_synced")
    assert (event.tenant, event.at, event.run) == (ACME, report.ended, acme.runs()[0])
    assert event.run.kinds["project"].applied == {"create": len(office.records())}
    acme.sync()
    acme.sync(whole=True)
    assert heard.names == ["on_synced"]


def test_sync_due_tells_what_it_synced(office: Office, heard: Heard) -> None:
    office.connected(encryption_keys=[KEY])
    made(office, heard).sync_due()
    assert heard.names == ["on_synced"]
    assert made(office, heard).sync_due() == ()


def test_syncs_that_fail_by_one_error_are_told_once_until_one_does_not(office: Office, heard: Heard) -> None:
    acme = synced(office, heard)

    def fails(error: type[Exception], kind: str, **how: Any) -> list[str | None]:
        office.fault("GET", "/projects", kind, **how)
        failing(acme.sync, error)
        return [event.run.error for event in heard.of("on_sync_failed")]

    assert fails(ServerFault, "status", status=500) == ["ServerFault"]
    assert fails(ServerFault, "status", status=500) == ["ServerFault"]
    assert fails(AnswerLost, "drop_after") == ["ServerFault", "AnswerLost"]
    acme.sync()
    assert fails(AnswerLost, "drop_after") == ["ServerFault", "AnswerLost", "AnswerLost"]
    assert heard.names == ["on_sync_failed"] * 3


def deleted(office: Office, count: int) -> None:
    rows = [row for row in office.upstream(Kind.PROJECT) if row["Status"] == ONGOING][:count]
    for row in rows:
        office.control("DELETE", f"/records/projects/{row['Id']}")


def test_archiving_that_waits_is_told_once_for_each_set(office: Office, heard: Heard) -> None:
    acme = synced(office, heard)
    deleted(office, 30)
    acme.sync(whole=True)
    digest = acme.plan().archiving.digest
    event = heard.only("on_guard_blocked")
    assert (event.digest, event.count, event.at) == (digest, 30, acme.runs()[0].ended)
    acme.sync()
    told(office, heard).sync(whole=True)
    assert heard.names == ["on_guard_blocked"]
    deleted(office, 1)
    failing(lambda: acme.sync(allow_archiving=digest), ArchivingNotAllowed)  # its caller knows
    acme.sync()
    assert [event.count for event in heard.of("on_guard_blocked")] == [30, 31]
    acme.sync(allow_archiving=acme.plan().archiving.digest)
    assert heard.names == ["on_guard_blocked", "on_guard_blocked", "on_synced"]


def test_records_that_the_host_refuses_are_told_once_each(office: Office, heard: Heard) -> None:
    office.busy = MemoryCatalogue(longest_name=60)
    acme = synced(office, heard)
    long, other = [row for row in office.upstream(Kind.PROJECT) if row["Status"] == ONGOING][:2]

    def named(row: dict[str, Any], name: str) -> list[str | None]:
        office.edit_upstream(Kind.PROJECT, row["Id"], Name=name)
        acme.sync()
        return [change.eaccounting_id for event in heard.of("on_parked") for change in event.parked]

    assert named(long, "x" * 61) == [long["Id"]]
    (change,) = heard.only("on_parked").parked
    assert (change.kind, change.action, change.why) == ("project", "update", "refused")
    assert change.busy_id == linked(office, Kind.PROJECT, long)
    assert "xxx" not in str(heard.events)
    acme.sync(whole=True)
    assert named(other, "y" * 61) == [long["Id"], other["Id"]]
    assert named(long, "short") == [long["Id"], other["Id"]]
    assert named(long, "z" * 61) == [long["Id"], other["Id"], long["Id"]]


def test_what_was_edited_meanwhile_comes_by_itself_and_is_not_told(office: Office, heard: Heard) -> None:
    synced(office, heard)
    row = first(office, Kind.PROJECT, Status=ONGOING)
    busy = linked(office, Kind.PROJECT, row)
    office.edit_upstream(Kind.PROJECT, row["Id"], Name="Theirs")
    catalogue = office.busy

    class Late(Cranky):
        def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
            catalogue.edit(ACME, Kind.PROJECT, busy, name="Edited at that moment")
            return catalogue.apply(tenant, changes)

    late = Late(catalogue, list)
    acme = told(office, heard, catalogue=late if office.shell.run is None else AsyncCranky(late))
    assert len(acme.sync().moved) == 1
    assert heard.names == []


# Orders


def test_an_order_that_was_sent_is_told_once(office: Office, heard: Heard) -> None:
    acme, order = ready(office, heard)
    transfer = acme.push(order)
    acme.push(order)
    acme.read_back()
    made(office, heard).push_due()
    assert heard.names == ["on_transferred"]
    assert heard.only("on_transferred") == OrderEvent(
        tenant=ACME,
        at=office.clock.now(),
        order_id="o1",
        revision=1,
        state=State.TRANSFERRED,
        eaccounting_id=transfer.eaccounting_id,
        number=None,
    )


def test_push_due_tells_what_it_sent(office: Office, heard: Heard) -> None:
    ready(office, heard)
    made(office, heard).push_due()
    made(office, heard).push_due()
    assert heard.names == ["on_transferred"]


@pytest.mark.parametrize("how", ["recover", "push_due"])
def test_an_order_whose_answer_was_lost_is_told_when_it_is_found(
    office: Office, heard: Heard, how: str
) -> None:
    acme, order = ready(office, heard)
    office.fault("POST", "/orders", "drop_after")
    failing(lambda: acme.push(order), OrderOutcomeUnknown)
    assert heard.names == []
    for _ in range(2):
        if how == "recover":
            acme.recover()
        else:
            made(office, heard).push_due()
    assert heard.names == ["on_transferred"]


def test_a_refusal_is_told_with_the_code_of_the_api(office: Office, heard: Heard) -> None:
    acme, order = ready(office, heard)
    office.fault("POST", "/orders", "status", status=400, error_code=4024, message="of the customer Kari")
    failing(lambda: acme.push(order), OrderRejected)
    failing(lambda: acme.push(order))
    event = heard.only("on_rejected")
    assert (event.state, event.error_code, event.eaccounting_id) == (State.REJECTED, 4024, None)
    assert heard.names == ["on_rejected"]


def test_what_a_person_has_to_look_at_is_told_and_so_is_what_comes_of_it(
    office: Office, heard: Heard
) -> None:
    acme, order = ready(office, heard)
    office.fault("POST", "/orders", "drop_before")
    failing(lambda: acme.push(order), OrderOutcomeUnknown)
    office.clock.advance(700)
    acme.recover()
    acme.recover()
    failing(lambda: acme.push(order))
    assert heard.names == ["on_needs_attention"]
    acme.resolve("o1", send_again=True)
    acme.push(order)
    assert heard.names == ["on_needs_attention", "on_transferred"]


def test_a_draft_that_was_withdrawn_is_told_once(office: Office, heard: Heard) -> None:
    acme, order = ready(office, heard)
    acme.push(order)
    acme.withdraw("o1")
    acme.withdraw("o1")
    acme.push(attrs.evolve(order, revision=2))
    assert [(name, event.revision) for name, event in heard.events] == [
        ("on_transferred", 1),
        ("on_withdrawn", 1),
        ("on_transferred", 2),
    ]


def test_a_draft_that_was_kept_has_not_been_transferred_anew(office: Office, heard: Heard) -> None:
    acme, order = ready(office, heard)
    acme.push(order)
    office.edit_orders(YourReference="edited")
    failing(lambda: acme.withdraw("o1"))
    assert heard.names == ["on_transferred"]


def test_an_order_that_was_deleted_there_is_told_once(office: Office, heard: Heard) -> None:
    acme, order = ready(office, heard)
    acme.push(order)
    (draft,) = office.drafts()
    office.control("DELETE", f"/records/orders/{draft['Id']}")
    office.clock.advance(7200)
    for _ in range(2):
        made(office, heard).read_back_due()
    acme.release("o1")
    assert heard.names == ["on_transferred", "on_gone_upstream"]


def test_an_order_that_is_invoiced_is_told_once(office: Office, heard: Heard) -> None:
    acme, order = ready(office, heard)
    acme.push(order)
    (draft,) = office.drafts()
    for step in ("convert", "invoice"):
        office.control("POST", f"/orders/{draft['Id']}/{step}")
        office.clock.advance(7200)
        made(office, heard).read_back_due()
    acme.read_back()
    number = acme.orders()[0].number
    assert number is not None
    assert [(name, event.number) for name, event in heard.events] == [
        ("on_transferred", None),
        ("on_invoiced", number),
    ]


def test_an_order_that_got_another_id_is_not_told_as_invoiced_twice(office: Office, heard: Heard) -> None:
    acme, order = ready(office, heard)
    acme.push(order)
    for id in ("a" * 8 + "-0000-0000-0000-" + "a" * 12, "b" * 8 + "-0000-0000-0000-" + "b" * 12):
        (draft,) = office.drafts()
        office.control("DELETE", f"/records/orders/{draft['Id']}")
        moved = json.loads(json.dumps({**draft, "Id": id, "Status": 4, "Number": 7}, default=float))
        office.control("PUT", f"/records/orders/{id}", moved)
        acme.read_back()
        assert acme.orders()[0].eaccounting_id == id
    assert heard.names == ["on_transferred", "on_invoiced"]


# The listener


def test_one_that_raises_changes_nothing_and_is_logged_without_what_it_says(
    office: Office, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    def raising(name: str, event: TenantEvent) -> None:
        raise ValueError("no mail to kari@example.com")

    heard.also = raising
    acme, order = ready(office, heard)
    office.log_in(acme)
    assert acme.push(order).state is State.TRANSFERRED
    office.edit_upstream(Kind.PROJECT, first(office, Kind.PROJECT)["Id"], Notes="New")
    assert not idle(acme.sync())
    assert acme.withdraw("o1").state is State.WITHDRAWN
    names = ["on_connected", "on_transferred", "on_synced", "on_withdrawn"]
    assert heard.names == names
    records = [record for record in caplog.records if record.name == "visma_busy_sync"]
    assert [record.getMessage().split(", line")[0] for record in records] == [
        f"{name} of the listener failed for the tenant 'acme': ValueError in test_events.py" for name in names
    ]
    assert {record.levelno for record in records} == {logging.ERROR}
    assert not any(record.exc_info for record in records)


def test_it_may_ask_the_package_what_it_likes(office: Office, heard: Heard) -> None:
    """It is told when the call holds nothing any more: not even the right to sync."""
    elsewhere = office.elsewhere().tenant(encryption_keys=[KEY])
    seen: list[object] = []

    def asks(name: str, event: TenantEvent) -> None:
        if name == "on_synced":
            seen.append(str(elsewhere.sync(whole=True)))
        if name == "on_transferred":
            seen.append(elsewhere.push(order).repeated)
        if name == "on_reconnect_needed":
            seen.append(elsewhere.status().state)

    heard.also = asks
    acme, order = ready(office, heard)
    office.edit_upstream(Kind.PROJECT, first(office, Kind.PROJECT)["Id"], Notes="New")
    acme.sync()
    acme.push(order)
    office.control("POST", "/password-change")
    failing(acme.sync, ReconnectNeeded)
    assert seen == ["nothing to do", True, "reconnect_needed"]


def test_what_is_left_to_tell_is_told_when_it_is_closed(office: Office, heard: Heard) -> None:
    """As where the last call was cancelled."""
    visma = made(office, heard)
    site: Site = getattr(visma, "_awaiting", visma)._site
    site.teller.connected(ACME, project_sync=True)
    visma.close()
    assert heard.names == ["on_connected"]


def test_without_one_nothing_is_kept_and_a_purge_forgets_what_was(office: Office, heard: Heard) -> None:
    acme = office.connected(encryption_keys=[KEY])
    office.control("POST", "/password-change")
    failing(acme.sync, ReconnectNeeded)
    assert office.state.scan(TOLD) == []
    failing(told(office, heard).sync, ReconnectNeeded)
    (kept,) = office.state.scan(TOLD)
    acme.purge()
    (purged,) = office.state.scan(TOLD)
    assert len(purged.document.body) < len(kept.document.body)
    office.log_in(acme)
    office.control("POST", "/password-change")
    failing(told(office, heard).sync, ReconnectNeeded)
    assert heard.names == ["on_reconnect_needed"] * 2


def test_what_it_is_told_names_nobody(office: Office, heard: Heard) -> None:
    acme, order = ready(office, heard)
    acme.push(order)
    office.edit_upstream(Kind.PROJECT, first(office, Kind.PROJECT)["Id"], Notes="New")
    acme.sync()
    office.control("POST", "/password-change")
    failing(acme.sync, ReconnectNeeded)
    said = repr(heard.events)
    names = {str(values["name"]) for kind in Kind for values in office.records(kind).values()}
    assert len(heard.events) == 3
    assert not [name for name in names if name in said]
    assert str(acme.status().company_name) not in said


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda own, other: own, "is the class Own itself: give it an instance"),
        (lambda own, other: other(), "the listener Other is a"),
        (lambda own, other: print, "is no .*Listener: make it a subclass of that"),
        (
            lambda own, other: type("Slip", (own,), {"on_transfered": own.on_transferred})(),
            "the listener Slip has on_transfered, but there is only: on_connected, on_reconnect_needed,",
        ),
        (
            lambda own, other: type("Mixed", (own,), {"on_synced": other.on_synced})(),
            "on_synced of the listener Mixed must be (written with async def|a plain method, without async)",
        ),
    ],
    ids=["class", "of the other shell", "none", "unknown method", "method of the other shell"],
)
def test_one_of_the_wrong_sort_is_refused_at_once(
    office: Office, wrong: Callable[[Any, Any], Any], message: str
) -> None:
    own, other = Listener, AsyncListener
    if office.shell.run is not None:
        own, other = AsyncListener, Listener  # type: ignore[assignment]
    given = wrong(type("Own", (own,), {}), type("Other", (other,), {}))
    with pytest.raises(TypeError, match=message):
        office.visma(listener=given)


def test_each_method_does_nothing_by_itself(office: Office) -> None:
    """So a host writes those that it wants."""
    base = Listener() if office.shell.run is None else AsyncListener()
    acme = office.connected(listener=base)
    assert str(acme.sync()).startswith("applied")


def test_the_twins_have_the_same_methods() -> None:
    parity.check_twins(Listener, AsyncListener)
    assert len(NAMES) == len(vars(AsyncListener).keys() & set(NAMES))
