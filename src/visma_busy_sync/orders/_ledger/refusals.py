"""What eAccounting's refusal of an order means in Busy's words: problems with their cures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from visma_busy_sync.busy import Order
from visma_busy_sync.orders._problems import Entity, Problem, ProblemCode, problem


def problems_of_refusal(order: Order, error_code: int | None) -> tuple[Problem, ...]:
    """Return the problems that the API's error code tells of an order that it refused.

    Only codes with a cure of their own are known here; none for all others, and where there is no code.

    Args:
        order: The order that was refused.
        error_code: The API's `ErrorCode`; None if it gave none.
    """
    known = _MEANINGS.get(error_code or 0)
    if known is None:
        return ()
    code, about = known
    return (problem(code, about(order)),)


def _the_order(order: Order) -> Entity:
    return Entity("order", order.id)


def _the_project(order: Order) -> Entity:
    return Entity("project", order.project)


def _its_product(order: Order) -> Entity:
    """Return the product of the order; the order where it has several, since the API names none."""
    products = {line.product for line in order.lines}
    return Entity("product", products.pop()) if len(products) == 1 else _the_order(order)


_MEANINGS: Final[Mapping[int, tuple[ProblemCode, Callable[[Order], Entity]]]] = MappingProxyType(
    {
        3000: (ProblemCode.REFERENCE_UNKNOWN, _the_order),
        3001: (ProblemCode.FISCAL_YEAR_MISSING, _the_order),
        4024: (ProblemCode.ARTICLE_WITHOUT_SALES_ACCOUNT, _its_product),
        5005: (ProblemCode.PROJECT_FINISHED, _the_project),
    }
)
"""By the API's error codes (eAccounting's documentation, "Error codes"), what each means for an order."""
