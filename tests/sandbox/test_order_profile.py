"""The switches for what is unknown about orders, and the refusals that a company's set-up brings."""

import json
from typing import Any

import pytest

from visma_busy_sync.sandbox.profile import Profile, changed, read_switches

from .conftest import Api
from .drafts import Members, a_row, an_order, posted, refused, stored

UNKNOWN = "11111111-2222-3333-4444-555555555555"
REFERENCE = "  Åse \t BY-7f3a/1 "


def _found(api: Api, condition: str) -> list[str]:
    return [row["Id"] for row in api.rows("/orders", filter=condition)]


# Finding orders


@pytest.mark.parametrize("listed", [True, False])
def test_a_draft_is_found_by_its_id_whether_or_not_it_is_listed(api: Api, listed: bool) -> None:
    order = posted(api, an_order(api))
    api.control("PATCH", "/profile", {"drafts_listed": listed})
    assert (order["Id"] in {row["Id"] for row in api.rows("/orders")}) is listed
    assert api.get(f"/orders/{order['Id']}") == order


@pytest.mark.parametrize(
    "condition",
    [
        "CustomerId eq {CustomerId}",
        "OrderDate ge 2026-12-01 and OrderDate lt 2026-12-02",
        "CreatedUtc ge {CreatedUtc}",
        "CreatedUtc gt {before}",
        "ModifiedUtc ge {ModifiedUtc} and ModifiedUtc lt 2100-01-01T00:00:00Z",
        "OurReference eq 'Åse BY-7f3a/1'",
        "contains(OurReference,'BY-7f3a')",
        "Status eq 1 and OrderDate eq 2026-12-01",
        "CustomerId eq {CustomerId} and CreatedUtc gt {before} and contains(OurReference, 'BY-7f3a/1')",
    ],
)
def test_an_order_is_found_by_each_member_that_a_search_may_read(api: Api, condition: str) -> None:
    """Only that one: no order of the company shares the customer, the day or the reference."""
    customer = api.rows("/customers", filter="CustomerNumber eq '10020'")[0]["Id"]
    before = api.get("/orders")["Meta"]["ServerTimeUtc"]
    api.control("POST", "/clock", {"advance_seconds": 60})
    body = an_order(api, CustomerId=customer, OrderDate="2026-12-01", OurReference="Åse BY-7f3a/1")
    order = posted(api, body)
    assert _found(api, condition.format(before=before, **order)) == [order["Id"]]


@pytest.mark.parametrize(("switch", "option"), [("order_filters", "filter"), ("order_ordering", "orderby")])
def test_orders_alone_may_refuse_or_ignore_filter_and_order(api: Api, switch: str, option: str) -> None:
    """Other lists do as before; as others, orders do what these do."""
    value = {"filter": "Id ne null", "orderby": "Id desc"}[option]
    some = {"filter": "Status eq 1", "orderby": "Id desc"}[option]
    everything, sifted = api.rows("/orders"), api.rows("/orders", **{option: some})
    assert sifted != everything
    for named, status in (("refused", 400), ("ignored", 200)):
        api.control("PATCH", "/profile", {switch: named})
        answer = api.call("GET", "/orders", pagesize="1000", **{option: some})
        assert answer.status_code == status
        assert named == "refused" or [row["Id"] for row in answer.json()["Data"]] == [
            row["Id"] for row in everything
        ]
        assert api.call("GET", "/projects", **{option: value}).status_code == 200
    shared = {"order_filters": "filters", "order_ordering": "ordering"}[switch]
    api.control("PATCH", "/profile", {switch: "as_others", shared: "refused"})
    assert api.refusal("GET", "/orders", **{option: some}) == (400, 6000)
    api.control("PATCH", "/profile", {shared: "work"})
    assert api.rows("/orders", **{option: some}) == sifted


@pytest.mark.parametrize(("switch", "status"), [("400_3000", 400), ("404", 404)])
def test_a_missing_order_is_answered_with_either_status(api: Api, switch: str, status: int) -> None:
    """The code is 3000 and tells the same; other lists are as they were."""
    api.control("PATCH", "/profile", {"missing_order": switch})
    assert api.refusal("GET", f"/orders/{UNKNOWN}") == (status, 3000)
    assert api.refusal("DELETE", f"/orders/{UNKNOWN}") == (status, 3000)
    assert api.refusal("GET", "/orders/42") == (400, 6001)
    assert api.refusal("GET", f"/customers/{UNKNOWN}") == (400, 3000)


def test_words_that_look_like_numbers_can_be_set_on_the_command_line() -> None:
    """As can the word `null`, where a switch takes it."""
    profile = changed(Profile(), read_switches(["missing_order=404", "stamps=null", "page_cap=7"]))
    assert (profile.missing_order, profile.stamps, profile.page_cap) == ("404", "null", 7)


# What becomes of an order


@pytest.mark.parametrize(
    ("references", "shown"),
    [
        ("kept", REFERENCE),
        ("upper", REFERENCE.upper()),
        ("trimmed_spaces", "Åse BY-7f3a/1"),
        ("cut", REFERENCE),
    ],
)
def test_references_are_kept_or_changed(api: Api, references: str, shown: str) -> None:
    """All three alike; other texts stay, and so does a reference that was not sent."""
    api.control("PATCH", "/profile", {"references": references})
    names = ("OurReference", "YourReference", "BuyersOrderReference")
    order = posted(api, an_order(api, **dict.fromkeys(names, REFERENCE), Rows=[a_row(api, Text="  a   b ")]))
    assert [order[name] for name in names] == [shown] * 3
    assert order["Rows"][0]["Text"] == "  a   b "
    assert posted(api, an_order(api))["OurReference"] is None


def test_long_references_may_be_cut(api: Api) -> None:
    """To 50 letters, as long as they were in 2018; what stood behind is lost."""
    api.control("PATCH", "/profile", {"references": "cut"})
    order = posted(api, an_order(api, OurReference="x" * 45 + " BY-7f3a/1"))
    assert order["OurReference"] == "x" * 45 + " BY-7"


def _inactive(api: Api) -> dict[str, Members]:
    """An order with a customer and one with an article that are inactive, by the member at fault."""
    customer = api.rows("/customers", filter="IsActive eq false")[0]["Id"]
    article = api.rows("/articles", filter="IsActive eq false")[0]["Id"]
    rows = [a_row(api), a_row(api, ArticleId=article)]
    return {
        "CustomerId": an_order(api, CustomerId=customer),
        "Rows[1].ArticleId": an_order(api, Rows=rows),
    }


@pytest.mark.parametrize("member", ["CustomerId", "Rows[1].ArticleId"])
def test_what_is_inactive_is_taken_or_refused(api: Api, member: str) -> None:
    """2000 at the member, since no code is dedicated to it."""
    body = _inactive(api)[member]
    posted(api, body)
    api.control("PATCH", "/profile", {"inactive_taken": False})
    assert refused(api, body) == (2000, {member: "2000"})
    posted(api, an_order(api))


# Sales accounts

ACCOUNTS = {
    "NO": ("DomesticSalesSubjectToVatAccountNumber", "DomesticSalesVatExemptAccountNumber"),
    "SE": ("ForeignSalesVatExemptOutsideEuAccountNumber",),
}


def _coding(api: Api) -> str:
    """The coding of the article that every row has."""
    coding: str = api.get(f"/articles/{a_row(api)['ArticleId']}")["CodingId"]
    return coding


@pytest.mark.parametrize(("country", "other"), [("NO", "SE"), ("SE", "NO")])
def test_an_article_without_an_account_for_the_kind_of_sale_is_refused(
    api: Api, country: str, other: str
) -> None:
    """4024 for that kind only; one account is enough."""

    def order_to(where: str) -> Members:
        customer = api.rows("/customers", filter=f"InvoiceCountryCode eq '{where}' and IsActive eq true")[0]
        return an_order(api, CustomerId=customer["Id"])

    path = f"/records/articleaccountcodings/{_coding(api)}"
    for name in ACCOUNTS[country]:
        posted(api, order_to(country))
        api.control("PATCH", path, {name: None})
    assert refused(api, order_to(country)) == (4024, {"Rows[0].ArticleId": "4024"})
    posted(api, order_to(other))
    posted(api, order_to(country) | {"Rows": []})


def test_a_foreign_currency_alone_makes_no_foreign_sale(api: Api) -> None:
    """The customer's country decides which account is taken."""
    api.control("PATCH", f"/records/articleaccountcodings/{_coding(api)}", dict.fromkeys(ACCOUNTS["NO"]))
    assert refused(api, an_order(api, CurrencyCode="EUR"))[0] == 4024


@pytest.mark.parametrize("coding", [{}, {"VatRatePercent": 25}, None])
def test_an_article_whose_accounts_are_not_known_is_taken(api: Api, coding: dict[str, Any] | None) -> None:
    """A company file need not tell of them."""
    path = f"/records/articleaccountcodings/{_coding(api)}"
    if coding is None:
        api.control("DELETE", path)
    else:
        api.control("PUT", path, coding)
    posted(api, an_order(api))


def test_amounts_an_empty_answer_and_a_changed_reference_go_together(api: Api) -> None:
    """As a pair of unknowns would have it: nothing is told, and all can be read."""
    body = json.dumps(an_order(api, OurReference="by-1"))
    api.control("PATCH", "/profile", {"created_body": False, "amounts": "zero", "references": "upper"})
    answer = api.call("POST", "/orders", body=body)
    assert (answer.status_code, answer.content) == (201, b"")
    order = stored(api)[-1]
    assert (order["OurReference"], order["Amount"]) == ("BY-1", 0)
    assert api.get(f"/orders/{order['Id']}") == order
