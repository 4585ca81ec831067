"""One checksum of a draft shows whether a person edited it, whatever was edited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting._codec import decode
from visma_busy_sync.eaccounting._json import loads
from visma_busy_sync.orders import snapshot

DESCRIPTION: Final = json.loads((Path(__file__).parents[1] / "eaccounting-openapi.json").read_text())
SCHEMAS: Final = DESCRIPTION["components"]["schemas"]

DRAFT: Final[dict[str, Any]] = {
    "Id": "11111111-0000-4000-8000-000000000001",
    "CustomerId": "11111111-0000-4000-8000-000000000002",
    "Status": 1,
    "OrderDate": "2026-11-30",
    "OurReference": "BY-1.1",
}
ROW: Final[dict[str, Any]] = {"LineNumber": 1, "IsTextRow": False, "Text": "Advice", "Quantity": 1.5}

BY_ITSELF: Final = {
    "Status",
    "Amount",
    "VatAmount",
    "RoundingsAmount",
    "DeliveredAmount",
    "DeliveredVatAmount",
    "DeliveredRoundingsAmount",
    "HouseWorkAmount",
    "ContributionMargin",
}
ROW_BY_ITSELF: Final = {"LineNumber", "Amount", "ArticleNumber", "ContributionMargin"}
"""Members that can be written, but that eAccounting computes, or that follow what else is there."""

BY_PERSONS: Final = {
    "SalesDocumentAttachments",
    "MessageThreads",
    "Notes",
    "DeliveryTermId",
    "DeliveryMethodId",
    "CreatedFromQuoteId",
    "BackgroundId",
}
ROW_BY_PERSONS: Final = {"IsDiscountInFixedAmount", "DiscountFixedAmount"}
"""Members that the API does not write, but a person may set in eAccounting."""

OTHER_ID: Final = "22222222-0000-4000-8000-000000000009"
VALUES: Final[dict[str | None, Any]] = {"uuid": OTHER_ID, "date-time": "2026-04-15"}
TYPES: Final[dict[str, Any]] = {"string": "Other", "boolean": True, "integer": 2, "number": 2.5, "object": {}}


def members(schema: str, by_itself: set[str], by_persons: set[str]) -> list[tuple[str, Any, bool]]:
    """Each member of the API's description with another value, and whether that is an edit."""
    found = SCHEMAS[schema]["properties"].items()
    return [
        (name, another(name, facts), name in by_persons or not (name in by_itself or facts.get("readOnly")))
        for name, facts in found
        if name != "Rows"
    ]


def another(name: str, facts: dict[str, Any]) -> Any:
    if name == "Persons":
        return [{"Ssn": "1", "More": [1, 2.5]}]
    if facts.get("type") == "array":
        return [OTHER_ID]
    if "type" not in facts:  # an object
        return {"Amount": 1}
    return VALUES.get(facts.get("format"), TYPES[facts["type"]])


def snapshot_of_rows(*rows: dict[str, Any], **head: Any) -> str:
    """The snapshot of a draft with these rows, as eAccounting answers it."""
    return snapshot(decode(models.Order, loads(json.dumps({**DRAFT, **head, "Rows": rows}).encode())))


def taken(order: dict[str, Any], row: dict[str, Any] | None = None) -> str:
    """The snapshot of a draft with one row."""
    return snapshot_of_rows(row or ROW, **order)


@pytest.mark.parametrize(
    ("name", "value", "edited"), members("OrderApi", BY_ITSELF, BY_PERSONS), ids=lambda each: str(each)[:30]
)
def test_an_edit_of_the_head_is_seen_whatever_was_edited(name: str, value: Any, edited: bool) -> None:
    assert (taken({**DRAFT, name: value}) != taken(DRAFT)) is edited


@pytest.mark.parametrize(
    ("name", "value", "edited"),
    members("OrderRowApi", ROW_BY_ITSELF, ROW_BY_PERSONS),
    ids=lambda each: str(each)[:30],
)
def test_an_edit_of_a_row_is_seen_whatever_was_edited(name: str, value: Any, edited: bool) -> None:
    assert (taken(DRAFT, {**ROW, name: value}) != taken(DRAFT)) is edited


NOTHING: Final[dict[str, Any]] = {"boolean": False, "integer": 0, "number": 0, "array": []}


def nothing(schema: str, *, null: bool) -> dict[str, Any]:
    """Every member, told as nothing."""
    told: dict[str, Any] = {}
    for name, facts in SCHEMAS[schema]["properties"].items():
        is_text = facts.get("type") == "string" and "format" not in facts
        told[name] = None if null else "" if is_text else NOTHING.get(facts.get("type"))
    return told


@pytest.mark.parametrize("null", [True, False], ids=["null", "empty"])
def test_what_is_told_as_nothing_is_as_what_is_not_told(null: bool) -> None:
    """One answer may leave out what another one tells."""
    head = {**nothing("OrderApi", null=null), **DRAFT}
    assert taken(head, {**nothing("OrderRowApi", null=null), **ROW}) == taken(DRAFT)


def test_rows_are_taken_in_their_order_and_numbers_by_their_value() -> None:
    first, second = {**ROW, "LineNumber": 1}, {**ROW, "LineNumber": 2, "Text": "More"}
    before = snapshot_of_rows(first, second)
    assert snapshot_of_rows(second, first) == before
    assert snapshot_of_rows(first, {**second, "LineNumber": 7}) == before
    assert snapshot_of_rows({**first, "LineNumber": 3}, second) != before
    assert snapshot_of_rows(first) != before
    assert snapshot_of_rows({**first, "Quantity": 1}) == snapshot_of_rows({**first, "Quantity": 1.0})
    assert snapshot_of_rows() == snapshot(decode(models.Order, DRAFT))


def test_what_eaccounting_adds_to_its_answers_is_no_edit() -> None:
    assert taken({**DRAFT, "New": "x"}, {**ROW, "New": "x"}) == taken(DRAFT)
