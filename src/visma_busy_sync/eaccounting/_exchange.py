"""One exchange of a request for an answer, with the transport's faults as errors of the client."""

from __future__ import annotations

import inspect
from typing import cast, final

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.eaccounting.errors import AnswerLost, NotSent, UnreadableAnswer
from visma_busy_sync.eaccounting.http import (
    BlockingTransport,
    NoAnswerError,
    NotSentError,
    Request,
    Response,
    TooLargeError,
    Transport,
)


@final
class LiftedTransport:
    """A blocking transport as the core wants it."""

    def __init__(self, transport: BlockingTransport) -> None:
        self._transport = transport

    async def send(self, request: Request) -> Response:
        """Send `request`.

        Raises:
            ConfigurationError: If the transport is an asynchronous one; nothing is sent then.
            NoAnswerError: If it began something by itself that this client cannot wait for.
        """
        answer = self._transport.send(request)
        given = cast("object", answer)
        if inspect.isawaitable(given):
            if not inspect.iscoroutine(given):  # a task or a future: the request may be on its way
                raise NoAnswerError("the transport is asynchronous")
            given.close()
            raise ConfigurationError(
                f"The transport {type(self._transport).__name__} is asynchronous.",
                advice="Use the asynchronous client (AsyncBusySync, AsyncEAccounting).",
            )
        return answer


async def exchange(transport: Transport, request: Request, *, operation: str) -> Response:
    """Send `request` once.

    Raises:
        NotSent: The server surely did not get it.
        AnswerLost: It may have got it; so too if the transport raised what it should not.
        UnreadableAnswer: The answer is too large.
        ConfigurationError: The transport cannot be used as it is; it says so before it sends.
    """
    kind: type[NotSent | AnswerLost] = AnswerLost
    status: int | None = None
    try:
        return await transport.send(request)
    except ConfigurationError:
        raise
    except NotSentError as error:
        kind, reason = NotSent, f"no connection to eAccounting came about ({error})"
    except NoAnswerError as error:
        reason = str(error)
    except TooLargeError as error:
        status, reason = error.status, f"it is larger than {error.most} bytes"
    except Exception as error:  # noqa: BLE001 - a host's own transport may raise anything, at any moment
        reason = type(error).__name__  # its text may hold the request
    # Outside of the handlers: what was handled may hold the request, and would go along as the context.
    if status is not None:
        raise UnreadableAnswer(operation=operation, status=status, reason=reason)
    raise kind(operation=operation, reason=reason)
