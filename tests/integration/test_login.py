"""Connecting, reconnecting and disconnecting (R3-R6, R28-R30)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

from visma_busy_sync._core.errors import ConfigurationError, VismaBusySyncError
from visma_busy_sync._core.stepper import step
from visma_busy_sync.eaccounting.errors import (
    AccessDenied,
    AnswerLost,
    CodeRefused,
    EAccountingError,
    LoginRefused,
    NotSent,
    ReconnectNeeded,
    StateMismatch,
    UnreadableAnswer,
)
from visma_busy_sync.eaccounting.http import NotSentError, Request, Response
from visma_busy_sync.integration import (
    Choices,
    CompanyUnidentified,
    NotConnected,
    ScopeMissing,
    WrongCompany,
    _connection,
)
from visma_busy_sync.ports import LiftedStateStore
from visma_busy_sync.state import ConnectionState
from visma_busy_sync.stores import MemoryStateStore
from visma_busy_sync.sync import Kind
from visma_busy_sync.testing import scheduler

from .fake import Upstream, connected, connection_in, site, tokens
from .office import ACME, SESSION, Office

COMPANY = "c509f287-8331-5791-b13a-ae597cfe03b7"


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def tokens_asked(office: Office) -> int:
    return office.requests().count("POST /connect/token")


def test_r5_the_user_logs_in_on_vismas_own_page(office: Office) -> None:
    """Busy gets an address to send the browser to, and no password."""
    url = office.tenant().connect(project_sync=True, session=SESSION)
    assert url.startswith(office.info.authorize_url)
    asked = query(url)
    assert asked["scope"] == "ea:api offline_access ea:sales"
    assert asked["prompt"] == "select_account"
    assert "code_challenge" not in asked
    assert office.info.client_secret not in url


def test_a_login_connects_to_the_company(office: Office) -> None:
    acme = office.tenant()
    assert str(acme.status()) == "not connected: press connect and log in at Visma"
    url = acme.connect(project_sync=True, session=SESSION)
    assert acme.status().state is ConnectionState.DISCONNECTED
    status = acme.complete_login(office.press(url), session=SESSION)
    assert status == acme.status()
    assert status.state is ConnectionState.CONNECTED
    assert status.company_id == COMPANY
    assert str(status) == "connected to Fjordmesteren Bygg og Rådgivning AS, never fetched"


@pytest.mark.parametrize("project_sync", [True, False])
def test_r6_project_sync_is_asked_before_connecting(office: Office, project_sync: bool) -> None:
    assert office.connected(project_sync=project_sync).status().project_sync is project_sync


def test_r6_a_choice_that_is_no_choice_is_refused(office: Office) -> None:
    wrong: Any = "off"  # a text from a form must not switch it on
    with pytest.raises(ConfigurationError, match="project_sync"):
        office.tenant().connect(project_sync=wrong, session=SESSION)


def test_a_login_needs_a_session(office: Office) -> None:
    with pytest.raises(ConfigurationError, match="session"):
        office.tenant().connect(project_sync=True, session="")
    assert office.state.scan("") == []


def test_connecting_alone_changes_nothing_in_busy(office: Office) -> None:
    office.busy.add(ACME, Kind.PROJECT, name="Own")
    before = office.records()
    office.connected()
    assert office.records() == before


def refuse(office: Office, tenant: Any, callback: str, session: str = SESSION) -> StateMismatch:
    asked = tokens_asked(office)
    with pytest.raises(StateMismatch) as raised:
        tenant.complete_login(callback, session=session)
    assert tokens_asked(office) == asked  # the code was not shown to anybody
    assert "connect" in raised.value.advice
    return raised.value


def test_a_wrong_state_is_refused_and_the_login_can_still_be_completed(office: Office) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    forged = good.replace(query(good)["state"], "forged")
    refuse(office, acme, forged)
    assert acme.complete_login(good, session=SESSION).state is ConnectionState.CONNECTED


def test_another_browser_session_is_refused(office: Office) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    assert "another browser session" in str(refuse(office, acme, good, session="another"))
    assert acme.complete_login(good, session=SESSION).state is ConnectionState.CONNECTED


def test_a_callback_of_another_tenant_is_refused(office: Office) -> None:
    good = office.press(office.tenant().connect(project_sync=True, session=SESSION))
    refuse(office, office.tenant("other"), good)


def test_a_callback_without_a_login_is_refused(office: Office) -> None:
    refuse(office, office.tenant(), "http://127.0.0.1:9/callback?code=a&state=b")


@pytest.mark.parametrize("text", ["?state=b", "?code=a", "", "?code=a&code=b&state=c"])
def test_a_callback_that_is_none_is_refused(office: Office, text: str) -> None:
    acme = office.tenant()
    acme.connect(project_sync=True, session=SESSION)
    refuse(office, acme, f"http://127.0.0.1:9/callback{text}")


def test_a_login_lives_for_an_hour(office: Office) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    office.clock.advance(3600)
    assert "longer than an hour" in str(refuse(office, acme, good))


def test_a_callback_works_once(office: Office) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    acme.complete_login(good, session=SESSION)
    assert "used before" in str(refuse(office, acme, good))
    acme.sync()  # the connection is unharmed


def test_a_newer_login_voids_the_older_one(office: Office) -> None:
    acme = office.tenant()
    old = office.press(acme.connect(project_sync=True, session=SESSION))
    new = office.press(acme.connect(project_sync=False, session=SESSION))
    refuse(office, acme, old)
    assert acme.complete_login(new, session=SESSION).project_sync is False


def test_a_cancelled_login_leaves_all_as_it_was(office: Office) -> None:
    acme = office.connected()
    before = office.snapshot()
    url = acme.connect(project_sync=True, session=SESSION)
    pending = office.snapshot()
    with pytest.raises(LoginRefused) as raised:
        acme.complete_login(office.press(url, "deny"), session=SESSION)
    assert raised.value.error == "access_denied"
    assert "cancelled" in str(raised.value)
    assert office.snapshot() == pending != before
    acme.sync()


def test_a_code_that_is_too_old_is_refused(office: Office) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    office.control("POST", "/clock", {"advance_seconds": 301})
    with pytest.raises(CodeRefused):
        acme.complete_login(good, session=SESSION)
    assert acme.status().state is ConnectionState.DISCONNECTED


def test_a_missing_scope_is_named_and_the_tokens_are_ended(office: Office) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    granted = {
        "access_token": "sbx-access-a",
        "refresh_token": "sbx-refresh-r",
        "expires_in": 3600,
        "token_type": "Bearer",
        "scope": "ea:api offline_access",
    }
    office.fault("POST", "/connect/token", "status", status=200, payload=granted)
    with pytest.raises(ScopeMissing) as raised:
        acme.complete_login(good, session=SESSION)
    assert raised.value.scopes == ("ea:sales",)
    assert office.requests()[-1] == "POST /connect/revocation"
    assert acme.status().state is ConnectionState.DISCONNECTED


def test_pkce_is_sent_where_it_is_chosen(office: Office) -> None:
    acme = office.tenant(choices=Choices(pkce=True))
    url = acme.connect(project_sync=True, session=SESSION)
    assert query(url)["code_challenge_method"] == "S256"
    assert acme.complete_login(office.press(url), session=SESSION).state is ConnectionState.CONNECTED


def test_pkce_does_not_outlive_the_process(office: Office) -> None:
    choices = Choices(pkce=True)
    good = office.press(office.tenant(choices=choices).connect(project_sync=True, session=SESSION))
    assert "process" in str(refuse(office, office.tenant(choices=choices), good))


def test_without_pkce_another_process_completes_the_login(office: Office) -> None:
    good = office.press(office.tenant().connect(project_sync=True, session=SESSION))
    assert office.tenant().complete_login(good, session=SESSION).state is ConnectionState.CONNECTED


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "drop_after"}, AnswerLost),
        ({"kind": "truncate"}, AnswerLost),
        ({"kind": "garbage"}, UnreadableAnswer),
        ({"kind": "status", "status": 503, "body": "html"}, UnreadableAnswer),
        ({"kind": "status", "status": 200, "body": "html"}, UnreadableAnswer),
    ],
    ids=lambda value: value.get("kind", "") if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("place", ["POST /connect/token", "GET /companysettings"])
def test_a_login_that_fails_on_the_way_connects_nothing(
    office: Office, place: str, fault: dict[str, Any], error: type[EAccountingError]
) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    method, path = place.split()
    office.fault(method, path, **fault)
    with pytest.raises(error) as raised:
        acme.complete_login(good, session=SESSION)
    assert raised.value.advice
    assert acme.status().state is ConnectionState.DISCONNECTED
    with pytest.raises(NotConnected):
        acme.sync()
    if path == "/companysettings":
        assert office.requests()[-1] == "POST /connect/revocation"
    office.log_in(acme)
    acme.sync()


def test_r3_a_company_without_the_api_module_is_told_where_to_switch_it_on(office: Office) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    office.fault(
        "GET",
        "/companysettings",
        "status",
        status=403,
        error_code=4002,
        message="You do not have access to module api_standard",
    )
    with pytest.raises(AccessDenied) as raised:
        acme.complete_login(good, session=SESSION)
    assert "Utvidelser → Integrasjoner → Visma Integrasjon (API)" in raised.value.advice


def test_an_unreachable_server_is_told(office: Office) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))

    def unreachable(_: Request) -> None:
        raise NotSentError("ConnectError")

    office.shell.wire.before = unreachable
    with pytest.raises(NotSent, match="nothing was sent") as raised:
        acme.complete_login(good, session=SESSION)
    assert "network" in raised.value.advice


def other_company(office: Office, **members: Any) -> None:
    office.control("PATCH", "/records/companysettings", members)


def test_another_company_is_refused_while_one_is_connected(office: Office) -> None:
    acme = office.connected()
    acme.sync()
    before = office.records()
    other_company(office, CompanyIdentifier="other", CorporateIdentityNumber="000 888 222", Name="Other AS")
    url = acme.connect(project_sync=True, session=SESSION)
    with pytest.raises(WrongCompany) as raised:
        acme.complete_login(office.press(url), session=SESSION)
    assert "disconnect first" in raised.value.advice
    assert office.requests()[-1] == "POST /connect/revocation"
    assert acme.status().company_id == COMPANY
    assert office.records() == before


def test_d10_after_disconnecting_another_company_may_be_connected(office: Office) -> None:
    acme = office.connected()
    acme.sync()
    acme.disconnect()
    other_company(office, CompanyIdentifier="other", CorporateIdentityNumber="000 888 222", Name="Other AS")
    office.log_in(acme)
    status = acme.status()
    assert (status.company_id, status.last_fetched) == ("other", None)


def test_a_company_that_gets_an_organisation_number_stays_the_same(office: Office) -> None:
    """Both ids of a company may be null; then it is known by its name, and by that also afterwards."""
    other_company(office, CorporateIdentityNumber=None, CompanyIdentifier=None)
    acme = office.connected()
    acme.sync()
    other_company(office, CorporateIdentityNumber="000 999 111")
    assert str(acme.sync()) == "nothing to do"
    office.log_in(acme)
    assert str(acme.sync()) == "nothing to do"


def test_a_company_without_any_id_is_refused(office: Office) -> None:
    other_company(office, CorporateIdentityNumber=None, CompanyIdentifier=" ", Name=" ")
    acme = office.tenant()
    url = acme.connect(project_sync=True, session=SESSION)
    with pytest.raises(CompanyUnidentified) as raised:
        acme.complete_login(office.press(url), session=SESSION)
    assert raised.value.advice


def test_r28_after_a_password_change_a_new_connection_is_asked_for(office: Office) -> None:
    """Status says so, sync raises, nothing in Busy changed, a new login cures it."""
    acme = office.connected()
    acme.sync()
    before = office.records()
    office.control("POST", "/password-change")
    office.edit_upstream(Kind.PROJECT, office.upstream(Kind.PROJECT)[0]["Id"], Name="Renamed")
    for call in (acme.plan, acme.sync, acme.sync):
        with pytest.raises(ReconnectNeeded) as raised:
            call()
        assert "password" in raised.value.advice
    status = acme.status()
    assert status.state is ConnectionState.RECONNECT_NEEDED
    assert str(status).startswith("reconnect needed")
    assert "nothing in Busy is lost (last fetched just now)" in str(status)
    assert office.records() == before
    office.log_in(acme)
    assert acme.status().state is ConnectionState.CONNECTED
    assert str(acme.sync()) == "applied: 1 update"


def test_a_dead_connection_asks_visma_no_more(office: Office) -> None:
    acme = office.connected()
    office.control("POST", "/password-change")
    with pytest.raises(ReconnectNeeded):
        acme.sync()
    asked = len(office.journal())
    with pytest.raises(ReconnectNeeded):
        acme.sync()
    assert len(office.journal()) == asked


def test_tokens_live_in_memory_only(office: Office) -> None:
    """A process that ends forgets them; the next one asks to connect again."""
    office.connected().sync()
    again = office.tenant()
    assert again.status().state is ConnectionState.RECONNECT_NEEDED
    asked = len(office.journal())
    with pytest.raises(ReconnectNeeded) as raised:
        again.sync()
    assert len(office.journal()) == asked
    told = str(raised.value)
    assert "kept in memory only in this version" in told
    assert "after each restart" in raised.value.advice
    assert "POST" not in told
    assert "password" not in told
    office.log_in(again)
    assert str(again.sync()) == "nothing to do"


def test_a_process_without_tokens_leaves_the_connection_to_the_one_that_has_them(office: Office) -> None:
    acme = office.connected()
    acme.sync()
    for _ in range(2):
        with pytest.raises(ReconnectNeeded, match="in memory only"):
            office.tenant().sync()
    assert acme.status().state is ConnectionState.CONNECTED
    assert str(acme.sync()) == "nothing to do"


def test_a_login_that_was_found_dead_is_not_said_to_have_been_posted(office: Office) -> None:
    acme = office.connected()
    office.control("POST", "/password-change")
    with pytest.raises(ReconnectNeeded):
        acme.sync()
    with pytest.raises(ReconnectNeeded, match="found dead before") as raised:
        acme.sync()
    assert "POST" not in str(raised.value)


@pytest.mark.parametrize("rotation", [True, False])
def test_an_access_token_that_has_ended_is_renewed(office: Office, rotation: bool) -> None:
    office.control("PATCH", "/profile", {"rotation": rotation})
    acme = office.connected()
    for _ in range(3):
        office.clock.advance(3600)
        office.control("POST", "/clock", {"advance_seconds": 3600})
        acme.sync()
    assert tokens_asked(office) == 4


def test_every_request_has_the_timeout_that_was_set(office: Office) -> None:
    acme = office.connected(timeout=7.5)
    office.clock.advance(3600)
    acme.sync()
    acme.disconnect()
    paths = {urlsplit(request.url).path for request in office.shell.wire.sent}
    assert {"/connect/token", "/connect/revocation"} <= paths
    assert {request.timeout for request in office.shell.wire.sent} == {7.5}


def test_an_unreachable_login_server_is_no_reason_to_reconnect(office: Office) -> None:
    acme = office.connected()
    office.clock.advance(3600)
    office.fault("POST", "/connect/token", "status", status=503, body="html")
    with pytest.raises(UnreadableAnswer):
        acme.sync()
    assert acme.status().state is ConnectionState.CONNECTED
    acme.sync()


def access_token_of(office: Office) -> str:
    bearers = [request.headers.get("Authorization", "") for request in office.shell.wire.sent]
    return next(text.removeprefix("Bearer ") for text in reversed(bearers) if text.startswith("Bearer "))


def test_r29_disconnecting_revokes_the_tokens(office: Office) -> None:
    acme = office.connected()
    acme.sync()
    token = access_token_of(office)
    address, headers = f"{office.info.api_url}/projects", {"Authorization": f"Bearer {token}"}
    assert office.browser.get(address, headers=headers).status_code == 200
    acme.disconnect()
    assert office.requests()[-1] == "POST /connect/revocation"
    assert office.browser.get(address, headers=headers).status_code == 401
    assert acme.status().state is ConnectionState.DISCONNECTED
    for call in (acme.plan, acme.sync):
        with pytest.raises(NotConnected) as raised:
            call()
        assert "Press connect" in raised.value.advice


def test_r30_disconnecting_keeps_all_of_busys_data_links_included(office: Office) -> None:
    acme = office.connected()
    acme.sync()
    before = {kind: office.busy.load(ACME, kind) for kind in Kind}
    acme.disconnect()
    assert {kind: office.busy.load(ACME, kind) for kind in Kind} == before
    office.log_in(acme)
    assert str(acme.sync()) == "nothing to do"


def test_disconnecting_holds_even_if_visma_does_not_confirm(office: Office) -> None:
    acme = office.connected()
    office.fault("POST", "/connect/revocation", "status", status=500, body="html")
    with pytest.raises(EAccountingError, match="revocation"):
        acme.disconnect()
    assert acme.status().state is ConnectionState.DISCONNECTED
    with pytest.raises(NotConnected):
        acme.disconnect()  # and again: there is nothing left to do


def test_a_revocation_that_fails_does_not_keep_the_others_from_being_tried() -> None:
    state, upstream = MemoryStateStore(), Upstream()
    connected(state)
    made = site(scheduler.World(), upstream, state, store=LiftedStateStore(state))
    made.vault.put(ACME, "left over", tokens("access-1"))
    made.vault.settle(ACME, "left over")
    tried: list[bytes | None] = []

    class Failing:
        async def send(self, request: Request) -> Response:
            tried.append(request.body)
            raise NotSentError("ConnectError") if len(tried) == 1 else OSError

    with pytest.raises(NotSent):
        step(_connection.disconnect, attrs.evolve(made, transport=Failing()), ACME)
    assert len(tried) == 2
    assert connection_in(state).state is ConnectionState.DISCONNECTED
    assert made.vault.settled(ACME) == frozenset()


def test_who_was_never_connected_cannot_disconnect(office: Office) -> None:
    with pytest.raises(NotConnected):
        office.tenant().disconnect()
    assert office.state.scan("") == []


def test_a_new_login_ends_the_tokens_of_the_old_one(office: Office) -> None:
    acme = office.connected()
    acme.sync()
    token = access_token_of(office)
    office.log_in(acme)
    headers = {"Authorization": f"Bearer {token}"}
    assert office.browser.get(f"{office.info.api_url}/projects", headers=headers).status_code == 401
    acme.sync()


def test_tenants_are_apart(office: Office) -> None:
    acme = office.connected()
    with pytest.raises(NotConnected):
        office.tenant("other").sync()
    assert acme.status().state is ConnectionState.CONNECTED


def test_an_empty_tenant_is_a_mistake(office: Office) -> None:
    with pytest.raises(ConfigurationError, match="tenant"):
        office.tenant("")


def test_wrong_settings_show_when_they_are_made() -> None:
    with pytest.raises(ConfigurationError, match="sometimes"):
        Choices(match="sometimes")  # type: ignore[arg-type] # the point


def test_status_says_when_was_last_fetched(office: Office) -> None:
    """R27: how long ago, in words; what is up to date is as old as the reading of its oldest part."""
    acme = office.connected()
    acme.sync()
    fetched = office.clock.now()
    for seconds, words in (
        (59, "just now"),
        (1, "1 minute ago"),
        (60, "2 minutes ago"),
        (3600, "1 hour ago"),
        (86_400 * 2, "2 days ago"),
    ):
        office.clock.advance(seconds)
        status = acme.status()
        assert status.last_fetched == fetched
        assert str(status).endswith(f"last fetched {words}")
    assert office.clock.now() - fetched > timedelta(days=2)


def test_every_error_of_the_login_is_of_the_one_tree(office: Office) -> None:
    for error in (StateMismatch(), WrongCompany(), NotConnected(ACME), ScopeMissing(("a",))):
        assert isinstance(error, VismaBusySyncError)
