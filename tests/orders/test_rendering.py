"""An order as a table for a person."""

from __future__ import annotations

from decimal import Decimal

from visma_busy_sync.busy import Approval, Exclusion, Order
from visma_busy_sync.orders import order_from_json, order_to_json, render

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
