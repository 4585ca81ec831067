"""A process that uses the SDK, forks, and goes on in parent and children.

`python -m tests.policies.forked SCENARIO URL`, with the address of an empty database; where the sandbox is
comes as JSON from standard input.

It ends with 0 if the scenario went as promised, and else tells what did not.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import pickle
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from typing import Any, Final

import httpx
import pytest

from visma_busy_sync import (
    AsyncEAccounting,
    ConfigurationError,
    ConnectionEvent,
    EAccounting,
    Listener,
    Tenant,
)
from visma_busy_sync._core.flight import Flight
from visma_busy_sync._core.runtimes import BlockingRuntime, SystemClock
from visma_busy_sync.busy import Order
from visma_busy_sync.eaccounting import Application, TokenSet
from visma_busy_sync.eaccounting._limits import WindowLimiter
from visma_busy_sync.eaccounting._retrying import RetryBudget
from visma_busy_sync.eaccounting.transport import HttpxTransport
from visma_busy_sync.integration import NotConnected
from visma_busy_sync.orders import OrderBeingSent
from visma_busy_sync.sandbox.process import SandboxInfo
from visma_busy_sync.stores import MemoryCatalogue
from visma_busy_sync.sync import Kind

from .small_host import busy_sync, close, connect, endpoints, in_memory, in_sql, order

CHILDREN: Final = 4
KEY: Final = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def begin(work: Callable[[], None]) -> int:
    """Begin `work` in a child."""
    with warnings.catch_warnings():
        # Where there are threads, newer Pythons warn that what others hold is lost: that is what is tried.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - told, and then the child ends
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def end(children: list[int]) -> None:
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    assert not any(codes), codes


def here_and_in_children(work: Callable[[], None]) -> None:
    """Do the same in children and in the parent, all at the same time."""
    wait, start = os.pipe()

    def child() -> None:
        os.close(start)
        os.read(wait, 1)  # until the parent closes the other end
        work()

    children = [begin(child) for _ in range(CHILDREN)]
    os.close(start)
    os.close(wait)
    try:
        work()
    finally:
        end(children)


def client(sandbox: SandboxInfo, _: str) -> None:
    """Each gets the answers to its own questions."""
    with EAccounting(sandbox.access_token, endpoints=endpoints(sandbox)) as api:
        ids = [project.id for project in api.projects.list()][:30]

        def work() -> None:
            first = os.getpid() % len(ids)  # each asks for others at a time
            for id in ids[first:] + ids[:first]:
                assert api.projects.get(id).id == id

        here_and_in_children(work)
        work()


def async_client(sandbox: SandboxInfo, _: str) -> None:
    """So it is with asyncio, where the child runs a loop of its own."""

    async def questions(api: AsyncEAccounting) -> None:
        projects = [project async for project in api.projects.list()][:30]
        for project in projects:
            assert (await api.projects.get(project.id)).id == project.id

    async def parent() -> None:
        async with AsyncEAccounting(sandbox.access_token, endpoints=endpoints(sandbox)) as api:
            await questions(api)

            def work() -> None:
                asyncio.run(questions(api))

            children = [begin(work) for _ in range(CHILDREN)]
            await questions(api)
            end(children)

    asyncio.run(parent())


def pushed(acme: Tenant, wanted: Order) -> str:
    """Push an order that others push at the same time; return its state."""
    while True:
        try:
            return acme.push(wanted).state
        except OrderBeingSent:
            time.sleep(0.05)


def host(sandbox: SandboxInfo, url: str) -> None:
    """A host that is forked after it was connected, as by a server that loads the application first."""
    stores = in_sql(url)
    with busy_sync(sandbox, stores, key=KEY) as visma:
        acme = visma.tenant("acme")
        connect(acme)
        acme.sync()
        wanted = order(acme, stores)

        def work() -> None:
            assert pushed(acme, wanted) == "transferred"
            assert acme.status().state == "connected"
            assert not acme.plan().changes
            for project in stores.catalogue.load("acme", Kind.PROJECT):
                assert stores.catalogue.get("acme", Kind.PROJECT, project.id).id == project.id

        here_and_in_children(work)
        work()
    close(stores)


def own_client(sandbox: SandboxInfo, _: str) -> None:
    """A client of the host's is refused once it was used; one that was not is as good as new."""
    with httpx.Client() as used, httpx.Client() as unused:
        first = EAccounting(
            sandbox.access_token, endpoints=endpoints(sandbox), transport=HttpxTransport(used)
        )
        other = EAccounting(
            sandbox.access_token, endpoints=endpoints(sandbox), transport=HttpxTransport(unused)
        )
        company = first.company_settings()

        def work() -> None:
            with pytest.raises(ConfigurationError, match="was used before this process was forked"):
                first.company_settings()
            assert other.company_settings() == company

        end([begin(work)])
        assert first.company_settings() == company


def memory(sandbox: SandboxInfo, _: str) -> None:
    """What is in memory is in one process only, so the child sends nothing."""
    stores = in_memory()
    with busy_sync(sandbox, stores) as visma:
        acme = visma.tenant("acme")
        connect(acme)
        acme.sync()
        wanted = order(acme, stores)

        def work() -> None:
            calls: list[Callable[[], Any]] = [
                acme.status,
                acme.sync,
                lambda: acme.push(wanted),
                lambda: stores.catalogue.load("acme", Kind.PROJECT),
                lambda: stores.work.finalised("acme"),
            ]
            for call in calls:
                with pytest.raises(ConfigurationError, match="was made before this process was forked"):
                    call()
            assert MemoryCatalogue().load("acme", Kind.PROJECT) == []  # those of its own work

        end([begin(work)])
        assert acme.push(wanted).state == "transferred"


def held_tokens(sandbox: SandboxInfo, _: str) -> None:
    """Of a TokenSet, only the process that made the client renews the tokens."""
    application = Application(
        client_id="c", client_secret="s", redirect_uri="http://127.0.0.1/", endpoints=endpoints(sandbox)
    )
    with EAccounting("t", endpoints=endpoints(sandbox)):  # other clients are no hindrance
        tokens = TokenSet(access_token="a", refresh_token="r", expires_at=SystemClock().now())
        api = EAccounting(tokens, application=application)

        def work() -> None:
            with pytest.raises(ConfigurationError, match="TokenSet"):
                api.company_settings()

        end([begin(work)])


def threads(sandbox: SandboxInfo, url: str) -> None:
    """What another thread holds at the moment of the fork holds up nobody in the child."""
    runtime = BlockingRuntime(patience=5)
    flight: Flight[str] = Flight(runtime)
    limiter = WindowLimiter(clock=SystemClock(), runtime=runtime)
    budget = RetryBudget()
    stores = in_sql(url)
    visma = busy_sync(sandbox, stores, key=KEY)
    acme = visma.tenant("acme")
    connect(acme)
    held, go_on = threading.Event(), threading.Event()

    async def landing() -> str:
        return "landed"

    async def leads() -> str:
        site: Any = visma._site
        guards: list[Any] = [limiter._guard, budget._guard, site.limiter._guard, site.retry_budget._guard]
        guards += [site._sources._guard, flight._guard]
        with contextlib.ExitStack() as all_held:
            all_held.enter_context(site.syncing_alone("acme"))
            all_held.enter_context(site._syncing._guard)
            for guard in guards:
                all_held.enter_context(guard)
            held.set()
            go_on.wait()
        return "led"

    def lead() -> None:
        with contextlib.suppress(StopIteration):
            flight.do("refresh", leads).send(None)

    def work() -> None:
        with contextlib.suppress(StopIteration):
            flight.do("refresh", landing).send(None)
        with contextlib.suppress(StopIteration):
            limiter.acquire("key", patience=1).send(None)
        assert budget.spend()
        assert acme.sync().applied
        assert acme.status().state == "connected"

    leader = threading.Thread(target=lead)
    leader.start()
    held.wait()
    child = begin(work)
    end([child])
    go_on.set()
    leader.join()
    visma.close()
    close(stores)


def spawned(setting: tuple[SandboxInfo, str, str]) -> tuple[int, str]:
    sandbox, url, text = setting
    stores = in_sql(url)
    with busy_sync(sandbox, stores, key=KEY) as visma:
        wanted: Order = pickle.loads(text.encode("latin-1"))
        state = pushed(visma.tenant("acme"), wanted)
    close(stores)
    return os.getpid(), state


class Notices(Listener):
    """Remembers of whom it was told a connection."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def on_connected(self, event: ConnectionEvent) -> None:
        self.told.append(event.tenant)


def left(sandbox: SandboxInfo, url: str) -> None:
    """What a call left to tell that was cancelled before the fork, the parent tells."""
    stores, notices = in_sql(url), Notices()
    with busy_sync(sandbox, stores, key=KEY, listener=notices) as visma:
        visma._site.teller.connected("acme", project_sync=True)

        def work() -> None:
            with contextlib.suppress(NotConnected):
                visma.tenant("acme").plan()
            assert notices.told == []

        end([begin(work)])
    close(stores)
    assert notices.told == ["acme"]


def spawn(sandbox: SandboxInfo, url: str) -> None:
    """Processes that begin anew get values, and make a BusySync of their own."""
    stores = in_sql(url)
    with busy_sync(sandbox, stores, key=KEY) as visma:
        acme = visma.tenant("acme")
        connect(acme)
        acme.sync()
        text = pickle.dumps(order(acme, stores)).decode("latin-1")
    close(stores)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        answers = pool.map(spawned, [(sandbox, url, text)] * 4, chunksize=1)
    assert {state for _, state in answers} == {"transferred"}, answers
    assert os.getpid() not in {pid for pid, _ in answers}


SCENARIOS: Final = (async_client, client, held_tokens, host, left, memory, own_client, spawn, threads)

if __name__ == "__main__":
    name, database = sys.argv[1:]
    where = SandboxInfo(**json.load(sys.stdin))
    {scenario.__name__: scenario for scenario in SCENARIOS}[name](where, database)
