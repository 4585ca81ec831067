"""Transactions of a store, whole and durable however the host set up its engine.

Nothing here depends on the engine's isolation level, on listeners that begin transactions, or on how durable
the host wants its own commits.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Table, func, select

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.stores._sql_trouble import Call

# SQLite before 3.32 takes at most 999 parameters; PostgreSQL 65,535.
_KEYS_PER_STATEMENT: Final = 500

# PostgreSQL's index holds at most about 2,700 bytes of tenant and key together.
LONGEST_NAME: Final = 2500

# Seconds that a commit waits for others on PostgreSQL, where the host set no limit of its own.
_LOCK_SECONDS: Final = 30

# What SQLite and PostgreSQL do not both hold: NUL, and one half of a surrogate pair.
UNHOLDABLE: Final = re.compile("[\0\ud800-\udfff]")

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


def create(connection: Connection, call: Call) -> None:
    """Create the table and its index where it does not exist."""
    with transaction(connection, call.table, writing=True) as make:
        if connection.dialect.name == "postgresql":
            # Else two that create it at once both find it missing, and one fails.
            connection.execute(select(func.pg_advisory_xact_lock(_CREATION_LOCK)))
        call.table.create(connection, checkfirst=True)
        call.committing = True
        make()


def keep_others_out(connection: Connection, table: Table, tenant: str) -> None:
    """Let nobody else who asks this write for the tenant until the transaction ends."""
    if connection.dialect.name == "postgresql":  # on SQLite the transaction itself keeps all others out
        digest = hashlib.sha256(f"{table.fullname}\0{tenant}".encode()).digest()
        lock = int.from_bytes(digest[:8], signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(lock)))


def chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """Divide keys into as many as one statement may have."""
    return (keys[start : start + _KEYS_PER_STATEMENT] for start in range(0, len(keys), _KEYS_PER_STATEMENT))


def can_exist(tenant: str, key: str) -> bool:
    """Tell whether a primary key of these two can be held."""
    if UNHOLDABLE.search(tenant) or UNHOLDABLE.search(key):
        return False
    return len(tenant.encode()) + len(key.encode()) <= LONGEST_NAME


def transaction(
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
    begun = connection.begin()
    try:
        if writing:
            connection.exec_driver_sql(_POSTGRESQL_SETTINGS)
        yield begun.commit
    finally:
        begun.close()


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
