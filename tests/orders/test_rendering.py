"""An order as a table for a person."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.texts import Language
from visma_busy_sync.busy import Approval, Exclusion, GivenField, GivenLine, Order, PriceSource
from visma_busy_sync.orders import order_from_json, order_to_json, render
from visma_busy_sync.orders._reports.words import GIVEN_FIELDS, PRICE_SOURCES
from visma_busy_sync.sync import Plan

from .given import built, cost, hours, money, work


def sample() -> Order:
    return built(
        work(
            hours("e1", 50),
            hours("e2", 90, rate=money("1234.5")),
            hours("e3", approval=Approval.NONE),
            hours("e4", excluded=Exclusion.OTHER),
            hours("e5", excluded=Exclusion.OTHER),
            cost(comment="Train to Oslo\nand back"),
        )
    )


TABLE = """\
Text                    Quantity  Unit  Unit price    Total  Price from
----------------------  --------  ----  ----------  -------  ----------
Advice                    0.8333  h        1000.00   833.30  project
Advice                       1.5  h        1234.50  1851.75  entry
Train to Oslo and back         1  h         250.00   250.00  cost

Total 2935.05 NOK without VAT
Rounding -0.033333 NOK
Left out: 2 excluded
Left out: 1 not approved
"""


def test_an_order_can_be_read() -> None:
    """Each line with where its price came from, then the total and what stayed out."""
    assert render(sample()) == TABLE


NORWEGIAN = """\
Tekst                   Antall  Enhet      Pris       Sum  Pris fra
----------------------  ------  -----  --------  --------  ----------
Advice                  0,8333  h      1 000,00    833,30  prosjekt
Advice                     1,5  h      1 234,50  1 851,75  timeføring
Train to Oslo and back       1  h        250,00    250,00  kostnad

Sum 2 935,05 NOK uten mva.
Avrunding -0,033333 NOK
Holdt utenfor: 1 ikke godkjent
Holdt utenfor: 2 unntatt fra fakturering
"""


def test_an_order_can_be_read_in_norwegian() -> None:
    """With a comma, and digits in threes held together."""
    assert render(sample(), "nb") == NORWEGIAN.replace("1 000", "1\xa0000").replace(
        "1 234", "1\xa0234"
    ).replace("1 851", "1\xa0851").replace("2 935", "2\xa0935")


def test_what_a_person_gave_is_told() -> None:
    """With how much was written down."""
    what = work(hours("e1", 90), cost(), hours("e2", 60, work_type="6"))
    lines = (
        GivenLine(claims=("entry:e1",), quantity=Decimal(1), text="Agreed"),
        GivenLine(claims=("expense:x1",), unit_price=Decimal(200)),
        GivenLine(claims=("entry:e2",), unit_price=Decimal(1000), product="50"),
    )
    told = render(built(what, lines=lines))
    assert "project; by hand: text, quantity\n" in told
    assert "given\n" in told
    assert "given; by hand: product\n" in told
    assert "Written down 550 NOK\n" in told
    norwegian = render(built(what, lines=lines), "nb")
    assert "prosjekt; for hånd: tekst, antall\n" in norwegian
    assert "Nedskrevet 550 NOK\n" in norwegian
    assert "Written down" not in render(sample())


def test_what_is_no_order_is_refused_with_the_function_that_shows_it() -> None:
    """Two functions are called `render`, and a plan ends up at this one easily."""
    not_an_order: Any = Plan(company="c")
    with pytest.raises(ConfigurationError, match=r"type Plan, not an Order.*visma_busy_sync\.sync\.render"):
        render(not_an_order)


def test_there_is_no_third_language() -> None:
    with pytest.raises(ConfigurationError, match="no text in 'sv'"):
        render(sample(), cast("Language", "sv"))


def test_columns_stand_below_each_other_however_wide_letters_are() -> None:
    """A wide letter takes two cells of a terminal; a combining mark and a Korean vowel take none."""
    texts = ("東京へ", "Cafe\u0301", "\u1112\u1161\u11ab", "Plain")
    shown = render(built(work(*(cost(f"x{n}", comment=text) for n, text in enumerate(texts))))).splitlines()
    starts = {text: line.index("1  h") for text in texts for line in shown if text in line}
    assert starts == {texts[0]: 12, texts[1]: 16, texts[2]: 16, texts[3]: 15}


def test_a_wide_text_is_cut_where_it_would_go_over_the_edge() -> None:
    """Sixty cells are thirty wide letters; the sign takes the place of the last."""
    shown = render(built(work(cost(comment="東" * 31))))
    assert "東" * 29 + "…" in shown
    assert "東" * 30 not in shown


def test_every_source_of_a_price_has_its_words() -> None:
    assert set(PRICE_SOURCES) == set(PriceSource)
    assert set(GIVEN_FIELDS) == set(GivenField)


def test_an_order_reads_the_same_after_it_was_stored() -> None:
    """However its numbers are written in the document."""
    assert render(order_from_json(order_to_json(sample()))) == TABLE


def test_a_long_text_is_cut_in_the_table_and_no_rounding_is_not_told() -> None:
    """The table stays readable; the order has the whole text."""
    shown = render(built(work(cost(price=str(Decimal(99)), comment="x" * 100))))

    assert "x" * 59 + "…" in shown
    assert "x" * 60 not in shown
    assert "Rounding" not in shown


def test_a_text_cannot_reach_the_terminal() -> None:
    """What a member wrote is shown and never obeyed."""
    assert "\u202e" not in render(built(work(cost(comment="Train \u202e back"))))
