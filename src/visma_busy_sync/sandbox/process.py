"""Start the sandbox as a process of its own, for tests and examples.

::

    with SandboxProcess() as sandbox:
        print(sandbox.info.api_url)
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import TracebackType
from typing import IO, Self, final

__all__ = [
    "SandboxDidNotStart",
    "SandboxInfo",
    "SandboxProcess",
]

START_SECONDS = 20
STOP_SECONDS = 5


class SandboxDidNotStart(RuntimeError):
    """The sandbox ended or stayed silent instead of getting ready; the message holds what it wrote."""


@final
@dataclass(frozen=True, slots=True)
class SandboxInfo:
    """Where the sandbox is and how to get in: the members of its ready line."""

    api_url: str
    authorize_url: str
    token_url: str
    revocation_url: str
    client_id: str
    client_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    journal_url: str
    reset_url: str

    @property
    def addresses(self) -> dict[str, str]:
        """Return the four addresses that a client needs: ``Endpoints(**sandbox.info.addresses)``."""
        return {
            "api_url": self.api_url,
            "authorize_url": self.authorize_url,
            "token_url": self.token_url,
            "revocation_url": self.revocation_url,
        }

    @property
    def control_url(self) -> str:
        """Return the root of the control endpoints, without a slash at the end."""
        return self.reset_url.removesuffix("/reset")


@final
class SandboxProcess:
    """A running sandbox; a context manager that always ends the process.

    Where it is neither left nor stopped, the process ends with the one that started it, however that ends.

    Args:
        company: a company file, instead of the built-in company.
        empty: start without projects, customers, articles and orders.
        options: further command line arguments.
    """

    def __init__(
        self, *, company: Path | None = None, empty: bool = False, options: Sequence[str] = ()
    ) -> None:
        self._command = [sys.executable, "-m", "visma_busy_sync.sandbox", "--end-with-input", *options]
        if company is not None:
            self._command += ["--company", str(company)]
        if empty:
            self._command.append("--empty")
        self._process: subprocess.Popen[bytes] | None = None
        self._info: SandboxInfo | None = None
        self._errors: list[bytes] = []
        self._reader: threading.Thread | None = None

    @property
    def info(self) -> SandboxInfo:
        """Return where the sandbox is; raises ``RuntimeError`` unless it runs."""
        if self._info is None:
            raise RuntimeError("The sandbox does not run; call start() or use it in a with block")
        return self._info

    def start(self) -> SandboxInfo:
        """Start the process and wait until it is ready.

        Raises:
            SandboxDidNotStart: it ended, or said nothing for 20 seconds.
        """
        if self._process is not None:
            raise RuntimeError("The sandbox runs already")
        process = subprocess.Popen(  # noqa: S603 - our own module under this interpreter
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._process = process
        self._errors = []
        assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018 - both are pipes
        self._reader = threading.Thread(target=self._keep_errors, args=(process.stderr,), daemon=True)
        self._reader.start()
        try:
            line = _first_line(process.stdout)
            self._info = SandboxInfo(**json.loads(line))
        except (queue.Empty, ValueError, TypeError):
            self.stop()
            said = b"".join(self._errors).decode(errors="replace").strip()
            raise SandboxDidNotStart(f"The sandbox did not get ready. It said: {said or 'nothing'}") from None
        except BaseException:
            self.stop()
            raise
        return self._info

    def stop(self) -> int | None:
        """End the process; return its exit code, or None when it did not run."""
        process, self._process, self._info = self._process, None, None
        if process is None:
            return None
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._reader is not None:
            self._reader.join()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        return process.returncode

    def _keep_errors(self, pipe: IO[bytes]) -> None:
        # Read on, so that a full pipe never blocks the server; keep the first lines for a message.
        for line in pipe:
            if len(self._errors) < 200:
                self._errors.append(line)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "stopped" if self._info is None else f"at {self._info.api_url}"
        return f"<SandboxProcess {state}>"


def _first_line(pipe: IO[bytes]) -> bytes:
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=lambda: lines.put(pipe.readline()), daemon=True).start()
    return lines.get(timeout=START_SECONDS)


# The ready line and SandboxInfo must not drift apart; a test compares them.
READY_MEMBERS = tuple(item.name for item in fields(SandboxInfo))
