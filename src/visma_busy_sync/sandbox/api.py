"""The endpoints under /v2: who may call them and what they do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from visma_busy_sync.sandbox.access import check_refusal
from visma_busy_sync.sandbox.company import Company, Record
from visma_busy_sync.sandbox.errors import (
    BAD_DATE,
    BAD_QUERY,
    MISSING_SCOPE,
    NOT_AUTHORISED,
    NOT_FOUND,
    TOO_MANY,
    ApiFault,
)
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.listing import read_listing
from visma_busy_sync.sandbox.orders import OrderDesk
from visma_busy_sync.sandbox.records import RecordDesk
from visma_busy_sync.sandbox.schema import RESOURCES, SETTINGS_READ
from visma_busy_sync.sandbox.shown import shown
from visma_busy_sync.sandbox.state import State
from visma_busy_sync.sandbox.validation import is_guid
from visma_busy_sync.sandbox.web import JsonAnswer, header, query, read_object

WRITABLE: Final = ("projects", "customers", "articles")
# PUT /projects documents 201, the others 200 (API description).
_PUT_STATUS: Final = {"projects": 201}
COMPANY_IDS: Final = ("CompanyIdentifier", "CorporateIdentityNumber")
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

    def allow(self, request: Request, scopes: frozenset[str]) -> Company:
        """Return the company that the token opens.

        Refuses a request without a valid token (401) or without one of the scopes and ``ea:api`` (403).
        """
        scheme, _, text = (header(request, "authorization") or "").partition(" ")
        token = self.state.tokens.opened(text.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            raise ApiFault(401, NOT_AUTHORISED, "The access token is missing, unknown or expired")
        request.state.company = token.login.company
        self._count(request)
        if "ea:api" not in token.scopes or not token.scopes & scopes:
            needed = " or ".join(sorted(scopes))
            raise ApiFault(403, MISSING_SCOPE, f"The token lacks a scope: ea:api and {needed} are needed")
        check_refusal(self.state.profile.refusal, request.method)
        return self.state.companies[token.login.company]

    def _count(self, request: Request) -> None:
        """Count a call of a known client, and refuse it when there were too many."""
        profile, template = self.state.profile, request.state.template
        limit, window = profile.rate_limit, profile.rate_window
        now = request.state.received
        seconds = self.state.rates.wait(request.method, template, now, limit=limit, window=window)
        if seconds:
            message = (
                f"You have reached the maximum of {limit} requests, please try again in {seconds} seconds"
            )
            headers = _retry_after(profile.retry_after, seconds)
            raise ApiFault(429, TOO_MANY, message, headers=headers)

    def answer(self, value: Json, status: int = 200) -> JsonAnswer:
        """Write an answer with the member names of the profile."""
        return JsonAnswer(value, status, rename=self.state.profile.rename)

    def _show(self, path: str, record: Record, status: int = 200) -> JsonAnswer:
        return self.answer(shown(path, record, self.state.profile), status)

    def settings(self, request: Request) -> Response:
        """GET /companysettings: a bare object."""
        settings = self.allow(request, SETTINGS_READ).settings
        if not self.state.profile.company_ids:
            settings = {**settings, **dict.fromkeys(COMPANY_IDS)}
        return self.answer(settings)

    def listed(self, request: Request, *, path: str) -> Response:
        """GET a list."""
        resource = RESOURCES[path]
        company = self.allow(request, resource.read)
        listing = read_listing(list_options(request), resource, self.state.profile)
        request.state.drift = self.state.drift.happen(request.state.company, company, path, self.state.clock)
        page = listing.answer(
            self._seen(company, path),
            turn=self.state.journal.sequence,
            server_time=self.state.clock.server_time(),
        )
        return self.answer(page)

    def _seen(self, company: Company, path: str) -> list[Record]:
        """Return the records that a list can show by now."""
        rows = company.rows(path)
        if path != "orders":
            return rows
        return company.history.listed(rows, self.state.profile, self.state.clock.now())

    def one(self, request: Request, record_id: str, *, path: str) -> Response:
        """GET one record."""
        company = self.allow(request, RESOURCES[path].read)
        return self._show(path, self._found(company, path, record_id))

    def create(self, request: Request, *, path: str) -> Response:
        """POST a record."""
        company = self.allow(request, RESOURCES[path].write)
        record = self._made(company, path, read_object(request))
        return self._show(path, record, 201) if self.state.profile.created_body else Response(status_code=201)

    def _made(self, company: Company, path: str, body: Mapping[str, Json]) -> Record:
        if path == "orders":
            order = self._orders(company).create(body)
            company.history.note("created", "api", order, self.state.clock.now())
            return order
        return RecordDesk(company, self.state.clock).create(path, body)

    def _orders(self, company: Company) -> OrderDesk:
        return OrderDesk(company, self.state.profile, self.state.clock)

    def replace(self, request: Request, record_id: str, *, path: str) -> Response:
        """PUT a record."""
        company = self.allow(request, RESOURCES[path].write)
        stored = self._found(company, path, record_id)
        body = read_object(request)
        record = RecordDesk(company, self.state.clock).replace(path, stored, body)
        return self._show(path, record, _PUT_STATUS.get(path, 200))

    def delete_order(self, request: Request, record_id: str) -> Response:
        """DELETE an order."""
        company = self.allow(request, RESOURCES["orders"].write)
        order = self._found(company, "orders", record_id)
        self._orders(company).delete(order)
        company.history.note("deleted", "api", order, self.state.clock.now())
        return Response()

    def _found(self, company: Company, path: str, record_id: str) -> Record:
        record = company.find(path, record_id)
        if record is not None and not self._hidden(company, path, record):
            return record
        if not is_guid(record_id):
            raise ApiFault(400, BAD_DATE, f"'{record_id[:60]}' is not a GUID")
        answers_404 = path == "orders" and self.state.profile.missing_order == "404"
        status = 404 if answers_404 else RESOURCES[path].missing
        raise ApiFault(status, NOT_FOUND, f"There is no such record in {path}")

    def _hidden(self, company: Company, path: str, record: Record) -> bool:
        profile = self.state.profile
        if path != "orders" or not profile.late_by_id:
            return False
        return company.history.is_late(record, profile, self.state.clock.now())


def _retry_after(form: str, seconds: int) -> Mapping[str, str]:
    """Write ``Retry-After``; a date is by the system's clock, as the ``Date`` header is."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    values = {"seconds": str(seconds), "date": date, "nonsense": "in a while"}
    return {"retry-after": values[form]} if form in values else {}
