"""Where a tenant's connection stands, for people (R27)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Self, final

from attrs import field, frozen

from visma_busy_sync.state import Connection, ConnectionState

_STEPS: Final = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))


def ago(moment: datetime, now: datetime) -> str:
    """Say how long ago a moment was, e.g. `2 minutes ago`; within the last minute, `just now`."""
    for step, name in _STEPS:
        count = (now - moment) // step
        if count >= 1:
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"


@final
@frozen(kw_only=True)
class Status:
    """Where a tenant's connection stands; `str(status)` says it in one line.

    Attributes:
        state: connected, reconnect_needed, disconnected.
        company_id: The id of the company; None if the tenant was never connected.
        company_name: Its name.
        project_sync: Whether projects are synchronised.
        fetched: When each kind was last fetched with success, by kind.
        now: The moment this was asked.
    """

    state: ConnectionState
    company_id: str | None = None
    company_name: str = field(default="", repr=False)
    project_sync: bool = False
    fetched: Mapping[str, datetime] = field(factory=dict[str, datetime])
    now: datetime

    @classmethod
    def of(cls, connection: Connection | None, *, now: datetime) -> Self:
        """Make the status of what is stored."""
        if connection is None:
            return cls(state=ConnectionState.DISCONNECTED, now=now)
        return cls(
            state=connection.state,
            company_id=connection.company_id,
            company_name=connection.company_name,
            project_sync=connection.project_sync,
            fetched=dict(connection.fetched),
            now=now,
        )

    @property
    def last_fetched(self) -> datetime | None:
        """When all that is synchronised was last fetched; None if it never was."""
        return min(self.fetched.values(), default=None)

    def __str__(self) -> str:
        fetched = f"last fetched {ago(self.last_fetched, self.now)}" if self.last_fetched else "never fetched"
        match self.state:
            case ConnectionState.CONNECTED:
                return f"connected to {self.company_name}, {fetched}"
            case ConnectionState.RECONNECT_NEEDED:
                return (
                    f"reconnect needed: Visma no longer accepts the connection to {self.company_name}. "
                    f"Press connect and log in again; nothing in Busy is lost ({fetched})"
                )
            case ConnectionState.DISCONNECTED:
                return "not connected: press connect and log in at Visma"
