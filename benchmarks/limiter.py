"""Measure the limiter: how much of the budget it uses, as the server counts, and what it costs per call.

```
python benchmarks/limiter.py            # the real window: four minutes and a half
python benchmarks/limiter.py --quick    # a window of four seconds
```

Several processes call the sandbox as fast as a budget that they share over a `SqlStateStore` lets them. The
sandbox refuses what is too much, and its journal tells when it received each call. Quote ratios only.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import httpx
from attrs import asdict, frozen

from visma_busy_sync._core.runtimes import BlockingRuntime, SystemClock
from visma_busy_sync._core.stepper import step
from visma_busy_sync._core.world import Clock, Limiter
from visma_busy_sync.eaccounting._limits import WindowLimiter
from visma_busy_sync.ports import LiftedStateStore
from visma_busy_sync.sandbox.process import SandboxProcess
from visma_busy_sync.state import StoreLimiter
from visma_busy_sync.stores.sql import SqlStateStore
from visma_busy_sync.testing.scheduler import VirtualClock

THREADS = 4
WINDOWS = 4
CALLS = 50  # of each contender in a repetition, measured one after the other
REPETITIONS = 9  # the first is dropped
SLACK = 1.0
LEAST_USED = 0.95


@frozen(kw_only=True)
class Job:
    """What a calling process is told."""

    database: str
    address: str
    token: str
    budget: int
    window: int
    slack: float
    seconds: float


def call(client: httpx.Client, address: str, token: str) -> None:
    """Make a call of the API."""
    client.get(address, headers={"Authorization": f"Bearer {token}"}).raise_for_status()


def limited(limiter: Limiter, work: Callable[[], None]) -> None:
    """Do what `_execute` does around a call."""

    async def run() -> None:
        permit = await limiter.acquire("/companysettings", patience=1e6)
        try:
            work()
        finally:
            await limiter.release(permit)

    step(run)


def shared(store: SqlStateStore, *, clock: Clock, budget: int, window: float, slack: float) -> StoreLimiter:
    """Make the shared limiter of one process."""
    return StoreLimiter(
        LiftedStateStore(store),
        clock=clock,
        runtime=BlockingRuntime(),
        client_id="an-application",
        budget=budget,
        window=window,
        slack=slack,
    )


def work_off(job: Job) -> None:
    """Call as fast as the budget lets several threads, until the time is over."""
    with SqlStateStore.open(job.database) as store, httpx.Client(timeout=30) as client:
        limiter = shared(store, clock=SystemClock(), budget=job.budget, window=job.window, slack=job.slack)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        ends_at = time.monotonic() + job.seconds

        def loop() -> None:
            while (left := ends_at - time.monotonic()) > 0:
                try:
                    permit = step(limiter.acquire, "/companysettings", patience=left)
                except TimeoutError:
                    return
                try:
                    call(client, job.address, job.token)
                finally:
                    step(limiter.release, permit)

        threads = [threading.Thread(target=loop) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def run_processes(job: Job, count: int) -> None:
    """Run calling processes to their end."""
    command = [sys.executable, __file__, "--job", json.dumps(asdict(job))]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            if process.wait() != 0:
                raise RuntimeError("a calling process failed")
    finally:
        for process in processes:
            process.kill()
            process.wait()


def received(sandbox: SandboxProcess) -> list[float]:
    """Return when the sandbox received each call, in seconds, in order."""
    entries = httpx.get(sandbox.info.journal_url).json()["entries"]
    return sorted(datetime.fromisoformat(entry["time"]).timestamp() for entry in entries)


def use_of_the_budget(database: str, *, processes: int, budget: int, window: int, slack: float) -> bool:
    """Print the share of the budget used in each window; return whether all is as promised."""
    options = ["--profile", f"rate_limit={budget}", "--profile", f"rate_window={window}"]
    with SandboxProcess(options=options) as sandbox:
        job = Job(
            database=database,
            address=f"{sandbox.info.api_url}/companysettings",
            token=sandbox.info.access_token,
            budget=budget,
            window=window,
            slack=slack,
            seconds=WINDOWS * (window + slack) + window / 20,
        )
        run_processes(job, processes)
        (rates,) = httpx.get(f"{sandbox.info.control_url}/rates").json()["endpoints"]
        moments = received(sandbox)
    print(f"{processes} processes of {THREADS} threads, {budget} calls in {window} s, slack {slack:g} s")
    begin = moments[0]
    shares = [
        sum(begin + n * window <= moment < begin + (n + 1) * window for moment in moments) / budget
        for n in range(WINDOWS)
    ]
    for n, share in enumerate(shares, 1):
        print(f"  window {n}: {share:7.1%} of the budget used")
    again = [later - moment for moment, later in zip(moments, moments[budget:], strict=False)]
    turnover = window / statistics.median(again)
    print(f"  in the long run: {turnover:.1%} (a call's place is used again after a window and this)")
    print(f"  most calls in any window, as the server counts: {rates['peak']} of {budget}")
    print(f"  refused: {rates['refused']}")
    return min(*shares, turnover) >= LEAST_USED and rates["peak"] <= budget and not rates["refused"]


def overhead(databases: dict[str, str], *, budget: int, window: int) -> None:
    """Print what a call within the limiter takes, as a ratio to the same call without, side by side."""
    stores = {name: SqlStateStore.open(url) for name, url in databases.items()}
    clock = VirtualClock()  # so that a full window turns over, without waiting for it
    limiters: dict[str, Limiter] = {
        "in process": WindowLimiter(clock=clock, runtime=BlockingRuntime(), budget=budget, window=window)
    }
    limiters |= {
        f"shared, {name}": shared(store, clock=clock, budget=budget, window=window, slack=SLACK)
        for name, store in stores.items()
    }
    with SandboxProcess() as sandbox, httpx.Client(timeout=30) as client:
        address, token = f"{sandbox.info.api_url}/companysettings", sandbox.info.access_token

        def plain() -> None:
            call(client, address, token)

        for limiter in limiters.values():
            for _ in range(budget):
                limited(limiter, lambda: clock.advance((window + SLACK) / budget))
        contenders: dict[str, Callable[[], None]] = {"plain": plain}
        contenders |= {
            name: lambda limiter=limiter: limited(limiter, plain)  # type: ignore[misc]
            for name, limiter in limiters.items()
        }
        ratios: dict[str, list[float]] = {name: [] for name in limiters}
        for repetition in range(REPETITIONS):
            gc.collect()
            taken: dict[str, list[float]] = {name: [] for name in contenders}
            for _ in range(CALLS):
                clock.advance((window + SLACK) / budget)
                for name, contender in random.sample(list(contenders.items()), len(contenders)):
                    began = time.perf_counter()
                    contender()
                    taken[name].append(time.perf_counter() - began)
            if repetition:
                whole = {name: statistics.median(seconds) for name, seconds in taken.items()}
                for name in limiters:
                    ratios[name].append(whole[name] / whole["plain"])
    for store in stores.values():
        store.close()
    print(f"A call within a full window of {budget}, plain call = 1: median (quartiles)")
    for name, each in ratios.items():
        low, middle, high = statistics.quantiles(each, n=4)
        print(f"  {name:20} {middle:.2f} ({low:.2f} to {high:.2f})")


def main(arguments: Sequence[str]) -> int:
    """Measure; return 1 if the server counted too much, or too little of the budget was used."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a window of 4 seconds instead of 60")
    parser.add_argument("--processes", type=int, default=4, metavar="N")
    parser.add_argument("--postgres", metavar="URL", help="measure the overhead on this database too")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.job:
        work_off(Job(**json.loads(options.job)))
        return 0
    budget, window, slack = (40, 4, 0.2) if options.quick else (600, 60, SLACK)
    with tempfile.TemporaryDirectory() as directory:
        databases: dict[str, str] = {"SQLite": f"sqlite:///{Path(directory) / 'state.db'}"}
        if options.postgres:
            databases["PostgreSQL"] = options.postgres
        for url in databases.values():
            with SqlStateStore.open(url) as store:
                store.create_table()
        overhead(databases, budget=600, window=60)
        database = f"sqlite:///{Path(directory) / 'shared.db'}"
        with SqlStateStore.open(database) as store:
            store.create_table()
        good = use_of_the_budget(
            database, processes=options.processes, budget=budget, window=window, slack=slack
        )
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
