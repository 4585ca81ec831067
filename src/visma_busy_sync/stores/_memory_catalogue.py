"""A `Catalogue` in memory: a small Busy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, final

from visma_busy_sync._core.bound import ProcessBound
from visma_busy_sync._core.forks import HomeLock
from visma_busy_sync.stores._deciding import Row, Rules, decide, new_row, not_there, require_fields
from visma_busy_sync.sync._records import Applied, Change, Kind, Outcome, Record, Value

_PREFIX: Final = {Kind.CUSTOMER: "c", Kind.PRODUCT: "p", Kind.PROJECT: "j"}


@final
class MemoryCatalogue(ProcessBound):
    """Records in dicts, for tests and trials: each change whole or not at all, thread-safe, not durable.

    Beside the port it has what a person does in Busy: `add`, `edit`, `get`, `remove` and `snapshot`.

    Args:
        unique_numbers: Refuse a number that another record of the kind has.
        longest_name: Refuse a longer name; None for any length.
    """

    def __init__(self, *, unique_numbers: bool = False, longest_name: int | None = None) -> None:
        self._guard = HomeLock("A MemoryCatalogue")
        self._rows: dict[tuple[str, Kind], dict[str, Row]] = {}
        self._made = 0
        self._rules = Rules(unique_numbers, longest_name)

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
        require_fields(kind, values)
        with self._guard:
            return self._insert(tenant, kind, new_row(kind, values, None))

    def edit(self, tenant: str, kind: Kind, id: str, **values: Value) -> None:
        """Change a record as a person would in Busy.

        Raises:
            LookupError: If there is no such record.
            ConfigurationError: If a field is unknown.
        """
        require_fields(kind, values)
        with self._guard:
            row = self._row(tenant, kind, id)
            self._rows[tenant, kind][id] = Row({**row.values, **values}, row.link)

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

            def taken(number: str) -> bool:
                return any(row.values["number"] == number and id != change.id for id, row in rows.items())

            decided = decide(change, None if change.id is None else rows.get(change.id), self._rules, taken)
            if not isinstance(decided, Row):
                return decided
            id = change.id
            if id is None:
                id = self._insert(tenant, change.kind, decided)
            else:
                rows[id] = decided
            return Applied(id, dict(decided.values))

    def _insert(self, tenant: str, kind: Kind, row: Row) -> str:
        self._made += 1
        id = f"{_PREFIX[kind]}{self._made}"
        self._rows.setdefault((tenant, kind), {})[id] = row
        return id

    def _row(self, tenant: str, kind: Kind, id: str) -> Row:
        try:
            return self._rows[tenant, kind][id]
        except KeyError:
            raise not_there(kind, id) from None
