"""All that the integration may ask of eAccounting: reads, and two writes, of the order draft.

A draft is created, and one of ours is deleted where a person asks for that; nothing else is ever written.
This is the only module of the integration that knows how to carry out an operation; an import contract
keeps it so. What has no method here cannot happen (R11, R17, R18).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, final

from attrs import evolve

from visma_busy_sync.eaccounting import _endpoints as endpoints
from visma_busy_sync.eaccounting._dated import DatedTransport
from visma_busy_sync.eaccounting._endpoints import Endpoint
from visma_busy_sync.eaccounting._execute import Doubt, Env, execute
from visma_busy_sync.eaccounting._query import F
from visma_busy_sync.eaccounting._walk import Manner, Walk, changes, walk, walk_some
from visma_busy_sync.eaccounting.errors import NotFound
from visma_busy_sync.eaccounting.models import (
    Article,
    ArticleAccountCoding,
    CompanySettings,
    Customer,
    NewOrder,
    Order,
    Project,
)
from visma_busy_sync.sync import Kind, upstream_of
from visma_busy_sync.sync import Upstream as Imported

CREATE_ORDER: Final = "POST /orders"
"""The name of the one write that creates, as errors tell it."""

_LISTS: Final[Mapping[Kind, Endpoint[Any]]] = {
    Kind.CUSTOMER: endpoints.CUSTOMERS,
    Kind.PRODUCT: endpoints.ARTICLES,
    Kind.PROJECT: endpoints.PROJECTS,
}


@final
class Upstream:
    """eAccounting as one connection reaches it."""

    def __init__(self, env: Env) -> None:
        self._env = env

    def dated(self) -> tuple[Upstream, DatedTransport]:
        """Return the same, and what notes the server's clock with each of its answers."""
        dated = DatedTransport(self._env.transport, self._env.clock)
        return Upstream(evolve(self._env, transport=dated)), dated

    async def company_settings(self) -> CompanySettings:
        """Read the settings of the company."""
        return await execute(endpoints.COMPANY_SETTINGS, self._env)

    async def read(self, kind: Kind, manner: Manner) -> Walk[Imported]:
        """Read a whole list."""
        return _imported(await walk(_LISTS[kind], self._env, manner=manner))

    async def changes(self, kind: Kind, since: datetime, manner: Manner) -> Walk[Imported] | None:
        """Read what changed in a list; None if eAccounting cannot tell."""
        found = await changes(_LISTS[kind], self._env, since, manner=manner)
        return None if found is None else _imported(found)

    async def record(self, kind: Kind, id: str) -> Imported | None:
        """Read one record by its id; None if eAccounting answers that it does not have it."""
        try:
            return upstream_of(await execute(_LISTS[kind].get(id), self._env))
        except NotFound:
            return None

    async def customers(self) -> Sequence[Customer]:
        """Read all customers; that one is not among them does not say that it is gone."""
        return (await walk(endpoints.CUSTOMERS, self._env)).rows

    async def projects(self) -> Sequence[Project]:
        """Read all projects, likewise."""
        return (await walk(endpoints.PROJECTS, self._env)).rows

    async def articles(self) -> Sequence[Article]:
        """Read all articles, likewise."""
        return (await walk(endpoints.ARTICLES, self._env)).rows

    async def customer(self, id: str) -> Customer:
        """Read one customer."""
        return await execute(endpoints.CUSTOMERS.get(id), self._env)

    async def project(self, id: str) -> Project:
        """Read one project."""
        return await execute(endpoints.PROJECTS.get(id), self._env)

    async def article(self, id: str) -> Article:
        """Read one article."""
        return await execute(endpoints.ARTICLES.get(id), self._env)

    async def coding(self, id: str) -> ArticleAccountCoding | None:
        """Read how an article is booked; None where eAccounting does not tell."""
        try:
            return await execute(endpoints.ARTICLE_ACCOUNT_CODINGS.get(id), self._env)
        except NotFound:
            return None

    async def order(self, id: str) -> Order:
        """Read one order."""
        return await execute(endpoints.ORDERS.get(id), self._env)

    async def orders_since(self, moment: datetime) -> Walk[Order]:
        """Read the orders that were created at a moment or later; more of them where that is not answered."""
        return await walk_some(endpoints.ORDERS, self._env, F.ge("CreatedUtc", moment))

    async def may_read_orders(self) -> None:
        """Read one order, whichever; raises if that is refused."""
        await execute(endpoints.ORDERS.page(size=1), self._env)

    async def create_draft(self, new: NewOrder, doubt: Doubt, *, since: float, latest: datetime) -> Order:
        """Create an order draft, within the deadline of a call that began at `since`; not after `latest`."""
        return await execute(endpoints.ORDERS.create(new), self._env, doubt, since=since, latest=latest)

    async def delete_draft(self, id: str) -> None:
        """Delete an order draft, as a person asked."""
        await execute(endpoints.ORDERS.delete(id), self._env)


def _imported(found: Walk[Any]) -> Walk[Imported]:
    return evolve(found, rows=tuple(upstream_of(row) for row in found.rows))
