"""The POST of an order: written down before it is made, and afterwards what became of it."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Final

from visma_busy_sync._core.errors import VismaBusySyncError, advise_also
from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting._execute import Doubt
from visma_busy_sync.eaccounting.codes import code_of
from visma_busy_sync.eaccounting.errors import ApiError, EAccountingError, NotSent, UnreadableAnswer
from visma_busy_sync.integration._clocks import CLOCKS_DIFFER
from visma_busy_sync.integration._ledger import LedgerBook
from visma_busy_sync.integration._searching import note_found, outcome_unknown, search
from visma_busy_sync.integration._upstream import CREATE_ORDER, Upstream
from visma_busy_sync.orders import (
    Event,
    LedgerEntry,
    OrderOutcomeUnknown,
    OrderRejected,
    PostAnswer,
    outcome_of,
    problems_of_refusal,
    snapshot,
)

_STAYS: Final = "The order stays reserved, with its hours and costs: push it again after that."


async def note_sending(ledger: LedgerBook, before: LedgerEntry) -> LedgerEntry:
    """Write down that the POST is about to be made.

    A caller that is cancelled meanwhile makes none. That is written down too, and only where this very
    caller has written the other: it could be another worker's POST.

    Raises:
        StoreBusy: If something happened to the order since `before` was read; nothing is to be sent.
    """
    written: list[LedgerEntry] = []
    cancelled = False

    async def undo() -> None:
        with contextlib.suppress(Exception):  # then the store says `sending`: nobody knows any more
            await ledger.fire(
                Event.NOT_SENT,
                after=written[0],
                problem="The push was cancelled before it sent anything.",
            )

    async def note() -> None:
        written.append(await ledger.fire(Event.SEND, after=before))
        if cancelled:
            await undo()

    try:
        await ledger.site.runtime.to_end(note)
    except GeneratorExit:  # the coroutine was dropped: nothing can be awaited any more
        raise
    except BaseException:
        cancelled = True
        if written:
            await ledger.site.runtime.to_end(undo)
        raise
    return written[0]


async def post(
    upstream: Upstream, new: models.NewOrder, ledger: LedgerBook, entry: LedgerEntry, *, since: float
) -> tuple[LedgerEntry, models.Order]:
    """Make the POST of an order that is `sending`; return the transferred order, and what was answered.

    Args:
        upstream: eAccounting.
        new: What to send.
        ledger: The order's page.
        entry: The order.
        since: The clock's `monotonic()` before `sending` was written down. The deadline counts from then: one
            that is held up for longer than recovery waits for it must not send any more. Nor by the date: the
            other clock may stand still while the machine sleeps.

    Raises:
        OrderRejected: If eAccounting refused the order.
        OrderOutcomeUnknown: If nobody can say what became of it.
        EAccountingError: If it was surely not made, for a reason that is not the order's.
    """
    doubt = Doubt()
    sent = entry.history[-1].at
    latest = sent + timedelta(seconds=ledger.site.options.deadline) + CLOCKS_DIFFER
    try:
        draft = await upstream.create_draft(new, doubt, since=since, latest=latest)
    except EAccountingError as error:
        event = outcome_of(_answer(error))
        code = error.code if isinstance(error, ApiError) else None
        unclear = await _noted(ledger, entry, event, problem=error.message, error_code=code)
        if event is Event.REJECTED and isinstance(error, ApiError):
            raise OrderRejected(
                entry.order_id,
                status=error.status,
                error_code=error.code,
                error_id=error.error_id,
                problem=error.message,
                problems=problems_of_refusal(entry.order, error.code),
                cure=_cure(error),
            ) from error
        if event is Event.OUTCOME_UNKNOWN:
            if isinstance(error, UnreadableAnswer) and 200 <= error.status < 300:
                found = await _found_at_once(upstream, ledger, unclear)
                if found is not None:
                    return found
            raise outcome_unknown(ledger.site, unclear) from error
        advise_also(error, _STAYS)
        raise
    except GeneratorExit:  # the coroutine was dropped: nothing can be awaited any more
        raise
    except BaseException as error:  # a host's own ports may raise anything, and the caller may be cancelled
        event = Event.OUTCOME_UNKNOWN if doubt.is_open else Event.NOT_SENT
        if not isinstance(error, Exception):
            with contextlib.suppress(OrderOutcomeUnknown):  # the cancellation is what the caller waits for
                await _noted(ledger, entry, event, problem=_unforeseen(error))
            raise
        unclear = await _noted(ledger, entry, event, problem=_unforeseen(error))
        if doubt.is_open:
            raise outcome_unknown(ledger.site, unclear) from error
        raise
    after = await _noted(
        ledger,
        entry,
        Event.TRANSFERRED,
        eaccounting_id=draft.id,
        number=draft.number or None,
        snapshot=snapshot(draft),
    )
    return after, draft


async def _found_at_once(
    upstream: Upstream, ledger: LedgerBook, entry: LedgerEntry
) -> tuple[LedgerEntry, models.Order] | None:
    """Look for an order whose POST was answered as done, but unreadably; None if it is not seen yet."""
    with contextlib.suppress(VismaBusySyncError):  # recovery looks again
        draft = (await search(ledger.site, upstream, entry)).looked.draft
        if draft is not None:
            return await note_found(upstream, ledger, entry, draft.id)
    return None


def _unforeseen(error: BaseException) -> str:
    if isinstance(error, VismaBusySyncError):
        return error.message
    # Its text may tell an address or more; the traceback has it all the same.
    return f"The sending failed with {type(error).__name__}."


async def _noted(
    ledger: LedgerBook,
    entry: LedgerEntry,
    event: Event,
    *,
    eaccounting_id: str | None = None,
    number: int | None = None,
    snapshot: str | None = None,
    problem: str | None = None,
    error_code: int | None = None,
) -> LedgerEntry:
    """Write down what became of the POST, even if the caller is cancelled meanwhile.

    If that fails, the store says `sending`: nobody knows any more.
    """
    after: list[LedgerEntry] = []

    async def note() -> None:
        after.append(
            await ledger.fire(
                event,
                after=entry,
                eaccounting_id=eaccounting_id,
                number=number,
                snapshot=snapshot,
                problem=problem,
                error_code=error_code,
            )
        )
        await ledger.site.teller.tell()  # at once: the push that would do it may be cancelled

    try:
        await ledger.site.runtime.to_end(note)
        return after[0]
    except Exception as error:  # the host's store may raise anything
        raise OrderOutcomeUnknown(entry.order_id, marker=entry.marker) from error


def _cure(error: ApiError) -> str:
    """Return the cure of a refusal's code; the error's own advice speaks of the error itself."""
    known = code_of(error.code, error.detail)
    return known.advice if known is not None else ""


def _answer(error: EAccountingError) -> PostAnswer:
    if error.operation != CREATE_ORDER or isinstance(error, NotSent):
        # What failed came before the POST, such as renewing the token.
        return PostAnswer(status=None, surely_not_sent=True)
    if isinstance(error, ApiError):
        # Some statuses speak for themselves; but only the API's own error object is about the order.
        own = error.code is not None or error.error_id is not None
        return PostAnswer(status=error.status, error_code=error.code, readable=own)
    return PostAnswer(status=error.status if isinstance(error, UnreadableAnswer) else None)
