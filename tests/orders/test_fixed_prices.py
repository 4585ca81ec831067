"""Fixed prices of work types: what is open or the amount given, and the hours that they consume (D21)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from visma_busy_sync.busy import (
    Approval,
    FixedPrice,
    GivenField,
    GivenLine,
    LeftOutReason,
    PriceMode,
    Prices,
    PriceSource,
    Work,
    WorkType,
)
from visma_busy_sync.orders import products_needed

from .given import (
    ADVICE,
    ARTICLE_60,
    ARTICLE_70,
    article,
    built,
    cost,
    counterpart,
    hours,
    left_out,
    lines,
    money,
    problems,
    request,
    shared,
    work,
)

AGREED = FixedPrice(work_type="6", amount=Decimal(30000))


def prices(*fixed: FixedPrice) -> Prices:
    return Prices(mode=PriceMode.PROJECT, project_rate=Decimal(1000), fixed_prices=fixed or (AGREED,))


def agreed(*booked: Any, **changes: Any) -> Work:
    """Return work on a project that has agreed 30000 for coaching; advice is billed by the hour."""
    return work(*booked, **({"prices": prices()} | changes))


def part(amount: str, **fields: Any) -> tuple[GivenLine, ...]:
    return (GivenLine(fixed_price="6", unit_price=Decimal(amount), **fields),)


def test_the_open_amount_is_billed_and_its_hours_are_consumed() -> None:
    """R25 gives the product; the project's other work types bill by the hour."""
    order = built(agreed(hours("e1"), hours("e2", 90, work_type="6"), hours("e3", 90, work_type="6")))

    assert lines(order) == [
        ("Advice", "1.0000", "1000.00", "1000.00"),
        ("Coaching", "1.0000", "30000.00", "30000.00"),
    ]
    line = order.lines[1]
    assert (line.price_source, line.billed_before, line.is_fixed_price) == (
        PriceSource.FIXED_PRICE,
        money("0"),
        True,
    )
    assert line.minutes == 180
    assert [(part.price, part.derived_price) for part in line.parts] == [(None, money("10000.0000"))] * 2
    assert not line.given
    assert line.write_down is None
    assert line.rounding_difference == 0
    assert not order.lines[0].is_fixed_price


def test_no_hours_are_needed() -> None:
    order = built(agreed())

    assert lines(order) == [("Coaching", "1.0000", "30000.00", "30000.00")]
    assert order.claims == ()
    assert order.lines[0].eaccounting_article == ARTICLE_60


@pytest.mark.parametrize(
    ("elsewhere", "before", "expected"),
    [
        pytest.param("0", "10000", "20000.00", id="by orders of this library"),
        pytest.param("12000.50", "0", "17999.50", id="elsewhere"),
        pytest.param("5000", "10000", "15000.00", id="both"),
    ],
)
def test_what_was_billed_before_is_not_billed_again(elsewhere: str, before: str, expected: str) -> None:
    fixed = FixedPrice(work_type="6", amount=Decimal(30000), billed_elsewhere=Decimal(elsewhere))

    order = built(agreed(prices=prices(fixed)), fixed_billed={"6": Decimal(before)})

    assert str(order.total) == expected
    assert order.lines[0].billed_before == Decimal(before)
    assert order.lines[0].billed_elsewhere == Decimal(elsewhere)


def test_a_part_is_billed_when_it_is_given() -> None:
    order = built(agreed(hours("e1", work_type="6")), lines=part("7500.505", text="Delfaktura 1"))

    assert lines(order) == [("Delfaktura 1", "1.0000", "7500.51", "7500.51")]
    (line,) = order.lines
    assert set(line.given) == {GivenField.TEXT, GivenField.UNIT_PRICE}
    assert line.rounding_difference == money("0.005")
    assert line.write_down is None


def test_more_than_is_open_is_a_problem() -> None:
    what = agreed()

    found = problems(what, lines=part("20000.01"), fixed_billed={"6": Decimal(10000)})

    assert found == [("fixed_price_exceeded", "work_type 6")]


def test_less_than_half_a_cent_is_nothing() -> None:
    """Of a price with thirds of a cent the last part would else be a line of 0."""
    order = built(agreed(hours("e1"), hours("e2", work_type="6")), lines=part("0.004"))

    assert left_out(order) == {"entry:e2": LeftOutReason.FIXED_PRICE}


def test_not_now_means_that_its_hours_stay_out() -> None:
    """They are not billed by the hour instead."""
    order = built(agreed(hours("e1"), hours("e2", work_type="6")), lines=part("0"))

    assert order.claims == ("entry:e1",)
    assert left_out(order) == {"entry:e2": LeftOutReason.FIXED_PRICE}


def test_a_fixed_price_that_is_billed_whole_still_consumes_hours() -> None:
    what = agreed(hours("e1"), hours("e2", work_type="6"))

    order = built(what, fixed_billed={"6": Decimal(30000)})

    assert left_out(order) == {"entry:e2": LeftOutReason.FIXED_PRICE}


def test_a_fixed_price_that_was_lowered_below_what_was_billed_gives_nothing_back() -> None:
    order = built(agreed(hours("e1")), fixed_billed={"6": Decimal(40000)})

    assert lines(order) == [("Advice", "1.0000", "1000.00", "1000.00")]


def test_hours_of_a_fixed_price_may_stand_on_a_line_of_their_own() -> None:
    """A person decided so; the fixed price takes the others."""
    what = agreed(hours("e1", work_type="6"), hours("e2", work_type="6"))

    order = built(what, lines=(GivenLine(claims=("entry:e1",), unit_price=Decimal(500), text="Ekstra"),))

    assert lines(order) == [
        ("Coaching", "1.0000", "30000.00", "30000.00"),
        ("Ekstra", "1.0000", "500.00", "500.00"),
    ]
    none_open = built(
        what,
        lines=(GivenLine(claims=("entry:e1",), unit_price=Decimal(500), text="Ekstra"),),
        fixed_billed={"6": Decimal(30000)},
    )
    assert none_open.claims == ("entry:e1",)
    assert left_out(none_open) == {"entry:e2": LeftOutReason.FIXED_PRICE}


def test_where_entries_were_chosen_no_fixed_price_comes_along_unasked() -> None:
    what = agreed(hours("e1"), hours("e2", work_type="6"), cost())

    order = built(what, only=frozenset({"entry:e1"}))

    assert lines(order) == [("Advice", "1.0000", "1000.00", "1000.00")]
    asked = built(what, only=frozenset({"entry:e1", "entry:e2"}), lines=(GivenLine(fixed_price="6"),))
    assert [str(line.total) for line in asked.lines] == ["1000.00", "30000.00"]


def test_unapproved_hours_are_not_consumed() -> None:
    what = agreed(hours("e1", work_type="6", approval=Approval.NONE))

    order = built(what)

    assert order.claims == ()
    assert left_out(order) == {"entry:e1": LeftOutReason.NOT_APPROVED}


@pytest.mark.parametrize(
    ("settings", "product"),
    [
        pytest.param({"fixed_price_product": "70", "fallback_product": "60"}, "70", id="of fixed prices"),
        pytest.param({"fallback_product": "60"}, "60", id="the fallback"),
    ],
)
def test_a_work_type_without_product_is_sold_as_the_settings_say(
    settings: dict[str, Any], product: str
) -> None:
    articles = {"60": article(ARTICLE_60), "70": article(ARTICLE_70)}
    what = agreed(work_types=(ADVICE, WorkType(id="6", name="Coaching")), settings=settings)

    assert built(what, counterpart(articles=articles)).lines[0].product == product
    assert product in products_needed(what, request(), order_id="order")


def test_a_given_product_goes_before_all() -> None:
    assert built(agreed(), lines=(GivenLine(fixed_price="6", product="50"),)).lines[0].product == "50"


@pytest.mark.parametrize(
    ("changes", "asked", "expected"),
    [
        pytest.param(
            {"work_types": (ADVICE, WorkType(id="6", name="Coaching"))},
            {},
            [("work_type_without_product", "work_type 6")],
            id="no product",
        ),
        pytest.param(
            {},
            {"lines": (GivenLine(fixed_price="5"),)},
            [("fixed_price_unknown", "work_type 5")],
            id="no fixed price",
        ),
        pytest.param(
            {},
            {"lines": (GivenLine(fixed_price="6"), GivenLine(fixed_price="6"))},
            [("lines_overlap", "work_type 6")],
            id="twice",
        ),
    ],
)
def test_what_is_wrong_with_a_fixed_price_is_told(
    changes: dict[str, Any], asked: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert problems(agreed(**changes), **asked) == expected


NOTHING_AGREED = prices(FixedPrice(work_type="6", amount=Decimal(0)))
WITHOUT_COACHING = (ADVICE,)

FAULTY = pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"work_types": WITHOUT_COACHING}, ["work_type_unknown"], id="work type not there"),
        pytest.param({"prices": NOTHING_AGREED}, ["price_missing"], id="nothing agreed"),
        pytest.param(
            {"work_types": WITHOUT_COACHING, "prices": NOTHING_AGREED},
            ["work_type_unknown", "price_missing"],
            id="neither",
        ),
    ],
)


@FAULTY
def test_a_faulty_fixed_price_is_a_problem_of_the_hours_that_need_it(
    changes: dict[str, Any], expected: list[str]
) -> None:
    """Also of those that were chosen by hand, and told once."""
    what = agreed(hours("e1"), hours("e2", work_type="6"), hours("e3", work_type="6"), **changes)

    assert problems(what) == [(code, "work_type 6") for code in expected]
    assert problems(what, only=frozenset({"entry:e2"})) == [(code, "work_type 6") for code in expected]


@FAULTY
@pytest.mark.parametrize("amount", [None, Decimal(100)])
def test_a_faulty_fixed_price_is_a_problem_of_the_line_that_bills_it(
    changes: dict[str, Any], expected: list[str], amount: Decimal | None
) -> None:
    """Without any hours of it as well."""
    found = problems(agreed(hours(), **changes), lines=(GivenLine(fixed_price="6", unit_price=amount),))

    assert [(code, about) for code, about in found if code != "fixed_price_exceeded"] == [
        (code, "work_type 6") for code in expected
    ]


@pytest.mark.parametrize("changes", [{"work_types": WITHOUT_COACHING}, {"prices": NOTHING_AGREED}])
def test_a_faulty_fixed_price_that_nobody_needs_blocks_no_order(changes: dict[str, Any]) -> None:
    """Nothing of it is booked, or chosen, or a person wants it later."""
    booked = hours("e1"), hours("e2", work_type="6")
    orders = (
        built(agreed(hours("e1"), **changes)),
        built(agreed(*booked, **changes), only=frozenset({"entry:e1"})),
        built(agreed(*booked, **changes), lines=part("0")),
    )

    assert [lines(order) for order in orders] == [[("Advice", "1.0000", "1000.00", "1000.00")]] * 3
    assert left_out(orders[2]) == {"entry:e2": LeftOutReason.FIXED_PRICE}


def test_hours_on_a_line_of_their_own_need_no_fixed_price() -> None:
    own = GivenLine(claims=("entry:e1",), unit_price=Decimal(500))

    order = built(agreed(hours("e1", work_type="6"), prices=NOTHING_AGREED), lines=(own,))

    assert [str(line.total) for line in order.lines] == ["500.00"]


def test_a_fixed_price_of_0_may_be_meant() -> None:
    """Then its hours are free, and nothing is billed for them."""
    free = prices(FixedPrice(work_type="6", amount=Decimal(0)))
    what = agreed(hours("e1"), hours("e2", work_type="6"), prices=free, settings={"allow_free_lines": True})

    assert left_out(built(what)) == {"entry:e2": LeftOutReason.FIXED_PRICE}


def test_one_line_for_each_fixed_price() -> None:
    both = prices(AGREED, FixedPrice(work_type="5", amount=Decimal(10000)))

    order = built(agreed(hours("e1"), prices=both))

    assert lines(order) == [
        ("Advice", "1.0000", "10000.00", "10000.00"),
        ("Coaching", "1.0000", "30000.00", "30000.00"),
    ]


def test_where_a_project_has_several_customers_the_customer_is_given() -> None:
    what = shared(prices=prices())

    assert problems(what) == [("customer_ambiguous", "project 1")]
    assert built(what, customer="10").total == Decimal(30000)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"amount": Decimal(-1)}, ValueError),
        ({"amount": 1.5}, TypeError),
        ({"amount": Decimal(1), "billed_elsewhere": Decimal(-1)}, ValueError),
    ],
)
def test_a_fixed_price_that_makes_no_sense_is_refused(fields: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        FixedPrice(work_type="6", **fields)
    with pytest.raises(ValueError, match="once"):
        prices(AGREED, AGREED)
