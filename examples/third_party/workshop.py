"""A carpenter's stopwatch joined with eAccounting: another tool than Busy, on the same ports and engine.

```
python examples/third_party/workshop.py    # from nothing to an order draft, against a sandbox
```

Jobs, clients and wares come from eAccounting; the stopwatch and the materials are the tool's own. It has no
approval, no tasks and no dates of a job, its ids are numbers, and each workshop has a SQLite file of its own.
`workshop_bench.py` has both ports on the conformance kit's bench.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

from cryptography.fernet import Fernet

from visma_busy_sync import BusySync, Endpoints
from visma_busy_sync.busy import (
    Expense,
    Order,
    Period,
    PriceMode,
    Prices,
    Product,
    Project,
    TimeEntry,
    Work,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.orders import render
from visma_busy_sync.sandbox.process import SandboxProcess
from visma_busy_sync.stores.sql import SqlStateStore
from visma_busy_sync.sync import Applied, Change, Kind, Link, Moved, Outcome, Record, Refused, Value

_RECORD = "number text, name text default '' check (length(name) <= 200), done integer default 0, link text"
TABLES = {
    "job": f"{_RECORD}, client text, unique (number)",
    "client": _RECORD,
    "ware": _RECORD,
    "trade": "name text, ware text, rate text",
    "spell": "job text, trade text, who text, began text, minutes integer",
    "material": "job text, day text, ware text, quantity text, price text",
}
_COLUMNS = {"number": "number", "name": "name", "archived": "done"}
HELD: Mapping[Kind, tuple[str, Mapping[str, str]]] = {
    Kind.PROJECT: ("job", {**_COLUMNS, "customer": "client"}),
    Kind.CUSTOMER: ("client", _COLUMNS),
    Kind.PRODUCT: ("ware", _COLUMNS),
}
"""In which table and columns a record is. The fields that are not here are neither compared nor written."""
SETTINGS = WorkSettings(include_unapproved_hours=True, include_unapproved_costs=True)
"""Nobody approves in a workshop: what was written down is billed."""


class Workshop:
    """The tool itself: what a carpenter presses."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def path(self, tenant: str) -> Path:
        """Return the file of a workshop."""
        return self._folder / f"{quote(tenant, safe='')}.sqlite"

    @contextmanager
    def transaction(self, tenant: str) -> Iterator[sqlite3.Connection]:
        """Commit at the end, or undo everything if anything is raised."""
        with closing(sqlite3.connect(self.path(tenant), timeout=30, isolation_level=None)) as sql:
            sql.row_factory = sqlite3.Row
            sql.execute("begin immediate")
            for table, columns in TABLES.items():
                # An id is never given twice, also not that of what was deleted.
                id = "id integer primary key autoincrement"
                sql.execute(f"create table if not exists {table} ({id}, {columns})")
            yield sql  # closing without a commit undoes
            sql.execute("commit")

    def note(self, tenant: str, table: str, **columns: str | int | None) -> str:
        """Write a row down, and return its id."""
        places = ", ".join("?" for _ in columns)
        statement = f"insert into {table} ({', '.join(columns)}) values ({places})"
        with self.transaction(tenant) as sql:
            return str(sql.execute(statement, tuple(columns.values())).lastrowid)

    def start(self, tenant: str, who: str, job: str, trade: str, at: datetime) -> None:
        """Start somebody's stopwatch on a job; what ran so far is stopped."""
        self.stop(tenant, who, at)
        self.note(tenant, "spell", job=job, trade=trade, who=who, began=at.astimezone(UTC).isoformat())

    def stop(self, tenant: str, who: str, at: datetime) -> None:
        """Stop somebody's stopwatch; a minute that was begun counts."""
        with self.transaction(tenant) as sql:
            running = "select id, began from spell where who = ? and minutes is null"
            for row in sql.execute(running, (who,)).fetchall():
                minutes = -((datetime.fromisoformat(row["began"]) - at) // timedelta(minutes=1))
                sql.execute("update spell set minutes = ? where id = ?", (minutes, row["id"]))


class JobCatalogue:
    """The port through which jobs, clients and wares come in."""

    def __init__(self, folder: str) -> None:
        self._shop = Workshop(folder)

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        """Return every record, those that are done too."""
        with self._shop.transaction(tenant) as sql:
            return [_record(kind, row) for row in sql.execute(f"select * from {HELD[kind][0]}")]

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Make each change in a transaction of its own."""
        return [self._apply(tenant, change) for change in changes]

    def _apply(self, tenant: str, change: Change) -> Outcome:
        table, names = HELD[change.kind]
        given = {names[field]: value for field, value in change.values.items() if field in names}
        given["link"] = change.link.document
        places = ", ".join(f"{column} = ?" for column in given)
        try:
            with self._shop.transaction(tenant) as sql:
                id = change.id or str(sql.execute(f"insert into {table} default values").lastrowid)
                record = _find(sql, change.kind, id)
                if record is None or (change.id is not None and _is_moved(record, change)):
                    return Moved()
                sql.execute(f"update {table} set {places} where id = ?", (*given.values(), int(id)))
                record = _find(sql, change.kind, id)
        except sqlite3.IntegrityError:
            return Refused("another job has the number, or the name has more than 200 letters")
        return Applied(id, record.values) if record else Moved()


def _find(sql: sqlite3.Connection, kind: Kind, id: str) -> Record | None:
    # A column of numbers would take "01" for 1.
    row = sql.execute(f"select * from {HELD[kind][0]} where cast(id as text) = ?", (id,)).fetchone()
    return None if row is None else _record(kind, row)


def _record(kind: Kind, row: sqlite3.Row) -> Record:
    values: dict[str, Value] = {field: row[column] for field, column in HELD[kind][1].items()}
    link = None if row["link"] is None else Link(row["link"])
    return Record(kind, str(row["id"]), {**values, "archived": row["done"] == 1}, link)


def _is_moved(record: Record, change: Change) -> bool:
    differs = any(record.values[field] != value for field, value in change.expected.items())
    return differs or record.link != change.expected_link


class StopwatchLog:
    """The port through which tracked time and materials go out."""

    def __init__(self, folder: str) -> None:
        self._shop = Workshop(folder)

    def work(self, tenant: str, project: str, period: Period) -> Work:
        """Return the work on a job, a day more on either side; what still runs is no work yet."""
        days = (project, (period.first - timedelta(1)).isoformat(), (period.last + timedelta(2)).isoformat())
        with self._shop.transaction(tenant) as sql:
            job = sql.execute("select * from job where cast(id as text) = ?", (project,)).fetchone()
            if job is None:
                raise LookupError(project)
            spells = "select * from spell where job = ? and began >= ? and began < ? and minutes is not null"
            materials = "select * from material where job = ? and day >= ? and day < ?"
            return Work(
                project=Project(id=project, number=job["number"], name=job["name"], customer=job["client"]),
                entries=tuple(_entry(row) for row in sql.execute(spells, days)),
                expenses=tuple(_expense(row) for row in sql.execute(materials, days)),
                work_types=tuple(_work_type(row) for row in sql.execute("select * from trade")),
                products=tuple(
                    Product(id=str(row["id"]), number=row["number"], name=row["name"])
                    for row in sql.execute("select * from ware")
                ),
                prices=Prices(mode=PriceMode.WORK_TYPE),
                settings=SETTINGS,
            )

    def finalised(self, tenant: str) -> Sequence[Order]:
        """Return nothing: a carpenter sends each order himself."""
        del tenant
        return ()


def _entry(row: sqlite3.Row) -> TimeEntry:
    return TimeEntry(
        id=str(row["id"]),
        work_type=row["trade"],
        member=row["who"],
        start=datetime.fromisoformat(row["began"]),
        billable_minutes=row["minutes"],
    )


def _expense(row: sqlite3.Row) -> Expense:
    return Expense(
        id=str(row["id"]),
        date=date.fromisoformat(row["day"]),
        product=row["ware"],
        quantity=Decimal(row["quantity"]),
        out_price=Decimal(row["price"]),
    )


def _work_type(row: sqlite3.Row) -> WorkType:
    rate = None if row["rate"] is None else Decimal(row["rate"])
    return WorkType(id=str(row["id"]), name=row["name"], product=row["ware"], default_rate=rate)


def main() -> None:
    """Go from nothing to an order draft."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SandboxProcess() as sandbox,
        SqlStateStore.open(f"sqlite:///{folder}/visma.db") as state,
        BusySync(
            catalogue=JobCatalogue(folder),
            work=StopwatchLog(folder),
            state=state,
            client_id=sandbox.info.client_id,
            client_secret=sandbox.info.client_secret,
            redirect_uri="http://127.0.0.1/callback",  # nobody need listen there
            encryption_keys=[Fernet.generate_key()],
            endpoints=Endpoints(**sandbox.info.addresses),
        ) as visma,
    ):
        state.create_table()
        shop, mine = Workshop(folder), visma.tenant("my workshop")
        login = urlsplit(mine.connect(project_sync=True, session="mine"))
        with closing(HTTPConnection(login.netloc, timeout=20)) as browser:  # in the place of a person
            browser.request("GET", f"{login.path}?{login.query}&sandbox_auto=approve")
            back = browser.getresponse().headers["location"]
        print(mine.complete_login(back, session="mine"))
        print(mine.sync())

        jobs = JobCatalogue(folder)
        wares = {ware.values["name"]: ware.id for ware in jobs.load("my workshop", Kind.PRODUCT)}
        job = next(
            job
            for job in jobs.load("my workshop", Kind.PROJECT)
            if job.values["customer"] and not job.values["archived"]
        )
        bench = shop.note("my workshop", "trade", name="Snekring", ware=wares["Tømrer"], rate="790")
        drive = shop.note("my workshop", "trade", name="Kjøring", ware=wares["Reisetid"], rate="640.50")
        for trade, hour, minute in ((bench, 7, 0), (drive, 11, 10), (bench, 11, 45)):
            shop.start("my workshop", "Kari", job.id, trade, datetime(2026, 3, 10, hour, minute, tzinfo=UTC))
        shop.stop("my workshop", "Kari", datetime(2026, 3, 10, 15, 0, tzinfo=UTC))
        timber = {"ware": wares["Konstruksjonsvirke 48x98"], "quantity": "14.4", "price": "32.55"}
        shop.note("my workshop", "material", job=job.id, day="2026-03-10", **timber)

        print(f"\nThe job {job.values['number']} {job.values['name']}:")
        order = mine.build_order(job.id, Period(date(2026, 3, 1), date(2026, 3, 31)))
        print(render(order))
        for _ in range(2):
            sent = mine.push(order)
            print(
                f"{sent.state}: draft {sent.eaccounting_id}" + (", not sent again" if sent.repeated else "")
            )


if __name__ == "__main__":
    main()
