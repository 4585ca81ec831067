"""What a person can do with an order, by where it stands."""

from __future__ import annotations

from attrs import frozen

from visma_busy_sync.orders import DUE_STATES, UNSETTLED_STATES, Event, LedgerEntry, Stage, State, can_fire


@frozen(kw_only=True)
class OrderActions:
    """Which buttons the page of an order has."""

    push: bool = False
    read_back: bool = False
    recover: bool = False
    resolve: bool = False
    withdraw: bool = False
    reopen: bool = False
    release: bool = False


def actions_of(entry: LedgerEntry | None) -> OrderActions:
    """Return what may be done; None is an order that the ledger does not know, since it was never pushed."""
    if entry is None:
        return OrderActions(push=True)
    is_draft = entry.progress is None or entry.progress.stage is Stage.DRAFT
    return OrderActions(
        push=entry.state in DUE_STATES,
        read_back=entry.state is State.TRANSFERRED,
        recover=entry.state in UNSETTLED_STATES,
        resolve=entry.state is State.NEEDS_ATTENTION,
        withdraw=entry.state is State.TRANSFERRED and is_draft,
        reopen=can_fire(entry, Event.REOPEN),
        release=entry.state is State.GONE_UPSTREAM,
    )
