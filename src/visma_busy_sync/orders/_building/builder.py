"""The order builder: booked work, and what eAccounting knows about it, become one frozen order.

It answers for the rules of what is billed, at which price, in which lines (R13 to R19, R25, R26, D18 to
D25). It reads nothing and sends nothing: whoever calls it has read both sides, and the claims of other
orders. Either everything is right and there is an order, or every problem is listed at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

from visma_busy_sync.busy import EntryKind, Order, OrderLine, TimeEntry, Work, claim_key
from visma_busy_sync.busy._canonical import decimal_text
from visma_busy_sync.busy._orders import exact_sum
from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting.models._lengths import (
    BUYERS_REFERENCE_LENGTH,
    REFERENCE_LENGTH,
    TEXT_LENGTH,
    length,
)
from visma_busy_sync.orders._building.articles import Articles, product_of_fixed_price, product_of_hours
from visma_busy_sync.orders._building.draft import MarkerPlace, longest_reference
from visma_busy_sync.orders._building.eligibility import (
    Choice,
    Sifted,
    customer_of_fixed_prices,
    decide_customer,
    sift,
)
from visma_busy_sync.orders._building.fixed_prices import FixedBills, fixed_bills
from visma_busy_sync.orders._building.lines import order_lines
from visma_busy_sync.orders._building.request import OrderRequest
from visma_busy_sync.orders._building.terms import Terms
from visma_busy_sync.orders._errors import OrderNotReady
from visma_busy_sync.orders._problems import (
    Entity,
    Problem,
    ProblemCode,
    Problems,
    told_left_out,
    told_reason,
)
from visma_busy_sync.orders._rounding import DOMESTIC_DECIMALS, FOREIGN_DECIMALS, ROUNDING_RULES

_NO_AMOUNTS: Final[Mapping[str, Decimal]] = MappingProxyType({})


def _copy_articles(articles: Mapping[str, models.Article | None]) -> Mapping[str, models.Article | None]:
    return dict(articles)


def _copy_codings(
    codings: Mapping[str, models.ArticleAccountCoding | None],
) -> Mapping[str, models.ArticleAccountCoding | None]:
    return dict(codings)


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
        codings: The articles' codings by eAccounting's ids, for VAT and sales accounts; None or absent where
            they could not be read: then both are left to eAccounting.
        gone: What of Busy's (`project`, `customer`, `product`) is linked to something that eAccounting no
            longer has.
    """

    company: models.CompanySettings
    company_id: str
    customer: models.Customer | None
    project: models.Project | None = None
    articles: Mapping[str, models.Article | None] = field(converter=_copy_articles, repr=False)
    codings: Mapping[str, models.ArticleAccountCoding | None] = field(
        factory=dict[str, "models.ArticleAccountCoding | None"], converter=_copy_codings, repr=False
    )
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


def products_needed(work: Work, request: OrderRequest, *, order_id: str) -> frozenset[str]:
    """Return Busy's ids of the products whose articles must be read to build this order.

    Claims are not known here, so it may name a product that in the end no line has.

    Args:
        work: The work.
        request: What is asked of the order.
        order_id: The id that the order gets: what Busy has on it already is billed by it.

    Raises:
        OrderNotReady: If the customer cannot be decided.
    """
    customer = customer_of(work, request.customer)
    sifted = sift(work, _choice(request, customer, order_id=order_id, claimed=frozenset()))
    types = {work_type.id: work_type for work_type in work.work_types}
    fallback = work.settings.fallback_product
    of_hours = {id: product_of_hours(work, work_type) for id, work_type in types.items()}
    named = {entry.work_type for entry, _ in sifted.hours} | {line.work_type for line in request.lines}
    needed = {of_hours.get(work_type or "", fallback) for work_type in named}
    needed |= {cost.expense.product or of_hours.get(cost.work_type or "", fallback) for cost in sifted.costs}
    needed |= {line.product for line in request.lines}
    needed |= {
        product_of_fixed_price(work, types[fixed.work_type])
        for fixed in work.prices.fixed_prices
        if fixed.work_type in types
    }
    return frozenset(product for product in needed if product is not None)


@frozen(kw_only=True)
class Assessment:
    """What the rules make of the work: an order, or all that is in its way.

    Attributes:
        order: The order; None where there are problems.
        problems: Every problem that was found.
        currency: The currency of the prices; None where nobody states one.
        sifted: What is billed and what is not; None where the customer is not decided, on whom it depends.
        fixed: What is billed of the project's fixed prices; what is open of them while the customer is not
            decided.
    """

    order: Order | None
    problems: tuple[Problem, ...]
    currency: str | None
    fixed: FixedBills = field(repr=False)
    sifted: Sifted | None = field(default=None, repr=False)


def build(
    work: Work,
    counterpart: Counterpart,
    request: OrderRequest,
    *,
    order_id: str,
    revision: int = 1,
    claimed: frozenset[str] = frozenset(),
    fixed_billed: Mapping[str, Decimal] = _NO_AMOUNTS,
    marker_place: MarkerPlace = MarkerPlace.OUR_REFERENCE,
) -> Order:
    """Build the order for the work of one project and customer in a period.

    Args:
        work: The work on the project.
        counterpart: What eAccounting knows of it.
        request: What is asked of the order.
        order_id: The id that the order gets.
        revision: Its revision, from 1.
        claimed: The claim keys (`claim_key`) of everything that is on other orders.
        fixed_billed: By Busy's id of a work type, what other orders of this library bill of its fixed price
            on the project.
        marker_place: The reference that needs room for the draft's marker.

    Raises:
        OrderNotReady: With every problem that was found.
    """
    found = assess(
        work,
        counterpart,
        request,
        order_id=order_id,
        revision=revision,
        claimed=claimed,
        fixed_billed=fixed_billed,
        marker_place=marker_place,
    )
    if found.order is None:
        raise OrderNotReady(found.problems, left_out=found.sifted.left_out if found.sifted else ())
    return found.order


def assess(
    work: Work,
    counterpart: Counterpart,
    request: OrderRequest,
    *,
    order_id: str,
    revision: int = 1,
    claimed: frozenset[str] = frozenset(),
    fixed_billed: Mapping[str, Decimal] = _NO_AMOUNTS,
    marker_place: MarkerPlace = MarkerPlace.OUR_REFERENCE,
) -> Assessment:
    """Return what `build` makes of the work with the same arguments, also where that is no order."""
    problems = Problems(counterpart.gone)
    texts = request.texts.tidied(work.settings.invoice_text)
    _check_texts(texts, {**_LONGEST, marker_place: longest_reference(revision)}, order_id, problems)
    decided = decide_customer(work, request.customer)
    billed = decided if isinstance(decided, str) else None
    currency = _check_counterpart(work, counterpart, billed, problems)
    fixed = _fixed(work, request, billed, fixed_billed, problems)
    if not isinstance(decided, str):
        problems.extend([decided])
        return Assessment(order=None, problems=problems.listed(), currency=currency, fixed=fixed)
    choice = _choice(request, decided, order_id=order_id, claimed=claimed, idle=fixed.idle)
    sifted = sift(work, choice)
    _check_chosen(request, sifted, problems)
    lines = order_lines(_terms(work, counterpart, currency, problems), sifted, request.lines, fixed)
    _check_size(work, request, sifted, fixed, lines, texts["invoice_text"], problems)
    order = None
    found = problems.listed()
    if not found and currency is not None and counterpart.customer is not None:
        order = Order(
            id=order_id,
            revision=revision,
            company_id=counterpart.company_id,
            project=work.project.id,
            customer=decided,
            eaccounting_project=counterpart.project.id if counterpart.project is not None else None,
            eaccounting_customer=counterpart.customer.id,
            currency=currency,
            order_date=request.order_date,
            period=request.period,
            lines=lines,
            invoice_text=texts["invoice_text"],
            our_reference=texts["our_reference"],
            your_reference=texts["your_reference"],
            buyers_order_reference=texts["buyers_order_reference"],
            left_out=sifted.left_out,
            rounding_rules=ROUNDING_RULES,
        )
    return Assessment(order=order, problems=found, currency=currency, sifted=sifted, fixed=fixed)


def _fixed(
    work: Work,
    request: OrderRequest,
    customer: str | None,
    billed: Mapping[str, Decimal],
    problems: Problems,
) -> FixedBills:
    """Return what is billed of the fixed prices; while nobody knows for whom, all that is open."""
    anothers = customer is not None and customer != customer_of_fixed_prices(work)
    return fixed_bills(
        work.prices,
        {work_type.id: work_type for work_type in work.work_types},
        request.lines,
        billed,
        only_given=anothers or request.only is not None,
        free=work.settings.allow_free_lines,
        problems=problems,
    )


def _choice(
    request: OrderRequest,
    customer: str,
    *,
    order_id: str,
    claimed: frozenset[str],
    idle: frozenset[str] = frozenset(),
) -> Choice:
    """Return what is chosen; hours of `idle` work types stay out unless a given line bills them."""
    named = {claim for line in request.lines for claim in line.claims} if idle else set[str]()

    def consumed(entry: TimeEntry) -> bool:
        return entry.work_type in idle and claim_key(EntryKind.ENTRY, entry.id) not in named

    return Choice(
        period=request.period,
        customer=customer,
        order_id=order_id,
        claimed=claimed,
        only=request.only,
        consumed=consumed if idle else None,
    )


def _terms(work: Work, counterpart: Counterpart, currency: str | None, problems: Problems) -> Terms:
    foreign = _is_foreign_customer(counterpart)
    foreign_prices = foreign or _code(counterpart.company.currency_code) not in {None, currency}
    articles = Articles(work, counterpart.articles, counterpart.codings, foreign=foreign, problems=problems)
    decimals = FOREIGN_DECIMALS if foreign_prices else DOMESTIC_DECIMALS
    return Terms(work, articles, price_decimals=decimals, problems=problems)


def _check_chosen(request: OrderRequest, sifted: Sifted, problems: Problems) -> None:
    """Take note of what was chosen, or put on a given line, and is not billed: the sum would be wrong."""
    if not request.lines and request.only is None:
        return
    billed = {claim_key(EntryKind.ENTRY, entry.id) for entry, _ in sifted.hours}
    billed |= {claim_key(EntryKind.EXPENSE, cost.expense.id) for cost in sifted.costs}
    reasons = {claim_key(one.kind, one.entry_id): one.reason for one in sifted.left_out}
    seen: set[str] = set()
    for line in request.lines:
        for claim in line.claims:
            if claim in seen:
                problems.add(ProblemCode.LINES_OVERLAP, *claim.split(":", 1))
            seen.add(claim)
    for claim in sorted((seen | (request.only or frozenset())) - billed):
        kind, id = claim.split(":", 1)
        problems.add(ProblemCode.ENTRY_LEFT_OUT, kind, id, reason=told_reason(reasons.get(claim)))


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


def _is_foreign_customer(counterpart: Counterpart) -> bool:
    """Tell whether the customer is invoiced in another country; unknown is domestic."""
    company, customer = counterpart.company, counterpart.customer
    customers = _code(customer.invoice_country_code) if customer is not None else None
    companys = _code(company.country_code)
    return customers is not None and companys is not None and customers != companys


def _code(code: str | models.Unset | None) -> str | None:
    """Return a currency or country of eAccounting in one form; None if it states none."""
    return (code or "").strip().upper() or None


_LONGEST: Final[Mapping[str, int]] = {
    "invoice_text": TEXT_LENGTH,
    "our_reference": REFERENCE_LENGTH,
    "your_reference": REFERENCE_LENGTH,
    "buyers_order_reference": BUYERS_REFERENCE_LENGTH,
}


def _check_texts(
    texts: Mapping[str, str | None], most: Mapping[str, int], order_id: str, problems: Problems
) -> None:
    for name, text in texts.items():
        size, longest = length(text or ""), most[name]
        if size > longest:
            is_text = name == "invoice_text"
            code = ProblemCode.TEXT_TOO_LONG if is_text else ProblemCode.REFERENCE_TOO_LONG
            problems.add(code, "order", order_id, reference=name, length=size, longest=longest)


def _check_size(
    work: Work,
    request: OrderRequest,
    sifted: Sifted,
    fixed: FixedBills,
    lines: tuple[OrderLine, ...],
    invoice_text: str | None,
    problems: Problems,
) -> None:
    rows = len(lines) + (invoice_text is not None)
    if rows > work.settings.max_rows:
        problems.add(
            ProblemCode.TOO_MANY_ROWS, "project", work.project.id, rows=rows, most=work.settings.max_rows
        )
    # A line that is below 0 by its price is a problem of its own.
    total = exact_sum(line.total for line in lines if line.unit_price >= 0)
    if total < 0:
        problems.add(ProblemCode.NEGATIVE_TOTAL, "project", work.project.id, total=decimal_text(total))
    plain = any(not line.claims and line.fixed_price is None for line in request.lines)
    if not (sifted.hours or sifted.costs or fixed.bills or plain):
        problems.add(
            ProblemCode.NOTHING_TO_BILL,
            "project",
            work.project.id,
            first=request.period.first,
            last=request.period.last,
            entries=told_left_out(sifted.left_out),
        )
