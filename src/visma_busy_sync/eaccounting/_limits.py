"""The API's budget of calls: 600 a minute per client id and endpoint (LIMIT, 2025-05)."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final, final

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.world import Clock, Permit, Runtime

CALLS_PER_MINUTE: Final = 600

_WINDOW_SECONDS: Final = 60.0


@final
class WindowLimiter:
    """A sliding window per key, within this process.

    One limiter must serve all clients of one client id, since the budget is read as shared by them.

    Args:
        clock: The time.
        runtime: How to wait.
        calls_per_minute: The budget of each key, from 1.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        runtime: Runtime,
        calls_per_minute: int = CALLS_PER_MINUTE,
    ) -> None:
        if calls_per_minute < 1:
            raise ConfigurationError("A budget is at least 1 call a minute.")
        self._clock = clock
        self._runtime = runtime
        self._budget = calls_per_minute
        self._guard = threading.Lock()  # never held across an await
        self._free_again: dict[str, deque[float]] = {}

    async def acquire(self, key: str, *, patience: float) -> Permit:
        """Wait until one more call under `key` is within the budget, and take it.

        Raises:
            TimeoutError: If that would last longer than the patience; then at once.
        """
        give_up = self._clock.monotonic() + patience
        while (free := self._take(key)) is not None:
            if free > give_up:
                raise TimeoutError(f"no room in the budget of calls within {patience:g} seconds")
            await self._runtime.sleep(max(0.0, free - self._clock.monotonic()))
        return Permit(key, self._clock.monotonic() + _WINDOW_SECONDS)

    async def release(self, permit: Permit) -> None:
        """Say that the call has ended."""

    async def hold_off(self, key: str, *, seconds: float) -> None:
        """Let nobody call under `key` for `seconds`."""

    def _take(self, key: str) -> float | None:
        """Take a call of the budget; or return the moment at which there may be one again."""
        with self._guard:
            now = self._clock.monotonic()
            # Moments of return are kept, not of taking: what a waiter slept for is then exactly what is
            # compared, and rounding can let nobody through too early or keep him waiting for ever.
            free_again = self._free_again.setdefault(key, deque())
            while free_again and free_again[0] <= now:
                free_again.popleft()
            if len(free_again) < self._budget:
                free_again.append(now + _WINDOW_SECONDS)
                return None
            return free_again[0]
