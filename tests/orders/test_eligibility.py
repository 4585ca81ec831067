"""Which hours and costs are on an order, and why the others are not (R13 to R15, D22, D23)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from visma_busy_sync.busy import Approval, Exclusion, LeftOut, LeftOutReason, Order, Period, TimeEntry
from visma_busy_sync.orders import OrderNotReady, customer_of, products_needed
from visma_busy_sync.orders._problems import told_left_out

from .given import (
    COACHING,
    PROJECT,
    built,
    cost,
    hours,
    left_out,
    lines,
    problems,
    refusal,
    request,
    shared,
    work,
)


def with_one_more(entry: TimeEntry, **settings: Any) -> Order:
    """Return an order over one hour that surely counts and `entry`."""
    return built(work(hours("sure"), entry, settings=settings))


def test_r15_an_order_comes_of_hours_and_costs_of_one_project() -> None:
    """Two hours at 1000 and a train ticket at 250 become an order of 2250."""
    order = built(work(hours(minutes=120), cost()))

    assert lines(order) == [
        ("Advice", "2.0000", "1000.00", "2000.00"),
        ("Train", "1.0000", "250.00", "250.00"),
    ]
    assert str(order.total) == "2250.00"
    assert order.claims == ("entry:e1", "expense:x1")
    assert order.left_out == ()


@pytest.mark.parametrize(
    ("changes", "settings", "reason"),
    [
        pytest.param({"billable_minutes": 0}, {}, LeftOutReason.NOTHING_BILLABLE, id="nothing billable"),
        pytest.param({"approval": Approval.SUBMITTED}, {}, LeftOutReason.NOT_APPROVED, id="submitted"),
        pytest.param({"approval": Approval.NONE}, {}, LeftOutReason.NOT_APPROVED, id="not submitted"),
        *(
            pytest.param({"excluded": exclusion}, {}, LeftOutReason.EXCLUDED, id=f"excluded: {exclusion}")
            for exclusion in Exclusion
        ),
        pytest.param({"customer": "11"}, {}, LeftOutReason.CUSTOMER_NOT_ALLOWED, id="foreign customer"),
        pytest.param(
            {"start": datetime(2026, 10, 31, 12, tzinfo=UTC)}, {}, LeftOutReason.OUTSIDE_PERIOD, id="early"
        ),
        pytest.param(
            {"start": datetime(2026, 12, 1, 12, tzinfo=UTC)}, {}, LeftOutReason.OUTSIDE_PERIOD, id="late"
        ),
        pytest.param(
            {"start": datetime(2026, 11, 9, 12, tzinfo=UTC)},
            {"order_start_date": date(2026, 11, 10)},
            LeftOutReason.BEFORE_START_DATE,
            id="before the start date",
        ),
    ],
)
def test_hours_that_stay_out_are_listed_with_the_reason(
    changes: dict[str, Any], settings: dict[str, Any], reason: LeftOutReason
) -> None:
    """What is not billed is not lost from sight."""
    fields: dict[str, Any] = {"minutes": changes.pop("billable_minutes", 60)} | changes
    order = with_one_more(hours("e2", **fields), **settings)

    assert order.claims == ("entry:sure",)
    assert left_out(order) == {"entry:e2": reason}


def test_unapproved_hours_are_billed_if_the_setting_says_so() -> None:
    """The setting lets hours in, but not costs."""
    order = built(
        work(
            hours(approval=Approval.SUBMITTED),
            cost(approval=Approval.NONE),
            settings={"include_unapproved_hours": True},
        )
    )

    assert order.claims == ("entry:e1",)
    assert left_out(order) == {"expense:x1": LeftOutReason.NOT_APPROVED}


def test_unapproved_costs_are_billed_if_the_setting_says_so() -> None:
    """The setting lets costs on the project in, but not hours."""
    order = built(
        work(
            hours(approval=Approval.SUBMITTED),
            cost(approval=Approval.NONE),
            settings={"include_unapproved_costs": True},
        )
    )

    assert order.claims == ("expense:x1",)
    assert left_out(order) == {"entry:e1": LeftOutReason.NOT_APPROVED}


def test_what_is_claimed_by_another_order_is_not_billed_again() -> None:
    """An entry is on at most one order."""
    order = built(
        work(hours("e1"), hours("e2"), cost("x1"), cost("x2")), claimed=frozenset({"entry:e1", "expense:x2"})
    )

    assert order.claims == ("entry:e2", "expense:x1")
    assert left_out(order) == {
        "entry:e1": LeftOutReason.ALREADY_ORDERED,
        "expense:x2": LeftOutReason.ALREADY_ORDERED,
    }


def test_hours_and_costs_with_the_same_id_are_different_things() -> None:
    """A claim on hours with the id 1 does not hold back the cost with the id 1."""
    order = built(work(hours("1"), cost("1")), claimed=frozenset({"entry:1"}))

    assert order.claims == ("expense:1",)


@pytest.mark.parametrize(
    ("start", "billed"),
    [
        pytest.param(datetime(2026, 10, 31, 22, 59, tzinfo=UTC), False, id="one minute before midnight"),
        pytest.param(datetime(2026, 10, 31, 23, 0, tzinfo=UTC), True, id="midnight"),
        pytest.param(datetime(2026, 11, 30, 22, 59, tzinfo=UTC), True, id="last minute"),
        pytest.param(datetime(2026, 11, 30, 23, 0, tzinfo=UTC), False, id="next month"),
    ],
)
def test_the_local_date_of_the_start_decides_the_period(start: datetime, billed: bool) -> None:
    """In Oslo the first of November begins at 23:00 UTC on the 31st of October."""
    order = with_one_more(hours("e2", start=start))

    assert ("entry:e2" in order.claims) is billed


def test_another_time_zone_has_other_dates() -> None:
    """The setting names the zone: at 23:30 UTC it is the next day in Oslo, but not in London."""
    entry = hours("e2", start=datetime(2026, 10, 31, 23, 30, tzinfo=UTC))

    assert "entry:e2" in with_one_more(entry).claims
    assert "entry:e2" not in with_one_more(entry, time_zone="Europe/London").claims


def test_d22_a_cost_on_hours_bills_also_when_they_have_no_billable_minutes() -> None:
    """A ticket on an hour that is given away is still billed."""
    order = built(work(hours(minutes=0), cost(entry="e1")))

    assert order.claims == ("expense:x1",)
    assert left_out(order) == {"entry:e1": LeftOutReason.NOTHING_BILLABLE}


def test_d22_a_cost_is_billed_when_its_hours_were_billed_before() -> None:
    """A cost that was added later comes on the next order."""
    order = built(work(hours(), cost(entry="e1")), claimed=frozenset({"entry:e1"}))

    assert order.claims == ("expense:x1",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param(
            {"start": datetime(2026, 10, 5, 12, tzinfo=UTC)}, LeftOutReason.OUTSIDE_PERIOD, id="period"
        ),
        pytest.param({"customer": "11"}, LeftOutReason.CUSTOMER_NOT_ALLOWED, id="customer"),
        pytest.param({"approval": Approval.NONE}, LeftOutReason.NOT_APPROVED, id="approval"),
        pytest.param({"excluded": Exclusion.MANUAL_INVOICING}, LeftOutReason.EXCLUDED, id="exclusion"),
    ],
)
def test_d22_a_cost_on_hours_follows_them(changes: dict[str, Any], reason: LeftOutReason) -> None:
    """What keeps the hours out keeps their cost out, whatever the cost says itself."""
    order = built(work(hours("sure"), hours("e2", **changes), cost(entry="e2")))

    assert left_out(order) == {"entry:e2": reason, "expense:x1": reason}


def test_d22_a_cost_counts_for_the_day_of_its_hours() -> None:
    """A receipt dated in December on hours in November is billed with November."""
    order = built(work(hours(), cost(entry="e1", date=date(2026, 12, 5), approval=Approval.NONE)))

    assert order.claims == ("entry:e1", "expense:x1")


def test_a_cost_on_hours_that_are_not_there_is_listed() -> None:
    """Without its hours nobody knows its period, customer or approval."""
    order = built(work(hours(), cost(entry="unknown")))

    assert left_out(order) == {"expense:x1": LeftOutReason.HOURS_MISSING}


def test_a_cost_of_nothing_is_listed() -> None:
    """A quantity of 0 is not billed, nor one that is 0 when it is sent."""
    order = built(work(hours(), cost(quantity="0"), cost("x2", quantity="0.00004")))

    assert left_out(order) == {
        "expense:x1": LeftOutReason.NOTHING_BILLABLE,
        "expense:x2": LeftOutReason.NOTHING_BILLABLE,
    }


def test_a_cost_on_the_project_has_its_own_period_and_start_date() -> None:
    """The start date and the period hold for costs as well."""
    order = built(
        work(
            hours(),
            cost("early", date=date(2026, 10, 31)),
            cost("unseen", date=date(2026, 11, 2)),
            settings={"order_start_date": date(2026, 11, 3)},
        )
    )

    assert left_out(order) == {
        "expense:early": LeftOutReason.OUTSIDE_PERIOD,
        "expense:unseen": LeftOutReason.BEFORE_START_DATE,
    }


def test_d23_each_customer_of_a_project_has_an_order_of_its_own() -> None:
    """Hours without customer, or with one that the project lacks, hold no other customer's order."""
    booked = shared(
        hours("ten", customer="10"),
        hours("eleven", customer="11"),
        hours("none"),
        hours("stranger", customer="99"),
        cost("c11", customer="11"),
    )

    first = built(booked, customer="10")
    second = built(booked, customer="11")

    assert first.claims == ("entry:ten",)
    assert second.claims == ("entry:eleven", "expense:c11")
    assert left_out(first) == {
        "entry:eleven": LeftOutReason.OTHER_CUSTOMER,
        "entry:none": LeftOutReason.CUSTOMER_MISSING,
        "entry:stranger": LeftOutReason.CUSTOMER_NOT_ALLOWED,
        "expense:c11": LeftOutReason.OTHER_CUSTOMER,
    }


def test_d23_hours_without_customer_belong_to_the_only_customer() -> None:
    """On a project with one customer an hour need not repeat it."""
    assert customer_of(work(hours())) == "10"
    assert built(work(hours())).customer == "10"


def test_d23_the_customer_may_be_left_out_where_there_is_one() -> None:
    """A shared project with one customer needs no choice."""
    assert customer_of(shared(hours(customer="10"), customers=())) == "10"


def test_d23_the_customer_must_be_chosen_where_there_are_several() -> None:
    """Nothing is guessed."""
    with pytest.raises(OrderNotReady, match="customer_ambiguous"):
        customer_of(shared(hours(customer="10")))


def test_d23_the_customer_must_be_one_of_the_project() -> None:
    """Another customer never gets the project's hours."""
    with pytest.raises(OrderNotReady, match="customer_not_on_project"):
        customer_of(work(hours()), "11")


def test_the_products_to_read_are_those_of_what_is_billed() -> None:
    """Products of work types, of costs and the fallback; not those of hours that stay out."""
    booked = work(
        hours("e1"),
        hours("e2", work_type="7", start=datetime(2026, 11, 11, tzinfo=UTC)),
        hours("e3", work_type="6", approval=Approval.NONE),
        hours("e4", work_type=None),
        cost("x1", product="90"),
        cost("x2", product=None, entry="e1"),
        settings={"fallback_product": "99"},
    )

    assert products_needed(booked, request(), order_id="order") == {"50", "90", "99"}
    assert products_needed(work(hours(work_type=None)), request(), order_id="order") == frozenset()
    assert products_needed(work(hours()), request(), order_id="order") == {"50"}
    assert products_needed(work(cost()), request(), order_id="order") == {"60"}
    assert products_needed(work(cost(product=None, work_type="5")), request(), order_id="order") == {"50"}


def test_the_products_to_read_need_a_customer() -> None:
    """Without one it is not known what is billed."""
    with pytest.raises(OrderNotReady):
        products_needed(shared(hours(customer="10")), request(), order_id="order")


def test_nothing_to_bill_is_a_problem_that_says_how_much_stayed_out() -> None:
    """An empty order is never made."""
    what = work(hours(approval=Approval.NONE))

    assert problems(what) == [("nothing_to_bill", "project 1")]
    assert problems(what, period=Period(date(2026, 1, 1), date(2026, 1, 1))) == [
        ("nothing_to_bill", "project 1")
    ]


def test_nothing_to_bill_counts_what_stayed_out_by_reason() -> None:
    """The most common reason first, in both languages; each entry is on the error."""
    what = work(
        hours("e1", minutes=0),
        hours("e2", approval=Approval.NONE),
        hours("e3", approval=Approval.NONE),
    )
    error = refusal(what)

    (found,) = error.problems
    assert found.message == (
        "There is nothing to bill from 2026-11-01 to 2026-11-30: 3 entries stay out (2 not approved, "
        "1 with nothing billable)."
    )
    assert found.message_nb == (
        "Det er ingenting å fakturere fra 2026-11-01 til 2026-11-30: 3 føringer er holdt utenfor "
        "(2 ikke godkjent, 1 uten noe fakturerbart)."
    )
    assert "2 not approved" in str(error)
    assert error.left_out == (
        LeftOut("e1", LeftOutReason.NOTHING_BILLABLE),
        LeftOut("e2", LeftOutReason.NOT_APPROVED),
        LeftOut("e3", LeftOutReason.NOT_APPROVED),
    )


def test_nothing_to_bill_of_one_entry_is_said_so() -> None:
    """And of none at all."""
    one = refusal(work(hours(approval=Approval.NONE))).problems[0]
    none = refusal(work()).problems[0]

    assert "1 entry stays out (1 not approved)" in one.message
    assert "1 føring er holdt utenfor (1 ikke godkjent)" in one.message_nb
    assert none.message.endswith("no hours or costs are booked.")
    assert none.message_nb.endswith("ingen timer eller kostnader er ført.")


def test_every_reason_to_stay_out_has_its_norwegian_words() -> None:
    """Each its own."""
    words = {told_left_out([LeftOut("e", reason)]).nb for reason in LeftOutReason}

    assert len(words) == len(LeftOutReason)


def test_what_stays_out_is_told_with_any_problem() -> None:
    """Also where something else could be billed."""
    error = refusal(work(hours("e1", work_type=None), hours("e2", approval=Approval.NONE)))

    assert [found.code for found in error.problems] == ["work_type_missing"]
    assert error.left_out == (LeftOut("e2", LeftOutReason.NOT_APPROVED),)


def test_a_project_of_another_work_type_is_untouched() -> None:
    """Work types that no hours have need no product."""
    unused = COACHING.__class__(id="9", name="Unused")

    assert built(work(hours(), work_types=(*work().work_types, unused))).project == PROJECT.id
