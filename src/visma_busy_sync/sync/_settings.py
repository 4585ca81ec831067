"""What a tenant may choose about the import, and who owns which field."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import cast, final

import attrs
from attrs import field, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.busy._numbers import number_key
from visma_busy_sync.sync._members import member_of
from visma_busy_sync.sync._records import FIELDS, Kind, Value


class Match(enum.StrEnum):
    """What must agree before an unlinked record of eAccounting and one of Busy become one."""

    NUMBER_AND_NAME = "number_and_name"
    NUMBER = "number"
    NEVER = "never"


class ArchiveMissing(enum.StrEnum):
    """Whether Busy's projects are archived that eAccounting lacks at the connection, or loses later."""

    AT_CONNECTION = "at_connection"
    NEVER = "never"


class Owner(enum.StrEnum):
    """Whose value stands when both sides changed a field."""

    KEEP_BUSY = "keep_busy"
    EACCOUNTING = "eaccounting"


OWNERS: Mapping[str, Owner] = {
    "number": Owner.EACCOUNTING,
    "name": Owner.KEEP_BUSY,
    "organization_number": Owner.KEEP_BUSY,
    "customer": Owner.EACCOUNTING,
    "start_date": Owner.KEEP_BUSY,
    "end_date": Owner.KEEP_BUSY,
    "notes": Owner.KEEP_BUSY,
}
"""Who owns which imported field unless a setting says otherwise (R22). `archived` has its own rules."""


def _match(value: str) -> Match:
    return member_of(Match, "the setting match", value)


def _archive_missing(value: str) -> ArchiveMissing:
    return member_of(ArchiveMissing, "the setting archive_missing", value)


def _owners(given: Mapping[str, str]) -> Mapping[str, Owner]:
    if not isinstance(cast("object", given), Mapping):
        raise ConfigurationError(
            "The setting owners is a mapping of fields to owners.",
            advice='For instance {"name": "eaccounting"}.',
        )
    known = {f"{kind}.{name}" for kind, names in FIELDS.items() for name in names if name in OWNERS}
    for name in given:
        if name not in OWNERS and name not in known:
            raise ConfigurationError(
                f"{name!r} is no field whose owner can be set.",
                advice=f"Use one of: {', '.join(OWNERS)}; for one kind only, {', '.join(sorted(known))}.",
            )
    return {name: member_of(Owner, f"the setting owners[{name!r}]", owner) for name, owner in given.items()}


def _scope(given: Mapping[str, Iterable[str]]) -> Mapping[Kind, tuple[str, ...]]:
    advice = 'For instance {"project": ["10*", "2???"]}.'
    if not isinstance(cast("object", given), Mapping):
        raise ConfigurationError("The setting scope is a mapping of kinds to patterns.", advice=advice)
    found: dict[Kind, tuple[str, ...]] = {}
    for kind, patterns in given.items():
        listed = isinstance(cast("object", patterns), Iterable) and not isinstance(patterns, str)
        texts = tuple(number_key(each) for each in patterns) if listed else ()
        if not texts or None in texts:
            raise ConfigurationError(f"The setting scope[{kind!r}] is a list of patterns.", advice=advice)
        found[member_of(Kind, "the setting scope", kind)] = tuple(text for text in texts if text is not None)
    return found


def _is_bool(_: object, attribute: attrs.Attribute[bool], value: object) -> None:
    if not isinstance(value, bool):
        raise ConfigurationError(
            f"{value!r} is no value of the setting {attribute.name}.", advice="Use True or False."
        )


@final
@frozen(kw_only=True)
class SyncSettings:
    """A tenant's choices about the import.

    Attributes:
        project_sync: Import projects, and archive at the first connection those that eAccounting does not
            have (R6–R8).
        registers_without_projects: Import customers and products also while project sync is off (R12).
        match: What must agree for adoption. `number` joins records whose names differ; `never` creates
            every record of eAccounting anew.
        archive_missing: `never` leaves Busy's projects alone at the first connection, and those that are
            deleted in eAccounting later.
        scope: Which numbers of eAccounting are imported, by kind: patterns such as `10*`, of which one must
            fit. A kind that is not named is imported whole. What is linked already stays so, and Busy's
            projects with numbers that are not imported are not archived as unknown to eAccounting.
        owners: Whose value stands when both sides changed a field, where it is another than in `OWNERS`: by
            the field (`name`), or by kind and field (`project.name`), which goes before.

    Raises:
        ConfigurationError: If a value is none of the allowed ones.
    """

    project_sync: bool = field(validator=_is_bool)
    registers_without_projects: bool = field(default=True, validator=_is_bool)
    match: Match = field(default=Match.NUMBER_AND_NAME, converter=_match)
    archive_missing: ArchiveMissing = field(default=ArchiveMissing.AT_CONNECTION, converter=_archive_missing)
    scope: Mapping[Kind, tuple[str, ...]] = field(factory=dict[Kind, "tuple[str, ...]"], converter=_scope)
    owners: Mapping[str, Owner] = field(factory=dict[str, Owner], converter=_owners)

    def in_scope(self, kind: Kind, number: Value) -> bool:
        """Return whether records of this number are imported."""
        patterns = self.scope.get(kind)
        if patterns is None:
            return True
        key = number_key(number)
        # A bracket is no sign of a pattern, but stands for itself.
        return key is not None and any(fnmatchcase(key, each.replace("[", "[[]")) for each in patterns)

    def told(self, name: str, kind: Kind) -> str:
        """Return what a setting says about a kind, as a text."""
        if name == "scope":
            return " ".join(self.scope.get(kind, ()))
        return str(getattr(self, name))

    def owner_of(self, kind: Kind, name: str) -> Owner:
        """Return whose value of a field stands when both sides changed it."""
        return self.owners.get(f"{kind}.{name}") or self.owners.get(name) or OWNERS[name]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds that these settings import, in the order in which they are applied."""
        if self.project_sync:
            return tuple(Kind)
        return (Kind.CUSTOMER, Kind.PRODUCT) if self.registers_without_projects else ()
