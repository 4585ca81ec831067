"""What can be billed over all projects, and what is in its way: from works to rows, texts and JSON."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.busy import (
    Approval,
    Customer,
    Exclusion,
    Expense,
    FixedPrice,
    GivenLine,
    LeftOutReason,
    PriceMode,
    Prices,
    Project,
    TimeEntry,
    Work,
    WorkType,
)
from visma_busy_sync.eaccounting import models
from visma_busy_sync.orders import (
    Books,
    Counterpart,
    Entity,
    LedgerEntry,
    MendedBy,
    Preflight,
    PreflightRow,
    ProblemCode,
    State,
    preflight_to_json,
)
from visma_busy_sync.orders._building.builder import assess
from visma_busy_sync.orders._ledger.billed import fixed_parts_of, last_orders
from visma_busy_sync.orders._reports.freed import also_billed, looks_of
from visma_busy_sync.orders._reports.preflight import preflight_of, requests_of, rows_of
from visma_busy_sync.orders._reports.report_texts import called

from .given import (
    ADVICE,
    COACHING,
    FLAT,
    NOVEMBER,
    built,
    cost,
    counterpart,
    entry_in,
    hours,
    later,
    money,
    remote_project,
    shared,
    work,
)

TODAY = date(2026, 11, 30)


def looked_at(
    *works: Work,
    other: Counterpart | None = None,
    entries: tuple[LedgerEntry, ...] = (),
    claimed: frozenset[str] = frozenset(),
    failed: tuple[PreflightRow, ...] = (),
) -> Preflight:
    """Return the preflight of November, as the use case puts it together."""
    rows = list(failed)
    for what in works:
        books = Books(entries=entries, fixed_prices=fixed_parts_of(entries))
        billed = books.fixed_billed(what.project.id)
        for look in looks_of(what, claimed, books.freed):
            requests = requests_of(look.work, NOVEMBER, order_date=TODAY, claimed=look.claimed)
            found = [
                (
                    request,
                    assess(
                        look.work,
                        other or counterpart(),
                        request,
                        order_id=look.order or "x",
                        claimed=look.claimed,
                        fixed_billed=billed,
                    ),
                )
                for request in requests
            ]
            rows += rows_of(
                look.work,
                found,
                period=NOVEMBER,
                claimed=look.claimed,
                last_orders=last_orders(entries),
                order=look.order,
            )
            billed = also_billed(billed, (assessment for _, assessment in found))
    return preflight_of(NOVEMBER, rows)


def only(preflight: Preflight) -> PreflightRow:
    (row,) = preflight.rows
    return row


def test_a_row_tells_what_the_order_would_be() -> None:
    """The amount is that of the order, to the last rounding."""
    what = work(hours("1", 50), hours("2", 50, task="80"), cost())
    row = only(looked_at(what))

    assert row == PreflightRow(
        project="1",
        number="100",
        customer="10",
        hours=2,
        minutes=100,
        costs=1,
        amount=built(what).total,
        currency="NOK",
    )
    assert row.ready


def test_a_project_with_nothing_to_bill_has_no_row() -> None:
    """Nor is anything of eAccounting needed for it."""
    what = work(
        hours("1", 0),
        hours("2", excluded=Exclusion.OTHER),
        hours("3", order="elsewhere"),
        cost("1", quantity="0"),
        cost("2", entry="2"),
    )

    assert requests_of(what, NOVEMBER, order_date=TODAY, claimed=frozenset()) == ()
    assert looked_at(what).rows == ()
    assert looked_at(work(hours("1")), claimed=frozenset({"entry:1"})).rows == ()


def test_work_outside_the_period_makes_no_row() -> None:
    """Though the project has some that is not billed."""
    assert looked_at(work(hours("1", start=later(60 * 24 * 60)))).rows == ()


def test_a_blocked_row_tells_what_it_comes_to_and_every_problem() -> None:
    """The sum is that of what has a price, as far as there are prices."""
    what = work(
        hours("1", 90),
        hours("2", 60, work_type=None),
        hours("3", 60, work_type="6", rate=money("800")),
        cost("1", "99.95", "2"),
        cost("2", "0"),
        cost("3", "-5"),
        work_types=(ADVICE, attrs.evolve(COACHING, product=None)),
    )
    row = only(looked_at(what))

    assert (row.hours, row.minutes, row.costs, row.unpriced) == (3, 210, 3, 3)
    assert row.amount == Decimal("2499.90")
    assert not row.ready
    assert [problem.code for problem in row.problems] == [
        ProblemCode.WORK_TYPE_MISSING,
        ProblemCode.WORK_TYPE_WITHOUT_PRODUCT,
        ProblemCode.PRICE_MISSING,
        ProblemCode.NEGATIVE_PRICE,
    ]


def test_where_nothing_has_a_price_there_is_no_amount() -> None:
    """0 would be a promise."""
    row = only(looked_at(work(hours(), prices=Prices(mode=PriceMode.PROJECT))))

    assert (row.amount, row.unpriced, row.currency) == (None, 1, "NOK")


def test_a_price_of_0_counts_where_free_lines_are_allowed() -> None:
    """It is meant there."""
    free = Prices(mode=PriceMode.PROJECT, project_rate=Decimal(0))
    what = work(hours(), cost(price="0", product=None), prices=free, settings={"allow_free_lines": True})
    row = only(looked_at(what))

    assert (row.amount, row.unpriced) == (Decimal(0), 0)
    assert [problem.code for problem in row.problems] == [ProblemCode.COST_WITHOUT_PRODUCT]


def test_what_waits_for_somebody_is_counted_by_its_reason() -> None:
    """Approval, a customer, the hours of a cost; what is meant to stay out is not."""
    what = work(
        hours("1", approval=Approval.SUBMITTED),
        hours("2", customer="99"),
        hours("3", customer="99", excluded=Exclusion.OTHER),
        hours("4", customer="99", order="elsewhere"),
        hours("5", excluded=Exclusion.OTHER),
        cost("1", approval=Approval.NONE),
        cost("2", entry="unknown"),
        cost("3", entry="1"),
    )
    row = only(looked_at(what))

    assert list(row.waiting.items()) == [
        (LeftOutReason.HOURS_MISSING, 1),
        (LeftOutReason.CUSTOMER_NOT_ALLOWED, 1),
        (LeftOutReason.NOT_APPROVED, 3),
    ]
    assert (row.billable, row.ready) == (False, False)
    assert [problem.code for problem in row.problems] == [ProblemCode.NOTHING_TO_BILL]


def test_a_project_without_customer_is_a_row_without_one() -> None:
    """Its hours wait for a customer."""
    what = work(hours("1"), hours("2", excluded=Exclusion.OTHER), project=Project(id="1", name="Lone"))
    row = only(looked_at(what))

    assert (row.customer, row.hours, row.amount) == (None, 0, None)
    assert row.waiting == {LeftOutReason.CUSTOMER_MISSING: 1}
    assert [problem.code for problem in row.problems] == [ProblemCode.CUSTOMER_MISSING]


def test_a_project_that_could_have_several_customers_and_has_none_is_a_row_without_one() -> None:
    """As above."""
    lone = Project(id="1", name="Lone", allows_several_customers=True)
    row = only(looked_at(work(hours("1"), project=lone)))

    assert row.waiting == {LeftOutReason.CUSTOMER_MISSING: 1}
    assert [problem.code for problem in row.problems] == [ProblemCode.CUSTOMER_MISSING]


def test_a_project_with_several_customers_has_a_row_for_each() -> None:
    """Each with its own; what belongs to none of them is a row of its own."""
    what = shared(
        hours("1", customer="11"),
        hours("2", 30, customer="10"),
        hours("3", customer="10", approval=Approval.NONE),
        hours("4"),
        hours("5", customer="99"),
        cost("1", entry="1", customer="99"),
        cost("2", customer="11"),
        customers=(
            Customer(id="10", name="Fjord"),
            Customer(id="11", name="Fjell"),
            Customer(id="12", name="Dal"),
        ),
    )
    nobodys, tenth, eleventh = looked_at(what).rows

    assert (nobodys.customer, nobodys.hours, nobodys.problems) == (None, 0, ())
    assert nobodys.waiting == {LeftOutReason.CUSTOMER_MISSING: 1, LeftOutReason.CUSTOMER_NOT_ALLOWED: 1}
    assert (tenth.customer, tenth.minutes, tenth.costs) == ("10", 30, 0)
    assert tenth.waiting == {LeftOutReason.NOT_APPROVED: 1}
    assert (eleventh.customer, eleventh.minutes, eleventh.costs) == ("11", 60, 2)
    assert eleventh.waiting == {}


def test_hours_of_nobody_alone_are_a_row() -> None:
    """Though no customer has anything to bill."""
    row = only(looked_at(shared(hours())))

    assert (row.customer, row.waiting) == (None, {LeftOutReason.CUSTOMER_MISSING: 1})


FIXED = attrs.evolve(FLAT, fixed_prices=(FixedPrice(work_type="5", amount=Decimal(5000)),))


def test_a_fixed_price_is_billed_once_over_several_customers() -> None:
    """It goes to the project's own customer, whichever order is built first."""
    what = shared(hours("1", customer="11"), hours("2", work_type="6", customer="11"), prices=FIXED)
    tenth, eleventh = looked_at(what).rows
    orders = [built(what, customer=customer) for customer in ("11", "10")]

    assert [order.total for order in orders] == [eleventh.amount, tenth.amount]
    assert (tenth.customer, tenth.fixed_prices, tenth.amount) == ("10", 1, Decimal(5000))
    assert (eleventh.customer, eleventh.fixed_prices, eleventh.hours) == ("11", 0, 1)
    assert eleventh.amount == Decimal(1000)


NOBODYS = Project(id="1", name="Website", allows_several_customers=True)


def test_without_a_customer_of_its_own_the_fixed_price_is_a_row_without_one() -> None:
    """A person decides on whose order it comes; what else there is has rows as ever."""
    booked = hours("1", customer="11"), hours("2", work_type="6", customer="10"), hours("3")
    what = shared(*booked, prices=FIXED, project=NOBODYS)
    nobodys, tenth = looked_at(what).rows

    assert (nobodys.customer, nobodys.fixed_prices, nobodys.amount) == (None, 1, Decimal(5000))
    assert [problem.code for problem in nobodys.problems] == [ProblemCode.CUSTOMER_AMBIGUOUS]
    assert nobodys.waiting == {LeftOutReason.CUSTOMER_MISSING: 1}
    assert (tenth.customer, tenth.fixed_prices, tenth.amount) == ("10", 0, Decimal(1000))


def test_an_open_fixed_price_of_nobody_is_a_row_without_hours() -> None:
    """Whether the project has several customers and none of its own, or none at all."""
    for what, problem in (
        (shared(prices=FIXED, project=NOBODYS), ProblemCode.CUSTOMER_AMBIGUOUS),
        (work(prices=FIXED, project=Project(id="1", name="Lone")), ProblemCode.CUSTOMER_MISSING),
        (work(prices=FIXED, project=NOBODYS), ProblemCode.CUSTOMER_MISSING),
    ):
        row = only(looked_at(what))

        assert (row.customer, row.fixed_prices, row.amount) == (None, 1, Decimal(5000))
        assert [found.code for found in row.problems] == [problem]
        assert (row.billable, row.ready) == (True, False)


def test_a_fixed_price_of_nobody_that_is_billed_needs_no_customer() -> None:
    """So nothing is in the way of hours that wait for theirs."""
    what = shared(hours("1"), prices=FIXED, project=NOBODYS)
    order = built(what, customer="11", lines=(GivenLine(fixed_price="5"),))
    row = only(looked_at(what, entries=(entry_in(State.TRANSFERRED, order),)))

    assert (row.fixed_prices, row.problems) == (0, ())
    assert row.waiting == {LeftOutReason.CUSTOMER_MISSING: 1}


def test_a_fixed_price_goes_to_the_only_customer_though_several_are_allowed() -> None:
    what = shared(prices=FIXED, project=NOBODYS, customers=(Customer(id="11", name="Fjell AS"),))
    row = only(looked_at(what))

    assert (row.customer, row.fixed_prices, row.ready) == ("11", 1, True)


def test_an_open_fixed_price_is_a_row_without_hours_and_a_billed_one_is_none() -> None:
    """Orders that hold claims have billed it; one that was withdrawn has not."""
    what = work(prices=FIXED)
    order = built(work(hours(), prices=FIXED))
    row = only(looked_at(what))

    assert (row.hours, row.fixed_prices, row.amount, row.billable) == (0, 1, Decimal(5000), True)
    assert looked_at(what, entries=(entry_in(State.TRANSFERRED, order),)).rows == ()
    assert len(looked_at(what, entries=(entry_in(State.WITHDRAWN, order),)).rows) == 1


def over(id: str = "o1", state: State = State.WITHDRAWN) -> LedgerEntry:
    """Return an order that holds nothing any more."""
    return entry_in(state, built(work(hours("0")), order_id=id))


@pytest.mark.parametrize("state", [State.OPEN, State.WITHDRAWN, State.RELEASED])
def test_what_busy_has_on_an_order_that_holds_nothing_is_a_row_that_names_it(state: State) -> None:
    """It comes on that order, made anew; what is on none comes on a new one. Nothing is told twice."""
    freed: list[TimeEntry | Expense] = [
        hours("1", 50, order="o1"),
        hours("2", 25, order="o1"),
        cost("1", order="o1"),
    ]
    others: list[TimeEntry | Expense] = [
        hours("3", 45),
        hours("4", order="o2"),
        hours("5", order="elsewhere"),
        cost("2", entry="1"),
    ]
    entries = (over(state=state), over("o2", State.TRANSFERRED))
    new, anew = looked_at(work(*freed, *others), entries=entries).rows

    assert (anew.order, anew.customer, anew.hours, anew.minutes, anew.costs) == ("o1", "10", 2, 75, 1)
    assert (anew.amount, anew.ready) == (built(work(*freed), order_id="o1").total, True)
    assert (new.order, new.minutes, new.costs, new.amount) == (None, 45, 1, Decimal(1000))


def test_each_order_that_freed_something_has_a_row() -> None:
    """What another order bills by now, or is excluded, makes none."""
    what = work(
        hours("1", order="o2"),
        hours("2", 30, order="o1"),
        hours("3", order="o3"),
        hours("4", order="o4", excluded=Exclusion.OTHER),
    )
    entries = (over("o1"), over("o2"), over("o3"), over("o4"))
    rows = looked_at(what, entries=entries, claimed=frozenset({"entry:3"})).rows

    assert [(row.order, row.minutes) for row in rows] == [("o1", 30), ("o2", 60)]


def test_what_an_order_freed_may_wait_for_somebody() -> None:
    """It is told with that order, and not a second time."""
    what = work(hours("1", order="o1"), hours("2", order="o1", approval=Approval.NONE))
    row = only(looked_at(what, entries=(over(),)))

    assert (row.order, row.hours, row.waiting) == ("o1", 1, {LeftOutReason.NOT_APPROVED: 1})


def test_a_cost_that_an_order_freed_is_told_also_where_its_hours_are_on_another() -> None:
    what = work(hours("1", order="o2"), cost("1", entry="1", order="o1"))
    row = only(looked_at(what, entries=(over(), over("o2", State.TRANSFERRED))))

    assert (row.order, row.hours, row.costs, row.amount) == ("o1", 0, 1, Decimal(250))


def test_the_fixed_price_of_freed_hours_comes_with_them_and_once() -> None:
    """Other hours of the work type, and a new order, have nothing of it."""
    what = work(
        hours("1", order="o1"),
        hours("2"),
        hours("3", 30, work_type="6"),
        hours("4", 15, order="o2", work_type="6"),
        prices=FIXED,
    )
    new, anew, other = looked_at(what, entries=(over(), over("o2"))).rows

    assert (anew.order, anew.hours, anew.fixed_prices, anew.amount) == ("o1", 1, 1, Decimal(5000))
    assert (new.order, new.minutes, new.fixed_prices, new.amount) == (None, 30, 0, Decimal(500))
    assert (other.order, other.minutes, other.fixed_prices, other.amount) == ("o2", 15, 0, Decimal(250))


def test_a_fixed_price_does_not_come_with_another_customer_s_freed_hours() -> None:
    """It goes to the project's own customer, on a new order; with hours of its own on theirs."""
    what = shared(
        hours("1", customer="11", order="o1"),
        hours("2", customer="11", order="o1", work_type="6"),
        hours("3", order="o1"),
        prices=FIXED,
    )
    nobodys, new, anew = looked_at(what, entries=(over(),)).rows

    assert (nobodys.order, nobodys.waiting) == ("o1", {LeftOutReason.CUSTOMER_MISSING: 1})
    assert (new.order, new.customer, new.fixed_prices, new.amount) == (None, "10", 1, Decimal(5000))
    assert (anew.order, anew.customer, anew.hours, anew.amount) == ("o1", "11", 1, Decimal(1000))
    with_own = attrs.evolve(what, entries=(*what.entries, hours("4", customer="10", order="o1")))
    rows = looked_at(with_own, entries=(over(),)).rows
    assert [(row.order, row.customer, row.fixed_prices) for row in rows] == [
        ("o1", None, 0),
        ("o1", "10", 1),
        ("o1", "11", 0),
    ]


def test_a_project_without_customer_has_a_row_for_what_an_order_freed() -> None:
    """Though no customer is decided."""
    lone = Project(id="1", name="Lone")
    row = only(looked_at(work(hours("1", order="o1"), project=lone), entries=(over(),)))

    assert (row.order, row.waiting) == ("o1", {LeftOutReason.CUSTOMER_MISSING: 1})


def test_the_fixed_price_of_a_blocked_row_is_in_its_amount() -> None:
    """Its hours are not counted a second time."""
    what = work(hours(), cost(price="0"), prices=FIXED)

    assert only(looked_at(what)).amount == Decimal(5000)


def test_hours_whose_fixed_price_is_0_are_a_row_that_is_blocked() -> None:
    """They are without a price, and the others are billed as soon as it is set."""
    nothing = attrs.evolve(FLAT, fixed_prices=(FixedPrice(work_type="5", amount=Decimal(0)),))
    row = only(looked_at(work(hours("1"), hours("2", work_type="6"), prices=nothing)))

    assert (row.hours, row.unpriced, row.fixed_prices, row.amount) == (2, 1, 0, Decimal(1000))
    assert [(problem.code, str(problem.entity)) for problem in row.problems] == [
        (ProblemCode.PRICE_MISSING, "work_type 5")
    ]
    assert looked_at(work(prices=nothing)).rows == ()


def test_what_several_orders_bill_of_a_fixed_price_adds_up() -> None:
    order = built(work(hours(), prices=FIXED))
    first, second = (entry_in(State.REJECTED, attrs.evolve(order, id=id)) for id in ("a", "b"))

    books = Books(fixed_prices=fixed_parts_of([first, second]))
    assert books.fixed_billed("1") == {"5": Decimal(10000)}
    assert books.fixed_billed("2") == {}


def test_the_last_order_is_the_latest_that_may_be_there() -> None:
    """By project and customer; a refused or withdrawn one is none."""
    order = built(work(hours()))

    def dated(day: int, state: State, **changes: Any) -> LedgerEntry:
        return entry_in(state, attrs.evolve(order, order_date=date(2026, 10, day), **changes))

    entries = (
        dated(3, State.TRANSFERRED),
        dated(5, State.RESERVED),
        dated(4, State.TRANSFERRED),
        dated(20, State.REJECTED),
        dated(21, State.WITHDRAWN),
        dated(22, State.GONE_UPSTREAM),
        dated(23, State.TRANSFERRED, customer="11"),
    )
    assert last_orders(entries) == {("1", "10"): date(2026, 10, 5), ("1", "11"): date(2026, 10, 23)}
    assert only(looked_at(work(hours("2")), entries=entries)).last_order == date(2026, 10, 5)


def several_projects() -> Preflight:
    """Return a preflight with rows of every kind."""
    finished = counterpart(project=remote_project(models.ProjectStatus.FINISHED))
    no_product = (WorkType(id="5", name="Advice"), COACHING)
    works = (
        work(hours("1", 75), hours("2", approval=Approval.NONE)),
        work(
            hours("3"), project=Project(id="2", number="99", name="B", customer="10"), work_types=no_product
        ),
        work(
            hours("4", 60000),
            cost("1", "0"),
            project=Project(id="3", name="C", customer="10"),
            work_types=no_product,
            prices=attrs.evolve(FLAT, currency="EUR"),
        ),
    )
    failed = (
        PreflightRow(project="4", number="7", error=ConfigurationError("The host\nfailed.", advice="x")),
        PreflightRow(project="5", number=None, error=RuntimeError("a secret")),
        PreflightRow(project="6", number="P-1", error=LookupError()),
    )
    entry = entry_in(State.TRANSFERRED, built(work(hours("0"))))
    first = looked_at(works[0], entries=(entry,), failed=failed)
    blocked = looked_at(*works[1:], other=finished)
    return preflight_of(NOVEMBER, [*blocked.rows, *first.rows])


def test_rows_stand_by_project_number() -> None:
    """Whole numbers as such, then others, those without a number at the end."""
    assert [row.project for row in several_projects().rows] == ["4", "2", "1", "6", "3", "5"]


def test_totals_are_apart_by_currency() -> None:
    """Nothing is relabelled, and nothing added that does not belong together."""
    totals = several_projects().totals

    assert (totals.ready, totals.blocked) == (1, 5)
    assert (totals.hours, totals.minutes, totals.costs) == (3, 60135, 1)
    assert dict(totals.amounts) == {"EUR": Decimal(1000000), "NOK": Decimal(2250)}


def test_amounts_of_unknown_currency_are_added_by_themselves() -> None:
    """They are told as such."""
    unknown = counterpart(company=models.CompanySettings(name="Seller"))
    preflight = looked_at(work(hours()), other=unknown)

    assert dict(preflight.totals.amounts) == {None: Decimal(1000)}
    assert "Total 1000.00 of unknown currency without VAT" in str(preflight)


def test_what_is_to_be_mended_is_told_once_for_all_projects() -> None:
    """By who can mend it."""
    found = several_projects().by_mender()

    assert list(found) == list(MendedBy)
    (product,) = found[MendedBy.ADMINISTRATOR]
    assert (product.problem.code, product.projects) == (
        ProblemCode.WORK_TYPE_WITHOUT_PRODUCT,
        ("2", "3"),
    )


def test_a_problem_of_two_rows_of_one_project_names_it_once() -> None:
    """The customers of a project share its problems."""
    what = shared(hours("1", customer="10"), hours("2", customer="11"))
    other = counterpart(project=remote_project(models.ProjectStatus.FINISHED))
    (finished,) = looked_at(what, other=other).by_mender()[MendedBy.ACCOUNTANT]

    assert finished.projects == ("1",)


ENGLISH = """\
To bill from 2026-11-01 to 2026-11-30

Project  Customer    Hours  Costs      Amount  Currency  Last order  Status
-------  --------  -------  -----  ----------  --------  ----------  ------
7                     0.00      0                                    not read: The host failed.
99       10           1.00      0     1000.00  NOK                   2 to mend
100      10           1.25      0     1250.00  NOK       2026-11-30  ready, waiting: 1 not approved
P-1                   0.00      0                                    not read: LookupError
3        10        1000.00      1  1000000.00  EUR                   4 to mend, 1 without price
5                     0.00      0                                    not read: RuntimeError

In all 1002.25 hours and 1 cost; 1 order is ready, 5 rows are not
Total 1000000.00 EUR without VAT
Total 2250.00 NOK without VAT
"""


def test_the_preflight_can_be_read() -> None:
    """A table, the totals, and what is to be mended by whom."""
    text = str(several_projects())

    assert trimmed(text).startswith(trimmed(ENGLISH))
    assert "\nAn administrator, in Busy:\n- work type 5 (project 99, 3): The work type has no product" in text
    assert "secret" not in text


def test_the_guide_shows_a_preflight_as_it_is() -> None:
    """The rows of two of the projects, in `docs/orders.md`."""
    page = (Path(__file__).parents[2] / "docs" / "orders.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(To bill from .*?)```", page, re.DOTALL)
    two = [row for row in several_projects().rows if row.number in {"99", "100"}]

    assert trimmed(str(preflight_of(NOVEMBER, two))).startswith(trimmed(shown))


def trimmed(text: str) -> str:
    return "\n".join(line.rstrip("-").rstrip() for line in text.splitlines())


def test_the_preflight_can_be_read_in_norwegian() -> None:
    """With numbers and days as they are written there."""
    text = several_projects().text("nb")

    assert text.startswith("Kan faktureres fra 01.11.2026 til 30.11.2026\n")
    assert "1 000 000,00  EUR" in text
    assert "klar, venter: 1 ikke godkjent" in text
    assert (
        "\nAdministrator i Busy:\n- arbeidstype 5 (prosjekt 99, 3): Arbeidstypen har ikke noe produkt" in text
    )


def test_one_of_a_thing_is_not_told_as_several() -> None:
    """In both languages."""
    one = looked_at(work(hours("1"), cost("1")))
    assert "1 cost; 1 order is ready, 0 rows are not\n" in str(one)
    assert "1 kostnad; 1 ordre er klar, 0 rader er ikke det\n" in one.text("nb")
    lacking = looked_at(work(hours("1"), cost("1"), cost("2"), prices=Prices(mode=PriceMode.PROJECT)))
    assert "2 costs; 0 orders are ready, 1 row is not\n" in str(lacking)
    assert "2 kostnader; 0 ordrer er klare, 1 rad er ikke det\n" in lacking.text("nb")


def test_a_thing_of_another_kind_goes_by_its_own_name() -> None:
    """A kind that has no word yet is shown all the same."""
    assert called(Entity("voucher", "7"), "nb") == "voucher 7"
    assert called(Entity("expense", "7"), "nb") == "kostnad 7"


def test_a_row_says_which_order_is_to_be_made_anew() -> None:
    """In both languages, and in the JSON."""
    preflight = looked_at(work(hours("1", order="o1")), entries=(over(),))

    assert "ready, order o1 anew\n" in str(preflight)
    assert "klar, ordre o1 på nytt\n" in preflight.text("nb")
    assert json.loads(preflight_to_json(preflight))["rows"][0]["order"] == "o1"


@pytest.mark.parametrize(
    ("language", "told"), [("en", "There is nothing to bill"), ("nb", "Ingenting kan faktureres")]
)
def test_nothing_to_bill_is_told(language: Any, told: str) -> None:
    assert looked_at().text(language).startswith(told)


def test_the_json_of_a_preflight_has_its_amounts_as_texts() -> None:
    """Ids, numbers and codes; of a foreign error only its name."""
    told = json.loads(preflight_to_json(several_projects()))

    assert (told["document"], told["schema"]) == ("preflight", 2)
    assert told["period"] == {"first": "2026-11-01", "last": "2026-11-30"}
    assert told["rows"][2] == {
        "project": "1",
        "number": "100",
        "customer": "10",
        "order": None,
        "hours": 1,
        "minutes": 75,
        "costs": 0,
        "fixed_prices": 0,
        "amount": "1250",
        "currency": "NOK",
        "unpriced": 0,
        "last_order": "2026-11-30",
        "ready": True,
        "waiting": [{"reason": "not_approved", "count": 1}],
        "problems": [],
        "error": None,
    }
    assert [row["error"] for row in told["rows"][:2]] == [
        {"type": "ConfigurationError", "message": "The host\nfailed."},
        None,
    ]
    assert told["rows"][5]["error"] == {"type": "RuntimeError", "message": "RuntimeError"}
    assert told["totals"]["amounts"] == [
        {"currency": "EUR", "amount": "1000000"},
        {"currency": "NOK", "amount": "2250"},
    ]
    assert [one["mended_by"] for one in told["to_mend"]] == list(MendedBy)
    assert told["to_mend"][1]["problems"][0]["projects"] == ["2", "3"]
