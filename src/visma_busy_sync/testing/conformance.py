"""The conformance kit: it proves that a host's ports keep the promises of `visma_busy_sync.ports`.

Give it a harness, and run it by `pytest --visma-ports package.module:factory` or by a test class of your own:

```python
from visma_busy_sync.testing.conformance import StateHarness, StateStoreTests


class OurHarness(StateHarness):
    def __enter__(self):
        self.database = fresh_database()
        return self

    def __exit__(self, *error):
        self.database.drop()

    def state(self):
        return OurStateStore(self.database)

    def read_raw(self, tenant, key): ...  # past the port
    def write_raw(self, tenant, key, document): ...


class TestOurStateStore(StateStoreTests):
    def harness(self):
        return OurHarness()
```

`CatalogueHarness` and `CatalogueTests` are the same for a `Catalogue`, `WorkLogHarness` and `WorkLogTests`
for a `WorkLog`. A host gives those ports that it has; a harness of several is a subclass of each.

A failure names the promise that is broken, what was seen, and what to do. It needs no test framework.
"""

from __future__ import annotations

from visma_busy_sync.testing._kit.base import CatalogueTests, StateStoreTests, WorkLogTests
from visma_busy_sync.testing._kit.catalogue_promises import CATALOGUE_PROMISES
from visma_busy_sync.testing._kit.checks import CATALOGUE_CHECKS, STATE_CHECKS, WORK_CHECKS, checks_for
from visma_busy_sync.testing._kit.harness import (
    CAPABILITIES,
    AsyncCatalogueHarness,
    AsyncStateHarness,
    AsyncWorkLogHarness,
    Capability,
    CapabilityMissing,
    CatalogueHarness,
    ChildStore,
    Harness,
    StateHarness,
    WorkLogHarness,
)
from visma_busy_sync.testing._kit.promises import STATE_PROMISES, Promise, PromiseBroken
from visma_busy_sync.testing._kit.suite import Check, Factory, run_check
from visma_busy_sync.testing._kit.work_promises import WORK_PROMISES

__all__ = [
    "CAPABILITIES",
    "CATALOGUE_CHECKS",
    "CATALOGUE_PROMISES",
    "STATE_CHECKS",
    "STATE_PROMISES",
    "WORK_CHECKS",
    "WORK_PROMISES",
    "AsyncCatalogueHarness",
    "AsyncStateHarness",
    "AsyncWorkLogHarness",
    "Capability",
    "CapabilityMissing",
    "CatalogueHarness",
    "CatalogueTests",
    "Check",
    "ChildStore",
    "Factory",
    "Harness",
    "Promise",
    "PromiseBroken",
    "StateHarness",
    "StateStoreTests",
    "WorkLogHarness",
    "WorkLogTests",
    "checks_for",
    "run_check",
]
