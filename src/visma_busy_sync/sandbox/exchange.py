"""From the last byte of a request to its answer in one step: body, faults, journal; middleware around all.

Once the body is there, nothing on the way to the answer suspends: handlers are synchronous, and what
Starlette awaits between here and there is ready at once. So nothing can happen between a check and its
effect, every request is atomic, and the journal holds requests in the order they took effect. Only then is
the answer sent, which may take as long as it likes.
"""

from dataclasses import dataclass
from functools import partial

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from visma_busy_sync.sandbox.errors import UNHANDLED, ApiFault
from visma_busy_sync.sandbox.faults import Fault
from visma_busy_sync.sandbox.refusals import Refusals, matching
from visma_busy_sync.sandbox.routes import bare_path, routed_path
from visma_busy_sync.sandbox.spoil import Cut, down, spoilt
from visma_busy_sync.sandbox.state import State
from visma_busy_sync.sandbox.web import body_of, receive_body


@dataclass(frozen=True, slots=True)
class Exchange:
    """ASGI middleware around routing and exception handlers."""

    app: ASGIApp
    state: State

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Receive a request, have it handled, send the answer."""
        request = Request({**scope, "method": scope["method"].upper()}, receive)
        request.state.error_code, request.state.body, request.state.company = None, b"", None
        request.state.drift = ()
        try:
            answer = await self._refused(request)
        except ClientDisconnect:
            return
        if answer is None:
            answer = await self._handled(request)
        await answer(request.scope, receive, send)

    async def _refused(self, request: Request) -> Response | None:
        """Receive the body and read the path; return an answer when that fails."""
        try:
            request.state.received = self.state.clock.now()
            request.state.body = await receive_body(request)
            request.state.received = self.state.clock.now()
            request.scope["path"] = routed_path(_path(request))
        except ApiFault as refused:
            fault = refused
        else:
            return None
        answer = await Refusals(self.state).api(request, fault)
        self._note(request, None, None, fault.status, fault.code)
        if fault.status != 400:
            answer.headers["connection"] = "close"
        return answer

    async def _handled(self, request: Request) -> Response:
        template = next((route.path for route in matching(request)), None)
        if template is not None and template.startswith("/sandbox/"):
            return await self._answered(request)
        request.state.template = template
        if self._down(_path(request)):
            answer = down(self.state.profile.downtime_form)
            self._note(request, template, "downtime", _status(answer), None)
            return answer
        fault = None if template is None else self.state.faults.take(request.method, template)
        note = partial(self._note, request, template, None if fault is None else fault.kind)
        try:
            answer = await self._with_fault(request, fault)
        except Exception:
            note(500, UNHANDLED)
            raise  # Starlette's outermost layer answers it in the API's form
        note(_status(answer), request.state.error_code)
        return answer

    def _down(self, path: str) -> bool:
        part = "api" if path.lower().startswith("/v2/") else "identity"
        return self.state.profile.downtime in (part, "both")

    async def _with_fault(self, request: Request, fault: Fault | None) -> Response:
        if fault is None:
            return await self._answered(request)
        answer = Response() if fault.when == "before" else await self._answered(request)
        if fault.kind == "status":
            request.state.error_code = fault.shown_code
        return spoilt(fault, answer)

    async def _answered(self, request: Request) -> Response:
        """Run the application, but keep its answer instead of sending it."""
        answer = Response()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status_code, answer.raw_headers = message["status"], message["headers"]
            else:
                answer.body = message["body"]  # our answers send theirs as one

        await self.app(request.scope, request.receive, keep)
        return answer

    def _note(
        self,
        request: Request,
        template: str | None,
        fault: str | None,
        status: int | None,
        error_code: int | str | None,
    ) -> None:
        path = _path(request)
        api = path.lower().startswith("/v2/")
        writes = request.method in ("POST", "PUT", "PATCH", "DELETE")
        self.state.journal.add(
            time=request.state.received.isoformat(timespec="microseconds"),
            method=request.method,
            template=template,
            path=path,
            # Under /connect the query and the form carry codes and secrets.
            query=request.scope["query_string"].decode("latin-1") if api else "",
            status=status,
            error_code=error_code,
            body=body_of(request) if api and writes else b"",
            fault=fault,
            drift=request.state.drift,
            company=request.state.company,
        )


def _status(answer: Response) -> int | None:
    return None if isinstance(answer, Cut) else answer.status_code


def _path(request: Request) -> str:
    return bare_path(request.scope["raw_path"].decode("latin-1"))
