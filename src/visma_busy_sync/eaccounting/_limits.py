"""The API's budget of calls: 600 a minute per client id and endpoint (LIMIT, 2025-05)."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final, final

from visma_busy_sync._core.world import Clock, Runtime

CALLS_PER_MINUTE: Final = 600
_WINDOW_SECONDS: Final = 60.0


@final
class WindowLimiter:
    """A sliding window per key, within this process.

    One limiter must serve all clients of one client id, since the budget is read as shared by them.
    """

    def __init__(self, *, clock: Clock, runtime: Runtime, calls_per_minute: int = CALLS_PER_MINUTE) -> None:
        self._clock = clock
        self._runtime = runtime
        self._budget = calls_per_minute
        self._guard = threading.Lock()  # never held across an await
        self._taken: dict[str, deque[float]] = {}

    async def acquire(self, key: str) -> None:
        """Wait until one more call under `key` is within the budget, and take it."""
        while (wait := self._take(key)) > 0:
            await self._runtime.sleep(wait)

    def _take(self, key: str) -> float:
        with self._guard:
            now = self._clock.monotonic()
            taken = self._taken.setdefault(key, deque())
            while taken and taken[0] <= now - _WINDOW_SECONDS:
                taken.popleft()
            if len(taken) < self._budget:
                taken.append(now)
                return 0.0
            return taken[0] + _WINDOW_SECONDS - now
