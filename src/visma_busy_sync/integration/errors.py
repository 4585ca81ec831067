"""Errors of the use cases: of the connection between a tenant and a company, of orders, of the host's ports.

```
ConnectionStateError          never raised itself
├── NotConnected              there is no connection; press connect
├── WrongCompany              the login is of another company than the tenant's
├── CompanyUnidentified       the company has neither an id nor a name
└── ScopeMissing              the user did not grant what is needed

OrderError                    visma_busy_sync.orders
├── ProjectUnknown            the work log knows no such project
├── OrderUnknown              the ledger knows no such order
├── OrderNotTransferred       there is nothing in eAccounting to read
└── OrderClosed               the order was refused before: it is not sent again

SyncRunning                   another sync of the tenant runs at this moment
PortContractBroken            a port of the host answered something that it must not
```
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, final

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.orders import OrderError, State


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
    """The login is of another company than the one that the tenant is connected to."""

    def __init__(self) -> None:
        super().__init__(
            "The login is of another company than the one that this tenant is connected to; nothing changed.",
            advice=(
                "Connect again and choose the right company. To change the company, disconnect first: "
                "Busy's data stays."
            ),
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
class ScopeMissing(ConnectionStateError):
    """The login did not grant all that import and orders need.

    Attributes:
        scopes: What is missing.
    """

    def __init__(self, scopes: tuple[str, ...]) -> None:
        self.scopes = scopes
        super().__init__(
            f"The login did not grant {', '.join(scopes)}.",
            advice="Connect again and accept all that is asked for; the user needs full rights.",
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
    """The ledger knows no such order: it was never pushed by this tenant.

    Attributes:
        order_id: The id that was asked for.
    """

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__(
            f"Order {order_id} is not known: it was never pushed in this workspace.",
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


_CLOSED_ADVICE: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.REJECTED: "Mend what eAccounting named, reopen the order to free its hours, and build it anew.",
        State.OPEN: "Its hours are free: build it anew and push that one.",
    }
)


@final
class OrderClosed(OrderError):
    """The order came to an end without a draft, so this one is never sent again; nothing was sent.

    Attributes:
        order_id: The order.
        state: Where it stands: `rejected`, or `open` after it was reopened.
        problem: What eAccounting said when it refused the order; None if that is over.
    """

    def __init__(self, order_id: str, *, state: State, problem: str | None) -> None:
        self.order_id = order_id
        self.state = state
        self.problem = problem
        super().__init__(
            f"Order {order_id} is {state} and is not sent again" + (f": {problem}" if problem else "."),
            advice=_CLOSED_ADVICE.get(state, "Build its hours into a new order."),
        )


@final
class SyncRunning(VismaBusySyncError):
    """Another sync of the same tenant runs in this process; this one did nothing.

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
