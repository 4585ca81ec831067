"""Which Busy customer a project gets, and what happens while that is not known."""

from __future__ import annotations

import pytest

from visma_busy_sync.sync import Kind, Pending, Read, Record, WarningCode, make_plan, resolve

from .host import COMPANY, ON, Host, actions, apply, codes, customer, plan_for, product, project, sync

ACME = customer("c1", "10", "Acme")
BETA = customer("c2", "20", "Beta")


@pytest.fixture
def host() -> Host:
    """A host that has customers Acme and Beta, and project `p1` of Acme, from eAccounting."""
    host = Host()
    sync(host, [ACME, BETA, project("p1", customer="c1")])
    return host


def customer_of(host: Host, id: str = "p1") -> object:
    return host.linked(id).values["customer"]


def test_a_customer_of_the_same_plan_is_pending() -> None:
    """A project whose customer is created by the same plan gets it when the plan is applied."""
    host = Host()
    plan = plan_for(host, [ACME, project("p1", customer="c1")])
    planned = plan.changes[1]
    assert planned.pending == Pending("c1")
    assert [(each.field, each.new_label) for each in planned.fields if each.new == Pending("c1")] == [
        ("customer", "10 Acme")
    ]
    apply(host, plan)
    assert customer_of(host) == host.linked("c1").id
    assert plan_for(host, [ACME, project("p1", customer="c1")]).is_empty


def test_a_linked_customer_is_resolved_at_once(host: Host) -> None:
    """A new project of a customer that Busy has is created with it."""
    plan = plan_for(
        host, [ACME, BETA, project("p1", customer="c1"), project("p2", "2", "Vei", customer="c1")]
    )
    (planned,) = plan.changes
    assert planned.pending is None
    assert planned.change.values["customer"] == host.linked("c1").id
    assert resolve(planned, {}) is planned


def test_a_customer_adopted_by_the_same_plan_is_resolved_at_once() -> None:
    """Adopting a customer is enough to know it; eAccounting's customer is set on the adopted project."""
    host = Host()
    id = host.add(Kind.CUSTOMER, number="10", name="Acme")
    wrong = host.add(Kind.CUSTOMER, number="77", name="Gamma")
    host.add(Kind.PROJECT, number="1", name="Hus", customer=wrong)
    plan = sync(host, [ACME, project("p1", customer="c1")])
    (change,) = plan.changes[1].fields
    assert (change.field, change.old_label, change.new_label) == ("customer", "77 Gamma", "10 Acme")
    assert customer_of(host) == id


def test_customers_are_known_though_only_projects_are_synced(host: Host) -> None:
    """A project read without its customers finds the linked ones."""
    plan = make_plan(
        COMPANY,
        {Kind.PROJECT: Read([project("p1", customer="c2")], sure=True)},
        host.records,
        settings=ON,
    )
    assert plan.changes[0].change.values == {"customer": host.linked("c2").id}


def test_another_customer_in_eaccounting_comes_through(host: Host) -> None:
    """A project that moves to another customer moves in Busy, and none empties it."""
    sync(host, [ACME, BETA, project("p1", customer="c2")])
    assert customer_of(host) == host.linked("c2").id
    sync(host, [ACME, BETA, project("p1")])
    assert customer_of(host) is None


def test_a_customer_changed_in_busy_survives(host: Host) -> None:
    """While eAccounting's customer stays, a person's choice in Busy stays."""
    id = host.linked("p1").id
    host.edit(id, customer=host.linked("c2").id)
    assert plan_for(host, [ACME, BETA, project("p1", customer="c1")]).is_empty


def test_both_changed_the_customer(host: Host) -> None:
    """Both changed the customer: eAccounting's is set and the difference reported once."""
    host.edit(host.linked("p1").id, customer=None)
    rows = [ACME, BETA, project("p1", customer="c2")]
    plan = sync(host, rows)
    assert codes(plan) == ["diverged"]
    assert customer_of(host) == host.linked("c2").id
    assert not codes(plan_for(host, rows))


def test_both_changed_to_the_same_customer(host: Host) -> None:
    """A person who sets in Busy what eAccounting then has too made no conflict (D17)."""
    host.edit(host.linked("p1").id, customer=host.linked("c2").id)
    plan = plan_for(host, [ACME, BETA, project("p1", customer="c2")])
    assert actions(plan) == ["note"]
    assert not codes(plan)


def test_moving_to_a_customer_of_the_same_plan(host: Host) -> None:
    """A linked project that moves to a new customer expects the customer that Busy has now."""
    rows = [ACME, BETA, customer("c3", "30", "Gamma"), project("p1", customer="c3")]
    plan = sync(host, rows)
    (change,) = plan.changes[1].fields
    assert (change.old, change.base) == (host.linked("c1").id, "c1")
    assert customer_of(host) == host.linked("c3").id
    assert plan_for(host, rows).is_empty


def test_an_unknown_customer_is_left_out_until_it_is_known() -> None:
    """A project comes without a customer that was not imported; as soon as that is, it is set."""
    host = Host()
    rows = [project("p1", customer="c1")]
    plan = sync(host, rows)
    assert codes(plan) == ["customer_unknown"]
    assert customer_of(host) is None
    again = plan_for(host, rows)
    assert again.is_empty
    assert codes(again) == ["customer_unknown"]
    noted = host.noted(host.one().id)
    assert "customer" not in {*noted.base, *noted.stored}
    sync(host, [ACME, *rows])
    assert customer_of(host) == host.linked("c1").id


def test_archiving_by_hand_beside_an_unknown_customer_is_not_noted() -> None:
    """A project that is compared anew in each run is not written to for what a person did to it."""
    host = Host()
    rows = [project("p1", customer="c1")]
    sync(host, rows)
    host.edit(host.one().id, archived=True)
    assert plan_for(host, rows).is_empty


def test_only_customers_are_customers() -> None:
    """A product or project of the same id, new or adopted, is not taken for the project's customer."""
    host = Host()
    host.add(Kind.PRODUCT, number="1", name="Time")
    rows = [
        product("x1"),
        product("x2", "2", "Reise"),
        project("p1", customer="x1"),
        project("p2", "2", "Vei", customer="x2"),
    ]
    assert codes(plan_for(host, rows)) == ["customer_unknown", "customer_unknown"]


def test_an_unknown_customer_replaces_none(host: Host) -> None:
    """A project that moves to an unknown customer keeps the former one until the new one is known."""
    rows = [ACME, BETA, project("p1", name="Villa", customer="c9")]
    plan = sync(host, rows)
    assert codes(plan) == ["customer_unknown"]
    assert plan.changes[0].change.values == {"name": "Villa"}
    assert plan_for(host, rows).is_empty
    sync(host, [*rows, customer("c9", "90", "Gamma")])
    assert customer_of(host) == host.linked("c9").id


def test_a_customer_that_the_host_refuses() -> None:
    """The project comes without it; the customer and the reference are planned again."""
    host = Host(refuses=["10"])
    rows = [ACME, project("p1", customer="c1")]
    sync(host, rows)
    assert customer_of(host) is None
    again = plan_for(host, rows)
    assert [(each.kind, each.action) for each in again.changes] == [
        ("customer", "create"),
        ("project", "update"),
    ]
    assert again.changes[1].pending == Pending("c1")


def test_a_customer_in_conflict_is_unknown() -> None:
    """Which of two candidates a customer is cannot be told, so its project comes without it."""
    host = Host()
    host.add(Kind.CUSTOMER, number="10", name="Acme")
    host.add(Kind.CUSTOMER, number="10", name="Acme")
    assert codes(plan_for(host, [ACME, project("p1", customer="c1")])) == ["ambiguous", "customer_unknown"]


def test_an_unknown_customer_at_adoption() -> None:
    """An adopted project keeps Busy's customer while eAccounting's is unknown."""
    host = Host()
    gamma = host.add(Kind.CUSTOMER, number="77", name="Gamma")
    host.add(Kind.PROJECT, number="1", name="Hus", customer=gamma)
    plan = sync(host, [project("p1", customer="c1")])
    assert actions(plan) == ["adopt"]
    assert codes(plan) == ["customer_unknown"]
    assert customer_of(host) == gamma


def test_a_customer_that_busy_no_longer_has() -> None:
    """A customer that is gone in Busy is shown without a label."""
    host = Host()
    sync(host, [ACME, project("p1", customer="c1")])
    plan = make_plan(
        COMPANY,
        {Kind.PROJECT: Read([project("p1")], sure=True)},
        {Kind.PROJECT: [Record(Kind.PROJECT, "1", host.linked("p1").values, host.linked("p1").link)]},
        settings=ON,
    )
    (change,) = plan.changes[0].fields
    assert (change.old_label, change.new) == (None, None)


def test_a_project_in_use_whose_customer_is_not_is_flagged_and_imported_with_it() -> None:
    """Whether the customer comes with the same sync or is known by now; a finished one is not flagged."""
    host = Host()
    gone = customer("c1", archived=True)
    finished = project("p2", "2", "Z", customer="c1", archived=True)
    rows = [gone, project("p1", "1", "Hus", customer="c1"), finished]
    plan = plan_for(host, rows)
    assert [(w.code, w.eaccounting_id) for w in plan.warnings] == [(WarningCode.CUSTOMER_ARCHIVED, "p1")]
    apply(host, plan)
    assert host.linked("p1").values["customer"] == host.linked("c1").id
    changed = project("p1", "1", "Hytte", customer="c1")
    plan = plan_for(host, [gone, changed, finished])
    assert [warning.code for warning in plan.warnings] == [WarningCode.CUSTOMER_ARCHIVED]
    apply(host, plan)
    assert plan_for(host, [gone, changed, finished]).warnings == ()
