"""What the last syncs did, as they are kept."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet

from visma_busy_sync.errors import ConnectionChanged, ServerFault
from visma_busy_sync.state._runs import MOST_RUNS
from visma_busy_sync.stores import MemoryCatalogue
from visma_busy_sync.sync import Kind

from .given import first, synced
from .office import ACME, Office


def test_each_sync_leaves_a_record_the_latest_first(office: Office) -> None:
    """When it was, how much was read, and what was done, by kind."""
    acme = synced(office)
    office.clock.advance(3600)
    acme.sync()
    second, run = acme.runs()
    assert run.error is None
    assert run.started <= run.ended < second.started
    upstream = len(office.upstream(Kind.CUSTOMER))
    customers = run.kinds["customer"]
    assert (customers.read, customers.whole, customers.sure) == (upstream, True, True)
    assert customers.applied == {"create": upstream}
    assert second.kinds["customer"].applied == {}
    assert not second.kinds["customer"].whole
    assert second.kinds["customer"].unchanged == upstream


def test_what_failed_is_kept_too(office: Office) -> None:
    """The name of the error only: its text may name people."""
    acme = synced(office)
    office.fault("GET", "/articles", "status", status=500)
    with pytest.raises(ServerFault):
        acme.sync()
    assert [run.error for run in acme.runs()] == ["ServerFault", None]


def test_what_was_refused_is_named_by_its_ids(office: Office) -> None:
    """With why and what was to be done, never with names."""
    row = first(office, Kind.CUSTOMER, IsActive=True)
    office.busy = MemoryCatalogue(unique_numbers=True)
    office.busy.add(ACME, Kind.CUSTOMER, number=row["CustomerNumber"], name="Other")
    (run,) = synced(office).runs()
    (parked,) = run.parked
    assert (parked.kind, parked.action, parked.eaccounting_id, parked.why) == (
        "customer",
        "create",
        row["Id"],
        "refused",
    )
    assert run.parked_count == 1
    assert run.conflicts == {"number_taken": 1}
    bodies = "".join(found.document.body for found in office.state.scan("runs"))
    assert row["Name"] not in bodies


def test_only_the_last_runs_are_kept(office: Office) -> None:
    acme = synced(office)
    for _ in range(MOST_RUNS + 1):
        acme.sync()
    runs = acme.runs()
    assert len(runs) == MOST_RUNS
    assert not any(run.kinds["customer"].applied for run in runs)


def test_who_never_synced_has_none(office: Office) -> None:
    assert office.connected().runs() == ()


def test_a_tenant_that_leaves_meanwhile_leaves_nothing_behind(office: Office, monkeypatch: Any) -> None:
    """Neither what was read, nor that it was."""
    key = Fernet.generate_key()
    office.connected(encryption_keys=[key])
    leaving = office.elsewhere().tenant(encryption_keys=[key])
    apply = office.busy.apply

    def applied(self: MemoryCatalogue, tenant: str, changes: Any) -> Any:
        outcomes = apply(tenant, changes)
        if changes[0].kind is Kind.PROJECT:
            leaving.purge(everything=True)
        return outcomes

    monkeypatch.setattr(MemoryCatalogue, "apply", applied)
    with pytest.raises(ConnectionChanged):
        office.tenant(encryption_keys=[key]).sync()
    kept = {found.key for found in office.state.scan("", ACME) if found.document.body != '{"erased": true}'}
    assert not {key for key in kept if key.startswith(("runs", "reading", "decisions", "connection"))}


def test_the_status_tells_that_the_last_sync_failed(office: Office) -> None:
    """Until one succeeds; what it holds was fetched before."""
    acme = synced(office)
    office.fault("GET", "/articles", "status", status=500)
    with pytest.raises(ServerFault):
        acme.sync()
    status = acme.status()
    assert status.failed == "ServerFault"
    assert "; the last sync failed: a fault at eAccounting" in str(status)
    assert "; siste henting mislyktes: en feil hos eAccounting" in status.text("nb")
    acme.sync()
    assert acme.status().failed is None
