"""One core, two shells: a use case written once, run in both, and interleaved at every await."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol, TypeAlias

import pytest
from attrs import frozen

from visma_busy_sync._core.stepper import lift, step
from visma_busy_sync.testing import scheduler


@frozen
class Versioned:
    version: int
    value: int


class StoreSync(Protocol):
    """A host's store, synchronous."""

    def read(self, key: str) -> Versioned: ...
    def commit(self, key: str, version: int, value: int) -> bool: ...


class Store(Protocol):
    """A host's store as the core sees it."""

    def read(self, key: str) -> Awaitable[Versioned]: ...
    def commit(self, key: str, version: int, value: int) -> Awaitable[bool]: ...


UseCase: TypeAlias = Callable[[Store, str, int], Awaitable[int]]


async def deposit(store: Store, key: str, amount: int) -> int:
    """The use case: add to a value, however many do so at once, and return how much it then was."""
    if amount <= 0:
        raise ValueError("amount must be above 0")
    while True:
        now = await store.read(key)
        if await store.commit(key, now.version, now.value + amount):
            return now.value + amount


async def careless_deposit(store: Store, key: str, amount: int) -> int:
    """The planted bug: it commits over whatever is there by then."""
    now = await store.read(key)
    latest = await store.read(key)
    await store.commit(key, latest.version, now.value + amount)
    return now.value + amount


class Memory:
    """The synchronous store."""

    def __init__(self) -> None:
        self.rows: dict[str, Versioned] = {}

    def read(self, key: str) -> Versioned:
        return self.rows.get(key, Versioned(0, 0))

    def commit(self, key: str, version: int, value: int) -> bool:
        if self.read(key).version != version:
            return False
        self.rows[key] = Versioned(version + 1, value)
        return True


class AsyncMemory:
    """The asynchronous store; it does give way to others."""

    def __init__(self) -> None:
        self.memory = Memory()

    async def read(self, key: str) -> Versioned:
        await asyncio.sleep(0)
        return self.memory.read(key)

    async def commit(self, key: str, version: int, value: int) -> bool:
        await asyncio.sleep(0)
        done = self.memory.commit(key, version, value)
        await asyncio.sleep(0)
        return done


class LiftedStore:
    """The synchronous shell's adapter."""

    def __init__(self, port: StoreSync) -> None:
        self.read = lift(port.read)
        self.commit = lift(port.commit)


class GatedStore:
    """The scheduler's adapter."""

    def __init__(self, port: StoreSync) -> None:
        self.read = scheduler.gate(port.read, "read")
        self.commit = scheduler.gate(port.commit, "commit")


def in_the_synchronous_shell(amounts: list[int]) -> tuple[list[int], dict[str, Versioned]]:
    memory = Memory()
    store = LiftedStore(memory)
    return [step(deposit, store, "account", amount) for amount in amounts], memory.rows


async def in_the_asynchronous_shell(amounts: list[int]) -> tuple[list[int], dict[str, Versioned]]:
    store = AsyncMemory()
    return [await deposit(store, "account", amount) for amount in amounts], store.memory.rows


@pytest.mark.anyio
@pytest.mark.parametrize("amounts", [[], [5], [1, 2, 3]], ids=["none", "one", "three"])
async def test_both_shells_give_the_same_results(amounts: list[int]) -> None:
    """Values returned and rows stored are equal."""
    assert in_the_synchronous_shell(amounts) == await in_the_asynchronous_shell(amounts)


@pytest.mark.anyio
async def test_both_shells_raise_the_same_error() -> None:
    """Type and text are equal."""
    with pytest.raises(ValueError, match="above 0") as stepped:
        in_the_synchronous_shell([0])
    with pytest.raises(ValueError, match="above 0") as awaited:
        await in_the_asynchronous_shell([0])
    assert stepped.value.args == awaited.value.args


@pytest.mark.anyio
async def test_twenty_tasks_lose_nothing() -> None:
    """In the asynchronous shell copies of the use case run at once."""
    store = AsyncMemory()
    await asyncio.gather(*(deposit(store, "account", 1) for _ in range(20)))
    assert store.memory.rows["account"] == Versioned(20, 20)


def two_copies(use_case: UseCase) -> scheduler.Scenario:
    def scenario(world: scheduler.World) -> None:
        memory = Memory()
        store = GatedStore(memory)

        async def copy(amount: int) -> int:
            return await use_case(store, "account", amount)

        result = world.run({"one": partial(copy, 1), "two": partial(copy, 2)})
        assert memory.rows["account"].value == 3
        assert max(result.values.values()) == 3

    return scenario


def test_the_planted_lost_update_is_found_and_replayed() -> None:
    """A seed finds it, the message names the seed, and the seed gives the identical steps again."""
    careless = two_copies(careless_deposit)
    failed = scheduler.find(careless)
    assert failed is not None
    assert f"seed={failed.seed}" in str(failed)
    again = scheduler.replay(careless, seed=failed.seed)
    assert again is not None
    assert again.trace == failed.trace


def test_the_use_case_loses_nothing_under_all_schedules() -> None:
    """Two copies, interleaved at every await before and after each effect, always add up."""
    assert scheduler.check_all(two_copies(deposit)) > 252


def test_the_search_through_everything_finds_the_planted_bug_too() -> None:
    """So that the proof above is known to see this kind of mistake."""
    assert scheduler.explore(two_copies(careless_deposit), limit=5_000).failing > 0


class Orders:
    """A remote register that takes a POST without asking whether it is the second."""

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.post = scheduler.gate(self.posted.append, "post")
        self.search = scheduler.gate(lambda mark: mark in self.posted, "search")


def pushed_again_after_a_crash(*, search_first: bool) -> scheduler.Scenario:
    def scenario(world: scheduler.World) -> None:
        orders = Orders()
        done: set[str] = set()
        write_done = scheduler.gate(done.add, "write done")

        async def push() -> None:
            if "order" in done:
                return
            if not (search_first and await orders.search("order")):
                await orders.post("order")
            await write_done("order")

        world.run({"push": push}, crash={"push": 1 + world.choose(7)})
        world.run({"push again": push})
        assert orders.posted == ["order"]

    return scenario


def test_a_blind_resend_duplicates_after_some_crashes() -> None:
    """A crash between effect and record leaves an outcome nobody knows."""
    assert scheduler.explore(pushed_again_after_a_crash(search_first=False)).failing == 2


def test_searching_first_never_duplicates() -> None:
    """Crashed at any await, the next run finds what was sent."""
    assert scheduler.check_all(pushed_again_after_a_crash(search_first=True)) == 7
