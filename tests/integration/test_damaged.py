"""A stored document that is damaged is replaced where nothing is lost by that; any other one is named."""

from __future__ import annotations

from typing import Any

import pytest

from visma_busy_sync.errors import DocumentUnreadable, SyncRunning
from visma_busy_sync.integration import CheckCode, ConnectionState, Health
from visma_busy_sync.integration._alone import LEASE_LASTS, SYNC_LEASE
from visma_busy_sync.ports import Write
from visma_busy_sync.state import CONNECTION, ORDER_NOTES, READING_PREFIX, RUNS, TOLD
from visma_busy_sync.stores import MemoryCatalogue
from visma_busy_sync.sync import Kind

from .office import ACME, Office

NEW = "00000000-0000-0000-0000-00000000abcd"
REPLACED = (RUNS, READING_PREFIX, TOLD, ORDER_NOTES)


def damage(office: Office, prefix: str, *, body: str = '{"schema": 1, "data": {}}x') -> str:
    """Damage the document whose key begins so, or put a damaged one there; return its key."""
    found = office.state.scan(prefix, ACME)
    key, version = (found[0].key, found[0].document.version) if found else (prefix, None)
    assert office.state.commit(ACME, [Write(key, version, body)])
    return key


@pytest.mark.parametrize("prefix", REPLACED)
def test_what_only_tells_what_was_or_is_found_out_again_is_replaced(office: Office, prefix: str) -> None:
    """Each sync goes on as if it were empty, and the operator is told of it as long as it is there."""
    acme = office.connected()
    acme.sync()
    key = damage(office, prefix)
    (told,) = acme.diagnose().of(CheckCode.DOCUMENTS)
    assert (told.health, key in told.text("en"), key in told.text("nb")) == (Health.WARNING, True, True)
    office.add_upstream(Kind.PROJECT, NEW, Number="777", Name="New")
    report = acme.sync()
    assert len(report.applied) == 1
    assert acme.status().failed is None
    assert len(acme.runs()) == (1 if prefix == RUNS else 2)


def test_after_damaged_notes_on_reading_all_is_read(office: Office) -> None:
    """Nothing that waited to be tried again is forgotten; the next sync reads changes only."""
    acme = office.connected()
    acme.sync()
    assert not acme.sync().whole
    damage(office, READING_PREFIX)
    assert acme.sync().whole
    assert not acme.sync().whole


def test_a_damaged_right_to_sync_lets_nobody_in_until_it_would_have_ended(office: Office) -> None:
    """Whose it was cannot be read any more, and that one may be at work."""
    acme = office.connected()
    acme.sync()
    damage(office, SYNC_LEASE)
    with pytest.raises(SyncRunning):
        acme.sync()
    office.clock.advance(LEASE_LASTS.total_seconds() - 1)
    with pytest.raises(SyncRunning):
        acme.sync()
    office.clock.advance(2)
    acme.sync()
    assert acme.diagnose().of(CheckCode.DOCUMENTS)[0].health is Health.OK


def test_who_was_at_work_while_its_right_was_damaged_stops(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it is over before another begins."""
    apply = MemoryCatalogue.apply
    applied: list[int] = []
    damaged = True

    def damaging(self: MemoryCatalogue, tenant: str, changes: Any) -> Any:
        applied.append(len(changes))
        if damaged:
            damage(office, SYNC_LEASE)
        return apply(self, tenant, changes)

    monkeypatch.setattr(MemoryCatalogue, "apply", damaging)
    acme = office.connected()
    with pytest.raises(SyncRunning):
        acme.sync()
    assert len(applied) == 1
    damaged = False
    office.clock.advance(LEASE_LASTS.total_seconds() + 1)
    acme.sync()
    assert acme.plan().is_empty


def test_a_damaged_connection_is_named_with_what_helps_without_a_backup(office: Office) -> None:
    """And it does help; what is linked stays linked."""
    acme = office.connected()
    acme.sync()
    damage(office, CONNECTION)
    with pytest.raises(DocumentUnreadable, match=r"purge\(\) the tenant and connect again"):
        acme.status()
    found = acme.diagnose()
    (told,) = found.of(CheckCode.DOCUMENTS)
    assert told.health is Health.FAILURE
    assert "purge()" in told.text("nb")
    assert not found.of(CheckCode.ANSWERS)
    acme.purge()
    assert acme.diagnose().of(CheckCode.DOCUMENTS)[0].health is Health.OK
    office.log_in(acme)
    assert acme.status().state is ConnectionState.CONNECTED
    assert not acme.sync().applied


@pytest.mark.parametrize(
    ("prefix", "cure"),
    [("archive-missing/", "restore it from a backup"), ("tokens/", "Press connect"), ("claim/1", "restore")],
)
def test_what_must_not_be_made_up_is_named_with_its_cure(office: Office, prefix: str, cure: str) -> None:
    acme = office.connected()
    key = damage(office, prefix)
    (told,) = acme.diagnose().of(CheckCode.DOCUMENTS)
    assert told.health is Health.FAILURE
    assert key in told.text("en")
    assert cure in told.text("en")


@pytest.mark.parametrize("prefix", REPLACED)
def test_what_a_newer_version_wrote_is_not_replaced(office: Office, prefix: str) -> None:
    """That version reads it again."""
    acme = office.connected()
    acme.sync()
    body = '{"schema": 99, "data": {}}'
    key = damage(office, prefix, body=body)
    (told,) = acme.diagnose().of(CheckCode.DOCUMENTS)
    assert told.health is Health.FAILURE
    assert "Update visma-busy-sync" in told.text("en")
    assert office.state.read(ACME, [key])[key].body == body
