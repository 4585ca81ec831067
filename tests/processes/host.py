"""A host application that runs in several processes, over one database, beside a sandbox."""

from __future__ import annotations

import json
import mmap
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast, final

import httpx
from attrs import define, field, frozen
from cryptography.fernet import Fernet

from visma_busy_sync.eaccounting.http import TIMEOUT_SECONDS
from visma_busy_sync.integration._clocks import CLOCKS_DIFFER
from visma_busy_sync.integration._stored_tokens import MARGIN_SECONDS
from visma_busy_sync.sandbox.process import SandboxInfo
from visma_busy_sync.state import TOKENS_PREFIX
from visma_busy_sync.stores.sql import SqlStateStore

from .worker import CLOCK

SESSION: Final = "the browser's session"
REDIRECT: Final = "http://127.0.0.1:9/callback"
WORKER: Final = Path(__file__).with_name("worker.py")

HANG_SECONDS: Final = 120.0
"""Far more than anything here takes."""

LIFETIME_SECONDS: Final = 3600
"""How long an access token of the sandbox works."""

RIGHT_SECONDS: Final = TIMEOUT_SECONDS + MARGIN_SECONDS + CLOCKS_DIFFER.total_seconds()
"""How long the right to renew lasts by anybody's clock, with the timeout that is the default."""


@frozen
class Answer:
    """How an order ended.

    Attributes:
        ended: `done`, the name of an error of the package, `broken` by another one, or `killed`.
        says: The result or the error, as a text.
        passed: The points that the process passed meanwhile.
    """

    ended: str
    says: str = ""
    passed: Sequence[str] = field(default=(), eq=False, repr=False)


@final
class Process:
    """A process of the host."""

    def __init__(self, line: socket.socket, pid: int) -> None:
        self.pid = pid
        self._line = line
        self._answers = line.makefile("r")

    def order(self, do: str, *, die: str | None = None, **given: Any) -> None:
        """Tell it to call a method of the tenant, and where to kill itself meanwhile; do not wait."""
        self._line.sendall(json.dumps({"do": do, "die": die, "given": given}).encode() + b"\n")

    def answer(self) -> Answer:
        """Wait until an order has ended, or the process."""
        try:
            answer = self._answers.readline()
        except ConnectionResetError:
            answer = ""
        return Answer(**json.loads(answer)) if answer else Answer("killed")

    def does(self, do: str, *, die: str | None = None, **given: Any) -> Answer:
        self.order(do, die=die, **given)
        return self.answer()

    def end(self) -> None:
        """Let it go; whoever still waits for something is killed."""
        with closing(self._line), closing(self._answers):
            self._line.shutdown(socket.SHUT_WR)
            self._line.settimeout(2)
            try:
                self._answers.read()
            except TimeoutError:
                os.kill(self.pid, signal.SIGKILL)
            except ConnectionResetError:
                pass


@final
class Nursery:
    """The process that all others are forked from: a start takes milliseconds then."""

    def __init__(self) -> None:
        self._door, theirs = socket.socketpair()
        self._door.settimeout(HANG_SECONDS)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, str(WORKER), str(theirs.fileno())], pass_fds=[theirs.fileno()]
            )

    def start(self, setting: Mapping[str, Any]) -> Process:
        mine, theirs = socket.socketpair()
        mine.settimeout(HANG_SECONDS)
        with theirs:
            socket.send_fds(self._door, [json.dumps(setting).encode()], [theirs.fileno()])
        return Process(mine, int(self._door.recv(100)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._door.close()
        self._process.wait(HANG_SECONDS)


@final
@define
class Host:
    """The workspace `acme` of a host with several processes.

    Attributes:
        sandbox: Visma's place.
        browser: What the test looks with.
        nursery: Where processes come from.
        database: The address of the database with the SDK's documents.
        directory: Where Busy's own database and the clock are.
    """

    sandbox: SandboxInfo
    browser: httpx.Client
    nursery: Nursery
    database: str
    directory: Path
    _clock: mmap.mmap = field(init=False)
    _open: ExitStack = field(init=False, factory=ExitStack)
    _key: str = field(init=False, factory=lambda: Fernet.generate_key().decode(), repr=False)

    def __attrs_post_init__(self) -> None:
        self.control("POST", "/reset")
        path = self.directory / "clock"
        path.write_bytes(CLOCK.pack(0))
        with path.open("r+b") as file:
            self._clock = self._open.enter_context(closing(mmap.mmap(file.fileno(), CLOCK.size)))
        with SqlStateStore.open(self.database) as store:
            store.create_table()

    def close(self) -> None:
        self._open.close()

    # The processes

    def hire(self, count: int, **setting: Any) -> Sequence[Process]:
        """Start processes.

        Args:
            count: How many.
            setting: `timeout`, `margin`: what the right to renew lasts, in seconds; `fast`: how much their
                clock is ahead; `without_the_right`: whether they may renew without it.
        """
        given: dict[str, Any] = {
            "database": self.database,
            "busy": str(self.directory / "busy.db"),
            "clock": str(self.directory / "clock"),
            "endpoints": self.sandbox.addresses,
            "client_id": self.sandbox.client_id,
            "client_secret": self.sandbox.client_secret,
            "redirect_uri": REDIRECT,
            "key": self._key,
            "timeout": TIMEOUT_SECONDS,
            "margin": None,
            "fast": 0,
            "without_the_right": False,
            **setting,
        }
        made = [self.nursery.start(given) for _ in range(count)]
        for each in made:
            self._open.callback(each.end)
        return made

    def log_in(self, process: Process) -> None:
        """Have the user log in at a process."""
        assert process.does("complete_login", callback_url=self.callback(process), session=SESSION) == Answer(
            "done", "connected"
        )

    def callback(self, process: Process) -> str:
        """Have the user log in at Visma; return where the browser is sent back to."""
        begun = process.does("connect", project_sync=True, session=SESSION)
        assert begun.ended == "done", begun
        page = httpx.URL(begun.says).copy_merge_params({"sandbox_auto": "approve"})
        # Not with httpx, which logs the headers of an answer, and one of these holds the code.
        connection = HTTPConnection(page.host, page.port, timeout=20)
        with closing(connection):
            connection.request("GET", page.raw_path.decode())
            answer = connection.getresponse()
            assert answer.status == 302
            return answer.headers["location"]

    # Time

    def pass_time(self, seconds: float) -> None:
        """Let time pass for the sandbox and for all processes, also for those that wait."""
        self.control("POST", "/clock", {"advance_seconds": seconds})
        (added,) = CLOCK.unpack_from(self._clock)
        CLOCK.pack_into(self._clock, 0, added + seconds)

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait until something has happened."""
        gives_up = time.monotonic() + HANG_SECONDS
        while not happened():
            assert time.monotonic() < gives_up, "it does not happen"
            time.sleep(0.01)

    # What is where

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.browser.request(method, self.sandbox.control_url + path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def counted(self, name: str) -> int:
        """How many code exchanges, refreshes, refusals, ... the sandbox counted."""
        return cast("int", self.control("GET", "/tokens")[name])

    def token_documents(self) -> Sequence[str]:
        with SqlStateStore.open(self.database) as store:
            return [found.key for found in store.scan(TOKENS_PREFIX)]

    def records(self) -> Sequence[Mapping[str, Any]]:
        """All that Busy has: projects, customers and products with their links."""
        with closing(sqlite3.connect(self.directory / "busy.db")) as busy:
            busy.row_factory = sqlite3.Row
            return [dict(row) for row in busy.execute("select * from record order by tenant, kind, id")]


def all_do(processes: Sequence[Process], do: str, **given: Any) -> Sequence[Answer]:
    """Let processes do the same at once, and wait for all."""
    for each in processes:
        each.order(do, **given)
    return [each.answer() for each in processes]


def endings(answers: Sequence[Answer]) -> set[str]:
    return {answer.ended for answer in answers}
