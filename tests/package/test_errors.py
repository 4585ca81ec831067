"""Every error of the package is in one module, in its drawing, and on the page of cures."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import visma_busy_sync
from visma_busy_sync import errors
from visma_busy_sync.errors import VismaBusySyncError

ROOT = Path(__file__).parents[2]

# The page lists what a host can meet; these are caught by their subclasses.
BASES = {
    "ApiError",
    "ConnectionStateError",
    "EAccountingError",
    "LoginError",
    "OrderError",
    "VismaBusySyncError",
}


def _defined() -> dict[str, type[VismaBusySyncError]]:
    for module in pkgutil.walk_packages(visma_busy_sync.__path__, "visma_busy_sync."):
        if ".sandbox" not in module.name:
            importlib.import_module(module.name)
    found: dict[str, type[VismaBusySyncError]] = {}

    def collect(error: type[VismaBusySyncError]) -> None:
        # The scheduler's errors are for tests of adapters, not for a host's handlers.
        if error.__module__.startswith("visma_busy_sync.") and ".testing" not in error.__module__:
            found[error.__name__] = error
        for below in error.__subclasses__():
            collect(below)

    collect(VismaBusySyncError)
    return found


def test_the_errors_module_names_every_error() -> None:
    """Whatever the package raises can be imported from `visma_busy_sync.errors`."""
    assert set(errors.__all__) == set(_defined())
    assert all(getattr(errors, name) is error for name, error in _defined().items())


def test_the_drawn_tree_is_the_real_one() -> None:
    """The drawing in the module's docstring shows each error below its base."""
    drawn: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^([│ ]*(?:[├└]── )?)([A-Z]\w+) {2,}\S", line)
        if match:
            depth = len(match[1]) // 4
            path = [*path[:depth], match[2]]
            drawn[match[2]] = path[-2] if depth else None
    real = {
        name: None if error is VismaBusySyncError else error.__bases__[0].__name__
        for name, error in _defined().items()
    }
    assert drawn == real


def test_every_error_has_its_cure_on_the_page() -> None:
    """`docs/errors.md` has a row for each error that is raised, and names none that is not there."""
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([A-Z]\w+)`", row.split("|")[1])}
    assert named == set(_defined()) - BASES
