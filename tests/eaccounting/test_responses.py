"""From an answer to a result or to the most specific error: one table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.secret import Secret
from visma_busy_sync.eaccounting import Operation
from visma_busy_sync.eaccounting import _endpoints as endpoints
from visma_busy_sync.eaccounting._operation import read_response, to_request
from visma_busy_sync.eaccounting.codes import ACCESS_CODES, CODES, UNCERTAIN_CODES
from visma_busy_sync.eaccounting.errors import (
    AccessDenied,
    ApiError,
    EAccountingError,
    FieldError,
    NotFound,
    RateLimited,
    Rejected,
    ServerFault,
    Unauthorized,
    UnreadableAnswer,
)
from visma_busy_sync.eaccounting.http import Response
from visma_busy_sync.eaccounting.models import CustomerId, NewOrder

from .given import API, ID, NOW, OTHER_ID, READ, WRITE, answer, plain

ERROR_ID = "8f14e45f-ceea-467f-a8f4-1c2d3e4f5a6b"
SECRET = "Kari Nordmann owes 1000"
HTML = b"<!DOCTYPE html><html><body>Kari Nordmann owes 1000</body></html>"


def body(code: object = None, detail: str | None = SECRET, **more: object) -> dict[str, object]:
    made: dict[str, object] = {"ErrorId": ERROR_ID, "DeveloperErrorMessage": detail, "Errors": None, **more}
    return made if code is None else {"ErrorCode": code, **made}


@frozen
class Row:
    """One row of the table: an answer, and what it means after a POST."""

    status: int
    body: object
    error: type[EAccountingError]
    code: int | None = None
    says: str = ""
    advice: str = ""
    uncertain: bool = False
    headers: dict[str, str] = field(factory=dict)
    raw: bytes | None = None


TABLE: dict[str, Row] = {
    "body breaks a rule": Row(400, body(2000), Rejected, 2000, "rule of the data model", "Correct"),
    "referred object missing": Row(400, body(3000), NotFound, 3000, "does not exist", "Sync again"),
    "no fiscal year": Row(400, body(3001), Rejected, 3001, "fiscal year", "Create the fiscal year"),
    "duplicate": Row(400, body(4000), Rejected, 4000, "exists already"),
    "4002 of an object": Row(400, body(4002, "Cannot be created"), Rejected, 4002, "cannot be created"),
    "4002 without text": Row(400, body(4002, None), Rejected, 4002, "cannot be created"),
    "4002 of the API module": Row(
        403,
        body(4002, "ForbiddenRequestException - No access to module: api_standard"),
        AccessDenied,
        4002,
        "no access to the API module",
        "Visma Integrasjon (API)",
    ),
    "4002 of the API module as 400": Row(
        400, body(4002, "No access to module: API_STANDARD"), AccessDenied, 4002, "API module", "Utvidelser"
    ),
    "4002 of another module": Row(
        400,
        body(4002, "No access to module: sales_standard"),
        AccessDenied,
        4002,
        "a module that this call needs",
        "subscription",
    ),
    "module missing without a code": Row(
        403, body(None, "No access to module: api_standard"), AccessDenied, None, "API module", "Utvidelser"
    ),
    "module text under another code": Row(
        400, body(2000, "No access to module: api_standard"), Rejected, 2000, "data model"
    ),
    "startup guide": Row(403, body(4003), AccessDenied, 4003, "startup guide", "finish the startup guide"),
    "startup guide as 400": Row(400, body(4003), AccessDenied, 4003, "startup guide"),
    "scope missing": Row(403, body(4006), AccessDenied, 4006, "lacks a scope", "Connect again"),
    "sandbox client": Row(403, body(4034), AccessDenied, 4034, "sandbox client", "client id of production"),
    "locked period": Row(400, body(4026), Rejected, 4026, "locked", "another date"),
    "project ended": Row(400, body(5005), Rejected, 5005, "project has ended", "Reopen"),
    "project ended as 500": Row(500, body(5005), ServerFault, 5005, "project has ended", uncertain=True),
    "unhandled as 400": Row(400, body(5000), ServerFault, 5000, "failed inside", uncertain=True),
    "timeout as 400": Row(400, body(5001), ServerFault, 5001, "did not answer in time", uncertain=True),
    "cancelled as 400": Row(400, body(5002), ServerFault, 5002, "cancelled", uncertain=True),
    "unhandled": Row(500, body(5000), ServerFault, 5000, "failed inside", "error id", uncertain=True),
    "bad query": Row(400, body(6000), Rejected, 6000, "query is not understood"),
    "unknown code": Row(400, body(9876), Rejected, 9876, "refused the request"),
    "code as text": Row(400, body("3001"), Rejected, 3001, "fiscal year"),
    "code that is none": Row(400, body("NotFound"), Rejected, None, "refused the request"),
    "code out of all range": Row(400, body(10**30), Rejected, None, "refused the request"),
    "code as flag": Row(400, body(True), Rejected, None, "refused the request"),
    "camelCase": Row(
        400,
        {"errorCode": 3001, "errorId": ERROR_ID, "developerErrorMessage": SECRET, "errors": None},
        Rejected,
        3001,
        "fiscal year",
    ),
    "error id only": Row(400, {"ErrorId": ERROR_ID}, Rejected, None, f"ErrorId {ERROR_ID}"),
    "error id only, 500": Row(500, {"ErrorId": ERROR_ID}, ServerFault, None, ERROR_ID, uncertain=True),
    "code only": Row(400, {"ErrorCode": 2000}, Rejected, 2000, "data model"),
    "message only": Row(
        400, {"DeveloperErrorMessage": SECRET}, Rejected, None, "refused the request", uncertain=True
    ),
    "odd error id": Row(
        400, {"ErrorCode": 2000, "ErrorId": SECRET}, Rejected, 2000, "HTTP 400, ErrorCode 2000)."
    ),
    "other object": Row(
        400, {"message": SECRET}, UnreadableAnswer, says="no error of the API", uncertain=True
    ),
    "list": Row(400, [1], UnreadableAnswer, says="no error of the API", uncertain=True),
    "token refused": Row(401, body(4005), Unauthorized, 4005, "not authorised", "Connect again"),
    "401 without body": Row(401, None, Unauthorized, None, "access token is not accepted", "Connect again"),
    "401 page": Row(401, None, Unauthorized, None, "access token is not accepted", raw=HTML),
    "403 without body": Row(403, None, AccessDenied, None, "access is denied", "full rights"),
    "403 page": Row(403, None, UnreadableAnswer, says="web page", advice="API address", raw=HTML),
    "404 without body": Row(404, None, NotFound, None, "no such object", "API address", uncertain=True),
    "404 of the framework": Row(
        404, {"title": "Not Found", "status": 404}, NotFound, None, "no such object", uncertain=True
    ),
    "404 of the API": Row(404, body(3000), NotFound, 3000, "does not exist"),
    "404 page": Row(
        404, None, UnreadableAnswer, says="web page", advice="API address", raw=HTML, uncertain=True
    ),
    "404 text": Row(
        404, None, UnreadableAnswer, says="no error of the API", raw=b"no Route matched", uncertain=True
    ),
    "400 page": Row(400, None, UnreadableAnswer, says="web page", raw=HTML, uncertain=True),
    "400 without body": Row(400, None, UnreadableAnswer, says="is empty", uncertain=True),
    "408": Row(408, None, UnreadableAnswer, says="is empty", advice="later", uncertain=True),
    "408 of the API": Row(408, body(2000), Rejected, 2000, uncertain=True),
    "500 page": Row(500, None, UnreadableAnswer, says="page", advice="later", uncertain=True, raw=HTML),
    "502 without body": Row(502, None, UnreadableAnswer, says="empty", advice="status.visma", uncertain=True),
    "503 text": Row(503, None, UnreadableAnswer, says="no error", uncertain=True, raw=b"maintenance"),
    "redirect": Row(
        302, None, UnreadableAnswer, says="leads elsewhere", uncertain=True, headers={"location": "https://x"}
    ),
    "moved page": Row(308, None, UnreadableAnswer, says="leads elsewhere", uncertain=True, raw=HTML),
    "not modified": Row(304, None, UnreadableAnswer, says="leads elsewhere", uncertain=True),
    "200 page": Row(200, None, UnreadableAnswer, says="web page", uncertain=True, raw=HTML),
    "200 empty": Row(200, None, UnreadableAnswer, says="is empty", uncertain=True),
    "201 cut off": Row(201, None, UnreadableAnswer, says="not JSON", uncertain=True, raw=b'{"Id": "3f2504'),
    "201 of blanks": Row(201, None, UnreadableAnswer, says="is empty", uncertain=True, raw=b" \r\n"),
    "204": Row(204, None, UnreadableAnswer, says="is empty", uncertain=True),
    "too many": Row(429, body(4010, "Try again in 17 seconds."), RateLimited, 4010, "too many", "17 seconds"),
    "too many as 400": Row(400, body(4010), RateLimited, 4010, "too many requests", "Wait 60"),
    "too many as 503": Row(503, body(4010), ServerFault, 4010, "too many requests", uncertain=True),
    "429 page": Row(429, None, RateLimited, None, "too many requests", "Wait 60", raw=HTML),
}


def rows() -> list[Any]:
    return [pytest.param(row, id=name) for name, row in TABLE.items()]


def error_of(row: Row, operation: Operation[Any] = WRITE) -> EAccountingError:
    response = answer(row.status, row.body, row.headers, raw=row.raw)
    with pytest.raises(EAccountingError) as caught:
        read_response(operation, response)
    return caught.value


@pytest.mark.parametrize("row", rows())
def test_each_answer_is_the_error_it_should_be(row: Row) -> None:
    """The class, the code, what it says, what to do, and whether a write may have happened."""
    error = error_of(row)
    assert type(error) is row.error
    assert getattr(error, "code", None) == row.code
    assert row.says in error.message
    assert row.advice in error.advice
    assert error.may_have_happened is row.uncertain
    assert getattr(error, "status", None) == row.status
    assert error.operation == "POST /things"
    if isinstance(error, ApiError):
        assert error.advice or error.code in CODES or type(error) is Rejected


@pytest.mark.parametrize("row", rows())
def test_no_answer_repeats_what_it_said(row: Row) -> None:
    """Neither message nor repr holds the body, the developer's message or an address."""
    error = error_of(row)
    shown = f"{error}{error!r}{error.advice}"
    for hidden in ("Kari", "1000", "api.example", "location", "module:", "no Route"):
        assert hidden not in shown


@pytest.mark.parametrize("row", rows())
def test_a_read_leaves_nothing_in_doubt(row: Row) -> None:
    """Nothing was written, so nothing may have happened."""
    assert error_of(row, READ).may_have_happened is False


def test_the_developers_message_is_kept_aside() -> None:
    """It may repeat what was sent, so it is in an attribute only."""
    error = error_of(TABLE["no fiscal year"])
    assert isinstance(error, ApiError)
    assert (error.detail, error.error_id) == (SECRET, ERROR_ID)


def test_field_errors_are_told_by_name_and_code() -> None:
    """The message that belongs to them is in their detail only: it may repeat the value."""
    faults: list[object] = [
        {"Field": "Rows[0].Quantity", "ErrorCode": "2000", "Message": SECRET, "Key": "x"},
        {"field": "CustomerId", "errorCode": 3000, "message": SECRET},
        {"Field": SECRET, "ErrorCode": None},
        "odd",
    ]
    error = error_of(Row(400, body(2000, Errors=faults), Rejected))
    assert isinstance(error, ApiError)
    assert error.fields == (
        FieldError(field="Rows[0].Quantity", code="2000", detail=SECRET),
        FieldError(field="CustomerId", code="3000", detail=SECRET),
        FieldError(field="?", code="?"),
    )
    assert "Kari" not in repr(error.fields) + repr(error) + str(error.fields[0])
    assert "fields: Rows[0].Quantity (2000), CustomerId (3000), ? (?)" in error.message
    assert "Kari" not in str(error)


@pytest.mark.parametrize(
    "told",
    [body(2000), body(2000, None, Errors=[{"Field": "Rows", "ErrorCode": "2000", "Message": SECRET}])],
    ids=["as a whole", "by field"],
)
def test_a_rejection_says_where_the_reason_is(told: dict[str, object]) -> None:
    """A field and a code do not say what is wrong; the API's message does, and is not for logs."""
    error = error_of(Row(400, told, Rejected))
    assert "error.detail" in error.advice
    assert "do not log it" in error.advice
    assert "Kari" not in str(error)


def test_a_rejection_without_a_reason_does_not_send_one_looking_for_it() -> None:
    """There is nothing in `detail` then."""
    assert error_of(Row(400, body(2000, None), Rejected)).advice == "Correct the named fields."


@pytest.mark.parametrize(
    "told", [None, {"title": "Not Found", "status": 404}, body(3000)], ids=["bare", "framework", "code"]
)
def test_a_list_that_is_not_found_is_a_wrong_address(told: object) -> None:
    """No record of a list's path can be deleted; of a path with an id it can."""
    for page in (endpoints.PROJECTS.page(), endpoints.CUSTOMERS.page(2), endpoints.COMPANY_SETTINGS):
        error = error_of(Row(404, told, NotFound), page)
        assert type(error) is NotFound
        assert "ends in /v2" in error.advice
        assert "deleted" not in error.advice
    for one in (endpoints.PROJECTS.get(ID), endpoints.ORDERS.delete(ID)):
        assert "deleted" in error_of(Row(404, told, NotFound), one).advice


def test_a_body_may_refer_to_what_is_not_there() -> None:
    """An order for a deleted customer, for instance, whose path has no id either."""
    assert "deleted" in error_of(Row(404, body(3000), NotFound)).advice


def test_many_field_errors_do_not_flood_the_message() -> None:
    """Ten are shown, all are kept."""
    faults = [{"Field": f"F{n}", "ErrorCode": "1"} for n in range(50)]
    error = error_of(Row(400, body(2000, Errors=faults), Rejected))
    assert isinstance(error, ApiError)
    assert len(error.fields) == 50
    assert "F9" in error.message
    assert "F10" not in error.message


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        ("Rows[0].Quantity", True),
        ("InvoiceAddress2", True),
        ("$.Data[12].Number", True),
        ("5f0c2e77a1b94d3c8e6f1a2b3c4d5e6f5f0c2e77a1b94d3c8e6f1a2b3c4d5e6f", False),
        ("9C0DE17A2B3C4D5E6F70819A2B3C4D5E-1", False),
        ("Kari Nordmann", False),
        ("", False),
    ],
    ids=repr,
)
def test_what_looks_like_no_field_is_not_shown(field: str, shown: bool) -> None:
    """An error body may repeat a token that was sent, and a field's name stands in the message."""
    fault = {"Field": field, "ErrorCode": field}
    error = error_of(Row(400, body(2000, Errors=[fault]), Rejected))
    assert isinstance(error, ApiError)
    assert error.fields[0].field == (field if shown else "?")
    assert (field in error.message) is shown or not field


@pytest.mark.parametrize(
    "error_id",
    ["5f0c2e77a1b94d3c8e6f1a2b3c4d5e6f5f0c2e77a1b94d3c8e6f1a2b3c4d5e6f", "s3cret", ERROR_ID + "0", 17, ""],
    ids=repr,
)
def test_only_a_guid_is_an_error_id(error_id: object) -> None:
    """As the API promises; a reference token in that place is not shown."""
    error = error_of(Row(400, {**body(2000), "ErrorId": error_id}, Rejected))
    assert isinstance(error, ApiError)
    assert error.error_id is None
    assert "ErrorId" not in error.message


@pytest.mark.parametrize(
    ("detail", "headers", "seconds"),
    [
        ("Try again in 17 seconds.", {}, 17),
        ("600 requests per 60 seconds exceeded. Try again in 3 seconds", {}, 3),
        ("Try again in 3 seconds (600 per 60 seconds)", {}, 3),
        ("Maximum is 600. Wait 5s", {}, 5),
        ("Prøv igjen om 12 sekunder", {}, 12),
        ("retry after 1 second", {}, 1),
        ("7 sec", {}, 7),
        ("soon", {}, 60),
        ("in a few seconds", {}, 60),
        ("in -5 seconds", {}, 60),
        ("in 1.5 seconds", {}, 2),
        ("in 2.0 seconds", {}, 2),
        ("om 12,3456789 sekunder", {}, 13),
        ("in 1.2.3 seconds", {}, 60),
        ("Try again in 2 minutes", {}, 120),
        ("try again in 1 min.", {}, 60),
        ("1 200 sekunder", {}, 1200),
        ("om 1\u00a0200 sekunder", {}, 1200),
        ("600 per 60 sekunder. Vent 4 sekunder.", {}, 4),
        ("Maks 600 per 60 s; prøv på nytt etter 9 s", {}, 9),
        ("Försök igen efter 21 sekunder (600 per 60 sekunder)", {}, 21),
        ("Max 600 per 60 sek. Vänta 5 sek", {}, 5),
        ("om 2 minutter", {}, 120),
        ("om 3 minuter", {}, 180),
        ("in 5 months", {}, 60),
        ("in ٣ seconds", {}, 60),
        ("in 12345678 seconds", {}, 60),
        ("in 99999 seconds", {}, 3600),
        ("in 0 seconds", {}, 0),
        ("", {"retry-after": "9"}, 9),
        ("Try again in 17 seconds.", {"retry-after": "9"}, 17),
        ("Try again in 17 seconds.", {"retry-after": "29"}, 29),
        ("Try again in 17 seconds.", {"retry-after": "999999999"}, 3600),
        ("Try again in 17 seconds.", {"retry-after": "-1"}, 17),
        ("", {"retry-after": "0"}, 0),
        ("", {"retry-after": "5, 10"}, 10),
        ("Try again in 17 seconds.", {"retry-after": "soon"}, 17),
        ("", {"retry-after": "-1"}, 60),
        ("", {"retry-after": "1e9"}, 60),
        ("", {"retry-after": "999999999"}, 3600),
        ("", {"retry-after": "٣"}, 60),
        (
            "",
            {"retry-after": "Tue, 31 Mar 2026 12:00:30 GMT", "date": "Tue, 31 Mar 2026 12:00:10 GMT"},
            20,
        ),
        ("", {"retry-after": "Tue, 31 Mar 2026 12:00:00 GMT", "date": "Tue, 31 Mar 2026 12:00:10 GMT"}, 0),
        ("", {"retry-after": "Tue, 31 Mar 2026 12:00:30 GMT"}, 60),
        ("Try again in 17 seconds.", {"retry-after": "Tue, 31 Mar 2026 12:00:30 GMT"}, 17),
        (
            "Try again in 17 seconds.",
            {"retry-after": "Tue, 31 Mar 2026 12:00:30 GMT", "date": "Tue, 31 Mar 2026 12:00:29 GMT"},
            17,
        ),
        ("", {"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT", "date": "Tue, 31 Mar 2026 12:00:29 GMT"}, 3600),
        ("", {"retry-after": "Tue, 99 Mar 2026", "date": "x"}, 60),
    ],
    ids=ascii,
)
def test_how_long_to_wait(detail: str, headers: dict[str, str], seconds: float) -> None:
    """As header or message say, the longer one if both do, else a minute; never longer than an hour."""
    error = error_of(Row(429, body(4010, detail), RateLimited, headers=headers))
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


def test_a_date_to_come_back_counts_from_now_where_the_answer_has_no_date() -> None:
    """The server's own clock is preferred: it is the one that the date was made with."""
    headers = {"retry-after": "Tue, 31 Mar 2026 12:00:30 GMT"}
    for more, seconds in (({}, 30), ({"date": "Tue, 31 Mar 2026 12:00:25 GMT"}, 5)):
        with pytest.raises(RateLimited) as caught:
            read_response(READ, answer(429, headers={**headers, **more}), now=NOW)
        assert caught.value.retry_after == seconds


@given(st.text(max_size=60), st.text(max_size=40), st.text(max_size=40))
def test_whatever_a_429_says_the_wait_is_bounded(detail: str, retry_after: str, date: str) -> None:
    """Between nothing and an hour, and a whole answer in any case."""
    error = error_of(
        Row(429, body(4010, detail), RateLimited, headers={"retry-after": retry_after, "date": date})
    )
    assert isinstance(error, RateLimited)
    assert 0 <= error.retry_after <= 3600


@given(st.integers(0, 3600), st.integers(0, 3600))
def test_the_longer_of_two_waits_wins(header: int, text: int) -> None:
    """Who comes back too early is refused again."""
    row = Row(429, body(4010, f"in {text} seconds"), RateLimited, headers={"retry-after": str(header)})
    error = error_of(row)
    assert isinstance(error, RateLimited)
    assert error.retry_after == max(header, text)


def test_every_code_has_a_meaning() -> None:
    """The table covers every code that has a role, and each meaning is a clause."""
    assert CODES.keys() >= ACCESS_CODES | UNCERTAIN_CODES
    for code in CODES.values():
        assert code.meaning
        assert not code.meaning.endswith(".")
        assert not code.advice or code.advice.endswith(".")


def test_a_delete_needs_no_body() -> None:
    """200 with nothing is the documented success; a web page is none."""
    delete = endpoints.ORDERS.delete(ID)
    for good in (answer(200), answer(204), answer(200, {"x": 1}), answer(200, raw=b"ok")):
        assert read_response(delete, good) is None
    with pytest.raises(UnreadableAnswer, match="web page") as caught:
        read_response(delete, answer(200, raw=HTML))
    assert caught.value.may_have_happened


def test_an_answer_of_another_form_tells_paths_only() -> None:
    """What a model lacks is told, what it holds is not."""
    with pytest.raises(UnreadableAnswer, match=r"\$\.Status should be a number, is a text") as caught:
        read_response(endpoints.PROJECTS.get(ID), answer(200, {"Id": ID, "Name": "Kari", "Status": "Kari"}))
    assert "$.Number is missing" in str(caught.value)
    assert "Kari" not in str(caught.value)


def test_an_odd_record_is_named_and_to_be_mended() -> None:
    """Its id and the member's path find it; the address of the API is right."""
    page = {"Data": [{"Id": ID, "Name": "Kari", "IsActive": True}, {"id": OTHER_ID, "Name": None}]}
    error = error_of(Row(200, page, UnreadableAnswer), endpoints.CUSTOMERS.page())
    assert isinstance(error, UnreadableAnswer)
    assert f"$.Data[1].Name should be a text, is null (Id {OTHER_ID})" in error.reason
    assert error.advice.startswith("Mend the named record in eAccounting, or report")
    assert "proxy" not in error.advice
    assert "Kari" not in str(error)
    single = error_of(Row(200, {"Id": ID, "Name": 5}, UnreadableAnswer), endpoints.PROJECTS.get(ID))
    assert f"(Id {ID})" in str(single)
    assert "Mend the named record" in single.advice


def test_an_odd_record_without_an_id_is_named_by_its_place() -> None:
    """What is there instead of an id may be anything, so it is not told."""
    page = {"Data": [{"Id": "Kari", "Name": "x"}, "Kari"]}
    error = error_of(Row(200, page, UnreadableAnswer), endpoints.UNITS.page())
    assert "$.Data[0].Id is not an id" in str(error)
    assert "$.Data[1] should be an object, is a text" in str(error)
    assert "Mend the named record" in error.advice
    assert "Kari" not in str(error)


@pytest.mark.parametrize("told", [{"message": SECRET}, [1], {"Data": 1}, {"Meta": 5, "Data": []}], ids=str)
def test_an_answer_of_another_form_may_be_of_another_server(told: object) -> None:
    """There is no record to mend."""
    error = error_of(Row(200, told, UnreadableAnswer), endpoints.UNITS.page())
    assert "ends in /v2" in error.advice
    assert "report" in error.advice
    assert "Mend" not in error.advice


def test_a_created_object_of_another_form_is_in_doubt() -> None:
    """Mending or reporting comes after looking whether it exists."""
    new = NewOrder(customer_id=CustomerId(ID), currency_code="NOK", order_date=date(2026, 1, 1), rows=())
    error = error_of(Row(201, {"Id": ID, "Status": "x"}, UnreadableAnswer), endpoints.ORDERS.create(new))
    assert error.may_have_happened
    assert error.advice.startswith("It may have taken effect: look before sending it again.")


def test_json_that_calls_itself_a_page_is_a_page() -> None:
    """A portal in between may answer so."""
    response = answer(200, {"login": "x"}, {"content-type": "text/html"})
    with pytest.raises(UnreadableAnswer, match="web page") as caught:
        read_response(endpoints.UNITS.page(), response)
    assert "proxy" in caught.value.advice


def test_all_faults_of_a_page_are_told_at_once() -> None:
    """Over its rows and its Meta."""
    page = answer(200, {"Meta": {"PageSize": "x"}, "Data": [{"Id": ID}, {"Id": "x", "Name": "x"}]})
    with pytest.raises(UnreadableAnswer) as caught:
        read_response(endpoints.UNITS.page(), page)
    assert "$.Meta.PageSize should be a number" in caught.value.reason
    assert "$.Data[1].Id is not an id" in caught.value.reason


@pytest.mark.parametrize(
    "value", [{"Meta": {}}, {"Data": None}, {"Data": {}}, [], "x", None, {"Meta": [1], "Data": []}], ids=repr
)
def test_what_is_no_page_is_unreadable(value: object) -> None:
    """Rather than an empty list, which would archive everything."""
    with pytest.raises(UnreadableAnswer):
        read_response(endpoints.UNITS.page(), answer(200, value))


@pytest.mark.parametrize(
    "value", [{"Data": []}, {"Meta": None, "Data": []}, {"meta": {"pageSize": 1}, "data": []}], ids=repr
)
def test_a_page_may_lack_its_meta(value: object) -> None:
    """Paging relies on none of it."""
    page = read_response(endpoints.UNITS.page(), answer(200, value))
    assert page.rows == ()
    assert page.total is None


def request(operation: Operation[Any]) -> tuple[str, str, bytes | None]:
    made = to_request(operation, api_url=API + "/", token=Secret("tok"), timeout=7)
    assert made.headers["Authorization"] == "Bearer tok"
    assert made.timeout == 7
    assert "tok" not in repr(made)
    assert "example" not in repr(made)
    return made.method, made.url, made.body


def test_how_a_request_is_made() -> None:
    """Path, query and body are escaped; `$` stays bare as the vendor's examples show it."""
    assert request(endpoints.CUSTOMERS.get(ID)) == ("GET", f"{API}/customers/{ID}", None)
    assert request(Operation("GET", "/x/{a}/{b}", plain, params={"a": "{b}", "b": "1/2 æ"})) == (
        "GET",
        f"{API}/x/%7Bb%7D/1%2F2%20%C3%A6",
        None,
    )
    assert request(Operation("GET", "/x", plain, query=(("$a", "+ &="), ("$a", "ø")))) == (
        "GET",
        f"{API}/x?$a=%2B%20%26%3D&$a=%C3%B8",
        None,
    )
    assert request(Operation("POST", "/x", plain, body={"A": Decimal("1.10"), "B": "ø"}))[2] == (
        '{"A":1.10,"B":"ø"}'.encode()
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda: Operation("get", "/x", plain),
        lambda: Operation("PATCH", "/x", plain),
        lambda: Operation("GET", "x", plain),
        lambda: Operation("GET", "/x?a=1", plain),
        lambda: Operation("GET", "/x/{id}", plain),
        lambda: Operation("GET", "/x", plain, params={"id": "1"}),
        lambda: Operation("GET", "/x/{id}", plain, params={"id": ""}),
        lambda: Operation("GET", "/x/{id}", plain, params={"id": ".."}),
    ],
)
def test_an_operation_that_is_none_is_refused(make: Any) -> None:
    """When it is made, not when it is sent."""
    with pytest.raises(ConfigurationError):
        make()


def test_a_float_in_a_body_is_refused() -> None:
    """It would carry other digits than were meant; nothing of it is repeated."""
    with pytest.raises(ConfigurationError, match="float") as caught:
        request(Operation("POST", "/x", plain, body={"Kari": 1.5}))  # type: ignore[dict-item]
    assert "Kari" not in str(caught.value)


def test_a_body_stays_out_of_reprs() -> None:
    """Of the operation and of the response."""
    assert "Kari" not in repr(Operation("POST", "/x", plain, body={"Name": "Kari"}))
    assert "Kari" not in repr(Response(200, {"x": "Kari"}, b"Kari"))
