"""An eAccounting in this process that takes order drafts: the small one, with orders that end as one says."""

from __future__ import annotations

import enum
import json
import uuid
from collections.abc import Mapping
from typing import Any, Final, final
from urllib.parse import parse_qs, urlsplit

from attrs import define, field

from visma_busy_sync.eaccounting.http import Request, Response

from .small_visma import Row, SmallVisma, _fits, _json, _text


class Ending(enum.Enum):
    """How a POST of an order ends."""

    MADE = "made"
    REFUSED = "refused"
    """The order has a fault."""
    WAITS = "waits"
    """The company may not do that now; nothing is made."""
    LOST = "lost"
    """Nothing is made, and the answer says nothing."""
    MADE_AND_LOST = "made_and_lost"
    """The draft is made, and the answer says nothing."""


_REFUSALS: Final[Mapping[Ending, tuple[int, Row]]] = {
    Ending.REFUSED: (400, {"ErrorCode": 4024, "ErrorId": "e", "DeveloperErrorMessage": "x"}),
    Ending.WAITS: (403, {"ErrorCode": 4009, "ErrorId": "e", "DeveloperErrorMessage": "x"}),
}


@final
@define
class BillingVisma:
    """Visma's servers with orders.

    Attributes:
        small: The rest of them.
        ending: How the next POST of an order ends.
        orders: The drafts by their ids.
    """

    small: SmallVisma
    ending: Ending = Ending.MADE
    orders: dict[str, Row] = field(factory=dict[str, Row])
    _made: int = 0

    def send(self, request: Request) -> Response:
        """Answer a request."""
        parts = urlsplit(request.url)
        path, _, id = parts.path.partition("/v2/")[2].partition("/")
        if path != "orders":
            return self.small.send(request)
        if request.method == "POST":
            return self._post(json.loads(request.body or b""))
        if not id:
            return self._list({name: each[0] for name, each in parse_qs(parts.query).items()})
        if request.method == "DELETE" and self.orders.pop(id, None) is not None:
            return Response(204, {}, b"")
        row = self.orders.get(id)
        return _json(row) if row else _json({"ErrorCode": 3000, "ErrorId": "e"}, 404)

    def _post(self, new: Row) -> Response:
        if self.ending in _REFUSALS:
            status, body = _REFUSALS[self.ending]
            return _json(body, status)
        self._made += 1
        id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"order {self._made}"))
        now = _text(self.small.clock.now())
        amount = sum(round(row.get("Quantity", 0) * row.get("UnitPrice", 0), 2) for row in new["Rows"])
        made = {**new, "Id": id, "Amount": amount, "VatAmount": 0, "CreatedUtc": now, "ModifiedUtc": now}
        if self.ending is not Ending.LOST:
            self.orders[id] = made
        return _json(made, 201) if self.ending is Ending.MADE else _json({}, 500)

    def _list(self, query: Mapping[str, str]) -> Response:
        rows = list(filter(_fits(query.get("$filter", "")), self.orders.values()))
        name, _, direction = query.get("$orderby", "Id").partition(" ")

        def place(row: Row) -> Any:
            return row[name]

        rows.sort(key=place, reverse=direction == "desc")
        meta = {
            "CurrentPage": int(query["$page"]),
            "PageSize": int(query["$pagesize"]),
            "TotalNumberOfPages": 1,
            "TotalNumberOfResults": len(rows),
            "ServerTimeUtc": _text(self.small.clock.now()),
        }
        return _json({"Meta": meta, "Data": rows if query["$page"] == "1" else []})
