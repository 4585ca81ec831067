"""A work log that breaks a promise fails the kit, and the message names that promise and no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest
from attrs import evolve

from visma_busy_sync.busy import Expense, TimeEntry
from visma_busy_sync.testing.conformance import (
    WORK_CHECKS,
    WORK_PROMISES,
    Harness,
    PromiseBroken,
    run_check,
)

from . import wrong_work_logs as wrong

MODEL = "like-a-small-work-log"

BROKEN = {
    wrong.HandsOutDicts: "answers-are-work",
    wrong.GivesAnIterator: "answers-are-work",
    wrong.SharesItsRates: "answers-are-work",
    wrong.AnswersAnotherProject: "answers-are-work",
    wrong.ForgetsExclusions: "work-as-booked",
    wrong.LeavesOutWhatIsFree: "work-as-booked",
    wrong.LeavesOutWhatIsNotApproved: "work-as-booked",
    wrong.HasUsualSettings: "work-as-booked",
    wrong.RoundsRates: "amounts-exact",
    wrong.RoundsCosts: "amounts-exact",
    wrong.TrimsComments: "work-texts-exact",
    wrong.ComposesNames: "work-texts-exact",
    wrong.IgnoresTenants: "work-apart",
    wrong.IgnoresProjects: "work-apart",
    wrong.HasOnePriceList: "work-apart",
    wrong.TellsOrdersOfAll: "work-apart",
    wrong.CutsAtMidnight: "hours-of-the-edges",
    wrong.CutsByLocalDays: "hours-of-the-edges",
    wrong.EndsADayEarly: "hours-of-the-edges",
    wrong.GivesCostsByTheirDay: "costs-with-their-hours",
    wrong.GivesCostsOfAllHours: "costs-with-their-hours",
    wrong.GivesNoCostsOfHours: "costs-with-their-hours",
    wrong.LeavesOutTheLastDay: "costs-by-their-day",
    wrong.GivesTypesOfHoursOnly: "all-that-bills-it",
    wrong.GivesProductsOfTypesOnly: "all-that-bills-it",
    wrong.AnswersNothing: "unknown-project",
    wrong.RaisesKeyErrors: "unknown-project",
    wrong.AsksForAnId: "unknown-project",
    wrong.FindsNearlyTheSame: "unknown-project",
    wrong.HidesTheArchived: "archived-projects-answer",
    wrong.MarksWhatItTold: "reading-changes-nothing",
    wrong.GivesOrdersOnce: "reading-changes-nothing",
    wrong.ReadsOneAfterTheOther: "work-of-one-moment",
    wrong.AsyncReadsOneAfterTheOther: "work-of-one-moment",
    wrong.Remembers: "no-stale-work",
    wrong.AsyncRemembers: "no-stale-work",
    wrong.RemembersOrders: "no-stale-work",
    wrong.PricesAgain: "orders-as-finalised",
    wrong.ForgetsWhatStayedOut: "orders-as-finalised",
    wrong.TellsTheFirstOrderOnly: "orders-as-finalised",
    wrong.KeepsAllRevisions: "orders-once",
    wrong.KeepsTheFirstRevision: "orders-once",
    wrong.SortsOrders: "orders-once",
    wrong.GivesAPage: "much-work",
    wrong.StumblesOverTwoFields: MODEL,
}


def _bench(log: type[wrong.WorkLog | wrong.AsyncWorkLog]) -> Callable[[], Harness]:
    if issubclass(log, wrong.AsyncWorkLog):
        return lambda: wrong.AsyncBench(log)
    return lambda: wrong.Bench(log)


def _failures(factory: Callable[[], Harness]) -> list[PromiseBroken]:
    failures: list[PromiseBroken] = []
    for check in WORK_CHECKS:
        try:
            run_check(check, factory)
        except PromiseBroken as broken:
            failures.append(broken)
    return failures


@pytest.mark.parametrize("log", [wrong.WorkLog, wrong.AsyncWorkLog], ids=lambda log: log.__name__)
def test_the_work_logs_that_the_wrong_ones_change_are_right(
    log: type[wrong.WorkLog | wrong.AsyncWorkLog],
) -> None:
    """So what a wrong work log is told comes from its one mistake."""
    assert _failures(_bench(log)) == []


@pytest.mark.parametrize(("log", "promise"), BROKEN.items(), ids=lambda each: getattr(each, "__name__", each))
def test_a_wrong_work_log_is_told_which_promise_it_breaks(
    log: type[wrong.WorkLog | wrong.AsyncWorkLog], promise: str
) -> None:
    """Of all checks those that fail name the one promise; the model finds most mistakes besides."""
    failures = _failures(_bench(log))
    found = {failure.promise.name for failure in failures}
    assert found - {MODEL} == {promise} - {MODEL}
    assert promise in found
    for failure in failures:
        assert str(failure).startswith(f'promise "{failure.promise.name}" is broken: ')
        assert failure.promise.sentence in str(failure)
        assert failure.promise.cure in str(failure)


class _WithoutQuantities(wrong.Bench):
    """A host whose costs have a price alone."""

    def book_raw(
        self, tenant: str, project: str, entries: Sequence[TimeEntry], costs: Sequence[Expense]
    ) -> tuple[Sequence[TimeEntry], Sequence[Expense]]:
        kept = [evolve(cost, quantity=Decimal(1)) for cost in costs]
        return super().book_raw(tenant, project, entries, kept)


@pytest.mark.parametrize(
    ("log", "broken"), [(wrong.WorkLog, []), (wrong.ReadsOneAfterTheOther, ["work-of-one-moment"])]
)
def test_costs_without_quantity_are_seen_with_their_hours_too(
    log: type[wrong.WorkLog], broken: list[str]
) -> None:
    """What the host does not keep is no pretext for a broken promise, nor does it hide one."""
    failures = _failures(lambda: _WithoutQuantities(log))
    assert [failure.promise.name for failure in failures] == broken


def test_every_promise_has_a_work_log_that_breaks_it() -> None:
    assert set(BROKEN.values()) == {promise.name for promise in WORK_PROMISES}


def test_every_promise_has_a_check() -> None:
    assert {check.promise for check in WORK_CHECKS} == set(WORK_PROMISES)
