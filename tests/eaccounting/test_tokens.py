"""Renewing tokens: one at a time, saved before used, never over a newer login."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import pytest

from visma_busy_sync._core.runtimes import AsyncioRuntime, BlockingRuntime
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.stepper import step
from visma_busy_sync._core.world import Runtime
from visma_busy_sync.eaccounting import TokenSet
from visma_busy_sync.eaccounting._tokens import FixedToken, Generation, HeldTokens, RenewedTokens
from visma_busy_sync.eaccounting.errors import (
    AnswerLost,
    ClientRefused,
    EAccountingError,
    NotSent,
    ReconnectNeeded,
    UnreadableAnswer,
)
from visma_busy_sync.eaccounting.http import NoAnswerError, NotSentError, Request, Response
from visma_busy_sync.testing.scheduler import VirtualClock, World

from .given import APPLICATION, NOW, Bench, Script, Step, answer, looped, stepped, tokens

DEAD = answer(400, {"error": "invalid_grant"})


def renewed(n: int = 2) -> Response:
    return answer(200, {"access_token": f"access-{n}", "refresh_token": f"refresh-{n}", "expires_in": 3600})


class Store:
    """A token store that writes down what happens to it."""

    def __init__(self, tokens: TokenSet | None) -> None:
        self.kept: Generation | None = None
        self.events: list[str] = []
        self.failures: list[Exception] = []
        self.generations = 0
        self.tokens = tokens

    @property
    def tokens(self) -> TokenSet | None:
        return self.kept.tokens if self.kept else None

    @tokens.setter
    def tokens(self, tokens: TokenSet | None) -> None:
        self.generations += 1
        self.kept = None if tokens is None else Generation(id=str(self.generations), tokens=tokens)

    async def load(self) -> Generation | None:
        return self.kept

    async def reserve(self, id: str) -> bool:
        return self.kept is not None and self.kept.id == id and not self.kept.refused

    async def replace(self, id: str, new: TokenSet) -> bool:
        old = self.tokens
        self.events.append(f"replace {old and old.access_token.reveal()} {new.access_token.reveal()}")
        if self.failures:
            raise self.failures.pop(0)
        if self.kept is None or self.kept.id != id:
            return False
        self.tokens = new
        return True

    async def refuse(self, id: str) -> bool:
        if self.kept is None or self.kept.id != id:
            return False
        self.events.append("refused")
        self.kept = attrs.evolve(self.kept, refused=True)
        return True

    async def is_over(self) -> bool:
        return self.kept is None

    async def give_back(self, id: str) -> None:
        self.events.append("given back")


def source(store: Any, *steps: Step, clock: VirtualClock | None = None) -> tuple[RenewedTokens, Script]:
    bench = Bench()
    script = Script(*steps)
    clock = clock or VirtualClock(NOW)
    return RenewedTokens(APPLICATION, store, transport=script, runtime=bench.runtime, clock=clock), script


@pytest.fixture(params=[pytest.param(stepped, id="blocking"), pytest.param(looped, id="asyncio")])
def shell(request: pytest.FixtureRequest) -> Callable[[Any], Callable[..., Any]]:
    made: Callable[[Any], Callable[..., Any]] = request.param
    return made


Shell = Callable[[Any], Callable[..., Any]]


def test_a_good_token_is_used_as_it_is(shell: Shell) -> None:
    """Nothing is asked of Visma."""
    renewing, script = source(Store(tokens()), renewed())
    assert shell(renewing.token)() == Secret("access-1")
    assert script.requests == []


@pytest.mark.parametrize("seconds", [60, 0, -1000], ids=["a minute left", "at its end", "long ended"])
def test_an_ending_token_is_renewed(shell: Shell, seconds: float) -> None:
    """And what comes back is stored before it is used."""
    store = Store(tokens(seconds=seconds))
    renewing, script = source(store, renewed())
    assert shell(renewing.token)() == Secret("access-2")
    assert store.events == ["replace access-1 access-2"]
    assert store.tokens is not None
    assert store.tokens.refresh_token == Secret("refresh-2")
    assert store.tokens.expires_at == tokens().expires_at
    assert len(script.requests) == 1


def test_a_refused_token_is_renewed_before_its_end(shell: Shell) -> None:
    """A 401 knows better than the clock."""
    renewing, script = source(Store(tokens()), renewed())
    assert shell(renewing.token_after_refusal)(Secret("access-1")) == Secret("access-2")
    assert len(script.requests) == 1


def test_a_refused_token_that_is_not_the_stored_one_was_renewed_already(shell: Shell) -> None:
    """Somebody else did it: nothing is asked."""
    renewing, script = source(Store(tokens("access-9")), renewed())
    assert shell(renewing.token_after_refusal)(Secret("access-1")) == Secret("access-9")
    assert script.requests == []


def test_without_a_refresh_token_the_last_minute_is_used(shell: Shell) -> None:
    """There is no other; after its end only a login helps."""
    store = Store(tokens(refresh=None, seconds=30))
    clock = VirtualClock(NOW)
    renewing, script = source(store, renewed(), clock=clock)
    assert shell(renewing.token)() == Secret("access-1")
    assert shell(renewing.token_after_refusal)(Secret("access-1")) is None
    assert shell(renewing.token_after_refusal)(Secret("access-0")) == Secret("access-1")
    clock.advance(30)
    with pytest.raises(ReconnectNeeded, match="no refresh token"):
        shell(renewing.token)()
    assert script.requests == []


def test_without_a_login_there_is_no_token(shell: Shell) -> None:
    """Neither at first nor after a 401."""
    renewing, _ = source(Store(None))
    for ask in (renewing.token, lambda: renewing.token_after_refusal(Secret("x"))):
        with pytest.raises(ReconnectNeeded, match="its login has ended"):
            shell(ask)()


def test_a_refused_refresh_ends_the_connection(shell: Shell) -> None:
    """The password changed, or somebody revoked it."""
    store = Store(tokens(seconds=0))
    renewing, script = source(store, DEAD)
    with pytest.raises(ReconnectNeeded, match="refused the refresh token") as caught:
        shell(renewing.token)()
    assert "Nothing in Busy is lost" in caught.value.advice
    assert store.events == ["refused"]
    with pytest.raises(ReconnectNeeded, match="found dead before"):
        shell(renewing.token)()
    assert len(script.requests) == 1


def test_a_refused_refresh_first_looks_into_the_store(shell: Shell) -> None:
    """Another process may have used the refresh token and stored what came back."""
    store = Store(tokens(seconds=0))

    def overtaken(_: Request) -> Response:
        store.tokens = tokens("access-7", "refresh-7")
        return DEAD

    renewing, _ = source(store, overtaken)
    assert shell(renewing.token)() == Secret("access-7")


def test_a_refresh_never_overwrites_a_newer_login(shell: Shell) -> None:
    """A user who logged in again meanwhile has the say."""
    newer = tokens("access-7", "refresh-7")
    held = HeldTokens(tokens(seconds=0))

    def overtaken(_: Request) -> Response:
        held._kept = Generation(id="7", tokens=newer)
        return renewed()

    renewing, _ = source(held, overtaken)
    assert shell(renewing.token)() == Secret("access-7")
    assert shell(held.load)().tokens is newer


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (NotSentError("ConnectError"), NotSent),
        (NoAnswerError("ReadError"), AnswerLost),
        (answer(503), UnreadableAnswer),
        (answer(200, raw=b"<html>"), UnreadableAnswer),
        (answer(401, {"error": "invalid_client"}), ClientRefused),
    ],
    ids=["unreachable", "reset", "maintenance", "page", "client"],
)
def test_trouble_at_visma_does_not_end_the_connection(
    shell: Shell, fault: Step, error: type[EAccountingError]
) -> None:
    """The old tokens stay, and the next call tries again."""
    store = Store(tokens(seconds=0))
    renewing, script = source(store, fault, renewed())
    with pytest.raises(error):
        shell(renewing.token)()
    assert store.events == ["given back"]
    assert shell(renewing.token)() == Secret("access-2")
    assert len(script.requests) == 2


def test_what_could_not_be_stored_is_stored_later(shell: Shell) -> None:
    """Not refreshed again: the old refresh token may be dead, and the new one would be lost."""
    store = Store(tokens(seconds=0))
    store.failures = [OSError("disk full"), OSError("disk full")]
    renewing, script = source(store, renewed(), DEAD)
    for _ in range(2):
        with pytest.raises(OSError, match="disk full"):
            shell(renewing.token)()
    assert shell(renewing.token)() == Secret("access-2")
    assert len(script.requests) == 1


def test_what_could_not_be_stored_is_dropped_after_a_new_login(shell: Shell) -> None:
    """It belongs to the login before."""
    store = Store(tokens(seconds=0))
    store.failures = [OSError("disk full")]
    renewing, script = source(store, renewed(2), renewed(3))
    with pytest.raises(OSError, match="disk full"):
        shell(renewing.token)()
    store.tokens = tokens("login-2", "other", seconds=0)
    assert shell(renewing.token)() == Secret("access-3")
    assert b"refresh_token=other" in (script.requests[1].body or b"")


def test_a_token_that_ends_at_once_is_used_until_a_401(shell: Shell) -> None:
    """A lifetime of 0 would give a refresh per call; the API itself says when the token has really ended."""
    ended = answer(200, {"access_token": "access-2", "expires_in": 0})
    renewing, script = source(Store(tokens(seconds=0)), ended, renewed(3))
    for _ in range(3):
        assert shell(renewing.token)() == Secret("access-2")
    assert len(script.requests) == 1
    assert shell(renewing.token_after_refusal)(Secret("access-2")) == Secret("access-3")


def test_a_server_that_gives_the_same_access_token_again_is_asked_once(shell: Shell) -> None:
    """It may: nothing in RFC 6749 says that a refresh gives another one."""
    same = answer(200, {"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 3600})
    renewing, script = source(Store(tokens(seconds=0)), same)
    assert shell(renewing.token)() == Secret("access-1")
    assert shell(renewing.token)() == Secret("access-1")
    assert len(script.requests) == 1


def test_tokens_of_a_login_that_ended_meanwhile_are_revoked(shell: Shell) -> None:
    """Nobody will ever use them, and the user wanted an end."""
    store = Store(tokens(seconds=0))

    def ended(_: Request) -> Response:
        store.tokens = None
        return renewed()

    renewing, script = source(store, ended, answer(200, raw=b""))
    with pytest.raises(ReconnectNeeded, match="its login has ended"):
        shell(renewing.token)()
    assert b"token=refresh-2" in (script.requests[1].body or b"")


def test_what_could_not_be_stored_is_stored_although_others_found_the_login_dead(shell: Shell) -> None:
    """They had the old refresh token; the good one is here, and is not thrown away for their finding."""
    store = Store(tokens(seconds=0))
    store.failures = [OSError("disk full")]
    renewing, script = source(store, renewed())
    with pytest.raises(OSError, match="disk full"):
        shell(renewing.token)()
    assert shell(store.refuse)("1")
    assert shell(renewing.token)() == Secret("access-2")
    assert len(script.requests) == 1


def test_held_tokens_are_told_before_they_are_used(shell: Shell) -> None:
    """What `on_new` could not keep is not in use."""
    kept: list[str] = []

    async def keep(new: TokenSet) -> None:
        kept.append(new.access_token.reveal())
        if len(kept) == 1:
            raise OSError("disk full")

    old = tokens()
    held = HeldTokens(old, keep)
    id = shell(held.load)().id
    with pytest.raises(OSError, match="disk full"):
        shell(held.replace)(id, tokens("access-2"))
    assert shell(held.load)().tokens is old
    assert shell(held.replace)(id, tokens("access-2"))
    assert kept == ["access-2", "access-2"]
    assert not shell(held.replace)(id, tokens("access-3"))
    assert not shell(held.refuse)(id)
    assert kept == ["access-2", "access-2"]


def test_a_fixed_token_stays(shell: Shell) -> None:
    """There is no other."""
    fixed = FixedToken(Secret("t"))
    assert shell(fixed.token)() == Secret("t")
    assert shell(fixed.token_after_refusal)(Secret("t")) is None


# --- many at a time ------------------------------------------------------------------------------


class Identity:
    """An identity server that rotates: each refresh token works once, in any order of arrival."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.current = 1
        self.calls = 0

    async def send(self, request: Request) -> Response:
        self.calls += 1
        await self.runtime.sleep(0.01)
        if f"refresh_token=refresh-{self.current}".encode() not in (request.body or b""):
            return DEAD
        self.current += 1
        return renewed(self.current)


@pytest.mark.parametrize("seed", range(40))
def test_many_tasks_renew_once(seed: int) -> None:
    """In any order of their steps, also after a 401 of each."""
    world = World(seed=seed)
    identity = Identity(world.runtime)
    store = Store(tokens(seconds=0, now=world.clock.now()))
    renewing = RenewedTokens(APPLICATION, store, transport=identity, runtime=world.runtime, clock=world.clock)

    async def call() -> Secret | None:
        return await renewing.token()

    async def refused() -> Secret | None:
        return await renewing.token_after_refusal(Secret("access-1"))

    result = world.run([call, refused, call, refused])
    assert set(result.values.values()) == {Secret("access-2")}
    assert identity.calls == 1
    assert store.events == ["replace access-1 access-2"]


@pytest.mark.parametrize("seed", range(40))
def test_a_cancelled_caller_does_not_lose_the_tokens(seed: int) -> None:
    """What Visma gave is stored although nobody waits for it any more."""
    world = World(seed=seed)
    identity = Identity(world.runtime)
    store = Store(tokens(seconds=0, now=world.clock.now()))
    renewing = RenewedTokens(APPLICATION, store, transport=identity, runtime=world.runtime, clock=world.clock)
    world.run({"a": renewing.token, "b": renewing.token}, cancel={"a": 1 + seed % 3})
    assert identity.calls == 1
    assert store.tokens is not None
    assert store.tokens.access_token == Secret("access-2")


def test_many_threads_renew_once() -> None:
    """The others wait for the one that is at it."""
    runtime = BlockingRuntime(patience=20)
    workers = 8
    together = threading.Barrier(workers)
    asked = threading.Event()

    class Slow(Identity):
        async def send(self, request: Request) -> Response:
            asked.wait(5)
            return await super().send(request)

    identity = Slow(runtime)
    store = Store(tokens(seconds=0))
    renewing = RenewedTokens(APPLICATION, store, transport=identity, runtime=runtime, clock=VirtualClock(NOW))

    def call(n: int) -> Secret:
        together.wait(5)
        if n == 0:
            asked.set()
        return step(renewing.token)

    with ThreadPoolExecutor(workers) as pool:
        found = set(pool.map(call, range(workers)))
    assert found == {Secret("access-2")}
    assert identity.calls == 1


@pytest.mark.anyio
async def test_many_tasks_of_a_loop_renew_once() -> None:
    """The same on asyncio."""
    import asyncio

    runtime = AsyncioRuntime(patience=20)
    identity = Identity(runtime)
    renewing = RenewedTokens(
        APPLICATION, Store(tokens(seconds=0)), transport=identity, runtime=runtime, clock=VirtualClock(NOW)
    )
    found = await asyncio.gather(*(renewing.token() for _ in range(20)))
    assert set(found) == {Secret("access-2")}
    assert identity.calls == 1


@pytest.mark.parametrize("patience", [0.05])
def test_who_waits_too_long_for_anothers_renewal_sent_nothing(patience: float) -> None:
    """A typed error that may be repeated, not a bare TimeoutError."""
    runtime = BlockingRuntime(patience=patience)
    leads, free = threading.Event(), threading.Event()

    class Hanging(Identity):
        async def send(self, request: Request) -> Response:
            leads.set()
            free.wait(5)
            return await super().send(request)

    renewing = RenewedTokens(
        APPLICATION,
        Store(tokens(seconds=0)),
        transport=Hanging(runtime),
        runtime=runtime,
        clock=VirtualClock(NOW),
    )
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(step, renewing.token)
        assert leads.wait(5)
        try:
            with pytest.raises(NotSent, match="another call renews") as caught:
                step(renewing.token)
        finally:
            free.set()
        assert leader.result(5) == Secret("access-2")
    assert caught.value.operation == "POST token"
    assert caught.value.__context__ is None


def test_a_stores_own_timeout_stays_what_it_is(shell: Shell) -> None:
    """It is the host's error, and the tokens that came are not lost."""
    store = Store(tokens(seconds=0))
    store.failures = [TimeoutError("the database")]
    renewing, script = source(store, renewed())
    with pytest.raises(TimeoutError, match="the database"):
        shell(renewing.token)()
    assert shell(renewing.token)() == Secret("access-2")
    assert len(script.requests) == 1


def test_a_renewal_takes_the_timeout_of_who_calls() -> None:
    """Not the default."""
    bench = Bench(renewed())
    store = Store(tokens(seconds=0))
    renewing = RenewedTokens(
        APPLICATION, store, transport=bench.script, runtime=bench.runtime, clock=bench.clock, timeout=4.5
    )
    stepped(renewing.token)()
    assert bench.script.requests[0].timeout == 4.5
