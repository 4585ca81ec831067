"""Network streams that keep a deadline: each connect, read and write gets no more than what is left of it.

httpx and httpcore know timeouts for single reads only, so a server that sends one byte now and then would
hold a blocked thread for ever. These streams wrap those of httpcore, one call deep. The deadline is that
of the exchange which runs in this thread or task; outside of one there is none.

What stays unbounded in a blocked thread is the system's own look-up of a name, which has its own timeouts,
and what httpcore does within one read where TLS runs inside the TLS of a proxy.
"""

from __future__ import annotations

import contextlib
import math
import socket
import ssl
from collections.abc import Generator, Iterable
from contextvars import ContextVar
from typing import Any, Final, final

import httpcore

from visma_busy_sync._core.world import Clock

_ENDS_AT: Final[ContextVar[float]] = ContextVar("ends_at", default=math.inf)

# A write loops over what the peer takes, each turn with the whole timeout; so it gets small pieces.
_PIECE_BYTES: Final = 16 * 1024


@final
class Timekeeper:
    """The deadline of the exchange that runs here, by a clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @contextlib.contextmanager
    def exchange(self, seconds: float) -> Generator[None, None, None]:
        """Return a context in which everything must be over after `seconds`."""
        before = _ENDS_AT.set(self._clock.monotonic() + seconds)
        try:
            yield
        finally:
            with contextlib.suppress(ValueError):  # a coroutine that is closed, not awaited to its end
                _ENDS_AT.reset(before)

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return self._clock.monotonic() >= _ENDS_AT.get()

    def share(
        self, timeout: float | None, fault: type[httpcore.TimeoutException], *, among: int = 1
    ) -> float | None:
        """Return `timeout`, or what is left if that is less; None for no bound.

        Args:
            timeout: Seconds; None for no bound.
            fault: What to raise if nothing is left.
            among: How many tries what is left has to do for, this one counted.

        Raises:
            TimeoutException: Of the kind `fault`, if nothing is left.
        """
        left = (_ENDS_AT.get() - self._clock.monotonic()) / among
        if left <= 0:
            raise fault("the deadline passed")
        least = left if timeout is None else min(timeout, left)
        return None if math.isinf(least) else least

    def backend(self, inner: httpcore.NetworkBackend) -> httpcore.NetworkBackend:
        """Return `inner` with this deadline."""
        return TimedBackend(inner, self)

    def async_backend(self, inner: httpcore.AsyncNetworkBackend) -> httpcore.AsyncNetworkBackend:
        """Return `inner` with this deadline."""
        return AsyncTimedBackend(inner, self)


@final
class TimedBackend(httpcore.NetworkBackend):
    """`httpcore.NetworkBackend` that keeps the deadline."""

    def __init__(self, inner: httpcore.NetworkBackend, keeper: Timekeeper) -> None:
        self._inner = inner
        self._keeper = keeper

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to one address of the host after the other.

        Each gets its share of what is left, so that one which never answers leaves time for the next.
        """
        options = None if socket_options is None else list(socket_options)
        addresses = _addresses(host, port)

        def connect(at: int) -> httpcore.NetworkStream:
            share = self._keeper.share(timeout, httpcore.ConnectTimeout, among=len(addresses) - at)
            stream = self._inner.connect_tcp(addresses[at], port, share, local_address, options)
            return TimedStream(stream, self._keeper)

        for at in range(len(addresses) - 1):
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return connect(at)
        return connect(len(addresses) - 1)

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to a socket of this machine."""
        share = self._keeper.share(timeout, httpcore.ConnectTimeout)
        return TimedStream(self._inner.connect_unix_socket(path, share, socket_options), self._keeper)

    def sleep(self, seconds: float) -> None:
        """Block for `seconds`."""
        self._inner.sleep(seconds)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    # Where there are none, connecting says so in its own way.
    return list(dict.fromkeys(str(address[0]) for *_, address in found)) or [host]


@final
class TimedStream(httpcore.NetworkStream):
    """`httpcore.NetworkStream` that keeps the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, keeper: Timekeeper) -> None:
        self._inner = inner
        self._keeper = keeper

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what there is, at most `max_bytes`."""
        return self._inner.read(max_bytes, self._keeper.share(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of `buffer`."""
        for start in range(0, len(buffer), _PIECE_BYTES):
            share = self._keeper.share(timeout, httpcore.WriteTimeout)
            self._inner.write(buffer[start : start + _PIECE_BYTES], share)

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Shake hands; Python bounds the handshake as a whole."""
        try:
            share = self._keeper.share(timeout, httpcore.ConnectTimeout)
        except httpcore.ConnectTimeout:
            self.close()  # as httpcore does when a handshake fails
            raise
        return TimedStream(self._inner.start_tls(ssl_context, server_hostname, share), self._keeper)

    def get_extra_info(self, info: str) -> Any:
        """Return something about the connection."""
        return self._inner.get_extra_info(info)


@final
class AsyncTimedBackend(httpcore.AsyncNetworkBackend):
    """`TimedBackend` for the asynchronous shell."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend, keeper: Timekeeper) -> None:
        self._inner = inner
        self._keeper = keeper

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect; the timeout is for all addresses of the host together."""
        share = self._keeper.share(timeout, httpcore.ConnectTimeout)
        stream = await self._inner.connect_tcp(host, port, share, local_address, socket_options)
        return AsyncTimedStream(stream, self._keeper)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to a socket of this machine."""
        share = self._keeper.share(timeout, httpcore.ConnectTimeout)
        stream = await self._inner.connect_unix_socket(path, share, socket_options)
        return AsyncTimedStream(stream, self._keeper)

    async def sleep(self, seconds: float) -> None:
        """Let other tasks run for `seconds`."""
        await self._inner.sleep(seconds)


@final
class AsyncTimedStream(httpcore.AsyncNetworkStream):
    """`TimedStream` for the asynchronous shell."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, keeper: Timekeeper) -> None:
        self._inner = inner
        self._keeper = keeper

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Read what there is, at most `max_bytes`."""
        return await self._inner.read(max_bytes, self._keeper.share(timeout, httpcore.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Write all of `buffer`."""
        await self._inner.write(buffer, self._keeper.share(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's
    ) -> httpcore.AsyncNetworkStream:
        """Shake hands."""
        try:
            share = self._keeper.share(timeout, httpcore.ConnectTimeout)
        except httpcore.ConnectTimeout:
            await self.aclose()  # as httpcore does when a handshake fails
            raise
        return AsyncTimedStream(
            await self._inner.start_tls(ssl_context, server_hostname, share), self._keeper
        )

    def get_extra_info(self, info: str) -> Any:
        """Return something about the connection."""
        return self._inner.get_extra_info(info)
