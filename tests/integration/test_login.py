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
    AnswerLost,
    ClientRefused,
    EAccountingError,
    NotSent,
    ReconnectNeeded,
    UnreadableAnswer,
)
from visma_busy_sync.eaccounting.http import NotSentError, Request, Response
from visma_busy_sync.integration import (
    Choices,
    ConnectionState,
    FindingCode,
    LoginOutcome,
    LoginResult,
    NotConnected,
    NotRevoked,
    WrongCompany,
    _connection,
)
from visma_busy_sync.integration._login_result import TEXTS
from visma_busy_sync.integration._stored_tokens import seal_tokens
from visma_busy_sync.ports import LiftedStateStore
from visma_busy_sync.state import (
    CONNECTION,
    CONNECTION_SCHEMA,
    LOGIN,
    LOGIN_SCHEMA,
    TOKENS_SCHEMA,
    LoginStage,
    WaitingCompany,
    tokens_key,
)
from visma_busy_sync.stores import MemoryStateStore
from visma_busy_sync.sync import Kind
from visma_busy_sync.testing import scheduler

from .fake import FAR, OpenSealer, Upstream, connected, connection_in, site, tokens, tokens_in
from .given import idle
from .office import ACME, REDIRECT, SESSION, Office

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
    assert str(acme.status()) == "not connected. Press connect and log in at Visma."
    url = acme.connect(project_sync=True, session=SESSION)
    assert acme.status().state is ConnectionState.LOGIN_PENDING
    result = acme.complete_login(office.press(url), session=SESSION)
    assert (result.outcome, result.connected) == (LoginOutcome.CONNECTED, True)
    company = "Fjordmesteren Bygg og Rådgivning AS"
    assert str(result) == f"Connected to Visma eAccounting: {company}. Nothing was fetched yet."
    assert result.readiness is not None
    assert result.readiness.ready
    status = result.status
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


def stage_of(office: Office) -> LoginStage:
    return LOGIN_SCHEMA.load(LOGIN, office.state.read(ACME, [LOGIN])[LOGIN].body).stage


def told(result: LoginResult, outcome: LoginOutcome) -> LoginResult:
    """A result that connected nothing, and says so in two languages, with what to press."""
    assert (result.outcome, result.connected) == (outcome, False)
    assert result.text("en") == str(result) != result.text("nb")
    assert "Koble til" in result.text("nb")
    assert "ress connect" in str(result)
    return result


def refuse(
    office: Office,
    tenant: Any,
    callback: str,
    outcome: LoginOutcome = LoginOutcome.NOT_THIS_LOGIN,
    session: str = SESSION,
) -> LoginResult:
    """Complete a login that must be refused before the code is shown to anybody."""
    asked, before = tokens_asked(office), office.snapshot()
    result = told(tenant.complete_login(callback, session=session), outcome)
    assert tokens_asked(office) == asked
    assert office.snapshot() == before
    return result


@pytest.mark.parametrize("outcome", LoginOutcome)
def test_every_end_of_a_login_is_said_in_two_languages(outcome: LoginOutcome) -> None:
    nb, en = TEXTS[outcome].nb, TEXTS[outcome].en
    assert nb.strip() == nb != en == en.strip()
    assert (nb[-1], en[-1]) == (".", ".")


def test_a_wrong_state_is_refused_and_the_login_can_still_be_completed(office: Office) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    forged = good.replace(query(good)["state"], "forged")
    refuse(office, acme, forged)
    assert acme.complete_login(good, session=SESSION).connected


def test_another_browser_session_is_refused(office: Office) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    refuse(office, acme, good, session="another")
    assert acme.complete_login(good, session=SESSION).connected
    refuse(office, acme, good, session="another")  # and to it the login is not even told to be done


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
    assert acme.status().state is ConnectionState.DISCONNECTED
    refuse(office, acme, good, LoginOutcome.EXPIRED)


def test_a_callback_works_once_and_loading_the_page_again_is_harmless(office: Office) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    acme.complete_login(good, session=SESSION)
    asked, before = tokens_asked(office), office.snapshot()
    for tenant in (acme, office.tenant(), acme):
        again = tenant.complete_login(good, session=SESSION)
        assert (again.outcome, again.connected) == (LoginOutcome.ALREADY_CONNECTED, True)
        assert again.text("nb") != again.text("en")
    assert (tokens_asked(office), office.snapshot()) == (asked, before)
    acme.sync()  # the connection is unharmed


@pytest.mark.parametrize("place", ["/connect/token", "/companysettings"])
def test_a_page_that_is_loaded_again_during_the_login_is_told_to_wait(office: Office, place: str) -> None:
    """At whatever request the login is; the one that is at work completes it."""
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    elsewhere = office.elsewhere()
    reloaded: list[LoginResult] = []

    def reload(request: Request) -> None:
        if request.url.endswith(place):
            reloaded.append(elsewhere.tenant().complete_login(good, session=SESSION))

    office.shell.wire.before = reload
    result = acme.complete_login(good, session=SESSION)
    office.shell.wire.before = None
    assert [each.outcome for each in reloaded] == [LoginOutcome.IN_PROGRESS]
    assert not reloaded[0].connected
    assert reloaded[0].text("nb") != reloaded[0].text("en")
    assert result.outcome is LoginOutcome.CONNECTED
    assert tokens_asked(office) == 1


def test_a_newer_login_voids_the_older_one(office: Office) -> None:
    acme = office.tenant()
    old = office.press(acme.connect(project_sync=True, session=SESSION))
    new = office.press(acme.connect(project_sync=False, session=SESSION))
    refuse(office, acme, old)
    assert acme.complete_login(new, session=SESSION).status.project_sync is False
    refuse(office, acme, old)


def test_disconnecting_voids_a_login_that_was_begun(office: Office) -> None:
    """Who pressed disconnect is not connected again by a page that was still open."""
    acme = office.connected()
    pending = office.press(acme.connect(project_sync=True, session=SESSION))
    assert acme.status().login_pending
    acme.disconnect()
    assert acme.status().state is ConnectionState.DISCONNECTED
    refuse(office, acme, pending)


def test_a_login_that_is_voided_while_it_is_completed_connects_nothing(office: Office) -> None:
    """Somebody presses connect anew, in the moment between the code and the connection."""
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    elsewhere = office.elsewhere()

    def press_again(request: Request, _: Response) -> None:
        if request.url.endswith("/companysettings"):
            elsewhere.tenant().connect(project_sync=True, session=SESSION)

    office.shell.wire.after = press_again
    told(acme.complete_login(good, session=SESSION), LoginOutcome.NOT_THIS_LOGIN)
    assert acme.status().state is ConnectionState.LOGIN_PENDING
    assert (office.counted("revocations"), office.counted("alive_logins")) == (1, 0)


def test_a_cancelled_login_leaves_the_connection_as_it_was(office: Office) -> None:
    acme = office.connected()
    before = acme.status()
    url = acme.connect(project_sync=True, session=SESSION)
    cancelled = office.press(url, "deny")
    result = told(acme.complete_login(cancelled, session=SESSION), LoginOutcome.CANCELLED)
    assert result.error == "access_denied"
    assert result.status == acme.status() == before
    assert stage_of(office) is LoginStage.ENDED
    told(acme.complete_login(cancelled, session=SESSION), LoginOutcome.CANCELLED)  # the page is loaded again
    acme.sync()


def test_a_refusal_of_visma_is_told(office: Office) -> None:
    """The error code is told; and it is another one than the user's own Cancel."""
    office.profile(pkce="refused")
    acme = office.tenant(choices=Choices(pkce=True))
    url = acme.connect(project_sync=True, session=SESSION)
    result = told(acme.complete_login(office.press(url), session=SESSION), LoginOutcome.REFUSED)
    assert result.error == "invalid_request"
    assert acme.status().state is ConnectionState.DISCONNECTED
    assert tokens_asked(office) == 0


@pytest.mark.parametrize("session", [SESSION, "another"])
def test_a_forged_refusal_ends_no_login(office: Office, session: str) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    state = "forged" if session == SESSION else query(good)["state"]
    acme.complete_login(f"{REDIRECT}?error=access_denied&state={state}", session=session)
    assert acme.complete_login(good, session=SESSION).connected


def test_a_code_that_is_too_old_is_refused(office: Office) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    office.control("POST", "/clock", {"advance_seconds": 301})
    told(acme.complete_login(good, session=SESSION), LoginOutcome.CODE_REFUSED)
    assert acme.status().state is ConnectionState.DISCONNECTED
    refuse(office, acme, good)  # nor does the code go out a second time
    office.log_in(acme)
    acme.sync()


def test_a_code_that_is_refused_each_time_is_told_to_be_a_matter_for_busy(office: Office) -> None:
    """Where two processes have different redirect addresses, pressing connect alone leads in a circle."""
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    office.control("POST", "/clock", {"advance_seconds": 301})
    result = acme.complete_login(good, session=SESSION)
    assert "Contact Busy if it happens again" in result.text("en")
    assert "Kontakt Busy hvis det gjentar seg" in result.text("nb")


def test_a_missing_scope_is_named_and_the_tokens_are_ended(office: Office) -> None:
    office.profile(granted_scopes="ea:api offline_access")
    acme = office.tenant()
    result = told(office.log_in(acme), LoginOutcome.SCOPE_MISSING)
    assert result.readiness is not None
    assert FindingCode.SCOPE_MISSING in {finding.code for finding in result.readiness.findings}
    assert "ea:sales" in result.text("nb")
    assert "ea:sales" in result.text("en")
    assert (office.counted("revocations"), office.counted("alive_logins")) == (1, 0)
    assert acme.status().state is ConnectionState.DISCONNECTED
    assert [found.key for found in office.state.scan("", ACME)] == ["login"]


def test_a_login_without_a_scope_leaves_a_connection_that_works(office: Office) -> None:
    """Its tokens are not revoked then: whether that would end the former consent too is not known."""
    acme = office.connected()
    office.profile(granted_scopes="ea:api offline_access")
    told(office.log_in(acme), LoginOutcome.SCOPE_MISSING)
    assert office.counted("revocations") == 0
    acme.sync()


def test_wrong_settings_of_the_application_are_raised(office: Office) -> None:
    """No person at the page can cure that, so it is no result."""
    acme = office.tenant(client_secret="wrong")
    url = acme.connect(project_sync=True, session=SESSION)
    with pytest.raises(ClientRefused):
        acme.complete_login(office.press(url), session=SESSION)
    assert stage_of(office) is LoginStage.ENDED


def test_pkce_is_sent_where_it_is_chosen(office: Office) -> None:
    office.profile(pkce="required")
    acme = office.tenant(choices=Choices(pkce=True))
    url = acme.connect(project_sync=True, session=SESSION)
    assert query(url)["code_challenge_method"] == "S256"
    assert acme.complete_login(office.press(url), session=SESSION).connected


def test_pkce_over_memory_does_not_outlive_the_process(office: Office) -> None:
    """Where the store is memory, the verifier is held by the process; see `test_durable` for the others."""
    choices = Choices(pkce=True)
    good = office.press(office.tenant(choices=choices).connect(project_sync=True, session=SESSION))
    restarted = office.tenant(choices=choices)
    told(restarted.complete_login(good, session=SESSION), LoginOutcome.NOT_THIS_LOGIN)
    assert tokens_asked(office) == 0


def test_without_pkce_another_process_completes_the_login(office: Office) -> None:
    good = office.press(office.tenant().connect(project_sync=True, session=SESSION))
    assert office.tenant().complete_login(good, session=SESSION).connected


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
    assert stage_of(office) is LoginStage.ENDED
    refuse(office, acme, good)
    office.log_in(acme)
    acme.sync()


def test_an_unreachable_server_is_told(office: Office) -> None:
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))

    def unreachable(_: Request) -> None:
        raise NotSentError("ConnectError")

    office.shell.wire.before = unreachable
    with pytest.raises(NotSent, match="nothing was sent") as raised:
        acme.complete_login(good, session=SESSION)
    assert "network" in raised.value.advice


def test_a_company_that_gets_an_organisation_number_stays_the_same(office: Office) -> None:
    """Both ids of a company may be null; then it is known by its name, and by that also afterwards."""
    office.set_company(CorporateIdentityNumber=None, CompanyIdentifier=None)
    acme = office.connected()
    acme.sync()
    office.set_company(CorporateIdentityNumber="000 999 111")
    assert idle(acme.sync())
    assert office.log_in(acme).connected
    assert idle(acme.sync())


def test_a_company_without_ids_is_connected_with_a_warning(office: Office) -> None:
    office.profile(company_ids=False)
    result = office.log_in(office.tenant())
    assert result.connected
    assert result.readiness is not None
    assert [finding.code for finding in result.readiness.findings] == [FindingCode.COMPANY_WITHOUT_IDS]
    assert "organisasjonsnummeret" in result.text("nb")


def test_a_company_without_any_id_is_refused(office: Office) -> None:
    office.set_company(CorporateIdentityNumber=None, CompanyIdentifier=" ", Name=" ")
    acme = office.tenant()
    told(office.log_in(acme), LoginOutcome.COMPANY_UNIDENTIFIED)
    assert acme.status().state is ConnectionState.DISCONNECTED
    assert (office.counted("revocations"), office.counted("alive_logins")) == (1, 0)


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
    assert "is dead (last fetched just now)" in str(status)
    assert str(status).endswith("Press connect and log in again at Visma; nothing in Busy is lost.")
    assert status.next_due is None
    assert office.records() == before
    office.log_in(acme)
    assert acme.status().state is ConnectionState.CONNECTED
    assert str(acme.sync()) == "applied: 1 updated"


def test_a_dead_connection_asks_visma_no_more(office: Office) -> None:
    acme = office.connected()
    office.control("POST", "/password-change")
    with pytest.raises(ReconnectNeeded):
        acme.sync()
    asked = len(office.journal())
    with pytest.raises(ReconnectNeeded):
        acme.sync()
    assert len(office.journal()) == asked


def test_over_memory_tokens_end_with_the_process(office: Office) -> None:
    """The next one asks to connect again, and says why."""
    office.connected().sync()
    again = office.tenant()
    assert again.status().state is ConnectionState.RECONNECT_NEEDED
    asked = len(office.journal())
    with pytest.raises(ReconnectNeeded, match="the process that held it has ended") as raised:
        again.sync()
    assert len(office.journal()) == asked
    assert "ress connect" in raised.value.advice
    assert "POST" not in str(raised.value)
    assert "password" not in str(raised.value)
    assert office.log_in(again).connected
    assert idle(again.sync())


def test_a_process_without_tokens_leaves_the_connection_to_the_one_that_has_them(office: Office) -> None:
    acme = office.connected()
    acme.sync()
    for _ in range(2):
        with pytest.raises(ReconnectNeeded):
            office.tenant().sync()
    assert acme.status().state is ConnectionState.CONNECTED
    assert idle(acme.sync())


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
    assert idle(acme.sync())


def test_disconnecting_holds_even_if_visma_does_not_confirm(office: Office) -> None:
    acme = office.connected()
    office.fault("POST", "/connect/revocation", "status", status=500, body="html")
    with pytest.raises(NotRevoked, match="disconnected"):
        acme.disconnect()
    assert acme.status().state is ConnectionState.DISCONNECTED
    with pytest.raises(NotConnected):
        acme.disconnect()  # and again: there is nothing left to do


@pytest.mark.parametrize("revocation", ["unavailable", "unsupported"])
def test_disconnecting_keeps_no_token_even_if_visma_does_not_revoke(office: Office, revocation: str) -> None:
    acme = office.connected()
    acme.sync()
    before = {kind: office.busy.load(ACME, kind) for kind in Kind}
    office.profile(revocation=revocation)
    with pytest.raises(NotRevoked) as raised:
        acme.disconnect()
    assert isinstance(raised.value.__cause__, EAccountingError)
    assert office.counted("revocations") == 0
    assert office.state.scan("tokens/") == []
    assert acme.status().state is ConnectionState.DISCONNECTED
    assert {kind: office.busy.load(ACME, kind) for kind in Kind} == before


def test_a_revocation_that_fails_does_not_keep_the_others_from_being_tried() -> None:
    """Those of the connection, and those of another company that waited."""
    state, upstream = MemoryStateStore(), Upstream()
    connected(state)
    known = state.read(ACME, [CONNECTION])[CONNECTION]
    waits = WaitingCompany(
        company_id="2", company_name="Other AS", project_sync=True, login_id="other", found_at=FAR
    )
    writes = [
        CONNECTION_SCHEMA.write(CONNECTION, known, attrs.evolve(connection_in(state), other=waits)),
        TOKENS_SCHEMA.write(
            tokens_key("other"),
            None,
            seal_tokens(OpenSealer(), tokens("access-1"), tenant=ACME, login_id="other", generation="g"),
        ),
    ]
    assert state.commit(ACME, writes)
    made = site(scheduler.World(), upstream, state, store=LiftedStateStore(state))
    tried: list[bytes | None] = []

    class Failing:
        async def send(self, request: Request) -> Response:
            tried.append(request.body)
            raise NotSentError("ConnectError") if len(tried) == 1 else OSError

    with pytest.raises(NotRevoked, match="nothing was sent"):
        step(_connection.disconnect, attrs.evolve(made, transport=Failing()), ACME)
    assert len(tried) == 2
    assert not connection_in(state).connected
    assert connection_in(state).other is None
    assert tokens_in(state) == {}


def test_who_was_never_connected_cannot_disconnect(office: Office) -> None:
    with pytest.raises(NotConnected):
        office.tenant().disconnect()
    assert office.state.scan("") == []


def test_a_new_login_replaces_the_tokens_of_the_old_one_without_revoking_them(office: Office) -> None:
    """Whether revoking ends one consent or all of the user's is not known: it must not end the new one."""
    acme = office.connected()
    acme.sync()
    for _ in range(3):
        assert office.log_in(acme).outcome is LoginOutcome.CONNECTED
    assert office.counted("revocations") == 0
    assert len(office.state.scan("tokens/")) == 1
    assert idle(acme.sync())


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


def test_every_error_of_the_connection_is_of_the_one_tree() -> None:
    for error in (WrongCompany(), NotConnected(ACME)):
        assert isinstance(error, VismaBusySyncError)
