"""Login, tokens, refresh and revocation."""

import base64
import hashlib
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from .conftest import REDIRECT, SCOPE, Api, Visitor

VERIFIER = "a-verifier.of_enough~length-0123456789-0123456789"


class _Form(HTMLParser):
    """Collects the fields and buttons of the login page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.buttons: dict[str, str] = {}
        self._button: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "input":
            self.fields[values["name"]] = values["value"]
        if tag == "button":
            self._button = values["value"]

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self.buttons[data] = self._button
            self._button = None


def _error(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert set(body) == {"error", "error_description", "ErrorId"}
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, body["error"]


def test_a_person_logs_in_on_the_page(visitor: Visitor) -> None:
    """The page works without scripts: its form sends everything back, and Log in redirects with a code."""
    state = 'æ & "x" <b> +/=%20'
    page = visitor.ask(state=state)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<b>" not in page.text
    form = _Form(page.text)
    assert form.fields["state"] == state
    assert form.buttons == {"Log in": "approve", "Cancel": "deny"}
    answer = visitor.api.http.post(visitor.api.info.authorize_url, data=form.fields | {"decision": "approve"})
    result = visitor.result(answer)
    assert answer.headers["location"].startswith(REDIRECT + "?")
    assert set(result) == {"code", "state", "scope", "iss"}
    assert (result["state"], result["scope"]) == (state, SCOPE)
    assert visitor.api.info.api_url.startswith(result["iss"])
    assert visitor.exchange(result["code"]).status_code == 200


def test_cancel_is_access_denied(visitor: Visitor) -> None:
    """The person said no; the state comes back."""
    form = _Form(visitor.ask().text)
    answer = visitor.api.http.post(visitor.api.info.authorize_url, data=form.fields | {"decision": "deny"})
    assert visitor.result(answer)["error"] == "access_denied"
    assert visitor.result(answer)["state"] == "s 1"
    assert visitor.result(visitor.ask(sandbox_auto="deny"))["error"] == "access_denied"


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1:1/a/b?c=d",
        "http://localhost:65535/x",
        "http://LOCALHOST/x",
        "http://[::1]:8080/callback",
    ],
)
def test_any_address_of_this_machine_will_do(visitor: Visitor, address: str) -> None:
    """Any port and path on loopback; a query that is there stays."""
    answer = visitor.ask(redirect_uri=address, sandbox_auto="approve")
    assert answer.headers["location"].startswith(address + ("&code=" if "?" in address else "?code="))


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": None},
        {"client_id": "other"},
        {"redirect_uri": None},
        {"redirect_uri": ""},
        {"redirect_uri": "https://127.0.0.1/"},
        {"redirect_uri": "http://example.com/"},
        {"redirect_uri": "http://127.0.0.1.example.com/"},
        {"redirect_uri": "http://127.0.0.1@example.com/"},
        {"redirect_uri": "http://user@127.0.0.1/"},
        {"redirect_uri": "http://example.com\\@127.0.0.1/"},
        {"redirect_uri": "http://127.0.0.1:99999/"},
        {"redirect_uri": "http://127.0.0.1/#fragment"},
        {"redirect_uri": "http://127.0.0.1/\r\nX: y"},
        {"redirect_uri": "//127.0.0.1/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "http://127.0.0.2/"},
    ],
    ids=repr,
)
@pytest.mark.parametrize("auto", [None, "approve", "deny"])
def test_nothing_is_redirected_to_an_unknown_place(
    visitor: Visitor, change: dict[str, str | None], auto: str | None
) -> None:
    """Client or address wrong: an error here, whatever else is asked."""
    answer = visitor.ask(**change, sandbox_auto=auto)
    assert "location" not in answer.headers
    assert _error(answer) == (400, "invalid_request")


def test_a_browser_sees_an_error_page(visitor: Visitor) -> None:
    """HTML for those who ask for it, escaped."""
    url = f"{visitor.api.info.authorize_url}?client_id=%3Cscript%3E"
    answer = visitor.api.http.get(url, headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "ea:api ea:everything"}, "invalid_scope"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "S512"}, "invalid_request"),
        ({"sandbox_auto": "maybe"}, "invalid_request"),
    ],
)
def test_other_faults_go_back_to_the_application(
    visitor: Visitor, change: dict[str, str | None], error: str
) -> None:
    """With state and issuer, as RFC 6749 and 9207 say."""
    result = visitor.result(visitor.ask(**({"sandbox_auto": "approve"} | change)))
    assert (result["error"], result["state"]) == (error, "s 1")
    assert "iss" in result
    assert "code" not in result


def test_extra_parameters_are_allowed(visitor: Visitor) -> None:
    """Prompt and acr_values, as the vendor recommends them; no state is fine too."""
    change = {
        "prompt": "select_account",
        "acr_values": "service:44643EB1-3F76-4C1C-A672-402AE8085934",
        "state": None,
    }
    assert set(visitor.result(visitor.ask(sandbox_auto="approve", **change))) == {"code", "scope", "iss"}


def test_an_empty_parameter_counts_as_none(visitor: Visitor) -> None:
    """RFC 6749, 3.1 and 3.2: at authorize, at the token endpoint, beside Basic."""
    result = visitor.result(visitor.ask(response_type="", sandbox_auto="approve"))
    assert result["error"] == "invalid_request"
    empty: dict[str, str | None] = {"code_challenge": "", "state": "", "prompt": ""}
    result = visitor.result(visitor.ask(sandbox_auto="approve", **empty))
    assert "state" not in result
    answer = visitor.exchange(result["code"], code_verifier="", client_secret="", client_id="")
    assert answer.status_code == 200
    answer = visitor.refresh(answer.json()["refresh_token"], scope="")
    assert answer.json()["scope"] == "ea:api offline_access ea:sales"


def test_a_parameter_sent_twice_is_refused(visitor: Visitor) -> None:
    """RFC 6749, 3.1: at authorize and at the token endpoint."""
    url = f"{visitor.api.info.authorize_url}?client_id={visitor.api.info.client_id}&client_id=x"
    assert _error(visitor.api.http.get(url)) == (400, "invalid_request")
    answer = visitor.api.http.post(
        visitor.api.info.token_url,
        content="grant_type=refresh_token&grant_type=refresh_token",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        auth=(visitor.api.info.client_id, visitor.api.info.client_secret),
    )
    assert _error(answer) == (400, "invalid_request")


def test_a_code_gives_tokens(visitor: Visitor) -> None:
    """Access for an hour, and a refresh token."""
    answer = visitor.exchange(visitor.code())
    tokens = answer.json()
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in", "scope"}
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 3600, SCOPE)
    assert answer.headers["cache-control"] == "no-store"
    assert visitor.works(tokens["access_token"])


def test_no_refresh_token_without_offline_access(visitor: Visitor) -> None:
    """The scope asks for it."""
    assert "refresh_token" not in visitor.log_in(scope="ea:api ea:sales")


def test_a_code_works_once(visitor: Visitor) -> None:
    """A second use is refused and takes back what the first one gave."""
    code = visitor.code()
    tokens = visitor.exchange(code).json()
    assert _error(visitor.exchange(code)) == (400, "invalid_grant")
    assert not visitor.works(tokens["access_token"])
    assert _error(visitor.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_a_code_lives_five_minutes(visitor: Visitor) -> None:
    """Until then it works, afterwards it does not."""
    early, late = visitor.code(), visitor.code()
    visitor.api.control("POST", "/clock", {"advance_seconds": 295})
    assert visitor.exchange(early).status_code == 200
    visitor.api.control("POST", "/clock", {"advance_seconds": 10})
    assert _error(visitor.exchange(late)) == (400, "invalid_grant")


def test_a_code_is_bound_to_its_address(visitor: Visitor) -> None:
    """The redirect address must be the same text."""
    answer = visitor.exchange(visitor.code(), redirect_uri=REDIRECT + "/")
    assert _error(answer) == (400, "invalid_grant")


@pytest.mark.parametrize("method", ["S256", "plain", None])
def test_pkce(visitor: Visitor, method: str | None) -> None:
    """The verifier must fit the challenge; without a method it is plain."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    change = {"code_challenge": digest if method == "S256" else VERIFIER, "code_challenge_method": method}
    assert visitor.exchange(visitor.code(**change), code_verifier=VERIFIER).status_code == 200
    assert _error(visitor.exchange(visitor.code(**change), code_verifier="x" * 43)) == (400, "invalid_grant")
    assert _error(visitor.exchange(visitor.code(**change))) == (400, "invalid_grant")
    assert _error(visitor.exchange(visitor.code(), code_verifier=VERIFIER)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "x", "redirect_uri": REDIRECT}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
    ],
)
def test_faulty_token_requests(visitor: Visitor, form: dict[str, Any], error: str) -> None:
    """Each fault has its word in RFC 6749."""
    assert _error(visitor.token(**form)) == (400, error)


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!!", "Basic eA==", "Bearer x", "Basic eDp5", "Basic /w=="]
)
def test_a_wrong_client_is_refused(visitor: Visitor, header: str) -> None:
    """401, and the answer says how to authenticate."""
    for url in (visitor.api.info.token_url, visitor.api.info.revocation_url):
        answer = visitor.api.http.post(
            url, data={"grant_type": "refresh_token", "token": "x"}, headers={"Authorization": header}
        )
        assert _error(answer) == (401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic ")


def test_credentials_are_percent_decoded(visitor: Visitor) -> None:
    """RFC 6749, 2.3.1: id and secret are form-encoded inside Basic; the form body works as well."""
    info = visitor.api.info
    everything = (
        "".join(f"%{byte:02X}" for byte in text.encode()) for text in (info.client_id, info.client_secret)
    )
    form: dict[str, Any] = {"grant_type": "authorization_code", "redirect_uri": REDIRECT}
    identifier, secret = everything
    assert visitor.token(auth=(identifier, secret), code=visitor.code(), **form).status_code == 200
    body = {"client_id": info.client_id, "client_secret": info.client_secret, "code": visitor.code(), **form}
    assert visitor.api.http.post(info.token_url, data=body).status_code == 200
    both = visitor.token(code=visitor.code(), client_secret=info.client_secret, **form)
    assert _error(both) == (400, "invalid_request")
    assert _error(visitor.token(auth=(info.client_id, quote(info.client_secret) + "x"), **form)) == (
        401,
        "invalid_client",
    )


def test_only_forms_are_taken(visitor: Visitor) -> None:
    """JSON, no type, broken encoding: invalid_request. GET: 405."""
    info = visitor.api.info
    auth = (info.client_id, info.client_secret)
    assert _error(visitor.api.http.post(info.token_url, json={}, auth=auth)) == (400, "invalid_request")
    assert _error(visitor.api.http.post(info.token_url, content=b"a=b", auth=auth)) == (
        400,
        "invalid_request",
    )
    for content in (b"grant_type=%zz", b"grant_type=%ff", b"a=\xff", b"&&&=="):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = visitor.api.http.post(info.token_url, content=content, headers=headers, auth=auth)
        assert _error(answer) == (400, "invalid_request")
    answer = visitor.api.http.get(info.token_url)
    assert (answer.status_code, answer.json()["error"]) == (405, "invalid_request")
    assert "POST" in answer.headers["allow"]


def test_refresh_tokens_rotate(visitor: Visitor) -> None:
    """The new one works, the old one is dead; access tokens of before live on."""
    first = visitor.log_in()
    second = visitor.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert _error(visitor.refresh(first["refresh_token"])) == (400, "invalid_grant")
    assert visitor.works(first["access_token"])
    assert visitor.works(second["access_token"])
    assert visitor.refresh(second["refresh_token"]).status_code == 200


def test_newer_clients_have_reusable_refresh_tokens(visitor: Visitor) -> None:
    """Profile switch rotation off: the same refresh token comes back and keeps working."""
    visitor.api.control("PATCH", "/profile", {"rotation": False})
    token = visitor.log_in()["refresh_token"]
    assert visitor.refresh(token).json()["refresh_token"] == token
    assert visitor.refresh(token).status_code == 200


def test_a_refresh_may_narrow_the_scope(visitor: Visitor) -> None:
    """Less is fine and does not stick; more is invalid_scope and uses nothing up."""
    token = visitor.log_in()["refresh_token"]
    assert _error(visitor.refresh(token, scope="ea:api ea:purchase")) == (400, "invalid_scope")
    assert _error(visitor.refresh(token, scope="nonsense")) == (400, "invalid_scope")
    narrow = visitor.refresh(token, scope="ea:api").json()
    assert narrow["scope"] == "ea:api"
    assert visitor.refresh(narrow["refresh_token"]).json()["scope"] == SCOPE


def test_an_access_token_lives_an_hour(visitor: Visitor) -> None:
    """Then 401; a refresh gives a new one. The printed token has no end."""
    tokens = visitor.log_in()
    visitor.api.control("POST", "/clock", {"advance_seconds": 3590})
    assert visitor.works(tokens["access_token"])
    visitor.api.control("POST", "/clock", {"advance_seconds": 20})
    assert not visitor.works(tokens["access_token"])
    assert visitor.works(visitor.refresh(tokens["refresh_token"]).json()["access_token"])
    assert visitor.works(visitor.api.info.access_token)


def _revoke(visitor: Visitor, **form: str) -> httpx.Response:
    info = visitor.api.info
    return visitor.api.http.post(info.revocation_url, data=form, auth=(info.client_id, info.client_secret))


def test_revoking_a_refresh_token_ends_the_login(visitor: Visitor) -> None:
    """Its access tokens die with it; the answer is 200 and empty, also for unknown tokens."""
    tokens = visitor.log_in()
    for form in (
        {"token": tokens["refresh_token"], "token_type_hint": "refresh_token"},
        {"token": tokens["refresh_token"]},
        {"token": "unknown", "token_type_hint": "nonsense"},
    ):
        answer = _revoke(visitor, **form)
        assert (answer.status_code, answer.content) == (200, b"")
    assert not visitor.works(tokens["access_token"])
    assert _error(visitor.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert _error(_revoke(visitor)) == (400, "invalid_request")


def test_revoking_an_access_token_leaves_the_login(visitor: Visitor) -> None:
    """Only that token dies."""
    tokens = visitor.log_in()
    assert _revoke(visitor, token=tokens["access_token"]).status_code == 200
    assert not visitor.works(tokens["access_token"])
    assert visitor.refresh(tokens["refresh_token"]).status_code == 200


def test_a_changed_password_ends_all_logins(visitor: Visitor) -> None:
    """Refresh and access tokens die, codes too; the printed token lives."""
    first, second, code = visitor.log_in(), visitor.log_in(), visitor.code()
    visitor.api.control("POST", "/password-change")
    for tokens in (first, second):
        assert not visitor.works(tokens["access_token"])
        assert _error(visitor.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert _error(visitor.exchange(code)) == (400, "invalid_grant")
    assert visitor.works(visitor.api.info.access_token)
    assert visitor.works(visitor.log_in()["access_token"])


def test_a_reset_ends_all_logins_but_the_printed_token(visitor: Visitor) -> None:
    """Back to the start."""
    tokens = visitor.log_in()
    visitor.api.control("POST", "/reset")
    assert not visitor.works(tokens["access_token"])
    assert visitor.works(visitor.api.info.access_token)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic eDp5", "x", "Bearer a b"])
def test_without_a_valid_token_there_is_no_access(api: Api, header: str | None) -> None:
    """401 in the API's form, with a challenge."""
    headers = {} if header is None else {"Authorization": header}
    for method, path in (
        ("GET", "/projects"),
        ("POST", "/orders"),
        ("DELETE", "/orders/x"),
        ("GET", "/units/y"),
    ):
        answer = api.http.request(method, api.info.api_url + path, headers=headers)
        assert (answer.status_code, answer.json()["ErrorCode"]) == (401, 4005)
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("ea:api", set()),
        ("ea:sales", set()),
        (
            "ea:api ea:sales",
            {"/projects", "/customers", "/orders", "/companysettings", "/termsofpayments", "POST"},
        ),
        (
            "ea:api ea:sales_readonly",
            {"/projects", "/customers", "/orders", "/companysettings", "/termsofpayments"},
        ),
        ("ea:api ea:accounting", {"/projects"}),
        ("ea:api ea:purchase_readonly", {"/projects", "/termsofpayments"}),
    ],
)
def test_scopes_open_what_they_should(visitor: Visitor, scope: str, allowed: set[str]) -> None:
    """Anything else is 403 with 4006."""
    token = visitor.log_in(scope=scope)["access_token"]
    for path in ("/projects", "/customers", "/orders", "/companysettings", "/termsofpayments"):
        answer = visitor.api.call("GET", path, token=token)
        if path in allowed:
            assert answer.status_code == 200
        else:
            assert (answer.status_code, answer.json()["ErrorCode"]) == (403, 4006)
    answer = visitor.api.call("POST", "/orders", body="{}", token=token)
    assert answer.status_code == (400 if "POST" in allowed else 403)


def test_the_server_describes_itself(api: Api) -> None:
    """Metadata as in RFC 8414, under both well-known names."""
    root = api.info.control_url.removesuffix("/sandbox")
    for name in ("openid-configuration", "oauth-authorization-server"):
        described = api.http.get(f"{root}/.well-known/{name}").json()
        assert described["token_endpoint"] == api.info.token_url
        assert described["authorization_endpoint"] == api.info.authorize_url
        assert described["revocation_endpoint"] == api.info.revocation_url
