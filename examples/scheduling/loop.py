"""A plain loop: ask what is due, do it in threads, wait. Start as many processes as you like.

`python loop.py`; it ends on SIGTERM or Ctrl-C, when the jobs that have begun are done.
"""

from __future__ import annotations

import logging
import signal
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from busy_host import TICK_SECONDS, do, log, name_of, open_visma

from visma_busy_sync import BusySync, Job

THREADS = 4


def main() -> None:
    """Go round until a signal comes."""
    logging.basicConfig(level=logging.INFO)
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    with open_visma() as visma, ThreadPoolExecutor(THREADS) as pool:
        at_work: dict[Job, Future[None]] = {}
        while not stop.is_set():
            at_work = {job: future for job, future in at_work.items() if not future.done()}
            for job in jobs_due(visma):
                if job not in at_work:
                    at_work[job] = pool.submit(guarded, visma, job)
            stop.wait(TICK_SECONDS)
        # What only waits in the queue is still due, and another process does it.
        pool.shutdown(cancel_futures=True)


def jobs_due(visma: BusySync) -> list[Job]:
    """Ask what is due; a database that is away for a while does not end the loop."""
    try:
        return list(visma.jobs_due())
    except Exception as error:  # noqa: BLE001 - whatever it is, the next tick asks again
        log.error("what is due cannot be told: %s", name_of(error))
        return []


def guarded(visma: BusySync, job: Job) -> None:
    """Do a job; what goes wrong with it does not stay in a thread unseen."""
    try:
        do(visma, job)
    except Exception as error:  # noqa: BLE001 - as above
        log.error("%s: %s", job, name_of(error))


if __name__ == "__main__":
    main()
