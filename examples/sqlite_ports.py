"""The three ports over plain sqlite3: what a host application writes, whole.

A real host has its own tables; then these methods are the only new code. Every method is one transaction,
`apply` one for each change. `make demo` does not use this file; `tests/examples/test_sqlite_ports.py` does.
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal

from visma_busy_sync import ConfigurationError
from visma_busy_sync.busy import (
    Approval,
    Expense,
    Order,
    Period,
    PriceMode,
    Prices,
    Product,
    Project,
    TimeEntry,
    Work,
    WorkType,
)
from visma_busy_sync.ports import Found, Versioned, Write
from visma_busy_sync.sync import FIELDS, Applied, Change, Kind, Link, Moved, Outcome, Record, Refused, Value

TABLES = """
create table if not exists record (
  tenant text, kind text, id text, link text, number text, name text not null default '',
  organization_number text, customer text, start_date text, end_date text, notes text,
  archived integer not null default 0, primary key (tenant, kind, id));
create unique index if not exists one_number on record (tenant, number) where kind = 'project';
create table if not exists work_type (
  tenant text, id text, name text, product text, rate text, primary key (tenant, id));
create table if not exists hours (
  tenant text, project text, id text, work_type text, member text, start text, minutes integer,
  approved integer, primary key (tenant, id));
create table if not exists cost (
  tenant text, project text, id text, day text, work_type text, quantity text, price text, comment text,
  approved integer, primary key (tenant, id));
create table if not exists document (
  tenant text, key text, version integer, body text, primary key (tenant, key));
"""

LONGEST_NAME = 50


class Database:
    """One connection, one transaction at a time."""

    def __init__(self, path: str = ":memory:") -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(TABLES)
        self._guard = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit at the end, or undo everything if anything is raised."""
        with self._guard:
            if self._connection.in_transaction:
                # The library's writes must outlive a rollback of yours.
                raise ConfigurationError("A transaction is open already; end it before you call.")
            self._connection.execute("begin immediate")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _to_column(field: str, value: Value) -> str | int | None:
    if field == "archived":
        return int(value is True)
    return value.isoformat() if isinstance(value, date) else value


def _from_column(field: str, column: str | int | None) -> Value:
    if field == "archived":
        return bool(column)  # a real bool: 0 and 1 are refused
    if field in {"start_date", "end_date"} and column is not None:
        return date.fromisoformat(str(column))
    return None if column is None else str(column)


class SqliteCatalogue:
    """Projects, customers and products. Project numbers are unique; names are at most 50 characters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        """Return every record, archived ones too, with its link."""
        with self._database.transaction() as sql:
            rows = sql.execute(
                "select * from record where tenant = ? and kind = ?", (tenant, kind)
            ).fetchall()
        return [Record(kind, row["id"], self._values(kind, row), self._link(row)) for row in rows]

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Make each change in a transaction of its own."""
        return [self._apply(tenant, change) for change in changes]

    def _apply(self, tenant: str, change: Change) -> Outcome:
        name = change.values.get("name")
        if isinstance(name, str) and len(name) > LONGEST_NAME:
            return Refused(f"the name has more than {LONGEST_NAME} characters")
        try:
            with self._database.transaction() as sql:
                id = change.id or uuid.uuid4().hex
                key = (tenant, change.kind, id)
                if change.id is None:
                    sql.execute("insert into record (tenant, kind, id) values (?, ?, ?)", key)
                elif self._moved(sql, key, change):
                    return Moved()
                columns = {field: _to_column(field, value) for field, value in change.values.items()}
                columns["link"] = change.link.document
                places = ", ".join(f"{column} = ?" for column in columns)  # names of FIELDS, no user input
                where = "where tenant = ? and kind = ? and id = ?"
                sql.execute(f"update record set {places} {where}", (*columns.values(), *key))
                row = sql.execute(f"select * from record {where}", key).fetchone()
                return Applied(id, self._values(change.kind, row))
        except sqlite3.IntegrityError:
            return Refused("the number is taken")

    def _moved(self, sql: sqlite3.Connection, key: tuple[str, str, str], change: Change) -> bool:
        row = sql.execute("select * from record where tenant = ? and kind = ? and id = ?", key).fetchone()
        if row is None or self._link(row) != change.expected_link:
            return True
        values = self._values(change.kind, row)
        return any(values[field] != value for field, value in change.expected.items())

    def _values(self, kind: Kind, row: sqlite3.Row) -> Mapping[str, Value]:
        return {field: _from_column(field, row[field]) for field in FIELDS[kind]}

    def _link(self, row: sqlite3.Row) -> Link | None:
        return None if row["link"] is None else Link(row["link"])


class SqliteWorkLog:
    """Hours, costs and work types; the prices of a project are those of its work types."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def work(self, tenant: str, project: str, period: Period) -> Work:
        """Return the work on a project, a day more on either side: the time zone decides later."""
        first = (period.first - timedelta(days=1)).isoformat()
        last = (period.last + timedelta(days=2)).isoformat()
        with self._database.transaction() as sql:
            found = sql.execute(
                "select * from record where tenant = ? and kind = 'project' and id = ?", (tenant, project)
            ).fetchone()
            if found is None:
                raise LookupError(project)
            among = (tenant, project, first, last)
            hours = sql.execute(
                "select * from hours where tenant = ? and project = ? and start between ? and ?", among
            ).fetchall()
            costs = sql.execute(
                "select * from cost where tenant = ? and project = ? and day between ? and ?", among
            ).fetchall()
            types = sql.execute("select * from work_type where tenant = ?", (tenant,)).fetchall()
            products = sql.execute(
                "select * from record where tenant = ? and kind = 'product'", (tenant,)
            ).fetchall()
        return Work(
            project=Project(
                id=project, number=found["number"], name=found["name"], customer=found["customer"]
            ),
            entries=tuple(_entry(row) for row in hours),
            expenses=tuple(_expense(row) for row in costs),
            work_types=tuple(
                WorkType(id=row["id"], name=row["name"], product=row["product"]) for row in types
            ),
            products=tuple(Product(id=row["id"], name=row["name"]) for row in products),
            prices=Prices(
                mode=PriceMode.WORK_TYPE,
                work_type_rates={row["id"]: Decimal(row["rate"]) for row in types if row["rate"]},
            ),
        )

    def finalised(self, tenant: str) -> Sequence[Order]:
        """Return nothing: this host pushes its orders itself."""
        del tenant
        return ()


def _approval(row: sqlite3.Row) -> Approval:
    return Approval.APPROVED if row["approved"] else Approval.NONE


def _entry(row: sqlite3.Row) -> TimeEntry:
    return TimeEntry(
        id=row["id"],
        work_type=row["work_type"],
        member=row["member"],
        start=datetime.fromisoformat(row["start"]),
        billable_minutes=row["minutes"],
        approval=_approval(row),
    )


def _expense(row: sqlite3.Row) -> Expense:
    return Expense(
        id=row["id"],
        date=date.fromisoformat(row["day"]),
        work_type=row["work_type"],
        quantity=Decimal(row["quantity"]),
        out_price=Decimal(row["price"]),
        approval=_approval(row),
        comment=row["comment"],
    )


class SqliteStateStore:
    """The library's own documents, in one table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        """Return those of the documents that exist, as of one moment."""
        with self._database.transaction() as sql:
            found = {key: self._find(sql, tenant, key) for key in keys}
        return {key: document for key, document in found.items() if document is not None}

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        """Return the documents whose key begins with `prefix`; `like` would take `%` and `_` in it."""
        with self._database.transaction() as sql:
            rows = sql.execute(
                "select * from document where substr(key, 1, ?) = ? and (? is null or tenant = ?)"
                " order by tenant, key",
                (len(prefix), prefix, tenant, tenant),
            ).fetchall()
        return [Found(row["tenant"], row["key"], Versioned(row["version"], row["body"])) for row in rows]

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        """Make all writes, or none where one of them does not find the version it expects."""
        if len({write.key for write in writes}) < len(writes):
            raise ConfigurationError("One commit writes a key twice.")
        with self._database.transaction() as sql:
            for write in writes:
                document = self._find(sql, tenant, write.key)
                if (document.version if document else None) != write.expected:
                    return False
            for write in writes:
                if write.body is None:
                    sql.execute("delete from document where tenant = ? and key = ?", (tenant, write.key))
                else:
                    row = (tenant, write.key, (write.expected or 0) + 1, write.body)
                    sql.execute("insert or replace into document values (?, ?, ?, ?)", row)
        return True

    def _find(self, sql: sqlite3.Connection, tenant: str, key: str) -> Versioned | None:
        row = sql.execute("select * from document where tenant = ? and key = ?", (tenant, key)).fetchone()
        return None if row is None else Versioned(row["version"], row["body"])
