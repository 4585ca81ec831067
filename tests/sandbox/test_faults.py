"""Faults on demand, seen on real sockets; profile switches; the journal."""

import errno
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from .conftest import Api
from .openapi import parse_exact


def _project(number: str) -> str:
    return json.dumps({"Number": number, "Name": "Ny", "StartDate": "2026-11-24", "Status": 1})


def _arm(api: Api, **fault: Any) -> None:
    api.control("POST", "/faults", {"method": "POST", "path": "/projects", **fault})


def _exists(api: Api, number: str) -> bool:
    return bool(api.rows("/projects", filter=f"Number eq '{number}'"))


def _read_all(api: Api, request: bytes) -> tuple[bytes, int | None]:
    """Send bytes; return all that came until the connection ended, and the error it ended with."""
    parts = urlsplit(api.info.api_url)
    received = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(request)
        try:
            while part := connection.recv(65536):
                received += part
        except OSError as fault:
            return received, fault.errno
    return received, None


def _raw_post(api: Api, body: str) -> bytes:
    return (
        f"POST /v2/projects HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.info.access_token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize(("kind", "happened"), [("drop_before", False), ("drop_after", True)])
def test_a_connection_is_cut(api: Api, kind: str, happened: bool, reset: bool) -> None:
    """Not a byte comes back, by reset or by close; the effect happened or did not; the next request works."""
    _arm(api, kind=kind, reset=reset)
    received, error = _read_all(api, _raw_post(api, _project("N1")))
    assert received == b""
    assert error == (errno.ECONNRESET if reset else None)
    assert _exists(api, "N1") is happened
    assert api.call("POST", "/projects", body=_project("N2")).status_code == 201
    cut = next(entry for entry in api.journal() if entry["method"] == "POST")
    assert (cut["fault"], cut["status"]) == (kind, None)


def test_httpx_sees_a_broken_connection(api: Api) -> None:
    """As a client library sees it."""
    _arm(api, kind="drop_after")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        api.call("POST", "/projects", body=_project("N1"))


def test_an_answer_is_cut_short(api: Api) -> None:
    """The length promises more than comes; the effect happened."""
    _arm(api, kind="truncate")
    received, _ = _read_all(api, _raw_post(api, _project("N1")))
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 201")
    promised = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    assert 0 < len(body) < promised
    assert _exists(api, "N1")


def test_an_answer_is_garbage(api: Api) -> None:
    """The status is that of the effect, the body no JSON."""
    _arm(api, kind="garbage")
    answer = api.http.post(
        f"{api.info.api_url}/projects",
        content=_project("N1"),
        headers={"Authorization": f"Bearer {api.info.access_token}", "Content-Type": "application/json"},
    )
    assert answer.status_code == 201
    with pytest.raises(ValueError, match=r"JSON|delimiter|Unterminated"):
        answer.json()
    assert _exists(api, "N1")


def test_an_answer_is_late(api: Api) -> None:
    """The effect happened long before; a client that gave up finds it."""
    _arm(api, kind="delay", seconds=600)
    with pytest.raises(httpx.ReadTimeout):
        api.http.post(
            f"{api.info.api_url}/projects",
            content=_project("N1"),
            headers={"Authorization": f"Bearer {api.info.access_token}", "Content-Type": "application/json"},
            timeout=0.3,
        )
    assert _exists(api, "N1")
    _arm(api, kind="delay", seconds=1)
    begin = time.monotonic()
    assert api.call("POST", "/projects", body=_project("N2")).status_code == 201
    assert time.monotonic() - begin >= 1


@pytest.mark.parametrize(("when", "happened"), [("before", False), ("after", True)])
def test_a_status_is_shown(api: Api, when: str, happened: bool) -> None:
    """With an error body, before or after the effect."""
    _arm(api, kind="status", status=500, error_code=5001, when=when)
    assert api.refusal("POST", "/projects", body=_project("N1")) == (500, 5001)
    assert _exists(api, "N1") is happened


def test_a_status_may_have_any_body_and_headers(api: Api) -> None:
    """HTML, nothing, a body of one's own; Retry-After."""
    headers = {"Authorization": f"Bearer {api.info.access_token}"}
    for body, status in (("html", 503), ("empty", 502)):
        _arm(api, method="GET", kind="status", status=status, body=body, headers={"Retry-After": "7"})
        answer = api.http.get(f"{api.info.api_url}/projects", headers=headers)
        assert (answer.status_code, answer.headers["retry-after"]) == (status, "7")
        assert bool(answer.content) == (body == "html")
    message = "You have reached the maximum of 600 requests. Try again in 3 seconds."
    _arm(api, method="GET", kind="status", status=429, error_code=4010, message=message)
    assert api.call("GET", "/projects").json()["DeveloperErrorMessage"] == message
    payload = {"error": "temporarily_unavailable"}
    _arm(api, path="/connect/token", kind="status", status=503, payload=payload)
    assert api.http.post(api.info.token_url).json() == payload


def test_faults_wait_and_repeat(api: Api) -> None:
    """``skip`` lets requests pass first, ``times`` is how often it works; templates match any id."""
    unit = api.rows("/units")[0]["Id"]
    _arm(api, method="GET", path="/units/{unitId}", kind="status", status=503, skip=1, times=2)
    assert [api.call("GET", f"/units/{unit}").status_code for _ in range(4)] == [200, 503, 503, 200]
    _arm(api, method="*", path="*", kind="status", status=503)
    assert len(api.control("GET", "/faults")["faults"]) == 1
    assert api.control("DELETE", "/faults") == {"faults": []}
    assert api.call("GET", "/units").status_code == 200


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({}, "kind"),
        ({"kind": "explode"}, "kind"),
        ({"kind": "status", "status": 99}, "status"),
        ({"kind": "status", "status": True}, "status"),
        ({"kind": "status", "body": "xml"}, "body"),
        ({"kind": "status", "headers": {"a": "b\r\nc: d"}}, "headers"),
        ({"kind": "status", "when": "never"}, "when"),
        ({"kind": "garbage", "times": 0}, "times"),
        ({"kind": "garbage", "reset": 1}, "reset"),
        ({"kind": "garbage", "typo": 1}, "typo"),
        ({"kind": "garbage", "path": ""}, "path"),
    ],
)
def test_a_faulty_fault_is_named(api: Api, fault: dict[str, Any], named: str) -> None:
    """Control endpoints check what they are given."""
    body = {"method": "GET", "path": "/units", **fault}
    answer = api.http.post(f"{api.info.control_url}/faults", json=body)
    assert answer.status_code == 400
    assert named in answer.json()["DeveloperErrorMessage"]


def test_the_profile_is_read_set_and_reset(api: Api) -> None:
    """Switches by name; a wrong one changes nothing."""
    before = api.control("GET", "/profile")
    assert api.control("PATCH", "/profile", {"page_cap": 7})["page_cap"] == 7
    for wrong in ({"page_cap": 0}, {"page_cap": True}, {"filters": "maybe"}, {"typo": 1}, {"rotation": "no"}):
        answer = api.http.patch(f"{api.info.control_url}/profile", json={"page_cap": 9} | wrong)
        assert answer.status_code == 400
    assert api.control("GET", "/profile") == before | {"page_cap": 7}
    assert api.get("/projects")["Meta"]["PageSize"] == 7
    api.control("POST", "/reset")
    assert api.control("GET", "/profile") == before


def test_filters_and_order_may_be_refused_or_ignored(api: Api) -> None:
    """Not every property is filterable in the real service."""
    for name, option in (("filters", "filter"), ("ordering", "orderby")):
        value = "Status eq 2" if option == "filter" else "Name"
        everything = api.rows("/projects")
        api.control("PATCH", "/profile", {name: "refused"})
        assert api.refusal("GET", "/projects", **{option: value}) == (400, 6000)
        api.control("PATCH", "/profile", {name: "ignored"})
        assert api.rows("/projects", **{option: value}) == everything
        assert api.rows("/projects", **{option: "((("}) == everything


def test_lists_may_hide_drafts_and_inactive_records(api: Api) -> None:
    """By id they are still found."""
    api.control("PATCH", "/profile", {"drafts_listed": False, "inactive_listed": False})
    assert {row["Status"] for row in api.rows("/orders")} == {2, 3, 4}
    assert {row["Status"] for row in api.rows("/projects")} == {1}
    assert {row["IsActive"] for row in api.rows("/customers")} == {True}
    draft = next(row for row in api.control("GET", "/records/orders") if row["Status"] == 1)
    assert api.get(f"/orders/{draft['Id']}")["Status"] == 1


def _draft(api: Api) -> str:
    row = {
        "LineNumber": 0,
        "IsTextRow": False,
        "ArticleId": api.rows("/articles")[0]["Id"],
        "Quantity": 2,
        "UnitPrice": 10,
        "Amount": 19,
        "IsWorkCost": False,
        "EligibleForReverseChargeOnVat": False,
    }
    return json.dumps(
        {
            "CustomerId": api.rows("/customers")[0]["Id"],
            "CurrencyCode": "NOK",
            "OrderDate": "2026-11-24",
            "Status": 1,
            "EuThirdParty": False,
            "ReverseChargeOnConstructionServices": False,
            "RotReducedInvoicingType": 0,
            "Amount": 21,
            "Rows": [row],
        }
    )


@pytest.mark.parametrize(
    ("amounts", "total", "vat", "row"), [("computed", 25, 5, 20), ("kept", 21, 0, 19), ("zero", 0, 0, 0)]
)
def test_amounts_are_computed_kept_or_zero(api: Api, amounts: str, total: int, vat: int, row: int) -> None:
    """What the real service does with them is unknown."""
    api.control("PATCH", "/profile", {"amounts": amounts})
    order = parse_exact(api.call("POST", "/orders", body=_draft(api)).content)
    assert (order["Amount"], order["VatAmount"], order["Rows"][0]["Amount"]) == (total, vat, row)


def test_a_created_record_may_be_answered_with_nothing(api: Api) -> None:
    """201 and an empty body; the record is there."""
    api.control("PATCH", "/profile", {"created_body": False})
    answer = api.call("POST", "/projects", body=_project("N1"))
    assert (answer.status_code, answer.content) == (201, b"")
    assert _exists(api, "N1")


def test_member_names_may_be_camel_case(api: Api) -> None:
    """In lists, records and errors alike."""
    api.control("PATCH", "/profile", {"naming": "camel"})
    headers = {"Authorization": f"Bearer {api.info.access_token}"}
    page = api.http.get(f"{api.info.api_url}/customers?$pagesize=1", headers=headers).json()
    assert set(page) == {"meta", "data"}
    assert {"id", "gln", "isActive", "termsOfPayment"} <= set(page["data"][0])
    assert set(page["data"][0]["termsOfPayment"]) >= {"id", "numberOfDays"}
    assert "errorCode" in api.http.get(f"{api.info.api_url}/units/x", headers=headers).json()


def test_the_journal_tells_what_was_asked(api: Api) -> None:
    """In order, with method, path, template, query, status, code and the body of writes as text."""
    unit = api.rows("/units")[0]["Id"]
    api.control("DELETE", "/journal")
    api.call("GET", f"/units/{unit}")
    api.call("GET", "/projects", filter="Name eq 'ø'")
    body = '{ "Number":  "0001", "Amount": 1.10 }'
    api.call("POST", "/projects", body=body)
    api.call("GET", "/nothing")
    first, second, third, fourth = api.journal()
    assert [entry["sequence"] for entry in (first, second, third, fourth)] == [1, 2, 3, 4]
    assert (first["method"], first["path"]) == ("GET", f"/v2/units/{unit}")
    assert (first["path_template"], first["status"], first["body"]) == ("/v2/units/{id}", 200, None)
    assert second["query"] == "%24filter=Name+eq+%27%C3%B8%27"
    assert (third["status"], third["error_code"], third["body"]) == (400, 2000, body)
    assert (fourth["path_template"], fourth["status"]) == (None, 404)
    after = api.control("GET", "/journal?after=3")["entries"]
    assert [entry["sequence"] for entry in after] == [4]


def test_the_journal_holds_no_secret(api: Api) -> None:
    """No header, token, code or secret, wherever a client put it."""
    info = api.info
    query = f"client_id={info.client_id}&redirect_uri=http://127.0.0.1/&response_type=code&scope=ea:api+offline_access"
    answer = api.http.get(f"{info.authorize_url}?{query}&state=geheim&sandbox_auto=approve")
    code = answer.headers["location"].partition("code=")[2].partition("&")[0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://127.0.0.1/"}
    tokens = api.http.post(info.token_url, data=form, auth=(info.client_id, info.client_secret)).json()
    token = tokens["access_token"]
    # Not by httpx, whose own log has every address.
    for target in (f"/v2/projects?access_token=other-secret&x={token}", f"/v2/projects/{token}"):
        _read_all(api, f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    api.call("POST", "/projects", body=json.dumps({"Notes": f"{token} {info.client_secret}"}))
    text = json.dumps(api.journal())
    assert len(api.journal()) == 5
    secrets = (
        code,
        info.client_secret,
        info.access_token,
        "other-secret",
        "geheim",
        *map(str, tokens.values()),
    )
    for secret in secrets:
        assert secret == "3600" or secret in ("Bearer", tokens["scope"]) or secret not in text
    assert "uthorization" not in text.replace("/connect/authorize", "")
