"""Checks of values that are to be written, made when they are built and not when the API refuses them.

What the API's description states for a member is checked. What depends on more than the value itself, the
customer's country for instance, is the API's to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeAlias, cast

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.eaccounting.models._base import UNSET, Model, guid
from visma_busy_sync.eaccounting.models._lengths import length

Check: TypeAlias = Callable[[object], str | None]
"""Returns what is wrong with a value, without repeating it; None if nothing is."""

_CURRENCY: Final = re.compile("[A-Za-z]{3}", re.ASCII)


def check(value: Model, checks: Mapping[str, Check]) -> None:
    """Check the members of `value`, each by its name.

    Raises:
        ConfigurationError: With every member that is not as it must be.
    """
    found = {name: wrong for name, is_wrong in checks.items() if (wrong := is_wrong(getattr(value, name)))}
    if found:
        told = "; ".join(f"{name} {wrong}" for name, wrong in found.items())
        raise ConfigurationError(f"{type(value).__name__}: {told}.", advice="Correct the named fields.")


def lower_ids(value: Model, checks: Mapping[str, Check]) -> None:
    """Bring the ids among the members of a new, checked `value` into their one form."""
    for name, is_wrong in checks.items():
        text: object = getattr(value, name)
        if isinstance(text, str) and is_wrong in _ID_CHECKS:
            object.__setattr__(value, name, text.lower())


def maybe(is_wrong: Check) -> Check:
    """Let `UNSET` pass."""
    return lambda value: None if value is UNSET else is_wrong(value)


def is_id(value: object) -> str | None:
    """Check an id."""
    if not isinstance(value, str):
        return _takes("an id as a text", value)
    try:
        guid(value)
    except ValueError as error:
        return f"is {error}"
    return None


def maybe_id(value: object) -> str | None:
    """Check an id that may be `UNSET` or None."""
    return None if value is UNSET or value is None else is_id(value)


_ID_CHECKS: Final = frozenset({is_id, maybe_id})


def maybe_text(longest: int) -> Check:
    """Check a text that may be `UNSET` or None; its length is counted in UTF-16 units, as .NET does."""

    def is_wrong(value: object) -> str | None:
        if value is UNSET or value is None:
            return None
        if not isinstance(value, str):
            return _takes("a text", value)
        return f"has more than {longest} characters" if length(value) > longest else None

    return is_wrong


def is_currency(value: object) -> str | None:
    """Check a currency code."""
    if not isinstance(value, str):
        return _takes("a text", value)
    return None if _CURRENCY.fullmatch(value) else "is not a currency code of three letters"


def number(*, decimals: int | None = None, least: int | None = None, most: int | None = None) -> Check:
    """Check an exact number."""

    def is_wrong(value: object) -> str | None:
        if not isinstance(value, Decimal):
            return _takes("a Decimal", value)
        if not value.is_finite():
            return "is not a finite number"
        if decimals is not None and _decimals(value) > decimals:
            return f"has more than {decimals} decimals"
        return _outside(value, least, most)

    return is_wrong


def whole(least: int, most: int) -> Check:
    """Check a whole number."""

    def is_wrong(value: object) -> str | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return _takes("a whole number", value)
        return _outside(value, least, most)

    return is_wrong


def is_day(value: object) -> str | None:
    """Check a date; a datetime is none: its offset could move the day."""
    if isinstance(value, datetime) or not isinstance(value, date):
        return _takes("a date without a time", value)
    return None


def maybe_day(value: object) -> str | None:
    """Check a date that may be `UNSET` or None."""
    return None if value is UNSET or value is None else is_day(value)


def all_of(kind: type[Model]) -> Check:
    """Check a tuple of models."""

    def is_wrong(value: object) -> str | None:
        if not isinstance(value, tuple):
            return _takes(f"a tuple of {kind.__name__}", value)
        members = cast("tuple[object, ...]", value)
        odd = [each for each in members if not isinstance(each, kind)]
        return _takes(f"{kind.__name__} only", odd[0]) if odd else None

    return is_wrong


def _takes(wanted: str, value: object) -> str:
    return f"takes {wanted}, not {type(value).__name__}"


def _outside(value: Decimal | int, least: int | None, most: int | None) -> str | None:
    low, high = least is not None and value < least, most is not None and value > most
    return f"is not from {least} to {most}" if low or high else None


def _decimals(value: Decimal) -> int:
    """Count the decimals without trailing zeros, which change nothing."""
    exponent = value.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    digits = "".join(map(str, value.as_tuple().digits))
    return max(0, places - (len(digits) - len(digits.rstrip("0")))) if value else 0
