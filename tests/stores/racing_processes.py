"""Eight processes at once over one SQL store: `python racing_processes.py URL`.

Each adds to one counter by compare and set, and takes what only one of them may have. What went wrong, or
nothing, is on standard error; the exit code is the number of processes in which something did.
"""

from __future__ import annotations

import os
import sys
import traceback

from visma_busy_sync.ports import Write
from visma_busy_sync.stores.sql import SqlStateStore

PROCESSES = 8
ADDITIONS = 15
PRIZES = 20


def add(store: SqlStateStore) -> None:
    """Add 1 to the counter, however often others come first."""
    while True:
        held = store.read("acme", ["counter"]).get("counter")
        write = Write("counter", held.version if held else None, str(int(held.body) + 1 if held else 1))
        if store.commit("acme", [write]):
            return


def work(url: str, me: int) -> None:
    with SqlStateStore.open(url) as store:
        store.create_table()
        for _ in range(ADDITIONS):
            add(store)
        numbers = range(PRIZES) if me % 2 else reversed(range(PRIZES))
        for number in numbers:
            # Together with one of its own, in an order that differs from the one of the keys.
            taken = [Write(f"prize/{number}", None, str(me)), Write(f"mine/{me}/{number}", None, "")]
            store.commit("acme", taken if me % 3 else taken[::-1])


def child(url: str, me: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work(url, me)
        code = 0
    except BaseException:  # noqa: BLE001 - told, and then the child ends
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    children = [child(sys.argv[1], me) for me in range(PROCESSES)]
    sys.exit(sum(os.waitpid(pid, 0)[1] != 0 for pid in children))
