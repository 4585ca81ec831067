"""What is seen only inside the process: requests are atomic, and a fault of the sandbox's own is answered."""

import asyncio
import json
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from visma_busy_sync.sandbox.api import Api
from visma_busy_sync.sandbox.app import application
from visma_busy_sync.sandbox.faults import Fault
from visma_busy_sync.sandbox.seed import seed_company
from visma_busy_sync.sandbox.state import State

PROJECT = {"Number": "N1", "Name": "Ny", "StartDate": "2026-11-24", "Status": 1}


@pytest.fixture
def state() -> State:
    return State(seed_company(), "http://127.0.0.1:1")


def _scope(state: State, method: str, path: str, content_type: str) -> Scope:
    headers = {"authorization": f"Bearer {state.tokens.run_token}", "content-type": content_type}
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }


def _receive(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    return receive


def _send(sent: list[Message]) -> Send:
    async def send(message: Message) -> None:
        sent.append(message)

    return send


@pytest.mark.parametrize(
    ("method", "path", "content_type", "status"),
    [
        ("GET", "/v2/projects", "", 200),
        ("POST", "/v2/projects", "application/json", 201),
        ("POST", "/v2/orders", "application/json", 400),
        ("POST", "/v2/nothing", "application/json", 404),
        ("PATCH", "/v2/orders", "application/json", 405),
        ("OPTIONS", "/v2/orders", "", 204),
        ("GET", "/connect/authorize", "", 400),
        ("POST", "/connect/token", "application/x-www-form-urlencoded", 401),
        ("POST", "/sandbox/reset", "", 200),
        ("GET", "/v2/units", "", 503),
    ],
)
def test_nothing_happens_between_a_check_and_its_effect(
    state: State, method: str, path: str, content_type: str, status: int
) -> None:
    """From the end of the request to its answer the event loop runs nothing else."""
    state.faults.armed.append(Fault("GET", "/v2/units", "status", status=503, when="after"))
    others: list[str] = []
    sent: list[Message] = []

    async def main() -> None:
        asyncio.get_running_loop().call_soon(others.append, "ran")
        scope = _scope(state, method, path, content_type)
        await application(state)(scope, _receive(json.dumps(PROJECT).encode()), _send(sent))
        assert others == []
        await asyncio.sleep(0)
        assert others == ["ran"]

    asyncio.run(main())
    assert sent[0]["status"] == status


def test_a_fault_of_the_sandbox_itself_is_answered(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 in the API's form and in the journal; the server's log gets the exception."""

    def broken(*_arguments: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Api, "settings", broken)
    sent: list[Message] = []
    scope = _scope(state, "GET", "/v2/companysettings", "")
    with pytest.raises(ZeroDivisionError):
        asyncio.run(application(state)(scope, _receive(b""), _send(sent)))
    assert sent[0]["status"] == 500
    body = json.loads(sent[1]["body"])
    assert body["ErrorCode"] == 5000
    assert body["ErrorId"]
    entry = state.journal.entries[-1]
    assert (entry.template, entry.status, entry.error_code) == ("/v2/companysettings", 500, 5000)
