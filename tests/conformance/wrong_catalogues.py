"""Catalogues that are wrong on purpose, each in one thing, over records in memory."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Self, cast

from attrs import evolve

from visma_busy_sync import ConfigurationError
from visma_busy_sync.sync import FIELDS, Applied, Change, Kind, Link, Moved, Outcome, Record, Refused, Value
from visma_busy_sync.testing.conformance import AsyncCatalogueHarness, CatalogueHarness

LONGEST_NAME = 60


class Data:
    """The records of one check, over which all instances of a catalogue work."""

    def __init__(self) -> None:
        self.guard = threading.RLock()
        self.writing = threading.Lock()
        self.awaited_writing = asyncio.Lock()
        self.records: dict[tuple[str, Kind, str], Record] = {}
        self.waiting: list[tuple[tuple[str, Kind, str], Record]] = []
        self.created = 0
        self.in_transaction = False


class Catalogue:
    """A catalogue that is right; the others change one step of it."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.alone = True

    def dawdle(self) -> None:
        """Wait long enough for others to come in between, also on a busy machine; not in large batches."""
        time.sleep(0.01 if self.alone else 0)

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        with self.data.guard:
            return [self.shown(record) for record in self.held(tenant, kind)]

    def held(self, tenant: str, kind: Kind) -> Sequence[Record]:
        return [
            record for (owner, of, _), record in self.data.records.items() if (owner, of) == (tenant, kind)
        ]

    def shown(self, record: Record) -> Record:
        return evolve(record, values=dict(record.values))

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        self.alone = len(changes) < 3
        return [self.one(tenant, change) for change in changes]

    def one(self, tenant: str, change: Change) -> Outcome:
        with self.data.guard:
            record = self.find(tenant, change)
            if change.id is not None and (record is None or not self.fits(record, change)):
                return Moved()
            if not self.holdable(change):
                return Refused("the name is too long")
            if record is None:
                record = Record(change.kind, self.new_id(tenant, change), self.empty(change.kind))
            record = self.store(tenant, self.changed(record, change))
            return Applied(record.id, self.told(record, change))

    def find(self, tenant: str, change: Change) -> Record | None:
        return None if change.id is None else self.data.records.get((tenant, change.kind, change.id))

    def fits(self, record: Record, change: Change) -> bool:
        return self.has_link(record, change) and self.has_values(record, change)

    def has_link(self, record: Record, change: Change) -> bool:
        return record.link == change.expected_link

    def has_values(self, record: Record, change: Change) -> bool:
        return all(record.values[name] == value for name, value in change.expected.items())

    def holdable(self, change: Change) -> bool:
        return len(str(change.values.get("name"))) <= LONGEST_NAME

    def new_id(self, tenant: str, change: Change) -> str:
        self.data.created += 1
        return f"r{self.data.created}"

    def empty(self, kind: Kind) -> dict[str, Value]:
        return {**dict.fromkeys(FIELDS[kind]), "archived": False}

    def changed(self, record: Record, change: Change) -> Record:
        values = {name: self.kept(name, value) for name, value in change.values.items()}
        return Record(record.kind, record.id, {**record.values, **values}, self.kept_link(change.link))

    def kept(self, name: str, value: Value) -> Value:
        return value

    def kept_link(self, link: Link) -> Link:
        return link

    def store(self, tenant: str, record: Record) -> Record:
        self.data.records[tenant, record.kind, record.id] = record
        return record

    def told(self, record: Record, change: Change) -> Mapping[str, Value]:
        return dict(record.values)


class NumberIds(Catalogue):
    """Hands out the primary key as it is."""

    def new_id(self, tenant: str, change: Change) -> str:
        self.data.created += 1
        return cast("str", self.data.created)


class NumberFlags(Catalogue):
    """Hands out the flag as SQLite keeps it."""

    def shown(self, record: Record) -> Record:
        flag = cast("bool", int(bool(record.values["archived"])))
        return evolve(record, values={**record.values, "archived": flag})


class DaysWithTime(Catalogue):
    """Hands out days as a column of moments has them."""

    def shown(self, record: Record) -> Record:
        def moment(value: Value) -> Value:
            return datetime(value.year, value.month, value.day) if isinstance(value, date) else value  # noqa: DTZ001 - it is wrong

        return evolve(record, values={name: moment(value) for name, value in record.values.items()})


class SharesItsRecords(Catalogue):
    """Hands out the values that it works with."""

    def shown(self, record: Record) -> Record:
        return record


class LoadsTheActive(Catalogue):
    """Has a filter that nobody thought of."""

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        return [record for record in super().load(tenant, kind) if not record.values["archived"]]


class LoadsAPage(Catalogue):
    """Has a limit that nobody thought of."""

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        return super().load(tenant, kind)[-1000:]


class LoadsTheLinked(Catalogue):
    """Joins the table of links, so that what was never linked is left out."""

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        return [record for record in super().load(tenant, kind) if record.link is not None]


class LoadsOfAll(Catalogue):
    """Selects without the tenant."""

    def held(self, tenant: str, kind: Kind) -> Sequence[Record]:
        return [record for (_, of, _), record in self.data.records.items() if of is kind]


class ChangesOfAll(Catalogue):
    """Finds by id alone."""

    def one(self, tenant: str, change: Change) -> Outcome:
        with self.data.guard:
            owners = [
                owner for owner, kind, id in self.data.records if (kind, id) == (change.kind, change.id)
            ]
            return super().one(owners[0] if owners else tenant, change)


class ForgetsTheKind(Catalogue):
    """Keeps all kinds in one table, and finds a record of another."""

    def find(self, tenant: str, change: Change) -> Record | None:
        found = (self.data.records.get((tenant, kind, cast("str", change.id))) for kind in Kind)
        return next((record for record in found if record is not None), None)

    def has_values(self, record: Record, change: Change) -> bool:
        return all(record.values.get(name) == value for name, value in change.expected.items())


class ParsesLinks(Catalogue):
    """Has a JSON column."""

    def kept_link(self, link: Link) -> Link:
        return Link(json.dumps(json.loads(link.document), ensure_ascii=False))


class CutsLinks(Catalogue):
    """Has a column of 64 KiB."""

    def kept_link(self, link: Link) -> Link:
        return Link(link.document.encode()[:65535].decode(errors="ignore"))


class ComposesTexts(Catalogue):
    """Has texts in one form only."""

    def kept(self, name: str, value: Value) -> Value:
        return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


class NumbersAreNumbers(Catalogue):
    """Has a column of integers for numbers that look like one."""

    def kept(self, name: str, value: Value) -> Value:
        return str(int(value)) if name == "number" and isinstance(value, str) and value.isdigit() else value


class KeepsWhatIsEmptied(Catalogue):
    """Takes None for "no change"."""

    def changed(self, record: Record, change: Change) -> Record:
        values = {name: value for name, value in change.values.items() if value is not None}
        return super().changed(record, evolve(change, values=values))


class TellsWhatWasAsked(Catalogue):
    """Cuts a name, and answers with the one that was asked for."""

    def holdable(self, change: Change) -> bool:
        return super().holdable(change) or len(str(change.values.get("name"))) > 1000

    def kept(self, name: str, value: Value) -> Value:
        return value[:LONGEST_NAME] if isinstance(value, str) and name == "name" else value

    def told(self, record: Record, change: Change) -> Mapping[str, Value]:
        return {**record.values, **change.values}


class TellsWhatIsNew(Catalogue):
    """Answers a change with the fields of the change."""

    def told(self, record: Record, change: Change) -> Mapping[str, Value]:
        return dict(record.values if change.id is None else change.values)


class WritesTheWholeRecord(Catalogue):
    """Empties what a change does not name."""

    def changed(self, record: Record, change: Change) -> Record:
        if not change.values:
            return super().changed(record, change)
        return super().changed(evolve(record, values=self.empty(record.kind)), change)


class ReadsThenWrites(Catalogue):
    """Reads a record, and writes all its columns a little later, if what it expects is still so."""

    def one(self, tenant: str, change: Change) -> Outcome:
        early = self.find(tenant, change)
        if early is None:
            return super().one(tenant, change)
        self.dawdle()
        with self.data.guard:
            outcome = super().one(tenant, change)
            if isinstance(outcome, Applied):
                self.store(tenant, self.changed(early, change))
            return outcome


class GivesOneId(Catalogue):
    """Tells the id that was given last in a call, for each creation of it."""

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        outcomes = super().apply(tenant, changes)
        if any(change.id is not None for change in changes):
            return outcomes
        last = [outcome for outcome in outcomes if isinstance(outcome, Applied)][-1:]
        return [
            evolve(outcome, id=last[0].id)
            if isinstance(outcome, Applied) and outcome.values["name"] == last[0].values["name"]
            else outcome
            for outcome in outcomes
        ]


class MergesTheSame(Catalogue):
    """Takes a creation for a record that has the same name already."""

    def find(self, tenant: str, change: Change) -> Record | None:
        if change.id is not None:
            return super().find(tenant, change)
        same = (each for each in self.held(tenant, change.kind) if each.values["name"] == "Same")
        return next(same, None) if change.values["name"] == "Same" else None


class IgnoresValues(Catalogue):
    """Compares the link alone."""

    def has_values(self, record: Record, change: Change) -> bool:
        return True


class IgnoresCase(Catalogue):
    """Compares as a collation does."""

    def has_values(self, record: Record, change: Change) -> bool:
        def folded(value: Value) -> Value:
            return value.casefold() if isinstance(value, str) else value

        return all(folded(record.values[name]) == folded(value) for name, value in change.expected.items())


class IgnoresNone(Catalogue):
    """Compares as SQL does, where nothing equals NULL, and takes that for no difference."""

    def has_values(self, record: Record, change: Change) -> bool:
        expected = {name: value for name, value in change.expected.items() if record.values[name] is not None}
        return super().has_values(record, evolve(change, expected=expected))


class IgnoresLinks(Catalogue):
    """Compares the values alone."""

    def has_link(self, record: Record, change: Change) -> bool:
        return True


class ExpectsAnyLink(Catalogue):
    """Takes None for "whatever is there"."""

    def has_link(self, record: Record, change: Change) -> bool:
        return change.expected_link is None or super().has_link(record, change)


class ComparesMeaning(Catalogue):
    """Compares links as JSON."""

    def has_link(self, record: Record, change: Change) -> bool:
        if record.link is None or change.expected_link is None:
            return record.link == change.expected_link
        try:
            return bool(json.loads(record.link.document) == json.loads(change.expected_link.document))
        except ValueError:
            return False


class CreatesWhatIsGone(Catalogue):
    """Has an upsert."""

    def find(self, tenant: str, change: Change) -> Record | None:
        found = super().find(tenant, change)
        if found is not None or change.id is None or not change.values or change.expected.get("name"):
            return found
        return Record(change.kind, change.id, self.empty(change.kind), change.expected_link)


class ParsesIds(Catalogue):
    """Turns every id into a number, and lets the error through."""

    def find(self, tenant: str, change: Change) -> Record | None:
        if change.id is not None and change.id.endswith("'"):
            int(change.id)
        return super().find(tenant, change)


class LinksLater(Catalogue):
    """Writes the link in a transaction of its own, while it keeps other writers out."""

    def one(self, tenant: str, change: Change) -> Outcome:
        with self.data.writing:
            with self.data.guard:
                before = self.find(tenant, change)
                outcome = super().one(tenant, change)
                if before is None or not isinstance(outcome, Applied):
                    return outcome
                place = (tenant, change.kind, outcome.id)
                self.data.records[place] = evolve(self.data.records[place], link=before.link)
            self.dawdle()
            with self.data.guard:
                self.data.records[place] = evolve(self.data.records[place], link=change.link)
            return outcome


class LinksNothingElse(Catalogue):
    """Skips a change without values."""

    def changed(self, record: Record, change: Change) -> Record:
        made = super().changed(record, change)
        return made if change.values else evolve(made, link=record.link)


class KeepsWhatItRefuses(Catalogue):
    """Finds what is wrong after it has written."""

    def one(self, tenant: str, change: Change) -> Outcome:
        with self.data.guard:
            if change.id is None and not self.holdable(change):
                record = Record(change.kind, self.new_id(tenant, change), self.empty(change.kind))
                self.store(tenant, super().changed(record, change))
            return super().one(tenant, change)


class RefusesWithoutAWord(Catalogue):
    """Has no reason."""

    def one(self, tenant: str, change: Change) -> Outcome:
        outcome = super().one(tenant, change)
        return Refused("") if isinstance(outcome, Refused) else outcome


class RaisesWhatItRefuses(Catalogue):
    """Lets the driver's error through."""

    def one(self, tenant: str, change: Change) -> Outcome:
        outcome = super().one(tenant, change)
        if isinstance(outcome, Refused):
            raise OverflowError("value too long for type character varying(60)")
        return outcome


class RaisesWhereItMoved(Catalogue):
    """Takes a change that comes too late for an error."""

    def one(self, tenant: str, change: Change) -> Outcome:
        with self.data.guard:
            found = self.find(tenant, change)
            outcome = super().one(tenant, change)
        if isinstance(outcome, Moved) and found is not None:
            raise RuntimeError("the record was changed by another transaction")
        return outcome


class StopsAtTheFirst(Catalogue):
    """Leaves the rest out where one is refused or moved."""

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        for change in changes:
            outcomes.append(self.one(tenant, change))
            if not isinstance(outcomes[-1], Applied):
                break
        return outcomes


class CreatesFirst(Catalogue):
    """Groups the changes, and answers in its own order."""

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        return super().apply(tenant, sorted(changes, key=lambda change: change.id is not None))


class WritesAtTheNextCall(Catalogue):
    """Buffers what it applied until it is asked again."""

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        self._flush()
        return super().load(tenant, kind)

    def one(self, tenant: str, change: Change) -> Outcome:
        with self.data.guard:
            self._flush()
            return super().one(tenant, change)

    def store(self, tenant: str, record: Record) -> Record:
        self.data.waiting.append(((tenant, record.kind, record.id), record))
        return record

    def _flush(self) -> None:
        with self.data.guard:
            self.data.records.update(self.data.waiting)
            self.data.waiting.clear()


class JoinsTheTransaction(Catalogue):
    """Writes on the host's connection; the harness rolls it back."""


class RefusesTooLate(Catalogue):
    """Finds the host's transaction after it has written."""

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        outcomes = super().apply(tenant, changes)
        if self.data.in_transaction:
            raise ConfigurationError("A transaction of the host is open.")
        return outcomes


class RefusesUnclearly(Catalogue):
    """Lets an error through that says nothing."""

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        if self.data.in_transaction:
            raise RuntimeError("cannot start a transaction within a transaction")
        return super().apply(tenant, changes)


class Remembers(Catalogue):
    """Keeps what it loaded until it writes."""

    def __init__(self, data: Data) -> None:
        super().__init__(data)
        self._known: dict[tuple[str, Kind], Sequence[Record]] = {}

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        with self.data.guard:
            if (tenant, kind) not in self._known:
                self._known[tenant, kind] = super().load(tenant, kind)
            return [self.shown(record) for record in self._known[tenant, kind]]

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        with self.data.guard:
            self._known.clear()
            return super().apply(tenant, changes)


class LooksThenWrites(Catalogue):
    """Compares in one transaction and writes in the next."""

    def one(self, tenant: str, change: Change) -> Outcome:
        with self.data.guard:
            record = self.find(tenant, change)
            if change.id is None or record is None or not self.fits(record, change):
                return super().one(tenant, change)
            if not self.holdable(change):
                return super().one(tenant, change)
        self.dawdle()
        with self.data.guard:
            now = self.data.records[tenant, change.kind, change.id]
            made = self.store(tenant, self.changed(now, change))
            return Applied(made.id, dict(made.values))


class StumblesOverTwoFields(Catalogue):
    """Builds a wrong statement for one combination of fields."""

    def changed(self, record: Record, change: Change) -> Record:
        if change.values.keys() == {"number", "archived"}:
            change = evolve(change, values={"archived": change.values["archived"]})
        return super().changed(record, change)


class AsyncCatalogue:
    """A right catalogue, asynchronous; every call lets other tasks go first."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.catalogue = Catalogue(data)

    async def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        await asyncio.sleep(0)
        return self.catalogue.load(tenant, kind)

    async def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        for change in changes:
            await asyncio.sleep(0)
            outcomes.append(self.catalogue.one(tenant, change))
        return outcomes


class AsyncLooksThenWrites(AsyncCatalogue):
    """Awaits between comparing and writing."""

    async def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        return [await self._one(tenant, change) for change in changes]

    async def _one(self, tenant: str, change: Change) -> Outcome:
        plain = self.catalogue
        record = plain.find(tenant, change)
        await asyncio.sleep(0)
        if record is None or not plain.fits(record, change) or not plain.holdable(change):
            return plain.one(tenant, change)
        made = plain.store(tenant, plain.changed(plain.find(tenant, change) or record, change))
        return Applied(made.id, dict(made.values))


class AsyncWritesLater(AsyncCatalogue):
    """Leaves the writing of changes to a task, and answers meanwhile."""

    def __init__(self, data: Data) -> None:
        super().__init__(data)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        outcomes = await super().apply(tenant, changes)
        for outcome, change in zip(outcomes, changes, strict=True):
            if isinstance(outcome, Applied) and change.id is None:
                place = (tenant, change.kind, outcome.id)
                self._tasks.add(asyncio.create_task(self._write(place, self.data.records.pop(place))))
        return outcomes

    async def _write(self, place: tuple[str, Kind, str], record: Record) -> None:
        self.data.records[place] = record


class AsyncLinksLater(AsyncCatalogue):
    """Awaits between values and link, while it keeps other writers out."""

    async def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        async with self.data.awaited_writing:
            return [await self._one(tenant, change) for change in changes]

    async def _one(self, tenant: str, change: Change) -> Outcome:
        before = self.catalogue.find(tenant, change)
        outcome = self.catalogue.one(tenant, change)
        if before is not None and isinstance(outcome, Applied):
            place = (tenant, change.kind, outcome.id)
            with self.data.guard:
                self.data.records[place] = evolve(self.data.records[place], link=before.link)
            await asyncio.sleep(0)
            with self.data.guard:
                self.data.records[place] = evolve(self.data.records[place], link=change.link)
        return outcome


class _Raw:
    """What a person does, in the dictionary itself."""

    data: Data

    def record_raw(self, tenant: str, kind: Kind, id: str) -> Record | None:
        return self.data.records.get((tenant, kind, id))

    def add_raw(self, tenant: str, kind: Kind, values: Mapping[str, Value]) -> str:
        with self.data.guard:
            self.data.created += 1
            id = f"p{self.data.created}"
            empty: dict[str, Value] = dict.fromkeys(FIELDS[kind])
            self.data.records[tenant, kind, id] = Record(kind, id, {**empty, **values})
            return id

    def edit_raw(self, tenant: str, kind: Kind, id: str, values: Mapping[str, Value]) -> None:
        with self.data.guard:
            record = self.data.records[tenant, kind, id]
            self.data.records[tenant, kind, id] = evolve(record, values={**record.values, **values})

    def remove_raw(self, tenant: str, kind: Kind, id: str) -> None:
        with self.data.guard:
            del self.data.records[tenant, kind, id]

    def refused_values(self, kind: Kind) -> Mapping[str, Value]:
        return {"name": "x" * (LONGEST_NAME + 1)}


class Bench(_Raw, CatalogueHarness):
    """A wrong catalogue on the bench; it can show all but processes."""

    def __init__(self, catalogue: type[Catalogue]) -> None:
        self.data = Data()
        self._catalogue = catalogue

    def __enter__(self) -> Self:
        return self

    def catalogue(self) -> Catalogue:
        return self._catalogue(self.data)

    def reopen(self) -> None:
        self.data.waiting.clear()

    @contextmanager
    def ambient(self) -> Iterator[None]:
        before = dict(self.data.records)
        self.data.in_transaction = True
        yield
        self.data.in_transaction = False
        if self._catalogue is JoinsTheTransaction:
            self.data.records = before


class AsyncBench(_Raw, AsyncCatalogueHarness):
    """An asynchronous one."""

    def __init__(self, catalogue: type[AsyncCatalogue]) -> None:
        self.data = Data()
        self._catalogue = catalogue

    def catalogue(self) -> AsyncCatalogue:
        return self._catalogue(self.data)
