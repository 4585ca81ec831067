"""Sums of hours and costs by what became of them, which must add up."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, TypeAlias, final

from attrs import define, field, frozen

from visma_busy_sync.busy import Exclusion
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._ledger.ledger import State


class OpenReason(enum.StrEnum):
    """Why hours or a cost are on no order, neither excluded nor covered; the first that applies."""

    CLAIM_WITHOUT_ORDER = "claim_without_order"
    """Held by an order that does not bill it: a break."""
    HOURS_MISSING = "hours_missing"
    """A cost on hours that are not known."""
    BEFORE_START_DATE = "before_start_date"
    """Before the workspace's order start date."""
    CUSTOMER_MISSING = "customer_missing"
    """Without a customer."""
    CUSTOMER_NOT_ALLOWED = "customer_not_allowed"
    """With a customer that the project does not allow."""
    PROJECT_NOT_BILLABLE = "project_not_billable"
    """On a project that is not billed at all."""
    NOT_APPROVED = "not_approved"
    """Not approved, and no setting lets it in."""
    FREED = "freed"
    """Busy has it on an order that was reopened, withdrawn or released: it can come on that order's next
    revision."""
    UNBILLED = "unbilled"
    """It can come on the next order, and was not chosen for one so far."""


@final
@frozen
class OnOrder:
    """An order that something is on.

    Attributes:
        order_id: The order.
        state: Where the ledger has it; None if that is not known there: an order of Busy that was not
            pushed, or one that cannot be read.
    """

    order_id: str
    state: State | None


@final
@frozen(kw_only=True)
class Sum:
    """How much it is.

    Attributes:
        hours: How many entries with billable minutes.
        minutes: Their billable minutes.
        costs: How many costs.
        amount: What the costs come to, quantity times out price, exactly.
    """

    hours: int = 0
    minutes: int = 0
    costs: int = 0
    amount: Decimal = Decimal(0)

    def plus(self, other: Sum) -> Sum:
        """Return both together."""
        return Sum(
            hours=self.hours + other.hours,
            minutes=self.minutes + other.minutes,
            costs=self.costs + other.costs,
            amount=_rounding.added(self.amount, other.amount),
        )


NOTHING: Final = Sum()


@frozen
class Freed:
    """Hours or a cost are open, since the order that Busy has them on holds nothing any more."""

    order: OnOrder


Fate: TypeAlias = "OnOrder | Exclusion | OpenReason | Freed | None"
"""What became of hours or a cost; None: they are covered by a fixed price."""


def together(sums: Iterable[Sum]) -> Sum:
    """Return all together."""
    total = NOTHING
    for one in sums:
        total = total.plus(one)
    return total


def _by_order(value: Mapping[OnOrder, Sum]) -> Mapping[OnOrder, Sum]:
    return {
        order: value[order] for order in sorted(value, key=lambda order: (order.order_id, str(order.state)))
    }


def _by_exclusion(value: Mapping[Exclusion, Sum]) -> Mapping[Exclusion, Sum]:
    return {reason: value[reason] for reason in Exclusion if reason in value}


def _by_reason(value: Mapping[OpenReason, Sum]) -> Mapping[OpenReason, Sum]:
    return {reason: value[reason] for reason in OpenReason if reason in value}


@final
@frozen(kw_only=True)
class Balance:
    """All of it, and what became of it: `total` = orders + excluded + covered + open, where it adds up.

    Attributes:
        total: All of it, summed by itself.
        orders: What is on orders, by order.
        excluded: What is excluded from billing, by Busy's reason.
        covered: Hours that a fixed price covers which is billed as far as it goes.
        open: What is none of these, by the reason.
        freed: What is open as `OpenReason.FREED`, by the order that Busy has it on.
    """

    total: Sum = NOTHING
    orders: Mapping[OnOrder, Sum] = field(factory=dict[OnOrder, Sum], converter=_by_order)
    excluded: Mapping[Exclusion, Sum] = field(factory=dict[Exclusion, Sum], converter=_by_exclusion)
    covered: Sum = NOTHING
    open: Mapping[OpenReason, Sum] = field(factory=dict[OpenReason, Sum], converter=_by_reason)
    freed: Mapping[OnOrder, Sum] = field(factory=dict[OnOrder, Sum], converter=_by_order)

    @property
    def on_orders(self) -> Sum:
        """What is on orders."""
        return together(self.orders.values())

    @property
    def excluded_in_all(self) -> Sum:
        """What is excluded from billing."""
        return together(self.excluded.values())

    @property
    def open_in_all(self) -> Sum:
        """What is open."""
        return together(self.open.values())

    @property
    def adds_up(self) -> bool:
        """Whether the parts are all of it, to the last minute and decimal."""
        return self.total == together([self.on_orders, self.excluded_in_all, self.covered, self.open_in_all])


@define
class Tally:
    """A balance that is being made, one thing after the other."""

    _orders: dict[OnOrder, Sum] = field(factory=dict[OnOrder, Sum])
    _excluded: dict[Exclusion, Sum] = field(factory=dict[Exclusion, Sum])
    _covered: Sum = NOTHING
    _open: dict[OpenReason, Sum] = field(factory=dict[OpenReason, Sum])
    _freed: dict[OnOrder, Sum] = field(factory=dict[OnOrder, Sum])

    def take(self, fate: Fate, much: Sum) -> None:
        """Put something to what became of it."""
        match fate:
            case OnOrder():
                self._orders[fate] = self._orders.get(fate, NOTHING).plus(much)
            case Exclusion():
                self._excluded[fate] = self._excluded.get(fate, NOTHING).plus(much)
            case OpenReason():
                self._open[fate] = self._open.get(fate, NOTHING).plus(much)
            case Freed():
                self.take(OpenReason.FREED, much)
                self.tell_freed(fate.order, much)
            case _:
                self._covered = self._covered.plus(much)

    def tell_freed(self, order: OnOrder, much: Sum) -> None:
        """Tell which order freed something that was taken as such."""
        self._freed[order] = self._freed.get(order, NOTHING).plus(much)

    def balance(self, total: Sum) -> Balance:
        """Return the balance of what was taken against a total that was summed by itself."""
        return Balance(
            total=total,
            orders=self._orders,
            excluded=self._excluded,
            covered=self._covered,
            open=self._open,
            freed=self._freed,
        )


def in_all(balances: Iterable[Balance]) -> Balance:
    """Return several balances as one."""
    tally, totals = Tally(), list[Sum]()
    for balance in balances:
        totals.append(balance.total)
        tally.take(None, balance.covered)
        for sums in (balance.orders, balance.excluded, balance.open):
            for fate, much in sums.items():
                tally.take(fate, much)
        for order, much in balance.freed.items():
            tally.tell_freed(order, much)
    return tally.balance(together(totals))
