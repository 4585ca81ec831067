"""Codes and tokens: what was issued, to which login, until when.

Access tokens live 60 minutes, authorization codes 5 (vendor's authentication guide). All credentials start
with ``sbx-``, so that the journal can hide them wherever they turn up.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from visma_busy_sync.sandbox.clock import Clock
from visma_busy_sync.sandbox.jsontext import Json

ACCESS_SECONDS: Final = 3600
CODE_SECONDS: Final = 300

# The scopes of the API description, in its order.
SCOPES: Final = (
    "ea:api",
    "offline_access",
    "ea:sales",
    "ea:sales_readonly",
    "ea:accounting",
    "ea:accounting_readonly",
    "ea:purchase",
    "ea:purchase_readonly",
)


class OAuthFault(Exception):
    """A refusal in the words of RFC 6749: ``error`` and ``error_description``."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass(slots=True)
class Login:
    """One consent of one person; password change, revocation and code reuse end it with all its tokens."""

    scopes: frozenset[str]
    alive: bool = True


@dataclass(slots=True)
class Code:
    """An authorization code: single-use, bound to the redirect address and to a challenge if one was sent."""

    login: Login
    redirect_uri: str
    expires: datetime
    challenge: str | None
    method: str
    used: bool = False


@dataclass(slots=True)
class AccessToken:
    """An access token; ``expires`` None means for the whole run."""

    login: Login
    scopes: frozenset[str]
    expires: datetime | None


def ordered(scopes: frozenset[str]) -> str:
    """Write scopes as one text, in a fixed order."""
    return " ".join(scope for scope in SCOPES if scope in scopes)


def parse_scopes(text: str) -> frozenset[str]:
    """Read a scope parameter; unknown scopes and none at all are invalid."""
    asked = frozenset(text.split())
    unknown = asked - frozenset(SCOPES)
    if unknown:
        raise OAuthFault("invalid_scope", f"unknown scope: {min(unknown)[:60]}")
    if not asked:
        raise OAuthFault("invalid_scope", "no scope was asked for")
    return asked


@dataclass(slots=True)
class TokenStore:
    """Everything issued since the last reset, and the client it was issued to."""

    clock: Clock
    client_id: str = field(default_factory=lambda: f"sandbox-{secrets.token_hex(4)}")
    client_secret: str = field(default_factory=lambda: f"sbx-secret-{secrets.token_urlsafe(24)}", repr=False)
    run_token: str = field(default_factory=lambda: f"sbx-access-{secrets.token_urlsafe(24)}", repr=False)
    codes: dict[str, Code] = field(default_factory=dict, repr=False)
    access: dict[str, AccessToken] = field(default_factory=dict, repr=False)
    refresh: dict[str, Login] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Issue the token for the run."""
        self.reset()

    def reset(self) -> None:
        """Forget every code and token except the one for the run."""
        self.codes.clear()
        self.access.clear()
        self.refresh.clear()
        scopes = frozenset(SCOPES)
        self.access[self.run_token] = AccessToken(Login(scopes), scopes, None)

    def end_all_logins(self) -> None:
        """Do what a password change does: every login's tokens die. The token for the run is no login's."""
        for code in self.codes.values():
            code.login.alive = False
        for token in self.access.values():
            if token.expires is not None:
                token.login.alive = False
        for login in self.refresh.values():
            login.alive = False

    def new_code(self, scopes: frozenset[str], redirect_uri: str, challenge: str | None, method: str) -> str:
        """Issue an authorization code for a new login."""
        code = f"sbx-code-{secrets.token_urlsafe(24)}"
        expires = self.clock.now() + timedelta(seconds=CODE_SECONDS)
        self.codes[code] = Code(Login(scopes), redirect_uri, expires, challenge, method)
        return code

    def take_code(self, text: str) -> Code:
        """Use a code up. A second use ends the login it began (RFC 6749, 4.1.2)."""
        code = self.codes.get(text)
        if code is None:
            raise OAuthFault("invalid_grant", "the code is unknown")
        if code.used:
            code.login.alive = False
            raise OAuthFault("invalid_grant", "the code was used before; its tokens are revoked")
        code.used = True
        if self.clock.now() >= code.expires or not code.login.alive:
            raise OAuthFault("invalid_grant", "the code has expired")
        return code

    def issue(self, login: Login, scopes: frozenset[str], *, refresh_token: str | None) -> Mapping[str, Json]:
        """Issue an access token; without a given refresh token, one is made if the login may have one."""
        access = f"sbx-access-{secrets.token_urlsafe(24)}"
        expires = self.clock.now() + timedelta(seconds=ACCESS_SECONDS)
        self.access[access] = AccessToken(login, scopes, expires)
        answer: dict[str, Json] = {
            "access_token": access,
            "expires_in": ACCESS_SECONDS,
            "token_type": "Bearer",
            "scope": ordered(scopes),
        }
        if refresh_token is None and "offline_access" in login.scopes:
            refresh_token = f"sbx-refresh-{secrets.token_urlsafe(24)}"
            self.refresh[refresh_token] = login
        if refresh_token is not None:
            answer["refresh_token"] = refresh_token
        return answer

    def renew(self, text: str, scope: str | None, *, rotation: bool) -> Mapping[str, Json]:
        """Exchange a refresh token; with rotation the old one stops working."""
        login = self.refresh.get(text)
        if login is None or not login.alive:
            raise OAuthFault("invalid_grant", "the refresh token is not valid")
        scopes = login.scopes if scope is None else parse_scopes(scope)
        if not scopes <= login.scopes:
            raise OAuthFault("invalid_scope", "more scope than was granted")
        if not rotation:
            return self.issue(login, scopes, refresh_token=text)
        del self.refresh[text]
        return self.issue(login, scopes, refresh_token=None)

    def revoke(self, text: str) -> None:
        """Revoke a token: a refresh token ends its login, an access token only itself."""
        login = self.refresh.pop(text, None)
        if login is not None:
            login.alive = False
        elif text != self.run_token:
            self.access.pop(text, None)

    def scopes_of(self, text: str) -> frozenset[str] | None:
        """Return what an access token allows, or None when it is not valid now."""
        token = self.access.get(text)
        if token is None or not token.login.alive:
            return None
        if token.expires is not None and self.clock.now() >= token.expires:
            return None
        return token.scopes
