"""Measure the order builder beside a bare loop with the same decimal arithmetic: time, growth and memory.

```
python benchmarks/orders.py            # some minutes, and some GB for a million entries
python benchmarks/orders.py --quick    # small sizes, to see that it works
```

Both are given the same hours, ready in memory, and must find the same lines before anything is measured. The
bare loop only adds up minutes by work type and rate and multiplies: it asks neither for period, approval,
customer and claims, nor keeps what a line is made of. Quote ratios only.
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
from itertools import pairwise
from typing import Final, TypeAlias

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
    """Return `size` hours in random order: of the rates of the project, or each with a rate of its own."""
    random_ = random.Random(f"{SEED} {size} {scenario}")
    rates = {work_type.id: Decimal(random_.randint(50_000, 200_000)).scaleb(-2) for work_type in TYPES}
    start = datetime(2026, 1, 2, tzinfo=UTC)
    entries = tuple(
        TimeEntry(
            id=str(number),
            work_type=str(random_.randrange(len(TYPES))),
            member=str(random_.randrange(MEMBERS)),
            start=start + timedelta(minutes=random_.randrange(360 * 24 * 60)),
            billable_minutes=random_.randrange(1, 600),
            rate=Decimal(random_.randint(500, 540)) if scenario == "own rates" else None,
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


def bare(given: Case) -> list[Line]:
    """Add up minutes by work type and rate, and multiply."""
    minutes: dict[tuple[str | None, Decimal], int] = {}
    rates = given.rates
    for entry in given.work.entries:
        key = entry.work_type, entry.rate or rates[entry.work_type or ""]
        minutes[key] = minutes.get(key, 0) + entry.billable_minutes
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


def ratios(given: Case, random_: random.Random) -> tuple[list[float], float]:
    """Return the ratio of each repetition, and the bare loop's median time in seconds."""
    found: list[float] = []
    floors: list[float] = []
    for _ in range(REPETITIONS):
        contenders = [complete, bare]
        random_.shuffle(contenders)
        took = {contender: timed(contender, given) for contender in contenders}
        found.append(took[complete] / took[bare])
        floors.append(took[bare])
    return found[1:], statistics.median(floors[1:])


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
    sizes = [100, 1000] if parser.parse_args().quick else [10_000, 100_000]
    random_ = random.Random(SEED)
    print(
        f"{'scenario':<18}{'hours':>10}{'ratio':>8}{'quartiles':>14}{'bytes/hour':>12}{'growth':>9}{'bare':>7}"
    )
    for scenario in ("project's rates", "own rates"):
        points: list[tuple[int, float, float]] = []
        for size in sizes:
            given = case(size, scenario)
            if sorted(complete(given)) != sorted(bare(given)):
                raise SystemExit(f"{scenario}, {size}: the lines differ")
            found, floor = ratios(given, random_)
            median = statistics.median(found)
            low, _, high = statistics.quantiles(found, n=4)
            points.append((size, floor * median, floor))
            growth = ""
            if len(points) > 1:
                (before, took, bare_took), (now, takes, bare_takes) = list(pairwise(points))[-1]
                step = math.log(now / before)
                growth = f"{math.log(takes / took) / step:9.2f}{math.log(bare_takes / bare_took) / step:7.2f}"
            print(
                f"{scenario:<18}{size:>10}{median:>8.1f}{f'{low:.1f}-{high:.1f}':>14}"
                f"{peak(given) / size:>12.0f}{growth}"
            )


if __name__ == "__main__":
    main()
