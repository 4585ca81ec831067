"""`jobs_due` and `run_job`: what is due, one job for each tenant and lane, for a job system of the host's."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from visma_busy_sync import Choices, DuePush, DueReadBack, DueSync, Job, JobLane
from visma_busy_sync.eaccounting.http import Request
from visma_busy_sync.errors import (
    AccessDenied,
    ConfigurationError,
    DocumentUnreadable,
    OrderOutcomeUnknown,
    ServerFault,
)
from visma_busy_sync.integration._alone import LEASE_LASTS, PUSH_LEASE, READ_BACK_LEASE, SYNC_LEASE
from visma_busy_sync.orders import State
from visma_busy_sync.ports import Write
from visma_busy_sync.state import CONNECTION, LEASE_SCHEMA, Lease
from visma_busy_sync.stores import MemoryStateStore

from .listening import Heard
from .office import ACME, MARCH, Office, entry, ready_to_push, with_work
from .test_orders import posts
from .test_orders_due import KEY, finalised, made, with_books
from .test_orders_due import three as orders_of_three

PUSH, SYNC, READ_BACK = (Job(ACME, lane) for lane in JobLane)
LEASES = {PUSH: PUSH_LEASE, SYNC: SYNC_LEASE, READ_BACK: READ_BACK_LEASE}


def due(office: Office) -> list[Job]:
    return list(made(office).jobs_due())


def tenants(office: Office, lane: JobLane) -> list[str]:
    return [job.tenant for job in due(office) if job.lane is lane]


def run(office: Office, job: Job) -> DuePush | DueSync | DueReadBack | None:
    return made(office).run_job(job)


@pytest.fixture
def busy(office: Office) -> Office:
    """A workspace for which all three lanes have something to do."""
    acme, order = ready_to_push(office, encryption_keys=[KEY])
    office.hours.book(ACME, order.project, entry("h9", 30))
    acme.push(attrs.evolve(order, id="o0"))
    office.clock.advance(7200)
    only = frozenset({"entry:h9"})
    finalised(office, acme.build_order(order.project, MARCH, order_id="o1", only=only))
    return office


@pytest.fixture
def three(office: Office) -> Office:
    """Three tenants with an order each that is due."""
    orders_of_three(office)
    return office


def damage(office: Office, tenant: str, key: str) -> None:
    (found,) = [each for each in office.state.scan(key, tenant) if each.key == key]
    assert office.state.commit(tenant, [Write(key, found.document.version, "{")])


def taken(office: Office, job: Job, until: datetime) -> None:
    """Leave a right behind, as a worker does that is killed; or take it away from one that has it."""
    key = LEASES[attrs.evolve(job, tenant=ACME)]
    known = office.state.read(job.tenant, [key]).get(key)
    body = LEASE_SCHEMA.dump(Lease(holder="somebody else", until=until))
    assert office.state.commit(job.tenant, [Write(key, known.version if known else None, body)])


# Asking


def test_each_lane_of_a_tenant_is_a_job_while_it_is_due(busy: Office) -> None:
    """Orders first; what was done is not due any more."""
    assert due(busy) == [PUSH, SYNC, READ_BACK]
    pushed, synced, read = (run(busy, job) for job in due(busy))
    assert isinstance(pushed, DuePush)
    assert [one.order.id for one in pushed.pushed] == ["o1"]
    assert isinstance(synced, DueSync)
    assert synced.report is not None
    assert isinstance(read, DueReadBack)
    assert [one.order_id for one in read.read] == ["o0"]
    assert [one.error for one in (pushed, synced, read)] == [None] * 3
    assert due(busy) == []


def test_asking_calls_nobody_and_changes_nothing(busy: Office) -> None:
    before, sent = busy.snapshot(), len(busy.shell.wire.sent)
    for _ in range(3):
        due(busy)
    assert (busy.snapshot(), len(busy.shell.wire.sent)) == (before, sent)


def test_the_tenant_whose_turn_is_longest_ago_comes_first(three: Office) -> None:
    made(three).sync_due(most=2)
    assert tenants(three, JobLane.SYNC) == ["south"]
    three.clock.advance(2 * 3600)
    assert tenants(three, JobLane.SYNC)[0] == "south"


def test_who_is_not_connected_has_no_jobs(busy: Office) -> None:
    busy.tenant(encryption_keys=[KEY]).disconnect()
    assert due(busy) == []
    assert [run(busy, job) for job in (PUSH, SYNC, READ_BACK)] == [None] * 3
    assert run(busy, Job("nobody", "push")) is None


def test_orders_that_wait_for_a_person_make_no_job(office: Office) -> None:
    """Else there was one with each tick, for ever; whoever pushes is told of them all the same."""
    _, order = ready_to_push(office, encryption_keys=[KEY])
    office.hours.finalise(ACME, order)
    assert due(office) == []
    (told,) = made(office).push_due()
    assert told.waiting == ["o1"]


def test_the_moment_can_be_given(busy: Office) -> None:
    for job in due(busy):
        run(busy, job)
    later = busy.clock.now() + timedelta(hours=2)
    jobs = made(busy).jobs_due(later)
    assert jobs == [SYNC, READ_BACK]
    assert all(made(busy).run_job(job) is None for job in jobs)
    assert all(made(busy).run_job(job, later) is not None for job in jobs)


# What fails


def test_a_damaged_document_of_one_tenant_stops_no_other(three: Office) -> None:
    """That tenant has a job in each lane, whose result tells the error."""
    damage(three, "south", CONNECTION)
    jobs = due(three)
    assert {job.lane for job in jobs if job.tenant == "south"} == set(JobLane)
    _, visma = with_books(three)
    results = {job: visma.run_job(job) for job in jobs if job.tenant != ACME}
    for job, result in results.items():
        assert result is not None
        assert isinstance(result.error, DocumentUnreadable) == (job.tenant == "south")
    assert posts(three) == 2


def test_a_work_log_that_fails_for_one_tenant_stops_no_other(three: Office) -> None:
    books, visma = with_books(three)
    books.fails.add("south")
    pushes = [job for job in visma.jobs_due() if job.lane is JobLane.PUSH]
    results = {job.tenant: visma.run_job(job) for job in pushes}
    errors = {tenant: type(result and result.error) for tenant, result in results.items()}
    assert errors == {"north": type(None), "south": OSError, "east": type(None)}


def test_a_sync_that_fails_has_had_its_turn(busy: Office) -> None:
    busy.fault("GET", "/projects", "status", status=500)
    failed = run(busy, SYNC)
    assert failed is not None
    assert isinstance(failed.error, ServerFault)
    assert SYNC not in due(busy)
    assert run(busy, SYNC) is None, "retried by an engine"


def test_orders_that_fail_each_time_come_after_those_of_others(three: Office) -> None:
    _, visma = with_books(three)
    three.fault("POST", "/orders", "status", status=403, error_code=4007)
    first, *others = tenants(three, JobLane.PUSH)
    failed = visma.run_job(Job(first, "push"))
    assert failed is not None
    assert isinstance(failed.error, AccessDenied)
    assert tenants(three, JobLane.PUSH) == [*others, first]


# Twice, and at once


def test_a_job_that_is_queued_twice_is_done_once(busy: Office) -> None:
    jobs = [*due(busy), *due(busy)]
    done = [job for job in jobs if run(busy, job) is not None]
    assert done == [PUSH, SYNC, READ_BACK]
    assert (posts(busy), len(busy.drafts())) == (2, 2)


@pytest.mark.parametrize("job", [PUSH, SYNC, READ_BACK], ids=str)
def test_of_two_workers_at_the_same_job_one_does_it(busy: Office, job: Job) -> None:
    """The other one does nothing, and asks eAccounting nothing, at whatever moment it comes."""
    elsewhere = busy.elsewhere()
    during: list[object] = []

    def meanwhile(_: Request) -> None:
        during.append(run(elsewhere, job))

    busy.shell.wire.before = meanwhile
    assert run(busy, job) is not None
    busy.shell.wire.before = None
    assert during
    assert set(during) == {None}
    assert elsewhere.shell.wire.sent == []
    assert job not in due(busy)


def test_the_lanes_of_a_tenant_do_not_wait_for_each_other(busy: Office) -> None:
    during: list[object] = []

    def meanwhile(_: Request) -> None:
        if not during:
            during.extend((None, None))
            during[:] = [run(busy.elsewhere(), job) for job in (SYNC, READ_BACK)]

    busy.shell.wire.before = meanwhile
    assert run(busy, PUSH) is not None
    assert None not in during


# After a kill


@pytest.mark.parametrize("job", [PUSH, SYNC, READ_BACK], ids=str)
def test_the_job_of_a_killed_worker_is_done_by_another_when_its_right_is_over(busy: Office, job: Job) -> None:
    """Until then it stays due, and nobody does it."""
    taken(busy, job, busy.clock.now() + LEASE_LASTS)
    assert job in due(busy)
    assert run(busy, job) is None
    busy.clock.advance(LEASE_LASTS.total_seconds())
    done = run(busy, job)
    assert done is not None
    assert done.error is None


def test_a_sync_that_was_killed_is_due_when_its_right_is_over(busy: Office) -> None:
    """It was tried, but not done: it does not wait for the next interval."""
    run(busy, SYNC)
    taken(busy, SYNC, busy.clock.now() + LEASE_LASTS)
    assert SYNC not in due(busy)
    busy.clock.advance(LEASE_LASTS.total_seconds())
    assert SYNC in due(busy)
    assert made(busy).tenant(ACME).status().next_due == busy.clock.now()
    assert run(busy, SYNC) is not None
    assert SYNC not in due(busy)


def test_a_killed_sync_is_tried_once_before_the_next_interval(busy: Office) -> None:
    """Also where the next one ends before it takes the right, as with a dead login: it has had its turn."""
    run(busy, SYNC)
    taken(busy, SYNC, busy.clock.now() + LEASE_LASTS)
    busy.clock.advance(LEASE_LASTS.total_seconds())
    busy.control("POST", "/password-change")
    for due_again in (True, False):
        assert (SYNC in due(busy)) is due_again
        failed = run(busy, SYNC)
        assert (failed is not None) is due_again
    taken(busy, SYNC, busy.clock.now() - timedelta(hours=1))
    assert SYNC not in due(busy)


def test_a_damaged_right_is_over_when_any_right_would_be(busy: Office) -> None:
    """Somebody unknown may be at work until then; the job stays due meanwhile."""
    damage(busy, ACME, SYNC_LEASE)
    assert SYNC in due(busy)
    assert run(busy, SYNC) is None
    assert SYNC in due(busy)
    busy.clock.advance(LEASE_LASTS.total_seconds())
    done = run(busy, SYNC)
    assert done is not None
    assert done.error is None
    assert SYNC not in due(busy)


@pytest.mark.parametrize("job", [PUSH, SYNC, READ_BACK], ids=str)
def test_a_right_that_a_wrong_clock_took_keeps_nobody_out(busy: Office, job: Job) -> None:
    """It would last until that moment came."""
    taken(busy, job, busy.clock.now() + timedelta(days=365))
    assert run(busy, job) is not None


def two_orders(office: Office) -> None:
    """Finalise two orders with an hour each."""
    acme = office.connected(encryption_keys=[KEY])
    acme.sync()
    project = with_work(office, [entry("h1"), entry("h2")])
    for id in ("1", "2"):
        office.clock.advance(60)
        only = frozenset({f"entry:h{id}"})
        finalised(office, acme.build_order(project, MARCH, order_id=f"o{id}", only=only))


def after_first(office: Office, method: str, do: Callable[[], object]) -> None:
    """Do something after the first request of a method about an order."""
    left = [do]

    def after(request: Request, _: object) -> None:
        if request.method == method and "/orders" in request.url and left:
            left.pop()()

    office.shell.wire.after = after


def test_a_worker_whose_right_is_over_leaves_the_rest_to_the_other(office: Office) -> None:
    two_orders(office)
    after_first(office, "POST", lambda: taken(office, PUSH, office.clock.now() + LEASE_LASTS))
    done = run(office, PUSH)
    assert isinstance(done, DuePush)
    assert ([one.order.id for one in done.pushed], done.error) == (["o1"], None)
    assert due(office) == [PUSH]
    office.clock.advance(LEASE_LASTS.total_seconds())
    done = run(office, PUSH)
    assert isinstance(done, DuePush)
    assert [one.order.id for one in done.pushed] == ["o2"]
    assert (posts(office), len(office.drafts())) == (2, 2)


def test_a_worker_that_was_held_up_doubles_nothing_of_what_another_did_meanwhile(office: Office) -> None:
    two_orders(office)
    elsewhere = office.elsewhere()
    others: list[object] = []

    def held_up() -> None:
        office.clock.advance(LEASE_LASTS.total_seconds() + 1)
        others.append(run(elsewhere, PUSH))

    after_first(office, "POST", held_up)
    done = run(office, PUSH)
    assert isinstance(done, DuePush)
    assert others[0] is not None
    states = {known.order_id: known.state for known in office.tenant(encryption_keys=[KEY]).orders()}
    assert states == {"o1": State.TRANSFERRED, "o2": State.TRANSFERRED}
    assert (posts(office), len(office.drafts())) == (2, 2)


def test_a_worker_whose_right_is_over_recovers_no_further(office: Office) -> None:
    two_orders(office)
    office.fault("POST", "/orders", "drop_after", times=2)
    first = run(office, PUSH)
    assert isinstance(first, DuePush)
    assert [type(one.error) for one in first.pushed] == [OrderOutcomeUnknown] * 2
    after_first(office, "GET", lambda: taken(office, PUSH, office.clock.now() + LEASE_LASTS))
    second = run(office, PUSH)
    assert isinstance(second, DuePush)
    assert [one.order_id for one in second.recovered] == ["o1"]
    office.clock.advance(LEASE_LASTS.total_seconds())
    third = run(office, PUSH)
    assert isinstance(third, DuePush)
    assert [one.order_id for one in third.recovered] == ["o2"]
    assert (posts(office), len(office.drafts())) == (2, 2)


def test_a_sync_that_another_worker_took_over_has_not_failed(busy: Office) -> None:
    """The one that was held up does nothing more, and what is told of the sync is the other one's."""
    heard = Heard()
    held_up = busy.visma(listener=heard.by(busy), encryption_keys=[KEY])
    left = [lambda: taken(busy, SYNC, busy.clock.now() + LEASE_LASTS)]

    def after(request: Request, _: object) -> None:
        if request.url.partition("?")[0].endswith("/projects") and left:
            left.pop()()

    busy.shell.wire.after = after
    assert held_up.run_job(SYNC) is None
    assert not left
    acme = busy.tenant(encryption_keys=[KEY])
    assert [each.error for each in acme.runs()] == [None]
    assert acme.status().failed is None
    assert heard.names == []


def test_a_store_that_fails_in_between_ends_the_turn_and_what_was_done_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_orders(office)
    commit, broken = MemoryStateStore.commit, set[str]()

    def breaking(self: MemoryStateStore, tenant: str, writes: Sequence[Write]) -> bool:
        if broken & {write.key for write in writes}:
            raise OSError("no disk")
        return commit(self, tenant, writes)

    def breaks() -> None:
        office.clock.advance(1)  # else the right need not be written anew
        broken.add(PUSH_LEASE)

    monkeypatch.setattr(MemoryStateStore, "commit", breaking)
    after_first(office, "POST", breaks)
    done = run(office, PUSH)
    assert isinstance(done, DuePush)
    assert [one.order.id for one in done.pushed] == ["o1"]
    assert isinstance(done.error, OSError)


# The value


def test_a_job_goes_through_any_queue() -> None:
    """As two texts, as one key, pickled, and as a member of a set."""
    assert json.loads(json.dumps([PUSH.tenant, PUSH.lane])) == ["acme", "push"]
    assert Job("acme", "push") == PUSH
    assert isinstance(Job("acme", "push").lane, JobLane)
    assert [str(job) for job in (PUSH, SYNC, READ_BACK)] == ["push:acme", "sync:acme", "read_back:acme"]
    assert pickle.loads(pickle.dumps(PUSH)) == PUSH
    assert len({PUSH, Job("acme", "push"), SYNC}) == 2


@pytest.mark.parametrize(
    ("tenant", "lane", "told"),
    [("acme", "fetch", "no value of lane"), ("", "push", "tenant's id"), (7, "push", "tenant's id")],
    ids=str,
)
def test_what_is_no_job_is_refused_where_it_is_made(tenant: Any, lane: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Job(tenant, lane)


def test_wrong_arguments_are_named(office: Office) -> None:
    visma: Any = made(office)
    with pytest.raises(ConfigurationError, match="job must be of type Job"):
        visma.run_job("push:acme")
    with pytest.raises(ConfigurationError, match="no time zone"):
        visma.run_job(PUSH, datetime(2026, 3, 31))  # noqa: DTZ001 - that is the point
    with pytest.raises(ConfigurationError, match="no time zone"):
        visma.jobs_due(datetime(2026, 3, 31))  # noqa: DTZ001


def test_a_tenant_that_imports_nothing_has_no_sync(office: Office) -> None:
    office.connected(project_sync=False, encryption_keys=[KEY])
    choices = Choices(registers_without_projects=False)
    assert made(office, choices=choices).jobs_due() == []
