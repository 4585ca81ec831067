"""Measure the order builder beside bare loops with the same decimal arithmetic: time, growth and memory.

```
python benchmarks/orders.py            # some minutes, and some GB for a million entries
python benchmarks/orders.py --quick    # small sizes, to see that it works
```

All are given the same hours, ready in memory, and must find the same lines before anything is measured.
`grouping` puts the hours of the period, by their local dates, into a list for each line, and multiplies.
`sums` only adds up the minutes of all hours and multiplies. Neither asks for customer, approval, exclusion
and claims, looks for a price, or keeps what a line is made of. Quote ratios only.

The hours are in the order of their starts, as a database returns them, with the project's rates; the same
with twenty rates of their own among them; or shuffled.
"""

from __future__ import annotations

import argparse
import gc
import math
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from attrs import frozen

from visma_busy_sync.busy import (
    Approval,
    Grouping,
    Period,
    PriceMode,
    Prices,
    Project,
    TimeEntry,
    Work,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.eaccounting import models
from visma_busy_sync.orders import Counterpart, OrderRequest, build

SEED: Final = 20261130
REPETITIONS: Final = 9  # the first is dropped
YEAR: Final = Period(date(2026, 1, 1), date(2026, 12, 31))
TYPES: Final = [WorkType(id=str(number), name=f"Work {number}", product="1") for number in range(40)]
MEMBERS: Final = 60
ARTICLE: Final = models.Article(
    id=models.ArticleId("00000000-0000-4000-8000-000000000001"),
    is_active=True,
    number="1",
    name="Work",
    unit_id=models.UnitId("00000000-0000-4000-8000-000000000002"),
    unit_abbreviation="h",
)

Line: TypeAlias = tuple[Decimal, Decimal, Decimal]
"""Quantity, unit price and total."""


@frozen
class Case:
    """Hours in one scenario.

    Attributes:
        work: The work with its hours.
        rates: The project's rates by work type, which the bare loop reads too.
    """

    work: Work
    rates: Mapping[str, Decimal]


def case(size: int, scenario: str) -> Case:
    """Return `size` hours: as a database returns them, shuffled, or with rates of their own."""
    random_ = random.Random(f"{SEED} {size} {scenario}")
    rates = {work_type.id: Decimal(random_.randint(50_000, 200_000)).scaleb(-2) for work_type in TYPES}
    start = datetime(2026, 1, 2, tzinfo=UTC)
    starts = [start + timedelta(minutes=random_.randrange(360 * 24 * 60)) for _ in range(size)]
    if scenario != "shuffled":
        starts.sort()
    entries = tuple(
        TimeEntry(
            id=f"{number:07}",
            work_type=str(random_.randrange(len(TYPES))),
            member=str(random_.randrange(MEMBERS)),
            start=starts[number],
            billable_minutes=random_.randrange(1, 600),
            rate=Decimal(random_.randint(500, 519)) if scenario == "own rates" else None,
            approval=Approval.APPROVED,
        )
        for number in range(size)
    )
    work = Work(
        project=Project(id="1", name="Project", customer="1"),
        entries=entries,
        work_types=tuple(TYPES),
        prices=Prices(mode=PriceMode.WORK_TYPE, work_type_rates=rates),
        settings=WorkSettings(grouping=Grouping.WORK_TYPE, max_rows=1000),
    )
    return Case(work, rates)


def counterpart() -> Counterpart:
    """Return eAccounting's side: a domestic customer and one article."""
    return Counterpart(
        company=models.CompanySettings(name="Seller", currency_code="NOK", country_code="NO"),
        company_id="company",
        customer=models.Customer(
            id=models.CustomerId("00000000-0000-4000-8000-000000000003"), name="Buyer", is_active=True
        ),
        articles={"1": ARTICLE},
    )


def complete(given: Case) -> list[Line]:
    """Build the order."""
    request = OrderRequest(period=YEAR, order_date=date(2026, 12, 31))
    order = build(given.work, counterpart(), request, order_id="order")
    return [(line.quantity, line.unit_price, line.total) for line in order.lines]


def grouping(given: Case) -> list[Line]:
    """Put the hours of the period, by local dates, into a list for each line; then add and multiply."""
    zone, rates = ZoneInfo("Europe/Oslo"), given.rates
    groups: dict[tuple[str | None, Decimal], list[TimeEntry]] = {}
    for entry in given.work.entries:
        if YEAR.first <= entry.start.astimezone(zone).date() <= YEAR.last:
            key = entry.work_type, entry.rate or rates[entry.work_type or ""]
            groups.setdefault(key, []).append(entry)
    return multiplied({key: sum(entry.billable_minutes for entry in group) for key, group in groups.items()})


def sums(given: Case) -> list[Line]:
    """Add up minutes by work type and rate, whatever their dates, and multiply."""
    minutes: dict[tuple[str | None, Decimal], int] = {}
    rates = given.rates
    for entry in given.work.entries:
        key = entry.work_type, entry.rate or rates[entry.work_type or ""]
        minutes[key] = minutes.get(key, 0) + entry.billable_minutes
    return multiplied(minutes)


def multiplied(minutes: Mapping[tuple[str | None, Decimal], int]) -> list[Line]:
    """Return quantity, price and total of each group."""
    found: list[Line] = []
    for (_, rate), sum_ in minutes.items():
        quantity = (Decimal(sum_) / 60).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        price = rate.quantize(Decimal("0.01"), ROUND_HALF_UP)
        found.append((quantity, price, (quantity * price).quantize(Decimal("0.01"), ROUND_HALF_UP)))
    return found


def timed(contender: Callable[[Case], list[Line]], given: Case) -> float:
    """Return how long one run takes, the garbage collector at rest."""
    gc.collect()
    gc.disable()
    try:
        began = time.perf_counter()
        contender(given)
        return time.perf_counter() - began
    finally:
        gc.enable()


def measured(given: Case, random_: random.Random) -> dict[str, list[float]]:
    """Return how long each repetition of each contender took, in seconds; the first is dropped."""
    contenders = [complete, grouping, sums]
    found: dict[str, list[float]] = {contender.__name__: [] for contender in contenders}
    for _ in range(REPETITIONS):
        random_.shuffle(contenders)
        for contender in contenders:
            found[contender.__name__].append(timed(contender, given))
    return {name: took[1:] for name, took in found.items()}


def ratio(took: Mapping[str, list[float]], floor: str) -> str:
    """Return the median of the ratios of each repetition, and their quartiles."""
    found = [mine / its for mine, its in zip(took["complete"], took[floor], strict=True)]
    low, median, high = statistics.quantiles(found, n=4)
    return f"{median:6.1f} ({low:.1f} to {high:.1f})"


def peak(given: Case) -> int:
    """Return the peak of memory that building takes, in bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        complete(given)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    sizes = [100, 1000] if parser.parse_args().quick else [10_000, 100_000, 1_000_000]
    random_ = random.Random(SEED)
    print(
        f"{'hours':<12}{'number':>10}{'÷ grouping':>24}{'÷ sums':>24}"
        f"{'bytes/hour':>12}{'growth':>8}{'of sums':>9}"
    )
    for scenario in ("in order", "own rates", "shuffled"):
        points: list[tuple[int, float, float]] = []
        for size in sizes:
            given = case(size, scenario)
            if not sorted(complete(given)) == sorted(grouping(given)) == sorted(sums(given)):
                raise SystemExit(f"{scenario}, {size}: the lines differ")
            took = measured(given, random_)
            points.append((size, statistics.median(took["complete"]), statistics.median(took["sums"])))
            growth = ""
            if len(points) > 1:
                (before, mine, its), (now, mine_now, its_now) = points[-2:]
                step = math.log(now / before)
                growth = f"{math.log(mine_now / mine) / step:8.2f}{math.log(its_now / its) / step:9.2f}"
            print(
                f"{scenario:<12}{size:>10}{ratio(took, 'grouping'):>24}{ratio(took, 'sums'):>24}"
                f"{peak(given) / size:>12.0f}{growth}",
                flush=True,
            )


if __name__ == "__main__":
    main()
