"""Checks of `StateStore` with others around: instances, transactions, threads, tasks, processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.ports import Versioned, Write
from visma_busy_sync.testing._kit import promises as p
from visma_busy_sync.testing._kit.children import Wins, run_children
from visma_busy_sync.testing._kit.harness import AMBIENT_TRANSACTION, PROCESSES, REOPEN
from visma_busy_sync.testing._kit.shells import Worker
from visma_busy_sync.testing._kit.stage import raised
from visma_busy_sync.testing._kit.state_stage import TENANT, Instance, StateStage
from visma_busy_sync.testing._kit.suite import Suite

SUITE: Final = Suite(StateStage)

_WORKERS: Final = 8
_ROUNDS: Final = 15
_UPDATES: Final = 12
# A worker that loses this often in a row does not make way at all.
_MOST_TRIES: Final = 5_000
_READS: Final = 25
# Keys that do not exist cost little, and spread a read over every part in which a store may make it.
_MISSING: Final = tuple(f"missing/{at}" for at in range(2_500))


@SUITE.shows(p.DURABLE)
async def what_is_committed_is_stored(stage: StateStage) -> None:
    """As soon as a commit is answered True, it is seen past the port and by a new instance."""
    store = stage.store
    for writes, wanted in (
        ([Write("a", None, "1"), Write("b", None, "1")], {"a": "1", "b": "1"}),
        ([Write("a", 1, "2"), Write("b", 1, None)], {"a": "2"}),
    ):
        await store.made(*writes)
        for key in ("a", "b"):  # at once: before anything else is awaited
            held = stage.raw(key)
            seen = held.body if held else None
            stage.require(
                seen == wanted.get(key),
                f"commit() was answered True, and past the port {key!r} is {seen!r}, not {wanted.get(key)!r}",
            )
        found = {key: each.body for key, each in (await stage.another().read("a", "b")).items()}
        stage.require(
            found == wanted, f"commit() was answered True, and a new instance reads {found}, not {wanted}"
        )


@SUITE.shows(p.DURABLE, needs=(REOPEN,))
async def what_is_committed_outlives_the_store(stage: StateStage) -> None:
    """After everything was closed and opened anew, the data is as the last commit left it."""
    await stage.store.made(Write("a", None, "1"), Write("b", None, "1"), Write("c", None, "1"))
    await stage.store.made(Write("a", 1, "2"), Write("b", 1, None))
    await stage.reopen()
    seen = await stage.store.read("a", "b", "c")
    wanted = {"a": Versioned(2, "2"), "c": Versioned(1, "1")}
    stage.require(seen == wanted, f"after closing and opening anew there is {seen}, not {wanted}")
    await stage.store.made(Write("a", 2, "3"))


@SUITE.shows(p.OWN_TRANSACTION, needs=(AMBIENT_TRANSACTION,))
async def a_commit_does_not_join_the_hosts_transaction(stage: StateStage) -> None:
    """What is committed inside a transaction that the host rolls back stays, or is refused clearly."""
    await stage.store.made(Write("changed", None, "1"), Write("deleted", None, "1"))
    writes = [Write("new", None, "1"), Write("changed", 1, "2"), Write("deleted", 1, None)]
    made: bool | None = None
    async with stage.ambient():
        try:
            made = await stage.store.port.commit(TENANT, writes)
        except VismaBusySyncError:
            pass  # refused
        except Exception as error:
            seen = f"inside the host's transaction commit() {raised(error)}, which is no error of the package"
            raise p.PromiseBroken(stage.promise, seen) from error
    if made is False:
        stage.require(
            ok=False, seen="inside the host's transaction commit() was answered False without a conflict"
        )
    before = {"changed": Versioned(1, "1"), "deleted": Versioned(1, "1")}
    wanted = {"new": Versioned(1, "1"), "changed": Versioned(2, "2")} if made else before
    what = "was answered True" if made else "was refused"
    for how, seen_now in (
        ("it reads", await stage.store.read("new", "changed", "deleted")),
        ("a new instance reads", await stage.another().read("new", "changed", "deleted")),
        (
            "past the port is",
            {key: held for key in ("new", "changed", "deleted") if (held := stage.raw(key))},
        ),
    ):
        stage.require(
            seen_now == wanted,
            f"commit() {what} inside a transaction of the host, which was then rolled back; now {how} "
            f"{seen_now}, not {wanted}",
        )


@SUITE.shows(p.NO_STALE_READS)
async def an_instance_sees_what_another_wrote(stage: StateStage) -> None:
    """What an instance has read, or not found, it reads anew after another one wrote."""
    one, other = stage.store, stage.another()
    await one.made(Write("changed", None, "1"), Write("deleted", None, "1"))
    for who in (other, one):
        await who.read("changed", "deleted", "new")
        await who.scan("")
    await one.made(Write("changed", 1, "2"), Write("deleted", 1, None), Write("new", None, "1"))
    await _sees(stage, other, "another instance", {"changed": Versioned(2, "2"), "new": Versioned(1, "1")})
    await other.made(Write("changed", 2, "3"), Write("new", 1, None))
    await _sees(stage, one, "another instance", {"changed": Versioned(3, "3")})


@SUITE.shows(p.NO_STALE_READS)
async def an_instance_sees_what_was_written_past_the_port(stage: StateStage) -> None:
    """A document that another program put there is read and written over at its version."""
    store = stage.store
    await store.made(Write("changed", None, "1"))
    await store.read("changed", "new")
    await store.scan("")
    stage.put_raw("changed", Versioned(41, "raw"))
    stage.put_raw("new", Versioned(3, "raw"))
    await _sees(
        stage, store, "another program", {"changed": Versioned(41, "raw"), "new": Versioned(3, "raw")}
    )
    await store.refused(Write("changed", 1, "x"), why="another program wrote it", breaks=stage.promise)
    await store.made(Write("changed", 41, "2"), Write("new", 3, None))
    await _sees(stage, store, "another program and then itself", {"changed": Versioned(42, "2")})


async def _sees(stage: StateStage, who: Instance, writer: str, wanted: dict[str, Versioned]) -> None:
    seen = await who.read("changed", "deleted", "new")
    stage.require(seen == wanted, f"after {writer} wrote, an instance reads {seen}, not {wanted}")
    found = {each.key: each.document for each in await who.scan("")}
    stage.require(found == wanted, f"after {writer} wrote, an instance scans {found}, not {wanted}")


@SUITE.shows(p.ONE_MOMENT)
async def a_read_never_sees_half_a_commit(stage: StateStage) -> None:
    """A writer keeps documents equal; no reader sees them differ, few keys asked for or thousands."""
    few = tuple(f"pair/{at}" for at in range(6))
    wide = (few[0], *_MISSING, *few[1:-1], *_MISSING, few[-1])
    await stage.store.made(*(Write(key, None, "0") for key in few))
    alone = await stage.store.read(*wide, error_breaks=p.MANY_KEYS)
    p.require(len(alone) == len(few), p.MANY_KEYS, f"one read of {len(wide):,} keys misses documents")
    commits = 0
    reading = 2
    ended = False

    async def write() -> None:
        nonlocal commits, ended
        try:
            while reading and not ended and commits < _MOST_TRIES:
                await stage.store.made(*(Write(key, commits + 1, str(commits + 1)) for key in few))
                commits += 1
                await stage.pause()
        finally:
            ended = True

    def reader(keys: tuple[str, ...]) -> Worker[None]:
        store = stage.another()

        async def read() -> None:
            nonlocal ended, reading
            try:
                for _ in range(_READS):
                    before = commits
                    _same_version(stage, await store.read(*keys), keys, few)
                    # Else readers could keep a store locked and the writer out.
                    while commits == before and not ended:
                        await stage.pause()
            except BaseException:
                ended = True
                raise
            finally:
                reading -= 1

        return read

    await stage.together(write, reader(few), reader(wide))


def _same_version(
    stage: StateStage, seen: dict[str, Versioned], asked: tuple[str, ...], few: tuple[str, ...]
) -> None:
    versions = sorted({document.version for document in seen.values()})
    stage.require(
        len(seen) == len(few) and len(versions) == 1,
        f"documents that every commit writes together were read at versions {versions}, {len(seen)} of "
        f"{len(few)} of them, in one read of {len(asked):,} keys",
    )


def _creating(round_: int, me: int) -> tuple[Write, ...]:
    return (Write(f"race/{round_}", None, str(me)),)


def _changing(round_: int, me: int) -> tuple[Write, ...]:
    return (Write("race", round_ + 1, str(me)),)


def _deleting(round_: int, me: int) -> tuple[Write, ...]:
    del me
    return (Write(f"race/{round_}", 1, None),)


async def _race(stage: StateStage, writes: Callable[[int, int], tuple[Write, ...]], what: str) -> None:
    # Half of the workers share an instance, the others have one each.
    stores = [stage.store if me % 2 else stage.another() for me in range(_WORKERS)]
    for round_ in range(_ROUNDS):

        def racer(me: int, round_: int = round_) -> Worker[bool]:
            async def race() -> bool:
                mark = Write(f"mark/{round_}/{me}", None, str(me))
                return await stores[me].commit(*writes(round_, me), mark, error_breaks=p.CONFLICT_IS_FALSE)

            return race

        won = await stage.together(*(racer(me) for me in range(_WORKERS)))
        stage.require(
            sum(won) == 1, f"of {_WORKERS} workers {what} at the same time {sum(won)} were answered True"
        )
        winner = won.index(True)
        bodies = {
            each.body for each in (await stage.store.read(*(w.key for w in writes(round_, winner)))).values()
        }
        stage.require(bodies <= {str(winner)}, f"worker {winner} was answered True, and {bodies} is stored")
        marks = [each.key for each in await stage.store.scan(f"mark/{round_}/")]
        stage.require(
            marks == [f"mark/{round_}/{winner}"],
            f"one of {_WORKERS} workers was answered True, and other writes of these commits are {marks}",
        )


@SUITE.shows(p.ONE_WINNER)
async def of_those_who_create_one_wins(stage: StateStage) -> None:
    """Workers create the same document at the same time."""
    await _race(stage, _creating, "who create one document")


@SUITE.shows(p.ONE_WINNER)
async def of_those_who_change_one_wins(stage: StateStage) -> None:
    """Workers write the same document from the same version at the same time."""
    await stage.store.made(Write("race", None, "{}"))
    await _race(stage, _changing, "who change one document")


@SUITE.shows(p.TAKE_ONCE)
async def of_those_who_take_one_wins(stage: StateStage) -> None:
    """Workers delete the same document at the same time."""
    await stage.store.made(*(Write(f"race/{round_}", None, "{}") for round_ in range(_ROUNDS)))
    await _race(stage, _deleting, "who delete one document")


@SUITE.shows(p.ONE_WINNER)
async def keys_in_another_order_do_not_lock_each_other(stage: StateStage) -> None:
    """Two workers write the same two documents in opposite order: one wins, none hangs, nothing is raised."""
    await stage.store.made(Write("a", None, "0"), Write("b", None, "0"))
    stores = (stage.store, stage.another())
    for version in range(1, 2 * _ROUNDS):

        def racer(me: int, version: int = version) -> Worker[bool]:
            keys = ("a", "b") if me else ("b", "a")

            async def race() -> bool:
                writes = (Write(key, version, str(me)) for key in keys)
                return await stores[me].commit(*writes, error_breaks=p.CONFLICT_IS_FALSE)

            return race

        won = await stage.together(racer(0), racer(1))
        stage.require(sum(won) == 1, f"of 2 workers who write two documents in opposite order {sum(won)} won")


@SUITE.shows(p.ONE_WINNER)
async def no_update_is_lost(stage: StateStage) -> None:
    """Workers count up in one document, each reading anew after a lost race; nothing is missing."""
    await stage.store.made(Write("count", None, "0"))

    def counter(store: Instance) -> Worker[None]:
        async def count() -> None:
            for _ in range(_UPDATES):
                for _ in range(_MOST_TRIES):
                    now = (await store.read("count"))["count"]
                    write = Write("count", now.version, str(int(now.body) + 1))
                    await stage.pause()
                    if await store.commit(write, error_breaks=p.CONFLICT_IS_FALSE):
                        break

        return count

    await stage.together(*(counter(stage.another()) for _ in range(4)))
    now = (await stage.store.read("count"))["count"]
    wanted = Versioned(4 * _UPDATES + 1, str(4 * _UPDATES))
    stage.require(
        now == wanted,
        f"4 workers counted to {_UPDATES} each; the document says {now.body} at version {now.version}, "
        f"not {wanted.body} at {wanted.version}",
    )


@SUITE.shows(p.ONE_WINNER, needs=(PROCESSES,))
async def processes_race_as_workers_do(stage: StateStage) -> None:
    """Three processes count up in one document and take others: no update is lost, each is taken once."""
    takes = [f"take/{at}" for at in range(20)]
    await stage.store.made(Write("count", None, "0"), *(Write(key, None, "{}") for key in takes))
    children = run_children(
        stage.child(), Wins(tenant=TENANT, count="count", updates=_UPDATES, takes=takes), 3
    )
    for child in children:
        if child.error:
            raise p.PromiseBroken(p.CONFLICT_IS_FALSE, f"in a child process the store {child.error}")
    now = (await stage.store.read("count"))["count"]
    wanted = Versioned(3 * _UPDATES + 1, str(3 * _UPDATES))
    stage.require(
        now == wanted,
        f"3 processes counted to {_UPDATES} each; the document says {now.body} at version {now.version}, "
        f"not {wanted.body} at {wanted.version}",
    )
    taken = sorted(key for child in children for key in child.taken)
    p.require(
        taken == sorted(takes), p.TAKE_ONCE, f"3 processes deleted {len(takes)} documents {len(taken)} times"
    )
    stage.require(not await stage.store.scan("take/"), "documents that processes deleted are still there")
