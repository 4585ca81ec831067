"""Every way in which `POST /orders` can end, and what the ledger says then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import attrs
import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.runtimes import AsyncioRuntime, BlockingRuntime
from visma_busy_sync._core.stepper import step
from visma_busy_sync._core.world import Permit
from visma_busy_sync._facade import Tenant
from visma_busy_sync.busy import Order
from visma_busy_sync.eaccounting._exchange import LiftedTransport
from visma_busy_sync.eaccounting.errors import (
    AccessDenied,
    ApiError,
    EAccountingError,
    NotSent,
    RateLimited,
    ReconnectNeeded,
    Unauthorized,
)
from visma_busy_sync.eaccounting.http import NotSentError, Request, Response
from visma_busy_sync.integration import (
    OrderClosed,
    _pushing,
    _reading_back,
)
from visma_busy_sync.integration._site import Site
from visma_busy_sync.orders import (
    IllegalTransition,
    OrderNotReady,
    OrderOutcomeUnknown,
    OrderRejected,
    ProblemCode,
    State,
)
from visma_busy_sync.ports import LiftedStateStore, Write
from visma_busy_sync.state import DocumentUnreadable
from visma_busy_sync.stores import MemoryStateStore, StoreUnavailable
from visma_busy_sync.testing import scheduler

from .fake import NoLimit, Upstream, connected, site
from .fake import order as fake_order
from .office import ACME, MARCH, Office, ready_to_push

POST = "POST /v2/orders"


def state_of(acme: Tenant, order_id: str = "o1") -> State:
    known = acme.ledger_entry(order_id)
    assert known is not None
    return known.state


def posts(office: Office) -> int:
    return office.requests().count(POST)


def again(acme: Tenant, project: str, order_id: str) -> Order:
    return acme.build_order(project, MARCH, order_id=order_id, order_date=date(2026, 3, 31))


UNKNOWN: dict[str, tuple[dict[str, Any], int]] = {
    "reset-before": ({"kind": "drop_before"}, 0),
    "closed-before": ({"kind": "drop_before", "reset": False}, 0),
    "reset-after": ({"kind": "drop_after"}, 1),
    "closed-after": ({"kind": "drop_after", "reset": False}, 1),
    "truncated": ({"kind": "truncate"}, 1),
    "empty-201-before": ({"kind": "status", "status": 201, "body": "empty"}, 0),
    "html-502": ({"kind": "status", "status": 502, "body": "html", "when": "after"}, 1),
    "html-400": ({"kind": "status", "status": 400, "body": "html"}, 0),
    "html-404": ({"kind": "status", "status": 404, "body": "html"}, 0),
    "empty-404": ({"kind": "status", "status": 404, "body": "empty"}, 0),
    "500": ({"kind": "status", "status": 500, "when": "after"}, 1),
    "503": ({"kind": "status", "status": 503, "error_code": 4000}, 0),
    "408": ({"kind": "status", "status": 408, "error_code": 2000}, 0),
    "5001-as-400": ({"kind": "status", "status": 400, "error_code": 5001, "when": "after"}, 1),
    "302": ({"kind": "status", "status": 302, "body": "empty"}, 0),
}


def test_an_outcome_that_stays_unknown_says_until_when_and_what_comes_then(office: Office) -> None:
    """Whoever follows the advice comes to an end; recovery alone would be told again and again."""
    acme, order = ready_to_push(office, max_retries=0)
    office.fault("POST", "/orders", kind="status", status=500)
    sent = office.clock.now()
    with pytest.raises(OrderOutcomeUnknown) as raised:
        acme.push(order)
    until = raised.value.again_at
    assert until == sent + timedelta(minutes=10)
    office.control("DELETE", "/faults")
    acme.recover()
    for ask in (lambda: acme.push(order), lambda: acme.resolve("o1", send_again=True)):
        with pytest.raises(OrderOutcomeUnknown, match=f"until {until:%Y-%m-%d %H:%M:%S} UTC") as raised:
            ask()
        assert "resolve()" in raised.value.advice
    office.clock.advance((until - office.clock.now()).total_seconds())
    acme.recover()
    acme.resolve("o1", send_again=True)
    assert acme.push(order).state is State.TRANSFERRED


@pytest.mark.parametrize(("fault", "made"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_post_whose_answer_is_missing_or_unreadable_is_unknown_and_never_sent_again(
    office: Office, fault: dict[str, Any], made: int
) -> None:
    acme, order = ready_to_push(office, max_retries=3)
    office.fault("POST", "/orders", **fault)
    with pytest.raises(OrderOutcomeUnknown) as raised:
        acme.push(order)
    known = acme.ledger_entry("o1")
    assert known is not None
    assert (known.state, known.problem is not None) == (State.OUTCOME_UNKNOWN, True)
    assert raised.value.marker == known.marker
    assert known.marker in raised.value.advice
    assert isinstance(raised.value.__cause__, EAccountingError)
    assert (posts(office), len(office.drafts())) == (1, made)
    # Pushing again, also after a restart, sends nothing.
    office.control("DELETE", "/faults")
    with pytest.raises(OrderOutcomeUnknown):
        acme.push(order)
    acme = office.connected()
    with pytest.raises(OrderOutcomeUnknown):
        acme.push(order)
    assert (posts(office), len(office.drafts())) == (1, made)
    # Its hours stay claimed: no other order gets them.
    with pytest.raises(OrderNotReady):
        again(acme, order.project, "o2")
    with pytest.raises(IllegalTransition):
        acme.reopen("o1")


DONE: dict[str, dict[str, Any]] = {
    "garbage": {"kind": "garbage"},
    "empty-201": {"kind": "status", "status": 201, "body": "empty", "when": "after"},
    "html-200": {"kind": "status", "status": 200, "body": "html", "when": "after"},
}


@pytest.mark.parametrize("fault", DONE.values(), ids=DONE)
def test_a_post_that_was_answered_as_done_but_unreadably_is_looked_for_at_once(
    office: Office, fault: dict[str, Any]
) -> None:
    """The server says that it is done, so the draft is most likely there to be read."""
    acme, order = ready_to_push(office)
    office.fault("POST", "/orders", **fault)
    transfer = acme.push(order)
    assert (transfer.state, transfer.repeated, transfer.differences) == (State.TRANSFERRED, False, ())
    (draft,) = office.drafts()
    assert transfer.eaccounting_id == draft["Id"]
    assert [posts(office), acme.push(order).repeated] == [1, True]


@pytest.mark.parametrize("answers", ["nothing", "an error"])
def test_one_that_is_not_seen_at_once_is_unknown(office: Office, answers: str) -> None:
    """Recovery looks again."""
    acme, order = ready_to_push(office)
    office.fault("POST", "/orders", "status", status=201, body="empty", when="after")

    def fails(request: Request, _: Response) -> None:
        if request.method == "POST":
            office.fault("GET", "/orders", "status", status=500)

    if answers == "nothing":
        office.profile(drafts_listed=False)
    else:
        office.shell.wire.after = fails
    with pytest.raises(OrderOutcomeUnknown):
        acme.push(order)
    assert state_of(acme) is State.OUTCOME_UNKNOWN
    office.profile(drafts_listed=True)
    (recovered,) = acme.recover()
    assert recovered.entry is not None
    assert recovered.entry.state is State.TRANSFERRED
    assert posts(office) == 1


CURABLE: dict[str, tuple[dict[str, Any], type[EAccountingError]]] = {
    "429": ({"kind": "status", "status": 429, "error_code": 4010}, RateLimited),
    "403": ({"kind": "status", "status": 403, "error_code": 4007}, AccessDenied),
    "403-html": ({"kind": "status", "status": 403, "body": "html"}, EAccountingError),
    "read-only-user": ({"kind": "status", "status": 400, "error_code": 4019}, AccessDenied),
    "guide": ({"kind": "status", "status": 400, "error_code": 4003}, AccessDenied),
    "401-twice": ({"kind": "status", "status": 401, "error_code": 4005, "times": 2}, Unauthorized),
}


@pytest.mark.parametrize(("fault", "error"), CURABLE.values(), ids=CURABLE)
def test_what_was_surely_not_made_waits_and_is_sent_when_that_is_cured(
    office: Office, fault: dict[str, Any], error: type[EAccountingError]
) -> None:
    acme, order = ready_to_push(office)
    office.fault("POST", "/orders", **fault)
    with pytest.raises(error) as raised:
        acme.push(order)
    assert raised.value.advice
    assert "push it again" in str(raised.value)
    assert state_of(acme) is State.RESERVED
    assert office.drafts() == []
    with pytest.raises(OrderNotReady):  # its hours are kept for it
        again(acme, order.project, "o2")
    office.clock.advance(60)  # after a 429 that says nothing else, a call waits
    transfer = acme.push(order)
    assert (transfer.state, transfer.repeated) == (State.TRANSFERRED, False)
    assert len(office.drafts()) == 1


def test_a_401_renews_the_token_and_sends_once_more(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.fault("POST", "/orders", "status", status=401, error_code=4005)
    acme.push(order)
    assert (posts(office), len(office.drafts())) == (2, 1)


def test_a_429_is_waited_for_and_sent_once_more(office: Office) -> None:
    acme, order = ready_to_push(office, max_retries=1)
    office.fault("POST", "/orders", "status", status=429, error_code=4010, message="try again in 0 seconds")
    acme.push(order)
    assert (posts(office), len(office.drafts())) == (2, 1)


def test_an_unreachable_server_leaves_the_order_waiting(office: Office) -> None:
    acme, order = ready_to_push(office)

    def unreachable(request: Request) -> None:
        if request.method == "POST":
            raise NotSentError("ConnectError")

    office.shell.wire.before = unreachable
    with pytest.raises(NotSent):
        acme.push(order)
    assert state_of(acme) is State.RESERVED
    office.shell.wire.before = None
    acme.push(order)
    assert len(office.drafts()) == 1


def test_a_dead_connection_leaves_the_order_waiting(office: Office) -> None:
    """R28: the password changed; the order is sent after the new login."""
    acme, order = ready_to_push(office)
    office.control("POST", "/password-change")
    for _ in range(2):
        with pytest.raises(ReconnectNeeded):
            acme.push(order)
    assert str(acme.status()).startswith("reconnect needed")
    assert state_of(acme) is State.RESERVED
    office.log_in(acme)
    acme.push(order)
    assert len(office.drafts()) == 1


def reject(office: Office, acme: Tenant, order: Order, code: int = 4024) -> OrderRejected:
    office.fault("POST", "/orders", "status", status=400, error_code=code, message="SECRET of the customer")
    with pytest.raises(OrderRejected) as raised:
        acme.push(order)
    return raised.value


def test_a_refusal_of_the_order_is_told_and_kept(office: Office) -> None:
    acme, order = ready_to_push(office)
    error = reject(office, acme, order)
    assert (error.order_id, error.status, error.error_code) == ("o1", 400, 4024)
    assert isinstance(error.__cause__, ApiError)
    assert "SECRET" not in str(error)
    known = acme.ledger_entry("o1")
    assert known is not None
    assert (known.state, known.problem) == (State.REJECTED, error.problem)
    assert [found.code for found in error.problems] == [ProblemCode.ARTICLE_WITHOUT_SALES_ACCOUNT]
    assert error.problems[0].cure_en in error.advice
    assert office.drafts() == []


@pytest.mark.parametrize(
    ("code", "advice"), [(4013, "Open the period in eAccounting."), (99999, "Mend what it names.")]
)
def test_a_refusal_that_is_about_nothing_in_busy_says_its_cure(
    office: Office, code: int, advice: str
) -> None:
    acme, order = ready_to_push(office)
    error = reject(office, acme, order, code)
    assert error.problems == ()
    assert error.advice == f"{advice} Then reopen the order and build a new one."


def test_a_refused_order_is_not_sent_again(office: Office) -> None:
    """The same order would be refused again, or billed with hours that were freed; a person decides."""
    acme, order = ready_to_push(office)
    error = reject(office, acme, order)
    with pytest.raises(OrderClosed) as raised:
        acme.push(order)
    assert (raised.value.state, raised.value.problem) == (State.REJECTED, error.problem)
    assert "reopen" in raised.value.advice
    assert posts(office) == 1
    with pytest.raises(OrderNotReady):  # the hours stay claimed until it is reopened
        again(acme, order.project, "o2")


def test_a_refused_order_is_reopened_and_its_hours_go_on_a_new_one(office: Office) -> None:
    acme, order = ready_to_push(office)
    reject(office, acme, order)
    assert acme.reopen("o1").state is State.OPEN
    with pytest.raises(OrderClosed) as raised:
        acme.push(order)
    assert raised.value.state is State.OPEN
    new = again(acme, order.project, "o2")
    assert set(new.claims) == set(order.claims)
    acme.push(new)
    assert [posts(office), len(office.drafts())] == [2, 1]
    with pytest.raises(IllegalTransition):
        acme.reopen("o2")


@pytest.mark.parametrize("sent", [True, False], ids=["after-it-was-sent", "before"])
@pytest.mark.parametrize("error", [OSError("SECRET"), TimeoutError(), KeyError("SECRET")], ids=repr)
def test_an_error_of_a_hosts_own_transport_is_unknown_and_never_sent_again(
    office: Office, error: Exception, sent: bool
) -> None:
    acme, order = ready_to_push(office)

    def fails(request: Request, _: Response | None = None) -> None:
        if request.method == "POST" and request.url.endswith("/orders"):
            raise error

    if sent:
        office.shell.wire.after = fails
    else:
        office.shell.wire.before = fails
    with pytest.raises(OrderOutcomeUnknown) as raised:
        acme.push(order)
    assert raised.value.__cause__ is not None
    office.shell.wire.before = office.shell.wire.after = None
    known = acme.ledger_entry("o1")
    assert known is not None
    assert known.state is State.OUTCOME_UNKNOWN
    assert type(error).__name__ in str(known.problem)
    assert "SECRET" not in str(known.problem)
    with pytest.raises(OrderOutcomeUnknown):
        acme.push(order)
    assert posts(office) == len(office.drafts()) == int(sent)


def blocking_site(upstream: Upstream, state: MemoryStateStore, **other: Any) -> Site:
    """A site of the synchronous shell over fakes."""
    made = site(scheduler.World(), upstream, state, store=LiftedStateStore(state))
    parts: dict[str, Any] = {"transport": LiftedTransport(upstream), "runtime": BlockingRuntime(), **other}
    return attrs.evolve(made, **parts)


class FailingLimit(NoLimit):
    """A host's own budget of calls that fails before the POST, or after it: the two reads before it pass."""

    def __init__(self, *, before: Exception | None = None, after: Exception | None = None) -> None:
        self._before, self._after = before, after
        self._calls = 0

    async def acquire(self, key: str, *, patience: float) -> Permit:
        self._calls += 1
        if self._before and self._calls > 2:
            raise self._before
        return Permit(key, 0.0)

    async def release(self, permit: Permit) -> None:
        if self._after and self._calls > 2:
            raise self._after


UNFORESEEN = pytest.mark.parametrize(
    ("error", "problem"),
    [
        (OSError("SECRET"), "The sending failed with OSError."),
        (StoreUnavailable("The database failed."), "The database failed."),
        (DocumentUnreadable("tokens/x", "it is damaged"), "'tokens/x' cannot be read"),
        (ConfigurationError("No such key."), "No such key."),
    ],
    ids=["of the host", "store", "document", "configuration"],
)


@UNFORESEEN
def test_what_fails_before_the_post_leaves_the_order_waiting(error: Exception, problem: str) -> None:
    """The host gets its own error, and the order is sent once when that is cured."""
    upstream, state = Upstream(), MemoryStateStore()
    connected(state)
    healthy = blocking_site(upstream, state)
    made = attrs.evolve(healthy, limiter=FailingLimit(before=error))
    with pytest.raises(type(error)) as raised:
        step(_pushing.push, made, ACME, fake_order("o", "h1"))
    assert raised.value is error
    known = step(_reading_back.ledger_entry, made, ACME, "o")
    assert known is not None
    assert (known.state, problem in str(known.problem)) == (State.RESERVED, True)
    for repeated in (False, True):
        assert step(_pushing.push, healthy, ACME, fake_order("o", "h1")).repeated is repeated
    assert len(upstream.orders) == 1


@UNFORESEEN
def test_what_fails_after_the_post_is_unknown(error: Exception, problem: str) -> None:
    """Nothing but a crash leaves an order in `sending`."""
    upstream, state = Upstream(), MemoryStateStore()
    connected(state)
    healthy = blocking_site(upstream, state)
    made = attrs.evolve(healthy, limiter=FailingLimit(after=error))
    with pytest.raises(OrderOutcomeUnknown) as raised:
        step(_pushing.push, made, ACME, fake_order("o", "h1"))
    assert raised.value.__cause__ is error
    known = step(_reading_back.ledger_entry, made, ACME, "o")
    assert known is not None
    assert (known.state, problem in str(known.problem)) == (State.OUTCOME_UNKNOWN, True)
    with pytest.raises(OrderOutcomeUnknown):
        step(_pushing.push, healthy, ACME, fake_order("o", "h1"))
    assert len(upstream.orders) == 1


@pytest.mark.parametrize("answered", [401, 429])
def test_what_fails_after_a_refusal_of_the_call_leaves_the_order_waiting(
    office: Office, answered: int
) -> None:
    """The POST was answered, and surely made nothing; then the store failed."""
    refused: list[Request] = []
    store = OnceFailingState(office.state, fails=lambda: bool(refused))
    state: Any = store if office.shell.run is None else AsyncFailingState(store)
    acme, order = ready_to_push(office, state=state, max_retries=1)
    office.fault("POST", "/orders", "status", status=answered, error_code=4010, message="in 0 seconds")
    office.shell.wire.after = lambda request, _: refused.append(request) if request.body else None
    with pytest.raises(OSError, match="disk full"):
        acme.push(order)
    office.shell.wire.after = None
    assert (state_of(acme), posts(office)) == (State.RESERVED, 1)
    acme.push(order)
    assert (posts(office), len(office.drafts())) == (2, 1)


@pytest.mark.anyio
async def test_a_push_that_is_cancelled_while_it_waits_is_sent_when_it_is_pushed_again() -> None:
    """In a loop of asyncio, while the budget of calls is used up."""
    upstream, state = Upstream(), MemoryStateStore()
    connected(state)
    waits = asyncio.Event()

    class Full(NoLimit):
        async def acquire(self, key: str, *, patience: float) -> Permit:
            waits.set()
            await asyncio.Event().wait()
            raise AssertionError

    healthy = blocking_site(upstream, state, runtime=AsyncioRuntime())
    task = asyncio.ensure_future(
        _pushing.push(attrs.evolve(healthy, limiter=Full()), ACME, fake_order("o", "h1"))
    )
    await waits.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    known = await _reading_back.ledger_entry(healthy, ACME, "o")
    assert known is not None
    assert known.state is State.RESERVED
    await _pushing.push(healthy, ACME, fake_order("o", "h1"))
    assert len(upstream.orders) == 1


def test_a_client_that_is_closed_sends_nothing_and_the_order_waits(office: Office) -> None:
    acme, order = ready_to_push(office)

    def closed(request: Request) -> None:
        if request.method == "POST":
            raise ConfigurationError("The HTTP client is closed.")

    office.shell.wire.before = closed
    with pytest.raises(ConfigurationError, match="closed"):
        acme.push(order)
    assert state_of(acme) is State.RESERVED
    office.shell.wire.before = None
    acme.push(order)
    assert len(office.drafts()) == 1


# Crashes


class ProcessEnds(BaseException):
    """Nothing may handle it, and nothing is stored any more."""


@pytest.mark.parametrize("effect", [True, False], ids=["after-the-effect", "before-it"])
def test_a_crash_while_sending_leaves_the_order_sending_and_sends_nothing_again(
    office: Office, effect: bool
) -> None:
    over: list[bool] = []
    dying = FailingState(office.state, lambda: bool(over), ProcessEnds())
    state: Any = dying if office.shell.run is None else AsyncFailingState(dying)
    acme, order = ready_to_push(office, state=state)

    def ends(request: Request, _: Response | None = None) -> None:
        if request.method == "POST" and request.url.endswith("/orders"):
            over.append(True)
            raise ProcessEnds

    if effect:
        office.shell.wire.after = ends
    else:
        office.shell.wire.before = ends
    with pytest.raises(ProcessEnds):
        acme.push(order)
    office.shell.wire.before = office.shell.wire.after = None
    over.clear()
    assert state_of(acme) is State.SENDING
    for restarted in (False, True):
        tenant = office.connected() if restarted else acme
        with pytest.raises(OrderOutcomeUnknown) as raised:
            tenant.push(order)
        assert raised.value.advice
    assert len(office.drafts()) == posts(office) == int(effect)


class FailingState:
    """A state store that fails, or always finds others in between, once the POST was answered."""

    volatile = True  # as the memory below it

    def __init__(
        self, memory: MemoryStateStore, fails: Callable[[], bool], error: BaseException | None
    ) -> None:
        self.read = memory.read
        self.scan = memory.scan
        self._memory = memory
        self._fails = fails
        self._error = error

    def commit(self, tenant: str, writes: list[Write]) -> bool:
        if not self._fails():
            return self._memory.commit(tenant, writes)
        if self._error is not None:
            raise self._error
        return False


class Asleep:
    """The clock of a machine that can sleep: of that its `monotonic()` knows nothing."""

    def __init__(self, office: Office) -> None:
        self._clock = office.clock
        self.slept = timedelta()
        self.monotonic = office.clock.monotonic

    def now(self) -> datetime:
        return self._clock.now() + self.slept


class DozingState:
    """A state store whose machine goes to sleep as soon as it is written that an order is sent."""

    volatile = True

    def __init__(self, memory: MemoryStateStore, clock: Asleep, minutes: float) -> None:
        self.read = memory.read
        self.scan = memory.scan
        self._memory = memory
        self._clock = clock
        self._minutes = minutes

    def commit(self, tenant: str, writes: list[Write]) -> bool:
        done = self._memory.commit(tenant, writes)
        if any('"state":"sending"' in (write.body or "") for write in writes):
            self._clock.slept += timedelta(minutes=self._minutes)
            self._minutes = 0
        return done


@pytest.mark.parametrize(("minutes", "sent"), [(4, True), (60, False)])
def test_a_machine_that_slept_before_the_post_does_not_send_any_more(
    office: Office, minutes: float, sent: bool
) -> None:
    """Meanwhile recovery may have looked, and a person have had the order sent again."""
    clock = Asleep(office)
    dozing = DozingState(office.state, clock, minutes)
    state: Any = dozing if office.shell.run is None else AsyncFailingState(dozing)
    acme, order = ready_to_push(office, state=state, clock=clock)
    if not sent:
        with pytest.raises(NotSent, match="by the date"):
            acme.push(order)
        assert (state_of(acme), posts(office)) == (State.RESERVED, 0)
    assert acme.push(order).state is State.TRANSFERRED
    assert posts(office) == 1


class OnceFailingState:
    """A state store whose next read fails, once."""

    volatile = True

    def __init__(self, memory: MemoryStateStore, *, fails: Callable[[], bool]) -> None:
        self.scan = memory.scan
        self.commit = memory.commit
        self._memory = memory
        self._fails = fails
        self._failed = False

    def read(self, tenant: str, keys: list[str]) -> Any:
        if self._fails() and not self._failed:
            self._failed = True
            raise OSError("disk full")
        return self._memory.read(tenant, keys)


class AsyncFailingState:
    volatile = True

    def __init__(self, plain: FailingState | DozingState | OnceFailingState) -> None:
        self._plain = plain

    async def read(self, *args: Any) -> Any:
        return self._plain.read(*args)

    async def scan(self, *args: Any) -> Any:
        return self._plain.scan(*args)

    async def commit(self, *args: Any) -> Any:
        return self._plain.commit(*args)


@pytest.mark.parametrize("error", [OSError("disk full"), None], ids=["raises", "busy"])
@pytest.mark.parametrize("fault", [None, 400, 403, 500])
def test_an_outcome_that_cannot_be_written_down_is_unknown(
    office: Office, fault: int | None, error: Exception | None
) -> None:
    """Whatever the answer was: the store says `sending`, so nothing is ever sent again by itself."""
    failing = FailingState(office.state, lambda: posts(office) > 0, error)
    state: Any = failing if office.shell.run is None else AsyncFailingState(failing)
    acme, order = ready_to_push(office, state=state)
    if fault:
        office.fault("POST", "/orders", "status", status=fault, error_code=2000)
    with pytest.raises(OrderOutcomeUnknown) as raised:
        acme.push(order)
    assert raised.value.__cause__ is not None
    assert error is None or raised.value.__cause__ is error
    healthy = office.tenant()
    assert state_of(healthy) is State.SENDING
    office.log_in(healthy)
    with pytest.raises(OrderOutcomeUnknown):
        healthy.push(order)
    assert posts(office) == 1
    assert len(office.drafts()) == (fault is None)


def test_a_store_that_fails_before_the_post_sends_nothing(office: Office) -> None:
    broken = [False]
    failing = FailingState(office.state, lambda: broken[0], OSError("disk full"))
    state: Any = failing if office.shell.run is None else AsyncFailingState(failing)
    acme, order = ready_to_push(office, state=state)
    broken[0] = True
    with pytest.raises(OSError, match="disk full"):
        acme.push(order)
    assert posts(office) == 0
    broken[0] = False
    acme.push(order)
    assert len(office.drafts()) == 1
