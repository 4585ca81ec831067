"""What a host gives the kit: its stores, access past the port, and what else its stores can show."""

from __future__ import annotations

import unittest
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import MappingProxyType
from typing import Self, TypeAlias, TypeVar, final

from attrs import frozen

from visma_busy_sync.busy import (
    Customer,
    Expense,
    Member,
    Order,
    Prices,
    Product,
    Project,
    Task,
    TimeEntry,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.ports import (
    AsyncCatalogue,
    AsyncStateStore,
    AsyncWorkLog,
    Catalogue,
    StateStore,
    Versioned,
    WorkLog,
)
from visma_busy_sync.sync import Kind, Record, Value

Thing = TypeVar("Thing", Customer, Member, Prices, Product, Project, Task, WorkSettings, WorkType)


@frozen
class Capability:
    """Something that not every host can show, and that some promises are shown with.

    Attributes:
        name: Stable, in kebab case; reports name it where it is missing.
        method: The harness's method that gives it.
        sentence: What the method has to do.
    """

    name: str
    method: str
    sentence: str


REOPEN = Capability(
    "reopen",
    "reopen",
    "Closes everything that holds the data open and opens it anew; `state()`, `catalogue()` or "
    "`work_log()` then gives new ones.",
)
AMBIENT_TRANSACTION = Capability(
    "ambient-transaction",
    "ambient",
    "A context manager that begins the host's own transaction, as the host's code does, and rolls it back.",
)
PROCESSES = Capability(
    "processes",
    "child",
    "Names a function with which another process opens a store over the same data.",
)
CATALOGUE_PROCESSES = Capability(
    "catalogue-processes",
    "catalogue_child",
    "Names a function with which another process opens a catalogue over the same data.",
)
DELETION = Capability(
    "deletion",
    "remove_raw",
    "Deletes a record past the port, as a person does in Busy.",
)
REFUSALS = Capability(
    "refusals",
    "refused_values",
    "Gives values that the host refuses, in a new record as in one that is there, such as a name that is too "
    "long.",
)
ARCHIVING = Capability(
    "archiving",
    "archive_raw",
    "Archives a project, as a person does in Busy.",
)
FINALISING = Capability(
    "finalising",
    "finalise_raw",
    "Finalises an order, which then waits for its transfer; in place of the one with its id.",
)
CAPABILITIES = (
    REOPEN,
    AMBIENT_TRANSACTION,
    PROCESSES,
    CATALOGUE_PROCESSES,
    DELETION,
    REFUSALS,
    ARCHIVING,
    FINALISING,
)
"""All that a harness may be able to do beside giving its ports."""


@final
class CapabilityMissing(unittest.SkipTest):
    """A promise is not shown because the harness lacks a capability; test frameworks report it as a skip.

    Attributes:
        capability: Which one.
    """

    def __init__(self, capability: Capability) -> None:
        self.capability = capability
        super().__init__(
            f'capability "{capability.name}" is missing: the harness has no method {capability.method}()'
        )

    def __reduce__(self) -> tuple[type[CapabilityMissing], tuple[Capability]]:
        return CapabilityMissing, (self.capability,)


@frozen
class ChildStore:
    """How a child process opens a store over the same data.

    Attributes:
        reference: `package.module:function`. It is called with `argument` and returns a store, or a context
            manager (an asynchronous one for an asynchronous store) that gives one.
        argument: A text, such as a path or a database URL.
    """

    reference: str
    argument: str = ""


class BlockingHarness:
    """What every harness of a synchronous host has."""

    def __enter__(self) -> Self:
        """Open a set of data that is empty and nobody else's."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close everything and remove the data."""

    def ambient(self) -> AbstractContextManager[object]:
        """Begin the host's own transaction and roll it back (capability "ambient-transaction")."""
        raise CapabilityMissing(AMBIENT_TRANSACTION)

    def reopen(self) -> None:
        """Close everything and open the same data anew (capability "reopen")."""
        raise CapabilityMissing(REOPEN)


class AwaitedHarness:
    """What every harness of an asynchronous host has."""

    async def __aenter__(self) -> Self:
        """Open a set of data that is empty and nobody else's."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything and remove the data."""

    def ambient(self) -> AbstractAsyncContextManager[object]:
        """Begin the host's own transaction and roll it back (capability "ambient-transaction")."""
        raise CapabilityMissing(AMBIENT_TRANSACTION)

    async def reopen(self) -> None:
        """Close everything and open the same data anew (capability "reopen")."""
        raise CapabilityMissing(REOPEN)


class _RawState(ABC):
    """Access that goes around the port, so that the port does not prove itself.

    It is synchronous also beside an asynchronous store: a look that lets the event loop run would let a
    write land that comes too late.
    """

    @abstractmethod
    def read_raw(self, tenant: str, key: str) -> Versioned | None:
        """Return a document as the database has it now, with a connection of its own; None: there is none."""

    @abstractmethod
    def write_raw(self, tenant: str, key: str, document: Versioned) -> None:
        """Put a document into the database, in place of one with the same tenant and key, and commit."""

    def child(self) -> ChildStore:
        """Return how another process opens a store over the same data (capability "processes")."""
        raise CapabilityMissing(PROCESSES)


class StateHarness(_RawState, BlockingHarness):
    """A `StateStore` on the kit's bench; subclass it.

    The kit makes a harness for each check, enters it, and leaves it at the end: between the two it stands
    for one set of data, empty at first. Resources belong into `__enter__`, since a harness is also made
    only to see what it can do.
    """

    @abstractmethod
    def state(self) -> StateStore:
        """Return a store over the data; each call another instance, if the host has such."""


class AsyncStateHarness(_RawState, AwaitedHarness):
    """An `AsyncStateStore` on the kit's bench; subclass it.

    As `StateHarness`; everything that awaits happens in one event loop, which the kit runs for each check.
    """

    @abstractmethod
    def state(self) -> AsyncStateStore:
        """Return a store over the data; each call another instance, if the host has such."""


class _RawCatalogue(ABC):
    """What a person does in Busy and sees there, past the port.

    It is synchronous also beside an asynchronous catalogue, and may be called in a thread of its own, since a
    person edits while changes are applied.

    Attributes:
        tenants: Two tenants of the host. Name others where a tenant must be there before its records are.
    """

    tenants: tuple[str, str] = ("acme", "acm")

    @abstractmethod
    def record_raw(self, tenant: str, kind: Kind, id: str) -> Record | None:
        """Return a record as the database has it now, with a connection of its own; None: there is none."""

    @abstractmethod
    def add_raw(self, tenant: str, kind: Kind, values: Mapping[str, Value]) -> str:
        """Create a record without a link, commit, and return its id."""

    @abstractmethod
    def edit_raw(self, tenant: str, kind: Kind, id: str, values: Mapping[str, Value]) -> None:
        """Set these fields of a record, leave its link, and commit."""

    def remove_raw(self, tenant: str, kind: Kind, id: str) -> None:
        """Delete a record and commit (capability "deletion")."""
        del tenant, kind, id
        raise CapabilityMissing(DELETION)

    def refused_values(self, kind: Kind) -> Mapping[str, Value]:
        """Return values that the host refuses for a record of the kind (capability "refusals")."""
        del kind
        raise CapabilityMissing(REFUSALS)

    def catalogue_child(self) -> ChildStore:
        """Return how another process opens a catalogue over the same data ("catalogue-processes")."""
        raise CapabilityMissing(CATALOGUE_PROCESSES)


class CatalogueHarness(_RawCatalogue, BlockingHarness):
    """A `Catalogue` on the kit's bench; subclass it, together with `StateHarness` where the host gives both.

    The kit makes a harness for each check, enters it, and leaves it at the end: between the two it stands
    for one set of data, empty at first. Resources belong into `__enter__`, since a harness is also made
    only to see what it can do.
    """

    @abstractmethod
    def catalogue(self) -> Catalogue:
        """Return a catalogue over the data; each call another instance, if the host has such."""


class AsyncCatalogueHarness(_RawCatalogue, AwaitedHarness):
    """An `AsyncCatalogue` on the kit's bench; subclass it, with `AsyncStateHarness` where there are both.

    As `CatalogueHarness`; everything that awaits happens in one event loop, which the kit runs for each
    check.
    """

    @abstractmethod
    def catalogue(self) -> AsyncCatalogue:
        """Return a catalogue over the data; each call another instance, if the host has such."""


class _RawWork(ABC):
    """What people do in Busy, past the port.

    It is synchronous also beside an asynchronous work log, and may be called in a thread of its own, since
    people book while work is read. Each method commits before it returns.

    Attributes:
        tenants: Two tenants of the host. Name others where a tenant must be there before its work is.
        required: The fields that your tables require, by the value that they are of, such as
            `{TimeEntry: ("work_type",), Project: ("number",)}`: the kit then gives no such value without
            them. Where it names something that the kit leaves out nowhere, the checks raise `ValueError`,
            which names all that there is.
    """

    tenants: tuple[str, str] = ("acme", "acm")
    required: Mapping[type, Collection[str]] = MappingProxyType({})

    @abstractmethod
    def put_raw(self, tenant: str, value: Thing, project: str | None = None) -> Thing | None:
        """Create something, or replace the one with its id, and return it as the host has it now.

        Args:
            tenant: Whose it is.
            value: A customer, product, work type, member or project, or the tenant's settings; or, with
                `project`, a task or the prices of that project.
            project: The project that it belongs to.

        Returns:
            The value, with the host's own id where it gives ids itself, and without what it does not keep.
            Of prices and settings whatever the host has. None where it has no such thing at all.
        """

    @abstractmethod
    def book_raw(
        self, tenant: str, project: str, entries: Sequence[TimeEntry], costs: Sequence[Expense]
    ) -> tuple[Sequence[TimeEntry], Sequence[Expense]]:
        """Book hours and costs, or change those with their ids, all in one transaction.

        Costs may be on hours that are booked by the same call, by the id that these were given with.

        Returns:
            Both in the order given, as the host has them now: with its own ids where it gives ids itself,
            and without what it does not keep.
        """

    def archive_raw(self, tenant: str, project: str) -> None:
        """Archive a project (capability "archiving")."""
        del tenant, project
        raise CapabilityMissing(ARCHIVING)

    def finalise_raw(self, tenant: str, order: Order) -> None:
        """Finalise an order, in place of the one with its id (capability "finalising")."""
        del tenant, order
        raise CapabilityMissing(FINALISING)


class WorkLogHarness(_RawWork, BlockingHarness):
    """A `WorkLog` on the kit's bench; subclass it, together with others where the host gives more ports.

    The kit makes a harness for each check, enters it, and leaves it at the end: between the two it stands
    for one set of data, empty at first. Resources belong into `__enter__`, since a harness is also made
    only to see what it can do.
    """

    @abstractmethod
    def work_log(self) -> WorkLog:
        """Return a work log over the data; each call another instance, if the host has such."""


class AsyncWorkLogHarness(_RawWork, AwaitedHarness):
    """An `AsyncWorkLog` on the kit's bench; subclass it, with others where the host gives more ports.

    As `WorkLogHarness`; everything that awaits happens in one event loop, which the kit runs for each check.
    """

    @abstractmethod
    def work_log(self) -> AsyncWorkLog:
        """Return a work log over the data; each call another instance, if the host has such."""


Harness: TypeAlias = (
    StateHarness
    | AsyncStateHarness
    | CatalogueHarness
    | AsyncCatalogueHarness
    | WorkLogHarness
    | AsyncWorkLogHarness
)
"""A harness of any port, synchronous or asynchronous."""

_BASES = (BlockingHarness, AwaitedHarness, _RawState, _RawCatalogue, _RawWork)


def has(harness: Harness, capability: Capability) -> bool:
    """Tell whether the harness has a capability: whether its class overrides the method."""
    method = getattr(type(harness), capability.method)
    return all(method is not getattr(base, capability.method, None) for base in _BASES)
