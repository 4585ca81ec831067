"""The API's budget of calls: 600 a minute per client id and endpoint (LIMIT, 2025-05)."""

from __future__ import annotations

import math
import threading
from typing import Final, final

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.forks import tell_of_forks
from visma_busy_sync._core.world import Clock, NoRoom, Permit, Runtime
from visma_busy_sync.eaccounting._window import EMPTY, Place, Rules, Window

CALLS_PER_WINDOW: Final = 600
WINDOW_SECONDS: Final = 60.0


def rules(*, budget: int, window: float, slack: float | None) -> Rules:
    """Make the rules of a window out of seconds.

    Raises:
        ConfigurationError: If the budget is no whole number from 1, the window not above 0, or the slack
            below 0.
    """
    if budget < 1 or budget % 1:
        raise ConfigurationError("A budget is a whole number of calls, at least 1.")
    if not 0 < window < math.inf:
        raise ConfigurationError("The window of a budget is a number of seconds above 0.")
    if slack is not None and not 0 <= slack < math.inf:
        raise ConfigurationError("The slack of a budget is a number of seconds, at least 0.")
    return Rules(
        budget=budget,
        window=math.ceil(window * 1000) + 1,
        slack=None if slack is None else math.ceil(slack * 1000),
    )


@final
class WindowLimiter:
    """A sliding window per key, within this process; for threads and tasks.

    A call counts from its permit until one window after its release, so the server can never count more.
    One limiter must serve all clients of one client id, since the budget is read as shared by them. Where
    several processes share it, use `visma_busy_sync.state.StoreLimiter`.

    Args:
        clock: The time; only its passing counts.
        runtime: How to wait.
        budget: How many calls each key may make in a window, from 1.
        window: Seconds, above 0.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        runtime: Runtime,
        budget: int = CALLS_PER_WINDOW,
        window: float = WINDOW_SECONDS,
    ) -> None:
        self._rules = rules(budget=budget, window=window, slack=None)
        self._clock = clock
        self._runtime = runtime
        self._windows: dict[str, Window] = {}  # the longest untouched first
        self.forked()
        tell_of_forks(self)

    def forked(self) -> None:
        """Go on with the parent's calls so far, which the server counts as well."""
        self._guard = threading.Lock()  # never held across an await

    async def acquire(self, key: str, *, patience: float) -> Permit:
        """Wait until one more call under `key` is within the budget, and take it.

        Raises:
            NoRoom: If that would last longer than the patience; then at once.
        """
        latest = self._now() + max(0.0, patience) * 1000
        place, wait = self._take(key, latest)
        try:
            while wait > 0:
                await self._runtime.sleep(wait / 1000)
                place, wait = self._begin(key, place, latest)
        except BaseException:
            self._leave(key, place)
            raise
        return Permit(key, self._rules.counts_until(place.start) / 1000)

    async def release(self, permit: Permit) -> None:
        """Say that the call has ended: it counts from now."""
        until = round(permit.until * 1000)
        with self._guard:
            now = self._now()
            window = self._windows[permit.key]
            self._windows[permit.key] = self._rules.ended(window, until=until, at=now, now=now)

    async def hold_off(self, key: str, *, seconds: float) -> None:
        """Let nobody call under `key` for `seconds`."""
        with self._guard:
            now = self._now()
            until = now + math.ceil(seconds * 1000) + 1  # since now was rounded down
            window = self._windows.get(key, EMPTY)
            self._windows[key] = self._rules.hold_off(window, until=until, now=now)

    def _now(self) -> int:
        return math.floor(self._clock.monotonic() * 1000)

    def _take(self, key: str, latest: float) -> tuple[Place, int]:
        """Take a place; return it with the milliseconds until it may begin."""
        with self._guard:
            now = self._now()
            self._forget_idle(now)
            window, place = self._rules.take(self._windows.get(key, EMPTY), now=now)
            if place.start > latest:
                raise NoRoom(place.start - now)
            self._windows.pop(key, None)  # it goes to the end
            self._windows[key] = window
        return place, place.start - now

    def _begin(self, key: str, place: Place, latest: float) -> tuple[Place, int]:
        with self._guard:
            now = self._now()
            self._windows[key], place = self._rules.begin(self._windows[key], place, now=now)
        if place.start > max(latest, now):
            raise NoRoom(place.start - now)
        return place, place.start - now

    def _leave(self, key: str, place: Place) -> None:
        with self._guard:
            self._windows[key] = self._rules.leave(self._windows[key], place, now=self._now())

    def _forget_idle(self, now: int) -> None:
        # Looking at the longest untouched is enough: each call looks, so none stays for long.
        while self._windows:
            key = next(iter(self._windows))
            if not self._rules.is_idle(self._windows[key], now):
                return
            del self._windows[key]
