"""The journal: what was asked of the sandbox, without headers, tokens, codes or secrets."""

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from visma_busy_sync.sandbox.jsontext import Json

# Older entries are dropped, so that a long run does not fill the memory.
ENTRIES_KEPT = 20_000
BODY_KEPT = 65_536

_CREDENTIAL = re.compile(r"sbx-[a-z]+-[A-Za-z0-9_-]+")
_SECRET_PARAMETERS: Final = re.compile(
    r"(?i)((?:^|[?&;])(?:access_token|refresh_token|token|code|code_verifier|client_secret|state)=)[^&;]*"
)


def masked(text: str) -> str:
    """Hide every credential the sandbox gives out (they share a prefix) and parameters that carry secrets."""
    return _CREDENTIAL.sub("***", _SECRET_PARAMETERS.sub(r"\1***", text))


@dataclass(frozen=True, slots=True)
class Entry:
    """One request.

    ``time`` is when it was received, to the microsecond. ``status`` is None when the connection was cut
    instead of answered. ``drift`` names the changes that were made right before the answer. ``company`` is
    the one that a valid token opened.
    """

    sequence: int
    time: str
    method: str
    template: str | None
    path: str
    query: str
    status: int | None
    error_code: int | str | None
    body: str | None
    fault: str | None
    drift: Sequence[str]
    company: str | None

    def as_json(self) -> Mapping[str, Json]:
        """Return the entry as the control endpoint shows it."""
        return {
            "sequence": self.sequence,
            "time": self.time,
            "method": self.method,
            "path_template": self.template,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "error_code": self.error_code,
            "body": self.body,
            "fault": self.fault,
            "drift": self.drift,
            "company": self.company,
        }


@dataclass(slots=True)
class Journal:
    """Requests in the order they were handled; ``sequence`` is how many there were."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=ENTRIES_KEPT))
    sequence: int = 0

    def add(
        self,
        *,
        time: str,
        method: str,
        template: str | None,
        path: str,
        query: str,
        status: int | None,
        error_code: int | str | None,
        body: bytes,
        fault: str | None,
        drift: Sequence[str],
        company: str | None,
    ) -> None:
        """Write one request down. The caller passes the body of writes to the API only."""
        self.sequence += 1
        text = body[:BODY_KEPT].decode("utf-8", errors="replace") if body else None
        self.entries.append(
            Entry(
                sequence=self.sequence,
                time=time,
                method=method,
                template=template,
                path=masked(path),
                query=masked(query),
                status=status,
                error_code=error_code,
                body=None if text is None else masked(text),
                fault=fault,
                drift=drift,
                company=company,
            )
        )

    def clear(self) -> None:
        """Forget all requests; numbering starts at 1 again."""
        self.entries.clear()
        self.sequence = 0
