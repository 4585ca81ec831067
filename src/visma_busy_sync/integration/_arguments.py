"""Arguments of the host's calls, checked before anything is asked or stored.

Type checkers catch most of these; a host without one gets an error that names the argument and what belongs
there, never its value.
"""

from __future__ import annotations

from typing import TypeVar

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.busy._checks import check_day, check_key

T = TypeVar("T")


def require(name: str, value: object, type_: type[object], *, advice: str = "") -> None:
    """Require an argument of a type.

    Raises:
        ConfigurationError: If it is of another one.
    """
    if not isinstance(value, type_):
        raise ConfigurationError(
            f"{name} must be of type {type_.__name__}, not {type(value).__name__}.", advice=advice
        )


def require_id(name: str, value: object) -> None:
    """Require an id: a text that is not blank.

    Raises:
        ConfigurationError: If it is none.
    """
    try:
        check_key(name, value)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{error}.") from None


def require_day(name: str, value: object) -> None:
    """Require a date without time.

    Raises:
        ConfigurationError: If it is none.
    """
    try:
        check_day(name, value)
    except TypeError as error:
        raise ConfigurationError(f"{error}.") from None


def given_or(name: str, value: T | None, default: T) -> T:
    """Return an argument, or its default where it is None.

    Raises:
        ConfigurationError: If it is of another type than the default.
    """
    if value is None:
        return default
    require(name, value, type(default))
    return value
