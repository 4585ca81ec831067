"""What is deleted in eAccounting after it was imported (D8, D11), over a sandbox."""

from __future__ import annotations

import json
from typing import Any

import pytest

from visma_busy_sync.errors import ArchivingNotAllowed, ConfigurationError, ServerFault
from visma_busy_sync.ports import Write
from visma_busy_sync.sync import Action, Fate, Kind, Verdict, WarningCode

from .given import FINISHED, ONGOING, archived, first, linked, own_projects, synced
from .office import ACME, PATHS, Office


def deleted(office: Office, count: int) -> list[str]:
    """Delete ongoing projects in eAccounting, and return their numbers."""
    rows = [row for row in office.upstream(Kind.PROJECT) if row["Status"] != 2][:count]
    for row in rows:
        office.control("DELETE", f"/records/projects/{row['Id']}")
    return [row["Number"] for row in rows]


def archived_numbers(office: Office) -> set[Any]:
    return {values["number"] for values in office.records().values() if values["archived"]}


def test_d8_a_project_deleted_in_eaccounting_is_archived(office: Office) -> None:
    """Archived by the ordinary sync, once, after its id was asked for; nothing of it is deleted."""
    acme = synced(office)
    before = archived_numbers(office)
    count = len(office.records())
    gone = deleted(office, 2)
    report = acme.sync(whole=True)
    assert report.applied == {Action.ARCHIVE: 2}
    assert archived_numbers(office) == before | set(gone)
    assert len(office.records()) == count
    assert str(acme.sync(whole=True)) == "nothing to do"


def test_d8_connecting_again_changes_nothing_the_sync_after_it_does(office: Office) -> None:
    acme = synced(office)
    before = archived_numbers(office)
    acme.disconnect()
    gone = deleted(office, 1)
    office.log_in(acme, project_sync=True)
    assert archived_numbers(office) == before
    acme.sync(whole=True)
    assert archived_numbers(office) == before | set(gone)


def test_gone_and_brought_back_by_hand_it_stays(office: Office) -> None:
    acme = synced(office)
    (number,) = deleted(office, 1)
    acme.sync(whole=True)
    id = next(id for id, values in office.records().items() if values["number"] == number)
    office.busy.edit(ACME, Kind.PROJECT, id, archived=False)
    for _ in range(2):
        acme.sync(whole=True)
        assert archived(office, [id]) == [False]


@pytest.mark.parametrize(
    ("status", "by_hand", "restored"),
    [(ONGOING, False, True), (FINISHED, False, False), (ONGOING, True, False)],
    ids=["ongoing", "finished-by-then", "a-person-had-archived-it"],
)
def test_what_comes_back_is_restored_unless_it_is_archived_for_another_reason(
    office: Office, status: int, by_hand: bool, restored: bool
) -> None:
    acme = synced(office)
    row = first(office, Kind.PROJECT, Status=ONGOING)
    id = linked(office, Kind.PROJECT, row)
    office.busy.edit(ACME, Kind.PROJECT, id, archived=by_hand)
    office.control("DELETE", f"/records/projects/{row['Id']}")
    acme.sync(whole=True)
    assert archived(office, [id]) == [True]
    office.add_upstream(Kind.PROJECT, row["Id"], row, Status=status)
    acme.sync()
    assert archived(office, [id]) == [not restored]


@pytest.mark.parametrize("kind", [Kind.CUSTOMER, Kind.PRODUCT], ids=str)
def test_a_customer_or_product_that_is_gone_stays_and_is_told_once(office: Office, kind: Kind) -> None:
    acme = synced(office)
    row = first(office, kind, IsActive=True)
    before = office.records(kind)
    office.control("DELETE", f"/records/{PATHS[kind]}/{row['Id']}")
    told = [warning.code for warning in acme.sync(whole=True).plan.warnings if warning.kind is kind]
    assert told == [WarningCode.MISSING_UPSTREAM]
    assert not acme.sync(whole=True).plan.warnings
    assert office.records(kind) == before


def test_what_the_list_hides_is_not_archived(office: Office) -> None:
    """A list without finished projects looks as if they were gone; asking by id shows that they are not."""
    acme = synced(office)
    before = office.records()
    office.control("PATCH", "/profile", {"inactive_listed": False})
    assert str(acme.sync(whole=True)) == "nothing to do"
    assert office.records() == before


def test_if_asking_fails_nothing_is_changed(office: Office) -> None:
    """All reading comes first: when the answer about one project fails, nothing was applied."""
    acme = synced(office)
    before = office.records()
    deleted(office, 2)
    office.fault("GET", "/projects/{id}", "status", status=500, times=20)
    with pytest.raises(ServerFault):
        acme.sync(whole=True)
    assert office.records() == before


def test_d16_many_at_once_wait_for_a_person(office: Office) -> None:
    """More than a fifth: they wait, shown in plan and report, until exactly they are allowed."""
    acme = synced(office)
    before = archived_numbers(office)
    gone = deleted(office, 30)
    report = acme.sync(whole=True)
    assert str(report) == "nothing to do; 30 projects to archive if you allow it"
    assert report.text("nb") == "ingenting å gjøre; 30 prosjekter arkiveres hvis du tillater det"
    told = report.plan.explain(Kind.PROJECT, report.plan.archiving.busy_ids[0])
    assert (told.fate.fate, told.rules) == (Fate.HELD_BACK, ("D8", "D16"))
    assert archived_numbers(office) == before
    plan = acme.plan()
    assert plan.archiving.verdict is Verdict.BLOCKED
    assert plan.archiving == report.plan.archiving
    report = acme.sync(allow_archiving=plan.archiving.digest)
    assert report.applied == {Action.ARCHIVE: 30}
    assert archived_numbers(office) == before | set(gone)


def test_the_allowance_of_another_set_changes_nothing(office: Office) -> None:
    acme = synced(office)
    deleted(office, 30)
    digest = acme.plan().archiving.digest
    deleted(office, 1)
    before = office.records()
    with pytest.raises(ArchivingNotAllowed, match=r"they are 31 now\. Nothing was changed") as caught:
        acme.sync(allow_archiving=digest)
    assert office.records() == before
    assert caught.value.plan.archiving.digest != digest
    acme.sync(allow_archiving=caught.value.plan.archiving.digest)
    assert office.records() != before


def test_an_allowance_is_a_text(office: Office) -> None:
    acme = office.connected()
    with pytest.raises(ConfigurationError, match="allow_archiving must be of type str, not bool"):
        acme.sync(allow_archiving=True)  # type: ignore[arg-type]


def test_d11_a_project_created_again_is_linked_anew(office: Office) -> None:
    """Busy's project, its hours and its edits stay with the project that eAccounting has now."""
    acme = synced(office)
    row = next(row for row in office.upstream(Kind.PROJECT) if row["Status"] != 2)
    count = len(office.records())
    office.control("DELETE", f"/records/projects/{row['Id']}")
    new = "77777777-2222-4333-8444-555555555555"
    office.control("PUT", f"/records/projects/{new}", {**row, "Id": new})
    report = acme.sync(whole=True)
    assert [warning.code for warning in report.plan.warnings] == ["recreated"]
    assert len(office.records()) == count
    assert str(acme.sync(whole=True)) == "nothing to do"


def test_what_waits_for_a_person_is_not_used_up(office: Office) -> None:
    """R8 and the guard in one sync: what the connection left to archive waits and goes with the rest."""
    acme = synced(office)
    own = own_projects(office)
    # As if the host had refused to archive these two at the connection.
    (fact,) = office.state.scan("archive-missing/", ACME)
    document = json.loads(fact.document.body)
    body = json.dumps({**document, "data": {"candidates": own, "done_at": None}})
    assert office.state.commit(ACME, [Write(fact.key, fact.document.version, body)])
    gone = deleted(office, 30)
    acme.sync(whole=True)
    assert archived(office, own) == [False, False]
    acme.sync(allow_archiving=acme.plan().archiving.digest)
    assert archived(office, own) == [True, True]
    assert set(gone) <= archived_numbers(office)
    (fact,) = office.state.scan("archive-missing/", ACME)
    assert json.loads(fact.document.body)["data"]["done_at"] is not None
