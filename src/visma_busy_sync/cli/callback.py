"""The page that Visma sends the browser back to, on this machine, for as long as one login lasts."""

from __future__ import annotations

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self, cast, final
from urllib.parse import SplitResult, parse_qs, urlsplit, urlunsplit

from visma_busy_sync import Secret

_PAGE: Final = (
    '<!doctype html><html lang="nb"><meta charset="utf-8"><title>visma-busy-sync</title>'
    "<p>Du kan lukke dette vinduet; resultatet står i terminalen.</p>"
    '<p lang="en">You may close this window; the result is in the terminal.</p></html>'
).encode()
_HEADERS: Final = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", "default-src 'none'"),
)
_LOOPBACK: Final = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "::1": "::1"}


@final
class Callbacks:
    """A small server on the redirect address; a context manager that ends it.

    Attributes:
        redirect_uri: The address, with the port that it has.
    """

    def __init__(self, server: _Server, redirect_uri: str, calls: queue.Queue[Secret]) -> None:
        self._server = server
        self._calls = calls
        self._thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self.redirect_uri = redirect_uri

    def expect(self, state: str) -> None:
        """Take only the browser that comes with this `state`: any page can send one here with another."""
        self._server.state = state

    def wait(self, seconds: float) -> Secret | None:
        """Wait for the browser, and return the address that it came to; None if it did not come."""
        try:
            return self._calls.get(timeout=seconds)
        except queue.Empty:
            return None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def listening(redirect_uri: str) -> Callbacks | None:
    """Listen on a redirect address; None where that is not possible here.

    It is where the address is http on the loopback interface and names a port that is free; port 0 is any
    free one.
    """
    try:
        parts = urlsplit(redirect_uri)
        host, port = _LOOPBACK[parts.hostname or ""], parts.port
    except (KeyError, ValueError):
        return None
    if parts.scheme != "http":
        return None
    calls: queue.Queue[Secret] = queue.Queue()
    try:
        server = _Server((host, 80 if port is None else port), _Page)
    except OSError:
        return None
    shown = f"[{parts.hostname}]" if host == "::1" else parts.hostname
    here = parts._replace(netloc=f"{shown}:{server.server_port}") if port == 0 else parts
    server.here, server.calls = here, calls
    return Callbacks(server, urlunsplit(here), calls)


@final
class _Server(ThreadingHTTPServer):
    # Browsers open connections on which they ask for nothing; these must hold up neither login nor end.
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = False

    here: SplitResult
    calls: queue.Queue[Secret]
    state: str | None = None

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        if ":" in address[0]:
            import socket  # noqa: PLC0415 - rarely needed

            self.address_family: int = socket.AF_INET6
        super().__init__(address, handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser may close its connection, and a traceback may hold the code."""


@final
class _Page(BaseHTTPRequestHandler):
    timeout = 10

    def do_GET(self) -> None:
        server = cast("_Server", self.server)
        asked = urlsplit(self.path)
        given = parse_qs(asked.query).get("state")
        if asked.path != (server.here.path or "/") or given is None or given != [server.state]:
            self.send_error(404)
            return
        self.send_response(200)
        for name, value in _HEADERS:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)
        server.calls.put(Secret(urlunsplit(server.here._replace(query=asked.query))))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the path holds the code."""
