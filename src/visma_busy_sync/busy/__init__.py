"""Busy's values: projects, hours, costs, prices, settings, and the order that comes of them.

They are frozen, checked when they are built, and know neither eAccounting nor any storage. Money and
quantities are exact decimals; a float is refused. Ids are Busy's, as text. Names, comments and other texts
are never in a repr, so that none of them ends up in a log.
"""

from visma_busy_sync.busy._entries import Approval, Exclusion, Expense, TimeEntry
from visma_busy_sync.busy._given import GivenLine
from visma_busy_sync.busy._orders import (
    EntryKind,
    GivenField,
    LeftOut,
    LeftOutReason,
    LinePart,
    Order,
    OrderLine,
    PriceSource,
    VatTotal,
    claim_key,
)
from visma_busy_sync.busy._parties import Customer, Member, Product, Project, Task, WorkType
from visma_busy_sync.busy._settings import (
    MAX_ROWS,
    Distribution,
    FixedPrice,
    Grouping,
    Period,
    PriceMode,
    Prices,
    WorkSettings,
)
from visma_busy_sync.busy._work import Work

__all__ = [
    "MAX_ROWS",
    "Approval",
    "Customer",
    "Distribution",
    "EntryKind",
    "Exclusion",
    "Expense",
    "FixedPrice",
    "GivenField",
    "GivenLine",
    "Grouping",
    "LeftOut",
    "LeftOutReason",
    "LinePart",
    "Member",
    "Order",
    "OrderLine",
    "Period",
    "PriceMode",
    "PriceSource",
    "Prices",
    "Product",
    "Project",
    "Task",
    "TimeEntry",
    "VatTotal",
    "Work",
    "WorkSettings",
    "WorkType",
    "claim_key",
]
