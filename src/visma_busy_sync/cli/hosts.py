"""The host's own integration: `--app package.module:name`, asynchronous ones too."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, Final, cast, final

from visma_busy_sync import AsyncBusySync, AsyncTenant, BusySync, ConfigurationError, VismaBusySyncError
from visma_busy_sync.cli.exits import AppFailed

_HOW: Final = (
    "Name it as --app package.module:name, where name is a BusySync or an AsyncBusySync, or a function "
    "without arguments that returns one."
)


@final
class InItsLoop:
    """An asynchronous shell whose methods run to their end in one event loop, as blocking ones do."""

    def __init__(self, shell: AsyncBusySync | AsyncTenant, run: Callable[[Any], Any]) -> None:
        self._shell = shell
        self._run = run

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._shell, name)
        if not callable(member):
            return member

        def called(*arguments: Any, **named: Any) -> Any:
            made = member(*arguments, **named)
            if isinstance(made, AsyncTenant):
                return InItsLoop(made, self._run)
            return self._run(made) if inspect.iscoroutine(made) else made

        return called


def loaded(name: str, ends: ExitStack) -> BusySync:
    """Return the host's integration.

    What a function makes is closed at the end, whether it returns it or is a context manager that yields it.
    So is an asynchronous one in any case, since its loop ends; a blocking object of a module is left alone.

    Raises:
        ConfigurationError: If there is none under that name.
        AppFailed: If the host's own code raised an error.
    """
    loop = _Loop(ends)
    try:
        found = _found(name)
        if isinstance(found, BusySync):
            return found
        made = _entered_if_need_be(found() if callable(found) else found, loop, ends)
    except VismaBusySyncError:
        raise
    except Exception as error:
        raise AppFailed(name) from error
    if isinstance(made, BusySync):
        return made
    if isinstance(made, AsyncBusySync):
        return loop.blocking(made)
    raise ConfigurationError(f"{name} gives no BusySync, but type {type(made).__name__}.", advice=_HOW)


@final
class _Loop:
    """An event loop for all that is asynchronous of a host's; made when it is first needed."""

    def __init__(self, ends: ExitStack) -> None:
        self._ends = ends
        self._runner: asyncio.Runner | None = None

    def run(self, coroutine: Any) -> Any:
        """Run a coroutine to its end."""
        if self._runner is None:
            self._runner = self._ends.enter_context(asyncio.Runner())
        return self._runner.run(coroutine)

    def blocking(self, shell: AsyncBusySync) -> BusySync:
        """Return an asynchronous shell as a blocking one."""
        return cast("BusySync", InItsLoop(shell, self.run))


def _entered_if_need_be(made: Any, loop: _Loop, ends: ExitStack) -> object:
    """Return what was made, or what it yields if it is a context manager."""
    if inspect.iscoroutine(made):
        made = loop.run(made)
    if isinstance(made, AbstractContextManager):  # a BusySync is one, too
        return ends.enter_context(cast("AbstractContextManager[object]", made))
    if isinstance(made, AbstractAsyncContextManager):  # an AsyncBusySync is one, too
        manager = cast("AbstractAsyncContextManager[object]", made)
        entered: object = loop.run(_entered(manager))
        ends.callback(lambda: loop.run(_left(manager)))
        return entered
    return made


def _found(name: str) -> Any:
    module_name, colon, path = name.partition(":")
    if not colon or not module_name or not path:
        raise ConfigurationError(f"{name!r} names no object of a module.", advice=_HOW)
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        # A module that is missing further in is the host's matter, and is told with its own name.
        missing = error.name or module_name
        raise ConfigurationError(f"There is no module {missing!r}, seen from {here}.", advice=_HOW) from None
    for part in path.split("."):
        found = getattr(found, part, _NOTHING)
        if found is _NOTHING:
            raise ConfigurationError(f"The module {module_name!r} has no {path!r}.", advice=_HOW)
    return found


_NOTHING: Final = object()


async def _entered(manager: AbstractAsyncContextManager[object]) -> object:
    return await manager.__aenter__()


async def _left(manager: AbstractAsyncContextManager[object]) -> None:
    await manager.__aexit__(None, None, None)
