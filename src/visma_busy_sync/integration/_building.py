"""The use case of building an order from what was booked; nothing is stored or sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import TypeVar, final
from zoneinfo import ZoneInfo

from attrs import field, frozen

from visma_busy_sync.busy import Order, Period, Work
from visma_busy_sync.busy._checks import optional_text
from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting.errors import NotFound
from visma_busy_sync.integration._arguments import given_or, require, require_day, require_id
from visma_busy_sync.integration._connection import connection_of, ready_company
from visma_busy_sync.integration._ledger import claimed_of
from visma_busy_sync.integration._readiness import Lane
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration.errors import ProjectUnknown
from visma_busy_sync.orders import Counterpart, Entity, build, customer_of, products_needed
from visma_busy_sync.sync import Kind, linked_ids

M = TypeVar("M", bound=models.Model)


@final
@frozen(kw_only=True)
class OrderTexts:
    """What an order says beside its lines; None: the workspace's default, or nothing.

    Attributes:
        invoice_text: A text row before the lines; blank for none, whatever the default.
        our_reference: Who at the seller answers, at most 100 characters with the marker.
        your_reference: The customer's contact, at most 100 characters.
        buyers_order_reference: The buyer's own order number, at most 35 characters.

    Raises:
        TypeError: If one is no text.
        ValueError: If one holds half a character (a lone surrogate).
    """

    invoice_text: str | None = field(default=None, repr=False, validator=optional_text)
    our_reference: str | None = field(default=None, repr=False, validator=optional_text)
    your_reference: str | None = field(default=None, repr=False, validator=optional_text)
    buyers_order_reference: str | None = field(default=None, repr=False, validator=optional_text)


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

        products = sorted(products_needed(work, period, customer))
        return Counterpart(
            company=company,
            company_id=connection.company_id,
            customer=await linked(upstream.customer, Kind.CUSTOMER, billed),
            project=await linked(upstream.project, Kind.PROJECT, project),
            articles={p: await linked(upstream.article, Kind.PRODUCT, p) for p in products},
            gone=frozenset(gone),
        )

    counterpart = await read()
    today = site.clock.now().astimezone(ZoneInfo(work.settings.time_zone)).date()
    return build(
        work,
        counterpart,
        period=period,
        order_id=site.runtime.token() if order_id is None else order_id,
        revision=1,
        order_date=order_date or today,
        claimed=claimed,
        customer=customer,
        invoice_text=texts.invoice_text,
        our_reference=texts.our_reference,
        your_reference=texts.your_reference,
        buyers_order_reference=texts.buyers_order_reference,
    )


async def _work(site: Site, tenant: str, project: str, period: Period) -> Work:
    try:
        return await site.work.work(tenant, project, period)
    except (KeyError, IndexError):
        raise  # of a mistake in the host: a project that is there must not be called unknown for it
    except LookupError as error:
        raise ProjectUnknown(project) from error
