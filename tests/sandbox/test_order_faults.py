"""What may come of sending or deleting an order: the answers of the page on the sandbox, each on the wire."""

import json
import re
from typing import Any

import httpx
import pytest

from .conftest import Api
from .drafts import an_order, posted, stored
from .test_documented import PAGE

_ROW = re.compile(r"^\| [^|]* \| `(\{\"kind\".*\})` \| (yes|no) \|$", re.MULTILINE)
ANSWERS: list[tuple[dict[str, Any], bool]] = [
    (json.loads(fault), happened == "yes") for fault, happened in _ROW.findall(PAGE)
]
"""The faults, and whether the request has its effect."""


def _name(value: object) -> str:
    fault = value if isinstance(value, dict) else {}
    return "-".join(str(fault[name]) for name in ("kind", "status", "when") if name in fault)


def _seen(api: Api, method: str, path: str, body: str | None = None) -> httpx.Response | None:
    """What a client sees that waits for half a second; None: nothing that it could read to its end."""
    headers = {"Authorization": f"Bearer {api.info.access_token}", "Content-Type": "application/json"}
    try:
        return api.http.request(method, api.info.api_url + path, content=body, headers=headers, timeout=0.5)
    except httpx.TransportError:
        return None


def _check(api: Api, answer: httpx.Response | None, fault: dict[str, Any]) -> None:
    """The answer is that of the fault, and the journal names the fault."""
    assert (None if answer is None else answer.status_code) == fault.get("status")
    if answer is not None and "error_code" in fault:
        assert answer.json()["ErrorCode"] == fault["error_code"]
    if answer is not None and "body" in fault:
        assert answer.text[:6] == {"html": "<html>", "empty": ""}[fault["body"]]
    for name, value in fault.get("headers", {}).items():
        assert answer is not None
        assert answer.headers[name] == value
    assert [entry["fault"] for entry in api.journal()][-1] == fault["kind"]


def test_the_page_has_answers_with_and_without_an_effect() -> None:
    """Or the tests below would try nothing."""
    assert len(ANSWERS) == 14
    assert sum(happened for _, happened in ANSWERS) == 7


@pytest.mark.parametrize(("fault", "happened"), ANSWERS, ids=_name)
def test_an_order_is_stored_or_not_whatever_is_answered(
    api: Api, fault: dict[str, Any], happened: bool
) -> None:
    """Once at most; the next request is as ever."""
    before, body = len(stored(api)), json.dumps(an_order(api, OurReference="BY-1"))
    api.control("POST", "/faults", {"method": "POST", "path": "/orders", **fault})
    _check(api, _seen(api, "POST", "/orders", body), fault)
    assert [order["OurReference"] for order in stored(api)[before:]] == ["BY-1"] * happened
    assert api.call("POST", "/orders", body=body).status_code == 201


@pytest.mark.parametrize(("fault", "happened"), ANSWERS, ids=_name)
def test_an_order_is_deleted_or_not_whatever_is_answered(
    api: Api, fault: dict[str, Any], happened: bool
) -> None:
    """A draft that is gone though an error said otherwise, and the other way round."""
    order = posted(api, an_order(api))
    api.control("POST", "/faults", {"method": "DELETE", "path": "/orders/{id}", **fault})
    _check(api, _seen(api, "DELETE", f"/orders/{order['Id']}"), fault)
    assert (order in stored(api)) is not happened
    assert api.call("DELETE", f"/orders/{order['Id']}").status_code == (400 if happened else 200)


@pytest.mark.parametrize("status", [500, 502, 504])
@pytest.mark.parametrize("code", [5000, 5001, 5002])
@pytest.mark.parametrize("when", ["before", "after"])
def test_unclear_codes_come_with_any_status(api: Api, status: int, code: int, when: str) -> None:
    """As far as the answer goes, before and after the effect look alike."""
    before, body = len(stored(api)), json.dumps(an_order(api))
    fault = {"method": "POST", "path": "/orders", "kind": "status", "status": status, "error_code": code}
    api.control("POST", "/faults", {**fault, "when": when})
    assert api.refusal("POST", "/orders", body=body) == (status, code)
    assert len(stored(api)) - before == (when == "after")


def test_an_answer_is_lost_and_the_order_is_late(api: Api) -> None:
    """The worst of it: nobody was told, and the first search finds nothing."""
    body = json.dumps(an_order(api, OurReference="BY-1"))
    api.control("PATCH", "/profile", {"appears_after": 1})
    api.control("POST", "/faults", {"method": "POST", "path": "/orders", "kind": "drop_after"})
    assert _seen(api, "POST", "/orders", body) is None
    found = [api.rows("/orders", filter="contains(OurReference,'BY-1')") for _ in range(2)]
    assert found == [[], stored(api)[-1:]]
