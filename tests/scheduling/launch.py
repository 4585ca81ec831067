"""Runs a scheduling recipe as it stands, in a world of the tests: `python launch.py loop.py` or `… celery …`.

The recipe's clock shows the machine's time and what a test added, so that nobody waits for a right to end. A
diary that all processes write tells which of them did which job, and what it asked eAccounting for it.
"""

from __future__ import annotations

import json
import mmap
import os
import runpy
import struct
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from visma_busy_sync import BusySync, Job
from visma_busy_sync._core.runtimes import SystemClock
from visma_busy_sync.eaccounting.http import Request, Response
from visma_busy_sync.eaccounting.transport import HttpxTransport

RECIPES: Final = Path(__file__).parents[2] / "examples" / "scheduling"
SECONDS: Final = struct.Struct("=d")


class Diary:
    """A file that each line is added to at once, whoever writes."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._job = threading.local()
        self._runs = 0

    def write(self, what: str, **more: object) -> None:
        job = getattr(self._job, "value", {})
        line = {
            "what": what,
            "pid": os.getpid(),
            "group": os.getpgrp(),
            "at": time.monotonic(),
            **job,
            **more,
        }
        os.write(self._file, json.dumps(line).encode() + b"\n")

    def runs(self, visma: BusySync, job: Job) -> object:
        self._runs += 1
        self._job.value = {"job": str(job), "run": f"{os.getpid()}-{threading.get_ident()}-{self._runs}"}
        try:
            self.write("begins")
            result = _RUN_JOB(visma, job)
            self.write("done", result=type(result).__name__)
        finally:
            del self._job.value
        return result

    def sends(self, transport: HttpxTransport, request: Request) -> Response:
        path = request.url.partition("?")[0].partition("/v2")[2]
        self.write("asks", method=request.method, path=path)
        response = _SEND(transport, request)
        self.write("heard", method=request.method, path=path)
        return response


_RUN_JOB: Final = BusySync.run_job
_SEND: Final = HttpxTransport.send


def shifted(path: str) -> Any:
    """Return a clock's `now` with the seconds that are in a file."""
    with Path(path).open("rb") as file:
        added = mmap.mmap(file.fileno(), SECONDS.size, access=mmap.ACCESS_READ)
    return lambda _: datetime.now(UTC) + timedelta(seconds=SECONDS.unpack_from(added)[0])


def main(arguments: list[str]) -> None:
    """Run the recipe in that world."""
    diary = Diary(os.environ["TEST_DIARY"])

    def run_job(visma: BusySync, job: Job) -> object:
        return diary.runs(visma, job)

    def send(transport: HttpxTransport, request: Request) -> Response:
        return diary.sends(transport, request)

    replaced: tuple[tuple[type, str, object], ...] = (
        (SystemClock, "now", shifted(os.environ["TEST_CLOCK"])),
        (BusySync, "run_job", run_job),
        (HttpxTransport, "send", send),
    )
    for cls, name, value in replaced:
        setattr(cls, name, value)
    sys.path.insert(0, str(RECIPES))
    sys.argv = arguments
    if arguments[0] == "celery":
        from kombu.transport.virtual import Transport

        Transport.polling_interval = 0.1  # a broker of the sort that is asked again and again, every second
        runpy.run_module("celery", run_name="__main__")
    else:
        runpy.run_path(str(RECIPES / arguments[0]), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
