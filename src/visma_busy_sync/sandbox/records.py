"""Writing projects, customers and articles, as a person in the web client would: POST makes, PUT replaces.

PUT takes the whole object: members left out are cleared (reported by public clients). Read-only members and
members that the API description does not know stay as they were.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from visma_busy_sync.sandbox.amounts import CENT, cents, decimal, vat_fraction
from visma_busy_sync.sandbox.clock import Clock
from visma_busy_sync.sandbox.company import Company, Record, new_id, stamped
from visma_busy_sync.sandbox.errors import BAD_BODY, DUPLICATE, NOT_FOUND, refused
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.schema import RESOURCES, blank
from visma_busy_sync.sandbox.validation import Checked, check


@dataclass(frozen=True, slots=True)
class RecordDesk:
    """Creates and replaces records of one company."""

    company: Company
    clock: Clock

    def create(self, path: str, body: Mapping[str, Json]) -> Record:
        """Check a new record and store it; refuses with all faults."""
        schema = RESOURCES[path].schema
        record = self._checked(path, body, blank(schema) | {"Id": new_id()})
        if "CreatedUtc" in record:
            record["CreatedUtc"] = self.clock.stamp()
        return self._store(path, record)

    def replace(self, path: str, stored: Record, body: Mapping[str, Json]) -> Record:
        """Check a replacement and store it; refuses with all faults."""
        schema = RESOURCES[path].schema
        kept = {
            name: value
            for name, value in stored.items()
            if (member := schema.member(name)) is None or member.read_only
        }
        return self._store(path, self._checked(path, body, blank(schema) | kept))

    def _store(self, path: str, record: Record) -> Record:
        done = stamped(path, record, self.clock)
        self.company.put(path, done)
        return done

    def _checked(self, path: str, body: Mapping[str, Json], base: dict[str, Json]) -> dict[str, Json]:
        checked = check(RESOURCES[path].schema, body)
        record: dict[str, Json] = base | checked.values
        _RULES[path](self, checked, record)
        if checked.faults:
            raise refused(checked.faults)
        return record

    def _points(self, checked: Checked, record: Record, member: str, path: str) -> Record | None:
        """Find what a member points to; an id that points nowhere is a fault."""
        if checked.values.get(member) is None:
            return None
        found = self.company.find(path, record[member])
        if found is None:
            checked.fault(member, f"there is no such record in {path}", "NotFound", NOT_FOUND)
        return found

    def _unique(self, checked: Checked, record: Record, member: str, path: str) -> None:
        value = checked.values.get(member)
        if value is None:
            return
        for other in self.company.rows(path):
            if other.get(member) == value and other.get("Id") != record["Id"]:
                checked.fault(member, f"'{value}' is taken", "Duplicate", DUPLICATE)
                return

    def project(self, checked: Checked, record: dict[str, Json]) -> None:
        """Number unique, customer known; the customer's name follows."""
        self._unique(checked, record, "Number", "projects")
        customer = self._points(checked, record, "CustomerId", "customers")
        record["CustomerName"] = None if customer is None else customer.get("Name")

    def customer(self, checked: Checked, record: dict[str, Json]) -> None:
        """Terms known; number given by the system when left out; projects show a new name at once."""
        record["TermsOfPayment"] = self._points(checked, record, "TermsOfPaymentId", "termsofpayments")
        self._unique(checked, record, "CustomerNumber", "customers")
        if checked.faults:
            return
        if not record["CustomerNumber"]:
            record["CustomerNumber"] = str(self.company.take_number("NextCustomerNumber"))
        if record["CurrencyCode"] is None:
            record["CurrencyCode"] = self.company.settings.get("CurrencyCode")
        for project in self.company.rows("projects"):
            if project.get("CustomerId") == record["Id"] and project.get("CustomerName") != record["Name"]:
                self.company.put("projects", {**project, "CustomerName": record["Name"]})

    def article(self, checked: Checked, record: dict[str, Json]) -> None:
        """Number unique, coding and unit known, prices agreeing with the coding's VAT (since about 2019)."""
        self._unique(checked, record, "Number", "articles")
        unit = self._points(checked, record, "UnitId", "units")
        coding = self._points(checked, record, "CodingId", "articleaccountcodings")
        if unit is not None:
            record |= {"UnitName": unit.get("Name"), "UnitAbbreviation": unit.get("Abbreviation")}
        if coding is not None:
            record |= {"CodingName": coding.get("Name"), "IsServiceArticle": coding.get("Type") == "Service"}
            _agree(checked, record, vat_fraction(coding.get("VatRatePercent")))


def _agree(checked: Checked, record: dict[str, Json], rate: Decimal) -> None:
    """Compute the price that was left out, or check that both agree to the cent."""
    net, gross = checked.values.get("NetPrice"), checked.values.get("GrossPrice")
    if gross is None:
        record["GrossPrice"] = cents(decimal(net) * (1 + rate))
    elif net is None:
        record["NetPrice"] = cents(decimal(gross) / (1 + rate))
    elif abs(decimal(net) * (1 + rate) - decimal(gross)) > CENT:
        checked.fault("GrossPrice", "does not agree with NetPrice and the VAT rate", "Price", BAD_BODY)
    if checked.values.get("NetPriceWithDiscount") is None:
        record["NetPriceWithDiscount"] = record["NetPrice"]


_RULES: Final[Mapping[str, Callable[[RecordDesk, Checked, dict[str, Json]], None]]] = {
    "projects": RecordDesk.project,
    "customers": RecordDesk.customer,
    "articles": RecordDesk.article,
}
