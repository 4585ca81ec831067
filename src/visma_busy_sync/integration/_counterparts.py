"""What eAccounting has of the things that orders are about, each read once however many orders need it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Generic, Protocol, TypeVar, final

from visma_busy_sync.busy import Work
from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting.errors import NotFound
from visma_busy_sync.integration._connection import ready_company
from visma_busy_sync.integration._readiness import Lane
from visma_busy_sync.integration._site import Site
from visma_busy_sync.orders import Counterpart, Entity, OrderRequest, products_needed
from visma_busy_sync.orders._building.eligibility import decide_customer
from visma_busy_sync.state import Connection
from visma_busy_sync.sync import Kind, Record, linked_ids


class _Row(Protocol):
    """A record of eAccounting."""

    @property
    def id(self) -> str: ...


M = TypeVar("M", bound=_Row)

_ROWS_OF_A_REQUEST: Final = 50
"""A list comes in pages of 100 and is read twice, to be sure of it."""
_REQUESTS_OF_ANY_LIST: Final = 4
"""What a short list takes: its page twice, one beyond it, and whether it hides rows."""


@final
class Counterparts:
    """Reads what is linked, by id; and a whole list as soon as reading by id has cost as much as that.

    So it takes at most twice the requests of the cheaper way, whichever that is. The company is read with
    the first of them.

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
        self._connection = connection
        self._upstream = upstream = site.upstream(tenant, connection.login_id)
        self._links = {
            kind: {busy: id for id, busy in linked_ids(connection.company_id, known).items()}
            for kind, known in records.items()
        }
        self._customers = _Cache(upstream.customer, upstream.customers, len(self._links[Kind.CUSTOMER]))
        self._projects = _Cache(upstream.project, upstream.projects, len(self._links[Kind.PROJECT]))
        self._articles = _Cache(upstream.article, upstream.articles, len(self._links[Kind.PRODUCT]))
        self._codings: dict[str, models.ArticleAccountCoding | None] = {}
        self._company: models.CompanySettings | None = None

    @classmethod
    async def of(cls, site: Site, tenant: str, connection: Connection) -> Counterparts:
        """Return those of a tenant, with its records read from the host.

        Raises:
            PortContractBroken: If the host's catalogue answers something that it must not.
        """
        return cls(site, tenant, connection, {kind: await site.catalogue.load(tenant, kind) for kind in Kind})

    async def look(self, work: Work, request: OrderRequest, *, order_id: str) -> Counterpart:
        """Return what eAccounting has of the things that the order `order_id` would be about.

        Where the customer cannot be decided, nothing is read that depends on it.

        Raises:
            NotReady: If the company cannot take orders; its report says what to press.
            WrongCompany: If what is read is of another company.
            EAccountingError: If something cannot be read.
        """
        if self._company is None:
            self._company = await ready_company(self._upstream, self._connection, Lane.ORDERS)
        gone: set[Entity] = set()
        decided = decide_customer(work, request.customer)
        customer = products = None
        if isinstance(decided, str):
            customer = await self._linked(self._customers, Kind.CUSTOMER, decided, gone)
            products = sorted(products_needed(work, request, order_id=order_id))
        articles = {
            product: await self._linked(self._articles, Kind.PRODUCT, product, gone)
            for product in products or ()
        }
        used = {article.coding_id or "" for article in articles.values() if article is not None}
        return Counterpart(
            company=self._company,
            company_id=self._connection.company_id,
            customer=customer,
            project=await self._linked(self._projects, Kind.PROJECT, work.project.id, gone),
            articles=articles,
            codings={id: await self._coding(id) for id in sorted(used - {""})},
            gone=frozenset(gone),
        )

    async def _linked(self, cache: _Cache[M], kind: Kind, busy_id: str, gone: set[Entity]) -> M | None:
        id = self._links[kind].get(busy_id)
        if id is None:
            return None
        found = await cache.get(id)
        if found is None:
            gone.add(Entity(str(kind), busy_id))
        return found

    async def _coding(self, id: str) -> models.ArticleAccountCoding | None:
        if id not in self._codings:
            self._codings[id] = await self._upstream.coding(id)
        return self._codings[id]


@final
class _Cache(Generic[M]):
    """Rows of one kind as they were read, by eAccounting's ids; None for what is gone.

    Args:
        get: Reads a row by its id.
        read: Reads the whole list.
        rows: How many rows the list has at least: those that are linked.
    """

    def __init__(
        self,
        get: Callable[[str], Awaitable[M]],
        read: Callable[[], Awaitable[Sequence[M]]],
        rows: int,
    ) -> None:
        self._get = get
        self._read = read
        self._reads_of_the_list = _REQUESTS_OF_ANY_LIST + rows // _ROWS_OF_A_REQUEST
        self._reads = 0
        self._known: dict[str, M | None] = {}

    async def get(self, id: str) -> M | None:
        """Return a row; None where eAccounting answers that it is gone."""
        if id not in self._known and self._reads == self._reads_of_the_list:
            self._reads += 1  # once
            self._known |= {row.id: row for row in await self._read()}
        if id not in self._known:
            # Also what the list lacked: only an answer about the very row says that it is gone.
            self._reads += 1
            self._known[id] = await self._asked_for(id)
        return self._known[id]

    async def _asked_for(self, id: str) -> M | None:
        try:
            return await self._get(id)
        except NotFound:
            return None
