"""What people in eAccounting do with an order: convert a draft, ship it, invoice it.

The API has endpoints of its own for that, which the sandbox has not: nobody but a person does it here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from visma_busy_sync.sandbox import dates
from visma_busy_sync.sandbox.clock import Clock
from visma_busy_sync.sandbox.company import Company, Record, new_id, stamped
from visma_busy_sync.sandbox.edits import found
from visma_busy_sync.sandbox.errors import BAD_BODY, ApiFault
from visma_busy_sync.sandbox.orderhistory import Event
from visma_busy_sync.sandbox.orders import DRAFT, INVOICED, ONGOING, SHIPPED, rows_of
from visma_busy_sync.sandbox.profile import Profile


@dataclass(frozen=True, slots=True)
class Step:
    """A step in an order's life: what it is called afterwards, and from which status to which it leads."""

    event: Event
    begins: tuple[int, ...]
    ends: int


STEPS: Final[Mapping[str, Step]] = {
    "convert": Step("converted", (DRAFT,), ONGOING),
    "ship": Step("shipped", (ONGOING,), SHIPPED),
    "invoice": Step("invoiced", (ONGOING, SHIPPED), INVOICED),
}


def take(step: Step, company: Company, order_id: str, profile: Profile, clock: Clock) -> Record:
    """Take an order one step on, and return it as it is then.

    Raises:
        ApiFault: 404; there is no such order. 400; its status is not one the step begins with.
    """
    old = found(company, "orders", order_id)
    if old.get("Status") not in step.begins:
        needed = " or ".join(map(str, step.begins))
        raise ApiFault(400, BAD_BODY, f"An order of Status {needed} can be {step.event}, no other")
    order: Record = {**old, "Status": step.ends}
    former_id: str | None = None
    if old["Status"] == DRAFT:
        order = {**order, "Number": company.take_number("NextOrderNumber")}
        if profile.conversion == "new_id":
            former_id = str(old["Id"])
            order = _anew(order, clock)
            company.remove("orders", former_id)
    elif old["Status"] == ONGOING:
        order = shipped(order, clock.now().date())
    order = stamped("orders", order, clock)
    company.put("orders", order)
    company.history.note(step.event, "person", order, clock.now(), former_id=former_id)
    return order


def _anew(order: Record, clock: Clock) -> Record:
    """Return the order as one of another table: ids and stamp of its making are new."""
    rows = [{**row, "Id": new_id()} for row in rows_of(order)]
    return {**order, "Id": new_id(), "CreatedUtc": clock.stamp(), "Rows": rows}


def shipped(order: Record, day: date) -> Record:
    """Return an order as it is when all of it was delivered; its status is left to the caller."""
    return {
        **order,
        "ShippedDateTime": dates.written(day),
        "IsNotDelivered": False,
        "Rows": [{**row, "DeliveredQuantity": row.get("Quantity")} for row in rows_of(order)],
    }
