"""A sandbox and a host for each recipe, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess

from .farm import Farm


@pytest.fixture(scope="package")
def sandbox() -> Iterator[SandboxInfo]:
    with SandboxProcess() as process:
        yield process.info


@pytest.fixture(scope="package")
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, verify=False, timeout=20) as client:
        yield client


@pytest.fixture
def farm(
    request: pytest.FixtureRequest, sandbox: SandboxInfo, browser: httpx.Client, tmp_path: Path
) -> Iterator[Callable[[str], Farm]]:
    """Make the host over a database by name, with all its jobs due."""
    farms: list[Farm] = []

    def made(database: str) -> Farm:
        farms.append(Farm(sandbox, browser, request.getfixturevalue(f"{database}_url"), tmp_path))
        farms[0].settle()
        return farms[0]

    try:
        yield made
    finally:
        for each in farms:
            each.close()
