"""Checks: what each shows, what it needs, and how one is run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias, final

from attrs import frozen

from visma_busy_sync._core.stepper import step
from visma_busy_sync.testing._kit.harness import (
    AsyncStateHarness,
    Capability,
    CapabilityMissing,
    Harness,
    StateHarness,
    has,
)
from visma_busy_sync.testing._kit.promises import Promise
from visma_busy_sync.testing._kit.stage import AwaitedStage, BlockingStage, Stage

Body: TypeAlias = Callable[[Stage], Coroutine[Any, Any, None]]
Factory: TypeAlias = Callable[[], Harness]


@frozen
class Check:
    """One check of one promise.

    Attributes:
        name: Unique within its port; a test of it is called `test_` and this.
        promise: What it shows.
        needs: Capabilities without which it is skipped.
        body: The check itself.
    """

    name: str
    promise: Promise
    needs: tuple[Capability, ...]
    body: Body

    @property
    def doc(self) -> str:
        """What it looks at, in one sentence."""
        return (self.body.__doc__ or "").strip().partition("\n")[0]


@final
class Suite:
    """The checks of one port, collected from the modules that hold them."""

    def __init__(self) -> None:
        self._checks: list[Check] = []

    def shows(self, promise: Promise, *, needs: tuple[Capability, ...] = ()) -> Callable[[Body], Body]:
        """Add a check of a promise; its name is that of the function."""

        def add(body: Body) -> Body:
            self._checks.append(Check(body.__name__, promise, needs, body))
            return body

        return add

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks so far."""
        return tuple(self._checks)


def run_check(check: Check, factory: Factory) -> None:
    """Run one check on fresh data.

    Raises:
        PromiseBroken: If the port does not keep a promise; mostly the check's own, but that promise on which
            it stands where this is already broken.
        CapabilityMissing: If the harness cannot show it.
    """
    __tracebackhide__ = True
    harness = _harness(factory())
    for capability in check.needs:
        if not has(harness, capability):
            raise CapabilityMissing(capability)
    if isinstance(harness, AsyncStateHarness):
        with asyncio.Runner() as runner:
            runner.run(_awaited(check, harness))
    else:
        with harness:
            step(_run, BlockingStage(harness, check.promise), check)


async def _awaited(check: Check, harness: AsyncStateHarness) -> None:
    __tracebackhide__ = True
    async with harness:
        await _run(AwaitedStage(harness, check.promise), check)


async def _run(stage: Stage, check: Check) -> None:
    __tracebackhide__ = True
    await stage.probe()
    await check.body(stage)


def _harness(made: object) -> Harness:
    if isinstance(made, (StateHarness, AsyncStateHarness)):
        return made
    raise TypeError(
        f"the factory returned a {type(made).__name__}: it must return a StateHarness or an AsyncStateHarness"
    )
