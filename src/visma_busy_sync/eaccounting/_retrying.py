"""Whether a call is repeated, and when: pure rules, and the budget of retries that all calls share."""

from __future__ import annotations

import threading
from typing import Any, Final, final

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.forks import tell_of_forks
from visma_busy_sync.eaccounting._operation import Operation
from visma_busy_sync.eaccounting.errors import (
    AnswerLost,
    EAccountingError,
    NotSent,
    RateLimited,
    ServerFault,
    UnreadableAnswer,
)

FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 8.0

LONGEST_HEAD_START_SECONDS: Final = 1.0

RETRY_TOKENS: Final = 10

_PASSING_STATUSES: Final = frozenset({408, 429})

# In tenths of a token, so that nothing is rounded.
_TOKEN: Final = 10
_EARNED: Final = 1


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
    if error.may_have_happened:  # a write, whatever class its answer has
        return None
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


def head_start(seconds: float) -> float:
    """Return how much earlier than a call the transport gives up: a tenth, at most a second."""
    return min(LONGEST_HEAD_START_SECONDS, seconds / 10)


def least_time(operation: Operation[Any], *, timeout: float, deadline: float) -> float:
    """Return the seconds that must be left before an attempt may begin.

    A write that is given up half way is in doubt, and a person has to look. So none begins that is likely
    to be given up: it needs the time of one wait for the server, or a quarter of the deadline where that
    is less. Not more than a quarter, so that a write can still be repeated after the minute that a 429
    costs by default. A read needs what the transport leaves when it gives up: it is not repeated then.
    """
    return head_start(deadline) if operation.repeatable else min(timeout, deadline / 4)


@final
class RetryBudget:
    """How many retries all calls together may make, so that they do not multiply the load of a sick server.

    As gRPC throttles retries: a retry costs one token, a success earns a tenth of one, and retries are
    made only while more than half of the tokens are there. With the server down, a few retries are made
    and then none, however many calls there are; with one call in twenty failing, all are made. Waiting
    after a 429 costs nothing: there the server itself says when to come back.

    One budget serves all threads and tasks of a client or site.

    Args:
        tokens: How many there are at first and at most, from 1.

    Raises:
        ConfigurationError: If `tokens` is no whole number from 1.
    """

    def __init__(self, *, tokens: int = RETRY_TOKENS) -> None:
        if isinstance(tokens, bool) or tokens < 1 or tokens % 1:
            raise ConfigurationError("A budget of retries has at least 1 token.")
        self._most = tokens * _TOKEN
        self._held = self._most
        self.forked()
        tell_of_forks(self)

    def forked(self) -> None:
        """Go on with a lock of this process."""
        self._guard = threading.Lock()  # never held across an await

    def spend(self) -> bool:
        """Take a token for a retry; False if there must be no retry now."""
        with self._guard:
            if self._held * 2 <= self._most:
                return False
            self._held -= _TOKEN
            return True

    def earn(self) -> None:
        """Say that a call succeeded."""
        with self._guard:
            self._held = min(self._most, self._held + _EARNED)
