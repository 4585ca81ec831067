"""An identity server in memory that says what became of every token it gave."""

from __future__ import annotations

import enum
import json
from typing import Any, final
from urllib.parse import parse_qs, urlsplit

from attrs import define, field

from visma_busy_sync.eaccounting.http import Request, Response

from .fake import COMPANY


class Reuse(enum.StrEnum):
    """What happens to a refresh token that was rotated away and comes again."""

    GRACEFUL = "graceful"
    REFUSED = "refused"
    FATAL = "fatal"


@final
@define
class Login:
    """One consent, and the refresh tokens that were given for it: the last one is the present one."""

    alive: bool = True
    refresh: list[str] = field(factory=list[str])


@final
@define
class Identity:
    """Visma as far as tokens go: it gives them, renews them, ends them, and asks for them.

    Attributes:
        rotates: Whether each refresh gives a new refresh token.
        reuse: What happens to an old one then.
        logins: All consents, by the code that began them.
        refreshed: The logins that were refreshed, in order.
        refused: The refresh tokens that were refused.
        revoked: The refresh tokens that were revoked.
    """

    rotates: bool
    reuse: Reuse
    logins: dict[str, Login] = field(factory=dict[str, Login])
    refreshed: list[str] = field(factory=list[str])
    refused: list[str] = field(factory=list[str])
    revoked: list[str] = field(factory=list[str])
    company: str = COMPANY

    def begin(self, code: str) -> tuple[str, str]:
        """Begin a login; return its access and refresh token."""
        self.logins[code] = Login()
        return f"access-{code}-0", self._refresh_token(code)

    def _refresh_token(self, code: str) -> str:
        login = self.logins[code]
        if self.rotates or not login.refresh:
            login.refresh.append(f"refresh-{code}-{len(login.refresh)}")
        return login.refresh[-1]

    def good(self, refresh_token: str) -> bool:
        """Whether a refresh token would give new tokens now, and do no harm."""
        login = self.logins[refresh_token.split("-")[1]]
        if not login.alive or refresh_token not in login.refresh:
            return False
        return refresh_token == login.refresh[-1] or self.reuse is Reuse.GRACEFUL

    def send(self, request: Request) -> Response:
        """Answer a request, with its effect, in one go."""
        path = urlsplit(request.url).path
        form = {name: values[0] for name, values in parse_qs((request.body or b"").decode()).items()}
        if path.endswith("/revocation"):
            self.revoked.append(form["token"])
            self.logins[form["token"].split("-")[1]].alive = False
            return Response(200, {}, b"")
        if path.endswith("/token"):
            if form["grant_type"] == "refresh_token":
                return self._refresh(form["refresh_token"])
            return self._tokens(form["code"], *self.begin(form["code"]))
        code = request.headers["Authorization"].removeprefix("Bearer access-").split("-")[0]
        if not self.logins[code].alive:
            return _json({"ErrorCode": 4005, "ErrorId": "e", "DeveloperErrorMessage": "no"}, 401)
        return _json({"Name": "Acme AS", "CompanyIdentifier": self.company, "CurrencyCode": "NOK"})

    def _refresh(self, token: str) -> Response:
        code = token.split("-")[1]
        login = self.logins[code]
        if login.alive and token != login.refresh[-1] and self.reuse is Reuse.FATAL:
            login.alive = False
        if not self.good(token):
            self.refused.append(token)
            return _json({"error": "invalid_grant"}, 400)
        self.refreshed.append(code)
        count = self.refreshed.count(code)
        return self._tokens(code, f"access-{code}-{count}", self._refresh_token(code))

    def _tokens(self, code: str, access: str, refresh: str) -> Response:
        return _json({"access_token": access, "refresh_token": refresh, "expires_in": 3600})


def _json(value: Any, status: int = 200) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(value).encode())
