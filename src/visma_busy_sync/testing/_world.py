"""The deterministic scheduler's loop, and the world it runs in."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Generic, TypeAlias, TypeVar, cast, final

from attrs import define, field, frozen

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.testing._points import Cancelled, Crash, Point, ToEnd
from visma_busy_sync.testing._virtual import VirtualClock, VirtualRuntime

T = TypeVar("T")

Worker: TypeAlias = Callable[[], Coroutine[Any, Any, T]]
"""A function without arguments whose coroutine is one worker of a schedule."""

STEP_LIMIT = 10_000
# How often a dying worker may await in its clean-up before it is left alone.
_CLEAN_UP_LIMIT = 100
_NO_ONE: Mapping[str, int] = {}


class ScheduleError(VismaBusySyncError):
    """Base of what the scheduler reports."""


@final
class Deadlock(ScheduleError):
    """No worker can go on and none sleeps."""


@final
class StepLimit(ScheduleError):
    """The workers took more steps than allowed: most often one of them retries for ever."""


@final
class ForeignAwait(ScheduleError):
    """A worker awaits something that is neither a gate nor a method of the world's runtime."""


@frozen
class Event:
    """One step: from the point `what` on, `worker` ran to its next point."""

    at: float
    worker: str
    what: str

    def __str__(self) -> str:
        return f"{self.at:>8g}s  {self.worker}: {self.what}"


@frozen
class Result(Generic[T]):
    """How the workers ended.

    Attributes:
        values: What those returned that came to their end.
        errors: What ended the others: an expected error, `Crash` or `Cancelled`.
        trace: Every step in its order.
    """

    values: Mapping[str, T]
    errors: Mapping[str, BaseException]
    trace: tuple[Event, ...]


@define(eq=False)
class _Strand:
    """One coroutine of a worker: the worker itself, or a helper that it runs to the end."""

    name: str
    worker: str
    coro: Coroutine[Any, Any, Any]
    landing: Future[Any]
    point: Any = field(factory=lambda: Point("start"))
    fault: BaseException | None = None
    heard: bool = True

    def is_ready(self, now: float) -> bool:
        return self.fault is not None or self.point.is_ready(now)

    @property
    def error(self) -> BaseException | None:
        return self.landing.exception()


@final
class World:
    """One try of a scenario: its clock, its runtime, its choices, and what happened.

    Args:
        seed: Of the order of steps and of the runtime's chance.
        choose: Takes the place of the seeded order: given n, return a number from 0 to n - 1. Hypothesis
            fits in here: `World(choose=lambda n: data.draw(st.integers(0, n - 1)))`.

    Attributes:
        clock: The virtual clock. It moves when no worker can go on otherwise.
        runtime: For what runs in this world.
        trace: Every step so far.
        taken: Every choice so far among more than one, as (chosen, of how many).
    """

    def __init__(self, *, seed: int = 0, choose: Callable[[int], int] | None = None) -> None:
        self.clock: VirtualClock = VirtualClock()
        self.runtime: VirtualRuntime = VirtualRuntime(self.clock, seed=seed)
        self.trace: list[Event] = []
        self.taken: list[tuple[int, int]] = []
        self.seed: int | None = None if choose else seed
        self._choose = choose or random.Random(seed).randrange  # noqa: S311 - must repeat

    def choose(self, n: int) -> int:
        """Return a number from 0 to n - 1; a search over all schedules tries each.

        A scenario may use it for its own choices, such as the await at which a worker crashes.
        """
        if n == 1:
            return 0
        chosen = self._choose(n)
        self.taken.append((chosen, n))
        return chosen

    @property
    def recipe(self) -> str:
        """The argument of `replay` that gives this try again, as source text."""
        return f"choices={[chosen for chosen, _ in self.taken]}" if self.seed is None else f"seed={self.seed}"

    def run(
        self,
        workers: Mapping[str, Worker[T]] | Sequence[Worker[T]],
        *,
        crash: Mapping[str, int] = _NO_ONE,
        cancel: Mapping[str, int] = _NO_ONE,
        expected: type[Exception] | tuple[type[Exception], ...] = (),
        stalls: bool = False,
        step_limit: int = STEP_LIMIT,
    ) -> Result[T]:
        """Run all workers to their end, one step at a time, in an order that the world chooses.

        It may be called again, for instance with a worker that cleans up after a crash.

        Args:
            workers: Coroutine functions by name; without names they are called w1, w2, ...
            crash: Worker to number of the await, from 1, at which it crashes. The awaits of what it runs
                to the end count too. A worker that ends before is not harmed.
            cancel: The same for cancelling. It reaches the worker when its turn comes, so other workers
                and its own helpers may come first.
            expected: Errors of workers that are part of the result.
            stalls: Let time go by although a worker could go on, as if that worker were slow: the way to
                see a lease run out under its holder. Otherwise time moves only when it must.
            step_limit: How many steps all workers may take together.

        Raises:
            Exception: Any other error of a worker, after all have ended.
            Deadlock: If no worker can go on and none sleeps.
            StepLimit: If there are more steps than `step_limit`.
        """
        named = workers if isinstance(workers, Mapping) else {f"w{n}": w for n, w in enumerate(workers, 1)}
        if unknown := (crash.keys() | cancel.keys()) - named.keys():
            message = f"no worker is called {', '.join(sorted(unknown))}; there are {', '.join(named)}"
            raise ValueError(message)
        begin = len(self.trace)
        loop = _Loop(self, crash, cancel, stalls=stalls)
        try:
            strands = [loop.add(name, name, worker) for name, worker in named.items()]
            loop.run(step_limit)
            loop.raise_unexpected(expected)
        except Exception as error:
            error.add_note(f"schedule: {self.recipe}")
            raise
        finally:
            loop.end_all()
        return Result(
            values={s.name: cast("T", s.landing.result()) for s in strands if s.error is None},
            errors={s.name: s.error for s in strands if s.error is not None},
            trace=tuple(self.trace[begin:]),
        )


class _Loop:
    """One call of `World.run`."""

    def __init__(
        self, world: World, crash: Mapping[str, int], cancel: Mapping[str, int], *, stalls: bool
    ) -> None:
        self._world = world
        self._crash = crash
        self._cancel = cancel
        self._stalls = stalls
        self._strands: list[_Strand] = []
        self._awaits: dict[str, int] = {}

    def add(
        self, name: str, worker: str, fn: Callable[[], Coroutine[Any, Any, Any]], landing: Any = None
    ) -> _Strand:
        if landing is None:
            landing = Future[Any]()
        strand = _Strand(name, worker, fn(), landing)
        self._strands.append(strand)
        return strand

    def run(self, step_limit: int) -> None:
        steps = 0
        while live := self._live():
            steps += 1
            if steps > step_limit:
                names = ", ".join(f"{s.name} (at {s.point.name})" for s in live)
                raise StepLimit(
                    f"after {step_limit} steps these still run: {names}.",
                    advice="Look for a loop that does not end, or raise step_limit.",
                )
            self._step(self._pick(live))

    def raise_unexpected(self, expected: type[Exception] | tuple[type[Exception], ...]) -> None:
        for strand in self._strands:
            error = strand.error if strand.heard else None
            if isinstance(error, Exception) and not isinstance(error, expected):
                error.add_note(f"raised by {strand.name}")
                raise error

    def end_all(self) -> None:
        for strand in self._live():
            self._kill(strand)

    def _live(self, worker: str | None = None) -> list[_Strand]:
        return [s for s in self._strands if not s.landing.done() and worker in (None, s.worker)]

    def _pick(self, live: list[_Strand]) -> _Strand:
        clock = self._world.clock
        sleepers = [s for s in live if s.point.until is not None]
        able = [s for s in live if s.is_ready(clock.monotonic()) or (self._stalls and s in sleepers)]
        if not able and not sleepers:
            waiting = ", ".join(f"{s.name} waits for '{s.point.name}'" for s in live)
            raise Deadlock(f"no worker can go on and none sleeps: {waiting}.")
        if not able:
            first = min(s.point.until for s in sleepers)
            able = [s for s in sleepers if s.point.until <= first]
        chosen = able[self._world.choose(len(able))]
        if not chosen.is_ready(clock.monotonic()):
            clock.advance_to(chosen.point.until)
        return chosen

    def _step(self, strand: _Strand) -> None:
        fault, strand.fault = strand.fault, None
        self._note(strand, strand.point.name if fault is None else type(fault).__name__.lower())
        try:
            if fault is None:
                point = strand.coro.send(None)
            else:
                if isinstance(strand.point, ToEnd):
                    self._orphan(strand.point)
                point = strand.coro.throw(fault)
        except StopIteration as stop:
            strand.landing.set_result(stop.value)
        except (Exception, Cancelled, Crash) as error:  # noqa: BLE001 - part of the result
            strand.landing.set_exception(error)
        else:
            self._suspend(strand, point)

    def _suspend(self, strand: _Strand, point: object) -> None:
        if not isinstance(point, Point):
            # Thrown in at its next turn, so that the traceback ends at the guilty await.
            strand.point = Point("foreign await")
            strand.fault = ForeignAwait(
                f"{strand.name} awaits {type(point).__name__}, which the scheduler does not know.",
                advice="Await gates, points and the world's runtime only.",
            )
            return
        strand.point = point
        if isinstance(point, ToEnd):
            self._help(strand, point)
        count = self._awaits[strand.worker] = self._awaits.get(strand.worker, 0) + 1
        if count == self._crash.get(strand.worker):
            self._note(strand, "crash")
            for member in self._live(strand.worker):
                self._kill(member)
        elif count == self._cancel.get(strand.worker):
            for member in self._live(strand.worker):
                if member.name == member.worker:
                    member.fault = Cancelled()

    def _help(self, strand: _Strand, point: ToEnd) -> None:
        async def helper() -> None:
            await point.work()

        name = f"{strand.name}/{sum(s.worker == strand.worker for s in self._strands)}"
        self.add(name, strand.worker, helper, point.landing).heard = False

    def _orphan(self, point: ToEnd) -> None:
        # Nobody waits for the helper any more, so an error of its own must come out otherwise.
        for strand in self._strands:
            if strand.landing is point.landing:
                strand.heard = True

    def _kill(self, strand: _Strand) -> None:
        crash = Crash()
        for _ in range(_CLEAN_UP_LIMIT):
            try:
                strand.coro.throw(crash)  # again at every await of its clean-up
            except (Exception, StopIteration, Cancelled, Crash):  # noqa: BLE001 - nobody is left to see it
                break
        strand.landing.set_exception(crash)

    def _note(self, strand: _Strand, what: str) -> None:
        self._world.trace.append(Event(self._world.clock.monotonic(), strand.name, what))


def run(
    workers: Mapping[str, Worker[T]] | Sequence[Worker[T]],
    *,
    seed: int = 0,
    crash: Mapping[str, int] = _NO_ONE,
    cancel: Mapping[str, int] = _NO_ONE,
    expected: type[Exception] | tuple[type[Exception], ...] = (),
) -> Result[T]:
    """Run workers in a new world of `seed`; see `World.run`."""
    return World(seed=seed).run(workers, crash=crash, cancel=cancel, expected=expected)
