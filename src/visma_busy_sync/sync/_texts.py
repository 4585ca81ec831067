"""Every sentence that a plan tells a person, in Norwegian (bokmål) and in English.

The tables are keyed by the values of the codes, not by their enums: so this module stands below those that
define the codes, and a conflict can tell itself. A test sees to it that no code lacks its text.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from visma_busy_sync._core.texts import Counted, Texts

KINDS: Final[Mapping[str, Counted]] = MappingProxyType(
    {
        "customer": (Texts("kunde", "customer"), Texts("kunder", "customers")),
        "product": (Texts("produkt", "product"), Texts("produkter", "products")),
        "project": (Texts("prosjekt", "project"), Texts("prosjekter", "projects")),
    }
)

FIELD_NAMES: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "number": Texts("nummer", "number"),
        "name": Texts("navn", "name"),
        "organization_number": Texts("organisasjonsnummer", "organization_number"),
        "customer": Texts("kunde", "customer"),
        "start_date": Texts("startdato", "start_date"),
        "end_date": Texts("sluttdato", "end_date"),
        "notes": Texts("notater", "notes"),
        "archived": Texts("arkivert", "archived"),
    }
)
"""The English ones are the names by which settings call them."""

ACTIONS: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "create": Texts("opprettes", "create"),
        "adopt": Texts("kobles sammen", "adopt"),
        "update": Texts("oppdateres", "update"),
        "archive": Texts("arkiveres", "archive"),
        "restore": Texts("gjenopprettes", "restore"),
        "note": Texts("noteres", "note"),
    }
)
"""What a plan would do."""

DONE: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "create": Texts("opprettet", "created"),
        "adopt": Texts("koblet sammen", "adopted"),
        "update": Texts("oppdatert", "updated"),
        "archive": Texts("arkivert", "archived"),
        "restore": Texts("gjenopprettet", "restored"),
        "note": Texts("notert", "noted"),
    }
)
"""What a sync did."""

REASONS: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "new": Texts("finnes i eAccounting, men ikke i Busy", "new in eAccounting"),
        "adopted": Texts("finnes på begge sider", "the same record on both sides"),
        "changed": Texts("endret i eAccounting", "changed in eAccounting"),
        "finished": Texts(
            "fullført eller ikke i bruk i eAccounting", "finished or not active in eAccounting"
        ),
        "ongoing_again": Texts("i bruk igjen i eAccounting", "in use again in eAccounting"),
        "missing_at_connection": Texts("finnes ikke i eAccounting", "not in eAccounting"),
        "missing": Texts("finnes ikke lenger i eAccounting", "no longer in eAccounting"),
        "recreated": Texts("opprettet på nytt i eAccounting", "created again in eAccounting"),
        "decided": Texts("bestemt av et menneske", "decided by a person"),
        "noted": Texts("ingenting i Busy endres", "nothing of the record changes"),
    }
)

VERDICTS: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "open": Texts(
            "Få nok til å arkiveres uten at noen blir spurt, eller første tilkobling, der planen er "
            "forhåndsvisningen.",
            "Few enough to be archived unasked, or the first connection, whose plan is the preview.",
        ),
        "blocked": Texts(
            "{count} prosjekter er borte fra eAccounting, av {active} aktive: for mange til å arkiveres "
            "uten at noen har tillatt det.",
            "{count} projects are gone from eAccounting, of {active} active ones: too many to archive "
            "unasked.",
        ),
        "allowed": Texts(
            "Det er tillatt å arkivere akkurat disse prosjektene.",
            "Exactly these projects were allowed to be archived.",
        ),
        "other_set": Texts(
            "Det som er borte fra eAccounting, er ikke lenger det som ble tillatt arkivert.",
            "What is gone from eAccounting is no longer what was allowed to be archived.",
        ),
    }
)

TITLES: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "ambiguous": Texts("flertydig", "ambiguous"),
        "diverged": Texts("endret på begge sider", "diverged"),
        "link_unreadable": Texts("uleselig kobling", "link_unreadable"),
        "linked_twice": Texts("koblet to ganger", "linked_twice"),
        "number_taken": Texts("nummeret er i bruk", "number_taken"),
        "organisation_differs": Texts("ulike organisasjonsnumre", "organisation_differs"),
        "archiving_waits": Texts("arkiveringen venter", "archiving_waits"),
        "customer_archived": Texts("arkivert kunde", "customer_archived"),
        "customer_unknown": Texts("ukjent kunde", "customer_unknown"),
        "decision_void": Texts("bestemmelse uten virkning", "decision_void"),
        "duplicate_upstream": Texts("levert flere ganger", "duplicate_upstream"),
        "inactive_unknown": Texts("avsluttede er ukjent", "inactive_unknown"),
        "missing_upstream": Texts("finnes ikke lenger", "missing_upstream"),
        "recreated": Texts("opprettet på nytt", "recreated"),
        "same_name": Texts("samme navn", "same_name"),
        "same_number": Texts("samme nummer", "same_number"),
        "unsure_read": Texts("usikker lesing", "unsure_read"),
    }
)
"""What a conflict or a warning is called; in English by its code, as the documentation calls it."""

ADVICE: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "ambiguous": Texts(
            "Flere kan være den samme, så ingen av dem blir koblet sammen, opprettet eller arkivert. Gjør "
            "numre, navn og organisasjonsnumre entydige, eller bestem hvilke som hører sammen.",
            "Several records could be the same one, so none of them is linked, created or archived. Make "
            "numbers, names and organisation numbers unique, or decide which belong together.",
        ),
        "diverged": Texts(
            "Feltet er endret både i eAccounting og i Busy siden forrige henting. Hvilken verdi som "
            "gjelder, er en innstilling for hvert felt; uten den kommer nummer og kunde fra eAccounting, "
            "og alt annet forblir Busys. Se hvilken verdi som er riktig. Vil du ha den fra eAccounting, "
            "skriver du den inn i Busy: koblingen noterer hva eAccounting har, så ulikheten blir meldt "
            "bare én gang.",
            "The field was changed in eAccounting and in Busy since the last sync. Which value stands is a "
            "setting for each field; by itself number and customer come from eAccounting, all else stays "
            "Busy's. Check which value is right. To take eAccounting's, enter it in Busy by hand: the link "
            "notes what eAccounting has, so this difference is told once.",
        ),
        "link_unreadable": Texts(
            "Koblingen som er lagret ved siden av dette i Busy, kan ikke leses, så det får stå urørt, og "
            "det gjør også det i eAccounting som kan høre til det. Gjenopprett eller fjern koblingen, "
            "eller bruk den nyere versjonen som skrev den.",
            "The link stored beside Busy's record cannot be read, so the record is left alone, and so is "
            "what in eAccounting may belong to it. Restore or remove the link, or use the newer version "
            "that wrote it.",
        ),
        "linked_twice": Texts(
            "To i Busy er koblet til den samme i eAccounting, så alle får stå urørt. Fjern koblingen som "
            "er feil.",
            "Two records of Busy are linked to this one, so all of them are left alone. Remove the wrong "
            "link.",
        ),
        "number_taken": Texts(
            "Busy har noe annet med dette nummeret, som ikke hører til dette: det har for eksempel et "
            "annet navn, eller det hører til noe som eAccounting ikke lenger har. Det som er i "
            "eAccounting, blir opprettet ved siden av. Endre ett av numrene.",
            "Busy has another record with this number that does not belong to this one: it has another "
            "name, say, or belongs to one that eAccounting no longer has. eAccounting's record is created "
            "beside it. Change one of the numbers.",
        ),
        "organisation_differs": Texts(
            "Nummer og navn er like, men organisasjonsnumrene er ulike, så de to blir ikke koblet sammen. "
            "Rett organisasjonsnummeret på den ene siden, eller bestem at de hører sammen.",
            "Number and name agree, but the organisation numbers do not, so the two are not linked. "
            "Correct the organisation number on one side, or decide that they belong together.",
        ),
        "archiving_waits": Texts(
            "eAccounting har ingen prosjekter, så ingen av Busys blir arkivert nå. Den første hentingen "
            "som finner prosjekter der, arkiverer dem i Busy som eAccounting ikke har.",
            "eAccounting has no projects, so none of Busy's is archived now. The first sync that finds "
            "some there archives those of Busy's that eAccounting does not have.",
        ),
        "customer_archived": Texts(
            "Prosjektet er i bruk, men kunden er arkivert i Busy eller inaktiv i eAccounting. Det blir "
            "hentet med kunden sin; en ordre på det kan ikke overføres før kunden er i bruk igjen.",
            "The project is in use, but its customer is archived in Busy or inactive in eAccounting. It is "
            "imported with its customer; no order of it can be transferred before the customer is in use.",
        ),
        "customer_unknown": Texts(
            "Kunden til prosjektet finnes ikke i Busy, eller det er uklart hvem det er, så kunden blir "
            "ikke satt. Neste henting setter kunden så snart det er kjent hvem det er.",
            "The project's customer is not in Busy or cannot be told, so it is not set. The next sync sets "
            "it as soon as it is known.",
        ),
        "duplicate_upstream": Texts(
            "eAccounting svarte med dette mer enn én gang; det siste svaret gjelder.",
            "eAccounting answered this record more than once; the last one counts.",
        ),
        "decision_void": Texts(
            "Det som er bestemt om denne, kan ikke gjennomføres, så ingenting er gjort: den finnes ikke i "
            "Busy, den som skulle kobles til, finnes ikke i eAccounting eller er koblet til noe annet, eller "
            "den er (eller er ikke) koblet allerede. Bestem på nytt, eller slett bestemmelsen.",
            "What was decided about this record cannot be carried out, so nothing was done: Busy does not "
            "have it, the one to link it to is not in eAccounting or is linked to another one, or it is, or "
            "is not, linked already. Decide anew, or forget the decision.",
        ),
        "inactive_unknown": Texts(
            "eAccounting viste ingenting som er avsluttet eller inaktivt, og svarte ikke på spørsmål om "
            "det. Finnes det noe slikt, blir det ikke hentet så lenge det er slik; det som er koblet, blir "
            "stående som det er.",
            "eAccounting listed nothing that is finished or out of use, and did not answer when asked for "
            "it. If there is any, it is not imported as long as it is so; whatever is linked stays as it is.",
        ),
        "missing_upstream": Texts(
            "Koblet, men ikke lenger å finne i eAccounting. Et prosjekt blir arkivert i Busy så snart "
            "eAccounting bekrefter at det er borte, og gjenopprettet hvis det kommer tilbake; ingenting "
            "blir slettet. Kunder og produkter blir stående som de er.",
            "Linked, but no longer found in eAccounting. A project is archived in Busy as soon as "
            "eAccounting confirms that it is gone, and restored if it comes back; nothing is deleted. "
            "Customers and products stay as they are.",
        ),
        "recreated": Texts(
            "eAccounting har dette under en ny id, og den gamle er borte der; nummer og navn er like. Det "
            "i Busy blir koblet til den nye.",
            "eAccounting has this record under a new id, and the old one is gone there; number and name "
            "agree. Busy's record is linked to the new one.",
        ),
        "same_name": Texts(
            "Busy har noe med dette navnet, men et navn alene er ikke nok til å koble de to sammen. Gi "
            "begge samme organisasjonsnummer eller nummer hvis de er den samme.",
            "Busy has a record with this name, but a name alone is not enough to link the two. Give both "
            "the same organisation number or number if they are the same.",
        ),
        "same_number": Texts(
            "eAccounting har flere med dette nummeret; alle blir hentet.",
            "eAccounting has several records with this number; each is imported.",
        ),
        "unsure_read": Texts(
            "Det er ikke sikkert at eAccounting svarte med alt, så ingenting blir koblet sammen eller "
            "arkivert, og det som ligner på noe i Busy, blir ikke opprettet. Neste fullstendige henting "
            "tar det igjen.",
            "eAccounting may not have answered every record, so nothing is adopted or archived, and what "
            "resembles a record of Busy is not created. The next complete reading makes up for it.",
        ),
    }
)
"""What a conflict or a warning means, what is done meanwhile, and how to end it, by its code."""

FINDING: Final = Texts("{subject}: {title}. {advice}", "{title} {subject}: {advice}")
CONFLICTS: Final = (Texts("konflikt", "conflict"), Texts("konflikter", "conflicts"))
WARNINGS: Final = (Texts("advarsel", "warning"), Texts("advarsler", "warnings"))

NOTHING_TO_DO: Final = Texts("ingenting å gjøre", "nothing to do")
TO_ALLOW: Final = Texts("{projects} arkiveres hvis du tillater det", "{projects} to archive if you allow it")
NOT_YET: Final = Texts("ingenting er endret ennå", "nothing has changed yet")
HEAD: Final = Texts("{verb}: {kind} {name}", "{verb} {kind} {name}")
NAMELESS: Final = Texts("uten nummer og navn", "without number and name")
STAYS: Final = Texts("{old} beholdes (eAccounting: {new})", "{old} stays (eAccounting: {new})")
EMPTY: Final = Texts("(tomt)", "(empty)")
YES: Final = Texts("ja", "yes")
NO: Final = Texts("nei", "no")
UNCHANGED: Final = Texts("uendret: {counts}", "unchanged: {counts}")
WAITS: Final = Texts("arkiveringen venter: {why} {how}", "archiving waits: {why} {how}")
HOW_TO_ALLOW: Final = Texts(
    "Se på hvert prosjekt under; for å arkivere akkurat disse, tillat {digest}.",
    "Look at each below; to archive exactly these, allow {digest}.",
)

APPLIED: Final = Texts("utført: {done}", "applied: {done}")
NOTHING: Final = Texts("ingenting", "nothing")
ONLY_CHANGES: Final = Texts(
    "bare det som nylig er endret, ble lest: {counts}", "only what changed lately was read: {counts}"
)
MOVED: Final = Texts("{count} endret i mellomtiden", "{count} moved meanwhile")
REFUSED: Final = Texts("{count} avvist av Busy", "{count} refused by Busy")
UNDONE: Final = Texts("angret: {count}", "undone: {count}")
LEFT_AS_IT_IS: Final = (
    Texts("står som den er", "left as it is"),
    Texts("står som de er", "left as they are"),
)
TOUCHED: Final = Texts("ble ikke utført, eller er endret siden", "it was not applied, or was changed since")
WAS_MOVED: Final = Texts("endret i Busy i mellomtiden", "the record changed in Busy meanwhile")
WAS_REFUSED: Final = Texts("avvist av Busy: {reason}", "refused by Busy: {reason}")


FATES: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "create": Texts("Opprettes i Busy", "Created in Busy"),
        "adopt": Texts("Kobles sammen", "Adopted: linked for the first time"),
        "update": Texts("Oppdateres i Busy", "Updated in Busy"),
        "archive": Texts("Arkiveres i Busy", "Archived in Busy"),
        "restore": Texts("Gjenopprettes i Busy", "Restored in Busy"),
        "note": Texts("Bare koblingen oppdateres", "Only the link is brought up to date"),
        "unchanged": Texts(
            "Koblet, og det er ingenting å gjøre",
            "Linked, and there is nothing to do",
        ),
        "held_back": Texts(
            "Arkiveringen venter på at noen tillater den", "Its archiving waits until a person allows it"
        ),
        "conflict": Texts("Får stå urørt til en konflikt er løst", "Left alone until a conflict is settled"),
        "unconfirmed": Texts(
            "Mangler i lesingen; eAccounting blir spurt om akkurat dette før noe følger av det",
            "Missing from the reading; eAccounting is asked for it by id before anything follows",
        ),
        "unlisted": Texts(
            "Mangler i en lesing som er usikker eller tom; av den følger ingenting",
            "Missing from a reading that is unsure or empty; nothing follows from that",
        ),
        "gone": Texts(
            "Borte fra eAccounting, som kjent fra før; ingenting mer følger av det",
            "Gone from eAccounting, as was known before; nothing more follows",
        ),
        "postponed": Texts(
            "Opprettes ikke ennå, for det kan være noe som Busy allerede har",
            "Not created yet, because it may be a record that Busy has",
        ),
        "left_alone": Texts(
            "Busys eget: ingenting i eAccounting hører til det",
            "Busy's own: nothing in eAccounting belongs to it",
        ),
        "out_of_scope": Texts(
            "Hentes ikke: nummeret er ikke blant dem som skal hentes",
            "Not imported: its number is not among those that are to be imported",
        ),
        "not_imported": Texts(
            "Hentes ikke: innstillingene utelater det, eller det ble ikke lest",
            "Not imported: the settings leave it out, or it was not read",
        ),
    }
)
"""What becomes of a record."""

FIELD_REASONS: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "created": Texts("Kommer fra eAccounting.", "Comes from eAccounting."),
        "customer_unknown": Texts(
            "Hvem kunden er i Busy, er ikke kjent, så feltet står som det er.",
            "Who the customer is in Busy is not known, so the field stays as it is.",
        ),
        "not_held": Texts("Busy har ikke dette feltet.", "Busy does not have this field."),
        "not_compared": Texts("Blir ikke sammenlignet.", "Not compared."),
        "unchanged": Texts(
            "Ikke endret siden sist, verken i eAccounting eller i Busy.",
            "Not changed since the last sync, neither in eAccounting nor in Busy.",
        ),
        "changed_in_busy": Texts(
            "Endret bare i Busy, så det blir stående.", "Changed in Busy only, so it stays."
        ),
        "changed_in_eaccounting": Texts(
            "Endret bare i eAccounting, så det kommer til Busy.",
            "Changed in eAccounting only, so it comes through.",
        ),
        "agreed": Texts("Det samme på begge sider.", "The same on both sides."),
        "diverged_taken": Texts(
            "Endret på begge sider; verdien fra eAccounting gjelder.",
            "Changed on both sides; eAccounting's value stands.",
        ),
        "diverged_kept": Texts(
            "Endret på begge sider; verdien i Busy gjelder.", "Changed on both sides; Busy's value stands."
        ),
        "first_filled": Texts(
            "Sammenlignet for første gang: tomt i Busy, så det blir fylt ut.",
            "Compared for the first time: empty in Busy, so it is filled.",
        ),
        "first_taken": Texts(
            "Sammenlignet for første gang: verdien fra eAccounting gjelder.",
            "Compared for the first time: eAccounting's value stands.",
        ),
        "first_kept": Texts(
            "Sammenlignet for første gang: verdien i Busy gjelder. Det som endres i eAccounting senere, "
            "kommer til Busy.",
            "Compared for the first time: Busy's value stands. What eAccounting changes later comes through.",
        ),
        "first_nothing": Texts(
            "Sammenlignet for første gang: tomt i eAccounting, så verdien i Busy blir stående.",
            "Compared for the first time: empty in eAccounting, so Busy's value stays.",
        ),
        "finished": Texts(
            "Fullført eller ikke i bruk i eAccounting.", "Finished or not active in eAccounting."
        ),
        "missing": Texts("Finnes ikke lenger i eAccounting.", "No longer in eAccounting."),
        "missing_at_connection": Texts(
            "Fantes ikke i eAccounting da prosjektsynkronisering ble slått på første gang.",
            "Not in eAccounting when project sync was first switched on.",
        ),
        "waits": Texts(
            "Arkiveringen venter på at noen tillater den.", "Its archiving waits until a person allows it."
        ),
        "ongoing_again": Texts(
            "I bruk igjen i eAccounting, og arkivert bare fordi det ikke var det.",
            "In use again in eAccounting, and archived only because it was not.",
        ),
        "back": Texts(
            "Finnes igjen i eAccounting, og arkivert bare fordi det var borte.",
            "In eAccounting again, and archived only because it was gone.",
        ),
        "found": Texts(
            "Finnes i eAccounting likevel, og arkivert bare fordi det manglet der.",
            "In eAccounting after all, and archived only because it was not.",
        ),
        "active": Texts("I bruk på begge sider.", "In use on both sides."),
        "archived": Texts("Ikke i bruk på noen av sidene.", "Out of use on both sides."),
        "archived_in_busy": Texts(
            "Arkivert i Busy, og ikke av en henting fra dette selskapet; det blir aldri gjort om.",
            "Archived in Busy, and not by a sync with this company; that is never undone.",
        ),
        "brought_back": Texts(
            "Hentet fram igjen i Busy av en person; det gjelder til eAccounting fullfører det på nytt.",
            "Brought back in Busy by a person; that stands until eAccounting finishes it anew.",
        ),
        "finished_unsurely": Texts(
            "Fullført eller ikke i bruk i eAccounting, men lesingen er usikker; en senere henting "
            "arkiverer det.",
            "Finished or not active in eAccounting, but the reading is unsure; a later sync archives it.",
        ),
        "still_active": Texts(
            "Borte fra eAccounting, men i bruk i Busy. Bare prosjekter arkiveres av den grunn, hvis "
            "innstillingen er slik, og en person kan hente dem fram igjen.",
            "Gone from eAccounting, but in use in Busy. Only projects are archived for that, if the "
            "setting is so, and a person may bring them back.",
        ),
    }
)
"""Why a field is as it is after a plan was applied."""

DECISIONS: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "link": Texts("Bestemt: koble til {id}.", "Decided: link to {id}."),
        "relink": Texts("Bestemt: koble til {id} i stedet.", "Decided: link to {id} instead."),
        "unlink": Texts("Bestemt: fjern koblingen.", "Decided: cut the link."),
        "keep": Texts("Bestemt: er Busys eget.", "Decided: it is Busy's own."),
        "archive": Texts("Bestemt: arkiver i Busy.", "Decided: archive it in Busy."),
    }
)
"""What a person decided about a record."""

AILMENTS: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "gone_and_back": Texts(
            "koblet til noe som er borte, og det finnes et annet med samme nummer eller navn",
            "linked to what is gone, and there is another one of its number or name",
        ),
        "renamed": Texts(
            "samme nummer og nesten samme navn, men ikke koblet sammen",
            "the same number and nearly the same name, but not linked",
        ),
        "renumbered": Texts("samme navn, men ikke koblet sammen", "the same name, but not linked"),
        "crossed": Texts("koblet i kryss", "linked crosswise"),
        "linked_twice": Texts("to er koblet til det samme", "two are linked to the same one"),
    }
)
"""What seems wrong with a link."""

CANDIDATES: Final = Texts("Det gjelder disse i Busy: {ids}.", "It is about these of Busy: {ids}.")
GONE_SINCE: Final = Texts("Borte siden {day}.", "Gone since {day}.")
SETTINGS: Final = Texts("Innstillinger: {settings}", "Settings: {settings}")
LAST_SEEN: Final = Texts("sist sett: {base}", "last seen: {base}")
