"""What becomes of an order once it is sent: when it is seen, what people do with it, what is written down."""

import json
from typing import Any

import pytest

from .conftest import Api
from .drafts import Members, a_row, an_order, posted, refused, stored


def _listed(api: Api, order_id: str, **query: str) -> bool:
    return order_id in {row["Id"] for row in api.rows("/orders", **query)}


def _history(api: Api, query: str = "") -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = api.control("GET", f"/orders/history{query}")["entries"]
    return entries


def _told(api: Api) -> list[tuple[str, str, str]]:
    """What happened, by whom, and to the order with which reference."""
    return [(entry["event"], entry["by"], entry["order"]["OurReference"]) for entry in _history(api)]


def _put(api: Api, order: Members, record_id: str, **members: Any) -> None:
    """Make an order like another one, as a person does."""
    body = json.loads(json.dumps(order | members, default=float))
    api.control("PUT", f"/records/orders/{record_id}", body)


def _step(api: Api, order: Members, action: str) -> Members:
    taken: Members = api.control("POST", f"/orders/{order['Id']}/{action}")
    return taken


# When it is seen


def test_an_order_may_appear_after_some_list_requests(api: Api) -> None:
    """Of its own list, and answered, since it was made; by its id it is there at once."""
    api.control("PATCH", "/profile", {"appears_after": 2})
    api.rows("/orders")
    order = posted(api, an_order(api))
    api.rows("/customers")
    assert api.refusal("GET", "/orders", filter="(((") == (400, 6000)
    assert [_listed(api, order["Id"]) for _ in range(4)] == [False, False, True, True]
    assert api.get(f"/orders/{order['Id']}") == order


def test_an_order_may_appear_after_some_time(api: Api) -> None:
    """By the sandbox's clock, with and without a filter; each order has its own time."""
    api.control("PATCH", "/profile", {"appears_after_seconds": 600})
    first = posted(api, an_order(api))
    api.control("POST", "/clock", {"advance_seconds": 590})
    second = posted(api, an_order(api))
    ours = f"CreatedUtc ge {first['CreatedUtc']}"
    assert api.rows("/orders", filter=ours) == []
    assert api.get("/orders", filter=ours)["Meta"]["TotalNumberOfResults"] == 0
    api.control("POST", "/clock", {"advance_seconds": 11})
    assert api.rows("/orders", filter=ours) == [first]
    api.control("POST", "/clock", {"advance_seconds": 600})
    assert api.rows("/orders", filter=ours) == [first, second]


def test_time_and_requests_both_have_to_go_by(api: Api) -> None:
    api.control("PATCH", "/profile", {"appears_after": 1, "appears_after_seconds": 60})
    order = posted(api, an_order(api))
    assert [_listed(api, order["Id"]) for _ in range(2)] == [False, False]
    api.control("POST", "/clock", {"advance_seconds": 61})
    assert _listed(api, order["Id"])


def test_a_late_order_may_be_unknown_by_its_id_too(api: Api) -> None:
    """As if there were none, whatever is asked of it; yet it is stored from the start."""
    api.control("PATCH", "/profile", {"appears_after_seconds": 60, "late_by_id": True})
    order = posted(api, an_order(api))
    path = f"/orders/{order['Id']}"
    assert api.refusal("GET", path) == api.refusal("DELETE", path) == (400, 3000)
    api.control("PATCH", "/profile", {"missing_order": "404"})
    assert api.refusal("GET", path) == (404, 3000)
    assert stored(api)[-1] == order
    api.control("POST", "/clock", {"advance_seconds": 61})
    assert api.get(path) == order


def test_only_orders_that_came_through_the_api_are_late(api: Api) -> None:
    """Not those of the company, nor those that a person made; and the switch works back."""
    before = api.rows("/orders")
    order = posted(api, an_order(api))
    api.control("PATCH", "/profile", {"appears_after": 1000})
    _put(api, order, "11111111-2222-3333-4444-555555555555")
    assert [row["Id"] for row in api.rows("/orders")][:-1] == [row["Id"] for row in before]
    assert not _listed(api, order["Id"])
    api.control("PATCH", "/profile", {"appears_after": 0})
    assert _listed(api, order["Id"])


# What people do with it


@pytest.mark.parametrize("conversion", ["keeps_id", "new_id"])
def test_a_person_converts_a_draft(api: Api, conversion: str) -> None:
    """It gets a number, and keeps its ids or has new ones; then the old id leads nowhere."""
    api.control("PATCH", "/profile", {"conversion": conversion})
    draft = posted(api, an_order(api, OurReference="BY-1", Rows=[a_row(api), a_row(api, LineNumber=1)]))
    number = api.get("/companysettings")["NextOrderNumber"]
    order = _step(api, draft, "convert")
    assert (order["Status"], order["Number"], order["OurReference"]) == (2, number, "BY-1")
    assert order["ModifiedUtc"] > draft["ModifiedUtc"]
    assert api.get("/companysettings")["NextOrderNumber"] == number + 1
    assert api.get(f"/orders/{order['Id']}") == order
    assert [row["Id"] for row in api.rows("/orders", filter="OurReference eq 'BY-1'")] == [order["Id"]]
    ids = ["Id", "CreatedUtc"]
    if conversion == "keeps_id":
        assert [order[name] for name in ids] == [draft[name] for name in ids]
        assert order["Rows"] == draft["Rows"]
        return
    assert api.refusal("GET", f"/orders/{draft['Id']}") == (400, 3000)
    former = {row["Id"] for row in draft["Rows"]}
    assert former.isdisjoint(row["Id"] for row in order["Rows"])
    assert [{**row, "Id": ""} for row in order["Rows"]] == [{**row, "Id": ""} for row in draft["Rows"]]
    assert order["CreatedUtc"] > draft["CreatedUtc"]


@pytest.mark.parametrize("conversion", ["keeps_id", "new_id"])
def test_a_late_order_stays_late_when_it_is_converted(api: Api, conversion: str) -> None:
    """Whatever its id is then."""
    api.control("PATCH", "/profile", {"conversion": conversion, "appears_after": 1})
    order = _step(api, posted(api, an_order(api)), "convert")
    assert [_listed(api, order["Id"]) for _ in range(2)] == [False, True]


def test_a_person_ships_and_invoices_an_order(api: Api) -> None:
    """One after the other, or invoiced at once; from then on the API does not delete it."""
    draft = posted(api, an_order(api))
    shipped = _step(api, _step(api, draft, "convert"), "ship")
    assert (shipped["Status"], shipped["IsNotDelivered"], shipped["Rows"][0]["DeliveredQuantity"]) == (
        3,
        False,
        1,
    )
    assert shipped["ShippedDateTime"][:10] == shipped["ModifiedUtc"][:10]
    assert api.refusal("DELETE", f"/orders/{draft['Id']}") == (400, 4001)
    invoiced = _step(api, shipped, "invoice")
    assert (invoiced["Status"], invoiced["Number"]) == (4, shipped["Number"])
    assert api.get(f"/orders/{draft['Id']}") == invoiced
    at_once = _step(api, posted(api, an_order(api, Status=2)), "invoice")
    assert (at_once["Status"], at_once["IsNotDelivered"]) == (4, False)


@pytest.mark.parametrize(
    ("status", "action"),
    [(1, "ship"), (1, "invoice"), (2, "convert"), (3, "convert"), (3, "ship"), (4, "ship"), (4, "invoice")],
)
def test_a_step_out_of_turn_is_refused(api: Api, status: int, action: str) -> None:
    """With 400, and nothing changed; an order that is not there with 404."""
    order = api.rows("/orders", filter=f"Status eq {status}")[0]
    answer = api.http.post(f"{api.info.control_url}/orders/{order['Id']}/{action}")
    assert answer.status_code == 400
    assert api.get(f"/orders/{order['Id']}") == order
    assert api.http.post(f"{api.info.control_url}/orders/none/{action}").status_code == 404
    assert _history(api) == []


def test_orders_of_another_company_are_converted_there(api: Api) -> None:
    """A copy's orders have the ids of the original."""
    api.control("POST", "/companies", {"id": "north"})
    draft = api.rows("/orders", filter="Status eq 1")[0]
    api.control("POST", f"/orders/{draft['Id']}/convert?company=north")
    assert api.get(f"/orders/{draft['Id']}") == draft
    assert [entry["event"] for entry in _history(api, "?company=north")] == ["converted"]
    assert _history(api) == []


# What is written down


def test_the_history_tells_all_that_became_of_an_order(api: Api) -> None:
    """Also when it is gone, by the API or by a person, with the order as it was."""
    draft = posted(api, an_order(api, OurReference="BY-1"))
    refused(api, an_order(api, OrderDate="1999-01-01"))
    path = f"/records/orders/{draft['Id']}"
    api.control("PATCH", path, {"OurReference": "rettet"})
    for action in ("convert", "ship", "invoice"):
        _step(api, draft, action)
    api.control("DELETE", path)
    _put(api, draft, draft["Id"], OurReference="igjen")
    api.call("DELETE", f"/orders/{draft['Id']}")
    assert _told(api) == [
        ("created", "api", "BY-1"),
        ("changed", "person", "rettet"),
        ("converted", "person", "rettet"),
        ("shipped", "person", "rettet"),
        ("invoiced", "person", "rettet"),
        ("deleted", "person", "rettet"),
        ("created", "person", "igjen"),
        ("deleted", "api", "igjen"),
    ]
    entries = _history(api)
    assert [entry["sequence"] for entry in entries] == list(range(1, 9))
    assert [entry["order"]["Status"] for entry in entries] == [1, 1, 2, 3, 4, 4, 1, 1]
    assert {entry["id"] for entry in entries} == {draft["Id"]}
    assert [entry["time"] for entry in entries] == sorted(entry["time"] for entry in entries)
    assert entries[0]["order"] == draft


def test_creations_are_counted_though_the_answers_and_the_orders_are_gone(api: Api) -> None:
    """What a crash test asks: how often was the order with this reference made?"""
    fault = {"method": "POST", "path": "/orders", "kind": "status", "status": 500, "error_code": 5001}
    body = json.dumps(an_order(api, OurReference="BY-7"))
    for when in ("after", "before", "after"):
        api.control("POST", "/faults", {**fault, "when": when})
        assert api.call("POST", "/orders", body=body).status_code == 500
    for order in stored(api)[-2:]:
        api.call("DELETE", f"/orders/{order['Id']}")
    made = [told for told in _told(api) if told == ("created", "api", "BY-7")]
    assert len(made) == 2
    assert not any(order["OurReference"] == "BY-7" for order in stored(api))


def test_a_conversion_tells_the_former_id(api: Api) -> None:
    """Where it changed; so the two are one order in the history."""
    draft = posted(api, an_order(api))
    _step(api, draft, "convert")
    api.control("PATCH", "/profile", {"conversion": "new_id"})
    other = posted(api, an_order(api))
    order = _step(api, other, "convert")
    entries = _history(api)
    assert [(entry["id"], entry["former_id"]) for entry in entries if entry["event"] == "converted"] == [
        (draft["Id"], None),
        (order["Id"], other["Id"]),
    ]


def test_a_drift_of_orders_is_in_the_history_and_a_reset_empties_it(api: Api) -> None:
    """The built-in orders are no events: they were there before."""
    assert _history(api) == []
    order = api.rows("/orders")[0]
    drift = {"resource": "orders", "before_request": 1, "action": "delete", "id": order["Id"]}
    api.control("POST", "/drift", drift)
    api.rows("/orders")
    assert [(entry["event"], entry["by"], entry["id"]) for entry in _history(api)] == [
        ("deleted", "person", order["Id"])
    ]
    api.control("POST", "/reset")
    assert _history(api) == []
