"""The import (R1, R7-R9, R11-R13, R18, R20-R24, R27, R30), over a sandbox."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from visma_busy_sync.busy import Prices, WorkType
from visma_busy_sync.eaccounting.errors import (
    ServerFault,
)
from visma_busy_sync.integration import Choices
from visma_busy_sync.sync import Action, ArchiveMissing, ConflictCode, Kind, Owner

from .given import FINISHED, ONGOING, archived, first, idle, linked, own_projects, synced
from .office import ACME, MARCH, PATHS, Office, waiting, with_work

NEW_ID = "11111111-2222-4333-8444-555555555555"


# What comes in


@pytest.mark.parametrize("kind", list(Kind))
def test_r1_projects_customers_and_products_are_imported(office: Office, kind: Kind) -> None:
    synced(office)
    number = "CustomerNumber" if kind is Kind.CUSTOMER else "Number"
    theirs = sorted((row[number], row["Name"]) for row in office.upstream(kind))
    ours = sorted((r.values["number"], r.values["name"]) for r in office.busy.load(ACME, kind))
    assert ours == theirs


def test_r7_all_projects_are_imported_with_all_their_fields(office: Office) -> None:
    synced(office)
    customers = {row["Id"]: row["Name"] for row in office.upstream(Kind.CUSTOMER)}
    names = {record.id: record.values["name"] for record in office.busy.load(ACME, Kind.CUSTOMER)}

    def day(text: str | None) -> date | None:
        return date.fromisoformat(text[:10]) if text else None

    theirs = {
        row["Number"]: {
            "number": row["Number"],
            "name": row["Name"],
            "customer": customers.get(row["CustomerId"]),
            "start_date": day(row["StartDate"]),
            "end_date": day(row["EndDate"]),
            "notes": row["Notes"] or None,
            "archived": row["Status"] == FINISHED,
        }
        for row in office.upstream(Kind.PROJECT)
    }
    ours = {
        values["number"]: {**values, "customer": names.get(str(values["customer"]))}
        for values in office.records().values()
    }
    assert ours == theirs
    assert len(ours) > 50


def test_r7_projects_on_several_pages_are_all_imported(office: Office) -> None:
    office.control("PATCH", "/profile", {"page_cap": 7})
    synced(office)
    assert len(office.records()) == len(office.upstream(Kind.PROJECT))


def test_r9_nothing_but_sync_is_needed_once_connected(office: Office) -> None:
    report = office.connected().sync()
    assert report.applied[Action.CREATE] == sum(len(office.upstream(kind)) for kind in Kind)
    assert report.started == report.ended == office.clock.now()


def test_r20_archived_projects_arrive_archived(office: Office) -> None:
    synced(office)
    finished = {row["Number"] for row in office.upstream(Kind.PROJECT) if row["Status"] == FINISHED}
    archived = {values["number"] for values in office.records().values() if values["archived"]}
    assert archived == finished != set()


@pytest.mark.parametrize(
    ("kind", "archived", "active"),
    [
        (Kind.PROJECT, {"Status": FINISHED}, {"Status": ONGOING}),
        (Kind.CUSTOMER, {"IsActive": False}, {"IsActive": True}),
        (Kind.PRODUCT, {"IsActive": False}, {"IsActive": True}),
    ],
    ids=str,
)
def test_r20_the_archived_flag_follows_both_ways(
    office: Office, kind: Kind, archived: dict[str, Any], active: dict[str, Any]
) -> None:
    acme = synced(office)
    row = first(office, kind, **active)
    id = linked(office, kind, row)
    office.edit_upstream(kind, row["Id"], **archived)
    assert str(acme.sync()) == "applied: 1 archived"
    assert office.records(kind)[id]["archived"] is True
    office.edit_upstream(kind, row["Id"], **active)
    assert str(acme.sync()) == "applied: 1 restored"
    assert office.records(kind)[id]["archived"] is False


def test_what_a_person_archived_in_busy_stays_archived(office: Office) -> None:
    acme = synced(office)
    row = first(office, Kind.PROJECT, Status=ONGOING)
    id = linked(office, Kind.PROJECT, row)
    office.busy.edit(ACME, Kind.PROJECT, id, archived=True)
    office.edit_upstream(Kind.PROJECT, row["Id"], Name="Renamed")
    acme.sync()
    assert office.records()[id]["archived"] is True
    assert office.records()[id]["name"] == "Renamed"


def test_a_project_that_is_in_both_is_adopted(office: Office) -> None:
    row = first(office, Kind.PROJECT, Status=ONGOING)
    id = office.busy.add(ACME, Kind.PROJECT, number=row["Number"], name=row["Name"].upper(), notes="Mine")
    acme = office.connected()
    plan = acme.plan()
    assert [p.adopted for p in plan.changes if p.busy_id == id] == [True]
    acme.sync()
    assert len(office.records()) == len(office.upstream(Kind.PROJECT))
    assert office.records()[id]["notes"] == "Mine"


def test_a_number_that_another_project_of_busys_has_merges_nothing(office: Office) -> None:
    """The other is created beside it; at the connection Busy's is one that eAccounting does not have."""
    row = first(office, Kind.PROJECT, Status=ONGOING)
    id = office.busy.add(ACME, Kind.PROJECT, number=row["Number"], name="Et annet prosjekt")
    report = office.connected().sync()
    (conflict,) = report.plan.conflicts
    assert (conflict.code, conflict.busy_id) == (ConflictCode.NUMBER_TAKEN, id)
    assert office.record(Kind.PROJECT, row["Name"]).values["number"] == row["Number"]
    assert office.records()[id]["name"] == "Et annet prosjekt"
    assert archived(office, [id]) == [True]


def test_at_adoption_number_and_customer_come_from_eaccounting_and_all_else_stays(office: Office) -> None:
    row = next(row for row in office.upstream(Kind.PROJECT) if row["CustomerId"] and row["Notes"])
    other = office.busy.add(ACME, Kind.CUSTOMER, number="99001", name="En annen kunde")
    mine = {"name": row["Name"].upper(), "notes": "Mine", "start_date": date(2020, 1, 1)}
    number = f" {row['Number']} "
    id = office.busy.add(ACME, Kind.PROJECT, number=number, customer=other, **mine)
    synced(office)
    values = office.records()[id]
    assert {name: values[name] for name in mine} == mine
    assert values["number"] == row["Number"]
    theirs = first(office, Kind.CUSTOMER, Id=row["CustomerId"])
    assert values["customer"] == linked(office, Kind.CUSTOMER, theirs)


def test_a_change_in_eaccounting_comes_through(office: Office) -> None:
    acme = synced(office)
    row = first(office, Kind.PROJECT, Status=ONGOING)
    office.edit_upstream(Kind.PROJECT, row["Id"], Name="Renamed", Notes=None, Number="N-1")
    assert str(acme.sync()) == "applied: 1 updated"
    record = office.record(Kind.PROJECT, "Renamed")
    assert (record.values["notes"], record.values["number"]) == (None, "N-1")


def test_a_project_gets_the_customer_that_comes_with_it(office: Office) -> None:
    acme = synced(office)
    office.add_upstream(Kind.CUSTOMER, NEW_ID, CustomerNumber="C-1", Name="New customer")
    office.add_upstream(Kind.PROJECT, NEW_ID, Number="P-1", Name="New project", CustomerId=NEW_ID)
    assert str(acme.sync()) == "applied: 2 created"
    assert office.record(Kind.PROJECT, "New project").values["customer"] == (
        office.record(Kind.CUSTOMER, "New customer").id
    )
    assert idle(acme.sync())


# What Busy has stays


def test_r22_edits_made_in_busy_survive(office: Office) -> None:
    acme = synced(office)
    row = first(office, Kind.PROJECT, Status=ONGOING)
    id = linked(office, Kind.PROJECT, row)
    office.busy.edit(ACME, Kind.PROJECT, id, name="Busy's name", notes="Busy's notes")
    assert idle(acme.sync())
    # Also where eAccounting changes another field, or the same one.
    office.edit_upstream(Kind.PROJECT, row["Id"], Number="N-1", Name="eAccounting's name")
    acme.sync()
    values = office.records()[id]
    assert (values["name"], values["notes"], values["number"]) == ("Busy's name", "Busy's notes", "N-1")
    assert idle(acme.sync())


def test_r21_work_types_members_and_prices_survive(office: Office) -> None:
    acme = synced(office)
    project = with_work(office)
    before = office.hours.work(ACME, project, MARCH)
    for row in office.upstream(Kind.PROJECT):
        office.edit_upstream(Kind.PROJECT, row["Id"], Notes="Changed", Status=FINISHED)
    for row in office.upstream(Kind.PRODUCT)[:5]:
        office.edit_upstream(Kind.PRODUCT, row["Id"], IsActive=False)
    acme.sync()
    after = office.hours.work(ACME, project, MARCH)
    assert after.prices == before.prices != Prices(mode=before.prices.mode)
    assert (after.work_types, after.entries, after.expenses, after.settings) == (
        before.work_types,
        before.entries,
        before.expenses,
        before.settings,
    )


def test_r24_no_work_type_is_imported(office: Office) -> None:
    synced(office)
    project = next(iter(office.records()))
    assert office.hours.work(ACME, project, MARCH).work_types == ()
    office.hours.add_work_type(ACME, WorkType(id="w", name="Mine"))
    assert [w.name for w in office.hours.work(ACME, project, MARCH).work_types] == ["Mine"]


def test_a_second_sync_has_nothing_to_do(office: Office) -> None:
    office.busy.add(ACME, Kind.PROJECT, name="Own")
    acme = synced(office)
    before = office.imported()
    assert acme.plan().is_empty
    report = acme.sync()
    assert idle(report)
    assert dict(report.applied) == {}
    assert office.imported() == before


def test_r11_no_change_in_busy_goes_back(office: Office) -> None:
    """Whatever is changed, added or archived in Busy, a sync sends reads only."""
    acme = synced(office)
    upstream = {kind: office.upstream(kind) for kind in Kind}
    for kind in Kind:
        for id in list(office.records(kind))[:5]:
            office.busy.edit(ACME, kind, id, name="Changed in Busy", archived=True)
        office.busy.add(ACME, kind, name="Made in Busy")
    office.control("DELETE", "/journal")
    acme.plan()
    acme.sync()
    assert {entry["method"] for entry in office.journal()} == {"GET"}
    assert {kind: office.upstream(kind) for kind in Kind} == upstream


def test_r18_no_hours_are_ever_read_or_sent(office: Office) -> None:
    acme = synced(office)
    with_work(office)
    acme.sync()
    bodies = [entry["body"] for entry in office.journal() if entry["path_template"].startswith("/v2/")]
    assert bodies == [None] * len(bodies)


# Archiving what eAccounting lacks


def test_r8_busy_projects_unknown_to_eaccounting_are_archived_when_the_connection_is_made(
    office: Office,
) -> None:
    ids = own_projects(office)
    acme = office.connected()
    assert archived(office, ids) == [False, False]
    assert acme.plan().counts[Action.ARCHIVE] == 2  # shown before it is done
    assert archived(office, ids) == [False, False]
    acme.sync()
    assert archived(office, ids) == [True, True]
    values = office.records()[ids[0]]
    assert (values["number"], values["name"]) == ("9001", "Own 9001")


def test_r23_a_project_made_in_busy_after_the_connection_is_left_alone(office: Office) -> None:
    own_projects(office)
    acme = office.connected()
    later = [office.busy.add(ACME, Kind.PROJECT, name="Made before the first sync")]
    acme.sync()
    later.append(office.busy.add(ACME, Kind.PROJECT, name="Made after it"))
    acme.sync()
    assert archived(office, later) == [False, False]


def test_r30_reconnecting_archives_nothing(office: Office) -> None:
    own_projects(office)
    acme = synced(office)
    later = [office.busy.add(ACME, Kind.PROJECT, name="Made in Busy")]
    for disconnecting in (False, True):
        if disconnecting:
            acme.disconnect()
        office.log_in(acme)
        assert idle(acme.sync())
    assert archived(office, later) == [False]


def test_r29_project_sync_off_and_on_again_archives_nothing(office: Office) -> None:
    acme = synced(office)
    later = [office.busy.add(ACME, Kind.PROJECT, name="Made in Busy")]
    for project_sync in (False, True):
        acme.disconnect()
        office.log_in(acme, project_sync=project_sync)
        acme.sync()
    assert archived(office, later) == [False]


def test_switching_project_sync_on_later_archives_then(office: Office) -> None:
    ids = own_projects(office)
    acme = synced(office, project_sync=False)
    assert archived(office, ids) == [False, False]
    ids.append(office.busy.add(ACME, Kind.PROJECT, name="Made meanwhile"))
    office.log_in(acme, project_sync=True)
    acme.sync()
    assert archived(office, ids) == [True, True, True]


def test_what_a_person_brings_back_stays(office: Office) -> None:
    ids = own_projects(office)
    acme = synced(office)
    office.busy.edit(ACME, Kind.PROJECT, ids[0], archived=False)
    acme.sync()
    assert idle(acme.sync())
    assert archived(office, ids) == [False, True]


def test_never_archive_is_a_setting(office: Office) -> None:
    ids = own_projects(office)
    synced(office, choices=Choices(archive_missing=ArchiveMissing.NEVER))
    assert archived(office, ids) == [False, False]


def test_d12_an_empty_list_archives_nothing_and_does_not_use_it_up(office: Office) -> None:
    ids = own_projects(office)
    acme = office.connected()
    nothing = {"Meta": {"TotalNumberOfResults": 0, "TotalNumberOfPages": 0, "CurrentPage": 1}, "Data": []}
    office.fault("GET", "/projects", "status", status=200, payload=nothing, times=100)
    acme.sync()
    assert archived(office, ids) == [False, False]
    office.control("DELETE", "/faults")
    acme.sync()
    assert archived(office, ids) == [True, True]


def test_d10_going_back_to_the_former_company_finds_its_links(office: Office) -> None:
    acme = synced(office)
    before = {record.id: record.link for record in office.busy.load(ACME, Kind.PROJECT)}
    acme.disconnect()
    office.control("PATCH", "/records/companysettings", {"CompanyIdentifier": "other", "Name": "Other AS"})
    office.log_in(acme, project_sync=False)
    acme.confirm_company(waiting(acme))
    acme.sync()
    acme.disconnect()
    office.control("POST", "/reset")
    office.log_in(acme)
    acme.confirm_company(waiting(acme))
    assert idle(acme.sync())
    assert {record.id: record.link for record in office.busy.load(ACME, Kind.PROJECT)} == before


def test_d10_going_back_restores_what_the_other_company_did_not_have(office: Office) -> None:
    acme = synced(office)
    before = {record.id: record.values for record in office.busy.load(ACME, Kind.PROJECT)}
    acme.disconnect()
    office.control("PATCH", "/records/companysettings", {"CompanyIdentifier": "other", "Name": "Other AS"})
    for project in office.upstream(Kind.PROJECT)[1:]:
        office.control("DELETE", f"/records/projects/{project['Id']}")
    office.log_in(acme)
    acme.confirm_company(waiting(acme))
    acme.sync()
    assert any(
        record.values["archived"] and not before[record.id]["archived"]
        for record in office.busy.load(ACME, Kind.PROJECT)
    )
    acme.disconnect()
    office.control("POST", "/reset")
    office.log_in(acme)
    acme.confirm_company(waiting(acme))
    acme.sync()
    assert {record.id: record.values for record in office.busy.load(ACME, Kind.PROJECT)} == before
    assert idle(acme.sync())


# Project sync off


def test_r6_with_project_sync_off_no_project_is_read_or_touched(office: Office) -> None:
    ids = own_projects(office)
    synced(office, project_sync=False)
    assert list(office.records()) == ids
    assert archived(office, ids) == [False, False]
    assert "GET /v2/projects" not in office.requests()


def test_r12_customers_and_products_come_also_without_projects(office: Office) -> None:
    acme = synced(office, project_sync=False)
    for kind in (Kind.CUSTOMER, Kind.PRODUCT):
        assert len(office.records(kind)) == len(office.upstream(kind))
    status = acme.status()
    assert set(status.fetched) == {Kind.CUSTOMER, Kind.PRODUCT}
    assert status.last_fetched == office.clock.now()


def test_r12_a_setting_switches_them_off_too(office: Office) -> None:
    acme = office.connected(project_sync=False, choices=Choices(registers_without_projects=False))
    assert idle(acme.sync())
    assert all(not office.records(kind) for kind in Kind)
    assert acme.status().last_fetched is None
    assert str(acme.status()).endswith("never fetched")


# Last fetched (R27)


def test_r27_fetched_is_when_the_reading_began(office: Office) -> None:
    acme = office.connected()
    began = office.clock.now()
    office.shell.wire.before = lambda request: office.clock.advance(60)
    acme.sync()
    office.shell.wire.before = None
    status = acme.status()
    assert status.last_fetched == began
    assert set(status.fetched.values()) == {began}
    assert set(status.fetched) == set(Kind)


def test_r27_a_preview_is_no_fetch(office: Office) -> None:
    acme = office.connected()
    acme.plan()
    assert acme.status().last_fetched is None


def test_r27_a_failed_sync_is_no_fetch(office: Office) -> None:
    acme = synced(office)
    before = acme.status().last_fetched
    office.clock.advance(600)
    office.fault("GET", "/projects", "status", status=500)
    with pytest.raises(ServerFault):
        acme.sync()
    assert acme.status().last_fetched == before
    assert str(acme.status()).endswith(
        "last fetched 10 minutes ago; the last sync failed: a fault at eAccounting"
    )


def test_r27_projects_that_were_never_fetched_are_told_although_customers_were(office: Office) -> None:
    acme = synced(office, project_sync=False)
    office.log_in(acme, project_sync=True)
    status = acme.status()
    assert status.fetched[Kind.PROJECT] is None
    assert status.last_fetched is None
    acme.sync()
    office.clock.advance(60)
    office.log_in(acme, project_sync=False)
    acme.sync()
    assert acme.status().last_fetched == office.clock.now()  # the old stamp of projects does not count


def test_r27_an_unsure_reading_is_no_fetch(office: Office) -> None:
    """A list that came with a wrong total may lack records: it does not count as fetched."""
    acme = synced(office)
    fetched = acme.status().last_fetched
    office.clock.advance(60)
    wrong = {"Meta": {"TotalNumberOfResults": 9, "TotalNumberOfPages": 1, "CurrentPage": 1}, "Data": []}
    office.fault("GET", "/projects", "status", status=200, payload=wrong, times=100)
    acme.sync()
    status = acme.status()
    assert status.fetched[Kind.PROJECT] == fetched
    assert status.fetched[Kind.CUSTOMER] == office.clock.now()
    assert status.last_fetched == fetched
    assert str(status).endswith("last fetched just now, not surely complete")
    acme.sync()


def test_r27_a_server_that_never_says_how_much_there_is_is_not_never_fetched(office: Office) -> None:
    acme = office.connected()
    for kind, path in PATHS.items():
        rows = json.loads(json.dumps(office.upstream(kind)[:3], default=float))
        office.fault("GET", f"/{path}", "status", status=200, payload={"Data": rows}, times=100)
    acme.sync()
    office.clock.advance(120)
    status = acme.status()
    assert (status.last_fetched, status.last_read) == (None, office.clock.now() - timedelta(minutes=2))
    assert str(status).endswith("last fetched 2 minutes ago, not surely complete")
    office.control("DELETE", "/faults")
    acme.sync()
    assert str(acme.status()).endswith("last fetched just now")


def test_who_owns_a_field_is_a_setting(office: Office) -> None:
    """With `project.name` given to eAccounting, its new name comes through although Busy changed it too."""
    acme = synced(office, choices=Choices(owners={"project.name": Owner.EACCOUNTING}))
    row = office.upstream(Kind.PROJECT)[0]
    id = next(r.id for r in office.busy.load(ACME, Kind.PROJECT) if r.values["number"] == row["Number"])
    office.busy.edit(ACME, Kind.PROJECT, id, name="Vårt navn")
    office.control("PATCH", f"/records/projects/{row['Id']}", {"Name": "Deres navn"})
    report = acme.sync()
    assert office.busy.get(ACME, Kind.PROJECT, id).values["name"] == "Deres navn"
    assert report.plan.conflicts[0].fields == ("name",)
