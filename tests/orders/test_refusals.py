"""What eAccounting's refusals mean in Busy's words."""

from __future__ import annotations

import pytest

from visma_busy_sync.busy import Order
from visma_busy_sync.orders import OrderRejected, ProblemCode, problems_of_refusal

from .given import built, cost, hours, work


def refused(order: Order, code: int | None) -> OrderRejected:
    return OrderRejected(
        order.id,
        status=400,
        error_code=code,
        error_id=None,
        problem="no.",
        problems=problems_of_refusal(order, code),
    )


@pytest.mark.parametrize(
    ("code", "problem", "about"),
    [
        pytest.param(3000, ProblemCode.REFERENCE_UNKNOWN, "order order", id="unknown reference"),
        pytest.param(3001, ProblemCode.FISCAL_YEAR_MISSING, "order order", id="no fiscal year"),
        pytest.param(4024, ProblemCode.ARTICLE_WITHOUT_SALES_ACCOUNT, "product 50", id="no sales account"),
        pytest.param(5005, ProblemCode.PROJECT_FINISHED, "project 1", id="project finished"),
    ],
)
def test_a_refusal_with_a_known_code_is_a_problem_with_its_cure(
    code: int, problem: ProblemCode, about: str
) -> None:
    """As if it had been found before the order was sent; the advice is that cure."""
    error = refused(built(work(hours())), code)

    (found,) = error.problems
    assert (found.code, str(found.entity)) == (problem, about)
    assert error.advice == f"{found.cure_en} Then reopen the order and build a new one."


def test_of_several_products_none_is_named_as_the_one_without_sales_account() -> None:
    """The API does not say which it was."""
    error = refused(built(work(hours(), cost())), 4024)

    assert [str(found.entity) for found in error.problems] == ["order order"]


@pytest.mark.parametrize("code", [None, 0, 4000, 99999], ids=str)
def test_other_refusals_are_told_in_the_apis_words_alone(code: int | None) -> None:
    """No cure is better than a wrong one."""
    error = refused(built(work(hours())), code)

    assert error.problems == ()
    assert error.advice == "Mend what it names. Then reopen the order and build a new one."


def test_a_refusal_says_the_cure_of_its_code() -> None:
    """Also where that is about nothing in Busy."""
    error = OrderRejected(
        "o", status=400, error_code=4013, error_id=None, problem="locked.", cure="Open the period."
    )
    assert str(error) == (
        "eAccounting refused order o: locked. Open the period. Then reopen the order and build a new one."
    )
