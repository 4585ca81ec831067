"""What holds for any work: nothing is lost or billed twice, and amounts add up."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from visma_busy_sync.busy import Approval, Exclusion, Expense, Grouping, Order, TimeEntry, Work, claim_key
from visma_busy_sync.orders import (
    OrderNotReady,
    make_marker,
    marked_reference,
    order_from_json,
    order_to_json,
    to_new_order,
)

from .given import MARKER, built, cost, hours, work

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
            str(draw(st.decimals("0", "100", places=5))),
            entry=draw(on),
            date=draw(starts).date(),
        )
        for number in range(draw(st.integers(0, 4)))
    ]
    return booked


groupings = st.sampled_from(list(Grouping))

# No deadline: a busy machine is no failure.
calmly = settings(deadline=None, max_examples=60)


def order_of(what: Work) -> Order:
    try:
        return built(what)
    except OrderNotReady:
        assume(False)
        raise


@calmly
@given(entries(), groupings)
def test_no_entry_is_lost_or_billed_twice(booked: list[TimeEntry | Expense], grouping: Grouping) -> None:
    """Each is on one line or among what stayed out."""
    order = order_of(work(*booked, settings={"grouping": grouping}))

    listed = [*order.claims, *(claim_key(one.kind, one.entry_id) for one in order.left_out)]
    assert sorted(listed) == sorted(
        f"{'entry' if isinstance(one, TimeEntry) else 'expense'}:{one.id}" for one in booked
    )


@calmly
@given(entries(), groupings)
def test_the_minutes_of_the_lines_are_those_of_the_billed_hours(
    booked: list[TimeEntry | Expense], grouping: Grouping
) -> None:
    """However they are grouped."""
    order = order_of(work(*booked, settings={"grouping": grouping}))

    billed = [
        one.billable_minutes
        for one in booked
        if isinstance(one, TimeEntry) and f"entry:{one.id}" in order.claims
    ]
    assert sum(line.minutes or 0 for line in order.lines) == sum(billed)
    assert all(line.quantity > 0 for line in order.lines if line.minutes is not None)


@calmly
@given(entries(), groupings, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_of_the_input(
    booked: list[TimeEntry | Expense], grouping: Grouping, chance: random.Random
) -> None:
    """Whichever way a database returns it."""
    first = order_of(work(*booked, settings={"grouping": grouping}))
    chance.shuffle(booked)

    assert built(work(*booked, settings={"grouping": grouping})) == first


@calmly
@given(entries(), groupings)
def test_the_total_is_the_sum_of_the_lines_and_close_to_the_exact_sum(
    booked: list[TimeEntry | Expense], grouping: Grouping
) -> None:
    """A line differs by half a unit of each rounding at most: quantity, price and total."""
    order = order_of(work(*booked, settings={"grouping": grouping}))

    assert order.total == sum(line.total for line in order.lines)
    exact = Decimal(0)
    for line in order.lines:
        units = Decimal(line.minutes) / 60 if line.minutes is not None else line.parts[0].quantity
        assert units is not None
        bound = line.unit_price * Decimal("0.00005") + units * Decimal("0.005") + Decimal("0.006")
        assert abs(line.rounding_difference) <= bound
        for part in line.parts:
            assert part.price is not None
            units = Decimal(part.minutes) / 60 if part.minutes is not None else part.quantity or Decimal(0)
            exact += units * part.price
    assert abs(order.total - exact - order.rounding_difference) < Decimal("0.0001")


@calmly
@given(entries(), groupings)
def test_any_order_survives_storing(booked: list[TimeEntry | Expense], grouping: Grouping) -> None:
    """Exactly, with the same hash."""
    order = order_of(work(*booked, settings={"grouping": grouping}))

    again = order_from_json(order_to_json(order))
    assert again == order
    assert again.content_hash == order.content_hash


@calmly
@given(entries(), groupings)
def test_what_is_sent_adds_up_to_the_order(booked: list[TimeEntry | Expense], grouping: Grouping) -> None:
    """Rows are numbered from 1 without a gap, and have no more decimals than the API takes."""
    order = order_of(work(*booked, settings={"grouping": grouping}))
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
