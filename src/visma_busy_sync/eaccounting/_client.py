"""The client's two shells: `EAccounting` blocks, `AsyncEAccounting` awaits. One core does the work.

They are twins by hand: the same names, parameters and texts, each method one line. A test compares them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Self, TypeVar, cast, final

import attrs

from visma_busy_sync._core.bound import ProcessBound
from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.runtimes import AsyncioRuntime, BlockingRuntime, SystemClock
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.stepper import lift, step
from visma_busy_sync._core.world import Clock, Runtime
from visma_busy_sync.eaccounting import _endpoints as endpoints
from visma_busy_sync.eaccounting._exchange import LiftedTransport
from visma_busy_sync.eaccounting._execute import Env, Options, execute
from visma_busy_sync.eaccounting._limits import WindowLimiter
from visma_busy_sync.eaccounting._oauth import PRODUCTION, Application, Endpoints, TokenSet, access_token
from visma_busy_sync.eaccounting._operation import Operation
from visma_busy_sync.eaccounting._resources import AsyncOrders, AsyncResource, Orders, Resource
from visma_busy_sync.eaccounting._tokens import FixedToken, HeldTokens, RenewedTokens, TokenSource
from visma_busy_sync.eaccounting.http import BlockingTransport, Transport
from visma_busy_sync.eaccounting.models import (
    Article,
    ArticleAccountCoding,
    CompanySettings,
    Customer,
    Project,
    TermsOfPayment,
    Unit,
)

T = TypeVar("T")

__all__ = ["AsyncEAccounting", "EAccounting", "LiftedTransport"]


def _masked(tokens: str | Secret | TokenSet, application: Application | None) -> Secret | TokenSet:
    """Check what a client is made of, and leave no token in clear text in a frame that may fail."""
    if isinstance(tokens, str):
        tokens = Secret(tokens)
    if not isinstance(cast("object", tokens), Secret | TokenSet):
        raise ConfigurationError(
            f"tokens is of the type {type(tokens).__name__}.",
            advice="Give an access token as a text, or the TokenSet of a login. If it is read from an "
            "environment variable, check that this is set.",
        )
    if application is not None and not isinstance(cast("object", application), Application):
        raise ConfigurationError(
            f"application is of the type {type(application).__name__}.", advice="Give an Application."
        )
    return tokens


def _source(
    tokens: Secret | TokenSet,
    application: Application | None,
    on_new: Callable[[TokenSet], Awaitable[None]] | None,
    transport: Transport,
    runtime: Runtime,
    clock: Clock,
    timeout: float,
) -> TokenSource:
    if isinstance(tokens, TokenSet) and application is not None:
        held = HeldTokens(tokens, on_new)
        return RenewedTokens(
            application, held, transport=transport, runtime=runtime, clock=clock, timeout=timeout
        )
    if on_new is not None:
        raise ConfigurationError(
            "on_new_tokens would never be told of anything.",
            advice="Pass the TokenSet of a login and the application, so that tokens can be renewed.",
        )
    return FixedToken(tokens.access_token if isinstance(tokens, TokenSet) else access_token(tokens))


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


def _options(env: Env, **changes: float | None) -> Env:
    given: dict[str, Any] = {name: value for name, value in changes.items() if value is not None}
    return attrs.evolve(env, options=attrs.evolve(env.options, **given))


@final
class EAccounting(ProcessBound):
    """A typed client of one company's eAccounting, blocking. It knows nothing of Busy.

    Args:
        tokens: An access token, or the `TokenSet` of a login.
        application: With it, a `TokenSet` is renewed by itself.
        on_new_tokens: Told of each renewed set before it is used; keep it, the old one may be dead.
        endpoints: The server; that of `application` if one is given.
        transport: How to send; by default httpx. One that is passed in is not closed.
        timeout: Seconds that connecting, and each wait for more bytes, may take.
        max_retries: How often a call may be repeated where that is safe.
        deadline: Seconds that a call may take in all, pauses and attempts included. It may take longer where
            the access token must be renewed first: what was asked for is waited for and kept.

    Attributes:
        projects: The projects.
        customers: The customers.
        articles: The articles, which Busy calls products.
        units: The units of quantity.
        terms_of_payments: The terms of payment.
        article_account_codings: How articles are booked, with the rates of VAT.
        orders: The orders and order drafts, the only ones to be created and deleted here.

    Raises:
        ConfigurationError: If the token is empty, or a number is out of its range.

    One client may be used by several threads.
    """

    projects: Resource[Project]
    customers: Resource[Customer]
    articles: Resource[Article]
    units: Resource[Unit]
    terms_of_payments: Resource[TermsOfPayment]
    article_account_codings: Resource[ArticleAccountCoding]
    orders: Orders

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
        deadline: float = 90.0,
    ) -> None:
        tokens = _masked(tokens, application)
        self._own = None
        if transport is None:
            from visma_busy_sync.eaccounting.transport import HttpxTransport  # noqa: PLC0415 - httpx late

            transport = self._own = HttpxTransport()
        lifted, runtime, clock = LiftedTransport(transport), BlockingRuntime(), SystemClock()
        on_new = lift(on_new_tokens) if on_new_tokens else None
        options = Options(timeout=timeout, max_retries=max_retries, deadline=deadline)
        source = _source(tokens, application, on_new, lifted, runtime, clock, options.timeout)
        server = endpoints or (application.endpoints if application else PRODUCTION)
        self._bind(_env(server, source, lifted, runtime, clock, options))

    def _bind(self, env: Env) -> None:
        self._env = env
        self.projects = Resource(endpoints.PROJECTS, env)
        self.customers = Resource(endpoints.CUSTOMERS, env)
        self.articles = Resource(endpoints.ARTICLES, env)
        self.units = Resource(endpoints.UNITS, env)
        self.terms_of_payments = Resource(endpoints.TERMS_OF_PAYMENTS, env)
        self.article_account_codings = Resource(endpoints.ARTICLE_ACCOUNT_CODINGS, env)
        self.orders = Orders(endpoints.ORDERS, env)

    def company_settings(self) -> CompanySettings:
        """Fetch the settings of the connected company."""
        return step(execute, endpoints.COMPANY_SETTINGS, self._env)

    def send(self, operation: Operation[T]) -> T:
        """Carry out an operation for which there is no method here."""
        return step(execute, operation, self._env)

    def with_options(
        self,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
    ) -> Self:
        """Return a client of the same connection with another patience; None leaves a number as it is.

        Raises:
            ConfigurationError: If a number is out of its range.
        """
        other = object.__new__(type(self))
        other._own = None
        other._bind(_options(self._env, timeout=timeout, max_retries=max_retries, deadline=deadline))
        return other

    def close(self) -> None:
        """Close the connections, unless they came from outside."""
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@final
class AsyncEAccounting(ProcessBound):
    """A typed client of one company's eAccounting, for asyncio. It knows nothing of Busy.

    Args:
        tokens: An access token, or the `TokenSet` of a login.
        application: With it, a `TokenSet` is renewed by itself.
        on_new_tokens: Told of each renewed set before it is used; keep it, the old one may be dead.
        endpoints: The server; that of `application` if one is given.
        transport: How to send; by default httpx. One that is passed in is not closed.
        timeout: Seconds that connecting, and each wait for more bytes, may take.
        max_retries: How often a call may be repeated where that is safe.
        deadline: Seconds that a call may take in all, pauses and attempts included.

    Attributes:
        projects: The projects.
        customers: The customers.
        articles: The articles, which Busy calls products.
        units: The units of quantity.
        terms_of_payments: The terms of payment.
        article_account_codings: How articles are booked, with the rates of VAT.
        orders: The orders and order drafts, the only ones to be created and deleted here.

    Raises:
        ConfigurationError: If the token is empty, or a number is out of its range.
    """

    projects: AsyncResource[Project]
    customers: AsyncResource[Customer]
    articles: AsyncResource[Article]
    units: AsyncResource[Unit]
    terms_of_payments: AsyncResource[TermsOfPayment]
    article_account_codings: AsyncResource[ArticleAccountCoding]
    orders: AsyncOrders

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
        deadline: float = 90.0,
    ) -> None:
        tokens = _masked(tokens, application)
        self._own = None
        if transport is None:
            from visma_busy_sync.eaccounting.transport import AsyncHttpxTransport  # noqa: PLC0415

            transport = self._own = AsyncHttpxTransport()
        runtime, clock = AsyncioRuntime(), SystemClock()
        options = Options(timeout=timeout, max_retries=max_retries, deadline=deadline)
        source = _source(tokens, application, on_new_tokens, transport, runtime, clock, options.timeout)
        server = endpoints or (application.endpoints if application else PRODUCTION)
        self._bind(_env(server, source, transport, runtime, clock, options))

    def _bind(self, env: Env) -> None:
        self._env = env
        self.projects = AsyncResource(endpoints.PROJECTS, env)
        self.customers = AsyncResource(endpoints.CUSTOMERS, env)
        self.articles = AsyncResource(endpoints.ARTICLES, env)
        self.units = AsyncResource(endpoints.UNITS, env)
        self.terms_of_payments = AsyncResource(endpoints.TERMS_OF_PAYMENTS, env)
        self.article_account_codings = AsyncResource(endpoints.ARTICLE_ACCOUNT_CODINGS, env)
        self.orders = AsyncOrders(endpoints.ORDERS, env)

    async def company_settings(self) -> CompanySettings:
        """Fetch the settings of the connected company."""
        return await execute(endpoints.COMPANY_SETTINGS, self._env)

    async def send(self, operation: Operation[T]) -> T:
        """Carry out an operation for which there is no method here."""
        return await execute(operation, self._env)

    def with_options(
        self,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
    ) -> Self:
        """Return a client of the same connection with another patience; None leaves a number as it is.

        Raises:
            ConfigurationError: If a number is out of its range.
        """
        other = object.__new__(type(self))
        other._own = None
        other._bind(_options(self._env, timeout=timeout, max_retries=max_retries, deadline=deadline))
        return other

    async def close(self) -> None:
        """Close the connections, unless they came from outside."""
        if self._own is not None:
            await self._own.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
