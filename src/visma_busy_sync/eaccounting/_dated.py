"""The server's clock, as the dates of its answers tell it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, final

from visma_busy_sync._core.world import Clock
from visma_busy_sync.eaccounting._operation import http_date
from visma_busy_sync.eaccounting.http import Request, Response, Transport

_WHOLE: Final = timedelta(seconds=1)
"""A date in a header is cut to whole seconds (RFC 9110, 5.6.7)."""


@final
class DatedTransport:
    """A transport that notes what the last answer tells of the server's clock.

    Attributes:
        ahead: By how much the server's clock is ahead of ours, at least; below 0 if it is behind. None as
            long as no answer had a date.
    """

    def __init__(self, transport: Transport, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock
        self.ahead: timedelta | None = None

    async def send(self, request: Request) -> Response:
        """Send `request`; raises as the transport does."""
        asked = self._clock.now()
        response = await self._transport.send(request)
        told = http_date(response.headers.get("date", ""))
        if told is not None:
            self.ahead = _ahead(told, asked=asked, came=self._clock.now())
        return response


def _ahead(told: datetime, *, asked: datetime, came: datetime) -> timedelta:
    """Return the least difference by which an answer with this date can be made between the two moments."""
    if told > came:
        return told - came
    return min(timedelta(0), told + _WHOLE - asked)
