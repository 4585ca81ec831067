"""Carry out an operation: budget, token, request, answer, and the one layer of retries.

What may be repeated is decided by `pause_before_retry`, a pure function. A read is repeated after 429,
5xx, and when the connection broke. A write is repeated only if it surely had no effect: it was not sent,
or it was answered 429. What failed while a token was fetched came before the call, so that is repeated
for both. After a 401 the token is renewed and the call sent once more, once in a call's life.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from attrs import define, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.world import Clock, Limiter, Permit, Runtime
from visma_busy_sync.eaccounting._exchange import exchange
from visma_busy_sync.eaccounting._operation import Operation, read_response, to_request
from visma_busy_sync.eaccounting._tokens import TokenSource
from visma_busy_sync.eaccounting.errors import (
    AnswerLost,
    EAccountingError,
    NotSent,
    RateLimited,
    ServerFault,
    UnreadableAnswer,
)
from visma_busy_sync.eaccounting.http import Response, Transport

if TYPE_CHECKING:
    from visma_busy_sync._core.secret import Secret

T = TypeVar("T")

FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 8.0

_PASSING_STATUSES: Final = frozenset({408, 429})


@frozen(kw_only=True)
class Options:
    """How patient a client is.

    Attributes:
        timeout: Seconds that connecting, and each wait for more bytes, may take; above 0.
        max_retries: How often a call may be repeated; 0 for never. Sending it once more with a renewed
            token after a 401 does not count.
        deadline: Seconds after which no further attempt begins, pauses included; above 0. An attempt that
            began is never cut off by it: that would leave a write in doubt.

    Raises:
        ConfigurationError: If a value is out of its range.
    """

    timeout: float = 30.0
    max_retries: int = 3
    deadline: float = 90.0

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
    """All that carrying out an operation needs from the world."""

    api_url: str
    transport: Transport
    tokens: TokenSource
    runtime: Runtime
    clock: Clock
    limiter: Limiter
    options: Options = Options()


async def execute(operation: Operation[T], env: Env) -> T:
    """Carry out `operation` and return its result.

    Raises:
        EAccountingError: The most specific error, after all retries that are allowed.
        ConfigurationError: If its body cannot be written as JSON.
    """
    call = _Call(operation, env, ends_at=env.clock.monotonic() + env.options.deadline)
    try:
        return await call.attempt()
    except EAccountingError as error:
        if call.pause_after(error, 1) is None:
            raise
        failed = error
    try:
        return await _repeat(call, failed)
    finally:
        del failed  # else its traceback and this frame would keep each other alive


async def _repeat(call: _Call[T], failed: EAccountingError) -> T:
    # Late, because it is needed after a failure only.
    from tenacity import AsyncRetrying, RetryCallState, retry_if_exception  # noqa: PLC0415

    pauses: list[float | None] = []

    def pause(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, EAccountingError)  # noqa: S101 - the predicate below let it through
        pauses.append(call.pause_after(error, state.attempt_number))
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
    renewed: bool = False

    def pause_after(self, error: EAccountingError, attempts: int) -> float | None:
        """Return the seconds until the next attempt after `attempts`; None if there must be none."""
        env = self.env
        if attempts > env.options.max_retries:
            return None
        pause = pause_before_retry(self.operation, error, attempt=attempts, chance=env.runtime.random())
        late = pause is not None and env.clock.monotonic() + pause > self.ends_at
        return None if late else pause

    async def attempt(self) -> T:
        response, token = await self._sent(None)
        if response.status == 401 and not self.renewed:
            self.renewed = True
            other = await self.env.tokens.token_after_refusal(token)
            if other is not None and other != token:
                response, _ = await self._sent(other)
        try:
            return read_response(self.operation, response)
        except RateLimited as error:
            await self.env.limiter.hold_off(self.limit_key, seconds=error.retry_after)
            raise

    @property
    def limit_key(self) -> str:
        """What the API counts calls by, within one client id (LIMIT, 2025-05)."""
        return self.operation.path

    async def _sent(self, token: Secret | None) -> tuple[Response, Secret]:
        """Send the request within the budget; return the answer and the token that it was sent with."""
        permit = await self._permit()
        try:
            if token is None:  # after the budget: a token could end while waiting for that
                token = await self.env.tokens.token()
            return await self._exchange(token), token
        finally:
            await self.env.limiter.release(permit)

    async def _permit(self) -> Permit:
        patience = max(0.0, self.ends_at - self.env.clock.monotonic())
        try:
            return await self.env.limiter.acquire(self.limit_key, patience=patience)
        except TimeoutError:
            pass
        reason = "the budget of calls is used up for longer than this call may wait"
        raise NotSent(operation=self.operation.name, reason=reason)

    async def _exchange(self, token: Secret) -> Response:
        env = self.env
        request = to_request(self.operation, api_url=env.api_url, token=token, timeout=env.options.timeout)
        return await exchange(env.transport, request, operation=self.operation.name)


def pause_before_retry(
    operation: Operation[Any], error: EAccountingError, *, attempt: int, chance: float
) -> float | None:
    """Return the seconds to wait before the next attempt; None if there must be none.

    Args:
        operation: What was tried.
        error: What came of it.
        attempt: How many attempts were made, from 1.
        chance: A random number from 0 to 1, so that clients do not come back all at once.
    """
    # The exponent is bounded too: 2 ** 2000 is no float.
    backoff = chance * min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(attempt - 1, 10))
    if isinstance(error, RateLimited):
        return error.retry_after + backoff
    if isinstance(error, NotSent):
        return backoff
    came_before = error.operation != operation.name  # while a token was fetched
    if not operation.repeatable and not came_before:
        return None
    passing = isinstance(error, AnswerLost | ServerFault) or (
        isinstance(error, UnreadableAnswer) and (error.status >= 500 or error.status in _PASSING_STATUSES)
    )
    return backoff if passing else None
