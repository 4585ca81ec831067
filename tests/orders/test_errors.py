"""Errors about orders: facts as attributes, advice, one root, and they survive pickling."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest

from visma_busy_sync import orders
from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.busy import Approval, LeftOut, LeftOutReason
from visma_busy_sync.orders import (
    DocumentError,
    DocumentTooNew,
    EntryTaken,
    FixedPriceBilled,
    IllegalTransition,
    ImportRefused,
    OrderBeingSent,
    OrderChanged,
    OrderError,
    OrderNeedsAttention,
    OrderNotReady,
    OrderOutcomeUnknown,
    OrderRejected,
    OrderRevised,
    OtherCompany,
)
from visma_busy_sync.orders._files.csv import read_rows

from .given import hours, refusal, work

ERRORS = [
    refusal(work(hours(work_type=None), hours("e2", approval=Approval.NONE))),
    OrderChanged("o", 1, known_hash="a", given_hash="b"),
    EntryTaken("o", {"entry:2": "p", "entry:1": "q"}),
    OtherCompany("o", company_id="a", connected_company_id="b"),
    OrderRejected("o", status=400, error_code=5005, error_id="id", problem="project has ended"),
    OrderRejected("o", status=400, error_code=None, error_id=None, problem="project has ended"),
    OrderOutcomeUnknown("o", marker="BY-X.1"),
    OrderBeingSent("o", marker="BY-X.1"),
    OrderNeedsAttention("o", marker="BY-X.1", problem="Several are there."),
    OrderRevised("o", 1, known_revision=2, state="open", known_hash="a", given_hash="b"),
    OrderRevised("o", 3, known_revision=2, state="transferred", known_hash="a", given_hash="b"),
    IllegalTransition("o", state="open", event="send"),
    DocumentError("order", "it is no JSON"),
    DocumentTooNew("order", found=2, known=1),
    ImportRefused(read_rows(b"100;;x")[1]),
    FixedPriceBilled("o", "5", when_built=Decimal("0.00"), now=Decimal("3000.00")),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_survives_pickling_with_its_facts(error: OrderError) -> None:
    """Job systems carry errors from one process to another."""
    again = pickle.loads(pickle.dumps(error))

    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.__dict__ == error.__dict__


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_says_what_to_do_next(error: OrderError) -> None:
    """And one root catches them all."""
    assert isinstance(error, VismaBusySyncError)
    assert error.advice
    assert str(error) == f"{error.message} {error.advice}"


def test_the_base_is_not_raised_itself() -> None:
    """An error always says which one it is."""
    with pytest.raises(TypeError, match="base"):
        OrderError("something")


def test_an_error_names_the_facts() -> None:
    """In a fixed order, so that two of the same are the same text."""
    assert "entry:1 by order q, entry:2 by order p" in str(ERRORS[2])
    assert "refused order o: project has ended" in str(ERRORS[4])
    assert "work type 5, other orders bill 3000, and billed 0 when" in str(ERRORS[-1])
    assert isinstance(ERRORS[0], OrderNotReady)


def test_what_stayed_out_survives_pickling() -> None:
    """Whoever shows the error elsewhere can list it."""
    again = pickle.loads(pickle.dumps(ERRORS[0]))

    assert again.left_out == (LeftOut("e2", LeftOutReason.NOT_APPROVED),)


def test_an_order_that_is_being_sent_is_told_apart_from_an_unknown_outcome() -> None:
    """One handler may serve both; the advice is to push again, and then to look for the marker."""
    error = OrderBeingSent("o", marker="BY-X.1")

    assert isinstance(error, OrderOutcomeUnknown)
    assert error.message == (
        "Order o is being sent at this moment, or was interrupted while it was being sent; this push sent "
        "nothing."
    )
    assert error.advice.startswith("Push it again in a moment.")
    assert "look for BY-X.1" in error.advice


def test_the_public_names_are_sorted_and_there() -> None:
    """Each has one home."""
    assert sorted(orders.__all__) == sorted(set(orders.__all__))
    assert all(hasattr(orders, name) for name in orders.__all__)
