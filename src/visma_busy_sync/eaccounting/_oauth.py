"""OAuth 2 for eAccounting: authorise, code, tokens, refresh, revocation; pure functions over values.

Sources: the vendor's authentication guide (AUTH, 2026-01); RFC 6749, 7009, 7636. Any conforming server
will do: all four addresses can be set. Client credentials go in a Basic header, form-encoded first as
RFC 6749 section 2.3.1 demands.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

from attrs import field, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.secret import Secret
from visma_busy_sync.eaccounting import _json
from visma_busy_sync.eaccounting.errors import (
    POST_REVOCATION,
    POST_TOKEN,
    ClientRefused,
    CodeRefused,
    LoginRefused,
    ReconnectNeeded,
    StateMismatch,
    UnreadableAnswer,
)
from visma_busy_sync.eaccounting.http import Request, Response
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


def _checked_url(text: str, what: str, *, query: bool = True) -> None:
    try:
        parts = urlsplit(text)
        host = parts.hostname
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        host, parts = None, urlsplit("")
    odd = any(character <= " " or character in "\\\x7f" for character in text)
    if not host or odd or "#" in text or parts.username is not None or (parts.query and not query):
        without = "user and fragment" if query else "user, query and fragment"
        raise ConfigurationError(f"The {what} is not an absolute address without {without}.")
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
    if not is_token(token.reveal()):
        raise ConfigurationError(
            "The access token is empty or has characters that no token has.",
            advice="Pass it as the login gave it, without the word Bearer.",
        )
    return token


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair; its message would hold the secret
        return False
    return bool(text)


def _scopes(value: Iterable[str]) -> tuple[str, ...]:
    scopes = (value,) if isinstance(value, str) else tuple(value)
    if not scopes or any(not is_token(scope) for scope in scopes):
        raise ConfigurationError("Scopes are words, at least one.", advice="Leave them out for the default.")
    return scopes


@frozen(kw_only=True)
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

    def __attrs_post_init__(self) -> None:
        if not _is_text(self.client_id) or not _is_text(self.client_secret.reveal()):
            raise ConfigurationError("Client id and client secret are needed; the API support gives them.")
        _checked_url(self.redirect_uri, "redirect address")


@frozen(kw_only=True)
class TokenSet:
    """What the token endpoint gave.

    Attributes:
        access_token: Sent with each call.
        refresh_token: For new access tokens; None if `offline_access` was not granted.
        expires_at: When the access token ends, aware, in UTC.
        scopes: What was granted; None if the server did not say, which means all that was asked for.

    Raises:
        ConfigurationError: If the access token is none, or the moment has no time zone.
    """

    access_token: Secret = field(converter=access_token)
    refresh_token: Secret | None = field(converter=_secret_or_none)
    expires_at: datetime
    scopes: frozenset[str] | None = None

    def __attrs_post_init__(self) -> None:
        if self.expires_at.tzinfo is None:
            raise ConfigurationError("The end of an access token is an aware datetime.")

    def usable(self, now: datetime) -> bool:
        """Whether the access token will live long enough for a call that begins `now`."""
        return now + _REFRESH_BEFORE_EXPIRY < self.expires_at


@frozen
class Callback:
    """A good callback: the code, and the state it belongs to."""

    code: Secret
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


def read_callback(callback_url: str) -> Callback:
    """Read what Visma sent the user back with; unknown parameters are ignored.

    Raises:
        LoginRefused: If it carries an error, such as `access_denied`.
        StateMismatch: If code or state are missing or come twice, or it is no address.
    """
    try:
        pairs = parse_qsl(urlsplit(callback_url).query, keep_blank_values=True)
    except ValueError:
        raise StateMismatch("it is not an address") from None
    names = [name for name, _ in pairs]
    query = dict(pairs)
    if any(names.count(name) > 1 for name in ("code", "state", "error")):
        raise StateMismatch("a parameter comes twice")
    if "error" in query:
        error = query["error"]
        raise LoginRefused(error=error if error in _CALLBACK_ERRORS else "unknown_error")
    if not query.get("code") or not query.get("state"):
        raise StateMismatch("code or state is missing")
    return Callback(code=Secret(query["code"]), state=Secret(query["state"]))


def code_request(
    application: Application, code: Secret, *, verifier: Secret | None = None, timeout: float = 30.0
) -> Request:
    """Make the request that turns a code into tokens."""
    form = {
        "grant_type": "authorization_code",
        "code": code.reveal(),
        "redirect_uri": application.redirect_uri,
    }
    if verifier is not None:
        form["code_verifier"] = verifier.reveal()
    return _form_request(application, application.endpoints.token_url, form, timeout)


def refresh_request(application: Application, refresh_token: Secret, *, timeout: float = 30.0) -> Request:
    """Make the request for a new access token."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}
    return _form_request(application, application.endpoints.token_url, form, timeout)


def revocation_request(application: Application, tokens: TokenSet, *, timeout: float = 30.0) -> Request:
    """Make the request that ends tokens (RFC 7009): the refresh token if there is one, which ends both."""
    token, hint = tokens.refresh_token, "refresh_token"
    if token is None:
        token, hint = tokens.access_token, "access_token"
    form = {"token": token.reveal(), "token_type_hint": hint}
    return _form_request(application, application.endpoints.revocation_url, form, timeout)


def read_revocation(response: Response) -> None:
    """Read the answer to a revocation; a success has an empty body.

    Raises:
        ClientRefused: The application itself is refused.
        UnreadableAnswer: The server did not confirm: try again later.
    """
    if response.status == 200:
        return
    body = _object(response)
    error = body.get("error") if body else None
    if isinstance(error, str) and error in _REFUSED_CLIENT and 400 <= response.status < 500:
        raise ClientRefused(error=error, operation=POST_REVOCATION)
    reason = "it does not confirm that the tokens are ended"
    raise UnreadableAnswer(operation=POST_REVOCATION, status=response.status, reason=reason)


def _form_request(application: Application, url: str, form: dict[str, str], timeout: float) -> Request:
    user, password = quote_plus(application.client_id), quote_plus(application.client_secret.reveal())
    basic = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {
        "Authorization": f"Basic {basic}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    return Request("POST", url, headers, urlencode(form).encode(), timeout)


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
    body = _object(response)
    access = body.get("access_token") if body else None
    if response.status != 200 or body is None or not isinstance(access, str):
        raise _token_failure(response, body, refreshing=previous is not None)
    if not is_token(access):
        raise _unreadable(response, "its access token is none")
    token_type = body.get("token_type")
    if token_type is not None and (not isinstance(token_type, str) or token_type.lower() != "bearer"):
        raise _unreadable(response, "its token type is not bearer")
    refresh, scope = body.get("refresh_token"), body.get("scope")
    kept = previous.refresh_token if previous else None
    known = previous.scopes if previous else None
    return TokenSet(
        access_token=Secret(access),
        refresh_token=Secret(refresh) if isinstance(refresh, str) and refresh else kept,
        expires_at=now + _lifetime(body.get("expires_in")),
        scopes=frozenset(scope.split()) if isinstance(scope, str) and scope.strip() else known,
    )


def _lifetime(value: JsonValue) -> timedelta:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,20}", value.strip()):
        value = Decimal(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return _DEFAULT_LIFETIME
    longest = Decimal(_LONGEST_LIFETIME.total_seconds())
    return timedelta(seconds=float(min(max(Decimal(value), Decimal(0)), longest)))


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
