"""Workers that come at once, and workers that die: every use case under many orders of its steps."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

from visma_busy_sync._core.stepper import step
from visma_busy_sync._core.world import Permit
from visma_busy_sync.eaccounting.errors import ReconnectNeeded
from visma_busy_sync.integration import (
    ConnectionChanged,
    LoginOutcome,
    LoginResult,
    NotConnected,
    SyncReport,
    SyncRunning,
    WrongCompany,
    _connecting,
    _connection,
    _pushing,
    _recovering,
    _resolving,
    _syncing,
    _withdrawing,
)
from visma_busy_sync.integration._alone import LEASE_LASTS
from visma_busy_sync.integration._site import Site
from visma_busy_sync.orders import EntryTaken, OrderBeingSent, OrderOutcomeUnknown, State, entry_from_json
from visma_busy_sync.ports import LiftedStateStore, Write
from visma_busy_sync.state import (
    ARCHIVE_MISSING_SCHEMA,
    CONNECTION,
    CONNECTION_SCHEMA,
    StoreBusy,
    archive_missing_key,
    holders,
    order_key,
    tokens_key,
)
from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore
from visma_busy_sync.sync import Change, Kind, Outcome, Refused, Value, linked_ids
from visma_busy_sync.testing import scheduler

from .fake import (
    COMPANY,
    LOGIN,
    GatedCatalogue,
    NoLimit,
    Upstream,
    connected,
    connection_in,
    order,
    site,
    tokens_in,
)
from .office import ACME, SESSION

SEEDS = range(250)

Workers: TypeAlias = dict[str, Callable[[], Coroutine[Any, Any, Any]]]


def both(**workers: Callable[[], Coroutine[Any, Any, Any]]) -> Workers:
    """Workers that return different things."""
    return workers


def state_of(state: MemoryStateStore, id: str) -> State | None:
    found = state.read(ACME, [order_key(id)]).get(order_key(id))
    return entry_from_json(found.body).state if found else None


def claims_in(state: MemoryStateStore) -> dict[str, str]:
    return holders({found.key: found.document.body for found in state.scan("claim/", ACME)})


# Orders


def test_two_that_push_the_same_order_at_once_send_it_once() -> None:
    """The other one hears of the draft, or that it is being sent; never an inner error of the ledger."""
    endings: set[str] = set()

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        made = site(world, upstream, state)
        push = functools.partial(_pushing.push, made, ACME, order("o", "h1"))
        result = world.run([push, push], expected=OrderBeingSent)
        assert len(upstream.orders) == 1
        assert state_of(state, "o") is State.TRANSFERRED
        assert len(result.values) >= 1
        assert sum(not transfer.repeated for transfer in result.values.values()) == 1
        assert claims_in(state) == {"entry:h1": "o"}
        endings.add("both" if len(result.values) == 2 else "one")

    scheduler.check(scenario, SEEDS)
    assert endings == {"both", "one"}


def test_three_that_push_the_same_order_send_it_once() -> None:
    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        made = site(world, upstream, state)
        push = functools.partial(_pushing.push, made, ACME, order("o", "h1"))
        world.run([push] * 3, expected=OrderBeingSent)
        assert len(upstream.orders) == 1

    scheduler.check(scenario, range(100))


def test_of_two_orders_with_a_shared_entry_one_wins() -> None:
    winners: set[str] = set()

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        made = site(world, upstream, state)
        orders = {"a": order("a", "h1", "h2"), "b": order("b", "h2", "h3")}
        workers = {id: functools.partial(_pushing.push, made, ACME, orders[id]) for id in orders}
        result = world.run(workers, expected=EntryTaken)
        ((winner, _),) = result.values.items()
        (loser,) = result.errors.values()
        assert isinstance(loser, EntryTaken)
        assert loser.taken == {"entry:h2": winner}
        assert len(upstream.orders) == 1
        assert claims_in(state) == dict.fromkeys(orders[winner].claims, winner)
        winners.add(winner)

    scheduler.check(scenario, SEEDS)
    assert winners == {"a", "b"}


def test_two_orders_without_a_shared_entry_are_both_sent() -> None:
    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        made = site(world, upstream, state)
        orders = [order("a", "h1"), order("b", "h2")]
        world.run([functools.partial(_pushing.push, made, ACME, each) for each in orders])
        assert len(upstream.orders) == 2

    scheduler.check(scenario, range(100))


POINTS = 60
"""More than a push has."""

WITHDRAWAL_POINTS = 50
"""More than a withdrawal has."""


def test_a_push_that_crashes_at_any_await_never_bills_twice() -> None:
    """Afterwards the order is sent if it surely was not, and else never again by itself."""
    seen: set[State | None] = set()

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        made = site(world, upstream, state)
        push = functools.partial(_pushing.push, made, ACME, order("o", "h1"))
        world.run({"first": push}, crash={"first": 1 + world.choose(POINTS)})
        seen.add(state_of(state, "o"))
        after = world.run({"second": push}, expected=OrderOutcomeUnknown)
        if "second" in after.errors:
            assert state_of(state, "o") is State.SENDING
            assert len(upstream.orders) <= 1
        else:
            assert state_of(state, "o") is State.TRANSFERRED
            assert len(upstream.orders) == 1

    assert scheduler.check_all(scenario) == POINTS
    assert seen == {None, State.RESERVED, State.SENDING, State.TRANSFERRED}


def test_a_push_that_is_cancelled_at_any_await_says_what_became_of_it() -> None:
    """Before the transport has it: it was not sent, and can be. While the transport has it: unknown."""
    seen: set[tuple[State | None, int]] = set()

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        made = site(world, upstream, state)
        push = functools.partial(_pushing.push, made, ACME, order("o", "h1"))
        world.run({"first": push}, cancel={"first": 1 + world.choose(POINTS)})
        was = state_of(state, "o")
        seen.add((was, len(upstream.orders)))
        after = world.run({"second": push}, expected=OrderOutcomeUnknown)
        assert ("second" in after.errors) == (was is State.OUTCOME_UNKNOWN)
        if was is not State.OUTCOME_UNKNOWN:
            assert (state_of(state, "o"), len(upstream.orders)) == (State.TRANSFERRED, 1)

    assert scheduler.check_all(scenario) >= POINTS  # what runs to its end may do so before or after
    assert seen == {
        (None, 0),
        (State.RESERVED, 0),
        (State.OUTCOME_UNKNOWN, 0),
        (State.OUTCOME_UNKNOWN, 1),
        (State.TRANSFERRED, 1),
    }


def test_a_push_that_dies_beside_another_never_bills_twice() -> None:
    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        made = site(world, upstream, state)
        push = functools.partial(_pushing.push, made, ACME, order("o", "h1"))
        world.run(
            {"dying": push, "other": push},
            crash={"dying": 1 + world.choose(POINTS)},
            expected=OrderOutcomeUnknown,
        )
        assert len(upstream.orders) <= 1
        world.run({"later": push}, expected=OrderOutcomeUnknown)
        assert len(upstream.orders) <= 1
        if not upstream.orders:
            assert state_of(state, "o") is State.SENDING  # never lost: it says that nobody knows

    scheduler.check(scenario, range(400))


def test_a_withdrawal_that_crashes_at_any_await_is_carried_on() -> None:
    """Hours are free exactly when the draft is gone, however often and by whomever it is carried on."""
    seen: set[State | None] = set()

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        made = site(world, upstream, state)
        world.run([functools.partial(_pushing.push, made, ACME, order("o", "h1"))])
        withdraw = functools.partial(_withdrawing.withdraw, made, ACME, "o")
        world.run({"first": withdraw}, crash={"first": 1 + world.choose(WITHDRAWAL_POINTS)})
        seen.add(state_of(state, "o"))
        assert claims_in(state) or not upstream.orders
        recover = functools.partial(_recovering.recover, made, ACME)
        world.clock.advance(660)
        world.run([recover, recover])
        assert state_of(state, "o") is (State.WITHDRAWN if not upstream.orders else State.TRANSFERRED)
        assert bool(claims_in(state)) == bool(upstream.orders)

    scheduler.check(scenario, range(400))
    assert seen == {State.TRANSFERRED, State.WITHDRAWING, State.WITHDRAWN}


def test_two_that_withdraw_at_once_delete_it_once_and_free_it_once() -> None:
    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        made = site(world, upstream, state)
        world.run([functools.partial(_pushing.push, made, ACME, order("o", "h1"))])
        withdraw = functools.partial(_withdrawing.withdraw, made, ACME, "o")
        world.run([withdraw, withdraw], expected=StoreBusy)
        assert (upstream.orders, state_of(state, "o"), claims_in(state)) == ([], State.WITHDRAWN, {})

    scheduler.check(scenario, SEEDS)


def test_a_recovery_beside_a_push_takes_nothing_from_it() -> None:
    """The push may still be at its POST; what it writes down stands."""

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        made = site(world, upstream, state)
        push = functools.partial(_pushing.push, made, ACME, order("o", "h1"))
        recover = functools.partial(_recovering.recover, made, ACME)
        world.run(both(push=push, first=recover, second=recover))
        assert (state_of(state, "o"), len(upstream.orders)) == (State.TRANSFERRED, 1)

    scheduler.check(scenario, SEEDS)


class StallsAt(NoLimit):
    """A budget of calls whose worker stalls before the POST, or after it: the two reads before it pass."""

    def __init__(self, world: scheduler.World, *, before: bool) -> None:
        self._world, self._before, self._calls = world, before, 0

    async def acquire(self, key: str, *, patience: float) -> Permit:
        self._calls += 1
        await self._stall(when=self._before)
        return Permit(key, 0.0)

    async def release(self, permit: Permit) -> None:
        await self._stall(when=not self._before)

    async def _stall(self, *, when: bool) -> None:
        if when and self._calls == 3:
            await self._world.runtime.sleep(3600)


@pytest.mark.parametrize("before", [True, False], ids=["before the POST", "after it"])
def test_a_slow_push_that_was_given_up_never_bills_twice(before: bool) -> None:
    """A worker stalls for longer than any deadline, and recovery takes the order out of its hands."""

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        healthy = site(world, upstream, state)
        slow = attrs.evolve(healthy, limiter=StallsAt(world, before=before))

        async def later() -> None:
            await world.runtime.sleep(1800)
            await _recovering.recover(healthy, ACME)

        push = functools.partial(_pushing.push, slow, ACME, order("o", "h1"))
        result = world.run(both(push=push, later=later), expected=OrderOutcomeUnknown)
        assert isinstance(result.errors["push"], OrderOutcomeUnknown)
        expected = (State.OUTCOME_UNKNOWN, 0) if before else (State.TRANSFERRED, 1)
        assert (state_of(state, "o"), len(upstream.orders)) == expected

    scheduler.check(scenario, range(50))


class StoresSlowly:
    """A store whose answer that an order is being sent comes after an hour."""

    def __init__(self, world: scheduler.World, memory: MemoryStateStore) -> None:
        lifted = LiftedStateStore(memory)
        self._world, self._commit = world, lifted.commit
        self.read, self.scan = lifted.read, lifted.scan

    async def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        made = await self._commit(tenant, writes)
        if any('"event":"send"' in (write.body or "") for write in writes):
            await self._world.runtime.sleep(3600)
        return made


def test_a_push_that_is_held_up_before_its_post_does_not_send_what_a_person_had_sent_again() -> None:
    """The time that its POST may take counts from when it was written down, whoever was slow since."""

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        healthy = site(world, upstream, state)
        slow = site(world, upstream, state, store=StoresSlowly(world, state))

        async def given_up() -> None:
            for _ in range(2):
                await world.runtime.sleep(900)
                await _recovering.recover(healthy, ACME)
            assert upstream.orders == []
            await _resolving.resolve(healthy, ACME, "o", send_again=True)
            await _pushing.push(healthy, ACME, order("o", "h1"))

        push = functools.partial(_pushing.push, slow, ACME, order("o", "h1"))
        result = world.run(both(push=push, given_up=given_up), expected=OrderOutcomeUnknown)
        assert isinstance(result.errors["push"], OrderOutcomeUnknown)
        assert (state_of(state, "o"), len(upstream.orders)) == (State.TRANSFERRED, 1)

    scheduler.check(scenario, range(20))


# Logins


def test_two_that_complete_the_same_login_exchange_the_code_once() -> None:
    """A user who loads the page again, at whatever moment, is told that it is done or being done."""
    others: set[LoginOutcome] = set()

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        made = site(world, upstream, state)
        login = completing(made, begun(made, state))
        result = world.run([login, login])
        outcomes = sorted(each.outcome for each in result.values.values())
        assert outcomes.count(LoginOutcome.CONNECTED) == 1
        others.update(each for each in outcomes if each is not LoginOutcome.CONNECTED)
        assert len(upstream.codes) == 1
        assert set(tokens_in(state)) == {connection_in(state).login_id}

    scheduler.check(scenario, SEEDS)
    assert LoginOutcome.IN_PROGRESS in others
    assert others <= {LoginOutcome.ALREADY_CONNECTED, LoginOutcome.IN_PROGRESS}


def begun(made: Site, state: MemoryStateStore) -> str:
    """A login that was begun before, and the callback of it."""
    plain = attrs.evolve(made, state=LiftedStateStore(state))
    url = step(_connecting.connect, plain, ACME, project_sync=True, session=SESSION)
    return f"https://b.example/cb?code=the-code&state={parse_qs(urlsplit(url).query)['state'][0]}"


def completing(made: Site, callback: str) -> Callable[[], Coroutine[Any, Any, LoginResult]]:
    return functools.partial(_connecting.complete_login, made, ACME, callback, session=SESSION)


def works(state: MemoryStateStore) -> bool:
    """Whether there is a connection whose tokens are there and were not refused, and no other tokens."""
    connection, stored = connection_in(state), tokens_in(state)
    if not connection.connected:
        assert stored == {}
        return False
    assert set(stored) == {connection.login_id}
    return not stored[connection.login_id].refused


def test_a_login_that_dies_at_any_await_can_be_made_again() -> None:
    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        busy = MemoryCatalogue()
        own = busy.add(ACME, Kind.PROJECT, name="Own")
        made = site(world, upstream, state, busy)
        login = completing(made, begun(made, state))
        world.run({"dying": login}, crash={"dying": 1 + world.choose(40)})
        again = site(world, upstream, state, busy)
        result = world.run({"retry": completing(again, begun(again, state))})
        assert result.values["retry"].outcome is LoginOutcome.CONNECTED
        assert works(state)
        world.run({"sync": functools.partial(_syncing.sync, again, ACME)})
        assert busy.get(ACME, Kind.PROJECT, own).values["archived"] is False  # nothing came: D12

    assert scheduler.check_all(scenario) == 40


def test_a_sync_that_ends_during_a_login_does_not_lose_it() -> None:
    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        upstream.project("1", "House")
        connected(state)
        made = site(world, upstream, state)
        sync = functools.partial(_syncing.sync, made, ACME)
        world.run(
            both(login=completing(made, begun(made, state)), sync=sync),
            expected=(ReconnectNeeded, ConnectionChanged),
        )
        assert works(state)
        world.run({"after": sync})

    scheduler.check(scenario, SEEDS)


def test_a_late_refusal_of_the_old_login_does_not_mark_the_new_one_dead() -> None:
    """The old login's refresh is refused while a new login is made: the new one stands."""

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        upstream.dead.add("access-0")
        connected(state)
        made = site(world, upstream, state)
        sync = functools.partial(_syncing.sync, made, ACME)
        world.run(
            both(login=completing(made, begun(made, state)), sync=sync),
            expected=(ReconnectNeeded, ConnectionChanged),
        )
        # The login ends after it is written down, so the mark of the old one never covers it.
        assert works(state)
        world.run({"after": sync})

    scheduler.check(scenario, SEEDS)


def test_a_sync_finds_a_good_login_as_soon_as_it_finds_the_connection() -> None:
    """Connection and tokens are one commit, so that nobody takes a new login for a dead one."""

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        upstream.project("1", "House")
        made = site(world, upstream, state)

        async def waiting() -> SyncReport:
            while True:
                with contextlib.suppress(NotConnected):
                    return await _syncing.sync(made, ACME)

        result = world.run(both(login=completing(made, begun(made, state)), sync=waiting))
        assert result.values["login"].connected
        assert result.values["sync"].applied
        assert works(state)

    scheduler.check(scenario, SEEDS)


def test_another_process_syncs_with_the_login_that_was_made_here() -> None:
    """The store is all that they share."""

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        made, other = site(world, upstream, state), site(world, upstream, state)
        sync = functools.partial(_syncing.sync, other, ACME)
        world.run(
            both(login=completing(made, begun(made, state)), sync=sync),
            expected=(ReconnectNeeded, ConnectionChanged),
        )
        assert works(state)
        world.run({"late": sync})
        world.run({"own": functools.partial(_syncing.sync, made, ACME)})

    scheduler.check(scenario, SEEDS)


def test_of_two_logins_and_a_disconnection_one_has_the_say() -> None:
    """Whatever the order: what is connected has tokens, and nothing else has any."""
    seen: set[bool] = set()

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        made = site(world, upstream, state)

        async def anew() -> None:
            url = await _connecting.connect(made, ACME, project_sync=True, session=SESSION)
            query = parse_qs(urlsplit(url).query)
            back = f"https://b.example/cb?code=another&state={query['state'][0]}"
            await _connecting.complete_login(made, ACME, back, session=SESSION)

        leave = functools.partial(_connection.disconnect, made, ACME)
        first = completing(made, begun(made, state))
        world.run(both(one=first, two=anew, leave=leave), expected=NotConnected)
        seen.add(works(state))

    scheduler.check(scenario, range(400))
    assert seen == {True, False}


def test_disconnecting_during_a_login_leaves_no_tokens_behind() -> None:
    """A login that was begun before is void then; its tokens are ended at Visma."""

    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        made = site(world, upstream, state)
        leave = functools.partial(_connection.disconnect, made, ACME)
        result = world.run(both(login=completing(made, begun(made, state)), leave=leave))
        assert not works(state)
        if result.values["login"].outcome is LoginOutcome.NOT_THIS_LOGIN and upstream.codes:
            assert len(upstream.revoked) == 2

    scheduler.check(scenario, SEEDS)


def test_tokens_of_another_login_are_never_used() -> None:
    """What a process knows of a former company's login is of no use."""
    state, upstream = MemoryStateStore(), Upstream()
    connected(state)
    made = site(scheduler.World(), upstream, state, store=LiftedStateStore(state))
    connected(state, login_id="made elsewhere")
    key = tokens_key("made elsewhere")
    assert state.commit(ACME, [Write(key, 1, None)])
    with pytest.raises(ReconnectNeeded):
        step(_pushing.push, made, ACME, order("o", "h1"))
    assert upstream.orders == []


# Sync


def small_world() -> tuple[Upstream, MemoryCatalogue, MemoryStateStore]:
    """Two customers, three projects; Busy has one of the projects, and one of its own."""
    upstream, busy, state = Upstream(), MemoryCatalogue(), MemoryStateStore()
    fjord = upstream.customer("1", "Fjord AS")
    upstream.customer("2", "Fjell AS")
    upstream.project("1", "House", fjord)
    upstream.project("2", "Hut", fjord, finished=True)
    busy.add(ACME, Kind.PROJECT, number="1", name="HOUSE", notes="Mine")
    busy.add(ACME, Kind.PROJECT, number="9", name="Own")
    connected(state)
    return upstream, busy, state


def candidates(world: scheduler.World, made: Site, state: MemoryStateStore) -> None:
    """Write down what may be archived, as the login does."""
    world.run({"login": completing(made, begun(made, state))})


def picture(busy: MemoryCatalogue) -> list[tuple[Kind, Mapping[str, Value]]]:
    """What Busy has, with customers by name instead of an id that depends on the order of steps."""
    customers = {record.id: record.values["name"] for record in busy.load(ACME, Kind.CUSTOMER)}
    return sorted(
        (
            (kind, {**record.values, "customer": customers.get(str(record.values.get("customer")))})
            for kind in Kind
            for record in busy.load(ACME, kind)
        ),
        key=repr,
    )


AWAITS = 160
"""More than a sync of the small world has."""


def test_a_sync_that_dies_at_any_await_converges_when_it_is_run_again() -> None:
    """Each record is old or new; nothing is lost, nothing comes twice, and archiving still happens."""
    upstream, busy, state = small_world()
    world = scheduler.World()
    made = site(world, upstream, state, busy)
    candidates(world, made, state)
    world.run({"sync": functools.partial(_syncing.sync, made, ACME)})
    whole = picture(busy)
    assert [values["archived"] for _, values in whole if values["name"] == "Own"] == [True]
    died: set[int] = set()

    def scenario(world: scheduler.World) -> None:
        upstream, busy, state = small_world()
        made = site(world, upstream, state, busy)
        candidates(world, made, state)
        sync = functools.partial(_syncing.sync, made, ACME)
        at = 1 + world.choose(AWAITS)
        first = world.run({"dying": sync}, crash={"dying": at})
        if first.errors:
            died.add(at)
            world.clock.advance(LEASE_LASTS.total_seconds())  # its right to sync ends by itself
        world.run({"again": sync})
        assert picture(busy) == whole
        for kind in Kind:
            assert len(linked_ids(COMPANY, busy.load(ACME, kind))) == len(
                upstream.lists[{"customer": "customers", "product": "articles", "project": "projects"}[kind]]
            )
        before = state.scan("")
        last = world.run({"last": sync}).values["last"]
        assert str(last) == "nothing to do"
        assert [found.key for found in state.scan("")] == [found.key for found in before]

    assert scheduler.check_all(scenario) == AWAITS
    assert AWAITS / 2 < len(died) < AWAITS  # every await was tried, and some numbers beyond the last


def test_a_sync_that_began_earlier_never_turns_the_clock_back() -> None:
    """Another process may have synced meanwhile: what is noted is the later reading."""
    upstream, busy, state = small_world()
    world = scheduler.World()
    made = site(world, upstream, state, busy)
    later = made.clock.now() + timedelta(minutes=5)
    noted = {str(kind): later for kind in Kind}
    there = attrs.evolve(connection_in(state), fetched=noted, read=noted)
    version = state.read(ACME, [CONNECTION])[CONNECTION].version
    assert state.commit(ACME, [Write(CONNECTION, version, CONNECTION_SCHEMA.dump(there))])
    world.run({"sync": functools.partial(_syncing.sync, made, ACME)})
    assert connection_in(state).fetched == connection_in(state).read == noted


def test_d13_archiving_does_not_return_for_what_was_decided_later() -> None:
    """After the first sure run only what the host could not yet archive is left of it."""
    upstream, busy, state = small_world()
    twins = [busy.add(ACME, Kind.PROJECT, number="2", name="Hut") for _ in range(2)]
    (own,) = [record.id for record in busy.load(ACME, Kind.PROJECT) if record.values["name"] == "Own"]
    world = scheduler.World()
    made = site(world, upstream, state, busy)
    candidates(world, made, state)

    class Full(GatedCatalogue):
        async def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
            return [
                Refused("an invoice is open")
                if change.id == own
                else (await GatedCatalogue.apply(self, tenant, [change]))[0]
                for change in changes
            ]

    full = attrs.evolve(made, catalogue=Full(busy))
    report = world.run({"first": functools.partial(_syncing.sync, full, ACME)}).values["first"]
    assert [parked.planned.busy_id for parked in report.refused] == [own]
    for twin in twins:
        busy.edit(ACME, Kind.PROJECT, twin, number="77", name="Decided: neither of them")
    world.run({"second": functools.partial(_syncing.sync, made, ACME)})
    flags = [busy.get(ACME, Kind.PROJECT, id).values["archived"] for id in (own, *twins)]
    assert flags == [True, False, False]
    key = archive_missing_key(COMPANY)
    fact = ARCHIVE_MISSING_SCHEMA.load(key, state.read(ACME, [key])[key].body)
    assert (fact.candidates, fact.done_at is not None) == ([], True)


def test_two_syncs_at_once_create_nothing_twice() -> None:
    outcomes: set[int] = set()

    def scenario(world: scheduler.World) -> None:
        upstream, busy, state = small_world()
        made = site(world, upstream, state, busy)
        sync = functools.partial(_syncing.sync, made, ACME)
        result = world.run([sync, sync], expected=SyncRunning)
        outcomes.add(len(result.values))
        assert len(busy.load(ACME, Kind.CUSTOMER)) == 2
        assert len(busy.load(ACME, Kind.PROJECT)) == 3
        world.run({"after": sync})  # it is open again

    scheduler.check(scenario, range(100))
    assert 1 in outcomes


def test_edits_during_a_sync_survive_it() -> None:
    def scenario(world: scheduler.World) -> None:
        upstream, busy, state = small_world()
        made = site(world, upstream, state, busy)
        sync = functools.partial(_syncing.sync, made, ACME)
        world.run({"first": sync})
        (house,) = [r.id for r in busy.load(ACME, Kind.PROJECT) if r.values["number"] == "1"]
        for row in upstream.lists["projects"]:
            row["Name"] += " renamed"
        edit = scheduler.gate(lambda: busy.edit(ACME, Kind.PROJECT, house, name="Edited"), "edit")
        world.run(both(sync=sync, person=edit))
        world.run({"later": sync})
        # Only an edit that came after the change was applied, or before it was planned, is Busy's last word.
        name = busy.get(ACME, Kind.PROJECT, house).values["name"]
        assert name == "Edited"

    scheduler.check(scenario, range(150))


def test_a_tenant_that_goes_to_another_company_during_a_sync_has_nothing_fetched() -> None:
    moved_first: set[bool] = set()

    def scenario(world: scheduler.World) -> None:
        upstream, busy, state = small_world()
        made = site(world, upstream, state, busy)

        def move() -> None:
            there = attrs.evolve(connection_in(state), company_id="other", fetched={})
            version = state.read(ACME, [CONNECTION])[CONNECTION].version
            assert state.commit(ACME, [Write(CONNECTION, version, CONNECTION_SCHEMA.dump(there))])

        workers: Workers = {
            "sync": functools.partial(_syncing.sync, made, ACME),
            "move": scheduler.gate(move, "move"),
        }
        result = world.run(workers, expected=(WrongCompany, ConnectionChanged))
        assert connection_in(state).company_id == "other"
        assert connection_in(state).fetched == {}
        moved_first.add("sync" in result.errors)

    scheduler.check(scenario, range(100))
    assert True in moved_first


def test_disconnecting_during_a_sync_lets_it_end_and_stays_disconnected() -> None:
    def scenario(world: scheduler.World) -> None:
        upstream, busy, state = small_world()
        made = site(world, upstream, state, busy)
        sync = functools.partial(_syncing.sync, made, ACME)
        leave = functools.partial(_connection.disconnect, made, ACME)
        expected = (NotConnected, ReconnectNeeded, ConnectionChanged)
        world.run(both(sync=sync, leave=leave), expected=expected)
        assert not works(state)

    scheduler.check(scenario, SEEDS)


def test_one_source_renews_the_tokens_of_a_login_and_ends_with_it() -> None:
    made = site(scheduler.World(), Upstream(), MemoryStateStore())

    def sources() -> dict[str, Any]:
        return made._sources._kept[ACME]

    made.upstream(ACME, LOGIN)
    first = sources()[LOGIN]
    made.upstream(ACME, LOGIN)
    assert sources()[LOGIN] is first
    for n in range(1, 4):
        made.upstream(ACME, f"login-{n}")
    assert sources()[LOGIN] is first  # it may still be in use
    made.upstream(ACME, "login-4")
    assert set(sources()) == {"login-1", "login-2", "login-3", "login-4"}


def test_two_calls_with_an_ended_token_refresh_once() -> None:
    def scenario(world: scheduler.World) -> None:
        upstream, state = Upstream(), MemoryStateStore()
        connected(state)
        upstream.dead.add("access-0")
        made = site(world, upstream, state)
        plan = functools.partial(_syncing.plan, made, ACME)
        world.run([plan, plan], expected=ReconnectNeeded)
        assert not works(state)
        assert upstream.refreshes == 1

    scheduler.check(scenario, range(100))
