"""Which records of the two systems become one at first sight (R7, D1–D7, D13, D14)."""

from __future__ import annotations

from datetime import date

import pytest

from visma_busy_sync.sync import Action, Kind, Match, Plan, Reason, SyncSettings, make_plan

from .host import COMPANY, ON, Host, actions, codes, customer, plan_for, product, project, reads, sync

NO_NUMBER = {Kind.CUSTOMER: ["number"]}
BY_NUMBER = SyncSettings(project_sync=True, match=Match.NUMBER)
NEVER = SyncSettings(project_sync=True, match=Match.NEVER)


def test_r7_every_project_is_imported() -> None:
    """Each project of eAccounting is in Busy after the first sync, with its fields."""
    host = Host()
    plan = sync(
        host,
        [
            project("p1", "1", "Hus", notes="grunnmur", start_date=date(2026, 1, 2)),
            project("p2", "2", "Vei", archived=True),
        ],
    )
    assert actions(plan) == ["create", "create"]
    assert host.linked("p1").values["notes"] == "grunnmur"
    assert host.linked("p1").values["start_date"] == date(2026, 1, 2)
    assert host.linked("p2").values["archived"] is True


def test_number_and_name_agree() -> None:
    """A project that both have is linked, and nothing of it changes."""
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Hus")
    plan = sync(host, [project("p1", "1", "Hus")])
    (planned,) = plan.changes
    assert (planned.action, planned.reason, planned.adopted) == (Action.ADOPT, Reason.ADOPTED, True)
    assert (planned.busy_id, planned.eaccounting_id) == (id, "p1")
    assert not planned.fields
    assert host.one().values["name"] == "Hus"
    assert plan_for(host, [project("p1", "1", "Hus")]).is_empty


@pytest.mark.parametrize(
    ("number", "name"),
    [
        pytest.param(" 1\u00a0", "Hus på Å", id="white space of any kind"),
        pytest.param("1", "HUS  på\ta\u030a", id="case, runs of white space, composition"),
    ],
)
def test_d1_normal_forms_adopt(number: str, name: str) -> None:
    """Numbers and names are compared in their normal form."""
    host = Host()
    host.add(Kind.PROJECT, number=number, name=name)
    assert plan_for(host, [project("p1", "1", "Hus på Å")]).changes[0].adopted


def test_d1_leading_zeros_count() -> None:
    """`01` is not `1`: both stay apart."""
    host = Host()
    host.add(Kind.PROJECT, number="01", name="Hus")
    assert actions(plan_for(host, [project("p1", "1", "Hus")])) == ["create"]


def test_number_taken() -> None:
    """The same number under another name is never merged: eAccounting's is created beside Busy's, once."""
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Garasje")
    plan = sync(host, [project("p1", "1", "Hus")])
    assert actions(plan) == ["create"]
    (conflict,) = plan.conflicts
    assert (conflict.code, conflict.busy_id, conflict.eaccounting_id) == ("number_taken", id, "p1")
    assert host[id].values["name"] == "Garasje"
    again = plan_for(host, [project("p1", "1", "Hus")])
    assert again.is_empty
    assert not codes(again)


def test_number_taken_by_the_one_that_was_created_anew() -> None:
    """Deleted and created again in eAccounting, and nothing is matched: the advice is true then too."""
    host = Host()
    sync(host, [project("p1", "1", "Hus")])
    (conflict,) = plan_for(host, [project("p2", "1", "Hus")], settings=NEVER).conflicts
    assert conflict.code == "number_taken"
    assert "under another name" not in conflict.advice
    assert "or belongs to one that eAccounting no longer has" in conflict.advice


def test_d2_equal_organisation_number() -> None:
    """A customer is recognised by its organisation number, however it is written."""
    host = Host()
    id = host.add(Kind.CUSTOMER, number="77", name="Acme", organization_number="NO 999 888 777 MVA")
    plan = sync(host, [customer("c1", "10", "Acme AS", organization_number="999888777")])
    (planned,) = plan.changes
    assert (planned.action, planned.adopted, planned.busy_id) == (Action.UPDATE, True, id)
    assert host[id].values == {
        "number": "10",
        "name": "Acme",
        "organization_number": "NO 999 888 777 MVA",
        "archived": False,
    }
    assert [each.field for each in planned.kept] == ["name", "organization_number"]


def test_customers_without_number_by_organisation_number_only() -> None:
    """A host without customer numbers gets customers linked by a unique organisation number."""
    host = Host(lacks=NO_NUMBER)
    id = host.add(Kind.CUSTOMER, name="Acme", organization_number="999888777")
    rows = [customer("c1", "10", "Acme AS", organization_number="999888777")]
    plan = sync(host, rows)
    assert actions(plan) == ["adopt"]
    assert host.linked("c1").id == id
    assert plan_for(host, rows).is_empty


def test_a_name_alone_is_a_suggestion() -> None:
    """A customer of the same name is created beside Busy's, with a warning, once."""
    host = Host(lacks=NO_NUMBER)
    id = host.add(Kind.CUSTOMER, name="Acme")
    plan = sync(host, [customer("c1", "10", "ACME")])
    assert actions(plan) == ["create"]
    (warning,) = plan.warnings
    assert (warning.code, warning.busy_id, warning.eaccounting_id) == ("same_name", id, "c1")
    assert not codes(plan_for(host, [customer("c1", "10", "ACME")]))


def test_a_name_that_several_have() -> None:
    """The suggestion names no record where several have the name."""
    host = Host(lacks=NO_NUMBER)
    host.add(Kind.CUSTOMER, name="Acme")
    host.add(Kind.CUSTOMER, name="Acme")
    (warning,) = plan_for(host, [customer("c1", "10", "Acme")]).warnings
    assert (warning.code, warning.busy_id) == ("same_name", None)


def test_d3_organisation_numbers_differ() -> None:
    """Number and name agree, the organisation numbers do not: nothing is done until a person decides."""
    host = Host()
    id = host.add(Kind.CUSTOMER, number="10", name="Acme", organization_number="111")
    rows = [customer("c1", "10", "Acme", organization_number="222")]
    plan = sync(host, rows)
    assert plan.is_empty
    (conflict,) = plan.conflicts
    assert (conflict.code, conflict.busy_id, conflict.eaccounting_id) == ("organisation_differs", id, "c1")
    host.edit(id, organization_number="222")
    assert actions(sync(host, rows)) == ["adopt"]


def test_d4_busys_value_kept_at_adoption_then_a_change_comes_through() -> None:
    """Busy's notes stand at adoption; what eAccounting changes afterwards is taken over."""
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Hus", notes="from Busy")
    plan = sync(host, [project("p1", notes="from eAccounting")])
    (planned,) = plan.changes
    assert planned.action == "adopt"
    (kept,) = planned.kept
    assert (kept.field, kept.old, kept.new) == ("notes", "from Busy", "from eAccounting")
    assert host[id].values["notes"] == "from Busy"
    assert plan_for(host, [project("p1", notes="from eAccounting")]).is_empty
    sync(host, [project("p1", notes="newer")])
    assert host[id].values["notes"] == "newer"


@pytest.mark.parametrize("empty", [pytest.param(None, id="none"), pytest.param("", id="empty text")])
def test_d5_empty_field_is_filled(empty: str | None) -> None:
    """A field that is empty in Busy takes eAccounting's value at adoption."""
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Hus", notes=empty)
    plan = sync(host, [project("p1", notes="from eAccounting", end_date=date(2026, 5, 1))])
    assert actions(plan) == ["update"]
    assert host[id].values["notes"] == "from eAccounting"
    assert host[id].values["end_date"] == date(2026, 5, 1)


def test_a_value_that_eaccounting_never_had_empties_nothing() -> None:
    """A project without customer in eAccounting keeps at adoption the one that Busy knows."""
    host = Host()
    busy_customer = host.add(Kind.CUSTOMER, name="Acme")
    id = host.add(Kind.PROJECT, number="1", name="Hus", customer=busy_customer)
    (planned,) = sync(host, [project("p1")]).changes
    assert host[id].values["customer"] == busy_customer
    assert [(each.field, each.old_label) for each in planned.kept] == [("customer", "Acme")]


def test_d6_two_in_busy_share_a_number() -> None:
    """Of two records with one number, the one that agrees in name is adopted."""
    host = Host()
    host.add(Kind.PROJECT, number="1", name="Garasje")
    right = host.add(Kind.PROJECT, number="1", name="Hus")
    for settings in (ON, BY_NUMBER):
        (planned,) = plan_for(host, [project("p1", "1", "Hus")], settings=settings).changes
        assert planned.busy_id == right


def test_d7_two_in_eaccounting_share_a_number() -> None:
    """Each is imported, with a warning, once."""
    host = Host()
    rows = [project("p1", "1", "Hus"), project("p2", "1", "Vei")]
    plan = sync(host, rows)
    assert actions(plan) == ["create", "create"]
    assert codes(plan) == ["same_number", "same_number"]
    assert not codes(plan_for(host, rows))


def test_d7_busys_holder_is_adopted_by_the_other() -> None:
    """Of two with one number, one adopts Busy's record and the other is imported beside it."""
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Hus")
    for settings in (ON, BY_NUMBER):
        plan = plan_for(host, [project("p1", "1", "Hus"), project("p2", "1", "Vei")], settings=settings)
        assert [(each.action, each.busy_id) for each in plan.changes] == [("adopt", id), ("create", None)]
        assert [(each.code, each.eaccounting_id) for each in plan.warnings] == [("same_number", "p2")]
        assert not plan.conflicts


def test_d7_a_host_that_refuses_parks_one() -> None:
    """What the host refuses is planned again in the next run; the rest is there."""
    host = Host(refuses=["2"])
    rows = [project("p1", "1", "Hus"), project("p2", "2", "Vei")]
    sync(host, rows)
    assert [record.values["number"] for record in host.all(Kind.PROJECT)] == ["1"]
    assert [each.eaccounting_id for each in plan_for(host, rows).changes] == ["p2"]


def _ambiguous(host: Host, plan: Plan) -> None:
    before = host.records
    assert plan.is_empty
    assert {each.code for each in plan.conflicts} == {"ambiguous"}
    assert host.records == before


def test_two_candidates_in_busy_are_ambiguous() -> None:
    """Two in Busy that agree in number and name: neither is adopted, created or archived."""
    host = Host()
    one = host.add(Kind.PROJECT, number="1", name="Hus")
    two = host.add(Kind.PROJECT, number="1", name="hus")
    plan = sync(host, [project("p1")], candidates=host.ids)
    _ambiguous(host, plan)
    (conflict,) = plan.conflicts
    assert (conflict.eaccounting_id, conflict.busy_id, conflict.busy_ids) == ("p1", None, (one, two))
    host.edit(two, name="Garasje")
    assert actions(sync(host, [project("p1")])) == ["adopt"]


def test_two_candidates_in_eaccounting_are_ambiguous() -> None:
    """Two in eAccounting that agree with one of Busy: nothing happens to any of them."""
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Hus")
    plan = sync(host, [project("p1"), project("p2")], candidates=host.ids)
    _ambiguous(host, plan)
    assert [(each.eaccounting_id, each.busy_id) for each in plan.conflicts] == [("p1", id), ("p2", id)]


def test_a_chain_of_candidates_is_ambiguous() -> None:
    """Number and name point to one customer, the organisation number to another: ambiguous."""
    host = Host()
    host.add(Kind.CUSTOMER, number="10", name="Acme")
    host.add(Kind.CUSTOMER, number="77", name="Beta", organization_number="999")
    _ambiguous(host, sync(host, [customer("c1", "10", "Acme", organization_number="999")]))


def test_a_record_with_two_kinds_of_candidates_is_ambiguous() -> None:
    """One customer of eAccounting agrees in number and name, another in organisation number: ambiguous."""
    host = Host()
    host.add(Kind.CUSTOMER, number="10", name="Acme", organization_number="999")
    rows = [customer("c1", "10", "Acme"), customer("c2", "20", "Beta", organization_number="999")]
    _ambiguous(host, sync(host, rows))


def test_branches_that_share_an_organisation_number() -> None:
    """Where all agrees for one branch, it is adopted, though another branch has the same number."""
    host = Host()
    oslo = host.add(Kind.CUSTOMER, number="10", name="Acme Oslo", organization_number="999")
    rows = [
        customer("c1", "10", "Acme Oslo", organization_number="999"),
        customer("c2", "11", "Acme Bergen", organization_number="999"),
    ]
    plan = sync(host, rows)
    assert [(each.action, each.busy_id) for each in plan.changes] == [("adopt", oslo), ("create", None)]
    assert plan_for(host, rows).is_empty


def test_match_number_adopts_another_name() -> None:
    """With `match = number` the name need not agree; Busy keeps its own."""
    host = Host()
    id = host.add(Kind.PRODUCT, number="1", name="Arbeid")
    plan = sync(host, [product("a1", "1", "Time")], settings=BY_NUMBER)
    assert [(each.action, each.busy_id) for each in plan.changes] == [("adopt", id)]
    assert host[id].values["name"] == "Arbeid"


def test_match_number_still_respects_organisation_numbers() -> None:
    """With `match = number` too, contradicting organisation numbers stop the adoption."""
    host = Host()
    host.add(Kind.CUSTOMER, number="10", name="Acme", organization_number="111")
    rows = [customer("c1", "10", "Acme", organization_number="222")]
    assert codes(plan_for(host, rows, settings=BY_NUMBER)) == ["organisation_differs"]


def test_match_never_creates_everything() -> None:
    """With `match = never` even equal records stay apart."""
    host = Host()
    host.add(Kind.PROJECT, number="1", name="Hus")
    plan = sync(host, [project("p1")], settings=NEVER)
    assert actions(plan) == ["create"]
    assert codes(plan) == ["number_taken"]


def test_records_without_number_are_never_adopted() -> None:
    """No number, no match: not even two records that both lack one."""
    host = Host()
    host.add(Kind.PROJECT, name="Hus")
    plan = plan_for(host, [project("p1", None, "Hus"), project("p2", None, "")])
    assert actions(plan) == ["create", "create"]
    assert codes(plan) == ["same_name"]


def test_a_record_without_number_and_name_is_nobodys_candidate() -> None:
    """A record that has nothing to be recognised by is left alone."""
    host = Host()
    host.add(Kind.PROJECT, name="")
    plan = plan_for(host, [project("p1", "1", "Hus")])
    assert actions(plan) == ["create"]
    assert not codes(plan)


def test_linked_records_are_no_candidates() -> None:
    """A record that is linked already is not adopted by another one with its number and name."""
    host = Host()
    sync(host, [project("p1")])
    plan = plan_for(host, [project("p1"), project("p2")])
    assert [(each.action, each.eaccounting_id) for each in plan.changes] == [("create", "p2")]
    assert codes(plan) == ["same_number"]


def test_number_held_by_one_that_left_eaccounting() -> None:
    """A new project with the number of one that is gone is created beside it and reported."""
    host = Host()
    sync(host, [project("p1")])
    plan = plan_for(host, [project("p2", name="Hytte")])
    assert actions(plan) == ["create"]
    assert codes(plan) == ["number_taken", "missing_upstream"]


def test_d13_a_decided_conflict_does_not_archive() -> None:
    """Renaming decides a conflict; archive-missing does not return for it in an ordinary sync."""
    host = Host()
    host.add(Kind.PROJECT, number="1", name="Hus")
    two = host.add(Kind.PROJECT, number="1", name="Hus")
    sync(host, [project("p1")], candidates=host.ids)
    host.edit(two, name="Garasje")
    sync(host, [project("p1")])
    assert host[two].values["archived"] is False


def test_duplicate_ids_upstream() -> None:
    """An id that comes more than once counts once, in its last form, with one warning."""
    host = Host()
    plan = sync(host, [project("p1", name="old"), project("p1", name="older"), project("p1", name="new")])
    assert codes(plan) == ["duplicate_upstream"]
    assert host.one().values["name"] == "new"


def test_linked_twice() -> None:
    """Two records linked to one of eAccounting are left alone and reported; the rest goes on."""
    host = Host()
    sync(host, [project("p1")])
    first = host.one()
    second = host.add(Kind.PROJECT, first.link, number="1", name="Hus")
    plan = plan_for(host, [project("p1", name="Changed"), project("p2", "2", "Vei")])
    assert [each.eaccounting_id for each in plan.changes] == ["p2"]
    (conflict,) = plan.conflicts
    assert (conflict.code, conflict.eaccounting_id) == ("linked_twice", "p1")
    assert conflict.busy_ids == (first.id, second)
    host.edit(second, name="Kopi")
    (conflict,) = plan_for(host, []).conflicts
    assert (conflict.code, conflict.eaccounting_id, conflict.label) == ("linked_twice", None, "1 Hus")
    turned = {Kind.PROJECT: host.all(Kind.PROJECT)[::-1]}
    assert make_plan(COMPANY, reads([]), turned, settings=ON).conflicts == (conflict,)


def test_one_new_record_without_any_other() -> None:
    """A row without number that no record resembles is created without a remark."""
    assert not codes(plan_for(Host(), [project("p1", None, "Hus")]))
