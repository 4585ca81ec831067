from __future__ import annotations

import pytest

from visma_busy_sync.stores import AsyncMemoryStateStore


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, the loop of the asynchronous shell."""
    return "asyncio"


@pytest.fixture
def store() -> AsyncMemoryStateStore:
    return AsyncMemoryStateStore()
