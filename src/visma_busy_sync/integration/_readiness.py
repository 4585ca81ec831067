"""Whether eAccounting is set up for what Busy does with it, and what to press where it is not.

What is known to stand in the way blocks a lane. What the API leaves out, or says in a way that nobody has
seen yet, is at most a warning: it never blocks.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, final

import attrs
from attrs import field, frozen

from visma_busy_sync._core.texts import Language, Texts
from visma_busy_sync.eaccounting.codes import API_MODULE, NO_ACCESS_TO_MODULE, OTHER_MODULE, code_of
from visma_busy_sync.eaccounting.errors import AccessDenied, EAccountingError, Rejected, Unauthorized
from visma_busy_sync.eaccounting.models import CompanySettings, CompanyStatus, ProductVariant


class Lane(enum.StrEnum):
    """What Busy does with eAccounting."""

    IMPORT = "import"
    """Fetch customers and products."""

    PROJECTS = "projects"
    """Fetch projects."""

    ORDERS = "orders"
    """Send order drafts."""


class FindingCode(enum.StrEnum):
    """What can stand in the way, in the order in which it is listed."""

    API_MODULE_OFF = "api_module_off"
    MODULE_MISSING = "module_missing"
    STARTUP_GUIDE = "startup_guide"
    COMPANY_INACTIVE = "company_inactive"
    NOT_AUTHORISED = "not_authorised"
    SCOPE_MISSING = "scope_missing"
    USER_LACKS_PERMISSION = "user_lacks_permission"
    NOT_IN_SUBSCRIPTION = "not_in_subscription"
    USER_LACKS_PRODUCT = "user_lacks_product"
    LICENCE_NOT_ACCEPTED = "licence_not_accepted"
    USER_READ_ONLY = "user_read_only"
    SANDBOX_CLIENT = "sandbox_client"
    ACCESS_DENIED = "access_denied"
    COMPANY_READ_ONLY = "company_read_only"
    VARIANT_WITHOUT_ORDERS = "variant_without_orders"
    VARIANT_WITHOUT_PROJECTS = "variant_without_projects"
    PROJECTS_OFF = "projects_off"
    VARIANT_WITHOUT_CUSTOMERS = "variant_without_customers"
    VARIANT_UNKNOWN = "variant_unknown"
    ORDER_MODULE_NOT_LISTED = "order_module_not_listed"
    CURRENCY_UNKNOWN = "currency_unknown"
    ALSO_CONNECTED = "also_connected"
    COMPANY_WITHOUT_IDS = "company_without_ids"


@final
@frozen
class Finding:
    """One thing that stands in the way, or may do so.

    Attributes:
        code: What it is, for programs.
        blocks: What cannot be done because of it; empty for a warning.
        tenants: The other tenants that it is about, for the host; they stand in no text, since the one who
            reads it may not know them.
        what: What was found.
        cure: What to press, and where.
    """

    code: FindingCode
    blocks: frozenset[Lane]
    tenants: tuple[str, ...] = field(default=(), kw_only=True)
    what: Texts = field(repr=False)
    cure: Texts = field(repr=False)

    def text(self, language: Language) -> str:
        """Say it in a language, in one line: what was found, then what to press."""
        return f"{self.what.of(language)} {self.cure.of(language)}"


_NOTHING_FOUND: Final = Texts("eAccounting er klart til bruk.", "eAccounting is ready.")


@final
@frozen
class Readiness:
    """What was found, blocking things first; `str(report)` says it in English, one line for each.

    Attributes:
        findings: What stands in the way, and the warnings.
    """

    findings: tuple[Finding, ...]

    def blocks(self, lane: Lane) -> tuple[Finding, ...]:
        """Return what stands in the way of a lane."""
        return tuple(finding for finding in self.findings if lane in finding.blocks)

    @property
    def ready(self) -> bool:
        """Whether nothing stands in the way of anything; there may be warnings."""
        return not any(finding.blocks for finding in self.findings)

    def text(self, language: Language) -> str:
        """Say it in a language, one line for each finding."""
        lines = [finding.text(language) for finding in self.findings]
        return "\n".join(lines or [_NOTHING_FOUND.of(language)])

    def __str__(self) -> str:
        return self.text("en")


def readiness_of(
    company: CompanySettings,
    *,
    project_sync: bool,
    missing_scopes: tuple[str, ...] = (),
    also_connected: tuple[str, ...] = (),
) -> Readiness:
    """Return what the settings of a company tell.

    Args:
        company: Its settings, as read.
        project_sync: Whether projects are, or are to be, synchronised; else nothing is said of them.
        missing_scopes: What is needed and was not granted.
        also_connected: The ids of other tenants that are connected to the same company.
    """
    found: list[Finding] = []
    if missing_scopes:
        found.append(_finding(FindingCode.SCOPE_MISSING, ALL_LANES, scopes=" ".join(missing_scopes)))
    found.extend(_of_settings(company, project_sync=project_sync))
    if also_connected:
        found.append(attrs.evolve(_finding(FindingCode.ALSO_CONNECTED), tenants=also_connected))
    order = list(FindingCode)
    return Readiness(
        tuple(sorted(found, key=lambda finding: (not finding.blocks, order.index(finding.code))))
    )


def readiness_of_refusal(error: EAccountingError) -> Readiness | None:
    """Return what a refused read of the company's settings tells; None: nothing about readiness.

    All that Busy does needs what this read needs, so whatever refuses it blocks every lane.
    """
    if not isinstance(error, AccessDenied | Rejected | Unauthorized):
        return None
    code = _refused_by(error)
    if code is None:
        return None
    scopes = {"scopes": "ea:api ea:sales"} if code is FindingCode.SCOPE_MISSING else {}
    return Readiness((_finding(code, ALL_LANES, **scopes),))


def _refused_by(error: AccessDenied | Rejected | Unauthorized) -> FindingCode | None:
    row = code_of(error.code, error.detail)
    if row is OTHER_MODULE:
        return FindingCode.MODULE_MISSING
    if row is API_MODULE:
        return FindingCode.API_MODULE_OFF
    known = REFUSALS.get(error.code or 0)
    # A plain 401 is about the token, not about how eAccounting is set up.
    return known or (FindingCode.ACCESS_DENIED if isinstance(error, AccessDenied) else None)


def _of_settings(company: CompanySettings, *, project_sync: bool) -> Iterator[Finding]:
    variant = company.product_variant
    yield from (_finding(code, lanes) for code, lanes in _STATUSES.get(company.company_status, ()))
    if isinstance(variant, ProductVariant):
        name = variant.name.replace("_", " ").capitalize()
        for code, lanes in _VARIANTS.get(variant, ((FindingCode.VARIANT_UNKNOWN, _NO_LANE),)):
            if project_sync or Lane.PROJECTS not in lanes:
                yield _finding(code, lanes, variant=name)
    if project_sync and company.uses_project is False:
        yield _finding(FindingCode.PROJECTS_OFF, frozenset({Lane.PROJECTS}))
    modules = company.activated_modules
    if modules and _ORDER_MODULES.isdisjoint(map(_plain, modules)):
        yield _finding(FindingCode.ORDER_MODULE_NOT_LISTED)
    # Without a country every customer counts as domestic, as the builder says; nothing is missing then.
    if not _told(company.currency_code):
        yield _finding(FindingCode.CURRENCY_UNKNOWN)
    if not _told(company.company_identifier) and not _told(company.corporate_identity_number):
        yield _finding(FindingCode.COMPANY_WITHOUT_IDS)


def _told(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip())


def _plain(module: str) -> str:
    return re.sub(r"[^a-z]", "", module.lower())


def _finding(code: FindingCode, blocks: frozenset[Lane] = frozenset(), **facts: str) -> Finding:
    what, cure = TEXTS[code]
    said = Texts(what.nb.format_map(facts), what.en.format_map(facts))
    return Finding(code, blocks, said, cure)


ALL_LANES: Final = frozenset(Lane)
_NO_LANE: Final[frozenset[Lane]] = frozenset()

_ORDER_MODULES: Final = frozenset({"salesstandard", "orderstandard"})
"""Two sources name two modules; how the list spells them was never seen, so letters alone are compared."""

_STATUSES: Final[Mapping[object, tuple[tuple[FindingCode, frozenset[Lane]], ...]]] = MappingProxyType(
    {
        CompanyStatus.INACTIVE: ((FindingCode.COMPANY_INACTIVE, ALL_LANES),),
        CompanyStatus.READ_ONLY: ((FindingCode.COMPANY_READ_ONLY, frozenset({Lane.ORDERS})),),
    }
)

_VARIANTS: Final[Mapping[ProductVariant, tuple[tuple[FindingCode, frozenset[Lane]], ...]]] = MappingProxyType(
    {
        ProductVariant.STANDARD: (),
        ProductVariant.INVOICING: (),
        ProductVariant.PRO: (),
        ProductVariant.BOOKKEEPING: (
            (FindingCode.VARIANT_WITHOUT_ORDERS, frozenset({Lane.ORDERS})),
            (FindingCode.VARIANT_WITHOUT_CUSTOMERS, _NO_LANE),
        ),
        ProductVariant.SOLO: (
            (FindingCode.VARIANT_WITHOUT_ORDERS, frozenset({Lane.ORDERS})),
            (FindingCode.VARIANT_WITHOUT_PROJECTS, frozenset({Lane.PROJECTS})),
        ),
    }
)
"""What the API's description says of each variant; of any other one, nothing is known."""

REFUSALS: Final[Mapping[int, FindingCode]] = MappingProxyType(
    {
        NO_ACCESS_TO_MODULE: FindingCode.API_MODULE_OFF,
        4003: FindingCode.STARTUP_GUIDE,
        4004: FindingCode.COMPANY_INACTIVE,
        4005: FindingCode.NOT_AUTHORISED,
        4006: FindingCode.SCOPE_MISSING,
        4007: FindingCode.USER_LACKS_PERMISSION,
        4009: FindingCode.NOT_IN_SUBSCRIPTION,
        4011: FindingCode.USER_LACKS_PRODUCT,
        4012: FindingCode.LICENCE_NOT_ACCEPTED,
        4019: FindingCode.USER_READ_ONLY,
        4034: FindingCode.SANDBOX_CLIENT,
    }
)
"""What the API's error codes tell when a read is refused. 4002 without a text is the module then: a read
creates nothing, which is its other meaning."""

_FULL_RIGHTS: Final = Texts(
    "Gi brukeren fulle rettigheter i selskapet i eAccounting, eller trykk «Koble til» i Busy og logg inn med "
    "en bruker som har det.",
    "Give the user full rights in the company in eAccounting, or press connect in Busy and log in as a user "
    "who has them.",
)
_OTHER_SUBSCRIPTION: Final = Texts(
    "Bytt til et abonnement som har det (Standard, Pro eller Fakturering) i eAccounting.",
    "In eAccounting, change to a subscription that has it (Standard, Pro or Invoicing).",
)

TEXTS: Final[Mapping[FindingCode, tuple[Texts, Texts]]] = MappingProxyType(
    {
        FindingCode.API_MODULE_OFF: (
            Texts(
                "Selskapet har ikke tilgang til API-modulen i eAccounting.",
                "The company has no access to the API module of eAccounting.",
            ),
            Texts(
                "Slå på Utvidelser → Integrasjoner → Visma Integrasjon (API) i eAccounting. Er den allerede "
                "på, kan innloggingen ha havnet i et annet selskap: trykk «Koble til» og velg riktig "
                "selskap.",
                "In eAccounting, switch on Utvidelser → Integrasjoner → Visma Integrasjon (API). If it is "
                "on, the login may have gone to another company: press connect and choose the right one.",
            ),
        ),
        FindingCode.MODULE_MISSING: (
            Texts(
                "Selskapet mangler en modul i eAccounting som Busy trenger.",
                "The company lacks a module of eAccounting that Busy needs.",
            ),
            Texts(
                "Sjekk selskapets abonnement og moduler i eAccounting.",
                "Check the company's subscription and modules in eAccounting.",
            ),
        ),
        FindingCode.STARTUP_GUIDE: (
            Texts(
                "Oppstartsguiden i eAccounting er ikke fullført.",
                "The startup guide of eAccounting is not finished.",
            ),
            Texts(
                "Logg inn i eAccounting og fullfør oppstartsguiden.",
                "Log in to eAccounting and finish the startup guide.",
            ),
        ),
        FindingCode.COMPANY_INACTIVE: (
            Texts("Selskapet er ikke aktivt i eAccounting.", "The company is not active in eAccounting."),
            Texts(
                "Aktiver selskapet i eAccounting; sjekk også at abonnementet ikke er sagt opp.",
                "Activate the company in eAccounting; also check that the subscription has not been ended.",
            ),
        ),
        FindingCode.NOT_AUTHORISED: (
            Texts(
                "Brukeren som koblet til, har ikke tilgang til selskapet.",
                "The user who connected is not authorised in the company.",
            ),
            _FULL_RIGHTS,
        ),
        FindingCode.SCOPE_MISSING: (
            Texts(
                "Busy fikk ikke alle tilgangene det trenger: {scopes}.",
                "Busy was not given all the access it needs: {scopes}.",
            ),
            Texts(
                "Trykk «Koble til» i Busy og godta alt det blir spurt om, med en bruker som har fulle "
                "rettigheter.",
                "Press connect in Busy and accept all that is asked for, as a user with full rights.",
            ),
        ),
        FindingCode.USER_LACKS_PERMISSION: (
            Texts(
                "Brukeren som koblet til, mangler en rettighet i eAccounting.",
                "The user who connected lacks a permission in eAccounting.",
            ),
            _FULL_RIGHTS,
        ),
        FindingCode.NOT_IN_SUBSCRIPTION: (
            Texts(
                "Selskapets abonnement omfatter ikke det Busy trenger.",
                "The company's subscription does not include what Busy needs.",
            ),
            _OTHER_SUBSCRIPTION,
        ),
        FindingCode.USER_LACKS_PRODUCT: (
            Texts(
                "Brukeren som koblet til, har ikke tilgang til eAccounting i dette selskapet.",
                "The user who connected has no access to eAccounting in this company.",
            ),
            _FULL_RIGHTS,
        ),
        FindingCode.LICENCE_NOT_ACCEPTED: (
            Texts(
                "Lisensavtalen for eAccounting er ikke godtatt.",
                "The licence agreement of eAccounting is not accepted.",
            ),
            Texts(
                "Logg inn i eAccounting og godta lisensavtalen.",
                "Log in to eAccounting and accept the licence agreement.",
            ),
        ),
        FindingCode.USER_READ_ONLY: (
            Texts(
                "Brukeren som koblet til, har bare lesetilgang.",
                "The user who connected may only read.",
            ),
            _FULL_RIGHTS,
        ),
        FindingCode.SANDBOX_CLIENT: (
            Texts(
                "Busy er satt opp med en testklient, men selskapet er et ekte selskap.",
                "Busy is set up with a sandbox client, but the company is a real one.",
            ),
            Texts(
                "Bruk klient-id-en for produksjon, eller trykk «Koble til» og velg et testselskap.",
                "Use the client id of production, or press connect and choose a sandbox company.",
            ),
        ),
        FindingCode.ACCESS_DENIED: (
            Texts(
                "eAccounting gir ikke tilgang, og sier ikke hvorfor.",
                "eAccounting denies access, and does not say why.",
            ),
            Texts(
                "Logg inn i eAccounting og sjekk at selskapet er aktivt, at oppstartsguiden er fullført, at "
                "brukeren har fulle rettigheter, og at Utvidelser → Integrasjoner → Visma Integrasjon (API) "
                "er på.",
                "Log in to eAccounting and check that the company is active, that the startup guide is "
                "finished, that the user has full rights, and that Utvidelser → Integrasjoner → Visma "
                "Integrasjon (API) is on.",
            ),
        ),
        FindingCode.COMPANY_READ_ONLY: (
            Texts(
                "Selskapet kan bare leses i eAccounting, så ordre kan ikke overføres.",
                "The company is read-only in eAccounting, so no order can be transferred.",
            ),
            Texts(
                "Åpne selskapet for endringer i eAccounting; sjekk også at abonnementet ikke er sagt opp.",
                "Open the company for changes in eAccounting; also check that the subscription has not been "
                "ended.",
            ),
        ),
        FindingCode.VARIANT_WITHOUT_ORDERS: (
            Texts(
                "Selskapets abonnement ({variant}) har ikke ordre.",
                "The company's subscription ({variant}) has no orders.",
            ),
            _OTHER_SUBSCRIPTION,
        ),
        FindingCode.VARIANT_WITHOUT_PROJECTS: (
            Texts(
                "Selskapets abonnement ({variant}) har ikke prosjekter.",
                "The company's subscription ({variant}) has no projects.",
            ),
            Texts(
                "Bytt til et abonnement som har det (Standard, Pro eller Fakturering) i eAccounting, eller "
                "koble til uten prosjektsynkronisering.",
                "In eAccounting, change to a subscription that has them (Standard, Pro or Invoicing), or "
                "connect without project sync.",
            ),
        ),
        FindingCode.PROJECTS_OFF: (
            Texts("Prosjekt er ikke slått på i eAccounting.", "Projects are switched off in eAccounting."),
            Texts(
                "Slå på prosjekt i firmainnstillingene i eAccounting, eller koble til uten "
                "prosjektsynkronisering.",
                "Switch projects on in the company settings of eAccounting, or connect without project sync.",
            ),
        ),
        FindingCode.VARIANT_WITHOUT_CUSTOMERS: (
            Texts(
                "Selskapets abonnement ({variant}) gir trolig ikke tilgang til kunder og artikler.",
                "The company's subscription ({variant}) most likely gives no access to customers and "
                "articles.",
            ),
            _OTHER_SUBSCRIPTION,
        ),
        FindingCode.VARIANT_UNKNOWN: (
            Texts(
                "Det er ikke kjent om selskapets abonnement ({variant}) har ordre og prosjekter.",
                "It is not known whether the company's subscription ({variant}) has orders and projects.",
            ),
            Texts(
                "Blir noe avvist, sjekk abonnementet i eAccounting.",
                "If something is refused, check the subscription in eAccounting.",
            ),
        ),
        FindingCode.ORDER_MODULE_NOT_LISTED: (
            Texts(
                "Ordremodulen er ikke blant modulene som eAccounting oppgir for selskapet.",
                "The order module is not among the modules that eAccounting tells of the company.",
            ),
            Texts(
                "Blir ordre avvist, sjekk selskapets abonnement og moduler i eAccounting.",
                "If orders are refused, check the company's subscription and modules in eAccounting.",
            ),
        ),
        FindingCode.CURRENCY_UNKNOWN: (
            Texts(
                "eAccounting oppgir ikke selskapets valuta.",
                "eAccounting does not tell the company's currency.",
            ),
            Texts(
                "Ordre kan bare bygges når Busy oppgir valutaen for prisene sine. Fyll den ellers ut i "
                "firmainnstillingene i eAccounting.",
                "Orders can be built only where Busy states the currency of its prices. Otherwise fill it in "
                "under the company settings of eAccounting.",
            ),
        ),
        FindingCode.ALSO_CONNECTED: (
            Texts(
                "Selskapet er også koblet til fra et annet sted i Busy.",
                "The company is also connected from elsewhere in Busy.",
            ),
            Texts(
                "Er det ikke meningen, koble fra der det er feil; ellers havner det samme i begge.",
                "If that is not meant, disconnect where it is wrong; otherwise the same goes into both.",
            ),
        ),
        FindingCode.COMPANY_WITHOUT_IDS: (
            Texts(
                "eAccounting oppgir ikke organisasjonsnummer for selskapet, så det kjennes bare igjen på "
                "navnet.",
                "eAccounting tells no organisation number of the company, so it is known by its name only.",
            ),
            Texts(
                "Fyll ut organisasjonsnummeret i firmainnstillingene i eAccounting før navnet endres.",
                "Fill the organisation number in under the company settings of eAccounting before its name "
                "is changed.",
            ),
        ),
    }
)
