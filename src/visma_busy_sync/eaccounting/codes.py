"""The API's error codes in one table: what each means, what it becomes, what is done then.

Source: the vendor's error table (2026-09). The table is the one source: which error an answer becomes, what
it says of a write, and the page of errors in the documentation are made from it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from attrs import Factory, field, frozen

from visma_busy_sync._core.texts import Texts

__all__ = [
    "CODES",
    "RULES",
    "Code",
    "ErrorKind",
    "Retry",
    "Rule",
    "WriteFate",
    "code_of",
    "codes_of",
]


class ErrorKind(enum.StrEnum):
    """Which error an answer becomes; the values are the names of the classes."""

    REJECTED = "Rejected"
    NOT_FOUND = "NotFound"
    UNAUTHORIZED = "Unauthorized"
    ACCESS_DENIED = "AccessDenied"
    RATE_LIMITED = "RateLimited"
    SERVER_FAULT = "ServerFault"


class Retry(enum.StrEnum):
    """Whether the client sends a call again by itself."""

    NEVER = "never"
    PAUSED = "after a pause"
    """A few times, with growing pauses."""

    WHEN_TOLD = "when the server says"
    RENEWED = "once, with a new token"


class WriteFate(enum.Enum):
    """What an answer to a write says of its effect."""

    DONE = enum.auto()
    REFUSED = enum.auto()
    """Not carried out, because of what was sent."""

    WAITS = enum.auto()
    """Not carried out, for another reason than what was sent."""

    UNKNOWN = enum.auto()
    """It may have taken effect."""


@frozen
class Rule:
    """What follows from a kind of error.

    Attributes:
        read: Whether a read is sent again.
        write: Whether a write is sent again.
        fate: What became of a write, unless status or code say more.
    """

    read: Retry
    write: Retry
    fate: WriteFate


RULES: Final[Mapping[ErrorKind, Rule]] = MappingProxyType(
    {
        ErrorKind.REJECTED: Rule(Retry.NEVER, Retry.NEVER, WriteFate.REFUSED),
        ErrorKind.NOT_FOUND: Rule(Retry.NEVER, Retry.NEVER, WriteFate.REFUSED),
        ErrorKind.UNAUTHORIZED: Rule(Retry.RENEWED, Retry.RENEWED, WriteFate.WAITS),
        ErrorKind.ACCESS_DENIED: Rule(Retry.NEVER, Retry.NEVER, WriteFate.WAITS),
        ErrorKind.RATE_LIMITED: Rule(Retry.WHEN_TOLD, Retry.WHEN_TOLD, WriteFate.WAITS),
        ErrorKind.SERVER_FAULT: Rule(Retry.PAUSED, Retry.NEVER, WriteFate.UNKNOWN),
    }
)
"""What follows from each sort of error: whether a call is sent again, and what became of a write."""


@frozen
class Code:
    """One error code.

    Attributes:
        says: What it says, in our words: a part of a sentence.
        cure: What a person can do about it; None where that depends on the call.
        becomes: Which error it is with HTTP status 400; see `error_kind` for others.
        fate: What it says of a write with that status.
    """

    says: Texts
    cure: Texts | None = None
    becomes: ErrorKind = field(default=ErrorKind.REJECTED, kw_only=True)
    fate: WriteFate = field(
        default=Factory(lambda code: RULES[code.becomes].fate, takes_self=True), kw_only=True
    )

    @property
    def meaning(self) -> str:
        """What it says, in English."""
        return self.says.en

    @property
    def advice(self) -> str:
        """What a person can do about it, in English; empty where that depends on the call."""
        return self.cure.en if self.cure else ""

    @property
    def rule(self) -> Rule:
        """What follows with HTTP status 400."""
        return RULES[self.becomes]


CODES: Final[Mapping[int, Code]] = MappingProxyType(
    {
        2000: Code(
            Texts(
                nb="innholdet bryter en regel i datamodellen", en="the body breaks a rule of the data model"
            ),
            Texts(nb="Rett feltene som er nevnt.", en="Correct the named fields."),
        ),
        3000: Code(
            Texts(
                nb="noe som det vises til, finnes ikke",
                en="an object that the request refers to does not exist",
            ),
            Texts(nb="Synkroniser på nytt; det kan være slettet.", en="Sync again; it may be deleted."),
            becomes=ErrorKind.NOT_FOUND,
        ),
        3001: Code(
            Texts(nb="det finnes ikke noe regnskapsår for datoen", en="there is no fiscal year for the date"),
            Texts(nb="Opprett regnskapsåret i eAccounting.", en="Create the fiscal year in eAccounting."),
        ),
        3002: Code(
            Texts(nb="kontoen finnes ikke", en="the account does not exist"),
            Texts(nb="Opprett kontoen i eAccounting.", en="Create the account in eAccounting."),
        ),
        3003: Code(
            Texts(nb="brukeren kan ikke godkjenne", en="no permission to approve"),
            Texts(
                nb="Gi brukeren den rettigheten i eAccounting.",
                en="Give the user that permission in eAccounting.",
            ),
        ),
        4000: Code(Texts(nb="det finnes allerede", en="it exists already")),
        4001: Code(
            Texts(
                nb="det kan ikke slettes, fordi noe annet er avhengig av det",
                en="it cannot be deleted, because something depends on it",
            )
        ),
        4002: Code(
            Texts(nb="det kan ikke opprettes eller endres", en="it cannot be created or updated"),
            fate=WriteFate.WAITS,
        ),
        4003: Code(
            Texts(nb="oppstartsguiden er ikke fullført", en="the startup guide is not finished"),
            Texts(
                nb="Logg inn i eAccounting og fullfør oppstartsguiden.",
                en="Log in to eAccounting and finish the startup guide.",
            ),
            becomes=ErrorKind.ACCESS_DENIED,
        ),
        4004: Code(
            Texts(nb="selskapet er ikke aktivt", en="the company is not active"),
            Texts(nb="Aktiver selskapet i eAccounting.", en="Activate the company in eAccounting."),
            becomes=ErrorKind.ACCESS_DENIED,
        ),
        4005: Code(
            Texts(nb="ikke autorisert", en="not authorised"),
            Texts(
                nb="Koble til på nytt med en bruker som har fulle rettigheter i selskapet.",
                en="Connect again with a user who has full rights in the company.",
            ),
            becomes=ErrorKind.ACCESS_DENIED,
        ),
        4006: Code(
            Texts(nb="tilkoblingen mangler en tilgang", en="the connection lacks a scope"),
            Texts(
                nb="Koble til på nytt og godta det blir spurt om.",
                en="Connect again and accept what is asked for.",
            ),
            becomes=ErrorKind.ACCESS_DENIED,
        ),
        4007: Code(
            Texts(nb="brukeren mangler en rettighet", en="the user lacks a permission"),
            Texts(
                nb="Gi brukeren fulle rettigheter, eller koble til med en annen.",
                en="Give the user full rights, or connect as another.",
            ),
            becomes=ErrorKind.ACCESS_DENIED,
        ),
        4008: Code(
            Texts(nb="et kontrollsiffer er feil", en="a control digit is wrong"),
            Texts(nb="Rett nummeret.", en="Correct the number."),
        ),
        4009: Code(
            Texts(
                nb="selskapets abonnement omfatter ikke dette",
                en="the company's subscription does not include this",
            ),
            Texts(nb="Bytt abonnement i eAccounting.", en="Change the subscription in eAccounting."),
            becomes=ErrorKind.ACCESS_DENIED,
        ),
        4010: Code(
            Texts(nb="for mange forespørsler", en="too many requests"), becomes=ErrorKind.RATE_LIMITED
        ),
        4011: Code(
            Texts(
                nb="brukeren har ikke tilgang til eAccounting i dette selskapet",
                en="the user has no access to eAccounting in this company",
            ),
            Texts(nb="Koble til med en bruker som har det.", en="Connect as a user who has."),
            becomes=ErrorKind.ACCESS_DENIED,
        ),
        4012: Code(
            Texts(nb="lisensavtalen er ikke godtatt", en="the licence agreement is not accepted"),
            Texts(nb="Logg inn i eAccounting og godta den.", en="Log in to eAccounting and accept it."),
            becomes=ErrorKind.ACCESS_DENIED,
        ),
        4013: Code(
            Texts(nb="året eller perioden er låst", en="the year or period is locked"),
            Texts(nb="Åpne perioden i eAccounting.", en="Open the period in eAccounting."),
        ),
        4014: Code(
            Texts(
                nb="«Deres referanse» mangler (AutoInvoice, Norge)",
                en="your reference is missing (AutoInvoice, Norway)",
            ),
            Texts(nb="Fyll ut kundens referanse.", en="Fill in the customer's reference."),
        ),
        4015: Code(
            Texts(nb="en påkrevd referansekode mangler", en="a required reference code is missing"),
            Texts(
                nb="Fyll ut referansen som mottakeren krever.",
                en="Fill in the reference that the recipient demands.",
            ),
        ),
        4016: Code(Texts(nb="leverandørfakturaen er avvist", en="the supplier invoice is refused")),
        4017: Code(
            Texts(nb="den elektroniske adressen mangler", en="the electronic address is missing"),
            Texts(nb="Fyll den ut på kunden i eAccounting.", en="Fill it in on the customer in eAccounting."),
        ),
        4018: Code(Texts(nb="leverandørfakturaen er avvist", en="the supplier invoice is refused")),
        4019: Code(
            Texts(nb="brukeren har bare lesetilgang", en="the user may only read"),
            Texts(nb="Koble til med en bruker som har skrivetilgang.", en="Connect as a user who may write."),
            becomes=ErrorKind.ACCESS_DENIED,
        ),
        4020: Code(Texts(nb="regnskapsåret er avvist", en="the fiscal year is refused")),
        4021: Code(Texts(nb="regnskapsåret er avvist", en="the fiscal year is refused")),
        4022: Code(Texts(nb="regnskapsåret er avvist", en="the fiscal year is refused")),
        4023: Code(Texts(nb="betalingsdatoen ligger fram i tid", en="the payment date lies in the future")),
        4024: Code(
            Texts(
                nb="artikkelens kontering mangler salgskonto for denne typen salg",
                en="the article's coding has no sales account for this kind of sale",
            ),
            Texts(
                nb="Gi artikkelen en kontering med konto for denne typen kunde i eAccounting.",
                en="In eAccounting, give the article a coding with an account for this kind of customer.",
            ),
        ),
        4025: Code(
            Texts(nb="mva-nummeret er ugyldig", en="the VAT number is invalid"),
            Texts(nb="Rett det på kunden i eAccounting.", en="Correct it on the customer in eAccounting."),
        ),
        4026: Code(
            Texts(nb="perioden er låst", en="the period is locked"),
            Texts(
                nb="Åpne perioden i eAccounting, eller velg en annen dato.",
                en="Open the period in eAccounting, or choose another date.",
            ),
        ),
        4027: Code(
            Texts(nb="en linje tillater ikke omvendt avgiftsplikt", en="a row does not allow reverse VAT")
        ),
        4028: Code(
            Texts(
                nb="en ordre med restordre kan ikke annulleres",
                en="an order with back orders cannot be voided",
            )
        ),
        4029: Code(Texts(nb="fødselsnummeret er ugyldig", en="the personal number is invalid")),
        4030: Code(Texts(nb="OCR-nummeret er ugyldig", en="the OCR number is invalid")),
        4031: Code(
            Texts(
                nb="en faktura fra en ordre mangler ordrelinjer",
                en="an invoice from an order lacks order rows",
            )
        ),
        4032: Code(Texts(nb="leverandørfakturaen er avvist", en="the supplier invoice is refused")),
        4033: Code(Texts(nb="ikke tillatt i godkjenningsflyten", en="not allowed in the approval flow")),
        4034: Code(
            Texts(
                nb="en testklient ble brukt mot et ekte selskap",
                en="a sandbox client was used against a production company",
            ),
            Texts(
                nb="Bruk klient-id-en for produksjon, eller logg inn i et testselskap.",
                en="Use the client id of production, or log in to a sandbox company.",
            ),
            becomes=ErrorKind.ACCESS_DENIED,
        ),
        4035: Code(
            Texts(
                nb="mva-bokføring ble tvunget gjennom innenfor EU",
                en="VAT bookkeeping was forced inside the EU",
            )
        ),
        4037: Code(
            Texts(nb="avstemmingen ligger i en låst periode", en="the reconciliation lies in a locked period")
        ),
        4038: Code(
            Texts(nb="året er låst", en="the year is locked"),
            Texts(
                nb="Åpne året i eAccounting, eller velg en annen dato.",
                en="Open the year in eAccounting, or choose another date.",
            ),
        ),
        4039: Code(
            Texts(
                nb="et innenlandsk beløp ble satt på en innenlandsk faktura",
                en="a domestic amount was set on a domestic invoice",
            )
        ),
        4100: Code(
            Texts(nb="en ekstern tjeneste godkjente det ikke", en="an external service did not validate it")
        ),
        5000: Code(
            Texts(nb="det oppstod en intern feil i eAccounting", en="eAccounting failed inside"),
            Texts(
                nb="Prøv igjen senere; oppgi feil-id-en til API-brukerstøtten.",
                en="Try again later; quote the error id to the API support.",
            ),
            becomes=ErrorKind.SERVER_FAULT,
        ),
        5001: Code(
            Texts(
                nb="en del av eAccounting svarte ikke i tide",
                en="a part of eAccounting did not answer in time",
            ),
            Texts(nb="Prøv igjen senere.", en="Try again later."),
            becomes=ErrorKind.SERVER_FAULT,
        ),
        5002: Code(
            Texts(nb="eAccounting avbrøt operasjonen", en="eAccounting cancelled the operation"),
            Texts(nb="Prøv igjen senere.", en="Try again later."),
            becomes=ErrorKind.SERVER_FAULT,
        ),
        5003: Code(Texts(nb="lagerbeholdningen er ikke null", en="the stock balance is not zero")),
        5004: Code(Texts(nb="lagerbeholdningen er ikke null", en="the stock balance is not zero")),
        5005: Code(
            Texts(
                nb="prosjektet er avsluttet og kan ikke brukes", en="the project has ended and cannot be used"
            ),
            Texts(nb="Gjenåpne prosjektet i eAccounting.", en="Reopen the project in eAccounting."),
        ),
        5006: Code(
            Texts(nb="kostnadsstedet er inaktivt", en="the cost centre is inactive"),
            Texts(nb="Aktiver det i eAccounting.", en="Activate it in eAccounting."),
        ),
        5007: Code(
            Texts(nb="det som skulle legges ved, ble ikke funnet", en="the item to attach was not found")
        ),
        6000: Code(Texts(nb="spørringen er ikke forstått", en="the query is not understood")),
        6001: Code(
            Texts(nb="en dato eller en verdi har feil form", en="a date or an input has the wrong form")
        ),
    }
)
"""Every `ErrorCode` of the API that is documented, by its number. Others are told by the HTTP status."""

API_MODULE: Final = Code(
    Texts(nb="selskapet har ikke tilgang til API-modulen", en="the company has no access to the API module"),
    Texts(
        nb=(
            "Slå på Utvidelser → Integrasjoner → Visma Integrasjon (API) i eAccounting. Er den "
            "på, kan innloggingen ha havnet i et annet selskap: koble til på nytt og velg det "
            "riktige."
        ),
        en=(
            "In eAccounting, switch on Utvidelser → Integrasjoner → Visma Integrasjon (API). If "
            "it is on, the login may have gone to another company: connect again and choose the "
            "right one."
        ),
    ),
    becomes=ErrorKind.ACCESS_DENIED,
)
"""The second meaning of 4002, where the text names the module `api_standard` (KB, 2019)."""

OTHER_MODULE: Final = Code(
    Texts(
        nb="selskapet har ikke tilgang til en modul som dette kallet trenger",
        en="the company has no access to a module that this call needs",
    ),
    Texts(
        nb="Sjekk selskapets abonnement og moduler i eAccounting.",
        en="Check the subscription and the modules of the company in eAccounting.",
    ),
    becomes=ErrorKind.ACCESS_DENIED,
)
"""The second meaning of 4002, where the text names another module."""

NOT_FOUND: Final = 3000
NO_ACCESS_TO_MODULE: Final = 4002
BAD_QUERY: Final = 6000


def codes_of(kind: ErrorKind) -> frozenset[int]:
    """Return the codes that become a kind of error."""
    return frozenset(number for number, code in CODES.items() if code.becomes is kind)


ACCESS_CODES: Final = codes_of(ErrorKind.ACCESS_DENIED)
"""Codes that speak of the company, the user or the connection, not of what was sent."""

UNCERTAIN_CODES: Final = frozenset(number for number, code in CODES.items() if code.fate is WriteFate.UNKNOWN)
"""Unhandled, dependency timed out, cancelled: a write may have taken effect, whatever the status."""

WAITING_CODES: Final = frozenset(number for number, code in CODES.items() if code.fate is WriteFate.WAITS)
"""Codes that are not about what was sent: it can be sent as it is when they are cured. 4002 also means
"cannot be created"; it waits as well."""

PLAIN: Final[Mapping[int, Code]] = MappingProxyType(
    {
        401: Code(
            Texts(nb="tilgangsnøkkelen godtas ikke", en="the access token is not accepted"),
            becomes=ErrorKind.UNAUTHORIZED,
        ),
        403: Code(Texts(nb="tilgang nektes", en="access is denied"), becomes=ErrorKind.ACCESS_DENIED),
        404: Code(Texts(nb="det finnes ikke", en="there is no such object"), becomes=ErrorKind.NOT_FOUND),
        429: Code(Texts(nb="for mange forespørsler", en="too many requests"), becomes=ErrorKind.RATE_LIMITED),
    }
)
"""What a status says by itself, where the answer has no code that is known."""

UNNAMED: Final = Code(Texts(nb="API-et avviste forespørselen", en="the API refused the request"))
"""An answer that says nothing which is known."""


def code_of(code: int | None, detail: str) -> Code | None:
    """Return the row of an answer's code; None if it has none that is known.

    Args:
        code: The API's ErrorCode; None if the answer had none.
        detail: The API's message for developers. Of 4002 it tells which meaning is meant.
    """
    text = detail.lower()
    if code in {NO_ACCESS_TO_MODULE, None}:
        if "api_standard" in text:
            return API_MODULE
        if "access to module" in text:
            return OTHER_MODULE
    return CODES.get(code or 0)


_KINDS: Final[tuple[tuple[Callable[[int, ErrorKind], bool], ErrorKind], ...]] = (
    (lambda status, _: status == 429, ErrorKind.RATE_LIMITED),
    (lambda status, kind: kind is ErrorKind.RATE_LIMITED and status < 500, ErrorKind.RATE_LIMITED),
    (lambda status, _: status == 401, ErrorKind.UNAUTHORIZED),
    (lambda status, kind: status == 404 or kind is ErrorKind.NOT_FOUND, ErrorKind.NOT_FOUND),
    (lambda status, kind: status == 403 or kind is ErrorKind.ACCESS_DENIED, ErrorKind.ACCESS_DENIED),
    (lambda status, kind: status >= 500 or kind is ErrorKind.SERVER_FAULT, ErrorKind.SERVER_FAULT),
    (lambda _status, _kind: True, ErrorKind.REJECTED),
)
"""The first rule that fits decides."""


def error_kind(status: int, code: Code | None) -> ErrorKind:
    """Return which error an answer is, by its HTTP status from 400 and the row of its code."""
    becomes = (code or UNNAMED).becomes
    return next(kind for fits, kind in _KINDS if fits(status, becomes))


WAITING_STATUSES: Final = frozenset({401, 403, 429})
"""Statuses that say that a write waits, even without a body that can be read."""

REQUEST_TIMEOUT: Final = 408


_FATES: Final[tuple[tuple[Callable[[int, int | None, bool], bool], WriteFate], ...]] = (
    (lambda _status, code, _readable: code in UNCERTAIN_CODES, WriteFate.UNKNOWN),
    (lambda status, _code, readable: 200 <= status < 300 and readable, WriteFate.DONE),
    (lambda status, _code, _readable: not 400 <= status < 500, WriteFate.UNKNOWN),
    (lambda status, _code, _readable: status == REQUEST_TIMEOUT, WriteFate.UNKNOWN),
    (lambda status, _code, _readable: status in WAITING_STATUSES, WriteFate.WAITS),
    (lambda _status, _code, readable: not readable, WriteFate.UNKNOWN),
    (lambda _status, code, _readable: code in WAITING_CODES, WriteFate.WAITS),
    (lambda _status, _code, _readable: True, WriteFate.REFUSED),
)
"""The first rule that fits decides; whatever is not clearly one thing is unknown, which is the safe side."""


def write_fate(status: int, *, code: int | None, readable: bool) -> WriteFate:
    """Return what an answer says of the write it answers: the one table for errors and for the ledger.

    Args:
        status: The HTTP status.
        code: The API's ErrorCode; None if the body had none.
        readable: Whether the body could be read as what it should be: the object with a 2xx, else the
            API's error object, with a code or an id. A proxy's page says nothing of the write.
    """
    return next(fate for fits, fate in _FATES if fits(status, code, readable))
