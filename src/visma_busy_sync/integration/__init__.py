"""The use cases: connect, import, order. Written once, as coroutines over ports; the shells run them."""

from visma_busy_sync.integration._login_result import LoginOutcome, LoginResult
from visma_busy_sync.integration._ordering import OrderTexts, Transfer
from visma_busy_sync.integration._purging import Purged
from visma_busy_sync.integration._readiness import Finding, FindingCode, Lane, Readiness
from visma_busy_sync.integration._site import Choices
from visma_busy_sync.integration._status import ConnectionState, Status
from visma_busy_sync.integration._syncing import Parked, SyncReport
from visma_busy_sync.integration.errors import (
    CompanyUnidentified,
    ConnectionStateError,
    NotConnected,
    NothingToConfirm,
    NotReady,
    NotRevoked,
    OrderClosed,
    OrderNotTransferred,
    OrderUnknown,
    PortContractBroken,
    ProjectUnknown,
    PurgeRefused,
    SyncRunning,
    WrongCompany,
)

__all__ = [
    "Choices",
    "CompanyUnidentified",
    "ConnectionState",
    "ConnectionStateError",
    "Finding",
    "FindingCode",
    "Lane",
    "LoginOutcome",
    "LoginResult",
    "NotConnected",
    "NotReady",
    "NotRevoked",
    "NothingToConfirm",
    "OrderClosed",
    "OrderNotTransferred",
    "OrderTexts",
    "OrderUnknown",
    "Parked",
    "PortContractBroken",
    "ProjectUnknown",
    "PurgeRefused",
    "Purged",
    "Readiness",
    "Status",
    "SyncReport",
    "SyncRunning",
    "Transfer",
    "WrongCompany",
]
