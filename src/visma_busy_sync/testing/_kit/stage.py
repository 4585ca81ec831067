"""What a check stands on: a store whose answers are looked at, access past it, workers at the same time.

Checks are written once, as coroutines. Beside a synchronous store they are stepped and their workers are
threads; beside an asynchronous one they are awaited and their workers are tasks.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import TracebackType
from typing import Any, TypeAlias, TypeVar, cast, final

from visma_busy_sync._core.stepper import step
from visma_busy_sync.ports import (
    AsyncStateStore,
    AwaitedStateStore,
    Found,
    LiftedStateStore,
    Versioned,
    Write,
)
from visma_busy_sync.testing._kit.harness import AsyncStateHarness, ChildStore, Harness, StateHarness
from visma_busy_sync.testing._kit.promises import (
    ANSWERS_ARE_VALUES,
    CONFLICT_IS_FALSE,
    DURABLE,
    EXPECTED_VERSIONS,
    ONE_WINNER,
    VERSIONS_COUNT,
    Promise,
    PromiseBroken,
    require,
)

T = TypeVar("T")

Worker: TypeAlias = Callable[[], Coroutine[Any, Any, T]]

TENANT = "acme"
_PROBE = "probe"
# Far more than the slowest database needs for one check; who takes longer waits for a lock.
HANG_SECONDS = 120.0
# Threads change places this often while workers run, so that a gap between read and write is met.
_SWITCH_SECONDS = 1e-5
_PAUSE_SECONDS = 1e-3
_MOST_SHOWN = 200


def shown(text: object) -> str:
    """Return a text short enough for a message: an error of a database may repeat the whole statement."""
    whole = str(text)
    return whole if len(whole) <= _MOST_SHOWN else f"{whole[:_MOST_SHOWN]}... ({len(whole):,} characters)"


def raised(error: Exception) -> str:
    """Say which error it was, and its text."""
    return f"raised {type(error).__name__}: {shown(error)}".rstrip(": ")


@final
class Instance:
    """One instance of the store under test."""

    def __init__(self, port: AsyncStateStore, promise: Promise) -> None:
        self.port = port
        self._promise = promise

    async def read(
        self, *keys: str, tenant: str = TENANT, error_breaks: Promise | None = None
    ) -> dict[str, Versioned]:
        """Read documents, and look at the answer."""
        # A host's answer may be anything, whatever its type says.
        answer: Any = await self._ask("read", self.port.read(tenant, list(keys)), error_breaks)
        _is(isinstance(answer, Mapping), f"read() returned a {_type(answer)} instead of a mapping")
        asked = set(keys)
        for key, document in answer.items():
            _is(type(key) is str and key in asked, f"read() returned {key!r}, which was not asked for")
            _is_document("read", document)
        return dict(cast("Mapping[str, Versioned]", answer))

    async def scan(self, prefix: str, tenant: str | None = TENANT) -> list[Found]:
        """Scan documents, and look at the answer."""
        answer: Any = await self._ask("scan", self.port.scan(prefix, tenant))
        _is(isinstance(answer, Sequence), f"scan() returned a {_type(answer)} instead of a list")
        for found in answer:
            _is(isinstance(found, Found), f"scan() returned a {_type(found)} among its Found")
            _is(type(found.tenant) is str, f"Found.tenant is a {_type(found.tenant)} instead of a str")
            _is(type(found.key) is str, f"Found.key is a {_type(found.key)} instead of a str")
            _is_document("scan", found.document)
        return list(cast("Sequence[Found]", answer))

    async def commit(self, *writes: Write, tenant: str = TENANT, error_breaks: Promise | None = None) -> bool:
        """Commit and return the answer, whichever it is."""
        answer = await self._ask("commit", self.port.commit(tenant, list(writes)), error_breaks)
        _is(type(answer) is bool, f"commit() returned a {_type(answer)} instead of True or False")
        return answer

    async def made(self, *writes: Write, tenant: str = TENANT) -> None:
        """Commit what nothing stands against."""
        if not await self.commit(*writes, tenant=tenant):
            named = ", ".join(f"{write.key!r} at {write.expected}" for write in writes[:3])
            raise PromiseBroken(
                self._promise,
                f"commit() was answered False for {shown(named)} of {shown(repr(tenant))}, although "
                "every write found the version that it expects",
            )

    async def refused(
        self,
        *writes: Write,
        why: str,
        tenant: str = TENANT,
        breaks: Promise = EXPECTED_VERSIONS,
        error_breaks: Promise = CONFLICT_IS_FALSE,
    ) -> None:
        """Commit what must be answered False, and say why."""
        answer = await self.commit(*writes, tenant=tenant, error_breaks=error_breaks)
        require(not answer, breaks, f"commit() was answered True although {why}")

    async def put(self, key: str, body: str, tenant: str = TENANT) -> int:
        """Store a document, new or not, and return its version."""
        known = (await self.read(key, tenant=tenant)).get(key)
        await self.made(Write(key, known.version if known else None, body), tenant=tenant)
        return (known.version if known else 0) + 1

    async def _ask(self, method: str, answer: Awaitable[T], error_breaks: Promise | None = None) -> T:
        try:
            return await answer
        except Exception as error:  # a port may raise anything; the promise is what counts
            raise PromiseBroken(error_breaks or self._promise, f"{method}() {raised(error)}") from error


def _is(ok: bool, seen: str) -> None:
    require(ok, ANSWERS_ARE_VALUES, seen)


def _type(value: object) -> str:
    return "None" if value is None else type(value).__name__


def _is_document(method: str, document: object) -> None:
    _is(
        isinstance(document, Versioned),
        f"{method}() returned a {_type(document)} where a Versioned is expected",
    )
    held = cast("Versioned", document)
    _is(
        type(held.version) is int, f"the version from {method}() is a {_type(held.version)} instead of an int"
    )
    _is(type(held.body) is str, f"the body from {method}() is a {_type(held.body)} instead of a str")


class Stage(ABC):
    """One check's stage: fresh data, and `store`, an instance over it."""

    def __init__(self, harness: Harness, promise: Promise) -> None:
        self._harness = harness
        self.promise = promise
        self.store = self.another()

    @abstractmethod
    def another(self) -> Instance:
        """Return another instance over the same data."""

    @abstractmethod
    def ambient(self) -> AbstractAsyncContextManager[object]:
        """Begin the host's own transaction, and roll it back at the end."""

    @abstractmethod
    async def together(self, *workers: Worker[T]) -> list[T]:
        """Run workers at the same time, and raise the first error when all have ended."""

    @abstractmethod
    async def pause(self) -> None:
        """Let other workers go first."""

    @abstractmethod
    async def reopen(self) -> None:
        """Close the data and open it anew; `store` is then a new instance."""

    def raw(self, key: str, tenant: str = TENANT) -> Versioned | None:
        """Return a document past the port."""
        return self._harness.read_raw(tenant, key)

    def put_raw(self, key: str, document: Versioned, tenant: str = TENANT) -> None:
        """Put a document past the port."""
        self._harness.write_raw(tenant, key, document)

    def child(self) -> ChildStore:
        """Return how a child process opens the store."""
        return self._harness.child()

    def require(self, ok: bool, seen: str) -> None:
        """Raise `PromiseBroken` for the promise of this check unless `ok`."""
        __tracebackhide__ = True
        require(ok, self.promise, seen)

    async def probe(self) -> None:
        """Require what every check stands on, so that a failure names the promise that is broken first."""
        store, tenant = self.store, _PROBE
        for version in (1, 2):
            known = version - 1 or None
            made = await store.commit(Write(_PROBE, known, "{}"), tenant=tenant)
            require(made, EXPECTED_VERSIONS, f"commit() was answered False where {_now(known)}, as expected")
            now = (await store.read(_PROBE, tenant=tenant)).get(_PROBE)
            if now is None:
                raise PromiseBroken(DURABLE, "commit() was answered True, and read() finds nothing")
            require(
                now.version == version,
                VERSIONS_COUNT,
                f"after {version} writes of a new document its version is {now.version}",
            )
            stale = Write(_PROBE, known, "{}")
            await store.refused(stale, tenant=tenant, why=f"the write expects that {_now(known)}")
        await store.made(Write(_PROBE, 2, None), tenant=tenant)


def _now(version: int | None) -> str:
    return "the document does not exist" if version is None else f"the version is {version}"


@final
class _Entered(AbstractAsyncContextManager[object]):
    """A synchronous context manager for `async with`."""

    def __init__(self, inner: AbstractContextManager[object]) -> None:
        self._inner = inner

    async def __aenter__(self) -> object:
        return self._inner.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._inner.__exit__(kind, error, trace)


def _hangs() -> PromiseBroken:
    seen = f"workers at the same time have not ended after {HANG_SECONDS:g} seconds: they wait for each other"
    return PromiseBroken(ONE_WINNER, seen)


@final
class BlockingStage(Stage):
    """The stage of a synchronous store."""

    def __init__(self, harness: StateHarness, promise: Promise) -> None:
        self._host = harness
        super().__init__(harness, promise)

    def another(self) -> Instance:
        """Return another instance over the same data."""
        return Instance(LiftedStateStore(self._host.state()), self.promise)

    def ambient(self) -> AbstractAsyncContextManager[object]:
        """Begin the host's own transaction, and roll it back at the end."""
        return _Entered(self._host.ambient())

    async def together(self, *workers: Worker[T]) -> list[T]:
        """Run each worker in a thread of its own."""
        start = threading.Barrier(len(workers))
        results: list[T | BaseException | None] = [None] * len(workers)

        def run(at: int) -> None:
            try:
                start.wait(HANG_SECONDS)
                results[at] = step(workers[at])
            except BaseException as error:  # noqa: BLE001 - raised anew by the one who waits
                results[at] = error

        # Daemons: one that waits for a lock for ever does not keep the process.
        threads = [threading.Thread(target=run, args=(at,), daemon=True) for at in range(len(workers))]
        before = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH_SECONDS)
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(HANG_SECONDS)
        finally:
            sys.setswitchinterval(before)
        if any(thread.is_alive() for thread in threads):
            raise _hangs()
        return _results(results)

    async def pause(self) -> None:
        """Let other threads go first, those too that ask again and again for a lock."""
        time.sleep(_PAUSE_SECONDS)  # noqa: ASYNC251 - this stage is stepped, it never runs in a loop

    async def reopen(self) -> None:
        """Close the data and open it anew."""
        self._host.reopen()
        self.store = self.another()


@final
class AwaitedStage(Stage):
    """The stage of an asynchronous store."""

    def __init__(self, harness: AsyncStateHarness, promise: Promise) -> None:
        self._host = harness
        super().__init__(harness, promise)

    def another(self) -> Instance:
        """Return another instance over the same data."""
        return Instance(AwaitedStateStore(self._host.state()), self.promise)

    def ambient(self) -> AbstractAsyncContextManager[object]:
        """Begin the host's own transaction, and roll it back at the end."""
        return self._host.ambient()

    async def together(self, *workers: Worker[T]) -> list[T]:
        """Run each worker in a task of its own."""
        tasks = [asyncio.ensure_future(worker()) for worker in workers]
        try:
            async with asyncio.timeout(HANG_SECONDS):
                return _results(await asyncio.gather(*tasks, return_exceptions=True))
        except TimeoutError:
            raise _hangs() from None

    async def pause(self) -> None:
        """Let other tasks go first."""
        await asyncio.sleep(0)

    async def reopen(self) -> None:
        """Close the data and open it anew."""
        await self._host.reopen()
        self.store = self.another()


def _results(results: Sequence[T | BaseException | None]) -> list[T]:
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return cast("list[T]", list(results))
