"""A `Catalogue` in memory: a small Busy."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final, final

from attrs import define

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.sync._records import (
    FIELDS,
    Applied,
    Change,
    Kind,
    Link,
    Moved,
    Outcome,
    Record,
    Refused,
    Value,
)

_PREFIX: Final = {Kind.CUSTOMER: "c", Kind.PRODUCT: "p", Kind.PROJECT: "j"}


@define
class _Row:
    values: dict[str, Value]
    link: Link | None


@final
class MemoryCatalogue:
    """Records in dicts, for tests and trials: each change whole or not at all, thread-safe, not durable.

    Beside the port it has what a person does in Busy: `add`, `edit`, `get`, `remove` and `snapshot`.

    Args:
        unique_numbers: Refuse a number that another record of the kind has.
        longest_name: Refuse a longer name; None for any length.
    """

    def __init__(self, *, unique_numbers: bool = False, longest_name: int | None = None) -> None:
        self._guard = threading.Lock()
        self._rows: dict[tuple[str, Kind], dict[str, _Row]] = {}
        self._ids = itertools.count(1)
        self._unique_numbers = unique_numbers
        self._longest_name = longest_name

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        """Return every record of a kind, archived ones too, each with its link."""
        with self._guard:
            return self._copies(tenant, kind)

    def snapshot(self, tenant: str) -> Mapping[Kind, Sequence[Record]]:
        """Return all records of a tenant by kind, as of one moment."""
        with self._guard:
            return {kind: self._copies(tenant, kind) for kind in Kind}

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Make changes and return one outcome for each, in their order."""
        return [self._apply(tenant, change) for change in changes]

    def add(self, tenant: str, kind: Kind, **values: Value) -> str:
        """Create a record as a person would in Busy, and return its id.

        Raises:
            ConfigurationError: If a field is unknown.
        """
        with self._guard:
            return self._insert(tenant, kind, self._checked(kind, values), None)

    def edit(self, tenant: str, kind: Kind, id: str, **values: Value) -> None:
        """Change a record as a person would in Busy.

        Raises:
            LookupError: If there is no such record.
            ConfigurationError: If a field is unknown.
        """
        with self._guard:
            self._row(tenant, kind, id).values.update(self._checked(kind, values))

    def remove(self, tenant: str, kind: Kind, id: str) -> None:
        """Delete a record as a person would in Busy.

        Raises:
            LookupError: If there is no such record.
        """
        with self._guard:
            self._row(tenant, kind, id)
            del self._rows[tenant, kind][id]

    def get(self, tenant: str, kind: Kind, id: str) -> Record:
        """Return one record.

        Raises:
            LookupError: If there is no such record.
        """
        with self._guard:
            row = self._row(tenant, kind, id)
            return Record(kind, id, dict(row.values), row.link)

    def _copies(self, tenant: str, kind: Kind) -> list[Record]:
        rows = self._rows.get((tenant, kind), {})
        return [Record(kind, id, dict(row.values), row.link) for id, row in rows.items()]

    def _apply(self, tenant: str, change: Change) -> Outcome:
        with self._guard:
            rows = self._rows.setdefault((tenant, change.kind), {})
            refusal = self._refusal(rows, change)
            if change.id is None:
                if refusal:
                    return refusal
                id = self._insert(tenant, change.kind, dict(change.values), change.link)
                return Applied(id, dict(rows[id].values))
            row = rows.get(change.id)
            if row is None or row.link != change.expected_link or _differs(row.values, change.expected):
                return Moved()
            if refusal:
                return refusal
            row.values.update(change.values)
            row.link = change.link
            return Applied(change.id, dict(row.values))

    def _refusal(self, rows: Mapping[str, _Row], change: Change) -> Refused | None:
        name, number = change.values.get("name"), change.values.get("number")
        if isinstance(name, str) and self._longest_name is not None and len(name) > self._longest_name:
            return Refused(f"the name has more than {self._longest_name} characters")
        taken = (id for id, row in rows.items() if row.values.get("number") == number and id != change.id)
        if self._unique_numbers and number is not None and next(taken, None) is not None:
            return Refused("the number is taken")
        return None

    def _insert(self, tenant: str, kind: Kind, values: dict[str, Value], link: Link | None) -> str:
        id = f"{_PREFIX[kind]}{next(self._ids)}"
        complete: dict[str, Value] = {name: False if name == "archived" else None for name in FIELDS[kind]}
        rows = self._rows.setdefault((tenant, kind), {})
        rows[id] = _Row(complete | values, link)
        return id

    def _row(self, tenant: str, kind: Kind, id: str) -> _Row:
        try:
            return self._rows[tenant, kind][id]
        except KeyError:
            raise LookupError(f"there is no {kind} {id} of this tenant") from None

    def _checked(self, kind: Kind, values: dict[str, Any]) -> dict[str, Value]:
        if unknown := values.keys() - set(FIELDS[kind]):
            raise ConfigurationError(f"A {kind} has no field {min(unknown)!r} that is imported.")
        return values


def _differs(values: Mapping[str, Value], expected: Mapping[str, Value]) -> bool:
    return any(values.get(name) != value for name, value in expected.items())
