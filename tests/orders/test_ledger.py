"""The ledger: one table of what may happen to an order, so that it reaches eAccounting once."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest

from visma_busy_sync.orders import (
    CLAIMING_STATES,
    DUE_STATES,
    PERSON_STATES,
    TRANSITIONS,
    UNSETTLED_STATES,
    DocumentError,
    DocumentTooNew,
    Event,
    IllegalTransition,
    LedgerEntry,
    OrderProgress,
    Stage,
    State,
    can_fire,
    diagram,
    entry_from_json,
    entry_to_json,
    fire,
    new_entry,
    with_progress,
)
from visma_busy_sync.orders._ledger.ledger import HISTORY_STEPS

from .given import MARKER, NOON, built, entry_in, hours, later, work

ORDER = built(work(hours()))
SEEN = {"eaccounting_id": "draft"}
TROUBLE = {"problem": "no module"}
FACTS: dict[Event, dict[str, Any]] = {
    Event.TRANSFERRED: SEEN,
    Event.FOUND: SEEN,
    Event.REJECTED: TROUBLE,
    Event.NOT_SENT: TROUBLE,
    Event.OUTCOME_UNKNOWN: TROUBLE,
    Event.ESCALATE: TROUBLE,
    Event.KEPT: TROUBLE,
    Event.REVISE: {"order": attrs.evolve(ORDER, revision=2), "marker": "BY-ABCDEFGHIJKL.2"},
}


def happen(entry: LedgerEntry, *events: Event) -> LedgerEntry:
    for minute, event in enumerate(events):
        entry = fire(entry, event, at=later(minute), **FACTS.get(event, {}))
    return entry


STORIES = {
    "sent": ([Event.RESERVE, Event.SEND, Event.TRANSFERRED], State.TRANSFERRED),
    "sent before a database was restored": ([Event.RESERVE, Event.FOUND], State.TRANSFERRED),
    "sent after a cure": (
        [Event.RESERVE, Event.SEND, Event.NOT_SENT, Event.SEND, Event.TRANSFERRED],
        State.TRANSFERRED,
    ),
    "refused and edited": (
        [Event.RESERVE, Event.SEND, Event.REJECTED, Event.REOPEN, Event.REVISE],
        State.FINALISED,
    ),
    "unanswered and found": (
        [Event.RESERVE, Event.SEND, Event.OUTCOME_UNKNOWN, Event.FOUND],
        State.TRANSFERRED,
    ),
    "unanswered, sent again by a person": (
        [Event.RESERVE, Event.SEND, Event.OUTCOME_UNKNOWN, Event.ESCALATE, Event.RESEND, Event.SEND],
        State.SENDING,
    ),
    "unanswered, seen by a person": (
        [Event.RESERVE, Event.SEND, Event.OUTCOME_UNKNOWN, Event.ESCALATE, Event.FOUND],
        State.TRANSFERRED,
    ),
    "withdrawn": (
        [Event.RESERVE, Event.SEND, Event.TRANSFERRED, Event.WITHDRAW, Event.GONE],
        State.WITHDRAWN,
    ),
    "not withdrawn, since it was edited": (
        [Event.RESERVE, Event.SEND, Event.TRANSFERRED, Event.WITHDRAW, Event.KEPT],
        State.TRANSFERRED,
    ),
    "unanswered, looked for twice and sent again": (
        [Event.RESERVE, Event.SEND, Event.OUTCOME_UNKNOWN, Event.ABSENT, Event.RESEND, Event.SEND],
        State.SENDING,
    ),
    "withdrawn, when a person has looked": (
        [
            Event.RESERVE,
            Event.SEND,
            Event.TRANSFERRED,
            Event.WITHDRAW,
            Event.ESCALATE,
            Event.WITHDRAW,
            Event.GONE,
        ],
        State.WITHDRAWN,
    ),
    "copied upstream": (
        [Event.RESERVE, Event.SEND, Event.TRANSFERRED, Event.ESCALATE, Event.FOUND],
        State.TRANSFERRED,
    ),
    "deleted upstream and released": (
        [Event.RESERVE, Event.SEND, Event.TRANSFERRED, Event.MISSING, Event.RELEASE],
        State.RELEASED,
    ),
    "converted under a new id": (
        [Event.RESERVE, Event.SEND, Event.TRANSFERRED, Event.MISSING, Event.FOUND],
        State.TRANSFERRED,
    ),
}


@pytest.mark.parametrize(("events", "state"), list(STORIES.values()), ids=list(STORIES))
def test_the_life_of_an_order(events: list[Event], state: State) -> None:
    """Every story of the design can happen, and its history tells it."""
    entry = happen(new_entry(ORDER, marker=MARKER), *events)

    assert entry.state is state
    assert [step.event for step in entry.history] == events
    assert entry.history[-1].at == later(len(events) - 1)


@pytest.mark.parametrize(
    ("state", "event"),
    [
        pytest.param(state, event, id=f"{state}-{event}")
        for state, event in itertools.product(State, Event)
        if (state, event) not in TRANSITIONS
    ],
)
def test_an_illegal_event_raises_and_changes_nothing(state: State, event: Event) -> None:
    """What is not in the table cannot happen."""
    entry = entry_in(state, ORDER)
    before = entry_to_json(entry)

    assert not can_fire(entry, event)
    with pytest.raises(IllegalTransition) as caught:
        fire(entry, event, at=NOON, **FACTS.get(event, {}))
    assert (caught.value.order_id, caught.value.state, caught.value.event) == ("order", state, event)
    assert caught.value.advice
    assert entry_to_json(entry) == before


@pytest.mark.parametrize(
    ("key", "state"), list(TRANSITIONS.items()), ids=[f"{s}-{e}" for s, e in TRANSITIONS]
)
def test_a_legal_event_makes_a_new_entry(key: tuple[State, Event], state: State) -> None:
    """The given entry stays as it was."""
    entry = entry_in(key[0], ORDER)
    before = entry_to_json(entry)

    assert can_fire(entry, key[1])
    assert happen(entry, key[1]).state is state
    assert entry_to_json(entry) == before


def test_every_state_can_be_reached_and_none_is_a_trap() -> None:
    """From each a draft can still come about, or the entries are free."""
    reached = {State.FINALISED}
    for _ in State:
        reached |= {after for (before, _), after in TRANSITIONS.items() if before in reached}

    assert reached == set(State)
    assert {before for before, _ in TRANSITIONS} == set(State)


def test_entries_are_held_from_the_reservation_until_they_are_surely_free() -> None:
    """Free are those of orders of which no draft can be."""
    assert set(State) - CLAIMING_STATES == {
        State.FINALISED,
        State.OPEN,
        State.WITHDRAWN,
        State.RELEASED,
    }
    assert entry_in(State.FINALISED, ORDER).claims == ()
    assert entry_in(State.NEEDS_ATTENTION, ORDER).claims == ("entry:e1",)


def test_who_acts_next_is_told_by_the_state() -> None:
    """Sent by itself, looked into after a crash, or decided by a person: never two of them."""
    assert {State.FINALISED, State.RESERVED} == DUE_STATES
    assert {State.SENDING, State.OUTCOME_UNKNOWN, State.WITHDRAWING} == UNSETTLED_STATES
    assert {State.REJECTED, State.NEEDS_ATTENTION, State.GONE_UPSTREAM} == PERSON_STATES
    assert not DUE_STATES & UNSETTLED_STATES
    assert not (DUE_STATES | UNSETTLED_STATES) & PERSON_STATES


def test_what_is_seen_in_eaccounting_is_kept() -> None:
    """The id, the number once there is one, and the checksum of what was read back."""
    entry = happen(new_entry(ORDER, marker=MARKER), Event.RESERVE, Event.SEND)
    entry = fire(entry, Event.TRANSFERRED, at=NOON, eaccounting_id="a", snapshot="sum")

    assert (entry.eaccounting_id, entry.number, entry.snapshot) == ("a", None, "sum")
    entry = fire(entry, Event.FOUND, at=NOON, eaccounting_id="b", number=17)
    assert (entry.eaccounting_id, entry.number, entry.snapshot) == ("b", 17, "sum")
    entry = fire(entry, Event.FOUND, at=NOON, eaccounting_id="b")
    assert entry.number == 17
    entry = happen(entry, Event.WITHDRAW, Event.GONE)
    assert entry.eaccounting_id == "b"


def test_the_moment_of_the_reservation_is_kept() -> None:
    """The search for the draft starts there; it is told in UTC."""
    there = NOON.astimezone(timezone(timedelta(hours=2)))
    entry = fire(new_entry(ORDER, marker=MARKER), Event.RESERVE, at=there)

    assert entry.reserved_at == NOON
    assert entry.reserved_at is not None
    assert entry.reserved_at.tzinfo is UTC


def test_a_problem_is_told_until_it_is_over() -> None:
    """It stays while the order is sent again, and goes when the draft is there."""
    entry = happen(new_entry(ORDER, marker=MARKER), Event.RESERVE, Event.SEND, Event.NOT_SENT)
    assert entry.problem == "no module"
    entry = happen(entry, Event.SEND)
    assert entry.problem == "no module"
    entry = happen(entry, Event.TRANSFERRED)
    assert entry.problem is None
    assert [step.problem for step in entry.history] == [None, None, "no module", None, None]


def test_a_new_revision_starts_anew_and_keeps_the_history() -> None:
    """Nothing of the old draft is taken for the new one."""
    entry = happen(new_entry(ORDER, marker=MARKER), Event.RESERVE, Event.SEND, Event.TRANSFERRED)
    assert entry.was_sent
    entry = happen(entry, Event.WITHDRAW, Event.GONE, Event.REVISE)

    assert (entry.state, entry.revision, entry.marker) == (State.FINALISED, 2, "BY-ABCDEFGHIJKL.2")
    assert (entry.eaccounting_id, entry.reserved_at, entry.problem) == (None, None, None)
    assert not entry.was_sent
    assert [step.revision for step in entry.history] == [1, 1, 1, 1, 1, 2]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"revision": 1}, id="the same revision"),
        pytest.param({"revision": 2, "id": "another"}, id="another order"),
    ],
)
def test_only_a_higher_revision_of_the_same_order_replaces_it(changes: dict[str, Any]) -> None:
    """Everything else is a mistake of the caller."""
    with pytest.raises(ValueError, match="higher revision"):
        fire(
            entry_in(State.OPEN, ORDER),
            Event.REVISE,
            at=NOON,
            order=attrs.evolve(ORDER, **changes),
            marker="BY-ABCDEFGHIJKL.2",
        )


@pytest.mark.parametrize(
    ("state", "event", "facts", "message"),
    [
        pytest.param(State.SENDING, Event.TRANSFERRED, {}, "eaccounting_id is missing", id="no id"),
        pytest.param(State.SENDING, Event.REJECTED, {}, "problem is missing", id="no problem"),
        pytest.param(State.OPEN, Event.REVISE, {}, "marker is missing, order is missing", id="no order"),
        pytest.param(
            State.RESERVED, Event.SEND, SEEN, "eaccounting_id does not belong", id="id of what is not there"
        ),
        pytest.param(State.SENDING, Event.TRANSFERRED, SEEN | TROUBLE, "problem does not", id="both"),
    ],
)
def test_an_event_takes_its_own_facts(
    state: State, event: Event, facts: dict[str, Any], message: str
) -> None:
    """A transfer without an id or a refusal without a reason is never stored."""
    with pytest.raises(ValueError, match=message):
        fire(entry_in(state, ORDER), event, at=NOON, **facts)


def test_the_moment_of_an_event_states_its_offset() -> None:
    """A local time alone is ambiguous."""
    with pytest.raises(ValueError, match="aware"):
        fire(new_entry(ORDER, marker=MARKER), Event.RESERVE, at=datetime(2026, 11, 1))  # noqa: DTZ001


def test_the_history_does_not_grow_for_ever() -> None:
    """An order that waits for a cure for months remembers its last steps."""
    entry = happen(new_entry(ORDER, marker=MARKER), Event.RESERVE, *[Event.SEND, Event.NOT_SENT] * 80)

    assert len(entry.history) == HISTORY_STEPS
    assert entry.history[-1].event is Event.NOT_SENT


def test_an_entry_comes_back_exactly() -> None:
    """With its order, its moments and its problem."""
    entry = happen(new_entry(ORDER, marker=MARKER), Event.RESERVE, Event.SEND, Event.OUTCOME_UNKNOWN)

    again = entry_from_json(entry_to_json(entry))

    assert again == entry
    assert (again.order_id, again.revision, again.company_id) == ("order", 1, "company")
    assert "no module" not in repr(again)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"order": None}, id="no order"),
        pytest.param({"order": "{}"}, id="a broken order"),
        pytest.param({"entry": {}}, id="no members"),
        pytest.param({"document": "order"}, id="another document"),
    ],
)
def test_a_broken_entry_is_refused(changes: dict[str, Any]) -> None:
    """With the same typed error as an order."""
    body = json.loads(entry_to_json(entry_in(State.SENDING, ORDER)))

    with pytest.raises(DocumentError):
        entry_from_json(json.dumps(body | changes))


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-10T12:00:00"])
def test_an_entry_with_a_moment_that_is_none_is_refused(moment: str) -> None:
    """Also one without its offset."""
    body = json.loads(entry_to_json(entry_in(State.SENDING, ORDER)))
    body["entry"]["reserved_at"] = moment

    with pytest.raises(DocumentError):
        entry_from_json(json.dumps(body))


def test_an_entry_of_a_newer_version_is_refused() -> None:
    """It is never half read and written back."""
    body = json.loads(entry_to_json(entry_in(State.SENDING, ORDER)))

    with pytest.raises(DocumentTooNew):
        entry_from_json(json.dumps(body | {"schema": 4}))


def test_an_entry_of_the_first_version_is_read() -> None:
    """What was stored before nothing was read back."""
    entry = happen(new_entry(ORDER, marker=MARKER), Event.RESERVE, Event.SEND, Event.TRANSFERRED)
    body = json.loads(entry_to_json(entry))
    del body["entry"]["progress"]
    assert entry_from_json(json.dumps(body | {"schema": 1})) == entry
    with pytest.raises(DocumentError):
        entry_from_json(json.dumps(body))
    with pytest.raises(DocumentError):
        entry_from_json(json.dumps(body | {"schema": 1, "entry": None}))


def test_an_entry_of_the_second_version_is_read() -> None:
    """Its progress told no differences, and its checksum was of fewer members: no edit can be told by it."""
    entry = happen(new_entry(ORDER, marker=MARKER), Event.RESERVE, Event.SEND)
    entry = fire(entry, Event.TRANSFERRED, at=NOON, eaccounting_id="a", snapshot="sum")
    entry = with_progress(entry, OrderProgress(stage=Stage.DRAFT, read_at=NOON))
    body = json.loads(entry_to_json(entry))
    del body["entry"]["progress"]["differences"]
    assert entry_from_json(json.dumps(body | {"schema": 2})) == attrs.evolve(entry, snapshot=None)
    with pytest.raises(DocumentError):
        entry_from_json(json.dumps(body))


def test_when_something_happened_last_to_this_revision() -> None:
    entry = happen(new_entry(ORDER, marker=MARKER), Event.RESERVE, Event.SEND, Event.NOT_SENT, Event.SEND)
    assert entry.moment_of(Event.SEND) == later(3)
    assert entry.moment_of(Event.SEND, Event.RESERVE) == later(3)
    assert entry.moment_of(Event.FOUND) is None
    revised = happen(attrs.evolve(entry, state=State.OPEN), Event.REVISE)
    assert revised.moment_of(Event.SEND) is None


def test_who_decides_that_no_draft_is_there_forgets_the_one_before() -> None:
    """Else it would be taken for the draft of what is sent now."""
    entry = happen(new_entry(ORDER, marker=MARKER), Event.RESERVE, Event.SEND, Event.TRANSFERRED)
    entry = happen(entry, Event.WITHDRAW, Event.ESCALATE, Event.RESEND)
    assert (entry.state, entry.eaccounting_id, entry.snapshot) == (State.RESERVED, None, None)


@pytest.mark.parametrize("events", [[Event.MISSING], [Event.WITHDRAW, Event.GONE]], ids=str)
def test_an_order_that_is_gone_says_so_for_people(events: list[Event]) -> None:
    entry = happen(new_entry(ORDER, marker=MARKER), Event.RESERVE, Event.SEND, Event.TRANSFERRED)
    assert entry.progress is None
    entry = happen(entry, *events)
    assert entry.progress is not None
    assert (entry.progress.stage, entry.progress.read_at) == (Stage.DELETED, entry.history[-1].at)


def test_the_diagram_is_drawn_from_the_table() -> None:
    """Each transition is one arrow."""
    drawn = diagram().splitlines()

    assert drawn[:2] == ["stateDiagram-v2", "    [*] --> finalised"]
    assert "    sending --> outcome_unknown: outcome_unknown" in drawn
    assert len(drawn) == len(TRANSITIONS) + 2
