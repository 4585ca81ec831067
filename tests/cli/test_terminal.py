"""What differs on a terminal: progress, questions, colours, and a pasted address that is not shown."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from visma_busy_sync.stores.sql import SqlCatalogue
from visma_busy_sync.sync import Kind

from .conftest import Shell

COMMAND = (sys.executable, "-m", "visma_busy_sync.cli")
SPINNER = re.compile("[⠀-⣿]")


class Terminal:
    """A program on a terminal: what it shows, and what a person types."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self._master = master
        self._process = process
        self._seen = b""
        self._guard = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError):  # EIO: the other side is closed
            while piece := os.read(self._master, 65536):
                with self._guard:
                    self._seen += piece

    @property
    def seen(self) -> str:
        with self._guard:
            return self._seen.decode(errors="replace").replace("\r\n", "\n")

    def wait_for(self, text: str, seconds: float = 40) -> None:
        give_up = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < give_up, f"{text!r} is not shown:\n{self.seen}"
            time.sleep(0.02)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def ended(self) -> int:
        code = self._process.wait(60)
        self._reader.join(10)
        return code


@contextmanager
def terminal(line: str, env: Mapping[str, str] | None = None) -> Iterator[Terminal]:
    master, slave = pty.openpty()
    given = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200", **(env or {})}
    process = subprocess.Popen(
        [*COMMAND, *line.split()], stdin=slave, stdout=slave, stderr=slave, env=given, start_new_session=True
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        process.kill()
        process.wait()
        with suppress(OSError):
            os.close(master)


def pressed(url: str) -> str:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    connection.request("GET", f"{parts.path}?{parts.query}&sandbox_auto=approve")
    location = connection.getresponse().getheader("location")
    connection.close()
    assert location
    return location


def test_progress_is_shown_on_a_terminal_and_nowhere_else(shell: Shell) -> None:
    shell.connected()
    with terminal("plan") as shown:
        assert shown.ended() == 0
        assert SPINNER.search(shown.seen)
        assert "Reading eAccounting and Busy …" in shown.seen
        assert "\x1b[32m+ create customer" in shown.seen
    said = shell.good("plan")
    assert "\x1b" not in said.out + said.err
    assert "Reading eAccounting" not in said.err


def test_no_color_is_respected(shell: Shell) -> None:
    shell.connected()
    with terminal("plan", {"NO_COLOR": "1"}) as shown:
        assert shown.ended() == 0
        assert "\n+ create customer" in shown.seen
        assert not re.search(r"\x1b\[\d*;?3\dm", shown.seen)


def test_a_forced_colour_brings_no_progress_into_a_file(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.connected()
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not SPINNER.search(shell.good("plan").err)


def test_the_first_sync_shows_what_it_would_archive_and_asks(shell: Shell) -> None:
    """Busy had a project that eAccounting does not have. Whoever says no has changed nothing."""
    shell("status")  # makes the stores
    with SqlCatalogue.open(f"sqlite:///{shell.data / 'sandbox' / 'busy.db'}") as catalogue:
        catalogue.add("default", Kind.PROJECT, number="9001", name="Internal")
    shell.connected()
    with terminal("sync") as shown:
        shown.wait_for("Archive these 1 in Busy, and do the rest? [y/N]")
        assert "archive project 9001 Internal" in shown.seen
        shown.type("n\n")
        assert shown.ended() == 1
        assert "Nothing was done." in shown.seen
    assert "never fetched" in shell.good("status").out
    with terminal("sync") as shown:
        shown.wait_for("[y/N]")
        shown.type("y\n")
        assert shown.ended() == 0
        assert "1 archive" in shown.seen
    with terminal("sync") as shown:
        assert shown.ended() == 0
        assert "[y/N]" not in shown.seen


def test_a_person_is_asked_whether_to_synchronise_projects(shell: Shell) -> None:
    with terminal("connect --auto") as shown:
        shown.wait_for("[y/n]")
        shown.type("\nperhaps\ny\n")
        assert shown.ended() == 0
        assert shown.seen.count("[y/n]") == 3
    assert shell.good("status --json").json["project_sync"] is True


def test_whoever_ends_the_input_is_not_asked_again(shell: Shell) -> None:
    with terminal("connect --auto") as shown:
        shown.wait_for("[y/n]")
        shown.type("\x04")
        assert shown.ended() == 1
        assert "Nothing was done." in shown.seen


def test_a_pasted_address_is_not_shown(shell: Shell) -> None:
    with terminal("connect --project-sync --paste --no-browser") as shown:
        shown.wait_for("Paste it here")
        (url,) = re.findall(r"http://127\.0\.0\.1:\d+/connect/authorize\S+", shown.seen)
        address = pressed(url)
        shown.type(f"{address}\n")
        assert shown.ended() == 0
        assert "Connected to Visma eAccounting" in shown.seen
        assert "code=" not in shown.seen


def test_ctrl_c_ends_quietly(shell: Shell) -> None:
    with terminal("connect --project-sync --no-browser") as shown:
        shown.wait_for("Waiting for the browser to come back")
        os.killpg(shown._process.pid, 2)
        assert shown.ended() == 130
        assert "Traceback" not in shown.seen


@pytest.mark.parametrize("how", ["", " --json"], ids=["text", "json"])
def test_whoever_reads_no_further_gets_no_traceback(shell: Shell, how: str) -> None:
    shell.connected()
    reading, writing = os.pipe()
    os.close(reading)
    try:
        run = subprocess.run(
            [*COMMAND, *f"plan{how}".split()], stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60
        )
    finally:
        os.close(writing)
    assert (run.returncode, run.stderr) == (1, b"")


def ran(line: str, streams: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a shell that does something with its streams first."""
    typed = f"{' '.join(COMMAND)} {line} {streams}"
    return subprocess.run(
        ["/bin/sh", "-c", typed],
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_whoever_does_not_read_what_was_wrong_gets_no_traceback_either(shell: Shell) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        run = subprocess.run(
            [*COMMAND, "bogus", "--json"], stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60
        )
    finally:
        os.close(writing)
    assert run.returncode == 1
    assert b"Traceback" not in run.stderr
    assert b"Exception ignored" not in run.stderr


@pytest.mark.parametrize("line", ["status", "status --json", "--help"])
def test_a_disk_that_is_full_is_told_once(shell: Shell, line: str) -> None:
    run = ran(line, ">/dev/full")
    assert run.returncode == 1
    assert run.stderr.splitlines()[0] == "error: Standard output cannot be written: No space left on device."
    assert len(run.stderr.splitlines()) == 2


def test_what_is_closed_is_neither_read_nor_written(shell: Shell) -> None:
    """Messages do not go where data goes, whatever is closed."""
    assert ran("status", ">&-").stderr == ""
    unheard = ran("plan", "2>&-")
    assert (unheard.returncode, unheard.stdout) == (4, "")
    unread = ran("order push -", "<&-")
    assert (unread.returncode, "DocumentError" in unread.stderr) == (1, True)
    unpasted = ran("connect --paste --project-sync", "<&-")
    assert "No address was given." in unpasted.stderr
