"""A process that dies, or whose stores fail, at any call of an import: the next sync makes it good.

The story has four stages: a login, the first sync, a whole one and one of what changed. At each call of a
port in each of them, before and after its effect, the process is killed or the call fails. Afterwards a new
process syncs, and all is as if nothing had happened: nothing is lost, doubled or archived by mistake.

In memory every change of a batch is a call of its own. On SQLite and PostgreSQL a batch is one call; there,
what leaves the same in the store as another crash is left out (see `APART`), so that it takes seconds.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, cast, final

import pytest
import sqlalchemy
from attrs import define, evolve, field, frozen

from visma_busy_sync._facade import Tenant
from visma_busy_sync.integration._alone import LEASE_LASTS
from visma_busy_sync.ports import Catalogue
from visma_busy_sync.state import (
    ARCHIVE_MISSING_SCHEMA,
    CONNECTION,
    CONNECTION_SCHEMA,
    TOKENS_PREFIX,
    archive_missing_key,
)
from visma_busy_sync.sync import Action, Change, ConflictCode, Kind, Outcome, Record, Value
from visma_busy_sync.testing import scheduler

from .crashing import ENDS, Fuse, How, process, writes
from .lasting import InMemory, InSql, Stores
from .office import ACME, SESSION
from .small_visma import FINISHED, ONGOING, SmallVisma

COMPANY = "0c0c0c0c-0000-0000-0000-000000000001"
LEASE_SECONDS = LEASE_LASTS.total_seconds()
HOUR = 3600


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        yield InMemory()
        return
    engine = sqlalchemy.create_engine(cast("str", request.getfixturevalue(f"{request.param}_url")))
    yield InSql(engine)
    engine.dispose()


@final
class Cutting:
    """A catalogue whose notes have room for 12 characters."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.load = catalogue.load

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Cut the notes, and apply."""
        return self._catalogue.apply(
            tenant, [evolve(each, values=self._cut(each.values)) for each in changes]
        )

    @staticmethod
    def _cut(values: Mapping[str, Value]) -> Mapping[str, Value]:
        return {name: str(v)[:12] if name == "notes" and v else v for name, v in values.items()}


@final
@define
class World:
    """A workspace of Busy with its stores, and Visma."""

    stores: Stores
    clock: scheduler.VirtualClock = field(
        factory=lambda: scheduler.VirtualClock(datetime(2026, 3, 31, 9, tzinfo=UTC))
    )
    visma: SmallVisma = field(init=False)
    cuts: bool = False

    def __attrs_post_init__(self) -> None:
        self.visma = SmallVisma(self.clock)
        self.visma.found(COMPANY, "Acme AS")

    def process(self, fuse: Fuse | None = None) -> Tenant:
        """A process that begins."""
        fuse = fuse or Fuse()
        busy: Catalogue = Cutting(self.stores.busy) if self.cuts else self.stores.busy
        one_by_one = isinstance(self.stores, InMemory)
        return process(busy, self.stores.state, fuse, self.visma, self.clock, one_by_one=one_by_one)

    def kept(self) -> object:
        """All of it, to be brought back later."""
        return self.stores.kept(), self.clock.monotonic(), copy.deepcopy(self.visma)

    def bring_back(self, kept: Any) -> None:
        stores, moment, visma = kept
        self.stores.bring_back(stores)
        self.clock = scheduler.VirtualClock(datetime(2026, 3, 31, 9, tzinfo=UTC))
        self.clock.advance(moment)
        self.visma = evolve(copy.deepcopy(visma), clock=self.clock)

    # What people do

    def create(self, kind: Kind, **members: Any) -> str:
        return self.visma.create(COMPANY, kind, **members)

    def edit_upstream(self, kind: Kind, called: str, **members: Any) -> None:
        self.visma.edit(COMPANY, kind, self.upstream(kind, called), **members)

    def upstream(self, kind: Kind, name: str) -> str:
        """EAccounting's id of the record of a name."""
        rows = self.visma.companies[COMPANY].rows[kind].values()
        (id,) = [row["Id"] for row in rows if row["Name"] == name]
        return cast("str", id)

    def edit(self, called: str, **values: Value) -> None:
        self.stores.busy.edit(ACME, Kind.PROJECT, self.record(called).id, **values)

    def record(self, name: str, kind: Kind = Kind.PROJECT) -> Record:
        (found,) = [each for each in self.stores.busy.load(ACME, kind) if each.values["name"] == name]
        return found

    # What came of it

    def records(self, but: Collection[str] = ()) -> object:
        """All records with their links, by what they are called on both sides instead of by Busy's ids."""
        loaded = {kind: self.stores.busy.load(ACME, kind) for kind in Kind}
        called = {each.id: _called(each) for kind in Kind for each in loaded[kind]}
        assert len(set(called.values())) == sum(len(records) for records in loaded.values())

        def plain(values: Mapping[str, Any]) -> Mapping[str, Any]:
            kept = {name: value for name, value in values.items() if name not in but}
            return {n: called.get(v, v) if n == "customer" else v for n, v in kept.items()}

        told = {}
        for each in itertools.chain.from_iterable(loaded.values()):
            part = _part(each)
            told[called[each.id]] = (plain(each.values), part and {**part, "stored": plain(part["stored"])})
        return told

    def connection(self) -> object:
        """What is known of the connection: whose it is, whether it has a login, what may be archived."""
        key = archive_missing_key(COMPANY)
        found = self.stores.state.read(ACME, [CONNECTION, key])
        connection = CONNECTION_SCHEMA.load(CONNECTION, found[CONNECTION].body)
        assert [each.key for each in self.stores.state.scan(TOKENS_PREFIX, ACME)] == [
            f"{TOKENS_PREFIX}{connection.login_id}"
        ]
        fact = ARCHIVE_MISSING_SCHEMA.load(key, found[key].body)
        return (
            (connection.connected, connection.company_id, connection.project_sync, connection.other),
            (fact.done_at is not None, fact.candidates),
        )


def _part(record: Record) -> dict[str, Any] | None:
    """What the link of a record says of the company."""
    if record.link is None:
        return None
    return cast("dict[str, Any]", json.loads(record.link.document)["companies"][COMPANY])


def _called(record: Record) -> str:
    part = _part(record)
    return f"{record.kind} {(part and part['id']) or record.values['name']}"


# The story


@frozen
class Stage:
    """A part of the story.

    Attributes:
        prepare: What people do before, on both sides.
        act: What the software does. After a crash it is done again.
    """

    prepare: Callable[[World], None]
    act: Callable[[World, Tenant], None]


def log_in(world: World, acme: Tenant) -> None:
    url = acme.connect(project_sync=True, session=SESSION)
    acme.complete_login(world.visma.approve(url, COMPANY), session=SESSION)


def sync(world: World, acme: Tenant) -> None:
    acme.sync()


def sync_whole(world: World, acme: Tenant) -> None:
    acme.sync(whole=True)


def two_that_know_nothing_of_each_other(world: World) -> None:
    fjord = world.create(Kind.CUSTOMER, CustomerNumber="1", Name="Fjord AS")
    nord = world.create(
        Kind.CUSTOMER, CustomerNumber="2", Name="Nord AS", CorporateIdentityNumber="999888777"
    )
    world.create(Kind.CUSTOMER, CustomerNumber="3", Name="Nedlagt AS", IsActive=False)
    world.create(Kind.PRODUCT, Number="1", Name="Timer")
    world.create(Kind.PROJECT, Number="1", Name="Brygge", CustomerId=fjord, Notes="Ring Kari før oppstart")
    world.create(Kind.PROJECT, Number="2", Name="Fasade", CustomerId=nord)
    world.create(Kind.PROJECT, Number="3", Name="Ferdig", Status=FINISHED)
    world.create(Kind.PROJECT, Number="4", Name="Garasje")
    world.create(Kind.PROJECT, Number="5", Name="Hage", CustomerId=fjord)
    own = world.stores.busy.add
    own(ACME, Kind.CUSTOMER, name="Nord", organization_number="NO 999 888 777 MVA")
    own(ACME, Kind.PRODUCT, number="1", name="timer")
    own(ACME, Kind.PROJECT, number="2", name="fasade", notes="Busys notat")  # the same as eAccounting's
    own(ACME, Kind.PROJECT, number="4", name="Gammelt bad")  # another one, of the same number
    own(ACME, Kind.PROJECT, number="77", name="Ukjent")
    own(ACME, Kind.PROJECT, number="78", name="Ukjent og arkivert", archived=True)


def nothing(world: World) -> None:
    world.clock.advance(HOUR)


def edits_on_both_sides(world: World) -> None:
    world.clock.advance(HOUR)
    world.edit_upstream(Kind.PROJECT, "Brygge", Name="Ny brygge", Notes="Ring Ola før oppstart")
    world.edit_upstream(Kind.PROJECT, "Fasade", CustomerId=world.upstream(Kind.CUSTOMER, "Fjord AS"))
    world.edit_upstream(Kind.CUSTOMER, "Fjord AS", Name="Fjord og Sønn AS")
    world.visma.delete(COMPANY, Kind.PROJECT, world.upstream(Kind.PROJECT, "Hage"))
    ny = world.create(Kind.CUSTOMER, CustomerNumber="4", Name="Ny AS")
    world.create(Kind.PROJECT, Number="6", Name="Ny", CustomerId=ny)
    world.edit("Brygge", name="Brygga vår", start_date=date(2026, 5, 1))
    world.edit("fasade", notes="Busys nye notat")
    world.stores.busy.add(ACME, Kind.PROJECT, number="79", name="Laget i Busy")


def edits_of_a_day(world: World) -> None:
    world.clock.advance(HOUR)
    world.edit_upstream(Kind.PROJECT, "Ny", Status=FINISHED)
    world.edit_upstream(Kind.PROJECT, "Ferdig", Status=ONGOING)
    world.edit_upstream(Kind.PROJECT, "Ny brygge", Notes="Ikke ring noen", Number="11")
    world.create(Kind.PROJECT, Number="7", Name="Sist", CustomerId=world.upstream(Kind.CUSTOMER, "Ny AS"))
    world.edit("fasade", end_date=date(2026, 12, 24))
    world.edit("Garasje", archived=True)


STORY = {
    "login": Stage(two_that_know_nothing_of_each_other, log_in),
    "first": Stage(nothing, sync),
    "whole": Stage(edits_on_both_sides, sync_whole),
    "changes": Stage(edits_of_a_day, sync),
}


def play(world: World, *, until: str | None = None) -> None:
    """Play the story, undisturbed, up to a stage."""
    for name, stage in STORY.items():
        if name == until:
            return
        stage.prepare(world)
        stage.act(world, world.process())


def test_the_story_has_what_an_import_does(stores: Stores) -> None:
    """Or the crashes below would prove little."""
    world = World(stores)
    play(world, until="first")
    STORY["first"].prepare(world)
    report = world.process().sync()
    assert report.applied == {Action.CREATE: 6, Action.UPDATE: 2, Action.ADOPT: 1, Action.ARCHIVE: 2}
    assert world.record("Ukjent").values["archived"] is True
    STORY["whole"].prepare(world)
    report = world.process().sync(whole=True)
    assert report.applied == {Action.CREATE: 2, Action.UPDATE: 3, Action.ARCHIVE: 1}
    assert world.record("Hage").values["archived"] is True
    STORY["changes"].prepare(world)
    report = world.process().sync()
    assert report.applied == {Action.CREATE: 1, Action.UPDATE: 1, Action.ARCHIVE: 1, Action.RESTORE: 1}
    brygge, fasade = world.record("Brygga vår").values, world.record("fasade").values
    assert (brygge["number"], brygge["start_date"]) == ("11", date(2026, 5, 1))
    assert brygge["notes"] == "Ikke ring noen"
    assert (fasade["notes"], fasade["end_date"]) == ("Busys nye notat", date(2026, 12, 24))
    assert fasade["customer"] == world.record("Fjord og Sønn AS", Kind.CUSTOMER).id
    assert world.record("Laget i Busy").values["archived"] is False
    assert world.record("Garasje").values["archived"] is True


# The crashes


ALL = frozenset(How)
# Killed after a call is killed before the next one; what fails before is told alike by all stores.
APART = frozenset({How.KILLED_BEFORE, How.FAILED_AFTER})


def crashes(calls: Sequence[str], hows: Collection[How]) -> Iterator[tuple[int, How]]:
    """Each call with what may happen there. Reading has no effect that a failure could come after."""
    for at, name in enumerate(calls, start=1):
        for how in How:
            if how in hows and (how is not How.FAILED_AFTER or writes(name)):
                yield at, how


def nobody(world: World) -> None:
    """Do nothing."""


def crash_everywhere(
    world: World,
    name: str,
    *,
    hows: Collection[How] = ALL,
    but: Collection[str] = (),
    meanwhile: Callable[[World], None] = nobody,
    see: Callable[[World], None] = nobody,
    to_the_end: bool = True,
) -> None:
    """Crash at each call of a stage, and see that the next process makes it good.

    Args:
        world: Where.
        name: Of the stage.
        hows: What happens at a call.
        but: Fields in which the records may differ in the end from those of an undisturbed story.
        meanwhile: What people do between the crash and the next sync.
        see: What else holds after it.
        to_the_end: Whether the rest of the story is played too.
    """
    stage = STORY[name]
    play(world, until=name)
    stage.prepare(world)
    before = world.kept()
    fuse = Fuse()
    stage.act(world, world.process(fuse))
    assert len(fuse.calls) > 10
    connection, records = world.connection(), world.records(but)
    play_on(world, name)
    last = world.records(but)
    for at, how in crashes(fuse.calls, hows):
        where = f"{how.value} call {at}, {fuse.calls[at - 1]}"
        world.bring_back(before)
        broken = Fuse(at, how)
        with contextlib.suppress(*ENDS):
            stage.act(world, world.process(broken))
        assert broken.burnt, where
        world.clock.advance(LEASE_SECONDS)
        meanwhile(world)
        acme = world.process()
        stage.act(world, acme)
        assert world.connection() == connection, where
        assert world.records(but) == records, where
        see(world)
        if name != "login":
            assert str(acme.sync(whole=True)) == "nothing to do", where
        if to_the_end:
            play_on(world, name)
            assert world.records(but) == last, where


def play_on(world: World, name: str) -> None:
    """Play the stages after one, undisturbed."""
    for later in list(STORY)[list(STORY).index(name) + 1 :]:
        STORY[later].prepare(world)
        STORY[later].act(world, world.process())


@pytest.mark.parametrize("name", STORY)
def test_what_crashes_is_made_good_by_the_next_one(stores: Stores, name: str) -> None:
    """Records, links and connection are those of an undisturbed story, and then nothing is to do."""
    in_memory = isinstance(stores, InMemory)
    crash_everywhere(World(stores), name, hows=ALL if in_memory else APART, to_the_end=in_memory)


SURVIVES = date(2027, 1, 1)


@pytest.mark.parametrize("name", ["first", "whole", "changes"])
def test_what_a_person_enters_after_the_crash_survives(name: str) -> None:
    """In every project that was imported by then, be it half of them."""
    entered: set[str] = set()

    def enter(world: World) -> None:
        entered.clear()
        for each in world.stores.busy.load(ACME, Kind.PROJECT):
            if (_part(each) or {}).get("id"):
                world.stores.busy.edit(ACME, Kind.PROJECT, each.id, end_date=SURVIVES)
                entered.add(each.id)
        numbers.add(len(entered))

    def see(world: World) -> None:
        kept = {each.id: each.values["end_date"] for each in world.stores.busy.load(ACME, Kind.PROJECT)}
        assert {kept[id] for id in entered} <= {SURVIVES}

    numbers: set[int] = set()
    crash_everywhere(
        World(InMemory()),
        name,
        hows={How.KILLED_BEFORE},
        but={"end_date"},
        meanwhile=enter,
        see=see,
        to_the_end=False,
    )
    assert len(numbers) > 1


@pytest.mark.parametrize("name", ["first", "whole"])
def test_a_host_that_cuts_texts_loses_nothing_but_what_it_cut(name: str) -> None:
    """Where a process dies before it could note what was stored, the cut text counts as Busy's own."""
    crash_everywhere(World(InMemory(), cuts=True), name, hows={How.KILLED_AFTER}, but={"notes"})


def test_a_cut_text_that_was_not_noted_stays_and_is_told_when_eaccounting_changes_its_own() -> None:
    """Nobody can tell it from what a person shortened, so Busy's stands."""
    world = World(InMemory(), cuts=True)
    play(world, until="first")
    fuse = Fuse()
    before = world.kept()
    sync(world, world.process(fuse))
    note = max(at for at, call in enumerate(fuse.calls, start=1) if call.startswith("apply [('project', 'j"))
    assert fuse.calls[note - 1].endswith("{})]")  # of the notes alone
    for at, how, told in (
        (0, How.KILLED_BEFORE, []),
        (note, How.KILLED_BEFORE, [("notes",)]),
        (note, How.FAILED_BEFORE, [("notes",)]),
    ):
        world.bring_back(before)
        with contextlib.suppress(*ENDS):
            sync(world, world.process(Fuse(at, how)))
        world.clock.advance(LEASE_SECONDS)
        sync(world, world.process())
        world.edit_upstream(Kind.PROJECT, "Brygge", Notes="Kort")
        plan = world.process().plan()
        assert [found.fields for found in plan.conflicts if found.code is ConflictCode.DIVERGED] == told
        sync(world, world.process())
        assert world.record("Brygge").values["notes"] == ("Ring Kari fø" if told else "Kort")
