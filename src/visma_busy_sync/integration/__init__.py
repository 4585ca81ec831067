"""The use cases: connect, import, order. Written once, as coroutines over ports; the shells run them."""

from visma_busy_sync.integration._ordering import OrderTexts, Transfer
from visma_busy_sync.integration._site import Choices
from visma_busy_sync.integration._status import Status
from visma_busy_sync.integration._syncing import Parked, SyncReport
from visma_busy_sync.integration.errors import (
    CompanyUnidentified,
    ConnectionStateError,
    NotConnected,
    OrderClosed,
    OrderNotTransferred,
    OrderUnknown,
    PortContractBroken,
    ProjectUnknown,
    ScopeMissing,
    SyncRunning,
    WrongCompany,
)

__all__ = [
    "Choices",
    "CompanyUnidentified",
    "ConnectionStateError",
    "NotConnected",
    "OrderClosed",
    "OrderNotTransferred",
    "OrderTexts",
    "OrderUnknown",
    "Parked",
    "PortContractBroken",
    "ProjectUnknown",
    "ScopeMissing",
    "Status",
    "SyncReport",
    "SyncRunning",
    "Transfer",
    "WrongCompany",
]
