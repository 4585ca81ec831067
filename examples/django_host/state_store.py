"""The `StateStore` port over Django's models: the library's own documents in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import IntegrityError
from django.db.models.functions import Substr

from django_host.models import VismaDocument
from django_host.transactions import own_transaction
from visma_busy_sync import ConfigurationError
from visma_busy_sync.ports import Found, Versioned, Write


class DjangoStateStore:
    """Every method is one transaction of its own."""

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        """Return those of the documents that exist, by one statement and so as of one moment."""
        with own_transaction():
            rows = list(VismaDocument.objects.filter(tenant=tenant, key__in=keys))
        return {row.key: Versioned(row.version, row.body) for row in rows}

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        """Return the documents whose key begins with `prefix`, of one tenant or of all."""
        rows = VismaDocument.objects.all()
        if tenant is not None:
            rows = rows.filter(tenant=tenant)
        if prefix:
            # `startswith` is LIKE, for which SQLite takes a capital and a small letter for the same.
            rows = rows.alias(head=Substr("key", 1, len(prefix))).filter(head=prefix)
        with own_transaction():
            found = list(rows)
        return [Found(row.tenant, row.key, Versioned(row.version, row.body)) for row in found]

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        """Make all writes, or none where one of them does not find the version it expects."""
        if len({write.key for write in writes}) < len(writes):
            raise ConfigurationError("One commit writes a key twice.", advice="Name each key once.")
        try:
            with own_transaction():
                # In the order of keys, so that two commits never wait for each other.
                for write in sorted(writes, key=lambda write: write.key):
                    _make(tenant, write)
        except (IntegrityError, _Conflict):
            return False
        return True


class _Conflict(Exception):
    """A document has another version than was expected; rolls everything back."""


def _make(tenant: str, write: Write) -> None:
    """Make a write, which compares the version in the statement that writes, and counts its rows."""
    rows = VismaDocument.objects.filter(tenant=tenant, key=write.key)
    if write.expected is None and write.body is None:
        made = not rows.exists()
    elif write.expected is None:
        rows.create(tenant=tenant, key=write.key, version=1, body=write.body)  # the primary key compares
        made = True
    elif write.body is None:
        made = bool(rows.filter(version=write.expected).delete()[0])
    else:
        made = bool(rows.filter(version=write.expected).update(version=write.expected + 1, body=write.body))
    if not made:
        raise _Conflict
