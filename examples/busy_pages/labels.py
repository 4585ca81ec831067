"""What the package's codes are called on the pages. Sentences about them are the package's own."""

from __future__ import annotations

from collections.abc import Mapping

from visma_busy_sync.busy import Approval, LeftOutReason
from visma_busy_sync.integration import Language, Texts
from visma_busy_sync.orders import DifferenceCode, Entity, Event, MendedBy, Stage, State
from visma_busy_sync.sync import Action, Kind, Reason

STATES: Mapping[State, Texts] = {
    State.FINALISED: Texts("Ikke sendt ennå", "Not sent yet"),
    State.RESERVED: Texts("Venter på å bli sendt", "Waiting to be sent"),
    State.SENDING: Texts("Sendes nå", "Being sent"),
    State.TRANSFERRED: Texts("Overført", "Transferred"),
    State.REJECTED: Texts("Avvist", "Refused"),
    State.OPEN: Texts("Åpnet igjen", "Reopened"),
    State.OUTCOME_UNKNOWN: Texts("Uavklart", "Not known"),
    State.NEEDS_ATTENTION: Texts("Krever avklaring", "Needs you"),
    State.WITHDRAWING: Texts("Trekkes tilbake", "Being withdrawn"),
    State.WITHDRAWN: Texts("Trukket tilbake", "Withdrawn"),
    State.GONE_UPSTREAM: Texts("Slettet i eAccounting", "Deleted in eAccounting"),
    State.RELEASED: Texts("Frigitt", "Released"),
}
MEANINGS: Mapping[State, Texts] = {
    State.FINALISED: Texts(
        "Ordren er ferdigstilt i Busy, men ikke sendt til eAccounting.",
        "The order is finalised in Busy, but was not sent to eAccounting.",
    ),
    State.RESERVED: Texts(
        "Ordren ble ikke sendt. Den sendes av seg selv når årsaken er borte, eller når du trykker «Send».",
        "The order was not sent. It is sent by itself when the cause is gone, or when you press “Send”.",
    ),
    State.SENDING: Texts(
        "Ordren sendes akkurat nå. Last siden på nytt om et øyeblikk.",
        "The order is being sent at this moment. Load the page again in a moment.",
    ),
    State.TRANSFERRED: Texts(
        "Ordren ligger i eAccounting. Der blir den gjort om til faktura.",
        "The order is in eAccounting. There it is turned into an invoice.",
    ),
    State.REJECTED: Texts(
        "eAccounting avviste ordren. Rett det som er galt, åpne ordren igjen og lag den på nytt.",
        "eAccounting refused the order. Mend what is wrong, reopen the order and make it anew.",
    ),
    State.OPEN: Texts(
        "Ordren er åpnet igjen. Timene og kostnadene er frigitt og kan komme på en ny ordre.",
        "The order was reopened. Its hours and costs are free for a new order.",
    ),
    State.OUTCOME_UNKNOWN: Texts(
        "Ingen vet ennå om ordren kom fram. Den sendes ikke en gang til før det er avklart.",
        "Nobody knows yet whether the order arrived. It is not sent again before that is settled.",
    ),
    State.NEEDS_ATTENTION: Texts(
        "Se i eAccounting om ordren er der, og si det her. Før det skjer ingenting.",
        "Look in eAccounting whether the order is there, and say so here. Nothing happens before.",
    ),
    State.WITHDRAWING: Texts(
        "Utkastet slettes i eAccounting. Sjekk på nytt om et øyeblikk.",
        "The draft is being deleted in eAccounting. Check again in a moment.",
    ),
    State.WITHDRAWN: Texts(
        "Utkastet er slettet i eAccounting. Timene og kostnadene er frigitt.",
        "The draft was deleted in eAccounting. Its hours and costs are free again.",
    ),
    State.GONE_UPSTREAM: Texts(
        "Noen slettet ordren i eAccounting. Frigi timene og kostnadene hvis de skal faktureres på nytt.",
        "Somebody deleted the order in eAccounting. Release its hours and costs to bill them anew.",
    ),
    State.RELEASED: Texts(
        "Timene og kostnadene er frigitt og kan komme på en ny ordre.",
        "Its hours and costs were released and can be on a new order.",
    ),
}
TONES: Mapping[State, str] = {
    State.TRANSFERRED: "good",
    State.REJECTED: "bad",
    State.NEEDS_ATTENTION: "bad",
    State.GONE_UPSTREAM: "bad",
    State.FINALISED: "wait",
    State.RESERVED: "wait",
    State.SENDING: "wait",
    State.OUTCOME_UNKNOWN: "wait",
    State.WITHDRAWING: "wait",
}
_STAGES: Mapping[Stage, Texts] = {
    Stage.DRAFT: Texts("Utkast", "Draft"),
    Stage.ORDER: Texts("Ordre", "Order"),
    Stage.SHIPPED: Texts("Levert", "Shipped"),
    Stage.INVOICED: Texts("Fakturert", "Invoiced"),
    Stage.DELETED: Texts("Slettet", "Deleted"),
    Stage.UNKNOWN: Texts("Ukjent", "Unknown"),
}
_EVENTS: Mapping[Event, Texts] = {
    Event.RESERVE: Texts("Timer og kostnader reservert", "Hours and costs reserved"),
    Event.SEND: Texts("Sending startet", "Sending began"),
    Event.TRANSFERRED: Texts("Utkast opprettet i eAccounting", "Draft made in eAccounting"),
    Event.REJECTED: Texts("Avvist av eAccounting", "Refused by eAccounting"),
    Event.NOT_SENT: Texts("Ikke sendt", "Not sent"),
    Event.OUTCOME_UNKNOWN: Texts("Uklart svar", "No clear answer"),
    Event.ABSENT: Texts("Ikke funnet i eAccounting", "Not found in eAccounting"),
    Event.FOUND: Texts("Funnet i eAccounting", "Found in eAccounting"),
    Event.ESCALATE: Texts("Trenger en avgjørelse", "Needs a decision"),
    Event.RESEND: Texts("Sendes på nytt", "Sent again"),
    Event.REOPEN: Texts("Åpnet igjen", "Reopened"),
    Event.REVISE: Texts("Laget på nytt", "Made anew"),
    Event.WITHDRAW: Texts("Tilbaketrekking startet", "Withdrawal began"),
    Event.KEPT: Texts("Ikke slettet", "Not deleted"),
    Event.GONE: Texts("Slettet", "Deleted"),
    Event.MISSING: Texts("Borte fra eAccounting", "Gone from eAccounting"),
    Event.RELEASE: Texts("Frigitt", "Released"),
}
_KINDS: Mapping[Kind, Texts] = {
    Kind.CUSTOMER: Texts("Kunder", "Customers"),
    Kind.PRODUCT: Texts("Produkter", "Products"),
    Kind.PROJECT: Texts("Prosjekter", "Projects"),
}
_ACTIONS: Mapping[Action, Texts] = {
    Action.CREATE: Texts("Opprettes", "Created"),
    Action.ADOPT: Texts("Kobles sammen", "Linked"),
    Action.UPDATE: Texts("Oppdateres", "Updated"),
    Action.ARCHIVE: Texts("Arkiveres", "Archived"),
    Action.RESTORE: Texts("Gjenopprettes", "Restored"),
    Action.NOTE: Texts("Noteres", "Noted"),
}
_DONE: Mapping[Action, Texts] = {
    Action.CREATE: Texts("opprettet", "created"),
    Action.ADOPT: Texts("koblet sammen", "linked"),
    Action.UPDATE: Texts("oppdatert", "updated"),
    Action.ARCHIVE: Texts("arkivert", "archived"),
    Action.RESTORE: Texts("gjenopprettet", "restored"),
    Action.NOTE: Texts("notert", "noted"),
}
_REASONS: Mapping[Reason, Texts] = {
    Reason.NEW: Texts("ny i eAccounting", "new in eAccounting"),
    Reason.ADOPTED: Texts("finnes på begge sider", "on both sides"),
    Reason.CHANGED: Texts("endret i eAccounting", "changed in eAccounting"),
    Reason.FINISHED: Texts("ikke i bruk i eAccounting", "not in use in eAccounting"),
    Reason.ONGOING_AGAIN: Texts("i bruk igjen i eAccounting", "in use again in eAccounting"),
    Reason.MISSING_AT_CONNECTION: Texts("finnes ikke i eAccounting", "not in eAccounting"),
    Reason.MISSING: Texts("finnes ikke lenger i eAccounting", "no longer in eAccounting"),
    Reason.RECREATED: Texts("opprettet på nytt i eAccounting", "made again in eAccounting"),
    Reason.DECIDED: Texts("valgt av en bruker", "decided by a person"),
    Reason.NOTED: Texts("ingenting endres", "nothing changes"),
}
FIELDS: Mapping[str, Texts] = {
    "number": Texts("nummer", "number"),
    "name": Texts("navn", "name"),
    "organization_number": Texts("organisasjonsnummer", "organisation number"),
    "customer": Texts("kunde", "customer"),
    "start_date": Texts("startdato", "start date"),
    "end_date": Texts("sluttdato", "end date"),
    "notes": Texts("notater", "notes"),
    "archived": Texts("arkivert", "archived"),
}
_APPROVALS: Mapping[Approval, Texts] = {
    Approval.APPROVED: Texts("Godkjent", "Approved"),
    Approval.SUBMITTED: Texts("Sendt inn", "Submitted"),
    Approval.NONE: Texts("Ikke godkjent", "Not approved"),
}
_MENDERS: Mapping[MendedBy, Texts] = {
    MendedBy.PROJECT_MANAGER: Texts("Prosjektleder i Busy", "Project manager, in Busy"),
    MendedBy.ADMINISTRATOR: Texts("Administrator i Busy", "Administrator, in Busy"),
    MendedBy.ACCOUNTANT: Texts("Regnskapsfører i eAccounting", "Accountant, in eAccounting"),
}
_ENTITIES: Mapping[str, Texts] = {
    "company": Texts("Selskapet", "The company"),
    "customer": Texts("Kunde", "Customer"),
    "entry": Texts("Timeføring", "Hours"),
    "expense": Texts("Kostnad", "Cost"),
    "line": Texts("Linje", "Line"),
    "member": Texts("Medlem", "Member"),
    "order": Texts("Ordren", "The order"),
    "product": Texts("Produkt", "Product"),
    "project": Texts("Prosjekt", "Project"),
    "work_type": Texts("Arbeidstype", "Work type"),
}
LEFT_OUT: Mapping[LeftOutReason, Texts] = {
    LeftOutReason.HOURS_MISSING: Texts("uten timene de gjelder", "without the hours they are on"),
    LeftOutReason.OUTSIDE_PERIOD: Texts("utenfor perioden", "outside the period"),
    LeftOutReason.BEFORE_START_DATE: Texts("før startdatoen for ordrer", "before the start date of orders"),
    LeftOutReason.CUSTOMER_MISSING: Texts("uten kunde", "without customer"),
    LeftOutReason.CUSTOMER_NOT_ALLOWED: Texts("med en annen kunde", "of a customer not on the project"),
    LeftOutReason.OTHER_CUSTOMER: Texts("for en annen kunde", "for another customer"),
    LeftOutReason.ALREADY_ORDERED: Texts("allerede på en ordre", "on an order already"),
    LeftOutReason.EXCLUDED: Texts("unntatt fra fakturering", "excluded from billing"),
    LeftOutReason.NOTHING_BILLABLE: Texts("uten noe fakturerbart", "with nothing billable"),
    LeftOutReason.NOT_APPROVED: Texts("ikke godkjent", "not approved"),
    LeftOutReason.NOT_CHOSEN: Texts("ikke valgt", "not chosen"),
    LeftOutReason.FIXED_PRICE: Texts("dekket av en fastpris", "covered by a fixed price"),
}
DIFFERENCES: Mapping[DifferenceCode, Texts] = {
    DifferenceCode.AMOUNTS_ZERO: Texts("eAccounting viser beløpet 0", "eAccounting shows the amount 0"),
    DifferenceCode.TOTAL_DIFFERS: Texts("summen avviker", "the total differs"),
    DifferenceCode.LINE_DIFFERS: Texts("en linje har et annet beløp", "a line has another amount"),
    DifferenceCode.ROWS_DIFFER: Texts("antall rader avviker", "the number of rows differs"),
    DifferenceCode.VAT_DIFFERS: Texts("merverdiavgiften avviker", "the VAT differs"),
    DifferenceCode.PRICES_INCLUDE_VAT: Texts(
        "prisene er lest som inkludert mva.", "prices were taken with VAT"
    ),
}

_MEMBERS: Mapping[str, Texts] = {
    "CustomerId": Texts("Kunde", "Customer"),
    "OrderDate": Texts("Ordredato", "Order date"),
    "CurrencyCode": Texts("Valuta", "Currency"),
    "OurReference": Texts("Vår referanse", "Our reference"),
    "YourReference": Texts("Deres referanse", "Your reference"),
    "BuyersOrderReference": Texts("Kjøpers ordrereferanse", "Buyer's order reference"),
    "IsTextRow": Texts("Tekstrad", "Text row"),
    "ArticleId": Texts("Produkt", "Product"),
    "Text": Texts("Tekst", "Text"),
    "Quantity": Texts("Antall", "Quantity"),
    "UnitPrice": Texts("Pris", "Unit price"),
    "DiscountPercentage": Texts("Rabatt (%)", "Discount (%)"),
    "ProjectId": Texts("Prosjekt", "Project"),
    "Row": Texts("Hele raden", "The whole row"),
    "Marker": Texts("Busys merke i referansen", "Busy's marker in the reference"),
    "Other": Texts("Noe annet enn det Busy sendte", "Something else than what Busy sent"),
}


def state(code: State, language: Language) -> str:
    """Return what a state of an order is called."""
    return STATES[code].of(language)


def stage(code: Stage, language: Language) -> str:
    """Return what a stage in eAccounting is called."""
    return _STAGES[code].of(language)


def event(code: Event, language: Language) -> str:
    """Return what happened to an order."""
    return _EVENTS[code].of(language)


def kind(code: Kind, language: Language) -> str:
    """Return what several records of a kind are called."""
    return _KINDS[Kind(code)].of(language)


def action(code: Action, language: Language) -> str:
    """Return what a plan does."""
    return _ACTIONS[Action(code)].of(language)


def done(code: Action, language: Language) -> str:
    """Return what a sync did."""
    return _DONE[code].of(language)


def reason(code: Reason, language: Language) -> str:
    """Return why a plan does it."""
    return _REASONS[code].of(language)


def approval(code: Approval, language: Language) -> str:
    """Return how far the approval has come."""
    return _APPROVALS[code].of(language)


def mender(code: MendedBy, language: Language) -> str:
    """Return who can mend a problem."""
    return _MENDERS[code].of(language)


def member(name: str, language: Language) -> str:
    """Return what a part of a draft is called, by the API's name of it."""
    known = _MEMBERS.get(name)
    return name if known is None else known.of(language)


def entity(of: Entity, language: Language) -> str:
    """Return what the kind of thing that a problem is about is called."""
    known = _ENTITIES.get(of.kind)
    return str(of.kind) if known is None else known.of(language)
