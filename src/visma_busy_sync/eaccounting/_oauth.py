"""OAuth 2 for eAccounting: authorise, code, tokens, refresh, revocation; pure functions over values.

Sources: the vendor's authentication guide (AUTH, 2026-01); RFC 6749, 7009, 7636. Any conforming server
will do: all four addresses can be set. Client credentials go in a Basic header, form-encoded first as
RFC 6749 section 2.3.1 demands.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, cast
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from attrs import field, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.version import user_agent
from visma_busy_sync.eaccounting import _json
from visma_busy_sync.eaccounting.errors import (
    POST_REVOCATION,
    POST_TOKEN,
    ClientRefused,
    CodeRefused,
    LoginError,
    LoginRefused,
    ReconnectNeeded,
    StateMismatch,
    UnreadableAnswer,
)
from visma_busy_sync.eaccounting.http import TIMEOUT_SECONDS, Request, Response
from visma_busy_sync.eaccounting.models import JsonValue

SCOPES: Final = ("ea:api", "offline_access", "ea:sales")
"""What import and orders need, and no more (AUTH, scope table)."""

# AUTH: limits the company list at login to companies that have eAccounting.
_SERVICE: Final = "service:44643EB1-3F76-4C1C-A672-402AE8085934"

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

# AUTH: an access token lives 60 minutes.
_DEFAULT_LIFETIME: Final = timedelta(minutes=60)
_LONGEST_LIFETIME: Final = timedelta(days=366)
_REFRESH_BEFORE_EXPIRY: Final = timedelta(seconds=60)
# Of a short lifetime a part: a token must be of use for a while.
_REFRESH_BEFORE_EXPIRY_SHARE: Final = 4

# RFC 6749, 5.2: what a token endpoint says of the application or of how it asks.
_REFUSED_CLIENT: Final = frozenset(
    {"invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type", "invalid_scope"}
)

# RFC 6749, 4.1.2.1, and OpenID Connect Core 1.0, 3.1.2.6. A callback comes from anywhere, so no other
# word of it is repeated.
_CALLBACK_ERRORS: Final = frozenset(
    {
        "invalid_request",
        "unauthorized_client",
        "access_denied",
        "unsupported_response_type",
        "invalid_scope",
        "server_error",
        "temporarily_unavailable",
        "interaction_required",
        "login_required",
        "account_selection_required",
        "consent_required",
    }
)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair; its message would hold the secret
        return False
    return bool(text)


def _check_given(name: str, value: object) -> None:
    """Raise if a setting is no text that says something; nothing of it is repeated."""
    given = value.reveal() if isinstance(value, Secret) else value
    if given is None:
        what = "is missing"
    elif not isinstance(given, str):
        what = f"is of the type {type(given).__name__}, not a text"
    elif not given.strip():
        what = "is empty or blank"
    elif not _is_text(given):
        what = "holds half of a surrogate pair"
    else:
        return
    del value, given
    raise ConfigurationError(
        f"{name} {what}.",
        advice="If it is read from an environment variable, check that this is set; the API support gives "
        "client id and client secret.",
    )


def _checked_url(text: str, what: str, *, query: bool = True) -> None:
    _check_given(f"The {what}", text)
    try:
        parts = urlsplit(text)
        host = parts.hostname
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        host, parts = None, urlsplit("")
    odd = any(character <= " " or character in "\\\x7f" for character in text)
    if not host or odd or "#" in text or parts.username is not None or (parts.query and not query):
        raise ConfigurationError(
            f"The {what} is not an absolute address without {'' if query else 'query, '}user and fragment.",
            advice="Give a whole one, such as https://busy.example/visma, without "
            f"user:password@{'' if query else ', ?'} and #.",
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise ConfigurationError(
            f"The {what} must begin with https://.",
            advice="Plain http:// is allowed only on 127.0.0.1, ::1 and localhost.",
        )


@frozen(kw_only=True)
class Endpoints:
    """The four addresses of a server. The sandbox companies of Visma use the same ones as production.

    Attributes:
        api_url: The API, version included; a slash at the end makes no difference.
        authorize_url: Where the user logs in.
        token_url: Gives tokens.
        revocation_url: Ends tokens.

    Raises:
        ConfigurationError: If one is not https, or http on the loopback interface.
    """

    api_url: str = "https://eaccountingapi.vismaonline.com/v2"
    authorize_url: str = "https://identity.vismaonline.com/connect/authorize"
    token_url: str = "https://identity.vismaonline.com/connect/token"  # noqa: S105 - an address
    revocation_url: str = "https://identity.vismaonline.com/connect/revocation"

    def __attrs_post_init__(self) -> None:
        _checked_url(self.api_url, "API address", query=False)
        _checked_url(self.authorize_url, "authorise address")
        _checked_url(self.token_url, "token address")
        _checked_url(self.revocation_url, "revocation address")


PRODUCTION: Final = Endpoints()
"""The addresses of Visma itself, which count where no others are given."""


def _secret(value: Secret | str) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


def _secret_or_none(value: Secret | str | None) -> Secret | None:
    return _secret(value) if value else None


def is_token(text: str) -> bool:
    """Whether a header can carry `text` as a token: visible ASCII characters (RFC 6749, A.12)."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def access_token(value: Secret | str) -> Secret:
    """Return an access token as a secret.

    Raises:
        ConfigurationError: If no header can carry it, for instance because it is empty.
    """
    token = _secret(value)
    del value  # a traceback may be shown with the values of its frames; so elsewhere in this module
    _check_token(token)
    return token


def _check_token(token: Secret) -> None:
    """Raise if `token` is no access token.

    Checks of attrs classes stand behind `__init__`, not in converters: where a traceback is shown with the
    values of its frames, the repr of a half-made object would fail.
    """
    _check_given("The access token", token)
    if not is_token(token.reveal()):
        raise ConfigurationError(
            "The access token has characters that no token has.",
            advice="Pass it as the login gave it, without the word Bearer.",
        )


def _scopes(value: Iterable[str]) -> tuple[str, ...]:
    """Return scopes as a tuple, empty where they are none; it raises nothing: see `_check_token`."""
    given = cast("object", value)  # settings come from anywhere
    scopes: tuple[object, ...] = ()
    if isinstance(given, Iterable):
        scopes = (given,) if isinstance(given, str) else tuple(cast("Iterable[object]", given))
    words = tuple(scope for scope in scopes if isinstance(scope, str) and is_token(scope))
    return words if len(words) == len(scopes) else ()


@frozen(kw_only=True, init=False)
class Application:
    """An application registered with Visma.

    Attributes:
        client_id: Its id.
        client_secret: Its secret.
        redirect_uri: Where Visma sends the user back to; registered there. On the loopback interface any
            port is allowed (RFC 8252, section 7.3).
        scopes: What is asked for; by default exactly what import and orders need.
        endpoints: The server.

    Raises:
        ConfigurationError: If an address is not allowed or something is empty.
    """

    client_id: str
    client_secret: Secret = field(converter=_secret)
    redirect_uri: str
    scopes: tuple[str, ...] = field(default=SCOPES, converter=_scopes)
    endpoints: Endpoints = PRODUCTION

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: Secret | str,
        redirect_uri: str,
        scopes: Iterable[str] = SCOPES,
        endpoints: Endpoints = PRODUCTION,
    ) -> None:
        # By hand, so that no frame of a failure holds the secret in clear text.
        client_secret = _secret(client_secret)
        self.__attrs_init__(  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
            client_id=client_id,
            client_secret=client_secret,
            redirect_uri=redirect_uri,
            scopes=scopes,
            endpoints=endpoints,
        )

    def __attrs_post_init__(self) -> None:
        for name in ("client_id", "client_secret", "redirect_uri"):
            _check_given(name, getattr(self, name))
        _checked_url(self.redirect_uri, "redirect address (redirect_uri)")
        if not self.scopes:
            raise ConfigurationError(
                "scopes are a tuple of words, at least one.", advice="Leave them out for the default."
            )
        if not isinstance(cast("object", self.endpoints), Endpoints):
            raise ConfigurationError(
                f"endpoints is of the type {type(self.endpoints).__name__}, not Endpoints.",
                advice="Leave it out for eAccounting itself.",
            )


@frozen(kw_only=True, init=False)
class TokenSet:
    """What the token endpoint gave.

    Attributes:
        access_token: Sent with each call.
        refresh_token: For new access tokens; None if `offline_access` was not granted.
        expires_at: When the access token ends, aware, in UTC.
        scopes: What was granted; None if the server did not say, which means all that was asked for.
        refresh_at: From when on a call asks for a new access token first; by default one minute before the
            end.

    Raises:
        ConfigurationError: If the access token is none, or the moment has no time zone.
    """

    access_token: Secret = field(converter=_secret)
    refresh_token: Secret | None = field(converter=_secret_or_none)
    expires_at: datetime
    scopes: frozenset[str] | None = field(default=None, repr=False)  # the server's text, whatever it holds
    refresh_at: datetime

    def __init__(
        self,
        *,
        access_token: Secret | str,
        refresh_token: Secret | str | None,
        expires_at: datetime,
        scopes: frozenset[str] | None = None,
        refresh_at: datetime | None = None,
    ) -> None:
        # By hand, so that no frame of a failure holds a token in clear text.
        access_token, refresh_token = _secret(access_token), _secret_or_none(refresh_token)
        self.__attrs_init__(  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
            access_token=access_token,
            refresh_token=refresh_token,
            expires_at=expires_at,
            scopes=scopes,
            refresh_at=_a_minute_before(expires_at) if refresh_at is None else refresh_at,
        )

    def __attrs_post_init__(self) -> None:
        _check_token(self.access_token)
        if self.expires_at.tzinfo is None or self.refresh_at.tzinfo is None:
            raise ConfigurationError("The end of an access token is an aware datetime.")

    def usable(self, now: datetime) -> bool:
        """Whether the access token will live long enough for a call that begins `now`."""
        return now < min(self.refresh_at, self.expires_at)


def _a_minute_before(moment: datetime) -> datetime:
    try:
        return moment - _REFRESH_BEFORE_EXPIRY
    except OverflowError:  # the beginning of time: it has ended long ago in any case
        return moment


@frozen
class Callback:
    """A good callback: the code, and the state it belongs to."""

    code: Secret
    state: Secret


@frozen
class CallbackRefused:
    """A callback that says no: the OAuth 2 error code, and the state it belongs to, if it has one."""

    error: str
    state: Secret


def code_challenge(verifier: Secret) -> str:
    """Return the S256 challenge of a PKCE verifier (RFC 7636, section 4.2)."""
    digest = hashlib.sha256(verifier.reveal().encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def authorize_url(application: Application, *, state: Secret, verifier: Secret | None = None) -> str:
    """Return the address to send the user to.

    Visma asks for the company each time (`prompt=select_account`), so that a default company never leads
    the login astray. `verifier` switches PKCE on; the vendor does not document it.
    """
    query = {
        "client_id": application.client_id,
        "redirect_uri": application.redirect_uri,
        "response_type": "code",
        "scope": " ".join(application.scopes),
        "state": state.reveal(),
        "prompt": "select_account",
        "acr_values": _SERVICE,
    }
    if verifier is not None:
        query |= {"code_challenge": code_challenge(verifier), "code_challenge_method": "S256"}
    base = application.endpoints.authorize_url
    return f"{base}{'&' if '?' in base else '?'}{urlencode(query)}"


def read_callback(callback_url: Secret | str) -> Callback:
    """Read what Visma sent the user back with; unknown parameters are ignored.

    Raises:
        LoginRefused: If it carries an error, such as `access_denied`.
        StateMismatch: If code or state are missing or come twice, or it is no address.
    """
    callback = parse_callback(_secret(callback_url))
    del callback_url
    if isinstance(callback, CallbackRefused):
        raise LoginRefused(error=callback.error)
    return callback


def parse_callback(callback_url: Secret) -> Callback | CallbackRefused:
    """Read what Visma sent the user back with, be it a code or an error.

    Raises:
        StateMismatch: If code or state are missing or come twice, or it is no address.
    """
    query = _callback_query(callback_url)
    if query is None:
        raise StateMismatch("it is not an address")
    if any(len(query.get(name, ())) > 1 for name in ("code", "state", "error")):
        raise StateMismatch("a parameter comes twice")
    if "error" in query:
        return CallbackRefused(
            error=_callback_error(query["error"][0]), state=query.get("state", [Secret("")])[0]
        )
    code, state = (query.get(name, [Secret("")])[0] for name in ("code", "state"))
    if not code or not state:
        raise StateMismatch("code or state is missing")
    return Callback(code=code, state=state)


def _callback_query(callback_url: Secret) -> dict[str, list[Secret]] | None:
    """Return the parameters by name; None if it is no address."""
    query: dict[str, list[Secret]] = {}
    try:
        text = callback_url.reveal()
        text.encode()  # half of a surrogate pair comes from no browser, and no form can carry it
        for name, value in parse_qsl(urlsplit(text).query, keep_blank_values=True):
            query.setdefault(name, []).append(Secret(value))
    except ValueError:
        return None
    return query


def _callback_error(word: Secret) -> str:
    return word.reveal() if word.reveal() in _CALLBACK_ERRORS else "unknown_error"


def code_request(
    application: Application,
    code: Secret,
    *,
    verifier: Secret | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> Request:
    """Make the request that turns a code into tokens."""
    form: dict[str, Secret | str] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": application.redirect_uri,
    }
    if verifier is not None:
        form["code_verifier"] = verifier
    return _form_request(application, application.endpoints.token_url, form, timeout)


def refresh_request(
    application: Application, refresh_token: Secret, *, timeout: float = TIMEOUT_SECONDS
) -> Request:
    """Make the request for a new access token."""
    form: dict[str, Secret | str] = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _form_request(application, application.endpoints.token_url, form, timeout)


def revocation_request(
    application: Application, tokens: TokenSet, *, timeout: float = TIMEOUT_SECONDS
) -> Request:
    """Make the request that ends tokens (RFC 7009): the refresh token if there is one, which ends both."""
    token, hint = tokens.refresh_token, "refresh_token"
    if token is None:
        token, hint = tokens.access_token, "access_token"
    form: dict[str, Secret | str] = {"token": token, "token_type_hint": hint}
    return _form_request(application, application.endpoints.revocation_url, form, timeout)


def read_revocation(response: Response) -> None:
    """Read the answer to a revocation; a success has an empty body.

    Raises:
        ClientRefused: The application itself is refused.
        UnreadableAnswer: The server did not confirm: try again later.
    """
    if response.status == 200:
        return
    error = _refused_client(response)
    if error is not None:
        raise ClientRefused(error=error, operation=POST_REVOCATION)
    reason = "it does not confirm that the tokens are ended"
    raise UnreadableAnswer(operation=POST_REVOCATION, status=response.status, reason=reason)


def _refused_client(response: Response) -> str | None:
    body = _object(response)
    error = body.get("error") if body else None
    known = isinstance(error, str) and error in _REFUSED_CLIENT and 400 <= response.status < 500
    return error if known and isinstance(error, str) else None


def _form_request(
    application: Application, url: str, form: Mapping[str, Secret | str], timeout: float
) -> Request:
    body = _encoded(form)
    if body is None:
        raise ConfigurationError(
            "A token or a code holds a character that no form can carry.", advice="Connect again."
        )
    # From here on nothing can fail: a traceback may be shown with the values of its frames. A space goes as
    # %20, which a form's reader takes as it takes a plus; some servers undo percent signs only.
    user = quote(application.client_id, safe="")
    password = quote(application.client_secret.reveal(), safe="")
    basic = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {
        "Authorization": f"Basic {basic}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
        "User-Agent": user_agent(),
    }
    return Request("POST", url, headers, body, timeout, deadline=timeout)


def _encoded(form: Mapping[str, Secret | str]) -> bytes | None:
    shown = {name: value.reveal() if isinstance(value, Secret) else value for name, value in form.items()}
    try:
        return urlencode(shown).encode()
    except UnicodeEncodeError:  # half of a surrogate pair; the error itself would hold the secret
        return None


def read_tokens(response: Response, *, now: datetime, previous: TokenSet | None = None) -> TokenSet:
    """Read the answer of the token endpoint.

    Args:
        response: The answer.
        now: When the request was sent; the lifetime counts from there.
        previous: For a refresh, the tokens it was made with. A server that does not rotate may send no new
            refresh token: then the old one is kept.

    Raises:
        CodeRefused: The code is refused (no `previous`).
        ReconnectNeeded: The refresh token is refused.
        ClientRefused: The application itself is refused.
        UnreadableAnswer: It is no answer of a token endpoint, or the server failed: try again later.
    """
    read = _token_answer(response, now=now, previous=previous)
    if isinstance(read, TokenSet):
        return read
    try:
        raise read
    finally:
        del read  # else its traceback and this frame would keep each other alive


def _token_answer(
    response: Response, *, now: datetime, previous: TokenSet | None
) -> TokenSet | LoginError | UnreadableAnswer:
    """Return tokens or an error. It raises nothing, because its frame holds tokens in clear text."""
    body = _object(response)
    access = body.get("access_token") if body else None
    if response.status != 200 or body is None or not isinstance(access, str):
        return _token_failure(response, body, refreshing=previous is not None)
    if not is_token(access):
        return _unreadable(response, "its access token is none")
    token_type = body.get("token_type")
    if token_type is not None and (not isinstance(token_type, str) or token_type.lower() != "bearer"):
        return _unreadable(response, "its token type is not bearer")
    refresh, scope = body.get("refresh_token"), body.get("scope")
    kept = previous.refresh_token if previous else None
    known = previous.scopes if previous else None
    lifetime = _lifetime(body.get("expires_in"))
    early = min(_REFRESH_BEFORE_EXPIRY, lifetime / _REFRESH_BEFORE_EXPIRY_SHARE)
    return TokenSet(
        access_token=Secret(access),
        refresh_token=Secret(refresh) if isinstance(refresh, str) and refresh else kept,
        expires_at=now + lifetime,
        refresh_at=now + lifetime - early,
        scopes=frozenset(scope.split()) if isinstance(scope, str) and scope.strip() else known,
    )


def _lifetime(value: JsonValue) -> timedelta:
    """Return how long an access token lives, as far as the server tells.

    A server that says nothing, or nothing that can be (RFC 6749, section 5.1: seconds), is taken to mean
    the usual time: should the token end earlier, a 401 tells, and it is renewed then. So is 0, since a token
    that has ended when it comes would be renewed before each call, for ever.
    """
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,20}", value.strip()):
        value = Decimal(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return _DEFAULT_LIFETIME
    longest = Decimal(_LONGEST_LIFETIME.total_seconds())
    lifetime = timedelta(seconds=float(min(max(Decimal(value), Decimal(0)), longest)))
    return lifetime or _DEFAULT_LIFETIME


def _token_failure(
    response: Response, body: dict[str, JsonValue] | None, *, refreshing: bool
) -> CodeRefused | ReconnectNeeded | ClientRefused | UnreadableAnswer:
    error = body.get("error") if body else None
    if isinstance(error, str) and 400 <= response.status < 500:
        if error == "invalid_grant":
            return ReconnectNeeded() if refreshing else CodeRefused()
        if error in _REFUSED_CLIENT:
            return ClientRefused(error=error)
    return _unreadable(response, "it holds no tokens")


def _unreadable(response: Response, reason: str) -> UnreadableAnswer:
    return UnreadableAnswer(operation=POST_TOKEN, status=response.status, reason=reason)


def _object(response: Response) -> dict[str, JsonValue] | None:
    try:
        value = _json.loads(response.body)
    except _json.JsonError:
        return None
    return value if isinstance(value, dict) else None
