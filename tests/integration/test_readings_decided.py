"""The decided readings D1-D17, each as its user sees it, over a sandbox."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from visma_busy_sync._facade import Tenant
from visma_busy_sync.stores import MemoryCatalogue
from visma_busy_sync.sync import Action, ConflictCode, Kind, Plan, Verdict, WarningCode

from .given import FINISHED, ONGOING, archived, first, linked, own_projects, synced
from .office import ACME, PATHS, Office, waiting

NEW_ID = "d1d1d1d1-2222-4333-8444-555555555555"
OTHER_ID = "d2d2d2d2-2222-4333-8444-555555555555"


def delete(office: Office, row: dict[str, Any]) -> None:
    office.control("DELETE", f"/records/projects/{row['Id']}")


def conflicts(plan: Plan) -> Sequence[ConflictCode]:
    return [conflict.code for conflict in plan.conflicts]


# Adoption


def test_d1_numbers_agree_exactly_and_names_without_regard_to_case_and_spaces(office: Office) -> None:
    """A leading zero makes another number: that project is not the same one."""
    office.add_upstream(Kind.PROJECT, NEW_ID, Number="0071", Name="Bad  på\u00a0LOFTET", Status=ONGOING)
    same = office.busy.add(ACME, Kind.PROJECT, number=" 0071\u00a0", name=" bad på loftet ")
    other = office.busy.add(ACME, Kind.PROJECT, number="71", name="Bad på loftet")
    synced(office)
    assert archived(office, [same, other]) == [False, True]
    assert len(office.records()) == len(office.upstream(Kind.PROJECT)) + 1


def test_d2_organisation_numbers_are_compared_by_their_digits(office: Office) -> None:
    row = first(office, Kind.CUSTOMER, IsActive=True)
    office.edit_upstream(Kind.CUSTOMER, row["Id"], CorporateIdentityNumber="NO 923 609 016 MVA")
    id = office.busy.add(ACME, Kind.CUSTOMER, name="Et annet navn", organization_number="923.609.016")
    synced(office)
    assert office.records(Kind.CUSTOMER)[id]["number"] == row["CustomerNumber"]
    assert len(office.records(Kind.CUSTOMER)) == len(office.upstream(Kind.CUSTOMER))


def test_d3_differing_organisation_numbers_keep_two_customers_apart(office: Office) -> None:
    row = first(office, Kind.CUSTOMER, IsActive=True)
    office.edit_upstream(Kind.CUSTOMER, row["Id"], CorporateIdentityNumber="923609016")
    values = {"number": row["CustomerNumber"], "name": row["Name"]}
    id = office.busy.add(ACME, Kind.CUSTOMER, **values, organization_number="974760673")
    report = office.connected().sync()
    (conflict,) = [each for each in report.plan.conflicts if each.kind is Kind.CUSTOMER]
    assert (conflict.code, conflict.busy_id) == (ConflictCode.ORGANISATION_DIFFERS, id)
    assert office.busy.get(ACME, Kind.CUSTOMER, id).link is None


def test_d4_what_busy_kept_at_adoption_gives_way_to_a_later_change(office: Office) -> None:
    row = first(office, Kind.PROJECT, Status=ONGOING)
    office.edit_upstream(Kind.PROJECT, row["Id"], Notes="Theirs")
    id = office.busy.add(ACME, Kind.PROJECT, number=row["Number"], name=row["Name"], notes="Mine")
    acme = synced(office)
    assert office.records()[id]["notes"] == "Mine"
    office.edit_upstream(Kind.PROJECT, row["Id"], Notes="Changed there")
    assert conflicts(acme.sync().plan) == []
    assert office.records()[id]["notes"] == "Changed there"


def test_d5_an_empty_field_is_filled_at_adoption(office: Office) -> None:
    row = first(office, Kind.PROJECT, Status=ONGOING)
    office.edit_upstream(Kind.PROJECT, row["Id"], Notes="Theirs")
    id = office.busy.add(ACME, Kind.PROJECT, number=row["Number"], name=row["Name"])
    synced(office)
    assert office.records()[id]["notes"] == "Theirs"


def test_d6_of_two_with_the_number_the_one_with_the_name_is_adopted(office: Office) -> None:
    """The other one is a project that eAccounting does not have."""
    row = first(office, Kind.PROJECT, Status=ONGOING)
    same, other = (
        office.busy.add(ACME, Kind.PROJECT, number=row["Number"], name=name)
        for name in (row["Name"], "Et annet prosjekt")
    )
    plan = office.connected().plan()
    assert {each.busy_id: each.action for each in plan.changes if each.busy_id}[other] is Action.ARCHIVE
    assert [each.busy_id for each in plan.changes if each.adopted] == [same]


@pytest.mark.parametrize("unique", [False, True], ids=["takes-both", "refuses-one"])
def test_d7_two_in_eaccounting_with_one_number_are_both_imported(office: Office, unique: bool) -> None:
    """Where Busy refuses a number that is taken, one of them is parked and shown."""
    row = first(office, Kind.PROJECT, Status=ONGOING)
    office.add_upstream(Kind.PROJECT, NEW_ID, row, Name="Nummeret en gang til")
    office.busy = MemoryCatalogue(unique_numbers=unique)
    report = office.connected().sync()
    named = [each.eaccounting_id for each in report.plan.warnings if each.code is WarningCode.SAME_NUMBER]
    assert sorted(str(id) for id in named) == sorted([row["Id"], NEW_ID])
    assert len(office.records()) == len(office.upstream(Kind.PROJECT)) - unique
    assert [each.planned.kind for each in report.refused] == [Kind.PROJECT] * unique


# Archiving


def test_d8_what_was_deleted_while_disconnected_is_archived_by_the_sync_after(office: Office) -> None:
    acme = synced(office)
    row = first(office, Kind.PROJECT, Status=ONGOING)
    id = linked(office, Kind.PROJECT, row)
    acme.disconnect()
    delete(office, row)
    office.log_in(acme)
    assert archived(office, [id]) == [False]
    assert acme.sync().applied == {Action.ARCHIVE: 1}
    assert archived(office, [id]) == [True]


def test_d9_finished_anew_is_archived_though_a_person_had_brought_it_back(office: Office) -> None:
    acme = synced(office)
    row = first(office, Kind.PROJECT, Status=ONGOING)
    id = linked(office, Kind.PROJECT, row)
    office.edit_upstream(Kind.PROJECT, row["Id"], Status=FINISHED)
    acme.sync()
    office.busy.edit(ACME, Kind.PROJECT, id, archived=False)
    acme.sync()
    assert archived(office, [id]) == [False]
    for status, expected in ((ONGOING, False), (FINISHED, True)):
        office.edit_upstream(Kind.PROJECT, row["Id"], Status=status)
        acme.sync()
        assert archived(office, [id]) == [expected]


def test_d10_another_company_is_a_first_connection_of_its_own_and_going_back_restores(
    office: Office,
) -> None:
    """What the other company lacks is shown before it is confirmed."""
    office.add_company("other", "Other AS")
    row = first(office, Kind.PROJECT, Status=ONGOING)
    office.control("DELETE", f"/records/projects/{row['Id']}", company="other")
    acme = synced(office)
    id = linked(office, Kind.PROJECT, row)
    before = office.records()
    office.log_in(acme, company="other")
    shown = [each.busy_id for each in acme.preview_company().changes if each.action is Action.ARCHIVE]
    assert shown == [id]
    acme.confirm_company(waiting(acme))
    acme.sync()
    assert archived(office, [id]) == [True]
    office.log_in(acme)
    acme.confirm_company(waiting(acme))
    acme.sync()
    assert office.records() == before


def test_d11_created_again_it_is_the_same_project_of_busys(office: Office) -> None:
    acme = synced(office)
    row = first(office, Kind.PROJECT, Status=ONGOING)
    id = linked(office, Kind.PROJECT, row)
    delete(office, row)
    office.add_upstream(Kind.PROJECT, NEW_ID, row)
    report = acme.sync(whole=True)
    assert [each.code for each in report.plan.warnings] == [WarningCode.RECREATED]
    assert len(office.records()) == len(office.upstream(Kind.PROJECT))
    office.edit_upstream(Kind.PROJECT, NEW_ID, Name="Renamed there")
    acme.sync()
    assert office.records()[id]["name"] == "Renamed there"


def test_d11_with_two_candidates_it_is_a_conflict(office: Office) -> None:
    acme = synced(office)
    row = first(office, Kind.PROJECT, Status=ONGOING)
    before = office.records()
    delete(office, row)
    for id in (NEW_ID, OTHER_ID):
        office.add_upstream(Kind.PROJECT, id, row)
    assert set(conflicts(acme.sync(whole=True).plan)) == {ConflictCode.AMBIGUOUS}
    assert set(office.records()) == set(before)


def test_d12_an_empty_first_reading_leaves_the_archiving_for_the_next(office: Office) -> None:
    """A company that has no projects yet: the plan says that the archiving waits."""
    own = own_projects(office)
    office.add_company("young", "Young AS", copy_of="empty")
    acme = office.tenant()
    office.log_in(acme, company="young")
    report = acme.sync()
    assert [each.code for each in report.plan.warnings] == [WarningCode.ARCHIVING_WAITS]
    assert archived(office, own) == [False, False]
    like = json.loads(json.dumps(first(office, Kind.PROJECT, Status=ONGOING), default=float))
    office.control("PUT", f"/records/projects/{like['Id']}", {**like, "CustomerId": None}, company="young")
    acme.sync()
    assert archived(office, own) == [True, True]


def undecided(office: Office) -> tuple[Tenant, list[str], dict[str, Any]]:
    """Two of Busy's projects that one of eAccounting's fits, at the connection."""
    row = first(office, Kind.PROJECT, Status=ONGOING)
    ids = [office.busy.add(ACME, Kind.PROJECT, number=row["Number"], name=row["Name"]) for _ in range(2)]
    return synced(office), ids, row


def test_d13_a_conflict_that_is_decided_later_archives_nothing(office: Office) -> None:
    acme, (kept, renamed), row = undecided(office)
    assert set(conflicts(acme.sync().plan)) == {ConflictCode.AMBIGUOUS}
    office.busy.edit(ACME, Kind.PROJECT, renamed, number="9001", name="Vårt eget")
    assert [each.busy_id for each in acme.sync().plan.changes if each.adopted] == [kept]
    acme.sync(whole=True)
    assert archived(office, [kept, renamed]) == [False, False]
    assert linked(office, Kind.PROJECT, row) == kept


def test_d14_archived_at_the_connection_and_made_in_eaccounting_later_it_is_back(office: Office) -> None:
    own, _ = own_projects(office)
    acme = synced(office)
    assert archived(office, [own]) == [True]
    office.add_upstream(Kind.PROJECT, NEW_ID, Number="9001", Name="OWN 9001", Status=ONGOING)
    report = acme.sync()
    assert [each.busy_id for each in report.plan.changes if each.adopted] == [own]
    assert archived(office, [own]) == [False]


def test_d15_an_unsure_reading_updates_and_creates_what_is_surely_new(office: Office) -> None:
    """It adopts and archives nothing; the next sure one does."""
    acme = synced(office)
    renamed, finished, gone = [row for row in office.upstream(Kind.PROJECT) if row["Status"] == ONGOING][:3]
    ids = [linked(office, Kind.PROJECT, row) for row in (renamed, finished, gone)]
    office.edit_upstream(Kind.PROJECT, renamed["Id"], Name="Renamed")
    office.edit_upstream(Kind.PROJECT, finished["Id"], Status=FINISHED)
    delete(office, gone)
    office.add_upstream(Kind.PROJECT, NEW_ID, Number="9101", Name="Surely new", Status=ONGOING)
    office.add_upstream(Kind.PROJECT, OTHER_ID, Number="9102", Name="In both", Status=ONGOING)
    both = office.busy.add(ACME, Kind.PROJECT, number="9102", name="In both")
    rows = json.loads(json.dumps(office.upstream(Kind.PROJECT), default=float))
    lying = {"Meta": {"TotalNumberOfResults": 999, "TotalNumberOfPages": 1, "CurrentPage": 1}, "Data": rows}
    office.fault("GET", f"/{PATHS[Kind.PROJECT]}", "status", status=200, payload=lying, times=100)
    report = acme.sync(whole=True)
    assert report.applied == {Action.UPDATE: 1, Action.CREATE: 1}
    assert WarningCode.UNSURE_READ in {each.code for each in report.plan.warnings}
    assert archived(office, ids) == [False, False, False]
    office.control("DELETE", "/faults")
    report = acme.sync(whole=True)
    assert [each.busy_id for each in report.plan.changes if each.adopted] == [both]
    assert report.applied[Action.ARCHIVE] == 2
    assert archived(office, [*ids, both]) == [False, True, True, False]


def test_d16_the_guards_share_is_of_the_active_linked_projects(office: Office) -> None:
    """Projects of Busy's own, and archived ones, do not make a large loss look small."""
    acme = synced(office)
    active = [row for row in office.upstream(Kind.PROJECT) if row["Status"] == ONGOING]
    for each in range(200):
        office.busy.add(ACME, Kind.PROJECT, name=f"Own {each}")
    fifth = len(active) // 5
    for row in active[:fifth]:
        delete(office, row)
    assert acme.plan().archiving.verdict is Verdict.OPEN
    delete(office, active[fifth])
    archiving = acme.plan().archiving
    assert (archiving.verdict, archiving.active) == (Verdict.BLOCKED, len(active))


def test_d17_changed_on_both_sides_to_the_same_there_is_no_conflict(office: Office) -> None:
    """And what eAccounting changes afterwards comes through."""
    acme = synced(office)
    row = first(office, Kind.PROJECT, Status=ONGOING)
    id = linked(office, Kind.PROJECT, row)
    office.busy.edit(ACME, Kind.PROJECT, id, name="The same")
    office.edit_upstream(Kind.PROJECT, row["Id"], Name="The same")
    assert conflicts(acme.sync().plan) == []
    office.edit_upstream(Kind.PROJECT, row["Id"], Name="Another")
    assert conflicts(acme.sync().plan) == []
    assert office.records()[id]["name"] == "Another"
