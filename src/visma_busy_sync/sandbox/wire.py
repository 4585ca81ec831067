"""uvicorn bent to a sandbox's needs: cut connections, errors in the API's form, a quick and quiet end.

All this lies below ASGI, where Starlette knows nothing: the TCP connection, text that is no HTTP, signals.
"""

import asyncio
import signal
import socket
import struct
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from http import HTTPStatus
from types import FrameType
from typing import Any, cast

import h11
import uvicorn
from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from visma_busy_sync.sandbox.errors import BAD_QUERY, error_body
from visma_busy_sync.sandbox.faults import FaultTable
from visma_busy_sync.sandbox.web import JsonAnswer

GRACE_SECONDS = 1
# From the first byte of a request to the end of its head.
HEAD_SECONDS = 3
LINGER_SECONDS = 2
# More is not put aside for a client that reads too slowly.
UNSENT_MOST_BYTES = 1 << 20
_TRANSPORT = "sandbox.transport"
_FAULTS = "sandbox.faults"


class SandboxProtocol(H11Protocol):
    """HTTP/1.1 that lends its transport to the application and refuses broken requests in JSON."""

    _refused = False
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn does
        """Lend the transport to every request of the connection; read it late if a fault says so."""
        super().connection_made(transport)
        faults = cast("FaultTable", self.app_state[_FAULTS])
        self.app_state: dict[str, Any] = {**self.app_state, _TRANSPORT: transport}
        fault = faults.take_connection()
        if fault is not None:
            transport.pause_reading()
            self.loop.call_later(fault.seconds, transport.resume_reading)

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP."""
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        """Answer what cannot be handed on with the API's error body, and close."""
        answer = JsonAnswer(error_body(BAD_QUERY, message), status, {"connection": "close"})
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            parts = (
                h11.Response(status_code=status, headers=answer.raw_headers, reason=status.phrase.encode()),
                h11.Data(data=bytes(answer.body)),
                h11.EndOfMessage(),
            )
            for part in parts:
                self.transport.write(self.conn.send(part) or b"")
        # Closing while the client still writes would reset the connection and lose the answer on its way.
        self._refused = True
        self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def data_received(self, data: bytes) -> None:
        """Pass data on, unless the connection was refused and only waits for its end."""
        if not self._refused:
            super().data_received(data)
            self._watch()

    def on_response_complete(self) -> None:
        """Turn to the next request; a part of it may be there already."""
        super().on_response_complete()
        self._watch()

    def eof_received(self) -> None:
        """Refuse a request that ended before it was complete: its sender may still read."""
        if not self._refused and (self._head_begun() or self.conn.their_state is h11.SEND_BODY):
            self._refuse(HTTPStatus.BAD_REQUEST, "The request ended before it was complete")

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop to wait."""
        self._stop_watch()
        super().connection_lost(exc)

    def _head_begun(self) -> bool:
        return self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])

    def _watch(self) -> None:
        """Wait for the rest of a request's head for some seconds only."""
        if self._refused or not self._head_begun():
            self._stop_watch()
        elif self._patience is None:
            message = f"The request's head did not come within {HEAD_SECONDS} seconds"
            self._patience = self.loop.call_later(
                HEAD_SECONDS, self._refuse, HTTPStatus.REQUEST_TIMEOUT, message
            )

    def _stop_watch(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def _transport(scope: Scope) -> asyncio.Transport:
    transport: asyncio.Transport = scope["state"][_TRANSPORT]
    return transport


def cut_connection(scope: Scope, *, reset: bool) -> None:
    """Break the request's connection without an answer: with a TCP reset, or closed."""
    transport = _transport(scope)
    if reset:
        wire = transport.get_extra_info("socket")
        # Lingering for 0 seconds makes the system send RST instead of FIN.
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def head(status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Write status line and headers, whatever bytes they are, up to the empty line before the body."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join([*lines, b"", b""])


def write(scope: Scope, data: bytes) -> bool:
    """Send bytes as they are; return False, and send nothing, while too much waits for the client.

    The server knows nothing of them, so the connection has to end then.
    """
    transport = _transport(scope)
    if transport.get_write_buffer_size() >= UNSENT_MOST_BYTES:
        return False
    transport.write(data)
    return True


def finish_and_close(scope: Scope) -> None:
    """Send what was written so far, then close the connection."""
    _transport(scope).close()


class SandboxServer(uvicorn.Server):
    """A server that says when it is ready and ends quietly on SIGTERM and SIGINT."""

    def __init__(self, config: uvicorn.Config, faults: FaultTable, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._faults = faults
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then tell."""
        self.lifespan.state[_FAULTS] = self._faults
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close all connections; those in the middle of a request are cut."""
        for connection in list(self.server_state.connections):
            cycle = getattr(connection, "cycle", None)
            if cycle is not None and not cycle.response_complete:
                cycle.transport.abort()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Let the signals end the server; unlike uvicorn, do not raise them again afterwards."""

        def end(_number: int, _frame: FrameType | None) -> None:
            self.should_exit = True

        numbers = (signal.SIGTERM, signal.SIGINT)
        former = [signal.signal(number, end) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, former, strict=True):
                signal.signal(number, handler)
