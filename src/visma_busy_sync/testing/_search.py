"""Search for a schedule under which a scenario fails: by seeds, or through all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias, final

from attrs import frozen

from visma_busy_sync.testing._world import Event, ScheduleError, World

Scenario: TypeAlias = Callable[[World], object]
"""Makes its own fresh state, lets workers run with `World.run`, and raises if the outcome is wrong.

It is called once per schedule and must depend on nothing but the world.
"""

SCHEDULES = 10_000


@final
class Failed(ScheduleError):
    """A scenario failed under one schedule; the message says which, how to replay it, and every step.

    Attributes:
        error: What the scenario raised.
        seed: Of the schedule; None if it was found by trying all of them.
        choices: The choices that make the schedule, good for `replay` in either case.
        trace: Every step in its order.
    """

    def __init__(self, scenario: Scenario, world: World, error: Exception) -> None:
        self.error = error
        self.seed: int | None = world.seed
        self.choices: tuple[int, ...] = tuple(chosen for chosen, _ in world.taken)
        self.trace: tuple[Event, ...] = tuple(world.trace)
        name = getattr(scenario, "__name__", type(scenario).__name__)
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        steps = "\n".join(map(str, self.trace))
        super().__init__(
            f"{name} fails under one schedule: {what}\n"
            f"Replay it: scheduler.replay({name}, {world.recipe})\n{steps}"
        )


@final
class NotRepeatable(ScheduleError):
    """The same choices led elsewhere: the scenario depends on something besides the world."""


@final
class Incomplete(ScheduleError):
    """Not all schedules were tried, so nothing is proven."""


@frozen
class Explored:
    """What trying all schedules brought.

    Attributes:
        schedules: How many were tried.
        failing: How many of them failed.
        first: The first failure.
        complete: False if the bound was reached before the last schedule.
    """

    schedules: int
    failing: int
    first: Failed | None
    complete: bool


class _Script:
    """Choices laid down beforehand; the first one each time when they are used up."""

    def __init__(self, choices: Sequence[tuple[int, int | None]]) -> None:
        self._choices = choices
        self.used = 0

    def __call__(self, n: int) -> int:
        if self.used == len(self._choices):
            return 0
        chosen, of = self._choices[self.used]
        self.used += 1
        if chosen >= n or of not in (None, n):
            raise _not_repeatable(f"choice {self.used} was among {of or chosen + 1} before, now among {n}")
        return chosen

    def require_used_up(self) -> None:
        if self.used < len(self._choices):
            raise _not_repeatable(f"{len(self._choices)} choices before, now {self.used}")


def _not_repeatable(what: str) -> NotRepeatable:
    return NotRepeatable(
        f"the scenario did not repeat itself: {what}.",
        advice="Make its state anew in each call; take time and chance from the world; iterate over no set.",
    )


def _attempt(scenario: Scenario, world: World) -> Failed | None:
    try:
        scenario(world)
    except NotRepeatable:
        raise
    except Exception as error:  # noqa: BLE001 - any error is a failure of the scenario
        failed = Failed(scenario, world, error)
        failed.__cause__ = error
        return failed
    return None


def find(scenario: Scenario, seeds: Iterable[int] = range(200)) -> Failed | None:
    """Return the failure of the first seed that fails, or None.

    The failure is an exception: raise it to see it with its cause.
    """
    tries = (_attempt(scenario, World(seed=seed)) for seed in seeds)
    return next((failed for failed in tries if failed is not None), None)


def explore(scenario: Scenario, *, limit: int = SCHEDULES) -> Explored:
    """Try all schedules, at most `limit`.

    Two workers of five steps each have 252 schedules, three have 756,756: keep the workers few and short,
    and search longer scenarios by seed.

    Raises:
        NotRepeatable: If the scenario depends on something besides the world.
    """
    schedules = failing = 0
    first: Failed | None = None
    path: list[tuple[int, int]] = []
    while schedules < limit:
        script = _Script(path)
        world = World(choose=script)
        failed = _attempt(scenario, world)
        script.require_used_up()
        schedules += 1
        failing += failed is not None
        first = first or failed
        path = world.taken
        while path and path[-1][0] + 1 == path[-1][1]:
            path.pop()
        if not path:
            return Explored(schedules, failing, first, complete=True)
        chosen, of = path[-1]
        path[-1] = (chosen + 1, of)
    return Explored(schedules, failing, first, complete=False)


def replay(
    scenario: Scenario, *, seed: int | None = None, choices: Sequence[int] | None = None
) -> Failed | None:
    """Try the one schedule of a seed, or of the choices of a failure, again.

    Raises:
        NotRepeatable: If the scenario has changed so that the choices do not fit.
    """
    if (seed is None) == (choices is None):
        message = "give either the seed or the choices"
        raise ValueError(message)
    if seed is not None:
        return _attempt(scenario, World(seed=seed))
    script = _Script([(chosen, None) for chosen in choices or ()])
    failed = _attempt(scenario, World(choose=script))
    script.require_used_up()
    return failed


def check(scenario: Scenario, seeds: Iterable[int] = range(200)) -> None:
    """Require that the scenario holds for every seed.

    Raises:
        Failed: For the first seed that fails.
    """
    if failed := find(scenario, seeds):
        raise failed


def check_all(scenario: Scenario, *, limit: int = SCHEDULES) -> int:
    """Require that the scenario holds under all schedules, and return how many there are.

    Raises:
        Failed: For the first that fails.
        Incomplete: If there are more than `limit`.
    """
    explored = explore(scenario, limit=limit)
    if explored.first:
        raise explored.first
    if not explored.complete:
        raise Incomplete(
            f"there are more than {limit} schedules, so nothing is proven.",
            advice="Shorten the scenario, raise the limit, or search by seed with check().",
        )
    return explored.schedules
