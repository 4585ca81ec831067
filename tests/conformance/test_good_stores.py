"""The stores of the box, and that of the example, keep every promise that they can show.

Each class is what a host writes: the base class and a harness.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from visma_busy_sync.testing.conformance import (
    CAPABILITIES,
    STATE_CHECKS,
    AsyncStateHarness,
    StateHarness,
    StateStoreTests,
    run_check,
)

from . import benches


class TestMemory(StateStoreTests):
    def harness(self) -> StateHarness:
        return benches.Memory()


class TestAsyncMemory(StateStoreTests):
    def harness(self) -> AsyncStateHarness:
        return benches.AsyncMemory()


class TestSqlite(StateStoreTests):
    @pytest.fixture(autouse=True)
    def _database(self, sqlite_url: str) -> None:
        self.url = sqlite_url

    def harness(self) -> StateHarness:
        return benches.Sql(self.url)


class TestAsyncSqlite(StateStoreTests):
    @pytest.fixture(autouse=True)
    def _database(self, sqlite_url: str) -> None:
        self.url = sqlite_url

    def harness(self) -> AsyncStateHarness:
        return benches.AsyncSql(self.url)


@pytest.fixture(scope="module")
def database(postgres_server: Path) -> Iterator[str]:
    """The address of a PostgreSQL database for all checks; each harness drops its table."""
    with psycopg.connect(host=str(postgres_server), user="postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE conformance")
        yield f"postgresql+psycopg://postgres@/conformance?host={postgres_server}"
        connection.execute("DROP DATABASE conformance WITH (FORCE)")


class TestPostgres(StateStoreTests):
    @pytest.fixture(autouse=True)
    def _database(self, database: str) -> None:
        self.url = database

    def harness(self) -> StateHarness:
        return benches.Sql(self.url)


class TestAsyncPostgres(StateStoreTests):
    @pytest.fixture(autouse=True)
    def _database(self, database: str) -> None:
        self.url = database

    def harness(self) -> AsyncStateHarness:
        return benches.AsyncSql(self.url)


class TestTheExample(StateStoreTests):
    @pytest.fixture(autouse=True)
    def _database(self, tmp_path: Path) -> None:
        self.path = tmp_path / "busy.sqlite"

    def harness(self) -> StateHarness:
        return benches.Example(self.path)


def test_a_store_that_cannot_pass_the_hosts_transaction_refuses(sqlite_url: str) -> None:
    """SQLite has one write lock; where the host holds it, the store says so and writes nothing."""
    (check,) = [check for check in STATE_CHECKS if check.promise.name == "own-transaction"]
    run_check(check, lambda: benches.SqliteWithTheHostsLock(sqlite_url))


@pytest.mark.parametrize("bench", [benches.Sql, benches.AsyncSql])
def test_the_sql_stores_show_every_promise(bench: type[benches.Sql | benches.AsyncSql]) -> None:
    """Nothing of what they promise is skipped."""
    needed = {capability for check in STATE_CHECKS for capability in check.needs}
    assert needed < set(CAPABILITIES)
    assert all(capability.method in vars(bench) for capability in needed)
