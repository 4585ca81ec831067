"""All words of an hours specification, in Norwegian (bokmål) and in English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from visma_busy_sync._core.texts import Texts
from visma_busy_sync.busy import EntryKind

TITLE: Final = Texts("Timespesifikasjon", "Hours specification")
INTERNAL_TITLE: Final = Texts(
    "Timespesifikasjon – bare for internt bruk", "Hours specification – for internal use only"
)
PROJECT: Final = Texts("Prosjekt", "Project")
CUSTOMER: Final = Texts("Kunde", "Customer")
PERIOD: Final = Texts("Periode", "Period")
ORDER: Final = Texts("Ordre", "Order")
ORDER_DATE: Final = Texts("Ordredato", "Order date")
BUYERS_REFERENCE: Final = Texts("Deres ordrenummer", "Your order number")
CURRENCY: Final = Texts("Valuta", "Currency")

LINES: Final = Texts("Ordrelinjer", "Lines of the order")
HOURS_BEHIND: Final = Texts("Timene bak linjene", "The hours behind the lines")
COSTS: Final = Texts("Kostnader", "Costs")

TEXT: Final = Texts("Tekst", "Text")
QUANTITY: Final = Texts("Antall", "Quantity")
UNIT: Final = Texts("Enhet", "Unit")
PRICE: Final = Texts("Pris", "Price")
AMOUNT: Final = Texts("Beløp", "Amount")
DAY: Final = Texts("Dato", "Date")
HOURS: Final = Texts("Timer", "Hours")
CLOCK: Final = Texts("t:min", "h:mm")
OF_HOURS: Final = (
    (Texts("Arbeidstype", "Work type"), "work_type"),
    (Texts("Oppgave", "Task"), "task"),
    (Texts("Medlem", "Member"), "member"),
)
"""Columns that are there only where they tell something, each with its name on the hours."""

SUM: Final = Texts("Sum", "Sum")
ROUNDING: Final = Texts("Avrunding", "Rounding")
WITHOUT_VAT: Final = Texts("Sum uten mva.", "Total without VAT")
VAT: Final = Texts("Mva. {rate} av {base}", "VAT {rate} of {base}")
WITH_VAT: Final = Texts("Sum med mva., {currency}", "Total with VAT, {currency}")

FIXED_PRICE: Final = Texts("Fastpris", "Fixed price")
FIXED_PRICE_PART: Final = Texts(
    "Fastpris; tidligere fakturert {amount} {currency}", "Fixed price; {amount} {currency} billed before"
)
QUANTITY_OF_HOURS: Final = Texts(
    "Antallet er endret; {hours} timer er ført", "Changed quantity; {hours} hours were booked"
)
QUANTITY_CHANGED: Final = Texts("Antallet er endret", "Changed quantity")
PRICE_CHANGED: Final = Texts("Prisen er endret", "Changed price")
WRITTEN_DOWN: Final = Texts("Nedskrevet med {amount} {currency}", "Written down by {amount} {currency}")
WRITTEN_UP: Final = Texts("Skrevet opp med {amount} {currency}", "Written up by {amount} {currency}")

REMARKS: Final = (
    Texts(
        "Priser og beløp på linjene er uten merverdiavgift.",
        "Prices and amounts of the lines are without VAT.",
    ),
    Texts(
        "Dette er ikke en faktura; fakturaen avgjør hva som skal betales.",
        "This is not an invoice; the invoice decides what is to be paid.",
    ),
)

RULE_PRICE: Final = Texts("Etter reglene", "By the rules")
PRICE_FROM: Final = Texts("Pris fra", "Price from")
INTERNAL: Final = Texts("Bare for internt bruk", "For internal use only")
ROUNDED: Final = Texts(
    "Avrunding i alle linjer: {amount} {currency}", "Rounding in all lines: {amount} {currency}"
)
CHANGED: Final = Texts(
    "Endret i Busy etter at ordren ble laget: {kind} {id} ({what})",
    "Changed in Busy since the order was made: {kind} {id} ({what})",
)
KINDS: Final[Mapping[EntryKind, Texts]] = MappingProxyType(
    {
        EntryKind.ENTRY: Texts("timeføring", "hours"),
        EntryKind.EXPENSE: Texts("kostnad", "cost"),
    }
)
CHANGES: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "gone": Texts("slettet", "gone"),
        "day": Texts("dato", "day"),
        "work_type": Texts("arbeidstype", "work type"),
        "minutes": Texts("varighet", "minutes"),
        "quantity": Texts("antall", "quantity"),
        "price": Texts("pris", "price"),
        "customer": Texts("kunde", "customer"),
        "excluded": Texts("unntatt fra fakturering", "excluded from billing"),
    }
)
"""What of an entry may be another than when it was billed."""

OF_PAGES: Final = Texts("Side {page} av {pages}", "Page {page} of {pages}")
