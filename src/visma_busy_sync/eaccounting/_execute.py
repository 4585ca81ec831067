"""Carry out an operation: budget, token, request, answer, and the one layer of retries.

What may be repeated is decided by `pause_before_retry`, a pure function. A read is repeated after 429,
5xx, and when the connection broke. A write is repeated only if it surely had no effect: it was not sent,
or it was answered 429. What failed while a token was fetched came before the call, so that is repeated
for both. After a 401 the token is renewed and the call sent once more, once in a call's life.

The deadline is that of the whole call. Each wait gets what is left of it; the transport a little less, so
that its own error, which knows whether the request was sent, comes before the end of the call. While a
machine sleeps the clock of the deadline may stand still; so a caller can also name the date after which
nothing is sent.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from attrs import define, field, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.world import Clock, Limiter, NoRoom, Permit, Runtime
from visma_busy_sync.eaccounting._exchange import exchange
from visma_busy_sync.eaccounting._limits import WINDOW_SECONDS
from visma_busy_sync.eaccounting._operation import Operation, read_response, to_request
from visma_busy_sync.eaccounting._retrying import (
    RetryBudget,
    head_start,
    least_time,
    pause_before_retry,
)
from visma_busy_sync.eaccounting._tokens import TokenSource
from visma_busy_sync.eaccounting.errors import AnswerLost, EAccountingError, NotSent, RateLimited
from visma_busy_sync.eaccounting.http import DEADLINE_SECONDS, TIMEOUT_SECONDS, Response, Transport

if TYPE_CHECKING:
    from visma_busy_sync._core.secret import Secret

T = TypeVar("T")
X = TypeVar("X")


@frozen(kw_only=True)
class Options:
    """How patient a client is.

    Attributes:
        timeout: Seconds that connecting, and each wait for more bytes, may take; above 0.
        max_retries: How often a call may be repeated; 0 for never. Sending it once more with a renewed
            token after a 401 does not count.
        deadline: Seconds that a call may take in all: waiting for the budget of calls, fetching a token,
            pauses and attempts; above 0. A call that would have to wait longer fails at once. A write is
            not begun with less time left than `timeout`, or than a quarter of the deadline where that is
            less, so that it is not put in doubt for want of time.

    Raises:
        ConfigurationError: If a value is out of its range.
    """

    timeout: float = TIMEOUT_SECONDS
    max_retries: int = 3
    deadline: float = DEADLINE_SECONDS

    def __attrs_post_init__(self) -> None:
        for name, value in (("timeout", self.timeout), ("deadline", self.deadline)):
            if not _is_number(value) or not 0 < value < math.inf:
                raise ConfigurationError(f"{name} is a number of seconds above 0.")
        if not _is_number(self.max_retries) or self.max_retries < 0 or self.max_retries % 1:
            raise ConfigurationError("max_retries is a whole number from 0.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@frozen(kw_only=True)
class Env:
    """All that carrying out an operation needs from the world.

    Attributes:
        retry_budget: What retries cost; one for all calls of a client or site.
    """

    api_url: str
    transport: Transport
    tokens: TokenSource
    runtime: Runtime
    clock: Clock
    limiter: Limiter
    options: Options = Options()
    retry_budget: RetryBudget = field(factory=RetryBudget)


@define
class Doubt:
    """Whether a call may have taken effect, as far as it has come.

    For a caller that must know it after whatever ended the call: an error of a host's own store, limiter or
    transport does not tell it, nor does a cancellation.

    Attributes:
        is_open: Whether a request was handed to the transport, and no answer said that it had no effect.
    """

    is_open: bool = False


async def execute(
    operation: Operation[T],
    env: Env,
    doubt: Doubt | None = None,
    *,
    since: float | None = None,
    latest: datetime | None = None,
) -> T:
    """Carry out `operation` and return its result.

    Args:
        operation: What to do.
        env: The world.
        doubt: Kept up to date until the end, however that comes.
        since: The clock's `monotonic()` from which its deadline counts; None: from now on.
        latest: The moment after which nothing is sent any more, by the clock's `now()`; None: there is none.

    Raises:
        EAccountingError: The most specific error, after all retries that are allowed.
        ConfigurationError: If its body cannot be written as JSON.
    """
    ends_at = (env.clock.monotonic() if since is None else since) + env.options.deadline
    call = _Call(operation, env, ends_at=ends_at, latest=latest, doubt=doubt or Doubt())
    try:
        return await call.attempt()
    except EAccountingError as error:
        first_pause = call.pause_after(error, 1)
        if first_pause is None:
            raise
        failed = error
    try:
        return await _repeat(call, failed, first_pause)
    finally:
        del failed  # else its traceback and this frame would keep each other alive


async def _repeat(call: _Call[T], failed: EAccountingError, first_pause: float) -> T:
    # Late, because it is needed after a failure only.
    from tenacity import AsyncRetrying, RetryCallState, retry_if_exception  # noqa: PLC0415

    pauses: list[float | None] = []

    def pause(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, EAccountingError)  # noqa: S101 - the predicate below let it through
        pauses.append(call.pause_after(error, state.attempt_number) if pauses else first_pause)
        return pauses[-1] or 0.0

    first = [failed]

    async def attempt() -> T:
        if first:  # made before tenacity was asked; it counts as number one
            raise first.pop()
        return await call.attempt()

    retrying = AsyncRetrying(  # a new one for each call: its state must not be shared
        sleep=call.env.runtime.sleep,
        wait=pause,
        stop=lambda _: pauses[-1] is None,
        retry=retry_if_exception(lambda error: isinstance(error, EAccountingError)),
        reraise=True,
    )
    try:
        return cast("T", await retrying(attempt))
    except EAccountingError as error:
        raise error.with_traceback(None) from None  # without the frames of tenacity


@define
class _Call(Generic[T]):
    """One operation on its way, over all attempts."""

    operation: Operation[T]
    env: Env
    ends_at: float
    latest: datetime | None
    doubt: Doubt
    renewed: bool = False
    hopeless: bool = False
    """Whether no attempt comes about within the deadline, as the limiter has said, or the date."""

    def pause_after(self, error: EAccountingError, attempts: int) -> float | None:
        """Return the seconds until the next attempt after `attempts`; None if there must be none."""
        env = self.env
        if self.hopeless or attempts > env.options.max_retries:
            return None
        pause = pause_before_retry(self.operation, error, attempt=attempts, chance=env.runtime.random())
        if pause is None or pause >= self.spare:
            return None
        return pause if isinstance(error, RateLimited) or env.retry_budget.spend() else None

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.ends_at - self.env.clock.monotonic()

    @property
    def spare(self) -> float:
        """Seconds that may go by before an attempt begins."""
        options = self.env.options
        return self.left - least_time(self.operation, timeout=options.timeout, deadline=options.deadline)

    async def attempt(self) -> T:
        response, token = await self._sent(None)
        if response.status == 401 and not self.renewed and not self._in_doubt(response):
            self.doubt.is_open = False
            other = await self._in_time(partial(self.env.tokens.token_after_refusal, token))
            self.renewed = True  # not before: a renewal that failed for now is tried again with the call
            if other is not None and other != token:
                response, _ = await self._sent(other)
        try:
            result = read_response(self.operation, response, now=self.env.clock.now())
        except EAccountingError as error:
            self.doubt.is_open = error.may_have_happened
            if isinstance(error, RateLimited):
                await self.env.limiter.hold_off(self.limit_key, seconds=error.retry_after)
            raise
        self.env.retry_budget.earn()
        return result

    def _in_doubt(self, response: Response) -> bool:
        """Whether the refusal of a token says at the same time that a write may have happened."""
        try:
            read_response(self.operation, response, now=self.env.clock.now())
        except EAccountingError as error:
            return error.may_have_happened
        return False

    @property
    def limit_key(self) -> str:
        """What the API counts calls by, within one client id (LIMIT, 2025-05)."""
        return self.operation.path

    async def _sent(self, token: Secret | None) -> tuple[Response, Secret]:
        """Send the request within the budget; return the answer and the token that it was sent with."""
        permit = await self._permit()
        try:
            if token is None:  # after the budget: a token could end while waiting for that
                token = await self._in_time(self.env.tokens.token)
            return await self._exchange(token), token
        finally:
            await self.env.limiter.release(permit)

    async def _permit(self) -> Permit:
        try:
            return await self.env.limiter.acquire(self.limit_key, patience=max(0.0, self.spare))
        except TimeoutError as error:
            self.hopeless = True
            wait = error.seconds if isinstance(error, NoRoom) else WINDOW_SECONDS
        raise self._not_sent(
            "the budget of calls is used up, or eAccounting asked for a pause, for longer than this call may "
            "wait",
            retry_after=wait,
        )

    async def _in_time(self, fetch: Callable[[], Awaitable[X]]) -> X:
        """Fetch a token, for as long as there is time; a renewal that began goes on without this call."""

        async def told_apart() -> tuple[X] | TimeoutError:
            try:
                return (await fetch(),)
            except TimeoutError as error:  # the host's own: not to be taken for the one of waiting
                return error

        outcome: tuple[X] | TimeoutError | None = None
        spare = self.spare
        if spare > 0:  # else the blocking shell would begin all the same
            with contextlib.suppress(TimeoutError):
                outcome = await self.env.runtime.within(spare, told_apart)
        if outcome is None:
            raise self._not_sent("no access token came within the deadline")
        if isinstance(outcome, tuple):
            return outcome[0]
        try:
            raise outcome
        finally:
            del outcome  # else its traceback and this frame would keep each other alive

    async def _exchange(self, token: Secret) -> Response:
        env, left = self.env, self.left
        if self.spare < 0:
            raise self._not_sent("too little of the deadline is left")
        if self.latest is not None and env.clock.now() > self.latest:
            self.hopeless = True
            raise self._not_sent("by the date, the call is held up for longer than its deadline")
        request = to_request(
            self.operation,
            api_url=env.api_url,
            token=token,
            timeout=min(env.options.timeout, left),
            deadline=left - head_start(left),
        )
        send = partial(exchange, env.transport, request, operation=self.operation.name)
        self.doubt.is_open = True
        try:
            return await env.runtime.within(left, send)
        except (NotSent, ConfigurationError):
            self.doubt.is_open = False
            raise
        except TimeoutError:
            pass
        raise AnswerLost(operation=self.operation.name, reason="it did not come within the deadline")

    def _not_sent(self, reason: str, *, retry_after: float | None = None) -> NotSent:
        return NotSent(operation=self.operation.name, reason=reason, retry_after=retry_after)
