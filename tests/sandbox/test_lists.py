"""Lists: pages, filters, order and selection."""

from decimal import Decimal
from typing import Any

import pytest

from .conftest import Api
from .openapi import parse_exact


def test_a_list_without_options_is_the_first_page_of_fifty(api: Api) -> None:
    """Envelope and defaults are those public clients report."""
    answer = api.get("/projects")
    assert answer["Meta"] == {
        "CurrentPage": 1,
        "PageSize": 50,
        "TotalNumberOfPages": 2,
        "TotalNumberOfResults": 68,
        "ServerTimeUtc": answer["Meta"]["ServerTimeUtc"],
    }
    assert answer["Meta"]["ServerTimeUtc"].endswith("Z")
    assert len(answer["Data"]) == 50


def test_pages_follow_each_other(api: Api) -> None:
    """All pages together are the list, each record once; past the end there is nothing."""
    pages = [api.get("/projects", page=str(number), pagesize="25") for number in (1, 2, 3, 4)]
    numbers = [row["Number"] for page in pages for row in page["Data"]]
    assert numbers == [row["Number"] for row in api.rows("/projects")]
    assert [len(page["Data"]) for page in pages] == [25, 25, 18, 0]
    assert {page["Meta"]["TotalNumberOfPages"] for page in pages} == {3}
    assert api.get("/projects", page="2147483647")["Data"] == []


def test_a_page_is_capped_and_says_so(api: Api) -> None:
    """What was granted stands in Meta."""
    assert api.get("/units", pagesize="5000")["Meta"]["PageSize"] == 1000


@pytest.mark.parametrize("option", ["page", "pagesize"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "", "1.5", "1e2", "٣", "99999999999"])
def test_odd_page_values_are_refused(api: Api, option: str, value: str) -> None:
    """Page options are whole numbers from 1."""
    assert api.refusal("GET", "/projects", **{option: value}) == (400, 6000)


def test_unknown_parameters_are_ignored(api: Api) -> None:
    """A search that is none returns everything, as the real service seems to do."""
    answer = api.http.get(
        f"{api.info.api_url}/projects?name=x&name=y&%24page=2",
        headers={"Authorization": f"Bearer {api.info.access_token}"},
    )
    assert parse_exact(answer.content)["Meta"]["CurrentPage"] == 2
    assert parse_exact(answer.content)["Meta"]["TotalNumberOfResults"] == 68


def _numbers(api: Api, path: str, condition: str) -> set[str]:
    member = "CustomerNumber" if path == "/customers" else "Number"
    return {row[member] for row in api.rows(path, filter=condition)}


_PROJECT_FILTERS: list[tuple[str, Any]] = [
    ("Number eq '0001'", lambda row: row["Number"] == "0001"),
    ("number EQ '0001' OR NUMBER eq '0002'", lambda row: row["Number"] in ("0001", "0002")),
    ("Status eq 2", lambda row: row["Status"] == 2),
    ("not Status eq 2", lambda row: row["Status"] != 2),
    ("not (Status eq 2 or CustomerId eq null)", lambda row: row["Status"] == 1 and row["CustomerId"]),
    ("Status ne 2 and EndDate ne null", lambda row: row["Status"] == 1 and row["EndDate"]),
    ("CustomerId eq null", lambda row: row["CustomerId"] is None),
    ("Status eq 1 or Status eq 2 and Number eq 'x'", lambda row: row["Status"] == 1),
    ("contains(Name,'bad')", lambda row: "bad" in row["Name"]),
    ("contains(Notes, 'æ')", lambda row: row["Notes"] and "æ" in row["Notes"]),
    ("startswith(Number,'10') and endswith(Number,'7')", lambda row: row["Number"][::3] == "17"),
    ("StartDate lt 2025-03-01", lambda row: row["StartDate"] < "2025-03-01"),
    ("ModifiedUtc ge 2025-06-01T00:00:00Z", lambda row: row["ModifiedUtc"] >= "2025-06-01"),
    ("ModifiedUtc ge 2025-06-01T02:00:00+02:00", lambda row: row["ModifiedUtc"] >= "2025-06-01"),
    ("2025-06-01T00:00:00.0000000Z le ModifiedUtc", lambda row: row["ModifiedUtc"] >= "2025-06-01"),
    ("Status ge 1.5", lambda row: row["Status"] == 2),
    ("Status eq null", lambda row: False),
    ("EndDate gt null", lambda row: False),
]


@pytest.mark.parametrize(("condition", "keeps"), _PROJECT_FILTERS, ids=[text for text, _ in _PROJECT_FILTERS])
def test_a_filter_keeps_what_it_says(api: Api, condition: str, keeps: Any) -> None:
    """Each filter gives exactly the records that the same rule gives in Python."""
    expected = {row["Number"] for row in api.rows("/projects") if keeps(row)}
    assert _numbers(api, "/projects", condition) == expected


def test_ids_stand_bare_in_filters(api: Api) -> None:
    """GUIDs without quotes, in any case of letters."""
    customer = api.rows("/customers")[0]["Id"]
    found = api.rows("/projects", filter=f"CustomerId eq {customer.upper()}")
    assert found
    assert {row["CustomerId"] for row in found} == {customer}
    assert api.refusal("GET", "/projects", filter=f"CustomerId eq '{customer}'") == (400, 6000)


def test_a_stamp_is_compared_to_the_last_digit(api: Api) -> None:
    """``ge`` finds the record itself, ``gt`` does not; seven decimals count."""
    stamp = api.rows("/projects")[9]["ModifiedUtc"]
    number = api.rows("/projects")[9]["Number"]
    assert number in _numbers(api, "/projects", f"ModifiedUtc ge {stamp}")
    assert number not in _numbers(api, "/projects", f"ModifiedUtc gt {stamp}")
    assert number not in _numbers(api, "/projects", f"ModifiedUtc ge {stamp[:-1]}1Z")


def test_numbers_are_compared_exactly(api: Api) -> None:
    """0.1 + 0.2 troubles have no place in prices."""
    article = api.rows("/articles", filter="Number eq '0202'")[0]
    assert article["NetPrice"] == Decimal("32.55")
    assert _numbers(api, "/articles", "NetPrice eq 32.55") == {"0202"}
    assert _numbers(api, "/articles", "NetPrice eq 32.5500") == {"0202"}
    assert "0202" not in _numbers(api, "/articles", "NetPrice gt 32.55")
    assert "0202" in _numbers(api, "/articles", "NetPrice gt 32.549999999999999999999999999999")


def test_booleans_stand_bare_or_alone(api: Api) -> None:
    """``IsActive``, ``IsActive eq true`` and ``not IsActive`` are conditions."""
    inactive = {row["CustomerNumber"] for row in api.rows("/customers") if not row["IsActive"]}
    assert _numbers(api, "/customers", "IsActive eq false") == inactive
    assert _numbers(api, "/customers", "not IsActive") == inactive
    assert _numbers(api, "/customers", "IsActive").isdisjoint(inactive)


def test_functions_are_booleans_too(api: Api) -> None:
    """OData has ``contains(…) eq true`` as well as ``contains(…)``."""
    with_a = {row["Number"] for row in api.rows("/projects") if "a" in row["Name"]}
    assert _numbers(api, "/projects", "contains(Name,'a') eq true") == with_a
    assert _numbers(api, "/projects", "false ne contains(Name,'a')") == with_a
    assert _numbers(api, "/projects", "contains(Name,'a') eq false").isdisjoint(with_a)


def test_a_quote_inside_a_text_is_doubled(api: Api) -> None:
    """Texts may hold quotes, brackets and keywords."""
    name = "O'Hara (and 'sons') or 100 % eq æ"
    project = api.rows("/projects")[0]["Id"]
    api.control("PATCH", f"/records/projects/{project}", {"Name": name})
    assert [
        row["Id"] for row in api.rows("/projects", filter="Name eq '{}'".format(name.replace("'", "''")))
    ] == [project]
    assert api.refusal("GET", "/projects", filter=f"Name eq '{name}'") == (400, 6000)


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("", 6000),
        ("Nothing eq 1", 6000),
        ("Name eq", 6000),
        ("Name", 6000),
        ("Name eq 'x", 6000),
        ("(Name eq 'x'", 6000),
        ("Name eq 'x')", 6000),
        ("Name = 'x'", 6000),
        ("Name eq 'x' and", 6000),
        ("Name eq 5", 6000),
        ("Status eq '1'", 6000),
        ("Status eq true", 6000),
        ("contains(Status,'1')", 6000),
        ("contains(Name)", 6000),
        ("unknown(Name,'x')", 6000),
        ("ModifiedUtc gt '2026-01-01'", 6000),
        ("CustomerId gt 94a4401e-857e-542d-9acb-0a0f3875c353", 6000),
        ("Status eq 1E+99999999999999999999", 6000),
        ("not", 6000),
        ("Name eq Name eq Name", 6000),
        ("Rows/any(c: c/Text eq 'x')", 6000),
        ("(" * 5000, 6000),
        ("not " * 5000 + "IsActive", 6000),
        ("ModifiedUtc gt 2026-13-01", 6001),
        ("ModifiedUtc gt 2026-02-30T00:00:00Z", 6001),
        ("ModifiedUtc gt 2026-1-1", 6001),
        ("ModifiedUtc gt 2026-01-01T25:00:00Z", 6001),
        ("ModifiedUtc gt 01/02/2026", 6001),
        ("ModifiedUtc gt 01.02.2026", 6001),
        ("ModifiedUtc gt yesterday", 6001),
        ("ModifiedUtc gt 'yesterday'", 6001),
        ("StartDate eq 2026", 6001),
        ("StartDate eq Name", 6000),
    ],
)
def test_a_faulty_filter_is_refused(api: Api, condition: str, code: int) -> None:
    """Syntax, unknown names and mixed types are 6000; what is no date where one belongs is 6001."""
    assert api.refusal("GET", "/projects", filter=condition) == (400, code)


def test_a_plus_that_was_not_encoded_is_no_offset(api: Api) -> None:
    """In a query ``+`` means a space, so such a filter is refused instead of meaning another time."""
    answer = api.http.get(
        f"{api.info.api_url}/projects?$filter=ModifiedUtc%20gt%202026-01-01T00:00:00+02:00",
        headers={"Authorization": f"Bearer {api.info.access_token}"},
    )
    assert (answer.status_code, answer.json()["ErrorCode"]) == (400, 6000)


def test_members_made_of_parts_cannot_be_compared(api: Api) -> None:
    """Rows of an order are no value."""
    assert api.refusal("GET", "/orders", filter="Rows eq null") == (400, 6000)
    assert api.refusal("GET", "/orders", orderby="Rows") == (400, 6000)


def test_order_follows_the_keys_and_then_the_id(api: Api) -> None:
    """Several keys, each with its direction; equal records always come in the same order."""
    rows = api.rows("/projects", orderby="Status desc, Name asc")
    assert [(-row["Status"], row["Name"]) for row in rows] == sorted(
        (-row["Status"], row["Name"]) for row in rows
    )
    rows = api.rows("/projects", orderby="Status")
    assert [(row["Status"], row["Id"]) for row in rows] == sorted((row["Status"], row["Id"]) for row in rows)
    assert api.rows("/projects", orderby="Status ASC") == rows
    rows = api.rows("/projects", orderby="status DESC")
    assert [(-row["Status"], row["Id"]) for row in rows] == sorted(
        (-row["Status"], row["Id"]) for row in rows
    )


def test_null_is_the_smallest(api: Api) -> None:
    """As in SQL Server: nulls come first ascending and last descending."""
    ends = [row["EndDate"] for row in api.rows("/projects", orderby="EndDate")]
    nulls = ends.count(None)
    assert nulls > 0
    assert ends[:nulls] == [None] * nulls
    assert ends[nulls:] == sorted(ends[nulls:])
    assert [row["EndDate"] for row in api.rows("/projects", orderby="EndDate desc")][-nulls:] == [
        None
    ] * nulls


@pytest.mark.parametrize("order", ["", "Nothing", "Name up", "Name asc desc", "Name,,Number", ","])
def test_a_faulty_order_is_refused(api: Api, order: str) -> None:
    """Only properties with asc or desc."""
    assert api.refusal("GET", "/projects", orderby=order) == (400, 6000)


def test_select_gives_the_named_members_only(api: Api) -> None:
    """Names in any case; unknown ones are refused."""
    rows = api.rows("/projects", select="Id, name", filter="Status eq 2")
    assert all(set(row) == {"Id", "Name"} for row in rows)
    assert api.refusal("GET", "/projects", select="Id,Nothing") == (400, 6000)


def test_an_option_sent_twice_is_refused(api: Api) -> None:
    """Which of the two would count is anybody's guess."""
    answer = api.http.get(
        f"{api.info.api_url}/projects?$page=1&$Page=2",
        headers={"Authorization": f"Bearer {api.info.access_token}"},
    )
    assert (answer.status_code, answer.json()["ErrorCode"]) == (400, 6000)


@pytest.mark.parametrize("path", ["/Projects", "/PROJECTS/", "/projects/"])
def test_paths_are_forgiving(api: Api, path: str) -> None:
    """Case and a slash at the end do not matter."""
    answer = api.http.get(
        api.info.api_url + path, headers={"Authorization": f"Bearer {api.info.access_token}"}
    )
    assert answer.status_code == 200
