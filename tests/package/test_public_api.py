"""The public surface changes only where it is meant, and the one who changes it is told what that means."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
KEPT: Final = Path(__file__).with_name("public_api.txt")


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("public_api", ROOT / ".ci" / "public_api.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its classes look there for their module
    spec.loader.exec_module(module)
    return module


API: Final = _script()


def test_the_public_surface_is_as_it_is_written_down() -> None:
    """Where it is meant: `python .ci/public_api.py`, and a line in the changelog."""
    kept, now = KEPT.read_text(encoding="utf-8"), API.surface()
    changed = "\n".join(map(str, API.changes(kept, now)))
    assert not changed, f"the public surface changed:\n{changed}"
    assert kept == now, "only its form changed: write it with python .ci/public_api.py"


BEFORE: Final = """
# visma_busy_sync.errors
class OrderError(VismaBusySyncError):
    order: str
    def __init__(self, order: str) -> None: ...

# visma_busy_sync.orders
class State(StrEnum):
    SENT = 'sent'
class Store(Protocol):
    def read(self, key: str) -> str: ...
def render(order: Order, language: Language = 'nb', *, wide: bool = False) -> str: ...
LIMIT: int
"""

CASES: Final[dict[str, tuple[str, str, str]]] = {
    # what is written, what stands there then, and the verdict
    "a name goes": ("LIMIT: int\n", "", "breaking: visma_busy_sync.orders.LIMIT was removed"),
    "a name comes": (
        "LIMIT: int\n",
        "LIMIT: int\nMORE: int\n",
        "minor: visma_busy_sync.orders.MORE was added",
    ),
    "a field goes": ("    order: str\n", "", "breaking: visma_busy_sync.errors.OrderError.order was removed"),
    "a field comes": (
        "    order: str\n",
        "    order: str\n    why: str\n",
        "minor: visma_busy_sync.errors.OrderError.why was added",
    ),
    "a field has another type": (
        "    order: str\n",
        "    order: int\n",
        "breaking: visma_busy_sync.errors.OrderError.order was `order: str`, and is `order: int`",
    ),
    "a value of an enum goes": (
        "    SENT = 'sent'\n",
        "    ...\n",
        "breaking: visma_busy_sync.orders.State.SENT was removed",
    ),
    "a value of an enum comes": (
        "    SENT = 'sent'\n",
        "    SENT = 'sent'\n    LOST = 'lost'\n",
        "minor: visma_busy_sync.orders.State.LOST was added",
    ),
    "a value of an enum is written otherwise": (
        "SENT = 'sent'",
        "SENT = 'gone'",
        "breaking: visma_busy_sync.orders.State.SENT was `SENT = 'sent'`, and is `SENT = 'gone'`",
    ),
    "an error has another base": (
        "(VismaBusySyncError)",
        "(Exception)",
        "breaking: visma_busy_sync.errors.OrderError was `class OrderError(VismaBusySyncError)`, and is ",
    ),
    "an error has a further base": (
        "(VismaBusySyncError)",
        "(VismaBusySyncError, ValueError)",
        "minor: visma_busy_sync.errors.OrderError was ",
    ),
    "a subclass of an error comes": (
        "# visma_busy_sync.orders\n",
        "class Other(OrderError):\n    ...\n\n# visma_busy_sync.orders\n",
        "minor: visma_busy_sync.errors.Other was added",
    ),
    "a parameter goes": (", *, wide: bool = False", "", "breaking: visma_busy_sync.orders.render: "),
    "a parameter is renamed": ("order: Order,", "it: Order,", "breaking: visma_busy_sync.orders.render: "),
    "a parameter must be given": (
        "wide: bool = False",
        "wide: bool = False, deep: bool",
        "breaking: visma_busy_sync.orders.render: ",
    ),
    "a parameter may be given": (
        "wide: bool = False",
        "wide: bool = False, deep: bool = False",
        "minor: visma_busy_sync.orders.render was ",
    ),
    "a default is another one": (
        "wide: bool = False",
        "wide: bool = True",
        "breaking: visma_busy_sync.orders.render: ",
    ),
    "a port demands more of hosts": (
        "    def read(self, key: str) -> str: ...\n",
        "    def read(self, key: str) -> str: ...\n    def drop(self) -> None: ...\n",
        "breaking: visma_busy_sync.orders.Store.drop was added, and hosts that implement",
    ),
}


@pytest.mark.parametrize(("was", "becomes", "verdict"), CASES.values(), ids=list(CASES))
def test_a_change_is_told_with_what_it_means(was: str, becomes: str, verdict: str) -> None:
    assert was in BEFORE
    found = [str(change) for change in API.changes(BEFORE, BEFORE.replace(was, becomes))]
    assert any(each.startswith(verdict) for each in found), found


def test_no_change_is_none() -> None:
    assert API.changes(BEFORE, BEFORE) == []


def test_a_module_that_goes_breaks_once() -> None:
    """Not once for each thing that was in it."""
    without = BEFORE.partition("# visma_busy_sync.orders")[0]
    found = {change.what for change in API.changes(BEFORE, without)}
    assert "visma_busy_sync.orders.State was removed" in found
    assert "visma_busy_sync.orders.State.SENT was removed" not in found
