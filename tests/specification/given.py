"""An order of a consultancy with the work behind it: hours of two members, a fixed price, a cost."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs

from visma_busy_sync.busy import (
    EntryKind,
    Exclusion,
    GivenField,
    LeftOut,
    LeftOutReason,
    LinePart,
    Member,
    Order,
    OrderLine,
    Period,
    PriceMode,
    Prices,
    PriceSource,
    Project,
    Task,
    TimeEntry,
    Work,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.orders import HoursSpecification, hours_specification

MEMBERS = ("Kari Nordmann", "Ola Østby")
COMMENT = "Møte med styret"


def money(text: str) -> Decimal:
    return Decimal(text)


def part(id: str, day: int, minutes: int | None, price: str | None, **changes: Any) -> LinePart:
    """Return hours of work type 5 in November."""
    known: dict[str, Any] = {
        "kind": EntryKind.ENTRY,
        "day": date(2026, 11, day),
        "work_type": "5",
        "quantity": None,
        "price": None if price is None else money(price),
        "price_source": PriceSource.WORK_TYPE,
    }
    return LinePart(id=id, minutes=minutes, **(known | changes))


def line(text: str, quantity: str, unit_price: str, *parts: LinePart, **changes: Any) -> OrderLine:
    known: dict[str, Any] = {
        "unit": "time",
        "total": (money(quantity) * money(unit_price)).quantize(money("0.01")),
        "rounding_difference": money("0"),
        "price_source": PriceSource.WORK_TYPE,
        "product": "50",
        "eaccounting_article": "a",
        "vat_rate": money("25"),
    }
    return OrderLine(
        text=text,
        quantity=money(quantity),
        unit_price=money(unit_price),
        parts=parts,
        **(known | changes),
    )


def lines() -> tuple[OrderLine, ...]:
    """Return hours, hours that were written down, a fixed price in part, a cost, a plain line."""
    cost = part("x1", 4, None, "189.90", kind=EntryKind.EXPENSE, quantity=money("2"))
    return (
        line(
            "Rådgivning",
            "3.3333",
            "1250.00",
            part("e1", 3, 150, "1250"),
            part("e2", 12, 50, "1250"),
            rounding_difference=money("-0.041667"),
        ),
        line(
            "Workshop",
            "2",
            "900.00",
            part("e3", 5, 90, "1250", derived_price=money("900")),
            part("e4", 6, 30, "1250", derived_price=money("900")),
            given=(GivenField.UNIT_PRICE,),
            price_source=PriceSource.GIVEN,
        ),
        line(
            "Nytt nettsted",
            "1",
            "6000.00",
            part("e5", 7, 180, None, derived_price=money("2000"), price_source=PriceSource.FIXED_PRICE),
            price_source=PriceSource.FIXED_PRICE,
            billed_before=money("3000"),
        ),
        line(
            "Bompenger", "2", "189.90", cost, unit="stk", price_source=PriceSource.COST, vat_rate=money("12")
        ),
        line("Lisens", "1", "490.00", unit="stk", price_source=PriceSource.GIVEN),
    )


def order(*billed: OrderLine, **changes: Any) -> Order:
    known: dict[str, Any] = {
        "revision": 1,
        "company_id": "c",
        "project": "1",
        "customer": "10",
        "eaccounting_customer": "k",
        "currency": "NOK",
        "order_date": date(2026, 11, 30),
        "period": Period(date(2026, 11, 1), date(2026, 11, 30)),
        "lines": billed or lines(),
        "buyers_order_reference": "PO-77",
        "left_out": (LeftOut("e8", LeftOutReason.EXCLUDED, exclusion=Exclusion.OTHER),),
        "rounding_rules": 1,
    }
    return Order(id="o-1", **(known | changes))


def work(*, names_in_texts: bool = False, **changes: Any) -> Work:
    """Return the work as it is in Busy now: one of the hours is gone since the order was made."""
    entries = [
        TimeEntry(
            id=f"e{number}",
            work_type="5",
            member="7" if number % 2 else "8",
            task="80",
            start=datetime(2026, 11, day, 9, tzinfo=UTC),
            billable_minutes=minutes,
            comment=COMMENT if number == 1 else None,
        )
        for number, day, minutes in ((1, 3, 150), (2, 12, 50), (3, 5, 90), (4, 6, 30))
    ]
    known: dict[str, Any] = {
        "project": Project(id="1", number="100", name="Nettsted for Fjord", customer="10"),
        "entries": tuple(entries),
        "work_types": (WorkType(id="5", name="Rådgivning", product="50"),),
        "tasks": (Task(id="80", name="Lansering"),),
        "members": tuple(Member(id=str(7 + place), name=name) for place, name in enumerate(MEMBERS)),
        "prices": Prices(mode=PriceMode.WORK_TYPE),
        "settings": WorkSettings(names_in_texts=names_in_texts),
    }
    return Work(**(known | changes))


def specified(what: Order | None = None, behind: Work | None = None, **options: Any) -> HoursSpecification:
    """Return the specification of an order for Fjord AS."""
    return hours_specification(what or order(), behind or work(), **({"customer": "Fjord AS"} | options))


PLACES = 2 + 1 + 1 + 3 + 4 * 3 + 5
"""How often `with_text` shows its text: number and name of the project, customer, the buyer's number, text,
unit and group of a line, task and member and comment of four hours, the work type of five.
"""


def with_text(text: str, **options: Any) -> HoursSpecification:
    """Return a specification that has `text` wherever a text of Busy or eAccounting can be."""
    (first, *rest) = lines()
    billed = (attrs.evolve(first, text=text, unit=text), *rest)
    known = work(
        project=Project(id="1", number=text, name=text, customer="10"),
        tasks=(Task(id="80", name=text),),
        work_types=(WorkType(id="5", name=text),),
        members=(Member(id="7", name=text), Member(id="8", name=text)),
    )
    known = attrs.evolve(known, entries=tuple(attrs.evolve(entry, comment=text) for entry in known.entries))
    what = order(*billed, buyers_order_reference=text)
    return specified(what, known, customer=text, names=True, comments=True, internal=True, **options)
