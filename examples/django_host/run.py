"""Start the host against a sandbox, with something in its database.

```
python examples/django_host/run.py                         # a temporary database
python examples/django_host/run.py --folder /tmp/busy --port 8000
```

Everything stays on this machine and ends with Ctrl-C. The server is the one that comes with Django: good for
this, not for people to use. A real host gives the variables of `settings.py` and starts as Django does.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import tempfile
import threading
import time
from contextlib import nullcontext, suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cryptography.fernet import Fernet
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

from busy_pages.ports import told_if_in_use
from visma_busy_sync import EAccounting, F
from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess

_log = logging.getLogger(__name__)


class _Silent(WSGIRequestHandler):
    """Writes no line for each request: the address that Visma sends people back to holds a code."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing; what goes wrong Django logs itself, without the query."""


def main() -> None:
    """Serve until somebody ends it."""
    parser = argparse.ArgumentParser(description="Busy in Django, against a sandbox of eAccounting.")
    parser.add_argument("--folder", type=Path, help="keep the database and the keys here")
    parser.add_argument("--port", type=int, default=0, help="by default a free one")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    folder = nullcontext(given.folder) if given.folder else tempfile.TemporaryDirectory()
    with told_if_in_use(given.port):
        server = ThreadedWSGIServer(("127.0.0.1", given.port), _Silent)
    with folder as place, SandboxProcess() as sandbox, server:
        _configure(Path(place), sandbox.info, f"http://127.0.0.1:{server.server_port}")
        _serve(server, sandbox.info)


def _configure(folder: Path, sandbox: SandboxInfo, address: str) -> None:
    """Set what the settings read, before Django reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "django_host.settings",
        "BUSY_DATABASE": str(folder / "busy.sqlite"),
        "BUSY_ENCRYPTION_KEY": os.environ.get("BUSY_ENCRYPTION_KEY") or _kept(folder / "encryption.key"),
        "BUSY_ADDRESS": address,
        "VISMA_CLIENT_ID": sandbox.client_id,
        "VISMA_CLIENT_SECRET": sandbox.client_secret,
        "VISMA_API_URL": sandbox.api_url,
        "VISMA_AUTHORIZE_URL": sandbox.authorize_url,
        "VISMA_TOKEN_URL": sandbox.token_url,
        "VISMA_REVOCATION_URL": sandbox.revocation_url,
    }


def _kept(path: Path) -> str:
    """Return the key of a file that only its owner reads; it is made at the first start."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(Fernet.generate_key())
    return path.read_text()


def _serve(server: ThreadedWSGIServer, sandbox: SandboxInfo) -> None:
    from django.core.management import call_command  # noqa: PLC0415 - settings come first
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415

    server.set_app(get_wsgi_application())
    call_command("migrate", verbosity=0)
    _seed(sandbox)
    print(f"Busy: http://127.0.0.1:{server.server_port}/")
    print(f"Sandbox: {sandbox.control_url}", flush=True)
    threading.Thread(target=_every_minute, daemon=True).start()
    with suppress(KeyboardInterrupt):
        server.serve_forever()


def _every_minute() -> None:
    """Do what cron does for a real host."""
    while True:
        time.sleep(60)
        do_what_is_due()


def do_what_is_due() -> None:
    """Do it once. What fails is told by its name, and the next minute comes."""
    from django.core.management import call_command  # noqa: PLC0415 - as above
    from django.db import connections  # noqa: PLC0415

    try:
        call_command("visma_due")
    except Exception as error:  # noqa: BLE001 - such as a database that is away
        _log.error("what was due could not be done: %s", type(error).__name__)
    finally:
        connections.close_all()


def _seed(sandbox: SandboxInfo) -> None:
    """Fill the database, with two projects of the sandbox's company."""
    from busy_pages.formats import today  # noqa: PLC0415
    from django_host.seed import seed  # noqa: PLC0415
    from django_host.visma import endpoints  # noqa: PLC0415

    with EAccounting(sandbox.access_token, endpoints=endpoints()) as api:
        first, second, *_ = api.projects.list(where=F.eq("Status", 1), order_by="Number")
    seed([(first.number, first.name), (second.number, second.name.upper())], today())


if __name__ == "__main__":
    main()
