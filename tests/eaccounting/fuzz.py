"""Answers that nobody would think of, made from a seed: of every endpoint, mutated, cut, nested, mistyped."""

from __future__ import annotations

import gzip
import json
import pickle
import random
import types
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import attrs

from visma_busy_sync.eaccounting import Operation
from visma_busy_sync.eaccounting import _endpoints as endpoints
from visma_busy_sync.eaccounting.codes import CODES
from visma_busy_sync.eaccounting.errors import EAccountingError
from visma_busy_sync.eaccounting.http import Response
from visma_busy_sync.eaccounting.models import CustomerId, NewOrder

from . import openapi
from .given import ID, OTHER_ID, plain
from .test_contract import SCHEMAS

# A reference token as identity servers make them, a JWT, a code, a client secret.
TOKEN: Final = "5f0c2e77a1b94d3c8e6f1a2b3c4d5e6f5f0c2e77a1b94d3c8e6f1a2b3c4d5e6f"
JWT: Final = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJLYXJpIn0.s1gnature_-planted"
REFRESH: Final = "A1B2C3D4E5F60718293A4B5C6D7E8F90-planted-1"
CODE: Final = "9C0DE17A2B3C4D5E6F70819A2B3C4D5E-1"
CLIENT_SECRET: Final = "s3cret-Cl1ent_planted"
PLANTED: Final = (TOKEN, JWT, REFRESH, CODE, CLIENT_SECRET)
ECHO: Final = " ".join(PLANTED)

Json = Any


def sample(schema: dict[str, Any], depth: int = 0) -> Json:
    """Make a whole answer of the API's description, with every member."""
    if "$ref" in schema:
        return sample(openapi.schema(schema["$ref"].rpartition("/")[2]), depth)
    match schema.get("type"), schema.get("format"):
        case "array", _:
            return [sample(schema["items"], depth + 1)] if depth < 4 else []
        case "string", "uuid":
            return ID
        case "string", "date-time":
            return "2026-03-31T12:00:00.1234567Z"
        case "string", _:
            return "Rådgivning"
        case "boolean", _:
            return True
        case "integer", _:
            return 1
        case "number", _:
            return 12.5
    return {name: sample(member, depth + 1) for name, member in schema.get("properties", {}).items()}


ERROR: Final = {
    "ErrorCode": 4010,
    "DeveloperErrorMessage": "Try again in 5 seconds",
    "ErrorId": OTHER_ID,
    "Errors": [{"Field": "Rows[0].Quantity", "ErrorCode": "2000", "Message": "is wrong", "Key": None}],
}
GRANT: Final = {
    "access_token": TOKEN,
    "refresh_token": REFRESH,
    "expires_in": 3600,
    "token_type": "Bearer",
    "scope": "ea:api offline_access ea:sales",
}
_CODES: Final = (*CODES, 0, -1, "4010", None)
OAUTH_ERRORS: Final = ("invalid_grant", "invalid_client", "invalid_request", "unauthorized_client", "odd")

ENDPOINTS: Final = (
    endpoints.PROJECTS,
    endpoints.CUSTOMERS,
    endpoints.ARTICLES,
    endpoints.UNITS,
    endpoints.TERMS_OF_PAYMENTS,
    endpoints.ARTICLE_ACCOUNT_CODINGS,
    endpoints.ORDERS,
)


def _operations() -> list[tuple[Operation[Any], Json]]:
    """Every operation that the library carries out, with a good answer."""
    found: list[tuple[Operation[Any], Json]] = [
        (endpoints.COMPANY_SETTINGS, sample(openapi.schema("CompanySettingsApi"))),
        (Operation("GET", "/things", plain), {"Name": "x"}),
        (endpoints.ORDERS.delete(ID), None),
    ]
    meta = sample(openapi.schema("CommonPaginationMetadata"))
    for endpoint in ENDPOINTS:
        row = sample(openapi.schema(SCHEMAS[endpoint.model]))
        found.append((endpoint.page(), {"Meta": meta, "Data": [row, row]}))
        found.append((endpoint.get(ID), row))
        if endpoint.new is NewOrder:
            found.append((endpoint.create(_order()), row))
    return found


def _order() -> NewOrder:
    from datetime import date

    return NewOrder(
        customer_id=CustomerId(OTHER_ID), currency_code="NOK", order_date=date(2026, 3, 31), rows=()
    )


OPERATIONS: Final = _operations()


class Maker:
    """Makes answers from one source of chance."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.pick = chance.choice

    def text(self) -> str:
        """Return a secret, or something odd."""
        chance = self.chance
        kind = chance.random()
        if kind < 0.5:
            return self.pick(PLANTED)
        if kind < 0.8:
            return self.pick(_ODD_TEXTS)
        return "".join(map(chr, chance.choices(_CHARACTERS, k=chance.randrange(12))))

    def scalar(self) -> Json:
        """Return a value without parts."""
        kind = self.chance.random()
        return self.text() if kind < 0.5 else self.pick(_ODD_SCALARS)

    def value(self, depth: int = 0) -> Json:
        """Return a value of any shape."""
        kind = self.chance.random()
        if depth > 3 or kind < 0.5:
            return self.scalar()
        if kind < 0.75:
            return [self.value(depth + 1) for _ in range(self.chance.randrange(4))]
        return {self.name(): self.value(depth + 1) for _ in range(self.chance.randrange(4))}

    def name(self) -> str:
        """Return a member's name, mostly one that means something."""
        return self.pick(_NAMES) if self.chance.random() < 0.7 else self.text()

    def mutated(self, good: Json) -> Json:
        """Change a good answer in a few places."""
        value = deepcopy(good)
        for _ in range(self.chance.randrange(1, 4)):
            value = self._changed(value)
        return value

    def _changed(self, value: Json) -> Json:
        if not isinstance(value, dict | list) or not value or self.chance.random() < 0.1:
            return self.value()
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = self.pick(keys)
        kind = self.chance.random()
        if kind < 0.5:
            value[key] = self._changed(value[key])
        elif kind < 0.8:
            value[key] = self.value()
        elif isinstance(value, list):
            value.append(self.value())
        elif kind < 0.87:
            del value[key]
        elif kind < 0.94:
            value[key[:1].swapcase() + key[1:]] = value.pop(key)
        else:
            value[self.name()] = self.value()
        return value

    def body(self, good: Json, *, refusing: bool) -> bytes:
        """Return a body: good, mutated, of another kind, or broken on the wire."""
        kind = self.chance.random()
        if kind < 0.1:
            return self.pick(_ODD_BODIES)
        if kind < 0.2:
            value = self.value()
        elif kind < (0.8 if refusing else 0.3):
            value = self.refusal()
        else:
            value = good
        return self._on_the_wire(_dumped(self.mutated(value) if self.chance.random() < 0.5 else value))

    def refusal(self) -> Json:
        """Return an error body, of the API or of the identity server."""
        if self.chance.random() < 0.4:
            return {"error": self.pick(OAUTH_ERRORS), "error_description": ECHO}
        return {**ERROR, "ErrorCode": self.pick(_CODES), "DeveloperErrorMessage": self.text()}

    def _on_the_wire(self, text: str) -> bytes:
        kind = self.chance.random()
        if kind > 0.4:
            return text.encode("utf-8", "surrogatepass")
        if kind < 0.08:
            return text.encode(self.pick(_ENCODINGS), "replace")
        data = bytearray(text.encode("utf-8", "surrogatepass"))
        at = self.chance.randrange(len(data) + 1)
        if kind < 0.18:
            return bytes(data[:at])
        if kind < 0.28:
            data[at:at] = self.pick(_INSERTS)
        else:
            for _ in range(self.chance.randrange(1, 4)):
                data[self.chance.randrange(len(data))] = self.chance.randrange(256)
        return bytes(data)

    def headers(self) -> dict[str, str]:
        """Return headers that say something, or lie; each answer has a secret in one."""
        found = {"content-type": "application/json", "x-echo": ECHO}
        for _ in range(self.chance.randrange(4)):
            found[self.pick(_HEADERS)] = (
                self.pick(_HEADER_VALUES) if self.chance.random() < 0.7 else self.text()
            )
        return found

    def answer(self, good: Json, *, usual: int = 200) -> Response:
        """Return an answer."""
        kind = self.chance.random()
        if kind < 0.4:
            status = usual
        elif kind < 0.95:
            status = self.pick(_STATUSES)
        else:
            status = self.chance.randrange(-1, 1000)
        return Response(status, self.headers(), self.body(good, refusing=status >= 400))


def _dumped(value: Json) -> str:
    """Write JSON as a server might: with numbers that Python would not write, and any character."""
    text = json.dumps(value, ensure_ascii=False)
    for mark, number in _NUMBERS.items():
        text = text.replace(f'"{mark}"', number)
    return text


# Texts that stand for numbers no float or int of Python writes in this way.
_NUMBERS: Final = {
    "#huge": "1e999999999",
    "#tiny": "-1e-999999999",
    "#long": "9" * 5000,
    "#digits": "0." + "3" * 3000,
    "#exponent": "1e" + "9" * 30,
    "#nan": "NaN",
    "#infinity": "-Infinity",
    "#zero": "-0",
}
# fmt: off
_ODD_TEXTS: Final = (
    "", " ", "0", "-1", "1e9", "null", "true", "x" * 300, "\x00", "\ud800", "\\ud800", "\udfff\ud800", "🙂",
    "ı", "٣", ID, ID.upper(), ID[:-1], "2026-03-31", "2026-03-31T12:00:00Z", "9999-12-31T23:59:59.9999999Z",
    "0001-01-01T00:00:00", "2026-02-30", "2026-03-31T25:00:00+99:99", "Try again in 99999999 seconds",
    "<html>", "No access to module: api_standard", "4010", "999999999999", "1,5", "../..", "%s %d {0}",
    "NOK", "Bearer",
)
_ODD_SCALARS: Final = (
    None, True, False, 0, 1, -1, 4002, 4010, 5001, 3000, 2**31, 2**63, -(2**63), 10**40, 0.1, -12.5, 1e308,
    *_NUMBERS,
)
_CHARACTERS: Final = [*range(0x250), 0x2028, 0xD800, 0xDFFF, 0xFEFF, 0xFFFF, 0x1F642, 0x10FFFF]
_NAMES: Final = (
    "Id", "id", "Meta", "Data", "data", "ErrorCode", "errorCode", "ErrorId", "DeveloperErrorMessage",
    "Errors", "Field", "Message", "Key", "TotalNumberOfResults", "Rows", "Amount", "Status", "Name", "error",
    "error_description", "access_token", "refresh_token", "expires_in", "token_type", "scope", "",
)
_STATUSES: Final = (
    200, 201, 202, 204, 206, 299, 300, 301, 302, 304, 307, 308, 400, 401, 402, 403, 404, 405, 408, 409, 413,
    418, 422, 429, 429, 429, 431, 451, 499, 500, 501, 502, 503, 504, 520, 599,
)
_HEADERS: Final = (
    "retry-after", "date", "location", "content-type", "content-encoding", "www-authenticate", "",
)
_HEADER_VALUES: Final = (
    "0", "5", "-5", "1e9", "99999999999999999999", "5, 10", "", "٣", "nonsense", "text/html",
    "text/html; charset=x", "Tue, 31 Mar 2026 12:00:30 GMT", "Tue, 31 Mar 2026 12:00:30 -0000",
    "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 +2359", "Tue, 99 Foo 2026",
    f"https://evil.example/?code={CODE}", f"Bearer {TOKEN}",
)
_ENCODINGS: Final = ("utf-16", "utf-32", "utf-8-sig", "latin-1", "utf-7", "cp037")
_INSERTS: Final = (
    b"\xff", b"\x00", b"\xc0\x80", b"\xed\xa0\x80", b"\\u0000", b"\\ud800", b",", b"}", b"[", b'"', b"\n",
    TOKEN.encode(), b"\xef\xbb\xbf", b"1e999999999",
)
_ODD_BODIES: Final = (
    b"", b" \r\n", b"null", b"[]", b"{}", b'""', b"0", b"{", b"[" * 3000, b'{"a":' * 3000,
    b"[" * 900 + b"]" * 900, b'{"Data":' + b"[" * 900 + b"]" * 900 + b"}", f"<html>{ECHO}</html>".encode(),
    f'"{ECHO}"'.encode(), ECHO.encode(), gzip.compress(b"{}"), b"\xff\xfe{\x00}\x00", bytes(range(256)),
    b"9" * 6000, b'{"Id":"x","Id":"y"}', b'{"ErrorCode":1e999999999}',
    f'{{"ErrorCode":4010,"ErrorId":"{TOKEN}"}}'.encode(),
)
# fmt: on


def leaks(error: BaseException, skipped: Callable[[str], bool]) -> Iterator[str]:
    """Yield where an error, or what came with it, shows a secret.

    `detail` may repeat what was sent: it says so, and is in no text that is shown.

    Args:
        error: The error.
        skipped: Whether the frames of a file are not looked at: the tests hold the secrets themselves.
    """
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        now = todo.pop()
        if now is None or any(now is each for each in seen):
            continue
        seen.append(now)
        todo += [now.__cause__, now.__context__]
        shown = {"str": str(now), "repr": repr(now), "args": repr(now.args)}
        if isinstance(now, EAccountingError):
            undetailed = _without_detail(now)
            shown["attributes"] = repr(undetailed.__dict__)
            shown["pickle"] = pickle.dumps(undetailed).decode("latin-1")
        yield from (where for where, text in shown.items() if _planted(text))
        trace = now.__traceback__
        while trace is not None:
            yield from _leaks_of_frame(trace.tb_frame, skipped)
            trace = trace.tb_next


def _leaks_of_frame(frame: types.FrameType, skipped: Callable[[str], bool]) -> Iterator[str]:
    if skipped(frame.f_code.co_filename):
        return
    for name, value in frame.f_locals.items():
        if not isinstance(value, EAccountingError) and _planted(repr(value)):
            yield f"{name} in {frame.f_code.co_name} ({Path(frame.f_code.co_filename).name})"


def _without_detail(error: EAccountingError) -> EAccountingError:
    other = type(error).__new__(type(error), *error.args)
    other.__dict__.update(error.__dict__)
    if getattr(error, "detail", ""):
        other.__dict__["detail"] = ""
    if getattr(error, "fields", ()):
        other.__dict__["fields"] = tuple(attrs.evolve(each, detail="") for each in error.__dict__["fields"])
    return other


def _planted(text: str) -> bool:
    return any(secret in text for secret in PLANTED)
