"""The built-in company: a Norwegian craft and consultancy business, the same at every start.

Ids come from the place in the list, dates from fixed days; nothing is random. Every member of the API
description is present in every record, as in the real answers.
"""

import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from visma_busy_sync.sandbox.amounts import cents, vat_fraction
from visma_busy_sync.sandbox.company import Company, Record, table
from visma_busy_sync.sandbox.dates import written
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.schema import SCHEMAS, SETTINGS_SCHEMA, blank
from visma_busy_sync.sandbox.seedlists import (
    ARTICLE_NOTES,
    ARTICLES,
    CODINGS,
    COMPANY_KINDS,
    COMPANY_TEXTS,
    COMPANY_WORDS,
    CUSTOMER_NOTES,
    FIRST_NAMES,
    FOREIGN,
    LAST_NAMES,
    PLACES,
    PROJECT_KINDS,
    PROJECT_NOTES,
    STREETS,
    TERMS,
    UNITS,
)
from visma_busy_sync.sandbox.seedorders import seed_orders

FIRST_DAY = date(2025, 1, 6)
BUSINESSES, PERSONS, PROJECTS = 41, 18, 68
FIRST_CUSTOMER_NUMBER = 10001
_SPACE = uuid.UUID("6a5e5b0e-7d5c-4b67-9c55-0d2f6f1c9a10")


def seed_id(kind: str, key: str | int) -> str:
    """Return the id of a record of the built-in company."""
    return str(uuid.uuid5(_SPACE, f"{kind}/{key}"))


def _stamp(day: date, place: int) -> str:
    seconds = (place * 137) % 36_000
    hour, minute, second = 7 + seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{day.isoformat()}T{hour:02}:{minute:02}:{second:02}.{place * 7919 % 1_000_000:06}Z"


def _units() -> list[Record]:
    return [
        {
            "Id": seed_id("units", short),
            "Name": name,
            "Code": code,
            "Abbreviation": short,
            "AbbreviationEnglish": english,
        }
        for name, short, code, english in UNITS
    ]


def _terms() -> list[Record]:
    return [
        {
            "Id": seed_id("termsofpayments", name),
            "Name": name,
            "NameEnglish": english,
            "NumberOfDays": days,
            "TermsOfPaymentTypeId": kind,
            "TermsOfPaymentTypeText": text,
            "AvailableForSales": True,
            "AvailableForPurchase": kind in (0, 1),
        }
        for name, english, days, kind, text in TERMS
    ]


def _codings() -> list[Record]:
    return [
        {
            **blank(SCHEMAS["ArticleAccountCoding"]),
            "Id": seed_id("articleaccountcodings", key),
            "Name": name,
            "NameEnglish": english,
            "Type": kind,
            "VatRate": f"{percent} %",
            "IsActive": True,
            "VatRatePercent": Decimal(percent),
            "DomesticSalesSubjectToVatAccountNumber": account,
            "DomesticSalesVatExemptAccountNumber": exempt,
            "ForeignSalesVatExemptOutsideEuAccountNumber": exempt,
            "ChangedUtc": _stamp(FIRST_DAY, place),
        }
        for place, (key, name, english, kind, percent, account, exempt) in enumerate(CODINGS)
    ]


def _articles() -> list[Record]:
    codings = {key: (name, kind, percent) for key, name, _, kind, percent, _, _ in CODINGS}
    units = {short: name for name, short, _, _ in UNITS}
    made: list[Record] = []
    for place, (number, name, english, price, coding, unit, active) in enumerate(ARTICLES):
        coding_name, kind, percent = codings[coding]
        net = Decimal(price)
        stamp = _stamp(FIRST_DAY + timedelta(days=11 * place), place)
        made.append(
            {
                **blank(SCHEMAS["Article"]),
                "Id": seed_id("articles", number),
                "IsActive": active,
                "Number": number,
                "Name": name,
                "NameEnglish": english,
                "NetPrice": net,
                "NetPriceWithDiscount": net,
                "GrossPrice": cents(net * (1 + vat_fraction(percent))),
                "CodingId": seed_id("articleaccountcodings", coding),
                "CodingName": coding_name,
                "UnitId": seed_id("units", unit),
                "UnitName": units[unit],
                "UnitAbbreviation": unit,
                "CreatedUtc": _stamp(FIRST_DAY, place),
                "ChangedUtc": stamp,
                "SendToWebshop": True,
                "Note": ARTICLE_NOTES[kind] if active else "Utgått, brukes ikke på nye ordre.",
                "StockLocationReference": f"Lager {'ABC'[place % 3]}, hylle {place}"
                if kind == "Goods"
                else None,
                "SupplierArticleNumber": f"LEV-{number}" if kind == "Goods" else None,
                "IsServiceArticle": kind == "Service",
                "StockBalance": Decimal(0 if kind == "Service" else 10 + place),
                "PurchasePrice": cents(net * Decimal("0.6")) if kind == "Goods" else Decimal("0.00"),
                "CurrencyCode": "NOK",
                "GreenTechnologyType": 0,
            }
        )
    return made


def _person(place: int) -> str:
    return f"{FIRST_NAMES[place % len(FIRST_NAMES)]} {LAST_NAMES[place * 3 % len(LAST_NAMES)]}"


def _phone(place: int) -> str:
    # No Norwegian subscriber has a number that begins with 000.
    return f"000 {10 + place % 90:02} {place * 37 % 1000:03}"


def _customer(place: int, name: str, number: str, values: Mapping[str, Json]) -> dict[str, Json]:
    city, code = PLACES[place % len(PLACES)]
    terms = _terms()[place % 3]
    return {
        **blank(SCHEMAS["Customer"]),
        "Id": seed_id("customers", number),
        "CustomerNumber": number,
        "Name": name,
        "InvoiceAddress1": f"{STREETS[place % len(STREETS)]} {place * 5 % 98 + 1}",
        "InvoiceCity": city,
        "InvoicePostalCode": code,
        "InvoiceCountryCode": "NO",
        "CurrencyCode": "NOK",
        "TermsOfPaymentId": terms["Id"],
        "TermsOfPayment": terms,
        "ChangedUtc": _stamp(FIRST_DAY + timedelta(days=9 * place), place),
        "IsFutureInvoiceDateAllowed": True,
        "DirectDebitCustomerSettings": blank(SCHEMAS["DirectDebitCustomerSettings"])
        | {"MandateType": 1, "SequenceType": 1},
        "Telephone": _phone(place),
        "SalesDocumentLanguage": "no",
        "CustomerLabels": [],
        "IsActive": True,
        **values,
    }


def _business(place: int) -> dict[str, Json]:
    # 11 kinds and 16 words have no common divisor, so 176 names come before one returns.
    name = f"{COMPANY_WORDS[place % len(COMPANY_WORDS)]} {COMPANY_KINDS[place % len(COMPANY_KINDS)]}"
    contact = _person(place)
    mailbox = f"kunde{place + 1:02}"
    organisation = f"000{place * 13 % 900 + 100}{place * 29 % 900 + 100}"
    street = f"{STREETS[place * 3 % len(STREETS)]} {place + 2}"
    city, code = PLACES[place * 2 % len(PLACES)]
    return _customer(
        place,
        name,
        str(FIRST_CUSTOMER_NUMBER + place),
        {
            "CorporateIdentityNumber": f"000 {organisation[3:6]} {organisation[6:]}",
            "VatNumber": f"NO{organisation}MVA",
            "ElectronicAddress": f"0192:{organisation}",
            "ElectronicReference": f"Avdeling {place % 7 + 1}" if place % 2 else None,
            # No GLN begins with 000.
            "EdiGlnNumber": f"0000000{place * 97 % 900_000 + 100_000}" if place % 3 == 0 else None,
            "MobilePhone": _phone(place + 70),
            "EmailAddress": f"faktura.{mailbox}@example.no",
            "EmailAddressOrder": f"ordre.{mailbox}@example.no",
            "EmailAddressQuote": f"tilbud.{mailbox}@example.no",
            "EmailAddresses": [f"arkiv.{mailbox}@example.no"] if place % 5 == 0 else [],
            "ContactPersonName": contact,
            "ContactPersonEmail": f"kontakt.{mailbox}@example.no",
            "ContactPersonMobile": _phone(place + 50),
            "ContactPersonPhone": _phone(place + 60),
            "InvoiceAddress2": "v/ regnskap" if place % 4 != 3 else None,
            "DeliveryCustomerName": f"{name}, avd. {city}" if place % 6 == 0 else None,
            "DeliveryAddress1": street if place % 6 == 0 else None,
            "DeliveryAddress2": "Port 3, ring vaktmester" if place % 6 == 0 else None,
            "DeliveryPostalCode": code if place % 6 == 0 else None,
            "DeliveryCity": city if place % 6 == 0 else None,
            "DeliveryCountryCode": "NO" if place % 6 == 0 else None,
            "Note": "Krever bestillingsnummer på alle ordre."
            if place % 7 == 0
            else CUSTOMER_NOTES[place % len(CUSTOMER_NOTES)],
            "RequiresReferenceNumber": place % 7 == 0,
            "DiscountPercentage": Decimal("0.0500") if place % 9 == 0 else Decimal("0.0"),
            "WwwAddress": f"https://{mailbox}.example.no",
            "IsActive": place not in (12, 27),
        },
    )


def _private(place: int) -> dict[str, Json]:
    index = BUSINESSES + place
    return _customer(
        index,
        _person(place * 2 + 1),
        str(FIRST_CUSTOMER_NUMBER + index),
        {
            "IsPrivatePerson": True,
            "EmailAddress": f"privat{place + 1:02}@example.com",
            "MobilePhone": _phone(index),
            "ContactPersonPhone": _phone(index + 60),
            "PropertyReference": f"Gnr. {index} bnr. {place + 1}",
            "Note": "Hund i hagen; ring på forhånd." if place % 5 == 0 else None,
            "IsActive": place != 9,
        },
    )


def _abroad(place: int) -> dict[str, Json]:
    index = BUSINESSES + PERSONS + place
    name, country, currency, city, code, address = FOREIGN[place]
    return _customer(
        index,
        name,
        str(FIRST_CUSTOMER_NUMBER + index),
        {
            "InvoiceAddress1": address,
            "InvoiceCity": city,
            "InvoicePostalCode": code,
            "InvoiceCountryCode": country,
            "CurrencyCode": currency,
            "EmailAddress": f"invoice.{country.lower()}@example.com",
            "ContactPersonName": f"Sample {LAST_NAMES[place]}",
            "ContactPersonEmail": f"contact.{country.lower()}@example.com",
            "SalesDocumentLanguage": "en",
            "Telephone": None,
        },
    )


def _customers() -> list[dict[str, Json]]:
    return [
        *(_business(place) for place in range(BUSINESSES)),
        *(_private(place) for place in range(PERSONS)),
        *(_abroad(place) for place in range(len(FOREIGN))),
    ]


def _projects(customers: list[dict[str, Json]]) -> list[Record]:
    made: list[Record] = []
    for place in range(PROJECTS):
        number = f"{place + 1:04}" if place < 6 else str(1000 + place)
        customer = None if place % 9 == 4 else customers[place * 5 % len(customers)]
        start = FIRST_DAY + timedelta(days=8 * place)
        finished = place % 6 == 5
        ends = finished or place % 4 == 0
        city = PLACES[place * 7 % len(PLACES)][0]
        made.append(
            {
                "Id": seed_id("projects", number),
                "Number": number,
                "Name": f"{PROJECT_KINDS[place % len(PROJECT_KINDS)]}, {city}"
                + (f" {place // 13 + 1}" if place >= 13 else ""),
                "StartDate": written(start),
                "EndDate": written(start + timedelta(days=60 + place)) if ends else None,
                "CustomerId": None if customer is None else customer["Id"],
                "CustomerName": None if customer is None else customer["Name"],
                "Notes": PROJECT_NOTES[place % len(PROJECT_NOTES)],
                "Status": 2 if finished else 1,
                "ModifiedUtc": _stamp(start, place),
            }
        )
    return made


def default_settings() -> dict[str, Json]:
    """Return the settings of the built-in company."""
    return {
        **blank(SETTINGS_SCHEMA),
        "Name": "Fjordmesteren Bygg og Rådgivning AS",
        "Email": "post@fjordmesteren.example.no",
        "Phone": "000 12 345",
        "MobilePhone": "000 98 765",
        "Address1": "Eksempelkaia 8",
        "Address2": "Postboks 1",
        "CountryCode": "NO",
        "PostalCode": "5003",
        "City": "Bergen",
        "Website": "https://fjordmesteren.example.no",
        "OurReference": "Åse Eksempelsen",
        "CurrencyCode": "NOK",
        "TermsOfPaymentId": seed_id("termsofpayments", TERMS[0][0]),
        "CorporateIdentityNumber": "000 999 111",
        "VatCode": "NO000999111MVA",
        "PeppolId": "0192:000999111",
        "BankAccount": "0000 00 00000",
        "CompanyEmailForUpload": "bilag@fjordmesteren.example.no",
        "AccountNumberDigits": 4,
        "AccountingLockedTo": "2024-12-31T00:00:00",
        "TaxDeclarationDate": {"Month": 1, "Day": 1},
        "ProductVariant": 1,
        "TypeOfBusiness": 1,
        "VatPeriod": 6,
        "ActivatedModules": ["api_standard", "accounting_standard", "sales_standard", "project_standard"],
        "NextCustomerNumber": FIRST_CUSTOMER_NUMBER + BUSINESSES + PERSONS + len(FOREIGN),
        "NextSupplierNumber": 50001,
        "NextCustomerInvoiceNumber": 20001,
        "NextQuoteNumber": 3001,
        "NextOrderNumber": 1001,
        "NextArticleNumber": 217,
        "ShowPricesExclVatPC": True,
        "UsesProject": True,
        "UsesPaymentReferenceNumber": True,
        "CompanyText": {**blank(SCHEMAS["CompanyTexts"]), **COMPANY_TEXTS},
        "CompanyStatus": 1,
        "CompanyIdentifier": seed_id("companysettings", "company"),
        "FirstPaymentReminderWithoutFee": True,
        "LatePaymentFee": Decimal("35.00"),
    }


def empty_company() -> Company:
    """Return a company with settings and the fixed lists only."""
    return Company(
        default_settings(),
        {
            "units": table(_units()),
            "termsofpayments": table(_terms()),
            "articleaccountcodings": table(_codings()),
        },
    )


def seed_company() -> Company:
    """Return the built-in company with all its records."""
    company = empty_company()
    customers = _customers()
    company.tables["customers"] = table(customers)
    company.tables["articles"] = table(_articles())
    company.tables["projects"] = table(_projects(customers))
    seed_orders(company, seed_id)
    return company
