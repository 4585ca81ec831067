"""How what is billed becomes lines: hours by their groups, costs, fixed prices, and what a person gave."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeAlias

from attrs import frozen

from visma_busy_sync.busy import (
    EntryKind,
    GivenField,
    GivenLine,
    LinePart,
    OrderLine,
    PriceSource,
    TimeEntry,
    WorkType,
    claim_key,
)
from visma_busy_sync.eaccounting.models._lengths import TEXT_LENGTH, length
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._articles import Sold, product_of_fixed_price
from visma_busy_sync.orders._drafts import Draft
from visma_busy_sync.orders._eligibility import Cost, Hours, Sifted
from visma_busy_sync.orders._fixed_prices import FixedBill, FixedBills
from visma_busy_sync.orders._given_lines import Taken, given_fields, given_text, hours_together, plain_line
from visma_busy_sync.orders._limits import tidy
from visma_busy_sync.orders._pricing import Priced
from visma_busy_sync.orders._problems import Entity, ProblemCode
from visma_busy_sync.orders._terms import Terms, part_of_hours

_Group: TypeAlias = "tuple[str, str, str, Decimal]"
"""What parts must share to be on one line: kind and id of what groups them, product, price as sent."""


@frozen
class _HourTerms:
    """How hours of one member and work type are sold, if nothing is wrong with it."""

    work_type: WorkType
    sold: Sold
    price: Decimal
    unit_price: Decimal
    source: PriceSource


def order_lines(
    terms: Terms, sifted: Sifted, given: Iterable[GivenLine], fixed: FixedBills
) -> tuple[OrderLine, ...]:
    """Return the lines of what is billed, by work type name, then date; those with problems left out."""
    taken = [Taken(line) for line in given if line.fixed_price is None]
    by_claim = {claim: one for one in taken for claim in one.line.claims}
    consumed: dict[str | None, list[Hours]] = {bill.work_type.id: [] for bill in fixed.bills}
    by_rules: list[Hours] = []
    for hours in sifted.hours:
        if by_claim and (one := by_claim.get(claim_key(EntryKind.ENTRY, hours.entry.id))) is not None:
            one.hours.append(hours)
        else:
            consumed.get(hours.entry.work_type, by_rules).append(hours)
    drafts: list[Draft | None] = [*_grouped(terms, by_rules)]
    for cost in sifted.costs:
        if (one := by_claim.get(claim_key(EntryKind.EXPENSE, cost.expense.id))) is not None:
            one.costs.append(cost)
        else:
            drafts.append(_cost(terms, cost))
    drafts += [_fixed(terms, bill, consumed[bill.work_type.id]) for bill in fixed.bills]
    drafts += [_given(terms, one, number) for number, one in enumerate(taken, 1)]
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


def _grouped(terms: Terms, booked: list[Hours]) -> Iterable[Draft]:
    """Return the lines of hours as the rules make them."""
    known: dict[tuple[str | None, str], _HourTerms | None] = {}
    drafts: dict[_Group, Draft] = {}
    named = terms.work.settings.names_in_texts
    for hours in booked:
        entry = hours.entry
        key = (entry.work_type, entry.member)
        # Many hours have the same terms. Those with a rate of their own, or without a work type that is
        # known, may have a problem of their own.
        if entry.rate or entry.work_type not in terms.work_types:
            on = _terms_of(terms, entry)
        elif key in known:
            on = known[key]
        else:
            on = known[key] = _terms_of(terms, entry)
        if on is None:
            continue
        kind, id, text = terms.group(entry, on.work_type)
        group = (kind, id, on.sold.product, on.unit_price)
        draft = drafts.get(group)
        if draft is None:
            draft = drafts[group] = Draft(kind, id, text, on.sold, on.unit_price)
        draft.take(part_of_hours(hours, on.work_type, on.price, on.source), on.work_type.name)
        if named:
            draft.members.add(entry.member)
    return drafts.values()


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
    if line.quantity is None and expense.quantity < 0:
        terms.problems.add(ProblemCode.NEGATIVE_QUANTITY, "expense", expense.id)
    source = PriceSource.COST if line.unit_price is None else PriceSource.GIVEN
    rate = expense.out_price if line.unit_price is None else line.unit_price
    price = terms.unit_price(Priced(rate, source, Entity("expense", expense.id)))
    if sold is None or price is None:
        return None
    text = given_text(terms, line, sold) or tidy(expense.comment) or terms.articles.name(sold)
    draft = Draft(
        "expense",
        expense.id,
        text,
        sold,
        price,
        asked=line.unit_price,
        quantity=line.quantity,
        given=given_fields(line),
        source=source,
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
    draft.take(part, work_type.name if work_type is not None else None)
    return draft


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
        source=PriceSource.FIXED_PRICE,
        work_types={work_type.id: work_type.name},
        members={hours.entry.member for hours in consumed},
        parts=[part_of_hours(hours, work_type, None, PriceSource.FIXED_PRICE) for hours in consumed],
    )


def _given(terms: Terms, taken: Taken, number: int) -> Draft | None:
    """Return the line that a person gave; None where a problem is in the way."""
    if not taken.line.claims:
        return plain_line(terms, taken.line, number)
    if taken.costs:
        return _cost(terms, taken.costs[0], taken.line)
    return hours_together(terms, taken) if taken.hours else None
