"""The one table of the SQL state store, and its DDL."""

from __future__ import annotations

from itertools import chain
from typing import Final

from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from visma_busy_sync._core.errors import ConfigurationError

TABLE: Final = "visma_busy_sync_state"

_DIALECTS: Final = {"postgresql": postgresql.dialect, "sqlite": sqlite.dialect}

# The order of code points on both databases, whatever the language of the database: a scan is a range of
# keys, and keys that differ in case or form are apart. SQLite's own order is that already.
_PLAIN: Final = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def state_table(name: str, schema: str | None) -> Table:
    """Describe the table."""
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
    )


def require_dialect(name: str) -> None:
    """Refuse a database that the store does not know.

    Raises:
        ConfigurationError: If it is neither PostgreSQL nor SQLite.
    """
    if name not in _DIALECTS:
        raise ConfigurationError(
            f"The SQL state store does not know the database {name!r}.",
            advice=f"Use one of {', '.join(_DIALECTS)}, or write a StateStore of your own.",
        )


def ddl(dialect: str, *, schema: str | None = None, table: str = TABLE) -> str:
    """Write the statements that create the table, for hosts that keep migrations of their own.

    Args:
        dialect: `postgresql` or `sqlite`.
        schema: Where the table is; None for the database's default.
        table: Its name.

    Returns:
        Statements that end with semicolons, each on lines of its own.

    Raises:
        ConfigurationError: If the dialect is another one.
    """
    require_dialect(dialect)
    described = state_table(table, schema)
    statements: list[ExecutableDDLElement] = [CreateTable(described)]
    statements += [CreateIndex(index) for index in described.indexes]
    written = (str(statement.compile(dialect=_DIALECTS[dialect]())) for statement in statements)
    lines = (f"{text.strip()};".splitlines() for text in written)
    return "".join(f"{line.rstrip()}\n" for line in chain.from_iterable(lines))
