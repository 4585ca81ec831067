"""A store that breaks a promise fails the kit, and the message names that promise and no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from visma_busy_sync.testing.conformance import (
    STATE_CHECKS,
    STATE_PROMISES,
    CapabilityMissing,
    Harness,
    PromiseBroken,
    run_check,
)

from . import wrong

BROKEN = {
    wrong.TextVersions: "answers-are-values",
    wrong.CountsRows: "answers-are-values",
    wrong.AnswersRows: "answers-are-values",
    wrong.AnswersMore: "answers-are-values",
    wrong.SharesItsList: "answers-are-values",
    wrong.MakesAPart: "all-or-nothing",
    wrong.CommitsInBatches: "all-or-nothing",
    wrong.IgnoresExpected: "expected-versions",
    wrong.SaysTrue: "expected-versions",
    wrong.CreatesOver: "expected-versions",
    wrong.RefusesOlderOnly: "expected-versions",
    wrong.VersionsStand: "versions-count",
    wrong.VersionsGoOn: "versions-count",
    wrong.TakesTwice: "take-once",
    wrong.RaisesWhereItExists: "conflict-is-false",
    wrong.RaisesInARace: "conflict-is-false",
    wrong.ReadsOneByOne: "one-moment",
    wrong.ReadsInBatches: "one-moment",
    wrong.AsyncReadsOneByOne: "one-moment",
    wrong.Remembers: "no-stale-reads",
    wrong.WritesAtTheNextCall: "durable",
    wrong.AsyncWritesLater: "durable",
    wrong.JoinsTheTransaction: "own-transaction",
    wrong.RefusesTooLate: "own-transaction",
    wrong.RefusesUnclearly: "own-transaction",
    wrong.RefusesWithFalse: "own-transaction",
    wrong.ScansAPage: "scan-finds-all",
    wrong.ScansTwice: "scan-finds-all",
    wrong.ScansLike: "plain-prefix",
    wrong.ScansGlob: "plain-prefix",
    wrong.ScansAnyCase: "plain-prefix",
    wrong.JoinsTenantAndKey: "tenants-apart",
    wrong.TakesEmptyForAll: "tenants-apart",
    wrong.ForgetsTheTenant: "tenants-apart",
    wrong.FoldsCase: "keys-exact",
    wrong.PadsKeys: "keys-exact",
    wrong.ComposesKeys: "keys-exact",
    wrong.CutsKeys: "keys-exact",
    wrong.CutsBodies: "bodies-exact",
    wrong.ParsesBodies: "bodies-exact",
    wrong.HasThreeBytes: "bodies-exact",
    wrong.EndsLinesItsWay: "bodies-exact",
    wrong.WritesTheLast: "key-once",
    wrong.HasFewParameters: "many-keys",
    wrong.WritesFew: "many-keys",
    wrong.LooksThenWrites: "one-winner",
    wrong.AsyncLooksThenWrites: "one-winner",
    wrong.HidesWhatCameBack: "like-the-model",
}


def _bench(store: type[wrong.Store | wrong.AsyncStore]) -> Callable[[], Harness]:
    if issubclass(store, wrong.AsyncStore):
        return lambda: wrong.AsyncBench(store)
    return lambda: wrong.Bench(store)


def _failures(factory: Callable[[], Harness]) -> list[PromiseBroken]:
    failures: list[PromiseBroken] = []
    for check in STATE_CHECKS:
        try:
            run_check(check, factory)
        except PromiseBroken as broken:
            failures.append(broken)
        except CapabilityMissing:
            pass
    return failures


@pytest.mark.parametrize("store", [wrong.Store, wrong.AsyncStore], ids=lambda store: store.__name__)
def test_the_stores_that_the_wrong_ones_change_are_right(store: type[wrong.Store | wrong.AsyncStore]) -> None:
    """So what a wrong store is told comes from its one mistake."""
    assert _failures(_bench(store)) == []


@pytest.mark.parametrize(
    ("store", "promise"), BROKEN.items(), ids=lambda each: getattr(each, "__name__", each)
)
def test_a_wrong_store_is_told_which_promise_it_breaks(
    store: type[wrong.Store | wrong.AsyncStore], promise: str
) -> None:
    """Of all checks those that fail name the one promise; the model finds most mistakes besides."""
    failures = _failures(_bench(store))
    found = {failure.promise.name for failure in failures}
    assert found - {"like-the-model"} == {promise} - {"like-the-model"}
    assert promise in found
    for failure in failures:
        assert str(failure).startswith(f'promise "{failure.promise.name}" is broken: ')
        assert failure.promise.sentence in str(failure)
        assert failure.promise.cure in str(failure)


def test_every_promise_has_a_store_that_breaks_it() -> None:
    assert set(BROKEN.values()) == {promise.name for promise in STATE_PROMISES}


def test_every_promise_has_a_check() -> None:
    assert {check.promise for check in STATE_CHECKS} == set(STATE_PROMISES)
