"""Make a value of any class from the types of its fields."""

from __future__ import annotations

import collections.abc
import enum
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import attrs

from visma_busy_sync import Secret
from visma_busy_sync.busy import GivenLine, Order
from visma_busy_sync.eaccounting import Application, Operation
from visma_busy_sync.eaccounting.models import NewOrder, NewOrderRow
from visma_busy_sync.sync import Decision

GUID: Final = "00000000-0000-0000-0000-000000000001"

# What a class demands beyond the types of its fields.
GIVEN: Final[Mapping[type, Mapping[str, Any]]] = {
    Application: {"redirect_uri": "https://busy.example/callback"},
    Decision: {"eaccounting_id": GUID},
    GivenLine: {"claims": ("entry:1",)},
    NewOrder: {"customer_id": GUID, "currency_code": "NOK", "rows": ()},
    NewOrderRow: {"article_id": GUID},
    Operation: {"method": "GET", "path": "/projects", "decode": len},
    Order: {"currency": "NOK"},
}

PLAIN: Final[Mapping[Any, Any]] = {
    str: "x",
    bool: True,
    int: 1,
    float: 1.0,
    bytes: b"x",
    Decimal: Decimal(1),
    date: date(2026, 3, 1),
    datetime: datetime(2026, 3, 1, 12, tzinfo=UTC),
    timedelta: timedelta(hours=1),
    object: "x",
    Any: "x",
    BaseException: ValueError("x"),
    type: int,
}

_ONE: Final = (
    collections.abc.Sequence,
    collections.abc.Iterable,
    collections.abc.Collection,
)


def make(cls: type) -> Any:
    """Make an instance, with every argument that must be given."""
    given = GIVEN.get(cls, {})
    if attrs.has(cls):
        needed = {f.alias: f.name for f in attrs.fields(cls) if f.init and f.default is attrs.NOTHING}
        hints = _hints(cls) if needed.keys() - given.keys() else {}
        made = {alias: _of(hints[name]) for alias, name in needed.items() if alias not in given}
        return cls(**made, **given)
    init: Callable[..., None] = cls.__init__  # type: ignore[misc] # only looked at
    hints = _hints(init)
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for parameter in list(inspect.signature(init).parameters.values())[1:]:
        star = parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
        if star or parameter.default is not parameter.empty:
            continue
        value = given[parameter.name] if parameter.name in given else _of(hints[parameter.name])
        if parameter.kind is parameter.KEYWORD_ONLY:
            named[parameter.name] = value
        else:
            positional.append(value)
    return cls(*positional, **named)


def _hints(thing: Any) -> dict[str, Any]:
    return typing.get_type_hints(thing)


def _of(hint: Any) -> Any:
    if hint in PLAIN:
        return PLAIN[hint]
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        return _of(next(each for each in inside if each is not type(None)))
    if origin is typing.Literal:
        return inside[0]
    if isinstance(hint, typing.TypeVar):
        return PLAIN[object]
    if isinstance(hint, typing.NewType):
        return _of(hint.__supertype__)
    if origin is tuple:
        return (_of(inside[0]),) if inside[-1] is ... else tuple(map(_of, inside))
    if origin in {collections.abc.Mapping, dict}:
        return {_of(inside[0]): _of(inside[1])}
    if origin in _ONE:
        return (
            frozenset({_of(inside[0])}) if origin in {frozenset, collections.abc.Set} else (_of(inside[0]),)
        )
    if origin is type:
        return inside[0]
    return _of_class(origin or hint)


def _of_class(cls: Any) -> Any:
    if cls in PLAIN:
        return PLAIN[cls]
    if cls is Secret:
        return Secret("x")
    if issubclass(cls, enum.Enum):
        return next(iter(cls))
    return make(cls)
