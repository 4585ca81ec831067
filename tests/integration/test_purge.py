"""A tenant that leaves: what is forgotten, what is kept, and that nothing is billed twice afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from visma_busy_sync._facade import Tenant
from visma_busy_sync.busy import Order
from visma_busy_sync.eaccounting.errors import AccessDenied
from visma_busy_sync.eaccounting.http import Request
from visma_busy_sync.integration import (
    ConnectionState,
    LoginOutcome,
    OrderClosed,
    Purged,
    PurgeRefused,
)
from visma_busy_sync.orders import EntryTaken, OrderNotReady, OrderOutcomeUnknown, State
from visma_busy_sync.ports import Write
from visma_busy_sync.stores import MemoryStateStore
from visma_busy_sync.sync import Kind

from .given import archived, own_projects
from .office import ACME, MARCH, SESSION, Office, ready_to_push

POST = "POST /v2/orders"


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


class Watched(MemoryStateStore):
    """A store that calls back before each commit, with the keys that are to be written."""

    before_commit: Callable[[list[str]], None] | None = None

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        if self.before_commit:
            self.before_commit([write.key for write in writes])
        return super().commit(tenant, writes)


def watched(office: Office) -> Watched:
    office.state = Watched()
    return office.state


def killed(*_: object) -> None:
    raise Killed


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
    assert keys(office) == {"archive-missing", "claim", "connection", "lease", "login", "order"}
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
    assert str(acme.sync()) == "nothing to do"
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
    acme.push(order)
    assert len(office.drafts()) == 2


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
