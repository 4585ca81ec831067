"""The hours specification: what a customer may read of what stands behind an order."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, cast

import attrs
import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.texts import Language
from visma_busy_sync.busy import (
    EntryKind,
    Exclusion,
    FixedPrice,
    GivenField,
    GivenLine,
    Grouping,
    LinePart,
    Member,
    Order,
    PriceMode,
    Prices,
    PriceSource,
    Work,
    claim_key,
)
from visma_busy_sync.eaccounting import models
from visma_busy_sync.orders import (
    EntryChange,
    HoursSpecification,
    SpecifiedHours,
    hours_specification,
    order_from_json,
    order_to_json,
)

from .given import ARTICLE_50, NOVEMBER, article, built, cost, counterpart, hours, money, shared, work

MEMBERS = (Member(id="7", name="Kari Nordmann"), Member(id="8", name="Ola Hansen"))
FIXED = Prices(
    mode=PriceMode.PROJECT,
    project_rate=money("1000"),
    fixed_prices=(FixedPrice(work_type="5", amount=money("9000")),),
)


def busy(*booked: Any, **changes: Any) -> Work:
    return work(*booked, **({"members": MEMBERS} | changes))


def specified(what: Work, order: Order | None = None, **options: Any) -> HoursSpecification:
    return hours_specification(order if order is not None else built(what), what, **options)


def behind(what: HoursSpecification) -> list[SpecifiedHours]:
    return [one for line in what.lines for one in line.hours]


# The head


def test_the_head_tells_what_the_order_is_about() -> None:
    """Project, order, period, currency, and the buyer's number; its own number where it is known."""
    what = busy(hours())
    order = built(what, buyers_order_reference="PO-1")
    found = specified(what, order, order_number=1042, customer="Fjord AS", language="en")
    assert (found.project_number, found.project_name, found.customer) == ("100", "Website", "Fjord AS")
    assert (found.order_id, found.order_number, found.order_date) == ("order", 1042, date(2026, 11, 30))
    assert (found.period, found.currency, found.buyers_order_reference) == (NOVEMBER, "NOK", "PO-1")
    assert (found.language, found.minutes, found.internal) == ("en", 60, None)


def test_the_customer_is_named_as_the_work_names_it_unless_a_name_is_given() -> None:
    """Work names the customers of a project that has several; of one with its own, nobody may know."""
    several = shared(hours(customer="11"))
    order = built(several, customer="11")
    assert specified(several, order).customer == "Fjell AS"
    assert specified(several, order, customer="Fjell Holding AS").customer == "Fjell Holding AS"
    assert specified(busy(hours())).customer is None


def test_the_work_of_another_project_is_refused() -> None:
    what = busy(hours())
    other = attrs.evolve(what, project=attrs.evolve(what.project, id="2"))
    with pytest.raises(ConfigurationError, match="order is of project 1, and the work of 2"):
        specified(other, built(what))


def test_there_is_no_third_language() -> None:
    with pytest.raises(ConfigurationError, match="no text in 'sv'"):
        specified(busy(hours()), language=cast("Language", "sv"))


# The hours


def test_each_line_has_its_hours_by_day() -> None:
    """With what they are, how long they took as decimals and by the clock, and what they come to."""
    what = busy(
        hours("e2", 450, start=datetime(2026, 11, 12, 8, tzinfo=UTC), task="80"),
        hours("e1", 50, task="81", comment="Called"),
    )
    (line,) = specified(what).lines
    assert [(one.day.day, one.task, one.work_type, one.clock, str(one.hours)) for one in line.hours] == [
        (10, "Audit", "Advice", "0:50", "0.8333"),
        (12, "Launch", "Advice", "7:30", "7.5000"),
    ]
    assert [one.amount for one in line.hours] == [money("833.33"), money("7500.00")]
    assert [one.price for one in line.hours] == [money("1000")] * 2
    assert (line.number, line.text, line.quantity, line.minutes) == (1, "Advice", money("8.3333"), 500)
    assert line.hours_decimal == money("8.3333")


def test_the_amounts_of_the_hours_and_the_rounding_make_the_line() -> None:
    """Each amount is rounded, the line once for all: what is between them is told, so that it adds up."""
    (line,) = specified(busy(*(hours(f"e{n}", 10) for n in range(3)))).lines
    assert [one.amount for one in line.hours] == [money("166.67")] * 3
    assert (line.total, line.rounding) == (money("500.00"), money("-0.01"))


@pytest.mark.parametrize(("configured", "asked", "named"), [
    (False, None, False),
    (True, None, True),
    (False, True, True),
    (True, False, False),
])  # fmt: skip
def test_members_are_named_only_where_that_is_configured(
    configured: bool, asked: bool | None, named: bool
) -> None:
    """The setting of the workspace decides, and whoever asks may decide otherwise."""
    what = busy(hours(), hours("e2", member="8"), settings={"names_in_texts": configured})
    found = [one.member for one in behind(specified(what, names=asked))]
    assert found == (["Kari Nordmann", "Ola Hansen"] if named else [None, None])


def test_a_member_whose_name_the_work_does_not_have_is_not_named() -> None:
    assert [one.member for one in behind(specified(busy(hours(member="9")), names=True))] == [None]


def test_comments_are_shown_only_when_they_are_asked_for() -> None:
    """They may be personal."""
    what = busy(hours(comment="With Per at the dentist"))
    assert [one.comment for one in behind(specified(what))] == [None]
    assert [one.comment for one in behind(specified(what, comments=True))] == ["With Per at the dentist"]


def test_no_name_and_no_comment_is_in_a_repr() -> None:
    """What is logged names nobody."""
    what = busy(hours(comment="Secret", task="80"))
    found = specified(what, names=True, comments=True, customer="Fjord AS")
    for text in ("Secret", "Kari", "Fjord", "Website", "Launch", "Advice"):
        assert text not in repr(found) + "".join(repr(line) for line in found.lines) + repr(behind(found))


# The order is the authority


def test_what_was_changed_in_busy_is_shown_as_it_was_billed() -> None:
    """Day, minutes, price and work type are the order's; only names are read again."""
    what = busy(hours(minutes=60, task="80"))
    order = built(what)
    moved = hours(minutes=600, rate=money("9"), work_type="6", start=datetime(2026, 11, 2, 8, tzinfo=UTC))
    (now,) = behind(specified(busy(moved), order))
    (then,) = behind(specified(what, order))
    assert now == attrs.evolve(then, task=None)


def test_what_was_deleted_in_busy_is_shown_without_its_names() -> None:
    """The hours, their work type, and a cost that is gone: nothing breaks."""
    order = built(busy(hours(task="80", comment="Called"), cost()))
    empty = work(work_types=(), products=(), tasks=(), members=())
    found = specified(empty, order, names=True, comments=True)
    (one,) = behind(found)
    assert (one.work_type, one.task, one.member, one.comment) == (None, None, None, None)
    assert (one.minutes, one.amount) == (60, money("1000.00"))
    assert [line.cost_day for line in found.lines] == [None, date(2026, 11, 10)]


def test_it_is_the_same_after_the_order_was_stored() -> None:
    what = busy(hours(minutes=50), cost())
    order = built(what)
    assert specified(what, order_from_json(order_to_json(order))) == specified(what, order)


# What a person changed


def line_of(what: Work, given: GivenLine, **options: Any) -> Any:
    (line,) = specified(what, built(what, lines=(given,)), **options).lines
    return line


def test_a_write_down_is_marked_and_the_hours_share_what_is_left() -> None:
    """Two hours at a thousand for fifteen hundred: each comes to seven hundred and fifty."""
    what = busy(hours("e1"), hours("e2"))
    given = GivenLine(claims=("entry:e1", "entry:e2"), unit_price=money("750"))
    line = line_of(what, given)
    assert (line.changed, line.write_down) == ((GivenField.UNIT_PRICE,), money("500.00"))
    assert [(one.price, one.amount, one.rule_price) for one in line.hours] == [
        (money("750"), money("750.00"), None)
    ] * 2
    (inside, _) = line_of(what, given, internal=True).hours
    assert (inside.rule_price, inside.price_source) == (money("1000"), PriceSource.PROJECT)


def test_how_much_more_than_by_the_rules_is_for_the_seller_alone() -> None:
    """That the price was changed is told."""
    what = busy(hours())
    given = GivenLine(claims=("entry:e1",), unit_price=money("1200"), quantity=money("2"))
    line = line_of(what, given)
    assert line.changed == (GivenField.QUANTITY, GivenField.UNIT_PRICE)
    assert line.write_down is None
    assert line_of(what, given, internal=True).write_down == money("-1400.00")


def test_a_changed_text_is_no_change_of_what_it_costs() -> None:
    line = line_of(busy(hours()), GivenLine(claims=("entry:e1",), text="Advice in November"))
    assert (line.text, line.changed, line.write_down) == ("Advice in November", (), None)


def test_a_plain_line_stands_alone() -> None:
    """Nothing was booked, so nothing was written down."""
    line = line_of(busy(), GivenLine(work_type="5", unit_price=money("100")), internal=True)
    assert (line.hours, line.changed, line.write_down, line.cost_day) == ((), (), None, None)
    assert (line.minutes, line.rounding) == (0, 0)


def test_a_cost_has_its_day_and_its_changed_price() -> None:
    what = busy(cost())
    given = GivenLine(claims=(claim_key(EntryKind.EXPENSE, "x1"),), unit_price=money("200"))
    line = line_of(what, given)
    assert (line.cost_day, line.write_down) == (date(2026, 11, 10), money("50.00"))


def test_a_fixed_price_tells_what_was_billed_of_it_and_what_its_hours_come_to() -> None:
    """Its hours have no price of their own."""
    what = busy(hours("e1", 60), hours("e2", 120), prices=FIXED)
    given = GivenLine(fixed_price="5", unit_price=money("6000"))
    order = built(what, lines=(given,), fixed_billed={"5": money("3000")})
    (line,) = specified(what, order, internal=True).lines
    assert (line.billed_before, line.changed, line.write_down) == (money("3000"), (), None)
    assert [(one.price, one.amount, one.rule_price) for one in line.hours] == [
        (money("2000"), money("2000.00"), None),
        (money("2000"), money("4000.00"), None),
    ]
    (shown,) = specified(what, order).lines
    assert [(one.minutes, one.price, one.amount) for one in shown.hours] == [
        (60, None, None),
        (120, None, None),
    ]


@pytest.mark.parametrize(
    ("elsewhere", "before", "expected"),
    [("0", "30000", "30000"), ("40000", "0", "40000"), ("40000", "30000", "70000")],
)
def test_what_was_billed_of_a_fixed_price_before_is_told_wherever_it_was_billed(
    elsewhere: str, before: str, expected: str
) -> None:
    """The customer got those invoices as well."""
    agreed = FixedPrice(work_type="5", amount=money("100000"), billed_elsewhere=money(elsewhere))
    what = busy(hours(), prices=attrs.evolve(FIXED, fixed_prices=(agreed,)))
    order = built(what, fixed_billed={"5": money(before)})
    (line,) = specified(what, order).lines
    assert line.billed_before == money(expected)
    # Of an order that was made by an earlier version, what this library billed is all that is known.
    (known,) = order.lines
    older = attrs.evolve(order, lines=(attrs.evolve(known, billed_elsewhere=None),))
    (line,) = specified(what, older).lines
    assert line.billed_before == money(before)


def test_hours_whose_price_nobody_knows_have_no_amount() -> None:
    """And so there is no rounding between them and their line."""
    what = busy(hours())
    order = built(what)
    (line,) = order.lines
    part = LinePart(
        kind=EntryKind.ENTRY,
        id="e1",
        day=date(2026, 11, 10),
        work_type=None,
        minutes=60,
        quantity=None,
        price=None,
        price_source=PriceSource.GIVEN,
    )
    order = attrs.evolve(order, lines=(attrs.evolve(line, parts=(part,)),))
    (line_shown,) = specified(what, order).lines
    assert [(one.price, one.amount, one.work_type) for one in line_shown.hours] == [(None, None, None)]
    assert line_shown.rounding == 0


# The sums


def test_the_sums_are_those_of_the_order() -> None:
    """Without VAT, the VAT by rate, and with it; not known where an article does not tell it."""
    what = busy(hours(minutes=90), cost())
    coding = models.ArticleAccountCoding(id=models.ArticleAccountCodingId("c"), vat_rate_percent=money("25"))
    coded = counterpart(
        articles={"50": article(ARTICLE_50, coding_id="c"), "60": article(ARTICLE_50, coding_id="c")},
        codings={"c": coding},
    )
    order = built(what, coded)
    found = specified(what, order)
    assert (found.total, found.vat, found.total_with_vat) == (order.total, order.vat, order.total_with_vat)
    assert found.vat
    assert {line.vat_rate for line in found.lines} == {money("25")}
    unknown = specified(what)
    assert (unknown.vat, unknown.total_with_vat) == (None, None)


# For the seller alone


def test_what_is_for_the_seller_alone_is_told_only_when_asked_for() -> None:
    """What rounding changed, what stayed out, what was changed in Busy since, where prices came from."""
    what = busy(hours("e1", 50), hours("e2", excluded=Exclusion.OTHER))
    order = built(what)
    now = busy(hours("e1", 55))
    found = specified(now, order, internal=True)
    assert found.internal is not None
    assert found.internal.rounding_difference == order.rounding_difference != 0
    assert found.internal.left_out == order.left_out != ()
    assert found.internal.changed == (EntryChange(EntryKind.ENTRY, "e1", ("minutes",)),)
    assert [line.price_source for line in found.lines] == [PriceSource.PROJECT]
    outside = specified(now, order)
    assert (outside.internal, [line.price_source for line in outside.lines]) == (None, [None])
    assert [(one.rule_price, one.price_source) for one in behind(outside)] == [(None, None)]


def test_hours_of_one_line_may_be_of_several_work_types() -> None:
    """Where lines are by task, each of the hours tells its own."""
    what = busy(
        hours("e1", task="80"),
        hours("e2", task="80", work_type="6"),
        settings={"grouping": Grouping.TASK},
        work_types=tuple(attrs.evolve(one, product="50") for one in work().work_types),
    )
    assert [one.work_type for one in behind(specified(what))] == ["Advice", "Coaching"]
