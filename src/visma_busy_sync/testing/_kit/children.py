"""Child processes that race over one store.

Run as `python -m visma_busy_sync.testing._kit.children`: a line of JSON says what to do, "ready" is printed
when the store is open, the next line of input starts the race, and the result is a line of JSON.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import IO, Any, cast

from attrs import asdict, field, frozen

from visma_busy_sync._core.stepper import step
from visma_busy_sync.ports import AsyncStateStore, AwaitedStateStore, LiftedStateStore, Write
from visma_busy_sync.testing._kit.harness import ChildStore
from visma_busy_sync.testing._kit.references import resolve

_HANG_SECONDS = 120.0
_MOST_TRIES = 100_000


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
        taken: What it was told it deleted.
        error: What went wrong, or nothing.
    """

    taken: Sequence[str] = ()
    error: str = field(default="")


def run_children(child: ChildStore, task: Wins, number: int) -> list[Result]:
    """Run children at the same time and return what each says."""
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
    try:
        for each in children:
            _say(each.stdin, order)
        ready = [cast("IO[str]", each.stdout).readline() for each in children]
        for each, line in zip(children, ready, strict=True):
            if line == "ready\n":
                _say(each.stdin, "go\n")
        return [_result(each, line) for each, line in zip(children, ready, strict=True)]
    finally:
        for each in children:
            each.kill()
            each.wait()
            for stream in (each.stdin, each.stdout):
                if stream:
                    stream.close()


def _say(stream: IO[str] | None, line: str) -> None:
    if stream:
        stream.write(line)
        stream.flush()


def _result(child: subprocess.Popen[str], ready: str) -> Result:
    out, _ = child.communicate(timeout=_HANG_SECONDS)
    said = out if ready == "ready\n" else ready
    try:
        return Result(**json.loads(said))
    except (ValueError, TypeError):
        return Result(
            error=f"ended with exit code {child.returncode} and without a result; see its error output"
        )


def main() -> None:
    """Do what the first line of input says."""
    order = json.loads(sys.stdin.readline())
    child = ChildStore(**order["child"])
    task = Wins(**order["task"])
    opened: Any = resolve(child.reference)(child.argument)
    try:
        result = _run(opened, task)
    except Exception as error:  # noqa: BLE001 - told to the parent, whatever it is
        result = Result(error=f"raised {type(error).__name__}: {error}"[:500])
    sys.stdout.write(json.dumps(asdict(result)) + "\n")


def _run(opened: Any, task: Wins) -> Result:
    if hasattr(opened, "__aenter__"):
        return asyncio.run(_entered(opened, task))
    if hasattr(opened, "__enter__"):
        with opened as store:
            return step(_work, LiftedStateStore(store), task)
    if inspect.iscoroutinefunction(opened.commit):
        return asyncio.run(_work(AwaitedStateStore(opened), task))
    return step(_work, LiftedStateStore(opened), task)


async def _entered(opened: Any, task: Wins) -> Result:
    async with opened as store:
        return await _work(AwaitedStateStore(store), task)


async def _work(store: AsyncStateStore, task: Wins) -> Result:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    taken: list[str] = []
    for at in range(max(task.updates, len(task.takes))):
        if at < task.updates:
            await _count_up(store, task)
        if at < len(task.takes) and await store.commit(task.tenant, [Write(task.takes[at], 1, None)]):
            taken.append(task.takes[at])
    return Result(taken)


async def _count_up(store: AsyncStateStore, task: Wins) -> None:
    for _ in range(_MOST_TRIES):
        now = (await store.read(task.tenant, [task.count]))[task.count]
        if await store.commit(task.tenant, [Write(task.count, now.version, str(int(now.body) + 1))]):
            return


if __name__ == "__main__":
    main()
