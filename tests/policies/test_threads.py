"""What is promised of threads: one BusySync and one client serve them all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import pytest

from visma_busy_sync import EAccounting, Listener, SyncEvent
from visma_busy_sync.integration import NotConnected, SyncRunning
from visma_busy_sync.orders import OrderBeingSent
from visma_busy_sync.ports import Write
from visma_busy_sync.sandbox.process import SandboxInfo
from visma_busy_sync.stores import MemoryStateStore
from visma_busy_sync.sync import Kind

from .small_host import Stores, busy_sync, close, connect, drafts, endpoints, in_memory, in_sql, order

T = TypeVar("T")

THREADS: Final = 16


def at_once(work: Callable[[int], T]) -> list[T]:
    """Do something in many threads that begin at the same time; return what each got."""
    start = threading.Barrier(THREADS)

    def run(number: int) -> T:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_a_client_gives_each_thread_the_answers_to_its_questions(sandbox: SandboxInfo) -> None:
    with EAccounting(sandbox.access_token, endpoints=endpoints(sandbox)) as api:
        ids = [project.id for project in api.projects.list()]

        def ask(number: int) -> bool:
            mine = ids[number::THREADS]
            return [api.projects.get(id).id for id in mine] == mine

        assert at_once(ask) == [True] * THREADS


@pytest.fixture(params=["memory", "sqlite_url", "postgres_url"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    made = in_memory() if request.param == "memory" else in_sql(request.getfixturevalue(request.param))
    yield made
    close(made)


def test_one_busysync_serves_all_threads(sandbox: SandboxInfo, stores: Stores) -> None:
    """They sync, push the same order and look at the state, all at once: one order arrives."""
    with busy_sync(sandbox, stores) as visma:
        acme = visma.tenant("acme")
        connect(acme)

        def sync(_: int) -> str:
            try:
                return str(acme.sync())
            except SyncRunning:
                return "another one syncs"

        assert "another one syncs" in at_once(sync)
        projects = stores.catalogue.load("acme", Kind.PROJECT)
        assert len({project.values["number"] for project in projects}) == len(projects)
        wanted = order(acme, stores)

        def push_and_look(number: int) -> str:
            assert visma.tenant("acme").status().state == "connected"
            try:
                state = acme.push(wanted).state
            except OrderBeingSent:
                state = None
            assert not acme.plan().changes
            return state or "another one sends"

        assert set(at_once(push_and_look)) <= {"transferred", "another one sends"}
        assert acme.push(wanted).state == "transferred"
    assert drafts(sandbox) == 1


def test_tenants_are_kept_apart_in_one_busysync(sandbox: SandboxInfo, stores: Stores) -> None:
    """Each thread has a tenant of its own: what one does is not seen by another."""
    with busy_sync(sandbox, stores) as visma:

        def live(number: int) -> tuple[int, str]:
            name = f"tenant {number}"
            tenant = visma.tenant(name)
            connect(tenant)
            tenant.sync()
            if number % 2:
                tenant.disconnect()
            return len(stores.catalogue.load(name, Kind.PROJECT)), tenant.status().state

        found = at_once(live)
    assert len({projects for projects, _ in found}) == 1
    assert [state for _, state in found] == ["connected", "disconnected"] * (THREADS // 2)


class Notices(Listener):
    """Remembers of whom it is told a sync, and in which thread."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []

    def on_synced(self, event: SyncEvent) -> None:
        self.told.append((event.tenant, threading.get_ident()))


def test_a_listener_is_told_in_the_thread_of_the_call_and_at_its_end(
    sandbox: SandboxInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread, whose call ends while this one still has the right to sync, tells nothing of it."""
    notices, stores = Notices(), in_memory()
    at_its_end, go_on = threading.Event(), threading.Event()
    commit = MemoryStateStore.commit

    def slowly(self: MemoryStateStore, tenant: str, writes: Sequence[Write]) -> bool:
        if any(each.key == "lease/sync" and '"holder": null' in (each.body or "") for each in writes):
            at_its_end.set()
            assert go_on.wait(20)
        return commit(self, tenant, writes)

    monkeypatch.setattr(MemoryStateStore, "commit", slowly)
    with busy_sync(sandbox, stores, listener=notices) as visma:
        acme = visma.tenant("acme")
        connect(acme)
        syncing = threading.Thread(target=acme.sync)
        syncing.start()
        assert at_its_end.wait(20)
        with pytest.raises(NotConnected):
            visma.tenant("another").plan()
        assert notices.told == []
        go_on.set()
        syncing.join()
    assert notices.told == [("acme", syncing.ident)]
