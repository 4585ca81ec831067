"""Orders under crashes and races: none is doubled or lost, each comes to an end or waits for a person.

One worker: each story of `order_stories` is disturbed at each of its points, in each way. Many workers:
seeded schedules of whatever processes and people do. A failure prints the command that runs it again.
`ORDER_SCHEDULES` in the environment asks for more of them, from `FIRST_ORDER_SCHEDULE` on, `ORDER_SCHEDULE`
for one.
"""

from __future__ import annotations

import functools
import itertools
import logging
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast

import attrs
import pytest
import sqlalchemy
from attrs import frozen

from visma_busy_sync.busy import Order
from visma_busy_sync.eaccounting import _execute, _retrying, models
from visma_busy_sync.eaccounting._execute import Doubt, Options
from visma_busy_sync.eaccounting._operation import Operation
from visma_busy_sync.eaccounting.errors import AnswerLost, EAccountingError
from visma_busy_sync.eaccounting.http import Request, Response, Transport
from visma_busy_sync.integration import (
    _ledger,
    _posting,
    _pushing,
    _reading_back,
    _recovering,
    _searching,
    _withdrawing,
)
from visma_busy_sync.integration._ledger import LedgerBook
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.orders import (
    Event,
    LedgerEntry,
    Looked,
    PostAnswer,
    State,
    look_for,
    outcome_of,
    to_new_order,
)
from visma_busy_sync.orders._ledger import ledger as _documents
from visma_busy_sync.ports import Write
from visma_busy_sync.state import CLAIM_PREFIX
from visma_busy_sync.testing import scheduler

from . import order_scene
from .lasting import InMemory, InSql, Stores
from .order_ports import ANYWHERE, HOUR, ON_THE_WIRE, Fault, Line, Store
from .order_scene import ALLOWED, Job, Scene, finalised
from .order_stories import STORIES, Story
from .small_orders import Ways, refusal

SCHEDULES: Final = int(os.environ.get("ORDER_SCHEDULES", "10000"))
_FIRST: Final = int(os.environ.get("ORDER_SCHEDULE", os.environ.get("FIRST_ORDER_SCHEDULE", "0")))
_COUNT: Final = 1 if "ORDER_SCHEDULE" in os.environ else SCHEDULES
_PARTS: Final = 8


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Each document is read once, since the same text always gives the same value; and nothing is logged."""
    caplog.set_level(logging.WARNING, "visma_busy_sync")
    remembered = functools.lru_cache(4096)(_ledger.order_from)
    for module in (_ledger, order_scene):
        monkeypatch.setattr(module, "order_from", remembered)
    for name in ("order_from_json", "order_to_json"):
        monkeypatch.setattr(_documents, name, functools.lru_cache(4096)(getattr(_documents, name)))


# One worker: every story, disturbed at every point


class Ends:
    """How a worker may end early; the values are as the table of points names them."""

    BEFORE: Final = "before"
    AFTER: Final = "after"
    CANCELLED: Final = "cancelled"


KINDS: Final = (Ends.BEFORE, Ends.AFTER, Ends.CANCELLED, "answer lost", "torn", "slow")

POINTS: Final = frozenset(
    {
        *("read connection", "read tokens", "read order", "read claim", "read claim+order"),
        *("read installation", "read lease", "read order-notes"),
        *("scan connection", "scan order", "scan order-notes"),
        *("commit installation", "commit lease", "commit order-notes"),
        *("commit progress", "commit reserve", "commit send"),
        *("commit transferred", "commit rejected", "commit not_sent", "commit outcome_unknown"),
        *("commit absent", "commit found", "commit escalate", "commit resend", "commit reopen"),
        *("commit withdraw", "commit kept", "commit gone", "commit missing", "commit release"),
        *("work", "finalised", "acquire", "release", "hold off"),
        *("POST /orders", "GET /orders", "GET /orders/{id}", "DELETE /orders/{id}"),
    }
)
"""Every port call and every wire step. What revises an order reserves it in the same commit."""


@frozen
class Disturbance:
    """What goes wrong, and where.

    Attributes:
        kind: Of `KINDS`.
        name: The port call.
        at: The number of the point, for what ends the worker, else of the call; from 1.
        fault: What becomes of the call; None: the worker ends.
        choice: What is chosen wherever the world has a choice: what was on its way arrives, or not.
    """

    kind: str
    name: str
    at: int
    fault: Fault | None = None
    choice: int = 0


def rehearsed(story: Story, ways: Ways, stores: Stores) -> tuple[Line, Scene]:
    """Tell a story undisturbed."""
    world = scheduler.World(choose=lambda _: 0)
    scene = story.scene(world, stores, ways)
    line = Line(world, story.meets.get)
    world.run({"one": scene.worker(story.act(scene), line)}, expected=ALLOWED)
    return line, scene


def disturbances(line: Line) -> Iterator[Disturbance]:
    """Yield each point of a story with each thing that may happen there."""
    for at, point in enumerate(line.awaits, start=1):
        name, _, after = point.partition(": ")
        for choice in (0, 1) if name in WIRE and not after else (0,):
            yield Disturbance(Ends.AFTER if after else Ends.BEFORE, name, at, choice=choice)
        for choice in (0, 1):
            yield Disturbance(Ends.CANCELLED, name, at, choice=choice)
    for at, name in enumerate(line.calls, start=1):
        for fault in ON_THE_WIRE if name in WIRE else ANYWHERE:
            kind = {Fault.LOST: "answer lost", Fault.TORN: "torn", Fault.SLOW: "slow"}.get(fault, str(fault))
            yield Disturbance(kind, name, at, fault)


APART_SECONDS: Final = 300.0
"""By how much the clocks of two processes differ at most."""

WIRE: Final = {"POST /orders", "GET /orders", "GET /orders/{id}", "DELETE /orders/{id}"}


def disturbed(story: Story, ways: Ways, stores: Stores, what: Disturbance) -> Scene:
    """Tell a story, and let something go wrong."""
    world = scheduler.World(choose=lambda n: min(what.choice, n - 1))
    scene = story.scene(world, stores, ways)
    line = Line(world)
    line.pick = lambda name: (
        what.fault if what.fault and len(line.calls) == what.at else story.meets.get(name)
    )
    ends = {"one": what.at} if what.fault is None else {}
    cancelled = what.kind == Ends.CANCELLED
    world.run(
        {"one": scene.worker(story.act(scene), line)},
        crash={} if cancelled else ends,
        cancel=ends if cancelled else {},
        expected=ALLOWED,
    )
    scene.settle()
    return scene


@pytest.mark.parametrize("name", STORIES)
def test_the_stories_end_as_they_should(name: str) -> None:
    """Or what is disturbed below would prove little."""
    story = STORIES[name]
    _, scene = rehearsed(story, Ways(), InMemory())
    assert scene.entries()["o"].state is story.ends
    scene.settle()


def test_every_point_is_disturbed_in_every_way() -> None:
    """The table is shown with `pytest -s`."""
    table: Counter[tuple[str, str]] = Counter()
    for story in STORIES.values():
        table.update((what.name, what.kind) for what in disturbances(rehearsed(story, Ways(), InMemory())[0]))
    sys.stdout.write(f"{'':28}" + "".join(f"{kind:>13}" for kind in KINDS) + "\n")
    for name in sorted(POINTS):
        sys.stdout.write(f"{name:28}" + "".join(f"{table[name, kind]:13}" for kind in KINDS) + "\n")
    assert sum(table.values()) > 8000
    assert {name for name, _ in table} - {"to its end"} == POINTS
    assert not [(name, kind) for name in POINTS for kind in KINDS if not table[name, kind]]
    assert {kind for name, kind in table if name in WIRE} == {*KINDS, *map(str, ON_THE_WIRE[3:])}


def test_the_page_of_the_ledger_tells_how_much_is_tried() -> None:
    page = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
    told = re.search(r"in each of (\d+) stories .* at each of (\d+) port calls and requests", page)
    assert told is not None
    assert told.groups() == (str(len(STORIES)), str(len(POINTS)))


def disturb_everywhere(
    story: Story, ways: Ways, make: Callable[[], Stores], wanted: Callable[[Disturbance], bool]
) -> int:
    """Disturb a story at each point, as far as it is wanted; return how often."""
    found = [what for what in disturbances(rehearsed(story, ways, make())[0]) if wanted(what)]
    for what in found:
        try:
            disturbed(story, ways, make(), what)
        except BaseException as error:
            error.add_note(f"{story}: {what}, {ways}")
            raise
    return len(found)


@pytest.mark.parametrize("name", STORIES)
def test_a_worker_that_is_disturbed_anywhere_doubles_nothing_and_loses_nothing(name: str) -> None:
    assert disturb_everywhere(STORIES[name], Ways(), InMemory, lambda _: True) > 80


UNLISTED: Final = Ways(drafts_listed=False)
UNUSUAL: Final[Mapping[str, Ways]] = {
    "drafts are not listed": UNLISTED,
    "filter and order are refused": Ways(filters="refused", missing="404"),
    "filter and order are ignored": Ways(filters="ignored", amounts="zero"),
    "answers are empty": Ways(told=False, amounts="kept"),
    "orders appear after some lists": Ways(appears_after=5, new_id=True),
    "orders appear after minutes, by id too": Ways(appears_seconds=200, late_by_id=True),
    "what is gone is answered unclearly": Ways(missing="unclear", new_id=True),
}
TOLD: Final = frozenset({"push", "recover what is there", "withdraw", "read back what has another id"})
"""Stories that meet all that may be unusual."""


def _changes_something(what: Disturbance) -> bool:
    """Tell whether it happens to what changes something; how eAccounting behaves is nothing to the rest."""
    return what.name in WIRE or what.name.startswith("commit")


@pytest.mark.parametrize("ways", UNUSUAL.values(), ids=UNUSUAL)
@pytest.mark.parametrize("name", sorted(TOLD))
def test_so_it_is_whatever_eaccounting_does(name: str, ways: Ways) -> None:
    assert disturb_everywhere(STORIES[name], ways, InMemory, _changes_something) > 20


@pytest.mark.parametrize("name", sorted(STORIES.keys() - TOLD))
def test_so_it_is_for_every_story_where_no_draft_is_listed(name: str) -> None:
    assert disturb_everywhere(STORIES[name], UNLISTED, InMemory, lambda what: what.name in WIRE) > 10


def told_everywhere(ways: Ways, names: Iterable[str] = STORIES) -> None:
    """Tell stories undisturbed, where eAccounting is unusual."""
    for name in names:
        try:
            rehearsed(STORIES[name], ways, InMemory())[1].settle()
        except BaseException as error:
            error.add_note(f"{name}: {ways}")
            raise


@pytest.mark.parametrize("ways", UNUSUAL.values(), ids=UNUSUAL)
def test_each_story_comes_to_rest_whatever_eaccounting_does(ways: Ways) -> None:
    told_everywhere(ways)


# Two workers: one looks after what was left, whatever the other is at


MEETINGS: Final = (
    (Options().deadline - Options().timeout, 0),
    (Options().deadline - Options().timeout, APART_SECONDS),
    (HOUR, 0),
)
"""For how many seconds one is held up: so that it may still send, or longer; and by how many the clock of the
other is ahead."""


def looked_after(story: Story, at: int, *, held_up: float, ahead: float) -> None:
    """Have another process recover at a point of a story, while the first one is held up.

    Args:
        story: The story.
        at: The number of the point, from 1.
        held_up: For how many seconds.
        ahead: By how many seconds the clock of the other process is ahead; the first one's is by the rest.
    """
    world = scheduler.World(choose=lambda _: 0)
    scene = story.scene(world, InMemory(), Ways())
    other = scene.worker(scene.recover(), Line(world, ahead=ahead))

    def meet(point: int) -> None:
        if point == at:
            world.clock.advance(held_up)
            world.run({"other": other}, expected=ALLOWED)

    line = Line(world, story.meets.get, meet, ahead=APART_SECONDS - ahead)
    world.run({"one": scene.worker(story.act(scene), line)}, expected=ALLOWED)
    scene.settle()


def looked_after_anywhere(story: Story) -> int:
    """Have another process recover after each call of a story; return how often."""
    line = rehearsed(story, Ways(), InMemory())[0]
    points = [at for at, point in enumerate(line.awaits, start=1) if point.endswith(": reply")]
    for at, (held_up, ahead) in itertools.product(points, MEETINGS):
        try:
            looked_after(story, at, held_up=held_up, ahead=ahead)
        except BaseException as error:
            where = line.awaits[at - 1]
            error.add_note(f"{story}: another one at {where}, {held_up:g} s later, {ahead:g} s ahead")
            raise
    return len(points) * len(MEETINGS)


@pytest.mark.parametrize("name", STORIES)
def test_a_worker_is_not_given_up_by_one_whose_clock_differs(name: str) -> None:
    assert looked_after_anywhere(STORIES[name]) > 24


@pytest.fixture(params=["sqlite", "postgres"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    engine = sqlalchemy.create_engine(cast("str", request.getfixturevalue(f"{request.param}_url")))
    yield InSql(engine)
    engine.dispose()


def test_so_it_is_over_a_database(stores: Stores) -> None:
    """Each point with each kind, in one of the stories."""
    nothing = stores.kept()

    def make() -> Stores:
        stores.bring_back(nothing)
        return stores

    done: set[tuple[str, str]] = set()

    def wanted(what: Disturbance) -> bool:
        fresh = (what.name, what.kind) not in done
        done.add((what.name, what.kind))
        return fresh

    schedules = sum(disturb_everywhere(story, Ways(), make, wanted) for story in STORIES.values())
    assert schedules == len(done) > len(POINTS) * len(KINDS)


# Many workers


def ways_of(world: scheduler.World) -> Ways:
    """Choose how eAccounting behaves: half the time as usual, else unusual in any ways."""
    if world.choose(2) == 0:
        return Ways()
    late = world.choose(3)
    return Ways(
        drafts_listed=world.choose(4) > 0,
        filters=("work", "refused", "ignored")[world.choose(3)],
        amounts=("computed", "kept", "zero")[world.choose(3)],
        told=world.choose(3) > 0,
        missing=("400_3000", "404")[world.choose(2)],
        appears_after=5 if late == 1 else 0,
        appears_seconds=200 if late == 2 else 0,
        late_by_id=late == 2 and world.choose(2) == 1,
        new_id=world.choose(2) == 1,
        refuses=(0, 0, 1)[world.choose(3)],
    )


WORKERS: Final = (1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 8)
ENTRIES: Final = (("h1", "h2"), ("h3",), ("h2", "h4"))
"""The hours of the orders: the first and the third have one in common."""


def storm(world: scheduler.World, ways: Ways | None = None, make: Callable[[], Stores] = InMemory) -> None:
    """Up to eight processes and people at once: some die, are cancelled or slow, and calls go wrong."""
    ways = ways or ways_of(world)
    resends = not ways.is_late and world.choose(5) == 0
    scene = Scene(world, ways, make(), resends=resends, retries=world.choose(2))
    begins = world.choose(7)
    is_restored = begins == 3 and ways.drafts_listed and not ways.is_late
    # Hours that a restored database forgot are free for another order: no process can help that.
    for number in range((1, 2, 2 if is_restored else 3)[world.choose(3)]):
        scene.orders[f"o{number}"] = finalised(f"o{number}", *ENTRIES[number])
    if is_restored:
        restored(world, scene)
    elif begins > 2:
        scene.do(scene.push("o0"))
    if begins > 4:
        world.clock.advance((60, 300, 3600)[world.choose(3)])
    jobs = {
        f"{number} {name}": job
        for number in range(WORKERS[world.choose(len(WORKERS))])
        for name, job in [one_of(world, scene)]
    }
    apart = APART_SECONDS if world.choose(3) == 0 else 0
    lines = {name: Line(world, faults(world), ahead=world.choose(2) * apart) for name in jobs}
    crash = {name: 1 + world.choose(70) for name in jobs if world.choose(4) == 0}
    cancel = {name: 1 + world.choose(70) for name in jobs if name not in crash and world.choose(6) == 0}
    workers = {name: scene.worker(job, lines[name]) for name, job in jobs.items()}
    if world.choose(4) == 0:
        workers["people"] = scene.worker(scene.meddle(), Line(world))
    if world.choose(6) == 0:
        workers["care"] = scene.worker(scene.care(), Line(world))
    world.run(workers, crash=crash, cancel=cancel, expected=ALLOWED, stalls=world.choose(3) == 0)
    scene.settle()


def restored(world: scheduler.World, scene: Scene) -> None:
    """The first order is sent, and perhaps revised; then the database is brought back to a moment before.

    The host's own orders may be with it, or not; and there the order may be edited, or be another one under
    its id.
    """
    backups = [scene.backup()]
    scene.do(scene.push("o0"))
    if world.choose(2):
        world.clock.advance(HOUR)
        backups.append(scene.backup())
        scene.do(scene.withdraw("o0"))
        backups.append(scene.backup())
        scene.do(scene.revise("o0"))
    scene.restore(backups[world.choose(len(backups))])
    if world.choose(2):
        scene.orders["o0"] = finalised("o0", *ENTRIES[0])
        if world.choose(2) and not (scene.restored and "o0" in scene.restored):
            scene.edit("o0", 1)
    elif world.choose(3) == 0:
        scene.edit("o0", scene.orders["o0"].revision + 1)


def one_of(world: scheduler.World, scene: Scene) -> tuple[str, Job]:
    """Choose what a process does."""
    id = f"o{world.choose(len(scene.orders))}"
    jobs: Sequence[tuple[str, Callable[[], Job]]] = (
        ("push", lambda: scene.push(id)),
        ("push", lambda: scene.push(id)),
        ("push", lambda: scene.push(id)),
        ("push due", scene.push_due),
        ("push many", scene.push_many),
        ("recover", scene.recover),
        ("recover", scene.recover),
        ("withdraw", lambda: scene.withdraw(id)),
        ("withdraw", lambda: scene.withdraw(id)),
        ("revise", lambda: scene.revise(id)),
        ("resolve", lambda: scene.resolve(id)),
        ("read back", scene.read_back),
        ("read back due", scene.read_back_due),
    )
    name, job = jobs[world.choose(len(jobs))]
    return f"{name} {id}", job()


def faults(world: scheduler.World) -> Callable[[str], Fault | None]:
    """Let some calls go wrong, those that change something more often."""
    if world.choose(3) == 0:
        return lambda _: None

    def pick(name: str) -> Fault | None:
        odds = 5 if name.startswith(("POST", "DELETE", "commit")) else 30
        if world.choose(odds):
            return None
        known = ON_THE_WIRE if name in WIRE else ANYWHERE
        return known[world.choose(len(known))]

    return pick


@pytest.mark.parametrize("part", range(_PARTS if _COUNT > 1 else 1))
def test_no_schedule_doubles_or_loses_an_order(part: int) -> None:
    for seed in range(_FIRST + part, _FIRST + _COUNT, _PARTS):
        try:
            storm(scheduler.World(seed=seed))
        except BaseException as error:
            error.add_note(
                f"again: ORDER_SCHEDULE={seed} make test ARGS=tests/integration/test_order_matrix.py"
            )
            raise


def test_nor_does_one_over_a_database(stores: Stores) -> None:
    nothing = stores.kept()

    def make() -> Stores:
        stores.bring_back(nothing)
        return stores

    for seed in range(100):
        storm(scheduler.World(seed=seed), make=make)


# A search that finds nothing wrong proves something only if it finds what is wrong. These are mistakes that a
# ledger is most easily written with.


async def _unnoted(_: LedgerBook, before: LedgerEntry) -> LedgerEntry:
    return before


async def _not_looked_for(*_: object) -> None:
    return None


async def _sent_again(ledger: LedgerBook, entry: LedgerEntry, *_: object, **__: object) -> LedgerEntry:
    return await ledger.fire(Event.RESEND, after=entry)


async def _freed(_: object, ledger: LedgerBook, entry: LedgerEntry, *__: object) -> LedgerEntry:
    return await ledger.fire(Event.GONE, after=entry)


async def _anew(upstream: Upstream, new: models.NewOrder, doubt: Doubt, **_: object) -> models.Order:
    clock = upstream._env.clock
    return await _CREATE(upstream, new, doubt, since=clock.monotonic(), latest=clock.now())


async def _in_two_commits(store: Store, tenant: str, writes: Sequence[Write]) -> bool:
    first = [write for write in writes if not write.key.startswith(CLAIM_PREFIX)]
    then = [write for write in writes if write.key.startswith(CLAIM_PREFIX)]
    return await _COMMIT(store, tenant, first or then) and (
        not (first and then) or await _COMMIT(store, tenant, then)
    )


async def _over_everything(store: Store, tenant: str, writes: Sequence[Write]) -> bool:
    known = await store.read(tenant, [write.key for write in writes])
    versions = {key: found.version for key, found in known.items()}
    return await _COMMIT(
        store, tenant, [attrs.evolve(write, expected=versions.get(write.key)) for write in writes]
    )


def _tried_again(
    operation: Operation[Any], error: EAccountingError, *, attempt: int, chance: float
) -> float | None:
    return 1.0 if isinstance(error, AnswerLost) else _PAUSE(operation, error, attempt=attempt, chance=chance)


def _taken_for_not_sent(answer: PostAnswer) -> Event:
    event = outcome_of(answer)
    return Event.NOT_SENT if event is Event.OUTCOME_UNKNOWN else event


def _with_hours_lost(order: Order, **how: Any) -> models.NewOrder:
    lines = tuple(attrs.evolve(line, text=line.text.split()[0]) for line in order.lines)
    return to_new_order(attrs.evolve(order, lines=lines), **how)


def _in_any_revision(marker: str, rows: Iterable[models.Order], *, sure: bool) -> Looked:
    stem = marker.rpartition(".")[0]
    seen = [row for row in rows if stem in (row.our_reference or "")]
    return Looked(draft=seen[0]) if len(seen) == 1 else look_for(marker, seen, sure=sure)


@frozen
class _KnowsNoId:
    """A transport that reads no order by its id, so that only the list counts."""

    wire: Transport

    async def send(self, request: Request) -> Response:
        if request.method == "GET" and "/orders/" in request.url:
            return refusal(400, 3000)
        return await self.wire.send(request)


async def _by_the_list(site: Site, tenant: str, order_id: str) -> LedgerEntry:
    return await _RELEASE(attrs.evolve(site, transport=_KnowsNoId(site.transport)), tenant, order_id)


_CREATE, _COMMIT, _PAUSE = Upstream.create_draft, Store.commit, _retrying.pause_before_retry
_RELEASE = _reading_back.release

_LATE: Final = Ways(appears_seconds=200, late_by_id=True, new_id=True)


def storms(ways: Ways | None = None) -> None:
    """Many workers at once, a few thousand times; where eAccounting behaves as a mistake shows soonest."""
    for seed in range(6000):
        storm(scheduler.World(seed=seed), ways)


def beside_another() -> None:
    """Each story, beside another process."""
    for story in STORIES.values():
        looked_after_anywhere(story)


MISTAKES: Final[Mapping[str, tuple[object, str, object, Callable[[], object]]]] = {
    "it is not noted that it is sent": (_pushing, "note_sending", _unnoted, storms),
    "it is not looked for before": (_pushing, "there_already", _not_looked_for, storms),
    "claims have a commit of their own": (Store, "commit", _in_two_commits, storms),
    "documents are written over everything": (Store, "commit", _over_everything, storms),
    "a POST without an answer is tried again": (
        _execute,
        "pause_before_retry",
        _tried_again,
        lambda: disturb_everywhere(STORIES["push, and try again"], Ways(), InMemory, lambda _: True),
    ),
    "an unclear answer counts as a refusal": (_posting, "outcome_of", _taken_for_not_sent, storms),
    "what is not seen is sent again": (_recovering, "_not_seen", _sent_again, storms),
    "what a worker left is not looked for": (
        _recovering,
        "UNSETTLED_STATES",
        {State.OUTCOME_UNKNOWN},
        storms,
    ),
    "one that is held up sends all the same": (Upstream, "create_draft", _anew, beside_another),
    "what is gone by its id is freed": (_withdrawing, "_confirmed", _freed, lambda: storms(_LATE)),
    "what is not shown yet counts as gone": (
        _withdrawing,
        "appears_by",
        lambda *_: None,
        lambda: storms(_LATE),
    ),
    "hours are lost on the way": (_pushing, "to_new_order", _with_hours_lost, storms),
    "another revision is taken for the draft": (_searching, "look_for", _in_any_revision, storms),
    "clocks count as the same": (_recovering, "CLOCKS_DIFFER", timedelta(0), beside_another),
    "what no list shows is released": (
        _reading_back,
        "release",
        _by_the_list,
        lambda: told_everywhere(UNLISTED),
    ),
}
"""What is done wrongly, and where that is searched for."""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, name, wrong, search = MISTAKES[mistake]
    monkeypatch.setattr(owner, name, wrong)
    with pytest.raises(AssertionError):
        search()
