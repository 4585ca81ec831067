"""A workspace's life from the login to the order, over a sandbox that behaves as a row of switches says.

What stands in the way for a while (a refusal, an outage, a small budget of calls) begins at one step. The
step must then fail with an error of the tree that the switch explains and that says what to do; that is done,
and the step is taken again. So all other switches are tried to the end, whatever stood in the way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

from attrs import define, field

from visma_busy_sync._facade import Tenant
from visma_busy_sync.busy import Order, PriceMode, Prices, WorkType
from visma_busy_sync.errors import (
    AccessDenied,
    ClientRefused,
    EAccountingError,
    NotReady,
    NotRevoked,
    NotSent,
    OrderNeedsAttention,
    OrderOutcomeUnknown,
    RateLimited,
    SearchIncomplete,
    VismaBusySyncError,
)
from visma_busy_sync.integration import (
    Choices,
    ConnectionState,
    FindingCode,
    LoginOutcome,
    ReadBack,
    Readiness,
    Recovered,
    SyncReport,
)
from visma_busy_sync.orders import UNSETTLED_STATES, Difference, DifferenceCode, LedgerEntry, Stage, State
from visma_busy_sync.sandbox.profile import Profile
from visma_busy_sync.sync import (
    Action,
    Conflict,
    Kind,
    Plan,
    PlanWarning,
    Reason,
    Value,
    WarningCode,
    linked_ids,
)

from .given import FINISHED, ONGOING
from .office import ACME, MARCH, SESSION, Office, cost, entry
from .pairs import Row
from .test_readiness_shown import REFUSED

T = TypeVar("T")

_NUMBERS: Final[Mapping[str, Sequence[Any]]] = {
    "page_cap": (1000, 3),
    "empty_page": (0, 2),
    "appears_after": (0, 2),
    "appears_after_seconds": (0, 120),
    "grace_seconds": (60, 1),
    "lifetime": (3600, 60),
    "granted_scopes": ("", "ea:api offline_access ea:sales", "ea:api offline_access", "ea:api ea:sales"),
    "rate_limit": (0, 20),
    "rate_window": (60, 5),
}
"""Values of the switches that take a number or a text; the first is the default."""

_OURS: Final[Mapping[str, Sequence[Any]]] = {
    "shell": ("sync", "async"),
    "begins": ("connect", "first", "whole", "changes", "push"),
    "pkce_sent": (False, True),
    "send_amounts": (False, True),
}
"""What the host chooses, and the step at which the trouble of a row begins."""

_TROUBLE: Final = ("refusal", "downtime", "rate_limit")
"""The switches that stand in the way until they are set back."""

_MOST_REQUESTS: Final = 600
"""More than any step may need: the company has 12 projects, and a page at least 3 rows."""

_NEW: Final = "99999999-0000-4000-8000-00000000000"


def factors() -> Mapping[str, Sequence[Any]]:
    """Return every switch of the sandbox and every choice of ours with the values to try."""
    hints = get_type_hints(Profile)
    values = {
        name: get_args(hints[name]) if get_origin(hints[name]) is Literal else (default, not default)
        for name, default in Profile().as_json().items()
        if name not in _NUMBERS
    }
    return {**values, **_NUMBERS, **_OURS}


@define
class Story:
    """One row's life.

    Attributes:
        office: The workspace.
        row: The row.
        options: How the host makes the SDK.
        acme: The workspace's tenant.
        edited: What people entered in Busy, by kind and number; it stays.
        by_hand: The numbers of the projects that a person archived in Busy.
        gone: The numbers of those that were deleted in eAccounting.
        told: What was shown of what could not be done: kinds, and ids in eAccounting.
        sent: Whether the order was pushed.
    """

    office: Office
    row: Row
    options: Mapping[str, Any]
    acme: Tenant = field(init=False)
    edited: dict[tuple[Kind, str], dict[str, Value]] = field(factory=dict)
    by_hand: set[str] = field(factory=set)
    gone: set[str] = field(factory=set)
    told: set[Kind | str] = field(factory=set)
    sent: bool = False
    _requests: int = 0

    def __attrs_post_init__(self) -> None:
        self.acme = self._tenant(pkce=self.row["pkce_sent"])
        self.office.shell.wire.before = self._count

    def _tenant(self, *, pkce: bool) -> Tenant:
        choices = Choices(pkce=pkce, send_amounts=self.row["send_amounts"])
        return self.office.tenant(max_retries=2, choices=choices, **self.options)

    def _count(self, _: object) -> None:
        self._requests += 1
        assert self._requests < _MOST_REQUESTS, "the step does not end"

    # The steps

    def run(self) -> None:
        """Live it to the end."""
        trouble = {name: self.row[name] for name in _TROUBLE}
        names = Profile().as_json().keys() - trouble
        self.office.profile(**{name: self.row[name] for name in names})
        self._before()
        for step in ("connect", "first", "whole", "changes", "push"):
            if step == self.row["begins"] and step != "connect":
                self.office.profile(**trouble)
            getattr(self, f"_{step}")()
        self._disconnect()

    def _before(self) -> None:
        """What Busy has before: one project that eAccounting has as well, and one that it has not."""
        twin = self.office.upstream(Kind.PROJECT)[1]
        self._enter(Kind.PROJECT, number=twin["Number"], name=twin["Name"].upper(), notes="Vårt notat")
        self.office.busy.add(ACME, Kind.PROJECT, number="9001", name="Kun i Busy")

    def _enter(self, kind: Kind, **values: Value) -> None:
        self.office.busy.add(ACME, kind, **values)
        self.edited[kind, str(values["number"])] = values

    def _connect(self) -> None:
        self._log_in(troubled=self.row["begins"] == "connect")

    def _log_in(self, *, troubled: bool = False) -> None:
        def once() -> None:
            nonlocal troubled
            url = self.acme.connect(project_sync=True, session=SESSION)
            back = self.office.press(url)
            if troubled and "code=" in back:  # from here on, since a page that is down sends nobody back
                self.office.profile(**{name: self.row[name] for name in _TROUBLE})
                troubled = False
            result = self.acme.complete_login(back, session=SESSION)
            if not result.connected:
                assert result.text("nb") != result.text("en")
                assert "ress connect" in result.text("en")
                self._cure_login(result.outcome, result.readiness)
                once()

        self._done(once)

    def _first(self) -> None:
        before = self.office.records()
        plan = self._done(self.acme.plan)
        assert self.office.records() == before
        report = self._done(self.acme.sync)
        assert report.plan.counts[Action.ARCHIVE] == plan.counts[Action.ARCHIVE] or self.may_be_unsure
        self._look(report)

    def _whole(self) -> None:
        """Edits on both sides, a deletion, a finish, a rename; then all is read again."""
        office = self.office
        renamed, kept, finished, deleted, by_hand = self._ongoing()[2:7]
        office.edit_upstream(Kind.PROJECT, renamed["Id"], Name="Omdøpt")
        office.edit_upstream(Kind.PROJECT, kept["Id"], Name="Deres navn", Notes="Deres notat")
        office.edit_upstream(Kind.PROJECT, finished["Id"], Status=FINISHED)
        office.control("DELETE", f"/records/projects/{deleted['Id']}")
        self.gone.add(deleted["Number"])
        customer = office.upstream(Kind.CUSTOMER)[0]
        office.edit_upstream(Kind.CUSTOMER, customer["Id"], Name="Kunde med nytt navn")
        office.add_upstream(Kind.CUSTOMER, f"{_NEW}1", CustomerNumber="77001", Name="Ny kunde", IsActive=True)
        office.add_upstream(Kind.PROJECT, f"{_NEW}2", Number="7702", Name="Nytt", CustomerId=f"{_NEW}1")
        self._edit(kept["Number"], name="Vårt navn")
        if self._edit(by_hand["Number"], archived=True):
            self.by_hand.add(by_hand["Number"])
        self._enter(Kind.PROJECT, number="9002", name="Laget i Busy")
        self._hours_pass(2)
        self._look(self._done(lambda: self.acme.sync(whole=True)))

    def _changes(self) -> None:
        """The finished one goes on, another is renamed; what changed is read."""
        (finished,) = [row for row in self.office.upstream(Kind.PROJECT) if row["Number"] == "1005"]
        self.office.edit_upstream(Kind.PROJECT, finished["Id"], Status=ONGOING)
        article = self.office.upstream(Kind.PRODUCT)[1]
        self.office.edit_upstream(Kind.PRODUCT, article["Id"], Name="Vare med nytt navn", IsActive=True)
        self._hours_pass(2)
        self._look(self._done(self.acme.sync))

    def _push(self) -> None:
        """Hours and a cost become one draft, however often it is pushed."""
        project = self._with_work()
        if project is None:
            assert self.may_be_unsure, "nothing to bill was imported"
            return
        order = self._done(lambda: self.acme.build_order(project, MARCH, order_date=date(2026, 3, 31)))
        unknown = self._raised(lambda: self._sent(order))
        if unknown is not None:
            # The answer was empty, or the connection broke: a draft may be there, and no second one is made.
            assert isinstance(unknown, OrderOutcomeUnknown)
            assert not self.row["created_body"] or self._down("api")
            assert len(self.office.drafts()) == 1 or self._down("api")
        assert isinstance(self._raised(lambda: self.acme.push(order)), OrderOutcomeUnknown | None)
        assert len(self.office.drafts()) <= 1
        self.sent = True
        self._settled(order)
        self._followed(order)

    def _settled(self, order: Order) -> None:
        """What became of it is found out as time goes by, or a person looks; it is there once."""
        for _ in range(3):
            if self._entry(order).state not in UNSETTLED_STATES:
                break
            self._hours_pass(1)
            self._told(self.acme.recover)
        entry = self._entry(order)
        if entry.state is State.NEEDS_ATTENTION:
            unseen = not self.row["drafts_listed"] or self.may_be_unsure
            drafts = self.office.drafts()
            assert unseen or not drafts, "it is listed, and was not found"
            decision: dict[str, Any] = {"found": drafts[0]["Id"]} if drafts else {"send_again": True}
            self._done(lambda: self.acme.resolve(order.id, **decision))
        if self._entry(order).state is State.RESERVED:
            with contextlib.suppress(OrderOutcomeUnknown):  # its answer is empty; it is looked for below
                self._done(lambda: self.acme.push(order))
        if self._entry(order).state in UNSETTLED_STATES:
            self._settled(order)
        self._is_there_once(order)

    def _followed(self, order: Order) -> None:
        """It is read back, and withdrawn or made an order; then again it is there once, or not at all."""
        self._raised(self.acme.read_back)  # it may not be shown yet
        self._hours_pass(1)
        self._told(self.acme.read_back)
        self._is_there_once(order)
        progress = self._entry(order).progress
        assert progress is not None
        assert progress.stage is Stage.DRAFT
        self._differ_if_zero(progress.differences)
        if self.row["conversion"] == "new_id":
            (draft,) = self.office.drafts()
            self.office.control("POST", f"/orders/{draft['Id']}/convert")
            self._told(self.acme.read_back)
            self._is_there_once(order)
            return
        try:
            self._done(lambda: self.acme.withdraw(order.id))
        except OrderNeedsAttention:
            assert self.may_be_unsure
            self._read_surely()
            self._done(lambda: self.acme.withdraw(order.id))
        assert (self._entry(order).state, self.office.drafts()) == (State.WITHDRAWN, [])

    def _entry(self, order: Order) -> LedgerEntry:
        entry = self.acme.ledger_entry(order.id)
        assert entry is not None
        return entry

    def _is_there_once(self, order: Order) -> None:
        (there,) = self.office.drafts()
        entry = self._entry(order)
        assert (entry.state, entry.eaccounting_id) == (State.TRANSFERRED, there["Id"])

    def _told(self, call: Callable[[], Sequence[Recovered | ReadBack]]) -> None:
        """Do a step that tells what stands in its way for each order instead of raising it."""

        def once() -> None:
            for each in call():
                if each.error is not None:
                    raise each.error

        self._done(once)

    def _sent(self, order: Order) -> None:
        transfer = self._done(lambda: self.acme.push(order))
        self._differ_if_zero(transfer.differences)
        (draft,) = self.office.drafts()
        assert (transfer.state, transfer.eaccounting_id) == (State.TRANSFERRED, draft["Id"])

    def _differ_if_zero(self, differences: Sequence[Difference]) -> None:
        """Amounts differ only where eAccounting neither computes them nor was sent any."""
        zero = self.row["amounts"] == "zero" or (self.row["amounts"], self.row["send_amounts"]) == (
            "kept",
            False,
        )
        told = {difference.code for difference in differences}
        assert told == ({DifferenceCode.AMOUNTS_ZERO} if zero else set())

    def _disconnect(self) -> None:
        """The connection is over, whatever Visma says to it; Busy keeps all that it has."""
        before = self.office.records()
        error = self._raised(self.acme.disconnect)
        if error is None:
            assert self.row["revocation"] != "unavailable"
        else:
            assert isinstance(error, NotRevoked)
            assert self.row["revocation"] != "works" or self._down("identity")
        assert self.acme.status().state is ConnectionState.DISCONNECTED
        assert self.office.records() == before

    # What stands in the way

    def _done(self, call: Callable[[], T]) -> T:
        """Do a step; what it raises must be explained by a switch, which is set back as the advice says."""
        for _ in range(len(_TROUBLE) + 2):
            self._requests = 0
            try:
                return call()
            except OrderOutcomeUnknown:
                raise
            except VismaBusySyncError as error:
                self._cure(error)
        raise AssertionError("one cure after the other did not help")

    @staticmethod
    def _raised(call: Callable[[], object]) -> VismaBusySyncError | None:
        try:
            call()
        except VismaBusySyncError as error:
            return error
        return None

    def _now(self, name: str) -> Any:
        return self.office.control("GET", "/profile")[name]

    def _down(self, what: str) -> bool:
        return self._now("downtime") in (what, "both")

    def _cure(self, error: VismaBusySyncError) -> None:
        assert error.advice, error
        if isinstance(error, RateLimited) or (isinstance(error, NotSent) and "budget" in error.reason):
            assert self._now("rate_limit"), error
            self.office.profile(rate_limit=0)
        elif isinstance(error, NotReady | AccessDenied):
            self._cure_refusal(error)
        elif isinstance(error, ClientRefused):  # the documentation knows Basic only, and so do we
            assert self._now("client_auth") == "post"
            self.office.profile(client_auth="any")
        elif isinstance(error, SearchIncomplete):  # nothing is sent while it may be there already
            assert self.may_be_unsure, error
            assert self.sent or len(self.office.drafts()) == 0
            self._read_surely()
        else:
            assert isinstance(error, EAccountingError), error
            where = "identity" if error.operation in ("POST token", "POST revocation") else "api"
            assert self._down(where), f"{error} though nothing is down"
            self.office.profile(downtime="none")

    def _read_surely(self) -> None:
        self.office.profile(totals="right", paging="work", empty_page=0, unordered="insertion")

    def _cure_refusal(self, error: NotReady | AccessDenied) -> None:
        refusal = self._now("refusal")
        if isinstance(error, NotReady):
            code, norwegian, english = REFUSED[refusal]
            assert [finding.code for finding in error.readiness.findings] == [code]
            assert norwegian in error.readiness.text("nb")
            assert english in error.readiness.text("en")
        else:
            assert (error.code, refusal) == (4019, "read_only")
        self.office.profile(refusal="none")

    def _cure_login(self, outcome: LoginOutcome, readiness: Readiness | None) -> None:
        if outcome is LoginOutcome.SCOPE_MISSING:
            assert self._now("granted_scopes")
            self.office.profile(granted_scopes="")
        elif outcome is LoginOutcome.NOT_READY:
            assert readiness is not None
            refusal = self._now("refusal")
            withheld = refusal == "none" and self._now("granted_scopes")
            (finding,) = readiness.findings
            assert finding.code is (FindingCode.SCOPE_MISSING if withheld else REFUSED[refusal][0])
            self.office.profile(**({"granted_scopes": ""} if withheld else {"refusal": "none"}))
        else:
            assert outcome is LoginOutcome.REFUSED, outcome
            needs = self._now("pkce")
            assert needs == ("refused" if self.row["pkce_sent"] else "required")
            self.acme = self._tenant(pkce=needs == "required")

    def _hours_pass(self, hours: int) -> None:
        self.office.clock.advance(3600 * hours)
        self.office.control("POST", "/clock", {"advance_seconds": 3600 * hours})

    # What must hold

    @property
    def may_be_unsure(self) -> bool:
        """Whether nobody can be sure to have read a whole list of such a server."""
        row = self.row
        odd = row["totals"] != "right" or row["paging"] == "ignored" or row["empty_page"]
        return bool(odd) or row["unordered"] == "shuffled"

    @property
    def may_hide(self) -> bool:
        """Whether what is not in use may be hidden for good."""
        answers = self.row["inactive_filtered"] and self.row["filters"] == "work"
        return not answers and (not self.row["inactive_listed"] or self.may_be_unsure)

    def _look(self, report: SyncReport) -> None:
        self._note(report.plan)
        assert not report.refused
        assert not report.moved
        missing = {each.eaccounting_id for each in report.plan.changes if each.reason is Reason.MISSING}
        assert missing.isdisjoint(row["Id"] for row in self.office.upstream(Kind.PROJECT))
        for kind in Kind:
            self._look_at(kind)

    def _note(self, plan: Plan) -> None:
        if any(warning.code is WarningCode.UNSURE_READ for warning in plan.warnings):
            assert self.may_be_unsure, "a reading was not sure, though nothing odd was answered"
        if any(warning.code is WarningCode.INACTIVE_UNKNOWN for warning in plan.warnings):
            assert self.may_hide
        found: list[Conflict | PlanWarning] = [*plan.conflicts, *plan.warnings]
        self.told.update(each.eaccounting_id or each.kind for each in found)

    def _look_at(self, kind: Kind) -> None:
        """Nothing is there twice, nothing is archived wrongly, and what is missing was told."""
        office = self.office
        number = "CustomerNumber" if kind is Kind.CUSTOMER else "Number"
        rows = {row[number]: row for row in office.upstream(kind)}
        records = office.busy.load(ACME, kind)
        busy = {str(record.values["number"]): record for record in records}
        assert len(busy) == len(records), "something was created twice"
        ids = self._linked(kind)
        customers = self._linked(Kind.CUSTOMER)
        for name, row in rows.items():
            record = busy.get(name)
            expected = {**self._expected(kind, row), **self.edited.get((kind, name), {})}
            if kind is Kind.PROJECT:
                expected["customer"] = customers.get(row["CustomerId"])
            shown = {field: record.values[field] for field in expected} if record else None
            if record is not None and record.values["archived"]:
                assert expected["archived"], f"{kind} {name} was archived wrongly"
            if shown != expected or row["Id"] not in ids:
                excused = kind in self.told or row["Id"] in self.told
                assert excused, f"{kind} {name} is {shown}, not {expected}, and nobody was told"
        for name in busy.keys() - rows.keys():
            # Busy's own project of the time before, and the one that was deleted; not the one made later.
            archived, right = busy[name].values["archived"], name == "9001" or name in self.gone
            assert archived == right or (not archived and kind in self.told), name

    def _linked(self, kind: Kind) -> Mapping[str, str]:
        """Busy's ids of the linked records, by eAccounting's."""
        return linked_ids(self.acme.status().company_id or "", self.office.busy.load(ACME, kind))

    def _expected(self, kind: Kind, row: Mapping[str, Any]) -> dict[str, Value]:
        name: dict[str, Value] = {"name": row["Name"]}
        if kind is not Kind.PROJECT:
            return {**name, "archived": not row["IsActive"]}
        archived = row["Status"] == FINISHED or row["Number"] in self.by_hand
        return {**name, "archived": archived, "notes": row["Notes"] or None}

    def _ongoing(self) -> list[dict[str, Any]]:
        return [row for row in self.office.upstream(Kind.PROJECT) if row["Status"] == ONGOING]

    def _edit(self, number: str, **values: Value) -> bool:
        """Change a project in Busy, if it is there."""
        for record in self.office.busy.load(ACME, Kind.PROJECT):
            if record.values["number"] == number:
                self.office.busy.edit(ACME, Kind.PROJECT, record.id, **values)
                self.edited.setdefault((Kind.PROJECT, number), {}).update(values)
                return True
        return False

    def _with_work(self) -> str | None:
        """Book hours and a cost on an imported project that has its customer; None: there is none."""
        office = self.office

        def usable(kind: Kind) -> list[str]:
            linked, records = self._linked(kind).values(), office.busy.load(ACME, kind)
            return [each.id for each in records if each.id in linked and not each.values["archived"]]

        customers, products = usable(Kind.CUSTOMER), usable(Kind.PRODUCT)
        records, ongoing = office.records(), {row["Number"] for row in self._ongoing()}
        projects = [
            id
            for id in usable(Kind.PROJECT)
            if records[id]["customer"] in customers and records[id]["number"] in ongoing
        ]
        if not projects or not products:
            return None
        office.hours.add_work_type(ACME, WorkType(id="consulting", name="Rådgivning", product=products[0]))
        office.hours.add_work_type(ACME, WorkType(id="travel", name="Reisetid", product=products[-1]))
        rates = {"consulting": Decimal(1250)}
        office.hours.set_prices(ACME, projects[0], Prices(mode=PriceMode.WORK_TYPE, work_type_rates=rates))
        office.hours.book(ACME, projects[0], entry("h1", 450), entry("h2", 200, day=4))
        office.hours.spend(ACME, projects[0], cost("k1"))
        return projects[0]
