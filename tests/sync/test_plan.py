"""The plan as a value and as a text for a person."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from visma_busy_sync.errors import ConfigurationError
from visma_busy_sync.sync import Action, Kind, Plan, render

from .host import Host, customer, plan_for, product, project, sync


def _full() -> tuple[Host, Plan]:
    """A host and a plan that holds every action, a conflict and a warning."""
    host = Host()
    host.add(Kind.PROJECT, number="4", name="Bru", notes="Busys")
    host.add(Kind.PROJECT, number="5", name="Kai")
    host.add(Kind.PROJECT, number="9", name="Naust")
    candidates = host.ids
    acme = customer("c1", "10", "Acme")
    ongoing = [
        acme,
        project("p1", "1", "Hus", start_date=date(2026, 1, 2)),
        project("p2", "2", "Vei", archived=True),
        project("p3", "3", "Tak"),
        project("p6", "6", "Mur"),
    ]
    sync(host, ongoing)
    host.edit(host.linked("p6").id, name="Murvegg")
    beta = customer("c2", "20", "Beta")
    rows = [
        acme,
        beta,
        project("p1", "1", "Villa", customer="c2", notes=""),
        project("p2", "2", "Vei"),
        project("p3", "3", "Tak", archived=True),
        project("p4", "4", "Bru", notes="deres"),
        project("p5", "5", "Kai", archived=True),
        project("p6", "6", "Gjerde"),
        project("p7", "7", "Ny", customer="c9", archived=True),
    ]
    return host, plan_for(host, rows, candidates=candidates)


def test_order_of_changes() -> None:
    """Customers, products, projects; archiving last."""
    host = Host()
    host.add(Kind.PROJECT, number="9", name="Naust")
    sync(host, [customer("c1", "1", "A")])
    rows = [
        project("p1", "1", "Hus"),
        product("a1"),
        customer("c2", "2", "B"),
        customer("c1", "1", "A", archived=True),
    ]
    plan = plan_for(host, rows, candidates=host.ids)
    assert [(each.action, each.kind) for each in plan.changes] == [
        ("create", "customer"),
        ("create", "product"),
        ("create", "project"),
        ("archive", "customer"),
        ("archive", "project"),
    ]


def test_one_line() -> None:
    """A plan says in one line what it would do, and that it has not done it."""
    _, plan = _full()
    assert str(plan) == (
        "+ 2 create  = 1 adopt  ~ 1 update  - 3 archive  ↺ 1 restore  · 1 note; "
        "1 conflict; 1 warning; nothing has changed yet; visma_busy_sync.sync.render(plan) shows all of it"
    )
    assert plan.counts[Action.ARCHIVE] == 3


def test_what_is_no_plan_is_refused_with_the_function_that_shows_an_order() -> None:
    """Two functions are called `render`."""
    not_a_plan: Any = object()
    with pytest.raises(ConfigurationError, match=r"type object, not a Plan.*visma_busy_sync\.orders\.render"):
        render(not_a_plan)


def test_nothing_to_do() -> None:
    """An empty plan says so, with the conflicts that stay."""
    host = Host()
    plan = plan_for(host, [])
    assert str(plan) == render(plan) == "nothing to do"
    host.add(Kind.PROJECT, number="1", name="Hus")
    host.add(Kind.PROJECT, number="1", name="Hus")
    plan = plan_for(host, [project("p1"), project("p2")])
    assert plan.is_empty
    assert str(plan) == "nothing to do; 2 conflicts; visma_busy_sync.sync.render(plan) shows all of it"
    assert plan.lines()[-1] == "nothing to do; 2 conflicts"


def test_every_change_is_readable() -> None:
    """Every change, every field and every conflict is shown to a person."""
    _, plan = _full()
    assert render(plan).splitlines() == [
        "+ create customer 20 Beta (new in eAccounting)",
        '    number: "20"',
        '    name: "Beta"',
        "~ update project 1 Villa (changed in eAccounting)",
        '    name: "Hus" → "Villa"',
        "    customer: (empty) → 20 Beta",
        "    start_date: 2026-01-02 → (empty)",
        "↺ restore project 2 Vei (in use again in eAccounting)",
        "    archived: yes → no",
        "= adopt project 4 Bru (the same record on both sides)",
        '    notes: "Busys" stays (eAccounting: "deres")',
        "· note project 6 Gjerde (nothing of the record changes)",
        '    name: "Murvegg" stays (eAccounting: "Gjerde")',
        "+ create project 7 Ny (new in eAccounting)",
        '    number: "7"',
        '    name: "Ny"',
        "    archived: yes",
        "- archive project 3 Tak (finished or not active in eAccounting)",
        "    archived: no → yes",
        "- archive project 5 Kai (finished or not active in eAccounting; the same record on both sides)",
        "    archived: no → yes",
        "- archive project 9 Naust (not in eAccounting)",
        "    archived: no → yes",
        *(line for line in plan.lines() if line[0] in "!?"),
        "unchanged: 1 customer",
        str(plan).removesuffix("; visma_busy_sync.sync.render(plan) shows all of it"),
    ]
    findings = [line for line in plan.lines() if line[0] in "!?"]
    assert findings[0].startswith("! diverged project 6 Gjerde (name): ")
    assert findings[1].startswith("? customer_unknown project 7 Ny: ")


def test_a_record_without_number_and_name() -> None:
    """Even a record without anything to call it by has a line."""
    plan = plan_for(Host(), [project("p1", None, "")], sure=False)
    assert plan.lines()[0] == "+ create project without number and name (new in eAccounting)"
    assert plan.lines()[1].startswith("? unsure_read customers: ")


def test_a_pending_customer_without_number_and_name() -> None:
    """A customer that nothing is known of is shown by its id."""
    plan = plan_for(Host(), [customer("c1", None, ""), project("p1", customer="c1")])
    assert "    customer: c1" in plan.lines()


def test_repr_hides_what_names_people() -> None:
    """A plan and its parts may be logged by their repr: no name, number or note is in it."""
    _, plan = _full()
    shown = repr(plan) + repr(plan.changes) + repr(plan.conflicts) + repr(plan.warnings)
    for secret in ("Hus", "Villa", "Acme", "Beta", "Busys", "deres", "Murvegg", "Gjerde", "Naust"):
        assert secret not in shown
    assert repr(plan).startswith("<Plan of company ")


def test_a_finding_is_one_line_for_a_person() -> None:
    """Printed alone, a conflict and a warning say what they are, about what, and what to do."""
    _, plan = _full()
    (conflict,), (warning,) = plan.conflicts, plan.warnings
    assert str(conflict) == f"diverged project 6 Gjerde (name): {conflict.advice}"
    assert str(warning) == f"customer_unknown project 7 Ny: {warning.advice}"
    assert "by hand" in conflict.advice
    assert [line for line in plan.lines() if line[0] in "!?"] == [f"! {conflict}", f"? {warning}"]


def test_what_is_not_to_be_seen_is_shown_as_an_escape() -> None:
    """A line end, a control character or a change of direction in a text does not break the layout."""
    acme = customer("c1", "10", "Acme\r\n+ create customer 11")
    plan = plan_for(
        Host(), [acme, project("p1", "1", "Hus\x1b[2J", customer="c1", notes="a\nb\u2028c\u202ed")]
    )
    assert render(plan).splitlines() == [
        r"+ create customer 10 Acme\r\n+ create customer 11 (new in eAccounting)",
        '    number: "10"',
        r'    name: "Acme\r\n+ create customer 11"',
        r"+ create project 1 Hus\x1b[2J (new in eAccounting)",
        '    number: "1"',
        r'    name: "Hus\x1b[2J"',
        r"    customer: 10 Acme\r\n+ create customer 11",
        r'    notes: "a\nb\u2028c\u202ed"',
        "+ 2 create; nothing has changed yet",
    ]


def test_a_finding_is_one_line_whatever_the_name() -> None:
    """A name with line ends stays in the line of its conflict or warning."""
    plan = plan_for(Host(), [project("p1", "7", "Hus\n\nBru", customer="c9")])
    (warning,) = plan.warnings
    assert str(warning) == rf"customer_unknown project 7 Hus\n\nBru: {warning.advice}"
