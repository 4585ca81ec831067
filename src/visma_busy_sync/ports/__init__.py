"""The abstract storage ports: what a host application plugs in.

A synchronous host writes `Catalogue`, `WorkLog` and `StateStore`; an asynchronous one their `Async`
twins. `visma_busy_sync.stores` has ready ones in memory.
"""

from visma_busy_sync.ports._awaitable import AsyncCatalogue, AsyncStateStore, AsyncWorkLog
from visma_busy_sync.ports._blocking import Catalogue, StateStore, WorkLog
from visma_busy_sync.ports._lifted import (
    AwaitedCatalogue,
    AwaitedStateStore,
    AwaitedWorkLog,
    LiftedCatalogue,
    LiftedStateStore,
    LiftedWorkLog,
)
from visma_busy_sync.ports._values import Found, Versioned, Write

__all__ = [
    "AsyncCatalogue",
    "AsyncStateStore",
    "AsyncWorkLog",
    "AwaitedCatalogue",
    "AwaitedStateStore",
    "AwaitedWorkLog",
    "Catalogue",
    "Found",
    "LiftedCatalogue",
    "LiftedStateStore",
    "LiftedWorkLog",
    "StateStore",
    "Versioned",
    "WorkLog",
    "Write",
]
