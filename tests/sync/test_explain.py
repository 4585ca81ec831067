"""Why a record becomes what it becomes: rules, settings and base, field by field."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from visma_busy_sync.sync import (
    ArchiveMissing,
    Explanation,
    Fate,
    FieldReason,
    Kind,
    Link,
    Owner,
    Pending,
    RecordUnknown,
    SyncSettings,
    Upstream,
    Verdict,
    plan_from_json,
    plan_to_json,
)
from visma_busy_sync.sync import _explain as tables

from .host import OTHER_COMPANY, TODAY, Host, apply, asked, customer, plan_for, project, sync

HUS = project("p1", "1", "Hus", notes="a")
BRO = project("p2", "2", "Bro")
FINISHED = project("p1", "1", "Hus", notes="a", archived=True)


@pytest.fixture
def host() -> Host:
    """A host that has two projects from eAccounting, and one of its own."""
    host = Host()
    sync(host, [HUS, BRO])
    host.add(Kind.PROJECT, number="9", name="Naust")
    return host


def reasons(explanation: Explanation) -> dict[str, FieldReason]:
    return {each.field: each.reason for each in explanation.fields}


def archived(explanation: Explanation) -> FieldReason:
    return reasons(explanation)["archived"]


def test_every_field_with_its_values_its_base_and_its_reason(host: Host) -> None:
    """One changed in eAccounting, one in Busy, one on both sides, and the rest by nobody."""
    host.edit("0001", name="Hytte", end_date=date(2026, 12, 1), number="7")
    owners = {"project.number": Owner.EACCOUNTING, "name": Owner.KEEP_BUSY}
    row = project("p1", "11", "Villa", notes="b")
    plan = plan_for(host, [row, BRO], settings=SyncSettings(project_sync=True, owners=owners))
    explanation = plan.explain(Kind.PROJECT, "p1")
    assert explanation == plan.explain(Kind.PROJECT, "0001")
    assert (explanation.fate.fate, explanation.label) == (Fate.UPDATE, "11 Villa")
    assert [
        (each.field, each.reason, each.old, each.new, each.theirs, each.base, dict(each.settings))
        for each in explanation.fields
    ] == [
        ("number", "diverged_taken", "7", "11", "11", "1", {"owners[project.number]": "eaccounting"}),
        ("name", "diverged_kept", "Hytte", "Hytte", "Villa", "Hus", {"owners[name]": "keep_busy"}),
        ("customer", "unchanged", None, None, None, None, {}),
        ("start_date", "unchanged", None, None, None, None, {}),
        ("end_date", "changed_in_busy", date(2026, 12, 1), date(2026, 12, 1), None, None, {}),
        ("notes", "changed_in_eaccounting", "a", "b", "b", "a", {}),
        ("archived", "active", False, False, False, False, {}),
    ]
    assert explanation.rules == ("R1", "R22")
    assert all(each.has_base for each in explanation.fields)


def test_first_sight_says_what_was_filled_taken_and_kept() -> None:
    """D4, D5: the two were never compared before, so there is no base."""
    host = Host()
    id = host.add(Kind.PROJECT, number="001", name="Hus", notes="Busys", end_date=date(2026, 12, 1))
    host.add(Kind.CUSTOMER, number="10", name="Acme")
    sync(host, [acme := customer("c1", "10", "Acme")])
    row = project("p1", "001", "HUS", customer="c1", start_date=date(2026, 1, 2), notes="deres")
    owners = {"notes": Owner.EACCOUNTING}
    plan = plan_for(host, [acme, row], settings=SyncSettings(project_sync=True, owners=owners))
    explanation = plan.explain(Kind.PROJECT, id)
    assert reasons(explanation) == {
        "number": FieldReason.AGREED,
        "name": FieldReason.FIRST_KEPT,
        "customer": FieldReason.FIRST_FILLED,
        "start_date": FieldReason.FIRST_FILLED,
        "end_date": FieldReason.FIRST_NOTHING,
        "notes": FieldReason.FIRST_TAKEN,
        "archived": FieldReason.ACTIVE,
    }
    assert not any(each.has_base for each in explanation.fields)
    assert explanation.settings == {"match": "number_and_name"}
    assert "    customer: (empty) → 10 Acme. Compared for the first time" in str(explanation)


def test_a_creation_shows_what_comes_and_what_cannot_yet() -> None:
    rows = [
        customer("c2", "20", "Beta"),
        project("p1", "1", "Hus", customer="c2"),
        project("p2", "2", "Bro", customer="c9", archived=True),
    ]
    plan = plan_for(Host(), rows)
    explanation = plan.explain(Kind.PROJECT, "p1")
    assert set(reasons(explanation).values()) == {FieldReason.CREATED}
    assert [each.new for each in explanation.fields] == ["1", "Hus", Pending("c2"), None, None, None, False]
    assert "    customer: 20 Beta. Comes from eAccounting." in str(explanation)
    assert explanation.rules == ("R1", "R7")
    explanation = plan.explain(Kind.PROJECT, "p2")
    assert reasons(explanation)["customer"] is FieldReason.CUSTOMER_UNKNOWN
    assert archived(explanation) is FieldReason.FINISHED
    assert '    customer: (empty) (eAccounting: "c9"). Who the customer is' in str(explanation)
    assert plan.explain(Kind.CUSTOMER, "c2").rules == ("R1",)


def test_a_customer_that_is_not_known_stays_to_be_set() -> None:
    host = Host()
    sync(host, [HUS])
    plan = plan_for(host, [project("p1", "1", "Hus", notes="a", customer="c9")])
    explanation = plan.explain(Kind.PROJECT, "p1")
    assert explanation.fate.fate is Fate.UNCHANGED
    assert reasons(explanation)["customer"] is FieldReason.CUSTOMER_UNKNOWN


def test_a_customer_is_shown_by_number_and_name() -> None:
    """Also the former one, which is known by its id in eAccounting alone."""
    host = Host()
    rows = [customer("c1", "10", "Acme"), customer("c2", "20", "Beta")]
    sync(host, [*rows, project("p1", customer="c1")])
    plan = plan_for(host, [*rows, project("p1", customer="c2")])
    told = str(plan.explain(Kind.PROJECT, "p1"))
    assert "    customer: 10 Acme → 20 Beta (last seen: 10 Acme). Changed in eAccounting only" in told


def test_a_field_that_the_host_lacks_is_told_as_such() -> None:
    host = Host(lacks={Kind.CUSTOMER: ["number"]})
    sync(host, [customer("c1", "10", "Acme")])
    plan = plan_for(host, [customer("c1", "11", "Beta")])
    explanation = plan.explain(Kind.CUSTOMER, "c1")
    assert reasons(explanation)["number"] is FieldReason.NOT_HELD
    assert '    number: (empty) (eAccounting: "11"; last seen: "10"). Busy does not' in str(explanation)


def _finished(_: Host) -> list[Upstream]:
    return [FINISHED, BRO]


def _archived_by_hand(host: Host) -> list[Upstream]:
    host.edit("0001", archived=True)
    return [HUS, BRO]


def _finished_before(host: Host) -> list[Upstream]:
    sync(host, [FINISHED, BRO])
    return [FINISHED, BRO]


def _archived_on_both_sides(host: Host) -> list[Upstream]:
    host.edit("0001", archived=True)
    sync(host, [FINISHED, BRO])
    return [FINISHED, BRO]


def _brought_back(host: Host) -> list[Upstream]:
    sync(host, [FINISHED, BRO])
    host.edit("0001", archived=False)
    return [FINISHED, BRO]


def _brought_back_before(host: Host) -> list[Upstream]:
    rows = _brought_back(host)
    sync(host, rows)
    return rows


def _ongoing_again(host: Host) -> list[Upstream]:
    sync(host, [FINISHED, BRO])
    return [HUS, BRO]


def _gone(_: Host) -> list[Upstream]:
    return [BRO]


def _gone_before(host: Host) -> list[Upstream]:
    apply(host, asked(host, [BRO]))
    return [BRO]


def _gone_and_brought_back(host: Host) -> list[Upstream]:
    apply(host, asked(host, [BRO]))
    host.edit("0001", archived=False)
    return [BRO]


def _gone_and_brought_back_before(host: Host) -> list[Upstream]:
    rows = _gone_and_brought_back(host)
    apply(host, asked(host, rows))
    return rows


def _back(host: Host) -> list[Upstream]:
    apply(host, asked(host, [BRO]))
    return [HUS, BRO]


@pytest.mark.parametrize(
    ("story", "fate", "reason"),
    [
        (_finished, Fate.ARCHIVE, FieldReason.FINISHED),
        (_archived_by_hand, Fate.UNCHANGED, FieldReason.ARCHIVED_IN_BUSY),
        (_finished_before, Fate.UNCHANGED, FieldReason.FINISHED),
        (_archived_on_both_sides, Fate.UNCHANGED, FieldReason.ARCHIVED),
        (_brought_back, Fate.NOTE, FieldReason.BROUGHT_BACK),
        (_brought_back_before, Fate.UNCHANGED, FieldReason.BROUGHT_BACK),
        (_ongoing_again, Fate.RESTORE, FieldReason.ONGOING_AGAIN),
        (_gone, Fate.ARCHIVE, FieldReason.MISSING),
        (_gone_before, Fate.GONE, FieldReason.MISSING),
        (_gone_and_brought_back, Fate.NOTE, FieldReason.BROUGHT_BACK),
        (_gone_and_brought_back_before, Fate.GONE, FieldReason.STILL_ACTIVE),
        (_back, Fate.RESTORE, FieldReason.BACK),
    ],
)
def test_why_a_record_is_archived_or_not(
    host: Host, story: Callable[[Host], list[Upstream]], fate: Fate, reason: FieldReason
) -> None:
    explanation = asked(host, story(host)).explain(Kind.PROJECT, "0001")
    assert (explanation.fate.fate, archived(explanation)) == (fate, reason)


def test_what_is_finished_waits_where_the_reading_is_unsure(host: Host) -> None:
    explanation = plan_for(host, [FINISHED, BRO], sure=False).explain(Kind.PROJECT, "p1")
    assert (explanation.fate.fate, archived(explanation)) == (Fate.UNCHANGED, FieldReason.FINISHED_UNSURELY)


def test_what_is_gone_stays_active_where_the_setting_says_so(host: Host) -> None:
    never = SyncSettings(project_sync=True, archive_missing=ArchiveMissing.NEVER)
    explanation = asked(host, [BRO], settings=never).explain(Kind.PROJECT, "p1")
    assert (explanation.fate.fate, archived(explanation)) == (Fate.NOTE, FieldReason.STILL_ACTIVE)
    assert explanation.rules == ("D8",)
    assert explanation.settings == {"archive_missing": "never"}
    assert explanation.archiving is None


def test_archiving_at_the_connection_and_finding_it_after_all() -> None:
    """R8, D14: by the same rules it is archived, left alone, and restored."""
    host = Host()
    id = host.add(Kind.PROJECT, number="9", name="Naust")
    plan = plan_for(host, [HUS], candidates=host.ids)
    explanation = plan.explain(Kind.PROJECT, id)
    assert archived(explanation) is FieldReason.MISSING_AT_CONNECTION
    assert explanation.rules == ("R8", "R23")
    assert explanation.settings == {"project_sync": "True", "archive_missing": "at_connection"}
    assert explanation.archiving == plan.archiving
    assert "whose plan is the preview" in str(explanation)
    apply(host, plan)
    explanation = plan_for(host, [HUS]).explain(Kind.PROJECT, id)
    assert (explanation.fate.fate, archived(explanation)) == (
        Fate.LEFT_ALONE,
        FieldReason.MISSING_AT_CONNECTION,
    )
    explanation = plan_for(host, [HUS, project("p9", "9", "Naust")]).explain(Kind.PROJECT, id)
    assert (explanation.fate.fate, archived(explanation)) == (Fate.RESTORE, FieldReason.FOUND)


def test_d10_what_another_company_had_archived_is_found_again() -> None:
    host = Host()
    sync(host, [HUS])
    sync(host, [project("x1", "5", "Annet")], company=OTHER_COMPANY, candidates=host.ids)
    assert host["0001"].values["archived"] is True
    explanation = plan_for(host, [HUS]).explain(Kind.PROJECT, "p1")
    assert (explanation.fate.fate, archived(explanation)) == (Fate.RESTORE, FieldReason.FOUND)


def test_what_is_held_back_says_what_the_guard_says() -> None:
    """D16, with what would allow it in the plan, and the values that stay meanwhile."""
    rows = [project(f"p{i}", str(i), f"Prosjekt {i}") for i in range(10)]
    host = Host()
    sync(host, rows)
    plan = asked(host, rows[3:])
    explanation = plan.explain(Kind.PROJECT, "p0")
    assert explanation.archiving is not None
    assert explanation.archiving.verdict is Verdict.BLOCKED
    assert explanation.rules == ("D8", "D16")
    assert archived(explanation) is FieldReason.WAITS
    (flag,) = [each for each in explanation.fields if each.field == "archived"]
    assert (flag.old, flag.new) == (False, False)
    assert "3 projects are gone from eAccounting, of 10 active ones" in str(explanation)


def test_what_is_gone_says_since_when(host: Host) -> None:
    apply(host, asked(host, [BRO]))
    explanation = asked(host, [BRO]).explain(Kind.PROJECT, "p1")
    assert explanation.missing_since == TODAY
    assert "\nGone since 2026-11-25.\n" in str(explanation)
    assert "\nBorte siden 2026-11-25.\n" in explanation.text("nb")


@pytest.mark.parametrize(
    ("rows", "sure", "id", "rules"),
    [
        pytest.param([BRO], True, "p1", ("D8",), id="unconfirmed"),
        pytest.param([BRO], False, "p1", ("D15",), id="unlisted, unsure"),
        pytest.param([], True, "p1", ("D12", "D8"), id="unlisted, empty"),
        pytest.param([BRO, project("p7", "1", "Hus")], True, "p7", ("D11",), id="postponed, may be the same"),
        pytest.param([HUS, BRO, project("p7", "9", "Naust")], False, "p7", ("D15",), id="postponed, unsure"),
        pytest.param([HUS, BRO], True, "0003", ("R23", "R30"), id="left alone"),
        pytest.param([HUS, BRO], False, "0003", ("R23", "R30", "D15"), id="left alone, unsure"),
    ],
)
def test_what_nothing_follows_of_is_not_compared(
    host: Host, rows: list[Upstream], sure: bool, id: str, rules: tuple[str, ...]
) -> None:
    explanation = plan_for(host, rows, sure=sure).explain(Kind.PROJECT, id)
    assert explanation.rules == rules
    assert set(reasons(explanation).values()) == {FieldReason.NOT_COMPARED}


def test_a_candidate_of_an_empty_reading_knows_that_its_archiving_waits() -> None:
    """D12: the warning is about all projects, and so about this one."""
    host = Host()
    id = host.add(Kind.PROJECT, number="9", name="Naust")
    explanation = plan_for(host, [], candidates=host.ids).explain(Kind.PROJECT, id)
    assert "D12" in explanation.rules
    assert "archiving_waits projects: " in str(explanation)


def test_what_is_not_imported_names_the_setting() -> None:
    host = Host()
    off = SyncSettings(project_sync=False, registers_without_projects=False)
    plan = plan_for(host, [HUS, customer("c1")], settings=off)
    of_project, of_customer = plan.explain(Kind.PROJECT, "p1"), plan.explain(Kind.CUSTOMER, "c1")
    assert (of_project.rules, of_project.settings) == (("R6",), {"project_sync": "False"})
    assert (of_customer.rules, of_customer.settings) == (
        ("R12",),
        {"project_sync": "False", "registers_without_projects": "False"},
    )
    assert str(of_project).splitlines()[2:4] == [
        '    number: "1". Not compared.',
        '    name: "Hus". Not compared.',
    ]


@pytest.mark.parametrize("both", [True, False])
def test_a_conflict_is_told_with_what_to_do(both: bool) -> None:
    """From either side; a record whose link is unreadable too."""
    host = Host()
    ids = [host.add(Kind.PROJECT, number="1", name="Hus", notes="a") for _ in range(1 + both)]
    if not both:
        host.relink(ids[0], Link("{"))
    plan = plan_for(host, [HUS])
    for id in (*ids, "p1"):
        explanation = plan.explain(Kind.PROJECT, id)
        assert explanation.label == "1 Hus"
        assert set(reasons(explanation).values()) == {FieldReason.NOT_COMPARED}
        assert explanation.rules == (("D6", "D11") if both else ())
        assert str(explanation).splitlines()[-1] == f"! {explanation.fate.conflicts[-1]}"


def test_a_plan_from_json_explains_what_it_mentions(host: Host) -> None:
    """The changed fields with their base, without settings; a conflict by its own words."""
    host.edit("0001", name="Hytte")
    for _ in range(2):
        host.add(Kind.PROJECT, number="5", name="Vei")
    rows = [project("p1", "1", "Villa", notes="b", customer="c2"), BRO, project("p5", "5", "Vei")]
    plan = plan_for(host, [customer("c2", "20", "Beta"), *rows])
    again = plan_from_json(plan_to_json(plan))
    explanation = again.explain(Kind.PROJECT, "p1")
    assert [(each.field, each.reason, each.base) for each in explanation.fields] == [
        ("name", "diverged_kept", "Hus"),
        ("customer", "changed_in_eaccounting", None),
        ("notes", "changed_in_eaccounting", "a"),
    ]
    assert explanation.settings == {}
    assert '    name: "Hytte" (eAccounting: "Villa"; last seen: "Hus"). Changed' in str(explanation)
    assert "    customer: (empty) → 20 Beta (last seen: (empty))." in str(explanation)
    of_conflict = again.explain(Kind.PROJECT, "p5")
    assert (of_conflict.label, of_conflict.fields) == ("5 Vei", ())
    created = again.explain(Kind.CUSTOMER, "c2")
    assert [(each.field, each.new) for each in created.fields] == [("number", "20"), ("name", "Beta")]
    unconfirmed = plan_from_json(plan_to_json(plan_for(host, [BRO]))).explain(Kind.PROJECT, "p1")
    assert str(unconfirmed).startswith("project without number and name (eAccounting p1)\nMissing from")


def test_it_is_told_in_norwegian(host: Host) -> None:
    host.edit("0001", name="Hytte")
    plan = plan_for(host, [project("p1", "1", "Villa", notes="b"), BRO])
    assert plan.explain(Kind.PROJECT, "p1").text("nb").splitlines()[:-1] == [
        "prosjekt 1 Villa (eAccounting p1, Busy 0001)",
        "Oppdateres i Busy: endret i eAccounting. [R1, R22]",
        '    nummer: "1". Ikke endret siden sist, verken i eAccounting eller i Busy. [R22]',
        (
            '    navn: "Hytte" (eAccounting: "Villa"; sist sett: "Hus"). Endret på begge sider; verdien i '
            "Busy gjelder. [R22; owners[name] = keep_busy]"
        ),
        "    kunde: (tomt). Ikke endret siden sist, verken i eAccounting eller i Busy. [R22]",
        "    startdato: (tomt). Ikke endret siden sist, verken i eAccounting eller i Busy. [R22]",
        "    sluttdato: (tomt). Ikke endret siden sist, verken i eAccounting eller i Busy. [R22]",
        '    notater: "a" → "b" (sist sett: "a"). Endret bare i eAccounting, så det kommer til Busy. [R1]',
        "    arkivert: nei. I bruk på begge sider.",
    ]
    naust = plan.explain(Kind.PROJECT, "0003").text("nb").splitlines()
    assert naust[1] == "Busys eget: ingenting i eAccounting hører til det. [R23, R30]"
    assert naust[-1] == "Innstillinger: match = number_and_name, archive_missing = at_connection"


def test_a_record_that_is_not_in_the_plan_is_an_error(host: Host) -> None:
    with pytest.raises(RecordUnknown, match="no customer with the id 'p1'") as caught:
        plan_for(host, [HUS]).explain(Kind.CUSTOMER, "p1")
    assert (caught.value.kind, caught.value.id) == (Kind.CUSTOMER, "p1")
    assert "make the plan anew" in caught.value.advice


def test_every_rule_is_in_the_glossary() -> None:
    """What an explanation names can be looked up: each number is in a range or a list of the page."""
    page = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")
    known = set(re.findall(r"\b[RD]\d+\b", page))
    for letter, first, last in re.findall(r"\b([RD])(\d+)(?:–| to [RD]?)[RD]?(\d+)", page):
        known |= {f"{letter}{number}" for number in range(int(first), int(last) + 1)}
    named = {
        rule
        for table in (
            tables._REASON_RULES,
            tables._FATE_RULES,
            tables._FINDING_RULES,
            tables._FIELD_RULES,
        )
        for rules in table.values()
        for rule in rules
    }
    assert named <= known


def test_an_ambiguous_record_is_explained_with_its_candidates() -> None:
    """Else nobody knows between whom to decide."""
    host = Host()
    ids = [host.add(Kind.PROJECT, number="1", name="Hus") for _ in range(2)]
    explanation = plan_for(host, [project("p1", "1", "Hus")]).explain(Kind.PROJECT, "p1")
    assert f"It is about these of Busy: {ids[0]}, {ids[1]}." in str(explanation)
    assert f"Det gjelder disse i Busy: {ids[0]}, {ids[1]}." in explanation.text("nb")
