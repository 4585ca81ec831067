"""Filters for lists: `F.eq("Status", 1) & F.ge("ModifiedUtc", moment)`.

A filter is a value. It is checked against the model and written as OData text when the list is asked
for: names must be members of the model, values must fit their types, ids stay bare, texts are quoted
with doubled quotes, stamps end in `Z`. Not every member can be filtered by every server; a refusal is
`Rejected` with ErrorCode 6000.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, NoReturn, TypeAlias, final

from attrs import field, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.eaccounting._codec import wire_types
from visma_busy_sync.eaccounting.models import Model, guid

FilterValue: TypeAlias = "str | int | bool | Decimal | date | datetime | None"

# No member of the API is larger; without a bound 1E+999999 would become a megabyte of zeros.
_MOST_DIGITS: Final = 30


@final
@frozen
class Filter:
    """A condition on the rows of a list; combine with `&`, `|` and `~`."""

    _parts: tuple[str | _Comparison, ...]

    def __and__(self, other: Filter) -> Filter:
        return Filter(("(", *self._parts, " and ", *other._parts, ")"))

    def __or__(self, other: Filter) -> Filter:
        return Filter(("(", *self._parts, " or ", *other._parts, ")"))

    def __invert__(self) -> Filter:
        return Filter(("not (", *self._parts, ")"))

    def __bool__(self) -> NoReturn:
        raise ConfigurationError("A filter is neither true nor false.", advice="Combine with &, | and ~.")

    def render(self, model: type[Model]) -> str:
        """Write the filter for lists of `model`.

        Raises:
            ConfigurationError: If a name is not a member of the model or a value does not fit it.
        """
        types = wire_types(model)
        return "".join(p if isinstance(p, str) else p.render(model.__name__, types) for p in self._parts)


@frozen
class _Comparison:
    form: str  # with places for name and value
    name: str
    value: FilterValue = field(repr=False)  # may name a person

    def render(self, model: str, types: Mapping[str, Any]) -> str:
        if self.name not in types:
            raise ConfigurationError(
                f"{model} has no member {self.name!r} to filter by.",
                advice="Use the API's own names, e.g. ModifiedUtc.",
            )
        kind = types[self.name]
        literal = self._literal(kind)
        if literal is None:
            raise ConfigurationError(
                f"A {type(self.value).__name__} does not fit this filter on {model}.{self.name}.",
                advice=_wanted(kind),
            )
        return self.form.format(name=self.name, value=literal)

    def _literal(self, kind: Any) -> str | None:
        if self.form == _CONTAINS and kind is not str:
            return None
        if self.value is None:
            return "null" if self.form in _WITH_NULL else None
        return _literal(self.value, kind)


def _wanted(kind: Any) -> str:
    if kind is datetime:
        return "Give an aware datetime, or a date."
    if kind is date:
        return "Give a date."
    if kind is bool:
        return "Give True or False."
    if _is_number(kind):
        return "Give an int or a Decimal."
    if kind is str:
        return "Give a text."
    return "Give an id." if _is_id(kind) else "There is no filter on this member."


def _is_number(kind: Any) -> bool:
    return kind is Decimal or (isinstance(kind, type) and issubclass(kind, int) and kind is not bool)


def _is_id(kind: Any) -> bool:
    return getattr(kind, "__supertype__", None) is str


def _literal(value: object, kind: Any) -> str | None:
    """Write `value` for a member of the type `kind`; None if it does not fit."""
    if isinstance(value, bool):
        return str(value).lower() if kind is bool else None
    if isinstance(value, datetime):
        if kind is not datetime or value.tzinfo is None:
            return None
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat() if kind in {date, datetime} else None
    if isinstance(value, int | Decimal):
        return _number_literal(Decimal(value)) if _is_number(kind) else None
    if not isinstance(value, str):
        return None
    if kind is str:
        return _text_literal(value)
    return _id_literal(value) if _is_id(kind) else None


def _number_literal(value: Decimal) -> str | None:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_MOST_DIGITS or value.adjusted() > _MOST_DIGITS:
        return None
    return format(value, "f")


def _text_literal(value: str) -> str | None:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair; no URL can carry it
        return None
    return "'" + value.replace("'", "''") + "'"


def _id_literal(value: str) -> str | None:
    try:
        return guid(value)
    except ValueError:
        return None


_EQ: Final = "{name} eq {value}"
_NE: Final = "{name} ne {value}"
_CONTAINS: Final = "contains({name}, {value})"
_WITH_NULL: Final = frozenset({_EQ, _NE})


def _compare(form: str, name: str, value: FilterValue) -> Filter:
    return Filter((_Comparison(form, name, value),))


@final
class F:
    """Makes filters. `name` is the API's name of the member, in PascalCase."""

    @staticmethod
    def eq(name: str, value: FilterValue) -> Filter:
        """The member equals `value`; `None` is null."""
        return _compare(_EQ, name, value)

    @staticmethod
    def ne(name: str, value: FilterValue) -> Filter:
        """The member differs from `value`; `None` is null."""
        return _compare(_NE, name, value)

    @staticmethod
    def gt(name: str, value: FilterValue) -> Filter:
        """The member is greater or later than `value`."""
        return _compare("{name} gt {value}", name, value)

    @staticmethod
    def ge(name: str, value: FilterValue) -> Filter:
        """The member is `value`, or greater or later."""
        return _compare("{name} ge {value}", name, value)

    @staticmethod
    def lt(name: str, value: FilterValue) -> Filter:
        """The member is less or earlier than `value`."""
        return _compare("{name} lt {value}", name, value)

    @staticmethod
    def le(name: str, value: FilterValue) -> Filter:
        """The member is `value`, or less or earlier."""
        return _compare("{name} le {value}", name, value)

    @staticmethod
    def contains(name: str, value: str) -> Filter:
        """The member is a text that contains `value`."""
        return _compare(_CONTAINS, name, value)
