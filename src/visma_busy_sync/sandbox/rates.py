"""How often each endpoint was called, and when that is too often.

Calls are counted per client and endpoint (vendor's page on limits); the sandbox has one client. The window
slides; the real one's kind is unknown. Calls that are refused count for the peak, but not for the limit.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from visma_busy_sync.sandbox.jsontext import Json


@dataclass(slots=True)
class Endpoint:
    """The calls of one method and path template."""

    calls: int = 0
    refused: int = 0
    peak: int = 0
    recent: deque[datetime] = field(default_factory=deque)
    answered: deque[datetime] = field(default_factory=deque)


def _forget(times: deque[datetime], before: datetime) -> None:
    while times and times[0] <= before:
        times.popleft()


@dataclass(slots=True)
class Rates:
    """All endpoints that were called."""

    endpoints: dict[tuple[str, str], Endpoint] = field(default_factory=dict)

    def wait(self, method: str, template: str, now: datetime, *, limit: int, window: int) -> int:
        """Count a call; return 0, or in how many seconds it may come again when it is one too many.

        Args:
            method: the call's method.
            template: its path template.
            now: when it came.
            limit: how many calls are answered within the window; 0 for any number.
            window: the window in seconds.
        """
        endpoint = self.endpoints.setdefault((method, template), Endpoint())
        begin = now - timedelta(seconds=window)
        _forget(endpoint.recent, begin)
        _forget(endpoint.answered, begin)
        endpoint.calls += 1
        endpoint.recent.append(now)
        endpoint.peak = max(endpoint.peak, len(endpoint.recent))
        if limit and len(endpoint.answered) >= limit:
            endpoint.refused += 1
            return max(1, math.ceil((endpoint.answered[-limit] - begin).total_seconds()))
        endpoint.answered.append(now)
        return 0

    def as_json(self, client_id: str) -> list[Json]:
        """Return one row per endpoint."""
        return [_row(client_id, *key, endpoint) for key, endpoint in self.endpoints.items()]


def _row(client_id: str, method: str, template: str, endpoint: Endpoint) -> Mapping[str, Json]:
    return {
        "client_id": client_id,
        "method": method,
        "path_template": template,
        "calls": endpoint.calls,
        "refused": endpoint.refused,
        "peak": endpoint.peak,
    }
