"""What keeps much from being archived by mistake: the guards, bound to the exact set (D16)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visma_busy_sync.sync import Kind, Plan, Reason, Upstream, Verdict, render
from visma_busy_sync.sync._guards import digest_of

from .host import COMPANY, Host, apply, asked, codes, plan_for, project, sync


def several(count: int) -> list[Upstream]:
    return [project(f"p{i:03}", str(i), f"Prosjekt {i}") for i in range(count)]


def host_with(rows: list[Upstream]) -> Host:
    host = Host()
    sync(host, rows)
    return host


def lost(count: int, of: int) -> tuple[Host, Plan]:
    """A host whose eAccounting lost `count` of its projects, and the plan for it."""
    rows = several(of)
    host = host_with(rows)
    return host, asked(host, rows[count:])


@pytest.mark.parametrize(
    ("count", "of", "verdict"),
    [
        pytest.param(2, 10, Verdict.OPEN, id="a fifth"),
        pytest.param(3, 10, Verdict.BLOCKED, id="more than a fifth"),
        pytest.param(8, 9, Verdict.OPEN, id="a small company is exempt"),
        pytest.param(50, 300, Verdict.OPEN, id="fifty"),
        pytest.param(51, 300, Verdict.BLOCKED, id="more than fifty"),
    ],
)
def test_many_missing_at_once_block_their_archiving(count: int, of: int, verdict: Verdict) -> None:
    _, plan = lost(count, of)
    assert plan.archiving.verdict is verdict
    assert (len(plan.archiving.busy_ids), plan.archiving.active) == (count, of)
    waiting = count if verdict is Verdict.BLOCKED else 0
    assert len(plan.archiving.withheld) == waiting
    assert len(plan.changes) == count - waiting


def test_d16_the_share_is_of_the_active_linked_projects() -> None:
    """Archived projects, and those made in Busy, do not make the share look smaller."""
    rows = several(12)
    finished = [project(f"f{i}", f"9{i}", f"Ferdig {i}", archived=True) for i in range(20)]
    host = host_with(rows + finished)
    for i in range(20):
        host.add(Kind.PROJECT, number=f"b{i}", name=f"Egen {i}")
    plan = asked(host, rows[3:] + finished)
    assert (plan.archiving.active, plan.archiving.verdict) == (12, Verdict.BLOCKED)


def test_what_is_blocked_waits_and_the_rest_goes_on() -> None:
    rows = several(10)
    host = host_with(rows)
    renamed = project("p009", "9", "Nytt navn")
    plan = asked(host, [*rows[3:9], renamed])
    assert [planned.action for planned in plan.changes] == ["update"]
    apply(host, plan)
    again = asked(host, [*rows[3:9], renamed])
    assert again.archiving == plan.archiving
    assert not any(host.linked(f"p00{i}").values["archived"] for i in range(10))


def test_a_blocked_plan_says_what_waits_and_what_to_do() -> None:
    _, plan = lost(3, 10)
    text = render(plan)
    assert "! archiving waits: 3 projects are gone from eAccounting, of 10 active ones" in text
    assert plan.archiving.digest in text
    assert "    project 0 Prosjekt 0\n    project 1 Prosjekt 1\n    project 2 Prosjekt 2" in text
    assert str(plan).startswith("nothing to do; 3 projects to archive if you allow it; visma_busy_sync")


def test_exactly_the_allowed_set_is_archived() -> None:
    host, plan = lost(3, 10)
    plan = asked(host, several(10)[3:], allowed=plan.archiving.digest)
    assert plan.archiving.verdict is Verdict.ALLOWED
    assert "archiving waits" not in render(plan)
    apply(host, plan)
    assert [host.linked(f"p00{i}").values["archived"] for i in range(4)] == [True, True, True, False]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_allowance_of_another_set_is_refused(count: int) -> None:
    """More, fewer or one that would need none: what was allowed is not what is there now."""
    host, plan = lost(3, 10)
    now = asked(host, several(10)[count:], allowed=plan.archiving.digest)
    assert now.archiving.verdict is Verdict.OTHER_SET
    assert now.is_empty
    assert "no longer what was allowed" in render(now)


def test_an_allowance_that_is_used_up_does_no_harm() -> None:
    """A run that is repeated with the same allowance finds nothing to archive."""
    host, plan = lost(3, 10)
    digest = plan.archiving.digest
    apply(host, asked(host, several(10)[3:], allowed=digest))
    again = asked(host, several(10)[3:], allowed=digest)
    assert (again.archiving.verdict, again.archiving.digest) == (Verdict.OPEN, "")
    assert again.is_empty


def test_the_first_connection_is_not_blocked_but_can_be_bound_to_its_preview() -> None:
    """R8: all of Busy's own projects may be archived; with the digest, exactly the previewed ones."""
    host = Host()
    own = frozenset(host.add(Kind.PROJECT, number=f"b{i}", name=f"Egen {i}") for i in range(60))
    rows = several(20)
    preview = plan_for(host, rows, candidates=own)
    assert (preview.archiving.verdict, preview.archiving.busy_ids) == (Verdict.OPEN, tuple(sorted(own)))
    bound = plan_for(host, rows, candidates=own, allowed=preview.archiving.digest)
    assert bound.archiving.verdict is Verdict.ALLOWED
    assert sum(each.reason is Reason.MISSING_AT_CONNECTION for each in bound.changes) == 60
    fewer = plan_for(host, rows, candidates=own - {min(own)}, allowed=preview.archiving.digest)
    assert fewer.archiving.verdict is Verdict.OTHER_SET
    assert len(fewer.archiving.withheld) == 59
    assert codes(fewer) == []


@given(st.lists(st.text(), unique=True), st.lists(st.text(), unique=True))
def test_a_digest_names_exactly_one_set(one: list[str], other: list[str]) -> None:
    shuffled = sorted(one, reverse=True)
    assert digest_of(COMPANY, one) == digest_of(COMPANY, shuffled) != digest_of("another", one)
    assert (digest_of(COMPANY, one) == digest_of(COMPANY, other)) == (set(one) == set(other))
