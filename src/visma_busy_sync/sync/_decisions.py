"""What a person decided about single records, as data for the engine."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any, final

import attrs
from attrs import field, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.sync._members import member_of
from visma_busy_sync.sync._records import Kind


class Decide(enum.StrEnum):
    """What is to become of one record of Busy."""

    LINK = "link"
    """It is this record of eAccounting, whatever number and name say."""

    RELINK = "relink"
    """It is linked to the wrong record of eAccounting, and is this one."""

    UNLINK = "unlink"
    """It is not the record of eAccounting that it is linked to, and none at all: later on as with `keep`."""

    KEEP = "keep"
    """It is Busy's own: never linked by itself, and not archived as unknown to eAccounting."""

    ARCHIVE = "archive"
    """It is to be archived as unknown to eAccounting."""


_NEEDS_ID = frozenset({Decide.LINK, Decide.RELINK})


def _what(value: str) -> Decide:
    return member_of(Decide, "Decision.what", value)


def _kind(value: str) -> Kind:
    return member_of(Kind, "Decision.kind", value)


def _is_id(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    if value is None and attribute.name == "eaccounting_id":
        return
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{attribute.name} of a decision is an id, as a text that is not blank.")


@final
@frozen
class Decision:
    """What a person decided about one record of Busy.

    Attributes:
        what: What is to become of it.
        kind: What it is.
        busy_id: Busy's id of it.
        eaccounting_id: eAccounting's id of the record that it is to be linked to; None where there is none.

    Raises:
        ConfigurationError: If something is of the wrong sort, or an id is missing or too much.
    """

    what: Decide = field(converter=_what)
    kind: Kind = field(converter=_kind)
    busy_id: str = field(validator=_is_id)
    eaccounting_id: str | None = field(default=None, validator=_is_id)

    def __attrs_post_init__(self) -> None:
        if self.what in _NEEDS_ID and self.eaccounting_id is None:
            raise ConfigurationError(
                f"The decision {self.what} needs the id of a record of eAccounting.",
                advice="Pass it as eaccounting_id.",
            )
        if self.what not in _NEEDS_ID and self.eaccounting_id is not None:
            raise ConfigurationError(
                f"The decision {self.what} is about Busy's record alone.", advice="Leave eaccounting_id out."
            )


def check_decisions(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return decisions that do not contradict each other.

    Raises:
        ConfigurationError: If there are two about one record of Busy, or two link to one of eAccounting.
    """
    checked: list[Decision] = []
    taken: set[tuple[Kind, str, str]] = set()
    for each in decisions:
        for side, id in (("Busy", each.busy_id), ("eAccounting", each.eaccounting_id)):
            key = (each.kind, side, id or "")
            if id is not None and key in taken:
                raise ConfigurationError(
                    f"There are two decisions about the {each.kind} {id} of {side}.",
                    advice="Decide once about each record.",
                )
            taken.add(key)
        checked.append(each)
    return tuple(checked)
