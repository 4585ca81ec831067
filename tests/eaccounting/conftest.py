"""One sandbox process for these tests, reset before each test that asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from visma_busy_sync.eaccounting import Application, Endpoints
from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess

REDIRECT = "http://127.0.0.1:54321/callback"


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox and its control endpoints."""

    info: SandboxInfo
    http: httpx.Client

    @property
    def endpoints(self) -> Endpoints:
        info = self.info
        return Endpoints(**info.addresses)

    @property
    def application(self) -> Application:
        return Application(
            client_id=self.info.client_id,
            client_secret=self.info.client_secret,
            redirect_uri=REDIRECT,
            endpoints=self.endpoints,
        )

    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call a control endpoint."""
        answer = self.http.request(method, self.info.control_url + path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def fault(self, method: str, path: str, kind: str, **how: Any) -> None:
        """Arm a fault."""
        self.control("POST", "/faults", {"method": method, "path": path, "kind": kind, **how})

    def sent(self, method: str, template: str) -> int:
        """Count the requests of a kind."""
        entries = self.control("GET", "/journal")["entries"]
        return sum(e["method"] == method and e["path_template"] == template for e in entries)

    def press(self, url: str, decision: str = "approve") -> str:
        """Press a button on the login page, and return where the browser is sent."""
        answer = self.http.get(f"{url}&sandbox_auto={decision}")
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]


@pytest.fixture(scope="session")
def running() -> Iterator[SandboxProcess]:
    with SandboxProcess() as process:
        yield process


@pytest.fixture(scope="session")
def control_client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture
def sandbox(running: SandboxProcess, control_client: httpx.Client) -> Sandbox:
    sandbox = Sandbox(running.info, control_client)
    sandbox.control("POST", "/reset")
    return sandbox


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, the loop of the asynchronous shell."""
    return "asyncio"
