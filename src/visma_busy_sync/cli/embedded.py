"""Without a host: the SQLite stores in a data folder, with their client, keys and sandbox.

| In the folder | What |
|---|---|
| `busy.db` | catalogue, work log and our documents; tokens are in there, encrypted |
| `keys` | the encryption keys, one a line; made when first needed |
| `client.toml` | `client_id`, `client_secret` and `redirect_uri` of the application registered with Visma |
| `sandbox/` | all of this again for the sandbox, so that play never touches the real thing |
| `sandbox/server.json` | where the sandbox is, while it runs |
| `sandbox/server.lock` | locked as long as it runs, so that there is one at a time |
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import socket
import sqlite3
import sys
import tomllib
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast, final
from urllib.parse import urlsplit

from attrs import frozen

from visma_busy_sync import BusySync, ConfigurationError, Endpoints, Secret
from visma_busy_sync.cli.private import private_folder, read_private, touch_private, write_new, write_over
from visma_busy_sync.eaccounting import PRODUCTION
from visma_busy_sync.sandbox.process import READY_MEMBERS, SandboxInfo

if TYPE_CHECKING:
    from visma_busy_sync.stores.sql import SqlCatalogue, SqlWorkLog

NAME: Final = "visma-busy-sync"
ONE_TENANT: Final = "default"
REDIRECT: Final = "http://localhost:44300/callback"
"""Where Visma sends the browser back to, unless the client is registered with another address."""

CLIENT_ID: Final = "VISMA_BUSY_SYNC_CLIENT_ID"
CLIENT_SECRET: Final = "VISMA_BUSY_SYNC_CLIENT_SECRET"  # noqa: S105 - a name
REDIRECT_URI: Final = "VISMA_BUSY_SYNC_REDIRECT_URI"
ENCRYPTION_KEYS: Final = "VISMA_BUSY_SYNC_ENCRYPTION_KEYS"

_NO_SQL: Final = 'Without --app this needs the SQL stores: pip install "visma-busy-sync[cli,sql,crypto]"'
_CLIENT_MEMBERS: Final = frozenset({"client_id", "client_secret", "redirect_uri"})


def default_folder(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return where data is kept unless another folder is named: where the platform keeps a user's data."""
    if platform == "win32":
        local = environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / NAME
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / NAME
    data = environ.get("XDG_DATA_HOME", "")
    # The specification of XDG has relative ones ignored.
    return (Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share") / NAME


@final
@frozen
class Client:
    """The application registered with Visma, and its server."""

    id: str
    secret: Secret
    redirect_uri: str
    endpoints: Endpoints = PRODUCTION


@final
@frozen
class DataFolder:
    """The folder of the real thing, or that of the sandbox within it."""

    path: Path
    sandbox: bool = False

    @property
    def sandbox_file(self) -> Path:
        """Where the sandbox says where it is."""
        return self.path / "server.json"

    @property
    def keys_file(self) -> Path:
        """Where the encryption keys are, unless the environment has them."""
        return self.path / "keys"

    def where_keys_are(self) -> str:
        """Say where the encryption keys are taken from."""
        return ENCRYPTION_KEYS if self._given_keys() else str(self.keys_file)

    def lost_its_keys(self) -> bool:
        """Tell whether there is no encryption key, although something was stored."""
        return not self._given_keys() and (self.path / "busy.db").exists() and not self.keys_file.exists()

    def made(self) -> DataFolder:
        """Return it when it is there, and private.

        Raises:
            ConfigurationError: If it cannot be made, or others can enter it.
        """
        if self.sandbox:
            private_folder(self.path.parent)
        private_folder(self.path)
        return self

    def client(self) -> Client:
        """Return the client: of the sandbox, or of the environment and `client.toml`.

        Raises:
            ConfigurationError: If it is not said, or no sandbox runs.
        """
        if self.sandbox:
            return self._sandbox_client()
        kept = self._kept_client()
        id = os.environ.get(CLIENT_ID) or kept.get("client_id")
        secret = os.environ.get(CLIENT_SECRET) or kept.get("client_secret")
        redirect = os.environ.get(REDIRECT_URI) or kept.get("redirect_uri") or REDIRECT
        if not id or not secret:
            raise ConfigurationError(
                "The client id and secret of your application at Visma are not known.",
                advice=f"Set {CLIENT_ID} and {CLIENT_SECRET}, or write client_id and client_secret into "
                f"{self.path / 'client.toml'} (mode 0600). To try it without Visma: visma-busy-sync sandbox, "
                "and --sandbox with each command.",
            )
        return Client(id, Secret(secret), redirect)

    def _kept_client(self) -> Mapping[str, str]:
        file = self.path / "client.toml"
        text = read_private(file)
        found: dict[str, Any] = {}
        if text is not None:
            with contextlib.suppress(tomllib.TOMLDecodeError):  # its message would quote a line
                found = tomllib.loads(text)
            del text
            if not found or not found.keys() <= _CLIENT_MEMBERS or not _are_texts(found.values()):
                del found
                raise ConfigurationError(
                    f"{file} is not understood.",
                    advice='It holds client_id = "…", client_secret = "…" and, if it is not '
                    f'{REDIRECT}, redirect_uri = "…".',
                )
        return cast("dict[str, str]", found)

    def sandbox_info(self) -> SandboxInfo:
        """Return where the sandbox is that writes here.

        Raises:
            ConfigurationError: If none runs.
        """
        text = read_private(self.sandbox_file)
        with contextlib.suppress(ValueError, TypeError):
            return SandboxInfo(**{name: json.loads(text or "")[name] for name in READY_MEMBERS})
        raise ConfigurationError(
            "No sandbox runs here.",
            advice="Start one in another terminal, with the same --data: visma-busy-sync sandbox",
        )

    @contextlib.contextmanager
    def held_for_sandbox(self) -> Generator[None, None, None]:
        """Keep other sandboxes out as long as one runs here.

        Raises:
            ConfigurationError: If one runs already.
        """
        file = self.path / "server.lock"
        touch_private(file)
        # A lock of SQLite ends with its process, however that ends, on every system.
        with contextlib.closing(sqlite3.connect(file, timeout=0)) as lock:
            try:
                lock.execute("begin exclusive")
            except sqlite3.OperationalError:
                raise ConfigurationError(
                    f"A sandbox runs for this data folder already{self._at()}.",
                    advice="Use it, end it with Ctrl-C in its terminal, or give this one a folder of its own "
                    "with --data.",
                ) from None
            yield

    def _at(self) -> str:
        with contextlib.suppress(ConfigurationError):
            return f", at {self.sandbox_info().api_url}"
        return ""  # it is about to start

    def sandbox_answers(self) -> bool:
        """Tell whether something listens where the sandbox was started."""
        with contextlib.suppress(OSError, ConfigurationError):
            address = urlsplit(self.sandbox_info().api_url)
            socket.create_connection((address.hostname or "", address.port or 80), timeout=2).close()
            return True
        return False

    def note_sandbox(self, ready_line: str) -> None:
        """Write down where the sandbox is, so that other commands find it."""
        write_over(self.sandbox_file, ready_line)

    def forget_sandbox(self, ready_line: str) -> None:
        """Take that back, unless another sandbox has written since."""
        with contextlib.suppress(OSError, ConfigurationError):
            if read_private(self.sandbox_file) == ready_line:
                self.sandbox_file.unlink()

    def _sandbox_client(self) -> Client:
        info = self.sandbox_info()
        server = Endpoints(**info.addresses)
        # Port 0: a free one; `connect` takes it when it listens.
        return Client(info.client_id, Secret(info.client_secret), "http://127.0.0.1:0/callback", server)

    def keys(self) -> Sequence[Secret]:
        """Return the encryption keys; if there is none yet, one is made.

        Raises:
            ConfigurationError: If the file can be read by others.
        """
        file = self.keys_file
        text = self._given_keys() or read_private(file)
        if text is None:
            made = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")
            write_new(file, f"{made}\n")
            del made  # a traceback may be shown with the values of its frames
            text = read_private(file) or ""  # another process may have been first
        return [Secret(word) for word in text.replace(",", " ").split()]

    def _given_keys(self) -> str:
        return "" if self.sandbox else os.environ.get(ENCRYPTION_KEYS, "")


def _are_texts(values: object) -> bool:
    return all(isinstance(value, str) for value in cast("Sequence[object]", values))


@final
@frozen
class Box:
    """The three stores in the data folder."""

    catalogue: SqlCatalogue
    work: SqlWorkLog
    visma: BusySync


def opened(folder: DataFolder, ends: ExitStack, *, redirect_uri: str | None = None) -> Box:
    """Open the stores of a data folder, made on first use, and the integration over them.

    Args:
        folder: Where.
        ends: What is to be closed at the end is put there.
        redirect_uri: Where Visma sends the browser back to, instead of what is set up.

    Raises:
        ConfigurationError: If something is not set up, or an extra is missing.
    """
    try:
        from visma_busy_sync.stores.sql import SqlCatalogue, SqlStateStore, SqlWorkLog  # noqa: PLC0415
    except ImportError:
        raise ConfigurationError(_NO_SQL) from None
    client = folder.client()
    touch_private(folder.path / "busy.db")
    url = f"sqlite:///{folder.path / 'busy.db'}"
    catalogue = ends.enter_context(SqlCatalogue.open(url, unique_numbers=True))
    state = ends.enter_context(SqlStateStore.open(url))
    work = SqlWorkLog(catalogue)
    for store in (catalogue, work, state):
        store.create_table()
    visma = BusySync(
        catalogue=catalogue,
        work=work,
        state=state,
        client_id=client.id,
        client_secret=client.secret,
        redirect_uri=redirect_uri or client.redirect_uri,
        endpoints=client.endpoints,
        encryption_keys=folder.keys(),
    )
    return Box(catalogue, work, ends.enter_context(visma))
