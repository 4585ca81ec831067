"""How the sandbox behaves where the real service's behaviour is unknown: one switch per open question."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final, Literal, get_args, get_origin, get_type_hints

from visma_busy_sync.sandbox.jsontext import BadJson, Json, camel, parse, same
from visma_busy_sync.sandbox.scopes import SCOPES

PAGE_CAP_MOST = 1_000_000

# What a whole number may be; 1 to PAGE_CAP_MOST where nothing is said.
_RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "appears_after": (0, PAGE_CAP_MOST),
    "appears_after_seconds": (0, PAGE_CAP_MOST),
    "empty_page": (0, PAGE_CAP_MOST),
    "lifetime": (0, PAGE_CAP_MOST),
    "rate_limit": (0, PAGE_CAP_MOST),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """The switches; the defaults are the likeliest reading of the reference.

    Attributes:
        filters: ``$filter`` works, is refused with 6000, or is silently ignored.
        ordering: the same for ``$orderby``.
        order_filters: ``$filter`` on orders does as ``filters`` says, or is refused or ignored all the same.
        order_ordering: the same for ``$orderby`` on orders and ``ordering``.
        rotation: a refresh replaces the refresh token (older OAuth clients) or leaves it (newer ones).
        page_cap: the largest page that is granted.
        amounts: order amounts are computed, kept as sent (0 when not sent), or always 0.
        references: the three references of an order are kept as sent, in upper case, without white space
            outside and with one space for several inside, or cut to 50 letters (the length of 2018).
        appears_after: how many requests for the list of orders are answered before one shows an order that
            was made through the API; what is refused does not count.
        appears_after_seconds: how many seconds of the sandbox's clock go by before; with both, both have to.
        late_by_id: until then the order is not found by its id either.
        conversion: a draft keeps its id when a person converts it to an order, or the order has new ids and
            is made anew, and the old id leads nowhere.
        inactive_taken: an order may have an inactive customer or article; if not, 2000.
        missing_order: how an order's id that leads nowhere is answered: with 400, which is all that the API
            description has, or 404; the code is 3000 either way.
        created_body: POST answers 201 with the record, or with nothing.
        naming: member names in answers.
        drafts_listed: ``GET /orders`` shows drafts.
        inactive_listed: lists show finished projects and inactive customers and articles; if not, only where
            ``$filter`` works and reads ``Status`` (projects) or ``IsActive`` (customers, articles).
        inactive_filtered: ``$filter`` may read that member; if not, 6000.
        totals: what ``Meta`` says of results and pages: the truth, one page of rows fewer (down to none), one
            page more, or always 0.
        empty_page: the page that is answered without rows though the list has them, 0 for none. The first
            page is never empty, so 1 is none too.
        paging: ``$page`` works, or is ignored, and every answer is the first page.
        stamps: ``ChangedUtc`` of customers is told, null for about half of them (always the same, by id), or
            null; in answers, ``$filter`` and ``$orderby``.
        stamp_precision: how exact the stamps are (the members that end in ``Utc``), in the same three places:
            as stored, or cut to milliseconds or seconds.
        unordered: the order of a list where no ``$orderby`` works: as stored, by ``Name`` where records have
            one (a rename moves them), or another at each request. The journal's length decides that one, so
            the same requests give the same orders.
        reuse: a rotated refresh token that comes again is refused, ends its login too (fatal), or works on
            for ``grace_seconds`` (graceful).
        grace_seconds: how long a rotated refresh token works on.
        lifetime: how long an access token works, in seconds.
        expires_in: what the token endpoint says of it: the truth, nothing, or something odd.
        refresh_token_told: refresh answers carry a refresh token; without it the old one stays valid.
        granted_scopes: the scopes a login is granted at most, separated by spaces; empty for all.
        scope_told: answers of the token endpoint name the scopes.
        pkce: a ``code_challenge`` may be sent, must be, or must not be.
        client_auth: how a client may send its secret: Basic, in the form, or either.
        revocation: revoking works, answers 503, or ``unsupported_token_type``; then nothing is revoked.
        company_ids: ``/companysettings`` shows the company's two identifiers, or null instead.
        downtime: what is down: nothing, the identity server, the API, or both.
        downtime_form: how that looks: 503 with HTML, or a connection that is cut.
        unauthorised: the body of a 401 of the API.
        refusal: why the API refuses every call of a valid token (``read_only``: every write).
        rate_limit: how many calls per endpoint are answered in ``rate_window`` seconds; 0 for any number.
        rate_window: the seconds in which calls are counted.
        retry_after: whether 429 has ``Retry-After``: none, seconds, a date, or nonsense.
    """

    filters: Literal["work", "refused", "ignored"] = "work"
    ordering: Literal["work", "refused", "ignored"] = "work"
    order_filters: Literal["as_others", "refused", "ignored"] = "as_others"
    order_ordering: Literal["as_others", "refused", "ignored"] = "as_others"
    rotation: bool = True
    page_cap: int = 1000
    amounts: Literal["computed", "kept", "zero"] = "computed"
    references: Literal["kept", "upper", "trimmed_spaces", "cut"] = "kept"
    appears_after: int = 0
    appears_after_seconds: int = 0
    late_by_id: bool = False
    conversion: Literal["keeps_id", "new_id"] = "keeps_id"
    inactive_taken: bool = True
    missing_order: Literal["400_3000", "404"] = "400_3000"
    created_body: bool = True
    naming: Literal["pascal", "camel"] = "pascal"
    drafts_listed: bool = True
    inactive_listed: bool = True
    inactive_filtered: bool = True
    totals: Literal["right", "short", "long", "zero"] = "right"
    empty_page: int = 0
    paging: Literal["work", "ignored"] = "work"
    stamps: Literal["told", "some_null", "null"] = "told"
    stamp_precision: Literal["ticks", "seconds", "milliseconds"] = "ticks"
    unordered: Literal["insertion", "name", "shuffled"] = "insertion"
    reuse: Literal["refused", "fatal", "graceful"] = "refused"
    grace_seconds: int = 60
    lifetime: int = 3600
    expires_in: Literal["right", "missing", "zero", "negative", "huge", "text", "float", "nonsense"] = "right"
    refresh_token_told: bool = True
    granted_scopes: str = ""
    scope_told: bool = True
    pkce: Literal["optional", "required", "refused"] = "optional"
    client_auth: Literal["any", "basic", "post"] = "any"
    revocation: Literal["works", "unavailable", "unsupported"] = "works"
    company_ids: bool = True
    downtime: Literal["none", "identity", "api", "both"] = "none"
    downtime_form: Literal["html", "cut"] = "html"
    unauthorised: Literal["api", "empty", "text", "html", "message", "oauth", "problem"] = "api"
    refusal: Literal[
        "none",
        "api_module",
        "startup_guide",
        "inactive_company",
        "not_authorised",
        "scope",
        "permission",
        "subscription",
        "company_access",
        "licence",
        "read_only",
        "sandbox_client",
    ] = "none"
    rate_limit: int = 0
    rate_window: int = 60
    retry_after: Literal["none", "seconds", "date", "nonsense"] = "none"

    @property
    def rename(self) -> Callable[[str], str]:
        """Return what is applied to every member name of an answer."""
        return camel if self.naming == "camel" else same

    def as_json(self) -> Mapping[str, Json]:
        """Return the switches by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


def changed(profile: Profile, switches: Mapping[str, Json]) -> Profile:
    """Return the profile with some switches set anew.

    Raises:
        ValueError: a switch does not exist or does not take the value; the message names it.
    """
    hints = get_type_hints(Profile)
    known = {item.name for item in fields(Profile)}
    for name, value in switches.items():
        if name not in known:
            raise ValueError(f"the profile has no switch '{name[:60]}'; it has {', '.join(sorted(known))}")
        _check(name, hints[name], value)
    return replace(profile, **dict(switches))  # type: ignore[arg-type] # checked above


def _check(name: str, hint: object, value: Json) -> None:
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise ValueError(f"{name} is one of {', '.join(get_args(hint))}")
    elif hint is bool:
        if not isinstance(value, bool):
            raise ValueError(f"{name} takes true or false")
    elif hint is str:
        if not isinstance(value, str) or not set(value.split()) <= set(SCOPES):
            raise ValueError(f"{name} takes scopes in one text, out of {', '.join(SCOPES)}")
    else:
        least, most = _RANGES.get(name, (1, PAGE_CAP_MOST))
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"{name} takes a whole number from {least} to {most}")


def read_switches(assignments: Iterable[str]) -> dict[str, Json]:
    """Read switches as the command line has them: ``rotation=false``, ``reuse=fatal``.

    Raises:
        ValueError: there is no ``=``.
    """
    hints = get_type_hints(Profile)
    switches: dict[str, Json] = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"'{text[:60]}' is not NAME=VALUE")
        # Where words are taken, ``null`` and ``404`` are words too.
        switches[name] = value if get_origin(hints.get(name)) is Literal else _read(value)
    return switches


def _read(value: str) -> Json:
    try:
        return parse(value.encode())
    except BadJson:
        return value
