"""What becomes of a change that a catalogue of the box is asked to make: the rules of a small Busy, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.sync._records import FIELDS, Change, Kind, Link, Moved, Refused, Value


@frozen
class Row:
    """A record as it is kept."""

    values: Mapping[str, Value]
    link: Link | None


@frozen
class Rules:
    """What a Busy refuses.

    Attributes:
        unique_numbers: Whether a number belongs to one record of its kind.
        longest_name: How many characters a name may have; None for any.
    """

    unique_numbers: bool
    longest_name: int | None


def new_row(kind: Kind, values: Mapping[str, Value], link: Link | None) -> Row:
    """Make a record of the values that are given; the others are empty."""
    complete: dict[str, Value] = {name: False if name == "archived" else None for name in FIELDS[kind]}
    return Row({**complete, **values}, link)


def decide(
    change: Change, row: Row | None, rules: Rules, taken: Callable[[str], bool]
) -> Row | Moved | Refused:
    """Return the record as the change makes it, or why it stays as it is.

    Args:
        change: What is asked.
        row: The record as it is; None if it is not there or is to be created.
        rules: What is refused.
        taken: Tells whether another record of the kind has a number.
    """
    if change.id is not None and (row is None or _moved(change, row)):
        return Moved()
    if refusal := _refusal(change, rules, taken):
        return refusal
    if row is None:
        return new_row(change.kind, change.values, change.link)
    return Row({**row.values, **change.values}, change.link)


def require_fields(kind: Kind, values: Mapping[str, Value]) -> None:
    """Refuse what a person cannot fill in.

    Raises:
        ConfigurationError: If a field is unknown.
    """
    if unknown := values.keys() - set(FIELDS[kind]):
        raise ConfigurationError(f"A {kind} has no field {min(unknown)!r} that is imported.")


def not_there(kind: Kind, id: str) -> LookupError:
    """Say that a person asked for a record that is not there."""
    return LookupError(f"there is no {kind} {id} of this tenant")


def _refusal(change: Change, rules: Rules, taken: Callable[[str], bool]) -> Refused | None:
    if unknown := change.values.keys() - set(FIELDS[change.kind]):
        return Refused(f"a {change.kind} has no field {min(unknown)!r}")
    name, number = change.values.get("name"), change.values.get("number")
    if isinstance(name, str) and rules.longest_name is not None and len(name) > rules.longest_name:
        return Refused(f"the name has more than {rules.longest_name} characters")
    if rules.unique_numbers and isinstance(number, str) and taken(number):
        return Refused("the number is taken")
    return None


def _moved(change: Change, row: Row) -> bool:
    if row.link != change.expected_link:
        return True
    return any(row.values.get(name) != value for name, value in change.expected.items())
