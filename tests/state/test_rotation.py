"""A key is changed while work goes on: nothing sealed is lost, whatever ends or comes in between."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.stepper import step
from visma_busy_sync.ports import LiftedStateStore, StateStore, Write
from visma_busy_sync.state import (
    TOKENS_PREFIX,
    TOKENS_SCHEMA,
    FernetSealer,
    NotResealed,
    NotResealedReason,
    Resealed,
    Schema,
    SealedDocuments,
    Tokens,
    reseal,
    tokens_key,
    update,
)
from visma_busy_sync.state._rotation import Renew
from visma_busy_sync.stores import MemoryStateStore
from visma_busy_sync.testing import scheduler

OLD, NEW, LOST = (base64.urlsafe_b64encode(bytes([seed]) * 32).decode() for seed in (1, 2, 3))
BEFORE, BOTH, AFTER = FernetSealer([OLD]), FernetSealer([NEW, OLD]), FernetSealer([NEW])
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOGINS = [("acme", "login-1"), ("acme", "login-2"), ("beta", "login-1")]


Worker = Callable[[], Coroutine[Any, Any, Any]]


@attrs.frozen
class Pair:
    """A document with two sealed texts, of which one may be missing."""

    first: str
    second: str | None = None


PAIR = Schema(Pair)


def renewed_tokens(document: Tokens, tenant: str, key: str, renew: Renew) -> Tokens:
    return attrs.evolve(document, sealed=renew(document.sealed, f"{tenant}/{key}"))


def renewed_pair(document: Pair, tenant: str, key: str, renew: Renew) -> Pair:
    second = None if document.second is None else renew(document.second, f"{tenant}/2")
    return Pair(renew(document.first, f"{tenant}/1"), second)


KINDS: list[SealedDocuments[Any]] = [
    SealedDocuments(TOKENS_PREFIX, TOKENS_SCHEMA, renewed_tokens),
    SealedDocuments("pair", PAIR, renewed_pair),
]


def tokens(sealer: FernetSealer, tenant: str, login: str, text: str, *, generation: str = "g1") -> Tokens:
    sealed = sealer.seal(Secret(text), about=f"{tenant}/{tokens_key(login)}")
    return Tokens(generation=generation, sealed=sealed, expires_at=NOON, refresh_at=NOON)


def put(memory: MemoryStateStore, tenant: str, key: str, body: str) -> None:
    assert memory.commit(tenant, [Write(key, None, body)])


def filled(logins: list[tuple[str, str]] = LOGINS) -> MemoryStateStore:
    memory = MemoryStateStore()
    for tenant, login in logins:
        body = TOKENS_SCHEMA.dump(tokens(BEFORE, tenant, login, f"secret of {tenant} {login}"))
        put(memory, tenant, tokens_key(login), body)
    return memory


def held(memory: MemoryStateStore, tenant: str, login: str) -> Tokens:
    key = tokens_key(login)
    return TOKENS_SCHEMA.load(key, memory.read(tenant, [key])[key].body)


def opened(memory: MemoryStateStore, sealer: FernetSealer, tenant: str, login: str) -> str:
    sealed = held(memory, tenant, login).sealed
    return sealer.open(sealed, about=f"{tenant}/{tokens_key(login)}").reveal()


def assert_all_open(memory: MemoryStateStore, sealer: FernetSealer) -> None:
    for tenant, login in LOGINS:
        assert opened(memory, sealer, tenant, login) == f"secret of {tenant} {login}"


def run(memory: StateStore, sealer: FernetSealer = BOTH) -> Resealed:
    return step(functools.partial(reseal, documents=KINDS), LiftedStateStore(memory), sealer)


def everything(memory: MemoryStateStore) -> dict[tuple[str, str], tuple[int, str]]:
    return {(each.tenant, each.key): (each.document.version, each.document.body) for each in memory.scan("")}


def test_after_resealing_the_old_key_can_go() -> None:
    """All tenants' texts open with the new key alone; nothing else of a document changes."""
    memory = filled()
    before = {login: held(memory, *login) for login in LOGINS}
    report = run(memory)
    assert report == Resealed(resealed=3, unchanged=0, failures=())
    assert report.old_keys_unused
    assert_all_open(memory, AFTER)
    for login in LOGINS:
        after = held(memory, *login)
        assert after.sealed != before[login].sealed
        assert attrs.evolve(after, sealed="") == attrs.evolve(before[login], sealed="")


def test_resealing_again_writes_nothing() -> None:
    memory = filled()
    run(memory)
    before = everything(memory)
    assert run(memory) == Resealed(resealed=0, unchanged=3, failures=())
    assert everything(memory) == before


def test_an_empty_store_has_nothing_to_do() -> None:
    assert run(MemoryStateStore()) == Resealed(resealed=0, unchanged=0, failures=())


def test_a_document_with_several_texts_is_changed_whole() -> None:
    """Texts that are under the new key already stay, the others follow, missing ones stay missing."""
    memory = MemoryStateStore()
    first = BOTH.seal(Secret("one"), about="acme/1")
    put(memory, "acme", "pair", PAIR.dump(Pair(first, BEFORE.seal(Secret("two"), about="acme/2"))))
    put(memory, "beta", "pair", PAIR.dump(Pair(BEFORE.seal(Secret("three"), about="beta/1"))))
    assert run(memory).resealed == 2
    pair = PAIR.load("pair", memory.read("acme", ["pair"])["pair"].body)
    assert pair.first == first
    assert pair.second is not None
    assert AFTER.open(pair.second, about="acme/2").reveal() == "two"
    assert PAIR.load("pair", memory.read("beta", ["pair"])["pair"].body).second is None


def test_keys_that_only_begin_alike_are_left_alone() -> None:
    """A single key is no prefix: `pair` does not mean `pair-of-shoes`."""
    memory = MemoryStateStore()
    put(memory, "acme", "pair-of-shoes", "{}")
    assert run(memory) == Resealed(resealed=0, unchanged=0, failures=())


def test_what_cannot_be_opened_is_left_and_reported_and_the_rest_goes_on() -> None:
    """Each is told by tenant and key, with why and which key is missing; none of its content."""
    memory = filled()
    lost = FernetSealer([LOST])
    put(
        memory,
        "aaa",
        tokens_key("lost"),
        TOKENS_SCHEMA.dump(tokens(lost, "aaa", "lost", "planted")),
    )
    put(
        memory,
        "bbb",
        tokens_key("moved"),
        TOKENS_SCHEMA.dump(tokens(BEFORE, "elsewhere", "moved", "planted")),
    )
    put(memory, "ccc", tokens_key("torn"), '{"schema": 1, "data": {"sealed": "planted"')
    put(memory, "ddd", tokens_key("newer"), '{"schema": 99, "data": {}}')
    left = {each: body for each, body in everything(memory).items() if len(each[0]) == 3}
    report = run(memory)
    assert report == Resealed(
        resealed=3,
        unchanged=0,
        failures=(
            NotResealed("aaa", "tokens/lost", NotResealedReason.KEY_MISSING, fingerprint_of(lost)),
            NotResealed("bbb", "tokens/moved", NotResealedReason.UNSEALABLE),
            NotResealed("ccc", "tokens/torn", NotResealedReason.UNREADABLE),
            NotResealed("ddd", "tokens/newer", NotResealedReason.UNREADABLE),
        ),
    )
    assert {each: everything(memory)[each] for each in left} == left
    assert_all_open(memory, AFTER)
    assert "planted" not in repr(report)
    assert not report.old_keys_unused
    with_all = FernetSealer([NEW, OLD, LOST])
    assert run(memory, with_all).resealed == 1
    assert opened(memory, AFTER, "aaa", "lost") == "planted"


def fingerprint_of(sealer: FernetSealer) -> str:
    return sealer.seal(Secret(""), about="").split(".")[1]


@pytest.mark.parametrize("failure", NotResealedReason)
def test_old_keys_can_go_when_nothing_may_need_them(failure: NotResealedReason) -> None:
    """A lost key and a damaged text do not hold the others back; what was not looked at does."""
    report = Resealed(resealed=0, unchanged=0, failures=(NotResealed("acme", "tokens/x", failure),))
    assert report.old_keys_unused is (
        failure in {NotResealedReason.KEY_MISSING, NotResealedReason.UNSEALABLE}
    )


class Restless:
    """A store in which somebody else always writes first to what is acme's."""

    def __init__(self, memory: MemoryStateStore) -> None:
        self.memory = memory
        self.read = memory.read
        self.scan = memory.scan

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        for write in writes if tenant == "acme" else ():
            found = self.read(tenant, [write.key])[write.key]
            assert self.memory.commit(tenant, [Write(write.key, found.version, found.body)])
        return self.memory.commit(tenant, writes)


def test_a_document_that_others_always_change_is_reported_and_the_rest_goes_on() -> None:
    memory = filled()
    report = run(Restless(memory))
    assert report.resealed == 1
    assert [(each.tenant, each.reason) for each in report.failures] == [("acme", "busy"), ("acme", "busy")]
    assert not report.old_keys_unused
    assert opened(memory, BEFORE, "acme", "login-1") == "secret of acme login-1"


class Gated:
    """A state store with a point before and after every effect."""

    def __init__(self, memory: MemoryStateStore) -> None:
        self.read = scheduler.gate(memory.read, "read")
        self.scan = scheduler.gate(memory.scan, "scan")
        self.commit = scheduler.gate(memory.commit, "commit")


# Two scans and three writes, with a point before and after each.
@pytest.mark.parametrize("crash", range(1, 11))
def test_ended_anywhere_it_is_finished_by_running_it_again(crash: int) -> None:
    """At each moment each text opens with the keys there are; the second run does what is left."""
    ended: list[bool] = []

    def scenario(world: scheduler.World) -> None:
        memory = filled()
        resealing = functools.partial(reseal, Gated(memory), BOTH, documents=KINDS)
        result = world.run({"resealing": resealing}, crash={"resealing": crash})
        ended.append(isinstance(result.errors["resealing"], scheduler.Crash))
        assert_all_open(memory, BOTH)
        done = sum(held(memory, *login).sealed.split(".")[1] in repr(AFTER) for login in LOGINS)
        assert run(memory) == Resealed(resealed=3 - done, unchanged=done, failures=())
        assert_all_open(memory, AFTER)

    scheduler.check(scenario, range(1))
    assert ended == [True]


async def saving(store: Any, sealer: FernetSealer, text: str, generation: str) -> None:
    """Save fresh tokens of acme's first login, as a refresh does."""
    fresh = tokens(sealer, "acme", "login-1", text, generation=generation)
    await update(store, "acme", tokens_key("login-1"), TOKENS_SCHEMA, lambda _: fresh)


@pytest.mark.parametrize("sealer", [BOTH, BEFORE], ids=["a process with both keys", "one with the old key"])
def test_tokens_saved_meanwhile_are_never_overwritten(sealer: FernetSealer) -> None:
    """In every order of steps the fresh tokens stay, and whatever is left is told by a second run."""

    def scenario(world: scheduler.World) -> None:
        memory = filled(LOGINS[:1])
        store = Gated(memory)
        workers: dict[str, Worker] = {
            "resealing": functools.partial(reseal, store, BOTH, documents=KINDS[:1]),
            "saving": functools.partial(saving, store, sealer, "fresh", "g2"),
        }
        result = world.run(workers)
        assert result.values["resealing"].failures == ()  # it looked again where others came first
        assert held(memory, "acme", "login-1").generation == "g2"
        assert opened(memory, BOTH, "acme", "login-1") == "fresh"
        report = run(memory)
        assert report.old_keys_unused
        assert opened(memory, AFTER, "acme", "login-1") == "fresh"

    assert scheduler.check_all(scenario) > 10


@pytest.mark.parametrize("crash", range(1, 9))
def test_a_crash_beside_a_save_loses_neither(crash: int) -> None:
    def scenario(world: scheduler.World) -> None:
        memory = filled()
        store = Gated(memory)
        workers: dict[str, Worker] = {
            "resealing": functools.partial(reseal, store, BOTH, documents=KINDS),
            "another resealing": functools.partial(reseal, store, BOTH, documents=KINDS),
            "saving": functools.partial(saving, store, BEFORE, "fresh", "g2"),
        }
        world.run(workers, crash={"resealing": crash})
        assert opened(memory, BOTH, "acme", "login-1") == "fresh"
        run(memory)
        assert opened(memory, AFTER, "acme", "login-1") == "fresh"
        assert opened(memory, AFTER, "beta", "login-1") == "secret of beta login-1"

    scheduler.check(scenario, range(40))


def test_a_document_deleted_meanwhile_stays_deleted() -> None:
    """A tenant that disconnects while its tokens are resealed gets no document back."""

    def scenario(world: scheduler.World) -> None:
        memory = filled(LOGINS[2:])
        store = Gated(memory)

        async def forget() -> None:
            key = tokens_key("login-1")
            for _ in range(9):
                version = (await store.read("beta", [key]))[key].version
                if await store.commit("beta", [Write(key, version, None)]):
                    return

        resealing = functools.partial(reseal, store, BOTH, documents=KINDS[:1])
        workers: dict[str, Worker] = {"resealing": resealing, "forgetting": forget}
        assert world.run(workers).values["resealing"].failures == ()
        assert memory.read("beta", [tokens_key("login-1")]) == {}

    assert scheduler.check_all(scenario) > 10
