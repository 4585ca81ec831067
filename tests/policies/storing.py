"""Write what this version stores on a whole journey: `python -m tests.policies.storing VERSION`.

Once for each release that stores something in another form. The files are never changed afterwards: they
stand for the databases of hosts.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from contextlib import closing, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import httpx
from attrs import evolve

from visma_busy_sync import BusySync, Choices, Endpoints, Listener, Tenant
from visma_busy_sync.busy import FixedPrice, PriceMode, Prices, WorkType
from visma_busy_sync.errors import ReconnectNeeded
from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess
from visma_busy_sync.sync import Decide, Decision, Kind

from .small_host import MARCH, REDIRECT, Stores, close, connect, endpoints, in_sql, order

FOLDER: Final = Path(__file__).with_name("stored")
# Of no use anywhere: what is sealed with it are tokens of a sandbox that is gone.
KEY: Final = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
# A part of the sandbox's company, so that the files stay short.
FEW: Final = Choices(scope={"project": ["00*"], "customer": ["1000*", "1001*"], "product": ["100"]})


def restore(written: Path, database: Path) -> Stores:
    """Make a database of a file, as an earlier version left it, and open the stores over it."""
    with closing(sqlite3.connect(database)) as sql:
        sql.executescript(written.read_text(encoding="utf-8"))
    return in_sql(f"sqlite:///{database}")


def integration(stores: Stores, where: Endpoints, client_id: str = "c", client_secret: str = "s") -> BusySync:
    """Make the integration as the host of the files has it."""
    return BusySync(
        catalogue=stores.catalogue,
        work=stores.work,
        state=stores.state,
        client_id=client_id,
        client_secret=client_secret,
        redirect_uri=REDIRECT,
        endpoints=where,
        encryption_keys=[KEY],
        choices=FEW,
        listener=Listener(),
    )


def journey(acme: Tenant, stores: Stores, sandbox: SandboxInfo, visma: BusySync) -> None:
    """Do something of everything that is remembered."""
    connect(acme)
    acme.sync()
    kept = stores.catalogue.load("acme", Kind.PROJECT)[-1]
    acme.decide(Decision(what=Decide.KEEP, kind=Kind.PROJECT, busy_id=kept.id))
    first = order(acme, stores)
    acme.push(first)
    _a_fixed_price(acme, stores, first.project)
    assert [done.pushed for done in visma.push_due()]
    acme.read_back()
    assert httpx.post(f"{sandbox.control_url}/password-change").is_success
    with suppress(ReconnectNeeded):
        acme.sync()
    connect(acme)
    acme.connect(project_sync=True, session="another session")


def _a_fixed_price(acme: Tenant, stores: Stores, project: str) -> None:
    product = stores.work.work("acme", project, MARCH).work_types[0].product
    stores.work.add_work_type("acme", WorkType(id="f", name="Forprosjekt", product=product))
    fixed = FixedPrice(work_type="f", amount=Decimal(20000))
    stores.work.set_prices("acme", project, Prices(mode=PriceMode.WORK_TYPE, fixed_prices=(fixed,)))
    made = acme.build_order(project, MARCH, order_date=date(2026, 3, 31))
    stores.work.finalise("acme", evolve(made, finalised_at=datetime.now(UTC)))


def main(version: str) -> None:
    with tempfile.TemporaryDirectory() as folder, SandboxProcess() as sandbox:
        database = Path(folder) / "busy.db"
        stores, info = in_sql(f"sqlite:///{database}"), sandbox.info
        with integration(stores, endpoints(info), info.client_id, info.client_secret) as visma:
            journey(visma.tenant("acme"), stores, info, visma)
        close(stores)
        with closing(sqlite3.connect(database)) as sql:
            text = "\n".join(sql.iterdump())
    (FOLDER / f"{version}.sql").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
