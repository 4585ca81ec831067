"""The API's error codes and its one form of error body.

Codes and body are those of the vendor's error table and of ``CommonExtendedBadRequest`` in its API
description. Which HTTP status goes with which code is not published, except 4010 with 429; the pairs here
are our choice.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from visma_busy_sync.sandbox.jsontext import Json

BAD_BODY = 2000
NOT_FOUND = 3000
NO_FISCAL_YEAR = 3001
DUPLICATE = 4000
CANNOT_DELETE = 4001
NOT_AUTHORISED = 4005
MISSING_SCOPE = 4006
TOO_MANY = 4010
NO_SALES_ACCOUNT = 4024
UNHANDLED = 5000
PROJECT_ENDED = 5005
BAD_QUERY = 6000
BAD_DATE = 6001


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One thing wrong with a body: where (``Rows[0].Quantity``), which code, what, and the rule's name."""

    field: str
    code: int
    message: str
    key: str


class ApiFault(Exception):
    """An answer that refuses the request: HTTP status, API error code, message, faults by field, headers."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        faults: Sequence[FieldFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.faults: tuple[FieldFault, ...] = tuple(faults)
        self.headers = headers


def refused(faults: Sequence[FieldFault]) -> ApiFault:
    """Collect all faults of a body into one answer; a model rule outranks the other codes."""
    codes = [fault.code for fault in faults]
    code = BAD_BODY if BAD_BODY in codes else codes[0]
    return ApiFault(400, code, "; ".join(fault.message for fault in faults[:5]), faults)


def error_body(code: int, message: str, faults: Sequence[FieldFault] = ()) -> dict[str, Json]:
    """Build the body of an unsuccessful answer. ``ErrorCode`` is a number on top, a text in ``Errors``."""
    return {
        "ErrorCode": code,
        "DeveloperErrorMessage": message,
        "ErrorId": str(uuid.uuid4()),
        "Errors": [
            {"Field": fault.field, "ErrorCode": str(fault.code), "Message": fault.message, "Key": fault.key}
            for fault in faults
        ]
        or None,
    }


def oauth_body(error: str, description: str) -> dict[str, Json]:
    """Build the body of a refusal in the words of RFC 6749, with an ErrorId as the API's errors have it."""
    return {"error": error, "error_description": description, "ErrorId": str(uuid.uuid4())}
