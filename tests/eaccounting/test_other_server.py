"""Any conforming OAuth 2 server will do: the login over a server of other hands, oauthlib, in both shells."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, final
from urllib.parse import unquote, unquote_plus

import attrs
import pytest
from attrs import define, field

from visma_busy_sync import AsyncBusySync, BusySync
from visma_busy_sync.eaccounting import (
    SCOPES,
    Application,
    AsyncEAccounting,
    AsyncOAuth,
    EAccounting,
    OAuth,
    PendingLogin,
    Secret,
    TokenSet,
)
from visma_busy_sync.eaccounting.errors import (
    ClientRefused,
    CodeRefused,
    LoginRefused,
    ReconnectNeeded,
    UnreadableAnswer,
)
from visma_busy_sync.eaccounting.transport import AsyncHttpxTransport, HttpxTransport
from visma_busy_sync.integration import Choices, ConnectionState, LoginOutcome
from visma_busy_sync.stores import (
    AsyncMemoryCatalogue,
    AsyncMemoryStateStore,
    AsyncMemoryWorkLog,
    MemoryCatalogue,
    MemoryStateStore,
    MemoryWorkLog,
)
from visma_busy_sync.sync import Kind

from .conftest import Sandbox
from .other_server import OtherServer

pytestmark = pytest.mark.anyio

ODD_ID = "an id: 100 % blåbærsyltetøy"
ODD_SECRET = "a secret + a colon: %41 = ~A&ø/"


@final
@define
class Shell:
    """One of the shells, its connections, and all that was opened in it."""

    awaits: bool
    opened: contextlib.AsyncExitStack
    transport: Any
    kept: list[TokenSet] = field(factory=list[TokenSet])

    def oauth(self, application: Application) -> Any:
        kind = AsyncOAuth if self.awaits else OAuth
        return self.open(kind(application, transport=self.transport))

    def api(self, tokens: TokenSet, application: Application) -> Any:
        settings: dict[str, Any] = {
            "application": application,
            "transport": self.transport,
            "max_retries": 0,
        }
        if not self.awaits:
            return self.open(EAccounting(tokens, on_new_tokens=self.kept.append, **settings))
        return self.open(AsyncEAccounting(tokens, on_new_tokens=self._keep, **settings))

    def busy(self, application: Application, busy: MemoryCatalogue, *, pkce: bool = False) -> Any:
        """A workspace of the whole SDK."""
        settings: dict[str, Any] = {
            "client_id": application.client_id,
            "client_secret": application.client_secret,
            "redirect_uri": application.redirect_uri,
            "endpoints": application.endpoints,
            "transport": self.transport,
            "choices": Choices(pkce=pkce),
        }
        work, state = MemoryWorkLog(busy), MemoryStateStore()
        if not self.awaits:
            return self.open(BusySync(catalogue=busy, work=work, state=state, **settings)).tenant("acme")
        ports: dict[str, Any] = {
            "catalogue": AsyncMemoryCatalogue(busy),
            "work": AsyncMemoryWorkLog(work),
            "state": AsyncMemoryStateStore(state),
        }
        return self.open(AsyncBusySync(**ports, **settings)).tenant("acme")

    def open(self, made: Any) -> Any:
        """Close it when the test is over."""
        self.opened.push_async_callback(lambda: done(made.close()))
        return made

    async def _keep(self, tokens: TokenSet) -> None:
        self.kept.append(tokens)


async def done(answer: Any) -> Any:
    """What a call of either shell gives."""
    return await answer if inspect.isawaitable(answer) else answer


@pytest.fixture(params=[False, True], ids=["blocking", "awaited"])
async def shell(request: pytest.FixtureRequest, anyio_backend: str) -> AsyncIterator[Shell]:
    async with contextlib.AsyncExitStack() as opened:
        shell = Shell(request.param, opened, AsyncHttpxTransport() if request.param else HttpxTransport())
        shell.open(shell.transport)
        yield shell


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[OtherServer]:
    with OtherServer(sandbox.info).running() as server:
        yield server


async def log_in(shell: Shell, server: OtherServer, *, pkce: bool = False) -> TokenSet:
    oauth = shell.oauth(server.application)
    pending = oauth.begin(pkce=pkce)
    tokens: TokenSet = await done(oauth.complete(pending, server.press(pending.url)))
    return tokens


def ended(tokens: TokenSet) -> TokenSet:
    return attrs.evolve(tokens, expires_at=datetime.now(UTC) - timedelta(seconds=1))


# --- the login -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pkce", "needs_pkce"),
    [(False, False), (True, False), (True, True)],
    ids=["plain", "PKCE", "PKCE needed"],
)
async def test_a_login_from_the_first_address_to_the_first_call(
    shell: Shell, server: OtherServer, pkce: bool, needs_pkce: bool
) -> None:
    """The tokens that come open the API."""
    server.needs_pkce = needs_pkce
    tokens = await log_in(shell, server, pkce=pkce)
    assert tokens.refresh_token
    assert tokens.scopes == frozenset(SCOPES)
    assert timedelta(minutes=59) < tokens.expires_at - datetime.now(UTC) <= timedelta(minutes=60)
    assert (await done(shell.api(tokens, server.application).company_settings())).name


async def test_a_server_that_needs_pkce_says_so_before_it_gives_a_code(
    shell: Shell, server: OtherServer
) -> None:
    """To a login without it."""
    server.needs_pkce = True
    with pytest.raises(LoginRefused) as caught:
        await log_in(shell, server)
    assert caught.value.error == "invalid_request"
    assert "authorization_code" not in server.requests


async def test_another_verifier_is_refused(shell: Shell, server: OtherServer) -> None:
    """A stolen code is worth nothing with PKCE, and stays good for whom it belongs to."""
    oauth = shell.oauth(server.application)
    pending = oauth.begin(pkce=True)
    callback = server.press(pending.url)
    stolen = PendingLogin(url=pending.url, state=pending.state, verifier=Secret("x" * 43))
    with pytest.raises(CodeRefused):
        await done(oauth.complete(stolen, callback))
    assert (await done(oauth.complete(pending, callback))).access_token


async def test_cancelling_is_told(shell: Shell, server: OtherServer) -> None:
    """The user did not agree."""
    server.consents = False
    with pytest.raises(LoginRefused, match="cancelled") as caught:
        await log_in(shell, server)
    assert caught.value.error == "access_denied"


async def test_a_scope_that_the_server_does_not_give_is_told(shell: Shell, server: OtherServer) -> None:
    """It is the application's fault, not the user's."""
    oauth = shell.oauth(attrs.evolve(server.application, scopes=("ea:api", "ea:purchase")))
    pending = oauth.begin()
    with pytest.raises(LoginRefused) as caught:
        await done(oauth.complete(pending, server.press(pending.url)))
    assert caught.value.error == "invalid_scope"


async def test_a_code_works_once(shell: Shell, server: OtherServer) -> None:
    """This server ends what it gave for a code that comes again (RFC 6749, 4.1.2): that is told as such."""
    oauth = shell.oauth(server.application)
    pending = oauth.begin()
    callback = server.press(pending.url)
    tokens = await done(oauth.complete(pending, callback))
    with pytest.raises(CodeRefused, match="works once"):
        await done(oauth.complete(pending, callback))
    with pytest.raises(ReconnectNeeded):
        await done(shell.api(tokens, server.application).company_settings())


async def test_another_redirect_address_is_refused(shell: Shell, server: OtherServer) -> None:
    """The code goes with the address that it was sent to."""
    oauth = shell.oauth(server.application)
    pending = oauth.begin()
    callback = server.press(pending.url)
    wrong = attrs.evolve(server.application, redirect_uri="http://127.0.0.1:54321/elsewhere")
    with pytest.raises(ClientRefused) as caught:
        await done(shell.oauth(wrong).complete(pending, callback))
    assert "redirect address" in caught.value.advice
    assert (await done(oauth.complete(pending, callback))).access_token


# --- the application -----------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [400, 401])
async def test_a_wrong_client_secret_is_told(shell: Shell, server: OtherServer, refusal: int) -> None:
    """At code, refresh and revocation; the login lives on. RFC 6749, 5.2, allows either status."""
    server.refusal = refusal
    tokens = await log_in(shell, server)
    wrong = attrs.evolve(server.application, client_secret=Secret("wrong"))
    oauth = shell.oauth(wrong)
    pending = oauth.begin()
    callback = server.press(pending.url)
    calls: list[Callable[[], Any]] = [
        lambda: oauth.complete(pending, callback),
        lambda: oauth.revoke(tokens),
        shell.api(ended(tokens), wrong).company_settings,
    ]
    for call in calls:
        with pytest.raises(ClientRefused, match="invalid_client"):
            await done(call())
    assert (await done(shell.api(ended(tokens), server.application).company_settings())).name


@pytest.mark.parametrize("decoded", [unquote_plus, unquote], ids=["form", "percent"])
async def test_an_id_and_a_secret_of_any_characters_arrive(
    shell: Shell, server: OtherServer, decoded: Callable[[str], str]
) -> None:
    """RFC 6749, 2.3.1, wants a form's encoding; some servers undo the percent signs of it and no plus."""
    server.client_id, server.client_secret, server.decoded = ODD_ID, ODD_SECRET, decoded
    tokens = await log_in(shell, server)
    assert (await done(shell.api(ended(tokens), server.application).company_settings())).name
    (renewed,) = shell.kept
    await done(shell.oauth(server.application).revoke(renewed))
    with pytest.raises(ReconnectNeeded):
        await done(shell.api(renewed, server.application).company_settings())


# --- renewal -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rotates", "repeats"), [(True, True), (False, True), (False, False)], ids=["new", "the same", "none"]
)
async def test_an_ended_token_is_renewed_and_kept(
    shell: Shell, server: OtherServer, rotates: bool, repeats: bool
) -> None:
    """Again and again, be the refresh token in the answer a new one, the same, or none."""
    tokens = await log_in(shell, server)
    server.rotates, server.unsaid = rotates, frozenset(() if repeats else {"refresh_token"})
    api = shell.api(ended(tokens), server.application)
    assert (await done(api.company_settings())).name
    server.end_access_tokens()
    assert (await done(api.company_settings())).name
    given = [tokens, *shell.kept]
    assert len({each.access_token for each in given}) == 3
    assert len({each.refresh_token for each in given}) == (3 if rotates else 1)
    assert server.requests.count("refresh_token") == 2


@pytest.mark.parametrize("refusal", [None, 400, 401])
async def test_a_consent_that_was_taken_back_ends_the_connection(
    shell: Shell, server: OtherServer, refusal: int | None
) -> None:
    """The refresh is refused; only a new login helps."""
    tokens = await log_in(shell, server)
    server.end_logins()
    server.refusal = refusal
    for held in (tokens, ended(tokens)):
        with pytest.raises(ReconnectNeeded, match="made anew"):
            await done(shell.api(held, server.application).company_settings())
    server.refusal = None
    anew = await log_in(shell, server)
    assert (await done(shell.api(anew, server.application).company_settings())).name


@pytest.mark.parametrize(
    ("unsaid", "token_type"),
    [
        ({"scope"}, "Bearer"),
        ({"expires_in"}, "Bearer"),
        ({"scope", "expires_in", "token_type"}, "Bearer"),
        (set[str](), "bearer"),
        (set[str](), "BEARER"),
    ],
    ids=["no scope", "no lifetime", "none of the three", "bearer", "BEARER"],
)
async def test_an_answer_may_say_less_or_spell_it_otherwise(
    shell: Shell, server: OtherServer, unsaid: set[str], token_type: str
) -> None:
    """RFC 6749, 5.1. No scope means all that was asked for, no lifetime Visma's hour."""
    server.unsaid, server.token_type = frozenset(unsaid), token_type
    tokens = await log_in(shell, server)
    assert tokens.scopes == (None if "scope" in unsaid else frozenset(SCOPES))
    assert timedelta(minutes=59) < tokens.expires_at - datetime.now(UTC) <= timedelta(minutes=60)
    api = shell.api(ended(tokens), server.application)
    assert (await done(api.company_settings())).name
    (renewed,) = shell.kept
    assert renewed.scopes == tokens.scopes
    assert (await done(api.company_settings())).name
    assert server.requests.count("refresh_token") == 1


async def test_what_a_renewal_does_not_say_stays_as_it_was(shell: Shell, server: OtherServer) -> None:
    """RFC 6749, 6: the scopes of the login."""
    tokens = await log_in(shell, server)
    server.unsaid = frozenset({"scope", "expires_in"})
    assert (await done(shell.api(ended(tokens), server.application).company_settings())).name
    assert [each.scopes for each in shell.kept] == [frozenset(SCOPES)]


# --- revocation ----------------------------------------------------------------------------------


@pytest.mark.parametrize("refreshable", [True, False], ids=["refresh token", "access token only"])
async def test_revoked_tokens_are_dead(shell: Shell, server: OtherServer, refreshable: bool) -> None:
    """Revoking twice, or what no server knows, is no error (RFC 7009, 2.2)."""
    tokens = await log_in(shell, server)
    held = tokens if refreshable else attrs.evolve(tokens, refresh_token=None)
    oauth = shell.oauth(server.application)
    await done(oauth.revoke(held))
    await done(oauth.revoke(held))
    await done(oauth.revoke(attrs.evolve(tokens, refresh_token="unheard-of")))
    for each in (tokens, ended(tokens)):
        with pytest.raises(ReconnectNeeded):
            await done(shell.api(each, server.application).company_settings())


async def test_a_server_that_cannot_revoke_such_a_token_has_not_confirmed(
    shell: Shell, server: OtherServer
) -> None:
    """RFC 7009, 2.2.1: unsupported_token_type. The tokens live on, and nobody is told otherwise."""
    server.oauth.supported_token_types = ("access_token",)
    tokens = await log_in(shell, server)
    with pytest.raises(UnreadableAnswer, match="does not confirm"):
        await done(shell.oauth(server.application).revoke(tokens))
    assert (await done(shell.api(tokens, server.application).company_settings())).name


async def test_a_server_that_is_down_for_a_while_costs_nothing(shell: Shell, server: OtherServer) -> None:
    """It answers temporarily_unavailable: the code stays good, and so do the tokens."""
    tokens = await log_in(shell, server)
    oauth = shell.oauth(server.application)
    pending = oauth.begin()
    callback = server.press(pending.url)
    api = shell.api(ended(tokens), server.application)
    server.oauth.available = False
    calls: list[Callable[[], Any]] = [
        lambda: oauth.complete(pending, callback),
        lambda: oauth.revoke(tokens),
        api.company_settings,
    ]
    for call in calls:
        with pytest.raises(UnreadableAnswer) as caught:
            await done(call())
        assert caught.value.status == 503
    server.oauth.available = True
    assert (await done(api.company_settings())).name
    assert (await done(oauth.complete(pending, callback))).access_token


# --- the whole -----------------------------------------------------------------------------------


@pytest.mark.parametrize("pkce", [False, True], ids=["plain", "PKCE"])
async def test_the_whole_integration_works_over_it(shell: Shell, server: OtherServer, pkce: bool) -> None:
    """Connect, import, renew, import again, disconnect: the tokens are dead then, and the data stays."""
    server.client_id, server.client_secret = ODD_ID, ODD_SECRET
    server.needs_pkce = pkce
    busy = MemoryCatalogue()
    acme = shell.busy(server.application, busy, pkce=pkce)
    url = await done(acme.connect(project_sync=True, session="the browser's"))
    result = await done(acme.complete_login(server.press(url), session="the browser's"))
    assert result.outcome is LoginOutcome.CONNECTED
    await done(acme.sync())
    imported = busy.load("acme", Kind.PROJECT)
    assert imported
    server.end_access_tokens()
    await done(acme.sync())
    assert server.requests.count("refresh_token") == 1
    await done(acme.disconnect())
    assert server.requests[-1] == "revoke"
    assert server.living() == 0
    assert (await done(acme.status())).state is ConnectionState.DISCONNECTED
    assert busy.load("acme", Kind.PROJECT) == imported


async def test_the_whole_integration_asks_for_a_new_login_where_the_old_one_died(
    shell: Shell, server: OtherServer
) -> None:
    """And goes on with it."""
    acme = shell.busy(server.application, MemoryCatalogue())

    async def connect() -> Any:
        url = await done(acme.connect(project_sync=True, session="the browser's"))
        return await done(acme.complete_login(server.press(url), session="the browser's"))

    assert (await connect()).connected
    server.end_logins()
    with pytest.raises(ReconnectNeeded):
        await done(acme.sync())
    assert (await done(acme.status())).state is ConnectionState.RECONNECT_NEEDED
    assert (await connect()).connected
    await done(acme.sync())
    assert (await done(acme.status())).state is ConnectionState.CONNECTED


@pytest.mark.parametrize("what", ["consent", "secret"])
async def test_the_whole_integration_tells_a_refused_login(
    shell: Shell, server: OtherServer, what: str
) -> None:
    """What a person can cause is a value; what the operator must mend is raised."""
    application = server.application
    if what == "secret":
        application = attrs.evolve(application, client_secret=Secret("wrong"))
    server.consents = what != "consent"
    acme = shell.busy(application, MemoryCatalogue())
    url = await done(acme.connect(project_sync=True, session="the browser's"))
    callback = server.press(url)
    if what == "secret":
        with pytest.raises(ClientRefused, match="invalid_client"):
            await done(acme.complete_login(callback, session="the browser's"))
    else:
        result = await done(acme.complete_login(callback, session="the browser's"))
        assert (result.connected, result.error) == (False, "access_denied")
