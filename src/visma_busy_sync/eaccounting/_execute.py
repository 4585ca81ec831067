"""Carry out an operation: token, budget, request, answer, and the one layer of retries.

What may be repeated is decided by `pause_before_retry`, a pure function. A read is repeated after 429,
5xx, and when the connection broke. A write is repeated only if it surely had no effect: it was not sent,
or it was answered 429. After a 401 the token is renewed and the call made once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

import attrs
from attrs import frozen

from visma_busy_sync._core.world import Clock, Limiter, Runtime
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
from visma_busy_sync.eaccounting.http import Transport

if TYPE_CHECKING:
    from tenacity import RetryCallState

T = TypeVar("T")

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 8.0


@frozen(kw_only=True)
class Options:
    """How patient a client is.

    Attributes:
        timeout: Seconds that connecting, and each wait for more bytes, may take; above 0.
        max_retries: How often a call may be repeated; 0 for never.
        deadline: Seconds after which no further attempt begins, pauses included; above 0.
    """

    timeout: float = attrs.field(default=30.0, validator=attrs.validators.gt(0))
    max_retries: int = attrs.field(default=3, validator=attrs.validators.ge(0))
    deadline: float = attrs.field(default=90.0, validator=attrs.validators.gt(0))


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
    """
    started = env.clock.monotonic()
    try:
        return await _attempt(operation, env)
    except EAccountingError as error:
        if pause_before_retry(operation, error, attempt=1, chance=0.0) is None or not env.options.max_retries:
            raise
        first = error
    return await _repeat(operation, env, first, started)


async def _repeat(operation: Operation[T], env: Env, first: EAccountingError, started: float) -> T:
    from tenacity import AsyncRetrying, retry_if_exception  # noqa: PLC0415 - needed after a failure only

    def pause(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, EAccountingError)  # noqa: S101 - the predicate below let it through
        chance = env.runtime.random()
        return pause_before_retry(operation, error, attempt=state.attempt_number, chance=chance) or 0.0

    def exhausted(state: RetryCallState) -> bool:
        elapsed = env.clock.monotonic() - started
        return state.attempt_number > env.options.max_retries or (
            elapsed + state.upcoming_sleep > env.options.deadline
        )

    def worth_it(error: BaseException) -> bool:
        return isinstance(error, EAccountingError) and (
            pause_before_retry(operation, error, attempt=1, chance=0.0) is not None
        )

    pending: list[EAccountingError] = [first]

    async def once() -> T:
        if pending:  # the first attempt was made before tenacity was asked; it counts as number one
            raise pending.pop()
        return await _attempt(operation, env)

    retrying = AsyncRetrying(  # a new one for each call: its state must not be shared
        sleep=env.runtime.sleep,
        wait=pause,
        stop=exhausted,
        retry=retry_if_exception(worth_it),
        reraise=True,
    )
    try:
        return cast("T", await retrying(once))
    except EAccountingError as error:
        raise error.with_traceback(None) from None  # without the frames of tenacity


async def _attempt(operation: Operation[T], env: Env) -> T:
    token = await env.tokens.token()
    await env.limiter.acquire(operation.path)
    request = to_request(operation, api_url=env.api_url, token=token, timeout=env.options.timeout)
    response = await exchange(env.transport, request, operation=operation.name)
    if response.status == 401:
        other = await env.tokens.token_after_refusal(token)
        if other is not None:
            request = to_request(operation, api_url=env.api_url, token=other, timeout=env.options.timeout)
            await env.limiter.acquire(operation.path)
            response = await exchange(env.transport, request, operation=operation.name)
    return read_response(operation, response)


def pause_before_retry(
    operation: Operation[T], error: EAccountingError, *, attempt: int, chance: float
) -> float | None:
    """Return the seconds to wait before the next attempt; None if there must be none.

    Args:
        operation: What was tried.
        error: What came of it.
        attempt: How many attempts were made, from 1.
        chance: A random number from 0 to 1, so that clients do not come back all at once.
    """
    if isinstance(error, RateLimited):
        return error.retry_after
    backoff: float = chance * min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
    if isinstance(error, NotSent):
        return backoff
    if not operation.repeatable:
        return None
    unfinished = isinstance(error, UnreadableAnswer) and error.status >= 500
    return backoff if unfinished or isinstance(error, AnswerLost | ServerFault) else None
