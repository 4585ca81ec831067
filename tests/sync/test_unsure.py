"""What a reading that may lack records is good for (D15)."""

from __future__ import annotations

import pytest

from visma_busy_sync.sync import Action, Kind, Read, SyncSettings, Upstream, WarningCode, make_plan

from .host import COMPANY, ON, Host, actions, codes, customer, plan_for, product, project, sync


def test_d15_updates_of_linked_records() -> None:
    """A linked record is kept up to date also from an unsure read."""
    host = Host()
    sync(host, [project("p1")])
    plan = sync(host, [project("p1", name="Villa")], sure=False)
    assert actions(plan) == ["update"]
    assert set(codes(plan)) == {"unsure_read"}


def test_d15_missing_is_not_reported() -> None:
    """That an unsure read lacks a linked record says nothing."""
    host = Host()
    sync(host, [project("p1")])
    assert "missing_upstream" not in codes(plan_for(host, [], sure=False))


def test_d15_creates_what_resembles_nothing() -> None:
    """A record without any likeness in Busy is created from an unsure read."""
    host = Host()
    host.add(Kind.PROJECT, number="1", name="Hus")
    host.add(Kind.CUSTOMER, name="")
    plan = plan_for(host, [project("p2", "2", "Vei"), customer("c1", None, "Acme")], sure=False)
    assert actions(plan) == ["create", "create"]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(customer("c1", "10", "Beta"), id="number"),
        pytest.param(customer("c1", "11", "ACME"), id="name"),
        pytest.param(customer("c1", "11", "Beta", organization_number="9 9 9"), id="organisation number"),
        pytest.param(customer("c1", "10", "Acme", organization_number="999"), id="all"),
    ],
)
def test_d15_what_resembles_a_record_waits(row: Upstream) -> None:
    """What shares number, name or organisation number with Busy's waits; a sure read makes up for it."""
    host = Host()
    host.add(Kind.CUSTOMER, number="10", name="Acme", organization_number="999")
    assert plan_for(host, [row], sure=False).is_empty
    assert not plan_for(host, [row]).is_empty


def test_kinds_that_were_not_read_are_not_synced() -> None:
    """Only what was read is planned."""
    host = Host()
    plan = make_plan(
        COMPANY,
        {Kind.PRODUCT: Read([product("a1")], sure=True)},
        host.records,
        settings=SyncSettings(project_sync=True),
    )
    assert [each.kind for each in plan.changes] == [Kind.PRODUCT]


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        pytest.param(SyncSettings(project_sync=True), ["customer", "product", "project"], id="on"),
        pytest.param(SyncSettings(project_sync=False), ["customer", "product"], id="R12 off"),
        pytest.param(
            SyncSettings(project_sync=False, registers_without_projects=False), [], id="R12 off and alone"
        ),
    ],
)
def test_r7_r12_what_the_settings_import(settings: SyncSettings, kinds: list[str]) -> None:
    """Project sync decides about projects; customers and products come without it unless switched off."""
    rows = [project("p1"), product("a1"), customer("c1")]
    assert [each.kind for each in plan_for(Host(), rows, settings=settings).changes] == kinds


def test_a_list_that_may_hide_what_is_not_in_use_is_told() -> None:
    """Whatever is linked stays as it is."""
    host = Host()
    read = Read([project("p1")], sure=True, inactive_unknown=True)
    plan = make_plan(COMPANY, {Kind.PROJECT: read}, host.records, settings=ON)
    assert [(warning.code, warning.kind) for warning in plan.warnings] == [
        (WarningCode.INACTIVE_UNKNOWN, Kind.PROJECT)
    ]
    assert plan.counts[Action.CREATE] == 1
