"""Checks of single values, made when a value is built: a wrong one never gets further than its maker.

A value of the wrong type raises `TypeError`, a value out of range `ValueError`; each names the class and
the field and says what is expected. The value itself is not repeated, since texts name people.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias, cast
from zoneinfo import ZoneInfo

from attrs import Attribute

Validator: TypeAlias = "Callable[[object, Attribute[Any], Any], None]"

LARGEST: Final = Decimal("999999999999.99")
"""Of amounts and quantities, on either side of 0, so that exact sums have a bounded number of digits. What is
within it stays so when it is rounded for a line, which has 2 decimals at least.
"""
MAX_DECIMALS: Final = 10
"""Busy itself has 4 decimals; a host that converts or divides may have more, but not endlessly many."""

_CURRENCY = re.compile(r"[A-Z]{3}")
_YEARS = range(2, 9999)  # The first and the last year overflow when moved to another time zone.


def label(owner: object, attribute: Attribute[Any]) -> str:
    """Return how an error names a field: class and field."""
    return f"{type(owner).__name__}.{attribute.name}"


def check_text(name: str, value: object) -> None:
    """Refuse what is no text, or a text that cannot be stored or sent."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError(f"{name} holds half a character (a lone surrogate), which cannot be stored or sent")


def check_key(name: str, value: object) -> None:
    """Refuse what is no id: ids are texts that are not blank."""
    check_text(name, value)
    if not str(value).strip():
        raise ValueError(f"{name} must not be blank")


def check_decimal(name: str, value: object) -> None:
    """Refuse what is no exact, finite number of reasonable size."""
    if isinstance(value, float):
        raise TypeError(
            f"{name} must be a Decimal; a float is not exact: build it from text, Decimal('1.10')"
        )
    if not isinstance(value, Decimal):
        raise TypeError(f"{name} must be a Decimal, not {type(value).__name__}")
    if not value.is_finite():
        raise ValueError(f"{name} must be a finite number")
    exponent = value.as_tuple().exponent
    # The first question is for a 0 with an exponent. Neither rounds to the caller's precision.
    if value.adjusted() > LARGEST.adjusted() or value.copy_abs() > LARGEST:
        raise ValueError(f"{name} must lie from -{LARGEST} to {LARGEST}")
    if isinstance(exponent, int) and -exponent > MAX_DECIMALS:
        raise ValueError(f"{name} must have at most {MAX_DECIMALS} decimals")


def check_from_zero(name: str, value: object) -> None:
    """Refuse what is no exact number from 0 up."""
    check_decimal(name, value)
    if cast("Decimal", value) < 0:
        raise ValueError(f"{name} must not be below 0")


def check_int(name: str, value: object, *, lowest: int, highest: int | None = None) -> None:
    """Refuse what is no whole number in the range; a bool is none."""
    if type(value) is not int:
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if value < lowest or (highest is not None and value > highest):
        bounds = f"at least {lowest}" if highest is None else f"from {lowest} to {highest}"
        raise ValueError(f"{name} must be {bounds}")


def check_day(name: str, value: object) -> None:
    """Refuse what is no plain date."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError(f"{name} must be a date without time, not {type(value).__name__}")


def check_moment(name: str, value: object) -> None:
    """Refuse what is no moment that every time zone can show."""
    if not isinstance(value, datetime):
        raise TypeError(f"{name} must be a datetime, not {type(value).__name__}")
    if value.utcoffset() is None:
        raise ValueError(f"{name} must state its offset (an aware datetime); a local time alone is ambiguous")
    if value.year not in _YEARS:
        raise ValueError(f"{name} must lie in the years {_YEARS.start} to {_YEARS.stop - 1}")


def _as_validator(check: Callable[[str, object], None], *, optional: bool) -> Validator:
    def validate(owner: object, attribute: Attribute[Any], value: object) -> None:
        if not (optional and value is None):
            check(label(owner, attribute), value)

    return validate


text = _as_validator(check_text, optional=False)
key = _as_validator(check_key, optional=False)
optional_key = _as_validator(check_key, optional=True)
optional_text = _as_validator(check_text, optional=True)
amount = _as_validator(check_decimal, optional=False)
optional_amount = _as_validator(check_decimal, optional=True)
amount_from_zero = _as_validator(check_from_zero, optional=False)
optional_from_zero = _as_validator(check_from_zero, optional=True)
day = _as_validator(check_day, optional=False)
optional_day = _as_validator(check_day, optional=True)
moment = _as_validator(check_moment, optional=False)
optional_moment = _as_validator(check_moment, optional=True)


def whole(lowest: int, highest: int | None = None) -> Validator:
    """Return a validator of whole numbers from `lowest` to `highest`."""

    def validate(owner: object, attribute: Attribute[Any], value: object) -> None:
        check_int(label(owner, attribute), value, lowest=lowest, highest=highest)

    return validate


def flag(owner: object, attribute: Attribute[Any], value: object) -> None:
    """Refuse what is no bool, so that the text "no" does not count as yes."""
    if not isinstance(value, bool):
        raise TypeError(f"{label(owner, attribute)} must be a bool, not {type(value).__name__}")


def one_of(kind: type[object], *, optional: bool = False) -> Validator:
    """Return a validator of members of `kind`."""

    def validate(owner: object, attribute: Attribute[Any], value: object) -> None:
        if not (isinstance(value, kind) or (optional and value is None)):
            raise TypeError(
                f"{label(owner, attribute)} must be a {kind.__name__}, not {type(value).__name__}"
            )

    return validate


def all_of(kind: type[object]) -> Validator:
    """Return a validator of tuples whose members are `kind`, with ids that occur once if they have any."""

    def validate(owner: object, attribute: Attribute[Any], value: object) -> None:
        name = label(owner, attribute)
        if not isinstance(value, tuple):
            raise TypeError(f"{name} must be a tuple, not {type(value).__name__}")
        seen: set[str] = set()
        for member in cast("tuple[object, ...]", value):
            if not isinstance(member, kind):
                raise TypeError(f"{name} must hold {kind.__name__} values, not {type(member).__name__}")
            identity: str | None = getattr(member, "id", None)
            if identity is None:
                continue
            if identity in seen:
                raise ValueError(f"{name} holds the id {identity!r} twice")
            seen.add(identity)

    return validate


def tuple_of(kind: type[object]) -> Validator:
    """Return a validator of tuples whose members are `kind`: quick, for values with very many members."""

    def validate(owner: object, attribute: Attribute[Any], value: object) -> None:
        name = label(owner, attribute)
        if not isinstance(value, tuple):
            raise TypeError(f"{name} must be a tuple, not {type(value).__name__}")
        if not set(map(type, cast("tuple[object, ...]", value))) <= {kind}:
            raise TypeError(f"{name} must hold {kind.__name__} values")

    return validate


def check_currency(name: str, value: object) -> None:
    """Refuse what is no currency code of three capital letters."""
    check_text(name, value)
    if _CURRENCY.fullmatch(str(value)) is None:
        raise ValueError(f"{name} must be a currency code of three capital letters, for instance NOK")


currency = _as_validator(check_currency, optional=False)
optional_currency = _as_validator(check_currency, optional=True)


def time_zone(owner: object, attribute: Attribute[Any], value: object) -> None:
    """Refuse a name that this machine's time zone data does not know."""
    name = label(owner, attribute)
    check_key(name, value)
    try:
        ZoneInfo(str(value))
    except (OSError, ValueError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError.
        raise ValueError(
            f"{name} must be the name of a time zone such as Europe/Oslo; {value!r} is not known here "
            "(a system without time zone data needs the package tzdata)"
        ) from error


def counted(values: tuple[object, ...]) -> str:
    """Return how many there are: what a repr shows of the many values of a big one."""
    return f"<{len(values)}>"


def named(error: Exception | None) -> str:
    """Return the type of an error: what a repr shows of one, since a host's own may name people."""
    return "None" if error is None else type(error).__name__
