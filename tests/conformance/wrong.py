"""State stores that are wrong on purpose, each in one thing, over documents in memory."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, cast

from visma_busy_sync import ConfigurationError
from visma_busy_sync.ports import Found, Versioned, Write
from visma_busy_sync.testing.conformance import AsyncStateHarness, StateHarness


class Data:
    """The documents of one check, over which all instances of a store work."""

    def __init__(self) -> None:
        self.guard = threading.RLock()
        self.documents: dict[tuple[str, str], Versioned] = {}
        self.waiting: list[tuple[str, Sequence[Write]]] = []
        self.versions: dict[tuple[str, str], int] = {}
        self.deleted: set[tuple[str, str]] = set()
        self.listed: dict[tuple[str, str], Versioned] = {}
        self.lists: dict[tuple[str, str | None], list[Found]] = {}
        self.joined: dict[str, tuple[str, str]] = {}
        self.in_transaction = False


class Store:
    """A store that is right; the others change one step of it."""

    def __init__(self, data: Data) -> None:
        self.data = data

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        with self.data.guard:
            found = {key: self.find(tenant, key) for key in keys}
        return {key: document for key, document in found.items() if document}

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        with self.data.guard:
            return [
                Found(owner, key, document)
                for (owner, key), document in self.data.documents.items()
                if self.begins(key, prefix) and self.is_of(owner, tenant)
            ]

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        if len({write.key for write in writes}) < len(writes):
            raise ConfigurationError("A key is written twice.")
        with self.data.guard:
            if not all(self.fits(tenant, write) for write in writes):
                return False
            for write in writes:
                self.write(tenant, write)
        return True

    def place(self, tenant: str, key: str) -> tuple[str, str]:
        return tenant, key

    def find(self, tenant: str, key: str) -> Versioned | None:
        return self.data.documents.get(self.place(tenant, key))

    def begins(self, key: str, prefix: str) -> bool:
        return key.startswith(prefix)

    def is_of(self, owner: str, tenant: str | None) -> bool:
        return tenant in {None, owner}

    def fits(self, tenant: str, write: Write) -> bool:
        found = self.find(tenant, write.key)
        return write.expected == (found.version if found else None)

    def write(self, tenant: str, write: Write) -> None:
        place = self.place(tenant, write.key)
        found = self.data.documents.pop(place, None)
        if write.body is not None:
            self.data.documents[place] = Versioned(self.next_version(place, found), self.kept(write.body))

    def next_version(self, place: tuple[str, str], found: Versioned | None) -> int:
        return (found.version if found else 0) + 1

    def kept(self, body: str) -> str:
        return body


class TextVersions(Store):
    """Hands out what a driver gave it."""

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        found = super().read(tenant, keys)
        return {key: Versioned(cast("Any", str(each.version)), each.body) for key, each in found.items()}


class CountsRows(Store):
    """Answers how many rows it wrote."""

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        return cast("bool", len(writes) if super().commit(tenant, writes) else 0)


class AnswersRows(Store):
    """Scans into tuples."""

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        found = super().scan(prefix, tenant)
        return cast("Sequence[Found]", [(each.tenant, each.key, each.document.version) for each in found])


class AnswersMore(Store):
    """Answers a read with whatever the tenant has."""

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        with self.data.guard:
            return super().read(tenant, [key for owner, key in self.data.documents if owner == tenant])


class SharesItsList(Store):
    """Hands out the list that it works with."""

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        with self.data.guard:
            if self.data.listed != self.data.documents:
                self.data.listed = dict(self.data.documents)
                self.data.lists.clear()
            return self.data.lists.setdefault((prefix, tenant), list(super().scan(prefix, tenant)))


class MakesAPart(Store):
    """Writes one after the other until one cannot be made."""

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        if len({write.key for write in writes}) < len(writes):
            return False
        with self.data.guard:
            return all(super(MakesAPart, self).commit(tenant, [write]) for write in writes)


class CommitsInBatches(Store):
    """Each batch is a transaction of its own."""

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        batches = [writes[at : at + 500] for at in range(0, len(writes), 500)]
        return all(super(CommitsInBatches, self).commit(tenant, batch) for batch in batches)


class IgnoresExpected(Store):
    """Writes whatever comes."""

    def fits(self, tenant: str, write: Write) -> bool:
        return True


class SaysTrue(Store):
    """Writes nothing in a conflict, and does not say so."""

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        super().commit(tenant, writes)
        return True


class CreatesOver(Store):
    """Takes None for "whatever is there"."""

    def fits(self, tenant: str, write: Write) -> bool:
        return write.expected is None or super().fits(tenant, write)


class RefusesOlderOnly(Store):
    """Takes a version that is not there yet."""

    def fits(self, tenant: str, write: Write) -> bool:
        found = self.find(tenant, write.key)
        return super().fits(tenant, write) or bool(found and (write.expected or 0) > found.version)


class VersionsStand(Store):
    """Never counts."""

    def next_version(self, place: tuple[str, str], found: Versioned | None) -> int:
        return 1


class VersionsGoOn(Store):
    """Goes on counting after a deletion."""

    def next_version(self, place: tuple[str, str], found: Versioned | None) -> int:
        self.data.versions[place] = self.data.versions.get(place, 0) + 1
        return max(self.data.versions[place], super().next_version(place, found))


class TakesTwice(Store):
    """Does not look how many rows a deletion deleted."""

    def fits(self, tenant: str, write: Write) -> bool:
        gone = write.body is None and self.find(tenant, write.key) is None
        return gone or super().fits(tenant, write)


class UniqueViolation(Exception):
    """As of a driver."""


class RaisesWhereItExists(Store):
    """Lets the driver's error through."""

    def fits(self, tenant: str, write: Write) -> bool:
        if write.expected is None and self.find(tenant, write.key):
            raise UniqueViolation("duplicate key value violates unique constraint")
        return super().fits(tenant, write)


class RaisesInARace(Store):
    """Looks first, and raises when the transaction finds that another came between."""

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        if not all(self.fits(tenant, write) for write in writes):
            return False
        time.sleep(0.001)
        if not super().commit(tenant, writes):
            raise UniqueViolation("could not serialize access")
        return True


class ReadsOneByOne(Store):
    """Asks for each key by itself."""

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        return {key: each for key in keys for each in super(ReadsOneByOne, self).read(tenant, [key]).values()}


class ReadsInBatches(Store):
    """Asks for a thousand keys at a time."""

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        found: dict[str, Versioned] = {}
        for at in range(0, len(keys), 1000):
            found |= super().read(tenant, keys[at : at + 1000])
        return found


class Remembers(Store):
    """Keeps what it read until it writes or loses itself."""

    def __init__(self, data: Data) -> None:
        super().__init__(data)
        self._known: dict[tuple[str, str], Versioned | None] = {}

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        with self.data.guard:
            for key in keys:
                self._known.setdefault((tenant, key), self.find(tenant, key))
            found = {key: self._known[tenant, key] for key in keys}
        return {key: document for key, document in found.items() if document}

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        with self.data.guard:
            self._known.clear()
            return super().commit(tenant, writes)


class WritesAtTheNextCall(Store):
    """Buffers a commit until it is asked again."""

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        self._flush()
        return super().read(tenant, keys)

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        self._flush()
        return super().scan(prefix, tenant)

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        if len({write.key for write in writes}) < len(writes):
            return False
        with self.data.guard:
            self._flush()
            if not all(self.fits(tenant, write) for write in writes):
                return False
            self.data.waiting.append((tenant, tuple(writes)))
        return True

    def _flush(self) -> None:
        with self.data.guard:
            for tenant, writes in self.data.waiting:
                for write in writes:
                    self.write(tenant, write)
            self.data.waiting.clear()


class JoinsTheTransaction(Store):
    """Writes on the host's connection; the harness rolls it back."""


class RefusesTooLate(Store):
    """Finds the host's transaction after it has written."""

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        made = super().commit(tenant, writes)
        if self.data.in_transaction:
            raise ConfigurationError("A transaction of the host is open.")
        return made


class RefusesUnclearly(Store):
    """Lets an error through that says nothing."""

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        if self.data.in_transaction:
            raise RuntimeError("cannot start a transaction within a transaction")
        return super().commit(tenant, writes)


class RefusesWithFalse(Store):
    """Says that there is a conflict where there is a transaction."""

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        return not self.data.in_transaction and super().commit(tenant, writes)


class ScansAPage(Store):
    """Has a limit that nobody thought of."""

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        return super().scan(prefix, tenant)[:1000]


class ScansTwice(Store):
    """Joins a table of changes, so that a changed document comes once for each."""

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        found = super().scan(prefix, tenant)
        return [
            *found,
            *(each for each in found if each.document.version > 1 and each.key == "order/changed"),
        ]


def _pattern(prefix: str, signs: Mapping[str, str], flags: int = 0) -> re.Pattern[str]:
    return re.compile("".join(signs.get(sign, re.escape(sign)) for sign in prefix), flags | re.DOTALL)


class ScansLike(Store):
    """Passes the prefix to LIKE."""

    def begins(self, key: str, prefix: str) -> bool:
        return _pattern(prefix, {"%": ".*", "_": "."}).match(key) is not None


class ScansGlob(Store):
    """Passes the prefix to a key-value store's pattern."""

    def begins(self, key: str, prefix: str) -> bool:
        return _pattern(prefix, {"*": ".*", "?": "."}).match(key) is not None


class ScansAnyCase(Store):
    """Compares as SQLite's LIKE does."""

    def begins(self, key: str, prefix: str) -> bool:
        return _pattern(prefix, {}, re.IGNORECASE).match(key) is not None


class JoinsTenantAndKey(Store):
    """Keeps both in one column."""

    def place(self, tenant: str, key: str) -> tuple[str, str]:
        return self.data.joined.setdefault(tenant + key, (tenant, key))


class TakesEmptyForAll(Store):
    """Asks `if tenant` where it should ask `if tenant is not None`."""

    def is_of(self, owner: str, tenant: str | None) -> bool:
        return not tenant or owner == tenant


class ForgetsTheTenant(Store):
    """Changes and deletes by key alone."""

    def write(self, tenant: str, write: Write) -> None:
        super().write(tenant, write)
        if write.expected is not None and len(self.data.documents) < 100:  # slow, where many
            for owner, key in list(self.data.documents):
                if key == write.key and owner != tenant:
                    super().write(owner, write)


class _Collates(Store):
    """Finds a key as a database with a collation does; the key itself stays as it was written."""

    equal: Callable[[str], str]

    def place(self, tenant: str, key: str) -> tuple[str, str]:
        if (tenant, key) in self.data.documents or len(self.data.documents) > 100:  # slow, where many
            return tenant, key
        wanted = type(self).equal(key)
        for owner, known in self.data.documents:
            if owner == tenant and type(self).equal(known) == wanted:
                return owner, known
        return tenant, key


class FoldsCase(_Collates):
    """Has a collation without case."""

    equal = staticmethod(str.casefold)


class PadsKeys(_Collates):
    """Has a type that pads with spaces."""

    equal = staticmethod(str.rstrip)


class ComposesKeys(_Collates):
    """Takes letters for equal that are composed differently."""

    equal = staticmethod(lambda key: unicodedata.normalize("NFC", key))


class CutsKeys(Store):
    """Has a column of 255 characters."""

    def place(self, tenant: str, key: str) -> tuple[str, str]:
        return tenant, key[:255]


class CutsBodies(Store):
    """Has a type of 64 KB."""

    def kept(self, body: str) -> str:
        return body[:65_535]


class ParsesBodies(Store):
    """Has a type for JSON."""

    def kept(self, body: str) -> str:
        try:
            return json.dumps(json.loads(body), ensure_ascii=False) if body.startswith("{") else body
        except ValueError:
            return body


class HasThreeBytes(Store):
    """Has MySQL's utf8."""

    def kept(self, body: str) -> str:
        return re.sub("[^\0-\uffff]", "?", body)


class EndsLinesItsWay(Store):
    """Writes to a file in text mode."""

    def kept(self, body: str) -> str:
        return body.replace("\r\n", "\n").replace("\r", "\n")


class WritesTheLast(Store):
    """Takes the last of two writes of a key."""

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        return super().commit(tenant, list({write.key: write for write in writes}.values()))


class HasFewParameters(Store):
    """Binds each key by itself, on a database that takes 999."""

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        if len(keys) > 999:
            raise OverflowError("too many SQL variables")
        return super().read(tenant, keys)


class WritesFew(Store):
    """The same in writing."""

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        if len(writes) > 999:
            raise OverflowError("too many SQL variables")
        return super().commit(tenant, writes)


class LooksThenWrites(Store):
    """Compares in one transaction and writes in the next."""

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        if any(write.body is None for write in writes):
            return super().commit(tenant, writes)
        if len({write.key for write in writes}) < len(writes):
            return False
        with self.data.guard:
            if not all(self.fits(tenant, write) for write in writes):
                return False
        time.sleep(0.001)
        with self.data.guard:
            for write in writes:
                self.write(tenant, write)
        return True


class HidesWhatCameBack(Store):
    """Leaves out of scans what was deleted once."""

    def write(self, tenant: str, write: Write) -> None:
        super().write(tenant, write)
        if write.body is None:
            self.data.deleted.add((tenant, write.key))

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        found = super().scan(prefix, tenant)
        return [each for each in found if (each.tenant, each.key) not in self.data.deleted]


class AsyncStore:
    """A right store, asynchronous; every call lets other tasks go first."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.store = Store(data)

    async def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        await asyncio.sleep(0)
        return self.store.read(tenant, keys)

    async def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        await asyncio.sleep(0)
        return self.store.scan(prefix, tenant)

    async def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        await asyncio.sleep(0)
        return self.store.commit(tenant, writes)


class AsyncWritesLater(AsyncStore):
    """Leaves the writing to a task, and answers meanwhile."""

    def __init__(self, data: Data) -> None:
        super().__init__(data)
        self._tasks: set[asyncio.Task[bool]] = set()

    async def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        if not all(self.store.fits(tenant, write) for write in writes):
            return False
        self._tasks.add(asyncio.create_task(super().commit(tenant, writes)))
        return True


class AsyncReadsOneByOne(AsyncStore):
    """Awaits each key by itself."""

    async def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        found: dict[str, Versioned] = {}
        for key in keys:
            found |= await super().read(tenant, [key])
        return found


class AsyncLooksThenWrites(AsyncStore):
    """Awaits between comparing and writing."""

    async def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        fits = all(self.store.fits(tenant, write) for write in writes)
        if not fits or any(write.body is None for write in writes):
            return fits and await super().commit(tenant, writes)
        if len({write.key for write in writes}) < len(writes):
            return False
        await asyncio.sleep(0)
        for write in writes:
            self.store.write(tenant, write)
        return True


class Bench(StateHarness):
    """A wrong store on the bench; it can show transactions and reopening."""

    def __init__(self, store: type[Store]) -> None:
        self.data = Data()
        self._store = store

    def __enter__(self) -> Self:
        return self

    def state(self) -> Store:
        return self._store(self.data)

    def read_raw(self, tenant: str, key: str) -> Versioned | None:
        return self.data.documents.get((tenant, key))

    def write_raw(self, tenant: str, key: str, document: Versioned) -> None:
        self.data.documents[tenant, key] = document

    def reopen(self) -> None:
        self.data.waiting.clear()

    @contextmanager
    def ambient(self) -> Iterator[None]:
        before = dict(self.data.documents)
        self.data.in_transaction = True
        yield
        self.data.in_transaction = False
        if self._store is JoinsTheTransaction:
            self.data.documents = before


class AsyncBench(AsyncStateHarness):
    """An asynchronous one."""

    def __init__(self, store: type[AsyncStore]) -> None:
        self.data = Data()
        self._store = store

    def state(self) -> AsyncStore:
        return self._store(self.data)

    def read_raw(self, tenant: str, key: str) -> Versioned | None:
        return self.data.documents.get((tenant, key))

    def write_raw(self, tenant: str, key: str, document: Versioned) -> None:
        self.data.documents[tenant, key] = document
