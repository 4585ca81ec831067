"""An order and what stands behind it: as a table in the terminal, as an HTML page and as a PDF file.

All of it is pure: no eAccounting, no sandbox, no stores. A host has the same with one call,
`acme.hours_specification(order)`. The PDF file needs the extra `pdf`.

```
python examples/hours_specification.py          # the table
python examples/hours_specification.py FOLDER   # timespesifikasjon.html and timespesifikasjon.pdf in it
```
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from visma_busy_sync.busy import (
    Approval,
    Expense,
    FixedPrice,
    GivenLine,
    Member,
    Order,
    Period,
    PriceMode,
    Prices,
    Product,
    Project,
    Task,
    TimeEntry,
    Work,
    WorkType,
)
from visma_busy_sync.eaccounting import models
from visma_busy_sync.orders import (
    Counterpart,
    HoursSpecification,
    OrderRequest,
    OrderTexts,
    build,
    hours_specification,
)
from visma_busy_sync.specification import to_html, to_pdf, to_text

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
CODING = models.ArticleAccountCodingId("coding")


def booked(id: str, day: int, minutes: int, work_type: str, *, task: str, member: str = "kari") -> TimeEntry:
    """Return hours that were approved."""
    return TimeEntry(
        id=id,
        work_type=work_type,
        member=member,
        task=task,
        start=datetime(2026, 11, day, 8, tzinfo=UTC),
        billable_minutes=minutes,
        approval=Approval.APPROVED,
    )


def work() -> Work:
    """Return a month of work on a project: three work types, one of them with a fixed price, and a cost."""
    return Work(
        project=Project(id="p", number="1042", name="Nytt nettsted", customer="fjord"),
        entries=(
            booked("1", 3, 450, "advice", task="launch"),
            booked("2", 4, 200, "advice", task="review"),
            booked("3", 4, 50, "travel", task="review"),
            booked("4", 5, 180, "workshop", task="launch"),
            booked("5", 5, 180, "workshop", task="launch", member="ola"),
            booked("6", 9, 420, "design", task="launch", member="ola"),
            booked("7", 10, 390, "design", task="launch", member="ola"),
            booked("8", 12, 95, "advice", task="review"),
        ),
        expenses=(
            Expense(
                id="9",
                date=date(2026, 11, 4),
                product="toll",
                quantity=Decimal(2),
                out_price=Decimal("189.90"),
                approval=Approval.APPROVED,
                comment="Bompenger Oslo – Drammen",
            ),
        ),
        work_types=(
            WorkType(id="advice", name="Rådgivning", product="hours"),
            WorkType(id="design", name="Design", product="hours"),
            WorkType(id="travel", name="Reisetid", product="hours"),
            WorkType(id="workshop", name="Workshop", product="hours"),
        ),
        products=(Product(id="hours", name="Konsulenttimer"), Product(id="toll", name="Utlegg")),
        tasks=(Task(id="launch", name="Lansering"), Task(id="review", name="Gjennomgang")),
        members=(Member(id="kari", name="Kari"), Member(id="ola", name="Ola")),
        prices=Prices(
            mode=PriceMode.WORK_TYPE,
            work_type_rates={
                "advice": Decimal(1250),
                "travel": Decimal("640.50"),
                "workshop": Decimal(1450),
            },
            fixed_prices=(
                FixedPrice(work_type="design", amount=Decimal(18000), billed_elsewhere=Decimal(5000)),
            ),
        ),
    )


def counterpart() -> Counterpart:
    """Return what eAccounting knows of it."""
    hours, toll = (
        models.Article(
            id=models.ArticleId(name),
            number=number,
            name=name,
            is_active=True,
            unit_id=models.UnitId(unit),
            unit_abbreviation=unit,
            coding_id=CODING,
        )
        for number, name, unit in (("1", "Konsulenttimer", "time"), ("2", "Utlegg", "stk"))
    )
    return Counterpart(
        company=models.CompanySettings(name="Selger AS", currency_code="NOK", country_code="NO"),
        company_id="company",
        customer=models.Customer(id=models.CustomerId("customer"), name="Fjord AS", is_active=True),
        project=models.Project(
            id=models.ProjectId("project"),
            number="1042",
            name="Nytt nettsted",
            status=models.ProjectStatus.ONGOING,
        ),
        articles={"hours": hours, "toll": toll},
        codings={CODING: models.ArticleAccountCoding(id=CODING, vat_rate_percent=Decimal(25))},
    )


def order() -> Order:
    """Build the order; the workshop was agreed at a lower price."""
    workshop = GivenLine(
        claims=("entry:4", "entry:5"), unit_price=Decimal(1300), text="Workshop, avtalt pris"
    )
    request = OrderRequest(
        period=NOVEMBER,
        order_date=date(2026, 11, 30),
        lines=(workshop,),
        texts=OrderTexts(buyers_order_reference="PO-4711"),
    )
    return build(work(), counterpart(), request, order_id="2026-117")


def specification(*, internal: bool = False) -> HoursSpecification:
    """Return what stands behind the order; members are not named, since the workspace does not say so."""
    return hours_specification(order(), work(), customer="Fjord AS", internal=internal)


def main(arguments: list[str]) -> None:
    """Print the table, or make both files in a folder."""
    if not arguments:
        print(to_text(specification()), end="")
        return
    folder = Path(arguments[0])
    (folder / "timespesifikasjon.html").write_text(to_html(specification()), encoding="utf-8")
    (folder / "timespesifikasjon.pdf").write_bytes(to_pdf(specification()))


if __name__ == "__main__":
    main(sys.argv[1:])
