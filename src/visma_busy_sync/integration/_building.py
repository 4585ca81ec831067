"""The use case of building an order from what was booked; nothing is stored or sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.busy import GivenLine, Order, Period, Work
from visma_busy_sync.integration._arguments import given_or, require, require_day, require_id
from visma_busy_sync.integration._booked import work_on
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._counterparts import Counterparts
from visma_busy_sync.integration._ledger import LedgerBook, claimed_of, order_from
from visma_busy_sync.integration._site import Site
from visma_busy_sync.orders import (
    LedgerEntry,
    OrderRequest,
    OrderTexts,
    State,
    build,
    customer_of,
)
from visma_busy_sync.orders._billed import fixed_prices_billed
from visma_busy_sync.state import ORDER_PREFIX


async def build_order(
    site: Site,
    tenant: str,
    project: str,
    period: Period,
    *,
    customer: str | None,
    order_date: date | None,
    order_id: str | None,
    texts: OrderTexts | None,
    only: Collection[str] | None,
    lines: Sequence[GivenLine],
) -> Order:
    """Build the order for a project's hours and costs in a period; nothing is stored or sent."""
    require_id("project", project)
    require("period", period, Period, advice="Build it from its days: Period(first, last).")
    for name, id in (("customer", customer), ("order_id", order_id)):
        if id is not None:
            require_id(name, id)
    if order_date is not None:
        require_day("order_date", order_date)
    texts = given_or("texts", texts, OrderTexts())
    connection = await connection_of(site, tenant)
    work = await work_on(site, tenant, project, period)
    today = site.clock.now().astimezone(ZoneInfo(work.settings.time_zone)).date()
    try:
        request = OrderRequest(
            period=period,
            order_date=order_date or today,
            customer=customer,
            only=None if only is None else frozenset(only),
            lines=tuple(lines),
            texts=texts,
        )
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{error}.", advice="See the arguments of build_order.") from error
    customer_of(work, customer)  # what is not decided is told before anything is read
    claimed = await claimed_of(site, tenant, work)
    counterparts = await Counterparts.of(site, tenant, connection)
    counterpart = await counterparts.look(work, request)
    id = site.runtime.token() if order_id is None else order_id
    return build(
        work,
        counterpart,
        request,
        order_id=id,
        revision=await _revision(site, tenant, id),
        claimed=claimed,
        fixed_billed=await _fixed_billed(site, tenant, work, id),
    )


_EDITABLE: Final = frozenset({State.OPEN, State.WITHDRAWN, State.RELEASED})


async def _revision(site: Site, tenant: str, order_id: str) -> int:
    """Return the revision that an order gets when it is built now."""
    known = await LedgerBook(site, tenant, order_id).read()
    if known is None:
        return 1
    entry = known[0]
    return entry.revision + 1 if entry.state in _EDITABLE else entry.revision


async def _fixed_billed(site: Site, tenant: str, work: Work, order_id: str) -> Mapping[str, Decimal]:
    """Return what other orders bill of the project's fixed prices, by work type.

    Raises:
        DocumentError: If an order cannot be read: it may bill some of it.
    """
    if not work.prices.fixed_prices:
        return {}
    stored = await site.state.scan(ORDER_PREFIX, tenant)
    orders = [order_from(found.key, found.document.body) for found in stored]
    entries = [order for order in orders if isinstance(order, LedgerEntry)]
    return fixed_prices_billed(entries, without=order_id).get(work.project.id, {})
