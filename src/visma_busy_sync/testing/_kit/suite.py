"""Checks: what each shows, what it needs, and how one is run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeAlias, TypeVar, final

from attrs import frozen

from visma_busy_sync._core.stepper import step
from visma_busy_sync.testing._kit.harness import (
    AwaitedHarness,
    BlockingHarness,
    Capability,
    CapabilityMissing,
    Harness,
    has,
)
from visma_busy_sync.testing._kit.promises import Promise
from visma_busy_sync.testing._kit.stage import Stage

S = TypeVar("S", bound=Stage)

Factory: TypeAlias = Callable[[], Harness]
"""What makes a harness: a function without arguments, or its class."""


@frozen
class Check:
    """One check of one promise.

    Attributes:
        name: Unique within its port; a test of it is called `test_` and this.
        promise: What it shows.
        needs: Capabilities without which it is skipped.
        stage: What it stands on.
        body: The check itself.
    """

    name: str
    promise: Promise
    needs: tuple[Capability, ...]
    stage: type[Stage]
    body: Callable[[Any], Coroutine[Any, Any, None]]

    @property
    def doc(self) -> str:
        """What it looks at, in one sentence."""
        return (self.body.__doc__ or "").strip().partition("\n")[0]


@final
class Suite(Generic[S]):
    """The checks of one port, collected from the modules that hold them."""

    def __init__(self, stage: type[S]) -> None:
        self._stage = stage
        self._checks: list[Check] = []

    def shows(
        self, promise: Promise, *, needs: tuple[Capability, ...] = ()
    ) -> Callable[[Callable[[S], Coroutine[Any, Any, None]]], Callable[[S], Coroutine[Any, Any, None]]]:
        """Add a check of a promise; its name is that of the function."""

        def add(body: Callable[[S], Coroutine[Any, Any, None]]) -> Callable[[S], Coroutine[Any, Any, None]]:
            self._checks.append(Check(body.__name__, promise, needs, self._stage, body))
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
        TypeError: If the factory returns no harness of the check's port.
    """
    __tracebackhide__ = True
    harness = factory()
    if not isinstance(harness, check.stage.harnesses):
        raise TypeError(
            f"the factory returned a {type(harness).__name__}: it must return a "
            f"{' or an '.join(each.__name__ for each in check.stage.harnesses)}"
        )
    for capability in check.needs:
        if not has(harness, capability):
            raise CapabilityMissing(capability)
    if isinstance(harness, AwaitedHarness):
        with asyncio.Runner() as runner:
            runner.run(_awaited(check, harness))
    else:
        with harness:
            step(_run, check, harness)


async def _awaited(check: Check, harness: AwaitedHarness) -> None:
    __tracebackhide__ = True
    async with harness:
        await _run(check, harness)


async def _run(check: Check, harness: BlockingHarness | AwaitedHarness) -> None:
    __tracebackhide__ = True
    stage = check.stage(harness, check.promise)
    await stage.probe()
    await check.body(stage)
