"""The words the built-in company is made of. Every name, number and address is invented."""

from typing import Final

# Name, abbreviation, code, English abbreviation.
UNITS: Final = (
    ("Stykk", "stk", "PCS", "pcs"),
    ("Time", "time", "HUR", "h"),
    ("Dag", "dag", "DAY", "day"),
    ("Kilometer", "km", "KMT", "km"),
    ("Meter", "m", "MTR", "m"),
    ("Kvadratmeter", "m2", "MTK", "m2"),
    ("Kilogram", "kg", "KGM", "kg"),
    ("Liter", "l", "LTR", "l"),
    ("Måned", "mnd", "MON", "mth"),
)

# Name, English name, days, type, its text.
TERMS: Final = (
    ("14 dager netto", "14 days net", 14, 0, "Normal"),
    ("30 dager netto", "30 days net", 30, 0, "Normal"),
    ("10 dager netto", "10 days net", 10, 0, "Normal"),
    ("Fri leveringsmåned + 15 dager", "End of month + 15 days", 15, 1, "Inneværende måned"),
    ("Kontant", "Cash", 0, 2, "Kontant"),
    ("Kort", "Card", 0, 3, "Kort"),
)

# Key, name, English name, type, VAT percent, domestic account, exempt account.
CODINGS: Final = (
    ("goods25", "Varer 25 %", "Goods 25 %", "Goods", 25, 3000, 3100),
    ("goods15", "Varer 15 %", "Goods 15 %", "Goods", 15, 3001, 3100),
    ("goods12", "Varer 12 %", "Goods 12 %", "Goods", 12, 3002, 3100),
    ("goods0", "Varer avgiftsfri", "Goods exempt", "Goods", 0, 3100, 3100),
    ("service25", "Tjenester 25 %", "Services 25 %", "Service", 25, 3020, 3120),
    ("service12", "Tjenester 12 %", "Services 12 %", "Service", 12, 3022, 3120),
    ("service0", "Tjenester avgiftsfri", "Services exempt", "Service", 0, 3120, 3120),
)

# Number, name, English name, net price, coding, unit, active.
ARTICLES: Final = (
    ("100", "Rådgivning", "Consulting", "1450.00", "service25", "time", True),
    ("101", "Prosjektledelse", "Project management", "1650.00", "service25", "time", True),
    ("102", "Prosjektering", "Engineering design", "1350.00", "service25", "time", True),
    ("103", "Byggeledelse", "Site management", "1250.00", "service25", "time", True),
    ("104", "Tømrer", "Carpenter", "790.00", "service25", "time", True),
    ("105", "Tømrer, lærling", "Carpenter, apprentice", "520.00", "service25", "time", True),
    ("106", "Rørlegger", "Plumber", "890.00", "service25", "time", True),
    ("107", "Elektriker", "Electrician", "920.50", "service25", "time", True),
    ("108", "Maler", "Painter", "690.00", "service25", "time", True),
    ("109", "Overtid 50 %", "Overtime 50 %", "1185.00", "service25", "time", True),
    ("110", "Overtid 100 %", "Overtime 100 %", "1580.00", "service25", "time", True),
    ("111", "Reisetid", "Travel time", "650.00", "service25", "time", True),
    ("112", "Befaring", "Inspection", "1500.00", "service25", "stk", True),
    ("113", "Kurs og opplæring", "Course", "1200.00", "service0", "time", True),
    ("114", "Dagsrate rådgiver", "Consultant day", "10500.00", "service25", "dag", True),
    ("115", "Serviceavtale", "Service contract", "2490.00", "service25", "mnd", True),
    ("116", "Persontransport", "Passenger transport", "480.00", "service12", "time", True),
    ("117", "Tegnetime (utgått)", "Drawing hour (old)", "990.00", "service25", "time", False),
    ("0200", "Skruer og festemidler", "Screws and fasteners", "149.00", "goods25", "stk", True),
    ("0201", "Gipsplate 13 mm", "Plasterboard 13 mm", "119.90", "goods25", "stk", True),
    ("0202", "Konstruksjonsvirke 48x98", "Timber 48x98", "32.55", "goods25", "m", True),
    ("0203", "Isolasjon 150 mm", "Insulation 150 mm", "84.40", "goods25", "m2", True),
    ("204", "Innerdør, hvit", "Interior door, white", "1890.00", "goods25", "stk", True),
    ("205", "Maling, 10 liter", "Paint, 10 litres", "1249.00", "goods25", "stk", True),
    ("206", "Parkett eik", "Oak parquet", "459.00", "goods25", "m2", True),
    ("207", "Kabel 2,5 mm", "Cable 2.5 mm", "14.75", "goods25", "m", True),
    ("208", "Silikon", "Silicone", "98.00", "goods25", "stk", True),
    ("209", "Lunsj på byggeplass", "Lunch on site", "145.00", "goods15", "stk", True),
    ("210", "Kaffe, 1 kg", "Coffee, 1 kg", "189.00", "goods15", "kg", True),
    ("211", "Billett", "Ticket", "320.00", "goods12", "stk", True),
    ("212", "Byggesaksgebyr, utlegg", "Permit fee, outlay", "4100.00", "goods0", "stk", True),
    ("213", "Fagbok", "Textbook", "549.00", "goods0", "stk", True),
    ("214", "Kjøregodtgjørelse", "Mileage", "5.30", "goods25", "km", True),
    ("215", "Fliser, utgått serie", "Tiles, old series", "399.00", "goods25", "m2", False),
    ("216", "Taktekking (utgått)", "Roofing (old)", "289.00", "goods25", "m2", False),
)

COMPANY_WORDS: Final = (
    "Granlia", "Steinvik", "Nordhav", "Solbakken", "Fjellstuen", "Havblikk", "Bjørkelund", "Elvebredden",
    "Tindegård", "Skogholt", "Lyngmo", "Østerdal", "Åsheim", "Kråkenes", "Ørnefjell", "Vågsbygd",
)  # fmt: skip
COMPANY_KINDS: Final = (
    "Bygg AS", "Eiendom AS", "Borettslag", "Entreprenør AS", "Hotell AS", "Barnehage SA", "Regnskap AS",
    "Kommune", "Invest AS", "Verksted AS", "Boligsameie",
)  # fmt: skip
FIRST_NAMES: Final = (
    "Åse", "Bjørn", "Camilla", "Dag", "Eirin", "Frode", "Guro", "Håkon", "Ingeborg", "Jørgen", "Kjersti",
    "Leif", "Målfrid",
)  # fmt: skip
LAST_NAMES: Final = (
    "Eksempelsen", "Oppdiktet", "Prøvland", "Testås", "Fiksjonsvik", "Mønsterhaug", "Liksomstad",
)  # fmt: skip
# City and postal code.
PLACES: Final = (
    ("Oslo", "0150"), ("Bergen", "5003"), ("Trondheim", "7011"), ("Stavanger", "4006"), ("Tromsø", "9008"),
    ("Drammen", "3015"), ("Kristiansand", "4611"), ("Ålesund", "6002"), ("Bodø", "8006"), ("Hamar", "2317"),
    ("Moss", "1530"), ("Sandnes", "4306"), ("Lillestrøm", "2000"),
)  # fmt: skip
STREETS: Final = (
    "Storgata", "Kirkeveien", "Industriveien", "Sjøgata", "Skolegata", "Havnegata", "Ringveien", "Torggata",
)  # fmt: skip
# Name, country, currency, city, postal code, address.
FOREIGN: Final = (
    ("Exempelbygg Göteborg AB", "SE", "SEK", "Göteborg", "411 03", "Exempelgatan 4"),
    ("Prøvebyg Aarhus ApS", "DK", "DKK", "Aarhus", "8000", "Prøvevej 12"),
    ("Musterbau Hamburg GmbH", "DE", "EUR", "Hamburg", "20095", "Musterstraße 7"),
    ("Esimerkki Oy", "FI", "EUR", "Helsinki", "00100", "Esimerkkikatu 3"),
    ("Sample Offshore Ltd", "GB", "GBP", "Aberdeen", "AB10 1AA", "1 Sample Street"),
)

PROJECT_KINDS: Final = (
    "Rehabilitering av bad", "Tilbygg", "Nytt tak", "Etterisolering", "Kontorombygging", "Elektro nybygg",
    "Tilstandsrapport", "Byggeledelse", "Vinduer og dører", "Brannsikring", "Uteområde", "Energirådgivning",
    "Innvendig maling",
)  # fmt: skip
PROJECT_NOTES: Final = (
    "Nøkkel hentes i resepsjonen. Ring en time før ankomst.",
    "Fakturering månedlig etter medgått tid.\nMateriell med egen linje.",
    "Adkomst fra bakgården; parkering er avtalt med vaktmester.",
    None,
    "Fastpris på riving, resten etter regning.",
)
CUSTOMER_NOTES: Final = (
    "Faktura samles per måned.",
    "Adgangskort hentes i vakta.\nParkering bak bygget.",
    None,
    "Rammeavtale; timepriser avtales årlig.",
)
ARTICLE_NOTES: Final = {
    "Service": "Føres per påbegynt kvarter.",
    "Goods": "Pris etter siste prisliste fra leverandør.",
}
COMPANY_TEXTS: Final = {
    "CustomerInvoiceTextDomestic": "Takk for oppdraget. Ved forsinket betaling beregnes forsinkelsesrente.",
    "CustomerInvoiceTextForeign": "Thank you for your business. Interest is charged on late payment.",
    "OrderTextDomestic": "Vi bekrefter ordren med takk.",
    "OrderTextForeign": "We confirm your order with thanks.",
    "OverDueTextDomestic": "Vi kan ikke se å ha mottatt betaling. Ta kontakt hvis noe er uklart.",
    "OverDueTextForeign": "We cannot see that we have received your payment.",
    "QuoteEmailDomestic": "Vedlagt følger vårt tilbud.",
    "QuoteEmailForeign": "Please find our quote attached.",
    "InvoiceEmailDomestic": "Vedlagt følger faktura.",
    "InvoiceEmailForeign": "Please find our invoice attached.",
    "OrderEmailDomestic": "Vedlagt følger ordrebekreftelse.",
    "OrderEmailForeign": "Please find our order confirmation attached.",
}
