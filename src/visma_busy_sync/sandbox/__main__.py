"""Run the sandbox: ``python -m visma_busy_sync.sandbox``; ``--help`` lists the options.

One JSON line on standard output tells addresses and credentials when the server is ready. Messages go
to standard error. Exit codes: 0 ended by a signal or with its input, 1 the address cannot be used, 2 bad
arguments or company file.
"""

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from visma_busy_sync.sandbox.company import Company
from visma_busy_sync.sandbox.companyfile import load
from visma_busy_sync.sandbox.jsontext import encode
from visma_busy_sync.sandbox.profile import Profile, changed, read_switches
from visma_busy_sync.sandbox.seed import default_settings, empty_company, seed_company
from visma_busy_sync.sandbox.state import State

NOT_INSTALLED = 'The sandbox needs its extra: pip install "visma-busy-sync[sandbox]"'


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:6]) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port from 0 to 65535")
    return int(text)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m visma_busy_sync.sandbox",
        description="An eAccounting server to develop against. Prints one JSON line when it is ready.",
        allow_abbrev=False,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="port to listen on (default: a free one)")
    company = parser.add_mutually_exclusive_group()
    company.add_argument("--company", type=Path, metavar="FILE", help="JSON file with the company's data")
    company.add_argument("--empty", action="store_true", help="no projects, customers, articles, orders")
    parser.add_argument(
        "--profile",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a switch of the profile; may be given several times",
    )
    parser.add_argument(
        "--end-with-input", action="store_true", help="end when standard input does, such as with a parent"
    )
    return parser.parse_args(arguments)


def _company(options: argparse.Namespace) -> Company:
    if options.company is not None:
        return load(options.company, default_settings(), lambda text: print(text, file=sys.stderr))
    return empty_company() if options.empty else seed_company()


def _listen(host: str, port: int) -> socket.socket:
    family, _, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    # With the protocol left at 0, asyncio would not set TCP_NODELAY and every answer would wait 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    return listener


def _address(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - shown, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def _end_with_input() -> None:
    def watch() -> None:
        with contextlib.suppress(OSError):  # there is none, which is its end too
            while os.read(0, 1024):  # not sys.stdin, whose lock would hinder the end of the interpreter
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def ready_line(state: State) -> str:
    """Write the line that tells where the server is and how to get in."""
    root = state.issuer
    return encode(
        {
            "api_url": f"{root}/v2",
            "authorize_url": f"{root}/connect/authorize",
            "token_url": f"{root}/connect/token",
            "revocation_url": f"{root}/connect/revocation",
            "client_id": state.tokens.client_id,
            "client_secret": state.tokens.client_secret,
            "access_token": state.tokens.run_token,
            "journal_url": f"{root}/sandbox/journal",
            "reset_url": f"{root}/sandbox/reset",
        }
    )


def _print(line: str) -> None:
    print(line, flush=True)


def _complain(reason: str) -> None:
    print(reason, file=sys.stderr)


def main(
    arguments: Sequence[str] | None = None,
    *,
    announce: Callable[[str], None] = _print,
    complain: Callable[[str], None] = _complain,
) -> int:
    """Run the server until a signal ends it.

    Args:
        arguments: What was typed; by default `sys.argv[1:]`.
        announce: Gets the ready line when the server listens; by default it is printed.
        complain: Gets the reason where it does not come to that; by default it goes to standard error.
    """
    # Until the server takes the signals over, they end the program just as quietly.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    options = _arguments(arguments)
    if options.end_with_input:
        _end_with_input()
    try:
        from visma_busy_sync.sandbox.server import serve  # noqa: PLC0415 - the extra may be missing
    except ImportError:
        complain(NOT_INSTALLED)
        return 2
    try:
        company = _company(options)
        profile = changed(Profile(), read_switches(options.profile))
    except ValueError as fault:
        complain(str(fault))
        return 2
    try:
        listener = _listen(options.host, options.port)
    except (OSError, UnicodeError) as fault:  # UnicodeError: the host can be no name
        reason = fault.strerror if isinstance(fault, OSError) else "not a host name"
        complain(f"cannot listen on {options.host} port {options.port}: {reason}")
        return 1
    state = State(company, _address(options.host, listener.getsockname()[1]), profile)
    serve(state, listener, lambda: announce(ready_line(state)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
