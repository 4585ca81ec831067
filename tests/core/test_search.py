"""Searching finds a failing schedule, proves that there is none, and replays what it found."""

from __future__ import annotations

import itertools

import pytest

from visma_busy_sync.testing import scheduler
from visma_busy_sync.testing.scheduler import Point, World, gate


def two_deposits(world: World) -> None:
    """Two workers add 1 each, and one of the additions can be lost."""
    balance = {"value": 0}
    read = gate(lambda: balance["value"], "read")
    write = gate(lambda value: balance.update(value=value), "write")

    async def deposit() -> None:
        await write(await read() + 1)

    world.run([deposit, deposit])
    assert balance["value"] == 2, "an update was lost"


def two_additions(world: World) -> None:
    """Two workers add 1 each, in one go."""
    balance = {"value": 0}
    add = gate(lambda: balance.update(value=balance["value"] + 1), "add")
    world.run([add, add])
    assert balance["value"] == 2


def test_a_lost_update_is_found_by_seed() -> None:
    """Most seeds show it."""
    failures = [seed for seed in range(200) if scheduler.find(two_deposits, [seed])]
    assert len(failures) > 100


def test_the_first_failing_seed_is_found() -> None:
    """The search stops there and says which it was."""
    failed = scheduler.find(two_deposits)
    assert failed is not None
    assert failed.seed is not None
    assert scheduler.find(two_deposits, range(failed.seed)) is None


def test_a_seed_replays_the_identical_trace() -> None:
    """The same scenario and seed give the same steps to the same failure."""
    failed = scheduler.find(two_deposits)
    assert failed is not None
    again = scheduler.replay(two_deposits, seed=failed.seed)
    assert again is not None
    assert (again.trace, str(again)) == (failed.trace, str(failed))


def test_choices_replay_the_identical_trace() -> None:
    """A failure found by trying everything is replayed by its choices."""
    first = scheduler.explore(two_deposits).first
    assert first is not None
    assert first.seed is None
    again = scheduler.replay(two_deposits, choices=first.choices)
    assert again is not None
    assert (again.trace, str(again)) == (first.trace, str(first))


def test_a_failure_found_by_seed_is_replayed_by_its_choices_too() -> None:
    """A debugger may want to change one choice of it."""
    failed = scheduler.find(two_deposits)
    assert failed is not None
    again = scheduler.replay(two_deposits, choices=failed.choices)
    assert again is not None
    assert again.trace == failed.trace


def test_the_message_says_what_failed_how_to_replay_it_and_each_step() -> None:
    """Whoever reads a test report needs nothing else."""
    failed = scheduler.find(two_deposits)
    assert failed is not None
    first, *_ = lines = str(failed).splitlines()
    assert first == "two_deposits fails under one schedule: AssertionError: an update was lost"
    assert f"Replay it: scheduler.replay(two_deposits, seed={failed.seed})" in lines
    assert lines[-len(failed.trace) :] == [str(event) for event in failed.trace]


def test_all_schedules_are_counted() -> None:
    """Two workers of five steps have 252 schedules, of which 200 lose an update."""
    explored = scheduler.explore(two_deposits)
    assert (explored.schedules, explored.failing, explored.complete) == (252, 200, True)


def test_all_orders_are_tried_once() -> None:
    """No schedule is left out and none comes twice."""
    orders: list[str] = []

    def scenario(world: World) -> None:
        order: list[str] = []

        async def worker(name: str) -> None:
            order.append(name)
            await Point("between")
            order.append(name)

        world.run([lambda: worker("a"), lambda: worker("b")])
        orders.append("".join(order))

    assert scheduler.check_all(scenario) == 6
    assert sorted(orders) == sorted({"".join(order) for order in itertools.permutations("aabb")})


def test_the_scenarios_own_choices_are_tried_too() -> None:
    """A crash at every await under every schedule is one search."""
    seen: set[int] = set()

    def scenario(world: World) -> None:
        seen.add(world.choose(5))
        two_additions(world)

    assert scheduler.check_all(scenario) == 5 * scheduler.check_all(two_additions)
    assert seen == {0, 1, 2, 3, 4}


def test_a_bound_that_is_reached_is_told() -> None:
    """A search cut short says so instead of claiming a proof."""
    explored = scheduler.explore(two_additions, limit=3)
    assert (explored.schedules, explored.complete) == (3, False)


def test_a_proof_needs_all_schedules() -> None:
    """Requiring that all hold fails if not all were tried."""
    with pytest.raises(scheduler.Incomplete, match="more than 3 schedules"):
        scheduler.check_all(two_additions, limit=3)


def test_check_raises_the_first_failure_with_its_cause() -> None:
    """A test that fails shows the schedule and what went wrong."""
    with pytest.raises(scheduler.Failed) as caught:
        scheduler.check(two_deposits)
    assert isinstance(caught.value.__cause__, AssertionError)


def test_check_all_raises_the_first_failure() -> None:
    """The same for the search through everything."""
    with pytest.raises(scheduler.Failed, match="an update was lost"):
        scheduler.check_all(two_deposits)


def test_a_correct_scenario_passes() -> None:
    """Nothing is found where there is nothing."""
    scheduler.check(two_additions)
    assert scheduler.find(two_additions) is None
    assert scheduler.check_all(two_additions) == 20


def test_a_deadlock_is_a_failure() -> None:
    """Two locks taken in opposite order block each other under some schedules."""

    def scenario(world: World) -> None:
        held: set[str] = set()

        async def take(name: str) -> None:
            await Point(f"lock {name}", ready=lambda: name not in held)
            held.add(name)

        async def worker(first: str, second: str) -> None:
            await take(first)
            await take(second)
            held.clear()

        world.run([lambda: worker("x", "y"), lambda: worker("y", "x")])

    failed = scheduler.explore(scenario).first
    assert failed is not None
    assert isinstance(failed.error, scheduler.Deadlock)


def test_a_scenario_that_keeps_state_is_reported() -> None:
    """What one schedule leaves to the next makes a proof worthless."""
    calls = itertools.count()

    def scenario(world: World) -> None:
        two_additions(world)
        if next(calls) == 1:
            world.choose(2)

    with pytest.raises(scheduler.NotRepeatable, match="did not repeat itself"):
        scheduler.explore(scenario)


def test_a_scenario_whose_choices_change_is_reported() -> None:
    """The same holds if a choice is among more than it was the time before."""
    calls = itertools.count(2)

    with pytest.raises(scheduler.NotRepeatable, match="choice 1 was among 2 before, now among 3"):
        scheduler.explore(lambda world: world.choose(next(calls)))


def test_choices_of_another_scenario_are_reported() -> None:
    """A replay that does not fit says so instead of showing something else."""
    with pytest.raises(scheduler.NotRepeatable):
        scheduler.replay(two_additions, choices=[1] * 30)


def test_a_replay_needs_seed_or_choices() -> None:
    """One of the two, not both and not neither."""
    with pytest.raises(ValueError, match="either"):
        scheduler.replay(two_additions)
