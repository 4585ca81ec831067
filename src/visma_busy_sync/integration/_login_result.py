"""What became of a login, in words for the user's page: every end that a person can cause is a value."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, final

from attrs import field, frozen

from visma_busy_sync._core.texts import Language, Texts
from visma_busy_sync.integration._readiness import Readiness
from visma_busy_sync.integration._status import ConnectionState, Status
from visma_busy_sync.state import WaitingCompany


class LoginOutcome(enum.StrEnum):
    """How a login ended."""

    CONNECTED = "connected"
    """The tenant is connected. Nothing was imported yet."""

    ALREADY_CONNECTED = "already_connected"
    """The page was loaded again after the login had been completed; nothing changed."""

    CONFIRM_COMPANY = "confirm_company"
    """It is another company than before; it waits until a person confirms it. Nothing changed."""

    IN_PROGRESS = "in_progress"
    """The page was loaded again while the login is being completed."""

    CANCELLED = "cancelled"
    """The user pressed Cancel at Visma."""

    REFUSED = "refused"
    """Visma refused the login."""

    NOT_THIS_LOGIN = "not_this_login"
    """The address does not belong to a login that waits: not begun here, used before, or voided by a newer
    one; or it comes from another browser."""

    EXPIRED = "expired"
    """The login took longer than an hour."""

    CODE_REFUSED = "code_refused"
    """Visma did not accept the code: it works once, for five minutes, and only with the redirect address
    that the login began with."""

    SCOPE_MISSING = "scope_missing"
    """The user did not grant all that is needed."""

    NOT_READY = "not_ready"
    """EAccounting lets nobody in yet; the readiness report says what to press there."""

    COMPANY_UNIDENTIFIED = "company_unidentified"
    """EAccounting tells neither an id nor a name of the company."""


TEXTS: Final[Mapping[LoginOutcome, Texts]] = MappingProxyType(
    {
        LoginOutcome.CONNECTED: Texts(
            "Koblet til Visma eAccounting: {company}.",
            "Connected to Visma eAccounting: {company}.",
        ),
        LoginOutcome.ALREADY_CONNECTED: Texts(
            "Busy er allerede koblet til Visma eAccounting: {company}.",
            "Busy is already connected to Visma eAccounting: {company}.",
        ),
        LoginOutcome.CONFIRM_COMPANY: Texts(
            "Du logget inn i {other}, men Busy har vært koblet til {company}. Se hva som vil bli arkivert, "
            "og bekreft eller avbryt. Ingenting er endret.",
            "You logged in to {other}, but Busy has been connected to {company}. See what would be archived, "
            "then confirm or cancel. Nothing has changed.",
        ),
        LoginOutcome.IN_PROGRESS: Texts(
            "Tilkoblingen blir fullført akkurat nå. Vent et øyeblikk og last siden på nytt.",
            "The login is being completed at this moment. Wait a little and load the page again.",
        ),
        LoginOutcome.CANCELLED: Texts(
            "Innloggingen ble avbrutt. Trykk «Koble til» for å prøve igjen.",
            "The login was cancelled. Press connect to try again.",
        ),
        LoginOutcome.REFUSED: Texts(
            "Visma avviste innloggingen. Trykk «Koble til» for å prøve igjen; kontakt Busy hvis det gjentar "
            "seg.",
            "Visma refused the login. Press connect to try again; contact Busy if it happens again.",
        ),
        LoginOutcome.NOT_THIS_LOGIN: Texts(
            "Adressen hører ikke til en innlogging som venter her. Trykk «Koble til» for å begynne på nytt; "
            "ingenting er endret.",
            "This address belongs to no login that waits here. Press connect to begin again; nothing has "
            "changed.",
        ),
        LoginOutcome.EXPIRED: Texts(
            "Innloggingen tok mer enn en time. Trykk «Koble til» for å begynne på nytt.",
            "The login took longer than an hour. Press connect to begin again.",
        ),
        LoginOutcome.CODE_REFUSED: Texts(
            "Visma godtok ikke koden fra innloggingen; den gjelder én gang og i fem minutter. Trykk "
            "«Koble til» for å begynne på nytt. Kontakt Busy hvis det gjentar seg: da kan "
            "adressen som Visma sender tilbake til, være feil.",
            "Visma did not accept the code of the login; it works once and for five minutes. Press connect "
            "to begin again. Contact Busy if it happens again: the address that Visma sends back to may "
            "be wrong.",
        ),
        LoginOutcome.SCOPE_MISSING: Texts(
            "Busy fikk ikke alle tilgangene det trenger. Trykk «Koble til» og godta alt det blir spurt om, "
            "med en bruker som har fulle rettigheter.",
            "Busy was not given all the access it needs. Press connect and accept all that is asked for, "
            "as a user with full rights.",
        ),
        LoginOutcome.NOT_READY: Texts(
            "eAccounting slipper ikke Busy inn ennå. Gjør det som står under, og trykk «Koble til» igjen.",
            "eAccounting does not let Busy in yet. Do what is said below, then press connect again.",
        ),
        LoginOutcome.COMPANY_UNIDENTIFIED: Texts(
            "Selskapet i eAccounting har verken organisasjonsnummer eller navn. Fyll det ut under "
            "firmainnstillinger, og trykk «Koble til» igjen.",
            "The company in eAccounting has neither an organisation number nor a name. Fill them in under "
            "the company settings, then press connect again.",
        ),
    }
)

_NOTHING_FETCHED: Final = Texts("Ingenting er hentet ennå.", "Nothing was fetched yet.")
_GOES_ON: Final = Texts(
    "Tilkoblingen som er der, virker som før.", "The connection that is there goes on as before."
)

_GOOD: Final = frozenset({LoginOutcome.CONNECTED, LoginOutcome.ALREADY_CONNECTED})
_KNOWN: Final = _GOOD | {LoginOutcome.CONFIRM_COMPANY}
"""Ends whose own text says how the connection stands."""


@final
@frozen(kw_only=True)
class LoginResult:
    """What became of a login; `str(result)` says it in English, `text("nb")` in Norwegian.

    Attributes:
        outcome: How it ended.
        status: Where the connection stands now.
        readiness: What eAccounting still needs, as read at this login; None where it was not read. Show it
            before the first sync.
        error: The OAuth 2 error code where Visma refused, e.g. `access_denied`; else empty.
        other_company: The company that waits to be confirmed; None: there is none.
    """

    outcome: LoginOutcome
    status: Status
    readiness: Readiness | None = None
    error: str = ""
    other_company: WaitingCompany | None = field(default=None)

    @property
    def connected(self) -> bool:
        """Whether the tenant is connected to the company of this login."""
        return self.outcome in _GOOD

    def text(self, language: Language) -> str:
        """Say it in a language: what happened, what to press, and what eAccounting still needs."""
        other = self.other_company.company_name if self.other_company else ""
        said = TEXTS[self.outcome].of(language).format(company=self.status.company_name, other=other)
        if self.outcome is LoginOutcome.CONNECTED and self.status.last_read is None:
            said += f" {_NOTHING_FETCHED.of(language)}"
        if self.outcome not in _KNOWN and self.status.state is ConnectionState.CONNECTED:
            said += f" {_GOES_ON.of(language)}"
        findings = self.readiness.text(language) if self.readiness and self.readiness.findings else ""
        return f"{said}\n{findings}" if findings else said

    def __str__(self) -> str:
        return self.text("en")
