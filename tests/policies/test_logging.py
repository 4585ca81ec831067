"""What is logged on the way from login to order draft: by whom, and what never."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from typing import Final

import pytest

from hours_specification import specification
from visma_busy_sync import ConfigurationError
from visma_busy_sync.ports import Write
from visma_busy_sync.sandbox.process import SandboxInfo
from visma_busy_sync.specification import to_pdf
from visma_busy_sync.stores.sql import AsyncSqlStateStore, SqlStateStore
from visma_busy_sync.sync import Kind

from .small_host import SESSION, Stores, busy_sync, close, connect, in_memory, in_sql, order

# As `docs/policies.md` names them.
HTTP: Final = {"httpx", "httpcore.connection", "httpcore.http11"}
SQL: Final = {"sqlalchemy.engine.Engine", "sqlalchemy.pool.impl.QueuePool"}
DRIVER: Final = {"aiosqlite"}
PDF: Final = {"fontTools", "fpdf"}

SECRET: Final = re.compile(r"sbx-(?:access|refresh|secret|code)-")


class Everything(logging.Handler):
    """Keeps each record of each logger, with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def names(self) -> set[str]:
        return {record.name for record in self.records}

    def text(self, *, of: str = "") -> str:
        form = logging.Formatter()
        return "\n".join(form.format(record) for record in self.records if record.name.startswith(of))


@pytest.fixture
def logged(request: pytest.FixtureRequest) -> Iterator[Everything]:
    """All that is logged from here on at any level."""
    handler = Everything()
    root = logging.getLogger()
    loud = ("", "httpx", "httpcore", "visma_busy_sync", *getattr(request, "param", ()))
    before = {name: logging.getLogger(name).level for name in loud}
    root.addHandler(handler)
    for name in loud:
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def journey(sandbox: SandboxInfo, stores: Stores) -> list[str]:
    """Go the whole way, detours included; return the names of the people and things on it."""
    with busy_sync(sandbox, stores) as visma:
        acme = visma.tenant("acme")
        with pytest.raises(ConfigurationError):
            acme.connect(project_sync=True, session="")
        address = acme.connect(project_sync=True, session=SESSION)
        assert not acme.complete_login(f"{address}&error=access_denied&code=x", session=SESSION).connected
        connect(acme)
        acme.readiness()
        acme.plan()
        acme.sync()
        made = order(acme, stores)
        acme.push(made)
        acme.fetch_order(made.id)
        acme.read_back()
        acme.preflight(made.period)
        acme.status()
        acme.disconnect()
    records = [record for kind in Kind for record in stores.catalogue.load("acme", kind)]
    return [str(record.values["name"]) for record in records]


def test_the_journey_in_memory_logs_no_secret_and_no_name(logged: Everything, sandbox: SandboxInfo) -> None:
    """At the level DEBUG of all loggers."""
    names = journey(sandbox, in_memory())
    text = logged.text()
    assert logged.names == HTTP
    assert not SECRET.search(text)
    assert len(names) > 100
    assert [name for name in names if name in text] == []


def test_the_package_itself_logs_nothing(logged: Everything, sandbox: SandboxInfo) -> None:
    """As long as no listener raises: what it has to tell is in results and errors."""
    journey(sandbox, in_memory())
    assert not any(name.startswith("visma_busy_sync") for name in logged.names)


@pytest.mark.parametrize("logged", [("sqlalchemy",)], indirect=True)
def test_the_sql_stores_log_no_secret(logged: Everything, sandbox: SandboxInfo, sqlite_url: str) -> None:
    """SQLAlchemy shows statements at INFO, without what is stored; and no token at any level."""
    stores = in_sql(sqlite_url)
    assert isinstance(stores.state, SqlStateStore)
    try:
        names = journey(sandbox, stores)
    finally:
        close(stores)
    assert logged.names <= HTTP | SQL
    assert not SECRET.search(logged.text())
    at_info = [r.getMessage() for r in logged.records if r.levelno >= logging.INFO]
    assert [name for name in names if any(name in line for line in at_info)] == []


def test_a_pdf_file_logs_no_name(logged: Everything) -> None:
    """At the level DEBUG: parts of fonts, sizes and durations."""
    told = specification()
    to_pdf(told)
    assert {name.partition(".")[0] for name in logged.names} == PDF
    text = logged.text()
    names = [told.project_name, told.customer, *(line.text for line in told.lines)]
    assert [name for name in names if str(name) in text] == []


@pytest.mark.parametrize("logged", [("sqlalchemy", *DRIVER)], indirect=True)
def test_the_driver_of_asynchronous_sqlite_shows_what_is_stored_at_debug_alone(
    logged: Everything, sqlite_url: str
) -> None:
    """Which is why the page says never to set it to that level: SQLAlchemy hides it, aiosqlite does not."""
    body = "Granlia Bygg AS"

    async def use() -> None:
        state = AsyncSqlStateStore.open(sqlite_url.replace("sqlite:", "sqlite+aiosqlite:"))
        await state.create_table()
        assert await state.commit("acme", [Write("key", None, body)])
        assert await state.read("acme", ["key"])
        await state.close()

    asyncio.run(use())
    shown = {(record.name, record.levelno) for record in logged.records if body in record.getMessage()}
    assert shown == {(name, logging.DEBUG) for name in (*DRIVER, "sqlalchemy.engine.Engine")}
