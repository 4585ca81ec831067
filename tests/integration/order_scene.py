"""A tenant with some orders: what its processes and its people do with them, and what must hold afterwards.

It is counted on the server's own orders, and read from the ledger.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, final

import attrs
from attrs import define, field

from visma_busy_sync._core.stepper import step
from visma_busy_sync.busy import Order
from visma_busy_sync.eaccounting import Application
from visma_busy_sync.eaccounting._execute import Options
from visma_busy_sync.eaccounting.errors import EAccountingError
from visma_busy_sync.errors import StoreUnavailable
from visma_busy_sync.integration import (
    DraftChanged,
    DraftStillThere,
    NotThisDraft,
    NotThisDraftReason,
    OrderClosed,
    OrderEvent,
    OrderNotTransferred,
    OrderUnknown,
    SearchIncomplete,
    TenantEvent,
    _orders_due,
    _pushing,
    _reading_back,
    _recovering,
    _resolving,
    _withdrawing,
)
from visma_busy_sync.integration._books import read_books
from visma_busy_sync.integration._ledger import order_from
from visma_busy_sync.integration._site import Choices, Site
from visma_busy_sync.orders import (
    CLAIMING_STATES,
    PERSON_STATES,
    UNSETTLED_STATES,
    EntryTaken,
    Event,
    IllegalTransition,
    LedgerEntry,
    OrderOutcomeUnknown,
    OrderRejected,
    OrderRevised,
    State,
    billing_proof,
)
from visma_busy_sync.ports import LiftedStateStore, Write
from visma_busy_sync.state import CLAIM_PREFIX, ORDER_PREFIX, StoreBusy, holders
from visma_busy_sync.stores import MemoryCatalogue
from visma_busy_sync.testing import scheduler

from .fake import COMPANY, GatedCatalogue, OpenSealer, connected
from .fake import order as order_over
from .lasting import InMemory, Stores
from .listening import NAMES
from .office import ACME, MARCH
from .order_ports import BOOKED, HOUR, Budget, HostGone, Line, NamedRuntime, OwnClock, Store, Wire, WorkLog
from .small_orders import Made, SmallOrders, Ways

ALLOWED: Final = (
    DraftChanged,
    DraftStillThere,
    EAccountingError,
    EntryTaken,
    HostGone,
    IllegalTransition,
    NotThisDraft,
    OrderClosed,
    OrderNotTransferred,
    OrderOutcomeUnknown,
    OrderRejected,
    OrderRevised,
    OrderUnknown,
    SearchIncomplete,
    StoreBusy,
    StoreUnavailable,
)
"""Errors that a use case may end with; each is documented."""

RESTING: Final = frozenset(
    {
        State.TRANSFERRED,
        State.WITHDRAWN,
        State.RELEASED,
        State.OPEN,
        State.REJECTED,
        State.NEEDS_ATTENTION,
        State.GONE_UPSTREAM,
    }
)
"""Where an order may be when no process has anything to do for it: at an end, or waiting for a person."""

NO_DRAFT: Final = frozenset({State.RESERVED, State.REJECTED, State.OPEN, State.WITHDRAWN, State.RELEASED})
"""Where the ledger says that surely nothing is there."""

DUE: Final = datetime(2026, 1, 2, tzinfo=UTC)
"""After the connection was made."""

FREE: Final = "h5"
"""Hours that an order may have from its second revision on."""

ROUNDS: Final = 12
"""More than anything needs that is not disturbed."""

Job: TypeAlias = Callable[[Site], Coroutine[Any, Any, object]]

_CATALOGUE: Final = MemoryCatalogue()
_APPLICATION: Final = Application(client_id="id", client_secret="secret", redirect_uri="https://b.example/cb")


_TOLD: Final = {
    State.TRANSFERRED: "on_transferred",
    State.REJECTED: "on_rejected",
    State.NEEDS_ATTENTION: "on_needs_attention",
    State.WITHDRAWN: "on_withdrawn",
    State.GONE_UPSTREAM: "on_gone_upstream",
}


def _told_of(entry: LedgerEntry) -> Iterator[str]:
    """What a listener that missed nothing was told of an order."""
    for before, now in itertools.pairwise(entry.history):
        if now.state in _TOLD and now.state is not before.state and now.event is not Event.KEPT:
            yield _TOLD[now.state]


def finalised(id: str, *entries: str, revision: int = 1) -> Order:
    """Return an order over hours; what its row says is what the server counts by."""
    order = order_over(id, *entries)
    lines = (attrs.evolve(order.lines[0], text=" ".join(entries)),)
    return attrs.evolve(order, lines=lines, revision=revision, finalised_at=DUE)


@final
@define(eq=False)
class Scene:
    """A tenant, the processes that serve it, people, and eAccounting.

    Attributes:
        world: Where it all happens.
        ways: How eAccounting behaves.
        stores: What outlives the processes.
        resends: Whether the host chose that orders are sent again by themselves.
        retries: How often a process tries a call again.
        restored: The ledger that a backup had, after which more was sent; None: none was brought back.
        server: eAccounting.
        orders: The host's orders, each in its latest revision.
        decided: How often a person decided that an order is sent again, by its marker.
        told: How often listeners were told each thing of each order.
    """

    world: scheduler.World
    ways: Ways = field(factory=Ways)
    stores: Stores = field(factory=InMemory)
    resends: bool = False
    retries: int = 0
    restored: Mapping[str, LedgerEntry] | None = None
    server: SmallOrders = field(init=False)
    orders: dict[str, Order] = field(factory=dict[str, Order])
    decided: Counter[str] = field(factory=Counter[str])
    told: Counter[tuple[str, str]] = field(factory=Counter[tuple[str, str]])
    _person: bool = False

    def __attrs_post_init__(self) -> None:
        self.server = SmallOrders(self.world.clock, self.ways, awaits=self._awaits)
        connected(self.stores.state)

    # Processes

    def site(self, line: Line) -> Site:
        """A process that begins."""
        return Site(
            catalogue=GatedCatalogue(_CATALOGUE),
            work=WorkLog(line, lambda: list(self.orders.values())),
            state=Store(line, self.stores.state),
            application=_APPLICATION,
            transport=Wire(line, self.server),
            runtime=NamedRuntime(line),
            clock=OwnClock(line),
            limiter=Budget(line),
            sealer=OpenSealer(),
            options=Options(max_retries=self.retries),
            choices=Choices(resend_unknown=self.resends),
            hear=self._hear,
        )

    async def _hear(self, name: str, event: TenantEvent) -> None:
        """A listener, which sees whether what it is told is stored."""
        if isinstance(event, OrderEvent):
            entry = self.entries()[event.order_id]
            assert self.restored is not None or any(
                (each.at, each.state, each.revision) == (event.at, event.state, event.revision)
                for each in entry.history
            ), f"{name} of {event.order_id} is told, but not stored"
            self.told[event.order_id, name] += 1

    def worker(self, job: Job, line: Line) -> Callable[[], Coroutine[Any, Any, object]]:
        """A process that does a job; what goes wrong must be what is documented."""
        site = self.site(line)

        async def work() -> object:
            results = await job(site)
            for result in _each(results):
                error = getattr(result, "error", None)
                assert error is None or isinstance(error, ALLOWED), error
            return results

        return work

    def do(self, *jobs: Job) -> None:
        """Do jobs undisturbed, one after the other."""
        for job in jobs:
            self.world.run({"calm": self.worker(job, Line(self.world))}, expected=ALLOWED)

    def kept(self) -> object:
        """All of it but the time, to be brought back."""
        return self.stores.kept(), self.server.kept(), Counter(self.told)

    def bring_back(self, kept: Any) -> None:
        """Bring all back to what it was."""
        stores, server, told = kept
        self.stores.bring_back(stores)
        self.server.bring_back(server)
        self.told = Counter(told)

    def backup(self) -> Mapping[str, str]:
        """What the database has of orders, by key."""
        state = self.stores.state
        return {
            found.key: found.document.body
            for prefix in (ORDER_PREFIX, CLAIM_PREFIX)
            for found in state.scan(prefix, ACME)
        }

    def restore(self, backup: Mapping[str, str]) -> None:
        """Bring the database back to what it was, though not eAccounting."""
        state = self.stores.state
        known = state.read(ACME, [*self.backup(), *backup])
        versions = {key: found.version for key, found in known.items()}
        assert state.commit(
            ACME, [Write(key, versions.get(key), backup.get(key)) for key in {*versions, *backup}]
        )
        self.restored = self.entries()

    # What processes do

    def push(self, id: str) -> Job:
        return lambda site: _pushing.push(site, ACME, self.orders[id])

    def push_many(self) -> Job:
        return lambda site: _pushing.push_many(site, ACME, list(self.orders.values()))

    def push_due(self) -> Job:
        return _orders_due.push_due

    def recover(self) -> Job:
        return lambda site: _recovering.recover(site, ACME)

    def read_back(self) -> Job:
        return lambda site: _reading_back.read_back(site, ACME)

    def read_back_due(self) -> Job:
        return _orders_due.read_back_due

    # What people do, who look first

    def withdraw(self, id: str) -> Job:
        return lambda site: _withdrawing.withdraw(site, ACME, id)

    def revise(self, id: str) -> Job:
        """Edit an order that may be edited, unless that is done, and send it again."""

        async def job(site: Site) -> object:
            entry = await _reading_back.ledger_entry(site, ACME, id)
            if entry is None:
                return None
            if entry.state in {State.REJECTED, State.RESERVED}:
                entry = await _resolving.reopen(site, ACME, id)
            if entry.state in {State.OPEN, State.WITHDRAWN, State.RELEASED}:
                if self.orders[id].revision <= entry.revision:
                    self.edit(id, entry.revision + 1)
                return await _pushing.push(site, ACME, self.orders[id])
            return None

        return job

    def edit(self, id: str, revision: int) -> None:
        """Make an order anew in Busy, over the same hours, fewer or more."""
        hours = hours_of(self.orders[id])
        fewer, more = hours[:1], tuple(dict.fromkeys((*hours, FREE)))
        self.orders[id] = finalised(id, *(hours, fewer, more)[self.world.choose(3)], revision=revision)

    def resolve(self, id: str) -> Job:
        """Look into eAccounting, at all that is there, and say what is so. One person at a time does that."""

        async def job(site: Site) -> object:
            if self._person:
                return None
            self._person = True
            try:
                return await self._resolved(site, id)
            finally:
                self._person = False

        return job

    async def _resolved(self, site: Site, id: str) -> object:
        entry = await _reading_back.ledger_entry(site, ACME, id)
        if entry is None or entry.state not in {State.NEEDS_ATTENTION, State.GONE_UPSTREAM}:
            return None
        for made in self.server.of(entry.marker):
            if made.row is not None and _bills(made, entry):
                with _not_taken():
                    return await _resolving.resolve(site, ACME, id, found=made.row["Id"])
            self.server.delete(made)  # it is another order than the one that the person sees in Busy
        if entry.state is State.GONE_UPSTREAM:
            return await _reading_back.release(site, ACME, id)
        unclear = self.server.ways.missing == "unclear"  # then withdrawing it again leads nowhere
        if entry.eaccounting_id is not None and not unclear and self.world.choose(2):
            return await _withdrawing.withdraw(site, ACME, id)
        self.decided[entry.marker] += 1
        return await _resolving.resolve(site, ACME, id, send_again=True)

    def care(self) -> Job:
        """What a host's scheduler calls three times in an hour, and a person who looks as often."""

        async def job(site: Site) -> None:
            for _ in range(3):
                await site.runtime.sleep(1100)
                for each in (self.recover(), *map(self.resolve, self.orders), self.push_due()):
                    with contextlib.suppress(*ALLOWED):
                        await each(site)

        return job

    def meddle(self) -> Job:
        """Convert, edit or delete an order in eAccounting."""

        async def job(_: Site) -> None:
            for _times in range(3):
                await scheduler.Point("a person")
                live = self.server.live()
                if live:
                    made = live[self.world.choose(len(live))]
                    (self.server.convert, self.server.edit, self.server.delete)[self.world.choose(3)](made)

        return job

    # What came of it

    def entries(self) -> Mapping[str, LedgerEntry]:
        """The ledger, by order."""
        found = [
            order_from(each.key, each.document.body) for each in self.stores.state.scan(ORDER_PREFIX, ACME)
        ]
        return {each.order_id: each for each in found if isinstance(each, LedgerEntry)}

    def claims(self) -> Mapping[str, str]:
        """Which order holds which hours."""
        return holders({each.key: each.document.body for each in self.stores.state.scan(CLAIM_PREFIX, ACME)})

    def check(self) -> Mapping[str, LedgerEntry]:
        """See that nothing is doubled, and that the ledger says what is so; at any moment."""
        server, entries = self.server, self.entries()
        assert not server.wrong, "; ".join(server.wrong)
        made = Counter(each.marker for each in server.made)
        for marker, count in made.items():
            may_be_again = self.resends or self.restored is not None
            assert may_be_again or count <= 1 + self.decided[marker], f"{marker} was made {count} times"
        held = {claim: entry.order_id for entry in entries.values() for claim in entry.claims}
        assert self.claims() == held, "the claims are not those of the orders"
        for entry in entries.values():
            there = server.of(entry.marker)
            if entry.state in NO_DRAFT and not self._may_forget(entry):
                assert not there, f"{entry.order_id} is {entry.state}, and there"
            if self.restored is None or (entry.state is State.TRANSFERRED and not self._may_forget(entry)):
                for each in there:
                    assert _bills(each, entry), f"{entry.order_id} is there with other hours: {each.entries}"
            happened = Counter(_told_of(entry))
            for name in NAMES:
                told = self.told[entry.order_id, name]
                assert self.restored is not None or told <= happened[name], f"{name} was told {told} times"
        return entries

    def _may_forget(self, entry: LedgerEntry) -> bool:
        """Tell whether an order may be there as the ledger does not know it: nobody has looked since."""
        if self.restored is None:
            return False
        return entry.state is State.RESERVED or entry == self.restored.get(entry.order_id)

    def _awaits(self, marker: str) -> bool:
        """Tell whether the ledger says that a process is at a POST."""
        return any(
            entry.marker == marker and entry.state is State.SENDING for entry in self.entries().values()
        )

    def settle(self) -> None:
        """Let processes that nobody disturbs come, and time pass, until nothing moves; then people.

        Then each order is at an end or waits for a person; and when the people have looked, it is there once.
        """
        self._prove()
        after = self._until_nothing_moves(self._processes)
        for id, entry in after.items():
            assert entry.state in RESTING, f"{id} stays {entry.state}"
        self._there(after)
        after = self._until_nothing_moves(self._people)
        self._there(after)
        self._prove()
        for id in self.orders:
            known = after.get(id)
            if known is not None and known.state is State.TRANSFERRED:
                (made,) = self.server.of(known.marker)
                assert made.row is not None
                assert known.eaccounting_id == made.row["Id"]
            else:
                told = known.state if known else "not known"
                assert not self._is_free(id), f"{id} is {told}, though nothing is in its way"

    def _prove(self) -> None:
        """See that every hour is on exactly one order, or open."""
        works, books = {"j": BOOKED}, step(read_books, self._plain_site(), ACME)
        proof = billing_proof(works, books, MARCH, company_id=COMPANY)
        assert proof.holds, str(proof)

    def _plain_site(self) -> Site:
        """A process whose store is not on a line."""
        return attrs.evolve(self.site(Line(self.world)), state=LiftedStateStore(self.stores.state))

    def _is_free(self, id: str) -> bool:
        """Tell whether no other order has hours of this one."""
        claims = self.claims()
        return all(claims.get(claim, id) == id for claim in self.orders[id].claims)

    def _processes(self, entries: Mapping[str, LedgerEntry]) -> Iterator[Job]:
        """Yield what a scheduler would call, as far as it would do something."""
        states = {entry.state for entry in entries.values()}
        if states & UNSETTLED_STATES:
            yield self.recover()
        if State.RESERVED in states or any(map(self._is_free, self.orders.keys() - entries.keys())):
            yield self.push_due()

    def _people(self, entries: Mapping[str, LedgerEntry]) -> Iterator[Job]:
        """Yield the same, and what people would do."""
        there = {made.row["Id"] for made in self.server.live() if made.row is not None}
        sent = [entry for entry in entries.values() if entry.state is State.TRANSFERRED]
        lost = [entry.order_id for entry in sent if entry.eaccounting_id not in there]
        if lost or any(entry.progress is None for entry in sent):
            yield self.read_back()
        if self.server.ways.missing == "unclear":  # reading them back concludes nothing
            yield from map(self.withdraw, lost)
        yield from self._processes(entries)
        for id, entry in entries.items():
            if entry.state in PERSON_STATES - {State.REJECTED}:
                yield self.resolve(id)
            elif entry.state not in CLAIMING_STATES - {State.REJECTED} and self._is_free(id):
                yield self.revise(id)

    def _until_nothing_moves(
        self, jobs: Callable[[Mapping[str, LedgerEntry]], Iterator[Job]]
    ) -> Mapping[str, LedgerEntry]:
        entries = self.check()
        for _ in range(ROUNDS):
            before = entries
            self.world.clock.advance(HOUR)
            self.do(*jobs(entries))
            entries = self.check()
            if _standing(entries) == _standing(before):
                return entries
        raise AssertionError(f"it does not come to rest: {_standing(entries)}")

    def _there(self, entries: Mapping[str, LedgerEntry]) -> None:
        """See that an order that is there is known to be, or that a person is asked."""
        asks = {State.TRANSFERRED, State.NEEDS_ATTENTION, State.GONE_UPSTREAM}
        known = {entry.marker.rpartition(".")[0] for entry in entries.values()}
        assert {each.stem for each in self.server.made} <= known, "one is there that the ledger does not know"
        for entry in entries.values():
            if self.server.of(entry.marker) and not self._may_forget(entry):
                assert entry.state in asks, f"{entry.order_id} is {entry.state}, and there"


def hours_of(order: Order) -> tuple[str, ...]:
    """Return the ids of the hours that an order is over."""
    return tuple(claim.partition(":")[2] for claim in order.claims)


def _bills(made: Made, entry: LedgerEntry) -> bool:
    """Tell whether an order in eAccounting was sent with exactly the hours that the ledger has on it."""
    hours = hours_of(entry.order)
    return sorted(made.entries) == sorted(hours) and made.quantity == len(hours)


@contextlib.contextmanager
def _not_taken() -> Iterator[None]:
    """Go on where an order in eAccounting is not taken for ours, since it was edited, too."""
    try:
        yield
    except NotThisDraft as error:
        if error.reason is not NotThisDraftReason.OTHER_CONTENT:
            raise


def _standing(entries: Mapping[str, LedgerEntry]) -> object:
    return {
        id: (entry.state, len(entry.history), entry.revision, entry.progress is None)
        for id, entry in entries.items()
    }


def _each(results: object) -> Sequence[Any]:
    """Return the single results that a use case returned, also of tenants."""
    if not isinstance(results, Iterable):
        return ()
    found: list[Any] = []
    for one in results:
        found.append(one)
        for name in ("recovered", "pushed", "read"):
            found += getattr(one, name, ())
    return found
