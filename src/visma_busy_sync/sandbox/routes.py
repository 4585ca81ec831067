"""Which path and method lead where: one table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from visma_busy_sync.sandbox.api import WRITABLE, Api
from visma_busy_sync.sandbox.control import Control
from visma_busy_sync.sandbox.identity import Identity
from visma_busy_sync.sandbox.schema import RESOURCES
from visma_busy_sync.sandbox.state import State
from visma_busy_sync.sandbox.web import Answer

Handler: TypeAlias = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """A path template with its handlers by method; ``{…}`` stands for one segment."""

    template: str
    handlers: Mapping[str, Handler]

    @property
    def methods(self) -> str:
        """Return the value of ``Allow``."""
        names = set(self.handlers) | {"OPTIONS"}
        return ", ".join(sorted(names | ({"HEAD"} if "GET" in names else set())))


@dataclass(frozen=True, slots=True)
class RouteTable:
    """Finds the route of a path."""

    routes: tuple[Route, ...]

    def find(self, segments: list[str]) -> tuple[Route, list[str]] | None:
        """Match decoded segments; fixed parts match whatever the case, as in ASP.NET."""
        for route in self.routes:
            parts = route.template[1:].split("/")
            if len(parts) != len(segments):
                continue
            values = [have for part, have in zip(parts, segments, strict=True) if part.startswith("{")]
            fixed = all(
                part.startswith("{") or part == have.lower()
                for part, have in zip(parts, segments, strict=True)
            )
            if fixed and all(values):
                return route, values
        return None


def route_table(state: State) -> RouteTable:
    """Build the table over the server's state."""
    return RouteTable((*_api(Api(state)), *_identity(Identity(state)), *_control(Control(state))))


def _api(api: Api) -> list[Route]:
    routes = [Route("/v2/companysettings", {"GET": api.settings})]
    for path in RESOURCES:
        many: dict[str, Handler] = {"GET": partial(_with_path, api.listed, path)}
        single: dict[str, Handler] = {"GET": partial(_with_path, api.one, path)}
        if path in (*WRITABLE, "orders"):
            many["POST"] = partial(_with_path, api.create, path)
        if path in WRITABLE:
            single["PUT"] = partial(_with_path, api.replace, path)
        if path == "orders":
            single["DELETE"] = api.delete_order
        routes += [Route(f"/v2/{path}", many), Route(f"/v2/{path}/{{id}}", single)]
    return routes


def _with_path(handler: Handler, path: str, request: object, *values: str) -> Answer:
    return handler(request, path, *values)


def _identity(identity: Identity) -> list[Route]:
    return [
        Route("/connect/authorize", {"GET": identity.authorize, "POST": identity.authorize}),
        Route("/connect/token", {"POST": identity.token}),
        Route("/connect/revocation", {"POST": identity.revocation}),
        Route("/.well-known/openid-configuration", {"GET": identity.metadata}),
        Route("/.well-known/oauth-authorization-server", {"GET": identity.metadata}),
    ]


def _control(control: Control) -> list[Route]:
    record = {
        "GET": control.record,
        "PUT": control.put_record,
        "PATCH": control.put_record,
        "DELETE": control.delete_record,
    }
    settings = {"GET": control.records, "PUT": control.put_settings, "PATCH": control.put_settings}
    return [
        Route("/sandbox/journal", {"GET": control.journal, "DELETE": control.clear_journal}),
        Route("/sandbox/reset", {"POST": control.reset}),
        Route("/sandbox/faults", {"GET": control.faults, "POST": control.arm, "DELETE": control.disarm}),
        Route("/sandbox/profile", {"GET": control.profile, "PATCH": control.set_profile}),
        Route("/sandbox/clock", {"POST": control.clock}),
        Route("/sandbox/password-change", {"POST": control.password_change}),
        Route("/sandbox/records/{resource}", settings),
        Route("/sandbox/records/{resource}/{id}", record),
    ]
