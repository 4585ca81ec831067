"""What can break the proof that everything is billed once: every code with its texts, in one table."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, final

from attrs import field, frozen

from visma_busy_sync._core.texts import Language, Texts
from visma_busy_sync.orders._problems import Entity
from visma_busy_sync.orders._reports.report_texts import called
from visma_busy_sync.orders._shown import shown_text


class BreakCode(enum.StrEnum):
    """The codes, in the order in which breaks are listed."""

    ORDER_UNREADABLE = "order_unreadable"
    CLAIM_UNREADABLE = "claim_unreadable"
    FIXED_PRICE_UNREADABLE = "fixed_price_unreadable"
    WORK_UNREADABLE = "work_unreadable"
    ON_TWO_ORDERS = "on_two_orders"
    CLAIM_MISSING = "claim_missing"
    CLAIM_WITHOUT_ORDER = "claim_without_order"
    OTHER_COMPANY = "other_company"
    ENTRY_GONE = "entry_gone"
    MINUTES_DIFFER = "minutes_differ"
    ENTRY_CHANGED = "entry_changed"
    FIXED_PRICE_DIFFERS = "fixed_price_differs"
    FIXED_PRICE_EXCEEDED = "fixed_price_exceeded"
    SUMS_DIFFER = "sums_differ"


@final
@frozen(kw_only=True)
class Break:
    """One thing that breaks the proof; `str(found)` says it in English, `text("nb")` in Norwegian.

    Attributes:
        code: What it is, for programs.
        project: Busy's id of the project; None where it is not known.
        orders: Ids of the orders that it is about.
        claim: The claim key of the hours or cost that it is about; None if it is about none alone.
        what: What is wrong.
        cure: What to do.
    """

    code: BreakCode
    project: str | None = None
    orders: tuple[str, ...] = ()
    claim: str | None = None
    what: Texts = field(repr=False)
    cure: Texts = field(repr=False)

    def text(self, language: Language) -> str:
        """Say it in a language, in one line: what is wrong, then what to do."""
        return shown_text(f"{self.what.of(language)} {self.cure.of(language)}")

    def __str__(self) -> str:
        return self.text("en")


def break_of(
    code: BreakCode,
    *,
    project: str | None = None,
    orders: tuple[str, ...] = (),
    claim: str | None = None,
    **facts: Texts | str,
) -> Break:
    """Return the break with its texts, the facts put in their places."""
    what, cure = BREAK_TEXTS[code]
    kind, _, id = (claim or "").partition(":")

    def said(language: Language) -> str:
        thing = called(Entity(kind, id), language)
        known = {"project": project, "orders": ", ".join(orders), "thing": thing}
        known["Thing"] = thing[:1].upper() + thing[1:]
        told = {name: fact.of(language) if isinstance(fact, Texts) else fact for name, fact in facts.items()}
        return what.of(language).format_map(known | told)

    said_in_both = Texts(nb=said("nb"), en=said("en"))
    return Break(code=code, project=project, orders=orders, claim=claim, what=said_in_both, cure=cure)


BREAK_TEXTS: Final[Mapping[BreakCode, tuple[Texts, Texts]]] = MappingProxyType(
    {
        BreakCode.ORDER_UNREADABLE: (
            Texts(
                "Ordre {orders} kan ikke leses fra lageret.",
                "Order {orders} cannot be read from the store.",
            ),
            Texts(
                "Oppdater programmet hvis en nyere versjon skrev den; hent den ellers fra en sikkerhetskopi.",
                "Update the program if a newer version wrote it; otherwise restore it from a backup.",
            ),
        ),
        BreakCode.CLAIM_UNREADABLE: (
            Texts(
                "Hvilken ordre {thing} er på, kan ikke leses fra lageret.",
                "The order that {thing} is on cannot be read from the store.",
            ),
            Texts(
                "Oppdater programmet hvis en nyere versjon skrev det; hent det ellers fra en sikkerhetskopi.",
                "Update the program if a newer version wrote it; otherwise restore it from a backup.",
            ),
        ),
        BreakCode.FIXED_PRICE_UNREADABLE: (
            Texts(
                "Hva som er fakturert av fastprisen på arbeidstype {work_type} i prosjekt {project}, kan "
                "ikke leses fra lageret.",
                "What is billed of the fixed price of work type {work_type} on project {project} cannot be "
                "read from the store.",
            ),
            Texts(
                "Oppdater programmet hvis en nyere versjon skrev det; hent det ellers fra en sikkerhetskopi.",
                "Update the program if a newer version wrote it; otherwise restore it from a backup.",
            ),
        ),
        BreakCode.WORK_UNREADABLE: (
            Texts(
                "Timene og kostnadene på prosjekt {project} kunne ikke leses: {error}",
                "The hours and costs on project {project} could not be read: {error}",
            ),
            Texts("Rett feilen i Busy og prøv igjen.", "Mend the fault in Busy and try again."),
        ),
        BreakCode.ON_TWO_ORDERS: (
            Texts("{Thing} er på flere ordrer: {orders}.", "{Thing} is on several orders: {orders}."),
            Texts(
                "Se i eAccounting hvilken som skal stå, og slett den andre der og i Busy.",
                "See in eAccounting which one is to stand, and delete the other there and in Busy.",
            ),
        ),
        BreakCode.CLAIM_MISSING: (
            Texts(
                "{Thing} er på ordre {orders}, men er ikke holdt av den, og kan komme på en ordre til.",
                "{Thing} is on order {orders}, but not held by it, and could come on another one.",
            ),
            Texts(
                "Lag ingen nye ordrer på prosjektet før lageret er hentet fra en sikkerhetskopi.",
                "Make no new orders on the project before the store was restored from a backup.",
            ),
        ),
        BreakCode.CLAIM_WITHOUT_ORDER: (
            Texts(
                "{Thing} er holdt av ordre {orders}, som ikke fakturerer den, og kan ikke komme på en annen.",
                "{Thing} is held by order {orders}, which does not bill it, and cannot come on another one.",
            ),
            Texts(
                "Hent lageret fra en sikkerhetskopi, eller fakturer den for hånd.",
                "Restore the store from a backup, or bill it by hand.",
            ),
        ),
        BreakCode.OTHER_COMPANY: (
            Texts(
                "Ordre {orders} er laget for et annet selskap enn det som er koblet til.",
                "Order {orders} was built for another company than the connected one.",
            ),
            Texts(
                "Se i det andre selskapet om den skal stå der.",
                "See in the other company whether it is to stand there.",
            ),
        ),
        BreakCode.ENTRY_GONE: (
            Texts(
                "{Thing} er på ordre {orders}, men finnes ikke lenger på prosjektet i Busy.",
                "{Thing} is on order {orders}, but no longer on the project in Busy.",
            ),
            Texts(
                "Før den på nytt i Busy, eller rett ordren i eAccounting.",
                "Book it again in Busy, or mend the order in eAccounting.",
            ),
        ),
        BreakCode.MINUTES_DIFFER: (
            Texts(
                "{Thing} er på ordre {orders} med {billed} minutter, men har {booked} i Busy.",
                "{Thing} is on order {orders} with {billed} minutes, but has {booked} in Busy.",
            ),
            Texts(
                "Sett minuttene tilbake i Busy, eller rett ordren i eAccounting.",
                "Set the minutes back in Busy, or mend the order in eAccounting.",
            ),
        ),
        BreakCode.ENTRY_CHANGED: (
            Texts(
                "{Thing} er endret i Busy etter at ordre {orders} ble ferdigstilt: {changed}.",
                "{Thing} was changed in Busy after order {orders} was finalised: {changed}.",
            ),
            Texts(
                "Sett det tilbake i Busy, eller rett ordren i eAccounting.",
                "Set it back in Busy, or mend the order in eAccounting.",
            ),
        ),
        BreakCode.FIXED_PRICE_DIFFERS: (
            Texts(
                "Ordre {orders} fakturerer {billed} av fastprisen på arbeidstype {work_type} i prosjekt "
                "{project}, men {noted} er ført.",
                "Order {orders} bills {billed} of the fixed price of work type {work_type} on project "
                "{project}, but {noted} is noted.",
            ),
            Texts(
                "Lag ingen nye ordrer på prosjektet før lageret er hentet fra en sikkerhetskopi.",
                "Make no new orders on the project before the store was restored from a backup.",
            ),
        ),
        BreakCode.FIXED_PRICE_EXCEEDED: (
            Texts(
                "Av fastprisen på arbeidstype {work_type} i prosjekt {project} er {billed} fakturert, "
                "men {amount} avtalt.",
                "Of the fixed price of work type {work_type} on project {project}, {billed} is billed, "
                "but {amount} agreed.",
            ),
            Texts(
                "Øk fastprisen, eller krediter i eAccounting.",
                "Raise the fixed price, or give credit in eAccounting.",
            ),
        ),
        BreakCode.SUMS_DIFFER: (
            Texts(
                "Summene på prosjekt {project} går ikke opp.",
                "The sums of project {project} do not add up.",
            ),
            Texts(
                "Meld fra om feilen med rapporten.",
                "Report it as a fault of this package, with the report.",
            ),
        ),
    }
)
"""What is wrong and what to do, with places for the facts."""

CHANGED: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "day": Texts("dag", "day"),
        "work_type": Texts("arbeidstype", "work type"),
        "quantity": Texts("antall", "quantity"),
        "price": Texts("pris", "price"),
        "customer": Texts("kunde", "customer"),
        "excluded": Texts("unntak fra fakturering", "exclusion from billing"),
        "project": Texts("prosjekt", "project"),
    }
)
"""How what can change of an entry is called."""
