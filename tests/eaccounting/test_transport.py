"""The adapter to httpx: which fault means not sent, no redirects, no cookies, no address in a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx

from visma_busy_sync.eaccounting.http import NoAnswerError, NotSentError, Request, Response
from visma_busy_sync.eaccounting.transport import AsyncHttpxTransport, HttpxTransport

URL = "https://api.example/v2/things?$filter=Name%20eq%20'Kari'"
REQUEST = Request("POST", URL, {"Authorization": "Bearer tok", "X-A": "1"}, b"body", 7.0)


@pytest.fixture
def server() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


async def both(request: Request = REQUEST) -> tuple[Response, Response]:
    blocking, other = HttpxTransport(), AsyncHttpxTransport()
    try:
        return blocking.send(request), await other.send(request)
    finally:
        blocking.close()
        await other.close()


@pytest.mark.anyio
async def test_a_request_goes_out_as_it_is(server: respx.MockRouter) -> None:
    """Method, address, headers, body and timeout; header names of the answer are lowered."""
    route = server.post(url__startswith="https://api.example/v2/things").respond(
        201, content=b"answer", headers={"X-Big": "Y"}
    )
    for answer in await both():
        assert (answer.status, answer.body, answer.headers["x-big"]) == (201, b"answer", "Y")
    for call in route.calls:
        assert str(call.request.url) == URL
        assert call.request.content == b"body"
        assert call.request.headers["authorization"] == "Bearer tok"
        assert call.request.extensions["timeout"] == dict.fromkeys(("connect", "read", "write", "pool"), 7.0)


NOT_SENT = [
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
]
NO_ANSWER = [
    httpx.ReadError,
    httpx.ReadTimeout,
    httpx.WriteError,
    httpx.WriteTimeout,
    httpx.CloseError,
    httpx.RemoteProtocolError,
    httpx.LocalProtocolError,
    httpx.DecodingError,
    httpx.NetworkError,
    httpx.TransportError,
]


def faults(base: type[Exception]) -> list[type[Exception]]:
    return [base, *(inner for sub in base.__subclasses__() for inner in faults(sub))]


def test_every_fault_of_the_library_is_placed() -> None:
    """A new one would have to be looked at; until then it counts as no answer, which is the safe side."""
    bases = {
        httpx.RequestError,
        httpx.TransportError,
        httpx.TimeoutException,
        httpx.NetworkError,
        httpx.ProtocolError,
    }
    known = {*NOT_SENT, *NO_ANSWER, *bases, httpx.TooManyRedirects}
    assert {fault for fault in faults(httpx.RequestError) if fault.__module__.startswith("httpx")} <= known


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("fault", "error"),
    [(f, NotSentError) for f in NOT_SENT] + [(f, NoAnswerError) for f in NO_ANSWER],
    ids=lambda fault: fault.__name__,
)
async def test_a_fault_tells_whether_the_server_may_have_it(
    server: respx.MockRouter, fault: type[httpx.RequestError], error: type[Exception]
) -> None:
    """And nothing else: its own text may hold the address."""
    server.post(url__startswith="https://api.example").mock(side_effect=fault(f"while asking {URL}"))
    blocking, other = HttpxTransport(), AsyncHttpxTransport()
    with pytest.raises(error) as one:
        blocking.send(REQUEST)
    with pytest.raises(error) as two:
        await other.send(REQUEST)
    for caught in (one.value, two.value):
        assert str(caught) == fault.__name__
        # The library's error has the request, and that has the token.
        assert caught.__cause__ is None
        assert caught.__context__ is None
    blocking.close()
    await other.close()


def test_an_address_that_is_none_was_not_sent() -> None:
    """The library refuses it before it connects."""
    transport = HttpxTransport()
    for url in ("https://api.example:99999999/", "gopher://x"):
        with pytest.raises(NotSentError):
            transport.send(Request("GET", url, {}))
    transport.close()


@pytest.mark.anyio
async def test_a_redirect_is_not_followed(server: respx.MockRouter) -> None:
    """The token stays where it was sent, also with a client that follows redirects by itself."""
    server.post(url__startswith="https://api.example").respond(
        307, headers={"Location": "https://evil.example/"}
    )
    evil = server.route(host="evil.example").respond(200)
    for answer in await both():
        assert answer.status == 307
    with httpx.Client(follow_redirects=True) as own:
        assert HttpxTransport(own).send(REQUEST).status == 307
    async with httpx.AsyncClient(follow_redirects=True) as other:
        assert (await AsyncHttpxTransport(other).send(REQUEST)).status == 307
    assert not evil.called


@pytest.mark.anyio
async def test_cookies_are_not_kept(server: respx.MockRouter) -> None:
    """What one company is given must not travel with another's call over the same transport."""
    route = server.post(url__startswith="https://api.example").respond(
        200, headers={"Set-Cookie": "session=of-company-1; Path=/"}
    )
    blocking, other = HttpxTransport(), AsyncHttpxTransport()
    for _ in range(2):
        blocking.send(REQUEST)
        await other.send(REQUEST)
    blocking.close()
    await other.close()
    assert all("cookie" not in call.request.headers for call in route.calls)


@pytest.mark.anyio
async def test_a_client_from_outside_is_left_open() -> None:
    """And one of our own is closed, once or twice."""
    own: Any = httpx.Client()
    HttpxTransport(own).close()
    assert not own.is_closed
    own.close()
    other = httpx.AsyncClient()
    await AsyncHttpxTransport(other).close()
    assert not other.is_closed
    await other.aclose()
    mine = HttpxTransport()
    mine.close()
    mine.close()
    assert mine._held.client.is_closed
