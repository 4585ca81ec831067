"""What happens to a connection between two steps of somebody else's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import final
from urllib.parse import parse_qs, urlsplit

import attrs
import pytest

from visma_busy_sync._core.runtimes import BlockingRuntime
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.stepper import step
from visma_busy_sync.eaccounting import TokenSet
from visma_busy_sync.eaccounting.errors import ReconnectNeeded
from visma_busy_sync.eaccounting.http import Request, Response
from visma_busy_sync.integration import (
    ConnectionChanged,
    ConnectionState,
    LoginOutcome,
    NotConnected,
    _connecting,
    _connection,
    _other_company,
    _syncing,
)
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._stored_tokens import MARGIN_SECONDS
from visma_busy_sync.ports import Catalogue, LiftedCatalogue, LiftedStateStore, StateStore, Write
from visma_busy_sync.state import LOGIN
from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore, StoreUnavailable
from visma_busy_sync.sync import Kind, Record
from visma_busy_sync.testing import scheduler
from visma_busy_sync.testing.scheduler import VirtualClock

from .fake import Upstream, connected, connection_in, site, tokens_in
from .identity import Identity, Reuse
from .office import ACME, SESSION, Office, waiting


@final
class Plain:
    """A transport that never waits."""

    def __init__(self, upstream: Upstream | Identity) -> None:
        self.upstream = upstream

    async def send(self, request: Request) -> Response:
        return self.upstream.send(request)


def blocking(upstream: Upstream | Identity, state: StateStore, busy: Catalogue | None = None) -> Site:
    """A site that is stepped; it waits for nothing but its clock."""
    made = site(scheduler.World(), Upstream(), MemoryStateStore(), store=LiftedStateStore(state))
    catalogue = LiftedCatalogue(busy or MemoryCatalogue())
    runtime = BlockingRuntime()
    return attrs.evolve(made, transport=Plain(upstream), catalogue=catalogue, runtime=runtime)


def log_in(made: Site, code: str = "second") -> LoginOutcome:
    url = step(_connecting.connect, made, ACME, project_sync=False, session=SESSION)
    state = parse_qs(urlsplit(url).query)["state"][0]
    back = f"https://b.example/cb?code={code}&state={state}"
    return step(_connecting.complete_login, made, ACME, back, session=SESSION).outcome


class Meanwhile:
    """A host whose first answer comes late: something happens before."""

    def __init__(self) -> None:
        self.memory = MemoryCatalogue()
        self.apply = self.memory.apply
        self.happens: list[Callable[[], object]] = []

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        while self.happens:
            self.happens.pop()()
        return self.memory.load(tenant, kind)


def test_a_sync_stops_when_the_tenant_disconnects() -> None:
    """What was read is not brought into Busy any more."""
    upstream, state, busy = Upstream(), MemoryStateStore(), Meanwhile()
    upstream.project("1", "House")
    connected(state)
    made = blocking(upstream, state, busy)
    busy.happens.append(lambda: step(_connection.disconnect, made, ACME))
    with pytest.raises(ConnectionChanged):
        step(_syncing.sync, made, ACME)
    assert busy.load(ACME, Kind.PROJECT) == []
    with pytest.raises(NotConnected):
        step(_syncing.sync, made, ACME)


def test_a_sync_stops_when_project_sync_is_switched_off() -> None:
    """The user was not shown what it would do, and said no to projects."""
    upstream, state, busy = Upstream(), MemoryStateStore(), Meanwhile()
    upstream.project("1", "House")
    connected(state)
    made = blocking(upstream, state, busy)
    busy.happens.append(lambda: log_in(made))
    with pytest.raises(ConnectionChanged):
        step(_syncing.sync, made, ACME)
    assert busy.load(ACME, Kind.PROJECT) == []
    assert step(_syncing.sync, made, ACME).plan.is_empty


@pytest.mark.parametrize("event", ["disconnect", "log in anew"])
def test_a_sync_whose_login_is_gone_while_it_reads_says_what_happened(event: str) -> None:
    """Not that the connection must be made anew: the user has just made it, or wanted its end."""
    upstream, state = Upstream(), MemoryStateStore()
    upstream.project("1", "House")
    connected(state)
    made = blocking(upstream, state)
    answered: list[str] = []

    class Overtaken:
        async def send(self, request: Request) -> Response:
            answered.append(request.url)
            if len(answered) == 2:
                if event == "disconnect":
                    step(_connection.disconnect, made, ACME)
                else:
                    log_in(made)
            return upstream.send(request)

    with pytest.raises(ConnectionChanged):
        step(_syncing.sync, attrs.evolve(made, transport=Overtaken()), ACME)


def test_a_sync_goes_on_when_the_user_logs_in_anew_to_the_same_company() -> None:
    upstream, state, busy = Upstream(), MemoryStateStore(), Meanwhile()
    upstream.customer("1", "Fjord AS")
    connected(state, project_sync=False)
    made = blocking(upstream, state, busy)
    busy.happens.append(lambda: log_in(made))
    assert step(_syncing.sync, made, ACME).applied
    assert len(busy.load(ACME, Kind.CUSTOMER)) == 1


def first_login(identity: Identity, state: MemoryStateStore) -> Site:
    """A tenant whose access token has ended."""
    made = blocking(identity, state)
    assert log_in(made, "first") is LoginOutcome.CONNECTED
    clock = made.clock
    assert isinstance(clock, VirtualClock)
    clock.advance(3590)
    return made


def test_a_refresh_that_a_new_login_overtook_ends_neither() -> None:
    """Revoking what it brought could end the new login as well; nobody knows what a revocation ends."""
    identity, state = Identity(rotates=True, reuse=Reuse.FATAL), MemoryStateStore()
    made = first_login(identity, state)
    sent: list[str] = []

    class Overtaken:
        async def send(self, request: Request) -> Response:
            sent.append(urlsplit(request.url).path)
            answer = identity.send(request)
            if len(sent) == 1:
                assert log_in(made, "second") is LoginOutcome.CONNECTED
            return answer

    late = attrs.evolve(made, transport=Overtaken())
    with pytest.raises(ReconnectNeeded, match="replaced by a newer one"):
        step(late.upstream(ACME, connection_in(state).login_id).company_settings)
    assert [path.rpartition("/")[2] for path in sent] == ["token"]
    assert step(_connection.status, made, ACME).state is ConnectionState.CONNECTED
    step(_connection.readiness, made, ACME)


def test_a_fast_clock_takes_no_right_from_a_holder_that_is_alive() -> None:
    """It would use the refresh token for the second time, which some servers answer by ending the login."""
    identity, state = Identity(rotates=True, reuse=Reuse.FATAL), MemoryStateStore()
    made = first_login(identity, state)
    slow = made.tokens(ACME, connection_in(state).login_id)
    held = step(slow.load)
    assert held is not None
    assert step(slow.reserve, held.id)
    ahead = VirtualClock(made.clock.now() + timedelta(minutes=4))
    generation, better = held.id, attrs.evolve(held.tokens, access_token=Secret("access-x"))
    waited: list[float] = []

    class Waiting:
        def __init__(self) -> None:
            self.random, self.token = made.runtime.random, made.runtime.token

        async def sleep(self, seconds: float) -> None:
            waited.append(seconds)
            ahead.advance(seconds)
            if len(waited) == 5:  # the holder ends
                assert await slow.replace(generation, better)

    fast = attrs.evolve(slow, clock=ahead, runtime=Waiting())  # type: ignore[arg-type] # all that it uses
    assert not step(fast.reserve, held.id)
    assert len(waited) == 5


@pytest.mark.parametrize("minutes", [0, 60], ids=["just died", "died long ago"])
def test_a_right_ends_with_its_holder(minutes: float) -> None:
    """At once where it died long ago, else after looking on for as long as the right lasts."""
    identity, state = Identity(rotates=True, reuse=Reuse.FATAL), MemoryStateStore()
    made = first_login(identity, state)
    died = made.tokens(ACME, connection_in(state).login_id)
    held = step(died.load)
    assert held is not None
    assert step(died.reserve, held.id)
    later = VirtualClock(made.clock.now() + timedelta(minutes=minutes))

    class Waiting:
        def __init__(self) -> None:
            self.random, self.token = made.runtime.random, made.runtime.token

        async def sleep(self, seconds: float) -> None:
            later.advance(seconds)

    other = made.tokens(ACME, connection_in(state).login_id)
    other = attrs.evolve(other, clock=later, runtime=Waiting())  # type: ignore[arg-type] # all that it uses
    begin = later.monotonic()
    assert step(other.reserve, held.id)
    lasts = made.options.timeout + MARGIN_SECONDS
    assert later.monotonic() - begin == pytest.approx(0 if minutes else lasts, abs=1)


class Doubtful:
    """A store that makes a commit and loses the answer."""

    def __init__(self) -> None:
        self.memory = MemoryStateStore()
        self.read, self.scan = self.memory.read, self.memory.scan
        self.loses = ""

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        made = self.memory.commit(tenant, writes)
        if self.loses and any(write.key.startswith(self.loses) for write in writes):
            self.loses = ""
            raise StoreUnavailable("08006", may_have_happened=True)
        return made


def test_tokens_of_a_login_whose_commit_is_in_doubt_are_not_ended() -> None:
    """It may have been made: then the connection has these tokens."""
    identity, store = Identity(rotates=True, reuse=Reuse.FATAL), Doubtful()
    made, state = blocking(identity, store), store.memory
    log_in(made, "first")
    step(_connection.disconnect, made, ACME)
    identity.company = "another"
    store.loses = "tokens/"
    with pytest.raises(StoreUnavailable):
        log_in(made, "second")
    assert set(tokens_in(state)) == {getattr(connection_in(state).other, "login_id", None)}
    assert identity.logins["second"].alive
    other = connection_in(state).other
    assert other is not None
    step(_other_company.confirm_company, made, ACME, other.login_id)
    step(_connection.readiness, made, ACME)


def test_a_login_without_a_refresh_token_is_told_at_once() -> None:
    """Not after an hour, when nobody is there any more to log in again."""
    identity, state = Identity(rotates=True, reuse=Reuse.FATAL), MemoryStateStore()

    class Without:
        async def send(self, request: Request) -> Response:
            answer = identity.send(request)
            return attrs.evolve(answer, body=answer.body.replace(b'"refresh_token"', b'"other"'))

    made = attrs.evolve(blocking(identity, state), transport=Without())
    assert log_in(made, "first") is LoginOutcome.SCOPE_MISSING
    assert state.scan("tokens/") == []


def test_a_connection_that_ended_for_good_is_told_as_such() -> None:
    """Tokens that came without a refresh token, at a time when that was not asked for."""
    identity, state = Identity(rotates=True, reuse=Reuse.FATAL), MemoryStateStore()
    made = first_login(identity, state)
    store = made.tokens(ACME, connection_in(state).login_id)
    held = step(store.load)
    assert held is not None
    ends = made.clock.now() + timedelta(minutes=10)
    bare = TokenSet(access_token=held.tokens.access_token, refresh_token=None, expires_at=ends)
    assert step(store.replace, held.id, bare)
    assert step(_connection.status, made, ACME).state is ConnectionState.CONNECTED
    assert isinstance(made.clock, VirtualClock)
    made.clock.advance(600)
    assert step(_connection.status, made, ACME).state is ConnectionState.RECONNECT_NEEDED


def test_a_refusal_that_is_not_of_this_login_says_so(office: Office) -> None:
    """Anybody can make such an address; the login that waits is not ended by it."""
    acme = office.tenant()
    good = office.press(acme.connect(project_sync=True, session=SESSION))
    forged = "http://127.0.0.1:9/callback?error=access_denied&state=forged"
    assert acme.complete_login(forged, session=SESSION).outcome is LoginOutcome.NOT_THIS_LOGIN
    assert acme.complete_login(good, session=SESSION).connected


def test_a_company_that_was_known_by_its_name_is_found_again_after_another_one(office: Office) -> None:
    """R30: it was given an id meanwhile; coming back to it archives nothing for the second time."""
    ids = {"CompanyIdentifier": None, "CorporateIdentityNumber": None}
    office.control("PATCH", "/records/companysettings", ids)
    office.add_company("b", "Company B")
    acme = office.connected()
    acme.sync()
    known = acme.status().company_id
    mine = office.busy.add(ACME, Kind.PROJECT, number="9999", name="Made in Busy later")
    office.control("PATCH", "/records/companysettings", {"CompanyIdentifier": "0f0f0f0f"})
    assert acme.sync().plan.is_empty
    office.log_in(acme, company="b")
    acme.confirm_company(waiting(acme))
    office.log_in(acme)
    acme.confirm_company(waiting(acme))
    assert acme.status().company_id == known
    acme.sync()
    assert office.busy.get(ACME, Kind.PROJECT, mine).values["archived"] is False


@pytest.mark.parametrize(
    "body", ["nonsense", '{"schema": 99, "data": {}}'], ids=["damaged", "of a newer version"]
)
def test_a_login_that_cannot_be_read_stands_in_nobodys_way(body: str) -> None:
    """It is void: pressing connect again replaces it, and what is connected goes on."""
    identity, state = Identity(rotates=True, reuse=Reuse.FATAL), MemoryStateStore()
    made = first_login(identity, state)
    version = state.read(ACME, [LOGIN])[LOGIN].version
    assert state.commit(ACME, [Write(LOGIN, version, body)])
    assert step(_connection.status, made, ACME).state is ConnectionState.CONNECTED
    step(_connection.readiness, made, ACME)
    for answer in ("code=a", "error=access_denied"):
        back = f"https://b.example/cb?{answer}&state=old"
        result = step(_connecting.complete_login, made, ACME, back, session=SESSION)
        assert result.outcome is LoginOutcome.NOT_THIS_LOGIN
    assert log_in(made, "second") is LoginOutcome.CONNECTED
    assert state.commit(ACME, [Write(LOGIN, state.read(ACME, [LOGIN])[LOGIN].version, body)])
    step(_connection.disconnect, made, ACME)
    assert step(_connection.status, made, ACME).state is ConnectionState.DISCONNECTED


def test_a_company_that_waits_keeps_its_login_although_nothing_is_connected() -> None:
    """A refresh of the former login that lands late revokes nothing."""
    identity, state = Identity(rotates=True, reuse=Reuse.FATAL), MemoryStateStore()
    made = first_login(identity, state)
    login_id, sent = connection_in(state).login_id, list[str]()

    class Overtaken:
        async def send(self, request: Request) -> Response:
            sent.append(request.url)
            answer = identity.send(request)
            if len(sent) == 1:
                step(_connection.disconnect, made, ACME)
                identity.company = "another"
                assert log_in(made, "second") is LoginOutcome.CONFIRM_COMPANY
                identity.revoked.clear()
            return answer

    late = attrs.evolve(made, transport=Overtaken())
    with pytest.raises(ReconnectNeeded):
        step(late.upstream(ACME, login_id).company_settings)
    assert identity.revoked == []
    other = connection_in(state).other
    assert other is not None
    assert step(_other_company.confirm_company, made, ACME, other.login_id).company_id == "another"
    step(_connection.readiness, made, ACME)
