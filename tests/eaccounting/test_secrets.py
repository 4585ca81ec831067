"""Recognisable secrets are planted everywhere, and everything that comes out is searched for them."""

from __future__ import annotations

import base64
import functools
import logging
import pickle
import re
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, quote_plus

import attrs
import httpx
import pytest

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.eaccounting import (
    Application,
    EAccounting,
    F,
    OAuth,
    Operation,
    PendingLogin,
    Secret,
    TokenSet,
    models,
)
from visma_busy_sync.eaccounting import _endpoints as endpoints
from visma_busy_sync.eaccounting import _oauth as oauth
from visma_busy_sync.eaccounting._operation import to_request
from visma_busy_sync.eaccounting.http import NoAnswerError, NotSentError, Request, Response
from visma_busy_sync.eaccounting.transport import HttpxTransport

from .given import API, ID, SERVER, Step, answer

CLIENT_SECRET = "s3cret+client/ø"
CODE = "c0de-planted"
STATE = "st4te-planted"
VERIFIER = "v3rifier-planted-planted-planted-planted-pl"
ACCESS = "acc3ss-planted"
REFRESH = "refr3sh-planted"
ACCESS_2 = "acc3ss-new-planted"
REFRESH_2 = "refr3sh-new-planted"
PLANTED = [CLIENT_SECRET, CODE, STATE, VERIFIER, ACCESS, REFRESH, ACCESS_2, REFRESH_2]
# As they stand in addresses, forms and headers.
SPELT = {spelling for text in PLANTED for spelling in (text, quote(text), quote_plus(text), repr(text)[1:-1])}
BASIC = base64.b64encode(f"id:{quote_plus(CLIENT_SECRET)}".encode()).decode()
ADDRESSES = ["api.example", "login.example"]

APPLICATION = Application(
    client_id="id",
    client_secret=Secret(CLIENT_SECRET),
    redirect_uri="http://127.0.0.1:5000/callback",
    endpoints=SERVER,
)
CALLBACK = f"http://127.0.0.1:5000/callback?code={CODE}&state={STATE}"
PENDING = PendingLogin(
    url=f"https://login.example/?state={STATE}", state=Secret(STATE), verifier=Secret(VERIFIER)
)
TOKENS = {"access_token": ACCESS_2, "refresh_token": REFRESH_2, "expires_in": 3600}
ECHO = f"You sent {CLIENT_SECRET} {CODE} {ACCESS} {REFRESH} to api.example"


class Blocking:
    """A blocking transport of prepared answers."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)

    def send(self, request: Request) -> Response:
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, Response) else step(request)


def tokens(*, ended: bool) -> TokenSet:
    seconds = -1 if ended else 3600
    return TokenSet(
        access_token=Secret(ACCESS),
        refresh_token=Secret(REFRESH),
        expires_at=datetime.now(UTC) + timedelta(seconds=seconds),
    )


def call(*steps: Step, ended: bool = False, on_new: Any = None) -> None:
    transport = Blocking(*steps)
    with EAccounting(
        tokens(ended=ended), application=APPLICATION, on_new_tokens=on_new, transport=transport, max_retries=1
    ) as api:
        api.company_settings()


def login(*steps: Step, callback: str = CALLBACK) -> TokenSet:
    with OAuth(APPLICATION, transport=Blocking(*steps)) as oauth:
        return oauth.complete(PENDING, callback)


def revoke(*steps: Step) -> None:
    with OAuth(APPLICATION, transport=Blocking(*steps)) as oauth:
        oauth.revoke(tokens(ended=False))


def disk_full(_: TokenSet) -> None:
    raise OSError("disk full")


SETTINGS = answer(200, {"Name": "x"})
ECHOED = answer(
    400, {"ErrorCode": 2000, "DeveloperErrorMessage": ECHO, "Errors": [{"Field": ECHO, "Message": ECHO}]}
)
PAGE = answer(503, raw=f"<html>{ECHO}".encode())
GRANT = answer(400, {"error": "invalid_grant", "error_description": ECHO})
CLIENT = answer(401, {"error": "invalid_client", "error_description": ECHO})
ODD = answer(400, {"error": ECHO})

PATHS: dict[str, Callable[[], object]] = {
    "login": lambda: login(answer(200, TOKENS)),
    "login, code used": lambda: login(GRANT),
    "login, client unknown": lambda: login(CLIENT),
    "login, odd error": lambda: login(ODD),
    "login, page": lambda: login(PAGE),
    "login, unreachable": lambda: login(NotSentError("ConnectError")),
    "login, lost": lambda: login(NoAnswerError("ReadError")),
    "login, other state": lambda: login(answer(200, TOKENS), callback=CALLBACK.replace("state=", "state=x")),
    "login, refused": lambda: login(answer(200), callback=f"{CALLBACK}&error={CODE}"),
    "login, doubled": lambda: login(answer(200), callback=f"{CALLBACK}&code={CODE}"),
    "login, bad token": lambda: login(answer(200, {"access_token": f"{ACCESS}\n"})),
    "call": lambda: call(SETTINGS),
    "call, renewed": lambda: call(answer(200, TOKENS), SETTINGS, ended=True),
    "call, renewed after 401": lambda: call(answer(401), answer(200, TOKENS), SETTINGS),
    "call, refused for good": lambda: call(answer(401), answer(200, TOKENS), answer(401)),
    "call, dead": lambda: call(answer(401), GRANT),
    "call, client unknown": lambda: call(CLIENT, ended=True),
    "call, not saved": lambda: call(answer(200, TOKENS), ended=True, on_new=disk_full),
    "call, echo": lambda: call(ECHOED),
    "call, page": lambda: call(PAGE),
    "call, odd answer": lambda: call(answer(200, {"Name": [ECHO]})),
    "call, redirect": lambda: call(answer(302, None, {"location": f"https://x/?{ACCESS}"})),
    "call, lost": lambda: call(NoAnswerError("ReadError")),
    "call, unreachable": lambda: call(NotSentError("ConnectError")),
    "revoke": lambda: revoke(answer(200)),
    "revoke, client unknown": lambda: revoke(CLIENT),
    "revoke, page": lambda: revoke(PAGE),
}


def network(fault: Exception) -> HttpxTransport:
    """Return the real transport over a network that fails."""

    def fail(request: httpx.Request) -> httpx.Response:
        if isinstance(fault, httpx.RequestError):
            fault.request = request
        raise fault

    return HttpxTransport(httpx.Client(transport=httpx.MockTransport(fail)))


def fetch(fault: Exception, *, ended: bool = False) -> None:
    with EAccounting(
        tokens(ended=ended), application=APPLICATION, transport=network(fault), max_retries=1
    ) as api:
        api.company_settings()


def connect(fault: Exception) -> None:
    with OAuth(APPLICATION, transport=network(fault)) as oauth:
        oauth.complete(PENDING, CALLBACK)


def disconnect(fault: Exception) -> None:
    with OAuth(APPLICATION, transport=network(fault)) as oauth:
        oauth.revoke(tokens(ended=False))


def send(operation: Operation[Any]) -> None:
    with EAccounting(ACCESS, transport=Blocking(SETTINGS)) as api:
        api.send(operation)


def half(text: str) -> Secret:
    return Secret(f"{text}\ud800")


FAULTS = [
    httpx.ConnectError(ECHO),
    httpx.ReadTimeout(ECHO),
    OSError(ECHO),
    UnicodeEncodeError("ascii", ACCESS, 0, 1, ECHO),
]

PATHS |= {f"network, {type(fault).__name__}": functools.partial(fetch, fault) for fault in FAULTS}
PATHS |= {
    f"network, renewing, {type(fault).__name__}": functools.partial(fetch, fault, ended=True)
    for fault in FAULTS
}
PATHS |= {f"network, login, {type(fault).__name__}": functools.partial(connect, fault) for fault in FAULTS}
PATHS |= {
    f"network, revoke, {type(fault).__name__}": functools.partial(disconnect, fault) for fault in FAULTS
}
PATHS |= {
    "call, a float": lambda: send(Operation("POST", "/x", lambda _: None, body=cast("Any", {"Price": 1.5}))),
    "call, half a pair": lambda: send(Operation("GET", "/x", lambda _: None, query=(("$filter", "\ud800"),))),
    "call, odd record": lambda: call(answer(200, {"Name": ECHO, "ShowPricesExclVatPC": ECHO})),
    "call, cut off": lambda: call(answer(200, raw=f'{{"Name": "{ECHO}'.encode())),
    "login, token of another type": lambda: login(answer(200, {**TOKENS, "token_type": "mac"})),
    "login, half a code": lambda: login(answer(200, TOKENS), callback=f"{CALLBACK}\ud800"),
    "renewing, half a token": lambda: oauth.refresh_request(APPLICATION, half(REFRESH)),
    "revoke, not confirmed": lambda: revoke(answer(400, {"error": ECHO})),
    "application, other address": lambda: Application(
        client_id="id", client_secret=CLIENT_SECRET, redirect_uri="http://elsewhere/"
    ),
    "application, half a secret": lambda: Application(
        client_id="id", client_secret=half(CLIENT_SECRET), redirect_uri="http://127.0.0.1/"
    ),
    "tokens, no zone": lambda: TokenSet(
        access_token=ACCESS,
        refresh_token=REFRESH,
        expires_at=datetime.now(),  # noqa: DTZ005 - that is what is wrong
    ),
    "tokens, bad": lambda: TokenSet(
        access_token=f"{ACCESS} x", refresh_token=REFRESH, expires_at=datetime.now(UTC)
    ),
    "client, bad token": lambda: EAccounting(f"{ACCESS} x"),
    "client, bad patience": lambda: EAccounting(ACCESS, timeout=0),
}


def leaks(text: str) -> list[str]:
    return [planted for planted in (*SPELT, BASIC, *ADDRESSES) if planted in text]


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_nothing_that_comes_out_holds_a_secret(
    path: Callable[[], object], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Result, message, repr, advice, traceback, log: searched for every spelling of every secret."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    try:
        shown.append(repr(path()))
    except (VismaBusySyncError, OSError) as error:
        seen: BaseException | None = error
        while seen is not None:
            shown += [str(seen), repr(seen), getattr(seen, "advice", "")]
            seen = seen.__cause__ or seen.__context__
        frames = traceback.format_exception(error)
        shown += [line for line in frames if "test_secrets.py" not in line]
        if isinstance(error, VismaBusySyncError) and not getattr(error, "detail", ""):
            shown.append(pickle.dumps(error).decode("latin-1"))
    shown += [f"{record.getMessage()} {record.args!r}" for record in caplog.records]
    assert leaks("\n".join(shown)) == []


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it came from, shown or not."""
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        now = todo.pop()
        if now is not None and all(now is not each for each in seen):
            seen.append(now)
            todo += [now.__cause__, now.__context__]
            yield now


def in_tests(filename: str) -> bool:
    return Path(filename).parent == Path(__file__).parent


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_no_error_brings_a_secret_along(path: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it came from, and whatever stood in the frames: crash reporters show both."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    try:
        path()
    except (VismaBusySyncError, OSError) as error:
        caught: BaseException = error
    else:
        return
    found: list[str] = []
    for each in chain(caught):
        assert not type(each).__module__.startswith(("httpx", "httpcore")), each
        assert isinstance(each, VismaBusySyncError) or str(each) == "disk full", repr(each)
        shown = traceback.TracebackException.from_exception(each, capture_locals=True)
        found += [
            f"{frame.name} {name}"
            for frame in shown.stack
            if not in_tests(frame.filename)
            for name, value in (frame.locals or {}).items()
            if [leak for leak in leaks(value) if leak not in ADDRESSES]
        ]
    assert found == []


@pytest.mark.parametrize("fault", FAULTS[:2], ids=lambda fault: type(fault).__name__)
def test_the_real_transport_drops_the_librarys_error(fault: httpx.RequestError) -> None:
    """`error.__context__.request` would have the token."""
    with pytest.raises((NotSentError, NoAnswerError)) as caught:
        network(fault).send(Request("GET", "https://api.example/", {"Authorization": f"Bearer {ACCESS}"}))
    assert list(chain(caught.value)) == [caught.value]


@pytest.mark.parametrize(
    "value",
    [
        APPLICATION,
        PENDING,
        tokens(ended=False),
        EAccounting(tokens(ended=False), application=APPLICATION, transport=Blocking(SETTINGS))._env,
        to_request(endpoints.PROJECTS.get(ID), api_url=API, token=Secret(ACCESS), timeout=1),
        endpoints.CUSTOMERS.page(where=F.eq("Name", CODE)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_repr_holds_a_secret(value: object) -> None:
    """Values that carry secrets hide them."""
    text = f"{value}{value!r}"
    assert [leak for leak in leaks(text) if leak not in ADDRESSES] == []


MODELS = [each for each in vars(models).values() if attrs.has(each) and issubclass(each, models.Model)]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_repr_of_a_record_holds_a_text_that_anybody_wrote(model: type[Any]) -> None:
    """Texts name people. A record is told by its ids and its number, an amount by its currency."""
    record: Any = object.__new__(model)
    texts = {each.name for each in attrs.fields(model) if re.search(r"\bstr\b", str(each.type))}
    assert "name" in texts or model is not models.Customer
    for each in attrs.fields(model):
        text = each.name in texts - {"number", "currency_code"}
        object.__setattr__(record, each.name, "Kari Nordmann" if text else models.UNSET)
    assert "Kari" not in repr(record)


@pytest.mark.parametrize("value", [APPLICATION, PENDING, tokens(ended=False)], ids=lambda v: type(v).__name__)
def test_what_carries_secrets_is_not_pickled(value: object) -> None:
    """It would leave the process in clear text."""
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(value)


def test_the_developers_message_is_the_one_place_where_an_echo_may_be() -> None:
    """It is an attribute to look at, in no text that is shown."""
    with pytest.raises(VismaBusySyncError) as caught:
        call(ECHOED)
    assert getattr(caught.value, "detail", "") == ECHO
    assert leaks(f"{caught.value}{caught.value!r}") == []
