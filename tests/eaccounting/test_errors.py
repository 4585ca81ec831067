"""The tree of errors: as drawn, whole after copying, its bases never raised."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.eaccounting import errors
from visma_busy_sync.eaccounting.errors import (
    POST_TOKEN,
    AccessDenied,
    AnswerLost,
    ApiError,
    ClientRefused,
    CodeRefused,
    EAccountingError,
    FieldError,
    LoginError,
    LoginRefused,
    NotFound,
    NotSent,
    RateLimited,
    ReconnectNeeded,
    Rejected,
    ServerFault,
    StateMismatch,
    Unauthorized,
    UnreadableAnswer,
)

API: dict[str, Any] = {
    "operation": "POST /orders",
    "status": 400,
    "code": 2000,
    "error_id": "id",
    "fields": (FieldError(field="Rows", code="2000"),),
    "detail": "what the API told its developers",
    "advice": "Do this.",
}
ONE_OF_EACH: list[EAccountingError] = [
    NotSent(operation="POST /orders", reason="no connection"),
    AnswerLost(operation="POST /orders", reason="ReadTimeout"),
    UnreadableAnswer(operation="POST /orders", status=502, reason="it is empty"),
    NotFound("m", **API),
    Unauthorized("m", **API),
    AccessDenied("m", **API),
    RateLimited("m", **API, retry_after=17.0),
    ServerFault("m", **API),
    Rejected("m", **API),
    LoginRefused(error="access_denied"),
    StateMismatch(),
    CodeRefused(),
    ClientRefused(error="invalid_client"),
    ReconnectNeeded(),
]


def by_class(error: EAccountingError) -> str:
    return type(error).__name__


def subclasses(cls: type) -> list[type]:
    found: list[type] = []
    sub: type
    for sub in cls.__subclasses__():
        found += [sub, *subclasses(sub)]
    return found


def test_the_drawing_is_the_tree() -> None:
    """Each class stands in the docstring below its parent, and nothing else does."""
    doc = inspect.getdoc(errors)
    assert doc is not None
    drawn: dict[str, str] = {}
    above: dict[int, str] = {}
    for line in doc.split("```")[1].strip().splitlines():
        found = re.match(r"([│├└─ ]*)(\w+)", line)
        assert found is not None
        depth = len(found[1]) // 4
        above[depth] = found[2]
        drawn[found[2]] = above.get(depth - 1, "VismaBusySyncError")
        assert ("never raised itself" in line) == (getattr(errors, found[2]) in errors._BASES)
    real = {cls.__name__: cls.__base__.__name__ for cls in (EAccountingError, *subclasses(EAccountingError))}  # type: ignore[union-attr]
    assert drawn == real


def test_there_is_an_example_of_each() -> None:
    """So that the tests below look at all."""
    leaves = {cls for cls in subclasses(EAccountingError) if not cls.__subclasses__()}
    assert {type(error) for error in ONE_OF_EACH} == leaves


@pytest.mark.parametrize(
    "make",
    [
        lambda: EAccountingError("m", operation="GET /x"),
        lambda: LoginError("m", operation="GET /x"),
        lambda: ApiError("m", **API),
    ],
)
def test_bases_are_not_raised(make: Callable[[], object]) -> None:
    """They are for catching."""
    with pytest.raises(TypeError, match="is a base"):
        make()


@pytest.mark.parametrize("error", ONE_OF_EACH, ids=by_class)
@pytest.mark.parametrize(
    "copied",
    [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy],
    ids=["pickle", "copy", "deepcopy"],
)
def test_a_copy_is_whole(
    copied: Callable[[EAccountingError], EAccountingError], error: EAccountingError
) -> None:
    """Sent to another process, an error keeps class, text, facts and verdict."""
    other = copied(error)
    assert type(other) is type(error)
    assert (str(other), repr(other), other.advice) == (str(error), repr(error), error.advice)
    assert vars(other) == vars(error)
    assert other.may_have_happened == error.may_have_happened


@pytest.mark.parametrize("error", ONE_OF_EACH, ids=by_class)
def test_each_says_what_happened_and_what_to_do(error: EAccountingError) -> None:
    """Operation first, then a sentence, then the advice."""
    assert isinstance(error, VismaBusySyncError)
    assert error.message.startswith(f"{error.operation}: ")
    assert str(error) == f"{error.message} {error.advice}"
    assert error.advice.endswith((".", "again."))


def test_only_the_uncertain_may_have_happened() -> None:
    """A POST that was lost or not understood; a refusal and a login were not carried out."""
    uncertain = {type(error) for error in ONE_OF_EACH if error.may_have_happened}
    assert uncertain == {AnswerLost, UnreadableAnswer}


@pytest.mark.parametrize("operation", ["GET /orders", POST_TOKEN, "GET /orders/{id}"])
def test_a_read_and_a_token_call_leave_nothing_in_doubt(operation: str) -> None:
    """An order whose token could not be fetched was surely not sent."""
    for error in (
        AnswerLost(operation=operation, reason="x"),
        UnreadableAnswer(operation=operation, status=200, reason="x"),
    ):
        assert not error.may_have_happened
        assert ("not lost" in error.advice) == (operation == POST_TOKEN)


@pytest.mark.parametrize(
    "operation", ["POST /orders", "DELETE /orders/{id}", "PUT /projects/{id}", "POST revocation"]
)
def test_a_write_without_answer_is_in_doubt(operation: str) -> None:
    """And the advice is to look, not to send again."""
    lost = AnswerLost(operation=operation, reason="x")
    assert lost.may_have_happened
    assert "look before sending it again" in lost.advice


def test_a_reconnection_has_the_advice_that_fits_its_reason() -> None:
    """A changed password is not why a process that restarted holds no tokens."""
    refused = ReconnectNeeded()
    assert (refused.operation, refused.reason) == (POST_TOKEN, "Visma refused the refresh token")
    assert "password" in refused.advice
    lost = ReconnectNeeded(
        reason="no tokens are held", advice="Log in again.", operation="GET /companysettings"
    )
    assert (lost.operation, lost.advice) == ("GET /companysettings", "Log in again.")
    assert str(lost) == (
        "GET /companysettings: the connection to eAccounting must be made anew: no tokens are held. "
        "Log in again."
    )
    assert not lost.may_have_happened
