"""How a refused request is answered: the exception handlers, in the form of the API or of OAuth."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from visma_busy_sync.sandbox.errors import BAD_QUERY, UNHANDLED, ApiFault, error_body, oauth_body
from visma_busy_sync.sandbox.identity import NO_STORE
from visma_busy_sync.sandbox.state import State
from visma_busy_sync.sandbox.tokens import OAuthFault
from visma_busy_sync.sandbox.web import JsonAnswer

_BEARER = {"www-authenticate": 'Bearer error="invalid_token"'}
_BASIC = {"www-authenticate": 'Basic realm="eAccounting sandbox", charset="UTF-8"'}

# Other bodies of a 401, by the profile's switch: media type and text. What the real service sends is unknown.
_UNAUTHORISED: Final[Mapping[str, tuple[str | None, str]]] = {
    "empty": (None, ""),
    "text": ("text/plain", "Unauthorized"),
    "html": ("text/html", "<html><body><h1>401 Unauthorized</h1></body></html>"),
    "message": ("application/json", '{"Message":"Authorization has been denied for this request."}'),
    "oauth": ("application/json", '{"error":"invalid_token","error_description":"The token expired"}'),
    "problem": ("application/problem+json", '{"title":"Unauthorized","status":401}'),
}


def matching(request: Request) -> list[Route]:
    """Return the routes of the request's path, whatever the method."""
    found: list[Route] = [r for r in request.app.routes if r.matches(request.scope)[0] is not Match.NONE]
    return found


@dataclass(frozen=True, slots=True)
class Refusals:
    """Turns exceptions into answers; coroutines, as Starlette would run plain functions in a thread."""

    state: State

    def handlers(self) -> Mapping[Any, Any]:
        """Return the handlers by exception or status, loosely typed as Starlette has it."""
        return {
            ApiFault: self.api,
            OAuthFault: self.oauth,
            404: self.nothing,
            405: self.other_method,
            Exception: self.unhandled,
        }

    async def api(
        self, request: Request, fault: ApiFault, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Refuse as the API does."""
        request.state.error_code = fault.code
        odd = _UNAUTHORISED.get(self.state.profile.unauthorised) if fault.status == 401 else None
        if odd is not None:
            media_type, body = odd
            return Response(body, 401, _BEARER, media_type)
        return JsonAnswer(
            error_body(fault.code, fault.message, fault.faults),
            fault.status,
            _BEARER if fault.status == 401 else headers or fault.headers,
            rename=self.state.profile.rename,
        )

    async def oauth(self, request: Request, fault: OAuthFault) -> Response:
        """Refuse as RFC 6749 says."""
        request.state.error_code = fault.error
        unknown = fault.error == "invalid_client"
        return JsonAnswer(
            oauth_body(fault.error, fault.description),
            401 if unknown else 400,
            NO_STORE | _BASIC if unknown else NO_STORE,
        )

    async def nothing(self, request: Request, _fault: Exception) -> Response:
        """Answer for a path that is none."""
        return await self.api(request, ApiFault(404, BAD_QUERY, "There is nothing at this path"))

    async def other_method(self, request: Request, _fault: Exception) -> Response:
        """Answer OPTIONS, or refuse the method. Starlette's own ``Allow`` names one route's methods only."""
        methods = {"OPTIONS"}.union(*(route.methods or () for route in matching(request)))
        allow = {"allow": ", ".join(sorted(methods))}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allow)
        message = f"{request.method[:20]} is not allowed here"
        if matching(request)[0].path.startswith("/connect/"):
            request.state.error_code = "invalid_request"
            return JsonAnswer(oauth_body("invalid_request", message), 405, allow)
        return await self.api(request, ApiFault(405, BAD_QUERY, message), allow)

    async def unhandled(self, request: Request, _fault: Exception) -> Response:
        """Answer for a fault of the sandbox itself; Starlette raises it again for the server's log."""
        return await self.api(request, ApiFault(500, UNHANDLED, "Unhandled error in the sandbox"))
