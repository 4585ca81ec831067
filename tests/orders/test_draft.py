"""What is sent: an order draft that needs no repair (R14, R16)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting.models import UNSET, NewOrderRow, OrderStatus, RotReducedInvoicingType
from visma_busy_sync.orders import MarkerPlace, contains_marker, marked_reference, to_new_order

from .given import (
    ARTICLE_50,
    ARTICLE_60,
    MARKER,
    REMOTE_CUSTOMER,
    REMOTE_PROJECT,
    article,
    built,
    cost,
    counterpart,
    hours,
    money,
    work,
)


def test_r14_a_draft_is_sent_with_all_that_the_api_requires() -> None:
    """The members that Norway does not use have the values that mean so."""
    sent = to_new_order(built(work(hours(minutes=90), cost())), marker=MARKER)

    assert sent.status is OrderStatus.DRAFT
    assert sent.customer_id == REMOTE_CUSTOMER
    assert sent.currency_code == "NOK"
    assert sent.order_date == date(2026, 11, 30)
    assert sent.our_reference == MARKER
    assert (sent.your_reference, sent.buyers_order_reference) == (UNSET, UNSET)
    assert (sent.amount, sent.vat_amount, sent.roundings_amount) == (UNSET, UNSET, UNSET)
    assert (sent.eu_third_party, sent.reverse_charge_on_construction_services) == (False, False)
    assert sent.rot_reduced_invoicing_type is RotReducedInvoicingType.NORMAL
    assert sent.rows == (
        NewOrderRow(
            line_number=1,
            article_id=sent.rows[0].article_id,
            text="Advice",
            quantity=money("1.5000"),
            unit_price=money("1000.00"),
            project_id=sent.rows[0].project_id,
        ),
        NewOrderRow(
            line_number=2,
            article_id=sent.rows[1].article_id,
            text="Train",
            quantity=money("1.0000"),
            unit_price=money("250.00"),
            project_id=sent.rows[0].project_id,
        ),
    )
    assert [row.article_id for row in sent.rows] == [ARTICLE_50, ARTICLE_60]
    assert {row.project_id for row in sent.rows} == {REMOTE_PROJECT}


def test_the_invoice_text_is_the_first_row() -> None:
    """A text row has a text and neither article, project nor price."""
    sent = to_new_order(built(work(hours()), invoice_text="November"), marker=MARKER)

    assert sent.rows[0] == NewOrderRow(line_number=1, is_text_row=True, article_id=None, text="November")
    assert [row.line_number for row in sent.rows] == [1, 2]


def test_rows_of_a_project_that_is_not_linked_have_none() -> None:
    """The member is left out."""
    order = built(work(hours()), counterpart(project=None))

    assert to_new_order(order, marker=MARKER).rows[0].project_id is UNSET


def test_amounts_are_sent_only_if_wanted() -> None:
    """Totals of the rows and of the order, without VAT."""
    sent = to_new_order(
        built(work(hours(minutes=50), cost()), invoice_text="Hi"), marker=MARKER, send_amounts=True
    )

    assert sent.amount == money("1083.30")
    assert sent.vat_amount is UNSET
    assert [row.amount for row in sent.rows] == [UNSET, money("833.30"), money("250.00")]


def test_vat_that_is_known_is_sent_with_the_amounts() -> None:
    """A server that keeps what it is sent would else have none."""
    full = models.ArticleAccountCoding(id=models.ArticleAccountCodingId("full"), vat_rate_percent=Decimal(25))
    order = built(
        work(hours()),
        counterpart(articles={"50": article(ARTICLE_50, coding_id="full")}, codings={"full": full}),
    )

    assert to_new_order(order, marker=MARKER, send_amounts=True).vat_amount == money("250.00")
    assert to_new_order(order, marker=MARKER).vat_amount is UNSET


def test_references_are_sent() -> None:
    """The marker stands behind our reference; the customer's stay as they are."""
    order = built(work(hours()), our_reference="Kari", your_reference="Ola", buyers_order_reference="PO 1")
    sent = to_new_order(order, marker=MARKER)

    assert sent.our_reference == f"Kari {MARKER}"
    assert (sent.your_reference, sent.buyers_order_reference) == ("Ola", "PO 1")


def test_the_marker_may_stand_in_your_reference_instead() -> None:
    order = built(work(hours()), our_reference="Kari", your_reference="Ola", buyers_order_reference="PO 1")
    sent = to_new_order(order, marker=MARKER, place=MarkerPlace.YOUR_REFERENCE)

    assert (sent.our_reference, sent.your_reference) == ("Kari", f"Ola {MARKER}")
    bare = to_new_order(built(work(hours())), marker=MARKER, place=MarkerPlace.YOUR_REFERENCE)
    assert (bare.our_reference, bare.your_reference) == (UNSET, MARKER)


@pytest.mark.parametrize(
    ("reference", "kept"),
    [
        pytest.param("x" * 82, "x" * 82, id="fits"),
        pytest.param("x" * 100, "x" * 82, id="cut"),
        pytest.param("x" * 81 + " y", "x" * 81, id="no blank before the blank"),
        pytest.param("x" + "😀" * 41, "x" + "😀" * 40, id="no half character"),
    ],
)
def test_a_long_reference_is_cut_and_the_marker_never(reference: str, kept: str) -> None:
    """Both have at most 100 characters, as the vendor counts them."""
    marked = marked_reference(reference, MARKER)

    assert marked == f"{kept} {MARKER}"
    assert len(marked.encode("utf-16-le")) // 2 <= 100
    assert contains_marker(marked, MARKER)
