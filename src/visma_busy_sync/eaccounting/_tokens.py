"""Where access tokens come from: a fixed one, or a set that is renewed when it ends."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, final

import attrs
from attrs import frozen

from visma_busy_sync._core.flight import Flight
from visma_busy_sync._core.forks import OneProcess
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.world import Clock, Runtime
from visma_busy_sync.eaccounting import _oauth as oauth
from visma_busy_sync.eaccounting._exchange import exchange
from visma_busy_sync.eaccounting._oauth import Application, TokenSet
from visma_busy_sync.eaccounting.errors import (
    POST_REVOCATION,
    POST_TOKEN,
    AnswerLost,
    EAccountingError,
    NotSent,
    ReconnectNeeded,
)
from visma_busy_sync.eaccounting.http import TIMEOUT_SECONDS, Transport

STORED_LOGIN: Final = "stored login"
"""How errors name the look at what is known of a login; nothing was asked of Visma then."""

_NO_LOGIN: Final = "Try again; if that does not help, press connect and log in. Nothing in Busy is lost."
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


@frozen(kw_only=True)
class Generation:
    """The tokens of a login as one refresh, or the login itself, gave them.

    Attributes:
        id: Names this generation among all of the login; each refresh gives a new one.
        tokens: What was given.
        refused: Whether the server refused its refresh token: then only a new login helps, or a better
            generation that is still on its way.
    """

    id: str
    tokens: TokenSet
    refused: bool = False


class TokenStore(Protocol):
    """Keeps the tokens of one login, for all callers in all processes that use it."""

    def load(self) -> Awaitable[Generation | None]:
        """Return the tokens as they are now; None if there is no such login any more."""
        ...

    def reserve(self, id: str) -> Awaitable[bool]:
        """Wait for the right to renew a generation, alone among all who use the store.

        The right ends by itself if its holder does not give it back, so that a crash blocks nobody.

        Returns:
            False if the generation is not the present one any more, or was refused: look again.
        """
        ...

    def replace(self, id: str, new: TokenSet) -> Awaitable[bool]:
        """Keep `new` in the place of a generation, and give the right to renew back.

        It is durable when this returns: `new` is not used before. It does not matter who holds the right:
        a late good answer is better than none.

        Returns:
            False if another generation is kept by now, or none.
        """
        ...

    def refuse(self, id: str) -> Awaitable[bool]:
        """Note that the server refused a generation's refresh token, and give the right to renew back.

        Returns:
            False if another generation is kept by now, or none.
        """
        ...

    def is_over(self) -> Awaitable[bool]:
        """Whether the login has ended and no newer one took its place: then its tokens are to be revoked."""
        ...

    def give_back(self, id: str) -> Awaitable[None]:
        """Give the right to renew back without a result; somebody else may try. It raises nothing."""
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
    """Tokens from a store, renewed with the refresh token shortly before they end.

    One refresh at a time, among the callers of this object and among all who share the store; what comes back
    is stored before it is used; a refusal first looks into the store again, because somebody else may have
    renewed meanwhile. Where storing fails, the next call stores what had come back instead of refreshing
    again: the old refresh token may be dead. Tokens that come for a login which has ended meanwhile are
    revoked.
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
        self._runtime = runtime
        self._flight: Flight[Secret | TimeoutError] = Flight(runtime)
        self._unsaved: tuple[str, TokenSet] | None = None  # the generation it came from, and what came

    async def token(self) -> Secret:
        """Return a token that is believed to be good."""
        kept = await self._present()
        now = self._clock.now()
        if kept.tokens.usable(now) or (kept.tokens.refresh_token is None and now < kept.tokens.expires_at):
            return kept.tokens.access_token
        return await self._renewed(kept.id)

    async def token_after_refusal(self, refused: Secret) -> Secret | None:
        """Return another token, renewed if need be."""
        kept = await self._present()
        if kept.tokens.access_token != refused:
            return kept.tokens.access_token
        return None if kept.tokens.refresh_token is None else await self._renewed(kept.id)

    async def _present(self) -> Generation:
        if self._unsaved is not None:  # before looking: others may have found the old one dead
            await self._renewed(self._unsaved[0])
        return await self._load()

    async def _load(self) -> Generation:
        kept = await self._store.load()
        if kept is None:
            raise ReconnectNeeded(
                "its login has ended, or was replaced by a newer one",
                advice=_NO_LOGIN,
                operation=STORED_LOGIN,
            )
        if kept.refused:
            raise ReconnectNeeded("it was found dead before", operation=STORED_LOGIN)
        return kept

    async def _renewed(self, stale: str) -> Secret:
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

    async def _renew(self, stale: str) -> Secret:
        """Return the access token of a later generation than `stale`."""
        await self._save()
        while True:
            kept = await self._load()  # again: somebody may have landed just before
            if kept.id != stale:
                return kept.tokens.access_token
            if kept.tokens.refresh_token is None:
                raise ReconnectNeeded(
                    "the access token has ended, and there is no refresh token", advice=_NO_REFRESH
                )
            if await self._store.reserve(stale):
                new = await self._asked(kept, kept.tokens.refresh_token)
                if new is not None:
                    self._unsaved = (stale, new)
                    await self._save()

    async def _asked(self, kept: Generation, refresh_token: Secret) -> TokenSet | None:
        """Return what the server gives for a refresh token; None if a better generation came in between."""
        try:
            return await self._refreshed(kept.tokens, refresh_token)
        except ReconnectNeeded:
            if await self._store.refuse(kept.id):
                raise
            return None
        except Exception:
            await self._store.give_back(kept.id)
            raise

    async def _save(self) -> None:
        if self._unsaved is None:
            return
        id, new = self._unsaved
        kept = await self._store.replace(id, new)
        self._unsaved = None
        if not kept and await self._store.is_over():
            # The login ended meanwhile: nobody will ever use these.
            with contextlib.suppress(EAccountingError):
                request = oauth.revocation_request(self._application, new, timeout=self._timeout)
                await exchange(self._transport, request, operation=POST_REVOCATION)

    async def _refreshed(self, tokens: TokenSet, refresh_token: Secret) -> TokenSet:
        now = self._clock.now()
        request = oauth.refresh_request(self._application, refresh_token, timeout=self._timeout)
        try:
            response = await self._runtime.within(
                request.deadline, lambda: exchange(self._transport, request, operation=POST_TOKEN)
            )
        except TimeoutError:
            response = None
        if response is None:
            raise AnswerLost(operation=POST_TOKEN, reason="it did not come within the deadline")
        return oauth.read_tokens(response, now=now, previous=tokens)


@final
class HeldTokens:
    """A `TokenStore` in memory, for one login and one process.

    `on_new` is told of each new set before it is used, so that it can be kept elsewhere.
    """

    def __init__(self, tokens: TokenSet, on_new: Callable[[TokenSet], Awaitable[None]] | None = None) -> None:
        self._kept = Generation(id="0", tokens=tokens)
        self._on_new = on_new
        self._home = OneProcess(
            "The TokenSet of this client",
            advice="Renew it in one process and hand its access token to the others, or log in for each.",
        )

    async def load(self) -> Generation:
        """Return the tokens."""
        return self._kept

    async def reserve(self, id: str) -> bool:
        """Return whether the generation is still held: callers of one process are in one flight anyway.

        Raises:
            ConfigurationError: If this process was forked from the one that holds it: of two that use a
                refresh token, Visma may end the login of both.
        """
        self._home.require()
        return self._kept.id == id and not self._kept.refused

    async def replace(self, id: str, new: TokenSet) -> bool:
        """Hold `new`, if the generation is still what is held."""
        if self._kept.id != id:
            return False
        if self._on_new is not None:
            await self._on_new(new)
        self._kept = Generation(id=str(int(id) + 1), tokens=new)
        return True

    async def refuse(self, id: str) -> bool:
        """Note that the refresh token was refused."""
        if self._kept.id != id:
            return False
        self._kept = attrs.evolve(self._kept, refused=True)
        return True

    async def is_over(self) -> bool:
        """Return False: what is held here has no end."""
        return False

    async def give_back(self, id: str) -> None:
        """Do nothing: nothing was taken."""
