"""The example ports over plain sqlite3 do the whole job, and keep a restart's promises."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet

from visma_busy_sync import BusySync, EAccounting, Endpoints
from visma_busy_sync.busy import Period
from visma_busy_sync.errors import ConfigurationError, OrderNotReady
from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess
from visma_busy_sync.sync import Kind

EXAMPLE = Path(__file__).parents[2] / "examples" / "sqlite_ports.py"
KEY = Fernet.generate_key()
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture(scope="module")
def ports() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sqlite_ports", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sqlite_ports"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxInfo]:
    with SandboxProcess() as process:
        yield process.info


def _busy(ports: ModuleType, database: object, sandbox: SandboxInfo) -> BusySync:
    return BusySync(
        catalogue=ports.SqliteCatalogue(database),
        work=ports.SqliteWorkLog(database),
        state=ports.SqliteStateStore(database),
        client_id=sandbox.client_id,
        client_secret=sandbox.client_secret,
        redirect_uri="http://127.0.0.1/callback",
        endpoints=_endpoints(sandbox),
        encryption_keys=[KEY],
    )


def _endpoints(sandbox: SandboxInfo) -> Endpoints:
    return Endpoints(**sandbox.addresses)


def _connect(busy: BusySync) -> None:
    acme = busy.tenant("acme")
    url = acme.connect(project_sync=True, session="s")
    # Not with httpx, which logs the headers of an answer, and one of these holds the code.
    address = urlsplit(url)
    with contextlib.closing(HTTPConnection(address.netloc, timeout=20)) as browser:
        browser.request("GET", f"{address.path}?{address.query}&sandbox_auto=approve")
        back = browser.getresponse().headers["location"]
    assert acme.complete_login(back, session="s").connected


def test_a_sqlite_host_does_the_whole_job_and_survives_a_restart(
    ports: ModuleType, sandbox: SandboxInfo, tmp_path: Path
) -> None:
    """Import, order and second sync work; after a restart the login works on, and what was sent is known."""
    path = str(tmp_path / "busy.sqlite")
    database = ports.Database(path)
    with database.transaction() as sql:
        sql.execute(
            "insert into record (tenant, kind, id, number, name) values ('acme', 'project', 'p1', '9', 'Old')"
        )
    with _busy(ports, database, sandbox) as busy:
        _connect(busy)
        acme = busy.tenant("acme")
        report = acme.sync()
        assert not report.refused
        assert not report.moved
        assert acme.plan().is_empty
        projects = {r.id: r for r in ports.SqliteCatalogue(database).load("acme", Kind.PROJECT)}
        assert projects["p1"].values["archived"] is True

        (project,) = (r for r in projects.values() if r.values["number"] == "0001")
        products = {
            r.values["name"]: r.id for r in ports.SqliteCatalogue(database).load("acme", Kind.PRODUCT)
        }
        with database.transaction() as sql:
            sql.execute(
                "insert into work_type values ('acme','w','Rådgivning',?,'1250')", (products["Rådgivning"],)
            )
            sql.execute(
                "insert into hours values ('acme',?,'h1','w','m','2026-03-03T08:00:00+01:00',450,1)",
                (project.id,),
            )
            sql.execute(
                "insert into cost values ('acme',?,'k1','2026-03-04','w','2','189.90','Bompenger',1)",
                (project.id,),
            )
        order = acme.build_order(project.id, MARCH)
        assert [(line.quantity, line.total) for line in order.lines] == [
            (Decimal("7.5"), Decimal("9375.00")),
            (Decimal(2), Decimal("379.80")),
        ]
        sent = acme.push(order)
        assert acme.fetch_order(order.id).id == sent.eaccounting_id
    database.close()

    database = ports.Database(path)
    with _busy(ports, database, sandbox) as busy:
        acme = busy.tenant("acme")
        assert str(acme.status()).startswith("connected to")
        assert acme.sync().plan.is_empty
        again = acme.push(order)
        assert (again.repeated, again.eaccounting_id) == (True, sent.eaccounting_id)
        with pytest.raises(OrderNotReady):
            acme.build_order(project.id, MARCH)
    database.close()


def test_a_store_that_outlives_the_process_asks_for_encryption_keys(
    ports: ModuleType, sandbox: SandboxInfo
) -> None:
    """Tokens are never written in clear text; how to make a key is said."""
    database = ports.Database()
    with pytest.raises(ConfigurationError, match="encryption_keys") as raised:
        BusySync(
            catalogue=ports.SqliteCatalogue(database),
            work=ports.SqliteWorkLog(database),
            state=ports.SqliteStateStore(database),
            client_id=sandbox.client_id,
            client_secret=sandbox.client_secret,
            redirect_uri="http://127.0.0.1/callback",
        )
    assert "Fernet.generate_key()" in raised.value.advice
    database.close()


def test_what_the_host_cannot_hold_is_refused_and_the_rest_goes_on(
    ports: ModuleType, sandbox: SandboxInfo
) -> None:
    """A number that is taken refuses that one project, with a reason for the user."""
    database = ports.Database()
    with EAccounting(sandbox.access_token, endpoints=_endpoints(sandbox)) as api:
        taken = next(api.projects.list()).number
    with database.transaction() as sql:
        sql.execute(
            "insert into record (tenant, kind, id, number, name) values ('acme', 'project', 'p1', ?, 'X')",
            (taken,),
        )
    with _busy(ports, database, sandbox) as busy:
        _connect(busy)
        report = busy.tenant("acme").sync()
        assert [parked.reason for parked in report.refused] == ["the number is taken"]
        assert len(ports.SqliteCatalogue(database).load("acme", Kind.PROJECT)) > 60
    database.close()
