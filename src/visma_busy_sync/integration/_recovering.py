"""Use case after a crash: find out what became of the orders of which that is not written down."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import final

from attrs import field, frozen

from visma_busy_sync.busy import _checks as check
from visma_busy_sync.eaccounting import models
from visma_busy_sync.integration._clocks import CLOCKS_DIFFER, is_ahead, is_recent
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._ledger import LedgerBook, orders_of
from visma_busy_sync.integration._searching import check_company, note_found, search
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.integration._withdrawing import go_on_withdrawing
from visma_busy_sync.orders import (
    UNSETTLED_STATES,
    Difference,
    DocumentError,
    Event,
    LedgerEntry,
    State,
    compare,
    shows_drafts,
)
from visma_busy_sync.state import Connection

_INTERRUPTED = "The sending was interrupted; what became of it was not written down."
_NOT_SEEN = "Its sending was not answered clearly, and it is not seen in eAccounting."


@final
@frozen(kw_only=True)
class Recovered:
    """What a recovery found out about an order.

    Attributes:
        order_id: The order.
        entry: Where it stands now; None if its ledger entry cannot be read.
        differences: Of an order that was found now: where eAccounting's amounts differ from ours.
        error: What went wrong; None: nothing did.
    """

    order_id: str
    entry: LedgerEntry | None = None
    differences: tuple[Difference, ...] = ()
    error: Exception | None = field(default=None, repr=check.named)


@telling
async def recover(
    site: Site, tenant: str, *, still: Callable[[], Awaitable[bool]] | None = None
) -> Sequence[Recovered]:
    """Look for every order of a tenant of which it is not known what became of it.

    Args:
        site: The site.
        tenant: Whose orders they are.
        still: Asked before each order whether to go on.
    """
    connection = await connection_of(site, tenant)
    orders = await orders_of(site, tenant)
    readable = [entry for _, entry in orders if isinstance(entry, LedgerEntry)]
    results: list[Recovered] = []
    for id, entry in orders:
        if isinstance(entry, DocumentError):
            results.append(Recovered(order_id=id, error=entry))
        elif entry.state in UNSETTLED_STATES:
            if still is not None and not await still():
                break
            others = [other for other in readable if other.order_id != id]
            results.append(await _recovered(site, tenant, connection, entry, others))
    return results


@telling
async def _recovered(
    site: Site, tenant: str, connection: Connection, entry: LedgerEntry, others: Sequence[LedgerEntry]
) -> Recovered:
    ledger = LedgerBook(site, tenant, entry.order_id)
    try:
        check_company(entry.order_id, entry.company_id, connection)
        upstream = site.upstream(tenant, connection.login_id)
        after, draft = await _settled(upstream, ledger, entry, others)
    except Exception as error:  # noqa: BLE001 - a host's port may raise anything; the others go on
        with contextlib.suppress(Exception):  # then it is told as it was before
            known = await ledger.read()
            entry = known[0] if known else entry
        return Recovered(order_id=entry.order_id, entry=entry, error=error)
    differences = compare(after.order, draft) if draft is not None else ()
    return Recovered(order_id=entry.order_id, entry=after, differences=differences)


async def _settled(
    upstream: Upstream, ledger: LedgerBook, entry: LedgerEntry, others: Sequence[LedgerEntry]
) -> tuple[LedgerEntry, models.Order | None]:
    """Settle an order as far as it can be; return it as it is now, and its draft if that was found."""
    if entry.state is State.WITHDRAWING:
        return await go_on_withdrawing(upstream, ledger, entry), None
    if entry.state is State.SENDING:
        if _may_be_sent_now(ledger.site, entry):
            return entry, None
        entry = await ledger.fire(Event.OUTCOME_UNKNOWN, after=entry, problem=_INTERRUPTED)
    looked_at = ledger.site.clock.now()  # an answer that comes late tells of the moment it was asked for
    reading = await search(ledger.site, upstream, entry)
    looked = reading.looked
    if looked.draft is not None:
        return await note_found(upstream, ledger, entry, looked.draft.id)
    if looked.problem is not None:
        return await ledger.fire(Event.ESCALATE, after=entry, problem=looked.problem), None
    controlled = looked.absent and shows_drafts(
        reading.rows, [other for other in others if other.company_id == entry.company_id]
    )
    return await _not_seen(ledger, entry, looked_at, controlled=controlled), None


async def _not_seen(
    ledger: LedgerBook, entry: LedgerEntry, looked_at: datetime, *, controlled: bool
) -> LedgerEntry:
    """Decide about an order that was not found.

    It may appear late, so for a while nothing is concluded. Then a person looks; unless the host chose that
    such an order is sent again. That needs two looks, the settle time apart, both of which were sure and
    showed another draft of ours: else the list may be one that never shows drafts.
    """
    settle = ledger.site.choices.settle_after
    if ledger.site.choices.resend_unknown and controlled:
        first = _first_look(entry, now=looked_at)
        if first is None:
            return await ledger.fire(Event.ABSENT, after=entry)
        return await ledger.fire(Event.RESEND, after=entry) if looked_at - first >= settle else entry
    unknown = entry.moment_of(Event.OUTCOME_UNKNOWN)
    if unknown is not None and is_recent(unknown, settle, now=looked_at):
        return entry
    return await ledger.fire(Event.ESCALATE, after=entry, problem=_NOT_SEEN)


def _first_look(entry: LedgerEntry, *, now: datetime) -> datetime | None:
    """Return when the order was first looked for in vain since its outcome became unknown.

    One whose moment a wrong clock told does not count: how long it is ago is not known.
    """
    looks = (Event.ABSENT, Event.OUTCOME_UNKNOWN)
    last = next((step for step in reversed(entry.history) if step.event in looks), None)
    if last is None or last.event is Event.OUTCOME_UNKNOWN or is_ahead(last.at, now=now):
        return None
    unknown = entry.moment_of(Event.OUTCOME_UNKNOWN)
    is_before = unknown is not None and last.at < unknown and not is_ahead(unknown, now=now)
    return None if is_before else last.at


def _may_be_sent_now(site: Site, entry: LedgerEntry) -> bool:
    """Whether a worker may still be at the POST, as far as it keeps its deadline."""
    since = entry.moment_of(Event.SEND)
    options = site.options
    # In a blocked thread a call lasts longer than its deadline where the token must be renewed first.
    longest = timedelta(seconds=options.deadline + 2 * options.timeout) + CLOCKS_DIFFER
    return since is not None and is_recent(since, longest, now=site.clock.now())
