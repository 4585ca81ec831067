"""What becomes of each record: exactly one thing, to be looked up by either id."""

from __future__ import annotations

import pytest

from visma_busy_sync.sync import (
    Fate,
    Kind,
    Link,
    Match,
    Plan,
    Read,
    Reason,
    RecordFate,
    SyncSettings,
    Upstream,
    make_plan,
    plan_from_json,
    plan_to_json,
)

from .host import COMPANY, ON, Host, apply, asked, customer, plan_for, product, project, sync

HUS = project("p1", "1", "Hus")
BRO = project("p2", "2", "Bro")


@pytest.fixture
def host() -> Host:
    """A host that has two projects from eAccounting, and one of its own."""
    host = Host()
    sync(host, [HUS, BRO])
    host.add(Kind.PROJECT, number="9", name="Naust")
    return host


def of(plan: Plan, id: str, kind: Kind = Kind.PROJECT) -> RecordFate:
    found = plan.fate_of(kind, id)
    assert found is not None
    return found


def told(plan: Plan) -> list[tuple[str | None, str | None, str]]:
    return [(each.eaccounting_id, each.busy_id, each.fate) for each in plan.fates]


def test_a_linked_record_has_one_fate_by_either_id(host: Host) -> None:
    plan = plan_for(host, [project("p1", "1", "Villa"), BRO])
    assert told(plan) == [
        (None, "0003", "left_alone"),
        ("p1", "0001", "update"),
        ("p2", "0002", "unchanged"),
    ]
    changed = of(plan, "p1")
    assert changed is of(plan, "0001")
    assert (changed.reason, changed.planned) == (Reason.CHANGED, plan.changes[0])
    assert (of(plan, "p2").reason, of(plan, "p2").planned) == (None, None)
    assert plan.fate_of(Kind.CUSTOMER, "p1") is None


def test_what_a_plan_links_is_one_record(host: Host) -> None:
    """Adopted, or linked anew under the id that it has now."""
    plan = plan_for(host, [HUS, BRO, project("p9", "9", "Naust")])
    assert of(plan, "p9") is of(plan, "0003")
    assert of(plan, "p9").fate is Fate.ADOPT
    plan = asked(host, [BRO, project("p7", "1", "Hus")])
    assert of(plan, "p7") is of(plan, "0001")
    assert of(plan, "p7").reason is Reason.RECREATED
    assert plan.fate_of(Kind.PROJECT, "p1") is None


def test_what_is_created_or_archived_at_the_connection_is_on_one_side_only() -> None:
    host = Host()
    own = host.add(Kind.PROJECT, number="9", name="Naust")
    plan = plan_for(host, [HUS], candidates=host.ids)
    assert told(plan) == [(None, own, "archive"), ("p1", None, "create")]


@pytest.mark.parametrize(
    ("rows", "sure", "fate"),
    [
        pytest.param([BRO], True, Fate.UNCONFIRMED, id="missing and not asked for"),
        pytest.param([BRO], False, Fate.UNLISTED, id="missing from an unsure reading"),
        pytest.param([], True, Fate.UNLISTED, id="missing from an empty reading"),
    ],
)
def test_a_missing_record_whose_fate_is_open(
    host: Host, rows: list[Upstream], sure: bool, fate: Fate
) -> None:
    plan = plan_for(host, rows, sure=sure)
    assert of(plan, "p1") is of(plan, "0001")
    assert of(plan, "p1").fate is fate


def test_what_is_gone_is_archived_and_then_known_to_be_gone(host: Host) -> None:
    plan = asked(host, [BRO])
    assert (of(plan, "p1").fate, of(plan, "p1").reason) == (Fate.ARCHIVE, Reason.MISSING)
    assert of(plan, "p1").warnings == ()  # the change says it
    apply(host, plan)
    assert of(asked(host, [BRO]), "0001").fate is Fate.GONE


def test_what_is_changed_and_to_be_asked_for_has_the_fate_of_its_change(host: Host) -> None:
    """Brought back by hand, and then not in the reading: the first is noted, the second is asked."""
    finished = project("p1", "1", "Hus", archived=True)
    sync(host, [finished, BRO])
    host.edit("0001", archived=False)
    plan = plan_for(host, [BRO])
    assert plan.unconfirmed == ((Kind.PROJECT, "p1"),)
    assert of(plan, "p1") is of(plan, "0001")
    assert of(plan, "p1").fate is Fate.NOTE


def test_what_waits_for_permission_is_held_back() -> None:
    rows = [project(f"p{i}", str(i), f"Prosjekt {i}") for i in range(10)]
    host = Host()
    sync(host, rows)
    plan = asked(host, rows[3:])
    held = [each for each in plan.fates if each.fate is Fate.HELD_BACK]
    assert [each.eaccounting_id for each in held] == ["p0", "p1", "p2"]
    assert [each.planned for each in held] == list(plan.archiving.withheld)
    assert {each.reason for each in held} == {Reason.MISSING}


def test_what_may_be_a_missing_one_is_postponed_until_that_is_asked_for(host: Host) -> None:
    plan = plan_for(host, [BRO, project("p7", "1", "Hus")])
    assert (of(plan, "p7").fate, of(plan, "p1").fate) == (Fate.POSTPONED, Fate.UNCONFIRMED)


def test_what_resembles_a_record_is_postponed_where_the_reading_is_unsure(host: Host) -> None:
    """So is what Busy has left alone; both know the reason, which is about the whole kind."""
    plan = plan_for(host, [HUS, BRO, project("p9", "9", "Naust")], sure=False)
    for id, fate in (("p9", Fate.POSTPONED), ("0003", Fate.LEFT_ALONE)):
        assert of(plan, id).fate is fate
        assert [each.code for each in of(plan, id).warnings] == ["unsure_read"]
    assert of(plan, "p1").warnings == ()


def test_records_of_a_conflict_have_a_fate_each() -> None:
    """Two that could be one are not one: each side is left alone for itself."""
    host = Host()
    ids = [host.add(Kind.PROJECT, number="1", name="Hus") for _ in range(2)]
    plan = plan_for(host, [HUS])
    assert told(plan) == [(None, ids[0], "conflict"), (None, ids[1], "conflict"), ("p1", None, "conflict")]
    assert all(each.conflicts == plan.conflicts for each in plan.fates)


def test_a_conflict_that_only_tells_is_no_fate() -> None:
    """`number_taken`: created beside it; what holds the number is archived, and knows of the conflict."""
    host = Host()
    own = host.add(Kind.PROJECT, number="1", name="Naust")
    plan = plan_for(host, [HUS], candidates=host.ids)
    assert (of(plan, "p1").fate, of(plan, own).fate) == (Fate.CREATE, Fate.ARCHIVE)
    assert of(plan, "p1").conflicts == of(plan, own).conflicts == plan.conflicts
    later = of(plan_for(host, [HUS]), own)
    assert later.fate is Fate.LEFT_ALONE
    assert [each.code for each in later.conflicts] == ["number_taken"]


def test_what_is_linked_twice_or_unreadably_is_left_alone(host: Host) -> None:
    host.relink("0003", host["0001"].link)
    plan = plan_for(host, [HUS, BRO])
    assert [each for each in told(plan) if each[2] == "conflict"] == [
        (None, "0001", "conflict"),
        (None, "0003", "conflict"),
        ("p1", None, "conflict"),
    ]
    host.relink("0003", Link("{"))
    assert of(plan_for(host, [HUS, BRO]), "0003").fate is Fate.CONFLICT


def test_what_is_not_imported_is_told_as_such(host: Host) -> None:
    """A kind that the settings leave out, and one that was not read; a linked pair is still one."""
    off = SyncSettings(project_sync=False)
    plan = plan_for(host, [HUS, BRO, project("p7", "7", "Ny"), customer("c1")], settings=off)
    assert {each.fate for each in plan.fates if each.kind is Kind.PROJECT} == {Fate.NOT_IMPORTED}
    assert of(plan, "p1") is of(plan, "0001")
    assert of(plan, "p7").busy_id is None
    assert of(plan, "c1", Kind.CUSTOMER).fate is Fate.CREATE
    read = {Kind.PRODUCT: Read([product("a1")], sure=True)}
    plan = make_plan(COMPANY, read, host.records, settings=ON)
    assert of(plan, "0001").fate is Fate.NOT_IMPORTED


def test_what_a_reading_of_changes_lacks_is_unchanged() -> None:
    """It is explained by what was last seen; a customer that is not known yet was never compared."""
    host = Host()
    sync(host, [project("p1", "1", "Hus", customer="c9"), BRO])
    host.edit("0001", name="Hytte")
    read = {Kind.PROJECT: Read([BRO], sure=True, whole=False)}
    plan = make_plan(COMPANY, read, host.records, settings=ON)
    assert of(plan, "p1") is of(plan, "0001")
    assert of(plan, "p1").fate is Fate.UNCHANGED
    reasons = {each.field: each.reason for each in plan.explain(Kind.PROJECT, "p1").fields}
    assert (reasons["number"], reasons["name"]) == ("unchanged", "changed_in_busy")
    assert (reasons["customer"], reasons["archived"]) == ("not_compared", "active")


def test_an_id_that_both_sides_have_is_busys() -> None:
    host = Host()
    own = host.add(Kind.PROJECT, number="9", name="Naust")
    plan = plan_for(host, [project(own, "1", "Hus")])
    assert of(plan, own).busy_id == own
    assert [each.eaccounting_id for each in plan.fates] == [None, own]


def test_a_plan_from_json_knows_what_it_mentions(host: Host) -> None:
    """Changes, conflicts and questions are in it; what stays as it is is not."""
    host.add(Kind.PROJECT, number="5", name="Vei")
    host.add(Kind.PROJECT, number="5", name="Vei")
    plan = plan_for(host, [BRO, project("p5", "5", "Vei"), customer("c1")])
    again = plan_from_json(plan_to_json(plan))
    assert again.seen is None
    known = {each.fate for each in again.fates}
    assert known == {Fate.CREATE, Fate.CONFLICT, Fate.UNCONFIRMED}
    assert of(again, "c1", Kind.CUSTOMER) == of(plan, "c1", Kind.CUSTOMER)
    assert (of(again, "p1").fate, of(again, "p1").busy_id) == (Fate.UNCONFIRMED, None)
    assert again.fate_of(Kind.PROJECT, "0003") is None


def test_plans_are_equal_whatever_they_were_made_from(host: Host) -> None:
    """`match` decides nothing here, so the plans say the same."""
    never = SyncSettings(project_sync=True, match=Match.NEVER)
    one, other = plan_for(host, [HUS, BRO]), plan_for(host, [HUS, BRO], settings=never)
    assert one.seen != other.seen
    assert one == other


def test_reprs_hide_what_names_people(host: Host) -> None:
    plan = plan_for(host, [project("p1", "1", "Villa"), BRO])
    shown = repr(plan.fates) + repr(plan.seen) + repr(plan.explain(Kind.PROJECT, "p1"))
    assert not any(name in shown for name in ("Hus", "Villa", "Bro", "Naust"))
