"""Syncs that read only what changed since the one before, over a sandbox."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from visma_busy_sync import Choices
from visma_busy_sync.stores import MemoryCatalogue
from visma_busy_sync.sync import Action, Kind, Reason, WarningCode

from .given import FINISHED, first, idle, linked, synced
from .office import ACME, Office

LISTS = ("/v2/customers", "/v2/articles", "/v2/projects")
DAY = 24 * 3600


def later(office: Office, seconds: int = 3600) -> None:
    """Time passes on both sides."""
    office.clock.advance(seconds)
    office.control("POST", "/clock", {"advance_seconds": seconds})


def read_lists(office: Office, act: Any) -> list[tuple[str, str | None]]:
    """What lists were read, and under which filter, while `act` was done."""
    begin = office.journal()[-1]["sequence"]
    act()
    entries = [entry for entry in office.journal() if entry["sequence"] > begin]
    paths = [(e["path_template"], parse_qs(e["query"]).get("$filter", [None])[0]) for e in entries]
    return [(path, filter) for path, filter in paths if path in LISTS]


def test_the_next_sync_asks_each_list_once_for_what_changed(office: Office) -> None:
    """One request a list, by the server's own clock."""
    acme = synced(office)
    later(office)
    asked = read_lists(office, acme.sync)
    assert [path for path, _ in asked] == list(LISTS)
    assert all(filter is not None and " ge " in filter for _, filter in asked)
    assert acme.status().last_fetched == office.clock.now()


def test_what_changes_in_eaccounting_comes_with_it(office: Office) -> None:
    """New, renamed, finished and ongoing again."""
    acme = synced(office)
    later(office)
    renamed, ended = [row for row in office.upstream(Kind.PROJECT) if row["Status"] != FINISHED][:2]
    office.edit_upstream(Kind.PROJECT, renamed["Id"], Name="Renamed")
    office.edit_upstream(Kind.PROJECT, ended["Id"], Status=FINISHED)
    office.add_upstream(Kind.PROJECT, str(uuid.uuid4()), Number="7777", Name="New")
    report = acme.sync()
    assert report.applied == {Action.CREATE: 1, Action.UPDATE: 1, Action.ARCHIVE: 1}
    assert office.records()[linked(office, Kind.PROJECT, renamed)]["name"] == "Renamed"
    assert office.records()[linked(office, Kind.PROJECT, ended)]["archived"] is True
    later(office)
    assert idle(acme.sync())


def test_what_changed_shortly_before_the_reading_comes_again(office: Office) -> None:
    """Ten minutes of overlap: a change may show up late."""
    acme = synced(office)
    later(office)
    acme.sync()
    row = first(office, Kind.CUSTOMER, IsActive=True)
    stamp = office.journal()[-1]["time"]
    office.control(
        "PATCH", f"/records/customers/{row['Id']}", {"Name": "Late", "ChangedUtc": stamp}, keep_stamp="true"
    )
    office.clock.advance(300)
    office.control("POST", "/clock", {"advance_seconds": 300})
    assert acme.sync().applied == {Action.UPDATE: 1}


def test_what_is_deleted_is_noticed_once_a_day(office: Office) -> None:
    """Nothing tells of it but the whole list."""
    acme = synced(office)
    row = next(row for row in office.upstream(Kind.PROJECT) if row["Status"] != FINISHED)
    office.control("DELETE", f"/records/projects/{row['Id']}")
    later(office)
    assert idle(acme.sync())
    later(office, DAY)
    asked = read_lists(office, acme.sync)
    assert ("/v2/projects", None) in asked
    assert office.records()[linked(office, Kind.PROJECT, row)]["archived"] is True


def test_a_person_can_have_all_of_it_read(office: Office) -> None:
    acme = synced(office)
    row = next(row for row in office.upstream(Kind.PROJECT) if row["Status"] != FINISHED)
    office.control("DELETE", f"/records/projects/{row['Id']}")
    assert acme.plan().counts[Action.ARCHIVE] == 1
    assert acme.sync(whole=True).applied == {Action.ARCHIVE: 1}


def test_after_a_new_login_all_of_it_is_read(office: Office) -> None:
    """Who logs in may see other things."""
    acme = synced(office)
    office.log_in(acme)
    assert ("/v2/projects", None) in read_lists(office, acme.sync)


@pytest.mark.parametrize(
    "switches",
    [{"filters": "refused"}, {"filters": "ignored"}, {"ordering": "refused"}, {"stamps": "null"}],
    ids=str,
)
def test_where_it_cannot_be_told_what_changed_all_is_read(office: Office, switches: dict[str, Any]) -> None:
    """A change comes over all the same."""
    office.profile(**switches)
    acme = synced(office)
    later(office)
    row = first(office, Kind.CUSTOMER, IsActive=True)
    office.edit_upstream(Kind.CUSTOMER, row["Id"], Name="Renamed")
    acme.sync()
    assert office.records(Kind.CUSTOMER)[linked(office, Kind.CUSTOMER, row)]["name"] == "Renamed"


def test_what_a_server_refused_is_asked_again_after_a_week_only(office: Office) -> None:
    """Each sync in between would be refused for nothing."""
    office.profile(ordering="refused")
    acme = synced(office)

    def refusals(seconds: int) -> int:
        office.control("DELETE", "/journal")
        later(office, seconds)
        acme.sync(whole=True)
        return [entry["status"] for entry in office.journal()].count(400)

    assert refusals(6 * DAY) == 0
    assert refusals(2 * DAY) > 0


def test_finished_projects_that_lists_hide_arrive_archived(office: Office) -> None:
    """All projects are imported; later ones come with what changed."""
    office.profile(inactive_listed=False)
    acme = synced(office)
    numbers = {row["Number"] for row in office.upstream(Kind.PROJECT)}
    assert {values["number"] for values in office.records().values()} == numbers
    later(office)
    row = next(row for row in office.upstream(Kind.PROJECT) if row["Status"] != FINISHED)
    office.edit_upstream(Kind.PROJECT, row["Id"], Status=FINISHED)
    assert acme.sync().applied == {Action.ARCHIVE: 1}
    assert str(acme.sync(whole=True)) == "nothing to do"


def test_what_cannot_be_read_at_all_is_told(office: Office) -> None:
    """And nothing that was imported before is archived because of it."""
    acme = synced(office)
    before = office.records()
    office.profile(inactive_listed=False, inactive_filtered=False)
    office.clock.advance(8 * DAY)
    report = acme.sync(whole=True)
    told = [warning.kind for warning in report.plan.warnings if warning.code is WarningCode.INACTIVE_UNKNOWN]
    assert Kind.PROJECT in told
    assert office.records() == before


def test_what_the_host_refused_is_tried_again_though_it_did_not_change(office: Office) -> None:
    """It is remembered by its id in eAccounting."""
    row = first(office, Kind.CUSTOMER, IsActive=True)
    office.busy = MemoryCatalogue(unique_numbers=True)
    other = office.busy.add(ACME, Kind.CUSTOMER, number=row["CustomerNumber"], name="Other")
    acme = synced(office)
    later(office)
    (refused,) = acme.sync().refused
    assert refused.planned.eaccounting_id == row["Id"]
    office.busy.edit(ACME, Kind.CUSTOMER, other, number="9999")
    later(office)
    report = acme.sync()
    assert report.applied[Action.CREATE] == 1
    assert report.refused == ()
    # Its projects, which came without a customer, have it now.
    projects = office.upstream(Kind.PROJECT)
    of_it = {project["Number"] for project in projects if project["CustomerId"] == row["Id"]}
    assert of_it
    new = linked(office, Kind.CUSTOMER, row)
    assert {v["number"] for v in office.records().values() if v["customer"] == new} == of_it
    later(office)
    assert idle(acme.sync())


def test_a_conflict_is_settled_though_only_busy_changed(office: Office) -> None:
    """Two of Busy's customers fitted; one of them is called otherwise now."""
    row = first(office, Kind.CUSTOMER, IsActive=True)
    ids = [
        office.busy.add(ACME, Kind.CUSTOMER, number=row["CustomerNumber"], name=row["Name"]) for _ in range(2)
    ]
    acme = synced(office)
    later(office)
    assert acme.sync().plan.conflicts
    office.busy.edit(ACME, Kind.CUSTOMER, ids[1], name="Another", number="9999")
    later(office)
    plan = acme.sync().plan
    assert [change.reason for change in plan.changes if change.kind is Kind.CUSTOMER] == [Reason.ADOPTED]
    # Its projects, which had none in Busy, are mended in the same run.
    customers = {values["customer"] for values in office.records().values()}
    assert ids[0] in customers


def test_how_often_all_is_read_is_a_setting(office: Office) -> None:
    acme = synced(office, choices=Choices(whole_every=timedelta(minutes=30)))
    later(office)
    assert ("/v2/projects", None) in read_lists(office, acme.sync)
