"""What the FastAPI host does every minute without being asked."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from attrs import define, frozen
from cryptography.fernet import Fernet
from jinja2 import Environment
from sqlalchemy import select, update

from fastapi_host import due
from fastapi_host.app import visma_of
from fastapi_host.database import Database
from fastapi_host.due import do_what_is_due, every_minute
from fastapi_host.models import Product, Project, TimeEntry, WorkType
from fastapi_host.ordering import finalise
from fastapi_host.seed import WORKSPACE, Known, seed
from fastapi_host.settings import Settings
from fastapi_host.web import Host
from visma_busy_sync import AsyncTenant, Endpoints
from visma_busy_sync.busy import Order, Period
from visma_busy_sync.orders import State
from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess

TODAY = date(2026, 3, 30)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
KNOWN = (Known("0001", "Rehabilitering av bad, Oslo"), Known("0002", "Tilbygg, Ålesund"))


@define
class Later:
    """The machine's clock, ahead of it."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead.total_seconds()


@frozen
class Scene:
    """A host whose workspace is connected."""

    host: Host
    clock: Later
    sandbox: SandboxInfo

    @property
    def tenant(self) -> AsyncTenant:
        return self.host.visma.tenant(WORKSPACE)

    async def ask(self, verb: str, place: str, /, **what: object) -> Any:
        """Steer the sandbox."""
        async with httpx.AsyncClient(base_url=self.sandbox.control_url) as client:
            answer = await client.request(verb, place, json=what or None)
        assert answer.is_success
        return answer.json()

    async def is_archived(self, number: str) -> bool | None:
        async with self.host.database.reading() as session:
            return await session.scalar(select(Project.archived).where(Project.number == number))

    async def finalised(self) -> Order:
        """Import, mend what the first order lacks, and finalise it in Busy; it is not sent."""
        await self.tenant.sync()
        async with self.host.database.writing() as session:
            product = await session.scalar(select(Product.id).where(Product.name == "Reisetid"))
            await session.execute(update(WorkType).values(product_id=product))
        order = await self.tenant.build_order("1", MARCH)
        return await finalise(self.host.database, WORKSPACE, order)

    async def on_orders(self) -> set[str | None]:
        async with self.host.database.reading() as session:
            return set(await session.scalars(select(TimeEntry.order_id)))


@pytest.fixture
def sandbox() -> Iterator[SandboxInfo]:
    with SandboxProcess() as process:
        yield process.info


@pytest.fixture
def file(sqlite_url: str) -> str:
    """The address of an empty database."""
    return sqlite_url.replace("sqlite:", "sqlite+aiosqlite:")


@pytest.fixture(params=["file", "postgres_url"])
def url(request: pytest.FixtureRequest) -> str:
    """The same, once of each sort."""
    found: str = request.getfixturevalue(request.param)
    return found


def _run(sandbox: SandboxInfo, url: str, story: Callable[[Scene], Awaitable[None]]) -> None:
    async def told() -> None:
        async with _scene(sandbox, url) as scene:
            await story(scene)

    asyncio.run(told())


@asynccontextmanager
async def _scene(sandbox: SandboxInfo, url: str) -> AsyncIterator[Scene]:
    clock = Later()
    settings = Settings(
        address="http://127.0.0.1",
        database_url=url,
        client_id=sandbox.client_id,
        client_secret=sandbox.client_secret,
        endpoints=Endpoints(**sandbox.addresses),
        token_key=Fernet.generate_key().decode(),
    )
    async with Database(settings.database_url) as database:
        await seed(database, KNOWN, TODAY)
        visma = visma_of(settings, database, clock)
        async with visma:
            scene = Scene(Host(settings, database, visma, Environment(autoescape=True)), clock, sandbox)
            login = await scene.tenant.connect(project_sync=True, session="s")
            assert (await scene.tenant.complete_login(_logged_in(login), session="s")).connected
            yield scene


def _logged_in(login: str) -> str:
    address = urlsplit(login)
    with contextlib.closing(HTTPConnection(address.netloc, timeout=20)) as browser:
        browser.request("GET", f"{address.path}?{address.query}&sandbox_auto=approve")
        return browser.getresponse().headers["location"]


def test_the_first_import_waits_for_a_person_and_the_next_ones_come_by_themselves(
    sandbox: SandboxInfo, file: str
) -> None:
    """Nothing is archived that nobody has seen; after that, changes come within the interval."""

    async def story(scene: Scene) -> None:
        await do_what_is_due(scene.host)
        assert await scene.is_archived("9001") is False
        await scene.tenant.sync()
        assert await scene.is_archived("9001") is True
        await do_what_is_due(scene.host)
        assert len(await scene.tenant.runs()) == 1
        scene.clock.ahead = timedelta(hours=2)
        await do_what_is_due(scene.host)
        assert len(await scene.tenant.runs()) == 2

    _run(sandbox, file, story)


def test_an_order_that_did_not_get_through_is_sent_later_and_once(sandbox: SandboxInfo, url: str) -> None:
    """Where eAccounting did not take it when it was finalised, nobody has to press anything."""

    async def story(scene: Scene) -> None:
        order = await scene.finalised()
        refusal = {"kind": "status", "status": 403, "error_code": 4007}
        await scene.ask("POST", "/faults", method="POST", path="/orders", **refusal)
        await do_what_is_due(scene.host)
        entry = await scene.tenant.ledger_entry(order.id)
        assert entry is not None
        assert entry.state is State.RESERVED
        scene.clock.ahead = timedelta(minutes=10)
        for _ in range(2):
            await do_what_is_due(scene.host)
        entry = await scene.tenant.ledger_entry(order.id)
        assert entry is not None
        assert entry.state is State.TRANSFERRED
        journal = (await scene.ask("GET", "/journal"))["entries"]
        sent = [each for each in journal if (each["method"], each["status"]) == ("POST", 201)]
        assert len(sent) == 1

    _run(sandbox, url, story)


def test_hours_of_a_withdrawal_that_was_interrupted_are_free_when_it_is_through(
    sandbox: SandboxInfo, url: str
) -> None:
    """Busy's own mark goes where the ledger frees them, also if nobody is at the page."""

    async def story(scene: Scene) -> None:
        order = await scene.finalised()
        await scene.tenant.push(order)
        assert order.id in await scene.on_orders()
        scene.clock.ahead = timedelta(hours=1)
        await scene.tenant.withdraw(order.id)
        assert order.id in await scene.on_orders()
        await do_what_is_due(scene.host)
        assert await scene.on_orders() == {None}

    _run(sandbox, url, story)


def test_a_database_that_is_away_is_noted_and_the_next_minute_comes(
    sandbox: SandboxInfo, file: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The name of the error is in the log, and nothing that was to be stored."""

    async def story(scene: Scene) -> None:
        await scene.host.database.drop_tables()
        with caplog.at_level(logging.WARNING, "fastapi_host"):
            await do_what_is_due(scene.host)

    _run(sandbox, file, story)
    assert [each.getMessage() for each in caplog.records if each.name == "fastapi_host.due"] == [
        "what was due could not be done: OperationalError"
    ]


def test_at_the_end_what_is_under_way_comes_to_its_own_end(sandbox: SandboxInfo, file: str) -> None:
    """An import that runs when the host is told to stop is carried out, not cut off."""

    async def story(scene: Scene) -> None:
        await scene.tenant.sync()
        scene.clock.ahead = timedelta(hours=2)
        await scene.ask("POST", "/faults", method="GET", path="/projects", kind="delay", seconds=1)
        async with every_minute(scene.host):
            await asyncio.sleep(0.3)
        runs = await scene.tenant.runs()
        assert [run.error for run in runs] == [None, None]

    _run(sandbox, file, story)


def test_what_takes_too_long_at_the_end_is_cut_off_and_can_be_done_again(
    sandbox: SandboxInfo, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host does not hang on eAccounting, and the next start imports as if nothing had been."""
    monkeypatch.setattr(due, "_END_SECONDS", 0.1)

    async def story(scene: Scene) -> None:
        await scene.tenant.sync()
        scene.clock.ahead = timedelta(hours=2)
        await scene.ask("POST", "/faults", method="GET", path="/projects", kind="delay", seconds=20)
        began = time.monotonic()
        async with every_minute(scene.host):
            await asyncio.sleep(0.5)
        assert time.monotonic() - began < 10
        report = await scene.tenant.sync()
        assert (report.applied, report.refused, report.moved) == ({}, (), ())

    _run(sandbox, file, story)
