"""A long random sequence of bookings, changes and reads beside a dictionary that does the same."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Final

from attrs import define, evolve, field

from visma_busy_sync.busy import Approval, Expense, Period, PriceMode, TimeEntry, WorkSettings
from visma_busy_sync.testing._kit import work_promises as p
from visma_busy_sync.testing._kit.promises import PromiseBroken
from visma_busy_sync.testing._kit.suite import Suite
from visma_busy_sync.testing._kit.work_books import MARCH, NOON, Site, all_rates
from visma_busy_sync.testing._kit.work_stage import Instance, WorkLogStage

SUITE: Final = Suite(WorkLogStage)

SEEDS: Final = range(3)
STEPS: Final = 80

_MOST_TOLD: Final = 12


@define
class _Walk:
    """One walk: what is booked by now, and what was done so far, for the message."""

    stage: WorkLogStage
    seed: int
    chance: random.Random
    sites: list[Site]
    entries: dict[str, list[TimeEntry]] = field(factory=dict[str, list[TimeEntry]])
    costs: dict[str, list[Expense]] = field(factory=dict[str, list[Expense]])
    steps: list[str] = field(factory=list[str])

    def _site(self) -> Site:
        return self.chance.choice(self.sites)

    def _some(self) -> dict[str, object]:
        return {"start": NOON + timedelta(hours=self.chance.randint(-900, 900)), "rate": self._amount()}

    def _amount(self) -> Decimal:
        return Decimal(self.chance.randint(-1, 100_000)).scaleb(-self.chance.randint(0, 4))

    async def book(self, instance: Instance) -> None:
        del instance
        site = self._site()
        mine = self.entries.setdefault(site.project, [])
        entries = [site.entry(**self._some()) for _ in range(self.chance.randint(1, 3))]
        hours, _ = self.stage.book(site, entries)
        mine += hours
        self.steps.append(f"hours of {', '.join(str(each.start) for each in hours)} on {site.project}")

    async def change(self, instance: Instance) -> None:
        del instance
        site = self._site()
        mine = self.entries.get(site.project)
        if mine:
            at = self.chance.randrange(len(mine))
            approval = self.chance.choice(list(Approval))
            changed = evolve(mine[at], billable_minutes=self.chance.randint(0, 600), approval=approval)
            (mine[at],), _ = self.stage.book(site, [changed])
            self.steps.append(f"hours {mine[at].id!r} on {site.project} have {changed.billable_minutes} now")

    async def spend(self, instance: Instance) -> None:
        del instance
        site = self._site()
        mine = self.entries.get(site.project)
        entry = self.chance.choice(mine).id if mine and self.chance.random() < 0.6 else None
        day = NOON.date() + timedelta(days=self.chance.randint(-40, 40))
        cost = site.cost(entry=entry, date=day, out_price=self._amount())
        known = self.costs.setdefault(site.project, [])
        if known and self.chance.random() < 0.3:
            cost = evolve(self.chance.choice(known), date=day, out_price=cost.out_price)
        _, (cost,) = self.stage.book(site, (), [cost])
        self.costs[site.project] = [*(each for each in known if each.id != cost.id), cost]
        self.steps.append(f"a cost of {day} on {site.project}, on the hours {cost.entry!r}")

    async def set_terms(self, instance: Instance) -> None:
        del instance
        site = self._site()
        prices = all_rates(site, self.chance.choice(list(PriceMode)), self._amount())
        self.stage.put(prices, site.tenant, site.project)
        self.stage.put(WorkSettings(invoice_text=f"{self.chance.random()}"), site.tenant)
        self.steps.append(f"other prices and settings for {site.project}")

    async def read(self, instance: Instance) -> None:
        site = self._site()
        first = NOON.date() + timedelta(days=self.chance.randint(-40, 40))
        last = first + timedelta(days=self.chance.choice((0, 1, 7, 30)))
        period = Period(first, last) if self.chance.random() < 0.7 else MARCH
        self.steps.append(f"the work on {site.project} from {period.first} to {period.last}")
        try:
            await self.stage.matches(site, period, instance)
        except PromiseBroken as broken:
            steps = "\n    ".join(self.steps[-_MOST_TOLD:])
            seen = (
                f"after step {len(self.steps)} of seed {self.seed} {broken.seen}; the steps:\n    {steps}\n "
            )
            raise PromiseBroken(self.stage.promise, seen) from broken


@SUITE.shows(p.LIKE_A_SMALL_WORK_LOG)
async def any_sequence_of_bookings_is_like_a_dictionary(stage: WorkLogStage) -> None:
    """Seeded random bookings, changes and reads through two instances answer as a dictionary does."""
    instances = (stage.log, stage.another())
    sites = [stage.site(), stage.site(), stage.site(stage.other)]
    for seed in SEEDS:
        walk = _Walk(stage, seed, random.Random(seed), sites)  # noqa: S311 - must repeat
        calls = (walk.book, walk.change, walk.spend, walk.set_terms, walk.read)
        for _ in range(STEPS):
            (call,) = walk.chance.choices(calls, (2, 1, 2, 1, 2))
            await call(walk.chance.choice(instances))
