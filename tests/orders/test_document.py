"""An order survives its way through a host's database exactly, and what was changed there is refused."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import date
from typing import Any

import attrs
import pytest

from visma_busy_sync.busy import Order
from visma_busy_sync.orders import (
    DocumentError,
    DocumentTooNew,
    OrderError,
    order_from_json,
    order_to_json,
)

from .given import NOON, built, cost, hours, money, work


def rich() -> Order:
    return built(
        work(hours(minutes=100, rate=money("1234.567")), cost(comment="Tåg 😀"), hours("e2", minutes=0)),
        invoice_text="November",
        our_reference="Kari",
    )


def test_an_order_comes_back_exactly() -> None:
    """Amounts are texts in the document, never JSON numbers with a point."""
    order = rich()
    text = order_to_json(order)

    assert order_from_json(text) == order
    assert order_to_json(order_from_json(text)) == text
    assert text.isascii()
    assert '"price":"1234.567"' in text


def test_an_order_can_be_pickled() -> None:
    """Also after its hash was computed."""
    order = rich()
    assert order.content_hash

    again = pickle.loads(pickle.dumps(order))

    assert again == order
    assert again.content_hash == order.content_hash


def test_the_hash_is_of_the_content() -> None:
    """Id, revision and what stayed out are no content; everything that is sent or claimed is.

    What others billed of a fixed price is told to the customer, and changes nothing of what is sent.
    """
    order = rich()
    told = tuple(attrs.evolve(line, billed_elsewhere=money("1")) for line in order.lines)
    same = attrs.evolve(order, id="other", revision=7, left_out=(), finalised_at=NOON, lines=told)

    assert same.content_hash == order.content_hash
    changes: list[dict[str, Any]] = [
        {"order_date": date(2026, 12, 1)},
        {"company_id": "other"},
        {"invoice_text": None},
        {"lines": order.lines[:1]},
        {"currency": "EUR"},
    ]
    hashes = {attrs.evolve(order, **change).content_hash for change in changes}
    assert len(hashes | {order.content_hash}) == len(changes) + 1


def test_the_hash_does_not_see_how_a_number_was_written() -> None:
    """1000 and 1000.00 are the same price."""
    first = built(work(hours(rate=money("1000"))))
    second = built(work(hours(rate=money("1000.00"))))

    assert first.content_hash == second.content_hash


def test_the_hash_is_the_same_on_every_machine() -> None:
    """It is stored; a new version of this package must not change it without a new schema."""
    assert built(work(hours())).content_hash == (
        "1e5d9ad507aef300130b9aa8eb1fce196bf1bb5310d9e080ca1c9ba2b4bee1d2"
    )


def edited(change: Callable[[dict[str, Any]], object]) -> str:
    body = json.loads(order_to_json(rich()))
    change(body)
    return json.dumps(body)


def line(body: dict[str, Any]) -> Any:
    return body["order"]["lines"][0]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda body: body.update(document="invoice"), id="another document"),
        pytest.param(lambda body: body.pop("schema"), id="no schema"),
        pytest.param(lambda body: body.update(schema=True), id="schema is a bool"),
        pytest.param(lambda body: body.update(schema=0), id="schema 0"),
        pytest.param(lambda body: body.pop("order"), id="no order"),
        pytest.param(lambda body: body.update(content_hash="0" * 64), id="another hash"),
        pytest.param(lambda body: body["order"].update(currency="EUR"), id="changed content"),
        pytest.param(lambda body: body["order"].pop("currency"), id="missing member"),
        pytest.param(lambda body: body["order"].update(discount="1"), id="unknown member"),
        pytest.param(lambda body: body["order"].update(revision="1"), id="text for a number"),
        pytest.param(lambda body: body["order"].update(revision=True), id="bool for a number"),
        pytest.param(lambda body: body["order"].update(id=5), id="number for a text"),
        pytest.param(lambda body: body["order"].update(lines={}), id="object for a list"),
        pytest.param(lambda body: body["order"].update(period=[]), id="list for an object"),
        pytest.param(lambda body: body["order"].update(order_date="30.11.2026"), id="no date"),
        pytest.param(lambda body: body["order"].update(lines=[]), id="no lines"),
        pytest.param(lambda body: body["order"].update(lines=[line(body)] * 2), id="a line twice"),
        pytest.param(lambda body: line(body).update(total="1E+999999999"), id="a huge number"),
        pytest.param(lambda body: line(body).update(total="NaN"), id="no number"),
        pytest.param(lambda body: line(body).update(total="١"), id="digit of another script"),
        pytest.param(lambda body: line(body).update(price_source="thin air"), id="unknown price source"),
        pytest.param(lambda body: line(body).update(text=" "), id="blank text"),
        pytest.param(lambda body: line(body).update(total=1), id="number for an amount"),
    ],
)
def test_a_document_that_was_changed_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    """With one typed error, whatever is wrong with it."""
    with pytest.raises(DocumentError):
        order_from_json(edited(change))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("[]", id="a list"),
        pytest.param('{"document": "order", "schema": 1.5}', id="number with a point"),
        pytest.param('{"document": "order", "schema": NaN}', id="NaN"),
        pytest.param('{"document": "order", "schema": ' + "9" * 5000 + "}", id="endless number"),
        pytest.param("[" * 100_000, id="endless nesting"),
    ],
)
def test_what_is_no_document_is_refused(text: str) -> None:
    """Nothing in a host's database can break out as another error."""
    with pytest.raises(DocumentError):
        order_from_json(text)


def test_a_document_of_a_newer_version_is_refused() -> None:
    """It says to update, instead of reading half of it."""
    with pytest.raises(DocumentTooNew, match="Update visma-busy-sync") as caught:
        order_from_json(edited(lambda body: body.update(schema=99)))

    assert (caught.value.found, caught.value.known, caught.value.document) == (99, 2, "order")
    assert isinstance(caught.value, DocumentError)
    assert isinstance(caught.value, OrderError)


def test_the_error_does_not_repeat_the_content() -> None:
    """Logs of a broken document hold no name."""
    with pytest.raises(DocumentError) as caught:
        order_from_json(edited(lambda body: body["order"].update(our_reference=["Kari Nordmann"])))

    assert "Kari" not in str(caught.value)
    assert "our_reference" in str(caught.value)
