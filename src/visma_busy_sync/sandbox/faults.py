"""Faults on demand: a table of what shall go wrong at the next request of a kind.

A fault names method and path template, waits ``skip`` matching requests, works ``times`` times and is gone.
``before`` means the request has no effect; ``after`` means the effect happened and only the answer is spoilt.
``slow_accept`` comes before there is a request: it works on the next new connection, whoever opens it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, cast, get_args

from visma_busy_sync.sandbox.given import flag, one_of, only, text, whole
from visma_busy_sync.sandbox.jsontext import Json

FaultKind: TypeAlias = Literal[
    "status",
    "redirect",
    "drop_before",
    "drop_after",
    "garbage",
    "truncate",
    "delay",
    "drip_headers",
    "drip_body",
    "endless",
    "bad_gzip",
    "zip_bomb",
    "wrong_length",
    "duplicate_headers",
    "odd_headers",
    "bad_headers",
    "slow_accept",
]
Form: TypeAlias = Literal["json", "html", "empty"]
Gzip: TypeAlias = Literal["garbage", "cut", "checksum"]
When: TypeAlias = Literal["before", "after"]

DELAY_MOST_SECONDS: Final = 600
MEGABYTES_MOST: Final = 1024

# When a fault that does not say so works. These two take either; the others only show what was answered.
_EITHER: Final = frozenset({"status", "redirect"})
_BEFORE: Final = frozenset({"drop_before", "slow_accept"})
# The default statuses and the statuses that are taken, where they are not those of any answer.
_STATUS: Final[Mapping[str, tuple[int, int, int]]] = {"status": (500, 200, 599), "redirect": (302, 300, 399)}


@dataclass(slots=True)
class Fault:
    """One armed fault. ``kind`` is what goes wrong, the rest how.

    Attributes:
        method: the method it waits for; ``*`` for any.
        path: the path template it waits for; ``*`` for any.
        kind: what goes wrong.
        status: the status that is shown (``status``, ``redirect``).
        body: its body: an error in JSON, HTML, or nothing.
        error_code: the error's code.
        message: the error's text.
        payload: JSON to show instead of an error.
        headers: headers to show besides (``status``, ``redirect`` and the three kinds of odd headers).
        when: before or after the effect (``status``, ``redirect``).
        reset: cut by a TCP reset instead of a close (``drop_before``, ``drop_after``).
        times: how often it works.
        skip: how many such requests pass first.
        seconds: how late (``delay``, ``slow_accept``).
        bytes_per_second: how slow (``drip_headers``, ``drip_body``).
        forever: the answer never ends (``drip_headers``, ``drip_body``), or the connection stays open after
            it (``wrong_length``).
        gzip: what is wrong with the body: no gzip at all, half of it, or a wrong checksum (``bad_gzip``).
        megabytes: the size when unpacked (``zip_bomb``).
        extra: how many bytes more are promised than come; less than 0 for fewer (``wrong_length``).
        url: where to (``redirect``).
    """

    method: str
    path: str
    kind: FaultKind
    status: int = 500
    body: Form = "json"
    error_code: int = 5000
    message: str = "A fault the sandbox was told to show"
    payload: Json = None
    headers: tuple[tuple[str, str], ...] = ()
    when: When = "before"
    reset: bool = True
    times: int = 1
    skip: int = 0
    seconds: int = 0
    bytes_per_second: int = 20
    forever: bool = False
    gzip: Gzip = "garbage"
    megabytes: int = 100
    extra: int = 10
    url: str = ""

    def as_json(self) -> Mapping[str, Json]:
        """Return the fault as the control endpoint takes it."""
        return {name: getattr(self, name) for name in Fault.__dataclass_fields__} | {
            "headers": dict(self.headers)
        }

    @property
    def shown_code(self) -> int | None:
        """Return the API's code in the answer of a ``status`` fault, if it has one."""
        return self.error_code if self.body == "json" else None


@dataclass(slots=True)
class FaultTable:
    """The armed faults, oldest first."""

    armed: list[Fault] = field(default_factory=list)

    def take(self, method: str, template: str | None) -> Fault | None:
        """Return the fault for this request, if one is due, and use it up."""
        return self._due(
            lambda fault: (
                fault.kind != "slow_accept"
                and fault.method in (method, "*")
                and fault.path in (template, "*")
            )
        )

    def take_connection(self) -> Fault | None:
        """Return the fault for a new connection, if one is due, and use it up."""
        return self._due(lambda fault: fault.kind == "slow_accept")

    def _due(self, fits: Callable[[Fault], bool]) -> Fault | None:
        for fault in filter(fits, self.armed):
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.armed.remove(fault)
            return fault
        return None


def _url(given: Mapping[str, Json], kind: FaultKind) -> str:
    if kind != "redirect" and "url" not in given:
        return ""
    value = text(given, "url")
    if not value.isascii() or not value.isprintable():
        raise ValueError("url must be printable ASCII")
    return value


def _headers(given: Mapping[str, Json]) -> tuple[tuple[str, str], ...]:
    value = given.get("headers", {})
    if not isinstance(value, Mapping):
        raise ValueError(  # noqa: TRY004 - bad input, not a programming error
            "headers must be an object of texts"
        )
    pairs: list[tuple[str, str]] = []
    for name, shown in value.items():
        if not isinstance(shown, str) or not (name + shown).isascii() or not (name + shown).isprintable():
            raise ValueError("headers must be an object of printable ASCII texts")
        pairs.append((name, shown))
    return tuple(pairs)


def template(path: str) -> str:
    """Write a path template as the sandbox does: ``/orders/{orderId}`` is ``/v2/orders/{id}``."""
    path = re.sub(r"\{\w+\}", "{id}", path)
    return path if path == "*" or path.startswith(("/v2/", "/connect/")) else f"/v2{path}"


def read_fault(given: Mapping[str, Json]) -> Fault:
    """Read a fault as the control endpoint takes it.

    Raises:
        ValueError: a member is missing, unknown or out of range; the message names it.
    """
    only(given, Fault.__dataclass_fields__, "a fault")
    kind = cast("FaultKind", one_of(given, "kind", get_args(FaultKind)))
    when = cast("When", one_of(given, "when", get_args(When), "before"))
    if kind not in _EITHER:
        when = "before" if kind in _BEFORE else "after"
    status, least, most = _STATUS.get(kind, (200, 200, 599))
    return Fault(
        method=text(given, "method").upper(),
        path=template(text(given, "path")),
        kind=kind,
        status=whole(given, "status", status, least, most),
        body=cast("Form", one_of(given, "body", get_args(Form), "json")),
        error_code=whole(given, "error_code", 5000, 0, 99_999),
        message=text(given, "message", "A fault the sandbox was told to show"),
        payload=given.get("payload"),
        headers=_headers(given),
        when=when,
        reset=flag(given, "reset", True),
        times=whole(given, "times", 1, 1, 1_000_000),
        skip=whole(given, "skip", 0, 0, 1_000_000),
        seconds=whole(given, "seconds", 0, 0, DELAY_MOST_SECONDS),
        bytes_per_second=whole(given, "bytes_per_second", 20, 1, 100_000_000),
        forever=flag(given, "forever", False),
        gzip=cast("Gzip", one_of(given, "gzip", get_args(Gzip), "garbage")),
        megabytes=whole(given, "megabytes", 100, 1, MEGABYTES_MOST),
        extra=whole(given, "extra", 10, -1_000_000, 1_000_000),
        url=_url(given, kind),
    )
