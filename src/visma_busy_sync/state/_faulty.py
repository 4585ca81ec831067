"""Which of a tenant's stored documents cannot be read, and whether that is cured without anybody."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, final

from attrs import frozen

from visma_busy_sync.ports import Found
from visma_busy_sync.state._connection import (
    ARCHIVE_MISSING_PREFIX,
    ARCHIVE_MISSING_SCHEMA,
    CONNECTION_SCHEMA,
    LOGIN,
    LOGIN_SCHEMA,
)
from visma_busy_sync.state._decided import DECISIONS_PREFIX, DECISIONS_SCHEMA
from visma_busy_sync.state._documents import CONNECTION, DAMAGED, DocumentUnreadable, Schema
from visma_busy_sync.state._lease import LEASE_PREFIX, LEASE_SCHEMA
from visma_busy_sync.state._order_notes import ORDER_NOTES, ORDER_NOTES_SCHEMA
from visma_busy_sync.state._orders import CLAIM_PREFIX, CLAIM_SCHEMA, FIXED_PRICE_PREFIX, FIXED_PRICE_SCHEMA
from visma_busy_sync.state._reading import READING_PREFIX, READING_SCHEMA
from visma_busy_sync.state._runs import RUNS, RUNS_SCHEMA
from visma_busy_sync.state._tokens import TOKENS_PREFIX, TOKENS_SCHEMA
from visma_busy_sync.state._told import TOLD, TOLD_SCHEMA

_SCHEMAS: Final[Mapping[str, Schema[Any]]] = MappingProxyType(
    {
        ARCHIVE_MISSING_PREFIX: ARCHIVE_MISSING_SCHEMA,
        CLAIM_PREFIX: CLAIM_SCHEMA,
        CONNECTION: CONNECTION_SCHEMA,
        DECISIONS_PREFIX: DECISIONS_SCHEMA,
        FIXED_PRICE_PREFIX: FIXED_PRICE_SCHEMA,
        LEASE_PREFIX: LEASE_SCHEMA,
        LOGIN: LOGIN_SCHEMA,
        ORDER_NOTES: ORDER_NOTES_SCHEMA,
        READING_PREFIX: READING_SCHEMA,
        RUNS: RUNS_SCHEMA,
        TOKENS_PREFIX: TOKENS_SCHEMA,
        TOLD: TOLD_SCHEMA,
    }
)
"""By key, or by what a key begins with up to its first slash."""


@final
@frozen
class Faulty:
    """A document that cannot be read.

    Attributes:
        error: What reading it says.
        heals: Whether it is replaced at its next use; what it held is found out again, or only told what was.
    """

    error: DocumentUnreadable
    heals: bool


def faulty(found: Found) -> Faulty | None:
    """Return what is wrong with a document; None if it can be read, or is an order or of a kind unknown here.

    Orders are read by the ledger, which tells of them.
    """
    before, slash, _ = found.key.partition("/")
    schema = _SCHEMAS.get(before + slash)
    if schema is None:
        return None
    try:
        schema.load_strictly(found.key, found.document.body)
    except DocumentUnreadable as error:
        # A login that was begun is replaced by the next one, whatever its document is.
        heals = found.key == LOGIN or (schema.instead is not None and error.reason == DAMAGED)
        return Faulty(error.with_traceback(None), heals)
    return None
