"""A host's own integration is used as it is: blocking or asynchronous, an object or what makes one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from visma_busy_sync.busy import TimeEntry, WorkType
from visma_busy_sync.sync import Kind

from .conftest import Said, Shell

THEIRS = """
import contextlib
import json
import os
from pathlib import Path

from visma_busy_sync import AsyncBusySync, BusySync, Endpoints
from visma_busy_sync.stores import (
    AsyncMemoryCatalogue, AsyncMemoryStateStore, AsyncMemoryWorkLog,
    MemoryCatalogue, MemoryStateStore, MemoryWorkLog,
)

info = json.loads((Path(os.environ["VISMA_BUSY_SYNC_DATA"]) / "sandbox" / "server.json").read_text())
told = []
busy = MemoryCatalogue()
hours = MemoryWorkLog(busy)
state = MemoryStateStore()
urls = ("api_url", "authorize_url", "token_url", "revocation_url")
settings = dict(
    client_id=info["client_id"], client_secret=info["client_secret"], redirect_uri="http://127.0.0.1:9/back",
    endpoints=Endpoints(**{name: info[name] for name in urls}),
)
# Tokens of a store in memory are of one object, so all the ways lead to these two.
visma = BusySync(catalogue=busy, work=hours, state=state, **settings)

def make_async():
    return AsyncBusySync(
        catalogue=AsyncMemoryCatalogue(busy), work=AsyncMemoryWorkLog(hours),
        state=AsyncMemoryStateStore(state), **settings)

awaited = make_async()

def make():
    return BusySync(catalogue=busy, work=hours, state=state, **settings)

async def make_later():
    return awaited

@contextlib.contextmanager
def within():
    yield visma
    told.append("closed")

@contextlib.asynccontextmanager
async def within_async():
    yield make_async()
    told.append("closed async")

def fails():
    raise RuntimeError("cannot reach postgresql://busy:hush-hush@db, client_secret=hush-hush")

class Nested:
    made = visma
    nothing = None
"""


@pytest.fixture
def host(shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shell]:
    (tmp_path / "theirs.py").write_text(THEIRS, encoding="utf-8")
    (tmp_path / "broken.py").write_text("import no_such_library\n", encoding="utf-8")
    monkeypatch.setenv("VISMA_BUSY_SYNC_SANDBOX", "0")
    monkeypatch.setenv("VISMA_BUSY_SYNC_TENANT", "acme")
    yield shell
    sys.modules.pop("broken", None)
    theirs = sys.modules.pop("theirs", None)
    if theirs is not None:
        theirs.visma.close()


@pytest.mark.parametrize("app", ["visma", "within", "Nested.made"])
def test_a_blocking_integration_goes_from_login_to_sync(host: Shell, app: str) -> None:
    """The folder in which it is typed can be imported from, as with other tools."""
    host.good(f"connect --app theirs:{app} --auto --project-sync")
    assert "create" in host.good(f"--app theirs:{app} plan").out
    host.good(f"sync --app theirs:{app}")
    assert host.good(f"plan --app theirs:{app}").out.splitlines()[-1].startswith("nothing to do")
    if app == "within":
        assert set(sys.modules["theirs"].told) == {"closed"}


def test_an_asynchronous_integration_runs_in_a_loop_of_its_own(host: Shell) -> None:
    said = host.good("connect --app theirs:awaited --auto --project-sync")
    assert "Connected to Visma eAccounting" in said.out
    told = host("doctor --app theirs:make_async --json").json
    health = {each["code"]: each["health"] for each in told["checks"]}
    assert "data" not in health
    assert health["store"] == "warning"


@pytest.mark.parametrize("app", ["make", "awaited", "make_async", "make_later", "within_async"])
def test_every_way_to_one_leads_there(host: Shell, app: str) -> None:
    said = host(f"status --app theirs:{app}")
    assert (said.code, said.out) == (4, "not connected. Run connect and log in at Visma.\n")
    if app == "within_async":
        assert sys.modules["theirs"].told == ["closed async"]


def test_the_workspace_of_a_host_must_be_named(host: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISMA_BUSY_SYNC_TENANT")
    said = host("status --app theirs:visma")
    assert said.code == 64
    assert "--tenant" in said.err
    monkeypatch.setenv("VISMA_BUSY_SYNC_APP", "theirs:visma")
    assert host("--tenant acme status").code == 4


def test_a_host_has_no_sandbox_of_the_command_lines(host: Shell) -> None:
    said = host("status --app theirs:visma --sandbox")
    assert said.code == 64
    assert "no --sandbox" in said.err
    assert host("demo --app theirs:visma").code == 64


@pytest.mark.parametrize(
    ("app", "words"),
    [
        ("theirs", "names no object"),
        ("theirs:", "names no object"),
        ("nowhere:visma", "no module 'nowhere'"),
        ("broken:visma", "no module 'no_such_library'"),
        ("theirs:nothing", "has no 'nothing'"),
        ("theirs:Nested.nothing", "but type NoneType"),
        ("theirs:info", "but type dict"),
        ("theirs:dict", "has no 'dict'"),
    ],
)
def test_what_is_no_integration_is_told(host: Shell, app: str, words: str) -> None:
    said = host(f"status --app {app}")
    assert said.code == 1
    assert words in said.err
    assert "--app package.module:name" in said.err


def test_an_error_of_the_hosts_own_is_told_by_its_name(host: Shell) -> None:
    said = host("status --app theirs:fails")
    assert said.code == 1
    assert "error: theirs:fails failed with RuntimeError." in said.err
    assert "Its text may hold secrets; --debug shows it." in said.err
    assert host("status --app theirs:fails --json").json["type"] == "RuntimeError"
    assert "Traceback" not in said.err
    assert "hush" not in said.err
    sick = host("doctor --app theirs:fails --json")
    assert sick.code == 1
    assert sick.json["healthy"] is False
    assert [each["what"] for each in sick.json["checks"] if each["code"] == "app"] == [
        "theirs:fails failed with RuntimeError."
    ]
    shown = host("status --app theirs:fails --debug")
    assert "Traceback" in shown.err
    assert "def fails" in shown.err or "in fails" in shown.err
    assert "hush" not in shown.err


def booked(host: Shell, number: str) -> str:
    """Make a project with hours in the host's own Busy, and return its id."""
    theirs = sys.modules["theirs"]
    id = str(theirs.busy.add("acme", Kind.PROJECT, number=number, name="House"))
    theirs.hours.add_work_type("acme", WorkType(id="w", name="Work"))
    start = datetime(2026, 3, 10, 8, tzinfo=UTC)
    entry = TimeEntry(id=f"h{id}", work_type="w", member="m", start=start, billable_minutes=60)
    theirs.hours.book("acme", id, entry)
    return id


def test_a_number_is_taken_where_it_names_one_project_of_a_host(host: Shell) -> None:
    """What may be several is refused with the choices, and an id alone is never looked up."""
    host.good("connect --app theirs:visma --auto --project-sync")
    first, second, third = (booked(host, number) for number in ("17", "18", "18"))
    fourth = booked(host, first)

    def build(words: str) -> Said:
        return host(f"order build {words} --month 2026-03 --app theirs:visma")

    assert "OrderNotReady" in build("17").err
    for words in ("18", "--number 18"):
        several = build(words)
        assert several.code == 64
        assert "Several projects go by 18:" in several.err
        assert f"{second}  18 House\n" in several.err
        assert f"{third}  18 House\n" in several.err
        assert "--id" in several.err
    assert f"{fourth}  {first} House\n" in build(first).err
    assert "OrderNotReady" in build(f"--id {first}").err
    assert "OrderNotReady" in build(f"--number {first}").err
    assert "No project with the number 19 has anything to bill then." in build("--number 19").err
    assert "ProjectUnknown" in build("19").err
