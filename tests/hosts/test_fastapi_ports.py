"""The ports of the FastAPI host keep every promise of the kit, on SQLite and on PostgreSQL.

Its tests need `examples` on the path, as the host has it when it is run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fastapi_host.bench import Bench

from visma_busy_sync.testing.conformance import (
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
