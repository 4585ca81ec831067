"""What tests of a host application need: the same tools that test this package.

- `scheduler` interleaves, crashes and cancels workers, and replays by seed.
- `parity` compares a synchronous class with its asynchronous twin.

It needs no test framework.
"""

from __future__ import annotations

from visma_busy_sync.testing import parity, scheduler

__all__ = ["parity", "scheduler"]
