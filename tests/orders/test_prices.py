"""Which price an hour has (D18, D19) and what a cost costs (D22)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from visma_busy_sync.busy import PriceMode, Prices, PriceSource, WorkType

from .given import ADVICE, FLAT, built, cost, hours, lines, money, problems, refusal, work

RATES: dict[str, Any] = {
    "project_rate": Decimal(1000),
    "member_rates": {"7": Decimal(1100)},
    "work_type_rates": {"5": Decimal(1200)},
    "member_defaults": {"7": Decimal(1300), "8": Decimal(1400)},
}


def prices(mode: PriceMode, **changes: Any) -> Prices:
    return Prices(mode=mode, **(RATES | changes))


@pytest.mark.parametrize(
    ("mode", "changes", "member", "rate", "source"),
    [
        pytest.param("project", {}, "7", "1000.00", PriceSource.PROJECT, id="project"),
        pytest.param("member", {}, "7", "1100.00", PriceSource.MEMBER, id="member"),
        pytest.param("work_type", {}, "7", "1200.00", PriceSource.WORK_TYPE, id="work type"),
        pytest.param(
            "work_type",
            {"member_work_type_rates": {"5": {"7": Decimal(1250)}}},
            "7",
            "1250.00",
            PriceSource.MEMBER_WITHIN_WORK_TYPE,
            id="member within the work type",
        ),
        pytest.param(
            "work_type",
            {"member_work_type_rates": {"5": {"8": Decimal(1250)}, "6": {"7": Decimal(1260)}}},
            "7",
            "1200.00",
            PriceSource.WORK_TYPE,
            id="another member or work type",
        ),
        pytest.param(
            "work_type",
            {"member_work_type_rates": {"5": {"7": Decimal(0)}}},
            "7",
            "1200.00",
            PriceSource.WORK_TYPE,
            id="D19 the member's 0 is no override",
        ),
        pytest.param("member", {}, "8", "1400.00", PriceSource.DEFAULTS, id="D18 member's default"),
    ],
)
def test_the_mode_names_the_one_rate_that_counts(
    mode: str, changes: dict[str, Any], member: str, rate: str, source: PriceSource
) -> None:
    """It is a mode and not a cascade: rates of other modes are not looked at."""
    order = built(work(hours(member=member), prices=prices(PriceMode(mode), **changes)))

    assert lines(order) == [("Advice", "1.0000", rate, rate)]
    assert order.lines[0].price_source is source


def test_d18_a_work_type_without_rate_on_the_project_has_its_default() -> None:
    """The default is read only where the project has no rate of its own."""
    default = WorkType(id="5", name="Advice", product="50", default_rate=Decimal(900))

    order = built(work(hours(), work_types=(default,), prices=Prices(mode=PriceMode.WORK_TYPE)))

    assert lines(order) == [("Advice", "1.0000", "900.00", "900.00")]
    assert order.lines[0].price_source is PriceSource.DEFAULTS


@pytest.mark.parametrize("mode", list(PriceMode))
def test_the_hours_own_rate_goes_first(mode: PriceMode) -> None:
    """A rate on the hours counts in every mode."""
    order = built(work(hours(rate=money("777.50")), prices=prices(mode)))

    assert lines(order) == [("Advice", "1.0000", "777.50", "777.50")]
    assert order.lines[0].price_source is PriceSource.ENTRY


def test_d19_an_own_rate_of_0_is_no_rate() -> None:
    """Busy writes 0 where nobody set a rate."""
    order = built(work(hours(rate=Decimal(0))))

    assert order.lines[0].price_source is PriceSource.PROJECT


@pytest.mark.parametrize(
    ("mode", "changes", "entity"),
    [
        pytest.param("project", {"project_rate": None}, "project 1", id="D18 project without rate"),
        pytest.param("project", {"project_rate": Decimal(0)}, "project 1", id="D19 project at 0"),
        pytest.param("member", {"member_rates": {}, "member_defaults": {}}, "member 7", id="member"),
        pytest.param("member", {"member_rates": {"7": Decimal(0)}}, "member 7", id="D19 member at 0"),
        pytest.param("work_type", {"work_type_rates": {}}, "work_type 5", id="work type"),
        pytest.param("work_type", {"work_type_rates": {"5": Decimal(0)}}, "work_type 5", id="D19 type at 0"),
        pytest.param("project", {"project_rate": Decimal("0.004")}, "project 1", id="0 as sent"),
    ],
)
def test_a_missing_price_is_a_problem_of_what_should_have_it(
    mode: str, changes: dict[str, Any], entity: str
) -> None:
    """It is said once, however many hours need the price, and no other rate is taken instead."""
    what = work(hours("e1"), hours("e2"), prices=prices(PriceMode(mode), **changes))

    assert problems(what) == [("price_missing", entity)]


def test_d19_free_lines_may_be_allowed() -> None:
    """Where 0 is meant, it is a price."""
    free = Prices(mode=PriceMode.PROJECT, project_rate=Decimal(0))

    order = built(work(hours(), cost(price="0"), prices=free, settings={"allow_free_lines": True}))

    assert lines(order) == [("Advice", "1.0000", "0.00", "0.00"), ("Train", "1.0000", "0.00", "0.00")]


def test_no_price_is_a_problem_even_where_free_lines_are_allowed() -> None:
    """Free is something else than unknown."""
    what = work(hours(), prices=Prices(mode=PriceMode.PROJECT), settings={"allow_free_lines": True})

    assert problems(what) == [("price_missing", "project 1")]


def test_d22_a_price_below_0_is_a_problem() -> None:
    """Credit is given in eAccounting; it is no line of an order."""
    what = work(hours(rate=Decimal(-5)), cost(price="-1"))

    assert problems(what) == [("negative_price", "entry e1"), ("negative_price", "expense x1")]


def test_what_was_given_back_is_a_cost_with_a_quantity_below_0() -> None:
    """Its line is below 0, and the order's total is not."""
    order = built(work(cost("x1", "100"), cost("x2", "33.335", "-1.5")))

    assert [(str(line.quantity), str(line.total)) for line in order.lines] == [
        ("-1.5000", "-50.01"),
        ("1.0000", "100.00"),
    ]
    assert order.total == money("49.99")
    assert order.rounding_difference == money("-0.0075")


def test_an_order_that_comes_to_less_than_0_is_a_problem() -> None:
    """Exactly 0 is none: what was taken and given back."""
    taken, given_back = cost("x1", "100"), cost("x2", "100", "-1")

    assert built(work(taken, given_back)).total == 0
    error = refusal(work(taken, given_back, cost("x3", "0.01", "-1")))
    assert [(one.code, str(one.entity)) for one in error.problems] == [("negative_total", "project 1")]
    assert "-0.01" in error.problems[0].message


def test_every_own_rate_below_0_is_named() -> None:
    """Each has to be mended."""
    what = work(hours("e1", rate=Decimal(-5)), hours("e2", rate=Decimal(-5)), hours("e3"))

    assert problems(what) == [("negative_price", "entry e1"), ("negative_price", "entry e2")]


def test_a_negative_rate_of_a_member_within_a_work_type_is_named() -> None:
    """Work type and member are both told."""
    bad = prices(PriceMode.WORK_TYPE, member_work_type_rates={"5": {"7": Decimal(-1)}})

    assert problems(work(hours(), prices=bad)) == [("negative_price", "work_type_member 5/7")]


def test_a_cost_without_price_is_a_problem() -> None:
    """A price of 0 counts as missing."""
    assert problems(work(hours(), cost(price="0"))) == [("price_missing", "expense x1")]


def test_the_currency_is_the_companys_unless_the_host_states_one() -> None:
    """Prices are never relabelled."""
    assert built(work(hours())).currency == "NOK"
    assert ADVICE.default_rate is None
    assert FLAT.currency is None
