"""Linked records that eAccounting has no more (D8), and those that it has under a new id (D11)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from visma_busy_sync.sync import (
    ArchiveMissing,
    ArchiveReason,
    Gone,
    Kind,
    Link,
    Match,
    Reason,
    SyncSettings,
    Upstream,
    render,
)

from .host import (
    OTHER_COMPANY,
    TODAY,
    Host,
    actions,
    apply,
    asked,
    asked_and_applied,
    codes,
    customer,
    plan_for,
    product,
    project,
    sync,
)

HUS = project("p1", "1", "Hus")
BRO = project("p2", "2", "Bro")
NEVER = SyncSettings(project_sync=True, archive_missing=ArchiveMissing.NEVER)


@pytest.fixture
def host() -> Host:
    """A host that has two projects from eAccounting."""
    host = Host()
    sync(host, [HUS, BRO])
    return host


def is_archived(host: Host, eaccounting_id: str = "p1") -> bool:
    return host.linked(eaccounting_id).values["archived"] is True


def test_d8_a_project_that_is_gone_is_archived_once(host: Host) -> None:
    """Present, then missing and confirmed: archived, with the day. A person brings it back: it stays."""
    (planned,) = (plan := asked_and_applied(host, [BRO])).changes
    assert (planned.action, planned.reason) == ("archive", Reason.MISSING)
    assert [(each.field, each.old, each.new, each.base) for each in planned.fields] == [
        ("archived", False, True, False)
    ]
    assert codes(plan) == []  # the change says it
    assert is_archived(host)
    id = host.linked("p1").id
    assert (host.noted(id).archive_reason, host.noted(id).missing_since) == (ArchiveReason.MISSING, TODAY)
    assert (plan := asked(host, [BRO])).is_empty
    assert not plan.warnings
    assert plan_for(host, [BRO], gone=Gone(TODAY, {Kind.PROJECT: frozenset({"p1"})})).is_empty
    assert plan.unchanged[Kind.PROJECT] == 2
    host.edit(id, archived=False)
    (planned,) = asked_and_applied(host, [BRO]).changes
    assert (planned.action, planned.eaccounting_id) == ("note", "p1")
    assert not is_archived(host)
    assert host.noted(id).archive_reason is None


def test_what_comes_back_is_restored(host: Host) -> None:
    asked_and_applied(host, [BRO])
    (planned,) = sync(host, [HUS, BRO]).changes
    assert (planned.action, planned.reason) == ("restore", Reason.ONGOING_AGAIN)
    assert not is_archived(host)
    assert host.noted(host.linked("p1").id).missing_since is None
    assert plan_for(host, [HUS, BRO]).is_empty


def test_what_comes_back_finished_stays_archived(host: Host) -> None:
    asked_and_applied(host, [BRO])
    finished = project("p1", "1", "Hus", archived=True)
    sync(host, [finished, BRO])
    assert is_archived(host)
    assert host.noted(host.linked("p1").id).archive_reason is ArchiveReason.FINISHED
    sync(host, [HUS, BRO])
    assert not is_archived(host)


def test_what_a_person_had_brought_back_comes_back_active() -> None:
    """Finished, brought back by hand, gone, there again and still finished: as it was before it went."""
    host = Host()
    finished = project("p1", "1", "Hus", archived=True)
    sync(host, [finished, BRO])
    host.edit(host.linked("p1").id, archived=False)
    sync(host, [finished, BRO])
    asked_and_applied(host, [BRO])
    assert is_archived(host)
    sync(host, [finished, BRO])
    assert not is_archived(host)
    assert plan_for(host, [finished, BRO]).is_empty


@pytest.mark.parametrize("back", [HUS, project("p1", "1", "Hus", archived=True)])
def test_what_a_person_archived_stays_archived(host: Host, back: Upstream) -> None:
    """Archived by hand, then gone in eAccounting, then there again: it stays archived."""
    id = host.linked("p1").id
    host.edit(id, archived=True)
    (planned,) = asked_and_applied(host, [BRO]).changes
    assert (planned.action, planned.reason) == ("note", Reason.MISSING)
    assert host.noted(id).archive_reason is None
    sync(host, [back, BRO])
    assert is_archived(host)


def test_a_person_archives_while_it_is_gone(host: Host) -> None:
    """Gone and archived, brought back by hand, archived by hand: it stays so when it is there again."""
    asked_and_applied(host, [BRO])
    id = host.linked("p1").id
    host.edit(id, archived=False)
    asked_and_applied(host, [BRO])
    host.edit(id, archived=True)
    sync(host, [HUS, BRO])
    assert is_archived(host)


def test_nothing_happens_before_it_is_confirmed(host: Host) -> None:
    """A reading that lacks a project proves nothing: the plan names whom to ask for, and does nothing."""
    plan = plan_for(host, [BRO])
    assert plan.is_empty
    assert plan.unconfirmed == ((Kind.PROJECT, "p1"),)
    assert codes(plan) == ["missing_upstream"]
    assert plan_for(host, [BRO], gone=Gone(TODAY)).is_empty


def test_what_is_hidden_is_not_gone(host: Host) -> None:
    renamed = project("p1", "1", "Nytt hus")
    (planned,) = asked_and_applied(host, [BRO], hidden=[renamed]).changes
    assert planned.action == "update"
    assert host.linked("p1").values["name"] == "Nytt hus"
    assert not is_archived(host)


@pytest.mark.parametrize(("rows", "sure"), [([BRO], False), ([], True), ([], False)])
def test_d12_an_empty_or_unsure_reading_archives_nothing(
    host: Host, rows: list[Upstream], sure: bool
) -> None:
    gone = Gone(TODAY, {Kind.PROJECT: frozenset({"p1", "p2"})})
    plan = plan_for(host, rows, sure=sure, gone=gone)
    assert plan.is_empty
    assert not plan.unconfirmed


def test_never_archive_missing_notes_only(host: Host) -> None:
    """With `archive_missing=never` the transition is noted only: switching it on later archives nothing."""
    (planned,) = asked_and_applied(host, [BRO], settings=NEVER).changes
    assert planned.action == "note"
    assert asked(host, [BRO]).is_empty
    assert not is_archived(host)


@pytest.mark.parametrize("make", [customer, product])
def test_customers_and_products_that_are_gone_stay(make: Callable[[str, str, str], Upstream]) -> None:
    """What orders refer to is not archived because it was deleted; it is told once."""
    host = Host()
    sync(host, [make("x1", "1", "A"), make("x2", "2", "B")])
    plan = asked_and_applied(host, [make("x2", "2", "B")])
    assert actions(plan) == ["note"]
    assert codes(plan) == ["missing_upstream"]
    assert not is_archived(host, "x1")
    assert not asked(host, [make("x2", "2", "B")]).warnings


def test_d11_created_again_is_linked_anew(host: Host) -> None:
    """Deleted and created again: Busy's project, renamed there or not, is linked to the new one."""
    id = host.linked("p1").id
    host.edit(id, name="Huset vårt")
    again = project("p7", "1", "Hus", notes="ny")
    plan = asked_and_applied(host, [again, BRO])
    (planned,) = plan.changes
    assert (planned.busy_id, planned.eaccounting_id, planned.reason) == (id, "p7", Reason.RECREATED)
    assert codes(plan) == ["recreated"]
    assert "created again in eAccounting" in render(plan)
    assert host.linked("p7").id == id
    assert host[id].values["name"] == "Huset vårt"
    assert host[id].values["notes"] == "ny"
    assert len(host.ids) == 2


def test_d11_created_again_much_later_is_restored(host: Host) -> None:
    """Gone and archived; weeks later it is created again: linked anew and restored."""
    asked_and_applied(host, [BRO])
    id = host.linked("p1").id
    plan = asked_and_applied(host, [project("p7", "1", "Hus"), BRO])
    assert actions(plan) == ["restore"]
    assert (host.linked("p7").id, is_archived(host, "p7")) == (id, False)
    assert host.noted(id).missing_since is None


def test_d11_needs_the_old_one_to_be_gone(host: Host) -> None:
    """Hidden is not gone: then a second project with its number and name is a second project."""
    plan = asked_and_applied(host, [project("p7", "1", "Hus"), BRO], hidden=[HUS])
    assert actions(plan) == ["create"]
    assert codes(plan) == ["same_number"]


def test_d11_several_candidates_are_a_conflict(host: Host) -> None:
    """Created again twice: nobody can tell, so nothing is linked, created or archived."""
    rows = [project("p7", "1", "Hus"), project("p8", "1", "hus"), BRO]
    plan = asked(host, rows)
    assert plan.is_empty
    assert codes(plan) == ["ambiguous", "ambiguous"]


def test_d11_two_that_are_gone_are_a_conflict() -> None:
    host = Host()
    sync(host, [HUS, project("p3", "1", "Hus"), BRO])
    plan = asked(host, [project("p7", "1", "Hus"), BRO])
    assert plan.is_empty
    assert codes(plan) == ["ambiguous"]


def test_d11_another_project_of_that_name_in_busy_is_a_conflict(host: Host) -> None:
    """A project made in Busy agrees as well. It is not archived either, though it was there at connection."""
    own = host.add(Kind.PROJECT, number="1", name="Hus")
    plan = asked(host, [project("p7", "1", "Hus"), BRO], candidates=frozenset({own}))
    assert plan.is_empty
    assert codes(plan) == ["ambiguous"]
    assert set(plan.conflicts[0].busy_ids) == {own, host.linked("p1").id}


def test_d11_another_organisation_number_is_a_conflict() -> None:
    host = Host()
    sync(host, [customer("c1", "1", "Acme", organization_number="923609016"), customer("c2", "2", "Bro")])
    rows = [customer("c7", "1", "Acme", organization_number="974760673"), customer("c2", "2", "Bro")]
    plan = asked(host, rows)
    assert plan.is_empty
    assert codes(plan) == ["organisation_differs"]


def test_d11_another_name_is_another_project(host: Host) -> None:
    """The number alone proves nothing: the old one is archived, the new one created beside it."""
    plan = asked_and_applied(host, [project("p7", "1", "Garasje"), BRO])
    assert actions(plan) == ["create", "archive"]


def test_d11_without_a_number_nothing_is_linked_anew() -> None:
    host = Host()
    sync(host, [project("p1", None, "Hus"), BRO])
    assert actions(asked_and_applied(host, [project("p7", None, "Hus"), BRO])) == ["create", "archive"]


def test_d11_match_never_links_nothing_anew(host: Host) -> None:
    never = SyncSettings(project_sync=True, match=Match.NEVER)
    plan = asked_and_applied(host, [project("p7", "1", "Hus"), BRO], settings=never)
    assert actions(plan) == ["create", "archive"]


def test_d11_a_customer_created_again_keeps_its_projects() -> None:
    """Its projects in eAccounting refer to the new customer; in Busy they stay with the one they had."""
    host = Host()
    acme, other = customer("c1", "1", "Acme"), customer("c2", "2", "Bro")
    sync(host, [acme, other, project("p1", customer="c1")])
    id = host.linked("c1").id
    plan = asked_and_applied(host, [customer("c7", "1", "Acme"), other, project("p1", customer="c7")])
    assert codes(plan) == ["recreated"]
    assert host.linked("c7").id == id
    assert host.linked("p1").values["customer"] == id
    assert len(host.all(Kind.CUSTOMER)) == 2


def test_d10_archived_because_the_other_company_lost_it(host: Host) -> None:
    """Another company had the project too and lost it; back in the first one it is restored."""
    sync(host, [HUS, BRO], company=OTHER_COMPANY)
    gone = Gone(TODAY, {Kind.PROJECT: frozenset({"p1"})})
    apply(host, plan_for(host, [BRO], company=OTHER_COMPANY, gone=gone))
    assert is_archived(host)
    sync(host, [HUS, BRO])
    assert not is_archived(host)
    assert plan_for(host, [HUS, BRO]).is_empty


def test_linked_twice_is_not_asked_for(host: Host) -> None:
    """Two records with one link are a conflict, wherever eAccounting's record is."""
    host.add(Kind.PROJECT, Link(host.linked("p1").link.document), number="3", name="Kopi")  # type: ignore[union-attr]
    plan = plan_for(host, [BRO])
    assert plan.is_empty
    assert not plan.unconfirmed
    assert codes(plan) == ["linked_twice"]


def test_a_customer_that_a_person_brought_back_and_that_is_gone_is_done_with_at_once() -> None:
    """Inactive, brought back by hand, deleted: one run notes all of it."""
    host = Host()
    sync(host, [customer("c1", archived=True), customer("c2", "2", "Bro")])
    host.edit(host.linked("c1").id, archived=False)
    asked_and_applied(host, [customer("c2", "2", "Bro")])
    assert host.noted(host.linked("c1").id).archive_reason is None


def test_d11_nothing_is_created_before_the_old_one_is_asked_for(host: Host) -> None:
    """Applied as it is, a plan that still has somebody to ask for would else make a second one."""
    again, new = project("p7", "1", "Hus"), project("p8", "8", "Ny")
    plan = plan_for(host, [again, new, BRO])
    assert [planned.eaccounting_id for planned in plan.changes] == ["p8"]
    assert plan.unconfirmed == ((Kind.PROJECT, "p1"),)
    apply(host, plan)
    assert [planned.reason for planned in asked_and_applied(host, [again, new, BRO]).changes] == [
        Reason.RECREATED
    ]
