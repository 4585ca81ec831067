"""An eAccounting in this process, as far as an import goes: companies, logins, lists, and lies on demand.

It is for tests that sync thousands of times. The sandbox is the one that is true to the API.
"""

from __future__ import annotations

import enum
import json
import operator
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, final
from urllib.parse import parse_qs, urlencode, urlsplit

from attrs import define, field, frozen

from visma_busy_sync._core.world import Clock
from visma_busy_sync.eaccounting.http import Request, Response
from visma_busy_sync.sync import Kind

Row = dict[str, Any]

ONGOING: Final = 1
FINISHED: Final = 2

_NEW: Final[Mapping[Kind, Row]] = {
    Kind.CUSTOMER: {
        "CustomerNumber": None,
        "Name": "",
        "CorporateIdentityNumber": None,
        "IsActive": True,
        "InvoiceCity": "Oslo",
        "InvoicePostalCode": "0150",
        "IsPrivatePerson": False,
    },
    Kind.PRODUCT: {"Number": "", "Name": "", "IsActive": True},
    Kind.PROJECT: {
        "Number": "",
        "Name": "",
        "Status": ONGOING,
        "CustomerId": None,
        "StartDate": "2026-01-01T00:00:00",
        "EndDate": None,
        "Notes": None,
    },
}
_PATHS: Final = {"customers": Kind.CUSTOMER, "articles": Kind.PRODUCT, "projects": Kind.PROJECT}
_STAMPS: Final = {Kind.CUSTOMER: "ChangedUtc", Kind.PRODUCT: "ChangedUtc", Kind.PROJECT: "ModifiedUtc"}


class Lie(enum.Enum):
    """What the lists tell wrongly."""

    NOTHING = "nothing"
    TOTAL = "total"
    """There is one row more than there is."""
    LACKS_ONE = "lacks_one"
    """The first row is left out, though it is counted."""
    HIDES_ONE = "hides_one"
    """The first row is left out, and not counted either."""


@final
@frozen
class Company:
    """The data of one company: rows by their ids, by kind."""

    id: str
    name: str
    rows: Mapping[Kind, dict[str, Row]] = field(factory=lambda: {kind: dict[str, Row]() for kind in Kind})


@final
@define
class SmallVisma:
    """Visma's servers, with the users' browser.

    Attributes:
        clock: The time, which is the same for both sides.
        companies: By their ids.
        lie: What the lists tell wrongly.
        writes: What was asked for that would change something there.
    """

    clock: Clock
    companies: dict[str, Company] = field(factory=dict[str, Company])
    lie: Lie = Lie.NOTHING
    writes: list[str] = field(factory=list[str])
    _codes: dict[str, str] = field(factory=dict[str, str])
    _logins: dict[str, str] = field(factory=dict[str, str])
    _created: int = 0
    _approved: int = 0

    # What people do there

    def found(self, id: str, name: str) -> Company:
        """Found a company."""
        self.companies[id] = Company(id, name)
        return self.companies[id]

    def create(self, company: str, kind: Kind, **members: Any) -> str:
        """Create a record; return its id."""
        self._created += 1
        id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{company} {self._created}"))
        self.companies[company].rows[kind][id] = {"Id": id, **_NEW[kind], **members, **self._stamp(kind)}
        return id

    def edit(self, company: str, kind: Kind, id: str, **members: Any) -> None:
        """Change a record."""
        row = self.companies[company].rows[kind][id]
        assert members.keys() <= row.keys()
        self.companies[company].rows[kind][id] = {**row, **members, **self._stamp(kind)}

    def delete(self, company: str, kind: Kind, id: str) -> None:
        """Delete a record."""
        del self.companies[company].rows[kind][id]

    def approve(self, url: str, company: str) -> str:
        """Log in on Visma's page and choose a company; return where the browser is sent back to."""
        asked = parse_qs(urlsplit(url).query)
        self._approved += 1
        code = f"code-{self._approved}"
        self._codes[code] = company
        return f"{asked['redirect_uri'][0]}?{urlencode({'code': code, 'state': asked['state'][0]})}"

    def _stamp(self, kind: Kind) -> Row:
        return {_STAMPS[kind]: _text(self.clock.now())}

    # What the servers answer

    def send(self, request: Request) -> Response:
        """Answer a request."""
        parts = urlsplit(request.url)
        if parts.path.endswith("/revocation"):
            return Response(200, {}, b"")
        if parts.path.endswith("/token"):
            return self._token(request)
        if request.method != "GET":
            self.writes.append(f"{request.method} {parts.path}")
        company = self.companies[self._logins[request.headers["Authorization"].removeprefix("Bearer ")]]
        path, _, id = parts.path.partition("/v2/")[2].partition("/")
        if path == "companysettings":
            return _json({"Name": company.name, "CompanyIdentifier": company.id, "CurrencyCode": "NOK"})
        kind = _PATHS[path]
        if id:
            row = company.rows[kind].get(id)
            return _json(row) if row else _json({"ErrorCode": 3000, "ErrorId": "e"}, 404)
        return self._page(company, kind, {name: each[0] for name, each in parse_qs(parts.query).items()})

    def _token(self, request: Request) -> Response:
        form = parse_qs((request.body or b"").decode())
        code = form["code"][0]
        company = self._codes.pop(code, None)
        if company is None:
            return _json({"error": "invalid_grant"}, 400)
        access = f"access-{code}"
        self._logins[access] = company
        # Longer than any test lasts: how tokens are renewed is tried elsewhere.
        return _json({"access_token": access, "refresh_token": f"refresh-{access}", "expires_in": 10**8})

    def _page(self, company: Company, kind: Kind, query: Mapping[str, str]) -> Response:
        rows = list(filter(_fits(query.get("$filter", "")), company.rows[kind].values()))
        name, _, direction = query.get("$orderby", "Id").partition(" ")
        rows.sort(key=operator.itemgetter(name), reverse=direction == "desc")
        first = min(company.rows[kind], default="")
        if self.lie in {Lie.LACKS_ONE, Lie.HIDES_ONE}:
            shown = [row for row in rows if row["Id"] != first]
        else:
            shown = rows
        total = len(shown) if self.lie is Lie.HIDES_ONE else len(rows) + (self.lie is Lie.TOTAL)
        meta = {
            "CurrentPage": int(query["$page"]),
            "PageSize": int(query["$pagesize"]),
            "TotalNumberOfPages": 1,
            "TotalNumberOfResults": total,
            "ServerTimeUtc": _text(self.clock.now()),
        }
        return _json({"Meta": meta, "Data": shown if query["$page"] == "1" else []})


def _fits(where: str) -> Callable[[Row], bool]:
    """Return what a filter tests; the client writes terms with `or` between them, in parts with `and`."""
    parts = [[_term(*found) for found in _TERM.findall(part)] for part in where.split(" and ") if part]
    return lambda row: all(any(fits(row) for fits in terms) for terms in parts)


def _term(name: str, how: str, text: str) -> Callable[[Row], bool]:
    if how == "ge":
        moment = datetime.fromisoformat(text)
        return lambda row: datetime.fromisoformat(row[name]) >= moment
    value = _WORDS.get(text, text)
    return lambda row: (str(row[name]) == value if text.isdecimal() else row[name] == value) is (how == "eq")


_TERM: Final = re.compile(r"(\w+) (eq|ne|ge) ([^\s()]+)")
_WORDS: Final = {"null": None, "true": True, "false": False}


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _json(value: object, status: int = 200) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(value).encode())
