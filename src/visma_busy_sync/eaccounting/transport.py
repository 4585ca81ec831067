"""The adapter to httpx: the only module that knows it."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final, Generic, TypeAlias, TypeVar, final

import httpx

from visma_busy_sync._core.bound import ProcessBound
from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.forks import tell_of_forks
from visma_busy_sync._core.runtimes import OneLoop, SystemClock
from visma_busy_sync._core.world import Clock
from visma_busy_sync.eaccounting._timed import Timekeeper
from visma_busy_sync.eaccounting.http import NoAnswerError, NotSentError, Request, Response, TooLargeError

__all__ = [
    "MOST_BYTES",
    "AsyncHttpxTransport",
    "HttpxTransport",
]

MOST_BYTES: Final = 64 * 1024 * 1024
"""How large an answer may be by default, decompressed."""

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)

_LIMITS = httpx.Limits(max_connections=20)

_Client = TypeVar("_Client", httpx.Client, httpx.AsyncClient)
_Fault: TypeAlias = NotSentError | NoAnswerError | TooLargeError


def _no_cookies() -> CookieJar:
    # One transport may serve several companies: what one is given must not travel with another's calls.
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


@final
class HttpxTransport(ProcessBound):
    """Send requests with an `httpx.Client`.

    Pass your own client for a proxy, a private CA or tests; you then close it yourself. Redirects are
    never followed: a token must not travel to another host. Cookies are not kept, unless your own client
    keeps them.

    The request's deadline is kept at each read and write. With your own client it is kept only between
    the pieces of a body, and a server that sends its headers byte by byte may take longer.

    Args:
        client: Your own client; None for one of our own.
        most_bytes: How large an answer may be, decompressed; from 1.
        clock: The time.

    Raises:
        ConfigurationError: If `most_bytes` is out of its range.
    """

    def __init__(
        self,
        client: httpx.Client | None = None,
        *,
        most_bytes: int = MOST_BYTES,
        clock: Clock | None = None,
    ) -> None:
        self._most_bytes = _checked(most_bytes)
        self._keeper = Timekeeper(clock or SystemClock())
        tls = None if client else httpx.create_ssl_context()
        self._held = _Held(
            client,
            lambda: _timed(
                httpx.Client(limits=_LIMITS, cookies=_no_cookies(), verify=tls or True), self._keeper.backend
            ),
        )

    def send(self, request: Request) -> Response:
        """Send `request`.

        Raises:
            ConfigurationError: If the client is closed, or is your own and has the connections of the process
                that this one was forked from.
        """
        client = self._held.ready()
        with self._keeper.exchange(request.deadline):
            outcome = self._outcome(client, request)
        if isinstance(outcome, Response):
            return outcome
        try:
            raise outcome
        finally:
            del outcome  # else its traceback and this frame would keep each other alive

    def _outcome(self, client: httpx.Client, request: Request) -> Response | _Fault:
        """Return the answer, or what to raise: outside of httpx, whose frames have the token."""
        try:
            with client.stream(**_arguments(request)) as answer:
                body = _Body(answer, self._most_bytes)
                if answer.is_stream_consumed:
                    return body.read_before()
                for raw in answer.iter_raw():
                    fault = body.add(raw) or _late(self._keeper)
                    if fault is not None:
                        return fault
                return body.answer()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return _fault(error, self._keeper)

    def close(self) -> None:
        """Close the connections, if the client is our own."""
        if self._held.own:
            self._held.client.close()


@final
class AsyncHttpxTransport(ProcessBound):
    """Send requests with an `httpx.AsyncClient`; otherwise as `HttpxTransport`.

    It belongs to the event loop of its first request, and refuses those of another one.

    Args:
        client: Your own client; None for one of our own.
        most_bytes: How large an answer may be, decompressed; from 1.
        clock: The time.

    Raises:
        ConfigurationError: If `most_bytes` is out of its range.
    """

    def __init__(
        self,
        client: httpx.AsyncClient | None = None,
        *,
        most_bytes: int = MOST_BYTES,
        clock: Clock | None = None,
    ) -> None:
        self._most_bytes = _checked(most_bytes)
        self._keeper = Timekeeper(clock or SystemClock())
        self._loop = OneLoop()
        tls = None if client else httpx.create_ssl_context()
        self._held = _Held(
            client,
            lambda: _timed(
                httpx.AsyncClient(limits=_LIMITS, cookies=_no_cookies(), verify=tls or True),
                self._keeper.async_backend,
            ),
        )

    async def send(self, request: Request) -> Response:
        """Send `request`.

        Raises:
            ConfigurationError: If the client is closed, or is your own and has the connections of the process
                that this one was forked from.
        """
        client = self._held.ready()
        self._loop.require()
        with self._keeper.exchange(request.deadline):
            outcome = await self._outcome(client, request)
        if isinstance(outcome, Response):
            return outcome
        try:
            raise outcome
        finally:
            del outcome  # else its traceback and this frame would keep each other alive

    async def _outcome(self, client: httpx.AsyncClient, request: Request) -> Response | _Fault:
        """Return the answer, or what to raise: outside of httpx, whose frames have the token."""
        try:
            async with client.stream(**_arguments(request)) as answer:
                body = _Body(answer, self._most_bytes)
                if answer.is_stream_consumed:
                    return body.read_before()
                async for raw in answer.aiter_raw():
                    fault = body.add(raw) or _late(self._keeper)
                    if fault is not None:
                        return fault
                return body.answer()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return _fault(error, self._keeper)

    async def close(self) -> None:
        """Close the connections, if the client is our own."""
        if self._held.own:
            await self._held.client.aclose()


def _checked(most_bytes: int) -> int:
    if isinstance(most_bytes, bool) or most_bytes < 1 or most_bytes % 1:
        raise ConfigurationError("most_bytes is a whole number of bytes from 1.")
    return most_bytes


# httpx has no public way to a network backend that leaves the proxies of the environment as they are, so
# the backend of each of its pools is wrapped in place. An httpx that is built otherwise keeps the deadline
# between the pieces of a body only; tests look that this one keeps it everywhere.


def _timed(client: _Client, wrap: Callable[[Any], Any]) -> _Client:
    for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001 - see above
        pool: Any = getattr(transport, "_pool", None)
        if hasattr(pool, "_network_backend"):
            pool._network_backend = wrap(pool._network_backend)  # noqa: SLF001
    return client


@final
class _Held(Generic[_Client]):
    """The HTTP client of a transport: the host's, or one of our own, which a child of a fork makes anew.

    Args:
        given: The host's.
        make: Makes one of our own.
    """

    def __init__(self, given: _Client | None, make: Callable[[], _Client]) -> None:
        self.own = given is None
        self.client: _Client = given or make()
        self._make: Callable[[], _Client] = make
        self._used = False
        self._is_parents = False
        # Kept for good: were it collected, Python would warn of connections that nobody closed.
        self._inherited: list[_Client] = []
        tell_of_forks(self)

    def ready(self) -> _Client:
        """Return the client, to send with."""
        if self.client.is_closed:
            raise ConfigurationError(
                "The HTTP client is closed.", advice="Make calls before close(), or anew."
            )
        if self._is_parents:
            raise ConfigurationError(
                "The HTTP client was used before this process was forked, so its connections are shared with "
                "the parent, and answers would be mixed.",
                advice="Make your own client, and what you give it to, anew in the child; or leave it out.",
            )
        self._used = True
        return self.client

    def forked(self) -> None:
        """Begin without connections; what has none yet is as good as new."""
        if not self._used or self.client.is_closed:
            return
        if not self.own:
            self._is_parents = True
            return
        self._used = False
        self._inherited.append(self.client)
        self.client = self._make()


def _arguments(request: Request) -> dict[str, Any]:
    return {
        "method": request.method,
        "url": request.url,
        # Only what `_Body` decompresses within its bound.
        "headers": {"Accept-Encoding": "gzip", **request.headers},
        "content": request.body,
        "timeout": min(request.timeout, request.deadline),
        "follow_redirects": False,
    }


def _fault(error: Exception, keeper: Timekeeper) -> _Fault:
    """Return what to raise for an error of httpx.

    httpx's own text may hold the address with its query, so only the class is told. And it must be raised
    outside of the handler: `error.request` has the token, and would go along as the context.
    """
    kind = NotSentError if isinstance(error, _NOT_SENT) else NoAnswerError
    return kind("the deadline passed" if keeper.is_over else type(error).__name__)


def _late(keeper: Timekeeper) -> NoAnswerError | None:
    return NoAnswerError("the deadline passed") if keeper.is_over else None


class _Body:
    """The body of an answer as it comes in, decompressed and never larger than its bound.

    httpx would decompress each piece as a whole: 64 KiB of zeros, compressed twice, are 64 GiB.
    """

    def __init__(self, answer: httpx.Response, most: int) -> None:
        self._answer = answer
        self._most = most
        self._parts: list[bytes] = []
        self._size = 0
        coding = answer.headers.get("content-encoding", "").strip().lower()
        self._known = coding in {"", "identity", "gzip", "x-gzip"}
        self._gzip = _gzip() if coding.endswith("gzip") else None

    def add(self, raw: bytes) -> _Fault | None:
        """Take a piece; return what to raise if there is something wrong with it."""
        if not self._known:
            return NoAnswerError("a compression that was not asked for")
        try:
            while raw and self._size <= self._most:
                raw = self._take(raw)
        except zlib.error:
            return NoAnswerError("DecodingError")
        return self._too_large() if self._size > self._most else None

    def _take(self, raw: bytes) -> bytes:
        """Take what there is room for, one byte more than the bound; return the rest."""
        room = self._most + 1 - self._size
        part, rest = raw[:room], raw[room:]
        if self._gzip is not None:
            if self._gzip.eof:  # a file of several members (RFC 1952, 2.2)
                self._gzip = _gzip()
            part = self._gzip.decompress(raw, room)
            rest = self._gzip.unconsumed_tail or self._gzip.unused_data
        self._parts.append(part)
        self._size += len(part)
        return rest

    def _too_large(self) -> TooLargeError:
        return TooLargeError(status=self._answer.status_code, most=self._most)

    def answer(self) -> Response | _Fault:
        """Return the whole answer."""
        if self._gzip is not None and self._parts and not self._gzip.eof:
            return NoAnswerError("DecodingError")
        headers = {name.lower(): value for name, value in self._answer.headers.items()}
        return Response(status=self._answer.status_code, headers=headers, body=b"".join(self._parts))

    def read_before(self) -> Response | _Fault:
        """Return an answer that came whole, as those of `httpx.MockTransport` do."""
        self._gzip, self._known = None, True
        return self.add(self._answer.content) or self.answer()


def _gzip() -> Any:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)
