"""What becomes of an order after its push, and before: found, recovered, resolved, withdrawn, read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from visma_busy_sync import Choices, Recovered
from visma_busy_sync._facade import Tenant
from visma_busy_sync.busy import Distribution, GivenLine, Order
from visma_busy_sync.eaccounting.http import Request, Response
from visma_busy_sync.errors import (
    AccessDenied,
    AnswerLost,
    ConfigurationError,
    DraftChanged,
    DraftStillThere,
    EntryTaken,
    IllegalTransition,
    NotThisDraft,
    OrderChanged,
    OrderClosed,
    OrderNeedsAttention,
    OrderNotTransferred,
    OrderOutcomeUnknown,
    OrderRejected,
    OrderRevised,
    OrdersNotSent,
    OrderUnknown,
    OtherCompany,
    ProjectUnknown,
    SearchIncomplete,
    ServerFault,
)
from visma_busy_sync.integration import DraftChangedReason, NotSentReason, NotThisDraftReason
from visma_busy_sync.orders import DifferenceCode, Event, LedgerEntry, MarkerPlace, Stage, State
from visma_busy_sync.ports import Write
from visma_busy_sync.state import holders, order_key

from .office import ACME, MARCH, Office, entry, ready_to_push, with_work
from .test_orders import again, posts, to_other_company

MARCH_END = date(2026, 3, 31)
DELETE = "DELETE /v2/orders/{id}"
STATUS = {"draft": 1, "order": 2, "shipped": 3, "invoiced": 4}


def known(acme: Tenant, order_id: str = "o1") -> LedgerEntry:
    found = acme.ledger_entry(order_id)
    assert found is not None
    return found


def claims(office: Office) -> dict[str, str]:
    return holders({found.key: found.document.body for found in office.state.scan("claim/", ACME)})


def edit(office: Office, id: str | None, **members: Any) -> None:
    office.control("PATCH", f"/records/orders/{id}", members)


def copy_of(office: Office, row: dict[str, Any], id: str, **members: Any) -> str:
    """Make another order there, like one that is there."""
    body = json.loads(json.dumps({**row, "Id": id, **members}, default=float))
    office.control("PUT", f"/records/orders/{id}", body)
    return id


NEW_ID = "99999999-0000-4000-8000-000000000001"


def restored(office: Office, act: Callable[[], object]) -> None:
    """Do something, then bring the store back to what it was before: a restored backup."""
    before = [(found.tenant, found.key, found.document.body) for found in office.state.scan("")]
    act()
    kept = {(tenant, key): body for tenant, key, body in before}
    for found in office.state.scan(""):
        body = kept.get((found.tenant, found.key))
        office.state.commit(found.tenant, [Write(found.key, found.document.version, body)])


def unknown(office: Office, acme: Tenant, order: Order, *, made: bool) -> None:
    """Push an order whose answer is lost."""
    office.fault("POST", "/orders", "drop_after" if made else "drop_before")
    with pytest.raises(OrderOutcomeUnknown):
        acme.push(order)
    office.control("DELETE", "/faults")


def only(recovered: Any) -> Recovered:
    (one,) = recovered
    assert isinstance(one, Recovered)
    return one


def state_after(recovered: Any) -> State:
    one = only(recovered)
    assert one.error is None
    assert one.entry is not None
    return one.entry.state


def minutes_pass(office: Office, minutes: float) -> None:
    office.clock.advance(60 * minutes)


UNSURE = {"totals": "long"}


# Before the first send


def test_a_restored_database_sends_nothing_twice(office: Office) -> None:
    acme, order = ready_to_push(office)
    restored(office, lambda: acme.push(order))
    assert acme.ledger_entry("o1") is None
    transfer = acme.push(order)
    (draft,) = office.drafts()
    assert (transfer.state, transfer.repeated) == (State.TRANSFERRED, True)
    assert transfer.eaccounting_id == draft["Id"]
    assert posts(office) == 1
    assert [step.event for step in known(acme).history] == [Event.RESERVE, Event.FOUND]


def test_the_marker_is_found_wherever_a_setting_put_it(office: Office) -> None:
    """Also after the setting was changed: no order is sent again, none counts as edited."""
    acme, order = ready_to_push(office, choices=Choices(marker_place=MarkerPlace.YOUR_REFERENCE))
    restored(office, lambda: acme.push(order))
    (draft,) = [each for each in office.upstream("orders") if "BY-" in (each["YourReference"] or "")]
    assert not draft["OurReference"]
    now = office.connected()  # by the usual setting
    assert now.push(order).repeated
    assert posts(office) == 1
    (read,) = now.read_back()
    assert (read.entry and read.entry.progress and read.entry.progress.changes) == ()
    assert now.withdraw("o1").state is State.WITHDRAWN


@pytest.mark.parametrize("filters", ["work", "refused", "ignored"])
@pytest.mark.parametrize("ordering", ["work", "refused", "ignored"])
def test_it_is_found_however_the_list_can_be_read(office: Office, filters: str, ordering: str) -> None:
    """Also on a page far behind, after orders that others made."""
    acme, order = ready_to_push(office)
    restored(office, lambda: acme.push(order))
    (draft,) = office.drafts()
    for number in range(5):
        copy_of(office, draft, f"99999999-0000-4000-8000-10000000000{number}", OurReference="Kari")
    office.profile(filters=filters, ordering=ordering, page_cap=2)
    assert acme.push(order).repeated
    assert posts(office) == 1


def test_a_draft_that_is_seen_in_an_unsure_reading_is_found(office: Office) -> None:
    acme, order = ready_to_push(office)
    restored(office, lambda: acme.push(order))
    office.profile(**UNSURE)
    assert acme.push(order).repeated


def test_a_search_that_is_not_sure_sends_nothing(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.profile(**UNSURE)
    with pytest.raises(SearchIncomplete) as raised:
        acme.push(order)
    assert raised.value.marker in raised.value.advice
    assert (known(acme).state, posts(office)) == (State.RESERVED, 0)
    office.profile(totals="right")
    assert not acme.push(order).repeated


def test_a_search_that_fails_sends_nothing(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.fault("GET", "/orders", "status", status=500)
    with pytest.raises(ServerFault):
        acme.push(order)
    assert (known(acme).state, posts(office)) == (State.RESERVED, 0)
    acme.push(order)


def test_where_drafts_are_not_listed_a_first_push_goes_on(office: Office) -> None:
    """Nothing is known to be there; what cannot be found cannot be looked for."""
    office.profile(drafts_listed=False)
    acme, order = ready_to_push(office)
    assert not acme.push(order).repeated


def test_how_far_back_is_looked_is_a_setting(office: Office) -> None:
    """More of it costs requests."""
    acme, order = ready_to_push(office)
    restored(office, lambda: acme.push(order))
    edit(office, office.drafts()[0]["Id"], CreatedUtc="2025-12-01T00:00:00Z")
    office.fault("POST", "/orders", "status", status=403, error_code=4007)
    with pytest.raises(AccessDenied):  # it is not seen, and would be sent
        acme.push(order)
    assert office.connected(choices=Choices(search_back=timedelta(days=200))).push(order).repeated


def test_another_revision_that_is_there_is_for_a_person(office: Office) -> None:
    acme, order = ready_to_push(office)
    restored(office, lambda: acme.push(attrs.evolve(order, revision=2)))
    with pytest.raises(OrderNeedsAttention, match="revision 2") as raised:
        acme.push(order)
    assert isinstance(raised.value, OrderOutcomeUnknown)
    assert (known(acme).state, posts(office)) == (State.NEEDS_ATTENTION, 1)
    with pytest.raises(OrderNeedsAttention):
        acme.push(order)


def test_several_that_are_there_are_for_a_person(office: Office) -> None:
    acme, order = ready_to_push(office)
    restored(office, lambda: acme.push(order))
    copy_of(office, office.drafts()[0], NEW_ID)
    with pytest.raises(OrderNeedsAttention, match="Several") as raised:
        acme.push(order)
    assert NEW_ID in raised.value.problem
    assert acme.resolve("o1", found=NEW_ID).eaccounting_id == NEW_ID
    assert acme.push(order).eaccounting_id == NEW_ID


def test_a_draft_with_other_rows_under_the_same_marker_is_for_a_person(office: Office) -> None:
    """A restored database, and then other hours were finalised under the same id and revision."""
    acme, order = ready_to_push(office)
    restored(office, lambda: acme.push(order))
    office.hours.book(ACME, order.project, entry("h9", 600, day=9))
    more = again(acme, order.project, "o1")
    assert more.claims != order.claims
    with pytest.raises(OrderNeedsAttention, match="other rows") as raised:
        acme.push(more)
    (draft,) = office.drafts()
    assert draft["Id"] in raised.value.problem
    assert (known(acme).state, posts(office)) == (State.NEEDS_ATTENTION, 1)

    office.control("DELETE", f"/records/orders/{draft['Id']}")  # the person prefers the new one
    acme.resolve("o1", send_again=True)
    assert not acme.push(more).repeated
    assert len(office.drafts()) == 1


def test_a_draft_for_another_customer_under_the_same_marker_is_for_a_person(office: Office) -> None:
    """A restored Busy hands an id out a second time."""
    acme, order = ready_to_push(office)
    restored(office, lambda: acme.push(order))
    other = attrs.evolve(order, eaccounting_customer="99999999-0000-4000-8000-00000000c001")
    with pytest.raises(OrderNeedsAttention, match="another customer"):
        acme.push(other)
    (draft,) = office.drafts()
    assert acme.resolve("o1", found=draft["Id"]).state is State.TRANSFERRED  # it is, says the person


def test_hours_that_were_sent_under_an_id_that_is_forgotten_are_not_sent_again(office: Office) -> None:
    """A restored database, and Busy gives the order another id: its rows tell that it may be the same."""
    acme, order = ready_to_push(office)
    restored(office, lambda: acme.push(order))
    second = again(acme, order.project, "o2")
    with pytest.raises(OrderNeedsAttention, match="marker that is not known here") as raised:
        acme.push(second)
    (draft,) = office.drafts()
    assert draft["Id"] in raised.value.problem
    assert posts(office) == 1
    with pytest.raises(NotThisDraft) as refused:
        acme.resolve("o2", found=draft["Id"])
    assert refused.value.reason is NotThisDraftReason.OTHER_MARKER
    assert acme.resolve("o2", found=draft["Id"], anyway=True).eaccounting_id == draft["Id"]
    assert acme.push(second).repeated
    (read,) = acme.read_back()
    assert read.error is None


def test_what_a_person_takes_for_another_order_is_sent(office: Office) -> None:
    """Two months with the same rows: the person has looked, and is not asked again."""
    acme, order = ready_to_push(office)
    restored(office, lambda: acme.push(order))
    second = again(acme, order.project, "o2")
    with pytest.raises(OrderNeedsAttention):
        acme.push(second)
    acme.resolve("o2", send_again=True)
    assert not acme.push(second).repeated
    assert len(office.drafts()) == 2


def test_equal_orders_that_are_known_are_both_sent(office: Office) -> None:
    """Also of another workspace in the same company, and after a purge."""
    line = GivenLine(product="consulting", quantity=Decimal(1), unit_price=Decimal(5000), text="Avtale")
    acme, order = ready_to_push(office)
    product = next(one.product for one in order.lines)
    flat = [
        acme.build_order(
            order.project,
            MARCH,
            order_id=f"flat{number}",
            order_date=date(2026, 3, 31),
            only=(),
            lines=[attrs.evolve(line, product=product)],
        )
        for number in range(3)
    ]
    acme.push(flat[0])
    assert not acme.push(flat[1]).repeated
    acme.purge()
    office.log_in(acme)
    assert not acme.push(flat[2]).repeated
    assert len(office.drafts()) == 3


def test_a_later_revision_that_the_database_forgot_takes_its_place(office: Office) -> None:
    """What only the earlier one billed is free again, and what only the later one bills is held."""
    acme, order = ready_to_push(office)
    acme.push(order)

    def withdrawn_and_sent_anew() -> None:
        acme.withdraw("o1")
        office.hours.book(ACME, order.project, entry("h5", 60, day=6))
        only = (set(order.claims) | {"entry:h5"}) - {"entry:h1"}
        later.append(acme.build_order(order.project, MARCH, order_id="o1", order_date=MARCH_END, only=only))
        acme.push(later[0])

    later: list[Order] = []
    restored(office, withdrawn_and_sent_anew)
    office.clock.advance(3600)
    (read,) = acme.read_back()
    assert read.entry is not None
    assert read.entry.state is State.NEEDS_ATTENTION
    with pytest.raises(OrderNeedsAttention):
        acme.push(order)

    transfer = acme.push(later[0])
    assert (transfer.state, transfer.repeated) == (State.TRANSFERRED, True)
    assert transfer.eaccounting_id == office.drafts()[0]["Id"]
    assert posts(office) == 2
    assert set(claims(office)) == set(later[0].claims)
    assert acme.billing_proof(MARCH).holds
    assert [step.event for step in known(acme).history][-3:] == [Event.REVISE, Event.RESERVE, Event.FOUND]


def test_a_later_revision_with_other_rows_takes_no_place(office: Office) -> None:
    """Nor one that is not there: a person decides."""
    acme, order = ready_to_push(office)
    acme.push(order)
    withdraw_and_revise = attrs.evolve(order, revision=2)
    restored(office, lambda: (acme.withdraw("o1"), acme.push(withdraw_and_revise)))
    office.clock.advance(3600)
    acme.read_back()
    office.hours.book(ACME, order.project, entry("h5", 60, day=6))
    with pytest.raises(OrderNeedsAttention, match="revision 2"):
        acme.push(attrs.evolve(again(acme, order.project, "o1"), revision=2))
    with pytest.raises(OrderNeedsAttention, match="revision 2"):
        acme.push(attrs.evolve(order, revision=3))
    assert known(acme).order == order
    assert set(claims(office)) == set(order.claims)
    (draft,) = office.drafts()
    assert acme.resolve("o1", found=draft["Id"]).state is State.TRANSFERRED


def test_a_refused_order_is_looked_for_before_it_is_reopened(office: Office) -> None:
    """A restored database knows it as refused, and it was mended and sent since."""
    acme, order = ready_to_push(office)
    office.fault("POST", "/orders", "status", status=400, error_code=3001)
    with pytest.raises(OrderRejected):
        acme.push(order)

    def mended() -> None:
        acme.reopen("o1")
        acme.push(attrs.evolve(order, revision=2))

    restored(office, mended)
    assert known(acme).state is State.REJECTED
    with pytest.raises(OrderNeedsAttention, match="revision 2"):
        acme.reopen("o1")
    assert acme.push(attrs.evolve(order, revision=2)).repeated
    assert len(office.drafts()) == 1


def test_a_refused_order_is_reopened_where_nobody_can_be_sure(office: Office) -> None:
    """Refused is refused: only what is seen would speak against it."""
    acme, order = ready_to_push(office)
    office.fault("POST", "/orders", "status", status=400, error_code=3001)
    with pytest.raises(OrderRejected):
        acme.push(order)
    office.profile(**UNSURE)
    assert acme.reopen("o1").state is State.OPEN


def test_an_order_for_a_company_that_was_left_is_edited_for_the_new_one(office: Office) -> None:
    """If it was never about to be sent there."""
    acme, order = ready_to_push(office)
    office.profile(**UNSURE)
    with pytest.raises(SearchIncomplete):
        acme.push(order)
    office.profile(totals="right")
    to_other_company(office, acme)
    assert acme.reopen("o1").state is State.OPEN


def test_one_that_is_listed_but_not_there_is_not_concluded_from(office: Office) -> None:
    acme, order = ready_to_push(office)
    restored(office, lambda: acme.push(order))
    office.fault("GET", "/orders/{id}", "status", status=404, error_code=3000)
    with pytest.raises(SearchIncomplete):
        acme.push(order)
    assert known(acme).state is State.RESERVED


# How the workspace is set up


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"distribution": Distribution.IN_BUSY}, NotSentReason.IN_BUSY),
        ({"orders_enabled": False}, NotSentReason.ORDERS_OFF),
    ],
    ids=str,
)
def test_a_workspace_that_keeps_its_orders_sends_none(
    office: Office, settings: dict[str, Any], reason: NotSentReason
) -> None:
    acme, order = ready_to_push(office)
    before = office.hours.work(ACME, order.project, order.period).settings
    office.hours.set_settings(ACME, attrs.evolve(before, **settings))
    with pytest.raises(OrdersNotSent) as raised:
        acme.push(order)
    assert (raised.value.reason, bool(raised.value.advice)) == (reason, True)
    assert (acme.ledger_entry("o1"), claims(office), posts(office)) == (None, {}, 0)
    status = acme.status()
    assert status.orders_not_sent is reason
    assert reason.says.nb in status.text("nb")
    assert str(status).endswith(reason.says.en)
    office.hours.set_settings(ACME, before)
    acme.push(order)
    assert acme.status().orders_not_sent is None


def test_an_order_whose_project_is_unknown_by_now_is_not_sent(office: Office) -> None:
    acme, order = ready_to_push(office)
    with pytest.raises(ProjectUnknown):
        acme.push(attrs.evolve(order, project="gone"))
    assert acme.ledger_entry("o1") is None


def test_what_was_changed_in_busy_since_is_told_and_not_sent(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.hours.book(ACME, order.project, entry("h1", 10))
    transfer = acme.push(order)
    assert [(change.id, change.changed) for change in transfer.changed_entries] == [("h1", ("minutes",))]
    assert acme.push(order).changed_entries == ()


# Unknown outcomes


def test_recovery_finds_a_draft_that_was_made(office: Office) -> None:
    acme, order = ready_to_push(office)
    unknown(office, acme, order, made=True)
    assert state_after(acme.recover()) is State.TRANSFERRED
    assert acme.push(order).eaccounting_id == office.drafts()[0]["Id"]
    assert acme.recover() == []
    assert posts(office) == 1


def test_what_is_not_found_waits_and_then_needs_a_person(office: Office) -> None:
    """It may appear late; never is it sent again by itself."""
    acme, order = ready_to_push(office)
    unknown(office, acme, order, made=False)
    for _ in range(2):
        assert state_after(acme.recover()) is State.OUTCOME_UNKNOWN
        minutes_pass(office, 4)
    minutes_pass(office, 3)
    assert state_after(acme.recover()) is State.NEEDS_ATTENTION
    assert acme.recover() == []
    assert posts(office) == 1
    with pytest.raises(EntryTaken):
        acme.push(attrs.evolve(order, id="o2"))


def test_one_that_appears_late_is_found(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.profile(drafts_listed=False)
    unknown(office, acme, order, made=True)
    assert state_after(acme.recover()) is State.OUTCOME_UNKNOWN
    office.profile(drafts_listed=True)
    assert state_after(acme.recover()) is State.TRANSFERRED


def test_recovery_leaves_several_to_a_person(office: Office) -> None:
    acme, order = ready_to_push(office)
    unknown(office, acme, order, made=True)
    copy_of(office, office.drafts()[0], NEW_ID)
    assert state_after(acme.recover()) is State.NEEDS_ATTENTION


def crash_while_sending(office: Office, acme: Tenant, order: Order) -> None:
    """Leave the order as a process does that is killed after its POST."""
    unknown(office, acme, order, made=True)
    (found,) = office.state.scan(order_key("o1"), ACME)
    body = json.loads(found.document.body)
    body["entry"]["state"] = "sending"
    body["entry"]["history"].pop()
    office.state.commit(ACME, [Write(found.key, found.document.version, json.dumps(body))])


def test_an_interrupted_push_is_looked_for_once_no_worker_can_be_at_it(office: Office) -> None:
    acme, order = ready_to_push(office)
    crash_while_sending(office, acme, order)
    assert state_after(acme.recover()) is State.SENDING
    minutes_pass(office, 8)
    assert state_after(acme.recover()) is State.TRANSFERRED
    assert [step.event for step in known(acme).history][-2:] == [Event.OUTCOME_UNKNOWN, Event.FOUND]


DAYS = 24 * 60
"""In minutes."""


def put_right(office: Office, *, days: float) -> None:
    """The clock was ahead, and somebody puts it right."""
    minutes_pass(office, -days * DAYS)


def test_a_clock_that_was_ahead_keeps_no_order_from_being_looked_for(office: Office) -> None:
    """The push was interrupted by then, and the clock put right afterwards."""
    acme, order = ready_to_push(office)
    minutes_pass(office, 30 * DAYS)
    crash_while_sending(office, acme, order)
    put_right(office, days=30)
    assert state_after(acme.recover()) is State.TRANSFERRED


def test_clocks_that_differ_by_minutes_leave_a_worker_its_time(office: Office) -> None:
    acme, order = ready_to_push(office)
    minutes_pass(office, 4)
    crash_while_sending(office, acme, order)
    minutes_pass(office, -4)
    assert state_after(acme.recover()) is State.SENDING


def test_a_clock_that_was_ahead_keeps_no_order_from_a_person(office: Office) -> None:
    acme, order = ready_to_push(office)
    minutes_pass(office, 30 * DAYS)
    unknown(office, acme, order, made=False)
    put_right(office, days=30)
    assert state_after(acme.recover()) is State.NEEDS_ATTENTION
    assert acme.resolve("o1", send_again=True).state is State.RESERVED


def test_a_draft_of_an_order_from_a_clock_that_was_ahead_is_found(office: Office) -> None:
    """By that clock it was created long before the order was built."""
    acme = office.connected()
    acme.sync()
    minutes_pass(office, 600 * DAYS)
    project = with_work(office)
    order = acme.build_order(project, MARCH, order_id="o1", order_date=office.clock.now().date())
    unknown(office, acme, order, made=True)
    put_right(office, days=600)
    assert state_after(acme.recover()) is State.TRANSFERRED
    assert acme.push(order).repeated
    assert len(office.drafts()) == 1


def test_what_fails_for_one_order_stops_no_other(office: Office) -> None:
    acme, order = ready_to_push(office)
    unknown(office, acme, order, made=True)
    office.hours.book(ACME, order.project, entry("h9", 30))
    unknown(office, acme, again(acme, order.project, "o2"), made=True)
    office.state.commit(ACME, [Write(order_key("broken"), None, "{")])
    office.fault("GET", "/orders", "status", status=500)
    broken, first, second = acme.recover()
    assert (broken.order_id, type(broken.error).__name__) == ("broken", "DocumentError")
    assert isinstance(first.error, ServerFault)
    assert first.entry is not None
    assert (first.entry.state, second.error) == (State.OUTCOME_UNKNOWN, None)
    assert second.entry is not None
    assert second.entry.state is State.TRANSFERRED
    assert [entry.order_id for entry in acme.orders()] == ["o1", "o2"]


def test_an_order_of_another_company_is_not_looked_for(office: Office) -> None:
    acme, order = ready_to_push(office)
    unknown(office, acme, order, made=True)
    to_other_company(office, acme)
    one = only(acme.recover())
    assert isinstance(one.error, OtherCompany)
    with pytest.raises(OtherCompany):
        acme.resolve("o1", found=NEW_ID)
    assert known(acme).state is State.OUTCOME_UNKNOWN


# Sending again by itself


RESENDS = Choices(resend_unknown=True)


def with_another_draft(office: Office, acme: Tenant, project: str) -> None:
    office.hours.book(ACME, project, entry("h9", 30))
    acme.push(again(acme, project, "other"))


def test_by_default_nothing_is_ever_sent_again(office: Office) -> None:
    acme, order = ready_to_push(office)
    unknown(office, acme, order, made=False)
    with_another_draft(office, acme, order.project)
    for _ in range(4):
        acme.recover()
        minutes_pass(office, 11)
    assert known(acme).state is State.NEEDS_ATTENTION
    assert posts(office) == 2


def test_who_chose_it_has_it_sent_again_after_two_looks(office: Office) -> None:
    """Each of which shows another draft of ours."""
    acme, order = ready_to_push(office, choices=RESENDS)
    unknown(office, acme, order, made=False)
    with_another_draft(office, acme, order.project)
    assert state_after(acme.recover()) is State.OUTCOME_UNKNOWN
    minutes_pass(office, 9)
    assert state_after(acme.recover()) is State.OUTCOME_UNKNOWN
    minutes_pass(office, 2)
    assert state_after(acme.recover()) is State.RESERVED
    acme.push(order)
    assert (posts(office), len(office.drafts())) == (3, 2)


def test_a_look_counts_from_when_it_was_asked_for_not_from_when_its_answer_came(office: Office) -> None:
    """An answer that comes after the settle time shows what was there before."""
    acme, order = ready_to_push(office, choices=RESENDS)
    unknown(office, acme, order, made=False)
    with_another_draft(office, acme, order.project)
    assert state_after(acme.recover()) is State.OUTCOME_UNKNOWN

    def slowly(_: Request, __: Response) -> None:
        minutes_pass(office, 11)

    office.shell.wire.after = slowly
    assert state_after(acme.recover()) is State.OUTCOME_UNKNOWN
    office.shell.wire.after = None
    assert state_after(acme.recover()) is State.RESERVED


@pytest.mark.parametrize("why", ["no other draft", "drafts are not listed", "it became an order"])
def test_without_another_draft_to_be_seen_it_is_left_to_a_person(office: Office, why: str) -> None:
    """The list may be one that never shows drafts."""
    acme, order = ready_to_push(office, choices=RESENDS)
    unknown(office, acme, order, made=True)
    if why != "no other draft":
        with_another_draft(office, acme, order.project)
    office.profile(drafts_listed=False)
    if why == "it became an order":
        edit(office, known(acme, "other").eaccounting_id, Status=STATUS["order"])
    for _ in range(4):
        acme.recover()
        minutes_pass(office, 11)
    assert known(acme).state is State.NEEDS_ATTENTION


def test_a_look_that_is_not_sure_does_not_count(office: Office) -> None:
    acme, order = ready_to_push(office, choices=RESENDS)
    unknown(office, acme, order, made=False)
    with_another_draft(office, acme, order.project)
    acme.recover()
    minutes_pass(office, 11)
    office.profile(**UNSURE)
    assert state_after(acme.recover()) is State.NEEDS_ATTENTION


def test_a_look_from_before_it_became_unknown_again_does_not_count(office: Office) -> None:
    acme, order = ready_to_push(office, choices=RESENDS)
    unknown(office, acme, order, made=False)
    with_another_draft(office, acme, order.project)
    acme.recover()
    minutes_pass(office, 11)
    acme.recover()
    unknown(office, acme, order, made=False)
    assert state_after(acme.recover()) is State.OUTCOME_UNKNOWN
    assert state_after(acme.recover()) is State.OUTCOME_UNKNOWN


def test_a_look_by_a_clock_that_was_ahead_does_not_count(office: Office) -> None:
    """How long it is ago is not known; the next one is the first."""
    acme, order = ready_to_push(office, choices=RESENDS)
    unknown(office, acme, order, made=False)
    with_another_draft(office, acme, order.project)
    minutes_pass(office, 30 * DAYS)
    acme.recover()
    put_right(office, days=30)
    assert state_after(acme.recover()) is State.OUTCOME_UNKNOWN
    minutes_pass(office, 9)
    assert state_after(acme.recover()) is State.OUTCOME_UNKNOWN
    minutes_pass(office, 2)
    assert state_after(acme.recover()) is State.RESERVED


def test_a_look_by_a_clock_that_was_behind_does_not_count(office: Office) -> None:
    acme, order = ready_to_push(office, choices=RESENDS)
    unknown(office, acme, order, made=False)
    with_another_draft(office, acme, order.project)
    minutes_pass(office, -DAYS)
    acme.recover()
    minutes_pass(office, DAYS)
    assert state_after(acme.recover()) is State.OUTCOME_UNKNOWN
    minutes_pass(office, 11)
    assert state_after(acme.recover()) is State.RESERVED


def test_looks_count_though_the_clock_was_ahead_when_it_became_unknown(office: Office) -> None:
    acme, order = ready_to_push(office, choices=RESENDS)
    minutes_pass(office, 30 * DAYS)
    unknown(office, acme, order, made=False)
    with_another_draft(office, acme, order.project)
    put_right(office, days=30)
    assert state_after(acme.recover()) is State.OUTCOME_UNKNOWN
    minutes_pass(office, 11)
    assert state_after(acme.recover()) is State.RESERVED


# What a person decides


def needing_attention(office: Office, *, made: bool) -> tuple[Tenant, Order]:
    acme, order = ready_to_push(office)
    unknown(office, acme, order, made=made)
    minutes_pass(office, 11)
    office.profile(drafts_listed=False)
    assert state_after(acme.recover()) is State.NEEDS_ATTENTION
    office.profile(drafts_listed=True)
    return acme, order


def test_a_person_has_it_sent_again(office: Office) -> None:
    acme, order = needing_attention(office, made=False)
    assert acme.resolve("o1", send_again=True).state is State.RESERVED
    assert not acme.push(order).repeated
    assert len(office.drafts()) == 1


def test_a_decision_to_send_again_that_comes_twice_counts_once(office: Office) -> None:
    """A button that is pressed twice: the second is not one about what the first has sent."""
    acme, order = needing_attention(office, made=False)
    acme.resolve("o1", send_again=True)
    with pytest.raises(IllegalTransition):
        acme.resolve("o1", send_again=True)
    office.profile(drafts_listed=False)
    unknown(office, acme, order, made=True)
    with pytest.raises(OrderOutcomeUnknown, match="not known whether"):
        acme.resolve("o1", send_again=True)
    assert known(acme).state is State.OUTCOME_UNKNOWN
    assert posts(office) == 2


def test_what_a_person_takes_for_missing_and_is_there_is_found_all_the_same(office: Office) -> None:
    acme, order = needing_attention(office, made=True)
    acme.resolve("o1", send_again=True)
    assert acme.push(order).repeated
    assert len(office.drafts()) == 1


def test_a_person_names_the_draft(office: Office) -> None:
    """Also where somebody took the marker from it, if customer and rows are those of the order."""
    for lost in (False, True):
        office.reset()
        office.state = type(office.state)()
        acme, order = needing_attention(office, made=True)
        (draft,) = office.drafts()
        if lost:
            edit(office, draft["Id"], OurReference="Kari")
        assert acme.resolve("o1", found=draft["Id"].upper()).state is State.TRANSFERRED
        assert acme.push(order).eaccounting_id == draft["Id"]


def wrong_ids() -> Iterator[Any]:
    reason = NotThisDraftReason
    yield pytest.param({}, reason.NOT_THERE, id="not there")
    yield pytest.param({"OurReference": "BY-ZZZZZZZZZZZZ.1"}, reason.OTHER_MARKER, id="another's marker")
    yield pytest.param({"OurReference": "Kari", "Rows": []}, reason.OTHER_CONTENT, id="other rows")
    yield pytest.param({"marked": 2, "Rows": []}, reason.OTHER_CONTENT, id="another revision with other rows")


@pytest.mark.parametrize(("members", "reason"), list(wrong_ids()))
def test_a_draft_that_is_not_that_of_the_order_is_refused(
    office: Office, members: dict[str, Any], reason: NotThisDraftReason
) -> None:
    acme, _ = needing_attention(office, made=True)
    (draft,) = office.drafts()
    members = dict(members)
    if (revision := members.pop("marked", None)) is not None:
        members["OurReference"] = known(acme).marker[:-1] + str(revision)
    if members:
        copy_of(office, draft, NEW_ID, **members)
    with pytest.raises(NotThisDraft) as raised:
        acme.resolve("o1", found=NEW_ID)
    assert (raised.value.reason, bool(raised.value.advice)) == (reason, True)
    assert known(acme).state is State.NEEDS_ATTENTION


def test_the_draft_of_another_order_is_refused(office: Office) -> None:
    acme, order = needing_attention(office, made=False)
    with_another_draft(office, acme, order.project)
    with pytest.raises(NotThisDraft) as raised:
        acme.resolve("o1", found=str(known(acme, "other").eaccounting_id))
    assert raised.value.reason is NotThisDraftReason.OTHER_ORDER
    with pytest.raises(NotThisDraft):
        acme.resolve("o1", found=str(known(acme, "other").eaccounting_id), anyway=True)


def test_the_draft_of_another_order_without_hours_is_refused(office: Office) -> None:
    """Two equal plain lines; somebody tidied the reference of the first, and the second never arrived."""
    acme, order = ready_to_push(office)
    line = GivenLine(product=order.lines[0].product, unit_price=Decimal(5000), text="Avtale")
    first, second = (
        acme.build_order(order.project, MARCH, order_id=id, order_date=MARCH_END, only=(), lines=[line])
        for id in ("flat1", "flat2")
    )
    acme.push(first)
    (draft,) = office.drafts()
    edit(office, draft["Id"], OurReference="Kari")
    unknown(office, acme, second, made=False)
    with pytest.raises(NotThisDraft) as raised:
        acme.resolve("flat2", found=draft["Id"])
    assert raised.value.reason is NotThisDraftReason.OTHER_ORDER


def test_a_decision_is_one_of_two(office: Office) -> None:
    acme, order = ready_to_push(office)
    wrong: dict[str, Any]
    for wrong in ({}, {"found": NEW_ID, "send_again": True}, {"found": " "}, {"send_again": "yes"}):
        with pytest.raises(ConfigurationError):
            acme.resolve("o1", **wrong)
    with pytest.raises(OrderUnknown):
        acme.resolve("o1", found=NEW_ID)
    acme.push(order)
    decided: dict[str, Any]
    for decided in ({"found": NEW_ID}, {"send_again": True}):
        with pytest.raises(IllegalTransition):
            acme.resolve("o1", **decided)


# Withdrawing


def test_a_draft_is_withdrawn_and_its_hours_go_on_a_new_revision(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    assert acme.withdraw("o1").state is State.WITHDRAWN
    assert (office.drafts(), claims(office)) == ([], {})
    assert acme.withdraw("o1").state is State.WITHDRAWN
    with pytest.raises(OrderClosed) as raised:
        acme.push(order)
    assert raised.value.state is State.WITHDRAWN
    second = attrs.evolve(order, revision=2, your_reference="Ola")
    acme.push(second)
    (draft,) = office.drafts()
    assert draft["OurReference"] == known(acme).marker
    assert known(acme).marker.endswith(".2")
    assert set(claims(office).values()) == {"o1"}
    with pytest.raises(OrderRevised) as refused:
        acme.push(order)
    assert isinstance(refused.value, OrderChanged)
    assert (refused.value.known_revision, refused.value.state) == (2, State.TRANSFERRED)
    assert acme.push(second).repeated


def test_only_reads_and_two_writes_of_drafts_are_sent(office: Office) -> None:
    """R17, R18: a draft is created, and deleted where a person asks. Nothing else is ever written."""
    acme, order = ready_to_push(office)
    office.control("DELETE", "/journal")
    acme.push(order)
    acme.read_back()
    acme.recover()
    office.visma().push_due()
    office.visma().read_back_due()
    assert [request for request in office.requests() if not request.startswith("GET /v2/")] == [
        "POST /v2/orders"
    ]
    acme.withdraw("o1")
    assert [request for request in office.requests() if not request.startswith("GET /v2/")] == [
        "POST /v2/orders",
        DELETE,
    ]


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"Status": 2, "Number": 17}, DraftChangedReason.MOVED_ON),
        ({"Status": 4}, DraftChangedReason.MOVED_ON),
        ({"YourReference": "Kari"}, DraftChangedReason.EDITED),
        ({"Rows": []}, DraftChangedReason.EDITED),
        ({"DeliveryAddress1": "Ny vei 1"}, DraftChangedReason.EDITED),
        ({"DeliveryDate": "2026-04-15"}, DraftChangedReason.EDITED),
        ({"InvoiceCustomerName": "Annen AS"}, DraftChangedReason.EDITED),
        ({"Notes": [NEW_ID]}, DraftChangedReason.EDITED),
    ],
    ids=str,
)
def test_a_draft_that_somebody_worked_on_is_kept(
    office: Office, members: dict[str, Any], reason: DraftChangedReason
) -> None:
    acme, order = ready_to_push(office)
    edit(office, acme.push(order).eaccounting_id, **members)
    with pytest.raises(DraftChanged) as raised:
        acme.withdraw("o1")
    assert raised.value.reason is reason
    assert (known(acme).state, known(acme).problem) == (State.TRANSFERRED, raised.value.message)
    assert DELETE not in office.requests()
    assert claims(office) != {}


@pytest.mark.parametrize("members", [{"CostCenterItemId1": NEW_ID}, {"DeliveredQuantity": 1}], ids=str)
def test_a_draft_with_an_edited_row_is_kept_and_told_as_edited(
    office: Office, members: dict[str, Any]
) -> None:
    """Also where what was edited was never sent, so that its value says nothing."""
    acme, order = ready_to_push(office)
    id = acme.push(order).eaccounting_id
    rows = json.loads(json.dumps(office.drafts()[0]["Rows"], default=float))
    rows[0].update(members)
    edit(office, id, Rows=rows)
    (read,) = acme.read_back()
    assert read.entry is not None
    assert read.entry.progress is not None
    assert [(c.row, c.member, c.sent, c.now) for c in read.entry.progress.changes] == [
        (None, "Other", None, None)
    ]
    with pytest.raises(DraftChanged):
        acme.withdraw("o1")
    assert len(office.drafts()) == 1


@pytest.mark.parametrize(
    "members", [{"CustomerName": "Renamed AS"}, {"Amount": 1, "VatAmount": 0}, {"BuyersOrderReference": ""}]
)
def test_what_eaccounting_changes_by_itself_is_no_edit(office: Office, members: dict[str, Any]) -> None:
    acme, order = ready_to_push(office)
    edit(office, acme.push(order).eaccounting_id, **members)
    (read,) = acme.read_back()
    assert (read.entry and read.entry.progress and read.entry.progress.changes) == ()
    assert acme.withdraw("o1").state is State.WITHDRAWN


def test_a_draft_that_was_edited_before_it_was_found_is_kept(office: Office) -> None:
    acme, order = ready_to_push(office)
    unknown(office, acme, order, made=True)
    edit(office, office.drafts()[0]["Id"], YourReference="Kari")
    acme.recover()
    with pytest.raises(DraftChanged):
        acme.withdraw("o1")


def test_a_draft_that_is_to_go_although_it_was_edited_goes_by_the_advice(office: Office) -> None:
    """Each error names the step that comes next."""
    acme, order = ready_to_push(office)
    id = acme.push(order).eaccounting_id
    edit(office, id, YourReference="Kari")
    with pytest.raises(DraftChanged) as changed:
        acme.withdraw("o1")
    assert "delete it there, then call read_back()" in changed.value.advice
    office.control("DELETE", f"/records/orders/{id}")
    with pytest.raises(IllegalTransition) as illegal:
        acme.release("o1")
    assert "call read_back() first, then release the order" in illegal.value.advice
    minutes_pass(office, 11)
    acme.read_back()
    assert acme.release("o1").state is State.RELEASED


def test_a_draft_that_was_found_as_it_was_sent_can_be_withdrawn(office: Office) -> None:
    acme, order = ready_to_push(office)
    unknown(office, acme, order, made=True)
    acme.recover()
    assert acme.withdraw("o1").state is State.WITHDRAWN


def test_what_was_deleted_there_already_is_withdrawn(office: Office) -> None:
    """As soon as it is sure that it does not just appear late."""
    acme, order = ready_to_push(office)
    office.control("DELETE", f"/records/orders/{acme.push(order).eaccounting_id}")
    until = office.clock.now() + timedelta(minutes=10)
    with pytest.raises(SearchIncomplete, match=f"recently .* after {until:%Y-%m-%d %H:%M:%S} UTC") as raised:
        acme.withdraw("o1")
    assert raised.value.again_at == until
    assert (known(acme).state, claims(office) != {}) == (State.WITHDRAWING, True)
    minutes_pass(office, 11)
    assert acme.withdraw("o1").state is State.WITHDRAWN


def test_a_refused_deletion_keeps_the_draft(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    office.fault("DELETE", "/orders/{id}", "status", status=403, error_code=4007)
    with pytest.raises(AccessDenied):
        acme.withdraw("o1")
    assert (known(acme).state, len(office.drafts())) == (State.TRANSFERRED, 1)


@pytest.mark.parametrize("made", [True, False])
def test_a_deletion_without_an_answer_is_looked_at(office: Office, made: bool) -> None:
    """Gone: withdrawn. Still there: it may yet be deleted, and recovery carries on."""
    acme, order = ready_to_push(office)
    acme.push(order)
    office.fault("DELETE", "/orders/{id}", "drop_after" if made else "drop_before")
    if made:
        assert acme.withdraw("o1").state is State.WITHDRAWN
        return
    with pytest.raises(AnswerLost):
        acme.withdraw("o1")
    assert known(acme).state is State.WITHDRAWING
    with pytest.raises(OrderClosed, match="withdrawing"):
        acme.push(order)
    assert state_after(acme.recover()) is State.WITHDRAWN
    assert claims(office) == {}


def test_an_interrupted_withdrawal_is_carried_on(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    office.fault("GET", "/orders", "status", status=500)
    with pytest.raises(ServerFault):
        acme.withdraw("o1")
    assert (known(acme).state, office.drafts()) == (State.WITHDRAWING, [])
    assert claims(office) != {}
    minutes_pass(office, 11)
    assert acme.withdraw("o1").state is State.WITHDRAWN


def test_recovery_tells_of_a_draft_that_it_kept(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    office.fault("DELETE", "/orders/{id}", "drop_before")
    with pytest.raises(AnswerLost):
        acme.withdraw("o1")
    edit(office, known(acme).eaccounting_id, YourReference="Kari")
    one = only(acme.recover())
    assert isinstance(one.error, DraftChanged)
    assert one.entry is not None
    assert one.entry.state is State.TRANSFERRED


def test_a_draft_that_is_not_shown_yet_is_not_taken_for_deleted(office: Office) -> None:
    """Its hours would be billed a second time, if it appeared afterwards."""
    office.profile(appears_after_seconds=300, late_by_id=True)
    acme, order = ready_to_push(office)
    acme.push(order)
    (read,) = acme.read_back()
    assert isinstance(read.error, SearchIncomplete)
    with pytest.raises(SearchIncomplete):
        acme.withdraw("o1")
    assert (known(acme).state, len(office.drafts()), claims(office) != {}) == (State.WITHDRAWING, 1, True)
    minutes_pass(office, 11)
    office.control("POST", "/clock", {"advance_seconds": 660})
    assert acme.withdraw("o1").state is State.WITHDRAWN
    assert (office.drafts(), claims(office)) == ([], {})


def test_hours_are_not_freed_before_it_is_sure_that_nothing_is_left(office: Office) -> None:
    """A person looks, and withdraws once more."""
    acme, order = ready_to_push(office)
    acme.push(order)
    office.profile(**UNSURE)
    with pytest.raises(OrderNeedsAttention):
        acme.withdraw("o1")
    assert (known(acme).state, claims(office) != {}) == (State.NEEDS_ATTENTION, True)
    office.profile(totals="right")
    minutes_pass(office, 11)
    assert acme.withdraw("o1").state is State.WITHDRAWN
    assert claims(office) == {}


def test_hours_are_not_freed_while_another_has_the_marker(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    copy_of(office, office.drafts()[0], NEW_ID)
    with pytest.raises(OrderNeedsAttention, match="another order with its marker"):
        acme.withdraw("o1")
    assert acme.resolve("o1", found=NEW_ID).eaccounting_id == NEW_ID
    assert acme.withdraw("o1").state is State.WITHDRAWN


def test_a_draft_that_is_there_after_its_deletion_is_for_a_person(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    office.fault("DELETE", "/orders/{id}", "status", status=204, body="empty")
    with pytest.raises(OrderNeedsAttention, match="still has it"):
        acme.withdraw("o1")


def test_only_a_transferred_order_is_withdrawn(office: Office) -> None:
    acme, order = ready_to_push(office)
    with pytest.raises(OrderUnknown):
        acme.withdraw("o1")
    unknown(office, acme, order, made=True)
    with pytest.raises(IllegalTransition):
        acme.withdraw("o1")
    acme.recover()
    to_other_company(office, acme)
    with pytest.raises(OtherCompany):
        acme.withdraw("o1")
    assert known(acme).state is State.TRANSFERRED


# A 404 that is not the API's own word


def no_such_order(office: Office, said: str = "nothing", *, skip: int = 0, times: int = 1) -> None:
    """Answer reads by id with a 404 that is without the API's error object, as a gateway does."""
    body: dict[str, Any] = {"body": "empty"}
    if said == "JSON":
        body = {"payload": {"statusCode": 404, "message": "Resource not found"}}
    office.fault("GET", "/orders/{id}", "status", status=404, skip=skip, times=times, **body)


SAID = pytest.mark.parametrize("said", ["nothing", "JSON"])


@SAID
@pytest.mark.parametrize("deleted", [False, True], ids=["before the deletion", "after it"])
def test_an_unclear_404_frees_no_hours_when_a_draft_is_withdrawn(
    office: Office, said: str, deleted: bool
) -> None:
    """A person decides, also where drafts are not listed; withdrawing it again is one way."""
    office.profile(drafts_listed=False)
    acme, order = ready_to_push(office)
    acme.push(order)
    minutes_pass(office, 11)
    no_such_order(office, said, skip=int(deleted))
    with pytest.raises(OrderNeedsAttention, match="did not answer clearly"):
        acme.withdraw("o1")
    assert (known(acme).state, claims(office) != {}) == (State.NEEDS_ATTENTION, True)
    assert (len(office.drafts()), DELETE in office.requests()) == (int(not deleted), deleted)
    assert acme.withdraw("o1").state is State.WITHDRAWN
    assert (office.drafts(), claims(office)) == ([], {})


@SAID
def test_an_unclear_404_does_not_tell_that_a_draft_was_deleted(office: Office, said: str) -> None:
    office.profile(drafts_listed=False)
    acme, order = ready_to_push(office)
    acme.push(order)
    minutes_pass(office, 11)
    no_such_order(office, said)
    (read,) = acme.read_back()
    assert isinstance(read.error, SearchIncomplete)
    assert known(acme).state is State.TRANSFERRED
    (read,) = acme.read_back()
    assert read.error is None


@SAID
def test_an_unclear_404_releases_nothing(office: Office, said: str) -> None:
    """The draft has come back, and drafts are not listed."""
    acme, order = ready_to_push(office)
    id = str(acme.push(order).eaccounting_id)
    (row,) = office.drafts()
    office.control("DELETE", f"/records/orders/{id}")
    minutes_pass(office, 11)
    acme.read_back()
    copy_of(office, row, id)
    office.profile(drafts_listed=False)
    no_such_order(office, said)
    with pytest.raises(SearchIncomplete):
        acme.release("o1")
    assert (known(acme).state, claims(office) != {}) == (State.GONE_UPSTREAM, True)
    with pytest.raises(DraftStillThere):
        acme.release("o1")


@SAID
def test_an_unclear_404_does_not_tell_a_person_that_a_draft_is_not_there(office: Office, said: str) -> None:
    acme, _ = needing_attention(office, made=True)
    (draft,) = office.drafts()
    no_such_order(office, said)
    with pytest.raises(SearchIncomplete):
        acme.resolve("o1", found=draft["Id"])
    assert acme.resolve("o1", found=draft["Id"]).state is State.TRANSFERRED


def to_be_withdrawn(office: Office, acme: Tenant) -> None:
    """It is there, and is withdrawn."""
    no_such_order(office, skip=1, times=99)
    with pytest.raises(OrderNeedsAttention):
        acme.withdraw("o1")


def deleted_there(office: Office, acme: Tenant) -> None:
    """A person deleted it, and withdraws it since reading it back concludes nothing."""
    office.control("DELETE", f"/records/orders/{known(acme).eaccounting_id}")
    no_such_order(office, times=99)
    minutes_pass(office, 11)
    (read,) = acme.read_back()
    assert isinstance(read.error, SearchIncomplete)
    with pytest.raises(OrderNeedsAttention):
        acme.withdraw("o1")


def interrupted(office: Office, acme: Tenant) -> None:
    """The process that withdrew it ended after the deletion."""
    office.fault("DELETE", "/orders/{id}", "drop_after")
    office.fault("GET", "/orders/{id}", "status", status=500, skip=1)
    with pytest.raises(ServerFault):
        acme.withdraw("o1")
    no_such_order(office, times=99)
    one = only(acme.recover())
    assert isinstance(one.error, SearchIncomplete)
    assert known(acme).state is State.WITHDRAWING
    minutes_pass(office, 11)
    assert state_after(acme.recover()) is State.NEEDS_ATTENTION


@pytest.mark.parametrize("before", [to_be_withdrawn, deleted_there, interrupted])
def test_where_every_404_is_unclear_a_person_frees_the_hours(
    office: Office, before: Callable[[Office, Tenant], None]
) -> None:
    """For what is gone eAccounting never answers with its error object."""
    acme, order = ready_to_push(office)
    acme.push(order)
    before(office, acme)
    assert (known(acme).state, claims(office) != {}) == (State.NEEDS_ATTENTION, True)
    assert acme.resolve("o1", send_again=True).state is State.RESERVED
    assert acme.reopen("o1").state is State.OPEN
    assert claims(office) == {}
    office.control("DELETE", "/faults")
    acme.push(attrs.evolve(order, revision=2))
    assert len(office.drafts()) == 1


def test_where_every_404_is_unclear_an_order_with_another_id_is_found(office: Office) -> None:
    """By its marker, which the list shows."""
    acme, order = ready_to_push(office)
    moved(office, acme.push(order).eaccounting_id)
    no_such_order(office)
    (read,) = acme.read_back()
    assert read.entry is not None
    assert (read.entry.state, read.entry.eaccounting_id) == (State.TRANSFERRED, NEW_ID)


# Revisions


def test_a_refused_order_is_edited_and_sent_with_a_higher_revision(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.fault("POST", "/orders", "status", status=400, error_code=4024)
    with pytest.raises(OrderRejected):
        acme.push(order)
    second = attrs.evolve(order, revision=2, buyers_order_reference="PO 7")
    with pytest.raises(OrderRevised, match="rejected"):
        acme.push(second)
    acme.reopen("o1")
    with pytest.raises(OrderClosed):
        acme.push(order)
    assert acme.push(second).state is State.TRANSFERRED
    assert known(acme).revision == 2


def waits(office: Office, acme: Tenant, order: Order) -> None:
    """The user who connected may not send: the order waits for a cure."""
    office.fault("POST", "/orders", "status", status=403, error_code=4007)
    with pytest.raises(AccessDenied):
        acme.push(order)
    assert known(acme).state is State.RESERVED


def test_an_order_that_waits_for_a_cure_may_be_edited_instead(office: Office) -> None:
    acme, order = ready_to_push(office)
    waits(office, acme, order)
    assert acme.reopen("o1").state is State.OPEN
    assert claims(office) == {}
    with pytest.raises(OrderClosed):
        acme.push(order)
    second = again(acme, order.project, "o1")
    assert second.revision == 2
    assert acme.push(second).state is State.TRANSFERRED
    assert len(office.drafts()) == 1


def test_an_order_that_waits_is_looked_for_before_its_hours_are_freed(office: Office) -> None:
    """A restored database says that it waits, but it was sent."""
    acme, order = ready_to_push(office)
    waits(office, acme, order)
    restored(office, lambda: acme.push(order))
    with pytest.raises(IllegalTransition, match="transferred"):
        acme.reopen("o1")
    assert known(acme).state is State.TRANSFERRED
    assert set(claims(office)) == set(order.claims)


def test_where_it_is_not_sure_that_it_is_not_there_nothing_is_freed(office: Office) -> None:
    acme, order = ready_to_push(office)
    waits(office, acme, order)
    office.profile(totals="long")
    with pytest.raises(SearchIncomplete):
        acme.reopen("o1")
    assert known(acme).state is State.RESERVED
    to_other_company(office, acme)
    with pytest.raises(OtherCompany):
        acme.reopen("o1")


def test_a_revision_whose_hours_are_on_another_order_by_now_is_refused(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    acme.withdraw("o1")
    acme.push(attrs.evolve(order, id="o2"))
    with pytest.raises(EntryTaken):
        acme.push(attrs.evolve(order, revision=2))
    assert (known(acme).state, known(acme).revision) == (State.WITHDRAWN, 1)


def test_many_are_pushed_and_one_failure_stops_no_other(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.hours.book(ACME, order.project, entry("h9", 30))
    other = attrs.evolve(again(acme, order.project, "o2"), id="o2")
    unclaimed = again_without(acme, order, other)
    first, second, third = acme.push_many([order, attrs.evolve(order, id="o9"), unclaimed])
    assert [first.order.id, second.order.id, third.order.id] == ["o1", "o9", "o2"]
    assert first.transfer is not None
    assert third.transfer is not None
    assert isinstance(second.error, EntryTaken)
    assert (second.transfer, first.error, third.error) == (None, None, None)
    assert len(office.drafts()) == 2
    assert acme.push_many([]) == []
    for wrong in (7, [order, 7]):
        with pytest.raises(ConfigurationError):
            acme.push_many(wrong)  # type: ignore[arg-type] # what is tried


def again_without(acme: Tenant, order: Order, other: Order) -> Order:
    """The other order without what is on the first one."""
    lines = [
        attrs.evolve(line, parts=tuple(part for part in line.parts if part.claim not in order.claims))
        for line in other.lines
    ]
    return attrs.evolve(other, lines=tuple(line for line in lines if line.parts))


# Read back


def test_how_far_an_order_has_come_is_read_back_and_shown(office: Office) -> None:
    acme, order = ready_to_push(office)
    id = acme.push(order).eaccounting_id
    assert known(acme).progress is None
    for stage, status in STATUS.items():
        edit(office, id, Status=status, Number=None if stage == "draft" else 17)
        (read,) = acme.read_back("o1")
        assert read.error is None
        assert read.entry == known(acme)
        assert read.entry.progress is not None
        assert (read.entry.progress.stage, read.entry.progress.changes) == (Stage(stage), ())
        assert read.entry.progress.read_at == office.clock.now()
        assert (read.entry.state, read.entry.number) == (State.TRANSFERRED, None if stage == "draft" else 17)


def test_what_was_changed_there_is_read_back_row_by_row(office: Office) -> None:
    acme, order = ready_to_push(office)
    id = acme.push(order).eaccounting_id
    rows = json.loads(json.dumps(office.drafts()[0]["Rows"], default=float))
    rows[1]["Quantity"] = 3
    edit(office, id, Rows=rows, YourReference="Kari")
    (read,) = acme.read_back()
    assert read.entry is not None
    assert read.entry.progress is not None
    assert [(c.row, c.member, c.sent, c.now) for c in read.entry.progress.changes] == [
        (None, "YourReference", None, "Kari"),
        (2, "Quantity", "2", "3"),
    ]
    assert read.entry.state is State.TRANSFERRED


def test_amounts_that_are_not_ours_are_told_also_of_an_order_that_was_found(office: Office) -> None:
    """A lost answer must not hide that eAccounting would invoice nothing."""
    office.profile(amounts="zero")
    acme, order = ready_to_push(office)
    restored(office, lambda: acme.push(order))
    told = acme.push(order).differences
    assert {difference.code for difference in told} == {DifferenceCode.AMOUNTS_ZERO}
    assert told[0].ours == order.total
    (read,) = acme.read_back()
    assert (read.entry and read.entry.progress and read.entry.progress.differences) == told
    assert known(acme) == read.entry


@pytest.mark.parametrize("amounts", ["zero", "computed"])
def test_amounts_that_are_not_ours_are_told_by_a_recovery(office: Office, amounts: str) -> None:
    office.profile(amounts=amounts)
    acme, order = ready_to_push(office)
    unknown(office, acme, order, made=True)
    told = {difference.code for difference in only(acme.recover()).differences}
    assert told == ({DifferenceCode.AMOUNTS_ZERO} if amounts == "zero" else set())


def test_a_draft_that_was_deleted_there_is_released_by_a_person(office: Office) -> None:
    """It is known to be gone as soon as it is sure that it does not just appear late."""
    acme, order = ready_to_push(office)
    office.control("DELETE", f"/records/orders/{acme.push(order).eaccounting_id}")
    (read,) = acme.read_back()
    assert isinstance(read.error, SearchIncomplete)
    minutes_pass(office, 11)
    (read,) = acme.read_back()
    assert read.entry is not None
    assert read.entry.state is State.GONE_UPSTREAM
    assert read.entry.progress is not None
    assert read.entry.progress.stage is Stage.DELETED
    assert claims(office) != {}
    with pytest.raises(OrderNotTransferred):
        acme.read_back("o1")
    with pytest.raises(OrderClosed, match="gone_upstream"):
        acme.push(order)
    assert acme.release("o1").state is State.RELEASED
    assert claims(office) == {}
    acme.push(attrs.evolve(order, revision=2))
    assert len(office.drafts()) == 1


def test_a_clock_that_was_ahead_keeps_no_deleted_draft_from_being_told(office: Office) -> None:
    acme, order = ready_to_push(office)
    minutes_pass(office, 30 * DAYS)
    office.control("DELETE", f"/records/orders/{acme.push(order).eaccounting_id}")
    put_right(office, days=30)
    (read,) = acme.read_back()
    assert read.entry is not None
    assert read.entry.state is State.GONE_UPSTREAM


def moved(office: Office, id: str | None) -> None:
    """Give an order another id, as it may get when a draft becomes an order."""
    (row,) = [row for row in office.upstream("orders") if row["Id"] == id]
    office.control("DELETE", f"/records/orders/{id}")
    copy_of(office, row, NEW_ID, Status=2, Number=17)


@pytest.mark.parametrize("read_before", [False, True])
@pytest.mark.parametrize("edits", [{}, {"Rows": None}], ids=["reference", "reference and rows"])
def test_an_order_without_its_marker_is_not_taken_for_gone(
    office: Office, read_before: bool, edits: dict[str, Any]
) -> None:
    """Somebody tidied the reference, then it got another id. It is there: billed again it would be twice."""
    acme, order = ready_to_push(office)
    acme.push(order)
    (draft,) = office.drafts()
    if edits:
        rows = [{**row, "Quantity": 1} for row in draft["Rows"]]
        edits = {"Rows": json.loads(json.dumps(rows, default=float))}
    edit(office, draft["Id"], OurReference="Kari", **edits)
    if read_before:
        (read,) = acme.read_back()
        assert read.entry is not None
        assert read.entry.state is State.TRANSFERRED
    (row,) = [each for each in office.upstream("orders") if each["Id"] == draft["Id"]]
    copy_of(office, row, NEW_ID, Status=2)
    office.control("DELETE", f"/records/orders/{draft['Id']}")
    minutes_pass(office, 60)
    acme.read_back()
    seen = read_before or not edits  # neither was noticed, and it is another order by now: see the docs
    assert known(acme).state is (State.NEEDS_ATTENTION if seen else State.GONE_UPSTREAM)
    if seen:
        assert acme.resolve("o1", found=NEW_ID, anyway=True).eaccounting_id == NEW_ID


def test_an_order_that_is_gone_is_looked_for_without_its_marker_before_its_hours_are_free(
    office: Office,
) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    (draft,) = office.drafts()
    office.control("DELETE", f"/records/orders/{draft['Id']}")
    minutes_pass(office, 60)
    acme.read_back()
    assert known(acme).state is State.GONE_UPSTREAM
    copy_of(office, draft, NEW_ID, OurReference="Kari")
    with pytest.raises(OrderNeedsAttention, match=NEW_ID):
        acme.release("o1")
    assert set(claims(office)) == set(order.claims)


def test_an_equal_order_of_ours_does_not_keep_one_from_being_gone(office: Office) -> None:
    """Its reference was tidied too; but it is known whose draft it is."""
    acme, order = ready_to_push(office)
    line = GivenLine(product=order.lines[0].product, unit_price=Decimal(5000), text="Avtale")
    for id in ("flat1", "flat2"):
        acme.push(
            acme.build_order(order.project, MARCH, order_id=id, order_date=MARCH_END, only=(), lines=[line])
        )
    first, second = (str(known(acme, id).eaccounting_id) for id in ("flat1", "flat2"))
    edit(office, second, OurReference="Kari")
    office.control("DELETE", f"/records/orders/{first}")
    minutes_pass(office, 60)
    acme.read_back()
    assert known(acme, "flat1").state is State.GONE_UPSTREAM
    assert acme.release("flat1").state is State.RELEASED


def test_an_order_that_got_another_id_is_found_by_its_marker(office: Office) -> None:
    acme, order = ready_to_push(office)
    moved(office, acme.push(order).eaccounting_id)
    (read,) = acme.read_back()
    assert read.entry is not None
    assert (read.entry.state, read.entry.eaccounting_id, read.entry.number) == (
        State.TRANSFERRED,
        NEW_ID,
        17,
    )
    assert read.entry.progress is not None
    assert read.entry.progress.stage is Stage.ORDER


def test_one_that_comes_back_is_not_released(office: Office) -> None:
    for how in ("the same id", "another id"):
        office.reset()
        office.state = type(office.state)()
        acme, order = ready_to_push(office)
        id = str(acme.push(order).eaccounting_id)
        (row,) = office.drafts()
        office.control("DELETE", f"/records/orders/{id}")
        minutes_pass(office, 11)
        acme.read_back()
        copy_of(office, row, id if how == "the same id" else NEW_ID)
        with pytest.raises(DraftStillThere) as raised:
            acme.release("o1")
        assert raised.value.eaccounting_id == known(acme).eaccounting_id
        assert (known(acme).state, claims(office) != {}) == (State.TRANSFERRED, True)


def test_what_cannot_be_told_surely_changes_nothing(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.control("DELETE", f"/records/orders/{acme.push(order).eaccounting_id}")
    minutes_pass(office, 11)
    office.profile(**UNSURE)
    (read,) = acme.read_back()
    assert isinstance(read.error, SearchIncomplete)
    assert known(acme).state is State.TRANSFERRED
    office.profile(totals="right")
    acme.read_back()
    office.profile(**UNSURE)
    with pytest.raises(SearchIncomplete):
        acme.release("o1")
    assert known(acme).state is State.GONE_UPSTREAM


@pytest.mark.parametrize("by", ["reading it back", "releasing it"])
def test_several_in_the_place_of_one_that_is_gone_are_for_a_person(office: Office, by: str) -> None:
    acme, order = ready_to_push(office)
    id = acme.push(order).eaccounting_id
    (row,) = office.drafts()
    office.control("DELETE", f"/records/orders/{id}")
    if by == "releasing it":
        minutes_pass(office, 11)
        acme.read_back()
    for number in range(2):
        copy_of(office, row, f"{NEW_ID[:-1]}{number}")
    if by == "releasing it":
        with pytest.raises(OrderNeedsAttention):
            acme.release("o1")
    else:
        acme.read_back()
    assert known(acme).state is State.NEEDS_ATTENTION


def test_what_cannot_be_read_back_stops_no_other(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    with_another_draft(office, acme, order.project)
    office.fault("GET", "/orders/{id}", "status", status=500)
    first, second = acme.read_back()
    assert isinstance(first.error, ServerFault)
    assert second.error is None


def test_orders_of_another_company_are_left_alone(office: Office) -> None:
    acme, order = ready_to_push(office)
    acme.push(order)
    to_other_company(office, acme)
    assert acme.read_back() == []
    for refused in (acme.read_back, acme.fetch_order):
        with pytest.raises(OtherCompany):
            refused("o1")


def test_releasing_is_for_orders_that_are_gone(office: Office) -> None:
    acme, order = ready_to_push(office)
    with pytest.raises(OrderUnknown):
        acme.release("o1")
    with pytest.raises(OrderUnknown):
        acme.read_back("o1")
    acme.push(order)
    with pytest.raises(IllegalTransition):
        acme.release("o1")


def test_the_orders_of_a_tenant_are_listed(office: Office) -> None:
    acme, order = ready_to_push(office)
    assert acme.orders() == []
    acme.push(order)
    minutes_pass(office, 1)
    with_another_draft(office, acme, order.project)
    assert [each.order_id for each in acme.orders()] == ["o1", "other"]
    assert office.tenant("elsewhere").orders() == []
