"""A list of the sandbox, in process, whose rows come, go and change between two requests."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from attrs import define, field

from visma_busy_sync.eaccounting.http import Request, Response
from visma_busy_sync.sandbox.errors import ApiFault
from visma_busy_sync.sandbox.jsontext import encode
from visma_busy_sync.sandbox.listing import read_listing
from visma_busy_sync.sandbox.profile import Profile
from visma_busy_sync.sandbox.schema import RESOURCES, blank

from .given import answer

Row = dict[str, Any]
Change = Callable[["Listed"], None]

BEGIN: Final = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """Write a stamp as the API does, with seven digits."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z"


@define
class Listed:
    """One list, as a profile serves it; every request takes a second.

    Attributes:
        resource: Its path.
        profile: How it is served.
        changes: What happens before which request.
        ties: Whether a change may get the stamp of the one before.
    """

    resource: str
    profile: Profile
    changes: dict[int, list[Change]] = field(factory=dict)
    now: datetime = BEGIN
    rows: list[Row] = field(factory=list)
    requests: list[str] = field(factory=list)
    always: set[str] = field(factory=set)
    _made: int = 0

    def __call__(self, request: Request) -> Response:
        """Answer a request for a page."""
        self.requests.append(request.url)
        for change in self.changes.get(len(self.requests), []):
            change(self)
        shown = {row["Id"] for row in self.rows if self._can_be_listed(row)}
        self.always = shown if len(self.requests) == 1 else self.always & shown
        self.now += timedelta(seconds=1)
        resource, query = RESOURCES[self.resource], dict(parse_qsl(urlsplit(request.url).query))
        try:
            listing = read_listing(query, resource, self.profile)
            page = listing.answer(self.rows, turn=len(self.requests), server_time=stamp(self.now))
        except ApiFault as fault:
            return answer(fault.status, {"ErrorCode": fault.code, "DeveloperErrorMessage": fault.message})
        return answer(raw=encode(page).encode())

    def _can_be_listed(self, row: Row) -> bool:
        asked_for = self.profile.filters == "work" and self.profile.inactive_filtered
        if self.profile.inactive_listed or asked_for:
            return True
        return row.get("IsActive") is True or row.get("Status") == 1

    def add(self, *, active: bool = True, tie: bool = False, stamped: bool = True) -> Row:
        """Add a row; the rows stand in an order that has nothing to do with their stamps."""
        self._made += 1
        id = str(uuid.uuid5(uuid.NAMESPACE_OID, str(self._made)))
        row = blank(RESOURCES[self.resource].schema) | {"Id": id, "Number": str(self._made), "Name": id[:8]}
        if self.resource == "projects":
            row["Status"] = 1
        self.rows.append(row)
        self.rows.sort(key=lambda each: str(each["Id"]))
        self.touch(row, tie=tie)
        if not stamped:
            row[str(RESOURCES[self.resource].stamp)] = None
        self.switch(row, active=active)
        return row

    def touch(self, row: Row, *, tie: bool = False) -> None:
        """Change a row: its stamp is now."""
        if not tie:
            self.now += timedelta(milliseconds=1)
        row[str(RESOURCES[self.resource].stamp)] = stamp(self.now)

    def switch(self, row: Row, *, active: bool) -> None:
        """Take a row out of use, or into it again."""
        if self.resource == "projects":
            row["Status"] = 1 if active else 2
        else:
            row["IsActive"] = active


def drifting(seed: int, resource: str, profile: Profile, *, rows: int, changes: int) -> Listed:
    """Make a list that changes as chance has it, always the same way for a seed."""
    chance = random.Random(seed)
    listed = Listed(resource, profile)
    tied, lacking = chance.choice([0, 0, 0.3, 0.9]), chance.choice([0, 0, 0.2])
    for _ in range(chance.randint(0, rows)):
        stamped = resource != "customers" or chance.random() >= lacking
        listed.add(active=chance.random() < 0.8, tie=chance.random() < tied, stamped=stamped)
    for _ in range(chance.randint(0, changes)):
        kind, position = chance.choice(["add", "delete", "rename", "exchange", "switch"]), chance.random()
        listed.changes.setdefault(chance.randint(1, 12), []).append(_change(kind, position, tied, chance))
    return listed


def _change(kind: str, position: float, tied: float, chance: random.Random) -> Change:
    tie = chance.random() < tied

    def happen(listed: Listed) -> None:
        at = int(position * len(listed.rows))
        if kind in {"delete", "exchange"} and listed.rows:
            del listed.rows[at]
        if kind in {"add", "exchange"}:
            listed.add(tie=tie)
        if kind in {"rename", "switch"} and listed.rows:
            row = listed.rows[at]
            row["Name"] = f"{position:.8f}"
            if kind == "switch":
                listed.switch(row, active=row.get("IsActive") is False or row.get("Status") == 2)
            listed.touch(row, tie=tie)

    return happen
