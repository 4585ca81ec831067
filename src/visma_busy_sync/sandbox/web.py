"""What Starlette leaves to its users: JSON without floats as an answer, and strict reading of requests.

Starlette mends what a client sent: it keeps broken percent-encoding, replaces bytes that are not UTF-8, takes
the first of repeated headers and the last of repeated parameters. A sandbox has to show such mistakes, so
what is read here is checked before Starlette, or instead of it.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from visma_busy_sync.sandbox.errors import BAD_BODY, BAD_QUERY, ApiFault
from visma_busy_sync.sandbox.jsontext import BadJson, Json, encode, has_odd_text, parse, same

BODY_MOST_BYTES: Final = 16 * 1024 * 1024
# A body may take its time, but not stand still.
BODY_SECONDS: Final = 3
JSON_TYPES: Final = frozenset({"application/json", "text/json"})

_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)


class BadEncoding(ValueError):
    """Percent-encoding that is broken or does not give UTF-8."""


class JsonAnswer(Response):
    """An answer in JSON. ``rename`` is applied to every member name.

    Starlette's own encoder knows no ``Decimal`` and would write amounts as floats.
    """

    media_type = "application/json; charset=utf-8"

    def __init__(
        self,
        content: Json,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        rename: Callable[[str], str] = same,
    ) -> None:
        super().__init__(encode(content, rename), status_code, headers)


def decode_percent(text: str) -> str:
    """Undo percent-encoding; refuse broken escapes and bytes that are not UTF-8."""
    if _BROKEN_PERCENT.search(text):
        raise BadEncoding("broken percent-encoding")
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise BadEncoding("percent-encoding that is not UTF-8") from None


def parameters(encoded: bytes) -> QueryParams:
    """Read a query string or a form; forms are read here too, as ``request.form()`` mends them silently."""
    try:
        text = encoded.decode()
    except UnicodeDecodeError:
        raise BadEncoding("bytes that are not UTF-8") from None
    decode_percent(text)
    return QueryParams(text)


def query(request: Request) -> QueryParams:
    """Read the query of a request to the API, or refuse the request."""
    try:
        return parameters(request.scope["query_string"])
    except BadEncoding as fault:
        raise ApiFault(400, BAD_QUERY, f"The query has {fault}") from None


def header(request: Request, name: str) -> str | None:
    """Return a header's value; repeated headers are joined with a comma (RFC 9110, 5.3)."""
    values = request.headers.getlist(name)
    return ", ".join(values) if values else None


def media_type(request: Request) -> str:
    """Return the content type without its parameters, lower case; empty when there is none."""
    return (header(request, "content-type") or "").split(";", 1)[0].strip().lower()


async def receive_body(request: Request) -> bytes:
    """Read the body. What is too long is read to its end, or the client would not see the refusal.

    Starlette's limit (``max_body_size``, in newer versions) answers at once and in plain text.
    """
    parts: list[bytes] = []
    size = 0
    time = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(BODY_SECONDS) as patience:
            async for part in request.stream():
                patience.reschedule(time() + BODY_SECONDS)
                size += len(part)
                if size <= BODY_MOST_BYTES:
                    parts.append(part)
    except TimeoutError:
        raise ApiFault(408, BAD_BODY, f"No more of the body came for {BODY_SECONDS} seconds") from None
    if size > BODY_MOST_BYTES:
        raise ApiFault(413, BAD_BODY, f"The body is larger than {BODY_MOST_BYTES} bytes")
    return b"".join(parts)


def body_of(request: Request) -> bytes:
    """Return the body, which was received before the handler was called; handlers do not await."""
    body: bytes = request.state.body
    return body


def read_object(request: Request) -> Mapping[str, Json]:
    """Read a JSON object from a request's body, or refuse the request."""
    charset = _CHARSET.search(header(request, "content-type") or "")
    plain = (header(request, "content-encoding") or "identity").strip().lower() == "identity"
    utf8 = charset is None or charset[1].lower() in ("utf-8", "utf8")
    if media_type(request) not in JSON_TYPES or not utf8 or not plain:
        raise ApiFault(415, BAD_BODY, "The body must be application/json in UTF-8, not compressed")
    if not body_of(request).strip():
        raise ApiFault(400, BAD_BODY, "The body is empty")
    try:
        body = parse(body_of(request))
    except BadJson as fault:
        raise ApiFault(400, BAD_BODY, f"The body cannot be read: {fault}") from None
    if not isinstance(body, Mapping):
        raise ApiFault(400, BAD_BODY, "The body is not a JSON object")
    if has_odd_text(body):
        raise ApiFault(400, BAD_BODY, "The body holds a NUL character or half of a surrogate pair")
    return body
