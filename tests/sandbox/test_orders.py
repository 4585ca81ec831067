"""POST and DELETE of orders."""

import json
from decimal import Decimal

import pytest

from .conftest import Api
from .drafts import Members, a_row, an_order, posted, refused


def test_a_draft_is_filled_from_customer_and_article(api: Api) -> None:
    """Only the required members are sent; the answer holds the rest."""
    customer = api.rows("/customers", filter="CustomerNumber eq '10002'")[0]
    article = api.rows("/articles", filter="Number eq '100'")[0]
    order = posted(api, an_order(api))
    assert api.get(f"/orders/{order['Id']}") == order
    assert (order["Status"], order["Number"], order["OrderDate"]) == (1, None, "2026-11-24T00:00:00")
    assert (order["CustomerName"], order["CustomerNumber"]) == (customer["Name"], "10002")
    assert order["InvoiceCustomerName"] == customer["Name"]
    assert order["InvoiceCity"] == customer["InvoiceCity"]
    assert order["TermsOfPaymentId"] == customer["TermsOfPaymentId"]
    assert order["CustomerIsPrivatePerson"] is False
    assert order["CreatedUtc"] == order["ModifiedUtc"]
    row = order["Rows"][0]
    assert (row["Text"], row["UnitId"], row["ArticleNumber"]) == ("Rådgivning", article["UnitId"], "100")
    assert (row["Amount"], row["VatRate"]) == (Decimal("100.00"), 25)
    assert (order["Amount"], order["VatAmount"]) == (Decimal("125.00"), Decimal("25.00"))
    assert order["RoundingsAmount"] == 0


def test_what_is_sent_wins_over_the_customer(api: Api) -> None:
    """Own addresses, terms and row texts are kept as written."""
    terms = api.rows("/termsofpayments")[1]["Id"]
    text = "Linje 1\nLinje 2\t«æøå» 😀 "
    order = posted(
        api,
        an_order(
            api, InvoiceCity="Voss", TermsOfPaymentId=terms, Rows=[a_row(api, Text=text)], OurReference="X"
        ),
    )
    assert (order["InvoiceCity"], order["TermsOfPaymentId"], order["OurReference"]) == ("Voss", terms, "X")
    assert order["Rows"][0]["Text"] == text


def test_an_ongoing_order_gets_the_next_number(api: Api) -> None:
    """Numbers count up and move the company's series."""
    first = api.get("/companysettings")["NextOrderNumber"]
    assert posted(api, an_order(api, Status=2))["Number"] == first
    assert posted(api, an_order(api, Status=2))["Number"] == first + 1
    assert api.get("/companysettings")["NextOrderNumber"] == first + 2


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "amount"),
    [
        ("1", "0.005", "0", None),
        ("3.3333", "100.45", "0", "334.83"),
        ("0.5", "0.01", "0", "0.01"),
        ("1", "2.01", "0.25", "1.51"),
        ("2", "2.69", "0.125", "4.71"),
        ("1.1000", "1.10", "0", "1.21"),
        ("1", "0", "0", "0.00"),
    ],
)
def test_a_row_amount_is_rounded_half_away_from_zero(
    api: Api, quantity: str, price: str, discount: str, amount: str | None
) -> None:
    """Quantity × price × (1 − discount), once, to two places; too many decimals are refused."""
    row = json.dumps(a_row(api, Quantity="Q", UnitPrice="P", DiscountPercentage="D"))
    row = row.replace('"Q"', quantity).replace('"P"', price).replace('"D"', discount)
    body = json.dumps(an_order(api, Rows="ROWS")).replace('"ROWS"', f"[{row}]")
    if amount is None:
        assert refused(api, body) == (2000, {"Rows[0].UnitPrice": "2000"})
        return
    answer = api.call("POST", "/orders", body=body)
    assert f'"UnitPrice":{price},"Amount":{amount},' in answer.text
    assert f'"Quantity":{quantity},' in answer.text


def test_negative_quantities_may_lower_an_order_but_not_below_zero(api: Api) -> None:
    """The total must not be negative."""
    rows = [a_row(api, Quantity=2), a_row(api, LineNumber=1, Quantity=-1)]
    assert posted(api, an_order(api, Rows=rows))["Amount"] == Decimal("125.00")
    assert refused(api, an_order(api, Rows=[*rows, a_row(api, Quantity=-2)])) == (2000, {"Rows": "2000"})


def test_vat_is_added_up_per_rate(api: Api) -> None:
    """Rows of 25, 15, 12 and 0 % on one order."""
    articles = {row["Number"]: row["Id"] for row in api.rows("/articles")}
    rows = [
        a_row(api, ArticleId=articles[number], UnitPrice=10, Quantity=1)
        for number in ("100", "209", "211", "213")
    ]
    order = posted(api, an_order(api, Rows=rows))
    assert [row["VatRate"] for row in order["Rows"]] == [25, 15, 12, 0]
    assert (order["VatAmount"], order["Amount"]) == (Decimal("5.20"), Decimal("45.20"))


def test_a_private_customers_prices_hold_the_vat(api: Api) -> None:
    """As documented: IncludesVat when the setting is on and the customer is private."""
    private = api.rows("/customers", filter="IsPrivatePerson eq true")[0]["Id"]
    order = posted(api, an_order(api, CustomerId=private, Rows=[a_row(api, UnitPrice=125)]))
    assert (order["IncludesVat"], order["CustomerIsPrivatePerson"]) == (True, True)
    assert (order["Amount"], order["VatAmount"]) == (Decimal("125.00"), Decimal("25.00"))


def test_totals_are_rounded_to_whole_kroner_where_the_company_does(api: Api) -> None:
    """DomesticCurrencyRounding 1 rounds the total half away from zero and says by how much."""
    api.control("PATCH", "/records/companysettings", {"DomesticCurrencyRounding": 1})
    order = posted(api, an_order(api, Rows=[a_row(api, UnitPrice=100.4)]))
    assert (order["Amount"], order["RoundingsAmount"]) == (Decimal("126.00"), Decimal("0.50"))


def test_a_foreign_customer_may_have_four_decimals(api: Api) -> None:
    """UnitPrice: 2 decimals at home, 4 when customer or currency is foreign."""
    foreign = api.rows("/customers", filter="InvoiceCountryCode eq 'SE'")[0]["Id"]
    rows = [a_row(api, UnitPrice=1.2345)]
    assert refused(api, an_order(api, Rows=rows))[1] == {"Rows[0].UnitPrice": "2000"}
    abroad = posted(api, an_order(api, CustomerId=foreign, Rows=rows))
    assert abroad["Rows"][0]["UnitPrice"] == Decimal("1.2345")
    assert posted(api, an_order(api, CurrencyCode="EUR", Rows=rows))["CurrencyCode"] == "EUR"
    rows = [a_row(api, UnitPrice=1.23456)]
    assert refused(api, an_order(api, CurrencyCode="EUR", Rows=rows))[1] == {"Rows[0].UnitPrice": "2000"}


def test_an_empty_body_names_every_required_member(api: Api) -> None:
    """All at once, nothing else."""
    code, fields = refused(api, {})
    assert code == 2000
    assert set(fields) == {
        "CurrencyCode",
        "CustomerId",
        "EuThirdParty",
        "OrderDate",
        "ReverseChargeOnConstructionServices",
        "RotReducedInvoicingType",
        "Status",
    }


def test_all_faults_come_at_once(api: Api) -> None:
    """Faults of the model, of references, dates and projects in one answer."""
    finished = api.rows("/projects", filter="Status eq 2")[0]["Id"]
    unknown = "11111111-2222-3333-4444-555555555555"
    rows = [
        a_row(api, LineNumber=1001, Quantity=1.00001),
        a_row(api, ArticleId=unknown),
        a_row(api, ProjectId=finished),
        a_row(api, ProjectId=unknown),
        {"LineNumber": 4, "IsTextRow": True, "IsWorkCost": False, "EligibleForReverseChargeOnVat": False},
        a_row(api, ArticleId=None),
        a_row(api, Text="x" * 2001, DiscountPercentage=1.5, UnitPrice="100"),
        "no row",
    ]
    code, fields = refused(
        api,
        an_order(
            api, Rows=rows, Status=3, OrderDate="1999-12-31", OurReference="x" * 101, TermsOfPaymentId=unknown
        ),
    )
    assert code == 2000
    assert fields == {
        "OurReference": "2000",
        "Rows[0].LineNumber": "2000",
        "Rows[0].Quantity": "2000",
        "Rows[6].Text": "2000",
        "Rows[6].UnitPrice": "2000",
        "Rows[6].DiscountPercentage": "2000",
        "Rows[7]": "2000",
        "Status": "2000",
        "OrderDate": "3001",
        "TermsOfPaymentId": "3000",
        "Rows[1].ArticleId": "3000",
        "Rows[2].ProjectId": "5005",
        "Rows[3].ProjectId": "3000",
        "Rows[4].Text": "2000",
        "Rows[5].ArticleId": "2000",
    }


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"CustomerId": "11111111-2222-3333-4444-555555555555"}, 3000, "CustomerId"),
        ({"CustomerId": "no guid"}, 2000, "CustomerId"),
        ({"OrderDate": "2101-01-01"}, 3001, "OrderDate"),
        ({"OrderDate": "24.11.2026"}, 6001, "OrderDate"),
        ({"OrderDate": 20261124}, 2000, "OrderDate"),
        ({"OrderDate": ""}, 2000, "OrderDate"),
        ({"Status": 4}, 2000, "Status"),
        ({"Status": "1"}, 2000, "Status"),
        ({"Status": True}, 2000, "Status"),
        ({"Status": 1.0}, 2000, "Status"),
        ({"RotReducedInvoicingType": 3}, 2000, "RotReducedInvoicingType"),
        ({"EuThirdParty": None}, 2000, "EuThirdParty"),
        ({"EuThirdParty": 0}, 2000, "EuThirdParty"),
        ({"CurrencyCode": "NOKK"}, 2000, "CurrencyCode"),
        ({"CurrencyCode": " "}, 2000, "CurrencyCode"),
        ({"BuyersOrderReference": "x" * 36}, 2000, "BuyersOrderReference"),
        ({"DeliveryCountryCode": "NOR"}, 2000, "DeliveryCountryCode"),
        ({"Amount": 1.001}, 2000, "Amount"),
        ({"Amount": None}, 2000, "Amount"),
        ({"Rows": {}}, 2000, "Rows"),
        ({"Rows": [[]]}, 2000, "Rows[0]"),
        ({"Persons": [{"Ssn": "x" * 51}]}, 2000, "Persons[0].Ssn"),
    ],
)
def test_one_fault_is_named(api: Api, change: Members, code: int, field: str) -> None:
    """Each rule alone: its code on top and the member beside it."""
    assert refused(api, an_order(api, **change)) == (code, {field: str(code)})


def test_a_finished_project_cannot_be_used(api: Api) -> None:
    """5005, the vendor's code for an ended project."""
    finished = api.rows("/projects", filter="Status eq 2")[0]["Id"]
    ongoing = api.rows("/projects", filter="Status eq 1")[0]["Id"]
    assert refused(api, an_order(api, Rows=[a_row(api, ProjectId=finished)])) == (
        5005,
        {"Rows[0].ProjectId": "5005"},
    )
    assert posted(api, an_order(api, Rows=[a_row(api, ProjectId=ongoing)]))["Rows"][0]["ProjectId"] == ongoing


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-29",
        "2026-03-29T00:00:00",
        "2026-03-29T23:59:59.9999999Z",
        "2026-03-29T00:30:00+02:00",
        "2026-03-29T23:30:00-11:00",
        "2026-03-29T10:15Z",
    ],
)
def test_a_date_keeps_its_calendar_day(api: Api, written: str) -> None:
    """With or without time and offset: the day counts as written."""
    order = posted(api, an_order(api, OrderDate=written, DeliveryDate=written))
    assert (order["OrderDate"], order["DeliveryDate"]) == ("2026-03-29T00:00:00", "2026-03-29T00:00:00")


def test_camel_case_is_understood_and_the_rest_ignored(api: Api) -> None:
    """Member names in camelCase work; unknown and read-only members do nothing, whatever they hold."""
    camel = {name[0].lower() + name[1:]: value for name, value in an_order(api).items()}
    camel["rows"] = [{name[0].lower() + name[1:]: value for name, value in a_row(api).items()}]
    order = posted(
        api, camel | {"unknown": {"a": [1]}, "id": 5, "number": "x", "customerName": 7, "IncludesVat": "?"}
    )
    assert order["Number"] is None
    assert "unknown" not in order


def test_a_member_in_two_spellings_is_a_fault(api: Api) -> None:
    """PascalCase and camelCase at once say two things."""
    assert refused(api, an_order(api) | {"currencyCode": "EUR"}) == (2000, {"CurrencyCode": "2000"})


def test_orders_without_rows_and_with_texts_only(api: Api) -> None:
    """Both are accepted (the real behaviour is unknown); the total is 0."""
    text = {
        "LineNumber": 0,
        "IsTextRow": True,
        "Text": ".",
        "IsWorkCost": False,
        "EligibleForReverseChargeOnVat": False,
    }
    for rows in (None, [], [text]):
        order = posted(api, an_order(api, Rows=rows))
        assert (order["Amount"], len(order["Rows"])) == (0, len(rows or []))
    assert posted(api, an_order(api, Rows=[text]))["Rows"][0]["VatRate"] is None


def test_a_text_row_has_no_amount(api: Api) -> None:
    """Whatever numbers are sent with it, it neither adds to the total nor lowers it."""
    text = a_row(api, IsTextRow=True, ArticleId=None, Text="Merknad", Amount=50, UnitPrice=-500)
    order = posted(api, an_order(api, Rows=[a_row(api), text]))
    assert (order["Rows"][1]["Amount"], order["Amount"]) == (0, Decimal("125.00"))


def test_drafts_and_ongoing_orders_can_be_deleted(api: Api) -> None:
    """They are gone at once; a second time is refused with 3000."""
    for status in (1, 2):
        order = posted(api, an_order(api, Status=status))
        answer = api.call("DELETE", f"/orders/{order['Id']}")
        assert (answer.status_code, answer.content) == (200, b"")
        assert api.refusal("GET", f"/orders/{order['Id']}") == (400, 3000)
        assert api.refusal("DELETE", f"/orders/{order['Id']}") == (400, 3000)


@pytest.mark.parametrize("status", [3, 4])
def test_shipped_and_invoiced_orders_stay(api: Api, status: int) -> None:
    """4001, and the order is still there."""
    order = api.rows("/orders", filter=f"Status eq {status}")[0]
    assert api.refusal("DELETE", f"/orders/{order['Id']}") == (400, 4001)
    assert api.get(f"/orders/{order['Id']}") == order


def test_orders_are_found_by_customer_date_and_reference(api: Api) -> None:
    """What a search for a lost order needs."""
    order = posted(api, an_order(api, OurReference="Åse #busy-7f3a/1"))
    condition = (
        f"CustomerId eq {order['CustomerId']} and OrderDate ge 2026-11-24 "
        "and contains(OurReference,'#busy-7f3a')"
    )
    assert [row["Id"] for row in api.rows("/orders", filter=condition)] == [order["Id"]]


def test_a_thousand_rows_are_taken(api: Api) -> None:
    """As many rows as there are line numbers."""
    row = a_row(api)
    order = posted(api, an_order(api, Rows=[{**row, "LineNumber": line} for line in range(1001)]))
    assert len(order["Rows"]) == 1001
    assert order["Amount"] == Decimal("125125.00")
