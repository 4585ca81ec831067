"""What became of `POST /orders`, judged from the answer alone: the event for the ledger.

A mistake to one side bills twice, to the other side bills never; so whatever is not clearly one thing is
`OUTCOME_UNKNOWN`, and the draft is looked for by its marker. What an answer says of a write is judged in
`eaccounting.codes`, so that the errors' `may_have_happened` never says another thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from visma_busy_sync.eaccounting.codes import WriteFate, write_fate
from visma_busy_sync.orders._ledger.ledger import Event


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


_EVENTS: Final[Mapping[WriteFate, Event]] = {
    WriteFate.DONE: Event.TRANSFERRED,
    WriteFate.REFUSED: Event.REJECTED,
    WriteFate.WAITS: Event.NOT_SENT,  # the order is not at fault, and is sent when that is cured
    WriteFate.UNKNOWN: Event.OUTCOME_UNKNOWN,
}


def outcome_of(answer: PostAnswer) -> Event:
    """Return what the answer means: `TRANSFERRED`, `REJECTED`, `NOT_SENT` or `OUTCOME_UNKNOWN`."""
    if answer.status is None:
        return Event.NOT_SENT if answer.surely_not_sent else Event.OUTCOME_UNKNOWN
    return _EVENTS[write_fate(answer.status, code=answer.error_code, readable=answer.readable)]
