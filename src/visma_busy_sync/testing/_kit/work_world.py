"""Checks of `WorkLog` with others around: people who book meanwhile, and other instances."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Final

from attrs import evolve

from visma_busy_sync.busy import Expense, PriceMode, TimeEntry, WorkSettings
from visma_busy_sync.testing._kit import work_promises as p
from visma_busy_sync.testing._kit.harness import FINALISING
from visma_busy_sync.testing._kit.shells import Worker
from visma_busy_sync.testing._kit.suite import Suite
from visma_busy_sync.testing._kit.work_books import all_rates, order_of
from visma_busy_sync.testing._kit.work_stage import WorkLogStage

SUITE: Final = Suite(WorkLogStage)

_READS: Final = 25
_MOST_BOOKINGS: Final = 2_000


@SUITE.shows(p.NO_STALE_WORK)
async def what_people_changed_is_read_anew(stage: WorkLogStage) -> None:
    """By an instance that has read before: hours, costs, prices, settings and the name of the project."""
    site = stage.site()
    instances = (stage.log, stage.another())

    async def all_match() -> None:
        for instance in instances:
            await stage.matches(site, instance=instance)

    await all_match()
    (hours,), _ = stage.book(site, [site.entry()])
    await all_match()
    stage.book(site, [evolve(hours, billable_minutes=75)])
    await all_match()
    _, (cost,) = stage.book(site, (), [site.cost(entry=hours.id)])
    await all_match()
    stage.book(site, (), [evolve(cost, quantity=Decimal(7))])
    await all_match()
    for rate in (1000, 1100):
        stage.put(all_rates(site, PriceMode.PROJECT, Decimal(rate)), site.tenant, site.project)
        await all_match()
    stage.put(WorkSettings(invoice_text="New"), site.tenant)
    await all_match()
    project = (await stage.log.work(site.tenant, site.project)).project
    stage.put(evolve(project, name="Hut"), site.tenant)
    await all_match()


@SUITE.shows(p.NO_STALE_WORK, needs=(FINALISING,))
async def orders_that_were_finalised_meanwhile_are_read(stage: WorkLogStage) -> None:
    """By an instance that has read before."""
    site = stage.site()
    orders = [order_of(site, f"o{at}") for at in range(3)]
    for at, order in enumerate(orders):
        await stage.waiting(*orders[:at])
        stage.finalise(order)
    await stage.waiting(*orders)


@SUITE.shows(p.WORK_OF_ONE_MOMENT)
async def what_is_booked_together_is_seen_together(stage: WorkLogStage) -> None:
    """People book hours with their cost, and change both, in one transaction; no reader sees them differ."""
    # Pairs are told by minutes and price, which have no default: so every host keeps them.
    site = stage.site()
    (hours,), _ = stage.book(site, [site.entry(billable_minutes=1)])
    _, (cost,) = stage.book(site, (), [site.cost(entry=hours.id, out_price=Decimal(1))])
    await stage.matches(site)
    on_hours = cost.entry is not None
    bookings = 1
    reading = 2
    ended = False

    def pair(number: int) -> tuple[list[TimeEntry], list[Expense]]:
        new = site.entry(billable_minutes=number)
        spent = site.cost(entry=new.id if on_hours else None, out_price=Decimal(number))
        changed = evolve(hours, billable_minutes=number)
        return [changed, new], [evolve(cost, out_price=Decimal(number)), spent]

    async def write() -> None:
        nonlocal bookings, ended
        try:
            while reading and not ended and bookings < _MOST_BOOKINGS:
                await stage.aside(partial(stage.book, site, *pair(bookings + 1)))
                bookings += 1
                await stage.pause()
        finally:
            ended = True

    def reader() -> Worker[None]:
        instance = stage.another()

        async def read() -> None:
            nonlocal ended, reading
            try:
                for turn in range(_READS):
                    # Something was just booked; each time a little later, to meet every moment of the next.
                    for _ in range(turn % 4):
                        await stage.pause()
                    before = bookings
                    work = await instance.work(site.tenant, site.project)
                    minutes = sorted(each.billable_minutes for each in work.entries)
                    numbers = sorted(each.out_price for each in work.expenses)
                    seen = (
                        f"{len(minutes)} hours and {len(numbers)} costs, the last of {minutes[-1:]} and "
                        f"{[str(number) for number in numbers[-1:]]}, were told of what is booked in pairs"
                    )
                    stage.require(minutes == numbers, seen)
                    # Else readers could keep a database locked and the writer out.
                    while bookings == before and not ended:
                        await stage.pause()
            except BaseException:
                ended = True
                raise
            finally:
                reading -= 1

        return read

    await stage.together(write, reader(), reader())
