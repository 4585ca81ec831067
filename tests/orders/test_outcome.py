"""What became of a POST: only what is surely a refusal of this order counts as one."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from visma_busy_sync.eaccounting import Operation
from visma_busy_sync.eaccounting._operation import read_response
from visma_busy_sync.eaccounting.codes import CODES
from visma_busy_sync.eaccounting.errors import EAccountingError
from visma_busy_sync.eaccounting.http import Response
from visma_busy_sync.orders import Event, PostAnswer, State, outcome_of
from visma_busy_sync.orders._ledger.ledger import TRANSITIONS

WAITING_CODES = [4002, 4003, 4004, 4005, 4006, 4007, 4009, 4010, 4011, 4012, 4019, 4034]
ABOUT_THE_ORDER_CODES = [2000, 3000, 3001, 4000, 4001, 4008, 4013, 4024, 5003, 5005, 6001, None]


def after(status: int | None, code: int | None = None, *, readable: bool = True) -> Event:
    return outcome_of(PostAnswer(status=status, error_code=code, readable=readable))


@pytest.mark.parametrize("status", [200, 201])
def test_an_answer_with_the_order_is_a_transfer(status: int) -> None:
    """Whichever 2xx it is."""
    assert after(status) is Event.TRANSFERRED


@pytest.mark.parametrize("code", ABOUT_THE_ORDER_CODES)
def test_a_4xx_about_the_order_is_a_refusal(code: int | None) -> None:
    """The project has ended, the customer is unknown: mend it and make a new revision."""
    assert after(400, code) is Event.REJECTED


@pytest.mark.parametrize("code", WAITING_CODES)
def test_a_code_that_is_not_about_the_order_lets_it_wait(code: int) -> None:
    """The order is sent as it is when that is cured."""
    assert after(400, code) is Event.NOT_SENT


@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.parametrize("status", [401, 403, 429])
def test_login_rights_and_rate_let_it_wait(status: int, readable: bool) -> None:
    """Even without a body that can be read."""
    assert after(status, readable=readable) is Event.NOT_SENT


def test_a_request_that_surely_never_left_lets_it_wait() -> None:
    """For instance because no connection could be made."""
    assert outcome_of(PostAnswer(status=None, surely_not_sent=True)) is Event.NOT_SENT


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(PostAnswer(status=None), id="no answer"),
        pytest.param(PostAnswer(status=500, readable=True), id="500"),
        pytest.param(PostAnswer(status=503), id="503 of a gateway"),
        pytest.param(PostAnswer(status=500, error_code=5005, readable=True), id="500 with a business code"),
        pytest.param(PostAnswer(status=500, error_code=4003, readable=True), id="500 with an access code"),
        pytest.param(PostAnswer(status=408), id="408"),
        pytest.param(PostAnswer(status=408, error_code=4010, readable=True), id="408 with a code"),
        pytest.param(PostAnswer(status=201), id="empty 201"),
        pytest.param(PostAnswer(status=204), id="204"),
        pytest.param(PostAnswer(status=302), id="redirect"),
        pytest.param(PostAnswer(status=400), id="400 that cannot be read"),
        pytest.param(PostAnswer(status=201, surely_not_sent=True), id="a contradiction"),
    ],
)
def test_whatever_is_not_clear_is_unknown(answer: PostAnswer) -> None:
    """The draft is then looked for by its marker."""
    assert outcome_of(answer) is Event.OUTCOME_UNKNOWN


@pytest.mark.parametrize(
    ("status", "code"), list(itertools.product([200, 400, 401, 403, 429, 500], [5000, 5001, 5002]))
)
def test_codes_of_a_lost_server_are_unknown_whatever_the_status(status: int, code: int) -> None:
    """Something may have been made."""
    assert after(status, code) is Event.OUTCOME_UNKNOWN


def test_every_answer_has_an_event_that_a_sending_order_knows() -> None:
    """No answer can leave an order where it is."""
    codes = [None, *WAITING_CODES, 3000, 5001, 5005]
    for status, code, readable, unsent in itertools.product(
        [None, *range(100, 600)], codes, [True, False], [True, False]
    ):
        answer = PostAnswer(status=status, error_code=code, readable=readable, surely_not_sent=unsent)
        assert (State.SENDING, outcome_of(answer)) in TRANSITIONS


def refuse_all(_: object) -> None:
    raise AssertionError


POST = Operation("POST", "/orders", refuse_all, body={"Rows": []})
NO_ERROR_OBJECTS = [b"", b" ", b"<html>no", b"nonsense", b"[]", b"{}", b'{"DeveloperErrorMessage": "no"}']


@given(
    st.integers(300, 599),
    st.none() | st.sampled_from(sorted(CODES)) | st.integers(0, 9999),
    st.none() | st.just("0b1c5a0e-6f0e-4b3a-9a55-0d7a3e7f4a11"),
    st.sampled_from(NO_ERROR_OBJECTS),
    st.sampled_from(["application/json", "text/html", ""]),
)
@example(400, None, None, b"<html>no", "text/html")  # a proxy's page
@example(400, None, None, b'{"DeveloperErrorMessage": "no"}', "application/json")
@example(404, None, None, b"", "")
@example(403, None, None, b"<html>no", "text/html")
@example(403, 5001, None, b"", "application/json")
@example(408, 4010, None, b"", "application/json")
def test_the_error_and_the_ledger_never_say_two_things(
    status: int, code: int | None, error_id: str | None, other: bytes, kind: str
) -> None:
    """`may_have_happened` is true exactly where the ledger says that the outcome is unknown."""
    readable = code is not None or error_id is not None
    own = {"ErrorCode": code, "ErrorId": error_id}
    body = json.dumps({name: value for name, value in own.items() if value is not None}).encode()
    with pytest.raises(EAccountingError) as caught:
        read_response(POST, Response(status, {"content-type": kind}, body if readable else other))
    answer = PostAnswer(status=status, error_code=code, readable=readable)
    assert caught.value.may_have_happened is (outcome_of(answer) is Event.OUTCOME_UNKNOWN)
