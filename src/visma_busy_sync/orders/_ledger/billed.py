"""What the orders of the ledger say was billed: parts of fixed prices, and the date of the last order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final

from visma_busy_sync.orders._ledger.books import FixedPriceOf
from visma_busy_sync.orders._ledger.ledger import CLAIMING_STATES, LedgerEntry, State

_NO_DRAFT: Final = frozenset({State.REJECTED, State.GONE_UPSTREAM})
"""States that hold claims, but eAccounting has no draft of the order."""


def fixed_parts_of(entries: Iterable[LedgerEntry]) -> dict[FixedPriceOf, dict[str, Decimal]]:
    """Return what each order bills of fixed prices, by order id; those that hold no claims bill nothing."""
    billed: dict[FixedPriceOf, dict[str, Decimal]] = {}
    for entry in entries:
        for line in entry.order.lines if entry.holds else ():
            if line.is_fixed_price and line.work_type is not None:
                billed.setdefault((entry.order.project, line.work_type), {})[entry.order_id] = line.total
    return billed


def last_orders(entries: Iterable[LedgerEntry]) -> dict[tuple[str, str], date]:
    """Return the date of the last order by Busy's ids of project and customer.

    Orders count that may be in eAccounting, or are on their way there.
    """
    found: dict[tuple[str, str], date] = {}
    for entry in entries:
        if entry.state in CLAIMING_STATES - _NO_DRAFT:
            order = entry.order
            key = (order.project, order.customer)
            found[key] = max(found.get(key, order.order_date), order.order_date)
    return found
