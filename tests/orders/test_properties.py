"""What holds for any work: nothing is lost or billed twice, and amounts add up."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from attrs import evolve, frozen
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from visma_busy_sync.busy import (
    Approval,
    EntryKind,
    Exclusion,
    Expense,
    FixedPrice,
    GivenLine,
    Grouping,
    LinePart,
    Order,
    OrderLine,
    TimeEntry,
    claim_key,
)
from visma_busy_sync.orders import (
    OrderNotReady,
    make_marker,
    marked_reference,
    order_from_json,
    order_to_json,
    to_new_order,
)

from .given import FLAT, MARKER, built, cost, hours, work

starts = st.integers(0, 60 * 24 * 45).map(
    lambda minutes: datetime(2026, 10, 25, tzinfo=UTC) + timedelta(minutes=minutes)
)
rates = st.decimals("0.01", "5000", places=4)


@st.composite
def entries(draw: st.DrawFn) -> list[TimeEntry | Expense]:
    """Draw up to twelve hours and four costs, some on the hours, in any state."""
    booked: list[TimeEntry | Expense] = [
        hours(
            str(number),
            draw(st.integers(0, 700)),
            start=draw(starts),
            work_type=draw(st.sampled_from(["5", "6"])),
            task=draw(st.sampled_from([None, "80", "81"])),
            rate=draw(st.none() | rates),
            approval=draw(st.sampled_from([Approval.APPROVED, Approval.APPROVED, Approval.NONE])),
            excluded=draw(st.sampled_from([None, None, None, Exclusion.OTHER])),
        )
        for number in range(draw(st.integers(1, 12)))
    ]
    on = st.sampled_from([None, *(one.id for one in booked)])
    booked += [
        cost(
            str(number),
            str(draw(rates)),
            str(draw(st.decimals("-1", "100", places=5))),
            entry=draw(on),
            date=draw(starts).date(),
        )
        for number in range(draw(st.integers(0, 4)))
    ]
    return booked


amounts = st.decimals("0.01", "90000", places=3)


@st.composite
def given_lines(draw: st.DrawFn, booked: list[TimeEntry | Expense]) -> list[GivenLine]:
    """Draw up to three lines of hours that are billed, and perhaps a plain one."""
    billed = [one.id for one in built_or_none(booked)]
    lines: list[GivenLine] = []
    while billed and len(lines) < 3 and draw(st.booleans()):
        taken = draw(st.lists(st.sampled_from(billed), unique=True, min_size=1))
        billed = [id for id in billed if id not in taken]
        lines.append(
            GivenLine(
                claims=tuple(claim_key(EntryKind.ENTRY, id) for id in taken),
                product=draw(st.sampled_from(["50", "60"])),
                quantity=draw(st.none() | st.decimals("0.001", "50", places=6)),
                unit_price=draw(st.none() | amounts),
                text=draw(st.sampled_from([None, "Avtalt"])),
            )
        )
    if draw(st.booleans()):
        lines.append(GivenLine(work_type="5", quantity=draw(st.none() | amounts), unit_price=draw(amounts)))
    return lines


def built_or_none(booked: list[TimeEntry | Expense]) -> list[LinePart]:
    """Return the hours that an order of `booked` bills; none where there is no order."""
    try:
        order = built(work(*booked))
    except OrderNotReady:
        return []
    return [part for line in order.lines for part in line.parts if part.kind is EntryKind.ENTRY]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw booked work and what is asked of its order."""
    booked = draw(entries())
    agreed = draw(st.none() | amounts)
    fixed = [] if agreed is None else [FixedPrice(work_type="6", amount=agreed)]
    lines = draw(given_lines(booked))
    in_part = draw(st.booleans())
    if fixed and in_part:
        lines.append(GivenLine(fixed_price="6", unit_price=draw(st.decimals("0", fixed[0].amount, places=3))))
    return Case(
        booked,
        {
            "prices": evolve(FLAT, fixed_prices=tuple(fixed)),
            "settings": {"grouping": draw(st.sampled_from(list(Grouping)))},
        },
        tuple(lines),
    )


@frozen
class Case:
    """Booked work, and what is asked of its order."""

    booked: list[TimeEntry | Expense]
    changes: dict[str, Any]
    lines: tuple[GivenLine, ...]

    def order(self) -> Order:
        """Return its order; a case that has none is drawn anew."""
        try:
            return self.again()
        except OrderNotReady:
            assume(False)
            raise

    def again(self) -> Order:
        """Return its order."""
        return built(work(*self.booked, **self.changes), lines=self.lines)


# No deadline: a busy machine is no failure.
calmly = settings(max_examples=60)


@calmly
@given(cases())
def test_no_entry_is_lost_or_billed_twice(case: Case) -> None:
    """Each is on one line or among what stayed out."""
    order = case.order()

    listed = [*order.claims, *(claim_key(one.kind, one.entry_id) for one in order.left_out)]
    assert sorted(listed) == sorted(
        f"{'entry' if isinstance(one, TimeEntry) else 'expense'}:{one.id}" for one in case.booked
    )


@calmly
@given(cases())
def test_the_minutes_of_the_lines_are_those_of_the_billed_hours(case: Case) -> None:
    """However they are grouped, and whatever a person gave."""
    order = case.order()

    billed = [
        one.billable_minutes
        for one in case.booked
        if isinstance(one, TimeEntry) and f"entry:{one.id}" in order.claims
    ]
    assert sum(line.minutes or 0 for line in order.lines) == sum(billed)
    assert all(line.quantity > 0 for line in order.lines if line.minutes is not None)


@calmly
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_of_the_input(case: Case, chance: random.Random) -> None:
    """Whichever way a database returns it."""
    first = case.order()
    chance.shuffle(case.booked)

    assert case.again() == first


def exact_amount(line: OrderLine) -> Fraction:
    """Return what a line is for before anything is rounded: by its parts, or as it was given."""
    prices = [Fraction(part.price) for part in line.parts if part.price is not None]
    numbers = [
        Fraction(part.minutes, 60) if part.minutes is not None else Fraction(part.quantity or 0)
        for part in line.parts
    ]
    return sum((price * number for price, number in zip(prices, numbers, strict=True)), Fraction(0))


@calmly
@given(cases())
def test_the_total_is_the_sum_of_the_lines_and_close_to_the_exact_sum(case: Case) -> None:
    """A line differs by half a unit of each rounding at most: quantity, price and total."""
    order = case.order()

    assert order.total == sum(line.total for line in order.lines)
    for line in order.lines:
        assert line.total == (line.quantity * line.unit_price).quantize(Decimal("0.01"), ROUND_HALF_UP)
        units = max(line.quantity, Decimal(1))
        bound = line.unit_price * Decimal("0.00005") + units * Decimal("0.005") + Decimal("0.006")
        assert abs(line.rounding_difference) <= bound
        if not line.given and not line.is_fixed_price:
            exact = exact_amount(line)
            assert abs(Fraction(line.total) - exact - Fraction(line.rounding_difference)) < Fraction(1, 10**6)
            assert line.write_down is None


@calmly
@given(cases())
def test_what_a_line_comes_to_by_the_hour_gives_its_total_back(case: Case) -> None:
    """Within what 4 decimals of a price lose over the hours."""
    for line in case.order().lines:
        derived = {part.derived_price for part in line.parts}
        if line.minutes is None or derived == {None}:
            continue
        (price,) = derived
        assert price is not None
        hours_ = Fraction(line.minutes, 60)
        assert abs(Fraction(price) * hours_ - Fraction(line.total)) <= hours_ * Fraction(1, 20_000)


@calmly
@given(cases())
def test_any_order_survives_storing(case: Case) -> None:
    """Exactly, with the same hash."""
    order = case.order()

    again = order_from_json(order_to_json(order))
    assert again == order
    assert again.content_hash == order.content_hash


@calmly
@given(cases())
def test_a_line_changed_in_nothing_is_the_line(case: Case) -> None:
    """A person opens a line for editing and saves it as it is: no amount changes."""
    order = case.order()
    again = built(work(*case.booked, **case.changes), lines=tuple(GivenLine.of(line) for line in order.lines))

    amounts = [(line.quantity, line.unit_price, line.total) for line in again.lines]
    for line in order.lines:
        # Prices that are alike only as sent have another average.
        if len({part.price for part in line.parts}) <= 1:
            assert (line.quantity, line.unit_price, line.total) in amounts


@calmly
@given(cases())
def test_what_is_sent_adds_up_to_the_order(case: Case) -> None:
    """Rows are numbered from 1 without a gap, and have no more decimals than the API takes."""
    order = case.order()
    sent = to_new_order(order, marker=MARKER, send_amounts=True)

    assert [row.line_number for row in sent.rows] == list(range(1, len(order.lines) + 1))
    total = Decimal(0)
    for row in sent.rows:
        assert isinstance(row.quantity, Decimal)
        assert isinstance(row.unit_price, Decimal)
        assert isinstance(row.amount, Decimal)
        exponents = [value.as_tuple().exponent for value in (row.quantity, row.unit_price, row.amount)]
        assert exponents == [-4, -2, -2]
        total += row.amount
    assert total == sent.amount == order.total


@calmly
@given(
    st.text(), st.text(), st.text(), st.integers(1, 10**6), st.text(st.characters(exclude_categories=["Cs"]))
)
def test_a_marker_ends_every_reference(
    installation: str, tenant: str, order_id: str, revision: int, reference: str
) -> None:
    """Whatever the names, the reference has at most 100 characters and ends with the whole marker."""
    marker = make_marker(installation=installation, tenant=tenant, order_id=order_id, revision=revision)
    marked = marked_reference(reference, marker)

    assert marked.endswith(marker)
    assert len(marked.encode("utf-16-le")) <= 200
