"""What is to be written is checked when it is built: exact numbers, ids, days, lengths."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.eaccounting._codec import encode
from visma_busy_sync.eaccounting.models import UNSET, NewOrder, NewOrderRow

from .given import ID, OTHER_ID, evolve


def row(**changes: Any) -> NewOrderRow:
    return NewOrderRow(**{"line_number": 1, **changes})


def order(**changes: Any) -> NewOrder:
    known: dict[str, Any] = {
        "customer_id": ID,
        "currency_code": "NOK",
        "order_date": date(2026, 3, 31),
        "rows": (row(),),
    }
    return NewOrder(**{**known, **changes})


def refused(make: Any, **changes: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        make(**changes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("quantity", 0.3333, "takes a Decimal, not float"),
        ("quantity", "0.1", "takes a Decimal, not str"),
        ("quantity", True, "takes a Decimal, not bool"),
        ("quantity", 1, "takes a Decimal, not int"),
        ("quantity", None, "takes a Decimal, not NoneType"),
        ("quantity", Decimal("0.33333"), "has more than 4 decimals"),
        ("quantity", Decimal("NaN"), "is not a finite number"),
        ("unit_price", Decimal("-0.00001"), "has more than 4 decimals"),
        ("unit_price", Decimal("Infinity"), "is not a finite number"),
        ("discount_percentage", Decimal(25), "is not from 0 to 1"),
        ("discount_percentage", Decimal("-0.1"), "is not from 0 to 1"),
        ("discount_percentage", Decimal("0.12345"), "has more than 4 decimals"),
        ("amount", 1.5, "takes a Decimal, not float"),
        ("article_id", "zzz", "is not an id of the form"),
        ("article_id", 5, "takes an id as a text, not int"),
        ("project_id", "", "is not an id of the form"),
        ("cost_center_item_id3", ID[:-1], "is not an id of the form"),
        ("text", "x" * 2001, "has more than 2000 characters"),
        ("text", "😀" * 1001, "has more than 2000 characters"),
        ("text", 5, "takes a text, not int"),
        ("line_number", 1001, "is not from 0 to 1000"),
        ("line_number", -1, "is not from 0 to 1000"),
        ("line_number", True, "takes a whole number, not bool"),
        ("line_number", Decimal(1), "takes a whole number, not Decimal"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_row_that_the_api_would_refuse_is_not_built(field: str, value: object, says: str) -> None:
    """Class and field are told, the value is not."""
    said = refused(row, **{field: value})
    assert said.startswith(f"NewOrderRow: {field} {says}")
    assert said.endswith(". Correct the named fields.")
    assert "zzz" not in said
    assert "0.3333" not in said


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("customer_id", "zzz", "is not an id of the form"),
        ("customer_id", None, "takes an id as a text, not NoneType"),
        ("customer_id", UNSET, "takes an id as a text, not UnsetType"),
        ("terms_of_payment_id", "zzz", "is not an id of the form"),
        ("currency_code", "KRONER", "is not a currency code of three letters"),
        ("currency_code", "N0K", "is not a currency code of three letters"),
        ("currency_code", "ÆØÅ", "is not a currency code of three letters"),
        ("currency_code", None, "takes a text, not NoneType"),
        ("order_date", datetime(2026, 3, 31, 23, tzinfo=UTC), "takes a date without a time, not datetime"),
        ("order_date", "2026-03-31", "takes a date without a time, not str"),
        ("order_date", None, "takes a date without a time, not NoneType"),
        ("delivery_date", datetime(2026, 3, 31, tzinfo=UTC), "takes a date without a time, not datetime"),
        ("our_reference", "x" * 101, "has more than 100 characters"),
        ("your_reference", "x" * 101, "has more than 100 characters"),
        ("buyers_order_reference", "x" * 36, "has more than 35 characters"),
        ("rows", [], "takes a tuple of NewOrderRow, not list"),
        ("rows", ({},), "takes NewOrderRow only, not dict"),
        ("vat_amount", 0.25, "takes a Decimal, not float"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_an_order_that_the_api_would_refuse_is_not_built(field: str, value: object, says: str) -> None:
    """Class and field are told, the value is not."""
    said = refused(order, **{field: value})
    assert said.startswith(f"NewOrder: {field} {says}")
    assert "zzz" not in said
    assert "KRONER" not in said


def test_all_that_is_wrong_is_told_at_once() -> None:
    """One look mends it."""
    said = refused(row, line_number=-1, quantity=0.5, text="x" * 2001)
    assert "line_number is not from 0 to 1000; text has more" in said
    assert "; quantity takes a Decimal, not float." in said


def test_a_change_is_checked_too() -> None:
    """`attrs.evolve` builds anew."""
    assert "quantity" in refused(lambda: evolve(row(), quantity=1.5))


def test_what_the_api_takes_is_built() -> None:
    """At the bounds, with zeros behind the decimals, with nulls, with nothing."""
    full = row(
        line_number=1000,
        article_id=ID,
        text="x" * 2000,
        quantity=Decimal("-0.33330000"),
        unit_price=Decimal("0E-9"),
        discount_percentage=Decimal("1.0000"),
        amount=Decimal("1E+3"),
        project_id=None,
    )
    made = order(
        rows=(row(line_number=0), full),
        our_reference="x" * 100,
        your_reference=None,
        buyers_order_reference="x" * 35,
        delivery_date=date(2026, 4, 1),
        terms_of_payment_id=OTHER_ID,
    )
    assert made.rows[1].quantity == Decimal("-0.3333")
    assert encode(made)["DeliveryDate"] == "2026-04-01"
    assert pickle.loads(pickle.dumps(made)) == made == copy.deepcopy(made)


def test_ids_are_lowered() -> None:
    """One id, one form, as in what is read."""
    made = order(customer_id=ID.upper(), rows=(row(article_id=ID.upper(), project_id=OTHER_ID.upper()),))
    assert (made.customer_id, made.rows[0].article_id, made.rows[0].project_id) == (ID, ID, OTHER_ID)
    assert row(text="ABC").text == "ABC"
