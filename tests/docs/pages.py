"""What single pages need beside the names of every page, and what they say that comes of their blocks."""

from __future__ import annotations

import contextlib
import inspect
import io
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from attrs import evolve

from visma_busy_sync import Choices, Tenant
from visma_busy_sync.busy import Project, TimeEntry, WorkType
from visma_busy_sync.eaccounting import EAccounting, Secret, TokenSet
from visma_busy_sync.errors import OrderOutcomeUnknown
from visma_busy_sync.orders import State
from visma_busy_sync.orders import render as render_order
from visma_busy_sync.sandbox.process import SandboxProcess
from visma_busy_sync.stores import MemoryCatalogue, MemoryWorkLog
from visma_busy_sync.sync import (
    FIELDS,
    Kind,
    Plan,
    Read,
    Record,
    SyncSettings,
    Upstream,
    Value,
    make_plan,
    render,
)
from visma_busy_sync.testing.conformance import (
    STATE_CHECKS,
    CatalogueHarness,
    StateHarness,
    WorkLogHarness,
    run_check,
)

from .blocks import BLOCKS, ROOT, Block
from .given import Given, Ran

COMPANY = "Fjordmesteren Bygg og Rådgivning AS"
TUTORIAL = "docs/tutorial.md"


def printed(ran: Sequence[Ran], containing: str) -> str:
    """Return what the one block of a page printed that contains a text."""
    (out,) = [each.out for each in ran if containing in each.block.code]
    return out


class Readme(Given):
    """From the login to the order draft in one block; and the client alone."""

    def seen(self, ran: Sequence[Ran]) -> None:
        whole = printed(ran, "visma = BusySync(")
        assert f"Connected to Visma eAccounting: {COMPANY}" in whole
        assert "+ 167 create" in whole
        assert "last fetched just now" in whole
        assert self.control("GET", "/orders/history")["entries"]
        assert len(printed(ran, "with EAccounting(").splitlines()) > 30


class ClientPage(Given):
    """The client alone."""

    @cached_property
    def save(self) -> Any:
        """Keep new tokens."""
        return lambda tokens: None

    @cached_property
    def input(self) -> Any:
        """Ask for the address that the user was sent to."""
        return lambda prompt: self.logged_in(self.scope["pending"].url)

    def _eaccounting(self, tokens: str | Secret | TokenSet, **given: Any) -> EAccounting:
        client = super()._eaccounting(tokens, **given)
        if "application" in given:
            self.client = client
        return client

    def seen(self, ran: Sequence[Ran]) -> None:
        assert len(printed(ran, 'EAccounting("ACCESS-TOKEN")').splitlines()) > 30
        assert printed(ran, "oauth.begin()").startswith("open http://127.0.0.1:")
        assert self.client.company_settings().name == COMPANY
        assert printed(ran, "SandboxProcess()") == f"{COMPANY}\n"
        # 7.5 × 1250.00, and 25 % VAT
        assert printed(ran, "NewOrderRow(").startswith("11718.75 ")
        assert printed(ran, "walk()") == "64 customers\n"
        assert printed(ran, "with_options(") == f"{COMPANY}\n"


class ConformancePage(Given):
    """Harnesses, whole and as sketches."""

    class OurCatalogue:
        """A port of the reader's."""

    class OurWorkLog:
        """A port of the reader's."""

    def stand_ins(self) -> Mapping[str, object]:
        """Also for a plugin of pytest that is not installed here."""
        mark = SimpleNamespace(django_db=lambda **_: lambda cls: cls)
        return {**super().stand_ins(), "pytest.mark": mark}

    def before(self, block: Block) -> None:
        if block.code.startswith("# shop/bench.py"):  # the page has the ports of the guide there
            (self.folder / "shop").mkdir()
            shutil.copy(ROOT / "examples" / "sqlite_ports.py", self.folder / "shop")

    @cached_property
    def CatalogueHarness(self) -> Any:  # noqa: N802 - a class
        return CatalogueHarness

    @cached_property
    def WorkLogHarness(self) -> Any:  # noqa: N802 - a class
        return WorkLogHarness

    @cached_property
    def Project(self) -> Any:  # noqa: N802 - a class
        return Project

    @cached_property
    def WorkType(self) -> Any:  # noqa: N802 - a class
        return WorkType

    def seen(self, ran: Sequence[Ran]) -> None:
        """The sketches override what there is, with the same parameters; the whole one keeps promises."""
        for sketch in (self.scope["CatalogueBench"], self.scope["WorkBench"]):
            for name, method in vars(sketch).items():
                if inspect.isfunction(method):
                    wanted = inspect.signature(getattr(sketch.__base__, name))
                    assert list(inspect.signature(method).parameters) == list(wanted.parameters), name
        harness = self.scope["TestOurStateStore"]().harness()
        assert isinstance(harness, StateHarness)
        for check in STATE_CHECKS:
            if check.promise.name in {"all-or-nothing", "durable"}:
                run_check(check, type(harness))


class ConnectionPage(Given):
    """Login, and another company."""

    @cached_property
    def acme(self) -> Tenant:
        """A workspace that nobody connected yet."""
        return self.visma.tenant("acme")

    @cached_property
    def render(self) -> Any:
        return render

    def before(self, block: Block) -> None:
        if "other_company" in block.code:
            self.control("POST", "/companies", {"id": "north", "name": "Nord AS"})
            url = self.acme.connect(project_sync=True, session="s")
            back = self.logged_in(url, "&company=north")
            assert self.acme.complete_login(back, session="s").outcome == "confirm_company"

    def seen(self, ran: Sequence[Ran]) -> None:
        login = printed(ran, "acme.complete_login")
        assert f"Koblet til Visma eAccounting: {COMPANY}" in login
        assert "167 opprettes" in login
        assert printed(ran, "preview_company").startswith("Nord AS ")
        assert self.acme.status().company_name == "Nord AS"


class EmbedPage(Given):
    """A host that is set up, connected and left to itself."""

    acme = ConnectionPage.acme

    def before(self, block: Block) -> None:
        if "push_due()" in block.code:
            (first, *_) = self.hours.work("acme", self.project, self.period).entries
            self.hours.book("acme", self.project, evolve(first, id="h9"))
            self.waiting = evolve(self.order, finalised_at=datetime.now(UTC))
            self.hours.finalise("acme", self.waiting)

    def seen(self, ran: Sequence[Ran]) -> None:
        assert f"Koblet til Visma eAccounting: {COMPANY}" in printed(ran, "acme.complete_login")
        assert printed(ran, "sync_due()").startswith("acme applied: ")
        sent = printed(ran, "push_due()")
        assert sent.startswith("acme ")
        assert self.waiting.id in sent
        assert printed(ran, "acme.build_order") == "transferred\n"
        self._a_problem_is_shown_with_its_cure(ran)
        made = self.control("GET", "/orders/history")["entries"]
        assert [(each["event"], each["order"]["Status"]) for each in made] == [("created", 1)] * 2
        assert (self.folder / "busy.db").exists()
        march, house = self.scope["march"], self.scope["house"]
        assert march.entries == (self.scope["hours"],)
        assert march.expenses == (self.scope["parking"],)
        assert (march.project.id, march.project.name) == (house, "House")

    def _a_problem_is_shown_with_its_cure(self, ran: Sequence[Ran]) -> None:
        """The block of the order once more: now all of its hours are on an order."""
        (block,) = [each.block for each in ran if "acme.build_order" in each.block.code]
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(block.code, self.scope)
        assert said.getvalue().startswith("Det er ingenting å fakturere fra ")
        assert said.getvalue().endswith(
            "Velg en annen periode, eller rett i Busy det som holder føringene utenfor.\n"
        )


class HoursPage(Given):
    """The hours behind an order."""

    def seen(self, ran: Sequence[Ran]) -> None:
        shown = printed(ran, "to_text")
        assert "Rådgivning" in shown
        assert "Rådgivning" in (self.folder / "timer.html").read_text(encoding="utf-8")
        assert (self.folder / "timer.pdf").read_bytes().startswith(b"%PDF-")


class ImportPage(Given):
    """A file of order lines."""

    def seen(self, ran: Sequence[Ran]) -> None:
        """The first block shows each problem to a person; the second names the active drafts."""
        acme, project = self.acme, self.project
        number = next(
            each.values["number"] for each in self.busy.load("acme", Kind.PROJECT) if each.id == project
        )
        (self.folder / "none.csv").write_bytes(b"")
        (self.folder / "one.csv").write_text(f"{number};advice;3;1100", encoding="utf-8")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            assert self.scope["import_file"](acme, "none.csv") == []
        assert said.getvalue().startswith("file csv  Filen har ingen rader")
        assert [len(order.lines) for order in self.scope["import_file"](acme, "one.csv")] == [1]
        (order,) = self.scope["import_into_drafts"](acme, f"{number};advice;3".encode(), {project: "draft 1"})
        assert order.id == "draft 1"


class LedgerPage(Given):
    """Pushing, and what a person decides."""

    choices = Choices(settle_after=timedelta(microseconds=1))

    def before(self, block: Block) -> None:
        """Lose the answers of two orders where drafts are not listed, so that a person has to look."""
        if "acme.resolve(" in block.code:
            self.control("PATCH", "/profile", {"drafts_listed": False})
            for id, entry in (("o1", "h8"), ("o2", "h9")):
                self.hours.book("acme", self.project, evolve(self.hours_of_order(), id=entry))
                order = self.acme.build_order(self.project, self.period, order_id=id)
                kind = "drop_after" if id == "o1" else "drop_before"
                self.control("POST", "/faults", {"method": "POST", "path": "/orders", "kind": kind})
                with suppress(OrderOutcomeUnknown):
                    self.acme.push(order)
            self.acme.recover()

    def hours_of_order(self) -> TimeEntry:
        return self.hours.work("acme", self.project, self.period).entries[0]

    @cached_property
    def draft_id(self) -> str:
        """The id of a draft that a person found in eAccounting."""
        return str(self.control("GET", "/records/orders")[-1]["Id"])

    def seen(self, ran: Sequence[Ran]) -> None:
        states = {entry.order_id: entry.state for entry in self.acme.orders()}
        assert states == {self.order.id: State.TRANSFERRED, "o1": State.TRANSFERRED, "o2": State.RESERVED}
        assert printed(ran, "push_many") == f"{self.order.id} {self.scope['pushed'].transfer}\n"
        assert f"{self.order.id} OrderProgress(stage=<Stage.DRAFT" in printed(ran, "read_back()")


class OrdersPage(Given):
    """An order, and what a person changes of it; what each change does is shown with the builder's tests."""

    def seen(self, ran: Sequence[Ran]) -> None:
        (shown,) = [each.code for each in BLOCKS if "Bompenger" in each.code]
        assert render_order(self.order).startswith(shown)
        assert len(self.scope["changes"]) == 5


class SandboxPage(Given):
    """A sandbox that is steered."""

    @cached_property
    def project_id(self) -> str:
        """A project of eAccounting."""
        return str(next(self.api.projects.list()).id)

    def before(self, block: Block) -> None:
        if "orders/history" in block.code:
            self.acme.push(self.order)

    @cached_property
    def marker(self) -> str:
        """What the our-reference of the order ends with that was pushed."""
        (sent,) = self.acme.orders()
        return str(sent.marker)

    def seen(self, ran: Sequence[Ran]) -> None:
        assert printed(ran, "print(sandbox.info.api_url)").startswith("http://127.0.0.1:")
        assert "applied: 167 create" in printed(ran, "sandbox_auto=approve")
        journal = self.control("GET", "/journal")["entries"]
        assert [f"delete {self.project_id}"] in [request.get("drift") for request in journal]
        (fault,) = self.control("GET", "/faults")["faults"]
        assert fault["kind"] == "drop_after"


class SyncPage(Given):
    """What a sync would do, and why; what a person allows, decides and takes back."""

    def __init__(self, sandbox: SandboxProcess, folder: Path, kept: ExitStack) -> None:
        super().__init__(sandbox, folder, kept)
        self.busy = MemoryCatalogue(unique_numbers=True)
        self.hours = MemoryWorkLog(self.busy)

    @cached_property
    def render(self) -> Any:
        return render

    @cached_property
    def busy_id(self) -> str:
        """A project of Busy's own."""
        return self.busy.add("acme", Kind.PROJECT, name="Nytt bad")

    @cached_property
    def eaccounting_id(self) -> str:
        """A project that came into eAccounting, under another name."""
        id = "00000000-0000-0000-0000-0000000000a1"
        self.control("PUT", f"/records/projects/{id}", {"Number": "0901", "Name": "Bad", "Status": 1})
        return id

    def before(self, block: Block) -> None:
        if "allow_archiving" in block.code:
            self.gone = [each for each in self.acme_projects() if not each.values["archived"]][:30]
            for id in self.upstream(*self.gone):
                self.control("DELETE", f"/records/projects/{id}")
        if "report.refused" in block.code:
            taken = {"Number": "2001", "Name": "Acme", "Status": 1}
            self.control("PUT", "/records/projects/00000000-0000-0000-0000-0000000000a2", taken)
            self.busy.add("acme", Kind.PROJECT, number="2001", name="Another")
        if "acme.undo" in block.code:
            self.renamed = self.acme_projects()[-1]
            (id,) = self.upstream(self.renamed)
            self.control("PATCH", f"/records/projects/{id}", {"Notes": "Ny"})

    def acme_projects(self) -> Sequence[Record]:
        """Return Busy's projects."""
        acme = self.acme  # whose sync brings them
        return self.busy.load(acme.id, Kind.PROJECT)

    def upstream(self, *records: Record) -> list[str | None]:
        """Return eAccounting's ids of projects."""
        plan = self.acme.plan()
        fates = [plan.fate_of(Kind.PROJECT, record.id) for record in records]
        return [fate and fate.eaccounting_id for fate in fates]

    def seen(self, ran: Sequence[Ran]) -> None:
        now = {each.id: each.values for each in self.acme_projects()}
        assert "! archiving waits: " in printed(ran, "allow_archiving")
        assert {now[each.id]["archived"] for each in self.gone} == {True}
        (block,) = (each.block for each in ran if "report.refused" in each.block.code)
        assert printed(ran, "report.refused").replace("2001", "1001").strip() in block.code
        mine = self.acme.plan().fate_of(Kind.PROJECT, self.busy_id)
        assert mine is not None
        assert mine.eaccounting_id == self.eaccounting_id
        assert self.scope["report"].plan.fate_of(Kind.PROJECT, self.renamed.id).fate == "update"
        assert now[self.renamed.id] == self.renamed.values
        self.explained(self.scope["why"])

    def explained(self, why: Any) -> None:
        """A project is explained by either id; the text is the one that the page shows."""
        values: dict[str, Value] = {**dict.fromkeys(FIELDS[Kind.PROJECT]), "archived": False}
        before = Upstream(Kind.PROJECT, "9d1c", {**values, "number": "1", "name": "Hus", "notes": "a"})
        first = _plan(before, ()).changes[0].change
        values = {**first.values, "name": "Hytte", "end_date": date(2026, 12, 1)}
        held = Record(Kind.PROJECT, "7", values, first.link)
        plan = _plan(
            Upstream(Kind.PROJECT, "9d1c", {**before.values, "name": "Villa", "notes": "b"}), (held,)
        )
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            assert why(plan, "7") == why(plan, "9d1c") == plan.explain(Kind.PROJECT, "7").text("nb")
        assert "end_date is Busy's: 2026-12-01, where eAccounting had None" in said.getvalue()
        (shown,) = [each.code for each in BLOCKS if each.code.startswith("project 1 Villa ")]
        told = str(plan.explain(Kind.PROJECT, "7")).replace("9d1c", "9d1c…").splitlines()
        assert set(shown.splitlines()) <= set(told)


class TutorialPage(Given):
    """Typed from the first block to the last; nothing is filled in."""

    @classmethod
    def names(cls) -> frozenset[str]:
        return frozenset()

    def stand_ins(self) -> Mapping[str, object]:
        return {}

    def seen(self, ran: Sequence[Ran]) -> None:
        assert_the_tutorial_leads_to_a_draft("".join(each.out for each in ran))


def assert_the_tutorial_leads_to_a_draft(told: str) -> None:
    """It leads to one order draft, past a problem and a dead login."""
    shown = [each.code for each in BLOCKS if each.page == TUTORIAL and each.language == "text"]
    assert [code for code in shown if code not in told] == []
    steps = [
        "? customer_archived project ",
        "9001 Tidy the store room - ",
        "work_type_without_product",
        "9375.00 NOK",
        "transferred",
        "True",
        "password",
        "reconnect needed",
        "Connected to Visma eAccounting",
        "nothing to do",
    ]
    place = 0
    for step in steps:
        place = told.find(step, place)
        assert place >= 0, f"{step!r} is not printed, or not in its turn:\n{told}"


def _plan(row: Upstream, records: tuple[Record, ...]) -> Plan:
    return make_plan(
        "company",
        {Kind.PROJECT: Read((row,), sure=True)},
        {Kind.PROJECT: records},
        settings=SyncSettings(project_sync=True),
    )


OF_PAGES: Mapping[str, type[Given]] = {
    "README.md": Readme,
    "docs/client.md": ClientPage,
    "docs/conformance.md": ConformancePage,
    "docs/connection.md": ConnectionPage,
    "docs/embed.md": EmbedPage,
    "docs/hours-specification.md": HoursPage,
    "docs/import-order-lines.md": ImportPage,
    "docs/ledger.md": LedgerPage,
    "docs/orders.md": OrdersPage,
    "docs/sandbox.md": SandboxPage,
    "docs/sync.md": SyncPage,
    TUTORIAL: TutorialPage,
}
"""Pages with a class of their own; every other page has the names of `Given`."""
