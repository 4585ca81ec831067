"""What the rows of a file mean in Busy: projects, products, prices, texts, hours (D27 to D33)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visma_busy_sync.busy import (
    Approval,
    Exclusion,
    FixedPrice,
    GivenLine,
    Grouping,
    PriceMode,
    Prices,
    Project,
    Work,
)
from visma_busy_sync.orders import ImportRefused, Problem, ProblemCode, RowWarningCode
from visma_busy_sync.orders._files.csv import ImportRow
from visma_busy_sync.orders._files.row_lines import Numbered, RowLines, by_project, given_lines, register
from visma_busy_sync.orders._problems import Problems

from .given import (
    ADVICE,
    ARTICLE_50,
    ARTICLE_60,
    COACHING,
    NOVEMBER,
    PROJECT,
    SHARED,
    article,
    built,
    counterpart,
    hours,
    lines,
    money,
    refusal,
    shared,
    work,
)

BY_WORK_TYPE = Prices(mode=PriceMode.WORK_TYPE, work_type_rates={"5": money("900"), "6": money("700")})
BY_MEMBER = Prices(mode=PriceMode.MEMBER, member_rates={"7": money("800")})
PRODUCTS = register(
    [
        Numbered(id="50", number="K1", name="Consulting"),
        Numbered(id="60", number="K2", name="Training"),
        Numbered(id="61", number="K3", name="One"),
        Numbered(id="62", number="K3", name="Other"),
    ]
)


def row(number: int = 2, work_type: str | None = "5", quantity: str = "3", **more: Any) -> ImportRow:
    known: dict[str, Any] = {"project_number": "100", "quantity": money(quantity)}
    return ImportRow(number=number, work_type=work_type, **(known | more))


def asked(what: Work, *rows: ImportRow, **more: Any) -> RowLines:
    """Return the lines that rows ask for."""
    known: dict[str, Any] = {"period": NOVEMBER, "order_id": "order", "claimed": frozenset[str]()}
    return given_lines(rows, what, PRODUCTS, **(known | more))


def told(problems: tuple[Problem, ...]) -> list[tuple[str, str, str | None]]:
    return [(str(problem.entity), problem.code, problem.column) for problem in problems]


def warned(found: RowLines) -> list[tuple[int, str]]:
    return [(warning.row, warning.code) for warning in found.warnings]


def order_of(what: Work, *rows: ImportRow) -> list[tuple[str, str, str, str]]:
    """Return the lines of the order that comes of rows."""
    found = asked(what, *rows)
    assert found.problems == ()
    return lines(built(what, lines=found.lines, only=found.claims))


# Which hours


def test_d32_the_first_row_of_a_work_type_takes_all_its_pending_hours() -> None:
    """The row's quantity and price count, the hours are on it and on no other line."""
    what = work(hours("e1", 50), hours("e2", 90), hours("e3", 30, work_type="6"))

    found = asked(what, row(2, price=money("1100")))

    assert found.lines == (
        GivenLine(
            claims=("entry:e1", "entry:e2"), quantity=money("3"), unit_price=money("1100"), text="Advice"
        ),
    )
    assert found.claims == {"entry:e1", "entry:e2"}
    assert (found.rows, found.warnings, found.problems) == ((2,), (), ())
    assert order_of(what, row(2, price=money("1100"))) == [("Advice", "3.0000", "1100.00", "3300.00")]


def test_d32_pending_is_what_the_order_could_bill() -> None:
    """By the order's own rules: what is on another order, excluded, or not approved stays where it is."""
    what = work(
        hours("right"),
        hours("unapproved", approval=Approval.NONE),
        hours("excluded", excluded=Exclusion.OTHER),
        hours("nothing", 0),
        hours("claimed"),
        hours("on this draft", order="order"),
        hours("on another draft", order="other"),
    )

    found = asked(what, row(), claimed=frozenset({"entry:claimed"}))

    assert found.claims == {"entry:right", "entry:on this draft"}


def test_d32_hours_without_work_type_are_no_rows() -> None:
    assert asked(work(hours("e1", work_type=None), hours("e2")), row()).claims == {"entry:e2"}


def test_later_rows_of_a_work_type_are_plain_lines_with_a_warning() -> None:
    what = work(hours("e1"), prices=BY_WORK_TYPE)

    found = asked(what, row(2), row(4, quantity="1", price=money("50"), text="Extra"), row(7, "6"))

    assert [line.claims for line in found.lines] == [("entry:e1",), (), ()]
    assert warned(found) == [
        (4, RowWarningCode.HOURS_ON_EARLIER_ROW),
        (7, RowWarningCode.NO_PENDING_HOURS),
    ]
    assert str(found.warnings[0]) == (
        "row 4: The hours of the work type belong to row 2; this one becomes a line without hours."
    )
    assert "rad 2" in found.warnings[0].says.nb
    assert order_of(what, row(2), row(4, quantity="1", price=money("50"), text="Extra"), row(7, "6")) == [
        ("Advice", "3.0000", "900.00", "2700.00"),
        ("Extra", "1.0000", "50.00", "50.00"),
        ("Coaching", "3.0000", "700.00", "2100.00"),
    ]


def test_d33_a_row_without_pending_hours_is_a_plain_line_with_a_warning() -> None:
    """Each row of such a work type is told."""
    found = asked(work(), row(2), row(3))

    assert warned(found) == [(2, RowWarningCode.NO_PENDING_HOURS), (3, RowWarningCode.NO_PENDING_HOURS)]
    assert [line.work_type for line in found.lines] == ["5", "5"]
    assert found.claims == frozenset()


def agreed(prices: Prices) -> Prices:
    """The same prices, and a fixed one for advice."""
    return attrs.evolve(prices, fixed_prices=(FixedPrice(work_type="5", amount=money("20000")),))


def test_hours_of_a_fixed_price_go_onto_the_row_that_prices_them_and_a_warning_says_so() -> None:
    """The fixed price itself is not billed by the file, but in full by the next order."""
    what = work(hours("e1"), hours("e2", work_type="6"), prices=agreed(BY_WORK_TYPE))
    rows = row(2, price=money("1000")), row(3, price=money("50"), quantity="1", text="Extra"), row(4, "6")

    found = asked(what, *rows)

    assert order_of(what, *rows) == [
        ("Advice", "3.0000", "1000.00", "3000.00"),
        ("Extra", "1.0000", "50.00", "50.00"),
        ("Coaching", "3.0000", "700.00", "2100.00"),
    ]
    assert warned(found) == [
        (2, RowWarningCode.FIXED_PRICE_BESIDES),
        (3, RowWarningCode.FIXED_PRICE_BESIDES),
        (3, RowWarningCode.HOURS_ON_EARLIER_ROW),
    ]
    assert str(found.warnings[0]) == (
        "row 2: The work type has a fixed price on the project, which is billed besides this row."
    )
    assert "fastpris" in found.warnings[0].says.nb
    rest = built(what, claimed=found.claims)
    assert lines(rest) == [("Advice", "1.0000", "20000.00", "20000.00")]


booked_hours = st.lists(
    st.tuples(st.integers(1, 600), st.sampled_from(["5", "6"]), st.sampled_from(list(Approval))), max_size=8
)
drawn_rows = st.lists(
    st.tuples(
        st.sampled_from(["5", "6"]),
        st.decimals("0.01", "999", places=2),
        st.none() | st.decimals("0.01", "9999", places=2),
    ),
    min_size=1,
    max_size=8,
)


@given(booked_hours, drawn_rows)
def test_the_order_bills_what_the_file_says_and_each_pending_hour_once(
    booked: list[tuple[int, str, Approval]], written: list[tuple[str, Decimal, Decimal | None]]
) -> None:
    """Whatever was booked: the sum is that of the rows, and the hours are those of the work types named."""
    what = work(
        *(hours(f"e{n}", minutes, work_type=on, approval=how) for n, (minutes, on, how) in enumerate(booked)),
        prices=BY_WORK_TYPE,
    )
    found = asked(
        what, *(row(n, on, str(quantity), price=price) for n, (on, quantity, price) in enumerate(written, 2))
    )

    order = built(what, lines=found.lines, only=found.claims)

    rates = BY_WORK_TYPE.work_type_rates
    sums = [quantity * (price if price is not None else rates[on]) for on, quantity, price in written]
    assert order.total == sum(one.quantize(money("0.01"), ROUND_HALF_UP) for one in sums)
    named = {on for on, _, _ in written}
    assert sorted(order.claims) == [
        f"entry:e{n}" for n, (_, on, how) in enumerate(booked) if on in named and how is Approval.APPROVED
    ]
    with_hours = [line for line in order.lines if line.parts]
    assert len(with_hours) + len(found.warnings) == len(written) == len(order.lines)


# Price, product, text


@pytest.mark.parametrize("booked", [(), (hours("e1", rate=Decimal(1)),)], ids=["plain", "with hours"])
@pytest.mark.parametrize(
    ("prices", "price"),
    [
        pytest.param(Prices(mode=PriceMode.PROJECT, project_rate=money("1000")), "1000.00", id="project"),
        pytest.param(BY_WORK_TYPE, "900.00", id="work type"),
    ],
)
def test_d27_a_row_without_price_has_that_of_the_projects_mode(
    prices: Prices, price: str, booked: tuple[Any, ...]
) -> None:
    """Not the hours' own, which may differ."""
    assert order_of(work(*booked, prices=prices), row()) == [
        ("Advice", "3.0000", price, str(3 * money(price)))
    ]


@pytest.mark.parametrize(
    ("prices", "more", "code"),
    [
        pytest.param(BY_MEMBER, {}, ProblemCode.PRICE_BY_MEMBER, id="by member"),
        pytest.param(Prices(mode=PriceMode.PROJECT), {}, ProblemCode.PRICE_MISSING, id="no rate"),
        pytest.param(
            Prices(mode=PriceMode.PROJECT, project_rate=money("0")),
            {},
            ProblemCode.PRICE_MISSING,
            id="rate 0",
        ),
        pytest.param(
            Prices(mode=PriceMode.PROJECT, project_rate=money("-1")),
            {},
            ProblemCode.NEGATIVE_PRICE,
            id="rate below 0",
        ),
        pytest.param(BY_MEMBER, {"price": money("0")}, ProblemCode.PRICE_MISSING, id="price 0"),
        pytest.param(agreed(BY_WORK_TYPE), {}, ProblemCode.PRICE_MISSING, id="fixed price"),
        pytest.param(agreed(BY_MEMBER), {}, ProblemCode.PRICE_MISSING, id="fixed price, by member"),
    ],
)
@pytest.mark.parametrize("booked", [(), (hours("e1"),)], ids=["plain", "with hours"])
def test_d27_a_row_without_price_that_none_is_given_is_told(
    prices: Prices, more: dict[str, Any], code: ProblemCode, booked: tuple[Any, ...]
) -> None:
    found = asked(work(*booked, prices=prices), row(5, **more))

    assert told(found.problems) == [("row 5", code, "optionalOutPrice")]
    assert found.lines == ()


def test_a_price_of_the_row_counts_also_where_members_have_theirs() -> None:
    what = work(hours("e1"), prices=BY_MEMBER)

    assert order_of(what, row(price=money("10"))) == [("Advice", "3.0000", "10.00", "30.00")]


@pytest.mark.parametrize("price", [None, Decimal(0)], ids=["of the project", "of the row"])
def test_d19_a_price_of_0_is_right_where_the_workspace_allows_free_lines(price: Decimal | None) -> None:
    prices = Prices(mode=PriceMode.PROJECT, project_rate=money("0" if price is None else "5"))
    what = work(hours("e1"), prices=prices, settings={"allow_free_lines": True})

    assert order_of(what, row(price=price)) == [("Advice", "3.0000", "0.00", "0.00")]


@pytest.mark.parametrize("booked", [(), (hours("e1"),)], ids=["plain", "with hours"])
@pytest.mark.parametrize(
    ("more", "text"),
    [
        pytest.param({}, "Advice", id="work type"),
        pytest.param({"product_number": "K2"}, "Training", id="product"),
        pytest.param({"product_number": "K2", "text": "Course"}, "Course", id="text"),
    ],
)
def test_d28_a_row_without_text_has_the_name_of_its_product_or_else_of_its_work_type(
    more: dict[str, Any], text: str, booked: tuple[Any, ...]
) -> None:
    """However the workspace groups its hours."""
    booked = tuple(attrs.evolve(entry, task="80") for entry in booked)
    what = work(*booked, settings={"grouping": Grouping.TASK})

    (line,) = built(what, lines=asked(what, row(**more)).lines).lines

    assert (line.text, line.product) == (text, "60" if more else "50")


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        pytest.param(
            {"product_number": "K9"},
            ProblemCode.PRODUCT_NUMBER_UNKNOWN,
            "optionalProductNumber",
            id="unknown product",
        ),
        pytest.param(
            {"product_number": "K3"},
            ProblemCode.PRODUCT_NUMBER_AMBIGUOUS,
            "optionalProductNumber",
            id="two products",
        ),
        pytest.param({"work_type": "77"}, ProblemCode.WORK_TYPE_UNKNOWN, "tagId", id="unknown work type"),
    ],
)
def test_d31_what_busy_does_not_have_is_told_with_its_row(
    changes: dict[str, Any], code: ProblemCode, column: str
) -> None:
    found = asked(work(hours("e1")), row(3, **changes), row(4))

    assert told(found.problems) == [("row 3", code, column)]
    assert found.rows == (4,)


def test_a_row_with_a_faulty_cell_is_looked_at_for_the_rest() -> None:
    """Its own problems were told before; they are not told again as something else."""
    faulty = row(3, None, price=None, product_number="K9", faulty=frozenset({"tagId", "optionalOutPrice"}))

    found = asked(work(), faulty, row(4, quantity="1", faulty=frozenset({"quantity"})))

    assert told(found.problems) == [("row 3", ProblemCode.PRODUCT_NUMBER_UNKNOWN, "optionalProductNumber")]
    assert found.lines == ()


def test_no_product_at_all_is_left_to_the_order() -> None:
    """And told with the row where the line is a plain one."""
    what = work(work_types=(attrs.evolve(work().work_types[0], product=None),))
    found = asked(what, row(6))

    problems = tuple(found.of_rows(refusal(what, lines=found.lines).problems))

    assert told(problems) == [("row 6", ProblemCode.LINE_WITHOUT_PRODUCT, None)]


def test_a_price_that_rounds_to_0_is_told_with_its_cell() -> None:
    """With hours or without: only the order knows to how many decimals a price is rounded."""
    what = work(hours("e1"))
    found = asked(what, row(4, price=money("0.004")), row(9, "6", price=money("0.004")))

    refused = refusal(what, lines=found.lines, only=found.claims).problems

    assert told(tuple(found.of_rows(refused))) == [
        ("row 4", ProblemCode.PRICE_MISSING, "optionalOutPrice"),
        ("row 9", ProblemCode.PRICE_MISSING, "optionalOutPrice"),
    ]


def test_what_is_wrong_with_a_product_is_told_with_each_row_that_is_sold_as_it() -> None:
    """And with the cell that says so: the product's number, or else the work type."""
    what = work(
        hours("e1"),
        work_types=(ADVICE, COACHING, attrs.evolve(COACHING, id="7", product=None)),
        settings={"fallback_product": "60"},
    )
    of_old = article(ARTICLE_50, is_active=False), article(ARTICLE_60, is_active=False, unit_id=None)
    other = counterpart(articles=dict(zip(("50", "60"), of_old, strict=True)))
    rows = row(2), row(3, "6"), row(4, product_number="K2"), row(5, "7", price=money("10"))
    found = asked(what, *rows)

    problems = Problems()
    problems.extend(found.of_rows(refusal(what, other, lines=found.lines, only=found.claims).problems))

    assert told(problems.listed()) == [
        ("row 2", ProblemCode.ARTICLE_INACTIVE, "tagId"),
        ("row 3", ProblemCode.ARTICLE_INACTIVE, "tagId"),
        ("row 3", ProblemCode.ARTICLE_WITHOUT_UNIT, "tagId"),
        ("row 4", ProblemCode.ARTICLE_INACTIVE, "optionalProductNumber"),
        ("row 4", ProblemCode.ARTICLE_WITHOUT_UNIT, "optionalProductNumber"),
        ("row 5", ProblemCode.ARTICLE_INACTIVE, "tagId"),
        ("row 5", ProblemCode.ARTICLE_WITHOUT_UNIT, "tagId"),
    ]
    first = problems.listed()[0]
    assert first.message == "The product's article is inactive in eAccounting (product 50)."
    assert first.message_nb == "Artikkelen til produktet er inaktiv i eAccounting (produkt 50)."


def test_hours_of_a_work_type_without_product_are_told_with_their_row() -> None:
    what = work(hours("e1"), work_types=(attrs.evolve(ADVICE, product=None),))
    found = asked(what, row(6))

    problems = tuple(found.of_rows(refusal(what, lines=found.lines, only=found.claims).problems))

    assert told(problems) == [("row 6", ProblemCode.WORK_TYPE_WITHOUT_PRODUCT, "tagId")]


def test_what_is_wrong_around_the_rows_stays_what_it_is() -> None:
    what = work(project=Project(id="1", name="Gift", customer="10", is_billable=False))
    found = asked(what, row(6))

    problems = tuple(found.of_rows(refusal(what, lines=found.lines).problems))

    assert told(problems) == [("project 1", ProblemCode.PROJECT_NOT_BILLABLE, None)]


# Which project


def test_d32_a_project_with_several_customers_is_a_problem_of_each_row() -> None:
    """A row has no customer. What else is wrong with it is told as well."""
    found = asked(shared(hours("e1", customer="10")), row(2), row(3, "77"))

    assert told(found.problems) == [
        ("row 2", ProblemCode.PROJECT_SHARED, "projectNumber"),
        ("row 3", ProblemCode.WORK_TYPE_UNKNOWN, "tagId"),
        ("row 3", ProblemCode.PROJECT_SHARED, "projectNumber"),
    ]
    assert found.lines == ()
    assert "2 customers" in found.problems[0].message


def test_a_project_that_could_have_several_customers_and_has_one_is_right() -> None:
    assert asked(work(hours("e1", customer="10"), project=SHARED), row()).claims == {"entry:e1"}


def test_a_project_without_customer_is_told_once() -> None:
    found = asked(work(project=attrs.evolve(PROJECT, customer=None)), row(2), row(3))

    assert told(found.problems) == [("project 1", ProblemCode.CUSTOMER_MISSING, None)]
    assert found.lines == ()


def test_rows_are_sorted_by_project_in_the_order_of_the_file() -> None:
    projects = register(
        [
            Numbered(id="1", number=" 100 "),
            Numbered(id="2", number="0100"),
            Numbered(id="3", number="200"),
            Numbered(id="4", number="200"),
            Numbered(id="5", number=None),
        ]
    )
    problems = Problems()
    rows = [
        row(2, project_number="0100"),
        row(3, project_number="100"),
        row(4, project_number="0100"),
        row(5, project_number="200"),
        row(6, project_number="7"),
        row(7, project_number=None, faulty=frozenset({"projectNumber"})),
    ]

    found = by_project(rows, projects, problems)

    assert [(id, [row.number for row in its]) for id, its in found.items()] == [("2", [2, 4]), ("1", [3])]
    assert told(problems.listed()) == [
        ("row 5", ProblemCode.PROJECT_NUMBER_AMBIGUOUS, "projectNumber"),
        ("row 6", ProblemCode.PROJECT_NUMBER_UNKNOWN, "projectNumber"),
    ]
    assert "2 projects" in problems.listed()[0].message


def test_what_is_archived_counts_only_where_nothing_else_has_the_number() -> None:
    """A project that was archived for another one of its number must not stand in the way."""
    found = register(
        [
            Numbered(id="1", number="100", archived=True),
            Numbered(id="2", number="100"),
            Numbered(id="3", number="200", archived=True),
        ]
    )

    assert {number: [one.id for one in same] for number, same in found.items()} == {
        "100": ["2"],
        "200": ["3"],
    }


# Refused as a whole


def test_problems_of_a_file_are_told_row_by_row_and_then_the_rest() -> None:
    """Row 10 comes after row 9, whatever is wrong with it."""
    problems = Problems()
    problems.add(ProblemCode.CUSTOMER_MISSING, "project", "1")
    problems.add(ProblemCode.CELL_EMPTY, "row", "10", column="tagId")
    problems.add(ProblemCode.PRICE_BY_MEMBER, "row", "9", column="optionalOutPrice")

    error = ImportRefused(problems.listed())

    assert [str(problem.entity) for problem in error.problems] == ["row 9", "row 10", "project 1"]
    assert error.message == (
        "The file of order lines was refused, 3 problems: price_by_member (row 9): The row has no price, and "
        "on this project each member has a price of their own; cell_empty (row 10): The row has no tagId; "
        "customer_missing (project 1): The project has no customer."
    )
    assert error.advice.startswith("Write the price into the row. Fill in the cell")


def test_the_text_of_an_error_shows_twenty_problems() -> None:
    """All are in the value; a log line holds some."""
    problems = Problems()
    for number in range(1, 10_001):
        problems.add(ProblemCode.CELL_UNEXPECTED, "row", str(number))

    error = ImportRefused(problems.listed())

    assert len(error.problems) == 10_000
    assert "(row 20)" in error.message
    assert "(row 21)" not in error.message
    assert error.message.endswith("; and 9980 more.")
    assert len(str(error)) < 3000
