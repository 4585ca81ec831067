"""The host's own part of the scheduling recipes: make the SDK object, do a job, log what became of it.

Yours is made over your own ports; this one keeps all in the SQL stores of the box. All settings come from the
environment.
"""

from __future__ import annotations

import json
import logging
import os

from visma_busy_sync import BusySync, DuePush, DueReadBack, DueSync, Endpoints, Job
from visma_busy_sync.eaccounting import PRODUCTION
from visma_busy_sync.stores.sql import SqlCatalogue, SqlStateStore, SqlWorkLog

log = logging.getLogger("busy.visma")
logging.getLogger("httpx").setLevel(logging.WARNING)  # below that it logs the address of each call

TICK_SECONDS = float(os.environ.get("TICK_SECONDS", "60"))
"""How often it is asked what is due."""


def open_visma() -> BusySync:
    """Make the SDK object: one for each process, and after a fork."""
    url = os.environ["DATABASE_URL"]
    catalogue = SqlCatalogue.open(url)
    sandbox = os.environ.get("SANDBOX_ENDPOINTS")  # its four addresses, as JSON
    return BusySync(
        catalogue=catalogue,
        work=SqlWorkLog(catalogue),
        state=SqlStateStore.open(url),
        client_id=os.environ["VISMA_CLIENT_ID"],
        client_secret=os.environ["VISMA_CLIENT_SECRET"],
        redirect_uri=os.environ["VISMA_REDIRECT_URI"],
        encryption_keys=[os.environ["VISMA_ENCRYPTION_KEY"]],
        endpoints=Endpoints(**json.loads(sandbox)) if sandbox else PRODUCTION,
    )


def do(visma: BusySync, job: Job) -> None:
    """Do a job if it is still due, and log what became of it."""
    result = visma.run_job(job)
    if result is None:
        log.debug("%s: nothing to do, or another worker is at it", job)
        return
    # Ids, counts and the names of errors: never the text of an error, nor a plan, an order or a record.
    level = logging.INFO if result.error is None else logging.WARNING
    log.log(level, "%s: %s, ended by %s", job, told(result), name_of(result.error))


def told(result: DuePush | DueSync | DueReadBack) -> str:
    """Say in numbers what a job did."""
    match result:
        case DuePush(pushed=pushed, recovered=recovered, waiting=waiting):
            failed = [f"{one.order.id} ({name_of(one.error)})" for one in pushed if one.error]
            return (
                f"{len(pushed) - len(failed)} sent, {len(recovered)} looked for, "
                f"{len(waiting)} wait for a person, not sent: {failed}"
            )
        case DueSync(report=report):
            applied = sum(report.applied.values()) if report else 0
            return f"{applied} applied, {len(report.refused) if report else 0} refused"
        case DueReadBack(read=read):
            return f"{len(read)} read, failed: {[one.order_id for one in read if one.error]}"


def name_of(error: Exception | None) -> str:
    """Return the name of an error: its text may hold what a host's port put into it."""
    return type(error).__name__ if error else "nothing"
