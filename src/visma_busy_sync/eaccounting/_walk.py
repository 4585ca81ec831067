"""Read a whole list, or what changed in it, and say how sure the answer is.

A short list is read in passes over its pages (`_passes`), a longer one along its change stamp (`_keyset`),
which takes half the requests, where the server filters and orders by it. Where it does not, or where what it
answers contradicts itself, the passes are the fallback.

Whether it orders is found out from the other end: the first page in falling order. A server that ignores the
order would show the same rows at both ends. That page tells the number of rows as well: a reading that has
fewer in the end has missed some.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from datetime import datetime
from enum import Enum
from itertools import pairwise
from typing import Generic, TypeVar

from attrs import evolve, frozen

from visma_busy_sync.eaccounting._endpoints import PAGE_SIZE, Endpoint, Inactivity, Stamp
from visma_busy_sync.eaccounting._execute import Env, execute
from visma_busy_sync.eaccounting._keyset import Keyset, along_stamp
from visma_busy_sync.eaccounting._passes import Pass, confirmed, next_rows
from visma_busy_sync.eaccounting._query import F, Filter
from visma_busy_sync.eaccounting.errors import Rejected
from visma_busy_sync.eaccounting.models import Model

M = TypeVar("M", bound=Model)
R = TypeVar("R")


class Inactive(Enum):
    """What lists do with rows that are not in use."""

    UNKNOWN = "unknown"
    LISTED = "listed"
    HIDDEN = "hidden"
    """They are left out, unless a filter names what tells that they are not in use."""


@frozen
class Manner:
    """How a list can be read, as far as it is known; keep it from one reading to the next.

    Attributes:
        by_stamp: Whether it may be read along the change stamp; false after the server refused that, or
            contradicted itself.
        inactive: What it does with rows that are not in use.
    """

    by_stamp: bool = True
    inactive: Inactive = Inactive.UNKNOWN


@frozen
class Walk(Generic[R]):
    """A list as read.

    Attributes:
        rows: Each row once, as it was seen last.
        sure: Whether no row is missing that was in the list all the time.
        server_time: The server's clock when the reading began; None if it did not say.
        manner: How it was read, for the next time.
        all_stamped: Whether every row has a change stamp. If not, reading what changed would miss some.
        inactive_unknown: Whether nobody knows if there are rows that are not in use: none was listed, and
            the server does not answer when asked for them.
    """

    rows: Sequence[R]
    sure: bool
    server_time: datetime | None
    manner: Manner = Manner()
    all_stamped: bool = False
    inactive_unknown: bool = False


async def walk(
    endpoint: Endpoint[M], env: Env, *, manner: Manner | None = None, page_size: int = PAGE_SIZE
) -> Walk[M]:
    """Read all rows of a list, also those that are not in use.

    Args:
        endpoint: The list.
        env: What the calls need.
        manner: What the reading before found out.
        page_size: How many rows to ask for at once.

    Raises:
        EAccountingError: If a page cannot be read; nothing is known then.
    """
    manner = manner or Manner()
    inactivity = endpoint.inactivity
    if inactivity is None or manner.inactive is Inactive.LISTED:
        return await _read(endpoint, env, manner, page_size)
    if manner.inactive is Inactive.HIDDEN:
        with contextlib.suppress(Rejected):  # it did take it before; so it is found out anew
            return await _read(endpoint, env, manner, page_size, inactivity.all)
    before = await _has_inactive(endpoint, env, inactivity)
    found = await _read(endpoint, env, manner, page_size)
    if any(inactivity.of(row) for row in found.rows):
        return evolve(found, manner=evolve(found.manner, inactive=Inactive.LISTED))
    # Asked twice, since one that is taken out of use meanwhile would be hidden from what is read afterwards.
    has_some = before or (None if before is None else await _has_inactive(endpoint, env, inactivity))
    if has_some:
        manner = evolve(found.manner, inactive=Inactive.HIDDEN)
        return await _read(endpoint, env, manner, page_size, inactivity.all)
    manner = evolve(found.manner, inactive=Inactive.UNKNOWN)
    return evolve(found, manner=manner, inactive_unknown=has_some is None)


async def walk_some(endpoint: Endpoint[M], env: Env, where: Filter, *, page_size: int = PAGE_SIZE) -> Walk[M]:
    """Read the rows that a filter lets through, of a list whose rows are all in use.

    The filter only saves reading: where the server refuses or ignores it, all rows come. So whoever asks
    looks at the rows himself.

    Args:
        endpoint: The list.
        env: What the calls need.
        where: Which rows.
        page_size: How many rows to ask for at once.

    Raises:
        EAccountingError: If a page cannot be read; nothing is known then.
    """
    try:
        return await _read(endpoint, env, Manner(), page_size, where)
    except Rejected:
        return await _read(endpoint, env, Manner(), page_size)


async def _has_inactive(endpoint: Endpoint[M], env: Env, inactivity: Inactivity) -> bool | None:
    """Whether there are rows that are not in use; None if the server does not answer that."""
    try:
        asked = await execute(endpoint.page(size=1, where=inactivity.only), env)
    except Rejected:
        return None
    return bool(asked.rows) if all(inactivity.of(row) for row in asked.rows) else None


async def changes(
    endpoint: Endpoint[M], env: Env, since: datetime, *, manner: Manner | None = None
) -> Walk[M] | None:
    """Read the rows that changed at a moment or later.

    An answer that has all that it says there is, is believed: what it hides comes with the next whole
    reading.

    Returns:
        None if the server cannot tell, by refusal or by what it answers: then read the whole list.

    Raises:
        EAccountingError: If a page cannot be read.
    """
    manner = manner or Manner()
    if endpoint.stamp is None or not manner.by_stamp:
        return None
    scopes: list[Filter | None] = [None]
    if endpoint.inactivity is not None and manner.inactive is not Inactive.LISTED:
        scopes.insert(0, endpoint.inactivity.all)
    for where in scopes:
        reading: Keyset[M] = Keyset(endpoint.stamp, since, believes_meta=True)
        first = reading.pages
        try:
            await along_stamp(endpoint, env, reading, where=where)
        except Rejected:
            continue
        if reading.failed or not _has_all(first, reading.rows):
            return None
        return Walk(tuple(reading.rows.values()), True, first.server_time, manner, all_stamped=True)
    return None


async def _read(
    endpoint: Endpoint[M], env: Env, manner: Manner, size: int, where: Filter | None = None
) -> Walk[M]:
    stamp = endpoint.stamp if manner.by_stamp else None
    if stamp is not None:
        try:
            reading = await _by_stamp(endpoint, env, stamp, size, where)
        except (Rejected, _Contradiction):
            manner = evolve(manner, by_stamp=False)
        else:
            if reading is not None:
                return evolve(reading, manner=manner)
    return _found(endpoint, *await confirmed(endpoint, env, Pass(), size=size, where=where), manner)


async def _by_stamp(
    endpoint: Endpoint[M], env: Env, stamp: Stamp, size: int, where: Filter | None
) -> Walk[M] | None:
    """Read a list by its stamp; None if the answer is not sure.

    Raises:
        _Contradiction: If the server ignores order or filter.
        Rejected: If it refuses them.
    """
    falling = f"{stamp.member} desc"
    probe: Pass[M] = Pass()
    await next_rows(endpoint, env, probe, size=size, where=where, order_by=falling)
    stamps = [moment for moment in map(stamp.of, probe.latest) if moment is not None]
    if any(one < next for one, next in pairwise(stamps)):
        raise _Contradiction
    if probe.totals == {len(probe.rows)}:  # all on one page: two passes cost less
        passes = await confirmed(endpoint, env, probe, size=size, where=where, order_by=falling)
        return _found(endpoint, *passes)
    # First: a row that gets its first stamp after this lies ahead of the reading by stamps.
    lacking, proven = await _without_stamp(endpoint, env, stamp, size, where)
    reading: Keyset[M] = Keyset(stamp)
    await along_stamp(endpoint, env, reading, size=size, where=where)
    if reading.contradicted or _same_at_both_ends(reading, stamps):
        raise _Contradiction
    rows = {**lacking, **reading.rows}
    if not (proven and reading.done and bool(stamps) and _has_all(probe, rows)):
        return None
    return Walk(tuple(rows.values()), True, probe.server_time, all_stamped=not lacking)


def _same_at_both_ends(reading: Keyset[M], falling: Sequence[datetime]) -> bool:
    """Whether rising and falling order begin with the same stamp, though there are several."""
    oldest = reading.oldest
    return bool(falling) and oldest is not None and falling[0] <= oldest < reading.since


def _has_all(first: Pass[M], rows: Collection[object]) -> bool:
    """Whether there are as many rows as the first answer of a reading told."""
    return all(total is not None and total <= len(rows) for total in first.totals)


class _Contradiction(Exception):
    """The server does not order or filter as it was asked to."""


async def _without_stamp(
    endpoint: Endpoint[M], env: Env, stamp: Stamp, size: int, where: Filter | None
) -> tuple[dict[str, M], bool]:
    if not stamp.may_lack:
        return {}, True
    lacks = F.eq(stamp.member, None)
    scope = lacks if where is None else where & lacks
    found, proven = await confirmed(endpoint, env, Pass(), size=size, where=scope)
    if any(stamp.of(row) is not None for row in found.rows.values()):
        raise _Contradiction
    return found.rows, proven


def _found(endpoint: Endpoint[M], last: Pass[M], sure: bool, manner: Manner | None = None) -> Walk[M]:
    rows = tuple(last.rows.values())
    stamp = endpoint.stamp
    stamped = stamp is not None and all(stamp.of(row) is not None for row in rows)
    return Walk(rows, sure, last.server_time, manner or Manner(), all_stamped=stamped)
