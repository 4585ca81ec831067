"""Lines as a person wants them: changed, taken together, written down, or not booked at all."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from visma_busy_sync.busy import (
    FixedPrice,
    GivenField,
    GivenLine,
    LeftOutReason,
    Member,
    PriceMode,
    Prices,
    PriceSource,
    WorkType,
)
from visma_busy_sync.orders import OrderRequest, ProblemCode, products_needed

from .given import (
    ADVICE,
    COACHING,
    FLAT,
    NOVEMBER,
    article,
    built,
    cost,
    counterpart,
    hours,
    left_out,
    lines,
    money,
    problems,
    refusal,
    request,
    work,
)

HOURS = ("entry:e1", "entry:e2")
TWO = (hours("e1", 60), hours("e2", 120))


def given(**fields: Any) -> tuple[GivenLine, ...]:
    return (GivenLine(**fields),)


def test_a_changed_price_shows_on_the_hours_behind_the_line() -> None:
    """Three hours at 900 instead of 1000 are written down by 300, and each hour comes to 900."""
    order = built(work(*TWO), lines=given(claims=HOURS, unit_price=money("900")))

    assert lines(order) == [("Advice", "3.0000", "900.00", "2700.00")]
    (line,) = order.lines
    assert line.price_source is PriceSource.GIVEN
    assert line.given == (GivenField.UNIT_PRICE,)
    assert line.write_down == money("300.00")
    assert {part.derived_price for part in line.parts} == {money("900.0000")}
    assert {(part.price, part.price_source) for part in line.parts} == {(money("1000"), PriceSource.PROJECT)}


def test_the_derived_price_loses_digits_and_the_line_is_the_authority() -> None:
    """Three hours for 100 come to 33.3333 an hour, which is not 100 any more."""
    order = built(work(*TWO), lines=given(claims=HOURS, quantity=money("1"), unit_price=money("100")))

    assert lines(order) == [("Advice", "1.0000", "100.00", "100.00")]
    assert [str(part.derived_price) for part in order.lines[0].parts] == ["33.3333", "33.3333"]


def test_a_write_down_bills_fewer_hours_than_were_worked() -> None:
    """The price stays; all the hours are consumed."""
    order = built(work(*TWO), lines=given(claims=HOURS, quantity=money("2.5")))

    assert lines(order) == [("Advice", "2.5000", "1000.00", "2500.00")]
    (line,) = order.lines
    assert line.write_down == money("500.00")
    assert line.minutes == 180
    assert line.price_source is PriceSource.PROJECT
    assert line.rounding_difference == 0
    assert order.claims == HOURS


def test_a_changed_text_changes_nothing_else() -> None:
    order = built(work(*TWO), lines=given(claims=HOURS, text="  Rådgivning "))

    assert lines(order) == [("Rådgivning", "3.0000", "1000.00", "3000.00")]
    assert order.lines[0].write_down is None
    assert [part.derived_price for part in order.lines[0].parts] == [None, None]


def test_hours_of_several_work_types_go_on_one_line_at_their_average_price() -> None:
    """An hour at 1000 and two at 1600 are three at 1400."""
    booked = work(
        hours("e1", 60),
        hours("e2", 120, work_type="6"),
        hours("e3", 60),
        work_types=(ADVICE, WorkType(id="6", name="Coaching", product="50")),
        prices=Prices(mode=PriceMode.WORK_TYPE, work_type_rates={"5": Decimal(1000), "6": Decimal(1600)}),
    )

    order = built(booked, lines=given(claims=HOURS))

    assert lines(order) == [
        ("Advice", "1.0000", "1000.00", "1000.00"),
        ("Advice, Coaching", "3.0000", "1400.00", "4200.00"),
    ]
    assert [line.work_type for line in order.lines] == ["5", None]
    assert [part.derived_price for line in order.lines for part in line.parts] == [None, *[money("1400")] * 2]


def test_the_average_price_is_rounded_and_the_difference_is_told() -> None:
    """(1000 + 2 x 1000.01) / 3 is 1000.00666…: sent as 1000.01, a cent too much."""
    booked = work(hours("e1", 60), hours("e2", 120, rate=money("1000.01")))

    (line,) = built(booked, lines=given(claims=HOURS)).lines

    assert (line.unit_price, line.total) == (money("1000.01"), money("3000.03"))
    assert line.rounding_difference == money("0.01")
    assert line.price_source is PriceSource.SEVERAL


def test_a_written_down_average_tells_its_difference_too() -> None:
    """One of the three hours is billed, at 1000.01 for 1000.006667."""
    booked = work(hours("e1", 60), hours("e2", 120, rate=money("1000.01")))

    (line,) = built(booked, lines=given(claims=HOURS, quantity=money("1"))).lines

    assert line.rounding_difference == money("0.003333")


def test_another_product_gives_the_line_its_name() -> None:
    """D28: a line that names a product reads like it, unless a text is given."""
    order = built(work(*TWO), lines=given(claims=HOURS, product="60"))

    assert lines(order) == [("Training", "3.0000", "1000.00", "3000.00")]
    assert order.lines[0].product == "60"
    named = built(work(*TWO), lines=given(claims=HOURS, product="60", text="Kurs"))
    assert named.lines[0].text == "Kurs"


def test_hours_with_different_products_need_one_to_stand_together() -> None:
    booked = work(hours("e1"), hours("e2", work_type="6"))

    assert problems(booked, lines=given(claims=HOURS)) == [
        ("products_differ", "work_type 5"),
        ("products_differ", "work_type 6"),
    ]
    assert lines(built(booked, lines=given(claims=HOURS, product="60"))) == [
        ("Training", "2.0000", "1000.00", "2000.00")
    ]


def test_a_given_price_needs_none_by_the_rules() -> None:
    """Hours without a price are billed at the line's."""
    booked = work(*TWO, prices=Prices(mode=PriceMode.PROJECT))

    (line,) = built(booked, lines=given(claims=HOURS, unit_price=money("500"))).lines

    assert line.total == money("1500.00")
    assert {(part.price, part.price_source) for part in line.parts} == {(None, PriceSource.GIVEN)}
    assert line.write_down is None
    assert problems(booked, lines=given(claims=HOURS, text="x")) == [("price_missing", "project 1")]


def test_a_cost_is_changed_like_hours() -> None:
    """Two tickets at 250, billed as one at 400."""
    order = built(
        work(cost("x1", quantity="2")),
        lines=given(claims=("expense:x1",), quantity=money("1"), unit_price=money("400"), text="Reise"),
    )

    assert lines(order) == [("Reise", "1.0000", "400.00", "400.00")]
    (line,) = order.lines
    assert line.write_down == money("100.00")
    assert line.price_source is PriceSource.GIVEN
    assert line.parts[0].derived_price is None


def test_a_cost_may_have_only_its_price_changed() -> None:
    (line,) = built(
        work(cost("x1", quantity="2")), lines=given(claims=("expense:x1",), unit_price=money("200"))
    ).lines

    assert (line.text, str(line.quantity), str(line.total)) == ("Train", "2.0000", "400.00")
    assert line.write_down == money("100.00")


def test_a_cost_may_have_only_its_number_changed() -> None:
    (line,) = built(
        work(cost("x1", price="33.335")), lines=given(claims=("expense:x1",), quantity=money("3"))
    ).lines

    assert (str(line.unit_price), str(line.total)) == ("33.34", "100.02")
    assert line.rounding_difference == money("0.015")


def test_a_given_number_takes_the_place_of_a_negative_one() -> None:
    booked = work(cost("x1", quantity="-1"))

    assert problems(booked) == [("negative_total", "project 1")]
    assert built(booked, lines=given(claims=("expense:x1",), quantity=money("1"))).total == money("250.00")


def test_a_plain_line_bills_what_was_not_booked() -> None:
    """It has the work type's product, the project's price and the work type's name; last of its work type."""
    order = built(work(*TWO), lines=given(work_type="5", quantity=money("1.5")))

    assert lines(order) == [
        ("Advice", "3.0000", "1000.00", "3000.00"),
        ("Advice", "1.5000", "1000.00", "1500.00"),
    ]
    plain = order.lines[1]
    assert (plain.parts, plain.minutes, plain.price_source) == ((), None, PriceSource.PROJECT)
    assert plain.write_down is None


def test_an_order_may_be_of_plain_lines_alone() -> None:
    order = built(work(), lines=given(product="60", unit_price=money("99")))

    assert lines(order) == [("Training", "1.0000", "99.00", "99.00")]
    assert order.claims == ()
    assert order.lines[0].work_type is None


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        pytest.param(Prices(mode=PriceMode.PROJECT, project_rate=Decimal(700)), "700.00", id="project"),
        pytest.param(
            Prices(mode=PriceMode.WORK_TYPE, work_type_rates={"5": Decimal(800)}), "800.00", id="work type"
        ),
    ],
)
def test_d27_a_plain_line_without_a_price_has_what_the_mode_gives(prices: Prices, expected: str) -> None:
    order = built(work(prices=prices), lines=given(work_type="5"))

    assert str(order.lines[0].unit_price) == expected


def test_d27_where_members_have_the_rates_a_plain_line_needs_a_price() -> None:
    by_member = Prices(mode=PriceMode.MEMBER, member_rates={"7": Decimal(900)})

    assert problems(work(prices=by_member), lines=given(work_type="5")) == [("price_missing", "line 1")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param({"product": "60"}, [("price_missing", "line 1")], id="no price"),
        pytest.param({"work_type": "9"}, [("work_type_unknown", "work_type 9")], id="unknown work type"),
        pytest.param(
            {"work_type": "8", "unit_price": Decimal(1)},
            [("line_without_product", "line 1")],
            id="no product",
        ),
        pytest.param(
            {"product": "61", "unit_price": Decimal(1)},
            [("product_not_linked", "product 61")],
            id="no article",
        ),
        pytest.param(
            {"product": "60", "unit_price": Decimal(0)}, [("price_missing", "line 1")], id="for nothing"
        ),
        pytest.param(
            {"claims": HOURS, "unit_price": Decimal(0)}, [("price_missing", "line 1")], id="hours free"
        ),
        pytest.param(
            {"claims": HOURS, "product": "61"}, [("product_not_linked", "product 61")], id="hours unlinked"
        ),
        pytest.param(
            {"claims": HOURS, "text": "x" * 2001}, [("text_too_long", "work_type 5")], id="text too long"
        ),
    ],
)
def test_what_is_wrong_with_a_given_line_is_told(
    line: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    bare = WorkType(id="8", name="Bare")

    assert problems(work(*TWO, work_types=(ADVICE, COACHING, bare)), lines=given(**line)) == expected


def test_hours_without_a_work_type_are_told_on_a_given_line_too() -> None:
    booked = work(hours("e1"), hours("e2", work_type=None))

    assert problems(booked, lines=given(claims=HOURS)) == [("work_type_missing", "entry e2")]


def test_hours_without_a_product_are_told_on_a_given_line_too() -> None:
    bare = WorkType(id="5", name="Bare")

    found = problems(work(*TWO, work_types=(bare,)), lines=given(claims=HOURS))

    assert found == [("work_type_without_product", "work_type 5")]


def test_what_was_put_on_a_line_and_stays_out_is_a_problem() -> None:
    """The sum would not be what the person saw."""
    found = problems(
        work(hours("e1"), hours("e2", minutes=0)), lines=given(claims=(*HOURS, "entry:e3"), text="x")
    )

    assert found == [("entry_left_out", "entry e2"), ("entry_left_out", "entry e3")]


def test_the_same_hours_are_on_one_given_line_only() -> None:
    two = (GivenLine(claims=HOURS), GivenLine(claims=("entry:e1",)))

    assert problems(work(*TWO), lines=two) == [("lines_overlap", "entry e1")]


def test_a_line_of_an_order_is_changed_and_keeps_what_was_given_before() -> None:
    """A person changes the price, looks, and then changes the text."""
    first = built(work(*TWO), lines=given(claims=HOURS, unit_price=money("900"), quantity=money("2")))
    second = built(work(*TWO), lines=(GivenLine.of(first.lines[0], text="Avtalt"),))

    assert lines(second) == [("Avtalt", "2.0000", "900.00", "1800.00")]
    third = built(work(*TWO), lines=(GivenLine.of(second.lines[0], product="60", unit_price=money("800")),))
    assert lines(third) == [("Avtalt", "2.0000", "800.00", "1600.00")]
    assert third.lines[0].product == "60"


def test_a_line_by_the_rules_is_changed() -> None:
    before = built(work(*TWO, cost())).lines
    after = built(
        work(*TWO, cost()),
        lines=(GivenLine.of(before[0], quantity=money("1")), GivenLine.of(before[1], text="Tog")),
    )

    assert lines(after) == [
        ("Advice", "1.0000", "1000.00", "1000.00"),
        ("Tog", "1.0000", "250.00", "250.00"),
    ]


def test_a_plain_line_is_changed() -> None:
    before = built(work(), lines=given(work_type="5", product="60", unit_price=money("10"))).lines[0]
    after = built(work(), lines=(GivenLine.of(before, quantity=money("2")),))

    assert lines(after) == [("Training", "2.0000", "10.00", "20.00")]


def test_given_lines_do_not_hang_on_the_order_in_which_hours_are_named() -> None:
    one = built(work(*TWO), lines=given(claims=HOURS, text="x"))
    other = built(work(*reversed(TWO)), lines=given(claims=tuple(reversed(HOURS)), text="x"))

    assert one.content_hash == other.content_hash


class TestChosen:
    """A person ticks hours and costs."""

    def test_only_what_was_chosen_is_billed(self) -> None:
        order = built(work(*TWO, cost()), only=frozenset({"entry:e2", "expense:x1"}))

        assert order.claims == ("entry:e2", "expense:x1")
        assert left_out(order) == {"entry:e1": LeftOutReason.NOT_CHOSEN}

    def test_a_cost_that_was_not_chosen_stays_out(self) -> None:
        order = built(work(*TWO, cost()), only=frozenset(HOURS))

        assert left_out(order) == {"expense:x1": LeftOutReason.NOT_CHOSEN}

    def test_what_was_chosen_and_cannot_be_billed_is_a_problem(self) -> None:
        only = frozenset({"entry:e1", "expense:x9"})

        assert problems(work(*TWO), only=only) == [("entry_left_out", "expense x9")]

    def test_the_problem_says_why_in_both_languages(self) -> None:
        (found,) = refusal(work(hours("e1"), hours("e2", minutes=0)), only=frozenset(HOURS)).problems

        assert found.code is ProblemCode.ENTRY_LEFT_OUT
        assert "with nothing billable" in found.message
        assert "uten noe fakturerbart" in found.message_nb


class TestNames:
    """No name of a person is on a line, unless the workspace wants it."""

    MEMBERS = (Member(id="7", name="Kari Nordmann"), Member(id="8", name="Ola Nordmann"))

    def test_names_are_off_by_default(self) -> None:
        order = built(work(*TWO, members=self.MEMBERS))

        assert order.lines[0].text == "Advice"

    def test_a_line_of_one_member_ends_with_the_name(self) -> None:
        order = built(work(*TWO, members=self.MEMBERS, settings={"names_in_texts": True}))

        assert order.lines[0].text == "Advice, Kari Nordmann"

    def test_a_line_of_several_members_names_none(self) -> None:
        booked = work(
            hours("e1"), hours("e2", member="8"), members=self.MEMBERS, settings={"names_in_texts": True}
        )

        assert built(booked).lines[0].text == "Advice"

    def test_a_member_who_is_not_known_is_not_named(self) -> None:
        order = built(work(*TWO, settings={"names_in_texts": True}))

        assert order.lines[0].text == "Advice"

    def test_a_given_text_stays_as_it_is(self) -> None:
        booked = work(*TWO, members=self.MEMBERS, settings={"names_in_texts": True})

        assert built(booked, lines=given(claims=HOURS, text="Avtalt")).lines[0].text == "Avtalt"
        assert built(booked, lines=given(claims=HOURS)).lines[0].text == "Advice, Kari Nordmann"


def test_the_products_of_given_lines_are_read() -> None:
    asked = request(lines=(GivenLine(product="90"), GivenLine(work_type="6")))

    assert products_needed(work(), asked, order_id="order") == {"60", "90"}


def test_prices_of_given_lines_are_rounded_as_all_are() -> None:
    foreign = counterpart(
        articles={"50": article("00000000-0000-4000-8000-000000000050")},
        company=counterpart().company,
    )

    (line,) = built(work(*TWO), foreign, lines=given(claims=HOURS, unit_price=money("333.335"))).lines

    assert (str(line.unit_price), str(line.total)) == ("333.34", "1000.02")
    assert line.rounding_difference == money("0.015")


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        pytest.param({}, ValueError, "must say what it bills", id="nothing"),
        pytest.param({"claims": ("e1",)}, ValueError, "as claim_key makes them", id="an id"),
        pytest.param({"claims": ("entry:e1", "entry:e1")}, ValueError, "once", id="twice"),
        pytest.param({"claims": ("entry:e1", "expense:x1")}, ValueError, "one cost", id="mixed"),
        pytest.param({"claims": ["entry:e1"]}, TypeError, "tuple", id="a list"),
        pytest.param({"claims": HOURS, "quantity": Decimal(-1)}, ValueError, "below 0", id="negative"),
        pytest.param({"claims": HOURS, "unit_price": 1.5}, TypeError, "float", id="a float"),
        pytest.param({"fixed_price": "5", "quantity": Decimal(2)}, ValueError, "as it is", id="fixed, two"),
        pytest.param({"fixed_price": " "}, ValueError, "blank", id="blank"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused(
    fields: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        GivenLine(**fields)


def test_a_request_takes_claim_keys_only() -> None:
    day = date(2026, 11, 30)

    with pytest.raises(ValueError, match="claim_key"):
        OrderRequest(period=NOVEMBER, order_date=day, only=frozenset({"e1"}))
    with pytest.raises(TypeError, match="frozenset"):
        OrderRequest(period=NOVEMBER, order_date=day, only={"entry:e1"})  # type: ignore[arg-type]


def test_hours_on_an_order_of_busy_stay_out_of_others() -> None:
    """Busy ties hours to its own orders, draft or finalised."""
    booked = work(hours("e1"), hours("e2", order="other"), hours("e3", order="order"), cost(order="other"))

    order = built(booked)

    assert order.claims == ("entry:e1", "entry:e3")
    assert left_out(order) == {
        "entry:e2": LeftOutReason.ALREADY_ORDERED,
        "expense:x1": LeftOutReason.ALREADY_ORDERED,
    }


def test_a_given_line_without_hours_left_makes_no_line() -> None:
    booked = work(hours("e1", start=datetime(2026, 12, 24, tzinfo=UTC)), hours("e2"))

    assert problems(booked, lines=given(claims=("entry:e1",))) == [("entry_left_out", "entry e1")]


def test_the_changes_of_the_guide_do_what_it_says() -> None:
    """The code block of docs/orders.md, each line of it alone."""
    page = (Path(__file__).parents[2] / "docs/orders.md").read_text(encoding="utf-8")
    (code,) = [
        found for found in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "changes = {" in found
    ]
    what = work(*TWO, prices=evolve(FLAT, fixed_prices=(FixedPrice(work_type="6", amount=Decimal(50000)),)))
    scope: dict[str, Any] = {"order": built(what, lines=(GivenLine(fixed_price="6", unit_price=Decimal(0)),))}
    exec(compile(code, "orders.md", "exec"), scope)

    of_the_hours = {
        name.split(",")[0].split(";")[0]: [
            line for line in lines(built(what, lines=(change,))) if "Coaching" not in line
        ]
        for name, change in scope["changes"].items()
    }
    assert of_the_hours == {
        "at another price": [("Advice", "3.0000", "900.00", "2700.00")],
        "a write-down": [("Advice", "2.5000", "1000.00", "2500.00")],
        "these hours on one line": [("Prosjektledelse", "3.0000", "1000.00", "3000.00")],
        "a plain line": [
            ("Advice", "3.0000", "1000.00", "3000.00"),
            ("Advice", "2.0000", "1000.00", "2000.00"),
        ],
        "a part of a fixed price": [("Advice", "3.0000", "1000.00", "3000.00")],
    }
    fixed = built(what, lines=(scope["changes"]["a part of a fixed price; 0 would be nothing of it now"],))
    assert str(fixed.lines[1].total) == "30000.00"
