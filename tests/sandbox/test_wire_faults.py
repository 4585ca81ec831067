"""Answers broken on the wire, seen on real sockets and through httpx."""

import socket
import time
import zlib
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from visma_busy_sync.sandbox.process import SandboxProcess

from .conftest import Api

HANG_SECONDS = 10


def _arm(api: Api, **fault: Any) -> None:
    api.control("POST", "/faults", {"method": "GET", "path": "/units", **fault})


def _get(api: Api) -> httpx.Response:
    """GET the units through httpx on a connection of its own."""
    headers = {"Authorization": f"Bearer {api.info.access_token}"}
    return httpx.get(f"{api.info.api_url}/units", headers=headers, timeout=HANG_SECONDS, trust_env=False)


def _connect(api: Api, path: str = "/v2/units", *, buffered: int | None = None) -> socket.socket:
    parts = urlsplit(api.info.api_url)
    connection = socket.socket()
    connection.settimeout(HANG_SECONDS)
    if buffered is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffered)
    connection.connect((parts.hostname, parts.port))
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.info.access_token}\r\n\r\n".encode()
    )
    return connection


def _read(connection: socket.socket, *, most: int = 1 << 30) -> list[bytes]:
    """Return what comes, piece by piece, until the connection ends or there is enough."""
    pieces: list[bytes] = []
    size = 0
    while size < most and (piece := connection.recv(65536)):
        pieces.append(piece)
        size += len(piece)
    return pieces


def _raw(api: Api) -> tuple[bytes, bytes]:
    """GET the units; return head and body as they came."""
    with _connect(api) as connection:
        head, _, body = b"".join(_read(connection)).partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize("kind", ["drip_headers", "drip_body"])
def test_an_answer_drips(api: Api, kind: str) -> None:
    """Whole in the end, but in many pieces."""
    whole = _get(api).content
    _arm(api, kind=kind, bytes_per_second=2000)
    with _connect(api) as connection:
        pieces = _read(connection)
    head, _, body = b"".join(pieces).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"content-length: %d" % len(whole) in head
    # The system may join pieces, but hardly all of a tenth of a second each.
    assert len(pieces) > 1
    assert len(body) == len(whole)
    assert api.journal()[-1]["fault"] == kind


def test_headers_may_drip_for_ever(api: Api) -> None:
    """The empty line before the body never comes; the server goes on for others."""
    _arm(api, kind="drip_headers", bytes_per_second=100_000, forever=True)
    with _connect(api) as connection:
        received = b"".join(_read(connection, most=50_000))
        assert received.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\n\r\n" not in received
        assert _get(api).status_code == 200


def test_a_body_may_drip_for_ever(api: Api) -> None:
    """In chunks of spaces; a client that waits for the end of each read only never times out."""
    _arm(api, kind="drip_body", bytes_per_second=100_000, forever=True)
    with _connect(api) as connection:
        received = b"".join(_read(connection, most=50_000))
        assert b"transfer-encoding: chunked" in received.lower()
        assert b"content-length" not in received.lower()
        assert _get(api).status_code == 200


def test_a_body_may_be_endless(api: Api) -> None:
    """As fast as it is read; the server goes on for others, before and after the client leaves."""
    _arm(api, kind="endless")
    headers = {"Authorization": f"Bearer {api.info.access_token}"}
    size = 0
    with httpx.stream("GET", f"{api.info.api_url}/units", headers=headers, trust_env=False) as answer:
        assert answer.headers["transfer-encoding"] == "chunked"
        for piece in answer.iter_bytes():
            size += len(piece)
            if size > 5_000_000:
                break
        assert _get(api).status_code == 200
    assert _get(api).status_code == 200


@pytest.mark.parametrize("gzip", ["garbage", "cut", "checksum"])
def test_a_packed_body_is_broken(api: Api, gzip: str) -> None:
    """No gzip at all, half of it, or a wrong checksum: unpacking fails or does not come to an end."""
    _arm(api, kind="bad_gzip", gzip=gzip)
    head, body = _raw_closing(api)
    assert b"content-encoding: gzip" in head
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    if gzip == "cut":
        unpacker.decompress(body)
        assert not unpacker.eof
    else:
        with pytest.raises(zlib.error, match="header" if gzip == "garbage" else "data check"):
            unpacker.decompress(body)


def _raw_closing(api: Api) -> tuple[bytes, bytes]:
    """GET the units and leave after the promised length, as the connection stays open."""
    with _connect(api) as connection:
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        promised = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        while len(body) < promised:
            body += connection.recv(65536)
    return head.lower(), body


def test_a_small_body_unpacks_to_megabytes(api: Api) -> None:
    """Spaces, and the answer behind them: valid gzip and valid JSON, a thousand times larger."""
    rows = _get(api).json()["Data"]
    _arm(api, kind="zip_bomb", megabytes=8)
    answer = _get(api)
    assert int(answer.headers["content-length"]) < 20_000
    assert len(answer.content) > 8 << 20
    assert answer.json()["Data"] == rows


def test_more_may_be_promised_than_comes(api: Api) -> None:
    """The connection closes before the promised length."""
    _arm(api, kind="wrong_length", extra=7)
    head, body = _raw(api)
    assert b"content-length: %d" % (len(body) + 7) in head
    _arm(api, kind="wrong_length", extra=7)
    with pytest.raises(httpx.RemoteProtocolError):
        _get(api)


def test_the_rest_of_what_was_promised_may_never_come(api: Api) -> None:
    """The connection stays open."""
    _arm(api, kind="wrong_length", extra=7, forever=True)
    with _connect(api) as connection:
        while b"]}" not in connection.recv(65536):
            pass
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_less_may_be_promised_than_comes(api: Api) -> None:
    """A client that trusts the length reads JSON that is cut."""
    _arm(api, kind="wrong_length", extra=-7)
    head, body = _raw(api)
    assert b"content-length: %d" % (len(body) - 7) in head
    _arm(api, kind="wrong_length", extra=-7)
    with pytest.raises(ValueError, match=r"JSON|delimiter|Unterminated|property"):
        _get(api).json()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_call_is_redirected(api: Api, status: int) -> None:
    """To any address; by default the call itself had no effect."""
    _arm(api, kind="redirect", status=status, url="http://elsewhere.invalid/v2/units")
    answer = _get(api)
    assert (answer.status_code, answer.headers["location"]) == (status, "http://elsewhere.invalid/v2/units")


@pytest.mark.parametrize(("when", "there"), [("before", True), ("after", False)])
def test_a_redirect_comes_before_or_after_the_effect(api: Api, when: str, there: bool) -> None:
    """An order is deleted or not."""
    order = next(row["Id"] for row in api.rows("/orders") if row["Status"] == 1)
    redirect = {"method": "DELETE", "path": "/orders/{id}", "kind": "redirect", "url": "/x", "when": when}
    api.control("POST", "/faults", redirect)
    assert api.call("DELETE", f"/orders/{order}").status_code == 302
    assert (order in {row["Id"] for row in api.rows("/orders")}) is there


def test_headers_may_come_twice(api: Api) -> None:
    """Each header of the answer, and others that contradict."""
    _arm(api, kind="duplicate_headers", headers={"content-type": "text/html"})
    answer = _get(api)
    kinds = answer.headers.get_list("content-type")
    assert kinds == ["application/json; charset=utf-8"] * 2 + ["text/html"]
    assert answer.json()["Data"]


def test_headers_may_be_odd(api: Api) -> None:
    """Bytes beyond ASCII, an empty one, a very long one: HTTP lets them pass."""
    _arm(api, kind="odd_headers")
    answer = _get(api)
    raw = dict(answer.headers.raw)
    assert raw[b"x-latin"] == "blåbærsyltetøy".encode("latin-1")
    assert raw[b"x-bytes"] == bytes(range(0x80, 0x100))
    assert (raw[b"x-empty"], len(raw[b"x-long"])) == (b"", 8000)
    assert answer.json()["Data"]


def test_headers_may_be_none(api: Api) -> None:
    """A line without a colon, and a NUL: no HTTP."""
    _arm(api, kind="bad_headers")
    head, body = _raw(api)
    assert head.endswith(b"a line without a colon\0")
    assert body
    _arm(api, kind="bad_headers")
    with pytest.raises(httpx.RemoteProtocolError):
        _get(api)


def test_a_client_that_does_not_read_for_a_while_loses_nothing(api: Api) -> None:
    """What the system does not hold waits in the server until the client reads on; others are served."""
    note = "x" * 10_000_000
    api.control("PUT", "/records/units/u1", {"Name": note})
    _arm(api, path="/units/{id}", kind="drip_body", bytes_per_second=40_000_000)
    with _connect(api, "/v2/units/u1", buffered=65536) as connection:
        time.sleep(0.6)
        assert _get(api).status_code == 200
        received = b"".join(_read(connection))
    assert note.encode() in received


def test_a_signal_ends_answers_that_have_no_end() -> None:
    """The process stops at once, with exit code 0."""
    sandbox = SandboxProcess()
    sandbox.start()
    with httpx.Client(trust_env=False) as http:
        api = Api(sandbox.info, http)
        connections = []
        for kind in ("endless", "drip_headers", "drip_body", "wrong_length"):
            _arm(api, kind=kind, bytes_per_second=1000, forever=True)
            connections.append(_connect(api))
            assert connections[-1].recv(5) == b"HTTP/"
    assert sandbox.stop() == 0
    for connection in connections:
        connection.close()


def test_a_connection_is_served_late(api: Api) -> None:
    """The next new one, whatever is asked; open ones are not touched."""
    _arm(api, method="*", path="*", kind="slow_accept", seconds=1)
    begin = time.monotonic()
    assert api.call("GET", "/units").status_code == 200
    assert len(api.control("GET", "/faults")["faults"]) == 1
    with _connect(api) as connection:
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(HANG_SECONDS)
        assert connection.recv(12) == b"HTTP/1.1 200"
    assert time.monotonic() - begin >= 1
    assert api.control("GET", "/faults")["faults"] == []


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"kind": "redirect"}, "url"),
        ({"kind": "redirect", "url": "http://x/\r\n"}, "url"),
        ({"kind": "redirect", "url": "/", "status": 200}, "status"),
        ({"kind": "drip_body", "bytes_per_second": 0}, "bytes_per_second"),
        ({"kind": "drip_body", "forever": 1}, "forever"),
        ({"kind": "bad_gzip", "gzip": "half"}, "gzip"),
        ({"kind": "zip_bomb", "megabytes": 5000}, "megabytes"),
        ({"kind": "wrong_length", "extra": "7"}, "extra"),
    ],
)
def test_a_faulty_fault_is_named(api: Api, fault: dict[str, Any], named: str) -> None:
    """And not armed."""
    body = {"method": "GET", "path": "/units", **fault}
    answer = api.http.post(f"{api.info.control_url}/faults", json=body)
    assert answer.status_code == 400
    assert named in answer.json()["DeveloperErrorMessage"]
    assert api.control("GET", "/faults") == {"faults": []}
