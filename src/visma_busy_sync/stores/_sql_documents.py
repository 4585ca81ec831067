"""Documents in SQL: what the state store does, as plain functions of a connection.

The synchronous store calls them; the asynchronous one hands them to `run_sync`. Each ends its transaction
itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Table, and_, bindparam, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.expression import ColumnElement

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.ports import Found, Versioned, Write
from visma_busy_sync.stores._sql_transaction import LONGEST_NAME, UNHOLDABLE, can_exist, chunks, transaction
from visma_busy_sync.stores._sql_trouble import Call, code_of

_UNIQUE_VIOLATION: Final = "23505"


def read(connection: Connection, call: Call, *, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
    """Return those of the documents that exist, all as of one moment."""
    table = call.table
    wanted = sorted({key for key in keys if can_exist(tenant, key)})
    columns = select(table.c.key, table.c.version, table.c.body).where(table.c.tenant == tenant)
    with transaction(connection, table):
        return {
            row.key: Versioned(row.version, row.body)
            for chunk in chunks(wanted)
            for row in connection.execute(columns.where(table.c.key.in_(chunk)))
        }


def scan(connection: Connection, call: Call, *, tenant: str | None, prefix: str) -> Sequence[Found]:
    """Return the documents whose key begins with the prefix."""
    table = call.table
    if not can_exist(tenant or "", prefix):
        return []
    statement = select(table).where(_begins_with(table.c.key, prefix))
    if tenant is not None:
        statement = statement.where(table.c.tenant == tenant)
    with transaction(connection, table):
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
        if not can_exist(tenant, write.key):
            raise ConfigurationError(
                f"The key {write.key!r:.100} of the tenant {tenant!r:.100} cannot be stored.",
                advice=f"Together they have at most {LONGEST_NAME} bytes, no NUL, and no lone surrogate.",
            )
        if write.body is not None and UNHOLDABLE.search(write.body):
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
    with transaction(connection, table, writing=True) as make:
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
        for chunk in chunks(keys)
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
