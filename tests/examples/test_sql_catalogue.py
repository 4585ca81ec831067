"""The catalogue of the box in place of a host's own: a whole sync over it, again after a restart."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet

from visma_busy_sync import BusySync, Endpoints
from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess
from visma_busy_sync.stores import MemoryCatalogue, MemoryWorkLog
from visma_busy_sync.stores.sql import SqlCatalogue, SqlStateStore
from visma_busy_sync.sync import Kind

KEY = Fernet.generate_key()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxInfo]:
    with SandboxProcess() as process:
        yield process.info


@contextlib.contextmanager
def opened(url: str, sandbox: SandboxInfo) -> Iterator[tuple[BusySync, SqlCatalogue]]:
    """A process that begins: catalogue, state store and SDK object of its own."""
    with (
        SqlCatalogue.open(url, unique_numbers=True) as catalogue,
        SqlStateStore.open(url) as state,
        BusySync(
            catalogue=catalogue,
            work=MemoryWorkLog(MemoryCatalogue()),
            state=state,
            client_id=sandbox.client_id,
            client_secret=sandbox.client_secret,
            redirect_uri="http://127.0.0.1/callback",
            endpoints=Endpoints(**sandbox.addresses),
            encryption_keys=[KEY],
        ) as busy,
    ):
        catalogue.create_table()
        state.create_table()
        yield busy, catalogue


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"], ids=["sqlite", "postgresql"])
def test_a_sync_fills_it_and_a_second_one_has_nothing_to_do(
    request: pytest.FixtureRequest, sandbox: SandboxInfo, database: str
) -> None:
    """What eAccounting lacks is archived once, what a person edits afterwards stays."""
    url: str = request.getfixturevalue(database)
    with opened(url, sandbox) as (busy, catalogue):
        old = catalogue.add("acme", Kind.PROJECT, number="9", name="Old")
        acme = busy.tenant("acme")
        address = urlsplit(acme.connect(project_sync=True, session="s"))
        # Not with httpx, which logs the headers of an answer, and one of these holds the code.
        with contextlib.closing(HTTPConnection(address.netloc, timeout=20)) as browser:
            browser.request("GET", f"{address.path}?{address.query}&sandbox_auto=approve")
            back = browser.getresponse().headers["location"]
        assert acme.complete_login(back, session="s").connected
        report = acme.sync()
        assert (report.moved, report.refused) == ((), ())
        assert catalogue.get("acme", Kind.PROJECT, old).values["archived"] is True
    with opened(url, sandbox) as (busy, catalogue):
        acme = busy.tenant("acme")
        projects = {each.id: each for each in catalogue.load("acme", Kind.PROJECT)}
        assert len(projects) > 60
        customers = {each.id for each in catalogue.load("acme", Kind.CUSTOMER)}
        named = {each.values["customer"] for each in projects.values()} - {None}
        assert named
        assert named <= customers
        assert acme.plan().is_empty
        mine = next(id for id in projects if id != old)
        catalogue.edit("acme", Kind.PROJECT, mine, notes="Busy's own")
        assert acme.sync().plan.is_empty
        assert catalogue.get("acme", Kind.PROJECT, mine).values["notes"] == "Busy's own"
