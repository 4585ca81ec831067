"""The endpoints under /v2: who may call them and what they do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from visma_busy_sync.sandbox.company import Record
from visma_busy_sync.sandbox.errors import (
    BAD_DATE,
    BAD_QUERY,
    MISSING_SCOPE,
    NOT_AUTHORISED,
    NOT_FOUND,
    ApiFault,
)
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.listing import page_of
from visma_busy_sync.sandbox.orders import OrderDesk
from visma_busy_sync.sandbox.records import RecordDesk
from visma_busy_sync.sandbox.schema import RESOURCES, SETTINGS_READ, Resource
from visma_busy_sync.sandbox.state import State
from visma_busy_sync.sandbox.validation import is_guid
from visma_busy_sync.sandbox.web import JsonAnswer, header, query, read_object

WRITABLE: Final = ("projects", "customers", "articles")
# PUT /projects documents 201, the others 200 (API description).
_PUT_STATUS: Final = {"projects": 201}
_OPTIONS: Final = frozenset({"$page", "$pagesize", "$filter", "$orderby", "$select"})


def list_options(request: Request) -> Mapping[str, str]:
    """Read the list options of a query; other parameters are ignored, as the real service seems to do."""
    options: dict[str, str] = {}
    for name, value in query(request).multi_items():
        option = name.lower()
        if option in options:
            raise ApiFault(400, BAD_QUERY, f"{option} was sent twice")
        if option in _OPTIONS:
            options[option] = value
    return options


@dataclass(frozen=True, slots=True)
class Api:
    """Answers the endpoints under /v2. Every method checks the token before anything else."""

    state: State

    def allow(self, request: Request, scopes: frozenset[str]) -> None:
        """Refuse a request without a valid token (401) or without one of the scopes and ``ea:api`` (403)."""
        scheme, _, token = (header(request, "authorization") or "").partition(" ")
        granted = self.state.tokens.scopes_of(token.strip()) if scheme.lower() == "bearer" else None
        if granted is None:
            raise ApiFault(401, NOT_AUTHORISED, "The access token is missing, unknown or expired")
        if "ea:api" not in granted or not granted & scopes:
            needed = " or ".join(sorted(scopes))
            raise ApiFault(403, MISSING_SCOPE, f"The token lacks a scope: ea:api and {needed} are needed")

    def answer(self, value: Json, status: int = 200) -> JsonAnswer:
        """Write an answer with the member names of the profile."""
        return JsonAnswer(value, status, rename=self.state.profile.rename)

    def settings(self, request: Request) -> Response:
        """GET /companysettings: a bare object."""
        self.allow(request, SETTINGS_READ)
        return self.answer(self.state.company.settings)

    def listed(self, request: Request, *, path: str) -> Response:
        """GET a list."""
        resource = RESOURCES[path]
        self.allow(request, resource.read)
        page = page_of(
            self.state.company.rows(path),
            resource,
            list_options(request),
            profile=self.state.profile,
            server_time=self.state.clock.server_time(),
        )
        return self.answer(page)

    def one(self, request: Request, record_id: str, *, path: str) -> Response:
        """GET one record."""
        self.allow(request, RESOURCES[path].read)
        return self.answer(self._found(path, record_id))

    def create(self, request: Request, *, path: str) -> Response:
        """POST a record."""
        self.allow(request, RESOURCES[path].write)
        record = self._made(RESOURCES[path], read_object(request))
        return self.answer(record, 201) if self.state.profile.created_body else Response(status_code=201)

    def _made(self, resource: Resource, body: Mapping[str, Json]) -> Record:
        company, clock = self.state.company, self.state.clock
        if resource.path == "orders":
            return OrderDesk(company, self.state.profile, clock).create(body)
        return RecordDesk(company, clock).create(resource.path, body)

    def replace(self, request: Request, record_id: str, *, path: str) -> Response:
        """PUT a record."""
        self.allow(request, RESOURCES[path].write)
        stored = self._found(path, record_id)
        body = read_object(request)
        record = RecordDesk(self.state.company, self.state.clock).replace(path, stored, body)
        return self.answer(record, _PUT_STATUS.get(path, 200))

    def delete_order(self, request: Request, record_id: str) -> Response:
        """DELETE an order."""
        self.allow(request, RESOURCES["orders"].write)
        order = self._found("orders", record_id)
        OrderDesk(self.state.company, self.state.profile, self.state.clock).delete(order)
        return Response()

    def _found(self, path: str, record_id: str) -> Record:
        record = self.state.company.find(path, record_id)
        if record is None:
            if not is_guid(record_id):
                raise ApiFault(400, BAD_DATE, f"'{record_id[:60]}' is not a GUID")
            raise ApiFault(RESOURCES[path].missing, NOT_FOUND, f"There is no such record in {path}")
        return record
