"""A process that calls the sandbox within a shared budget, run by the tests of the limiter.

It says "ready", waits for a line on stdin, makes its calls, and says how many were answered with 200.
"""

from __future__ import annotations

import sys

import httpx

from visma_busy_sync._core.runtimes import BlockingRuntime, SystemClock
from visma_busy_sync._core.stepper import step
from visma_busy_sync.ports import LiftedStateStore
from visma_busy_sync.state import StoreLimiter
from visma_busy_sync.stores.sql import SqlStateStore


def main(database: str, address: str, token: str, calls: int) -> int:
    with SqlStateStore.open(database) as store, httpx.Client(timeout=30) as client:
        limiter = StoreLimiter(
            LiftedStateStore(store),
            clock=SystemClock(),
            runtime=BlockingRuntime(),
            client_id="an-application",
            budget=40,
            window=2,
            slack=0.5,
        )
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        answered = 0
        for _ in range(calls):
            permit = step(limiter.acquire, "/companysettings", patience=60)
            try:
                response = client.get(address, headers={"Authorization": f"Bearer {token}"})
            finally:
                step(limiter.release, permit)
            answered += response.status_code == 200
    return answered


if __name__ == "__main__":
    sys.stdout.write(str(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))))
