"""The identity server under the switches of its profile: what Visma's does is unknown in each."""

import base64
import hashlib
import json
from typing import Any

import httpx
import pytest

from .conftest import REDIRECT, SCOPE, Api, Visitor

VERIFIER = "a-verifier.of_enough~length-0123456789-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def _switch(api: Api, **switches: Any) -> None:
    api.control("PATCH", "/profile", switches)


def _error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_reuse_is_refused_and_the_login_lives(visitor: Visitor) -> None:
    """A refresh token that was replaced gives nothing; the new one still works."""
    old = visitor.log_in()["refresh_token"]
    new = visitor.refresh(old).json()
    assert _error(visitor.refresh(old)) == (400, "invalid_grant")
    assert visitor.works(new["access_token"])
    assert visitor.refresh(new["refresh_token"]).status_code == 200


def test_reuse_may_be_fatal(visitor: Visitor) -> None:
    """A refresh token that was replaced ends the login with all its tokens; other logins live."""
    _switch(visitor.api, reuse="fatal")
    other = visitor.log_in()
    old = visitor.log_in()["refresh_token"]
    new = visitor.refresh(old).json()
    assert visitor.works(new["access_token"])
    assert _error(visitor.refresh(old)) == (400, "invalid_grant")
    assert not visitor.works(new["access_token"])
    assert _error(visitor.refresh(new["refresh_token"])) == (400, "invalid_grant")
    assert visitor.refresh(other["refresh_token"]).status_code == 200


def test_reuse_may_be_graceful(visitor: Visitor) -> None:
    """For some seconds a replaced refresh token gives tokens again, each time; later nothing dies of it."""
    _switch(visitor.api, reuse="graceful", grace_seconds=30)
    old = visitor.log_in()["refresh_token"]
    first, second = visitor.refresh(old).json(), visitor.refresh(old).json()
    assert len({old, first["refresh_token"], second["refresh_token"]}) == 3
    assert visitor.works(first["access_token"])
    assert visitor.works(second["access_token"])
    visitor.api.control("POST", "/clock", {"advance_seconds": 31})
    assert _error(visitor.refresh(old)) == (400, "invalid_grant")
    for tokens in (first, second):
        assert visitor.refresh(tokens["refresh_token"]).status_code == 200


def test_the_lifetime_of_access_tokens_is_set(visitor: Visitor) -> None:
    """It is told, and after it the token is dead."""
    _switch(visitor.api, lifetime=120)
    tokens = visitor.log_in()
    assert tokens["expires_in"] == 120
    visitor.api.control("POST", "/clock", {"advance_seconds": 110})
    assert visitor.works(tokens["access_token"])
    visitor.api.control("POST", "/clock", {"advance_seconds": 20})
    assert not visitor.works(tokens["access_token"])
    assert visitor.works(visitor.refresh(tokens["refresh_token"]).json()["access_token"])


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("right", "3600"),
        ("zero", "0"),
        ("negative", "-1"),
        ("huge", "1000000000000000"),
        ("text", '"3600"'),
        ("float", "3600.0"),
        ("nonsense", '"soon"'),
    ],
)
def test_expires_in_may_be_told_oddly(visitor: Visitor, told: str, text: str) -> None:
    """The token works its hour, whatever is said of it."""
    _switch(visitor.api, expires_in=told)
    answer = visitor.exchange(visitor.code())
    assert f'"expires_in":{text},' in answer.text
    assert visitor.works(answer.json()["access_token"])


def test_expires_in_may_be_missing(visitor: Visitor) -> None:
    """At login and at a refresh."""
    _switch(visitor.api, expires_in="missing")
    tokens = visitor.log_in()
    assert "expires_in" not in tokens
    assert "expires_in" not in visitor.refresh(tokens["refresh_token"]).json()
    assert visitor.works(tokens["access_token"])


def test_refresh_answers_may_lack_a_refresh_token(visitor: Visitor) -> None:
    """The old one then stays the valid one, though tokens rotate otherwise."""
    _switch(visitor.api, refresh_token_told=False)
    token = visitor.log_in()["refresh_token"]
    for _ in range(2):
        answer = visitor.refresh(token)
        assert answer.status_code == 200
        assert "refresh_token" not in answer.json()


def test_scopes_may_be_left_out_of_answers(visitor: Visitor) -> None:
    """They are granted all the same."""
    _switch(visitor.api, scope_told=False)
    tokens = visitor.log_in()
    assert "scope" not in tokens
    assert visitor.works(tokens["access_token"])


def test_fewer_scopes_may_be_granted_than_asked(visitor: Visitor) -> None:
    """Redirect and answer say which; the rest is 4006; without offline_access there is no refresh token."""
    _switch(visitor.api, granted_scopes="ea:api ea:sales_readonly ea:accounting")
    result = visitor.result(visitor.ask(sandbox_auto="approve", scope=f"{SCOPE} ea:sales_readonly"))
    assert result["scope"] == "ea:api ea:sales_readonly"
    tokens = visitor.exchange(result["code"]).json()
    assert tokens["scope"] == "ea:api ea:sales_readonly"
    assert "refresh_token" not in tokens
    assert visitor.api.refusal("POST", "/orders", body="{}", token=tokens["access_token"]) == (403, 4006)
    _switch(visitor.api, granted_scopes="ea:purchase")
    assert visitor.result(visitor.ask(sandbox_auto="approve"))["error"] == "invalid_scope"


def test_pkce_may_be_required(visitor: Visitor) -> None:
    """A login without a challenge goes back with invalid_request; one with a challenge works."""
    _switch(visitor.api, pkce="required")
    assert visitor.result(visitor.ask(sandbox_auto="approve"))["error"] == "invalid_request"
    code = visitor.code(code_challenge=CHALLENGE, code_challenge_method="S256")
    assert visitor.exchange(code, code_verifier=VERIFIER).status_code == 200


def test_pkce_may_be_refused(visitor: Visitor) -> None:
    """The other way round, and the metadata names no method."""
    _switch(visitor.api, pkce="refused")
    answer = visitor.ask(sandbox_auto="approve", code_challenge=CHALLENGE, code_challenge_method="S256")
    assert visitor.result(answer)["error"] == "invalid_request"
    assert visitor.exchange(visitor.code()).status_code == 200
    root = visitor.api.info.control_url.removesuffix("/sandbox")
    described = visitor.api.http.get(f"{root}/.well-known/openid-configuration").json()
    assert described["code_challenge_methods_supported"] == []


@pytest.mark.parametrize(
    ("switch", "basic", "post"), [("any", 200, 200), ("basic", 200, 401), ("post", 401, 200)]
)
def test_a_client_may_have_one_way_to_authenticate(
    visitor: Visitor, switch: str, basic: int, post: int
) -> None:
    """The other way is invalid_client and uses up no code."""
    _switch(visitor.api, client_auth=switch)
    info, code = visitor.api.info, visitor.code()
    form: dict[str, Any] = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code": code}
    secret = {"client_id": info.client_id, "client_secret": info.client_secret}
    answer = visitor.api.http.post(info.token_url, data=form | secret)
    assert answer.status_code == post
    if post == 401:
        assert _error(answer) == (401, "invalid_client")
    else:
        form["code"] = visitor.code()
    assert visitor.token(**form).status_code == basic


@pytest.mark.parametrize("switch", ["unavailable", "unsupported"])
def test_revocation_may_fail(visitor: Visitor, switch: str) -> None:
    """With 503 and HTML, or 400 unsupported_token_type; the login lives."""
    _switch(visitor.api, revocation=switch)
    tokens, info = visitor.log_in(), visitor.api.info
    auth = (info.client_id, info.client_secret)
    answer = visitor.api.http.post(info.revocation_url, data={"token": tokens["refresh_token"]}, auth=auth)
    if switch == "unavailable":
        assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    else:
        assert _error(answer) == (400, "unsupported_token_type")
    assert visitor.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("reuse", ["refused", "fatal"])
def test_an_answer_may_be_lost_after_the_rotation(visitor: Visitor, reuse: str) -> None:
    """The client never hears of the new token, and the old one is dead: this login cannot go on."""
    _switch(visitor.api, reuse=reuse)
    tokens = visitor.log_in()
    lost = {"method": "POST", "path": "/connect/token", "kind": "drop_after"}
    visitor.api.control("POST", "/faults", lost)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        visitor.refresh(tokens["refresh_token"])
    assert visitor.api.control("GET", "/tokens")["refreshes"] == 1
    assert _error(visitor.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert visitor.works(tokens["access_token"]) is (reuse == "refused")


def test_calls_for_tokens_are_counted(visitor: Visitor) -> None:
    """By grant and outcome, with the logins that live; no token is shown, and a reset counts anew."""
    api, code = visitor.api, visitor.code()
    first = visitor.exchange(code).json()
    second = visitor.log_in()
    visitor.exchange("unknown")
    new = visitor.refresh(first["refresh_token"]).json()
    visitor.refresh(first["refresh_token"])
    visitor.token(grant_type="password")
    visitor.token(grant_type="refresh_token", auth=("x", "y"))
    counted = api.control("GET", "/tokens")
    assert counted == {
        "code_exchanges": 2,
        "refreshes": 1,
        "revocations": 0,
        "code_refusals": 1,
        "refresh_refusals": 2,
        "other_refusals": 1,
        "refusals": 4,
        "alive_logins": 2,
        "alive_logins_by_company": {"first": 2},
    }
    text = json.dumps(counted)
    assert not any(token in text for token in (first["access_token"], new["refresh_token"]))
    auth = (api.info.client_id, api.info.client_secret)
    api.http.post(api.info.revocation_url, data={"token": second["refresh_token"]}, auth=auth)
    counted = api.control("GET", "/tokens")
    assert (counted["revocations"], counted["alive_logins"]) == (1, 1)
    api.control("POST", "/reset")
    after = api.control("GET", "/tokens")
    assert after.pop("alive_logins_by_company") == {}
    assert set(after.values()) == {0}


def test_a_login_whose_tokens_are_all_dead_does_not_count_as_alive(visitor: Visitor) -> None:
    """Without a refresh token, a login lives as long as its access token; a changed password ends all."""
    visitor.log_in(scope="ea:api ea:sales")
    assert visitor.api.control("GET", "/tokens")["alive_logins"] == 1
    visitor.api.control("POST", "/clock", {"advance_seconds": 3601})
    assert visitor.api.control("GET", "/tokens")["alive_logins"] == 0
    visitor.log_in()
    visitor.api.control("POST", "/password-change")
    assert visitor.api.control("GET", "/tokens")["alive_logins"] == 0


def test_no_secret_of_a_login_is_kept_or_shown(visitor: Visitor) -> None:
    """Neither codes and tokens nor verifier, state, id and secret of the client in headers and forms."""
    api, info = visitor.api, visitor.api.info
    code = visitor.code(code_challenge=CHALLENGE, code_challenge_method="S256", state="geheim")
    first = visitor.exchange(code, code_verifier=VERIFIER).json()
    second = visitor.refresh(first["refresh_token"]).json()
    form = {
        "token": second["refresh_token"],
        "client_id": info.client_id,
        "client_secret": info.client_secret,
    }
    assert api.http.post(info.revocation_url, data=form).status_code == 200
    # A client that mixes up addresses: the API and paths that are none see the secrets.
    for path in ("/v2/units", "/callback", "/connect/nothing"):
        query = {"code": code, "code_verifier": VERIFIER, "state": "geheim", "refresh_token": "other-secret"}
        api.http.get(info.api_url.removesuffix("/v2") + path, params=query)
    shown = [api.control("GET", path) for path in ("/journal", "/tokens", "/rates", "/companies")]
    assert len(shown[0]["entries"]) == 7
    text = json.dumps(shown)
    secrets = [code, VERIFIER, CHALLENGE, "geheim", "other-secret", info.client_secret]
    secrets += [tokens[name] for tokens in (first, second) for name in ("access_token", "refresh_token")]
    assert [secret for secret in secrets if secret in text] == []
