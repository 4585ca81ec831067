"""Lists of the API and the objects in them, in both shells: `Resource` blocks, `AsyncResource` awaits.

Twins by hand, as in `_client`; a test compares them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Generic, TypeVar, final

from visma_busy_sync._core.stepper import step
from visma_busy_sync.eaccounting._endpoints import PAGE_SIZE, Endpoint, Page
from visma_busy_sync.eaccounting._execute import Env, execute
from visma_busy_sync.eaccounting._passes import Pass, next_rows
from visma_busy_sync.eaccounting._query import Filter
from visma_busy_sync.eaccounting._walk import Manner, Walk, walk
from visma_busy_sync.eaccounting.models import Model, NewOrder, Order

M = TypeVar("M", bound=Model)


class Resource(Generic[M]):
    """A list of the API and the objects in it."""

    def __init__(self, endpoint: Endpoint[M], env: Env) -> None:
        self._endpoint = endpoint
        self._env = env

    def get(self, id: str) -> M:
        """Fetch one by its id.

        Raises:
            NotFound: If there is none.
        """
        return step(execute, self._endpoint.get(id), self._env)

    def page(
        self,
        number: int = 1,
        *,
        size: int = PAGE_SIZE,
        where: Filter | None = None,
        order_by: str | None = None,
    ) -> Page[M]:
        """Fetch one page; `number` counts from 1, `size` is 1 to 1000 and may be granted smaller."""
        return step(
            execute, self._endpoint.page(number, size=size, where=where, order_by=order_by), self._env
        )

    def walk(self, *, manner: Manner | None = None) -> Walk[M]:
        """Read the whole list, rows that are not in use too, and say whether it is sure to be whole.

        It takes about one request per hundred rows where the server orders and filters by the change stamp,
        else twice as many. Use it where a missing row would be mistaken for a deleted one.

        Args:
            manner: What an earlier reading found out (`Walk.manner`), so that it is not found out anew.

        Raises:
            EAccountingError: If a page cannot be read.
        """
        return step(walk, self._endpoint, self._env, manner=manner)

    def list(self, *, where: Filter | None = None, order_by: str | None = None) -> Iterator[M]:
        """Iterate over all rows, page by page, each id once.

        Rows that come, go or move meanwhile may be missed; a stable `order_by` helps.

        Raises:
            ConfigurationError: If `where` or `order_by` do not fit the model; at the first row.
        """
        reading: Pass[M] = Pass()
        while not reading.done:
            yield from step(next_rows, self._endpoint, self._env, reading, where=where, order_by=order_by)


@final
class Orders(Resource[Order]):
    """Orders and order drafts."""

    def create(self, new: NewOrder) -> Order:
        """Create an order; by default a draft. It is never sent twice by itself.

        Raises:
            EAccountingError: Look at `may_have_happened`: if true, the order may exist all the same.
        """
        return step(execute, self._endpoint.create(new), self._env)

    def delete(self, id: str) -> None:
        """Delete a draft or an ongoing order; shipped and invoiced ones are refused."""
        step(execute, self._endpoint.delete(id), self._env)


class AsyncResource(Generic[M]):
    """A list of the API and the objects in it."""

    def __init__(self, endpoint: Endpoint[M], env: Env) -> None:
        self._endpoint = endpoint
        self._env = env

    async def get(self, id: str) -> M:
        """Fetch one by its id.

        Raises:
            NotFound: If there is none.
        """
        return await execute(self._endpoint.get(id), self._env)

    async def page(
        self,
        number: int = 1,
        *,
        size: int = PAGE_SIZE,
        where: Filter | None = None,
        order_by: str | None = None,
    ) -> Page[M]:
        """Fetch one page; `number` counts from 1, `size` is 1 to 1000 and may be granted smaller."""
        return await execute(
            self._endpoint.page(number, size=size, where=where, order_by=order_by), self._env
        )

    async def walk(self, *, manner: Manner | None = None) -> Walk[M]:
        """Read the whole list, rows that are not in use too, and say whether it is sure to be whole.

        It takes about one request per hundred rows where the server orders and filters by the change stamp,
        else twice as many. Use it where a missing row would be mistaken for a deleted one.

        Args:
            manner: What an earlier reading found out (`Walk.manner`), so that it is not found out anew.

        Raises:
            EAccountingError: If a page cannot be read.
        """
        return await walk(self._endpoint, self._env, manner=manner)

    async def list(self, *, where: Filter | None = None, order_by: str | None = None) -> AsyncIterator[M]:
        """Iterate over all rows, page by page, each id once.

        Rows that come, go or move meanwhile may be missed; a stable `order_by` helps.

        Raises:
            ConfigurationError: If `where` or `order_by` do not fit the model; at the first row.
        """
        reading: Pass[M] = Pass()
        while not reading.done:
            for row in await next_rows(self._endpoint, self._env, reading, where=where, order_by=order_by):
                yield row


@final
class AsyncOrders(AsyncResource[Order]):
    """Orders and order drafts."""

    async def create(self, new: NewOrder) -> Order:
        """Create an order; by default a draft. It is never sent twice by itself.

        Raises:
            EAccountingError: Look at `may_have_happened`: if true, the order may exist all the same.
        """
        return await execute(self._endpoint.create(new), self._env)

    async def delete(self, id: str) -> None:
        """Delete a draft or an ongoing order; shipped and invoiced ones are refused."""
        await execute(self._endpoint.delete(id), self._env)
