"""Our documents over a `StateStore`: read, write back where unchanged, each with its schema version."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Generic, TypeAlias, TypeVar

import attrs
from attrs import field, frozen
from cattrs.preconf.json import make_converter

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync._core.plain import PLAIN, exactly
from visma_busy_sync.busy._canonical import decimal_text
from visma_busy_sync.busy._reading import number_from
from visma_busy_sync.ports import AsyncStateStore, Versioned, Write

D = TypeVar("D", bound=attrs.AttrsInstance)
T = TypeVar("T")

Step: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]

_CONVERTER: Final = make_converter(forbid_extra_keys=True)
_MOST_TRIES: Final = 20


def _moment(value: Any, _: type) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.utcoffset() is None:
        raise ValueError
    return moment


for _each in PLAIN:
    _CONVERTER.register_structure_hook(_each, exactly)
_CONVERTER.register_structure_hook(datetime, _moment)
_CONVERTER.register_structure_hook(Decimal, lambda data, _: number_from(data, "it"))
_CONVERTER.register_unstructure_hook(Decimal, decimal_text)


DAMAGED: Final = "it is damaged"
"""The reason of a document that no version of this package can read."""

CONNECTION: Final = "connection"
"""The key of a tenant's connection."""

_WITHOUT_BACKUP: Final = (
    " Without one, purge() the tenant and connect again: all links stay, and nothing is billed twice."
)


class DocumentUnreadable(VismaBusySyncError):
    """A stored document cannot be read; it is left as it is. The message never repeats its content.

    Attributes:
        key: Its key.
        reason: What is wrong with it.
    """

    def __init__(self, key: str, reason: str) -> None:
        self.key = key
        self.reason = reason
        super().__init__(
            f"The stored document {key!r} cannot be read: {reason}.",
            advice="Update visma-busy-sync if a newer version wrote it; otherwise restore it from a backup."
            f"{_WITHOUT_BACKUP if key == CONNECTION else ''}",
        )


class DocumentUnwritable(VismaBusySyncError):
    """A document could not have been read back, so it was not stored. The message never repeats its content.

    Attributes:
        document: What it was to be.
    """

    def __init__(self, document: str) -> None:
        self.document = document
        super().__init__(
            f"A {document} that could not be read back was not stored.",
            advice="Check what the host handed in, such as a clock whose time has no time zone.",
        )


class StoreBusy(VismaBusySyncError):
    """A document was changed by others each time it was to be written; nothing was changed by us.

    Attributes:
        key: Its key.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"The document {key!r} is being changed by others.", advice="Try again.")


@frozen
class Kept(Generic[D]):
    """A document with the version it was read at."""

    value: D
    version: int


@frozen
class Schema(Generic[D]):
    """How one kind of document is stored.

    Attributes:
        type: The attrs class of its content: texts, numbers, decimals, flags, aware datetimes, lists and
            dicts of these.
        version: The schema version that this code writes. A new member needs a new version.
        steps: How what an older version wrote becomes what the next one writes, by the older one's number.
        instead: What a damaged one counts as, so that the next write replaces it: for what is found out
            again, or only tells what was. None: what it held must not be made up, so it stays unreadable.
    """

    type: type[D]
    version: int = 1
    steps: Mapping[int, Step] = field(factory=dict[int, "Step"])
    instead: D | None = None

    def dump(self, value: D) -> str:
        """Write a document as text, and read that back: what is stored once must be readable for ever.

        Raises:
            DocumentUnwritable: If a member is not of the type that it is declared with.
        """
        try:
            body = json.dumps({"schema": self.version, "data": _CONVERTER.unstructure(value)})
            _CONVERTER.structure(json.loads(body)["data"], self.type)
        except Exception:  # noqa: BLE001 - as in `load`
            raise DocumentUnwritable(self.type.__name__) from None
        return body

    def load(self, key: str, body: str) -> D:
        """Read a document, or what counts instead of a damaged one.

        Raises:
            DocumentUnreadable: If it is of another schema; or damaged, and nothing counts instead.
        """
        try:
            return self.load_strictly(key, body)
        except DocumentUnreadable as error:
            if self.instead is None or error.reason != DAMAGED:
                raise
            return self.instead

    def load_strictly(self, key: str, body: str) -> D:
        """Read a document.

        Raises:
            DocumentUnreadable: If it is damaged or of another schema.
        """
        try:
            envelope: Any = json.loads(body)
            version, data = envelope["schema"], envelope["data"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise DocumentUnreadable(key, DAMAGED) from None
        if type(version) is not int:
            raise DocumentUnreadable(key, DAMAGED)
        try:
            while version in self.steps:
                data, version = self.steps[version](data), version + 1
        except Exception:  # noqa: BLE001 - as below
            raise DocumentUnreadable(key, DAMAGED) from None
        if version != self.version:
            raise DocumentUnreadable(key, f"its schema is {version}, this code knows {self.version}")
        try:
            return _CONVERTER.structure(data, self.type)
        except Exception:  # noqa: BLE001 - cattrs raises groups of anything; the content must not be shown
            raise DocumentUnreadable(key, DAMAGED) from None

    def write(self, key: str, kept: Kept[D] | Versioned | None, value: D) -> Write:
        """Make the write that replaces what was read; None: there was nothing."""
        return Write(key, kept.version if kept else None, self.dump(value))


async def read(store: AsyncStateStore, tenant: str, key: str, schema: Schema[D]) -> Kept[D] | None:
    """Return a document with its version; None if there is none."""
    found = (await store.read(tenant, [key])).get(key)
    return Kept(schema.load(key, found.body), found.version) if found else None


async def update(
    store: AsyncStateStore, tenant: str, key: str, schema: Schema[D], change: Callable[[D | None], D | None]
) -> D | None:
    """Replace a document by `change` of it, again and again until nobody came in between.

    Args:
        store: Where it is kept.
        tenant: Whose it is.
        key: Its key.
        schema: How it is stored.
        change: Gets the document, or None if there is none, and returns what to keep; None leaves it as it
            is. It may be called several times.

    Returns:
        The document as it is now.

    Raises:
        StoreBusy: If others always came in between.
    """

    async def attempt() -> tuple[D | None] | None:
        kept = await read(store, tenant, key, schema)
        before = kept.value if kept else None
        value = change(before)
        if value is None or value == before:
            return (before,)
        return (value,) if await store.commit(tenant, [schema.write(key, kept, value)]) else None

    return (await until_written(key, attempt))[0]


async def until_written(key: str, attempt: Callable[[], Awaitable[T | None]]) -> T:
    """Return what `attempt` returns, which reads, decides and commits; None: others came in between, again.

    Args:
        key: The document that is to be changed, for the error.
        attempt: Tries it once; it may be called several times.

    Raises:
        StoreBusy: If others always came in between.
    """
    for _ in range(_MOST_TRIES):
        done = await attempt()
        if done is not None:
            return done
    raise StoreBusy(key)
