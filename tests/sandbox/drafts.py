"""Orders for the tests to send: what the API requires, and whatever else a test wants."""

import json
from typing import Any

from .conftest import Api
from .openapi import parse_exact

Members = dict[str, Any]


def a_row(api: Api, **members: Any) -> Members:
    """One hour of consulting."""
    return {
        "LineNumber": 0,
        "IsTextRow": False,
        "ArticleId": api.rows("/articles", filter="Number eq '100'")[0]["Id"],
        "Quantity": 1,
        "UnitPrice": 100,
        "IsWorkCost": False,
        "EligibleForReverseChargeOnVat": False,
    } | members


def an_order(api: Api, **members: Any) -> Members:
    """A draft with one row, to a domestic business."""
    return {
        "CustomerId": api.rows("/customers", filter="CustomerNumber eq '10002'")[0]["Id"],
        "CurrencyCode": "NOK",
        "OrderDate": "2026-11-24",
        "Status": 1,
        "EuThirdParty": False,
        "ReverseChargeOnConstructionServices": False,
        "RotReducedInvoicingType": 0,
        "Rows": [a_row(api)],
    } | members


def posted(api: Api, body: Members | str) -> Members:
    """POST an order that is taken."""
    answer = api.call("POST", "/orders", body=body if isinstance(body, str) else json.dumps(body))
    assert answer.status_code == 201, answer.text
    order: Members = parse_exact(answer.content)
    assert api.control("GET", f"/records/orders/{order['Id']}") == order
    return order


def refused(api: Api, body: Members | str) -> tuple[int, dict[str, str]]:
    """POST an order that is refused, and leaves nothing behind; return the code, and those of the members."""
    before = stored(api)
    answer = api.call("POST", "/orders", body=body if isinstance(body, str) else json.dumps(body))
    assert answer.status_code == 400
    assert stored(api) == before
    fault = parse_exact(answer.content)
    return fault["ErrorCode"], {item["Field"]: item["ErrorCode"] for item in fault["Errors"]}


def stored(api: Api) -> list[Members]:
    """All orders that the sandbox holds, whatever its switches say."""
    orders: list[Members] = api.control("GET", "/records/orders")
    return orders
