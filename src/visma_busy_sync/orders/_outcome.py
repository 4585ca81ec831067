"""What became of `POST /orders`, judged from the answer alone: the event for the ledger.

A mistake to one side bills twice, to the other side bills never; so whatever is not clearly one thing is
`OUTCOME_UNKNOWN`, and the draft is looked for by its marker.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import frozen

from visma_busy_sync.orders._ledger import Event

UNKNOWN_CODES: Final = frozenset({5000, 5001, 5002})
"""Unhandled, dependency timed out, cancelled: something may have been made, whatever the status."""

NOT_ABOUT_THE_ORDER_CODES: Final = frozenset({*range(4002, 4008), *range(4009, 4013), 4019, 4034})
"""Module, guide, company, rights, scope, variant, rate, licence, read-only user, sandbox client: the order
is not at fault, and is sent when that is cured. 4002 also means "cannot be created"; it waits as well."""

_NOT_ABOUT_THE_ORDER_STATUSES: Final = frozenset({401, 403, 429})
_REQUEST_TIMEOUT: Final = 408


@frozen(kw_only=True)
class PostAnswer:
    """How `POST /orders` ended.

    Attributes:
        status: The HTTP status; None if there was no answer.
        error_code: The API's `ErrorCode`; None if the body had none.
        readable: Whether the body could be read as what it should be: the order with a 2xx, else the
            API's error object.
        surely_not_sent: Whether the request certainly never left, for instance because no connection
            could be made. False when in doubt.
    """

    status: int | None
    error_code: int | None = None
    readable: bool = False
    surely_not_sent: bool = False


_RULES: Final[tuple[tuple[Callable[[PostAnswer], bool], Event], ...]] = (
    (lambda answer: answer.status is None and answer.surely_not_sent, Event.NOT_SENT),
    (lambda answer: answer.status is None, Event.OUTCOME_UNKNOWN),
    (lambda answer: answer.error_code in UNKNOWN_CODES, Event.OUTCOME_UNKNOWN),
    (lambda answer: _hundreds(answer) == 2 and answer.readable, Event.TRANSFERRED),
    (lambda answer: _hundreds(answer) != 4, Event.OUTCOME_UNKNOWN),
    (lambda answer: answer.status == _REQUEST_TIMEOUT, Event.OUTCOME_UNKNOWN),
    (lambda answer: answer.status in _NOT_ABOUT_THE_ORDER_STATUSES, Event.NOT_SENT),
    (lambda answer: not answer.readable, Event.OUTCOME_UNKNOWN),
    (lambda answer: answer.error_code in NOT_ABOUT_THE_ORDER_CODES, Event.NOT_SENT),
    (lambda _answer: True, Event.REJECTED),
)
"""The first rule that fits decides. What is left for the last one is a 4xx with an error about the order."""


def _hundreds(answer: PostAnswer) -> int:
    return (answer.status or 0) // 100


def outcome_of(answer: PostAnswer) -> Event:
    """Return what the answer means: `TRANSFERRED`, `REJECTED`, `NOT_SENT` or `OUTCOME_UNKNOWN`."""
    return next(event for fits, event in _RULES if fits(answer))
