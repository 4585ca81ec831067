"""The tables of the SQL stores, one each, and their DDL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Final, Literal, TypeAlias

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from visma_busy_sync._core.errors import ConfigurationError

Store: TypeAlias = Literal["state", "catalogue", "work"]

STATE_TABLE: Final = "visma_busy_sync_state"
CATALOGUE_TABLE: Final = "visma_busy_sync_catalogue"
WORK_TABLE: Final = "visma_busy_sync_work"

_DIALECTS: Final = {"postgresql": postgresql.dialect, "sqlite": sqlite.dialect}

# The order of code points on both databases, whatever the language of the database: a scan is a range of
# keys, and keys that differ in case or form are apart. SQLite's own order is that already.
_PLAIN: Final = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def state_table(name: str, schema: str | None) -> Table:
    """Describe the table of documents."""
    key = Column("key", _PLAIN, primary_key=True)
    return Table(
        name,
        MetaData(),
        Column("tenant", _PLAIN, primary_key=True),
        key,
        Column("version", BigInteger, nullable=False),
        Column("body", Text, nullable=False),
        # A scan over all tenants goes by the key alone.
        Index(f"{name}_by_key", key),
        schema=schema,
        info={"store": "state"},
    )


def catalogue_table(name: str, schema: str | None) -> Table:
    """Describe the table of projects, customers and products: one row each, a column for each field."""
    return Table(
        name,
        MetaData(),
        Column("tenant", _PLAIN, primary_key=True),
        Column("kind", _PLAIN, primary_key=True),
        Column("id", _PLAIN, primary_key=True),
        Column("number", Text),
        Column("name", Text),
        Column("organization_number", Text),
        Column("customer", Text),
        Column("start_date", Date),
        Column("end_date", Date),
        Column("notes", Text),
        Column("archived", Boolean, nullable=False),
        Column("link", Text),
        schema=schema,
        info={"store": "catalogue"},
    )


def work_table(name: str, schema: str | None) -> Table:
    """Describe the table of work: a row for each thing that is kept, with what it is searched by."""
    tenant, kind, project = (Column(name, _PLAIN, nullable=False) for name in ("tenant", "kind", "project"))
    day = Column("day", Date)
    return Table(
        name,
        MetaData(),
        # What was there first comes first. SQLite gives such numbers to a column of that very type alone.
        Column("number", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
        tenant,
        kind,
        project,
        Column("id", _PLAIN, nullable=False),
        day,
        Column("entry", _PLAIN),
        Column("body", Text, nullable=False),
        UniqueConstraint("tenant", "kind", "project", "id"),
        Index(f"{name}_by_day", tenant, kind, project, day),
        schema=schema,
        info={"store": "work"},
    )


_TABLES: Final[Mapping[Store, tuple[Callable[[str, str | None], Table], str]]] = {
    "state": (state_table, STATE_TABLE),
    "catalogue": (catalogue_table, CATALOGUE_TABLE),
    "work": (work_table, WORK_TABLE),
}
STORES: Final = tuple(_TABLES)


def require_dialect(name: str) -> None:
    """Refuse a database that the stores do not know.

    Raises:
        ConfigurationError: If it is neither PostgreSQL nor SQLite.
    """
    if name not in _DIALECTS:
        raise ConfigurationError(
            f"The SQL stores do not know the database {name!r}.",
            advice=f"Use one of {', '.join(_DIALECTS)}, or write the ports of your own.",
        )


def ddl(dialect: str, *, store: Store = "state", schema: str | None = None, table: str | None = None) -> str:
    """Write the statements that create the table of a store, for hosts that keep migrations of their own.

    Args:
        dialect: `postgresql` or `sqlite`.
        store: `state`, `catalogue` or `work`.
        schema: Where the table is; None for the database's default.
        table: Its name; None for that which the store has by default.

    Returns:
        Statements that end with semicolons, each on lines of its own.

    Raises:
        ConfigurationError: If the dialect or the store is another one.
    """
    require_dialect(dialect)
    if store not in _TABLES:
        raise ConfigurationError(
            f"There is no SQL store {store!r}.", advice=f"Use one of {', '.join(_TABLES)}."
        )
    describe, name = _TABLES[store]
    described = describe(table or name, schema)
    statements: list[ExecutableDDLElement] = [CreateTable(described)]
    statements += [CreateIndex(index) for index in described.indexes]
    written = (str(statement.compile(dialect=_DIALECTS[dialect]())) for statement in statements)
    lines = (f"{text.strip()};".splitlines() for text in written)
    return "".join(f"{line.rstrip()}\n" for line in chain.from_iterable(lines))
