"""A call to the API as a value, and its way to a request and from a response: pure functions.

An `Operation` says all that the API needs to know, and how to read the answer. How it is sent, retried
and paced is somebody else's business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode

from attrs import field, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.version import user_agent
from visma_busy_sync.eaccounting import _json
from visma_busy_sync.eaccounting._codec import DecodeError
from visma_busy_sync.eaccounting.codes import (
    NOT_FOUND,
    PLAIN,
    UNNAMED,
    Code,
    ErrorKind,
    code_of,
    error_kind,
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
from visma_busy_sync.eaccounting.http import DEADLINE_SECONDS, Request, Response
from visma_busy_sync.eaccounting.models import JsonValue

T = TypeVar("T")

# LIMIT (2025-05): the message of a 429 states the budget and how many seconds to wait; no header is
# documented. The budget may be told in seconds too, so a number behind "in" or "after" goes first.
# Numbers as people and .NET write them: 17 or 1 200, then perhaps decimals behind a point or a comma.
_AMOUNT: Final = (
    r"(?<![\d.,-])(?<!\d[ \u00a0\u202f])(\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d{1,6})(?:[.,](\d{1,9}))?\s*"
    r"(?:(s|sec|secs|seconds?|sek|sekund(?:er)?)|m|min|mins|minutes?|minutt(?:er)?|minut(?:er)?)\b"
)
_WAIT_TEXTS: Final = tuple(
    re.compile(text, re.IGNORECASE | re.ASCII)
    for text in (rf"\b(?:in|after|wait|om|etter|efter|vent|v\u00e4nta)\s+{_AMOUNT}", _AMOUNT)
)
_DEFAULT_WAIT_SECONDS: Final = 60.0
_LONGEST_WAIT_SECONDS: Final = 3600.0  # a longer one is a broken answer

_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE"})
_PLACE: Final = re.compile(r"\{(\w+)\}")

# SPEC: an ErrorId is a GUID; a field is a path of names, with few digits; the code of a field is a number.
_ERROR_ID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_STEP: Final = r"[A-Za-z_$]{1,40}[0-9]{0,2}(\[[0-9]{1,4}\])?"
_FIELD: Final = re.compile(rf"{_STEP}(\.{_STEP}){{0,4}}")
_FIELD_CODE: Final = re.compile(r"[A-Za-z_]{0,40}[0-9]{0,6}(?<=.)")

# Statuses that say what they mean even without the API's error body.
_PLAIN_STATUSES: Final = frozenset({401, 403, 404, 429})
# A gateway's 403 or 404 page says nothing of the object; taken for the API's word it would archive a project.
_PAGE_SAYS_NOTHING: Final = frozenset({403, 404})


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

    Raises:
        ConfigurationError: If the method is another one, or path and params do not fit together.
    """

    method: str
    path: str
    decode: Callable[[JsonValue], T]
    params: Mapping[str, str] = field(factory=dict[str, str])
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # a filter may name a person
    body: JsonValue = field(default=None, repr=False)
    answers: bool = True

    def __attrs_post_init__(self) -> None:
        if self.method not in _METHODS:
            raise ConfigurationError("An operation's method is GET, POST, PUT or DELETE.")
        if not self.path.startswith("/") or "?" in self.path or "#" in self.path:
            raise ConfigurationError("An operation's path begins with / and has no query.")
        if set(_PLACE.findall(self.path)) != set(self.params):
            raise ConfigurationError(f"The params of {self.name} do not fit the places in its path.")
        if any(value in {"", ".", ".."} for value in self.params.values()):
            raise ConfigurationError(f"A param of {self.name} would change its path.")

    @property
    def name(self) -> str:
        """Method and path template, for logs and messages; it holds no id."""
        return f"{self.method} {self.path}"

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does no more than sending it once: true of reads."""
        return self.method == "GET"


def to_request(
    operation: Operation[T],
    *,
    api_url: str,
    token: Secret,
    timeout: float,
    deadline: float = DEADLINE_SECONDS,
) -> Request:
    """Make the HTTP request of an operation.

    Raises:
        ConfigurationError: If its body cannot be written as JSON, or its query not as an address.
    """
    # All that can fail comes before the token: a traceback may be shown with the values of its frames.
    body = None if operation.body is None else _body(operation)
    url = _url(operation, api_url)
    headers = {
        "Authorization": f"Bearer {token.reveal()}",
        "Accept": "application/json",
        "User-Agent": user_agent(),
    }
    if body is not None:
        headers["Content-Type"] = "application/json; charset=utf-8"
    return Request(operation.method, url, headers, body, timeout, deadline)


def _url(operation: Operation[Any], api_url: str) -> str:
    path = _PLACE.sub(lambda place: quote(operation.params[place[1]], safe=""), operation.path)
    # `$` stays bare, as the vendor's examples show it; `+` in a stamp's offset must be escaped.
    try:
        query = urlencode(operation.query, quote_via=quote, safe="$") if operation.query else ""
    except UnicodeEncodeError:
        query = None
    if query is None:
        raise ConfigurationError(f"The query of {operation.name} holds half of a surrogate pair.")
    return f"{api_url.rstrip('/')}{path}" + (f"?{query}" if query else "")


def _body(operation: Operation[Any]) -> bytes:
    try:
        return _json.dumps(operation.body)
    except _json.JsonError as error:
        reason = str(error)
    # Outside of the handler: the error that was handled holds the frames that hold the body.
    raise ConfigurationError(
        f"The body of {operation.name} cannot be sent: {reason}.", advice="Give numbers as int or Decimal."
    )


def read_response(operation: Operation[T], response: Response, *, now: datetime | None = None) -> T:
    """Make the result of an operation from the answer.

    Args:
        operation: What was asked.
        response: The answer.
        now: When it came; for a date in it that says when to come back.

    Raises:
        ApiError: If the API answered with an error; the most specific class.
        UnreadableAnswer: If the answer is none that the API promises.
    """
    if not 200 <= response.status < 300:
        raise _refusal(operation, response, now)
    if not operation.answers:
        if _is_page(response):
            raise _unreadable(operation.name, response, "")
        return operation.decode(None)
    try:
        return operation.decode(_json.loads(response.body))
    except _json.JsonError as error:
        failure = _unreadable(operation.name, response, str(error))
    except DecodeError as error:
        failure = _undecodable(operation, response, error)
    try:
        # Outside of the handler: the error that was handled holds the frames that hold the answer.
        raise failure
    finally:
        del failure  # else its traceback and this frame would keep each other alive


def _undecodable(operation: Operation[Any], response: Response, error: DecodeError) -> UnreadableAnswer:
    if _is_page(response):
        return _unreadable(operation.name, response, "")
    advice = _ODD_RECORD if error.in_record else _ODD_FORM
    return UnreadableAnswer(
        operation=operation.name,
        status=response.status,
        reason=str(error),
        advice=advice if operation.repeatable else f"{_MAY_HAVE_HAPPENED} {advice}",
    )


_ODD_RECORD: Final = (
    "Mend the named record in eAccounting, or report the answer to the API support: the API's description "
    "promises another form."
)
_ODD_FORM: Final = (
    "Check that the API address is right (it ends in /v2). If it is, report the answer to the API support: "
    "the API's description promises another form."
)
_MAY_HAVE_HAPPENED: Final = "It may have taken effect: look before sending it again."


def _unreadable(name: str, response: Response, reason: str) -> UnreadableAnswer:
    if 300 <= response.status < 400:
        reason = "it leads elsewhere, and is not followed"
    elif not response.body.strip():
        reason = "it is empty"
    elif _is_page(response):
        reason = "it is a web page, not JSON"
    return UnreadableAnswer(operation=name, status=response.status, reason=reason)


def _is_page(response: Response) -> bool:
    return "html" in response.headers.get("content-type", "").lower() or response.body.lstrip()[:1] == b"<"


@frozen
class _ErrorBody:
    code: int | None = None
    detail: str = field(default="", repr=False)
    error_id: str | None = None
    fields: tuple[FieldError, ...] = ()


def _refusal(
    operation: Operation[Any], response: Response, now: datetime | None
) -> ApiError | UnreadableAnswer:
    body = _error_body(response)
    status = response.status
    if status < 400 or (
        body is None
        and (
            status not in _PLAIN_STATUSES or (status in _PAGE_SAYS_NOTHING and not _may_be_the_api(response))
        )
    ):
        return _unreadable(operation.name, response, "it is no error of the API")
    body = body or _ErrorBody()
    known = code_of(body.code, body.detail)
    code = known or PLAIN.get(status, UNNAMED)
    meaning = f"{code.meaning} (HTTP {status}"
    meaning += f", ErrorCode {body.code})" if body.code is not None else ")"
    if body.fields:
        meaning += "; fields: " + ", ".join(f"{f.field} ({f.code})" for f in body.fields[:10])
    meaning += f". ErrorId {body.error_id}." if body.error_id else "."
    facts: dict[str, Any] = {
        "operation": operation.name,
        "status": status,
        "code": body.code,
        "error_id": body.error_id,
        "fields": body.fields,
        "detail": body.detail,
    }
    kind = _CLASSES[error_kind(status, known)]
    if kind is RateLimited:
        return RateLimited(meaning, retry_after=_wait_of(response, body.detail, now), **facts)
    return kind(meaning, advice=_advice(operation, kind, code, body), **facts)


def _advice(operation: Operation[Any], kind: type[ApiError], code: Code, body: _ErrorBody) -> str:
    # A list does not get deleted: without an id in its path, and without a body that may refer to a
    # missing object, it is the path that does not exist.
    if kind is NotFound and not operation.params and (body.code != NOT_FOUND or operation.body is None):
        return _WRONG_PATH
    advice = code.advice or _ADVICE.get(kind, "")
    if kind is Rejected and (body.detail or any(each.detail for each in body.fields)):
        advice = f"{advice} {_SEE_DETAIL}".strip()
    return advice


_WRONG_PATH: Final = "Check the API address: it ends in /v2."
_SEE_DETAIL: Final = (
    "What exactly is wrong is in error.detail, and by field in error.fields; it may repeat what was sent, "
    "so do not log it."
)

_ADVICE: Final[Mapping[type[ApiError], str]] = {
    NotFound: "Check the id, or sync again; it may be deleted.",
    Unauthorized: "Connect again, or give an access token that is still good.",
    AccessDenied: "Connect as a user who has full rights in the company, or ask the API support.",
    ServerFault: "Try again later.",
}
"""For answers without a code, or with one that has no advice of its own."""

_CLASSES: Final[Mapping[ErrorKind, type[ApiError]]] = {
    ErrorKind.REJECTED: Rejected,
    ErrorKind.NOT_FOUND: NotFound,
    ErrorKind.UNAUTHORIZED: Unauthorized,
    ErrorKind.ACCESS_DENIED: AccessDenied,
    ErrorKind.RATE_LIMITED: RateLimited,
    ErrorKind.SERVER_FAULT: ServerFault,
}


def _may_be_the_api(response: Response) -> bool:
    """Whether the API itself may have given an answer without its usual error body."""
    if not response.body.strip():
        return True
    try:
        return isinstance(_json.loads(response.body), dict)
    except _json.JsonError:
        return False


def _error_body(response: Response) -> _ErrorBody | None:
    """Read `CommonExtendedBadRequest` as tolerantly as can be; None if it is nothing of the kind."""
    try:
        value = _json.loads(response.body)
    except _json.JsonError:
        return None
    if not isinstance(value, dict):
        return None
    members = {key[:1].upper() + key[1:]: item for key, item in value.items()}
    code, error_id = _whole(members.get("ErrorCode")), _fitting(_ERROR_ID, members.get("ErrorId"))
    detail, faults = members.get("DeveloperErrorMessage"), members.get("Errors")
    if code is None and error_id is None and not isinstance(detail, str):
        return None
    return _ErrorBody(
        code=code,
        detail=detail if isinstance(detail, str) else "",
        error_id=error_id,
        fields=tuple(_field_error(item) for item in faults if isinstance(item, dict))
        if isinstance(faults, list)
        else (),
    )


def _whole(value: JsonValue) -> int | None:
    """An error code: a number on top of the body, a text in its parts (SPEC)."""
    text = str(value) if type(value) in {int, str} else ""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _field_error(value: dict[str, JsonValue]) -> FieldError:
    members = {key[:1].upper() + key[1:]: item for key, item in value.items()}
    detail = members.get("Message")
    return FieldError(
        field=_fitting(_FIELD, members.get("Field")) or "?",
        code=_fitting(_FIELD_CODE, members.get("ErrorCode")) or "?",
        detail=detail if isinstance(detail, str) else "",
    )


def _fitting(form: re.Pattern[str], value: JsonValue) -> str | None:
    """A value as text if it has a form that no token, code or client secret has; else None.

    An error body may repeat what was sent, and these parts of it are shown in messages.
    """
    text = str(value) if type(value) in {int, str} else ""
    return text if form.fullmatch(text) else None


def _wait_of(response: Response, detail: str, now: datetime | None) -> float:
    """Return how long the server wants us to wait.

    Where header and message disagree the longer one wins: who comes back too early is refused again. Each
    is bounded, and what cannot be read does not count.
    """
    told = [
        min(seconds, _LONGEST_WAIT_SECONDS)
        for seconds in (_header_wait(response.headers, now), _text_wait(detail))
        if seconds is not None
    ]
    return max(told, default=_DEFAULT_WAIT_SECONDS)


def _header_wait(headers: Mapping[str, str], now: datetime | None) -> float | None:
    """Read Retry-After (RFC 9110, 10.2.3): seconds, or a date.

    A date counts from the answer's own date, since the server's clock is not ours; where the answer has
    none, from `now`. A header that came twice is a list, of which the longest wins.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\s*,\s*[0-9]{1,9})*", text):
        return max(float(each) for each in text.split(","))
    until, sent = http_date(text), http_date(headers.get("date", "")) or now
    return None if until is None or sent is None else max(0.0, (until - sent).total_seconds())


def http_date(text: str) -> datetime | None:
    """Return the moment of a date in a header; None if it is none, or has no time zone."""
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return None if moment.tzinfo is None else moment


def _text_wait(detail: str) -> float | None:
    match = next((found for text in _WAIT_TEXTS if (found := text.search(detail))), None)
    if match is None:
        return None
    whole = int(re.sub(r"\D", "", match[1])) + (1 if (match[2] or "").strip("0") else 0)
    return float(whole if match[3] else whole * 60)
