"""The control endpoints under /sandbox: what tests use to look at the sandbox and to steer it.

========================================= ==========================================================
GET, DELETE /sandbox/journal              the requests so far (``?after=SEQUENCE``); forget them
POST /sandbox/reset                       everything back to the start
GET, POST, DELETE /sandbox/faults         armed faults; arm one (see ``faults.Fault``); disarm all
GET, PATCH /sandbox/profile               the switches (see ``profile.Profile``); set some
POST /sandbox/clock                       ``{"advance_seconds": 3600}``
POST /sandbox/password-change             all tokens issued by login die
GET /sandbox/records/{resource}           all records, unpaged
GET, PUT, PATCH, DELETE …/{resource}/{id} one record: read, put as given, change members, delete
GET, PUT, PATCH …/companysettings         the same for the settings
========================================= ==========================================================

A change made here is not validated. It bumps the change stamp unless the body sets that member itself or the
query says ``keep_stamp=true``.
"""

from dataclasses import dataclass
from decimal import Decimal

from visma_busy_sync.sandbox.company import Record, stamped
from visma_busy_sync.sandbox.errors import BAD_BODY, BAD_QUERY, NOT_FOUND, ApiFault
from visma_busy_sync.sandbox.faults import read_fault
from visma_busy_sync.sandbox.profile import changed
from visma_busy_sync.sandbox.schema import RESOURCES
from visma_busy_sync.sandbox.state import State
from visma_busy_sync.sandbox.validation import read_object
from visma_busy_sync.sandbox.web import Answer, BadEncoding, Request, json_answer, pairs

SETTINGS = "companysettings"
CLOCK_MOST_SECONDS = 10 * 366 * 24 * 3600


def _query(request: Request) -> dict[str, str]:
    try:
        return dict(pairs(request.raw_query))
    except BadEncoding as fault:
        raise ApiFault(400, BAD_QUERY, f"The query has {fault}") from None


@dataclass(frozen=True, slots=True)
class Control:
    """Answers the endpoints under /sandbox."""

    state: State

    def journal(self, request: Request) -> Answer:
        """Show the journal."""
        after = _query(request).get("after", "0")
        if not after.isascii() or not after.isdigit() or len(after) > 18:
            raise ApiFault(400, BAD_QUERY, "after must be the sequence of an entry")
        entries = [entry.as_json() for entry in self.state.journal.entries if entry.sequence > int(after)]
        return json_answer(200, {"entries": entries})

    def clear_journal(self, _request: Request) -> Answer:
        """Forget the journal."""
        self.state.journal.clear()
        return json_answer(200, {"entries": []})

    def reset(self, _request: Request) -> Answer:
        """Go back to the start."""
        self.state.reset()
        return json_answer(200, {"reset": True})

    def faults(self, _request: Request) -> Answer:
        """Show the armed faults."""
        return json_answer(200, {"faults": [fault.as_json() for fault in self.state.faults.armed]})

    def arm(self, request: Request) -> Answer:
        """Arm a fault."""
        try:
            fault = read_fault(read_object(request))
        except ValueError as problem:
            raise ApiFault(400, BAD_BODY, str(problem)) from None
        self.state.faults.armed.append(fault)
        return json_answer(201, fault.as_json())

    def disarm(self, request: Request) -> Answer:
        """Disarm all faults."""
        self.state.faults.armed.clear()
        return self.faults(request)

    def profile(self, _request: Request) -> Answer:
        """Show the profile."""
        names = self.state.profile.__dataclass_fields__
        return json_answer(200, {name: getattr(self.state.profile, name) for name in names})

    def set_profile(self, request: Request) -> Answer:
        """Set switches of the profile."""
        try:
            self.state.profile = changed(self.state.profile, read_object(request))
        except ValueError as problem:
            raise ApiFault(400, BAD_BODY, str(problem)) from None
        return self.profile(request)

    def clock(self, request: Request) -> Answer:
        """Move the clock forward."""
        seconds = read_object(request).get("advance_seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, Decimal)):
            raise ApiFault(400, BAD_BODY, "advance_seconds must be a number")
        if not 0 <= seconds <= CLOCK_MOST_SECONDS:
            raise ApiFault(400, BAD_BODY, f"advance_seconds must be from 0 to {CLOCK_MOST_SECONDS}")
        self.state.clock.advance(float(seconds))
        return json_answer(200, {"now": self.state.clock.server_time()})

    def password_change(self, _request: Request) -> Answer:
        """End all logins, as a changed password does."""
        self.state.tokens.end_all_logins()
        return json_answer(200, {"password_changed": True})

    def records(self, _request: Request, resource: str) -> Answer:
        """Show all records of a resource, or the settings."""
        if resource == SETTINGS:
            return json_answer(200, self.state.company.settings)
        return json_answer(200, self.state.company.rows(_known(resource)))

    def put_settings(self, request: Request, resource: str) -> Answer:
        """Replace the settings, or change some of their members."""
        if resource != SETTINGS:
            raise ApiFault(404, NOT_FOUND, f"Only {SETTINGS} is changed without an id")
        body = read_object(request)
        old: Record = self.state.company.settings if request.method == "PATCH" else {}
        self.state.company.settings = {**old, **body}
        return json_answer(200, self.state.company.settings)

    def record(self, _request: Request, resource: str, record_id: str) -> Answer:
        """Show one record."""
        return json_answer(200, self._found(resource, record_id))

    def put_record(self, request: Request, resource: str, record_id: str) -> Answer:
        """Put a record as given (PUT), or change some members of one that is there (PATCH)."""
        old: Record = self._found(resource, record_id) if request.method == "PATCH" else {}
        body = read_object(request)
        record: Record = {**old, **body, "Id": old.get("Id", record_id)}
        kind = RESOURCES[_known(resource)]
        if kind.stamp not in body and _query(request).get("keep_stamp") != "true":
            record = stamped(kind.path, record, self.state.clock)
        self.state.company.put(kind.path, record)
        return json_answer(200, record)

    def delete_record(self, _request: Request, resource: str, record_id: str) -> Answer:
        """Delete a record, whatever points to it."""
        self._found(resource, record_id)
        self.state.company.remove(resource, record_id)
        return json_answer(200, {"deleted": True})

    def _found(self, resource: str, record_id: str) -> Record:
        record = self.state.company.find(_known(resource), record_id)
        if record is None:
            raise ApiFault(404, NOT_FOUND, f"There is no such record in {resource}")
        return record


def _known(resource: str) -> str:
    if resource not in RESOURCES:
        raise ApiFault(404, NOT_FOUND, f"There is no resource '{resource[:60]}'")
    return resource
