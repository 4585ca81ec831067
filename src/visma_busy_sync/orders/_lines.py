"""How what is billed becomes lines: product, price, grouping, text, order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from attrs import define, field, frozen

from visma_busy_sync.busy import (
    EntryKind,
    Grouping,
    LinePart,
    OrderLine,
    PriceSource,
    TimeEntry,
    Work,
    WorkType,
)
from visma_busy_sync.eaccounting.models import Article
from visma_busy_sync.eaccounting.models._lengths import TEXT_LENGTH, length
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._eligibility import Cost, Hours, Sifted
from visma_busy_sync.orders._limits import tidy
from visma_busy_sync.orders._pricing import Priced, price_of
from visma_busy_sync.orders._problems import Entity, ProblemCode, Problems

_LAST = "\U0010ffff"
"""Sorts after every name: costs without a work type stand at the end."""


_Group: TypeAlias = "tuple[str, str, str, Decimal]"
"""What parts must share to be on one line: kind and id of what groups them, product, price as sent."""


@frozen
class _Terms:
    """How hours of one member and work type are sold, if nothing is wrong with it."""

    work_type: WorkType
    product: str
    article: Article
    price: Decimal
    unit_price: Decimal
    source: PriceSource


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
        self._terms: dict[tuple[str | None, str], _Terms | None] = {}
        self._drafts: dict[_Group, _Draft] = {}

    def lines(self, sifted: Sifted) -> tuple[OrderLine, ...]:
        """Return the lines of what is billed, by work type name, then date; those with problems left out."""
        for hours in sifted.hours:
            self._add_hours(hours)
        for cost in sifted.costs:
            self._add_cost(cost)
        for (kind, id, _, _), draft in self._drafts.items():
            size = length(draft.text)
            if size > TEXT_LENGTH:
                self._problems.add(ProblemCode.TEXT_TOO_LONG, kind, id, length=size, longest=TEXT_LENGTH)
        ordered = sorted(self._drafts.items(), key=lambda item: _place(*item))
        return tuple(_line(group, draft) for group, draft in ordered)

    def _add_hours(self, hours: Hours) -> None:
        entry = hours.entry
        key = (entry.work_type, entry.member)
        # Many hours have the same terms. Those with a rate of their own, or without a work type that is
        # known, may have a problem of their own.
        if entry.rate or entry.work_type not in self._work_types:
            terms = self._terms_of(entry)
        elif key in self._terms:
            terms = self._terms[key]
        else:
            terms = self._terms[key] = self._terms_of(entry)
        if terms is None:
            return
        work_type = terms.work_type
        part = LinePart(
            kind=EntryKind.ENTRY,
            id=entry.id,
            day=hours.day,
            work_type=work_type.id,
            minutes=entry.billable_minutes,
            quantity=None,
            price=terms.price,
            price_source=terms.source,
        )
        kind, id, text = self._grouped(entry, work_type)
        self._put((kind, id, terms.product, terms.unit_price), text, terms.article, part)

    def _terms_of(self, entry: TimeEntry) -> _Terms | None:
        work_type = self._work_types.get(entry.work_type or "")
        if work_type is None:
            self._problems.add(ProblemCode.WORK_TYPE_MISSING, "entry", entry.id)
            return None
        product = work_type.product or self._work.settings.fallback_product
        if product is None:
            self._problems.add(ProblemCode.WORK_TYPE_WITHOUT_PRODUCT, "work_type", work_type.id)
        article = self._article(product)
        priced = price_of(entry, work_type, self._work.prices, self._work.project.id)
        unit_price = self._unit_price(priced)
        if product is None or article is None or unit_price is None or priced.rate is None:
            return None
        return _Terms(work_type, product, article, priced.rate, unit_price, priced.source)

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
        self._put((entity.kind, entity.id, product, unit_price), text, article, part)

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

    def _grouped(self, entry: TimeEntry, work_type: WorkType) -> tuple[str, str, str]:
        """Return kind and id of what groups the hours, and the text of that line.

        Hours without a task, or with one that has no name here, are grouped by work type.
        """
        grouping, task = self._work.settings.grouping, entry.task
        if grouping is Grouping.NONE:
            return "entry", entry.id, work_type.name
        if grouping is Grouping.TASK and task is not None and task in self._tasks:
            return "task", task, self._tasks[task]
        return "work_type", work_type.id, work_type.name

    def _put(self, group: _Group, text: str, article: Article, part: LinePart) -> None:
        draft = self._drafts.get(group)
        if draft is None:
            draft = self._drafts[group] = _Draft(tidy(text) or text, article)
        if part.work_type not in draft.work_types:
            work_type = self._work_types.get(part.work_type or "")
            draft.work_types[part.work_type] = work_type.name if work_type is not None else _LAST
        draft.parts.append(part)


def _place(group: _Group, draft: _Draft) -> tuple[str, str, date, bool, str, Decimal, str, str]:
    """Return where a line stands: work type name, then date; the rest makes it one order."""
    kind, id, product, unit_price = group
    name = min(draft.work_types.values(), key=lambda name: (name.casefold(), name))
    first = draft.parts[0].day  # Hours come in the order of their starts.
    return name.casefold(), name, first, kind == "expense", draft.text, unit_price, id, product


def _line(group: _Group, draft: _Draft) -> OrderLine:
    kind, id, product, unit_price = group
    sources = {part.price_source for part in draft.parts}
    quantity, total, difference = _amounts(draft.parts, unit_price)
    article = draft.article
    work_types = list(draft.work_types)
    return OrderLine(
        text=draft.text,
        quantity=quantity,
        unit=article.unit_abbreviation or article.unit_name or "",
        unit_price=unit_price,
        total=total,
        rounding_difference=difference,
        price_source=sources.pop() if len(sources) == 1 else PriceSource.SEVERAL,
        product=product,
        eaccounting_article=article.id,
        work_type=work_types[0] if len(work_types) == 1 else None,
        task=id if kind == "task" else None,
        parts=tuple(draft.parts),
    )


def _amounts(parts: list[LinePart], unit_price: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """Return quantity, total and rounding difference of a line: of its one cost, or of its hours."""
    number = parts[0].quantity
    if number is not None:
        quantity = _rounding.quantity(number)
        total = _rounding.line_total(quantity, unit_price)
        return quantity, total, _rounding.cost_difference(total, number, parts[0].price)
    minutes: dict[Decimal, int] = {}
    for part in parts:
        minutes[part.price] = minutes.get(part.price, 0) + (part.minutes or 0)
    quantity = _rounding.hours(sum(minutes.values()))
    total = _rounding.line_total(quantity, unit_price)
    return quantity, total, _rounding.hours_difference(total, minutes)
