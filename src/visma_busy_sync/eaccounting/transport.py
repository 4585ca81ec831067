"""The adapter to httpx: the only module that knows it."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import final

import httpx

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.eaccounting.http import NoAnswerError, NotSentError, Request, Response

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)

_LIMITS = httpx.Limits(max_connections=20)


def _no_cookies() -> CookieJar:
    # One transport may serve several companies: what one is given must not travel with another's calls.
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


@final
class HttpxTransport:
    """Send requests with an `httpx.Client`.

    Pass your own client for a proxy, a private CA or tests; you then close it yourself. Redirects are
    never followed: a token must not travel to another host. Cookies are not kept, unless your own client
    keeps them.
    """

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._own = client is None
        self._client = client or httpx.Client(limits=_LIMITS, cookies=_no_cookies())

    def send(self, request: Request) -> Response:
        """Send `request`.

        Raises:
            ConfigurationError: If the client is closed.
        """
        _check_open(self._client)
        try:
            answer = self._client.request(
                request.method,
                request.url,
                headers=dict(request.headers),
                content=request.body,
                timeout=request.timeout,
                follow_redirects=False,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            kind, name = _fault(error)
        else:
            return _response(answer)
        raise kind(name)

    def close(self) -> None:
        """Close the connections, if the client is our own."""
        if self._own:
            self._client.close()


@final
class AsyncHttpxTransport:
    """Send requests with an `httpx.AsyncClient`; otherwise as `HttpxTransport`."""

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        self._own = client is None
        self._client = client or httpx.AsyncClient(limits=_LIMITS, cookies=_no_cookies())

    async def send(self, request: Request) -> Response:
        """Send `request`.

        Raises:
            ConfigurationError: If the client is closed.
        """
        _check_open(self._client)
        try:
            answer = await self._client.request(
                request.method,
                request.url,
                headers=dict(request.headers),
                content=request.body,
                timeout=request.timeout,
                follow_redirects=False,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            kind, name = _fault(error)
        else:
            return _response(answer)
        raise kind(name)

    async def close(self) -> None:
        """Close the connections, if the client is our own."""
        if self._own:
            await self._client.aclose()


def _check_open(client: httpx.Client | httpx.AsyncClient) -> None:
    if client.is_closed:
        raise ConfigurationError("The HTTP client is closed.", advice="Make calls before close(), or anew.")


def _fault(error: Exception) -> tuple[type[NotSentError | NoAnswerError], str]:
    """Return what to raise for an error of httpx, and its text.

    httpx's own text may hold the address with its query, so only the class is told. And it must be raised
    outside of the handler: `error.request` has the token, and would go along as the context.
    """
    return NotSentError if isinstance(error, _NOT_SENT) else NoAnswerError, type(error).__name__


def _response(answer: httpx.Response) -> Response:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(status=answer.status_code, headers=headers, body=answer.content)
