"""The memory stores for asynchronous hosts: the same objects, lifted.

They never suspend, so they serve trials and tests in an event loop as well.
"""

from __future__ import annotations

from typing import Final, final

from visma_busy_sync.ports import LiftedCatalogue, LiftedStateStore, LiftedWorkLog
from visma_busy_sync.stores._memory_catalogue import MemoryCatalogue
from visma_busy_sync.stores._memory_state import MemoryStateStore
from visma_busy_sync.stores._memory_worklog import MemoryWorkLog


@final
class AsyncMemoryCatalogue(LiftedCatalogue):
    """`MemoryCatalogue` for asynchronous hosts; `memory` is the store itself, to add and edit records."""

    def __init__(self, memory: MemoryCatalogue | None = None) -> None:
        self.memory: MemoryCatalogue = memory or MemoryCatalogue()
        super().__init__(self.memory)


@final
class AsyncMemoryWorkLog(LiftedWorkLog):
    """`MemoryWorkLog` for asynchronous hosts; `memory` is the store itself, to book hours and costs."""

    def __init__(self, memory: MemoryWorkLog) -> None:
        self.memory = memory
        super().__init__(self.memory)


@final
class AsyncMemoryStateStore(LiftedStateStore):
    """`MemoryStateStore` for asynchronous hosts; `memory` is the store itself."""

    volatile: Final = True

    def __init__(self, memory: MemoryStateStore | None = None) -> None:
        self.memory: MemoryStateStore = memory or MemoryStateStore()
        super().__init__(self.memory)
