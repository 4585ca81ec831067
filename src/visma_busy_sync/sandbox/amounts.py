"""Money arithmetic of orders: exact, rounded half away from zero (vendor's changelog on rounding)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from visma_busy_sync.sandbox.jsontext import Json

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
PERCENT_MOST = 1000
_PRECISION = 200


def decimal(value: Json) -> Decimal:
    """Return a number as a Decimal; anything else counts as 0."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return Decimal(0)
    return Decimal(value)


def cents(value: Decimal, step: Decimal = CENT) -> Decimal:
    """Round to a step, half away from zero."""
    with localcontext(prec=_PRECISION):
        return value.quantize(step, ROUND_HALF_UP)


def row_amount(row: Mapping[str, Json]) -> Decimal:
    """Return quantity × unit price × (1 − discount), to 2 places."""
    with localcontext(prec=_PRECISION):
        share = 1 - decimal(row.get("DiscountPercentage"))
        return cents(decimal(row.get("Quantity")) * decimal(row.get("UnitPrice")) * share)


def vat_fraction(percent: Json) -> Decimal:
    """Return a VAT rate as a fraction. Rates are percents (25); a company file may hold 0.25 instead.

    A company file may hold anything; what can be no rate counts as 0, as a rate of -1 or 1E+300 cannot be
    reckoned with.
    """
    rate = decimal(percent)
    if not 0 <= rate <= PERCENT_MOST:
        return Decimal(0)
    with localcontext(prec=_PRECISION):
        return rate if rate <= 1 else rate / 100


@dataclass(frozen=True, slots=True)
class Totals:
    """An order's totals: with VAT and rounding, the VAT in it, the rounding in it."""

    amount: Decimal
    vat: Decimal
    rounding: Decimal


def totals(rows: Iterable[Mapping[str, Json]], *, includes_vat: bool, whole_units: bool) -> Totals:
    """Add up the rows. VAT is taken per rate. ``Amount`` is with VAT, as public clients send it."""
    by_rate: dict[Decimal, Decimal] = {}
    with localcontext(prec=_PRECISION):
        for row in rows:
            rate = vat_fraction(row.get("VatRate"))
            by_rate[rate] = by_rate.get(rate, ZERO) + decimal(row.get("Amount"))
        net = sum(by_rate.values(), ZERO)
        if includes_vat:
            vat = sum((cents(base * rate / (1 + rate)) for rate, base in by_rate.items()), ZERO)
            exact = net
        else:
            vat = sum((cents(base * rate) for rate, base in by_rate.items()), ZERO)
            exact = net + vat
        amount = cents(exact, Decimal(1)) if whole_units else exact
        return Totals(cents(amount), cents(vat), cents(amount - exact))
