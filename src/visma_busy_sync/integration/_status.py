"""Where a tenant's connection stands, for people (R27)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, Self, final

from attrs import field, frozen

from visma_busy_sync._core.texts import Language, Texts
from visma_busy_sync.integration._failures import reason_of
from visma_busy_sync.integration.errors import NotSentReason
from visma_busy_sync.state import Connection, WaitingCompany
from visma_busy_sync.sync import Kind


class ConnectionState(enum.StrEnum):
    """How the connection stands."""

    CONNECTED = "connected"
    RECONNECT_NEEDED = "reconnect_needed"
    """The login is dead: nothing is fetched or sent until somebody logs in again. Nothing is lost."""

    LOCKED = "locked"
    """The login may be good, but the encryption key of its tokens is not among those that the host gave."""

    LOGIN_PENDING = "login_pending"
    """There is no connection, but somebody was sent to Visma to log in."""

    DISCONNECTED = "disconnected"


_PRESS: Final[Mapping[ConnectionState, Texts]] = MappingProxyType(
    {
        ConnectionState.CONNECTED: Texts("", ""),
        ConnectionState.RECONNECT_NEEDED: Texts(
            "Trykk «Koble til» og logg inn på nytt hos Visma. Ingenting i Busy går tapt.",
            "Press connect and log in again at Visma; nothing in Busy is lost.",
        ),
        ConnectionState.LOCKED: Texts(
            "Busy mangler krypteringsnøkkelen til tilkoblingen: kontakt Busy. Er den tapt, trykk «Koble til» "
            "og logg inn på nytt. Ingenting i Busy går tapt.",
            "Busy lacks the encryption key of the connection: contact Busy. If it is lost, press connect and "
            "log in again; nothing in Busy is lost.",
        ),
        ConnectionState.LOGIN_PENDING: Texts(
            "Fullfør innloggingen hos Visma, eller trykk «Koble til» for å begynne på nytt.",
            "Complete the login at Visma, or press connect to begin again.",
        ),
        ConnectionState.DISCONNECTED: Texts(
            "Trykk «Koble til» og logg inn hos Visma.",
            "Press connect and log in at Visma.",
        ),
    }
)
_SAID: Final[Mapping[ConnectionState, Texts]] = MappingProxyType(
    {
        ConnectionState.CONNECTED: Texts(
            "koblet til {company}, {fetched}", "connected to {company}, {fetched}"
        ),
        ConnectionState.RECONNECT_NEEDED: Texts(
            "må kobles til på nytt: tilkoblingen til {company} virker ikke lenger ({fetched})",
            "reconnect needed: the connection to {company} is dead ({fetched})",
        ),
        ConnectionState.LOCKED: Texts(
            "låst: tilkoblingen til {company} kan ikke åpnes ({fetched})",
            "locked: the connection to {company} cannot be opened ({fetched})",
        ),
        ConnectionState.LOGIN_PENDING: Texts(
            "ikke tilkoblet, en innlogging pågår", "not connected, a login is pending"
        ),
        ConnectionState.DISCONNECTED: Texts("ikke tilkoblet", "not connected"),
    }
)
_PENDING: Final = Texts("; en innlogging pågår", "; a login is pending")
_FETCHED: Final = Texts("sist hentet {ago}", "last fetched {ago}")
_FETCHED_UNSURELY: Final = Texts(
    "sist hentet {ago}, ikke sikkert fullstendig", "last fetched {ago}, not surely complete"
)
_FAILED: Final = Texts("; siste henting mislyktes: {reason}", "; the last sync failed: {reason}")
_NEVER_FETCHED: Final = Texts("aldri hentet", "never fetched")

_PRESS_CONFIRM: Final = Texts(
    "Et annet selskap venter: se hva som vil bli arkivert, og bekreft eller avbryt.",
    "Another company waits: see what would be archived, then confirm or cancel.",
)

_STEPS: Final = (
    (timedelta(days=1), Texts("1 dag", "1 day"), Texts("{} dager", "{} days")),
    (timedelta(hours=1), Texts("1 time", "1 hour"), Texts("{} timer", "{} hours")),
    (timedelta(minutes=1), Texts("1 minutt", "1 minute"), Texts("{} minutter", "{} minutes")),
)
_AGO: Final = Texts("for {} siden", "{} ago")
_JUST_NOW: Final = Texts("akkurat nå", "just now")


def ago(moment: datetime, now: datetime, language: Language = "en") -> str:
    """Say how long ago a moment was, e.g. `2 minutes ago`; within the last minute, `just now`."""
    for step, one, several in _STEPS:
        count = (now - moment) // step
        if count >= 1:
            return _AGO.of(language).format((one if count == 1 else several).of(language).format(count))
    return _JUST_NOW.of(language)


def _oldest(moments: Mapping[Kind, datetime | None]) -> datetime | None:
    """Return the first of the moments; None if one of them is missing."""
    known = [moment for moment in moments.values() if moment is not None]
    return min(known, default=None) if len(known) == len(moments) else None


def last_attempt(connection: Connection, kinds: Iterable[Kind]) -> datetime | None:
    """Return when the last sync of all these kinds was tried; None if one of them never was."""
    return _oldest({kind: connection.attempted.get(kind) for kind in kinds})


def is_first(connection: Connection, kinds: Iterable[Kind]) -> bool:
    """Whether some of these kinds were never synced with the company."""
    return any(kind not in connection.read for kind in kinds)


@final
@frozen(kw_only=True)
class Status:
    """Where a tenant's connection stands; `str(status)` says it in one line.

    Attributes:
        state: How the connection stands. It is told from what is known here; whether Visma still accepts the
            login shows at the next call.
        company_id: The id of the company, after a purge the hash of an id that is a name; None if the tenant
            was never connected, or all of it was purged.
        company_name: Its name.
        project_sync: Whether projects are synchronised.
        login_pending: Whether a login was begun and may still be completed, also beside a connection.
        other_company: Another company that somebody logged in to and that waits to be confirmed.
        fetched: When the reading began that was last carried out whole, for each kind that is synchronised;
            None for one that never was.
        read: The same, of the last reading that was carried out, be it whole or not surely complete.
        attempted: The same, of the last attempt, whatever became of it.
        failed: The name of the error that ended the last sync; None if none did.
        orders_not_sent: Why the last order that was to be sent was not, as Busy is set up; None: it could be.
        next_due: When `sync_due` imports next, or since when it is to; None while there is no connection that
            works, and where the first import waits for a person (`Choices.first_sync_waits`). Each tenant's
            turn is a little later than the interval, by up to a tenth of it.
        now: The moment this was asked.
    """

    state: ConnectionState
    company_id: str | None = None
    company_name: str = field(default="", repr=False)
    project_sync: bool = False
    login_pending: bool = False
    other_company: WaitingCompany | None = None
    fetched: Mapping[Kind, datetime | None] = field(factory=dict[Kind, "datetime | None"])
    read: Mapping[Kind, datetime | None] = field(factory=dict[Kind, "datetime | None"])
    attempted: Mapping[Kind, datetime | None] = field(factory=dict[Kind, "datetime | None"])
    failed: str | None = None
    orders_not_sent: NotSentReason | None = None
    next_due: datetime | None = None
    now: datetime

    @classmethod
    def of(
        cls,
        connection: Connection | None,
        *,
        standing: ConnectionState,
        login_pending: bool,
        kinds: Iterable[Kind] = (),
        next_due: datetime | None = None,
        failed: str | None = None,
        orders_not_sent: NotSentReason | None = None,
        now: datetime,
    ) -> Self:
        """Make the status of what is stored.

        Args:
            connection: The stored connection, if there ever was one.
            standing: How its login stands, if it is connected.
            login_pending: Whether a login waits for its callback.
            kinds: Those that are synchronised.
            next_due: When the next sync of its connection is due by itself.
            failed: The name of the error that ended the last sync.
            orders_not_sent: Why no order is sent.
            now: The moment.
        """
        state = standing
        if connection is None or not connection.connected:
            state = ConnectionState.LOGIN_PENDING if login_pending else ConnectionState.DISCONNECTED
        if connection is None:
            return cls(state=state, login_pending=login_pending, now=now)
        known = tuple(kinds)
        attempted = {kind: connection.attempted.get(kind) for kind in known}
        return cls(
            state=state,
            company_id=connection.company_id,
            company_name=connection.company_name,
            project_sync=connection.project_sync,
            login_pending=login_pending,
            other_company=connection.other,
            fetched={kind: connection.fetched.get(kind) for kind in known},
            read={kind: connection.read.get(kind) for kind in known},
            attempted=attempted,
            failed=failed,
            orders_not_sent=orders_not_sent,
            next_due=next_due if state is ConnectionState.CONNECTED else None,
            now=now,
        )

    @property
    def press(self) -> Texts:
        """What the user is to press now; empty where there is nothing."""
        return _PRESS[self.state] if self.other_company is None else _PRESS_CONFIRM

    @property
    def last_fetched(self) -> datetime | None:
        """Since when all that is synchronised is up to date; None if some of it was never fetched."""
        return _oldest(self.fetched)

    @property
    def last_read(self) -> datetime | None:
        """When all that is synchronised was last read; later than `last_fetched` if not surely completely."""
        return _oldest(self.read)

    def _told(self, language: Language) -> str:
        sure, last = self.last_fetched, self.last_read
        if last is not None and (sure is None or sure < last):
            return _FETCHED_UNSURELY.of(language).format(ago=ago(last, self.now, language))
        if sure is None:
            return _NEVER_FETCHED.of(language)
        return _FETCHED.of(language).format(ago=ago(sure, self.now, language))

    def text(self, language: Language) -> str:
        """Say it in a language: how the connection stands, when was last fetched, and what to press."""
        facts = {"company": self.company_name, "fetched": self._told(language)}
        said = _SAID[self.state].of(language).format_map(facts)
        if self.failed is not None and self.state is ConnectionState.CONNECTED:
            said += _FAILED.of(language).format(reason=reason_of(self.failed).of(language))
        if self.login_pending and self.state is not ConnectionState.LOGIN_PENDING:
            said += _PENDING.of(language)
        told = [self.press.of(language)]
        if self.orders_not_sent is not None and self.state is ConnectionState.CONNECTED:
            told.insert(0, self.orders_not_sent.says.of(language))
        return ". ".join([said, " ".join(each for each in told if each)]) if any(told) else said

    def __str__(self) -> str:
        return self.text("en")
