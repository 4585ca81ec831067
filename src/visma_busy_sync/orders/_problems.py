"""What can keep work from becoming an order: every code with its texts, in one table."""

from __future__ import annotations

import enum
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

from visma_busy_sync._core.texts import Language, Texts
from visma_busy_sync.busy import LeftOut, LeftOutReason
from visma_busy_sync.orders._row_texts import ROW_TEXTS


class ProblemCode(enum.StrEnum):
    """The codes, in the order in which problems are listed."""

    PROJECT_NOT_BILLABLE = "project_not_billable"
    PROJECT_FINISHED = "project_finished"
    PROJECT_GONE = "project_gone"
    CUSTOMER_MISSING = "customer_missing"
    CUSTOMER_AMBIGUOUS = "customer_ambiguous"
    CUSTOMER_NOT_ON_PROJECT = "customer_not_on_project"
    CUSTOMER_NOT_LINKED = "customer_not_linked"
    CUSTOMER_GONE = "customer_gone"
    CUSTOMER_INACTIVE = "customer_inactive"
    CURRENCY_UNKNOWN = "currency_unknown"
    CURRENCY_DIFFERS = "currency_differs"
    FISCAL_YEAR_MISSING = "fiscal_year_missing"
    NOTHING_TO_BILL = "nothing_to_bill"
    ENTRY_LEFT_OUT = "entry_left_out"
    LINES_OVERLAP = "lines_overlap"
    PRODUCTS_DIFFER = "products_differ"
    WORK_TYPE_UNKNOWN = "work_type_unknown"
    LINE_WITHOUT_PRODUCT = "line_without_product"
    FIXED_PRICE_UNKNOWN = "fixed_price_unknown"
    FIXED_PRICE_EXCEEDED = "fixed_price_exceeded"
    WORK_TYPE_MISSING = "work_type_missing"
    WORK_TYPE_WITHOUT_PRODUCT = "work_type_without_product"
    COST_WITHOUT_PRODUCT = "cost_without_product"
    PRODUCT_NOT_LINKED = "product_not_linked"
    ARTICLE_GONE = "article_gone"
    ARTICLE_INACTIVE = "article_inactive"
    ARTICLE_WITHOUT_UNIT = "article_without_unit"
    ARTICLE_WITHOUT_SALES_ACCOUNT = "article_without_sales_account"
    PRICE_MISSING = "price_missing"
    NEGATIVE_PRICE = "negative_price"
    NEGATIVE_QUANTITY = "negative_quantity"
    NEGATIVE_TOTAL = "negative_total"
    TEXT_TOO_LONG = "text_too_long"
    REFERENCE_TOO_LONG = "reference_too_long"
    TOO_MANY_ROWS = "too_many_rows"
    REFERENCE_UNKNOWN = "reference_unknown"

    # Of a file of order lines.
    FILE_EMPTY = "file_empty"
    FILE_ENCODING = "file_encoding"
    FILE_TOO_LONG = "file_too_long"
    COLUMN_UNKNOWN = "column_unknown"
    COLUMN_TWICE = "column_twice"
    COLUMN_MISSING = "column_missing"
    ROW_UNREADABLE = "row_unreadable"
    CELL_UNEXPECTED = "cell_unexpected"
    CELL_EMPTY = "cell_empty"
    NUMBER_UNREADABLE = "number_unreadable"
    QUANTITY_ZERO = "quantity_zero"
    PROJECT_NUMBER_UNKNOWN = "project_number_unknown"
    PROJECT_NUMBER_AMBIGUOUS = "project_number_ambiguous"
    PROJECT_SHARED = "project_shared"
    PRODUCT_NUMBER_UNKNOWN = "product_number_unknown"
    PRODUCT_NUMBER_AMBIGUOUS = "product_number_ambiguous"
    PRICE_BY_MEMBER = "price_by_member"


class MendedBy(enum.StrEnum):
    """Who can usually mend a problem, by the rights that people have."""

    PROJECT_MANAGER = "project_manager"
    """In Busy, who manages the project: its hours, prices, customer, and the order itself."""
    ADMINISTRATOR = "administrator"
    """In Busy, who sets up work types, products and the integration."""
    ACCOUNTANT = "accountant"
    """In eAccounting, who keeps customers, projects and articles."""


MENDERS: Final[Mapping[MendedBy, Texts]] = MappingProxyType(
    {
        MendedBy.PROJECT_MANAGER: Texts("Prosjektleder i Busy", "The project manager, in Busy"),
        MendedBy.ADMINISTRATOR: Texts("Administrator i Busy", "An administrator, in Busy"),
        MendedBy.ACCOUNTANT: Texts("Regnskapsfører i eAccounting", "The accountant, in eAccounting"),
    }
)
"""How each is called."""


@frozen
class Entity:
    """What a problem is about: the kind of thing in Busy's words, and Busy's id of it.

    For a row of a file the kind is `row` and the id its number: the line of the file where it begins, from 1,
    header included (D29). The file itself is `file csv`.
    """

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


@frozen
class Problem:
    """One thing to mend before there can be an order.

    Attributes:
        code: What is wrong, for programs.
        entity: What it is about.
        message: What is wrong, in English; ids and numbers, no names.
        message_nb: The same in Norwegian.
        cure_en: What to do, in English.
        cure_nb: The same in Norwegian.
        mended_by: Who can usually mend it.
        column: For one cell of a row: the name of its column.
    """

    code: ProblemCode
    entity: Entity
    message: str
    message_nb: str = field(repr=False)
    cure_en: str = field(repr=False)
    cure_nb: str = field(repr=False)
    mended_by: MendedBy
    column: str | None = None

    def text(self, language: Language) -> str:
        """Say it in a language, in one line: what is wrong, then what to do."""
        what, cure = Texts(self.message_nb, self.message), Texts(self.cure_nb, self.cure_en)
        return f"{what.of(language)} {cure.of(language)}"


_MANAGER: Final = MendedBy.PROJECT_MANAGER
_ADMINISTRATOR: Final = MendedBy.ADMINISTRATOR
_ACCOUNTANT: Final = MendedBy.ACCOUNTANT


@frozen
class _Texts:
    message_en: str
    message_nb: str
    cure_en: str
    cure_nb: str
    mended_by: MendedBy


PROBLEM_TEXTS: Final[Mapping[ProblemCode, _Texts]] = MappingProxyType(
    {
        ProblemCode.PROJECT_NOT_BILLABLE: _Texts(
            "The project is not billable.",
            "Prosjektet er ikke fakturerbart.",
            "Mark the project as billable in Busy.",
            "Merk prosjektet som fakturerbart i Busy.",
            _MANAGER,
        ),
        ProblemCode.PROJECT_FINISHED: _Texts(
            "The project is finished in eAccounting, which then takes no orders for it.",
            "Prosjektet er avsluttet i eAccounting og kan ikke brukes på ordrer.",
            "Set the project to ongoing in eAccounting and fetch again.",
            "Sett prosjektet til pågående i eAccounting og hent på nytt.",
            _ACCOUNTANT,
        ),
        ProblemCode.PROJECT_GONE: _Texts(
            "The project is linked to one that no longer exists in eAccounting.",
            "Prosjektet er koblet til et prosjekt som ikke lenger finnes i eAccounting.",
            "Create the project in eAccounting and link it by hand, or remove the link: "
            "then the order is sent without project.",
            "Opprett prosjektet i eAccounting og koble det manuelt, eller fjern koblingen: "
            "da sendes ordren uten prosjekt.",
            _ACCOUNTANT,
        ),
        ProblemCode.CUSTOMER_MISSING: _Texts(
            "The project has no customer.",
            "Prosjektet har ingen kunde.",
            "Set the customer of the project.",
            "Velg kunde på prosjektet.",
            _MANAGER,
        ),
        ProblemCode.CUSTOMER_AMBIGUOUS: _Texts(
            "The project has {count} customers, and an order is for one.",
            "Prosjektet har {count} kunder, og en ordre gjelder én.",
            "Choose the customer of the order. A fixed price comes along with the project's own customer; "
            "for another one it is given as a line.",
            "Velg hvilken kunde ordren gjelder. Fastpris følger med prosjektets egen kunde; "
            "for en annen kunde må den oppgis som linje.",
            _MANAGER,
        ),
        ProblemCode.CUSTOMER_NOT_ON_PROJECT: _Texts(
            "The customer is not one of the project's.",
            "Kunden hører ikke til prosjektet.",
            "Choose one of the project's customers, or allow this one on the project.",
            "Velg en av prosjektets kunder, eller tillat denne på prosjektet.",
            _MANAGER,
        ),
        ProblemCode.CUSTOMER_NOT_LINKED: _Texts(
            "The customer is not linked to a customer in eAccounting.",
            "Kunden er ikke koblet til en kunde i eAccounting.",
            "Create the customer in eAccounting and fetch again, or link it by hand.",
            "Opprett kunden i eAccounting og hent på nytt, eller koble den manuelt.",
            _ACCOUNTANT,
        ),
        ProblemCode.CUSTOMER_GONE: _Texts(
            "The customer is linked to one that no longer exists in eAccounting.",
            "Kunden er koblet til en kunde som ikke lenger finnes i eAccounting.",
            "Create the customer in eAccounting and link it by hand, or choose another one.",
            "Opprett kunden i eAccounting og koble den manuelt, eller velg en annen.",
            _ACCOUNTANT,
        ),
        ProblemCode.CUSTOMER_INACTIVE: _Texts(
            "The customer is inactive in eAccounting.",
            "Kunden er inaktiv i eAccounting.",
            "Activate the customer in eAccounting, or choose another one.",
            "Aktiver kunden i eAccounting, eller velg en annen.",
            _ACCOUNTANT,
        ),
        ProblemCode.CURRENCY_UNKNOWN: _Texts(
            "Neither Busy's prices nor the company in eAccounting state a currency.",
            "Verken prisene i Busy eller selskapet i eAccounting oppgir valuta.",
            "State the currency of the prices, or set the company's currency in eAccounting.",
            "Oppgi valutaen for prisene, eller sett valuta på selskapet i eAccounting.",
            _ACCOUNTANT,
        ),
        ProblemCode.CURRENCY_DIFFERS: _Texts(
            "The prices are in {prices}, but the customer is billed in {customer}.",
            "Prisene er i {prices}, men kunden faktureres i {customer}.",
            "Give both the same currency: the customer's in eAccounting, or the prices'.",
            "Bruk samme valuta begge steder: på kunden i eAccounting eller for prisene.",
            _ACCOUNTANT,
        ),
        ProblemCode.FISCAL_YEAR_MISSING: _Texts(
            "There is no fiscal year in eAccounting for the order date.",
            "Det finnes ikke noe regnskapsår i eAccounting for ordredatoen.",
            "Create the fiscal year in eAccounting, or choose another order date.",
            "Opprett regnskapsåret i eAccounting, eller velg en annen ordredato.",
            _ACCOUNTANT,
        ),
        ProblemCode.NOTHING_TO_BILL: _Texts(
            "There is nothing to bill from {first} to {last}: {entries}.",
            "Det er ingenting å fakturere fra {first} til {last}: {entries}.",
            "Choose another period, or mend in Busy what keeps the entries out.",
            "Velg en annen periode, eller rett i Busy det som holder føringene utenfor.",
            _MANAGER,
        ),
        ProblemCode.ENTRY_LEFT_OUT: _Texts(
            "It was chosen for the order, but stays out: {reason}.",
            "Den er valgt til ordren, men holdes utenfor: {reason}.",
            "Mend what keeps it out, or leave it out of the choice.",
            "Rett det som holder den utenfor, eller fjern den fra valget.",
            _MANAGER,
        ),
        ProblemCode.LINES_OVERLAP: _Texts(
            "Two given lines bill the same.",
            "To oppgitte linjer fakturerer det samme.",
            "Keep one of the lines.",
            "Behold bare én av linjene.",
            _MANAGER,
        ),
        ProblemCode.PRODUCTS_DIFFER: _Texts(
            "Hours of work types with different products are to stand on one line.",
            "Timer på arbeidstyper med ulike produkter skal stå på én linje.",
            "Choose the product of that line.",
            "Velg produkt på linjen.",
            _MANAGER,
        ),
        ProblemCode.WORK_TYPE_UNKNOWN: _Texts(
            "The work type is not on the project.",
            "Arbeidstypen er ikke på prosjektet.",
            "Choose a work type of the project.",
            "Velg en arbeidstype som er på prosjektet.",
            _MANAGER,
        ),
        ProblemCode.LINE_WITHOUT_PRODUCT: _Texts(
            "The given line has no product.",
            "Den oppgitte linjen mangler produkt.",
            "Choose a product for the line, or one on its work type.",
            "Velg et produkt på linjen eller på arbeidstypen.",
            _MANAGER,
        ),
        ProblemCode.FIXED_PRICE_UNKNOWN: _Texts(
            "The work type has no fixed price on the project.",
            "Arbeidstypen har ingen fastpris på prosjektet.",
            "Set a fixed price on the work type, or leave the line out.",
            "Sett fastpris på arbeidstypen, eller fjern linjen.",
            _MANAGER,
        ),
        ProblemCode.FIXED_PRICE_EXCEEDED: _Texts(
            "{given} of the fixed price is to be billed, and only {open} is open.",
            "{given} av fastprisen skal faktureres, og bare {open} gjenstår.",
            "Bill at most what is open, or raise the fixed price.",
            "Fakturer høyst det som gjenstår, eller øk fastprisen.",
            _MANAGER,
        ),
        ProblemCode.WORK_TYPE_MISSING: _Texts(
            "The hours have no work type of this project.",
            "Timene mangler en arbeidstype fra prosjektet.",
            "Choose a work type for the hours.",
            "Velg arbeidstype på timene.",
            _MANAGER,
        ),
        ProblemCode.WORK_TYPE_WITHOUT_PRODUCT: _Texts(
            "The work type has no product, so there is nothing to sell its hours as.",
            "Arbeidstypen har ikke noe produkt, så timene kan ikke legges på en ordre.",
            "Choose a product on the work type.",
            "Velg et produkt på arbeidstypen.",
            _ADMINISTRATOR,
        ),
        ProblemCode.COST_WITHOUT_PRODUCT: _Texts(
            "Neither the cost nor its work type has a product.",
            "Verken kostnaden eller arbeidstypen har et produkt.",
            "Choose a product for the cost, or set a fallback product.",
            "Velg et produkt på kostnaden, eller sett et reserveprodukt.",
            _MANAGER,
        ),
        ProblemCode.PRODUCT_NOT_LINKED: _Texts(
            "The product is not linked to an article in eAccounting.",
            "Produktet er ikke koblet til en artikkel i eAccounting.",
            "Choose a product that comes from eAccounting, or link this one to an article.",
            "Velg et produkt som kommer fra eAccounting, eller koble dette til en artikkel.",
            _ADMINISTRATOR,
        ),
        ProblemCode.ARTICLE_GONE: _Texts(
            "The product is linked to an article that no longer exists in eAccounting.",
            "Produktet er koblet til en artikkel som ikke lenger finnes i eAccounting.",
            "Create the article in eAccounting and link it by hand, or choose another product.",
            "Opprett artikkelen i eAccounting og koble den manuelt, eller velg et annet produkt.",
            _ACCOUNTANT,
        ),
        ProblemCode.ARTICLE_INACTIVE: _Texts(
            "The product's article is inactive in eAccounting.",
            "Artikkelen til produktet er inaktiv i eAccounting.",
            "Activate the article in eAccounting, or choose another product.",
            "Aktiver artikkelen i eAccounting, eller velg et annet produkt.",
            _ACCOUNTANT,
        ),
        ProblemCode.ARTICLE_WITHOUT_UNIT: _Texts(
            "The product's article has no unit in eAccounting.",
            "Artikkelen til produktet har ingen enhet i eAccounting.",
            "Set the unit of the article in eAccounting, hours for work.",
            "Sett enhet på artikkelen i eAccounting, timer for arbeid.",
            _ACCOUNTANT,
        ),
        ProblemCode.ARTICLE_WITHOUT_SALES_ACCOUNT: _Texts(
            "The coding of the product's article has no sales account for this kind of sale.",
            "Konteringen til artikkelen mangler salgskonto for denne typen salg.",
            "Set the sales account on the coding in eAccounting, or choose another product.",
            "Sett salgskonto på konteringen i eAccounting, eller velg et annet produkt.",
            _ACCOUNTANT,
        ),
        ProblemCode.PRICE_MISSING: _Texts(
            "There is no price, or it is 0.",
            "Pris mangler eller er 0.",
            "Set the price, or allow free lines if 0 is meant; beside a fixed price a line needs a price of "
            "its own.",
            "Sett prisen, eller tillat gratis linjer hvis 0 er ment; ved siden av en fastpris må linjen ha "
            "sin egen pris.",
            _MANAGER,
        ),
        ProblemCode.NEGATIVE_PRICE: _Texts(
            "The price is below 0.",
            "Prisen er under 0.",
            "Set a price from 0 up; give credit in eAccounting.",
            "Sett en pris fra 0 og opp; krediter i eAccounting.",
            _MANAGER,
        ),
        ProblemCode.NEGATIVE_QUANTITY: _Texts(
            "The quantity is below 0.",
            "Antallet er under 0.",
            "Set a quantity from 0 up; give credit in eAccounting.",
            "Sett et antall fra 0 og opp; krediter i eAccounting.",
            _MANAGER,
        ),
        ProblemCode.NEGATIVE_TOTAL: _Texts(
            "The order comes to {total}, and eAccounting takes none below 0.",
            "Ordren kommer på {total}, og eAccounting tar ikke imot en under 0.",
            "Take more along, or leave costs with quantities below 0 out and give credit in eAccounting.",
            "Ta med mer, eller hold kostnader med antall under 0 utenfor og krediter i eAccounting.",
            _MANAGER,
        ),
        ProblemCode.TEXT_TOO_LONG: _Texts(
            "The text has {length} characters, and eAccounting takes {longest}.",
            "Teksten har {length} tegn, og eAccounting tar imot {longest}.",
            "Shorten the text.",
            "Kort ned teksten.",
            _MANAGER,
        ),
        ProblemCode.REFERENCE_TOO_LONG: _Texts(
            "The {reference} has {length} characters, and there is room for {longest}.",
            "{reference} har {length} tegn, og det er plass til {longest}.",
            "Shorten the reference.",
            "Kort ned referansen.",
            _MANAGER,
        ),
        ProblemCode.TOO_MANY_ROWS: _Texts(
            "The order would have {rows} rows, and at most {most} are allowed.",
            "Ordren ville fått {rows} rader, og høyst {most} er tillatt.",
            "Choose a shorter period, or group the hours by work type.",
            "Velg en kortere periode, eller grupper timene etter arbeidstype.",
            _MANAGER,
        ),
        ProblemCode.REFERENCE_UNKNOWN: _Texts(
            "eAccounting does not know something that the order refers to.",
            "eAccounting kjenner ikke noe som ordren viser til.",
            "Fetch again, so that Busy shows what was deleted, and build the order again.",
            "Hent på nytt, slik at Busy viser hva som er slettet, og lag ordren på nytt.",
            _MANAGER,
        ),
        **{ProblemCode(code): _Texts(*texts, _MANAGER) for code, texts in ROW_TEXTS.items()},
    }
)
"""The texts of every code, with places for the facts."""

_ORDER: Final = {code: place for place, code in enumerate(ProblemCode)}
_AFTER_ALL_ROWS: Final = sys.maxsize

ROW: Final = "row"
"""The kind of a row of a file."""
FILE: Final = Entity("file", "csv")


@frozen
class Told:
    """A fact that is told in words, so that it is another one in each language."""

    en: str
    nb: str


_REASONS: Final[Mapping[LeftOutReason, Texts]] = MappingProxyType(
    {
        LeftOutReason.HOURS_MISSING: Texts("uten timene de gjelder", "without the hours that it belongs to"),
        LeftOutReason.OUTSIDE_PERIOD: Texts("utenfor perioden", "outside the period"),
        LeftOutReason.BEFORE_START_DATE: Texts(
            "før startdatoen for ordrer", "before the start date of orders"
        ),
        LeftOutReason.CUSTOMER_MISSING: Texts("uten kunde", "without a customer"),
        LeftOutReason.CUSTOMER_NOT_ALLOWED: Texts(
            "med en kunde som ikke hører til prosjektet",
            "with a customer that does not belong to the project",
        ),
        LeftOutReason.OTHER_CUSTOMER: Texts("for en annen kunde", "for another customer"),
        LeftOutReason.ALREADY_ORDERED: Texts("allerede på en ordre", "on an order already"),
        LeftOutReason.EXCLUDED: Texts("unntatt fra fakturering", "excluded"),
        LeftOutReason.NOTHING_BILLABLE: Texts("uten noe fakturerbart", "with nothing billable"),
        LeftOutReason.NOT_APPROVED: Texts("ikke godkjent", "not approved"),
        LeftOutReason.NOT_CHOSEN: Texts("ikke valgt", "not chosen"),
        LeftOutReason.FIXED_PRICE: Texts("dekket av en fastpris", "covered by a fixed price"),
    }
)


def reason_texts(reason: LeftOutReason) -> Texts:
    """Return a reason to stay out in words."""
    return _REASONS[reason]


def told_reason(reason: LeftOutReason | None) -> Told:
    """Return one reason to stay out in words; None: the entry is not among the work."""
    if reason is None:
        return Told("it is not among the work", "den er ikke blant det som er ført")
    texts = _REASONS[reason]
    return Told(texts.en, texts.nb)


def told_left_out(left_out: Sequence[LeftOut]) -> Told:
    """Return how many entries stay out, by reason, the most common one first."""
    if not left_out:
        return Told("no hours or costs are booked", "ingen timer eller kostnader er ført")
    found = Counter(one.reason for one in left_out)
    counts = [(reason, found[reason]) for reason in LeftOutReason if found[reason]]
    counts.sort(key=lambda counted: -counted[1])
    total = len(left_out)
    en = ", ".join(f"{count} {_REASONS[reason].en}" for reason, count in counts)
    nb = ", ".join(f"{count} {_REASONS[reason].nb}" for reason, count in counts)
    return Told(
        f"{total} {'entry stays' if total == 1 else 'entries stay'} out ({en})",
        f"{total} {'føring' if total == 1 else 'føringer'} er holdt utenfor ({nb})",
    )


def problem(code: ProblemCode, entity: Entity, *, column: str | None = None, **facts: object) -> Problem:
    """Return the problem with its texts, the facts put in their places."""
    texts = PROBLEM_TEXTS[code]
    en = {name: fact.en if isinstance(fact, Told) else fact for name, fact in facts.items()}
    nb = {name: fact.nb if isinstance(fact, Told) else fact for name, fact in facts.items()}
    return Problem(
        code,
        entity,
        texts.message_en.format_map(en | {"column": column}),
        texts.message_nb.format_map(nb | {"column": column}),
        texts.cure_en,
        texts.cure_nb,
        texts.mended_by,
        column,
    )


_IF_GONE: Final[Mapping[ProblemCode, ProblemCode]] = MappingProxyType(
    {
        ProblemCode.CUSTOMER_NOT_LINKED: ProblemCode.CUSTOMER_GONE,
        ProblemCode.PRODUCT_NOT_LINKED: ProblemCode.ARTICLE_GONE,
    }
)


class Problems:
    """Collects problems; the same problem of the same thing counts once, however many hours meet it.

    Args:
        gone: What is linked to something that no longer exists: it is not called "not linked".
    """

    def __init__(self, gone: frozenset[Entity] = frozenset()) -> None:
        self._gone = gone
        self._found: dict[tuple[ProblemCode, Entity, str], Problem] = {}

    def add(
        self, code: ProblemCode, kind: str, id: str, *, column: str | None = None, **facts: object
    ) -> None:
        """Take note of a problem."""
        entity = Entity(kind, id)
        known = _IF_GONE.get(code, code) if entity in self._gone else code
        self.extend([problem(known, entity, column=column, **facts)])

    def extend(self, problems: Iterable[Problem]) -> None:
        """Take note of problems that were found elsewhere."""
        for found in problems:
            self._found.setdefault((found.code, found.entity, found.message), found)

    def listed(self) -> tuple[Problem, ...]:
        """Return them in the order of their codes, then by what they are about; those of rows row by row."""
        return tuple(sorted(self._found.values(), key=_place))


def _place(found: Problem) -> tuple[int, int, str, str]:
    row = int(found.entity.id) if found.entity.kind == ROW else _AFTER_ALL_ROWS
    return row, _ORDER[found.code], str(found.entity), found.message
