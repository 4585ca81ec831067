"""Lines as a person gave them: hours taken together, a changed line, a plain line."""

from __future__ import annotations

from decimal import Decimal

from attrs import define, field

from visma_busy_sync.busy import (
    GivenField,
    GivenLine,
    LinePart,
    PriceSource,
    TimeEntry,
    WorkType,
)
from visma_busy_sync.busy._orders import part_of_hours
from visma_busy_sync.orders._building.articles import Sold, product_of_hours
from visma_busy_sync.orders._building.drafts import Draft, price_of_parts
from visma_busy_sync.orders._building.eligibility import Cost, Hours
from visma_busy_sync.orders._building.pricing import Priced, price_of_work_type
from visma_busy_sync.orders._building.terms import Terms
from visma_busy_sync.orders._limits import tidy
from visma_busy_sync.orders._problems import Entity, ProblemCode

_ONE = Decimal(1)


@define
class Taken:
    """What a given line bills: its hours or its cost, as far as they are billed at all.

    `number` is the line's place among all the given ones, from 1.
    """

    line: GivenLine
    number: int
    hours: list[Hours] = field(factory=list[Hours])
    costs: list[Cost] = field(factory=list[Cost])


def given_fields(line: GivenLine) -> tuple[GivenField, ...]:
    """Return what of a line was given."""
    values = {
        GivenField.TEXT: tidy(line.text),
        GivenField.QUANTITY: line.quantity,
        GivenField.UNIT_PRICE: line.unit_price,
        GivenField.PRODUCT: line.product,
    }
    return tuple(name for name, value in values.items() if value is not None)


def given_text(terms: Terms, line: GivenLine, sold: Sold) -> str | None:
    """Return the text that a given line asks for: its own, else the name of the product it names (D28)."""
    return tidy(line.text) or (terms.articles.name(sold) if line.product is not None else None)


def hours_together(terms: Terms, taken: Taken) -> Draft | None:
    """Return the line of hours that were taken together, or have another price or text."""
    line = taken.line
    typed = [(entry, day, terms.work_type(entry)) for entry, day in taken.hours]
    known = [(entry, day, work_type) for entry, day, work_type in typed if work_type is not None]
    if len(known) < len(typed):
        return None
    kind, id, text = _in_common(terms, [(entry, work_type) for entry, _, work_type in known])
    sold = _sold_together(terms, line, [work_type for _, _, work_type in known])
    parts: list[LinePart] = []
    priced_all = True
    for entry, day, work_type in known:
        priced = terms.price(entry, work_type)
        if line.unit_price is None:
            priced_all = terms.unit_price(priced) is not None and priced_all
        source = PriceSource.GIVEN if priced.rate is None else priced.source
        parts.append(part_of_hours(entry, day, priced.rate, source))
    if not priced_all:
        return None
    price = (
        price_of_parts(parts).rounded(terms.decimals)
        if line.unit_price is None
        else terms.unit_price(_given_price(line, taken.number))
    )
    if sold is None or price is None:
        return None
    return Draft(
        kind,
        id,
        given_text(terms, line, sold) or text,
        sold,
        price,
        asked=line.unit_price,
        quantity=line.quantity,
        given=given_fields(line),
        source=None if line.unit_price is None else PriceSource.GIVEN,
        work_types={work_type.id: work_type.name for _, _, work_type in known},
        members={entry.member for entry, _, _ in known},
        parts=parts,
    )


def _in_common(terms: Terms, hours: list[tuple[TimeEntry, WorkType]]) -> tuple[str, str, str]:
    """Return kind and id of what hours on one line have in common, and its text."""
    groups = {terms.group(entry, work_type) for entry, work_type in hours}
    if len(groups) == 1:
        return groups.pop()
    names = sorted({text for _, _, text in groups}, key=lambda text: (text.casefold(), text))
    return "entry", hours[0][0].id, ", ".join(names)


def _sold_together(terms: Terms, line: GivenLine, work_types: list[WorkType]) -> Sold | None:
    """Return what the hours are sold as: the given product, or the one that they all have."""
    if line.product is not None:
        return terms.articles.sold(line.product)
    sold = {work_type.id: terms.sold_hours(work_type) for work_type in work_types}
    if len({one.product for one in sold.values() if one is not None}) > 1:
        for id in sold:
            terms.problems.add(ProblemCode.PRODUCTS_DIFFER, "work_type", id)
        return None
    return None if None in sold.values() else next(iter(sold.values()))


def plain_line(terms: Terms, line: GivenLine, number: int) -> Draft | None:
    """Return a line that bills what was not booked; `number` tells it from others, from 1."""
    work_type = terms.work_types.get(line.work_type or "")
    if line.work_type is not None and work_type is None:
        terms.problems.add(ProblemCode.WORK_TYPE_UNKNOWN, "work_type", line.work_type)
        return None
    by_work_type = product_of_hours(terms.work, work_type) if work_type is not None else None
    sold = terms.sold(line.product or by_work_type, ProblemCode.LINE_WITHOUT_PRODUCT, "line", str(number))
    priced = _plain_price(terms, line, work_type, number)
    price = terms.unit_price(priced)
    if sold is None or price is None:
        return None
    named = work_type.name if work_type is not None else terms.articles.name(sold)
    return Draft(
        "line",
        str(number),
        given_text(terms, line, sold) or named,
        sold,
        price,
        asked=priced.rate,
        quantity=_ONE if line.quantity is None else line.quantity,
        given=given_fields(line),
        source=priced.source,
        work_types={work_type.id: work_type.name} if work_type is not None else {},
    )


def _plain_price(terms: Terms, line: GivenLine, work_type: WorkType | None, number: int) -> Priced:
    own = _given_price(line, number)
    if line.unit_price is not None or work_type is None:
        return own
    return price_of_work_type(work_type, terms.work.prices, terms.work.project.id) or own


def _given_price(line: GivenLine, number: int) -> Priced:
    return Priced(line.unit_price, PriceSource.GIVEN, Entity("line", str(number)))
