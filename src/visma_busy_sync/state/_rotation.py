"""Bring all that is sealed under the first encryption key, so that an old key can be dropped.

The order in which a key is changed, with several processes: give the new key to all of them at the end of
the list; then put it first in all of them; then reseal; then drop the old key. So at no time does one of
them meet a text that it cannot open.
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

import attrs
from attrs import frozen

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.ports import AsyncStateStore, Found
from visma_busy_sync.state._documents import DocumentUnreadable, Schema, StoreBusy, until_written
from visma_busy_sync.state._sealing import EncryptionKeyMissing, Unsealable

D = TypeVar("D", bound=attrs.AttrsInstance)

Renew: TypeAlias = Callable[[str, str], str]
"""Makes the text under the first key of a sealed text and what it is about."""


class Resealer(Protocol):
    """What can bring a sealed text under the present key."""

    def resealed(self, sealed: str, *, about: str) -> str | None:
        """Return it under the present key; None if it is that already.

        Raises:
            EncryptionKeyMissing: If the key that sealed it is not given.
            Unsealable: If it cannot be opened any more.
        """
        ...


@frozen
class SealedDocuments(Generic[D]):
    """One kind of document that holds sealed texts.

    Attributes:
        prefix: Of their keys, if it ends with a slash; else the one key.
        schema: How they are stored.
        renewed: Gets a document, its tenant, its key and what renews a text; returns the document with each
            sealed text renewed.
    """

    prefix: str
    schema: Schema[D]
    renewed: Callable[[D, str, str, Renew], D]

    def holds(self, key: str) -> bool:
        """Whether a key that begins with the prefix is one of these documents."""
        return self.prefix.endswith("/") or key == self.prefix


class NotResealedReason(enum.StrEnum):
    """Why a document was left as it is."""

    KEY_MISSING = "key_missing"
    """Add the key back at the end of the list, and reseal again."""

    UNSEALABLE = "unsealable"
    """No key opens it any more; a new login takes its place."""

    UNREADABLE = "unreadable"
    """The document is damaged, or a newer version wrote it."""

    BUSY = "busy"
    """Others changed it each time; reseal again."""


@frozen
class NotResealed:
    """One document that was left as it is; nothing of its content is told.

    Attributes:
        tenant: Whose it is.
        key: Its key.
        reason: Why.
        fingerprint: Which key is missing; empty for other reasons.
    """

    tenant: str
    key: str
    reason: NotResealedReason
    fingerprint: str = ""


@frozen
class Resealed:
    """What became of the documents.

    Attributes:
        resealed: How many were brought under the first key.
        unchanged: How many had nothing to be done, or were deleted meanwhile.
        failures: Those that were left as they are, in the order of tenant and key.
    """

    resealed: int
    unchanged: int
    failures: tuple[NotResealed, ...]

    @property
    def old_keys_unused(self) -> bool:
        """Whether nothing that was read needs a key behind the first one any more: they can be dropped.

        A missing key and a text that no key opens do not speak against it.
        """
        return not any(failure.reason in _MAY_NEED_OLD_KEYS for failure in self.failures)


_MAY_NEED_OLD_KEYS: Final = frozenset({NotResealedReason.UNREADABLE, NotResealedReason.BUSY})

_REASONS: Final[Mapping[type[VismaBusySyncError], NotResealedReason]] = MappingProxyType(
    {
        EncryptionKeyMissing: NotResealedReason.KEY_MISSING,
        Unsealable: NotResealedReason.UNSEALABLE,
        DocumentUnreadable: NotResealedReason.UNREADABLE,
        StoreBusy: NotResealedReason.BUSY,
    }
)


async def reseal(
    store: AsyncStateStore,
    sealer: Resealer,
    *,
    documents: Sequence[SealedDocuments[Any]],
    only_look: bool = False,
) -> Resealed:
    """Bring the sealed texts of all documents, of all tenants, under the first key.

    Each document is written by itself and only if nobody changed it meanwhile, so this can be ended at any
    time and run again, beside all other work: what is done is skipped then. What cannot be opened is left
    as it is and reported, and the others go on.

    Args:
        store: Where the documents are.
        sealer: Holds the keys, the new one first.
        documents: Which documents hold sealed texts.
        only_look: Write nothing; `resealed` then says how many another key than the first one opens.
    """
    counts = {True: 0, False: 0}
    failures: list[NotResealed] = []
    for kind in documents:
        found = [each for each in await store.scan(kind.prefix) if kind.holds(each.key)]
        for each in sorted(found, key=lambda each: (each.tenant, each.key)):
            try:
                counts[await _reseal_one(store, sealer, kind, each, only_look=only_look)] += 1
            except tuple(_REASONS) as error:
                missing = error.fingerprint if isinstance(error, EncryptionKeyMissing) else ""
                failures.append(NotResealed(each.tenant, each.key, _REASONS[type(error)], missing))
    failures.sort(key=lambda failure: (failure.tenant, failure.key))
    return Resealed(resealed=counts[True], unchanged=counts[False], failures=tuple(failures))


async def _reseal_one(
    store: AsyncStateStore,
    sealer: Resealer,
    kind: SealedDocuments[Any],
    found: Found,
    *,
    only_look: bool,
) -> bool:
    """Return whether the document was written, or would be; False: it needed nothing, or is gone."""
    # First what the scan found; once others came in between, what is there by then.
    versions = itertools.chain([found.document], itertools.repeat(None))

    def renew(sealed: str, about: str) -> str:
        return sealer.resealed(sealed, about=about) or sealed

    async def attempt() -> bool | None:
        seen = next(versions)
        document = seen if seen is not None else (await store.read(found.tenant, [found.key])).get(found.key)
        if document is None:
            return False
        value = kind.schema.load(found.key, document.body)
        renewed = kind.renewed(value, found.tenant, found.key, renew)
        if renewed == value:
            return False
        if only_look:
            return True
        write = kind.schema.write(found.key, document, renewed)
        return True if await store.commit(found.tenant, [write]) else None

    return await until_written(found.key, attempt)
