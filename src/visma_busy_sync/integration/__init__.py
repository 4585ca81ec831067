"""The use cases: connect, import, order. Written once, as coroutines over ports; the shells run them."""

from visma_busy_sync._core.texts import Language, Texts
from visma_busy_sync.integration._diagnosis import Check, CheckCode, Diagnosis, Health
from visma_busy_sync.integration._due import DueSync
from visma_busy_sync.integration._events import (
    ArchivingEvent,
    ConnectionEvent,
    OrderEvent,
    ParkedEvent,
    SyncEvent,
    TenantEvent,
)
from visma_busy_sync.integration._importing_lines import ImportedOrders
from visma_busy_sync.integration._jobs import Job, JobLane
from visma_busy_sync.integration._listener import AsyncListener, Listener
from visma_busy_sync.integration._login_result import LoginOutcome, LoginResult
from visma_busy_sync.integration._orders_due import DuePush, DueReadBack
from visma_busy_sync.integration._purging import Purged
from visma_busy_sync.integration._pushing import Pushed, Transfer
from visma_busy_sync.integration._readiness import Finding, FindingCode, Lane, Readiness
from visma_busy_sync.integration._reading_back import ReadBack
from visma_busy_sync.integration._recovering import Recovered
from visma_busy_sync.integration._site import Choices
from visma_busy_sync.integration._status import ConnectionState, Status
from visma_busy_sync.integration._sync_report import Parked, SyncReport, UndoReport
from visma_busy_sync.integration.errors import (
    ArchivingNotAllowed,
    CompanyUnidentified,
    ConnectionChanged,
    ConnectionStateError,
    DraftChanged,
    DraftChangedReason,
    DraftStillThere,
    NotConnected,
    NothingToConfirm,
    NotReady,
    NotRevoked,
    NotSentReason,
    NotThisDraft,
    NotThisDraftReason,
    OrderClosed,
    OrderNotTransferred,
    OrdersNotSent,
    OrderUnknown,
    PortContractBroken,
    ProjectUnknown,
    PurgeRefused,
    SearchIncomplete,
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
    "ArchivingEvent",
    "ArchivingNotAllowed",
    "AsyncListener",
    "Check",
    "CheckCode",
    "Choices",
    "CompanyUnidentified",
    "ConnectionChanged",
    "ConnectionEvent",
    "ConnectionState",
    "ConnectionStateError",
    "Diagnosis",
    "DraftChanged",
    "DraftChangedReason",
    "DraftStillThere",
    "DuePush",
    "DueReadBack",
    "DueSync",
    "Finding",
    "FindingCode",
    "Health",
    "ImportedOrders",
    "Job",
    "JobLane",
    "KindRun",
    "Lane",
    "Language",
    "Listener",
    "LoginOutcome",
    "LoginResult",
    "NotConnected",
    "NotReady",
    "NotResealed",
    "NotResealedReason",
    "NotRevoked",
    "NotSentReason",
    "NotThisDraft",
    "NotThisDraftReason",
    "NothingToConfirm",
    "OrderClosed",
    "OrderEvent",
    "OrderNotTransferred",
    "OrderUnknown",
    "OrdersNotSent",
    "Parked",
    "ParkedChange",
    "ParkedEvent",
    "PortContractBroken",
    "ProjectUnknown",
    "PurgeRefused",
    "Purged",
    "Pushed",
    "ReadBack",
    "Readiness",
    "Recovered",
    "Resealed",
    "SearchIncomplete",
    "Status",
    "SyncEvent",
    "SyncReport",
    "SyncRun",
    "SyncRunning",
    "TenantEvent",
    "Texts",
    "Transfer",
    "UndoReport",
    "WaitingCompany",
    "WrongCompany",
]
