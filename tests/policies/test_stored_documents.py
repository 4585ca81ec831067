"""What is promised of stored documents: later versions read them, and earlier ones leave newer ones alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from visma_busy_sync import BusySync, Tenant
from visma_busy_sync.errors import DocumentTooNew, DocumentUnreadable
from visma_busy_sync.ports import Write
from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore, MemoryWorkLog

from .storing import FOLDER, KEY, documents, restored

FILES: Final = sorted(FOLDER.glob("*.json"))
NEWER: Final = re.compile(r'("schema": ?)\d+')


def host(state: MemoryStateStore) -> tuple[BusySync, Tenant]:
    """A host that was stopped, and starts again over what it had stored."""
    catalogue = MemoryCatalogue()
    visma = BusySync(
        catalogue=catalogue,
        work=MemoryWorkLog(catalogue),
        state=state,
        client_id="c",
        client_secret="s",
        redirect_uri="https://busy.example/callback",
        encryption_keys=[KEY],
    )
    return visma, visma.tenant("acme")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_a_released_version_stored_is_read(path: Path) -> None:
    """Connection, tokens, orders, runs and decisions, as they were."""
    visma, acme = host(restored(path))
    with visma:
        status = acme.status()
        assert status.state == "connected"
        assert status.last_fetched is not None
        (entry,) = acme.orders()
        assert entry.state == "transferred"
        assert entry.order is not None
        assert entry.order.total == 3750
        assert len(acme.runs()) == 1
        assert [decision.what for decision in acme.decisions()] == ["keep"]
        assert visma.reseal().failures == ()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_a_newer_version_wrote_is_refused_and_left_as_it_is(path: Path) -> None:
    """Who goes back to an earlier version sends nothing by mistake, and loses nothing."""
    state = MemoryStateStore()
    for tenant, key, body in documents(restored(path)):
        state.commit(tenant, [Write(key, None, NEWER.sub(r"\g<1>999", body))])
    before = documents(state)
    (order_id,) = (key.removeprefix("order/") for _, key, _ in before if key.startswith("order/"))
    visma, acme = host(state)
    with visma:
        calls: list[Callable[[], object]] = [acme.status, acme.runs, acme.sync]
        calls.append(lambda: acme.ledger_entry(order_id))
        for call in calls:
            with pytest.raises((DocumentUnreadable, DocumentTooNew), match="Update visma-busy-sync"):
                call()
    assert documents(state) == before
    assert all("999" in body for _, _, body in before)
