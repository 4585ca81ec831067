"""Errors of the connection between a tenant and a company.

```
ConnectionStateError          never raised itself
├── NotConnected              there is no connection; press connect
├── WrongCompany              the login, or the token, is of another company than the tenant's
└── ScopeMissing              the user did not grant what is needed
```
"""

from __future__ import annotations

from visma_busy_sync._core.errors import VismaBusySyncError


class ConnectionStateError(VismaBusySyncError):
    """Base of what can be wrong with a tenant's connection. Busy's data is never touched by it."""


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
