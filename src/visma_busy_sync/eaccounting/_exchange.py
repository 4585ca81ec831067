"""One exchange of a request for an answer, with the transport's faults as errors of the client."""

from __future__ import annotations

from typing import final

from visma_busy_sync._core.stepper import lift
from visma_busy_sync.eaccounting.errors import AnswerLost, NotSent
from visma_busy_sync.eaccounting.http import (
    BlockingTransport,
    NoAnswerError,
    NotSentError,
    Request,
    Response,
    Transport,
)


@final
class LiftedTransport:
    """A blocking transport as the core wants it."""

    def __init__(self, transport: BlockingTransport) -> None:
        self.send = lift(transport.send)


async def exchange(transport: Transport, request: Request, *, operation: str) -> Response:
    """Send `request` once.

    Raises:
        NotSent: The server surely did not get it.
        AnswerLost: It may have got it.
    """
    try:
        return await transport.send(request)
    except NotSentError as error:
        reason = f"no connection to eAccounting came about ({error})"
        raise NotSent(operation=operation, reason=reason) from None
    except NoAnswerError as error:
        raise AnswerLost(operation=operation, reason=str(error)) from None
