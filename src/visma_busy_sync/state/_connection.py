"""The connection of a tenant as documents: the company, the pending login, what was fetched when."""

from __future__ import annotations

import enum
import hashlib
from datetime import datetime
from typing import Any, Final

from attrs import field, frozen

from visma_busy_sync.state._documents import Schema


@frozen(kw_only=True)
class WaitingCompany:
    """A company that somebody logged in to, other than the one before: it waits until a person confirms it.

    Attributes:
        company_id: The id that links and orders will carry.
        company_name: For people.
        project_sync: What the user chose.
        login_id: The login, which has tokens of its own.
        found_at: When the login was completed.
    """

    company_id: str
    company_name: str = field(repr=False)
    project_sync: bool
    login_id: str
    found_at: datetime


@frozen(kw_only=True)
class Connection:
    """The company that a tenant is, or was, connected to.

    Whether its login still works is told by the login's tokens.

    Attributes:
        connected: Whether it is connected; else it was, and links and orders still carry the company.
        company_id: The id that links and orders carry; after a purge, the hash of an id that is a name.
        company_name: For people; empty after a purge.
        project_sync: Whether projects are synchronised (R6).
        connected_at: When the login was completed.
        login_id: Which login it was. What belongs to another login, such as tokens of the company that was
            connected before, is of no use for this connection.
        fetched: For each kind, when the reading began that was last carried out whole (R27): what changed
            in eAccounting since then may be missing.
        read: The same, of the last reading that was carried out, be it whole or not surely complete.
        attempted: For each kind, when the last attempt began, whatever became of it.
        known_since: When each company was connected first, by the hash of its id: orders that were finalised
            before are not sent by themselves. A later login to the same company changes nothing of it.
        other: Another company that waits to be confirmed.
    """

    connected: bool
    company_id: str
    company_name: str = field(repr=False)
    project_sync: bool
    connected_at: datetime
    login_id: str
    fetched: dict[str, datetime] = field(factory=dict[str, datetime])
    read: dict[str, datetime] = field(factory=dict[str, datetime])
    attempted: dict[str, datetime] = field(factory=dict[str, datetime])
    known_since: dict[str, datetime] = field(factory=dict[str, datetime])
    other: WaitingCompany | None = None

    @property
    def has_login(self) -> bool:
        """Whether a login is in use, be it of the company that is connected or of one that waits."""
        return self.connected or self.other is not None

    @property
    def company_since(self) -> datetime:
        """When the company was connected first."""
        return self.known_since.get(hashed_company_id(self.company_id), self.connected_at)


class LoginStage(enum.StrEnum):
    """How far a login has come."""

    OPEN = "open"
    """The user was sent to Visma."""

    TAKEN = "taken"
    """A callback has used it, and is at work."""

    DONE = "done"
    """It led to a connection, or to another company that waits to be confirmed."""

    ENDED = "ended"
    """It came to nothing."""


@frozen(kw_only=True)
class PendingLogin:
    """A login that was begun. State and session are kept as hashes.

    Attributes:
        state_hash: Of the state in the authorise address.
        session_hash: Of the browser session that it is bound to.
        project_sync: What the user chose.
        verifier: The PKCE verifier, sealed; None without PKCE.
        expires_at: When it is no longer accepted.
        stage: How far it has come.
        login_id: The login that it became; None: none yet.
        taken_at: When a callback took it; None: not yet.
    """

    state_hash: str
    session_hash: str
    project_sync: bool
    verifier: str | None = field(default=None, repr=False)
    expires_at: datetime
    stage: LoginStage = LoginStage.OPEN
    login_id: str | None = None
    taken_at: datetime | None = None


@frozen(kw_only=True)
class ArchiveMissingFact:
    """The fact that archiving what eAccounting lacks happens once per company (R8, R23, R30).

    Attributes:
        candidates: Busy's ids of the projects that were there when project sync was first switched on; after
            the first sure reading, those of them that the host could not yet archive.
        done_at: When it was done; None: not yet.
    """

    candidates: list[str]
    done_at: datetime | None = None


LOGIN: Final = "login"

LOGIN_SCHEMA: Final = Schema(PendingLogin)
ARCHIVE_MISSING_SCHEMA: Final = Schema(ArchiveMissingFact)


def hashed_company_id(company_id: str) -> str:
    """Return what a company is recognised by where its id, which may be a name, must not be kept.

    Upper and lower case are alike. Who guesses the name can find it out.
    """
    digest = hashlib.sha256(company_id.lower().encode("utf-8", "surrogatepass")).hexdigest()
    return f"sha256:{digest}"


def since_with(connection: Connection | None, company_id: str, now: datetime) -> dict[str, datetime]:
    """Return when each company was connected first, with one that is connected now."""
    known = connection.known_since if connection else {}
    return {hashed_company_id(company_id): now, **known}


def _with_known_since(data: dict[str, Any]) -> dict[str, Any]:
    # Until then only the last login was kept: no earlier moment is known.
    return {**data, "known_since": {hashed_company_id(data["company_id"]): data["connected_at"]}}


CONNECTION_SCHEMA: Final = Schema(Connection, version=2, steps={1: _with_known_since})


ARCHIVE_MISSING_PREFIX: Final = "archive-missing/"


def archive_missing_key(company_id: str) -> str:
    """Return the key of the archive-missing fact of a company; it tells no name, since a purge keeps it."""
    return f"{ARCHIVE_MISSING_PREFIX}{hashed_company_id(company_id)}"
