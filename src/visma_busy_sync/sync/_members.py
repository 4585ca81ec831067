"""From a word that a host gives to the member of an enumeration."""

from __future__ import annotations

import enum
from typing import TypeVar

from visma_busy_sync._core.errors import ConfigurationError

E = TypeVar("E", bound=enum.StrEnum)


def member_of(choices: type[E], what: str, value: str) -> E:
    """Return the member with a value.

    Args:
        choices: The enumeration.
        what: What is being chosen, for the error.
        value: The word.

    Raises:
        ConfigurationError: If there is none.
    """
    try:
        return choices(value)
    except ValueError:
        raise ConfigurationError(
            f"{value!r} is no value of {what}.", advice=f"Use one of: {', '.join(choices)}."
        ) from None
