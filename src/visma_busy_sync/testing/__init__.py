"""What tests of a host application need: the same tools that test this package.

- `conformance` proves that a host's ports keep their promises.
- `scheduler` interleaves, crashes and cancels workers, and replays by seed.
- `parity` compares a synchronous class with its asynchronous twin.

It needs no test framework. `plugin` is for pytest, which loads it by itself.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visma_busy_sync.testing import conformance, parity, scheduler

__all__ = ["conformance", "parity", "scheduler"]


def __getattr__(name: str) -> object:
    # Loaded late: pytest imports this package in every project where it is installed.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
