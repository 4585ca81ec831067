"""The API's error codes: what each means and what to do. Source: the vendor's error table (2026-09)."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Final

from attrs import frozen


@frozen
class Code:
    """One error code.

    Attributes:
        meaning: What it says, in our words.
        advice: What a person can do about it; empty where that depends on the call.
    """

    meaning: str
    advice: str = ""


API_MODULE: Final = Code(
    "the company has no access to the API module",
    "In eAccounting, switch on Utvidelser → Integrasjoner → Visma Integrasjon (API). If it is on, the login "
    "may have gone to another company: connect again and choose the right one.",
)
"""The second meaning of 4002, where the text names the module `api_standard` (KB, 2019)."""

OTHER_MODULE: Final = Code(
    "the company has no access to a module that this call needs",
    "Check the subscription and the modules of the company in eAccounting.",
)
"""The second meaning of 4002, where the text names another module."""

NOT_FOUND: Final = 3000
TOO_MANY_REQUESTS: Final = 4010
NO_ACCESS_TO_MODULE: Final = 4002
BAD_QUERY: Final = 6000

ACCESS_CODES: Final = frozenset({4003, 4004, 4005, 4006, 4007, 4009, 4011, 4012, 4019, 4034})
"""Codes that speak of the company, the user or the connection, not of what was sent."""

UNCERTAIN_CODES: Final = frozenset({5000, 5001, 5002})
"""Unhandled, dependency timed out, cancelled: a write may have taken effect, whatever the status."""

WAITING_CODES: Final = ACCESS_CODES | {NO_ACCESS_TO_MODULE, TOO_MANY_REQUESTS}
"""Codes that are not about what was sent: it can be sent as it is when they are cured. 4002 also means
"cannot be created"; it waits as well."""

WAITING_STATUSES: Final = frozenset({401, 403, 429})
"""Statuses that say the same, even without a body that can be read."""

REQUEST_TIMEOUT: Final = 408


class WriteFate(enum.Enum):
    """What an answer to a write says of its effect."""

    DONE = enum.auto()
    REFUSED = enum.auto()
    """Not carried out, because of what was sent."""

    WAITS = enum.auto()
    """Not carried out, for another reason than what was sent."""

    UNKNOWN = enum.auto()
    """It may have taken effect."""


_FATES: Final[tuple[tuple[Callable[[int, int | None, bool], bool], WriteFate], ...]] = (
    (lambda _status, code, _readable: code in UNCERTAIN_CODES, WriteFate.UNKNOWN),
    (lambda status, _code, readable: 200 <= status < 300 and readable, WriteFate.DONE),
    (lambda status, _code, _readable: not 400 <= status < 500, WriteFate.UNKNOWN),
    (lambda status, _code, _readable: status == REQUEST_TIMEOUT, WriteFate.UNKNOWN),
    (lambda status, _code, _readable: status in WAITING_STATUSES, WriteFate.WAITS),
    (lambda _status, _code, readable: not readable, WriteFate.UNKNOWN),
    (lambda _status, code, _readable: code in WAITING_CODES, WriteFate.WAITS),
    (lambda _status, _code, _readable: True, WriteFate.REFUSED),
)
"""The first rule that fits decides; whatever is not clearly one thing is unknown, which is the safe side."""


def write_fate(status: int, *, code: int | None, readable: bool) -> WriteFate:
    """Return what an answer says of the write it answers: the one table for errors and for the ledger.

    Args:
        status: The HTTP status.
        code: The API's ErrorCode; None if the body had none.
        readable: Whether the body could be read as what it should be: the object with a 2xx, else the
            API's error object, with a code or an id. A proxy's page says nothing of the write.
    """
    return next(fate for fits, fate in _FATES if fits(status, code, readable))


CODES: Final[Mapping[int, Code]] = {
    2000: Code("the body breaks a rule of the data model", "Correct the named fields."),
    3000: Code("an object that the request refers to does not exist", "Sync again; it may be deleted."),
    3001: Code("there is no fiscal year for the date", "Create the fiscal year in eAccounting."),
    3002: Code("the account does not exist", "Create the account in eAccounting."),
    3003: Code("no permission to approve", "Give the user that permission in eAccounting."),
    4000: Code("it exists already"),
    4001: Code("it cannot be deleted, because something depends on it"),
    4002: Code("it cannot be created or updated"),
    4003: Code("the startup guide is not finished", "Log in to eAccounting and finish the startup guide."),
    4004: Code("the company is not active", "Activate the company in eAccounting."),
    4005: Code("not authorised", "Connect again with a user who has full rights in the company."),
    4006: Code("the connection lacks a scope", "Connect again and accept what is asked for."),
    4007: Code("the user lacks a permission", "Give the user full rights, or connect as another."),
    4008: Code("a control digit is wrong", "Correct the number."),
    4009: Code("the company's subscription does not include this", "Change the subscription in eAccounting."),
    4010: Code("too many requests"),
    4011: Code("the user has no access to eAccounting in this company", "Connect as a user who has."),
    4012: Code("the licence agreement is not accepted", "Log in to eAccounting and accept it."),
    4013: Code("the year or period is locked", "Open the period in eAccounting."),
    4014: Code("your reference is missing (AutoInvoice, Norway)", "Fill in the customer's reference."),
    4015: Code("a required reference code is missing", "Fill in the reference that the recipient demands."),
    4016: Code("the supplier invoice is refused"),
    4017: Code("the electronic address is missing", "Fill it in on the customer in eAccounting."),
    4018: Code("the supplier invoice is refused"),
    4019: Code("the user may only read", "Connect as a user who may write."),
    4020: Code("the fiscal year is refused"),
    4021: Code("the fiscal year is refused"),
    4022: Code("the fiscal year is refused"),
    4023: Code("the payment date lies in the future"),
    4024: Code(
        "the article's coding has no sales account for this kind of sale",
        "In eAccounting, give the article a coding with an account for this kind of customer.",
    ),
    4025: Code("the VAT number is invalid", "Correct it on the customer in eAccounting."),
    4026: Code("the period is locked", "Open the period in eAccounting, or choose another date."),
    4027: Code("a row does not allow reverse VAT"),
    4028: Code("an order with back orders cannot be voided"),
    4029: Code("the personal number is invalid"),
    4030: Code("the OCR number is invalid"),
    4031: Code("an invoice from an order lacks order rows"),
    4032: Code("the supplier invoice is refused"),
    4033: Code("not allowed in the approval flow"),
    4034: Code(
        "a sandbox client was used against a production company",
        "Use the client id of production, or log in to a sandbox company.",
    ),
    4035: Code("VAT bookkeeping was forced inside the EU"),
    4037: Code("the reconciliation lies in a locked period"),
    4038: Code("the year is locked", "Open the year in eAccounting, or choose another date."),
    4039: Code("a domestic amount was set on a domestic invoice"),
    4100: Code("an external service did not validate it"),
    5000: Code("eAccounting failed inside", "Try again later; quote the error id to the API support."),
    5001: Code("a part of eAccounting did not answer in time", "Try again later."),
    5002: Code("eAccounting cancelled the operation", "Try again later."),
    5003: Code("the stock balance is not zero"),
    5004: Code("the stock balance is not zero"),
    5005: Code("the project has ended and cannot be used", "Reopen the project in eAccounting."),
    5006: Code("the cost centre is inactive", "Activate it in eAccounting."),
    5007: Code("the item to attach was not found"),
    6000: Code("the query is not understood"),
    6001: Code("a date or an input has the wrong form"),
}
