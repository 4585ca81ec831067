"""The transactions of the ports: their own, whatever the request does, and of one moment where they read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection, transaction

from visma_busy_sync import ConfigurationError


@contextmanager
def own_transaction() -> Iterator[None]:
    """Begin a transaction that is committed when this ends, and not by whoever called.

    Each of its statements sees what others have committed until then, as versions and expected values are
    compared.

    Raises:
        ConfigurationError: If a transaction is open already: it could still be rolled back, and what the
            library was told to be stored would be lost. Nothing was read or written.
    """
    with _begun("READ COMMITTED"):
        yield


@contextmanager
def one_moment() -> Iterator[None]:
    """Begin such a transaction for reading, which sees everything as of one moment.

    On SQLite every transaction does; PostgreSQL's usual ones see more with each statement.
    """
    with _begun("REPEATABLE READ, READ ONLY"):
        yield


@contextmanager
def _begun(level: str) -> Iterator[None]:
    if connection.in_atomic_block:
        raise ConfigurationError(
            "A port was called inside an open transaction of Django (ATOMIC_REQUESTS or transaction.atomic).",
            advice="Decorate the view with @transaction.non_atomic_requests, and call the library outside of "
            "transaction.atomic().",
        )
    with transaction.atomic(durable=True):
        if connection.vendor == "postgresql":
            # Whatever the database's own level is: at a stricter one a lost race is an error, not an answer.
            with connection.cursor() as cursor:
                cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        yield


def code_of(error: DatabaseError) -> str:
    """Return PostgreSQL's SQLSTATE or SQLite's name of an error."""
    cause = error.__cause__
    return str(getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", ""))


def key_of(id: str) -> int | None:
    """Return the key of a row by the id that the library has of it; None if no row can have it."""
    is_key = id.isascii() and id.isdecimal() and len(id) < 19 and not id.startswith("0")
    return int(id) if is_key else None
