"""Busy's values refuse what is wrong when they are built, and never show a name."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
import pytest

from visma_busy_sync import busy
from visma_busy_sync.busy import (
    Approval,
    Customer,
    Distribution,
    EntryKind,
    Expense,
    Grouping,
    LinePart,
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
    Work,
    WorkSettings,
    WorkType,
    claim_key,
)

PART = LinePart(
    kind=EntryKind.ENTRY,
    id="e",
    day=date(2026, 11, 1),
    work_type="5",
    minutes=60,
    quantity=None,
    price=Decimal(1),
    price_source=PriceSource.PROJECT,
)
LINE: dict[str, Any] = {
    "text": "Advice for Kari",
    "quantity": Decimal(1),
    "unit": "h",
    "unit_price": Decimal(1),
    "total": Decimal(1),
    "rounding_difference": Decimal(0),
    "price_source": PriceSource.PROJECT,
    "product": "50",
    "eaccounting_article": "a",
    "parts": (PART,),
}
PERIOD = Period(date(2026, 11, 1), date(2026, 11, 30))
GOOD: dict[type, dict[str, Any]] = {
    Project: {"id": "1", "name": "Kari's house"},
    Customer: {"id": "1", "name": "Kari Nordmann"},
    Product: {"id": "1", "name": "Kari's cake"},
    WorkType: {"id": "1", "name": "Kari's work"},
    Task: {"id": "1", "name": "Call Kari"},
    TimeEntry: {
        "id": "1",
        "member": "7",
        "start": datetime(2026, 11, 1, tzinfo=UTC),
        "billable_minutes": 60,
        "comment": "with Kari",
    },
    Expense: {"id": "1", "date": date(2026, 11, 1), "out_price": Decimal(1), "comment": "for Kari"},
    Prices: {"mode": PriceMode.PROJECT},
    WorkSettings: {"invoice_text": "Thank you, Kari"},
    OrderLine: LINE,
    Order: {
        "id": "o",
        "revision": 1,
        "company_id": "c",
        "project": "1",
        "customer": "10",
        "eaccounting_customer": "k",
        "currency": "NOK",
        "order_date": date(2026, 11, 30),
        "period": PERIOD,
        "lines": (OrderLine(**LINE),),
        "invoice_text": "Kari",
        "our_reference": "Kari",
        "your_reference": "Kari",
        "buyers_order_reference": "Kari",
        "rounding_rules": 1,
    },
    Work: {"project": Project(id="1", name="Kari's house"), "prices": Prices(mode=PriceMode.PROJECT)},
}


@pytest.mark.parametrize("kind", list(GOOD), ids=lambda kind: kind.__name__)
def test_a_value_is_frozen_picklable_and_shows_no_name(kind: type[Any]) -> None:
    """Names, comments and texts are never in a repr, and so in no log."""
    value = kind(**GOOD[kind])

    assert "Kari" not in repr(value)
    assert pickle.loads(pickle.dumps(value)) == value
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        value.id = "2"


MONEY = [(WorkType, "default_rate"), (TimeEntry, "rate"), (Expense, "out_price"), (Expense, "quantity")]


@pytest.mark.parametrize(("kind", "name"), MONEY, ids=[f"{k.__name__}-{n}" for k, n in MONEY])
@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        pytest.param(1.1, TypeError, "float is not exact", id="float"),
        pytest.param(1, TypeError, "must be a Decimal, not int", id="int"),
        pytest.param("1", TypeError, "must be a Decimal, not str", id="text"),
        pytest.param(True, TypeError, "must be a Decimal, not bool", id="bool"),
        pytest.param(Decimal("NaN"), ValueError, "finite", id="NaN"),
        pytest.param(Decimal("-Infinity"), ValueError, "finite", id="infinite"),
        pytest.param(Decimal("1E+12"), ValueError, "to 999999999999.99", id="too big"),
        pytest.param(Decimal("999999999999.995"), ValueError, "to 999999999999.99", id="too big if rounded"),
        pytest.param(Decimal("-1E+400"), ValueError, "from -999999999999.99", id="far too small"),
        pytest.param(Decimal("0E+999999"), ValueError, "to 999999999999.99", id="0 with an exponent"),
        pytest.param(Decimal("1E-11"), ValueError, "10 decimals", id="too fine"),
        pytest.param(Decimal("-999999999999.99"), None, "", id="smallest"),
        pytest.param(Decimal("999999999999.9899999999"), None, "", id="largest with 10 decimals"),
    ],
)
def test_money_and_quantities_are_exact_decimals(
    kind: type[Any], name: str, bad: Any, error: type[Exception] | None, message: str
) -> None:
    """The message names the field."""
    fields = GOOD[kind] | {name: bad}
    if error is None:
        assert getattr(kind(**fields), name) == bad
    else:
        with pytest.raises(error, match=f"{kind.__name__}.{name}.*{message}"):
            kind(**fields)


@pytest.mark.parametrize(
    ("kind", "changes", "error", "message"),
    [
        pytest.param(Project, {"id": 1}, TypeError, "Project.id must be a str", id="id is an int"),
        pytest.param(Project, {"id": " "}, ValueError, "Project.id must not be blank", id="blank id"),
        pytest.param(Project, {"id": None}, TypeError, "Project.id", id="no id"),
        pytest.param(Project, {"customer": ""}, ValueError, "Project.customer", id="empty customer"),
        pytest.param(Project, {"name": "\ud800"}, ValueError, "lone surrogate", id="half a character"),
        pytest.param(Project, {"is_billable": "no"}, TypeError, "must be a bool", id="text for a flag"),
        pytest.param(WorkType, {"name": ""}, ValueError, "WorkType.name", id="work type without name"),
        pytest.param(TimeEntry, {"billable_minutes": True}, TypeError, "int, not bool", id="bool minutes"),
        pytest.param(TimeEntry, {"billable_minutes": 1.5}, TypeError, "int, not float", id="half minutes"),
        pytest.param(TimeEntry, {"billable_minutes": -1}, ValueError, "from 0 to", id="negative minutes"),
        pytest.param(TimeEntry, {"billable_minutes": 1_000_001}, ValueError, "to 1000000", id="two years"),
        pytest.param(TimeEntry, {"start": datetime(2026, 1, 1)}, ValueError, "offset", id="naive"),  # noqa: DTZ001
        pytest.param(TimeEntry, {"start": date(2026, 1, 1)}, TypeError, "datetime, not date", id="no time"),
        pytest.param(
            TimeEntry,
            {"start": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2)))},
            ValueError,
            "years 2 to 9998",
            id="before time",
        ),
        pytest.param(TimeEntry, {"approval": "approved"}, TypeError, "must be a Approval", id="approval"),
        pytest.param(TimeEntry, {"excluded": "other"}, TypeError, "excluded", id="exclusion as a text"),
        pytest.param(
            Expense,
            {"date": datetime(2026, 1, 1, tzinfo=UTC)},
            TypeError,
            "without time",
            id="date with time",
        ),
        pytest.param(Order, {"finalised_at": datetime(2026, 1, 1)}, ValueError, "offset", id="local moment"),  # noqa: DTZ001
        pytest.param(Order, {"finalised_at": "now"}, TypeError, "a datetime", id="moment is a text"),
        pytest.param(Prices, {"mode": "project"}, TypeError, "PriceMode", id="mode"),
        pytest.param(Prices, {"currency": "nok"}, ValueError, "three capital letters", id="currency"),
        pytest.param(Prices, {"currency": 5}, TypeError, "must be a str", id="currency number"),
        pytest.param(
            Prices, {"member_rates": {"7": 1.5}}, TypeError, "member_rates\\['7'\\]", id="float rate"
        ),
        pytest.param(Prices, {"member_rates": {"": Decimal(1)}}, ValueError, "a key", id="blank member"),
        pytest.param(
            Prices,
            {"member_work_type_rates": {"5": {"7": 1}}},
            TypeError,
            "\\['5'\\]\\['7'\\] must be a Decimal",
            id="rate within a work type",
        ),
        pytest.param(WorkSettings, {"time_zone": "Oslo"}, ValueError, "'Oslo' is not known", id="zone"),
        pytest.param(WorkSettings, {"time_zone": "../etc"}, ValueError, "time zone", id="zone is a path"),
        pytest.param(WorkSettings, {"time_zone": "Europe"}, ValueError, "time zone", id="zone is a folder"),
        pytest.param(WorkSettings, {"max_rows": 1001}, ValueError, "from 1 to 1000", id="too many rows"),
        pytest.param(WorkSettings, {"distribution": "in_busy"}, TypeError, "Distribution", id="distribution"),
        pytest.param(WorkSettings, {"orders_enabled": 0}, TypeError, "a bool", id="order function"),
        pytest.param(WorkSettings, {"grouping": "task"}, TypeError, "Grouping", id="grouping"),
        pytest.param(Work, {"prices": None}, TypeError, "must be a Prices", id="no prices"),
        pytest.param(Work, {"entries": []}, TypeError, "must be a tuple, not list", id="list"),
        pytest.param(
            Work, {"entries": (Customer(id="1", name="x"),)}, TypeError, "TimeEntry values", id="wrong values"
        ),
        pytest.param(
            Work,
            {"customers": (Customer(id="1", name="x"), Customer(id="1", name="y"))},
            ValueError,
            "the id '1' twice",
            id="same id twice",
        ),
        pytest.param(Order, {"revision": 0}, ValueError, "at least 1", id="revision 0"),
        pytest.param(Order, {"currency": None}, TypeError, "Order.currency", id="no currency"),
        pytest.param(Order, {"lines": ()}, ValueError, "must bill something", id="no lines"),
        pytest.param(
            Order,
            {"lines": (OrderLine(**LINE), OrderLine(**LINE))},
            ValueError,
            "the same entry twice",
            id="entry twice",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_wrong(
    kind: type[Any], changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    """Wrong types are a TypeError, wrong values a ValueError; class and field are named."""
    with pytest.raises(error, match=message):
        kind(**GOOD[kind] | changes)


def test_an_error_does_not_repeat_a_text() -> None:
    """A name in the wrong place ends up in no log."""
    with pytest.raises(ValueError, match=r"Project\.name") as caught:
        Project(id="1", name="Kari \udfff")

    assert "Kari" not in str(caught.value)


def test_names_outside_ascii_are_fine() -> None:
    """Letters and emoji alike."""
    assert Customer(id="1", name="Blåbærsyltetøy 😀").name == "Blåbærsyltetøy 😀"


def test_a_period_includes_both_its_days() -> None:
    """And the first never lies behind the last."""
    one_day = Period(date(2026, 11, 1), date(2026, 11, 1))

    assert date(2026, 11, 1) in one_day
    assert date(2026, 10, 31) not in one_day
    assert date(2026, 11, 2) not in one_day
    with pytest.raises(ValueError, match="must not lie before"):
        Period(date(2026, 11, 2), date(2026, 11, 1))


def test_prices_cannot_be_changed_through_what_they_were_made_from() -> None:
    """Rates are copied."""
    rates = {"7": Decimal(1)}
    nested = {"5": {"7": Decimal(1)}}
    prices = Prices(mode=PriceMode.MEMBER, member_rates=rates, member_work_type_rates=nested)

    rates["7"] = Decimal(2)
    nested["5"]["7"] = Decimal(2)

    assert prices.member_rates == {"7": Decimal(1)}
    assert prices.member_work_type_rates == {"5": {"7": Decimal(1)}}


def test_the_defaults_are_the_advised_ones() -> None:
    """Unapproved work stays out, 0 is no price, lines are by work type, dates are Oslo's."""
    settings = WorkSettings()

    assert not settings.include_unapproved_hours
    assert not settings.include_unapproved_costs
    assert not settings.allow_free_lines
    assert settings.grouping is Grouping.WORK_TYPE
    assert settings.time_zone == "Europe/Oslo"
    assert settings.max_rows == 1000
    assert settings.distribution is Distribution.CONNECTED_SYSTEM
    assert settings.orders_enabled
    assert TimeEntry(**GOOD[TimeEntry]).approval is Approval.NONE


def test_a_claim_key_tells_hours_from_costs() -> None:
    """Their ids may be alike."""
    assert claim_key(EntryKind.ENTRY, "1") == "entry:1"
    assert claim_key(EntryKind.EXPENSE, "1") == "expense:1"


def test_the_public_names_are_sorted_and_there() -> None:
    """Each has one home."""
    assert sorted(busy.__all__) == sorted(set(busy.__all__))
    assert all(hasattr(busy, name) for name in busy.__all__)
