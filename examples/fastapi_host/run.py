"""Start the host against a sandbox: `python examples/fastapi_host/run.py`.

Everything stays on this machine, and all of it ends with Ctrl-C.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

import uvicorn
from cryptography.fernet import Fernet

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where the package of this file is

from busy_pages.formats import ZONE
from busy_pages.ports import told_if_in_use
from fastapi_host.app import create_app
from fastapi_host.database import Database
from fastapi_host.seed import Known, seed
from fastapi_host.settings import Settings
from visma_busy_sync import EAccounting, Endpoints, F
from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess


def main() -> None:
    """Start sandbox and host, and end both."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--folder", type=Path, help="where the database is kept; by default a temporary folder"
    )
    options.add_argument("--port", type=int, default=0, help="by default one that is free")
    given = options.parse_args()
    signal.signal(signal.SIGTERM, _end)
    logging.basicConfig(level=logging.WARNING)
    with told_if_in_use(given.port):
        listening = socket.create_server(("127.0.0.1", given.port))
    with suppress(KeyboardInterrupt), _folder(given.folder) as folder, SandboxProcess() as sandbox:
        _serve(sandbox.info, folder, listening)


def _serve(sandbox: SandboxInfo, folder: Path, listening: socket.socket) -> None:
    settings = Settings(
        address=f"http://127.0.0.1:{listening.getsockname()[1]}",
        database_url=f"sqlite+aiosqlite:///{folder / 'busy.db'}",
        client_id=sandbox.client_id,
        client_secret=sandbox.client_secret,
        endpoints=_endpoints(sandbox),
        token_key=_token_key(folder),
    )
    asyncio.run(_fill(settings, _known(sandbox)))
    # No log of requests: the address that Visma sends people back to holds a code.
    config = uvicorn.Config(create_app(settings), access_log=False, log_level="warning")
    _Server(config, settings.address, sandbox.control_url).run([listening])


class _Server(uvicorn.Server):
    """Says where it is when it is ready."""

    def __init__(self, config: uvicorn.Config, address: str, control_url: str) -> None:
        super().__init__(config)
        self._told = f"Busy: {address}/\nSandbox: {control_url}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._told, flush=True)


def _known(sandbox: SandboxInfo) -> tuple[Known, Known]:
    """Return two projects that are in use in eAccounting, the first of which has a customer."""
    with EAccounting(sandbox.access_token, endpoints=_endpoints(sandbox)) as api:
        active = list(api.projects.list(where=F.eq("Status", 1), order_by="Number"))
    first = next(each for each in active if each.customer_id)
    second = next(each for each in active if each is not first)
    return Known(first.number, first.name), Known(second.number, second.name)


async def _fill(settings: Settings, known: tuple[Known, Known]) -> None:
    async with Database(settings.database_url) as database:
        await seed(database, known, dt.datetime.now(ZONE).date())


def _endpoints(sandbox: SandboxInfo) -> Endpoints:
    return Endpoints(**sandbox.addresses)


def _token_key(folder: Path) -> str:
    """Return `BUSY_TOKEN_KEY` of the environment, or a key that is kept beside the database.

    A real host keeps it elsewhere, as it keeps the client secret: who has both can read the tokens.
    """
    if given := os.environ.get("BUSY_TOKEN_KEY"):
        return given
    kept = folder / "token.key"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_bytes(Fernet.generate_key())
    return kept.read_text()


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="busy-") as made:
        yield Path(made)


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
