"""A workspace of Busy, a sandbox as a real process, and the SDK between the two, in both shells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from visma_busy_sync.eaccounting.transport import AsyncHttpxTransport, HttpxTransport
from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess

from .office import Office, Shell, Wire


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxInfo]:
    with SandboxProcess() as process:
        yield process.info


@pytest.fixture(scope="session")
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, verify=False, timeout=20) as client:
        yield client


@pytest.fixture(scope="session")
def blocking_wire(browser: httpx.Client) -> HttpxTransport:
    return HttpxTransport(browser)


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        runner.get_loop()
        yield runner


@pytest.fixture(scope="session")
def awaiting_wire(loop: asyncio.Runner) -> Iterator[AsyncHttpxTransport]:
    client = httpx.AsyncClient(trust_env=False, verify=False, timeout=20)
    yield AsyncHttpxTransport(client)
    loop.run(client.aclose())


@pytest.fixture(params=["sync", "async"])
def shell(
    request: pytest.FixtureRequest,
    blocking_wire: HttpxTransport,
    awaiting_wire: AsyncHttpxTransport,
    loop: asyncio.Runner,
) -> Shell:
    run: Callable[[Any], Any] | None = loop.run if request.param == "async" else None
    return Shell(run, Wire(blocking_wire, awaiting_wire))


@pytest.fixture
def office(sandbox: SandboxInfo, browser: httpx.Client, shell: Shell) -> Office:
    office = Office(sandbox, browser, shell)
    office.reset()
    return office
