"""The control endpoints under /sandbox: what tests use to look at the sandbox and to steer it.

========================================= ==========================================================
GET, DELETE /sandbox/journal              the requests so far (``?after=SEQUENCE``); forget them
POST /sandbox/reset                       everything back to the start
GET, POST, DELETE /sandbox/faults         armed faults; arm one (see ``faults.Fault``); disarm all
GET, POST, DELETE /sandbox/drift          armed drifts; arm one (see ``drift.Drift``); disarm all
GET, PATCH /sandbox/profile               the switches (see ``profile.Profile``); set some
GET /sandbox/tokens                       how often tokens were asked for, and how many logins live
GET, DELETE /sandbox/rates                calls and peaks by endpoint; count anew
GET, POST /sandbox/companies              the companies; add one (see ``companies.read_company``)
POST /sandbox/clock                       ``{"advance_seconds": 3600}``
POST /sandbox/password-change             all tokens issued by login die
GET /sandbox/records/{resource}           all records, unpaged
GET, PUT, PATCH, DELETE …/{resource}/{id} one record: read, put as given, change members, delete
GET, PUT, PATCH …/companysettings         the same for the settings
POST /sandbox/orders/{id}/{step}          convert a draft, ship an order, invoice it, as a person does
GET /sandbox/orders/history               what became of all orders, those that are gone too
========================================= ==========================================================

A change to a record is not validated. It bumps the change stamp unless the body sets that member itself or
the query says ``keep_stamp=true``. Records, drifts and orders are those of the first company;
``?company=ID`` names another.
"""

from dataclasses import dataclass
from decimal import Decimal

from starlette.requests import Request

from visma_busy_sync.sandbox.companies import IDENTIFIER, read_company
from visma_busy_sync.sandbox.company import Company, Record
from visma_busy_sync.sandbox.drift import read_drift
from visma_busy_sync.sandbox.edits import Edit, found, known
from visma_busy_sync.sandbox.errors import BAD_BODY, BAD_QUERY, NOT_FOUND, ApiFault
from visma_busy_sync.sandbox.faults import read_fault
from visma_busy_sync.sandbox.orderlife import Step, take
from visma_busy_sync.sandbox.profile import changed
from visma_busy_sync.sandbox.state import FIRST, State
from visma_busy_sync.sandbox.web import JsonAnswer, query, read_object

SETTINGS = "companysettings"
CLOCK_MOST_SECONDS = 10 * 366 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Control:
    """Answers the endpoints under /sandbox."""

    state: State

    def journal(self, request: Request) -> JsonAnswer:
        """Show the journal."""
        after = query(request).get("after", "0")
        if not after.isascii() or not after.isdigit() or len(after) > 18:
            raise ApiFault(400, BAD_QUERY, "after must be the sequence of an entry")
        entries = [entry.as_json() for entry in self.state.journal.entries if entry.sequence > int(after)]
        return JsonAnswer({"entries": entries})

    def clear_journal(self, _request: Request) -> JsonAnswer:
        """Forget the journal."""
        self.state.journal.clear()
        return JsonAnswer({"entries": []})

    def reset(self, _request: Request) -> JsonAnswer:
        """Go back to the start."""
        self.state.reset()
        return JsonAnswer({"reset": True})

    def faults(self, _request: Request) -> JsonAnswer:
        """Show the armed faults."""
        return JsonAnswer({"faults": [fault.as_json() for fault in self.state.faults.armed]})

    def arm(self, request: Request) -> JsonAnswer:
        """Arm a fault."""
        try:
            fault = read_fault(read_object(request))
        except ValueError as problem:
            raise ApiFault(400, BAD_BODY, str(problem)) from None
        self.state.faults.armed.append(fault)
        return JsonAnswer(fault.as_json(), 201)

    def disarm(self, request: Request) -> JsonAnswer:
        """Disarm all faults."""
        self.state.faults.armed.clear()
        return self.faults(request)

    def drift(self, request: Request) -> JsonAnswer:
        """Show the armed drifts of a company."""
        key, _ = self._company(request)
        return JsonAnswer({"drift": [drift.as_json() for drift in self.state.drift.of(key)]})

    def arm_drift(self, request: Request) -> JsonAnswer:
        """Arm a drift."""
        key, company = self._company(request)
        try:
            drift = read_drift(read_object(request), key)
        except ValueError as problem:
            raise ApiFault(400, BAD_BODY, str(problem)) from None
        self.state.drift.arm(drift, company)
        return JsonAnswer(drift.as_json(), 201)

    def disarm_drift(self, request: Request) -> JsonAnswer:
        """Disarm all drifts of a company."""
        key, _ = self._company(request)
        self.state.drift.disarm(key)
        return self.drift(request)

    def profile(self, _request: Request) -> JsonAnswer:
        """Show the profile."""
        return JsonAnswer(self.state.profile.as_json())

    def set_profile(self, request: Request) -> JsonAnswer:
        """Set switches of the profile."""
        try:
            self.state.profile = changed(self.state.profile, read_object(request))
        except ValueError as problem:
            raise ApiFault(400, BAD_BODY, str(problem)) from None
        return self.profile(request)

    def clock(self, request: Request) -> JsonAnswer:
        """Move the clock forward."""
        seconds = read_object(request).get("advance_seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, Decimal)):
            raise ApiFault(400, BAD_BODY, "advance_seconds must be a number")
        if not 0 <= seconds <= CLOCK_MOST_SECONDS:
            raise ApiFault(400, BAD_BODY, f"advance_seconds must be from 0 to {CLOCK_MOST_SECONDS}")
        self.state.clock.advance(float(seconds))
        return JsonAnswer({"now": self.state.clock.server_time()})

    def password_change(self, _request: Request) -> JsonAnswer:
        """End all logins, as a changed password does."""
        self.state.tokens.end_all_logins()
        return JsonAnswer({"password_changed": True})

    def tokens(self, _request: Request) -> JsonAnswer:
        """Count what the token endpoint did, and the logins that live; no token is shown."""
        return JsonAnswer(self.state.tokens.summary())

    def rates(self, _request: Request) -> JsonAnswer:
        """Show how often each endpoint was called, and the most calls within one window."""
        return JsonAnswer(
            {
                "window_seconds": self.state.profile.rate_window,
                "endpoints": self.state.rates.as_json(self.state.tokens.client_id),
            }
        )

    def clear_rates(self, request: Request) -> JsonAnswer:
        """Count anew."""
        self.state.rates.endpoints.clear()
        return self.rates(request)

    def companies(self, _request: Request) -> JsonAnswer:
        """Show the companies one can log in to."""
        return JsonAnswer(
            {
                "companies": [
                    {
                        "id": key,
                        "name": name,
                        "identifier": self.state.companies[key].settings.get(IDENTIFIER),
                    }
                    for key, name in self.state.names().items()
                ]
            }
        )

    def add_company(self, request: Request) -> JsonAnswer:
        """Add a company, or replace one that was added."""
        try:
            key, company = read_company(read_object(request), self.state.companies)
        except ValueError as problem:
            raise ApiFault(400, BAD_BODY, str(problem)) from None
        self.state.companies[key] = company
        return JsonAnswer(company.settings, 201)

    def _company(self, request: Request) -> tuple[str, Company]:
        """Return the company that the query names, with its id."""
        key = query(request).get("company", FIRST)
        if key not in self.state.companies:
            raise ApiFault(404, NOT_FOUND, f"There is no company '{key[:60]}'")
        return key, self.state.companies[key]

    def records(self, request: Request, resource: str) -> JsonAnswer:
        """Show all records of a resource, or the settings."""
        _, company = self._company(request)
        return JsonAnswer(company.settings if resource == SETTINGS else company.rows(known(resource)))

    def put_settings(self, request: Request, resource: str) -> JsonAnswer:
        """Replace the settings, or change some of their members."""
        if resource != SETTINGS:
            raise ApiFault(404, NOT_FOUND, f"Only {SETTINGS} is changed without an id")
        (_, company), body = self._company(request), read_object(request)
        old: Record = company.settings if request.method == "PATCH" else {}
        company.settings = {**old, **body}
        return JsonAnswer(company.settings)

    def record(self, request: Request, resource: str, record_id: str) -> JsonAnswer:
        """Show one record."""
        _, company = self._company(request)
        return JsonAnswer(found(company, resource, record_id))

    def put_record(self, request: Request, resource: str, record_id: str) -> JsonAnswer:
        """Put a record as given (PUT), or change some members of one that is there (PATCH)."""
        _, company = self._company(request)
        edit = Edit(
            "patch" if request.method == "PATCH" else "put",
            resource,
            record_id,
            read_object(request),
            keep_stamp=query(request).get("keep_stamp") == "true",
        )
        return JsonAnswer(edit.make(company, self.state.clock))

    def delete_record(self, request: Request, resource: str, record_id: str) -> JsonAnswer:
        """Delete a record, whatever points to it."""
        _, company = self._company(request)
        Edit("delete", resource, record_id).make(company, self.state.clock)
        return JsonAnswer({"deleted": True})

    def take_order_on(self, request: Request, order_id: str, *, step: Step) -> JsonAnswer:
        """Convert, ship or invoice an order."""
        _, company = self._company(request)
        return JsonAnswer(take(step, company, order_id, self.state.profile, self.state.clock))

    def order_history(self, request: Request) -> JsonAnswer:
        """Show what became of a company's orders."""
        _, company = self._company(request)
        return JsonAnswer({"entries": [entry.as_json() for entry in company.history.entries]})
