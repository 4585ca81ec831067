"""Writing projects, customers and articles, and editing them behind the API's back."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from visma_busy_sync.sandbox.schema import RESOURCES

from .conftest import Api
from .openapi import description, parse_exact

UNKNOWN = "11111111-2222-3333-4444-555555555555"


def _write(api: Api, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.call(method, path, body=json.dumps(body, default=float))
    assert answer.status_code in (200, 201), answer.text
    written: dict[str, Any] = parse_exact(answer.content)
    return written


def _faults(api: Api, method: str, path: str, body: dict[str, Any]) -> dict[str, str]:
    answer = api.call(method, path, body=json.dumps(body, default=float))
    assert answer.status_code == 400
    return {item["Field"]: item["ErrorCode"] for item in parse_exact(answer.content)["Errors"]}


def test_a_project_can_be_made_and_replaced(api: Api) -> None:
    """POST answers 201, PUT 201 too (documented so); a change bumps the stamp."""
    customer = api.rows("/customers")[3]
    project = {"Number": "0099", "Name": "Garasje", "StartDate": "2026-11-01", "Status": 1, "Notes": "n"}
    made = _write(api, "POST", "/projects", project | {"CustomerId": customer["Id"]})
    assert (made["Number"], made["CustomerName"]) == ("0099", customer["Name"])
    answer = api.call(
        "PUT", f"/projects/{made['Id']}", body=json.dumps(project | {"Status": 2, "Notes": None})
    )
    assert answer.status_code == 201
    changed = api.get(f"/projects/{made['Id']}")
    assert (changed["Status"], changed["Notes"], changed["CustomerId"]) == (2, None, None)
    assert changed["ModifiedUtc"] > made["ModifiedUtc"]


def test_put_clears_what_is_left_out(api: Api) -> None:
    """PUT takes the whole object; read-only members stay."""
    article = api.rows("/articles", filter="Number eq '117'")[0]
    sent = {name: article[name] for name in ("Number", "Name", "CodingId", "UnitId", "IsActive")}
    changed = _write(api, "PUT", f"/articles/{article['Id']}", sent)
    assert article["Note"] is not None
    assert changed["Note"] is None
    assert (changed["CreatedUtc"], changed["CodingName"]) == (article["CreatedUtc"], article["CodingName"])


def test_what_was_read_can_be_sent_back(api: Api) -> None:
    """Read, change one member, put: everything else is as before."""
    for path, stamp in (("projects", "ModifiedUtc"), ("customers", "ChangedUtc"), ("articles", "ChangedUtc")):
        record = api.rows(f"/{path}")[7]
        changed = _write(api, "PUT", f"/{path}/{record['Id']}", record | {"Name": "Nytt navn"})
        assert changed[stamp] > record[stamp]
        assert changed == record | {"Name": "Nytt navn", stamp: changed[stamp]}


def test_a_customer_gets_a_number_and_the_companys_currency(api: Api) -> None:
    """Left out, the system gives them; a rename shows in the projects."""
    terms = api.rows("/termsofpayments")[0]
    body = {
        "Name": "Ny Kunde AS",
        "InvoiceCity": "Oslo",
        "InvoicePostalCode": "0150",
        "IsActive": True,
        "IsPrivatePerson": False,
        "TermsOfPaymentId": terms["Id"],
    }
    made = _write(api, "POST", "/customers", body)
    assert (made["CustomerNumber"], made["CurrencyCode"], made["TermsOfPayment"]) == ("10065", "NOK", terms)
    project = api.rows("/projects", filter="CustomerId ne null")[0]
    customer = api.get(f"/customers/{project['CustomerId']}")
    _write(api, "PUT", f"/customers/{customer['Id']}", customer | {"Name": "Omdøpt AS"})
    assert api.get(f"/projects/{project['Id']}")["CustomerName"] == "Omdøpt AS"


def test_an_articles_prices_agree_with_the_vat(api: Api) -> None:
    """One price gives the other; two that disagree are refused."""
    article = api.rows("/articles", filter="Number eq '209'")[0]
    base = {name: article[name] for name in ("Name", "CodingId", "UnitId", "IsActive")}
    made = _write(api, "POST", "/articles", base | {"Number": "A1", "NetPrice": 100})
    assert made["GrossPrice"] == Decimal("115.00")
    made = _write(api, "POST", "/articles", base | {"Number": "A2", "GrossPrice": 115})
    assert made["NetPrice"] == Decimal("100.00")
    faults = _faults(api, "POST", "/articles", base | {"Number": "A3", "NetPrice": 100, "GrossPrice": 125})
    assert faults == {"GrossPrice": "2000"}


def test_all_faults_of_a_record_come_at_once(api: Api) -> None:
    """Duplicates, dangling ids, lengths and types together."""
    body = {"Number": "0001", "Name": "x" * 201, "StartDate": "soon", "Status": 3, "CustomerId": UNKNOWN}
    assert _faults(api, "POST", "/projects", body) == {
        "Number": "4000",
        "Name": "2000",
        "StartDate": "6001",
        "Status": "2000",
        "CustomerId": "3000",
    }
    assert _faults(api, "POST", "/articles", {"CodingId": UNKNOWN, "UnitId": UNKNOWN, "IsActive": "yes"}) == {
        "Number": "2000",
        "Name": "2000",
        "CodingId": "3000",
        "UnitId": "3000",
        "IsActive": "2000",
    }
    assert set(_faults(api, "POST", "/customers", {"TermsOfPaymentId": UNKNOWN})) == {
        "Name",
        "InvoiceCity",
        "InvoicePostalCode",
        "IsActive",
        "IsPrivatePerson",
        "TermsOfPaymentId",
    }


def test_a_refused_write_changes_nothing(api: Api) -> None:
    """No number is used up, no name spreads."""
    before = api.get("/companysettings")["NextCustomerNumber"]
    customer = api.rows("/customers")[0]
    _faults(api, "POST", "/customers", {"Name": "x"})
    _faults(api, "PUT", f"/customers/{customer['Id']}", customer | {"Name": "Annet", "IsActive": None})
    assert api.get("/companysettings")["NextCustomerNumber"] == before
    assert api.rows("/customers")[0] == customer


@pytest.mark.parametrize("path", sorted(RESOURCES))
def test_records_are_missing_in_the_described_way(api: Api, path: str) -> None:
    """Unknown ids are 3000, with 404 where the API description has it, else 400; what is no id is 400."""
    described = next(
        operations["get"]["responses"]
        for template, operations in description()["paths"].items()
        if re.fullmatch(rf"/{path}/\{{\w+\}}", template)
    )
    assert api.refusal("GET", f"/{path}/{UNKNOWN}") == (404 if "404" in described else 400, 3000)
    assert api.refusal("GET", f"/{path}/42") == (400, 6001)


def test_tests_can_edit_any_record(api: Api) -> None:
    """PATCH changes members, PUT puts as given, DELETE deletes; nothing is validated."""
    project = api.rows("/projects")[0]
    changed = api.control("PATCH", f"/records/projects/{project['Id']}", {"Status": 2})
    assert changed["ModifiedUtc"] > project["ModifiedUtc"]
    assert api.get(f"/projects/{project['Id']}") == changed
    kept = api.control("PATCH", f"/records/projects/{project['Id']}?keep_stamp=true", {"Notes": "stille"})
    assert kept["ModifiedUtc"] == changed["ModifiedUtc"]
    given = api.control(
        "PATCH", f"/records/projects/{project['Id']}", {"ModifiedUtc": "2020-01-01T00:00:00Z"}
    )
    assert given["ModifiedUtc"] == "2020-01-01T00:00:00Z"
    api.control("DELETE", f"/records/projects/{project['Id']}")
    assert api.refusal("GET", f"/projects/{project['Id']}") == (404, 3000)
    api.control("PUT", f"/records/projects/{project['Id']}", given | {"Name": "Igjen"})
    assert api.get(f"/projects/{project['Id']}")["Name"] == "Igjen"
    assert len(api.control("GET", "/records/projects")) == 68


def test_tests_can_change_the_settings(api: Api) -> None:
    """The company may become inactive, change its variant or lose a module."""
    api.control("PATCH", "/records/companysettings", {"ProductVariant": 4, "ActivatedModules": []})
    settings = api.get("/companysettings")
    assert (settings["ProductVariant"], settings["ActivatedModules"]) == (4, [])


def test_reset_brings_everything_back(api: Api) -> None:
    """Records, settings, numbers."""
    before = (api.rows("/projects"), api.rows("/orders"), api.get("/companysettings"))
    api.control("DELETE", f"/records/orders/{before[1][0]['Id']}")
    api.control("PATCH", f"/records/projects/{before[0][0]['Id']}", {"Name": "x"})
    api.control("PATCH", "/records/companysettings", {"Name": "x"})
    api.control("POST", "/reset")
    assert (api.rows("/projects"), api.rows("/orders"), api.get("/companysettings")) == before
