"""Plain work to start from: one project with one customer, one work type at 1000 an hour, all approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

from visma_busy_sync.busy import (
    Approval,
    Customer,
    Expense,
    LeftOutReason,
    Order,
    Period,
    PriceMode,
    Prices,
    Product,
    Project,
    Task,
    TimeEntry,
    Work,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.eaccounting import models
from visma_busy_sync.orders import (
    Counterpart,
    LedgerEntry,
    OrderNotReady,
    OrderRequest,
    OrderTexts,
    ProblemCode,
    State,
    build,
    new_entry,
)

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
MARKER = "BY-ABCDEFGHIJKL.1"

REMOTE_CUSTOMER = "00000000-0000-4000-8000-000000000010"
REMOTE_PROJECT = "00000000-0000-4000-8000-000000000001"
ARTICLE_50 = "00000000-0000-4000-8000-000000000050"
ARTICLE_60 = "00000000-0000-4000-8000-000000000060"
ARTICLE_70 = "00000000-0000-4000-8000-000000000070"

PROJECT = Project(id="1", number="100", name="Website", customer="10")
SHARED = Project(id="1", name="Website", customer="10", allows_several_customers=True)
ADVICE = WorkType(id="5", name="Advice", product="50")
COACHING = WorkType(id="6", name="Coaching", product="60")
PRODUCTS = (Product(id="50", name="Consulting"), Product(id="60", name="Training"))
TASKS = (Task(id="80", name="Launch"), Task(id="81", name="Audit"))
FLAT = Prices(mode=PriceMode.PROJECT, project_rate=Decimal(1000))


def money(text: str) -> Decimal:
    return Decimal(text)


def hours(id: str = "e1", minutes: int = 60, **changes: Any) -> TimeEntry:
    """Return approved hours of work type 5 by member 7 on the 10th of November."""
    known: dict[str, Any] = {
        "work_type": "5",
        "member": "7",
        "start": NOON,
        "approval": Approval.APPROVED,
    }
    return TimeEntry(id=id, billable_minutes=minutes, **(known | changes))


def cost(id: str = "x1", price: str = "250", quantity: str = "1", **changes: Any) -> Expense:
    """Return an approved cost of product 60 on the 10th of November."""
    known: dict[str, Any] = {
        "date": date(2026, 11, 10),
        "product": "60",
        "approval": Approval.APPROVED,
        "comment": "Train",
    }
    return Expense(id=id, out_price=Decimal(price), quantity=Decimal(quantity), **(known | changes))


def work(*booked: TimeEntry | Expense, settings: Mapping[str, Any] | None = None, **changes: Any) -> Work:
    """Return work with the given hours and costs."""
    known: dict[str, Any] = {
        "project": PROJECT,
        "work_types": (ADVICE, COACHING),
        "products": PRODUCTS,
        "tasks": TASKS,
        "prices": FLAT,
        "settings": WorkSettings(**(settings or {})),
    }
    return Work(
        entries=tuple(one for one in booked if isinstance(one, TimeEntry)),
        expenses=tuple(one for one in booked if isinstance(one, Expense)),
        **(known | changes),
    )


def shared(*booked: TimeEntry | Expense, **changes: Any) -> Work:
    """Return work on a project that the customers 10 and 11 share."""
    customers = (Customer(id="10", name="Fjord AS"), Customer(id="11", name="Fjell AS"))
    known: dict[str, Any] = {"project": SHARED, "customers": customers}
    return work(*booked, **(known | changes))


def article(id: str, **changes: Any) -> models.Article:
    known: dict[str, Any] = {
        "is_active": True,
        "number": "1",
        "name": "Article name",
        "unit_id": models.UnitId("unit"),
        "unit_abbreviation": "h",
    }
    return models.Article(id=models.ArticleId(id), **(known | changes))


def company(**changes: Any) -> models.CompanySettings:
    return models.CompanySettings(
        **({"name": "Seller", "currency_code": "NOK", "country_code": "NO"} | changes)
    )


def remote_customer(**changes: Any) -> models.Customer:
    known: dict[str, Any] = {"name": "Fjord AS", "is_active": True}
    return models.Customer(id=models.CustomerId(REMOTE_CUSTOMER), **(known | changes))


def remote_project(status: models.ProjectStatus = models.ProjectStatus.ONGOING) -> models.Project:
    return models.Project(id=models.ProjectId(REMOTE_PROJECT), number="100", name="Website", status=status)


def counterpart(**changes: Any) -> Counterpart:
    """Return eAccounting's side: a domestic customer, the project ongoing, both products linked."""
    known: dict[str, Any] = {
        "company": company(),
        "company_id": "company",
        "customer": remote_customer(),
        "project": remote_project(),
        "articles": {"50": article(ARTICLE_50), "60": article(ARTICLE_60)},
    }
    return Counterpart(**(known | changes))


_TEXTS = {field.name for field in attrs.fields(OrderTexts)}
_ABOUT_THE_ORDER = {"order_id", "revision", "claimed", "fixed_billed", "marker_place"}


def request(**changes: Any) -> OrderRequest:
    """Return the request for an order of November."""
    texts = {name: changes.pop(name) for name in _TEXTS & changes.keys()}
    known: dict[str, Any] = {
        "period": NOVEMBER,
        "order_date": date(2026, 11, 30),
        "texts": OrderTexts(**texts),
    }
    return OrderRequest(**(known | changes))


def built(what: Work, other: Counterpart | None = None, **changes: Any) -> Order:
    """Return the order for `what` in November."""
    known = {"order_id": "order"} | {name: changes.pop(name) for name in _ABOUT_THE_ORDER & changes.keys()}
    return build(what, other if other is not None else counterpart(), request(**changes), **known)


def refusal(what: Work, other: Counterpart | None = None, **changes: Any) -> OrderNotReady:
    """Return why there is no order for `what`."""
    try:
        built(what, other, **changes)
    except OrderNotReady as error:
        return error
    raise AssertionError("the order was built")


def problems(what: Work, other: Counterpart | None = None, **changes: Any) -> list[tuple[ProblemCode, str]]:
    """Return the codes of the problems with what each is about."""
    found = refusal(what, other, **changes).problems
    return [(problem.code, str(problem.entity)) for problem in found]


def left_out(order: Order) -> dict[str, LeftOutReason]:
    """Return why each entry stayed out, by its claim key."""
    return {f"{one.kind}:{one.entry_id}": one.reason for one in order.left_out}


def lines(order: Order) -> list[tuple[str, str, str, str]]:
    """Return text, quantity, unit price and total of each line, as texts."""
    return [(line.text, str(line.quantity), str(line.unit_price), str(line.total)) for line in order.lines]


def entry_in(state: State, order: Order | None = None) -> LedgerEntry:
    """Return a ledger entry that is in `state`."""
    return attrs.evolve(new_entry(order or built(work(hours())), marker=MARKER), state=state)


def later(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def answer(order: Order, **changes: Any) -> models.Order:
    """Return `order` as eAccounting answers it, with 25 % VAT in the head's amount."""
    rows: Iterable[models.OrderRow] = (
        models.OrderRow(
            line_number=number,
            is_text_row=False,
            article_id=models.ArticleId(line.eaccounting_article),
            text=line.text,
            quantity=line.quantity,
            unit_price=line.unit_price,
            amount=line.total,
        )
        for number, line in enumerate(order.lines, 1)
    )
    vat = order.total * Decimal("0.25")
    known: dict[str, Any] = {
        "amount": order.total + vat,
        "vat_amount": vat,
        "rows": tuple(rows),
        "includes_vat": False,
        "status": models.OrderStatus.DRAFT,
    }
    return models.Order(
        id=models.OrderId("draft"),
        customer_id=models.CustomerId(REMOTE_CUSTOMER),
        **(known | changes),
    )
