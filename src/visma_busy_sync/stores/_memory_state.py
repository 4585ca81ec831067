"""A `StateStore` in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, final

from visma_busy_sync._core.bound import ProcessBound
from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.forks import HomeLock
from visma_busy_sync.ports import Found, Versioned, Write


@final
class MemoryStateStore(ProcessBound):
    """Documents in a dict, for tests and trials: all-or-nothing, versioned, thread-safe, not durable.

    A deleted document begins at version 1 again when it is created anew, as in any store.

    Attributes:
        volatile: That nothing in it outlives the process, so that tokens need no encryption keys.
    """

    volatile: Final = True

    def __init__(self) -> None:
        self._guard = HomeLock("A MemoryStateStore")
        self._documents: dict[tuple[str, str], Versioned] = {}

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        """Return those of the documents that exist, by key, as of one moment."""
        with self._guard:
            found = {key: self._documents.get((tenant, key)) for key in keys}
        return {key: document for key, document in found.items() if document is not None}

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        """Return the documents whose key begins with `prefix`, of one tenant or of all."""
        with self._guard:
            documents = sorted(self._documents.items())
        return [
            Found(owner, key, document)
            for (owner, key), document in documents
            if key.startswith(prefix) and tenant in {None, owner}
        ]

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        """Make all writes, or none where one of them does not find the version it expects.

        Raises:
            ConfigurationError: If a key is written twice.
        """
        if len({write.key for write in writes}) != len(writes):
            raise ConfigurationError("One commit writes a key twice.")
        with self._guard:
            for write in writes:
                document = self._documents.get((tenant, write.key))
                if (document.version if document else None) != write.expected:
                    return False
            for write in writes:
                if write.body is None:
                    self._documents.pop((tenant, write.key), None)
                else:
                    version = (write.expected or 0) + 1
                    self._documents[tenant, write.key] = Versioned(version, write.body)
        return True
