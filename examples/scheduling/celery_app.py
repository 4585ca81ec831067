"""Celery: beat asks once a minute what is due, and each job is a task of its own.

    celery -A celery_app beat
    celery -A celery_app worker          # as many as you like, on as many machines

Nothing rests on the broker. A message that is lost, with its worker or with the broker, is sent again by the
next tick, since its job is still due; one that comes twice finds nothing to do.
"""

from __future__ import annotations

import functools
import os

from busy_host import TICK_SECONDS, do, open_visma
from celery import Celery

from visma_busy_sync import BusySync, Job

app = Celery("busy", broker=os.environ["BROKER_URL"])
app.conf.update(
    # What is still due is sent anew by the next tick: so no queue grows while workers are away.
    beat_schedule={"visma": {"task": "tick", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS}}},
    # A message is taken off the queue when its task is done; and is put back when the task's process died.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    # Else a worker holds messages back that another one could do.
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
)


@functools.cache
def visma() -> BusySync:
    """Return this process's SDK object, made when it is first needed: after the worker has forked."""
    return open_visma()


@app.task(name="tick")
def tick() -> None:
    """Send a task for each job that is due."""
    for job in visma().jobs_due():
        run.apply_async((job.tenant, job.lane), expires=TICK_SECONDS)


@app.task(name="run")
def run(tenant: str, lane: str) -> None:
    """Do a job. Of one tenant and lane, one worker does something at a time: `run_job` sees to that."""
    do(visma(), Job(tenant, lane))
