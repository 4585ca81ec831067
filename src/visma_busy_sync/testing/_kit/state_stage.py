"""The stage of the checks of `StateStore`: a store whose answers are looked at, and access past it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast, final

from visma_busy_sync.ports import (
    AsyncStateStore,
    AwaitedStateStore,
    Found,
    LiftedStateStore,
    Versioned,
    Write,
)
from visma_busy_sync.testing._kit.harness import AsyncStateHarness, ChildStore, StateHarness
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
from visma_busy_sync.testing._kit.stage import Stage, heard, named_type, shown

TENANT = "acme"
_PROBE = "probe"


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
        answer: Any = await heard("read", self.port.read(tenant, list(keys)), error_breaks or self._promise)
        _is(isinstance(answer, Mapping), f"read() returned a {named_type(answer)} instead of a mapping")
        asked = set(keys)
        for key, document in answer.items():
            _is(type(key) is str and key in asked, f"read() returned {key!r}, which was not asked for")
            _is_document("read", document)
        return dict(cast("Mapping[str, Versioned]", answer))

    async def scan(self, prefix: str, tenant: str | None = TENANT) -> list[Found]:
        """Scan documents, and look at the answer."""
        answer: Any = await heard("scan", self.port.scan(prefix, tenant), self._promise)
        _is(isinstance(answer, Sequence), f"scan() returned a {named_type(answer)} instead of a list")
        for found in answer:
            _is(isinstance(found, Found), f"scan() returned a {named_type(found)} among its Found")
            _is(type(found.tenant) is str, f"Found.tenant is a {named_type(found.tenant)} instead of a str")
            _is(type(found.key) is str, f"Found.key is a {named_type(found.key)} instead of a str")
            _is_document("scan", found.document)
        return list(cast("Sequence[Found]", answer))

    async def commit(self, *writes: Write, tenant: str = TENANT, error_breaks: Promise | None = None) -> bool:
        """Commit and return the answer, whichever it is."""
        answer = await heard("commit", self.port.commit(tenant, list(writes)), error_breaks or self._promise)
        _is(type(answer) is bool, f"commit() returned a {named_type(answer)} instead of True or False")
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


def _is(ok: bool, seen: str) -> None:
    require(ok, ANSWERS_ARE_VALUES, seen)


def _is_document(method: str, document: object) -> None:
    _is(
        isinstance(document, Versioned),
        f"{method}() returned a {named_type(document)} where a Versioned is expected",
    )
    held = cast("Versioned", document)
    version = named_type(held.version)
    _is(type(held.version) is int, f"the version from {method}() is a {version} instead of an int")
    _is(type(held.body) is str, f"the body from {method}() is a {named_type(held.body)} instead of a str")


@final
class StateStage(Stage):
    """One check's stage: fresh data, and `store`, an instance over it."""

    harnesses = (StateHarness, AsyncStateHarness)
    hanging_breaks = ONE_WINNER
    store: Instance

    def __init__(self, harness: StateHarness | AsyncStateHarness, promise: Promise) -> None:
        self._harness = harness
        super().__init__(harness, promise)

    def another(self) -> Instance:
        """Return another instance over the same data."""
        harness = self._harness
        if isinstance(harness, AsyncStateHarness):
            return Instance(AwaitedStateStore(harness.state()), self.promise)
        return Instance(LiftedStateStore(harness.state()), self.promise)

    def _renew(self) -> None:
        self.store = self.another()

    def raw(self, key: str, tenant: str = TENANT) -> Versioned | None:
        """Return a document past the port."""
        return self._harness.read_raw(tenant, key)

    def put_raw(self, key: str, document: Versioned, tenant: str = TENANT) -> None:
        """Put a document past the port."""
        self._harness.write_raw(tenant, key, document)

    def child(self) -> ChildStore:
        """Return how a child process opens the store."""
        return self._harness.child()

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
