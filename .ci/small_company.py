"""A small company in eAccounting, and a workspace of Busy to be connected to it: what tables are shown of.

Everything in it is fixed, days included, so that what is told of it is the same each time.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx
from attrs import frozen
from cryptography.fernet import Fernet
from sqlalchemy import create_engine

from visma_busy_sync import BusySync, Endpoints, Tenant
from visma_busy_sync.busy import Approval, Exclusion, Expense, Period, PriceMode, Prices, TimeEntry, WorkType
from visma_busy_sync.sandbox.process import SandboxProcess
from visma_busy_sync.stores import MemoryCatalogue, MemoryWorkLog
from visma_busy_sync.stores.sql import SqlStateStore
from visma_busy_sync.sync import Kind

WORKSPACE: Final = "acme"
NOVEMBER: Final = Period(date(2026, 11, 1), date(2026, 11, 30))
_SESSION: Final = "the browser's session"
_FJORD, _GRANLIA = "c1", "c2"
_CODING, _HOUR = "b1", "e1"


def _id(name: str) -> str:
    return f"00000000-0000-0000-0000-0000000000{name}"


def _customer(name: str, number: str, called: str) -> dict[str, object]:
    return {
        "Id": _id(name),
        "CustomerNumber": number,
        "Name": called,
        "CurrencyCode": "NOK",
        "IsActive": True,
    }


def _project(name: str, number: str, called: str, customer: str) -> dict[str, object]:
    return {"Id": _id(name), "Number": number, "Name": called, "CustomerId": _id(customer), "Status": 1}


COMPANY: Final[dict[str, Any]] = {
    "companysettings": {"Name": "Selger AS", "CurrencyCode": "NOK", "CountryCode": "NO"},
    "customers": [
        _customer(_FJORD, "10001", "Fjord AS"),
        _customer(_GRANLIA, "10002", "Granlia Bygg AS"),
    ],
    "units": [{"Id": _id(_HOUR), "Name": "Time", "Code": "HUR", "Abbreviation": "time"}],
    "articleaccountcodings": [
        {"Id": _id(_CODING), "Name": "Tjenester 25 %", "VatRatePercent": 25, "IsActive": True}
    ],
    "articles": [
        {
            "Id": _id("d1"),
            "Number": "100",
            "Name": "Konsulenttimer",
            "CodingId": _id(_CODING),
            "UnitId": _id(_HOUR),
            "UnitAbbreviation": "time",
            "IsActive": True,
        }
    ],
    "projects": [
        _project("a1", "1041", "Rehabilitering av bad", _GRANLIA),
        _project("a2", "1042", "Nytt nettsted", _FJORD),
        _project("a3", "1043", "Tilbygg", _GRANLIA),
    ],
}

OWN_PROJECTS: Final = (("1041", "REHABILITERING AV BAD"), ("1043", "Garasje"), ("9001", "Internt: ferie"))
"""What the workspace has before: one that eAccounting has too, one whose number is taken, one of its own."""


@frozen
class SmallCompany:
    """A company that runs in a sandbox, and a workspace that is not connected yet.

    Attributes:
        visma: The integration of the workspace's backend.
        control: The address of the sandbox's controls.
        busy: The workspace's projects, customers and products.
        hours: Its hours and costs.
    """

    visma: BusySync
    control: str
    busy: MemoryCatalogue
    hours: MemoryWorkLog

    @property
    def acme(self) -> Tenant:
        """The workspace."""
        return self.visma.tenant(WORKSPACE)

    def steer(self, method: str, path: str, body: object = None) -> None:
        """Steer the sandbox."""
        httpx.request(method, f"{self.control}/{path}", json=body, timeout=20).raise_for_status()

    def connect(self) -> None:
        """Log in as a person would."""
        url = self.acme.connect(project_sync=True, session=_SESSION)
        back = httpx.get(f"{url}&sandbox_auto=approve", timeout=20).headers["location"]
        result = self.acme.complete_login(back, session=_SESSION)
        if not result.connected:
            raise SystemExit(str(result))

    def work(self) -> None:
        """Book a month of work on two of the projects that were fetched."""
        numbers = self._active()
        (product,) = self.busy.load(WORKSPACE, Kind.PRODUCT)
        advice = WorkType(id="advice", name="Rådgivning", product=product.id)
        for work_type in (advice, WorkType(id="travel", name="Reisetid")):
            self.hours.add_work_type(WORKSPACE, work_type)
        prices = Prices(mode=PriceMode.PROJECT, project_rate=Decimal(1250))
        booked = {
            "1042": (
                _booked("1", 3, 450),
                _booked("2", 4, 200),
                _booked("3", 5, 90, excluded=Exclusion.INTERNAL_TIME),
                _booked("4", 12, 120, approval=Approval.NONE),
            ),
            "1043": (_booked("5", 9, 420), _booked("6", 9, 60, work_type="travel")),
        }
        for number, entries in booked.items():
            self.hours.set_prices(WORKSPACE, numbers[number], prices)
            self.hours.book(WORKSPACE, numbers[number], *entries)
        toll = Expense(
            id="7",
            date=date(2026, 11, 4),
            product=product.id,
            quantity=Decimal(2),
            out_price=Decimal("189.90"),
            approval=Approval.APPROVED,
            comment="Bompenger",
        )
        self.hours.spend(WORKSPACE, numbers["1042"], toll)

    def send(self, number: str) -> None:
        """Send the order of a project to eAccounting."""
        project = self._active()[number]
        order = self.acme.build_order(project, NOVEMBER, order_date=NOVEMBER.last, order_id="2026-117")
        self.acme.push(order)

    def _active(self) -> dict[Any, str]:
        """Return the ids of the projects that are not archived, by their numbers."""
        projects = self.busy.load(WORKSPACE, Kind.PROJECT)
        return {each.values["number"]: each.id for each in projects if not each.values["archived"]}


def _booked(id: str, day: int, minutes: int, work_type: str = "advice", **changes: Any) -> TimeEntry:
    known: dict[str, Any] = {"approval": Approval.APPROVED}
    return TimeEntry(
        id=id,
        work_type=work_type,
        member="kari",
        start=datetime(2026, 11, day, 8, tzinfo=UTC),
        billable_minutes=minutes,
        **(known | changes),
    )


@contextmanager
def small_company() -> Iterator[SmallCompany]:
    """Start it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "company.json")
        file.write_text(json.dumps(COMPANY), encoding="utf-8")
        engine = create_engine(f"sqlite:///{folder}/busy.db")
        state = SqlStateStore(engine)
        state.create_table()
        busy = MemoryCatalogue()  # its ids are the same each time
        hours = MemoryWorkLog(busy)
        for number, name in (
            ("1041", "REHABILITERING AV BAD"),
            ("1043", "Garasje"),
            ("9001", "Internt: ferie"),
        ):
            busy.add(WORKSPACE, Kind.PROJECT, number=number, name=name)
        with (
            SandboxProcess(company=file) as sandbox,
            BusySync(
                catalogue=busy,
                work=hours,
                state=state,
                client_id=sandbox.info.client_id,
                client_secret=sandbox.info.client_secret,
                redirect_uri="http://127.0.0.1:5000/callback",  # nobody listens there
                endpoints=Endpoints(**sandbox.info.addresses),
                encryption_keys=[Fernet.generate_key().decode()],
            ) as visma,
        ):
            yield SmallCompany(visma, sandbox.info.control_url, busy, hours)
        engine.dispose()
