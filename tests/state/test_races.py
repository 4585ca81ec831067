"""Documents under many workers, every order of their steps tried."""

from __future__ import annotations

import functools

import attrs
import pytest

from visma_busy_sync._core.stepper import step
from visma_busy_sync.ports import AsyncStateStore, Versioned, Write
from visma_busy_sync.state import (
    Schema,
    claim_document_key,
    claim_writes,
    holders,
    installation_id,
    order_key,
    update,
)
from visma_busy_sync.stores import AsyncMemoryStateStore, MemoryStateStore
from visma_busy_sync.testing import scheduler


class Gated:
    """A state store with a point before and after every effect."""

    def __init__(self, memory: MemoryStateStore) -> None:
        self.read = scheduler.gate(memory.read, "read")
        self.scan = scheduler.gate(memory.scan, "scan")
        self.commit = scheduler.gate(memory.commit, "commit")


@attrs.frozen
class Names:
    names: list[str]


NAMES = Schema(Names)


async def add(store: AsyncStateStore, name: str) -> None:
    await update(store, "acme", "names", NAMES, lambda kept: Names([*(kept.names if kept else []), name]))


def names_in(memory: MemoryStateStore) -> list[str]:
    return NAMES.load("names", memory.read("acme", ["names"])["names"].body).names


def test_no_update_of_two_workers_is_lost() -> None:
    def scenario(world: scheduler.World) -> None:
        memory = MemoryStateStore()
        store = Gated(memory)
        world.run([functools.partial(add, store, name) for name in ("a", "b")])
        assert sorted(names_in(memory)) == ["a", "b"]

    assert scheduler.check_all(scenario) > 100


def test_no_update_of_four_workers_is_lost() -> None:
    def scenario(world: scheduler.World) -> None:
        memory = MemoryStateStore()
        store = Gated(memory)
        world.run([functools.partial(add, store, name) for name in "abcd"])
        assert sorted(names_in(memory)) == ["a", "b", "c", "d"]

    scheduler.check(scenario, range(300))


@pytest.mark.parametrize("crash", range(1, 9))
def test_a_crash_makes_an_update_whole_or_not_at_all(crash: int) -> None:
    def scenario(world: scheduler.World) -> None:
        memory = MemoryStateStore()
        store = Gated(memory)
        workers = {name: functools.partial(add, store, name) for name in ("a", "b")}
        world.run(workers, crash={"a": crash})
        assert sorted(names_in(memory)) in (["a", "b"], ["b"])

    scheduler.check(scenario, range(60))


def test_two_that_start_at_once_get_one_installation_id() -> None:
    def scenario(world: scheduler.World) -> None:
        store = Gated(MemoryStateStore())
        result = world.run([functools.partial(installation_id, store, fresh) for fresh in ("one", "two")])
        assert len(set(result.values.values())) == 1

    assert scheduler.check_all(scenario) > 100


def test_the_installation_id_stays_and_belongs_to_no_tenant() -> None:
    store = AsyncMemoryStateStore()
    assert step(installation_id, store, "one") == "one"
    assert step(installation_id, store, "two") == "one"
    assert [(found.tenant, found.key) for found in store.memory.scan("")] == [("", "installation")]


def claim(memory: MemoryStateStore, order_id: str | None, *claims: str) -> bool:
    stored = memory.read("acme", [claim_document_key(each) for each in claims])
    return memory.commit("acme", claim_writes(claims, stored, order_id=order_id))


def held(memory: MemoryStateStore) -> dict[str, str]:
    return holders({found.key: found.document.body for found in memory.scan("claim/", "acme")})


def test_claims_say_who_holds_them() -> None:
    memory = MemoryStateStore()
    assert claim(memory, "o1", "entry:1", "expense:1")
    assert claim(memory, "o2", "entry:2")
    assert held(memory) == {"entry:1": "o1", "expense:1": "o1", "entry:2": "o2"}


def test_a_freed_claim_is_overwritten_and_counts_on() -> None:
    memory = MemoryStateStore()
    assert claim(memory, "o1", "entry:1")
    assert claim(memory, None, "entry:1")
    assert held(memory) == {}
    assert claim(memory, "o2", "entry:1")
    assert memory.read("acme", ["claim/entry:1"])["claim/entry:1"].version == 3


def test_a_claim_that_was_taken_meanwhile_stops_the_commit() -> None:
    memory = MemoryStateStore()
    writes = claim_writes(("entry:1", "entry:2"), {}, order_id="o1")
    assert claim(memory, "o2", "entry:2")
    assert not memory.commit("acme", writes)
    assert held(memory) == {"entry:2": "o2"}


def test_writes_expect_the_version_that_was_read() -> None:
    stored = {"claim/entry:1": Versioned(4, "...")}
    writes = claim_writes(("entry:1", "entry:2"), stored, order_id="o")
    assert [(write.key, write.expected) for write in writes] == [
        ("claim/entry:1", 4),
        ("claim/entry:2", None),
    ]
    assert all(isinstance(write, Write) for write in writes)


def test_keys_tell_orders_and_claims_apart() -> None:
    assert order_key("claim/entry:1") != claim_document_key("entry:1")
