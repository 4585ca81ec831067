"""Lists: pages and selection, in the API's envelope. Which rows there are is for ``rows`` to say.

``$page`` counts from 1, ``$pagesize`` is 50 when omitted (public clients); the cap of 1000 is a guess that
also circulates. Unknown query parameters are ignored, as the real service seems to do.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from visma_busy_sync.sandbox.company import Record
from visma_busy_sync.sandbox.errors import BAD_QUERY, ApiFault
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.profile import Profile
from visma_busy_sync.sandbox.query import bad
from visma_busy_sync.sandbox.rows import Choice, read_choice
from visma_busy_sync.sandbox.schema import Resource, Schema

PAGE_SIZE = 50
_INT32 = 2_147_483_647
_COUNT = re.compile(r"\s*\d{1,10}\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a query asks of a list: which rows, which page of them, and which of their members."""

    choice: Choice
    page: int
    size: int
    names: list[str] | None

    def answer(self, stored: Iterable[Record], *, turn: int, server_time: str) -> dict[str, Json]:
        """Answer the page: ``Meta`` and ``Data``. A page past the end has empty ``Data``."""
        found = self.choice.rows(stored, turn)
        start = (self.page - 1) * self.size
        # The first page is never empty (see ``Profile``).
        empty = 1 < self.page == self.choice.profile.empty_page
        total = self._told(len(found))
        return {
            "Meta": {
                "CurrentPage": self.page,
                "PageSize": self.size,
                "TotalNumberOfPages": -(-total // self.size),
                "TotalNumberOfResults": total,
                "ServerTimeUtc": server_time,
            },
            "Data": [] if empty else [_select(row, self.names) for row in found[start : start + self.size]],
        }

    def _told(self, total: int) -> int:
        told = {"right": total, "short": max(0, total - self.size), "long": total + self.size, "zero": 0}
        return told[self.choice.profile.totals]


def read_listing(options: Mapping[str, str], resource: Resource, profile: Profile) -> Listing:
    """Read the options of a query.

    Raises:
        ApiFault: 6000 or 6001; an option is faulty, or is refused by the profile.
    """
    return Listing(
        page=_count(options, "$page", 1) if profile.paging == "work" else 1,
        size=min(_count(options, "$pagesize", PAGE_SIZE), profile.page_cap),
        names=_selection(options, resource.schema),
        choice=read_choice(options, resource, profile),
    )


def _count(options: Mapping[str, str], name: str, default: int) -> int:
    text = options.get(name)
    if text is None:
        return default
    value = int(text) if _COUNT.fullmatch(text) else 0
    if not 1 <= value <= _INT32:
        bad(f"{name}: '{text[:40]}' is not a whole number from 1")
    return value


def _selection(options: Mapping[str, str], schema: Schema) -> list[str] | None:
    text = options.get("$select")
    if text is None:
        return None
    names: list[str] = []
    for part in text.split(","):
        member = schema.member(part.strip())
        if member is None:
            raise ApiFault(
                400, BAD_QUERY, f"$select: '{part.strip()[:60]}' is not a property of {schema.name}"
            )
        names.append(member.name)
    return names


def _select(row: Record, names: list[str] | None) -> Record:
    return row if names is None else {name: row[name] for name in row if name in names}
