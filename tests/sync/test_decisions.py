"""What a person decided about single records, as data (D13)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from visma_busy_sync.errors import ConfigurationError
from visma_busy_sync.sync import (
    Action,
    ConflictCode,
    Decision,
    Fate,
    Kind,
    Link,
    Plan,
    Reason,
    SyncSettings,
    Upstream,
    WarningCode,
    make_plan,
)

from .host import COMPANY, ON, Host, apply, customer, plan_for, project, reads


def planned(
    host: Host, rows: Iterable[Upstream], *decisions: Decision, candidates: frozenset[str] = frozenset()
) -> Plan:
    return make_plan(
        COMPANY,
        reads(rows),
        host.records,
        settings=ON,
        archive_candidates=candidates,
        decisions=decisions,
    )


def done(host: Host, rows: Iterable[Upstream], *decisions: Decision, **given: Any) -> Plan:
    """Apply what is planned, and see that the same decisions lead to nothing more."""
    rows = list(rows)
    plan = planned(host, rows, *decisions, **given)
    apply(host, plan)
    assert planned(host, rows, *decisions, **given).is_empty
    return plan


def decide(what: str, busy_id: str, eaccounting_id: str | None = None, kind: str = "project") -> Decision:
    return Decision(what, kind, busy_id, eaccounting_id)


def warned(plan: Plan) -> list[tuple[WarningCode, str | None]]:
    return [(warning.code, warning.busy_id) for warning in plan.warnings]


def test_link_joins_what_number_and_name_would_not() -> None:
    """The conflict number_taken, settled: it is the same one."""
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Something else", notes="mine")
    plan = done(host, [project("p1", "1", "Hus", notes="theirs")], decide("link", id, "p1"))
    (change,) = plan.changes
    assert (change.busy_id, change.eaccounting_id, change.reason) == (id, "p1", Reason.DECIDED)
    assert {kept.field for kept in change.kept} == {"name", "notes"}
    assert host.noted(id).eaccounting_id == "p1"
    assert host[id].values["notes"] == "mine"


def test_link_decides_between_several_candidates() -> None:
    """The conflict ambiguous, settled; the other one is free again, and alone."""
    host = Host()
    ids = [host.add(Kind.PROJECT, number="1", name="Hus") for _ in range(2)]
    rows = [project("p1", "1", "Hus")]
    assert plan_for(host, rows).is_empty
    done(host, rows, decide("link", ids[1], "p1"))
    assert host.linked("p1").id == ids[1]
    fate = plan_for(host, rows).fate_of(Kind.PROJECT, ids[0])
    assert fate is not None
    assert fate.fate is Fate.LEFT_ALONE


def test_relink_moves_a_link_and_keeps_what_busy_has() -> None:
    """Both sides are compared with what was seen of the former record; the freed one is created anew."""
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Hus")
    rows = [project("p1", "1", "Hus"), project("p2", "2", "Hytte")]
    apply(host, plan_for(host, rows[:1]))
    plan = done(host, rows, decide("relink", id, "p2"))
    assert host.noted(id).eaccounting_id == "p2"
    assert host[id].values["name"] == "Hytte"
    assert host.linked("p1").id != id
    assert [change.reason for change in plan.changes if change.busy_id == id] == [Reason.DECIDED]


def test_two_records_can_change_places() -> None:
    """All links that end come first."""
    host = Host()
    rows = [project("p1", "1", "Hus"), project("p2", "2", "Hytte")]
    apply(host, plan_for(host, rows))
    one, two = host.linked("p1").id, host.linked("p2").id
    done(host, rows, decide("relink", one, "p2"), decide("relink", two, "p1"))
    assert host.linked("p2").id == one
    assert host.linked("p1").id == two


def test_unlink_cuts_the_link_and_leaves_the_record() -> None:
    """It is Busy's own from then on; eAccounting's is imported beside it (R7)."""
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Hus")
    rows = [project("p1", "1", "Hus")]
    apply(host, plan_for(host, rows))
    before = dict(host[id].values)
    plan = done(host, rows, decide("unlink", id), candidates=frozenset({id}))
    assert plan.counts[Action.CREATE] == 1
    assert host[id].values == before
    assert host.linked("p1").id != id
    assert host.noted(id).eaccounting_id is None


def test_one_of_two_records_with_one_link_is_let_go() -> None:
    """The conflict linked_twice, settled."""
    host = Host()
    apply(host, plan_for(host, [project("p1", "1", "Hus")]))
    link = host.one().link
    copy = host.add(Kind.PROJECT, link, number="1", name="Hus")
    rows = [project("p1", "1", "Hytte")]
    assert plan_for(host, rows).conflicts[0].code is ConflictCode.LINKED_TWICE
    plan = done(host, rows, decide("unlink", copy))
    assert plan.conflicts == ()
    assert host[copy].values["name"] == "Hus"
    assert host.linked("p1").values["name"] == "Hytte"


def test_keep_is_never_linked_nor_archived() -> None:
    """Busy's own project of the same number and name; eAccounting's comes beside it."""
    host = Host()
    same = host.add(Kind.PROJECT, number="1", name="Hus")
    other = host.add(Kind.PROJECT, number="9", name="Naust")
    kept = [decide("keep", same), decide("keep", other)]
    done(host, [project("p1", "1", "Hus")], *kept, candidates=frozenset({same, other}))
    assert host[same].link is host[other].link is None
    assert host[same].values["archived"] is host[other].values["archived"] is False


def test_archive_archives_what_a_conflict_kept() -> None:
    """As unknown to eAccounting, so it is restored if it ever turns up there (D14)."""
    host = Host()
    ids = [host.add(Kind.PROJECT, number="1", name="Hus") for _ in range(2)]
    rows = [project("p1", "1", "Hus")]
    plan = done(host, rows, decide("archive", ids[0]), decide("link", ids[1], "p1"))
    assert host[ids[0]].values["archived"] is True
    assert plan.archiving.busy_ids == ()  # a person decided it; no guard asks again
    assert {change.reason for change in plan.changes} == {Reason.DECIDED}
    apply(host, plan_for(host, [*rows, project("p3", "3", "Naust")]))
    assert host[ids[0]].values["archived"] is True


def test_customers_are_decided_about_too() -> None:
    """A project refers to whom the customer is linked to now."""
    host = Host()
    id = host.add(Kind.CUSTOMER, number="1", name="Nordmann")
    done(
        host,
        [customer("c1", "7", "Acme"), project("p1", customer="c1")],
        decide("link", id, "c1", "customer"),
    )
    assert host.linked("p1").values["customer"] == id


@pytest.mark.parametrize(
    "decision",
    [
        decide("link", "nobody", "p1"),
        decide("link", "0001", "nothing"),
        decide("link", "0001", "p2"),
        decide("relink", "0001", "p1"),
        decide("link", "0002", "p1"),
        decide("relink", "0002", "p3"),
        decide("keep", "0002"),
        decide("archive", "nobody"),
        decide("keep", "nobody"),
    ],
    ids=lambda d: f"{d.what}-{d.busy_id}-{d.eaccounting_id}",
)
def test_what_cannot_be_carried_out_is_told_and_changes_nothing(decision: Decision) -> None:
    """0001 is free, 0002 linked to p2; p3 is not there."""
    host = Host()
    host.add(Kind.PROJECT, number="8", name="Naust")
    host.add(Kind.PROJECT, number="2", name="Hytte")
    rows = [project("p1", "1", "Hus"), project("p2", "2", "Hytte")]
    apply(host, plan_for(host, rows))
    before = host.records
    plan = planned(host, rows, decision)
    assert plan.is_empty
    assert warned(plan) == [(WarningCode.DECISION_VOID, decision.busy_id)]
    assert host.records == before


def test_archive_cuts_a_link() -> None:
    """As for what was created beside the right one. If nothing is linked to eAccounting's, it comes anew."""
    host = Host()
    rows = [project("p1", "1", "Hus")]
    apply(host, plan_for(host, rows))
    id = host.one().id
    done(host, rows, decide("archive", id))
    assert host[id].values["archived"] is True
    assert host.linked("p1").id != id
    finished = host.add(Kind.PROJECT, host.linked("p1").link, number="1", name="Hus", archived=True)
    assert finished
    plan = planned(host, rows, decide("archive", finished))
    assert [(change.action, change.reason) for change in plan.changes] == [(Action.NOTE, Reason.DECIDED)]


@pytest.mark.parametrize("turned", [False, True])
def test_decisions_that_stand_in_each_others_way_are_void_in_any_order(turned: bool) -> None:
    """One cannot leave its place, so the other cannot take it; nothing is linked twice."""
    host = Host()
    rows = [project("p1", "1", "Hus"), project("p2", "2", "Hytte")]
    apply(host, plan_for(host, rows))
    first = host.linked("p1").id
    free = host.add(Kind.PROJECT, number="9", name="Naust")
    decisions = [decide("link", free, "p1"), decide("relink", first, "p9")]
    plan = planned(host, rows, *(reversed(decisions) if turned else decisions))
    assert plan.is_empty
    assert plan.conflicts == ()
    assert sorted(warned(plan)) == sorted((WarningCode.DECISION_VOID, id) for id in (first, free))


def test_a_void_decision_spares_nothing() -> None:
    """The project is archived at the connection as if nothing had been decided."""
    host = Host()
    id = host.add(Kind.PROJECT, number="9", name="Naust")
    rows = [project("p1", "1", "Hus")]
    plan = planned(host, rows, decide("link", id, "nothing"), candidates=frozenset({id}))
    assert plan.counts[Action.ARCHIVE] == 1


@pytest.mark.parametrize("doctor", ["crossed", "beside"])
def test_projects_follow_their_customer_to_whom_it_is_linked_now(doctor: str) -> None:
    """Else an order would go to the wrong one. What a person chose in Busy stays."""
    host = Host()
    rows = [
        customer("c1", "1", "Acme"),
        customer("c2", "2", "Bolaget"),
        project("p1", "1", "Hus", customer="c1"),
        project("p2", "2", "Hytte", customer="c1"),
    ]
    apply(host, plan_for(host, rows))
    one, two = host.linked("c1").id, host.linked("c2").id
    chosen = host.add(Kind.CUSTOMER, number="7", name="Valgt")
    host.edit(host.linked("p2").id, customer=chosen)
    if doctor == "crossed":
        decisions = [
            decide("relink", one, "c2", "customer"),
            decide("relink", two, "c1", "customer"),
        ]
        now = two
    else:
        now = host.add(Kind.CUSTOMER, number="1", name="Acme AS")
        decisions = [decide("link", now, "c1", "customer"), decide("archive", one, None, "customer")]
    done(host, rows, *decisions)
    assert host.linked("c1").id == now
    assert host.linked("p1").values["customer"] == now
    assert host.linked("p2").values["customer"] == chosen
    assert plan_for(host, rows).is_empty


def test_a_project_follows_a_customer_that_is_made_anew() -> None:
    """Its customer was cut off, and comes beside it in the same plan."""
    host = Host()
    rows = [customer("c1", "1", "Acme"), project("p1", "1", "Hus", customer="c1")]
    apply(host, plan_for(host, rows))
    one = host.linked("c1").id
    done(host, rows, decide("unlink", one, None, "customer"))
    assert host.linked("p1").values["customer"] == host.linked("c1").id != one


def test_where_customers_are_busys_projects_keep_theirs() -> None:
    host = Host()
    settings = SyncSettings(project_sync=True, owners={"project.customer": "keep_busy"})
    rows = [customer("c1", "1", "Acme"), project("p1", "1", "Hus", customer="c1")]
    apply(host, plan_for(host, rows, settings=settings))
    one = host.linked("c1").id
    other = host.add(Kind.CUSTOMER, number="7", name="Valgt")
    decisions = [decide("unlink", one, None, "customer"), decide("link", other, "c1", "customer")]
    apply(host, make_plan(COMPANY, reads(rows), host.records, settings=settings, decisions=decisions))
    assert host.linked("p1").values["customer"] == one


def test_what_is_done_already_leads_to_nothing() -> None:
    host = Host()
    rows = [project("p1", "1", "Hus")]
    apply(host, plan_for(host, rows))
    id = host.one().id
    for what in ("link", "relink"):
        plan = planned(host, rows, decide(what, id, "p1"))
        assert plan.is_empty
        assert plan.warnings == ()
    free = host.add(Kind.PROJECT, number="9", name="Naust", archived=True)
    for what in ("unlink", "archive"):
        plan = planned(host, rows, decide(what, free))
        assert (plan.changes, plan.warnings) == ((), ())


def test_a_record_with_an_unreadable_link_is_not_decided_about() -> None:
    host = Host()
    id = host.add(Kind.PROJECT, Link("{"), number="1", name="Hus")
    plan = planned(host, [], decide("keep", id))
    assert warned(plan) == [(WarningCode.DECISION_VOID, id)]


def test_the_explanation_names_the_decision() -> None:
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Hus")
    plan = planned(host, [project("p1", "7", "Hytte")], decide("link", id, "p1"))
    explanation = plan.explain(Kind.PROJECT, id)
    assert "D13" in explanation.rules
    assert "Decided: link to p1." in str(explanation)
    assert "Bestemt: koble til p1." in explanation.text("nb")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("join", "project", "1"), "Decision.what"),
        (("keep", "hour", "1"), "Decision.kind"),
        (("keep", "project", " "), "busy_id"),
        (("keep", "project", None), "busy_id"),
        (("link", "project", "1"), "needs the id"),
        (("link", "project", "1", ""), "eaccounting_id"),
        (("keep", "project", "1", "p1"), "Busy's record alone"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(given: tuple[Any, ...], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Decision(*given)


@pytest.mark.parametrize(
    "pair",
    [
        (decide("keep", "1"), decide("archive", "1")),
        (decide("link", "1", "p1"), decide("link", "2", "p1")),
    ],
)
def test_decisions_that_contradict_each_other_are_refused(pair: tuple[Decision, Decision]) -> None:
    with pytest.raises(ConfigurationError, match="two decisions about the project"):
        planned(Host(), [], *pair)
