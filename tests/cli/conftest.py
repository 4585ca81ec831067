"""The command line as a user has it: a data folder, a running sandbox, what a command says, how it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import define

from visma_busy_sync.cli import main
from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess

VARIABLES = (
    "APP",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "ENCRYPTION_KEYS",
    "LANG",
    "REDIRECT_URI",
    "SANDBOX",
    "TENANT",
)


@define
class Said:
    """What a command wrote, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@define
class Shell:
    """Runs commands in this process, as they are typed, on a data folder of its own."""

    data: Path
    sandbox: SandboxInfo
    browser: httpx.Client
    capture: pytest.CaptureFixture[str]

    def __call__(self, line: str) -> Said:
        self.capture.readouterr()
        code = main(line.split())
        captured = self.capture.readouterr()
        return Said(code, captured.out, captured.err)

    def good(self, line: str) -> Said:
        said = self(line)
        assert said.code == 0, said
        return said

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.browser.request(method, f"{self.sandbox.control_url}{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def sandbox_ends(self) -> None:
        """Have the commands find no sandbox any more."""
        (self.data / "sandbox" / "server.json").unlink()

    def connected(self) -> None:
        self.good("connect --auto --project-sync")

    def synced(self) -> None:
        self.connected()
        self.good("sync")

    def ordered(self, file: Path) -> str:
        """Book invented hours and build their order into a file; return the order's id."""
        self.synced()
        project = self.good("demo --json").json["project"]
        return str(self.good(f"order build {project} -o {file} --json").json["order"]["id"])

    def pushed(self, file: Path) -> str:
        id = self.ordered(file)
        self.good(f"order push {file}")
        return id


@pytest.fixture(scope="session")
def running() -> Iterator[SandboxInfo]:
    with SandboxProcess() as process:
        yield process.info


@pytest.fixture(scope="session")
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No setting of the one who runs the tests counts, and nothing is written to their home."""
    for name in VARIABLES:
        monkeypatch.delenv(f"VISMA_BUSY_SYNC_{name}", raising=False)
    data = tmp_path / "data"
    monkeypatch.setenv("VISMA_BUSY_SYNC_DATA", str(data))
    for name in ("LC_ALL", "LC_MESSAGES", "FORCE_COLOR", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))  # what --app adds to it goes again
    return data


def note_sandbox(data: Path, info: SandboxInfo) -> None:
    """Write what `visma-busy-sync sandbox` writes, for one that was started otherwise."""
    folder = data / "sandbox"
    for each in (data, folder):
        each.mkdir(mode=0o700, exist_ok=True)
    file = folder / "server.json"
    file.touch(mode=0o600)
    members = {name: getattr(info, name) for name in SandboxInfo.__dataclass_fields__}
    file.write_text(json.dumps(members), encoding="utf-8")


@pytest.fixture
def shell(
    plain_surroundings: Path,
    running: SandboxInfo,
    browser: httpx.Client,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Shell:
    """A shell in which all commands use the sandbox, which begins anew."""
    note_sandbox(plain_surroundings, running)
    monkeypatch.setenv("VISMA_BUSY_SYNC_SANDBOX", "1")
    shell = Shell(plain_surroundings, running, browser, capsys)
    shell.control("POST", "/reset")
    return shell
