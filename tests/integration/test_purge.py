"""A tenant that leaves: what is forgotten, what is kept, and that nothing is billed twice afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import cast

import pytest
from cryptography.fernet import Fernet

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync._facade import Tenant
from visma_busy_sync.busy import Order, Period
from visma_busy_sync.eaccounting.errors import AccessDenied
from visma_busy_sync.eaccounting.http import Request
from visma_busy_sync.integration import (
    ConnectionState,
    LoginOutcome,
    OrderClosed,
    OrderUnknown,
    Purged,
    PurgeRefused,
)
from visma_busy_sync.orders import (
    EntryTaken,
    OrderChanged,
    OrderNotReady,
    OrderOutcomeUnknown,
    OrderRejected,
    State,
)
from visma_busy_sync.ports import Write
from visma_busy_sync.stores import MemoryStateStore
from visma_busy_sync.stores.sql import SqlStateStore
from visma_busy_sync.sync import Kind

from .given import archived, idle, own_projects
from .office import ACME, MARCH, SESSION, Office, ready_to_push

POST = "POST /v2/orders"
KEYS = [Fernet.generate_key().decode()]


def keys(office: Office) -> set[str]:
    """The first parts of the keys of what is stored of the tenant."""
    return {found.key.partition("/")[0] for found in office.state.scan("", ACME)}


def pushed(office: Office) -> tuple[Tenant, Order]:
    acme, order = ready_to_push(office)
    acme.push(order)
    return acme, order


def test_an_order_whose_outcome_is_unknown_refuses_the_purge(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.fault("POST", "/orders", "drop_after")
    with pytest.raises(OrderOutcomeUnknown):
        acme.push(order)
    before = office.snapshot()
    for everything in (False, True):
        with pytest.raises(PurgeRefused) as raised:
            acme.purge(everything=everything)
        assert raised.value.order_ids == ("o1",)
        assert raised.value.advice
    assert office.snapshot() == before
    assert office.counted("revocations") == 0
    acme.sync()  # and the connection works on


class Killed(BaseException):
    """The process ends here."""


class Watched:
    """A store that calls back before each commit, with the keys that are to be written."""

    volatile = True

    def __init__(self) -> None:
        self.before_commit: Callable[[list[str]], None] | None = None
        self._memory = MemoryStateStore()
        self.read, self.scan = self._memory.read, self._memory.scan

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        if self.before_commit:
            self.before_commit([write.key for write in writes])
        return self._memory.commit(tenant, writes)


def watched(office: Office) -> Watched:
    store = Watched()
    office.state = cast("MemoryStateStore", store)
    return store


def killed(*_: object) -> None:
    raise Killed


def meanwhile(store: Watched, happens: Callable[[], object], *, before: Callable[[list[str]], bool]) -> None:
    """Let something happen once, just before a commit."""

    def look(keys: list[str]) -> None:
        if before(keys):
            store.before_commit = None
            happens()

    store.before_commit = look


def ending(keys: list[str]) -> bool:
    """Whether a commit changes the connection."""
    return "connection" in keys


def sending(keys: list[str]) -> bool:
    """Whether a commit notes that the order is being sent; the one that reserves it writes its claims too."""
    return keys == ["order/o1"]


def die_after_reserving(store: Watched, tenant: Tenant, order: Order) -> None:
    def die() -> None:
        store.before_commit = killed
        raise Killed

    meanwhile(store, die, before=sending)
    with pytest.raises(Killed):
        tenant.push(order)
    store.before_commit = None


def versions(office: Office) -> dict[str, int]:
    """The version of each document of the tenant, without those whose keys are never used again."""
    documents = office.state.scan("", ACME)
    return {found.key: found.document.version for found in documents if not found.key.startswith("tokens/")}


def test_an_order_that_is_gone_is_released_before_a_purge(office: Office) -> None:
    """Else its hours were held for ever: nobody could release it afterwards."""
    acme, order = pushed(office)
    office.control("DELETE", f"/records/orders/{office.drafts()[0]['Id']}")
    office.clock.advance(3600)
    acme.read_back()
    with pytest.raises(PurgeRefused, match="o1"):
        acme.purge()
    acme.release("o1")
    acme.purge()
    office.log_in(acme)
    assert acme.build_order(order.project, MARCH, order_id="o2").claims == order.claims


def test_an_order_that_was_being_sent_when_the_process_died_refuses_the_purge(office: Office) -> None:
    store = watched(office)
    acme, order = ready_to_push(office)

    def die(request: Request) -> None:
        if request.method == "POST":
            store.before_commit = killed
            raise Killed

    office.shell.wire.before = die
    with pytest.raises(Killed):
        acme.push(order)
    store.before_commit = office.shell.wire.before = None
    entry = acme.ledger_entry("o1")
    assert entry is not None
    assert entry.state is State.SENDING
    before = office.snapshot()
    with pytest.raises(PurgeRefused, match="o1"):
        acme.purge()
    assert office.snapshot() == before


def test_a_purge_leaves_ids_only(office: Office) -> None:
    """No name, no text, no token, in no stored body; and Busy's own data is not touched."""
    acme, order = pushed(office)
    office.add_company("other", "Hemmelig AS")
    office.log_in(acme, company="other")
    acme.connect(project_sync=True, session=SESSION)
    before = {kind: office.busy.load(ACME, kind) for kind in Kind}
    purged = acme.purge()
    assert purged == Purged(removed=purged.removed, kept=purged.kept)
    kept = {"archive-missing", "claim", "connection", "lease", "login", "order", "reading", "runs"}
    assert keys(office) == kept
    stored = office.stored()
    private = {record.values["name"] for records in before.values() for record in records}
    private |= {line.text for line in order.lines} | {
        "Hemmelig AS",
        office.control("GET", "/records/companysettings")["Name"],
    }
    assert [text for text in private if str(text) in stored] == []
    assert "p1." not in stored  # the handle of a sealed text
    assert office.counted("alive_logins") == 0
    assert {kind: office.busy.load(ACME, kind) for kind in Kind} == before
    assert acme.status().state is ConnectionState.DISCONNECTED
    assert str(acme.status()) == "not connected. Press connect and log in at Visma."


def test_a_tenant_that_comes_back_bills_nothing_twice(office: Office) -> None:
    acme, order = pushed(office)
    acme.purge()
    assert acme.ledger_entry("o1") is None
    assert office.log_in(acme).outcome is LoginOutcome.CONNECTED
    with pytest.raises(OrderClosed) as closed:
        acme.push(order)
    assert (closed.value.purged, closed.value.state) == (True, State.TRANSFERRED)
    assert "look for it in eAccounting" in closed.value.advice
    with pytest.raises(OrderNotReady):  # its hours are on an order
        acme.build_order(order.project, MARCH, order_id="o2")
    assert (office.requests().count(POST), len(office.drafts())) == (1, 1)


def test_an_order_that_was_built_before_the_purge_finds_its_hours_taken(office: Office) -> None:
    acme, order = ready_to_push(office)
    second = acme.build_order(order.project, MARCH, order_id="o2")
    acme.push(order)
    acme.purge()
    office.log_in(acme)
    with pytest.raises(EntryTaken):
        acme.push(second)
    assert len(office.drafts()) == 1


def test_a_tenant_that_comes_back_archives_nothing_again(office: Office) -> None:
    acme, _ = pushed(office)
    acme.purge()
    own = own_projects(office)
    office.log_in(acme)
    assert idle(acme.sync())
    assert archived(office, own) == [False, False]


def test_hours_of_an_order_that_was_surely_not_sent_are_free_again(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.fault("POST", "/orders", "status", status=403, error_code=4007)
    with pytest.raises(AccessDenied):
        acme.push(order)
    acme.purge()
    office.log_in(acme)
    acme.push(acme.build_order(order.project, MARCH, order_id="o2"))
    assert len(office.drafts()) == 1


def test_purging_everything_says_what_may_happen_twice_and_it_does(office: Office) -> None:
    acme, order = pushed(office)
    other = office.tenant("other")
    office.log_in(other)
    kept = office.state.scan("", "other")
    orders = len(office.upstream("orders"))
    purged = acme.purge(everything=True)
    assert {found.document.body for found in office.state.scan("", ACME)} == {'{"erased": true}'}
    assert office.state.scan("", "other") == kept
    assert (purged.kept, len(purged.may_happen_twice)) == (0, 3)
    for text in purged.may_happen_twice:
        assert text.nb.strip() != text.en.strip() != ""
    own = own_projects(office)
    office.log_in(acme)
    acme.sync()
    assert archived(office, own) == [True, True]
    assert acme.push(order).repeated  # its marker still tells
    office.edit_orders(OurReference="Kari")
    acme.purge(everything=True)
    office.log_in(acme)
    assert not acme.push(order).repeated
    assert len(office.upstream("orders")) == orders + 1


def test_purging_twice_is_harmless(office: Office) -> None:
    acme, order = pushed(office)
    acme.purge()
    before = office.stored()
    assert acme.purge().removed == 0
    assert office.stored() == before
    office.log_in(acme)
    acme.purge()
    office.log_in(acme)
    with pytest.raises(OrderClosed):
        acme.push(order)


def test_a_tenant_that_was_never_connected_has_nothing_to_purge(office: Office) -> None:
    assert office.tenant().purge() == Purged(removed=0, kept=0)
    assert office.state.scan("") == []


def test_a_login_that_was_begun_before_the_purge_connects_nothing(office: Office) -> None:
    acme = office.tenant()
    pending = office.press(acme.connect(project_sync=True, session=SESSION))
    acme.purge()
    assert acme.complete_login(pending, session=SESSION).outcome is LoginOutcome.NOT_THIS_LOGIN
    assert acme.status().state is ConnectionState.DISCONNECTED


def test_a_purge_says_when_visma_did_not_confirm(office: Office) -> None:
    """The tokens are gone here all the same, and so is the rest."""
    acme, order = pushed(office)
    office.profile(revocation="unavailable")
    assert not acme.purge().revoked
    assert acme.status().state is ConnectionState.DISCONNECTED
    assert "tokens" not in keys(office)
    assert order.lines[0].text not in office.stored()


@pytest.mark.parametrize("everything", [False, True])
def test_no_key_begins_anew_after_a_purge(office: Office, everything: bool) -> None:
    """Whoever read a document before the purge, and stalled, finds no version that it expects."""
    acme, order = pushed(office)
    before = versions(office)
    acme.purge(everything=everything)
    office.log_in(acme)
    acme.sync()
    if everything:
        acme.push(order)
    after = versions(office)
    assert before.keys() <= after.keys()
    kept = {key for key, version in before.items() if after[key] == version}
    assert {key.partition("/")[0] for key in kept} == (set() if everything else {"claim", "archive-missing"})
    assert all(after[key] > version for key, version in before.items() if key not in kept)


def test_a_push_that_stalled_over_a_purge_sends_nothing(office: Office) -> None:
    """Nor can another order come under its id, whose place the stalled one could take."""
    store = watched(office)
    acme, order = ready_to_push(office, encryption_keys=KEYS)
    there = office.elsewhere()
    other = there.tenant(encryption_keys=KEYS)
    third = Period(date(2026, 3, 3), date(2026, 3, 3))

    def leave_and_return() -> None:
        other.purge()
        there.log_in(other)
        small = other.build_order(order.project, third, order_id="o1")
        with pytest.raises(OrderClosed) as closed:
            other.push(small)
        assert closed.value.advice == "Build its hours into a new order."
        other.push(other.build_order(order.project, third, order_id="o2"))

    meanwhile(store, leave_and_return, before=sending)
    with pytest.raises(OrderUnknown, match="purge"):
        acme.push(order)
    (draft,) = office.drafts()
    assert [row["Quantity"] for row in draft["Rows"] if row["Quantity"]] == [7.5]


def test_a_push_that_stalled_over_a_purge_of_everything_does_not_take_another_order_for_its_own(
    office: Office,
) -> None:
    store = watched(office)
    acme, order = ready_to_push(office, encryption_keys=KEYS)
    there = office.elsewhere()
    other = there.tenant(encryption_keys=KEYS)
    third = Period(date(2026, 3, 3), date(2026, 3, 3))

    def leave_and_return() -> None:
        other.purge(everything=True)
        there.log_in(other)
        die_after_reserving(store, other, other.build_order(order.project, third, order_id="o1"))

    meanwhile(store, leave_and_return, before=sending)
    with pytest.raises(OrderChanged):
        acme.push(order)
    assert office.drafts() == []
    entry = acme.ledger_entry("o1")
    assert entry is not None
    assert (entry.state, entry.claims) == (State.RESERVED, ("entry:h1",))


def test_a_sync_that_stalled_over_a_purge_of_everything_brings_no_connection_back(office: Office) -> None:
    store = watched(office)
    office.add_company("b", "Company B")
    acme = office.connected(encryption_keys=KEYS)
    there = office.elsewhere()
    other = there.tenant(encryption_keys=KEYS)

    def leave_and_return() -> None:
        other.purge(everything=True)
        assert there.log_in(other, company="b").outcome is LoginOutcome.CONNECTED

    meanwhile(store, leave_and_return, before=ending)
    with pytest.raises(VismaBusySyncError):
        acme.sync()
    status = other.status()
    assert (status.state, status.company_name) == (ConnectionState.CONNECTED, "Company B")
    assert not any(kind for kind in Kind if office.busy.load(ACME, kind))


def test_hours_of_an_order_that_was_refused_are_free_again(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.fault("POST", "/orders", "status", status=400, error_code=4000)
    with pytest.raises(OrderRejected):
        acme.push(order)
    acme.purge()
    office.log_in(acme)
    with pytest.raises(OrderClosed) as closed:
        acme.push(order)
    assert (closed.value.state, closed.value.advice) == (
        State.REJECTED,
        "Build its hours into a new order.",
    )
    acme.push(acme.build_order(order.project, MARCH, order_id="o2"))
    assert len(office.drafts()) == 1


def test_an_order_that_comes_while_the_purge_runs_is_forgotten_too(office: Office) -> None:
    store = watched(office)
    acme, order = ready_to_push(office, encryption_keys=KEYS)
    other = office.elsewhere().tenant(encryption_keys=KEYS)
    meanwhile(store, lambda: die_after_reserving(store, other, order), before=ending)
    acme.purge()
    assert order.lines[0].text not in office.stored()
    office.log_in(acme)
    acme.push(acme.build_order(order.project, MARCH, order_id="o2"))
    assert len(office.drafts()) == 1


def test_an_order_that_is_being_sent_while_the_purge_runs_refuses_it(office: Office) -> None:
    store = watched(office)
    acme, order = ready_to_push(office, encryption_keys=KEYS)
    there = office.elsewhere()
    other = there.tenant(encryption_keys=KEYS)

    def die(request: Request) -> None:
        if request.method == "POST":
            store.before_commit = killed
            raise Killed

    def send() -> None:
        there.shell.wire.before = die
        with pytest.raises(Killed):
            other.push(order)
        store.before_commit = None

    meanwhile(store, send, before=ending)
    with pytest.raises(PurgeRefused, match="o1"):
        acme.purge()
    entry = acme.ledger_entry("o1")
    assert entry is not None
    assert entry.state is State.SENDING
    assert office.counted("alive_logins") == 0  # what was forgotten of the tenant is ended


UNREADABLE = {"damaged": "{}", "newer": '{"schema": 99, "data": {}}'}


def overwrite(office: Office, key: str, body: str) -> None:
    (found,) = office.state.scan(key, ACME)
    assert office.state.commit(ACME, [Write(found.key, found.document.version, body)])


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("key", ["login", "connection"])
@pytest.mark.parametrize("everything", [False, True])
def test_a_document_that_cannot_be_read_does_not_stop_the_purge(
    office: Office, everything: bool, key: str, body: str
) -> None:
    acme, order = pushed(office)
    overwrite(office, key, body)
    assert acme.purge(everything=everything).revoked
    assert office.counted("alive_logins") == 0
    assert "tokens" not in keys(office)
    assert office.log_in(acme).outcome is LoginOutcome.CONNECTED
    if not everything:
        with pytest.raises(OrderClosed):
            acme.push(order)


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_an_order_that_cannot_be_read_refuses_the_purge_unless_everything_goes(
    office: Office, body: str
) -> None:
    acme, _ = pushed(office)
    overwrite(office, "order/o1", body)
    before = office.snapshot()
    with pytest.raises(PurgeRefused) as raised:
        acme.purge()
    assert raised.value.order_ids == ("o1",)
    assert "everything=True" in raised.value.advice
    assert office.snapshot() == before
    assert acme.purge(everything=True).kept == 0
    assert body not in {found.document.body for found in office.state.scan("", ACME)}


def test_tokens_that_cannot_be_opened_are_not_told_to_be_revoked(office: Office) -> None:
    acme = office.connected()
    overwrite(office, "tokens/", "{}")
    assert not acme.purge().revoked
    assert "tokens" not in keys(office)


def test_tokens_of_a_company_that_waits_are_revoked_too(office: Office) -> None:
    acme = office.connected()
    office.add_company("b", "Company B")
    acme.disconnect()
    assert office.log_in(acme, company="b").outcome is LoginOutcome.CONFIRM_COMPANY
    assert office.counted("alive_logins") == 1
    assert acme.purge().revoked
    assert office.counted("alive_logins") == 0


@pytest.mark.parametrize("identified_since", [False, True])
def test_a_company_without_an_id_is_recognised_although_its_name_is_forgotten(
    office: Office, identified_since: bool
) -> None:
    office.set_company(CompanyIdentifier=None, CorporateIdentityNumber=None, Name="Kari Nordmann ENK")
    acme, order = pushed(office)
    linked = acme.status().company_id
    acme.purge()
    assert "kari" not in office.stored().lower()
    assert "kari" not in str(acme.status().company_id)
    before = office.stored()
    acme.purge()
    assert office.stored() == before
    if identified_since:
        office.set_company(CompanyIdentifier="0f0f0f0f-0000-0000-0000-000000000001")
    own = own_projects(office)
    assert office.log_in(acme).outcome is LoginOutcome.CONNECTED
    assert acme.status().company_id == linked
    assert idle(acme.sync())
    assert archived(office, own) == [False, False]
    with pytest.raises(OrderClosed):
        acme.push(order)


def test_another_company_is_not_taken_for_one_whose_name_is_forgotten(office: Office) -> None:
    office.set_company(CompanyIdentifier=None, CorporateIdentityNumber=None, Name="Kari Nordmann ENK")
    acme, _ = pushed(office)
    acme.purge()
    office.set_company(Name="Ola Nordmann ENK")
    assert office.log_in(acme).outcome is LoginOutcome.CONFIRM_COMPANY


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
def test_a_database_keeps_the_promises_of_a_purge(
    office: Office, request: pytest.FixtureRequest, database: str
) -> None:
    with SqlStateStore.open(request.getfixturevalue(database)) as store:
        store.create_table()
        acme, order = ready_to_push(office.elsewhere(), state=store, encryption_keys=KEYS)
        acme.push(order)
        acme.purge()
        office.elsewhere().log_in(acme)
        with pytest.raises(OrderClosed):
            acme.push(order)
        before = {found.key: found.document.version for found in store.scan("", ACME)}
        acme.purge(everything=True)
        office.elsewhere().log_in(acme)
        assert acme.push(order).repeated  # found by its marker
        after = {found.key: found.document.version for found in store.scan("", ACME)}
    erased_before = ("tokens/", "reading/", "runs")  # by the first purge; nothing is left to erase
    forgotten = {key for key in before if not key.startswith(erased_before)}
    assert all(after[key] > before[key] for key in forgotten)
    assert len(office.drafts()) == 1
