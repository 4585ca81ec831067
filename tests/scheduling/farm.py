"""A host with three workspaces, whose jobs are done by the processes of a recipe, beside a sandbox."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final, cast, final

import attrs
import httpx
from attrs import define, field
from cryptography.fernet import Fernet

from visma_busy_sync import BusySync, Endpoints
from visma_busy_sync._facade import Tenant
from visma_busy_sync.busy import Approval, Order, Period, PriceMode, Prices, TimeEntry, WorkType
from visma_busy_sync.orders import LedgerEntry
from visma_busy_sync.sandbox.process import SandboxInfo
from visma_busy_sync.stores.sql import SqlCatalogue, SqlStateStore, SqlWorkLog
from visma_busy_sync.sync import Kind

from .launch import SECONDS

LAUNCH: Final = Path(__file__).with_name("launch.py")
REDIRECT: Final = "http://127.0.0.1:9/callback"
SESSION: Final = "the browser's session"
TENANTS: Final = ("north", "south", "east")
MARCH: Final = Period(date(2026, 3, 1), date(2026, 3, 31))
DELAY_SECONDS: Final = 30
"""How late the answer comes that a worker waits for when it is killed."""
HANG_SECONDS: Final = 180
"""Far more than anything here takes."""

Line = Mapping[str, Any]


class Clock:
    """The machine's time, and what was added for all processes."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(SECONDS.pack(0))
        with path.open("r+b") as file:
            self._added = mmap.mmap(file.fileno(), SECONDS.size)

    def advance(self, seconds: float) -> None:
        SECONDS.pack_into(self._added, 0, SECONDS.unpack_from(self._added)[0] + seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=SECONDS.unpack_from(self._added)[0])

    def monotonic(self) -> float:
        return time.monotonic()

    def close(self) -> None:
        self._added.close()


@final
@define
class Farm:
    """The host, its workspaces, and the processes that do their jobs.

    Attributes:
        sandbox: Visma's place.
        browser: What the test looks with.
        database: The address of the database with all that the host keeps.
        directory: Where the files of a test are.
    """

    sandbox: SandboxInfo
    browser: httpx.Client
    database: str
    directory: Path
    clock: Clock = field(init=False)
    visma: BusySync = field(init=False)
    catalogue: SqlCatalogue = field(init=False)
    work: SqlWorkLog = field(init=False)
    processes: list[subprocess.Popen[bytes]] = field(init=False, factory=list["subprocess.Popen[bytes]"])
    _open: ExitStack = field(init=False, factory=ExitStack)
    _key: str = field(init=False, factory=lambda: Fernet.generate_key().decode(), repr=False)

    def __attrs_post_init__(self) -> None:
        self.control("POST", "/reset")
        self.clock = self._open.enter_context(closing(Clock(self.directory / "clock")))
        self.catalogue = self._open.enter_context(SqlCatalogue.open(self.database))
        self.work = self._open.enter_context(SqlWorkLog(self.catalogue))
        state = self._open.enter_context(SqlStateStore.open(self.database))
        for store in (self.catalogue, self.work, state):
            store.create_table()
        self.visma = self._open.enter_context(
            BusySync(
                catalogue=self.catalogue,
                work=self.work,
                state=state,
                client_id=self.sandbox.client_id,
                client_secret=self.sandbox.client_secret,
                redirect_uri=REDIRECT,
                endpoints=Endpoints(**self.sandbox.addresses),
                encryption_keys=[self._key],
                clock=self.clock,
            )
        )

    def close(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(HANG_SECONDS)
        self._open.close()

    # What is due

    def settle(self) -> None:
        """Give each workspace a sync, an order to send and one to read back, which are all due."""
        for name in TENANTS:
            tenant = self.visma.tenant(name)
            self._log_in(tenant)
            tenant.sync()
            project = self._book(tenant)
            tenant.push(self._order(tenant, project, "old"))
            self.work.finalise(name, self._order(tenant, project, "new"))
        self.pass_time(2 * 3600)
        row = self.control("GET", "/records/projects")[0]
        self.control("PATCH", f"/records/projects/{row['Id']}", {"Name": "Renamed since"})

    def _log_in(self, tenant: Tenant) -> None:
        page = httpx.URL(tenant.connect(project_sync=True, session=SESSION))
        page = page.copy_merge_params({"sandbox_auto": "approve"})
        # Not with httpx, which logs the headers of an answer, and one of these holds the code.
        connection = HTTPConnection(page.host, page.port, timeout=20)
        with closing(connection):
            connection.request("GET", page.raw_path.decode())
            back = connection.getresponse().headers["location"]
        assert tenant.complete_login(back, session=SESSION).outcome == "connected"

    def _book(self, tenant: Tenant) -> str:
        """Book an hour for each order, and return the project that it is on."""
        records = self.catalogue.load(tenant.id, Kind.PROJECT)
        project = next(each.id for each in records if each.values["number"] == "0001")
        product = next(
            each.id
            for each in self.catalogue.load(tenant.id, Kind.PRODUCT)
            if each.values["name"] == "Rådgivning"
        )
        self.work.add_work_type(tenant.id, WorkType(id="advice", name="Rådgivning", product=product))
        rate = Prices(mode=PriceMode.PROJECT, project_rate=Decimal(1250))
        self.work.set_prices(tenant.id, project, rate)
        for minutes, id in enumerate(("old", "new"), start=60 + len(tenant.id)):
            hour = TimeEntry(
                id=f"{tenant.id}-{id}",
                work_type="advice",
                member="kari",
                start=datetime(2026, 3, 10, 12, tzinfo=UTC),
                billable_minutes=minutes,
                approval=Approval.APPROVED,
            )
            self.work.book(tenant.id, project, hour)
        return project

    def _order(self, tenant: Tenant, project: str, id: str) -> Order:
        only = frozenset({f"entry:{tenant.id}-{id}"})
        order = tenant.build_order(project, MARCH, order_id=f"{tenant.id}-{id}", only=only)
        return attrs.evolve(order, finalised_at=self.clock.now())

    # The processes

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a process of a recipe, in a group of its own."""
        log = self._open.enter_context((self.directory / f"log-{len(self.processes)}").open("wb"))
        process = subprocess.Popen(
            [sys.executable, str(LAUNCH), *arguments],
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={
                **os.environ,
                "DATABASE_URL": self.database,
                "VISMA_CLIENT_ID": self.sandbox.client_id,
                "VISMA_CLIENT_SECRET": self.sandbox.client_secret,
                "VISMA_REDIRECT_URI": REDIRECT,
                "VISMA_ENCRYPTION_KEY": self._key,
                "SANDBOX_ENDPOINTS": json.dumps(self.sandbox.addresses),
                "TICK_SECONDS": "0.5",
                "TEST_CLOCK": str(self.directory / "clock"),
                "TEST_DIARY": str(self.directory / "diary"),
                **environment,
            },
        )
        self.processes.append(process)
        return process

    def stop(self) -> Sequence[int]:
        """End what still runs as a supervisor does; return how each ended."""
        running = [process for process in self.processes if process.poll() is None]
        for process in running:
            process.terminate()
        return [process.wait(HANG_SECONDS) for process in running]

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.directory.glob("log-*")))

    # Time, and the sandbox

    def pass_time(self, seconds: float) -> None:
        self.control("POST", "/clock", {"advance_seconds": seconds})
        self.clock.advance(seconds)

    def until(self, happened: Callable[[], Any]) -> Any:
        """Wait until something has happened; return what it is."""
        gives_up = time.monotonic() + HANG_SECONDS
        while not (found := happened()):
            assert time.monotonic() < gives_up, f"it does not happen\n{self.logs()}"
            time.sleep(0.2)
        return found

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.browser.request(method, self.sandbox.control_url + path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def delay(self, method: str, path: str) -> None:
        """Let a worker wait for the answer to such a request."""
        fault = {"method": method, "path": path, "kind": "delay", "seconds": DELAY_SECONDS}
        self.control("POST", "/faults", fault)

    # What happened

    def diary(self) -> Sequence[Line]:
        path = self.directory / "diary"
        text = path.read_text() if path.exists() else ""
        return [json.loads(line) for line in text.splitlines()]

    def waits(self, method: str, path: str) -> Line | None:
        """Return the request that a worker waits for the answer of."""
        if self.control("GET", "/faults")["faults"]:
            return None
        open_: dict[object, Line] = {}
        for line in self.diary():
            if (line.get("method"), line.get("path")) == (method, path):
                if line["what"] == "asks":
                    open_[line["run"]] = line
                else:
                    del open_[line["run"]]
        late = [line for line in open_.values() if time.monotonic() - line["at"] > 0.5]
        return late[0] if len(late) == 1 else None

    def unfinished(self, **who: int) -> set[str]:
        """Return the jobs that processes, by `pid` or `group`, have begun and not done."""
        lines = [line for line in self.diary() if who.items() <= line.items() and "run" in line]
        done = {line["run"] for line in lines if line["what"] == "done"}
        return {line["job"] for line in lines if line["run"] not in done}

    def done(self, job: str) -> Sequence[Line]:
        """Return the runs of a job in which something was done."""
        return [
            line
            for line in self.diary()
            if line["what"] == "done" and line["job"] == job and line["result"] != "NoneType"
        ]

    def spans(self) -> Mapping[str, Sequence[tuple[float, float]]]:
        """Return from when until when each run of each job asked eAccounting something, in order."""
        runs: dict[tuple[str, str], list[float]] = defaultdict(list)
        for line in self.diary():
            if line["what"] in {"asks", "heard"} and "job" in line:
                runs[line["job"], line["run"]].append(line["at"])
        spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for (job, _), moments in runs.items():
            spans[job].append((min(moments), max(moments)))
        return {job: sorted(found) for job, found in spans.items()}

    def entry(self, order_id: str) -> LedgerEntry:
        known = self.visma.tenant(order_id.partition("-")[0]).ledger_entry(order_id)
        assert known is not None
        return known

    def made(self, marker: str) -> int:
        """How often an order was made in eAccounting, whatever became of it."""
        happened = self.control("GET", "/orders/history")["entries"]
        made = [each["order"] for each in happened if each["event"] == "created" and each["by"] == "api"]
        return len([each for each in made if marker in (each["OurReference"] or "")])

    def drafts(self) -> Sequence[str]:
        """The ids of the orders that are in eAccounting and came from Busy."""
        orders = cast("list[dict[str, Any]]", self.control("GET", "/records/orders"))
        return [order["Id"] for order in orders if "BY-" in (order["OurReference"] or "")]
