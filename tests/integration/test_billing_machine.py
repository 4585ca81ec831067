"""Whatever people, eAccounting and the wire do to orders, in any order: after each step the proof is right.

A model that knows nothing of claims, documents or rules of the package keeps what it saw: what was booked,
what each order billed, and what became of it.

`BILLING_SEED=1 BILLING_RUNS=1000 pytest tests/integration/test_billing_machine.py` tries others.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar, Final

from attrs import frozen
from hypothesis import HealthCheck, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from visma_busy_sync import BusySync
from visma_busy_sync.busy import (
    Approval,
    Exclusion,
    Expense,
    FixedPrice,
    Order,
    Period,
    PriceMode,
    Prices,
    TimeEntry,
    WorkType,
)
from visma_busy_sync.errors import (
    EAccountingError,
    EntryTaken,
    FixedPriceBilled,
    OrderChanged,
    OrderClosed,
    OrderNotReady,
    OrderOutcomeUnknown,
    OrderRejected,
)
from visma_busy_sync.orders import BillingProof, BreakCode, OpenReason, State
from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore, MemoryWorkLog
from visma_busy_sync.sync import Kind
from visma_busy_sync.testing import scheduler

from .billing_visma import BillingVisma, Ending
from .office import ACME, SESSION
from .small_visma import SmallVisma

SEED: Final = int(os.environ.get("BILLING_SEED", "7"))
RUNS: Final = int(os.environ.get("BILLING_RUNS", "60"))
STEPS: Final = 40

COMPANY: Final = "0c0c0c0c-0000-0000-0000-00000000000b"
NOVEMBER: Final = Period(date(2026, 11, 1), date(2026, 11, 30))
UNIT: Final = "00000000-0000-4000-8000-0000000000aa"
ADVICE, AGREED = "advice", "agreed"
"""Work types: one by the hour, one with a fixed price."""

_HOLDING: Final = frozenset({State.TRANSFERRED, State.RESERVED, State.REJECTED, State.OUTCOME_UNKNOWN})
_EDITED: Final = (State.OPEN, State.WITHDRAWN)
_STATES: Final = {
    Ending.MADE: State.TRANSFERRED,
    Ending.REFUSED: State.REJECTED,
    Ending.WAITS: State.RESERVED,
    Ending.LOST: State.OUTCOME_UNKNOWN,
    Ending.MADE_AND_LOST: State.OUTCOME_UNKNOWN,
}

PROJECTS: Final = st.integers(0, 1)
IDS: Final = st.integers(0, 2)
DAYS: Final = st.sampled_from([10, 20, 30, 40])  # the last one is in December
WHICH: Final = st.integers(0, 11)
PRICES: Final = st.sampled_from(["99.95", "0.005", "12"])
MINUTES: Final = st.sampled_from([0, 20, 50, 90])
APPROVALS: Final = st.sampled_from([Approval.APPROVED, Approval.APPROVED, Approval.NONE])
EXCLUSIONS: Final = st.sampled_from([None, None, None, Exclusion.OTHER])
ENDINGS: Final = st.sampled_from([Ending.MADE, Ending.MADE, *Ending])


@frozen
class Seen:
    """What of an entry an order depends on, and the project that it is on."""

    project: str
    content: tuple[object, ...]


class Billing(RuleBasedStateMachine):
    """A workspace with two projects of one customer."""

    judged: ClassVar[Counter[str]] = Counter()
    """What was seen over all runs."""

    def __init__(self) -> None:
        super().__init__()
        clock = scheduler.VirtualClock(datetime(2026, 11, 30, 9, tzinfo=UTC))
        self.visma = BillingVisma(SmallVisma(clock))
        small = self.visma.small
        small.found(COMPANY, "Acme AS")
        customer = small.create(COMPANY, Kind.CUSTOMER, Name="Fjord AS", CustomerNumber="1")
        small.create(COMPANY, Kind.PRODUCT, Number="1", Name="Timer", UnitId=UNIT, UnitAbbreviation="t")
        for number in ("1", "2"):
            small.create(COMPANY, Kind.PROJECT, Number=number, Name=f"P{number}", CustomerId=customer)
        busy = MemoryCatalogue()
        self.log = MemoryWorkLog(busy)
        self.acme = BusySync(
            catalogue=busy,
            work=self.log,
            state=MemoryStateStore(),
            client_id="id",
            client_secret="secret",
            redirect_uri="http://127.0.0.1:9/callback",
            transport=self.visma,
            clock=clock,
            max_retries=0,
        ).tenant(ACME)
        url = self.acme.connect(project_sync=True, session=SESSION)
        self.acme.complete_login(small.approve(url, COMPANY), session=SESSION)
        self.acme.sync()
        (product,) = [record.id for record in busy.load(ACME, Kind.PRODUCT)]
        self.projects = sorted(record.id for record in busy.load(ACME, Kind.PROJECT))
        for id in (ADVICE, AGREED):
            self.log.add_work_type(ACME, WorkType(id=id, name=id, product=product))
        self.fixed = dict.fromkeys(self.projects, Decimal(0))
        for project in self.projects:
            self.agree(project, Decimal(3000))
        # What the model saw.
        self.booked: dict[str, tuple[str, TimeEntry | Expense]] = {}
        self.built: list[tuple[Order, Mapping[str, Seen]]] = []
        self.states: dict[str, State] = {}
        self.pushed: dict[str, tuple[Order, Mapping[str, Seen]]] = {}

    def agree(self, project: str, amount: Decimal) -> None:
        self.fixed[project] = amount
        fixed = (FixedPrice(work_type=AGREED, amount=amount),) if amount else ()
        rates = {ADVICE: Decimal(1000), AGREED: Decimal(500)}
        prices = Prices(mode=PriceMode.WORK_TYPE, work_type_rates=rates, fixed_prices=fixed)
        self.log.set_prices(ACME, project, prices)

    # What people do in Busy

    @rule(
        project=PROJECTS,
        id=IDS,
        minutes=MINUTES,
        day=DAYS,
        approval=APPROVALS,
        excluded=EXCLUSIONS,
        agreed=st.booleans(),
    )
    def book(
        self,
        project: int,
        id: int,
        minutes: int,
        day: int,
        approval: Approval,
        excluded: Exclusion | None,
        agreed: bool,
    ) -> None:
        """New hours, or others in the place of those with the id, billed or not."""
        entry = TimeEntry(
            id=f"{project}-{id}",
            work_type=AGREED if agreed else ADVICE,
            member="7",
            start=datetime(2026, 11, 1, 12, tzinfo=UTC) + timedelta(days=day - 1),
            billable_minutes=minutes,
            approval=approval,
            excluded=excluded,
        )
        self.log.book(ACME, self.projects[project], entry)
        self.booked[f"entry:{entry.id}"] = self.projects[project], entry

    @rule(
        project=PROJECTS, id=IDS, price=st.sampled_from(["99.95", "0.005", "12"]), day=DAYS, on=st.booleans()
    )
    def spend(self, project: int, id: int, price: str, day: int, on: bool) -> None:
        """A cost, on the project or on hours of it that may be there."""
        expense = Expense(
            id=f"{project}-{id}",
            entry=f"{project}-{id}" if on and f"entry:{project}-{id}" in self.booked else None,
            date=date(2026, 11, 1) + timedelta(days=day - 1),
            work_type=ADVICE,
            quantity=Decimal("1.5"),
            out_price=Decimal(price),
            approval=Approval.APPROVED,
        )
        self.log.spend(ACME, self.projects[project], expense)
        self.booked[f"expense:{expense.id}"] = self.projects[project], expense

    @rule(which=WHICH)
    def forget(self, which: int) -> None:
        """Hours are deleted; costs on them stay behind."""
        hours = sorted(claim for claim, (_, one) in self.booked.items() if isinstance(one, TimeEntry))
        if hours:
            project, one = self.booked.pop(hours[which % len(hours)])
            del self.log._tenants[ACME].projects[project].entries[one.id]

    @rule(project=PROJECTS, amount=st.sampled_from([Decimal(0), Decimal(3000), Decimal(4000)]))
    def agree_anew(self, project: int, amount: Decimal) -> None:
        """The fixed price is raised, lowered or dropped."""
        self.agree(self.projects[project], amount)

    # What becomes of orders

    @rule(project=PROJECTS, some=st.none() | st.frozensets(IDS, min_size=1), reuse=st.booleans())
    def build(self, project: int, some: frozenset[int] | None, reuse: bool) -> None:
        """An order of all, or of hours that a person chose; of those reopened, under their id."""
        reopened = sorted(id for id, state in self.states.items() if state in _EDITED)
        only = None if some is None else {f"entry:{project}-{id}" for id in some}
        order_id = reopened[0] if reuse and reopened else f"o{len(self.built)}"
        try:
            order = self.acme.build_order(
                self.projects[project], NOVEMBER, only=only, order_id=order_id, order_date=date(2026, 11, 30)
            )
        except OrderNotReady:
            return
        self.built.append((order, {claim: self.seen(claim) for claim in order.claims}))

    @rule(project=PROJECTS, ending=ENDINGS)
    def build_and_push(self, project: int, ending: Ending) -> None:
        """What is done most: all that is open goes on one order, which is sent at once."""
        self.build(project, None, reuse=False)
        self.push(0, ending)

    @rule(which=WHICH, ending=ENDINGS)
    def push(self, which: int, ending: Ending) -> None:
        """An order that was built, just now or long ago, is sent, maybe again."""
        if not self.built:
            return
        order, seen = self.built[-1 - which % len(self.built)]  # 0: the latest one
        before = self.states.get(order.id)
        self.visma.ending = ending
        try:
            self.acme.push(order)
        except (EntryTaken, FixedPriceBilled, OrderClosed, OrderChanged):
            return
        except (OrderRejected, OrderOutcomeUnknown, EAccountingError):
            pass
        if before in {None, State.RESERVED, *_EDITED}:
            self.states[order.id] = _STATES[ending]
            self.pushed[order.id] = order, seen

    @rule(which=WHICH)
    def reopen(self, which: int) -> None:
        """A person edits what eAccounting refused."""
        rejected = sorted(id for id, state in self.states.items() if state is State.REJECTED)
        if rejected:
            id = rejected[which % len(rejected)]
            self.acme.reopen(id)
            self.states[id] = State.OPEN

    @rule(which=WHICH)
    def withdraw(self, which: int) -> None:
        """A person has the draft deleted; what is on it can be billed again."""
        transferred = sorted(id for id, state in self.states.items() if state is State.TRANSFERRED)
        if transferred:
            id = transferred[which % len(transferred)]
            self.acme.withdraw(id)
            self.states[id] = State.WITHDRAWN

    # What holds after every step

    @invariant()
    def the_states_are_those_of_the_ledger(self) -> None:
        for id, state in self.states.items():
            entry = self.acme.ledger_entry(id)
            assert entry is not None
            assert entry.state is state

    @invariant()
    def the_proof_is_right(self) -> None:
        """Every minute is told once, and just those are named that were changed after they were billed."""
        proof = self.acme.billing_proof(NOVEMBER)
        held = {
            claim: (id, one)
            for id, (_, seen) in self.pushed.items()
            if self.states[id] in _HOLDING
            for claim, one in seen.items()
        }
        told = [found for found in proof.breaks if found.claim is not None]
        assert {found.claim: found.orders for found in told} == {
            claim: (id,)
            for claim, (id, seen) in held.items()
            if claim not in self.booked or self.seen(claim) != seen
        }
        assert {found.project for found in proof.breaks if found.claim is None} == self.overbilled()
        assert {found.code for found in proof.breaks} <= {
            BreakCode.ENTRY_GONE,
            BreakCode.MINUTES_DIFFER,
            BreakCode.ENTRY_CHANGED,
            BreakCode.FIXED_PRICE_EXCEEDED,
        }
        self.judged.update({*self.states.values(), *(found.code for found in proof.breaks)})
        self.check_sums(held, proof)

    def check_sums(self, held: Mapping[str, tuple[str, Seen]], proof: BillingProof) -> None:
        inside = {claim: one for claim, (_, one) in self.booked.items() if self.day(one) in NOVEMBER}
        for project in self.projects:
            for approved in (True, False):
                mine = {
                    claim: one
                    for claim, one in inside.items()
                    if self.booked[claim][0] == project and self.approved(one) is approved
                }
                balance = next(
                    (
                        found.approved if approved else found.unapproved
                        for found in proof.projects
                        if found.project == project
                    ),
                    None,
                )
                minutes = sum(one.billable_minutes for one in mine.values() if isinstance(one, TimeEntry))
                amounts = [one.quantity * one.out_price for one in mine.values() if isinstance(one, Expense)]
                if balance is None:
                    assert (minutes, sum(amounts)) == (0, 0)
                    continue
                assert balance.adds_up
                assert balance.total.minutes == minutes
                assert balance.total.amount == sum(amounts)
                on_orders: dict[str, int] = {}
                for claim, one in mine.items():
                    if claim in held and isinstance(one, TimeEntry) and one.billable_minutes:
                        id = held[claim][0]
                        on_orders[id] = on_orders.get(id, 0) + one.billable_minutes
                assert {on.order_id: much.minutes for on, much in balance.orders.items() if much.minutes} == (
                    on_orders
                )
                free = [one for claim, one in mine.items() if claim not in held and self.excluded(one)]
                assert balance.excluded_in_all.minutes == sum(
                    one.billable_minutes for one in free if isinstance(one, TimeEntry)
                )
                self.judged.update({*balance.open, *balance.excluded, *(["covered"] * balance.covered.hours)})
                reasons = {OpenReason.UNBILLED, OpenReason.HOURS_MISSING}
                assert set(balance.open) <= (reasons if approved else {OpenReason.NOT_APPROVED})

    # The model's own view

    def hours_of(self, one: TimeEntry | Expense) -> TimeEntry | Expense:
        """The hours that a cost follows, where they are there."""
        if isinstance(one, TimeEntry) or one.entry is None:
            return one
        found = self.booked.get(f"entry:{one.entry}")
        return found[1] if found is not None else one

    def day(self, one: TimeEntry | Expense) -> date:
        followed = self.hours_of(one)
        return followed.start.date() if isinstance(followed, TimeEntry) else followed.date

    def approved(self, one: TimeEntry | Expense) -> bool:
        return self.hours_of(one).approval is Approval.APPROVED

    def excluded(self, one: TimeEntry | Expense) -> bool:
        followed = self.hours_of(one)
        return isinstance(followed, TimeEntry) and followed.excluded is not None

    def seen(self, claim: str) -> Seen:
        project, one = self.booked[claim]
        if isinstance(one, TimeEntry):
            return Seen(project, (self.day(one), one.work_type, one.billable_minutes, one.excluded))
        return Seen(project, (self.day(one), one.quantity, one.out_price, self.excluded(one)))

    def overbilled(self) -> set[str]:
        """The projects of whose fixed price more is billed than is agreed."""
        billed = dict.fromkeys(self.projects, Decimal(0))
        for id, (order, _) in self.pushed.items():
            if self.states[id] in _HOLDING:
                lines = [line for line in order.lines if line.is_fixed_price]
                billed[order.project] += sum((line.total for line in lines), Decimal(0))
        return {project for project, amount in billed.items() if 0 < self.fixed[project] < amount}


ALL_SEEN: Final = {
    *_STATES.values(),
    *_EDITED,
    BreakCode.ENTRY_GONE,
    BreakCode.MINUTES_DIFFER,
    BreakCode.ENTRY_CHANGED,
    BreakCode.FIXED_PRICE_EXCEEDED,
    OpenReason.UNBILLED,
    OpenReason.NOT_APPROVED,
    Exclusion.OTHER,
    "covered",
}
"""What the runs must have met, else they show less than they seem to."""


def test_the_proof_is_right_after_every_step() -> None:
    """Whatever is done in which order, and everything that can come of it comes up."""

    @seed(SEED)
    class Seeded(Billing):
        judged: ClassVar[Counter[str]] = Counter()

    run_state_machine_as_test(
        Seeded,
        settings=hypothesis_settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Seeded.judged.keys() >= ALL_SEEN
