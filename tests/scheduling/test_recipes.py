"""The scheduling recipes as they stand: a worker is killed in the middle of its job, and another does it."""

from __future__ import annotations

import itertools
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from visma_busy_sync import JobLane
from visma_busy_sync.integration._alone import LEASE_LASTS
from visma_busy_sync.orders import State
from visma_busy_sync.sync import Kind

from .farm import TENANTS, Farm, Line

GIVEN_UP_SECONDS = 460
"""After which a worker is no longer believed to be at its POST, with the deadlines that are the default."""

MIDDLE = {"push": ("POST", "/orders"), "sync": ("GET", "/projects")}
"""The request in whose middle the worker of a lane is killed."""


PRIVATE = re.compile("sbx-|Renamed since|Rådgivning|Rehabilitering|kari")
"""Secrets, and names of what the jobs are about: no recipe logs them."""


def killed_in_the_middle(farm: Farm, lane: str, *, whole_group: bool) -> Line:
    """Kill a worker that waits for the answer to a request of its job, which has had its effect.

    No other order is on its way then: of one that did not arrive, a person would have to say so.
    """
    waiting: Line = farm.until(lambda: farm.waits(*MIDDLE[lane]))
    job = waiting["job"]
    assert job.startswith(f"{lane}:")
    farm.until(lambda: {str(each) for each in farm.visma.jobs_due() if each.lane is JobLane.PUSH} <= {job})
    assert job in farm.unfinished(pid=waiting["pid"])
    if whole_group:
        os.killpg(os.getpgid(waiting["pid"]), signal.SIGKILL)
    else:
        os.kill(waiting["pid"], signal.SIGKILL)
    return waiting


def check(farm: Farm, killed: Line, began: datetime) -> None:
    """See that all was done once, the killed worker's job by another, and nothing at the same time."""
    for name in TENANTS:
        for order in ("old", "new"):
            entry = farm.entry(f"{name}-{order}")
            assert entry.state is State.TRANSFERRED
            assert farm.made(entry.marker) == 1
        progress = farm.entry(f"{name}-old").progress
        assert progress is not None
        assert progress.read_at > began
        fetched = farm.visma.tenant(name).status().last_fetched
        assert fetched is not None
        assert fetched > began
        names = {each.values["name"] for each in farm.catalogue.load(name, Kind.PROJECT)}
        assert "Renamed since" in names
    entries = [farm.entry(f"{name}-{order}") for name in TENANTS for order in ("old", "new")]
    assert sorted(farm.drafts()) == sorted(str(entry.eaccounting_id) for entry in entries)
    others = {line["pid"] for line in farm.done(killed["job"])}
    assert others
    assert killed["pid"] not in others
    for job, spans in farm.spans().items():
        for (_, ended), (begun, _) in itertools.pairwise(spans):
            assert ended < begun, f"two workers were at {job}"


def survives(
    farm: Farm, lane: str, processes: Sequence[Sequence[str]], *, whole_group: bool = True, **environment: str
) -> None:
    """Start a recipe's processes, kill one, and see the others do all that is due."""
    began = farm.clock.now()
    farm.delay(*MIDDLE[lane])
    for arguments in processes:
        farm.start(*arguments, **environment)
    killed = killed_in_the_middle(farm, lane, whole_group=whole_group)
    job = killed["job"]
    # The others go on; and what was begun there is with nobody for as long as the right to it lasts.
    who = "group" if whole_group else "pid"
    left = farm.unfinished(**{who: killed[who]})
    farm.until(lambda: {str(each) for each in farm.visma.jobs_due()} <= left)
    assert farm.done(job) == []
    farm.pass_time(GIVEN_UP_SECONDS if lane == "push" else LEASE_LASTS.total_seconds() + 1)
    farm.until(lambda: not farm.visma.jobs_due())
    farm.until(lambda: farm.done(job))
    assert set(farm.stop()) == {0}, farm.logs()
    check(farm, killed, began)
    assert not PRIVATE.search(farm.logs())


@pytest.mark.parametrize(("database", "lane"), [("sqlite", "push"), ("postgres", "sync")])
def test_the_loop_in_two_processes(farm: Callable[[str], Farm], database: str, lane: str) -> None:
    host = farm(database)
    survives(host, lane, [["loop.py"]] * 2)


_MADE = """
import kombu, sys
with kombu.Connection(sys.argv[1]) as connection, connection.channel() as channel:
    kombu.Queue("celery", kombu.Exchange("celery"), routing_key="celery")(channel).declare()
"""


def brokers(path: Path) -> str:
    """Return the address of a broker that is a SQLite file, with its queue.

    Of several processes that make the queue at once, kombu lets all but one fail for good.
    """
    address = f"sqla+sqlite:///{path}"
    with closing(sqlite3.connect(path)) as made:
        made.execute("pragma journal_mode = wal")  # else those who write wait for those who read
    subprocess.run([sys.executable, "-W", "ignore", "-c", _MADE, address], check=True)
    return address


@pytest.mark.parametrize(
    ("database", "lane", "whole_group"),
    [("sqlite", "push", False), ("postgres", "sync", True)],
    ids=["a process of the pool", "a whole worker"],
)
def test_celery(
    farm: Callable[[str], Farm], tmp_path: Path, database: str, lane: str, whole_group: bool
) -> None:
    """The broker loses what a killed worker had in its hands: the next tick sends it again."""
    worker = ["celery", "-A", "celery_app", "worker", "--concurrency", "2", "--without-mingle", "-l", "INFO"]
    beat = ["celery", "-A", "celery_app", "beat", "--schedule", str(tmp_path / "beat"), "-l", "INFO"]
    broker = brokers(tmp_path / "broker.db")
    host = farm(database)
    survives(
        host,
        lane,
        [worker, worker, beat],
        whole_group=whole_group,
        BROKER_URL=broker,
        TICK_SECONDS="2",
    )


@pytest.mark.parametrize(
    ("database", "lane"),
    [
        pytest.param(
            "sqlite",
            "sync",
            marks=pytest.mark.skipif(
                sys.version_info >= (3, 12) and sqlite3.sqlite_version_info < (3, 42),
                reason="DBOS itself needs SQLite 3.42 from Python 3.12 on",
            ),
        ),
        ("postgres", "push"),
    ],
)
def test_dbos(farm: Callable[[str], Farm], tmp_path: Path, database: str, lane: str) -> None:
    """A job of a killed process keeps its key until the tick gives that process up."""
    host = farm(database)
    system = f"sqlite:///{tmp_path / 'dbos.db'}" if database == "sqlite" else host.database
    survives(
        host,
        lane,
        [["dbos_app.py"]] * 2,
        DBOS_SYSTEM_DATABASE_URL=system,
        TICK_CRON="* * * * * *",
        GIVEN_UP_SECONDS="3",
    )
