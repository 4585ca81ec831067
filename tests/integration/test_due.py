"""`sync_due`: all tenants of a site, whenever a scheduler calls it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from visma_busy_sync import Choices, DueSync
from visma_busy_sync.errors import ConfigurationError, ReconnectNeeded, ServerFault
from visma_busy_sync.integration._turns import spread
from visma_busy_sync.ports import Write
from visma_busy_sync.stores import MemoryCatalogue
from visma_busy_sync.sync import Kind

from .office import Office

KEY = Fernet.generate_key()
HOUR = timedelta(hours=1)
TENANTS = ("north", "south", "east")


def due(office: Office, *args: Any, choices: Choices | None = None, **kwargs: Any) -> list[DueSync]:
    """Call it as a scheduler does."""
    return list(office.visma(choices=choices, encryption_keys=[KEY]).sync_due(*args, **kwargs))


@pytest.fixture
def connected(office: Office) -> Office:
    """Three tenants that have logged in, one after the other."""
    for name in TENANTS:
        office.log_in(office.tenant(name, encryption_keys=[KEY]), project_sync=True)
        office.clock.advance(1)
    return office


def test_all_that_are_due_are_synced_in_the_order_of_their_turn(connected: Office) -> None:
    """At first those that wait longest; then nobody until the interval is over."""
    done = due(connected)
    assert [each.tenant for each in done] == list(TENANTS)
    assert all(each.error is None and each.report is not None for each in done)
    assert due(connected) == []
    connected.clock.advance(HOUR.total_seconds() - 60)
    assert due(connected) == []
    connected.clock.advance(HOUR.total_seconds())
    assert {each.tenant for each in due(connected)} == set(TENANTS)


def test_each_tenant_has_a_moment_of_its_own(connected: Office) -> None:
    """Within a tenth of the interval after it."""
    due(connected)
    connected.clock.advance(HOUR.total_seconds())
    moments = {name: spread(name, HOUR) for name in TENANTS}
    assert len(set(moments.values())) == len(TENANTS)
    earliest = min(moments, key=lambda name: moments[name])
    assert timedelta(0) <= moments[earliest] < HOUR / 10
    connected.clock.advance(moments[earliest].total_seconds() + 1)
    assert earliest in {each.tenant for each in due(connected)}
    connected.clock.advance(HOUR.total_seconds() / 10)
    assert earliest not in {each.tenant for each in due(connected)}


def test_what_fails_for_one_tenant_stops_no_other(connected: Office) -> None:
    """It is told, and due again after the interval, so that it is not tried without end."""
    connected.control(
        "POST", "/faults", {"method": "GET", "path": "/projects", "kind": "status", "status": 500}
    )
    done = due(connected)
    assert [type(each.error) for each in done] == [ServerFault, type(None), type(None)]
    assert due(connected) == []


def test_a_dead_login_and_a_damaged_document_stop_no_other(connected: Office) -> None:
    """Whatever it is."""
    (found,) = [each for each in connected.state.scan("connection", "south") if each.key == "connection"]
    assert connected.state.commit("south", [Write("connection", found.document.version, "{")])
    errors = {each.tenant: each.error for each in due(connected)}
    assert errors["north"] is errors["east"] is None
    assert type(errors["south"]).__name__ == "DocumentUnreadable"
    connected.control("POST", "/password-change")
    connected.clock.advance(2 * HOUR.total_seconds())
    errors = {each.tenant: each.error for each in due(connected)}
    assert isinstance(errors["north"], ReconnectNeeded)
    assert isinstance(errors["east"], ReconnectNeeded)


def test_a_dead_login_takes_nobody_s_turn(connected: Office) -> None:
    """It is due again after the interval, like all others."""
    connected.control("POST", "/password-change")
    assert [each.tenant for each in due(connected, most=2)] == ["north", "south"]
    assert [each.tenant for each in due(connected, most=2)] == ["east"]
    connected.clock.advance(2 * HOUR.total_seconds())
    assert [type(each.error) for each in due(connected)] == [ReconnectNeeded] * 3
    assert due(connected) == []


def test_one_that_is_being_synced_is_left_out(connected: Office) -> None:
    """Whoever syncs it tells what became of it; with the next interval it is due again."""
    during: list[list[DueSync]] = []
    elsewhere = connected.elsewhere()

    def meanwhile(_: object) -> None:
        if not during:
            during.append([])
            during[0] = due(elsewhere)

    connected.shell.wire.before = meanwhile
    done = due(connected)
    connected.shell.wire.before = None
    assert sorted(each.tenant for each in (*done, *during[0])) == sorted(TENANTS)
    assert all(each.error is None for each in (*done, *during[0]))


def test_one_that_was_left_out_stays_due(connected: Office) -> None:
    """Its sync was not tried: something else held the right to it, an undo for instance."""
    plan = connected.tenant("north", encryption_keys=[KEY]).sync().plan
    connected.clock.advance(2 * HOUR.total_seconds())
    before = connected.tenant("north", encryption_keys=[KEY]).status().attempted
    during: list[list[DueSync]] = []
    apply = connected.busy.apply

    def meanwhile(tenant: str, changes: Any) -> Any:
        if not during:
            during.append([])
            during[0] = due(connected.elsewhere())
        return apply(tenant, changes)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryCatalogue, "apply", lambda self, tenant, changes: meanwhile(tenant, changes))
        north = connected.tenant("north", encryption_keys=[KEY])
        north.undo(plan)
    assert "north" not in {each.tenant for each in during[0]}
    assert north.status().attempted == before
    assert "north" in {each.tenant for each in due(connected)}


def test_how_many_at_most(connected: Office) -> None:
    """The rest is for the next call."""
    assert [each.tenant for each in due(connected, most=2)] == ["north", "south"]
    assert [each.tenant for each in due(connected, most=2)] == ["east"]


def test_who_is_not_connected_or_imports_nothing_is_not_due(connected: Office) -> None:
    connected.tenant("north", encryption_keys=[KEY]).disconnect()
    connected.log_in(connected.tenant("south", encryption_keys=[KEY]), project_sync=False)
    choices = Choices(registers_without_projects=False)
    assert [each.tenant for each in due(connected, choices=choices)] == ["east"]


def test_the_moment_can_be_given(connected: Office) -> None:
    """As of a scheduler's own clock."""
    due(connected)
    assert due(connected, connected.clock.now()) == []
    assert len(due(connected, connected.clock.now() + 2 * HOUR)) == len(TENANTS)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"now": "2026-11-25"}, "now must be of type datetime"),
        ({"now": datetime(2026, 11, 25)}, "no time zone"),  # noqa: DTZ001 - that is the point
        ({"most": "two"}, "most must be of type int"),
        ({"most": 0}, "whole number from 1"),
        ({"most": True}, "whole number from 1"),
    ],
)
def test_wrong_arguments_are_named(connected: Office, given: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        due(connected, **given)
    assert connected.records(Kind.PROJECT) == {}


def test_the_first_sync_waits_for_a_person_where_that_is_chosen(connected: Office) -> None:
    """Its plan archives what eAccounting lacks; those after it are due by themselves."""
    waits = Choices(first_sync_waits=True)
    north = connected.tenant("north", choices=waits, encryption_keys=[KEY])
    assert due(connected, choices=waits) == []
    assert north.status().next_due is None
    north.sync()
    assert north.status().next_due is not None
    connected.clock.advance(2 * HOUR.total_seconds())
    assert [each.tenant for each in due(connected, choices=waits)] == ["north"]


def test_a_first_sync_that_failed_still_waits_for_a_person(connected: Office) -> None:
    """Nobody has seen yet what it would do."""
    waits = Choices(first_sync_waits=True)
    fault = {"method": "GET", "path": "/projects", "kind": "status", "status": 500}
    connected.control("POST", "/faults", fault)
    with pytest.raises(ServerFault):
        connected.tenant("north", choices=waits, encryption_keys=[KEY]).sync()
    connected.clock.advance(2 * HOUR.total_seconds())
    assert due(connected, choices=waits) == []


def test_projects_wait_too_that_are_switched_on_later(connected: Office) -> None:
    """Customers and products were synced before."""
    waits = Choices(first_sync_waits=True)
    late = connected.tenant("late", choices=waits, encryption_keys=[KEY])
    connected.log_in(late, project_sync=False)
    late.sync()
    connected.log_in(late, project_sync=True)
    connected.clock.advance(2 * HOUR.total_seconds())
    assert due(connected, choices=waits) == []
    late.sync()
    connected.clock.advance(2 * HOUR.total_seconds())
    assert [each.tenant for each in due(connected, choices=waits)] == ["late"]
