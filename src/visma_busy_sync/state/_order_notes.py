"""What is known of a tenant's orders as a whole: why none is sent, and when they were looked after."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import frozen

from visma_busy_sync.state._documents import Schema

ORDER_NOTES: Final = "order-notes"


@frozen(kw_only=True)
class OrderNotes:
    """Notes about a tenant's orders.

    Attributes:
        not_sent: Why the last order that was to be sent was not, as Busy is set up; None if it could be.
        pushed_at: When the orders that were due were last sent; None: never.
        read_back_at: When the orders were last read back; None: never.
    """

    not_sent: str | None = None
    pushed_at: datetime | None = None
    read_back_at: datetime | None = None


ORDER_NOTES_SCHEMA: Final = Schema(OrderNotes, instead=OrderNotes())
