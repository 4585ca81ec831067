"""Measure the sync engine beside a bare comparison, diffsync and DeepDiff: time, growth and memory.

```
python benchmarks/diff.py            # a quarter of an hour, and several GB for a million records
python benchmarks/diff.py --quick    # small sizes, to see that it works
```

All compare the same records and must find the same before anything is measured. Quote ratios only.

What each is given is ready in memory. The engine is given what a host has: its records, and beside each the
link document with the values last seen in eAccounting, as a text. The other contenders are given those values
as they are, so they need not read a text; but only the engine plans what is to be done. `bare, base as text`
is the bare comparison that reads the values from the same documents, with `json` and without a check.

In each scenario 1 is what `bare` takes where nothing changed: where all is new, it has nothing to compare.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import random
import statistics
import sys
import time
import tracemalloc
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import pairwise
from operator import itemgetter
from typing import Any, ClassVar, TypeAlias

import structlog
from attrs import frozen
from deepdiff import DeepDiff
from diffsync import Adapter, DiffSyncModel

from visma_busy_sync.sync import (
    FIELDS,
    Action,
    ArchiveReason,
    Kind,
    Link,
    Noted,
    Read,
    Record,
    SyncSettings,
    Upstream,
    Value,
    make_plan,
)
from visma_busy_sync.sync._links import link_with

COMPANY = "0c0c0c0c-0000-0000-0000-000000000001"
SETTINGS = SyncSettings(project_sync=True)
SEED = 20261125
PROJECTS_PER_CUSTOMER = 20
REPETITIONS = 8  # the first is dropped

Found: TypeAlias = tuple[int, int]
"""How many records Busy lacks, and how many that it has are to be written."""

Known: TypeAlias = dict[Kind, dict[str, Mapping[str, Value]]]
"""The values last seen in eAccounting, by its id."""


@frozen
class Case:
    """What is compared: eAccounting's rows with what is known of them, and the same as a host has it."""

    size: int
    rows: dict[Kind, list[Upstream]]
    known: Known
    records: dict[Kind, list[Record]]


@frozen
class Scenario:
    """How much of eAccounting is as it was."""

    name: str
    in_busy: bool = True
    linked: bool = True
    every_changed: int = 0
    """One in so many rows has another name."""


NOTHING_CHANGED = Scenario("nothing changed")
ONE_PERCENT = Scenario("1 % changed", every_changed=100)
ALL_NEW = Scenario("all new", in_busy=False)
ALL_ADOPTED = Scenario("all adopted: both have all, by number and name, and nothing is linked", linked=False)


def customer_values(number: int) -> dict[str, Value]:
    """Return a customer's values; each call makes texts of its own, as two readings do."""
    return {
        "number": f"{10000 + number}",
        "name": f"Byggefirma {number} AS",
        "organization_number": f"{900000000 + number}",
        "archived": number % 10 == 0,
    }


def project_values(number: int, customer: str) -> dict[str, Value]:
    """Return a project's values; half have notes, a third an end, a tenth is finished."""
    return {
        "number": f"{1000 + number}",
        "name": f"Rehabilitering av bygg {number}, Storgata {number % 200}",
        "customer": customer,
        "start_date": date(2024, 1, 1) + timedelta(days=number % 700),
        "end_date": None if number % 3 else date(2027, 1, 1),
        "notes": None if number % 2 else f"Adgang gjennom bakgården, port {number % 9}.",
        "archived": number % 10 == 0,
    }


def make_case(size: int, scenario: Scenario) -> Case:
    """Make `size` records on each side, a few of which are customers, in two orders."""
    chance = random.Random(SEED)
    ids = [str(uuid.UUID(int=chance.getrandbits(128))) for _ in range(size)]
    customers = max(1, size // (PROJECTS_PER_CUSTOMER + 1))

    def values(kind: Kind, number: int, *, busy: bool = False) -> dict[str, Value]:
        if kind is Kind.CUSTOMER:
            return customer_values(number)
        owner = number % customers
        return project_values(number, f"{owner}" if busy else "".join([*ids[owner]]))

    def link_of(kind: Kind, number: int) -> Link | None:
        if not scenario.linked:
            return None
        base = values(kind, number)
        reason = ArchiveReason.FINISHED if base["archived"] else None
        noted = Noted(ids[number], base, values(kind, number, busy=True), reason)
        return link_with(None, COMPANY, noted, kind=kind, id=None)

    kinds = (Kind.CUSTOMER, Kind.PROJECT)
    case = Case(size, {k: [] for k in kinds}, {k: {} for k in kinds}, {k: [] for k in kinds})
    for number, id in enumerate(ids):
        kind = Kind.CUSTOMER if number < customers else Kind.PROJECT
        theirs = values(kind, number)
        if scenario.every_changed and number % scenario.every_changed == 0:
            theirs["name"] = f"{theirs['name']}, revidert"
        case.rows[kind].append(Upstream(kind, id, theirs))
        if scenario.in_busy:
            case.known[kind]["".join([*id])] = values(kind, number)
            held = values(kind, number, busy=True)
            case.records[kind].append(Record(kind, f"{number}", held, link_of(kind, number)))
    for rows in case.rows.values():
        chance.shuffle(rows)
    return case


def engine(case: Case) -> Found:
    """Plan with the engine."""
    reads = {kind: Read(rows, True) for kind, rows in case.rows.items()}
    counts = make_plan(COMPANY, reads, case.records, settings=SETTINGS).counts
    return counts[Action.CREATE], counts[Action.UPDATE] + counts[Action.ADOPT]


def bare(case: Case) -> Found:
    """Compare the fields of what has the same id, and nothing else."""
    return _compare((kind, case.rows[kind], dict(known)) for kind, known in case.known.items())


def bare_with_text(case: Case) -> Found:
    """Do the same, but read the values from the documents in which a host keeps them."""
    return _compare((kind, case.rows[kind], _read(records)) for kind, records in case.records.items())


def _compare(sides: Iterable[tuple[Kind, list[Upstream], dict[str, Mapping[str, Any]]]]) -> Found:
    new: list[Upstream] = []
    changed: list[Upstream] = []
    for kind, rows, known in sides:
        fields = itemgetter(*FIELDS[kind])
        for row in rows:
            base = known.pop(row.id, None)
            if base is None:
                new.append(row)
            elif fields(base) != fields(row.values):
                changed.append(row)
    return len(new), len(changed)


def _read(records: Iterable[Record]) -> dict[str, Mapping[str, Value]]:
    found: dict[str, Mapping[str, Value]] = {}
    for record in records:
        assert record.link is not None
        part = json.loads(record.link.document)["companies"][COMPANY]
        base = part["base"]
        for name in base.keys() & {"start_date", "end_date"}:
            base[name] = base[name] and date.fromisoformat(base[name])
        found[part["id"]] = base
    return found


class CustomerModel(DiffSyncModel):
    """A customer for diffsync."""

    _modelname: ClassVar[str] = "customer"
    _identifiers: ClassVar[tuple[str, ...]] = ("id",)
    _attributes: ClassVar[tuple[str, ...]] = FIELDS[Kind.CUSTOMER]
    id: str
    number: str | None
    name: str | None
    organization_number: str | None
    archived: bool


class ProjectModel(DiffSyncModel):
    """A project for diffsync."""

    _modelname: ClassVar[str] = "project"
    _identifiers: ClassVar[tuple[str, ...]] = ("id",)
    _attributes: ClassVar[tuple[str, ...]] = FIELDS[Kind.PROJECT]
    id: str
    number: str | None
    name: str | None
    customer: str | None
    start_date: date | None
    end_date: date | None
    notes: str | None
    archived: bool


class Side(Adapter):
    """One side for diffsync."""

    customer = CustomerModel
    project = ProjectModel
    top_level: ClassVar[list[str]] = ["customer", "project"]

    def fill(self, kind: Kind, values: Iterable[tuple[str, Mapping[str, Value]]]) -> None:
        """Load what there is of one kind."""
        model = {Kind.CUSTOMER: CustomerModel, Kind.PROJECT: ProjectModel}[kind]
        for id, each in values:
            self.add(model(id=id, **each))


def with_diffsync(case: Case) -> Found:
    """Load both sides into diffsync and compare them."""
    theirs, mine = Side(), Side()
    for kind, rows in case.rows.items():
        theirs.fill(kind, ((row.id, row.values) for row in rows))
        mine.fill(kind, case.known[kind].items())
    counts = mine.diff_from(theirs).summary()
    return counts["create"], counts["update"]


def with_deepdiff(case: Case) -> Found:
    """Compare the two sides as dicts with DeepDiff."""
    new = changed = 0
    for kind, rows in case.rows.items():
        found = DeepDiff(case.known[kind], {row.id: row.values for row in rows})
        # Where one side is empty, it says so instead of naming what is new.
        new += len(rows) if rows and not case.known[kind] else len(found.get("dictionary_item_added", ()))
        changed += len(found.get("values_changed", ())) if case.known[kind] else 0
    return new, changed


Contender: TypeAlias = Callable[[Case], Found]
FAST: dict[str, Contender] = {"engine": engine, "bare": bare, "bare, base as text": bare_with_text}
SLOW: dict[str, Contender] = {"diffsync with loading": with_diffsync, "DeepDiff": with_deepdiff}
"""They take seconds and more for 100,000 records, so they are measured with a tenth of it."""


@contextmanager
def collecting(*, on: bool) -> Iterator[None]:
    """Switch the garbage collector on or off, after it has collected."""
    gc.collect()
    if not on:
        gc.disable()
    try:
        yield
    finally:
        gc.enable()


def seconds(contender: Contender, case: Case, *, collect: bool) -> float:
    """Return how long a contender takes."""
    with collecting(on=collect):
        began = time.process_time()
        contender(case)
        return time.process_time() - began


def check(case: Case, contenders: Mapping[str, Contender]) -> None:
    """See that all find the same."""
    found = {name: contender(case) for name, contender in contenders.items()}
    if len(set(found.values())) > 1:
        raise RuntimeError(f"they do not find the same: {found}")


def ratios(
    case: Case, floor: Case, contenders: Mapping[str, Contender], repetitions: int, *, collect: bool
) -> dict[str, list[float]]:
    """Return the time of each contender as a ratio to `bare` of `floor`, taken inside each repetition."""
    runs = {name: (contender, case) for name, contender in contenders.items()} | {"": (bare, floor)}
    measured: dict[str, list[float]] = {name: [] for name in contenders}
    for repetition in range(repetitions):
        order = random.sample(list(runs.items()), len(runs))
        taken = {name: seconds(contender, given, collect=collect) for name, (contender, given) in order}
        if repetition:
            for name in contenders:
                measured[name].append(taken[name] / taken[""])
    return measured


def print_ratios(case: Case, floor: Case, contenders: Mapping[str, Contender], repetitions: int) -> None:
    """Print each contender's time beside the floor; that of the engine also without garbage collector."""
    check(case, contenders)
    for collect, chosen in ((True, contenders), (False, {"engine": engine})):
        print(f"    {case.size:,} records, garbage collector {'on' if collect else 'off'}")
        for name, each in ratios(case, floor, chosen, repetitions, collect=collect).items():
            low, middle, high = statistics.quantiles(each, n=4)
            print(f"      {name:22} {middle:7.2f} ({low:.2f} to {high:.2f})")


def peak(contender: Contender, case: Case) -> float:
    """Return the most bytes per record that a contender holds at once, beside what it is given."""
    gc.collect()
    tracemalloc.start()
    contender(case)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / case.size


def print_growth(sizes: Sequence[int], repetitions: int) -> None:
    """Print the exponents with which time grows from one size to the next."""
    names = ("engine", "bare")
    fastest: dict[str, list[float]] = {name: [] for name in names}
    for size in sizes:
        case = make_case(size, NOTHING_CHANGED)
        for name in names:
            taken = [seconds(FAST[name], case, collect=False) for _ in range(repetitions)]
            fastest[name].append(min(taken))
    print("growth, nothing changed: time grows with the size to the power of")
    for place, (smaller, larger) in enumerate(pairwise(sizes)):
        powers = {
            name: math.log(each[place + 1] / each[place]) / math.log(larger / smaller)
            for name, each in fastest.items()
        }
        print(f"    {smaller:>9,} to {larger:>9,}: engine {powers['engine']:.2f}, bare {powers['bare']:.2f}")


def print_scenario(scenario: Scenario, size: int, smaller: int, repetitions: int) -> None:
    """Print time and memory of all contenders; of those that take long, at a smaller size."""
    print(scenario.name)
    sizes: dict[int, dict[str, Contender]] = {size: FAST, smaller: {"engine": engine, **SLOW}}
    if not scenario.linked:
        sizes = {size: {"engine": engine}}  # the others have no notion of it
    for each, contenders in sizes.items():
        floor = make_case(each, NOTHING_CHANGED)
        case = floor if scenario is NOTHING_CHANGED else make_case(each, scenario)
        print_ratios(case, floor, contenders, repetitions)
        print(f"    {each:,} records, most memory, bytes per record")
        for name, contender in contenders.items():
            print(f"      {name:22} {peak(contender, case):7,.0f}")


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes and few repetitions")
    options = parser.parse_args(arguments)
    size, smaller, repetitions = (1_000, 100, 4) if options.quick else (100_000, 10_000, REPETITIONS)
    sizes = (100, 1_000, 10_000) if options.quick else (1_000, 10_000, 100_000, 1_000_000)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[])  # diffsync's log
    for scenario in (NOTHING_CHANGED, ONE_PERCENT, ALL_NEW, ALL_ADOPTED):
        print_scenario(scenario, size, smaller, repetitions)
    print_growth(sizes, min(repetitions, 5))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
