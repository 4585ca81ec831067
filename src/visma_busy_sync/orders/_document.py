"""An order as a JSON text, for a host or the ledger to store, and back.

Numbers are texts in it and come back exactly. The text says which schema it has and carries the content
hash, so that a document that was changed on the way is refused.
"""

from __future__ import annotations

from typing import Final

from visma_busy_sync.busy import Order
from visma_busy_sync.busy._canonical import Plain, canonical_json, members
from visma_busy_sync.orders._errors import DocumentError
from visma_busy_sync.orders._reading import parse, structure

ORDER_SCHEMA: Final = 2
"""The schema version of orders that this version writes; the first had no `billed_elsewhere` on lines."""

_DOCUMENT: Final = "order"


def order_to_json(order: Order) -> str:
    """Return `order` as a JSON text. It holds the texts of the order, so it is as confidential as it."""
    body: dict[str, Plain] = {
        "document": _DOCUMENT,
        "schema": ORDER_SCHEMA,
        "content_hash": order.content_hash,
        "order": members(order),
    }
    return canonical_json(body)


def order_from_json(text: str) -> Order:
    """Return the order that `order_to_json` wrote.

    Raises:
        DocumentError: If the text is no such document, or was changed since.
        DocumentTooNew: If a newer version of this package wrote it.
    """
    body = parse(text, document=_DOCUMENT, schema=ORDER_SCHEMA)
    older = body["schema"] != ORDER_SCHEMA
    order = structure(Order, body.get("order"), document=_DOCUMENT, older=older)
    if body.get("content_hash") != order.content_hash:
        raise DocumentError(_DOCUMENT, "its content is not what its hash says")
    return order
