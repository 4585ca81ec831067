"""What is promised of event loops: an AsyncBusySync has one, and many tasks in it."""

from __future__ import annotations

import asyncio

import pytest

from visma_busy_sync import AsyncEAccounting, ConfigurationError, EAccounting
from visma_busy_sync.sandbox.process import SandboxInfo

from .small_host import endpoints


def test_one_client_serves_all_tasks_of_its_loop(sandbox: SandboxInfo) -> None:
    async def ask() -> None:
        async with AsyncEAccounting(sandbox.access_token, endpoints=endpoints(sandbox)) as api:
            ids = [project.id async for project in api.projects.list()]
            found = await asyncio.gather(*(api.projects.get(id) for id in ids))
            assert [project.id for project in found] == ids

    asyncio.run(ask())


def test_a_second_loop_is_refused(sandbox: SandboxInfo) -> None:
    """Its connections belong to the first one; the error says what to use instead, and the first goes on."""
    api = AsyncEAccounting(sandbox.access_token, endpoints=endpoints(sandbox))
    with asyncio.Runner() as first:
        company = first.run(api.company_settings())
        with (
            asyncio.Runner() as second,
            pytest.raises(ConfigurationError, match="another event loop") as told,
        ):
            second.run(api.company_settings())
        assert "use BusySync or EAccounting" in told.value.advice
        assert first.run(api.company_settings()) == company
        first.run(api.close())


def test_it_may_be_made_before_its_loop_runs(sandbox: SandboxInfo) -> None:
    """At the top of a module, as hosts do."""
    api = AsyncEAccounting(sandbox.access_token, endpoints=endpoints(sandbox))

    async def use() -> str:
        async with api:
            return (await api.company_settings()).name

    assert asyncio.run(use())


def test_the_blocking_client_works_where_a_loop_runs(sandbox: SandboxInfo) -> None:
    """It needs none, so it disturbs none; it only blocks it, as every blocking call does."""

    async def use() -> str:
        with EAccounting(sandbox.access_token, endpoints=endpoints(sandbox)) as api:
            return api.company_settings().name

    assert asyncio.run(use())
