"""A plan as JSON: exact, stable, versioned, and strict when it is read."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from visma_busy_sync.sync import Pending, Plan, PlanUnreadable, plan_from_json, plan_to_json

from .host import Host, asked, customer, plan_for, project, sync


@pytest.fixture
def plan() -> Plan:
    """A plan with a day, a customer to come, a conflict, a warning, and archiving that waits."""
    host = Host()
    rows = [project(f"p{i}", str(i), f"Prosjekt {i}") for i in range(10)]
    sync(host, rows)
    host.edit(host.linked("p8").id, name="Vår")
    acme = customer("c1", "1", "Acme \ud800 & Sønn")
    changed = project("p9", "9", "Ny", customer="c1", start_date=date(2026, 1, 2), notes="2026-01-02")
    twins = [project(f"t{n}", "77", f"Tvilling {n}") for n in range(2)]
    plan = asked(host, [*rows[4:8], project("p8", "8", "Deres"), changed, acme, *twins])
    assert plan.changes
    assert plan.conflicts
    assert plan.warnings
    assert plan.archiving.withheld
    return plan


def test_it_comes_back_as_it_was(plan: Plan) -> None:
    assert plan_from_json(plan_to_json(plan)) == plan
    assert plan_to_json(plan_from_json(plan_to_json(plan))) == plan_to_json(plan)


def test_the_text_has_a_version_and_names_days_and_what_is_to_come(plan: Plan) -> None:
    document = json.loads(plan_to_json(plan))
    assert document["version"] == 1
    values = [each["new"] for change in document["plan"]["changes"] for each in change["fields"]]
    assert {"day": "2026-01-02"} in values
    assert {"pending": "c1"} in values
    assert "2026-01-02" in values
    assert Pending("c1") in [each.new for change in plan.changes for each in change.fields]


def test_an_empty_plan() -> None:
    plan = plan_for(Host(), [])
    assert plan_from_json(plan_to_json(plan)) == plan


def _with(**changes: Any) -> str:
    document = json.loads(plan_to_json(plan_for(Host(), [customer("c1")])))
    document["plan"] |= changes
    return json.dumps(document)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="no JSON"),
        pytest.param("[]", id="no object"),
        pytest.param("{}", id="no version"),
        pytest.param('{"version": true}', id="version no number"),
        pytest.param('{"version": 0, "plan": {}}', id="version from before"),
        pytest.param('{"version": 1, "plan": {}}', id="members missing"),
        pytest.param('{"version": 1, "plan": {}, "more": 1}', id="another part"),
        pytest.param(_with(more=1), id="another member"),
        pytest.param(_with(company=None), id="null for a text"),
        pytest.param(_with(unchanged={"customer": "1"}), id="text for a number"),
        pytest.param(_with(unchanged={"hemmelig": 1}), id="another kind"),
        pytest.param(_with(changes=[{"action": "hemmelig"}]), id="another action"),
    ],
)
def test_what_is_damaged_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(PlanUnreadable, match="it is damaged") as caught:
        plan_from_json(text)
    assert "hemmelig" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.advice


@pytest.mark.parametrize("value", [{"day": "2026-13-01"}, {"day": 1}, {"week": "1"}, {}, 1, 1.5, ["a"]])
def test_a_value_that_is_none_is_refused(value: object) -> None:
    document = json.loads(plan_to_json(plan_for(Host(), [customer("c1")])))
    document["plan"]["changes"][0]["fields"][0]["new"] = value
    with pytest.raises(PlanUnreadable):
        plan_from_json(json.dumps(document))


@pytest.mark.parametrize("day", [{"pending": "c1"}, "2026-01-01", {"day": "2026-13-01"}])
def test_a_day_that_is_none_is_refused(day: object) -> None:
    document = json.loads(plan_to_json(plan_for(Host(), [customer("c1")])))
    document["plan"]["changes"][0]["noted"]["missing_since"] = day
    with pytest.raises(PlanUnreadable):
        plan_from_json(json.dumps(document))


def test_a_newer_version_is_told_as_such() -> None:
    with pytest.raises(PlanUnreadable, match="it has schema version 2, this package knows 1") as caught:
        plan_from_json('{"version": 2, "plan": {}}')
    assert "make the plan anew" in caught.value.advice
