"""Decisions of people about single records, over a sandbox."""

from __future__ import annotations

import uuid

import pytest

from visma_busy_sync.errors import ConfigurationError, NotConnected
from visma_busy_sync.stores import MemoryCatalogue
from visma_busy_sync.sync import Ailment, ConflictCode, Decide, Decision, Kind, WarningCode

from .given import FINISHED, first, linked, synced
from .office import ACME, Office, waiting


def test_a_conflict_is_settled_by_a_decision(office: Office) -> None:
    """Two of Busy's customers fit one of eAccounting's; a person says which it is (D13)."""
    row = first(office, Kind.CUSTOMER, IsActive=True)
    ids = [
        office.busy.add(ACME, Kind.CUSTOMER, number=row["CustomerNumber"], name=row["Name"]) for _ in range(2)
    ]
    acme = synced(office)
    conflicts = [each for each in acme.plan().conflicts if each.code is ConflictCode.AMBIGUOUS]
    assert {conflict.eaccounting_id for conflict in conflicts} == {row["Id"]}
    chosen = Decision(Decide.LINK, Kind.CUSTOMER, ids[1], row["Id"])
    assert acme.decide(chosen) == (chosen,)
    assert acme.plan().conflicts == ()
    acme.sync()
    assert acme.decisions() == ()
    customers = {values["customer"] for values in office.records().values()}
    assert ids[1] in customers
    assert ids[0] not in customers
    assert str(acme.sync(whole=True)) == "nothing to do"


def test_a_link_that_was_cut_stays_cut(office: Office) -> None:
    """The decision goes on as `keep`, until somebody takes it back."""
    acme = synced(office)
    row = next(row for row in office.upstream(Kind.PROJECT) if row["Status"] != FINISHED)
    id = linked(office, Kind.PROJECT, row)
    acme.decide(Decision(Decide.UNLINK, Kind.PROJECT, id))
    acme.sync()
    assert acme.decisions() == (Decision(Decide.KEEP, Kind.PROJECT, id),)
    assert str(acme.sync(whole=True)) == "nothing to do"
    assert office.records()[id]["archived"] is False
    beside = [other for other, values in office.records().items() if values["number"] == row["Number"]]
    assert len(beside) == 2
    assert acme.mendings() == ()  # that, too, was decided
    assert acme.forget_decision(Kind.PROJECT, id) == ()


def test_what_cannot_be_carried_out_is_told_and_waits(office: Office) -> None:
    acme = synced(office)
    chosen = Decision(Decide.LINK, Kind.PROJECT, "nobody", str(uuid.uuid4()))
    acme.decide(chosen)
    report = acme.sync()
    assert [warning.code for warning in report.plan.warnings] == [WarningCode.DECISION_VOID]
    assert acme.decisions() == (chosen,)


def test_the_last_decision_about_a_record_counts(office: Office) -> None:
    acme = synced(office)
    id = office.busy.add(ACME, Kind.PROJECT, number="9", name="Naust")
    acme.decide(Decision(Decide.KEEP, Kind.PROJECT, id))
    acme.decide(Decision(Decide.ARCHIVE, Kind.PROJECT, id))
    acme.sync()
    assert office.records()[id]["archived"] is True
    assert acme.decisions() == ()


def test_the_link_doctor_proposes_and_a_person_decides(office: Office) -> None:
    """A project was made anew in eAccounting under another number; Busy's hours are on the old one."""
    acme = synced(office)
    row = next(row for row in office.upstream(Kind.PROJECT) if row["Status"] != FINISHED)
    id, new = linked(office, Kind.PROJECT, row), str(uuid.uuid4())
    office.control("DELETE", f"/records/projects/{row['Id']}")
    office.add_upstream(Kind.PROJECT, new, **{**row, "Id": new, "Number": "7777"})
    acme.sync(whole=True)
    assert office.records()[id]["archived"] is True
    (mending,) = acme.mendings()
    assert mending.ailment is Ailment.GONE_AND_BACK
    acme.decide(*mending.decisions)
    acme.sync()
    assert office.records()[id]["archived"] is False
    assert office.records()[id]["number"] == "7777"
    assert acme.mendings() == ()


def test_decisions_that_make_no_sense_are_refused(office: Office) -> None:
    acme = synced(office)
    with pytest.raises(ConfigurationError, match="a decision must be of type Decision"):
        acme.decide("keep")  # type: ignore[arg-type]
    acme.decide(Decision(Decide.LINK, Kind.PROJECT, "1", "p"))
    with pytest.raises(ConfigurationError, match="two decisions"):
        acme.decide(Decision(Decide.LINK, Kind.PROJECT, "2", "p"))
    with pytest.raises(ConfigurationError, match="kind must be"):
        acme.forget_decision("project", "1")  # type: ignore[arg-type]
    with pytest.raises(NotConnected):
        office.tenant("other").decisions()


def test_purging_forgets_them(office: Office) -> None:
    """With all else that is about single records."""
    acme = synced(office)
    acme.decide(Decision(Decide.KEEP, Kind.PROJECT, "1"))
    acme.purge()
    bodies = {found.key: found.document.body for found in office.state.scan("", ACME)}
    about = [body for key, body in bodies.items() if key.startswith(("decisions/", "reading/", "runs"))]
    assert about == ['{"erased": true}'] * 3


def test_a_decision_waits_while_its_kind_is_not_synced(office: Office) -> None:
    """Project sync may be off for a while."""
    acme = synced(office)
    row = next(row for row in office.upstream(Kind.PROJECT) if row["Status"] != FINISHED)
    chosen = Decision(Decide.UNLINK, Kind.PROJECT, linked(office, Kind.PROJECT, row))
    acme.decide(chosen)
    office.log_in(acme, project_sync=False)
    acme.sync()
    assert acme.decisions() == (chosen,)
    office.log_in(acme, project_sync=True)
    acme.sync()
    assert [each.what for each in acme.decisions()] == [Decide.KEEP]


def test_projects_follow_a_customer_that_is_linked_anew(office: Office) -> None:
    """Also those that did not change in eAccounting."""
    acme = synced(office)
    row = first(office, Kind.CUSTOMER, IsActive=True)
    before = linked(office, Kind.CUSTOMER, row)
    mine = {id for id, values in office.records().items() if values["customer"] == before}
    assert mine
    now = office.busy.add(ACME, Kind.CUSTOMER, number="77", name="Rett kunde")
    acme.decide(
        Decision(Decide.ARCHIVE, Kind.CUSTOMER, before), Decision(Decide.LINK, Kind.CUSTOMER, now, row["Id"])
    )
    acme.sync()
    assert {office.records()[id]["customer"] for id in mine} == {now}


def test_no_project_goes_to_a_customer_that_was_cut_off(office: Office) -> None:
    """The one that is to come in its place is refused by the host; the project waits for it."""
    office.busy = MemoryCatalogue(unique_numbers=True)
    acme = synced(office)
    row = first(office, Kind.CUSTOMER, IsActive=True)
    before = linked(office, Kind.CUSTOMER, row)
    acme.decide(Decision(Decide.UNLINK, Kind.CUSTOMER, before))
    office.add_upstream(Kind.PROJECT, str(uuid.uuid4()), Number="7777", Name="New", CustomerId=row["Id"])
    report = acme.sync()
    assert [parked.planned.eaccounting_id for parked in report.refused] == [row["Id"]]
    (new,) = [values for values in office.records().values() if values["number"] == "7777"]
    assert new["customer"] is None
    office.busy.edit(ACME, Kind.CUSTOMER, before, number="9999")
    acme.sync()
    (new,) = [values for values in office.records().values() if values["number"] == "7777"]
    assert new["customer"] == linked(office, Kind.CUSTOMER, row) != before


def test_undoing_a_decision_takes_it_back(office: Office) -> None:
    """Else the next plan would say that it is void."""
    acme = synced(office)
    row = next(row for row in office.upstream(Kind.PROJECT) if row["Status"] != FINISHED)
    id = linked(office, Kind.PROJECT, row)
    acme.decide(Decision(Decide.UNLINK, Kind.PROJECT, id))
    report = acme.sync()
    acme.undo(report.plan)
    assert acme.decisions() == ()
    assert WarningCode.DECISION_VOID not in {warning.code for warning in acme.plan().warnings}


def test_the_preview_of_another_company_knows_what_was_decided_about_it(office: Office) -> None:
    """It shows what the first sync with it will do."""
    office.add_company("b", "Other AS")
    acme = synced(office)
    row = next(row for row in office.upstream(Kind.PROJECT) if row["Status"] != FINISHED)
    id = linked(office, Kind.PROJECT, row)
    acme.decide(Decision(Decide.UNLINK, Kind.PROJECT, id))
    acme.sync()
    office.log_in(acme, company="b")
    acme.confirm_company(waiting(acme))
    office.log_in(acme, company=office.control("GET", "/companies")["companies"][0]["id"])
    preview = acme.preview_company()
    acme.confirm_company(waiting(acme))
    assert acme.plan().changes == preview.changes
    assert acme.decisions() == (Decision(Decide.KEEP, Kind.PROJECT, id),)
