"""What an order is about: projects, customers, products, work types and tasks."""

from __future__ import annotations

from decimal import Decimal

from attrs import field, frozen

from visma_busy_sync.busy import _checks as check


@frozen(kw_only=True)
class Project:
    """A project; an order is built for one (R15).

    Attributes:
        id: Busy's id.
        number: Its number; None if it has none, since project numbers are a feature that may be off.
        name: Its name.
        customer: Busy's id of its customer; None if it has none.
        allows_several_customers: Whether its hours may belong to other customers than `customer`
            (Busy: `allowMultipleClients`). Then one order is built per customer (D23).
        is_billable: Whether anything on it may be invoiced at all.
    """

    id: str = field(validator=check.key)
    number: str | None = field(default=None, validator=check.optional_text)
    name: str = field(repr=False, validator=check.text)
    customer: str | None = field(default=None, validator=check.optional_key)
    allows_several_customers: bool = field(default=False, validator=check.flag)
    is_billable: bool = field(default=True, validator=check.flag)


@frozen(kw_only=True)
class Customer:
    """A customer (Busy: client), by Busy's id. Busy's customers have no number."""

    id: str = field(validator=check.key)
    name: str = field(repr=False, validator=check.text)


@frozen(kw_only=True)
class Product:
    """A product: what a line of an order sells. It has no price and no unit in Busy."""

    id: str = field(validator=check.key)
    number: str | None = field(default=None, validator=check.optional_text)
    name: str = field(repr=False, validator=check.key)


@frozen(kw_only=True)
class WorkType:
    """A work type (Busy's API: tag).

    Attributes:
        id: Busy's id.
        name: Its name, by default the text of its line on an order.
        product: Busy's id of the product that its hours are sold as (R25); None where it is not linked
            yet (R26).
        default_rate: The rate per hour that the project starts with; it counts only where the project
            has no rate of its own for the work type (D18).
    """

    id: str = field(validator=check.key)
    name: str = field(repr=False, validator=check.key)
    product: str | None = field(default=None, validator=check.optional_key)
    default_rate: Decimal | None = field(default=None, validator=check.optional_amount)


@frozen(kw_only=True)
class Task:
    """A task of a project; its name is the text of a line where lines are grouped by task."""

    id: str = field(validator=check.key)
    name: str = field(repr=False, validator=check.key)


@frozen(kw_only=True)
class Member:
    """A member of the project; the name is shown only where the settings say so."""

    id: str = field(validator=check.key)
    name: str = field(repr=False, validator=check.key)
