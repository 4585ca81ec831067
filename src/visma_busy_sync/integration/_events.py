"""What a listener is told: small frozen values that hold ids, codes and counts, no names and no secrets.

Later versions add fields, each with a default. So these values are made by this package alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import final

from attrs import frozen

from visma_busy_sync.orders import State
from visma_busy_sync.state import ParkedChange, SyncRun


@frozen(kw_only=True)
class TenantEvent:
    """Something that happened to a tenant, and is stored.

    Attributes:
        tenant: The host's id of the workspace.
        at: When it happened, in UTC.
    """

    tenant: str
    at: datetime


@final
@frozen(kw_only=True)
class ConnectionEvent(TenantEvent):
    """Something that happened to a tenant's connection.

    Attributes:
        project_sync: Whether projects are synchronised.
    """

    project_sync: bool


@final
@frozen(kw_only=True)
class SyncEvent(TenantEvent):
    """A sync that ended.

    Attributes:
        run: What it did, as `Tenant.runs` tells it; where it failed, `run.error` names the error.
    """

    run: SyncRun


@final
@frozen(kw_only=True)
class ArchivingEvent(TenantEvent):
    """Projects whose archiving waits until a person allows exactly them.

    Attributes:
        digest: Names exactly this set, as `plan().archiving.digest` does.
        count: How many there are.
    """

    digest: str
    count: int


@final
@frozen(kw_only=True)
class ParkedEvent(TenantEvent):
    """Records of eAccounting that the host cannot hold, and of which that was not told before.

    Attributes:
        parked: The changes that were not made.
    """

    parked: tuple[ParkedChange, ...]


@final
@frozen(kw_only=True)
class OrderEvent(TenantEvent):
    """Something that happened to an order.

    Attributes:
        order_id: The host's id of the order.
        revision: Its revision.
        state: Where it stands now.
        eaccounting_id: eAccounting's id of it; None if none is known.
        number: eAccounting's number of it; None while it is a draft, or if none is known.
        error_code: Of an order that was refused, the API's error code (`docs/errors.md`); else None.
    """

    order_id: str
    revision: int
    state: State
    eaccounting_id: str | None
    number: int | None
    error_code: int | None = None
