"""Our documents over a `StateStore`: what they hold, under which keys, and how they are changed."""

from visma_busy_sync.state._connection import (
    ARCHIVE_MISSING_SCHEMA,
    CONNECTION,
    CONNECTION_SCHEMA,
    LOGIN,
    LOGIN_SCHEMA,
    ArchiveMissingFact,
    Connection,
    ConnectionState,
    PendingLogin,
    archive_missing_key,
)
from visma_busy_sync.state._documents import (
    DocumentUnreadable,
    DocumentUnwritable,
    Kept,
    Schema,
    StoreBusy,
    read,
    update,
)
from visma_busy_sync.state._orders import (
    CLAIM_PREFIX,
    claim_document_key,
    claim_writes,
    holders,
    installation_id,
    order_key,
)
from visma_busy_sync.state._sealing import (
    EncryptionKeyMissing,
    FernetSealer,
    ProcessSealer,
    Sealer,
    Unsealable,
)

__all__ = [
    "ARCHIVE_MISSING_SCHEMA",
    "CLAIM_PREFIX",
    "CONNECTION",
    "CONNECTION_SCHEMA",
    "LOGIN",
    "LOGIN_SCHEMA",
    "ArchiveMissingFact",
    "Connection",
    "ConnectionState",
    "DocumentUnreadable",
    "DocumentUnwritable",
    "EncryptionKeyMissing",
    "FernetSealer",
    "Kept",
    "PendingLogin",
    "ProcessSealer",
    "Schema",
    "Sealer",
    "StoreBusy",
    "Unsealable",
    "archive_missing_key",
    "claim_document_key",
    "claim_writes",
    "holders",
    "installation_id",
    "order_key",
    "read",
    "update",
]
