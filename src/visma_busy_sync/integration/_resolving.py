"""Use cases of a person's decision about an order: it is there, send it again, edit it."""

from __future__ import annotations

import contextlib

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.eaccounting import models
from visma_busy_sync.integration._arguments import require, require_id
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._ledger import LedgerBook, drafts_of_others
from visma_busy_sync.integration._pushing import there_already
from visma_busy_sync.integration._searching import (
    NotThere,
    check_company,
    note_answer,
    outcome_unknown,
    read_by_id,
)
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.integration.errors import NotThisDraft, NotThisDraftReason, SearchIncomplete
from visma_busy_sync.orders import (
    Event,
    IllegalTransition,
    LedgerEntry,
    State,
    agrees,
    is_of_another,
    revision_on,
)

_MAY_BE_FOUND = frozenset({State.NEEDS_ATTENTION, State.OUTCOME_UNKNOWN, State.GONE_UPSTREAM})


@telling
async def resolve(
    site: Site,
    tenant: str,
    order_id: str,
    *,
    found: str | None = None,
    send_again: bool = False,
    anyway: bool = False,
) -> LedgerEntry:
    """Write down what a person decided about an order of which it is not clear what became of it."""
    require_id("order_id", order_id)
    for name, flag in (("send_again", send_again), ("anyway", anyway)):
        require(name, flag, bool, advice="Pass True or False.")
    if (found is not None) is send_again:
        raise ConfigurationError(
            "An order is resolved by the id of its draft, or by sending it again: one of the two.",
            advice="Pass found=ID if it is in eAccounting, or send_again=True if it surely is not.",
        )
    ledger = LedgerBook(site, tenant, order_id)
    if found is None:
        return await _sent_again(ledger)
    require_id("found", found)
    return await _found(ledger, found.lower(), anyway=anyway)


async def _sent_again(ledger: LedgerBook) -> LedgerEntry:
    """Have an order sent again; only after recovery gave up, however sure a person is.

    Of two decisions, such as a button that was pressed twice, the second could else be taken for one about
    what the first has sent.
    """
    entry = await ledger.entry()
    if entry.state is State.OUTCOME_UNKNOWN:
        raise outcome_unknown(ledger.site, entry)
    return await ledger.fire(Event.RESEND, after=entry)


async def _found(ledger: LedgerBook, id: str, *, anyway: bool) -> LedgerEntry:
    site, tenant = ledger.site, ledger.tenant
    entry = await ledger.entry()
    if entry.state not in _MAY_BE_FOUND:
        raise IllegalTransition(entry.order_id, state=entry.state, event=Event.FOUND)
    connection = await connection_of(site, tenant)
    check_company(entry.order_id, entry.company_id, connection)
    upstream = site.upstream(tenant, connection.login_id)
    answer = await read_by_id(upstream, id)
    if answer is NotThere.UNCLEAR:
        raise SearchIncomplete(entry.order_id, marker=entry.marker)
    taken = await drafts_of_others(ledger)
    reason = NotThisDraftReason.NOT_THERE
    if isinstance(answer, models.Order):
        wrong = None if anyway else _wrong_with(answer, entry)
        wrong = NotThisDraftReason.OTHER_ORDER if answer.id in taken else wrong
        if wrong is None:
            return await note_answer(ledger, entry, answer)
        reason = wrong
    raise NotThisDraft(entry.order_id, eaccounting_id=id, reason=reason)


def _wrong_with(answer: models.Order, entry: LedgerEntry) -> NotThisDraftReason | None:
    """Return why an order in eAccounting is not taken for ours; None if it is.

    One that carries the marker of this revision is, whatever a person edited. One that does not, since the
    reference was lost or it is of another revision, is only where customer and rows are ours.
    """
    if is_of_another(answer, entry.marker):
        return NotThisDraftReason.OTHER_MARKER
    if revision_on(answer, entry.marker) == entry.revision:
        return None
    return None if agrees(entry.order, entry.marker, answer) else NotThisDraftReason.OTHER_CONTENT


@telling
async def reopen(site: Site, tenant: str, order_id: str) -> LedgerEntry:
    """Free the entries of an order that was refused, or not sent, so that it can be edited."""
    require_id("order_id", order_id)
    ledger = LedgerBook(site, tenant, order_id)
    entry = await ledger.entry()
    if entry.state in {State.RESERVED, State.REJECTED}:
        entry = await _looked_for(ledger, entry)
    return await ledger.fire(Event.REOPEN, after=entry)


async def _looked_for(ledger: LedgerBook, entry: LedgerEntry) -> LedgerEntry:
    """Look for an order that counts as not there, as before a send: the database may have been restored.

    One of another company cannot be looked for; it need not be where eAccounting refused it, or where it was
    never about to be sent. One that was refused need not be surely absent either: that it is seen is what
    would speak against it.
    """
    site, tenant = ledger.site, ledger.tenant
    connection = await connection_of(site, tenant)
    refused = entry.state is State.REJECTED
    if entry.company_id != connection.company_id and (refused or not entry.was_sent):
        return entry
    check_company(entry.order_id, entry.company_id, connection)
    with contextlib.suppress(*([SearchIncomplete] if refused else [])):
        upstream = site.upstream(tenant, connection.login_id)
        there = await there_already(site, upstream, ledger, entry)
        return there[0] if there is not None else entry
    return entry
