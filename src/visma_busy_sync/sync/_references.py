"""From eAccounting's customers to Busy's: what a project's `customer` becomes."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Final, Literal, TypeAlias, cast

from attrs import define, evolve, field

from visma_busy_sync.sync._changes import Pending, PlannedChange, Shown, label_of
from visma_busy_sync.sync._mapping import Upstream
from visma_busy_sync.sync._records import Record, Value


class _Unknown(enum.Enum):
    UNKNOWN = enum.auto()


UNKNOWN: Final = _Unknown.UNKNOWN
"""The customer is not in Busy and this plan does not create it."""

Resolved: TypeAlias = "Value | Pending | Literal[_Unknown.UNKNOWN]"


@define
class References:
    """Which customer of Busy is which in eAccounting, as far as the plan knows so far.

    Attributes:
        known: Busy's ids of the linked and adopted customers, by eAccounting's id.
        coming: The customers that the plan creates, by eAccounting's id.
        records: Busy's customers by their id, to show them to a person.
    """

    known: dict[str, str] = field(factory=dict[str, str])
    coming: dict[str, Upstream] = field(factory=dict[str, Upstream])
    records: dict[str, Record] = field(factory=dict[str, Record])

    def resolve(self, eaccounting_id: Value) -> Resolved:
        """Return what Busy is to store for a project's customer."""
        if not isinstance(eaccounting_id, str):
            return None
        if eaccounting_id in self.known:
            return self.known[eaccounting_id]
        return Pending(eaccounting_id) if eaccounting_id in self.coming else UNKNOWN

    def leads_elsewhere(self, eaccounting_id: Value, busy_id: Value) -> bool:
        """Return whether a customer of eAccounting is another one in Busy than this, as by a decision."""
        resolved = self.resolve(eaccounting_id)
        return eaccounting_id is not None and resolved is not UNKNOWN and resolved != busy_id

    @cached_property
    def archived(self) -> Collection[str]:
        """EAccounting's ids of customers that are archived in Busy, or come archived. For after customers."""
        known = {id: self.records[busy_id] for id, busy_id in self.known.items() if busy_id in self.records}
        holders: dict[str, Record | Upstream] = {**known, **self.coming}
        return {id for id, holder in holders.items() if holder.values.get("archived") is True}

    def label(self, value: Shown) -> str | None:
        """Return how to show a customer to a person; None if nothing is known about it."""
        if isinstance(value, Pending):
            return label_of(self.coming[value.eaccounting_id].values)
        record = self.records.get(cast("str", value))
        return None if record is None else label_of(record.values)


def resolve(planned: PlannedChange, customers: Mapping[str, str]) -> PlannedChange:
    """Return the change to apply, after the plan's customers have been applied.

    Args:
        planned: A change of the plan.
        customers: Busy's ids of all linked customers by eAccounting's id: `linked_ids` of the customers
            that the host holds now.

    Returns:
        The change with its customer. If the customer is still not known (the host refused it, say), the
        change without it; its link then says so, and a later run sets the customer.
    """
    pending = planned.pending
    busy_id = None if pending is None else customers.get(pending.eaccounting_id)
    if pending is None or busy_id is None:
        return planned
    old = {each.field: cast("Value", each.old) for each in planned.fields}
    return evolve(
        planned,
        values={**planned.values, "customer": busy_id},
        expected={} if planned.busy_id is None else {**planned.expected, "customer": old["customer"]},
        noted=evolve(
            planned.noted,
            base={**planned.noted.base, "customer": pending.eaccounting_id},
            stored={**planned.noted.stored, "customer": busy_id},
        ),
    )
