"""Ports that fail once, at a call that is chosen by its number; and processes that die there."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar, final

from attrs import define, field
from cryptography.fernet import Fernet

from visma_busy_sync import BusySync
from visma_busy_sync._core.world import Clock
from visma_busy_sync._facade import Tenant
from visma_busy_sync.errors import StoreUnavailable
from visma_busy_sync.ports import Catalogue, Found, StateStore, Versioned, Write
from visma_busy_sync.stores import MemoryCatalogue, MemoryWorkLog
from visma_busy_sync.sync import Change, Kind, Outcome, Record

from .office import ACME
from .small_visma import SmallVisma

T = TypeVar("T")

_KEYS: Final = [Fernet.generate_key()]


class Killed(BaseException):
    """The process is gone."""


class HostGone(Exception):
    """What a host's catalogue raises of its own, say because its database is away."""


class How(enum.Enum):
    """What becomes of the call, and of the process that made it."""

    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    FAILED_BEFORE = "failed before"
    FAILED_AFTER = "failed after"
    """What was asked was done, but the caller is not told."""


_BEFORE: Final = {How.KILLED_BEFORE, How.FAILED_BEFORE}
_KILLS: Final = {How.KILLED_BEFORE, How.KILLED_AFTER}

ENDS: Final = (Killed, HostGone, StoreUnavailable)
"""How a use case may end whose port failed."""


def writes(call: str) -> bool:
    """Whether a call changes something."""
    return call.startswith(("commit", "apply"))


@final
@define
class Fuse:
    """Counts the calls of the ports of one process, and lets one of them fail.

    Attributes:
        at: The number of the call that fails, from 1; 0: none does.
        how: How it fails.
        only_writes: Whether only calls that change something are counted.
        calls: What was called, in order, as far as it is counted.
        dead: Whether the process is gone: then nothing is done any more, not even what tidies up.
    """

    at: int = 0
    how: How = How.KILLED_BEFORE
    only_writes: bool = False
    calls: list[str] = field(factory=list[str])
    dead: bool = False

    def around(self, name: str, call: Callable[[], T], failure: Exception) -> T:
        """Make a call, or let it fail."""
        if self.dead:
            raise Killed
        if self.only_writes and not writes(name):
            return call()
        self.calls.append(name)
        fails = len(self.calls) == self.at
        if fails and self.how in _BEFORE:
            self._fail(failure)
        value = call()
        if fails:
            self._fail(failure)
        return value

    @property
    def burnt(self) -> bool:
        """Whether a call failed."""
        return 0 < self.at <= len(self.calls)

    def _fail(self, failure: Exception) -> None:
        if self.how in _KILLS:
            self.dead = True
            raise Killed
        raise failure


@final
class FailingState:
    """A state store behind a fuse."""

    # Else each request would cost two calls for the budget of all processes, which is tried elsewhere.
    volatile: Final = True

    def __init__(self, state: StateStore, fuse: Fuse) -> None:
        self._state = state
        self._fuse = fuse

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        """Read behind the fuse."""
        return self._fuse.around(f"read {keys}", lambda: self._state.read(tenant, keys), self._failure())

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        """Scan behind the fuse."""
        return self._fuse.around(f"scan {prefix}", lambda: self._state.scan(prefix, tenant), self._failure())

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        """Commit behind the fuse."""
        name = f"commit {[write.key for write in writes]}"
        return self._fuse.around(name, lambda: self._state.commit(tenant, writes), self._failure())

    def _failure(self) -> StoreUnavailable:
        return StoreUnavailable("the database is away", may_have_happened=self._fuse.how not in _BEFORE)


@final
class FailingCatalogue:
    """A catalogue behind a fuse.

    Args:
        catalogue: What is behind it.
        fuse: The fuse.
        one_by_one: Whether each change is a call of its own, so that it fails within a batch too.
    """

    def __init__(self, catalogue: Catalogue, fuse: Fuse, *, one_by_one: bool) -> None:
        self._catalogue = catalogue
        self._fuse = fuse
        self._one_by_one = one_by_one

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        """Load behind the fuse."""
        return self._fuse.around(f"load {kind}", lambda: self._catalogue.load(tenant, kind), HostGone())

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Apply behind the fuse."""
        if not self._one_by_one:
            return self._apply(tenant, changes)
        return [outcome for change in changes for outcome in self._apply(tenant, [change])]

    def _apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        name = f"apply {[(str(each.kind), each.id, dict(each.values)) for each in changes]}"
        return self._fuse.around(name, lambda: self._catalogue.apply(tenant, changes), HostGone())


def process(
    busy: Catalogue, state: StateStore, fuse: Fuse, visma: SmallVisma, clock: Clock, *, one_by_one: bool
) -> Tenant:
    """Return the workspace as a process has it that begins, with its ports behind a fuse."""
    return BusySync(
        catalogue=FailingCatalogue(busy, fuse, one_by_one=one_by_one),
        work=MemoryWorkLog(MemoryCatalogue()),
        state=FailingState(state, fuse),
        client_id="id",
        client_secret="secret",
        redirect_uri="http://127.0.0.1:9/callback",
        encryption_keys=_KEYS,
        transport=visma,
        clock=clock,
        max_retries=0,
    ).tenant(ACME)
