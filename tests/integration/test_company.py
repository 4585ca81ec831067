"""Logging in to another company: it waits, is looked at, and is confirmed or discarded (D10)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from visma_busy_sync._facade import Tenant
from visma_busy_sync.eaccounting.errors import ReconnectNeeded
from visma_busy_sync.integration import (
    ConnectionState,
    FindingCode,
    LoginOutcome,
    NotConnected,
    NothingToConfirm,
    NotReady,
)
from visma_busy_sync.sync import Action, Kind, Plan, Reason

from .given import ONGOING, archived, first, idle, linked, own_projects, synced
from .office import ACME, SESSION, Office, waiting

COMPANY = "c509f287-8331-5791-b13a-ae597cfe03b7"


def archives(plan: Plan) -> list[tuple[str | None, Reason]]:
    return [(each.busy_id, each.reason) for each in plan.changes if each.action is Action.ARCHIVE]


def other_company(office: Office) -> str:
    """Add a company that has all that the first one has but one project; return Busy's id of that one."""
    office.add_company("other", "Other AS")
    row = first(office, Kind.PROJECT, Status=ONGOING)
    office.control("DELETE", f"/records/projects/{row['Id']}", company="other")
    return linked(office, Kind.PROJECT, row)


def with_another(office: Office) -> tuple[Tenant, str]:
    """A tenant whose user logged in to another company after the first sync; the project that it lacks."""
    acme = synced(office)
    missing = other_company(office)
    assert office.log_in(acme, company="other").outcome is LoginOutcome.CONFIRM_COMPANY
    return acme, missing


def test_another_company_waits_and_the_connection_goes_on_meanwhile(office: Office) -> None:
    acme = synced(office)
    missing, before = other_company(office), office.records()
    result = office.log_in(acme, company="other")
    assert (result.outcome, result.connected) == (LoginOutcome.CONFIRM_COMPANY, False)
    assert result.other_company is not None
    assert result.other_company.company_name == "Other AS"
    assert "Ingenting er endret" in result.text("nb")
    assert "Nothing has changed" in result.text("en")
    status = acme.status()
    assert (status.state, status.company_id) == (ConnectionState.CONNECTED, COMPANY)
    assert status.other_company == result.other_company
    assert "bekreft eller avbryt" in status.press.nb
    assert "confirm or cancel" in str(status)
    assert office.records() == before
    row = first(office, Kind.PROJECT, Status=ONGOING)
    office.edit_upstream(Kind.PROJECT, row["Id"], Name="Renamed")
    assert str(acme.sync()) == "applied: 1 updated"
    assert office.records()[missing]["name"] == "Renamed"


def test_d10_the_preview_shows_what_would_be_archived_and_changes_nothing(office: Office) -> None:
    acme, missing = with_another(office)
    own = own_projects(office)
    before = office.snapshot()
    plan = acme.preview_company()
    assert sorted(archives(plan)) == sorted((id, Reason.MISSING_AT_CONNECTION) for id in (missing, *own))
    assert office.snapshot() == before
    acme.confirm_company(waiting(acme))
    assert archived(office, [missing, *own]) == [False] * 3  # confirming alone imports nothing
    assert archives(acme.plan()) == archives(plan)
    acme.sync()
    assert archived(office, [missing, *own]) == [True] * 3


def test_a_confirmed_company_is_the_connection(office: Office) -> None:
    acme, _ = with_another(office)
    status = acme.confirm_company(waiting(acme))
    assert status == acme.status()
    assert (status.state, status.company_name) == (ConnectionState.CONNECTED, "Other AS")
    assert (status.other_company, status.last_fetched) == (None, None)
    acme.sync()
    assert idle(acme.sync())
    assert len(office.state.scan("tokens/")) == 1
    assert office.counted("revocations") == 0  # the former login's tokens are forgotten


def test_d10_going_back_to_the_former_company_restores_what_was_archived(office: Office) -> None:
    acme, missing = with_another(office)
    acme.confirm_company(waiting(acme))
    acme.sync()
    assert archived(office, [missing]) == [True]
    assert office.log_in(acme).outcome is LoginOutcome.CONFIRM_COMPANY
    assert archives(acme.preview_company()) == []
    assert acme.confirm_company(waiting(acme)).company_id == COMPANY
    acme.sync()
    assert archived(office, [missing]) == [False]
    assert idle(acme.sync())
    for kind in Kind:
        assert len(office.records(kind)) == len(office.upstream(kind))  # the links were found again


def test_a_discarded_company_leaves_all_as_it_was(office: Office) -> None:
    acme = synced(office)
    before, data = acme.status(), office.records()
    office.add_company("other", "Other AS")
    office.log_in(acme, company="other")
    assert acme.discard_company(waiting(acme)) == acme.status() == before
    assert office.records() == data
    assert len(office.state.scan("tokens/")) == 1
    assert office.counted("revocations") == 0  # that might end the connection that stays
    assert idle(acme.sync())


def test_without_another_company_there_is_nothing_to_confirm(office: Office) -> None:
    acme = office.tenant()
    for _ in range(2):
        calls: list[Callable[[], object]] = [
            acme.preview_company,
            lambda: acme.confirm_company("other"),
            lambda: acme.discard_company("other"),
        ]
        for call in calls:
            with pytest.raises(NothingToConfirm) as raised:
                call()
            assert raised.value.advice
        office.log_in(acme)
    office.add_company("other", "Other AS")
    office.log_in(acme, company="other")
    acme.confirm_company(waiting(acme))
    with pytest.raises(NothingToConfirm):
        acme.confirm_company(waiting(acme))  # pressed twice


def test_what_is_confirmed_is_what_was_shown(office: Office) -> None:
    """A colleague logs in to a third company after the preview: nobody saw what that would archive."""
    acme = office.connected()
    office.add_company("other", "Other AS")
    office.add_company("third", "Third AS")
    office.log_in(acme, company="other")
    shown = waiting(acme)
    office.log_in(acme, company="third")
    before = acme.status()
    for call in (acme.confirm_company, acme.discard_company):
        with pytest.raises(NothingToConfirm):
            call(shown)
    assert acme.status() == before
    shown = waiting(acme)
    office.log_in(acme, company="third", project_sync=False)  # the same one, but chosen otherwise
    with pytest.raises(NothingToConfirm):
        acme.confirm_company(shown)
    status = acme.confirm_company(waiting(acme))
    assert (status.company_name, status.project_sync) == ("Third AS", False)


def test_the_page_may_be_loaded_again_at_any_time(office: Office) -> None:
    acme = office.connected()
    office.add_company("other", "Other AS")
    callback = office.press(acme.connect(project_sync=True, session=SESSION), company="other")
    for _ in range(2):
        assert acme.complete_login(callback, session=SESSION).outcome is LoginOutcome.CONFIRM_COMPANY
    acme.confirm_company(waiting(acme))
    assert acme.complete_login(callback, session=SESSION).outcome is LoginOutcome.ALREADY_CONNECTED
    callback = office.press(acme.connect(project_sync=True, session=SESSION))
    acme.complete_login(callback, session=SESSION)
    acme.discard_company(waiting(acme))
    assert acme.complete_login(callback, session=SESSION).outcome is LoginOutcome.NOT_THIS_LOGIN


def test_after_disconnecting_another_company_waits_too(office: Office) -> None:
    """Else the projects of the former one would be archived without anybody having seen it."""
    acme = synced(office)
    acme.disconnect()
    missing = other_company(office)
    assert office.log_in(acme, company="other").outcome is LoginOutcome.CONFIRM_COMPANY
    status = acme.status()
    assert (status.state, status.company_id) == (ConnectionState.DISCONNECTED, COMPANY)
    with pytest.raises(NotConnected):
        acme.sync()
    assert archives(acme.preview_company()) == [(missing, Reason.MISSING_AT_CONNECTION)]
    assert acme.confirm_company(waiting(acme)).state is ConnectionState.CONNECTED
    acme.sync()
    assert archived(office, [missing]) == [True]


def test_a_company_that_is_discarded_after_disconnecting_keeps_no_login(office: Office) -> None:
    acme = office.connected()
    acme.disconnect()
    office.add_company("other", "Other AS")
    office.log_in(acme, company="other")
    assert office.counted("alive_logins") == 1
    assert acme.discard_company(waiting(acme)).state is ConnectionState.DISCONNECTED
    assert office.counted("alive_logins") == 0
    assert office.state.scan("tokens/") == []


def test_of_several_logins_the_last_one_waits(office: Office) -> None:
    acme = office.connected()
    for id in ("b", "c"):
        office.add_company(id, f"{id.upper()} AS")
    for id in ("b", "c", "b", "c"):
        result = office.log_in(acme, company=id)
        assert result.outcome is LoginOutcome.CONFIRM_COMPANY
        assert result.other_company is not None
        assert result.other_company.company_name == f"{id.upper()} AS"
        assert len(office.state.scan("tokens/")) == 2  # the connection's, and of the one that waits
    assert acme.confirm_company(waiting(acme)).company_name == "C AS"
    acme.sync()


def test_logging_in_to_the_connected_company_takes_the_other_one_away(office: Office) -> None:
    acme = office.connected()
    office.add_company("other", "Other AS")
    office.log_in(acme, company="other")
    assert office.log_in(acme).outcome is LoginOutcome.CONNECTED
    assert acme.status().other_company is None
    assert len(office.state.scan("tokens/")) == 1
    acme.sync()


def test_disconnecting_ends_the_login_that_waits_too(office: Office) -> None:
    acme = office.connected()
    office.add_company("other", "Other AS")
    office.log_in(acme, company="other")
    acme.disconnect()
    assert (office.counted("revocations"), office.counted("alive_logins")) == (2, 0)
    assert office.state.scan("tokens/") == []
    with pytest.raises(NothingToConfirm):
        acme.confirm_company(waiting(acme))


def test_a_waiting_login_that_died_can_be_made_again(office: Office) -> None:
    acme = office.connected()
    office.add_company("other", "Other AS")
    office.log_in(acme, company="other")
    office.control("POST", "/password-change")
    with pytest.raises(ReconnectNeeded):
        acme.preview_company()
    office.log_in(acme, company="other")
    assert acme.preview_company().changes
    acme.confirm_company(waiting(acme))
    acme.sync()


def test_a_company_that_is_not_ready_is_told_before_it_is_confirmed(office: Office) -> None:
    acme = office.connected()
    office.add_company("other", "Other AS")
    office.control("PATCH", "/records/companysettings", {"UsesProject": False}, company="other")
    result = office.log_in(acme, company="other")
    assert result.readiness is not None
    assert "Slå på prosjekt" in result.text("nb")
    before = office.snapshot()
    with pytest.raises(NotReady):
        acme.preview_company()
    assert office.snapshot() == before


def test_the_same_company_under_two_tenants_is_reported(office: Office) -> None:
    acme = office.connected()
    assert acme.readiness().findings == ()
    second = office.tenant("second")
    result = office.log_in(second)
    assert result.connected
    assert result.readiness is not None
    assert [finding.code for finding in result.readiness.findings] == [FindingCode.ALSO_CONNECTED]
    assert result.readiness.ready  # it is told, and stands in nobody's way
    assert [finding.tenants for finding in result.readiness.findings] == [(ACME,)]
    assert [finding.tenants for finding in acme.readiness().findings] == [("second",)]
    # Who reads it may be another customer's user.
    assert not any(ACME in result.text(language) for language in ("nb", "en"))
    second.sync()
    second.disconnect()
    assert acme.readiness().findings == ()
