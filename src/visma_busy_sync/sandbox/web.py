"""Requests and answers as plain values, and strict decoding of paths, queries and forms.

The server is one synchronous function from ``Request`` to ``Answer``: nothing can happen between a check and
its effect, so every request is atomic.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from visma_busy_sync.sandbox.jsontext import Json, encode

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
FORM_TYPE = "application/x-www-form-urlencoded"

_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class BadEncoding(ValueError):
    """Percent-encoding that is broken or does not give UTF-8."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, body read. ``raw_path`` is still percent-encoded; header names are lower case."""

    method: str
    raw_path: str
    raw_query: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str | None:
        """Return a header's value; repeated headers are joined with a comma (RFC 9110, 5.3)."""
        values = [value for key, value in self.headers if key == name]
        return ", ".join(values) if values else None

    def media_type(self) -> str:
        """Return the content type without its parameters, lower case; empty when there is none."""
        return (self.header("content-type") or "").split(";", 1)[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer. ``error_code`` is the API's code, for the journal."""

    status: int
    body: bytes = field(default=b"", repr=False)
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    error_code: int | str | None = None


def json_answer(
    status: int,
    value: Json,
    *,
    headers: tuple[tuple[str, str], ...] = (),
    error_code: int | str | None = None,
) -> Answer:
    """Build an answer with a JSON body."""
    return Answer(status, encode(value).encode(), JSON_TYPE, headers, error_code)


def decode_percent(text: str) -> str:
    """Undo percent-encoding; refuse broken escapes and bytes that are not UTF-8."""
    if _BROKEN_PERCENT.search(text):
        raise BadEncoding("broken percent-encoding")
    try:
        return unquote_to_bytes(text.encode("latin-1")).decode("utf-8")
    except UnicodeError:
        raise BadEncoding("percent-encoding that is not UTF-8") from None


def pairs(text: str) -> list[tuple[str, str]]:
    """Split a query string or form body into decoded names and values; ``+`` is a space."""
    found: list[tuple[str, str]] = []
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            found.append((decode_percent(name.replace("+", " ")), decode_percent(value.replace("+", " "))))
    return found


def single_values(found: list[tuple[str, str]]) -> tuple[dict[str, str], str | None]:
    """Return parameters by name, and the name of one that was sent twice (RFC 6749, 3.1), if any."""
    values: dict[str, str] = {}
    for name, value in found:
        if name in values:
            return values, name
        values[name] = value
    return values, None
