"""A reading of what changed lately: what it lacks is as it was."""

from __future__ import annotations

from visma_busy_sync.sync import Action, Gone, Kind, Read, Reason, Upstream, WarningCode, make_plan

from .host import COMPANY, ON, TODAY, Host, apply, asked_and_applied, customer, plan_for, project


def part(*rows: Upstream) -> dict[Kind, Read]:
    return {Kind.PROJECT: Read(rows, sure=True, whole=False)}


def with_projects(*numbers: str) -> Host:
    host = Host()
    apply(host, plan_for(host, [project(f"p{n}", n, f"Hus {n}") for n in numbers]))
    return host


def test_what_it_lacks_is_neither_missing_nor_asked_for() -> None:
    host = with_projects("1", "2", "3")
    plan = make_plan(COMPANY, part(), host.records, settings=ON)
    assert (plan.changes, plan.warnings, plan.conflicts, plan.unconfirmed) == ((), (), (), ())
    assert plan.unchanged[Kind.PROJECT] == 3


def test_what_changed_is_brought_over_and_what_is_new_is_created() -> None:
    host = with_projects("1", "2", "3")
    plan = make_plan(
        COMPANY, part(project("p2", "2", "Hytte"), project("p4", "4", "Naust")), host.records, settings=ON
    )
    assert sorted(change.action for change in plan.changes) == [Action.CREATE, Action.UPDATE]
    assert plan.warnings == ()


def test_what_is_new_is_adopted() -> None:
    host = with_projects("1")
    id = host.add(Kind.PROJECT, number="7", name="Naust")
    plan = make_plan(COMPANY, part(project("p7", "7", "Naust")), host.records, settings=ON)
    (change,) = plan.changes
    assert (change.action, change.busy_id) == (Action.ADOPT, id)


def test_projects_that_eaccounting_lacks_are_archived_by_a_whole_reading_only() -> None:
    """R8: what changed lately tells nothing of the others."""
    host = with_projects("1")
    id = host.add(Kind.PROJECT, number="7", name="Naust")
    candidates = frozenset({id})
    kept = make_plan(
        COMPANY, part(project("p1", "1", "Hus 1")), host.records, settings=ON, archive_candidates=candidates
    )
    assert kept.changes == ()
    assert kept.warnings == ()


def test_what_was_created_anew_is_found_out_by_asking_for_the_old_one() -> None:
    """D11: the old one is not in what changed, whether it is gone or not."""
    host = with_projects("1", "2")
    changed = part(project("new", "2", "Hus 2"))
    plan = make_plan(COMPANY, changed, host.records, settings=ON)
    assert plan.unconfirmed == ((Kind.PROJECT, "p2"),)
    assert plan.changes == ()
    gone = Gone(TODAY, {Kind.PROJECT: frozenset({"p2"})})
    again = make_plan(COMPANY, changed, host.records, settings=ON, gone=gone)
    assert [warning.code for warning in again.warnings] == [WarningCode.RECREATED]
    (change,) = again.changes
    assert change.busy_id == host.linked("p2").id
    assert change.eaccounting_id == "new"


def test_what_a_person_brought_back_is_noted_all_the_same() -> None:
    """The record in Busy was read, only eAccounting's was not."""
    host = with_projects("1")
    asked_and_applied(host, [project("p9", "9", "Naust")])
    archived = host.linked("p1")
    assert archived.values["archived"] is True
    host.edit(archived.id, archived=False)
    plan = make_plan(COMPANY, part(), host.records, settings=ON)
    assert [change.reason for change in plan.changes] == [Reason.NOTED]


def test_customers_of_an_earlier_reading_are_known() -> None:
    host = Host()
    apply(host, plan_for(host, [customer("c1")]))
    upstream = {
        Kind.CUSTOMER: Read([], sure=True, whole=False),
        Kind.PROJECT: Read([project("p1", customer="c1")], sure=True, whole=False),
    }
    plan = make_plan(COMPANY, upstream, host.records, settings=ON)
    (change,) = plan.changes
    assert change.action is Action.CREATE
    assert plan.warnings == ()
