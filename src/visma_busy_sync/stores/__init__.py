"""Ready stores for the ports: in memory, for tests and trials.

All three in SQL are in `visma_busy_sync.stores.sql`, since they need an extra.
"""

from visma_busy_sync.stores._errors import StoreUnavailable
from visma_busy_sync.stores._memory_async import (
    AsyncMemoryCatalogue,
    AsyncMemoryStateStore,
    AsyncMemoryWorkLog,
)
from visma_busy_sync.stores._memory_catalogue import MemoryCatalogue
from visma_busy_sync.stores._memory_state import MemoryStateStore
from visma_busy_sync.stores._memory_worklog import MemoryWorkLog

__all__ = [
    "AsyncMemoryCatalogue",
    "AsyncMemoryStateStore",
    "AsyncMemoryWorkLog",
    "MemoryCatalogue",
    "MemoryStateStore",
    "MemoryWorkLog",
    "StoreUnavailable",
]
