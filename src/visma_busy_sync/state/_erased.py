"""Documents of which nothing is left, although their keys go on counting versions.

A key that is deleted and created anew begins at version 1 again. A worker that read the former document, and
stalled, would then find the version it expects, and write what is over: a connection that was ended, an order
that is sent a second time. So whatever can be created anew under the same key is overwritten by an empty
document instead of being deleted. Who reads finds nothing there; who creates it writes the next version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, final

import attrs
from attrs import frozen

from visma_busy_sync.ports import AsyncStateStore, Found, Versioned, Write

_ERASED: Final = '{"erased": true}'
"""The body of a document of which nothing is left."""


def erasing(found: Found) -> Write:
    """Return the write that leaves nothing of a document; what it holds is not read."""
    return Write(found.key, found.document.version, _ERASED)


@final
@frozen
class WithoutErased:
    """A state store in which erased documents are not there."""

    _store: AsyncStateStore

    async def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        """Return those of the documents that exist."""
        found = await self._store.read(tenant, keys)
        return {key: document for key, document in found.items() if document.body != _ERASED}

    async def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        """Return the documents whose key begins with `prefix`, of one tenant or of all."""
        documents = await self._store.scan(prefix, tenant)
        return [found for found in documents if found.document.body != _ERASED]

    async def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        """Return whether the writes were made; a document that was erased is created at its next version."""
        if await self._store.commit(tenant, writes):
            return True
        # Looked at only now: hardly ever is one of them erased.
        new = [write.key for write in writes if write.expected is None]
        if not new:
            return False
        stored = await self._store.read(tenant, new)
        erased = {key: document.version for key, document in stored.items() if document.body == _ERASED}
        if not erased:
            return False
        return await self._store.commit(
            tenant, [attrs.evolve(write, expected=erased.get(write.key, write.expected)) for write in writes]
        )
