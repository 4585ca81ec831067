"""A call to the API as a value, and its way to a request and from a response: pure functions.

An `Operation` says all that the API needs to know, and how to read the answer. How it is sent, retried
and paced is somebody else's business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

from attrs import field, frozen

from visma_busy_sync._core.secret import Secret
from visma_busy_sync.eaccounting import _json
from visma_busy_sync.eaccounting._codec import DecodeError
from visma_busy_sync.eaccounting.codes import (
    ACCESS_CODES,
    API_MODULE_ADVICE,
    CODES,
    NO_ACCESS_TO_MODULE,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    UNCERTAIN_CODES,
    Code,
)
from visma_busy_sync.eaccounting.errors import (
    AccessDenied,
    ApiError,
    FieldError,
    NotFound,
    RateLimited,
    Rejected,
    ServerFault,
    Unauthorized,
    UnreadableAnswer,
)
from visma_busy_sync.eaccounting.http import Request, Response
from visma_busy_sync.eaccounting.models import JsonValue

T = TypeVar("T")

USER_AGENT = "visma-busy-sync"

# LIMIT (2025-05): the message of a 429 states how many seconds to wait; no header is documented.
_SECONDS = re.compile(r"(\d{1,5})\s*(?:seconds|sekunder)", re.IGNORECASE)
_DEFAULT_WAIT_SECONDS = 60.0


@frozen
class Operation(Generic[T]):
    """One call.

    Attributes:
        method: GET, POST, PUT or DELETE.
        path: The path template below the API address, e.g. `/orders/{id}`. Limits count by it.
        decode: Makes the result of the decoded JSON answer; raises `DecodeError`.
        params: Values for the template's places.
        query: Query parameters in order.
        body: What to send as JSON; None for no body.
        answers: Whether a success carries a body. Without one, `decode` gets None.
    """

    method: str
    path: str
    decode: Callable[[JsonValue], T]
    params: Mapping[str, str] = field(factory=dict[str, str])
    query: tuple[tuple[str, str], ...] = ()
    body: JsonValue = field(default=None, repr=False)
    answers: bool = True

    @property
    def name(self) -> str:
        """Method and path template, for logs and messages; it holds no id."""
        return f"{self.method} {self.path}"

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once: true of reads."""
        return self.method == "GET"


def to_request(operation: Operation[T], *, api_url: str, token: Secret, timeout: float) -> Request:
    """Make the HTTP request of an operation."""
    path = operation.path
    for name, value in operation.params.items():
        path = path.replace("{" + name + "}", quote(value, safe=""))
    # `$` stays bare, as the vendor's examples show it; `+` in a stamp's offset must be escaped.
    query = urlencode(operation.query, quote_via=quote, safe="$") if operation.query else ""
    headers = {
        "Authorization": f"Bearer {token.reveal()}",
        "Accept": "application/json",
        "User-Agent": USER_AGENT,
    }
    body = None
    if operation.body is not None:
        headers["Content-Type"] = "application/json; charset=utf-8"
        body = _json.dumps(operation.body)
    url = f"{api_url.rstrip('/')}{path}" + (f"?{query}" if query else "")
    return Request(operation.method, url, headers, body, timeout)


def read_response(operation: Operation[T], response: Response) -> T:
    """Make the result of an operation from the answer.

    Raises:
        ApiError: If the API answered with an error; the most specific class.
        UnreadableAnswer: If the answer is none that the API promises.
    """
    if not 200 <= response.status < 300:
        raise _refusal(operation.name, response)
    if not operation.answers:
        return operation.decode(None)
    try:
        return operation.decode(_json.loads(response.body))
    except _json.JsonError as error:
        raise _unreadable(operation.name, response, str(error)) from None
    except DecodeError as error:
        raise _unreadable(operation.name, response, str(error)) from None


def _unreadable(name: str, response: Response, reason: str) -> UnreadableAnswer:
    if not response.body.strip():
        reason = "it is empty"
    elif "html" in response.headers.get("content-type", "") or response.body.lstrip()[:1] == b"<":
        reason = "it is a web page, not JSON"
    return UnreadableAnswer(operation=name, status=response.status, reason=reason)


@frozen
class _ErrorBody:
    code: int | None = None
    detail: str = ""
    error_id: str | None = None
    fields: tuple[FieldError, ...] = ()


def _refusal(name: str, response: Response) -> ApiError | UnreadableAnswer:
    body = _error_body(response)
    status = response.status
    # A gateway's or a proxy's answer says nothing of the API; three statuses speak for themselves.
    if body is None and status not in {401, 403, 404, 429}:
        return _unreadable(name, response, "it is no error of the API")
    body = body or _ErrorBody()
    code = _code(body)
    meaning = f"{code.meaning} (HTTP {status}"
    meaning += f", ErrorCode {body.code})" if body.code is not None else ")"
    if body.fields:
        meaning += "; fields: " + ", ".join(f"{f.field} ({f.code})" for f in body.fields[:10])
    meaning += f". ErrorId {body.error_id}." if body.error_id else "."
    error = _error_class(status, body)(
        meaning,
        operation=name,
        status=status,
        code=body.code,
        error_id=body.error_id,
        fields=body.fields,
        detail=body.detail,
        advice=code.advice,
    )
    if isinstance(error, RateLimited):
        error.retry_after = _wait_of(response, body.detail)
    return error


def _code(body: _ErrorBody) -> Code:
    if _module_missing(body):
        return Code("the company has no access to the API module", API_MODULE_ADVICE)
    return CODES.get(body.code or 0, Code("the API refused the request"))


def _module_missing(body: _ErrorBody) -> bool:
    # ERR: 4002 has two meanings; KB 2019: the text of the second one names the module.
    text = body.detail.lower()
    return body.code in {NO_ACCESS_TO_MODULE, None} and ("api_standard" in text or "access to module" in text)


def _error_class(status: int, body: _ErrorBody) -> type[ApiError]:
    if status == 429 or body.code == TOO_MANY_REQUESTS:
        return RateLimited
    if status == 401:
        return Unauthorized
    if status == 404 or body.code == NOT_FOUND:
        return NotFound
    if status == 403 or body.code in ACCESS_CODES or _module_missing(body):
        return AccessDenied
    if status >= 500 or body.code in UNCERTAIN_CODES:
        return ServerFault
    return Rejected


def _error_body(response: Response) -> _ErrorBody | None:
    """Read `CommonExtendedBadRequest` as tolerantly as can be; None if it is nothing of the kind."""
    try:
        value = _json.loads(response.body)
    except _json.JsonError:
        return None
    if not isinstance(value, dict):
        return None
    members = {key[:1].upper() + key[1:]: item for key, item in value.items()}
    code = members.get("ErrorCode")
    if isinstance(code, str) and code.isdecimal() and len(code) < 10:
        code = int(code)
    if type(code) is not int and not members.get("ErrorId"):
        return None
    detail, error_id, faults = (members.get(k) for k in ("DeveloperErrorMessage", "ErrorId", "Errors"))
    return _ErrorBody(
        code=code if type(code) is int else None,
        detail=detail if isinstance(detail, str) else "",
        error_id=_short(error_id),
        fields=tuple(_field_error(item) for item in faults if isinstance(item, dict))
        if isinstance(faults, list)
        else (),
    )


def _field_error(value: dict[str, JsonValue]) -> FieldError:
    members = {key[:1].upper() + key[1:]: item for key, item in value.items()}
    return FieldError(field=_short(members.get("Field")) or "?", code=_short(members.get("ErrorCode")) or "?")


def _short(value: JsonValue) -> str | None:
    """A name or an id, but no text that could say more than that."""
    text = str(value) if isinstance(value, str | int) else ""
    return text if re.fullmatch(r"[\w.\[\]$-]{1,80}", text) else None


def _wait_of(response: Response, detail: str) -> float:
    header = response.headers.get("retry-after", "").strip()
    if header.isdecimal() and len(header) < 6:
        return float(header)
    match = _SECONDS.search(detail)
    return float(match[1]) if match else _DEFAULT_WAIT_SECONDS
