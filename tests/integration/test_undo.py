"""Undoing a sync, over a sandbox."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from visma_busy_sync.errors import ConfigurationError, SyncRunning
from visma_busy_sync.sync import Kind, plan_from_json, plan_to_json

from .given import archived, own_projects
from .office import Office


def test_a_first_sync_that_was_a_mistake_is_taken_back(office: Office) -> None:
    """Busy's own projects are active again; what was imported is archived; nothing is deleted."""
    own = own_projects(office)
    before = office.records()
    acme = office.connected()
    report = acme.sync()
    assert archived(office, own) == [True, True]
    undone = acme.undo(report.plan)
    assert str(undone) == f"undone: {len(report.plan.changes)}"
    assert {id: office.records()[id] for id in own} == before
    assert all(values["archived"] for id, values in office.records().items() if id not in own)


def test_the_next_sync_brings_it_all_back_but_archives_nothing_again(office: Office) -> None:
    """Archiving what eAccounting lacks happened once."""
    own = own_projects(office)
    acme = office.connected()
    plan = acme.sync().plan
    after = office.records(), office.records(Kind.CUSTOMER)
    acme.undo(plan_from_json(plan_to_json(plan)))  # kept as a text meanwhile
    acme.sync()
    assert archived(office, own) == [False, False]
    assert {id: values for id, values in office.records().items() if id not in own} == {
        id: values for id, values in after[0].items() if id not in own
    }
    assert office.records(Kind.CUSTOMER) == after[1]


def test_what_was_touched_since_is_told(office: Office) -> None:
    acme = office.connected()
    plan = acme.sync().plan
    id = next(iter(office.records()))
    office.busy.edit("acme", Kind.PROJECT, id, name="Mine")
    undone = acme.undo(plan)
    (left,) = undone.left_out
    assert left.planned.eaccounting_id
    assert "changed since" in left.reason
    assert str(undone).endswith("; 1 left as it is")
    assert office.records()[id]["name"] == "Mine"


def test_a_plan_of_another_company_or_none_at_all_is_refused(office: Office) -> None:
    office.add_company("b", "Other AS")
    acme = office.connected()
    plan = acme.sync().plan
    before = office.imported()
    with pytest.raises(ConfigurationError, match="plan must be of type Plan"):
        acme.undo("plan")  # type: ignore[arg-type]
    office.log_in(acme, company="b")
    other = acme.status().other_company
    assert other is not None
    assert office.imported() != before
    acme.confirm_company(other.login_id)
    with pytest.raises(ConfigurationError, match="another company"):
        acme.undo(plan)


def test_it_never_runs_beside_a_sync(office: Office) -> None:
    key = Fernet.generate_key()
    acme = office.connected(encryption_keys=[key])
    plan = acme.sync().plan
    elsewhere = office.elsewhere().tenant(encryption_keys=[key])
    tried: list[object] = []

    def meanwhile(_: object) -> None:
        if not tried:
            with pytest.raises(SyncRunning) as caught:
                elsewhere.undo(plan)
            tried.append(caught.value)

    office.shell.wire.before = meanwhile
    acme.sync()
    assert tried
