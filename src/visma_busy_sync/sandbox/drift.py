"""Drift on demand: records that change while somebody reads a list page by page.

A drift counts the list requests to its resource, by tokens of its company, that get a page. Right before the
n-th is answered, its change is made, and it is gone. Requests that are refused do not count, nor those that a
fault keeps from having an effect.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast, get_args

from visma_busy_sync.sandbox.clock import Clock
from visma_busy_sync.sandbox.company import Company
from visma_busy_sync.sandbox.edits import Action, Edit, found, known
from visma_busy_sync.sandbox.given import flag, one_of, only, text, whole
from visma_busy_sync.sandbox.jsontext import Json

REQUESTS_MOST: Final = 1_000_000


@dataclass(slots=True)
class Drift:
    """One armed change.

    Attributes:
        company: the sandbox's id of the company.
        before_request: which list request it comes before, counted from now: 1 is the next.
        edit: the change.
    """

    company: str
    before_request: int
    edit: Edit

    def as_json(self) -> Mapping[str, Json]:
        """Return the drift as the control endpoint takes it."""
        shown: dict[str, Json] = {
            "resource": self.edit.resource,
            "before_request": self.before_request,
            "action": self.edit.action,
            "id": self.edit.id,
        }
        if self.edit.action != "delete":
            shown |= {"record": self.edit.record, "keep_stamp": self.edit.keep_stamp}
        return shown


@dataclass(slots=True)
class DriftTable:
    """The armed drifts, oldest first."""

    armed: list[Drift] = field(default_factory=list)

    def of(self, company: str) -> list[Drift]:
        """Return those of a company."""
        return [drift for drift in self.armed if drift.company == company]

    def arm(self, drift: Drift, company: Company) -> None:
        """Arm a drift.

        Raises:
            ApiFault: 404; there is no such resource; or no such record to patch or delete, and none that an
                armed drift will put there.
        """
        edit = drift.edit
        known(edit.resource)
        if edit.action != "put" and not any(_brings(other, drift) for other in self.armed):
            found(company, edit.resource, edit.id)
        self.armed.append(drift)

    def disarm(self, company: str) -> None:
        """Disarm those of a company."""
        self.armed = [drift for drift in self.armed if drift.company != company]

    def happen(self, key: str, company: Company, path: str, clock: Clock) -> list[str]:
        """Count a list request to ``path``, make the changes that come before its answer, and name them.

        A change to a record that is gone by now is used up, but nothing happens and nothing is named.
        """
        made: list[str] = []
        for drift in [drift for drift in self.of(key) if drift.edit.resource == path]:
            drift.before_request -= 1
            if drift.before_request == 0:
                self.armed.remove(drift)
                edit = drift.edit
                if edit.action == "put" or company.find(path, edit.id) is not None:
                    edit.make(company, clock)
                    made.append(f"{edit.action} {edit.id}")
        return made


def _brings(drift: Drift, later: Drift) -> bool:
    """Tell whether a drift puts the record that a later one needs."""
    edit, other = drift.edit, later.edit
    return (
        edit.action == "put"
        and (drift.company, edit.resource) == (later.company, other.resource)
        and edit.id.lower() == other.id.lower()
    )


def read_drift(given: Mapping[str, Json], company: str) -> Drift:
    """Read a drift as the control endpoint takes it.

    Raises:
        ValueError: a member is missing, unknown or out of range; the message names it.
    """
    action = cast("Action", one_of(given, "action", get_args(Action)))
    shared = ("resource", "before_request", "action", "id")
    if action == "delete":
        only(given, shared, "a drift that deletes")
    else:
        only(given, (*shared, "record", "keep_stamp"), "a drift")
    record = given.get("record", {} if action == "delete" else None)
    if not isinstance(record, Mapping):
        raise ValueError("record must be an object")  # noqa: TRY004 - bad input, not a programming error
    edit = Edit(
        action,
        text(given, "resource"),
        text(given, "id"),
        record,
        keep_stamp=flag(given, "keep_stamp", False),
    )
    return Drift(company, whole(given, "before_request", 1, 1, REQUESTS_MOST), edit)
