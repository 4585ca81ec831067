"""What the tests of the client share: a scripted server, a clock that only waiting moves, both shells."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any, Final, ParamSpec, TypeVar, cast

import attrs

from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.stepper import step
from visma_busy_sync._core.world import Permit
from visma_busy_sync.eaccounting import Application, Endpoints, Operation, TokenSet
from visma_busy_sync.eaccounting._execute import Env, Options
from visma_busy_sync.eaccounting._retrying import RetryBudget
from visma_busy_sync.eaccounting._tokens import FixedToken, TokenSource
from visma_busy_sync.eaccounting.http import Request, Response
from visma_busy_sync.eaccounting.models import JsonValue
from visma_busy_sync.testing.scheduler import VirtualClock

P = ParamSpec("P")
T = TypeVar("T")

API: Final = "https://api.example/v2"
NOW: Final = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
ID: Final = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
OTHER_ID: Final = "0fbd1a62-95b4-4f0f-8f3c-9d7e8c1b2a3d"

SERVER: Final = Endpoints(
    api_url=API,
    authorize_url="https://login.example/connect/authorize",
    token_url="https://login.example/connect/token",
    revocation_url="https://login.example/connect/revocation",
)
APPLICATION: Final = Application(
    client_id="an-application",
    client_secret=Secret("a client's secret"),
    redirect_uri="http://127.0.0.1:5000/callback",
    endpoints=SERVER,
)

Step = Response | Exception | Callable[[Request], Response]


def answer(
    status: int = 200,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    *,
    raw: bytes | None = None,
) -> Response:
    """Make an answer: JSON of `body`, or the bytes `raw`."""
    content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    return Response(status, {"content-type": "application/json", **(headers or {})}, content)


class Script:
    """A transport that gives one prepared answer or fault per request, the last one for ever."""

    def __init__(self, *steps: Step) -> None:
        self.steps: list[Step] = list(steps)
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        at = min(len(self.requests), len(self.steps)) - 1
        now = self.steps[at]
        if isinstance(now, Exception):
            raise now
        return now if isinstance(now, Response) else now(request)


class Instant:
    """A runtime in which waiting takes no time but moves the clock; chance is always the same number."""

    def __init__(self, clock: VirtualClock, chance: float = 0.5) -> None:
        self.clock = clock
        self.chance = chance
        self.sleeps: list[float] = []
        self._tokens = 0

    async def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.sleeps.append(seconds)
        self.clock.advance(seconds)

    def random(self) -> float:
        return self.chance

    def token(self) -> str:
        self._tokens += 1
        return f"token-{self._tokens:037d}"

    async def to_end(self, work: Callable[[], Awaitable[None]]) -> None:
        await work()

    async def within(self, seconds: float, work: Callable[[], Awaitable[T]]) -> T:
        return await work()

    async def wait(self, future: Future[Any]) -> None:
        assert future.done()


class Free:
    """A limiter that always lets through, and counts."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.released = 0
        self.held_off: list[tuple[str, float]] = []

    async def acquire(self, key: str, *, patience: float) -> Permit:
        self.keys.append(key)
        return Permit(key, 0.0)

    async def release(self, permit: Permit) -> None:
        self.released += 1

    async def hold_off(self, key: str, *, seconds: float) -> None:
        self.held_off.append((key, seconds))


class Bench:
    """One operation's world: script, clock, runtime, limiter, tokens."""

    def __init__(
        self,
        *steps: Step,
        tokens: TokenSource | None = None,
        chance: float = 0.5,
        timeout: float = 30.0,
        max_retries: int = 3,
        deadline: float = 90.0,
        retry_budget: RetryBudget | None = None,
    ) -> None:
        self.clock = VirtualClock(NOW)
        self.runtime = Instant(self.clock, chance)
        self.script = Script(*steps)
        self.limiter = Free()
        self.env = Env(
            api_url=API,
            transport=self.script,
            tokens=tokens or FixedToken(Secret("an-access-token")),
            runtime=self.runtime,
            clock=self.clock,
            limiter=self.limiter,
            options=Options(timeout=timeout, max_retries=max_retries, deadline=deadline),
            retry_budget=retry_budget or RetryBudget(),
        )


def tokens(
    access: str = "access-1", refresh: str | None = "refresh-1", *, seconds: float = 3600, now: datetime = NOW
) -> TokenSet:
    """Make a token set that ends in `seconds`."""
    return TokenSet(
        access_token=Secret(access),
        refresh_token=Secret(refresh) if refresh else None,
        expires_at=now + timedelta(seconds=seconds),
    )


def evolve(value: T, **changes: Any) -> T:
    """Change a model; type checkers do not know that it is an attrs class."""
    changed: T = attrs.evolve(cast("Any", value), **changes)
    return changed


def plain(value: JsonValue) -> JsonValue:
    """Decode nothing."""
    return value


READ: Final = Operation("GET", "/things", plain)
WRITE: Final = Operation("POST", "/things", plain, body={"Name": "x"})


def stepped(fn: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Run in the blocking shell."""

    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return step(fn, *args, **kwargs)

    return call


def looped(fn: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Run in an event loop."""

    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return asyncio.run(fn(*args, **kwargs))

    return call
