"""The two shells themselves: transports, threads, tasks, and stores that never let anybody through."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import httpx
import pytest

from visma_busy_sync import AsyncBusySync, BusySync
from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync._core.runtimes import BlockingRuntime
from visma_busy_sync._core.stepper import step
from visma_busy_sync.eaccounting._exchange import LiftedTransport
from visma_busy_sync.eaccounting.errors import NotSent
from visma_busy_sync.eaccounting.http import Request, Response
from visma_busy_sync.eaccounting.transport import AsyncHttpxTransport, HttpxTransport
from visma_busy_sync.integration import SyncRunning, Transfer, _connecting, _pushing
from visma_busy_sync.integration._ledger import LedgerBook
from visma_busy_sync.orders import Event, OrderBeingSent
from visma_busy_sync.ports import LiftedStateStore, Write
from visma_busy_sync.sandbox.process import SandboxInfo
from visma_busy_sync.state import StoreBusy
from visma_busy_sync.stores import (
    AsyncMemoryCatalogue,
    AsyncMemoryStateStore,
    AsyncMemoryWorkLog,
    MemoryCatalogue,
    MemoryStateStore,
    MemoryWorkLog,
)
from visma_busy_sync.sync import Kind
from visma_busy_sync.testing import scheduler

from .fake import LOGIN, Upstream, connected, connection_in, order, site, tokens_in
from .office import ACME, MARCH, SESSION, Office, ready_to_push
from .test_races import begun


def settings(sandbox: SandboxInfo) -> dict[str, Any]:
    from visma_busy_sync.eaccounting import Endpoints

    closed = "http://127.0.0.1:9"
    return {
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "redirect_uri": "http://127.0.0.1:9/callback",
        "endpoints": Endpoints(
            api_url=f"{closed}/v2", authorize_url=closed, token_url=closed, revocation_url=closed
        ),
        "max_retries": 0,
        "timeout": 2.0,
    }


CALLBACK = "http://127.0.0.1:9/callback?code=c&state="


def state_in(url: str) -> str:
    return httpx.URL(url).params["state"]


def test_the_blocking_shell_makes_and_closes_its_own_transport(sandbox: SandboxInfo) -> None:
    busy = MemoryCatalogue()
    visma = BusySync(catalogue=busy, work=MemoryWorkLog(busy), state=MemoryStateStore(), **settings(sandbox))
    with visma:
        acme = visma.tenant(ACME)
        url = acme.connect(project_sync=True, session=SESSION)
        with pytest.raises(NotSent):  # nobody listens there
            acme.complete_login(CALLBACK + state_in(url), session=SESSION)
    own: Any = visma._own
    assert own._held.client.is_closed


def test_the_asynchronous_shell_makes_and_closes_its_own_transport(
    sandbox: SandboxInfo, loop: asyncio.Runner
) -> None:
    async def run() -> Any:
        visma = AsyncBusySync(
            catalogue=AsyncMemoryCatalogue(),
            work=AsyncMemoryWorkLog(MemoryWorkLog(MemoryCatalogue())),
            state=AsyncMemoryStateStore(),
            **settings(sandbox),
        )
        async with visma:
            acme = visma.tenant(ACME)
            url = await acme.connect(project_sync=True, session=SESSION)
            with pytest.raises(NotSent):
                await acme.complete_login(CALLBACK + state_in(url), session=SESSION)
        return visma._own

    assert loop.run(run())._held.client.is_closed


def test_closing_waits_for_what_a_cancelled_call_has_to_end(
    sandbox: SandboxInfo, loop: asyncio.Runner
) -> None:
    """The code of a login is good once, so what became of it is written down before the host goes on."""
    told: list[str] = []
    sent = asyncio.Event()

    class Slow:
        async def send(self, request: Request) -> Response:
            told.append("sent")
            sent.set()
            await asyncio.sleep(0.05)
            told.append("answered")
            return Response(status=400, headers={}, body=b'{"error": "invalid_grant"}')

    async def run() -> None:
        visma = AsyncBusySync(
            catalogue=AsyncMemoryCatalogue(),
            work=AsyncMemoryWorkLog(MemoryWorkLog(MemoryCatalogue())),
            state=AsyncMemoryStateStore(),
            transport=Slow(),
            **settings(sandbox),
        )
        async with visma:
            acme = visma.tenant(ACME)
            url = await acme.connect(project_sync=True, session=SESSION)
            login = asyncio.create_task(acme.complete_login(CALLBACK + state_in(url), session=SESSION))
            await sent.wait()
            login.cancel()
            with pytest.raises(asyncio.CancelledError):
                await login
            assert told == ["sent"]
        assert told == ["sent", "answered"]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    loop.run(run())


def test_a_transport_from_outside_stays_open(sandbox: SandboxInfo, loop: asyncio.Runner) -> None:
    busy = MemoryCatalogue()
    with httpx.Client() as client:
        wire = HttpxTransport(client)
        ports: dict[str, Any] = {"work": MemoryWorkLog(busy), "state": MemoryStateStore()}
        with BusySync(catalogue=busy, transport=wire, **ports, **settings(sandbox)):
            pass
        assert not client.is_closed

    async def run() -> bool:
        async with httpx.AsyncClient() as client:
            ports: dict[str, Any] = {
                "catalogue": AsyncMemoryCatalogue(busy),
                "work": AsyncMemoryWorkLog(MemoryWorkLog(busy)),
                "state": AsyncMemoryStateStore(),
            }
            async with AsyncBusySync(transport=AsyncHttpxTransport(client), **ports, **settings(sandbox)):
                pass
            return client.is_closed

    assert not loop.run(run())


def pushed(office: Office, acme: Any, order: Any, count: int) -> list[Transfer | BaseException]:
    """Push an order several times at once: from threads, or from tasks."""
    if office.shell.run is None:

        def push(_: int) -> Transfer | BaseException:
            try:
                transfer: Transfer = acme.push(order)
            except VismaBusySyncError as error:
                return error
            return transfer

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(push, range(count)))

    async def together() -> list[Transfer | BaseException]:
        tenant = acme.__dict__["_awaiting"]
        pushes = (tenant.push(order) for _ in range(count))
        ended: list[Transfer | BaseException] = await asyncio.gather(*pushes, return_exceptions=True)
        return ended

    results: list[Transfer | BaseException] = office.shell.run(together())
    return results


def test_many_threads_or_tasks_that_push_one_order_make_one_draft(office: Office) -> None:
    acme, order = ready_to_push(office)
    results = pushed(office, acme, order, 6)
    assert len(office.drafts()) == 1
    assert office.requests().count("POST /v2/orders") == 1
    sent = [result for result in results if isinstance(result, Transfer) and not result.repeated]
    assert len(sent) == 1
    others = [result for result in results if not isinstance(result, Transfer)]
    assert all(isinstance(result, OrderBeingSent) for result in others)
    assert acme.push(order).repeated


def test_many_syncs_at_once_create_nothing_twice(office: Office) -> None:
    acme = office.connected()
    if office.shell.run is None:

        def sync(_: int) -> object:
            try:
                return acme.sync()
            except SyncRunning as running:
                return running

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(sync, range(4)))
    else:
        tenant: Any = acme.__dict__["_awaiting"]

        async def together() -> Any:
            return await asyncio.gather(*(tenant.sync() for _ in range(4)), return_exceptions=True)

        ended = office.shell.run(together())
        assert [type(each) for each in ended].count(SyncRunning) == 3
        assert all(each.advice for each in ended if isinstance(each, SyncRunning))
    for kind in Kind:
        assert len(office.records(kind)) == len(office.upstream(kind))


def test_finalised_orders_are_handed_out(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.hours.finalise(ACME, order)
    assert list(office.hours.finalised(ACME)) == [order]
    assert list(office.hours.finalised("other")) == []
    assert acme.build_order(order.project, MARCH, order_id="o1").claims == order.claims


# A store in which others always come in between


class Crowded:
    """A state store whose commits never get through."""

    def __init__(self, memory: MemoryStateStore) -> None:
        self.read = memory.read
        self.scan = memory.scan

    def commit(self, tenant: str, writes: list[Write]) -> bool:
        return False


def test_an_order_that_cannot_be_reserved_is_not_sent() -> None:
    upstream, state = Upstream(), MemoryStateStore()
    connected(state)
    crowded: Any = Crowded(state)
    made = site(scheduler.World(), upstream, state, store=LiftedStateStore(crowded))
    with pytest.raises(StoreBusy) as raised:
        step(_pushing.push, made, ACME, order("o", "h1"))
    assert raised.value.advice
    assert upstream.orders == []
    made = site(scheduler.World(), upstream, state, store=LiftedStateStore(state))
    step(LedgerBook(made, ACME, "first").reserve, order("first", "h0"))  # the installation is known now
    made = site(scheduler.World(), upstream, state, store=LiftedStateStore(crowded))
    with pytest.raises(StoreBusy, match="order/o"):
        step(_pushing.push, made, ACME, order("o", "h1"))
    assert upstream.orders == []


def test_an_order_that_others_always_take_away_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sends it each time, and each time it comes back unsent."""
    upstream, state = Upstream(), MemoryStateStore()
    connected(state)
    made = site(scheduler.World(), upstream, state, store=LiftedStateStore(state))
    made = attrs.evolve(made, runtime=BlockingRuntime(), transport=LiftedTransport(upstream))
    tries: list[str] = []

    async def taken(self: LedgerBook, event: Event, **_: Any) -> Any:
        tries.append(event)
        raise StoreBusy("order/o")

    monkeypatch.setattr(LedgerBook, "fire", taken)
    with pytest.raises(StoreBusy):
        step(_pushing.push, made, ACME, order("o", "h1"))
    assert len(tries) > 1
    assert upstream.orders == []


@pytest.mark.parametrize("before", [False, True], ids=["first-login", "beside-a-connection"])
def test_a_login_that_cannot_be_written_down_leaves_no_tokens(before: bool) -> None:
    """They are revoked, unless the tenant keeps a connection that this might end too."""
    upstream, state = Upstream(), MemoryStateStore()
    if before:
        connected(state)
    world = scheduler.World()
    callback = begun(site(world, upstream, state), state)

    class CrowdedLater(Crowded):
        def commit(self, tenant: str, writes: list[Write]) -> bool:
            return [write.key for write in writes] == ["login"] and state.commit(tenant, writes)

    later: Any = CrowdedLater(state)
    made = site(world, upstream, state, store=LiftedStateStore(later))

    async def login() -> Any:
        return await _connecting.complete_login(made, ACME, callback, session=SESSION)

    result = world.run({"login": login}, expected=StoreBusy)
    assert isinstance(result.errors["login"], StoreBusy)
    assert len(upstream.codes) == 1
    assert len(upstream.revoked) == (0 if before else 1)
    assert set(tokens_in(state)) == ({LOGIN} if before else set())
    if before:
        assert connection_in(state).login_id == LOGIN
