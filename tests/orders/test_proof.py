"""Over a period everything approved is on one order, excluded, covered or open; what breaks that is named."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.busy import (
    Approval,
    EntryKind,
    Exclusion,
    FixedPrice,
    GivenLine,
    Order,
    Period,
    Project,
    TimeEntry,
    Work,
)
from visma_busy_sync.orders import (
    Balance,
    BillingProof,
    Books,
    BreakCode,
    EntryChange,
    LedgerEntry,
    OnOrder,
    OpenReason,
    ProjectProof,
    State,
    Sum,
    billing_proof,
    changed_since,
    proof_to_json,
)
from visma_busy_sync.orders._ledger.billed import fixed_parts_of
from visma_busy_sync.orders._reports.balance import Tally
from visma_busy_sync.orders._reports.breaks import BREAK_TEXTS, CHANGED
from visma_busy_sync.orders._reports.changes import _Content
from visma_busy_sync.orders._reports.proof import projects_to_search
from visma_busy_sync.orders._reports.proof_texts import EXCLUSIONS, REASONS
from visma_busy_sync.orders._reports.words import STATES

from .given import (
    FLAT,
    NOON,
    NOVEMBER,
    PROJECT,
    built,
    cost,
    entry_in,
    hours,
    money,
    shared,
    work,
)


def books(*entries: LedgerEntry, **changes: Any) -> Books:
    """Return a ledger in which every order holds what it bills."""
    claims = {claim: entry.order_id for entry in entries for claim in entry.claims}
    held: dict[str, Any] = {"claims": claims, "fixed_prices": fixed_parts_of(entries)}
    return Books(entries=entries, **(held | changes))


def proof(*works: Work, ledger: Books | None = None, **changes: Any) -> BillingProof:
    """Return the proof of November."""
    known = {what.project.id: what for what in works}
    return billing_proof(known, ledger or books(), NOVEMBER, **({"company_id": "company"} | changes))


def approved(*works: Work, ledger: Books | None = None) -> Balance:
    """Return what became of what is approved on the one project."""
    found = proof(*works, ledger=ledger)
    assert found.holds, found.text("en")
    (project,) = found.projects
    assert project.approved.adds_up
    return project.approved


def codes(found: BillingProof) -> list[tuple[BreakCode, tuple[str, ...], str | None]]:
    return [(one.code, one.orders, one.claim) for one in found.breaks]


def ordered(what: Work, id: str = "o1", state: State = State.TRANSFERRED, **changes: Any) -> LedgerEntry:
    return entry_in(state, built(what, order_id=id, **changes))


def minutes(sums: Mapping[Any, Sum]) -> dict[Any, int]:
    return {key: one.minutes for key, one in sums.items()}


# What became of each entry


def test_what_is_on_an_order_is_told_with_its_state() -> None:
    """In minutes and in the amount of costs, exactly."""
    what = work(hours("1", 50), hours("2", 25), cost("1", "99.95", "1.5"))
    balance = approved(what, ledger=books(ordered(what, state=State.OUTCOME_UNKNOWN)))

    on = OnOrder("o1", State.OUTCOME_UNKNOWN)
    assert balance.orders == {on: Sum(hours=2, minutes=75, costs=1, amount=money("149.925"))}
    assert balance.total == balance.on_orders
    assert balance.open == {}


def test_what_is_excluded_is_told_by_its_reason_and_a_cost_on_it_too() -> None:
    """Busy's eight reasons."""
    what = work(
        hours("1", excluded=Exclusion.OTHER),
        hours("2", 30, excluded=Exclusion.INTERNAL_TIME),
        cost("1", entry="2"),
    )
    balance = approved(what)

    assert list(balance.excluded) == [Exclusion.INTERNAL_TIME, Exclusion.OTHER]
    assert balance.excluded[Exclusion.INTERNAL_TIME] == Sum(hours=1, minutes=30, costs=1, amount=Decimal(250))
    assert balance.excluded_in_all.minutes == 90


FIXED = attrs.evolve(FLAT, fixed_prices=(FixedPrice(work_type="5", amount=Decimal(5000)),))


def test_hours_after_their_fixed_price_was_billed_are_covered_by_it() -> None:
    """Before, they are open: the next order bills the rest of the fixed price with them."""
    what = work(hours("1"), prices=FIXED)
    more = work(hours("1"), hours("2", 45), prices=FIXED)

    assert minutes(approved(what).open) == {OpenReason.UNBILLED: 60}
    balance = approved(more, ledger=books(ordered(what)))
    assert (balance.covered.minutes, balance.on_orders.minutes, balance.open) == (45, 60, {})


def test_a_fixed_price_of_0_covers_only_where_that_is_meant() -> None:
    """Else it is a price to be set."""
    nothing = attrs.evolve(FLAT, fixed_prices=(FixedPrice(work_type="5", amount=Decimal(0)),))

    assert approved(work(hours(), prices=nothing)).covered.minutes == 0
    free = {"allow_free_lines": True}
    assert approved(work(hours(), prices=nothing, settings=free)).covered.minutes == 60


def test_what_is_open_is_told_with_the_first_reason() -> None:
    """As the builder would say it."""
    what = work(
        hours("1", 1),
        hours("2", 2, customer="99"),
        hours("4", 4, start=NOON - timedelta(days=5)),
        hours("8", 8, start=NOON - timedelta(days=5), customer="99"),
        cost("1", "16", entry="unknown"),
        settings={"order_start_date": date(2026, 11, 6)},
    )
    balance = approved(what)

    assert minutes(balance.open) == {
        OpenReason.HOURS_MISSING: 0,
        OpenReason.BEFORE_START_DATE: 12,
        OpenReason.CUSTOMER_NOT_ALLOWED: 2,
        OpenReason.UNBILLED: 1,
    }
    assert balance.open[OpenReason.HOURS_MISSING].amount == 16


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        pytest.param(work(hours(), project=Project(id="1", name="x")), "customer_missing", id="no customer"),
        pytest.param(shared(hours()), "customer_missing", id="none on a shared project"),
        pytest.param(
            work(hours(), project=attrs.evolve(PROJECT, is_billable=False)),
            "project_not_billable",
            id="not billable",
        ),
    ],
)
def test_what_a_project_keeps_from_orders_is_open(what: Work, reason: str) -> None:
    assert list(approved(what).open) == [reason]


def test_what_is_on_an_order_of_busy_that_was_not_sent_from_here_is_on_that() -> None:
    """Which one it is, the ledger cannot know."""
    balance = approved(work(hours("1", order="b1")))

    assert minutes(balance.orders) == {OnOrder("b1", None): 60}
    assert (balance.open, balance.freed) == ({}, {})


@pytest.mark.parametrize("state", [State.OPEN, State.WITHDRAWN, State.RELEASED])
def test_what_busy_has_on_an_order_that_holds_nothing_any_more_is_open(state: State) -> None:
    """Nobody is billed for it, and the proof says by which order it was freed."""
    what = work(hours("1", order="o1"), cost("1", "99.95", "2", order="o1"), hours("2", 30, order="o2"))
    kept = ordered(work(hours("2", 30)), "o2")
    balance = approved(what, ledger=books(ordered(what, state=state), kept))
    freed = Sum(hours=1, minutes=60, costs=1, amount=money("199.9"))

    assert minutes(balance.orders) == {OnOrder("o2", State.TRANSFERRED): 30}
    assert balance.open == {OpenReason.FREED: freed}
    assert balance.freed == {OnOrder("o1", state): freed}


def test_what_a_purged_order_holds_no_more_is_open_too() -> None:
    """A purge keeps where the order stood."""
    purged = {"o1": State.WITHDRAWN, "o2": State.TRANSFERRED}
    what = work(hours("1", order="o1"), hours("2", 30, order="o2"))
    balance = approved(what, ledger=Books(purged=purged))

    assert minutes(balance.freed) == {OnOrder("o1", State.WITHDRAWN): 60}
    assert minutes(balance.orders) == {OnOrder("o2", State.TRANSFERRED): 30}


def test_what_an_order_freed_may_be_out_of_the_next_one_for_another_reason() -> None:
    """Excluded, covered, or not approved: as if Busy had it on no order."""
    order = attrs.evolve(built(work(hours("9"))), id="o1")
    what = work(
        hours("1", 1, order="o1", excluded=Exclusion.OTHER),
        hours("2", 2, order="o1", customer="99"),
        hours("4", 4, order="o1", work_type="6"),
        hours("8", 8, order="o1"),
        prices=FIXED,
    )
    fixed = ordered(work(hours("16"), prices=FIXED), "o2")
    balance = approved(
        attrs.evolve(what, entries=(*what.entries, hours("16"))),
        ledger=books(entry_in(State.WITHDRAWN, order), fixed),
    )

    assert minutes(balance.excluded) == {Exclusion.OTHER: 1}
    assert balance.covered.minutes == 10
    assert minutes(balance.open) == {OpenReason.FREED: 4}


def test_what_another_order_bills_by_now_is_on_that() -> None:
    """Busy has it on the one that was withdrawn still."""
    what = work(hours("1", order="o1"))
    balance = approved(
        what, ledger=books(ordered(what, state=State.WITHDRAWN), ordered(work(hours("1")), "o2"))
    )

    assert minutes(balance.orders) == {OnOrder("o2", State.TRANSFERRED): 60}


def test_what_is_not_approved_is_told_apart() -> None:
    """Also where it is on an order, or may come on one."""
    what = work(hours("1"), hours("2", 30, approval=Approval.SUBMITTED), cost("1", approval=Approval.NONE))
    found = proof(what)
    (project,) = found.projects

    assert project.approved.total.minutes == 60
    assert project.unapproved.open == {
        OpenReason.NOT_APPROVED: Sum(hours=1, minutes=30, costs=1, amount=Decimal(250))
    }
    settings = attrs.evolve(what.settings, include_unapproved_hours=True, include_unapproved_costs=True)
    lenient = attrs.evolve(what, settings=settings)
    (project,) = proof(lenient).projects
    assert list(project.unapproved.open) == [OpenReason.UNBILLED]
    (project,) = proof(lenient, ledger=books(ordered(lenient))).projects
    assert project.unapproved.on_orders.minutes == 30
    assert project.unapproved.adds_up


def test_only_what_lies_in_the_period_is_counted_by_its_local_date() -> None:
    """A cost lies where its hours do; what has nothing to bill is nothing."""
    what = work(
        hours("1", start=NOON.replace(month=10, day=31, hour=23)),  # in Oslo the first of November
        hours("2", 30, start=NOON.replace(month=10, day=31)),
        hours("3", 0),
        cost("1", entry="2"),
        cost("2", quantity="0"),
    )

    assert approved(what).total == Sum(hours=1, minutes=60)


def test_a_project_without_anything_in_the_period_is_left_out() -> None:
    assert proof(work()).projects == ()
    assert proof(work()).holds


def test_an_order_that_a_purge_left_no_more_of_still_has_its_hours() -> None:
    """The claims tell which."""
    ledger = Books(purged={"o1": State.TRANSFERRED}, claims={"entry:1": "o1"})

    assert minutes(approved(work(hours("1")), ledger=ledger).orders) == {OnOrder("o1", State.TRANSFERRED): 60}


def test_sums_of_several_projects_are_apart_by_currency() -> None:
    """Minutes too, so that each line adds up by itself."""
    euro = attrs.evolve(FLAT, currency="EUR")
    second, third = Project(id="2", name="B", customer="10"), Project(id="3", name="C", customer="10")
    found = proof(
        work(hours("1"), hours("2", approval=Approval.NONE), hours("5", 10, order="o1")),
        work(hours("3", 30), cost("1"), hours("6", 10, order="o1"), project=second),
        work(hours("4", 15), cost("2"), prices=euro, project=third),
        ledger=Books(purged={"o1": State.RELEASED}),
    )
    sums = found.approved()

    assert {currency: one.total.minutes for currency, one in sums.items()} == {"EUR": 15, None: 110}
    assert all(one.adds_up for one in sums.values())
    assert minutes(sums[None].open) == {OpenReason.FREED: 20, OpenReason.UNBILLED: 90}
    assert minutes(sums[None].freed) == {OnOrder("o1", State.RELEASED): 20}
    assert found.unapproved()[None].total.minutes == 60


# What breaks it

WHAT = work(hours("1"), hours("2", 30), cost("1"))


def test_an_entry_on_two_orders_is_named_with_both() -> None:
    """It is counted once."""
    first, second = ordered(WHAT), ordered(work(hours("1")), "o2")
    found = proof(WHAT, ledger=books(first, second))

    assert codes(found) == [(BreakCode.ON_TWO_ORDERS, ("o1", "o2"), "entry:1")]
    assert found.projects[0].approved.adds_up
    assert minutes(found.projects[0].approved.orders) == {
        OnOrder("o1", State.TRANSFERRED): 30,
        OnOrder("o2", State.TRANSFERRED): 60,
    }
    assert "Time entry 1 is on several orders: o1, o2." in str(found)


def test_an_entry_that_busy_has_on_another_order_that_was_sent_is_on_two() -> None:
    """The ledger knows both."""
    busys = work(hours("1", order="o2"), hours("2", 30, order="o1"), hours("3", order="o2"), cost("1"))
    ledger = books(ordered(WHAT), ordered(work(hours("3")), "o2"))

    assert codes(proof(busys, ledger=ledger)) == [(BreakCode.ON_TWO_ORDERS, ("o1", "o2"), "entry:1")]


@pytest.mark.parametrize("others", [(), (ordered(work(hours("3")), "b1", State.WITHDRAWN),)])
def test_an_id_that_busy_has_is_no_second_order_by_itself(others: tuple[LedgerEntry, ...]) -> None:
    """Its draft and the finalised order may have two ids; and what an order freed it does not bill."""
    busys = work(hours("1", order="b1"), hours("2", 30, order="b1"), cost("1", order="b1"))
    found = proof(busys, ledger=books(ordered(WHAT), *others))

    assert found.holds
    assert minutes(found.projects[0].approved.orders) == {OnOrder("o1", State.TRANSFERRED): 90}


def test_an_order_that_does_not_hold_what_it_bills_is_named() -> None:
    """Another order could bill it again."""
    claims = {"entry:2": "o1", "expense:1": "o1"}

    assert codes(proof(WHAT, ledger=books(ordered(WHAT), claims=claims))) == [
        (BreakCode.CLAIM_MISSING, ("o1",), "entry:1")
    ]


@pytest.mark.parametrize(
    "ledger",
    [
        pytest.param(books(claims={"entry:1": "o9"}), id="unknown order"),
        pytest.param(books(ordered(WHAT, state=State.WITHDRAWN), claims={"entry:1": "o1"}), id="withdrawn"),
        pytest.param(books(ordered(WHAT, state=State.OPEN), claims={"entry:1": "o1"}), id="reopened"),
        pytest.param(
            books(ordered(work(hours("2", 30), cost("1"))), claims={"entry:1": "o1"}), id="not on that order"
        ),
        pytest.param(books(purged={"o1": State.OPEN}, claims={"entry:1": "o1"}), id="open when purged"),
    ],
)
def test_a_claim_without_an_order_that_bills_is_named(ledger: Books) -> None:
    """The entry can come on no order, and is told as open."""
    found = proof(WHAT, ledger=ledger)
    claims = [one for one in codes(found) if one[0] is BreakCode.CLAIM_WITHOUT_ORDER]

    assert claims == [(BreakCode.CLAIM_WITHOUT_ORDER, (ledger.claims["entry:1"],), "entry:1")]
    balance = found.projects[0].approved
    assert balance.open[OpenReason.CLAIM_WITHOUT_ORDER].minutes == 60
    assert balance.adds_up


def test_a_claim_of_another_order_is_both_missing_and_without_order() -> None:
    """As the store has it."""
    claims = {"entry:1": "o9", "entry:2": "o1", "expense:1": "o1"}

    assert codes(proof(WHAT, ledger=books(ordered(WHAT), claims=claims))) == [
        (BreakCode.CLAIM_MISSING, ("o1",), "entry:1"),
        (BreakCode.CLAIM_WITHOUT_ORDER, ("o9",), "entry:1"),
    ]


def test_documents_that_cannot_be_read_are_named() -> None:
    """What an order holds that cannot be read is on that order; it is not called lost as well."""
    ledger = books(
        ordered(work(hours("2", 30))),
        claims={"entry:1": "o3"},
        unreadable_orders=frozenset({"o3"}),
        unreadable_claims=frozenset({"entry:2", "expense:1", "odd"}),
    )
    found = proof(WHAT, ledger=ledger)

    assert codes(found) == [
        (BreakCode.ORDER_UNREADABLE, ("o3",), None),
        (BreakCode.CLAIM_UNREADABLE, (), "entry:2"),
        (BreakCode.CLAIM_UNREADABLE, (), "expense:1"),
        (BreakCode.CLAIM_UNREADABLE, (), "odd"),
    ]
    assert ledger.claimed == {"entry:1", "entry:2", "expense:1", "odd"}  # no other order can have them
    balance = found.projects[0].approved
    assert minutes(balance.orders) == {OnOrder("o1", State.TRANSFERRED): 30, OnOrder("o3", None): 60}
    assert balance.open[OpenReason.CLAIM_WITHOUT_ORDER].costs == 1
    assert balance.adds_up


def test_a_project_that_could_not_be_read_breaks_the_proof() -> None:
    """Nothing is said of its orders then."""
    unread = {"1": ConfigurationError("It is down."), "2": RuntimeError("a secret")}
    found = proof(ledger=books(ordered(WHAT)), unread=unread)

    assert [(one.code, one.project) for one in found.breaks] == [
        (BreakCode.WORK_UNREADABLE, "1"),
        (BreakCode.WORK_UNREADABLE, "2"),
    ]
    assert "could not be read: It is down." in str(found)
    assert "secret" not in str(found)


def test_an_order_of_another_company_is_named() -> None:
    """Where it bills something of the period, and holds it."""
    entry = ordered(WHAT)

    assert codes(proof(WHAT, ledger=books(entry), company_id="other")) == [
        (BreakCode.OTHER_COMPANY, ("o1",), None)
    ]
    assert proof(WHAT, ledger=books(entry), company_id=None).holds
    earlier = entry_in(State.TRANSFERRED, in_october(built(WHAT, order_id="o1")))
    assert proof(ledger=books(earlier), company_id="other").holds
    reopened = ordered(WHAT, state=State.OPEN)
    assert proof(WHAT, ledger=books(reopened), company_id="other").holds


def in_october(order: Order) -> Order:
    """Return an order with all that it bills in October."""
    day = date(2026, 10, 10)
    lines = tuple(
        attrs.evolve(line, parts=tuple(attrs.evolve(part, day=day) for part in line.parts))
        for line in order.lines
    )
    return attrs.evolve(order, lines=lines)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(work(hours("2", 30), cost("1")), [("entry_gone", "entry:1")], id="hours gone"),
        pytest.param(work(hours("1"), hours("2", 30)), [("entry_gone", "expense:1")], id="cost gone"),
        pytest.param(
            work(hours("1"), hours("2", 45), cost("1")), [("minutes_differ", "entry:2")], id="minutes"
        ),
        pytest.param(
            work(hours("1"), hours("2", 30), cost("1", "300")), [("entry_changed", "expense:1")], id="price"
        ),
        pytest.param(
            work(hours("1", 90, customer="99"), hours("2", 30), cost("1")),
            [("minutes_differ", "entry:1"), ("entry_changed", "entry:1")],
            id="minutes and customer",
        ),
        pytest.param(
            work(hours("1", start=NOON - timedelta(days=40)), hours("2", 30), cost("1")),
            [("entry_changed", "entry:1")],
            id="another month",
        ),
        pytest.param(
            work(hours("1", 0), hours("2", 30), cost("1")), [("minutes_differ", "entry:1")], id="0 minutes"
        ),
    ],
)
def test_what_was_changed_in_busy_since_is_named(now: Work, expected: list[tuple[str, str]]) -> None:
    """The sums are those that Busy has now."""
    found = proof(now, ledger=books(ordered(WHAT)))

    assert [(one.code, one.claim) for one in found.breaks] == expected
    assert {one.orders for one in found.breaks} == {("o1",)}
    assert all(one.approved.adds_up for one in found.projects)


def test_the_break_tells_what_changed() -> None:
    """In both languages, with the minutes of both sides."""
    now = work(hours("1", 90, customer="99"), hours("2", 30), cost("1"))
    first, second = proof(now, ledger=books(ordered(WHAT))).breaks

    assert str(first).startswith("Time entry 1 is on order o1 with 60 minutes, but has 90 in Busy.")
    assert first.text("nb").startswith("Timeføring 1 er på ordre o1 med 60 minutter, men har 90 i Busy.")
    assert second.what.en == "Time entry 1 was changed in Busy after order o1 was finalised: customer."
    assert second.what.nb.endswith(": kunde.")


def test_an_entry_that_moved_to_another_project_is_changed_and_not_gone() -> None:
    """It stays on the order that it is on."""
    elsewhere = work(hours("1"), project=Project(id="2", name="B", customer="10"))
    left = work(hours("2", 30), cost("1"))
    found = proof(left, elsewhere, ledger=books(ordered(WHAT)))

    assert codes(found) == [(BreakCode.ENTRY_CHANGED, ("o1",), "entry:1")]
    assert "project" in found.breaks[0].what.en
    assert found.projects[1].approved.on_orders.minutes == 60


def test_what_is_billed_of_a_project_that_is_gone_is_gone() -> None:
    """With everything that was booked there."""
    assert codes(proof(ledger=books(ordered(work(hours("1")))))) == [
        (BreakCode.ENTRY_GONE, ("o1",), "entry:1")
    ]


def test_what_an_order_bills_of_other_months_is_not_looked_at() -> None:
    """But what was moved into the period is: it is not what was billed."""
    early = in_october(built(WHAT, order_id="o1"))
    ledger = books(entry_in(State.TRANSFERRED, early))

    assert proof(work(), ledger=ledger).holds
    assert codes(proof(work(hours("1")), ledger=ledger)) == [(BreakCode.ENTRY_CHANGED, ("o1",), "entry:1")]


def test_orders_that_hold_nothing_are_not_compared() -> None:
    """After a refusal its hours are edited."""
    assert proof(work(hours("1", 5)), ledger=books(ordered(WHAT, state=State.OPEN))).holds


def test_a_fixed_price_that_is_billed_above_its_amount_is_named() -> None:
    """By its orders, and what was billed elsewhere."""
    agreed = work(hours("1"), prices=FIXED)
    entry = ordered(agreed)
    less = attrs.evolve(
        FLAT,
        fixed_prices=(
            FixedPrice(work_type="5", amount=Decimal(5000), billed_elsewhere=money("0.5")),
            FixedPrice(work_type="6", amount=Decimal(1), billed_elsewhere=Decimal(2)),
        ),
    )
    found = proof(attrs.evolve(agreed, prices=less), ledger=books(entry, ordered(work(cost("9")), "o2")))

    assert proof(agreed, ledger=books(entry)).holds
    assert [one for one in codes(found) if one[2] is None] == [
        (BreakCode.FIXED_PRICE_EXCEEDED, ("o1",), None)
    ]
    assert "5000.5 is billed, but 5000 agreed" in str(found.breaks[-1])


def test_a_part_of_a_fixed_price_that_is_not_noted_as_it_is_billed_is_named() -> None:
    """By the order; what another order is noted with and does not bill, too."""
    agreed = work(hours("1"), prices=FIXED)
    entry = ordered(agreed)
    part = {("1", "5"): {"o1": Decimal(4000), "o2": Decimal(1)}, ("1", "6"): {"o1": Decimal(0)}}
    found = proof(agreed, ledger=books(entry, fixed_prices=part))
    lost = proof(agreed, ledger=books(entry, fixed_prices={}))
    unreadable = {("1", "5"): "it is damaged"}

    assert [(one.code, one.orders) for one in found.breaks] == [
        (BreakCode.FIXED_PRICE_DIFFERS, ("o1",)),
        (BreakCode.FIXED_PRICE_DIFFERS, ("o2",)),
    ]
    assert "bills 5000 of the fixed price" in str(found.breaks[0])
    assert "but 4000 is noted" in str(found.breaks[0])
    assert "ordre o2 fakturerer 0 " in found.breaks[1].text("nb").lower()
    assert [one.code for one in lost.breaks] == [BreakCode.FIXED_PRICE_DIFFERS]
    assert [
        one.code
        for one in proof(
            agreed, ledger=books(entry, fixed_prices={}, unreadable_fixed_prices=unreadable)
        ).breaks
    ] == [BreakCode.FIXED_PRICE_UNREADABLE]


def test_of_an_order_that_is_purged_or_unreadable_nobody_knows_what_it_bills() -> None:
    """It is not told as differing; what it is noted with stays billed."""
    agreed = work(hours("1", 60), prices=FIXED)
    part = {("1", "5"): {"o1": Decimal(5000)}}
    purged = Books(fixed_prices=part, purged={"o1": State.TRANSFERRED})
    unreadable = Books(fixed_prices=part, unreadable_orders=frozenset({"o1"}))
    over = Books(fixed_prices=part, purged={"o1": State.RELEASED})

    assert proof(agreed, ledger=purged).holds
    assert proof(agreed, ledger=purged).projects[0].approved.covered.minutes == 60
    assert [one.code for one in proof(agreed, ledger=unreadable).breaks] == [BreakCode.ORDER_UNREADABLE]
    assert [one.code for one in proof(agreed, ledger=over).breaks] == [BreakCode.FIXED_PRICE_DIFFERS]


def test_a_fault_in_the_sums_is_told_and_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """The total is summed apart from what became of it."""
    monkeypatch.setattr(Tally, "take", lambda *_: None)
    found = proof(WHAT)

    assert codes(found) == [(BreakCode.SUMS_DIFFER, (), None)]
    assert "project 1 do not add up" in str(found)


def test_the_projects_to_search_are_those_whose_orders_bill_what_is_not_there() -> None:
    """Of the period: only then the work of all days must be read."""
    moved = {"1": work(hours("2", 30), cost("1"))}
    october = books(entry_in(State.TRANSFERRED, in_october(built(WHAT))))

    assert projects_to_search(moved, books(ordered(WHAT)), NOVEMBER) == {"1"}
    assert projects_to_search({"1": WHAT}, books(ordered(WHAT)), NOVEMBER) == set()
    assert projects_to_search({}, books(ordered(WHAT)), NOVEMBER) == set()
    assert projects_to_search(moved, books(ordered(WHAT, state=State.OPEN)), NOVEMBER) == set()
    assert projects_to_search(moved, october, NOVEMBER) == set()


# How it is told


def mixed() -> BillingProof:
    """Return a proof with everything in it."""
    what = work(
        hours("1", 125),
        hours("2", 30, excluded=Exclusion.MANUAL_INVOICING),
        hours("3", 6000, customer="99"),
        hours("4", 15, approval=Approval.NONE),
        hours("5", 10, order="b7"),
        hours("6", 20, order="o0", work_type="6"),
        cost("1", "1234.5", "2"),
        cost("2", "10"),
        prices=FIXED,
    )
    order = built(work(hours("1", 125), cost("1", "1234.5", "2"), prices=FIXED), order_id="o1")
    over = attrs.evolve(order, id="o0")
    return proof(what, ledger=books(entry_in(State.TRANSFERRED, order), entry_in(State.WITHDRAWN, over)))


ENGLISH = """\
All approved from 2026-11-01 to 2026-11-30 is on one order, excluded, covered by a fixed price, or open.

Approved:

Project  What    In all  On orders  Excluded  Fixed price   Open
-------  -----  -------  ---------  --------  -----------  -----
100      hours   103:05       2:15      0:30       100:00   0:20
100      costs  2479.00    2469.00      0.00         0.00  10.00
All      hours   103:05       2:15      0:30       100:00   0:20
All      costs  2479.00    2469.00      0.00         0.00  10.00

On orders:
- b7 (not sent from here): 0:10 hours, costs 0.00
- o1 (transferred): 2:05 hours, costs 2469.00

Excluded from billing:
- manual invoicing: 0:30 hours, costs 0.00

Open:
- freed by the order that Busy has it on, o0 (withdrawn): 0:20 hours, costs 0.00
- on no order yet: 0:00 hours, costs 10.00

Not approved:

Project  What   In all  On orders  Excluded  Fixed price  Open
-------  -----  ------  ---------  --------  -----------  ----
100      hours    0:15       0:00      0:00         0:15  0:00
All      hours    0:15       0:00      0:00         0:15  0:00
"""


def test_the_proof_can_be_read() -> None:
    """Each row adds up, to the minute."""
    assert str(mixed()) == ENGLISH


def test_the_guide_shows_a_proof_as_it_is() -> None:
    """As `docs/orders.md` has it, down to the project's last row."""
    page = (Path(__file__).parents[2] / "docs" / "orders.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(All approved from .*?)```", page, re.DOTALL)
    billed = (hours("1", 125), cost("1", "1234.5", "2"))
    what = work(
        *billed,
        hours("2", 30, excluded=Exclusion.MANUAL_INVOICING),
        hours("3", 6000, customer="99"),
        hours("4", 10, order="b7"),
        cost("2", "10"),
        prices=FIXED,
    )
    told = str(proof(what, ledger=books(entry_in(State.TRANSFERRED, built(work(*billed, prices=FIXED))))))

    assert told.startswith(shown)


def test_the_proof_can_be_read_in_norwegian() -> None:
    text = mixed().text("nb")

    assert text.startswith("Alt godkjent fra 01.11.2026 til 30.11.2026 er på én ordre,")
    assert "- o1 (overført): 2:05 timer, kostnader 2\u00a0469,00\n" in text
    assert "2 479,00" in text


def test_a_proof_that_does_not_hold_says_so_first() -> None:
    """With every break and its cure."""
    found = proof(work(hours("1", 5)), ledger=books(ordered(work(hours("1")))))

    assert str(found).startswith(
        "The proof for 2026-11-01 to 2026-11-30 does not hold: 1 to mend.\n\nTo mend:\n"
        "- Time entry 1 is on order o1 with 60 minutes, but has 5 in Busy. Set the minutes back in Busy, or "
        "mend the order in eAccounting.\n"
    )
    assert found.text("nb").startswith("Beviset for 01.11.2026 til 30.11.2026 holder ikke: 1 å rette.")


def test_a_text_of_a_host_cannot_break_the_lines() -> None:
    """Ids are shown in one line."""
    entry = ordered(work(hours("1")), "o\n1")

    assert len(str(proof(ledger=books(entry))).splitlines()) == 4


def test_the_json_of_a_proof_has_its_amounts_as_texts() -> None:
    told = json.loads(proof_to_json(mixed()))

    assert (told["document"], told["schema"], told["holds"]) == ("billing_proof", 2, True)
    (project,) = told["projects"]
    assert project["approved"]["total"] == {"hours": 5, "minutes": 6185, "costs": 2, "amount": "2479"}
    assert project["approved"]["orders"][0] == {
        "order": "b7",
        "state": None,
        "sum": {"hours": 1, "minutes": 10, "costs": 0, "amount": "0"},
    }
    assert project["approved"]["exclusions"][0]["exclusion"] == "manual_invoicing"
    assert [one["reason"] for one in project["approved"]["reasons"]] == ["freed", "unbilled"]
    assert project["approved"]["freed"] == [
        {"order": "o0", "state": "withdrawn", "sum": project["approved"]["reasons"][0]["sum"]}
    ]
    assert project["unapproved"]["covered"]["minutes"] == 15
    assert told["totals"][0]["approved"] == project["approved"]
    assert told["breaks"] == []
    broken = json.loads(proof_to_json(proof(ledger=books(ordered(work(hours("1")))))))
    (found,) = broken["breaks"]
    assert (found["code"], found["project"], found["orders"], found["claim"]) == (
        "entry_gone",
        "1",
        ["o1"],
        "entry:1",
    )
    assert found["message"]["nb"].startswith("Timeføring 1")


def test_everything_that_is_told_has_its_words() -> None:
    """In both languages, with the same facts."""
    assert set(BREAK_TEXTS) == set(BreakCode)
    assert set(REASONS) == set(OpenReason)
    assert set(EXCLUSIONS) == set(Exclusion)
    fields = {field.name for field in attrs.fields(_Content)}
    assert {*CHANGED, "minutes"} == {*fields, "project"}
    for what, cure in BREAK_TEXTS.values():
        places = [
            {(name or "").lower() for _, name, _, _ in string.Formatter().parse(text)}
            for text in (what.nb, what.en)
        ]
        assert places[0] == places[1]
        assert what.nb != what.en
        assert cure.nb != cure.en


# What of a changed entry counts


def test_what_an_hour_of_the_line_comes_to_is_no_change_when_busy_stamps_it() -> None:
    """Busy prices hours from the total of their line when that is finalised."""
    prices = attrs.evolve(FLAT, fixed_prices=(FixedPrice(work_type="5", amount=Decimal(900)),))
    order = built(work(hours("1", 90), prices=prices))

    assert changed_since(order, work(hours("1", 90, rate=Decimal(600)), prices=prices)) == ()
    assert changed_since(order, work(hours("1", 90, rate=Decimal(601)), prices=prices)) == (
        EntryChange(EntryKind.ENTRY, "1", ("price",)),
    )


@pytest.mark.parametrize(
    ("booked", "line", "stamped"),
    [
        pytest.param(
            [hours("1"), hours("2", rate=money("1001"))], {"text": "Workshop"}, "1000.5", id="two prices"
        ),
        pytest.param([hours("1", 25), hours("2", 25)], {"text": "Workshop"}, "999.96", id="a text"),
        pytest.param([hours("1"), hours("2")], {"unit_price": money("900")}, "900", id="a price"),
        pytest.param([hours("1"), hours("2")], {"quantity": money("1")}, "500", id="a quantity"),
        pytest.param([hours("1", 25), hours("2", 25)], None, "999.96", id="by the rules"),
    ],
)
def test_the_proof_holds_when_busy_prices_hours_from_their_line(
    booked: list[TimeEntry], line: dict[str, Any] | None, stamped: str
) -> None:
    """Whatever a person gave of the line; any other price on them is a change."""
    what = work(*booked)
    given = () if line is None else (GivenLine(claims=("entry:1", "entry:2"), **line),)
    ledger = books(ordered(what, lines=given))

    def stamp(rate: str) -> Work:
        return attrs.evolve(what, entries=tuple(attrs.evolve(one, rate=money(rate)) for one in booked))

    assert proof(stamp(stamped), ledger=ledger).holds
    assert codes(proof(stamp("777"), ledger=ledger)) == [
        (BreakCode.ENTRY_CHANGED, ("o1",), "entry:1"),
        (BreakCode.ENTRY_CHANGED, ("o1",), "entry:2"),
    ]


def test_the_period_may_be_a_day() -> None:
    one_day = Period(date(2026, 11, 10), date(2026, 11, 10))
    (project,) = billing_proof({"1": WHAT}, books(), one_day).projects

    assert isinstance(project, ProjectProof)
    assert (project.number, project.currency, project.approved.total.minutes) == ("100", None, 90)


@pytest.mark.parametrize("state", State)
def test_where_an_order_stands_is_told_in_norwegian(state: State) -> None:
    """And in English by the words of the code."""
    assert set(STATES) == set(State)
    what = work(hours("1", order="o1"))  # in states that hold nothing it is told as freed
    found = proof(what, ledger=books(ordered(what, state=state)))
    said = STATES[state]
    assert f"o1 ({said.nb})" in found.text("nb")
    assert f"o1 ({said.en})" in found.text("en")
    assert said.en == state.value.replace("_", " ")
    assert said.en not in found.text("nb")
