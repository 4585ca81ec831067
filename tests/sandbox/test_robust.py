"""Whatever is sent, the answer is the API's: JSON with an ErrorId, no 5xx, no HTML, no hanging connection."""

import json
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import pytest

from .conftest import Api
from .openapi import ERROR, faults


def _raw(api: Api, data: bytes, *, timeout: float = 10) -> bytes:
    """Send bytes on a connection of their own and read until the server closes or answers in full."""
    parts = urlsplit(api.info.api_url)
    with socket.create_connection((parts.hostname, parts.port), timeout=timeout) as connection:
        connection.sendall(data)
        return _answer(connection)


def _answer(connection: socket.socket) -> bytes:
    received = b""
    while True:
        head, blank, body = received.partition(b"\r\n\r\n")
        if blank and len(body) >= _length(head):
            return received
        part = connection.recv(65536)
        if not part:
            return received
        received += part


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _request(api: Api, line: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [line, "Host: x", f"Authorization: Bearer {api.info.access_token}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def _checked(answer: bytes) -> tuple[int, Any]:
    """Check that an answer is an error in the API's form; return its status and body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1])
    assert 400 <= status < 500, answer[:300]
    assert b"content-type: application/json" in head.lower()
    content = json.loads(body)
    assert faults(ERROR, content) == []
    assert content["ErrorId"]
    return status, content


BODIES: dict[str, bytes] = {
    "empty": b"",
    "blanks": b"  \n",
    "no JSON": b"hello",
    "half": b'{"CustomerId": "94a44',
    "list": b"[]",
    "text": b'"x"',
    "null": b"null",
    "number": b"1",
    "not UTF-8": b'{"OurReference": "\xff\xfe"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "mark first": b"\xef\xbb\xbf{}",
    "NaN": b'{"Amount": NaN}',
    "Infinity": b'{"Amount": -Infinity}',
    "half a pair": b'{"OurReference": "\\ud800"}',
    "half a pair as name": b'{"\\udfff": 1}',
    "NUL": b'{"OurReference": "a\\u0000b"}',
    "raw NUL": b'{"OurReference": "a\x00b"}',
    "brackets": b"[" * 100_000,
    "braces": b'{"Rows":' * 100_000,
    "closed brackets": b'{"Rows":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "huge exponent": b'{"Amount": 1E+999999, "Rows": [{"Quantity": 1e999999}]}',
    "tiny exponent": b'{"Amount": 1E-999999}',
    "absurd exponent": b'{"Amount": 1E+99999999999999999999}',
    "many digits": b'{"Amount": ' + b"9" * 5000 + b', "Status": ' + b"1" * 5000 + b"}",
    "many decimals": b'{"Amount": 0.' + b"1" * 5000 + b"}",
    "twice": b'{"Status": 1, "Status": 2}',
    "long text": b'{"OurReference": "' + b"x" * 4_000_000 + b'"}',
    "wrong types": b'{"CustomerId": {}, "Rows": [[[]], null, 1], "Status": [], "OrderDate": {"a": 1}}',
    "odd dates": b'{"OrderDate": "0000-00-00", "DeliveryDate": "9999-99-99T99:99:99+99:99"}',
    "trailing": b"{} {}",
    "comment": b"{/* */}",
}


@pytest.mark.parametrize("name", BODIES)
def test_odd_bodies_are_refused(api: Api, name: str) -> None:
    """On every write."""
    project = api.rows("/projects")[0]["Id"]
    for line in ("POST /v2/orders", "POST /v2/customers", f"PUT /v2/projects/{project}"):
        request = _request(api, f"{line} HTTP/1.1", BODIES[name], "Content-Type: application/json")
        status, _ = _checked(_raw(api, request))
        assert status == 400
    assert api.rows("/projects")[0]["Id"] == project


def test_zero_may_be_written_oddly(api: Api) -> None:
    """0E+999999 is 0: accepted, and written plainly."""
    customer = api.rows("/customers")[0]
    body = json.dumps(customer | {"DiscountPercentage": "D"}, default=float).replace('"D"', "0E+999999")
    answer = api.call("PUT", f"/customers/{customer['Id']}", body=body)
    assert '"DiscountPercentage":0,' in answer.text


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: text/plain",
        "Content-Type: application/xml",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: multipart/form-data",
        "Content-Type: ",
        "Content-Type: application/json; charset=iso-8859-1",
        "X-Nothing: 1",
    ],
)
def test_other_content_types_are_refused(api: Api, header: str) -> None:
    """415 for anything but JSON in UTF-8."""
    assert _checked(_raw(api, _request(api, "POST /v2/orders HTTP/1.1", b"{}", header)))[0] == 415


def test_compressed_bodies_are_refused(api: Api) -> None:
    """415 as well; charset=utf-8 is fine."""
    headers = ("Content-Type: application/json", "Content-Encoding: gzip")
    assert _checked(_raw(api, _request(api, "POST /v2/orders HTTP/1.1", b"{}", *headers)))[0] == 415
    header = 'Content-Type: application/json; charset="UTF-8"'
    assert _checked(_raw(api, _request(api, "POST /v2/orders HTTP/1.1", b"{}", header)))[0] == 400


def test_a_body_that_is_too_large_is_refused(api: Api) -> None:
    """413 after it was read, so that the client sees the answer; the server goes on."""
    body = b'{"OurReference": "' + b"x" * (17 * 1024 * 1024) + b'"}'
    request = _request(api, "POST /v2/orders HTTP/1.1", body, "Content-Type: application/json")
    assert _checked(_raw(api, request))[0] == 413
    assert api.get("/units")["Data"]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", 404),
        ("/v2", 404),
        ("/v2/", 404),
        ("/v2/nothing", 404),
        ("/v1/projects", 404),
        ("/v2//projects", 404),
        ("/v2/projects/a/b", 404),
        ("/v2/projects/%zz", 400),
        ("/v2/projects/%", 400),
        ("/v2/projects/%ff", 400),
        ("/v2/projects/%00", 400),
        ("/v2/projects/a%2Fb", 400),
        ("/v2/projects/..", 400),
        ("/v2/projects/1", 400),
        ("/v2/projects/94a4401e-857e-542d-9acb-0a0f3875c35", 400),
        ("/v2/projects/{94a4401e-857e-542d-9acb-0a0f3875c353}", 400),
        ("/v2/projects/94a4401e-857e-542d-9acb-000000000000", 404),
        ("/v2/projects?$page=%zz", 400),
        ("/v2/projects?$filter=%ff", 400),
        ("/v2/projects?$filter=%00", 400),
        ("/v2/projects?%24filter=" + "%28" * 10_000, 400),
        ("http://other.example/v2/nothing", 404),
        ("*", 404),
        ("/connect/nothing", 404),
        ("/sandbox/nothing", 404),
        ("/v2/projects?" + "&" * 50_000 + "$page=x", 400),
    ],
)
def test_odd_targets_are_refused(api: Api, target: str, status: int) -> None:
    """Wrong paths, ids that are none, broken encoding, endless addresses."""
    assert _checked(_raw(api, _request(api, f"GET {target} HTTP/1.1")))[0] == status


@pytest.mark.parametrize("size", [70_000, 200_000, 3_000_000])
def test_endless_addresses_are_refused(api: Api, size: int) -> None:
    """Too long for the server or just unknown; either way an answer that arrives."""
    request = _request(api, f"GET /{'a' * size} HTTP/1.1")
    assert _checked(_raw(api, request))[0] in (400, 404)


def test_a_whole_url_as_target_works(api: Api) -> None:
    """RFC 9112 allows it to any server."""
    answer = _raw(api, _request(api, "GET http://other.example/v2/units?$page=1 HTTP/1.1"))
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("target", ["/V2/UNITS", "/v2/Units/", "/v2/%75nits", "/%76%32/units?"])
def test_a_path_may_be_written_in_many_ways(api: Api, target: str) -> None:
    """Fixed parts match in any case, percent-encoded or not, with or without a slash at the end."""
    assert _raw(api, _request(api, f"GET {target} HTTP/1.1")).startswith(b"HTTP/1.1 200 ")
    assert api.journal()[-1]["path_template"] == "/v2/units"


def test_an_encoded_slash_belongs_to_the_id(api: Api) -> None:
    """It does not part the path, and the id is decoded once."""
    url = f"{api.info.control_url}/records/units/a%2Fb%252F"
    assert api.http.put(url, json={}).json()["Id"] == "a/b%2F"
    assert api.http.get(url).status_code == 200


def test_repeated_headers_are_not_picked_from(api: Api) -> None:
    """Two tokens are none, two content types are not JSON."""
    token, json_type = f"Authorization: Bearer {api.info.access_token}", "Content-Type: application/json"
    assert _checked(_raw(api, _request(api, "GET /v2/units HTTP/1.1", b"", token)))[0] == 401
    request = _request(api, "POST /v2/orders HTTP/1.1", b"{}", json_type, "Content-Type: text/plain")
    assert _checked(_raw(api, request))[0] == 415


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE", "TRACE", "CONNECT", "LOCK", "X", "get"])
def test_other_methods_are_not_allowed(api: Api, method: str) -> None:
    """405 and Allow, in the API's form."""
    answer = _raw(api, _request(api, f"{method} /v2/orders HTTP/1.1"))
    if method == "get":
        assert answer.startswith(b"HTTP/1.1 200")
        return
    assert _checked(answer)[0] == 405
    assert b"\r\nallow: GET, HEAD, OPTIONS, POST\r\n" in answer


def test_head_and_options(api: Api) -> None:
    """HEAD is GET without the body; OPTIONS names the methods."""
    head = api.call("HEAD", "/projects")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == len(api.call("GET", "/projects").content)
    assert api.call("HEAD", "/nothing").status_code == 404
    options = api.call("OPTIONS", "/orders/x")
    assert (options.status_code, options.content) == (204, b"")
    assert options.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"GET /v2/units HTTP/1.1\r\n\r\n",
        b"GET /v2/units HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET /v2/units HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /v2/\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v2/a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v2/units HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
        b"GET /v2/units HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"POST /v2/orders HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /v2/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"POST /v2/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_the_apis_error(api: Api, data: bytes) -> None:
    """Answered in JSON and closed."""
    _checked(_raw(api, data))


_HEAD = b"POST /v2/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
_PARTS = {
    "a word": b"hello",
    "half a head": b"GET /v2/units HTTP/1.1\r\nHost: x\r\nAuthori",
    "half a body": _HEAD + b'Content-Length: 20\r\n\r\n{"a":',
    "no body": _HEAD + b"Content-Length: 20\r\n\r\n",
    "half a chunk": _HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}",
    "a whole one, then half a head": b"GET /v2/nothing HTTP/1.1\r\nHost: x\r\n\r\nGET /v2/nothi",
}


def _last_answer(api: Api, data: bytes, *, half_closed: bool) -> bytes:
    """Send bytes, read until the server closes, and return what it said last."""
    parts = urlsplit(api.info.api_url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(data)
        if half_closed:
            connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    return received[received.rindex(b"HTTP/1.1 ") :]


def test_a_request_that_stops_is_refused_in_seconds(api: Api) -> None:
    """408 and closed, wherever it stops; others are served meanwhile."""
    begin = time.monotonic()
    with ThreadPoolExecutor(len(_PARTS)) as pool:
        answers = pool.map(lambda data: _last_answer(api, data, half_closed=False), _PARTS.values())
        assert api.call("GET", "/units").status_code == 200
        assert time.monotonic() - begin < 2
        assert {_checked(answer)[0] for answer in answers} == {408}
    assert time.monotonic() - begin < 8


@pytest.mark.parametrize("data", _PARTS.values(), ids=_PARTS)
def test_a_request_that_ends_in_its_middle_is_refused(api: Api, data: bytes) -> None:
    """Its sender closed only its own direction, and still gets an answer."""
    assert _checked(_last_answer(api, data, half_closed=True))[0] == 400


def test_a_slow_request_is_served(api: Api) -> None:
    """A body may take longer than its longest pause; a pause between requests is no fault either."""
    request = _request(api, "POST /v2/projects HTTP/1.1", b"    {}", "Content-Type: application/json")
    parts = urlsplit(api.info.api_url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        for piece in (request[:-5], request[-5:-3], request[-3:-1], request[-1:]):
            time.sleep(0.85)
            connection.sendall(piece)
        assert _checked(_answer(connection))[0] == 400
        time.sleep(3.1)
        connection.sendall(_request(api, "GET /v2/units HTTP/1.1"))
        assert _answer(connection).startswith(b"HTTP/1.1 200")


def test_a_request_refused_before_routing_is_in_the_journal(api: Api) -> None:
    """Broken encoding in the path: the journal shows what came and what was answered."""
    _checked(_raw(api, _request(api, "GET /v2/units/%zz HTTP/1.1")))
    entry = api.journal()[-1]
    assert (entry["path"], entry["path_template"]) == ("/v2/units/%zz", None)
    assert (entry["status"], entry["error_code"]) == (400, 6000)


def test_a_broken_chunk_closes_the_connection(api: Api) -> None:
    """Nothing hangs when the body itself is no HTTP."""
    head = b"POST /v2/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    _checked(_raw(api, head))


@pytest.mark.parametrize("host", ["", "x", "example.com:99999", "[::1", "a" * 5000, "x/y"])
def test_odd_hosts_do_not_matter(api: Api, host: str) -> None:
    """The name in Host plays no part; what h11 refuses is refused in JSON."""
    request = f"GET /v2/nothing HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    assert _checked(_raw(api, request))[0] in (400, 404)


def test_old_and_chatty_clients_are_served(api: Api) -> None:
    """HTTP/1.0 without Host, Expect, an upgrade nobody knows, a HEAD, pipelining."""
    token = api.info.access_token.encode()
    assert _raw(api, b"GET /v2/units HTTP/1.0\r\nAuthorization: Bearer " + token + b"\r\n\r\n").startswith(
        b"HTTP/1.1 200"
    )
    upgrade = _request(api, "GET /v2/units HTTP/1.1", b"", "Connection: Upgrade", "Upgrade: websocket")
    assert _raw(api, upgrade).startswith(b"HTTP/1.1 200")
    expecting = _request(
        api, "POST /v2/orders HTTP/1.1", b"{}", "Content-Type: application/json", "Expect: 100-continue"
    )
    assert b"HTTP/1.1 400" in _raw(api, expecting) or b"HTTP/1.1 100" in _raw(api, expecting)
    # Both answers may have arrived by the time the first one is complete.
    double = _request(api, "GET /v2/nothing HTTP/1.1") * 2
    assert _raw(api, double).startswith(b"HTTP/1.1 404")


def test_a_request_takes_milliseconds(api: Api) -> None:
    """No waiting for delayed acknowledgements, which take 40; what else the machine does holds up a few."""
    taken: list[float] = []
    for _ in range(100):
        begin = time.monotonic()
        api.http.get(f"{api.info.api_url}/nothing")
        taken.append(time.monotonic() - begin)
    assert median(taken) < 0.02


def test_random_noise_never_breaks_it(api: Api) -> None:
    """Mutated orders, filters and headers, the same at each run: always an answer, never a 5xx."""
    chance = random.Random(20261124)
    order = json.dumps(api.rows("/orders")[0], default=float)
    pieces = [
        '"',
        "{",
        "}",
        "[",
        "]",
        ",",
        "null",
        "-",
        "1e400",
        "\\u0000",
        "\\ud83d",
        "é",
        "'",
        " or ",
        "(",
        "\x7f",
    ]
    for _ in range(300):
        text = list(order)
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(text))
            text[place : place + chance.randrange(4)] = chance.choice(pieces)
        answer = api.call("POST", "/orders", body="".join(text).encode("utf-8", "replace"))
        assert answer.status_code in (201, 400)
    for _ in range(300):
        words = [
            "Name",
            "eq",
            "'x'",
            "and",
            "not",
            "(",
            ")",
            "Status",
            "1",
            "2026-01-01",
            "contains",
            ",",
            *pieces,
        ]
        condition = " ".join(chance.choice(words) for _ in range(chance.randrange(1, 9)))
        assert api.call("GET", "/projects", filter=condition).status_code in (200, 400)
