"""The use case of building an order from what was booked; nothing is stored or sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import date
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.busy import GivenLine, Order, Period, Work
from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting.errors import NotFound
from visma_busy_sync.integration._arguments import given_or, require, require_day, require_id
from visma_busy_sync.integration._connection import connection_of, ready_company
from visma_busy_sync.integration._ledger import LedgerBook, claimed_of
from visma_busy_sync.integration._readiness import Lane
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration.errors import ProjectUnknown
from visma_busy_sync.orders import (
    Counterpart,
    Entity,
    OrderRequest,
    OrderTexts,
    State,
    build,
    customer_of,
    products_needed,
)
from visma_busy_sync.sync import Kind, linked_ids

M = TypeVar("M", bound=models.Model)


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
    work = await _work(site, tenant, project, period)
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
    billed = customer_of(work, customer)
    claimed = await claimed_of(site, tenant, work)
    links = {
        kind: {busy: upstream for upstream, busy in linked_ids(connection.company_id, records).items()}
        for kind in Kind
        for records in [await site.catalogue.load(tenant, kind)]
    }

    async def read() -> Counterpart:
        upstream = site.upstream(tenant, connection.login_id)
        company = await ready_company(upstream, connection, Lane.ORDERS)
        gone: set[Entity] = set()

        async def linked(get: Callable[[str], Awaitable[M]], kind: Kind, busy_id: str) -> M | None:
            id = links[kind].get(busy_id)
            if id is None:
                return None
            try:
                return await get(id)
            except NotFound:
                gone.add(Entity(str(kind), busy_id))
                return None

        products = sorted(products_needed(work, request))
        articles = {product: await linked(upstream.article, Kind.PRODUCT, product) for product in products}
        used = {article.coding_id or "" for article in articles.values() if article is not None}
        return Counterpart(
            company=company,
            company_id=connection.company_id,
            customer=await linked(upstream.customer, Kind.CUSTOMER, billed),
            project=await linked(upstream.project, Kind.PROJECT, project),
            articles=articles,
            codings={id: await upstream.coding(id) for id in sorted(used - {""})},
            gone=frozenset(gone),
        )

    counterpart = await read()
    id = site.runtime.token() if order_id is None else order_id
    return build(
        work, counterpart, request, order_id=id, revision=await _revision(site, tenant, id), claimed=claimed
    )


_EDITABLE: Final = frozenset({State.OPEN, State.WITHDRAWN, State.RELEASED})


async def _revision(site: Site, tenant: str, order_id: str) -> int:
    """Return the revision that an order gets when it is built now."""
    known = await LedgerBook(site, tenant, order_id).read()
    if known is None:
        return 1
    entry = known[0]
    return entry.revision + 1 if entry.state in _EDITABLE else entry.revision


async def _work(site: Site, tenant: str, project: str, period: Period) -> Work:
    try:
        return await site.work.work(tenant, project, period)
    except (KeyError, IndexError):
        raise  # of a mistake in the host: a project that is there must not be called unknown for it
    except LookupError as error:
        raise ProjectUnknown(project) from error
