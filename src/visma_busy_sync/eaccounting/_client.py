"""The client's two shells: `EAccounting` blocks, `AsyncEAccounting` awaits. One core does the work.

They are twins by hand: the same names, parameters and texts, each method one line. A test compares them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Generic, Self, TypeVar, final

import attrs

from visma_busy_sync._core.runtimes import AsyncioRuntime, BlockingRuntime, SystemClock
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.stepper import lift, step
from visma_busy_sync._core.world import Clock, Runtime
from visma_busy_sync.eaccounting import _endpoints as endpoints
from visma_busy_sync.eaccounting import _login
from visma_busy_sync.eaccounting._endpoints import PAGE_SIZE, Endpoint, Page
from visma_busy_sync.eaccounting._execute import Env, Options, execute
from visma_busy_sync.eaccounting._limits import WindowLimiter
from visma_busy_sync.eaccounting._login import PendingLogin
from visma_busy_sync.eaccounting._oauth import PRODUCTION, Application, Endpoints, TokenSet
from visma_busy_sync.eaccounting._operation import Operation
from visma_busy_sync.eaccounting._query import Filter
from visma_busy_sync.eaccounting._tokens import FixedToken, HeldTokens, RenewedTokens, TokenSource
from visma_busy_sync.eaccounting._walk import Pass
from visma_busy_sync.eaccounting.http import BlockingTransport, Transport
from visma_busy_sync.eaccounting.models import (
    Article,
    ArticleAccountCoding,
    CompanySettings,
    Customer,
    Model,
    NewOrder,
    Order,
    Project,
    TermsOfPayment,
    Unit,
)

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class LiftedTransport:
    """A blocking transport as the core wants it."""

    def __init__(self, transport: BlockingTransport) -> None:
        self.send = lift(transport.send)


def _source(
    tokens: str | Secret | TokenSet,
    application: Application | None,
    on_new: Callable[[TokenSet], Awaitable[None]] | None,
    transport: Transport,
    runtime: Runtime,
    clock: Clock,
) -> TokenSource:
    if isinstance(tokens, TokenSet) and application is not None:
        held = HeldTokens(tokens, on_new)
        return RenewedTokens(application, held, transport=transport, runtime=runtime, clock=clock)
    if isinstance(tokens, TokenSet):
        return FixedToken(tokens.access_token)
    return FixedToken(tokens if isinstance(tokens, Secret) else Secret(tokens))


def _env(
    endpoints: Endpoints,
    tokens: TokenSource,
    transport: Transport,
    runtime: Runtime,
    clock: Clock,
    options: Options,
) -> Env:
    return Env(
        api_url=endpoints.api_url,
        transport=transport,
        tokens=tokens,
        runtime=runtime,
        clock=clock,
        limiter=WindowLimiter(clock=clock, runtime=runtime),
        options=options,
    )


def _options(env: Env, timeout: float | None, max_retries: int | None) -> Env:
    changes: dict[str, Any] = {"timeout": timeout, "max_retries": max_retries}
    given = {name: value for name, value in changes.items() if value is not None}
    return attrs.evolve(env, options=attrs.evolve(env.options, **given))


class Resource(Generic[M]):
    """A list of the API and the objects in it."""

    def __init__(self, endpoint: Endpoint[M], env: Env) -> None:
        self._endpoint = endpoint
        self._env = env

    def get(self, id: str) -> M:
        """Fetch one by its id.

        Raises:
            NotFound: If there is none.
        """
        return step(execute, self._endpoint.get(id), self._env)

    def page(
        self,
        number: int = 1,
        *,
        size: int = PAGE_SIZE,
        where: Filter | None = None,
        order_by: str | None = None,
    ) -> Page[M]:
        """Fetch one page; `number` counts from 1, `size` is 1 to 1000 and may be granted smaller."""
        return step(
            execute, self._endpoint.page(number, size=size, where=where, order_by=order_by), self._env
        )

    def list(self, *, where: Filter | None = None, order_by: str | None = None) -> Iterator[M]:
        """Iterate over all rows, page by page, each id once.

        Rows that come, go or move meanwhile may be missed; a stable `order_by` helps.
        """
        reading: Pass[M] = Pass()
        while not reading.done:
            yield from reading.feed(self.page(reading.number, where=where, order_by=order_by))


@final
class Orders(Resource[Order]):
    """Orders and order drafts."""

    def create(self, new: NewOrder) -> Order:
        """Create an order; by default a draft. It is never sent twice by itself.

        Raises:
            EAccountingError: Look at `may_have_happened`: if true, the order may exist all the same.
        """
        return step(execute, self._endpoint.create(new), self._env)

    def delete(self, id: str) -> None:
        """Delete a draft or an ongoing order; shipped and invoiced ones are refused."""
        step(execute, self._endpoint.delete(id), self._env)


@final
class EAccounting:
    """A typed client of one company's eAccounting, blocking. It knows nothing of Busy.

    Args:
        tokens: An access token, or the `TokenSet` of a login.
        application: With it, a `TokenSet` is renewed by itself.
        on_new_tokens: Told of each renewed set before it is used; keep it, the old one may be dead.
        endpoints: The server; that of `application` if one is given.
        transport: How to send; by default httpx. Use one transport from one client at a time.
        timeout: Seconds that connecting, and each wait for more bytes, may take.
        max_retries: How often a call may be repeated where that is safe.

    One client may be used by several threads.
    """

    def __init__(
        self,
        tokens: str | Secret | TokenSet,
        *,
        application: Application | None = None,
        on_new_tokens: Callable[[TokenSet], None] | None = None,
        endpoints: Endpoints | None = None,
        transport: BlockingTransport | None = None,
        timeout: float = 30.0,
        max_retries: int = 3,
    ) -> None:
        self._own = None
        if transport is None:
            from visma_busy_sync.eaccounting.transport import HttpxTransport  # noqa: PLC0415 - httpx late

            transport = self._own = HttpxTransport()
        lifted, runtime, clock = LiftedTransport(transport), BlockingRuntime(), SystemClock()
        on_new = lift(on_new_tokens) if on_new_tokens else None
        source = _source(tokens, application, on_new, lifted, runtime, clock)
        server = endpoints or (application.endpoints if application else PRODUCTION)
        options = Options(timeout=timeout, max_retries=max_retries)
        self._bind(_env(server, source, lifted, runtime, clock, options))

    def _bind(self, env: Env) -> None:
        self._env = env
        self.projects: Resource[Project] = Resource(endpoints.PROJECTS, env)
        self.customers: Resource[Customer] = Resource(endpoints.CUSTOMERS, env)
        self.articles: Resource[Article] = Resource(endpoints.ARTICLES, env)
        self.units: Resource[Unit] = Resource(endpoints.UNITS, env)
        self.terms_of_payments: Resource[TermsOfPayment] = Resource(endpoints.TERMS_OF_PAYMENTS, env)
        self.article_account_codings: Resource[ArticleAccountCoding] = Resource(
            endpoints.ARTICLE_ACCOUNT_CODINGS, env
        )
        self.orders = Orders(endpoints.ORDERS, env)

    def company_settings(self) -> CompanySettings:
        """Fetch the settings of the connected company."""
        return step(execute, endpoints.COMPANY_SETTINGS, self._env)

    def send(self, operation: Operation[T]) -> T:
        """Carry out an operation for which there is no method here."""
        return step(execute, operation, self._env)

    def with_options(self, *, timeout: float | None = None, max_retries: int | None = None) -> Self:
        """Return a client of the same connection with another patience."""
        other = object.__new__(type(self))
        other._own = None
        other._bind(_options(self._env, timeout, max_retries))
        return other

    def close(self) -> None:
        """Close the connections, unless they came from outside."""
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncResource(Generic[M]):
    """A list of the API and the objects in it."""

    def __init__(self, endpoint: Endpoint[M], env: Env) -> None:
        self._endpoint = endpoint
        self._env = env

    async def get(self, id: str) -> M:
        """Fetch one by its id.

        Raises:
            NotFound: If there is none.
        """
        return await execute(self._endpoint.get(id), self._env)

    async def page(
        self,
        number: int = 1,
        *,
        size: int = PAGE_SIZE,
        where: Filter | None = None,
        order_by: str | None = None,
    ) -> Page[M]:
        """Fetch one page; `number` counts from 1, `size` is 1 to 1000 and may be granted smaller."""
        return await execute(
            self._endpoint.page(number, size=size, where=where, order_by=order_by), self._env
        )

    async def list(self, *, where: Filter | None = None, order_by: str | None = None) -> AsyncIterator[M]:
        """Iterate over all rows, page by page, each id once.

        Rows that come, go or move meanwhile may be missed; a stable `order_by` helps.
        """
        reading: Pass[M] = Pass()
        while not reading.done:
            for row in reading.feed(await self.page(reading.number, where=where, order_by=order_by)):
                yield row


@final
class AsyncOrders(AsyncResource[Order]):
    """Orders and order drafts."""

    async def create(self, new: NewOrder) -> Order:
        """Create an order; by default a draft. It is never sent twice by itself.

        Raises:
            EAccountingError: Look at `may_have_happened`: if true, the order may exist all the same.
        """
        return await execute(self._endpoint.create(new), self._env)

    async def delete(self, id: str) -> None:
        """Delete a draft or an ongoing order; shipped and invoiced ones are refused."""
        await execute(self._endpoint.delete(id), self._env)


@final
class AsyncEAccounting:
    """A typed client of one company's eAccounting, for asyncio. It knows nothing of Busy.

    Args:
        tokens: An access token, or the `TokenSet` of a login.
        application: With it, a `TokenSet` is renewed by itself.
        on_new_tokens: Told of each renewed set before it is used; keep it, the old one may be dead.
        endpoints: The server; that of `application` if one is given.
        transport: How to send; by default httpx.
        timeout: Seconds that connecting, and each wait for more bytes, may take.
        max_retries: How often a call may be repeated where that is safe.
    """

    def __init__(
        self,
        tokens: str | Secret | TokenSet,
        *,
        application: Application | None = None,
        on_new_tokens: Callable[[TokenSet], Awaitable[None]] | None = None,
        endpoints: Endpoints | None = None,
        transport: Transport | None = None,
        timeout: float = 30.0,
        max_retries: int = 3,
    ) -> None:
        self._own = None
        if transport is None:
            from visma_busy_sync.eaccounting.transport import AsyncHttpxTransport  # noqa: PLC0415

            transport = self._own = AsyncHttpxTransport()
        runtime, clock = AsyncioRuntime(), SystemClock()
        source = _source(tokens, application, on_new_tokens, transport, runtime, clock)
        server = endpoints or (application.endpoints if application else PRODUCTION)
        options = Options(timeout=timeout, max_retries=max_retries)
        self._bind(_env(server, source, transport, runtime, clock, options))

    def _bind(self, env: Env) -> None:
        self._env = env
        self.projects: AsyncResource[Project] = AsyncResource(endpoints.PROJECTS, env)
        self.customers: AsyncResource[Customer] = AsyncResource(endpoints.CUSTOMERS, env)
        self.articles: AsyncResource[Article] = AsyncResource(endpoints.ARTICLES, env)
        self.units: AsyncResource[Unit] = AsyncResource(endpoints.UNITS, env)
        self.terms_of_payments: AsyncResource[TermsOfPayment] = AsyncResource(
            endpoints.TERMS_OF_PAYMENTS, env
        )
        self.article_account_codings: AsyncResource[ArticleAccountCoding] = AsyncResource(
            endpoints.ARTICLE_ACCOUNT_CODINGS, env
        )
        self.orders = AsyncOrders(endpoints.ORDERS, env)

    async def company_settings(self) -> CompanySettings:
        """Fetch the settings of the connected company."""
        return await execute(endpoints.COMPANY_SETTINGS, self._env)

    async def send(self, operation: Operation[T]) -> T:
        """Carry out an operation for which there is no method here."""
        return await execute(operation, self._env)

    def with_options(self, *, timeout: float | None = None, max_retries: int | None = None) -> Self:
        """Return a client of the same connection with another patience."""
        other = object.__new__(type(self))
        other._own = None
        other._bind(_options(self._env, timeout, max_retries))
        return other

    async def close(self) -> None:
        """Close the connections, unless they came from outside."""
        if self._own is not None:
            await self._own.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


@final
class OAuth:
    """The login at Visma, blocking: begin, complete, revoke."""

    def __init__(self, application: Application, *, transport: BlockingTransport | None = None) -> None:
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
        return step(
            _login.complete,
            self._application,
            pending,
            callback_url,
            transport=self._transport,
            clock=self._clock,
        )

    def revoke(self, tokens: TokenSet) -> None:
        """End the tokens at Visma; unknown and ended tokens are no error."""
        step(_login.revoke, self._application, tokens, transport=self._transport)

    def close(self) -> None:
        """Close the connections, unless they came from outside."""
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@final
class AsyncOAuth:
    """The login at Visma, for asyncio: begin, complete, revoke."""

    def __init__(self, application: Application, *, transport: Transport | None = None) -> None:
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
        return await _login.complete(
            self._application, pending, callback_url, transport=self._transport, clock=self._clock
        )

    async def revoke(self, tokens: TokenSet) -> None:
        """End the tokens at Visma; unknown and ended tokens are no error."""
        await _login.revoke(self._application, tokens, transport=self._transport)

    async def close(self) -> None:
        """Close the connections, unless they came from outside."""
        if self._own is not None:
            await self._own.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
