"""The catalogues of the box, and that of the example, keep every promise that they can show.

Each class is what a host writes: the base class and a harness.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from visma_busy_sync.testing.conformance import (
    CAPABILITIES,
    CATALOGUE_CHECKS,
    AsyncCatalogueHarness,
    CatalogueHarness,
    CatalogueTests,
    run_check,
)

from . import catalogue_benches as benches


class TestMemory(CatalogueTests):
    def harness(self) -> CatalogueHarness:
        return benches.Memory()


class TestAsyncMemory(CatalogueTests):
    def harness(self) -> AsyncCatalogueHarness:
        return benches.AsyncMemory()


class TestSqlite(CatalogueTests):
    @pytest.fixture(autouse=True)
    def _database(self, sqlite_url: str) -> None:
        self.url = sqlite_url

    def harness(self) -> CatalogueHarness:
        return benches.Sql(self.url)


class TestAsyncSqlite(CatalogueTests):
    @pytest.fixture(autouse=True)
    def _database(self, sqlite_url: str) -> None:
        self.url = sqlite_url

    def harness(self) -> AsyncCatalogueHarness:
        return benches.AsyncSql(self.url)


@pytest.fixture(scope="module")
def database(postgres_server: Path) -> Iterator[str]:
    """The address of a PostgreSQL database for all checks; each harness drops its table."""
    with psycopg.connect(host=str(postgres_server), user="postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE conformance_catalogue")
        yield f"postgresql+psycopg://postgres@/conformance_catalogue?host={postgres_server}"
        connection.execute("DROP DATABASE conformance_catalogue WITH (FORCE)")


class TestPostgres(CatalogueTests):
    @pytest.fixture(autouse=True)
    def _database(self, database: str) -> None:
        self.url = database

    def harness(self) -> CatalogueHarness:
        return benches.Sql(self.url)


class TestAsyncPostgres(CatalogueTests):
    @pytest.fixture(autouse=True)
    def _database(self, database: str) -> None:
        self.url = database

    def harness(self) -> AsyncCatalogueHarness:
        return benches.AsyncSql(self.url)


class TestTheExample(CatalogueTests):
    @pytest.fixture(autouse=True)
    def _database(self, tmp_path: Path) -> None:
        self.path = tmp_path / "busy.sqlite"

    def harness(self) -> CatalogueHarness:
        return benches.Example(self.path)


def test_a_records_fields_may_come_in_any_order() -> None:
    """A mapping has the fields by their names; what comes first is up to each query of the host."""
    (check,) = [check for check in CATALOGUE_CHECKS if check.promise.name == "like-a-small-busy"]
    run_check(check, benches.OtherOrder)


def test_a_catalogue_that_cannot_pass_the_hosts_transaction_refuses(sqlite_url: str) -> None:
    """SQLite has one write lock; where the host holds it, the catalogue says so and changes nothing."""
    (check,) = [check for check in CATALOGUE_CHECKS if check.promise.name == "applied-in-own-transaction"]
    run_check(check, lambda: benches.SqliteWithTheHostsLock(sqlite_url))


@pytest.mark.parametrize("bench", [benches.Sql, benches.AsyncSql])
def test_the_sql_catalogues_show_every_promise(bench: type[benches.Sql | benches.AsyncSql]) -> None:
    """Nothing of what they promise is skipped."""
    needed = {capability for check in CATALOGUE_CHECKS for capability in check.needs}
    assert needed < set(CAPABILITIES)
    assert all(getattr(bench, each.method) is not getattr(CatalogueHarness, each.method) for each in needed)
    assert all(
        getattr(bench, each.method) is not getattr(AsyncCatalogueHarness, each.method) for each in needed
    )
