"""All that the ledger holds of a tenant, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from attrs import field, frozen

from visma_busy_sync.orders._ledger import LedgerEntry, State


@final
@frozen(kw_only=True)
class Books:
    """The orders of a tenant and the claims on its hours and costs.

    Attributes:
        entries: The orders.
        claims: By claim key, the id of the order that holds it; free ones are not there.
        purged: Where orders stood of which a purge left no more than that, by their ids.
        unreadable_orders: Ids of orders whose documents cannot be read.
        unreadable_claims: Claim keys whose documents cannot be read.
    """

    entries: tuple[LedgerEntry, ...] = ()
    claims: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    purged: Mapping[str, State] = field(factory=dict[str, State])
    unreadable_orders: frozenset[str] = frozenset()
    unreadable_claims: frozenset[str] = frozenset()

    @property
    def claimed(self) -> frozenset[str]:
        """The claim keys of all that no other order can have; what cannot be read counts as held."""
        return self.unreadable_claims | self.claims.keys()
