"""Child processes that race over one store.

Run as `python -m visma_busy_sync.testing._kit.children`: a line of JSON says what to do, "ready" is printed
when the store is open, the next line of input starts the race, and the result is a line of JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO, Any, cast, final

from attrs import asdict, define, field, frozen

from visma_busy_sync._core.stepper import step
from visma_busy_sync.ports import AsyncStateStore, AwaitedStateStore, LiftedStateStore, Write
from visma_busy_sync.testing._kit.harness import ChildStore
from visma_busy_sync.testing._kit.references import resolve

_HANG_SECONDS = 120.0
_MOST_TRIES = 100_000
_MOST_TOLD = 500
_READY = "ready\n"
_GO = "go\n"


@frozen
class Wins:
    """What each child does.

    Attributes:
        tenant: Whose documents.
        count: A document whose body is a number, to count up.
        updates: How often.
        takes: Documents at version 1, to delete.
    """

    tenant: str
    count: str
    updates: int
    takes: Sequence[str]


@frozen
class Result:
    """What a child says at its end.

    Attributes:
        began: Whether it had opened the store.
        taken: What it was told it deleted.
        error: What went wrong, or nothing.
    """

    began: bool = False
    taken: Sequence[str] = ()
    error: str = ""


@final
class ChildFailed(RuntimeError):
    """A child process could not open the store: the harness's `child()` is to be mended, not the store."""


def run_children(child: ChildStore, task: Wins, number: int) -> list[Result]:
    """Run children at the same time and return what each says.

    Raises:
        ChildFailed: If one could not begin.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    order = json.dumps({"child": asdict(child), "task": asdict(task)}) + "\n"
    children = [
        subprocess.Popen(  # noqa: S603 - this interpreter, this module
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
            encoding="utf-8",
        )
        for _ in range(number)
    ]
    guard = threading.Timer(_HANG_SECONDS, _kill, [children])
    guard.daemon = True
    guard.start()
    try:
        for each in children:
            _say(each, order)
        # All wait until the last has opened the store.
        first = [_hear(each) for each in children]
        for each in children:
            _say(each, _GO)
        results = [_result(each, line) for each, line in zip(children, first, strict=True)]
    finally:
        guard.cancel()
        _kill(children)
        for each in children:
            each.communicate()  # reaps it and closes its pipes
    for result in results:
        if not result.began:
            raise ChildFailed(f'a child process could not open "{child.reference}": it {result.error}')
    return results


def _kill(children: Sequence[subprocess.Popen[str]]) -> None:
    for each in children:
        each.kill()


def _say(child: subprocess.Popen[str], line: str) -> None:
    with contextlib.suppress(OSError):  # it has ended; what it said tells more
        stream = cast("IO[str]", child.stdin)
        stream.write(line)
        stream.flush()


def _hear(child: subprocess.Popen[str]) -> str:
    return cast("IO[str]", child.stdout).readline()


def _result(child: subprocess.Popen[str], first: str) -> Result:
    began = first == _READY
    try:
        return Result(**json.loads(_hear(child) if began else first))
    except (ValueError, TypeError):
        return Result(began=began, error=f"ended with exit code {child.wait()} and without a result")


def main() -> None:
    """Do what the first line of input says."""
    order = json.loads(sys.stdin.readline())
    child = ChildStore(**order["child"])
    race = _Race(Wins(**order["task"]))
    try:
        _run(resolve(child.reference)(child.argument), race)
    except Exception as error:  # noqa: BLE001 - told to the parent, whatever it is
        race.error = f"raised {type(error).__name__}: {error}"[:_MOST_TOLD]
    sys.stdout.write(json.dumps(asdict(Result(race.began, race.taken, race.error))) + "\n")


def _run(opened: Any, race: _Race) -> None:
    if hasattr(opened, "__aenter__"):
        asyncio.run(_entered(opened, race))
    elif hasattr(opened, "__enter__"):
        with opened as store:
            step(race.run, LiftedStateStore(store))
    elif inspect.iscoroutinefunction(opened.commit):
        asyncio.run(race.run(AwaitedStateStore(opened)))
    else:
        step(race.run, LiftedStateStore(opened))


async def _entered(opened: Any, race: _Race) -> None:
    async with opened as store:
        await race.run(AwaitedStateStore(store))


@define
class _Race:
    """What a child does, and what came of it so far."""

    task: Wins
    began: bool = False
    taken: list[str] = field(factory=list)
    error: str = ""

    async def run(self, store: AsyncStateStore) -> None:
        self.began = True
        sys.stdout.write(_READY)
        sys.stdout.flush()
        sys.stdin.readline()  # nothing else runs in this process
        task = self.task
        for at in range(max(task.updates, len(task.takes))):
            if at < task.updates:
                await self._count_up(store)
            if at < len(task.takes) and await store.commit(task.tenant, [Write(task.takes[at], 1, None)]):
                self.taken.append(task.takes[at])

    async def _count_up(self, store: AsyncStateStore) -> None:
        tenant, key = self.task.tenant, self.task.count
        for _ in range(_MOST_TRIES):
            now = (await store.read(tenant, [key]))[key]
            if await store.commit(tenant, [Write(key, now.version, str(int(now.body) + 1))]):
                return


if __name__ == "__main__":
    main()
