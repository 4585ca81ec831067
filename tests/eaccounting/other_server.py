"""An OAuth 2 server that is not from our hands: oauthlib on a real socket, before the sandbox's API.

The grants, PKCE, all checks and their order, the errors and the words of the answers are the library's. It
leaves to its host what is here: where logins are kept, how a Basic header is read, and whom a bearer token
lets through to the API.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import http.client
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Literal, cast, final
from urllib.parse import unquote_plus, urlsplit

from attrs import define, field, frozen
from oauthlib.common import Request, generate_token
from oauthlib.oauth2 import (
    AccessDeniedError,
    FatalClientError,
    OAuth2Error,
    RequestValidator,
    WebApplicationServer,
)

from visma_busy_sync.eaccounting import SCOPES, Application, Endpoints
from visma_busy_sync.sandbox.process import SandboxInfo

REDIRECT = "http://127.0.0.1:54321/callback"
FORM = "application/x-www-form-urlencoded"
PATIENCE_SECONDS = 20

# A server's own log is its own business: oauthlib writes tokens there at DEBUG.
logging.getLogger("oauthlib").setLevel(logging.WARNING)

Answer = tuple[Mapping[str, str], str | bytes | None, int]


@frozen
class _Client:
    client_id: str


@define(eq=False)
class _Login:
    """One consent, and the code that was given for it; its end is the end of all its tokens."""

    redirect_uri: str
    scopes: list[str]
    challenge: str | None
    method: str | None
    used: bool = False
    alive: bool = True


@final
@define(eq=False, repr=False)
class OtherServer(RequestValidator):
    """The identity server, and what a test can set about it.

    Attributes:
        sandbox: Answers the calls that a good bearer token opens.
        client_id: Of the one application that it knows.
        client_secret: Its secret.
        decoded: How it reads the two parts of a Basic header.
        rotates: Whether a refresh ends the refresh token and gives another.
        needs_pkce: Whether it takes logins with PKCE only.
        consents: Whether the user agrees.
        unsaid: Which members its answers with tokens lack.
        token_type: How it spells the type of its tokens.
        refusal: The status of all its refusals; None: as the library has it.
        requests: What was asked for so far: the grant type, or the last part of the path.
    """

    sandbox: SandboxInfo
    client_id: str = "another-id"
    client_secret: str = "another-secret"
    decoded: Callable[[str], str] = unquote_plus
    rotates: bool = True
    needs_pkce: bool = False
    consents: bool = True
    unsaid: frozenset[str] = frozenset()
    token_type: str = "Bearer"
    refusal: int | None = None
    requests: list[str] = field(factory=list[str])
    oauth: WebApplicationServer = field(init=False)
    _port: int = 0
    _codes: dict[str, _Login] = field(factory=dict[str, _Login])
    _access: dict[str, _Login] = field(factory=dict[str, _Login])
    _refresh: dict[str, _Login] = field(factory=dict[str, _Login])

    def __attrs_post_init__(self) -> None:
        # Spelt so that the watch in tests/conftest.py knows them for secrets.
        self.oauth = WebApplicationServer(
            self,
            token_generator=lambda _: f"sbx-access-{generate_token()}",
            refresh_token_generator=lambda _: f"sbx-refresh-{generate_token()}",
        )
        for grant in (self.oauth.auth_grant, self.oauth.refresh_grant):
            grant.register_token_modifier(self._spelt)

    # For tests

    @property
    def application(self) -> Application:
        """The application that it knows."""
        base = f"http://127.0.0.1:{self._port}"
        return Application(
            client_id=self.client_id,
            client_secret=self.client_secret,
            redirect_uri=REDIRECT,
            endpoints=Endpoints(
                api_url=f"{base}/v2",
                authorize_url=f"{base}/authorize",
                token_url=f"{base}/token",
                revocation_url=f"{base}/revoke",
            ),
        )

    def press(self, url: str) -> str:
        """Do what the user's browser does; return where it is sent back to."""
        status, headers, page = _ask("GET", url)
        assert status == 302, page
        return headers["location"]

    def end_access_tokens(self) -> None:
        """End all access tokens before their time."""
        self._access.clear()

    def end_logins(self) -> None:
        """End all that was given so far, as when a user takes the consent back."""
        for login in self._codes.values():
            login.alive = False

    def living(self) -> int:
        """Count the logins whose tokens are good."""
        return sum(login.alive for login in self._codes.values())

    @contextlib.contextmanager
    def running(self) -> Iterator[OtherServer]:
        """Listen, on a port of its own, in a thread of its own."""
        made = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers, text, status = made._answered(self.command, self.path, self.headers, body)
                content = text.encode() if isinstance(text, str) else text or b""
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _answer  # noqa: N815 - http.server's names

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: the first line of a request may hold a code."""

        with HTTPServer(("127.0.0.1", 0), Handler) as listening:
            self._port = listening.server_port
            thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield self
            finally:
                listening.shutdown()
                thread.join()

    # The endpoints

    def _answered(self, method: str, target: str, told: Message, body: bytes) -> Answer:
        path = urlsplit(target).path
        self.requests.append(path.rpartition("/")[2])
        verb, headers = cast("Literal['GET', 'POST']", method), dict(told.items())
        # RFC 6749, 4.1.3: what does not say that it is a form is read as an empty one.
        form = body.decode("ascii") if told.get_content_type() == FORM else ""
        match path:
            case "/authorize":
                return self._authorize(target)
            case "/token":
                return self._refusal(self.oauth.create_token_response(target, verb, form, headers))
            case "/revoke":
                return self._refusal(self.oauth.create_revocation_response(target, verb, form, headers))
            case _:
                good, _ = self.oauth.verify_request(target, verb, None, headers, scopes=["ea:api"])
                if not good:
                    return {"WWW-Authenticate": 'Bearer error="invalid_token"'}, None, 401
                return self._api(method, target, headers, body)

    def _authorize(self, target: str) -> Answer:
        try:
            scopes, asked = self.oauth.validate_authorization_request(target)
        except FatalClientError as error:
            return {"Content-Type": "text/plain"}, str(error.error), 400
        except OAuth2Error as error:
            return {"Location": error.in_uri(REDIRECT)}, None, 302
        if not self.consents:
            denied = AccessDeniedError(state=asked["state"])
            return {"Location": denied.in_uri(asked["redirect_uri"])}, None, 302
        return cast("Answer", self.oauth.create_authorization_response(target, scopes=scopes))

    def _refusal(self, answer: Answer) -> Answer:
        headers, body, status = answer
        return headers, body, self.refusal if self.refusal and 400 <= status < 500 else status

    def _api(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        url = self.sandbox.api_url + target.removeprefix("/v2")
        theirs = {
            name: value for name, value in headers.items() if name.lower() in ("accept", "content-type")
        }
        theirs["Authorization"] = f"Bearer {self.sandbox.access_token}"
        status, answered, content = _ask(method, url, theirs, body)
        return {"Content-Type": answered["content-type"]}, content, status

    # What the library asks its host

    def _spelt(self, token: Mapping[str, object], *_: object) -> dict[str, object]:
        left = {name: value for name, value in token.items() if name not in self.unsaid}
        return {**left, "token_type": self.token_type} if "token_type" in left else left

    def authenticate_client(self, request: Request, *_: Any, **__: Any) -> bool:
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        try:
            told = base64.b64decode(credentials, validate=True).decode("ascii")
        except (binascii.Error, UnicodeDecodeError):
            return False
        user, password = (self.decoded(told.partition(":")[part]) for part in (0, 2))
        request.client = _Client(user)
        return scheme.lower() == "basic" and (user, password) == (self.client_id, self.client_secret)

    def validate_client_id(self, client_id: str, *_: Any, **__: Any) -> bool:
        return client_id == self.client_id

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, *_: Any, **__: Any) -> bool:
        return redirect_uri == REDIRECT

    def validate_response_type(self, client_id: str, response_type: str, *_: Any, **__: Any) -> bool:
        return response_type == "code"

    def validate_grant_type(self, client_id: str, grant_type: str, *_: Any, **__: Any) -> bool:
        self.requests[-1] = grant_type
        return True

    def validate_scopes(self, client_id: str, scopes: list[str], *_: Any, **__: Any) -> bool:
        return set(scopes) <= set(SCOPES)

    def is_pkce_required(self, client_id: str, request: Request) -> bool:
        return self.needs_pkce

    def save_authorization_code(
        self, client_id: str, code: Mapping[str, Any], request: Request, *_: Any, **__: Any
    ) -> None:
        self._codes[code["code"]] = _Login(
            cast("str", request.redirect_uri),
            cast("list[str]", request.scopes),
            request.code_challenge,
            request.code_challenge_method,
        )

    def validate_code(
        self, client_id: str, code: str, client: object, request: Request, *_: Any, **__: Any
    ) -> bool:
        login = self._codes.get(code)
        if login is None or not login.alive:
            return False
        if login.used:
            login.alive = False  # RFC 6749, 4.1.2: what was given for a code that comes again should end
            return False
        request.scopes = login.scopes
        return True

    def get_code_challenge(self, code: str, request: Request) -> str:
        return cast("str", self._codes[code].challenge)

    def get_code_challenge_method(self, code: str, request: Request) -> str:
        return cast("str", self._codes[code].method)

    def confirm_redirect_uri(self, client_id: str, code: str, redirect_uri: str, *_: Any, **__: Any) -> bool:
        return redirect_uri == self._codes[code].redirect_uri

    def invalidate_authorization_code(self, client_id: str, code: str, *_: Any, **__: Any) -> None:
        self._codes[code].used = True

    def validate_refresh_token(self, refresh_token: str, *_: Any, **__: Any) -> bool:
        return refresh_token in self._refresh and self._refresh[refresh_token].alive

    def get_original_scopes(self, refresh_token: str, *_: Any, **__: Any) -> list[str]:
        return self._refresh[refresh_token].scopes

    def rotate_refresh_token(self, request: Request) -> bool:
        return self.rotates

    def save_bearer_token(self, token: Mapping[str, Any], request: Request, *_: Any, **__: Any) -> None:
        old = request.refresh_token
        login = self._codes[cast("str", request.code)] if old is None else self._refresh[old]
        self._access[token["access_token"]] = login
        if "refresh_token" in token:
            if old is not None and self.rotates:
                del self._refresh[old]
            self._refresh[token["refresh_token"]] = login

    def revoke_token(self, token: str, *_: Any, **__: Any) -> None:
        login = self._refresh.get(token) or self._access.get(token)
        if login is not None:
            login.alive = False

    def validate_bearer_token(self, token: str, scopes: list[str], request: Request) -> bool:
        login = self._access.get(token)
        return login is not None and login.alive and set(scopes) <= set(login.scopes)


def _ask(
    method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Ask over http. Not with httpx, which logs the headers of an answer, and one of these holds the code."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE_SECONDS)
    with contextlib.closing(connection):
        connection.request(method, url.partition(parts.netloc)[2], body or None, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
