"""Prices, settings and periods: by which rules booked work becomes an order."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from attrs import Attribute, field, frozen

from visma_busy_sync.busy import _checks as check

MAX_ROWS: Final = 1000
"""Rows that one order can have: the API numbers them up to 1000 (`OrderRowApi.LineNumber`), from 1 here."""


class PriceMode(enum.StrEnum):
    """Which one rate counts on a project (Busy: `billBy`). A mode, not a cascade."""

    PROJECT = "project"
    MEMBER = "member"
    WORK_TYPE = "work_type"


class Grouping(enum.StrEnum):
    """How hours are brought together into lines."""

    WORK_TYPE = "work_type"
    TASK = "task"
    NONE = "none"


class Distribution(enum.StrEnum):
    """Where the workspace's orders go when they are finalised."""

    IN_BUSY = "in_busy"
    """They stay in Busy, which invoices them itself or not at all: nothing is sent."""
    CONNECTED_SYSTEM = "connected_system"
    """To the accounting system that is connected."""


def _rates(owner: object, attribute: Attribute[Any], value: Mapping[str, Decimal]) -> None:
    name = check.label(owner, attribute)
    for key, rate in value.items():
        check.check_key(f"a key of {name}", key)
        check.check_decimal(f"{name}[{key!r}]", rate)


def _nested_rates(
    owner: object, attribute: Attribute[Any], value: Mapping[str, Mapping[str, Decimal]]
) -> None:
    name = check.label(owner, attribute)
    for key, rates in value.items():
        check.check_key(f"a key of {name}", key)
        for member, rate in rates.items():
            check.check_key(f"a key of {name}[{key!r}]", member)
            check.check_decimal(f"{name}[{key!r}][{member!r}]", rate)


def _copy(value: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    # The maker of a frozen value must not be able to change it afterwards.
    return dict(value)


def _copy_nested(value: Mapping[str, Mapping[str, Decimal]]) -> Mapping[str, Mapping[str, Decimal]]:
    return {key: dict(rates) for key, rates in value.items()}


@frozen(kw_only=True)
class FixedPrice:
    """An agreed amount for all hours of a work type on the project (Busy: `fixedPricePerTag`).

    Such hours have no price of their own: they are consumed by the fixed price, whose open amount is billed
    with or without hours (D21). The project's other work types bill by the hour.

    Attributes:
        work_type: Busy's id of the work type.
        amount: What was agreed, from 0, without VAT, in the currency of the prices.
        billed_elsewhere: What of it was billed by orders that this library did not send, for instance before
            the connection; from 0. What its own orders bill is known from the ledger.
    """

    work_type: str = field(validator=check.key)
    amount: Decimal = field(validator=check.amount_from_zero)
    billed_elsewhere: Decimal = field(default=Decimal(0), validator=check.amount_from_zero)


def _one_per_work_type(owner: Prices, attribute: Attribute[Any], value: tuple[FixedPrice, ...]) -> None:
    ids = [fixed.work_type for fixed in value]
    if len(set(ids)) != len(ids):
        raise ValueError(f"{check.label(owner, attribute)} must name each work type once")


@frozen(kw_only=True)
class Prices:
    """What an hour costs on the project, per hour and without VAT.

    Only the rate that `mode` names is read. A rate that is not there is looked for among the defaults
    (D18); a rate of 0 is a missing price (D19).

    Attributes:
        mode: Which rate counts.
        currency: The currency of all prices, three capital letters; None: the connected company's.
        project_rate: The project's rate.
        member_rates: Rates by member, on the project.
        work_type_rates: Rates by work type, on the project.
        member_work_type_rates: Rates by work type and then by member: a member's own rate within a work
            type, which goes before the work type's.
        member_defaults: Rates by member, from the member's own settings. A work type's default is on
            `WorkType`.
        fixed_prices: The work types that have a fixed price here, each once.
    """

    mode: PriceMode = field(validator=check.one_of(PriceMode))
    currency: str | None = field(default=None, validator=check.optional_currency)
    project_rate: Decimal | None = field(default=None, validator=check.optional_amount)
    member_rates: Mapping[str, Decimal] = field(factory=dict, converter=_copy, validator=_rates)
    work_type_rates: Mapping[str, Decimal] = field(factory=dict, converter=_copy, validator=_rates)
    member_work_type_rates: Mapping[str, Mapping[str, Decimal]] = field(
        factory=dict, converter=_copy_nested, validator=_nested_rates
    )
    member_defaults: Mapping[str, Decimal] = field(factory=dict, converter=_copy, validator=_rates)
    fixed_prices: tuple[FixedPrice, ...] = field(
        default=(), validator=[check.all_of(FixedPrice), _one_per_work_type]
    )


@frozen(kw_only=True)
class WorkSettings:
    """The workspace's settings for orders.

    Attributes:
        order_start_date: Work before this day never comes on an order; None: no such day.
        include_unapproved_hours: Whether hours that are not approved are billed.
        include_unapproved_costs: The same for costs on the project; a cost on hours follows the hours.
        allow_free_lines: Whether a price of 0 is meant (D19).
        grouping: How hours are brought together into lines.
        time_zone: The IANA name of the zone whose dates count, validated on this machine.
        invoice_text: The default invoice text, a text row of its own; None or blank: none.
        fallback_product: Busy's id of the product for work types and costs that have none; None: a
            missing product is a problem.
        fixed_price_product: Busy's id of the product for fixed prices of work types that have none; None:
            the fallback.
        names_in_texts: Whether a line whose hours are all by one member ends with the member's name, and
            whether the hours specification names members. By default no name of a person leaves Busy.
        max_rows: Rows that one order may have, text rows included, 1 to 1000 (D24).
        distribution: Where finalised orders go; nothing is sent unless it is the connected system.
        orders_enabled: Whether the workspace has the order function; nothing is sent while it is off.
    """

    order_start_date: date | None = field(default=None, validator=check.optional_day)
    include_unapproved_hours: bool = field(default=False, validator=check.flag)
    include_unapproved_costs: bool = field(default=False, validator=check.flag)
    allow_free_lines: bool = field(default=False, validator=check.flag)
    grouping: Grouping = field(default=Grouping.WORK_TYPE, validator=check.one_of(Grouping))
    time_zone: str = field(default="Europe/Oslo", validator=check.time_zone)
    invoice_text: str | None = field(default=None, repr=False, validator=check.optional_text)
    fallback_product: str | None = field(default=None, validator=check.optional_key)
    fixed_price_product: str | None = field(default=None, validator=check.optional_key)
    names_in_texts: bool = field(default=False, validator=check.flag)
    max_rows: int = field(default=MAX_ROWS, validator=check.whole(1, MAX_ROWS))
    distribution: Distribution = field(
        default=Distribution.CONNECTED_SYSTEM, validator=check.one_of(Distribution)
    )
    orders_enabled: bool = field(default=True, validator=check.flag)


def _not_before_first(owner: Period, attribute: Attribute[Any], value: date) -> None:
    if value < owner.first:
        raise ValueError(f"{check.label(owner, attribute)} must not lie before the first day")


@frozen
class Period:
    """Days from `first` to `last`, both included."""

    first: date = field(validator=check.day)
    last: date = field(validator=[check.day, _not_before_first])

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last
