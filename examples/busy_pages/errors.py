"""What the package's errors say to a person. Where an error brings its own sentences, these are shown."""

from __future__ import annotations

from collections.abc import Mapping

from visma_busy_sync import errors
from visma_busy_sync.integration import Language, Texts

_SAID: Mapping[type, Texts] = {
    errors.NotConnected: Texts(
        "Busy er ikke koblet til eAccounting. Koble til under Innstillinger.",
        "Busy is not connected to eAccounting. Connect under Settings.",
    ),
    errors.NotReady: Texts(
        "Noe mangler i eAccounting. Se under Innstillinger hva det er.",
        "Something is missing in eAccounting. See under Settings what it is.",
    ),
    errors.ReconnectNeeded: Texts(
        "Tilkoblingen til eAccounting virker ikke lenger. Koble til på nytt; ingenting i Busy går tapt.",
        "The connection to eAccounting does not work any more. Connect again; nothing in Busy is lost.",
    ),
    errors.WrongCompany: Texts(
        "Innloggingen gjelder et annet selskap enn det Busy er koblet til. Koble til riktig selskap.",
        "The login is of another company than Busy is connected to. Connect to the right one.",
    ),
    errors.ConnectionChanged: Texts(
        "Tilkoblingen ble endret underveis, så hentingen stoppet. Se hva som gjenstår, og hent på nytt.",
        "The connection changed while Busy fetched, so it stopped. Look at what is left, and fetch again.",
    ),
    errors.NothingToConfirm: Texts(
        "Det er ikke noe selskap som venter på å bli bekreftet.",
        "No company waits to be confirmed.",
    ),
    errors.NotRevoked: Texts(
        "Busy er koblet fra, men Visma bekreftet det ikke. Fjern gjerne Busys tilgang hos Visma også.",
        "Busy is disconnected, but Visma did not confirm it. You may also end Busy's access at Visma.",
    ),
    errors.ArchivingNotAllowed: Texts(
        "Nå er det andre prosjekter som ville blitt arkivert. Ingenting er endret: se over listen på nytt.",
        "Other projects would be archived by now. Nothing was changed: look at the list again.",
    ),
    errors.SyncRunning: Texts(
        "Busy henter allerede. Vent til det er ferdig.", "Busy is fetching already. Wait for it to end."
    ),
    errors.EntryTaken: Texts(
        "Noen av timene eller kostnadene er på en annen ordre. Ingenting er sendt: lag ordren på nytt.",
        "Some hours or costs are on another order. Nothing was sent: make the order anew.",
    ),
    errors.OrderRejected: Texts(
        "eAccounting avviste ordren, så ingenting er opprettet der. Detaljene står under.",
        "eAccounting refused the order, so nothing was made there. The details are below.",
    ),
    errors.OrderNotTransferred: Texts(
        "Ordren er ikke i eAccounting, så det er ingenting å hente.",
        "The order is not in eAccounting, so there is nothing to fetch.",
    ),
    errors.OtherCompany: Texts(
        "Ordren er laget for et annet selskap enn det Busy er koblet til nå. Ingenting er sendt.",
        "The order was made for another company than Busy is connected to now. Nothing was sent.",
    ),
    errors.OrderChanged: Texts(
        "Ordren finnes fra før med et annet innhold. Ingenting er sendt.",
        "The order is known with other content. Nothing was sent.",
    ),
    errors.OrderClosed: Texts(
        "Ordren er avsluttet og sendes ikke igjen. Lag en ny ordre for timene.",
        "The order is closed and not sent again. Make a new order for its hours.",
    ),
    errors.OrderNeedsAttention: Texts(
        "Det er ikke klart om ordren er i eAccounting. Se etter der, og velg hva som skal skje.",
        "It is not clear whether the order is in eAccounting. Look there, and choose what is to happen.",
    ),
    errors.OrderBeingSent: Texts(
        "Ordren sendes akkurat nå. Last siden på nytt om et øyeblikk.",
        "The order is being sent at this moment. Load the page again in a moment.",
    ),
    errors.OrderOutcomeUnknown: Texts(
        "eAccounting svarte ikke tydelig, så det er ukjent om ordren kom fram. Den sendes ikke to ganger.",
        "eAccounting did not answer clearly, so it may or may not have arrived. It is not sent twice.",
    ),
    errors.SearchIncomplete: Texts(
        "Ordrene i eAccounting lot seg ikke lese sikkert. Ingenting er gjort; prøv igjen om noen minutter.",
        "The orders in eAccounting could not be read surely. Nothing was done; try again in some minutes.",
    ),
    errors.DraftChanged: Texts(
        "Utkastet er endret eller gjort om i eAccounting, så det ble ikke slettet. Ordren står som før.",
        "The draft was edited or taken on in eAccounting, so it was not deleted. The order stays as it was.",
    ),
    errors.DraftStillThere: Texts(
        "Ordren er i eAccounting likevel, så ingenting ble frigitt.",
        "The order is in eAccounting after all, so nothing was released.",
    ),
    errors.NotThisDraft: Texts(
        "Det er ikke utkastet til denne ordren. Sjekk id-en i eAccounting.",
        "That is not the draft of this order. Check the id in eAccounting.",
    ),
    errors.IllegalTransition: Texts(
        "Det går ikke slik ordren står nå. Last siden på nytt.",
        "That cannot be done as the order stands now. Load the page again.",
    ),
    errors.RateLimited: Texts(
        "eAccounting tar ikke imot mer akkurat nå. Prøv igjen om et minutt.",
        "eAccounting takes no more calls at this moment. Try again in a minute.",
    ),
    errors.AccessDenied: Texts(
        "eAccounting gir ikke Busy tilgang. Se under Innstillinger hva som mangler.",
        "eAccounting does not let Busy in. See under Settings what is missing.",
    ),
    errors.EAccountingError: Texts(
        "eAccounting svarte ikke som det skal. Prøv igjen om litt; ingenting i Busy går tapt.",
        "eAccounting did not answer as it should. Try again in a while; nothing in Busy is lost.",
    ),
}
_OTHERWISE = Texts(
    "Det gikk ikke. Ingenting i Busy går tapt; kontakt Busy hvis det gjentar seg.",
    "That did not work. Nothing in Busy is lost; contact Busy if it happens again.",
)


def said_of(error: errors.VismaBusySyncError, language: Language) -> str:
    """Return what an error says to a person, in a language."""
    match error:
        case errors.NotReady():
            return error.readiness.text(language)
        case errors.OrdersNotSent():
            return error.reason.says.of(language)
        case errors.OrderRejected() | errors.OrderNotReady() if error.problems:
            return "\n".join(each.text(language) for each in error.problems)
    return _said(type(error), language)


def said_of_name(name: str, language: Language) -> str:
    """Return the same where only the name of the error was kept, as of a run that is over."""
    kind = getattr(errors, name, None)
    return _said(kind if isinstance(kind, type) else Exception, language)


def _said(kind: type, language: Language) -> str:
    return next((_SAID[each] for each in kind.__mro__ if each in _SAID), _OTHERWISE).of(language)
