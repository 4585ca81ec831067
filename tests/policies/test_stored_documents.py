"""What is promised of what is stored: later versions read it, earlier ones leave newer documents alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from visma_busy_sync.errors import DocumentTooNew, DocumentUnreadable
from visma_busy_sync.ports import Write
from visma_busy_sync.sandbox.process import SandboxInfo
from visma_busy_sync.stores import MemoryStateStore

from .small_host import MARCH, Stores, close, connect, endpoints
from .storing import FOLDER, integration, restore

NEWER: Final = re.compile(r'("schema": ?)\d+')


@pytest.fixture(params=sorted(FOLDER.glob("*.sql")), ids=lambda path: path.stem)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """The database of a host, as a released version left it."""
    opened = restore(request.param, tmp_path / "busy.db")
    yield opened
    close(opened)


def test_what_a_released_version_stored_is_read(stores: Stores, sandbox: SandboxInfo) -> None:
    """Connection, tokens, orders, runs, decisions, links, hours and finalised orders, as they were."""
    with integration(stores, endpoints(sandbox), sandbox.client_id, sandbox.client_secret) as visma:
        acme = visma.tenant("acme")
        status = acme.status()
        assert status.state == "connected"
        assert status.last_fetched is not None
        orders = [entry.order for entry in acme.orders() if entry.state == "transferred"]
        assert [order.total for order in orders] == [3750, 20000]
        assert [run.error for run in acme.runs()] == ["ReconnectNeeded", None]
        assert [decision.what for decision in acme.decisions()] == ["keep"]
        assert visma.reseal().failures == ()
        connect(acme)
        assert not acme.plan().changes  # what is linked is recognised
        (waits,) = stores.work.finalised("acme")
        assert acme.push(waits).repeated
        assert acme.billing_proof(MARCH).holds


def test_what_a_newer_version_wrote_is_refused_and_left_as_it_is(
    stores: Stores, sandbox: SandboxInfo
) -> None:
    """Who goes back to an earlier version sends nothing by mistake, and loses nothing."""
    state = MemoryStateStore()
    for each in stores.state.scan(""):
        body = NEWER.sub(r"\g<1>999", each.document.body)
        state.commit(each.tenant, [Write(each.key, None, body)])
    before = list(state.scan(""))
    orders = [each.key.removeprefix("order/") for each in before if each.key.startswith("order/")]
    newer = Stores(stores.catalogue, stores.work, state)
    with integration(newer, endpoints(sandbox)) as visma:
        acme = visma.tenant("acme")
        calls: list[Callable[[], object]] = [acme.status, acme.runs, acme.sync]
        calls.append(lambda: acme.ledger_entry(orders[0]))
        for call in calls:
            with pytest.raises((DocumentUnreadable, DocumentTooNew), match="Update visma-busy-sync"):
                call()
        assert acme.orders() == []
    assert list(state.scan("")) == before
    assert len(orders) == 2
    assert all("999" in each.document.body for each in before)
