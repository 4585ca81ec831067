"""The company's data: settings and lists in memory, with an index by id.

Records are never changed in place: a change puts a new object. So a snapshot for a reset costs nothing.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from visma_busy_sync.sandbox.clock import Clock
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.orderhistory import OrderHistory
from visma_busy_sync.sandbox.schema import RESOURCES

Record = Mapping[str, Json]


@dataclass(slots=True)
class Company:
    """Settings, for each resource its records by lower-case id in the order they came, and what happened."""

    settings: Record
    tables: dict[str, dict[str, Record]] = field(default_factory=dict)
    history: OrderHistory = field(default_factory=OrderHistory)

    def __post_init__(self) -> None:
        """Give every resource a table."""
        for path in RESOURCES:
            self.tables.setdefault(path, {})

    def copy(self) -> "Company":
        """Return a company whose lists can change without changing this one's, and whose history begins."""
        return Company(self.settings, {path: dict(rows) for path, rows in self.tables.items()})

    def rows(self, path: str) -> list[Record]:
        """Return all records of a resource in stored order."""
        return list(self.tables[path].values())

    def find(self, path: str, record_id: Json) -> Record | None:
        """Find a record by id, whatever the case of its letters; anything but a text finds nothing."""
        return self.tables[path].get(record_id.lower()) if isinstance(record_id, str) else None

    def put(self, path: str, record: Record) -> None:
        """Store a record under its ``Id``."""
        self.tables[path][str(record["Id"]).lower()] = record

    def remove(self, path: str, record_id: str) -> bool:
        """Delete a record; tell whether it was there."""
        return self.tables[path].pop(record_id.lower(), None) is not None

    def take_number(self, setting: str) -> int:
        """Give the next number of a series in the settings and move the series on."""
        given = self.settings.get(setting)
        number = given if isinstance(given, int) and not isinstance(given, bool) else 1
        self.settings = {**self.settings, setting: number + 1}
        return number


def new_id() -> str:
    """Make a record id."""
    return str(uuid.uuid4())


def table(rows: Iterable[Record]) -> dict[str, Record]:
    """Index records by id."""
    return {str(row["Id"]).lower(): row for row in rows}


def stamped(path: str, record: Record, clock: Clock) -> Record:
    """Return the record with its change stamp set to now, where the resource has one."""
    stamp = RESOURCES[path].stamp
    return record if stamp is None else {**record, stamp: clock.stamp()}
