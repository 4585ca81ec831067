"""Documents in SQL: what the store does, as plain functions of a connection.

The synchronous store calls them; the asynchronous one hands them to `run_sync`. Each ends its transaction
itself. Nothing here depends on how the host set up its engine: not on its isolation level, not on listeners
that begin transactions, not on how durable it wants its own commits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Table, and_, bindparam, func, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.expression import ColumnElement

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.ports import Found, Versioned, Write
from visma_busy_sync.stores._sql_trouble import Call, code_of

# SQLite before 3.32 takes at most 999 parameters; PostgreSQL 65,535.
_KEYS_PER_STATEMENT: Final = 500

# PostgreSQL's index holds at most about 2,700 bytes of tenant and key together.
_LONGEST_NAME: Final = 2500

# Seconds that a commit waits for others on PostgreSQL, where the host set no limit of its own.
_LOCK_SECONDS: Final = 30

# What SQLite and PostgreSQL do not both hold: NUL, and one half of a surrogate pair.
_UNHOLDABLE: Final = re.compile("[\0\ud800-\udfff]")

_UNIQUE_VIOLATION: Final = "23505"

# Any number will do, as long as nobody else has it: "visma" in ASCII.
_CREATION_LOCK: Final = 0x7669736D61

# For the rest of the transaction: durable though the server be set up otherwise, and no endless wait.
_POSTGRESQL_SETTINGS: Final = f"""
SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
           WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true),
       set_config('lock_timeout', CASE current_setting('lock_timeout')
           WHEN '0' THEN '{_LOCK_SECONDS}s' ELSE current_setting('lock_timeout') END, true)
"""

# PRAGMA synchronous: from here on a commit outlives a power cut.
_FULL: Final = 2


def read(connection: Connection, call: Call, *, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
    """Return those of the documents that exist, all as of one moment."""
    table = call.table
    wanted = sorted({key for key in keys if _can_exist(tenant, key)})
    columns = select(table.c.key, table.c.version, table.c.body).where(table.c.tenant == tenant)
    with _transaction(connection, table):
        return {
            row.key: Versioned(row.version, row.body)
            for chunk in _chunks(wanted)
            for row in connection.execute(columns.where(table.c.key.in_(chunk)))
        }


def scan(connection: Connection, call: Call, *, tenant: str | None, prefix: str) -> Sequence[Found]:
    """Return the documents whose key begins with the prefix."""
    table = call.table
    if not _can_exist(tenant or "", prefix):
        return []
    statement = select(table).where(_begins_with(table.c.key, prefix))
    if tenant is not None:
        statement = statement.where(table.c.tenant == tenant)
    with _transaction(connection, table):
        return [
            Found(row.tenant, row.key, Versioned(row.version, row.body))
            for row in connection.execute(statement)
        ]


def require_holdable(tenant: str, writes: Sequence[Write]) -> None:
    """Refuse, before anything is written, what one of the databases could not hold.

    Raises:
        ConfigurationError: For a NUL, half a surrogate pair, a name that is too long, or a key written twice.
    """
    if len({write.key for write in writes}) != len(writes):
        raise ConfigurationError("One commit writes a key twice.")
    for write in writes:
        if not _can_exist(tenant, write.key):
            raise ConfigurationError(
                f"The key {write.key!r:.100} of the tenant {tenant!r:.100} cannot be stored.",
                advice=f"Together they have at most {_LONGEST_NAME} bytes, no NUL, and no lone surrogate.",
            )
        if write.body is not None and _UNHOLDABLE.search(write.body):
            raise ConfigurationError(
                f"The body for the key {write.key!r} has a NUL or a lone surrogate, and cannot be stored.",
                advice="Write it as JSON, which escapes them.",
            )


def commit(connection: Connection, call: Call, *, tenant: str, writes: Sequence[Write]) -> bool:
    """Make all writes, or none where one of them does not find the version it expects."""
    table = call.table
    # All lock in the same order: first what is there, then what is new, each by key. So two commits that
    # write the same keys wait for each other, and do not each hold what the other waits for.
    ordered = sorted(writes, key=lambda write: write.key)
    with _transaction(connection, table, writing=True) as make:
        found = _versions(connection, table, tenant, [write.key for write in ordered])
        if any(found.get(write.key) != write.expected for write in ordered):
            return False
        try:
            _write(connection, table, tenant, ordered)
        except IntegrityError as error:
            # Created by another since we looked.
            if code_of(error) == _UNIQUE_VIOLATION:
                return False
            raise
        call.committing = True
        make()
    return True


def create(connection: Connection, call: Call) -> None:
    """Create the table and its index where it does not exist."""
    with _transaction(connection, call.table, writing=True) as make:
        if connection.dialect.name == "postgresql":
            # Else two that create it at once both find it missing, and one fails.
            connection.execute(select(func.pg_advisory_xact_lock(_CREATION_LOCK)))
        call.table.create(connection, checkfirst=True)
        call.committing = True
        make()


def _versions(connection: Connection, table: Table, tenant: str, keys: Sequence[str]) -> Mapping[str, int]:
    """Return the versions of those that exist, which nobody else changes until the transaction ends."""
    statement = (
        select(table.c.key, table.c.version)
        .where(table.c.tenant == tenant)
        .order_by(table.c.key)
        .with_for_update()  # SQLite has none: there the transaction itself is the lock
    )
    return {
        row.key: row.version
        for chunk in _chunks(keys)
        for row in connection.execute(statement.where(table.c.key.in_(chunk)))
    }


def _write(connection: Connection, table: Table, tenant: str, writes: Sequence[Write]) -> None:
    # A deletion of what must not exist is created first: that keeps others from creating it meanwhile.
    new = [write for write in writes if write.expected is None]
    changed = [write for write in writes if write.expected is not None and write.body is not None]
    deleted = [write for write in writes if write.body is None]
    this = and_(table.c.tenant == tenant, table.c.key == bindparam("this"))
    if new:
        connection.execute(
            table.insert(),
            [{"tenant": tenant, "key": each.key, "version": 1, "body": each.body or ""} for each in new],
        )
    if changed:
        connection.execute(
            table.update().where(this).values(version=table.c.version + 1, body=bindparam("text")),
            [{"this": each.key, "text": each.body} for each in changed],
        )
    if deleted:
        connection.execute(table.delete().where(this), [{"this": each.key} for each in deleted])


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + _KEYS_PER_STATEMENT] for start in range(0, len(keys), _KEYS_PER_STATEMENT))


def _can_exist(tenant: str, key: str) -> bool:
    if _UNHOLDABLE.search(tenant) or _UNHOLDABLE.search(key):
        return False
    return len(tenant.encode()) + len(key.encode()) <= _LONGEST_NAME


def _begins_with(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    # A range, since LIKE has wildcards, ignores case on SQLite, and seldom uses an index.
    after = _after(prefix)
    lower = column >= prefix if prefix else true()
    return lower if after is None else and_(lower, column < after)


def _after(prefix: str) -> str | None:
    """Return the first text after all that begin with the prefix, by code points; None: there is none."""
    kept = prefix.rstrip("\U0010ffff")
    if not kept:
        return None
    # No text holds a surrogate, so the one after the last before them is the first after them.
    following = "\ue000" if kept[-1] == "\ud7ff" else chr(ord(kept[-1]) + 1)
    return kept[:-1] + following


def _transaction(
    connection: Connection, table: Table, *, writing: bool = False
) -> AbstractContextManager[Callable[[], None]]:
    """Hold a transaction of our own; it is undone at the end unless the function that it gives was called."""
    if _in_transaction(connection.connection.driver_connection):
        raise ConfigurationError(
            "The engine hands out a connection on which a transaction is open already.",
            advice="Give the store an engine whose pool hands out connections that nobody else uses.",
        )
    begin = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    return begin(connection, table, writing=writing)


def _in_transaction(driver: Any) -> bool:
    info = getattr(driver, "info", None)
    if info is not None:  # psycopg
        return bool(info.transaction_status)
    if hasattr(driver, "is_in_transaction"):  # asyncpg
        return bool(driver.is_in_transaction())
    # sqlite3 with autocommit=False (Python 3.12) is in a transaction always.
    return bool(getattr(driver, "in_transaction", False)) and getattr(driver, "autocommit", None) is not False


@contextmanager
def _postgresql(connection: Connection, _table: Table, *, writing: bool) -> Generator[Callable[[], None]]:
    # Reads of several statements see one moment. A commit must see what others committed while it waited.
    # The level is this connection's until it goes back to the pool.
    connection.execution_options(isolation_level="READ COMMITTED" if writing else "REPEATABLE READ")
    transaction = connection.begin()
    try:
        if writing:
            connection.exec_driver_sql(_POSTGRESQL_SETTINGS)
        yield transaction.commit
    finally:
        transaction.close()


@contextmanager
def _sqlite(connection: Connection, table: Table, *, writing: bool) -> Generator[Callable[[], None]]:
    # Begun and ended in SQLite's own words, since drivers and hosts do it in many ways of their own.
    execute, driver = connection.exec_driver_sql, connection.connection.driver_connection
    bookkeeping = connection.begin()
    _roll_back(connection)  # what a listener of the host, or the driver, began just now
    pragma = f"PRAGMA {_qualifier(connection, table)}synchronous"
    before = execute(pragma).scalar_one() if writing else _FULL
    try:
        if before < _FULL:
            execute(f"{pragma} = {_FULL}")
        execute("BEGIN IMMEDIATE" if writing else "BEGIN")
        yield partial(_end, execute)
    finally:
        # One that was given up is closed already, and everything on it undone.
        if not connection.invalidated:
            _roll_back(connection)
            if before < _FULL:
                execute(f"{pragma} = {before}")
            if getattr(driver, "autocommit", None) is False:
                execute("BEGIN")  # as the driver expects it to be
        bookkeeping.close()


def _end(execute: Callable[[str], object]) -> None:
    execute("COMMIT")


def _roll_back(connection: Connection) -> None:
    driver: Any = connection.connection.driver_connection
    if driver.in_transaction:
        connection.exec_driver_sql("ROLLBACK")


def _qualifier(connection: Connection, table: Table) -> str:
    if table.schema is None:
        return ""
    return f"{connection.dialect.identifier_preparer.quote_schema(table.schema)}."
