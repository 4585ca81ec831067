"""Between JSON values and models: one cattrs converter that knows the wire format.

Reading is tolerant where the API is: PascalCase or camelCase, unknown members kept, absent members
`UNSET`, dates with or without time. It is strict about types, and reports every fault of an answer with
its path; but a fault in a member that a model can do without (see `Model.relied_on`) leaves that member
`UNSET`, and what came in `extra`. A fault never repeats the value that was found: it may be personal data.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from types import MappingProxyType, NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin

import attrs
from attrs import frozen
from cattrs import Converter

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.eaccounting.models import (
    UNSET,
    ArticleAccountCodingId,
    ArticleId,
    CustomerId,
    Guid,
    JsonValue,
    Model,
    OpenIntEnum,
    OrderId,
    OrderRowId,
    ProjectId,
    TermsOfPaymentId,
    UnitId,
    UnsetType,
    guid,
)

M = TypeVar("M", bound=Model)

# The API's amounts end at 99 000 000 with 4 decimals; a number beyond this is a broken answer.
_MOST_DIGITS = 30
_INT_BITS = 63

_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_KINDS: Mapping[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    NoneType: "null",
}


class DecodeError(ValueError):
    """An answer does not have the form that the model demands.

    Attributes:
        faults: Every fault as (path, what is wrong), e.g. `("$.Data[3].Number", "is missing")`.
        in_record: Whether the answer has the promised form as far as its records, and single ones have not.
    """

    def __init__(self, faults: tuple[tuple[str, str], ...], *, in_record: bool = False) -> None:
        self.faults = faults
        self.in_record = in_record
        shown = "; ".join(f"{path} {what}" for path, what in faults[:5])
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        super().__init__(shown + more)

    def below(self, step: str) -> tuple[tuple[str, str], ...]:
        """Return the faults with `step` put between `$` and the rest of their paths."""
        return tuple(
            (f"$.{step}{path[1:]}" if step[0] != "[" else f"${step}{path[1:]}", what)
            for path, what in self.faults
        )


def _fault(what: str) -> DecodeError:
    return DecodeError((("$", what),))


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a number")


def wire_name(attribute: attrs.Attribute[Any]) -> str:
    """Return the PascalCase name of a model's attribute, e.g. `ModifiedUtc` for `modified_utc`."""
    named = attribute.metadata.get("wire")
    return cast("str", named) if named else "".join(p[:1].upper() + p[1:] for p in attribute.name.split("_"))


def wire_types(model: type[Model]) -> Mapping[str, Any]:
    """Return the wire names of a model's members with their types, without `None` and `UNSET`."""
    return _wire_types(cast("Hashable", model))  # a class is; the checkers doubt it because of `==` on models


@functools.cache
def _wire_types(model: Any) -> Mapping[str, Any]:
    types = {wire_name(a): _plain(a.type)[0] for a in _attributes(model) if a.name != "extra"}
    return MappingProxyType(types)


# --- reading -------------------------------------------------------------------------------------


def _text(value: JsonValue, _: object) -> str:
    if not isinstance(value, str):
        raise _fault(f"should be a text, is {_kind(value)}")
    return value


def _flag(value: JsonValue, _: object) -> bool:
    if not isinstance(value, bool):
        raise _fault(f"should be true or false, is {_kind(value)}")
    return value


def _decimal(value: JsonValue, _: object) -> Decimal:
    if type(value) is int:
        value = Decimal(value)
    if not isinstance(value, Decimal):
        raise _fault(f"should be a number, is {_kind(value)}")
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -_MOST_DIGITS or value.adjusted() > _MOST_DIGITS:
        raise _fault("is a number out of all range")
    return value


def _integer(value: JsonValue, _: object) -> int:
    number = _decimal(value, _)
    if number != number.to_integral_value():
        raise _fault("should be a whole number")
    whole = int(number)
    if whole.bit_length() > _INT_BITS:
        raise _fault("is a number out of all range")
    return whole


def _id(value: JsonValue, _: object) -> str:
    try:
        return guid(_text(value, _))
    except DecodeError:
        raise
    except ValueError as error:
        raise _fault(f"is {error}") from None


def _moment(value: JsonValue, _: object) -> datetime:
    match = _DATE.fullmatch(_text(value, _))
    if match is None:
        raise _fault("should be a date and time")
    year, month, day, hour, minute, second, fraction, _ = match.groups(default="0")
    # Cut, never rounded: a rounded stamp could lie ahead and hide a record from the next read.
    micro = int(fraction.ljust(6, "0")[:6])
    try:
        clock = time(int(hour), int(minute), int(second), micro, _zone(match[8]))
        return datetime.combine(date(int(year), int(month), int(day)), clock).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _fault("is a date or time that does not exist") from None


def _zone(text: str | None) -> tzinfo:
    if text is None or text == "Z":
        return UTC  # a stamp without a zone is UTC, as its name ends in Utc
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _day(value: JsonValue, _: object) -> date:
    # The calendar day as written: shifting by an offset would move orders to another day.
    match = _DATE.fullmatch(_text(value, _))
    if match is None:
        raise _fault("should be a date")
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise _fault("is a date that does not exist") from None


def _enum(value: JsonValue, cls: type[OpenIntEnum]) -> OpenIntEnum:
    return cls(_integer(value, cls))


def _object(value: JsonValue, _: object) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        raise _fault(f"should be an object, is {_kind(value)}")
    return value


def _plain(annotation: Any) -> tuple[Any, bool]:
    """Split `T | None | Unset` into T and whether None is allowed."""
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    members = get_args(annotation)
    kept = [m for m in members if m is not NoneType and UnsetType.UNSET not in get_args(m)]
    if len(kept) == 1:
        return kept[0], NoneType in members
    return Union[tuple(kept)], NoneType in members  # noqa: UP007 - built at run time


def _attributes(cls: type[Any]) -> tuple[attrs.Attribute[Any], ...]:
    return tuple(attrs.fields(attrs.resolve_types(cls)))


@frozen
class _Slot:
    name: str
    wire: str
    type: Any
    required: bool
    relied_on: bool
    nullable: bool
    read: Callable[[JsonValue, Any], object]


def _model_reader(cls: type[Model], converter: Converter) -> Callable[[JsonValue, object], Model]:
    slots: dict[str, _Slot] = {}
    for attribute in _attributes(cls):
        if attribute.name == "extra":
            continue
        inner, nullable = _plain(attribute.type)
        wire = wire_name(attribute)
        slot = _Slot(
            name=attribute.name,
            wire=wire,
            type=inner,
            required=attribute.default is attrs.NOTHING,
            relied_on=attribute.default is attrs.NOTHING
            or cls.relied_on is None
            or attribute.name in cls.relied_on,
            nullable=nullable,
            read=converter.get_structure_hook(inner),
        )
        slots[wire] = slots[wire[:1].lower() + wire[1:]] = slot
    required = {slot.wire: slot.name for slot in slots.values() if slot.required}

    def read(value: JsonValue, _: object) -> Model:
        members: dict[str, Any] = {}
        extra: dict[str, JsonValue] = {}
        faults: list[tuple[str, str]] = []
        for key, item in _object(value, cls).items():
            slot = slots.get(key)
            if slot is None:
                extra[key] = item
            elif slot.name in members:
                pass  # in both spellings: kept in `extra` it would be sent back beside the first one
            elif item is None and not slot.required:
                # A null where the API promises none says no more than an absent member.
                members[slot.name] = None if slot.nullable else UNSET
            else:
                try:
                    members[slot.name] = slot.read(item, slot.type)
                except DecodeError as error:
                    members[slot.name] = UNSET
                    if slot.relied_on:
                        faults += error.below(key)
                    else:
                        extra[key] = item
        faults += [(f"$.{wire}", "is missing") for wire, name in required.items() if name not in members]
        if faults:
            raise DecodeError(tuple(faults))
        if extra:
            members["extra"] = extra
        return cls(**members)

    return read


def _tuple_reader(cls: Any, converter: Converter) -> Callable[[JsonValue, object], tuple[Any, ...]]:
    item_type = get_args(cls)[0]
    read_item = converter.get_structure_hook(item_type)

    def read(value: JsonValue, _: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _fault(f"should be a list, is {_kind(value)}")
        items: list[object] = []
        faults: list[tuple[str, str]] = []
        for index, item in enumerate(value):
            try:
                items.append(read_item(item, item_type))
            except DecodeError as error:
                faults += error.below(f"[{index}]")
        if faults:
            raise DecodeError(tuple(faults))
        return tuple(items)

    return read


# --- writing -------------------------------------------------------------------------------------


def _model_writer(cls: type[Model], converter: Converter) -> Callable[[Model], dict[str, JsonValue]]:
    names = [(a.name, wire_name(a), _plain(a.type)[0]) for a in _attributes(cls) if a.name != "extra"]

    def write(value: Model) -> dict[str, JsonValue]:
        members: dict[str, JsonValue] = dict(getattr(value, "extra", {}))
        for name, wire, kind in names:
            item: object = getattr(value, name)
            if item is UNSET:
                continue
            if isinstance(item, datetime) and (kind is not datetime or item.tzinfo is None):
                # A time of day could move the date, and one without a zone is anybody's guess.
                wanted = "an aware datetime" if kind is datetime else "a date without a time"
                raise ConfigurationError(f"{cls.__name__}.{name} takes {wanted}.")
            members[wire] = converter.unstructure(item)
        return members

    return write


def _utc_text(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _is_model(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, Model)


def _is_tuple(cls: Any) -> bool:
    return get_origin(cls) is tuple


def _is_json_object(cls: Any) -> bool:
    return get_origin(cls) in (Mapping, dict) or (isinstance(cls, type) and issubclass(cls, Mapping))


def _make_converter() -> Converter:
    converter = Converter(detailed_validation=False)
    converter.register_structure_hook_func(_is_json_object, _object)
    converter.register_structure_hook_factory(_is_tuple, _tuple_reader)
    converter.register_structure_hook_factory(_is_model, _model_reader)
    readers: dict[type, Callable[[JsonValue, Any], object]] = {
        str: _text,
        bool: _flag,
        int: _integer,
        Decimal: _decimal,
        date: _day,
        datetime: _moment,
        OpenIntEnum: _enum,
    }
    for cls, read in readers.items():
        converter.register_structure_hook(cls, read)
    for new_type in (
        ProjectId,
        CustomerId,
        ArticleId,
        UnitId,
        TermsOfPaymentId,
        ArticleAccountCodingId,
        OrderId,
        OrderRowId,
        Guid,
    ):
        converter.register_structure_hook(new_type, _id)

    converter.register_unstructure_hook(OpenIntEnum, int)
    converter.register_unstructure_hook_factory(_is_model, _model_writer)
    converter.register_unstructure_hook(Decimal, lambda value: value)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(datetime, _utc_text)
    converter.register_unstructure_hook(tuple, lambda items: [converter.unstructure(i) for i in items])
    return converter


_CONVERTER = _make_converter()


def decode(cls: type[M], value: JsonValue) -> M:
    """Make a model from what JSON gave.

    Raises:
        DecodeError: With every fault and its path.
    """
    return cast("M", _CONVERTER.get_structure_hook(cls)(value, cls))


def encode(model: Model) -> dict[str, JsonValue]:
    """Make from a model what JSON takes.

    PascalCase names, nothing for `UNSET`, unknown members as they came.

    Raises:
        ConfigurationError: If a date has a time of day, or a stamp has no zone.
    """
    return cast("dict[str, JsonValue]", _CONVERTER.unstructure(model))
