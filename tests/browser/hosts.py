"""The example hosts that the browser tests run against; another one joins by one line."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from attrs import frozen

ROOT = Path(__file__).parents[2]
_STOP_SECONDS = 20
_SECRET = re.compile(r"sbx-(?:access|refresh|secret|code)-[A-Za-z0-9_-]{16,}")


@frozen
class HostKind:
    """A host, and the script that starts it."""

    name: str
    script: str


HOSTS = (
    HostKind("django", "examples/django_host/run.py"),
    HostKind("fastapi", "examples/fastapi_host/run.py"),
)


@frozen
class Host:
    """A host that runs, with a sandbox of its own."""

    address: str
    control: str

    def url(self, path: str) -> str:
        """Return the address of a page of the workspace."""
        return f"{self.address}acme/{path}"

    def steer(self, method: str, path: str, body: object = None) -> Any:
        """Ask the sandbox for something; what it answers."""
        answer = httpx.request(method, f"{self.control}/{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def sent_orders(self) -> Sequence[dict[str, Any]]:
        """Return the requests that sent an order to eAccounting."""
        entries = self.steer("GET", "journal")["entries"]
        return [each for each in entries if (each["method"], each["path"]) == ("POST", "/v2/orders")]


@contextmanager
def running(kind: HostKind, folder: Path) -> Iterator[Host]:
    """Start a host with an empty database; at the end it must go when asked, and have told no secret."""
    told = folder / "told.txt"
    command = [sys.executable, str(ROOT / kind.script), "--folder", str(folder / "busy")]
    with (
        told.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            lines = dict(process.stdout.readline().strip().split(": ", 1) for _ in range(2))
            yield Host(lines["Busy"], lines["Sandbox"])
        finally:
            process.terminate()
            rest, _ = process.communicate(timeout=_STOP_SECONDS)
    assert process.returncode in {0, -15}, told.read_text()
    assert not _SECRET.search(rest + told.read_text()), f"the host {kind.name} told a secret"
