"""The login at Visma in both shells: `OAuth` blocks, `AsyncOAuth` awaits.

Twins by hand, as in `_client`; a test compares them.
"""

from __future__ import annotations

from typing import Self, final

from visma_busy_sync._core.bound import ProcessBound
from visma_busy_sync._core.runtimes import AsyncioRuntime, BlockingRuntime, SystemClock
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.stepper import step
from visma_busy_sync.eaccounting import _login
from visma_busy_sync.eaccounting._exchange import LiftedTransport
from visma_busy_sync.eaccounting._execute import Options
from visma_busy_sync.eaccounting._login import PendingLogin
from visma_busy_sync.eaccounting._oauth import Application, TokenSet
from visma_busy_sync.eaccounting.http import BlockingTransport, Transport


@final
class OAuth(ProcessBound):
    """The login at Visma, blocking: begin, complete, revoke.

    Args:
        application: The application registered with Visma.
        transport: How to send; by default httpx. One that is passed in is not closed.
        timeout: Seconds that connecting, and each wait for more bytes, may take.

    Raises:
        ConfigurationError: If the timeout is out of its range.
    """

    def __init__(
        self,
        application: Application,
        *,
        transport: BlockingTransport | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._timeout = Options(timeout=timeout).timeout
        self._own = None
        if transport is None:
            from visma_busy_sync.eaccounting.transport import HttpxTransport  # noqa: PLC0415 - httpx late

            transport = self._own = HttpxTransport()
        self._application = application
        self._transport = LiftedTransport(transport)
        self._clock = SystemClock()

    def begin(self, *, pkce: bool = False) -> PendingLogin:
        """Begin a login; send the user to its `url` and keep it until the callback comes."""
        return _login.begin(self._application, BlockingRuntime(), pkce=pkce)

    def complete(self, pending: PendingLogin, callback_url: str) -> TokenSet:
        """Complete a login with the address that Visma sent the user back to.

        Raises:
            LoginRefused: The user or Visma said no.
            StateMismatch: The callback is not of this login.
            CodeRefused: The code is used up or too old.
        """
        callback = Secret(callback_url)
        del callback_url  # it holds the code, and a traceback may be shown with the values of its frames
        return step(
            _login.complete,
            self._application,
            pending,
            callback,
            transport=self._transport,
            clock=self._clock,
            timeout=self._timeout,
        )

    def revoke(self, tokens: TokenSet) -> None:
        """End the tokens at Visma; unknown and ended tokens are no error."""
        step(_login.revoke, self._application, tokens, transport=self._transport, timeout=self._timeout)

    def close(self) -> None:
        """Close the connections, unless they came from outside."""
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@final
class AsyncOAuth(ProcessBound):
    """The login at Visma, for asyncio: begin, complete, revoke.

    Args:
        application: The application registered with Visma.
        transport: How to send; by default httpx. One that is passed in is not closed.
        timeout: Seconds that connecting, and each wait for more bytes, may take.

    Raises:
        ConfigurationError: If the timeout is out of its range.
    """

    def __init__(
        self,
        application: Application,
        *,
        transport: Transport | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._timeout = Options(timeout=timeout).timeout
        self._own = None
        if transport is None:
            from visma_busy_sync.eaccounting.transport import AsyncHttpxTransport  # noqa: PLC0415

            transport = self._own = AsyncHttpxTransport()
        self._application = application
        self._transport = transport
        self._clock = SystemClock()

    def begin(self, *, pkce: bool = False) -> PendingLogin:
        """Begin a login; send the user to its `url` and keep it until the callback comes."""
        return _login.begin(self._application, AsyncioRuntime(), pkce=pkce)

    async def complete(self, pending: PendingLogin, callback_url: str) -> TokenSet:
        """Complete a login with the address that Visma sent the user back to.

        Raises:
            LoginRefused: The user or Visma said no.
            StateMismatch: The callback is not of this login.
            CodeRefused: The code is used up or too old.
        """
        callback = Secret(callback_url)
        del callback_url  # it holds the code, and a traceback may be shown with the values of its frames
        return await _login.complete(
            self._application,
            pending,
            callback,
            transport=self._transport,
            clock=self._clock,
            timeout=self._timeout,
        )

    async def revoke(self, tokens: TokenSet) -> None:
        """End the tokens at Visma; unknown and ended tokens are no error."""
        await _login.revoke(self._application, tokens, transport=self._transport, timeout=self._timeout)

    async def close(self) -> None:
        """Close the connections, unless they came from outside."""
        if self._own is not None:
            await self._own.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
