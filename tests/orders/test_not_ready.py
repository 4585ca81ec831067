"""Every problem at once, each with what it is about and its cure in two languages (R16, D24)."""

from __future__ import annotations

import runpy
import string
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from visma_busy_sync import ConfigurationError
from visma_busy_sync.busy import Grouping, PriceMode, Prices, Project, WorkType
from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting.models import UNSET
from visma_busy_sync.orders import (
    BreakCode,
    Entity,
    MarkerPlace,
    MendedBy,
    OrderNotReady,
    ProblemCode,
    make_marker,
    to_new_order,
)
from visma_busy_sync.orders._problems import PROBLEM_TEXTS

from .given import (
    ADVICE,
    ARTICLE_50,
    article,
    built,
    company,
    cost,
    counterpart,
    hours,
    problems,
    refusal,
    remote_customer,
    remote_project,
    shared,
    work,
)


def test_r16_all_problems_are_told_at_once() -> None:
    """Whoever mends them sees the whole list, in a fixed order, each thing once."""
    what = work(
        hours("e1"),
        hours("e2"),
        hours("e3", work_type=None),
        hours("e4", work_type="6"),
        cost(product=None),
        cost("x2", price="0"),
        work_types=(WorkType(id="5", name="Advice"), WorkType(id="6", name="Coaching", product="60")),
        prices=Prices(mode=PriceMode.PROJECT),
    )
    other = counterpart(
        customer=remote_customer(is_active=False),
        project=remote_project(models.ProjectStatus.FINISHED),
        articles={"60": None},
    )

    assert problems(what, other, our_reference="x" * 101) == [
        ("project_finished", "project 1"),
        ("customer_inactive", "customer 10"),
        ("work_type_missing", "entry e3"),
        ("work_type_without_product", "work_type 5"),
        ("cost_without_product", "expense x1"),
        ("product_not_linked", "product 60"),
        ("price_missing", "expense x2"),
        ("price_missing", "project 1"),
        ("reference_too_long", "order order"),
    ]


def test_problems_around_the_work_are_told_although_the_customer_is_undecided() -> None:
    """What does not depend on the customer is in the list."""
    other = counterpart(project=remote_project(models.ProjectStatus.FINISHED))

    assert problems(shared(hours(customer="10")), other) == [
        ("project_finished", "project 1"),
        ("customer_ambiguous", "project 1"),
    ]


def test_a_project_that_is_not_billable_gets_no_order() -> None:
    """The dashboard lists billable projects only."""
    what = work(hours(), project=Project(id="1", name="Gift", customer="10", is_billable=False))

    assert problems(what) == [("project_not_billable", "project 1")]


def test_a_project_without_customer_gets_no_order() -> None:
    """Also where it could have several."""
    lone = Project(id="1", name="Lone", allows_several_customers=True)

    assert problems(work(hours(), project=Project(id="1", name="Lone"))) == [
        ("customer_missing", "project 1")
    ]
    assert problems(work(hours(), project=lone)) == [("customer_missing", "project 1")]


def test_a_customer_of_another_project_gets_no_order() -> None:
    """The customer is named."""
    assert problems(work(hours()), customer="99") == [("customer_not_on_project", "customer 99")]


def test_a_customer_that_is_not_linked_gets_no_order() -> None:
    """There is nobody to send it to."""
    assert problems(work(hours()), counterpart(customer=None)) == [("customer_not_linked", "customer 10")]


def test_a_project_that_is_not_linked_is_no_problem() -> None:
    """Without project sync no project is; the rows have none then."""
    assert built(work(hours()), counterpart(project=None)).eaccounting_project is None


def test_a_project_that_is_linked_but_gone_gets_no_order() -> None:
    """Else it would be sent without its project, and nobody would know."""
    other = counterpart(project=None, gone=frozenset({Entity("project", "1")}))

    assert problems(work(hours()), other) == [("project_gone", "project 1")]


def test_what_is_linked_but_gone_is_told_from_what_is_not_linked() -> None:
    """The cures differ."""
    gone = frozenset({Entity("customer", "10"), Entity("product", "50")})
    other = counterpart(customer=None, articles={}, gone=gone)

    assert problems(work(hours(), cost()), other) == [
        ("customer_gone", "customer 10"),
        ("product_not_linked", "product 60"),
        ("article_gone", "product 50"),
    ]


@pytest.mark.parametrize(
    ("prices", "companys", "customers", "code"),
    [
        pytest.param(None, "NOK", "EUR", "currency_differs", id="customer in another currency"),
        pytest.param("EUR", "NOK", None, "currency_differs", id="prices in another currency"),
        pytest.param("EUR", "NOK", UNSET, "currency_differs", id="customer without member"),
        pytest.param(None, None, None, "currency_unknown", id="nobody says"),
        pytest.param(None, None, "EUR", "currency_unknown", id="only the customer says"),
        pytest.param("EUR", "NOK", "EUR", None, id="both in euro"),
        pytest.param("EUR", None, None, None, id="only the prices say"),
        pytest.param(None, "NOK", None, None, id="only the company says"),
    ],
)
def test_nothing_is_relabelled_to_another_currency(
    prices: str | None, companys: str | None, customers: Any, code: str | None
) -> None:
    """A customer without currency has the company's, and so have prices."""
    what = work(hours(), prices=Prices(mode=PriceMode.PROJECT, currency=prices, project_rate=Decimal(1)))
    other = counterpart(
        company=company(currency_code=companys), customer=remote_customer(currency_code=customers)
    )

    if code is None:
        assert built(what, other).currency == (prices or companys)
    else:
        assert [found for found, _ in problems(what, other)] == [code]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"is_active": False}, "article_inactive", id="inactive"),
        pytest.param({"unit_id": None}, "article_without_unit", id="unit is null"),
        pytest.param({"unit_id": UNSET}, "article_without_unit", id="unit is absent"),
    ],
)
def test_an_article_that_cannot_be_on_an_order_is_a_problem(changes: dict[str, Any], code: str) -> None:
    """It is told once for all hours that are sold as it."""
    other = counterpart(articles={"50": article(ARTICLE_50, **changes)})

    assert problems(work(hours("e1"), hours("e2")), other) == [(code, "product 50")]


def test_a_product_that_was_never_read_counts_as_not_linked() -> None:
    """The use case reads what `products_needed` names; anything else is unknown."""
    assert problems(work(hours()), counterpart(articles={})) == [("product_not_linked", "product 50")]


def test_hours_of_an_unknown_work_type_are_a_problem() -> None:
    """As are those without one; each of them is named, since each has to be mended."""
    what = work(hours("e1", work_type="99"), hours("e2", work_type="99"), hours("e3", work_type=None))

    assert problems(what) == [
        ("work_type_missing", "entry e1"),
        ("work_type_missing", "entry e2"),
        ("work_type_missing", "entry e3"),
    ]


def test_d24_an_order_has_at_most_1000_rows() -> None:
    """The invoice text is one of them."""
    thousand = [hours(f"e{number}") for number in range(1000)]
    settings = {"grouping": Grouping.NONE}

    assert len(built(work(*thousand, settings=settings)).lines) == 1000
    error = refusal(work(*thousand, settings=settings | {"invoice_text": "Thank you"}))
    assert [problem.code for problem in error.problems] == [ProblemCode.TOO_MANY_ROWS]
    assert "1001 rows" in error.problems[0].message


def test_d24_the_workspace_may_allow_fewer_rows() -> None:
    """A setting from 1 to 1000."""
    what = work(hours(), cost(), settings={"max_rows": 1})

    assert problems(what) == [("too_many_rows", "project 1")]


@pytest.mark.parametrize(
    ("reference", "longest"),
    [
        pytest.param("our_reference", 82, id="ours, before the marker"),
        pytest.param("your_reference", 100, id="the customer's"),
        pytest.param("buyers_order_reference", 35, id="the buyer's order"),
    ],
)
def test_a_reference_longer_than_eaccounting_takes_is_a_problem(reference: str, longest: int) -> None:
    """The longest that fits goes through as it is, beside the marker; an emoji takes two places."""
    fits = "x" * longest
    given: dict[str, Any] = {reference: f" {fits} "}

    assert getattr(built(work(hours()), **given), reference) == fits
    for long in ("x" * (longest + 1), "😀" * (longest // 2) + "xx"):
        given = {reference: long}
        error = refusal(work(hours()), **given)
        assert [(one.code, reference in one.message) for one in error.problems] == [
            (ProblemCode.REFERENCE_TOO_LONG, True)
        ]


@pytest.mark.parametrize(("revision", "room"), [(1, 82), (9, 82), (10, 81), (100, 80)])
def test_no_reference_is_cut_beside_its_marker(revision: int, room: int) -> None:
    """Of the two that may have it, the one that does; the longest goes out whole."""
    texts: dict[str, Any] = {"our_reference": "o" * room, "your_reference": "y" * 100}
    swapped: dict[str, Any] = {"our_reference": "o" * 100, "your_reference": "y" * room}
    marker = make_marker(installation="i", tenant="t", order_id="order", revision=revision)
    what = work(hours())

    sent = to_new_order(built(what, revision=revision, **texts), marker=marker)
    assert sent.our_reference == f"{texts['our_reference']} {marker}"
    there = MarkerPlace.YOUR_REFERENCE
    order = built(what, revision=revision, marker_place=there, **swapped)
    assert to_new_order(order, marker=marker, place=there).your_reference == f"{'y' * room} {marker}"
    assert problems(what, revision=revision, marker_place=there, **texts) == [
        ("reference_too_long", "order order")
    ]


def test_a_text_longer_than_a_row_takes_is_a_problem() -> None:
    """Of the invoice text, a cost and a work type alike."""
    assert built(work(cost(comment="x" * 2000)), invoice_text="y" * 2000).invoice_text == "y" * 2000
    long = WorkType(id="5", name="z" * 2001, product="50")
    what = work(cost(comment="x" * 2001), hours(), work_types=(long,))

    assert problems(what, invoice_text="y" * 2001) == [
        ("text_too_long", "expense x1"),
        ("text_too_long", "order order"),
        ("text_too_long", "work_type 5"),
    ]


def test_the_invoice_text_is_the_settings_unless_another_is_given() -> None:
    """A blank one means none."""
    what = work(hours(), settings={"invoice_text": "By agreement"})

    assert built(what).invoice_text == "By agreement"
    assert built(what, invoice_text="November").invoice_text == "November"
    assert built(what, invoice_text=" ").invoice_text is None
    assert built(work(hours())).invoice_text is None


def test_the_error_names_every_problem_and_the_cures() -> None:
    """The message can be shown as it is; it has ids and no names."""
    error = refusal(work(hours(), work_types=(WorkType(id="5", name="Secret work"),), settings={}))

    assert str(error) == (
        "The order is not ready, 1 problem: work_type_without_product (work_type 5): The work type has no "
        "product, so there is nothing to sell its hours as. Choose a product on the work type."
    )
    assert error.advice == "Choose a product on the work type."
    (problem,) = error.problems
    assert problem.cure_nb == "Velg et produkt på arbeidstypen."
    assert problem.message_nb.startswith("Arbeidstypen har ikke noe produkt")
    assert isinstance(error, OrderNotReady)
    assert ADVICE.name not in str(error)


def test_a_problem_says_in_a_language_what_is_wrong_and_what_to_do() -> None:
    """In one line, as a page shows it; a language that it has no words in is refused."""
    (found,) = refusal(work(hours(), work_types=(WorkType(id="5", name="Advice"),))).problems

    assert found.text("en") == (
        "The work type has no product, so there is nothing to sell its hours as. "
        "Choose a product on the work type."
    )
    assert found.text("nb") == f"{found.message_nb} Velg et produkt på arbeidstypen."
    with pytest.raises(ConfigurationError, match="'sv'"):
        found.text("sv")  # type: ignore[arg-type]


@pytest.mark.parametrize("code", list(ProblemCode))
def test_every_code_has_its_texts_in_both_languages(code: ProblemCode) -> None:
    """With the same facts in both."""
    texts = PROBLEM_TEXTS[code]
    places = [
        {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        for text in (texts.message_en, texts.message_nb)
    ]

    assert places[0] == places[1]
    assert texts.message_en != texts.message_nb
    assert texts.cure_en != texts.cure_nb
    assert texts.cure_en.endswith(".")
    assert texts.cure_nb.endswith(".")


def test_the_page_of_problems_is_what_the_code_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every code with message, cure and mender in both languages; the script makes it anew."""
    root = Path(__file__).parents[2]
    monkeypatch.syspath_prepend(str(root / ".ci"))
    parts = runpy.run_path(str(root / ".ci" / "problems_page.py"))["PARTS"]
    made = runpy.run_path(str(root / ".ci" / "made_parts.py"))["made"]
    page = (root / "docs" / "problems.md").read_text(encoding="utf-8")

    assert made(page, parts) == page, "make it anew with: python .ci/problems_page.py"
    rows = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted(
        ["mended_by", *MendedBy, *ProblemCode, *ProblemCode, *BreakCode, *BreakCode]
    )
