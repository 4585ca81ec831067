"""How billed work becomes lines: grouping, numbers, texts, order (R25, R26, D20)."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visma_busy_sync.busy import (
    Expense,
    FixedPrice,
    Grouping,
    PriceMode,
    Prices,
    PriceSource,
    TimeEntry,
    WorkType,
)

from .given import (
    ARTICLE_50,
    ARTICLE_60,
    ARTICLE_70,
    NOON,
    article,
    built,
    company,
    cost,
    counterpart,
    hours,
    lines,
    money,
    remote_customer,
    work,
)

BY_TASK = {"grouping": Grouping.TASK}
ONE_BY_ONE = {"grouping": Grouping.NONE}


def day(number: int) -> datetime:
    return datetime(2026, 11, number, 12, tzinfo=UTC)


def test_hours_of_a_work_type_are_one_line() -> None:
    """Minutes are added up first and divided once: three times 20 minutes are exactly one hour."""
    order = built(work(hours("e1", 20), hours("e2", 20), hours("e3", 20)))

    assert lines(order) == [("Advice", "1.0000", "1000.00", "1000.00")]
    assert order.lines[0].minutes == 60
    assert order.claims == ("entry:e1", "entry:e2", "entry:e3")


@pytest.mark.parametrize(
    ("minutes", "rate", "expected", "difference"),
    [
        pytest.param(50, "1200", ("0.8333", "1200.00", "999.96"), "-0.04", id="999.96 for 1000.00"),
        pytest.param(100, "1200", ("1.6667", "1200.00", "2000.04"), "0.04", id="2000.04 for 2000.00"),
        pytest.param(1, "1", ("0.0167", "1.00", "0.02"), "0.003333", id="a cent and two thirds"),
        pytest.param(90, "833.3333", ("1.5000", "833.33", "1250.00"), "0.00005", id="rate of 4 decimals"),
        pytest.param(60, "0.125", ("1.0000", "0.13", "0.13"), "0.005", id="half a cent goes up"),
        pytest.param(30, "0.13", ("0.5000", "0.13", "0.07"), "0.005", id="half a cent of the total"),
        pytest.param(45, "1150", ("0.7500", "1150.00", "862.50"), "0", id="nothing rounded"),
    ],
)
def test_each_number_is_rounded_once_and_the_line_total_is_the_authority(
    minutes: int, rate: str, expected: tuple[str, str, str], difference: str
) -> None:
    """Quantity 4 decimals, price 2, total from both as sent; the rest is told as the difference."""
    order = built(work(hours(minutes=minutes, rate=money(rate))))

    assert lines(order) == [("Advice", *expected)]
    assert order.lines[0].rounding_difference == money(difference)
    assert order.rounding_difference == money(difference)


def test_a_line_is_compared_with_the_exact_sum_of_its_parts() -> None:
    """Two rates that are sent alike: 833.33 for two hours, against 1666.668 exactly."""
    order = built(
        work(hours("e1", rate=money("833.333")), hours("e2", rate=money("833.335") - money("0.001")))
    )

    assert lines(order) == [("Advice", "2.0000", "833.33", "1666.66")]
    assert order.lines[0].rounding_difference == money("-0.007")


@pytest.mark.parametrize(
    ("customer", "prices"),
    [
        pytest.param({"invoice_country_code": "SE"}, {}, id="foreign country"),
        pytest.param({"currency_code": "EUR"}, {"currency": "EUR"}, id="foreign currency"),
    ],
)
def test_a_unit_price_has_4_decimals_abroad(customer: dict[str, Any], prices: dict[str, Any]) -> None:
    """90 minutes at 833.33335 are 1250.00, from a price of 833.3334."""
    priced = Prices(mode=PriceMode.PROJECT, project_rate=money("833.33335"), **prices)

    order = built(work(hours(minutes=90), prices=priced), counterpart(customer=remote_customer(**customer)))

    assert lines(order) == [("Advice", "1.5000", "833.3334", "1250.00")]


@pytest.mark.parametrize(
    ("customers", "companys"),
    [
        pytest.param({"invoice_country_code": None}, {}, id="customer without country"),
        pytest.param({"invoice_country_code": "NO"}, {}, id="same country"),
        pytest.param({"invoice_country_code": "no ", "currency_code": "nok"}, {}, id="lower case"),
        pytest.param({"invoice_country_code": "SE"}, {"country_code": None}, id="company without country"),
    ],
)
def test_an_unknown_country_is_domestic(customers: dict[str, Any], companys: dict[str, Any]) -> None:
    """2 decimals are always accepted."""
    other = counterpart(customer=remote_customer(**customers), company=company(**companys))

    assert str(built(work(hours()), other).lines[0].unit_price) == "1000.00"


def test_d20_lines_are_apart_by_the_price_as_sent() -> None:
    """1000.001 and 1000.004 are both sent as 1000.00 and share a line; 1000.005 does not."""
    order = built(
        work(
            hours("e1", rate=money("1000.001")),
            hours("e2", rate=money("1000.004")),
            hours("e3", rate=money("1000.005")),
        )
    )

    assert lines(order) == [
        ("Advice", "2.0000", "1000.00", "2000.00"),
        ("Advice", "1.0000", "1000.01", "1000.01"),
    ]


def test_a_line_with_prices_from_several_places_says_so() -> None:
    """The parts still tell where each one came from."""
    order = built(work(hours("e1"), hours("e2", rate=Decimal(1000))))

    (line,) = order.lines
    assert line.price_source is PriceSource.SEVERAL
    assert [part.price_source for part in line.parts] == [PriceSource.PROJECT, PriceSource.ENTRY]


def test_each_cost_is_a_line_of_its_own() -> None:
    """Even two alike."""
    order = built(work(cost("x1", "19.995", "3"), cost("x2", "19.995", "3")))

    assert lines(order) == [("Train", "3.0000", "20.00", "60.00")] * 2
    assert [line.rounding_difference for line in order.lines] == [money("0.015")] * 2
    assert order.lines[0].minutes is None


def test_a_quantity_of_more_than_4_decimals_is_rounded() -> None:
    """1.00005 becomes 1.0001, away from zero."""
    assert lines(built(work(cost(price="10", quantity="1.00005")))) == [("Train", "1.0001", "10.00", "10.00")]


def test_r25_the_product_comes_from_the_work_type() -> None:
    """Two work types of two products are two lines with two articles."""
    order = built(work(hours("e1"), hours("e2", work_type="6")))

    assert [(line.text, line.product, line.eaccounting_article) for line in order.lines] == [
        ("Advice", "50", ARTICLE_50),
        ("Coaching", "60", ARTICLE_60),
    ]


@pytest.mark.parametrize(
    ("changes", "product"),
    [
        pytest.param({"product": "60", "entry": "e1"}, "60", id="its own"),
        pytest.param({"product": None, "work_type": "6", "entry": "e1"}, "60", id="its work type's"),
        pytest.param({"product": None, "entry": "e1"}, "50", id="the work type's of its hours"),
        pytest.param({"product": None}, "60", id="the fallback"),
    ],
)
def test_r25_a_cost_has_its_own_product_or_the_work_types(changes: dict[str, Any], product: str) -> None:
    """The next best place is asked only if there is none."""
    order = built(work(hours(), cost(**changes), settings={"fallback_product": "60"}))

    assert [line.product for line in order.lines if line.minutes is None] == [product]


def test_r26_a_work_type_without_product_has_the_fallback_product() -> None:
    """If the workspace has set one."""
    unlinked = WorkType(id="5", name="Advice")

    order = built(work(hours(), work_types=(unlinked,), settings={"fallback_product": "60"}))

    assert order.lines[0].product == "60"


def test_lines_may_be_grouped_by_task() -> None:
    """Hours of a task are one line with its name; those without a known task go by work type."""
    order = built(
        work(
            hours("e1", task="80"),
            hours("e2", task="80", start=day(11)),
            hours("e3", task="81", start=day(12)),
            hours("e4"),
            hours("e5", task="unknown"),
            settings=BY_TASK,
        )
    )

    assert [(line.text, line.task, line.minutes) for line in order.lines] == [
        ("Advice", None, 120),
        ("Launch", "80", 120),
        ("Audit", "81", 60),
    ]


def test_a_line_of_a_task_may_hold_several_work_types() -> None:
    """As long as they share product and price."""
    twin = WorkType(id="9", name="Zeal", product="50")

    order = built(
        work(
            hours("e1", task="80"),
            hours("e2", task="80", work_type="9"),
            work_types=(*work().work_types, twin),
            settings=BY_TASK,
        )
    )

    assert [(line.text, line.work_type, line.minutes) for line in order.lines] == [("Launch", None, 120)]


def test_lines_may_be_one_per_entry() -> None:
    """Ungrouped, each entry is rounded for itself."""
    order = built(work(hours("e1", 20), hours("e2", 20), hours("e3", 20), settings=ONE_BY_ONE))

    assert lines(order) == [("Advice", "0.3333", "1000.00", "333.30")] * 3
    assert order.rounding_difference == money("-0.099999")


def test_lines_stand_by_work_type_name_then_date() -> None:
    """Whatever the order in which hours and costs come; costs without work type stand last."""
    booked: list[TimeEntry | Expense] = [
        hours("c", work_type="6", start=day(2)),
        hours("a2", start=day(9)),
        hours("a1", start=day(3)),
        cost("x1", work_type="6", date=date(2026, 11, 1), comment="Book"),
        cost("x2", entry="a2", comment="Ferry"),
        cost("x3", comment="Train"),
    ]
    orders = set[str]()
    for seed in range(5):
        random.Random(seed).shuffle(booked)
        order = built(work(*booked, settings=ONE_BY_ONE))
        assert order.claims == (
            "entry:a1",
            "entry:a2",
            "expense:x2",
            "expense:x1",
            "entry:c",
            "expense:x3",
        )
        orders.add(order.content_hash)
    assert len(orders) == 1


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        pytest.param({"comment": "  Train to Oslo\r\nand back "}, "Train to Oslo\nand back", id="comment"),
        pytest.param({"comment": "  "}, "Training", id="product name"),
        pytest.param({"comment": None, "product": "70"}, "Article name", id="article name"),
    ],
)
def test_the_text_of_a_cost_is_its_comment_or_the_products_name(changes: dict[str, Any], text: str) -> None:
    """A line always has a text."""
    articles = {"60": article(ARTICLE_60), "70": article(ARTICLE_70)}

    assert built(work(cost(**changes)), counterpart(articles=articles)).lines[0].text == text


def test_no_person_is_named_on_a_line() -> None:
    """The text of hours is the work type's name; what the member wrote stays in Busy."""
    order = built(work(hours(comment="Kari helped Ola")))

    assert order.lines[0].text == "Advice"
    assert "Kari" not in repr(order)


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        pytest.param({}, "h", id="abbreviation"),
        pytest.param({"unit_abbreviation": None, "unit_name": "Hour"}, "Hour", id="name"),
        pytest.param({"unit_abbreviation": None}, "", id="neither"),
    ],
)
def test_a_line_shows_the_unit_of_its_article(unit: dict[str, Any], shown: str) -> None:
    """The unit follows the article; it is for reading only."""
    other = counterpart(articles={"50": article(ARTICLE_50, **unit)})

    assert built(work(hours()), other).lines[0].unit == shown


def test_the_callers_decimal_context_does_not_matter() -> None:
    """Three digits of precision and another rounding change nothing."""
    what = work(hours("e1", 100, rate=money("1234.567")), cost(price="19.995", quantity="3"))
    expected = built(what)

    with localcontext() as context:
        context.prec = 3
        context.rounding = ROUND_DOWN
        again = built(what)
        assert again.total == expected.total
        assert again.content_hash == expected.content_hash
    assert again == expected


def test_big_numbers_stay_exact() -> None:
    """A hundred thousand hours at almost a million million."""
    order = built(work(*(hours(f"e{n}", 60, rate=money("999999999999.99")) for n in range(1000))))

    assert str(order.total) == "999999999999990.00"


@pytest.mark.parametrize("country", ["NO", "SE"], ids=["2 decimals", "4 decimals"])
@given(
    st.decimals("999999999999.9", "999999999999.9999999999", places=10)
    | st.sampled_from(["999999999999.99", "999999999999.995", "999999999999.99995"]).map(Decimal)
)
def test_the_largest_amount_that_is_taken_still_fits_once_it_is_rounded(
    country: str, amount: Decimal
) -> None:
    """A larger one is refused where it comes in, by its name, and not where a line is made of it."""
    if amount > (largest := money("999999999999.99")):
        with pytest.raises(ValueError, match=r"TimeEntry\.rate must lie from -999999999999\.99 to"):
            hours("e1", rate=amount)
        return
    fixed = (FixedPrice(work_type="6", amount=largest),)
    what = work(
        hours("e1", rate=amount),
        cost("x1", price=str(amount)),
        cost("x2", quantity=str(amount)),
        prices=Prices(mode=PriceMode.PROJECT, project_rate=money("1"), fixed_prices=fixed),
    )
    order = built(what, counterpart(customer=remote_customer(invoice_country_code=country)))

    assert len(order.lines) == 4


def test_hours_are_listed_behind_their_line() -> None:
    """With day, minutes and the exact price of each."""
    order = built(work(hours("late", 30, start=day(12)), hours("early", 90, start=NOON, rate=Decimal(1000))))

    assert [(part.id, part.day, part.minutes, part.price) for part in order.lines[0].parts] == [
        ("early", date(2026, 11, 10), 90, Decimal(1000)),
        ("late", date(2026, 11, 12), 30, Decimal(1000)),
    ]


def test_control_characters_are_not_sent() -> None:
    """The XML of an e-invoice cannot hold them; tabs and line ends stay."""
    order = built(work(cost(comment="Tr\x00ain\x1b[31m\tto\rOslo\x7f")), invoice_text="\x07")

    assert order.lines[0].text == "Train[31m\tto\nOslo"
    assert order.invoice_text is None


def test_names_are_sent_without_outer_blanks_and_control_characters() -> None:
    """As comments are."""
    padded = WorkType(id="5", name=" Advice\x0b ", product="50")

    assert built(work(hours(), work_types=(padded,))).lines[0].text == "Advice"
