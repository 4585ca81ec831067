"""The fast way past what did not change: it is taken, and takes nobody past what did."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visma_busy_sync.sync import FIELDS, ArchiveReason, Kind, Link, Noted, Record, Upstream, Value
from visma_busy_sync.sync._links import link_with
from visma_busy_sync.sync._unchanged import recognised

from .host import COMPANY, OTHER_COMPANY, Host, actions, codes, customer, plan_for, project, sync

texts = st.none() | st.text()
VALUES = {name: texts for names in FIELDS.values() for name in names} | {
    "start_date": st.none() | st.dates(),
    "end_date": st.none() | st.dates(),
    "archived": st.booleans(),
}
rows = st.sampled_from(Kind).flatmap(
    lambda kind: st.builds(
        Upstream,
        st.just(kind),
        st.uuids().map(str),
        st.fixed_dictionaries({name: VALUES[name] for name in FIELDS[kind]}),
    )
)


@given(rows, st.text(), st.text())
def test_what_the_engine_noted_is_recognised(row: Upstream, company: str, busy_customer: str) -> None:
    """A link as it is written is recognised without being read, whatever is in it."""
    stored = (
        {**row.values, "customer": busy_customer} if row.values.get("customer") is not None else row.values
    )
    reason = ArchiveReason.FINISHED if row.values["archived"] else None
    link = link_with(None, company, Noted(row.id, row.values, stored, reason), kind=row.kind, id=None)
    customers = {str(row.values.get("customer")): busy_customer}
    record = Record(row.kind, "7", stored, link)
    assert recognised(company, row.kind, {row.id: row}, customers, [record]) == ({row.id: record}, [])


def test_an_id_is_not_taken_for_another_one_that_looks_like_its_text() -> None:
    """In a text a backslash is written twice, and there may be a record whose id has two."""
    one, other = project("a\\b"), project("a\\\\b")
    link = link_with(None, COMPANY, Noted(one.id, one.values, one.values), kind=Kind.PROJECT, id=None)
    assert other.id in link.document
    record = Record(Kind.PROJECT, "7", one.values, link)
    for rows in ({other.id: other}, {one.id: one}):
        assert recognised(COMPANY, Kind.PROJECT, rows, {}, [record]) == ({}, [record])


def _loosely(link: Link) -> Link:
    return Link(json.dumps(json.loads(link.document), indent=1))


def _of_two_companies(link: Link) -> Link:
    return link_with(link, OTHER_COMPANY, Noted("p9"), kind=Kind.PROJECT, id="7")


@pytest.mark.parametrize("rewrite", [_loosely, _of_two_companies], ids=["written otherwise", "moved"])
@pytest.mark.parametrize("new_name", ["Hus", "Villa"], ids=["unchanged", "changed"])
def test_how_a_link_is_written_does_not_matter(rewrite: Callable[[Link], Link], new_name: str) -> None:
    """A link that has to be read leads to the same plan as one that has not."""
    host = Host()
    before = [customer("c1"), project("p1", customer="c1", start_date=date(2026, 1, 2), notes="Ærlig")]
    sync(host, before)
    after = [
        before[0],
        project("p1", name=new_name, customer="c1", start_date=date(2026, 1, 2), notes="Ærlig"),
    ]
    fast = plan_for(host, after)
    for record in [each for kind in Kind for each in host.all(kind)]:
        assert record.link is not None
        host.relink(record.id, rewrite(record.link))
    slow = plan_for(host, after)
    assert actions(slow) == actions(fast)
    assert slow.unchanged == fast.unchanged


CHANGES: dict[str, Value] = {
    "number": "2",
    "name": "Villa",
    "customer": "c2",
    "start_date": None,
    "end_date": date(2027, 1, 1),
    "notes": '","number":"1',
    "archived": True,
}


@pytest.mark.parametrize("field", FIELDS[Kind.PROJECT])
def test_a_change_of_any_field_is_seen(field: str) -> None:
    """Nothing that changed in eAccounting is taken for unchanged."""
    host = Host()
    customers = [customer("c1"), customer("c2", "2", "Beta")]
    before = project("p1", customer="c1", start_date=date(2026, 1, 2))
    sync(host, [*customers, before])
    after = Upstream(before.kind, before.id, {**before.values, field: CHANGES[field]})
    plan = plan_for(host, [*customers, after])
    assert [[each.field for each in planned.fields] for planned in plan.changes] == [[field]]


def test_two_that_claim_the_same_are_both_named() -> None:
    """A copy of a record with its link, as a careless import makes it, is a conflict and no change."""
    host = Host()
    sync(host, [project("p1")])
    first = host.one()
    copy = host.add(Kind.PROJECT, first.link, number="1", name="Hus")
    for rows in ([project("p1")], [project("p1", name="Villa")]):
        plan = plan_for(host, rows)
        assert plan.is_empty
        assert codes(plan) == ["linked_twice"]
        assert plan.conflicts[0].busy_ids == (first.id, copy)


def test_a_customer_that_is_linked_no_more_needs_a_closer_look() -> None:
    """A project whose customer lost its link is read, and nothing is done about it meanwhile."""
    host = Host()
    rows = [customer("c1"), project("p1", customer="c1")]
    sync(host, rows)
    host.relink(host.one(Kind.CUSTOMER).id, None)
    plan = plan_for(host, rows)
    assert actions(plan) == ["adopt"]
    assert plan.unchanged[Kind.PROJECT] == 1
