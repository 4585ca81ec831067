"""What a host tells of its own tables, as plain values."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal

from attrs import frozen

from visma_busy_sync.busy import Approval, Order


def _mark_of(*values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


@frozen
class Option:
    """A choice of a select field: the id that is sent, and the name that is read."""

    id: str
    name: str
    archived: bool = False


@frozen(kw_only=True)
class ProjectRow:
    """A project; `linked` tells whether it belongs to one in eAccounting."""

    id: str
    number: str | None
    name: str
    customer: str | None = None
    archived: bool = False
    linked: bool = False

    @property
    def seen(self) -> str:
        """What the form sends along of the values that it was filled with."""
        return _mark_of(self.name)


@frozen(kw_only=True)
class WorkTypeRow:
    """A work type with its product and its rate per hour."""

    id: str
    name: str
    product: str | None
    rate: Decimal | None

    @property
    def seen(self) -> str:
        """What the form sends along of the values that it was filled with.

        Where it is another one by now, somebody else has saved, and the form would undo that.
        """
        return _mark_of(self.name, self.product, None if self.rate is None else round(self.rate, 4))


@frozen(kw_only=True)
class HoursRow:
    """Hours that were booked; `order` is the id of the order that they are on."""

    id: str
    day: date
    member: str
    work_type: str
    minutes: int
    approval: Approval
    comment: str = ""
    order: str | None = None


@frozen(kw_only=True)
class CostRow:
    """A cost that was booked; `product` names its product, or the work type that gives it one."""

    id: str
    day: date
    comment: str
    product: str
    quantity: Decimal
    price: Decimal
    approval: Approval
    order: str | None = None


@frozen(kw_only=True)
class Booked:
    """Everything that the page of a project shows and lets a person choose from."""

    hours: tuple[HoursRow, ...]
    costs: tuple[CostRow, ...]
    work_types: tuple[WorkTypeRow, ...]
    members: tuple[Option, ...]
    products: tuple[Option, ...]

    def products_for(self, chosen: str | None = None) -> list[Option]:
        """Return what can be chosen: what is not archived, and what was chosen before."""
        return [each for each in self.products if not each.archived or each.id == chosen]


@frozen(kw_only=True)
class OrderRow:
    """An order that was finalised, with the names that it has only ids of."""

    order: Order
    project: str
    customer: str
