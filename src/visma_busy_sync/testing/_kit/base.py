"""The checks as test methods, for hosts that write a test class of their own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from visma_busy_sync.testing._kit.checks import STATE_CHECKS
from visma_busy_sync.testing._kit.harness import Harness
from visma_busy_sync.testing._kit.suite import Check, run_check


class StateStoreTests(ABC):
    """Every check of `StateStore` as a test method; subclass it as `Test...` and give it a harness.

    It works under pytest, and under unittest with `unittest.TestCase` as a second base. A check whose
    capability the harness lacks is a skip that names it.

    ```python
    class TestOurStore(StateStoreTests):
        def harness(self) -> StateHarness:
            return OurHarness()
    ```
    """

    @abstractmethod
    def harness(self) -> Harness:
        """Return a new harness for one check."""


def _method(check: Check) -> Callable[[StateStoreTests], None]:
    def test(self: StateStoreTests) -> None:
        __tracebackhide__ = True
        run_check(check, self.harness)

    test.__name__ = f"test_{check.name}"
    test.__qualname__ = f"{StateStoreTests.__name__}.{test.__name__}"
    test.__doc__ = f"{check.promise.name}: {check.doc}"
    return test


for _check in STATE_CHECKS:
    setattr(StateStoreTests, f"test_{_check.name}", _method(_check))
