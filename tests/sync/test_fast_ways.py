"""The fast ways of a first connection: they are taken, and lead where the way past them leads."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from visma_busy_sync.sync import Kind, Link, Match, Plan, Record, SyncSettings, Upstream, make_plan
from visma_busy_sync.sync import _comparing as comparing
from visma_busy_sync.sync import _matching as matching
from visma_busy_sync.sync._names import name_key

from .host import COMPANY, ON, Host, customer, plan_for, project, reads
from .test_properties import SETTINGS, hosts, upstreams

NOTHING_NOTED = Link('{"version":1,"companies":{}}')
"""A record with such a link takes no fast way, and is linked to nobody all the same."""


def _first_plan(
    host: Host, rows: Sequence[Upstream], settings: SyncSettings, link: Link | None = None
) -> Plan:
    records = {kind: [evolve(each, link=link) for each in held] for kind, held in host.records.items()}
    plan = make_plan(COMPANY, reads(rows), records, settings=settings)
    return evolve(plan, changes=tuple(evolve(each, expected_link=None) for each in plan.changes))


@given(hosts(), upstreams(), SETTINGS)
def test_records_that_agree_are_adopted_as_after_a_closer_look(
    host: Host, rows: list[Upstream], settings: SyncSettings
) -> None:
    assert _first_plan(host, rows, settings) == _first_plan(host, rows, settings, NOTHING_NOTED)


@given(hosts(), upstreams(), SETTINGS)
def test_plain_pairs_are_those_that_all_candidates_bring(
    host: Host, rows: list[Upstream], settings: SyncSettings
) -> None:
    fast = _first_plan(host, rows, settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "_plain_pairs", lambda *_: [])
        assert _first_plan(host, rows, settings) == fast


def test_most_of_a_first_connection_takes_the_fast_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is compared field by field, and no group is looked for, where all agrees."""
    host = Host()
    kari = host.add(Kind.CUSTOMER, number="7", name="Kari")
    host.add(Kind.PROJECT, number="1", name="Hus", customer=kari)
    monkeypatch.setattr(comparing, "merge", None)
    monkeypatch.setattr(matching, "marks_of", None)
    plan = plan_for(host, [customer("c1", "7", "Kari"), project("p1", "1", "Hus", customer="c1")])
    assert [(each.action, each.noted.stored["name"]) for each in plan.changes] == [
        ("adopt", "Kari"),
        ("adopt", "Hus"),
    ]


@given(st.text(max_size=3), st.text(max_size=3))
def test_plain_pairs_know_equal_names_as_the_normal_forms_do(one: str, other: str) -> None:
    row = project("p1", "1", one)
    record = Record(Kind.PROJECT, "j1", {"number": "1", "name": other})
    pairs = matching._plain_pairs({"p1": row}, {"j1": record}, Match.NUMBER_AND_NAME)
    key = name_key(one)
    assert bool(pairs) == (key is not None and key == name_key(other))


def test_the_setting_says_whether_names_must_agree() -> None:
    host = Host()
    host.add(Kind.PROJECT, number="1", name="Villa")
    by_number = evolve(ON, match=Match.NUMBER)
    assert plan_for(host, [project("p1", "1", "Hus")], settings=by_number).changes[0].adopted
    assert not plan_for(host, [project("p1", "1", "Hus")]).changes[0].adopted
