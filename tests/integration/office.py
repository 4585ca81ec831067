"""A workspace of Busy with the SDK in one of its shells, over a sandbox."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast, final

import attrs
import httpx
from attrs import define, field

from visma_busy_sync import AsyncBusySync, BusySync
from visma_busy_sync._facade import AsyncTenant, Tenant
from visma_busy_sync.busy import (
    Approval,
    Expense,
    Order,
    Period,
    PriceMode,
    Prices,
    TimeEntry,
    WorkType,
)
from visma_busy_sync.eaccounting import Endpoints
from visma_busy_sync.eaccounting.http import Request, Response
from visma_busy_sync.eaccounting.transport import AsyncHttpxTransport, HttpxTransport
from visma_busy_sync.integration import LoginResult
from visma_busy_sync.sandbox.process import SandboxInfo
from visma_busy_sync.state import CONNECTION, CONNECTION_SCHEMA, READING_PREFIX, READING_SCHEMA, RUNS
from visma_busy_sync.stores import (
    AsyncMemoryCatalogue,
    AsyncMemoryStateStore,
    AsyncMemoryWorkLog,
    MemoryCatalogue,
    MemoryStateStore,
    MemoryWorkLog,
)
from visma_busy_sync.sync import Kind, Record, Value

ACME = "acme"
SESSION = "the browser's session"
REDIRECT = "http://127.0.0.1:9/callback"
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
PATHS: Mapping[Kind, str] = {Kind.CUSTOMER: "customers", Kind.PRODUCT: "articles", Kind.PROJECT: "projects"}
STAMPS = ("ChangedUtc", "ModifiedUtc")
"""The change stamps, which the sandbox sets itself where an edit does not have them."""


@final
@define
class Wire:
    """The transport of both shells. Tests look at requests, and break them before or after they are sent."""

    blocking: HttpxTransport
    awaiting: AsyncHttpxTransport
    sent: list[Request] = field(factory=list[Request])
    answers: list[Response] = field(factory=list[Response])
    before: Callable[[Request], None] | None = None
    after: Callable[[Request, Response], None] | None = None

    def send(self, request: Request) -> Response:
        self._before(request)
        return self._after(request, self.blocking.send(request))

    async def asend(self, request: Request) -> Response:
        self._before(request)
        return self._after(request, await self.awaiting.send(request))

    def _before(self, request: Request) -> None:
        if self.before:
            self.before(request)
        self.sent.append(request)

    def _after(self, request: Request, response: Response) -> Response:
        self.answers.append(response)
        if self.after:
            self.after(request, response)
        return response


@final
class _AsyncWire:
    def __init__(self, wire: Wire) -> None:
        self.send = wire.asend


@final
@define
class Shell:
    """Which shell is tried: `run` runs a coroutine; None: the synchronous shell."""

    run: Callable[[Any], Any] | None
    wire: Wire


@final
class _Awaited:
    """An asynchronous shell whose methods are run in the loop, so that one test serves both shells."""

    def __init__(self, awaiting: AsyncBusySync | AsyncTenant, run: Callable[[Any], Any]) -> None:
        self._awaiting = awaiting
        self._run = run

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._awaiting, name)

        def called(*args: Any, **kwargs: Any) -> Any:
            made = method(*args, **kwargs)
            return _Awaited(made, self._run) if isinstance(made, AsyncTenant) else self._run(made)

        return called


@final
class OfficeClock:
    """A date that stands still until a test moves it; waiting is real, and so is what passes meanwhile."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._moved = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._moved)

    def monotonic(self) -> float:
        return time.monotonic() + self._moved

    def advance(self, seconds: float) -> None:
        self._moved += seconds


def waiting(acme: Tenant) -> str:
    """The login whose company waits to be confirmed, as the user is shown it."""
    other = acme.status().other_company
    return other.login_id if other else "none waits"


@final
@define
class Office:
    """Busy's workspace `acme`, its people, and the sandbox."""

    info: SandboxInfo
    browser: httpx.Client
    shell: Shell
    busy: MemoryCatalogue = field(factory=MemoryCatalogue)
    hours: MemoryWorkLog = field(init=False)
    state: MemoryStateStore = field(factory=MemoryStateStore)
    clock: OfficeClock = field(factory=lambda: OfficeClock(datetime(2026, 3, 31, 9, tzinfo=UTC)))

    def __attrs_post_init__(self) -> None:
        self.hours = MemoryWorkLog(self.busy)

    # The SDK

    def visma(self, **options: Any) -> BusySync:
        """A new SDK object over the same stores, as after a restart."""
        settings: dict[str, Any] = {
            "client_id": self.info.client_id,
            "client_secret": self.info.client_secret,
            "redirect_uri": REDIRECT,
            "endpoints": self.endpoints,
            "clock": self.clock,
            "max_retries": 0,
            **options,
        }
        if self.shell.run is None:
            ports: dict[str, Any] = {"catalogue": self.busy, "work": self.hours, "state": self.state}
            return BusySync(**{**ports, "transport": self.shell.wire, **settings})
        ports = {
            "catalogue": AsyncMemoryCatalogue(self.busy),
            "work": AsyncMemoryWorkLog(self.hours),
            "state": AsyncMemoryStateStore(self.state),
        }
        visma = AsyncBusySync(**{**ports, "transport": _AsyncWire(self.shell.wire), **settings})
        return cast("BusySync", _Awaited(visma, self.shell.run))

    def tenant(self, id: str = ACME, **options: Any) -> Tenant:
        """A workspace of a new SDK object."""
        return self.visma(**options).tenant(id)

    def elsewhere(self) -> Office:
        """The same stores and sandbox for another, blocking process: also within a request of this one."""
        wire = Wire(self.shell.wire.blocking, self.shell.wire.awaiting)
        other = Office(self.info, self.browser, Shell(None, wire), busy=self.busy, state=self.state)
        other.hours, other.clock = self.hours, self.clock
        return other

    def connected(self, *, project_sync: bool = True, **options: Any) -> Tenant:
        """A workspace whose user has logged in."""
        acme = self.tenant(**options)
        self.log_in(acme, project_sync=project_sync)
        return acme

    def log_in(self, tenant: Tenant, *, project_sync: bool = True, **chosen: str) -> LoginResult:
        url = tenant.connect(project_sync=project_sync, session=SESSION)
        return tenant.complete_login(self.press(url, **chosen), session=SESSION)

    def press(self, url: str, button: str = "approve", **chosen: str) -> str:
        """Do what the user's browser does at Visma's page; returns where it is sent back to.

        `company="id"` chooses a company that was added to the sandbox.
        """
        asked = httpx.URL(url).copy_merge_params({"sandbox_auto": button, **chosen})
        # Not with httpx, which logs the headers of an answer, and one of these holds the code.
        connection = http.client.HTTPConnection(asked.host, asked.port, timeout=20)
        with contextlib.closing(connection):
            connection.request("GET", asked.raw_path.decode())
            answer = connection.getresponse()
            assert answer.status == 302
            return answer.headers["location"]

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(**self.info.addresses)

    # The sandbox

    def control(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        answer = self.browser.request(method, self.info.control_url + path, json=body, params=query)
        assert answer.status_code < 300, answer.text
        return json.loads(answer.content, parse_float=Decimal)

    def reset(self) -> None:
        """Bring the sandbox back to its start, at a time that is not before ours."""
        self.control("POST", "/reset")
        behind = (self.clock.now() - datetime.now(UTC)).total_seconds()
        if behind > 0:
            self.control("POST", "/clock", {"advance_seconds": int(behind) + 1})

    def fault(self, method: str, path: str, kind: str, **how: Any) -> None:
        self.control("POST", "/faults", {"method": method, "path": path, "kind": kind, **how})

    def journal(self) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self.control("GET", "/journal")["entries"])

    def requests(self) -> list[str]:
        """Method and path template of each request so far."""
        return [f"{entry['method']} {entry['path_template']}" for entry in self.journal()]

    def set_company(self, **members: Any) -> None:
        """Change settings of the company."""
        self.control("PATCH", "/records/companysettings", members)

    def add_company(self, id: str, name: str, **more: Any) -> None:
        """Another company that one can log in to."""
        self.control("POST", "/companies", {"id": id, "name": name, **more})

    def profile(self, **switches: Any) -> None:
        self.control("PATCH", "/profile", switches)

    def counted(self, what: str) -> int:
        """What the sandbox's identity server counted."""
        return cast("int", self.control("GET", "/tokens")[what])

    def upstream(self, kind: Kind | str) -> list[dict[str, Any]]:
        path = PATHS[kind] if isinstance(kind, Kind) else kind
        return cast("list[dict[str, Any]]", self.control("GET", f"/records/{path}"))

    def edit_upstream(self, kind: Kind, id: str, **members: Any) -> None:
        self.control("PATCH", f"/records/{PATHS[kind]}/{id}", members)

    def add_upstream(
        self, kind: Kind, id: str, like: Mapping[str, Any] | None = None, **members: Any
    ) -> None:
        """Make a record now, like another one, by default the first."""
        made = {**(like or self.upstream(kind)[0]), "Id": id, **members}
        unstamped = {name: value for name, value in made.items() if name not in STAMPS}
        body = json.loads(json.dumps(unstamped, default=float))
        self.control("PUT", f"/records/{PATHS[kind]}/{id}", body)

    def edit_orders(self, **members: Any) -> None:
        """Change each order that a push made, as a person does there."""
        for order in self.drafts():
            self.control("PATCH", f"/records/orders/{order['Id']}", members)

    def drafts(self) -> list[dict[str, Any]]:
        """The orders that a push made: the seed's own have no marker."""
        return [order for order in self.upstream("orders") if "BY-" in (order["OurReference"] or "")]

    # Busy

    def record(self, kind: Kind, name: str) -> Record:
        (found,) = [record for record in self.busy.load(ACME, kind) if record.values["name"] == name]
        return found

    def records(self, kind: Kind = Kind.PROJECT) -> dict[str, Mapping[str, Value]]:
        return {record.id: dict(record.values) for record in self.busy.load(ACME, kind)}

    def imported(self) -> object:
        """All that the stores hold, save when a sync was tried or done, what it did, and whose turn it is."""

        def body(key: str, text: str) -> object:
            if key.startswith(READING_PREFIX):
                notes = READING_SCHEMA.load(key, text)
                return {
                    kind: attrs.evolve(known, since=None, whole_at=None, learned_at=None)
                    for kind, known in notes.lists.items()
                }
            if key != CONNECTION:
                return text
            return attrs.evolve(CONNECTION_SCHEMA.load(key, text), attempted={})

        return (
            {(kind, r.id): (dict(r.values), r.link) for kind in Kind for r in self.busy.load(ACME, kind)},
            [
                (found.tenant, found.key, body(found.key, found.document.body))
                for found in self.state.scan("")
                if not found.key.startswith("lease/") and found.key != RUNS
            ],
        )

    def stored(self) -> str:
        """Every stored body in one text."""
        return "\n".join(f"{found.key} {found.document.body}" for found in self.state.scan(""))

    def snapshot(self) -> object:
        """All that the stores hold, as values that nothing shares."""
        return (
            {
                (kind, record.id): (dict(record.values), record.link)
                for kind in Kind
                for record in self.busy.load(ACME, kind)
            },
            [(found.tenant, found.key, attrs.astuple(found.document)) for found in self.state.scan("")],
        )


def entry(id: str, minutes: int = 60, work_type: str = "consulting", day: int = 3) -> TimeEntry:
    """Approved hours in March 2026."""
    return TimeEntry(
        id=id,
        work_type=work_type,
        member="m1",
        start=datetime(2026, 3, day, 7, 30, tzinfo=UTC),
        billable_minutes=minutes,
        approval=Approval.APPROVED,
    )


def cost(id: str, price: str = "189.90", quantity: str = "2") -> Expense:
    """An approved cost in March 2026."""
    return Expense(
        id=id,
        date=date(2026, 3, 4),
        work_type="travel",
        quantity=Decimal(quantity),
        out_price=Decimal(price),
        approval=Approval.APPROVED,
        comment="Bompenger",
    )


def with_work(office: Office, booked: Iterable[TimeEntry | Expense] = ()) -> str:
    """Book work on a project that was imported with its customer, with work types, prices and products."""
    project = next(
        record.id
        for record in office.busy.load(ACME, Kind.PROJECT)
        if record.values["customer"] and not record.values["archived"]
    )
    products = {record.values["name"]: record.id for record in office.busy.load(ACME, Kind.PRODUCT)}
    office.hours.add_work_type(
        ACME, WorkType(id="consulting", name="Rådgivning", product=products["Rådgivning"])
    )
    office.hours.add_work_type(ACME, WorkType(id="travel", name="Reisetid", product=products["Reisetid"]))
    rates = {"consulting": Decimal(1250), "travel": Decimal("640.50")}
    office.hours.set_prices(ACME, project, Prices(mode=PriceMode.WORK_TYPE, work_type_rates=rates))
    work = list(booked) or [
        entry("h1", 450),
        entry("h2", 200, day=4),
        entry("h3", 50, "travel", 4),
        cost("k1"),
    ]
    office.hours.book(ACME, project, *(each for each in work if isinstance(each, TimeEntry)))
    office.hours.spend(ACME, project, *(each for each in work if isinstance(each, Expense)))
    return project


def ready_to_push(office: Office, **options: Any) -> tuple[Tenant, Order]:
    """A connected and imported workspace with the order of the worked example."""
    acme = office.connected(**options)
    acme.sync()
    return acme, acme.build_order(with_work(office), MARCH, order_id="o1", order_date=date(2026, 3, 31))
