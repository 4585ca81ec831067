"""A server of raw sockets that answers as no server should, and a client of each shell to face it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

import attrs

from visma_busy_sync.eaccounting import AsyncEAccounting, EAccounting, Endpoints, Operation

T = TypeVar("T")

TOKEN: Final = "t0ken-planted"
HANG_SECONDS: Final = 10.0
"""How long a server plays dead or drips; far longer than any deadline of the tests."""


DRIP_SECONDS: Final = 0.005


class Gone(Exception):
    """The test is over, or the client hung up."""


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, wire: Wire) -> None:
        self._sock = sock
        self._wire = wire

    def read_request(self) -> bytes:
        """Read a request with its body."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += self._more()
        return head + b"\r\n\r\n" + body

    def _more(self) -> bytes:
        data = self._sock.recv(65536)
        if not data:
            raise Gone
        return data

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        self._sock.sendall(data)

    def drip(self, data: bytes, *, then: bytes = b"x") -> None:
        """Send `data` byte by byte, and then `then` again and again, until the client hangs up."""
        pieces = [bytes([each]) for each in data]
        for n in range(int(HANG_SECONDS / DRIP_SECONDS)):
            self.send(pieces[n] if n < len(pieces) else then)
            if self._wire.over.wait(DRIP_SECONDS):
                raise Gone
        self._wire.outlasted = True

    def sip(self) -> None:
        """Read a little now and then, until the client hangs up."""
        for _ in range(int(HANG_SECONDS / DRIP_SECONDS)):
            if not self._sock.recv(4096) or self._wire.over.wait(DRIP_SECONDS):
                raise Gone
        self._wire.outlasted = True

    def play_dead(self) -> None:
        """Do nothing until the test is over."""
        if not self._wire.over.wait(HANG_SECONDS):
            self._wire.outlasted = True

    def reset(self) -> None:
        """Break the connection: the client gets RST, not an orderly end."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()


Behave = Callable[[Peer], object]


@attrs.define
class Wire:
    """A listening server.

    Attributes:
        behave: What it does with each connection.
        port: Where it listens.
        connections: How many it has accepted.
        outlasted: Whether it went on to its own end, because no client gave it up.
        over: Set when the test is over.
    """

    behave: Behave
    port: int = 0
    connections: int = 0
    outlasted: bool = False
    over: threading.Event = attrs.Factory(threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def serving(behave: Behave) -> Iterator[Wire]:
    """Serve each connection in a thread of its own, until the end of the context."""
    wire = Wire(behave)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire.port = listener.getsockname()[1]
        listener.settimeout(0.01)
        # Else the system would take many megabytes at once from a client whose server hardly reads.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        threads = [threading.Thread(target=_accept, args=(listener, wire))]
        threads[0].start()
        try:
            yield wire
        finally:
            wire.over.set()
            threads[0].join()


def _accept(listener: socket.socket, wire: Wire) -> None:
    threads: list[threading.Thread] = []
    while not wire.over.is_set():
        try:
            sock, _ = listener.accept()
        except TimeoutError:
            continue
        wire.connections += 1
        sock.settimeout(HANG_SECONDS)
        threads.append(threading.Thread(target=_serve, args=(sock, wire)))
        threads[-1].start()
    for thread in threads:
        thread.join()


def _serve(sock: socket.socket, wire: Wire) -> None:
    with sock, contextlib.suppress(OSError, Gone):
        wire.behave(Peer(sock, wire))


def endpoints(api_url: str) -> Endpoints:
    return Endpoints(
        api_url=api_url,
        authorize_url="https://login.example/authorize",
        token_url="https://login.example/token",
        revocation_url="https://login.example/revocation",
    )


def blocking(operation: Operation[T], url: str, **options: Any) -> T:
    """Make one call with the blocking client."""
    with EAccounting(TOKEN, endpoints=endpoints(url), **options) as api:
        return api.send(operation)


def awaiting(operation: Operation[T], url: str, **options: Any) -> T:
    """Make one call with the asynchronous client."""

    async def call() -> T:
        async with AsyncEAccounting(TOKEN, endpoints=endpoints(url), **options) as api:
            return await api.send(operation)

    return asyncio.run(call())
