"""Sending, pacing, repeating: on a scripted server and a clock that only waiting moves."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.world import Permit
from visma_busy_sync.eaccounting import Operation
from visma_busy_sync.eaccounting._execute import Options, execute, pause_before_retry
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
from visma_busy_sync.eaccounting.http import NoAnswerError, NotSentError, Response

from .given import READ, WRITE, Bench, Free, Step, answer, looped, stepped

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
    bench = Bench(UNREACHABLE, max_retries=max_retries)
    with pytest.raises(NotSent):
        run(operation, bench.env)
    assert len(bench.script.requests) == 1 + max_retries
    assert len(bench.runtime.sleeps) == max_retries


def test_pauses_grow_to_a_bound_and_are_spread(run: Callable[..., Any]) -> None:
    """Full jitter: a chance of half gives half of each step, up to 8 seconds."""
    bench = Bench(BROKEN, chance=0.5, max_retries=7)
    with pytest.raises(UnreadableAnswer):
        run(READ, bench.env)
    assert bench.runtime.sleeps == [0.25, 0.5, 1, 2, 4, 4, 4]


def test_a_429_is_waited_for_as_long_as_the_server_says(run: Callable[..., Any]) -> None:
    """And a little longer, so that not all come back at once."""
    bench = Bench(BUSY, BUSY, GOOD, chance=0.5)
    run(READ, bench.env)
    assert bench.runtime.sleeps == [5.25, 5.5]


def test_no_attempt_begins_after_the_deadline(run: Callable[..., Any]) -> None:
    """A pause that would pass it is not begun: the error comes at once."""
    bench = Bench(BUSY, chance=0.0, max_retries=100, deadline=17)
    with pytest.raises(RateLimited):
        run(READ, bench.env)
    assert bench.clock.monotonic() == 15
    assert len(bench.script.requests) == 4


def test_a_slow_server_uses_up_the_deadline(run: Callable[..., Any]) -> None:
    """The time of the attempts counts."""
    bench = Bench(chance=0.0, max_retries=100, deadline=90)

    def slow(_: object) -> Response:
        bench.clock.advance(40)
        raise RESET

    bench.script.steps = [slow]
    with pytest.raises(AnswerLost):
        run(READ, bench.env)
    assert len(bench.script.requests) == 3
    assert bench.clock.monotonic() == 120


def test_an_attempt_that_began_is_not_cut_off(run: Callable[..., Any]) -> None:
    """A write that is given up half way is in doubt; so the timeout stays whole."""
    bench = Bench(BUSY, GOOD, chance=0.0, deadline=6)
    run(WRITE, bench.env)
    assert [request.timeout for request in bench.script.requests] == [30, 30]


class Full(Free):
    """A limiter without room."""

    async def acquire(self, key: str, *, patience: float) -> Permit:
        raise TimeoutError


def test_a_call_without_room_in_the_budget_is_not_sent(run: Callable[..., Any]) -> None:
    """The deadline bounds that wait too, and the error says that nothing was sent."""
    import attrs

    bench = Bench(GOOD, max_retries=0)
    env = attrs.evolve(bench.env, limiter=Full())
    with pytest.raises(NotSent, match="budget of calls is used up") as caught:
        run(WRITE, env)
    assert bench.script.requests == []
    assert not caught.value.may_have_happened


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
@settings(deadline=None)
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
