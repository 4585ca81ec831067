"""What is asked of an order, beside what the rules make of the work."""

from __future__ import annotations

from datetime import date
from typing import Any, cast, final

from attrs import Attribute, field, frozen
from attrs.validators import optional

from visma_busy_sync.busy import GivenLine, Period
from visma_busy_sync.busy import _checks as check
from visma_busy_sync.busy._orders import check_claim
from visma_busy_sync.orders._limits import tidy


@final
@frozen(kw_only=True)
class OrderTexts:
    """What an order says beside its lines; None: the workspace's default, or nothing.

    Attributes:
        invoice_text: A text row before the lines; blank for none, whatever the default.
        our_reference: Who at the seller answers, at most 100 characters.
        your_reference: The customer's contact, at most 100 characters. The one of the two that the draft's
            marker ends (`Choices.marker_place`) has 82 at most, and 1 less for each further digit of the
            revision.
        buyers_order_reference: The buyer's own order number, at most 35 characters.

    Raises:
        TypeError: If one is no text.
        ValueError: If one holds half a character (a lone surrogate).
    """

    invoice_text: str | None = field(default=None, repr=False, validator=check.optional_text)
    our_reference: str | None = field(default=None, repr=False, validator=check.optional_text)
    your_reference: str | None = field(default=None, repr=False, validator=check.optional_text)
    buyers_order_reference: str | None = field(default=None, repr=False, validator=check.optional_text)

    def tidied(self, invoice_text: str | None) -> dict[str, str | None]:
        """Return the texts by their names, None where there is none; `invoice_text` is the default."""
        return {
            "invoice_text": tidy(invoice_text if self.invoice_text is None else self.invoice_text),
            "our_reference": tidy(self.our_reference),
            "your_reference": tidy(self.your_reference),
            "buyers_order_reference": tidy(self.buyers_order_reference),
        }


def _claims(owner: object, attribute: Attribute[Any], value: frozenset[str]) -> None:
    name = check.label(owner, attribute)
    if not isinstance(cast("object", value), frozenset):
        raise TypeError(f"{name} must be a frozenset of claim keys, not {type(value).__name__}")
    for claim in value:
        check_claim(name, claim)


@final
@frozen(kw_only=True)
class OrderRequest:
    """What is asked of an order, beside what the rules make of the work.

    Attributes:
        period: The days whose work is billed, local dates.
        order_date: The date of the order.
        customer: Busy's id of the customer; may be left out only where the project has one (D23).
        only: The claim keys of the hours and costs that were chosen; None: all that is eligible. Where some
            were chosen, a fixed price comes along only as a given line, as it does on an order for another of
            several customers than the project's own.
        lines: Lines as a person wants them, instead of what the rules would make.
        texts: What the order says beside its lines.
    """

    period: Period = field(validator=check.one_of(Period))
    order_date: date = field(validator=check.day)
    customer: str | None = field(default=None, validator=check.optional_key)
    only: frozenset[str] | None = field(default=None, validator=optional(_claims))
    lines: tuple[GivenLine, ...] = field(default=(), validator=check.all_of(GivenLine))
    texts: OrderTexts = field(factory=OrderTexts, validator=check.one_of(OrderTexts))
