"""The ports as a synchronous host writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from visma_busy_sync.busy import Order, Period, Work
from visma_busy_sync.ports._values import Found, Versioned, Write
from visma_busy_sync.sync.records import Change, Kind, Outcome, Record


class Catalogue(Protocol):
    """The host's projects, customers and products."""

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        """Return every record of a kind, archived ones too, each with its link."""
        ...

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Make changes and return one outcome for each, in their order.

        Each change is made whole or not at all, together with its link. Only the fields named in the
        change are touched. A record that is not as the change expects it gives `Moved`; one that the host
        cannot hold gives `Refused`. One bad record stops no other; nothing is raised for it.
        """
        ...


class WorkLog(Protocol):
    """The host's hours, costs, work types and prices. Nothing is ever written to it."""

    def work(self, tenant: str, project: str, period: Period) -> Work:
        """Return the work on a project within a period as one consistent value.

        Raises:
            LookupError: If there is no such project.
        """
        ...

    def finalised(self, tenant: str) -> Sequence[Order]:
        """Return the orders that are finalised; it may be empty, and need not shrink when they are sent."""
        ...


class StateStore(Protocol):
    """Our own documents, kept in the host's database, by tenant and key."""

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        """Return those of the documents that exist, by key, as of one moment."""
        ...

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        """Return the documents whose key begins with `prefix`, of one tenant or of all."""
        ...

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        """Make all writes, or none where one of them does not find the version it expects.

        Returns:
            Whether they were made. When this returns True they are durable.
        """
        ...
