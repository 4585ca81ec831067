"""Where a tenant's connection stands, for people (R27)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, Self, final

from attrs import field, frozen

from visma_busy_sync.state import Connection, ConnectionState
from visma_busy_sync.sync import Kind

_STEPS: Final = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))


def ago(moment: datetime, now: datetime) -> str:
    """Say how long ago a moment was, e.g. `2 minutes ago`; within the last minute, `just now`."""
    for step, name in _STEPS:
        count = (now - moment) // step
        if count >= 1:
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"


def _oldest(moments: Mapping[Kind, datetime | None]) -> datetime | None:
    """Return the first of the moments; None if one of them is missing."""
    known = [moment for moment in moments.values() if moment is not None]
    return min(known, default=None) if len(known) == len(moments) else None


@final
@frozen(kw_only=True)
class Status:
    """Where a tenant's connection stands; `str(status)` says it in one line.

    Attributes:
        state: Connected, reconnect needed or disconnected. It is told from what is known here; whether Visma
            still accepts the login shows at the next call.
        company_id: The id of the company; None if the tenant was never connected.
        company_name: Its name.
        project_sync: Whether projects are synchronised.
        fetched: When the reading began that was last carried out whole, for each kind that is synchronised;
            None for one that never was.
        read: The same, of the last reading that was carried out, be it whole or not surely complete.
        now: The moment this was asked.
    """

    state: ConnectionState
    company_id: str | None = None
    company_name: str = field(default="", repr=False)
    project_sync: bool = False
    fetched: Mapping[Kind, datetime | None] = field(factory=dict[Kind, "datetime | None"])
    read: Mapping[Kind, datetime | None] = field(factory=dict[Kind, "datetime | None"])
    now: datetime

    @classmethod
    def of(cls, connection: Connection | None, *, kinds: Iterable[Kind] = (), now: datetime) -> Self:
        """Make the status of what is stored; `kinds` are those that are synchronised."""
        if connection is None:
            return cls(state=ConnectionState.DISCONNECTED, now=now)
        known = tuple(kinds)
        return cls(
            state=connection.state,
            company_id=connection.company_id,
            company_name=connection.company_name,
            project_sync=connection.project_sync,
            fetched={kind: connection.fetched.get(kind) for kind in known},
            read={kind: connection.read.get(kind) for kind in known},
            now=now,
        )

    @property
    def last_fetched(self) -> datetime | None:
        """Since when all that is synchronised is up to date; None if some of it was never fetched."""
        return _oldest(self.fetched)

    @property
    def last_read(self) -> datetime | None:
        """When all that is synchronised was last read; later than `last_fetched` if not surely completely."""
        return _oldest(self.read)

    def _told(self) -> str:
        sure, last = self.last_fetched, self.last_read
        if last is not None and (sure is None or sure < last):
            return f"last fetched {ago(last, self.now)}, not surely complete"
        return f"last fetched {ago(sure, self.now)}" if sure is not None else "never fetched"

    def __str__(self) -> str:
        fetched = self._told()
        match self.state:
            case ConnectionState.CONNECTED:
                return f"connected to {self.company_name}, {fetched}"
            case ConnectionState.RECONNECT_NEEDED:
                return (
                    f"reconnect needed: the connection to {self.company_name} must be made anew. "
                    f"Press connect and log in again; nothing in Busy is lost ({fetched})"
                )
            case ConnectionState.DISCONNECTED:
                return "not connected: press connect and log in at Visma"
