"""From nothing to an order draft, as a newcomer goes: real processes, and commands as they are told."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from visma_busy_sync.cli.embedded import DataFolder

from .conftest import Said

START_SECONDS = 40


class Newcomer:
    """Types commands, each in a process of its own; remembers all that was said."""

    def __init__(self, data: Path, folder: Path) -> None:
        self._folder = folder
        self.data = data
        self.heard = ""

    def __call__(self, line: str) -> Said:
        words = line.removeprefix("visma-busy-sync ").split()
        run = subprocess.run(
            [sys.executable, "-m", "visma_busy_sync.cli", *words],
            cwd=self._folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        self.heard += run.stdout + run.stderr
        return Said(run.returncode, run.stdout, run.stderr)


@pytest.fixture
def sandbox(plain_surroundings: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """`visma-busy-sync sandbox` in another terminal; the file has what it says."""
    said = tmp_path / "said"
    with said.open("w", encoding="utf-8") as writing:
        process = subprocess.Popen(
            [sys.executable, "-m", "visma_busy_sync.cli", "sandbox"],
            stdout=writing,
            stderr=writing,
            stdin=subprocess.DEVNULL,
            text=True,
        )
    try:
        give_up = time.monotonic() + START_SECONDS
        while "demo" not in said.read_text(encoding="utf-8"):
            assert process.poll() is None, said.read_text(encoding="utf-8")
            assert time.monotonic() < give_up, said.read_text(encoding="utf-8")
            time.sleep(0.05)
        yield process, said
    finally:
        process.kill()
        process.wait()


def test_a_newcomer_goes_from_nothing_to_a_draft_and_back(
    sandbox: tuple[subprocess.Popen[str], Path], plain_surroundings: Path, tmp_path: Path
) -> None:
    process, said = sandbox
    told = re.findall(r"visma-busy-sync .*", said.read_text(encoding="utf-8"))
    assert [line.split()[1] for line in told] == ["connect", "plan", "sync", "demo"]
    types = Newcomer(plain_surroundings, tmp_path)
    done = [types(line) for line in told]
    assert [each.code for each in done] == [0, 0, 0, 0], done
    (build,) = re.findall(r"Next: (visma-busy-sync order build .*)", done[-1].err)
    built = types(build)
    assert (built.code, "Total 14455.16 NOK" in built.out) == (0, True), built
    (push,) = re.findall(r"Next: (visma-busy-sync order push .*)", built.err)
    assert types(push).out.startswith("transferred: draft")
    common = push.partition("order.json")[2]
    assert "last fetched" in types(f"status{common}").out
    info = DataFolder(plain_surroundings / "sandbox", sandbox=True).sandbox_info()
    with httpx.Client(trust_env=False) as browser:
        browser.post(f"{info.control_url}/password-change").raise_for_status()
    dead = types(f"sync{common}")
    assert dead.code == 4
    (again,) = re.findall(r"Next: (visma-busy-sync connect .*)", dead.err)
    assert types(f"{again} --auto --project-sync").code == 0
    assert types(f"sync{common}").out == "nothing to do\n"
    assert types(f"plan --detailed-exitcode{common}").code == 0
    assert types(f"doctor{common}").code == 0
    keys = (plain_surroundings / "sandbox" / "keys").read_text(encoding="utf-8").split()
    everything = types.heard + said.read_text(encoding="utf-8")
    for secret in (info.client_secret, info.access_token, *keys, "sbx-", "code="):
        assert secret not in everything
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert not (plain_surroundings / "sandbox" / "server.json").exists()
    ended = types(f"plan{common}")
    assert (ended.code, "No sandbox runs here" in ended.err) == (1, True)


def test_a_second_sandbox_for_a_folder_is_refused_and_the_first_goes_on(
    sandbox: tuple[subprocess.Popen[str], Path], plain_surroundings: Path, tmp_path: Path
) -> None:
    """One that was killed is in nobody's way."""
    process, said = sandbox
    types = Newcomer(plain_surroundings, tmp_path)
    (address,) = re.findall(r"runs at (\S+);", said.read_text(encoding="utf-8"))
    second = types("sandbox")
    assert second.code == 1
    assert f"A sandbox runs for this data folder already, at {address}." in second.err
    assert "--data" in second.err
    assert types("connect --auto --project-sync --sandbox").code == 0
    process.kill()
    process.wait()
    other = subprocess.Popen(
        [sys.executable, "-m", "visma_busy_sync.cli", "sandbox", "--json"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert json.loads(other.stdout.readline())["api_url"].startswith("http://127.0.0.1:")
    finally:
        other.kill()
        other.communicate()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--port", "70000"], 64),
        (["--profile", "nonsense=1"], 64),
        (["--company", "no-such-file.json"], 64),
        (["--company=-x"], 64),
        (["--company", "company.json", "--empty"], 64),
    ],
)
def test_a_sandbox_that_cannot_start_says_why(
    plain_surroundings: Path, arguments: list[str], code: int
) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "visma_busy_sync.cli", "sandbox", "--json", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = json.loads(run.stdout)
    assert (run.returncode, told["exit_code"]) == (code, code)
    assert told["message"] in run.stderr
    assert "Traceback" not in run.stderr


BLOCKED = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
"""


def without(names: set[str], code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python in which some libraries are not installed."""
    blocked = BLOCKED.format(names=names)
    return subprocess.run(
        [sys.executable, "-c", blocked + code], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("missing", ["cyclopts", "rich"])
def test_without_its_extra_the_command_says_how_to_install_it(missing: str) -> None:
    run = without({missing}, "from visma_busy_sync.cli import main; sys.exit(main(['plan']))")
    assert run.returncode == 1
    assert run.stderr == 'The command line needs its extra: pip install "visma-busy-sync[cli]"\n'


def test_without_its_extra_the_printer_of_ddl_says_how_to_install_it() -> None:
    code = (
        "import runpy; sys.argv = ['sql', 'sqlite']; "
        "runpy.run_module('visma_busy_sync.stores.sql', run_name='__main__')"
    )
    run = without({"sqlalchemy"}, code)
    assert run.returncode == 1
    assert run.stderr == 'The SQL stores need their extra: pip install "visma-busy-sync[sql]"\n'


def test_without_the_sandboxs_extra_it_is_named(plain_surroundings: Path) -> None:
    run = without(
        {"starlette", "uvicorn"}, "from visma_busy_sync.cli import main; sys.exit(main(['sandbox']))"
    )
    assert run.returncode == 64
    assert 'pip install "visma-busy-sync[sandbox]"' in run.stderr
    assert [each.name for each in (plain_surroundings / "sandbox").iterdir()] == ["server.lock"]
