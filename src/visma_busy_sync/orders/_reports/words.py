"""Words for the parts of an order, in Norwegian (bokmål) and in English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from visma_busy_sync._core.texts import Texts
from visma_busy_sync.busy import GivenField, PriceSource
from visma_busy_sync.orders._ledger.ledger import State

PRICE_SOURCES: Final[Mapping[PriceSource, Texts]] = MappingProxyType(
    {
        PriceSource.ENTRY: Texts("timeføring", "entry"),
        PriceSource.PROJECT: Texts("prosjekt", "project"),
        PriceSource.MEMBER: Texts("medlem", "member"),
        PriceSource.WORK_TYPE: Texts("arbeidstype", "work type"),
        PriceSource.MEMBER_WITHIN_WORK_TYPE: Texts("medlem innen arbeidstype", "member within work type"),
        PriceSource.DEFAULTS: Texts("standardpris", "defaults"),
        PriceSource.COST: Texts("kostnad", "cost"),
        PriceSource.FIXED_PRICE: Texts("fastpris", "fixed price"),
        PriceSource.GIVEN: Texts("angitt", "given"),
        PriceSource.SEVERAL: Texts("flere", "several"),
    }
)

GIVEN_FIELDS: Final[Mapping[GivenField, Texts]] = MappingProxyType(
    {
        GivenField.TEXT: Texts("tekst", "text"),
        GivenField.QUANTITY: Texts("antall", "quantity"),
        GivenField.UNIT_PRICE: Texts("pris", "price"),
        GivenField.PRODUCT: Texts("produkt", "product"),
    }
)

STATES: Final[Mapping[State, Texts]] = MappingProxyType(
    {
        State.FINALISED: Texts("ferdigstilt", "finalised"),
        State.RESERVED: Texts("klar til sending", "reserved"),
        State.SENDING: Texts("sendes", "sending"),
        State.TRANSFERRED: Texts("overført", "transferred"),
        State.REJECTED: Texts("avvist", "rejected"),
        State.OPEN: Texts("åpnet for endring", "open"),
        State.OUTCOME_UNKNOWN: Texts("ukjent utfall", "outcome unknown"),
        State.NEEDS_ATTENTION: Texts("må ses på", "needs attention"),
        State.WITHDRAWING: Texts("trekkes tilbake", "withdrawing"),
        State.WITHDRAWN: Texts("trukket tilbake", "withdrawn"),
        State.GONE_UPSTREAM: Texts("slettet i eAccounting", "gone upstream"),
        State.RELEASED: Texts("frigitt", "released"),
    }
)
"""Where an order stands."""
