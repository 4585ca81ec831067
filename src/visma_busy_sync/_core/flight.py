"""Single flight: of many callers that want the same work at the same time, one does it.

The leader runs the work; the others wait for its outcome. Two rules keep it right. The leading as a
whole runs `to_end`: if only the work inside did, a cancelled leader would land while its work goes on,
and two would run at once. And the work must look again whether it is still needed, because a caller
that arrives just after a landing starts a second flight.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Generic, TypeVar, cast, final

from attrs import define, frozen

from visma_busy_sync._core.forks import tell_of_forks
from visma_busy_sync._core.world import Runtime

T = TypeVar("T")


@frozen
class _Landed(Generic[T]):
    value: T | None = None
    failure: Exception | None = None
    abandoned: bool = False
    trace: TracebackType | None = None


@define(eq=False)
class _Flying(Generic[T]):
    landing: Future[_Landed[T]]
    begun: bool = False


@final
class Flight(Generic[T]):
    """One flight per key at a time, over the threads or the tasks of one shell."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.forked()
        tell_of_forks(self)

    def forked(self) -> None:
        """Begin without any flight: who leads one in the parent will never land it here."""
        self._guard = threading.Lock()  # never held across an await
        self._flying: dict[str, _Flying[T]] = {}

    async def do(self, key: str, work: Callable[[], Awaitable[T]]) -> T:
        """Return the outcome of `work`, run by this caller or by the one that is already at it.

        Raises:
            Exception: What `work` raised, to every caller of that flight.
        """
        while True:
            with self._guard:
                flight = self._flying.get(key)
                lead = flight is None
                if flight is None:
                    flight = self._flying[key] = _Flying(Future())
                    # Else one cancelled follower could cancel the future for all.
                    flight.landing.set_running_or_notify_cancel()
            if lead:
                await self._take_lead(key, flight, work)
            else:
                await self._runtime.wait(flight.landing)
            landed = flight.landing.result()
            if landed.failure is not None:
                # Each caller sees where the work failed, and no frames of the other callers.
                raise landed.failure.with_traceback(landed.trace)
            if not landed.abandoned:  # else the leader was interrupted: another takes over
                return cast("T", landed.value)

    async def _take_lead(self, key: str, flight: _Flying[T], work: Callable[[], Awaitable[T]]) -> None:
        try:
            await self._runtime.to_end(functools.partial(self._lead, key, flight, work))
        except BaseException:
            # Interrupted before the leading began: nobody would ever land it, and all who come later
            # would wait for it.
            with self._guard:
                never = not flight.begun
                flight.begun = True
            if never:
                self._land(key, flight, _Landed(abandoned=True))
            raise

    async def _lead(self, key: str, flight: _Flying[T], work: Callable[[], Awaitable[T]]) -> None:
        with self._guard:
            if flight.begun:  # given up before it began, and another may lead by now
                return
            flight.begun = True
        outcome: _Landed[T] = _Landed(abandoned=True)
        try:
            outcome = _Landed(await work())
        except Exception as exc:  # noqa: BLE001 - handed to every caller as it is
            outcome = _Landed(failure=exc, trace=exc.__traceback__)
        finally:
            self._land(key, flight, outcome)

    def _land(self, key: str, flight: _Flying[T], outcome: _Landed[T]) -> None:
        with self._guard:
            self._flying.pop(key, None)  # gone where the leader itself forked
        flight.landing.set_result(outcome)
