"""The use case of building an order from what was booked; nothing is stored or sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final, final
from zoneinfo import ZoneInfo

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.busy import GivenLine, Order, Period, Work
from visma_busy_sync.integration._arguments import given_or, require, require_day, require_id
from visma_busy_sync.integration._booked import work_on
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._counterparts import Counterparts
from visma_busy_sync.integration._ledger import LedgerBook, claimed_of, fixed_billed_of
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.orders import OrderRequest, OrderTexts, State, build
from visma_busy_sync.state import Connection


@telling
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
    try:
        request = OrderRequest(
            period=period,
            order_date=order_date or today(site, work),
            customer=customer,
            only=None if only is None else frozenset(only),
            lines=tuple(lines),
            texts=texts,
        )
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{error}.", advice="See the arguments of build_order.") from error
    desk = await Desk.of(site, tenant, connection)
    return await desk.build(work, request, order_id=order_id or site.runtime.token())


@final
class Desk:
    """Where the orders of a tenant are built: what several of them need of eAccounting is read once.

    Args:
        site: The installation.
        tenant: Whose orders.
        counterparts: What eAccounting has.
    """

    def __init__(self, site: Site, tenant: str, counterparts: Counterparts) -> None:
        self.records = counterparts.records
        self._site = site
        self._tenant = tenant
        self._counterparts = counterparts

    @classmethod
    async def of(cls, site: Site, tenant: str, connection: Connection) -> Desk:
        """Return the desk of a tenant, with its records read from the host."""
        return cls(site, tenant, await Counterparts.of(site, tenant, connection))

    async def build(self, work: Work, request: OrderRequest, *, order_id: str) -> Order:
        """Build an order, in the revision that comes next for its id.

        Raises:
            OrderNotReady: With every problem and its cure.
            NotReady: If the company cannot take orders.
            DocumentUnreadable: If what is billed of a fixed price, or a claim, cannot be read.
        """
        site, tenant = self._site, self._tenant
        return build(
            work,
            await self._counterparts.look(work, request, order_id=order_id),
            request,
            order_id=order_id,
            revision=await _revision(site, tenant, order_id),
            claimed=await claimed_of(site, tenant, work, without=order_id),
            fixed_billed=await fixed_billed_of(site, tenant, work, without=order_id),
            marker_place=site.choices.marker_place,
        )


_EDITABLE: Final = frozenset({State.OPEN, State.WITHDRAWN, State.RELEASED})


async def _revision(site: Site, tenant: str, order_id: str) -> int:
    """Return the revision that an order gets when it is built now."""
    known = await LedgerBook(site, tenant, order_id).read()
    if known is None:
        return 1
    entry = known[0]
    return entry.revision + 1 if entry.state in _EDITABLE else entry.revision


def today(site: Site, work: Work) -> date:
    """Return the date that it is now in the workspace's time zone."""
    return site.clock.now().astimezone(ZoneInfo(work.settings.time_zone)).date()
