"""What is told when workers come at once, die or are cancelled: nothing twice, and only what is stored."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any

from visma_busy_sync.eaccounting.errors import ReconnectNeeded
from visma_busy_sync.integration import (
    TenantEvent,
    _connection,
    _pushing,
    _recovering,
    _syncing,
    _withdrawing,
)
from visma_busy_sync.orders import OrderBeingSent, OrderOutcomeUnknown, State
from visma_busy_sync.stores import MemoryStateStore
from visma_busy_sync.testing import scheduler

from .fake import Upstream, connected, order, site
from .office import ACME
from .test_races import POINTS, WITHDRAWAL_POINTS, state_of

SEEDS = range(150)


class Ear:
    """Hears with a point before and after, at which its worker may die; and sees what is stored by then."""

    def __init__(self, state: MemoryStateStore) -> None:
        self.names: list[str] = []
        self._state = state

    async def hear(self, name: str, event: TenantEvent) -> None:
        state: Any = getattr(event, "state", None)
        if state is not None:
            assert state_of(self._state, "o") is state, "it is told before it is stored"
        await scheduler.Point("before it is heard")
        self.names.append(name)
        await scheduler.Point("after it is heard")


def test_of_several_that_push_an_order_at_once_one_tells_it() -> None:
    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        ear = Ear(state)
        sites = [site(world, upstream, state, hear=ear.hear) for _ in range(2)]
        pushes = [
            functools.partial(_pushing.push, each, ACME, order("o", "h1")) for each in (*sites, sites[0])
        ]
        world.run(pushes, expected=OrderBeingSent)
        assert ear.names == ["on_transferred"]

    scheduler.check(scenario, SEEDS)


def test_a_push_that_crashes_at_any_await_tells_what_it_stored_once_or_never() -> None:
    seen: set[tuple[State | None, int]] = set()

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        ear = Ear(state)
        made = site(world, upstream, state, hear=ear.hear)
        push = functools.partial(_pushing.push, made, ACME, order("o", "h1"))
        world.run({"first": push}, crash={"first": 1 + world.choose(POINTS)})
        was = state_of(state, "o")
        seen.add((was, len(ear.names)))
        again = functools.partial(
            _pushing.push, site(world, upstream, state, hear=ear.hear), ACME, order("o", "h1")
        )
        world.run({"second": again}, expected=OrderOutcomeUnknown)
        if was is not State.TRANSFERRED:
            assert len(ear.names) == (state_of(state, "o") is State.TRANSFERRED)
        assert ear.names in ([], ["on_transferred"])

    scheduler.check_all(scenario)
    assert {(State.TRANSFERRED, 0), (State.TRANSFERRED, 1), (State.SENDING, 0)} <= seen


def test_a_push_that_is_cancelled_at_any_await_tells_what_became_of_it() -> None:
    """Who was cancelled does not hear of it; the listener does."""
    seen: set[tuple[State | None, int]] = set()

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        ear = Ear(state)
        made = site(world, upstream, state, hear=ear.hear)
        push = functools.partial(_pushing.push, made, ACME, order("o", "h1"))
        world.run({"first": push}, cancel={"first": 1 + world.choose(POINTS)})
        was = state_of(state, "o")
        seen.add((was, len(ear.names)))
        assert len(ear.names) == (was is State.TRANSFERRED)
        world.run({"second": push}, expected=OrderOutcomeUnknown)
        assert len(ear.names) == (state_of(state, "o") is State.TRANSFERRED)

    assert scheduler.check_all(scenario) >= POINTS
    assert {(State.TRANSFERRED, 1), (State.OUTCOME_UNKNOWN, 0), (State.RESERVED, 0)} <= seen


def test_a_withdrawal_that_is_carried_on_by_several_is_told_once() -> None:
    told: set[int] = set()

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        ear = Ear(state)
        made = site(world, upstream, state)
        world.run([functools.partial(_pushing.push, made, ACME, order("o", "h1"))])
        made = site(world, upstream, state, hear=ear.hear)
        withdraw = functools.partial(_withdrawing.withdraw, made, ACME, "o")
        world.run({"first": withdraw}, crash={"first": 1 + world.choose(WITHDRAWAL_POINTS)})
        done, heard = state_of(state, "o") is State.WITHDRAWN, len(ear.names)
        world.clock.advance(660)
        others = [site(world, upstream, state, hear=ear.hear) for _ in range(2)]
        world.run([functools.partial(_recovering.recover, each, ACME) for each in others])
        withdrawn = state_of(state, "o") is State.WITHDRAWN
        assert ear.names == ["on_withdrawn"] * (heard if done else int(withdrawn))
        told.add(len(ear.names))

    scheduler.check(scenario, range(300))
    assert told == {0, 1}


def test_what_a_cancelled_call_stored_is_told_by_the_next_one() -> None:
    """Of the same process, whatever that one does; unless it never heard that it was stored."""
    seen: set[tuple[State | None, int]] = set()
    lost: list[int] = []

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        ear = Ear(state)
        world.run([functools.partial(_pushing.push, site(world, upstream, state), ACME, order("o", "h1"))])
        made = site(world, upstream, state, hear=ear.hear)
        withdraw = functools.partial(_withdrawing.withdraw, made, ACME, "o")
        at = 1 + world.choose(WITHDRAWAL_POINTS)
        world.run({"first": withdraw}, cancel={"first": at})
        seen.add((state_of(state, "o"), len(ear.names)))
        world.run({"next": functools.partial(_connection.readiness, made, ACME)})
        assert ear.names in ([], ["on_withdrawn"])
        if len(ear.names) != (state_of(state, "o") is State.WITHDRAWN):
            lost.append(at)

    assert scheduler.check_all(scenario) >= WITHDRAWAL_POINTS
    assert len(set(lost)) == 1, "only in the commit itself"
    assert {(State.WITHDRAWN, 0), (State.WITHDRAWN, 1), (State.WITHDRAWING, 0)} <= seen


def test_of_several_processes_that_find_a_login_dead_one_tells_it() -> None:
    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        upstream.dead.add("access-0")
        ear = Ear(state)
        one, other = (site(world, upstream, state, hear=ear.hear) for _ in range(2))
        finds: list[Callable[[], Coroutine[Any, Any, object]]] = [
            functools.partial(_syncing.sync, one, ACME),
            functools.partial(_connection.readiness, one, ACME),
            functools.partial(_syncing.plan, other, ACME),
        ]
        world.run(finds, expected=ReconnectNeeded)
        assert ear.names == ["on_reconnect_needed"]

    scheduler.check(scenario, SEEDS)


def test_one_that_dies_over_it_is_told_once_or_never() -> None:
    told: set[int] = set()

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        upstream.dead.add("access-0")
        ear = Ear(state)
        one, other = (site(world, upstream, state, hear=ear.hear) for _ in range(2))
        dying = functools.partial(_syncing.plan, one, ACME)
        world.run({"dying": dying}, crash={"dying": 1 + world.choose(40)}, expected=ReconnectNeeded)
        world.clock.advance(660)
        world.run([functools.partial(_syncing.plan, other, ACME)] * 2, expected=ReconnectNeeded)
        assert ear.names in ([], ["on_reconnect_needed"])
        told.add(len(ear.names))

    scheduler.check(scenario, SEEDS)
    assert told == {0, 1}
