"""How what is billed becomes lines: product, price, grouping, text, order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from attrs import define, field, frozen

from visma_busy_sync.busy import (
    EntryKind,
    Grouping,
    LinePart,
    OrderLine,
    PriceSource,
    Work,
    WorkType,
)
from visma_busy_sync.eaccounting.models import Article
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._eligibility import Cost, Hours, Sifted
from visma_busy_sync.orders._limits import TEXT_LENGTH, length, tidy
from visma_busy_sync.orders._pricing import Priced, price_of
from visma_busy_sync.orders.problems import Entity, ProblemCode, Problems

_LAST = "\U0010ffff"
"""Sorts after every name: costs without a work type stand at the end."""


@frozen
class _Group:
    """What parts must share to be on one line."""

    entity: Entity
    product: str
    unit_price: Decimal


@define
class _Draft:
    """A line that is being put together."""

    text: str
    article: Article
    work_types: dict[str | None, str] = field(factory=dict)
    parts: list[LinePart] = field(factory=list)


class LineMaker:
    """Makes lines, and takes note of every problem on the way instead of stopping at the first.

    Args:
        work: The work that is billed.
        articles: By Busy's id of a product, the article that it is linked to; None or absent if none.
        price_decimals: Decimals of a unit price.
        problems: Takes the problems.
    """

    def __init__(
        self,
        work: Work,
        articles: Mapping[str, Article | None],
        *,
        price_decimals: int,
        problems: Problems,
    ) -> None:
        self._work = work
        self._articles = articles
        self._decimals = price_decimals
        self._problems = problems
        self._work_types = {work_type.id: work_type for work_type in work.work_types}
        self._products = {product.id: product.name for product in work.products}
        self._tasks = {task.id: task.name for task in work.tasks}
        self._checked: dict[str, Article | None] = {}
        self._drafts: dict[_Group, _Draft] = {}

    def lines(self, sifted: Sifted) -> tuple[OrderLine, ...]:
        """Return the lines of what is billed, by work type name, then date; those with problems left out."""
        for hours in sifted.hours:
            self._add_hours(hours)
        for cost in sifted.costs:
            self._add_cost(cost)
        ordered = sorted(self._drafts.items(), key=lambda item: _place(*item))
        return tuple(_line(group, draft) for group, draft in ordered)

    def _add_hours(self, hours: Hours) -> None:
        entry = hours.entry
        work_type = self._work_types.get(entry.work_type or "")
        if work_type is None:
            self._problems.add(ProblemCode.WORK_TYPE_MISSING, "entry", entry.id)
            return
        product = work_type.product or self._work.settings.fallback_product
        if product is None:
            self._problems.add(ProblemCode.WORK_TYPE_WITHOUT_PRODUCT, "work_type", work_type.id)
        article = self._article(product)
        priced = price_of(entry, work_type, self._work.prices, self._work.project.id)
        unit_price = self._unit_price(priced)
        if product is None or article is None or unit_price is None or priced.rate is None:
            return
        entity, text = self._grouped(hours, work_type)
        part = LinePart(
            kind=EntryKind.ENTRY,
            id=entry.id,
            day=hours.day,
            work_type=work_type.id,
            minutes=entry.billable_minutes,
            quantity=None,
            price=priced.rate,
            price_source=priced.source,
        )
        self._put(_Group(entity, product, unit_price), text, article, part)

    def _add_cost(self, cost: Cost) -> None:
        expense = cost.expense
        product = self._product_of(cost, self._work_types.get(cost.work_type or ""))
        if product is None:
            self._problems.add(ProblemCode.COST_WITHOUT_PRODUCT, "expense", expense.id)
        if expense.quantity < 0:
            self._problems.add(ProblemCode.NEGATIVE_QUANTITY, "expense", expense.id)
        article = self._article(product)
        entity = Entity("expense", expense.id)
        unit_price = self._unit_price(Priced(expense.out_price, PriceSource.COST, entity))
        if product is None or article is None or unit_price is None:
            return
        text = tidy(expense.comment) or self._products.get(product) or article.name
        if length(text) > TEXT_LENGTH:
            self._problems.add(
                ProblemCode.TEXT_TOO_LONG, "expense", expense.id, length=length(text), longest=TEXT_LENGTH
            )
        part = LinePart(
            kind=EntryKind.EXPENSE,
            id=expense.id,
            day=cost.day,
            work_type=cost.work_type,
            minutes=None,
            quantity=expense.quantity,
            price=expense.out_price,
            price_source=PriceSource.COST,
        )
        self._put(_Group(entity, product, unit_price), text, article, part)

    def _product_of(self, cost: Cost, work_type: WorkType | None) -> str | None:
        """Return the product of a cost: its own, else its work type's, else the fallback (R25)."""
        by_work_type = work_type.product if work_type is not None else None
        return cost.expense.product or by_work_type or self._work.settings.fallback_product

    def _article(self, product: str | None) -> Article | None:
        """Return the article that a product is sold as, if an order can have it."""
        if product is None:
            return None
        if product not in self._checked:
            self._checked[product] = self._check_article(product)
        return self._checked[product]

    def _check_article(self, product: str) -> Article | None:
        article = self._articles.get(product)
        if article is None:
            self._problems.add(ProblemCode.PRODUCT_NOT_LINKED, "product", product)
            return None
        if not article.is_active:
            self._problems.add(ProblemCode.ARTICLE_INACTIVE, "product", product)
        if not article.unit_id:
            self._problems.add(ProblemCode.ARTICLE_WITHOUT_UNIT, "product", product)
        return article

    def _unit_price(self, priced: Priced) -> Decimal | None:
        """Return the price as sent; a missing or negative one is a problem."""
        if priced.rate is None:
            self._problems.add(ProblemCode.PRICE_MISSING, priced.entity.kind, priced.entity.id)
            return None
        price = _rounding.unit_price(priced.rate, self._decimals)
        if priced.rate < 0:
            self._problems.add(ProblemCode.NEGATIVE_PRICE, priced.entity.kind, priced.entity.id)
        elif not price and not self._work.settings.allow_free_lines:
            self._problems.add(ProblemCode.PRICE_MISSING, priced.entity.kind, priced.entity.id)
        return price

    def _grouped(self, hours: Hours, work_type: WorkType) -> tuple[Entity, str]:
        """Return what the hours are grouped by, and the text of that line.

        Hours without a task, or with one that has no name here, are grouped by work type.
        """
        grouping, task = self._work.settings.grouping, hours.entry.task
        if grouping is Grouping.NONE:
            return Entity("entry", hours.entry.id), work_type.name
        if grouping is Grouping.TASK and task is not None and task in self._tasks:
            return Entity("task", task), self._tasks[task]
        return Entity("work_type", work_type.id), work_type.name

    def _put(self, group: _Group, text: str, article: Article, part: LinePart) -> None:
        draft = self._drafts.setdefault(group, _Draft(text, article))
        work_type = self._work_types.get(part.work_type or "")
        draft.work_types[part.work_type] = work_type.name if work_type is not None else _LAST
        draft.parts.append(part)


def _place(group: _Group, draft: _Draft) -> tuple[str, str, date, bool, str, Decimal, str, str]:
    """Return where a line stands; work type name, then date; the rest makes it one order."""
    name = min(draft.work_types.values(), key=lambda name: (name.casefold(), name))
    first = min(part.day for part in draft.parts)
    entity = group.entity
    return (
        name.casefold(),
        name,
        first,
        entity.kind == "expense",
        draft.text,
        group.unit_price,
        entity.id,
        group.product,
    )


def _line(group: _Group, draft: _Draft) -> OrderLine:
    sources = {part.price_source for part in draft.parts}
    minutes = [(part.minutes, part.price) for part in draft.parts if part.minutes is not None]
    quantity, total, difference = _amounts(group, draft, minutes)
    article = draft.article
    work_types = set(draft.work_types)
    return OrderLine(
        text=draft.text,
        quantity=quantity,
        unit=article.unit_abbreviation or article.unit_name or "",
        unit_price=group.unit_price,
        total=total,
        rounding_difference=difference,
        price_source=sources.pop() if len(sources) == 1 else PriceSource.SEVERAL,
        product=group.product,
        eaccounting_article=article.id,
        work_type=work_types.pop() if len(work_types) == 1 else None,
        task=group.entity.id if group.entity.kind == "task" else None,
        parts=tuple(draft.parts),
    )


def _amounts(
    group: _Group, draft: _Draft, minutes: Iterable[tuple[int, Decimal]]
) -> tuple[Decimal, Decimal, Decimal]:
    """Return quantity, total and rounding difference of a line: of its hours, or of its one cost."""
    number = draft.parts[0].quantity
    if number is not None:
        quantity = _rounding.quantity(number)
        total = _rounding.line_total(quantity, group.unit_price)
        return quantity, total, _rounding.cost_difference(total, number, draft.parts[0].price)
    parts = list(minutes)
    quantity = _rounding.hours(sum(part for part, _ in parts))
    total = _rounding.line_total(quantity, group.unit_price)
    return quantity, total, _rounding.hours_difference(total, parts)
