"""One exchange of a request for an answer, with the transport's faults as errors of the client."""

from __future__ import annotations

from visma_busy_sync.eaccounting.errors import AnswerLost, NotSent
from visma_busy_sync.eaccounting.http import NoAnswerError, NotSentError, Request, Response, Transport


async def exchange(transport: Transport, request: Request, *, operation: str) -> Response:
    """Send `request` once.

    Raises:
        NotSent: The server surely did not get it.
        AnswerLost: It may have got it.
    """
    try:
        return await transport.send(request)
    except NotSentError as error:
        raise NotSent(operation=operation, reason=str(error)) from None
    except NoAnswerError as error:
        raise AnswerLost(operation=operation, reason=str(error)) from None
