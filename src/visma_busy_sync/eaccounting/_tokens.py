"""Where access tokens come from: a fixed one, or a set that is renewed when it ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, Protocol, final

from visma_busy_sync._core.flight import Flight
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.world import Clock, Runtime
from visma_busy_sync.eaccounting import _oauth as oauth
from visma_busy_sync.eaccounting._exchange import exchange
from visma_busy_sync.eaccounting._oauth import Application, TokenSet
from visma_busy_sync.eaccounting.errors import POST_TOKEN, NotSent, ReconnectNeeded
from visma_busy_sync.eaccounting.http import TIMEOUT_SECONDS, Transport

_NO_LOGIN: Final = "Press connect and log in; if that was done before, its tokens were not kept."
_NO_REFRESH: Final = (
    "Press connect and log in again, and ask for the scope offline_access, so that tokens can be renewed."
)


class TokenSource(Protocol):
    """Gives the access token for the next call."""

    def token(self) -> Awaitable[Secret]:
        """Return a token that is believed to be good.

        Raises:
            ReconnectNeeded: If there is none and only a new login gives one.
        """
        ...

    def token_after_refusal(self, refused: Secret) -> Awaitable[Secret | None]:
        """Return another token after the API refused one with 401; None if there is no other."""
        ...


class TokenStore(Protocol):
    """Keeps the tokens of one connection."""

    def load(self) -> Awaitable[TokenSet | None]:
        """Return the tokens; None if there are none."""
        ...

    def replace(self, old: TokenSet, new: TokenSet) -> Awaitable[None]:
        """Keep `new` in the place of `old`; where another set came in between, that one stays.

        It is kept when this returns: `new` is not used before.
        """
        ...


@final
class FixedToken:
    """One access token that cannot be renewed."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    async def token(self) -> Secret:
        """Return the token."""
        return self._token

    async def token_after_refusal(self, refused: Secret) -> Secret | None:  # noqa: ARG002 - the protocol's
        """Return None: there is no other."""
        return None


@final
class RenewedTokens:
    """Tokens from a store, renewed with the refresh token one minute before they end.

    One refresh at a time; what comes back is stored before it is used; a refusal first looks into the
    store again, because somebody else may have renewed meanwhile. Where storing fails, the next call
    stores what had come back instead of refreshing again: the old refresh token may be dead.
    """

    def __init__(
        self,
        application: Application,
        store: TokenStore,
        *,
        transport: Transport,
        runtime: Runtime,
        clock: Clock,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._application = application
        self._store = store
        self._transport = transport
        self._clock = clock
        self._timeout = timeout
        self._flight: Flight[Secret | TimeoutError] = Flight(runtime)
        self._unsaved: tuple[TokenSet, TokenSet] | None = None  # the set it came from, and the set

    async def token(self) -> Secret:
        """Return a token that is believed to be good."""
        tokens = await self._load()
        now = self._clock.now()
        if tokens.usable(now) or (tokens.refresh_token is None and now < tokens.expires_at):
            return tokens.access_token
        return await self._renewed(tokens.access_token)

    async def token_after_refusal(self, refused: Secret) -> Secret | None:
        """Return another token, renewed if need be."""
        tokens = await self._load()
        if tokens.refresh_token is None:
            return None if tokens.access_token == refused else tokens.access_token
        return await self._renewed(refused)

    async def _load(self) -> TokenSet:
        tokens = await self._store.load()
        if tokens is None:
            raise ReconnectNeeded("there is no login", advice=_NO_LOGIN)
        return tokens

    async def _renewed(self, stale: Secret) -> Secret:
        async def work() -> Secret | TimeoutError:
            try:
                return await self._renew(stale)
            except TimeoutError as error:  # the store's own: not to be taken for the one of waiting
                return error

        outcome: Secret | TimeoutError | None
        try:
            outcome = await self._flight.do("refresh", work)
        except TimeoutError:
            outcome = None
        if outcome is None:
            reason = "another call renews the access token, and does not come to an end"
            raise NotSent(operation=POST_TOKEN, reason=reason)
        if isinstance(outcome, Secret):
            return outcome
        try:
            raise outcome
        finally:
            del outcome  # else its traceback and this frame would keep each other alive

    async def _renew(self, stale: Secret) -> Secret:
        tokens = await self._load()  # the second look: somebody may have landed just before
        if tokens.access_token != stale:
            return tokens.access_token
        if tokens.refresh_token is None:
            raise ReconnectNeeded(
                "the access token has ended, and there is no refresh token", advice=_NO_REFRESH
            )
        if self._unsaved is None or self._unsaved[0] != tokens:
            try:
                self._unsaved = (tokens, await self._refreshed(tokens, tokens.refresh_token))
            except ReconnectNeeded:
                again = await self._load()
                if again.access_token != stale:
                    return again.access_token
                raise
        await self._store.replace(*self._unsaved)
        self._unsaved = None
        return (await self._load()).access_token

    async def _refreshed(self, tokens: TokenSet, refresh_token: Secret) -> TokenSet:
        now = self._clock.now()
        request = oauth.refresh_request(self._application, refresh_token, timeout=self._timeout)
        response = await exchange(self._transport, request, operation=POST_TOKEN)
        return oauth.read_tokens(response, now=now, previous=tokens)


@final
class HeldTokens:
    """A `TokenStore` in memory, for one connection.

    `on_new` is told of each new set before it is used, so that it can be kept elsewhere.
    """

    def __init__(
        self, tokens: TokenSet | None, on_new: Callable[[TokenSet], Awaitable[None]] | None = None
    ) -> None:
        self._tokens = tokens
        self._on_new = on_new

    async def load(self) -> TokenSet | None:
        """Return the tokens."""
        return self._tokens

    async def replace(self, old: TokenSet, new: TokenSet) -> None:
        """Keep `new`, if `old` is still what is held."""
        if self._tokens is not old:
            return
        if self._on_new is not None:
            await self._on_new(new)
        self._tokens = new
