"""An eAccounting in this process, as far as orders go: its unknowns as switches, its people, and a tally.

It is for schedules by the ten thousand. The sandbox is the one that is true to the API, and has the same
switches. What it counts is what was made here, whether or not anybody was told.
"""

from __future__ import annotations

import copy
import functools
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal, final
from urllib.parse import parse_qs, urlsplit

from attrs import define, field, frozen

from visma_busy_sync._core.world import Clock
from visma_busy_sync.eaccounting.http import Request, Response

Row = dict[str, Any]

DRAFT: Final = 1
ONGOING: Final = 2

LATEST_SECONDS: Final = 300.0

_EMPTY: Final = Response(204, {}, b"")


@frozen(kw_only=True)
class Ways:
    """How this eAccounting behaves where the documentation is silent.

    Attributes:
        drafts_listed: Whether the list shows drafts.
        filters: What `$filter` and `$orderby` do.
        amounts: What becomes of the amounts that are not sent.
        told: Whether the answer of a POST has the order.
        missing: How an id that leads nowhere is answered: with 3000, or with a 404 that has no body.
        appears_after: How many requests for the list go by before it shows an order, if they come within
            minutes: a server that lags for longer than the settle time is one that nobody can be sure with.
        appears_seconds: How many seconds go by before.
        late_by_id: Whether until then the order is not found by its id either.
        new_id: Whether a draft that becomes an order has a new id.
        refuses: How many POSTs are refused for what is in them.
    """

    drafts_listed: bool = True
    filters: Literal["work", "refused", "ignored"] = "work"
    amounts: Literal["computed", "kept", "zero"] = "computed"
    told: bool = True
    missing: Literal["400_3000", "404", "unclear"] = "400_3000"
    appears_after: int = 0
    appears_seconds: float = 0
    late_by_id: bool = False
    new_id: bool = False
    refuses: int = 0

    @property
    def is_late(self) -> bool:
        """Whether an order may be there that is not shown yet."""
        return bool(self.appears_after or self.appears_seconds)


@final
@define(eq=False)
class Made:
    """One order that was made by a POST.

    Attributes:
        marker: The marker it was sent with.
        entries: The hours on it, as they were sent.
        quantity: How many it bills, as they were sent.
        row: What is there now; None once it was deleted.
        at: When it was made.
        lists: How many lists were asked for before.
        edited: Whether a person changed its rows.
    """

    marker: str
    entries: tuple[str, ...]
    quantity: float
    row: Row | None
    at: float
    lists: int
    edited: bool = False

    @property
    def stem(self) -> str:
        """The marker without its revision."""
        return self.marker.rpartition(".")[0]


@final
@define(eq=False)
class SmallOrders:
    """Visma's server of orders.

    Attributes:
        clock: The time, which is the same for both sides.
        ways: How it behaves.
        made: Every order that was ever made by a POST, in order.
        awaits: Whether somebody waits for the answer to a POST, by the marker.
        wrong: What must never be: orders that were made while one like it was there, or by a process that had
            been given up.
    """

    clock: Clock
    ways: Ways = field(factory=Ways)
    made: list[Made] = field(factory=list[Made])
    awaits: Callable[[str], bool] = lambda _: True
    wrong: list[str] = field(factory=list[str])
    _lists: int = 0
    _refused: int = 0
    _ids: int = 0

    # What is there

    def live(self) -> list[Made]:
        """The orders that are there, whether or not the list shows them."""
        return [each for each in self.made if each.row is not None]

    def of(self, marker: str) -> list[Made]:
        """The orders that are there of one order of Busy, in any revision."""
        stem = marker.rpartition(".")[0]
        return [each for each in self.live() if each.stem == stem]

    def kept(self) -> object:
        """All of it but the time, to be brought back."""
        return copy.deepcopy(self.made), self._lists, self._refused, self._ids

    def bring_back(self, kept: Any) -> None:
        """Bring all back to what it was."""
        self.made, self._lists, self._refused, self._ids = copy.deepcopy(kept)

    # What people do there

    def convert(self, made: Made) -> None:
        """Make an order of a draft."""
        assert made.row is not None
        if made.row["Status"] == DRAFT:
            made.row |= {"Status": ONGOING, "Number": 1000 + len(self.made), "ModifiedUtc": self._now()}
            if self.ways.new_id:
                made.row["Id"] = self._id()

    def edit(self, made: Made) -> None:
        """Change the text of a row; the references stay."""
        assert made.row is not None
        rows = [{**row, "Text": "Endret"} for row in made.row["Rows"]]
        made.row |= {"Rows": rows, "ModifiedUtc": self._now()}
        made.edited = True

    def delete(self, made: Made) -> None:
        """Delete an order, whatever its status."""
        made.row = None

    # What the server answers

    def send(self, request: Request) -> Response:
        """Answer a request, with its effect, in one go."""
        parts = urlsplit(request.url)
        id = parts.path.partition("/v2/orders")[2].removeprefix("/")
        if request.method == "POST":
            return self._post(json.loads(request.body or b""))
        if not id:
            return self._list({name: each[0] for name, each in parse_qs(parts.query).items()})
        found = next((each for each in self.live() if each.row and each.row["Id"] == id), None)
        if found is None or (self.ways.late_by_id and not self._shown(found)):
            if self.ways.missing == "unclear":
                return Response(404, {}, b"")
            return refusal(404 if self.ways.missing == "404" else 400, 3000)
        if request.method == "DELETE":
            found.row = None
            return _EMPTY
        return _json(found.row)

    def _post(self, sent: Row) -> Response:
        if self._refused < self.ways.refuses:
            self._refused += 1
            return refusal(400, 3001)
        marker = sent["OurReference"].rpartition(" ")[2]
        entries = tuple(id for row in sent["Rows"] for id in row["Text"].split())
        if not self.awaits(marker):
            self.wrong.append(f"{marker} was sent by a process that had been given up")
        there = self.of(marker)
        if there:
            self.wrong.append(f"{marker} was made though {there[0].marker} is there")
        billed = {id for each in self.live() for id in each.entries}
        if billed & set(entries):
            self.wrong.append(f"{marker} bills {sorted(billed & set(entries))} once more")
        row = {
            **sent,
            "Id": self._id(),
            "Status": DRAFT,
            "CreatedUtc": self._now(),
            "ModifiedUtc": self._now(),
            "Amount": self._amount(sent),
        }
        quantity = sum(row["Quantity"] for row in sent["Rows"])
        self.made.append(Made(marker, entries, quantity, row, self.clock.monotonic(), self._lists))
        return _json(row, 201) if self.ways.told else Response(201, {}, b"")

    def _amount(self, sent: Row) -> Any:
        if self.ways.amounts == "computed":
            return sum(row["Quantity"] * row["UnitPrice"] for row in sent["Rows"])
        return sent.get("Amount", 0) if self.ways.amounts == "kept" else 0

    def _list(self, query: Mapping[str, str]) -> Response:
        self._lists += 1
        ways = self.ways
        if ways.filters == "refused" and ("$filter" in query or "$orderby" in query):
            return refusal(400, 6000)
        rows = [each.row for each in self.live() if each.row is not None and self._shown(each)]
        if not ways.drafts_listed:
            rows = [row for row in rows if row["Status"] != DRAFT]
        if ways.filters == "work":
            rows = [row for row in rows if all(fits(row) for fits in _terms(query.get("$filter", "")))]
            name, _, direction = query.get("$orderby", "Id").partition(" ")
            rows.sort(key=lambda row: str(row[name]), reverse=direction == "desc")
        page = int(query["$page"])
        meta = {
            "CurrentPage": page,
            "PageSize": int(query["$pagesize"]),
            "TotalNumberOfPages": 1,
            "TotalNumberOfResults": len(rows),
            "ServerTimeUtc": self._now(),
        }
        return _json({"Meta": meta, "Data": rows if page == 1 else []})

    def _shown(self, made: Made) -> bool:
        waited = self.clock.monotonic() - made.at
        if self.ways.appears_after and self._lists - made.lists <= self.ways.appears_after:
            return waited >= LATEST_SECONDS
        return waited >= self.ways.appears_seconds

    def _id(self) -> str:
        self._ids += 1
        return str(uuid.UUID(int=self._ids))

    def _now(self) -> str:
        return self.clock.now().isoformat().replace("+00:00", "Z")


def _terms(where: str) -> Iterator[Callable[[Row], bool]]:
    """Yield what a filter tests; the client asks for stamps only, joined by `and`."""
    for part in filter(None, where.split(" and ")):
        name, how, text = part.strip("()").split()
        if text == "null":
            yield functools.partial(_is_null, name)
        else:
            assert how == "ge"
            yield functools.partial(_is_since, name, datetime.fromisoformat(text))


def _is_null(name: str, row: Row) -> bool:
    return row[name] is None


def _is_since(name: str, moment: datetime, row: Row) -> bool:
    return datetime.fromisoformat(row[name]) >= moment


def refusal(status: int, code: int) -> Response:
    """Return an answer with the API's error object."""
    return _json({"ErrorCode": code, "ErrorId": "e", "DeveloperErrorMessage": "no"}, status)


def _json(value: object, status: int = 200) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(value).encode())
