"""Changes to a company's records behind the API's back, as a person makes them in eAccounting.

Nothing is validated, and whatever points to a record goes on pointing there.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from visma_busy_sync.sandbox.clock import Clock
from visma_busy_sync.sandbox.company import Company, Record, stamped
from visma_busy_sync.sandbox.errors import NOT_FOUND, ApiFault
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.orderhistory import Event
from visma_busy_sync.sandbox.schema import RESOURCES

Action: TypeAlias = Literal["put", "patch", "delete"]


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to one record.

    Attributes:
        action: put the record as given, change its members that are given, or delete it.
        resource: the path name of its list.
        id: its id, whatever the case of the letters.
        record: what is given; nothing for ``delete``.
        keep_stamp: leave the change stamp as it is; else it is set to now unless ``record`` has it.
    """

    action: Action
    resource: str
    id: str
    record: Record = field(default_factory=dict[str, Json])
    keep_stamp: bool = False

    def make(self, company: Company, clock: Clock) -> Record | None:
        """Make the change, and return the record as it is then; None when it was deleted.

        Raises:
            ApiFault: 404; there is no such resource, or no such record to patch or delete.
        """
        if self.action == "delete":
            gone = found(company, self.resource, self.id)
            company.remove(self.resource, self.id)
            self._note("deleted", gone, company, clock)
            return None
        before = company.find(known(self.resource), self.id)
        old: Record = found(company, self.resource, self.id) if self.action == "patch" else {}
        record: Record = {**old, **self.record, "Id": old.get("Id", self.id)}
        kind = RESOURCES[known(self.resource)]
        if kind.stamp not in self.record and not self.keep_stamp:
            record = stamped(kind.path, record, clock)
        company.put(kind.path, record)
        self._note("created" if before is None else "changed", record, company, clock)
        return record

    def _note(self, event: Event, record: Record, company: Company, clock: Clock) -> None:
        if self.resource == "orders":
            company.history.note(event, "person", record, clock.now())


def found(company: Company, resource: str, record_id: str) -> Record:
    """Return a record; refuse with 404 where there is none."""
    record = company.find(known(resource), record_id)
    if record is None:
        raise ApiFault(404, NOT_FOUND, f"There is no such record in {resource}")
    return record


def known(resource: str) -> str:
    """Return the path name of a resource; refuse with 404 what is none."""
    if resource not in RESOURCES:
        raise ApiFault(404, NOT_FOUND, f"There is no resource '{resource[:60]}'")
    return resource
