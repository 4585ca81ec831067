"""The use case of building an order from what was booked; nothing is stored or sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Final, TypeVar, cast, final
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
from visma_busy_sync.state import Connection
from visma_busy_sync.sync import Kind, Record, linked_ids

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
    customer_of(work, customer)  # what is undecided is told before anything else is read
    claimed = await claimed_of(site, tenant, work)
    desk = await Desk.of(site, tenant, connection)
    return await desk.build(work, request, order_id=order_id or site.runtime.token(), claimed=claimed)


@final
class Desk:
    """Where the orders of a tenant are built: what several of them need of eAccounting is read once.

    Args:
        site: The installation.
        tenant: Whose orders.
        connection: The tenant's connection.
        records: The host's records of each kind.
    """

    def __init__(
        self, site: Site, tenant: str, connection: Connection, records: Mapping[Kind, Sequence[Record]]
    ) -> None:
        self.records = records
        self._site = site
        self._tenant = tenant
        self._connection = connection
        self._upstream = site.upstream(tenant, connection.login_id)
        self._links = {
            kind: {busy: upstream for upstream, busy in linked_ids(connection.company_id, known).items()}
            for kind, known in records.items()
        }
        self._company: models.CompanySettings | None = None
        self._linked: dict[Entity, models.Model | None] = {}
        self._gone: set[Entity] = set()
        self._codings: dict[str, models.ArticleAccountCoding | None] = {}

    @classmethod
    async def of(cls, site: Site, tenant: str, connection: Connection) -> Desk:
        """Return the desk of a tenant, with its records read from the host."""
        return cls(site, tenant, connection, {kind: await site.catalogue.load(tenant, kind) for kind in Kind})

    async def build(
        self, work: Work, request: OrderRequest, *, order_id: str, claimed: frozenset[str]
    ) -> Order:
        """Build an order, in the revision that comes next for its id.

        Raises:
            OrderNotReady: With every problem and its cure.
            NotReady: If the company cannot take orders.
        """
        counterpart = await self._counterpart(work, request)
        revision = await _revision(self._site, self._tenant, order_id)
        return build(work, counterpart, request, order_id=order_id, revision=revision, claimed=claimed)

    async def _counterpart(self, work: Work, request: OrderRequest) -> Counterpart:
        upstream = self._upstream
        if self._company is None:
            self._company = await ready_company(upstream, self._connection, Lane.ORDERS)
        customer = customer_of(work, request.customer)
        articles = {
            product: await self._read(upstream.article, Kind.PRODUCT, product)
            for product in sorted(products_needed(work, request))
        }
        for id in sorted({article.coding_id or "" for article in articles.values() if article is not None}):
            if id and id not in self._codings:
                self._codings[id] = await upstream.coding(id)
        return Counterpart(
            company=self._company,
            company_id=self._connection.company_id,
            customer=await self._read(upstream.customer, Kind.CUSTOMER, customer),
            project=await self._read(upstream.project, Kind.PROJECT, work.project.id),
            articles=articles,
            codings=self._codings,
            gone=frozenset(self._gone),
        )

    async def _read(self, get: Callable[[str], Awaitable[M]], kind: Kind, busy_id: str) -> M | None:
        """Return what a record of Busy is linked to; None if it is linked to none, or that one is gone."""
        id = self._links[kind].get(busy_id)
        if id is None:
            return None
        entity = Entity(str(kind), busy_id)
        if entity not in self._linked:
            try:
                self._linked[entity] = await get(id)
            except NotFound:
                self._gone.add(entity)
                self._linked[entity] = None
        return cast("M | None", self._linked[entity])


_EDITABLE: Final = frozenset({State.OPEN, State.WITHDRAWN, State.RELEASED})


async def _revision(site: Site, tenant: str, order_id: str) -> int:
    """Return the revision that an order gets when it is built now."""
    known = await LedgerBook(site, tenant, order_id).read()
    if known is None:
        return 1
    entry = known[0]
    return entry.revision + 1 if entry.state in _EDITABLE else entry.revision


async def work_on(site: Site, tenant: str, project: str, period: Period) -> Work:
    """Return the work on a project within a period.

    Raises:
        ProjectUnknown: If Busy has no such project.
    """
    try:
        return await site.work.work(tenant, project, period)
    except (KeyError, IndexError):
        raise  # of a mistake in the host: a project that is there must not be called unknown for it
    except LookupError as error:
        raise ProjectUnknown(project) from error


def today(site: Site, work: Work) -> date:
    """Return the date that it is now in the workspace's time zone."""
    return site.clock.now().astimezone(ZoneInfo(work.settings.time_zone)).date()
