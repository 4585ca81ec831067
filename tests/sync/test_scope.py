"""Importing some numbers only."""

from __future__ import annotations

from typing import Any

import pytest

from visma_busy_sync.errors import ConfigurationError
from visma_busy_sync.sync import Fate, Kind, SyncSettings

from .host import Host, apply, asked, customer, plan_for, project

TENS = SyncSettings(project_sync=True, scope={"project": ["10*", "2??"]})


def test_only_numbers_that_fit_a_pattern_are_imported() -> None:
    host = Host()
    rows = [project(f"p{n}", n, f"Hus {n}") for n in ("100", "1000", "200", "2000", "300")]
    rows.append(project("p", None, "Uten nummer"))
    plan = plan_for(host, [*rows, customer("c1", "300")], settings=TENS)
    apply(host, plan)
    assert {record.values["number"] for record in host.all(Kind.PROJECT)} == {"100", "1000", "200"}
    assert len(host.all(Kind.CUSTOMER)) == 1
    fate = plan.fate_of(Kind.PROJECT, "p300")
    assert fate is not None
    assert fate.fate is Fate.OUT_OF_SCOPE
    assert "scope = 10* 2??" in str(plan.explain(Kind.PROJECT, "p300"))


def test_archive_missing_respects_it() -> None:
    """A project that could not be imported is not unknown to eAccounting because it was not."""
    host = Host()
    inside = host.add(Kind.PROJECT, number="101", name="Naust")
    outside = host.add(Kind.PROJECT, number="301", name="Skur")
    plan = plan_for(
        host, [project("p", "100", "Hus")], settings=TENS, candidates=frozenset({inside, outside})
    )
    apply(host, plan)
    assert host[inside].values["archived"] is True
    assert host[outside].values["archived"] is False


def test_what_is_linked_already_goes_on_also_when_it_is_created_anew() -> None:
    """D11: its successor is found, though its number is not imported."""
    host = Host()
    apply(host, plan_for(host, [project("old", "30", "Hus")]))
    id = host.one().id
    rows = [project("new", "30", "Hus"), project("p1", "100", "Hytte")]
    apply(host, asked(host, rows, settings=TENS))
    assert host.noted(id).eaccounting_id == "new"
    assert host[id].values["archived"] is False


def test_a_pattern_is_compared_like_a_number_and_a_bracket_stands_for_itself() -> None:
    """White space around it does not count, nor the way in which a letter is composed."""
    settings = SyncSettings(project_sync=True, scope={"project": [" A[1]* ", "A\u030a"]})
    rows = [project("p1", "A[1]7", "Hus"), project("p2", "A17", "Hytte"), project("p3", "\u00c5", "Naust")]
    host = Host()
    apply(host, plan_for(host, rows, settings=settings))
    assert {record.values["name"] for record in host.all(Kind.PROJECT)} == {"Hus", "Naust"}


def test_what_is_linked_already_goes_on() -> None:
    """Also where its number leaves the scope."""
    host = Host()
    apply(host, plan_for(host, [project("p", "100", "Hus")], settings=TENS))
    apply(host, plan_for(host, [project("p", "300", "Hytte")], settings=TENS))
    assert host.one().values["number"] == "300"
    assert host.one().values["name"] == "Hytte"


@pytest.mark.parametrize(
    "given", ["10*", {"hour": ["1"]}, {"project": "10*"}, {"project": []}, {"project": [1]}]
)
def test_what_makes_no_sense_is_refused(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="scope"):
        SyncSettings(project_sync=True, scope=given)
