"""Anything that people, eAccounting and processes do, in any order; an oracle judges each sync.

`IMPORT_SEED=7 IMPORT_RUNS=20000 pytest tests/integration/test_import_machine.py` tries others than the ones
that are always tried. The runs are made in parts, so that several processes can share them.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, final

import pytest
import sqlalchemy
from hypothesis import HealthCheck, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from visma_busy_sync._facade import Tenant
from visma_busy_sync.integration import LoginOutcome, SyncReport
from visma_busy_sync.integration._alone import LEASE_LASTS
from visma_busy_sync.sync import (
    Change,
    ConflictCode,
    Kind,
    Outcome,
    Plan,
    Record,
    Value,
    plan_from_json,
    plan_to_json,
)
from visma_busy_sync.testing import scheduler

from .crashing import ENDS, Fuse, How, process
from .lasting import InMemory, InSql, Persons, Stores
from .office import ACME, SESSION
from .oracle import FIELDS, Books, Oracle, Sync, books_of, rows_of, seen
from .small_visma import FINISHED, ONGOING, Lie, Row, SmallVisma

SEED: Final = int(os.environ.get("IMPORT_SEED", "0"))
RUNS: Final = int(os.environ.get("IMPORT_RUNS", "2000"))
PARTS: Final = 8
STEPS: Final = 50

COMPANIES: Final = ("0c0c0c0c-0000-0000-0000-00000000000a", "0c0c0c0c-0000-0000-0000-00000000000b")
LEASE_SECONDS: Final = LEASE_LASTS.total_seconds()
DAY_SECONDS: Final = 24 * 3600
HALF_AN_HOUR: Final = 1800
"""More than the overlap of two readings, so that what one has read is not read again by the next."""
MOST_ROWS: Final = 6
"""With fewer than ten projects all may be archived at once without asking."""

# Few different values, so that records collide in every way.
NUMBERS: Final = st.sampled_from(["1", "2", "3"])
NAMES: Final = st.sampled_from(["Hus", "HUS ", "Vei", "Bro"])
ORGANIZATIONS: Final = st.sampled_from([None, "999", "888"])
NOTES: Final = st.sampled_from([None, "a", "b"])
DAYS: Final = st.sampled_from([None, date(2026, 5, 1), date(2026, 6, 1)])
KINDS: Final = st.sampled_from([Kind.PROJECT, Kind.PROJECT, Kind.PROJECT, Kind.CUSTOMER, Kind.PRODUCT])
WHICH: Final = st.integers(0, 11)
FLAGS: Final = st.booleans()
HERE: Final = st.sampled_from([True, True, True, False])
MOSTLY: Final = st.sampled_from([True, True, False])
HOWS: Final = st.sampled_from(How)

_UNDECIDED: Final = {ConflictCode.AMBIGUOUS, ConflictCode.ORGANISATION_DIFFERS}
_LACKING: Final = {Lie.LACKS_ONE, Lie.HIDES_ONE}
_TOLD_ONCE: Final = {ConflictCode.DIVERGED, ConflictCode.NUMBER_TAKEN}


@final
class Watched:
    """A catalogue that refuses to be asked for what is Busy's own: work types, members, prices."""

    def __init__(self, catalogue: Persons) -> None:
        self._catalogue = catalogue
        self.load = catalogue.load

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Look at what is asked, and apply it."""
        for change in changes:
            assert change.values.keys() <= {*FIELDS[change.kind], "archived"}
        return self._catalogue.apply(tenant, changes)


class Import(RuleBasedStateMachine):
    """A workspace of Busy, and two companies in eAccounting."""

    def __init__(self, stores: Stores, judged: Counter[str]) -> None:
        super().__init__()
        self.stores = stores
        self.clock = scheduler.VirtualClock(datetime(2026, 3, 31, 9, tzinfo=UTC))
        self.visma = SmallVisma(self.clock)
        for company in COMPANIES:
            self.visma.found(company, f"Company {company[-1]}")
        self.oracle = Oracle(judged=judged)
        self.fuse = Fuse()
        self.acme = self.process()
        self.connected: str | None = None
        self.project_sync = False
        # What a list left out that seemed whole: nobody looks for it until one is read whole again.
        self.missed: set[str] = set()

    def process(self) -> Tenant:
        """A process that begins."""
        self.fuse = Fuse()
        busy, state = Watched(self.stores.busy), self.stores.state
        return process(busy, state, self.fuse, self.visma, self.clock, one_by_one=True)

    def books(self) -> Books:
        return books_of(lambda kind: self.stores.busy.load(ACME, kind))

    @initialize(
        upstream=st.lists(st.tuples(KINDS, HERE, NUMBERS, NAMES), min_size=4, max_size=12),
        busy=st.lists(st.tuples(KINDS, NUMBERS, NAMES), min_size=2, max_size=6),
        company=st.sampled_from([None, *COMPANIES, *COMPANIES]),
    )
    def begin(
        self,
        upstream: list[tuple[Kind, bool, str, str]],
        busy: list[tuple[Kind, str, str]],
        company: str | None,
    ) -> None:
        """Both sides have something; mostly the workspace is connected."""
        for kind, number, name in busy:
            self.make(kind, number, name, organization=None, archived=False)
        if company:
            self.log_in(company, project_sync=True, confirms=True)
        for kind, here, number, name in upstream:
            self.create_upstream(kind, here, number, name, which=0)

    # People in Busy

    @rule(kind=KINDS, number=NUMBERS, name=NAMES, organization=ORGANIZATIONS, archived=FLAGS)
    def make(self, kind: Kind, number: str, name: str, organization: str | None, archived: bool) -> None:
        if len(self.stores.busy.load(ACME, kind)) > MOST_ROWS:
            return
        values: dict[str, Value] = {"number": number, "name": name, "archived": archived}
        if kind is Kind.CUSTOMER:
            values["organization_number"] = organization
        id = self.stores.busy.add(ACME, kind, **values)
        if archived:
            self.oracle.archived_by_hand(id)

    @rule(kind=KINDS, which=WHICH, surely=MOSTLY)
    def remove(self, kind: Kind, which: int, surely: bool) -> None:
        if not surely and (record := self.one(kind, which)):  # seldom, or there would be little left
            self.stores.busy.remove(ACME, kind, record.id)

    @rule(kind=KINDS, which=WHICH, number=NUMBERS, name=NAMES, both=FLAGS)
    def edit_name(self, kind: Kind, which: int, number: str, name: str, both: bool) -> None:
        self.edit(kind, which, **{"number": number, "name": name} if both else {"name": name})

    @rule(which=WHICH, notes=NOTES, day=DAYS)
    def edit_project(self, which: int, notes: str | None, day: date | None) -> None:
        self.edit(Kind.PROJECT, which, notes=notes, end_date=day)

    @rule(which=WHICH, mine=NOTES, theirs=NOTES, name=NAMES)
    def edit_on_both_sides(self, which: int, mine: str | None, theirs: str | None, name: str) -> None:
        record = self.one(Kind.PROJECT, which)
        if record is None or self.connected is None:
            return
        other = seen(record).links.get(self.connected)
        if other in self.visma.companies[self.connected].rows[Kind.PROJECT]:
            self.stores.busy.edit(ACME, Kind.PROJECT, record.id, notes=mine)
            self.visma.edit(self.connected, Kind.PROJECT, other, Notes=theirs, Name=name)

    @rule(which=WHICH, customer=WHICH)
    def edit_customer_of_project(self, which: int, customer: int) -> None:
        chosen = self.one(Kind.CUSTOMER, customer)
        self.edit(Kind.PROJECT, which, customer=chosen.id if chosen else None)

    @rule(kind=KINDS, which=WHICH)
    def archive_or_bring_back(self, kind: Kind, which: int) -> None:
        if record := self.one(kind, which):
            archived = record.values["archived"] is True
            self.stores.busy.edit(ACME, kind, record.id, archived=not archived)
            (self.oracle.brought_back if archived else self.oracle.archived_by_hand)(record.id)

    def edit(self, kind: Kind, which: int, **values: Value) -> None:
        if record := self.one(kind, which):
            self.stores.busy.edit(ACME, kind, record.id, **values)

    def one(self, kind: Kind, which: int) -> Record | None:
        records = sorted(self.stores.busy.load(ACME, kind), key=_looks)
        return records[which % len(records)] if records else None

    # People in eAccounting

    @rule(kind=KINDS, here=HERE, number=NUMBERS, name=NAMES, which=WHICH)
    def create_upstream(self, kind: Kind, here: bool, number: str, name: str, which: int) -> None:
        if len(self.visma.companies[self.company(here)].rows[kind]) >= MOST_ROWS:
            return
        members: Row = {"CustomerNumber" if kind is Kind.CUSTOMER else "Number": number, "Name": name}
        if kind is Kind.PROJECT:
            members["CustomerId"] = self.one_upstream(here, Kind.CUSTOMER, which)
        self.visma.create(self.company(here), kind, **members)

    @rule(kind=KINDS, which=WHICH)
    def delete_upstream(self, kind: Kind, which: int) -> None:
        if id := self.one_upstream(True, kind, which):
            self.visma.delete(self.company(True), kind, id)

    @rule(here=HERE, which=WHICH)
    def create_anew_upstream(self, here: bool, which: int) -> None:
        if id := self.one_upstream(here, Kind.PROJECT, which):
            row = self.visma.companies[self.company(here)].rows[Kind.PROJECT][id]
            self.visma.delete(self.company(here), Kind.PROJECT, id)
            self.visma.create(self.company(here), Kind.PROJECT, Number=row["Number"], Name=row["Name"])

    @rule(kind=KINDS, here=HERE, which=WHICH, number=NUMBERS, name=NAMES)
    def rename_upstream(self, kind: Kind, here: bool, which: int, number: str, name: str) -> None:
        number_of = "CustomerNumber" if kind is Kind.CUSTOMER else "Number"
        self.edit_upstream(here, kind, which, **{number_of: number, "Name": name})

    @rule(here=HERE, which=WHICH, notes=NOTES, day=DAYS)
    def note_upstream(self, here: bool, which: int, notes: str | None, day: date | None) -> None:
        end = day and f"{day.isoformat()}T00:00:00"
        self.edit_upstream(here, Kind.PROJECT, which, Notes=notes, EndDate=end)

    @rule(here=HERE, which=WHICH, customer=WHICH)
    def change_customer_upstream(self, here: bool, which: int, customer: int) -> None:
        chosen = self.one_upstream(here, Kind.CUSTOMER, customer)
        self.edit_upstream(here, Kind.PROJECT, which, CustomerId=chosen)

    @rule(here=HERE, which=WHICH, organization=ORGANIZATIONS)
    def identify_upstream(self, here: bool, which: int, organization: str | None) -> None:
        self.edit_upstream(here, Kind.CUSTOMER, which, CorporateIdentityNumber=organization)

    @rule(here=HERE, kind=KINDS, which=WHICH, ends=FLAGS)
    def finish_or_reopen(self, here: bool, kind: Kind, which: int, ends: bool) -> None:
        if kind is Kind.PROJECT:
            self.edit_upstream(here, kind, which, Status=FINISHED if ends else ONGOING)
        else:
            self.edit_upstream(here, kind, which, IsActive=not ends)

    def edit_upstream(self, here: bool, kind: Kind, which: int, **members: Any) -> None:
        if id := self.one_upstream(here, kind, which):
            self.visma.edit(self.company(here), kind, id, **members)

    def one_upstream(self, here: bool, kind: Kind, which: int) -> str | None:
        ids = sorted(self.visma.companies[self.company(here)].rows[kind])
        return ids[which % len(ids)] if ids else None

    def company(self, here: bool) -> str:
        """The company that the workspace is connected to, or the other one."""
        return COMPANIES[(self.connected == COMPANIES[0]) is not here]

    # Connecting

    @rule(company=st.sampled_from(COMPANIES), project_sync=MOSTLY, confirms=MOSTLY)
    def log_in(self, company: str, project_sync: bool, confirms: bool) -> None:
        """To the same company or to another one; it switches project sync on or off."""
        url = self.acme.connect(project_sync=project_sync, session=SESSION)
        result = self.acme.complete_login(self.visma.approve(url, company), session=SESSION)
        if result.outcome is LoginOutcome.CONFIRM_COMPANY:
            assert result.other_company is not None
            if not confirms:
                self.acme.discard_company(result.other_company.login_id)
                return
            self.comes_back(self.acme.preview_company())
            self.acme.confirm_company(result.other_company.login_id)
        else:
            assert result.outcome is LoginOutcome.CONNECTED
        self.connected, self.project_sync = company, project_sync
        self.oracle.connected(company, project_sync=project_sync, books=self.books())

    @precondition(lambda self: self.connected)
    @rule()
    def disconnect(self) -> None:
        before = self.books()
        self.acme.disconnect()
        assert self.books() == before
        self.connected = None

    # Syncs

    @precondition(lambda self: self.connected)
    @rule()
    def sync(self) -> None:
        self.clock.advance(HALF_AN_HOUR)
        self.judged(self.acme.sync)

    @precondition(lambda self: self.connected)
    @rule()
    def sync_whole(self) -> None:
        """After it there is nothing left to do, and what was told is not told again."""
        self.clock.advance(HALF_AN_HOUR)
        self.judged(lambda: self.acme.sync(whole=True), whole=True)
        again = self.acme.plan()
        assert not again.changes, again.lines()
        assert not {found.code for found in again.conflicts} & _TOLD_ONCE
        self.comes_back(again)

    @precondition(lambda self: self.connected)
    @rule()
    def sync_on_another_day(self) -> None:
        self.clock.advance(DAY_SECONDS)
        self.judged(self.acme.sync, whole=True)

    @precondition(lambda self: self.connected)
    @rule(lie=st.sampled_from([Lie.TOTAL, Lie.LACKS_ONE, Lie.HIDES_ONE]))
    def sync_while_eaccounting_lies(self, lie: Lie) -> None:
        self.clock.advance(HALF_AN_HOUR)
        self.visma.lie = lie
        self.judged(lambda: self.acme.sync(whole=True), whole=True)
        self.visma.lie = Lie.NOTHING

    @precondition(lambda self: self.connected)
    @rule(at=st.integers(1, 40), how=HOWS, only_writes=MOSTLY, whole=FLAGS)
    def sync_that_crashes(self, at: int, how: How, only_writes: bool, whole: bool) -> None:
        """At any call; mostly at one that changes something, of which there are fewer."""
        self.clock.advance(HALF_AN_HOUR)
        self.acme = self.process()
        self.fuse.how, self.fuse.only_writes = how, only_writes
        self.fuse.at = 1 + at % 16 if only_writes else at
        self.judged(lambda: self.acme.sync(whole=whole))
        self.acme = self.process()
        self.clock.advance(LEASE_SECONDS)

    def judged(self, act: Callable[[], SyncReport], *, whole: bool = False) -> None:
        """Sync, and have the oracle judge it."""
        assert self.connected is not None
        company = self.visma.companies[self.connected]
        before, rows, report = self.books(), rows_of(company), None
        with contextlib.suppress(*ENDS):
            report = act()
        lie = self.visma.lie
        lacks = {min(rows) for rows in company.rows.values() if rows} if lie in _LACKING else set[str]()
        self.oracle.judge(
            Sync(
                company=self.connected,
                projects=self.project_sync,
                rows=rows,
                hidden=frozenset(lacks),
                missed=frozenset(set[str]() if whole else self.missed),
                sure=lie not in {Lie.TOTAL, Lie.LACKS_ONE},
                whole=whole,
                crashed=self.fuse.burnt,
                spared=_spared(report),
                before=before,
                after=self.books(),
            )
        )
        if report is not None:
            self.comes_back(report.plan)
        if whole and lie is not Lie.LACKS_ONE:
            self.missed = lacks

    def comes_back(self, plan: Plan) -> None:
        """A plan comes back from its JSON."""
        assert plan_from_json(plan_to_json(plan)) == plan

    def teardown(self) -> None:
        assert self.visma.writes == []


def _looks(record: Record) -> str:
    """Return what a person sees of a record: some stores make ids by chance."""
    plain = {name: value for name, value in record.values.items() if name != "customer"}
    return repr((plain, sorted(seen(record).links.items())))


def _spared(report: SyncReport | None) -> frozenset[str]:
    if report is None:
        return frozenset()
    waits = [found.eaccounting_id for found in report.plan.conflicts if found.code in _UNDECIDED]
    waits += [each.planned.eaccounting_id for each in (*report.moved, *report.refused)]
    return frozenset(filter(None, waits))


def settings(runs: int) -> hypothesis_settings:
    return hypothesis_settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Each of a million requests is logged; what the log may hold is tried elsewhere."""
    caplog.set_level(logging.WARNING, "visma_busy_sync")


# What the oracle must have seen, or it would have judged nothing.
ALL_SEEN: Final = {"created", "joined", "taken", "kept", "missing", "gone", "recreated", "restored"}


@pytest.mark.parametrize("part", range(PARTS))
def test_no_order_of_what_is_done_breaks_an_import(part: int) -> None:
    judged: Counter[str] = Counter()

    @seed(f"{SEED} {part}")
    class OverMemory(Import):
        def __init__(self) -> None:
            super().__init__(InMemory(), judged)

    run_state_machine_as_test(OverMemory, settings=settings(-(-RUNS // PARTS)))
    assert judged.keys() >= ALL_SEEN


def test_the_same_over_a_database(sqlite_url: str) -> None:
    engine = sqlalchemy.create_engine(sqlite_url)
    stores = InSql(engine)
    nothing = stores.kept()

    @seed(f"{SEED} sqlite")
    class OverSqlite(Import):
        def __init__(self) -> None:
            stores.bring_back(nothing)
            super().__init__(stores, Counter())

    run_state_machine_as_test(OverSqlite, settings=settings(RUNS // 50))
    engine.dispose()
