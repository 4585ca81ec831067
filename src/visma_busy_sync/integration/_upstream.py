"""All that the integration may ask of eAccounting: reads, and one write, the order draft.

This is the only module of the integration that knows how to carry out an operation; an import contract
keeps it so. What has no method here cannot happen (R11, R17, R18).
"""

from __future__ import annotations

from typing import Final, TypeVar, final

from visma_busy_sync.eaccounting import _endpoints as endpoints
from visma_busy_sync.eaccounting._endpoints import Endpoint
from visma_busy_sync.eaccounting._execute import Doubt, Env, execute
from visma_busy_sync.eaccounting._walk import walk
from visma_busy_sync.eaccounting.errors import NotFound
from visma_busy_sync.eaccounting.models import (
    Article,
    CompanySettings,
    Customer,
    NewOrder,
    Order,
    Project,
)
from visma_busy_sync.sync import Kind, Read, upstream_of
from visma_busy_sync.sync import Upstream as Imported

CREATE_ORDER: Final = "POST /orders"
"""The name of the only write, as errors tell it."""

M = TypeVar("M", Customer, Article, Project)


@final
class Upstream:
    """eAccounting as one connection reaches it."""

    def __init__(self, env: Env) -> None:
        self._env = env

    async def company_settings(self) -> CompanySettings:
        """Read the settings of the company."""
        return await execute(endpoints.COMPANY_SETTINGS, self._env)

    async def read(self, kind: Kind) -> Read:
        """Read a whole list."""
        match kind:
            case Kind.CUSTOMER:
                return await self._read(endpoints.CUSTOMERS)
            case Kind.PRODUCT:
                return await self._read(endpoints.ARTICLES)
            case Kind.PROJECT:
                return await self._read(endpoints.PROJECTS)

    async def _read(self, endpoint: Endpoint[M]) -> Read:
        found = await walk(endpoint, self._env)
        return Read(rows=tuple(upstream_of(row) for row in found.rows), sure=found.sure)

    async def record(self, kind: Kind, id: str) -> Imported | None:
        """Read one record by its id; None if eAccounting answers that it does not have it."""
        try:
            match kind:
                case Kind.CUSTOMER:
                    return upstream_of(await self.customer(id))
                case Kind.PRODUCT:
                    return upstream_of(await self.article(id))
                case Kind.PROJECT:
                    return upstream_of(await self.project(id))
        except NotFound:
            return None

    async def customer(self, id: str) -> Customer:
        """Read one customer."""
        return await execute(endpoints.CUSTOMERS.get(id), self._env)

    async def project(self, id: str) -> Project:
        """Read one project."""
        return await execute(endpoints.PROJECTS.get(id), self._env)

    async def article(self, id: str) -> Article:
        """Read one article."""
        return await execute(endpoints.ARTICLES.get(id), self._env)

    async def order(self, id: str) -> Order:
        """Read one order."""
        return await execute(endpoints.ORDERS.get(id), self._env)

    async def create_draft(self, new: NewOrder, doubt: Doubt) -> Order:
        """Create an order draft: the only write there is."""
        return await execute(endpoints.ORDERS.create(new), self._env, doubt)
