"""Work in SQL: what the work log does, as plain functions of a connection.

One row for each thing that is kept: its place, what it is searched by, and the value as a canonical JSON text
with its schema, so that it comes back exactly and a new field needs no migration. `work` reads in one
transaction that sees one moment, with as many statements for ten thousand hours as for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, TypeVar, cast, final

from attrs import field, frozen
from sqlalchemy import Connection, Table, and_, not_, select, union_all
from sqlalchemy.dialects import postgresql, sqlite

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.busy import (
    Expense,
    Member,
    Order,
    Period,
    PriceMode,
    Prices,
    Task,
    TimeEntry,
    Work,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.busy._canonical import canonical_json, members
from visma_busy_sync.orders import order_from_json, order_to_json
from visma_busy_sync.orders._reading import parse, structure
from visma_busy_sync.stores import _work_rules as rules
from visma_busy_sync.stores._sql_transaction import LONGEST_NAME, UNHOLDABLE, keep_others_out, transaction
from visma_busy_sync.stores._sql_trouble import Call
from visma_busy_sync.sync._records import FIELDS, Kind, Record

T = TypeVar("T")

SCHEMA: Final = 1
"""The schema version of what is written here; orders have their own."""

# The tenant's own things have no project; no project has this id.
_NO_PROJECT: Final = ""

_ORDER: Final = "order"
_HOURS: Final = "time entry"
_COST: Final = "expense"
_OF_TENANTS: Final = ("settings", "work type", "member")
_OF_PROJECTS: Final = ("prices", "task", "several customers", "billable")


@final
@frozen
class Flag:
    """What is said of a project beside its record in the catalogue."""

    value: bool


@frozen
class Row:
    """What is kept of one thing.

    Attributes:
        kind: What it is.
        project: The project that it belongs to; none for what is the tenant's.
        id: Its id within kind and project.
        body: Its value, or all of an order.
        day: The day that it is searched by.
        entry: For a cost: the hours that it belongs to.
    """

    kind: str
    project: str
    id: str
    body: str = field(repr=False)
    day: date | None = None
    entry: str | None = None


def hours(project: str, entry: TimeEntry) -> Row:
    """Return the row of hours."""
    return Row(_HOURS, project, entry.id, _body(_HOURS, entry), rules.day_of(entry))


def cost(project: str, expense: Expense) -> Row:
    """Return the row of a cost."""
    return Row(_COST, project, expense.id, _body(_COST, expense), expense.date, expense.entry)


def work_type(value: WorkType) -> Row:
    """Return the row of a work type."""
    return _row("work type", value, id=value.id)


def member(value: Member) -> Row:
    """Return the row of a member."""
    return _row("member", value, id=value.id)


def task(project: str, value: Task) -> Row:
    """Return the row of a task."""
    return _row("task", value, project, value.id)


def prices(project: str, value: Prices) -> Row:
    """Return the row of a project's prices."""
    return _row("prices", value, project)


def settings(value: WorkSettings) -> Row:
    """Return the row of a tenant's settings."""
    return _row("settings", value)


def several_customers(project: str) -> Row:
    """Return the row that lets hours on a project belong to any customer."""
    return _row("several customers", Flag(value=True), project)


def billable(project: str, *, value: bool) -> Row:
    """Return the row that says whether anything on a project may be invoiced."""
    return _row("billable", Flag(value), project)


def order(value: Order) -> Row:
    """Return the row of an order."""
    return Row(_ORDER, _NO_PROJECT, value.id, order_to_json(value))


def require_holdable(tenant: str, rows: Iterable[Row]) -> None:
    """Refuse, before anything is written, an id that one of the databases could not hold or search for.

    Raises:
        ConfigurationError: For a NUL, half a surrogate pair, or ids that are too long.
    """
    for row in rows:
        if not _can_exist(tenant, row.project, row.id, row.entry or ""):
            raise ConfigurationError(
                f"The {row.kind} {row.id!r:.100} of the project {row.project!r:.100} and the tenant "
                f"{tenant!r:.100} cannot be stored.",
                advice=f"Their ids have at most {LONGEST_NAME} bytes together, no NUL and no lone surrogate.",
            )


def put(connection: Connection, call: Call, *, tenant: str, rows: Sequence[Row], last: bool = False) -> None:
    """Write rows, in place of those with the same ids.

    Args:
        connection: Where.
        call: Which call it is.
        tenant: Whose they are.
        rows: What is written, all at once.
        last: Whether one that was there comes to the end; else it stays where it was.
    """
    table = call.table
    with transaction(connection, table, writing=True) as make:
        keep_others_out(connection, table, tenant)
        if last:
            for row in rows:
                connection.execute(table.delete().where(_of(table, tenant, row.kind), table.c.id == row.id))
        if rows:
            connection.execute(_upsert(connection, table), [_columns(tenant, row) for row in rows])
        call.committing = True
        make()


def finalised(connection: Connection, call: Call, *, tenant: str) -> Sequence[Order]:
    """Return the orders that are finalised."""
    table = call.table
    if not _can_exist(tenant):
        return ()
    statement = select(table.c.body).where(_of(table, tenant, _ORDER)).order_by(table.c.number)
    with transaction(connection, table):
        bodies = connection.execute(statement).scalars().all()
    return tuple(order_from_json(body) for body in bodies)


def work(
    connection: Connection, call: Call, *, catalogue: Table, tenant: str, project: str, period: Period
) -> Work:
    """Return the work on a project within a period."""
    table = call.table
    if not _can_exist(tenant, project):
        raise rules.no_project(project)
    with transaction(connection, table):
        call.about(catalogue)
        record = _project(connection, catalogue, tenant, project)
        products = _all(connection, catalogue, tenant, Kind.PRODUCT)
        call.about(table)
        kept = _kept(connection, table, tenant, project)
        several = _flag(kept, "several customers", default=False)
        booked = _booked(connection, table, tenant, project, rules.reach(period))
        call.about(catalogue)
        customers = _all(connection, catalogue, tenant, Kind.CUSTOMER) if several else ()
    return Work(
        project=rules.project_of(record, several=several, billable=_flag(kept, "billable", default=True)),
        customers=rules.customers_of(customers),
        entries=tuple(_value(_HOURS, TimeEntry, body) for body in booked.hours),
        expenses=tuple(
            _value(_COST, Expense, body)
            for day, entry, body in booked.costs
            if rules.cost_comes(period, day=day, entry=entry, hours_day=booked.days.get(entry or ""))
        ),
        work_types=_values(kept, "work type", WorkType),
        products=rules.products_of(products),
        tasks=_values(kept, "task", Task),
        members=_values(kept, "member", Member),
        prices=next(iter(_values(kept, "prices", Prices)), Prices(mode=PriceMode.PROJECT)),
        settings=next(iter(_values(kept, "settings", WorkSettings)), WorkSettings()),
    )


def _project(connection: Connection, catalogue: Table, tenant: str, project: str) -> Record:
    statement = _records(catalogue, tenant, Kind.PROJECT).where(catalogue.c.id == project)
    found = connection.execute(statement).mappings().one_or_none()
    if found is None:
        raise rules.no_project(project)
    return Record(Kind.PROJECT, project, dict(found))


def _all(connection: Connection, catalogue: Table, tenant: str, kind: Kind) -> Sequence[Record]:
    found = connection.execute(_records(catalogue, tenant, kind).order_by(catalogue.c.id)).mappings()
    return [Record(kind, row["id"], dict(row)) for row in found]


def _records(catalogue: Table, tenant: str, kind: Kind) -> Any:
    names = [name for name in ("number", "name", "customer") if name in FIELDS[kind]]
    columns = [catalogue.c[name] for name in ("id", *names)]
    return select(*columns).where(catalogue.c.tenant == tenant, catalogue.c.kind == kind.value)


def _kept(connection: Connection, table: Table, tenant: str, project: str) -> Mapping[str, Sequence[str]]:
    """Return the bodies of all that is kept of tenant and project beside what was booked, by kind."""
    columns = select(table.c.number, table.c.kind, table.c.body).where(table.c.tenant == tenant)
    both = union_all(
        columns.where(table.c.project == _NO_PROJECT, table.c.kind.in_(_OF_TENANTS)),
        columns.where(table.c.project == project, table.c.kind.in_(_OF_PROJECTS)),
    ).subquery()
    kept: dict[str, list[str]] = {}
    for kind, body in connection.execute(select(both.c.kind, both.c.body).order_by(both.c.number)):
        kept.setdefault(kind, []).append(body)
    return kept


@frozen
class _Booked:
    """What is read of hours and costs.

    Attributes:
        hours: Bodies of the hours of the days that are asked for.
        costs: Day, hours and body of every cost of the project.
        days: The days of hours by id, of all those that a cost is on.
    """

    hours: Sequence[str]
    costs: Sequence[tuple[date, str | None, str]]
    days: Mapping[str, date]


def _booked(connection: Connection, table: Table, tenant: str, project: str, days: Period) -> _Booked:
    # Hours and costs are brought together here: of a join PostgreSQL may think that both are few, and go
    # through all hours once for each cost.
    def of(kind: str, *columns: Any) -> Any:
        return select(*columns).where(_of(table, tenant, kind), table.c.project == project)

    within = table.c.day.between(days.first, days.last)
    near = of(_HOURS, table.c.id, table.c.day, table.c.body).where(within).order_by(table.c.number)
    hours = connection.execute(near).all()
    known = {row.id: row.day for row in hours}
    all_costs = of(_COST, table.c.day, table.c.entry, table.c.body).order_by(table.c.number)
    costs = [(row.day, row.entry, row.body) for row in connection.execute(all_costs)]
    if any(entry is not None and entry not in known for _, entry, _ in costs):
        far = of(_HOURS, table.c.id, table.c.day).where(not_(within))
        known |= {row.id: row.day for row in connection.execute(far)}
    return _Booked([row.body for row in hours], costs, known)


def _of(table: Table, tenant: str, kind: str) -> Any:
    return and_(table.c.tenant == tenant, table.c.kind == kind)


def _upsert(connection: Connection, table: Table) -> Any:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = cast("Any", insert(table))
    new = {name: statement.excluded[name] for name in ("day", "entry", "body")}
    return statement.on_conflict_do_update(index_elements=["tenant", "kind", "project", "id"], set_=new)


def _columns(tenant: str, row: Row) -> dict[str, object]:
    return {
        "tenant": tenant,
        "kind": row.kind,
        "project": row.project,
        "id": row.id,
        "day": row.day,
        "entry": row.entry,
        "body": row.body,
    }


def _can_exist(*ids: str) -> bool:
    return (
        not any(UNHOLDABLE.search(id) for id in ids) and sum(len(id.encode()) for id in ids) <= LONGEST_NAME
    )


def _row(kind: str, value: object, project: str = _NO_PROJECT, id: str = "") -> Row:
    return Row(kind, project, id, _body(kind, value))


def _body(kind: str, value: object) -> str:
    return canonical_json({"document": kind, "schema": SCHEMA, "value": members(value)})


def _value(kind: str, type_: type[T], body: str) -> T:
    # What a field is that came later than the row, its default says.
    value = parse(body, document=kind, schema=SCHEMA).get("value")
    return structure(type_, value, document=kind, older=True)


def _values(kept: Mapping[str, Sequence[str]], kind: str, type_: type[T]) -> tuple[T, ...]:
    return tuple(_value(kind, type_, body) for body in kept.get(kind, ()))


def _flag(kept: Mapping[str, Sequence[str]], kind: str, *, default: bool) -> bool:
    return next((flag.value for flag in _values(kept, kind, Flag)), default)
