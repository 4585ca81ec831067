"""Orders: the rules of POST /orders beyond the schema, the defaults it fills in, and DELETE.

Rules and defaults are those of the API description and the vendor's error table; where they are silent (an
order without rows, an inactive article unless the profile says otherwise) the sandbox accepts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from visma_busy_sync.sandbox import dates
from visma_busy_sync.sandbox.amounts import ZERO, row_amount, totals
from visma_busy_sync.sandbox.clock import Clock
from visma_busy_sync.sandbox.company import Company, Record, new_id
from visma_busy_sync.sandbox.errors import (
    CANNOT_DELETE,
    NO_FISCAL_YEAR,
    NO_SALES_ACCOUNT,
    NOT_FOUND,
    PROJECT_ENDED,
    ApiFault,
    refused,
)
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.profile import Profile
from visma_busy_sync.sandbox.schema import SCHEMAS, blank
from visma_busy_sync.sandbox.validation import Checked, check, decimal_places

DRAFT, ONGOING, SHIPPED, INVOICED = 1, 2, 3, 4
FINISHED = 2
FIRST_FISCAL_DAY = date(2000, 1, 1)
LAST_FISCAL_DAY = date(2100, 12, 31)
DOMESTIC_DECIMALS = 2

# Order member ← customer member, used where the order gives none.
_FROM_CUSTOMER: Final = {
    "InvoiceCustomerName": "Name",
    "InvoiceAddress1": "InvoiceAddress1",
    "InvoiceAddress2": "InvoiceAddress2",
    "InvoicePostalCode": "InvoicePostalCode",
    "InvoiceCity": "InvoiceCity",
    "InvoiceCountryCode": "InvoiceCountryCode",
    "DeliveryCustomerName": "DeliveryCustomerName",
    "DeliveryAddress1": "DeliveryAddress1",
    "DeliveryAddress2": "DeliveryAddress2",
    "DeliveryPostalCode": "DeliveryPostalCode",
    "DeliveryCity": "DeliveryCity",
    "DeliveryCountryCode": "DeliveryCountryCode",
    "TermsOfPaymentId": "TermsOfPaymentId",
}
# Rot and rut are Swedish; the API gives 0 elsewhere.
_NO_DEDUCTION: Final[Mapping[str, Json]] = {
    "MaxAllowedTaxReductionAmount": ZERO,
    "RotReducedInvoicingPercent": 0,
}
# The accounts of an article's coding, at home and abroad. Which one a sale takes depends on VAT, EU and
# threshold; without any of them there is none to take.
_ACCOUNTS: Final = (
    ("DomesticSalesSubjectToVatAccountNumber", "DomesticSalesVatExemptAccountNumber"),
    (
        "ForeignSalesSubjectToMossAccountNumber",
        "ForeignSalesSubjectToThirdPartySalesAccountNumber",
        "ForeignSalesSubjectToVatWithinEuAccountNumber",
        "ForeignSalesVatExemptOutsideEuAccountNumber",
        "ForeignSalesVatExemptWithinEuAccountNumber",
    ),
)
_REFERENCES: Final = ("OurReference", "YourReference", "BuyersOrderReference")
_REFERENCE_FORMS: Final[Mapping[str, Callable[[str], str]]] = {
    "kept": str,
    "upper": str.upper,
    "trimmed_spaces": lambda text: " ".join(text.split()),
    "cut": lambda text: text[:50],
}
_TOTALS: Final = ("Amount", "VatAmount", "RoundingsAmount")


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """Takes orders for one company."""

    company: Company
    profile: Profile
    clock: Clock

    def create(self, body: Mapping[str, Json]) -> Record:
        """Check an order and store it.

        Raises:
            ApiFault: with all faults; nothing was stored and no number used.
        """
        checked = check(SCHEMAS["Order"], body)
        customer = self._customer(checked)
        self._check_header(checked)
        self._check_rows(checked, abroad=self._abroad(customer))
        if checked.faults or customer is None:
            raise refused(checked.faults)
        order = self._order(checked.values, customer)
        if order["Status"] == ONGOING:
            order["Number"] = self.company.take_number("NextOrderNumber")
        self.company.put("orders", order)
        return order

    def delete(self, order: Record) -> None:
        """Delete an order that is neither shipped nor invoiced."""
        if order.get("Status") not in (DRAFT, ONGOING):
            raise ApiFault(400, CANNOT_DELETE, "A shipped or invoiced order cannot be deleted")
        self.company.remove("orders", str(order["Id"]))

    def _customer(self, checked: Checked) -> Record | None:
        given = checked.values.get("CustomerId")
        customer = self.company.find("customers", given)
        if customer is None and given is not None:
            checked.fault("CustomerId", "there is no such customer", "NotFound", NOT_FOUND)
        self._check_active(checked, customer, "CustomerId")
        return customer

    def _check_active(self, checked: Checked, record: Record | None, where: str) -> None:
        if not self.profile.inactive_taken and record is not None and record.get("IsActive") is False:
            checked.fault(where, "it is inactive", "Inactive")

    def _abroad(self, customer: Record | None) -> bool:
        country = None if customer is None else customer.get("InvoiceCountryCode")
        return _differ(self.company.settings.get("CountryCode"), country)

    def _check_header(self, checked: Checked) -> None:
        values = checked.values
        if "Status" in values and values["Status"] not in (DRAFT, ONGOING):
            checked.fault("Status", "a new order is 1 (Draft) or 2 (Ongoing)", "Enum")
        day = dates.calendar_day(str(values.get("OrderDate")))
        if day is not None and not FIRST_FISCAL_DAY <= day <= LAST_FISCAL_DAY:
            checked.fault("OrderDate", "there is no fiscal year for this date", "FiscalYear", NO_FISCAL_YEAR)
        terms = values.get("TermsOfPaymentId")
        if terms is not None and self.company.find("termsofpayments", terms) is None:
            checked.fault("TermsOfPaymentId", "there are no such terms", "NotFound", NOT_FOUND)

    def _check_rows(self, checked: Checked, *, abroad: bool) -> None:
        rows, currency = checked.values.get("Rows"), checked.values.get("CurrencyCode")
        foreign = abroad or _differ(self.company.settings.get("CurrencyCode"), currency)
        for place, row in enumerate(rows if isinstance(rows, list) else ()):
            if not isinstance(row, Mapping):
                continue
            where = f"Rows[{place}]."
            if row.get("IsTextRow") is True:
                self._check_text_row(checked, row, where)
            else:
                self._check_article(checked, row, where, abroad=abroad)
                if not foreign:
                    _check_domestic_price(checked, row, where)
            self._check_project(checked, row, where)
        if not checked.faults and sum(map(_value, rows_of(checked.values)), ZERO) < 0:
            checked.fault("Rows", "the order's total must not be negative", "Range")

    def _check_text_row(self, checked: Checked, row: Mapping[str, Json], where: str) -> None:
        if not row.get("Text"):
            checked.fault(f"{where}Text", "a text row needs at least one character", "Required")
        if row.get("ArticleId") is not None:
            checked.fault(f"{where}ArticleId", "a text row has no article", "TextRow")

    def _check_article(self, checked: Checked, row: Mapping[str, Json], where: str, *, abroad: bool) -> None:
        where = f"{where}ArticleId"
        if row.get("ArticleId") is None:
            checked.fault(where, "is required on a row that is no text row", "Required")
            return
        article = self.company.find("articles", row["ArticleId"])
        if article is None:
            checked.fault(where, "there is no such article", "NotFound", NOT_FOUND)
            return
        self._check_active(checked, article, where)
        # A company file may leave the coding out, or its accounts: then nothing is known against the article.
        coding = self.company.find("articleaccountcodings", article.get("CodingId")) or {}
        accounts = [coding[name] for name in _ACCOUNTS[abroad] if name in coding]
        if accounts and not any(accounts):
            kind = "abroad" if abroad else "at home"
            message = f"the article's coding has no account for sales {kind}"
            checked.fault(where, message, "SalesAccount", NO_SALES_ACCOUNT)

    def _check_project(self, checked: Checked, row: Mapping[str, Json], where: str) -> None:
        given = row.get("ProjectId")
        if given is None:
            return
        project = self.company.find("projects", given)
        if project is None:
            checked.fault(f"{where}ProjectId", "there is no such project", "NotFound", NOT_FOUND)
        elif project.get("Status") == FINISHED:
            checked.fault(f"{where}ProjectId", "the project has ended", "ProjectEnded", PROJECT_ENDED)

    def _order(self, values: Mapping[str, Json], customer: Record) -> dict[str, Json]:
        private = customer.get("IsPrivatePerson") is True
        stamp = self.clock.stamp()
        order: dict[str, Json] = {**blank(SCHEMAS["Order"]), **_NO_DEDUCTION, **values}
        for name, source in _FROM_CUSTOMER.items():
            if order[name] is None:
                order[name] = customer.get(source)
        order |= {
            "Id": new_id(),
            "CustomerNumber": customer.get("CustomerNumber"),
            "CustomerName": customer.get("Name"),
            "CustomerIsPrivatePerson": private,
            # As the API description words it; the flag's name suggests the opposite.
            "IncludesVat": private and self.company.settings.get("ShowPricesExclVatPC") is True,
            "IsNotDelivered": True,
            "CreatedUtc": stamp,
            "ModifiedUtc": stamp,
            "Rows": [self._row(row) for row in rows_of(values)],
        }
        form = _REFERENCE_FORMS[self.profile.references]
        order |= {name: form(text) for name in _REFERENCES if isinstance(text := order[name], str)}
        order |= self._totals(order, values)
        return order

    def _row(self, values: Mapping[str, Json]) -> dict[str, Json]:
        row: dict[str, Json] = {**blank(SCHEMAS["OrderRow"]), **values, "Id": new_id()}
        if row["IsTextRow"] is True:
            return row if self.profile.amounts == "kept" else {**row, "Amount": ZERO}
        article = self.company.find("articles", row["ArticleId"]) or {}
        coding = self.company.find("articleaccountcodings", article.get("CodingId")) or {}
        row |= {
            "ArticleNumber": article.get("Number"),
            "UnitId": article.get("UnitId"),
            "IsServiceArticle": article.get("IsServiceArticle") is True,
            "VatRate": coding.get("VatRatePercent"),
        }
        if not row["Text"]:
            row["Text"] = article.get("Name")
        if self.profile.amounts != "kept":
            row["Amount"] = row_amount(row) if self.profile.amounts == "computed" else ZERO
        return row

    def _totals(self, order: Mapping[str, Json], values: Mapping[str, Json]) -> dict[str, Json]:
        if self.profile.amounts == "kept":
            return {name: values.get(name, ZERO) for name in _TOTALS}
        found = totals(
            rows_of(order),
            includes_vat=order["IncludesVat"] is True,
            whole_units=self.company.settings.get("DomesticCurrencyRounding") == 1
            and order["CurrencyCode"] == self.company.settings.get("CurrencyCode"),
        )
        return dict(zip(_TOTALS, (found.amount, found.vat, found.rounding), strict=True))


def _differ(ours: Json, theirs: Json) -> bool:
    return bool(ours and theirs and ours != theirs)


def _check_domestic_price(checked: Checked, row: Mapping[str, Json], where: str) -> None:
    price = row.get("UnitPrice")
    if isinstance(price, Decimal) and decimal_places(price) > DOMESTIC_DECIMALS:
        checked.fault(f"{where}UnitPrice", f"has more than {DOMESTIC_DECIMALS} decimals", "Decimals")


def _value(row: Mapping[str, Json]) -> Decimal:
    return ZERO if row.get("IsTextRow") is True else row_amount(row)


def rows_of(order: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """Return the rows of an order, as far as they are rows: a company file may hold anything."""
    rows = order.get("Rows")
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        return []
    return [row for row in rows if isinstance(row, Mapping)]
