"""OAuth as pure functions: what is sent to any conforming server, and what its answers mean."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.secret import Secret
from visma_busy_sync.eaccounting import SCOPES, Application, AsyncOAuth, Endpoints, OAuth, TokenSet, _login
from visma_busy_sync.eaccounting import _oauth as oauth
from visma_busy_sync.eaccounting.errors import (
    AnswerLost,
    ClientRefused,
    CodeRefused,
    EAccountingError,
    LoginRefused,
    NotSent,
    ReconnectNeeded,
    StateMismatch,
    UnreadableAnswer,
)
from visma_busy_sync.eaccounting.http import NoAnswerError, NotSentError, Request, Response

from .given import APPLICATION, NOW, SERVER, Bench, answer, stepped, tokens

CALLBACK = APPLICATION.redirect_uri


def application(**changes: Any) -> Application:
    return Application(
        **{
            "client_id": "id",
            "client_secret": "secret",
            "redirect_uri": CALLBACK,
            "endpoints": SERVER,
            **changes,
        }
    )


def form(request: Request) -> dict[str, str]:
    assert request.body is not None
    pairs = parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


# --- the addresses -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["api_url", "authorize_url", "token_url", "revocation_url"])
@pytest.mark.parametrize(
    "url",
    [
        "https://visma.example/x",
        "https://visma.example:8443/x/",
        "http://127.0.0.1:1/x",
        "http://localhost/x",
        "http://LOCALHOST:65535",
        "http://[::1]:8080/v2",
    ],
)
def test_all_four_addresses_can_be_set(name: str, url: str) -> None:
    """To https anywhere, or http on this machine with any port."""
    assert getattr(Endpoints(**{name: url}), name) == url


@pytest.mark.parametrize("name", ["api_url", "authorize_url", "token_url", "revocation_url"])
@pytest.mark.parametrize(
    "url",
    [
        "",
        "visma.example/x",
        "//visma.example/x",
        "/v2",
        "https://",
        "https:///x",
        "http://visma.example/x",
        "http://127.0.0.1.visma.example/x",
        "http://127.1/x",
        "http://0.0.0.0/x",
        "http://localhost.visma.example",
        "ftp://visma.example",
        "file:///etc/passwd",
        "https://user@visma.example",
        "https://user:word@visma.example",
        "https://@visma.example",
        "http://127.0.0.1\\@visma.example/",
        "https://visma.example/#x",
        "https://visma.example/#",
        "https://visma.example:99999",
        "https://visma.example:x",
        "https://[::1",
        "https://visma.example/a b",
        "https://visma.example/\n",
        " https://visma.example",
        "https://visma.example/\x7f",
    ],
)
def test_an_unsafe_address_is_refused(name: str, url: str) -> None:
    """No password travels in the clear or in an address; the address is not repeated."""
    with pytest.raises(ConfigurationError) as caught:
        Endpoints(**{name: url})
    assert "visma.example" not in str(caught.value)


def test_the_api_address_has_no_query() -> None:
    """A path is put behind it; the identity server's addresses may have one (RFC 6749, 3.1)."""
    with pytest.raises(ConfigurationError, match="query"):
        Endpoints(api_url="https://visma.example/v2?a=1")
    made = application(endpoints=Endpoints(authorize_url="https://visma.example/a?tenant=1"))
    assert query(oauth.authorize_url(made, state=Secret("s")))["tenant"] == "1"


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "busy.example/callback"},
        {"client_id": ""},
        {"client_secret": ""},
        {"client_secret": Secret("")},
        {"client_secret": Secret("\ud800")},
        {"redirect_uri": "http://visma.example/callback"},
        {"redirect_uri": "https://visma.example/callback#x"},
        {"scopes": ()},
        {"scopes": ("ea:api ea:sales",)},
        {"scopes": ("",)},
    ],
    ids=str,
)
def test_an_application_that_cannot_work_is_refused(changes: dict[str, Any]) -> None:
    """When it is made, with what to give instead."""
    with pytest.raises(ConfigurationError) as caught:
        application(**changes)
    assert caught.value.advice


@pytest.mark.parametrize("value", [None, 5, " ", "", "\ud800"], ids=ascii)
@pytest.mark.parametrize("name", ["client_id", "client_secret", "redirect_uri"])
def test_a_setting_that_is_missing_is_named(name: str, value: object) -> None:
    """The likely cause is an environment variable that is not set."""
    with pytest.raises(ConfigurationError, match=rf"{name} .*environment variable"):
        application(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scopes", None),
        ("scopes", 5),
        ("scopes", "ea:api offline_access"),
        ("scopes", ("ea:api", None)),
        ("endpoints", None),
        ("endpoints", "https://visma.example"),
    ],
    ids=str,
)
def test_a_setting_of_another_sort_is_named(name: str, value: object) -> None:
    """Never an AttributeError or a TypeError from within."""
    with pytest.raises(ConfigurationError, match=name):
        application(**{name: value})


@pytest.mark.parametrize("value", [None, 5, ""], ids=ascii)
@pytest.mark.parametrize("name", ["api_url", "authorize_url", "token_url", "revocation_url"])
def test_an_address_that_is_missing_is_told(name: str, value: Any) -> None:
    """Addresses come from settings too."""
    with pytest.raises(ConfigurationError, match="environment variable"):
        Endpoints(**{name: value})


@pytest.mark.parametrize("text", ["?code=\ud800&state=s", "?code=c&state=\ud800"], ids=ascii)
def test_a_callback_that_no_form_can_carry_is_none(text: str) -> None:
    """Half of a surrogate pair comes from no browser, and its error would hold the code."""
    with pytest.raises(StateMismatch):
        oauth.read_callback(CALLBACK + text)


def test_a_token_that_no_form_can_carry_is_refused() -> None:
    """From a store, say; the library's own error would hold it."""
    with pytest.raises(ConfigurationError) as caught:
        oauth.refresh_request(application(), Secret("refr3sh-\ud800"))
    assert caught.value.__context__ is None


def test_scopes_may_be_any_collection() -> None:
    """A single text is one scope, not its letters."""
    assert application(scopes=["a", "b"]).scopes == ("a", "b")
    assert application(scopes="ea:api").scopes == ("ea:api",)


@pytest.mark.parametrize("port", [1, 8080, 54321, 65535])
def test_a_callback_may_have_any_port_on_this_machine(port: int) -> None:
    """RFC 8252, 7.3."""
    assert application(redirect_uri=f"http://127.0.0.1:{port}/callback?x=1").redirect_uri


# --- authorise -----------------------------------------------------------------------------------


def test_what_the_user_is_sent_with() -> None:
    """The parameters of the vendor's guide, and the scopes that are needed and no more."""
    begun = _login.begin(application(), Bench().runtime, pkce=False)
    assert begun.url.startswith("https://login.example/connect/authorize?")
    assert query(begun.url) == {
        "client_id": "id",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "ea:api offline_access ea:sales",
        "state": begun.state.reveal(),
        "prompt": "select_account",
        "acr_values": "service:44643EB1-3F76-4C1C-A672-402AE8085934",
    }
    assert begun.verifier is None
    assert begun.state.reveal() not in repr(begun)
    assert SCOPES == ("ea:api", "offline_access", "ea:sales")


def test_pkce_as_in_the_rfc() -> None:
    """RFC 7636, appendix B."""
    verifier = Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert oauth.code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    url = oauth.authorize_url(application(), state=Secret("s"), verifier=verifier)
    assert query(url)["code_challenge"] == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert query(url)["code_challenge_method"] == "S256"
    assert verifier.reveal() not in url
    request = oauth.code_request(application(), Secret("c"), verifier=verifier)
    assert form(request)["code_verifier"] == verifier.reveal()


def test_each_login_has_a_state_of_its_own() -> None:
    """And a verifier that is not the state."""
    runtime = Bench().runtime
    one, two = (_login.begin(application(), runtime, pkce=True) for _ in range(2))
    assert one.verifier is not None
    assert two.verifier is not None
    assert len({one.state, two.state, one.verifier, two.verifier}) == 4


# --- the callback --------------------------------------------------------------------------------


def test_a_good_callback_gives_code_and_state() -> None:
    """Whatever else Visma sends along is ignored."""
    read = oauth.read_callback(f"{CALLBACK}?code=a%2Bb&scope=ea%3Aapi&state=s&iss=x&iss=y&new=#fragment")
    assert (read.code.reveal(), read.state.reveal()) == ("a+b", "s")
    assert "a+b" not in repr(read)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "?code=c",
        "?state=s",
        "?code=&state=s",
        "?code=c&state=",
        "?code=c&code=c&state=s",
        "?code=c&state=s&state=s",
        "?error=access_denied&error=access_denied",
        "#code=c&state=s",
        "?Code=c&state=s",
    ],
)
def test_a_callback_without_one_code_and_one_state_is_refused(text: str) -> None:
    """Also one that has two: which would count is anybody's guess."""
    with pytest.raises(StateMismatch):
        oauth.read_callback(CALLBACK + text)


def test_a_callback_that_is_no_address_is_refused() -> None:
    """Whatever the browser sent."""
    with pytest.raises(StateMismatch, match="not an address"):
        oauth.read_callback("http://[::1?code=c&state=s")


@pytest.mark.parametrize(
    ("word", "error", "advice"),
    [
        ("access_denied", "access_denied", "Press connect"),
        ("server_error", "server_error", "later"),
        ("temporarily_unavailable", "temporarily_unavailable", "later"),
        ("invalid_scope", "invalid_scope", "scopes"),
        ("unauthorized_client", "unauthorized_client", "client id"),
        ("login_required", "login_required", "connect again"),
        ("", "unknown_error", "connect again"),
        ("Your account was hacked", "unknown_error", "connect again"),
        ("YourAccountWasHacked", "unknown_error", "connect again"),
        ("<script>", "unknown_error", "connect again"),
        ("a" * 5000, "unknown_error", "connect again"),
    ],
    ids=lambda word: word[:24],
)
def test_an_error_in_the_callback_is_told_by_its_code(word: str, error: str, advice: str) -> None:
    """A word that is no code comes from anywhere, and is not repeated."""
    with pytest.raises(LoginRefused) as caught:
        oauth.read_callback(f"{CALLBACK}?error={word}&error_description=Hacked&state=s")
    assert caught.value.error == error
    assert advice in caught.value.advice
    assert "ack" not in str(caught.value).replace("back", "")


@given(st.text(max_size=60))
def test_any_callback_gives_a_typed_answer(text: str) -> None:
    """Nothing else is ever raised, and nothing of it is repeated."""
    try:
        oauth.read_callback(text)
    except (StateMismatch, LoginRefused) as caught:
        error = str(caught)
    else:
        return
    assert len(text) < 12 or text not in error


# --- the token endpoint --------------------------------------------------------------------------


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip),
)
def test_client_credentials_are_form_encoded_in_the_basic_header(client: str, secret: str) -> None:
    """RFC 6749, 2.3.1: also a colon, a plus or a letter beyond ASCII arrives."""
    made = application(client_id=client, client_secret=secret)
    request = oauth.refresh_request(made, Secret("r"))
    scheme, _, encoded = request.headers["Authorization"].partition(" ")
    user, _, password = base64.b64decode(encoded, validate=True).decode("ascii").partition(":")
    assert scheme == "Basic"
    assert (unquote_plus(user), unquote_plus(password)) == (client, secret)
    assert form(request) == {"grant_type": "refresh_token", "refresh_token": "r"}


def test_how_a_code_is_exchanged() -> None:
    """A form, with the redirect address again, and the credentials in the header only."""
    request = oauth.code_request(application(), Secret("a+b&c"))
    assert (request.method, request.url) == ("POST", SERVER.token_url)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert form(request) == {"grant_type": "authorization_code", "code": "a+b&c", "redirect_uri": CALLBACK}


def test_how_tokens_are_revoked() -> None:
    """The refresh token where there is one, else the access token, each by its name."""
    both, one = tokens(), tokens(refresh=None)
    assert form(oauth.revocation_request(application(), both)) == {
        "token": "refresh-1",
        "token_type_hint": "refresh_token",
    }
    assert form(oauth.revocation_request(application(), one)) == {
        "token": "access-1",
        "token_type_hint": "access_token",
    }
    assert oauth.revocation_request(application(), both).url == SERVER.revocation_url


def read(
    body: object = None, *, status: int = 200, previous: TokenSet | None = None, raw: bytes | None = None
) -> Any:
    return oauth.read_tokens(answer(status, body, raw=raw), now=NOW, previous=previous)


GOOD = {"access_token": "new", "refresh_token": "again", "token_type": "Bearer", "expires_in": 3600}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3600", 3600),
        ("0", 3600),
        ("-5", 3600),
        ("59.5", 59.5),
        ('"1800"', 1800),
        ('" 1800 "', 1800),
        ("null", 3600),
        ("true", 3600),
        ('"soon"', 3600),
        ('"-1"', 3600),
        ("[]", 3600),
        ("1e400", 366 * 24 * 3600),
        ("1" + "0" * 4000, 366 * 24 * 3600),
        ('"99999999999999999999"', 366 * 24 * 3600),
        ("-1e400", 3600),
    ],
    ids=lambda text: str(text)[:12],
)
def test_how_long_a_token_lives(text: str, seconds: float) -> None:
    """As the server says, up to a year; an hour where it says nothing of use."""
    found = read(raw=b'{"access_token": "new", "expires_in": ' + text.encode() + b"}")
    assert found.expires_at == NOW + timedelta(seconds=seconds)


def test_a_token_without_lifetime_lives_an_hour() -> None:
    """The vendor's guide says so."""
    assert read({"access_token": "new"}).expires_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("kind", ["bearer", "Bearer", "BEARER", None])
def test_the_token_type_is_bearer_in_any_case(kind: str | None) -> None:
    """RFC 6749, 5.1; missing is taken for it."""
    assert read({**GOOD, "token_type": kind}).access_token == Secret("new")


@pytest.mark.parametrize("kind", ["mac", "", 1, ["bearer"]])
def test_another_token_type_is_not_understood(kind: object) -> None:
    """We could not send it."""
    with pytest.raises(UnreadableAnswer, match="not bearer"):
        read({**GOOD, "token_type": kind})


@pytest.mark.parametrize("refresh", [None, "", 5])
def test_a_server_that_does_not_rotate_keeps_the_refresh_token(refresh: object) -> None:
    """What was not sent again is still good; scopes likewise."""
    previous = TokenSet(
        access_token=Secret("old"), refresh_token=Secret("kept"), expires_at=NOW, scopes=frozenset({"a"})
    )
    found = read({**GOOD, "refresh_token": refresh}, previous=previous)
    assert found.refresh_token == Secret("kept")
    assert found.scopes == {"a"}
    assert read(GOOD, previous=previous).refresh_token == Secret("again")
    assert read({**GOOD, "refresh_token": refresh}).refresh_token is None


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [("a  b", {"a", "b"}), ("", None), (" ", None), (None, None), (["a"], None)],
    ids=["two", "empty", "blank", "none", "a list"],
)
def test_scopes_that_were_granted(scope: object, scopes: set[str] | None) -> None:
    """Silence means all that was asked for (RFC 6749, 5.1)."""
    assert read({**GOOD, "scope": scope}).scopes == scopes


def test_what_a_server_calls_scopes_is_not_shown() -> None:
    """A server in disorder might repeat a token there."""
    assert "planted" not in repr(read({**GOOD, "scope": "a planted"}))


REFUSALS = [
    (400, {"error": "invalid_grant"}, CodeRefused, ReconnectNeeded),
    (401, {"error": "invalid_grant"}, CodeRefused, ReconnectNeeded),
    (401, {"error": "invalid_client"}, ClientRefused, ClientRefused),
    (400, {"error": "invalid_client"}, ClientRefused, ClientRefused),
    (400, {"error": "unauthorized_client"}, ClientRefused, ClientRefused),
    (400, {"error": "invalid_request"}, ClientRefused, ClientRefused),
    (400, {"error": "invalid_scope"}, ClientRefused, ClientRefused),
    (400, {"error": "unsupported_grant_type"}, ClientRefused, ClientRefused),
    (400, {"error": "server_busy"}, UnreadableAnswer, UnreadableAnswer),
    (400, {"error": ["invalid_grant"]}, UnreadableAnswer, UnreadableAnswer),
    (400, {"message": "no"}, UnreadableAnswer, UnreadableAnswer),
    (500, {"error": "invalid_grant"}, UnreadableAnswer, UnreadableAnswer),
    (503, {"error": "invalid_client"}, UnreadableAnswer, UnreadableAnswer),
    (503, None, UnreadableAnswer, UnreadableAnswer),
    (429, None, UnreadableAnswer, UnreadableAnswer),
    (302, None, UnreadableAnswer, UnreadableAnswer),
    (200, {"error": "invalid_grant"}, UnreadableAnswer, UnreadableAnswer),
    (200, None, UnreadableAnswer, UnreadableAnswer),
    (200, [], UnreadableAnswer, UnreadableAnswer),
    (200, {"access_token": ""}, UnreadableAnswer, UnreadableAnswer),
    (200, {"access_token": None}, UnreadableAnswer, UnreadableAnswer),
    (200, {"access_token": 5}, UnreadableAnswer, UnreadableAnswer),
    (200, {"access_token": "a b"}, UnreadableAnswer, UnreadableAnswer),
    (200, {"access_token": "æ"}, UnreadableAnswer, UnreadableAnswer),
    (200, {"access_token": "a\r\nX: y"}, UnreadableAnswer, UnreadableAnswer),
    (201, GOOD, UnreadableAnswer, UnreadableAnswer),
]


@pytest.mark.parametrize(("status", "body", "at_code", "at_refresh"), REFUSALS, ids=str)
def test_what_an_answer_without_tokens_means(
    status: int, body: object, at_code: type[EAccountingError], at_refresh: type[EAccountingError]
) -> None:
    """Only a clear `invalid_grant` ends a connection; a server in trouble does not."""
    for previous, error in ((None, at_code), (tokens(), at_refresh)):
        with pytest.raises(EAccountingError) as caught:
            read(body, status=status, previous=previous)
        assert type(caught.value) is error
        if error is UnreadableAnswer:
            assert "not lost" in caught.value.advice
            assert caught.value.may_have_happened is False


def test_a_web_page_is_not_the_end_of_a_connection() -> None:
    """A maintenance page, whatever its status."""
    for status in (200, 400, 401, 403, 500, 503):
        with pytest.raises(UnreadableAnswer):
            read(raw=b"<html>invalid_grant</html>", status=status, previous=tokens())


@pytest.mark.parametrize("text", ["", " ", "Bearer x", "x\n", "æ", "\ud800"], ids=ascii)
def test_an_access_token_that_is_none_is_refused(text: str) -> None:
    """Before a header is made of it, and without repeating it."""
    with pytest.raises(ConfigurationError, match="access token") as caught:
        TokenSet(access_token=Secret(text), refresh_token=None, expires_at=NOW)
    assert len(text) < 3 or text not in str(caught.value)


def test_a_token_set_converts_and_checks() -> None:
    """Texts become secrets, an empty refresh token is none, a moment without a zone is refused."""
    made = TokenSet(access_token="a", refresh_token="r", expires_at=NOW)
    assert made.access_token == Secret("a")
    assert made.refresh_token == Secret("r")
    assert TokenSet(access_token="a", refresh_token="", expires_at=NOW).refresh_token is None
    with pytest.raises(ConfigurationError, match="aware"):
        TokenSet(access_token=Secret("a"), refresh_token=None, expires_at=datetime(2026, 1, 1))  # noqa: DTZ001 - the fault that is meant


def test_a_token_is_used_until_a_minute_before_its_end() -> None:
    """A call that begins later could outlive it; the ends of time do not overflow."""
    made = tokens(seconds=3600)
    assert made.usable(NOW + timedelta(seconds=3539))
    assert not made.usable(NOW + timedelta(seconds=3540))
    long_ago = TokenSet(
        access_token=Secret("a"), refresh_token=None, expires_at=datetime.min.replace(tzinfo=UTC)
    )
    assert not long_ago.usable(NOW)


# --- the login as a whole ------------------------------------------------------------------------


def complete(bench: Bench, callback: str) -> TokenSet:
    pending = _login.PendingLogin(url="x", state=Secret("s"), verifier=Secret("v" * 43))
    return stepped(_login.complete)(
        application(), pending, Secret(callback), transport=bench.script, clock=bench.clock
    )


def test_a_login_ends_with_tokens() -> None:
    """The code and the verifier are sent once."""
    bench = Bench(answer(200, GOOD))
    found = complete(bench, f"{CALLBACK}?code=c&state=s")
    assert found.access_token == Secret("new")
    (request,) = bench.script.requests
    assert form(request)["code"] == "c"
    assert form(request)["code_verifier"] == "v" * 43


def test_a_callback_of_another_login_sends_nothing() -> None:
    """Its code could be somebody else's."""
    bench = Bench(answer(200, GOOD))
    with pytest.raises(StateMismatch, match="not the one that was handed out"):
        complete(bench, f"{CALLBACK}?code=c&state=other")
    assert bench.script.requests == []


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (NotSentError("ConnectError"), NotSent),
        (NoAnswerError("ReadTimeout"), AnswerLost),
        (answer(400, {"error": "invalid_grant"}), CodeRefused),
        (answer(503, None), UnreadableAnswer),
    ],
    ids=["unreachable", "reset", "code used before", "maintenance"],
)
def test_a_code_is_sent_once(step: Any, error: type[EAccountingError]) -> None:
    """A code works once, so nothing is repeated by itself."""
    bench = Bench(step)
    with pytest.raises(error):
        complete(bench, f"{CALLBACK}?code=c&state=s")
    assert len(bench.script.requests) == 1


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (NotSentError("ConnectError"), NotSent),
        (answer(401, {"error": "invalid_client"}), ClientRefused),
        (answer(400, {"error": "unsupported_token_type"}), UnreadableAnswer),
        (answer(503, {"error": "invalid_client"}), UnreadableAnswer),
        (answer(302, None), UnreadableAnswer),
    ],
    ids=["unreachable", "client", "type", "maintenance", "redirect"],
)
def test_a_revocation_that_is_not_confirmed_is_told(step: Any, error: type[EAccountingError]) -> None:
    """With its own name in the message."""
    bench = Bench(step)
    with pytest.raises(error) as caught:
        stepped(_login.revoke)(application(), tokens(), transport=bench.script)
    assert caught.value.operation == "POST revocation"


def test_a_revocation_has_no_body() -> None:
    """200 is enough (RFC 7009, 2.2)."""
    bench = Bench(answer(200))
    stepped(_login.revoke)(application(), tokens(), transport=bench.script)
    assert len(bench.script.requests) == 1


def test_the_calls_of_a_login_take_the_timeout_of_who_calls() -> None:
    """Code and revocation; a default stays for who gives none."""
    bench = Bench(answer(200, GOOD))
    redeem = stepped(_login.redeem)
    redeem(application(), Secret("c"), verifier=None, transport=bench.script, clock=bench.clock, timeout=2.5)
    redeem(application(), Secret("c"), verifier=None, transport=bench.script, clock=bench.clock)
    stepped(_login.revoke)(application(), tokens(), transport=Bench(answer(200)).script)
    ended = Bench(answer(200))
    stepped(_login.revoke)(application(), tokens(), transport=ended.script, timeout=1.5)
    assert [request.timeout for request in bench.script.requests] == [2.5, 30.0]
    assert [request.timeout for request in ended.script.requests] == [1.5]


@pytest.mark.anyio
async def test_the_login_in_both_shells_has_a_timeout() -> None:
    """That of the constructor, within the same range as a client's."""
    pending = _login.PendingLogin(url="x", state=Secret("s"))
    asked: list[float] = []

    def reply(request: Request) -> Response:
        asked.append(request.timeout)
        return answer(200, GOOD)

    class Blocking:
        def send(self, request: Request) -> Response:
            return reply(request)

    class Awaited:
        async def send(self, request: Request) -> Response:
            return reply(request)

    with OAuth(application(), transport=Blocking(), timeout=3) as one:
        one.complete(pending, f"{CALLBACK}?code=c&state=s")
        one.revoke(tokens())
    async with AsyncOAuth(application(), transport=Awaited(), timeout=4) as two:
        await two.complete(pending, f"{CALLBACK}?code=c&state=s")
        await two.revoke(tokens())
    assert asked == [3, 3, 4, 4]
    for kind, transport in ((OAuth, Blocking()), (AsyncOAuth, Awaited())):
        with pytest.raises(ConfigurationError, match="timeout"):
            kind(application(), transport=cast("Any", transport), timeout=0)


@pytest.mark.parametrize(("seconds", "early"), [(3600, 60), (240, 60), (60, 15), (2, 0.5)])
def test_a_short_lived_token_is_of_use_for_most_of_its_life(seconds: float, early: float) -> None:
    """It is renewed a minute before its end, or a quarter of its life."""
    found = read(raw=b'{"access_token": "new", "expires_in": %d}' % seconds)
    assert found.expires_at - found.refresh_at == timedelta(seconds=early)
