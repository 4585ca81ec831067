"""A catalogue that breaks a promise fails the kit, and the message names that promise and no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from visma_busy_sync.testing.conformance import (
    CATALOGUE_CHECKS,
    CATALOGUE_PROMISES,
    CapabilityMissing,
    Harness,
    PromiseBroken,
    run_check,
)

from . import wrong_catalogues as wrong

MODEL = "like-a-small-busy"

BROKEN = {
    wrong.NumberIds: "answers-are-records",
    wrong.NumberFlags: "answers-are-records",
    wrong.DaysWithTime: "answers-are-records",
    wrong.SharesItsRecords: "answers-are-records",
    wrong.LoadsTheActive: "all-records-loaded",
    wrong.LoadsAPage: "all-records-loaded",
    wrong.LoadsTheLinked: "all-records-loaded",
    wrong.LoadsOfAll: "records-of-tenants-apart",
    wrong.ChangesOfAll: "records-of-tenants-apart",
    wrong.ForgetsTheKind: "records-of-tenants-apart",
    wrong.ParsesLinks: "link-exact",
    wrong.CutsLinks: "link-exact",
    wrong.ComposesTexts: "values-exact",
    wrong.NumbersAreNumbers: "values-exact",
    wrong.KeepsWhatIsEmptied: "values-exact",
    wrong.TellsWhatWasAsked: "values-as-stored",
    wrong.TellsWhatIsNew: "values-as-stored",
    wrong.WritesTheWholeRecord: "only-named-fields",
    wrong.ReadsThenWrites: "only-named-fields",
    wrong.GivesOneId: "new-id",
    wrong.MergesTheSame: "new-id",
    wrong.IgnoresValues: "expected-values",
    wrong.IgnoresCase: "expected-values",
    wrong.IgnoresNone: "expected-values",
    wrong.IgnoresLinks: "expected-link",
    wrong.ExpectsAnyLink: "expected-link",
    wrong.ComparesMeaning: "expected-link",
    wrong.CreatesWhatIsGone: "gone-is-moved",
    wrong.ParsesIds: "gone-is-moved",
    wrong.LinksLater: "whole-with-its-link",
    wrong.AsyncLinksLater: "whole-with-its-link",
    wrong.LinksNothingElse: "whole-with-its-link",
    wrong.KeepsWhatItRefuses: "refused-leaves-nothing",
    wrong.RefusesWithoutAWord: "refused-leaves-nothing",
    wrong.RaisesWhatItRefuses: "outcome-for-each",
    wrong.RaisesWhereItMoved: "outcome-for-each",
    wrong.StopsAtTheFirst: "outcome-for-each",
    wrong.CreatesFirst: "outcome-for-each",
    wrong.WritesAtTheNextCall: "applied-is-durable",
    wrong.AsyncWritesLater: "applied-is-durable",
    wrong.JoinsTheTransaction: "applied-in-own-transaction",
    wrong.RefusesTooLate: "applied-in-own-transaction",
    wrong.RefusesUnclearly: "applied-in-own-transaction",
    wrong.Remembers: "no-stale-records",
    wrong.LooksThenWrites: "one-change-wins",
    wrong.AsyncLooksThenWrites: "one-change-wins",
    wrong.StumblesOverTwoFields: MODEL,
}


def _bench(catalogue: type[wrong.Catalogue | wrong.AsyncCatalogue]) -> Callable[[], Harness]:
    if issubclass(catalogue, wrong.AsyncCatalogue):
        return lambda: wrong.AsyncBench(catalogue)
    return lambda: wrong.Bench(catalogue)


def _failures(factory: Callable[[], Harness]) -> list[PromiseBroken]:
    failures: list[PromiseBroken] = []
    for check in CATALOGUE_CHECKS:
        try:
            run_check(check, factory)
        except PromiseBroken as broken:
            failures.append(broken)
        except CapabilityMissing:
            pass
    return failures


@pytest.mark.parametrize(
    "catalogue", [wrong.Catalogue, wrong.AsyncCatalogue], ids=lambda catalogue: catalogue.__name__
)
def test_the_catalogues_that_the_wrong_ones_change_are_right(
    catalogue: type[wrong.Catalogue | wrong.AsyncCatalogue],
) -> None:
    """So what a wrong catalogue is told comes from its one mistake."""
    assert _failures(_bench(catalogue)) == []


@pytest.mark.parametrize(
    ("catalogue", "promise"), BROKEN.items(), ids=lambda each: getattr(each, "__name__", each)
)
def test_a_wrong_catalogue_is_told_which_promise_it_breaks(
    catalogue: type[wrong.Catalogue | wrong.AsyncCatalogue], promise: str
) -> None:
    """Of all checks those that fail name the one promise; the model finds most mistakes besides."""
    failures = _failures(_bench(catalogue))
    found = {failure.promise.name for failure in failures}
    assert found - {MODEL} == {promise} - {MODEL}
    assert promise in found
    for failure in failures:
        assert str(failure).startswith(f'promise "{failure.promise.name}" is broken: ')
        assert failure.promise.sentence in str(failure)
        assert failure.promise.cure in str(failure)


def test_every_promise_has_a_catalogue_that_breaks_it() -> None:
    assert set(BROKEN.values()) == {promise.name for promise in CATALOGUE_PROMISES}


def test_every_promise_has_a_check() -> None:
    assert {check.promise for check in CATALOGUE_CHECKS} == set(CATALOGUE_PROMISES)
