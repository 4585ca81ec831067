"""A host with many processes, on SQLite and on PostgreSQL, and a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess

from .host import Host, Nursery


@pytest.fixture(scope="package")
def sandbox() -> Iterator[SandboxInfo]:
    with SandboxProcess() as process:
        yield process.info


@pytest.fixture(scope="package")
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, verify=False, timeout=20) as client:
        yield client


@pytest.fixture(scope="package")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


@pytest.fixture(params=["sqlite_url", "postgres_url"], ids=["sqlite", "postgresql"])
def host(
    request: pytest.FixtureRequest,
    sandbox: SandboxInfo,
    browser: httpx.Client,
    nursery: Nursery,
    tmp_path: Path,
) -> Iterator[Host]:
    host = Host(sandbox, browser, nursery, request.getfixturevalue(request.param), tmp_path)
    try:
        yield host
    finally:
        host.close()
