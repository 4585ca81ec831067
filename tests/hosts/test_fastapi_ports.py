"""The ports of the FastAPI host keep every promise of the kit, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import delete, update

from fastapi_host.bench import Bench
from fastapi_host.catalogue import BusyCatalogue
from fastapi_host.database import Database
from fastapi_host.models import Project, Workspace, row_id
from fastapi_host.state_store import BusyStateStore
from visma_busy_sync.ports import Write
from visma_busy_sync.stores import StoreUnavailable
from visma_busy_sync.sync import Applied, Change, Kind, Link, Outcome, Refused, Value
from visma_busy_sync.testing.conformance import (
    CAPABILITIES,
    AsyncCatalogueHarness,
    AsyncStateHarness,
    AsyncWorkLogHarness,
    CatalogueTests,
    StateStoreTests,
    WorkLogTests,
)

EXAMPLES = Path(__file__).parents[2] / "examples"


class TestStateOnSqlite(StateStoreTests):
    def harness(self) -> AsyncStateHarness:
        return Bench()


class TestCatalogueOnSqlite(CatalogueTests):
    def harness(self) -> AsyncCatalogueHarness:
        return Bench()


class TestWorkLogOnSqlite(WorkLogTests):
    def harness(self) -> AsyncWorkLogHarness:
        return Bench()


@pytest.fixture(scope="module")
def postgres(postgres_server: Path) -> Iterator[str]:
    """The address of a PostgreSQL database for all checks; each harness drops its tables."""
    with psycopg.connect(host=str(postgres_server), user="postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE fastapi_host")
        yield f"postgresql+psycopg://postgres@/fastapi_host?host={postgres_server}"
        connection.execute("DROP DATABASE fastapi_host WITH (FORCE)")


class OnPostgres:
    @pytest.fixture(autouse=True)
    def _database(self, postgres: str) -> None:
        self.url = postgres


class TestStateOnPostgres(OnPostgres, StateStoreTests):
    def harness(self) -> AsyncStateHarness:
        return Bench(self.url)


class TestCatalogueOnPostgres(OnPostgres, CatalogueTests):
    def harness(self) -> AsyncCatalogueHarness:
        return Bench(self.url)


class TestWorkLogOnPostgres(OnPostgres, WorkLogTests):
    def harness(self) -> AsyncWorkLogHarness:
        return Bench(self.url)


def test_no_promise_is_left_out_for_want_of_a_capability() -> None:
    """The harness has all of them."""
    kit = (AsyncStateHarness, AsyncCatalogueHarness, AsyncWorkLogHarness)
    for capability in CAPABILITIES:
        mine = getattr(Bench, capability.method)
        assert all(mine is not getattr(base, capability.method, None) for base in kit), capability.name


def test_a_reader_runs_the_kit_with_one_command() -> None:
    """As the examples' page says, from the folder of the examples."""
    command = ["-m", "pytest", "-p", "no:cacheprovider", "-k", "key-once"]
    run = subprocess.run(
        [sys.executable, *command, "--visma-ports", "fastapi_host.bench:Bench"],
        cwd=EXAMPLES,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert "kept (1): key-once" in run.stdout


def test_a_session_that_holds_sqlites_lock_is_told_to_end_first(tmp_path: Path) -> None:
    """A view that has written and then calls the library is refused clearly; nothing is written."""

    async def scene() -> None:
        async with Database(f"sqlite+aiosqlite:///{tmp_path / 'busy.db'}", lock_seconds=0.2) as database:
            await database.create_tables()
            store, catalogue = BusyStateStore(database), BusyCatalogue(database)
            async with database.writing() as session:
                session.add(Workspace(id="acme", name="Acme"))
                await session.flush()
                with pytest.raises(StoreUnavailable, match="locked") as refused:
                    await store.commit("acme", [Write("key", None, "{}")])
                assert "End your own transaction" in refused.value.advice
                with pytest.raises(StoreUnavailable, match="locked"):
                    await catalogue.apply("acme", [_creation(name="House")])
            assert await store.read("acme", ["key"]) == {}
            assert await catalogue.load("acme", Kind.PROJECT) == []

    asyncio.run(scene())


def test_a_session_that_holds_a_row_is_told_to_end_first(postgres_url: str) -> None:
    """On PostgreSQL too: the view would wait for the port, and the port for the view."""

    async def scene() -> None:
        async with Database(postgres_url, lock_seconds=0.2) as database:
            (made,) = await _made(database, _creation())
            assert isinstance(made, Applied)
            change = Change(Kind.PROJECT, made.id, {"name": "Shed"}, {}, Link("{}"), Link("{}"))
            async with database.writing() as session:
                await session.execute(update(Project).values(name="Cabin"))
                async with asyncio.timeout(20):
                    with pytest.raises(StoreUnavailable, match="locked"):
                        await BusyCatalogue(database).apply("acme", [change])

    asyncio.run(scene())


def _creation(**values: Value) -> Change:
    known: dict[str, Value] = {"number": None, "name": "House", "archived": False}
    return Change(Kind.PROJECT, None, known | values, {}, None, Link("{}"))


async def _made(database: Database, *changes: Change) -> list[Outcome]:
    await database.create_tables()
    async with database.writing() as session:
        session.add(Workspace(id="acme", name="Acme"))
    return list(await BusyCatalogue(database).apply("acme", changes))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "postgresql":
        address: str = request.getfixturevalue("postgres_url")
        return address
    found: str = request.getfixturevalue("sqlite_url")
    return found.replace("sqlite:", "sqlite+aiosqlite:")


def test_what_busy_cannot_hold_is_refused_with_the_reason(url: str) -> None:
    """A number that is taken, a text that is too long, a customer that is not there, half a character."""

    async def scene() -> list[Outcome]:
        async with Database(url) as database:
            return await _made(
                database,
                _creation(number="7"),
                _creation(number="7"),
                _creation(name="x" * 51),
                _creation(number="x" * 66),
                _creation(customer="99"),
                _creation(name="\ud800"),
                _creation(number="8"),
            )

    first, *refused, last = asyncio.run(scene())
    assert isinstance(first, Applied)
    assert isinstance(last, Applied)
    assert refused == [
        Refused("nummeret er i bruk"),
        Refused("navnet har mer enn 50 tegn"),
        Refused("nummeret har mer enn 65 tegn"),
        Refused("en verdi mangler eller viser til noe som er borte"),
        Refused("en tekst har et tegn som databasen ikke kan lagre"),
    ]


def test_the_id_of_a_project_that_was_deleted_is_never_given_again(url: str) -> None:
    """Else the hours of the new one would count as billed by the orders of the old one."""

    async def scene() -> tuple[str, str]:
        async with Database(url) as database:
            (first,) = await _made(database, _creation())
            assert isinstance(first, Applied)
            async with database.writing() as session:
                await session.execute(delete(Project).where(Project.id == row_id(first.id)))
            (second,) = await BusyCatalogue(database).apply("acme", [_creation()])
            assert isinstance(second, Applied)
            return first.id, second.id

    first, second = asyncio.run(scene())
    assert first != second


def test_a_call_that_is_given_up_leaves_no_lock(tmp_path: Path) -> None:
    """A commit whose caller is cancelled, at whatever moment, is made or not; the next one goes through."""

    async def scene() -> None:
        async with Database(f"sqlite+aiosqlite:///{tmp_path / 'busy.db'}", lock_seconds=5) as database:
            await database.create_tables()
            store = BusyStateStore(database)
            for turn in range(40):
                given_up = asyncio.create_task(store.commit("acme", [Write(f"{turn}", None, "{}")]))
                # A commit takes some milliseconds, most of them in the driver's thread.
                await asyncio.sleep(turn / 8_000)
                given_up.cancel()
                await asyncio.gather(given_up, return_exceptions=True)
                assert await store.commit("acme", [Write(f"next {turn}", None, "{}")])
            assert len(await store.scan("next ")) == 40

    asyncio.run(scene())
