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

from attrs import frozen

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
_MINUTES_PER_HOUR: Final = Decimal(60)

# Factors have at most 22 digits, their products 44, and sums of a million of them 50.
_EXACT: Final = Context(prec=100, traps=[Inexact, InvalidOperation])
_ROUNDING: Final = Context(prec=100, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero])


def hours(minutes: int) -> Decimal:
    """Return `minutes` (from 0) as hours with 4 decimals."""
    steps = (2 * minutes * _QUANTITY_STEPS + 60) // 120
    return Decimal(steps).scaleb(-4, _EXACT)


def quantity(value: Decimal) -> Decimal:
    """Return a number of things with 4 decimals."""
    return value.quantize(_QUANTITY, context=_ROUNDING)


def unit_price(rate: Decimal, decimals: int) -> Decimal:
    """Return a rate as it is sent."""
    return rate.quantize(Decimal(1).scaleb(-decimals, _EXACT), context=_ROUNDING)


def line_total(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """Return what a line costs: its quantity times its unit price, with 2 decimals."""
    return cents(_EXACT.multiply(quantity, unit_price))


def cents(amount: Decimal) -> Decimal:
    """Return an amount with 2 decimals."""
    return amount.quantize(_CENT, context=_ROUNDING)


def added(one: Decimal, other: Decimal) -> Decimal:
    """Return the exact sum."""
    return _EXACT.add(one, other)


def subtracted(one: Decimal, other: Decimal) -> Decimal:
    """Return the exact difference."""
    return _EXACT.subtract(one, other)


def hourly(total: Decimal, minutes: int) -> Decimal:
    """Return what an hour comes to if `minutes` (from 1) cost `total`, with 4 decimals."""
    sixtieths = _EXACT.multiply(total, _MINUTES_PER_HOUR)
    return _ROUNDING.divide(sixtieths, Decimal(minutes)).quantize(_QUANTITY, context=_ROUNDING)


@frozen
class Exact:
    """An amount before it was rounded, as a fraction: thirds of an hour have no exact decimal.

    Attributes:
        over: What is divided.
        under: By what, above 0.
    """

    over: Decimal
    under: Decimal

    def times(self, factor: Decimal) -> Exact:
        """Return the amount times `factor`."""
        return Exact(_EXACT.multiply(self.over, factor), self.under)

    def rounded(self, decimals: int) -> Decimal:
        """Return the amount with so many decimals."""
        step = Decimal(1).scaleb(-decimals, _EXACT)
        return _ROUNDING.divide(self.over, self.under).quantize(step, context=_ROUNDING)

    def difference(self, total: Decimal) -> Decimal:
        """Return `total` less the amount, with 6 decimals."""
        over = _EXACT.subtract(_EXACT.multiply(total, self.under), self.over)
        return _ROUNDING.divide(over, self.under).quantize(_DIFFERENCE, context=_ROUNDING)


def worth_of_hours(minutes: Mapping[Decimal, int]) -> Exact:
    """Return the exact sum of the minutes at each rate per hour."""
    sixtieths = Decimal(0)
    for rate, at_rate in minutes.items():
        sixtieths = _EXACT.add(sixtieths, _EXACT.multiply(Decimal(at_rate), rate))
    return Exact(sixtieths, _MINUTES_PER_HOUR)


def worth_of_cost(quantity: Decimal, price: Decimal) -> Exact:
    """Return the exact product of quantity and price."""
    return Exact(_EXACT.multiply(quantity, price), Decimal(1))
