"""Filters for lists: `F.eq("Status", 1) & F.ge("ModifiedUtc", moment)`.

A filter is a value. It is checked against the model and written as OData text when the list is asked
for: names must be members of the model, values must fit their types, ids stay bare, texts are quoted
with doubled quotes, stamps end in `Z`. Not every member can be filtered by every server; a refusal is
`Rejected` with ErrorCode 6000.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeAlias, final

from attrs import frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.eaccounting._codec import wire_types
from visma_busy_sync.eaccounting.models import Model, guid

FilterValue: TypeAlias = "str | int | bool | Decimal | date | datetime | None"


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
    value: FilterValue

    def render(self, model: str, types: Any) -> str:
        if self.name not in types:
            raise ConfigurationError(
                f"{model} has no member {self.name!r} to filter by.",
                advice="Use the API's own names, e.g. ModifiedUtc.",
            )
        literal = "null" if self.value is None else _literal(self.value, types[self.name])
        if literal is None:
            raise ConfigurationError(
                f"{type(self.value).__name__} does not fit {model}.{self.name}.",
                advice=f"Give a value of the type {getattr(types[self.name], '__name__', types[self.name])}.",
            )
        return self.form.format(name=self.name, value=literal)


def _literal(value: FilterValue, kind: Any) -> str | None:
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
        numeric = kind is Decimal or (isinstance(kind, type) and issubclass(kind, int) and kind is not bool)
        return format(Decimal(value), "f") if numeric else None
    if kind is str:
        return "'" + str(value).replace("'", "''") + "'"
    return _id_literal(str(value)) if getattr(kind, "__supertype__", None) is str else None


def _id_literal(value: str) -> str | None:
    try:
        return guid(value)
    except ValueError:
        return None


def _compare(operator: str, name: str, value: FilterValue) -> Filter:
    return Filter((_Comparison("{name} " + operator + " {value}", name, value),))


@final
class F:
    """Makes filters. `name` is the API's name of the member, in PascalCase."""

    @staticmethod
    def eq(name: str, value: FilterValue) -> Filter:
        """The member equals `value`; `None` is null."""
        return _compare("eq", name, value)

    @staticmethod
    def ne(name: str, value: FilterValue) -> Filter:
        """The member differs from `value`."""
        return _compare("ne", name, value)

    @staticmethod
    def gt(name: str, value: FilterValue) -> Filter:
        """The member is greater or later than `value`."""
        return _compare("gt", name, value)

    @staticmethod
    def ge(name: str, value: FilterValue) -> Filter:
        """The member is `value`, or greater or later."""
        return _compare("ge", name, value)

    @staticmethod
    def lt(name: str, value: FilterValue) -> Filter:
        """The member is less or earlier than `value`."""
        return _compare("lt", name, value)

    @staticmethod
    def le(name: str, value: FilterValue) -> Filter:
        """The member is `value`, or less or earlier."""
        return _compare("le", name, value)

    @staticmethod
    def contains(name: str, value: str) -> Filter:
        """The member's text contains `value`."""
        return Filter((_Comparison("contains({name}, {value})", name, value),))
