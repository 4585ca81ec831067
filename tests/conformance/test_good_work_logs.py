"""The work logs of the box, and that of the example, keep every promise that they can show.

Each class is what a host writes: the base class and a harness.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from visma_busy_sync.testing.conformance import (
    WORK_CHECKS,
    AsyncWorkLogHarness,
    WorkLogHarness,
    WorkLogTests,
)

from . import work_benches as benches


class TestMemory(WorkLogTests):
    def harness(self) -> WorkLogHarness:
        return benches.Memory()


class TestStrictTables(WorkLogTests):
    def harness(self) -> WorkLogHarness:
        return benches.Strict()


class TestAsyncMemory(WorkLogTests):
    def harness(self) -> AsyncWorkLogHarness:
        return benches.AsyncMemory()


class TestSqlite(WorkLogTests):
    @pytest.fixture(autouse=True)
    def _database(self, sqlite_url: str) -> None:
        self.url = sqlite_url

    def harness(self) -> WorkLogHarness:
        return benches.Sql(self.url)


class TestAsyncSqlite(WorkLogTests):
    @pytest.fixture(autouse=True)
    def _database(self, sqlite_url: str) -> None:
        self.url = sqlite_url

    def harness(self) -> AsyncWorkLogHarness:
        return benches.AsyncSql(self.url)


@pytest.fixture(scope="module")
def database(postgres_server: Path) -> Iterator[str]:
    """The address of a PostgreSQL database for all checks; each harness drops its tables."""
    with psycopg.connect(host=str(postgres_server), user="postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE conformance_work")
        yield f"postgresql+psycopg://postgres@/conformance_work?host={postgres_server}"
        connection.execute("DROP DATABASE conformance_work WITH (FORCE)")


class TestPostgres(WorkLogTests):
    @pytest.fixture(autouse=True)
    def _database(self, database: str) -> None:
        self.url = database

    def harness(self) -> WorkLogHarness:
        return benches.Sql(self.url)


class TestAsyncPostgres(WorkLogTests):
    @pytest.fixture(autouse=True)
    def _database(self, database: str) -> None:
        self.url = database

    def harness(self) -> AsyncWorkLogHarness:
        return benches.AsyncSql(self.url)


class TestTheExample(WorkLogTests):
    @pytest.fixture(autouse=True)
    def _database(self, tmp_path: Path) -> None:
        self.path = tmp_path / "busy.sqlite"

    def harness(self) -> WorkLogHarness:
        return benches.Example(self.path)


@pytest.mark.parametrize("bench", [benches.Memory, benches.AsyncMemory, benches.Sql, benches.AsyncSql])
def test_the_work_logs_of_the_box_show_every_promise(bench: type) -> None:
    """Nothing of what they promise is skipped."""
    for capability in {capability for check in WORK_CHECKS for capability in check.needs}:
        for base in (WorkLogHarness, AsyncWorkLogHarness):
            assert getattr(bench, capability.method) is not getattr(base, capability.method)
