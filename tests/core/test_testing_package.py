"""What the testing package offers, and what it does not load."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from visma_busy_sync import testing
from visma_busy_sync.testing import parity, scheduler


def test_importing_it_loads_no_test_framework() -> None:
    """A host may use any framework, or none."""
    code = "import sys, visma_busy_sync.testing; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("module", [testing, scheduler], ids=lambda module: module.__name__)
def test_all_is_sorted_and_real(module: object) -> None:
    """Every listed name exists."""
    names = vars(module)["__all__"]
    assert list(names) == sorted(names)
    assert all(hasattr(module, name) for name in names)


PUBLIC = {name: getattr(scheduler, name) for name in scheduler.__all__} | {
    "check_twins": parity.check_twins,
    "drift": parity.drift,
}


@pytest.mark.parametrize("name", sorted(PUBLIC.keys() - {"Scenario", "Worker"}))  # these two are type aliases
def test_every_public_thing_is_described(name: str) -> None:
    """Classes, functions and their public methods have docstrings."""
    thing = PUBLIC[name]
    assert thing.__doc__
    methods = inspect.getmembers(thing, inspect.isfunction) if inspect.isclass(thing) else []
    assert not [method for method, fn in methods if not method.startswith("_") and not fn.__doc__]
