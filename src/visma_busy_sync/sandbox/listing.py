"""Lists: filter, order, pages and selection, in the API's envelope.

``$page`` counts from 1, ``$pagesize`` is 50 when omitted (public clients); the cap of 1000 is a guess that
also circulates. Unknown query parameters are ignored, as the real service seems to do.
"""

import re
from collections.abc import Mapping

from visma_busy_sync.sandbox.company import Record
from visma_busy_sync.sandbox.errors import BAD_QUERY, ApiFault
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.profile import Profile
from visma_busy_sync.sandbox.query import bad, parse_filter, sort
from visma_busy_sync.sandbox.schema import Resource, Schema

PAGE_SIZE = 50
_INT32 = 2_147_483_647
_COUNT = re.compile(r"\s*\d{1,10}\s*", re.ASCII)


def _count(options: Mapping[str, str], name: str, default: int) -> int:
    text = options.get(name)
    if text is None:
        return default
    value = int(text) if _COUNT.fullmatch(text) else 0
    if not 1 <= value <= _INT32:
        bad(f"{name}: '{text[:40]}' is not a whole number from 1")
    return value


def _hidden(record: Record) -> bool:
    return record.get("IsActive") is False or record.get("Status") == 2


def _visible(rows: list[Record], resource: Resource, profile: Profile) -> list[Record]:
    if resource.path == "orders":
        return rows if profile.drafts_listed else [row for row in rows if row.get("Status") != 1]
    return rows if profile.inactive_listed else [row for row in rows if not _hidden(row)]


def _chosen(rows: list[Record], options: Mapping[str, str], schema: Schema, profile: Profile) -> list[Record]:
    condition, order = options.get("$filter"), options.get("$orderby")
    if condition is not None and profile.filters != "ignored":
        if profile.filters == "refused":
            bad("$filter is not supported here")
        keep = parse_filter(condition, schema)
        rows = [row for row in rows if keep(row)]
    if order is not None and profile.ordering != "ignored":
        if profile.ordering == "refused":
            bad("$orderby is not supported here")
        rows = sort(rows, order, schema)
    return rows


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


def page_of(
    rows: list[Record],
    resource: Resource,
    options: Mapping[str, str],
    *,
    profile: Profile,
    server_time: str,
) -> dict[str, Json]:
    """Answer one page of a list: ``Meta`` and ``Data``. A page past the end has empty ``Data``."""
    page = _count(options, "$page", 1)
    size = min(_count(options, "$pagesize", PAGE_SIZE), profile.page_cap)
    names = _selection(options, resource.schema)
    found = _chosen(_visible(rows, resource, profile), options, resource.schema, profile)
    start = (page - 1) * size
    return {
        "Meta": {
            "CurrentPage": page,
            "PageSize": size,
            "TotalNumberOfPages": -(-len(found) // size),
            "TotalNumberOfResults": len(found),
            "ServerTimeUtc": server_time,
        },
        "Data": [_select(row, names) for row in found[start : start + size]],
    }
