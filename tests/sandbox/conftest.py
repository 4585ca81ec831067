"""A sandbox for the tests: one real process per module, reset before each test, every answer checked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess

from .openapi import ERROR, answer_schema, faults, parse_exact

REDIRECT = "http://127.0.0.1:54321/callback"
SCOPE = "ea:api offline_access ea:sales"
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


@dataclass
class Visitor:
    """A person's browser and the application's back channel."""

    api: Api
    parameters: dict[str, str] = field(default_factory=dict)

    def ask(self, **change: str | None) -> httpx.Response:
        """Open the authorize address; None leaves a parameter out."""
        values = {
            "client_id": self.api.info.client_id,
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": SCOPE,
            "state": "s 1",
        } | change
        query = urlencode({name: value for name, value in values.items() if value is not None})
        return self.api.http.get(f"{self.api.info.authorize_url}?{query}")

    def result(self, answer: httpx.Response) -> dict[str, str]:
        """Read the parameters of a redirect."""
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["location"])
        return {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}

    def code(self, **change: str | None) -> str:
        """Log in and return the code."""
        return self.result(self.ask(sandbox_auto="approve", **change))["code"]

    def token(self, *, auth: tuple[str, str] | None = None, **form: Any) -> httpx.Response:
        """Call the token endpoint with the client's credentials."""
        auth = auth or (self.api.info.client_id, self.api.info.client_secret)
        return self.api.http.post(self.api.info.token_url, data=form, auth=auth)

    def exchange(self, code: str, **form: Any) -> httpx.Response:
        """Exchange a code."""
        return self.token(
            **{"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **form}
        )

    def refresh(self, token: str, **form: Any) -> httpx.Response:
        """Use a refresh token."""
        return self.token(grant_type="refresh_token", refresh_token=token, **form)

    def log_in(self, **change: str | None) -> dict[str, Any]:
        """Log in and return the tokens."""
        answer = self.exchange(self.code(**change))
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    def works(self, token: str) -> bool:
        """Tell whether an access token opens the API."""
        return self.api.call("GET", "/companysettings", token=token).status_code == 200


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


@pytest.fixture
def visitor(api: Api) -> Visitor:
    return Visitor(api)
