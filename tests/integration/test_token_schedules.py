"""Processes that share a login, under many orders of their steps: no good token is ever thrown away.

Each schedule has a seed; a failure prints it with the command that runs that one schedule again. `SCHEDULES`
in the environment asks for more of them, from `FIRST_SCHEDULE` on, and `SCHEDULE` for one.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

from visma_busy_sync._core.secret import Secret
from visma_busy_sync.eaccounting import TokenSet
from visma_busy_sync.eaccounting._execute import Options
from visma_busy_sync.eaccounting.errors import NotSent, ReconnectNeeded
from visma_busy_sync.integration import NotConnected, _connecting, _connection
from visma_busy_sync.integration._clocks import CLOCKS_DIFFER
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._stored_tokens import (
    MARGIN_SECONDS,
    StoredTokens,
    open_tokens,
    seal_tokens,
)
from visma_busy_sync.ports import Write
from visma_busy_sync.state import (
    CONNECTION,
    CONNECTION_SCHEMA,
    TOKENS_SCHEMA,
    Connection,
    tokens_key,
    update,
)
from visma_busy_sync.stores import MemoryStateStore
from visma_busy_sync.testing import scheduler

from .fake import COMPANY, GatedState, OpenSealer, connection_in, site, tokens_in
from .identity import Identity, Reuse
from .office import ACME, SESSION

SCHEDULES = int(os.environ.get("SCHEDULES", "20000"))
_FIRST = int(os.environ.get("SCHEDULE", os.environ.get("FIRST_SCHEDULE", "0")))
_COUNT = 1 if "SCHEDULE" in os.environ else SCHEDULES
_PARTS = 8

# How long the right to renew lasts here.
LASTS = Options().timeout + MARGIN_SECONDS

Worker = Callable[[], Coroutine[Any, Any, Any]]


class SlowState(GatedState):
    """A store whose writes take their time, as the world chooses."""

    def __init__(self, memory: MemoryStateStore, world: scheduler.World, pauses: Sequence[float]) -> None:
        super().__init__(memory)
        commit = self.commit

        async def slow(tenant: str, writes: Sequence[Write]) -> bool:
            await world.runtime.sleep(pauses[world.choose(len(pauses))])
            return await commit(tenant, writes)

        self.commit = slow


@attrs.define
class Scene:
    """A tenant with a login whose access token has ended, and the processes that serve it."""

    world: scheduler.World
    identity: Identity
    state: MemoryStateStore = attrs.field(factory=MemoryStateStore)

    def __attrs_post_init__(self) -> None:
        access, refresh = self.identity.begin("first")
        ended = TokenSet(
            access_token=Secret(access),
            refresh_token=Secret(refresh),
            expires_at=self.world.clock.now(),
        )
        connection = Connection(
            connected=True,
            company_id=COMPANY,
            company_name="Acme AS",
            project_sync=False,
            connected_at=self.world.clock.now(),
            login_id="first",
        )
        document = seal_tokens(OpenSealer(), ended, tenant=ACME, login_id="first", generation="g")
        assert self.state.commit(
            ACME,
            [
                CONNECTION_SCHEMA.write(CONNECTION, None, connection),
                TOKENS_SCHEMA.write(tokens_key("first"), None, document),
            ],
        )

    def process(self, *, pauses: Sequence[float] = ()) -> Site:
        store = SlowState(self.state, self.world, pauses) if pauses else None
        return site(self.world, self.identity, self.state, store=store)  # type: ignore[arg-type] # it sends

    def caller(self, *, pauses: Sequence[float] = ()) -> Worker:
        """A process that makes a call, as a sync does; before it writes, it pauses for some seconds."""
        made = self.process(pauses=pauses)

        async def call() -> None:
            connection = await _connection.connection_of(made, ACME)
            await made.upstream(ACME, connection.login_id).company_settings()

        return call

    def disconnecting(self) -> Worker:
        return functools.partial(_connection.disconnect, self.process(), ACME)

    def logging_in(self, code: str) -> Worker:
        """A user who logs in anew."""
        made = self.process()

        async def log_in() -> Any:
            url = await _connecting.connect(made, ACME, project_sync=False, session=SESSION)
            state = parse_qs(urlsplit(url).query)["state"][0]
            back = f"https://b.example/cb?code={code}&state={state}"
            return await _connecting.complete_login(made, ACME, back, session=SESSION)

        return log_in

    def stored_refresh_token(self) -> str | None:
        """The refresh token that the connection has, if it is connected."""
        connection = connection_in(self.state)
        stored = tokens_in(self.state)
        assert set(stored) <= {connection.login_id}
        if not connection.connected:
            assert stored == {}
            return None
        document = stored[connection.login_id]
        kept = open_tokens(OpenSealer(), document, tenant=ACME, login_id=connection.login_id)
        assert kept.refresh_token is not None
        return kept.refresh_token.reveal()


def scenario(world: scheduler.World) -> None:
    """Two to eight workers: callers, some slow, one that crashes or is cancelled; an end, a login."""
    rotates = world.choose(4) > 0
    # A right that runs out under its holder makes a second use of a token; a server that kills the whole
    # login for that leaves nothing to save. So there time moves only when nobody can go on.
    reuse = list(Reuse)[world.choose(3)]
    stalls = rotates and reuse is not Reuse.FATAL and world.choose(2) == 1
    scene = Scene(world, Identity(rotates=rotates, reuse=reuse))
    pauses = (0, 3, LASTS, 2 * LASTS + CLOCKS_DIFFER.total_seconds()) if stalls else (0, 3, 9)
    workers: dict[str, Worker] = {
        f"call-{n}": scene.caller(pauses=pauses if world.choose(3) == 0 else ())
        for n in range(2 + world.choose(5))
    }
    leaves, logs_in = world.choose(5) == 0, world.choose(4) == 0
    if leaves:
        workers["leave"] = scene.disconnecting()
    if logs_in:
        workers["log-in"] = scene.logging_in("second")
    crash = {"call-0": 1 + world.choose(24)} if world.choose(3) == 0 else {}
    cancel = {"call-1": 1 + world.choose(24)} if world.choose(3) == 0 else {}
    result = world.run(
        workers, crash=crash, cancel=cancel, expected=(ReconnectNeeded, NotConnected, NotSent), stalls=stalls
    )
    crashed = any(isinstance(error, scheduler.Crash) for error in result.errors.values())

    # What is over stays over, and what is new is never mixed with what was before.
    kept = scene.stored_refresh_token()
    connection = connection_in(scene.state)
    if leaves and not logs_in:
        assert not connection.connected
    if logs_in and "log-in" in result.values and result.values["log-in"].connected and not leaves:
        assert connection.connected
        assert connection.login_id != "first"
    if not connection.connected:
        assert kept is None
        return
    assert kept is not None
    assert kept.split("-")[1] == ("first" if connection.login_id == "first" else "second")

    # No good token is ever thrown away: only one that a crash took along, after the rotation, may be gone.
    lost = crashed and rotates and not scene.identity.good(kept)
    given = scene.identity.logins[kept.split("-")[1]].refresh
    assert scene.identity.good(kept) or (lost and kept == given[-2])
    world.clock.advance(LASTS)
    late = world.run({"late": scene.caller()}, expected=ReconnectNeeded)
    assert lost or "late" in late.values
    if not (stalls or crashed):
        assert scene.identity.refused == []
        assert scene.identity.refreshed.count("first") <= 1


@pytest.mark.parametrize("part", range(_PARTS if _COUNT > 1 else 1))
def test_no_schedule_of_processes_throws_a_good_token_away(part: int) -> None:
    """Whoever crashes, is cancelled, is slow, disconnects or logs in meanwhile."""
    for seed in range(_FIRST + part, _FIRST + _COUNT, _PARTS):
        try:
            scenario(scheduler.World(seed=seed))
        except BaseException as error:
            error.add_note(f"again: SCHEDULE={seed} make test ARGS=tests/integration/test_token_schedules.py")
            raise


def test_a_disconnect_while_another_renews_leaves_no_good_token_at_visma() -> None:
    """One of the two revokes the token that was given last: revoking an older one need not end anything."""

    def scenario(world: scheduler.World) -> None:
        scene = Scene(world, Identity(rotates=True, reuse=Reuse.REFUSED))
        workers: dict[str, Worker] = {"call": scene.caller(), "leave": scene.disconnecting()}
        world.run(workers, expected=(ReconnectNeeded, NotConnected))
        assert scene.stored_refresh_token() is None
        assert scene.identity.logins["first"].refresh[-1] in scene.identity.revoked

    scheduler.check(scenario, range(2000))


# A search that finds nothing wrong proves something only if it finds what is wrong. These are the mistakes
# that a store of tokens is most easily written with.


async def _no_lease(tokens: StoredTokens, id: str) -> bool:
    return True


async def _over_everything(tokens: StoredTokens, id: str, new: TokenSet) -> bool:
    document = seal_tokens(
        tokens.sealer, new, tenant=ACME, login_id=tokens.login_id, generation=tokens.runtime.token()
    )
    await update(tokens.state, ACME, tokens_key(tokens.login_id), TOKENS_SCHEMA, lambda _: document)
    return True


async def _not_after_a_refusal(tokens: StoredTokens, id: str, new: TokenSet) -> bool:
    kept = await tokens.load()
    return kept is not None and not kept.refused and await _REPLACE(tokens, id, new)


async def _refuses_what_is_newer(tokens: StoredTokens, id: str) -> bool:
    kept = await tokens.load()
    return kept is not None and await _REFUSE(tokens, kept.id)


_REPLACE, _REFUSE = StoredTokens.replace, StoredTokens.refuse


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("reserve", _no_lease),
        ("replace", _over_everything),
        ("replace", _not_after_a_refusal),
        ("refuse", _refuses_what_is_newer),
    ],
    ids=["no lease", "saved over everything", "a late good save refused", "a newer generation marked dead"],
)
def test_the_schedules_find_a_mistake(method: str, wrong: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them within the first few thousand."""
    monkeypatch.setattr(StoredTokens, method, wrong)

    def search() -> None:
        for seed in range(5000):
            scenario(scheduler.World(seed=seed))

    with pytest.raises(AssertionError):
        search()
