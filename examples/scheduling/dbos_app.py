"""DBOS: a scheduled workflow asks what is due, and each job is a workflow in a queue with a serial key.

`python dbos_app.py`, as often as you like: over SQLite on one machine, over PostgreSQL on many. It ends on
SIGTERM or Ctrl-C, when the jobs that have begun are done.
"""

from __future__ import annotations

import functools
import logging
import os
import signal
import threading
from datetime import datetime, timedelta

from busy_host import do, open_visma
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

from visma_busy_sync import BusySync, Job

QUEUE = "visma"
CRON = os.environ.get("TICK_CRON", "* * * * *")
GIVEN_UP = timedelta(seconds=float(os.environ.get("GIVEN_UP_SECONDS", "600")))
"""How long a job may take before its worker is taken for dead. If it is not, nothing is done twice."""


@functools.cache
def visma() -> BusySync:
    """Return this process's SDK object."""
    return open_visma()


@DBOS.workflow()
def tick(at: datetime, _context: object) -> None:
    """Put each job into the queue that is due and not in it yet."""
    # A job of a worker that was killed stays pending until that very worker starts again, and keeps its key.
    for dead in DBOS.list_workflows(
        queue_name=QUEUE, status="PENDING", dequeued_before=(at - GIVEN_UP).isoformat(), load_input=False
    ):
        DBOS.cancel_workflow(dead.workflow_id)
    queued = DBOS.list_workflows(queue_name=QUEUE, status=["ENQUEUED", "PENDING"], load_input=False)
    keys = {each.queue_partition_key for each in queued}
    for tenant, lane in jobs_due():
        key = str(Job(tenant, lane))
        if key not in keys:
            # The id makes a tick that is run again put nothing into the queue twice.
            with SetWorkflowID(f"{key}@{at.isoformat()}"), SetEnqueueOptions(queue_partition_key=key):
                DBOS.enqueue_workflow(QUEUE, run, tenant, lane)


@DBOS.step()
def jobs_due() -> list[tuple[str, str]]:
    """Ask what is due, as texts that DBOS can keep."""
    return [(job.tenant, str(job.lane)) for job in visma().jobs_due()]


@DBOS.workflow()
def run(tenant: str, lane: str) -> None:
    """Do a job. Run again after a crash, it does what is still due."""
    do(visma(), Job(tenant, lane))


def main() -> None:
    """Work until a signal comes."""
    logging.basicConfig(level=logging.INFO)
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    DBOS(
        config={
            "name": "busy",
            "system_database_url": os.environ["DBOS_SYSTEM_DATABASE_URL"],
            # Any version of this program can do a job: it is two texts. So a new one leaves nothing behind.
            "application_version": "1",
            # Another one in each process; else one that starts would take over the jobs of those that run.
            "executor_id": f"{os.uname().nodename}-{os.getpid()}",
        }
    )
    DBOS.launch()
    DBOS.register_queue(QUEUE, partition_concurrency=1, worker_concurrency=4)
    DBOS.apply_schedules([{"schedule_name": "visma", "workflow_fn": tick, "schedule": CRON}])
    stop.wait()
    DBOS.destroy(workflow_completion_timeout_sec=600)
    visma().close()


if __name__ == "__main__":
    main()
