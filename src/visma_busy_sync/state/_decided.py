"""What people decided about single records, until it is carried out."""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from visma_busy_sync.state._connection import hashed_company_id
from visma_busy_sync.state._documents import Schema


@frozen(kw_only=True)
class KeptDecision:
    """One decision; see `visma_busy_sync.sync.Decision`."""

    what: str
    kind: str
    busy_id: str
    eaccounting_id: str | None = None


@frozen
class KeptDecisions:
    """All decisions of a company that still count."""

    decisions: list[KeptDecision] = field(factory=list[KeptDecision])


DECISIONS_SCHEMA: Final = Schema(KeptDecisions)
DECISIONS_PREFIX: Final = "decisions/"


def decisions_key(company_id: str) -> str:
    """Return the key of a company's decisions; it tells no name."""
    return f"{DECISIONS_PREFIX}{hashed_company_id(company_id)}"
