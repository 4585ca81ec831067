"""Child processes that race over one store or catalogue.

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
from collections.abc import Mapping, Sequence
from typing import IO, Any, ClassVar, Final, cast, final

from attrs import asdict, define, field, frozen

from visma_busy_sync._core.stepper import step
from visma_busy_sync.ports import (
    AsyncCatalogue,
    AsyncStateStore,
    AwaitedCatalogue,
    AwaitedStateStore,
    LiftedCatalogue,
    LiftedStateStore,
    Write,
)
from visma_busy_sync.sync import Applied, Change, Kind, Link, Value
from visma_busy_sync.testing._kit.harness import ChildStore
from visma_busy_sync.testing._kit.references import resolve

_HANG_SECONDS = 120.0
_MOST_TRIES = 100_000
_MOST_TOLD = 500
_READY = "ready\n"
_GO = "go\n"


@frozen
class Wins:
    """What each child does over a state store.

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

    lifted: ClassVar = LiftedStateStore
    awaited: ClassVar = AwaitedStateStore
    method: ClassVar = "commit"

    async def count_up(self, store: AsyncStateStore) -> bool:
        """Count up once; False if another came first."""
        now = (await store.read(self.tenant, [self.count]))[self.count]
        return await store.commit(self.tenant, [Write(self.count, now.version, str(int(now.body) + 1))])

    async def take(self, store: AsyncStateStore, key: str) -> bool:
        """Delete a document; False if another did."""
        return await store.commit(self.tenant, [Write(key, 1, None)])


@frozen
class Edits:
    """What each child does over a catalogue, with projects.

    Attributes:
        tenant: Whose records.
        count: A record whose name is a number, to count up.
        updates: How often.
        takes: Records to give a link of one's own.
        free: The link that they have before.
    """

    tenant: str
    count: str
    updates: int
    takes: Sequence[str]
    free: str

    lifted: ClassVar = LiftedCatalogue
    awaited: ClassVar = AwaitedCatalogue
    method: ClassVar = "apply"

    async def count_up(self, catalogue: AsyncCatalogue) -> bool:
        """Count up once; False if another came first."""
        loaded = await catalogue.load(self.tenant, Kind.PROJECT)
        now = next(record for record in loaded if record.id == self.count)
        name = str(int(str(now.values["name"])) + 1)
        return await self._applied(
            catalogue, now.id, {"name": name}, {"name": now.values["name"]}, now.link, Link(f'"{name}"')
        )

    async def take(self, catalogue: AsyncCatalogue, id: str) -> bool:
        """Link a record; False if another did."""
        return await self._applied(catalogue, id, {}, {}, Link(self.free), Link(f'"taken by {os.getpid()}"'))

    async def _applied(
        self,
        catalogue: AsyncCatalogue,
        id: str,
        values: Mapping[str, Value],
        expected: Mapping[str, Value],
        expected_link: Link | None,
        link: Link,
    ) -> bool:
        change = Change(Kind.PROJECT, id, values, expected, expected_link, link)
        (outcome,) = await catalogue.apply(self.tenant, [change])
        return isinstance(outcome, Applied)


_TASKS: Final[Mapping[str, type[Wins | Edits]]] = {"commit": Wins, "apply": Edits}


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


def run_children(child: ChildStore, task: Wins | Edits, number: int) -> list[Result]:
    """Run children at the same time and return what each says.

    Raises:
        ChildFailed: If one could not begin.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    order = json.dumps({"child": asdict(child), "method": task.method, "task": asdict(task)}) + "\n"
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
    race = _Race(_TASKS[order["method"]](**order["task"]))
    try:
        _run(resolve(child.reference)(child.argument), race)
    except Exception as error:  # noqa: BLE001 - told to the parent, whatever it is
        race.error = f"raised {type(error).__name__}: {error}"[:_MOST_TOLD]
    sys.stdout.write(json.dumps(asdict(Result(race.began, race.taken, race.error))) + "\n")


def _run(opened: Any, race: _Race) -> None:
    task = race.task
    if hasattr(opened, "__aenter__"):
        asyncio.run(_entered(opened, race))
    elif hasattr(opened, "__enter__"):
        with opened as port:
            step(race.run, task.lifted(port))
    elif inspect.iscoroutinefunction(getattr(opened, task.method)):
        asyncio.run(race.run(task.awaited(opened)))
    else:
        step(race.run, task.lifted(opened))


async def _entered(opened: Any, race: _Race) -> None:
    async with opened as port:
        await race.run(race.task.awaited(port))


@define
class _Race:
    """What a child does, and what came of it so far."""

    task: Wins | Edits
    began: bool = False
    taken: list[str] = field(factory=list)
    error: str = ""

    async def run(self, port: Any) -> None:
        self.began = True
        sys.stdout.write(_READY)
        sys.stdout.flush()
        sys.stdin.readline()  # nothing else runs in this process
        task = self.task
        for at in range(max(task.updates, len(task.takes))):
            if at < task.updates:
                for _ in range(_MOST_TRIES):
                    if await task.count_up(port):
                        break
            if at < len(task.takes) and await task.take(port, task.takes[at]):
                self.taken.append(task.takes[at])


if __name__ == "__main__":
    main()
