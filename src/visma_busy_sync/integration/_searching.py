"""Look for an order in eAccounting by its marker, and write down what was seen."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Final

from attrs import frozen

from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting.errors import NotFound
from visma_busy_sync.integration._clocks import is_recent
from visma_busy_sync.integration._ledger import LedgerBook
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.integration.errors import SearchIncomplete
from visma_busy_sync.orders import (
    Event,
    LedgerEntry,
    Looked,
    OrderOutcomeUnknown,
    OtherCompany,
    changes_of,
    look_for,
    snapshot,
)
from visma_busy_sync.state import Connection

_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


@frozen
class Reading:
    """A reading of the orders in eAccounting.

    Attributes:
        looked: What it shows of the order that was looked for.
        rows: All that was read.
    """

    looked: Looked
    rows: Sequence[models.Order]


def check_company(order_id: str, company_id: str, connection: Connection) -> None:
    """Require that an order is of the connected company.

    Raises:
        OtherCompany: If it is not.
    """
    if company_id != connection.company_id:
        raise OtherCompany(order_id, company_id=company_id, connected_company_id=connection.company_id)


async def search(site: Site, upstream: Upstream, entry: LedgerEntry) -> Reading:
    """Look for an order, in all its revisions, among those that could be it by when they were created.

    None was created after now; but date and reservation may have been told by a clock that was ahead.

    Raises:
        EAccountingError: If the orders cannot be read; nothing is known then.
    """
    ordered = datetime.combine(entry.order.order_date, time(), UTC)
    first = max(_EARLIEST, min(ordered, entry.reserved_at or ordered, site.clock.now()))
    found = await upstream.orders_since(first - site.choices.search_back)
    return Reading(look_for(entry.marker, found.rows, sure=found.sure), found.rows)


class NotThere(enum.Enum):
    """What an answer that there is no such order says."""

    SURELY = enum.auto()
    """It is the API's own word: it has its error object."""
    UNCLEAR = enum.auto()
    """A 404 without one, which a gateway gives too; the order may be there."""


async def read_by_id(upstream: Upstream, id: str) -> models.Order | NotThere:
    """Read an order by its id.

    Raises:
        EAccountingError: If it cannot be read; nothing is known then.
    """
    try:
        return await upstream.order(id)
    except NotFound as error:
        own = error.code is not None or error.error_id is not None
        return NotThere.SURELY if own else NotThere.UNCLEAR


def appears_by(site: Site, entry: LedgerEntry) -> datetime | None:
    """Return until when an order that was sent recently may not be shown yet; None: it was not so recently.

    Not by its id; or not in the list, where it has another id since.
    """
    return _settled_at(site, entry.moment_of(Event.TRANSFERRED))


def outcome_unknown(site: Site, entry: LedgerEntry) -> OrderOutcomeUnknown:
    """Return the error that tells that it is not known what became of an order, and for how long."""
    last = entry.moment_of(Event.ABSENT, Event.OUTCOME_UNKNOWN)
    return OrderOutcomeUnknown(entry.order_id, marker=entry.marker, again_at=_settled_at(site, last))


def _settled_at(site: Site, moment: datetime | None) -> datetime | None:
    settle = site.choices.settle_after
    recent = moment is not None and is_recent(moment, settle, now=site.clock.now())
    return moment + settle if moment is not None and recent else None


async def read_seen(upstream: Upstream, entry: LedgerEntry, id: str) -> models.Order:
    """Read by its id what a search shows: so all of it is told, and its checksum is comparable later.

    Raises:
        SearchIncomplete: If eAccounting lists it, but does not answer with it.
    """
    answer = await read_by_id(upstream, id)
    if isinstance(answer, NotThere):
        raise SearchIncomplete(entry.order_id, marker=entry.marker)
    return answer


async def note_found(
    upstream: Upstream, ledger: LedgerBook, entry: LedgerEntry, id: str
) -> tuple[LedgerEntry, models.Order]:
    """Write down that the draft of an order is there; return the entry, and what eAccounting answers of it.

    Raises:
        SearchIncomplete: If eAccounting lists it, but does not answer with it.
        StoreBusy: If something happened to the order meanwhile.
    """
    answer = await read_seen(upstream, entry, id)
    return await note_answer(ledger, entry, answer), answer


async def note_answer(ledger: LedgerBook, entry: LedgerEntry, answer: models.Order) -> LedgerEntry:
    """Write down that the draft of an order is there, as it was answered by its id.

    Its checksum is kept only where nothing was edited before it was found, or none is known: a withdrawal
    never deletes an edit.

    Raises:
        StoreBusy: If something happened to the order meanwhile.
    """
    unedited = entry.snapshot is None and not changes_of(entry.order, entry.marker, answer)
    return await ledger.fire(
        Event.FOUND,
        after=entry,
        eaccounting_id=answer.id,
        number=answer.number or None,
        snapshot=snapshot(answer) if unedited else None,
    )
