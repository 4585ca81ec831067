"""Which path and method lead where: one table of Starlette routes."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from visma_busy_sync.sandbox.api import WRITABLE, Api
from visma_busy_sync.sandbox.control import Control
from visma_busy_sync.sandbox.errors import BAD_QUERY, ApiFault
from visma_busy_sync.sandbox.identity import Identity
from visma_busy_sync.sandbox.orderlife import STEPS
from visma_busy_sync.sandbox.schema import RESOURCES
from visma_busy_sync.sandbox.state import State
from visma_busy_sync.sandbox.web import BadEncoding, decode_percent

# Takes the request and the path's parameters. Synchronous on purpose: see ``exchange``.
Handler: TypeAlias = Callable[..., Response]
_Rows: TypeAlias = Iterator[tuple[str, str, Handler]]


def bare_path(target: str) -> str:
    """Return the path of a request target, which may also be a whole URL (RFC 9112, 3.2.2)."""
    found = re.match(r"(?i)https?://[^/]*", target)
    return target if found is None else target[found.end() :]


def routed_path(path: str) -> str:
    """Check a path and bring it into the form that is matched: percent-encoded in one way, no last slash.

    It stays encoded because the server's decoded path cannot tell ``a%2Fb`` from ``a/b`` and hides bytes that
    are not UTF-8.
    """
    try:
        parts = [quote(decode_percent(part), safe="") for part in path.split("/")]
    except BadEncoding as fault:
        raise ApiFault(400, BAD_QUERY, f"The path has {fault}") from None
    if len(parts) > 2 and not parts[-1]:
        parts.pop()
    return "/".join(parts)


def routes(state: State) -> list[Route]:
    """Build the table over the server's state."""
    rows = (*_api(Api(state)), *_identity(Identity(state)), *_control(Control(state)))
    return [_route(method, path, handler) for path, method, handler in rows]


def _route(method: str, path: str, handler: Handler) -> Route:
    # A coroutine, as Starlette would run a plain function in a thread, next to others.
    async def endpoint(request: Request) -> Response:
        return handler(request, *map(unquote, request.path_params.values()))

    route = Route(path, endpoint, methods=[method])
    # Fixed parts match whatever the case, as in ASP.NET; Starlette has no switch for it.
    route.path_regex = re.compile(route.path_regex.pattern, re.IGNORECASE)
    return route


def _api(api: Api) -> _Rows:
    yield "/v2/companysettings", "GET", api.settings
    for path in RESOURCES:
        many, single = f"/v2/{path}", f"/v2/{path}/{{id}}"
        yield many, "GET", partial(api.listed, path=path)
        yield single, "GET", partial(api.one, path=path)
        if path in (*WRITABLE, "orders"):
            yield many, "POST", partial(api.create, path=path)
        if path in WRITABLE:
            yield single, "PUT", partial(api.replace, path=path)
        if path == "orders":
            yield single, "DELETE", api.delete_order


def _identity(identity: Identity) -> _Rows:
    yield "/connect/authorize", "GET", identity.authorize
    yield "/connect/authorize", "POST", identity.authorize
    yield "/connect/token", "POST", identity.token
    yield "/connect/revocation", "POST", identity.revocation
    yield "/.well-known/openid-configuration", "GET", identity.metadata
    yield "/.well-known/oauth-authorization-server", "GET", identity.metadata


def _control(control: Control) -> _Rows:
    yield "/sandbox/journal", "GET", control.journal
    yield "/sandbox/journal", "DELETE", control.clear_journal
    yield "/sandbox/reset", "POST", control.reset
    yield "/sandbox/faults", "GET", control.faults
    yield "/sandbox/faults", "POST", control.arm
    yield "/sandbox/faults", "DELETE", control.disarm
    yield "/sandbox/drift", "GET", control.drift
    yield "/sandbox/drift", "POST", control.arm_drift
    yield "/sandbox/drift", "DELETE", control.disarm_drift
    yield "/sandbox/profile", "GET", control.profile
    yield "/sandbox/profile", "PATCH", control.set_profile
    yield "/sandbox/clock", "POST", control.clock
    yield "/sandbox/password-change", "POST", control.password_change
    yield "/sandbox/tokens", "GET", control.tokens
    yield "/sandbox/rates", "GET", control.rates
    yield "/sandbox/rates", "DELETE", control.clear_rates
    yield "/sandbox/companies", "GET", control.companies
    yield "/sandbox/companies", "POST", control.add_company
    yield "/sandbox/orders/history", "GET", control.order_history
    for action, step in STEPS.items():
        yield f"/sandbox/orders/{{id}}/{action}", "POST", partial(control.take_order_on, step=step)
    yield "/sandbox/records/{resource}", "GET", control.records
    yield "/sandbox/records/{resource}", "PUT", control.put_settings
    yield "/sandbox/records/{resource}", "PATCH", control.put_settings
    yield "/sandbox/records/{resource}/{id}", "GET", control.record
    yield "/sandbox/records/{resource}/{id}", "PUT", control.put_record
    yield "/sandbox/records/{resource}/{id}", "PATCH", control.put_record
    yield "/sandbox/records/{resource}/{id}", "DELETE", control.delete_record
