"""Undoing a plan that was applied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from visma_busy_sync.sync import Action, Applied, Decision, Kind, Link, Plan, Upstream, make_plan, undo

from .host import COMPANY, ON, Host, apply, asked, customer, plan_for, product, project, reads


def synced(host: Host, rows: Iterable[Upstream], **given: Any) -> Plan:
    return apply(host, plan_for(host, rows, **given))


def values(host: Host) -> dict[str, dict[str, Any]]:
    return {record.id: dict(record.values) for kind in Kind for record in host.all(kind)}


def undone(host: Host, plan: Plan) -> list[str]:
    """Undo it, and return the labels of what was left out."""
    inverse = undo(plan, host.records)
    assert all(isinstance(host.apply(change), Applied) for _, change in inverse.changes)
    return [planned.label for planned in inverse.left_out]


def test_each_record_is_as_it_was() -> None:
    """Adopted, updated, archived, restored: fields and flags; links no longer tie them."""
    host = Host()
    adopted = host.add(Kind.PROJECT, number="1", name="Hus")
    unknown = host.add(Kind.PROJECT, number="9", name="Naust")
    host.add(Kind.CUSTOMER, number="1", name="Acme")
    before = values(host)
    rows = [customer("c1", organization_number="1"), project("p1", customer="c1", notes="x")]
    plan = synced(host, rows, candidates=host.ids)
    assert host[unknown].values["archived"] is True
    assert undone(host, plan) == []
    assert values(host) == before
    assert host.noted(adopted).eaccounting_id is None
    # It is not archived again by itself: that happens once, and was taken back.
    assert plan_for(host, [], candidates=frozenset({unknown})).counts[Action.ARCHIVE] == 0


def test_an_update_is_taken_back_with_its_base() -> None:
    """So the next sync sees the change in eAccounting again."""
    host = Host()
    synced(host, [project("p1", "1", "Hus")])
    link = host.one().link
    plan = synced(host, [project("p1", "1", "Hytte", archived=True)])
    assert host.one().values["name"] == "Hytte"
    assert undone(host, plan) == []
    assert host.one().values["name"] == "Hus"
    assert host.one().values["archived"] is False
    assert host.one().link == link
    assert not plan_for(host, [project("p1", "1", "Hytte")]).is_empty


def test_what_was_created_is_archived_and_comes_back_when_it_is_linked_again() -> None:
    """Nothing is deleted: hours may be on it by now."""
    host = Host()
    rows = [
        customer("c1"),
        product("a1"),
        project("p1", customer="c1"),
        project("p2", "2", "Z", archived=True),
    ]
    plan = synced(host, rows)
    count = len(host.ids)
    assert undone(host, plan) == []
    assert all(record.values["archived"] for kind in Kind for record in host.all(kind))
    synced(host, rows)
    assert len(host.ids) == count
    assert [record.values["archived"] for record in host.all(Kind.PROJECT)] == [False, True]


def test_what_a_person_touched_since_is_left_out() -> None:
    """Only the fields that the plan set count."""
    host = Host()
    plan = synced(host, [project("p1", "1", "Hus"), project("p2", "2", "Hytte")])
    host.edit(host.linked("p1").id, name="Mitt hus")
    assert undone(host, plan) == ["1 Hus"]
    assert host.linked("p1").values["archived"] is False


def test_what_a_later_sync_changed_is_left_out() -> None:
    host = Host()
    plan = synced(host, [project("p1", "1", "Hus")])
    synced(host, [project("p1", "1", "Hus", notes="x")])
    assert undone(host, plan) == ["1 Hus"]


def test_what_was_not_applied_is_left_out() -> None:
    """Refused, gone by now, or with a link that nobody can read."""
    host = Host(refuses=["1"])
    plan = synced(host, [project("p1", "1", "Hus"), project("p2", "2", "Hytte")])
    host.relink(host.linked("p2").id, Link("{"))
    assert undone(host, plan) == ["2 Hytte", "1 Hus"]
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Hus")
    plan = plan_for(host, [project("p1", "1", "Hus"), project("p2", "2", "Hytte")])
    assert undone(host, plan) == ["2 Hytte", "1 Hus"]
    assert host[id].link is None


def test_a_customer_that_came_with_the_same_sync_is_taken_back_too() -> None:
    """The project has the customer that it had before."""
    host = Host()
    synced(host, [customer("c1"), project("p1", customer="c1")])
    before = dict(host.linked("p1").values)
    both = [customer("c1"), customer("c2", "2", "Bolaget")]
    plan = synced(host, [*both, project("p1", name="Hytte", customer="c2")])
    assert host.linked("p1").values["customer"] == host.linked("c2").id
    assert undone(host, plan) == []
    assert host.linked("p1").values == before


@pytest.mark.parametrize("created", [True, False])
def test_a_customer_that_a_later_sync_set_is_left_alone(created: bool) -> None:
    host = Host()
    customers = [customer("c1"), customer("c2", "2", "Bolaget")]
    synced(host, [*customers, *([] if created else [project("p1")])])
    plan = synced(host, [*customers, project("p1", customer="c1")])
    synced(host, [*customers, project("p1", customer="c2")])
    after = values(host)
    assert undone(host, plan) == ["1 Hus"]
    assert values(host) == after


def test_what_was_archived_as_gone_is_active_again_unless_a_person_brought_it_back() -> None:
    host = Host()
    rows = [project("p1"), project("p2", "2", "Hytte")]
    synced(host, rows)
    plan = apply(host, asked(host, rows[1:]))
    gone = host.linked("p1").id
    assert host[gone].values["archived"] is True
    assert undone(host, plan) == []
    assert host[gone].values["archived"] is False
    plan = apply(host, asked(host, rows[1:]))
    host.edit(gone, archived=False)
    assert undone(host, plan) == ["1 Hus"]


def test_a_record_that_a_person_linked_in_place_of_the_created_one_is_left_alone() -> None:
    """Only what the sync itself created is archived."""
    host = Host()
    own = host.add(Kind.PROJECT, number="1", name="Another")
    rows = [project("p1", "1", "Hus")]
    plan = synced(host, rows)
    beside = host.linked("p1").id
    decisions = [Decision("unlink", "project", beside), Decision("link", "project", own, "p1")]
    apply(host, make_plan(COMPANY, reads(rows), host.records, settings=ON, decisions=decisions))
    assert undone(host, plan) == ["1 Hus"]
    assert host[own].values["archived"] is False


def test_a_record_whose_link_became_unreadable_is_left_out() -> None:
    host = Host()
    synced(host, [project("p1", "1", "Hus")])
    plan = synced(host, [project("p1", "1", "Hytte")])
    id = host.linked("p1").id
    host.relink(id, Link("{"))
    assert undone(host, plan) == ["1 Hytte"]
    assert host[id].values["name"] == "Hytte"


def test_a_host_that_cuts_and_lacks_fields_is_brought_back_too() -> None:
    """What it stored is what counts, not what it was asked to store."""
    host = Host(cut=5, lacks={Kind.PROJECT: ["notes"]})
    id = host.add(Kind.PROJECT, number="1", name="Hus i skogen")
    before = values(host)
    plan = synced(host, [project("p1", "1", "Hus i", notes="Lang tekst", start_date=None)])
    assert undone(host, plan) == []
    assert values(host) == before
    plan = synced(host, [project("p1", "1", "Huset ved vannet")])
    assert undone(host, plan) == []
    assert host[id].values["name"] == "Hus i"
