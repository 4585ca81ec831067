"""Every sentence of the pages that is not the package's, in Norwegian (bokmål) and in English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from visma_busy_sync.integration import Texts

TEXTS: Mapping[str, Texts] = MappingProxyType(
    {
        # The frame
        "skip": Texts("Hopp til innholdet", "Skip to the content"),
        "menu": Texts("Hovedmeny", "Main menu"),
        "language": Texts("Språk", "Language"),
        "projects": Texts("Prosjekter", "Projects"),
        "orders": Texts("Ordrer", "Orders"),
        "settings": Texts("Innstillinger", "Settings"),
        "integrations": Texts("Integrasjoner", "Integrations"),
        "you_are_here": Texts("Du er her", "You are here"),
        "yes": Texts("ja", "yes"),
        "no": Texts("nei", "no"),
        "empty": Texts("(tomt)", "(empty)"),
        "nameless": Texts("(uten nummer og navn)", "(without number and name)"),
        "save": Texts("Lagre", "Save"),
        "cancel": Texts("Avbryt", "Cancel"),
        # Visma eAccounting
        "connection": Texts("Tilkobling", "Connection"),
        "connection_connected": Texts("Tilkoblet", "Connected"),
        "connection_reconnect_needed": Texts("Må kobles til på nytt", "Reconnect needed"),
        "connection_locked": Texts("Låst", "Locked"),
        "connection_login_pending": Texts("Innlogging pågår", "Login pending"),
        "connection_disconnected": Texts("Ikke tilkoblet", "Not connected"),
        "company": Texts("Selskap", "Company"),
        "last_fetched": Texts("Sist hentet", "Last fetched"),
        "never": Texts("Aldri", "Never"),
        "next_fetch": Texts("Neste henting", "Next fetch"),
        "project_sync": Texts("Prosjektsynkronisering", "Project sync"),
        "on": Texts("På", "On"),
        "off": Texts("Av", "Off"),
        "connect_title": Texts("Koble til Visma eAccounting", "Connect to Visma eAccounting"),
        "connect_intro": Texts(
            "Busy henter prosjekter, kunder og produkter fra eAccounting, og sender ferdigstilte ordrer dit "
            "som utkast. Du logger inn hos Visma; Busy ser aldri passordet ditt.",
            "Busy fetches projects, customers and products from eAccounting, and sends finalised orders "
            "there as drafts. You log in at Visma; Busy never sees your password.",
        ),
        "reconnect_title": Texts("Koble til på nytt", "Connect again"),
        "reconnect_intro": Texts(
            "Logg inn på nytt hos Visma, så fortsetter alt som før. Prosjekter, endringer, timer og ordrer i "
            "Busy blir stående, og ingenting arkiveres av at du kobler til på nytt.",
            "Log in again at Visma, and all goes on as before. Projects, edits, hours and orders in Busy "
            "stay, and nothing is archived by connecting again.",
        ),
        "sync_on": Texts("Synkroniser prosjekter", "Synchronise projects"),
        "sync_on_help": Texts(
            "Alle prosjekter hentes fra eAccounting. Prosjekter som bare finnes i Busy, arkiveres; du ser "
            "hvilke før det skjer.",
            "All projects are fetched from eAccounting. Projects that only Busy has are archived; you see "
            "which before it happens.",
        ),
        "sync_off": Texts("Ikke synkroniser prosjekter", "Do not synchronise projects"),
        "sync_off_help": Texts(
            "Bare kunder og produkter hentes. Prosjektene i Busy blir stående som de er.",
            "Only customers and products are fetched. Busy's projects stay as they are.",
        ),
        "connect": Texts("Koble til", "Connect"),
        "reconnect": Texts("Koble til på nytt", "Connect again"),
        "fetch_now": Texts("Hent nå", "Fetch now"),
        "preview": Texts("Se hva som vil skje", "See what would happen"),
        "first_title": Texts("Før den første hentingen", "Before the first fetch"),
        "first_intro": Texts(
            "Ingenting er hentet ennå. Se først hva som opprettes, kobles sammen og arkiveres i Busy.",
            "Nothing was fetched yet. First see what is created, linked and archived in Busy.",
        ),
        "fetch_title": Texts("Henting", "Fetching"),
        "fetch_intro": Texts(
            "Busy henter av seg selv. Her kan du hente med en gang, eller se hva neste henting vil gjøre.",
            "Busy fetches by itself. Here you can fetch at once, or see what the next fetch would do.",
        ),
        "ready_title": Texts("Oppsettet i eAccounting", "How eAccounting is set up"),
        "blocks": Texts("Må ordnes", "To be mended"),
        "warns": Texts("Verdt å vite", "Worth knowing"),
        "runs_title": Texts("De siste hentingene", "The last fetches"),
        "run_when": Texts("Tidspunkt", "When"),
        "run_result": Texts("Resultat", "Result"),
        "run_failed": Texts("Mislyktes. {why}", "Failed. {why}"),
        "nothing_new": Texts("ingenting nytt", "nothing new"),
        "change_title": Texts("Endre tilkoblingen", "Change the connection"),
        "disconnect_title": Texts("Koble fra", "Disconnect"),
        "disconnect_intro": Texts(
            "Busy slutter å hente og sende. Alt i Busy blir stående, og du kan koble til igjen når du vil.",
            "Busy stops fetching and sending. Everything in Busy stays, and you can connect again any time.",
        ),
        "disconnect": Texts("Koble fra", "Disconnect"),
        "disconnected": Texts(
            "Busy er koblet fra eAccounting. Alt i Busy er som før.",
            "Busy is disconnected from eAccounting. Everything in Busy is as before.",
        ),
        "login_elsewhere": Texts(
            "Ingen innlogging venter i denne nettleseren. Trykk «Koble til» for å begynne på nytt.",
            "No login waits in this browser. Press connect to begin again.",
        ),
        "other_title": Texts("Et annet selskap venter", "Another company waits"),
        "other_intro": Texts(
            "Noen logget inn i {other}. Busy har vært koblet til {company}. Ingenting er endret ennå.",
            "Somebody logged in to {other}. Busy has been connected to {company}. Nothing has changed yet.",
        ),
        "other_preview": Texts("Se hva et bytte vil gjøre", "See what changing would do"),
        "other_confirm": Texts("Bytt til {company}", "Change to {company}"),
        "other_discard": Texts("Behold {company}", "Keep {company}"),
        "other_changed": Texts("Busy er nå koblet til {company}.", "Busy is connected to {company} now."),
        "other_kept": Texts("Tilkoblingen er som før.", "The connection is as before."),
        # The preview
        "plan_title": Texts("Forhåndsvisning", "Preview"),
        "plan_of": Texts(
            "Dette skjer når Busy henter fra {company}", "What happens when Busy fetches from {company}"
        ),
        "plan_not_yet": Texts("Ingenting er endret ennå.", "Nothing has changed yet."),
        "plan_nothing": Texts(
            "Busy er oppdatert. Det er ingenting å gjøre.", "Busy is up to date. There is nothing to do."
        ),
        "plan_missing": Texts("Arkiveres: finnes ikke i eAccounting", "Archived: not in eAccounting"),
        "plan_missing_help": Texts(
            "Disse prosjektene finnes bare i Busy. De arkiveres, ikke slettes: timer og kostnader blir "
            "stående, og du kan hente dem fram igjen.",
            "Only Busy has these projects. They are archived, not deleted: hours and costs stay, and you can "
            "bring them back.",
        ),
        "plan_finished": Texts("Arkiveres: ikke i bruk i eAccounting", "Archived: not in use in eAccounting"),
        "plan_withheld": Texts("Venter på at du tillater arkivering", "Waits until you allow archiving"),
        "plan_withheld_help": Texts(
            "Mange prosjekter er borte fra eAccounting på en gang. Det kan være en feil der, så de arkiveres "
            "bare hvis du har sett over listen og tillater det.",
            "Many projects are gone from eAccounting at once. That may be a mistake there, so they are "
            "archived only if you have looked at the list and allow it.",
        ),
        "plan_findings": Texts("Se på dette", "Look at this"),
        "plan_changes": Texts("Alt annet som endres i Busy", "Everything else that changes in Busy"),
        "plan_first": Texts("Hent for første gang", "Fetch for the first time"),
        "plan_archive": Texts("Hent og arkiver {count}", "Fetch and archive {count}"),
        "plan_without": Texts("Hent uten å arkivere disse", "Fetch without archiving these"),
        "plan_allow": Texts("Tillat, hent og arkiver {count}", "Allow, fetch and archive {count}"),
        "plan_first_needed": Texts(
            "Se over hva den første hentingen vil gjøre, og trykk på knappen nederst.",
            "Look at what the first fetch would do, and press the button at the end.",
        ),
        # Projects
        "number": Texts("Nummer", "Number"),
        "name": Texts("Navn", "Name"),
        "customer": Texts("Kunde", "Customer"),
        "linked": Texts("Fra eAccounting", "From eAccounting"),
        "only_busy": Texts("Bare i Busy", "Only in Busy"),
        "active_projects": Texts("Aktive ({count})", "Active ({count})"),
        "archived_projects": Texts("Arkiverte ({count})", "Archived ({count})"),
        "is_archived": Texts("Arkivert", "Archived"),
        "no_projects": Texts("Her er det ingen prosjekter.", "There are no projects here."),
        "project_name_title": Texts("Prosjektets navn", "The project's name"),
        "project_name_help": Texts(
            "Et navn du endrer her, blir stående når Busy henter. Inntil 50 tegn.",
            "A name that you change here stays when Busy fetches. Up to 50 characters.",
        ),
        "edited": Texts(
            "Noen har endret dette etter at siden ble vist. Ingenting er lagret: se over, og lagre på nytt.",
            "Somebody changed this after the page was shown. Nothing was saved: look at it, and save again.",
        ),
        "saved": Texts("Lagret.", "Saved."),
        "hours_title": Texts("Timer", "Hours"),
        "no_hours": Texts("Ingen timer er ført.", "No hours are booked."),
        "book_hours": Texts("Før timer", "Book hours"),
        "hours_booked": Texts("Timene er ført.", "The hours are booked."),
        "costs_title": Texts("Kostnader", "Costs"),
        "sold_as": Texts("Selges som", "Sold as"),
        "no_costs": Texts("Ingen kostnader er ført.", "No costs are booked."),
        "book_cost": Texts("Før kostnad", "Book a cost"),
        "cost_booked": Texts("Kostnaden er ført.", "The cost is booked."),
        "work_types_title": Texts("Arbeidstyper", "Work types"),
        "work_types_help": Texts(
            "Produktet er det timene selges som i eAccounting. Det gjelder i hele arbeidsområdet.",
            "The product is what the hours are sold as in eAccounting. It counts in the whole workspace.",
        ),
        "work_type_new": Texts("Ny arbeidstype", "New work type"),
        "no_product": Texts("Ikke valgt", "Not chosen"),
        "add": Texts("Legg til", "Add"),
        "total": Texts("Sum", "Total"),
        "on_order": Texts("På ordre", "On an order"),
        "status": Texts("Status", "Status"),
        "make_order": Texts("Lag ordre", "Make an order"),
        "make_order_help": Texts(
            "Av godkjente timer og kostnader i perioden.", "Of the approved hours and costs of the period."
        ),
        # Fields of forms
        "field_name": Texts("Navn", "Name"),
        "field_day": Texts("Dato", "Date"),
        "field_member": Texts("Medlem", "Member"),
        "field_work_type": Texts("Arbeidstype", "Work type"),
        "field_hours": Texts("Timer", "Hours"),
        "field_comment": Texts("Kommentar", "Comment"),
        "field_approved": Texts("Godkjent", "Approved"),
        "field_product": Texts("Produkt", "Product"),
        "field_quantity": Texts("Antall", "Quantity"),
        "field_price": Texts("Utpris", "Price"),
        "field_rate": Texts("Timepris", "Rate per hour"),
        "field_first": Texts("Fra og med", "From"),
        "field_last": Texts("Til og med", "To"),
        "field_found": Texts("Id-en til utkastet", "The id of the draft"),
        "form_missing": Texts("{field} mangler.", "{field} is missing."),
        "form_long": Texts("{field} kan ha inntil {most} tegn.", "{field} may have up to {most} characters."),
        "form_text": Texts(
            "{field} har et tegn som ikke kan lagres.", "{field} has a character that cannot be stored."
        ),
        "form_day": Texts("{field} er ikke en dato.", "{field} is no date."),
        "form_number": Texts("{field} er ikke et tall.", "{field} is no number."),
        "form_hours": Texts(
            "Timer må være mer enn 0 og høyst 24.", "Hours must be more than 0 and at most 24."
        ),
        "form_period": Texts("Perioden slutter før den begynner.", "The period ends before it begins."),
        # Orders
        "order_draft": Texts("Ny ordre", "New order"),
        "order_for": Texts("Ordre for {project}", "Order for {project}"),
        "project": Texts("Prosjekt", "Project"),
        "period": Texts("Periode", "Period"),
        "show": Texts("Vis", "Show"),
        "problems_title": Texts("Dette må rettes først", "To be mended first"),
        "problems_intro": Texts(
            "Ordren kan ikke ferdigstilles ennå. Når alt under er rettet, vises linjene her.",
            "The order cannot be finalised yet. When all below is mended, its lines are shown here.",
        ),
        "cure": Texts("Løsning", "Cure"),
        "mend_work_type": Texts("Rett arbeidstypene", "Mend the work types"),
        "mend_project": Texts("Gå til prosjektet", "Go to the project"),
        "left_out": Texts("Holdt utenfor", "Left out"),
        "lines_title": Texts("Ordrelinjer", "Order lines"),
        "line_text": Texts("Tekst", "Text"),
        "quantity": Texts("Antall", "Quantity"),
        "unit_price": Texts("Pris", "Price"),
        "amount": Texts("Beløp", "Amount"),
        "sum_net": Texts("Sum uten mva.", "Total without VAT"),
        "sum_vat": Texts("Mva. {rate} %", "VAT {rate}%"),
        "sum_gross": Texts("Sum med mva.", "Total with VAT"),
        "finalise": Texts("Ferdigstill og send", "Finalise and send"),
        "finalise_help": Texts(
            "Ordren låses og sendes til eAccounting som utkast. Der ser dere over den og fakturerer.",
            "The order is frozen and sent to eAccounting as a draft. There you check and invoice it.",
        ),
        "order_date": Texts("Ordredato", "Order date"),
        "no_orders": Texts("Ingen ordrer er ferdigstilt ennå.", "No orders were finalised yet."),
        "in_eaccounting": Texts("I eAccounting", "In eAccounting"),
        "order_number": Texts("Ordrenummer", "Order number"),
        "no_number": Texts(
            "får nummer når utkastet gjøres om til ordre", "gets one when the draft becomes an order"
        ),
        "read_at": Texts("Lest {moment}", "Read {moment}"),
        "changed_there": Texts("Endret i eAccounting", "Changed in eAccounting"),
        "differs_there": Texts("Avvik i eAccounting", "Differences in eAccounting"),
        "details": Texts("Detaljer:", "Details:"),
        "push": Texts("Send til eAccounting", "Send to eAccounting"),
        "pushed": Texts(
            "Ordren er sendt til eAccounting som utkast.", "The order was sent to eAccounting as a draft."
        ),
        "pushed_before": Texts(
            "Ordren er i eAccounting fra før; ingenting ble sendt nå.",
            "The order was in eAccounting before; nothing was sent now.",
        ),
        "pushed_changed": Texts(
            "Noen timer eller kostnader er endret i Busy etter at ordren ble ferdigstilt.",
            "Some hours or costs were changed in Busy after the order was finalised.",
        ),
        "read_back": Texts("Oppdater status", "Update the status"),
        "was_read_back": Texts(
            "Statusen er hentet fra eAccounting.", "The status was fetched from eAccounting."
        ),
        "recover": Texts("Sjekk på nytt", "Check again"),
        "recovered": Texts("Busy har sjekket i eAccounting.", "Busy has looked in eAccounting."),
        "withdraw": Texts("Trekk tilbake", "Withdraw"),
        "withdraw_help": Texts(
            "Utkastet slettes i eAccounting, og timene og kostnadene kan komme på en ny ordre.",
            "The draft is deleted in eAccounting, and its hours and costs can be on a new order.",
        ),
        "withdrawn": Texts(
            "Utkastet er slettet i eAccounting. Timene og kostnadene er frigitt.",
            "The draft was deleted in eAccounting. Its hours and costs are free.",
        ),
        "reopen": Texts("Åpne ordren igjen", "Reopen the order"),
        "reopen_help": Texts(
            "Timene og kostnadene frigis, og du kan lage ordren på nytt.",
            "Its hours and costs become free, and you can make the order anew.",
        ),
        "reopened": Texts("Ordren er åpnet igjen.", "The order was reopened."),
        "release": Texts("Frigi timer og kostnader", "Release hours and costs"),
        "release_help": Texts(
            "Busy ser etter ordren en siste gang før noe frigis.",
            "Busy looks for the order a last time before anything is released.",
        ),
        "released": Texts("Timene og kostnadene er frigitt.", "The hours and costs were released."),
        "resolve_title": Texts("Er ordren i eAccounting?", "Is the order in eAccounting?"),
        "resolve_id": Texts("Id-en til utkastet i eAccounting", "The id of the draft in eAccounting"),
        "resolve_found": Texts("Ja, det er dette utkastet", "Yes, it is this draft"),
        "resolve_again": Texts("Nei, send ordren på nytt", "No, send the order again"),
        "resolved": Texts("Avgjørelsen er lagret.", "The decision is stored."),
        "specification": Texts("Timespesifikasjon", "Hours specification"),
        "history": Texts("Historikk", "History"),
        "history_what": Texts("Hendelse", "What"),
        "finalised_at": Texts("Ferdigstilt", "Finalised"),
        "taken": Texts(
            "Noen av timene eller kostnadene er kommet på en annen ordre. Se over ordren på nytt.",
            "Some hours or costs came on another order meanwhile. Look at the order again.",
        ),
        "order_moved": Texts(
            "Ordren er ikke lenger slik den ble vist. Se over den på nytt, og ferdigstill.",
            "The order is no longer as it was shown. Look at it again, then finalise.",
        ),
        # Errors
        "not_found_title": Texts("Siden finnes ikke", "There is no such page"),
        "not_found_text": Texts(
            "Sjekk adressen, eller gå til forsiden.", "Check the address, or go to the start page."
        ),
        "forbidden_title": Texts("Skjemaet er for gammelt", "The form is too old"),
        "forbidden_text": Texts(
            "Gå tilbake, last siden på nytt og prøv igjen. Ingenting er endret.",
            "Go back, load the page again and try once more. Nothing was changed.",
        ),
        "fault_title": Texts("Noe gikk galt i Busy", "Something went wrong in Busy"),
        "fault_text": Texts(
            "Feilen er logget. Prøv igjen om litt; det som ble lagret før, er ikke gått tapt.",
            "The fault was logged. Try again in a while; what was stored before is not lost.",
        ),
        "home": Texts("Til forsiden", "To the start page"),
    }
)
