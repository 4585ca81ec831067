"""The orders of the built-in company, taken by the same desk that takes everybody's."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from visma_busy_sync.sandbox.clock import Clock
from visma_busy_sync.sandbox.company import Company, Record
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.orderlife import shipped
from visma_busy_sync.sandbox.orders import SHIPPED, OrderDesk, rows_of
from visma_busy_sync.sandbox.profile import Profile

SeedId = Callable[[str, str | int], str]
_BUSINESS: Final[Mapping[str, Json]] = {
    "BuyersOrderReference": "PO-2026-0815",
    "DeliveryMethodCode": "BIL",
    "DeliveryMethodName": "Egen bil",
    "DeliveryTermCode": "FRITT",
    "DeliveryTermName": "Fritt levert",
}

# Customer number, project number, day, status, rows: article number and quantity, or a text.
_ORDERS: Final[tuple[tuple[str, str | None, str, int, tuple[tuple[str, str] | str, ...]], ...]] = (
    ("10001", "0001", "2026-08-31", 4, ("Timer i august", ("104", "37.5"), ("105", "22.25"), ("0201", "40"))),
    ("10002", "0002", "2026-09-15", 3, (("107", "8"), ("207", "125.5"))),
    ("10006", "1008", "2026-09-30", 2, ("Prosjektledelse i september", ("101", "16.75"), ("111", "3.5"))),
    ("10042", None, "2026-10-02", 2, (("108", "21"), ("205", "3"))),
    ("10011", "0003", "2026-10-15", 1, (("100", "12.3333"), ("214", "184"))),
    ("10060", None, "2026-10-31", 1, ("Hours in October", ("102", "40"))),
    ("10003", "1009", "2026-11-02", 1, (("209", "18"), ("213", "2"), ("116", "4"))),
)


def seed_orders(company: Company, seed_id: SeedId) -> None:
    """Add the orders; ids and stamps are fixed like everything else in the company."""
    desk = OrderDesk(company, Profile(), Clock())
    for place, (customer, project, day, status, rows) in enumerate(_ORDERS):
        body = _body(company, seed_id("customers", customer), day, min(status, 2))
        project_id = None if project is None else seed_id("projects", project)
        body["Rows"] = [
            _text_row(line, row)
            if isinstance(row, str)
            else _article_row(company, line, row, project_id, seed_id)
            for line, row in enumerate(rows)
        ]
        order = desk.create(body)
        company.remove("orders", str(order["Id"]))
        company.put("orders", _settled(order, place, day, status, seed_id))


def _body(company: Company, customer_id: str, day: str, status: int) -> dict[str, Json]:
    customer = company.find("customers", customer_id) or {}
    return {
        "CustomerId": customer_id,
        "CurrencyCode": customer.get("CurrencyCode"),
        "OrderDate": day,
        "Status": status,
        "EuThirdParty": False,
        "ReverseChargeOnConstructionServices": False,
        "RotReducedInvoicingType": 0,
        "YourReference": customer.get("ContactPersonName"),
        "OurReference": company.settings.get("OurReference"),
        # Only a business has an order number of its own and takes deliveries.
        **(_BUSINESS if customer.get("CorporateIdentityNumber") else {}),
    }


def _text_row(line: int, text: str) -> dict[str, Json]:
    return {
        "LineNumber": line,
        "IsTextRow": True,
        "Text": text,
        "IsWorkCost": False,
        "EligibleForReverseChargeOnVat": False,
    }


def _article_row(
    company: Company, line: int, row: tuple[str, str], project_id: str | None, seed_id: SeedId
) -> dict[str, Json]:
    number, quantity = row
    article = company.find("articles", seed_id("articles", number)) or {}
    return {
        "LineNumber": line,
        "IsTextRow": False,
        "ArticleId": article.get("Id"),
        "UnitPrice": article.get("NetPrice"),
        "Quantity": Decimal(quantity),
        "ProjectId": project_id,
        "IsWorkCost": False,
        "EligibleForReverseChargeOnVat": False,
    }


def _settled(order: Record, place: int, day: str, status: int, seed_id: SeedId) -> Record:
    stamp = f"{day}T12:{place:02}:00.000000Z"
    settled = shipped(order, date.fromisoformat(day)) if status >= SHIPPED else order
    return {
        **settled,
        "Id": seed_id("orders", place),
        "Status": status,
        "CreatedUtc": stamp,
        "ModifiedUtc": stamp,
        "Rows": [
            {**row, "Id": seed_id("orderrows", f"{place}/{line}")}
            for line, row in enumerate(rows_of(settled))
        ],
    }
