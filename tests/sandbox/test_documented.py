"""The page on the sandbox: every switch and fault is on it, and its examples work."""

import json
import re
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from visma_busy_sync.sandbox.edits import Action
from visma_busy_sync.sandbox.faults import FaultKind
from visma_busy_sync.sandbox.orderhistory import Event
from visma_busy_sync.sandbox.orderlife import STEPS
from visma_busy_sync.sandbox.profile import Profile

from .conftest import Api

PAGE = (Path(__file__).parents[2] / "docs/sandbox.md").read_text(encoding="utf-8")
EXAMPLES: list[dict[str, Any]] = [json.loads(text) for text in re.findall(r"`(\{\".*?\})`", PAGE)]
FAULTS = [example for example in EXAMPLES if "kind" in example]
COMPANIES = [example for example in EXAMPLES if "id" in example]
DRIFTS = [example for example in EXAMPLES if "action" in example]
SWITCHES = get_type_hints(Profile)


def _row(name: str) -> str:
    (row,) = [line for line in PAGE.splitlines() if re.match(rf"\| (`\w+`, )?`{name}`[ ,]", line)]
    return row


@pytest.mark.parametrize("name", SWITCHES)
def test_every_switch_has_a_row_with_all_its_values(name: str) -> None:
    """The default comes first; true and false need no words."""
    hint = SWITCHES[name]
    row = _row(name)
    if get_origin(hint) is Literal:
        assert [value for value in get_args(hint) if f"`{value}`" not in row] == []
        assert get_args(hint)[0] == getattr(Profile(), name)
    elif hint is int:
        assert re.search(rf"\b{getattr(Profile(), name)}\b", row)


def test_every_fault_has_an_example() -> None:
    """And none is shown that does not exist."""
    assert {example["kind"] for example in FAULTS} == set(get_args(FaultKind))


@pytest.mark.parametrize("example", FAULTS, ids=lambda example: str(example["kind"]))
def test_the_examples_of_faults_can_be_armed(api: Api, example: dict[str, Any]) -> None:
    """As they stand, with a method and a path."""
    armed = api.control("POST", "/faults", {"method": "GET", "path": "/units", **example})
    assert armed.items() >= example.items()


def test_every_action_of_a_drift_has_an_example() -> None:
    """And none is shown that does not exist."""
    assert {example["action"] for example in DRIFTS} == set(get_args(Action))


@pytest.mark.parametrize("example", DRIFTS, ids=lambda example: str(example["action"]))
def test_the_examples_of_drifts_can_be_armed(api: Api, example: dict[str, Any]) -> None:
    """As they stand, with a resource, a request and an id."""
    target = {"resource": "projects", "before_request": 2, "id": api.rows("/projects")[0]["Id"]}
    assert api.control("POST", "/drift", target | example).items() >= example.items()


def test_the_examples_of_companies_can_be_added(api: Api) -> None:
    """As they stand, one after the other."""
    assert len(COMPANIES) == 4
    for example in COMPANIES:
        api.control("POST", "/companies", example)
    shown = [row["id"] for row in api.control("GET", "/companies")["companies"]]
    assert shown == ["first", *(example["id"] for example in COMPANIES)]


def test_every_step_and_event_of_an_order_is_named() -> None:
    """What a person can do with it, and what the history calls it."""
    assert [step for step in STEPS if f"/orders/{{id}}/{step}`" not in PAGE] == []
    assert [event for event in get_args(Event) if f"`{event}`" not in PAGE] == []


def test_every_control_endpoint_is_listed(api: Api) -> None:
    """By its first part, as the page groups them."""
    source = Path(__file__).parents[2] / "src/visma_busy_sync/sandbox/routes.py"
    parts = set(re.findall(r'"/sandbox/([a-z-]+)', source.read_text(encoding="utf-8")))
    assert len(parts) >= 10
    assert [part for part in sorted(parts) if f"/{part}" not in PAGE] == []
