"""The stepper runs a coroutine to its end without a loop, and says where it cannot."""

from __future__ import annotations

import asyncio
import contextvars
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from typing import Any

import pytest

from visma_busy_sync._core.stepper import WouldSuspend, lift, step


class Unfinished:
    """An awaitable that suspends, as every real wait does."""

    def __await__(self) -> Generator[Unfinished, None, None]:
        yield self


async def guilty() -> None:
    await Unfinished()


async def caller_of_guilty() -> None:
    await guilty()


async def double(x: int, *, plus: int = 0) -> int:
    return 2 * x + plus


def frames(error: BaseException) -> list[str]:
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def test_step_returns_the_result() -> None:
    """A coroutine function is called with the arguments and its result comes back."""
    assert step(double, 3, plus=1) == 7


def test_a_function_can_be_stepped_again() -> None:
    """The stepper takes the function, because a coroutine can be stepped only once."""
    assert [step(double, x) for x in (1, 2)] == [2, 4]


def test_an_exception_comes_through_as_it_is() -> None:
    """What the coroutine raises is raised to the caller, the same object."""
    error = LookupError("gone")

    async def fails() -> None:
        raise error

    with pytest.raises(LookupError) as caught:
        step(fails)
    assert caught.value is error


def test_the_traceback_ends_at_the_guilty_await() -> None:
    """A wait that is not finished is reported where it stands, not where it was stepped."""
    with pytest.raises(WouldSuspend, match="unfinished Unfinished; use the asynchronous client") as caught:
        step(caller_of_guilty)
    assert frames(caught.value)[-4:] == ["step", "caller_of_guilty", "guilty", "__await__"]


def test_a_bare_yield_is_reported_in_words() -> None:
    """An `await` that hands out nothing is not called an unfinished NoneType."""

    async def yields() -> None:
        await asyncio.sleep(0)

    with pytest.raises(WouldSuspend, match="unfinished await that suspends"):
        step(yields)


def test_no_handler_for_exceptions_swallows_it() -> None:
    """A retry or handler written for `Exception` lets the diagnosis pass."""

    async def handles() -> str:
        try:
            await Unfinished()
        except Exception:  # noqa: BLE001 - that is the test
            return "swallowed"
        return "finished"

    with pytest.raises(WouldSuspend):
        step(handles)


def test_a_coroutine_that_swallows_it_is_reported_too() -> None:
    """Catching everything and returning a value does not make the value a result."""

    async def swallows() -> str:
        try:
            await Unfinished()
        except BaseException:  # noqa: BLE001 - that is the test
            return "swallowed"
        return "finished"

    with pytest.raises(WouldSuspend):
        step(swallows)


def test_clean_up_that_suspends_does_not_hide_the_cause() -> None:
    """Each await of a `finally` is told too, so no `GeneratorExit` is ignored and the cause stays."""
    reached: list[str] = []

    async def cleans_up() -> None:
        try:
            await guilty()
        finally:
            reached.append("outer")
            try:
                await Unfinished()
            finally:
                reached.append("inner")
                await Unfinished()

    with pytest.raises(WouldSuspend) as caught:
        step(cleans_up)
    assert reached == ["outer", "inner"]
    assert frames(caught.value)[-2:] == ["guilty", "__await__"]


def test_clean_up_over_lifted_ports_is_run() -> None:
    """A `finally` that awaits finished awaitables runs to its end."""
    released: list[str] = []
    release = lift(released.append)

    async def cleans_up() -> None:
        try:
            await Unfinished()
        finally:
            await release("lease")

    with pytest.raises(WouldSuspend):
        step(cleans_up)
    assert released == ["lease"]


def test_keyboard_interrupt_in_a_port_runs_finally() -> None:
    """Ctrl-C in a blocking port passes every handler and still runs the awaited clean-up."""
    released: list[str] = []
    release = lift(released.append)

    def interrupted() -> None:
        raise KeyboardInterrupt

    async def use() -> None:
        try:
            await lift(interrupted)()
        finally:
            await release("lease")

    with pytest.raises(KeyboardInterrupt):
        step(use)
    assert released == ["lease"]


def test_stop_iteration_from_a_port_is_an_error() -> None:
    """A port that lets `StopIteration` out does not end the coroutine as if it had returned."""

    def exhausted() -> int:
        return next(iter(()))

    async def use() -> int:
        return await lift(exhausted)()

    with pytest.raises(RuntimeError, match="StopIteration"):
        step(use)


def test_stepping_nests() -> None:
    """A port of the synchronous shell may use the synchronous client itself."""

    def through_the_client(x: int) -> int:
        return step(double, x)

    async def use() -> int:
        return await lift(through_the_client)(4) + 1

    assert step(use) == 9


@pytest.mark.anyio
async def test_stepping_works_inside_a_running_loop() -> None:
    """The synchronous client can be used in a notebook, where a loop runs already."""
    assert step(double, 5) == 10


@pytest.mark.anyio
async def test_a_wait_for_the_running_loop_is_reported() -> None:
    """Inside a running loop a future of that loop is not finished either."""
    future: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def use() -> int:
        return await future

    with pytest.raises(WouldSuspend, match="unfinished Future"):
        step(use)


def test_the_core_runs_in_the_callers_context() -> None:
    """What the core sets in a context variable is seen by the caller: so the core reads, and never sets."""
    variable = contextvars.ContextVar("variable", default="outside")

    async def sets() -> str:
        seen = variable.get()
        variable.set("from the core")
        return seen

    def run() -> tuple[str, str]:
        return step(sets), variable.get()

    assert contextvars.copy_context().run(run) == ("outside", "from the core")


def test_lifted_functions_keep_their_name_and_docstring() -> None:
    """A lifted port still says in tracebacks and help what it is."""

    def read(key: str) -> str:
        """Return the text of a key."""
        return key

    lifted = lift(read)
    assert (lifted.__name__, lifted.__doc__) == ("read", "Return the text of a key.")


def test_a_lifted_function_never_suspends() -> None:
    """Its coroutine is finished with the first step."""
    assert step(lift(divmod), 7, 2) == (3, 1)


def test_a_forgotten_await_of_a_lifted_port_is_noticed() -> None:
    """A lifted port gives a coroutine, not a value, so Python warns of one that nobody awaits."""

    async def forgets() -> None:
        lift(print)()  # type: ignore[unused-coroutine]

    with pytest.warns(RuntimeWarning, match="never awaited"):
        step(forgets)


class AsyncPort:
    async def read(self) -> str:
        return "text"

    async def pages(self) -> AsyncIterator[str]:
        yield "text"


@pytest.mark.parametrize("method", ["read", "pages"])
def test_an_asynchronous_port_is_named(method: str) -> None:
    """A port of the wrong kind is reported by its name, and its coroutine does not leak as data."""

    async def use() -> object:
        return await lift(getattr(AsyncPort(), method))()

    with pytest.raises(TypeError, match=rf"AsyncPort\.{method} is asynchronous"):
        step(use)


def test_an_awaitable_that_is_no_coroutine_is_named_too() -> None:
    """A future from a port is as wrong as a coroutine."""

    def future() -> Unfinished:
        return Unfinished()

    async def use() -> object:
        return await lift(future)()

    with pytest.raises(TypeError, match="future is asynchronous"):
        step(use)


def test_a_sync_iterator_goes_on_after_another_loop_ran() -> None:
    """A pager holds no async generator, so a loop that opens and closes in between does not end it early."""

    class Pager:
        def __init__(self) -> None:
            self._left = [[5], [3, 4], [1, 2]]

        async def next_page(self) -> list[int] | None:
            return self._left.pop() if self._left else None

    def rows(pager: Pager) -> Generator[int]:
        while (page := step(pager.next_page)) is not None:
            yield from page

    async def other() -> None:
        await asyncio.sleep(0)

    iterator = rows(Pager())
    first = next(iterator)
    asyncio.run(other())
    assert [first, *iterator] == [1, 2, 3, 4, 5]


async def contended_lock() -> None:
    held = asyncio.Lock()
    await held.acquire()
    await held.acquire()


async def timeout() -> None:
    async with asyncio.timeout(1):
        await double(1)


@pytest.mark.parametrize("tool", [contended_lock, timeout])
def test_tools_of_asyncio_fail_in_the_synchronous_shell(
    tool: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    """They need a loop, some only when contended: which is why the core may not import asyncio."""
    with pytest.raises((RuntimeError, AttributeError)):  # the lock's error differs between Pythons
        step(tool)
