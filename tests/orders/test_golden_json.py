"""The JSON that others read: pinned byte by byte, its numbers texts, each member told on its page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from visma_busy_sync.busy import (
    Approval,
    Exclusion,
    FixedPrice,
    GivenLine,
    Grouping,
    Order,
    PriceMode,
    Prices,
    PriceSource,
    WorkType,
)
from visma_busy_sync.eaccounting import models
from visma_busy_sync.orders import (
    DocumentError,
    ImportRefused,
    OrderNotReady,
    order_from_json,
    order_to_json,
    preflight_to_json,
    problems_to_json,
    proof_to_json,
)

from .given import (
    ADVICE,
    ARTICLE_50,
    ARTICLE_60,
    COACHING,
    article,
    built,
    cost,
    counterpart,
    hours,
    money,
    refusal,
    remote_customer,
    work,
)
from .test_preflight import several_projects
from .test_proof import mixed

DATA = Path(__file__).parent / "data"
PAGE = Path(__file__).parents[2] / "docs" / "json.md"

DESIGN = WorkType(id="9", name="Design", product="60")


def coding(id: str, percent: str) -> models.ArticleAccountCoding:
    return models.ArticleAccountCoding(
        id=models.ArticleAccountCodingId(id),
        vat_rate_percent=money(percent),
        domestic_sales_subject_to_vat_account_number=3000,
    )


def order_with_every_kind_of_line() -> Order:
    """Return an order with lines by the rules and as given, of costs, a fixed price, and nothing booked."""
    return built(
        work(
            hours("1", 50),
            hours("2", 90, rate=money("1234.567")),
            hours("3", 25, task="80", rate=money("900")),
            hours("4", 60, work_type="6", rate=money("800")),
            hours("5", 45, rate=money("1000")),
            hours("6", 100, work_type="9"),
            hours("7", 30, excluded=Exclusion.AGREED_DISCOUNT_OR_CREDIT),
            hours("8", 30, approval=Approval.SUBMITTED),
            cost("1", "189.90", "2", comment="Bompenger 😀", product="60"),
            cost("2", "99.5", "1.25", entry="4", comment=None),
            work_types=(ADVICE, COACHING, DESIGN),
            prices=Prices(
                mode=PriceMode.WORK_TYPE,
                work_type_rates={"5": Decimal(1000)},
                fixed_prices=(
                    FixedPrice(work_type="9", amount=money("5000"), billed_elsewhere=money("500")),
                ),
            ),
            settings={"grouping": Grouping.TASK},
        ),
        counterpart(
            articles={
                "50": article(ARTICLE_50, coding_id=models.ArticleAccountCodingId("full")),
                "60": article(ARTICLE_60, coding_id=models.ArticleAccountCodingId("less")),
            },
            codings={"full": coding("full", "25"), "less": coding("less", "12.5")},
        ),
        lines=(
            GivenLine(claims=("entry:4", "entry:5"), product="50", text="Workshop", unit_price=money("950")),
            GivenLine(work_type="5", quantity=money("0.5"), text="Preparation"),
            GivenLine(fixed_price="9", unit_price=money("1500.5")),
        ),
        fixed_billed={"9": money("250")},
        revision=2,
        invoice_text="November\nTakk",
        our_reference="Åse",
        your_reference="Ola",
        buyers_order_reference="PO 7",
    )


def refused_in_many_ways() -> OrderNotReady:
    """Return a refusal with problems of several people, and hours that stay out for several reasons."""
    return refusal(
        work(
            hours("1"),
            hours("2", work_type=None),
            hours("3", excluded=Exclusion.INTERNAL_TIME),
            hours("4", approval=Approval.NONE),
            cost("1", "0"),
            work_types=(WorkType(id="5", name="Advice"),),
            prices=Prices(mode=PriceMode.PROJECT, currency="NOK"),
        ),
        counterpart(customer=remote_customer(currency_code="EUR"), articles={"60": article(ARTICLE_60)}),
    )


GOLDEN = {
    "order.json": lambda: order_to_json(order_with_every_kind_of_line()),
    "refusal.json": lambda: refused_in_many_ways().to_json(),
    "preflight.json": lambda: preflight_to_json(several_projects()),
    "proof.json": lambda: proof_to_json(mixed()),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_text_is_what_it_was_byte_by_byte(name: str) -> None:
    """Whoever reads it elsewhere relies on it: where this fails, the schema needs a new version."""
    assert GOLDEN[name]().encode("ascii") + b"\n" == (DATA / name).read_bytes()


@pytest.mark.parametrize("name", GOLDEN)
def test_no_number_of_the_text_has_a_point(name: str) -> None:
    """Many readers would make a float of it; amounts and quantities are texts."""

    def never(text: str) -> None:
        raise AssertionError(text)

    json.loads(GOLDEN[name](), parse_float=never, parse_constant=never)


@pytest.mark.parametrize("name", GOLDEN)
def test_every_member_of_the_text_is_told_on_its_page(name: str) -> None:
    """By its name, in a table of its own."""
    page = PAGE.read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert set(members(json.loads(GOLDEN[name]()))) <= told


def members(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from members(member)
    elif isinstance(value, list):
        for member in value:
            yield from members(member)


def test_the_pinned_order_is_one_that_can_be_read_back() -> None:
    """It has lines of every kind."""
    order = order_from_json((DATA / "order.json").read_text(encoding="ascii"))

    assert order == order_with_every_kind_of_line()
    assert {line.price_source for line in order.lines} >= {
        PriceSource.WORK_TYPE,
        PriceSource.ENTRY,
        PriceSource.COST,
        PriceSource.FIXED_PRICE,
        PriceSource.GIVEN,
    }
    assert {bool(line.parts) for line in order.lines} == {True, False}
    assert order.total_with_vat is not None


def test_an_order_of_the_first_schema_is_read() -> None:
    """It did not tell what was billed of a fixed price elsewhere; its hash is what it was."""
    text = (DATA / "order-of-schema-1.json").read_text(encoding="ascii")
    order, now = order_from_json(text), order_with_every_kind_of_line()

    assert {line.billed_elsewhere for line in order.lines} == {None}
    assert order == attrs.evolve(
        now, lines=tuple(attrs.evolve(line, billed_elsewhere=None) for line in now.lines)
    )
    assert json.loads(text)["content_hash"] == now.content_hash


def test_an_order_of_this_schema_has_every_member() -> None:
    """One that lacks a member was changed on its way."""
    body = json.loads(order_to_json(order_with_every_kind_of_line()))
    del body["order"]["lines"][0]["billed_elsewhere"]
    with pytest.raises(DocumentError, match="billed_elsewhere"):
        order_from_json(json.dumps(body))


def test_problems_of_a_refusal_by_eaccounting_have_the_same_text() -> None:
    """Whoever has them lists them alike; then nothing stayed out."""
    error = refused_in_many_ways()
    alone = json.loads(problems_to_json(error.problems))

    assert alone == {**json.loads(error.to_json()), "left_out": []}
    assert json.loads(ImportRefused(error.problems).to_json()) == alone
