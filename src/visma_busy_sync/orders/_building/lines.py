"""How what is billed becomes lines: hours by their groups, costs, fixed prices, and what a person gave."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from operator import attrgetter
from typing import Final, TypeAlias

from attrs import define, frozen

from visma_busy_sync.busy import (
    EntryKind,
    GivenField,
    GivenLine,
    Grouping,
    LinePart,
    OrderLine,
    PriceSource,
    TimeEntry,
    WorkType,
    claim_key,
)
from visma_busy_sync.busy._orders import part_of_hours
from visma_busy_sync.eaccounting.models._lengths import TEXT_LENGTH, length
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._building.articles import Sold, product_of_fixed_price
from visma_busy_sync.orders._building.drafts import Draft
from visma_busy_sync.orders._building.eligibility import Cost, Hours, Sifted
from visma_busy_sync.orders._building.fixed_prices import FixedBill, FixedBills, add_faults
from visma_busy_sync.orders._building.given_lines import (
    Taken,
    given_fields,
    given_text,
    hours_together,
    plain_line,
)
from visma_busy_sync.orders._building.pricing import Priced
from visma_busy_sync.orders._building.terms import Terms
from visma_busy_sync.orders._limits import tidy
from visma_busy_sync.orders._problems import Entity, ProblemCode

_Group: TypeAlias = "tuple[str, str, str, Decimal]"
"""What parts must share to be on one line: kind and id of what groups them, product, price as sent."""


_ALIKE: Final = ("work_type", "member", "task", "rate")
"""Hours that share these go to the same line, on the same terms."""


@frozen
class _HourTerms:
    """How hours of one member and work type are sold, if nothing is wrong with it."""

    work_type: WorkType
    sold: Sold
    price: Decimal
    unit_price: Decimal
    source: PriceSource


@define
class _Place:
    """Where hours that are alike go, and at what price."""

    price: Decimal
    source: PriceSource
    parts: list[LinePart]


def order_lines(
    terms: Terms, sifted: Sifted, given: Iterable[GivenLine], fixed: FixedBills
) -> tuple[OrderLine, ...]:
    """Return the lines of what is billed, by work type name, then date; those with problems left out."""
    taken = [Taken(line, number) for number, line in enumerate(given, 1) if line.fixed_price is None]
    by_claim = {claim: one for one in taken for claim in one.line.claims}
    consumed: dict[str | None, list[Hours]] = {id: [] for id in fixed.consuming}
    by_rules: list[Hours] = []
    if taken or consumed:
        for hours in sifted.hours:
            entry = hours[0]
            if (one := by_claim.get(claim_key(EntryKind.ENTRY, entry.id))) is not None:
                one.hours.append(hours)
            else:
                consumed.get(entry.work_type, by_rules).append(hours)
    else:
        by_rules.extend(sifted.hours)
    drafts: list[Draft | None] = [*_grouped(terms, by_rules)]
    for cost in sifted.costs:
        if (one := by_claim.get(claim_key(EntryKind.EXPENSE, cost.expense.id))) is not None:
            one.costs.append(cost)
        else:
            drafts.append(_cost(terms, cost))
    drafts += [_fixed(terms, bill, consumed[bill.work_type.id]) for bill in fixed.bills]
    for id, faults in fixed.faulty.items():
        if consumed[id]:
            add_faults(id, faults, terms.problems)
    drafts += [_given(terms, one) for one in taken]
    made = sorted((draft for draft in drafts if draft is not None), key=Draft.place)
    names = {member.id: member.name for member in terms.work.members}
    for draft in made:
        if not terms.work.settings.names_in_texts:
            draft.members.clear()
        _finish_text(terms, draft, names)
    return tuple(draft.line() for draft in made)


def _finish_text(terms: Terms, draft: Draft, names: dict[str, str]) -> None:
    draft.text = tidy(draft.text) or draft.text
    if len(draft.members) == 1 and GivenField.TEXT not in draft.given:
        (member,) = draft.members
        draft.text = ", ".join(filter(None, (draft.text, tidy(names.get(member)))))
    size = length(draft.text)
    if size > TEXT_LENGTH:
        terms.problems.add(ProblemCode.TEXT_TOO_LONG, draft.kind, draft.id, length=size, longest=TEXT_LENGTH)


def _grouped(terms: Terms, booked: Iterable[Hours]) -> Iterable[Draft]:
    """Return the lines of hours as the rules make them."""
    drafts: dict[_Group, Draft] = {}
    places: dict[object, _Place] = {}
    alike_in = ("id",) if terms.work.settings.grouping is Grouping.NONE else _ALIKE
    likeness = attrgetter(*alike_in)
    for entry, day in booked:
        # Many hours go to the same place, on the same terms. What has a problem is looked at each time: it
        # may be one of its own.
        alike = likeness(entry)
        place = places.get(alike)
        if place is None:
            on = _terms_of(terms, entry)
            if on is None:
                continue
            place = _Place(on.price, on.source, _opened(drafts, terms, entry, on).parts)
            if not entry.rate or on.unit_price > 0:
                places[alike] = place
        place.parts.append(part_of_hours(entry, day, place.price, place.source))
    return drafts.values()


def _opened(drafts: dict[_Group, Draft], terms: Terms, entry: TimeEntry, on: _HourTerms) -> Draft:
    """Return the line that hours go to; a new one if they are the first."""
    work_type = on.work_type
    kind, id, text = terms.group(entry, work_type)
    group = (kind, id, on.sold.product, on.unit_price)
    draft = drafts.get(group)
    if draft is None:
        draft = drafts[group] = Draft(kind, id, text, on.sold, on.unit_price)
    draft.work_types[work_type.id] = work_type.name
    draft.members.add(entry.member)
    return draft


def _terms_of(terms: Terms, entry: TimeEntry) -> _HourTerms | None:
    work_type = terms.work_type(entry)
    if work_type is None:
        return None
    sold = terms.sold_hours(work_type)
    priced = terms.price(entry, work_type)
    unit_price = terms.unit_price(priced)
    if sold is None or unit_price is None or priced.rate is None:
        return None
    return _HourTerms(work_type, sold, priced.rate, unit_price, priced.source)


def _cost(terms: Terms, cost: Cost, given: GivenLine | None = None) -> Draft | None:
    """Return the line of a cost, as the rules make it or as it was given."""
    expense = cost.expense
    line = given if given is not None else GivenLine(claims=(claim_key(EntryKind.EXPENSE, expense.id),))
    work_type = terms.work_types.get(cost.work_type or "")
    by_rules = expense.product or (work_type.product if work_type is not None else None)
    by_rules = by_rules or terms.work.settings.fallback_product
    sold = terms.sold(line.product or by_rules, ProblemCode.COST_WITHOUT_PRODUCT, "expense", expense.id)
    source = PriceSource.COST if line.unit_price is None else PriceSource.GIVEN
    rate = expense.out_price if line.unit_price is None else line.unit_price
    price = terms.unit_price(Priced(rate, source, Entity("expense", expense.id)))
    if sold is None or price is None:
        return None
    text = given_text(terms, line, sold) or tidy(expense.comment) or terms.articles.name(sold)
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
    return Draft(
        "expense",
        expense.id,
        text,
        sold,
        price,
        asked=line.unit_price,
        quantity=line.quantity,
        given=given_fields(line),
        source=source,
        work_types={} if work_type is None else {work_type.id: work_type.name},
        parts=[part],
    )


def _fixed(terms: Terms, bill: FixedBill, consumed: list[Hours]) -> Draft | None:
    """Return the line of a fixed price with the hours that it consumes."""
    work_type, line = bill.work_type, bill.line
    product = line.product or product_of_fixed_price(terms.work, work_type)
    sold = terms.sold(product, ProblemCode.WORK_TYPE_WITHOUT_PRODUCT, "work_type", work_type.id)
    if sold is None:
        return None
    return Draft(
        "work_type",
        work_type.id,
        given_text(terms, line, sold) or work_type.name,
        sold,
        _rounding.unit_price(bill.amount, terms.decimals),
        asked=bill.amount,
        quantity=Decimal(1),
        given=given_fields(line),
        billed_before=bill.before,
        billed_elsewhere=bill.elsewhere,
        source=PriceSource.FIXED_PRICE,
        work_types={work_type.id: work_type.name},
        members={entry.member for entry, _ in consumed},
        parts=[part_of_hours(entry, day, None, PriceSource.FIXED_PRICE) for entry, day in consumed],
    )


def _given(terms: Terms, taken: Taken) -> Draft | None:
    """Return the line that a person gave; None where a problem is in the way."""
    if not taken.line.claims:
        return plain_line(terms, taken.line, taken.number)
    if taken.costs:
        return _cost(terms, taken.costs[0], taken.line)
    return hours_together(terms, taken) if taken.hours else None
