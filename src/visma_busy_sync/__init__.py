"""Bring projects, customers and products from Visma eAccounting into Busy, and hours back as order drafts.

Everything public is named in `__all__` here, or in that of a documented submodule: `busy`, `eaccounting`,
`errors`, `integration`, `orders`, `ports`, `specification`, `stores`, `sync`, `testing`; and `__version__`.

Names are loaded when they are first asked for (PEP 562): importing the package costs next to nothing, and a
program that uses the client alone never loads the rest.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visma_busy_sync._core.errors import ConfigurationError, VismaBusySyncError
    from visma_busy_sync._core.secret import Secret
    from visma_busy_sync._facade import AsyncBusySync, AsyncTenant, BusySync, Tenant
    from visma_busy_sync.eaccounting import AsyncEAccounting, EAccounting, Endpoints, F
    from visma_busy_sync.integration import (
        ArchivingEvent,
        AsyncListener,
        Choices,
        ConnectionEvent,
        ConnectionState,
        Diagnosis,
        DuePush,
        DueReadBack,
        DueSync,
        ImportedOrders,
        Job,
        JobLane,
        Listener,
        LoginOutcome,
        LoginResult,
        OrderEvent,
        ParkedEvent,
        Purged,
        Pushed,
        ReadBack,
        Readiness,
        Recovered,
        Status,
        SyncEvent,
        SyncReport,
        SyncRun,
        Transfer,
        UndoReport,
    )
    from visma_busy_sync.orders import BillingProof, OrderTexts, Preflight

    __version__: str

__all__ = [
    "ArchivingEvent",
    "AsyncBusySync",
    "AsyncEAccounting",
    "AsyncListener",
    "AsyncTenant",
    "BillingProof",
    "BusySync",
    "Choices",
    "ConfigurationError",
    "ConnectionEvent",
    "ConnectionState",
    "Diagnosis",
    "DuePush",
    "DueReadBack",
    "DueSync",
    "EAccounting",
    "Endpoints",
    "F",
    "ImportedOrders",
    "Job",
    "JobLane",
    "Listener",
    "LoginOutcome",
    "LoginResult",
    "OrderEvent",
    "OrderTexts",
    "ParkedEvent",
    "Preflight",
    "Purged",
    "Pushed",
    "ReadBack",
    "Readiness",
    "Recovered",
    "Secret",
    "Status",
    "SyncEvent",
    "SyncReport",
    "SyncRun",
    "Tenant",
    "Transfer",
    "UndoReport",
    "VismaBusySyncError",
]

_HOMES = {
    "_core.errors": ("ConfigurationError", "VismaBusySyncError"),
    "_core.secret": ("Secret",),
    "_facade": ("AsyncBusySync", "AsyncTenant", "BusySync", "Tenant"),
    "eaccounting": ("AsyncEAccounting", "EAccounting", "Endpoints", "F"),
    "integration": (
        "ArchivingEvent",
        "AsyncListener",
        "Choices",
        "ConnectionEvent",
        "ConnectionState",
        "Diagnosis",
        "DuePush",
        "DueReadBack",
        "DueSync",
        "ImportedOrders",
        "Listener",
        "Job",
        "JobLane",
        "LoginOutcome",
        "LoginResult",
        "OrderEvent",
        "ParkedEvent",
        "Purged",
        "Pushed",
        "ReadBack",
        "Readiness",
        "Recovered",
        "Status",
        "SyncEvent",
        "SyncReport",
        "SyncRun",
        "Transfer",
        "UndoReport",
    ),
    "orders": ("BillingProof", "OrderTexts", "Preflight"),
}
_HOME_OF = {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name == "__version__":
        return importlib.import_module(f"{__name__}._core.version").version()
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(home), name)
    globals()[name] = value  # the next look-up finds it without this function
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
