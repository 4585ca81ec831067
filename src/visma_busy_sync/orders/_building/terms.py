"""On which terms work is sold: work type, product, price, and what brings hours together."""

from __future__ import annotations

from decimal import Decimal

from visma_busy_sync.busy import Grouping, TimeEntry, Work, WorkType
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._building.articles import Articles, Sold, product_of_hours
from visma_busy_sync.orders._building.pricing import Priced, price_of
from visma_busy_sync.orders._problems import ProblemCode, Problems


class Terms:
    """Answers on which terms work is sold, and takes note of what is missing.

    Args:
        work: The work that is billed.
        articles: What Busy's products are sold as.
        price_decimals: Decimals of a unit price.
        problems: Takes the problems.
    """

    def __init__(self, work: Work, articles: Articles, *, price_decimals: int, problems: Problems) -> None:
        self.work = work
        self.articles = articles
        self.decimals = price_decimals
        self.problems = problems
        self.work_types = {work_type.id: work_type for work_type in work.work_types}
        self._tasks = {task.id: task.name for task in work.tasks}

    def work_type(self, entry: TimeEntry) -> WorkType | None:
        """Return the work type of hours; a missing one is a problem."""
        work_type = self.work_types.get(entry.work_type or "")
        if work_type is None:
            self.problems.add(ProblemCode.WORK_TYPE_MISSING, "entry", entry.id)
        return work_type

    def sold(self, product: str | None, missing: ProblemCode, kind: str, id: str) -> Sold | None:
        """Return what something is sold as; `missing` is the problem where it has no product at all."""
        if product is None:
            self.problems.add(missing, kind, id)
            return None
        return self.articles.sold(product)

    def sold_hours(self, work_type: WorkType) -> Sold | None:
        """Return what the hours of a work type are sold as."""
        product = product_of_hours(self.work, work_type)
        return self.sold(product, ProblemCode.WORK_TYPE_WITHOUT_PRODUCT, "work_type", work_type.id)

    def price(self, entry: TimeEntry, work_type: WorkType) -> Priced:
        """Return the price of hours by the rules."""
        return price_of(entry, work_type, self.work.prices, self.work.project.id)

    def unit_price(self, priced: Priced) -> Decimal | None:
        """Return a price as sent; a missing or negative one is a problem."""
        if priced.rate is None:
            self.problems.add(ProblemCode.PRICE_MISSING, priced.entity.kind, priced.entity.id)
            return None
        price = _rounding.unit_price(priced.rate, self.decimals)
        if priced.rate < 0:
            self.problems.add(ProblemCode.NEGATIVE_PRICE, priced.entity.kind, priced.entity.id)
        elif not price and not self.work.settings.allow_free_lines:
            self.problems.add(ProblemCode.PRICE_MISSING, priced.entity.kind, priced.entity.id)
        return price

    def group(self, entry: TimeEntry, work_type: WorkType) -> tuple[str, str, str]:
        """Return kind and id of what groups hours, and the text of that line.

        Hours without a task, or with one that has no name here, are grouped by work type.
        """
        grouping, task = self.work.settings.grouping, entry.task
        if grouping is Grouping.NONE:
            return "entry", entry.id, work_type.name
        if grouping is Grouping.TASK and task is not None and task in self._tasks:
            return "task", task, self._tasks[task]
        return "work_type", work_type.id, work_type.name
