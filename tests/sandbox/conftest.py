"""A sandbox for the tests: one real process per module, reset before each test, every answer checked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess

from .openapi import ERROR, answer_schema, faults, parse_exact

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True)
class Api:
    """Calls the sandbox as a user would and checks each answer against the API description."""

    info: SandboxInfo
    http: httpx.Client

    def call(
        self,
        method: str,
        path: str,
        *,
        body: str | bytes | None = None,
        token: str | None = None,
        **query: str,
    ) -> httpx.Response:
        """Call an endpoint under /v2; ``query`` names options without their dollar sign."""
        headers = {"Authorization": f"Bearer {token or self.info.access_token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        answer = self.http.request(
            method,
            self.info.api_url + path,
            content=body,
            headers=headers,
            params={f"${name}": value for name, value in query.items()},
        )
        if answer.content:
            schema = answer_schema(method, _GUID.sub("{id}", path), answer.status_code)
            schema = ERROR if answer.status_code >= 400 else schema
            assert schema is not None, f"{method} {path} should not answer {answer.status_code}"
            if "select" not in query:
                assert faults(schema, parse_exact(answer.content)) == []
        return answer

    def get(self, path: str, **query: str) -> Any:
        """GET something that is there."""
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return parse_exact(answer.content)

    def rows(self, path: str, **query: str) -> list[dict[str, Any]]:
        """GET up to 1000 rows of a list."""
        data: list[dict[str, Any]] = self.get(path, **{"pagesize": "1000", **query})["Data"]
        return data

    def refusal(self, method: str, path: str, **options: Any) -> tuple[int, int]:
        """Call something that is refused; return HTTP status and ErrorCode."""
        answer = self.call(method, path, **options)
        return answer.status_code, parse_exact(answer.content)["ErrorCode"]

    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call a control endpoint."""
        answer = self.http.request(method, self.info.control_url + path, json=body)
        assert answer.status_code < 300, answer.text
        return parse_exact(answer.content)

    def journal(self) -> list[dict[str, Any]]:
        """Read the journal."""
        entries: list[dict[str, Any]] = self.control("GET", "/journal")["entries"]
        return entries


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxProcess]:
    with SandboxProcess() as process:
        yield process


@pytest.fixture(scope="module")
def connection() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture
def api(running: SandboxProcess, connection: httpx.Client) -> Api:
    api = Api(running.info, connection)
    api.control("POST", "/reset")
    return api
