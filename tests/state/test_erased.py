"""An erased document is not there, and its key goes on counting versions."""

from __future__ import annotations

from typing import Any

import pytest

from visma_busy_sync._core.stepper import step
from visma_busy_sync.ports import Found, Versioned, Write
from visma_busy_sync.state import WithoutErased, erasing
from visma_busy_sync.stores import AsyncMemoryStateStore, MemoryStateStore


@pytest.fixture
def memory(store: AsyncMemoryStateStore) -> MemoryStateStore:
    """A store with a document at version 2 that was erased."""
    memory = store.memory
    assert memory.commit("acme", [Write("a", None, "Kari Nordmann")])
    (found,) = memory.scan("a")
    assert memory.commit("acme", [erasing(found)])
    return memory


@pytest.fixture
def without(store: AsyncMemoryStateStore, memory: MemoryStateStore) -> WithoutErased:
    return WithoutErased(store)


def commit(without: WithoutErased, *writes: Write) -> bool:
    return step(without.commit, "acme", writes)


def test_nothing_of_it_is_left_or_found(without: WithoutErased, memory: MemoryStateStore) -> None:
    assert memory.scan("") == [Found("acme", "a", Versioned(2, '{"erased": true}'))]
    assert step(without.read, "acme", ["a"]) == {}
    assert step(without.scan, "") == []


def test_it_is_created_at_its_next_version(without: WithoutErased) -> None:
    assert commit(without, Write("a", None, "new"))
    assert step(without.read, "acme", ["a"]) == {"a": Versioned(3, "new")}


@pytest.mark.parametrize("version", [1, 3])
def test_a_version_from_before_is_not_written_over(without: WithoutErased, version: int) -> None:
    assert not commit(without, Write("a", version, "stale"))
    assert step(without.read, "acme", ["a"]) == {}


def test_what_is_there_is_not_created_again(without: WithoutErased) -> None:
    assert commit(without, Write("a", None, "new"))
    assert not commit(without, Write("a", None, "again"))
    assert step(without.read, "acme", ["a"]) == {"a": Versioned(3, "new")}


def test_all_writes_are_made_or_none(without: WithoutErased) -> None:
    assert not commit(without, Write("a", None, "new"), Write("b", 7, "stale"))
    assert step(without.scan, "") == []
    assert commit(without, Write("a", None, "new"), Write("b", None, "new"))
    found = {each.key: each.document for each in step(without.scan, "")}
    assert found == {"a": Versioned(3, "new"), "b": Versioned(1, "new")}


def test_of_two_that_create_it_at_once_one_does(
    store: AsyncMemoryStateStore, memory: MemoryStateStore
) -> None:
    class Slow:
        """A store in which another one creates the document just before it is looked at."""

        scan = staticmethod(store.scan)
        commit = staticmethod(store.commit)

        async def read(self, tenant: str, keys: Any) -> Any:
            found = await store.read(tenant, keys)
            assert await WithoutErased(store).commit(tenant, [Write("a", None, "other")])
            return found

    assert not commit(WithoutErased(Slow()), Write("a", None, "mine"))
    assert memory.read("acme", ["a"]) == {"a": Versioned(3, "other")}
