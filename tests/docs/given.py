"""The names that a page's blocks use without making them.

Each is made when a block first uses it, against a sandbox that is as at its start. The names of `Given` are
there on every page. A page whose blocks need others, or the same in another situation, has a class of its own
in `pages.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from attrs import evolve, frozen
from sqlalchemy import Engine, create_engine

from visma_busy_sync import BusySync, Choices, EAccounting, Endpoints, Tenant
from visma_busy_sync.busy import Approval, Expense, Order, Period, PriceMode, Prices, TimeEntry, WorkType
from visma_busy_sync.eaccounting import Application, Secret, TokenSet
from visma_busy_sync.sandbox.process import SandboxProcess
from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore, MemoryWorkLog
from visma_busy_sync.stores.sql import SqlStateStore
from visma_busy_sync.sync import Kind

from .blocks import Block

KEY = "ERERERERERERERERERERERERERERERERERERERERERE="
"""An encryption key of the tests' own."""
ELLIPSIS = "..."
"""What stands in the pages for what a reader fills in, such as a client id."""


@frozen
class Ran:
    """A block that ran, and what it printed."""

    block: Block
    out: str


class Given:
    """The names of every page: each `cached_property` is one.

    Attributes:
        scope: What the page's blocks have made so far.
        choices: With which settings `visma` is made.
    """

    choices = Choices()

    def __init__(self, sandbox: SandboxProcess, folder: Path, kept: ExitStack) -> None:
        self.process = sandbox
        self.folder = folder
        self.kept = kept
        self.scope: dict[str, Any] = {}
        self.busy = MemoryCatalogue()
        self.hours = MemoryWorkLog(self.busy)
        self.store = MemoryStateStore()
        self._client = kept.enter_context(httpx.Client(timeout=20))

    @classmethod
    def names(cls) -> frozenset[str]:
        """Return all names that are given."""
        return frozenset(name for name in dir(cls) if isinstance(getattr(cls, name), cached_property))

    # What a page's own class may add

    def before(self, block: Block) -> None:
        """Bring about what a block is about, right before it runs."""

    def seen(self, ran: Sequence[Ran]) -> None:
        """Look at what the blocks did, after the last one."""

    def stand_ins(self) -> Mapping[str, object]:
        """Return what stands in for classes that the blocks import, by where it is imported from.

        They fill in what a reader has to: addresses, client id and secret, tokens, and what is left out.
        """
        return {
            "visma_busy_sync.BusySync": self._busy_sync,
            "visma_busy_sync.EAccounting": self._eaccounting,
            "visma_busy_sync.eaccounting.EAccounting": self._eaccounting,
            "visma_busy_sync.eaccounting.Application": self._application,
        }

    def _busy_sync(self, *rest: object, **given: Any) -> BusySync:
        assert rest in ((), (...,)), "all of it is named"
        filled: dict[str, Any] = {
            "catalogue": self.busy,
            "work": self.hours,
            "state": self.store,
            "client_id": self.process.info.client_id,
            "client_secret": self.process.info.client_secret,
            "endpoints": self.endpoints,
        }
        filled |= {name: value for name, value in given.items() if value not in (ELLIPSIS, [...])}
        filled["redirect_uri"] = "http://127.0.0.1:5000/callback"  # the sandbox sends to no other host
        return self.kept.enter_context(BusySync(**filled))

    def _eaccounting(self, tokens: str | Secret | TokenSet, **given: Any) -> EAccounting:
        if tokens == "ACCESS-TOKEN":
            tokens = self.process.info.access_token
        if "application" not in given:
            given = {"endpoints": self.endpoints, **given}
        return self.kept.enter_context(EAccounting(tokens, **given))

    def _application(self, **given: Any) -> Application:
        info = self.process.info
        filled = {"client_id": info.client_id, "client_secret": info.client_secret}
        return Application(endpoints=self.endpoints, **{**given, **filled})

    # What is not a name, but used by several

    @property
    def endpoints(self) -> Endpoints:
        """The sandbox's addresses."""
        return Endpoints(**self.process.info.addresses)

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Steer the sandbox."""
        answer = self._client.request(method, f"{self.process.info.control_url}{path}", json=body)
        return answer.raise_for_status().json() if answer.content else None

    def logged_in(self, url: str, more: str = "") -> str:
        """Open the login page as the browser would, press "Log in", and return where it is sent back to."""
        page = urlsplit(url)
        # Not with httpx, which logs the headers of an answer, and one of these holds the code.
        with closing(HTTPConnection(page.netloc, timeout=20)) as browser:
            browser.request("GET", f"{page.path}?{page.query}&sandbox_auto=approve{more}")
            back = browser.getresponse().headers["location"]
        assert back is not None, "the login page refused"
        return str(back)

    # The names

    @cached_property
    def sandbox(self) -> SandboxProcess:
        """A sandbox that runs."""
        return self.process

    @cached_property
    def api(self) -> EAccounting:
        """A client of the company."""
        return self._eaccounting("ACCESS-TOKEN")

    @cached_property
    def key(self) -> str:
        """What tokens are encrypted with."""
        return KEY

    @cached_property
    def engine(self) -> Engine:
        """The host's SQLAlchemy engine; the state store's table is there."""
        engine = create_engine(f"sqlite:///{self.folder / 'host.db'}")
        self.kept.callback(engine.dispose)
        SqlStateStore(engine).create_table()
        return engine

    @cached_property
    def MyCatalogue(self) -> Any:  # noqa: N802 - a class of the host's
        """The host's projects, customers and products."""
        return lambda: self.busy

    @cached_property
    def MyWorkLog(self) -> Any:  # noqa: N802 - a class of the host's
        """The host's hours."""
        return lambda: self.hours

    @cached_property
    def MyStateStore(self) -> Any:  # noqa: N802 - a class of the host's
        """The host's store."""
        return lambda: self.store

    @cached_property
    def visma(self) -> BusySync:
        """The integration, over ports in memory."""
        return self._busy_sync(choices=self.choices)

    @cached_property
    def acme(self) -> Tenant:
        """A workspace that is connected and synced."""
        acme = self.visma.tenant("acme")
        url = acme.connect(project_sync=True, session=self.browser_session)
        assert acme.complete_login(self.logged_in(url), session=self.browser_session).connected
        acme.sync()
        return acme

    @cached_property
    def browser_session(self) -> str:
        """What only the browser has that began the login."""
        return "the browser's session"

    @cached_property
    def callback_url(self) -> str:
        """The address that the browser is sent back to after the login that a block began."""
        return self.logged_in(self.scope["url"])

    @cached_property
    def request(self) -> Any:
        """The request of the host's framework that the redirect address gets."""
        given = self

        class Request:
            session_id = given.browser_session

            @property
            def url(self) -> str:
                return given.callback_url

        return Request()

    @cached_property
    def show(self) -> Any:
        """Show a text to the user."""
        return print

    @cached_property
    def first_day(self) -> date:
        """The first day to bill."""
        return date(2026, 3, 1)

    @cached_property
    def last_day(self) -> date:
        """The last one."""
        return date(2026, 3, 31)

    @cached_property
    def period(self) -> Period:
        """The days to bill."""
        return Period(self.first_day, self.last_day)

    @cached_property
    def project(self) -> str:
        """A project that came from eAccounting, with two days and a cost booked on it, ready to be billed."""
        # Where no block has synced yet, `acme` does it.
        imported = self.busy.load("acme", Kind.PRODUCT) or self.busy.load(self.acme.id, Kind.PRODUCT)
        products = {each.values["name"]: each.id for each in imported}
        project = next(
            each.id
            for each in self.busy.load("acme", Kind.PROJECT)
            if each.values["customer"] and not each.values["archived"]
        )
        for id, name in (("advice", "Rådgivning"), ("travel", "Reisetid")):
            self.hours.add_work_type("acme", WorkType(id=id, name=name, product=products[name]))
        rates = {"advice": Decimal(1250), "travel": Decimal("640.50")}
        self.hours.set_prices("acme", project, Prices(mode=PriceMode.WORK_TYPE, work_type_rates=rates))
        first = TimeEntry(
            id="h1",
            work_type="advice",
            member="kari",
            start=datetime(2026, 3, 3, 8, tzinfo=UTC),
            billable_minutes=450,
            approval=Approval.APPROVED,
        )
        toll = Expense(
            id="k1",
            date=date(2026, 3, 4),
            work_type="travel",
            quantity=Decimal(2),
            out_price=Decimal("189.90"),
            approval=Approval.APPROVED,
            comment="Bompenger",
        )
        self.hours.book(
            "acme",
            project,
            first,
            evolve(first, id="h2", start=datetime(2026, 3, 4, 8, tzinfo=UTC), billable_minutes=200),
            evolve(first, id="h3", work_type="travel", billable_minutes=50),
            costs=[toll],
        )
        return project

    @cached_property
    def order(self) -> Order:
        """The order that comes of it."""
        return self.acme.build_order(self.project, self.period, order_date=self.last_day)

    @cached_property
    def orders(self) -> list[Order]:
        """Several orders to push."""
        return [self.order]
