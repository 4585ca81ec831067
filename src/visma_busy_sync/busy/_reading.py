"""Reading plain data back into values, strictly: what is not exactly as written is refused.

The reverse of `_canonical`. The data comes from a host's database, so nothing in it is trusted: every fault
is a `TypeError` or `ValueError` that names the place and does not repeat the content.
"""

from __future__ import annotations

import enum
import functools
import re
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar, cast

import attrs

T = TypeVar("T")

_Reader: TypeAlias = Callable[[object, str], object]
"""Reads data of one type; the text is the place, for the error."""

_NUMBER = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,30})?")
"""Bounded before `Decimal` sees it, so that a text like 1E+999999999 is never expanded."""

_NONE_GIVEN: Final[Mapping[str, object]] = MappingProxyType({})


def value_of(
    kind: type[T], data: object, *, given: Mapping[str, object] = _NONE_GIVEN, older: bool = False
) -> T:
    """Return plain data as an attrs value.

    Args:
        kind: The class of the value.
        data: What `members` made of it, also after it was JSON.
        given: Fields that are taken from here, and not from the data.
        older: Whether the data may be from before a field was there: what it lacks is then the field's
            default.

    Raises:
        TypeError, ValueError, OverflowError: If a member is missing, unknown, or no value of its field.
    """
    return cast("T", _attrs_value(kind, data, given, older=older))


def _attrs_value(kind: Any, data: object, given: Mapping[str, object], *, older: bool) -> object:
    if not isinstance(data, dict):
        raise TypeError(f"{kind.__name__} must be an object")
    members = cast("dict[str, object]", data)
    readers, optional = _fields(kind, older)
    expected = readers.keys() - given.keys()
    wrong = (expected ^ members.keys()) - (optional - members.keys())
    if wrong:
        raise ValueError(f"{kind.__name__} has missing or unknown members: {', '.join(sorted(wrong))}")
    values = {name: readers[name](member, f"{kind.__name__}.{name}") for name, member in members.items()}
    return kind(**values, **given)


@functools.cache
def _fields(kind: Any, older: bool) -> tuple[Mapping[str, _Reader], frozenset[str]]:
    """Return how each field of a class is read, and which may be missing."""
    hints, fields = typing.get_type_hints(kind), attrs.fields(kind)
    readers = {field.name: _reader(hints[field.name], older) for field in fields}
    may_lack = {field.name for field in fields if older and field.default is not attrs.NOTHING}
    return MappingProxyType(readers), frozenset(may_lack)


@functools.cache
def _reader(hint: Any, older: bool) -> _Reader:
    """Return what reads data of a type. It is made once, since there may be many thousands of values."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {types.UnionType, typing.Union}:
        (inner,) = (member for member in arguments if member is not types.NoneType)
        return _optional(_reader(inner, older))
    if origin is tuple:
        return _tuple(_reader(arguments[0], older))
    if origin is Mapping:
        return _mapping(_reader(arguments[1], older))
    if attrs.has(hint):
        return lambda data, _: _attrs_value(hint, data, _NONE_GIVEN, older=older)
    if issubclass(hint, enum.StrEnum):
        return _member_of(hint)
    return _SCALARS[hint]


def _optional(inner: _Reader) -> _Reader:
    return lambda data, place: None if data is None else inner(data, place)


def _tuple(inner: _Reader) -> _Reader:
    def read(data: object, place: str) -> object:
        if not isinstance(data, list):
            raise TypeError(f"{place} must be a list")
        return tuple(inner(member, place) for member in cast("list[object]", data))

    return read


def _mapping(inner: _Reader) -> _Reader:
    def read(data: object, place: str) -> object:
        if not isinstance(data, dict):
            raise TypeError(f"{place} must be an object")
        return {key: inner(member, place) for key, member in cast("dict[str, object]", data).items()}

    return read


def _member_of(kind: type[enum.StrEnum]) -> _Reader:
    known: Mapping[object, enum.StrEnum] = {member.value: member for member in kind}

    def read(data: object, place: str) -> object:
        if _text(data, place) not in known:
            raise ValueError(f"{place} has a value that is not known")
        return known[data]

    return read


def _flag(data: object, place: str) -> bool:
    if not isinstance(data, bool):
        raise TypeError(f"{place} must be true or false")
    return data


def _whole(data: object, place: str) -> int:
    if type(data) is not int:
        raise TypeError(f"{place} must be a whole number")
    return data


def _text(data: object, place: str) -> str:
    if not isinstance(data, str):
        raise TypeError(f"{place} must be a text")
    return data


def number_from(data: object, place: str) -> Decimal:
    """Return the number that a text holds, as `decimal_text` writes it.

    Raises:
        TypeError, ValueError: If it is no text, or holds no number.
    """
    text = _text(data, place)
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"{place} must be a number")
    return Decimal(text)


def _date(data: object, place: str) -> date:
    try:
        return date.fromisoformat(_text(data, place))
    except ValueError as error:
        raise ValueError(f"{place} must be a date") from error


def _moment(data: object, place: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(data, place))
    except ValueError as error:
        raise ValueError(f"{place} must be a moment") from error
    if moment.utcoffset() is None:
        raise ValueError(f"{place} must be a moment with its offset")
    return moment


_SCALARS: Final[Mapping[type, _Reader]] = MappingProxyType(
    {bool: _flag, int: _whole, str: _text, Decimal: number_from, date: _date, datetime: _moment}
)
