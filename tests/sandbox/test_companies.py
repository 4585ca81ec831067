"""More than one company: choosing one at login, and tokens that open only theirs."""

import json
from html.parser import HTMLParser
from typing import Any

import pytest

from .conftest import Api, Visitor


class _Choice(HTMLParser):
    """Collects the companies of the login page, the hidden fields, and which company is chosen at first."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.options: list[str] = []
        self.hidden: set[str] = set()
        self.chosen: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "input":
            self.hidden.add(values["name"] or "")
        if tag == "option":
            self.options.append(values["value"] or "")
            self.chosen = values["value"] if "selected" in values else self.chosen


def _add(api: Api, **company: Any) -> dict[str, Any]:
    settings: dict[str, Any] = api.control(
        "POST", "/companies", {"id": "other", "name": "Annen <AS>", **company}
    )
    return settings


def _settings(visitor: Visitor, token: str) -> Any:
    answer = visitor.api.call("GET", "/companysettings", token=token)
    assert answer.status_code == 200
    return answer.json()


def test_a_token_opens_the_company_it_was_given_for(visitor: Visitor) -> None:
    """Reads and writes go there, after a refresh too; without a choice it is the first company."""
    api = visitor.api
    _add(api)
    scope = "ea:api offline_access ea:sales ea:accounting"
    here, there = visitor.log_in(), visitor.log_in(company="other", scope=scope)
    again = visitor.refresh(there["refresh_token"]).json()["access_token"]
    first = _settings(visitor, here["access_token"])
    second = _settings(visitor, again)
    assert second["Name"] == "Annen <AS>"
    for member in ("Name", "CompanyIdentifier", "CorporateIdentityNumber"):
        assert first[member] != second[member]
    body = json.dumps({"Number": "N1", "Name": "Ny", "StartDate": "2026-11-24", "Status": 1})
    made = api.call("POST", "/projects", body=body, token=again).json()["Id"]
    assert api.call("GET", f"/projects/{made}", token=again).status_code == 200
    assert api.call("GET", f"/projects/{made}", token=here["access_token"]).status_code != 200
    assert api.call("GET", f"/projects/{made}").status_code != 200
    assert [entry["company"] for entry in api.journal()[-3:]] == ["other", "first", "first"]


def test_the_same_company_can_be_logged_in_to_twice(visitor: Visitor) -> None:
    """Two logins, one company: each has tokens of its own."""
    _add(visitor.api)
    first, second = visitor.log_in(company="other"), visitor.log_in(company="other")
    assert _settings(visitor, first["access_token"]) == _settings(visitor, second["access_token"])
    assert visitor.api.control("GET", "/tokens")["alive_logins_by_company"] == {"other": 2}


def test_a_person_chooses_the_company_on_the_page(visitor: Visitor) -> None:
    """Only when there are several; the choice travels with the form, once."""
    assert _Choice(visitor.ask().text).options == []
    _add(visitor.api)
    page = visitor.ask(company="other").text
    assert "Annen &lt;AS&gt;" in page
    choice = _Choice(page)
    assert (choice.options, choice.chosen) == (["first", "other"], "other")
    assert "company" not in choice.hidden
    assert _Choice(visitor.ask().text).chosen == "first"
    form = {
        "client_id": visitor.api.info.client_id,
        "redirect_uri": "http://127.0.0.1:54321/callback",
        "response_type": "code",
        "scope": "ea:api ea:sales",
        "company": "other",
        "decision": "approve",
    }
    code = visitor.result(visitor.api.http.post(visitor.api.info.authorize_url, data=form))["code"]
    assert _settings(visitor, visitor.exchange(code).json()["access_token"])["Name"] == "Annen <AS>"


def test_an_unknown_company_is_refused(visitor: Visitor) -> None:
    """At login and at the control endpoints."""
    result = visitor.result(visitor.ask(sandbox_auto="approve", company="nobody"))
    assert result["error"] == "invalid_request"
    answer = visitor.api.http.get(f"{visitor.api.info.control_url}/records/projects?company=nobody")
    assert answer.status_code == 404


def test_records_of_any_company_are_edited(api: Api) -> None:
    """``?company=`` names it; without it, it is the first."""
    _add(api, copy_of="empty")
    record = {"Name": "Bare her"}
    api.control("PUT", "/records/units/u1?company=other", record)
    assert api.control("GET", "/records/units/u1?company=other")["Name"] == "Bare her"
    assert api.http.get(f"{api.info.control_url}/records/units/u1").status_code == 404
    api.control("PATCH", "/records/companysettings?company=other", {"Name": "Nytt navn"})
    assert api.get("/companysettings")["Name"] != "Nytt navn"
    assert api.control("GET", "/companies")["companies"][1]["name"] == "Nytt navn"
    api.control("DELETE", "/records/units/u1?company=other")
    assert api.control("GET", "/records/projects?company=other") == []
    assert api.control("GET", "/records/projects") != []


def test_a_company_is_copied_or_given(api: Api) -> None:
    """From the built-in one, from one that is there, or as JSON; identifiers come from the id."""
    first = api.get("/companysettings")
    api.control("PATCH", "/records/companysettings", {"City": "Voss"})
    assert _add(api, id="seeded")["City"] == first["City"]
    copied = _add(api, id="copied", copy_of="first")
    assert copied["City"] == "Voss"
    assert copied == _add(api, id="copied", copy_of="first")
    content = {"companysettings": {"Name": "Gitt AS", "CompanyIdentifier": None}, "projects": [{"Id": "p1"}]}
    assert (
        api.control("POST", "/companies", {"id": "given", "content": content}) == content["companysettings"]
    )
    assert api.control("GET", "/records/projects?company=given") == [{"Id": "p1"}]
    shown = {row["id"]: row["identifier"] for row in api.control("GET", "/companies")["companies"]}
    assert list(shown) == ["first", "seeded", "copied", "given"]
    assert len(set(shown.values())) == 4
    api.control("POST", "/reset")
    assert [row["id"] for row in api.control("GET", "/companies")["companies"]] == ["first"]


@pytest.mark.parametrize(
    ("company", "named"),
    [
        ({"id": "first"}, "id"),
        ({"id": "seed"}, "id"),
        ({"id": "a b"}, "id"),
        ({"id": 1}, "id"),
        ({}, "id"),
        ({"id": "x", "name": " "}, "name"),
        ({"id": "x", "copy_of": "nobody"}, "copy_of"),
        ({"id": "x", "copy_of": "seed", "content": {}}, "copy_of"),
        ({"id": "x", "content": {"projects": [1]}}, "projects"),
        ({"id": "x", "typo": 1}, "typo"),
    ],
)
def test_a_faulty_company_is_named(api: Api, company: dict[str, Any], named: str) -> None:
    """And nothing is added."""
    answer = api.http.post(f"{api.info.control_url}/companies", json=company)
    assert answer.status_code == 400
    assert named in answer.json()["DeveloperErrorMessage"]
    assert len(api.control("GET", "/companies")["companies"]) == 1


def test_company_ids_may_be_null(api: Api) -> None:
    """The settings then say neither who the company is nor its organisation number."""
    api.control("PATCH", "/profile", {"company_ids": False})
    shown = api.get("/companysettings")
    assert (shown["CompanyIdentifier"], shown["CorporateIdentityNumber"]) == (None, None)
    assert shown["Name"]
    api.control("PATCH", "/profile", {"company_ids": True})
    assert None not in (
        api.get("/companysettings")["CompanyIdentifier"],
        api.get("/companysettings")["CorporateIdentityNumber"],
    )
