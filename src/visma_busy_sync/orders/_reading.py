"""Reading stored documents back into values, strictly: what is not exactly as written is refused.

The reverse of `busy._canonical`. A document comes from the host's database, so nothing in it is trusted:
every fault becomes a `DocumentError` that names the place and does not repeat the content.
"""

from __future__ import annotations

import enum
import functools
import json
import re
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, NoReturn, TypeVar, cast

import attrs

from visma_busy_sync.busy._canonical import Plain
from visma_busy_sync.orders._errors import DocumentError, DocumentTooNew

T = TypeVar("T")

_NUMBER = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,30})?")
"""Bounded before `Decimal` sees it, so that a text like 1E+999999999 is never expanded."""


def _no_number(_text: str) -> NoReturn:
    raise ValueError("numbers with a point are texts in a document")


def parse(text: str, *, document: str, schema: int) -> dict[str, Plain]:
    """Return the object that `text` holds, of the kind `document` and with the schema that is known.

    Raises:
        DocumentError: If it is no such document.
        DocumentTooNew: If a newer version of this package wrote it.
    """
    try:
        found = json.loads(text, parse_float=_no_number, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise DocumentError(document, "it is no JSON of a document") from error
    members = cast("dict[str, Plain]", found) if isinstance(found, dict) else {}
    if members.get("document") != document:
        raise DocumentError(document, f"it does not say that it is a document of the kind {document!r}")
    version = members.get("schema")
    if type(version) is not int or version < 1:
        raise DocumentError(document, "it has no schema version")
    if version > schema:
        raise DocumentTooNew(document, found=version, known=schema)
    return members


def structure(kind: type[T], data: Plain, *, document: str, **given: object) -> T:
    """Return `data` as an attrs value of `kind`; fields in `given` are taken from there.

    Raises:
        DocumentError: If a member is missing, unknown, or no value of its field.
    """
    try:
        return cast("T", _attrs_value(kind, data, given))
    except (TypeError, ValueError, OverflowError) as error:
        raise DocumentError(document, f"{error}") from error


def _attrs_value(kind: Any, data: object, given: Mapping[str, object]) -> object:
    if not isinstance(data, dict):
        raise TypeError(f"{kind.__name__} must be an object")
    members = cast("dict[str, object]", data)
    hints = _hints(kind)
    expected = hints.keys() - given.keys()
    if expected != members.keys():
        names = ", ".join(sorted(expected ^ members.keys()))
        raise ValueError(f"{kind.__name__} has missing or unknown members: {names}")
    values = {name: _value(hints[name], members[name], f"{kind.__name__}.{name}") for name in expected}
    return kind(**values, **given)


@functools.cache
def _hints(kind: Any) -> Mapping[str, Any]:
    hints = typing.get_type_hints(kind)
    return MappingProxyType({attribute.name: hints[attribute.name] for attribute in attrs.fields(kind)})


def _value(hint: Any, data: object, place: str) -> object:
    origin = typing.get_origin(hint)
    if origin in {types.UnionType, typing.Union}:
        (inner,) = (member for member in typing.get_args(hint) if member is not types.NoneType)
        return None if data is None else _value(inner, data, place)
    if origin is tuple:
        if not isinstance(data, list):
            raise TypeError(f"{place} must be a list")
        inner = typing.get_args(hint)[0]
        return tuple(_value(inner, member, place) for member in cast("list[object]", data))
    if attrs.has(hint):
        return _attrs_value(hint, data, {})
    if hint is int:
        if type(data) is not int:
            raise TypeError(f"{place} must be a whole number")
        return data
    if not isinstance(data, str):
        raise TypeError(f"{place} must be a text")
    if issubclass(hint, enum.StrEnum):
        return _member(hint, data, place)
    return _SCALARS[hint](data, place)


def _member(kind: type[enum.StrEnum], text: str, place: str) -> enum.StrEnum:
    if text not in {member.value for member in kind}:
        raise ValueError(f"{place} has a value that is not known")
    return kind(text)


def _text(text: str, _place: str) -> str:
    return text


def _number(text: str, place: str) -> Decimal:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"{place} must be a number")
    return Decimal(text)


def _date(text: str, place: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{place} must be a date") from error


def _moment(text: str, place: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{place} must be a moment") from error
    if moment.utcoffset() is None:
        raise ValueError(f"{place} must be a moment with its offset")
    return moment


_SCALARS: Final[Mapping[type, Callable[[str, str], object]]] = MappingProxyType(
    {str: _text, Decimal: _number, date: _date, datetime: _moment}
)
