"""Bring projects, customers and products from Visma eAccounting into Busy, and hours back as order drafts.

Everything public is named in `__all__` here, or in that of a documented submodule: `busy`, `eaccounting`,
`orders`, `ports`, `stores`, `sync`, `testing`.
"""

from visma_busy_sync._core.errors import ConfigurationError, VismaBusySyncError
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._facade import AsyncBusySync, AsyncTenant, BusySync, Tenant
from visma_busy_sync.eaccounting import AsyncEAccounting, EAccounting, Endpoints, F
from visma_busy_sync.integration import Choices, OrderTexts, Status, SyncReport, Transfer

__all__ = [
    "AsyncBusySync",
    "AsyncEAccounting",
    "AsyncTenant",
    "BusySync",
    "Choices",
    "ConfigurationError",
    "EAccounting",
    "Endpoints",
    "F",
    "OrderTexts",
    "Secret",
    "Status",
    "SyncReport",
    "Tenant",
    "Transfer",
    "VismaBusySyncError",
]
