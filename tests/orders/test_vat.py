"""VAT from the articles' codings, and the sales accounts without which eAccounting refuses an order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from visma_busy_sync.busy import VatTotal
from visma_busy_sync.eaccounting import models
from visma_busy_sync.orders import Counterpart

from .given import (
    ARTICLE_50,
    ARTICLE_60,
    article,
    built,
    company,
    cost,
    counterpart,
    hours,
    money,
    problems,
    remote_customer,
    work,
)

FULL = models.ArticleAccountCodingId("full")
LOW = models.ArticleAccountCodingId("low")
DOMESTIC = (
    "domestic_sales_subject_to_vat_account_number",
    "domestic_sales_vat_exempt_account_number",
    "domestic_sales_vat_code_exempt_account_number",
    "domestic_sales_subject_to_reversed_construction_vat_account_number",
)
FOREIGN = (
    "foreign_sales_subject_to_moss_account_number",
    "foreign_sales_subject_to_third_party_sales_account_number",
    "foreign_sales_subject_to_vat_within_eu_account_number",
    "foreign_sales_vat_exempt_outside_eu_account_number",
    "foreign_sales_vat_exempt_within_eu_account_number",
)


def coding(id: models.ArticleAccountCodingId, rate: str | None, **accounts: Any) -> Any:
    percent = models.UNSET if rate is None else Decimal(rate)
    return models.ArticleAccountCoding(id=id, vat_rate_percent=percent, **accounts)


def coded(*codings: Any, **changes: Any) -> Counterpart:
    """Return eAccounting's side where hours are booked by the coding FULL and costs by LOW."""
    known: dict[str, Any] = {
        "articles": {"50": article(ARTICLE_50, coding_id=FULL), "60": article(ARTICLE_60, coding_id=LOW)},
        "codings": {one.id: one for one in codings},
    }
    return counterpart(**(known | changes))


def test_vat_is_told_by_rate_from_the_codings() -> None:
    """An hour at 1000 with 25 % and a ticket at 250 with 12 %."""
    order = built(work(hours(), cost()), coded(coding(FULL, "25"), coding(LOW, "12")))

    assert [line.vat_rate for line in order.lines] == [money("25"), money("12")]
    assert order.vat == (
        VatTotal(rate=money("25"), base=money("1000.00"), amount=money("250.00")),
        VatTotal(rate=money("12"), base=money("250.00"), amount=money("30.00")),
    )
    assert order.total == money("1250.00")
    assert order.total_with_vat == money("1530.00")


def test_vat_is_rounded_once_for_each_rate() -> None:
    """25 % of 0.30 is 0.075, half a cent up; of 0.10 three times 0.03 would be 0.09."""
    what = work(cost("x1", "0.10"), cost("x2", "0.10"), cost("x3", "0.10"))

    order = built(what, coded(coding(LOW, "25")))

    assert order.vat == (VatTotal(rate=money("25"), base=money("0.30"), amount=money("0.08")),)
    assert order.total_with_vat == money("0.38")


@pytest.mark.parametrize(
    "codings",
    [
        pytest.param((), id="not read"),
        pytest.param((coding(FULL, None),), id="no rate told"),
    ],
)
def test_vat_that_is_not_known_is_not_guessed(codings: tuple[Any, ...]) -> None:
    order = built(work(hours()), coded(*codings))

    assert order.lines[0].vat_rate is None
    assert order.vat is None
    assert order.total_with_vat is None


def test_a_coding_without_any_account_for_the_sale_is_a_problem() -> None:
    """EAccounting would answer 4024."""
    bare = coding(FULL, "25", **dict.fromkeys(DOMESTIC))

    assert problems(work(hours()), coded(bare)) == [("article_without_sales_account", "product 50")]


@pytest.mark.parametrize("account", DOMESTIC)
def test_one_account_for_domestic_sales_is_enough(account: str) -> None:
    """Which of them counts, eAccounting decides."""
    found = coding(FULL, "25", **(dict.fromkeys(DOMESTIC) | {account: 3000}))

    assert built(work(hours()), coded(found)).total == money("1000.00")


def test_a_customer_abroad_needs_an_account_for_sales_abroad() -> None:
    abroad = {
        "customer": remote_customer(invoice_country_code="SE"),
        "company": company(country_code="NO"),
    }
    at_home_only = coding(FULL, "25", **({DOMESTIC[0]: 3000} | dict.fromkeys(FOREIGN)))

    assert problems(work(hours()), coded(at_home_only, **abroad)) == [
        ("article_without_sales_account", "product 50")
    ]
    both = coding(FULL, "25", **(dict.fromkeys(FOREIGN) | {FOREIGN[3]: 3100}))
    order = built(work(hours()), coded(both, **abroad))
    assert order.total == money("1000.00")
    assert order.vat is None  # the coding's rate is for sales at home


def test_accounts_that_are_not_told_are_no_problem() -> None:
    """An answer without these members says nothing about them."""
    assert built(work(hours()), coded(coding(FULL, "25"))).total == money("1000.00")
