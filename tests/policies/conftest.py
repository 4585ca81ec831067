"""A sandbox for what is promised of threads, processes, loops and logs."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess


@pytest.fixture(scope="package")
def running() -> Iterator[SandboxInfo]:
    with SandboxProcess() as process:
        yield process.info


@pytest.fixture
def sandbox(running: SandboxInfo) -> SandboxInfo:
    """A sandbox as new."""
    assert httpx.post(running.reset_url).is_success
    return running
