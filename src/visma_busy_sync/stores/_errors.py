"""What goes wrong with a database below a store."""

from __future__ import annotations

from visma_busy_sync._core.errors import VismaBusySyncError


class StoreUnavailable(VismaBusySyncError):
    """The database did not do what the store asked: not reachable, locked, full, or failed.

    The driver's own error is left out on purpose: it may quote what was to be stored.

    Attributes:
        code: The SQLSTATE of PostgreSQL or the name that SQLite gives the error; None where there is none.
        may_have_happened: Whether a commit may have been made all the same: the connection was lost while
            its end was awaited. Read before you write again.
    """

    def __init__(
        self, message: str, *, advice: str = "", code: str | None = None, may_have_happened: bool = False
    ) -> None:
        self.code = code
        self.may_have_happened = may_have_happened
        super().__init__(message, advice=advice)
