"""Faults on demand: a table of what shall go wrong at the next request of a kind.

A fault names method and path template, waits ``skip`` matching requests, works ``times`` times and is gone.
``before`` means the request has no effect; ``after`` means the effect happened and only the answer is spoilt.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, cast, get_args

from visma_busy_sync.sandbox.jsontext import Json

FaultKind: TypeAlias = Literal["status", "drop_before", "drop_after", "garbage", "truncate", "delay"]
Form: TypeAlias = Literal["json", "html", "empty"]
When: TypeAlias = Literal["before", "after"]

DELAY_MOST_SECONDS: Final = 600

_BEFORE: Final = frozenset({"drop_before"})
_AFTER: Final = frozenset({"drop_after", "garbage", "truncate", "delay"})


@dataclass(slots=True)
class Fault:
    """One armed fault. ``kind`` is what goes wrong, the rest how."""

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

    def as_json(self) -> Mapping[str, Json]:
        """Return the fault as the control endpoint takes it."""
        return {
            "method": self.method,
            "path": self.path,
            "kind": self.kind,
            "status": self.status,
            "body": self.body,
            "error_code": self.error_code,
            "message": self.message,
            "payload": self.payload,
            "headers": dict(self.headers),
            "when": self.when,
            "reset": self.reset,
            "times": self.times,
            "skip": self.skip,
            "seconds": self.seconds,
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
        for fault in self.armed:
            if fault.method not in (method, "*") or fault.path not in (template, "*"):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.armed.remove(fault)
            return fault
        return None


def _text(given: Mapping[str, Json], name: str, default: str | None = None) -> str:
    value = given.get(name, default)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a text")
    return value


def _whole(given: Mapping[str, Json], name: str, default: int, least: int, most: int) -> int:
    value = given.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name} must be a whole number from {least} to {most}")
    return value


def _one_of(
    given: Mapping[str, Json], name: str, choices: tuple[str, ...], default: str | None = None
) -> str:
    value = _text(given, name, default)
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}")
    return value


def _headers(given: Mapping[str, Json]) -> tuple[tuple[str, str], ...]:
    value = given.get("headers", {})
    if not isinstance(value, Mapping):
        raise ValueError(  # noqa: TRY004 - bad input, not a programming error
            "headers must be an object of texts"
        )
    pairs: list[tuple[str, str]] = []
    for name, text in value.items():
        if not isinstance(text, str) or not (name + text).isascii() or not (name + text).isprintable():
            raise ValueError("headers must be an object of printable ASCII texts")
        pairs.append((name, text))
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
    unknown = set(given) - set(Fault.__dataclass_fields__)
    if unknown:
        raise ValueError(f"a fault has no member '{min(unknown)[:60]}'")
    kind = cast("FaultKind", _one_of(given, "kind", get_args(FaultKind)))
    reset = given.get("reset", True)
    if not isinstance(reset, bool):
        raise ValueError(  # noqa: TRY004 - bad input, not a programming error
            "reset must be true or false"
        )
    when = cast("When", _one_of(given, "when", get_args(When), "before"))
    if kind in _BEFORE:
        when = "before"
    elif kind in _AFTER:
        when = "after"
    return Fault(
        method=_text(given, "method").upper(),
        path=template(_text(given, "path")),
        kind=kind,
        status=_whole(given, "status", 500 if kind == "status" else 200, 200, 599),
        body=cast("Form", _one_of(given, "body", get_args(Form), "json")),
        error_code=_whole(given, "error_code", 5000, 0, 99_999),
        message=_text(given, "message", "A fault the sandbox was told to show"),
        payload=given.get("payload"),
        headers=_headers(given),
        when=when,
        reset=reset,
        times=_whole(given, "times", 1, 1, 1_000_000),
        skip=_whole(given, "skip", 0, 0, 1_000_000),
        seconds=_whole(given, "seconds", 0, 0, DELAY_MOST_SECONDS),
    )
