"""Lines of an order as a person wants them, instead of what the rules would make of the work."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import Attribute, field, frozen

from visma_busy_sync.busy import _checks as check
from visma_busy_sync.busy._orders import EntryKind, GivenField, OrderLine, check_claim, claim_key

_COST = claim_key(EntryKind.EXPENSE, "")


def _claims(owner: GivenLine, attribute: Attribute[Any], value: tuple[str, ...]) -> None:
    name = check.label(owner, attribute)
    for claim in value:
        check_claim(name, claim)
    if len(set(value)) != len(value):
        raise ValueError(f"{name} must name each entry once")
    if len(value) > 1 and any(claim.startswith(_COST) for claim in value):
        raise ValueError(f"{name} must be hours, or one cost: costs stand on lines of their own")


def _sold(owner: GivenLine, attribute: Attribute[Any], value: str | None) -> None:
    if value is not None:
        check.check_key(check.label(owner, attribute), value)
        if owner.claims or owner.work_type is not None or owner.quantity is not None:
            raise ValueError(
                f"{check.label(owner, attribute)} bills a fixed price as it is: it takes no claims, no "
                "work_type and no quantity"
            )
    elif not owner.claims and owner.work_type is None and owner.product is None:
        raise ValueError(
            f"{type(owner).__name__} must say what it bills: claims, a work_type or product, or a fixed_price"
        )


@frozen(kw_only=True)
class GivenLine:
    """One line as a person wants it: changed price or text, a write-down, hours taken together.

    What is left out stays as the rules make it. There are three kinds:

    - With `claims`: these hours, or this one cost, stand on a line of their own and on no other.
    - Without: a plain line, which bills what was not booked; it needs a `work_type` or a `product`.
    - With `fixed_price`: how the fixed price of that work type is billed this time.

    Attributes:
        claims: The keys (`claim_key`) of the hours on the line, or of one cost.
        fixed_price: Busy's id of a work type with a fixed price on the project. Its `unit_price` is the
            amount that is billed this time; 0: nothing of it; None: all that is open.
        work_type: Busy's id of a work type, for a plain line: it gives product, price and text.
        product: Busy's id of the product that it is sold as.
        quantity: How many are billed, from 0, rounded to 4 decimals; None: the hours, the cost's number, or
            1 on a plain line.
        unit_price: The price of one without VAT, from 0, rounded as prices are. None: the price of the
            hours, or the average of their prices; on a plain line the project's price for the work type, of
            which there is none beside a fixed price and in the mode of members.
        text: What the customer reads; None or blank: the product's name if `product` is given (D28), else
            as without this line.

    Raises:
        TypeError, ValueError: If a value is of the wrong type or out of range, the claims are no hours and
            no single cost, or nothing is named that it bills.
    """

    claims: tuple[str, ...] = field(default=(), validator=[check.one_of(tuple), _claims])
    work_type: str | None = field(default=None, validator=check.optional_key)
    product: str | None = field(default=None, validator=check.optional_key)
    quantity: Decimal | None = field(default=None, validator=check.optional_from_zero)
    unit_price: Decimal | None = field(default=None, validator=check.optional_from_zero)
    text: str | None = field(default=None, repr=False, validator=check.optional_text)
    fixed_price: str | None = field(default=None, validator=_sold)

    @classmethod
    def of(
        cls,
        line: OrderLine,
        *,
        product: str | None = None,
        quantity: Decimal | None = None,
        unit_price: Decimal | None = None,
        text: str | None = None,
    ) -> GivenLine:
        """Return `line` of an order with some of it changed; what was given before stays given."""
        claims = tuple(part.claim for part in line.parts)
        fixed = line.work_type if line.is_fixed_price else None

        def kept(field: GivenField) -> Any:
            return getattr(line, field.value) if field in line.given else None

        return cls(
            claims=() if fixed is not None else claims,
            fixed_price=fixed,
            work_type=None if claims or fixed is not None else line.work_type,
            product=product or kept(GivenField.PRODUCT),
            quantity=quantity if quantity is not None else kept(GivenField.QUANTITY),
            unit_price=unit_price if unit_price is not None else kept(GivenField.UNIT_PRICE),
            text=text or kept(GivenField.TEXT),
        )
