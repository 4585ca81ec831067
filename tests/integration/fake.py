"""A site over gated fakes: every step of a use case is a point of the deterministic scheduler."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, final
from urllib.parse import parse_qs, urlsplit

from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.world import Permit
from visma_busy_sync.busy import (
    Order,
    OrderLine,
    Period,
    PriceMode,
    Prices,
    PriceSource,
    Project,
    Work,
    WorkSettings,
)
from visma_busy_sync.busy._orders import EntryKind, LinePart
from visma_busy_sync.eaccounting import Application, TokenSet
from visma_busy_sync.eaccounting._execute import Options
from visma_busy_sync.eaccounting.http import Request, Response
from visma_busy_sync.integration._listener import Hear
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._stored_tokens import seal_tokens
from visma_busy_sync.ports import AsyncStateStore, StateStore
from visma_busy_sync.state import (
    CONNECTION,
    CONNECTION_SCHEMA,
    TOKENS_PREFIX,
    TOKENS_SCHEMA,
    Connection,
    Tokens,
    tokens_key,
)
from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore
from visma_busy_sync.sync import Change, Kind, Outcome, Record
from visma_busy_sync.testing import scheduler

from .office import ACME, MARCH

COMPANY = "company"
LOGIN = "login-0"
FAR = datetime(2999, 1, 1, tzinfo=UTC)


def guid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


@final
class Upstream:
    """An eAccounting in memory: lists, one company, orders, tokens."""

    def __init__(self) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {"customers": [], "articles": [], "projects": []}
        self.orders: list[dict[str, Any]] = []
        self.codes: list[str] = []
        self.revoked: list[bytes | None] = []
        self.refreshes = 0
        self.dead: set[str] = set()
        self.company = COMPANY

    def send(self, request: Request) -> Response:
        """Answer a request, with its effect, in one go."""
        parts = urlsplit(request.url)
        path = parts.path.rpartition("/v2/")[2] if "/v2/" in parts.path else parts.path
        if path.endswith("/token"):
            return self._token(request)
        if path.endswith("/revocation"):
            self.revoked.append(request.body)
            return Response(200, {}, b"")
        if request.headers["Authorization"].removeprefix("Bearer ") in self.dead:
            return _json({"ErrorCode": 4005, "ErrorId": "e", "DeveloperErrorMessage": "no"}, 401)
        if path == "companysettings":
            return _json({"Name": "Acme AS", "CompanyIdentifier": self.company, "CurrencyCode": "NOK"})
        if request.method == "POST":
            order = {**json.loads(request.body or b""), "Id": guid(f"order {len(self.orders)}")}
            self.orders.append(order)
            return _json(order, 201)
        resource, _, id = path.partition("/")
        rows = self.orders if resource == "orders" else self.lists[resource]
        if id:
            found = next((row for row in rows if row["Id"] == id), None)
            if found is None:
                return _json({"ErrorCode": 3000, "ErrorId": "e"}, 404)
            if request.method == "DELETE":
                rows.remove(found)
                return Response(204, {}, b"")
            return _json(found)
        page = int(parse_qs(parts.query).get("$page", ["1"])[0])
        meta = {"TotalNumberOfResults": len(rows), "TotalNumberOfPages": 1, "CurrentPage": page}
        return _json({"Meta": meta, "Data": rows if page == 1 else []})

    def _token(self, request: Request) -> Response:
        form = parse_qs((request.body or b"").decode())
        if form["grant_type"] == ["refresh_token"]:
            self.refreshes += 1
            return _json({"error": "invalid_grant"}, 400)
        self.codes.append(form["code"][0])
        return _json({"access_token": f"access-{len(self.codes)}", "refresh_token": "r", "expires_in": 3600})

    def customer(self, number: str, name: str) -> str:
        self.lists["customers"].append(
            {"Id": guid(f"c{number}"), "CustomerNumber": number, "Name": name, "IsActive": True, **_CUSTOMER}
        )
        return guid(f"c{number}")

    def project(self, number: str, name: str, customer: str | None = None, *, finished: bool = False) -> None:
        self.lists["projects"].append(
            {
                "Id": guid(f"p{number}"),
                "Number": number,
                "Name": name,
                "StartDate": "2026-01-01T00:00:00",
                "CustomerId": customer,
                "Status": 2 if finished else 1,
            }
        )


_CUSTOMER: Mapping[str, Any] = {
    "InvoiceCity": "Oslo",
    "InvoicePostalCode": "0150",
    "TermsOfPaymentId": guid("terms"),
    "IsPrivatePerson": False,
}


def _json(value: object, status: int = 200) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(value).encode())


class GatedState:
    """A state store with a point before and after each effect."""

    def __init__(self, memory: MemoryStateStore) -> None:
        self.read = scheduler.gate(memory.read, "state.read")
        self.scan = scheduler.gate(memory.scan, "state.scan")
        self.commit = scheduler.gate(memory.commit, "state.commit")


class GatedCatalogue:
    """A catalogue with points around each single change."""

    def __init__(self, memory: MemoryCatalogue) -> None:
        self._load = scheduler.gate(memory.load, "catalogue.load")
        self._apply = scheduler.gate(memory.apply, "catalogue.apply")

    async def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        return await self._load(tenant, kind)

    async def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        return [outcome for change in changes for outcome in await self._apply(tenant, [change])]


@final
class GatedTransport:
    def __init__(self, upstream: Upstream) -> None:
        self.send = scheduler.gate(upstream.send, "http")


@final
class AnyWork:
    """A work log that knows every project, with nothing booked on it."""

    async def work(self, tenant: str, project: str, period: Period) -> Work:
        """Return no work, in a workspace that sends its orders."""
        prices = Prices(mode=PriceMode.PROJECT)
        return Work(project=Project(id=project, name="Any"), prices=prices, settings=WorkSettings())

    async def finalised(self, tenant: str) -> Sequence[Order]:
        """Return none."""
        return ()


class NoLimit:
    async def acquire(self, key: str, *, patience: float) -> Permit:
        """Let everything pass."""
        return Permit(key, 0.0)

    async def release(self, permit: Permit) -> None:
        """Do nothing."""

    async def hold_off(self, key: str, *, seconds: float) -> None:
        """Do nothing."""


@final
class OpenSealer:
    """A sealer whose seal anybody can open: for stores that many sites share, with repeatable documents."""

    def seal(self, secret: Secret, *, about: str) -> str:
        return json.dumps([about, secret.reveal()])

    def open(self, sealed: str, *, about: str) -> Secret:
        named, text = json.loads(sealed)
        assert named == about
        return Secret(text)


def site(
    world: scheduler.World,
    upstream: Upstream,
    state: MemoryStateStore,
    busy: MemoryCatalogue | None = None,
    *,
    store: AsyncStateStore | None = None,
    hear: Hear | None = None,
) -> Site:
    """A site whose every port is gated. Sites over one state store are processes that share it."""
    busy = busy or MemoryCatalogue()
    return Site(
        catalogue=GatedCatalogue(busy),
        work=AnyWork(),
        state=store or GatedState(state),
        application=Application(client_id="id", client_secret="secret", redirect_uri="https://b.example/cb"),
        transport=GatedTransport(upstream),
        runtime=world.runtime,
        clock=world.clock,
        limiter=NoLimit(),
        sealer=OpenSealer(),
        options=Options(max_retries=0),
        hear=hear,
    )


def tokens(access: str) -> TokenSet:
    return TokenSet(access_token=Secret(access), refresh_token=Secret("refresh"), expires_at=FAR)


def connected(state: StateStore, *, project_sync: bool = True, login_id: str = LOGIN) -> None:
    """Write the connection and its tokens down as a login does."""
    connection = Connection(
        connected=True,
        company_id=COMPANY,
        company_name="Acme AS",
        project_sync=project_sync,
        connected_at=datetime(2026, 1, 1, tzinfo=UTC),
        login_id=login_id,
    )
    known = state.read(ACME, [CONNECTION]).get(CONNECTION)
    document = seal_tokens(
        OpenSealer(), tokens("access-0"), tenant=ACME, login_id=login_id, generation="generation-0"
    )
    writes = [CONNECTION_SCHEMA.write(CONNECTION, known, connection)]
    writes.append(TOKENS_SCHEMA.write(tokens_key(login_id), None, document))
    assert state.commit(ACME, writes)


def tokens_in(state: MemoryStateStore) -> dict[str, Tokens]:
    """The stored tokens, by login."""
    return {
        found.key.removeprefix(TOKENS_PREFIX): TOKENS_SCHEMA.load(found.key, found.document.body)
        for found in state.scan(TOKENS_PREFIX, ACME)
    }


def connection_in(state: MemoryStateStore) -> Connection:
    return CONNECTION_SCHEMA.load(CONNECTION, state.read(ACME, [CONNECTION])[CONNECTION].body)


def order(id: str, *entries: str) -> Order:
    """An order over hours with these ids."""
    parts = tuple(
        LinePart(
            kind=EntryKind.ENTRY,
            id=entry,
            day=date(2026, 3, 3),
            work_type="w",
            minutes=60,
            quantity=None,
            price=Decimal(100),
            price_source=PriceSource.PROJECT,
        )
        for entry in entries
    )
    total = Decimal(100 * len(entries))
    line = OrderLine(
        text="Work",
        quantity=Decimal(len(entries)),
        unit="h",
        unit_price=Decimal(100),
        total=total,
        rounding_difference=Decimal(0),
        price_source=PriceSource.PROJECT,
        product="p",
        eaccounting_article=guid("article"),
        parts=parts,
    )
    return Order(
        id=id,
        revision=1,
        company_id=COMPANY,
        project="j",
        customer="c",
        eaccounting_customer=guid("customer"),
        currency="NOK",
        order_date=date(2026, 3, 31),
        period=MARCH,
        lines=(line,),
        rounding_rules=1,
    )
