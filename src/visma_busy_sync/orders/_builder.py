"""The order builder: booked work, and what eAccounting knows about it, become one frozen order.

It answers for the rules of what is billed, at which price, in which lines (R13 to R19, R25, R26, D18 to
D25). It reads nothing and sends nothing: whoever calls it has read both sides, and the claims of other
orders. Either everything is right and there is an order, or every problem is listed at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, TypedDict

from attrs import field, frozen

from visma_busy_sync.busy import LeftOut, Order, OrderLine, Period, Work
from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting.models._lengths import (
    BUYERS_REFERENCE_LENGTH,
    REFERENCE_LENGTH,
    TEXT_LENGTH,
    length,
)
from visma_busy_sync.orders._eligibility import Sifted, decide_customer, sift
from visma_busy_sync.orders._errors import OrderNotReady
from visma_busy_sync.orders._limits import tidy
from visma_busy_sync.orders._lines import LineMaker
from visma_busy_sync.orders._problems import Entity, ProblemCode, Problems, told_left_out
from visma_busy_sync.orders._rounding import DOMESTIC_DECIMALS, FOREIGN_DECIMALS, ROUNDING_RULES


def _copy(articles: Mapping[str, models.Article | None]) -> Mapping[str, models.Article | None]:
    return dict(articles)


@frozen(kw_only=True)
class Counterpart:
    """What eAccounting knows of the things that an order is about, read by the use case.

    Attributes:
        company: The connected company.
        company_id: The id under which links and orders name it.
        customer: The customer that Busy's customer is linked to; None if it is linked to none, or that
            one is gone.
        project: The project that Busy's project is linked to; None if it is linked to none, or that one
            is gone. Linked to none, the rows have no project.
        articles: By Busy's id of a product, the article that it is linked to; None if it is linked to
            none, or that one is gone.
        gone: What of Busy's (`project`, `customer`, `product`) is linked to something that eAccounting no
            longer has.
    """

    company: models.CompanySettings
    company_id: str
    customer: models.Customer | None
    project: models.Project | None = None
    articles: Mapping[str, models.Article | None] = field(converter=_copy, repr=False)
    gone: frozenset[Entity] = frozenset()


def customer_of(work: Work, customer: str | None = None) -> str:
    """Return Busy's id of the customer that an order for `work` is for (D23).

    Args:
        work: The work.
        customer: The chosen customer; may be left out only where the project has one.

    Raises:
        OrderNotReady: If the project has none, or several and none was chosen, or does not have this one.
    """
    decided = decide_customer(work, customer)
    if isinstance(decided, str):
        return decided
    raise OrderNotReady([decided])


def products_needed(work: Work, period: Period, customer: str | None = None) -> frozenset[str]:
    """Return Busy's ids of the products whose articles must be read to build this order.

    Claims are not known here, so it may name a product that in the end no line has.

    Raises:
        OrderNotReady: If the customer cannot be decided.
    """
    sifted = sift(work, period, customer_of(work, customer), frozenset())
    product_of = {work_type.id: work_type.product for work_type in work.work_types}
    fallback = work.settings.fallback_product
    needed = {product_of.get(hours.entry.work_type or "") or fallback for hours in sifted.hours}
    needed |= {
        cost.expense.product or product_of.get(cost.work_type or "") or fallback for cost in sifted.costs
    }
    return frozenset(product for product in needed if product is not None)


def build(
    work: Work,
    counterpart: Counterpart,
    *,
    period: Period,
    order_id: str,
    revision: int,
    order_date: date,
    claimed: frozenset[str],
    customer: str | None = None,
    invoice_text: str | None = None,
    our_reference: str | None = None,
    your_reference: str | None = None,
    buyers_order_reference: str | None = None,
) -> Order:
    """Build the order for the work of one project and customer in a period.

    Args:
        work: The work on the project.
        counterpart: What eAccounting knows of it.
        period: The days whose work is billed, local dates.
        order_id: The id that the order gets.
        revision: Its revision, from 1.
        order_date: Its date.
        claimed: The claim keys (`claim_key`) of everything that is on other orders.
        customer: Busy's id of the customer; may be left out only where the project has one (D23).
        invoice_text: Instead of the settings' invoice text; blank for none.
        our_reference: Who at the seller answers, at most 100 characters.
        your_reference: The customer's contact, at most 100 characters.
        buyers_order_reference: The buyer's own order number, at most 35 characters.

    Raises:
        OrderNotReady: With every problem that was found.
    """
    texts = {
        "invoice_text": tidy(work.settings.invoice_text if invoice_text is None else invoice_text),
        "our_reference": tidy(our_reference),
        "your_reference": tidy(your_reference),
        "buyers_order_reference": tidy(buyers_order_reference),
    }
    bill = _bill(work, counterpart, period, customer, claimed, order_id, texts)
    return Order(
        id=order_id,
        revision=revision,
        company_id=counterpart.company_id,
        project=work.project.id,
        order_date=order_date,
        period=period,
        rounding_rules=ROUNDING_RULES,
        **texts,
        **bill,
    )


class _Bill(TypedDict):
    """The fields of an order that come of the work and the counterpart."""

    customer: str
    eaccounting_project: str | None
    eaccounting_customer: str
    currency: str
    lines: tuple[OrderLine, ...]
    left_out: tuple[LeftOut, ...]


def _bill(
    work: Work,
    counterpart: Counterpart,
    period: Period,
    customer: str | None,
    claimed: frozenset[str],
    order_id: str,
    texts: Mapping[str, str | None],
) -> _Bill:
    """Work out what is billed to whom, or raise every problem that is in the way."""
    problems = Problems(counterpart.gone)
    _check_texts(texts, order_id, problems)
    decided = decide_customer(work, customer)
    billed = decided if isinstance(decided, str) else None
    currency = _check_counterpart(work, counterpart, billed, problems)
    if not isinstance(decided, str):
        problems.extend([decided])
        raise OrderNotReady(problems.listed())
    sifted = sift(work, period, decided, claimed)
    decimals = FOREIGN_DECIMALS if _is_foreign(counterpart, currency) else DOMESTIC_DECIMALS
    maker = LineMaker(work, counterpart.articles, price_decimals=decimals, problems=problems)
    lines = maker.lines(sifted)
    _check_size(work, period, sifted, lines, texts["invoice_text"], problems)
    found = problems.listed()
    if found or currency is None or counterpart.customer is None:
        raise OrderNotReady(found, left_out=sifted.left_out)
    return _Bill(
        customer=decided,
        eaccounting_project=counterpart.project.id if counterpart.project is not None else None,
        eaccounting_customer=counterpart.customer.id,
        currency=currency,
        lines=lines,
        left_out=sifted.left_out,
    )


def _check_counterpart(
    work: Work, counterpart: Counterpart, billed: str | None, problems: Problems
) -> str | None:
    """Take note of what is wrong around the work, and return the currency of its prices."""
    project = counterpart.project
    if not work.project.is_billable:
        problems.add(ProblemCode.PROJECT_NOT_BILLABLE, "project", work.project.id)
    if project is not None and project.status == models.ProjectStatus.FINISHED:
        problems.add(ProblemCode.PROJECT_FINISHED, "project", work.project.id)
    if Entity("project", work.project.id) in counterpart.gone:
        problems.add(ProblemCode.PROJECT_GONE, "project", work.project.id)
    companys = _code(counterpart.company.currency_code)
    prices = work.prices.currency or companys
    if prices is None:
        problems.add(ProblemCode.CURRENCY_UNKNOWN, "company", counterpart.company_id)
    if billed is not None:
        _check_customer(counterpart.customer, billed, prices, companys, problems)
    return prices


def _check_customer(
    customer: models.Customer | None,
    billed: str,
    prices: str | None,
    companys: str | None,
    problems: Problems,
) -> None:
    if customer is None:
        problems.add(ProblemCode.CUSTOMER_NOT_LINKED, "customer", billed)
        return
    if not customer.is_active:
        problems.add(ProblemCode.CUSTOMER_INACTIVE, "customer", billed)
    customers = _code(customer.currency_code) or companys
    if customers is not None and prices is not None and customers != prices:
        problems.add(ProblemCode.CURRENCY_DIFFERS, "customer", billed, prices=prices, customer=customers)


def _is_foreign(counterpart: Counterpart, currency: str | None) -> bool:
    """Tell whether eAccounting takes 4 decimals: another currency or country; unknown is domestic."""
    company, customer = counterpart.company, counterpart.customer
    if _code(company.currency_code) not in {None, currency}:
        return True
    customers = _code(customer.invoice_country_code) if customer is not None else None
    companys = _code(company.country_code)
    return customers is not None and companys is not None and customers != companys


def _code(code: str | models.Unset | None) -> str | None:
    """Return a currency or country of eAccounting in one form; None if it states none."""
    return (code or "").strip().upper() or None


_LONGEST: Final = {
    "invoice_text": (ProblemCode.TEXT_TOO_LONG, TEXT_LENGTH),
    "our_reference": (ProblemCode.REFERENCE_TOO_LONG, REFERENCE_LENGTH),
    "your_reference": (ProblemCode.REFERENCE_TOO_LONG, REFERENCE_LENGTH),
    "buyers_order_reference": (ProblemCode.REFERENCE_TOO_LONG, BUYERS_REFERENCE_LENGTH),
}


def _check_texts(texts: Mapping[str, str | None], order_id: str, problems: Problems) -> None:
    for name, text in texts.items():
        code, longest = _LONGEST[name]
        size = length(text or "")
        if size > longest:
            problems.add(code, "order", order_id, reference=name, length=size, longest=longest)


def _check_size(
    work: Work,
    period: Period,
    sifted: Sifted,
    lines: tuple[OrderLine, ...],
    invoice_text: str | None,
    problems: Problems,
) -> None:
    rows = len(lines) + (invoice_text is not None)
    if rows > work.settings.max_rows:
        problems.add(
            ProblemCode.TOO_MANY_ROWS, "project", work.project.id, rows=rows, most=work.settings.max_rows
        )
    if not sifted.hours and not sifted.costs:
        problems.add(
            ProblemCode.NOTHING_TO_BILL,
            "project",
            work.project.id,
            first=period.first,
            last=period.last,
            entries=told_left_out(sifted.left_out),
        )
