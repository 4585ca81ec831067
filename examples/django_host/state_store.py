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
        # Locks and new keys in the order of keys, so that two commits never wait for each other.
        ordered = sorted(writes, key=lambda write: write.key)
        try:
            with own_transaction():
                return _made(tenant, ordered)
        except IntegrityError:  # another commit created one of the documents meanwhile
            return False


def _made(tenant: str, writes: Sequence[Write]) -> bool:
    """Compare the versions while the rows are locked, then make all writes; tell whether they were made."""
    rows = VismaDocument.objects.filter(tenant=tenant, key__in=[write.key for write in writes])
    versions = dict(rows.select_for_update().order_by("key").values_list("key", "version"))
    if any(versions.get(write.key) != write.expected for write in writes):
        return False
    rows.filter(key__in=[write.key for write in writes if write.body is None]).delete()
    kept = [write for write in writes if write.body is not None]
    VismaDocument.objects.bulk_create(_document(tenant, write) for write in kept if write.expected is None)
    VismaDocument.objects.bulk_create(
        (_document(tenant, write) for write in kept if write.expected is not None),
        update_conflicts=True,
        unique_fields=("tenant", "key"),
        update_fields=("version", "body"),
    )
    return True


def _document(tenant: str, write: Write) -> VismaDocument:
    return VismaDocument(tenant=tenant, key=write.key, version=(write.expected or 0) + 1, body=write.body)
