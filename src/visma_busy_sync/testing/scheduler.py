"""Find the interleaving, crash or cancellation that breaks your code, and replay it.

Workers are coroutines over *gated* ports. At every gate the scheduler chooses who goes on, by seed or by
trying all orders; time is virtual; nothing runs in parallel, so the same seed gives the same steps.

```python
from visma_busy_sync.testing import scheduler


def two_deposits(world: scheduler.World) -> None:
    balance = {"value": 0}
    read = scheduler.gate(lambda: balance["value"], "read")
    write = scheduler.gate(lambda value: balance.update(value=value), "write")

    async def deposit() -> None:
        await write(await read() + 1)

    world.run([deposit, deposit])
    assert balance["value"] == 2


failed = scheduler.find(two_deposits)  # says the seed, how to replay it, and every step
scheduler.check_all(two_deposits)  # raises; returns the number of schedules once the update is safe
```

What ends early: a worker that *crashes* at its k-th await is dead at once, with all it was running to the
end. `Crash` is thrown there and at each later await of its clean-up, so neither `finally` nor a handler
reaches the world through a gate. A worker that is *cancelled* gets `Cancelled` once, when its turn comes;
its clean-up may await, and what it runs through `Runtime.to_end` goes on without it.

What it does not show: two effects at once (a gate's effect is one step; split it to see inside), threads,
and effects that pass no gate.
"""

from __future__ import annotations

from visma_busy_sync.testing._points import Cancelled, Crash, Point, gate
from visma_busy_sync.testing._search import (
    Explored,
    Failed,
    Incomplete,
    NotRepeatable,
    Scenario,
    check,
    check_all,
    explore,
    find,
    replay,
)
from visma_busy_sync.testing._virtual import VirtualClock, VirtualRuntime
from visma_busy_sync.testing._world import (
    Deadlock,
    Event,
    ForeignAwait,
    Result,
    ScheduleError,
    StepLimit,
    Worker,
    World,
    run,
)

__all__ = [
    "Cancelled",
    "Crash",
    "Deadlock",
    "Event",
    "Explored",
    "Failed",
    "ForeignAwait",
    "Incomplete",
    "NotRepeatable",
    "Point",
    "Result",
    "Scenario",
    "ScheduleError",
    "StepLimit",
    "VirtualClock",
    "VirtualRuntime",
    "Worker",
    "World",
    "check",
    "check_all",
    "explore",
    "find",
    "gate",
    "replay",
    "run",
]
