"""Codes and tokens: what was issued, to which login, until when.

Access tokens live 60 minutes (the profile can change that), authorization codes 5 (vendor's authentication
guide). All credentials start with ``sbx-``, so that the journal can hide them wherever they turn up.
"""

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from visma_busy_sync.sandbox.clock import Clock
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.profile import Profile
from visma_busy_sync.sandbox.scopes import SCOPES

CODE_SECONDS: Final = 300

# What is counted at the token and revocation endpoints.
COUNTED: Final = (
    "code_exchanges",
    "refreshes",
    "revocations",
    "code_refusals",
    "refresh_refusals",
    "other_refusals",
)


class OAuthFault(Exception):
    """A refusal in the words of RFC 6749: ``error`` and ``error_description``."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass(slots=True)
class Login:
    """One consent of one person; password change, revocation and code reuse end it with all its tokens.

    ``company`` is the sandbox's name of the company it was given for.
    """

    scopes: frozenset[str]
    company: str
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


@dataclass(slots=True)
class Rotated:
    """A refresh token that was replaced, and when."""

    login: Login
    since: datetime


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
    """Everything issued since the last reset, and the client it was issued to.

    ``company`` is the one that the token for the run opens.
    """

    clock: Clock
    company: str
    client_id: str = field(default_factory=lambda: f"sandbox-{secrets.token_hex(4)}")
    client_secret: str = field(default_factory=lambda: f"sbx-secret-{secrets.token_urlsafe(24)}", repr=False)
    run_token: str = field(default_factory=lambda: f"sbx-access-{secrets.token_urlsafe(24)}", repr=False)
    codes: dict[str, Code] = field(default_factory=dict, repr=False)
    access: dict[str, AccessToken] = field(default_factory=dict, repr=False)
    refresh: dict[str, Login] = field(default_factory=dict, repr=False)
    rotated: dict[str, Rotated] = field(default_factory=dict, repr=False)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Issue the token for the run."""
        self.reset()

    def reset(self) -> None:
        """Forget every code and token except the one for the run."""
        self.codes.clear()
        self.access.clear()
        self.refresh.clear()
        self.rotated.clear()
        self.counts.clear()
        scopes = frozenset(SCOPES)
        self.access[self.run_token] = AccessToken(Login(scopes, self.company), scopes, None)

    def end_all_logins(self) -> None:
        """Do what a password change does: every login's tokens die. The token for the run is no login's."""
        for code in self.codes.values():
            code.login.alive = False
        for token in self.access.values():
            if token.expires is not None:
                token.login.alive = False
        for login in self.refresh.values():
            login.alive = False

    def new_code(self, login: Login, redirect_uri: str, challenge: str | None, method: str) -> str:
        """Issue an authorization code for a new login."""
        code = f"sbx-code-{secrets.token_urlsafe(24)}"
        expires = self.clock.now() + timedelta(seconds=CODE_SECONDS)
        self.codes[code] = Code(login, redirect_uri, expires, challenge, method)
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

    def begin(self, login: Login, profile: Profile) -> Mapping[str, Json]:
        """Answer a code: an access token, and a refresh token if the login may have one."""
        refresh_token = self._new_refresh(login) if "offline_access" in login.scopes else None
        return self._issued(login, login.scopes, profile, refresh_token)

    def renew(self, text: str, scope: str | None, profile: Profile) -> Mapping[str, Json]:
        """Exchange a refresh token; with rotation the old one stops working."""
        login = self._login_of(text, profile)
        scopes = login.scopes if scope is None else parse_scopes(scope)
        if not scopes <= login.scopes:
            raise OAuthFault("invalid_scope", "more scope than was granted")
        if not profile.refresh_token_told:
            return self._issued(login, scopes, profile, None)
        if not profile.rotation:
            return self._issued(login, scopes, profile, text)
        if self.refresh.pop(text, None) is not None:
            self.rotated[text] = Rotated(login, self.clock.now())
        return self._issued(login, scopes, profile, self._new_refresh(login))

    def _login_of(self, text: str, profile: Profile) -> Login:
        """Return the login of a refresh token that may be used; deal with one that was replaced."""
        login = self.refresh.get(text)
        former = self.rotated.get(text)
        if login is None and former is not None:
            grace = timedelta(seconds=profile.grace_seconds)
            if profile.reuse == "graceful" and self.clock.now() < former.since + grace:
                login = former.login
            elif profile.reuse == "fatal":
                former.login.alive = False
        if login is None or not login.alive:
            raise OAuthFault("invalid_grant", "the refresh token is not valid")
        return login

    def _new_refresh(self, login: Login) -> str:
        text = f"sbx-refresh-{secrets.token_urlsafe(24)}"
        self.refresh[text] = login
        return text

    def _issued(
        self, login: Login, scopes: frozenset[str], profile: Profile, refresh_token: str | None
    ) -> Mapping[str, Json]:
        access = f"sbx-access-{secrets.token_urlsafe(24)}"
        expires = self.clock.now() + timedelta(seconds=profile.lifetime)
        self.access[access] = AccessToken(login, scopes, expires)
        answer: dict[str, Json] = {"access_token": access, "token_type": "Bearer"}
        if profile.expires_in != "missing":
            answer["expires_in"] = _told(profile)
        if profile.scope_told:
            answer["scope"] = ordered(scopes)
        if refresh_token is not None:
            answer["refresh_token"] = refresh_token
        return answer

    def revoke(self, text: str) -> None:
        """Revoke a token: a refresh token ends its login, an access token only itself."""
        login = self.refresh.pop(text, None)
        self.counts["revocations"] += 1
        if login is not None:
            login.alive = False
        elif text != self.run_token:
            self.access.pop(text, None)

    def opened(self, text: str) -> AccessToken | None:
        """Return an access token that is valid now, or None."""
        token = self.access.get(text)
        return token if token is not None and self._works(token) else None

    def _works(self, token: AccessToken) -> bool:
        return token.login.alive and (token.expires is None or self.clock.now() < token.expires)

    def summary(self) -> Mapping[str, Json]:
        """Count calls and logins that still have a working token; no token is shown."""
        logins = [login for login in self.refresh.values() if login.alive]
        logins += [token.login for token in self.access.values() if token.expires and self._works(token)]
        alive = Counter(login.company for login in {id(login): login for login in logins}.values())
        counts = {name: self.counts[name] for name in COUNTED}
        refusals = sum(count for name, count in counts.items() if name.endswith("_refusals"))
        return counts | {
            "refusals": refusals,
            "alive_logins": alive.total(),
            "alive_logins_by_company": dict(alive),
        }


def _told(profile: Profile) -> Json:
    """Write the lifetime as the profile says; the huge one is more than a ``timedelta`` holds."""
    spelled: dict[str, Json] = {
        "right": profile.lifetime,
        "zero": 0,
        "negative": -1,
        "huge": 10**15,
        "text": str(profile.lifetime),
        "float": Decimal(f"{profile.lifetime}.0"),
        "nonsense": "soon",
    }
    return spelled[profile.expires_in]
