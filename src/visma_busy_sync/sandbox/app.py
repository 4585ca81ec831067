"""From a request to what goes over the wire: routing, faults, errors, journal; and ASGI around it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, TypeAlias

from visma_busy_sync.sandbox.errors import BAD_BODY, BAD_QUERY, UNHANDLED, ApiFault, error_body
from visma_busy_sync.sandbox.faults import GARBAGE, Fault
from visma_busy_sync.sandbox.jsontext import camel, encode
from visma_busy_sync.sandbox.routes import Route, RouteTable, route_table
from visma_busy_sync.sandbox.state import State
from visma_busy_sync.sandbox.web import (
    JSON_TYPE,
    Answer,
    BadEncoding,
    Request,
    decode_percent,
    json_answer,
)
from visma_busy_sync.sandbox.wire import cut_connection, finish_and_close

BODY_MOST_BYTES: Final = 16 * 1024 * 1024
BODY_SECONDS: Final = 30

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_log = logging.getLogger("visma_busy_sync.sandbox")


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out: an answer, or part of one, or a cut connection."""

    answer: Answer
    wire: Literal["whole", "truncate", "drop"] = "whole"
    reset: bool = True
    delay_seconds: int = 0


@dataclass(slots=True)
class Sandbox:
    """Handles one request at a time, synchronously."""

    state: State
    table: RouteTable = field(init=False)

    def __post_init__(self) -> None:
        """Build the routes."""
        self.table = route_table(self.state)

    def handle(self, request: Request) -> Reply:
        """Answer a request and write it into the journal."""
        try:
            segments = [decode_percent(part) for part in _path(request).split("/")[1:]]
        except BadEncoding as problem:
            return Reply(self._error(ApiFault(400, BAD_QUERY, f"The path has {problem}")))
        if len(segments) > 1 and not segments[-1]:
            segments.pop()
        found = self.table.find(segments)
        if found is None:
            missing = ApiFault(404, BAD_QUERY, "There is nothing at this path")
            reply = Reply(self._error(missing))
            self._note(request, None, reply, None)
            return reply
        route, values = found
        if route.template.startswith("/sandbox/"):
            return Reply(self._answered(request, route, values))
        fault = self.state.faults.take(request.method, route.template)
        reply = self._with_fault(request, route, values, fault)
        self._note(request, route, reply, fault)
        return reply

    def _with_fault(self, request: Request, route: Route, values: list[str], fault: Fault | None) -> Reply:
        if fault is not None and fault.when == "before":
            return _spoilt(fault, Answer(0))
        answer = self._answered(request, route, values)
        return Reply(answer) if fault is None else _spoilt(fault, answer)

    def _answered(self, request: Request, route: Route, values: list[str]) -> Answer:
        method = "GET" if request.method == "HEAD" else request.method
        handler = route.handlers.get(method)
        if handler is None:
            return self._other_method(method, route)
        try:
            return handler(request, *values)
        except ApiFault as fault:
            return self._error(fault)
        except Exception:  # noqa: BLE001 - the last net: a client must get the API's form of a 500
            _log.error("%s %s failed", method, route.template, exc_info=True)
            return self._error(ApiFault(500, UNHANDLED, "Unhandled error in the sandbox"))

    def _other_method(self, method: str, route: Route) -> Answer:
        allow = (("allow", route.methods),)
        if method == "OPTIONS":
            return Answer(204, headers=allow)
        message = f"{method[:20]} is not allowed here"
        if route.template.startswith("/connect/"):
            body = {"error": "invalid_request", "error_description": message}
            return json_answer(405, body, headers=allow, error_code="invalid_request")
        refused = self._error(ApiFault(405, BAD_QUERY, message))
        return replace(refused, headers=allow)

    def _error(self, fault: ApiFault) -> Answer:
        body = error_body(fault.code, fault.message, fault.faults)
        text = encode(body, camel) if self.state.profile.naming == "camel" else encode(body)
        headers = (("www-authenticate", 'Bearer error="invalid_token"'),) if fault.status == 401 else ()
        return Answer(fault.status, text.encode(), JSON_TYPE, headers, fault.code)

    def _note(self, request: Request, route: Route | None, reply: Reply, fault: Fault | None) -> None:
        api = _path(request).lower().startswith("/v2/")
        writes = request.method in ("POST", "PUT", "PATCH", "DELETE")
        self.state.journal.add(
            time=self.state.clock.now().isoformat(),
            method=request.method,
            template=None if route is None else route.template,
            path=_path(request),
            # Under /connect the query and the form carry codes and secrets.
            query=request.raw_query if api else "",
            status=None if reply.wire == "drop" else reply.answer.status,
            error_code=reply.answer.error_code,
            body=request.body if api and writes else b"",
            fault=None if fault is None else fault.kind,
        )


def _path(request: Request) -> str:
    """Return the path; a request target may also be a whole URL (RFC 9112, 3.2.2)."""
    path = request.raw_path
    for scheme in ("http://", "https://"):
        if path.lower().startswith(scheme):
            _, slash, rest = path[len(scheme) :].partition("/")
            return slash + rest
    return path


def _spoilt(fault: Fault, answer: Answer) -> Reply:
    if fault.kind == "status":
        return Reply(fault.answer())
    if fault.kind == "garbage":
        return Reply(replace(answer, body=GARBAGE, content_type=JSON_TYPE))
    if fault.kind == "truncate":
        return Reply(answer, "truncate")
    if fault.kind == "delay":
        return Reply(answer, delay_seconds=fault.seconds)
    return Reply(answer, "drop", fault.reset)


async def _body(receive: Receive) -> bytes | None:
    """Read the body; None when the client went away. What is too long is read to its end, but not kept."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part: bytes = message.get("body", b"")
        size += len(part)
        if size <= BODY_MOST_BYTES:
            parts.append(part)
        if not message.get("more_body"):
            break
    if size > BODY_MOST_BYTES:
        raise ApiFault(413, BAD_BODY, f"The body is larger than {BODY_MOST_BYTES} bytes")
    return b"".join(parts)


async def _gone(receive: Receive, seconds: float | None = None) -> bool:
    """Wait until the connection is gone, or for some seconds; tell whether it is gone."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


async def _send(send: Send, answer: Answer, *, close: bool = False) -> None:
    bodiless = answer.status in (204, 304)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if answer.content_type is not None and not bodiless:
        headers.append((b"content-type", answer.content_type.encode("ascii")))
    if not bodiless:
        headers.append((b"content-length", str(len(answer.body)).encode("ascii")))
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if bodiless else answer.body})


async def _send_part(send: Send, answer: Answer, scope: Scope) -> None:
    """Promise the whole body, send half of it and close."""
    size = len(answer.body)
    headers = [
        (b"content-type", JSON_TYPE.encode("ascii")),
        (b"content-length", str(max(size, 2)).encode("ascii")),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body[: size // 2], "more_body": True})
    finish_and_close(scope)


def asgi(sandbox: Sandbox) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Wrap the sandbox as an ASGI application for ``server.run``."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _body(receive)
        except TimeoutError:
            problem = ApiFault(408, BAD_BODY, f"The body did not come within {BODY_SECONDS} seconds")
            await _send(send, _plain_error(problem), close=True)
            return
        except ApiFault as fault:
            await _send(send, _plain_error(fault), close=True)
            return
        if body is None:
            return
        reply = sandbox.handle(_request(scope, body))
        if reply.delay_seconds and await _gone(receive, reply.delay_seconds):
            return
        if reply.wire == "drop":
            cut_connection(scope, reset=reply.reset)
            await _gone(receive)
        elif reply.wire == "truncate":
            await _send_part(send, reply.answer, scope)
            await _gone(receive)
        else:
            await _send(send, reply.answer)

    return application


def _request(scope: Scope, body: bytes) -> Request:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return Request(
        method=scope["method"].upper(),
        raw_path=scope["raw_path"].decode("latin-1"),
        raw_query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
    )


def _plain_error(fault: ApiFault) -> Answer:
    text = encode(error_body(fault.code, fault.message)).encode()
    return Answer(fault.status, text, JSON_TYPE, (), fault.code)
