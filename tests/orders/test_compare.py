"""What eAccounting answers, against what was sent: differences as values, and no error."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import attrs
import pytest

from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting.models import UNSET
from visma_busy_sync.orders import Difference, DifferenceCode, compare

from .given import ARTICLE_60, answer, article, built, cost, counterpart, hours, money, work

ORDER = built(work(hours(minutes=50), cost()), invoice_text="November")
"""833.30 and 250.00: 1083.30, and with 25 % VAT 1354.125."""


def replaced(row: Any, change: dict[str, Any]) -> models.OrderRow:
    made: models.OrderRow = attrs.evolve(row, **change)
    return made


def rows(*changes: dict[str, Any]) -> Sequence[models.OrderRow]:
    found = answer(ORDER).rows
    assert isinstance(found, tuple)
    return tuple(replaced(row, change) for row, change in zip(found, changes, strict=True))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="amount with VAT"),
        pytest.param({"amount": money("1083.30")}, id="amount without VAT"),
        pytest.param({"amount": money("1083.30"), "vat_amount": UNSET}, id="VAT is not told"),
        pytest.param(
            {"amount": money("1354"), "vat_amount": money("270.825"), "roundings_amount": money("-0.125")},
            id="rounded to whole kroner",
        ),
        pytest.param({"includes_vat": UNSET}, id="nothing about VAT"),
    ],
)
def test_amounts_that_agree_have_no_difference(changes: dict[str, Any]) -> None:
    """With or without VAT in the head's amount, which the API's description leaves open."""
    assert compare(ORDER, answer(ORDER, **changes)) == ()


def test_text_rows_and_the_order_of_rows_do_not_matter() -> None:
    """Rows are compared by their line number, text rows not at all."""
    text = models.OrderRow(line_number=1, is_text_row=True, text="November")
    backwards = tuple(reversed(rows({"line_number": 2}, {"line_number": 3})))

    assert compare(ORDER, answer(ORDER, rows=(*backwards, text))) == ()


@pytest.mark.parametrize("amount", [Decimal(0), UNSET])
def test_a_total_of_0_is_the_warning_amounts_zero(amount: Any) -> None:
    """So is one that is not told; the cure is to send amounts."""
    theirs = Decimal(0) if amount is not UNSET else None

    assert compare(ORDER, answer(ORDER, amount=amount)) == (
        Difference(DifferenceCode.AMOUNTS_ZERO, None, money("1083.30"), theirs),
    )


def test_a_row_of_0_is_the_warning_amounts_zero() -> None:
    """The line is named."""
    assert compare(ORDER, answer(ORDER, rows=rows({}, {"amount": Decimal(0)}))) == (
        Difference(DifferenceCode.AMOUNTS_ZERO, 1, money("250.00"), Decimal(0)),
    )
    assert compare(ORDER, answer(ORDER, rows=rows({"amount": UNSET}, {}))) == (
        Difference(DifferenceCode.AMOUNTS_ZERO, 0, money("833.30"), None),
    )


def test_a_free_order_may_be_0() -> None:
    """Nothing is missing there."""
    free = built(work(cost(price="0"), settings={"allow_free_lines": True}))

    assert compare(free, answer(free)) == ()


def test_another_total_and_another_row_are_told() -> None:
    """Ours and theirs stand side by side."""
    other = answer(
        ORDER, amount=money("1083.29"), vat_amount=Decimal(0), rows=rows({"amount": money("833.29")}, {})
    )

    assert compare(ORDER, other) == (
        Difference(DifferenceCode.TOTAL_DIFFERS, None, money("1083.30"), money("1083.29")),
        Difference(DifferenceCode.LINE_DIFFERS, 0, money("833.30"), money("833.29")),
    )


def test_prices_taken_as_including_vat_are_told() -> None:
    """A private customer: the rows' amounts are then not comparable."""
    other = answer(ORDER, includes_vat=True, rows=rows({"amount": money("999")}, {}))

    assert compare(ORDER, other) == (
        Difference(DifferenceCode.PRICES_INCLUDE_VAT, None, money("1083.30"), money("1354.125")),
    )


@pytest.mark.parametrize(
    ("kept", "theirs"),
    [
        pytest.param(1, Decimal(1), id="one is missing"),
        pytest.param(0, Decimal(0), id="none"),
    ],
)
def test_missing_rows_are_told(kept: int, theirs: Decimal) -> None:
    """Then no row is compared, since nobody knows which is which."""
    assert compare(ORDER, answer(ORDER, rows=rows({}, {})[:kept])) == (
        Difference(DifferenceCode.ROWS_DIFFER, None, Decimal(2), theirs),
    )


def test_an_answer_without_rows_is_told() -> None:
    """Null or absent."""
    for nothing in (None, UNSET):
        assert [one.code for one in compare(ORDER, answer(ORDER, rows=nothing))] == ["rows_differ"]


class TestVat:
    """The VAT of the codings against what eAccounting answers."""

    CODED = counterpart(
        articles={"60": article(ARTICLE_60, coding_id="full")},
        codings={
            "full": models.ArticleAccountCoding(
                id=models.ArticleAccountCodingId("full"), vat_rate_percent=Decimal(25)
            )
        },
    )
    THREE = built(work(*(cost(f"x{number}", "0.10") for number in range(3))), CODED)
    """25 % of 0.30 is 0.08; of 0.10 three times it is 0.09."""

    @pytest.mark.parametrize("theirs", ["0.08", "0.09"])
    def test_rounded_by_rate_or_by_row_it_agrees(self, theirs: str) -> None:
        told = answer(self.THREE, amount=money("0.30"), vat_amount=money(theirs))

        assert compare(self.THREE, told) == ()

    @pytest.mark.parametrize("theirs", [money("0.05"), Decimal(0), UNSET])
    def test_another_vat_is_a_difference(self, theirs: Any) -> None:
        told = answer(self.THREE, amount=money("0.30"), vat_amount=theirs)

        assert compare(self.THREE, told) == (
            Difference(DifferenceCode.VAT_DIFFERS, None, money("0.08"), None if theirs is UNSET else theirs),
        )

    def test_where_amounts_are_0_only_that_is_told(self) -> None:
        told = answer(self.THREE, amount=Decimal(0), vat_amount=Decimal(0))

        assert [one.code for one in compare(self.THREE, told)] == [DifferenceCode.AMOUNTS_ZERO]
