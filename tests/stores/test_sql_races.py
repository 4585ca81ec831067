"""Many at once over the SQL stores: processes, tasks that are cancelled, and children of a fork."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import traceback
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from sqlalchemy import create_engine

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.ports import Versioned, Write
from visma_busy_sync.stores.sql import AsyncSqlStateStore, SqlStateStore

from .racing_processes import ADDITIONS, PRIZES, PROCESSES

RACE = Path(__file__).with_name("racing_processes.py")
# Far more than any test here needs; who takes longer waits for a lock.
HANG_SECONDS = 120


@pytest.fixture(params=["sqlite_url", "postgres_url"], ids=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    address: str = request.getfixturevalue(request.param)
    return address


def in_child(work: Callable[[], None]) -> int:
    """Run `work` in a fork of this process and return the exit code."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 1
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - told, and then the child ends
        traceback.print_exc()
    finally:
        # Without the clean-up of this test run, which is its parent's.
        os._exit(code)


def test_of_many_processes_none_loses_an_update_and_one_takes_each(url: str) -> None:
    """Eight of them also create the table at once, and add to one counter by compare and set."""
    race = subprocess.run(
        [sys.executable, str(RACE), url], check=False, capture_output=True, text=True, timeout=HANG_SECONDS
    )
    assert race.returncode == 0, race.stderr
    with SqlStateStore.open(url) as store:
        counted = store.read("acme", ["counter"])["counter"]
        assert counted == Versioned(PROCESSES * ADDITIONS, str(PROCESSES * ADDITIONS))
        prizes = {found.key: found.document.body for found in store.scan("prize/")}
        assert len(prizes) == PRIZES
        # Who has the prize has its own document too, and nobody else has.
        assert {found.key for found in store.scan("mine/")} == {
            f"mine/{winner}/{key.removeprefix('prize/')}" for key, winner in prizes.items()
        }


def test_a_child_of_a_fork_uses_connections_of_its_own(url: str) -> None:
    """A store that was opened by an address goes on in parent and child."""
    with SqlStateStore.open(url) as store:
        store.create_table()
        assert store.commit("acme", [Write("a", None, "parent's")])

        def work() -> None:
            for number in range(20):
                assert store.commit("acme", [Write(f"child/{number}", None, "")])
                assert store.read("acme", ["a"]) == {"a": Versioned(1, "parent's")}

        assert in_child(work) == 0
        assert store.commit("acme", [Write("a", 1, "parent's again")])
        assert len(store.scan("child/")) == 20


def test_a_child_of_a_fork_is_refused_the_connections_of_its_parent(url: str) -> None:
    """With the host's engine, until the host lets the child forget them."""
    engine = create_engine(url)
    try:
        store = SqlStateStore(engine)
        store.create_table()

        def work() -> None:
            for call in (lambda: store.read("acme", ["a"]), lambda: store.commit("acme", [])):
                with pytest.raises(ConfigurationError, match=r"dispose\(close=False\)"):
                    call()
            engine.dispose(close=False)
            assert store.commit("acme", [Write("a", None, "child's")])

        assert in_child(work) == 0
        assert store.read("acme", ["a"]) == {"a": Versioned(1, "child's")}
    finally:
        engine.dispose()


def test_a_store_that_nobody_uses_any_more_leaves_nothing_behind(sqlite_url: str) -> None:
    """A host may make one for each request over an engine of its own; a fork must not get slower for it."""
    stores = 2000
    engine = create_engine(sqlite_url)
    SqlStateStore(engine)
    tracemalloc.start()
    try:
        for _ in range(stores):
            SqlStateStore(engine)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        engine.dispose()
    assert kept < 100 * stores


@pytest.mark.anyio
async def test_tasks_that_are_cancelled_leave_nothing_behind(url: str) -> None:
    """Wherever a commit is cancelled, it is made whole or not at all, and no lock or connection stays."""
    store = AsyncSqlStateStore.open(url.replace("sqlite:", "sqlite+aiosqlite:"))
    try:
        await store.create_table()
        assert await store.commit("acme", [Write("a", None, "0"), Write("b", None, "0")])
        others = asyncio.all_tasks()
        made = 0

        async def work(stop: anyio.CancelScope) -> None:
            nonlocal made
            with stop:
                held = await store.read("acme", ["a", "b"])
                await store.commit("acme", [Write(key, held[key].version, held[key].body) for key in held])
                made += 1

        for turn in range(40):
            stop = anyio.CancelScope()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(work, stop)
                tasks.start_soon(work, anyio.CancelScope())
                await anyio.sleep(turn / 4000)
                stop.cancel()
            with anyio.fail_after(HANG_SECONDS):
                while True:
                    held = await store.read("acme", ["a", "b"])
                    assert held["a"] == held["b"]
                    writes = [Write(key, held[key].version, str(turn)) for key in ("a", "b")]
                    # The one that was cancelled may still be under way, and come first.
                    if await store.commit("acme", writes):
                        break
        assert made >= 40
    finally:
        with anyio.fail_after(HANG_SECONDS):
            await store.close()
    # Those that were cancelled end by themselves, and the store waits for them.
    assert asyncio.all_tasks() == others


@pytest.mark.anyio
async def test_of_many_tasks_one_takes_each(url: str) -> None:
    async def take(number: int, me: int) -> None:
        if await store.commit("acme", [Write(f"prize/{number}", None, str(me))]):
            taken.append(number)

    store = AsyncSqlStateStore.open(url.replace("sqlite:", "sqlite+aiosqlite:"))
    taken: list[int] = []
    try:
        await store.create_table()
        with anyio.fail_after(HANG_SECONDS):
            async with anyio.create_task_group() as tasks:
                for number in range(10):
                    for me in range(8):
                        tasks.start_soon(take, number, me)
        assert sorted(taken) == list(range(10))
    finally:
        await store.close()
