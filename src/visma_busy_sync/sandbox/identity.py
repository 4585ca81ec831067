"""The identity server: authorize, token, revocation and the metadata that names them.

Rules: RFC 6749 (OAuth 2.0), RFC 7009 (revocation), RFC 7636 (PKCE), RFC 8252 (loopback redirects), RFC 9207
(``iss``); addresses, lifetimes and grants as in the vendor's authentication guide.

Scripts need no browser: POST the same fields as a form to ``/connect/authorize`` with ``decision=approve`` or
``decision=deny``, or add ``sandbox_auto=approve|deny`` to the query or the form; both redirect at once.
``company`` names the company to log in to; without it, it is the first.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.pages import error_page, login_page
from visma_busy_sync.sandbox.scopes import SCOPES
from visma_busy_sync.sandbox.spoil import down
from visma_busy_sync.sandbox.state import FIRST, State
from visma_busy_sync.sandbox.tokens import Login, OAuthFault, ordered, parse_scopes
from visma_busy_sync.sandbox.web import (
    BadEncoding,
    JsonAnswer,
    body_of,
    decode_percent,
    header,
    media_type,
    parameters,
)

FORM_TYPE: Final = "application/x-www-form-urlencoded"
NO_STORE: Final = {"cache-control": "no-store", "pragma": "no-cache"}
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_DECISIONS: Final = ("approve", "deny")
# The ways a client may send its secret, by the profile's switch.
_AUTH_METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    "any": ("client_secret_basic", "client_secret_post"),
    "basic": ("client_secret_basic",),
    "post": ("client_secret_post",),
}
# How a granted and a refused call are counted, by grant type.
_COUNTED: Final[Mapping[str, tuple[str, str]]] = {
    "authorization_code": ("code_exchanges", "code_refusals"),
    "refresh_token": ("refreshes", "refresh_refusals"),
}
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


def is_loopback(address: str) -> bool:
    """Tell whether a redirect address is one of this machine: http, loopback host, any port and path."""
    if not address.isascii() or not address.isprintable() or any(mark in address for mark in ' \\#"<>'):
        return False
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises when the port is no number
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in LOOPBACK and "@" not in parts.netloc


def _parameters(encoded: bytes) -> dict[str, str]:
    """Read a query or form; each parameter may be sent once, an empty one counts as none (RFC 6749, 3.1)."""
    try:
        found = parameters(encoded)
    except BadEncoding as fault:
        raise OAuthFault("invalid_request", str(fault)) from None
    for name, times in Counter(name for name, _ in found.multi_items()).items():
        if times > 1:
            raise OAuthFault("invalid_request", f"the parameter {name[:60]} was sent twice")
    return {name: value for name, value in found.items() if value}


def _form(request: Request) -> dict[str, str]:
    if media_type(request) != FORM_TYPE:
        raise OAuthFault("invalid_request", f"the body must be {FORM_TYPE}")
    return _parameters(body_of(request))


@dataclass(frozen=True, slots=True)
class Identity:
    """Answers the endpoints under /connect."""

    state: State

    def metadata(self, _request: Request) -> Response:
        """Describe the server (RFC 8414)."""
        profile = self.state.profile
        return JsonAnswer(
            {
                "issuer": self.state.issuer,
                "authorization_endpoint": f"{self.state.issuer}/connect/authorize",
                "token_endpoint": f"{self.state.issuer}/connect/token",
                "revocation_endpoint": f"{self.state.issuer}/connect/revocation",
                "scopes_supported": list(SCOPES),
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "token_endpoint_auth_methods_supported": _AUTH_METHODS[profile.client_auth],
                "code_challenge_methods_supported": [] if profile.pkce == "refused" else ["S256", "plain"],
                "authorization_response_iss_parameter_supported": True,
            },
        )

    def authorize(self, request: Request) -> Response:
        """Ask the person, or take the decision a form or a script sends, and redirect.

        Until client and redirect address are known to be good, nothing is ever redirected.
        """
        try:
            given = _form(request) if request.method == "POST" else _parameters(request.scope["query_string"])
            self._check_target(given)
        except OAuthFault as fault:
            if "text/html" not in (header(request, "accept") or ""):
                raise
            request.state.error_code = fault.error
            return error_page(fault.error, fault.description)
        try:
            return self._decide(given)
        except OAuthFault as fault:
            request.state.error_code = fault.error
            return self._redirect(given, {"error": fault.error, "error_description": fault.description})

    def _check_target(self, given: Mapping[str, str]) -> None:
        if given.get("client_id") != self.state.tokens.client_id:
            raise OAuthFault("invalid_request", "client_id is missing or unknown")
        if not is_loopback(given.get("redirect_uri", "")):
            raise OAuthFault("invalid_request", "redirect_uri must be an http address of this machine")

    def _decide(self, given: Mapping[str, str]) -> Response:
        if given.get("response_type") != "code":
            known = "invalid_request" if "response_type" not in given else "unsupported_response_type"
            raise OAuthFault(known, "response_type must be code")
        scopes = self._granted(given.get("scope", ""))
        challenge, method = given.get("code_challenge"), given.get("code_challenge_method", "plain")
        self._check_challenge(challenge, method)
        company = given.get("company", FIRST)
        if company not in self.state.companies:
            raise OAuthFault("invalid_request", f"there is no company '{company[:60]}'")
        decision = given.get("decision", given.get("sandbox_auto"))
        if decision is None:
            return login_page(self.state.names(), company, ordered(scopes), given)
        if decision not in _DECISIONS:
            raise OAuthFault("invalid_request", "decision must be approve or deny")
        if decision == "deny":
            raise OAuthFault("access_denied", "the person cancelled the login")
        login = Login(scopes, company)
        code = self.state.tokens.new_code(login, given["redirect_uri"], challenge, method)
        return self._redirect(given, {"code": code, "scope": ordered(scopes)})

    def _granted(self, asked: str) -> frozenset[str]:
        scopes, most = parse_scopes(asked), self.state.profile.granted_scopes
        if most:
            scopes &= frozenset(most.split())
        if not scopes:
            raise OAuthFault("invalid_scope", "none of the scopes is granted to this application")
        return scopes

    def _check_challenge(self, challenge: str | None, method: str) -> None:
        pkce = self.state.profile.pkce
        if challenge is None:
            if pkce == "required":
                raise OAuthFault("invalid_request", "code_challenge is missing")
            return
        if pkce == "refused":
            raise OAuthFault("invalid_request", "code_challenge is not supported")
        if method not in ("S256", "plain") or not _CHALLENGE.fullmatch(challenge):
            raise OAuthFault("invalid_request", "code_challenge or its method is not valid")

    def _redirect(self, given: Mapping[str, str], result: Mapping[str, str]) -> Response:
        values = dict(result)
        if "state" in given:
            values["state"] = given["state"]
        values["iss"] = self.state.issuer
        address = given["redirect_uri"]
        joint = "&" if "?" in address else "?"
        location = f"{address}{joint}{urlencode(values, quote_via=quote)}"
        headers = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
        return RedirectResponse(location, 302, headers)

    def token(self, request: Request) -> Response:
        """Exchange a code or a refresh token for tokens; count what was asked."""
        counts, refusal = self.state.tokens.counts, "other_refusals"
        try:
            form = _form(request)
            granted, refusal = _COUNTED.get(form.get("grant_type", ""), ("", refusal))
            self._authenticate(request, form)
            answer = self._grant(form)
        except OAuthFault:
            counts[refusal] += 1
            raise
        counts[granted] += 1
        return JsonAnswer(answer, headers=NO_STORE)

    def revocation(self, request: Request) -> Response:
        """Revoke a token; unknown ones are answered alike (RFC 7009, 2.2)."""
        form = _form(request)
        self._authenticate(request, form)
        if not form.get("token"):
            raise OAuthFault("invalid_request", "token is missing")
        if self.state.profile.revocation == "unavailable":
            return down("html")
        if self.state.profile.revocation == "unsupported":
            raise OAuthFault("unsupported_token_type", "such tokens cannot be revoked")
        self.state.tokens.revoke(form["token"])
        return Response(headers=NO_STORE)

    def _grant(self, form: Mapping[str, str]) -> Mapping[str, Json]:
        grant = form.get("grant_type")
        if not grant:
            raise OAuthFault("invalid_request", "grant_type is missing")
        if grant == "authorization_code":
            return self._exchange(form)
        if grant != "refresh_token":
            raise OAuthFault("unsupported_grant_type", "use authorization_code or refresh_token")
        if not form.get("refresh_token"):
            raise OAuthFault("invalid_request", "refresh_token is missing")
        return self.state.tokens.renew(form["refresh_token"], form.get("scope"), self.state.profile)

    def _exchange(self, form: Mapping[str, str]) -> Mapping[str, Json]:
        for name in ("code", "redirect_uri"):
            if not form.get(name):
                raise OAuthFault("invalid_request", f"{name} is missing")
        code = self.state.tokens.take_code(form["code"])
        if form["redirect_uri"] != code.redirect_uri:
            raise OAuthFault("invalid_grant", "redirect_uri is not the one the code was issued for")
        if not _verified(form.get("code_verifier"), code.challenge, code.method):
            raise OAuthFault("invalid_grant", "code_verifier does not fit the code_challenge")
        return self.state.tokens.begin(code.login, self.state.profile)

    def _authenticate(self, request: Request, form: Mapping[str, str]) -> None:
        credentials = header(request, "authorization")
        used = "client_secret_post" if credentials is None else "client_secret_basic"
        if used not in _AUTH_METHODS[self.state.profile.client_auth]:
            raise OAuthFault("invalid_client", f"{used} is not allowed for this client")
        if credentials is None:
            client, secret = form.get("client_id", ""), form.get("client_secret", "")
        elif "client_secret" in form:
            raise OAuthFault("invalid_request", "the client must authenticate in one way only")
        else:
            client, secret = _basic(credentials)
            if form.get("client_id", client) != client:
                raise OAuthFault("invalid_client", "the form names another client than the header")
        known = hmac.compare_digest(client.encode(), self.state.tokens.client_id.encode())
        if not (hmac.compare_digest(secret.encode(), self.state.tokens.client_secret.encode()) and known):
            raise OAuthFault("invalid_client", "the client is unknown or its secret is wrong")


def _basic(credentials: str) -> tuple[str, str]:
    """Read Basic credentials; id and secret are form-encoded inside (RFC 6749, 2.3.1)."""
    scheme, _, encoded = credentials.partition(" ")
    try:
        client, colon, secret = (
            base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
        )
        if scheme.lower() == "basic" and colon:
            return decode_percent(client.replace("+", " ")), decode_percent(secret.replace("+", " "))
    except (binascii.Error, ValueError):
        pass
    raise OAuthFault("invalid_client", "the Authorization header is not Basic with id and secret")


def _verified(verifier: str | None, challenge: str | None, method: str) -> bool:
    """Check a PKCE verifier; one sent without a challenge is refused too (it hints at a downgrade)."""
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    if not _CHALLENGE.fullmatch(verifier):
        return False
    if method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(verifier, challenge)
