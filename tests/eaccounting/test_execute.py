"""Sending, pacing, repeating: on a scripted server and a clock that only waiting moves."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.stepper import step as stepped_once
from visma_busy_sync._core.world import Permit
from visma_busy_sync.eaccounting import EAccounting, Operation
from visma_busy_sync.eaccounting._exchange import LiftedTransport
from visma_busy_sync.eaccounting._execute import Env, Options, execute
from visma_busy_sync.eaccounting._limits import WindowLimiter
from visma_busy_sync.eaccounting._retrying import RetryBudget, pause_before_retry
from visma_busy_sync.eaccounting.errors import (
    POST_TOKEN,
    AnswerLost,
    EAccountingError,
    NotSent,
    RateLimited,
    ReconnectNeeded,
    Rejected,
    ServerFault,
    Unauthorized,
    UnreadableAnswer,
)
from visma_busy_sync.eaccounting.http import NoAnswerError, NotSentError, Request, Response
from visma_busy_sync.testing.scheduler import Worker, World, gate

from .given import NOW, READ, WRITE, Bench, Free, Instant, Script, Step, answer, evolve, looped, stepped

T = TypeVar("T")

GOOD = answer(200, {"Name": "x"})
BUSY = answer(429, {"ErrorCode": 4010, "DeveloperErrorMessage": "Try again in 5 seconds"})
BROKEN = answer(503)
FAILED = answer(500, {"ErrorCode": 5000})
UNCERTAIN = answer(400, {"ErrorCode": 5001})
REFUSED = answer(400, {"ErrorCode": 2000})
STALE = answer(401)
UNREACHABLE = NotSentError("ConnectError")
RESET = NoAnswerError("ReadError")
PAGE = answer(200, raw=b"<html>")

SHELLS = [pytest.param(stepped, id="blocking"), pytest.param(looped, id="asyncio")]
Shell = Callable[[Any], Callable[..., Any]]


@pytest.fixture(params=SHELLS)
def run(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Carry out an operation, in each shell."""
    shell: Shell = request.param
    return shell(execute)


class Renewable:
    """A token source whose first token is refused, with a prepared second one or an error."""

    def __init__(self, second: Secret | Exception | None = None, first: Exception | None = None) -> None:
        self.second = Secret("second") if second is None else second
        self.failures = [first] if first else []
        self.renewals = 0

    async def token(self) -> Secret:
        if self.failures:
            raise self.failures.pop()
        return Secret("first")

    async def token_after_refusal(self, refused: Secret) -> Secret | None:
        self.renewals += 1
        if isinstance(self.second, Exception):
            raise self.second
        return self.second


def bearers(bench: Bench) -> list[str]:
    return [request.headers["Authorization"] for request in bench.script.requests]


@pytest.mark.parametrize("operation", [READ, WRITE], ids=["read", "write"])
def test_one_request_is_enough(run: Callable[..., Any], operation: Operation[Any]) -> None:
    """It takes one call of the budget, by its template, and waits for nothing."""
    bench = Bench(GOOD)
    assert run(operation, bench.env) == {"Name": "x"}
    assert bench.limiter.keys == ["/things"]
    assert len(bench.script.requests) == 1
    assert bench.runtime.sleeps == []
    assert bench.script.requests[0].timeout == 30


@pytest.mark.parametrize(
    "step",
    [BUSY, BROKEN, FAILED, UNCERTAIN, UNREACHABLE, RESET],
    ids=["429", "503", "500", "5001", "off", "reset"],
)
def test_a_read_is_repeated(run: Callable[..., Any], step: Step) -> None:
    """After a fault that may pass."""
    bench = Bench(step, step, GOOD)
    assert run(READ, bench.env) == {"Name": "x"}
    assert len(bench.script.requests) == 3
    assert bench.limiter.keys == ["/things"] * 3


@pytest.mark.parametrize("step", [BUSY, UNREACHABLE], ids=["429", "off"])
def test_a_write_is_repeated_if_it_surely_had_no_effect(run: Callable[..., Any], step: Step) -> None:
    """It was not sent, or the budget was used up."""
    bench = Bench(step, step, GOOD)
    assert run(WRITE, bench.env) == {"Name": "x"}
    assert len(bench.script.requests) == 3


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (RESET, AnswerLost),
        (BROKEN, UnreadableAnswer),
        (FAILED, ServerFault),
        (UNCERTAIN, ServerFault),
        (PAGE, UnreadableAnswer),
        (answer(201), UnreadableAnswer),
        (answer(302), UnreadableAnswer),
        (answer(201, raw=b'{"Id": "3f'), UnreadableAnswer),
    ],
    ids=["reset", "503", "500", "5001", "page", "empty", "redirect", "cut off"],
)
def test_a_write_in_doubt_is_not_sent_again(
    run: Callable[..., Any], step: Step, error: type[EAccountingError]
) -> None:
    """One request, and the error says that it may have happened."""
    bench = Bench(step, GOOD)
    with pytest.raises(error) as caught:
        run(WRITE, bench.env)
    assert caught.value.may_have_happened
    assert caught.value.operation == WRITE.name
    assert len(bench.script.requests) == 1
    assert bench.runtime.sleeps == []


@pytest.mark.parametrize("operation", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize(
    ("step", "error"),
    [(REFUSED, Rejected), (answer(404), EAccountingError), (answer(403), EAccountingError)],
    ids=["400", "404", "403"],
)
def test_a_refusal_is_not_repeated(
    run: Callable[..., Any], operation: Operation[Any], step: Step, error: type[EAccountingError]
) -> None:
    """It would be refused again."""
    bench = Bench(step, GOOD)
    with pytest.raises(error):
        run(operation, bench.env)
    assert len(bench.script.requests) == 1


@pytest.mark.parametrize("max_retries", [0, 1, 3, 7])
@pytest.mark.parametrize("operation", [READ, WRITE], ids=["read", "write"])
def test_there_are_never_more_attempts_than_allowed(
    run: Callable[..., Any], operation: Operation[Any], max_retries: int
) -> None:
    """The first one and the retries."""
    bench = Bench(UNREACHABLE, max_retries=max_retries, retry_budget=RetryBudget(tokens=100))
    with pytest.raises(NotSent):
        run(operation, bench.env)
    assert len(bench.script.requests) == 1 + max_retries
    assert len(bench.runtime.sleeps) == max_retries


def test_pauses_grow_to_a_bound_and_are_spread(run: Callable[..., Any]) -> None:
    """Full jitter: a chance of half gives half of each step, up to 8 seconds."""
    bench = Bench(BROKEN, chance=0.5, max_retries=7, retry_budget=RetryBudget(tokens=100))
    with pytest.raises(UnreadableAnswer):
        run(READ, bench.env)
    assert bench.runtime.sleeps == [0.25, 0.5, 1, 2, 4, 4, 4]


def test_a_429_is_waited_for_as_long_as_the_server_says(run: Callable[..., Any]) -> None:
    """And a little longer, so that not all come back at once."""
    bench = Bench(BUSY, BUSY, GOOD, chance=0.5)
    run(READ, bench.env)
    assert bench.runtime.sleeps == [5.25, 5.5]


@pytest.mark.parametrize("operation", [READ, WRITE], ids=["read", "write"])
def test_a_429_without_a_time_is_repeated_after_a_minute(
    run: Callable[..., Any], operation: Operation[Any]
) -> None:
    """By default there is time for one such wait, for a write too."""
    bench = Bench(answer(429), GOOD)
    assert run(operation, bench.env) == {"Name": "x"}
    assert bench.runtime.sleeps == [60.25]
    assert bench.limiter.held_off == [("/things", 60)]


@pytest.mark.parametrize("operation", [READ, WRITE], ids=["read", "write"])
def test_a_wait_beyond_the_deadline_is_not_begun(run: Callable[..., Any], operation: Operation[Any]) -> None:
    """The error comes at once, and says how long to wait; the others are held off all the same."""
    bench = Bench(answer(429, headers={"retry-after": "2000"}), GOOD)
    with pytest.raises(RateLimited, match="Wait 2000 seconds") as caught:
        run(operation, bench.env)
    assert caught.value.retry_after == 2000
    assert bench.clock.monotonic() == 0
    assert bench.limiter.held_off == [("/things", 2000)]


def test_a_date_to_come_back_counts_from_the_clock(run: Callable[..., Any]) -> None:
    """Where the answer has no date of its own."""
    bench = Bench(answer(429, headers={"retry-after": "Tue, 31 Mar 2026 12:00:20 GMT"}), GOOD, chance=0.0)
    assert run(READ, bench.env) == {"Name": "x"}
    assert bench.runtime.sleeps == [20]


def test_no_attempt_begins_after_the_deadline(run: Callable[..., Any]) -> None:
    """A pause that would pass it is not begun: the error comes at once."""
    bench = Bench(BUSY, chance=0.0, max_retries=100, deadline=17)
    with pytest.raises(RateLimited):
        run(READ, bench.env)
    assert bench.clock.monotonic() == 15
    assert len(bench.script.requests) == 4


class Strict(Instant):
    """A runtime that gives up what takes too long, as an event loop does."""

    async def within(self, seconds: float, work: Callable[[], Awaitable[T]]) -> T:
        ends_at = self.clock.monotonic() + seconds
        result = await work()
        if self.clock.monotonic() > ends_at:
            raise TimeoutError
        return result


def strict(bench: Bench, **changes: Any) -> Env:
    return evolve(bench.env, runtime=Strict(bench.clock, bench.runtime.chance), **changes)


def taking(bench: Bench, seconds: float, outcome: Response | Exception = GOOD) -> Step:
    """Make a step that takes a while."""

    def slow(_: object) -> Response:
        bench.clock.advance(seconds)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return slow


@pytest.mark.parametrize(("operation", "doubt"), [(READ, False), (WRITE, True)], ids=["read", "write"])
def test_the_deadline_is_that_of_the_whole_call(
    run: Callable[..., Any], operation: Operation[Any], doubt: bool
) -> None:
    """An answer that comes later is given up; a write is in doubt then, for it was sent."""
    bench = Bench(deadline=50)
    bench.script.steps = [taking(bench, 51)]
    with pytest.raises(AnswerLost, match="deadline") as caught:
        run(operation, strict(bench))
    assert caught.value.may_have_happened is doubt
    assert caught.value.__context__ is None
    assert len(bench.script.requests) == 1
    assert bench.limiter.released == 1


def test_each_attempt_gets_what_is_left(run: Callable[..., Any]) -> None:
    """And the transport a little less, so that its own error comes before the end of the call."""
    bench = Bench(chance=0.0, deadline=90)
    bench.script.steps = [taking(bench, 40, RESET), taking(bench, 41, RESET), taking(bench, 4, RESET), GOOD]
    assert run(READ, strict(bench)) == {"Name": "x"}
    assert [request.deadline for request in bench.script.requests] == [89, 49, pytest.approx(8.1), 4.5]
    assert [request.timeout for request in bench.script.requests] == [30, 30, 9, 5]


@pytest.mark.parametrize("deadline", [0.4, 5, 90])
def test_a_call_that_the_transport_gave_up_in_time_is_not_begun_again(
    run: Callable[..., Any], deadline: float
) -> None:
    """Hardly any time is left then, and what really happened would be hidden."""
    bench = Bench(chance=0.0, deadline=deadline)

    def given_up(request: Request) -> Response:
        bench.clock.advance(request.deadline)
        raise NoAnswerError("the deadline passed")

    bench.script.steps = [given_up]
    with pytest.raises(AnswerLost, match="the deadline passed"):
        run(READ, strict(bench))
    assert len(bench.script.requests) == 1


def test_a_slow_server_uses_up_the_deadline(run: Callable[..., Any]) -> None:
    """The time of the attempts counts."""
    bench = Bench(chance=0.0, max_retries=100, deadline=90)
    bench.script.steps = [taking(bench, 40, RESET)]
    with pytest.raises(AnswerLost):
        run(READ, strict(bench))
    assert len(bench.script.requests) == 3


@pytest.mark.parametrize(
    ("timeout", "deadline", "waited", "sent"),
    [
        (30, 90, 67, True),
        (30, 90, 68, False),
        (4, 90, 85, True),
        (4, 90, 87, False),
        (30, 2, 0, True),
        (30, 2, 1.4, True),
        (30, 2, 1.6, False),
    ],
    ids=str,
)
def test_a_write_begins_only_with_time_to_end(
    run: Callable[..., Any], timeout: float, deadline: float, waited: float, sent: bool
) -> None:
    """With the timeout or a quarter of the deadline left; a read begins all the same."""

    class Slow(Renewable):
        async def token(self) -> Secret:
            bench.clock.advance(waited)
            return Secret("first")

    for operation, goes in ((WRITE, sent), (READ, True)):
        bench = Bench(GOOD, tokens=Slow(), timeout=timeout, deadline=deadline)
        if goes:
            assert run(operation, bench.env) == {"Name": "x"}
        else:
            with pytest.raises(NotSent) as caught:
                run(operation, bench.env)
            assert not caught.value.may_have_happened
        assert len(bench.script.requests) == goes
        assert bench.limiter.released == 1


def test_a_write_is_not_repeated_without_time_to_end(run: Callable[..., Any]) -> None:
    """The pause would end with too little left: the first error comes at once."""
    bench = Bench(answer(429, headers={"retry-after": "68"}), GOOD, chance=0.0)
    with pytest.raises(RateLimited):
        run(WRITE, bench.env)
    assert bench.runtime.sleeps == []
    assert len(bench.script.requests) == 1


def test_a_token_that_does_not_come_in_time_leaves_the_call_unsent(run: Callable[..., Any]) -> None:
    """It came before the call, so there is no doubt."""

    class Slow(Renewable):
        async def token(self) -> Secret:
            bench.clock.advance(95)
            return Secret("first")

    bench = Bench(GOOD, tokens=Slow())
    with pytest.raises(NotSent, match="no access token came") as caught:
        run(WRITE, strict(bench))
    assert not caught.value.may_have_happened
    assert bench.script.requests == []
    assert bench.limiter.released == 1


class Asleep:
    """The clock of a machine that can sleep: of that its `monotonic()` knows nothing."""

    def __init__(self) -> None:
        self.slept = timedelta()

    def now(self) -> datetime:
        return NOW + self.slept

    def monotonic(self) -> float:
        return 0.0


@pytest.mark.parametrize("asleep", ["before", "while a token is fetched", "before it is sent once more"])
def test_nothing_is_sent_after_the_latest_moment(run: Callable[..., Any], asleep: str) -> None:
    """Whatever is left of the deadline. No other attempt can succeed, so none is made."""

    class Sleeps(Renewable):
        async def token(self) -> Secret:
            clock.slept += timedelta(hours=asleep == "while a token is fetched")
            return await super().token()

        async def token_after_refusal(self, refused: Secret) -> Secret | None:
            clock.slept += timedelta(hours=asleep == "before it is sent once more")
            return await super().token_after_refusal(refused)

    clock = Asleep()
    clock.slept += timedelta(hours=asleep == "before")
    bench = Bench(STALE, GOOD, tokens=Sleeps())
    with pytest.raises(NotSent, match="by the date") as caught:
        run(WRITE, evolve(bench.env, clock=clock), latest=NOW + timedelta(minutes=6))
    assert not caught.value.may_have_happened
    assert len(bench.script.requests) == (asleep == "before it is sent once more")
    assert bench.runtime.sleeps == []


@pytest.mark.parametrize("operation", [READ, WRITE], ids=["read", "write"])
def test_no_renewal_begins_after_the_deadline(run: Callable[..., Any], operation: Operation[Any]) -> None:
    """Where the 401 came late. A blocked thread could not leave it any more."""
    tokens = Renewable()
    bench = Bench(tokens=tokens)
    bench.script.steps = [taking(bench, 89.5, STALE)]
    with pytest.raises(NotSent, match="no access token came") as caught:
        run(operation, bench.env)
    assert not caught.value.may_have_happened
    assert tokens.renewals == 0
    assert bench.limiter.released == 1


def test_a_timeout_of_the_hosts_own_store_is_not_taken_for_the_deadline(run: Callable[..., Any]) -> None:
    """It comes out as it is."""

    class Store(Renewable):
        async def token(self) -> Secret:
            raise TimeoutError("of a host's store")

    bench = Bench(GOOD, tokens=Store())
    with pytest.raises(TimeoutError, match="of a host's store"):
        run(READ, bench.env)
    assert bench.limiter.released == 1


class Full(Free):
    """A limiter without room."""

    async def acquire(self, key: str, *, patience: float) -> Permit:
        raise TimeoutError


def test_a_call_without_room_in_the_budget_is_not_sent(run: Callable[..., Any]) -> None:
    """The limiter says so at once and knows it, so it is asked once; nothing was sent."""
    bench = Bench(GOOD)
    with pytest.raises(NotSent, match="budget of calls is used up") as caught:
        run(WRITE, evolve(bench.env, limiter=Full()))
    assert bench.script.requests == []
    assert bench.runtime.sleeps == []
    assert not caught.value.may_have_happened


def test_a_call_after_a_long_429_says_how_long_to_wait(run: Callable[..., Any]) -> None:
    """Not to look at the network: the server asked for a pause, and the calls after the first hit that."""
    bench = Bench(answer(429, headers={"retry-after": "900"}))
    limiter = WindowLimiter(clock=bench.clock, runtime=bench.runtime)
    env = evolve(bench.env, limiter=limiter)
    with pytest.raises(RateLimited):
        run(WRITE, env)
    bench.clock.advance(300)
    with pytest.raises(NotSent, match="eAccounting asked for a pause") as caught:
        run(WRITE, env)
    assert caught.value.retry_after == pytest.approx(600, abs=1)
    assert caught.value.advice == f"Wait {caught.value.retry_after:g} seconds, then try again."


def test_a_limiter_that_does_not_say_when_there_is_room_is_waited_for_a_minute(
    run: Callable[..., Any],
) -> None:
    """As after a 429 without a time."""
    with pytest.raises(NotSent) as caught:
        run(WRITE, evolve(Bench(GOOD).env, limiter=Full()))
    assert caught.value.retry_after == 60


def test_a_network_that_is_down_is_no_matter_of_waiting(run: Callable[..., Any]) -> None:
    """The advice is to look at it."""
    with pytest.raises(NotSent, match=r"Check the network") as caught:
        run(WRITE, Bench(*[UNREACHABLE] * 9).env)
    assert caught.value.retry_after is None


def test_the_wait_for_the_budget_of_calls_leaves_time_for_a_write(run: Callable[..., Any]) -> None:
    """And a second for a read."""

    class Asked(Free):
        async def acquire(self, key: str, *, patience: float) -> Permit:
            patiences.append(patience)
            return await super().acquire(key, patience=patience)

    patiences: list[float] = []
    for operation in (READ, WRITE):
        run(operation, evolve(Bench(GOOD).env, limiter=Asked()))
    assert patiences == [89, 67.5]


@pytest.mark.parametrize("code", [5000, 5001, 5002])
def test_a_write_in_doubt_is_not_sent_again_after_a_401(run: Callable[..., Any], code: int) -> None:
    """The code says that it may have happened, whatever the status says."""
    doubtful = answer(401, {"ErrorCode": code, "ErrorId": "", "DeveloperErrorMessage": "x"})
    bench = Bench(doubtful, GOOD, tokens=Renewable(), max_retries=0)
    with pytest.raises(EAccountingError) as caught:
        run(WRITE, bench.env)
    assert caught.value.may_have_happened
    assert len(bench.script.requests) == 1


@pytest.mark.parametrize("operation", [READ, WRITE], ids=["read", "write"])
def test_a_401_is_renewed_and_sent_once_more(run: Callable[..., Any], operation: Operation[Any]) -> None:
    """The API refused it, so nothing has happened; it does not count as a retry."""
    bench = Bench(STALE, GOOD, tokens=(source := Renewable()), max_retries=0)
    assert run(operation, bench.env) == {"Name": "x"}
    assert bearers(bench) == ["Bearer first", "Bearer second"]
    assert source.renewals == 1
    assert bench.limiter.keys == ["/things", "/things"]


def test_a_second_401_is_final(run: Callable[..., Any]) -> None:
    """One renewal, one more request."""
    bench = Bench(STALE, tokens=(source := Renewable()))
    with pytest.raises(Unauthorized):
        run(READ, bench.env)
    assert (source.renewals, len(bench.script.requests)) == (1, 2)


def test_a_call_renews_once_in_its_life(run: Callable[..., Any]) -> None:
    """Not once more in each retry."""
    bench = Bench(STALE, BROKEN, STALE, GOOD, tokens=(source := Renewable()))
    with pytest.raises(Unauthorized):
        run(READ, bench.env)
    assert (source.renewals, len(bench.script.requests)) == (1, 3)


@pytest.mark.parametrize("operation", [READ, WRITE], ids=["read", "write"])
def test_a_renewal_that_failed_for_now_is_tried_again(
    run: Callable[..., Any], operation: Operation[Any]
) -> None:
    """The call ends with a new token, or with why there is none: never with "connect again"."""

    class Returning(Renewable):
        async def token_after_refusal(self, refused: Secret) -> Secret | None:
            if self.renewals < failures:
                self.renewals += 1
                raise UnreadableAnswer(operation=POST_TOKEN, status=503, reason="it is a web page")
            return await super().token_after_refusal(refused)

    failures = 1
    bench = Bench(STALE, STALE, GOOD, tokens=Returning())
    assert run(operation, bench.env) == {"Name": "x"}
    assert bearers(bench) == ["Bearer first", "Bearer first", "Bearer second"]
    failures = 9
    bench = Bench(STALE, tokens=(source := Returning()), max_retries=2)
    with pytest.raises(UnreadableAnswer) as caught:
        run(operation, bench.env)
    assert (caught.value.operation, source.renewals) == (POST_TOKEN, 3)
    assert not caught.value.may_have_happened


def test_a_fault_after_the_renewal_is_repeated(run: Callable[..., Any]) -> None:
    """As any other one."""
    bench = Bench(STALE, BROKEN, GOOD, tokens=Renewable())
    assert run(READ, bench.env) == {"Name": "x"}
    assert len(bench.script.requests) == 3


@pytest.mark.parametrize("second", [Secret("first")], ids=["the same"])
def test_a_token_that_is_not_new_is_not_tried_again(run: Callable[..., Any], second: Secret) -> None:
    """It was refused."""
    bench = Bench(STALE, tokens=Renewable(second))
    with pytest.raises(Unauthorized):
        run(READ, bench.env)
    assert len(bench.script.requests) == 1


def test_a_fixed_token_is_not_renewed(run: Callable[..., Any]) -> None:
    """There is no other."""
    bench = Bench(STALE)
    with pytest.raises(Unauthorized):
        run(READ, bench.env)
    assert len(bench.script.requests) == 1


def test_a_dead_connection_is_told_at_once(run: Callable[..., Any]) -> None:
    """Nothing but a login cures it, so nothing is repeated."""
    bench = Bench(STALE, tokens=Renewable(ReconnectNeeded()))
    with pytest.raises(ReconnectNeeded):
        run(WRITE, bench.env)
    assert len(bench.script.requests) == 1
    assert bench.runtime.sleeps == []


@pytest.mark.parametrize(
    "failure",
    [
        AnswerLost(operation=POST_TOKEN, reason="ReadTimeout"),
        UnreadableAnswer(operation=POST_TOKEN, status=503, reason="it is empty"),
        UnreadableAnswer(operation=POST_TOKEN, status=429, reason="it is empty"),
        NotSent(operation=POST_TOKEN, reason="no connection"),
    ],
    ids=["lost", "503", "429", "off"],
)
@pytest.mark.parametrize("operation", [READ, WRITE], ids=["read", "write"])
def test_a_token_call_that_failed_came_before_the_call(
    run: Callable[..., Any], failure: Exception, operation: Operation[Any]
) -> None:
    """So that a write too may be tried again, and is sent once."""
    bench = Bench(GOOD, tokens=Renewable(first=failure))
    assert run(operation, bench.env) == {"Name": "x"}
    assert len(bench.script.requests) == 1


def test_a_token_call_that_goes_on_failing_leaves_no_doubt(run: Callable[..., Any]) -> None:
    """The order was never sent."""
    failure = AnswerLost(operation=POST_TOKEN, reason="ReadTimeout")
    bench = Bench(GOOD, tokens=Renewable(first=failure), max_retries=0)
    with pytest.raises(AnswerLost) as caught:
        run(WRITE, bench.env)
    assert not caught.value.may_have_happened
    assert bench.script.requests == []


def test_a_body_that_json_cannot_hold_is_not_sent(run: Callable[..., Any]) -> None:
    """The host's mistake, told once."""
    bench = Bench(GOOD)
    bad: Any = {"Price": 1.1}
    with pytest.raises(ConfigurationError):
        run(Operation("POST", "/things", lambda value: value, body=bad), bench.env)
    assert bench.script.requests == []


def test_a_traceback_ends_without_the_retrying_library(run: Callable[..., Any]) -> None:
    """It shows the caller and our own frames."""
    bench = Bench(BROKEN)
    with pytest.raises(UnreadableAnswer) as caught:
        run(READ, bench.env)
    text = "".join(traceback.format_exception(caught.value))
    assert "/tenacity/" not in text.replace("\\", "/")
    assert text.count("Traceback") == 1
    assert "_execute.py" in text


def test_another_error_goes_through_with_its_traceback(run: Callable[..., Any]) -> None:
    """An error of the host's code is the host's to see, also after a repetition."""

    class Store:
        async def token(self) -> Secret:
            if bench.script.requests:
                raise KeyError("of a host's store")
            return Secret("t")

        async def token_after_refusal(self, refused: Secret) -> Secret | None:
            raise NotImplementedError

    bench = Bench(UNREACHABLE, tokens=Store())
    with pytest.raises(KeyError):
        run(READ, bench.env)
    assert len(bench.script.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [OSError("to api.example"), KeyError("x"), TimeoutError(), httpx.ReadError("to api.example")],
    ids=lambda fault: type(fault).__name__,
)
def test_what_a_transport_should_not_raise_counts_as_lost(run: Callable[..., Any], fault: Exception) -> None:
    """It may have come after sending, so a write is not repeated; only the class is told."""
    bench = Bench(fault)
    with pytest.raises(AnswerLost) as caught:
        run(WRITE, bench.env)
    assert len(bench.script.requests) == 1
    assert caught.value.may_have_happened
    assert caught.value.reason == type(fault).__name__
    assert "api.example" not in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_a_transport_that_cannot_be_used_says_so_itself(run: Callable[..., Any]) -> None:
    """A wrong setup is no fault of the network."""
    bench = Bench(ConfigurationError("closed"))
    with pytest.raises(ConfigurationError, match="closed"):
        run(WRITE, bench.env)


def test_retries_do_not_multiply_the_load_of_a_sick_server(run: Callable[..., Any]) -> None:
    """All calls share one budget: it allows five retries in a row, then none, until calls succeed again."""
    bench = Bench(BROKEN)
    for _ in range(100):
        with pytest.raises(UnreadableAnswer):
            run(READ, bench.env)
    assert len(bench.script.requests) == 105
    bench.script.steps = [GOOD]
    for _ in range(10):
        run(READ, bench.env)
    bench.script.steps = [BROKEN]
    before = len(bench.script.requests)
    with pytest.raises(UnreadableAnswer):
        run(READ, bench.env)
    assert len(bench.script.requests) - before == 2


@pytest.mark.parametrize("step", [UNREACHABLE, RESET, BROKEN, FAILED], ids=["off", "reset", "503", "500"])
def test_every_kind_of_retry_costs(run: Callable[..., Any], step: Step) -> None:
    """Without tokens there is none."""
    spent = RetryBudget()
    while spent.spend():
        pass
    bench = Bench(step, GOOD, retry_budget=spent)
    with pytest.raises(EAccountingError):
        run(READ, bench.env)
    assert bench.runtime.sleeps == []


def test_waiting_after_a_429_costs_nothing(run: Callable[..., Any]) -> None:
    """There the server is well, and says when to come back; the same is true of a renewed token."""
    spent = RetryBudget()
    while spent.spend():
        pass
    bench = Bench(BUSY, STALE, BUSY, GOOD, tokens=Renewable(), retry_budget=spent)
    assert run(WRITE, bench.env) == {"Name": "x"}


@given(st.lists(st.booleans(), max_size=300), st.integers(1, 20))
def test_a_budget_of_retries_is_kept(successes: list[bool], tokens: int) -> None:
    """Retries stay below half of the tokens, one more, and a tenth of the successes; but never for ever."""
    budget = RetryBudget(tokens=tokens)
    retries = 0
    for n, success in enumerate(successes):
        if success:
            budget.earn()
        else:
            retries += budget.spend()
        assert retries < tokens / 2 + 1 + sum(successes[: n + 1]) / 10
    for _ in range(10 * tokens):
        budget.earn()
    assert budget.spend()


def test_a_budget_of_retries_is_shared_by_threads() -> None:
    """No token is spent twice."""
    budget = RetryBudget(tokens=2000)
    start = threading.Barrier(8)

    def spend() -> int:
        start.wait()
        return sum(budget.spend() for _ in range(500))

    with ThreadPoolExecutor(8) as pool:
        spent = [pool.submit(spend) for _ in range(8)]
        assert sum(each.result() for each in spent) == 1000


def test_a_client_of_another_patience_has_the_same_budget_of_retries() -> None:
    """It is the same server; another client has a budget of its own."""
    with EAccounting("t") as api, EAccounting("t") as other:
        assert api.with_options(max_retries=9)._env.retry_budget is api._env.retry_budget
        assert other._env.retry_budget is not api._env.retry_budget


@pytest.mark.parametrize("tokens", [0, -1, 1.5, True], ids=str)
def test_a_budget_of_retries_has_tokens(tokens: Any) -> None:
    """A whole number of them."""
    with pytest.raises(ConfigurationError):
        RetryBudget(tokens=tokens)


class Counted(Free):
    """A limiter at which others go on, and which knows how many permits are out."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.out = 0

    async def acquire(self, key: str, *, patience: float) -> Permit:
        await self.world.runtime.sleep(0)
        self.out += 1
        return await super().acquire(key, patience=patience)

    async def release(self, permit: Permit) -> None:
        self.out -= 1
        await self.world.runtime.sleep(0)

    async def hold_off(self, key: str, *, seconds: float) -> None:
        await self.world.runtime.sleep(0)


class Scripted:
    """A transport at which others go on; each worker has its own steps, the last one for ever."""

    def __init__(self, *steps: Step) -> None:
        self.script = Script(*steps)
        self.send = gate(self._send, "send")

    def _send(self, request: Request) -> Response:
        return stepped_once(self.script.send, request)


def in_world(world: World, *steps: Step, limiter: Counted, budget: RetryBudget) -> tuple[Env, Script]:
    scripted = Scripted(*steps)
    env = evolve(
        Bench(tokens=Renewable()).env,
        transport=scripted,
        runtime=world.runtime,
        clock=world.clock,
        limiter=limiter,
        retry_budget=budget,
    )
    return env, scripted.script


@pytest.mark.parametrize("at", range(1, 31))
def test_a_caller_cancelled_at_any_await_gives_its_permit_back(at: int) -> None:
    """Before, in, between and after its attempts; the others get through."""
    world = World(seed=at)
    limiter, budget = Counted(world), RetryBudget()
    envs = {
        name: in_world(world, BROKEN, BUSY, STALE, RESET, GOOD, limiter=limiter, budget=budget)[0]
        for name in ("a", "b")
    }
    workers: dict[str, Worker[Any]] = {name: partial(execute, READ, env) for name, env in envs.items()}
    result = world.run(workers, cancel={"a": at})
    assert limiter.out == 0
    assert result.values["b"] == {"Name": "x"}


@pytest.mark.parametrize("seed", range(20))
def test_callers_side_by_side_share_the_budget_of_retries(seed: int) -> None:
    """However they interleave, a server that is down gets each call once, and five more."""
    world = World(seed=seed)
    limiter, budget = Counted(world), RetryBudget()
    made = [in_world(world, step, limiter=limiter, budget=budget) for step in (BROKEN, RESET, FAILED) * 10]
    workers: dict[str, Worker[Any]] = {str(n): partial(execute, READ, env) for n, (env, _) in enumerate(made)}
    result = world.run(workers, expected=EAccountingError)
    assert len(result.errors) == 30
    assert sum(len(script.requests) for _, script in made) == 35


STEPS: dict[str, Step] = {
    "good": GOOD,
    "429": BUSY,
    "503": BROKEN,
    "500": FAILED,
    "5001": UNCERTAIN,
    "400": REFUSED,
    "401": STALE,
    "off": UNREACHABLE,
    "reset": RESET,
    "page": PAGE,
    "302": answer(302),
}
# What the server may have carried out when it gave this step.
EFFECTS = {"good", "503", "500", "5001", "reset", "page", "302"}


@given(
    st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=12),
    st.booleans(),
    st.integers(0, 5),
    st.sampled_from([stepped, looped]),
)
def test_whatever_the_server_does(names: list[str], write: bool, max_retries: int, shell: Shell) -> None:
    """A write never has a second effect, attempts stay in bounds, doubt is told exactly."""
    bench = Bench(*(STEPS[name] for name in names), tokens=Renewable(), max_retries=max_retries)
    error: EAccountingError | None = None
    try:
        shell(execute)(WRITE if write else READ, bench.env)
    except EAccountingError as caught:
        error = caught
    sent = [names[min(n, len(names) - 1)] for n in range(len(bench.script.requests))]
    assert len(sent) <= 2 + max_retries
    assert len(bench.runtime.sleeps) <= max_retries
    assert bench.clock.monotonic() <= 90
    assert len(bench.limiter.keys) == len(sent)
    assert (error is None) == (sent[-1] == "good")
    if write:
        assert EFFECTS.isdisjoint(sent[:-1])
        assert error is None or error.may_have_happened == (sent[-1] in EFFECTS)
    elif error:
        assert not error.may_have_happened


@given(
    st.integers(1, 5000),
    st.floats(0, 1, exclude_max=True),
)
def test_a_pause_is_never_longer_than_the_bound(attempt: int, chance: float) -> None:
    """However many attempts there were."""
    pause = pause_before_retry(READ, NotSent(operation=READ.name, reason="x"), attempt=attempt, chance=chance)
    assert pause is not None
    assert 0 <= pause <= 8


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"timeout": "30"},
        {"timeout": True},
        {"timeout": None},
        {"deadline": 0},
        {"deadline": float("nan")},
        {"max_retries": -1},
        {"max_retries": 1.5},
        {"max_retries": True},
        {"max_retries": "3"},
        {"max_retries": float("inf")},
    ],
    ids=str,
)
def test_an_option_out_of_range_is_a_configuration_error(options: dict[str, Any]) -> None:
    """By its name."""
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        Options(**options)


def test_a_transport_that_began_by_itself_leaves_a_write_in_doubt() -> None:
    """A task runs whether anybody waits for it or not: the request may be on its way."""
    loop = asyncio.new_event_loop()

    class Begins:
        def send(self, request: Request) -> Any:
            return loop.create_future()

    bench = Bench(GOOD)
    with pytest.raises(AnswerLost) as caught:
        stepped(execute)(WRITE, evolve(bench.env, transport=LiftedTransport(Begins())))
    loop.close()
    assert caught.value.may_have_happened
