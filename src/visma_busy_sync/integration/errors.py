"""Errors of the use cases: of the connection between a tenant and a company, of orders, of the host's ports.

```
ConnectionStateError          never raised itself
├── NotConnected              there is no connection; press connect
├── WrongCompany              the login is of another company than the tenant's
├── CompanyUnidentified       the company has neither an id nor a name
├── ConnectionChanged         it changed during a sync, which stopped
├── NothingToConfirm          no other company waits
├── NotRevoked                disconnected, but Visma did not confirm it
├── NotReady                  eAccounting is not set up for what was asked
└── PurgeRefused              orders of the tenant may be on their way

OrderError                    visma_busy_sync.orders
├── ProjectUnknown            the work log knows no such project
├── OrderUnknown              the ledger knows no such order
├── OrderNotTransferred       there is nothing in eAccounting to read
├── OrderClosed               the order came to an end before: it is not sent again
├── OrdersNotSent             the workspace keeps its orders in Busy, or has no order function
├── SearchIncomplete          eAccounting's orders could not be read surely
├── DraftChanged              a draft is not withdrawn: it has moved on, or was edited
├── DraftStillThere           an order is not released: its draft is there
└── NotThisDraft              the draft that a person named is not that of the order

ArchivingNotAllowed           what is to be archived as missing is not what was allowed
SyncRunning                   another sync of the tenant runs at this moment
PortContractBroken            a port of the host answered something that it must not
```
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, final

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync._core.texts import Texts, moment_text
from visma_busy_sync.integration._readiness import Readiness
from visma_busy_sync.orders import OrderError, State
from visma_busy_sync.sync import Plan


class ConnectionStateError(VismaBusySyncError):
    """Base of what can be wrong with a tenant's connection. Busy's data is never touched by it."""

    def __init__(self, message: str, *, advice: str = "") -> None:
        if type(self) is ConnectionStateError:
            raise TypeError("ConnectionStateError is a base and is not raised itself")
        super().__init__(message, advice=advice)


@final
class NotConnected(ConnectionStateError):
    """The tenant is not connected to a company.

    Attributes:
        tenant: Whose connection is missing.
    """

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        super().__init__(
            f"The tenant {tenant!r} is not connected to eAccounting.",
            advice="Press connect, log in at Visma and choose whether to synchronise projects.",
        )


@final
class WrongCompany(ConnectionStateError):
    """What eAccounting answers is of another company than the one that the tenant is connected to."""

    def __init__(self) -> None:
        super().__init__(
            "The login is of another company than the one that this tenant is connected to; nothing changed.",
            advice="Press connect and log in to the right company. Nothing in Busy is lost.",
        )


@final
class CompanyUnidentified(ConnectionStateError):
    """EAccounting tells neither an id nor a name of the company, so records cannot be kept apart by it."""

    def __init__(self) -> None:
        super().__init__(
            "The company in eAccounting has neither an organisation number nor a name; nothing changed.",
            advice="Fill them in under the company settings in eAccounting, then connect again.",
        )


@final
class NothingToConfirm(ConnectionStateError):
    """The company does not wait to be confirmed: it was confirmed or discarded before, or another one waits.

    Attributes:
        tenant: Whose connection it is.
    """

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        super().__init__(
            f"No other company, or not this one, waits to be confirmed for the tenant {tenant!r}; nothing "
            "changed.",
            advice="See the status, and look at the preview again; to change the company, press connect and "
            "log in to the other one.",
        )


@final
class ConnectionChanged(ConnectionStateError):
    """The connection changed during a sync: disconnected, another company, or project sync switched.

    What was applied before stays, as after any sync that is interrupted; nothing was done after.

    Attributes:
        tenant: Whose connection it is.
    """

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        super().__init__(
            f"The connection of the tenant {tenant!r} changed during the sync, which therefore stopped.",
            advice="See the status; where it is connected, look at the plan and sync again.",
        )


@final
class NotReady(ConnectionStateError):
    """EAccounting is not set up for what was asked; nothing was imported, archived or sent.

    Attributes:
        readiness: What is missing, each with what to press, in Norwegian and English.
    """

    def __init__(self, readiness: Readiness) -> None:
        self.readiness = readiness
        super().__init__(
            f"eAccounting is not ready: {readiness}",
            advice="Do what is said there, in eAccounting, then try again; nothing was changed.",
        )


@final
class NotRevoked(ConnectionStateError):
    """The tenant is disconnected and its tokens are deleted here, but Visma did not confirm their end.

    Attributes:
        reason: What Visma, or the way to it, answered.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            "The tenant is disconnected and its tokens are deleted here, but Visma did not confirm that "
            f"they are ended: {reason}",
            advice="Nothing is left to do in Busy. To be sure, end Busy's access at Visma, or change the "
            "password there.",
        )


@final
class PurgeRefused(ConnectionStateError):
    """The tenant was not purged: some of its orders may be on their way to eAccounting.

    Nothing was changed, unless such an order came up while the purge ran: then it is left as it is, and
    another purge ends the rest. An order whose ledger entry cannot be read counts as on its way; so does one
    whose draft is gone and that nobody released, since it holds its hours.

    Attributes:
        order_ids: These orders.
    """

    def __init__(self, order_ids: tuple[str, ...]) -> None:
        self.order_ids = order_ids
        super().__init__(
            "The purge was refused: it is not known yet what became of "
            f"{'1 order' if len(order_ids) == 1 else f'{len(order_ids)} orders'} "
            f"({', '.join(order_ids[:5])}{', ...' if len(order_ids) > 5 else ''}).",
            advice="See their ledger entries, settle them, and purge again. Where an entry cannot be read, "
            "only purge(everything=True) removes it.",
        )


@final
class ProjectUnknown(OrderError):
    """There is no such project in Busy.

    Attributes:
        project: The id that was asked for.
    """

    def __init__(self, project: str) -> None:
        self.project = project
        super().__init__(
            f"Busy has no project {project!r} in this workspace.",
            advice="Give Busy's own id of the project, as its record has it.",
        )


@final
class OrderUnknown(OrderError):
    """The ledger knows no such order: it was never pushed by this tenant, or the tenant was purged since.

    Attributes:
        order_id: The id that was asked for.
    """

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__(
            f"Order {order_id} is not known: it was not pushed in this workspace, or not since its purge.",
            advice="Push it first, or give the id of an order that was pushed.",
        )


@final
class OrderNotTransferred(OrderError):
    """The order was pushed, but eAccounting is not known to have it.

    Attributes:
        order_id: The order.
        state: Where it stands.
    """

    def __init__(self, order_id: str, *, state: State) -> None:
        self.order_id = order_id
        self.state = state
        super().__init__(
            f"Order {order_id} is {state}, so eAccounting is not known to have it.",
            advice="See its ledger entry for what became of it.",
        )


_FREE: Final = (
    "Its hours are free: build it anew, under a new id or with a higher revision, and push that one."
)
_CLOSED_ADVICE: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.REJECTED: "Mend what eAccounting named, reopen the order to free its hours, and build it anew.",
        State.OPEN: _FREE,
        State.WITHDRAWN: _FREE,
        State.RELEASED: _FREE,
        State.WITHDRAWING: "Call recover(), which ends the withdrawal.",
        State.GONE_UPSTREAM: "It was deleted in eAccounting: release it to free its hours.",
    }
)
_BUILD_ANEW: Final = "Build its hours into a new order."
_SENT_BEFORE: Final = "It was sent before the workspace was purged: look for it in eAccounting."
_PURGED_ADVICE: Final[Mapping[State, str]] = MappingProxyType(
    {State.TRANSFERRED: _SENT_BEFORE, State.GONE_UPSTREAM: _SENT_BEFORE}
)


@final
class OrderClosed(OrderError):
    """The order came to an end before, so this one is never sent again; nothing was sent now.

    Attributes:
        order_id: The order.
        state: Where it stands, e.g. `rejected`, `open` after it was reopened, or `withdrawn`. After a purge,
            where it stood then: `transferred` is one that was sent.
        problem: What eAccounting said when it refused the order; None if that is over.
        purged: Whether it ended with a purge of the tenant.
    """

    def __init__(self, order_id: str, *, state: State, problem: str | None, purged: bool = False) -> None:
        self.order_id = order_id
        self.state = state
        self.problem = problem
        self.purged = purged
        super().__init__(
            f"Order {order_id} {'was' if purged else 'is'} {state} and is not sent again"
            + (f": {problem}" if problem else "."),
            advice=(_PURGED_ADVICE if purged else _CLOSED_ADVICE).get(state, _BUILD_ANEW),
        )


class NotSentReason(enum.StrEnum):
    """Why a workspace sends no orders."""

    IN_BUSY = "in_busy"
    """Its distribution method is "in Busy"."""
    ORDERS_OFF = "orders_off"
    """Its order function is off."""

    @property
    def says(self) -> Texts:
        """The reason and its cure, for people."""
        return _NOT_SENT[self]


_NOT_SENT: Final[Mapping[NotSentReason, Texts]] = MappingProxyType(
    {
        NotSentReason.IN_BUSY: Texts(
            "Ordre blir i Busy. Velg det tilkoblede systemet som distribusjonsmetode for å sende dem.",
            "Orders stay in Busy. To send them, choose the connected system as the distribution method.",
        ),
        NotSentReason.ORDERS_OFF: Texts(
            "Ordrefunksjonen i Busy er av. Slå den på for å sende ordre.",
            "The order function of Busy is off. Switch it on to send orders.",
        ),
    }
)


@final
class OrdersNotSent(OrderError):
    """The workspace sends no orders, as it is set up in Busy; of this one nothing was stored or sent.

    Attributes:
        order_id: The order.
        reason: Why.
    """

    def __init__(self, order_id: str, reason: NotSentReason) -> None:
        self.order_id = order_id
        self.reason = reason
        said, _, cure = reason.says.en.partition(". ")
        super().__init__(f"Order {order_id} was not sent: {said[:1].lower()}{said[1:]}.", advice=cure)


@final
class SearchIncomplete(OrderError):
    """The orders in eAccounting could not be read surely, or this one was sent a moment ago and is not seen.

    Nothing was sent, deleted or freed; the order stays where it was.

    Attributes:
        order_id: The order that was looked for.
        marker: What it is recognised by.
        again_at: From when on what was sent a moment ago can be judged; None: that is not the reason.
    """

    def __init__(self, order_id: str, *, marker: str, again_at: datetime | None = None) -> None:
        self.order_id = order_id
        self.marker = marker
        self.again_at = again_at
        when = "in a minute" if again_at is None else f"after {moment_text(again_at)} (settle_after)"
        super().__init__(
            f"Whether order {order_id} is in eAccounting is not known: its orders changed while they were "
            "read, its answers are not clear, or it was sent so recently that it may not be shown yet. "
            "Nothing was done.",
            advice=f"Try again {when}. If this stays, look for {marker} in eAccounting.",
        )


class DraftChangedReason(enum.StrEnum):
    """Why a draft is not withdrawn."""

    MOVED_ON = "moved_on"
    """It is no draft any more: it was made an order, shipped or invoiced."""
    EDITED = "edited"
    """It is not as it was after the push."""


@final
class DraftChanged(OrderError):
    """The draft was not deleted, since a person did something with it in eAccounting; it stays transferred.

    Attributes:
        order_id: The order.
        reason: What was done.
    """

    def __init__(self, order_id: str, reason: DraftChangedReason) -> None:
        self.order_id = order_id
        self.reason = reason
        edited = reason is DraftChangedReason.EDITED
        done = "its draft was edited" if edited else "it is no draft any more"
        super().__init__(
            f"Order {order_id} was not withdrawn: in eAccounting {done}.",
            advice="Look at it in eAccounting. If it is to go, delete it there, then call read_back(), which "
            "finds it gone, and release() the order.",
        )


@final
class DraftStillThere(OrderError):
    """The order was not released, since it is in eAccounting after all; it is transferred again.

    Attributes:
        order_id: The order.
        eaccounting_id: The id that it has there.
    """

    def __init__(self, order_id: str, *, eaccounting_id: str) -> None:
        self.order_id = order_id
        self.eaccounting_id = eaccounting_id
        super().__init__(
            f"Order {order_id} was not released: eAccounting has it under the id {eaccounting_id}.",
            advice="Its hours and costs stay on it. Withdraw it if it is a draft that is to go.",
        )


class NotThisDraftReason(enum.StrEnum):
    """Why a draft is not taken for that of an order."""

    NOT_THERE = "not_there"
    """eAccounting has no order with this id."""
    OTHER_MARKER = "other_marker"
    """It carries the marker of another order."""
    OTHER_ORDER = "other_order"
    """Another order of the ledger has it."""
    OTHER_CONTENT = "other_content"
    """It does not carry the marker of this revision, and customer or rows are others."""


_NOT_THIS: Final[Mapping[NotThisDraftReason, str]] = MappingProxyType(
    {
        NotThisDraftReason.NOT_THERE: "eAccounting has none with this id",
        NotThisDraftReason.OTHER_MARKER: "it carries the marker of another order",
        NotThisDraftReason.OTHER_ORDER: "it is the draft of another order",
        NotThisDraftReason.OTHER_CONTENT: "customer or rows are others, and it lacks the marker",
    }
)


@final
class NotThisDraft(OrderError):
    """The draft that a person named was not taken for that of the order; nothing was changed.

    Attributes:
        order_id: The order.
        eaccounting_id: The id that was named.
        reason: Why.
    """

    def __init__(self, order_id: str, *, eaccounting_id: str, reason: NotThisDraftReason) -> None:
        self.order_id = order_id
        self.eaccounting_id = eaccounting_id
        self.reason = reason
        super().__init__(
            f"{eaccounting_id} was not taken for the draft of order {order_id}: {_NOT_THIS[reason]}.",
            advice="Name the id of the right one; or, if none is there, have the order sent again.",
        )


@final
class SyncRunning(VismaBusySyncError):
    """Another sync of the same tenant runs, in this process or another one.

    This one did nothing; or it was slower than its right to sync lasts, and did not go on.

    Two at once would each create what is new.

    Attributes:
        tenant: Whose sync runs.
    """

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        super().__init__(
            f"A sync of the tenant {tenant!r} is running at this moment.",
            advice="Wait for it to end; what it brings is what this one would have brought.",
        )


@final
class ArchivingNotAllowed(VismaBusySyncError):
    """A person allowed to archive certain projects as missing, and now they are others. Nothing was done.

    Attributes:
        tenant: Whose sync it was.
        plan: What the sync would do now, without that archiving; `plan.archiving` has the new set and its
            digest.
    """

    def __init__(self, tenant: str, plan: Plan) -> None:
        self.tenant = tenant
        self.plan = plan
        count = len(plan.archiving.busy_ids)
        super().__init__(
            "The projects that are missing in eAccounting are no longer those that were allowed to be "
            f"archived for the tenant {tenant!r}: {'it is' if count == 1 else 'they are'} {count} now. "
            "Nothing was changed.",
            advice="Show the plan anew, and pass the digest of its archiving if it is right.",
        )


@final
class PortContractBroken(VismaBusySyncError):
    """A port of the host answered something that its contract does not allow. The value is never told.

    What the host did before that stays; of ours, nothing was written down for it, except where it is
    `StateStore.commit` that does not say whether it was made. The next sync looks at every record again.

    Attributes:
        port: The method, e.g. `Catalogue.load`.
        reason: What is wrong with the answer.
        field: Where in the answer, e.g. `values['archived']`; empty for the answer as a whole.
        given: The type that came, or what is wrong with a value of the right one.
        expected: What the contract asks for.
    """

    def __init__(
        self, port: str, reason: str, *, field: str = "", given: str = "", expected: str = ""
    ) -> None:
        self.port = port
        self.reason = reason
        self.field = field
        self.given = given
        self.expected = expected
        super().__init__(
            f"The host's {port} broke its contract: {reason}.",
            advice="Correct the port in the host application, then try again.",
        )
