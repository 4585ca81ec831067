"""The built-in company."""

import httpx
import pytest

from visma_busy_sync.sandbox.process import SandboxProcess
from visma_busy_sync.sandbox.schema import RESOURCES

from .conftest import Api
from .openapi import description, missing_members

_NAMES = {
    "projects": "ProjectApi",
    "customers": "CustomerApi",
    "articles": "ArticleApi",
    "units": "UnitApi",
    "termsofpayments": "TermsOfPaymentApi",
    "articleaccountcodings": "ArticleAccountCodingApi",
    "orders": "OrderApi",
}


@pytest.mark.parametrize("path", sorted(RESOURCES))
def test_every_record_shows_every_member(api: Api, path: str) -> None:
    """Answers look like the real ones: nothing is left out; lists and single records agree."""
    rows = api.rows(f"/{path}")
    assert rows
    for row in rows:
        assert missing_members(_NAMES[path], row) == []
    assert api.get(f"/{path}/{rows[-1]['Id']}") == rows[-1]
    assert api.get(f"/{path}/{rows[0]['Id'].upper()}") == rows[0]


def test_the_settings_suit_the_integration(api: Api) -> None:
    """A Norwegian Standard company with projects and the sales and API modules."""
    settings = api.get("/companysettings")
    assert missing_members("CompanySettingsApi", settings) == []
    assert (settings["CurrencyCode"], settings["CountryCode"], settings["ProductVariant"]) == ("NOK", "NO", 1)
    assert settings["UsesProject"] is True
    assert settings["CompanyStatus"] == 1
    assert {"sales_standard", "api_standard"} <= set(settings["ActivatedModules"])
    assert settings["CompanyIdentifier"]


def test_there_is_enough_of_everything(api: Api) -> None:
    """Projects, customers and articles are many and of all sorts."""
    projects, customers, articles = api.rows("/projects"), api.rows("/customers"), api.rows("/articles")
    assert len(projects) >= 60
    assert len(customers) >= 60
    assert len(articles) >= 30
    assert {row["Status"] for row in projects} == {1, 2}
    assert sum(row["Number"].startswith("0") for row in projects) >= 3
    assert any(row["CustomerId"] is None for row in projects)
    assert {row["IsPrivatePerson"] for row in customers} == {True, False}
    assert {row["IsActive"] for row in customers} == {True, False}
    assert len({row["CurrencyCode"] for row in customers}) >= 3
    assert {row["IsActive"] for row in articles} == {True, False}
    assert {row["Status"] for row in api.rows("/orders")} == {1, 2, 3, 4}


def test_keys_are_unique_and_ids_point_somewhere(api: Api) -> None:
    """Numbers and names of one kind do not repeat, and references lead to records."""
    projects, customers, articles = api.rows("/projects"), api.rows("/customers"), api.rows("/articles")
    for rows, member in ((projects, "Number"), (customers, "CustomerNumber"), (articles, "Number")):
        assert len({row[member] for row in rows}) == len(rows)
    for rows in (projects, customers, articles):
        assert len({row["Name"] for row in rows}) == len(rows)
    customer_ids = {row["Id"] for row in customers}
    assert {row["CustomerId"] for row in projects} <= customer_ids | {None}
    codings = {row["Id"]: row for row in api.rows("/articleaccountcodings")}
    units = {row["Id"]: row for row in api.rows("/units")}
    for article in articles:
        coding = codings[article["CodingId"]]
        assert article["IsServiceArticle"] is (coding["Type"] == "Service")
        assert units[article["UnitId"]]["Abbreviation"] == article["UnitAbbreviation"]
    assert {int(coding["VatRatePercent"]) for coding in codings.values()} == {25, 15, 12, 0}


def test_only_drafts_have_no_number(api: Api) -> None:
    """An order gets its number when it is no draft any more."""
    for order in api.rows("/orders"):
        assert (order["Number"] is None) == (order["Status"] == 1)


def test_optional_texts_are_filled_in(api: Api) -> None:
    """Every optional text of the description is there in some record, but Swedish and obsolete ones."""
    unused = {"GLN", "TaxDeductionNumber", "Iban", "EdiServiceDelivererId", "BankGiro", "PlusGiro", "Swish"}
    unused |= {"HouseWorkCorporateIdentityNumber", "HouseWorkPropertyName", "BankgiroNumberPrint", "Gln"}
    rows = {name: api.rows(f"/{path}") for path, name in _NAMES.items()}
    rows["CompanySettingsApi"] = [api.get("/companysettings")]
    for name, records in rows.items():
        for member, rule in description()["components"]["schemas"][name]["properties"].items():
            text = rule.get("type") == "string" and rule.get("nullable") and "format" not in rule
            if text and member not in unused:
                assert any(record[member] for record in records), f"{name}.{member}"
    businesses = [row for row in rows["CustomerApi"] if not row["IsPrivatePerson"] and row["VatNumber"]]
    assert len(businesses) >= 40
    assert sum(row["Note"] is not None for row in rows["CustomerApi"]) >= 30
    assert all(row["Note"] for row in rows["ArticleApi"])


def test_mail_addresses_and_phones_are_invented(api: Api) -> None:
    """Nobody real can be reached: example domains only."""
    for customer in api.rows("/customers"):
        for member in ("EmailAddress", "EmailAddressOrder", "EmailAddressQuote", "ContactPersonEmail"):
            assert customer[member] is None or customer[member].endswith(("@example.no", "@example.com"))


def test_it_is_the_same_at_every_start(api: Api) -> None:
    """Ids, stamps and texts do not change from run to run."""
    with SandboxProcess() as other, httpx.Client(trust_env=False) as http:
        again = Api(other.info, http)
        for path in RESOURCES:
            assert again.rows(f"/{path}") == api.rows(f"/{path}")


def test_an_empty_company_has_the_fixed_lists_only() -> None:
    """``--empty``: settings, units, terms and codings; nothing a person would have entered."""
    with SandboxProcess(empty=True) as process, httpx.Client(trust_env=False) as http:
        api = Api(process.info, http)
        assert api.get("/companysettings")["UsesProject"] is True
        for path in ("units", "termsofpayments", "articleaccountcodings"):
            assert len(api.rows(f"/{path}")) >= 5
        for path in ("projects", "customers", "articles", "orders"):
            assert api.rows(f"/{path}") == []
