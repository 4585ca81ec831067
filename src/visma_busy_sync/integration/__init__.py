"""The use cases: connect, import, order. Written once, as coroutines over ports; the shells run them."""

from visma_busy_sync.integration._ordering import OrderTexts, Transfer
from visma_busy_sync.integration._site import Choices
from visma_busy_sync.integration._status import Status
from visma_busy_sync.integration._syncing import Parked, SyncReport
from visma_busy_sync.integration.errors import ConnectionStateError, NotConnected, ScopeMissing, WrongCompany

__all__ = [
    "Choices",
    "ConnectionStateError",
    "NotConnected",
    "OrderTexts",
    "Parked",
    "ScopeMissing",
    "Status",
    "SyncReport",
    "Transfer",
    "WrongCompany",
]
