"""The ports as an asynchronous host writes them, and as the core awaits them.

Declared `def ... -> Awaitable`, so that both `async def` and lifted functions fit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Protocol

from visma_busy_sync.busy import Order, Period, Work
from visma_busy_sync.ports._values import Found, Versioned, Write
from visma_busy_sync.sync._records import Change, Kind, Outcome, Record


class AsyncCatalogue(Protocol):
    """The host's projects, customers and products.

    Tenants are kept apart: an id that is known in another tenant is gone in this one. So are kinds.
    """

    def load(self, tenant: str, kind: Kind) -> Awaitable[Sequence[Record]]:
        """Return every record of a kind, archived ones too, each with its link.

        Ids are texts, each of which occurs once; `archived` is a bool, also where the database keeps 0 and
        1; a day is a `date` without time. What is otherwise is refused with `PortContractBroken` before
        anything is done with it. What is returned is a copy: changing it changes nothing in the host, nor
        the other way round.
        """
        ...

    def apply(self, tenant: str, changes: Sequence[Change]) -> Awaitable[Sequence[Outcome]]:
        """Make changes and return one outcome for each, in their order.

        Each change is made whole or not at all, together with its link, and is durable when this returns.
        Only the fields named in the change are touched. A record that is gone, or not as the change expects
        it in its values or its link, gives `Moved`; one that the host cannot hold gives `Refused`. One bad
        record stops no other; nothing is raised for it. `Applied.values` tells every imported field of the
        record as it is stored, also where that is not what was asked.
        """
        ...


class AsyncWorkLog(Protocol):
    """The host's hours, costs, work types and prices. Nothing is ever written to it."""

    def work(self, tenant: str, project: str, period: Period) -> Awaitable[Work]:
        """Return the work on a project within a period as one consistent value, all as of one moment.

        Every hour of the period comes, and those that begin on the day before or after it by the date in
        UTC: the workspace's time zone decides later. A cost on hours comes with its hours, wherever its own
        day is; a cost on the project comes by its day. With them come the work types that they refer to, the
        products of costs, and where they count customers, tasks and members. What is not approved, excluded,
        billed before or on an archived project is told like the rest; more may come along.

        Raises:
            LookupError: If there is no such project: `LookupError` itself or a subclass of the host's own.
                `KeyError` and `IndexError` do not mean that, since they mostly come of a mistake; they and
                all others come through as they are.
        """
        ...

    def finalised(self, tenant: str) -> Awaitable[Sequence[Order]]:
        """Return the orders that are finalised, each as it was then, once, in the order of finalising.

        An order that was finalised again comes in its last revision. It may be empty, and need not shrink
        when they are sent: the ledger knows what was sent.
        """
        ...


class AsyncStateStore(Protocol):
    """Our own documents, kept in the host's database, by tenant and key."""

    def read(self, tenant: str, keys: Sequence[str]) -> Awaitable[Mapping[str, Versioned]]:
        """Return those of the documents that exist, by key, all as of one moment."""
        ...

    def scan(self, prefix: str, tenant: str | None = None) -> Awaitable[Sequence[Found]]:
        """Return the documents whose key begins with `prefix`, of one tenant or of all, in any order.

        The prefix is plain text: no character of it stands for another.
        """
        ...

    def commit(self, tenant: str, writes: Sequence[Write]) -> Awaitable[bool]:
        """Make all writes, or none where one of them does not find the version it expects.

        A new document has version 1, each write makes it one more. Each key is written once at most.

        Returns:
            Whether they were made. When this returns True they are durable.
        """
        ...
