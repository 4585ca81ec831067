"""What a database's refusals mean, in one place: again, a mistake of the set-up, or `StoreUnavailable`.

SQLAlchemy's errors hold the statement with its parameters, and the drivers' may quote them. So none of them
goes on: neither as a message nor as the cause or context of what is raised.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from visma_busy_sync._core.errors import ConfigurationError, VismaBusySyncError
from visma_busy_sync.stores._errors import StoreUnavailable

# asyncpg's own failure to connect is an OSError, which SQLAlchemy does not wrap.
TROUBLE: Final = (SQLAlchemyError, OSError)

# How often a call is tried where the database ended it for another's sake, or a pooled connection was dead.
_ATTEMPTS: Final = 5

# Serialization failure and deadlock: the transaction was undone, and may go through the next time.
_AGAIN: Final = frozenset({"40001", "40P01"})

# What fails in a COMMIT with one of these was surely not made: the database was asked and said no.
# Of class 40 (rollback) not 40003: it says that nobody knows.
_SURELY_UNDONE: Final = ("23", "40000", "40001", "40002", "40P01", "53", "SQLITE_BUSY", "SQLITE_FULL")

_MISSING: Final = (
    "The table {table} does not exist.",
    "Call create_table() once, or run what `python -m visma_busy_sync.stores.sql {command}` prints.",
)
_NOT_OURS: Final = (
    "The table {table} has not the columns of this store.",
    "Compare it with what `python -m visma_busy_sync.stores.sql {command}` prints, or choose another name.",
)
_MISTAKES: Final = {
    "42P01": _MISSING,
    "42703": _NOT_OURS,
    "3F000": ("The schema of the table {table} does not exist.", "Create it, or choose another one."),
    "42501": ("The database user may not use the table {table}.", "Grant it what it lacks."),
    "22021": ("The database cannot hold every text.", "Use a database whose encoding is UTF8."),
    "22P05": ("The database cannot hold every text.", "Use a database whose encoding is UTF8."),
}
# SQLite has no codes for these.
_MISTAKES_BY_TEXT: Final = {
    "no such table": _MISSING,
    "unknown database": _MISTAKES["3F000"],
    "no such column": _NOT_OURS,
}
_LOCKED: Final = (
    "The database is locked by another transaction.",
    "Try again. If your own transaction around this call has written or is IMMEDIATE, end it first.",
)
_STATES: Final = {
    "55P03": _LOCKED,
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_CANTOPEN": ("The database file cannot be opened.", "Check that its directory exists."),
    "SQLITE_READONLY": ("The database file cannot be written.", "Check its permissions."),
    "SQLITE_FULL": ("The disk is full.", "Make room, and try again."),
    "53300": ("The database has no room for another connection.", "Try again, or allow more of them."),
    "28000": ("The database does not let this user in.", "Check name and password."),
    "28P01": ("The database does not let this user in.", "Check name and password."),
}
_NO_CONNECTION: Final = (
    "No connection was free.",
    "The store uses one of its own for each call: enlarge the engine's pool.",
)
_FAILED: Final = (
    "The database failed ({name}).",
    "Try again. If it stays, look into the log of the database.",
)


def code_of(error: BaseException) -> str | None:
    """Return PostgreSQL's SQLSTATE or SQLite's name of an error; None where there is none."""
    origin: object = error.orig if isinstance(error, DBAPIError) else error
    for name in ("sqlstate", "pgcode", "sqlite_errorname"):
        code = getattr(origin, name, None)
        if isinstance(code, str):
            return code
    return None


class Call:
    """One call of a store: how often it was tried, and how far it got.

    Attributes:
        table: The store's own table.
        committing: Whether the end of a transaction was asked for, in this attempt.
    """

    def __init__(self, table: Table, *, dialect: str) -> None:
        self.table = table
        self._dialect = dialect
        self._about = table
        self._attempts = 0
        self._part_made = False
        self.committing = False

    def about(self, table: Table) -> None:
        """Note which table is used from here on: what fails is told of it."""
        self._about = table

    def part_made(self) -> None:
        """Note that a transaction of this call was made, and that another may follow."""
        self._attempts = 0
        self._part_made = True
        self.committing = False

    def judge(self, error: Exception) -> VismaBusySyncError | None:
        """Return what to raise for an error of the database; None: try once more.

        Raise it outside the `except` clause, so that the error itself is not the context of it.
        """
        code = code_of(error)
        undone = not self.committing or bool(code and code.startswith(_SURELY_UNDONE))
        lost = isinstance(error, DBAPIError) and error.connection_invalidated
        self._attempts += 1
        if undone and (code in _AGAIN or lost) and self._attempts < _ATTEMPTS:
            self.committing = False
            return None
        if mistake := _mistake(error, code):
            message, advice = (text.format(**self._facts()) for text in mistake)
            return ConfigurationError(message, advice=advice)
        origin = error.orig if isinstance(error, DBAPIError) else error
        message, advice = _state(error, code)
        name = " ".join(filter(None, (type(origin).__name__, code)))
        return StoreUnavailable(
            message.format(name=name),
            advice=advice,
            code=code,
            may_have_happened=self._part_made or not undone,
        )

    def _facts(self) -> dict[str, str]:
        store = self._about.info["store"]
        command = self._dialect if store == "state" else f"{self._dialect} --store {store}"
        return {"table": self._about.fullname, "command": command}


def _mistake(error: Exception, code: str | None) -> tuple[str, str] | None:
    if not isinstance(error, DBAPIError):
        return None
    if code == "SQLITE_ERROR":
        text = str(error.orig)
        if "has no column named" in text:
            return _NOT_OURS
        return next((found for start, found in _MISTAKES_BY_TEXT.items() if text.startswith(start)), None)
    return _MISTAKES.get(code or "")


def _state(error: Exception, code: str | None) -> tuple[str, str]:
    if isinstance(error, PoolTimeout):
        return _NO_CONNECTION
    # SQLite's names become longer where it knows more: SQLITE_BUSY_SNAPSHOT.
    return next((found for start, found in _STATES.items() if code and code.startswith(start)), _FAILED)
