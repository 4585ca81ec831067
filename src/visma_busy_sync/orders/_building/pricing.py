"""Which rate an hour has: its own, else the one that the project's mode names (D18, D19, D21)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, TypeAlias

from attrs import frozen

from visma_busy_sync.busy import PriceMode, Prices, PriceSource, TimeEntry, WorkType
from visma_busy_sync.orders._problems import Entity


@frozen
class Priced:
    """A rate and where it came from.

    Attributes:
        rate: The exact rate per hour; None where there is none.
        source: Where it came from; where there is none, where it should have been.
        entity: What has the rate, or should have it.
    """

    rate: Decimal | None
    source: PriceSource
    entity: Entity


def price_of(entry: TimeEntry, work_type: WorkType, prices: Prices, project: str) -> Priced:
    """Return the rate of `entry`: never a cascade over modes, and never another mode's rate.

    Hours of a work type with a fixed price have none but their own: they would be billed twice.
    """
    if entry.rate:
        return Priced(entry.rate, PriceSource.ENTRY, Entity("entry", entry.id))
    if has_fixed_price(work_type, prices):
        return Priced(None, PriceSource.FIXED_PRICE, Entity("entry", entry.id))
    return _BY_MODE[prices.mode](entry, work_type, prices, project)


def price_of_work_type(work_type: WorkType, prices: Prices, project: str) -> Priced | None:
    """Return the rate of a work type where nobody in particular did the work (D27).

    None where there can be none, so that the line needs its own: in the mode of members, and for a work type
    with a fixed price, which would be billed twice.
    """
    if has_fixed_price(work_type, prices):
        return None
    if prices.mode is PriceMode.PROJECT:
        return _project(prices, project)
    if prices.mode is PriceMode.WORK_TYPE:
        return _work_type(work_type, prices)
    return None


def has_fixed_price(work_type: WorkType, prices: Prices) -> bool:
    """Return whether a work type has a fixed price on the project, so that its hours have no price."""
    return any(fixed.work_type == work_type.id for fixed in prices.fixed_prices)


def _project(prices: Prices, project: str) -> Priced:
    return Priced(prices.project_rate, PriceSource.PROJECT, Entity("project", project))


def _work_type(work_type: WorkType, prices: Prices) -> Priced:
    entity = Entity("work_type", work_type.id)
    if work_type.id in prices.work_type_rates:
        return Priced(prices.work_type_rates[work_type.id], PriceSource.WORK_TYPE, entity)
    return Priced(work_type.default_rate, PriceSource.DEFAULTS, entity)


def _by_project(_entry: TimeEntry, _of: WorkType, prices: Prices, project: str) -> Priced:
    return _project(prices, project)


def _by_member(entry: TimeEntry, _of: WorkType, prices: Prices, _project: str) -> Priced:
    member = Entity("member", entry.member)
    if entry.member in prices.member_rates:
        return Priced(prices.member_rates[entry.member], PriceSource.MEMBER, member)
    return Priced(prices.member_defaults.get(entry.member), PriceSource.DEFAULTS, member)


def _by_work_type(entry: TimeEntry, of: WorkType, prices: Prices, _project: str) -> Priced:
    own = prices.member_work_type_rates.get(of.id, {}).get(entry.member)
    if own:  # A member's 0 is unset: no override of the work type's rate.
        within = Entity("work_type_member", f"{of.id}/{entry.member}")
        return Priced(own, PriceSource.MEMBER_WITHIN_WORK_TYPE, within)
    return _work_type(of, prices)


_Rule: TypeAlias = Callable[[TimeEntry, WorkType, Prices, str], Priced]

_BY_MODE: Final[Mapping[PriceMode, _Rule]] = MappingProxyType(
    {
        PriceMode.PROJECT: _by_project,
        PriceMode.MEMBER: _by_member,
        PriceMode.WORK_TYPE: _by_work_type,
    }
)
