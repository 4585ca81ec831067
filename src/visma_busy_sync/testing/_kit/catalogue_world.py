"""Checks of `Catalogue` with others around: instances, persons, transactions, threads, tasks, processes."""

from __future__ import annotations

from functools import partial
from typing import Final

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.sync import Applied, Change, Kind, Link, Moved, Outcome, Record
from visma_busy_sync.testing._kit import catalogue_promises as p
from visma_busy_sync.testing._kit.catalogue_stage import (
    CatalogueStage,
    Instance,
    change_of,
    creation,
    new_link,
    told,
)
from visma_busy_sync.testing._kit.children import Edits, run_children
from visma_busy_sync.testing._kit.harness import AMBIENT_TRANSACTION, CATALOGUE_PROCESSES, REOPEN
from visma_busy_sync.testing._kit.promises import PromiseBroken
from visma_busy_sync.testing._kit.shells import Worker
from visma_busy_sync.testing._kit.stage import raised
from visma_busy_sync.testing._kit.suite import Suite

SUITE: Final = Suite(CatalogueStage)

_WORKERS: Final = 8
_ROUNDS: Final = 15
_UPDATES: Final = 12
# A worker that loses this often in a row does not make way at all.
_MOST_TRIES: Final = 5_000
_READS: Final = 25


@SUITE.shows(p.APPLIED_IS_DURABLE)
async def what_is_applied_is_stored(stage: CatalogueStage) -> None:
    """As soon as apply has returned, it is seen past the port and by a new instance."""
    for kind in Kind:
        record = await stage.catalogue.create(kind)
        for what in ("created", "changed"):
            if what == "changed":
                record = await stage.catalogue.changed(record, name=f"New {record.id}"[:40])
            held = stage.raw(kind, record.id)  # at once: before anything else is awaited
            stage.require(
                held == stage.known(record), f"a {kind} was {what}, and past the port there is {told(held)}"
            )
            found = await stage.loaded(record, stage.another())
            stage.require(
                found == stage.known(record), f"a {kind} was {what}, and a new instance loads {told(found)}"
            )


@SUITE.shows(p.APPLIED_IS_DURABLE, needs=(REOPEN,))
async def what_is_applied_outlives_the_catalogue(stage: CatalogueStage) -> None:
    """After everything was closed and opened anew, records are as the last changes left them."""
    left = await stage.catalogue.create(Kind.PROJECT)
    changed = await stage.catalogue.create(Kind.CUSTOMER)
    changed = await stage.catalogue.changed(changed, name="New", archived=True)
    await stage.reopen()
    for record in (left, changed):
        now = await stage.loaded(record)
        stage.require(
            now == stage.known(record),
            f"after closing and opening anew there is {told(now)}, not {told(record)}",
        )
    await stage.catalogue.changed(changed, name="Newer")


@SUITE.shows(p.APPLIED_IN_OWN_TRANSACTION, needs=(AMBIENT_TRANSACTION,))
async def a_change_does_not_join_the_hosts_transaction(stage: CatalogueStage) -> None:
    """What is applied inside a transaction that the host rolls back stays, or is refused clearly."""
    record = await stage.loaded(await stage.catalogue.create(Kind.PROJECT))
    change, new = change_of(record, {"name": "New"}), creation(Kind.PROJECT)
    changed: Outcome | None = None
    created: Outcome | None = None
    async with stage.ambient():
        changed = await _inside(stage, change)
        created = await _inside(stage, new)
    if changed is None:
        await stage.unchanged(record, "a change was refused inside a transaction of the host")
    else:
        await _stays(stage, record.id, change)
    if created is None:
        loaded = await stage.catalogue.load(Kind.PROJECT)
        stage.require(
            loaded.keys() == {record.id}, "a creation was refused inside a transaction of the host, and made"
        )
    elif isinstance(created, Applied):
        await _stays(stage, created.id, new)


async def _inside(stage: CatalogueStage, change: Change) -> Outcome | None:
    """Apply a change inside the host's transaction; None if it is refused clearly."""
    try:
        (outcome,) = await stage.catalogue.port.apply(stage.tenant, [change])
    except VismaBusySyncError:
        return None
    except Exception as error:
        seen = f"inside the host's transaction apply() {raised(error)}, which is no error of the package"
        raise PromiseBroken(stage.promise, seen) from error
    seen = f"inside the host's transaction a change that fits was answered {outcome}"
    stage.require(isinstance(outcome, Applied), seen)
    return outcome


async def _stays(stage: CatalogueStage, id: str, change: Change) -> None:
    loaded = await stage.another().record(Kind.PROJECT, id)
    for now in (loaded, stage.raw(Kind.PROJECT, id)):
        there = now is not None and now.link == change.link and now.values["name"] == change.values["name"]
        stage.require(
            there,
            "a change was answered Applied inside a transaction of the host, which was then rolled back; now "
            f"there is {told(now)}",
        )


@SUITE.shows(p.NO_STALE_RECORDS)
async def an_instance_sees_what_another_changed(stage: CatalogueStage) -> None:
    """What an instance has loaded it loads anew, and compares anew, after another one changed it."""
    one, other = stage.catalogue, stage.another()
    for kind in Kind:
        record = await one.create(kind)
        for who in (one, other):
            await who.load(kind)
        record = await one.changed(record, name=f"New {record.id}"[:40])
        found = await stage.loaded(record, other)
        seen = f"another instance changed it to {told(record)}, and it is loaded as {told(found)}"
        stage.require(found == stage.known(record), seen)
        (outcome,) = await other.apply(change_of(record, {"name": f"Newer {record.id}"[:40]}))
        seen = f"a change that expects what another instance wrote is answered {outcome}"
        stage.require(isinstance(outcome, Applied), seen)
        await stage.loaded(await other.create(kind), one)


@SUITE.shows(p.NO_STALE_RECORDS)
async def an_instance_sees_what_a_person_edited(stage: CatalogueStage) -> None:
    """What a person added and edited past the port is loaded and compared."""
    for kind in Kind:
        record = await stage.loaded(await stage.catalogue.create(kind))
        edited = stage.edit_raw(record, name=f"Edited {record.id}"[:40])
        now = await stage.loaded(record)
        stage.require(now == edited, f"a person edited it to {told(edited)}, and it is loaded as {told(now)}")
        await stage.catalogue.moved(
            change_of(record, {"name": "New"}), why="a person edited the name", breaks=stage.promise
        )
        await stage.catalogue.changed(edited, name=f"New {record.id}"[:40])
        await stage.loaded(stage.add_raw(kind))


@SUITE.shows(p.WHOLE_WITH_ITS_LINK)
async def a_load_never_sees_half_a_change(stage: CatalogueStage) -> None:
    """A writer keeps name and link of a record equal; no reader sees them differ."""
    record = await stage.loaded(await stage.catalogue.create(Kind.PROJECT, Link('"0"'), name="0"))
    changes = 0
    reading = 2
    ended = False

    async def write() -> None:
        nonlocal changes, ended
        now = record
        try:
            while reading and not ended and changes < _MOST_TRIES:
                now = await stage.catalogue.changed(now, Link(f'"{changes + 1}"'), name=f"{changes + 1}")
                changes += 1
                await stage.pause()
        finally:
            ended = True

    def reader() -> Worker[None]:
        instance = stage.another()

        async def read() -> None:
            nonlocal ended, reading
            try:
                for turn in range(_READS):
                    # A change was just made; each time a little later, to meet every moment of the next one.
                    for _ in range(turn % 4):
                        await stage.pause()
                    before = changes
                    seen = await stage.loaded(record, instance)
                    whole = seen.link == Link(f'"{seen.values["name"]}"')
                    stage.require(whole, f"name and link of every change agree: {told(seen)} was loaded")
                    # Else readers could keep a database locked and the writer out.
                    while changes == before and not ended:
                        await stage.pause()
            except BaseException:
                ended = True
                raise
            finally:
                reading -= 1

        return read

    await stage.together(write, reader(), reader())


@SUITE.shows(p.ONLY_NAMED_FIELDS)
async def a_person_who_edits_at_the_same_time_loses_nothing(stage: CatalogueStage) -> None:
    """A person edits one field again and again while changes of another are applied."""
    record = await stage.loaded(await stage.catalogue.create(Kind.PROJECT))
    stage.stored(await stage.catalogue.changed(record, name="First"), record)
    ended = False

    async def change() -> None:
        nonlocal ended
        try:
            for turn in range(_ROUNDS * 2):
                now = await stage.loaded(record)
                await stage.catalogue.changed(now, name=f"{turn}")
                await stage.pause()
        finally:
            ended = True

    async def person() -> None:
        archived = False
        while not ended:
            archived = not archived
            await stage.aside(partial(stage.edit_raw, record, archived=archived))
            for _ in range(2):
                await stage.pause()
                held = await stage.aside(partial(stage.raw, Kind.PROJECT, record.id))
                kept = held is not None and held.values["archived"] is archived
                seen = f"a person saved archived = {archived}, and a change wrote over it: {told(held)}"
                stage.require(kept, seen)

    await stage.together(change, person)


async def _race(stage: CatalogueStage, record: Record, *, by_link: bool) -> None:
    # Half of the workers share an instance, the others have one each.
    instances = [stage.catalogue if me % 2 else stage.another() for me in range(_WORKERS)]
    for round_ in range(_ROUNDS):
        now = await stage.loaded(record)
        links = [new_link() for _ in instances]

        def racer(
            me: int, round_: int = round_, now: Record = now, links: list[Link] = links
        ) -> Worker[Outcome]:
            async def race() -> Outcome:
                name = f"{round_}/{me}"
                change = change_of(now, {} if by_link else {"name": name}, links[me])
                (outcome,) = await instances[me].apply(change, error_breaks=p.OUTCOME_FOR_EACH)
                return outcome

            return race

        outcomes = await stage.together(*(racer(me) for me in range(_WORKERS)))
        won = [me for me, outcome in enumerate(outcomes) if isinstance(outcome, Applied)]
        others = {type(outcome).__name__ for outcome in outcomes if not isinstance(outcome, Applied)}
        stage.require(
            len(won) == 1 and others == {Moved.__name__},
            f"of {_WORKERS} workers whose changes expect the same {len(won)} were answered Applied, the "
            f"others {', '.join(sorted(others)) or 'nothing'}",
        )
        after = await stage.loaded(record)
        name = now.values["name"] if by_link else f"{round_}/{won[0]}"
        right = (after.values["name"], after.link) == (name, links[won[0]])
        stage.require(right, f"worker {won[0]} was answered Applied, and there is {told(after)}")


@SUITE.shows(p.ONE_CHANGE_WINS)
async def of_those_who_change_a_record_one_wins(stage: CatalogueStage) -> None:
    """Workers change the same record at the same time, each with a link of its own."""
    await _race(stage, await stage.catalogue.create(Kind.PROJECT), by_link=False)


@SUITE.shows(p.ONE_CHANGE_WINS)
async def of_those_who_link_a_record_one_wins(stage: CatalogueStage) -> None:
    """Workers link a record that a person made, which has no link, and then the next one from there."""
    record = stage.add_raw(Kind.CUSTOMER)
    await stage.catalogue.changed(record)
    await stage.catalogue.moved(change_of(record, {}), why="it has a link by now", breaks=p.EXPECTED_LINK)
    await _race(stage, stage.add_raw(Kind.CUSTOMER), by_link=True)


@SUITE.shows(p.ONE_CHANGE_WINS)
async def records_in_another_order_do_not_lock_each_other(stage: CatalogueStage) -> None:
    """Two workers change the same two records in opposite order: each record has one winner, none hangs."""
    records = [await stage.catalogue.create(Kind.PROJECT) for _ in range(2)]
    instances = (stage.catalogue, stage.another())
    for round_ in range(_ROUNDS):
        now = [await stage.loaded(record) for record in records]

        def racer(me: int, round_: int = round_, now: list[Record] = now) -> Worker[list[Outcome]]:
            async def race() -> list[Outcome]:
                changes = [change_of(each, {"name": f"{round_}/{me}"}) for each in (now if me else now[::-1])]
                outcomes = await instances[me].apply(*changes, error_breaks=p.OUTCOME_FOR_EACH)
                return outcomes if me else outcomes[::-1]

            return race

        both = await stage.together(racer(0), racer(1))
        for at, outcomes in enumerate(zip(*both, strict=True)):
            won = sum(isinstance(outcome, Applied) for outcome in outcomes)
            stage.require(won == 1, f"of 2 workers who change record {at + 1} in opposite order {won} won")


@SUITE.shows(p.ONE_CHANGE_WINS)
async def no_change_is_lost(stage: CatalogueStage) -> None:
    """Workers count up in one record, each reading anew after a lost race; nothing is missing."""
    record = await stage.catalogue.create(Kind.PROJECT, name="0")

    def counter(instance: Instance) -> Worker[None]:
        async def count() -> None:
            for _ in range(_UPDATES):
                for _ in range(_MOST_TRIES):
                    now = await stage.loaded(record, instance)
                    change = change_of(now, {"name": str(int(str(now.values["name"])) + 1)})
                    await stage.pause()
                    (outcome,) = await instance.apply(change, error_breaks=p.OUTCOME_FOR_EACH)
                    if isinstance(outcome, Applied):
                        break

        return count

    await stage.together(*(counter(stage.another()) for _ in range(4)))
    counted = (await stage.loaded(record)).values["name"]
    stage.require(
        counted == str(4 * _UPDATES), f"4 workers counted to {_UPDATES} each; the record says {counted}"
    )


@SUITE.shows(p.ONE_CHANGE_WINS, needs=(CATALOGUE_PROCESSES,))
async def processes_race_as_workers_do(stage: CatalogueStage) -> None:
    """Three processes count up in one record and take others: no change is lost, each is taken once."""
    counted = await stage.catalogue.create(Kind.PROJECT, name="0")
    free = Link('"free"')
    takes = await stage.catalogue.made(*(creation(Kind.PROJECT, free) for _ in range(20)))
    ids = [outcome.id for outcome in takes]
    task = Edits(stage.tenant, counted.id, _UPDATES, ids, free.document)
    children = run_children(stage.child(), task, 3)
    for child in children:
        if child.error:
            raise PromiseBroken(p.OUTCOME_FOR_EACH, f"in a child process the catalogue {child.error}")
    now = (await stage.loaded(counted)).values["name"]
    stage.require(now == str(3 * _UPDATES), f"3 processes counted to {_UPDATES} each; the record says {now}")
    taken = sorted(id for child in children for id in child.taken)
    stage.require(taken == sorted(ids), f"3 processes took {len(ids)} records {len(taken)} times")


@SUITE.shows(p.OUTCOME_FOR_EACH)
async def a_lost_race_is_no_error(stage: CatalogueStage) -> None:
    """Changes that come too late, among others that are right, are answered and not raised."""
    record = await stage.loaded(await stage.catalogue.create(Kind.PROJECT))
    stale = [Change(Kind.PROJECT, record.id, {}, {}, new_link(), new_link()) for _ in range(3)]
    outcomes = await stage.another().apply(stale[0], change_of(record, {"name": "New"}), *stale[1:])
    kinds = [type(outcome).__name__ for outcome in outcomes]
    wanted = ["Moved", "Applied", "Moved", "Moved"]
    stage.require(kinds == wanted, f"stale changes around a right one are answered {kinds}")
