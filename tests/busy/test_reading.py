"""Every value survives its way through JSON exactly, and what is not exactly as written is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
import pytest

from visma_busy_sync import busy
from visma_busy_sync.busy import (
    Approval,
    Customer,
    EntryKind,
    Exclusion,
    Expense,
    FixedPrice,
    GivenField,
    GivenLine,
    Grouping,
    LeftOut,
    LeftOutReason,
    LinePart,
    Member,
    Order,
    OrderLine,
    Period,
    PriceMode,
    Prices,
    PriceSource,
    Product,
    Project,
    Task,
    TimeEntry,
    VatTotal,
    Work,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.busy._canonical import canonical_json, members, plain
from visma_busy_sync.busy._reading import value_of

ODD = "Å 'være' \"her\"\\ \0 \u2028 e\u0301 \U0001f469\u200d\U0001f467 null"
"""What databases, templates and careless encodings change."""
MOST = Decimal("-999999999999.9899999999")
LEAST = Decimal("0.0000000001")
DAY = date(2024, 2, 29)

PART = LinePart(
    kind=EntryKind.ENTRY,
    id=ODD,
    day=DAY,
    work_type="w",
    minutes=95,
    quantity=None,
    price=MOST,
    price_source=PriceSource.MEMBER_WITHIN_WORK_TYPE,
    derived_price=LEAST,
)
LINE = OrderLine(
    text=ODD,
    quantity=Decimal("1.5833"),
    unit="h",
    unit_price=Decimal("1000.25"),
    total=Decimal("1583.73"),
    rounding_difference=Decimal("-0.000833"),
    price_source=PriceSource.GIVEN,
    product="p",
    eaccounting_article="a",
    given=(GivenField.TEXT, GivenField.UNIT_PRICE),
    vat_rate=Decimal(25),
    parts=(PART,),
)
ENTRY = TimeEntry(
    id=ODD,
    work_type="w",
    member="m",
    customer="c",
    task="t",
    start=datetime(2026, 3, 29, 1, 59, 59, 999999, tzinfo=timezone(timedelta(hours=14))),
    billable_minutes=1_000_000,
    rate=MOST,
    approval=Approval.SUBMITTED,
    excluded=Exclusion.DEFERRED_FOR_LATER_INVOICING,
    order="o",
    comment=ODD,
)
PRICES = Prices(
    mode=PriceMode.MEMBER,
    currency="NOK",
    project_rate=LEAST,
    member_rates={ODD: MOST, "b": Decimal("1E+3")},
    work_type_rates={"w": Decimal("-0")},
    member_work_type_rates={"w": {ODD: LEAST, "m": Decimal(0)}, "x": {}},
    member_defaults={"m": Decimal("1.10")},
    fixed_prices=(FixedPrice(work_type="w", amount=Decimal(5), billed_elsewhere=LEAST),),
)
SETTINGS = WorkSettings(
    order_start_date=DAY,
    include_unapproved_hours=True,
    grouping=Grouping.NONE,
    time_zone="Pacific/Kiritimati",
    invoice_text=ODD,
    max_rows=7,
)
PROJECT = Project(id="j", number="007", name=ODD, allows_several_customers=True, is_billable=False)
VALUES = (
    ENTRY,
    TimeEntry(id="h", member="m", start=datetime(2, 1, 1, tzinfo=UTC), billable_minutes=0),
    Expense(id="k", entry=ODD, date=DAY, quantity=LEAST, out_price=MOST, comment=""),
    PRICES,
    Prices(mode=PriceMode.PROJECT),
    SETTINGS,
    WorkSettings(),
    FixedPrice(work_type="w", amount=LEAST),
    Period(date(1, 1, 1), date(9999, 12, 31)),
    PROJECT,
    Customer(id=ODD, name=ODD),
    Product(id="p", number=ODD, name=ODD),
    WorkType(id="w", name=ODD, product="p", default_rate=LEAST),
    Task(id="t", name=ODD),
    Member(id="m", name=ODD),
    GivenLine(claims=("entry:h",), quantity=LEAST, unit_price=Decimal(0), text=ODD),
    LeftOut("k", LeftOutReason.EXCLUDED, EntryKind.EXPENSE, Exclusion.OTHER),
    PART,
    LINE,
    VatTotal(rate=Decimal(25), base=MOST, amount=LEAST),
    Order(
        id="o",
        revision=3,
        company_id="c",
        project="j",
        customer="c",
        eaccounting_customer="e",
        currency="NOK",
        order_date=DAY,
        period=Period(DAY, DAY),
        lines=(LINE,),
        left_out=(LeftOut("h", LeftOutReason.NOT_CHOSEN),),
        rounding_rules=1,
    ),
    Work(project=PROJECT, entries=(ENTRY,), members=(Member(id="m", name="M"),), prices=PRICES),
)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_exactly(value: Any) -> None:
    """Odd texts, the largest and the smallest amounts, None, flags, days, nested values and mappings."""
    again = value_of(type(value), json.loads(canonical_json(members(value))))
    assert again == value
    assert type(again) is type(value)
    assert canonical_json(members(again)) == canonical_json(members(value))


def test_every_value_of_the_package_is_among_them() -> None:
    values = {
        value for name in busy.__all__ if isinstance(value := getattr(busy, name), type) and attrs.has(value)
    }
    assert {type(value) for value in VALUES} == values


def test_equal_mappings_have_one_text() -> None:
    """In whatever order they were filled."""
    texts = {
        canonical_json(plain(rates))
        for rates in ({"a": Decimal(1), "b": Decimal("2.50")}, {"b": Decimal("2.5"), "a": Decimal("1.0")})
    }
    assert texts == {'{"a":"1","b":"2.5"}'}


def changed(value: Any, **changes: object) -> Mapping[str, object]:
    return {**json.loads(canonical_json(members(value))), **changes}


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        pytest.param(SETTINGS, {"max_rows": True}, id="a flag for a number"),
        pytest.param(SETTINGS, {"allow_free_lines": 1}, id="a number for a flag"),
        pytest.param(SETTINGS, {"allow_free_lines": "true"}, id="a text for a flag"),
        pytest.param(SETTINGS, {"allow_free_lines": None}, id="nothing for a flag"),
        pytest.param(SETTINGS, {"order_start_date": "29.02.2024"}, id="no day"),
        pytest.param(SETTINGS, {"grouping": "thin air"}, id="an unknown word"),
        pytest.param(SETTINGS, {"grouping": 7}, id="a number for a word"),
        pytest.param(SETTINGS, {"discount": "1"}, id="an unknown member"),
        pytest.param(PRICES, {"member_rates": []}, id="a list for a mapping"),
        pytest.param(PRICES, {"member_rates": None}, id="nothing for a mapping"),
        pytest.param(PRICES, {"member_rates": {"m": 7}}, id="a number for an amount"),
        pytest.param(PRICES, {"member_rates": {"m": "7,5"}}, id="an amount with a comma"),
        pytest.param(PRICES, {"member_rates": {" ": "7"}}, id="a blank key"),
        pytest.param(PRICES, {"member_work_type_rates": {"w": "7"}}, id="an amount for a mapping"),
        pytest.param(PRICES, {"fixed_prices": {}}, id="an object for a list"),
        pytest.param(PRICES, {"fixed_prices": [{"work_type": "w"}]}, id="a member missing within"),
        pytest.param(PRICES, {"fixed_prices": ["w"]}, id="a text for an object"),
        pytest.param(ENTRY, {"start": "2026-03-10T08:00:00"}, id="a moment without offset"),
        pytest.param(ENTRY, {"start": "noon"}, id="no moment"),
        pytest.param(ENTRY, {"rate": "1E+999999999"}, id="a huge number"),
        pytest.param(ENTRY, {"billable_minutes": 60.0}, id="a float"),
        pytest.param(ENTRY, {"id": " "}, id="a blank id"),
    ],
)
@pytest.mark.parametrize("older", [False, True], ids=["as written", "perhaps older"])
def test_what_is_not_as_written_is_refused(value: Any, changes: dict[str, object], older: bool) -> None:
    with pytest.raises((TypeError, ValueError)):
        value_of(type(value), changed(value, **changes), older=older)


def test_a_field_that_came_later_is_its_default() -> None:
    """Also within a value; one without default must be there."""
    body = json.loads(canonical_json(members(PRICES)))
    del body["currency"], body["fixed_prices"][0]["billed_elsewhere"]
    with pytest.raises(ValueError, match="Prices has missing or unknown members: currency"):
        value_of(Prices, body)
    read = value_of(Prices, body, older=True)
    fixed = FixedPrice(work_type="w", amount=Decimal(5))
    assert read == attrs.evolve(PRICES, currency=None, fixed_prices=(fixed,))
    del body["mode"]
    with pytest.raises(ValueError, match="missing or unknown members: mode"):
        value_of(Prices, body, older=True)


def test_the_error_names_the_place_and_not_the_content() -> None:
    with pytest.raises(TypeError, match=r"Customer\.name must be a text") as caught:
        value_of(Customer, {"id": "c", "name": ["Kari Nordmann"]})
    assert "Kari" not in str(caught.value)
