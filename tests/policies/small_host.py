"""A host with a little work, over stores in memory or in SQL, that is connected to a sandbox."""

from __future__ import annotations

import http.client
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

import httpx
from attrs import frozen
from cryptography.fernet import Fernet

from visma_busy_sync import BusySync, Endpoints, Listener, Tenant
from visma_busy_sync.busy import Approval, Order, Period, PriceMode, Prices, TimeEntry, WorkType
from visma_busy_sync.sandbox.process import SandboxInfo
from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore, MemoryWorkLog
from visma_busy_sync.stores.sql import SqlCatalogue, SqlStateStore, SqlWorkLog
from visma_busy_sync.sync import Kind

SESSION: Final = "the browser's session"
REDIRECT: Final = "http://127.0.0.1:9/callback"
MARCH: Final = Period(date(2026, 3, 1), date(2026, 3, 31))


@frozen
class Stores:
    """Where a host keeps what it has."""

    catalogue: MemoryCatalogue | SqlCatalogue
    work: MemoryWorkLog | SqlWorkLog
    state: MemoryStateStore | SqlStateStore


def in_memory() -> Stores:
    catalogue = MemoryCatalogue()
    return Stores(catalogue, MemoryWorkLog(catalogue), MemoryStateStore())


def in_sql(url: str) -> Stores:
    catalogue = SqlCatalogue.open(url)
    stores = Stores(catalogue, SqlWorkLog(catalogue), SqlStateStore.open(url))
    for store in (catalogue, stores.work, stores.state):
        assert not isinstance(store, MemoryWorkLog | MemoryStateStore)
        store.create_table()
    return stores


def close(stores: Stores) -> None:
    for store in (stores.state, stores.catalogue):
        if isinstance(store, SqlStateStore | SqlCatalogue):
            store.close()


def busy_sync(
    sandbox: SandboxInfo, stores: Stores, *, key: str | None = None, listener: Listener | None = None
) -> BusySync:
    if key is None and isinstance(stores.state, SqlStateStore):
        key = Fernet.generate_key().decode()
    return BusySync(
        catalogue=stores.catalogue,
        work=stores.work,
        state=stores.state,
        client_id=sandbox.client_id,
        client_secret=sandbox.client_secret,
        redirect_uri=REDIRECT,
        endpoints=endpoints(sandbox),
        encryption_keys=[key] if key else None,
        listener=listener,
    )


def endpoints(sandbox: SandboxInfo) -> Endpoints:
    return Endpoints(**sandbox.addresses)


def connect(acme: Tenant) -> None:
    """Have the user log in."""
    callback = sent_back(acme.connect(project_sync=True, session=SESSION))
    assert acme.complete_login(callback, session=SESSION).outcome == "connected"


def sent_back(url: str) -> str:
    """Log in at Visma's page; return where the browser is sent back to."""
    page = httpx.URL(url).copy_merge_params({"sandbox_auto": "approve"})
    # Not with httpx, which logs the headers of an answer, and one of these holds the code.
    connection = http.client.HTTPConnection(page.host, page.port, timeout=20)
    with closing(connection):
        connection.request("GET", page.raw_path.decode())
        return connection.getresponse().headers["location"]


def order(acme: Tenant, stores: Stores, *, name: str = "h") -> Order:
    """Book three hours on a project that came from eAccounting, and build the order of them."""
    records = sorted(stores.catalogue.load("acme", Kind.PROJECT), key=lambda r: str(r.values["number"]))
    project = next(r.id for r in records if r.values["customer"] and not r.values["archived"])
    products = {r.values["name"]: r.id for r in stores.catalogue.load("acme", Kind.PRODUCT)}
    stores.work.add_work_type("acme", WorkType(id="w", name="Rådgivning", product=products["Rådgivning"]))
    prices = Prices(mode=PriceMode.WORK_TYPE, work_type_rates={"w": Decimal(1250)})
    stores.work.set_prices("acme", project, prices)
    entry = TimeEntry(
        id=name,
        work_type="w",
        member="m1",
        start=datetime(2026, 3, 3, 7, 30, tzinfo=UTC),
        billable_minutes=180,
        approval=Approval.APPROVED,
    )
    stores.work.book("acme", project, entry)
    return acme.build_order(project, MARCH, order_date=date(2026, 3, 31))


def drafts(sandbox: SandboxInfo) -> int:
    """How many order drafts came to eAccounting."""
    history = httpx.get(f"{sandbox.control_url}/orders/history").json()
    return sum(entry["event"] == "created" for entry in history["entries"])
