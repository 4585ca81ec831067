"""From a finalised order to the order draft that eAccounting is asked to make."""

from __future__ import annotations

import enum

from visma_busy_sync.busy import Order
from visma_busy_sync.eaccounting.models import (
    UNSET,
    ArticleId,
    CustomerId,
    NewOrder,
    NewOrderRow,
    OrderStatus,
    ProjectId,
)
from visma_busy_sync.eaccounting.models._lengths import REFERENCE_LENGTH
from visma_busy_sync.orders._building.marker import marker_length
from visma_busy_sync.orders._limits import cut


class MarkerPlace(enum.StrEnum):
    """Which reference of a draft the marker ends; both are shown to people, and the invoice has them too.

    The buyer's order reference is none of them: it is the customer's, and an e-invoice carries it back.
    """

    OUR_REFERENCE = "our_reference"
    YOUR_REFERENCE = "your_reference"


def to_new_order(
    order: Order,
    *,
    marker: str,
    place: MarkerPlace = MarkerPlace.OUR_REFERENCE,
    send_amounts: bool = False,
) -> NewOrder:
    """Return the body of `POST /orders`: always a draft (R14), needing no repair there (R16).

    The invoice text is a text row of its own before the lines. Every line is an article row with the
    project on it, since the order's head has none.

    Args:
        order: The order.
        marker: By what the draft is found again.
        place: The reference that the marker ends. `build` refuses one that is too long beside it; in an order
            that was built for another place it is cut. The marker never is.
        send_amounts: Whether to send the totals of the lines and of the order, without VAT, and the VAT where
            it is known. By default they are left out and eAccounting computes them; the cure where it
            answers 0.
    """
    rows: list[NewOrderRow] = []
    if order.invoice_text is not None:
        rows.append(NewOrderRow(line_number=1, is_text_row=True, article_id=None, text=order.invoice_text))
    project = ProjectId(order.eaccounting_project) if order.eaccounting_project is not None else UNSET
    for line in order.lines:
        rows.append(
            NewOrderRow(
                line_number=len(rows) + 1,
                article_id=ArticleId(line.eaccounting_article),
                text=line.text,
                quantity=line.quantity,
                unit_price=line.unit_price,
                amount=line.total if send_amounts else UNSET,
                project_id=project,
            )
        )
    vat = order.total_vat
    references = {
        MarkerPlace.OUR_REFERENCE: order.our_reference,
        MarkerPlace.YOUR_REFERENCE: order.your_reference,
    }
    references[place] = marked_reference(references[place], marker)
    return NewOrder(
        customer_id=CustomerId(order.eaccounting_customer),
        currency_code=order.currency,
        order_date=order.order_date,
        rows=tuple(rows),
        status=OrderStatus.DRAFT,
        our_reference=references[MarkerPlace.OUR_REFERENCE] or UNSET,
        your_reference=references[MarkerPlace.YOUR_REFERENCE] or UNSET,
        buyers_order_reference=order.buyers_order_reference or UNSET,
        amount=order.total if send_amounts else UNSET,
        vat_amount=vat if send_amounts and vat is not None else UNSET,
    )


def longest_reference(revision: int) -> int:
    """Return how long a reference may be to stand before the marker whole, in UTF-16 units."""
    return REFERENCE_LENGTH - marker_length(revision) - 1


def marked_reference(reference: str | None, marker: str) -> str:
    """Return a reference with the marker at its end, at most 100 characters."""
    room = REFERENCE_LENGTH - len(marker) - 1
    kept = cut(reference or "", room).rstrip()
    return f"{kept} {marker}" if kept else marker
