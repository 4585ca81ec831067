"""The checks as test methods, for hosts that write a test class of their own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from visma_busy_sync.testing._kit.checks import CATALOGUE_CHECKS, STATE_CHECKS, WORK_CHECKS
from visma_busy_sync.testing._kit.harness import (
    AsyncCatalogueHarness,
    AsyncStateHarness,
    AsyncWorkLogHarness,
    CatalogueHarness,
    StateHarness,
    WorkLogHarness,
)
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
    def harness(self) -> StateHarness | AsyncStateHarness:
        """Return a new harness for one check."""


class CatalogueTests(ABC):
    """Every check of `Catalogue` as a test method; subclass it as `Test...` and give it a harness.

    As `StateStoreTests`.

    ```python
    class TestOurCatalogue(CatalogueTests):
        def harness(self) -> CatalogueHarness:
            return OurHarness()
    ```
    """

    @abstractmethod
    def harness(self) -> CatalogueHarness | AsyncCatalogueHarness:
        """Return a new harness for one check."""


class WorkLogTests(ABC):
    """Every check of `WorkLog` as a test method; subclass it as `Test...` and give it a harness.

    As `StateStoreTests`.

    ```python
    class TestOurWorkLog(WorkLogTests):
        def harness(self) -> WorkLogHarness:
            return OurHarness()
    ```
    """

    @abstractmethod
    def harness(self) -> WorkLogHarness | AsyncWorkLogHarness:
        """Return a new harness for one check."""


def _method(check: Check, base: type) -> Callable[[Any], None]:
    def test(self: StateStoreTests | CatalogueTests | WorkLogTests) -> None:
        __tracebackhide__ = True
        run_check(check, self.harness)

    test.__name__ = f"test_{check.name}"
    test.__qualname__ = f"{base.__name__}.{test.__name__}"
    test.__doc__ = f"{check.promise.name}: {check.doc}"
    return test


def _add(base: type, checks: Iterable[Check]) -> None:
    for check in checks:
        setattr(base, f"test_{check.name}", _method(check, base))


_add(StateStoreTests, STATE_CHECKS)
_add(CatalogueTests, CATALOGUE_CHECKS)
_add(WorkLogTests, WORK_CHECKS)
