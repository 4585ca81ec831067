"""The whole way from the login to the order under all pairs of what is unknown of eAccounting."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, cast

import httpx
import pytest
from cryptography.fernet import Fernet

from visma_busy_sync._core.runtimes import AsyncioRuntime, BlockingRuntime
from visma_busy_sync.eaccounting.transport import AsyncHttpxTransport, HttpxTransport
from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess
from visma_busy_sync.sandbox.profile import Profile, changed
from visma_busy_sync.sandbox.seed import seed_company
from visma_busy_sync.stores import MemoryCatalogue, MemoryWorkLog
from visma_busy_sync.stores.sql import (
    AsyncSqlCatalogue,
    AsyncSqlStateStore,
    AsyncSqlWorkLog,
    SqlCatalogue,
    SqlStateStore,
    SqlWorkLog,
)

from .office import Office, Shell, Wire
from .pairs import Row, all_pairs
from .story import Story, factors

USUAL = {name: values[0] for name, values in factors().items()}
ROWS = [USUAL, *all_pairs(factors())]


def store_of(place: int) -> str:
    """Where a row's workspace keeps its data: mostly in memory, since databases are tried elsewhere."""
    return {5: "sqlite", 11: "postgres"}.get(place % 12, "memory")


def unusual(row: Row) -> str:
    """What is not as usual in a row, for the one who reads of a failure."""
    return ", ".join(f"{name}={value}" for name, value in row.items() if value != USUAL[name]) or "as usual"


# The rows


def test_every_switch_of_the_sandbox_is_tried() -> None:
    """Each with its default first, which is what `changed` takes as no change."""
    switches = {name: values for name, values in factors().items() if name in Profile().as_json()}
    assert switches.keys() == Profile().as_json().keys()
    assert changed(Profile(), {name: values[0] for name, values in switches.items()}) == Profile()
    for name, values in switches.items():
        for value in values:
            changed(Profile(), {name: value})


def test_the_rows_have_all_pairs_and_are_always_the_same() -> None:
    for one, other in combinations(factors(), 2):
        together = {(row[one], row[other]) for row in ROWS}
        assert together == {(a, b) for a in factors()[one] for b in factors()[other]}
    assert all_pairs(factors()) == ROWS[1:]
    assert len(ROWS) < 120


# What they run over


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxInfo]:
    """A small company: 12 projects, of which two are finished, and as much as they need."""
    seed = seed_company()
    customers, articles = seed.rows("customers"), seed.rows("articles")
    content: dict[str, Any] = {
        "companysettings": seed.settings,
        "customers": [*customers[:4], {**customers[4], "IsActive": False}],
        "articles": [*articles[:4], {**articles[4], "IsActive": False}],
        "projects": [
            {
                **row,
                "Number": str(1001 + place),
                "CustomerId": customers[place % 4]["Id"],
                "Status": 2 if place in (0, 9) else 1,
            }
            for place, row in enumerate(seed.rows("projects")[:12])
        ],
        **{path: seed.rows(path) for path in ("units", "articleaccountcodings", "termsofpayments")},
    }
    file = tmp_path_factory.mktemp("company") / "small.json"
    file.write_text(json.dumps(content, default=float))
    with SandboxProcess(company=file) as process:
        yield process.info


@contextlib.contextmanager
def sql(office: Office, url: str) -> Iterator[Mapping[str, Any]]:
    """Let an office keep all in a database; yields the options of its SDK."""
    with SqlCatalogue.open(url) as catalogue, SqlStateStore.open(url) as state:
        catalogue.create_table()
        state.create_table()
        office.busy = cast("MemoryCatalogue", catalogue)
        hours = SqlWorkLog(catalogue)
        hours.create_table()
        office.hours = cast("MemoryWorkLog", hours)
        keys = [Fernet.generate_key()]
        run = office.shell.run
        if run is None:
            yield {"catalogue": catalogue, "state": state, "work": hours, "encryption_keys": keys}
            return
        awaited = url.replace("sqlite:", "sqlite+aiosqlite:")
        stores = (AsyncSqlCatalogue.open(awaited), AsyncSqlStateStore.open(awaited))
        try:
            yield {
                "catalogue": stores[0],
                "state": stores[1],
                "work": AsyncSqlWorkLog(stores[0]),
                "encryption_keys": keys,
            }
        finally:
            for store in stores:
                run(store.close())


@pytest.mark.parametrize(
    ("row", "store"),
    [pytest.param(row, store_of(place), id=f"{place}-{store_of(place)}") for place, row in enumerate(ROWS)],
)
def test_nothing_is_doubled_lost_without_a_word_or_archived_wrongly(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: SandboxInfo,
    browser: httpx.Client,
    blocking_wire: HttpxTransport,
    awaiting_wire: AsyncHttpxTransport,
    loop: asyncio.Runner,
    row: Row,
    store: str,
) -> None:
    """Whatever eAccounting turns out to be: nothing crashes, nothing runs for ever, all is done or told."""
    run = loop.run if row["shell"] == "async" else None
    office = Office(sandbox, browser, Shell(run, Wire(blocking_wire, awaiting_wire)))
    office.reset()

    async def sleep(_: object, seconds: float) -> None:
        """Waiting takes no time of ours, but time goes on for both sides."""
        office.clock.advance(seconds)
        office.control("POST", "/clock", {"advance_seconds": seconds})

    monkeypatch.setattr(BlockingRuntime, "sleep", sleep)
    monkeypatch.setattr(AsyncioRuntime, "sleep", sleep)
    try:
        if store == "memory":
            Story(office, row, {}).run()
        else:
            with sql(office, request.getfixturevalue(f"{store}_url")) as options:
                Story(office, row, options).run()
    except Exception as error:
        error.add_note(unusual(row))
        raise
