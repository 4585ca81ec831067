"""The use cases: connect, import, order. Written once, as coroutines over ports; the shells run them."""

from visma_busy_sync._core.texts import Language, Texts
from visma_busy_sync.integration._due import DueSync
from visma_busy_sync.integration._importing_lines import ImportedOrders
from visma_busy_sync.integration._login_result import LoginOutcome, LoginResult
from visma_busy_sync.integration._purging import Purged
from visma_busy_sync.integration._pushing import Transfer
from visma_busy_sync.integration._readiness import Finding, FindingCode, Lane, Readiness
from visma_busy_sync.integration._site import Choices
from visma_busy_sync.integration._status import ConnectionState, Status
from visma_busy_sync.integration._sync_report import Parked, SyncReport, UndoReport
from visma_busy_sync.integration.errors import (
    ArchivingNotAllowed,
    CompanyUnidentified,
    ConnectionChanged,
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
from visma_busy_sync.state import (
    KindRun,
    NotResealed,
    NotResealedReason,
    ParkedChange,
    Resealed,
    SyncRun,
    WaitingCompany,
)

__all__ = [
    "ArchivingNotAllowed",
    "Choices",
    "CompanyUnidentified",
    "ConnectionChanged",
    "ConnectionState",
    "ConnectionStateError",
    "DueSync",
    "Finding",
    "FindingCode",
    "ImportedOrders",
    "KindRun",
    "Lane",
    "Language",
    "LoginOutcome",
    "LoginResult",
    "NotConnected",
    "NotReady",
    "NotResealed",
    "NotResealedReason",
    "NotRevoked",
    "NothingToConfirm",
    "OrderClosed",
    "OrderNotTransferred",
    "OrderUnknown",
    "Parked",
    "ParkedChange",
    "PortContractBroken",
    "ProjectUnknown",
    "PurgeRefused",
    "Purged",
    "Readiness",
    "Resealed",
    "Status",
    "SyncReport",
    "SyncRun",
    "SyncRunning",
    "Texts",
    "Transfer",
    "UndoReport",
    "WaitingCompany",
    "WrongCompany",
]
