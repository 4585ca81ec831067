"""How minutes, prices and totals become the numbers of a line: rounding rules, version 1.

Each number is rounded once, halves away from zero: the quantity of hours from the sum of the minutes, the
unit price from the exact rate, the total from quantity and unit price as they are sent. The total is the
authority; what the rounding changed against the exact sum of the parts is kept as a value.

No function here looks at the caller's decimal context.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, Inexact, InvalidOperation
from typing import Final

ROUNDING_RULES: Final = 1
"""The version of these rules; it is stored on every order."""

DOMESTIC_DECIMALS: Final = 2
FOREIGN_DECIMALS: Final = 4
"""Decimals of a unit price, the latter where customer or currency is foreign (`OrderRowApi.UnitPrice`)."""

_QUANTITY_STEPS: Final = 10_000
"""A quantity has 4 decimals (`OrderRowApi.Quantity`)."""
_QUANTITY: Final = Decimal("0.0001")
_CENT: Final = Decimal("0.01")
_DIFFERENCE: Final = Decimal("0.000001")
_MINUTES_PER_HOUR: Final = 60

# Factors have at most 22 digits, their products 44, and sums of a million of them 50.
_EXACT: Final = Context(prec=100, traps=[Inexact, InvalidOperation])
_ROUNDING: Final = Context(prec=100, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero])


def hours(minutes: int) -> Decimal:
    """Return `minutes` (from 0) as hours with 4 decimals."""
    steps = (2 * minutes * _QUANTITY_STEPS + _MINUTES_PER_HOUR) // (2 * _MINUTES_PER_HOUR)
    return Decimal(steps).scaleb(-4, _EXACT)


def quantity(value: Decimal) -> Decimal:
    """Return a number of things with 4 decimals."""
    return value.quantize(_QUANTITY, context=_ROUNDING)


def unit_price(rate: Decimal, decimals: int) -> Decimal:
    """Return a rate as it is sent."""
    return rate.quantize(Decimal(1).scaleb(-decimals, _EXACT), context=_ROUNDING)


def line_total(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """Return what a line costs: its quantity times its unit price, with 2 decimals."""
    return _EXACT.multiply(quantity, unit_price).quantize(_CENT, context=_ROUNDING)


def hours_difference(total: Decimal, minutes: Mapping[Decimal, int]) -> Decimal:
    """Return `total` less the exact sum of minutes times rate, with 6 decimals.

    Args:
        total: The total of the line.
        minutes: The minutes at each rate per hour.
    """
    exact_in_sixtieths = Decimal(0)
    for rate, at_rate in minutes.items():
        exact_in_sixtieths = _EXACT.add(exact_in_sixtieths, _EXACT.multiply(Decimal(at_rate), rate))
    over = _EXACT.subtract(_EXACT.multiply(total, Decimal(_MINUTES_PER_HOUR)), exact_in_sixtieths)
    return _ROUNDING.divide(over, Decimal(_MINUTES_PER_HOUR)).quantize(_DIFFERENCE, context=_ROUNDING)


def cost_difference(total: Decimal, quantity: Decimal, price: Decimal) -> Decimal:
    """Return `total` less the exact product of quantity and price, with 6 decimals."""
    over = _EXACT.subtract(total, _EXACT.multiply(quantity, price))
    return over.quantize(_DIFFERENCE, context=_ROUNDING)
