"""The blocking and the asyncio runtime keep the promises of their protocol."""

from __future__ import annotations

import asyncio
import gc
import re
import threading
import weakref
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest

from visma_busy_sync._core.runtimes import AsyncioRuntime, BlockingRuntime, SystemClock
from visma_busy_sync._core.stepper import step
from visma_busy_sync._core.world import Clock, Runtime

RUNTIMES: list[Runtime] = [BlockingRuntime(), AsyncioRuntime()]
SECONDS = 10.0  # longer than any of these waits takes; only a hang reaches it


def done(value: object) -> Future[Any]:
    future: Future[Any] = Future()
    if isinstance(value, Exception):
        future.set_exception(value)
    else:
        future.set_result(value)
    return future


def cancelled() -> Future[Any]:
    future: Future[Any] = Future()
    future.cancel()
    future.set_running_or_notify_cancel()
    return future


def test_the_clock_is_aware_and_in_utc() -> None:
    """A moment without a zone never enters the core."""
    clock: Clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)


def test_monotonic_time_does_not_go_back() -> None:
    """Durations are measured on a clock nobody sets."""
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()


@pytest.mark.parametrize("runtime", RUNTIMES, ids=["blocking", "asyncio"])
def test_tokens_are_unguessable_texts_of_43_characters(runtime: Runtime) -> None:
    """Each is new, long enough for 256 bits, and fit for a URL and as an argument of a command line."""
    tokens = {runtime.token() for _ in range(2000)}
    assert len(tokens) == 2000
    assert all(re.fullmatch(r"\w[\w-]{42}", token) for token in tokens)


@pytest.mark.parametrize("runtime", RUNTIMES, ids=["blocking", "asyncio"])
def test_random_numbers_lie_between_0_and_1(runtime: Runtime) -> None:
    """The range is that of the protocol."""
    assert all(0 <= runtime.random() < 1 for _ in range(100))


@pytest.mark.parametrize("future", [done(1), done(ValueError()), cancelled()], ids=["value", "error", "none"])
def test_blocking_wait_raises_nothing_for_what_the_future_holds(future: Future[Any]) -> None:
    """Waiting says that it is done; what it holds is for the caller."""
    step(BlockingRuntime().wait, future)


def test_blocking_wait_ends_when_another_thread_is_done() -> None:
    """A thread sleeps until the other one lands."""
    future: Future[int] = Future()
    thread = threading.Thread(target=future.set_result, args=(1,))
    thread.start()
    step(BlockingRuntime(patience=SECONDS).wait, future)
    thread.join()
    assert future.done()


def test_blocking_wait_gives_up_with_a_reason() -> None:
    """A thread that waits for itself gets a clear error instead of hanging."""
    with pytest.raises(TimeoutError, match="must not ask for itself"):
        step(BlockingRuntime(patience=0).wait, Future())


def test_blocking_calls_never_suspend() -> None:
    """Every method of the blocking runtime is finished when it returns."""
    ran: list[str] = []

    async def work() -> None:
        ran.append("work")

    step(BlockingRuntime().sleep, 0)
    step(BlockingRuntime().to_end, work)
    assert ran == ["work"]


@pytest.mark.anyio
@pytest.mark.parametrize("future", [done(1), done(ValueError()), cancelled()], ids=["value", "error", "none"])
async def test_asyncio_wait_raises_nothing_for_what_the_future_holds(future: Future[Any]) -> None:
    """Waiting reports no exception as "never retrieved" either."""
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    await AsyncioRuntime().wait(future)
    gc.collect()
    await asyncio.sleep(0)
    assert not reported


@pytest.mark.anyio
async def test_asyncio_wait_ends_when_another_thread_is_done() -> None:
    """A thread that lands wakes the loop."""
    future: Future[int] = Future()
    thread = threading.Thread(target=future.set_result, args=(1,))
    thread.start()
    await AsyncioRuntime(patience=SECONDS).wait(future)
    thread.join()
    assert future.done()


@pytest.mark.anyio
async def test_asyncio_wait_gives_up_with_a_reason() -> None:
    """A hung leader does not hold its followers for ever."""
    with pytest.raises(TimeoutError, match="same work already"):
        await AsyncioRuntime(patience=0).wait(Future())


@pytest.mark.anyio
async def test_a_cancelled_wait_leaves_the_future_alone() -> None:
    """Cancelling one who waits does not cancel what all wait for, even if it has not begun."""
    future: Future[int] = Future()
    waiting = asyncio.create_task(AsyncioRuntime().wait(future))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not future.cancelled()


def test_a_future_may_land_after_the_loop_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    """Who waited in a loop that is gone does not disturb the one that lands."""
    future: Future[int] = Future()

    async def wait_shortly() -> None:
        with pytest.raises(TimeoutError):
            await AsyncioRuntime(patience=0).wait(future)

    asyncio.run(wait_shortly())
    future.set_result(1)
    assert not caplog.records


@pytest.mark.anyio
async def test_to_end_outlives_its_caller() -> None:
    """Work goes on although the caller was cancelled, and although nobody but the runtime holds it."""
    ended = asyncio.Event()
    begun = asyncio.Event()
    replies: list[weakref.ref[asyncio.Future[None]]] = []

    async def work() -> None:
        reply: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        replies.append(weakref.ref(reply))
        begun.set()
        await reply
        ended.set()

    runtime = AsyncioRuntime()
    caller = asyncio.create_task(runtime.to_end(work))
    await begun.wait()
    caller.cancel()
    await asyncio.wait([caller])
    assert caller.cancelled()
    del caller
    gc.collect()  # the loop alone holds its tasks weakly
    reply = replies[0]()
    assert reply is not None
    reply.set_result(None)
    async with asyncio.timeout(SECONDS):
        await ended.wait()


@pytest.mark.anyio
async def test_to_end_raises_what_the_work_raises() -> None:
    """A caller that is still there hears of the failure."""

    async def work() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError):
        await AsyncioRuntime().to_end(work)


@pytest.mark.anyio
async def test_asyncio_sleep_lets_others_run() -> None:
    """A retry that waits does not block the host's loop."""
    order: list[str] = []

    async def other() -> None:
        order.append("other")

    task = asyncio.create_task(other())
    await AsyncioRuntime().sleep(0)
    order.append("sleeper")
    await task
    assert order == ["other", "sleeper"]
