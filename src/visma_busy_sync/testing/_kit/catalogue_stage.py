"""The stage of the checks of `Catalogue`: one whose answers are looked at, and what a person does past it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, cast, final

from visma_busy_sync.ports import AsyncCatalogue, AwaitedCatalogue, LiftedCatalogue
from visma_busy_sync.sync import FIELDS, Applied, Change, Kind, Link, Moved, Outcome, Record, Refused, Value
from visma_busy_sync.testing._kit import catalogue_promises as p
from visma_busy_sync.testing._kit.harness import AsyncCatalogueHarness, CatalogueHarness, ChildStore
from visma_busy_sync.testing._kit.promises import Promise, PromiseBroken, require
from visma_busy_sync.testing._kit.stage import Stage, heard, named_type, shown

_NUMBERS = itertools.count(1)


def new_link() -> Link:
    """Return a link that no other record has."""
    return Link(f'{{"note": {next(_NUMBERS)}}}')


def new_values(kind: Kind, **values: Value) -> dict[str, Value]:
    """Return all fields of a new record whose number and name no other has."""
    number = next(_NUMBERS)
    complete: dict[str, Value] = dict.fromkeys(FIELDS[kind])
    return {**complete, "number": f"{number}", "name": f"Record {number}", "archived": False, **values}


def creation(kind: Kind, link: Link | None = None, /, **values: Value) -> Change:
    """Return the creation of a record."""
    return Change(kind, None, new_values(kind, **values), {}, None, link or new_link())


def change_of(record: Record, values: Mapping[str, Value], link: Link | None = None) -> Change:
    """Return a change of a record that expects it as it was loaded."""
    expected = {name: record.values[name] for name in values}
    return Change(record.kind, record.id, values, expected, record.link, link or new_link())


def told(record: Record | None) -> str:
    """Return a record for a message; a record of the kit's own is nobody's secret."""
    if record is None:
        return "no record"
    link = "no link" if record.link is None else f"the link {record.link.document}"
    # Sorted, since texts are compared too, and no order of the fields is promised.
    return shown(f"{record.kind} {record.id} {dict(sorted(record.values.items()))} with {link}")


@final
class Instance:
    """One instance of the catalogue under test."""

    def __init__(self, port: AsyncCatalogue, promise: Promise, tenant: str) -> None:
        self.port = port
        self._promise = promise
        self._tenant = tenant

    async def load(self, kind: Kind, tenant: str | None = None) -> dict[str, Record]:
        """Load records, and look at the answer."""
        # A host's answer may be anything, whatever its type says.
        answer: Any = await heard("load", self.port.load(tenant or self._tenant, kind), self._promise)
        _is(isinstance(answer, Sequence), f"load() returned a {named_type(answer)} instead of a list")
        found: dict[str, Record] = {}
        for record in answer:
            _is(isinstance(record, Record), f"load() returned a {named_type(record)} among its Records")
            _is(record.kind is kind, f"load() of {kind} returned a record of kind {record.kind!r}")
            _is_id("Record.id", record.id)
            _are_values("Record.values", kind, record.values)
            _is_link(record.link)
            require(record.id not in found, p.ALL_RECORDS_LOADED, f"load() returned {record.id!r} twice")
            found[record.id] = Record(kind, record.id, dict(record.values), record.link)
        return found

    async def record(self, kind: Kind, id: str, tenant: str | None = None) -> Record | None:
        """Return one of the records that are loaded."""
        return (await self.load(kind, tenant)).get(id)

    async def apply(
        self, *changes: Change, tenant: str | None = None, error_breaks: Promise | None = None
    ) -> list[Outcome]:
        """Apply changes, and look at the answer."""
        applied = self.port.apply(tenant or self._tenant, list(changes))
        answer: Any = await heard("apply", applied, error_breaks or self._promise)
        _is(isinstance(answer, Sequence), f"apply() returned a {named_type(answer)} instead of a list")
        require(
            len(answer) == len(changes),
            p.OUTCOME_FOR_EACH,
            f"apply() of {len(changes):,} changes returned {len(answer):,} outcomes",
        )
        for change, outcome in zip(changes, answer, strict=True):
            _is_outcome(change, outcome)
        return list(cast("Sequence[Outcome]", answer))

    async def made(self, *changes: Change, tenant: str | None = None) -> list[Applied]:
        """Apply what nothing stands against."""
        outcomes = await self.apply(*changes, tenant=tenant)
        for change, outcome in zip(changes, outcomes, strict=True):
            if not isinstance(outcome, Applied):
                what = "a creation" if change.id is None else "a change that expects the record as it is"
                seen = f"{what} ({shown(dict(change.values))}) was answered {outcome}"
                raise PromiseBroken(self._promise, seen)
        return [outcome for outcome in outcomes if isinstance(outcome, Applied)]

    async def create(self, kind: Kind, link: Link | None = None, /, **values: Value) -> Record:
        """Create a record and return it as it was told."""
        change = creation(kind, link, **values)
        (outcome,) = await self.made(change)
        return Record(kind, outcome.id, dict(outcome.values), change.link)

    async def changed(self, record: Record, link: Link | None = None, /, **values: Value) -> Record:
        """Change a record as it was loaded, and return it as it was told."""
        change = change_of(record, values, link)
        (outcome,) = await self.made(change)
        lacking = ", ".join(sorted(record.values.keys() - outcome.values.keys()))
        require(not lacking, p.VALUES_AS_STORED, f"the outcome of a change does not tell {lacking}")
        return Record(record.kind, record.id, dict(outcome.values), change.link)

    async def moved(self, change: Change, *, why: str, breaks: Promise, tenant: str | None = None) -> None:
        """Apply what must be answered `Moved`, and say why."""
        (outcome,) = await self.apply(change, tenant=tenant, error_breaks=p.OUTCOME_FOR_EACH)
        require(isinstance(outcome, Moved), breaks, f"apply() was answered {outcome} although {why}")


def _is(ok: bool, seen: str) -> None:
    require(ok, p.ANSWERS_ARE_RECORDS, seen)


def _is_id(place: str, id: object) -> None:
    _is(type(id) is str, f"{place} is a {named_type(id)} instead of a str")
    _is(bool(str(id).strip()), f"{place} is blank")


def _is_link(link: object) -> None:
    if link is not None:
        _is(isinstance(link, Link), f"Record.link is a {named_type(link)} instead of a Link or None")
        document: object = cast("Link", link).document
        _is(type(document) is str, f"Link.document is a {named_type(document)} instead of a str")


def _is_outcome(change: Change, outcome: object) -> None:
    if isinstance(outcome, Applied):
        _is_id("Applied.id", outcome.id)
        known = change.id in {None, outcome.id}
        seen = f"a change of {change.id!r} has the outcome of {outcome.id!r}"
        require(known, p.OUTCOME_FOR_EACH, seen)
        _are_values("Applied.values", change.kind, outcome.values)
    elif isinstance(outcome, Refused):
        _is(type(outcome.reason) is str, f"Refused.reason is a {named_type(outcome.reason)} instead of a str")
    else:
        _is(isinstance(outcome, Moved), f"apply() returned a {named_type(outcome)} among its outcomes")


def _is_text(value: object) -> bool:
    return value is None or type(value) is str


def _is_day(value: object) -> bool:
    return value is None or (isinstance(value, date) and not isinstance(value, datetime))


def _is_flag(value: object) -> bool:
    return type(value) is bool


_OF_FIELD: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "archived": (_is_flag, "a bool"),
    "start_date": (_is_day, "a date without time, or None"),
    "end_date": (_is_day, "a date without time, or None"),
}


def _are_values(place: str, kind: Kind, values: object) -> None:
    _is(isinstance(values, Mapping), f"{place} is a {named_type(values)} instead of a mapping")
    given = cast("Mapping[str, object]", values)
    for name in FIELDS[kind]:
        fits, expected = _OF_FIELD.get(name, (_is_text, "a str or None"))
        if name in given:
            seen = f"{place}[{name!r}] of a {kind} is a {named_type(given[name])} instead of {expected}"
            _is(fits(given[name]), seen)


@final
class CatalogueStage(Stage):
    """One check's stage: fresh data, and `catalogue`, an instance over it.

    Attributes:
        tenant: Whose records a check is about.
        other: Another tenant.
        fields: The fields that the host has, by kind; the probe finds them out.
    """

    harnesses = (CatalogueHarness, AsyncCatalogueHarness)
    hanging_breaks = p.ONE_CHANGE_WINS
    catalogue: Instance

    def __init__(self, harness: CatalogueHarness | AsyncCatalogueHarness, promise: Promise) -> None:
        self._harness = harness
        self.tenant, self.other = harness.tenants
        self.fields: dict[Kind, tuple[str, ...]] = {}
        super().__init__(harness, promise)

    def another(self) -> Instance:
        """Return another instance over the same data."""
        harness = self._harness
        if isinstance(harness, AsyncCatalogueHarness):
            return Instance(AwaitedCatalogue(harness.catalogue()), self.promise, self.tenant)
        return Instance(LiftedCatalogue(harness.catalogue()), self.promise, self.tenant)

    def _renew(self) -> None:
        self.catalogue = self.another()

    def raw(self, kind: Kind, id: str, tenant: str | None = None) -> Record | None:
        """Return a record past the port, with the imported fields that the host has."""
        found = self._harness.record_raw(tenant or self.tenant, kind, id)
        return found and self.known(found)

    def add_raw(self, kind: Kind, tenant: str | None = None, **values: Value) -> Record:
        """Create a record past the port, without a link."""
        complete = new_values(kind, **values)
        given = {name: complete[name] for name in self.fields[kind]}
        return Record(kind, self._harness.add_raw(tenant or self.tenant, kind, given), given)

    def edit_raw(self, record: Record, **values: Value) -> Record:
        """Edit a record past the port, and return it."""
        self._harness.edit_raw(self.tenant, record.kind, record.id, values)
        return Record(record.kind, record.id, {**record.values, **values}, record.link)

    def remove_raw(self, record: Record) -> None:
        """Delete a record past the port."""
        self._harness.remove_raw(self.tenant, record.kind, record.id)

    def refused_values(self, kind: Kind) -> Mapping[str, Value]:
        """Return what the host refuses."""
        return self._harness.refused_values(kind)

    def child(self) -> ChildStore:
        """Return how a child process opens the catalogue."""
        return self._harness.catalogue_child()

    def known(self, record: Record) -> Record:
        """Return a record with its imported fields alone."""
        values = {name: value for name, value in record.values.items() if name in self.fields[record.kind]}
        return Record(record.kind, record.id, values, record.link)

    async def loaded(self, record: Record, instance: Instance | None = None) -> Record:
        """Return a record as it is loaded now."""
        found = await (instance or self.catalogue).record(record.kind, record.id)
        if found is None:
            raise await self._missing(record)
        return self.known(found)

    async def _missing(self, record: Record) -> PromiseBroken:
        if await self.another().record(record.kind, record.id):
            return PromiseBroken(p.NO_STALE_RECORDS, f"a new instance alone loads {told(record)}")
        if self.raw(record.kind, record.id):
            return PromiseBroken(p.ALL_RECORDS_LOADED, f"past the port there is {told(record)}, not loaded")
        return PromiseBroken(p.APPLIED_IS_DURABLE, f"{told(record)} is not there any more")

    def stored(self, record: Record, before: Record | None = None) -> None:
        """Require that a change is there past the port: not nothing, nor what was there before it."""
        held = self.raw(record.kind, record.id)
        old = held is None or held == before
        seen = f"a change was answered Applied, and past the port there is {told(held)}, not {told(record)}"
        require(not old, p.APPLIED_IS_DURABLE, seen)

    async def unchanged(self, record: Record, why: str) -> None:
        """Require that a record is as it was, loaded and past the port."""
        for how, now in (("load() tells", await self.loaded(record)), ("there is", self._there(record))):
            self.require(now == self.known(record), f"{why}, and now {how} {told(now)}, not {told(record)}")

    def _there(self, record: Record) -> Record | None:
        return self.raw(record.kind, record.id)

    async def probe(self) -> None:
        """Require what every check stands on, so that a failure names the promise that is broken first."""
        for kind in Kind:
            created = creation(kind)
            (outcome,) = await self.catalogue.made(created, tenant=self.other)
            record = Record(kind, outcome.id, dict(outcome.values), created.link)
            self.fields[kind] = tuple(name for name in FIELDS[kind] if name in record.values)
            await self._has(record, "a creation was answered Applied")
            change = Change(kind, record.id, {}, {}, record.link, new_link())
            await self.catalogue.made(change, tenant=self.other)
            await self._has(
                Record(kind, record.id, record.values, change.link), "a change was answered Applied"
            )
            await self.catalogue.moved(
                change, why="another link is stored", breaks=p.EXPECTED_LINK, tenant=self.other
            )
            stale = Change(kind, record.id, {"name": "x"}, {"name": "-"}, change.link, new_link())
            await self.catalogue.moved(
                stale, why="another name is stored", breaks=p.EXPECTED_VALUES, tenant=self.other
            )

    async def _has(self, record: Record, why: str) -> None:
        found = await self.catalogue.record(record.kind, record.id, self.other)
        if found is None:
            raise PromiseBroken(p.APPLIED_IS_DURABLE, f"{why}, and load() does not find it")
        require(found.link == record.link, p.WHOLE_WITH_ITS_LINK, f"{why}, and its link is not stored")
        seen = f"{why} with {dict(record.values)}, and load() tells {dict(found.values)}"
        require(self.known(found) == self.known(record), p.VALUES_AS_STORED, seen)
