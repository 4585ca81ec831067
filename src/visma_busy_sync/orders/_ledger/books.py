"""All that the ledger holds of a tenant, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias, final

from attrs import field, frozen

from visma_busy_sync.busy._orders import exact_sum
from visma_busy_sync.orders._ledger.ledger import CLAIMING_STATES, LedgerEntry, State

FixedPriceOf: TypeAlias = tuple[str, str]
"""Busy's ids of the project and the work type whose fixed price it is."""


@final
@frozen(kw_only=True)
class Books:
    """The orders of a tenant, the claims on its hours and costs, and what is billed of its fixed prices.

    Attributes:
        entries: The orders.
        claims: By claim key, the id of the order that holds it; free ones are not there.
        fixed_prices: What each order bills of a fixed price, by order id. An order that a purge took still
            stands there.
        purged: Where orders stood of which a purge left no more than that, by their ids.
        unreadable_orders: Ids of orders whose documents cannot be read.
        unreadable_claims: Claim keys whose documents cannot be read.
        unreadable_fixed_prices: Fixed prices of which it cannot be read what is billed, and why.
    """

    entries: tuple[LedgerEntry, ...] = ()
    claims: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    fixed_prices: Mapping[FixedPriceOf, Mapping[str, Decimal]] = field(
        factory=dict[FixedPriceOf, "Mapping[str, Decimal]"], repr=False
    )
    purged: Mapping[str, State] = field(factory=dict[str, State])
    unreadable_orders: frozenset[str] = frozenset()
    unreadable_claims: frozenset[str] = frozenset()
    unreadable_fixed_prices: Mapping[FixedPriceOf, str] = field(factory=dict[FixedPriceOf, str])

    @property
    def claimed(self) -> frozenset[str]:
        """The claim keys of all that no other order can have; what cannot be read counts as held."""
        return self.unreadable_claims | self.claims.keys()

    @property
    def freed(self) -> Mapping[str, State]:
        """The orders that hold nothing any more, by their ids, with where they stand.

        Busy may have their hours and costs on them all the same.
        """
        states = {entry.order_id: entry.state for entry in self.entries} | dict(self.purged)
        return {order: state for order, state in states.items() if state not in CLAIMING_STATES}

    def fixed_billed(self, project: str) -> Mapping[str, Decimal]:
        """Return what all orders bill of a project's fixed prices, by Busy's id of the work type."""
        return {
            work_type: exact_sum(amounts.values())
            for (of, work_type), amounts in self.fixed_prices.items()
            if of == project
        }
