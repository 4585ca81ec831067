"""Read the members of what a control endpoint is given; every ``ValueError`` names the member."""

from collections.abc import Collection, Mapping

from visma_busy_sync.sandbox.jsontext import Json


def text(given: Mapping[str, Json], name: str, default: str | None = None) -> str:
    """Read a text that is not empty."""
    value = given.get(name, default)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a text")
    return value


def whole(given: Mapping[str, Json], name: str, default: int, least: int, most: int) -> int:
    """Read a whole number within its range."""
    value = given.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{name} must be a whole number from {least} to {most}")
    return value


def flag(given: Mapping[str, Json], name: str, default: bool) -> bool:
    """Read true or false."""
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false")  # noqa: TRY004 - bad input, not a programming error
    return value


def one_of(given: Mapping[str, Json], name: str, choices: Collection[str], default: str | None = None) -> str:
    """Read one of several texts."""
    value = text(given, name, default)
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}")
    return value


def only(given: Mapping[str, Json], names: Collection[str], what: str) -> None:
    """Refuse members that ``what`` does not have."""
    unknown = set(given) - set(names)
    if unknown:
        raise ValueError(f"{what} has no member '{min(unknown)[:60]}'")
