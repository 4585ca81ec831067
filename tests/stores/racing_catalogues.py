"""Eight processes at once over one SQL catalogue: `python racing_catalogues.py URL`.

Each takes numbers of which every one belongs to one record, and adds to the notes of one record by compare
and set. It tells on standard output which numbers it has. What went wrong, or nothing, is on standard error;
the exit code is the number of processes in which something did.
"""

from __future__ import annotations

import os
import sys
import traceback

from visma_busy_sync.stores.sql import SqlCatalogue
from visma_busy_sync.sync import Applied, Change, Kind, Link

PROCESSES = 8
ADDITIONS = 10
NUMBERS = 40
SHARED = "shared"


def add(catalogue: SqlCatalogue, id: str) -> None:
    """Add 1 to the notes of the shared record and to its link, however often others come first."""
    while True:
        now = catalogue.get("acme", Kind.PROJECT, id)
        notes = str(int(str(now.values["notes"])) + 1)
        change = Change(
            Kind.PROJECT, id, {"notes": notes}, {"notes": now.values["notes"]}, now.link, Link(notes)
        )
        if isinstance(catalogue.apply("acme", [change])[0], Applied):
            return


def work(url: str, me: int) -> None:
    with SqlCatalogue.open(url, unique_numbers=True) as catalogue:
        catalogue.create_table()
        shared = next(each for each in catalogue.load("acme", Kind.PROJECT) if each.values["name"] == SHARED)
        mine: list[str] = []
        own = [catalogue.add("acme", Kind.PROJECT, name=str(me)) for _ in range(NUMBERS // 2)]
        numbers = [str(number) for number in (range(NUMBERS) if me % 2 else reversed(range(NUMBERS)))]
        for at in range(0, NUMBERS, 4):
            # New records and known ones in one call, in an order that differs from that of others.
            changes = [
                Change(Kind.PROJECT, None, {"number": number, "name": str(me)}, {}, None, Link(number))
                for number in numbers[at : at + 2]
            ]
            for number in numbers[at + 2 : at + 4]:
                expected = {"number": None}
                changes.append(
                    Change(Kind.PROJECT, own.pop(), {"number": number}, expected, None, Link(number))
                )
            outcomes = catalogue.apply("acme", changes[::-1] if me % 3 else changes)
            mine += [str(each.values["number"]) for each in outcomes if isinstance(each, Applied)]
        for _ in range(ADDITIONS):
            add(catalogue, shared.id)
    sys.stdout.write(f"{me}:{','.join(mine)}\n")


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
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    children = [child(sys.argv[1], me) for me in range(PROCESSES)]
    sys.exit(sum(os.waitpid(pid, 0)[1] != 0 for pid in children))
