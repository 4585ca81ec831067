"""The Django host's three ports keep all promises on both databases, and its own tests pass.

Each runs in a process of its own, as a reader runs it: Django's settings are one for a whole process.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str, database: str, **variables: str) -> str:
    """Run a Python module over a database, and return what it printed."""
    done = _run(*command, database=database, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def _run(*command: str, database: str, **variables: str) -> subprocess.CompletedProcess[str]:
    known = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", *command],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "examples"), *known]),
            "DJANGO_SETTINGS_MODULE": "django_host.settings",
            "BUSY_DATABASE": database,
            **variables,
        },
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "busy.sqlite")
    address: str = request.getfixturevalue("postgres_url")
    return address.replace("postgresql+psycopg:", "postgresql:")


def test_the_ports_keep_every_promise(database: str) -> None:
    """With every capability of the kit: none of them is left out."""
    bench = ("-c", os.devnull, "-p", "no:cacheprovider", "--visma-ports", "django_host.bench:Bench")
    told = run("pytest", *bench, database=database)
    assert "promises of django_host.bench:Bench" in told
    assert "not shown" not in told


def test_a_lost_race_is_an_answer_whatever_the_databases_own_isolation_is(postgres_url: str) -> None:
    """In a backend whose transactions are serializable, a statement that comes second is an error."""
    bench = ("-c", os.devnull, "-p", "no:cacheprovider", "--visma-ports", "django_host.bench:Bench")
    told = run(
        "pytest",
        *bench,
        "-k",
        "one-winner or take-once or one-change-wins",
        database=postgres_url.replace("postgresql+psycopg:", "postgresql:"),
        PGOPTIONS="-c default_transaction_isolation=serializable",
    )
    assert "broken" not in told
    assert "one-change-wins" in told


def test_the_hosts_own_tests_pass(database: str) -> None:
    """Among them: a port that is called within a request's transaction is refused, with what to do."""
    assert "\nOK\n" in run("django", "test", "django_host", "--noinput", database=database)


def test_a_site_that_people_reach_does_not_start_without_its_secret() -> None:
    """Its processes would not know the sessions of each other, and logins would fail now and then."""
    told = _run("django", "check", database="busy.sqlite", BUSY_ADDRESS="https://busy.example")
    assert told.returncode != 0
    assert "BUSY_SECRET_KEY is missing" in told.stderr


def test_the_tables_are_those_of_the_migrations(tmp_path: Path) -> None:
    """Who changes a model makes its migration."""
    command = ("django", "makemigrations", "--check", "--dry-run")
    assert "No changes" in run(*command, database=str(tmp_path / "busy.sqlite"))
