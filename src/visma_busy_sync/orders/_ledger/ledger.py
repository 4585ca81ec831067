"""The order ledger: what may happen to an order, as one table, and the few lines that fire it.

Theory of operation. An order must reach eAccounting once: not twice, since a customer would be billed
twice, and not never. eAccounting knows no idempotency key, so the ledger remembers. Everything that is
about to happen is written down before it happens (`reserved` before the first request, `sending` before
the POST, `withdrawing` before the DELETE), and what became of it afterwards. A crash leaves the order in a
state that says what is not known, and `outcome_unknown` leaves only by finding the draft or by a decision.

The states that hold claims keep their entries from every other order. Only `finalised`, `open`,
`withdrawn` and `released` do not: there no draft can be.

Every change of state happens in `fire`. It returns a new entry and never changes the given one; an event
that the state does not know raises and changes nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

import attrs
from attrs import field, frozen

from visma_busy_sync.busy import Order
from visma_busy_sync.busy._canonical import canonical_json, members
from visma_busy_sync.orders._document import order_from_json, order_to_json
from visma_busy_sync.orders._errors import DocumentError, IllegalTransition
from visma_busy_sync.orders._ledger.progress import OrderProgress, Stage
from visma_busy_sync.orders._reading import parse, structure

LEDGER_SCHEMA: Final = 3
"""The schema version of ledger entries that this version writes."""

HISTORY_STEPS: Final = 100
"""Steps that an entry remembers; an order that waits for a cure may go in circles for months."""

_DOCUMENT: Final = "ledger entry"


class State(enum.StrEnum):
    """Where an order stands."""

    FINALISED = "finalised"
    """Known, nothing claimed and nothing sent."""
    RESERVED = "reserved"
    """Its entries are claimed; surely nothing is there. Also: not taken, waiting for a cure."""
    SENDING = "sending"
    """The POST may be under way."""
    TRANSFERRED = "transferred"
    """The draft exists."""
    REJECTED = "rejected"
    """The order was definitely refused by eAccounting."""
    OPEN = "open"
    """To be edited, after a refusal or before it was sent; its entries are free."""
    OUTCOME_UNKNOWN = "outcome_unknown"
    """The POST was not answered clearly."""
    NEEDS_ATTENTION = "needs_attention"
    """A person decides whether the draft is there."""
    WITHDRAWING = "withdrawing"
    """A person asked to delete the draft; the DELETE may be under way."""
    WITHDRAWN = "withdrawn"
    """The draft was deleted by us and is confirmed gone; its entries are free."""
    GONE_UPSTREAM = "gone_upstream"
    """The draft was deleted in eAccounting."""
    RELEASED = "released"
    """A person freed the entries of a draft that is gone."""


class Event(enum.StrEnum):
    """What happens to an order."""

    RESERVE = "reserve"
    """Its entries are claimed, in the same commit."""
    SEND = "send"
    """The POST is about to be made."""
    TRANSFERRED = "transferred"
    """The POST was answered with the draft."""
    REJECTED = "rejected"
    """The POST was definitely refused, because of the order."""
    NOT_SENT = "not_sent"
    """The POST surely made nothing, and not because of the order."""
    OUTCOME_UNKNOWN = "outcome_unknown"
    """Nobody can say what the POST did."""
    ABSENT = "absent"
    """A sure search that shows another known draft of ours does not show this one."""
    FOUND = "found"
    """The draft was seen in eAccounting: by its marker, by a person, or by reading it again."""
    ESCALATE = "escalate"
    """What is there is not clear enough to go on alone."""
    RESEND = "resend"
    """It is decided that no draft is there, and the order is sent again."""
    REOPEN = "reopen"
    """A person wants to edit an order that was refused, or not sent; its entries are freed with it."""
    REVISE = "revise"
    """The order was made anew with a higher revision."""
    WITHDRAW = "withdraw"
    """A person asks to delete the draft."""
    KEPT = "kept"
    """The draft was not deleted: it has moved on, was edited, or eAccounting refused."""
    GONE = "gone"
    """The withdrawn draft is confirmed gone; its entries are freed, in the same commit."""
    MISSING = "missing"
    """A transferred order is confirmed gone in eAccounting, and not by us."""
    RELEASE = "release"
    """A person frees the entries of an order that is gone."""


TRANSITIONS: Final[Mapping[tuple[State, Event], State]] = MappingProxyType(
    {
        (State.FINALISED, Event.RESERVE): State.RESERVED,
        # A restored database forgets what it sent: one search comes before the first send.
        (State.RESERVED, Event.FOUND): State.TRANSFERRED,
        (State.RESERVED, Event.ESCALATE): State.NEEDS_ATTENTION,
        (State.RESERVED, Event.SEND): State.SENDING,
        (State.SENDING, Event.TRANSFERRED): State.TRANSFERRED,
        (State.SENDING, Event.REJECTED): State.REJECTED,
        (State.SENDING, Event.NOT_SENT): State.RESERVED,
        (State.SENDING, Event.OUTCOME_UNKNOWN): State.OUTCOME_UNKNOWN,
        (State.REJECTED, Event.REOPEN): State.OPEN,
        # It is looked for before it is reopened: a later revision may have been sent and forgotten since.
        (State.REJECTED, Event.FOUND): State.TRANSFERRED,
        (State.REJECTED, Event.ESCALATE): State.NEEDS_ATTENTION,
        # What waits for a cure may need an edit instead; it is looked for before, as before a send.
        (State.RESERVED, Event.REOPEN): State.OPEN,
        (State.OPEN, Event.REVISE): State.FINALISED,
        # One such look does not prove that nothing is there, since it may appear late; it is remembered.
        (State.OUTCOME_UNKNOWN, Event.ABSENT): State.OUTCOME_UNKNOWN,
        (State.OUTCOME_UNKNOWN, Event.FOUND): State.TRANSFERRED,
        (State.OUTCOME_UNKNOWN, Event.ESCALATE): State.NEEDS_ATTENTION,
        (State.OUTCOME_UNKNOWN, Event.RESEND): State.RESERVED,
        (State.NEEDS_ATTENTION, Event.FOUND): State.TRANSFERRED,
        (State.NEEDS_ATTENTION, Event.RESEND): State.RESERVED,
        # A restored database knows an earlier revision than eAccounting: the later one takes its place.
        (State.NEEDS_ATTENTION, Event.REVISE): State.FINALISED,
        # Its draft is known, and a person asks again what could not be confirmed before.
        (State.NEEDS_ATTENTION, Event.WITHDRAW): State.WITHDRAWING,
        (State.TRANSFERRED, Event.FOUND): State.TRANSFERRED,
        (State.TRANSFERRED, Event.WITHDRAW): State.WITHDRAWING,
        (State.WITHDRAWING, Event.KEPT): State.TRANSFERRED,
        (State.WITHDRAWING, Event.GONE): State.WITHDRAWN,
        (State.WITHDRAWING, Event.ESCALATE): State.NEEDS_ATTENTION,
        (State.WITHDRAWN, Event.REVISE): State.FINALISED,
        (State.TRANSFERRED, Event.MISSING): State.GONE_UPSTREAM,
        (State.TRANSFERRED, Event.ESCALATE): State.NEEDS_ATTENTION,
        # An id may change when a draft becomes an order: then it is found again under the new one.
        (State.GONE_UPSTREAM, Event.FOUND): State.TRANSFERRED,
        (State.GONE_UPSTREAM, Event.ESCALATE): State.NEEDS_ATTENTION,
        (State.GONE_UPSTREAM, Event.RELEASE): State.RELEASED,
        (State.RELEASED, Event.REVISE): State.FINALISED,
    }
)
"""Everything that may happen; what is not here may not."""

CLAIMING_STATES: Final = frozenset(State) - {State.FINALISED, State.OPEN, State.WITHDRAWN, State.RELEASED}
"""States whose orders hold the claims of their entries."""

PERSON_STATES: Final = frozenset({State.REJECTED, State.NEEDS_ATTENTION, State.GONE_UPSTREAM})
"""States that only a person leads out of."""

DUE_STATES: Final = frozenset({State.FINALISED, State.RESERVED})
"""States from which an order may be sent without being asked."""

UNSETTLED_STATES: Final = frozenset({State.SENDING, State.OUTCOME_UNKNOWN, State.WITHDRAWING})
"""States that recovery looks into after a crash: something may have happened that is not written down."""


@frozen
class _Facts:
    """Which facts an event takes: those it must have, and those it may have."""

    needed: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()


_SEEN: Final = _Facts(frozenset({"eaccounting_id"}), frozenset({"number", "snapshot"}))
_TROUBLE: Final = _Facts(frozenset({"problem"}))

_FACTS: Final[Mapping[Event, _Facts]] = MappingProxyType(
    {
        Event.TRANSFERRED: _SEEN,
        Event.FOUND: _SEEN,
        Event.REJECTED: _TROUBLE,
        Event.NOT_SENT: _TROUBLE,
        Event.OUTCOME_UNKNOWN: _TROUBLE,
        Event.ESCALATE: _TROUBLE,
        Event.KEPT: _TROUBLE,
        Event.REVISE: _Facts(frozenset({"order", "marker"})),
    }
)
"""Events that are not here take no facts."""

_SETTLING: Final = frozenset({Event.TRANSFERRED, Event.FOUND, Event.GONE, Event.RELEASE, Event.REVISE})
"""Events after which the last problem is over."""

_ENDING: Final = frozenset({Event.GONE, Event.MISSING})
"""Events by which the draft is no more."""


@frozen(kw_only=True)
class Step:
    """One thing that happened to an order.

    Attributes:
        event: What happened.
        at: When, in UTC.
        state: The state that it led to.
        revision: The revision of the order then.
        problem: What went wrong, if something did.
    """

    event: Event
    at: datetime
    state: State
    revision: int
    problem: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class LedgerEntry:
    """What the ledger knows of one order; made by `new_entry`, changed by `fire` alone.

    Attributes:
        order: The order as it was finalised.
        state: Where it stands.
        marker: By what its draft is found in eAccounting.
        reserved_at: When the entries of this revision were claimed; None before.
        eaccounting_id: eAccounting's id of the draft; kept after it is gone.
        number: eAccounting's number of the order; None while it is a draft.
        snapshot: The checksum of the draft before anybody edited it (`snapshot`), as the push was answered or
            as it was found; None if none is known. It shows whether someone edited the draft since.
        problem: What last went wrong and is not over.
        progress: What was last read of it in eAccounting; None if nothing was since it was transferred.
        history: The last 100 steps, oldest first.
    """

    order: Order
    state: State
    marker: str
    reserved_at: datetime | None = None
    eaccounting_id: str | None = None
    number: int | None = None
    snapshot: str | None = None
    problem: str | None = field(default=None, repr=False)
    progress: OrderProgress | None = None
    history: tuple[Step, ...] = field(default=(), repr=False)

    @property
    def order_id(self) -> str:
        """The order's id."""
        return self.order.id

    @property
    def revision(self) -> int:
        """The order's revision."""
        return self.order.revision

    @property
    def company_id(self) -> str:
        """The company that the order was built for."""
        return self.order.company_id

    @property
    def holds(self) -> bool:
        """Whether it keeps what it bills from every other order."""
        return self.state in CLAIMING_STATES

    @property
    def claims(self) -> tuple[str, ...]:
        """The claim keys that it holds; none where the state frees them."""
        return self.order.claims if self.holds else ()

    @property
    def was_sent(self) -> bool:
        """Whether this revision was ever about to be sent, as far as the history reaches."""
        return self.moment_of(Event.SEND) is not None

    def moment_of(self, *events: Event) -> datetime | None:
        """Return when one of the events last happened to this revision; None if the history has none."""
        moments = (
            step.at
            for step in reversed(self.history)
            if step.event in events and step.revision == self.revision
        )
        return next(moments, None)


def new_entry(order: Order, *, marker: str) -> LedgerEntry:
    """Return the entry of an order that was just finalised."""
    return LedgerEntry(order=order, state=State.FINALISED, marker=marker)


def can_fire(entry: LedgerEntry, event: Event) -> bool:
    """Tell whether `event` may happen to the order now."""
    return (entry.state, event) in TRANSITIONS


def fire(
    entry: LedgerEntry,
    event: Event,
    *,
    at: datetime,
    eaccounting_id: str | None = None,
    number: int | None = None,
    snapshot: str | None = None,
    problem: str | None = None,
    order: Order | None = None,
    marker: str | None = None,
) -> LedgerEntry:
    """Return the entry as it is after `event`; the given one is not changed.

    Args:
        entry: The entry.
        event: What happened.
        at: When, an aware datetime.
        eaccounting_id: For `TRANSFERRED` and `FOUND`: eAccounting's id of the draft.
        number: For the same two: the number, if there is one.
        snapshot: For the same two: the checksum of what was read back.
        problem: What went wrong, one sentence; for every event that is no success.
        order: For `REVISE`: the new order, with the same id and a higher revision.
        marker: For `REVISE`: the marker of the new revision.

    Raises:
        IllegalTransition: If the state does not know the event.
        ValueError: If a fact is missing or does not belong to the event, or `at` is naive.
    """
    state = TRANSITIONS.get((entry.state, event))
    if state is None:
        raise IllegalTransition(entry.order_id, state=entry.state, event=event)
    facts = {
        "eaccounting_id": eaccounting_id,
        "number": number,
        "snapshot": snapshot,
        "problem": problem,
        "order": order,
        "marker": marker,
    }
    given = {name: fact for name, fact in facts.items() if fact is not None}
    _check_facts(event, given)
    if at.utcoffset() is None:
        raise ValueError("the moment of an event must be an aware datetime")
    moment = at.astimezone(UTC)
    changed = entry
    if order is not None and marker is not None:
        changed = _revised(entry, order, marker)
    if event is Event.RESERVE:
        changed = attrs.evolve(changed, reserved_at=moment)
    if eaccounting_id is not None:
        changed = _seen(changed, eaccounting_id, number, snapshot)
    if event is Event.RESEND:  # so what was there, if anything was, is not the draft of what is sent now
        changed = attrs.evolve(changed, eaccounting_id=None, number=None, snapshot=None, progress=None)
    if event in _ENDING:
        over = OrderProgress(stage=Stage.DELETED, number=changed.number, read_at=moment)
        changed = attrs.evolve(changed, progress=over)
    step = Step(event=event, at=moment, state=state, revision=changed.revision, problem=problem)
    return attrs.evolve(
        changed,
        state=state,
        problem=None if event in _SETTLING else problem or entry.problem,
        history=(*entry.history, step)[-HISTORY_STEPS:],
    )


def _check_facts(event: Event, given: Mapping[str, object]) -> None:
    facts = _FACTS.get(event, _Facts())
    missing = sorted(facts.needed - given.keys())
    foreign = sorted(given.keys() - facts.needed - facts.allowed)
    if missing or foreign:
        wrong = [f"{name} is missing" for name in missing]
        wrong += [f"{name} does not belong to it" for name in foreign]
        raise ValueError(f"the event {event}: {', '.join(wrong)}")


def _seen(entry: LedgerEntry, id: str, number: int | None, snapshot: str | None) -> LedgerEntry:
    # A number and a snapshot that are known are not lost because this look did not tell them.
    return attrs.evolve(
        entry,
        eaccounting_id=id,
        number=number if number is not None else entry.number,
        snapshot=snapshot if snapshot is not None else entry.snapshot,
        progress=None,
    )


def with_progress(entry: LedgerEntry, progress: OrderProgress) -> LedgerEntry:
    """Return the entry of a transferred order with what was read of it; that changes no state.

    Raises:
        IllegalTransition: If the order is not transferred.
    """
    if entry.state is not State.TRANSFERRED:
        raise IllegalTransition(entry.order_id, state=entry.state, event="reading it back")
    number = progress.number if progress.number is not None else entry.number
    return attrs.evolve(entry, progress=progress, number=number)


def _revised(entry: LedgerEntry, order: Order, marker: str) -> LedgerEntry:
    if order.id != entry.order_id or order.revision <= entry.revision:
        raise ValueError("a revised order must have the same id and a higher revision")
    return new_entry(order, marker=marker)


def entry_to_json(entry: LedgerEntry) -> str:
    """Return `entry` as a JSON text; it holds the order, so it is as confidential as that."""
    known = {name: value for name, value in members(entry).items() if name != "order"}
    return canonical_json(
        {
            "document": _DOCUMENT,
            "schema": LEDGER_SCHEMA,
            "order": order_to_json(entry.order),
            "entry": known,
        }
    )


def entry_from_json(text: str) -> LedgerEntry:
    """Return the entry that `entry_to_json` wrote.

    Raises:
        DocumentError: If the text is no such document.
        DocumentTooNew: If a newer version of this package wrote it, or the order in it.
    """
    body = parse(text, document=_DOCUMENT, schema=LEDGER_SCHEMA)
    order = body.get("order")
    if not isinstance(order, str):
        raise DocumentError(_DOCUMENT, "it has no order")
    known = body.get("entry")
    older = body["schema"] != LEDGER_SCHEMA
    if older and isinstance(known, dict):
        known = {**known, "snapshot": None}  # it was of fewer members, and tells nothing now
    return structure(LedgerEntry, known, document=_DOCUMENT, older=older, order=order_from_json(order))


def diagram() -> str:
    """Return the table of transitions as a Mermaid state diagram, for the documentation."""
    arrows = [f"    {before} --> {after}: {event}" for (before, event), after in TRANSITIONS.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {State.FINALISED}", *arrows]) + "\n"
