"""From a finalised order to the order draft that eAccounting is asked to make."""

from __future__ import annotations

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
from visma_busy_sync.orders._limits import cut


def to_new_order(order: Order, *, marker: str, send_amounts: bool = False) -> NewOrder:
    """Return the body of `POST /orders`: always a draft (R14), needing no repair there (R16).

    The invoice text is a text row of its own before the lines. Every line is an article row with the
    project on it, since the order's head has none.

    Args:
        order: The order.
        marker: By what the draft is found again; it ends the our-reference, which is cut if both do not
            fit. The marker itself is never cut.
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
    return NewOrder(
        customer_id=CustomerId(order.eaccounting_customer),
        currency_code=order.currency,
        order_date=order.order_date,
        rows=tuple(rows),
        status=OrderStatus.DRAFT,
        our_reference=marked_reference(order.our_reference, marker),
        your_reference=order.your_reference or UNSET,
        buyers_order_reference=order.buyers_order_reference or UNSET,
        amount=order.total if send_amounts else UNSET,
        vat_amount=vat if send_amounts and vat is not None else UNSET,
    )


def marked_reference(reference: str | None, marker: str) -> str:
    """Return the our-reference with the marker at its end, at most 100 characters."""
    room = REFERENCE_LENGTH - len(marker) - 1
    kept = cut(reference or "", room).rstrip()
    return f"{kept} {marker}" if kept else marker
