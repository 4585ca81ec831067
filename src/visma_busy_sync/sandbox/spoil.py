"""What an armed fault makes of an answer: another answer, part of one, a late one, or a cut connection."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from visma_busy_sync.sandbox.errors import error_body
from visma_busy_sync.sandbox.faults import Fault, FaultKind
from visma_busy_sync.sandbox.web import JsonAnswer
from visma_busy_sync.sandbox.wire import cut_connection, finish_and_close

GARBAGE: Final = b'{"Id": "3f2504e0-4f89-11d3-9a0c-0305e82c33'
_BODILESS: Final = (204, 304)


async def _gone(receive: Receive, seconds: float | None = None) -> bool:
    """Wait until the connection is gone, or for some seconds; tell whether it is gone."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


class _Spoilt(Response):
    """An answer that goes out as a fault says."""

    def __init__(self, fault: Fault, answer: Response) -> None:
        super().__init__(answer.body, answer.status_code, answer.headers)
        self.fault = fault


class Cut(_Spoilt):
    """No byte of the answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI has it
        """Break the connection."""
        cut_connection(scope, reset=self.fault.reset)
        await _gone(receive)


class _Part(_Spoilt):
    """The promise of the whole body, and half of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the half, then close."""
        size = len(self.body)
        self.headers["content-length"] = str(max(size, 2))
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[: size // 2], "more_body": True})
        finish_and_close(scope)
        await _gone(receive)


class _Late(_Spoilt):
    """The whole answer, later."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, and send unless the client is gone by then."""
        if not await _gone(receive, self.fault.seconds):
            await super().__call__(scope, receive, send)


def _shown(fault: Fault, _answer: Response) -> Response:
    headers = dict(fault.headers)
    if fault.body == "empty" or fault.status in _BODILESS:
        return Response(None, fault.status, headers)
    if fault.body == "html":
        return HTMLResponse(f"<html><body><h1>{fault.status}</h1></body></html>", fault.status, headers)
    shown = error_body(fault.error_code, fault.message) if fault.payload is None else fault.payload
    return JsonAnswer(shown, fault.status, headers)


def _garbage(_fault: Fault, answer: Response) -> Response:
    if answer.status_code in _BODILESS:
        return answer
    answer.body = GARBAGE
    answer.headers.update({"content-length": str(len(GARBAGE)), "content-type": JsonAnswer.media_type})
    return answer


_SPOILERS: Final[Mapping[FaultKind, Callable[[Fault, Response], Response]]] = {
    "status": _shown,
    "drop_before": Cut,
    "drop_after": Cut,
    "garbage": _garbage,
    "truncate": _Part,
    "delay": _Late,
}


def spoilt(fault: Fault, answer: Response) -> Response:
    """Return what goes out instead of the answer."""
    return _SPOILERS[fault.kind](fault, answer)
