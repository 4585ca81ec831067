"""The table of the API's error codes says what the client really does, and so does the page of errors."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from visma_busy_sync.eaccounting import Operation
from visma_busy_sync.eaccounting import errors as error_classes
from visma_busy_sync.eaccounting._operation import read_response
from visma_busy_sync.eaccounting._retrying import pause_before_retry
from visma_busy_sync.eaccounting.codes import (
    ACCESS_CODES,
    API_MODULE,
    CODES,
    OTHER_MODULE,
    PLAIN,
    RULES,
    UNCERTAIN_CODES,
    UNNAMED,
    WAITING_CODES,
    Code,
    ErrorKind,
    Retry,
    WriteFate,
    code_of,
    error_kind,
    write_fate,
)
from visma_busy_sync.eaccounting.errors import ApiError
from visma_busy_sync.eaccounting.http import Response

from .given import READ, WRITE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "errors.md"
MODULE_TEXTS = {"No access to module: api_standard": API_MODULE, "No access to module: other": OTHER_MODULE}
STATUSES = [
    400,
    401,
    402,
    403,
    404,
    405,
    408,
    409,
    410,
    412,
    415,
    422,
    423,
    429,
    499,
    500,
    501,
    502,
    503,
    504,
]

# What the API may answer: a code, the text beside it, and the row that it is.
ANSWERS: list[tuple[int | None, str, Code | None]] = [
    (None, "", None),
    (9999, "", None),
    *((number, "planted", code) for number, code in CODES.items()),
    *((number, text, code) for number in (None, 4002) for text, code in MODULE_TEXTS.items()),
]


def error_of(operation: Operation[Any], status: int, code: int | None, detail: str) -> ApiError:
    """What the client makes of an answer of the API."""
    body = {"ErrorCode": code, "ErrorId": "8f14e45f-ceea-467f-a8f4-1c2d3e4f5a6b"}
    body["DeveloperErrorMessage"] = detail
    response = Response(status, {"content-type": "application/json"}, json.dumps(body).encode())
    with pytest.raises(ApiError) as caught:
        read_response(operation, response)
    return caught.value


def retry_of(operation: Operation[Any], error: ApiError) -> Retry:
    """What is done about an error, as it is seen from outside."""
    if isinstance(error, error_classes.Unauthorized):
        return Retry.RENEWED  # by the call's loop, whose tests show it
    pauses = {
        pause_before_retry(operation, error, attempt=attempt, chance=chance)
        for attempt in (1, 3)
        for chance in (0.0, 0.5)
    }
    if pauses == {None}:
        return Retry.NEVER
    assert None not in pauses
    told = getattr(error, "retry_after", None)
    return Retry.WHEN_TOLD if told is not None and min(filter(None, pauses)) >= told else Retry.PAUSED


@pytest.mark.parametrize(("number", "detail", "code"), ANSWERS)
def test_the_columns_are_what_happens_with_status_400(
    number: int | None, detail: str, code: Code | None
) -> None:
    """Class, retry of reads and writes, fate of a write, meaning and advice are those of the table."""
    row = code or UNNAMED
    read, write = error_of(READ, 400, number, detail), error_of(WRITE, 400, number, detail)
    assert type(read).__name__ == type(write).__name__ == row.becomes.value
    assert retry_of(READ, read) is row.rule.read
    assert retry_of(WRITE, write) is row.rule.write
    assert write_fate(400, code=number, readable=True) is row.fate or detail in MODULE_TEXTS
    assert write.may_have_happened is (row.fate is WriteFate.UNKNOWN)
    assert row.meaning in read.message
    assert row.advice in write.advice


@pytest.mark.parametrize("status", STATUSES)
def test_class_retry_and_fate_agree_for_every_code_and_status(status: int) -> None:
    """Whatever comes with whatever status, the class is the one that the rules name, and keeps its rule.

    A write that may have taken effect goes before every rule: it is not sent again.
    """
    for number, detail, code in ANSWERS:
        read, write = error_of(READ, status, number, detail), error_of(WRITE, status, number, detail)
        kind = error_kind(status, code)
        assert type(read).__name__ == type(write).__name__ == kind.value, (number, detail)
        assert retry_of(READ, read) is RULES[kind].read, (number, detail)
        may = write.may_have_happened and kind is not ErrorKind.UNAUTHORIZED
        assert retry_of(WRITE, write) is (Retry.NEVER if may else RULES[kind].write), (number, detail)
        fate = write_fate(status, code=number, readable=True)
        assert write.may_have_happened is (fate is WriteFate.UNKNOWN), (number, detail)
        assert not read.may_have_happened
        assert error_kind(status, code_of(number, detail)) is kind


@pytest.mark.parametrize("status", [status for status in STATUSES if status != 401])
def test_a_write_that_may_have_happened_is_never_sent_again(status: int) -> None:
    """Not even where the server asks to come back later, as with 429 and the code of a lost operation."""
    for number, detail, _ in ANSWERS:
        write = error_of(WRITE, status, number, detail)
        assert not (write.may_have_happened and retry_of(WRITE, write) is not Retry.NEVER), (number, detail)


# Written down by hand: what a status makes of a plain refusal, of a missing object, of an access code, of too
# many requests, and of a fault.
PRECEDENCE = {
    400: ["Rejected", "NotFound", "AccessDenied", "RateLimited", "ServerFault"],
    401: ["Unauthorized", "Unauthorized", "Unauthorized", "RateLimited", "Unauthorized"],
    403: ["AccessDenied", "NotFound", "AccessDenied", "RateLimited", "AccessDenied"],
    404: ["NotFound", "NotFound", "NotFound", "RateLimited", "NotFound"],
    408: ["Rejected", "NotFound", "AccessDenied", "RateLimited", "ServerFault"],
    429: ["RateLimited"] * 5,
    500: ["ServerFault", "NotFound", "AccessDenied", "ServerFault", "ServerFault"],
    503: ["ServerFault", "NotFound", "AccessDenied", "ServerFault", "ServerFault"],
}


@pytest.mark.parametrize(("status", "expected"), PRECEDENCE.items())
def test_status_and_code_together(status: int, expected: list[str]) -> None:
    assert [
        type(error_of(READ, status, number, "")).__name__ for number in (2000, 3000, 4004, 4010, 5001)
    ] == expected


def test_the_sets_of_codes_are_those_of_the_reference() -> None:
    """Written down by hand once more: a slip in the table would send an order twice, or never."""
    assert {4003, 4004, 4005, 4006, 4007, 4009, 4011, 4012, 4019, 4034} == ACCESS_CODES
    assert {5000, 5001, 5002} == UNCERTAIN_CODES
    assert ACCESS_CODES | {4002, 4010} == WAITING_CODES
    missing = {number for number, code in CODES.items() if code.becomes is ErrorKind.NOT_FOUND}
    assert missing == {3000}


def test_every_kind_is_a_class_of_its_name_with_a_rule() -> None:
    assert set(RULES) == set(ErrorKind)
    for kind in ErrorKind:
        assert issubclass(getattr(error_classes, kind.value), ApiError)


ROWS = [*CODES.values(), API_MODULE, OTHER_MODULE, UNNAMED, *PLAIN.values()]


@pytest.mark.parametrize("code", ROWS, ids=lambda code: code.meaning)
def test_every_text_is_there_in_both_languages(code: Code) -> None:
    """A meaning is a part of a sentence, a cure one or more sentences; Norwegian is not English."""
    assert code.meaning == code.says.en
    for text in (code.says.nb, code.says.en):
        assert text
        assert not text.endswith(".")
    assert code.says.nb != code.says.en
    if code.cure:
        assert code.advice == code.cure.en
        assert code.cure.nb.endswith(".")
        assert code.cure.en.endswith(".")
        assert code.cure.nb != code.cure.en
    else:
        assert code.advice == ""


def test_an_access_code_always_says_what_to_do() -> None:
    """These are cured by a person in eAccounting, not by another request."""
    assert all(CODES[number].cure for number in ACCESS_CODES)


def test_the_page_is_what_the_code_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """`docs/errors.md` is stale as soon as the table or the tree changes; the script makes it anew."""
    monkeypatch.syspath_prepend(str(ROOT / ".ci"))
    parts = runpy.run_path(str(ROOT / ".ci" / "errors_page.py"))["PARTS"]
    made = runpy.run_path(str(ROOT / ".ci" / "made_parts.py"))["made"]
    page = PAGE.read_text(encoding="utf-8")
    assert made(page, parts) == page, "make it anew with: python .ci/errors_page.py"
    stale = page.replace("the startup guide is not finished", "something else")
    assert stale != page
    assert made(stale, parts) == page
