"""Plain values of JSON, taken exactly as they are: the strict structure hooks of every converter."""

from __future__ import annotations

from typing import Any, Final

PLAIN: Final = (bool, int, str)
"""The types that `exactly` reads, subclasses such as enums of texts included."""


def exactly(value: Any, type_: type) -> Any:
    """Return a plain value as `type_`, never converted: by itself cattrs makes the text "None" of a null.

    Raises:
        TypeError: If it is of another type.
        ValueError: If the enum `type_` has no such member.
    """
    plain = next(each for each in PLAIN if issubclass(type_, each))
    if type(value) is not plain:
        raise TypeError
    return value if type_ is plain else type_(value)
